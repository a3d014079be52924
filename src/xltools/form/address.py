"""Converts between addresses such as D6 and rows and columns, which count from 0."""

from __future__ import annotations

import re
from collections.abc import Iterable

ROWS, COLUMNS = 1 << 20, 1 << 14  # of a sheet of Excel
_ADDRESS = re.compile(r"([A-Za-z]{1,3})([0-9]{1,7})")


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


def ranges(addresses: Iterable[str]) -> tuple[str, ...]:
    """Return few ranges that cover the cells, row by row: F4, D6:E7 for D6, D7, E6, E7, F4. Other texts follow."""
    cells: set[tuple[int, int]] = set()
    others: dict[str, None] = {}
    for address in addresses:
        try:
            cells.add(parsed(address))
        except ValueError:
            others[address] = None
    return (*(_range(*area) for area in _stacked(_runs(sorted(cells)))), *others)


_Area = tuple[int, int, int, int]  # first row, first column, last row, last column


def _runs(cells: list[tuple[int, int]]) -> list[_Area]:
    """Join neighbouring cells of a row."""
    runs: list[_Area] = []
    for row, column in cells:
        if runs and (runs[-1][0], runs[-1][3] + 1) == (row, column):
            runs[-1] = (row, runs[-1][1], row, column)
        else:
            runs.append((row, column, row, column))
    return runs


def _stacked(runs: list[_Area]) -> list[_Area]:
    """Join runs over the same columns in consecutive rows."""
    open_runs: dict[tuple[int, int], int] = {}
    areas: list[_Area] = []
    for top, left, bottom, right in runs:
        above = open_runs.get((left, right))
        if above is not None and areas[above][2] == top - 1:
            areas[above] = (areas[above][0], left, bottom, right)
        else:
            open_runs[left, right] = len(areas)
            areas.append((top, left, bottom, right))
    return sorted(areas)


def _range(top: int, left: int, bottom: int, right: int) -> str:
    first, last = a1(top, left), a1(bottom, right)
    return first if first == last else f"{first}:{last}"
