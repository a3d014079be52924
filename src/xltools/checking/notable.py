"""Figures that stand out: which cells are watched, and how few of the findings about them are worth a reader's time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal

from attrs import frozen

from xltools.data.finding import Cause
from xltools.data.number import normal
from xltools.form.model import Cell, Form

_MOST = 3  # of one sort, a filing
_MANIFOLD = Decimal(10_000)  # 元 in a 万元
_ABOUT = (Decimal(5_000), Decimal(20_000))  # times: a figure in the smaller unit, a year's change included


@frozen
class Notable:
    """A cell that stands out, and by how much."""

    cell: Cell
    score: Decimal


def watched(form: Form) -> list[Cell]:
    """The figures whose size says something: what is typed and can be added, and what stands for the whole."""
    headline = {line.cell for line in form.headline}
    return [c for c in form.cells.values() if c.additive and (not c.is_total or c.name in headline)]


def most_notable(found: Iterable[Notable], form: Form) -> list[Notable]:
    """The few that stand out most, first the one that does most; a total and its part tell one thing, once."""
    kept: list[Notable] = []
    for notable in sorted(found, key=lambda one: (-one.score, one.cell.name)):
        reach = form.reach[notable.cell.name]
        if len(kept) < _MOST and not any(reach & form.reach[other.cell.name] for other in kept):
            kept.append(notable)
    return kept


def other_unit(cell: Cell, found: Decimal, usual: Decimal) -> Iterator[Cause]:
    """A sum of money some ten thousand times what is usual was given in 元 where the form asks for 万元."""
    if cell.number == "decimal" and usual > 0 and _ABOUT[0] <= found / usual <= _ABOUT[1]:
        yield Cause("other-unit", {"unit": cell.unit, "converted": normal(found / _MANIFOLD)})
