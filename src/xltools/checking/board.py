"""The state of each file and of each agency in a collection, the most urgent first."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from functools import cached_property

from xltools.checking.collection import Collection, Examined
from xltools.data.filing import Filing, Return
from xltools.data.finding import Finding, Severity
from xltools.data.roster import Entry, Roster
from xltools.data.roster_lines import sender
from xltools.text import Word


class Action(Enum):
    """What the coordinator has to do about a file or an agency, the most urgent first."""

    MISSING = "missing"  # ask for the file
    CORRECT = "correct"  # send it back: it has errors
    EXPLAIN = "explain"  # ask: it has questions without an answer
    LOOK = "look"  # look at its warnings
    SOUND = "sound"  # nothing: it has no findings but notes, and waived or answered ones


_URGENCY = {action: index for index, action in enumerate(Action)}


@dataclass(frozen=True)
class FileStatus:
    """The findings about one file, or about one agency of the roster that sent none."""

    findings: tuple[Finding, ...]
    filing: Filing | None = None
    absent: Entry | None = None

    @property
    def agency(self) -> str:
        """The name and code of the agency; empty if they could not be read."""
        if self.absent is not None:
            return str(self.absent.agency())
        return str(self.filing.agency) if self.filing and self.filing.agency else ""

    @property
    def code(self) -> str:
        """The code of the agency; empty if it could not be read."""
        if self.absent is not None:
            return self.absent.code
        return self.filing.agency.code if self.filing and self.filing.agency else ""

    @property
    def path(self) -> str:
        """The path of the file; empty if there is none."""
        return self.filing.source.path if self.filing else ""

    @cached_property
    def action(self) -> Action:
        """What the worst open finding requires."""
        if any(finding.is_error for finding in self.findings):
            return Action.MISSING if self.filing is None else Action.CORRECT
        pending = {finding.severity for finding in self.findings if finding.is_open}
        if Severity.QUESTION in pending:
            return Action.EXPLAIN
        return Action.LOOK if Severity.WARNING in pending else Action.SOUND

    @cached_property
    def counts(self) -> dict[Severity, int]:
        """The number of findings of each severity, without those that were waived."""
        return {s: sum(f.severity is s and f.waiver is None for f in self.findings) for s in Severity}

    @property
    def waived(self) -> int:
        """The number of waived findings."""
        return sum(finding.waiver is not None for finding in self.findings)


def file_statuses(collection: Collection) -> tuple[FileStatus, ...]:
    """Return every file and every missing agency: by the largest effect of a finding, an unknown one first, then by urgency.

    Ties keep the order of the collection.
    """
    sent = [FileStatus(one.findings, one.filing) for one in collection.examined]
    missing = zip(collection.missing, collection.absent, strict=True)
    every = [*sent, *(FileStatus((finding,), absent=entry) for finding, entry in missing)]
    return tuple(
        sorted(every, key=lambda s: (first(s.findings), _URGENCY[s.action], *(-n for n in s.counts.values())))
    )


def first(findings: Iterable[Finding]) -> tuple[int, Decimal]:
    """Return the rank of the finding that matters most."""
    return min((finding.rank for finding in findings), default=(2, Decimal(0)))


class AgencyState(Enum):
    """A state of an agency's return, the most urgent first. An agency can have several states."""

    TWO_FILES = "two-files"  # with different contents: the agency has to say which one counts
    WRONG_YEAR = "wrong-year"
    OLD_EDITION = "old-edition"
    ERRORS = "errors"
    NOT_SENT = "not-sent"
    QUESTIONS = "questions"  # without an answer
    WARNINGS = "warnings"
    SAME_TWICE = "same-twice"  # the same file twice
    NIL = "nil"  # a declared nil return, not one that is merely empty
    ACCEPTED = "accepted"  # no open finding: the return enters the roll-up
    RECEIVED = "received"


_ORDER = {state: place for place, state in enumerate(AgencyState)}
_OF_CODE = {
    "wrong-year": AgencyState.WRONG_YEAR,
    "wrong-edition": AgencyState.OLD_EDITION,
    "old-layout": AgencyState.OLD_EDITION,
}
_OF_SEVERITY = {
    Severity.ERROR: AgencyState.ERRORS,
    Severity.QUESTION: AgencyState.QUESTIONS,
    Severity.WARNING: AgencyState.WARNINGS,
}
ACTIONS = {
    AgencyState.TWO_FILES: Action.CORRECT,
    AgencyState.WRONG_YEAR: Action.CORRECT,
    AgencyState.OLD_EDITION: Action.CORRECT,
    AgencyState.ERRORS: Action.CORRECT,
    AgencyState.NOT_SENT: Action.MISSING,
    AgencyState.QUESTIONS: Action.EXPLAIN,
    AgencyState.WARNINGS: Action.LOOK,
    AgencyState.SAME_TWICE: Action.LOOK,
    AgencyState.NIL: Action.SOUND,
    AgencyState.ACCEPTED: Action.SOUND,
    AgencyState.RECEIVED: Action.SOUND,
}


@dataclass(frozen=True, slots=True)
class BoardRow:
    """One agency with its states, the most urgent first, and its files."""

    entry: Entry
    states: tuple[AgencyState, ...]
    examined: tuple[Examined, ...] = ()

    @property
    def state(self) -> AgencyState:
        """The most urgent state."""
        return self.states[0]

    @property
    def action(self) -> Action:
        """What the most urgent state requires."""
        return ACTIONS[self.state]

    @property
    def filings(self) -> tuple[Filing, ...]:
        """The agency's files."""
        return tuple(one.filing for one in self.examined)

    @property
    def kind(self) -> str:
        """The length of the periods that its files are of; a year without any."""
        return next((filing.stamp.period.kind for filing in self.filings if filing.stamp), "year")

    def count(self, severity: Severity) -> int:
        """Return the number of open findings of that severity; notes are never open."""
        return sum(f.severity is severity and f.is_open for one in self.examined for f in one.findings)


@dataclass(frozen=True, slots=True)
class Board:
    """The agencies of the roster on one day, what matters most first, and the files of no agency of it.

    ``collection`` is what the board was made from.
    """

    rows: tuple[BoardRow, ...]
    strangers: tuple[Examined, ...]
    due: dt.date
    day: dt.date
    collection: Collection

    @property
    def general(self) -> tuple[Finding, ...]:
        """The findings on the roster and on agencies that are not on it or on several, which are in no row."""
        return (*self.collection.of_roster, *self.collection.not_compared, *self.collection.changes)

    @property
    def kind(self) -> str:
        """The length of the periods that the files are of; a year without any."""
        return next((row.kind for row in self.rows if row.examined), "year")

    @property
    def counts(self) -> dict[AgencyState, int]:
        """The number of agencies in each state."""
        counted = Counter(state for row in self.rows for state in row.states)
        return {state: counted[state] for state in AgencyState}

    @property
    def days_left(self) -> int:
        """The number of days until the due day; negative after it."""
        return (self.due - self.day).days

    def having(self, state: AgencyState) -> tuple[BoardRow, ...]:
        """Return the rows of the agencies in that state."""
        return tuple(row for row in self.rows if state in row.states)


def board(collection: Collection, roster: Roster, due: dt.date, day: dt.date) -> Board:
    """Return the board of *collection* on *day*.

    A file without a stamp belongs to the agency with whose code its name begins.
    """
    files: dict[str, list[Examined]] = {}
    strangers = []
    for one in collection.examined:
        entry = sender(one.filing, roster)
        if entry is None:
            strangers.append(one)
        else:
            files.setdefault(entry.code, []).append(one)
    rows = [_board_row(entry, tuple(files.get(entry.code, ()))) for entry in roster]
    missing = {
        entry.code: finding for finding, entry in zip(collection.missing, collection.absent, strict=True)
    }

    def rank(row: BoardRow) -> tuple[tuple[int, Decimal], int]:
        own = [finding for one in row.examined for finding in one.findings]
        absent = missing.get(row.entry.code)
        return first([*own, absent] if absent else own), _ORDER[row.state]

    rows.sort(key=rank)  # stable: ties keep the order of the roster
    return Board(tuple(rows), tuple(strangers), due, day, collection)


def _board_row(entry: Entry, examined: tuple[Examined, ...]) -> BoardRow:
    counting = [one for one in examined if one.replacement is None]
    states = {state for one in counting for f in one.findings for state in _states(f, len(counting))}
    if not examined:
        states.add(AgencyState.NOT_SENT)
    elif len({one.filing.source.sha256 for one in counting}) > 1:
        states.add(AgencyState.TWO_FILES)
    if examined:
        states.add(AgencyState.RECEIVED)
    if any(isinstance(one.filing, Return) and one.filing.is_nil for one in counting):
        states.add(AgencyState.NIL)
    if states <= {AgencyState.RECEIVED, AgencyState.NIL}:
        states.add(AgencyState.ACCEPTED)
    return BoardRow(entry, tuple(sorted(states, key=_ORDER.__getitem__)), examined)


def _states(finding: Finding, files: int) -> Iterator[AgencyState]:
    """Yield the state that an open finding puts an agency with that number of *files* in."""
    if not finding.is_open:
        return
    if finding.code in {"duplicate-return", "two-versions"} and files > 1:
        yield AgencyState.SAME_TWICE if finding.facts.get("same") == Word("same") else AgencyState.TWO_FILES
    elif finding.code in _OF_CODE:
        yield _OF_CODE[finding.code]
    else:
        yield _OF_SEVERITY[finding.severity]
