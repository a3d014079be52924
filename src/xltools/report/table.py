"""Tables for the terminal and for text files."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class TextTable:
    """Rows of text; the first row is the head.

    ``numeric`` columns are aligned to the right. ``marks`` has the value of the severity or state in the cell at
    (row, column), which a terminal shows in a colour. ``str(table)`` is plain text in aligned columns.
    """

    rows: Sequence[Sequence[str]]
    numeric: frozenset[int] = frozenset()
    marks: Mapping[tuple[int, int], str] = field(default_factory=dict)

    def __str__(self) -> str:
        widths = [max(map(width, column)) for column in zip(*self.rows, strict=True)]
        lines = [self._line(row, widths) for row in self.rows]
        lines.insert(1, "  ".join("-" * w for w in widths))
        return "\n".join(lines)

    def _line(self, row: Sequence[str], widths: Sequence[int]) -> str:
        cells = []
        for column, (cell, wide) in enumerate(zip(row, widths, strict=True)):
            gap = " " * (wide - width(cell))
            cells.append(gap + cell if column in self.numeric else cell + gap)
        return "  ".join(cells).rstrip()


Block = str | TextTable  # one or more lines of text, or a table


def width(text: str) -> int:
    """Return the number of terminal columns that *text* takes; a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(c) in "WFA" and not c.isascii() else 1 for c in text)
