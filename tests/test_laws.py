"""Adding records: the laws that make a roll-up of roll-ups the same as a roll-up of everything."""

from __future__ import annotations

from decimal import Decimal
from functools import reduce
from operator import add

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import strategies
from conftest import HERE, examples
from xltools.data.number import close, normal, stored
from xltools.data.period import Period
from xltools.data.record import Agency, Record, total
from xltools.errors import AdditionError
from xltools.form.library import find
from xltools.form.linear import Linear
from xltools.white_space import is_blank

OFFICIAL = find("xxgk-2021")
OTHER = find(str(HERE / "forms" / "fwzx-2025.toml"))
FORMS = st.sampled_from([OFFICIAL, OTHER])
few = settings(max_examples=examples(40))


def three(form):
    return strategies.disjoint(form, 3, 3)


@few
@given(FORMS.flatmap(three))
def test_addition_is_commutative_and_associative(records):
    a, b, c = records
    assert a + b == b + a
    assert (a + b) + c == a + (b + c)


@few
@given(FORMS.flatmap(three))
def test_the_empty_record_is_neutral(records):
    a, b, _ = records
    empty = Record(a.form, a.period)
    assert a + empty == a == empty + a
    assert (a + b) + empty == a + b


@few
@given(FORMS.flatmap(three), st.integers(0, 3))
def test_a_total_is_what_adding_one_by_one_gives(records, count):
    form, empty = records[0].form, Record(records[0].form, records[0].period)
    some = [empty, *records[:count]]
    assert total(form, empty.period, some) == reduce(add, some, empty)
    with pytest.raises(AdditionError):
        total(form, empty.period, [*records, records[count - 1]])
    with pytest.raises(AdditionError):
        total(form, empty.period.next, some)


@few
@given(FORMS.flatmap(three))
def test_totals_of_the_sum_are_the_sum_of_totals(records):
    a, b, _ = records
    both, one, other = (a + b).complete(), a.complete(), b.complete()
    for cell in a.form.totals:
        if cell.additive:
            assert both[cell.name] == one[cell.name] + other[cell.name]


@few
@given(FORMS.flatmap(strategies.records))
def test_totals_are_added_up_one_after_the_other(record):
    """Whether all inputs are there or some are blank, and whichever order they came in."""
    form = record.form
    whole = {cell.name: record.values.get(cell.name, Decimal(7)) for cell in form.inputs}
    for inputs in (record.values, whole, dict(reversed(whole.items()))):
        expected = {cell.name: inputs[cell.name] for cell in form.inputs if cell.name in inputs}
        for cell in form.totals:
            expected[cell.name] = cell.definition.value(expected)
        assert list(map(repr, form.complete(inputs).items())) == list(map(repr, expected.items()))


@few
@given(FORMS.flatmap(strategies.records))
def test_an_identity_is_broken_where_its_sides_differ(record):
    values = record.complete()
    assert record.form.broken(values) == [i for i in record.form.identities if i.relation.difference(values)]


@few
@given(FORMS.flatmap(strategies.records))
def test_one_total_alone_is_what_it_is_among_all(record):
    """A chart asks for one figure of each agency, and no other is derived for it."""
    form, complete = record.form, record.complete()
    for cell in form.cells.values():
        alone = Linear(((-1, cell.name), (1, form.totals[-1].name)))
        assert form.value(alone, record.values) == alone.value(complete)


@few
@given(FORMS.flatmap(three))
def test_blank_is_neutral_and_not_zero(records):
    a, b, _ = records
    for cell in a.form.inputs:
        if cell.additive:
            parts = [record.values[cell.name] for record in (a, b) if cell.name in record.values]
            assert ((a + b).values.get(cell.name) is None) == (not parts)
            assert (a + b).values.get(cell.name, 0) == sum(parts)
        else:
            assert cell.name not in (a + b).values


@few
@given(strategies.records(OFFICIAL), strategies.records(OFFICIAL))
def test_one_agency_cannot_be_added_twice(a, b):
    if a.agencies & b.agencies:
        with pytest.raises(AdditionError):
            a + b
    else:
        assert (a + b).agencies == a.agencies | b.agencies


def test_an_agency_inside_a_sum_cannot_be_added_again():
    a, b = (Record(OFFICIAL, Period(2024), frozenset((Agency("青禾区", code),))) for code in ("001", "002"))
    with pytest.raises(AdditionError):
        (a + b) + b


def test_the_same_code_in_another_district_is_another_agency():
    a, b = (
        Record(OFFICIAL, Period(2024), frozenset((Agency(district, "001"),)))
        for district in ("青禾区", "川汇区")
    )
    assert len((a + b).agencies) == 2


def test_other_years_and_forms_are_refused():
    a = Record(OFFICIAL, Period(2024), frozenset((Agency("青禾区", "001"),)))
    with pytest.raises(AdditionError):
        a + Record(OFFICIAL, Period(2023))
    with pytest.raises(AdditionError):
        a + Record(OTHER, Period(2024))


@given(st.lists(st.decimals(0, 99_999_999, places=4, allow_nan=False, allow_infinity=False), max_size=60))
def test_money_is_added_exactly(amounts):
    name = "disclosure.fees.amount"
    parts = [
        Record(OFFICIAL, Period(2024), frozenset((Agency("", str(i)),)), {name: x})
        for i, x in enumerate(amounts)
    ]
    cents = sum(int(amount * 10_000) for amount in amounts)
    assert total(OFFICIAL, Period(2024), parts).values.get(name, Decimal(0)) * 10_000 == cents


@given(st.decimals(-99_999_999, 99_999_999, places=4, allow_nan=False, allow_infinity=False))
def test_a_double_gives_back_the_decimal_that_was_typed(typed):
    """A spreadsheet stores 17 digits of a double; the 15 that were typed come back."""
    assert stored(f"{float(typed):.17g}") == typed
    assert str(stored(repr(float(typed)))) == f"{normal(typed)}"


@pytest.mark.parametrize(
    ("raw", "read"),
    [
        ("0.30000000000000004", "0.3"),
        ("96171.600000000006", "96171.6"),
        ("1E3", "1000"),
        ("-0", "0"),
        ("2.5e-2", "0.025"),
        ("7545", "7545"),
    ],
)
def test_float_dust_is_brushed_off(raw, read):
    assert str(stored(raw)) == read


@pytest.mark.parametrize("raw", ["", "abc", "NaN", "Infinity", "1e400", "1e300", "1,204", "0x10"])
def test_what_is_no_number_has_no_value(raw):
    assert stored(raw) is None


@pytest.mark.parametrize("text", ["", " ", "\u3000\u3000", "\u00a0", "\t\n", "\u200b"])
def test_spaces_of_every_kind_are_blank(text):
    assert is_blank(text)


def test_close_forgives_dust_and_nothing_else():
    assert close(Decimal("0.3"), Decimal("0.30000000000000004"))
    assert not close(Decimal("0.3"), Decimal("0.3001"))
    assert not close(Decimal(123456), Decimal(123457))


def test_a_whole_number_is_right_or_wrong():
    assert not close(Decimal(2000000000), Decimal(2000000001))
    assert not close(Decimal("100000.0001"), Decimal(100000))


@pytest.mark.parametrize(
    "raw",
    ["1234567890123456", "12345678901234567", "1e999999999999", "-1e999999999999", "1e-999999", "-1e-400"],
)
def test_a_number_beyond_what_a_spreadsheet_holds_has_no_value(raw):
    assert stored(raw) is None
