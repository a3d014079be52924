"""Exports of figures: one table in a file with its dictionary beside it, or a database with both."""

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

ExportFormat = Literal["csv", "jsonl", "parquet", "sqlite"]
EXPORT_FORMATS: tuple[ExportFormat, ...] = get_args(ExportFormat)


@dataclass(frozen=True, slots=True)
class FormatTraits:
    """The file endings of a format, the library it needs, and how it stores figures."""

    endings: tuple[str, ...]
    library: str = ""  # its extra has the name of the format
    is_fixed: bool = False  # figures have a fixed number of digits
    is_database: bool = False  # one file has all tables


_FORMATS: dict[ExportFormat, FormatTraits] = {
    "csv": FormatTraits((".csv",)),
    "jsonl": FormatTraits((".jsonl", ".ndjson")),
    "parquet": FormatTraits((".parquet",), "pyarrow", is_fixed=True),
    "sqlite": FormatTraits((".sqlite", ".sqlite3", ".db"), is_database=True),
}


def format_of(output: Path) -> ExportFormat:
    """Return the format for the ending of *output*; raises :class:`InputError` if there is none."""
    return format_by_ending(output, {name: traits.endings for name, traits in _FORMATS.items()})


def outputs(output: Path, how: ExportFormat) -> list[Path]:
    """Return the files that an export to *output* writes."""
    return [output] if _FORMATS[how].is_database else [output, dictionary_path(output)]


def writer(how: ExportFormat, lang: Lang) -> Callable[[Path, Extract], None]:
    """Return the function that writes an extract in a format, with messages in *lang*.

    Raises :class:`OutputError` if the library that the format needs is not installed.
    """
    module = load_module(f"xltools.report.export.as_{how}", _FORMATS[how].library, how)
    return partial(module.write, lang=lang) if _FORMATS[how].is_database else module.write


def is_fixed(how: ExportFormat) -> bool:
    """Return whether figures have a fixed number of digits in that format."""
    return _FORMATS[how].is_fixed
