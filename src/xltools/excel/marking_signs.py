"""The signs by which marks are known again, whichever program has saved the file since.

A mark in a comment stands between two signs; what is written before or behind them is somebody else's. The slip is
the sheet that the name :data:`MARKER` points to, or the one of its name in which :data:`MARKER` stands as the head
of a hidden column.
"""

from __future__ import annotations

from typing import NamedTuple

from xltools.excel.scan import Facts, SheetFacts
from xltools.form.places import SLIP
from xltools.text import clerk

AUTHOR = "xltools"  # of comments
MARKER = "xltools_slip"  # the head over the findings' codes, and the name of that cell
CELL_MARKER = "xltools_cell"  # the head over the names of the figures, in the next column
RULE = 'LEN("xltools")>0'  # true, and there to be found in a formula


def spans(text: str) -> list[tuple[int, int]]:
    """Where in the text of a comment marks stand, each with the line break that came with it."""
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
    """What of a comment's text is not ours."""
    for start, stop in reversed(spans(text)):
        text = text[:start] + text[stop:]
    return text


def is_mark(text: str) -> bool:
    """Whether a comment's text is a mark and nothing else, so that the comment goes with it."""
    return spans(text)[:1] == [(0, len(text))]


class SlipFacts(NamedTuple):
    """The slip in a workbook, and row and column of its marker, where somebody has not deleted that."""

    sheet: SheetFacts
    marker: tuple[int, int] | None


def slip_of(facts: Facts) -> SlipFacts | None:
    """The slip, however its sheet is called now; ``None`` when there is none."""
    named = _sheet_of_name(facts)
    sheet = named or facts.sheet(SLIP)
    if sheet is None:
        return None
    marker = next((place for place, fact in sheet.cells.items() if fact.text == MARKER), None)
    return SlipFacts(sheet, marker) if named or marker else None


def _sheet_of_name(facts: Facts) -> SheetFacts | None:
    name = facts.names.get(MARKER, "").removeprefix("=").rpartition("!")[0]
    if name.startswith("'"):
        name = name[1:-1].replace("''", "'")
    return facts.sheet(name) if name else None
