"""What verification has to say about one place in one file.

A finding is a value. Its code is stable: tests, waivers and other programs hold on to it. The words for a code
are in the text catalogue; the facts that the words need travel in ``facts``.
"""

from __future__ import annotations

from decimal import Decimal
from enum import Enum

from attrs import field, frozen


class Severity(Enum):
    """How bad it is: an error keeps a return out of the roll-up, a warning asks to look, a note informs."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


_E, _W, _N = Severity.ERROR, Severity.WARNING, Severity.NOTE

# Every code there is, with its severity. Grouped by who notices.
SEVERITY: dict[str, Severity] = {
    # the file
    "empty-file": _E,  # no bytes
    "not-a-workbook": _E,  # not an .xlsx at all
    "old-format": _E,  # .xls and its like
    "encrypted": _E,  # needs a password to open
    "damaged": _E,  # an .xlsx that cannot be read through
    "too-large": _E,  # beyond the limits
    # the return as a whole
    "no-stamp": _E,  # not issued by xltools
    "stamp-edited": _E,  # the cover and the file's properties disagree
    "wrong-form": _E,  # another form
    "wrong-edition": _E,  # an older or newer edition of the form
    "wrong-year": _E,  # another year than asked for
    # its sheets and cells
    "missing-sheet": _E,
    "label-changed": _E,  # a label is not what the form prints there: the figures may be anything
    "cell-moved": _E,  # the cell's name points elsewhere
    "blank": _W,  # counts as 0
    "not-a-number": _E,
    "negative": _E,
    "not-whole": _E,
    "input-formula": _W,  # a formula where a figure is typed
    # its totals; in every case the derived value is what counts
    "total-wrong": _E,  # overwritten by a constant that is not the sum
    "total-typed": _W,  # overwritten by a constant that is the sum
    "total-stale": _W,  # the formula is there, its stored result is old
    "not-calculated": _N,  # the formula is there without a result
    # its rules
    "rule-broken": _E,
    # the collection
    "duplicate-return": _E,  # two files for one agency
    "not-on-roster": _E,
    "missing-return": _E,  # an agency of the roster without a file
    "name-differs": _W,  # the roster has another name for the code
}


@frozen
class Sum:
    """The parts of a sum as a finding tells them: sign, name and figure of each."""

    terms: tuple[tuple[int, str, Decimal], ...]


@frozen
class Word:
    """A word of the catalogue below ``finding-part.``, for a finding that has to name something."""

    key: str


@frozen
class Finding:
    """One fault or remark. ``found`` and ``expected`` are figures where they are figures, else words.

    ``facts`` holds what its sentence in the catalogue names besides.
    """

    code: str
    file: str = ""
    agency: str = ""
    sheet: str = ""
    address: str = ""
    cell: str = ""
    found: Decimal | str = ""
    expected: Decimal | str = ""
    facts: dict[str, object] = field(factory=dict)

    @property
    def severity(self) -> Severity:
        """The severity of its code."""
        return SEVERITY[self.code]


def has_errors(findings: tuple[Finding, ...] | list[Finding]) -> bool:
    """Whether any of them is an error."""
    return any(finding.severity is Severity.ERROR for finding in findings)
