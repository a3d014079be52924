"""Addresses and formulas as spreadsheets write them, formulas moved to other cells, and formulas compared."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any, NamedTuple

from xltools.form.address import COLUMNS, ROWS, a1, column_index, column_name
from xltools.form.days import day_of, is_written
from xltools.form.places import Area
from xltools.form.relation import Relation

# Excel allows formulas of 8,192 characters. For each bracket, openpyxl searches the rest of the formula.
_LONGEST, _MOST_BRACKETS = 8192, 64
_MOST_TIMES_LONGER = 4  # than the issued formula; programs add only spaces, ``$`` and quotes

PLACES = 6  # the sixth decimal of 万元 is 分; digits below are errors of binary arithmetic

# The comparison with 0 of the difference of a relation that does not hold.
BROKEN = {"=": "<>0", "<=": ">0", ">=": "<0", "<": ">=0", ">": "<=0", "!=": "=0"}

# A placeholder for the number of the row, counted from 1, in the formula of many rows. No cell can contain it.
ROW = "\0"


def text_formula(text: str) -> str:
    """Return a text as it stands in a formula."""
    return '"' + text.replace('"', '""') + '"'


def rounded(formula: str, places: int = PLACES) -> str:
    """Return the formula rounded to *places*, which removes the errors of binary arithmetic."""
    return f"ROUND({formula},{places})"


def days_tests(relation: Relation, cells: Mapping[str, str], ends: Mapping[str, Decimal]) -> list[str]:
    """Return formulas for whether the days of a relation are there, and are not as it says.

    *cells* are the addresses of those that are filled in; *ends* are the first and the last day of the period. A cell may
    hold a time of the day too.
    """
    left, right = (
        day_formula(f"{cells[name]}") if name in cells else fixed_day(name, ends) for name in relation.names
    )
    return [f"COUNT({','.join(cells.values())})={len(cells)}", f"{left}-{right}{BROKEN[relation.sign]}"]


def day_formula(place: str) -> str:
    """Return the formula for the number of the day in a cell, 0 if it is blank or no day of the program."""
    return f"INT(N({place}))"


def fixed_day(name: str, ends: Mapping[str, Decimal]) -> str:
    """Return the formula for a day as it is written, or for one of the *ends* of the period."""
    fixed = dt.date.fromisoformat(name) if is_written(name) else day_of(ends[name])
    return "DATE({},{},{})".format(*fixed.timetuple())


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


class _FormulaWord(NamedTuple):
    """A piece of a formula: a text that stays, or the row or column of a reference, which moves with the formula."""

    text: str
    row: int | None = None
    column: int | None = None


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
        down, right = row - self.row, column - self.column
        return "".join([_moved(words, down, right) for words in self._parts])

    @cached_property
    def _parts(self) -> list[list[_FormulaWord]]:
        """The words of the formula; those of a reference to cells are together."""
        tokens = _tokens(self.text)
        if tokens is None:
            return [[_FormulaWord(self.text)]]
        parts: list[list[_FormulaWord]] = []
        for token in tokens:
            if token.subtype == "RANGE":
                sheet, mark, place = token.value.rpartition("!")
                parts += [_FormulaWord(sheet + mark)], _words(place)
            else:
                parts.append([_FormulaWord(token.value)])
        return [words for words in parts if words != [_FormulaWord("")]]


_END = r"\$?[A-Z]{1,3}\$?[1-9][0-9]{0,6}"
_LINES = r"\$?[A-Z]{1,3}:\$?[A-Z]{1,3}|\$?[1-9][0-9]{0,6}:\$?[1-9][0-9]{0,6}"


def _words(place: str) -> list[_FormulaWord]:
    """Return the words of a reference such as A1, $A$1:B2, A:B, 3:4 or Name:B2, without its sheet."""
    ends = [place] if re.fullmatch(_LINES, place, re.IGNORECASE) else re.split("(:)", place)
    words = []
    for end in ends:
        if not re.fullmatch(f"{_LINES}|{_END}", end, re.IGNORECASE):
            words.append(_FormulaWord(end))
            continue
        for text in re.findall(r":|\$?[A-Z]+|\$?[0-9]+", end, re.IGNORECASE):
            if text.isalpha():
                words.append(_FormulaWord("", column=column_index(text)))
            else:
                words.append(_FormulaWord("", row=int(text) - 1) if text.isdecimal() else _FormulaWord(text))
    return words


def _moved(words: list[_FormulaWord], down: int, right: int) -> str:
    moved = ""
    for text, row, column in words:
        if row is not None:
            if row + down < 0:
                return "#REF!"
            moved += str(row + down + 1)
        elif column is not None:
            if column + right < 0:
                return "#REF!"
            moved += column_name(column + right)
        else:
            moved += text
    return moved


_NUMBER = r"[0-9]{1,20}(?:\.[0-9]{0,20})?(?:[eE][+-]?[0-9]{1,2})?"


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
        elif re.fullmatch(_NUMBER, token.value):  # Excel writes 0.0000001 as 1E-07
            parts.append(str(Decimal(token.value).normalize()))
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


class FormulaParts(NamedTuple):
    """What a formula is made of: its references and names, the functions in upper case, and the texts in it."""

    references: tuple[str, ...]
    functions: frozenset[str]
    texts: tuple[str, ...]


_OWN_WORKBOOK = re.compile(r"(?<![\w\]])\[0\]!?")  # in front of a name or a sheet of the workbook itself
# Functions that use only the address of a reference, not the content of its cells.
_OF_ADDRESSES = {"ROW", "ROWS", "COLUMN", "COLUMNS", "AREAS", "SHEET"}


def parts_of(formula: str) -> FormulaParts | None:
    """Return what a formula, written without ``=``, is made of; ``None`` if openpyxl cannot parse it."""
    tokens = _tokens(_OWN_WORKBOOK.sub("", formula.removeprefix("=")))
    if tokens is None:
        return None
    references: list[str] = []
    functions: list[str] = []
    inside: list[str] = []
    for token in tokens:
        if token.type == "FUNC" and token.subtype == "OPEN":
            first, _, name = token.value.rstrip("(").rpartition(":")  # a function may end a range: A1:INDEX(
            references += [first] if first else []
            inside.append(name.upper().removeprefix("_XLFN.").removeprefix("_XLWS."))
            functions.append(inside[-1])
        elif token.type == "PAREN" and token.subtype == "OPEN":
            inside.append("")
        elif token.subtype == "CLOSE" and inside:
            inside.pop()
        elif token.subtype == "RANGE" and not _OF_ADDRESSES.intersection(inside[-1:]):
            references.append(token.value)
    texts = tuple(token.value for token in tokens if token.subtype == "TEXT")
    return FormulaParts(tuple(references), frozenset(functions), texts)


class Reference(NamedTuple):
    """Cells that a formula refers to: the first and the last sheet, both "" for its own sheet, and the area."""

    first_sheet: str
    last_sheet: str
    area: Area


_CELLS = re.compile(
    r"@?\$?(?P<left>[A-Z]{1,3})?\$?(?P<top>[0-9]{1,7})?(?::\$?(?P<right>[A-Z]{1,3})?\$?(?P<bottom>[0-9]{1,7})?)?#?",
    re.IGNORECASE,
)


def referred(reference: str) -> Reference | None:
    """Return the cells that *reference* means, also for whole rows and columns; ``None`` if it is not an address."""
    sheet, _, place = reference.rpartition("!")
    match = _CELLS.fullmatch(place)
    if match is None or (":" not in place and not (match["left"] and match["top"])):
        return None
    if sheet.startswith("'"):
        sheet = sheet[1:-1].replace("''", "'")
    first, colon, last = sheet.partition(":")
    left, right = match["left"], match["right"] or match["left"]
    top, bottom = match["top"], match["bottom"] or match["top"]
    columns = sorted((column_index(left), column_index(right or left))) if left else [0, COLUMNS - 1]
    rows = sorted((int(top) - 1, int(bottom or top) - 1)) if top else [0, ROWS - 1]
    return Reference(first, last if colon else first, Area(rows[0], columns[0], rows[1], columns[1]))


def _tokens(formula: str) -> list[Any] | None:
    """Parse a formula that is written without ``=``; return None if openpyxl cannot, or would take long."""
    from openpyxl.formula.tokenizer import Tokenizer, TokenizerError  # noqa: PLC0415  slow to load

    if len(formula) > _LONGEST or formula.count("[") > _MOST_BRACKETS:
        return None
    try:
        return list(Tokenizer(f"={formula}").items)
    except (TokenizerError, IndexError):
        return None
