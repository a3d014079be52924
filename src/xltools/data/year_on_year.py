"""From one year to the next: the difference and the rate, wherever they are told."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from xltools.form.linear import EXACT


class Change(NamedTuple):
    """By how much a figure changed, and to what part of what it was; there is no rate of nothing."""

    difference: Decimal
    rate: Decimal | None


def change(now: Decimal, last: Decimal | None) -> Change | None:
    """What became of *last* year's figure; ``None`` where it is not known.

    A figure below zero that rises has grown: the rate has the sign of the difference.
    """
    if last is None:
        return None
    difference = EXACT.subtract(now, last)
    return Change(difference, difference / abs(last) if last else None)
