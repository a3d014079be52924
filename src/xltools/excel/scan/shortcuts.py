"""Shortcuts for reading many workbooks, which have most of their parts, tags and cells in common.

:func:`read_part` returns the same as its first argument, but faster. With ``ENABLED = False`` expat parses
every part as a whole; that defines the result, and ``tests/test_shortcuts.py`` compares the two.

Five caches, each with a limited number of entries of limited size, hold

* the result of parsing a small part (relations, styles, the workbook part, the name of the program), by its content;
* the facts in a piece of a worksheet outside of its rows, by the text of the piece;
* the hidden rows, by the text of the tags of a row;
* the cells of a row, by its text: half of the rows of a return have labels, blanks and checks only;
* place and fact of a cell, or the number of the string that is its text, by the text: ``<c r="D6" s="5"><f>A1</f><v>7</v></c>``. Returns of one
  form have nine of ten cells in common, because most are blank, 0, labels or checks.

The keys are complete texts and the values are never changed, so no file can affect the result of another one.

Why a worksheet read from pieces has the same facts as one that is parsed as a whole:

* A worksheet is read from pieces only if nothing in it is unusual. Otherwise, and after any error, it is parsed as a
  whole, so that errors are the same too.
* It has no comments, sections or processing instructions: they are looked for around the rows, and in the rows no pattern
  accepts them. So each ``<`` begins a tag or the part is not well-formed.
* It is cut only at the ends of elements. Expat parses the root with what is in front of ``</sheetViews>``, and each
  piece outside of the rows within an element of its own, so the pieces are balanced, and together they are well-formed
  and give the same elements in the same order. A row is a start tag that expat has parsed, cells, and an end tag.
* A regular expression accepts a cell only if its attributes are the address, the style and the type, in this order,
  and its content is at most a formula and a value. Their texts hold no control character, no ``<``, ``>`` or carriage
  return, and no references but those to the five entities of XML, so they have the same meaning as for expat.
* :func:`worksheet` keeps no state from one of these pieces to the next but the row and column, and shared
  formulas. Here every row and cell has its address, and shared formulas are unusual, as are cells out of order.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from itertools import pairwise
from typing import Any, NamedTuple, TypeVar, cast

from xltools.excel.scan.facts import Fact, SheetFacts
from xltools.excel.scan.parts import strings
from xltools.excel.scan.worksheet import Tables, cell_fact, worksheet
from xltools.form.address import parsed
from xltools.office.guard import DAMAGE, ScanError, XmlPart
from xltools.office.parsing import unescaped

ENABLED = True

_Result = TypeVar("_Result")


class _UnusualError(Exception):
    """The part must be parsed as a whole."""


def read_part(read: Callable[..., _Result], part: XmlPart, *arguments: Any) -> _Result:
    """Return ``read(part, *arguments)``. Parts too large to be held as a whole are read without shortcuts."""
    if not ENABLED or not isinstance(part.content, bytes):
        return read(part, *arguments)
    shortcuts: dict[Callable[..., Any], Callable[..., Any]] = {worksheet: _sheet, strings: _strings}
    shortcut = shortcuts.get(read)
    if shortcut is None:
        is_short = len(part.content) <= _LONGEST_PART
        found = _parsed(read, part.content, *arguments) if is_short else read(part, *arguments)
        return cast("_Result", found)
    try:
        return cast("_Result", shortcut(part.content, *arguments))
    except (_UnusualError, ScanError, *DAMAGE):
        return read(part, *arguments)


# -- small parts

_LONGEST_PART = 1 << 16


@lru_cache(maxsize=64)
def _parsed(read: Callable[..., object], content: bytes, *arguments: object) -> object:
    return read(XmlPart(content), *arguments)


# -- plain text

_CHARACTERS = r"[^<>&\x00-\x08\x0b-\x1f\ufffe\uffff]*"
_TEXT = rf"({_CHARACTERS}(?:&(?:lt|gt|amp|quot|apos);{_CHARACTERS})*)"
_ENTITIES = {"&lt;": "<", "&gt;": ">", "&quot;": '"', "&apos;": "'", "&amp;": "&"}  # & comes last
_START = (
    r'(?:<\?xml version="1\.0"(?: encoding="(?:UTF-8|utf-8)")?(?: standalone="(?:yes|no)")?\?>\s*)?<{}[ >]'
)


def _inside(content: bytes, root: str, element: str) -> tuple[str, str, str]:
    """Return the text in front of the content of *element*, the content, and the text behind it."""
    text = content.decode("utf-8")
    first, last = re.search(f"<{element}(?: [^<>]*)?>", text), text.rfind(f"</{element}>")
    if first is None or last < first.end() or not re.match(_START.format(root), text):
        raise _UnusualError
    return text[: first.end()], text[first.end() : last], text[last:]


def _resolved(text: str) -> str:
    """Return *text* with its entities replaced by their characters."""
    for entity, character in _ENTITIES.items() if "&" in text else ():
        text = text.replace(entity, character)
    return text


# -- shared strings

_STRING = re.compile(rf'<si><t(?: xml:space="preserve")?>{_TEXT}</t></si>')


def _strings(content: bytes) -> list[str]:
    before, data, behind = _inside(content, "sst", "sst")
    texts = _STRING.split(data)
    if any(texts[::2]) or strings(XmlPart(f"{before}{behind}".encode())):
        raise _UnusualError
    return [
        unescaped(_resolved(text)) if "&" in text or "_x" in text else text  # hardly any
        for text in texts[1::2]
    ]


# -- worksheets

_LONGEST_PIECE, _LONGEST_TAGS, _LONGEST_ROW, _LONGEST_CELL = 20_000, 500, 10_000, 1_000
_NOT_AROUND_ROWS = re.compile(r"<(?:[!?]|(?:c|f|row)[ \t\r\n/>])")  # behind the declaration at the beginning
_ROW = re.compile(r'(?:<row r="[0-9]+"(?: [A-Za-z0-9:]+="[^<>"&]*")*/?>)*(?:</row>)?')
_CELL = re.compile(
    r'r="([A-Z]{1,3}[0-9]{1,7})"(?: s="([0-9]+)")?(?: t="([A-Za-z]+)")?'
    rf'(?:(/>)|>(?:<f(?: aca="false")?>{_TEXT}</f>)?(</c>)?)'
)
_VALUE_END = "</v></c>"
_VALUE = re.compile(f"{_TEXT}{_VALUE_END}")


def _sheet(content: bytes, sheet: SheetFacts, tables: Tables) -> SheetFacts:
    before, data, behind = _inside(content, "worksheet", "sheetData")
    found = _around_rows(before, behind, SheetFacts(sheet.name, sheet.state), tables)
    if found.hides_rows:
        raise _UnusualError  # whether a row is hidden depends on more than its tag
    *rows, last = data.split("</row>")
    facts, hidden, reached = found.cells, found.hidden_rows, (-1, -1)
    for text in rows:
        row = (_row if len(text) <= _LONGEST_ROW else _row.__wrapped__)(text)
        if row.ends:
            if row.ends[0] <= reached:
                raise _UnusualError
            reached = row.ends[1]
        hidden |= row.hidden
        for place, fact, number in row.filled:
            facts[place] = fact if number is None else tables.with_string(fact, number)
    hidden |= _hidden_rows(last)
    if len(facts) > tables.budget.left("cells"):
        raise _UnusualError
    tables.budget.spend("cells", len(facts))
    return found


def _around_rows(before: str, behind: str, sheet: SheetFacts, tables: Tables) -> SheetFacts:
    """Read the parts of a worksheet around its rows into *sheet*, in four pieces that often recur in other files."""
    root, views, columns = before.removesuffix("<sheetData>").partition("</sheetViews>")
    behind = behind.removeprefix("</sheetData>").removesuffix("</worksheet>")
    guards, footer, texts = behind.partition("<headerFooter")
    parts = (f"<x>{text}</x>" for text in (columns, guards, footer + texts))
    for text in (f"{root}{views}</worksheet>", *parts):
        if len(text) > _LONGEST_PIECE:
            raise _UnusualError
        piece = _piece(text)
        sheet.merges += piece.merges
        sheet.validations += piece.validations
        sheet.conditional += piece.conditional
        sheet.hidden_columns += piece.hidden_columns
        sheet.shown_columns += piece.shown_columns
        sheet.hides_columns |= piece.hides_columns
        sheet.is_protected |= piece.is_protected
        sheet.beyond_reach = max(sheet.beyond_reach, piece.beyond_reach)
        sheet.hides_rows |= piece.hides_rows
    conditions = sum(len(one.ranges) for one in sheet.conditional)
    if (
        max(len(sheet.validations), len(sheet.merges), conditions) > tables.budget.limits.ranges
        or (before + behind).count("<sheetProtection") > 1
    ):
        raise _UnusualError
    return sheet


@lru_cache(maxsize=128)
def _piece(text: str) -> SheetFacts:
    """Return the facts in a piece of a worksheet within an element. They are shared and must not be changed."""
    if _NOT_AROUND_ROWS.search(text, 1):
        raise _UnusualError
    return worksheet(XmlPart(text.encode()), SheetFacts(""), Tables())


_Place = tuple[int, int]


class _CellRow(NamedTuple):
    """A row: which rows are hidden, the places of its first and last cell, if it has any, and the cells that are not empty."""

    hidden: frozenset[int]
    ends: tuple[_Place, _Place] | None
    filled: tuple[tuple[_Place, Fact, int | None], ...]


@lru_cache(maxsize=1 << 10)
def _row(text: str) -> _CellRow:
    """Return a row from its *text*, without the end tag. Its cells must be in order, and so no two are at one address."""
    tags, *texts = text.split("<c ")
    cells = tuple(map(_cell, texts))
    if any(one[0] >= other[0] for one, other in pairwise(cells)):
        raise _UnusualError
    filled = tuple((place, fact, number) for place, fact, number in cells if fact is not None)
    ends = (cells[0][0], cells[-1][0]) if cells else None
    return _CellRow(_hidden_rows(f"{tags}</row>"), ends, filled)


@lru_cache(maxsize=1 << 11)
def _hidden_rows(tags: str) -> frozenset[int]:
    """Return which of the rows with these tags are hidden."""
    if len(tags) > _LONGEST_TAGS or not _ROW.fullmatch(tags):
        raise _UnusualError
    found = worksheet(XmlPart(f"<x>{tags}</x>".encode()), SheetFacts(""), Tables())
    return frozenset(found.hidden_rows)


@lru_cache(maxsize=1 << 13)
def _cell(text: str) -> tuple[_Place, Fact | None, int | None]:
    """Return the place and the :func:`cell_fact` of a cell, whose *text* begins behind ``<c``."""
    start, opened, rest = text.partition("<v>")
    match = _CELL.fullmatch(start)
    if match is None or len(text) > _LONGEST_CELL:
        raise _UnusualError
    reference, style, kind, closed, formula, end = match.groups()
    if bool(closed or end) == bool(opened):
        raise _UnusualError
    formula = _resolved(formula) if formula else formula
    value = _value(rest) if opened else None
    return parsed(reference), *cell_fact(kind or "n", value, formula, style or "0")


def _value(text: str) -> str:
    """Return the value in front of the two end tags."""
    value = text.removesuffix(_VALUE_END)
    if value.isdecimal() and len(value) < len(text):
        return value
    match = _VALUE.fullmatch(text)
    if match is None:
        raise _UnusualError
    return _resolved(match[1])
