"""Checks of many files: which agency each is from, which agencies sent several, and which sent none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property
from typing import NamedTuple

from xltools.checking.causes import with_causes
from xltools.checking.checks import verified
from xltools.checking.effects import compared, published, remaining, with_effects
from xltools.checking.prior import not_at_hand
from xltools.checking.survey import Survey
from xltools.checking.versions import Candidate, Replacement, resolve
from xltools.data.failure import failed
from xltools.data.filing import Filing, Return
from xltools.data.finding import Finding, Severity, Waiver, has_errors
from xltools.data.period import Period
from xltools.data.policy import Policy
from xltools.data.prior import Past
from xltools.data.record import Agency
from xltools.data.roster import Entry, Roster
from xltools.data.roster_lines import entry_of, named_for


class Examined(NamedTuple):
    """A filing with all findings on it. One that a newer version or an equal file replaces has none.

    ``named`` is the line of the roster that the name of a file without a stamp begins with.
    """

    filing: Filing
    findings: tuple[Finding, ...]
    replacement: Replacement | None = None
    named: Entry | None = None

    @property
    def has_errors(self) -> bool:
        """Whether its figures cannot be added up."""
        return has_errors(self.findings)


@dataclass(frozen=True)
class Collection:
    """Filings examined together.

    ``missing`` are the findings on agencies of the roster that sent no file, ``absent`` these agencies, ``changes`` the
    other findings on no single file, such as those on agencies that came or went since last year, and ``of_roster`` those
    on the roster itself, and ``not_compared`` those on other periods that are not at hand. ``unmatched`` are the waivers
    whose agency is not known, and ``unused`` those without a version on agencies with a file that cover none of the
    findings; they mean something only if everything was verified as the collection says. ``remaining`` is the largest share of a published figure that the open findings can change
    together; ``None`` if it is not known.
    """

    examined: tuple[Examined, ...]
    missing: tuple[Finding, ...] = ()
    absent: tuple[Entry, ...] = ()
    changes: tuple[Finding, ...] = ()
    of_roster: tuple[Finding, ...] = ()
    unmatched: tuple[Waiver, ...] = ()
    unused: tuple[Waiver, ...] = ()
    not_compared: tuple[Finding, ...] = ()
    remaining: Decimal | None = None

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All findings, file by file, then those on no single file."""
        return (*(finding for one in self.examined for finding in one.findings), *self.of_no_file)

    @property
    def counting(self) -> tuple[Examined, ...]:
        """The files without those that are replaced."""
        return tuple(one for one in self.examined if one.replacement is None)

    @property
    def of_no_file(self) -> tuple[Finding, ...]:
        """The findings on the roster and on no single file."""
        return (*self.of_roster, *self.not_compared, *self.missing, *self.changes)

    @cached_property
    def tally(self) -> Tally:
        """The number of findings and of files with errors."""
        findings = self.findings
        counts = Counter(finding.severity for finding in findings if finding.waiver is None)
        return Tally(counts, len(findings) - counts.total(), sum(one.has_errors for one in self.examined))

    @property
    def has_errors(self) -> bool:
        """Whether any finding prevents adding up."""
        return self.tally.bad > 0 or has_errors(self.of_no_file)

    def count(self, severity: Severity) -> int:
        """Return how many findings are of that severity, without those that were waived."""
        return self.tally.counts[severity]


class Tally(NamedTuple):
    """How many findings of each severity, without the ``waived``; how many files have errors."""

    counts: Counter[Severity]
    waived: int
    bad: int

    @property
    def is_any(self) -> bool:
        """Whether there is any finding."""
        return self.waived > 0 or self.counts.total() > 0


def examine(
    filings: Iterable[Filing],
    roster: Roster | None = None,
    period: Period | None = None,
    district: str = "",
    *,
    code: str = "",
    policy: Policy | None = None,
    past: Past | None = None,
    former: Sequence[Filing] = (),
) -> Collection:
    """Verify each filing, and compare all filings with each other, the *roster*, *period* and *district*, and the *past*.

    Without one of these arguments, the checks that need it are skipped. *code* is the district's own; *former* are older versions of the filings, with
    which they are compared if a waiver is for one of them.
    """
    filings = tuple(filings)
    past = past or _nothing_before(filings, period)
    past = past.of_agencies(district) if past and district else past
    candidates = [candidate(filing, roster, period, district) for filing in filings]
    versions = resolve(candidates)
    counting = [candidates[place].filing for place in versions.counting]
    former = (*former, *(replacement.filing for replacement in versions.replaced.values()))
    own = Agency(district, code or district, district)
    survey = Survey(counting, roster, policy or Policy(), past, versions, former, own)
    examined = {
        place: _examined(survey, index, candidates[place]) for index, place in enumerate(versions.counting)
    }
    for place, replacement in versions.replaced.items():
        examined[place] = Examined(replacement.filing, (), replacement)
    in_order = tuple(examined[place] for place in sorted(examined))
    of_roster = tuple(
        survey.policy.applied(finding, "") for finding in _roster_findings(survey.entries, counting)
    )
    found = Collection(
        in_order,
        survey.missing,
        survey.absent,
        survey.changes,
        of_roster,
        tuple(survey.unmatched),
        not_compared=tuple(_not_compared(survey)),
    )
    return _weighed(replace(found, unused=_unused(survey, found)), counting)


def _unused(survey: Survey, collection: Collection) -> tuple[Waiver, ...]:
    """Return the waivers without a version, on agencies with a file, that cover no finding."""
    used = {finding.waiver for finding in collection.findings}
    codes = {entry.code for entry in survey.entries if entry}
    codes |= {one.filing.agency.code for one in collection.counting if one.filing.agency}
    return tuple(w for w in survey.policy.waivers if not w.version and w.agency in codes and w not in used)


def _weighed(collection: Collection, counting: Sequence[Filing]) -> Collection:
    """Return *collection* with the effects of its findings as shares of the sums of the files that count."""
    sums = published(counting)
    form = next((filing.form for filing in counting if filing.form), None)

    def of_no_file(findings: Iterable[Finding]) -> tuple[Finding, ...]:
        return compared(with_effects(findings, form), sums, form)

    found = replace(
        collection,
        examined=tuple(
            one._replace(findings=compared(one.findings, sums, one.filing.form))
            for one in collection.examined
        ),
        missing=of_no_file(collection.missing),
        changes=of_no_file(collection.changes),
        of_roster=of_no_file(collection.of_roster),
    )
    return replace(found, remaining=remaining(found.findings, sums, form))


def _nothing_before(filings: Sequence[Filing], period: Period | None) -> Past | None:
    """Return an empty past for parts of a year: their first period is checked without one; ``None`` for years."""
    read = [filing for filing in filings if isinstance(filing, Return)]
    if not read or read[0].record.period.is_year:
        return None
    about = period or max(filing.record.period for filing in read)
    return Past(read[0].form, about.counted(read[0].form.begins).previous, {})


def _not_compared(survey: Survey) -> Iterator[Finding]:
    if survey.past:
        yield from (survey.policy.applied(finding, "") for finding in not_at_hand(survey.past))


_MOST_CODES = 3


def _roster_findings(entries: Iterable[Entry | None], filings: Iterable[Filing]) -> Iterator[Finding]:
    """Yield one finding for all codes of the roster that are not written as in the files."""
    pairs = zip(entries, filings, strict=True)
    codes = {
        e.code: f.agency.code
        for e, f in pairs
        if e and f.agency and not f.is_rollup and e.code != f.agency.code
    }
    if codes:
        yield roster_codes(codes)


def roster_codes(codes: Mapping[str, str]) -> Finding:
    """Return the finding on *codes* of the roster, each with that of the files."""
    some = list(codes.items())[:_MOST_CODES]
    more = "…" if len(codes) > len(some) else ""
    found, expected = ("、".join(side) + more for side in zip(*some, strict=True))
    return Finding("roster-codes", found=found, expected=expected, facts={"count": len(codes)})


def candidate(filing: Filing, roster: Roster | None, period: Period | None, district: str) -> Candidate:
    """Return the filing with the findings that no other file has a part in."""
    try:
        read = verified(filing)
        return Candidate(read, (*read.findings, *_agency_findings(read, roster, period, district)))
    except Exception as error:  # noqa: BLE001  one file stops no other
        rest = failed(filing, error)
        return Candidate(rest, rest.findings)


def _examined(survey: Survey, place: int, one: Candidate) -> Examined:
    """Return the filing at index *place* with all findings on it; see :func:`failed` for an unexpected exception."""
    filing = one.filing
    try:
        last = survey.last(filing)
        found = _without_consequences([*one.findings, *survey.across(place, filing, last)])
        findings = with_causes(filing, found, last, survey.policy.thresholds) if found else ()
        named = named_for(filing, survey.roster) if survey.roster and filing.stamp is None else None
        return Examined(
            filing, tuple(with_effects(survey.judged(filing, findings), filing.form)), named=named
        )
    except Exception as error:  # noqa: BLE001  one file stops no other
        rest = failed(filing, error)
        return Examined(rest, tuple(with_effects(rest.findings, None)))


# Findings of one file that follow from another: a text about the year that is expected is right in a wrong year's file.
_CONSEQUENCES = {"wrong-year": {"prose-year"}}


def _without_consequences(found: list[Finding]) -> list[Finding]:
    codes = {finding.code for finding in found}
    dropped = {code for cause, codes_of in _CONSEQUENCES.items() if cause in codes for code in codes_of}
    return [finding for finding in found if finding.code not in dropped]


def _agency_findings(
    filing: Filing, roster: Roster | None, period: Period | None, district: str
) -> Iterator[Finding]:
    """Yield the findings on the period and agency of a filing, compared with those that are expected."""
    if filing.stamp is None:
        return
    agency = filing.stamp.agency
    about = Finding("wrong-year", filing.source.path, str(agency))
    if period is not None and filing.stamp.period != period:
        facts: dict[str, object] = {"period": period, "stated": filing.stamp.period}
        yield replace(about, found=str(filing.stamp.period), expected=str(period), facts=facts)
    if roster is None:
        return
    entry = entry_of(filing, roster)
    if district and agency.district not in {"", district} and not filing.is_rollup:
        yield replace(about, code="other-district", found=agency.district, expected=district)
    if entry is None:
        yield replace(about, code="not-on-roster", found=agency.code, facts={"agency": str(agency)})
    elif (named := named_for(filing, roster)) is not None and named != entry:
        facts = {"agency": str(agency)}
        yield replace(
            about, code="other-agency", found=agency.code, expected=str(named.agency()), facts=facts
        )
    elif entry.name != agency.name:
        yield replace(
            about, code="name-differs", found=agency.name, expected=entry.name, facts={"code": agency.code}
        )
