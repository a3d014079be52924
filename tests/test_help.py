"""What a newcomer reads: the help of every command, and what is said when something is mistyped or missing."""

from __future__ import annotations

import errno
import os
import re

import click
import pytest

from commands import xltools
from xltools.cli import command_line
from xltools.cli.help import COMMANDS, GROUPS, width_of, wrapped
from xltools.text import LANGS, catalog

FORM = ("list", "cells", "check", "blank", "notes")
PATHS = [(), *((name,) for name in COMMANDS), *(("form", name) for name in FORM)]
PLACEHOLDERS = r"\b(OPTIONS|COMMAND|ARGS|TEXT|INTEGER|RANGE|PATH|FILE|DIR|DIRECTORY|NAME|VALUE|ADDRESS|AGENCY|CELL|FORM|WHICH)\b"


@pytest.fixture(scope="module")
def pages():
    """The help of each command in each language, 80 columns wide."""
    before = os.environ.get("COLUMNS")
    os.environ["COLUMNS"] = "80"
    found = {
        (lang, path): xltools(".", "--lang", lang, *path, "--help").out for lang in LANGS for path in PATHS
    }
    os.environ.pop("COLUMNS") if before is None else os.environ.update(COLUMNS=before)
    return found


def test_no_line_is_too_wide_and_nothing_is_cut(pages):
    for page in pages.values():
        assert all(width_of(line) <= 80 for line in page.splitlines())
        assert not re.search(
            r"\.\.\.$", re.sub(r"(参数|ARGS|路径|PATH|文件|FILE)\]?\.\.\.", "", page), re.MULTILINE
        )


def test_no_word_is_broken(pages):
    limits = [
        "file",
        "entries",
        "unpacked",
        "ratio",
        "xml",
        "elements",
        "cells",
        "styles",
        "ranges",
        "formulas",
        "seconds",
        "memory",
        "archive",
    ]
    for lang in LANGS:
        page = pages[lang, ("verify",)]
        assert all(re.search(rf"(?<![a-z]){name}(?![a-z])", page) for name in limits)
        assert "代码_名称_年度.xlsx" in page or lang == "en"


def test_nothing_that_stands_for_a_value_is_left_in_english(pages):
    for path in PATHS:
        page = pages["zh", path]
        assert not re.search(PLACEHOLDERS, page), (path, re.search(PLACEHOLDERS, page))
        assert "Usage" not in page


def test_commands_are_in_groups_and_the_year_comes_first(pages):
    assert set(COMMANDS) == set(command_line("en").list_commands(None))
    assert len(COMMANDS) == len(set(COMMANDS))
    for lang in LANGS:
        lines = pages[lang, ()].splitlines()
        found = [line.split()[0] for line in lines if line.startswith("  ") and line.split()[0] in COMMANDS]
        assert tuple(found) == COMMANDS
        heads = [catalog(lang)(f"usage.{key}") for key in GROUPS]
        assert [line.rstrip(":：") for line in lines if line.rstrip(":：") in heads] == heads


def test_rare_options_come_last(pages):
    for lang in LANGS:
        usual, rare = pages[lang, ("merge",)].split(catalog(lang)("usage.rare-options"))
        assert "--exclude" in usual
        assert "--help" in usual
        assert "--dask" in rare
        assert "--dask" not in usual
        assert catalog(lang)("usage.rare-options") not in pages[lang, ("form", "list")]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        (("inti",), "init"),
        (("verfy",), "verify"),
        (("form", "lst"), "list"),
        (("verify", "--rostr", "x"), "--roster"),
    ],
)
def test_what_is_misspelt_is_answered_with_the_nearest(typed, meant):
    done = xltools(".", *typed)
    assert done.status == 2
    assert re.findall(r"Did you mean '?([\w-]+)'?\?", done.err) == [meant]


def test_what_is_like_nothing_gets_no_suggestion():
    assert "Did you mean" not in xltools(".", "xyz").err
    assert "Did you mean" not in xltools(".", "merge", "--draft").err


@pytest.mark.parametrize("name", ["init", "accept", "diff", "import", "receive", "schema"])
def test_a_command_without_what_it_needs_shows_an_example(name):
    for lang in LANGS:
        done = xltools(".", "--lang", lang, name)
        assert done.status == 2
        assert f"{catalog(lang)('usage.example')}xltools {name} " in done.err


def collection(tmp_path):
    (tmp_path / "roster.csv").write_text("代码,名称\n003,教育局\n", encoding="utf-8")
    about = ("--year", 2024, "--district", "青禾区", "--roster", "roster.csv")
    assert xltools(tmp_path, "init", "c", *about).status == 0
    return tmp_path / "c", about


def test_init_advises_no_option_that_it_does_not_have(tmp_path):
    _, about = collection(tmp_path)
    done = xltools(tmp_path, "init", "c", *about)
    assert done.status == 2
    assert "--force" not in done.err


def test_publish_says_at_once_all_that_is_missing(tmp_path, monkeypatch):
    folder, _ = collection(tmp_path)
    monkeypatch.setattr("xltools.document.writer.find_spec", lambda _: None)
    done = xltools(folder, "publish")
    assert "xltools merge" in done.err
    assert "pip install" in done.err


def test_gather_has_a_name_for_what_it_writes_in_a_collection(tmp_path):
    folder, _ = collection(tmp_path)
    (folder / "inbox" / "x.xlsx").write_bytes(b"")
    assert xltools(folder, "gather").status == 1
    assert (folder / "gathered.docx").exists()
    assert xltools(folder, "gather").status == 2


# What people write in collection.toml, and the word for what was meant.
SLIPS = [
    ('district = "青禾区"', "district = “青禾区”", "toml-quotes"),
    ('district = "青禾区"', "district = ‘青禾区’", "toml-quotes"),
    ('district = "青禾区"', "district = 青禾区", "toml-bare"),
    ('district = "青禾区"', 'district ＝ "青禾区"', "toml-equals"),
    ('district = "青禾区"', 'district = "青禾区', "toml-end"),
    ("due = 2025-01-31", "due = 2025年1月31日", "toml-date"),
    ("due = 2025-01-31", "due = 2025/1/31", "toml-date"),
    ("due = 2025-01-31", "due = 2025-1-31", "toml-date"),
    ("rule_makers = []", 'rule_makers = ["001"，"002"]', "toml-comma"),
    ("rule_makers = []", 'rule_makers = 【"001"】', "toml-comma"),
    ('prior = ""', 'prior = "D:\\Users\\年报"', "toml-backslash"),
    ("year = 2024", "year = 2024\nyear = 2025", "toml-twice"),
    ("year = 2024", "year 2024", "toml-other"),
]


def test_a_slip_in_the_settings_is_named(tmp_path):
    folder, _ = collection(tmp_path)
    path = folder / "collection.toml"
    right = path.read_text(encoding="utf-8")
    for old, new, word in SLIPS:
        assert old in right
        path.write_text(right.replace(old, new), encoding="utf-8")
        said = xltools(folder, "--lang", "zh", "status").err
        line = right[: right.index(old)].count("\n") + new.count("\n") + 1
        assert catalog("zh")(f"finding-part.{word}") in said, (new, said)
        assert f"collection.toml: 第 {line} 行" in said, (new, said)
    path.write_bytes(right.encode("gb18030"))
    said = xltools(folder, "--lang", "zh", "status").err
    assert said.startswith("collection.toml: ")
    assert "表式" not in said
    path.write_text(right.replace("due = 2025-01-31", 'due = "2025-01-31"'), encoding="utf-8")
    assert catalog("zh")("finding-part.type-date") in xltools(folder, "--lang", "zh", "status").err


def test_what_the_system_says_is_translated():
    for name in ("EACCES", "ENOENT", "ENOSPC", "EROFS", "EISDIR"):
        reason = os.strerror(getattr(errno, name))
        assert reason not in catalog("zh")("problem.cannot-write", reason=reason)


def test_wrapping_loses_nothing_and_breaks_no_word():
    text = "名称：file、entries、unpacked（见 代码_名称_年度.xlsx），“好”。 the end"
    for width in range(12, 60):
        lines = list(wrapped(text, width))
        assert "".join(lines).replace(" ", "") == text.replace(" ", "")
        words = re.findall("[a-z]+", text)
        assert [word for line in lines for word in re.findall("[a-z]+", line)] == words
        assert not any(line[0] in "、，。）”" for line in lines if line)


def test_a_command_created_elsewhere_has_its_help():
    command = command_line("zh").get_command(click.Context(command_line("zh")), "verify")
    assert "不常用的选项" in command.get_help(command.make_context("verify", [], resilient_parsing=True))
