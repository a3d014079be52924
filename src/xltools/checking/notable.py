"""Figures that stand out: which cells are watched, and how few of the findings about them are worth a reader's time."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from xltools.form.model import Cell, Form

_MOST = 3  # of one sort, a filing


class Notable(NamedTuple):
    """A cell that stands out, and by how much."""

    cell: Cell
    score: Decimal


@lru_cache(maxsize=16)
def watched(form: Form) -> tuple[Cell, ...]:
    """The figures whose size says something: what is typed and can be added, and what stands for the whole."""
    headline = {line.cell for line in form.headline}
    return tuple(c for c in form.cells.values() if c.additive and (not c.is_total or c.name in headline))


def most_notable(found: Iterable[Notable], form: Form) -> list[Notable]:
    """The few that stand out most, first the one that does most; a total and its part tell one thing, once."""
    kept: list[Notable] = []
    for notable in sorted(found, key=lambda one: (-one.score, one.cell.name)):
        reach = form.reach[notable.cell.name]
        if len(kept) < _MOST and not any(reach & form.reach[other.cell.name] for other in kept):
            kept.append(notable)
    return kept
