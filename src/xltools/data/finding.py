"""Findings: what verification reports about a file.

A finding is a value. Its code is stable, because tests, waivers and other programs refer to it. The severity and the
words of each code are in ``text/findings``; the finding's ``facts`` are filled into the words.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import Enum
from typing import NamedTuple

from xltools.text.findings import all_codes, finding_code


class Severity(Enum):
    """The severities, worst first.

    An error excludes a return from the roll-up; a question requires the agency to correct or explain a figure; a warning
    should be looked at; a note informs.
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
    """A cell that a finding refers to: its sheet and address in the file, and its name in the form if it has one."""

    sheet: str
    address: str
    cell: str = ""


GUILTY = "guilty-cell"  # the code of the cause that names or lists cells


class Cause(NamedTuple):
    """A possible cause of a finding: the key of its message below ``cause.`` in the catalogue, and the facts in it."""

    code: str
    facts: Mapping[str, object] = {}


class Effect(NamedTuple):
    """The largest change that a finding can make to each published figure; ``figures`` is ``None`` if it is not known.

    ``cell`` is the figure of which the change is the largest ``share``, with its ``label``. The share is ``None`` if the
    figure is 0, or not compared yet.
    """

    figures: Mapping[str, Decimal] | None
    cell: str = ""
    label: str = ""
    share: Decimal | None = None

    @property
    def amount(self) -> Decimal:
        """The change of the figure ``cell``."""
        return (self.figures or {}).get(self.cell, Decimal(0))

    @property
    def rank(self) -> tuple[int, Decimal]:
        """What matters first: an unknown effect, then the largest share."""
        if self.figures is None:
            return 0, Decimal(0)
        largest = Decimal("Infinity") if self.amount and self.share is None else self.share or Decimal(0)
        return 1, -largest


def _plain(place: str) -> str:
    """Return the name of a cell as people write it in several ways: ``$d$6``, ``'sheet'!D6``, in full-width characters."""
    return re.sub(r"[\s$']", "", unicodedata.normalize("NFKC", place)).casefold()


@dataclass(frozen=True, slots=True)
class Waiver:
    """A coordinator's decision to accept a finding; an empty ``cell`` covers all findings with that code.

    ``version`` is the beginning of the digest of what was read of the return that was accepted. The decision holds for that
    version only; without one it holds for any. It holds in the ``period`` of that text only, or in the only one of its
    collection. Neither is part of the text that represents the decision, which manifests hash.
    """

    agency: str  # the code of the agency
    code: str
    cell: str
    reason: str
    who: str
    date: str
    version: str = field(default="", repr=False)
    period: str = field(default="", repr=False)

    def covers(self, finding: Finding, agency: str) -> bool:
        """Return whether the decision is about that finding; *agency* is the code of its agency."""
        if (self.agency, self.code) != (agency, finding.code):
            return False
        # The ways to name the cell: blank, name, label, address, or sheet and address.
        names = (finding.cell, finding.address, f"{finding.sheet}!{finding.address}")
        return not self.cell or _plain(self.cell) in map(
            _plain, (*names, str(finding.facts.get("label", "")))
        )

    def holds_for(self, reading: str) -> bool:
        """Return whether the decision holds for a return with that digest of what was read of it."""
        return reading.startswith(self.version)


@dataclass(frozen=True, slots=True)
class Finding:
    """A fault or a remark. ``found`` and ``expected`` are figures or texts.

    ``facts`` are the other values in the message, ``others`` the other cells that the finding refers to. ``member`` is the
    agency inside a roll-up that the finding is about; ``agency`` is then the district.
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
    level: Severity | None = (
        None  # the severity that the collection sets for the code, or a note where less is certain
    )
    waiver: Waiver | None = None
    explanation: str = ""  # the answer of the agency
    effect: Effect | None = None  # on the published figures, while it is open

    def of(self, file: str, agency: str) -> Finding:
        """Return the finding with *file* and *agency*, which are unknown where most findings are created."""
        return replace(self, file=file, agency=agency)

    @property
    def severity(self) -> Severity:
        """The severity of this finding, or that of its code."""
        return self.level or SEVERITY[self.code]

    @property
    def is_open(self) -> bool:
        """Whether somebody still has to act: it is not a note, not accepted, and not a question with an answer."""
        if self.waiver is not None or self.severity is Severity.NOTE:
            return False
        return self.severity is not Severity.QUESTION or not self.explanation

    @property
    def is_of_unread(self) -> bool:
        """Whether nothing was read from the cell that a reader's finding is about."""
        return SEVERITY[self.code] is Severity.ERROR or self.code == "text-nothing"

    @property
    def is_error(self) -> bool:
        """Whether the finding excludes the return from the roll-up."""
        return self.severity is Severity.ERROR and self.waiver is None

    @property
    def rank(self) -> tuple[int, Decimal]:
        """What matters first: that of its effect; what is not open comes last."""
        return self.effect.rank if self.effect else (1, Decimal(0)) if self.is_open else (2, Decimal(0))

    @property
    def entered(self) -> Decimal | str:
        """What somebody entered: ``found`` of a cell or a sheet, or what was compared.

        On a whole file it is a detail for programs, such as what a library said; the message has it in words.
        """
        return self.found if self.sheet or self.places or self.expected != "" else ""

    @property
    def places(self) -> tuple[Place, ...]:
        """All cells that the finding refers to, its own first."""
        own = (Place(self.sheet, self.address, self.cell),) if self.address or self.cell else ()
        return (*own, *(place for place in self.others if place not in own))


def spot(sheet: str, address: str) -> str:
    """Return sheet and address in one text, ``表!A1``; of a place without an address the sheet alone."""
    return "!".join(filter(None, (sheet, address)))


def has_errors(findings: tuple[Finding, ...] | list[Finding]) -> bool:
    """Return whether any of *findings* excludes its return from the roll-up."""
    return any(finding.is_error for finding in findings)


_LONGEST_QUOTE = 200


def quoted(text: str, longest: int = _LONGEST_QUOTE) -> str:
    """Return a text from a file, clipped, and with control characters replaced because terminals execute them."""
    clipped = text if len(text) <= longest else f"{text[:longest]}…"
    return "".join(c if c.isprintable() or c.isspace() else "\ufffd" for c in clipped)
