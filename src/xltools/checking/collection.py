"""The checks over many files: whose are they, is any there twice, who is missing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property

from xltools.checking import prior
from xltools.checking.checks import verify
from xltools.checking.peers import Company, Peer, no_rule_maker, peer_of
from xltools.classes import NamedTuple, define, evolve, field
from xltools.data.anew import Anew
from xltools.data.filing import Filing, Source
from xltools.data.finding import Finding, Severity, Word, has_errors
from xltools.data.policy import Policy
from xltools.data.prior import Past
from xltools.data.record import Agency, Figures
from xltools.data.recurrent import Recurrent
from xltools.data.roster import Entry, Roster
from xltools.spool import Spool


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
    """Filings examined together; of many filings each is examined anew whenever they are gone through.

    ``missing`` names the agencies of the roster that sent none, ``changes`` those without a file that came or went
    since last year.
    """

    examined: Sequence[Examined]
    missing: tuple[Finding, ...] = ()
    absent: tuple[Entry, ...] = ()
    changes: tuple[Finding, ...] = ()

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Everything found, file by file, then what no file is to blame for; of many files a lot to hold at once."""
        return (*(finding for one in self.examined for finding in one.findings), *self.of_no_file)

    @property
    def of_no_file(self) -> tuple[Finding, ...]:
        """What was found out about agencies without a file."""
        return (*self.missing, *self.changes)

    @cached_property
    def tally(self) -> Tally:
        """How much of what there is; counted once."""
        tally = Tally()
        for one in self.examined:
            tally.count(one)
        tally.add(self.of_no_file)
        return tally

    def each(self) -> Iterator[Examined]:
        """Each filing as it is examined; who goes through all of them here has them counted by the way."""
        tally = Tally()
        for one in self.examined:
            tally.count(one)
            yield one
        tally.add(self.of_no_file)
        self.__dict__["tally"] = tally  # where cached_property keeps it

    @property
    def has_errors(self) -> bool:
        """Whether anything keeps it from being added up."""
        return self.tally.bad > 0 or has_errors(self.of_no_file)

    def count(self, severity: Severity) -> int:
        """How many findings are of that severity, without those that were waived."""
        return self.tally.counts[severity]


@define
class Tally:
    """How many findings of each severity, without the ``waived``; how many files have errors."""

    counts: Counter[Severity] = field(factory=Counter)
    waived: int = 0
    bad: int = 0

    @property
    def is_any(self) -> bool:
        """Whether anything was found at all."""
        return self.waived > 0 or self.counts.total() > 0

    def count(self, one: Examined) -> None:
        """Count a file and its findings."""
        self.add(one.findings)
        self.bad += one.has_errors

    def add(self, findings: Iterable[Finding]) -> None:
        """Count these too."""
        for finding in findings:
            if finding.waiver is None:
                self.counts[finding.severity] += 1
            else:
                self.waived += 1


def examine(
    filings: Iterable[Filing],
    roster: Roster | None = None,
    year: int | None = None,
    district: str = "",
    *,
    policy: Policy | None = None,
    past: Past | None = None,
) -> Collection:
    """Verify each filing and all of them together, and with last year's; what is not given is not asked.

    They are gone through twice, to see who is there and to judge each. What comes from a :class:`~xltools.spool.Spool`
    is never held; of anything else the result is.
    """
    filings = filings if isinstance(filings, Spool) else tuple(filings)
    past = past.of_agencies(district) if past and district else past
    survey = _Survey(filings, roster, policy or Policy(), past)
    examination = Examination(filings, survey, year, district)
    examined = examination if isinstance(filings, Spool) else tuple(examination)
    return Collection(examined, survey.missing, survey.absent, survey.changes)


class Examination(Anew[Examined]):
    """Each filing with everything found in it, worked out whenever it is asked for."""

    def __init__(self, filings: Sequence[Filing], survey: _Survey, year: int | None, district: str) -> None:
        self._filings, self._survey = filings, survey
        self._year, self._district = year, district

    def __len__(self) -> int:
        return len(self._filings)

    def at(self, place: int) -> Examined:
        """The filing at that place."""
        filing = self._filings[place]
        survey = self._survey
        last = survey.last(filing)
        found = [*verify(filing), *_against(filing, survey.roster, self._year, self._district)]
        found += [*survey.doubled(place, filing), *survey.across(filing, last)]
        findings = _explained(filing, found, last)
        return Examined(filing, tuple(_judged(filing, finding, survey.policy) for finding in findings))


def _explained(filing: Filing, findings: list[Finding], last: Figures) -> tuple[Finding, ...]:
    """The findings with what may lie behind them."""
    if not findings:
        return ()
    from xltools.checking.causes import with_causes  # noqa: PLC0415  a return without a finding pays nothing

    return with_causes(filing, findings, last)


class _Survey:
    """What has to be known of all filings before one of them can be judged: who is there, and what is usual."""

    def __init__(
        self, filings: Sequence[Filing], roster: Roster | None, policy: Policy, past: Past | None
    ) -> None:
        self.roster, self.policy, self.past = roster, policy, past
        self._filings = filings
        self._company = Company(policy.thresholds)
        self._holders = Holders()
        self._doubles: dict[tuple[int, Agency], Mapping[str, object]] = {}
        present = bytearray(len(roster.entries)) if roster else bytearray()
        everyone: dict[Agency, None] = {}
        for index, filing in enumerate(filings):
            entry = entry_of(filing, roster) if roster else None
            if roster and entry:
                present[roster.order[entry.code]] = True
            if past:
                everyone |= dict.fromkeys(_agencies_of(filing))
            if peer := peer_of(filing, entry):
                self._company.add(index, peer)
            self._holders.add(index, filing, entry)
        self._settle()
        self.absent = tuple(entry for place, entry in enumerate(roster or ()) if not present[place])
        everyone |= dict.fromkeys(entry.agency() for entry in self.absent) if past else {}
        self._matched = past.matches(everyone) if past else {}
        self.missing = tuple(policy.applied(_missing(entry), entry.code) for entry in self.absent)
        self.changes = tuple(_changes(self.absent, policy, past, self._matched)) if past and roster else ()

    def _settle(self) -> None:
        """Look again at those that share an agency or all their figures: who they are was not kept."""
        self._holders.settle(self._filings, self.roster)
        for indexes in self._holders.of_one_agency():
            peers = sorted(filter(None, map(self._peer, indexes)), key=lambda p: p.filing.source.sha256)
            kinds: dict[str, Peer] = {}
            for peer in peers:
                if kinds.setdefault(peer.kind, peer) is not peer:
                    self._company.take_out(peer)
        self._company.compare(filter(None, map(self._peer, self._company.perhaps_alike)))

    def _peer(self, index: int) -> Peer | None:
        filing = self._filings[index]
        return peer_of(filing, entry_of(filing, self.roster) if self.roster else None)

    def last(self, filing: Filing) -> Figures:
        """The agency's own figures of last year."""
        return prior.last_figures(filing, self.past, self._matched) if self.past else {}

    def doubled(self, index: int, filing: Filing) -> list[Finding]:
        """Which other files there are for an agency of this one."""
        told: dict[tuple[int, ...], Finding] = {}
        for shared in self._holders.of(index):
            if shared.indexes not in told:  # a line of the roster adds nothing to what its agency told
                about = Finding("duplicate-return", filing.source.path, str(filing.agency))
                told[shared.indexes] = evolve(about, facts=self._facts_of(shared))
        return list(told.values())

    def _facts_of(self, shared: Shared) -> Mapping[str, object]:
        """What is to be told of an agency with several files; all of them are looked at for it, once."""
        key = shared.year, shared.agency
        if key not in self._doubles:
            self._doubles[key] = _double(shared.agency, map(self._filings.__getitem__, shared.indexes))
        return self._doubles[key]

    def across(self, filing: Filing, last: Figures) -> Iterator[Finding]:
        """What there is to say of it in the light of last year and of the others."""
        entry = entry_of(filing, self.roster) if self.roster else None
        if self.past:
            yield from prior.against(filing, self.past, self._matched, self.policy.thresholds)
        if peer := peer_of(filing, entry):
            yield from self._company.about(peer, last)
        yield from no_rule_maker(filing, entry, self.policy)


_ROSTER = "\0"  # no district has this name: it marks lines of the roster


class Shared(NamedTuple):
    """An agency, and the places of all files that are for it and one year."""

    year: int
    agency: Agency
    indexes: tuple[int, ...]


class Holders:
    """Which files share an agency and a year.

    An agency may stand alone or inside a roll-up; and two files that answer to one line of the roster are two
    for one agency, whatever is stamped on them. Of an agency with one file nothing is kept but a hash.
    """

    def __init__(self) -> None:
        self._met = Recurrent()
        self._of: dict[int, list[Shared]] = {}
        self._own: list[list[int]] = []

    def add(self, index: int, filing: Filing, entry: Entry | None) -> None:
        """One more file, with its line of the roster."""
        year = _year_of(filing)
        for agency in _told_for(filing, entry):
            self._met.add(index, (year, agency))

    def settle(self, filings: Sequence[Filing], roster: Roster | None) -> None:
        """Look again at the files that may share an agency, once all were added."""
        held: dict[tuple[int, Agency], list[int]] = {}
        own: dict[Agency, list[int]] = {}
        for index in dict.fromkeys(self._met.places()):
            filing = filings[index]
            entry = entry_of(filing, roster) if roster else None
            for agency in _told_for(filing, entry):
                held.setdefault((_year_of(filing), agency), []).append(index)
            if filing.agency:
                own.setdefault(filing.agency, []).append(index)
        self._own = [indexes for indexes in own.values() if len(indexes) > 1]
        for (year, agency), indexes in held.items():
            if len(indexes) > 1:
                shared = Shared(year, agency, tuple(indexes))
                for index in indexes:
                    self._of.setdefault(index, []).append(shared)

    def of_one_agency(self) -> list[list[int]]:
        """The places of the files that are of one agency themselves, for each that sent more than one."""
        return self._own

    def of(self, index: int) -> list[Shared]:
        """What that file shares with others: first agencies, in order, then the line of the roster."""
        return sorted(
            self._of.get(index, ()), key=lambda one: (one.agency.district == _ROSTER, one[1], one[0])
        )


def _year_of(filing: Filing) -> int:
    return filing.stamp.year if filing.stamp else 0


def _told_for(filing: Filing, entry: Entry | None) -> set[Agency]:
    own = {filing.agency} if filing.agency else set[Agency]()
    inside = filing.record.agencies if filing.record else frozenset[Agency]()
    return own | inside | ({entry.agency(_ROSTER)} if entry else set())


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


def _judged(filing: Filing, finding: Finding, policy: Policy) -> Finding:
    """The finding with what the coordinator decided about it and what the agency answered."""
    judged = policy.applied(finding, filing.agency.code if filing.agency else "")
    answer = filing.explanations.get((finding.code, finding.cell), "")
    return evolve(judged, explanation=answer) if answer else judged


def entry_of(filing: Filing, roster: Roster) -> Entry | None:
    """Its line of the roster: by code; a roll-up, whose code nobody assigned, also by name."""
    if filing.agency is None:
        return None
    entry = roster.get(filing.agency.code)
    if entry is None and filing.is_rollup:
        entry = roster.find(filing.agency.name)
    return entry


def _against(filing: Filing, roster: Roster | None, year: int | None, district: str) -> Iterator[Finding]:
    if filing.stamp is None:
        return
    agency = filing.stamp.agency
    about = Finding("wrong-year", filing.source.path, str(agency))
    if year is not None and filing.stamp.year != year:
        yield evolve(about, found=str(filing.stamp.year), expected=str(year))
    if roster is None:
        return
    entry = entry_of(filing, roster)
    if district and agency.district not in {"", district} and not filing.is_rollup:
        yield evolve(about, code="other-district", found=agency.district, expected=district)
    if entry is None:
        yield evolve(about, code="not-on-roster", found=agency.code, facts={"agency": str(agency)})
    elif (named := named_for(filing, roster)) is not None and named != entry:
        facts: dict[str, object] = {"agency": str(agency)}
        yield evolve(about, code="other-agency", found=agency.code, expected=str(named.agency()), facts=facts)
    elif entry.name != agency.name:
        yield evolve(
            about, code="name-differs", found=agency.name, expected=entry.name, facts={"code": agency.code}
        )


def named_for(filing: Filing, roster: Roster) -> Entry | None:
    """The agency whose code the file's name begins with, as issued names do."""
    return roster.get(filing.source.name.partition("_")[0])


_MOST_NAMES = 20  # of files, in one sentence: each of them is told of by itself


def _double(agency: Agency, holders: Iterable[Filing]) -> Mapping[str, object]:
    """What to tell of these files of one agency; none is held."""
    sources: list[Source] = []
    names: set[str] = set()
    for holder in holders:
        sources.append(holder.source)
        names |= {one.name for one in _told_for(holder, None) if one == agency}
    # Files may call it by several names; which of them comes first must not matter.
    named = evolve(agency, name=min(names, default=agency.name))
    told = sorted(_told_apart(sources))
    files = "、".join(told[:_MOST_NAMES]) + ("…" if len(told) > _MOST_NAMES else "")
    same = len({source.sha256 for source in sources}) == 1
    return {"agency": str(named), "files": files, "same": Word("same" if same else "different")}


def _told_apart(sources: list[Source]) -> list[str]:
    """The names of the files; their paths where two have one name."""
    names = [source.name for source in sources]
    return names if len(set(names)) == len(names) else [source.path for source in sources]


def _missing(entry: Entry) -> Finding:
    agency = str(entry.agency())
    return Finding("missing-return", agency=agency, facts={"agency": agency})
