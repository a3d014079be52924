"""CSV: UTF-8 with the mark by which Excel knows it, no text a formula, each figure with all its digits."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

from xltools.form.model import Form
from xltools.report.delimited import write_rows
from xltools.report.export.extract import Extract
from xltools.report.export.flat import write_both
from xltools.report.export.tables import Table, Value


def write(output: Path, extract: Extract) -> None:
    """Write the figures to *output* and the dictionary beside it."""
    write_both(output, extract, _write)


def _write(stream: BinaryIO, table: Table, forms: Mapping[str, Form]) -> None:  # noqa: ARG001  CSV has no place for them
    text = io.TextIOWrapper(stream, "utf-8-sig", newline="")
    write_rows(text, [[column.name for column in table.columns]])
    write_rows(text, (map(_logical, row) for row in table.rows))
    text.detach()


def _logical(value: Value) -> Value:
    """Yes and no in the words that pandas, R and Power Query know."""
    return str(value).upper() if isinstance(value, bool) else value
