"""Rosters and other plain tables: CSV as Excel in China saves it, or a workbook."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path

from xltools.data.roster import Roster, build
from xltools.errors import Problem, RosterError
from xltools.files import decoded, read_bytes

_WORKBOOKS = {".xlsx", ".xlsm"}


def load_roster(path: Path) -> Roster:
    """Return the roster in a CSV file or the first sheet of a workbook; raises :class:`RosterError`."""
    return build(rows_of(path), str(path))


def rows_of(path: Path) -> Iterable[tuple[int, Sequence[str]]]:
    """Return the numbered rows of a CSV file (UTF-8, UTF-16 or GB18030) or of the first sheet of a workbook.

    Raises :class:`RosterError` if it is neither, :class:`InputError` if it cannot be read.
    """
    if path.suffix.casefold() in _WORKBOOKS:
        from xltools.excel.sheet_rows import first_sheet  # noqa: PLC0415  only a workbook needs openpyxl

        return first_sheet(path)
    text = decoded(read_bytes(path))
    if text is None:
        raise RosterError(Problem("roster-encoding", str(path)))
    sample = text[: text.find("\n")] if "\n" in text else text
    delimiter = max("\t;，,", key=sample.count)
    return enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), 1)
