"""A worksheet, or the shared strings, by their pieces: those met before are not parsed again.

The sheets of returns differ in a few cells. So a sheet is cut into pieces, about one a row, and from each piece the
plain numbers are taken out that stand as the values of cells. What is left, its shape, has mostly been met before,
in this file or another, and what expat and :func:`worksheet` made of it then holds again, with the numbers put back.

Why this gives what parsing the whole gives:

* A part is cut as bytes, as which it has no encoding but the UTF-8 that its declaration may name: expat finds in a
  piece what is no UTF-8, as no cut or number can part the bytes of one character and leave both parts UTF-8.
* Nothing is learned of a piece with a ``<!`` or ``<?`` in it, two signs that no cut or number stands between. So a part
  of known pieces has none behind its declaration, and each ``<`` in it begins a tag, or the part is not well-formed: no
  comment, section or text can look like a tag.
* A cut is made at a tag. Each piece is parsed by expat between the tags of an element of its own, so it is balanced
  content; the tags around all pieces are parsed without them. Balanced content in an element is well-formed, and
  gives the events of the pieces one after the other.
* At the edge of balanced content :func:`worksheet` is within no cell, text or guide. What else it remembers is the
  row and column of cells without an address, which no piece has; formulas that cells share, which are put together
  anew for each file; and the cells so far, of which no other piece may have one, since the rows of pieces ascend.
* A number is taken out where ``><v>5</v></c>`` ends a cell, and the shape has ``/>`` there, with which a cell ends that
  has none. The offsets in the shape at which numbers are missing are kept with them; so a shape and its numbers stand
  for one text and no other. They are held against the places where ``<v>5</v>`` would be all that a cell holds, or
  would follow its formula, which needs it. The shape was parsed with numbers in all those cells. A cell without its
  value is empty, which changes nothing but that cell; two cells at one address do not get that far. A number has no
  sign in it that XML knows.
* Whatever does not fit, is beyond a limit or raises, is parsed as a whole by expat; what that says is what counts.

``tests/test_pieces.py`` holds one against the other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import accumulate, count, pairwise
from operator import add
from typing import Any, Final, NamedTuple, cast

from xltools.excel.scan.facts import Fact, SheetFacts
from xltools.excel.scan.known import Known
from xltools.excel.scan.parts import Book, strings, workbook
from xltools.excel.scan.worksheet import MOST_RANGES, Tables, place_of, worksheet
from xltools.office.guard import DAMAGE, Limits, Part, ScanError


class _UnfamiliarError(Exception):
    """The part cannot be put together from pieces."""


_DIFFERENT = (_UnfamiliarError, ScanError, *DAMAGE)


def sheet_of(part: Part, sheet: SheetFacts, tables: Tables) -> SheetFacts:
    """What :func:`worksheet` gives, by pieces where that can be."""
    expanded = tables.expanded
    if text := _text(part):
        try:
            return _Assembly(sheet, tables).of(text)
        except _DIFFERENT:
            tables.expanded = expanded
    return worksheet(part, sheet, tables)


def strings_of(part: Part) -> list[str]:
    """What :func:`strings` gives, by pieces where that can be."""
    if text := _text(part):
        try:
            return _strings(text)
        except _DIFFERENT:
            pass
    return strings(part)


def workbook_of(part: Part, _: str = "") -> Book:
    """What :func:`workbook` gives, by pieces where that can be: its names, which take most of it, apart."""
    if text := _text(part):
        try:
            return _workbook(text)
        except _DIFFERENT:
            pass
    return workbook(part)


# -- cutting

_SPACE = " \t\r\n"
_DECLARATION = (
    r'(?:<\?xml version="1\.0"(?: encoding="(?:UTF-8|utf-8)")?(?: standalone="(?:yes|no)")?\?>[ \t\r\n]*)?'
)


def _text(part: Part) -> str:
    """The part as text in which a character stands for a byte, when it is held as a whole; else nothing."""
    return part.content.decode("latin-1") if isinstance(part.content, bytes) else ""


def _part(text: str) -> Part:
    """What is to be learned of such a text, for expat, unless there may be a ``<`` in it that begins no tag."""
    if "<!" in text or text.find("<?", 1) > 0:
        raise _UnfamiliarError
    return Part(text.encode("latin-1"))


class _Root:
    """The root element of one kind of part."""

    def __init__(self, tag: str) -> None:
        self._start = re.compile(rf"{_DECLARATION}<{tag}(?: [^<>]*)?>")
        self._end = f"</{tag}>"

    def inside(self, text: str) -> tuple[str, int, int]:
        """Its tags, and from where to where in the text it has its content."""
        match = self._start.match(text)
        stop = text.rfind(self._end)
        if match is None or stop < match.end() or text[stop + len(self._end) :].strip(_SPACE):
            raise _UnfamiliarError
        return match[0] + self._end, match.end(), stop


_WORKSHEET, _SST, _WORKBOOK = map(_Root, ("worksheet", "sst", "workbook"))


_DEFAULT = ' t="n"'
_WITH_DEFAULT = re.compile(rf'<c r="[A-Z]{{1,3}}[0-9]{{1,7}}"(?: s="[0-9]+")?{_DEFAULT}(?=[/>])')


def _without_default(text: str) -> str:
    """The sheet with nothing said of cells that hold numbers, as most programs write it: LibreOffice says it of filled ones."""
    times = text.count(_DEFAULT)
    if times and times != len(_WITH_DEFAULT.findall(text)):
        raise _UnfamiliarError
    return text.replace(_DEFAULT, "") if times else text


_DATA = "<sheetData>", "</sheetData>"
_BEFORE = ("</sheetViews>",)
_BEHIND = ("</mergeCells>", "</dataValidations>")
_FOOT = "<headerFooter"  # of one file, where it names the agency, and all sheets of that have the same


def _cut(text: str, ends: tuple[str, ...]) -> Iterator[str]:
    """The text in pieces that end as these do; what is in front of a name and its meaning differs by file."""
    for end in ends:
        before, found, text = text.partition(end)
        yield before + found
    yield text


def _apart(text: str, end: str) -> Iterator[str]:
    """The text cut behind each *end*; what is behind the last comes last."""
    *pieces, rest = text.split(end)
    yield from (piece + end for piece in pieces)
    yield rest


# -- pieces

_NUMBER, _BLANK = "><v>{}</v></c>", "/>"  # the end of a cell with a number, and what a shape has there
_NUMBERS = re.compile(_NUMBER.format("([-+.0-9eE]{1,40})"))
# What stands in front of a place for a number: a cell, or a cell with its formula, which may be written elsewhere.
_CELL = re.compile(
    r'<c r="([A-Z]{1,3}[0-9]{1,7})"(?: s="[0-9]+")?(?: t="[A-Za-z]+")?(><f(?: [^<>]*)?(?:>[^<>]*</f|/))?\Z'
)
_CELLS, _ROWS = re.compile(r"<c[ \t\r\n/>]"), re.compile(r"<row[ \t\r\n/>]")
_CELL_ROW, _ROW = re.compile(r'<c r="[A-Z]{1,3}([0-9]{1,7})"'), re.compile(r'<row r="([0-9]{1,7})"')

_CONSTANT: Final = 0
_VALUE: Final = 1
_INDEX: Final = 2
_OTHER: Final = 3
# Place, which of these it is, its type or all of it, its formula, its style.
_Entry = tuple[tuple[int, int], int, Any, Any, int]


@dataclass(frozen=True, slots=True)
class _Piece:
    """What a shape of a piece holds.

    Its cells are kept by the offsets in the shape at which their numbers are missing; those without such a place by
    what follows the offset before: there is room, as what stands between is longer than they are many.
    """

    cells: dict[int, _Entry]
    fixed: tuple[int, ...]  # those without such a place
    length: int  # of the shape
    slots: frozenset[int]  # where numbers may stand
    filled: frozenset[int]  # where they must
    first: int  # its rows, counted from 1
    last: int
    style: int  # the greatest
    hidden_rows: frozenset[int]
    hidden_columns: tuple[tuple[int, int], ...]
    merges: tuple[str, ...]
    validations: tuple[str, ...]
    is_protected: bool | None

    def holds(self, values: dict[int, str]) -> bool:
        """Whether numbers stand where they must, and nowhere else than they may."""
        return self.filled <= values.keys() <= self.slots


_PIECES: Known[str, _Piece] = Known(1 << 20)
_ROOTS: Known[str, bool] = Known(1 << 16)
_MOST_NEW = 500  # pieces to be parsed by themselves, of one sheet: beyond that it is no sheet of ours


@dataclass(slots=True)
class _Assembly:
    """One sheet, put together. The sheet itself is touched when all went well."""

    sheet: SheetFacts
    tables: Tables
    cells: dict[tuple[int, int], Fact] = field(default_factory=dict)
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: list[tuple[int, int]] = field(default_factory=list)
    merges: list[str] = field(default_factory=list)
    validations: list[str] = field(default_factory=list)
    is_protected: bool = False
    last: int = 0
    new: int = 0

    def of(self, text: str) -> SheetFacts:
        """The facts of the sheet in *text*."""
        self.tables.formulas.clear()
        text = _without_default(text)
        tags, start, stop = _WORKSHEET.inside(text)
        if _ROOTS.get(tags) is None:
            worksheet(Part(tags.encode("latin-1")), SheetFacts(""), Tables(self.tables.limits))
            _ROOTS.put(tags, value=True, size=len(tags))
        first = text.find(_DATA[0], start, stop)
        last = text.rfind(_DATA[1], first, stop)
        if first < 0 or last < 0:
            raise _UnfamiliarError
        for piece in _cut(text[start:first], _BEFORE):
            self._add(piece)
        self._add(text[first + len(_DATA[0]) : last], "</row>")
        behind, opened, foot = text[last + len(_DATA[1]) : stop].partition(_FOOT)
        for piece in (*_cut(behind, _BEHIND), opened + foot):
            self._add(piece)
        return self._done()

    def _add(self, text: str, end: str = "") -> None:
        """A piece; one that was not met before is taken apart at each *end*, if that is given.

        What is around the rows has no numbers. It is a shape itself, and mostly known.
        """
        values: dict[int, str] = {}
        piece = None if end else _PIECES.get(text)
        if piece is None:
            shape, values = _apart_from_numbers(text)
            piece = self._piece(shape, end)
        if not piece.holds(values) or (piece.last and piece.first <= self.last):
            raise _UnfamiliarError
        self.last = piece.last or self.last
        if piece.cells:
            self._put(piece, values)
        self._guards(piece)

    def _piece(self, shape: str, end: str = "") -> _Piece:
        piece = _PIECES.get(shape)
        if piece is None:
            piece = _joined([self._piece(row) for row in _apart(shape, end)]) if end else self._new(shape)
            _PIECES.put(shape, piece, len(shape))
        return piece

    def _new(self, shape: str) -> _Piece:
        self.new += 1
        if self.new > _MOST_NEW:
            raise _UnfamiliarError
        return _learned(shape)

    def _put(self, piece: _Piece, values: dict[int, str]) -> None:
        """The cells of a piece: the inner loop of all reading, so facts are made without calling their class."""
        cells, strings, entries, new = self.cells, self.tables.strings, piece.cells, tuple.__new__
        if 0 < self.tables.style_count <= piece.style:
            raise _UnfamiliarError
        for key in sorted((*values, *piece.fixed)) if piece.fixed else values:
            place, what, kind, formula, style = entries[key]
            if what == _VALUE:
                cells[place] = new(Fact, (kind, values[key], formula, style))
            elif what == _INDEX:
                index = int(values[key])
                if index < 0:
                    raise _UnfamiliarError
                cells[place] = new(Fact, ("s", strings[index], formula, style))
            elif what == _CONSTANT:
                cells[place] = kind
            else:
                cells[place] = self._other(place, kind, values.get(key))

    def _other(self, place: tuple[int, int], fact: Fact, value: str | None) -> Fact:
        """A cell whose formula is written once for many, or whose number of a string is no plain one."""
        text, formula = cast("str | int | None", fact.text), cast("str | _Shared | None", fact.formula)
        if value is not None:
            text = int(value) if isinstance(text, int) else value
        if isinstance(text, int):
            text = self.tables.strings[text]
        if isinstance(formula, _Shared):
            formula = self.tables.formula(*formula, *place)
        return Fact(fact.type, text, formula, int(fact.style))

    def _guards(self, piece: _Piece) -> None:
        if piece.hidden_rows:
            self.hidden_rows |= piece.hidden_rows
        if piece.hidden_columns:
            self.hidden_columns += piece.hidden_columns
        if piece.merges:
            self.merges += piece.merges
        if piece.validations:
            self.validations += piece.validations
        if piece.is_protected is not None:
            self.is_protected = piece.is_protected

    def _done(self) -> SheetFacts:
        left = self.tables.limits.cells - self.tables.cells
        if len(self.cells) > left or len(self.validations) > MOST_RANGES:
            raise _UnfamiliarError
        self.tables.cells += len(self.cells)
        sheet = self.sheet
        sheet.cells, sheet.merges, sheet.validations = self.cells, self.merges, self.validations
        sheet.hidden_rows, sheet.hidden_columns = self.hidden_rows, self.hidden_columns
        sheet.is_protected = self.is_protected
        return sheet


# -- learning a shape


class _Shared(NamedTuple):
    """A formula that is written once for many cells: its number, and its text where that stands."""

    share: str
    text: str


class _Itself(dict[str, str]):
    def __missing__(self, style: str) -> str:
        return style


class _Indices(list[int]):
    def __getitem__(self, index: Any) -> Any:
        return index


class _Symbols(Tables):
    """Tables that give back what was looked up in them."""

    def styles(self) -> dict[str, int]:
        return cast("dict[str, int]", _Itself())

    def formula(self, share: str, formula: str, row: int, column: int) -> str:  # noqa: ARG002  see Tables
        return cast("str", _Shared(share, formula))


def _symbols() -> Tables:
    return _Symbols(Limits(), cast("list[str]", _Indices()))


def _apart_from_numbers(text: str) -> tuple[str, dict[int, str]]:
    """The shape of a piece, and its numbers by the offsets in the shape at which they are missing."""
    parts = _NUMBERS.split(text)
    texts = parts[::2]
    return _BLANK.join(texts), dict(zip(_offsets(texts), parts[1::2], strict=False))


def _offsets(texts: list[str]) -> Iterator[int]:
    """Where in a shape each of these texts ends that it was joined from."""
    return map(add, accumulate(map(len, texts)), count(0, len(_BLANK)))


def _learned(shape: str) -> _Piece:
    """What a shape holds: it is parsed with numbers in all its places, each with the offset of its place."""
    texts = shape.split(_BLANK)
    slots = {
        n: match
        for n, text in zip(_offsets(texts), texts[:-1], strict=False)
        if (match := _CELL.search(text))
    }
    ends = [_NUMBER.format(n) if n in slots else _BLANK for n in _offsets(texts)]
    text = "".join(part for pair in zip(texts, [*ends[:-1], ""], strict=True) for part in pair)
    sheet = SheetFacts("", is_protected=cast("bool", None))
    worksheet(_part(f"<x>{text}</x>"), sheet, _symbols())
    cells = _entries(sheet.cells, {place_of(match[1]): n for n, match in slots.items()})
    rows = _rows(text)
    return _Piece(
        cells=cells,
        fixed=tuple(key for key in cells if key not in slots),
        length=len(shape),
        slots=frozenset(slots),
        filled=frozenset(n for n, match in slots.items() if match[2]),
        first=min(rows, default=0),
        last=max(rows, default=0),
        style=max((entry[-1] for entry in cells.values()), default=0),
        hidden_rows=frozenset(sheet.hidden_rows),
        hidden_columns=tuple(sheet.hidden_columns),
        merges=tuple(sheet.merges),
        validations=tuple(sheet.validations),
        is_protected=sheet.is_protected,
    )


def _joined(pieces: list[_Piece]) -> _Piece:
    """One piece after the other, as one. Their rows ascend, or there may be two cells at one address."""
    starts = list(accumulate((piece.length for piece in pieces), initial=0))
    rows = [number for piece in pieces if piece.last for number in (piece.first, piece.last)]
    if any(one.last >= other.first for one, other in pairwise(p for p in pieces if p.last)):
        raise _UnfamiliarError
    protection = [piece.is_protected for piece in pieces if piece.is_protected is not None]

    def keys(name: str) -> Iterator[int]:
        return (
            key + start for piece, start in zip(pieces, starts, strict=False) for key in getattr(piece, name)
        )

    def all_of(name: str) -> tuple[Any, ...]:
        return tuple(one for piece in pieces for one in getattr(piece, name))

    return _Piece(
        cells=dict(
            zip(keys("cells"), (entry for piece in pieces for entry in piece.cells.values()), strict=True)
        ),
        fixed=tuple(keys("fixed")),
        length=starts[-1],
        slots=frozenset(keys("slots")),
        filled=frozenset(keys("filled")),
        first=min(rows, default=0),
        last=max(rows, default=0),
        style=max((piece.style for piece in pieces), default=0),
        hidden_rows=frozenset(all_of("hidden_rows")),
        hidden_columns=all_of("hidden_columns"),
        merges=all_of("merges"),
        validations=all_of("validations"),
        is_protected=protection[-1] if protection else None,
    )


def _rows(text: str) -> list[int]:
    """The numbers of all rows in a piece, which each row and cell must give itself."""
    cells, rows = _CELL_ROW.findall(text), _ROW.findall(text)
    if len(cells) != len(_CELLS.findall(text)) or len(rows) != len(_ROWS.findall(text)):
        raise _UnfamiliarError
    return [int(number) for number in (*cells, *rows)]


def _entries(cells: dict[tuple[int, int], Fact], slots: dict[tuple[int, int], int]) -> dict[int, _Entry]:
    """The cells of a shape by their keys, which ascend."""
    entries: dict[int, _Entry] = {}
    key = 0
    for place, fact in cells.items():
        slot = slots.pop(place, -1)
        key = slot if slot >= 0 else key + 1
        entries[key] = _entry(place, fact, slot)
    if slots:
        raise _UnfamiliarError
    return entries


def _entry(place: tuple[int, int], fact: Fact, slot: int) -> _Entry:
    """A cell of a shape, parsed with :class:`_Symbols`: its text may be the number of a string."""
    style, text = str(fact.style), cast("str | int | None", fact.text)
    if not re.fullmatch("0|[1-9][0-9]{0,8}", style):
        raise _UnfamiliarError
    if slot >= 0 and str(text) != str(slot):
        raise _UnfamiliarError
    if isinstance(cast("object", fact.formula), _Shared) or (slot < 0 and isinstance(text, int)):
        return place, _OTHER, fact, None, int(style)
    if slot < 0:
        return place, _CONSTANT, fact._replace(style=int(style)), None, int(style)
    return place, _INDEX if isinstance(text, int) else _VALUE, fact.type, fact.formula, int(style)


# -- shared strings

_STRINGS: Known[str, str] = Known(1 << 19)
_LONGEST_LABEL = 900  # longer texts, of more than 300 Chinese characters, are prose, which no other file has


def _strings(text: str) -> list[str]:
    tags, start, stop = _SST.inside(text)
    *chunks, rest = text[start:stop].split("</si>")
    if strings(Part(tags.encode("latin-1"))) or rest.strip(_SPACE):
        raise _UnfamiliarError
    found = _STRINGS.all_of(chunks)
    new = [chunk for chunk, string in zip(chunks, found, strict=True) if string is None]
    if not new:
        return cast("list[str]", found)
    told = iter(_parsed(new))
    return [next(told) if string is None else string for string in found]


def _parsed(chunks: list[str]) -> list[str]:
    """The strings of chunks that were not met before: all at once, for in each the first ``<si>`` is the only one."""
    if any(not chunk.startswith("<si>") or chunk.count("<si") > 1 for chunk in chunks):
        raise _UnfamiliarError
    parsed = strings(_part("".join(["<x>", *(f"{chunk}</si>" for chunk in chunks), "</x>"])))
    for chunk, string in zip(chunks, parsed, strict=True):
        if len(chunk) <= _LONGEST_LABEL:
            _STRINGS.put(chunk, string, len(chunk))
    return parsed


# -- the workbook

_BOOKS: Known[str, Book] = Known(1 << 20)
_NAMES = "<definedNames>", "</definedNames>"


def _workbook(text: str) -> Book:
    _WORKBOOK.inside(text)
    before, opened, rest = text.partition(_NAMES[0])
    names, closed, behind = rest.partition(_NAMES[1])
    if not opened or not closed:
        raise _UnfamiliarError
    book = _book(f"{before}{opened}{closed}{behind}")
    told = _book(f"<x>{names}</x>")
    if book.names or told != Book(
        "x", (), told.names, structure_locked=False, epoch_1904=False, external_links=0
    ):
        raise _UnfamiliarError
    return book._replace(names=told.names)


def _book(text: str) -> Book:
    book = _BOOKS.get(text)
    if book is None:
        book = workbook(_part(text))
        _BOOKS.put(text, book, len(text))
    return book
