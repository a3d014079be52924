"""Addresses and formulas as spreadsheets write them, and the one form in which two formulas can be compared."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from xltools.form.address import a1, column_index, column_name
from xltools.form.places import Area

# A string, a quoted sheet name, or a reference: only the last is to be touched.
_PLACES = r'"(?:[^"]|"")*"|\'(?:[^\']|\'\')*\'|(?<![\w.$])(\$?)([A-Za-z]{1,3})(\$?)([0-9]{1,7})(?![\w.(])'
_LITERAL = re.compile(r'"(?:[^"]|"")*"|\'(?:[^\']|\'\')*\'')
_SINGLE_RANGE = re.compile(r"(\$?[A-Z]{1,3}\$?[0-9]+):\1(?![0-9])")

# The number of its row, counted from 1, in what is worked out once for many rows: no cell can hold this character.
ROW = "\0"


def area_a1(area: Area) -> str:
    """B2, or B2:D3."""
    first = a1(area.row, area.column)
    return first if area.is_single else f"{first}:{a1(area.last_row, area.last_column)}"


def absolute(area: Area) -> str:
    """$B$2, or $B$2:$D$3."""
    return re.sub(r"([A-Z]+)([0-9]+)", r"$\1$\2", area_a1(area))


def quoted(sheet: str) -> str:
    """A sheet's name as it stands before the ``!`` of a reference."""
    return "'" + sheet.replace("'", "''") + "'"


def rectangles(anchors: Iterable[tuple[int, int]]) -> list[Area]:
    """The fewest rectangles, found greedily, that cover just these cells: the ranges of a formula."""
    left = set(anchors)
    found: list[Area] = []
    for row, column in sorted(left):
        if (row, column) not in left:
            continue
        last = column
        while (row, last + 1) in left:
            last += 1
        width = range(column, last + 1)
        bottom = row
        while all((bottom + 1, c) in left for c in width):
            bottom += 1
        area = Area(row, column, bottom, last)
        left -= {(r, c) for r in range(row, bottom + 1) for c in width}
        found.append(area)
    return found


def shifted(formula: str, rows: int, columns: int) -> str:
    """A shared formula as it reads *rows* down and *columns* to the right of the cell that holds its text."""

    def move(match: re.Match[str]) -> str:
        fixed_column, letters, fixed_row, digits = match.groups()
        if letters is None:
            return match[0]
        column = column_index(letters) + (0 if fixed_column else columns)
        row = int(digits) + (0 if fixed_row else rows)
        if column < 0 or row < 1:
            return "#REF!"  # beyond the edge of the sheet
        return f"{fixed_column}{column_name(column)}{fixed_row}{row}"

    return re.sub(_PLACES, move, formula)


def canonical(formula: str) -> str:
    """What stays the same when another program saves the file: no spaces, no ``$``, one case, no ``A1:A1``."""
    return _outside_literals(formula.removeprefix("="), _plain)


def _plain(text: str) -> str:
    text = (
        re.sub(r"[\s$]+", "", text)
        .upper()
        .replace("_XLFN.", "")
        .replace("TRUE()", "TRUE")
        .replace("FALSE()", "FALSE")
    )
    return _SINGLE_RANGE.sub(r"\1", text)


def _outside_literals(text: str, change: Callable[[str], str]) -> str:
    parts, position = [], 0
    for literal in _LITERAL.finditer(text):
        parts += [change(text[position : literal.start()]), _unquoted(literal[0])]
        position = literal.end()
    return "".join([*parts, change(text[position:])])


def _unquoted(literal: str) -> str:
    """Programs differ on whether a sheet name needs its quotes."""
    return literal[1:-1].upper() if literal.startswith("'") else literal
