"""The tables of an export: their columns, and their rows one by one. No format knows forms, and no table formats."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, NamedTuple

from xltools.data.observations import FigureState, Observation, ReturnFigures
from xltools.form.layout import layout
from xltools.form.model import Cell, Form
from xltools.report.export.extract import Extract

Value = str | int | Decimal | None
Row = tuple[Value, ...]
Kind = Literal["text", "whole", "decimal", "flag"]


class Column(NamedTuple):
    """A column and the kind of its values, any of which may be missing."""

    name: str
    kind: Kind = "text"


Columns = tuple[Column, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Columns, and rows that can be gone through once."""

    columns: Columns
    rows: Iterable[Row]


def _texts(*names: str) -> Columns:
    return tuple(map(Column, names))


ABOUT: Columns = (
    *_texts("form", "edition"),
    Column("year", "whole"),
    *_texts("district", "agency_code", "agency", "level", "file", "sha256", "via"),
)
_OF_CELL = _texts("cell", "section", "row_label", "column_label", "sheet", "address", "unit", "kind")
TIDY: Columns = (*ABOUT, *_OF_CELL, Column("value", "decimal"), Column("state"))
DICTIONARY: Columns = (
    *_texts("form", "edition", "cell", "section_key", "row_key", "column_key"),
    *_texts(
        "section",
        "row_label",
        "column_label",
        "label",
        "sheet",
        "address",
        "unit",
        "kind",
        "number",
        "definition",
    ),
    Column("signed", "flag"),
    Column("additive", "flag"),
    Column("only_for"),
)


def figures(extract: Extract) -> Table:
    """The table that was asked for: a row a figure, or a row a return."""
    return Table(TIDY, _tidy(extract)) if extract.wide is None else wide(extract, extract.wide)


def _tidy(extract: Extract) -> Iterator[Row]:
    for one in extract.returns():
        about = about_return(one)
        for figure in extract.figures(one):
            yield (*about, *_of_figure(figure), figure.value, figure.state.value)


def _of_figure(figure: Observation) -> Row:
    cell = figure.cell
    row, column = _path(cell.row_path), _path(cell.column_path)
    return cell.name, cell.section.title, row, column, figure.sheet, figure.address, cell.unit, kind_of(cell)


def wide(extract: Extract, form: Form) -> Table:
    """A row a return and a column a figure of *form*; the column ``unread`` counts the figures that are not known."""
    values = tuple(Column(name, "decimal") for name in form.cells)
    return Table((*ABOUT, Column("unread", "whole"), *values), _wide(extract))


def _wide(extract: Extract) -> Iterator[Row]:
    for one in extract.returns():
        found = list(extract.figures(one))
        unread = sum(figure.state is FigureState.UNREAD for figure in found)
        yield (*about_return(one), unread, *(figure.value for figure in found))


def about_return(one: ReturnFigures) -> Row:
    """Whose figures they are and where they come from, in the columns :data:`ABOUT`."""
    stamp = one.filing.stamp
    assert stamp is not None  # noqa: S101  a filing without one has no returns
    agency, source = one.agency, one.source
    return (
        *(stamp.form, stamp.edition, stamp.year, agency.district, agency.code, agency.name),
        *(one.level.value, source.path, source.sha256, one.via or None),
    )


def dictionary(forms: Iterable[Form]) -> Table:
    """A row a cell of each form: what a figure's name stands for, and how a total is made."""
    return Table(DICTIONARY, (_of_cell(form, cell) for form in forms for cell in form.cells.values()))


def _of_cell(form: Form, cell: Cell) -> Row:
    section, row, column = cell.name.split(".")
    return (
        *(form.key, form.edition, cell.name, section, row, column),
        *(cell.section.title, _path(cell.row_path), _path(cell.column_path), cell.label),
        *(*layout(form).address(cell.name), cell.unit, kind_of(cell), cell.number),
        str(cell.definition) if cell.definition else None,
        *(cell.signed, cell.additive, cell.only),
    )


def kind_of(cell: Cell) -> str:
    """Whether its figure is filled in or derived."""
    return "total" if cell.is_total else "input"


def _path(labels: tuple[str, ...]) -> str:
    return "/".join(labels)
