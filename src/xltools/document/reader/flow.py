"""The content of a document in reading order, whatever its format: lines of text, loose rows and grids.

Nothing here depends on a form.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product
from typing import NamedTuple

BESIDE = (
    "   "  # between texts of a cell of a PDF that stand side by side, as cells do whose lines are not seen
)
MOST_COLUMNS = 200  # of a grid; what lies beyond is left out
MOST_ROWS = 500
_LONGEST_CELL = 400  # characters; a longer text is an article in a layout table, not a cell
_LONGEST_LINES = 200  # characters of a cell of many lines; a narrow column breaks a label into as many as it has characters
_MOST_LINES = 6


class TextLine(NamedTuple):
    """A line of text."""

    text: str


class LooseRow(NamedTuple):
    """A row whose cells are known in order only: the spans of merged cells are lost."""

    cells: tuple[str, ...]


class GridCell(NamedTuple):
    """A cell of a grid and the range it covers."""

    text: str
    row: int
    column: int
    last_row: int
    last_column: int


@dataclass(frozen=True)
class CellGrid:
    """A table with merged cells; rows and columns count from 0."""

    cells: tuple[GridCell, ...]
    lines: tuple[
        TextLine | LooseRow, ...
    ] = ()  # the same, if its columns were told by the places of words only

    @property
    def is_ruled(self) -> bool:
        """Whether lines, or the format of the document, tell its cells."""
        return not self.lines

    @cached_property
    def at(self) -> dict[tuple[int, int], GridCell]:
        """The cell that covers each place; where two overlap, the first."""
        found: dict[tuple[int, int], GridCell] = {}
        for cell in self.cells:
            for row in range(cell.row, cell.last_row + 1):
                for column in range(cell.column, cell.last_column + 1):
                    found.setdefault((row, column), cell)
        return found

    @cached_property
    def height(self) -> int:
        """The number of rows."""
        return max((cell.row for cell in self.cells), default=-1) + 1

    @cached_property
    def width(self) -> int:
        """The number of columns of the widest row."""
        return max((cell.last_column for cell in self.cells), default=-1) + 1

    @property
    def is_even(self) -> bool:
        """Whether the cells cover every place exactly once, so that columns line up in all rows."""
        covered = sum(
            (min(c.last_row, self.height - 1) - c.row + 1) * (c.last_column - c.column + 1)
            for c in self.cells
        )
        return covered == self.height * self.width == sum(row < self.height for row, _ in self.at)

    @cached_property
    def rows(self) -> tuple[tuple[str, ...], ...]:
        """The texts of the cells that begin in each row, from left to right."""
        found: list[list[GridCell]] = [[] for _ in range(self.height)]
        for cell in self.cells:
            found[cell.row].append(cell)
        return tuple(tuple(c.text for c in sorted(row, key=lambda c: c.column)) for row in found)

    def without(self, rows: Collection[int], columns: Collection[int]) -> CellGrid:
        """Return the grid without some rows and columns; what is left of a cell closes up."""
        down, across = (
            [line for line in range(size) if line not in left_out]
            for size, left_out in ((self.height, rows), (self.width, columns))
        )
        kept: dict[GridCell, list[tuple[int, int]]] = {}
        for row, column in product(range(len(down)), range(len(across))):
            if cell := self.at.get((down[row], across[column])):
                kept.setdefault(cell, []).append((row, column))
        return CellGrid(tuple(GridCell(cell.text, *places[0], *places[-1]) for cell, places in kept.items()))


FlowItem = TextLine | LooseRow | CellGrid
Flow = tuple[FlowItem, ...]


@dataclass(slots=True)
class _OpenCell:
    """A cell of the grid that is being built, with its size and its content."""

    row: int
    column: int
    rows: int
    columns: int
    items: list[FlowItem] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "\n".join(item.text for item in self.items if isinstance(item, TextLine))

    @property
    def is_article(self) -> bool:
        """Whether the cell is a layout frame: it holds a table, or more text than a cell of a form."""
        longest = _LONGEST_LINES if len(self.items) > _MOST_LINES else _LONGEST_CELL
        return len(self.text) > longest or any(not isinstance(item, TextLine) for item in self.items)


@dataclass(slots=True)
class GridBuilder:
    """Builds a grid from cells with spans, given row by row as file formats store them."""

    cells: list[_OpenCell] = field(default_factory=list)
    _row: int = -1
    _column: int = 0
    _taken: dict[int, int] = field(default_factory=dict)  # column -> last row that a cell from above covers
    _begun: dict[int, _OpenCell] = field(default_factory=dict)  # column -> the last cell that begins there

    def begin_row(self) -> None:
        """Begin a new row."""
        self._row += 1
        self._column = 0

    def add_cell(self, rows: int, columns: int) -> list[FlowItem]:
        """Add a cell of that size at the next free column; return the list that takes its content."""
        if self._row < 0:
            self.begin_row()
        while self._taken.get(self._column, -1) >= self._row:
            self._column += 1
        columns = max(1, min(columns, MOST_COLUMNS - self._column))
        rows = max(1, min(rows, MOST_ROWS))
        cell = _OpenCell(self._row, self._column, rows, columns)
        if self._column < MOST_COLUMNS and self._row < MOST_ROWS:
            self.cells.append(cell)
            for column in range(self._column, self._column + columns):
                self._taken[column] = max(self._taken.get(column, -1), self._row + rows - 1)
            self._begun[self._column] = cell
        self._column += columns
        return cell.items

    def extend_above(self, columns: int) -> None:
        """Extend the cell above down to this row; add a cell if there is none above."""
        above = self._begun.get(self._column)
        if above is None:
            self.add_cell(1, columns)
            return
        above.rows = self._row - above.row + 1
        self._column += columns

    def items(self) -> Iterator[FlowItem]:
        """Yield the grid; for a layout table, or a frame around one text, yield the content of its cells instead."""
        if len(self.cells) == 1 or any(cell.is_article for cell in self.cells):
            for cell in self.cells:
                yield from cell.items
        elif self.cells:
            last = min(self._row, MOST_ROWS - 1)
            yield CellGrid(
                tuple(
                    GridCell(c.text, c.row, c.column, min(c.row + c.rows - 1, last), c.column + c.columns - 1)
                    for c in self.cells
                )
            )
