"""A document that is to be published: headings, paragraphs, tables and charts in their order, in no file format."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal, NamedTuple

from attrs import frozen

from xltools.form.places import Area

BoxRole = Literal["caption", "column", "row", "corner", "figure"]
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


@frozen
class Table:
    """A table with merged cells. The boxes cover every place once; widths are in characters, one a column.

    ``head`` is how many rows at the top are said again where the table goes on over a page.
    """

    boxes: tuple[Box, ...]
    widths: tuple[float, ...]
    title: str  # what it is called for those who cannot see where it stands
    head: int = 0


class Series(NamedTuple):
    """One line or one colour of a chart; a value that is not known is None."""

    name: str
    values: tuple[Decimal | None, ...]


@frozen
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


@frozen
class Document:
    """A document as a whole. ``draft`` is said on it where it is one."""

    title: str
    blocks: tuple[Block, ...]
    draft: bool = False
