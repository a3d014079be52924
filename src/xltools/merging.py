"""Merging: which files are added, which are left out and why, and the roll-up of those that are.

Nothing is decided in silence. Inputs are added and totals derived; a file that is doubted is never added, and a
later file never takes the place of an earlier one.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import attrs
from attrs import frozen

from xltools.checking.collection import Collection, Examined, entry_of, examine, named_for, represented
from xltools.data.filing import Accepted, Account, Filing, Member, Source, left_out
from xltools.data.finding import Finding, Severity
from xltools.data.policy import Policy
from xltools.data.prior import Past
from xltools.data.record import Agency
from xltools.data.rollup import Coverage, Rollup
from xltools.data.roster import Roster
from xltools.errors import InputError, Problem
from xltools.form.model import Form
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
) -> Merge:
    """Add up *filings*; with *incomplete*, what has errors or is missing is left out and the roll-up says so.

    Raises :class:`InputError` for an exclusion that names nothing.
    """
    filings = tuple(filings)
    _known(exclusions, filings, roster)
    fates = [(filing, _exclusion(filing, exclusions)) for filing in filings]
    out = [(filing, exclusion) for filing, exclusion in fates if exclusion]
    kept = [filing for filing, exclusion in fates if exclusion is None]
    reasons = {x.what: x.reason for x in exclusions}
    expected = Roster(tuple(e for e in roster if e.code not in reasons)) if roster else None
    past = past.without(reasons) if past else None  # who is left out is not gone
    collection = examine(kept, expected, year, district, policy=policy, past=past)
    added = [one for one in collection.examined if _can_be_added(one)]
    if not added or (collection.has_errors and not incomplete):
        return Merge(collection, None)
    added.sort(key=lambda one: _order(one.filing, roster))
    accounts = [account for one in added for account in _included(one.filing)]
    refused = [one for one in collection.examined if not _can_be_added(one)]
    accounts += sorted((_refused(one) for one in refused), key=_account_order)
    accounts += sorted((_excluded(filing, x, roster, district) for filing, x in out), key=_account_order)
    accounts += _absentees(roster, filings, collection, reasons, district)
    members = tuple(_member(one.filing, roster) for one in added)
    waived = sorted((f for f in collection.findings if f.waiver), key=_finding_order)
    accepted = [_accepted(finding) for finding in waived]
    accepted += [inside for one in added for inside in _accepted_below(one.filing)]
    coverage = _coverage(roster, accounts, added)
    rollup = Rollup(
        form,
        year,
        district,
        code or district,
        members,
        tuple(accounts),
        coverage,
        tuple(accepted),
        {severity: collection.count(severity) for severity in Severity},
        len(roster.entries) if roster else None,
        past.years_of(Agency(district, code or district, district)) if past else {},
    )
    return Merge(collection, rollup)


def _can_be_added(one: Examined) -> bool:
    """Whether its figures can be trusted; an incomplete roll-up's can, as far as they go."""
    return all(not f.is_error or f.code == "rollup-incomplete" for f in one.findings)


def _known(exclusions: Sequence[Exclusion], filings: tuple[Filing, ...], roster: Roster | None) -> None:
    codes = set(roster.by_code) if roster else set()
    problems = [
        Problem("no-such-exclude", facts={"wanted": x.what})
        for x in exclusions
        if x.what not in codes and not any(x.covers(filing) for filing in filings)
    ]
    if problems:
        raise InputError(*problems)


def _exclusion(filing: Filing, exclusions: Sequence[Exclusion]) -> Exclusion | None:
    return next((x for x in exclusions if x.covers(filing)), None)


def _order(filing: Filing, roster: Roster | None) -> tuple[object, ...]:
    """The roster's order, then by district and code; never the order in which the files were found."""
    entry = entry_of(filing, roster) if roster else None
    place = roster.order[entry.code] if roster and entry else math.inf
    agency = filing.agency or Agency("", "")
    return (place, agency.district, agency.code, filing.source.name)


def _account_order(account: Account) -> tuple[str, ...]:
    agency = account.agency or Agency("", "")
    return (agency.district, agency.code, account.source.name, account.source.sha256)


def _finding_order(finding: Finding) -> tuple[str, ...]:
    return (finding.agency, finding.code, finding.sheet, finding.address, finding.file)


def _member(filing: Filing, roster: Roster | None) -> Member:
    assert filing.agency is not None  # noqa: S101  a filing without a stamp has an error
    assert filing.record is not None  # noqa: S101  and so has one without a record
    entry = entry_of(filing, roster) if roster else None
    return Member(filing.agency, filing.source, filing.record.values, entry.kind if entry else "")


def _included(filing: Filing) -> list[Account]:
    """Its own line and, of a roll-up, one for each agency inside."""
    accounts = [Account(filing.agency, filing.source, "included")]
    if filing.is_rollup and filing.record:
        inside = sorted(filing.record.agencies)
        accounts += [Account(agency, filing.source, "member", via=str(filing.agency)) for agency in inside]
        accounts += [
            attrs.evolve(account, via=account.via or str(filing.agency)) for account in filing.left_out
        ]
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
    return [attrs.evolve(accepted, via=str(filing.agency)) for accepted in filing.waived]


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
    filings: tuple[Filing, ...],
    collection: Collection,
    reasons: dict[str, str],
    district: str,
) -> list[Account]:
    """The agencies of the roster without any file, in its order."""
    if roster is None:
        return []
    present = represented(filings, roster)
    absent = [e for e in roster if e in collection.absent or (e.code in reasons and e.code not in present)]
    return [Account(e.agency(district), _NO_SOURCE, "missing", reasons.get(e.code, "")) for e in absent]


def _coverage(roster: Roster | None, accounts: list[Account], added: list[Examined]) -> Coverage:
    """Complete is what a roster vouches for, at this level and at those below."""
    if left_out(tuple(accounts)):
        return "incomplete"
    below = all(one.filing.is_complete for one in added if one.filing.is_rollup)
    return "complete" if roster and below else "unchecked"
