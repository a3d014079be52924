"""JSON Lines: an object a line. A figure that no double holds exactly is text, as in the JSON of other commands."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import BinaryIO

from xltools.form.model import Form
from xltools.report.data import json_text, plain
from xltools.report.export.extract import Extract
from xltools.report.export.flat import write_both
from xltools.report.export.tables import Table


def write(output: Path, extract: Extract) -> None:
    """Write the figures to *output* and the dictionary beside it."""
    write_both(output, extract, _write)


def _write(stream: BinaryIO, table: Table, forms: Mapping[str, Form]) -> None:  # noqa: ARG001  each line says its form
    names = [column.name for column in table.columns]
    for row in table.rows:
        values = (plain(value) if isinstance(value, Decimal) else value for value in row)
        stream.write(json_text(dict(zip(names, values, strict=True)), "utf-8").encode() + b"\n")
