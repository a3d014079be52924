"""Draw 主要指标一览表: on one page every agency with the figures that the form calls its headline."""

from __future__ import annotations

from decimal import Decimal

from xlsxwriter.worksheet import Worksheet

from xltools.data.number import kept
from xltools.data.rollup import Rollup
from xltools.excel import live_checks
from xltools.excel.text_height import lines, width_of
from xltools.excel.writer.canvas import LOCKED, XIAOBIAO, Canvas, formula_result, set_widths
from xltools.excel.writer.content import Content, finish
from xltools.form.places import OVERVIEW, PREFIX, Area
from xltools.text import clerk

_TITLE_ROW, _ABOUT_ROW, _TOTAL_ROW, _HEAD_ROW, _FIRST_ROW = range(5)
_NUMBER, _NAME, _WIDEST, _LEAST = 6.0, 34.0, 60.0, 12.0  # characters
_PAGE = 130.0  # characters: a landscape page of A4
_ROW, _LINE = 20.0, 15.0  # points
_ON_A4, _ON_ONE_PAGE = 24, 60  # agencies; more of them take further pages


def write_overview(canvas: Canvas, content: Content, rollup: Rollup) -> None:
    """Draw the sheet. Each row refers to a row of 各单位数据 and stays right when those are sorted.

    The sums stand above the heads, where nobody takes them for an agency.
    """
    page, t, headline = canvas.page(OVERVIEW), clerk(), content.layout.form.headline
    last = len(headline) + 1
    title = t("overview.title", district=rollup.district, period=rollup.period)
    style = canvas.format(font_name=XIAOBIAO, font_size=18, align="center")
    canvas.put(page, Area(_TITLE_ROW, 0, _TITLE_ROW, last), title, style)
    page.set_row(_TITLE_ROW, 34)
    about = t("overview.about", form=content.layout.form.title, count=len(rollup.members))
    canvas.put(page, Area(_ABOUT_ROW, 0, _ABOUT_ROW, last), about, canvas.format(font_size=9, align="right"))
    name = max([_NAME, *(min(_WIDEST, width_of(one.agency.name) + 1) for one in rollup.members)])
    sums = (content.values.get(item.cell, Decimal(0)) for item in headline)
    width = max([_LEAST, (_PAGE - _NUMBER - name) / len(headline), *(len(kept(one)) + 1 for one in sums)])
    set_widths(page, (_NUMBER, name, *(width,) * len(headline)))
    _write_totals(canvas, content, page)
    head = canvas.boxed(bg_color=LOCKED, bold=True)
    heads = (t("overview.number"), t("overview.agency"), *(item.label for item in headline))
    canvas.put_row(page, _HEAD_ROW, heads, head)
    page.set_row(_HEAD_ROW, max(_ROW, *(lines(item.label, width) * _LINE + 6 for item in headline)))
    for index in range(len(rollup.members)):
        _write_row(canvas, content, rollup, page, index)
    page.freeze_panes(_FIRST_ROW, 2)
    _set_paper(canvas, content, page, Area(0, 0, _HEAD_ROW + len(rollup.members), last))


def _write_totals(canvas: Canvas, content: Content, page: Worksheet) -> None:
    style = canvas.figure(bold=True, bg_color=LOCKED, num_format="General")
    canvas.put(page, Area.at(_TOTAL_ROW, 0, 1, 2), clerk()("rollup.total"), style)
    for column, item in enumerate(content.layout.form.headline, 2):
        area = Area.at(_TOTAL_ROW, column)
        if content.is_left_blank(content.layout.form.cells[item.cell]):
            canvas.put(page, area, None, style)
        else:
            cell, value = content.layout.form.cells[item.cell], content.values.get(item.cell)
            formula = live_checks.column_sum(content.rows, item.cell)
            if cell.ratio:  # of the district, which is not a sum
                formula = live_checks.reference(content.layout, item.cell, OVERVIEW)
            canvas.formula(page, area, formula, style, formula_result(cell, value))
    page.set_row(_TOTAL_ROW, _ROW + 4)


def _write_row(canvas: Canvas, content: Content, rollup: Rollup, page: Worksheet, index: int) -> None:
    member, matrix, row = rollup.members[index], content.rows, _FIRST_ROW + index
    values = rollup.form.complete(member.values)
    name = live_checks.in_matrix(matrix.cell(f"{PREFIX}name", index))
    canvas.put(page, Area.at(row, 0), Decimal(index + 1), canvas.boxed())
    style = canvas.boxed(align="left", text_wrap=False, shrink=True)
    canvas.formula(page, Area.at(row, 1), name, style, member.agency.name)
    for column, item in enumerate(rollup.form.headline, 2):
        cell, formula = rollup.form.cells[item.cell], live_checks.in_matrix(matrix.cell(item.cell, index))
        if cell.weight:  # a reference to a blank cell would show 0
            formula = f'IF({formula}="","",{formula})'
        result = formula_result(cell, values.get(item.cell))
        canvas.formula(page, Area.at(row, column), formula, canvas.figure(num_format="General"), result)
    page.set_row(row, _ROW)


def _set_paper(canvas: Canvas, content: Content, page: Worksheet, printed: Area) -> None:
    agencies = printed.last_row - _HEAD_ROW
    is_large = agencies > _ON_A4 or printed.columns > _ON_A4
    finish(canvas, content, page, printed, landscape=True, is_large=is_large)
    page.repeat_rows(_HEAD_ROW)
    if agencies <= _ON_ONE_PAGE:
        page.fit_to_pages(1, 1)
