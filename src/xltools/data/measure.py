"""What the charts of a form show, in figures: wherever they are drawn."""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from decimal import Decimal

from xltools.data.filing import Member
from xltools.data.record import Figures
from xltools.form.linear import Linear
from xltools.form.model import Form

FOREMOST = 15  # agencies in a chart: more names than that nobody reads on one page


def foremost(form: Form, measure: Linear, members: Iterable[Member]) -> list[tuple[Member, Decimal]]:
    """The agencies that have most of it, each with how much, the first of them first."""
    most = Foremost(form, measure)
    for member in members:
        most.see(member)
    return most.found


class Foremost:
    """The agencies that have most of something, found out while one after the other is seen; the others are not held."""

    def __init__(self, form: Form, measure: Linear) -> None:
        self._form, self._measure = form, measure
        self._seen = 0
        self._heap: list[tuple[Decimal, int, Member]] = []  # of those that have as much the first comes first

    def see(self, member: Member) -> None:
        """One more."""
        self._seen += 1
        one = self._form.value(self._measure, member.values), -self._seen, member
        if len(self._heap) < FOREMOST:
            heapq.heappush(self._heap, one)
        elif one > self._heap[0]:
            heapq.heapreplace(self._heap, one)

    @property
    def found(self) -> list[tuple[Member, Decimal]]:
        """Each with how much, the first of them first."""
        return [(member, amount) for amount, _, member in sorted(self._heap, reverse=True)]


def in_year(measure: Linear, figures: Figures) -> Decimal | None:
    """A measure of a year, where all that it is made of is known."""
    return measure.value(figures) if figures.keys() >= set(measure.names) else None
