"""The rows of a document: each cell is taken for a label or a figure by means of the labels of a form."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from xltools.data.typed_numbers import typed
from xltools.document.reader.flow import BESIDE, CellGrid, Flow, GridCell, LooseRow
from xltools.document.reader.form_labels import FormLabels
from xltools.form.labels import LONGEST_LABEL
from xltools.office.guard import Limits, beyond
from xltools.white_space import is_blank, without_strokes

_LONGEST_FIGURE = 16  # characters; a longer text is not a figure
_MOST_NUMBERED = 1000  # rows
_MOST_PIECES = 40  # of a label that is broken over lines
_NUMBERED = re.compile(r"\W?[0-9０-９]{1,2}\W?[.、．)）]\s*[^\s0-9０-９]|[0-9０-９]{1,2}[.、．]$")
_MARK = re.compile(r"\s*(?:[\u2460-\u2473\u2776-\u277f*＊]|[\[〔［][0-9０-９]{1,2}[\]〕］])+\s*$")


class ColumnHead(NamedTuple):
    """The head of the columns of a grid that share one lowest head cell; ``path`` is its texts from top to bottom."""

    columns: tuple[int, ...]
    path: tuple[str, ...]


class LabelledRow(NamedTuple):
    """The labels and figures of a row; in an even grid also its heads and its cells by column."""

    labels: tuple[str, ...]
    figures: tuple[str, ...]
    # Every label since the last row with figures, those of this row included: line by line, as the document has them.
    before: tuple[tuple[str, ...], ...] = ()
    heads: tuple[ColumnHead, ...] = ()
    cells: Mapping[int, GridCell] = {}
    number: int = 0  # of the row in its grid
    lines: tuple[int, ...] = ()  # the number of figures in each line of a row that has several


def without_marks(text: str) -> str:
    """Return a figure without the note marks behind it: 12① is 12 with a note, not 121."""
    return _MARK.sub("", text) if re.search(r"[0-9０-９]", _MARK.sub("", text)) else text


def is_figure(text: str) -> bool:
    """Return whether a text that is not blank can be a figure, a dash for a blank one included."""
    text = without_strokes(without_marks(text))
    if len(text) > _LONGEST_FIGURE or _NUMBERED.match(text):
        return False
    meant = typed(text, "", signed=False)
    return meant.value is not None or meant.is_blank or bool(re.search(r"[0-9０-９]", text))


def row_number(text: str) -> int:
    """Return the number of a row that a text can be, such as 1, 02 and （3）; 0 for any other text."""
    number = typed(text, "", signed=False).value or 0
    return int(number) if number == int(number) and number < _MOST_NUMBERED else 0


def rows_of(flow: Flow, form_labels: FormLabels, limits: Limits) -> tuple[LabelledRow, ...]:
    """Return the rows of the document in order.

    Raises :class:`ScanError` if there are more than any report has.
    """
    if len(flow) > limits.lines:
        raise beyond("lines", limits)
    collector = _RowCollector(form_labels, limits)
    for item in flow:
        if isinstance(item, CellGrid) and item.is_even and has_heads(item, form_labels):
            collector.add_grid(item)
        elif isinstance(item, CellGrid):
            for cells in item.rows:
                collector.add_cells([part for cell in cells for part in cell.split(BESIDE)])
        else:
            collector.add_cells(item.cells if isinstance(item, LooseRow) else (item.text,))
    collector.end_row()
    return tuple(collector.rows)


@dataclass(slots=True)
class _RowCollector:
    form_labels: FormLabels
    limits: Limits
    rows: list[LabelledRow] = field(default_factory=list)
    _labels: list[list[str]] = field(default_factory=list)  # of the row that is being read, line by line
    _figures: list[list[str]] = field(default_factory=list)
    _before: list[tuple[str, ...]] = field(default_factory=list)
    _next: int = 0  # the number of the next row, if the rows have numbers in lines of their own

    def _append(self, row: LabelledRow) -> None:
        self.rows.append(row)
        if len(self.rows) > self.limits.rows:
            raise beyond("rows", self.limits)

    # -- rows whose cells are known in order only

    def add_cells(self, cells: Sequence[str]) -> None:
        """Add the cells of a line: a row, a part of a row, or a text that ends the row."""
        if len(cells) == 1 and len(cells[0]) > LONGEST_LABEL:
            self.end_row()
            self._before = []
            return
        labels, figures = self._split(cells)
        if labels:
            self._leave_out_number(labels)
            if self._figures:
                self.end_row()
            self._labels.append(labels)
        if figures and self._labels:
            self._figures.append(figures)

    def _leave_out_number(self, labels: Sequence[str]) -> None:
        """Leave out the number of the row that begins with *labels*, if it is alone in the line before them.

        The first such number stands behind the heads of columns, and each of the others is the next one.
        """
        expected, self._next = self._next, 0
        number = row_number(self._figures[-1][0]) if self._figures and len(self._figures[-1]) == 1 else 0
        if not number or not self._are_among(labels, self.form_labels.stubs):
            return
        is_first = len(self._figures) == 1 and self._are_among(self._labels[-1][-1:], self.form_labels.above)
        if is_first or number == expected:
            self._figures.pop()
            self._next = number + 1

    def _are_among(self, labels: Sequence[str], known: frozenset[str]) -> bool:
        return any(self.form_labels.core(label) in known for label in labels)

    def _split(self, cells: Sequence[str]) -> tuple[list[str], list[str]]:
        """Return the labels among *cells*, and the figures behind the last label."""
        known = [
            n
            for n, cell in enumerate(cells)
            if self.form_labels.core(self.form_labels.path(cell)[-1]) in self.form_labels.known
        ]
        first = known[-1] + 1 if known else len(cells)
        if known and not any(is_figure(cell) or is_blank(cell) for cell in cells[first:]):
            first = len(cells)  # all are labels, some of which are broken over lines
        while not known and first and (is_blank(cells[first - 1]) or is_figure(cells[first - 1])):
            first -= 1
        labels = [
            part for cell in cells[:first] if not is_blank(cell) for part in self.form_labels.path(cell)
        ]
        return labels, list(cells[first:])

    def end_row(self) -> None:
        """End the current row."""
        if self._labels:
            self._before += self._joined_labels()
            labels = tuple(label for line in self._before[-len(self._labels) :] for label in line)
            figures = tuple(figure for line in self._figures for figure in line)
            lines = tuple(map(len, self._figures))
            self._append(LabelledRow(labels, figures, tuple(self._before), lines=lines))
            if any(not is_blank(figure) for figure in figures):
                self._before = []
        self._labels, self._figures = [], []

    def _joined_labels(self) -> list[tuple[str, ...]]:
        """Return the labels line by line; one that is broken over lines stands in the first of them."""
        lines = [list(line) for line in self._labels]
        places = [(line, place) for line, labels in enumerate(lines) for place in range(len(labels))]
        while places:
            (line, place), *places = places
            text, pieces = lines[line][place], 0
            for number, (other, behind) in enumerate(places[:_MOST_PIECES], 1):
                text += lines[other][behind]
                if len(text) > LONGEST_LABEL:
                    break
                if self.form_labels.core(text) in self.form_labels.known:
                    pieces = number
            for other, behind in places[:pieces]:
                lines[line][place] += lines[other][behind]
                lines[other][behind] = ""
            places = places[pieces:]
        return [tuple(filter(None, line)) for line in lines]

    # -- grids

    def add_grid(self, grid: CellGrid) -> None:
        """Add the rows of an even grid."""
        self.end_row()
        head: list[int] = []
        was_data = False
        for number in range(grid.height):
            cells = {column: grid.at[number, column] for column in range(grid.width)}
            begun = [cell.text for cell in dict.fromkeys(cells.values()) if cell.row == number]
            texts = [text for text in begun if not is_blank(text)]
            filled = {cell.text for cell in cells.values() if not is_blank(cell.text)}
            if grid.width > 1 and len(filled) == 1 and self._is_note(filled.pop()):
                continue
            # Further heads, which may also be labels of rows, but do not stand where those begin.
            is_apart = bool(texts) and (is_blank(begun[0]) or len(texts) == len(begun))
            is_below = bool(head) and not was_data and is_apart
            is_head = is_below and self.form_labels.above.issuperset(map(self.form_labels.core, texts))
            if is_head or not _is_data(texts, self.form_labels, was_data=was_data or not head):
                head = [*([] if was_data else head), number]
                was_data = False
                self._before.append(tuple(texts))
                continue
            was_data = True
            heads = tuple(_column_heads(grid, head, self.form_labels))
            labels, figures = self._split(begun)
            before = (*self._before, tuple(labels))
            self._append(LabelledRow(tuple(labels), tuple(figures), before, heads, cells, number))
            self._before = []

    def _is_note(self, text: str) -> bool:
        """Return whether the only text of a row is a note, such as a unit or a date, and no label or figure."""
        return not is_figure(text) and self.form_labels.core(text) not in self.form_labels.known


def has_heads(grid: CellGrid, labels: FormLabels) -> bool:
    """Return whether a row of the grid is a head; without one, it is a part of a table like any other lines."""
    texts = ([text for text in row if not is_blank(text)] for row in grid.rows)
    return not all(_is_data(row, labels, was_data=True) for row in texts)


def begins_with_head(grid: CellGrid, labels: FormLabels) -> bool:
    """Return whether the first row of the grid that is not empty is a head or a caption."""
    rows = ([text for text in row if not is_blank(text)] for row in grid.rows)
    return not _is_data(next(filter(None, rows), []), labels, was_data=True)


def head_height(grid: CellGrid, labels: FormLabels) -> int:
    """Return how many rows are at the top of the grid before the first one of data."""
    rows = enumerate([text for text in row if not is_blank(text)] for row in grid.rows)
    return next(
        (number for number, texts in rows if texts and _is_data(texts, labels, was_data=False)), grid.height
    )


def _is_data(texts: list[str], labels: FormLabels, *, was_data: bool) -> bool:
    """Return whether a row of a grid holds figures, or has places for them, and is not a head or a caption."""
    found = {labels.core(part) for text in texts for part in labels.path(text)}
    if not found:
        return True  # an empty row of figures
    if found & labels.heads or found <= labels.captions:
        return False
    return was_data or bool(found & labels.stubs) or any(map(is_figure, texts))


def _column_heads(grid: CellGrid, rows: list[int], form_labels: FormLabels) -> Iterator[ColumnHead]:
    """Yield the heads that the head rows *rows* give to the columns of *grid*, from left to right."""
    lowest: GridCell | None = None
    columns: list[int] = []
    path: tuple[str, ...] = ()
    for column in range(grid.width):
        over = [grid.at[row, column] for row in rows]
        texts = [cell.text for cell in dict.fromkeys(over) if not is_blank(cell.text)]
        texts = [text for text in texts if form_labels.core(text) not in form_labels.captions]
        last = over[-1] if over else None
        if last is not None and last is lowest:
            columns.append(column)
            continue
        if columns:
            yield ColumnHead(tuple(columns), path)
        lowest, columns, path = (
            last,
            [column],
            tuple(label for text in texts for label in form_labels.path(text)),
        )
    if columns:
        yield ColumnHead(tuple(columns), path)
