"""Files that commands write: the ending is the format, and a file that exists is replaced only with ``--force``."""

from __future__ import annotations

import pytest

from conftest import ROOT, run

SAMPLES = ROOT / "samples"

ONE = min((SAMPLES / "clean").glob("*.xlsx"))
ROSTER = SAMPLES / "roster.csv"
STATUS = ("status", ONE, "--roster", ROSTER, "--year", "2024")
COMMANDS = {
    ("read", ONE): ("json", "csv"),
    ("diff", ONE, ONE): ("txt", "json", "csv"),
    ("verify", ONE): ("txt", "json", "html", "xlsx"),
    STATUS: ("txt", "json", "html", "xlsx"),
    ("explain", "blank"): ("txt", "md"),
    ("form", "cells"): ("txt", "csv", "json"),
}
CASES = [(command, ending) for command, endings in COMMANDS.items() for ending in endings]
BEGINNINGS = {"html": b"<!DOCTYPE", "xlsx": b"PK", "json": b"{[", "csv": b"\xef\xbb\xbf"}


@pytest.mark.parametrize(("command", "ending"), CASES, ids=[f"{c[0]}-{e}" for c, e in CASES])
def test_the_ending_is_the_format_and_nothing_typed_is_lost(command, ending, tmp_path):
    output = tmp_path / f"a.{ending}"
    status = 1 if command[0] == "status" else 0
    run(*command, "-o", output, expect=status)
    content = output.read_bytes()
    begins = BEGINNINGS.get(ending, b"")
    assert content[:1] in begins if ending == "json" else content.upper().startswith(begins.upper())
    output.write_bytes(b"typed")
    assert "exists" in run(*command, "-o", output, expect=2)
    assert output.read_bytes() == b"typed"
    run(*command, "-o", output, "--force", expect=status)
    assert output.read_bytes() == content


def test_every_command_that_writes_a_file_asks_before_it_replaces_one(tmp_path, monkeypatch):
    listed = (ROOT / "tests" / "interface" / "commands.txt").read_text(encoding="utf-8").splitlines()
    options = [line.partition(" | ")[0] for line in listed]
    writing = {one.removesuffix(" -o, --output") for one in options if one.endswith(" -o, --output")}
    assert writing <= {one.removesuffix(" --force") for one in options if one.endswith(" --force")}
    run("init", tmp_path / "c", "--year", "2024", "--district", "青禾区", "--roster", ROSTER)
    monkeypatch.chdir(tmp_path / "c")
    assert "exists" in run("history", "-o", "roster.csv", "--format", "text", expect=2)


@pytest.mark.parametrize(
    "arguments",
    [
        ("read", ONE, "--format", "csv", "-o", "a.json"),
        ("verify", ONE, "--format", "json", "-o", "a.html"),
        ("form", "blank", "--format", "docx", "-o", "a.html"),
        ("export", ONE, "--format", "csv", "-o", "a.jsonl"),
        (*STATUS, "--remind", "-o", "a.html"),
        ("merge", ONE, "--year", "2024", "--district", "青禾区", "-o", "a.csv"),
    ],
)
def test_a_format_that_contradicts_the_ending_is_refused(arguments, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert "ending-contradicts" in run(*arguments, expect=2)
    assert not list(tmp_path.iterdir())


def test_an_ending_of_another_format_is_refused_and_any_other_name_is_text(tmp_path):
    assert "unknown-ending" in run("explain", "-o", tmp_path / "roster.csv", expect=2)
    run("explain", "-o", tmp_path / "a.log")
    run("read", ONE, "--format", "csv", "-o", tmp_path / "a.log.1")
