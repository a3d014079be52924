"""Findings: what verification reports about a file.

A finding is a value. Its code is stable, because tests, waivers and other programs refer to it. The severity and the
words of each code are in ``text/findings``; the finding's ``facts`` are filled into the words.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum
from typing import NamedTuple

from xltools.text.findings import all_codes, finding_code


class Severity(Enum):
    """How bad it is, worst first.

    An error keeps a return out of the roll-up; a question asks the agency to correct it or to say why it is so; a
    warning asks to look; a note informs.
    """

    ERROR = "error"
    QUESTION = "question"
    WARNING = "warning"
    NOTE = "note"


class _Severities(Mapping[str, Severity]):
    """The severity of each code, from the files in ``text/findings``."""

    def __getitem__(self, code: str) -> Severity:
        return Severity(finding_code(code).severity)

    def __iter__(self) -> Iterator[str]:
        return iter(all_codes())

    def __len__(self) -> int:
        return len(all_codes())


SEVERITY = _Severities()


def can_be_accepted(code: str) -> bool:
    """Return whether a coordinator may accept findings of *code* or change their level.

    This excludes errors which mean that a file or a figure could not be read, or that its agency is unknown.
    """
    return SEVERITY[code] is not Severity.ERROR or finding_code(code).can_be_accepted


def can_have(code: str, severity: Severity) -> bool:
    """Return whether a collection may give *code* that level."""
    return severity is Severity.ERROR or can_be_accepted(code)


class Place(NamedTuple):
    """One cell that a finding speaks of: where it stands in the file and, where it is a figure, its name."""

    sheet: str
    address: str
    cell: str = ""


class Cause(NamedTuple):
    """What may lie behind a finding: a sentence of the catalogue below ``cause.``, and its facts."""

    code: str
    facts: Mapping[str, object] = {}


@dataclass(frozen=True, slots=True)
class Waiver:
    """A coordinator's word that a finding is accepted; ``cell`` may be empty, for all cells of that code."""

    agency: str  # its code
    code: str
    cell: str
    reason: str
    who: str
    date: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault or remark. ``found`` and ``expected`` are figures where they are figures, else words.

    ``facts`` holds what its sentence in the catalogue names besides, ``others`` the further cells it speaks of.
    ``member`` is set where it is about one agency inside a roll-up, whose own agency is then the district.
    """

    code: str
    file: str = ""
    agency: str = ""
    sheet: str = ""
    address: str = ""
    cell: str = ""
    found: Decimal | str = ""
    expected: Decimal | str = ""
    facts: dict[str, object] = field(default_factory=dict)
    others: tuple[Place, ...] = ()
    member: str = ""
    causes: tuple[Cause, ...] = ()
    level: Severity | None = None  # where the collection gives the code another than its own
    waiver: Waiver | None = None
    explanation: str = ""  # what the agency answered

    def of(self, file: str, agency: str) -> Finding:
        """The same about that file, of that agency: where a finding is made, neither need be known."""
        return Finding(
            self.code,
            file,
            agency,
            self.sheet,
            self.address,
            self.cell,
            self.found,
            self.expected,
            self.facts,
            self.others,
            self.member,
            self.causes,
            self.level,
            self.waiver,
            self.explanation,
        )

    @property
    def severity(self) -> Severity:
        """The severity the collection gives it, else that of its code."""
        return self.level or SEVERITY[self.code]

    @property
    def is_open(self) -> bool:
        """Whether something is still to be done about it."""
        if self.waiver is not None or self.severity is Severity.NOTE:
            return False
        return self.severity is not Severity.QUESTION or not self.explanation

    @property
    def is_error(self) -> bool:
        """Whether it keeps the return out of the roll-up."""
        return self.severity is Severity.ERROR and self.waiver is None

    @property
    def places(self) -> tuple[Place, ...]:
        """Every cell it speaks of, the one it is filed under first."""
        own = (Place(self.sheet, self.address, self.cell),) if self.address or self.cell else ()
        return (*own, *(place for place in self.others if place not in own))


def has_errors(findings: tuple[Finding, ...] | list[Finding]) -> bool:
    """Whether any of them keeps its return out of the roll-up."""
    return any(finding.is_error for finding in findings)


_LONGEST_QUOTE = 200


def quoted(text: str, longest: int = _LONGEST_QUOTE) -> str:
    """A text out of a file as a sentence can hold it: not too long, and without what could command a terminal."""
    clipped = text if len(text) <= longest else f"{text[:longest]}…"
    return "".join(c if c.isprintable() or c.isspace() else "\ufffd" for c in clipped)
