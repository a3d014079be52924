"""Formats of output: chosen by the ending of a file's name, and written by a module that may need a library."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar

from xltools.errors import InputError, OutputError, Problem, missing_extra

_FormatName = TypeVar("_FormatName", bound=str)


# Endings of files of one format; a name with one of them must not be given to content in another format.
_ENDINGS = {".docx", ".htm", ".html", ".markdown", ".md", ".pdf", ".xls", ".xlsx"}
_ENDINGS |= {".csv", ".db", ".json", ".jsonl", ".ndjson", ".parquet", ".sqlite", ".sqlite3"}


def format_by_ending(
    output: Path,
    endings: Mapping[_FormatName, tuple[str, ...]],
    given: _FormatName | None = None,
    default: _FormatName | None = None,
) -> _FormatName:
    """Return the format that was *given*, else the one that has the ending of *output*, else the *default*.

    Raises :class:`InputError` if the ending is that of another format than the one given, or of none that the command
    writes, or if nothing determines the format.
    """
    ending = output.suffix.casefold()
    named = next((name for name, own in endings.items() if ending in own), None)
    is_foreign = named is None and ending in _ENDINGS
    if given and (is_foreign or named not in {None, given}):
        raise InputError(Problem("ending-contradicts", str(output), {"how": given}))
    found = given or named or (None if is_foreign else default)
    if found is None:
        known = ", ".join(one for own in endings.values() for one in own)
        raise InputError(Problem("unknown-ending", str(output), {"known": known}))
    return found


def load_module(name: str, library: str, extra: str) -> Any:
    """Return the module *name*; raises :class:`OutputError`, with the *extra*, if its *library* is not installed."""
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        if error.name != library:
            raise
        raise OutputError(missing_extra(extra)) from error
