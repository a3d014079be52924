"""Formats with one table per file: the figures in one file, the dictionary in another beside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import BinaryIO

from xltools.files import writing
from xltools.form.model import Form
from xltools.report.export import tables
from xltools.report.export.extract import Extract

# Writes a table; the forms are complete after the iteration over its rows.
WriteTable = Callable[[BinaryIO, tables.ExportTable, Mapping[str, Form]], None]


def dictionary_path(output: Path) -> Path:
    """Return the path of the dictionary of that output."""
    return output.with_name(f"{output.stem}.dictionary{output.suffix}")


def write_both(output: Path, extract: Extract, write: WriteTable) -> None:
    """Write the figures and the dictionary; neither file appears before both are complete."""
    with writing(output) as figures, writing(dictionary_path(output)) as dictionary:
        write(figures, tables.figures(extract), extract.forms)
        write(dictionary, tables.dictionary(extract.forms.values()), extract.forms)
