"""Draw the cells of fields, with a validation and a prompt for each kind; in a roll-up, counts and sums of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import NamedTuple

from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from xltools.data.field_words import count_words, prompt, refusal, span_words
from xltools.data.rollup import Rollup
from xltools.excel import live_checks
from xltools.excel.formula import text_formula
from xltools.excel.list_formulas import ABOVE, BELOW, codes_name, dependent_options, pairs_of
from xltools.excel.text_height import lines
from xltools.excel.writer.canvas import LINE, LOCKED, OPEN, Canvas, cell_number, ensure
from xltools.excel.writer.content import Content
from xltools.form.address import a1
from xltools.form.days import number_of
from xltools.form.fields import Valued
from xltools.form.kinds import Choice, Choices, Date, Number, Text, ValueKind
from xltools.form.model import Form
from xltools.form.places import CODES, Area
from xltools.text import clerk

_LONGEST_PROMPT, _LONGEST_TITLE = 255, 32  # characters; the limits of Excel for a validation
_LONGEST_LIST = 255  # characters of a list within a validation
_LONGEST_FORMULA = 8000  # characters, a little below the limit of Excel
_PROSE_HEIGHT, _TALLEST, _LINE = 80.0, 400.0, 16.0  # points
_FIRST_DAY, _LAST_DAY = dt.date(1900, 3, 1), dt.date(2199, 12, 31)  # before, programs count days differently
_MOST_TEXT = 32_767  # characters in a cell
MOST_NUMBER = 999_999_999_999  # whole numbers up to this are stored exactly


class _FieldCell(NamedTuple):
    """One cell of a field: its name, that of the field, and of several choices the option that it marks."""

    canvas: Canvas
    content: Content
    page: Worksheet
    name: str
    field: str
    option: str
    area: Area
    kind: ValueKind


def write_field(
    canvas: Canvas, content: Content, page: Worksheet, name: str, area: Area, width: float
) -> None:
    """Draw the cell with that *name*, so many characters wide: of a field, or of a text of the first schema."""
    form, rollup = content.layout.form, content.rollup
    field, option = form.counted.get(name, (name, ""))
    kind = form.kinds.get(field)
    text = content.prose.get(field, "")
    if kind is None or (rollup and isinstance(kind, Text)):
        canvas.put(page, area, text, canvas.open_text(valign="vcenter", indent=1))
    else:
        cell = _FieldCell(canvas, content, page, name, field, option, area, kind)
        if rollup:
            _write_summary(cell, rollup, width)
        else:
            _write_value(cell, text, is_open=field not in content.locked)
            if field not in content.locked:
                _add_validation(cell)
    if isinstance(kind, Text) and kind.name == "prose":
        page.set_row(area.row, min(_TALLEST, max(_PROSE_HEIGHT, lines(text, width) * _LINE + 10)))


def _write_value(cell: _FieldCell, value: str, *, is_open: bool) -> None:
    """Draw the cell of a return."""
    canvas, kind = cell.canvas, cell.kind
    shown: object
    look: dict[str, object] = {"bg_color": OPEN if is_open else LOCKED, "locked": not is_open}
    style = canvas.open_text(valign="vcenter", indent=1, **look)
    if isinstance(kind, Choices):
        shown = clerk()("field.yes") if kind.figures(value).get(cell.option) else ""
        style = canvas.open_text(valign="vcenter", align="center", **look)
    elif isinstance(kind, Number):
        shown = cell.content.values.get(cell.name)
        style = canvas.figure(num_format="0" if kind.whole else "General", **look)
    elif isinstance(kind, Date):
        shown = serial_of(value)
        style = canvas.figure(num_format="yyyy-mm-dd", **look)
    else:
        shown = kind.shown(value)
        style = canvas.open_text(**look) if kind.name == "prose" else style
    canvas.put(cell.page, cell.area, shown, style)


def serial_of(value: str) -> Decimal | str:
    """Return a canonical date as the number that a workbook stores; as a text before the days with certain numbers."""
    day = dt.date.fromisoformat(value) if value else None
    return number_of(day) if day and day >= _FIRST_DAY else value


# -- validations


def _add_validation(cell: _FieldCell) -> None:
    """Refuse what cannot be a value of the field as it is typed, and say what to type."""
    form = cell.content.layout.form
    one, area = form.fields[cell.field], Area.at(*cell.area.anchor)
    add_validation(cell.page, area, form, cell.field, one, cell.kind, one.under)


def add_validation(
    page: Worksheet, area: Area, form: Form, name: str, one: Valued, kind: ValueKind, item: str = ""
) -> None:
    """Refuse what cannot be a value of a field or a column as it is typed into *area*, and say what to type.

    A choice may depend on the *item* shown at that place.
    """
    options = (
        _accepted(one, kind, area, is_single=name in form.fields)
        | ({"source": f"={dependent_options(form, name, item)}"} if item else {})
        | {
            "input_title": one.label[:_LONGEST_TITLE],
            "input_message": prompt(form, name)[:_LONGEST_PROMPT],
            "error_title": clerk()("input.error-title"),
            "error_message": refusal(kind),
        }
    )
    ensure(page.data_validation(area.row, area.column, area.last_row, area.last_column, options))


def number_accepted(area: Area, least: int, decimals: int | None, *, is_whole: bool) -> dict[str, object]:
    """Return what the validation of cells for numbers accepts: with no more *decimals* than that, if there is a limit."""
    if decimals is None:
        what = "integer" if is_whole else "decimal"
        return {"validate": what, "criteria": "between", "minimum": least, "maximum": MOST_NUMBER}
    cell = a1(*area.anchor)
    is_number = f"ISNUMBER({cell}),{cell}>={least},{cell}<={MOST_NUMBER}"
    return {"validate": "custom", "value": f"=AND({is_number},ABS(ROUND({cell},{decimals})-{cell})<1E-9)"}


def _accepted(one: Valued, kind: ValueKind, area: Area, *, is_single: bool) -> dict[str, object]:
    """Return what the validation accepts. A field has a cell for each of several choices, a column has one for all."""
    if isinstance(kind, Choices) and not is_single:
        return {"validate": "length", "criteria": "<=", "value": _MOST_TEXT}
    if isinstance(kind, Choices):
        return {"validate": "list", "source": [clerk()("field.yes")]}
    if isinstance(kind, Choice):
        return {"validate": "list", "source": f"={codes_name(one.from_)}" if _is_long(kind) else _shown(kind)}
    if isinstance(kind, Date):
        return {"validate": "date", "criteria": "between", "minimum": _FIRST_DAY, "maximum": _LAST_DAY}
    if isinstance(kind, Number):
        least = -MOST_NUMBER if kind.signed else 0
        return number_accepted(area, least, None if kind.whole else kind.decimals, is_whole=kind.whole)
    return {"validate": "length", "criteria": "<=", "value": kind.longest}


def _shown(kind: Choice) -> list[str]:
    return [option.shown for option in kind.options]


def _is_long(kind: Choice) -> bool:
    """Return whether the options do not fit in a validation, where they stand between quotes, separated by commas."""
    text = "".join(_shown(kind))
    return len(text) + len(kind.options) > _LONGEST_LIST or "," in text or '"' in text


def write_codes(canvas: Canvas, content: Content) -> None:
    """Draw the sheet 代码: the lists that are too long for a validation, those of which columns show something, and dependent ones."""
    form = content.layout.form
    valued: list[tuple[Valued, ValueKind]] = [(form.fields[name], kind) for name, kind in form.kinds.items()]
    valued += [(form.columns[name], kind) for name, kind in form.column_kinds.items()]
    shown = _shown_of_items(form)
    names = (*form.fields, *form.columns)
    dependent = {one.from_: name for name, (one, _) in zip(names, valued, strict=True) if one.under}
    long = {
        one.from_: kind
        for one, kind in valued
        if isinstance(kind, Choice)
        and not isinstance(kind, Choices)
        and (_is_long(kind) or one.from_ in shown or one.from_ in dependent)
    }
    if not long:
        return
    page, head, text = (
        canvas.page(CODES),
        canvas.boxed(bg_color=LOCKED, bold=True),
        canvas.boxed(align="left"),
    )
    columns: list[tuple[str, str, Sequence[str]]] = []  # its defined name, its head, its texts
    for codes, kind in long.items():
        labels = dict.fromkeys(one.label for one, _ in valued if one.from_ == codes)
        columns.append((codes_name(codes), "、".join(labels), _shown(kind)))
        for what, name in shown.get(codes, {}).items():
            shown_texts = [form.option_of(name, option, what) for option in kind.by_name]
            columns.append((codes_name(codes, what), clerk()(f"list.shows-{what}"), shown_texts))
        if codes in dependent:
            above, below = zip(*pairs_of(form, dependent[codes]), strict=True)
            columns.append((codes_name(codes, ABOVE), clerk()("list.shows-under"), above))
            columns.append((codes_name(codes, BELOW), "、".join(labels), below))
    for column, (name, label, texts) in enumerate(columns):
        canvas.put(page, Area.at(0, column), label, head)
        for row, words in enumerate(texts, 1):
            canvas.put(page, Area.at(row, column), words, text)
        page.set_column(column, column, 40)
        canvas.define(name, CODES, Area.at(1, column, len(texts)), is_range=True)
    canvas.protect(page)


def _shown_of_items(form: Form) -> dict[str, dict[str, str]]:
    """Return what columns of lists show of the items of each list of codes, with the name of a column of such items."""
    found: dict[str, dict[str, str]] = {}
    for key, one in form.lists.items():
        for source, what in (column.shown_of for column in one.columns if column.shows):
            name = f"{key}.{source}"
            found.setdefault(form.columns[name].from_, {})[what] = name
    return found


# -- roll-ups


def _write_summary(cell: _FieldCell, rollup: Rollup, width: float) -> None:
    """Draw the cell of a roll-up: a sum, the counts of all options, or the first and the last day."""
    canvas, content, page = cell.canvas, cell.content, cell.page
    figure = content.layout.form.cells.get(cell.name)
    if figure and not figure.additive:
        canvas.put(page, cell.area, None, canvas.boxed(pattern=14, fg_color=LINE, bg_color=LOCKED))
    elif figure:
        column = live_checks.in_matrix(content.rows.column(cell.name))
        canvas.link(page, cell.area.anchor, f"internal:{column}", clerk()("rollup.trace"))
        style = canvas.figure(num_format="General", bg_color=LOCKED)
        result = cell_number(content.values.get(cell.name, Decimal(0)))
        canvas.formula(page, cell.area, live_checks.column_sum(content.rows, cell.name), style, result)
    elif isinstance(cell.kind, Choice):
        _write_counts(cell, width, canvas.boxed(align="left", indent=1, bg_color=LOCKED))
    else:
        canvas.put(
            page, cell.area, span_words(rollup.spans.get(cell.field, "")), canvas.boxed(bg_color=LOCKED)
        )


def _write_counts(cell: _FieldCell, width: float, style: Format) -> None:
    """Draw how many agencies chose each option, in one cell."""
    parts = list(_counts(cell))
    joint = clerk()("field.joint")
    formula = f"&{text_formula(joint)}&".join(f"{text_formula(label)}&{figure}" for label, figure, _ in parts)
    result = joint.join(label + count for label, _, count in parts)
    if len(formula) > _LONGEST_FORMULA:
        cell.canvas.put(cell.page, cell.area, clerk()("field.too-many"), style)
        return
    cell.canvas.formula(cell.page, cell.area, formula, style, result)
    cell.page.set_row(cell.area.row, max(22.0, lines(result, width) * _LINE + 4))


def _counts(cell: _FieldCell) -> Iterator[tuple[str, str, str]]:
    """Yield for each option its label, the formula for its count, and the count."""
    content, form = cell.content, cell.content.layout.form
    for name in (name for name, (field, _) in form.counted.items() if field == cell.field):
        label = count_words(form, name, "")
        count = cell_number(content.values.get(name, Decimal(0)))
        yield label, live_checks.column_sum(content.rows, name), str(count)
