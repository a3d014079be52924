"""Periods: their texts can be read again, their order is that of time, and no other module writes or reads a year."""

from __future__ import annotations

import ast
import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import ROOT
from xltools.collection.issuing import file_name
from xltools.data.filing import stamp_from_name
from xltools.data.period import Period
from xltools.data.roster import Entry
from xltools.form.library import find

PACKAGE = ROOT / "src" / "xltools"
PERIODS = st.integers(1, 9998).map(Period)
# Where a year is a number: in a period, in Chinese prose, and in the value of the option --year.
NUMBERS = {
    "data/period.py",
    "prose/quantities.py",
    "cli/options.py",
    "excel/archive.py",
    "excel/number_format.py",
    "excel/sandbox_unpacking.py",
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
    assert Period.from_text(str(period)) == period
    assert Period.from_text(f"{period}") == period


@given(PERIODS)
def test_the_name_of_a_file_names_the_period(period):
    name, form = file_name(Entry("001", "某_局", {}), period), find("xxgk-2021")
    assert stamp_from_name(name, form).period == period


@given(st.text())
def test_a_text_is_read_as_it_would_be_written_or_not_at_all(text):
    found = Period.from_text(text)
    assert found is None or str(found) == text


@pytest.mark.parametrize("text", ["", "202", "20244", "2024 ", "-024", "2024年", "２０２４", "2024.0"])
def test_other_texts_name_no_period(text):
    assert Period.from_text(text) is None


@given(PERIODS, PERIODS)
def test_the_order_is_that_of_time(one, other):
    assert (one < other) == (one.end < other.end)
    assert (one < other) == (str(one) < str(other))


@given(PERIODS)
def test_previous_and_next_are_neighbours(period):
    assert period.previous < period < period.next
    assert period.next.previous == period.previous.next == period
    assert period.previous.end + dt.timedelta(365) <= period.end


@given(PERIODS, st.integers(0, 6))
def test_earlier_periods_are_repeated_steps_back(period, count):
    steps = [period]
    for _ in range(count):
        steps.append(steps[-1].previous)
    assert period.earlier(count) == tuple(steps[1:])


def test_people_read_words():
    period = Period(2024)
    assert (f"{period:words}", f"{period:spaced}", f"{period:annual}") == ("2024年", "2024 年", "2024 年度")
    with pytest.raises(KeyError):
        f"{period:quarter}"


def modules():
    for path in sorted(PACKAGE.rglob("*.py")):
        yield path.relative_to(PACKAGE).as_posix(), ast.parse(path.read_text(encoding="utf-8"))


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
    assert found <= NUMBERS | {"desk/standalone.py", "prose/checks.py"}, (
        found
    )  # which quotes a year that a sentence names
