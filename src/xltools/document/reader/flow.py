"""What a document holds, in its order, whatever its format: paragraphs, loose rows and grids. It knows no forms."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

MOST_COLUMNS = 200  # of a grid; what reaches farther is cut there
MOST_ROWS = 500
_LONGEST_CELL = 400  # characters; a longer text is an article inside a frame, and not a cell of a table
_MOST_LINES = 6


class Paragraph(NamedTuple):
    """A line of text. ``is_title``: the document says itself that it is its title."""

    text: str
    is_title: bool = False


class Loose(NamedTuple):
    """A row of which only the order of its cells is known: the spans of merged cells are lost."""

    cells: tuple[str, ...]


class Slot(NamedTuple):
    """A cell of a grid, and how far it reaches."""

    text: str
    row: int
    column: int
    last_row: int
    last_column: int


@dataclass(frozen=True)
class Grid:
    """A table with its merged cells, counted from 0."""

    slots: tuple[Slot, ...]

    @cached_property
    def at(self) -> dict[tuple[int, int], Slot]:
        """Which cell covers each place; of two the one that comes first."""
        found: dict[tuple[int, int], Slot] = {}
        for slot in self.slots:
            for row in range(slot.row, slot.last_row + 1):
                for column in range(slot.column, slot.last_column + 1):
                    found.setdefault((row, column), slot)
        return found

    @cached_property
    def height(self) -> int:
        """How many rows it has."""
        return max((slot.row for slot in self.slots), default=-1) + 1

    @cached_property
    def width(self) -> int:
        """How many columns its widest row has."""
        return max((slot.last_column for slot in self.slots), default=-1) + 1

    @property
    def is_even(self) -> bool:
        """Whether its cells cover every place just once: then a column is a column all the way down."""
        covered = sum(
            (min(s.last_row, self.height - 1) - s.row + 1) * (s.last_column - s.column + 1)
            for s in self.slots
        )
        return covered == self.height * self.width == sum(row < self.height for row, _ in self.at)

    @cached_property
    def rows(self) -> tuple[tuple[str, ...], ...]:
        """The texts of the cells that begin in each row, in order."""
        found: list[list[Slot]] = [[] for _ in range(self.height)]
        for slot in self.slots:
            found[slot.row].append(slot)
        return tuple(tuple(s.text for s in sorted(row, key=lambda s: s.column)) for row in found)


Item = Paragraph | Loose | Grid
Flow = tuple[Item, ...]


@dataclass(slots=True)
class _Cell:
    row: int
    column: int
    rows: int
    columns: int
    items: list[Item] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "\n".join(item.text for item in self.items if isinstance(item, Paragraph))

    @property
    def is_article(self) -> bool:
        """Whether it frames a part of the document: a table of its own, or more text than a cell has."""
        return (
            len(self.items) > _MOST_LINES
            or len(self.text) > _LONGEST_CELL
            or any(not isinstance(item, Paragraph) for item in self.items)
        )


@dataclass(slots=True)
class Weaver:
    """Puts a grid together cell by cell, as formats tell it: row by row, with spans."""

    cells: list[_Cell] = field(default_factory=list)
    _row: int = -1
    _column: int = 0
    _taken: dict[int, int] = field(
        default_factory=dict
    )  # column -> the last row that a cell from above covers

    def row(self) -> None:
        """A new row begins."""
        self._row += 1
        self._column = 0

    def cell(self, rows: int, columns: int) -> list[Item]:
        """A new cell of that size behind the last one; what it holds is to be put into the list."""
        if self._row < 0:
            self.row()
        while self._taken.get(self._column, -1) >= self._row:
            self._column += 1
        columns = max(1, min(columns, MOST_COLUMNS - self._column))
        rows = max(1, min(rows, MOST_ROWS))
        cell = _Cell(self._row, self._column, rows, columns)
        if self._column < MOST_COLUMNS and self._row < MOST_ROWS:
            self.cells.append(cell)
        for column in range(self._column, self._column + columns):
            self._taken[column] = max(self._taken.get(column, -1), self._row + rows - 1)
        self._column += columns
        return cell.items

    def skip(self, columns: int) -> None:
        """A cell that belongs to the one above it, which reaches down to here."""
        above = next(
            (c for c in reversed(self.cells) if c.column == self._column and c.row < self._row), None
        )
        if above is None:
            self.cell(1, columns)
            return
        above.rows = self._row - above.row + 1
        self._column += columns

    def items(self) -> Iterator[Item]:
        """The grid; or, where it only frames parts of the document, what is in it."""
        if any(cell.is_article for cell in self.cells):
            for cell in self.cells:
                yield from cell.items
        elif self.cells:
            last = self._row
            yield Grid(
                tuple(
                    Slot(c.text, c.row, c.column, min(c.row + c.rows - 1, last), c.column + c.columns - 1)
                    for c in self.cells
                )
            )
