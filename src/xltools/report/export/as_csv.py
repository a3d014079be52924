"""CSV: UTF-8 with a byte order mark for Excel; no text is a formula, and each figure has all its digits."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import BinaryIO

from xltools.form.model import Form
from xltools.report.delimited import write_rows
from xltools.report.export.tables import ExportTable


def write_table(stream: BinaryIO, table: ExportTable, _: Mapping[str, Form]) -> None:
    """Write *table*; CSV has no metadata for the forms."""
    text = io.TextIOWrapper(stream, "utf-8-sig", newline="")
    write_rows(text, [[column.name for column in table.columns]])
    # pandas, R and Power Query recognise TRUE and FALSE.
    write_rows(text, ([str(v).upper() if isinstance(v, bool) else v for v in row] for row in table.rows))
    text.detach()
