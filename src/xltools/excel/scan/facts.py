"""The facts of a workbook, as the scanner returns them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import accumulate
from typing import NamedTuple

from xltools.excel.colours import Colour
from xltools.excel.number_format import ValueCondition
from xltools.form.address import COLUMNS
from xltools.white_space import compact

Bounds = tuple[int, int, int, int]  # of an area: first row and column, last row and column


class Fact(NamedTuple):
    """One cell: its type (n, s, b, e; d in old formats), its stored text, its formula, the number of its style."""

    type: str
    text: str | None
    formula: str | None
    style: int


class Comment(NamedTuple):
    """A comment at a cell."""

    author: str
    text: str


class ListTable(NamedTuple):
    """A table whose parts formulas refer to by name; *heads* and *totals* are the numbers of such rows."""

    sheet: str
    bounds: Bounds
    columns: Mapping[str, int]  # their numbers in the table, by name in lower case
    heads: int
    totals: int


class ConditionalFormat(NamedTuple):
    """A conditional format: its ranges, the number of its style or a number format of its own.

    *condition* is the one on the value of the cell, or ``None`` if it is another one.
    """

    ranges: tuple[str, ...]
    number: str = ""
    code: str = ""
    condition: ValueCondition | None = None


class DrawnObject(NamedTuple):
    """A picture, shape, text box or chart that lies over cells."""

    bounds: Bounds
    has_text: bool


@dataclass(slots=True)
class SheetFacts:
    """One worksheet."""

    name: str
    state: str = "visible"
    cells: dict[tuple[int, int], Fact] = field(default_factory=dict)
    merges: list[Bounds] = field(default_factory=list)
    validations: list[str] = field(default_factory=list)  # the ranges with a validation
    is_protected: bool = False
    hidden_rows: set[int] = field(default_factory=set)  # also those that are too low to be seen
    hidden_columns: list[tuple[int, int]] = field(default_factory=list)  # first and last of each run
    hides_rows: bool = False  # rows without a height of their own are hidden
    hides_columns: bool = False  # columns without a width of their own are hidden
    shown_columns: list[tuple[int, int]] = field(
        default_factory=list
    )  # then first and last of each run that has one
    beyond_reach: tuple[int, int] = (
        0,
        0,
    )  # so many rows and columns are above and left of what frozen panes show
    objects: list[DrawnObject] = field(default_factory=list)
    comments: dict[tuple[int, int], Comment] = field(default_factory=dict)
    arrays: dict[str, str] = field(default_factory=dict)  # range and formula of arrays and of tables of data
    conditional: list[ConditionalFormat] = field(default_factory=list)
    names: dict[str, str] = field(
        default_factory=dict
    )  # defined names with this sheet as scope, in lower case

    def text(self, row: int, column: int) -> str:
        """Return the stored text of a cell, or ""."""
        fact = self.cells.get((row, column))
        return (fact.text or "") if fact else ""

    def hidden_among(self, columns: Iterable[int]) -> set[int]:
        """Return which of the columns are hidden."""
        columns = set(columns)
        hidden = _within(self.hidden_columns, columns)
        return hidden | columns - _within(self.shown_columns, columns) if self.hides_columns else hidden


def _within(runs: Iterable[tuple[int, int]], columns: Iterable[int]) -> set[int]:
    """Return which of the columns are in one of the runs."""
    runs = sorted(runs)
    reach = list(accumulate((last for _, last in runs), max))
    return {c for c in columns if (n := bisect_right(runs, (c, COLUMNS))) and c <= reach[n - 1]}


@dataclass(slots=True)
class Facts:
    """The facts of a workbook."""

    sheets: list[SheetFacts] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)  # workbook-wide defined names, in lower case
    tables: dict[str, ListTable] = field(default_factory=dict)  # by name, in lower case
    properties: dict[str, str] = field(default_factory=dict)  # custom document properties
    application: str = ""
    modified: str = ""  # when it was last saved, in ISO 8601
    structure_locked: bool = False
    locked: list[bool] = field(default_factory=list)  # by style number
    formats: list[str] = field(default_factory=list)  # by style number: the number format
    conditional: dict[str, str] = field(
        default_factory=dict
    )  # number formats of conditional formats, by number
    grounds: list[Colour] = field(default_factory=list)  # by style number: the background
    unseen: frozenset[int] = frozenset()  # the styles whose text cannot be read as it is
    struck: frozenset[int] = frozenset()  # the styles that strike the text out, or the cell
    epoch_1904: bool = False  # dates count from 1904
    external_links: int = 0  # the number of other workbooks that formulas refer to
    old_format: str = ""  # such as .xls; only values are known then

    def sheet(self, name: str) -> SheetFacts | None:
        """Return the worksheet called *name*, or ``None``; without one, white space in names does not count."""
        found = next((sheet for sheet in self.sheets if sheet.name == name), None)
        wanted = "" if found else compact(name)
        return found or next((sheet for sheet in self.sheets if compact(sheet.name) == wanted), None)
