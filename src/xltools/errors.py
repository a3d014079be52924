"""The exceptions of the package, all subclasses of :class:`XltoolsError`.

A fault in the data of an agency is not an exception but a :class:`~xltools.data.finding.Finding`. These exceptions are
for faults in forms, rosters, arguments and outputs.

Each has *problems*, which are keys of the text catalogue with facts, so the command line can print them in Chinese or
English.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import NamedTuple


class Word(NamedTuple):
    """A word of the catalogue, in the section ``finding-part``, as a fact of a sentence."""

    key: str


class Problem(NamedTuple):
    """A fault: its key below ``problem.`` in the catalogue, its place, and the facts of the sentence."""

    code: str
    place: str = ""
    facts: Mapping[str, object] = {}


class XltoolsError(Exception):
    """The base class of the exceptions of the package."""

    def __init__(self, *problems: Problem) -> None:
        self.problems = problems
        super().__init__(
            "; ".join(f"{p.place + ': ' if p.place else ''}{p.code} {dict(p.facts)}" for p in problems)
        )

    def __reduce__(self) -> tuple[type[XltoolsError], tuple[Problem, ...]]:
        """Pickle the exception, which may come from another process, with its problems."""
        return type(self), self.problems


class InvalidValueError(ValueError):
    """A value in a file is invalid; the code and the facts of a :class:`Problem` whose place is not yet known."""

    def __init__(self, code: str, /, **facts: object) -> None:
        self.code, self.facts = code, facts
        super().__init__(f"{code} {facts}")


DISTRIBUTION = "xltools-returns"


def missing_extra(extra: str, place: str = "") -> Problem:
    """Return the problem that a library of *extra* is not installed, with the command that installs it."""
    return Problem("missing-extra", place, {"how": extra, "install": install_command(extra)})


def install_command(extra: str) -> str:
    """Return the command that installs an extra of this package from where the package came: a folder, a file, an index."""
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
    """A form definition is invalid."""


class RosterError(XltoolsError):
    """A list of agencies is invalid."""


class InputError(XltoolsError):
    """An input does not exist, or the inputs do not belong together."""


class OutputError(XltoolsError):
    """A file must not or cannot be written."""


class AdditionError(XltoolsError):
    """Two records cannot be added, because form or period differ or an agency is in both."""


class MarkingError(XltoolsError):
    """A workbook cannot be marked."""
