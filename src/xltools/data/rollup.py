"""The sum of many filings, which remembers each of them: every figure can be traced to its file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property, lru_cache
from typing import Literal

from xltools.data.filing import Accepted, Account, Member, Stamp, left_out
from xltools.data.finding import Severity
from xltools.data.measure import Foremost
from xltools.data.record import Agency, Figures, Record, add_to, additive, same_agency, total
from xltools.data.recurrent import Recurrent
from xltools.form.model import Chart, Form

Coverage = Literal["complete", "unchecked", "incomplete"]


@dataclass(frozen=True, eq=False)
class Rollup:
    """What a district's workbook holds.

    ``members`` and ``accounts`` may be read anew from a disk each time they are gone through: nobody keeps them all.
    ``accounts`` names every file and agency, in or out, and why; ``waived`` the findings that were accepted, here or in a roll-up
    that is inside; ``counts`` how many findings of each severity the collection has besides; ``expected`` how many agencies the roster names.
    ``earlier`` are the district's figures of the years before, as far as they are known. ``added`` is what the members
    add up to, and ``left_out`` the accounts of what is not in the sum, where either was found out already, as each was
    looked at; else they are gone through for it.
    """

    form: Form
    year: int
    district: str
    code: str
    members: Sequence[Member]
    accounts: Sequence[Account]
    coverage: Coverage
    waived: tuple[Accepted, ...] = ()
    counts: Mapping[Severity, int] = field(default_factory=dict)
    expected: int | None = None
    earlier: Mapping[int, Figures] = field(default_factory=dict)
    added: Added | None = None
    _left_out: tuple[Account, ...] | None = None
    second_reader: str = ""  # the sentence on the cover about the second reader, where there was one

    @property
    def stamp(self) -> Stamp:
        """The roll-up's own: it is a return of the district."""
        agency = Agency(self.district, self.code, self.district)
        return Stamp(self.form.key, self.form.edition, self.year, agency, "rollup")

    @property
    def included(self) -> Iterator[Account]:
        """The files that were added, of which each has its row."""
        return (account for account in self.accounts if account.status == "included")

    @cached_property
    def left_out(self) -> tuple[Account, ...]:
        """The files that were not, and the agencies that sent none."""
        return left_out(self.accounts) if self._left_out is None else self._left_out

    @cached_property
    def record(self) -> Record:
        """The sum, over every agency inside."""
        return rolled_up(self.form, self.year, self.members, self.accounts)

    @cached_property
    def values(self) -> dict[str, Decimal]:
        """Every figure of the district that can be a sum, totals included."""
        cells, sums = self.form.cells, self._added.figures
        complete = self.form.complete(additive(self.form, sums))
        return {name: value for name, value in complete.items() if cells[name].additive}

    def foremost(self, chart: Chart) -> list[tuple[Member, Decimal]]:
        """The agencies that a chart of agencies shows, each with how much it has, the first of them first."""
        found = self._added.foremost[_charts(self.form).index(chart)]
        return [(self.members[place], amount) for place, amount in found]

    @cached_property
    def _added(self) -> Added:
        return self.added or _add(self.form, self.members)


@dataclass(frozen=True, slots=True)
class Added:
    """What the members of a roll-up add up to.

    ``foremost`` are, for each of the form's charts of agencies, those that it shows: the place of the member, and how
    much it has.
    """

    figures: Figures
    foremost: Sequence[Sequence[tuple[int, Decimal]]]


class Adding:
    """Members being added up, one after the other or in parts that are put together, in whichever order."""

    def __init__(self, form: Form) -> None:
        self._figures: dict[str, Decimal] = {}
        self._foremost = [Foremost[int]() for _ in _charts(form)]

    def add(self, form: Form, values: Figures, order: int | bytes, key: int) -> None:
        """One more: its figures, where it comes among the members, and by what it is known here."""
        add_to(self._figures, values)
        for chart, most in zip(_charts(form), self._foremost, strict=True):
            most.see(form.value(chart.shows[0].is_, values), order, key)

    def include(self, other: Adding) -> None:
        """Those that were added up elsewhere."""
        add_to(self._figures, other._figures)
        for most, others in zip(self._foremost, other._foremost, strict=True):
            most.include(others)

    def added(self, form: Form, place_of: Callable[[int], int]) -> Added:
        """What they add up to; *place_of* gives the place of the member that is known by a key."""
        foremost = [[(place_of(key), amount) for key, amount in most.found] for most in self._foremost]
        return Added(
            {name: self._figures[name] for name in form.input_names if name in self._figures}, foremost
        )


@lru_cache(maxsize=16)
def _charts(form: Form) -> tuple[Chart, ...]:
    return tuple(chart for chart in form.charts if chart.kind == "agencies")


def _add(form: Form, members: Sequence[Member]) -> Added:
    """Raises :class:`AdditionError` where an agency is there twice."""
    adding, agencies = Adding(form), Recurrent()
    for place, member in enumerate(members):
        agencies.add(place, member.agency)
        adding.add(form, member.values, place, place)
    refuse_twice(members[place].agency for place in agencies.places())
    return adding.added(form, lambda place: place)


def refuse_twice(agencies: Iterable[Agency]) -> None:
    """Raise :class:`AdditionError` where one of them is there twice."""
    if twice := [agency for agency, times in Counter(agencies).items() if times > 1]:
        raise same_agency(twice)


def rolled_up(form: Form, year: int, members: Iterable[Member], accounts: Sequence[Account]) -> Record:
    """The record of a roll-up: figures from its members, agencies from its accounts.

    A roll-up of one agency holds that agency's figures but for those that cannot be added. Raises
    :class:`AdditionError` where an agency is there twice.
    """
    parts = (Record(form, year, frozenset((member.agency,)), member.values) for member in members)
    values = total(form, year, parts).values
    return Record(form, year, _agencies_of(accounts), additive(form, values))


def _agencies_of(accounts: Sequence[Account]) -> frozenset[Agency]:
    """The agencies whose own figures are inside; a roll-up stands for those that came in its file."""
    rollups = {account.source.sha256 for account in accounts if account.status == "member"}
    inside = (a for a in accounts if a.status == "member" or _is_alone(a, rollups))
    return frozenset(account.agency for account in inside if account.agency)


def _is_alone(account: Account, rollups: AbstractSet[str]) -> bool:
    return account.status == "included" and account.source.sha256 not in rollups


@dataclass(frozen=True, slots=True)
class Subtotal:
    """What the agencies of one kind add up to: how many there are, and every figure that can be a sum."""

    kind: str
    count: int
    values: Figures


def subtotals(rollup: Rollup) -> list[Subtotal]:
    """One for each kind, in the order of the members; a spreadsheet takes kinds for one that differ in case only."""
    kinds: dict[str, str] = {}
    counts: Counter[str] = Counter()
    sums: dict[str, dict[str, Decimal]] = {}
    form = rollup.form
    for member in rollup.members:
        key = member.kind.casefold()
        kinds.setdefault(key, member.kind)
        counts[key] += 1
        add_to(sums.setdefault(key, {}), member.values)
    return [
        Subtotal(kind, counts[key], form.complete(additive(form, sums[key]))) for key, kind in kinds.items()
    ]
