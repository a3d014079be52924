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

    def amount(member: Member) -> Decimal:
        return form.value(measure, member.values)

    return [(member, amount(member)) for member in heapq.nlargest(FOREMOST, members, key=amount)]


def in_year(measure: Linear, figures: Figures) -> Decimal | None:
    """A measure of a year, where all that it is made of is known."""
    return measure.value(figures) if figures.keys() >= set(measure.names) else None
