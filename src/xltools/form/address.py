"""Addresses as people and spreadsheets write them. Rows and columns count from 0 everywhere else."""

from __future__ import annotations

from collections.abc import Iterable

ROWS, COLUMNS = 1 << 20, 1 << 14  # of a sheet


def column_name(column: int) -> str:
    """0 is A, 26 is AA."""
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(65 + rest) + name
    return name


def column_index(name: str) -> int:
    """A is 0, AA is 26."""
    index = 0
    for letter in name.upper():
        index = index * 26 + ord(letter) - 64
    return index - 1


def a1(row: int, column: int) -> str:
    """0, 3 is D1."""
    return f"{column_name(column)}{row + 1}"


def parsed(address: str) -> tuple[int, int]:
    """D1 is 0, 3; raises ``ValueError`` for what is no address of one cell."""
    letters = address.rstrip("0123456789")
    digits = address[len(letters) :]
    if not (letters.isascii() and letters.isalpha() and digits) or int(digits) < 1:
        raise ValueError(address)
    place = int(digits) - 1, column_index(letters)
    if place[0] >= ROWS or place[1] >= COLUMNS:
        raise ValueError(address)
    return place


def place_of(address: str) -> tuple[int, int] | None:
    """D1 is 0, 3; ``None`` for what is no address of one cell."""
    try:
        return parsed(address)
    except ValueError:
        return None


def ranges(addresses: Iterable[str]) -> tuple[str, ...]:
    """The cells as few ranges, row by row: D6, D7, E6, E7, F4 are F4, D6:E7. What is no address stands at the end."""
    given = list(dict.fromkeys(addresses))
    places = {address: place_of(address) for address in given}
    cells = sorted({place for place in places.values() if place})
    areas = _stacked(_runs(cells))
    return (*(_shown(*area) for area in areas), *(a for a in given if places[a] is None))


_Area = tuple[int, int, int, int]  # first row, first column, last row, last column


def _runs(cells: list[tuple[int, int]]) -> list[_Area]:
    """Neighbours in one row together."""
    runs: list[_Area] = []
    for row, column in cells:
        if runs and (runs[-1][0], runs[-1][3] + 1) == (row, column):
            runs[-1] = (row, runs[-1][1], row, column)
        else:
            runs.append((row, column, row, column))
    return runs


def _stacked(runs: list[_Area]) -> list[_Area]:
    """Runs over the same columns in rows that follow one another together."""
    open_: dict[tuple[int, int], int] = {}
    areas: list[_Area] = []
    for top, left, bottom, right in runs:
        above = open_.get((left, right))
        if above is not None and areas[above][2] == top - 1:
            areas[above] = (areas[above][0], left, bottom, right)
        else:
            open_[left, right] = len(areas)
            areas.append((top, left, bottom, right))
    return sorted(areas)


def _shown(top: int, left: int, bottom: int, right: int) -> str:
    first, last = a1(top, left), a1(bottom, right)
    return first if first == last else f"{first}:{last}"
