"""The roll-up: the sum of many filings, with each of its members, so that every figure can be traced to a file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Literal

from xltools.data.chart_figures import foremost
from xltools.data.filing import Accepted, Account, Member, Stamp, left_out
from xltools.data.finding import Severity
from xltools.data.period import Period
from xltools.data.record import Agency, Figures, Lists, Record, add_to, total
from xltools.form.kinds import Date
from xltools.form.model import Form
from xltools.form.sections import Chart

Coverage = Literal["complete", "unchecked", "incomplete"]


@dataclass(frozen=True, eq=False)
class Rollup:
    """The content of a district's workbook.

    ``accounts`` are those of every file and agency, included or not, with the reason; ``waived`` are the findings that
    were accepted, also in roll-ups that are members. ``counts`` is the number of other findings by severity, and
    ``expected`` the number of agencies on the roster. ``earlier`` are the known figures of the periods before.
    """

    form: Form
    period: Period
    district: str
    code: str
    members: Sequence[Member]
    accounts: Sequence[Account]
    coverage: Coverage
    waived: tuple[Accepted, ...] = ()
    counts: Mapping[Severity, int] = field(default_factory=dict)
    expected: int | None = None
    earlier: Mapping[Period, Figures] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)  # typed into the roll-up that it replaces, by cell
    lists: Lists = field(default_factory=dict)  # of all members
    second_reader: str = ""  # the sentence on the cover about the second reader, if there was one

    @property
    def stamp(self) -> Stamp:
        """The stamp of the roll-up as a return of the district."""
        agency = Agency(self.district, self.code, self.district)
        return Stamp(self.form.key, self.form.edition, self.period, agency, "rollup")

    @property
    def included(self) -> Iterator[Account]:
        """The accounts of the files that were added, one per row."""
        return (account for account in self.accounts if account.status == "included")

    @cached_property
    def left_out(self) -> tuple[Account, ...]:
        """The accounts of the files that were not added, and of the agencies without a file."""
        return left_out(self.accounts)

    @cached_property
    def record(self) -> Record:
        """The sum of all members."""
        return rolled_up(self.form, self.period, self.members, self.accounts, self.lists)

    @cached_property
    def spans(self) -> dict[str, str]:
        """The first and the last day in each field for a date."""
        return spans(self.form, self.members)

    @cached_property
    def values(self) -> dict[str, Decimal]:
        """Every figure of the district that can be added or follows from what is, totals included."""
        cells = self.form.cells
        return {n: v for n, v in self.record.complete().items() if cells[n].is_summed}

    def foremost(self, chart: Chart) -> list[tuple[Member, Decimal]]:
        """Return the agencies that a chart of agencies shows; see :func:`~xltools.data.chart_figures.foremost`."""
        return foremost(self.form, chart.shows[0].is_, self.members)


def spans(form: Form, members: Iterable[Member]) -> dict[str, str]:
    """Return the first and the last day in each field for a date, where there is one."""
    members = tuple(members)
    dates = ((n, kind) for n, kind in form.kinds.items() if isinstance(kind, Date))
    found = {name: kind.span(m.texts.get(name, "") for m in members) for name, kind in dates}
    return {name: span for name, span in found.items() if span}


def rolled_up(
    form: Form, period: Period, members: Iterable[Member], accounts: Sequence[Account], lists: Lists
) -> Record:
    """Return the record of a roll-up: figures from its members, agencies from its accounts, and its *lists*.

    A roll-up of one agency has its figures except those that cannot be added. Raises :class:`AdditionError` if an
    agency is among the members twice.
    """
    parts = (Record(form, period, frozenset((member.agency,)), member.values) for member in members)
    values = total(form, period, parts).values
    return Record(form, period, _agencies_of(accounts), form.summed(form.added(values)), lists)


def _agencies_of(accounts: Sequence[Account]) -> frozenset[Agency]:
    """Return the agencies whose figures are added; for a roll-up among the files, those inside it."""
    rollups = {account.source.sha256 for account in accounts if account.status == "member"}
    return frozenset(
        account.agency
        for account in accounts
        if account.agency
        and (
            account.status == "member"
            or (account.status == "included" and account.source.sha256 not in rollups)
        )
    )


@dataclass(frozen=True, slots=True)
class Subtotal:
    """The sum of the agencies of one kind: how many there are, and every figure of the sum."""

    kind: str
    count: int
    values: Figures


def subtotals(rollup: Rollup) -> list[Subtotal]:
    """Return the subtotal of each kind, in the order of the members; kinds that differ in case only are one kind."""
    kinds: dict[str, str] = {}
    counts: Counter[str] = Counter()
    sums: dict[str, dict[str, Decimal]] = {}
    form = rollup.form
    for member in rollup.members:
        key = member.kind.casefold()
        kinds.setdefault(key, member.kind)
        counts[key] += 1
        add_to(sums.setdefault(key, {}), form.added(member.values))
    return [Subtotal(kind, counts[key], form.complete(form.summed(sums[key]))) for key, kind in kinds.items()]
