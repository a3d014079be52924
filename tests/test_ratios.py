"""Ratios, means and decimals: exact fractions, derived anew wherever their parts are known.

Laws over random forms (``random_forms``), whose reader of the TOML divides fractions and shares nothing with the package.
"""

from __future__ import annotations

import io
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from functools import reduce
from operator import add

import clerk
import openpyxl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from openpyxl.utils import get_column_letter

import published
from conftest import HERE, examples
from random_forms import forms, means, quotients, small_values
from test_relations import filing, stamp
from xltools.checking.checks import verify
from xltools.checking.differences import differences
from xltools.collection.merging import merge
from xltools.collection.second_reader import issued_findings
from xltools.data.filing import Origin, Shown
from xltools.data.notes import filling_notes
from xltools.data.observations import FigureState, returns_of
from xltools.data.period import Period
from xltools.data.prior import past_of
from xltools.data.record import total
from xltools.data.year_on_year import change_in
from xltools.document.official import official_table, unknown
from xltools.document.reader import read_document
from xltools.excel.reader import read_package
from xltools.excel.writer import write_return, write_rollup
from xltools.form.layout import layout
from xltools.form.library import find
from xltools.form.linear import Linear
from xltools.form.ratio import Ratio, is_shown_right, rounded, sum_or_ratio
from xltools.office.guard import Limits

FORM = find(str(HERE / "forms" / "blsx-2026.toml"))
some = settings(max_examples=examples(30))
divided = forms(divided=True)
with_values = divided.flatmap(lambda form: st.tuples(st.just(form), small_values(form)))
with_several = divided.flatmap(
    lambda form: st.tuples(st.just(form), st.lists(small_values(form), min_size=1, max_size=4))
)


def shows(cell, value, exact):
    """Whether a value is the exact one, rounded, and missing where there is none."""
    if value is None or exact is None:
        return value is exact
    return abs(Fraction(value) - exact) <= Fraction(1, 2 * 10**cell.places)


# -- the figure


@given(st.fractions(-(10**20), 10**20), st.integers(0, 6))
def test_a_fraction_is_rounded_half_away_from_zero(exact, places):
    value = Fraction(rounded(exact, places)) * 10**places
    assert value.denominator == 1
    assert abs(value - exact * 10**places) <= Fraction(1, 2)
    if abs(value - exact * 10**places) == Fraction(1, 2):
        assert abs(value) > abs(exact * 10**places)
    assert is_shown_right(rounded(exact, places), exact, places)


def test_what_defines_a_line_is_a_sum_or_a_ratio():
    assert sum_or_ratio("a - b per  c + d") == Ratio(
        Linear(((1, "a"), (-1, "b"))), Linear(((1, "c"), (1, "d")))
    )
    assert str(sum_or_ratio("a per b")) == "a per b"
    assert sum_or_ratio("a + per - b") == Linear(
        ((1, "a"), (1, "per"), (-1, "b"))
    )  # a key of the first version


@some
@given(with_values)
def test_every_ratio_is_the_exact_fraction(pair):
    form, values = pair
    complete = form.complete(values)
    for name, exact in quotients(form, [values]).items():
        if form.cells[name].is_total:
            assert shows(form.cells[name], complete.get(name), exact), name


@some
@given(with_several)
def test_in_a_sum_ratios_and_means_are_derived_anew(pair):
    """From the added parts, a mean from the products with its weights; whatever was added first."""
    form, several = pair
    assume(len(several) > 1)
    records = [filing(form, values, f"{index:03}").record for index, values in enumerate(several)]
    flat, tree = reduce(add, records), records[0] + reduce(add, reversed(records[1:]))
    assert flat.values == tree.values == total(form, records[0].period, records).values
    complete = flat.complete()
    for name, exact in quotients(form, several).items():
        if form.cells[name].is_summed:
            assert shows(form.cells[name], complete.get(name), exact), name


# -- through workbooks


@settings(max_examples=examples(8))
@given(with_values, st.data())
def test_one_ratio_typed_over_is_one_finding(pair, data):
    """Rightly or wrongly; as issued and filled in soundly there is none, and the second reader knows the formulas."""
    form, values = pair
    assume(form.quotients and values)
    values |= {cell: Decimal(1) for code, cell in means(form, values) if code == "mean-missing"}
    content = write_return(form, stamp(form), values)
    assert (
        issued_findings(form, write_return(form, stamp(form)), stamp(form), {}, "1.xlsx", recalculate=False)
        == []
    )
    cell = data.draw(st.sampled_from(form.quotients))
    sheet, address = layout(form).address(cell.name)
    exact = quotients(form, [values])[cell.name]

    def found(content):
        ours = {"ratio-wrong", "total-typed", "total-wrong", "total-stale", "not-calculated"}
        return [(f.code, f.cell) for f in verify(read_package(content, "1.xlsx", form)) if f.code in ours]

    assert found(content) == []
    right = rounded(exact, cell.places) if exact is not None else "—"
    assert found(clerk.edited(content, sheet, {address: right})) == [("total-typed", cell.name)]
    wrong = right + Decimal(2).scaleb(-cell.places) if exact is not None else Decimal(0)
    assert found(clerk.edited(content, sheet, {address: wrong})) == [("ratio-wrong", cell.name)]


def zeros(**changed):
    values = {cell.name: Decimal(0) for cell in FORM.inputs if not cell.weight}
    return values | {name.replace("__", "."): Decimal(str(value)) for name, value in changed.items()}


def agency(code, **changed):
    return read_package(write_return(FORM, stamp(FORM, code), zeros(**changed)), f"{code}.xlsx", FORM)


def rolled(filings, district="青禾区", **options):
    return merge(filings, FORM, Period(2026), district, **options).rollup


ONE = {"work__permits__taken": 3, "work__permits__done": 3, "work__permits__days": "0.1", "work__permits__fee": "1.25",
    "staff__officers__city": 2, "staff__age__city": "40.3", "years__letters__now": 8, "years__letters__before": 9}  # fmt: skip
TWO = {"work__permits__taken": 9, "work__permits__done": 4, "work__permits__days": 7, "staff__helpers__city": 5,
    "staff__age__city": 31}  # fmt: skip
THREE = {"work__permits__taken": 7, "work__permits__done": 7, "work__permits__days": "0.2", "work__others__done": 1,
    "work__others__taken": 1, "work__others__days": 9, "staff__officers__county": 1, "staff__age__county": 50}  # fmt: skip


@pytest.fixture(scope="module")
def three():
    return [
        agency(code, **values) for code, values in zip(("001", "002", "003"), (ONE, TWO, THREE), strict=True)
    ]


def test_a_roll_up_of_a_roll_up_is_the_roll_up_of_all(three):
    """Its means from the products in the hidden columns, not from means that were rounded; and it is a sound return."""
    district = read_package(write_rollup(rolled(three[:2]), by_kind=True), "区.xlsx", FORM)
    assert [f.code for f in verify(district)] == []
    flat, tree = rolled(three), rolled([district, three[2]], "某市")
    assert tree.values == flat.values
    city = read_package(write_rollup(tree), "市.xlsx", FORM)
    assert [f.code for f in verify(city)] == []
    assert city.record.values == flat.record.values
    assert city.record.complete()["work.permits.days"] == Decimal("2.1")  # 29.7 / 14
    assert flat.values["work.total.rate"] == Decimal(75)
    assert flat.values["staff.share.every"] == Decimal(375)
    assert "work.grants.rate" not in flat.values


def test_a_product_that_was_changed_is_noticed(three):
    content = write_rollup(rolled(three))
    read = read_package(content, "区.xlsx", FORM)
    column = read_columns(content)["work.permits.days.sum"]
    changed = clerk.edited(content, "各单位数据", {f"{column}7": Decimal(1)})
    assert "row-altered" in {f.code for f in verify(read_package(changed, "区.xlsx", FORM))}
    assert read.record.values["work.permits.days.sum"] == Decimal("29.7")


def read_columns(content):
    (row,) = openpyxl.load_workbook(io.BytesIO(content))["各单位数据"].iter_rows(1, 1)
    return {cell.value: get_column_letter(cell.column) for cell in row}


# -- the other readings


def test_words_of_the_notes():
    texts = [box.text for block in filling_notes(FORM).blocks for box in getattr(block, "boxes", ())]
    assert "增减（%）＝（本期－上年同期）÷上年同期×100（四舍五入，保留 1 位小数；除数为 0 时空着）" in texts
    assert "填写平均数，汇总时按“办结”加权；“办结”为 0 的不填，至多 1 位小数" in texts
    assert "填写，至多 2 位小数" in texts


def test_a_figure_that_could_not_be_read_makes_its_ratios_unknown():
    content = write_return(FORM, stamp(FORM), zeros(**TWO))
    sheet, address = layout(FORM).address("work.permits.done")
    read = read_package(clerk.edited(content, sheet, {address: "没有统计"}), "1.xlsx", FORM)
    assert {f.code for f in verify(read)} == {"not-a-number"}
    (figures,) = returns_of(read)
    states = {one.cell.name: one.state for one in figures.observations()}
    unread = {name for name, state in states.items() if state is FigureState.UNREAD}
    assert {"work.permits.rate", "work.total.days", "work.both.each"} <= unread
    assert states["work.grants.rate"] is FigureState.NO_VALUE
    assert states["work.grants.days"] is FigureState.BLANK


def test_documents_print_a_dash_where_there_is_no_value(three):
    values = three[1].record.complete()
    known = {name: values.get(name) for name in FORM.cells}
    texts = [
        [box.text for box in official_table(FORM, section, known).boxes if box.role == "figure"]
        for section in FORM.sections
    ]
    assert texts[1] == ["0", "0", "—"] * 3
    assert texts[0][:6] == ["9", "4", "44.44", "7", "0", "0"]
    assert [cell.name for section in FORM.sections for cell in unknown(FORM, section, known)] == []
    assert [
        cell.name
        for cell in unknown(
            FORM, FORM.sections[0], known | {"work.permits.done": None, "work.permits.rate": None}
        )
    ] == [
        "work.permits.done",
        "work.permits.rate",
    ]


def test_a_printed_ratio_is_held_against_the_fraction(three):
    def printed(text, value=None):
        one = three[1]
        shown = {"work.permits.rate": Shown(value and Decimal(value), text, Origin.PRINTED)}
        return [f.code for f in verify(filing_with(one, shown)) if f.cell == "work.permits.rate"]

    assert printed("44.44", "44.44") == []
    assert printed("44.44%", "44.44") == []
    assert printed("44.45", "44.45") == ["ratio-wrong"]
    assert printed("—") == ["ratio-wrong"]


def filing_with(one, shown):
    return replace(one, shown=shown, findings=())


def test_years_compare_ratios_by_their_parts():
    """And never by adding them, nor from what is rounded."""
    now, last = zeros(**ONE), zeros(**TWO)
    growth = FORM.cells["work.permits.rate"]
    found = change_in(growth, FORM, FORM.complete(now), FORM.complete(last))
    assert found == (Decimal("55.56"), None)
    past = past_of([agency("001", **TWO)], FORM)
    assert past.values[next(iter(past.values))]["work.permits.rate"] == Decimal("44.44")
    assert "work.grants.days" not in past.values[next(iter(past.values))]
    changed = {one.name for one in differences(agency("001", **ONE), agency("001", **TWO))}
    assert {"work.permits.rate", "work.permits.days", "work.total.days"} <= changed


@pytest.mark.parametrize("writer", ["markdown", "page", "word"])
def test_a_document_is_read_back(three, writer):
    """With a dash where a ratio or a mean has no value; a wrong percentage in it is found."""
    values = three[1].record.complete()
    texts = {name: "—" for name, cell in FORM.cells.items() if cell.ratio and name not in values}
    for more, codes in (
        ({}, []),
        ({"years.letters.growth": "0"}, ["ratio-wrong"]),
        ({"work.permits.days": "—"}, ["mean-missing"]),
    ):
        one = published.report(FORM, values, texts=texts | more)
        name, make = next(item for item in published.WRITERS.items() if item[1].__name__ == writer)
        read = read_document(make(one), name, FORM, Limits())
        assert [f.code for f in verify(read)] == codes
