"""Addresses as people and spreadsheets write them. Rows and columns count from 0 everywhere else."""

from __future__ import annotations

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
