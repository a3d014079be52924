"""The change of a figure from one year to the next."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from xltools.data.record import Figures
from xltools.form.linear import EXACT
from xltools.form.model import Cell, Form
from xltools.form.ratio import rounded


class Change(NamedTuple):
    """The change of a figure."""

    difference: Decimal
    rate: Decimal | None  # the difference as a fraction of last year's figure; None if that is 0 or a ratio


def change_in(cell: Cell, form: Form, now: Figures, last: Figures) -> Change | None:
    """Return the change of a figure of the *form*, or ``None`` if one of the two is unknown.

    That of a ratio is derived from the parts of both years, and not from what is rounded. Ratios and means have no rate,
    because the percentage of a percentage is misread.
    """
    if cell.name not in now or cell.name not in last:
        return None
    if not cell.ratio or cell.is_mean:
        found = change(now[cell.name], last[cell.name])
        return found._replace(rate=None) if found and cell.is_mean else found
    before, after = form.quotient(cell, last), form.quotient(cell, now)
    if before is None or after is None:
        return None
    return Change(rounded(after - before, cell.places), None)


def change(now: Decimal, last: Decimal | None) -> Change | None:
    """Return the change since *last* year's figure, or ``None`` if that is unknown.

    The rate has the sign of the difference, also for figures below zero.
    """
    if last is None:
        return None
    difference = EXACT.subtract(now, last)
    return Change(difference, difference / abs(last) if last else None)
