"""A document that is to be published: headings, paragraphs, tables and charts in their order, in no file format."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Literal, NamedTuple

from xltools.form.places import Area

# A caption stands over a band of the table and is the outermost head of its figures. A heading stands over all columns
# alike and heads nothing, as a corner does. A text is read as words, a figure as the number of its heads.
BoxRole = Literal["caption", "heading", "column", "row", "corner", "figure", "text"]
ParagraphRole = Literal["body", "note", "centre", "right"]


class Heading(NamedTuple):
    """The title of a section (level 1) or of a part of one (level 2 and below)."""

    text: str
    level: int = 1


class Paragraph(NamedTuple):
    """One paragraph of text, without a break inside."""

    text: str
    role: ParagraphRole = "body"


class Box(NamedTuple):
    """One cell of a table: where it is and how far it reaches, from 0 at the table's upper left, and what it is."""

    text: str
    area: Area
    role: BoxRole


@dataclass(frozen=True)
class Table:
    """A table with merged cells. The boxes cover every place once; widths are in characters, one a column.

    ``head`` is how many rows at the top are said again where the table goes on over a page.
    """

    boxes: tuple[Box, ...]
    widths: tuple[float, ...]
    title: str  # what it is called for those who cannot see where it stands
    head: int = 0

    @property
    def height(self) -> int:
        """How many rows it has."""
        return max(box.area.last_row for box in self.boxes) + 1

    @cached_property
    def places(self) -> Mapping[tuple[int, int], Box]:
        """The box that covers each place."""
        return {
            (row, column): box
            for box in self.boxes
            for row in range(box.area.row, box.area.last_row + 1)
            for column in range(box.area.column, box.area.last_column + 1)
        }

    def heads(self, box: Box) -> tuple[Box, ...]:
        """What says which figure or text it is: the caption of its band, its rows and its columns, each outermost first."""
        found = (*self._above(box), *self._before(box))
        order = ("caption", "row", "column")
        unique = {head.area: head for head in found if head.role in order}.values()
        return tuple(sorted(unique, key=lambda head: (order.index(head.role), head.area)))

    def _before(self, box: Box) -> Iterator[Box]:
        for row in range(box.area.row, box.area.last_row + 1):
            for column in range(box.area.column):
                if (head := self.places[row, column]).role == "row":
                    yield head

    def _above(self, box: Box) -> Iterator[Box]:
        """The heads of its columns: those of the table, and those in the nearest band of heads above it."""
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
    """One line or one colour of a chart; a value that is not known is None."""

    name: str
    values: tuple[Decimal | None, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart of a few series over the same categories."""

    title: str
    kind: Literal["column", "bar", "line"]
    categories: tuple[str, ...]
    series: tuple[Series, ...]
    unit: str = ""


class PageBreak(NamedTuple):
    """What follows begins on a new page."""


Block = Heading | Paragraph | Table | Chart | PageBreak


@dataclass(frozen=True, slots=True)
class Document:
    """A document as a whole. ``draft`` is said on it where it is one."""

    title: str
    blocks: tuple[Block, ...]
    draft: bool = False
