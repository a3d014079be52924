"""The checks over many files: whose are they, is any there twice, who is missing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import NamedTuple

import attrs
from attrs import define

from xltools.checking import peers, prior
from xltools.checking.checks import verify
from xltools.data.filing import Filing
from xltools.data.finding import Finding, Severity, Word, has_errors
from xltools.data.policy import Policy
from xltools.data.prior import Figures, Past
from xltools.data.record import Agency
from xltools.data.roster import Entry, Roster

_ROSTER = "\0"  # no district has this name: it marks lines of the roster


class Examined(NamedTuple):
    """A filing with everything found in it."""

    filing: Filing
    findings: tuple[Finding, ...]

    @property
    def has_errors(self) -> bool:
        """Whether it cannot be added up as it is."""
        return has_errors(self.findings)


@define(frozen=True, slots=False)
class Collection:
    """Filings examined together.

    ``missing`` names the agencies of the roster that sent none, ``changes`` those without a file that came or went
    since last year.
    """

    examined: tuple[Examined, ...]
    missing: tuple[Finding, ...] = ()
    absent: tuple[Entry, ...] = ()
    changes: tuple[Finding, ...] = ()

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """Everything found, file by file, then what no file is to blame for."""
        return (*(finding for one in self.examined for finding in one.findings), *self.of_no_file)

    @property
    def of_no_file(self) -> tuple[Finding, ...]:
        """What was found out about agencies without a file."""
        return (*self.missing, *self.changes)

    @property
    def has_errors(self) -> bool:
        """Whether anything keeps it from being added up."""
        return has_errors(self.findings)

    def count(self, severity: Severity) -> int:
        """How many findings are of that severity, without those that were waived."""
        return sum(f.severity is severity and f.waiver is None for f in self.findings)


def examine(
    filings: Iterable[Filing],
    roster: Roster | None = None,
    year: int | None = None,
    district: str = "",
    *,
    policy: Policy | None = None,
    past: Past | None = None,
) -> Collection:
    """Verify each filing and all of them together, and with last year's; what is not given is not asked."""
    filings, policy = tuple(filings), policy or Policy()
    doubled = dict(_doubled(filings, roster))
    absent = tuple(_absent(filings, roster)) if roster else ()
    matched = past.matches(_everyone(filings, absent)) if past else {}
    last = [prior.last_figures(filing, past, matched) if past else {} for filing in filings]
    across = _across(filings, roster, policy, past, matched, last)
    examined = []
    for index, filing in enumerate(filings):
        found = [*verify(filing), *_against(filing, roster, year, district), *doubled.get(index, ())]
        findings = _explained(filing, [*found, *across[index]], last[index])
        examined.append(Examined(filing, tuple(_judged(filing, finding, policy) for finding in findings)))
    missing = tuple(policy.applied(_missing(entry), entry.code) for entry in absent)
    changes = tuple(_changes(absent, policy, past, matched)) if past and roster else ()
    return Collection(tuple(examined), missing, absent, changes)


def _explained(filing: Filing, findings: list[Finding], last: Figures) -> tuple[Finding, ...]:
    """The findings with what may lie behind them."""
    if not findings:
        return ()
    from xltools.checking.causes import with_causes  # noqa: PLC0415  a return without a finding pays nothing

    return with_causes(filing, findings, last)


def _everyone(filings: tuple[Filing, ...], absent: tuple[Entry, ...]) -> Iterator[Agency]:
    """Who is there this year: with a file, inside a roll-up, or at least on the roster."""
    for filing in filings:
        if filing.agency:
            yield filing.agency
        yield from (member.agency for member in filing.members)
    yield from (entry.agency() for entry in absent)


def _across(
    filings: tuple[Filing, ...],
    roster: Roster | None,
    policy: Policy,
    past: Past | None,
    matched: Mapping[Agency, Agency],
    last: list[Figures],
) -> list[list[Finding]]:
    """What there is to say of each filing in the light of last year and of the others."""
    entries = [entry_of(filing, roster) if roster else None for filing in filings]
    compared = peers.compared(peers.peers_of(filings, entries, last), policy.thresholds)
    return [
        [
            *(prior.against(filing, past, matched, policy.thresholds) if past else ()),
            *compared.get(index, ()),
            *peers.no_rule_maker(filing, entry, policy),
        ]
        for index, (filing, entry) in enumerate(zip(filings, entries, strict=True))
    ]


def _changes(
    absent: tuple[Entry, ...], policy: Policy, past: Past, matched: Mapping[Agency, Agency]
) -> Iterator[Finding]:
    """Who came since last year and sent nothing yet, and who went. Without a roster nobody is known to have gone."""
    for entry in absent:
        if entry.agency() not in matched:
            yield policy.applied(prior.new(entry.agency(), past), entry.code)
    for agency in prior.gone(past, matched):
        yield policy.applied(prior.went(agency, past), agency.code)


def _judged(filing: Filing, finding: Finding, policy: Policy) -> Finding:
    """The finding with what the coordinator decided about it and what the agency answered."""
    judged = policy.applied(finding, filing.agency.code if filing.agency else "")
    answer = filing.explanations.get((finding.code, finding.cell), "")
    return attrs.evolve(judged, explanation=answer) if answer else judged


def entry_of(filing: Filing, roster: Roster) -> Entry | None:
    """Its line of the roster: by code; a roll-up, whose code nobody assigned, also by name."""
    if filing.agency is None:
        return None
    entry = roster.by_code.get(filing.agency.code)
    if entry is None and filing.is_rollup:
        entry = roster.find(filing.agency.name)
    return entry


def represented(filings: Iterable[Filing], roster: Roster) -> set[str]:
    """The codes of the roster that some file answers to, whatever is wrong with it."""
    return {entry.code for filing in filings if (entry := entry_of(filing, roster))}


def _against(filing: Filing, roster: Roster | None, year: int | None, district: str) -> Iterator[Finding]:
    if filing.stamp is None:
        return
    agency = filing.stamp.agency
    about = Finding("wrong-year", filing.source.path, str(agency))
    if year is not None and filing.stamp.year != year:
        yield attrs.evolve(about, found=str(filing.stamp.year), expected=str(year))
    if roster is None:
        return
    entry = entry_of(filing, roster)
    if district and agency.district not in {"", district} and not filing.is_rollup:
        yield attrs.evolve(about, code="other-district", found=agency.district, expected=district)
    if entry is None:
        yield attrs.evolve(about, code="not-on-roster", found=agency.code, facts={"agency": str(agency)})
    elif (named := named_for(filing, roster)) is not None and named != entry:
        facts: dict[str, object] = {"agency": str(agency)}
        yield attrs.evolve(
            about, code="other-agency", found=agency.code, expected=str(named.agency()), facts=facts
        )
    elif entry.name != agency.name:
        yield attrs.evolve(
            about, code="name-differs", found=agency.name, expected=entry.name, facts={"code": agency.code}
        )


def named_for(filing: Filing, roster: Roster) -> Entry | None:
    """The agency whose code the file's name begins with, as issued names do."""
    return roster.by_code.get(filing.source.name.partition("_")[0])


def _doubled(filings: tuple[Filing, ...], roster: Roster | None) -> Iterator[tuple[int, list[Finding]]]:
    """For each file that shares an agency and a year with another, which ones they are.

    An agency may stand alone or inside a roll-up; and two files that answer to one line of the roster are two
    for one agency, whatever is stamped on them.
    """
    holders: dict[tuple[Agency, int], list[int]] = {}
    for index, filing in enumerate(filings):
        for agency in _agencies(filing, roster):
            holders.setdefault((agency, filing.stamp.year if filing.stamp else 0), []).append(index)
    shared: dict[int, list[Finding]] = {}
    for (agency, _), indexes in sorted(
        holders.items(), key=lambda item: (item[0][0].district == _ROSTER, item[0])
    ):
        for index in indexes if len(indexes) > 1 else ():
            found = _double(filings[index], agency, [filings[i] for i in indexes])
            told = shared.setdefault(index, [])
            if all(found.facts["files"] != other.facts["files"] for other in told):
                told.append(found)  # a line of the roster adds nothing to what its agency told
    yield from shared.items()


def _agencies(filing: Filing, roster: Roster | None) -> frozenset[Agency]:
    own = frozenset((filing.agency,)) if filing.agency else frozenset[Agency]()
    inside = filing.record.agencies if filing.record else frozenset[Agency]()
    entry = entry_of(filing, roster) if roster else None
    line = frozenset((entry.agency(_ROSTER),)) if entry else frozenset[Agency]()
    return own | inside | line


def _double(filing: Filing, agency: Agency, holders: list[Filing]) -> Finding:
    same = len({holder.source.sha256 for holder in holders}) == 1
    facts: dict[str, object] = {
        "agency": str(agency),
        "files": "、".join(sorted(_told_apart(holders))),
        "same": Word("same" if same else "different"),
    }
    return Finding("duplicate-return", filing.source.path, str(filing.agency), facts=facts)


def _told_apart(holders: list[Filing]) -> list[str]:
    """The names of the files; their paths where two have one name."""
    names = [holder.source.name for holder in holders]
    return names if len(set(names)) == len(names) else [holder.source.path for holder in holders]


def _absent(filings: tuple[Filing, ...], roster: Roster) -> Iterator[Entry]:
    """Who sent nothing at all; a file with faults is a file that came."""
    present = represented(filings, roster)
    return (entry for entry in roster if entry.code not in present)


def _missing(entry: Entry) -> Finding:
    agency = str(entry.agency())
    return Finding("missing-return", agency=agency, facts={"agency": agency})
