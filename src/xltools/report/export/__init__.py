"""Exports of figures: one table in a file with its dictionary in another, or a database with both."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from xltools.collection.reading import Inputs
from xltools.data.policy import Policy
from xltools.document.formats import format_by_ending, load_module
from xltools.files import refuse_existing, refuse_input, refuse_workbook
from xltools.form.model import Form
from xltools.report.export.extract import Extract
from xltools.report.export.flat import dictionary_path
from xltools.text import Lang, default_lang


@dataclass(frozen=True, slots=True)
class ExportFormat:
    """The endings of a format's files, the library that it needs, and what it can hold."""

    endings: tuple[str, ...]
    library: str = ""  # the name of its extra is that of the format
    is_fixed: bool = False  # figures have a fixed number of digits
    is_database: bool = False  # one file holds all tables


# A format ``x`` is written by the function ``write`` of the module ``as_x``.
FORMATS: dict[str, ExportFormat] = {
    "csv": ExportFormat((".csv",)),
    "jsonl": ExportFormat((".jsonl", ".ndjson")),
    "parquet": ExportFormat((".parquet",), "pyarrow", is_fixed=True),
    "sqlite": ExportFormat((".sqlite", ".sqlite3", ".db"), is_database=True),
}


def format_of(output: Path) -> str:
    """Return the format of the ending of *output*; raise :class:`InputError` if no format has it."""
    return format_by_ending(output, {how: about.endings for how, about in FORMATS.items()})


def outputs(output: Path, how: str) -> list[Path]:
    """Return the paths of the files that an export writes."""
    return [output] if FORMATS[how].is_database else [output, dictionary_path(output)]


def refuse_export(output: Path, how: str, *, force: bool = False) -> None:
    """Raise :class:`OutputError` if a library is not installed or, unless *force*, a file of the export exists."""
    writer(how, default_lang())
    if not force:
        refuse_existing(outputs(output, how))


def export(
    inputs: Inputs,
    output: Path,
    how: str,
    lang: Lang,
    *,
    policy: Policy | None = None,
    strict: bool = False,
    wide: Form | None = None,
) -> Extract:
    """Write the figures of *inputs* and the dictionary, and return the extract with its counts.

    The messages of findings are in *lang*. See :class:`Extract` for the other options. Raises :class:`OutputError` if a
    workbook or one of the files that were read would be replaced.
    """
    for path in outputs(output, how):
        refuse_workbook(path)
        refuse_input(path, inputs.inbox.paths)
    extract = Extract(inputs.filings, policy, strict, wide, is_fixed(how))
    writer(how, lang)(output, extract)
    return extract


def writer(how: str, lang: Lang) -> Callable[[Path, Extract], None]:
    """Return the function that writes an extract in that format, with the messages of findings in *lang*.

    Raises :class:`OutputError` if the library that the format needs is not installed.
    """
    module = load_module(f"xltools.report.export.as_{how}", FORMATS[how].library, how)
    return partial(module.write, lang=lang) if FORMATS[how].is_database else module.write


def is_fixed(how: str) -> bool:
    """Return whether figures of that format have a fixed number of digits."""
    return FORMATS[how].is_fixed
