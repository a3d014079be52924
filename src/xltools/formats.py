"""What formats of output have in common: each is asked for by an ending, and has a room that may need a library."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar

from xltools.errors import InputError, OutputError, Problem, missing_extra

_How = TypeVar("_How", bound=str)


def format_by(output: Path, endings: Mapping[_How, tuple[str, ...]]) -> _How:
    """The format that the name of the file asks for, by its ending; raises :class:`InputError` where it asks for none."""
    ending = output.suffix.casefold()
    for how, own in endings.items():
        if ending in own:
            return how
    known = ", ".join(one for own in endings.values() for one in own)
    raise InputError(Problem("unknown-ending", str(output), {"known": known}))


def room_of(name: str, library: str, extra: str) -> Any:
    """The module of that name; raises :class:`OutputError` naming the *extra* when the *library* it needs is not there."""
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        if error.name != library:
            raise
        raise OutputError(missing_extra(extra)) from error
