"""What stops the work: one root, so that a caller needs one ``except``.

A fault in an agency's data never raises; it is a :class:`~xltools.data.finding.Finding`. These exceptions are
for the work itself: a form that means nothing, a roster that cannot be used, an output that may not be written.

Each carries *problems*: keys into the text catalogue with the facts to fill in, so that the library stays
silent and the command line can speak Chinese or English.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Problem(NamedTuple):
    """One thing that is wrong: a catalogue key below ``problem.``, where it is, and the facts of the sentence."""

    code: str
    place: str = ""
    facts: Mapping[str, object] = {}


class XltoolsError(Exception):
    """The work could not be done."""

    def __init__(self, *problems: Problem) -> None:
        self.problems = problems
        super().__init__(
            "; ".join(f"{p.place + ': ' if p.place else ''}{p.code} {dict(p.facts)}" for p in problems)
        )

    def __reduce__(self) -> tuple[type[XltoolsError], tuple[Problem, ...]]:
        """It may come out of another process."""
        return type(self), self.problems


class InvalidValueError(ValueError):
    """A value in a file that cannot be used: the code and the facts of a :class:`Problem` whose place is not known yet."""

    def __init__(self, code: str, /, **facts: object) -> None:
        self.code, self.facts = code, facts
        super().__init__(f"{code} {facts}")


class FormError(XltoolsError):
    """A form definition cannot be used."""


class RosterError(XltoolsError):
    """A list of agencies cannot be used."""


class InputError(XltoolsError):
    """What the user named is not there or does not fit together."""


class OutputError(XltoolsError):
    """A file may not or cannot be written."""


class AdditionError(XltoolsError):
    """Two records cannot be added: another form or year, or the same agency in both."""


class MarkingError(XltoolsError):
    """A workbook cannot be marked."""
