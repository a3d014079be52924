"""Every finding has a page in both languages, and the command shows it."""

from __future__ import annotations

import io
import re
import sys

import click
import pytest
from click.testing import CliRunner

from conftest import ROOT
from xltools.cli import command_line, main, output
from xltools.data.finding import SEVERITY, Severity, can_be_accepted, can_have
from xltools.report.explain import page_markdown, page_text
from xltools.text import LANGS, catalog, finding_text

FIELDS = ("message", "title", "what", "why", "coordinator")


ACCEPTABLE = {code for code, level in SEVERITY.items() if level is Severity.ERROR and can_be_accepted(code)}


def pages(lang):
    return {code: finding_text(code, lang) for code in SEVERITY}


def run(lang, *arguments):
    return CliRunner().invoke(command_line(lang), ["explain", *arguments], "xltools")


@pytest.mark.parametrize("lang", LANGS)
def test_no_field_is_empty_and_no_title_is_there_twice(lang):
    for code, page in pages(lang).items():
        assert all(getattr(page, field).strip() for field in FIELDS), code
        assert page.mend, code
        assert all(step.strip() for step in page.mend), code
    titles = [page.title for page in pages(lang).values()]
    assert len(set(titles)) == len(titles)


def test_a_page_has_the_same_parts_in_both_languages():
    zh, en = pages("zh"), pages("en")
    for code in SEVERITY:
        assert len(zh[code].mend) == len(en[code].mend), code
        assert bool(zh[code].example) == bool(en[code].example), code


@pytest.mark.parametrize(("lang", "mark"), [("zh", "依据："), ("en", "Ground: ")])
def test_every_page_says_on_what_ground(lang, mark):
    for code, page in pages(lang).items():
        assert page.why.count(mark) == 1, code


@pytest.mark.parametrize(("lang", "words"), [("zh", "不能豁免"), ("en", "cannot be waived")])
def test_no_page_denies_what_the_coordinator_may_do(lang, words):
    denied = {code for code, page in pages(lang).items() if words in page.coordinator}
    assert denied
    assert all(SEVERITY[code].value == "error" and code not in ACCEPTABLE for code in denied)


@pytest.mark.parametrize("lang", LANGS)
def test_a_page_shows_the_line_that_accepts_its_finding_where_one_can(lang):
    shown = {code for code, page in pages(lang).items() if "waivers.csv" in page.coordinator}
    assert all(
        re.search(rf"[码E],{code},[^,]*,[^,]+,[^,]+,", finding_text(code, lang).coordinator) for code in shown
    )
    assert all(can_have(code, Severity.NOTE) for code in shown)
    assert {code for code, level in SEVERITY.items() if level is Severity.QUESTION} | ACCEPTABLE <= shown


@pytest.mark.parametrize("lang", LANGS)
def test_options_and_codes_that_pages_name_exist(lang):
    group = command_line(lang)
    context = click.Context(group)
    options = {
        name
        for command in group.list_commands(context)
        for parameter in group.get_command(context, command).params
        for name in parameter.opts
    }
    for code, page in pages(lang).items():
        text = page_text(code, lang)
        assert set(re.findall(r"--[a-z][a-z-]*", text)) <= options, code
        named = re.findall(r"[（(]([a-z]+(?:-[a-z]+)+)[）)]", page.coordinator + " ".join(page.mend))
        assert set(named) <= set(SEVERITY), code


@pytest.mark.parametrize("lang", LANGS)
def test_the_list_has_a_line_for_each_code(lang):
    result = run(lang)
    assert result.exit_code == 0
    lines = result.output.splitlines()[2:]
    assert [line.split()[0] for line in lines] == list(SEVERITY)
    for line, (code, severity) in zip(lines, SEVERITY.items(), strict=True):
        assert catalog(lang)(f"severity.{severity.value}") in line
        assert line.endswith(finding_text(code, lang).title)


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("code", SEVERITY)
def test_a_page_holds_everything_there_is_to_say(lang, code):
    output, page = run(lang, code).output, finding_text(code, lang)
    for text in (code, page.title, page.what, page.why, *page.mend, page.coordinator, page.example):
        assert text in output
    assert "{" not in output


def test_an_error_that_may_be_accepted_says_so():
    assert "may accept" in page_text("total-wrong", "en")
    assert "豁免" in page_text("total-wrong", "zh").partition("\n")[0]
    assert "may accept" not in page_text("macros", "en")


def test_markdown_takes_no_sign_of_a_text_for_its_own():
    page = page_markdown("old-format", "zh")
    assert r"\*.xlsx" in page
    assert "(*.xlsx" not in page
    assert r"xltools\[legacy\]" in page
    assert page.startswith("## old-format\n")


@pytest.mark.parametrize(
    ("lang", "words"), [("zh", "没有「total-wrogn」这个问题代码"), ("en", "is not the code")]
)
def test_an_unknown_code_ends_with_the_nearest(lang, words, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["--lang", lang, "explain", "total-wrogn"])
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert words in said
    assert "total-wrong" in said
    assert len(said.splitlines()) == 1


@pytest.mark.parametrize(
    ("typed", "meant"), [("Total_Wrong", "total-wrong"), ("missing", "missing-sheet"), ("stamp", "no-stamp")]
)
def test_the_code_that_was_meant_is_offered(typed, meant, capsys):
    with pytest.raises(SystemExit):
        main(["--lang", "en", "explain", typed])
    assert meant in capsys.readouterr().err


def test_a_word_like_no_code_offers_none(capsys):
    with pytest.raises(SystemExit):
        main(["--lang", "en", "explain", "七"])
    assert "nearest: —" in capsys.readouterr().err


@pytest.mark.parametrize("lang", LANGS)
def test_a_page_of_the_book_is_what_the_command_prints_for_its_code(lang):
    book = run(lang, "--format", "md").output
    for code in SEVERITY:
        assert f"\n{run(lang, code, '--format', 'md').output}" in book
        assert f"](#{code}) |" in book


def test_a_page_goes_into_a_file(tmp_path):
    out = tmp_path / "page.md"
    assert run("zh", "blank", "--format", "md", "-o", str(out)).exit_code == 0
    assert out.read_text(encoding="utf-8") == page_markdown("blank", "zh") + "\n"


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize("command", ["verify", "merge"])
def test_a_person_is_pointed_to_the_page_and_a_program_is_not(command, monkeypatch, capsys, tmp_path):
    arguments = [command, str(ROOT / "samples" / "published"), "--lang", "en"]
    if command == "merge":
        arguments += ["--year", "2023", "--district", "区", "-o", str(tmp_path / "out.xlsx")]
    with pytest.raises(SystemExit):
        main(arguments)
    assert "xltools explain" not in capsys.readouterr().err
    monkeypatch.setattr(sys, "stderr", Terminal())
    monkeypatch.setattr(output, "_PATIENCE", 1000)
    with pytest.raises(SystemExit):
        main(arguments)
    code = re.search(r"xltools explain ([a-z-]+)\n", sys.stderr.getvalue())[1]
    assert code in {"total-wrong", "wrong-year"}
