"""What was handed in is read once and accounted for: files, folders, archives, and what is passed over."""

from __future__ import annotations

import io
import json
import os
import random
import re
import struct
import zipfile
import zlib

import pytest
from click.testing import CliRunner

import hostile
from conftest import ROOT
from hostile import Raw, issued, packed, raw_zip
from xltools.cli import command_line
from xltools.collection.inbox import InboxItem, gather
from xltools.collection.inbox import items as opened
from xltools.data.filing import Skipped, Source
from xltools.errors import InputError
from xltools.excel.archive import container_kind
from xltools.excel.archive import members as members_of
from xltools.excel.reader import read
from xltools.files import read_bytes, read_regular, why_ignored
from xltools.office.guard import Budget, Limits, ScanError
from xltools.text import LANGS

SAMPLES = sorted((ROOT / "samples" / "clean").iterdir())


def run(*arguments, lang="en"):
    result = CliRunner().invoke(
        command_line(lang), [str(a) for a in arguments], "xltools", standalone_mode=False
    )
    assert result.exception is None, result.exception
    return result


def items(*paths, limits=None):
    """What is to be read, and what is skipped."""
    inbox, limits = gather(paths), limits or Limits()
    every = [item for file in inbox.files for item in opened(file, limits)]
    skipped = [*inbox.skipped, *(item for item in every if isinstance(item, Skipped))]
    return [item for item in every if isinstance(item, InboxItem)], skipped


def members(data):
    """The names and contents of the members of a container."""
    kind = container_kind(data)
    return [(one.name, one.content) for one in members_of(data, "x", kind, Budget())]


def gbk_zip(parts):
    """As Windows in China makes it: names in GBK, and no flag that says what they are."""
    return raw_zip(
        Raw(name.encode("gb18030"), content, len(content), zlib.crc32(content), 0) for name, content in parts
    )


@pytest.mark.parametrize("size", [0, 1, (1 << 16) - 1, 1 << 16, (1 << 16) + 1, 200_000])
def test_of_a_file_no_more_is_read_than_shows_that_it_is_too_large(size, tmp_path):
    data = random.Random(size).randbytes(size)
    (tmp_path / "file").write_bytes(data)
    assert read_bytes(tmp_path / "file") == data
    for most in (0, 1, (1 << 16) - 2, (1 << 16) - 1, 1 << 16, (1 << 16) + 1, 200_000, 50 << 20):
        assert read_bytes(tmp_path / "file", most) == data[: most + 1]
        assert read_regular(tmp_path / "file", most) == (data[: most + 1], size)


# -- folders


def test_folders_are_read_in_a_fixed_order_and_everything_is_accounted_for(tmp_path):
    names = ["b.xlsx", "a/z.xlsx", "a/b/c.xlsx", "~$b.xlsx", ".hidden", "a/Thumbs.db", "a/x.tmp"]
    names += [".git/objects/1", ".git/objects/2", "__MACOSX/b.xlsx", "a/desktop.ini", "~WRL0001.docx"]
    names += [".b.xlsx.icloud"]
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "a" / "saved.tmp").write_bytes(issued())
    (tmp_path / "broken").symlink_to("nowhere")
    inbox = gather([tmp_path])
    found = [path.relative_to(tmp_path).as_posix() for path in inbox.paths]
    assert found == [".b.xlsx.icloud", "a/b/c.xlsx", "a/saved.tmp", "a/z.xlsx", "b.xlsx", "broken"]
    assert {one.name.removeprefix(f"{tmp_path}/"): one.why for one in inbox.skipped} == {
        "~$b.xlsx": "lock",
        ".hidden": "hidden",
        ".git": "hidden",
        "a/Thumbs.db": "system",
        "a/desktop.ini": "system",
        "__MACOSX": "system",
        "a/x.tmp": "temporary",
        "~WRL0001.docx": "temporary",
    }
    assert gather([tmp_path, tmp_path / "b.xlsx", tmp_path / "a"]).files == inbox.files


def test_a_folder_linked_into_itself_is_entered_once(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x.xlsx").write_bytes(b"x")
    (tmp_path / "a" / "loop").symlink_to("..")
    (tmp_path / "b").symlink_to("a")
    assert len(gather([tmp_path]).files) == 1


@pytest.mark.prove
def test_a_folder_in_a_folder_without_end(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for _ in range(1500):
        os.mkdir("d")  # noqa: PTH102  a path of that length has to be made step by step
        os.chdir("d")
    try:
        assert gather([tmp_path / "d"]).files == ()
    finally:
        for _ in range(1500):  # nor can pytest remove it
            os.chdir("..")
            os.rmdir("d")  # noqa: PTH106


def test_a_folder_that_cannot_be_listed(tmp_path, monkeypatch):
    (tmp_path / "a").mkdir()
    (tmp_path / "b.xlsx").write_bytes(issued())
    real = os.listdir, os.scandir

    def refused(path):
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr(
        "os.listdir", lambda path: refused(path) if str(path).endswith("a") else real[0](path)
    )
    monkeypatch.setattr(
        "os.scandir", lambda path: refused(path) if str(path).endswith("a") else real[1](path)
    )
    found, _ = items(tmp_path)
    assert [(os.path.basename(item.name), item.fault and item.fault.kind) for item in found] == [  # noqa: PTH119
        ("a", "denied"),
        ("b.xlsx", None),
    ]
    monkeypatch.setattr("os.listdir", refused)  # the folder that was named itself
    with pytest.raises(InputError, match="unreadable-file"):
        gather([tmp_path])


def test_a_file_named_is_read_whatever_its_name(tmp_path):
    path = tmp_path / "~$001.xlsx"
    path.write_bytes(hostile.lock_of_excel())
    assert "lock-file" in run("verify", path).stdout


def test_a_file_beyond_the_limit_is_not_read(tmp_path):
    path = tmp_path / "large.xlsx"
    with path.open("wb") as file:
        file.truncate(1 << 40)  # a terabyte of nothing
    (item,), _ = items(path)
    assert item.fault.code == "too-large"
    assert item.size == 1 << 40
    assert "too-large" in run("verify", path).stdout


def test_names_that_are_not_unicode_are_shown_as_they_were_meant(tmp_path):
    """Unpacked on Linux, a name in GBK stays in GBK."""
    name = os.path.join(os.fsencode(tmp_path), "003_教育局_2024.xlsx".encode("gbk"))  # noqa: PTH118
    try:
        with open(name, "wb") as file:  # noqa: PTH123
            file.write(issued())
    except OSError:
        pytest.skip("this file system wants Unicode")
    for command in ("verify", "read"):
        out = run(command, tmp_path, "-o", tmp_path.parent / f"{command}.txt").stdout
        assert not out
    assert "003_教育局_2024.xlsx" in (tmp_path.parent / "read.txt").read_text(encoding="utf-8")


# -- archives


@pytest.fixture
def archive(tmp_path):
    path = tmp_path / "全部.zip"
    parts = [(f"一/{p.name}", p.read_bytes()) for p in SAMPLES[:3]]
    extra = [
        ("一/~$001.xlsx", b"x"),
        ("__MACOSX/一/._001.xlsx", b"x"),
        (".DS_Store", b"x"),
        ("说明.txt", b"hello"),
    ]
    path.write_bytes(packed([*parts, *extra]))
    return path


def test_the_workbooks_in_an_archive_are_read_like_others(archive):
    found, passed_over = items(archive)
    assert {re.split("[/!]", one.name)[-1]: one.why for one in passed_over} == {
        "~$001.xlsx": "lock",
        "._001.xlsx": "system",
        ".DS_Store": "system",
    }
    assert [item.name for item in found] == [f"{archive}!一/{p.name}" for p in SAMPLES[:3]] + [
        f"{archive}!说明.txt"
    ]
    assert [item.data for item in found[:3]] == [p.read_bytes() for p in SAMPLES[:3]]


def test_the_commands_read_archives_and_say_what_was_passed_over(archive, tmp_path):
    for lang in LANGS:
        result = run("verify", archive, "--format", "json", lang=lang)
        found = json.loads(result.stdout)
        assert found["summary"]["files"] == 4
        assert found["summary"]["passed_over"] == len(found["passed_over"]) == 3
        assert {"file": f"{archive}!.DS_Store", "reason": "system"} in found["passed_over"]
        assert found["summary"]["clean"] == 3
        assert [finding["code"] for finding in found["findings"]] == ["csv-file"]
        assert "~$001.xlsx" in result.stderr
        assert "~$001.xlsx" in run("verify", archive, lang=lang).stdout.splitlines()[-1]
    assert len(run("read", archive).stdout.splitlines()) == 4
    assert "3 files skipped: files of the operating system: " in run("read", archive).stderr
    out = tmp_path / "d.xlsx"
    options = ["--year", "2024", "--district", "青禾区", "-o", out, "--exclude", "说明.txt", "--reason", "x"]
    merged = run("merge", archive, *options)
    assert "3 agencies merged into" in merged.stdout
    assert "3 files skipped" in merged.stderr


def test_an_archive_gives_the_same_rollup_as_its_files(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    for path in SAMPLES:
        (folder / path.name).write_bytes(path.read_bytes())
    (tmp_path / "in.zip").write_bytes(gbk_zip((path.name, path.read_bytes()) for path in SAMPLES))
    made = []
    for source in ("in", "in.zip"):
        out = tmp_path / f"{source}.xlsx"
        run("merge", tmp_path / source, "--year", "2024", "--district", "青禾区", "-o", out)
        made.append(read(out))
    folder_, archive = made
    assert folder_.record == archive.record
    assert [m._replace(source=m.source._replace(path=m.source.name)) for m in folder_.members] == list(
        archive.members
    )
    assert folder_.findings == archive.findings == ()


@pytest.mark.parametrize(
    "name", ["003_青禾区教育局_2024.xlsx", "联通.xlsx", "乗.xlsx", "〇一二.xlsx", "plain.xlsx", "甲\\乙.xlsx"]
)
def test_names_in_gbk_and_utf8_are_told_apart(name):
    shown = name.replace("\\", "/")
    assert [m[0] for m in members(gbk_zip([(name, issued())]))] == [shown]
    unflagged = raw_zip([Raw(name.encode(), issued(), len(issued()), zlib.crc32(issued()), 0)])
    assert [m[0] for m in members(unflagged)] == [shown]
    flagged = packed([(name, issued())])
    assert [m[0] for m in members(flagged)] == [shown]


def test_names_that_mean_nothing_are_shown_without_harm():
    (member,) = members(raw_zip([Raw(b"\xff\x1b[2J.xlsx", b"x", 1, zlib.crc32(b"x"), 0)]))
    assert member[0].isprintable()


def test_a_workbook_is_no_archive():
    for path in SAMPLES:
        assert container_kind(path.read_bytes()) is None
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(issued())) as old, zipfile.ZipFile(out, "w") as new:
        for name in sorted(old.namelist(), reverse=True):  # whichever part comes first
            new.writestr(name, old.read(name))
    assert container_kind(out.getvalue()) is None
    assert container_kind(hostile.zip_of_text()) is None


def codes(data, tmp_path, *options):
    path = tmp_path / "全部.zip"
    path.write_bytes(data)
    found = json.loads(run("verify", path, "--format", "json", *options).stdout)
    assert found["summary"]["files"] >= 1
    return {finding["file"].partition("!")[2]: finding["code"] for finding in found["findings"]}


def test_an_archive_in_an_archive_is_read_within_the_same_limits(tmp_path):
    inner = packed([("a.xlsx", hostile.pdf()), ("~$a.xlsx", b"x")])
    whole = packed([("内.zip", inner), ("002.xlsx", issued())])
    assert codes(whole, tmp_path) == {"内.zip!a.xlsx": "pdf-unread"}
    assert codes(packed([("内.zip", hostile.rar())]), tmp_path) == {"内.zip": "archive"}
    several = packed([("内.zip", inner), ("甲.csv", b"1,2")])
    assert codes(several, tmp_path, "--limit", "entries=3", "--limit", "archive=1") == {
        "内.zip": "too-large",
        "甲.csv": "csv-file",
    }
    large = packed([(f"{n}.zip", packed([("a.csv", bytes(900_000))])) for n in range(3)])
    assert codes(large, tmp_path, "--limit", "unpacked=2M", "--limit", "archive=1") == {
        "0.zip!a.csv": "damaged",
        "1.zip!a.csv": "damaged",
        "2.zip": "too-large",
    }


def test_an_archive_of_nothing_that_is_read_is_named(tmp_path):
    assert codes(packed([("~$001.xlsx", b"x")]), tmp_path) == {"": "not-a-workbook"}
    assert codes(packed([("甲.zip", packed([("~$001.xlsx", b"x")]))]), tmp_path) == {
        "甲.zip": "not-a-workbook"
    }


def test_an_archive_that_holds_itself_ends(tmp_path):
    data = packed([("a.zip", b"")])
    for _ in range(20):
        data = packed([("a.zip", data)])
    assert codes(data, tmp_path) == {"a.zip!a.zip!a.zip!a.zip": "archive"}


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (hostile.zip_with_password, "encrypted-archive"),
        (lambda: packed([("../x.xlsx", issued())]), "unsafe-path"),
        (lambda: packed([("/x.xlsx", issued())]), "unsafe-path"),
        (lambda: packed([("x.xlsx", issued()), ("X.xlsx", issued())]), "duplicate-part"),
        (lambda: raw_zip([Raw(b"x.xlsx", hostile.deflated(bytes(1 << 20), 900), 900 << 20)]), "bomb"),
        (lambda: packed([("x.xlsx", issued())])[:-40], "damaged"),
        (lambda: packed([("x.xlsx", issued())])[:9000], "damaged"),
        (lambda: packed([("readme.txt", b"x")]), "not-a-workbook"),
    ],
)
def test_an_archive_refused_as_a_whole_is_one_finding(data, code, tmp_path):
    assert codes(data(), tmp_path) == {"": code}


def test_a_faulty_member_leaves_the_others(tmp_path):
    good = Raw(b"1.xlsx", issued(), len(issued()), zlib.crc32(issued()), 0)
    faults = {
        b"2.xlsx": ("damaged", Raw(b"2.xlsx", issued(), len(issued()), 1, 0)),
        b"3.xlsx": ("archive", Raw(b"3.xlsx", b"x", 1, 0, 9)),  # Deflate64, as Windows uses for what is large
        b"4.xlsx": ("empty-file", Raw(b"4.xlsx", b"", 0, 0, 0)),
        b"5.xlsx": ("damaged", Raw(b"5.xlsx", b"\xff" * 9, 30, 0, 8)),
    }
    data = raw_zip([good, *(raw for _, raw in faults.values())])
    assert codes(data, tmp_path) == {name.decode(): code for name, (code, _) in faults.items()}


def test_the_limits_hold_for_archives(tmp_path):
    data = packed([(f"{n}.xlsx", issued()) for n in range(10)])
    assert codes(data, tmp_path, "--limit", "entries=5") == {"": "too-large"}
    assert codes(data, tmp_path, "--limit", "unpacked=100K") == {"": "too-large"}
    assert codes(data, tmp_path, "--limit", "cells=9") == {f"{n}.xlsx": "too-large" for n in range(10)}
    large = packed([("1.xlsx", issued()), ("2.xlsx", bytes(40_000) + os.urandom(100))])
    assert codes(large, tmp_path, "--limit", "file=39K") == {"2.xlsx": "too-large"}


def test_members_are_unpacked_one_at_a_time():
    """Reading the first costs nothing of the others."""
    data = raw_zip([Raw(b"1.xlsx", b"x", 1, zlib.crc32(b"x"), 0), Raw(b"2.xlsx", b"\xff" * 9, 30, 0, 8)])
    iterator = members_of(data, "x.zip", container_kind(data), Budget())
    assert next(iterator).content == b"x"
    assert isinstance(next(iterator).content, ScanError)


# -- names


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("inbox/全部.zip!003_局.xlsx", "003_局.xlsx"),
        ("inbox/全部.ZIP!一/003_局.xlsx", "003_局.xlsx"),
        ("C:\\a\\b.xlsx", "b.xlsx"),
        ("inbox/紧急!.xlsx", "紧急!.xlsx"),
        ("inbox/报送.eml!全部.tar.gz!全部.tar!一/003_局.xlsx", "003_局.xlsx"),
    ],
)
def test_a_member_is_called_by_its_own_name(path, name):
    assert Source(path).name == name


def test_ordinary_names_are_not_passed_over():
    for name in ("001_局_2024.xlsx", "tmp.xlsx", "~001.xlsx", "a.tmp.xlsx", ".a.xlsx.icloud"):
        assert not why_ignored(name)
    for name in ("~$a.xlsx", ".a", "Thumbs.db", "A.TMP", "__MACOSX", "._a.xlsx", ".~lock.a.xlsx#"):
        assert why_ignored(name)
    assert not why_ignored("a.tmp", issued()[:8])
    assert why_ignored("~WRD0001.tmp", issued()[:8]) == "temporary"


def test_structures_in_this_file_are_sound():
    """The raw zips are read by the standard library, so what is refused is refused for its fault."""
    with zipfile.ZipFile(io.BytesIO(raw_zip(hostile.raw_entries()))) as file:
        assert file.testzip() is None
    assert struct.calcsize("<HHHHHLLL") == 22
