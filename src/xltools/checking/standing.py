"""How each file of a collection stands, and each agency that sent none: what is to be done about it, most urgent first."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import cached_property

from xltools.checking.collection import Collection
from xltools.data.filing import Filing
from xltools.data.finding import Finding, Severity
from xltools.data.roster import Entry


class State(Enum):
    """What is to be done, most urgent first."""

    MISSING = "missing"  # ask for it
    CORRECT = "correct"  # has errors: send it back
    EXPLAIN = "explain"  # has questions that the agency did not answer
    LOOK = "look"  # has warnings
    SOUND = "sound"  # nothing: no findings, only notes, or all of them accepted or explained


_ORDER = {state: index for index, state in enumerate(State)}


@dataclass(frozen=True)
class Standing:
    """One file, or one agency of the roster without a file, and everything found about it."""

    findings: tuple[Finding, ...]
    filing: Filing | None = None
    absent: Entry | None = None

    @property
    def agency(self) -> str:
        """Whose it is, in words; empty where that could not be read."""
        if self.absent is not None:
            return str(self.absent.agency())
        return str(self.filing.agency) if self.filing and self.filing.agency else ""

    @property
    def code(self) -> str:
        """The code of the agency, as far as it is known."""
        if self.absent is not None:
            return self.absent.code
        return self.filing.agency.code if self.filing and self.filing.agency else ""

    @property
    def path(self) -> str:
        """The file; empty when there is none."""
        return self.filing.source.path if self.filing else ""

    @cached_property
    def state(self) -> State:
        """What the worst of its open findings asks for."""
        if any(finding.is_error for finding in self.findings):
            return State.MISSING if self.filing is None else State.CORRECT
        pending = {finding.severity for finding in self.findings if finding.is_open}
        if Severity.QUESTION in pending:
            return State.EXPLAIN
        return State.LOOK if Severity.WARNING in pending else State.SOUND

    @cached_property
    def counts(self) -> dict[Severity, int]:
        """How many findings there are of each severity, without those that were waived."""
        return {s: sum(f.severity is s and f.waiver is None for f in self.findings) for s in Severity}

    @property
    def waived(self) -> int:
        """How many findings were accepted."""
        return sum(finding.waiver is not None for finding in self.findings)


def standings(collection: Collection) -> tuple[Standing, ...]:
    """Every file and every missing agency, most urgent first; among equals as they came."""
    sent = [Standing(one.findings, one.filing) for one in collection.examined]
    missing = zip(collection.missing, collection.absent, strict=True)
    return tuple(sorted([*sent, *(Standing((f,), absent=entry) for f, entry in missing)], key=_urgency))


def _urgency(standing: Standing) -> tuple[int, ...]:
    return _ORDER[standing.state], *(-count for count in standing.counts.values())
