"""Decide which cells are compared with other years and agencies, and which deviations are worth reporting."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from functools import cache
from typing import NamedTuple

from xltools.form.model import Cell, Form

_MOST = 3  # deviations reported per filing and check


class Deviation(NamedTuple):
    """A cell whose figure is unusual, and a score of how unusual it is."""

    cell: Cell
    score: Decimal


@cache
def material_cells(form: Form) -> tuple[Cell, ...]:
    """Return the additive inputs, but for counts of options, and the additive totals among the headline figures, once for each form."""
    headline = {line.cell for line in form.headline}
    own = (cell for cell in form.cells.values() if cell.additive and cell.name not in form.counted)
    return tuple(cell for cell in own if not cell.is_total or cell.name in headline)


def largest_deviations(found: Iterable[Deviation], form: Form) -> list[Deviation]:
    """Return at most three deviations, the largest first, and only one of a total and its parts."""
    kept: list[Deviation] = []
    for deviation in sorted(found, key=lambda one: (-one.score, one.cell.name)):
        reach = form.reach[deviation.cell.name]
        if len(kept) < _MOST and not any(reach & form.reach[other.cell.name] for other in kept):
            kept.append(deviation)
    return kept
