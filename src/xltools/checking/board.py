"""The board: how each agency of the roster stands, what needs doing first."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from xltools.checking import standing
from xltools.checking.collection import Collection, Examined
from xltools.checking.duplicates import entry_of, named_for
from xltools.data.filing import Filing
from xltools.data.finding import Finding, Severity
from xltools.data.roster import Entry, Roster
from xltools.text import Word


class State(Enum):
    """What can be said of an agency's return. Several may hold at once; they stand in the order of what needs doing."""

    TWO_FILES = "two-files"  # that differ: which one counts?
    WRONG_YEAR = "wrong-year"
    OLD_EDITION = "old-edition"
    ERRORS = "errors"
    NOT_SENT = "not-sent"
    QUESTIONS = "questions"  # findings that ask for an explanation, unanswered
    WARNINGS = "warnings"
    SAME_TWICE = "same-twice"  # an identical file twice
    NIL = "nil"  # declared nil, not merely empty
    ACCEPTED = "accepted"  # nothing is open: it enters the roll-up as it is
    RECEIVED = "received"


_ORDER = {state: place for place, state in enumerate(State)}
_OF_CODE = {
    "wrong-year": State.WRONG_YEAR,
    "wrong-edition": State.OLD_EDITION,
    "old-layout": State.OLD_EDITION,
}
_OF_SEVERITY = {
    Severity.ERROR: State.ERRORS,
    Severity.QUESTION: State.QUESTIONS,
    Severity.WARNING: State.WARNINGS,
}


# What each asks for, in the words in which the files of a collection are told.
TO_DO = {
    State.TWO_FILES: standing.State.CORRECT,
    State.WRONG_YEAR: standing.State.CORRECT,
    State.OLD_EDITION: standing.State.CORRECT,
    State.ERRORS: standing.State.CORRECT,
    State.NOT_SENT: standing.State.MISSING,
    State.QUESTIONS: standing.State.EXPLAIN,
    State.WARNINGS: standing.State.LOOK,
    State.SAME_TWICE: standing.State.LOOK,
    State.NIL: standing.State.SOUND,
    State.ACCEPTED: standing.State.SOUND,
    State.RECEIVED: standing.State.SOUND,
}


@dataclass(frozen=True, slots=True)
class Line:
    """One agency: its states, what needs doing first in front, and its files."""

    entry: Entry
    states: tuple[State, ...]
    examined: tuple[Examined, ...] = ()

    @property
    def state(self) -> State:
        """What needs doing first."""
        return self.states[0]

    @property
    def to_do(self) -> standing.State:
        """What that asks for."""
        return TO_DO[self.state]

    @property
    def filings(self) -> tuple[Filing, ...]:
        """The files that came from it."""
        return tuple(one.filing for one in self.examined)

    def count(self, severity: Severity) -> int:
        """How many findings of that severity are still open; notes never are."""
        return sum(f.severity is severity and f.is_open for one in self.examined for f in one.findings)


@dataclass(frozen=True, slots=True)
class Board:
    """The agencies, what needs doing first on top; files that are nobody's; and the day it is about."""

    lines: tuple[Line, ...]
    strangers: tuple[Examined, ...]
    due: dt.date
    day: dt.date

    @property
    def counts(self) -> dict[State, int]:
        """How many agencies are in each state."""
        counted = Counter(state for line in self.lines for state in line.states)
        return {state: counted[state] for state in State}

    @property
    def days_left(self) -> int:
        """Until the due day; below zero when it is past."""
        return (self.due - self.day).days

    def having(self, state: State) -> tuple[Line, ...]:
        """The agencies in that state, in the order of the roster."""
        return tuple(line for line in self.lines if state in line.states)


def board(collection: Collection, roster: Roster, due: dt.date, day: dt.date) -> Board:
    """The board of *collection* on that day. A file that cannot be read is its agency's whose code its name begins with."""
    files: dict[str, list[Examined]] = {}
    strangers = []
    for one in collection.examined:
        entry = _entry(one.filing, roster)
        if entry is None:
            strangers.append(one)
        else:
            files.setdefault(entry.code, []).append(one)
    lines = [_line(entry, tuple(files.get(entry.code, ()))) for entry in roster]
    lines.sort(key=lambda line: _ORDER[line.state])  # stable: the roster's order within a state
    return Board(tuple(lines), tuple(strangers), due, day)


def _entry(filing: Filing, roster: Roster) -> Entry | None:
    if filing.stamp is None:
        return named_for(filing, roster)
    return entry_of(filing, roster)


def _line(entry: Entry, examined: tuple[Examined, ...]) -> Line:
    states = {state for one in examined for f in one.findings for state in _states(f, len(examined))}
    if not examined:
        states.add(State.NOT_SENT)
    elif len({one.filing.source.sha256 for one in examined}) > 1:
        states.add(State.TWO_FILES)
    if examined:
        states.add(State.RECEIVED)
    if any(one.filing.is_nil for one in examined):
        states.add(State.NIL)
    if states <= {State.RECEIVED, State.NIL}:
        states.add(State.ACCEPTED)
    return Line(entry, tuple(sorted(states, key=_ORDER.__getitem__)), examined)


def _states(finding: Finding, files: int) -> Iterator[State]:
    if not finding.is_open:
        return
    if finding.code == "duplicate-return" and files > 1:
        yield State.SAME_TWICE if finding.facts.get("same") == Word("same") else State.TWO_FILES
    elif finding.code in _OF_CODE:
        yield _OF_CODE[finding.code]
    else:
        yield _OF_SEVERITY[finding.severity]
