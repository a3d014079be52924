"""Draw subtotals by kind of agency, on a sheet of their own: rows among the agencies would be sorted and summed."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from xltools.data.record import Figures
from xltools.data.rollup import Rollup, Subtotal, subtotals
from xltools.excel import live_checks
from xltools.excel.formula import area_a1
from xltools.excel.writer.canvas import LOCKED, QUIET, Canvas, formula_result
from xltools.excel.writer.content import Content
from xltools.excel.writer.wide import WideColumns, print_wide, write_heads, write_names, write_wide_title
from xltools.form.model import Form
from xltools.form.places import KINDS, PREFIX, Area, Matrix
from xltools.text import clerk

_ABOUT = ("kind", "criterion", "count")
_WIDTHS = (18.0, 14.0, 9.0)


def write_kinds(canvas: Canvas, content: Content, rollup: Rollup) -> None:
    """Draw one row per kind and one for the district; every figure is a formula over the rows of agencies."""
    page, t, form = canvas.page(KINDS), clerk(), content.layout.form
    cells = [cell for cell in form.cells.values() if cell.is_summed]
    parts, matrix = subtotals(rollup), content.rows
    columns = WideColumns.of(cells, [part.values for part in parts] + [content.values], _WIDTHS, (), (0, 2))
    write_wide_title(canvas, page, columns, t("rollup.kinds-title"), t("rollup.kinds-about"))
    write_heads(
        canvas, page, {column: (t(f"rollup.{key}"), PREFIX + key) for column, key in enumerate(_ABOUT)}
    )
    write_names(canvas, content, page, columns)
    kinds = live_checks.in_matrix(matrix.column(f"{PREFIX}kind"))
    text, quiet = canvas.boxed(font_size=9, align="left"), canvas.boxed(font_size=9, font_color=QUIET)
    figure = canvas.figure(font_size=9)
    for row, part in enumerate(parts, Matrix.FIRST_ROW):
        criterion = area_a1(Area.at(row, _ABOUT.index("criterion")))
        canvas.put(page, Area.at(row, 0), part.kind or t("rollup.no-kind"), text)
        canvas.put(page, Area.at(row, 1), _criterion(part), quiet)
        canvas.formula(page, Area.at(row, 2), f"COUNTIFS({kinds},${criterion})", figure, part.count)

        def summed(name: str, criterion: str = criterion) -> str:
            return f"SUMIFS({live_checks.in_matrix(matrix.column(name))},{kinds},${criterion})"

        _write_figures(canvas, form, page, row, columns, part.values, summed, figure)
    last, whole = Matrix.FIRST_ROW + len(parts), canvas.figure(font_size=9, bold=True, bg_color=LOCKED)
    canvas.put(page, Area.at(last, 0, 1, 2), t("rollup.total"), whole)
    counts = area_a1(Area.at(Matrix.FIRST_ROW, 2, len(parts)))
    canvas.formula(page, Area.at(last, 2), f"SUM({counts})", whole, len(rollup.members))
    _write_figures(
        canvas, form, page, last, columns, content.values, partial(live_checks.column_sum, matrix), whole
    )
    page.freeze_panes(Matrix.FIRST_ROW, columns.first)
    print_wide(canvas, content, page, columns, last)


def _write_figures(
    canvas: Canvas,
    form: Form,
    page: Worksheet,
    row: int,
    columns: WideColumns,
    values: Figures,
    summed: Callable[[str], str],
    style: Format,
) -> None:
    """Draw the figures of a row; ratios and means are derived from the sums in it."""
    places = {
        cell.name: area_a1(Area.at(row, column)) for column, cell in enumerate(columns.cells, columns.first)
    }

    def operand(name: str) -> str:
        return summed(name) if name in form.means else places[name]

    for column, cell in enumerate(columns.cells, columns.first):
        formula = cell.formula(operand) if cell.ratio else summed(cell.name)
        canvas.formula(
            page, Area.at(row, column), formula, style, formula_result(cell, values.get(cell.name))
        )


def _criterion(part: Subtotal) -> str:
    """Return the criterion for COUNTIFS and SUMIFS that finds this kind; an equals sign alone finds blank cells."""
    return "=" + re.sub(r"([~*?])", r"~\1", part.kind)
