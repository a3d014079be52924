"""A collection of a monthly form through months, by its commands; and the laws of what is carried from month to month."""

from __future__ import annotations

import io
import json
import re
import shutil
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commands import xltools
from conftest import ROOT, examples
from test_desk import asked as answered
from test_desk import at, drop
from xltools.checking.collection import examine
from xltools.collection.roster_files import load_roster
from xltools.collection.settings import load as settings_of
from xltools.data.filing import Return, Source, Stamp
from xltools.data.notes import filling_notes
from xltools.data.period import Period
from xltools.data.prior import past_before
from xltools.data.record import Agency, Record
from xltools.desk import work
from xltools.desk.standalone import agency_files, last_year_by_agency
from xltools.document.reader import read_document
from xltools.excel.reader import read, read_package
from xltools.excel.writer import write_return
from xltools.form.library import find
from xltools.form.load import parse

MONTHLY = ROOT / "tests" / "forms" / "monthly.toml"
ROSTER = "code,name\n001,甲厂\n002,乙厂\n"
LINES, TIMES = ("r01", "r02", "r03"), ("month", "cum", "lymonth", "lycum")


def fill(path: Path, month: dict[str, int], cum: dict[str, int], ago: dict[str, tuple[int, int]]) -> None:
    """Type the figures of each line into an issued workbook; those of a year ago stay as they were filled in."""
    book = openpyxl.load_workbook(path)
    for line in LINES:
        figures = {"month": month[line], "cum": cum[line]}
        figures |= dict(zip(("lymonth", "lycum"), ago[line], strict=True)) if line in ago else {}
        for time, figure in figures.items():
            ((sheet, address),) = book.defined_names[f"output.{line}.{time}"].destinations
            book[sheet][address] = figure
    book.save(path)


def done(home: Path, *arguments: str, status: int = 0) -> str:
    """What a command says, with its status."""
    end = xltools(home, *arguments)
    assert end.status == status, end.out + end.err
    return end.out + end.err


def found(home: Path, *arguments: str) -> dict[str, set[str]]:
    """The codes that are found, other than notes, by the period and the code in the names of files."""
    end = xltools(home, "verify", "--format", "json", *arguments)
    told: dict[str, set[str]] = {}
    for one in json.loads(end.out)["findings"]:
        told.setdefault(Path(one["file"]).stem[:3], set()).add(one["code"])
    return told


NOTHING = dict.fromkeys(LINES, (0, 0))


def typed(
    home: Path, period: str, code: str, name: str, month: int, before: int, ago=NOTHING, off: int = 0
) -> Path:
    """Fill in an agency's workbook of a month; *off* is what its cumulative output is wrong by."""
    path = home / "outbox" / period / f"{code}_{name}_{period}.xlsx"
    copy = home.parent / path.name
    shutil.copy(path, copy)
    figures = dict(zip(LINES, (month, month // 2, month), strict=True))
    sums = dict(zip(LINES, (before + month + off, before // 2 + month // 2, before + month), strict=True))
    fill(copy, figures, sums, ago)
    return copy


@pytest.fixture(scope="module")
def year(tmp_path_factory) -> Path:
    """A collection with January and February received and merged."""
    base = tmp_path_factory.mktemp("monthly")
    (base / "roster.csv").write_text(ROSTER, encoding="utf-8")
    shutil.copy(MONTHLY, base / "monthly.toml")
    arguments = ("--district", "青禾区", "--roster", "roster.csv", "--form", str(base / "monthly.toml"))
    done(base, "init", "reports", "--period", "2026-01", *arguments)
    home = base / "reports"
    for number, period in enumerate(("2026-01", "2026-02")):
        if number:
            done(home, "begin", "--period", period)
        done(home, "generate")
        for code, name, month in (("001", "甲厂", 100), ("002", "乙厂", 40)):
            path = typed(home, period, code, name, month, month * number)
            done(home, "receive", str(path))
        done(home, "merge")
    return home


def test_each_month_has_its_folders_and_files(year):
    there = {path.relative_to(year).as_posix() for path in year.rglob("*.xlsx")}
    for period in ("2026-01", "2026-02"):
        assert {f"inbox/{period}/001_甲厂_{period}.xlsx", f"outbox/{period}/002_乙厂_{period}.xlsx"} <= there
        assert f"district-{period}.xlsx" in there
    assert not (year / "district.xlsx").exists()


def test_the_board_and_the_journal_speak_of_the_month(year):
    said = done(year)
    assert "2026-02" in said
    assert "xltools begin" in said.splitlines()[-1]
    assert "2026 年 1 月" in done(year, "status", "--period", "2026-01", "--remind")
    assert all("2026-02" in line for line in done(year, "history", "001").splitlines() if ".xlsx" in line)


@pytest.fixture
def home(year, tmp_path) -> Path:
    """The collection of its own for a test, at work on March."""
    shutil.copytree(year, tmp_path / "reports")
    shutil.copy(MONTHLY, tmp_path / "monthly.toml")  # the settings keep its path relative to the collection
    done(tmp_path / "reports", "begin", "--period", "2026-03")
    done(tmp_path / "reports", "generate")
    return tmp_path / "reports"


def test_the_month_before_is_found_and_the_carry_judged(home):
    done(home, "receive", str(typed(home, "2026-03", "001", "甲厂", 100, 200, off=7)))
    done(home, "receive", str(typed(home, "2026-03", "002", "乙厂", 40, 80)))
    assert found(home) == {"001": {"stock"}, "": {"not-compared"}}, (
        "nothing is known of a year ago, and it is said"
    )
    said = done(home, "verify")
    assert "2026-02 1—本月 200" in said
    assert "2025-03" in said


def test_january_needs_no_december(year):
    assert found(year, "--period", "2026-01") == {"": {"not-compared"}}
    said = done(year, "verify", "--period", "2026-01")
    assert "2025-01" in said
    assert "2025-12" not in said, "no rule needs it"


def test_a_return_of_another_month_is_put_with_its_own(home):
    done(home, "receive", str(typed(home, "2026-03", "001", "甲厂", 100, 200)))
    late = typed(home, "2026-02", "002", "乙厂", 41, 40)
    said = done(home, "receive", str(late))
    assert "inbox/2026-02/002_乙厂_2026-02.xlsx" in said
    assert [path.name for path in (home / "inbox" / "2026-03").iterdir()] == ["001_甲厂_2026-03.xlsx"]
    assert (home / "versions" / "2026-02" / "002_乙厂_2026-02.xlsx").is_file()


def test_a_return_of_another_month_in_the_folder_is_found(home):
    shutil.copy(
        home / "inbox" / "2026-02" / "001_甲厂_2026-02.xlsx",
        home / "inbox" / "2026-03" / "001_甲厂_2026-03.xlsx",
    )
    assert "wrong-year" in found(home)["001"]


@pytest.mark.prove
def test_what_was_accepted_in_a_month_holds_in_that_month_only(home):
    for number, period in enumerate(("2026-03", "2026-04"), 2):
        done(home, "begin", "--period", period)
        done(home, "generate")
        done(
            home, "receive", str(typed(home, period, "001", "甲厂", 100, 100 * number, off=7 * (number - 1)))
        )
        assert "stock" in found(home)["001"]
        if period == "2026-03":
            done(home, "accept", "001", "stock", "--reason", "更正以前月份")
            assert "2026-03" in (home / "waivers.csv").read_text(encoding="utf-8-sig").splitlines()[-1]
            (line,) = (home / "waivers.csv").read_text(encoding="utf-8-sig").splitlines()[1:]
            general = ",".join([*line.split(",")[:6], "", "2026-03"])
            (home / "waivers.csv").write_text(
                f"agency,finding,cell,reason,who,date,version,period\n{general}\n", encoding="utf-8"
            )
            assert "更正以前月份" in done(home, "verify", status=1)
    assert "更正以前月份" not in done(home, "verify", status=1)
    (home / "waivers.csv").write_text(
        "agency,finding,cell,reason,who,date\n001,stock,,x,y,z\n", encoding="utf-8"
    )
    assert "报告期" in done(home, "verify", status=2)


def test_a_year_ago_is_filled_in_and_held_against(home):
    """The collection goes on for a year: last year's January is known in the next."""
    done(home, "begin", "--period", "2027-01")
    done(home, "generate")
    book = openpyxl.load_workbook(home / "outbox" / "2027-01" / "001_甲厂_2027-01.xlsx")
    ((sheet, address),) = book.defined_names["output.r01.lymonth"].destinations
    assert book[sheet][address].value == 100
    wrong = typed(home, "2027-01", "001", "甲厂", 120, 0, dict.fromkeys(LINES, (99, 99)))
    done(home, "receive", str(wrong))
    assert {"carry-over"} <= found(home)["001"]
    assert "2026-01 本月 100" in done(home, "verify", status=1), "the other agency has not reported"


def test_a_roll_up_compares_months(home):
    for code, name, month in (("001", "甲厂", 100), ("002", "乙厂", 40)):
        done(home, "receive", str(typed(home, "2026-03", code, name, month, 2 * month)))
    done(home, "merge")
    book = openpyxl.load_workbook(home / "district-2026-03.xlsx")
    heads = [cell.value for cell in book["历年对比"][3]]
    assert heads[3:7] == ["2026 年 3 月", "2026 年 2 月", "比上期增减", "增减率"]
    assert "2026 年 1 月" in heads
    assert done(home, "merge", "--check", "district-2026-03.xlsx")


def test_periods_of_another_length_are_refused(home):
    for period in ("2026", "2026Q1"):
        assert "month" in done(home, "status", "--period", period, status=2)
    assert "2026-13" in done(home, "status", "--period", "2026-13", status=2)
    assert "xltools begin --period 2026-11" in done(home, "status", "--period", "2026-11", status=2)
    assert "2026Q1" in done(home, "begin", "--period", "2026Q1", status=2)
    assert done(home, "generate", "--form", "xxgk-2021", status=2)


def test_exports_have_the_year_and_the_period(home):
    done(home, "export", "-o", "all.csv", "--period", "2026-02")
    head, first, *_ = (home / "all.csv").read_text(encoding="utf-8-sig").splitlines()
    row = dict(zip(head.split(","), first.split(","), strict=False))
    assert (row["year"], row["period"]) == ("2026", "2026-02")
    said = json.loads(done(home, "verify", "--period", "2026-02", "--format", "json"))
    assert {(one["year"], one["period"]) for one in said["files"]} == {(2026, "2026-02")}


def test_the_collection_of_an_earlier_time_may_be_elsewhere(year, tmp_path):
    (tmp_path / "roster.csv").write_text(ROSTER, encoding="utf-8")
    about = ("--district", "青禾区", "--roster", "roster.csv", "--form", str(MONTHLY))
    done(tmp_path, "init", "later", "--period", "2026-03", "--prior", str(year), *about)
    home = tmp_path / "later"
    done(home, "generate")
    done(home, "receive", str(typed(home, "2026-03", "001", "甲厂", 100, 200, off=7)))
    assert found(home) == {"001": {"stock"}, "": {"not-compared"} | {"missing-return"}}
    alone = ("verify", "001_甲厂_2026-03.xlsx", "--form", str(MONTHLY))
    assert "stock" not in done(tmp_path, *alone), "the month before is not at hand"
    assert "stock" in done(tmp_path, *alone, "--prior", str(year / "inbox" / "2026-02"))


@pytest.mark.prove
def test_a_roll_up_of_roll_ups_is_that_of_the_returns(home):
    """And what is carried is asked of each member of a roll-up."""
    for code, name, month, off in (("001", "甲厂", 100, 0), ("002", "乙厂", 40, 3)):
        done(home, "receive", str(typed(home, "2026-03", code, name, month, 2 * month, off=off)))
    done(home, "accept", "002", "--reason", "已核实")
    done(home, "merge")
    city = home.parent / "city"
    shutil.copytree(home / "inbox" / "2026-03", city / "in")
    for period in ("2026-02", "2026-03"):
        shutil.copy(home / f"district-{period}.xlsx", city)
    about = ("--period", "2026-03", "--district", "市", "--form", str(MONTHLY))
    said = done(
        city, "merge", "district-2026-03.xlsx", *about, "--prior", "district-2026-02.xlsx", "-o", "tree.xlsx"
    )
    assert "stock" in said
    assert "青禾区 → 乙厂" in said
    done(city, "merge", "in", *about, "-o", "flat.xlsx")
    tree, flat = (read(city / name, find(str(MONTHLY))) for name in ("tree.xlsx", "flat.xlsx"))
    assert tree.record.values == flat.record.values
    assert tree.record.period == flat.record.period == Period.from_text("2026-03")


def test_a_quarter_of_a_fiscal_year_in_a_workbook():
    form = parse(FORM.format(period="quarter", starts=10, resets="true"), "form.toml")
    stamp = Stamp("made", "1", Period.from_text("2026Q1", form.begins), AGENCY)
    content = write_return(form, stamp, {"s.a.now": Decimal(5), "s.a.cum": Decimal(5)})
    cover = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]
    assert cover["A2"].value == "（2026 财年第一季度，2025年10月至2025年12月）"
    (name,) = (cover.cell(row, 2).value for row in range(3, 9) if cover.cell(row, 1).value == "报告期")
    assert name == "2026Q1"
    back = read_package(content, "x.xlsx", form)
    assert (back.stamp.period, back.record.period.number_in_year) == (stamp.period, 1)
    assert f"{back.record.period:words}" == "2026财年第一季度"
    year = replace(stamp, period=Period(2026))
    assert [one.code for one in read_package(write_return(form, year), "x.xlsx", form).findings] == [
        "no-stamp"
    ]


def test_a_report_is_read_by_the_period_in_its_title(home):
    done(home, "publish", "--period", "2026-02", "--draft", "-o", "report.html")
    report = read_document((home / "report.html").read_bytes(), "report.html", find(str(MONTHLY)))
    assert (report.agency.name, str(report.stamp.period)) == ("青禾区", "2026-02")
    assert report.record.values["output.r01.cum"] == 280


def test_the_page_of_an_agency_knows_its_own_months_before(home):
    at = settings_of(home)
    (entry, *_) = load_roster(at.roster)
    last = last_year_by_agency(at)[entry.code]
    files = agency_files(at, entry, last)
    assert b'period = "2026-03"' in files["collection.toml"]
    assert "prior/last.xlsx" in files
    assert "prior/ago.xlsx" not in files


def test_the_desk_works_on_the_months_too(home):
    late, own = typed(home, "2026-02", "002", "乙厂", 41, 40), typed(home, "2026-03", "001", "甲厂", 100, 200)
    with at(home) as desk:
        drop(desk, late, own)
        assert "2026-04" in answered(desk, "/begin", period="2026-04")
        assert work.look(desk).seen.folder.inbox == Path("inbox/2026-04")
        assert "2026-05" in answered(desk, "/year"), "the next one is suggested"
        assert [path.name for path in work.issue(desk)] == ["001_甲厂_2026-04.xlsx", "002_乙厂_2026-04.xlsx"]
    assert (home / "inbox" / "2026-03" / own.name).is_file()
    assert (home / "inbox" / "2026-02" / late.name).read_bytes() == late.read_bytes()


# -- what is carried, in forms that are made for it


FORM = """
schema = 2
key = "made"
edition = "1"
title = "累计表"
authority = "inferred"
period = "{period}"
starts = {starts}
[[section]]
key = "s"
title = "表"
sheet = "表"
signed = true
[[section.block]]
columns = [
  {{ key = "now", label = "本期" }}, {{ key = "less", label = "减少" }}, {{ key = "cum", label = "累计" }},
  {{ key = "lynow", label = "上年同期" }}, {{ key = "open", label = "期初" }},
]
rows = [{{ key = "a", label = "甲" }}, {{ key = "b", label = "乙" }}]
[[section.block.carry]]
key = "cumulative"
columns = "cum = last.cum + now - less"
resets = {resets}
label = "累计"
authority = "inferred"
[[section.block.carry]]
key = "opening"
columns = "open = last.cum"
label = "期初"
authority = "inferred"
[[section.block.carry]]
key = "year_ago"
columns = "lynow = ago.now"
label = "同期"
authority = "inferred"
"""
AGENCY = Agency("青禾区", "001", "甲厂")
CHANGES = st.lists(st.tuples(st.integers(-50, 90), st.integers(0, 9)), min_size=14, max_size=14)


def returned(form, period, figures):
    """A return as reading gives it, without a file; *figures* are those of the line 甲, and 乙 has the same."""
    values = {f"s.{row}.{name}": Decimal(value) for row in "ab" for name, value in figures.items()}
    record = Record(form, period, frozenset((AGENCY,)), values)
    source = Source(f"001_甲厂_{period}.xlsx", str(period))
    return Return(source, (), form, Stamp(form.key, form.edition, period, AGENCY), record)


def lived(form, first, changes):
    """The figures of each period, as somebody reckons them who keeps a book."""
    book, period, total = {}, first, 0
    for now, less in changes:
        if "resets = true" in form.text and period.number_in_year == 1:
            total = 0
        opening = book[period.previous]["cum"] if period.previous in book else 0
        total += now - less
        ago = book[period.year_ago]["now"] if period.year_ago in book else 0
        book[period] = {"now": now, "less": less, "cum": total, "lynow": ago, "open": opening}
        period = period.next
    return book


def asked(form, period, book, now=None):
    """The codes and cells of what is asked of a period, with those before that the book has."""
    before = [returned(form, base, book[base]) for base in period.bases if base in book]
    found = examine(
        [returned(form, period, now or book[period])], past=past_before(before, form, period)
    ).findings
    return {(one.code, one.cell) for one in found if one.code in {"carry-over", "stock", "not-compared"}}


@given(
    st.sampled_from(["half", "quarter", "month"]),
    st.integers(1, 12),
    st.booleans(),
    st.integers(0, 11),
    CHANGES,
    st.data(),
)
@settings(max_examples=examples(25), deadline=None)
def test_what_is_kept_in_a_book_is_carried_and_what_is_not_is_found(
    kind, starts, resets, skipped, changes, data
):
    form = parse(FORM.format(period=kind, starts=starts, resets=str(resets).lower()), "form.toml")
    first = Period.from_text({"half": "2025H1", "quarter": "2025Q1", "month": "2025-01"}[kind], form.begins)
    for _ in range(skipped):
        first = first.next
    book = lived(form, first, changes)
    whole = [period for period in book if all(base in book for base in period.bases)]
    assert [asked(form, period, book) for period in whole] == [set()] * len(whole)
    period = data.draw(st.sampled_from(whole))
    name = data.draw(st.sampled_from(["cum", "lynow", "open"]))
    off = data.draw(st.integers(1, 5))
    code = "stock" if name == "cum" else "carry-over"
    wrong = asked(form, period, book, {**book[period], name: book[period][name] + off})
    assert wrong == {(code, f"s.a.{name}"), (code, f"s.b.{name}")}


@pytest.mark.parametrize(
    ("resets", "period", "missing"), [("true", "2026-01", 1), ("false", "2026-01", 1), ("true", "2026-02", 1)]
)
def test_without_a_period_before_the_rest_is_judged_and_it_is_said(resets, period, missing):
    form = parse(FORM.format(period="month", starts=1, resets=resets), "form.toml")
    figures = {"now": 5, "less": 0, "cum": 4, "lynow": 7, "open": 3}
    book = {
        Period.from_text("2025-01"): {**figures, "now": 8},
        Period.from_text("2025-02"): {**figures, "now": 8},
    }
    found = asked(form, Period.from_text(period), book, figures)
    judged = {"lynow"} | ({"cum"} if resets == "true" and period == "2026-01" else set())
    assert {cell.split(".")[2] for code, cell in found if code != "not-compared"} == judged
    assert len([code for code, _ in found if code == "not-compared"]) == missing


def test_an_opening_figure_of_the_first_period_is_filled_in_as_nothing():
    text = FORM.format(period="month", starts=1, resets="true").replace(
        '"open = last.cum"', '"open = last.cum"\nresets = true'
    )
    form = parse(text, "form.toml")
    assert form.carried({}, 1) == {"s.a.open": 0, "s.b.open": 0}
    assert form.carried({}, 2) == {}
    assert form.carried({"s.a.cum": Decimal(4), "ago.s.b.now": Decimal(5)}, 2) == {
        "s.a.open": 4,
        "s.b.lynow": 5,
    }


def test_a_form_of_the_first_version_may_call_its_lines_as_it_did():
    """A section “ago”, and a line “period”, mean nothing but themselves there."""
    text = (ROOT / "tests" / "forms" / "fwzx-2025.toml").read_text(encoding="utf-8")
    old = find(str(ROOT / "tests" / "forms" / "fwzx-2025.toml"))
    section, line = old.sections[0].key, old.identities[0].rule.constraint.names[0]
    for name, other in ((section, "ago"), (line, "period")):
        text = re.sub(rf"\b{name}\b(?=[.\" ])", other, text)
    form = parse(text, "form.toml")
    assert len(form.cells) == len(old.cells)
    assert {str(i.rule.label) for i in form.identities} == {str(i.rule.label) for i in old.identities}
    assert len(filling_notes(form).blocks) == len(filling_notes(old).blocks)
    assert not form.broken(form.complete({name: Decimal(0) for name in form.input_names}))


def test_quarters_of_a_fiscal_year_are_due_after_their_own_end(tmp_path):
    (tmp_path / "roster.csv").write_text(ROSTER, encoding="utf-8")
    (tmp_path / "f.toml").write_text(
        FORM.format(period="quarter", starts=10, resets="true"), encoding="utf-8"
    )
    about = ("--district", "区", "--roster", "roster.csv", "--form", str(tmp_path / "f.toml"))
    done(tmp_path, "init", "c", "--period", "2026Q1", *about)
    assert settings_of(tmp_path / "c").due.isoformat() == "2026-01-10"
    assert "2026-04-10" in done(tmp_path / "c", "begin")
    assert "2026财年第二季度" in "".join(done(tmp_path / "c", "status", "--remind", status=1).split())
