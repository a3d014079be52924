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


DISTRIBUTION = "xltools-returns"


def missing_extra(extra: str, place: str = "") -> Problem:
    """Return the problem that a library of *extra* is not installed, with the command that installs it."""
    return Problem("missing-extra", place, {"how": extra, "install": install_command(extra)})


def install_command(extra: str) -> str:
    """Return the command that installs an extra of this package from where the package came: a folder, a file, an index."""
    import json  # noqa: PLC0415  only for a message
    from importlib.metadata import PackageNotFoundError, distribution  # noqa: PLC0415  slow to import

    try:
        origin = json.loads(distribution(DISTRIBUTION).read_text("direct_url.json") or "{}")
    except (PackageNotFoundError, ValueError):
        origin = {}
    url = str(origin.get("url", ""))
    if "dir_info" in origin and url.startswith("file://"):
        from urllib.request import url2pathname  # noqa: PLC0415

        return f'pip install "{url2pathname(url.removeprefix("file://"))}[{extra}]"'
    return f'pip install "{DISTRIBUTION}[{extra}]{f" @ {url}" if url else ""}"'


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
