"""Reads a workbook with openpyxl: figures by name and by label, and the values of formulas."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from fractions import Fraction
from functools import cached_property
from itertools import islice
from typing import Any, BinaryIO, NamedTuple

import openpyxl
from openpyxl.cell import MergedCell
from openpyxl.utils.cell import range_boundaries

from xltools.witness.form import WEIGHED, FieldFigure, FormFigures
from xltools.witness.labels import GridPlace, LabelGrid, found_in, plain
from xltools.witness.lists import Over, figure_value, value_over
from xltools.witness.value import NOTHING, Unknown, Value, rounded, value_of

_CELL = r"\$?[A-Z]{1,3}\$?[0-9]{1,7}"
_ONE = rf"(?:(?:'(?:[^']|'')+'|[^\W0-9]\w*)!)?{_CELL}"
_REFERENCE = rf"{_ONE}(?::{_CELL})?"
_NUMBER = r"[0-9]+(?:\.[0-9]+)?(?:E-?[0-9]+)?"
_COLUMN = r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*"  # the defined name of the column of a list
_OVER = (
    rf"SUM\({_COLUMN}\)|(?:COUNTIFS|SUMIFS)\((?:{_COLUMN}|\"(?:[^\"]|\"\")*\"|,)*\)"
    rf"|SUMPRODUCT\(--\((?:\+?LEN\(TRIM\({_COLUMN}\)\))+>0\)\)"
    rf"|SUMPRODUCT\(--(?:\(\(|EXACT\()(?:{_COLUMN}|\"(?:[^\"]|\"\")*\"|LEN|LEFT|FIND|EXACT|[-()=+,&0-9>])*\)"
)
_TERM = re.compile(
    rf"\s*(?P<sign>[+-]?)\s*(?:(?P<factor>{_NUMBER})\*)?(?:SUM\((?P<sum>{_REFERENCE}(?:,{_REFERENCE})*)\)"
    rf"|N\((?P<chosen>{_ONE})=\"(?P<text>(?:[^\"]|\"\")*)\"\)|(?P<over>{_OVER})|(?P<cell>{_ONE})|(?P<number>{_NUMBER}))\s*"
)


# The ratio of two sums: what is compared with 0, what is above and below, and the decimal places.
_QUOTIENT = re.compile(
    r'=IF\((?P<zero>.+?)=0,"",ROUND\((?:(?P<scale>100|1000)\*)?(?P<top>[^/]+)/(?P<bottom>[^/]+),(?P<places>[0-9])\)\)'
)
_PRODUCT = re.compile(rf"([+-]?)(?:({_NUMBER})\*)?({_CELL})\*({_CELL})")
# What is derived in the line of a list, and the product of two of its cells, in some of which an option with its code is chosen.
IN_LINE = re.compile(r'=IF\(COUNTA\([A-Z0-9:,]+\)=0,"",(.*)\)')
_FACTOR = rf'(?:{_CELL}|VALUE\(LEFT\({_CELL},FIND\(" ",{_CELL}&" "\)-1\)\))'
_TIMES = re.compile(
    rf'(?:IF\(COUNT\([A-Z0-9,]+\)<[12],"",)?(?:IFERROR\()?ROUND\(({_FACTOR})\*({_FACTOR}),([0-9])\)[,")]*'
)
_RANGE = rf"(?:'((?:[^']|'')+)'|([^\W0-9]\w*))!({_CELL}(?::{_CELL})?)"  # of one line, a cell
_ROWS = "各单位数据"
_DEEPEST = 50  # formulas that refer to one another
_MOST_CELLS = 20_000  # in one SUM: a row for each file of a large roll-up

CellPlace = tuple[str, GridPlace]  # a sheet, and a row and column counted from 1


class Chosen(NamedTuple):
    """A term that is 1 if a cell holds this text, and otherwise 0."""

    cell: CellPlace
    text: str


class LabelledWorkbook:
    """A workbook whose cells are found by name and by label."""

    def __init__(self, file: BinaryIO, *, results: bool = False) -> None:
        """Open *file*, with the stored results of formulas in place of formulas if *results* is true.

        openpyxl raises exceptions of many classes for a damaged workbook.
        """
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about extensions that openpyxl ignores
            self.book = openpyxl.load_workbook(file, data_only=results, keep_links=False)
        self._sheets = {page.title for page in self.book.worksheets}  # without sheets that are charts

    def cell(self, sheet: str, place: GridPlace) -> Any:
        """Return the cell as an object of openpyxl."""
        return self.book[sheet].cell(*place)

    def content(self, sheet: str, place: GridPlace) -> Any:
        """Return the content of a cell; openpyxl puts the target of a link into a cell that shows nothing."""
        cell = self.cell(sheet, place)
        link = getattr(cell, "hyperlink", None)
        return None if link and cell.value in {link.location, link.target} else cell.value

    def address(self, sheet: str, place: GridPlace) -> str:
        """Return the address of a cell, such as D6."""
        return str(self.cell(sheet, place).coordinate)

    def is_formula(self, sheet: str, place: GridPlace) -> bool:
        """Return whether the cell has a formula; a text may begin with ``=`` too."""
        return bool(self.cell(sheet, place).data_type == "f")

    def value(self, sheet: str, place: GridPlace, above: tuple[CellPlace, ...] = ()) -> Value:
        """Return the value of a cell. A formula is evaluated from its cells; *above* has the cells being evaluated."""
        if isinstance(self.cell(sheet, place), MergedCell):
            return Unknown("merged")  # openpyxl drops what is behind a merged area
        content = self.content(sheet, place)
        if not self.is_formula(sheet, place):
            return value_of(content)
        # Formulas of the program are at most three deep; a longer chain is left undecided, as a circle is.
        if not isinstance(content, str) or len(above) >= _DEEPEST or (sheet, place) in above:
            return Unknown("formula")  # also an array formula or a data table, which are objects
        above = (*above, (sheet, place))
        if quotient := quotient_of(content):
            sides = [self._sum(side, sheet, above) for side in (quotient.top, quotient.bottom)]
            unknown = next((side for side in sides if isinstance(side, Unknown)), None)
            return unknown or _divided(quotient, *sides)
        return self._sum(content, sheet, above)

    def top(self, sheet: str, place: GridPlace) -> Value:
        """Return the value of what a ratio in a cell divides; unknown if the cell has none."""
        content = self.content(sheet, place)
        quotient = quotient_of(content) if isinstance(content, str) else None
        return self._sum(quotient.top, sheet, ((sheet, place),)) if quotient else Unknown("formula")

    def _sum(self, formula: str, sheet: str, above: tuple[CellPlace, ...]) -> Value:
        terms = products_of(formula, sheet)
        if terms is None:
            return Unknown("formula")
        total = NOTHING
        for sign, factors in terms:
            product = sign
            for factor in factors:
                value = factor if isinstance(factor, Fraction) else self._term(factor, above)
                if isinstance(value, Unknown):
                    return value
                product *= value or NOTHING
            total += product
        return total

    @property
    def is_rollup(self) -> bool:
        """Whether the workbook has the rows of agencies."""
        return _ROWS in self._sheets

    @property
    def flags(self) -> frozenset[str]:
        """The flags of the agency, which stand on the cover."""
        place = self.named.get("xltools.flags")
        text = str(self.content(*place) or "") if place else ""
        return frozenset(text.split("、")) - {"", "—"}

    def has_figure(self, form: FormFigures, name: str) -> bool:
        """Return whether the workbook has the sheet or the list of a figure."""
        if name in form.lists:
            return self.ranges.keys() >= set(form.lists[name].columns)
        return (form.figures | form.fields)[name].sheet in self._sheets

    def field_place(self, figure: FieldFigure) -> CellPlace | Unknown:
        """Return the cell of a field: the one with its name, or the one right of its label."""
        is_mark = (
            len(figure.known) == 1
        )  # each of several choices has a cell, and the first of them has the name
        if figure.field in self.named and not is_mark:
            return self.named[figure.field]
        page = self.book[figure.sheet] if figure.sheet in self._sheets else None
        cells = (cell for row in page.iter_rows() for cell in row) if page else ()
        beside = [
            cell for cell in cells if isinstance(cell.value, str) and plain(cell.value) == plain(figure.label)
        ]
        if page is None or len(beside) != 1:
            return Unknown("not-found")
        (label,) = beside
        merged = (area for area in page.merged_cells.ranges if label.coordinate in area)
        last = next((area.max_col for area in merged), label.column)
        place = label.row, last + 1
        if self.content(figure.sheet, place) is None and not is_mark:
            return Unknown("not-found")  # it may be the cell below
        return figure.sheet, place

    def field_value(self, figure: FieldFigure) -> Value:
        """Return the number in a field, or 1 for the option that it has; what the program would not write is not decided."""
        if self.is_rollup:
            return self._sum_of_rows(figure.name)
        place = self.field_place(figure)
        if isinstance(place, Unknown) or not figure.known:
            return place if isinstance(place, Unknown) else self.value(*place)
        content = self.content(*place)
        if content is None or (isinstance(content, str) and not content.strip()):
            is_mark = len(figure.known) == 1  # of several choices, a blank cell marks none
            return Fraction(0) if is_mark else None
        text = content.strip() if isinstance(content, str) else ""
        return Fraction(text in figure.own) if text in figure.known else Unknown("text")

    def _sum_of_rows(self, name: str) -> Value:
        """Return the sum of the column with this name in a roll-up, which has no other cell for the count of an option."""
        page = self.book[_ROWS]
        heads = [cell for row in page.iter_rows() for cell in row if cell.value == name]
        if len(heads) != 1:
            return Unknown("not-found")
        below = (page.cell(row, heads[0].column).value for row in range(heads[0].row + 1, page.max_row + 1))
        figures = [value for content in below if isinstance(value := value_of(content), Fraction)]
        return sum(figures, NOTHING) if figures else None

    @cached_property
    def ranges(self) -> dict[str, list[Any]]:
        """The contents of the cells that have one defined name; of a sum or a product in a line, what it gives."""
        return {
            name: [self._in_line(*place) for place in places] for name, places in self.range_places.items()
        }

    def _in_line(self, sheet: str, place: GridPlace) -> Any:
        content = self.content(sheet, place)
        found = IN_LINE.fullmatch(content) if isinstance(content, str) else None
        if found is None:
            return content
        if product := _TIMES.fullmatch(found[1]):
            one, other = (self._factor(text, sheet) for text in (product[1], product[2]))
            if isinstance(one, Fraction) and isinstance(other, Fraction):
                return rounded(one * other, int(product[3]))
            return content if isinstance(one, Unknown) or isinstance(other, Unknown) else None
        total = self._sum("=" + re.sub(rf"N\(({_CELL})\)", r"\1", found[1]), sheet, ((sheet, place),))
        return content if isinstance(total, Unknown) else total

    def _factor(self, text: str, sheet: str) -> Value:
        ((_, cell),) = {*_cells(text.partition(",")[0], sheet)}
        if not text.startswith("VALUE"):
            return self.value(sheet, cell)
        code = str(self.content(sheet, cell) or "").partition(" ")[0]
        return Fraction(int(code)) if code.isdecimal() else None

    @cached_property
    def range_places(self) -> dict[str, list[CellPlace]]:
        """The cells below each other that have one defined name, as the columns of lists have."""
        found = {}
        for name, defined in self.book.defined_names.items():
            match = re.fullmatch(_RANGE, defined.attr_text or "")
            if match and (sheet := (match[1] or match[2]).replace("''", "'")) in self._sheets:
                left, top, right, bottom = range_boundaries(match[3].replace("$", ""))
                rows = range(top, min(bottom, self.book[sheet].max_row) + 1)
                if left == right:
                    found[name] = [(sheet, (row, left)) for row in rows]
        return found

    def _term(self, cell: CellPlace | Chosen | Over, above: tuple[CellPlace, ...]) -> Value:
        if isinstance(cell, Over):
            return value_over(cell.text, self.ranges)
        if isinstance(cell, Chosen):
            is_there = cell.cell[0] in self._sheets
            return Fraction(self.content(*cell.cell) == cell.text) if is_there else Unknown("formula")
        return self.value(*cell, above) if cell[0] in self._sheets else Unknown("formula")

    def places(self, form: FormFigures) -> dict[str, CellPlace | Unknown]:
        """Return the cell of each figure; unknown if its name and labels disagree or are missing."""
        return {name: _agreed(self.named.get(name), self.labelled(form, name)) for name in form.figures}

    @cached_property
    def named(self) -> dict[str, CellPlace]:
        """The cells with a defined name, by name."""
        found = {}
        for name, defined in self.book.defined_names.items():
            places = list(_single(defined.attr_text or ""))
            if len(places) == 1 and places[0][0] in self._sheets:
                found[name] = places[0]
        return found

    def labelled(self, form: FormFigures, name: str) -> list[CellPlace]:
        """Return the cells with the labels of a figure, on its own sheet or else on any other."""
        own = (form.figures | form.void)[name].sheet
        if own in self._by_labels(form) and (places := self._by_labels(form)[own][name]):
            return [(own, place) for place in places]
        return [(sheet, place) for sheet, found in self._by_labels(form).items() for place in found[name]]

    def _by_labels(self, form: FormFigures) -> dict[str, dict[str, list[GridPlace]]]:
        if self._labels is None:
            self._labels = {
                page.title: found_in(_grid(page), (form.figures | form.void).values())
                for page in self.book.worksheets
            }
        return self._labels

    _labels: dict[str, dict[str, list[GridPlace]]] | None = None


def _agreed(named: CellPlace | None, labelled: list[CellPlace]) -> CellPlace | Unknown:
    if named is not None:
        return named if not labelled or named in labelled else Unknown("places")
    if len(labelled) == 1:
        return labelled[0]
    return Unknown("places" if labelled else "not-found")


def _single(text: str) -> Iterator[CellPlace]:
    """Yield the cell that a defined name refers to, unless it refers to anything but one cell."""
    sheet, mark, address = text.rpartition("!")
    try:
        left, top, right, bottom = range_boundaries(address)
    except (ValueError, TypeError):
        return
    if mark and None not in {left, top} and (left, top) == (right, bottom):
        yield _unquoted(sheet), (top, left)


def _unquoted(sheet: str) -> str:
    return sheet[1:-1].replace("''", "'") if sheet.startswith("'") else sheet


def _grid(page: Any) -> LabelGrid:
    texts = {
        (cell.row, cell.column): cell.value
        for row in page.iter_rows()
        for cell in row
        if isinstance(cell.value, str) and cell.data_type != "f"
    }
    anchors = {}
    for area in page.merged_cells.ranges:
        anchor = area.min_row, area.min_col
        for row, column in area.cells:
            anchors[row, column] = anchor
            if anchor in texts:
                texts[row, column] = texts[anchor]
    return LabelGrid(texts, anchors)


def terms_of(formula: str, sheet: str) -> list[tuple[Fraction, Fraction | CellPlace | Chosen | Over]] | None:
    """Return the numbers and cells that a formula on *sheet* adds, with the number before each; ``None`` for any other formula."""
    found: list[tuple[Fraction, Fraction | CellPlace | Chosen | Over]] = []
    position = 1
    while position < len(formula):
        term = _TERM.match(formula, position)
        if term is None or not (term["sign"] or position == 1):
            return None
        sign = Fraction(f"{term['sign']}{term['factor'] or 1}")
        if term["number"]:
            found.append((sign, Fraction(term["number"])))
        elif term["over"]:
            found.append((sign, Over(term["over"])))
        elif term["chosen"]:
            (cell,) = _cells(term["chosen"], sheet)
            found.append((sign, Chosen(cell, term["text"].replace('""', '"'))))
        else:
            cells = list(islice(_cells(term["sum"] or term["cell"], sheet), _MOST_CELLS + 1))
            if len(cells) > _MOST_CELLS:
                return None
            found += [(sign, cell) for cell in cells]
        position = term.end()
    return found


class DividedCell(NamedTuple):
    """The formula of a ratio: two formulas for sums, by what it is multiplied, and the decimal places."""

    top: str
    bottom: str
    scale: int
    places: int


def quotient_of(formula: str) -> DividedCell | None:
    """Return the parts of the formula of a ratio, which is empty where the bottom is 0; ``None`` for any other one."""
    found = _QUOTIENT.fullmatch(formula)
    if found is None or found["zero"] not in {found["bottom"], f"ROUND({found['bottom'][1:-1]},6)"}:
        return None
    top, bottom = (
        f"={side[1:-1] if side.startswith('(') else side}" for side in (found["top"], found["bottom"])
    )
    return DividedCell(top, bottom, int(found["scale"] or 1), int(found["places"]))


def _divided(quotient: DividedCell, top: Value, bottom: Value) -> Value:
    if isinstance(top, Unknown) or isinstance(bottom, Unknown) or not bottom:
        return None
    return rounded((top or NOTHING) * quotient.scale / bottom, quotient.places)


def products_of(
    formula: str, sheet: str
) -> list[tuple[Fraction, tuple[Fraction | CellPlace | Chosen | Over, ...]]] | None:
    """Return the signed terms of a formula, each a number, a cell or the product of two; ``None`` for any other formula."""
    products = list(_PRODUCT.finditer(formula))
    if "".join(found[0] for found in products) == formula[1:]:
        return [
            (Fraction(f"{p[1]}{p[2] or 1}"), (*_cells(p[3], sheet), *_cells(p[4], sheet))) for p in products
        ]
    terms = terms_of(formula, sheet)
    return None if terms is None else [(sign, (term,)) for sign, term in terms]


def _cells(references: str, sheet: str) -> Iterator[CellPlace]:
    for reference in re.finditer(_REFERENCE, references):
        other, _, address = reference[0].rpartition("!")
        left, top, right, bottom = range_boundaries(address)
        for row in range(top, bottom + 1):
            yield from ((_unquoted(other) or sheet, (row, column)) for column in range(left, right + 1))


def figure_values(book: LabelledWorkbook, form: FormFigures) -> dict[str, Value]:
    """Return the value of each figure of the form that is not the sum of others."""
    places = book.places(form)
    values = {name: book.field_value(figure) for name, figure in form.fields.items()}
    values |= {name: figure_value(figure, book.ranges) for name, figure in form.lists.items()}
    marked = {form.fields[name].field for name, value in values.items() if value and name in form.fields}
    for name, figure in form.fields.items():  # of several choices no mark at all is a blank
        if len(figure.known) == 1 and values[name] == 0 and figure.field not in marked:
            values[name] = None
    values |= {
        name: place if isinstance(place := places[name], Unknown) else book.value(*place)
        for name in form.inputs
        if name not in form.fields and name not in form.lists
    }
    for name in form.elsewhere(book.flags) if not book.is_rollup else ():
        if name in values and (values[name] == 0 or not book.has_figure(form, name)):
            values[name] = None
    for name in form.means:  # in a roll-up the products are added
        place = places[name]
        if not isinstance(place, Unknown) and book.is_formula(*place):
            values[name + WEIGHED] = book.top(*place)
    return form.with_products(values)
