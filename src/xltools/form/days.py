"""Days in relations: fields and columns of the kind ``date``, days as they are written, and the two ends of the period.

A relation compares one day with one other: ``ended >= started``, ``signed <= 2026-12-31``, ``found >= period.start``. As a
value a day is its number, as spreadsheets count days, so a relation of days is one of numbers.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Container, Mapping
from decimal import Decimal

from xltools.form.relation import Relation

START, END = "period.start", "period.end"  # the first and the last day of the period
_WRITTEN = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DAY_0 = dt.date(1899, 12, 30)


def is_written(name: str) -> bool:
    """Return whether a name in a relation is a day as it is written: 2026-12-31."""
    return _WRITTEN.fullmatch(name) is not None


def is_day(name: str) -> bool:
    """Return whether what is written is a day of the calendar: 2026-02-30 is not."""
    try:
        return bool(dt.date.fromisoformat(name))
    except ValueError:
        return False


def is_fixed(name: str) -> bool:
    """Return whether a name in a relation is a day that is not filled in: as it is written, or an end of the period."""
    return name in {START, END} or is_written(name)


def compares_days(relation: Relation, filled_in: Container[str]) -> bool:
    """Return whether a relation names a day; *filled_in* are the fields or columns of days."""
    return any(name in filled_in or is_fixed(name) for name in relation.names)


def number_of(day: dt.date) -> Decimal:
    """Return the number of a day."""
    return Decimal((day - _DAY_0).days)


def day_of(number: Decimal) -> dt.date:
    """Return the day with that number."""
    return _DAY_0 + dt.timedelta(int(number))


def with_days(
    relation: Relation, values: Mapping[str, Decimal], texts: Mapping[str, str]
) -> dict[str, Decimal]:
    """Return *values* with the numbers of the days that a relation names: of *texts* in canonical form, and as written."""
    named = {name: name if is_written(name) else texts.get(name, "") for name in relation.names}
    return {**values, **{name: number_of(dt.date.fromisoformat(day)) for name, day in named.items() if day}}


def breaks(relation: Relation, values: Mapping[str, Decimal]) -> bool:
    """Return whether days are not as a relation says; it is not checked where one of them is not known."""
    return all(name in values for name in relation.names) and not relation.holds(values)
