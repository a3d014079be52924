"""Records: the figures of one agency, or the sum over many."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import NamedTuple

from xltools.data.period import Period
from xltools.errors import AdditionError, Problem
from xltools.form.kinds import Choice
from xltools.form.linear import EXACT, ZERO
from xltools.form.model import Form
from xltools.form.sections import List

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


ListValue = Decimal | str  # a number, or any other value in its canonical form; a blank one is an empty text


class ListLine(NamedTuple):
    """A line of a list: its number among the filled lines, its values in the order of the columns, and whose it is.

    The agency is known in a sum; in the record of one agency it is ``None``.
    """

    number: int
    values: tuple[ListValue, ...]
    agency: Agency | None = None


Lists = Mapping[str, tuple[ListLine, ...]]  # by the key of the list


@dataclass(frozen=True)
class Record:
    """The inputs of one agency or the sum over several. An absent name is a blank cell, which differs from 0.

    A sum has the means of its agencies too, and the products of means and weights from which they follow. The figures of
    lists are among the values; in a list without lines they are absent.

    Records of one form and period form a partial commutative monoid: ``+`` is associative and commutative, the record
    without agencies and values is neutral, and ``+`` is undefined for records with a common agency.
    """

    form: Form
    period: Period
    agencies: frozenset[Agency] = frozenset()
    values: Mapping[str, Decimal] = field(default_factory=dict)
    lists: Lists = field(default_factory=dict)

    def __add__(self, other: Record) -> Record:
        """Return the sum of two records; figures that the form declares not additive are absent from it.

        Raises :class:`AdditionError` for another form, another period or a common agency.
        """
        _refuse(self.form, self.period, self.agencies, other)
        if not other.agencies or not self.agencies:
            return self if not other.agencies else other
        sums = self.form.added(self.values)
        add_to(sums, self.form.added(other.values))
        lists = merged_lists(self.form, (self, other))
        return Record(self.form, self.period, self.agencies | other.agencies, self.form.summed(sums), lists)

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
    parts: list[Record] = []
    for record in records:
        _refuse(form, period, agencies, record)
        if record.agencies:
            alone = None if agencies else record
            agencies |= record.agencies
            add_to(sums, form.added(record.values))
            parts.append(record)
    lists = merged_lists(form, parts)
    return alone or Record(form, period, frozenset(agencies), form.summed(sums), lists)


def merged_lists(form: Form, records: Iterable[Record]) -> Lists:
    """Return the lists of a sum: the lines of each agency below those of the one before, or those of one code added."""
    found: dict[str, list[ListLine]] = {}
    for record in records:
        (agency,) = record.agencies if len(record.agencies) == 1 else (None,)
        for key, lines in record.lists.items():
            own = (line if line.agency else line._replace(agency=agency) for line in lines)
            found.setdefault(key, []).extend(own)
    return {
        key: tuple(
            _added_by_code(one, form, found[key]) if one.merge == "code" else sorted(found[key], key=_order)
        )
        for key, one in form.lists.items()
        if found.get(key)
    }


def _order(line: ListLine) -> tuple[str, str, int]:
    agency = line.agency or Agency("", "")
    return agency.district, agency.code, line.number


def _added_by_code(one: List, form: Form, lines: Iterable[ListLine]) -> list[ListLine]:
    """Return one line for each code, in the order of the codes; the sum of blanks is blank."""
    places = [one.keys.index(key) for key in one.unique]
    groups: dict[tuple[ListValue, ...], list[ListValue]] = {}
    for line in lines:
        code = tuple(line.values[place] for place in places)
        if code not in groups:
            groups[code] = list(line.values)
            continue
        for place, value in enumerate(line.values):
            before = groups[code][place]
            if isinstance(value, Decimal):
                groups[code][place] = EXACT.add(before, value) if isinstance(before, Decimal) else value
    kinds = [form.column_kinds[f"{one.key}.{key}"] for key in one.unique]

    def order(code: tuple[ListValue, ...]) -> list[tuple[int, str]]:
        options = (list(kind.by_name) if isinstance(kind, Choice) else [] for kind in kinds)
        pairs = zip(code, options, strict=True)
        return [(names.index(str(v)) if v in names else len(names), str(v)) for v, names in pairs]

    return [ListLine(n, tuple(groups[code])) for n, code in enumerate(sorted(groups, key=order), 1)]


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
