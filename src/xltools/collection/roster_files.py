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
    """The roster in a CSV file or a workbook's first sheet; raises :class:`RosterError`."""
    return build(rows_of(path), str(path))


def rows_of(path: Path) -> Iterable[tuple[int, Sequence[str]]]:
    """The numbered rows of a CSV file (UTF-8, UTF-16 or GB18030) or of a workbook's first sheet.

    Raises :class:`RosterError` when it is neither, :class:`InputError` when the system refuses it.
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
