"""The sums of a form: parsed, evaluated, printed."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xltools.form.linear import Equation, Linear, LinearSyntaxError

NAMES = st.sampled_from(["a", "b_2", "t.row.column", "new"])
TERMS = st.lists(st.tuples(st.sampled_from([1, -1]), NAMES), min_size=1).map(
    lambda terms: Linear(tuple(terms))
)
VALUES = st.dictionaries(
    NAMES, st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-9999, max_value=9999)
)


@given(TERMS)
def test_what_is_printed_is_parsed_again(linear):
    assert Linear.parse(str(linear)) == linear


@given(TERMS, VALUES, VALUES)
def test_a_sum_is_linear(linear, one, other):
    both = {name: one.get(name, Decimal(0)) + other.get(name, Decimal(0)) for name in {*one, *other}}
    assert linear.value(both) == linear.value(one) + linear.value(other)


def test_a_sum_may_span_lines():
    assert Linear.parse("\n a\n + b\n - c\n").terms == ((1, "a"), (1, "b"), (-1, "c"))


def test_it_prints_as_a_formula_without_sum():
    assert Linear.parse("a + b - c").print({"a": "D5", "b": "D6", "c": "D7"}.__getitem__) == "D5+D6-D7"
    assert Linear.parse("- a + b").print(str.upper) == "-A+B"


def test_blanks_count_as_zero():
    assert Linear.parse("a + b").value({"a": Decimal("0.1")}) == Decimal("0.1")


def test_decimals_are_exact():
    assert Linear.parse("a + b").value({"a": Decimal("0.1"), "b": Decimal("0.2")}) == Decimal("0.3")


@pytest.mark.parametrize(
    "text", ["", "  ", "a +", "+", "a b", "a * b", "a + 2", "A", "a..b", "a + (b)", "1", "a - - b"]
)
def test_anything_but_plus_minus_and_names_is_refused(text):
    with pytest.raises(LinearSyntaxError):
        Linear.parse(text)


@pytest.mark.parametrize("text", ["a", "a = ", "= a", "a = b = c", "a == b"])
def test_an_equation_has_two_sides(text):
    with pytest.raises(LinearSyntaxError):
        Equation.parse(text)


def test_the_difference_is_left_minus_right():
    values = {"new": Decimal(25), "in": Decimal(1), "total": Decimal(20), "out": Decimal(5)}
    equation = Equation.parse("new + carried = total + out")
    assert equation.renamed(lambda name: "in" if name == "carried" else name).difference(values) == 1
