"""The tables of an export, independent of the format: their columns, and an iterator over their rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, NamedTuple

from xltools.data.list_lines import derived_lines, line_keys
from xltools.data.observations import FigureState, ReturnFigures
from xltools.form.kinds import Choice
from xltools.form.layout import layout
from xltools.form.model import FLAG_JOINT, Cell, Form
from xltools.report.export.extract import Extract

Value = str | int | Decimal | None
ExportRow = tuple[Value, ...]
Kind = Literal["text", "whole", "decimal", "flag"]


class ExportColumn(NamedTuple):
    """A column and the kind of its values, any of which may be missing."""

    name: str
    kind: Kind = "text"


ExportColumns = tuple[ExportColumn, ...]


@dataclass(frozen=True, slots=True)
class ExportTable:
    """Columns, and rows that can be iterated over once."""

    columns: ExportColumns
    rows: Iterable[ExportRow]


def _texts(*names: str) -> ExportColumns:
    return tuple(map(ExportColumn, names))


ABOUT: ExportColumns = (
    *_texts("form", "edition"),
    ExportColumn("year", "whole"),
    *_texts("period", "district", "agency_code", "agency", "level", "file", "sha256", "via"),
)
_CELL_COLUMNS = _texts("cell", "section", "row_label", "column_label", "sheet", "address", "unit", "kind")
TIDY: ExportColumns = (*ABOUT, *_CELL_COLUMNS, ExportColumn("value", "decimal"), ExportColumn("state"))
LIST: ExportColumns = (
    ExportColumn("list"),
    ExportColumn("line", "whole"),
    *_texts("line_agency_code", "line_agency", "line_key", "column", "label", "kind", "value", "shown"),
    ExportColumn("number", "decimal"),
)
DICTIONARY: ExportColumns = (
    *_texts("form", "edition", "cell", "section_key", "row_key", "column_key"),
    *_texts("section", "row_label", "column_label", "label", "sheet", "address", "unit", "kind", "number"),
    ExportColumn("definition"),
    ExportColumn("signed", "flag"),
    ExportColumn("additive", "flag"),
    ExportColumn("only_for"),
)


def figures(extract: Extract) -> ExportTable:
    """Return the table with one row per figure or, if the extract is *wide*, one row per return.

    A wide table has a column for each figure of the form; the column ``unread`` counts those that could not be read.
    """
    if extract.wide is None:
        return ExportTable(TIDY, _tidy_rows(extract))
    values = tuple(ExportColumn(name, "decimal") for name in extract.wide.cells)
    texts = _texts(*_text_fields(extract.wide))
    return ExportTable((*ABOUT, ExportColumn("unread", "whole"), *values, *texts), _wide_rows(extract))


def _text_fields(form: Form) -> list[str]:
    """Return the names of the fields that have a text, a choice or a date."""
    return [name for name in form.fields if name not in form.cells]


def _tidy_rows(extract: Extract) -> Iterator[ExportRow]:
    for one in extract.returns():
        about = about_return(one)
        for figure in extract.figures(one):
            cell, place = figure.cell, (figure.sheet, figure.address)
            labels = cell.section.title, "/".join(cell.row_path), "/".join(cell.column_path)
            yield (
                *(*about, cell.name, *labels, *place, cell.unit, _kind_of(cell)),
                *(figure.value, figure.state.value),
            )


def _wide_rows(extract: Extract) -> Iterator[ExportRow]:
    for one in extract.returns():
        found = list(extract.figures(one))
        unread = sum(figure.state is FigureState.UNREAD for figure in found)
        texts = (one.texts.get(name) or None for name in _text_fields(one.filing.form))
        yield (*about_return(one), unread, *(figure.value for figure in found), *texts)


def field_rows(number: int, one: ReturnFigures) -> Iterator[ExportRow]:
    """Yield the fields with a text, a choice or a date of the return with that *number*: value and what its cell shows."""
    form = one.filing.form
    for name in _text_fields(form):
        if value := one.texts.get(name):
            yield (
                number,
                name,
                form.fields[name].label,
                form.fields[name].kind,
                value,
                form.shown(name, value),
            )


def list_rows(one: ReturnFigures) -> Iterator[ExportRow]:
    """Yield what is in the lists of a return, a row for each cell that is not blank: a number, or a value as a text."""
    form = one.filing.form
    figures = form.complete(one.values) if one.lists else {}
    for key, typed in one.lists.items():
        spec, lines = form.lists[key], derived_lines(form, key, typed, figures)
        for line, line_key in zip(lines, line_keys(spec, lines), strict=True):
            whose = (line.agency.code, line.agency.name) if line.agency else (None, None)
            for column, value in zip(spec.columns, line.values, strict=True):
                kind = form.column_kinds[f"{key}.{column.key}"]
                if isinstance(value, Decimal):
                    values: ExportRow = (None, None, value)
                else:
                    values = (value, kind.shown(value) if isinstance(kind, Choice) else value, None)
                if value != "":
                    about = (key, line.number, *whose, line_key, column.key, column.label, column.kind)
                    yield (*about, *values)


def lists(extract: Extract) -> ExportTable:
    """Return the table with one row per cell of a list, of the returns that were iterated over before."""
    rows = ((*about_return(one), *row) for one in extract.listed for row in list_rows(one))
    return ExportTable((*ABOUT, *LIST), rows)


def about_return(one: ReturnFigures) -> ExportRow:
    """Return the values of the columns :data:`ABOUT`: form, agency and source of a return."""
    stamp = one.filing.stamp
    agency, source = one.agency, one.source
    return (
        *(stamp.form, stamp.edition, stamp.period.whole_year.year, str(stamp.period)),
        *(agency.district, agency.code, agency.name),
        *(one.level.value, source.path, source.sha256, one.via or None),
    )


def dictionary(forms: Iterable[Form]) -> ExportTable:
    """Return the table with one row per cell of each form: what its name stands for, and the definition of a total."""
    rows = (_dictionary_row(form, cell) for form in forms for cell in form.cells.values())
    return ExportTable(DICTIONARY, rows)


def _dictionary_row(form: Form, cell: Cell) -> ExportRow:
    return (
        *(form.key, form.edition, cell.name, cell.section.key, cell.row.key, cell.column.key),
        *(cell.section.title, "/".join(cell.row_path), "/".join(cell.column_path), cell.label),
        *(*layout(form).address(cell.name), cell.unit, _kind_of(cell), cell.number),
        str(cell.definition or cell.ratio) if cell.is_total else None,
        *(cell.signed, cell.additive, FLAG_JOINT.join(sorted(cell.only)) or None),
    )


def _kind_of(cell: Cell) -> str:
    return "total" if cell.is_total else "input"
