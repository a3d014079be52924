"""A collection of a monthly form through months, by its commands; and the laws of what is carried from month to month."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import openpyxl
import pytest

from commands import xltools
from conftest import ROOT

MONTHLY = ROOT / "tests" / "forms" / "monthly.toml"
ROSTER = "code,name\n001,甲厂\n002,乙厂\n"
LINES, TIMES = ("r01", "r02", "r03"), ("month", "cum", "lymonth", "lycum")


def fill(path: Path, month: dict[str, float], cum: dict[str, float], ago: dict[str, tuple[float, float]] = {}) -> None:  # noqa: B006
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


NOTHING = {line: (0, 0) for line in LINES}


def typed(home: Path, period: str, code: str, name: str, month: int, before: int, ago=NOTHING, off: int = 0) -> Path:
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
            done(home, "init", ".", "--period", period)
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
    assert "2026-02" in said and "2026-03" in said.splitlines()[-1]
    assert "2026 年 1 月" in done(year, "status", "--period", "2026-01", "--remind")
    assert all("2026-02" in line for line in done(year, "history", "001").splitlines() if ".xlsx" in line)


@pytest.fixture
def home(year, tmp_path) -> Path:
    """The collection of its own for a test, at work on March."""
    shutil.copytree(year, tmp_path / "reports")
    done(tmp_path / "reports", "init", ".", "--period", "2026-03")
    done(tmp_path / "reports", "generate")
    return tmp_path / "reports"


def test_the_month_before_is_found_and_the_carry_judged(home):
    done(home, "receive", str(typed(home, "2026-03", "001", "甲厂", 100, 200, off=7)))
    done(home, "receive", str(typed(home, "2026-03", "002", "乙厂", 40, 80)))
    assert found(home) == {"001": {"stock"}, "": {"not-compared"}}, "nothing is known of a year ago, and it is said"
    said = done(home, "verify")
    assert "2026-02 1—本月 200" in said and "2025-03" in said


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
    shutil.copy(home / "inbox" / "2026-02" / "001_甲厂_2026-02.xlsx", home / "inbox" / "2026-03" / "001_甲厂_2026-03.xlsx")
    assert "wrong-year" in found(home)["001"]


def test_what_was_accepted_in_a_month_holds_in_that_month_only(home):
    for number, period in enumerate(("2026-03", "2026-04"), 2):
        done(home, "init", ".", "--period", period)
        done(home, "generate")
        done(home, "receive", str(typed(home, period, "001", "甲厂", 100, 100 * number, off=7 * (number - 1))))
        assert "stock" in found(home)["001"]
        if period == "2026-03":
            done(home, "accept", "001", "stock", "--reason", "更正以前月份")
            assert "2026-03" in (home / "waivers.csv").read_text(encoding="utf-8-sig").splitlines()[-1]
            (line,) = (home / "waivers.csv").read_text(encoding="utf-8-sig").splitlines()[1:]
            general = ",".join([*line.split(",")[:6], "", "2026-03"])
            (home / "waivers.csv").write_text(f"agency,finding,cell,reason,who,date,version,period\n{general}\n", encoding="utf-8")
            assert "更正以前月份" in done(home, "verify", status=1)
    assert "更正以前月份" not in done(home, "verify", status=1)
    (home / "waivers.csv").write_text("agency,finding,cell,reason,who,date\n001,stock,,x,y,z\n", encoding="utf-8")
    assert "报告期" in done(home, "verify", status=2)


def test_a_year_ago_is_filled_in_and_held_against(home):
    """The collection goes on for a year: last year's January is known in the next."""
    done(home, "init", ".", "--period", "2027-01")
    done(home, "generate")
    book = openpyxl.load_workbook(home / "outbox" / "2027-01" / "001_甲厂_2027-01.xlsx")
    ((sheet, address),) = book.defined_names["output.r01.lymonth"].destinations
    assert book[sheet][address].value == 100
    wrong = typed(home, "2027-01", "001", "甲厂", 120, 0, {line: (99, 99) for line in LINES})
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
    assert done(home, "status", "--period", "2026-13", status=2)
    assert done(home, "generate", "--form", "xxgk-2021", status=2)


def test_exports_have_the_year_and_the_period(home):
    done(home, "export", "-o", "all.csv", "--period", "2026-02")
    head, first, *_ = (home / "all.csv").read_text(encoding="utf-8-sig").splitlines()
    row = dict(zip(head.split(","), first.split(","), strict=False))
    assert (row["year"], row["period"]) == ("2026", "2026-02")
    said = json.loads(done(home, "verify", "--period", "2026-02", "--format", "json"))
    assert {(one["year"], one["period"]) for one in said["files"]} == {(2026, "2026-02")}
