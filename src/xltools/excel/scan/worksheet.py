"""Reads one worksheet into facts."""

from __future__ import annotations

from dataclasses import dataclass, field

from xltools.excel.formula import SharedFormula
from xltools.excel.scan.conditional import ConditionalFormats
from xltools.excel.scan.facts import Bounds, Fact, SheetFacts
from xltools.excel.scan.styles import sets_apart, strikes_out
from xltools.form.address import COLUMNS, ROWS, column_name, parsed, parsed_range
from xltools.office.guard import Budget, XmlPart, beyond, damaged
from xltools.office.parsing import is_alternative, parse, true, unescaped
from xltools.office.runs import Run, joined_runs
from xltools.white_space import trimmed


def _index(text: str, most: int) -> int:
    """Return the number of a row or column in a file, which counts from 1, counted from 0."""
    number = int(text) if text.isascii() and text.isdecimal() else 0
    if not 0 < number <= most:
        raise ValueError(text)
    return number - 1


def _range(text: str) -> str:
    """Return an address or a range; whole columns (A:B) and whole rows as the range of all their cells.

    Raises ``ValueError`` for any other text.
    """
    first, colon, last = text.partition(":")
    if colon and first.isalpha() and last.isalpha():
        first, last = f"{first}1", f"{last}{ROWS}"
    elif colon and first.isdecimal() and last.isdecimal():
        first, last = f"A{first}", f"{column_name(COLUMNS - 1)}{last}"
    parsed(first)
    if colon:
        parsed(last)
    return first + colon + last


def _bounds(text: str) -> Bounds:
    """Return first row, first column, last row and last column of what :func:`_range` returns, and raise what it does."""
    bounds = parsed_range(_range(text))
    if bounds is None:
        raise ValueError(text)
    return bounds


def _style_number(text: str) -> int:
    """Return the number of a style; raises ``ValueError`` for any other text.

    One beyond the last style is valid, because spreadsheet programs show such a cell without a style.
    """
    number = text.strip(" \t\r\n")
    if number and not (number.isascii() and number.isdecimal()):
        raise ValueError(text)
    return int(number[:9] or 0)


def cell_fact(
    kind: str, value: str | None, formula: str | None, style: str
) -> tuple[Fact | None, int | None]:
    """Return the fact of a cell with type *kind*, ``None`` if it is empty, and the number of the string that is its text.

    The number is ``None`` for a cell that has its text itself; see :meth:`Tables.with_string`. Raises ``ValueError`` for
    what is none.
    """
    if value is not None and kind not in _TEXTS and not value.isdecimal():
        value = trimmed(value)
    if kind in {"n", "s"}:
        value = value or None  # some programs write an empty value for an empty cell or a formula
    if value is None and not formula:
        return None, None
    number = None
    if kind == "s" and value is not None:
        number = int(value)
        if number < 0:
            raise ValueError(value)
    elif kind in {"str", "inlineStr"}:
        kind, value = "s", unescaped(value) if value is not None else None
    return Fact(kind, value, formula or None, _style_number(style)), number


@dataclass(slots=True)
class Tables:
    """The strings and shared formulas to which cells refer, and the budget that they spend."""

    budget: Budget = field(default_factory=Budget)
    strings: list[str] = field(default_factory=list)
    formulas: dict[str, SharedFormula] = field(default_factory=dict)  # shared ones of the current sheet

    def with_string(self, fact: Fact, number: int) -> Fact:
        """Return *fact* with the string of that number; raises ``LookupError`` for one that the workbook does not have."""
        return Fact("s", self.strings[number], fact.formula, fact.style)

    def shared(self, share: str, formula: str, row: int, column: int) -> str:
        """Return the text of a shared formula for the cell at *row* and *column*.

        The first cell of a group has the text; in the others *formula* is empty.
        """
        if formula:
            self.formulas[share] = SharedFormula(formula, row, column)
            return formula
        shared = self.formulas[share]
        self.budget.spend("formulas", len(shared.text))
        return shared.at(row, column)


_TEXTS = {"s", "str", "inlineStr"}


def worksheet(part: XmlPart, sheet: SheetFacts, tables: Tables) -> SheetFacts:  # noqa: C901, PLR0915
    """Read a worksheet into *sheet* and return it: its cells, and what protects or hides them.

    The handlers run for each element of each sheet; as closures over local names they take a third less time than as
    methods.
    """
    cells = sheet.cells
    tables.formulas.clear()
    row = column = -1
    seen = seen_before = 0  # cells, and those in front of the last element with alternatives; -1 in a cell
    limit = tables.budget.left("cells")
    most_ranges = tables.budget.limits.ranges
    kind, style, phonetic, in_text = "", "0", False, False  # kind is "" outside of cells
    shared: dict[str, str] = {}  # the attributes of a formula that holds for other cells too
    value: str | None = None
    formula: str | None = None
    inline_text: str | None = None
    chunks: list[str] = []
    inline: list[Run] = []
    is_apart = is_struck = False
    corner = ""  # the first cell of a view that can be reached

    conditional = ConditionalFormats(sheet.conditional, tables.budget.limits)

    def start(tag: str, attributes: dict[str, str]) -> None:  # noqa: C901, PLR0912, PLR0915
        nonlocal row, column, kind, style, value, formula, inline_text, shared, phonetic, in_text
        nonlocal is_apart, is_struck, seen_before, corner
        if tag == "c":
            if kind:
                raise ValueError("a cell in a cell")
            reference = attributes.get("r")
            if reference is None:
                column += 1
                if row < 0:
                    raise ValueError("a cell outside all rows")
            else:
                row, column = parsed(reference)
            kind, style = attributes.get("t") or "n", attributes.get("s", "0")
            value = formula = inline_text = None
            shared = {}
        elif tag in {"v", "f", "t"}:
            if in_text:
                raise ValueError("an element in a text")
            in_text = True
            chunks.clear()
            if tag == "f" and "t" in attributes:
                shared = attributes
        elif tag == "row":
            row = _index(attributes["r"], ROWS) if "r" in attributes else row + 1
            column = -1
            if kind:
                raise ValueError("a row in a cell")
            if _is_hidden_row(attributes, sheet):
                sheet.hidden_rows.add(row)
        elif tag == "is":
            inline.clear()
        elif tag == "rPh":
            phonetic = True
        elif kind and sets_apart(tag, attributes):
            is_apart, is_struck = True, is_struck or strikes_out(tag, attributes)
        elif tag == "mergeCell":
            sheet.merges.append(_bounds(attributes["ref"]))
            if len(sheet.merges) > most_ranges:
                raise beyond("ranges", tables.budget.limits)
        elif tag == "dataValidation":
            sheet.validations += attributes.get("sqref", "").split()
            if len(sheet.validations) > most_ranges:
                raise beyond("ranges", tables.budget.limits)
        elif tag == "sheetProtection":
            sheet.is_protected = true(attributes.get("sheet"))
        elif tag == "sheetView":
            corner = attributes.get("topLeftCell", "")
        elif tag == "pane" and corner and attributes.get("state", "").startswith("frozen"):
            above, left = parsed(corner)
            rows, columns = (attributes.get(name, "").strip("0.") != "" for name in ("ySplit", "xSplit"))
            sheet.beyond_reach = above * rows, left * columns  # where panes are not split, people can scroll
        elif tag == "sheetFormatPr":
            sheet.hides_rows = true(attributes.get("zeroHeight")) or _is_below(
                attributes.get("defaultRowHeight"), _LOWEST_ROW
            )
            sheet.hides_columns = _is_below(attributes.get("defaultColWidth"), _NARROWEST_COLUMN)
        elif tag == "col" and (
            true(attributes.get("hidden")) or _is_below(attributes.get("width"), _NARROWEST_COLUMN)
        ):
            first, last = (_index(attributes[name], COLUMNS) for name in ("min", "max"))
            sheet.hidden_columns.append((first, last))
        elif tag == "col" and sheet.hides_columns and "width" in attributes:
            first, last = (_index(attributes[name], COLUMNS) for name in ("min", "max"))
            sheet.shown_columns.append((first, last))
        elif is_alternative(tag):
            seen_before = -1 if kind else seen
        else:
            conditional.start(tag, attributes, chunks)

    def end(tag: str) -> None:  # noqa: C901, PLR0912
        nonlocal kind, value, formula, inline_text, phonetic, in_text, seen, is_apart, is_struck
        if tag == "c":
            if kind == "inlineStr" and inline_text is not None:
                value = inline_text
            fact, number = cell_fact(kind, value, formula, style)
            if fact is not None:
                if number is not None:
                    fact = tables.with_string(fact, number)
                seen += 1
                if seen > limit:
                    tables.budget.spend("cells", seen)
                cells[row, column] = fact
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
            if shared:
                formula = _shared_formula(shared, formula, row, column, sheet, tables)
        elif tag == "t":
            in_text = False
            if not phonetic:
                inline.append(Run("".join(chunks), is_apart, is_struck=is_struck))
        elif tag == "r":
            is_apart = is_struck = False
        elif tag == "is":
            if inline_text is not None and kind:
                raise ValueError("two texts in a cell")
            inline_text = joined_runs(inline)
        elif tag == "rPh":
            phonetic = False
        elif is_alternative(tag) and seen != seen_before:
            raise ValueError("cells with alternatives")
        else:
            conditional.end(tag, chunks)

    parse(part, start, end, chunks.append)
    if seen != len(cells):
        raise damaged("a cell occurs twice")
    tables.budget.spend("cells", seen)
    return sheet


_LOWEST_ROW, _NARROWEST_COLUMN = 3.0, 0.5  # points, and characters; nobody can read what is smaller


def _is_hidden_row(attributes: dict[str, str], sheet: SheetFacts) -> bool:
    """Return whether a row is hidden or too low to be seen."""
    if true(attributes.get("hidden")):
        return True
    return _is_below(attributes["ht"], _LOWEST_ROW) if "ht" in attributes else sheet.hides_rows


def _is_below(size: str | None, least: float) -> bool:
    """Return whether a height or width in a file is less than *least*; other texts are not."""
    try:
        return size is not None and float(size) < least
    except ValueError:
        return False


def _shared_formula(
    attributes: dict[str, str], formula: str, row: int, column: int, sheet: SheetFacts, tables: Tables
) -> str:
    """Return the text of a formula that holds for other cells too, and record the range of an array."""
    if attributes["t"] == "shared":
        return tables.shared(attributes["si"], formula, row, column)
    if attributes["t"] == "dataTable":  # Excel shows {=TABLE(…)} in its cells
        formula = formula or "TABLE()"
    if attributes["t"] in {"array", "dataTable"} and "ref" in attributes:
        sheet.arrays[_range(attributes["ref"])] = formula
        if len(sheet.arrays) > tables.budget.limits.ranges:
            raise beyond("ranges", tables.budget.limits)
    return formula
