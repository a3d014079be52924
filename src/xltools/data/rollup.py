"""The sum of many filings, which remembers each of them: every figure can be traced to its file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Literal

from xltools.data.filing import Accepted, Account, Member, Stamp, left_out
from xltools.data.finding import Severity
from xltools.data.measure import foremost
from xltools.data.record import Agency, Figures, Record, add_to, additive, total
from xltools.form.model import Chart, Form

Coverage = Literal["complete", "unchecked", "incomplete"]


@dataclass(frozen=True, eq=False)
class Rollup:
    """What a district's workbook holds.

    ``accounts`` names every file and agency, in or out, and why; ``waived`` the findings that were accepted, here or in a roll-up
    that is inside; ``counts`` how many findings of each severity the collection has besides; ``expected`` how many agencies the roster names.
    ``earlier`` are the district's figures of the years before, as far as they are known.
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
    second_reader: str = ""  # the sentence on the cover about the second reader, where there was one

    @property
    def stamp(self) -> Stamp:
        """The roll-up's own: it is a return of the district."""
        agency = Agency(self.district, self.code, self.district)
        return Stamp(self.form.key, self.form.edition, self.year, agency, "rollup")

    @property
    def included(self) -> Iterator[Account]:
        """The accounts of the files that were added, each of which has its row."""
        return (account for account in self.accounts if account.status == "included")

    @cached_property
    def left_out(self) -> tuple[Account, ...]:
        """The accounts of the files that were not added, and of the agencies that sent none."""
        return left_out(self.accounts)

    @cached_property
    def record(self) -> Record:
        """The sum, over every agency inside."""
        return rolled_up(self.form, self.year, self.members, self.accounts)

    @cached_property
    def values(self) -> dict[str, Decimal]:
        """Every figure of the district that can be a sum, totals included."""
        cells = self.form.cells
        return {name: value for name, value in self.record.complete().items() if cells[name].additive}

    def foremost(self, chart: Chart) -> list[tuple[Member, Decimal]]:
        """Return the agencies that a chart of agencies shows; see :func:`~xltools.data.measure.foremost`."""
        return foremost(self.form, chart.shows[0].is_, self.members)


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
