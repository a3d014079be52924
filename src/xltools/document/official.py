"""The tables of a form as documents print them: figures with all merged heads of the official form, fields, and lists."""

from __future__ import annotations

from collections.abc import Container, Mapping
from collections.abc import Set as AbstractSet
from decimal import Decimal
from types import MappingProxyType

from xltools.data.document import Box, BoxRole, Paragraph, Table, plain_table
from xltools.data.field_words import summary
from xltools.data.filing import Return
from xltools.data.list_lines import derived_lines, shown_value
from xltools.data.number import NO_VALUE, digits
from xltools.data.record import ListLine, Record
from xltools.form.fields import label_with_unit
from xltools.form.layout import layout
from xltools.form.model import Cell, Form
from xltools.form.places import Area, Label, Sheet
from xltools.form.sections import List, Section
from xltools.text import clerk

_FIELD_WIDTHS = (30.0, 50.0)  # characters
_FIELD_ROLES: tuple[BoxRole, ...] = ("row", "text")
_LIST_WIDTHS = {"number": 12.0, "text": 24.0, "prose": 36.0, "date": 12.0, "yes": 8.0}
_OTHER_WIDTH, _NUMBER_WIDTH = 18.0, 6.0
_NAMED = 5  # unknown figures that a note names; it counts the others

PrintedFigures = Mapping[str, Decimal | None]  # by name of cell; an unknown figure is None or missing


def official_table(
    form: Form,
    section: Section,
    values: PrintedFigures | None,
    elsewhere: AbstractSet[str] = frozenset(),
    texts: Mapping[str, str] = MappingProxyType({}),
    units: Mapping[str, str] = MappingProxyType({}),
) -> Table:
    """Return the table of *section* with the figures *values*; the table of the blank form if *values* is None.

    A figure is printed with all its digits and nothing else, 0 as 0, as published reports do; a ratio without a value
    as a dash, and so is what is *elsewhere*, not asked of the agency. The place of an unknown
    figure is empty; :func:`unknown_note` explains it. Whether a blank cell means 0 is decided by the caller. Where a figure
    is in *texts*, that is printed, and in place of a unit that in *units*.
    """
    sheet = sheet_of(form, section)
    areas = sheet.table.values()
    figures = frozenset(column for area in areas for column in range(area.column, area.last_column + 1))
    boxes = [
        Box(_printed(label, units), label.area, _box_role(label, sheet, figures))
        for label in printed_labels(sheet)
    ]
    known = values or {}
    empty = unvalued(form, values or {}, elsewhere)
    boxes += [
        Box(NO_VALUE if name in empty else texts.get(name, digits(known.get(name))), area, "figure")
        for name, area in sheet.cells.items()
    ]
    boxes += [Box(NO_VALUE, area, "figure") for area in sheet.void.values()]
    top = top_row(sheet)
    boxes += _corners(boxes, top)
    moved = (
        box._replace(area=box.area._replace(row=box.area.row - top, last_row=box.area.last_row - top))
        for box in boxes
    )
    # In a table of several bands each band has a head of its own.
    body = min(area.row for area in sheet.table.values()) - top
    head = body if len(section.bands) == 1 else 0
    boxes = sorted(moved, key=lambda box: box.area)
    return Table(tuple(boxes), sheet.widths, section.title, head, section.starts[1:])


def printed_labels(sheet: Sheet) -> list[Label]:
    """Return the labels that the table of *sheet* prints."""
    return [label for label in sheet.labels if label.role in {"caption", "head", "stub", "aside"}]


def top_row(sheet: Sheet) -> int:
    """Return the row of *sheet* that is the first row of its table."""
    return min(area.row for area in (*(label.area for label in printed_labels(sheet)), *sheet.table.values()))


def unvalued(form: Form, values: PrintedFigures, elsewhere: AbstractSet[str] = frozenset()) -> frozenset[str]:
    """Return the ratios and means that have no value, because the known figure below is 0, and what is not asked."""
    known = {name: value for name, value in values.items() if value is not None}
    ratios = (name for name, cell in form.cells.items() if cell.ratio and form.is_without_value(name, known))
    return frozenset((*ratios, *(name for name in elsewhere if not known.get(name))))


def unknown(
    form: Form, section: Section, values: PrintedFigures, elsewhere: AbstractSet[str] = frozenset()
) -> tuple[Cell, ...]:
    """Return the cells of *section* whose figures are unknown, in printed order."""
    known = {name for name, value in values.items() if value is not None} | unvalued(form, values, elsewhere)
    return tuple(form.cells[name] for name in sheet_of(form, section).cells if name not in known)


def unknown_note(
    form: Form, section: Section, values: PrintedFigures, elsewhere: AbstractSet[str] = frozenset()
) -> Paragraph | None:
    """Return the note below a table that has unknown figures, or None if every figure is known."""
    missing = unknown(form, section, values, elsewhere)
    if not missing:
        return None
    named = "；".join(cell.label for cell in missing[:_NAMED])
    key = "unknown" if len(missing) <= _NAMED else "unknown-more"
    return Paragraph(clerk()(f"document.{key}", count=len(missing), labels=named), "note")


def sheet_of(form: Form, section: Section) -> Sheet:
    """Return the sheet of a section."""
    return next(sheet for sheet in layout(form).sheets if sheet.section.key == section.key)


def _printed(label: Label, units: Mapping[str, str]) -> str:
    return units.get(label.text, label.text) if label.role == "aside" else label.text


def _box_role(label: Label, sheet: Sheet, figures: frozenset[int]) -> BoxRole:
    """Return the role of a label; *figures* are the columns with cells."""
    if label.role in {"caption", "aside"}:
        return label.role
    if label.role == "stub":
        return "row"
    if label.area.column not in figures:
        return "corner"
    is_over_all = figures.isdisjoint((label.area.column - 1, label.area.last_column + 1))
    is_heading = is_over_all and label.text in {block.heading for block in sheet.section.blocks}
    return "heading" if is_heading else "column"


def _corners(boxes: list[Box], top: int) -> list[Box]:
    """Return empty boxes for the places that no box covers, such as those above the labels of rows."""
    taken = {place for box in boxes for place in box.area.places()}
    rows, columns = (max(place[axis] for place in taken) + 1 for axis in (0, 1))
    found: list[Box] = []
    for row in range(top, rows):
        for column in range(columns):
            if (row, column) in taken:
                continue
            # As wide as possible, and then as high as possible.
            end = next((c for c in range(column, columns) if (row, c) in taken), columns)
            across = range(column, end)
            bottom = next((r for r in range(row, rows) if any((r, c) in taken for c in across)), rows)
            area = Area(row, column, bottom - 1, end - 1)
            taken.update(area.places())
            found.append(Box("", area, "corner"))
    return found


def field_table(form: Form, section: Section, filing: Return | None) -> Table | None:
    """Return the table of the fields of a section, blank without a *filing*; ``None`` if it has no fields."""
    names = [f"{section.key}.{one.key}" for one in section.fields]
    if not names:
        return None
    t = clerk()
    rows = [(label_with_unit(form.fields[name]), _field_text(form, name, filing)) for name in names]
    return plain_table(
        [(t("field.item"), t("field.content")), *rows], _FIELD_ROLES, _FIELD_WIDTHS, section.title
    )


def _field_text(form: Form, name: str, filing: Return | None) -> str:
    if filing is None:
        return ""
    values: Mapping[str, Decimal] = filing.record.values
    if name in form.cells:
        return digits(values.get(name))
    text = filing.prose.get(name, "")
    return summary(form, name, values, text) if filing.is_rollup else form.shown(name, text) or ""


def list_table(
    form: Form,
    one: List,
    record: Record | None,
    *,
    is_sum: bool = False,
    only: Container[int] | None = None,
) -> Table:
    """Return the table of a list with a number before each line, and in that of a sum the agency; without a *record*, blank.

    With *only*, it has the lines of these numbers and no others.
    """
    t, is_stack = clerk(), is_sum and one.merge == "stack"
    before = (t("list.number"), *((t("list.agency"),) if is_stack else ()))
    rows = [(*before, *(column.label for column in one.columns))]
    lines: tuple[ListLine, ...] = ()
    if record:
        lines = derived_lines(form, one.key, record.lists.get(one.key, ()), record.complete())
    for number, line in enumerate(lines, 1):
        if only is None or number in only:
            whose = (line.agency.name if line.agency else "",) if is_stack else ()
            rows.append((str(number), *whose, *_line_texts(form, one, line)))
    if record is None:
        rows += [(str(number), *("" for _ in one.columns)) for number in range(1, one.print_ + 1)]
    roles: list[BoxRole] = ["row"]
    roles += ["text" for _ in before[1:]]
    roles += ["figure" if column.kind == "number" else "text" for column in one.columns]
    widths = [_NUMBER_WIDTH, *(_OTHER_WIDTH for _ in before[1:])]
    widths += (_LIST_WIDTHS.get(column.kind, _OTHER_WIDTH) for column in one.columns)
    return plain_table(rows, roles, tuple(widths), form.title_of_list(one.key))


def _line_texts(form: Form, one: List, line: ListLine) -> list[str]:
    found = []
    for column, value in zip(one.columns, line.values, strict=True):
        if column.is_ and value == "":
            found.append(NO_VALUE)
            continue
        shown = shown_value(form, f"{one.key}.{column.key}[]", value)
        found.append(digits(shown) if isinstance(shown, Decimal) else shown or "")
    return found
