"""The board: every agency in its states, what needs doing first on top, and the words to chase with."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import ROOT, sound_prose, sound_values
from test_folder import folder, run, told  # noqa: F401  a fixture
from xltools.checking.board import AgencyState, board
from xltools.checking.collection import examine
from xltools.checking.differences import differences
from xltools.data.filing import Stamp
from xltools.data.finding import Severity
from xltools.data.period import Period
from xltools.data.policy import Policy
from xltools.data.record import Agency
from xltools.data.roster import Entry, Roster
from xltools.excel.reader import read_package
from xltools.excel.writer import write_return
from xltools.form.library import find
from xltools.report.board import rows

FORM = find("xxgk-2021")
ROSTER = Roster(tuple(Entry(f"00{n}", f"局{n}", {}) for n in range(1, 7)))
DUE = dt.date(2025, 1, 31)


def sent(code, *, year=2024, values=None, prose=None, name=""):
    stamp = Stamp(FORM.key, FORM.edition, Period(year), Agency("区", code, f"局{int(code)}"))
    filled = sound_values() if values is None else values
    prose = sound_prose() | (prose or {})
    return read_package(write_return(FORM, stamp, filled, prose), name or f"{code}_局_{year}.xlsx", FORM)


def states(*filings, policy=None):
    made = board(examine(filings, ROSTER, Period(2024), "区", policy=policy), ROSTER, DUE, DUE)
    return {row.entry.code: set(row.states) - {AgencyState.RECEIVED} for row in made.rows if row.examined}


def lead(filing, **options):
    ((_, found),) = states(filing, **options).items()
    return found


def test_nobody_sent_anything():
    made = board(examine((), ROSTER, Period(2024)), ROSTER, DUE, dt.date(2025, 2, 2))
    assert [row.state for row in made.rows] == [AgencyState.NOT_SENT] * 6
    assert made.counts[AgencyState.NOT_SENT] == 6
    assert made.days_left == -2


def test_a_sound_return_is_accepted():
    assert AgencyState.ACCEPTED in lead(sent("001"))


def test_another_year_and_an_unreadable_file():
    assert AgencyState.WRONG_YEAR in lead(sent("001", year=2023))
    unreadable = read_package(b"", "002_x.xlsx", FORM)
    assert states(unreadable) == {"002": {AgencyState.ERRORS}}


def test_a_nil_report_is_declared_and_not_merely_empty():
    assert lead(sent("001", values={}, prose={"cover.nil": "是"})) == {AgencyState.NIL, AgencyState.ACCEPTED}
    assert AgencyState.NIL not in lead(sent("001", values={}))


def test_two_files_of_one_agency():
    one, other = sent("001", name="a.xlsx"), sent("001", name="b.xlsx")
    assert states(one, other)["001"] == {AgencyState.ACCEPTED}
    changed = sent(
        "001", values=sound_values() | {"disclosure.penalty.decisions": Decimal(99)}, name="c.xlsx"
    )
    assert AgencyState.TWO_FILES in states(one, changed)["001"]


def test_blank_cells_are_warnings_and_a_question_asks():
    values = sound_values()
    del values["disclosure.penalty.decisions"]
    assert lead(sent("001", values=values)) == {AgencyState.WARNINGS}
    policy = Policy(levels={"blank": Severity.QUESTION})
    assert lead(sent("001", values=values), policy=policy) == {AgencyState.QUESTIONS}
    explained = replace(
        sent("001", values=values), explanations={("blank", "disclosure.penalty.decisions"): "没有"}
    )
    assert lead(explained, policy=policy) == {AgencyState.ACCEPTED}


def test_what_needs_doing_first_is_on_top():
    filings = [sent("001"), sent("002", year=2023), read_package(b"", "003_x.xlsx", FORM)]
    made = board(examine(filings, ROSTER, Period(2024), "区"), ROSTER, DUE, DUE)
    assert [row.entry.code for row in made.rows] == ["002", "003", "004", "005", "006", "001"]


def test_what_is_nobodys_is_named():
    stranger = sent("009")
    made = board(examine([stranger], ROSTER, Period(2024), "区"), ROSTER, DUE, DUE)
    assert [one.filing.source.name for one in made.strangers] == ["009_局_2024.xlsx"]


def test_two_files_of_one_name_are_told_with_their_folders():
    changed = {"disclosure.penalty.decisions": Decimal(99)}
    one, other = (
        sent("001", name="inbox/a.xlsx"),
        sent("001", values=sound_values() | changed, name="inbox/二次/a.xlsx"),
    )
    made = board(examine((one, other), ROSTER, Period(2024), "区"), ROSTER, DUE, DUE)
    assert next(row[-1] for row in rows(made, "en") if row[0] == "001") == "inbox/a.xlsx, inbox/二次/a.xlsx"


CODES = ("001", "002", "003", "009")


@pytest.fixture(scope="module")
def returns():
    return {code: sent(code) for code in CODES}


@given(codes=st.lists(st.sampled_from(CODES), max_size=5))
def test_every_file_is_on_the_board_once(returns, codes):
    filings = [replace(returns[code]) for code in codes]
    made = board(examine(filings, ROSTER, Period(2024), "区"), ROSTER, DUE, DUE)
    shown = [one for row in made.rows for one in row.examined] + list(made.strangers)
    assert len(shown) == len(filings)
    assert len(made.rows) == len(ROSTER.entries)
    assert all(row.states for row in made.rows)


# -- the commands


@pytest.fixture
def filled(folder):  # noqa: F811
    for path in (ROOT / "samples" / "problems").iterdir():
        shutil.copy(path, folder / "inbox")
    return folder


def test_status_as_json_and_text(filled):
    found = json.loads(run("status", "--format", "json", "--on", "2025-01-28", expect=1))
    assert len(found["agencies"]) == 19
    assert found["counts"]["not-sent"] == 1
    assert sum(len(one["files"]) for one in found["agencies"]) + len(found["strangers"]) == 25
    shown = run("status", "--on", "2025-01-28", expect=1)
    assert "3 days left" in shown
    assert "7,255 → 7,256 (+1)" in shown  # where the two files of 008 differ


def test_status_counts_what_verify_counts(filled):
    """And says what is about no single agency of the roster, as verify does."""
    roster = filled / "roster.csv"
    roster.write_text(roster.read_text(encoding="utf-8-sig").replace("003,", "3,"), encoding="utf-8")
    board, all_found = (json.loads(run(c, "--format", "json", expect=1)) for c in ("status", "verify"))
    assert board["summary"] == all_found["summary"]
    of_no_file = [f for f in all_found["findings"] if not f["file"] and f["code"] != "missing-return"]
    assert board["findings"] == of_no_file != []
    last = run("verify", expect=1).strip().splitlines()[-1]
    assert run("status", expect=1).strip().splitlines()[-1] == last
    counted = sum(one["errors"] for one in board["agencies"])
    assert counted <= board["summary"]["errors"] - board["summary"]["missing"]


def test_the_reminder_names_who_has_not_sent(filled):
    text = run("status", "--remind", "--on", "2025-02-01", expect=1)
    assert (
        text.splitlines()[0]
        == "【催报】政府信息公开工作年度报告（2024 年度），已于 2025-01-31 截止，已逾期 1 天。"
    )
    assert "1. 青禾区信访局" in text


def test_status_of_an_empty_inbox(folder):  # noqa: F811
    assert "not sent 19" in run("status", "--on", "2025-01-01", expect=1)


def test_status_without_a_collection(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    samples = ROOT / "samples"
    found = run(
        "status", samples / "clean", "--roster", samples / "roster.csv", "--year", "2024", "--format", "json"
    )
    assert {one["state"] for one in json.loads(found)["agencies"]} <= {"accepted", "warnings", "questions"}


# -- two returns, cell by cell


def test_differences_are_what_was_changed():
    one, other = (
        sent("001"),
        sent("001", values=sound_values() | {"disclosure.penalty.decisions": Decimal(99)}),
    )
    (found,) = differences(one, other)
    assert (found.name, found.other, found.sheet) == ("disclosure.penalty.decisions", 99, "二、主动公开")
    assert found.change == found.other - found.one
    assert differences(one, one) == ()


def test_a_blank_is_not_zero():
    values = sound_values() | {"disclosure.penalty.decisions": Decimal(0)}
    blank = {name: value for name, value in values.items() if name != "disclosure.penalty.decisions"}
    (found,) = differences(sent("001", values=values), sent("001", values=blank))
    assert (found.one, found.other, found.change) == (0, None, 0)


def test_diff_on_the_command_line(tmp_path):
    one, other = sorted((ROOT / "samples" / "problems").glob("008*"))
    assert ": 1 difference" in run("diff", one, other, expect=1)
    (found,) = json.loads(run("diff", one, other, "--format", "json", expect=1))
    assert found["change"] == 1
    assert "0 differences" in run("diff", one, one)
    (tmp_path / "x.xlsx").write_bytes(b"")
    assert "not-a-return" in run("diff", one, tmp_path / "x.xlsx", expect=2)


# -- as a page and as a workbook


def test_the_board_as_a_page(filled):
    run("status", "--on", "2025-01-28", "--format", "html", "-o", "board.html", expect=1)
    page = (filled / "board.html").read_text(encoding="utf-8")
    assert page.count('scope="row"') == 19
    assert "http" not in page.replace("http-equiv", "")
    assert "3 days left" in page
    assert page.index("008") < page.index("019") < page.index("001_")


def test_the_board_as_a_workbook(filled):
    import openpyxl

    run("status", "--on", "2025-01-28", "--format", "xlsx", "-o", "board.xlsx", expect=1)
    rows = list(openpyxl.load_workbook(filled / "board.xlsx").active.iter_rows(values_only=True))
    assert len(rows) == 20
    assert rows[1][0] == "008"
    assert all(isinstance(row[0], str) for row in rows)
    assert "exists" in run("status", "--format", "xlsx", "-o", "board.xlsx", expect=2)
    run("status", "--format", "xlsx", "-o", "board.xlsx", "--force", expect=1)


def test_a_page_needs_a_file(filled):
    assert "needs-output" in run("status", "--format", "html", expect=2)
