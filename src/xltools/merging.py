"""Merging: which files are added, which are left out and why, and the roll-up of those that are.

Nothing is decided in silence. Inputs are added and totals derived; a file that is doubted is never added, and a
later file never takes the place of an earlier one.
"""

from __future__ import annotations

import struct
from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

from xltools.checking.collection import Collection, Examined, examine
from xltools.checking.holders import entry_of, named_for
from xltools.data.anew import Anew
from xltools.data.filing import Accepted, Account, Filing, Member, Source, left_out
from xltools.data.finding import Finding, Severity
from xltools.data.packed import origin_of, unpack_member
from xltools.data.policy import Policy
from xltools.data.prior import Past
from xltools.data.record import Agency, same_agency
from xltools.data.rollup import Added, Adding, Coverage, Rollup
from xltools.data.roster import Entry, Roster
from xltools.errors import InputError, Problem
from xltools.form.model import Form
from xltools.spool import Spool
from xltools.text import clerk, message

if TYPE_CHECKING:
    from concurrent.futures import Executor

_NO_SOURCE = Source("")
_BEHIND = 2**64 - 1  # the place of those that are on no roster

_Filings = Spool | tuple[Filing, ...]


@dataclass(frozen=True, slots=True)
class Exclusion:
    """What the coordinator leaves out: an agency's code or a file's name, and why."""

    what: str
    reason: str

    def covers(self, filing: Filing) -> bool:
        """Whether *filing* is meant."""
        by_code = filing.agency is not None and filing.agency.code == self.what
        return by_code or self.what in {filing.source.name, filing.source.path}


@dataclass(frozen=True, slots=True)
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
    words: Callable[[Examined], str] | None = None,
    tell: Callable[[str], object] = str,
    executor: Executor | None = None,
) -> Merge:
    """Add up *filings*; with *incomplete*, what has errors or is missing is left out and the roll-up says so.

    They are gone through one at a time and in their order; those of a :class:`~xltools.spool.Spool` are not held. Where
    there are *words* to say of one that was examined, *tell* says them. The processes of an *executor* of this machine
    examine those of a spool, to whom *words* travels. Raises :class:`InputError` for an exclusion that names nothing.
    """
    filings = filings if isinstance(filings, Spool) else tuple(filings)
    left = _Left.of(filings, exclusions, roster)
    expected = Roster(tuple(e for e in roster if e.code not in left.reasons)) if roster else None
    past = past.without(left.reasons) if past else None  # who is left out is not gone
    kept = left.rest(filings)
    collection = examine(kept, expected, year, district, policy=policy, past=past)
    added = _Added(kept, form)
    for looks in collection.made(partial(_looks, form, roster, words), executor):
        added.add(looks)
        for text in looks.words:
            tell(text)
    if not added or (collection.has_errors and not incomplete):
        return Merge(collection, None)
    rows = added.rows()
    rest = [
        *sorted(added.refused, key=_account_order),
        *left.accounts(roster, district),
        *_absentees(roster, left.present, collection, left.reasons, district),
    ]
    accounts = _Accounts(rows, rest)
    without = left_out(accounts) if accounts.lack_somebody else ()
    waived = [*added.waived, *(finding for finding in collection.of_no_file if finding.waiver)]
    accepted = [_accepted(finding) for finding in sorted(waived, key=_finding_order)]
    accepted += added.accepted_below(rows)
    rollup = Rollup(
        form,
        year,
        district,
        code or district,
        _Members(rows, form),
        accounts,
        _coverage(roster, without, whole=added.are_whole),
        tuple(accepted),
        {severity: collection.count(severity) for severity in Severity},
        len(roster.entries) if roster else None,
        past.years_of(Agency(district, code or district, district)) if past else {},
        added.up(rows),
        without,
    )
    return Merge(collection, rollup)


class _Row(NamedTuple):
    """What is to be known of a filing that is added: what its row is sorted by, and how many accounts it has."""

    place: int
    order: bytes
    kind: str
    accounts: int
    accepted: tuple[Accepted, ...]  # in a roll-up
    is_whole: bool  # it is no roll-up that says that it is not complete


class _Looks(NamedTuple):
    """What is known after some filings were looked at: which are added, to what, and why the others are not."""

    rows: list[_Row]
    sum: Adding
    refused: list[Account]
    waived: list[Finding]
    words: list[str]


def _looks(
    form: Form,
    roster: Roster | None,
    words: Callable[[Examined], str] | None,
    first: int,
    examined: Iterable[Examined],
) -> _Looks:
    """Look at some filings that were examined, the first of them at that place, in whichever process this is."""
    looks = _Looks([], Adding(form), [], [], [])
    for place, one in enumerate(examined, first):
        looks.waived.extend(finding for finding in one.findings if finding.waiver)
        if words and (text := words(one)):
            looks.words.append(text)
        if _can_be_added(one):
            row, member = _row(place, one.filing, roster), _member(one.filing, "")
            looks.rows.append(row)
            looks.sum.add(form, member.values, row.order, place)
        else:
            looks.refused.append(_refused(one))
    return looks


def _row(place: int, filing: Filing, roster: Roster | None) -> _Row:
    entry = entry_of(filing, roster)
    return _Row(
        place,
        _order(filing, entry, roster),
        entry.kind if entry else "",
        len(_included(filing)) if filing.is_rollup else 1,
        tuple(_accepted_below(filing)),
        filing.is_complete or not filing.is_rollup,
    )


class _Added:
    """What is known after all filings were looked at once. Of one that is added its place is kept, and little else."""

    _TAIL = struct.Struct(
        ">QII"
    )  # behind what rows are sorted by: the index, the number of the kind, how many accounts

    def __init__(self, filings: _Filings, form: Form) -> None:
        self._filings, self._form = filings, form
        self._rows: list[bytes] = []
        self._sum = Adding(form)
        self._kinds: dict[str, int] = {}
        self._accepted: dict[int, tuple[Accepted, ...]] = {}
        self.refused: list[Account] = []
        self.waived: list[Finding] = []
        self.are_whole = True  # every roll-up below says that it is complete

    def __bool__(self) -> bool:
        return bool(self._rows)

    def add(self, looks: _Looks) -> None:
        """Some more."""
        self.refused += looks.refused
        self.waived += looks.waived
        self._sum.include(looks.sum)
        for row in looks.rows:
            kind = self._kinds.setdefault(row.kind, len(self._kinds))
            self._rows.append(row.order + self._TAIL.pack(row.place, kind, row.accounts))
            if row.accepted:
                self._accepted[row.place] = row.accepted
            self.are_whole = self.are_whole and row.is_whole

    def rows(self) -> _Rows:
        """Those that are added, in the order of the roll-up; nothing is added afterwards.

        Raises :class:`AdditionError` where two of one agency are: each of them has an error that tells of the other.
        """
        self._rows.sort()
        rows, tail, last = _Rows(self._filings, tuple(self._kinds)), self._TAIL.size, b""
        for row in self._rows:
            place, kind, accounts = self._TAIL.unpack_from(row, len(row) - tail)
            if row[:-tail] == last:
                raise same_agency(filter(None, [self._filings[place].agency]))
            last = row[:-tail]
            rows.add(place, kind, accounts)
        self._rows.clear()
        return rows

    def up(self, rows: _Rows) -> Added:
        """What they add up to."""
        return self._sum.added(self._form, rows.indexes.index)

    def accepted_below(self, rows: _Rows) -> list[Accepted]:
        """What was accepted in roll-ups that are added, in their order."""
        return [one for index in rows.indexes if index in self._accepted for one in self._accepted[index]]


class _Rows:
    """The files that are added, in the order of the roll-up: where each waits, its kind, and how many accounts it has."""

    def __init__(self, filings: _Filings, kinds: tuple[str, ...]) -> None:
        self._filings, self._kinds = filings, kinds
        self.indexes, self._kind_of = array("Q"), array("L")
        self.starts = array("Q", [0])  # of the accounts of each, and where the last end

    def add(self, index: int, kind: int, accounts: int) -> None:
        """One more, at the end."""
        self.indexes.append(index)
        self._kind_of.append(kind)
        self.starts.append(self.starts[-1] + accounts)

    def member(self, row: int) -> Member | tuple[bytes, str]:
        """What that file brings into the sum; packed, with the kind, where it waits on the disk."""
        index, kind = self.indexes[row], self._kinds[self._kind_of[row]]
        if isinstance(self._filings, Spool):
            return self._filings.member(index), kind
        return _member(self._filings[index], kind)

    def accounts(self, row: int) -> Sequence[Account | bytes]:
        """What there is to tell of that file: one account, unless it is a roll-up; packed where it waits on the disk."""
        index = self.indexes[row]
        if isinstance(self._filings, Spool) and self.starts[row + 1] - self.starts[row] == 1:
            return [self._filings.origin(index)]
        return _included(self._filings[index])


class _Members(Anew[Member]):
    """The rows of a roll-up."""

    def __init__(self, rows: _Rows, form: Form) -> None:
        self._rows, self._form = rows, form

    def __len__(self) -> int:
        return len(self._rows.indexes)

    def at(self, place: int) -> Member:
        """The row at that place."""
        return _unpacked(self._form, self._rows.member(place))

    def carried(self) -> tuple[Iterable[Any], Callable[[Any], Member]]:
        """Those that wait on the disk go packed."""
        return map(self._rows.member, range(len(self))), partial(_unpacked, self._form)


def _unpacked(form: Form, member: Member | tuple[bytes, str]) -> Member:
    if isinstance(member, Member):
        return member
    packed, kind = member
    return unpack_member(packed, form)._replace(kind=kind)


class _Accounts(Anew[Account]):
    """The account of a roll-up: of what was added file by file, and the rest behind it."""

    def __init__(self, rows: _Rows, rest: Sequence[Account]) -> None:
        self._rows, self._rest = rows, rest

    def __len__(self) -> int:
        return self._rows.starts[-1] + len(self._rest)

    def __iter__(self) -> Iterator[Account]:
        return map(_account, self._each())

    def _each(self) -> Iterator[Account | bytes]:
        for row in range(len(self._rows.indexes)):  # each file is opened once, however many accounts it has
            yield from self._rows.accounts(row)
        yield from self._rest

    @property
    def lack_somebody(self) -> bool:
        """Whether any is of what was not added; of a file that is added, and no roll-up, none is."""
        starts = self._rows.starts
        rollups = (row for row in range(len(self._rows.indexes)) if starts[row + 1] - starts[row] > 1)
        inside = (account for row in rollups for account in self._rows.accounts(row))
        return any(_account(account).is_left_out for account in chain(self._rest, inside))

    def carried(self) -> tuple[Iterable[Any], Callable[[Any], Account]]:
        """Those of files that wait on the disk go packed."""
        return self._each(), _account

    def at(self, place: int) -> Account:
        """The account at that place."""
        starts = self._rows.starts
        if place >= starts[-1]:
            return self._rest[place - starts[-1]]
        row = bisect_right(starts, place) - 1
        return _account(self._rows.accounts(row)[place - starts[row]])


def _account(account: Account | bytes) -> Account:
    return Account(*origin_of(account), "included") if isinstance(account, bytes) else account


@dataclass(frozen=True, slots=True)
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
        indexes, present, named = {}, set(), set(roster.order if roster else ())
        for index, filing in enumerate(filings):
            entry = entry_of(filing, roster)
            present |= {entry.code} if entry else set()
            covering = [x for x in exclusions if x.covers(filing)]
            named |= {x.what for x in covering}
            if covering:
                indexes[index] = filing, covering[0]
        if wrong := [x.what for x in exclusions if x.what not in named]:
            raise InputError(*(Problem("no-such-exclude", facts={"wanted": what}) for what in wrong))
        return cls(indexes, {x.what: x.reason for x in exclusions}, frozenset(present))

    def rest(self, filings: _Filings) -> _Filings:
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


def _order(filing: Filing, entry: Entry | None, roster: Roster | None) -> bytes:
    """The roster's order, then by district and code, of which no two are added; never the order of the files.

    As bytes, which are sorted as what they stand for: a number of fixed width and UTF-8.
    """
    place = roster.order[entry.code] if roster and entry else _BEHIND
    agency = filing.agency or Agency("", "")
    names = () if entry else (agency.district, agency.code, "")
    return struct.pack(">Q", place) + "\0".join(names).encode("utf-8", "surrogatepass")


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


def _coverage(roster: Roster | None, without: Sequence[Account], *, whole: bool) -> Coverage:
    """Complete is what a roster vouches for, at this level and at those below."""
    if without:
        return "incomplete"
    return "complete" if roster and whole else "unchecked"
