"""What commands print on a terminal, and that pipes get plain text. The terminal is a pseudo-terminal of the system."""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import sys

import pytest
from rich.cells import cell_len

from conftest import ROOT, by_day
from xltools.cli import output
from xltools.report.table import TextTable

pty = pytest.importorskip("pty", reason="the system has no pseudo-terminals")

SAMPLES = ROOT / "samples"
EVIL = "b][red]\x1b[31m\x1b]0;title\x07\u202e:boom:.xlsx"
HARMLESS = "b][red]\ufffd[31m\ufffd]0;title\ufffd\ufffd:boom:.xlsx"
STYLE = re.compile(r"\x1b\[[0-9;]*m")
COLOUR = re.compile(r"\x1b\[(?:[0-9]+;)*3[0-7]m")


def on_terminal(*arguments, expect=0, columns=80, with_errors=True, **environment):
    """What a command writes to a terminal of that many columns, styles included; *with_errors* stderr too."""
    main, terminal = pty.openpty()
    names = {"TERM": "xterm-256color", "COLUMNS": str(columns), "XLTOOLS_LANG": "en"}
    inherited = {name: value for name, value in os.environ.items() if name not in {"NO_COLOR", "CI"}}
    process = subprocess.Popen(
        [sys.executable, "-m", "xltools", *map(str, arguments)],
        stdin=terminal,
        stdout=terminal,
        stderr=terminal if with_errors else subprocess.DEVNULL,  # a slow machine shows a progress bar there
        env=inherited | names | environment,
    )
    os.close(terminal)
    parts = []
    try:
        while part := os.read(main, 1 << 16):
            parts.append(part)
    except OSError:  # Linux reports the end of the other side in this way
        pass
    finally:
        os.close(main)
    assert process.wait() == expect
    return b"".join(parts).decode().replace("\r\n", "\n")


def to_pipe(*arguments, expect=0, **environment):
    done = subprocess.run(
        [sys.executable, "-m", "xltools", *map(str, arguments)],
        capture_output=True,
        check=False,
        env=os.environ | {"XLTOOLS_LANG": "en"} | environment,
    )
    assert done.returncode == expect, done.stderr
    return done.stdout


def is_plain(text):
    """Whether nothing in *text* commands a terminal once our own styles are gone."""
    return not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", STYLE.sub("", text))


@pytest.fixture
def evil(tmp_path):
    """A folder with one faulty return: its path holds ``[/b]``, markup to rich, and commands to a terminal."""
    folder = tmp_path / "["
    folder.mkdir()
    shutil.copy(min((SAMPLES / "problems").glob("005*")), folder / EVIL)
    return folder


def test_the_name_of_a_file_neither_raises_nor_commands(evil):
    shown = on_terminal("verify", evil, expect=1)
    assert f"[/{HARMLESS}" in shown
    assert is_plain(shown)


def test_nor_does_it_in_a_table_or_in_a_refusal(evil):
    roster = ("--roster", SAMPLES / "roster.csv", "--year", "2024", "--on", "2025-01-28")
    board = on_terminal("status", evil, *roster, expect=1, columns=200)
    assert HARMLESS in board
    assert is_plain(board)
    refused = on_terminal("verify", evil / f"missing {EVIL}", expect=2)
    assert f"[/missing {HARMLESS}" in refused
    assert is_plain(refused)
    page = evil / EVIL.replace("xlsx", "html")
    page.write_text("<html><body>x</body></html>", encoding="utf-8")
    told = on_terminal("import", page, "-o", evil.parent / "out.xlsx", expect=1)
    assert (
        told.count(HARMLESS.replace("xlsx", "html")) == 2
    )  # among the findings, and that it was not imported
    assert is_plain(told)


WORDS = {
    "en": [("error", "31"), ("warning", "33"), ("note", "2")],
    "zh": [("错误", "31"), ("警告", "33"), ("提示", "2")],
}


def test_a_severity_has_its_colour_in_both_languages():
    for lang, words in WORDS.items():
        shown = on_terminal("verify", SAMPLES / "problems", "--lang", lang, expect=1)
        found = {
            (word, colour)
            for colour, word in re.findall(r"\n  \x1b\[([0-9;]+)m([^\x1b]+)\x1b\[0m [a-z-]+  ", shown)
        }
        assert found == set(words)


def test_no_color_is_respected():
    shown = on_terminal("verify", SAMPLES / "problems", expect=1, NO_COLOR="1")
    assert "  error " in shown
    assert not COLOUR.search(shown)


def test_lines_on_a_terminal_are_those_of_a_pipe():
    """The terminal wraps long lines itself, so that what is copied from it is whole."""
    piped = to_pipe("verify", SAMPLES / "problems", expect=1).decode()
    shown = on_terminal("verify", SAMPLES / "problems", expect=1, columns=40, with_errors=False)
    shown = STYLE.sub("", shown)
    assert max(map(len, piped.splitlines())) > 100
    assert shown.startswith(piped)


@pytest.mark.parametrize(
    "arguments",
    by_day(
        [
            ["verify", SAMPLES / "problems"],
            ["explain"],
            ["form", "cells"],
            [
                "status",
                SAMPLES / "problems",
                "--roster",
                SAMPLES / "roster.csv",
                "--year",
                "2024",
                "--on",
                "2025-01-28",
            ],
        ],
        2,
    ),
    ids=lambda arguments: arguments[0],
)
def test_a_pipe_gets_plain_text_whatever_the_environment_says(arguments):
    expect = int(arguments[0] in {"verify", "status"})
    forced = {"FORCE_COLOR": "1", "TTY_COMPATIBLE": "1", "TERM": "xterm-256color", "COLUMNS": "20"}
    plain = to_pipe(*arguments, expect=expect)
    assert to_pipe(*arguments, expect=expect, **forced) == plain
    assert b"\x1b" not in plain
    assert max(map(len, plain.decode().splitlines())) > 60


# -- tables


class Terminal(io.StringIO):
    def isatty(self):
        return True


def screens(monkeypatch):
    """Terminals of 40 columns in place of stdout and stderr."""
    found = Terminal(), Terminal()
    monkeypatch.setattr(sys, "stdout", found[0])
    monkeypatch.setattr(sys, "stderr", found[1])
    for name, value in {"COLUMNS": "40", "TERM": "xterm", "NO_COLOR": "1"}.items():
        monkeypatch.setenv(name, value)
    return found


NAMES = ("青禾区住房和城乡建设局（[/b]）" * 3, "short", "青禾区教育局\x1b[2J\u202e")
NUMBERS = ("59,237.2449", "1,204", "0")
TABLE = TextTable(
    [("agency", "amount", "and another"), *zip(NAMES, NUMBERS, NUMBERS, strict=True)], frozenset({1, 2})
)


def test_a_table_folds_its_texts_and_keeps_its_numbers_whole(monkeypatch):
    out, _ = screens(monkeypatch)
    output.emit(TABLE)
    text = STYLE.sub("", out.getvalue())
    lines = text.splitlines()
    assert {cell_len(line) for line in lines} == {40}  # every cell of every line is padded, Chinese or not
    _, first, *_ = re.split(r"(?=青禾区住房和城  )|(?=short)", text)
    assert re.sub(r"\s|59,237\.2449", "", first) == NAMES[0]
    for number in NUMBERS:
        assert len(re.findall(rf"(?<![\d,.]){re.escape(number)}(?![\d,.])", text)) == 2
    assert "\x1b" not in text
    assert "青禾区教育局\ufffd[" in text


def test_numbers_stay_whole_where_the_window_is_too_narrow(monkeypatch):
    out, _ = screens(monkeypatch)
    monkeypatch.setenv("COLUMNS", "12")
    output.emit(TABLE)
    text = STYLE.sub("", out.getvalue())
    assert text.count(NUMBERS[0]) == 2
    assert "…" not in text


def test_a_name_that_is_to_be_copied_is_not_broken():
    names = re.findall(r"(?m)^\S+", to_pipe("form", "cells").decode())[2:]
    for columns in (60, 80, 120):
        assert (
            re.findall(r"(?m)^[a-z]\S+", STYLE.sub("", on_terminal("form", "cells", columns=columns)))[1:]
            == names
        )


# -- progress


def test_a_bar_appears_beside_the_output_when_the_work_is_long(monkeypatch):
    out, err = screens(monkeypatch)
    assert list(output.progress(range(3), "[/b]reading")) == [0, 1, 2]
    assert (out.getvalue(), err.getvalue()) == ("", "")
    monkeypatch.setattr(output, "_PATIENCE", 0)
    monkeypatch.setattr(output, "_REDRAW", 0)
    for item in output.progress(iter(range(3)), "[/b]reading", 3):
        output.emit(f"item {item}")
    assert out.getvalue() == "item 0\nitem 1\nitem 2\n"
    assert "[/b]reading" in err.getvalue()
    assert re.findall(r"\d/3", err.getvalue())[-1] == "3/3"
    assert err.getvalue().count("\x1b[?25l") == err.getvalue().count("\x1b[?25h") == 1  # the cursor is back


def test_a_bar_that_is_left_early_gives_the_cursor_back(monkeypatch):
    _, err = screens(monkeypatch)
    monkeypatch.setattr(output, "_PATIENCE", 0)
    items = output.progress(range(3), "reading")
    next(items)
    items.close()
    assert err.getvalue().rstrip().endswith("\x1b[?25h")


def test_no_bar_goes_to_a_pipe(capsys, monkeypatch):
    monkeypatch.setattr(output, "_PATIENCE", 0)
    assert list(output.progress(range(3), "reading")) == [0, 1, 2]
    assert capsys.readouterr() == ("", "")
