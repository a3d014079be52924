"""What verification has to say about one place in one file.

A finding is a value. Its code is stable: tests, waivers and other programs hold on to it. The words for a code
are in the text catalogue; the facts that the words need travel in ``facts``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import Enum
from types import MappingProxyType
from typing import NamedTuple


class Severity(Enum):
    """The severities, worst first.

    An error excludes a return from the roll-up; a question requires the agency to correct or explain a figure; a warning
    should be looked at; a note informs.
    """

    ERROR = "error"
    QUESTION = "question"
    WARNING = "warning"
    NOTE = "note"


_E, _Q, _W, _N = Severity.ERROR, Severity.QUESTION, Severity.WARNING, Severity.NOTE

# Every code there is, with its severity. Grouped by who notices.
SEVERITY: dict[str, Severity] = {
    # the file
    "empty-file": _E,  # no bytes
    "lock-file": _E,  # what Office keeps beside a file that is open
    "html-file": _E,  # a web page under the name of a workbook
    "csv-file": _E,  # plain text of any sort
    "word-document": _E,
    "not-a-workbook": _E,  # not an .xlsx at all
    "archive": _E,  # packed files where a workbook belongs: an archive in an archive, or one that is no zip
    "encrypted-archive": _E,  # packed with a password
    "old-format": _E,  # .xls and its like, and what reads them is not installed
    "old-format-unreadable": _E,  # .xls and its like, and it could not be read within the limits
    "old-format-read": _N,  # .xls and its like, read by its values only
    "encrypted": _E,  # needs a password to open
    "wrong-password": _E,  # none of the passwords given opens it
    "macros": _E,  # it carries a program
    "doctype": _E,  # a document type is declared, through which a file can smuggle in others
    "duplicate-part": _E,  # two entries of one name
    "unsafe-path": _E,  # an entry whose name leads out of the file
    "bomb": _E,  # small, and enormous once unpacked
    "damaged": _E,  # an .xlsx that cannot be read through
    "too-large": _E,  # beyond the limits
    "reader-failed": _E,  # the program raised what nobody foresaw: its own defect
    # the return as a whole
    "no-stamp": _E,  # not issued by xltools
    "stamp-edited": _E,  # the cover and the file's properties disagree
    "wrong-form": _E,  # another form
    "wrong-edition": _E,  # an older or newer edition of the form
    "wrong-year": _E,  # another year than asked for
    # its sheets and cells
    "missing-sheet": _E,
    "old-layout": _E,  # the tables of a superseded edition
    "label-changed": _E,  # a label is not what the form prints there: the figures may be anything
    "label-missing": _E,  # a label the form prints is nowhere in its sheet
    "table-twice": _E,  # the table stands in the sheet more than once
    "places-differ": _E,  # a cell's name and its labels point to different places
    "sheet-renamed": _N,  # found by its cells' names or its labels
    "table-moved": _N,  # rows or columns were inserted; found by its labels
    "by-labels": _W,  # read without a stamp, by its labels alone
    "label-near": _W,  # of a document: a damaged label, or several rows printed as one
    "title-differs": _W,  # of a document: its title, its file's name and what was asked for disagree
    "blank": _W,  # counts as 0
    "text-nothing": _W,  # 无, a stroke: counts as blank
    "text-as-number": _N,  # a text that can only mean one number
    "not-a-number": _E,
    "text-unit": _E,  # another unit or a multiplier
    "text-change": _E,  # +19, 减4: a change and not a count
    "text-remark": _E,  # a number with a remark behind it
    "text-date": _E,  # a date
    "text-vague": _E,  # about, more than
    "error-value": _E,  # #REF! and its like
    "number-too-large": _E,
    "negative": _E,
    "not-whole": _E,
    "input-formula": _W,  # a formula where a figure is typed
    "external-formula": _E,  # a formula that reads another workbook
    # its totals; in every case the derived value is what counts
    "total-wrong": _E,  # overwritten by a constant that is not the sum
    "total-typed": _W,  # overwritten by a constant that is the sum
    "total-stale": _W,  # the formula is there, its stored result is old
    "not-calculated": _N,  # the formula is there without a result
    "formula-changed": _W,  # another formula, whose result is the sum all the same
    "formula-wrong": _E,  # another formula, whose result is not the sum
    # what guarded it
    "unprotected": _N,  # a sheet's protection was taken off
    "structure-unlocked": _N,  # sheets may be added, renamed and removed
    "validation-lost": _N,  # pasting took the validation away
    "hidden-cells": _W,  # rows or columns of the table are hidden
    "comment": _N,  # somebody wrote a comment at a cell
    "seal-missing": _E,  # not sealed with the key it is checked against
    "seal-broken": _E,  # sealed for another agency, year or form, or with another key
    # its rules
    "rule-broken": _E,
    "all-blank": _E,  # nothing at all was filled in
    "all-zero": _N,  # nothing but zeros, and not declared nil
    "nil-contradicted": _E,  # declared nil, and there are figures
    # its prose
    "prose-figure": _W,  # a number that none of the cells it can mean holds
    "prose-parts": _W,  # parts that do not make up their whole
    "prose-year": _W,  # about another year
    "prose-instruction": _W,  # words of the template left in
    "prose-nothing": _W,  # 无 where the figures say otherwise, or where 无 is no answer
    "prose-settled": _W,  # everything settled, and something carried over
    "prose-blank": _W,  # nothing written
    # a roll-up
    "row-altered": _E,  # a row of a roll-up is not as it was written
    "rollup-rows": _E,  # a roll-up's rows and its account of files tell different stories
    "rollup-incomplete": _E,  # a roll-up that says itself that something is missing
    # the collection
    "duplicate-return": _E,  # two files for one agency
    "not-on-roster": _E,
    "missing-return": _E,  # an agency of the roster without a file
    "other-district": _E,  # issued by another district than the one that is merged
    "other-agency": _E,  # the file is named for one agency and stamped for another
    "name-differs": _W,  # the roster has another name for the code
    # last year
    "carry-over": _Q,  # a figure that last year's gives by itself is another
    "stock": _Q,  # a figure that follows from last year's and this year's movements is another
    "same-as-last-year": _Q,  # every figure is last year's
    "jump": _Q,  # many times last year's figure, or a small part of it
    "agency-new": _N,  # did not report last year
    "agency-gone": _W,  # reported last year, and is not expected this year
    "agency-renamed": _N,  # the same code, another name
    "agency-recoded": _N,  # the same name, another code
    # the other agencies
    "outlier": _W,  # far from the figures of agencies of its kind
    "twins": _W,  # all figures are those of another agency
    "no-rule-maker": _Q,  # a figure that only some agencies can have
    # the second reader
    "witness-differs": _E,  # two readers of one figure disagree
    "issued-differs": _E,  # a workbook that is about to be sent is not as the form says
}


# Errors whose figures are known all the same, so that a coordinator may accept them or give them a lower level. The
# others mean that a file or a figure could not be read, or that it is not known whose it is.
ACCEPTABLE = frozenset(
    {
        "total-wrong",
        "formula-wrong",
        "rule-broken",
        "all-blank",
        "missing-return",
        "rollup-incomplete",
        "not-on-roster",
        "other-district",
        "seal-missing",
    }
)


def can_have(code: str, severity: Severity) -> bool:
    """Whether a collection may give that code that level."""
    return SEVERITY[code] is not Severity.ERROR or code in ACCEPTABLE or severity is Severity.ERROR


class Sum(NamedTuple):
    """The parts of a sum as a finding tells them: sign, name and figure of each."""

    terms: tuple[tuple[int, str, Decimal], ...]


class Word(NamedTuple):
    """A word of the catalogue below ``finding-part.``, for a finding that has to name something."""

    key: str


class Place(NamedTuple):
    """A cell that a finding refers to: its sheet and address in the file, and its name in the form if it has one."""

    sheet: str
    address: str
    cell: str = ""


class Cause(NamedTuple):
    """A possible cause of a finding: the key of its message below ``cause.`` in the catalogue, and the facts in it."""

    code: str
    facts: Mapping[str, object] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Waiver:
    """A coordinator's decision to accept a finding; an empty ``cell`` covers all findings with that code."""

    agency: str  # the code of the agency
    code: str
    cell: str
    reason: str
    who: str
    date: str


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
    level: Severity | None = None  # the severity that the collection sets for the code
    waiver: Waiver | None = None
    explanation: str = ""  # the answer of the agency

    def of(self, file: str, agency: str) -> Finding:
        """Return the finding with *file* and *agency*, which are unknown where most findings are created."""
        return replace(self, file=file, agency=agency)

    @property
    def severity(self) -> Severity:
        """The severity that the collection sets, or that of the code."""
        return self.level or SEVERITY[self.code]

    @property
    def is_open(self) -> bool:
        """Whether somebody still has to act: it is no note, not accepted, and no question with an answer."""
        if self.waiver is not None or self.severity is Severity.NOTE:
            return False
        return self.severity is not Severity.QUESTION or not self.explanation

    @property
    def is_error(self) -> bool:
        """Whether the finding excludes the return from the roll-up."""
        return self.severity is Severity.ERROR and self.waiver is None

    @property
    def places(self) -> tuple[Place, ...]:
        """All cells that the finding refers to, its own first."""
        own = (Place(self.sheet, self.address, self.cell),) if self.address or self.cell else ()
        return (*own, *(place for place in self.others if place not in own))


def has_errors(findings: tuple[Finding, ...] | list[Finding]) -> bool:
    """Return whether any of *findings* excludes its return from the roll-up."""
    return any(finding.is_error for finding in findings)


_LONGEST_QUOTE = 200


def quoted(text: str, longest: int = _LONGEST_QUOTE) -> str:
    """Return a text from a file, clipped, and with control characters replaced because terminals execute them."""
    clipped = text if len(text) <= longest else f"{text[:longest]}…"
    return "".join(c if c.isprintable() or c.isspace() else "\ufffd" for c in clipped)
