"""Formats of output: chosen by the ending of a file's name, and written by a module that may need a library."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar

from xltools.errors import InputError, OutputError, Problem, missing_extra

_FormatName = TypeVar("_FormatName", bound=str)


def format_by_ending(output: Path, endings: Mapping[_FormatName, tuple[str, ...]]) -> _FormatName:
    """Return the format that has the ending of *output*; raises :class:`InputError` if there is none."""
    ending = output.suffix.casefold()
    for name, own in endings.items():
        if ending in own:
            return name
    known = ", ".join(one for own in endings.values() for one in own)
    raise InputError(Problem("unknown-ending", str(output), {"known": known}))


def load_module(name: str, library: str, extra: str) -> Any:
    """Return the module *name*; raises :class:`OutputError`, with the *extra*, if its *library* is not installed."""
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        if error.name != library:
            raise
        raise OutputError(missing_extra(extra)) from error
