"""Records: the figures of one agency, or the sum over many."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property

from xltools.data.period import Period
from xltools.errors import AdditionError, Problem
from xltools.form.linear import EXACT, ZERO
from xltools.form.model import Form

Figures = Mapping[str, Decimal]  # by name of cell


@dataclass(frozen=True, slots=True, order=True)
class Agency:
    """An agency that reports. Codes are unique within a district, so district and code identify it."""

    district: str
    code: str
    name: str = field(compare=False, default="")

    @property
    def is_named_only(self) -> bool:
        """Whether only the name is known, as in a published report; it is then the code too."""
        return bool(self.name) and self.code == self.name

    def __str__(self) -> str:
        return f"{self.name}（{self.code}）" if self.code and self.code != self.name else self.name


@dataclass(frozen=True)
class Record:
    """The inputs of one agency or the sum over several. An absent name is a blank cell, which differs from 0.

    A sum has the means of its agencies too, and the products of means and weights from which they follow.

    Records of one form and period form a partial commutative monoid: ``+`` is associative and commutative, the record
    without agencies and values is neutral, and ``+`` is undefined for records with a common agency.
    """

    form: Form
    period: Period
    agencies: frozenset[Agency] = frozenset()
    values: Mapping[str, Decimal] = field(default_factory=dict)

    def __add__(self, other: Record) -> Record:
        """Return the sum of two records; figures that the form declares not additive are absent from it.

        Raises :class:`AdditionError` for another form, another period or a common agency.
        """
        _refuse(self.form, self.period, self.agencies, other)
        if not other.agencies or not self.agencies:
            return self if not other.agencies else other
        sums = self.form.added(self.values)
        add_to(sums, self.form.added(other.values))
        return Record(self.form, self.period, self.agencies | other.agencies, self.form.summed(sums))

    def complete(self) -> Mapping[str, Decimal]:
        """Return the values with the totals derived from them."""
        return self._complete

    @cached_property
    def _complete(self) -> Mapping[str, Decimal]:
        return self.form.complete(self.values)


def total(form: Form, period: Period, records: Iterable[Record]) -> Record:
    """Return the sum of *records*, which may be empty; equal to adding them with ``+``.

    Raises :class:`AdditionError` for another form, another period or an agency that occurs twice.
    """
    sums: dict[str, Decimal] = {}
    agencies: set[Agency] = set()
    alone: Record | None = None
    for record in records:
        _refuse(form, period, agencies, record)
        if record.agencies:
            alone = None if agencies else record
            agencies |= record.agencies
            add_to(sums, form.added(record.values))
    return alone or Record(form, period, frozenset(agencies), form.summed(sums))


def add_to(sums: dict[str, Decimal], values: Mapping[str, Decimal]) -> None:
    """Add *values* to *sums* in place."""
    for name, value in values.items():
        if value or name not in sums:
            sums[name] = EXACT.add(sums.get(name, ZERO), value)


def _refuse(form: Form, period: Period, agencies: AbstractSet[Agency], other: Record) -> None:
    """Raise :class:`AdditionError` if *other* cannot be added to figures of that form, period and those agencies."""
    if (form.key, form.edition) != (other.form.key, other.form.edition):
        raise AdditionError(Problem("other-form", facts={"one": form.name, "other": other.form.name}))
    if period != other.period:
        raise AdditionError(Problem("other-year", facts={"one": period, "other": other.period}))
    if twice := agencies & other.agencies:
        raise same_agency(twice)


def same_agency(agencies: Iterable[Agency]) -> AdditionError:
    """Return the error for *agencies* that occur twice in a sum."""
    return AdditionError(Problem("same-agency", facts={"agencies": "、".join(map(str, sorted(agencies)))}))
