"""Figures for programs that analyse: one table in a file with its dictionary beside it, or a database with both."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal, get_args

from xltools.document.formats import format_by_ending, load_module
from xltools.report.export.extract import Extract
from xltools.report.export.flat import dictionary_path
from xltools.text import Lang

How = Literal["csv", "jsonl", "parquet", "sqlite"]
HOWS: tuple[How, ...] = get_args(How)


@dataclass(frozen=True, slots=True)
class Format:
    """What is to be known of a format: the endings of its files, the library it needs, and what it can hold."""

    endings: tuple[str, ...]
    library: str = ""  # its extra is called like the format
    is_fixed: bool = False  # figures have a fixed number of digits
    is_database: bool = False  # its file holds every table


_FORMATS: dict[How, Format] = {
    "csv": Format((".csv",)),
    "jsonl": Format((".jsonl", ".ndjson")),
    "parquet": Format((".parquet",), "pyarrow", is_fixed=True),
    "sqlite": Format((".sqlite", ".sqlite3", ".db"), is_database=True),
}


def format_of(output: Path) -> How:
    """The format that the name of the file asks for; raises :class:`InputError` where it asks for none."""
    return format_by_ending(output, {how: about.endings for how, about in _FORMATS.items()})


def outputs(output: Path, how: How) -> list[Path]:
    """The files that an export writes."""
    return [output] if _FORMATS[how].is_database else [output, dictionary_path(output)]


def writer(how: How, lang: Lang) -> Callable[[Path, Extract], None]:
    """What writes an extract in that format; findings are told in *lang*.

    Raises :class:`OutputError` when the library is not installed that the format needs.
    """
    room = load_module(f"xltools.report.export.as_{how}", _FORMATS[how].library, how)
    return partial(room.write, lang=lang) if _FORMATS[how].is_database else room.write


def is_fixed(how: How) -> bool:
    """Whether figures of that format have a fixed number of digits."""
    return _FORMATS[how].is_fixed
