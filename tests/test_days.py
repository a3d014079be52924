"""Rules between days: of fields and of columns of lists, with other days, days as they are written and the ends of the period."""

from __future__ import annotations

import datetime as dt
import io
import operator
from dataclasses import replace
from decimal import Decimal

import clerk
import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import examples, form_problems
from xltools.checking.checks import days, verify
from xltools.checking.collection import examine
from xltools.collection.merging import merge
from xltools.data.filing import Return, Stamp
from xltools.data.notes import filling_notes
from xltools.data.period import Period
from xltools.data.policy import Policy
from xltools.data.record import Agency, ListLine
from xltools.excel.live_checks import FAILED
from xltools.excel.reader import read_package
from xltools.excel.writer import write_return, write_rollup
from xltools.form.layout import layout
from xltools.form.load import parse
from xltools.report.slip import returned
from xltools.text import message

SIGNS = dict(
    zip(
        ["<=", ">=", "<", ">", "=", "!="],
        [operator.le, operator.ge, operator.lt, operator.gt, operator.eq, operator.ne],
        strict=True,
    )
)
TEXT = """
schema = 2
key = "works"
edition = "2026"
title = "工程月报"
authority = "自拟"
period = "month"
starts = 10
[cover]
fields = [{ key = "signed", label = "填报日期", kind = "date" }]
[[section]]
key = "work"
title = "一、工程"
sheet = "工程"
unit = "处"
fields = [
  { key = "begun", label = "开工日期", kind = "date" },
  { key = "ended", label = "完工日期", kind = "date" },
  { key = "open", label = "是否在建", kind = "yes" },
]
[[section.block]]
rows = [{ key = "n", label = "数量" }]
columns = [{ key = "sites", label = "工地" }]
[[section.list]]
key = "hazards"
print = 5
most = 20
unique = ["name"]
columns = [
  { key = "name", label = "隐患", kind = "text" },
  { key = "found", label = "发现日期", kind = "date" },
  { key = "mended", label = "整改日期", kind = "date" },
  { key = "done", label = "是否整改", kind = "yes" },
]
[[section.list.rule]]
key = "order"
columns = "mended >= found"
label = "整改不早于发现"
authority = "inferred"
[[section.list.rule]]
key = "within"
columns = "found >= period.start"
when = "done = no"
level = "question"
label = "没有整改的一般是本月发现的"
authority = "inferred"
[[section.list.rule]]
key = "not_later"
columns = "found <= period.end"
level = "warning"
label = "发现日期一般不在本月之后"
authority = "inferred"
[[rule]]
key = "order_of_works"
cells = "work.begun <= work.ended"
label = "开工不晚于完工"
authority = "inferred"
[[rule]]
key = "since"
cells = "work.begun > 2024-12-31"
when = "work.open = yes, work.n.sites > 0, period > 5"
level = "question"
label = "在建的一般是2025年以后开工的"
authority = "inferred"
[[rule]]
key = "after"
cells = "cover.signed > period.end"
level = "warning"
label = "填报一般在本月结束以后"
authority = "inferred"
"""
FORM = parse(TEXT, "works.toml")
MARCH = Period(2026, 3, 12, FORM.begins)
SOUND = {
    "cover.signed": "2026-04-02",
    "work.begun": "2025-03-01",
    "work.ended": "2026-03-01",
    "work.open": "no",
}
LINES = (
    ("甲", "2026-03-05", "2026-03-05", "yes"),
    ("乙", "2026-03-31", "", "no"),
    ("丙", "2025-11-01", "2026-04-01", "yes"),
)


def stamp(code="001", period=MARCH):
    return Stamp(FORM.key, FORM.edition, period, Agency("青禾区", code, f"单位{code}"))


def workbook(texts=(), lines=LINES, code="001", period=MARCH):
    own = tuple(ListLine(number, tuple(line)) for number, line in enumerate(lines, 1))
    return write_return(
        FORM, stamp(code, period), {"work.n.sites": Decimal(3)}, SOUND | dict(texts), lists={"hazards": own}
    )


def read(content, name="001.xlsx") -> Return:
    one = read_package(content, name, FORM)
    assert isinstance(one, Return)
    return one


def found(one):
    return {(f.code, f.cell) for f in verify(one)}


WRONG = {"work.begun": "2026-03-02", "work.open": "yes", "cover.signed": "2026-03-31"}
WRONG_LINES = (
    *LINES,
    ("丁", "2026-03-05", "2026-03-04", "yes"),
    ("戊", "2026-02-28", "", "no"),
    ("己", "2026-04-01", "", ""),
)


def files():
    """A sound workbook and one with faults, and their roll-up; :mod:`test_office` has LibreOffice compute them."""
    pair = (
        workbook(),
        workbook(WRONG | {"work.begun": "2024-01-01", "work.ended": "2023-01-01"}, WRONG_LINES, "002"),
    )
    asked = workbook({"work.open": "yes", "work.begun": "2024-12-31"}, (), "003")  # a question
    rollup = merge([read(pair[0]), read(asked, "003.xlsx")], FORM, MARCH, "青禾区").rollup
    return {"works sound": pair[0], "works wrong": pair[1], "works rollup": write_rollup(rollup)}


def test_what_holds_is_silent_and_what_does_not_is_found():
    assert found(read(workbook())) == set()
    assert found(read(workbook(WRONG, WRONG_LINES))) == {
        ("rule-broken", "work.begun"),
        ("rule-warning", "cover.signed"),
        ("rule-broken", "hazards.mended[丁]"),
        ("rule-question", "hazards.found[戊]"),
        ("rule-warning", "hazards.found[己]"),
    }
    assert found(read(workbook({"work.open": "yes", "work.begun": "2024-12-31"}))) == {
        ("rule-question", "work.begun")
    }
    # The sixth month of a year that begins in October is March; in February the condition on the period does not hold.
    february = workbook({"work.open": "yes", "work.begun": "2024-12-31"}, (), period=MARCH.previous.previous)
    assert found(read(february)) == set()


@settings(max_examples=examples(100))
@given(
    st.sampled_from(sorted(SIGNS)),
    st.sampled_from(["work.ended", "2026-03-31", "period.start", "period.end"]),
    *[st.none() | st.dates(dt.date(2026, 2, 26), dt.date(2026, 4, 3))] * 2,
)
def test_a_rule_is_the_comparison_of_two_days(sign, other, begun, ended):
    form = parse(TEXT.replace("work.begun <= work.ended", f"work.begun {sign} {other}"), "works.toml")
    texts = {name: str(day) for name, day in (("work.begun", begun), ("work.ended", ended)) if day}
    one = replace(read(SHEET), form=form, prose=texts)
    fixed = {
        "period.start": dt.date(2026, 3, 1),
        "period.end": dt.date(2026, 3, 31),
        "2026-03-31": dt.date(2026, 3, 31),
    }
    right = {**fixed, "work.ended": ended}[other]
    expected = begun is not None and right is not None and not SIGNS[sign](begun, right)
    assert [(f.cell, f.found) for f in days(one)] == ([("work.begun", str(begun))] if expected else [])


SHEET = workbook()


@pytest.mark.parametrize(
    ("period", "first", "last"),
    [
        (Period(2026, 1, 4), "2026-01-01", "2026-03-31"),
        (Period(2026, 2, 2), "2026-07-01", "2026-12-31"),
        (Period(2026, begins=-3), "2025-10-01", "2026-09-30"),
        (Period(2024, 2, 12), "2024-02-01", "2024-02-29"),
    ],
)
def test_the_ends_of_a_period(period, first, last):
    ends = [
        dt.date(1899, 12, 30) + dt.timedelta(int(period.figures[f"period.{end}"])) for end in ("start", "end")
    ]
    assert [str(day) for day in ends] == [first, last]


def test_a_day_that_cannot_be_read_is_not_judged_again():
    """Nor is one that is blank; another rule about the days that could be read is."""
    texts = {"work.begun": "2026-03-02", "work.ended": "2026-03-01"}
    assert found(read(workbook(texts))) == {("rule-broken", "work.begun")}
    assert found(read(workbook(texts | {"work.ended": ""}))) == set()
    content = clerk.edited(workbook(texts, WRONG_LINES), "工程", {"B4": "三月一日"})
    content = clerk.edited(content, "工程清单", {"C7": "3/5", "C8": "2月"})
    assert found(read(content)) == {
        ("not-a-date", "work.ended"),
        ("not-a-date", "hazards.found[丁]"),
        ("not-a-date", "hazards.found[戊]"),
        ("rule-warning", "hazards.found[己]"),
    }


def test_what_is_wrong_is_said_in_days():
    (early,) = (f for f in verify(read(workbook(WRONG))) if f.cell == "work.begun")
    assert message(early, "zh") == (
        "开工日期 2026-03-02 晚于 完工日期 2026-03-01，差 1 天。应当：开工不晚于完工"
    )
    assert "开工日期 2026-03-02 is later than 完工日期 2026-03-01, by 1 day." in message(early, "en")
    assert (early.found, early.expected, [place.cell for place in early.others]) == (
        "2026-03-02",
        "2026-03-01",
        ["work.ended"],
    )
    late = {f.cell: message(f, "zh") for f in verify(read(workbook(WRONG, WRONG_LINES)))}
    assert "发现日期 2026-02-28 早于 本月第一天 2026-03-01。一般应当" in late["hazards.found[戊]"]
    assert "填报日期 2026-03-31 ＝ 本月最后一天 2026-03-31" in late["cover.signed"]


def test_the_notes_say_the_rules_in_words():
    shown = str(filling_notes(FORM))
    for words in (
        "开工日期不晚于完工日期",
        "开工日期晚于2024年12月31日",
        "填报日期晚于本月最后一天",
        "整改日期不早于发现日期",
        "发现日期不早于本月第一天",
    ):
        assert words in shown


def test_a_rollup_is_not_asked():
    """Days do not add up; the rule keeps its line on the cover, without a check."""
    whole = files()["works rollup"]
    assert found(read(whole, "区.xlsx")) == set()


def test_a_broken_rule_is_returned_and_kept_out():
    one = read(workbook(WRONG, WRONG_LINES))
    slip = returned(examine([one]).examined[0])
    assert {"B3", "D7"} <= {place.address for group in slip.groups for place in group.places}
    assert merge([one], FORM, MARCH, "青禾区", incomplete=True, policy=Policy()).rollup is None


FAULTS = {
    "a day and a figure": (("<= work.ended", "<= work.n.sites"), "day-and-other", "“order_of_works”"),
    "a day and a choice": (("mended >= found", "mended >= done"), "day-and-other", "“order”"),
    "a figure and a day": (("mended >= found", "count(hazards) >= found"), "day-and-other", "“order”"),
    "a sum of days": (("<= work.ended", "<= work.ended + cover.signed"), "days-compared", "“order_of_works”"),
    "days and a number": (("mended >= found", "mended >= found + 3"), "days-compared", "“order”"),
    "nothing filled in on the left": (
        ("work.begun > 2024-12-31", "2024-12-31 < work.begun"),
        "days-compared",
        "“since”",
    ),
    "a tolerance": (("mended >= found", 'mended = found"\nwithin = "1'), "days-compared", "“order”"),
    "no day": (("2024-12-31", "2024-02-30"), "no-such-day", "“since”"),
    "an unknown day": (("mended >= found", "mended >= fund"), "unknown-name", "“order”"),
    "an end that there is not": (("> period.end", "> period.ends"), "unknown-name", "“after”"),
    "last year's day": (("<= work.ended", "<= last.work.ended"), "unknown-name", "“order_of_works”"),
    "one day twice": (("mended >= found", "mended >= mended"), "repeated-in-rule", "“order”"),
    "a condition that is none": (("work.n.sites > 0", "work.n.site > 0"), "unknown-name", "“since”"),
    "a day in a condition with a number": (
        ("work.n.sites > 0", "work.begun > 0"),
        "days-compared",
        "“since”",
    ),
    "a condition that never holds": (("work.n.sites > 0", "work.n.sites < 0"), "never-holds", "“since”"),
    "an unknown period": (("period > 5", "period > 12"), "no-such-period", "“since”"),
    "a table of days": (
        (
            "[[section.list]]",
            '[[section.block.rule]]\nkey = "t"\nlabel = "x"\nauthority = "x"\ncolumns = "sites > work.begun"\n[[section.list]]',
        ),
        "not-compared",
        "“t”",
    ),
    "the first version": (("schema = 2", "schema = 1"), "needs-schema", "“since”"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_faults_of_a_form(name):
    change, code, place = FAULTS[name]
    problems = form_problems(TEXT.replace(*change))
    assert any(one.code == code and place in one.place for one in problems), problems


def test_the_check_beside_a_line_is_that_of_the_finding():
    """Its stored result; LibreOffice computes it in :mod:`test_office`."""
    place = layout(FORM).cover.rules["order_of_works"]
    book = openpyxl.load_workbook(io.BytesIO(workbook(WRONG, WRONG_LINES)), data_only=True)
    (sheet,) = (one for one in layout(FORM).lists)
    column = sheet.checks.area.column + 1
    shown = [book[sheet.name].cell(sheet.FIRST_ROW + n, column).value for n in range(1, 8)]
    assert shown == [
        "√",
        "√",
        "√",
        "×整改不早于发现",
        "？没有整改的一般是本月发现的",
        "！发现日期一般不在本月之后",
        None,
    ]
    assert book["封面"].cell(place.row + 1, place.column + 1).value == f"{FAILED}日期不符"
