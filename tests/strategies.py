"""Hypothesis strategies: figures a form may hold, agencies, records, trees of them."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import strategies as st

from xltools.data.period import Period
from xltools.data.record import Agency, Record
from xltools.form.model import Cell, Form

NAMES = st.text(st.characters(codec="utf-8", categories=("Lo", "Ll", "Nd")), min_size=1, max_size=12)


def figure(cell: Cell) -> st.SearchStrategy[Decimal]:
    """A figure of the cell's kind, as an agency may type it."""
    least = -99_999 if cell.signed else 0
    if cell.number == "count":
        return st.integers(least, 999_999).map(Decimal)
    return st.decimals(least, 9_999_999, places=4, allow_nan=False, allow_infinity=False).map(_plain)


def _plain(value: Decimal) -> Decimal:
    return Decimal(f"{value.normalize():f}") if value else Decimal(0)


def values(form: Form) -> st.SearchStrategy[dict[str, Decimal]]:
    """Inputs of *form*, some of them blank."""
    return st.fixed_dictionaries({}, optional={cell.name: figure(cell) for cell in form.inputs})


def records(form: Form, codes: st.SearchStrategy[str] | None = None) -> st.SearchStrategy[Record]:
    """A record of one agency."""
    agencies = st.builds(Agency, st.just("青禾区"), codes or st.sampled_from([f"{n:03}" for n in range(40)]))
    return st.builds(
        lambda agency, figures: Record(form, Period(2024), frozenset((agency,)), figures),
        agencies,
        values(form),
    )


@st.composite
def disjoint(draw: st.DrawFn, form: Form, least: int, most: int) -> list[Record]:
    """Records of different agencies."""
    count = draw(st.integers(least, most))
    figures = [draw(values(form)) for _ in range(count)]
    return [
        Record(form, Period(2024), frozenset((Agency("青禾区", f"{i:03}"),)), one)
        for i, one in enumerate(figures)
    ]
