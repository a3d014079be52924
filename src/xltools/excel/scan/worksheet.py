"""One worksheet into facts: the inner loop of all reading."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from xltools.excel.formula import SharedFormula
from xltools.excel.scan.facts import Fact, SheetFacts
from xltools.form.address import COLUMNS, ROWS, column_index
from xltools.office.guard import Limits, Part, ScanError, beyond
from xltools.office.parsing import parse, true, unescaped

_ADDRESS = re.compile(r"([A-Za-z]{1,3})([0-9]{1,7})")
_PLACES: dict[str, tuple[int, int]] = {}  # references met before: most workbooks use the same few thousand
_MOST_PLACES = 100_000


def place_of(reference: str) -> tuple[int, int]:
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
            place_of(reference)
    return text


MOST_RANGES = 20_000  # with a validation, on one sheet


class _AnyStyle(dict[str, int]):
    """Styles of a workbook that does not say which there are."""

    def __missing__(self, style: str) -> int:
        if not (style.isascii() and style.isdecimal()):
            raise ValueError(style)
        return int(style[:9])


@dataclass(slots=True)
class Tables:
    """What the cells of all sheets refer to: strings, styles, and formulas that are written once for many cells."""

    limits: Limits
    strings: list[str] = field(default_factory=list)
    style_count: int = 0  # 0 when the workbook does not say
    cells: int = 0  # of the sheets so far
    formulas: dict[str, SharedFormula] = field(default_factory=dict)
    expanded: int = 0  # characters of formulas written out so far

    def styles(self) -> dict[str, int]:
        """The styles that there are by their numbers as written."""
        return {str(number): number for number in range(self.style_count)} or _AnyStyle()

    def formula(self, share: str, formula: str, row: int, column: int) -> str:
        """Return the text that a formula shared by many cells has in this one."""
        if share == _DATA_TABLE:
            return formula or f"{_DATA_TABLE}()"
        if formula:
            self.formulas[share] = SharedFormula(formula, row, column)
            return formula
        shared = self.formulas[share]
        self.expanded += len(shared.text)
        if self.expanded > _MOST_EXPANDED or len(shared.text) > _LONGEST_FORMULA:
            raise ScanError("too-large", "formulas")
        return shared.at(row, column)


_DATA_TABLE = "TABLE"  # as Excel shows a formula of this kind
_LONGEST_FORMULA = 1 << 15
_MOST_EXPANDED = 2_000_000


def worksheet(part: Part, sheet: SheetFacts, tables: Tables) -> SheetFacts:  # noqa: C901, PLR0915
    """The cells of one sheet and what guards them.

    This is the inner loop of all reading, called for each element of each sheet, so it is one function over local
    names: as methods of a class it took half as long again.
    """
    cells, places, strings, styles = sheet.cells, _PLACES, tables.strings, tables.styles()
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
                row, column = places.get(reference) or place_of(reference)
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
            if "hidden" in attributes and true(attributes["hidden"]):
                sheet.hidden_rows.add(row)
        elif tag == "is":
            inline.clear()
        elif tag == "rPh":
            phonetic = True
        elif tag == "mergeCell":
            sheet.merges.append(_range(attributes["ref"]))
        elif tag == "dataValidation":
            sheet.validations += attributes.get("sqref", "").split()
            if len(sheet.validations) > MOST_RANGES:
                raise ScanError("too-large", "validations")
        elif tag == "sheetProtection":
            sheet.is_protected = true(attributes.get("sheet"))
        elif tag == "col" and true(attributes.get("hidden")):
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
                    value = unescaped(value) if value is not None else None
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

    parse(part, start, end, chunks.append)
    if seen != len(cells):
        raise ScanError("damaged", "a cell occurs twice")
    tables.cells += seen
    return sheet


def _share(attributes: dict[str, str]) -> str:
    """The number under which a formula is shared; arrays are not, and a table of data has no text of its own."""
    kind = attributes["t"]
    return attributes["si"] if kind == "shared" else _DATA_TABLE if kind == "dataTable" else ""
