"""Rosters and other plain tables: CSV as Excel in China saves it, or a workbook."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from xltools.data.roster import NEEDED_HEADS, USUAL_HEADS, Roster, build, head_key, numbered
from xltools.errors import Problem, RosterError
from xltools.files import OLE, ZIP, decoded, read_bytes
from xltools.form.model import Form

_WORKBOOKS = {".xlsx", ".xlsm"}
_HEAD, _OPEN_DOCUMENT = 100, b"mimetypeapplication/vnd.oasis.opendocument"
_FIRST = 20  # rows in which the heads are looked for

Rows = list[tuple[int, list[str]]]
Heads = Sequence[Sequence[str]]


def load_roster(path: Path, form: Form | None = None) -> Roster:
    """Return the roster in a CSV file or in a sheet of a workbook; raises :class:`RosterError`.

    With *form*, it must have the columns that say which agencies fill in which parts of the form.
    """
    return build(rows_of(path, NEEDED_HEADS, USUAL_HEADS), str(path), form)


def roster_text(path: Path, before: Roster | None = None, form: Form | None = None) -> str:
    """Return the roster of *form* in that file as the text of ``roster.csv``; raises :class:`RosterError` for a faulty one.

    The rows above the heads are left out. Without a column of codes the agencies are numbered; those that are on the
    roster *before* keep their codes.
    """
    rows = numbered(rows_of(path, NEEDED_HEADS, USUAL_HEADS), before)
    build(rows, str(path), form)
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(row for _, row in rows)
    return text.getvalue()


def rows_of(path: Path, needed: Heads, usual: Heads = ()) -> Rows:
    """Return the numbered rows of a plain table in a CSV file (UTF-8, UTF-16 or GB18030) or a workbook, heads first.

    *needed* and *usual* are the possible heads of each column. The heads are the row with the most of these columns
    among the first rows of a sheet. The first sheet with all that are needed is taken, else the one with the most.
    Without any head all rows of the first sheet are returned. Raises :class:`RosterError` if the file is neither,
    :class:`InputError` if it cannot be read.
    """
    best: Rows = []
    most = -1
    for sheet in _sheets(path):
        place = max(
            range(min(len(sheet), _FIRST)), key=lambda n: _count(sheet[n][1], (*needed, *usual)), default=0
        )
        while place + 1 < len(sheet) and _count(sheet[place + 1][1], needed) == len(needed):
            place += 1  # heads in two rows
        rows = sheet[place:]
        row = rows[0][1] if rows else []
        if (count := _count(row, (*needed, *usual))) > most:
            best, most = rows, count
        if _count(row, needed) == len(needed):
            return rows
    return best


def rows_by_head(
    path: Path, heads: Mapping[str, Sequence[str]]
) -> tuple[list[tuple[int, dict[str, str]]], list[str]]:
    """Return the numbered rows below the heads of a plain table, each text by the key of its column, and the keys without one.

    *heads* are the possible heads of each column. Blank rows are left out.
    """
    rows = [(number, row) for number, row in rows_of(path, tuple(heads.values())) if any(map(str.strip, row))]
    head = [head_key(text) for text in rows[0][1]] if rows else []
    found = {
        key: next((head.index(name) for name in names if name in head), None) for key, names in heads.items()
    }
    places = {key: place for key, place in found.items() if place is not None}
    texts = [
        (number, {key: "".join(row[at : at + 1]).strip() for key, at in places.items()})
        for number, row in rows[1:]
    ]
    return texts, [key for key in heads if key not in places]


def _count(row: Sequence[str], heads: Heads) -> int:
    """Return how many of the columns have a head in that row."""
    keys = set(map(head_key, row))
    return sum(not keys.isdisjoint(names) for names in heads)


def _sheets(path: Path) -> Iterator[Rows]:
    head = read_bytes(path, _HEAD)
    if head.startswith(OLE) or _OPEN_DOCUMENT in head:
        raise RosterError(Problem("roster-old-format", str(path)))
    if head.startswith(ZIP) or path.suffix.casefold() in _WORKBOOKS:
        from xltools.excel.sheet_rows import sheets  # noqa: PLC0415  only a workbook needs openpyxl

        yield from sheets(path)
        return
    text = decoded(read_bytes(path))
    if text is None:
        raise RosterError(Problem("roster-encoding", str(path)))
    lines = text.splitlines()[:_FIRST]
    delimiter = max("\t;，,", key=lambda mark: (sum(mark in line for line in lines), text.count(mark)))
    yield list(enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), 1))
