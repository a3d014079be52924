"""The figures that the charts of a form show, in workbooks and in documents."""

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

FOREMOST = 15  # agencies in a chart; more do not fit a page legibly


def foremost(form: Form, measure: Linear, members: Iterable[Member]) -> list[tuple[Member, Decimal]]:
    """Return the agencies with the largest values of *measure* and these values, in descending order."""
    most = Foremost[Member]()
    for place, member in enumerate(members):
        most.see(form.value(measure, member.values), place, member)
    return most.found


class Foremost(Generic[_Item]):
    """Collect the items with the largest amounts, at most :data:`FOREMOST` of them.

    Ties are broken by the order given with each item, so the result does not depend on the order of the calls.
    """

    def __init__(self) -> None:
        self._most: list[
            tuple[Decimal, Any, _Item]
        ] = []  # amounts are negated, so that the largest come first

    def see(self, amount: Decimal, order: int | bytes, item: _Item) -> None:
        """Add one item; *order* is unique and decides among items with equal amounts."""
        self._keep((amount.copy_negate(), order, item))

    def include(self, other: Foremost[_Item]) -> None:
        """Add the items of another collection."""
        for one in other._most:
            self._keep(one)

    def _keep(self, one: tuple[Decimal, Any, _Item]) -> None:
        most = self._most
        if len(most) < FOREMOST or one < most[-1]:
            insort(most, one)
            del most[FOREMOST:]

    @property
    def found(self) -> list[tuple[_Item, Decimal]]:
        """The items and their amounts, in descending order."""
        return [(item, amount.copy_negate()) for amount, _, item in self._most]


def in_year(measure: Linear, figures: Figures) -> Decimal | None:
    """Return the value of *measure*, or None if a figure that it adds is unknown."""
    return measure.value(figures) if figures.keys() >= set(measure.names) else None
