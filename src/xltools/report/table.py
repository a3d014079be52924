"""Plain text tables that line up although a Chinese character is two columns wide."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence


def width(text: str) -> int:
    """How many columns of a terminal *text* takes."""
    return sum(2 if unicodedata.east_asian_width(c) in "WFA" and not c.isascii() else 1 for c in text)


def table(rows: Sequence[Sequence[str]], numeric: frozenset[int] = frozenset()) -> str:
    """The rows, the first of them a head, in aligned columns; *numeric* columns are aligned to the right."""
    widths = [max(map(width, column)) for column in zip(*rows, strict=True)]
    lines = [_line(row, widths, numeric) for row in rows]
    lines.insert(1, "  ".join("-" * w for w in widths))
    return "\n".join(lines)


def _line(row: Sequence[str], widths: Sequence[int], numeric: frozenset[int]) -> str:
    cells = []
    for index, (cell, wide) in enumerate(zip(row, widths, strict=True)):
        gap = " " * (wide - width(cell))
        cells.append(gap + cell if index in numeric else cell + gap)
    return "  ".join(cells).rstrip()
