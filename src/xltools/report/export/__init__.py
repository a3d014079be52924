"""Exports of figures: one table in a file with its dictionary in another, or a database with both."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xltools.data.filing import Filing
from xltools.data.policy import Policy
from xltools.document.formats import format_by_ending, load_module
from xltools.files import refuse_existing, refuse_input, refuse_workbook, writing
from xltools.form.model import Form
from xltools.report.export import tables
from xltools.report.export.extract import Extract
from xltools.text import Lang


@dataclass(frozen=True, slots=True)
class ExportFormat:
    """The endings of a format's files, the library that it needs, and what it can hold."""

    endings: tuple[str, ...]
    library: str = ""  # the name of its extra is that of the format
    is_fixed: bool = False  # figures have a fixed number of digits
    is_database: bool = False  # one file holds all tables


# A format ``x`` is written by the module ``as_x``.
FORMATS: dict[str, ExportFormat] = {
    "csv": ExportFormat((".csv",)),
    "jsonl": ExportFormat((".jsonl", ".ndjson")),
    "parquet": ExportFormat((".parquet",), "pyarrow", is_fixed=True),
    "sqlite": ExportFormat((".sqlite", ".sqlite3", ".db"), is_database=True),
}


def format_of(output: Path, given: str | None = None) -> str:
    """Return the format *given*, else that of the ending of *output*.

    Raises :class:`InputError` if they differ, or if no format has the ending.
    """
    return format_by_ending(output, {how: about.endings for how, about in FORMATS.items()}, given)


def outputs(output: Path, how: str, *, has_lists: bool = False) -> list[Path]:
    """Return the paths of the files that an export writes: *output* and, unless it is a database, the other tables.

    These are the dictionary and, if a form has lists, the table of their lines.
    """
    others = ("dictionary", *(("lists",) if has_lists else ()))
    return [output, *(_beside(output, name) for name in others if not FORMATS[how].is_database)]


def _beside(output: Path, name: str) -> Path:
    return output.with_name(f"{output.stem}.{name}{output.suffix}")


def refuse_export(output: Path, how: str, *, force: bool = False) -> None:
    """Raise :class:`OutputError` if a library is not installed or, unless *force*, a file of the export exists."""
    _module(how)
    if not force:
        refuse_existing(outputs(output, how, has_lists=True))


def export(
    filings: Iterable[Filing],
    output: Path,
    how: str,
    lang: Lang,
    *,
    sources: Iterable[Path] = (),
    policy: Policy | None = None,
    strict: bool = False,
    wide: Form | None = None,
    are_new: bool = False,
) -> Extract:
    """Write the figures of *filings* and the dictionary, and return the extract with its counts.

    The messages of findings are in *lang*. See :class:`Extract` for *policy*, *strict* and *wide*. No file appears
    before all are complete. Raises :class:`OutputError` if a workbook or one of the *sources*, the files that were
    read, would be replaced, or if the files *are_new* and another program has written one of them.
    """
    paths, sources = outputs(output, how, has_lists=True), list(sources)
    for path in paths:
        refuse_workbook(path)
        refuse_input(path, sources)
    module, traits = _module(how), FORMATS[how]
    extract = Extract(filings, policy, strict, wide, traits.is_fixed)
    if traits.is_database:
        module.write(output, extract, lang, are_new=are_new)
    else:
        with writing(paths[0], is_new=are_new) as figures, writing(paths[1], is_new=are_new) as dictionary:
            module.write_table(figures, tables.figures(extract), extract.forms)
            module.write_table(dictionary, tables.dictionary(extract.forms.values()), extract.forms)
            if extract.has_lists:
                with writing(paths[2], is_new=are_new) as lines:
                    module.write_table(lines, tables.lists(extract), extract.forms)
    return extract


def _module(how: str) -> Any:
    """Return the module of a format: a database has ``write``, any other format ``write_table``.

    Raises :class:`OutputError` if the library of the format is not installed.
    """
    return load_module(f"xltools.report.export.as_{how}", FORMATS[how].library, how)
