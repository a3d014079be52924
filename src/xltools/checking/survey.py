"""What has to be known of all filings before one of them can be judged: who is there, and what is usual."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from xltools.checking import prior
from xltools.checking.holders import Holders, entry_of
from xltools.checking.peers import Company, Peer, no_rule_maker, peer_of
from xltools.data.filing import Filing
from xltools.data.finding import Finding
from xltools.data.policy import Policy
from xltools.data.prior import Past
from xltools.data.record import Agency, Figures
from xltools.data.roster import Entry, Roster
from xltools.spool import Spool


class Survey:
    """Filings seen together. Afterwards it knows none of them, and may travel to whoever judges them.

    ``absent`` are the agencies of the roster that sent none; ``missing`` says so, and ``changes`` tell who of them came
    or went since last year.
    """

    def __init__(
        self, filings: Sequence[Filing], roster: Roster | None, policy: Policy, past: Past | None
    ) -> None:
        self.roster, self.policy, self.past = roster, policy, past
        self._company = Company(policy.thresholds)
        self._holders = Holders()
        present = bytearray(len(roster.entries)) if roster else bytearray()
        everyone: dict[Agency, None] = {}
        for place, filing in enumerate(filings.sketches() if isinstance(filings, Spool) else filings):
            entry = entry_of(filing, roster)
            if roster and entry:
                present[roster.order[entry.code]] = True
            if past:
                everyone |= dict.fromkeys(_agencies_of(filing))
            if peer := peer_of(filing, entry):
                self._company.add(place, peer)
            self._holders.add(place, filing, entry)
        self._settle(filings)
        self.absent = tuple(entry for place, entry in enumerate(roster or ()) if not present[place])
        everyone |= dict.fromkeys(entry.agency() for entry in self.absent) if past else {}
        self._matched = past.matches(everyone) if past else {}
        self.missing = tuple(policy.applied(_missing(entry), entry.code) for entry in self.absent)
        self.changes = tuple(_changes(self.absent, policy, past, self._matched)) if past and roster else ()

    def _settle(self, filings: Sequence[Filing]) -> None:
        """Look again at those that share an agency or all their figures: who they are was not kept."""

        def peer(place: int) -> Peer | None:
            return peer_of(filings[place], entry_of(filings[place], self.roster))

        for places in self._holders.settle(filings, self.roster):
            peers = sorted(filter(None, map(peer, places)), key=lambda p: p.filing.source.sha256)
            kinds: dict[str, Peer] = {}
            for one in peers:
                if kinds.setdefault(one.kind, one) is not one:
                    self._company.take_out(one)
        self._company.settle(filter(None, map(peer, self._company.perhaps_alike)))

    def last(self, filing: Filing) -> Figures:
        """The agency's own figures of last year."""
        return prior.last_figures(filing, self.past, self._matched) if self.past else {}

    def doubled(self, place: int, filing: Filing) -> Iterator[Finding]:
        """Which other files there are for an agency of this one."""
        for facts in self._holders.of(place):
            yield Finding("duplicate-return", filing.source.path, str(filing.agency), facts=facts)

    def across(self, filing: Filing, last: Figures) -> Iterator[Finding]:
        """What there is to say of it in the light of last year and of the others."""
        entry = entry_of(filing, self.roster)
        if self.past:
            yield from prior.against(filing, self.past, self._matched, self.policy.thresholds)
        if peer := peer_of(filing, entry):
            yield from self._company.about(peer, last)
        yield from no_rule_maker(filing, entry, self.policy)

    def judged(self, filing: Filing, finding: Finding) -> Finding:
        """The finding with what the coordinator decided about it and what the agency answered."""
        judged = self.policy.applied(finding, filing.agency.code if filing.agency else "")
        answer = filing.explanations.get((finding.code, finding.cell), "")
        return replace(judged, explanation=answer) if answer else judged


def _agencies_of(filing: Filing) -> Iterator[Agency]:
    """Whose figures it has: its own agency, and those inside it."""
    if filing.agency:
        yield filing.agency
    yield from (member.agency for member in filing.members)


def _changes(
    absent: tuple[Entry, ...], policy: Policy, past: Past, matched: Mapping[Agency, Agency]
) -> Iterator[Finding]:
    """Who came since last year and sent nothing yet, and who went. Without a roster nobody is known to have gone."""
    for entry in absent:
        if past.reporting and entry.agency() not in matched:
            yield policy.applied(prior.new(entry.agency(), past), entry.code)
    for agency in prior.gone(past, matched):
        yield policy.applied(prior.went(agency, past), agency.code)


def _missing(entry: Entry) -> Finding:
    agency = str(entry.agency())
    return Finding("missing-return", agency=agency, facts={"agency": agency})
