"""What lies in an inbox besides files, and how outputs are put in place: nothing waits, nothing is replaced in silence."""

from __future__ import annotations

import errno
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from click.testing import CliRunner

from conftest import ROOT, by_day
from xltools import files
from xltools.cli import command_line
from xltools.collection.inbox import items
from xltools.collection.reading import ReadOptions, read_inputs
from xltools.errors import OutputError
from xltools.files import replacing, safe_stem, shown, write_atomically
from xltools.office.guard import Limits

SAMPLES = sorted((ROOT / "samples" / "clean").iterdir())
POSIX = pytest.mark.skipif(os.name != "posix", reason="Windows has neither pipes in folders nor a umask")


def run(*arguments, expect=0):
    result = CliRunner().invoke(command_line("en"), [str(one) for one in arguments], standalone_mode=False)
    assert result.exception is None, result.exception
    assert result.return_value == expect, result.output
    return result


# -- what is no file


@POSIX
def test_what_is_no_file_is_named_and_stops_nothing(tmp_path, monkeypatch):
    inbox, elsewhere = tmp_path / "in", tmp_path / "elsewhere"
    inbox.mkdir()
    elsewhere.mkdir()
    (inbox / SAMPLES[0].name).write_bytes(SAMPLES[0].read_bytes())
    (elsewhere / "a.xlsx").write_bytes(SAMPLES[1].read_bytes())
    os.mkfifo(inbox / "pipe.xlsx")
    os.mkfifo(inbox / "pipe.tmp")
    monkeypatch.chdir(inbox)  # the path of a socket must be short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket.xlsx")
    links = {
        "zero": "/dev/zero",
        "gone": "nowhere",
        "itself": "itself",
        "up": "..",
        "other": elsewhere / "a.xlsx",
    }
    for name, target in {**links, "proc": "/proc/self", "same": SAMPLES[0].name}.items():
        (inbox / f"{name}.xlsx").symlink_to(target)
    started = time.monotonic()
    found = json.loads(run("verify", inbox, "--format", "json", "--year", "2024", expect=1).stdout)
    assert time.monotonic() - started < 20
    told = {Path(finding["file"]).stem: finding["code"] for finding in found["findings"]}
    named = {"pipe", "socket", "zero", "gone", "itself", "up", "other", "proc"}
    assert {name for name, code in told.items() if code == "unreadable-file"} == named
    assert {told.get("same"), told.get(SAMPLES[0].stem)} == {
        "same-return",
        None,
    }  # a link inside the folder is followed
    assert [Path(one["file"]).name for one in found["passed_over"]] == ["pipe.tmp"]


@POSIX
def test_a_pipe_that_is_named_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.xlsx")
    assert "unreadable-file" in run("verify", tmp_path / "pipe.xlsx", expect=1).stdout


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (PermissionError(errno.EACCES, "Permission denied"), "denied"),
        (FileNotFoundError(errno.ENOENT, "No such file"), "vanished"),
        (OSError(errno.EIO, "Input/output error"), "failed"),
    ],
)
def test_a_file_that_the_system_refuses_is_a_finding_on_it(error, kind, tmp_path, monkeypatch):
    names = [path.name for path in SAMPLES[:3]]
    for path in SAMPLES[:3]:
        (tmp_path / path.name).write_bytes(path.read_bytes())
    real = files.open if hasattr(files, "open") else open

    def refusing(path, *arguments, **options):
        if str(path).endswith(names[1]):
            raise error
        return real(path, *arguments, **options)

    monkeypatch.setattr(files, "open", refusing, raising=False)
    (item,) = items(str(tmp_path / names[1]), Limits())
    assert (item.fault.code, item.fault.kind) == ("unreadable-file", kind)
    inputs = read_inputs([tmp_path], ReadOptions())
    assert [filing.record is None for filing in inputs.filings] == [False, True, False]
    assert inputs.filings[1].findings[0].found == error.strerror
    run("verify", tmp_path, "--return-to", tmp_path.with_suffix(".back"), expect=1)
    assert not [path for path in (tmp_path.with_suffix(".back")).glob("*") if names[1][:3] in path.name]


def test_a_folder_of_nothing_to_read_says_what_is_in_it(tmp_path):
    (tmp_path / "~$001.xlsx").write_bytes(b"x")
    result = CliRunner().invoke(command_line("en"), ["verify", str(tmp_path)])
    assert "~$001.xlsx" in str(result.exception)


# -- names


@pytest.mark.parametrize(
    "name", ["a\nb", "a\tb", "a\x1b[31mb", "a\u202eb", "a\u200fb", "a\u2028b", "a\x9bb", "a\ufffeb"]
)
def test_names_are_shown_and_written_without_what_a_terminal_obeys(name):
    assert shown(Path(f"{name}.xlsx")) == "".join(c if c in "ab[31m" else "\ufffd" for c in name) + ".xlsx"
    assert safe_stem(name).isprintable()
    assert safe_stem(f"-{name}") == "_" + safe_stem(name)


@POSIX
def test_a_line_feed_in_a_name_makes_no_line(tmp_path):
    problem = next((ROOT / "samples" / "problems").glob("002*.xlsx"))
    shutil.copy(problem, tmp_path / "a\n  error faked.xlsx")
    out = run("verify", tmp_path, "--return-to", tmp_path.with_suffix(".back"), expect=1).stdout
    assert not any(line.startswith("  error faked") for line in out.splitlines())
    assert [path.name for path in (tmp_path.with_suffix(".back")).glob("*.txt")] == [
        "a_  error faked_需修改.txt"
    ]
    (tmp_path / "r\nb").write_bytes(b"\xff\xff")
    result = subprocess.run(
        [sys.executable, "-m", "xltools", "verify", tmp_path, "--roster", tmp_path / "r\nb"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 2
    assert "\ufffdb: " in result.stderr


# -- outputs


def test_of_two_writers_of_a_new_file_one_is_told(tmp_path):
    target = tmp_path / "d.xlsx"

    def write(number):
        try:
            with replacing(target, is_new=True) as temporary:
                temporary.write_bytes(b"%d" % number)
                time.sleep(0.05)
        except OutputError as error:
            return error.problems[0].code
        return number

    with ThreadPoolExecutor(8) as executor:
        ended = list(executor.map(write, range(8)))
    (winner,) = [one for one in ended if one != "written-meanwhile"]
    assert target.read_bytes() == b"%d" % winner
    assert [path.name for path in tmp_path.iterdir()] == ["d.xlsx"]


def test_a_file_system_without_links_tells_the_second_too(tmp_path, monkeypatch):
    def refused(*_):
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refused)
    write_atomically(tmp_path / "d.xlsx", b"1", is_new=True)
    with pytest.raises(OutputError, match="written-meanwhile"):
        write_atomically(tmp_path / "d.xlsx", b"2", is_new=True)
    assert (tmp_path / "d.xlsx").read_bytes() == b"1"
    write_atomically(tmp_path / "d.xlsx", b"3")
    assert (tmp_path / "d.xlsx").read_bytes() == b"3"


@pytest.mark.prove
def test_two_merges_at_once_do_not_replace_each_other(tmp_path):
    command = [sys.executable, "-m", "xltools", "merge", str(ROOT / "samples" / "clean"), "--year", "2024"]
    command += ["--district", "青禾区", "-o", str(tmp_path / "d.xlsx")]
    running = [subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) for _ in range(3)]
    told = [process.communicate(timeout=120)[1] for process in running]
    assert sorted(process.returncode for process in running) == [0, 2, 2], told
    assert sorted(path.name for path in tmp_path.iterdir()) == ["d.manifest.json", "d.xlsx"]


def test_what_killed_runs_left_behind_is_removed_after_a_day(tmp_path):
    names = [".d.xlsx.abcd1234.tmp", ".e.xlsx.zz_99zz9.tmp", "mine.tmp", ".mine", ".x.tmp"]
    for name in names:
        (tmp_path / name).mkdir()
        (tmp_path / name / "whole").write_bytes(b"x")
        if name != names[1]:
            os.utime(tmp_path / name, (time.time() - 100_000,) * 2)
    (tmp_path / ".f.xlsx.abcd1234.tmp").write_bytes(b"a file of somebody")
    os.utime(tmp_path / ".f.xlsx.abcd1234.tmp", (time.time() - 100_000,) * 2)
    write_atomically(tmp_path / "d.xlsx", b"1")
    assert {path.name for path in tmp_path.iterdir()} == {"d.xlsx", ".f.xlsx.abcd1234.tmp", *names[1:]}


@POSIX
@pytest.mark.parametrize(("mask", "mode"), by_day([(0o077, 0o600), (0o022, 0o644), (0o002, 0o664)], 1))
def test_outputs_have_the_permissions_of_the_umask(mask, mode, tmp_path):
    command = [sys.executable, "-m", "xltools", "export", str(SAMPLES[0]), "-o"]
    for name in ("e.csv", "e.sqlite"):
        subprocess.run([*command, str(tmp_path / name)], check=True, umask=mask, capture_output=True)
        assert (tmp_path / name).stat().st_mode & 0o777 == mode


@POSIX
def test_a_key_that_others_can_read_is_remarked_on(tmp_path):
    key = tmp_path / "key"
    key.write_bytes(b"0123456789abcdef")
    for mode, is_open in ((0o600, False), (0o640, False), (0o644, True)):
        key.chmod(mode)
        found = run("verify", SAMPLES[0], "--key", key, expect=1)
        assert ("chmod 600" in found.stderr) == is_open


# -- rosters


@pytest.mark.parametrize(
    "change",
    by_day(
        [
            lambda line: line.lstrip("0"),
            lambda line: f'="{line[:3]}"{line[3:]}',
            lambda line: f"'{line}",
            lambda line: f"\u200b{line}",
            lambda line: "".join(chr(ord(c) + 0xFEE0) for c in line[:3]) + line[3:],
        ],
        2,
    ),
)
def test_a_roster_that_lost_its_zeros_is_told_once(change, tmp_path):
    inbox, roster = tmp_path / "in", tmp_path / "roster.csv"
    shutil.copytree(ROOT / "samples" / "clean", inbox)
    lines = (ROOT / "samples" / "roster.csv").read_text(encoding="gb18030").splitlines()
    roster.write_text("\n".join([lines[0], *map(change, lines[1:])]), encoding="utf-8")
    found = json.loads(run("verify", inbox, "--roster", roster, "--format", "json").stdout)
    assert {finding["code"] for finding in found["findings"]} <= {"roster-codes"}
    assert len(found["findings"]) <= 1
    merged = ["--year", "2024", "--district", "青禾区", "-o", tmp_path / "d.xlsx"]
    run("merge", inbox, "--roster", roster, *merged)
    board = json.loads(run("status", inbox, "--roster", roster, "--year", "2024", "--format", "json").stdout)
    assert not [one for one in board["agencies"] if one["state"] == "not-sent"]


def test_codes_that_only_look_alike_are_not_taken_for_the_same(tmp_path):
    """With two candidates nothing is guessed; with one, another name is told."""
    roster = tmp_path / "roster.csv"
    for rows, code, status in (
        ("1,青禾区别的局", "name-differs", 0),
        ("1,青禾区人民政府办公室\n01,青禾区人民 政府办公室", "not-on-roster", 1),
    ):
        roster.write_text(f"代码,名称\n{rows}\n", encoding="utf-8")
        out = run("verify", SAMPLES[0], "--roster", roster, "--format", "json", expect=status).stdout
        assert code in {finding["code"] for finding in json.loads(out)["findings"]}
