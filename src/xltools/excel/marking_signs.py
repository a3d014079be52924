"""How earlier marks in a workbook are recognised, whichever program saved the file since.

A mark in a comment is enclosed in two signs; text outside of them belongs to somebody else. The slip is the sheet that
the defined name :data:`MARKER` refers to, or a sheet with the slip's own name that has :data:`MARKER` in a cell.
"""

from __future__ import annotations

from typing import NamedTuple

from xltools.excel.scan import Facts, SheetFacts
from xltools.form.places import SLIP
from xltools.text import clerk

AUTHOR = "xltools"  # the author of our comments
MARKER = (
    "xltools_slip"  # the head of the column with the codes of findings, and the defined name of that cell
)
CELL_MARKER = "xltools_cell"  # the head of the next column, with the names of cells
LINEAGE_MARKER = "xltools_made_from"  # begins the hidden cell with a digest and SHA-256 sums
NO_READING = "-"  # in place of the digest
RULE = 'LEN("xltools")>0'  # always true; identifies our conditional formats


def spans(text: str) -> list[tuple[int, int]]:
    """Return start and end of each mark in the text of a comment, including the line feed written with it."""
    begin, end = clerk()("mark.begin"), clerk()("mark.end")
    found: list[tuple[int, int]] = []
    start = text.find(begin)
    while start >= 0 and (stop := text.find(end, start)) >= 0:
        stop += len(end)
        if start and text[start - 1] == "\n":
            found.append((start - 1, stop))
        else:
            found.append((start, stop + (text[stop : stop + 1] == "\n")))
        start = text.find(begin, stop)
    return found


def without_marks(text: str) -> str:
    """Return the text of a comment without our marks."""
    for start, stop in reversed(spans(text)):
        text = text[:start] + text[stop:]
    return text


def is_mark(text: str) -> bool:
    """Return whether a comment consists of one mark only."""
    return spans(text)[:1] == [(0, len(text))]


class SlipFacts(NamedTuple):
    """The sheet of the slip, and row and column of its marker, or None if somebody deleted that cell."""

    sheet: SheetFacts
    marker: tuple[int, int] | None


def slip_of(facts: Facts) -> SlipFacts | None:
    """Return the slip of a workbook, even if its sheet was renamed, or None."""
    name = facts.names.get(MARKER, "").removeprefix("=").rpartition("!")[0]
    if name.startswith("'"):
        name = name[1:-1].replace("''", "'")
    named = facts.sheet(name) if name else None
    sheet = named or facts.sheet(SLIP)
    if sheet is None:
        return None
    marker = next((place for place, fact in sheet.cells.items() if fact.text == MARKER), None)
    return SlipFacts(sheet, marker) if named or marker else None
