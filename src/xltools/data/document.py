"""A document independent of file formats: headings, paragraphs, tables and charts in order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Literal, NamedTuple

from xltools.form.places import Area

# A caption is above a band of the table and is the outermost head of its figures. A heading is above all columns; like a
# corner and an aside (a code or a unit beside a label), it is the head of no figure. A text is words, a figure is a number that its heads describe.
BoxRole = Literal["caption", "heading", "column", "row", "aside", "corner", "figure", "text"]
ParagraphRole = Literal["body", "note", "centre", "right"]


class Heading(NamedTuple):
    """The title of a section (level 1) or of a part of a section (level 2 and more)."""

    text: str
    level: int = 1


class Paragraph(NamedTuple):
    """One paragraph of text."""

    text: str
    role: ParagraphRole = "body"


class Box(NamedTuple):
    """One cell of a table: its text, its role, and the rows and columns it covers, counted from 0 at the upper left."""

    text: str
    area: Area
    role: BoxRole


@dataclass(frozen=True)
class Table:
    """A table with merged cells. The boxes cover every place exactly once; ``widths`` are in characters, one per column.

    The first ``head`` rows are repeated on every page.
    """

    boxes: tuple[Box, ...]
    widths: tuple[float, ...]
    title: str  # its name for screen readers
    head: int = 0

    @property
    def height(self) -> int:
        """The number of rows."""
        return max(box.area.last_row for box in self.boxes) + 1

    @cached_property
    def places(self) -> Mapping[tuple[int, int], Box]:
        """The box that covers each place."""
        return {place: box for box in self.boxes for place in box.area.places()}

    def heads(self, box: Box) -> tuple[Box, ...]:
        """Return the heads of a box: the caption of its band, its rows and its columns, each outermost first."""
        rows, columns = range(box.area.row, box.area.last_row + 1), range(box.area.column)
        beside = (self.places[row, column] for row in rows for column in columns)
        found = (*self._column_heads(box), *(head for head in beside if head.role == "row"))
        order = ("caption", "row", "column")
        unique = {head.area: head for head in found if head.role in order}.values()
        return tuple(sorted(unique, key=lambda head: (order.index(head.role), head.area)))

    def _column_heads(self, box: Box) -> Iterator[Box]:
        """Yield the heads of the columns of a box: those of the table, and those of the nearest band of heads above it."""
        for column in range(box.area.column, box.area.last_column + 1):
            yield from (self.places[row, column] for row in range(self.head))
            in_band = False
            for row in range(box.area.row - 1, self.head - 1, -1):
                head = self.places[row, column]
                is_head = head.role not in {"figure", "text", "row"}
                if in_band and not is_head:
                    break
                in_band = is_head
                if is_head:
                    yield head


class Series(NamedTuple):
    """One line or one colour of a chart; an unknown value is None."""

    name: str
    values: tuple[Decimal | None, ...]


@dataclass(frozen=True, slots=True)
class ChartBlock:
    """A chart of a few series over the same categories."""

    title: str
    kind: Literal["column", "bar"]
    categories: tuple[str, ...]
    series: tuple[Series, ...]
    unit: str = ""


class PageBreak(NamedTuple):
    """The next block begins on a new page."""


DocumentBlock = Heading | Paragraph | Table | ChartBlock | PageBreak


@dataclass(frozen=True, slots=True)
class Document:
    """A whole document. A ``draft`` is marked as one."""

    title: str
    blocks: tuple[DocumentBlock, ...]
    draft: bool = False
