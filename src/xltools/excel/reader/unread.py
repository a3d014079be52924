"""Finds the figures that stand under labels of the form and would not be read.

A figure with the two labels of a cell of the form, at another place than that cell, is in a copy: of the table, on any
sheet, or of one of its rows or columns. If it is on the sheet of the table, or differs from the figure there, it is
unknown which of the two counts, and the table is not read. Any other figure inside a table, or in a row directly above or
below it or a column directly beside it, was added to the form: it is reported and does not count. Numbers of rows (1, 2, 3)
in front of a table and of columns above it are no figures.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import chain, count, islice, takewhile
from typing import NamedTuple

from xltools.data.finding import Place, quoted
from xltools.data.number import kept
from xltools.excel.reader.figures import Figure, figure_in, is_count
from xltools.excel.reader.locate import LocatedSheet, label_texts
from xltools.excel.reader.reading import WorkbookReading
from xltools.excel.scan import Bounds, SheetFacts
from xltools.form.address import a1
from xltools.form.labels import plain
from xltools.form.model import Cell
from xltools.form.places import NOTES, RESERVED_SHEETS, Area, LabelPair, Sheet
from xltools.text import clerk
from xltools.white_space import is_blank

_GridPlace = tuple[int, int]
_Lines = dict[int, list[_GridPlace]]  # places by the number of their row or column
_Numbers = list[tuple[_GridPlace, Decimal]]
_FARTHEST = 60  # rows or columns over which a label extends
_MOST = 500  # added figures reported for one table


class _Copy(NamedTuple):
    """A figure with the labels of a cell, and what is at the place of that cell."""

    cell: Cell
    place: _GridPlace
    figure: Figure
    original: Figure | None


def note_unread(reading: WorkbookReading, located: Mapping[str, LocatedSheet]) -> set[str]:
    """Note the figures that would not be read, and return the names of the sheets whose tables must not be read."""
    tables = {name: table for name, table in located.items() if table.cells}
    known = reading.layout.label_texts
    refused: set[str] = set()
    added: dict[str, set[_GridPlace]] = {}
    # The words in a list may be those of labels, and what it does not read is reported.
    of_lists = {sheet.name for sheet in reading.layout.lists} | reading.copied_lists
    of_lists |= {one.sheet for one in reading.listed.values()}
    for facts in reading.facts.sheets:
        if facts.name in of_lists or (reading.is_rollup and facts.name in RESERVED_SHEETS):
            continue
        own = [table for table in tables.values() if table.facts is facts]
        texts = own[0].texts if own else label_texts(facts)
        labels = {place: text for place, text in texts.items() if text in known}
        if not labels:
            continue
        others = set(_others(reading, facts, texts.keys() - labels.keys()))
        others.difference_update(
            *(
                (*table.cells.values(), *table.void.values(), *table.fields.values(), *table.asides)
                for table in own
            )
        )
        names = _names(reading, facts, labels, others, _own_rows(reading, texts)) if others else {}
        added[facts.name] = others - names.keys()
        copies: dict[str, list[_Copy]] = {}
        for copy in _copies(reading, tables, facts, names):
            copies.setdefault(copy.cell.section.sheet, []).append(copy)
        refused |= {
            name for name, found in copies.items() if _is_refused(reading, tables[name], facts, found)
        }
    for sheet in reading.layout.sheets:
        if sheet.name in tables.keys() - refused:
            _note_added(reading, sheet, tables[sheet.name], added.get(tables[sheet.name].facts.name, set()))
    return refused


# -- figures


def _others(reading: WorkbookReading, facts: SheetFacts, texts: Iterable[_GridPlace]) -> Iterator[_GridPlace]:
    """Yield the places of numbers, and of *texts* that are figures; the numbered sentences of the filling notes are none."""
    for place, fact in facts.cells.items():
        if fact.type == "n" and (fact.text is not None or fact.formula is not None):
            yield place
    units = reading.layout.form.units
    for place in texts if facts.name != NOTES else ():
        if figure_in(facts.cells[place], units) is not None:
            yield place


# -- copies


def _names(
    reading: WorkbookReading,
    facts: SheetFacts,
    texts: Mapping[_GridPlace, str],
    places: set[_GridPlace],
    own_rows: set[int],
) -> dict[_GridPlace, tuple[str, ...]]:
    """Return the names of the cells of the form with the same labels, for each of the *places* that has such labels."""
    labels, cells = _TableLabels(texts, facts.merges), reading.layout.cells_by_labels
    rows = {row + down for row, _ in texts for down in range(2 * _FARTHEST)} - own_rows
    found: dict[_GridPlace, tuple[str, ...]] = {}
    for place in places:
        pairs = labels.pairs(place, places, own_rows) if place[0] in rows else ()
        if pair := next((pair for pair in pairs if pair in cells), None):
            found[place] = cells[pair]
    return found


class _TableLabels:
    """The labels of rows and columns on a sheet: of each row from left to right, of each column from top to bottom."""

    def __init__(self, texts: Mapping[_GridPlace, str], merges: Iterable[Bounds]) -> None:
        spread = dict(texts)
        for area in merges:
            if text := texts.get(area[:2]):
                row, column = area[:2]
                last_row, last_column = min(area[2], row + _FARTHEST), min(area[3], column + _FARTHEST)
                spread |= dict.fromkeys(((down, column) for down in range(row, last_row + 1)), text)
                spread |= dict.fromkeys(((last_row, along) for along in range(column, last_column + 1)), text)
        self._rows: dict[int, list[tuple[int, str]]] = {}
        self._columns: dict[int, list[tuple[int, str]]] = {}
        for (row, column), text in sorted(spread.items()):
            self._rows.setdefault(row, []).append((column, text))
            self._columns.setdefault(column, []).append((row, text))

    def pairs(self, place: _GridPlace, figures: set[_GridPlace], own_rows: set[int]) -> Iterator[LabelPair]:
        """Yield the pairs of labels of the figure at *place*; *figures* are the places of all figures of the sheet."""
        row, column = place
        head = _last_before(self._columns.get(column, ()), row)
        if head is None:
            return
        if stub := _last_before(self._rows.get(row, ()), column):
            yield LabelPair(head[1], stub[1])
        # Rows without labels belong to the head as far as they follow one another.
        between = range(head[0] + 2, row)
        is_below = len(between) < _FARTHEST and all((n, column) in figures or n in own_rows for n in between)
        if is_below and (over := self._over((head[0], column), head[1])):
            yield LabelPair(head[1], over)

    def _over(self, place: _GridPlace, head: str) -> str:
        """Return the label over the *head* at *place*, or "": it begins in the same column or further to the left."""
        row, column = place
        for above in range(row - 1, max(-1, row - _FARTHEST), -1):
            label = _last_before(self._rows.get(above, ()), column + 1)
            if label and label != (column, head):
                return label[1]
        return ""


def _last_before(labels: Sequence[tuple[int, str]], end: int) -> tuple[int, str] | None:
    index = bisect_left(labels, (end, ""))
    return labels[index - 1] if index else None


def _copies(
    reading: WorkbookReading,
    tables: Mapping[str, LocatedSheet],
    facts: SheetFacts,
    names: Mapping[_GridPlace, tuple[str, ...]],
) -> Iterator[_Copy]:
    """Yield the figures of a sheet with labels of cells that are read, from top to bottom.

    If several cells have these labels, it is one on that sheet, or one with the same figure.
    """
    for place, same in sorted(names.items()):
        cells = [cell for name in same if (cell := reading.layout.form.cells[name]).section.sheet in tables]
        cells = [cell for cell in cells if tables[cell.section.sheet].facts is facts] or cells
        figure = figure_in(facts.cells[place], {cell.unit for cell in cells})
        is_total = all(cell.is_total for cell in cells)
        # A total of 0, or one without a result, says no more than blank inputs do.
        if figure is None or (is_total and (figure == 0 or isinstance(figure, str))):
            continue
        found = [_Copy(cell, place, figure, _original(tables[cell.section.sheet], cell)) for cell in cells]
        yield from [copy for copy in found if copy.original == figure][:1] or found[:1]


def _original(table: LocatedSheet, cell: Cell) -> Figure | None:
    return figure_in(table.facts.cells.get(table.cells[cell.name]), (cell.unit,))


def _is_refused(
    reading: WorkbookReading, table: LocatedSheet, facts: SheetFacts, copies: list[_Copy]
) -> bool:
    """Note the copies of figures of a table on one sheet, and return whether the table must not be read."""
    home = table.facts.name
    differing = [copy for copy in copies if facts is table.facts or copy.figure != copy.original]
    # Rather one that differs from the original, and a figure than a 0.
    copy = min(differing, key=lambda one: (one.figure == one.original, not one.figure), default=None)
    if copy is None:
        reading.note("table-copied", facts.name, copies[0].place, found=facts.name, expected=home)
        return False
    at = table.cells[copy.cell.name]
    places = ((home, at, copy.original), (facts.name, copy.place, copy.figure))
    shown = " / ".join(f"{sheet}!{a1(*place)} = {_shown(figure)}" for sheet, place, figure in places)
    reading.note(
        "table-twice",
        home,
        at,
        copy.cell,
        found=shown,
        expected=copy.cell.label,
        others=(Place(facts.name, a1(*copy.place)),),
    )
    return True


def _shown(figure: Figure | None) -> str:
    return kept(figure) if isinstance(figure, Decimal) else figure or "—"


# -- added rows and columns


def _note_added(reading: WorkbookReading, sheet: Sheet, table: LocatedSheet, others: set[_GridPlace]) -> None:
    """Note the figures among *others* that are inside the table, or in rows or columns around it that continue it."""
    figures = dict(islice(_added(reading, sheet, table, others), _MOST)) if others else {}
    last_row, last_column = max(table.rows.values()), max(table.columns.values())
    for (row, column), figure in sorted(figures.items()):
        across = (*range(column - 1, -1, -1), *range(column + 1, last_column + 1))
        upright = (*range(row - 1, -1, -1), *range(row + 1, last_row + 1))
        lines = ([(row, at) for at in across], [(at, column) for at in upright])
        labels = (_first_text(table.facts, (p for p in line if p not in figures)) for line in lines)
        reading.note(
            "figure-unread",
            table.facts.name,
            (row, column),
            found=figure,
            label=quoted(" · ".join(filter(None, labels))),
            row=row + 1,
        )


def _added(
    reading: WorkbookReading, sheet: Sheet, table: LocatedSheet, others: set[_GridPlace]
) -> Iterator[tuple[_GridPlace, Figure]]:
    """Yield the figures inside the table, and in the rows and columns around it that continue it or that nobody sees.

    The checks do not continue a table: programs store other results for them in old formats. Where there may be labels,
    and outside of the table, only numbers are figures. Dates are not.
    """
    cells, units = table.facts.cells, {reading.layout.form.cells[name].unit for name in sheet.cells}

    def figures(places: Iterable[_GridPlace]) -> Iterator[tuple[_GridPlace, Figure]]:
        for place in sorted(places):
            figure = figure_in(cells[place], units)
            if figure is not None and not reading.is_date(cells[place]):
                yield place, figure

    last = max(table.columns)  # a cell of several columns may end behind the last one with a label
    right = table.columns[last] + sheet.page.last_column - last
    area = Area(min(table.rows.values()), min(table.columns.values()), max(table.rows.values()), right)
    checks = [place for place, text in table.texts.items() if text.startswith(clerk()("sheet.check"))]
    of_formulas = {place for place in others if cells[place].formula or reading.facts.old_format}
    inside, rows, columns = _around(area, others, checks, of_formulas)
    first = min(column for _, column in table.cells.values())
    heads = {table.rows[x.area.row] for x in sheet.labels if x.role == "head" and x.area.row in table.rows}
    for place, figure in figures(inside):
        if isinstance(figure, Decimal) or (place[0] not in heads and place[1] >= first):
            yield place, figure

    def numbers(places: Iterable[_GridPlace]) -> _Numbers:
        return [(place, figure) for place, figure in figures(places) if isinstance(figure, Decimal)]

    own_rows = _own_rows(reading, table.texts)
    own_columns = {column for _, column in checks}
    yield from chain.from_iterable(
        _continuing(table.facts, area, rows, columns, own_rows, own_columns, numbers)
    )


def _continuing(
    facts: SheetFacts,
    area: Area,
    rows: _Lines,
    columns: _Lines,
    own_rows: set[int],
    own_columns: set[int],
    numbers: Callable[[Iterable[_GridPlace]], _Numbers],
) -> Iterator[_Numbers]:
    """Yield the numbers of each row above and below the area and each column beside it that continue it or are hidden."""

    def continued(lines: _Lines, following: Iterable[int]) -> Iterator[_Numbers]:
        found = ((line, numbers(lines.get(line, ()))) for line in following)
        return (
            one
            for _, one in takewhile(lambda pair: pair[1] or (lines is rows and pair[0] in own_rows), found)
        )

    yield from continued(rows, count(area.last_row + 1))
    yield from continued(columns, count(area.last_column + 1))
    # A number in the place of a check.
    yield from (numbers(columns[column]) for column in sorted(columns.keys() & own_columns))
    others = chain(
        continued(rows, range(area.row - 1, -1, -1)),
        continued(columns, range(area.column - 1, -1, -1)),
        (numbers(rows[row]) for row in sorted(rows.keys() & facts.hidden_rows)),
        (numbers(columns[column]) for column in sorted(facts.hidden_among(columns))),
    )
    yield from (line for line in others if not is_count([number for _, number in line]))


def _own_rows(reading: WorkbookReading, texts: Mapping[_GridPlace, str]) -> set[int]:
    """Return the rows of a sheet with checks or with the line to sign; what continues a table may stand below these."""
    signs = [plain(clerk()("sheet.signed", label=label)) for label in reading.layout.form.signers[:1]]
    return {row for (row, _), text in texts.items() if text.startswith((clerk()("sheet.check"), *signs))}


def _around(
    area: Area, places: Iterable[_GridPlace], checks: Sequence[_GridPlace], of_formulas: set[_GridPlace]
) -> tuple[list[_GridPlace], _Lines, _Lines]:
    """Return the *places* inside the area, those above and below by row, and those beside it by column.

    Results of formulas outside, in a row or column of *checks*, are left out.
    """
    check_rows, check_columns = {row for row, _ in checks}, {column for _, column in checks}
    inside: list[_GridPlace] = []
    rows: _Lines = {}
    columns: _Lines = {}
    for place in places:
        row, column = place
        is_in_row, is_in_column = area.row <= row <= area.last_row, area.column <= column <= area.last_column
        if is_in_row and is_in_column:
            inside.append(place)
        elif is_in_column and not (row in check_rows and place in of_formulas):
            rows.setdefault(row, []).append(place)
        elif is_in_row and not (column in check_columns and place in of_formulas):
            columns.setdefault(column, []).append(place)
    return inside, rows, columns


def _first_text(facts: SheetFacts, places: Iterable[_GridPlace]) -> str:
    for place in places:
        fact = facts.cells.get(place)
        if fact and fact.type == "s" and fact.text and not is_blank(fact.text):
            return fact.text.strip()
    return ""
