"""The figures that the charts of a form show, in workbooks and in documents."""

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
    """Return the members with the largest amounts, largest first, each with its amount; equal ones in their order."""
    amounts = ((member, form.value(measure, member.values)) for member in members)
    return heapq.nlargest(FOREMOST, amounts, key=lambda one: one[1])


def in_year(measure: Linear, figures: Figures) -> Decimal | None:
    """Return the value of *measure*, or None if a figure that it adds is unknown."""
    return measure.value(figures) if figures.keys() >= set(measure.names) else None
