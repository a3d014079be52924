"""Draw the sheet of a section: the table as the official form prints it, with checks beside it, or boxes for prose."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from xltools.data.number import NO_VALUE
from xltools.excel import live_checks
from xltools.excel.formula import rectangles
from xltools.excel.text_height import lines
from xltools.excel.writer.canvas import (
    AMBER,
    HEI,
    LINE,
    LOCKED,
    OPEN,
    QUIET,
    RED,
    Canvas,
    ensure,
    formula_result,
    set_widths,
)
from xltools.excel.writer.content import Content, finish
from xltools.excel.writer.fields import MOST_NUMBER, number_accepted, write_field
from xltools.form.address import a1
from xltools.form.model import Cell
from xltools.form.places import Area, Beside, CheckGroup, Label, Sheet
from xltools.text import clerk

_LINE_HEIGHT, _LEAST_HEIGHT, _MOST_HEIGHT = 14.5, 20.0, 400.0  # points; Excel's limit is 409
_IN_SMALL, _SMALL_LINE = 11 / 9, 12.0  # characters of the hint for one of the table, and its points
_EVEN_HEIGHT, _PAGE_HEIGHT = 28.0, 700.0  # points: of a row of a short table, and of a page
_ON_ONE_PAGE = 45  # rows of a table that is printed on one page, if need be smaller
_ERROR = "#FFCDD2"  # of a total over something that is not a number; the check beside it says what is wrong
_GAP = "　"  # at least, after the label of who signs
_NARROWEST = 8.0  # characters; a column with a year in its head


def write_section(canvas: Canvas, content: Content, sheet: Sheet) -> None:
    """Draw the sheet of one section."""
    page = canvas.page(sheet.name)
    beside = sheet.beside if content.last else None
    set_widths(page, _column_widths(sheet, beside))
    for label in sheet.labels:
        canvas.put(page, label.area, label.text, _label_format(canvas, label, sheet))
    heads = _last_year_labels(content, beside) if beside else ()
    _set_heights(page, sheet, (*sheet.labels, *heads), _column_widths(sheet, beside))
    hint = _hint_text(content, sheet)
    canvas.put(page, sheet.hint, hint, canvas.format(font_size=9, font_color=QUIET, align="left"))
    needed = lines(hint, sum(sheet.widths[sheet.hint.column : sheet.hint.last_column + 1]) * _IN_SMALL)
    if needed > 1:  # above a narrow table
        page.set_row(sheet.hint.row, needed * _SMALL_LINE + 3)
    if sheet.cells:
        _write_table(canvas, content, sheet, page)
    else:
        _write_prose(canvas, content, sheet, page)
    for name, area in sheet.fields.items():
        write_field(canvas, content, page, name, area, sum(sheet.widths[area.column : area.last_column + 1]))
    for group in sheet.groups:
        _write_checks(canvas, content, sheet, page, group)
    page.freeze_panes(*sheet.frozen_at)
    printed = sheet.page
    if sheet.signed:
        _write_signed(canvas, content, page, sheet.signed, sum(sheet.widths))
        printed = printed._replace(last_row=sheet.signed.last_row)
    finish(canvas, content, page, printed, landscape=sheet.section.landscape)
    if sheet.cells and sheet.page.rows <= _ON_ONE_PAGE:
        page.fit_to_pages(1, 1)


def _write_signed(canvas: Canvas, content: Content, page: Worksheet, area: Area, width: float) -> None:
    """Draw the line below a table where people sign on paper; what they type is on the cover."""
    labels = [clerk()("sheet.signed", label=label) for label in content.layout.form.signers]
    room = int((width / 2 - sum(map(len, labels))) / len(labels))
    canvas.put(page, area, "".join(label + _GAP * max(1, room) for label in labels), canvas.format())
    page.set_row(area.row, 30)


def _label_format(canvas: Canvas, label: Label, sheet: Sheet) -> Format:
    if label.role == "title":
        return canvas.format(font_name=HEI, font_size=15, align="center")
    if label.role == "heading":
        return canvas.format(font_name=HEI, font_size=12)
    if label.role == "hint":
        return canvas.format(font_size=9, font_color=QUIET)
    if label.role == "field":
        return canvas.boxed(align="left", indent=1, bg_color=LOCKED)
    starts = sheet.section.starts if sheet.cells else ()
    align = "left" if label.role == "stub" and label.area.column not in starts else "center"
    return canvas.boxed(align=align, indent=int(align == "left"), bold=label.role == "caption")


def _column_widths(sheet: Sheet, beside: Beside | None) -> tuple[float, ...]:
    """Return the widths of the columns, including those of the checks and of last year's figures."""
    if beside is None or beside.title.column <= sheet.page.last_column:
        return sheet.widths
    between = beside.title.column - len(sheet.widths)
    wide = max(_NARROWEST, sheet.section.column_width)
    across = beside.title.last_column - beside.title.column + 1
    return (*sheet.widths, *(10.0,) * between, *(wide,) * across)


def _set_heights(page: Worksheet, sheet: Sheet, labels: Iterable[Label], sizes: tuple[float, ...]) -> None:
    """Make all rows of a table equally tall, and taller where a label needs it: Excel fits no rows to merged cells.

    The rows of a short table are taller than those of a long one, which is to fit on a page.
    """
    page.set_row(0, 30)
    even = min(_EVEN_HEIGHT, max(_LEAST_HEIGHT, _PAGE_HEIGHT / sheet.page.rows))
    table = range(sheet.hint.row + 1, sheet.page.last_row + 1) if sheet.cells else ()
    needed = dict.fromkeys(table, even)
    for label in labels:
        area = label.area
        if label.role == "title" or area.row != area.last_row:
            continue
        width = sum(sizes[area.column : area.last_column + 1])
        height = lines(label.text, width) * _LINE_HEIGHT + 5
        needed[area.row] = min(_MOST_HEIGHT, max(needed.get(area.row, _LEAST_HEIGHT), height))
    for row, height in needed.items():
        page.set_row(row, height)


def _hint_text(content: Content, sheet: Sheet) -> str:
    t = clerk()
    if not sheet.cells:
        return t("sheet.hint-fields" if sheet.fields else "sheet.hint-prose") + _given_hint(content, sheet)
    if content.rollup:
        return t("sheet.hint-rollup")
    cells = [content.layout.form.cells[name] for name in sheet.cells]
    units = {cell.unit for cell in cells}
    derived = t("sheet.hint-derived") if any(cell.is_total for cell in cells) else ""
    carried = (
        t.about(content.layout.form.period, "sheet.hint-carried")
        if content.carried & sheet.cells.keys()
        else ""
    )
    unit = t("sheet.hint-unit", unit=units.pop()) if len(units) == 1 else ""
    others = t("sheet.hint-elsewhere") if sheet.cells.keys() & content.layout.elsewhere else ""
    return t("sheet.hint") + derived + _given_hint(content, sheet) + others + carried + unit


def _given_hint(content: Content, sheet: Sheet) -> str:
    """Return the sentence about what the issuer gives, if there is anything like that on the sheet of a return."""
    given, fields = {*content.layout.form.given} - content.layout.elsewhere, content.layout.form.fields
    names = {*sheet.cells, *(name for name in fields if name.startswith(f"{sheet.section.key}."))}
    return clerk()("sheet.hint-given") if names & given and not content.rollup else ""


def _write_table(canvas: Canvas, content: Content, sheet: Sheet, page: Worksheet) -> None:
    for name, area in sheet.cells.items():
        _write_cell(canvas, content, page, content.layout.form.cells[name], area)
    for area in sheet.void.values():
        canvas.put(page, area, NO_VALUE, canvas.boxed(bg_color=LOCKED))
    for area in sheet.gaps:
        canvas.put(page, area, None, canvas.boxed())
    _add_validations(content, sheet, page)
    _show_texts(canvas, content, sheet, page)
    if content.last and sheet.beside:
        _write_last_year(canvas, content, sheet.beside, page)


def _write_last_year(canvas: Canvas, content: Content, beside: Beside, page: Worksheet) -> None:
    """Draw last year's figures beside the table: grey, locked, not printed, and without defined names."""
    t, period = clerk(), content.stamp.period.previous
    title = canvas.format(font_size=9, font_color=QUIET, align="left")
    canvas.put(
        page, beside.title, t.about(content.layout.form.period, "sheet.last-year", period=period), title
    )
    head = canvas.boxed(font_size=9, font_color=QUIET, bg_color=LOCKED)
    for label in _last_year_labels(content, beside):
        canvas.put(page, label.area, label.text, head)
    style = canvas.figure(num_format="General", font_color=QUIET, bg_color=LOCKED)
    for name, area in beside.cells.items():
        canvas.put(page, area, content.last.get(name), style)


def _last_year_labels(content: Content, beside: Beside) -> tuple[Label, ...]:
    """Return the labels of last year's columns. They contain the year, because each label of the form stands once in a sheet."""
    period, t = content.stamp.period.previous, clerk()
    return tuple(
        replace(label, text=t("sheet.last-year-label", period=period, label=label.text))
        for label in beside.labels
    )


def _write_cell(canvas: Canvas, content: Content, page: Worksheet, cell: Cell, area: Area) -> None:
    if content.is_left_blank(cell):
        canvas.put(page, area, None, canvas.boxed(pattern=14, fg_color=LINE, bg_color=LOCKED))
        return
    is_open, is_elsewhere = content.is_open(cell), cell.name in content.layout.elsewhere
    style = canvas.figure(
        num_format=_number_format(cell, is_open=is_open, is_elsewhere=is_elsewhere),
        bg_color=OPEN if is_open else LOCKED,
        locked=not is_open,
        bold=cell.is_total,
    )
    value = content.values.get(cell.name)
    if is_open or (cell.name in content.locked and not content.rollup and not cell.is_total):
        canvas.put(page, area, Decimal(0) if value is None and is_elsewhere else value, style)
        return
    if content.rollup:  # a click on a figure of the district selects the agencies' figures
        column = live_checks.in_matrix(content.rows.column(cell.name))
        canvas.link(page, area.anchor, f"internal:{column}", clerk()("rollup.trace"))
    form = content.layout.form

    def address(name: str) -> str:
        return content.figure(name, cell.section.sheet)

    if content.rollup:
        formula = live_checks.district_formula(form, cell, content.rows, address)
    else:
        formula = cell.formula(form.in_products(address))
    canvas.formula(page, area, formula, style, formula_result(cell, value))


def _number_format(cell: Cell, *, is_open: bool, is_elsewhere: bool) -> str:
    """Return the format of a figure; all digits that were typed are shown. What is not asked is 0, shown as a dash."""
    shown = "0" if cell.number == "count" else "General"
    if cell.ratio and not is_open:
        shown = f"0.{'0' * cell.places}".rstrip(".")
    return f'{shown};-{shown};"{NO_VALUE}"' if is_elsewhere else shown


def _add_validations(content: Content, sheet: Sheet, page: Worksheet) -> None:
    """Refuse what cannot be a figure as it is typed: one validation per kind of figure and rectangle."""
    t = clerk()
    kinds: dict[tuple[str, bool, str, bool, int | None], list[tuple[int, int]]] = {}
    for name, area in sheet.cells.items():
        cell = content.layout.form.cells[name]
        if content.is_open(cell):
            places = cell.decimals if cell.number == "decimal" else None
            key = cell.number, cell.signed, cell.unit, bool(cell.weight), places
            kinds.setdefault(key, []).append(area.anchor)
    for (number, signed, unit, is_mean, places), anchors in kinds.items():
        kind = f"signed-{number}" if signed else number
        message = t("input.mean" if is_mean else f"input.{kind}", unit=unit or "—")
        limit = "" if places is None else t("input.decimals", places=places)
        options = {
            "input_title": t("input.title"),
            "input_message": message + limit,
            "error_title": t("input.error-title"),
            "error_message": t(f"input.error-{kind}") + limit,
        }
        least, is_whole = -MOST_NUMBER if signed else 0, number == "count"
        for area in rectangles(anchors):
            accepted = number_accepted(area, least, places, is_whole=is_whole) | options
            ensure(page.data_validation(area.row, area.column, area.last_row, area.last_column, accepted))


def _show_texts(canvas: Canvas, content: Content, sheet: Sheet, page: Worksheet) -> None:
    """Colour a text in place of a figure, and the totals over it, whose error values say nothing to a clerk."""
    form = content.layout.form
    open_cells = {name for name in sheet.cells if content.is_open(form.cells[name])}
    for names, test, look in (
        (open_cells, "ISTEXT", RED),
        (sheet.cells.keys() - open_cells, "ISERROR", {"bg_color": _ERROR, "font_color": _ERROR}),
    ):
        for area in rectangles(sheet.cells[name].anchor for name in names):
            canvas.when_true(page, area, f"{test}({a1(*area.anchor)})", **look)


def _write_checks(canvas: Canvas, content: Content, sheet: Sheet, page: Worksheet, group: CheckGroup) -> None:
    t = clerk()
    label = t("sheet.check-line", label=group.label) if group.label else t("sheet.check")
    canvas.put(page, group.head, label, canvas.format(font_size=9, font_color=QUIET, align="center"))
    style = canvas.boxed(font_size=9, font_color="#2E7D32", border=4)
    for check in group.checks:
        if checked := content.checked(check, sheet.name):
            formula, result = checked
            canvas.formula(page, check.area, formula, style, result)
        else:
            canvas.put(page, check.area, None, style)
    canvas.when_begins(page, group.area, live_checks.FAILED, **RED)
    asked = {one.level for check in group.checks for one in check.constraints}
    if any(content.layout.form.cells[name].weight for check in group.checks for name in check.quotients):
        asked.add("question")
    for level in ("question", "warning"):
        if level in asked:
            canvas.when_begins(page, group.area, live_checks.MARKS[level], **AMBER)
    if group.area.column > sheet.page.last_column:  # a column of checks stands a little off the table
        page.set_column(group.area.column - 1, group.area.column - 1, 1.5)
        page.set_column(group.area.column, group.area.column, 10)
    elif group.head.row == group.area.row:  # a row of checks needs two lines
        page.set_row(group.area.row, 30)


def _write_prose(canvas: Canvas, content: Content, sheet: Sheet, page: Worksheet) -> None:
    least = 130.0 if len(sheet.texts) > 1 else _MOST_HEIGHT
    for name, area in sheet.texts.items():
        text = content.prose.get(name, "")
        canvas.put(page, area, text, canvas.open_text())
        page.set_row(area.row, min(_MOST_HEIGHT, max(least, lines(text, sum(sheet.widths)) * 16 + 10)))
