"""CSV: UTF-8 with a byte order mark for Excel; no text is a formula, and each figure has all its digits."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

from xltools.form.model import Form
from xltools.report.delimited import write_rows
from xltools.report.export.extract import Extract
from xltools.report.export.flat import write_both
from xltools.report.export.tables import ExportTable


def write(output: Path, extract: Extract) -> None:
    """Write the figures to *output* and the dictionary to a file beside it."""
    write_both(output, extract, _write_csv)


def _write_csv(stream: BinaryIO, table: ExportTable, forms: Mapping[str, Form]) -> None:  # noqa: ARG001  CSV has no metadata
    text = io.TextIOWrapper(stream, "utf-8-sig", newline="")
    write_rows(text, [[column.name for column in table.columns]])
    # pandas, R and Power Query recognise TRUE and FALSE.
    write_rows(text, ([str(v).upper() if isinstance(v, bool) else v for v in row] for row in table.rows))
    text.detach()
