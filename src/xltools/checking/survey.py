"""Facts about all filings of a collection that the checks of each need: which agencies reported, what is usual."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from xltools.checking import prior
from xltools.checking.duplicates import duplicates
from xltools.checking.lists import DoubledLines
from xltools.checking.only import only_findings
from xltools.checking.outliers import PeerGroups, peer_of
from xltools.checking.versions import Versions, changed_cells, reading_digest
from xltools.data.filing import Filing, Return
from xltools.data.finding import Finding, Waiver
from xltools.data.policy import Policy
from xltools.data.prior import Past
from xltools.data.record import Agency, Figures
from xltools.data.roster import Roster
from xltools.data.roster_lines import code_meant, entry_of, named_for
from xltools.text import Word


class Survey:
    """The filings of a collection, compared with each other, with the roster and with last year.

    ``absent`` are the agencies of the roster without a filing and ``missing`` the findings on them; ``changes`` are the
    other findings on no single file: on agencies that are new or gone since last year, and on sums over several
    agencies. ``unmatched`` are the waivers whose agency is neither on the roster nor in a file nor known of last year.
    *former* are filings that a waiver may have been for; *district* is the agency that collects.
    """

    def __init__(
        self,
        filings: Sequence[Filing],
        roster: Roster | None,
        policy: Policy,
        past: Past | None,
        versions: Versions,
        former: Sequence[Filing],
        district: Agency,
    ) -> None:
        past = past.after(roster) if past and roster else past
        self.roster, self.past = roster, past
        self.entries = [entry_of(filing, roster) for filing in filings]
        self._versions, self._former = versions, former
        self._duplicates = duplicates(filings, self.entries, versions.groups)
        self._lines = DoubledLines(filings)
        pairs = zip(filings, self.entries, strict=True)
        self._peers = [peer_of(filing, entry) for filing, entry in pairs]
        self._groups = PeerGroups([peer for peer in self._peers if peer], policy.thresholds)
        everyone = [filing.agency for filing in filings if filing.agency]
        members = (one.members for one in filings if isinstance(one, Return))
        everyone += [member.agency for some in members for member in some]
        elsewhere = (*roster.left_out, *(entry for entry, _ in roster.successions)) if roster else ()
        named = [*everyone, *(past.values if past else ()), district]
        named += [entry.agency() for entry in elsewhere]
        self.policy = policy = policy.with_codes(lambda wanted: code_meant(wanted, roster, named))
        present = {entry.code for entry in self.entries if entry}
        # A file that could not be read is there; its agency follows from its name.
        unread = [one for f in filings if roster and f.stamp is None and (one := named_for(f, roster))]
        present |= {entry.code for entry in unread}
        self.absent = tuple(entry for entry in roster or () if entry.code not in present)
        self.missing = tuple(
            policy.applied(Finding("missing-return", agency=name, facts={"agency": name}), entry.code)
            for entry in self.absent
            for name in [str(entry.agency())]
        )
        everyone += [entry.agency() for entry in (*self.absent, *unread)]
        self._matched = past.matches(everyone) if past else {}
        self.unmatched = [w for w in policy.waivers if roster and not code_meant(w.agency, roster, named)]
        self.changes: tuple[Finding, ...] = ()
        if past and roster:
            self.changes = (*self._changes(past), *self._sums(filings, roster, past, district))

    def _changes(self, past: Past) -> Iterator[Finding]:
        """Yield findings on new agencies without a filing and on agencies that are gone; both need a roster."""
        for entry in self.absent:
            if past.reporting and entry.agency() not in self._matched:
                yield self.policy.applied(prior.new(entry.agency(), past), entry.code)
        for agency in prior.gone(past, self._matched):
            yield self.policy.applied(prior.went(agency, past), agency.code)

    def _sums(
        self, filings: Sequence[Filing], roster: Roster, past: Past, district: Agency
    ) -> Iterator[Finding]:
        """Yield findings on sums over agencies that have one return each: of a split, and of the whole district."""
        pairs = [(e.code, f) for e, f in zip(self.entries, filings, strict=True) if e]
        times = Counter(code for code, _ in pairs)
        returns = {
            code: filing
            for code, filing in pairs
            if times[code] == 1 and isinstance(filing, Return) and prior.is_comparable(filing, past)
        }
        for split in past.splits:
            for finding in prior.of_split(split, returns, past):
                judged = [self.policy.applied(finding, agency.code) for agency in split.agencies]
                yield next((one for one in judged if one.waiver), judged[0])
        if district.name and returns.keys() == roster.order.keys():
            for finding in prior.of_district(district, returns, past, self._matched):
                yield self.policy.applied(finding, district.code)

    def last(self, filing: Filing) -> Figures:
        """Return the figures of the filing's agency of last year."""
        return prior.last_figures(filing, self.past, self._matched) if self.past else {}

    def across(self, place: int, filing: Filing, last: Figures) -> Iterator[Finding]:
        """Yield the findings on the filing at index *place*, compared with the other files and with last year."""
        yield from self._versions.findings(place)
        for facts in self._duplicates.get(place, ()):
            yield Finding("duplicate-return", filing.source.path, str(filing.agency), facts=facts)
        yield from self._lines.findings(place)
        if self.past:
            yield from prior.against(filing, self.past, self._matched, self.policy.thresholds)
        if peer := self._peers[place]:
            yield from self._groups.findings(peer, last)
        yield from only_findings(filing, self.entries[place], self.policy)

    def judged(self, filing: Filing, findings: Iterable[Finding]) -> Iterator[Finding]:
        """Yield *findings* with the coordinator's decisions and the agency's explanations, and decisions that lapsed."""
        entry = entry_of(filing, self.roster)
        code = entry.code if entry else filing.agency.code if filing.agency else ""
        reading, lapsed = "", dict[Waiver, Finding]()
        if isinstance(filing, Return) and self.policy.has_versions(code):
            reading = reading_digest(filing)
        for finding in findings:
            judged = self.policy.applied(finding, code, reading)
            if answer := filing.explanations.get((finding.code, finding.cell), ""):
                judged = replace(judged, explanation=answer)
            if waiver := self.policy.lapsed(judged, code, reading):
                lapsed.setdefault(waiver, judged)
            yield judged
        for waiver, judged in lapsed.items():
            yield self.policy.applied(self._lapse(filing, waiver, judged), code, reading)

    def _lapse(self, filing: Filing, waiver: Waiver, finding: Finding) -> Finding:
        """Return the finding that *waiver*, which covered *finding*, is for another version of the filing."""
        others = (one for one in self._former if isinstance(one, Return) and one.agency == filing.agency)
        accepted = next((one for one in others if waiver.holds_for(reading_digest(one))), None)
        count = len(tuple(changed_cells([accepted, filing]))) if accepted else Word("not-known")
        facts: dict[str, object] = {
            "code": waiver.code,
            "who": waiver.who,
            "date": waiver.date,
            "count": count,
        }
        return Finding(
            "waiver-lapsed",
            filing.source.path,
            str(filing.agency or ""),
            finding.sheet,
            finding.address,
            finding.cell,
            facts=facts,
        )
