"""The numbers of one agency, or of many: a roll-up is a record too."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property

from xltools.errors import AdditionError, Problem
from xltools.form.linear import EXACT, ZERO
from xltools.form.model import Form

Figures = Mapping[str, Decimal]  # by name of cell


@dataclass(frozen=True, slots=True, order=True)
class Agency:
    """Who reports. A code is unique within the district that issued it, so both make the identity."""

    district: str
    code: str
    name: str = field(compare=False, default="")

    @property
    def is_named_only(self) -> bool:
        """Whether only its name is known, which then stands for its code: a document has no more."""
        return bool(self.name) and self.code == self.name

    def __str__(self) -> str:
        return f"{self.name}（{self.code}）" if self.code and self.code != self.name else self.name


@dataclass(frozen=True)
class Record:
    """Inputs only: totals are derived. An absent name is a blank cell, which is not the same as 0.

    Records of one form and year form a partial commutative monoid: ``+`` is associative and commutative, the
    record without agencies and values is neutral, and adding the same agency twice is refused.
    """

    form: Form
    year: int
    agencies: frozenset[Agency] = frozenset()
    values: Mapping[str, Decimal] = field(default_factory=dict)

    def __add__(self, other: Record) -> Record:
        """The figures of both; raises :class:`AdditionError` where a sum would mean nothing.

        What the form declares not additive has no value in a sum of agencies.
        """
        _refuse(self.form, self.year, self.agencies, other)
        if not other.agencies or not self.agencies:
            return self if not other.agencies else other
        values = {
            cell.name: EXACT.add(self.values.get(cell.name, ZERO), other.values.get(cell.name, ZERO))
            for cell in self.form.inputs
            if cell.additive and (cell.name in self.values or cell.name in other.values)
        }
        return Record(self.form, self.year, self.agencies | other.agencies, values)

    def complete(self) -> Mapping[str, Decimal]:
        """The values with every total derived from them."""
        return self._complete

    @cached_property
    def _complete(self) -> Mapping[str, Decimal]:
        return self.form.complete(self.values)


def total(form: Form, year: int, records: Iterable[Record]) -> Record:
    """The sum of *records*, which may be none: what ``+`` gives from one to the next, without a record for each step."""
    sums: dict[str, Decimal] = {}
    agencies: set[Agency] = set()
    alone: Record | None = None
    for record in records:
        _refuse(form, year, agencies, record)
        if record.agencies:
            alone = None if agencies else record
            agencies |= record.agencies
            add_to(sums, record.values)
    return alone or Record(form, year, frozenset(agencies), additive(form, sums))


def add_to(sums: dict[str, Decimal], values: Mapping[str, Decimal]) -> None:
    """Add figures to *sums*, whose names are those of all figures that were added."""
    for name, value in values.items():
        if value or name not in sums:
            sums[name] = EXACT.add(sums.get(name, ZERO), value)


def additive(form: Form, sums: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """Those of *sums* that mean something, in the form's order."""
    return {c.name: sums[c.name] for c in form.inputs if c.additive and c.name in sums}


def _refuse(form: Form, year: int, agencies: AbstractSet[Agency], other: Record) -> None:
    """Raise :class:`AdditionError` when *other* cannot be added to figures of that form, year and those agencies."""
    if (form.key, form.edition) != (other.form.key, other.form.edition):
        raise AdditionError(Problem("other-form", facts={"one": form.name, "other": other.form.name}))
    if year != other.year:
        raise AdditionError(Problem("other-year", facts={"one": year, "other": other.year}))
    if twice := agencies & other.agencies:
        raise same_agency(twice)


def same_agency(agencies: Iterable[Agency]) -> AdditionError:
    """What stops an addition in which these are there twice."""
    return AdditionError(Problem("same-agency", facts={"agencies": "、".join(map(str, sorted(agencies)))}))
