"""What the charts of a form show, in figures: wherever they are drawn."""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable
from decimal import Decimal
from typing import Any, Generic, TypeVar

from xltools.data.filing import Member
from xltools.data.record import Figures
from xltools.form.linear import Linear
from xltools.form.model import Form

_Item = TypeVar("_Item")

FOREMOST = 15  # agencies in a chart: more names than that nobody reads on one page


def foremost(form: Form, measure: Linear, members: Iterable[Member]) -> list[tuple[Member, Decimal]]:
    """The agencies that have most of it, each with how much, the first of them first."""
    most = Foremost[Member]()
    for place, member in enumerate(members):
        most.see(form.value(measure, member.values), place, member)
    return most.found


class Foremost(Generic[_Item]):
    """Those that have most of something, found out while one after the other is seen; the others are not held.

    Of those that have as much the first come first, in an order of their own: when and where each is seen is no matter.
    """

    def __init__(self) -> None:
        self._most: list[
            tuple[Decimal, Any, _Item]
        ] = []  # each amount below 0, so that the largest come first

    def see(self, amount: Decimal, order: int | bytes, item: _Item) -> None:
        """One more, and where it comes among its equals: no two come at the same place."""
        self._keep((amount.copy_negate(), order, item))

    def include(self, other: Foremost[_Item]) -> None:
        """Those that were seen elsewhere."""
        for one in other._most:
            self._keep(one)

    def _keep(self, one: tuple[Decimal, Any, _Item]) -> None:
        most = self._most
        if len(most) < FOREMOST or one < most[-1]:
            insort(most, one)
            del most[FOREMOST:]

    @property
    def found(self) -> list[tuple[_Item, Decimal]]:
        """Each with how much, the first of them first."""
        return [(item, amount.copy_negate()) for amount, _, item in self._most]


def in_year(measure: Linear, figures: Figures) -> Decimal | None:
    """A measure of a year, where all that it is made of is known."""
    return measure.value(figures) if figures.keys() >= set(measure.names) else None
