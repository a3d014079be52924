"""The change of a figure from one year to the next."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from xltools.form.linear import EXACT


class Change(NamedTuple):
    """The change of a figure."""

    difference: Decimal
    rate: Decimal | None  # the difference as a fraction of last year's figure; None if that is 0


def change(now: Decimal, last: Decimal | None) -> Change | None:
    """Return the change since *last* year's figure, or ``None`` if that is unknown.

    The rate has the sign of the difference, also for figures below zero.
    """
    if last is None:
        return None
    difference = EXACT.subtract(now, last)
    return Change(difference, difference / abs(last) if last else None)
