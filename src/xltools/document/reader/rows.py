"""The rows of a document: each cell is taken for a label or a figure by means of the labels of a form."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from xltools.data.typed_numbers import typed
from xltools.document.reader.flow import CellGrid, Flow, GridCell, LooseRow
from xltools.form.labels import LONGEST_LABEL, core
from xltools.form.model import Block, Form, Line, walk
from xltools.office.guard import Limits, beyond
from xltools.white_space import is_blank

_LONGEST_FIGURE = 16  # characters; a longer text is not a figure
_NUMBERED = re.compile(r"\W?[0-9０-９]{1,2}\W?[.、．)）]\s*[^\s0-9０-９]")
_MARK = re.compile(r"\s*(?:[\u2460-\u2473\u2776-\u277f*＊]|[\[〔［][0-9０-９]{1,2}[\]〕］])+\s*$")


class ColumnHead(NamedTuple):
    """The head of the columns of a grid that share one lowest head cell; ``path`` is its texts from top to bottom."""

    columns: tuple[int, ...]
    path: tuple[str, ...]


class LabelledRow(NamedTuple):
    """The labels and figures of a row; in an even grid also its heads and its cells by column."""

    labels: tuple[str, ...]
    figures: tuple[str, ...]
    before: tuple[str, ...] = ()  # every label since the last row with figures, those of this row included
    heads: tuple[ColumnHead, ...] = ()
    cells: Mapping[int, GridCell] = {}
    number: int = 0  # of the row in its grid


@dataclass(frozen=True)
class FormLabels:
    """The labels of a form by their role, as :func:`~xltools.form.labels.core` reduces them."""

    form: Form

    @cached_property
    def heads(self) -> frozenset[str]:
        """The labels of columns that are not also labels of rows."""
        found = {core(text) for b in self._blocks for text in (b.corner, b.heading) if text}
        for block in self._blocks:
            found.update(name for line, _ in walk(block.heads) for name in label_names(line))
        return frozenset(found - self.stubs)

    @cached_property
    def stubs(self) -> frozenset[str]:
        """The labels of rows."""
        rows = (line for b in self._blocks if b.arrange == "grid" for line, _ in walk(b.rows))
        return frozenset(name for line in rows for name in label_names(line))

    @cached_property
    def captions(self) -> frozenset[str]:
        """The titles of tables and sections."""
        captions = {core(b.caption) for b in self._blocks if b.caption}
        return frozenset(captions | {core(t) for s in self.form.sections for t in (s.title, *s.also)})

    @cached_property
    def known(self) -> frozenset[str]:
        """Every label of the form."""
        return frozenset(
            self.heads | self.stubs | self.captions | {core(t) for b in self._blocks for t in b.extra}
        )

    def path(self, text: str) -> tuple[str, ...]:
        """Split a text that contains the labels above its own: 三、本年度办理结果/（一）予以公开 gives two."""
        parts = tuple(re.split("[/／]", text))
        return parts if len(parts) > 1 and all(core(part) in self.known for part in parts[:-1]) else (text,)

    @property
    def _blocks(self) -> Iterator[Block]:
        return (block for section in self.form.sections for block in section.blocks)


def label_names(line: Line) -> tuple[str, ...]:
    """Return the label of a line and its other wordings, as :func:`~xltools.form.labels.core` reduces them."""
    return tuple(core(text) for text in (line.label, *line.also))


def without_marks(text: str) -> str:
    """Return a figure without the note marks behind it: 12① is 12 with a note, not 121."""
    return _MARK.sub("", text) if re.search(r"[0-9０-９]", _MARK.sub("", text)) else text


def is_figure(text: str) -> bool:
    """Return whether a text that is not blank can be a figure, a dash for a blank one included."""
    text = without_marks(text)
    if len(text) > _LONGEST_FIGURE or _NUMBERED.match(text):
        return False
    meant = typed(text, "", signed=False)
    return meant.value is not None or meant.is_blank or bool(re.search(r"[0-9０-９]", text))


def rows_of(flow: Flow, form: Form, limits: Limits) -> tuple[LabelledRow, ...]:
    """Return the rows of the document in order.

    Raises :class:`ScanError` if there are more than any report has.
    """
    if len(flow) > limits.lines:
        raise beyond("lines", limits)
    collector = _RowCollector(FormLabels(form), limits)
    for item in flow:
        if isinstance(item, CellGrid) and item.is_even:
            collector.add_grid(item)
        elif isinstance(item, CellGrid):
            for cells in item.rows:
                collector.add_cells(cells)
        else:
            collector.add_cells(item.cells if isinstance(item, LooseRow) else (item.text,))
    collector.end_row()
    return tuple(collector.rows)


@dataclass(slots=True)
class _RowCollector:
    form_labels: FormLabels
    limits: Limits
    rows: list[LabelledRow] = field(default_factory=list)
    _labels: list[str] = field(default_factory=list)
    _figures: list[str] = field(default_factory=list)
    _before: list[str] = field(default_factory=list)

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
            if self._figures:
                self.end_row()
            self._labels += labels
            self._figures += figures
        elif self._labels:
            self._figures += figures

    def _split(self, cells: Sequence[str]) -> tuple[list[str], list[str]]:
        """Return the labels among *cells*, and the figures behind the last label."""
        known = [
            n
            for n, cell in enumerate(cells)
            if core(self.form_labels.path(cell)[-1]) in self.form_labels.known
        ]
        first = known[-1] + 1 if known else len(cells)
        while not known and first and (is_blank(cells[first - 1]) or is_figure(cells[first - 1])):
            first -= 1
        labels = [
            part for cell in cells[:first] if not is_blank(cell) for part in self.form_labels.path(cell)
        ]
        return labels, list(cells[first:])

    def end_row(self) -> None:
        """End the current row."""
        if self._labels:
            self._before += self._labels
            self._append(LabelledRow(tuple(self._labels), tuple(self._figures), tuple(self._before)))
            if any(not is_blank(figure) for figure in self._figures):
                self._before = []
        self._labels, self._figures = [], []

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
            if not self._is_data(texts, was_data=was_data or not head):
                head = [*([] if was_data else head), number]
                was_data = False
                self._before += texts
                continue
            was_data = True
            heads = tuple(_column_heads(grid, head, self.form_labels))
            labels, figures = self._split(begun)
            self._append(
                LabelledRow(tuple(labels), tuple(figures), (*self._before, *labels), heads, cells, number)
            )
            self._before = []

    def _is_data(self, texts: list[str], *, was_data: bool) -> bool:
        """Return whether a row of a grid holds figures, or has places for them, and is not a head or a caption."""
        found = {core(part) for text in texts for part in self.form_labels.path(text)}
        if not found:
            return True  # an empty row of figures
        if found & self.form_labels.heads or found <= self.form_labels.captions:
            return False
        return was_data or bool(found & self.form_labels.stubs) or any(map(is_figure, texts))


def _column_heads(grid: CellGrid, rows: list[int], form_labels: FormLabels) -> Iterator[ColumnHead]:
    """Yield the heads that the head rows *rows* give to the columns of *grid*, from left to right."""
    lowest: GridCell | None = None
    columns: list[int] = []
    path: tuple[str, ...] = ()
    for column in range(grid.width):
        over = [grid.at[row, column] for row in rows]
        texts = [cell.text for cell in dict.fromkeys(over) if not is_blank(cell.text)]
        texts = [text for text in texts if core(text) not in form_labels.captions]
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
