"""The types of a layout: areas, labels, checks and sheets. :mod:`xltools.form.layout` computes them.

Rows and columns count from 0.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product
from typing import ClassVar, Literal, NamedTuple

from xltools.form.address import a1
from xltools.form.labels import plain
from xltools.form.model import Form, Section
from xltools.form.relation import Constraint

RESERVED_SHEETS = (
    "封面",
    "各单位数据",
    "来源清单",
    "豁免清单",
    "需要修改的地方",
    "历年对比",
    "图表",
    "分类小计",
    "填报说明",
    "主要指标一览表",
)
CODES = "代码"  # with the lists to choose from; reserved in the second schema
COVER, MATRIX, SOURCES, WAIVED, SLIP, YEARS, CHARTS, KINDS, NOTES, OVERVIEW = RESERVED_SHEETS


class Area(NamedTuple):
    """A rectangle of sheet cells, often just one; both corners are inside it."""

    row: int
    column: int
    last_row: int
    last_column: int

    @classmethod
    def at(cls, row: int, column: int, rows: int = 1, columns: int = 1) -> Area:
        """Return the rectangle of this size with its upper left corner at *row* and *column*."""
        return cls(row, column, row + rows - 1, column + columns - 1)

    @property
    def anchor(self) -> tuple[int, int]:
        """The upper left cell, which holds the value of a merged rectangle."""
        return self.row, self.column

    @property
    def rows(self) -> int:
        """The number of rows."""
        return self.last_row - self.row + 1

    @property
    def columns(self) -> int:
        """The number of columns."""
        return self.last_column - self.column + 1

    def places(self) -> Iterator[tuple[int, int]]:
        """Yield the row and column of each sheet cell, row by row."""
        return product(range(self.row, self.last_row + 1), range(self.column, self.last_column + 1))

    @property
    def is_single(self) -> bool:
        """Whether the rectangle is one cell."""
        return self.anchor == (self.last_row, self.last_column)


Role = Literal["title", "caption", "head", "stub", "field", "heading", "hint"]
_OF_LINES = {"head", "stub"}  # the roles of labels of rows and columns


@dataclass(frozen=True, slots=True)
class Label:
    """A printed text and its area."""

    text: str
    area: Area
    role: Role


class Check(NamedTuple):
    """A cell beside the table that checks figures: ``inputs`` must be valid numbers, and the ``constraints`` must hold.

    ``accepted`` is the number of agencies in a roll-up for which constraints were accepted, which it then leaves out. A
    check of a ``field`` is about nothing else: whether the field is filled in where it is asked, and only there.
    """

    area: Area
    inputs: tuple[str, ...]
    constraints: tuple[Constraint, ...]
    accepted: int = 0
    quotients: tuple[
        str, ...
    ] = ()  # ratios and derived means that must be right, typed means that must be there
    field: str = ""


class CheckGroup(NamedTuple):
    """A column or a line of checks with one name, listed on the cover.

    ``key`` is ``figures`` for the column beside a table (numbers and row totals), ``total`` for the totals of a row,
    ``rule`` for a rule of the form, and ``fields`` for the column beside fields. ``label`` is a text from the form.
    """

    key: Literal["figures", "total", "rule", "fields"]
    label: str
    area: Area
    head: Area
    checks: tuple[Check, ...]


class Beside(NamedTuple):
    """The places of last year's figures outside of the printed page: title, labels of columns, and a cell for each cell."""

    title: Area
    labels: tuple[Label, ...]
    cells: dict[str, Area]


@dataclass(frozen=True, eq=False)
class Sheet:
    """The sheet of a section."""

    section: Section
    labels: tuple[Label, ...]
    hint: Area
    cells: dict[str, Area]
    texts: dict[str, Area]
    groups: tuple[CheckGroup, ...]
    widths: tuple[float, ...]
    page: Area  # the printed area, without the checks and the line to sign
    frozen_at: tuple[int, int]
    fields: dict[str, Area] = field(default_factory=dict)  # by name; of several choices one for each option
    signed: Area | None = None  # below a table: the line where people sign on paper
    beside: Beside | None = None  # only for tables

    @property
    def name(self) -> str:
        """The name of the sheet in the workbook."""
        return self.section.sheet

    @cached_property
    def anchors(self) -> dict[str, tuple[int, int]]:
        """The place of each cell."""
        return {name: area.anchor for name, area in self.cells.items()}

    def label_pair(self, area: Area) -> LabelPair:
        """Return the two labels that identify the cell at *area*."""
        row, column = area.anchor
        heads = [
            label
            for label in self.labels
            if label.role == "head"
            and label.area.row < row
            and label.area.column <= column <= label.area.last_column
        ]
        heads.sort(key=lambda label: -label.area.row)
        stubs = [x for x in self.labels if x.role == "stub" and x.area.row == row and x.area.column < column]
        stubs.sort(key=lambda label: -label.area.column)
        return LabelPair(plain(heads[0].text), plain((*stubs, *heads[1:])[0].text))


class LabelPair(NamedTuple):
    """The two labels that identify a cell, as :func:`~xltools.form.labels.plain`.

    ``head`` is the nearest label above it. ``other`` is the nearest label of its row or, where rows have no labels, the
    label above the head.
    """

    head: str
    other: str


class CoverSheet(NamedTuple):
    """The first sheet: the stamp, what to do, the open fields, and the list of checks."""

    stamp: dict[str, Area]
    guide: Area
    fields: dict[str, Area]  # by name
    field_checks: CheckGroup | None
    status: Area
    checks_row: int  # first row of the list: a row for each group of checks, then for each rule across tables
    rules: dict[str, Area]  # the checks of rules across tables
    blanks_row: int  # first of the rows that count blank cells, one for each sheet with a table


PREFIX = "xltools."  # of the defined names and document properties with the stamp
STAMP = ("district", "name", "code", "year", "form", "edition", "kind")
SHOWN_STAMP = ("district", "name", "code", "year")  # what people read; the rest is for programs
STAMP_LABELS = (
    "district",
    "name",
    "code",
    "report-year",
    "form",
    "edition",
    "kind",
)  # on the cover, as keys of words
COUNT_COLUMN, FIRST_COLUMN = 1, 2  # of the list of checks on the cover


@dataclass(frozen=True, slots=True)
class Matrix:
    """The sheet of a roll-up with one row for each file and one column for each cell: columns by name, and the rows.

    The first row has the names, below it are title and heads; in former versions the names were the last row of the
    head. In a workbook that was read, columns and rows may be at other places.
    """

    ABOUT: ClassVar = ("district", "code", "name", "kind", "file", "sha256", "check")
    BEFORE: ClassVar = 3  # so many of these are left of the figures, the others right of them
    # In roll-ups of former versions, whose rows have no check sum:
    FORMER: ClassVar = ("district", "code", "name", "file", "sha256")
    NAME_ROW: ClassVar = 0
    TITLE_ROW: ClassVar = 1
    SECTION_ROW: ClassVar = 2
    ROW_ROW: ClassVar = 3
    COLUMN_ROW: ClassVar = 4
    ADDRESS_ROW: ClassVar = 5
    FIRST_ROW: ClassVar = 6

    columns: Mapping[str, int]
    first: int
    last: int

    @classmethod
    def issued(cls, form: Form, count: int) -> Matrix:
        """Return the sheet for *count* members. Without members, it has one empty row, to which sums refer."""
        about = [PREFIX + key for key in cls.ABOUT]
        names = (*about[: cls.BEFORE], *form.cells, *form.gathered, *about[cls.BEFORE :], *form.means)
        columns = {name: column for column, name in enumerate(names)}
        return cls(columns, cls.FIRST_ROW, cls.FIRST_ROW + max(1, count) - 1)

    def column(self, name: str) -> Area:
        """Return the cells below a name."""
        return Area(self.first, self.columns[name], self.last, self.columns[name])

    def cell(self, name: str, index: int) -> Area:
        """Return the cell below a name in the row of the member with this index."""
        return Area.at(self.first + index, self.columns[name])

    @property
    def is_checked(self) -> bool:
        """Whether the rows, and those of the account, have a check sum."""
        return PREFIX + "check" in self.columns


class Waived:
    """The sheet of a roll-up that lists accepted findings."""

    COLUMNS = ("agency", "finding", "place", "words", "reason", "who", "date")
    HEAD_ROW, FIRST_ROW = 1, 2


class Years:
    """The sheet of a roll-up that compares years: one row for each figure, one column for each year."""

    MOST = 4  # years before the current one
    ROW, COLUMN, UNIT, NOW, LAST, CHANGE, RATE, BEFORE = range(8)  # the years before last begin at BEFORE
    NAME = BEFORE + MOST - 1
    HEAD_ROW, FIRST_ROW = 2, 3


class Sources:
    """The sheet of a roll-up that accounts for every file and every agency."""

    COLUMNS = (
        "district",
        "code",
        "agency",
        "file",
        "sha256",
        "size",
        "status",
        "note",
        "via",
        "marker",
        "check",
    )
    HEAD_ROW, FIRST_ROW = 1, 2


@dataclass(frozen=True, eq=False)
class Layout:
    """The layout of the workbook of a form."""

    form: Form
    sheets: tuple[Sheet, ...]
    cover: CoverSheet

    @cached_property
    def places(self) -> dict[str, tuple[str, Area]]:
        """The sheet and area of every cell and prose cell, by name."""
        found: dict[str, tuple[str, Area]] = {}
        for sheet in self.sheets:
            areas = sheet.cells | sheet.texts | sheet.fields
            found |= {name: (sheet.name, area) for name, area in areas.items()}
        found |= {name: (COVER, area) for name, area in self.cover.fields.items()}
        for name, (of_field, _) in self.form.counted.items():  # of several choices each option has a cell
            if name in found:
                found.setdefault(of_field, found[name])
            else:
                found[name] = found[of_field]
        return found

    @cached_property
    def formulas(self) -> dict[str, str]:
        """The issued formula of each derived cell whose parts are on the same sheet; those with figures of fields are not."""
        address = self.form.in_products(lambda part: self.address(part)[1])
        in_fields = self.form.field_figures
        return {
            cell.name: cell.formula(address)
            for cell in self.form.totals
            if cell.definition is None or in_fields.isdisjoint(cell.definition.names)
        }

    @cached_property
    def label_texts(self) -> frozenset[str]:
        """The labels of rows and columns on all sheets, as :func:`~xltools.form.labels.plain`."""
        labels = (label for sheet in self.sheets for label in sheet.labels)
        return frozenset(plain(label.text) for label in labels if label.role in _OF_LINES)

    @cached_property
    def cells_by_labels(self) -> dict[LabelPair, tuple[str, ...]]:
        """The names of the cells with each pair of labels; usually one."""
        found: dict[LabelPair, tuple[str, ...]] = {}
        for sheet in self.sheets:
            for name, area in sheet.cells.items():
                pair = sheet.label_pair(area)
                found[pair] = (*found.get(pair, ()), name)
        return found

    def address(self, name: str) -> tuple[str, str]:
        """Return the sheet and the address, such as D6, of a cell or prose cell."""
        sheet, area = self.places[name]
        return sheet, a1(*area.anchor)

    @cached_property
    def groups(self) -> tuple[tuple[str, CheckGroup], ...]:
        """The groups of checks beside tables and fields, each with the name of its sheet."""
        found = [(sheet.name, group) for sheet in self.sheets for group in sheet.groups]
        return (*([(COVER, self.cover.field_checks)] if self.cover.field_checks else []), *found)
