"""Days in relations: fields and columns of the kind ``date``, days as they are written, and the two ends of the period.

A relation compares one day with one other: ``ended >= started``, ``signed <= 2026-12-31``, ``found >= period.start``. As a
value a day is its number, as spreadsheets count days, so a relation of days is one of numbers. In a condition, in front of it
are relations that say that its days are known, as ``ended > 0``: what is blank counts as 0.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Container, Iterable, Mapping
from decimal import Decimal

from xltools.form.linear import Linear
from xltools.form.relation import Condition, Relation

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


def with_known_days(condition: Condition, filled_in: Container[str]) -> Condition:
    """Return a condition that holds only where the days that it compares are known."""
    found: list[Relation] = []
    for one in condition.relations:
        found += [Relation(Linear(((1, n),)), ">", Linear(())) for n in one.names if n in filled_in]
        found.append(one)
    return Condition(tuple(found))


def as_written(condition: Condition, filled_in: Container[str]) -> Condition:
    """Return a condition without the relations that say that a day is known."""
    pairs = zip((None, *condition.relations), condition.relations, strict=False)
    known = (len(one.names) != 1 or one.names[0] not in filled_in or one == last for last, one in pairs)
    return Condition(tuple(one for one, keeps in zip(condition.relations, known, strict=True) if keeps))


def with_ends(condition: Condition, ends: Mapping[str, Decimal]) -> Condition:
    """Return a condition with the ends of the period as days that are written."""
    return condition.renamed(lambda name: str(day_of(ends[name])) if name in {START, END} else name)


def day_numbers(names: Iterable[str], texts: Mapping[str, str]) -> dict[str, Decimal]:
    """Return the numbers of the days that names mean: of *texts* in canonical form, or as they are written."""
    days = {name: name if is_written(name) else texts.get(name, "") for name in names}
    return {name: number_of(dt.date.fromisoformat(day)) for name, day in days.items() if day}


def number_of(day: dt.date) -> Decimal:
    """Return the number of a day."""
    return Decimal((day - _DAY_0).days)


def day_of(number: Decimal) -> dt.date:
    """Return the day with that number."""
    return _DAY_0 + dt.timedelta(int(number))


def with_days(
    relation: Relation, values: Mapping[str, Decimal], texts: Mapping[str, str]
) -> dict[str, Decimal]:
    """Return *values* with the numbers of the days that a relation names."""
    return {**values, **day_numbers(relation.names, texts)}


def breaks(relation: Relation, values: Mapping[str, Decimal]) -> bool:
    """Return whether days are not as a relation says; it is not checked where one of them is not known."""
    return all(name in values for name in relation.names) and not relation.holds(values)
