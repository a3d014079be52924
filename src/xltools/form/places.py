"""The places of a workbook: areas, labels, cells, checks, sheets. What stands where is :mod:`xltools.form.layout`'s business.

Rows and columns count from 0. Nothing here knows a spreadsheet library.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Literal, NamedTuple

from xltools.form.address import a1
from xltools.form.linear import Equation
from xltools.form.model import Form, Section

RESERVED_SHEETS = (
    "封面",
    "各单位数据",
    "来源清单",
    "豁免清单",
    "需要修改的地方",
    "历年对比",
    "图表",
    "分类小计",
)
COVER, MATRIX, SOURCES, WAIVED, SLIP, YEARS, CHARTS, KINDS = RESERVED_SHEETS


class Area(NamedTuple):
    """A rectangle of sheet cells; often just one."""

    row: int
    column: int
    last_row: int
    last_column: int

    @classmethod
    def at(cls, row: int, column: int, rows: int = 1, columns: int = 1) -> Area:
        """The rectangle of that size with its upper left corner there."""
        return cls(row, column, row + rows - 1, column + columns - 1)

    @property
    def anchor(self) -> tuple[int, int]:
        """The cell that holds the value when the rectangle is merged."""
        return self.row, self.column

    @property
    def rows(self) -> int:
        """How many rows it takes."""
        return self.last_row - self.row + 1

    @property
    def columns(self) -> int:
        """How many columns it takes."""
        return self.last_column - self.column + 1

    @property
    def is_single(self) -> bool:
        """Whether it is one cell."""
        return self.anchor == (self.last_row, self.last_column)


Role = Literal["title", "caption", "head", "stub", "heading", "hint"]


@dataclass(frozen=True, slots=True)
class Label:
    """Words the form prints, and where."""

    text: str
    area: Area
    role: Role


class Check(NamedTuple):
    """A cell beside the table that says whether some figures are right.

    ``inputs`` must be numbers of their kind; the ``equations`` must hold.
    """

    area: Area
    inputs: tuple[str, ...]
    equations: tuple[Equation, ...]


class CheckGroup(NamedTuple):
    """A column or a line of checks with one name, listed on the cover.

    ``key`` names the words for it: ``figures`` for the column beside a table (numbers and row totals),
    ``total`` for the totals of a row, ``rule`` for a rule of the form; ``label`` is the form's own words.
    """

    key: Literal["figures", "total", "rule"]
    label: str
    area: Area
    head: Area
    checks: tuple[Check, ...]


class Beside(NamedTuple):
    """Room for last year's figures outside the printed page: a title, the columns' labels, and a cell for each cell."""

    title: Area
    labels: tuple[Label, ...]
    cells: dict[str, Area]


@dataclass(frozen=True, eq=False)
class Sheet:
    """One section's sheet."""

    section: Section
    labels: tuple[Label, ...]
    hint: Area
    cells: dict[str, Area]
    texts: dict[str, Area]
    groups: tuple[CheckGroup, ...]
    widths: tuple[float, ...]
    page: Area  # what is printed; the checks stand outside
    frozen_at: tuple[int, int]
    beside: Beside | None = None  # only a table has it

    @property
    def name(self) -> str:
        """The sheet's name in the workbook."""
        return self.section.sheet

    @cached_property
    def anchors(self) -> dict[str, tuple[int, int]]:
        """The place of each cell."""
        return {name: area.anchor for name, area in self.cells.items()}


class CoverSheet(NamedTuple):
    """The first sheet: what is stamped, who filled it in, and the list of checks."""

    stamp: dict[str, Area]
    fields: dict[str, Area]
    status: Area
    checks_row: int  # one line a group of checks, then one a rule across tables
    rules: dict[str, Area]  # rules across tables are checked here
    blanks_row: int  # one line a table sheet


PREFIX = "xltools."  # of the names and properties that carry the stamp
STAMP = ("district", "name", "code", "year", "form", "edition", "kind")
COUNT_COLUMN, FIRST_COLUMN = 1, 2  # of the list of checks on the cover


@dataclass(frozen=True, slots=True)
class Matrix:
    """The roll-up's sheet of one row a file and one column a cell: the column of each name, and the rows.

    The last row of the head holds the names. Of a sheet that was read, columns and rows are where they were found.
    """

    ABOUT: ClassVar = ("district", "code", "name", "kind", "file", "sha256", "check")
    FORMER: ClassVar = (
        "district",
        "code",
        "name",
        "file",
        "sha256",
    )  # what roll-ups had before rows had a check
    SECTION_ROW: ClassVar = 1
    ROW_ROW: ClassVar = 2
    COLUMN_ROW: ClassVar = 3
    ADDRESS_ROW: ClassVar = 4
    NAME_ROW: ClassVar = 5

    columns: Mapping[str, int]
    first: int
    last: int

    @classmethod
    def issued(cls, form: Form, count: int) -> Matrix:
        """Where *count* members of a roll-up are written. Without any, one row is left for a sum to stand on."""
        names = (*(PREFIX + key for key in cls.ABOUT), *form.cells)
        columns = {name: column for column, name in enumerate(names)}
        return cls(columns, cls.NAME_ROW + 1, cls.NAME_ROW + max(1, count))

    def column(self, name: str) -> Area:
        """The cells of all rows below that name."""
        return Area(self.first, self.columns[name], self.last, self.columns[name])

    @property
    def is_checked(self) -> bool:
        """Whether its rows and those of the account have a check."""
        return PREFIX + "check" in self.columns


class Waived:
    """The roll-up's list of the findings that were accepted."""

    COLUMNS = ("agency", "finding", "place", "words", "reason", "who", "date")
    HEAD_ROW, FIRST_ROW = 1, 2


class Years:
    """The roll-up's comparison of a district with itself: one row a figure, one column a year."""

    MOST = 4  # years besides this one
    ROW, COLUMN, UNIT, NOW, LAST, CHANGE, RATE, BEFORE = range(8)  # the years before last begin at BEFORE
    NAME = BEFORE + MOST - 1
    HEAD_ROW, FIRST_ROW = 2, 3


class Sources:
    """The roll-up's account of every file and every agency."""

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
    """The whole workbook of one form."""

    form: Form
    sheets: tuple[Sheet, ...]
    cover: CoverSheet

    @cached_property
    def places(self) -> dict[str, tuple[str, Area]]:
        """Sheet and area of every cell and prose cell by name."""
        found: dict[str, tuple[str, Area]] = {}
        for sheet in self.sheets:
            found |= {name: (sheet.name, area) for name, area in (sheet.cells | sheet.texts).items()}
        return found | {f"cover.{key}": (COVER, area) for key, area in self.cover.fields.items()}

    @cached_property
    def order(self) -> dict[str, int]:
        """The place of each cell in the form's order."""
        return {name: index for index, name in enumerate(self.form.cells)}

    @cached_property
    def formulas(self) -> dict[str, str]:
        """The formula of each total as it is issued: its parts stand on its own sheet."""

        def reference(name: str) -> str:
            return self.address(name)[1]

        return {cell.name: cell.definition.print(reference) for cell in self.form.totals if cell.definition}

    def address(self, name: str) -> tuple[str, str]:
        """Sheet and address of a cell or prose cell, as a person names them."""
        sheet, area = self.places[name]
        return sheet, a1(*area.anchor)

    @cached_property
    def groups(self) -> tuple[tuple[Sheet, CheckGroup], ...]:
        """Every group of checks with its sheet, in order."""
        return tuple((sheet, group) for sheet in self.sheets for group in sheet.groups)
