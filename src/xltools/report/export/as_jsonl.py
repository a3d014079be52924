"""JSON Lines: one object per line. A figure that no double holds exactly is a string, as in the JSON of other commands."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import BinaryIO

from xltools.form.model import Form
from xltools.report.data import json_text, plain
from xltools.report.export.tables import ExportTable


def write_table(stream: BinaryIO, table: ExportTable, _: Mapping[str, Form]) -> None:
    """Write *table*; each line names its form."""
    names = [column.name for column in table.columns]
    for row in table.rows:
        values = (plain(value) if isinstance(value, Decimal) else value for value in row)
        stream.write(json_text(dict(zip(names, values, strict=True)), "utf-8").encode() + b"\n")
