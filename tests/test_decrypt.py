"""Workbooks with a password to open: opened by the right one, refused in words by any other, never at length."""

from __future__ import annotations

import io
import re
import subprocess
import sys
import time

import msoffcrypto
import pytest
from msoffcrypto.method.ecma376_agile import ECMA376Agile

import office
from casefile import encrypted, without
from conftest import ROOT, by_day, sound_prose, sound_values
from test_cli import run
from test_legacy import as_xlsb
from xltools.checking.checks import verify
from xltools.data.filing import Stamp
from xltools.data.period import Period
from xltools.data.record import Agency
from xltools.excel.reader import read_package
from xltools.excel.writer import write_return
from xltools.form.library import find
from xltools.office.guard import Budget, Limits
from xltools.text import LANGS, message

FORM = find("xxgk-2021")
SECRET = "秘密 pass"


@pytest.fixture(scope="module")
def plain():
    stamp = Stamp(FORM.key, FORM.edition, Period(2024), Agency("青禾区", "001", "青禾区教育局"))
    return write_return(FORM, stamp, sound_values(), sound_prose())


@pytest.fixture(scope="module")
def locked(plain):
    return encrypted(plain, SECRET)


def codes(data, *passwords, limits=None):
    return [
        f.code
        for f in verify(read_package(data, "x.xlsx", budget=Budget(limits or Limits()), passwords=passwords))
    ]


def test_the_right_password_opens(plain, locked):
    opened, direct = read_package(locked, "x.xlsx", passwords=[SECRET]), read_package(plain, "x.xlsx")
    assert (opened.record, opened.stamp, opened.shown) == (direct.record, direct.stamp, direct.shown)
    assert verify(opened) == ()
    assert opened.source.sha256 != direct.source.sha256  # the file as it came


def test_several_are_tried_in_turn(locked):
    assert codes(locked, "one", "", SECRET, "two") == []


def test_a_wrong_password(locked):
    assert codes(locked, "one", "two") == ["wrong-password"]


@pytest.mark.parametrize("passwords", [(), ("",)])
def test_no_password(locked, passwords):
    assert codes(locked, *passwords) == ["encrypted"]


def test_the_password_nobody_is_asked_for(plain):
    """Excel's own, by which it marks a workbook as read-only."""
    assert codes(encrypted(plain, "VelvetSweatshop")) == []
    assert codes(encrypted(plain, "VelvetSweatshop"), "another") == []


def test_what_is_inside_is_doubted_as_ever(plain):
    assert codes(encrypted(as_xlsb(plain), "a"), "a") == ["old-format-read"]
    for inside in (b"PK\x03\x04" + b"x" * 5000, encrypted(plain, "a")):
        assert codes(encrypted_raw(inside, "a"), "a") == [
            "wrong-password"
        ]  # the library checks that it is a zip


def encrypted_raw(content, password):
    return bytes(ECMA376Agile.encrypt(password, io.BytesIO(content)))


def spun(data, count):
    """The file with another number of rounds, and as many bytes as before."""
    found = re.search(rb'spinCount="[0-9]+"', data)[0]
    given = b'spinCount="%d"' % count
    data = data.replace(found, given)
    if len(given) > len(found):
        data = data.replace(b'saltSize="16" ', b'saltSize="1" ', 1)
    return data


@pytest.mark.parametrize("count", [9_000_000, 1_000_001])
def test_absurd_rounds_are_not_begun(locked, count):
    started = time.monotonic()
    data = spun(locked, count)
    assert len(data) == len(locked)
    assert codes(data, SECRET) == ["encrypted"]
    assert time.monotonic() - started < 3


def test_rounds_that_take_too_long_are_ended(locked):
    started = time.monotonic()
    assert codes(spun(locked, 999_999), "a", "b", "c", "d", limits=Limits(seconds=1)) == ["encrypted"]
    assert time.monotonic() - started < 3


def test_a_damaged_container_ends_in_a_finding(locked):
    assert codes(locked[:8000], SECRET) == ["encrypted"]
    broken = bytearray(locked)
    broken[4000:9000] = b"\xff" * 5000
    assert codes(bytes(broken), SECRET) in (["encrypted"], ["wrong-password"], ["damaged"])


def test_without_the_extra_the_sentence_says_what_to_install(locked):
    with without(["msoffcrypto"]):
        (finding,) = read_package(locked, "x.xlsx", passwords=[SECRET]).findings
    assert finding.code == "encrypted"
    for lang in LANGS:
        assert "old-formats" in message(finding, lang)
        assert "--open-password" in message(finding, lang)


def test_a_password_is_not_on_the_command_line_of_the_child(monkeypatch, locked):
    commands = []
    start = subprocess.Popen

    def spy(command, **settings):
        commands.append(command)
        return start(command, **settings)

    monkeypatch.setattr("xltools.office.sandbox.subprocess.Popen", spy)
    assert codes(locked, SECRET) == []
    (command,) = commands
    assert not any(SECRET in word or SECRET.encode().hex() in word for word in command)


@pytest.mark.parametrize("command", by_day(["read", "verify"], 1))
def test_the_option(tmp_path, locked, command):
    path = tmp_path / "001.xlsx"
    path.write_bytes(locked)
    run(command, path, "--open-password", "x", "--open-password", SECRET)
    refused = run(command, path, "--open-password", SECRET[:-1], expect=1)
    assert "wrong-password" in refused
    assert SECRET[:-1] not in refused


def test_merge_has_one_password_to_read_with_and_one_to_write_with(tmp_path, locked):
    path, out = tmp_path / "001.xlsx", tmp_path / "out.xlsx"
    path.write_bytes(locked)
    words = ["merge", path, "--year", "2024", "--district", "青禾区", "-o", out]
    run(*words, "--open-password", SECRET, "--password", "lock")
    assert read_package(out.read_bytes(), "out.xlsx").is_rollup


@pytest.mark.prove
@pytest.mark.office
def test_old_workbooks_that_libreoffice_encrypted(tmp_path, plain):
    """Excel and LibreOffice encrypt an .xls whose structure is locked, by the password nobody is asked for."""
    secret, structure, ods = (tmp_path / name for name in ("secret.xls", "structure.xls", "secret.ods"))
    steps = [
        ["save_as", str(secret), "MS Excel 97", "secret"],
        ["save_as", str(ods), "calc8", "secret"],
        ["protect_structure", "x"],
        ["save_as", str(structure), "MS Excel 97", ""],
    ]
    office.typed(plain, steps)
    assert msoffcrypto.OfficeFile(io.BytesIO(structure.read_bytes())).is_encrypted()
    assert codes(structure.read_bytes()) == ["old-format-read"]
    assert codes(secret.read_bytes(), "secret") == ["old-format-read"]
    assert codes(secret.read_bytes(), "other") == ["wrong-password"]
    assert codes(secret.read_bytes()) == ["encrypted"]
    assert codes(ods.read_bytes(), "secret") == ["encrypted"]  # no library here opens these
    with without(["msoffcrypto"]):
        assert codes(structure.read_bytes()) == ["encrypted"]


def test_the_libraries_are_not_loaded_for_an_ordinary_file():
    script = (
        "import sys; from pathlib import Path; from xltools.excel.reader import read;"
        "read(next(Path('samples/clean').glob('*.xlsx')));"
        "print({'msoffcrypto', 'python_calamine', 'cryptography'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout.strip() == "set()"
