"""One pass over an .xlsx package with zipfile and expat: the facts of a workbook, flat and literal.

It knows nothing of forms and gives nothing a meaning. Whatever is wrong with the file ends in
:class:`ScanError` with a finding's code; nothing else is raised.
"""

from __future__ import annotations

import contextlib
import re
import zipfile
from collections.abc import Callable, Iterator
from typing import NamedTuple
from xml.parsers import expat

from attrs import define, field

from xltools.excel.formula import shifted
from xltools.excel.guard import (
    DAMAGE,
    Budget,
    End,
    Limits,
    Part,
    ScanError,
    Start,
    beyond,
    folded,
    look,
    look_for_kind,
    look_inside,
    open_zip,
)
from xltools.excel.package import relations_of, target_of
from xltools.form.address import COLUMNS, ROWS, column_index

__all__ = ["Comment", "Fact", "Facts", "Limits", "ScanError", "SheetFacts", "scan"]

_ADDRESS = re.compile(r"([A-Za-z]{1,3})([0-9]{1,7})")
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")


class Fact(NamedTuple):
    """One cell: its type (n, s, b, e), its text as stored or shown, its formula, its style's number."""

    type: str
    text: str | None
    formula: str | None
    style: int


class Comment(NamedTuple):
    """What somebody wrote at a cell, without the name that programs put in front."""

    author: str
    text: str


@define
class SheetFacts:
    """One worksheet."""

    name: str
    state: str = "visible"
    cells: dict[tuple[int, int], Fact] = field(factory=dict)
    merges: list[str] = field(factory=list)
    validations: list[str] = field(factory=list)  # the ranges that have one
    is_protected: bool = False
    hidden_rows: set[int] = field(factory=set)
    hidden_columns: list[tuple[int, int]] = field(factory=list)  # first and last of each run
    comments: dict[tuple[int, int], Comment] = field(factory=dict)


@define
class Facts:
    """Everything the reader may want to know of a workbook."""

    sheets: list[SheetFacts] = field(factory=list)
    names: dict[str, str] = field(factory=dict)  # workbook-wide defined names, in lower case
    properties: dict[str, str] = field(factory=dict)  # custom document properties
    application: str = ""
    structure_locked: bool = False
    locked: list[bool] = field(factory=list)  # by style number
    dates: list[bool] = field(factory=list)  # by style number: whether it shows a number as a date or a time
    digits: list[int] = field(factory=list)  # by style number: the fewest digits of a whole number, 0 for any
    epoch_1904: bool = False  # dates count from 1904
    external_links: int = 0  # other workbooks that this one reads
    old_format: str = ""  # such as .xls: then only the values are known

    def sheet(self, name: str) -> SheetFacts | None:
        """The worksheet of that name."""
        return next((sheet for sheet in self.sheets if sheet.name == name), None)


def scan(data: bytes, limits: Limits | None = None) -> Facts:
    """The facts of the workbook in *data*; raises :class:`ScanError` and nothing else."""
    limits = limits or Limits()
    look(data, limits)
    try:
        with open_zip(data, limits) as package:
            parts = look_inside(package, len(data), limits)
            look_for_kind(package, parts)
            return _Package(package, parts, limits).facts()
    except ScanError:
        raise
    except DAMAGE as error:
        raise ScanError("damaged", f"{type(error).__name__}: {error}") from error


class _Package:
    """The parts of a zip, found as spreadsheet programs find them: through relations, without regard to case."""

    def __init__(self, package: zipfile.ZipFile, parts: dict[str, zipfile.ZipInfo], limits: Limits) -> None:
        self._zip, self._parts, self._limits = package, parts, limits
        self._budget = Budget(limits)

    def facts(self) -> Facts:
        main = next((t for kind, t, _ in self._relations("") if kind == "officeDocument"), None)
        if main is None or folded(main) not in self._parts:
            raise ScanError("not-a-workbook")
        relations = {identity: (kind, target) for kind, target, identity in self._relations(main)}
        facts, sheets = _workbook(self._read(main))
        if facts is None:
            raise ScanError("not-a-workbook")
        by_kind = dict(relations.values())
        if "vbaProject" in by_kind:
            raise ScanError("macros")
        tables = _Tables(self._limits)
        if self._has(by_kind.get("sharedStrings")):
            tables.strings = _strings(self._read(by_kind["sharedStrings"]))
        if self._has(by_kind.get("styles")):
            _styles(self._read(by_kind["styles"]), facts)
            tables.use_styles(len(facts.locked))
        targets = [(name, state, *relations.get(identity, ("", ""))) for name, state, identity in sheets]
        worksheets = {
            target: SheetFacts(name, state) for name, state, kind, target in targets if kind == "worksheet"
        }
        for target, sheet in worksheets.items():
            facts.sheets.append(_worksheet(self._read(target), sheet, tables))
            for kind, part, _ in self._relations(target):
                if kind == "comments" and self._has(part):
                    sheet.comments = _comments(self._read(part))
        if len({sheet.name for sheet in facts.sheets}) < sum(
            kind == "worksheet" for _, _, kind, _ in targets
        ):
            raise ScanError("damaged", "a sheet occurs twice")
        self._document_properties(facts)
        return facts

    def _document_properties(self, facts: Facts) -> None:
        for kind, target, _ in self._relations(""):
            if kind == "custom-properties" and self._has(target):
                facts.properties = _custom(self._read(target))
            elif kind == "extended-properties" and self._has(target):
                facts.application = _application(self._read(target))

    def _has(self, name: str | None) -> bool:
        return name is not None and folded(name) in self._parts

    def _read(self, name: str) -> Part:
        return self._budget.part(self._zip, self._parts[folded(name)])

    def _relations(self, part: str) -> Iterator[tuple[str, str, str]]:
        """Kind, target and id of each relation of *part* ("" for the package)."""
        name = relations_of(part)
        if not self._has(name):
            return
        found: list[tuple[str, str, str]] = []

        def start(tag: str, attributes: dict[str, str]) -> None:
            if tag == "Relationship" and attributes.get("TargetMode") != "External":
                target = target_of(part, attributes["Target"])
                found.append((attributes["Type"].rpartition("/")[2], target, attributes["Id"]))

        _parse(self._read(name), start)
        yield from found


_Text = Callable[[str], None]


def _parse(part: Part, start: Start, end: End | None = None, text: _Text | None = None) -> None:
    """Run expat over a part; a document type is refused, for what it can smuggle in.

    Handlers get names as they stand in the main namespace. What another program put under a namespace of its own
    keeps its prefix, and so matches nothing.
    """
    parser = expat.ParserCreate()
    parser.buffer_text = True
    if part.watch is not None:
        start, end = part.watch.over(start, end)

    def root(tag: str, attributes: dict[str, str]) -> None:
        prefix, colon, _ = tag.rpartition(":")
        if colon:
            _install(parser, *_stripping(prefix + colon, start, end))
            start(tag[len(prefix) + 1 :], attributes)
        else:
            _install(parser, start, end)
            start(tag, attributes)

    parser.StartElementHandler = root
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.XmlDeclHandler = _refuse_encoding
    parser.CharacterDataHandler = text
    with contextlib.suppress(_EnoughError):
        part.feed(parser)


class _EnoughError(Exception):
    """A handler has what it wants; the rest of the part need not be parsed."""


def _install(parser: expat.XMLParserType, start: Start, end: End | None) -> None:
    parser.StartElementHandler = start
    parser.EndElementHandler = end


def _stripping(prefix: str, start: Start, end: End | None) -> tuple[Start, End | None]:
    """The handlers for a part whose main namespace has a prefix."""

    def on_start(tag: str, attributes: dict[str, str]) -> None:
        start(tag.removeprefix(prefix), attributes)

    def on_end(tag: str) -> None:
        if end is not None:
            end(tag.removeprefix(prefix))

    return on_start, on_end


def _refuse_doctype(*_: object) -> None:
    raise ScanError("doctype")


_ENCODINGS = {"utf-8", "utf8", "utf-16", "utf-16le", "utf-16be", "us-ascii", "ascii", "iso-8859-1"}


def _refuse_encoding(_: str, encoding: str | None, __: int) -> None:
    """Only what expat itself decodes: the standard asks for UTF-8 or UTF-16."""
    if encoding and encoding.casefold() not in _ENCODINGS:
        raise ScanError("damaged", encoding)


def _true(value: str | None) -> bool:
    return value in {"1", "true", "on"}


def _workbook(part: Part) -> tuple[Facts | None, list[tuple[str, str, str]]]:
    facts = Facts()
    sheets: list[tuple[str, str, str]] = []
    root: list[str] = []
    name = ""
    text: list[str] = []

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal name
        root.append(tag)
        if tag == "sheet":
            identity = next((v for k, v in attributes.items() if k.rpartition(":")[2] == "id"), "")
            sheets.append((attributes["name"], attributes.get("state", "visible"), identity))
        elif tag == "definedName" and "localSheetId" not in attributes:
            name = attributes["name"].casefold()
            text.clear()
        elif tag == "workbookProtection":
            facts.structure_locked = _true(attributes.get("lockStructure"))
        elif tag == "workbookPr":
            facts.epoch_1904 = _true(attributes.get("date1904"))
        elif tag == "externalReference":
            facts.external_links += 1

    def end(tag: str) -> None:
        nonlocal name
        if tag == "definedName" and name:
            facts.names[name] = "".join(text)
            name = ""

    _parse(part, start, end, lambda chunk: text.append(chunk) if name else None)
    return (facts if root[:1] == ["workbook"] else None), sheets


def _strings(part: Part) -> list[str]:
    """The shared strings, rich text joined, phonetic guides left out."""
    strings: list[str] = []
    text: list[str] = []
    in_text = phonetic = False

    def start(tag: str, _: dict[str, str]) -> None:
        nonlocal in_text, phonetic
        if tag == "si":
            text.clear()
        elif tag == "rPh":
            phonetic = True
        elif tag == "t":
            in_text = not phonetic

    def end(tag: str) -> None:
        nonlocal in_text, phonetic
        if tag == "t":
            in_text = False
        elif tag == "rPh":
            phonetic = False
        elif tag == "si":
            strings.append(_unescaped("".join(text)))

    _parse(part, start, end, lambda chunk: text.append(chunk) if in_text else None)
    return strings


def _unescaped(text: str) -> str:
    """The text with Excel's escapes resolved; what no text may hold comes out as the sign for that."""
    if "_x" not in text:
        return text
    resolved = _ESCAPE.sub(_character, text)
    return resolved.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _character(escape: re.Match[str]) -> str:
    character = chr(int(escape[1], 16))
    return character if character >= " " or character in "\t\n\r" else "\ufffd"


# Built-in formats of dates and times, those of the Chinese, Japanese and Korean editions included.
_DATE_FORMATS = {*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)}
_NOT_DATE_PARTS = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]|_.|\*.|general|e[+-]', re.IGNORECASE)


def _styles(part: Part, facts: Facts) -> None:
    """For each cell style, whether it locks the cell, which it does unless it says otherwise, and how it shows a number."""
    locked, dates, digits = facts.locked, facts.dates, facts.digits
    formats: dict[str, tuple[bool, int]] = {}
    inside = False

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal inside
        if tag == "cellXfs":
            inside = True
        elif inside and tag == "xf":
            number = attributes.get("numFmtId", "0")
            locked.append(True)
            is_date, fewest = formats.get(number) or (number.isdigit() and int(number) in _DATE_FORMATS, 0)
            dates.append(is_date)
            digits.append(fewest)
        elif inside and tag == "protection" and locked:
            locked[-1] = _true(attributes.get("locked", "1"))
        elif tag == "numFmt":
            code = attributes.get("formatCode", "")[:_LONGEST_FORMAT]
            formats[attributes.get("numFmtId", "")] = _is_date(code), _digits(code)

    def end(tag: str) -> None:
        if tag == "cellXfs":
            raise _EnoughError

    _parse(part, start, end)


_LONGEST_FORMAT = 255
_PADDED = re.compile(r"(?:\[\$-[^\]]*\])?(0{2,})(?:_.)?")  # 000, in a locale, with room behind it


def _digits(code: str) -> int:
    """How many digits a format asks for that shows nothing but digits: 3 for 000."""
    match = _PADDED.fullmatch(code.partition(";")[0])
    return len(match[1]) if match else 0


def _is_date(code: str) -> bool:
    code = _NOT_DATE_PARTS.sub("", code)
    return any(letter in "ymdhs年月日" for letter in code.casefold())


def _custom(part: Part) -> dict[str, str]:
    properties: dict[str, list[str]] = {}
    name = ""

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal name
        if tag == "property":
            name = attributes.get("name", "")
            properties[name] = []

    def text(chunk: str) -> None:
        if name:
            properties[name].append(chunk)

    _parse(part, start, None, text)
    return {key: "".join(value).strip() for key, value in properties.items()}


def _application(part: Part) -> str:
    """Which program saved the file."""
    found: list[str] = []
    inside = False

    def start(tag: str, _: dict[str, str]) -> None:
        nonlocal inside
        inside = tag == "Application"

    def end(tag: str) -> None:
        if tag == "Application":
            raise _EnoughError

    _parse(part, start, end, lambda chunk: found.append(chunk) if inside else None)
    return "".join(found)


def _comments(part: Part) -> dict[tuple[int, int], Comment]:
    """The comments of one sheet; a thread of answers is kept by Excel as one text besides, and that is read."""
    comments: dict[tuple[int, int], Comment] = {}
    authors: list[str] = []
    chunks: list[str] = []
    head: tuple[str, str] | None = None
    within = False

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal head, within
        if tag == "comment":
            head = attributes["ref"], attributes.get("authorId", "")
            chunks.clear()
        elif tag == "author":
            chunks.clear()
        within = tag in {"author", "t"}

    def end(tag: str) -> None:
        nonlocal within
        if tag == "author":
            authors.append("".join(chunks))
        elif tag == "comment" and head is not None:
            reference, number = head
            author = authors[int(number)] if number.isdecimal() and int(number) < len(authors) else ""
            comments[_place(reference)] = Comment(author, _unescaped("".join(chunks)))
        within = False

    _parse(part, start, end, lambda chunk: chunks.append(chunk) if within else None)
    return comments


_PLACES: dict[str, tuple[int, int]] = {}  # references met before: most workbooks use the same few thousand
_MOST_PLACES = 100_000


def _place(reference: str) -> tuple[int, int]:
    """Row and column of a reference such as D6; raises ``ValueError`` for what no sheet has."""
    match = _ADDRESS.fullmatch(reference)
    if match is None:
        raise ValueError(reference)
    place = _ordinal(match[2], ROWS), column_index(match[1])
    if place[1] >= COLUMNS:
        raise ValueError(reference)
    if len(_PLACES) < _MOST_PLACES:
        _PLACES[reference] = place
    return place


def _ordinal(text: str, most: int) -> int:
    """The number of a row or column, which files count from 1, counted from 0."""
    number = int(text) if text.isascii() and text.isdecimal() else 0
    if not 0 < number <= most:
        raise ValueError(text)
    return number - 1


def _range(text: str) -> str:
    """The text, if it is a reference or two of them."""
    first, colon, last = text.partition(":")
    for reference in (first, last) if colon else (first,):
        if reference not in _PLACES:
            _place(reference)
    return text


_MOST_RANGES = 20_000  # with a validation, on one sheet


class _AnyStyle(dict[str, int]):
    """Styles of a workbook that does not say which there are."""

    def __missing__(self, style: str) -> int:
        if not (style.isascii() and style.isdecimal()):
            raise ValueError(style)
        return int(style[:9])


@define
class _Tables:
    """What the cells of all sheets refer to: strings, styles, and formulas that are written once for many cells."""

    limits: Limits
    strings: list[str] = field(factory=list)
    styles: dict[str, int] = field(factory=_AnyStyle)
    cells: int = 0  # of the sheets so far
    formulas: dict[str, tuple[int, int, str]] = field(factory=dict)
    expanded: int = 0  # characters of formulas written out so far

    def use_styles(self, count: int) -> None:
        """Only the first *count* styles exist."""
        if count:
            self.styles = {str(number): number for number in range(count)}

    def formula(self, share: str, formula: str, row: int, column: int) -> str:
        """The text of a formula that is written once for many cells, as it reads in this one."""
        if share == _DATA_TABLE:
            return formula or f"{_DATA_TABLE}()"
        if formula:
            self.formulas[share] = row, column, formula
            return formula
        first_row, first_column, text = self.formulas[share]
        self.expanded += len(text)
        if self.expanded > _MOST_EXPANDED or len(text) > _LONGEST_FORMULA:
            raise ScanError("too-large", "formulas")
        return shifted(text, row - first_row, column - first_column)


_DATA_TABLE = "TABLE"  # as Excel shows a formula of this kind
_LONGEST_FORMULA = 1 << 15
_MOST_EXPANDED = 2_000_000


def _worksheet(part: Part, sheet: SheetFacts, tables: _Tables) -> SheetFacts:  # noqa: C901, PLR0915
    """The cells of one sheet and what guards them.

    This is the inner loop of all reading, called for each element of each sheet, so it is one function over local
    names: as methods of a class it took half as long again.
    """
    cells, places, strings, styles = sheet.cells, _PLACES, tables.strings, tables.styles
    tables.formulas.clear()
    row = column = -1
    seen, limit = 0, tables.limits.cells - tables.cells
    kind, style, share, phonetic, in_text = "", "0", "", False, False  # outside of a cell it has no kind
    value: str | None = None
    formula: str | None = None
    spoken: str | None = None  # a text that stands in the cell itself
    chunks: list[str] = []
    inline: list[str] = []

    def start(tag: str, attributes: dict[str, str]) -> None:  # noqa: C901, PLR0912
        nonlocal row, column, kind, style, value, formula, spoken, share, phonetic, in_text
        if tag == "c":
            if kind:
                raise ValueError("a cell in a cell")
            reference = attributes.get("r")
            if reference is None:
                column += 1
                if row < 0:
                    raise ValueError("a cell outside all rows")
            else:
                row, column = places.get(reference) or _place(reference)
            kind, style = attributes.get("t") or "n", attributes.get("s", "0")
            value = formula = spoken = None
            share = ""
        elif tag in {"v", "f", "t"}:
            if in_text:
                raise ValueError("an element in a text")
            in_text = True
            chunks.clear()
            if tag == "f" and "t" in attributes:
                share = _share(attributes)
        elif tag == "row":
            row = _ordinal(attributes["r"], ROWS) if "r" in attributes else row + 1
            column = -1
            if kind:
                raise ValueError("a row in a cell")
            if "hidden" in attributes and _true(attributes["hidden"]):
                sheet.hidden_rows.add(row)
        elif tag == "is":
            inline.clear()
        elif tag == "rPh":
            phonetic = True
        elif tag == "mergeCell":
            sheet.merges.append(_range(attributes["ref"]))
        elif tag == "dataValidation":
            sheet.validations += attributes.get("sqref", "").split()
            if len(sheet.validations) > _MOST_RANGES:
                raise ScanError("too-large", "validations")
        elif tag == "sheetProtection":
            sheet.is_protected = _true(attributes.get("sheet"))
        elif tag == "col" and _true(attributes.get("hidden")):
            first, last = (_ordinal(attributes[name], COLUMNS) for name in ("min", "max"))
            sheet.hidden_columns.append((first, last))

    def end(tag: str) -> None:  # noqa: C901, PLR0912
        nonlocal kind, value, formula, spoken, phonetic, in_text, seen
        if tag == "c":
            if kind == "n":
                value = value or None  # some programs write an empty one for a formula they did not calculate
            elif kind == "inlineStr" and spoken is not None:
                value = spoken
            if value is not None or formula:
                if kind == "s" and value is not None:
                    index = int(value)
                    if index < 0:
                        raise ValueError(value)
                    value = strings[index]
                elif kind in {"str", "inlineStr"}:
                    value = _unescaped(value) if value is not None else None
                    kind = "s"
                seen += 1
                if seen > limit:
                    raise beyond("cells", tables.limits)
                cells[row, column] = Fact(kind, value, formula or None, styles[style])
            elif (row, column) in cells:
                raise ValueError("a cell occurs twice, once empty")
            kind = ""
        elif tag == "v":
            if value is not None and kind:
                raise ValueError("two values in a cell")
            value = "".join(chunks)
            in_text = False
        elif tag == "f":
            if formula is not None and kind:
                raise ValueError("two formulas in a cell")
            formula = "".join(chunks)
            in_text = False
            if share:
                formula = tables.formula(share, formula, row, column)
        elif tag == "t":
            in_text = False
            if not phonetic:
                inline.append("".join(chunks))
        elif tag == "is":
            if spoken is not None and kind:
                raise ValueError("two texts in a cell")
            spoken = "".join(inline)
        elif tag == "rPh":
            phonetic = False

    _parse(part, start, end, chunks.append)
    if seen != len(cells):
        raise ScanError("damaged", "a cell occurs twice")
    tables.cells += seen
    return sheet


def _share(attributes: dict[str, str]) -> str:
    """The number under which a formula is shared; arrays are not, and a table of data has no text of its own."""
    kind = attributes["t"]
    return attributes["si"] if kind == "shared" else _DATA_TABLE if kind == "dataTable" else ""
