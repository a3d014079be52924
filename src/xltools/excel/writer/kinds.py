"""Draw subtotals by kind of agency, on a sheet of their own: rows among the agencies would be sorted and summed."""

from __future__ import annotations

import re
from decimal import Decimal

from xltools.data.rollup import Rollup, Subtotal, subtotals
from xltools.excel import live_checks
from xltools.excel.formula import area_a1
from xltools.excel.writer.canvas import LOCKED, QUIET, Canvas, cell_number
from xltools.excel.writer.content import Content
from xltools.excel.writer.wide import WideColumns, print_wide, write_heads, write_names, write_wide_title
from xltools.form.places import KINDS, PREFIX, Area, Matrix
from xltools.text import clerk

_ABOUT = ("kind", "criterion", "count")
_WIDTHS = (18.0, 14.0, 9.0)


def write_kinds(canvas: Canvas, content: Content, rollup: Rollup) -> None:
    """Draw one row per kind and one for the district; every figure is a formula over the rows of agencies."""
    page, t, form = canvas.page(KINDS), clerk(), content.layout.form
    cells = [cell for cell in form.cells.values() if cell.additive]
    parts, matrix = subtotals(rollup), content.rows
    columns = WideColumns.of(cells, [part.values for part in parts] + [content.values], _WIDTHS, (), (0, 2))
    write_wide_title(canvas, page, columns, t("rollup.kinds-title"))
    write_heads(canvas, page, dict(enumerate(_ABOUT)))
    write_names(canvas, content, page, columns)
    kinds = live_checks.in_matrix(matrix.column(f"{PREFIX}kind"))
    text, quiet = canvas.boxed(font_size=9, align="left"), canvas.boxed(font_size=9, font_color=QUIET)
    figure = canvas.figure(font_size=9)
    for row, part in enumerate(parts, Matrix.FIRST_ROW):
        criterion = area_a1(Area.at(row, _ABOUT.index("criterion")))
        canvas.put(page, Area.at(row, 0), part.kind or t("rollup.no-kind"), text)
        canvas.put(page, Area.at(row, 1), _criterion(part), quiet)
        canvas.formula(page, Area.at(row, 2), f"COUNTIFS({kinds},${criterion})", figure, part.count)
        for column, cell in enumerate(cells, columns.first):
            figures = live_checks.in_matrix(matrix.column(cell.name))
            result = cell_number(part.values.get(cell.name, Decimal(0)))
            canvas.formula(
                page, Area.at(row, column), f"SUMIFS({figures},{kinds},${criterion})", figure, result
            )
    last, whole = Matrix.FIRST_ROW + len(parts), canvas.figure(font_size=9, bold=True, bg_color=LOCKED)
    canvas.put(page, Area.at(last, 0, 1, 2), t("rollup.total"), whole)
    counts = area_a1(Area.at(Matrix.FIRST_ROW, 2, len(parts)))
    canvas.formula(page, Area.at(last, 2), f"SUM({counts})", whole, len(rollup.members))
    for column, cell in enumerate(cells, columns.first):
        result = cell_number(content.values.get(cell.name, Decimal(0)))
        canvas.formula(page, Area.at(last, column), live_checks.column_sum(matrix, cell.name), whole, result)
    page.freeze_panes(Matrix.FIRST_ROW, columns.first)
    print_wide(canvas, content, page, columns, last)


def _criterion(part: Subtotal) -> str:
    """Return the criterion for COUNTIFS and SUMIFS that finds this kind; an equals sign alone finds blank cells."""
    return "=" + re.sub(r"([~*?])", r"~\1", part.kind)
