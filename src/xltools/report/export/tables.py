"""The tables of an export: their columns and rows, whatever the format of the file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, NamedTuple

from xltools.data.observations import FigureState, ReturnFigures
from xltools.form.layout import layout
from xltools.form.model import Cell, Form
from xltools.report.export.extract import Extract

Value = str | int | Decimal | None
Row = tuple[Value, ...]
Kind = Literal["text", "whole", "decimal", "flag"]


class ExportColumn(NamedTuple):
    """The name of a column and the kind of its values; any value may be None."""

    name: str
    kind: Kind = "text"


Columns = tuple[ExportColumn, ...]


@dataclass(frozen=True, slots=True)
class ExportTable:
    """Columns, and rows that can be iterated once."""

    columns: Columns
    rows: Iterable[Row]


def _text_columns(*names: str) -> Columns:
    return tuple(map(ExportColumn, names))


ABOUT: Columns = (
    *_text_columns("form", "edition"),
    ExportColumn("year", "whole"),
    *_text_columns("district", "agency_code", "agency", "level", "file", "sha256", "via"),
)
_OF_CELL = _text_columns("cell", "section", "row_label", "column_label", "sheet", "address", "unit", "kind")
TIDY: Columns = (*ABOUT, *_OF_CELL, ExportColumn("value", "decimal"), ExportColumn("state"))
DICTIONARY: Columns = (
    *_text_columns("form", "edition", "cell", "section_key", "row_key", "column_key"),
    *_text_columns(
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
    ExportColumn("signed", "flag"),
    ExportColumn("additive", "flag"),
    ExportColumn("only_for"),
)


def figures(extract: Extract) -> ExportTable:
    """Return the table with one row per figure, or with one row per return if ``extract.wide`` is a form."""
    return ExportTable(TIDY, _tidy_rows(extract)) if extract.wide is None else wide(extract, extract.wide)


def _tidy_rows(extract: Extract) -> Iterator[Row]:
    for one in extract.returns():
        about = about_return(one)
        for figure in extract.figures(one):
            cell = figure.cell
            labels = cell.section.title, _path(cell.row_path), _path(cell.column_path)
            place = figure.sheet, figure.address, cell.unit, kind_of(cell)
            yield (*about, cell.name, *labels, *place, figure.value, figure.state.value)


def wide(extract: Extract, form: Form) -> ExportTable:
    """Return a table with one row per return and one column per cell of *form*.

    The column ``unread`` has the number of unreadable figures.
    """
    values = tuple(ExportColumn(name, "decimal") for name in form.cells)
    return ExportTable((*ABOUT, ExportColumn("unread", "whole"), *values), _wide_rows(extract))


def _wide_rows(extract: Extract) -> Iterator[Row]:
    for one in extract.returns():
        found = list(extract.figures(one))
        unread = sum(figure.state is FigureState.UNREAD for figure in found)
        yield (*about_return(one), unread, *(figure.value for figure in found))


def about_return(one: ReturnFigures) -> Row:
    """Return the values of the columns :data:`ABOUT`: form, year, agency and file."""
    stamp = one.filing.stamp
    assert stamp is not None  # noqa: S101  a filing without one has no returns
    agency, source = one.agency, one.source
    return (
        *(stamp.form, stamp.edition, stamp.year, agency.district, agency.code, agency.name),
        *(one.level.value, source.path, source.sha256, one.via or None),
    )


def dictionary(forms: Iterable[Form]) -> ExportTable:
    """Return a table with one row per cell of each form: its place, labels, kind and definition."""
    return ExportTable(DICTIONARY, (_cell_row(form, cell) for form in forms for cell in form.cells.values()))


def _cell_row(form: Form, cell: Cell) -> Row:
    section, row, column = cell.name.split(".")
    return (
        *(form.key, form.edition, cell.name, section, row, column),
        *(cell.section.title, _path(cell.row_path), _path(cell.column_path), cell.label),
        *(*layout(form).address(cell.name), cell.unit, kind_of(cell), cell.number),
        str(cell.definition) if cell.definition else None,
        *(cell.signed, cell.additive, cell.only),
    )


def kind_of(cell: Cell) -> str:
    """Return ``total`` or ``input``."""
    return "total" if cell.is_total else "input"


def _path(labels: tuple[str, ...]) -> str:
    return "/".join(labels)
