"""Converts between addresses such as D6 and rows and columns, which count from 0."""

from __future__ import annotations

import re
from collections.abc import Iterable

ROWS, COLUMNS = 1 << 20, 1 << 14  # of a sheet of Excel
_ADDRESS = re.compile(r"([A-Za-z]{1,3})([0-9]{1,7})")
_RANGE = re.compile(r"\$?([A-Za-z]{1,3})\$?([0-9]{1,7})(?::\$?([A-Za-z]{1,3})\$?([0-9]{1,7}))?")


def column_name(column: int) -> str:
    """Return the name of a column: A for 0, AA for 26."""
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(65 + rest) + name
    return name


def column_index(name: str) -> int:
    """Return the number of a column: 0 for A, 26 for AA."""
    index = 0
    for letter in name.upper():
        index = index * 26 + ord(letter) - 64
    return index - 1


def a1(row: int, column: int) -> str:
    """Return the address of a cell: D1 for row 0, column 3."""
    return f"{column_name(column)}{row + 1}"


def parsed(address: str) -> tuple[int, int]:
    """Return row and column of an address: 0, 3 for D1; raises ``ValueError`` unless it is the address of one cell."""
    match = _ADDRESS.fullmatch(address)
    if match is None:
        raise ValueError(address)
    row, column = int(match[2]) - 1, column_index(match[1])
    if not 0 <= row < ROWS or column >= COLUMNS:
        raise ValueError(address)
    return row, column


def parsed_range(text: str) -> tuple[int, int, int, int] | None:
    """Return first row, first column, last row and last column of a range or a cell; ``None`` for any other text."""
    match = _RANGE.fullmatch(text)
    if match is None:
        return None
    row, column = int(match[2]) - 1, column_index(match[1])
    return row, column, int(match[4] or match[2]) - 1, column_index(match[3] or match[1])


def ranges(addresses: Iterable[str]) -> tuple[str, ...]:
    """Return the cells as ranges, row by row: F4, D6:E7 for D6, D7, E6, E7, F4. Texts that are not addresses follow."""
    cells: set[tuple[int, int]] = set()
    others: dict[str, None] = {}
    for address in addresses:
        try:
            cells.add(parsed(address))
        except ValueError:
            others[address] = None
    runs: list[tuple[int, int, int]] = []  # row, first and last column of neighbouring cells
    for row, column in sorted(cells):
        if runs and (runs[-1][0], runs[-1][2] + 1) == (row, column):
            runs[-1] = (row, runs[-1][1], column)
        else:
            runs.append((row, column, column))
    # Runs over the same columns in consecutive rows are one range, known by its last row and its columns.
    tops: dict[tuple[int, int, int], int] = {}
    for row, left, right in runs:
        tops[row, left, right] = tops.pop((row - 1, left, right), row)
    areas = sorted((top, left, bottom, right) for (bottom, left, right), top in tops.items())
    corners = ((a1(top, left), a1(bottom, right)) for top, left, bottom, right in areas)
    return (*(first if first == last else f"{first}:{last}" for first, last in corners), *others)
