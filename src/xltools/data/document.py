"""A document independent of file formats: headings, paragraphs, tables and charts in order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
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
    beside: tuple[int, ...] = ()  # the columns with which further tables begin, each right of the one before

    @property
    def height(self) -> int:
        """The number of rows."""
        return max(box.area.last_row for box in self.boxes) + 1

    @property
    def parts(self) -> tuple[Table, ...]:
        """The tables that stand side by side, as separate tables."""
        ends = (*self.beside, len(self.widths))
        return tuple(self._between(left, end) for left, end in zip((0, *self.beside), ends, strict=True))

    def _between(self, left: int, end: int) -> Table:
        found = []
        for text, (row, first, last_row, last), role in self.boxes:
            if first < end and last >= left:
                found.append(
                    Box(text, Area(row, max(first, left) - left, last_row, min(last, end - 1) - left), role)
                )
        return Table(tuple(found), self.widths[left:end], self.title, self.head)

    @cached_property
    def places(self) -> Mapping[tuple[int, int], Box]:
        """The box that covers each place."""
        return {place: box for box in self.boxes for place in box.area.places()}

    def heads(self, box: Box) -> tuple[Box, ...]:
        """Return the heads of a box: the caption of its band, its rows and its columns, each outermost first."""
        rows = range(box.area.row, box.area.last_row + 1)
        found = (
            *self._column_heads(box),
            *(head for row in rows for head in self._row_heads(row, box.area.column)),
        )
        order = ("caption", "row", "column")
        unique = {head.area: head for head in found if head.role in order}.values()
        return tuple(sorted(unique, key=lambda head: (order.index(head.role), head.area)))

    def _row_heads(self, row: int, column: int) -> Iterator[Box]:
        """Yield the labels of a row before a column, up to the figures of another table to its left."""
        is_found = False
        for before in range(column - 1, -1, -1):
            head = self.places[row, before]
            if head.role == "row":
                is_found = True
                yield head
            elif is_found and head.role in {"figure", "text"}:
                return

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


def plain_table(
    rows: Iterable[Sequence[str]], roles: Sequence[BoxRole], widths: tuple[float, ...], title: str
) -> Table:
    """Return a table whose first row is its head; a row of one text is a caption.

    *roles* are those of the columns below the head, *widths* are in characters. There are at least two columns.
    """
    boxes: list[Box] = []
    for row, texts in enumerate(rows):
        if len(texts) == 1:
            boxes.append(Box(texts[0], Area.at(row, 0, 1, len(widths)), "caption"))
            continue
        for column, (text, role) in enumerate(zip(texts, roles, strict=True)):
            boxes.append(Box(text, Area.at(row, column), role if row else "column"))
    return Table(tuple(boxes), widths, title, 1)


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
