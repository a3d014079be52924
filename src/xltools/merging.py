"""Merging: which files are added, which are left out and why, and the roll-up of those that are.

Nothing is decided in silence. Inputs are added and totals derived; a file that is doubted is never added, and a
later file never takes the place of an earlier one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence

from attrs import frozen

from xltools.checking.collection import Collection, Examined, entry_of, examine, named_for
from xltools.data.anew import Anew
from xltools.data.filing import Accepted, Account, Filing, Member, Source, left_out
from xltools.data.finding import Finding, Severity
from xltools.data.policy import Policy
from xltools.data.prior import Past
from xltools.data.record import Agency
from xltools.data.rollup import Coverage, Rollup
from xltools.data.roster import Roster
from xltools.errors import InputError, Problem
from xltools.form.model import Form
from xltools.spool import Spool
from xltools.text import clerk, message

_NO_SOURCE = Source("")


@frozen
class Exclusion:
    """What the coordinator leaves out: an agency's code or a file's name, and why."""

    what: str
    reason: str

    def covers(self, filing: Filing) -> bool:
        """Whether *filing* is meant."""
        by_code = filing.agency is not None and filing.agency.code == self.what
        return by_code or self.what in {filing.source.name, filing.source.path}


@frozen
class Merge:
    """The outcome: the collection as examined, and the roll-up unless something stands against it."""

    collection: Collection
    rollup: Rollup | None


def merge(
    filings: Iterable[Filing],
    form: Form,
    year: int,
    district: str,
    *,
    code: str = "",
    roster: Roster | None = None,
    exclusions: Sequence[Exclusion] = (),
    incomplete: bool = False,
    policy: Policy | None = None,
    past: Past | None = None,
    watch: Callable[[Examined], object] | None = None,
) -> Merge:
    """Add up *filings*; with *incomplete*, what has errors or is missing is left out and the roll-up says so.

    They are gone through one at a time and in their order; *watch* sees each once it is examined. Those of a
    :class:`~xltools.spool.Spool` are not held. Raises :class:`InputError` for an exclusion that names nothing.
    """
    filings = filings if isinstance(filings, Spool) else tuple(filings)
    left = _Left.of(filings, exclusions, roster)
    expected = Roster(tuple(e for e in roster if e.code not in left.reasons)) if roster else None
    past = past.without(left.reasons) if past else None  # who is left out is not gone
    kept = left.rest(filings)
    collection = examine(kept, expected, year, district, policy=policy, past=past)
    sums = _Sums(roster)
    for index, one in enumerate(collection.each()):
        sums.add(index, one)
        if watch:
            watch(one)
    if not sums.rows or (collection.has_errors and not incomplete):
        return Merge(collection, None)
    sums.rows.sort(key=lambda row: row.order)
    accounts = [account for row in sums.rows for account in row.accounts]
    accounts += sorted(sums.refused, key=_account_order)
    accounts += left.accounts(roster, district)
    accounts += _absentees(roster, left.present, collection, left.reasons, district)
    waived = [*sums.waived, *(finding for finding in collection.of_no_file if finding.waiver)]
    accepted = [_accepted(finding) for finding in sorted(waived, key=_finding_order)]
    accepted += [below for row in sums.rows for below in row.accepted]
    rollup = Rollup(
        form,
        year,
        district,
        code or district,
        _members(kept, sums.rows, form),
        tuple(accounts),
        _coverage(roster, accounts, whole=sums.are_whole),
        tuple(accepted),
        {severity: collection.count(severity) for severity in Severity},
        len(roster.entries) if roster else None,
        past.years_of(Agency(district, code or district, district)) if past else {},
    )
    return Merge(collection, rollup)


@frozen
class _Row:
    """A file that is added: where it waits and where it comes in the roll-up; what is told of it and was accepted in it."""

    index: int
    order: tuple[object, ...]
    kind: str
    accounts: tuple[Account, ...]
    accepted: tuple[Accepted, ...]


class _Sums:
    """What is known after each filing was looked at once: which are added, and why the others are not."""

    def __init__(self, roster: Roster | None) -> None:
        self._roster = roster
        self.rows: list[_Row] = []
        self.refused: list[Account] = []
        self.waived: list[Finding] = []
        self.are_whole = True  # every roll-up below says that it is complete

    def add(self, index: int, one: Examined) -> None:
        """One more, examined."""
        self.waived += [finding for finding in one.findings if finding.waiver]
        if not _can_be_added(one):
            self.refused.append(_refused(one))
            return
        filing = one.filing
        entry = entry_of(filing, self._roster) if self._roster else None
        kind = entry.kind if entry else ""
        accounts, accepted = tuple(_included(filing)), tuple(_accepted_below(filing))
        self.rows.append(_Row(index, _order(filing, self._roster), kind, accounts, accepted))
        self.are_whole = self.are_whole and (filing.is_complete or not filing.is_rollup)


class _Members(Anew[Member]):
    """The rows of a roll-up whose filings wait on a disk."""

    def __init__(self, spool: Spool, rows: Sequence[_Row], form: Form) -> None:
        self._spool, self._form = spool, form
        self._rows = [(row.index, row.kind) for row in rows]

    def __len__(self) -> int:
        return len(self._rows)

    def at(self, place: int) -> Member:
        """The row at that place."""
        index, kind = self._rows[place]
        return self._spool.member(index, self._form)._replace(kind=kind)


def _members(filings: Spool | tuple[Filing, ...], rows: Sequence[_Row], form: Form) -> Sequence[Member]:
    if isinstance(filings, Spool):
        return _Members(filings, rows, form)
    return tuple(_member(filings[row.index], row.kind) for row in rows)


@frozen
class _Left:
    """What the coordinator leaves out: which filings and why, and which agencies of the roster sent something."""

    indexes: dict[int, tuple[Filing, Exclusion]]
    reasons: dict[str, str]
    present: frozenset[str] = frozenset()

    @classmethod
    def of(cls, filings: Sequence[Filing], exclusions: Sequence[Exclusion], roster: Roster | None) -> _Left:
        """Raises :class:`InputError` for an exclusion that names neither a file nor an agency of the roster."""
        if not exclusions:
            return cls({}, {})
        indexes, present, named = {}, set(), set(roster.by_code if roster else ())
        for index, filing in enumerate(filings):
            entry = entry_of(filing, roster) if roster else None
            present |= {entry.code} if entry else set()
            covering = [x for x in exclusions if x.covers(filing)]
            named |= {x.what for x in covering}
            if covering:
                indexes[index] = filing, covering[0]
        if wrong := [x.what for x in exclusions if x.what not in named]:
            raise InputError(*(Problem("no-such-exclude", facts={"wanted": what}) for what in wrong))
        return cls(indexes, {x.what: x.reason for x in exclusions}, frozenset(present))

    def rest(self, filings: Spool | tuple[Filing, ...]) -> Spool | tuple[Filing, ...]:
        """The filings that are not left out."""
        if not self.indexes:
            return filings
        kept = (index for index in range(len(filings)) if index not in self.indexes)
        return filings.only(kept) if isinstance(filings, Spool) else tuple(filings[i] for i in kept)

    def accounts(self, roster: Roster | None, district: str) -> list[Account]:
        """What the account says of them."""
        found = (_excluded(filing, x, roster, district) for filing, x in self.indexes.values())
        return sorted(found, key=_account_order)


def _can_be_added(one: Examined) -> bool:
    """Whether its figures can be trusted; an incomplete roll-up's can, as far as they go."""
    return all(not f.is_error or f.code == "rollup-incomplete" for f in one.findings)


def _order(filing: Filing, roster: Roster | None) -> tuple[object, ...]:
    """The roster's order, then by district and code, of which no two are added; never the order of the files."""
    entry = entry_of(filing, roster) if roster else None
    place = roster.order[entry.code] if roster and entry else math.inf
    agency = filing.agency or Agency("", "")
    return (place, agency.district, agency.code)


def _account_order(account: Account) -> tuple[str, ...]:
    agency = account.agency or Agency("", "")
    source = account.source
    return (agency.district, agency.code, source.name, source.sha256, source.path)


def _finding_order(finding: Finding) -> tuple[str, ...]:
    return (finding.agency, finding.code, finding.sheet, finding.address, finding.file)


def _member(filing: Filing, kind: str) -> Member:
    assert filing.agency is not None  # noqa: S101  a filing without a stamp has an error
    assert filing.record is not None  # noqa: S101  and so has one without a record
    return Member(filing.agency, filing.source, filing.record.values, kind)


def _included(filing: Filing) -> list[Account]:
    """Its own line and, of a roll-up, one for each agency inside."""
    accounts = [Account(filing.agency, filing.source, "included")]
    if filing.is_rollup and filing.record:
        inside = sorted(filing.record.agencies)
        accounts += [Account(agency, filing.source, "member", via=str(filing.agency)) for agency in inside]
        accounts += [account._replace(via=account.via or str(filing.agency)) for account in filing.left_out]
    return accounts


def _accepted(finding: Finding) -> Accepted:
    """A waived finding as the roll-up tells it: its facts do not outlast the file."""
    assert finding.waiver is not None  # noqa: S101  only such are passed
    place = "!".join(filter(None, (finding.sheet, finding.address)))
    waiver = finding.waiver
    words = message(finding, "zh")
    return Accepted(finding.agency, finding.code, place, words, waiver.reason, waiver.who, waiver.date)


def _accepted_below(filing: Filing) -> list[Accepted]:
    """What was accepted in a roll-up stays accepted, and stays told, in the roll-up above it."""
    return [accepted._replace(via=str(filing.agency)) for accepted in filing.waived]


def _refused(one: Examined) -> Account:
    """The account of a file with errors: the first of them in words, and how many more there are."""
    errors = [message(f, "zh") for f in one.findings if f.is_error]
    more = clerk()("rollup.more", count=len(errors) - 1) if len(errors) > 1 else ""
    return Account(one.filing.agency, one.filing.source, "excluded", errors[0] + more)


def _excluded(filing: Filing, exclusion: Exclusion, roster: Roster | None, district: str) -> Account:
    """A file that cannot be read is its agency's whose code its name begins with: the coordinator has named it."""
    agency = filing.agency
    if agency is None and roster and (entry := named_for(filing, roster)):
        agency = entry.agency(district)
    return Account(agency, filing.source, "excluded", exclusion.reason)


def _absentees(
    roster: Roster | None,
    present: frozenset[str],
    collection: Collection,
    reasons: dict[str, str],
    district: str,
) -> list[Account]:
    """The agencies of the roster without any file, in its order."""
    if roster is None:
        return []
    without = {entry.code for entry in collection.absent} | (reasons.keys() - present)
    absent = [entry for entry in roster if entry.code in without]
    return [Account(e.agency(district), _NO_SOURCE, "missing", reasons.get(e.code, "")) for e in absent]


def _coverage(roster: Roster | None, accounts: list[Account], *, whole: bool) -> Coverage:
    """Complete is what a roster vouches for, at this level and at those below."""
    if left_out(tuple(accounts)):
        return "incomplete"
    return "complete" if roster and whole else "unchecked"
