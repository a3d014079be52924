"""Addresses and formulas as spreadsheets write them, formulas moved to other cells, and formulas compared."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from xltools.form.address import a1
from xltools.form.places import Area

# Excel allows formulas of 8,192 characters. For each bracket, openpyxl searches the rest of the formula.
_LONGEST, _MOST_BRACKETS = 8192, 64
_MOST_TIMES_LONGER = 4  # than the issued formula; programs add only spaces, ``$`` and quotes

# A placeholder for the number of the row, counted from 1, in the formula of many rows. No cell can contain it.
ROW = "\0"


def area_a1(area: Area) -> str:
    """Return the address of an area, such as B2 or B2:D3."""
    first = a1(area.row, area.column)
    return first if area.is_single else f"{first}:{a1(area.last_row, area.last_column)}"


def absolute(area: Area) -> str:
    """Return the absolute address of an area, such as $B$2 or $B$2:$D$3."""
    return re.sub(r"([A-Z]+)([0-9]+)", r"$\1$\2", area_a1(area))


def quoted(sheet: str) -> str:
    """Return the name of a sheet as it stands before the ``!`` of a reference."""
    return "'" + sheet.replace("'", "''") + "'"


def rectangles(anchors: Iterable[tuple[int, int]]) -> list[Area]:
    """Return few rectangles, found greedily, that cover exactly these cells: the ranges of a formula."""
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


@dataclass(frozen=True)
class SharedFormula:
    """A formula that a file stores once, in the cell at *row* and *column*, for several cells."""

    text: str
    row: int
    column: int

    def at(self, row: int, column: int) -> str:
        """Return the formula as it reads in another cell.

        A reference beyond the first row or column becomes ``#REF!``. A formula that openpyxl cannot parse stays as it is.
        """
        from openpyxl.formula.translate import Translator, TranslatorError  # noqa: PLC0415  slow to load

        rows, columns = row - self.row, column - self.column
        moved = []
        for text, is_reference in self._parts:
            sheet, mark, place = text.rpartition("!") if is_reference else (text, "", "")
            try:
                moved.append(sheet + mark + Translator.translate_range(place, rows, columns))
            except TranslatorError:
                moved.append(f"{sheet}{mark}#REF!")
        return "".join(moved)

    @cached_property
    def _parts(self) -> list[tuple[str, bool]]:
        """The pieces of the text, each with whether it is a reference."""
        tokens = _tokens(self.text)
        return [(self.text, False)] if tokens is None else [(t.value, t.subtype == "RANGE") for t in tokens]


def is_same(formula: str, issued: str) -> bool:
    """Return whether *formula* is *issued* as another program may have saved it."""
    if formula == issued:
        return True
    return len(formula) <= _MOST_TIMES_LONGER * len(issued) and canonical(formula) == canonical(issued)


def canonical(formula: str) -> tuple[str, ...]:
    """Return the parts of a formula without spaces and ``$``, in upper case, ``A1`` for ``A1:A1``, ``TRUE`` for ``TRUE()``.

    A formula that openpyxl cannot parse is one part, its text.
    """
    text = formula.removeprefix("=")
    tokens = _tokens(text)
    if tokens is None:
        return (text,)
    parts: list[str] = []
    for token in tokens:
        if token.subtype == "TEXT":
            parts.append(token.value)
        elif token.value == ")" and parts and parts[-1] in {"TRUE(", "FALSE("}:
            parts[-1] = parts[-1].removesuffix("(")
        elif plain := _normalized(token.value):
            parts.append(plain)
    return tuple(parts)


def _normalized(text: str) -> str:
    """Return a part of a formula, such as a reference, without spaces, quotes and ``$`` and in upper case."""
    sheet, mark, place = text.rpartition("!")
    if sheet.startswith("'"):  # programs differ on which names need quotes
        sheet = sheet[1:-1].replace("''", "'")
    place = re.sub(r"[\s$]+", "", place).upper().removeprefix("_XLFN.")
    single = re.fullmatch(r"([A-Z]+[0-9]+):\1", place)
    return sheet.upper() + mark + (single[1] if single else place)


def _tokens(formula: str) -> list[Any] | None:
    """Parse a formula that is written without ``=``; return None if openpyxl cannot, or would take long."""
    from openpyxl.formula.tokenizer import Tokenizer, TokenizerError  # noqa: PLC0415  slow to load

    if len(formula) > _LONGEST or formula.count("[") > _MOST_BRACKETS:
        return None
    try:
        return list(Tokenizer(f"={formula}").items)
    except (TokenizerError, IndexError):
        return None
