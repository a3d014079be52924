"""The checks over many files: whose are they, is any there twice, who is missing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

from xltools.checking.checks import verify
from xltools.checking.holders import entry_of, named_for
from xltools.checking.survey import Survey
from xltools.data.anew import Anew
from xltools.data.failure import failed
from xltools.data.filing import Filing
from xltools.data.finding import Finding, Severity, has_errors
from xltools.data.policy import Policy
from xltools.data.prior import Past
from xltools.data.record import Figures
from xltools.data.roster import Entry, Roster
from xltools.spool import Spool

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from xltools.data.packed import Forms

_Made = TypeVar("_Made")


class Examined(NamedTuple):
    """A filing with everything found in it."""

    filing: Filing
    findings: tuple[Finding, ...]

    @property
    def has_errors(self) -> bool:
        """Whether it cannot be added up as it is."""
        return has_errors(self.findings)


@dataclass(frozen=True)
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
        for _ in self.each():
            pass
        return self.tally

    def each(self) -> Iterator[Examined]:
        """Each filing as it is examined; who goes through all of them here has them counted by the way."""
        tally = Tally()
        yield from tally.counting(self.examined)
        self._keep(tally)

    def made(
        self, make: Callable[[int, Iterator[Examined]], _Made], executor: Executor | None = None
    ) -> Iterator[_Made]:
        """What *make* gives of all filings, some at a time as they are examined and with the place of the first.

        The processes of an *executor* of this machine examine those that wait on the disk; *make* and what it gives
        travel. Who goes through all of it has the filings counted by the way.
        """
        tally = Tally()
        if executor is not None and isinstance(self.examined, Examination):
            for counted, made in self.examined.by_others(make, executor):
                tally.include(counted)
                yield made
        else:
            for first in range(0, len(self.examined), _AT_A_TIME):
                places = range(first, min(first + _AT_A_TIME, len(self.examined)))
                yield make(first, tally.counting(map(self.examined.__getitem__, places)))
        self._keep(tally)

    def _keep(self, tally: Tally) -> None:
        """Remember what was counted, to which what no file is to blame for is added."""
        tally.add(self.of_no_file)
        self.__dict__["tally"] = tally  # where cached_property keeps it

    @property
    def has_errors(self) -> bool:
        """Whether anything keeps it from being added up."""
        return self.tally.bad > 0 or has_errors(self.of_no_file)

    def count(self, severity: Severity) -> int:
        """How many findings are of that severity, without those that were waived."""
        return self.tally.counts[severity]


@dataclass(slots=True)
class Tally:
    """How many findings of each severity, without the ``waived``; how many files have errors."""

    counts: Counter[Severity] = field(default_factory=Counter)
    waived: int = 0
    bad: int = 0

    @property
    def is_any(self) -> bool:
        """Whether anything was found at all."""
        return self.waived > 0 or self.counts.total() > 0

    def counting(self, examined: Iterable[Examined]) -> Iterator[Examined]:
        """The same files, each counted with its findings as it passes."""
        for one in examined:
            self.add(one.findings)
            self.bad += one.has_errors
            yield one

    def include(self, other: Tally) -> None:
        """Count what was counted elsewhere."""
        self.counts.update(other.counts)
        self.waived += other.waived
        self.bad += other.bad

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
    survey = Survey(filings, roster, policy or Policy(), past)
    judge = _Judge(survey, year, district)
    examined: Sequence[Examined]
    if isinstance(filings, Spool):
        examined = Examination(filings, judge)
    else:
        examined = tuple(judge.examined(place, filing) for place, filing in enumerate(filings))
    return Collection(examined, survey.missing, survey.absent, survey.changes)


class Examination(Anew[Examined]):
    """Each filing with everything found in it, worked out whenever it is asked for."""

    def __init__(self, filings: Spool, judge: _Judge) -> None:
        self._filings, self._judge = filings, judge

    def __len__(self) -> int:
        return len(self._filings)

    def at(self, place: int) -> Examined:
        """The filing at that place."""
        return self._judge.examined(place, self._filings.at(place))

    def by_others(
        self, make: Callable[[int, Iterator[Examined]], _Made], executor: Executor
    ) -> Iterator[tuple[Tally, _Made]]:
        """What was counted of some at a time, and what *make* gives, worked out by other processes of this machine."""
        from xltools.data.ahead import worked_out  # noqa: PLC0415  one process alone needs none

        judging = _Judging(self._judge, self._filings.forms, make)
        return worked_out(judging, self._filings.portions(_AT_A_TIME), executor)


_AT_A_TIME = 32  # filings that are judged by one task


@dataclass(frozen=True, slots=True)
class _Judge:
    """Judges a filing in the light of all others."""

    survey: Survey
    year: int | None
    district: str

    def examined(self, place: int, filing: Filing) -> Examined:
        """Return the filing at that place with everything found in it; see :func:`failed` for what a check may raise."""
        try:
            return Examined(filing, self._findings(place, filing))
        except Exception as error:  # noqa: BLE001  one file stops no other
            rest = failed(filing, error)
            return Examined(rest, rest.findings)

    def _findings(self, place: int, filing: Filing) -> tuple[Finding, ...]:
        survey = self.survey
        last = survey.last(filing)
        found = [*verify(filing), *_against(filing, survey.roster, self.year, self.district)]
        found += [*survey.doubled(place, filing), *survey.across(filing, last)]
        findings = _explained(filing, found, last)
        return tuple(survey.judged(filing, finding) for finding in findings)


@dataclass(frozen=True, slots=True)
class _Judging(Generic[_Made]):
    """The same for packed filings, in whichever process it is done, and what is made of them."""

    judge: _Judge
    forms: Forms
    make: Callable[[int, Iterator[Examined]], _Made]

    def __call__(self, first: int, packed: tuple[bytes, ...]) -> tuple[Tally, _Made]:
        from xltools.data.packed import unpack  # noqa: PLC0415  a small collection has no use for it

        tally, filings = Tally(), (unpack(one, self.forms) for one in packed)
        examined = (self.judge.examined(place, filing) for place, filing in enumerate(filings, first))
        made = self.make(first, tally.counting(examined))
        return tally, made


def _explained(filing: Filing, findings: list[Finding], last: Figures) -> tuple[Finding, ...]:
    """The findings with what may lie behind them."""
    if not findings:
        return ()
    from xltools.checking.causes import with_causes  # noqa: PLC0415  a return without a finding pays nothing

    return with_causes(filing, findings, last)


def _against(filing: Filing, roster: Roster | None, year: int | None, district: str) -> Iterator[Finding]:
    if filing.stamp is None:
        return
    agency = filing.stamp.agency
    about = Finding("wrong-year", filing.source.path, str(agency))
    if year is not None and filing.stamp.year != year:
        yield replace(about, found=str(filing.stamp.year), expected=str(year))
    if roster is None:
        return
    entry = entry_of(filing, roster)
    if district and agency.district not in {"", district} and not filing.is_rollup:
        yield replace(about, code="other-district", found=agency.district, expected=district)
    if entry is None:
        yield replace(about, code="not-on-roster", found=agency.code, facts={"agency": str(agency)})
    elif (named := named_for(filing, roster)) is not None and named != entry:
        facts: dict[str, object] = {"agency": str(agency)}
        yield replace(
            about, code="other-agency", found=agency.code, expected=str(named.agency()), facts=facts
        )
    elif entry.name != agency.name:
        yield replace(
            about, code="name-differs", found=agency.name, expected=entry.name, facts={"code": agency.code}
        )
