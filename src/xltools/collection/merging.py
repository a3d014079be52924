"""Merging: which files are added, which are left out and why, and the roll-up of those that are.

Every file and agency has an account in the roll-up. Inputs are added and totals derived; a file with errors is never
added, and a file replaces another one only as :mod:`xltools.checking.versions` says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from xltools.checking.collection import Collection, Examined, examine
from xltools.checking.versions import Replacement
from xltools.data.filing import Accepted, Account, Filing, Member, Return, Source, left_out
from xltools.data.finding import Finding, Severity, spot
from xltools.data.period import Period
from xltools.data.policy import Policy
from xltools.data.prior import Past
from xltools.data.record import Agency, merged_lists, same_agency
from xltools.data.rollup import Coverage, Rollup
from xltools.data.roster import Roster, several
from xltools.data.roster_lines import code_meant, entry_of, named_for
from xltools.errors import InputError, Problem
from xltools.form.model import Form
from xltools.text import clerk, clerk_message

_NO_SOURCE = Source("")


@dataclass(frozen=True, slots=True)
class Exclusion:
    """An agency or a file that the coordinator leaves out: its code, name or path, with the reason."""

    what: str
    reason: str

    def names(self, source: Source) -> bool:
        """Return whether it names the file, by its name or by its path or the end of it."""
        path, end = (text.replace("\\", "/") for text in (source.path, self.what))
        return end in {source.name, path} or path.endswith(f"/{end}")

    def covers(self, filing: Filing, roster: Roster | None) -> bool:
        """Return whether *filing* is left out; ``what`` is the code of an agency or the whole path of a file."""
        agency = entry_of(filing, roster) or filing.agency
        return self.what == filing.source.path or (agency is not None and agency.code == self.what)


@dataclass(frozen=True, slots=True)
class Merge:
    """The examined collection, and its roll-up unless an error prevents it."""

    collection: Collection
    rollup: Rollup | None


def merge(
    filings: Iterable[Filing],
    form: Form,
    period: Period,
    district: str,
    *,
    code: str = "",
    roster: Roster | None = None,
    exclusions: Sequence[Exclusion] = (),
    incomplete: bool = False,
    policy: Policy | None = None,
    past: Past | None = None,
    former: Sequence[Filing] = (),
    examining: Callable[..., Collection] = examine,
) -> Merge:
    """Verify and add up *filings*; with *incomplete*, files with errors are left out and the roll-up says so.

    *former* are older versions of them; see :func:`~xltools.checking.collection.examine`, which *examining* may stand for.
    Raises :class:`InputError` for an exclusion that names neither a file nor an agency of the roster, or several.
    """
    filings, period = tuple(filings), period.checked(form)
    exclusions = _resolved(exclusions, filings, roster)
    pairs = [(filing, next((x for x in exclusions if x.covers(filing, roster)), None)) for filing in filings]
    kept = [filing for filing, exclusion in pairs if exclusion is None]
    reasons = {exclusion.what: exclusion.reason for exclusion in exclusions}
    expected = roster.without(reasons) if roster else None
    if past:  # an agency that is left out is not reported as gone
        past = past.without(_left_out(reasons, filings, roster))
    collection = examining(
        kept, expected, period, district, code=code, policy=policy, past=past, former=former
    )
    added = [filing for one in collection.counting if (filing := _addable(one))]
    if not added or (collection.has_errors and not incomplete):
        return Merge(collection, None)
    added = _in_order(added, roster)
    refused = [_refused(one, roster, district) for one in collection.counting if not _addable(one)]
    excluded = [_excluded(filing, x, roster, district) for filing, x in pairs if x]
    accounts = (
        *(account for filing in added for account in _included(filing)),
        *sorted(refused, key=_account_order),
        *sorted(excluded, key=_account_order),
        *sorted(
            (_replaced(one.replacement) for one in collection.examined if one.replacement), key=_account_order
        ),
        *_absentees(roster, filings, collection, reasons, district),
    )
    rollup = Rollup(
        form,
        period,
        district,
        code or district,
        tuple(_member(filing, roster) for filing in added),
        accounts,
        _coverage(roster, added, accounts),
        tuple(accepted_in(collection.findings, added)),
        {severity: collection.count(severity) for severity in Severity},
        len(roster.entries) if roster else None,
        past.periods_of(Agency(district, code or district, district)) if past else {},
        lists=merged_lists(form, (filing.record for filing in added)),
    )
    return Merge(collection, rollup)


def _resolved(
    exclusions: Sequence[Exclusion], filings: Sequence[Filing], roster: Roster | None
) -> list[Exclusion]:
    """Return the exclusions of agencies by their code and of files by their path.

    Raises :class:`InputError` naming all that are unclear.
    """
    agencies = [filing.agency for filing in filings if filing.agency]
    found: list[Exclusion] = []
    problems: list[Problem] = []
    for one in exclusions:
        files = sorted({filing.source.path for filing in filings if one.names(filing.source)})
        if one.what in files or len(files) == 1:
            found.append(replace(one, what=one.what if one.what in files else files[0]))
        elif files:
            problems.append(Problem("exclude-several", facts={"wanted": one.what, "found": "、".join(files)}))
        elif code := code_meant(one.what, roster, agencies):
            found.append(replace(one, what=code))
        elif meant := roster.meant(one.what) if roster else ():
            problems.append(several(one.what, meant))
        else:
            problems.append(Problem("no-such-exclude", facts={"wanted": one.what}))
    if problems:
        raise InputError(*problems)
    return found


def _left_out(codes: Iterable[str], filings: Sequence[Filing], roster: Roster | None) -> list[Agency]:
    """Return the agencies with *codes*, as the roster and the files have them."""
    known = {filing.agency for filing in filings if filing.agency}
    known |= {entry.agency() for entry in roster or ()}
    wanted = set(codes)
    return sorted(agency for agency in known if agency.code in wanted)


def _addable(one: Examined) -> Return | None:
    """Return the return in a file, or ``None`` if it has errors; an incomplete roll-up can be added."""
    has_errors = any(f.is_error and f.code != "rollup-incomplete" for f in one.findings)
    return one.filing if isinstance(one.filing, Return) and not has_errors else None


def _in_order(added: Iterable[Return], roster: Roster | None) -> list[Return]:
    """Return the files in the order of the roster, then of district and code; the order of *added* has no effect.

    Raises :class:`AdditionError` if two are from one agency: each of them has an error that names the other.
    """
    keys: dict[tuple[float, str, str], Return] = {}
    for filing in added:
        entry, agency = entry_of(filing, roster), filing.agency
        behind = (float("inf"), agency.district, agency.code)
        key = (roster.order[entry.code], "", "") if roster and entry else behind
        if keys.setdefault(key, filing) is not filing:
            raise same_agency([agency])
    return [keys[key] for key in sorted(keys)]


def _account_order(account: Account) -> tuple[str, ...]:
    agency = account.agency or Agency("", "")
    source = account.source
    return (agency.district, agency.code, source.name, source.sha256, source.path)


def _member(filing: Return, roster: Roster | None) -> Member:
    entry = entry_of(filing, roster)
    texts = {name: filing.prose[name] for name in filing.form.gathered if name in filing.prose}
    return Member(filing.agency, filing.source, filing.record.values, entry.kind if entry else "", texts)


def _included(filing: Return) -> list[Account]:
    """Return the account of an added file and, of a roll-up, those of the agencies inside."""
    accounts = [Account(filing.agency, filing.source, "included")]
    if filing.is_rollup:
        inside = sorted(filing.record.agencies)
        accounts += [Account(agency, filing.source, "member", via=str(filing.agency)) for agency in inside]
        accounts += [account._replace(via=account.via or str(filing.agency)) for account in filing.left_out]
    return accounts


def accepted_in(findings: Iterable[Finding], added: Iterable[Return]) -> Iterator[Accepted]:
    """Yield the waived ones of *findings*, each with its message instead of its facts, and those that added roll-ups list."""
    for finding in sorted(findings, key=lambda f: (f.agency, f.code, f.sheet, f.address, f.file)):
        if waiver := finding.waiver:
            place = spot(finding.sheet, finding.address)
            by_whom = waiver.reason, waiver.who, waiver.date
            yield Accepted(finding.agency, finding.code, place, clerk_message(finding), *by_whom)
    for filing in added:
        yield from (one._replace(via=str(filing.agency)) for one in filing.waived)


def _refused(one: Examined, roster: Roster | None, district: str) -> Account:
    """Return the account of a file with errors: the first of them in words, and how many more there are."""
    errors = [clerk_message(f) for f in one.findings if f.is_error]
    more = clerk()("rollup.more", count=len(errors) - 1) if len(errors) > 1 else ""
    return Account(_agency_of(one.filing, roster, district), one.filing.source, "excluded", errors[0] + more)


def _excluded(filing: Filing, exclusion: Exclusion, roster: Roster | None, district: str) -> Account:
    return Account(_agency_of(filing, roster, district), filing.source, "excluded", exclusion.reason)


def _agency_of(filing: Filing, roster: Roster | None, district: str) -> Agency | None:
    """Return the agency of a file; if it cannot be read, that with whose code the name of the file begins."""
    if filing.agency is None and roster and (entry := named_for(filing, roster)):
        return entry.agency(district)
    return filing.agency


def _replaced(replacement: Replacement) -> Account:
    """Return the account of a file that a newer version or an equal file replaces."""
    by, key = replacement.by.source.path, "rollup.same" if replacement.is_copy else "rollup.newer"
    note = clerk()(key, file=by, count=len(replacement.changes))
    return Account(replacement.filing.agency, replacement.filing.source, "replaced", note)


def _absentees(
    roster: Roster | None,
    filings: Iterable[Filing],
    collection: Collection,
    reasons: Mapping[str, str],
    district: str,
) -> list[Account]:
    """Return the accounts of the agencies of the roster without any file, in its order."""
    if roster is None:
        return []
    present = {entry.code for filing in filings if (entry := entry_of(filing, roster))}
    without = {entry.code for entry in collection.absent} | (reasons.keys() - present)
    absent = [entry for entry in roster if entry.code in without]
    return [Account(e.agency(district), _NO_SOURCE, "missing", reasons.get(e.code, "")) for e in absent]


def _coverage(roster: Roster | None, added: Iterable[Return], accounts: Sequence[Account]) -> Coverage:
    """Return the coverage: complete only if there is a roster and all roll-ups among the files are complete."""
    if left_out(accounts):
        return "incomplete"
    are_whole = all(filing.is_complete or not filing.is_rollup for filing in added)
    return "complete" if roster and are_whole else "unchecked"
