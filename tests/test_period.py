"""Periods: their texts can be read again, their order is that of time, and no other module writes or reads a year."""

from __future__ import annotations

import ast
import datetime as dt
from dataclasses import replace
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import ROOT
from xltools.collection.issuing import file_name
from xltools.data.filing import stamp_from_name
from xltools.data.period import Period
from xltools.data.roster import Entry
from xltools.document.reader.title import period_in
from xltools.form.library import find
from xltools.text import catalog

PACKAGE = ROOT / "src" / "xltools"
YEARS = st.integers(1, 9998).map(Period)
BEGINS = st.builds(
    lambda starts, named: starts - 1 - (12 if named == "end" and starts > 1 else 0),
    st.integers(1, 12),
    st.sampled_from(["end", "start"]),
)
PARTS = st.sampled_from([1, 2, 4, 12])


@st.composite
def periods(draw, parts=PARTS, years=st.integers(3, 9996)):  # noqa: B008
    """Periods of every length, in years that begin in any month."""
    count = draw(parts)
    return Period(draw(years), draw(st.integers(1, count)), count, draw(BEGINS))


PERIODS = periods()
# Where a year is a number: in a period, in Chinese prose, and in the value of the option --year.
NUMBERS = {
    "data/period.py",
    "prose/quantities.py",
    "cli/options.py",
    "excel/archive.py",
    "excel/number_format.py",
    "office/sandbox_unpacking.py",
    "report/drafts.py",
}  # a year in a date
# Where a year is a number in a file, a column "year" or a sentence of a report that names calendar years.
COLUMNS = {
    "collection/manifest.py",
    "collection/settings.py",
    "report/data.py",
    "report/export/tables.py",
    *(f"desk/{name}.py" for name in ("answering", "screens", "standalone")),  # a screen, and fields of forms
    *(f"prose/{name}.py" for name in ("balances", "checks", "mentions", "sentences")),
}


@given(PERIODS)
def test_a_text_names_the_period_that_wrote_it(period):
    assert Period.from_text(str(period), period.begins) == period
    assert Period.from_text(f"{period}").counted(period.begins).number_in_year == period.number_in_year


@given(periods(years=st.integers(2000, 2099)))
def test_the_name_of_a_file_and_the_words_name_the_period(period):
    form = replace(find("xxgk-2021"), period=period.kind, **_calendar(period))
    name = file_name(Entry("001", "某_局", {}), period)
    assert stamp_from_name(name, form).period == period
    assert period_in(f"某局{period:words}报表", form) == (period, "某局报表")
    assert period_in(f"{period:words}", form)[0].begins == form.begins == period.begins
    for behind in ("_需修改", "_2", " (1)", "（盖章）", "_需修改_a1b2", " - 副本"):
        stamp = stamp_from_name(name.replace(".xlsx", f"{behind}.pdf"), form)
        assert (stamp.agency.code, stamp.agency.name, stamp.period) == ("001", "某_局", period)


def _calendar(period):
    """How a form says in which month the years of a period begin."""
    named = "start" if period.begins > 0 else "end"
    return {"starts": period.begins % 12 + 1, "named": named}


@given(st.text())
def test_a_text_is_read_as_it_would_be_written_or_not_at_all(text):
    found = Period.from_text(text)
    assert found is None or str(found) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "202",
        "20244",
        "2024 ",
        "-024",
        "2024年",
        "２０２４",
        "2024.0",
        "2024H3",
        "2024Q0",
        "2024q1",
        "2024-00",
        "2024-13",
        "2024-1",
        "2024Q１",
    ],
)
def test_other_texts_name_no_period(text):
    assert Period.from_text(text) is None


@given(PARTS.flatmap(lambda parts: st.tuples(periods(st.just(parts)), periods(st.just(parts)))))
def test_the_order_is_that_of_time(both):
    one, other = (period.counted(0) for period in both)
    assert (one < other) == (one.end < other.end)
    assert (one < other) == (str(one) < str(other))
    assert (one == other) == (str(one) == str(other))


@given(PERIODS)
def test_previous_and_next_are_neighbours(period):
    assert period.previous < period < period.next
    assert period.next.previous == period.previous.next == period
    lasts = (period.end - period.previous.end).days
    assert abs(lasts - 365 / period.parts) < 5
    assert period.previous.begins == period.begins


@given(PERIODS)
def test_a_year_ago_is_as_many_steps_back_as_a_year_has_periods(period):
    assert period.earlier(period.parts)[-1] == period.year_ago
    assert period.year_ago.number_in_year == period.number_in_year
    assert period.year_ago.whole_year == period.whole_year.previous
    assert (period.end.year, period.end.month) == (period.year_ago.end.year + 1, period.year_ago.end.month)


@given(PERIODS)
def test_the_periods_of_a_year_are_numbered_and_fill_it(period):
    first = next(one for one in (period, *period.earlier(12)) if one.number_in_year == 1)
    whole = [first]
    while len(whole) < period.parts:
        whole.append(whole[-1].next)
    assert [one.number_in_year for one in whole] == list(range(1, period.parts + 1))
    assert {one.whole_year for one in whole} == {period.whole_year}
    assert period in whole
    assert (whole[-1].end, first.previous.end) == (period.whole_year.end, period.whole_year.previous.end)


@given(PERIODS, st.integers(0, 6))
def test_earlier_periods_are_repeated_steps_back(period, count):
    steps = [period]
    for _ in range(count):
        steps.append(steps[-1].previous)
    assert period.earlier(count) == tuple(steps[1:])


def test_a_year_that_begins_in_october():
    """2024 is then from October 2023 to September 2024; its first month is 2023-10, as everybody writes it."""
    form = replace(find("xxgk-2021"), period="month", starts=10)
    assert form.begins == -3
    october = Period.of_form("2023-10", form)
    assert (october.number_in_year, october.whole_year, october.end) == (
        1,
        Period(2024),
        dt.date(2023, 11, 1),
    )
    quarter = Period.from_text("2024Q1", form.begins)
    assert (quarter.end, f"{quarter:span}") == (dt.date(2024, 1, 1), "2023年10月至2023年12月")
    assert f"{Period.from_text('2024', form.begins):words}" == "2024财年"
    assert replace(form, named="start").begins == 9
    assert Period.from_text("2023", 9).end == Period.from_text("2024", -3).end == dt.date(2024, 10, 1)


@pytest.mark.parametrize(
    ("text", "words", "spaced", "annual"),
    [
        ("2024", "2024年", "2024 年", "2024 年度"),
        ("2026H1", "2026年上半年", "2026 年上半年", "2026 年上半年"),
        ("2026H2", "2026年下半年", "2026 年下半年", "2026 年下半年"),
        ("2026Q1", "2026年第一季度", "2026 年第一季度", "2026 年第一季度"),
        ("2026Q4", "2026年第四季度", "2026 年第四季度", "2026 年第四季度"),
        ("2026-03", "2026年3月", "2026 年 3 月", "2026 年 3 月"),
        ("2026-12", "2026年12月", "2026 年 12 月", "2026 年 12 月"),
    ],
)
def test_people_read_words(text, words, spaced, annual):
    period = Period.from_text(text)
    assert (f"{period:words}", f"{period:spaced}", f"{period:annual}") == (words, spaced, annual)
    with pytest.raises(KeyError):
        f"{period:fortnight}"


@pytest.mark.parametrize(
    ("text", "kind", "expected"),
    [
        ("青禾区统计局2026年一季度", "quarter", "2026Q1"),
        ("二〇二六年".replace("二〇二六", "2026") + "3月份", "month", "2026-03"),
        ("2026年度上半年", "half", "2026H1"),
        ("2026年4季度", "quarter", "2026Q4"),
        ("2026年", "month", None),
        ("2026年3月", "year", "2026"),
    ],
)
def test_other_words_for_a_period_are_read(text, kind, expected):
    form = replace(find("xxgk-2021"), period=kind)
    found = period_in(text, form)[0]
    assert (str(found) if found else None) == expected


@cache
def modules():
    paths = sorted(PACKAGE.rglob("*.py"))
    return [
        (path.relative_to(PACKAGE).as_posix(), ast.parse(path.read_text(encoding="utf-8"))) for path in paths
    ]


def is_year(name):
    return name == "year" or name.endswith("_year")


def test_no_other_module_carries_a_year_as_a_number():
    found = set()
    for place, tree in modules():
        for node in ast.walk(tree):
            if isinstance(node, ast.arg | ast.AnnAssign) and node.annotation:
                name = node.arg if isinstance(node, ast.arg) else ast.unparse(node.target).rpartition(".")[2]
                if is_year(name) and "int" in ast.unparse(node.annotation).split(" | "):
                    found.add(place)
    named = {"prose/mentions.py", "prose/sentences.py"}  # a year that a sentence names
    assert found <= NUMBERS | named, found - NUMBERS


def test_no_other_module_looks_into_a_period():
    found = {
        place
        for place, tree in modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr == "year"
    }
    assert found <= NUMBERS | COLUMNS, found - NUMBERS - COLUMNS


def test_a_year_is_written_into_text_as_a_period():
    """No name called year stands in an f-string, and none is turned into a text or out of one."""
    found = set()
    for place, tree in modules():
        for node in ast.walk(tree):
            inside = []
            if isinstance(node, ast.FormattedValue):
                inside = [node.value]
            elif isinstance(node, ast.Call) and ast.unparse(node.func) in {"str", "int"}:
                inside = node.args
            names = {
                n.id if isinstance(n, ast.Name) else n.attr
                for part in inside
                for n in ast.walk(part)
                if isinstance(n, ast.Name | ast.Attribute)
            }
            if any(map(is_year, names)):
                found.add(place)
    # The modules of prose quote a year that a sentence names.
    assert found <= NUMBERS | {"desk/standalone.py", "prose/checks.py", "prose/sentences.py"}, found


@pytest.mark.parametrize(
    ("title", "told"), [("Schedule A", "2024 年度 Schedule A"), ("工作报告", "2024 年度工作报告")]
)
def test_a_latin_title_stands_apart_from_the_year(title, told):
    assert catalog("zh").fill("{period:annual}{title}", {"period": Period(2024), "title": title}) == told
