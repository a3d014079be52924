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
from xltools.form.linear import Linear
from xltools.form.model import Form
from xltools.form.relation import ALWAYS, Condition, Constraint
from xltools.form.sections import List, Section

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


# An aside is a code or a unit beside the label of a row, the number of a column, or the head of these. People may change it.
Role = Literal["title", "caption", "head", "stub", "aside", "field", "heading", "hint"]
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
    when: Condition = ALWAYS  # under which that is asked


class CheckGroup(NamedTuple):
    """A column or a line of checks with one name, listed on the cover.

    ``key`` is ``figures`` for the column beside a table (numbers and row totals), ``total`` for the totals of a row,
    ``rule`` for a rule of the form, ``fields`` for the column beside fields, and ``lines`` for that beside a list. ``label`` is a text from the form.
    """

    key: Literal["figures", "total", "rule", "fields", "lines"]
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
    void: dict[str, Area] = field(default_factory=dict)  # the cells that are not there, by name
    fields: dict[str, Area] = field(default_factory=dict)  # by name; of several choices one for each option
    signed: Area | None = None  # below a table: the line where people sign on paper
    beside: Beside | None = None  # only for tables
    gaps: tuple[Area, ...] = ()  # below a table that has fewer rows than the one beside it

    @property
    def name(self) -> str:
        """The name of the sheet in the workbook."""
        return self.section.sheet

    @property
    def flags(self) -> frozenset[str]:
        """The flags that an agency needs that has the sheet."""
        return frozenset({self.section.only} - {""})

    @cached_property
    def table(self) -> dict[str, Area]:
        """The cells, including those that are not there."""
        return self.cells | self.void

    @cached_property
    def asides(self) -> tuple[Label, ...]:
        """The codes and units beside labels."""
        return tuple(label for label in self.labels if label.role == "aside")

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
STAMP_LABELS = {"year": "report-year"}  # on the cover, as keys of words, where these are others
FLAGS = "flags"  # in the stamp of a form that does not ask the same of all
GIVEN = "given"  # in the stamp of a form with figures of the issuer
OWN_STAMP = (FLAGS, GIVEN)


def stamp_keys(form: Form) -> tuple[str, ...]:
    """Return what stands in the stamp of the workbooks of a form."""
    return (*STAMP, *((FLAGS,) if form.flags else ()), *((GIVEN,) if form.given else ()))


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
class ListSheet:
    """The sheet of a list: a title, a hint, the heads of the columns, and below them the lines.

    In front of each line is its number, and in a roll-up its agency too; behind the lines of a roll-up are check sums.
    """

    section: Section
    list: List
    name: str

    HINT_ROW: ClassVar = 1
    HEAD_ROW: ClassVar = 2
    FIRST_ROW: ClassVar = 3
    BEFORE: ClassVar = ("number",)
    BEFORE_IN_ROLLUP: ClassVar = ("district", "code", "agency", "number")

    @property
    def title(self) -> str:
        """The title of the list, otherwise that of its section."""
        return self.list.title or self.section.title

    @property
    def flags(self) -> frozenset[str]:
        """The flags that an agency needs that has the sheet."""
        return frozenset({self.section.only, self.list.only} - {""})

    def before(self, *, is_rollup: bool) -> tuple[str, ...]:
        """Return what is in front of the columns."""
        return self.BEFORE_IN_ROLLUP if is_rollup and self.list.merge == "stack" else self.BEFORE

    def columns(self, *, is_rollup: bool) -> dict[str, int]:
        """Return the place of each column as issued."""
        first = len(self.before(is_rollup=is_rollup))
        return {key: first + index for index, key in enumerate(self.list.keys)}

    def lines(self, count: int = 0, *, is_rollup: bool = False) -> Area:
        """Return the area of the lines as issued: so many as the form allows, or in a roll-up *count*."""
        columns = self.columns(is_rollup=is_rollup)
        rows = max(1, count) if is_rollup else max(count, self.list.most)
        return Area.at(self.FIRST_ROW, min(columns.values()), rows, len(columns))

    @property
    def checks(self) -> CheckGroup:
        """The column of the checks of the lines, right of the list; there is none in a roll-up."""
        lines = self.lines()
        area = Area(lines.row, lines.last_column + 2, lines.last_row, lines.last_column + 2)
        return CheckGroup("lines", self.title, area, Area.at(self.HEAD_ROW, area.column), ())

    def range_name(self, column: str) -> str:
        """Return the defined name of the cells of a column."""
        return f"{self.list.key}.{column}"


@dataclass(frozen=True, eq=False)
class Layout:
    """The layout of the workbook of a form; of one for an agency of which not all is asked, the sheets that it gets."""

    form: Form
    sheets: tuple[Sheet, ...]
    cover: CoverSheet
    lists: tuple[ListSheet, ...] = ()
    elsewhere: frozenset[str] = frozenset()  # what is not asked, by name

    @property
    def in_order(self) -> Iterator[Sheet | ListSheet]:
        """Yield the sheets of the sections and lists in the order of the workbook."""
        for section in self.form.sections:
            yield from (sheet for sheet in self.sheets if sheet.section is section)
            yield from (sheet for sheet in self.lists if sheet.section is section)

    @cached_property
    def places(self) -> dict[str, tuple[str, Area]]:
        """The sheet and area of every cell and prose cell, by name."""
        found: dict[str, tuple[str, Area]] = {}
        for sheet in self.sheets:
            areas = sheet.table | sheet.texts | sheet.fields
            found |= {name: (sheet.name, area) for name, area in areas.items()}
        found |= {name: (COVER, area) for name, area in self.cover.fields.items()}
        heads = {sheet.list.key: (sheet.name, Area.at(ListSheet.HEAD_ROW, 0)) for sheet in self.lists}
        figures = self.form.list_figures.items()
        found |= heads | {name: heads[over.list] for name, over in figures if over.list in heads}
        for name, (of_field, _) in self.form.counted.items():  # of several choices each option has a cell
            if name in found:
                found.setdefault(of_field, found[name])
            elif of_field in found:
                found[name] = found[of_field]
        return found

    @cached_property
    def formulas(self) -> dict[str, str]:
        """The issued formula of each derived cell whose parts are on the same sheet; those with other figures are not."""
        address, outside = self.form.in_products(lambda part: self.address(part)[1]), self.form.outside
        return {
            cell.name: cell.formula(address)
            for cell in self.form.totals
            if cell.name in self.places
            and outside.isdisjoint((cell.ratio or cell.definition or Linear(())).names)
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
        """The groups of checks beside tables, fields and lists, each with the name of its sheet."""
        found = [(sheet.name, group) for sheet in self.sheets for group in sheet.groups]
        lines = [(sheet.name, sheet.checks) for sheet in self.lists]
        return (*([(COVER, self.cover.field_checks)] if self.cover.field_checks else []), *found, *lines)
