"""The charts that a form asks for: native Excel charts over formulas, two or three to a page.

The formulas stand beside each chart, outside the printed page. So the chart stays right when somebody sorts or corrects
the rows of agencies.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from xlsxwriter.worksheet import Worksheet

from xltools.data.chart_figures import FOREMOST, in_year
from xltools.data.document import ChartBlock, Series
from xltools.data.period import Period
from xltools.data.rollup import Rollup
from xltools.excel import live_checks
from xltools.excel.formula import quoted
from xltools.excel.writer.canvas import LOCKED, QUIET, Canvas, cell_number, ensure
from xltools.excel.writer.content import Content, finish
from xltools.excel.writer.plot import ChartCells, ChartStyle, draw_chart
from xltools.excel.writer.years import rows_of, year_columns
from xltools.form import sections
from xltools.form.address import a1
from xltools.form.model import Form
from xltools.form.places import CHARTS, YEARS, Area
from xltools.text import clerk, number

# Blue and orange of Okabe and Ito's palette (https://jfly.uni-koeln.de/color/) and a light grey: people who are colour
# blind can tell them apart, and a black and white print shows them dark, medium and light.
_COLOURS = ("#0072B2", "#E69F00", "#D0D0D0")
# A chart takes 14 columns of 48 points and 30 rows of 15, with a note of 30 points below it. Two of them, fitted to the
# width of a page of A4, are as tall as the page.
_PAGE_COLUMNS, _CHART_ROWS, _PAGE_ROWS = 14, 30, 31
_NOTE_HEIGHT = 30.0  # points
_HEAD_ROWS = 2  # above the numbers of a chart
_ON_A4, _ON_A3 = 2, 3  # charts on a page
_GAP, _WIDE_GAP = 60, 160  # between bars, in percent of the width of one
_FEW = 6  # with no more bars than this, the wide gap keeps them from becoming too thick
_DIGIT, _PLOT = 7.5, 0.8  # width of a digit in pixels; the part of a chart's width that its bars take
_WIDTH, _PIXELS = 8.43, (64, 20)  # of a column in characters; of a column and a row in pixels
_TABLE = _PAGE_COLUMNS + 1  # the first column of the numbers
_TABLE_WIDTHS = (10.0, 14.0, 14.0, 28.0, 14.0)
_LONGEST_NAME = 16  # characters of an agency's name beside its bar


@dataclass(frozen=True, slots=True)
class _FormulaValue:
    """A formula with its result."""

    formula: str
    result: Decimal


_TableRow = tuple[str | Decimal | _FormulaValue | None, ...]


@dataclass(frozen=True, slots=True)
class _ChartTable:
    """The numbers of a chart: ``labels`` columns that describe a row, the last of them on the axis, then measures."""

    heads: tuple[str, ...]
    labels: int
    rows: tuple[_TableRow, ...]
    title: str
    note: str


def write_charts(canvas: Canvas, content: Content, rollup: Rollup) -> None:
    """Write the sheet with every chart of the form for which there are numbers."""
    page = canvas.page(CHARTS)
    page.set_column(0, _PAGE_COLUMNS - 1, _WIDTH)  # explicit, since the default differs between programs
    for offset, width in enumerate(_TABLE_WIDTHS):
        page.set_column(_TABLE + offset, _TABLE + offset, width)
    row = 0
    for chart in content.layout.form.charts:
        if data := _KINDS[chart.kind](content, rollup, chart, row + _HEAD_ROWS):
            _write_chart(canvas, page, content.layout.form, chart, data, row)
            row += _PAGE_ROWS
    drawn = row // _PAGE_ROWS
    printed = Area.at(0, 0, max(1, row), _PAGE_COLUMNS)
    finish(canvas, content, page, printed, is_large=drawn == _ON_A3)
    if drawn <= _ON_A3:
        page.fit_to_pages(1, 1)
    else:
        page.set_h_pagebreaks(range(_ON_A4 * _PAGE_ROWS, row, _ON_A4 * _PAGE_ROWS))


# -- the numbers, whose first row is *top*


def _agencies_table(content: Content, rollup: Rollup, chart: sections.Chart, top: int) -> _ChartTable | None:
    """Return the agencies with the largest values in descending order, or None without agencies."""
    t, (measure,), count = clerk(), chart.shows, len(rollup.members)
    rows: list[_TableRow] = []
    for place, (member, amount) in enumerate(rollup.foremost(chart), top):
        district, code = (a1(place, _TABLE + column) for column in (1, 2))
        formula = live_checks.member_value(content.rows, measure.is_, district, code)
        agency, rank = member.agency, Decimal(place - top + 1)
        value = _FormulaValue(formula, amount)
        rows.append((rank, agency.district, agency.code, _short_name(agency.name), value))
    if not rows:
        return None
    many = count > FOREMOST
    title = t("chart.top", title=chart.title, count=FOREMOST) if many else chart.title
    note = t("chart.note-top" if many else "chart.note-agencies", count=count, shown=FOREMOST)
    heads = (t("chart.rank"), t("rollup.district"), t("rollup.code"), t("rollup.agency"), measure.label)
    return _ChartTable(heads, 4, tuple(rows), title, note)


def _short_name(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"


def _measures_table(content: Content, rollup: Rollup, chart: sections.Chart, top: int) -> _ChartTable | None:  # noqa: ARG001  one table of kinds
    """Return the measures of the district side by side."""
    t = clerk()
    rows = tuple((measure.label, _this_years_value(content, measure)) for measure in chart.shows)
    return _ChartTable((t("chart.line"), t("chart.count")), 1, rows, chart.title, t("chart.note-lines"))


def _trend_table(content: Content, rollup: Rollup, chart: sections.Chart, top: int) -> _ChartTable | None:  # noqa: ARG001
    """Return the years from the first known one to this one, or None if only this one is known."""
    t = clerk()
    rows: list[_TableRow] = []
    for period, column in sorted(year_columns(rollup)):
        values = tuple(_earlier_value(content, rollup, measure, period, column) for measure in chart.shows)
        if any(values):
            rows.append((f"{period:spaced}", *values))
    if not rows:
        return None
    now = (_this_years_value(content, measure) for measure in chart.shows)
    rows.append((f"{rollup.period:spaced}", *now))
    heads = (t.about(rollup.form.period, "chart.trend"), *(measure.label for measure in chart.shows))
    return _ChartTable(heads, 1, tuple(rows), chart.title, t.about(rollup.form.period, "chart.note-trend"))


def _this_years_value(content: Content, measure: sections.Measure) -> _FormulaValue:
    formula = measure.is_.print(lambda name: content.figure(name, CHARTS))
    return _FormulaValue(formula, measure.is_.value(content.values))


def _earlier_value(
    content: Content, rollup: Rollup, measure: sections.Measure, period: Period, column: int
) -> _FormulaValue | None:
    """Return a measure of an earlier year, or None if a figure that it adds is unknown."""
    found = in_year(measure.is_, rollup.earlier.get(period, {}))
    if found is None:
        return None
    places = rows_of(content)
    formula = measure.is_.print(lambda name: f"{quoted(YEARS)}!{a1(places[name], column)}")
    return _FormulaValue(formula, found)


_KINDS: dict[str, Callable[[Content, Rollup, sections.Chart, int], _ChartTable | None]] = {
    "agencies": _agencies_table,
    "lines": _measures_table,
    "trend": _trend_table,
}


# -- the picture


def _write_chart(
    canvas: Canvas, page: Worksheet, form: Form, asked: sections.Chart, data: _ChartTable, row: int
) -> None:
    """Put the chart on the page at *row*, the note below it and its numbers beside it."""
    _write_table(canvas, page, data, row)
    columns = list(zip(data.heads, *data.rows, strict=True))[data.labels - 1 :]
    (axis, *categories), *measures = columns
    series = tuple(
        Series(name, tuple(value.result if isinstance(value, _FormulaValue) else None for value in values))
        for name, *values in measures
    )
    kind: Literal["column", "bar"] = "column" if asked.kind == "trend" else "bar"
    chart = ChartBlock(data.title, kind, tuple(map(str, categories)), series)
    cells = [form.cells[name] for name in asked.names]
    style = ChartStyle(
        colours=_COLOURS,
        frame="#BFBFBF",
        title_size=16,
        text_size=11,
        label_size=10,
        gap=_GAP if len(categories) * len(series) > _FEW else _WIDE_GAP,
        bold_title=True,
        outlined=True,
        has_legend=kind == "column",
        upright_labels=kind == "column" and _are_crowded(chart),
        number_format="#,##0" if all(cell.number == "count" for cell in cells) else "General",
        category_title=axis,
        value_title=clerk()("chart.axis", unit=cells[0].unit),
    )
    drawn = draw_chart(
        canvas, chart, style, ChartCells(CHARTS, row + _HEAD_ROWS - 1, _TABLE + data.labels - 1)
    )
    width, height = _PAGE_COLUMNS * _PIXELS[0], _CHART_ROWS * _PIXELS[1]
    drawn.set_size({"width": width - 4, "height": height - 4})
    ensure(page.insert_chart(row, 0, drawn, {"x_offset": 2, "y_offset": 2, "description": data.title}))
    page.set_row(row + _CHART_ROWS, _NOTE_HEIGHT)
    note = canvas.format(font_size=9, font_color=QUIET, text_wrap=False, valign="top")
    canvas.put(page, Area.at(row + _CHART_ROWS, 0), data.note, note)


def _are_crowded(chart: ChartBlock) -> bool:
    """Return whether labels side by side on top of their bars would overlap."""
    values = [value for series in chart.series for value in series.values if value is not None]
    widest = max(len(number(value)) for value in values)
    bars = len(chart.categories) * (len(chart.series) + _GAP / 100)
    return widest * _DIGIT * bars > _PAGE_COLUMNS * _PIXELS[0] * _PLOT


def _write_table(canvas: Canvas, page: Worksheet, data: _ChartTable, row: int) -> None:
    canvas.put(page, Area.at(row, _TABLE), clerk()("chart.data"), canvas.format(font_size=9, text_wrap=False))
    head = canvas.boxed(bg_color=LOCKED, bold=True, font_size=9)
    text = canvas.boxed(font_size=9, align="left", text_wrap=False, shrink=True)
    figure = canvas.boxed(font_size=9, num_format="General")
    canvas.put_row(page, row + _HEAD_ROWS - 1, data.heads, head, first=_TABLE)
    for place, values in enumerate(data.rows, row + _HEAD_ROWS):
        for column, value in enumerate(values, _TABLE):
            area = Area.at(place, column)
            if isinstance(value, _FormulaValue):
                canvas.formula(page, area, value.formula, figure, cell_number(value.result))
            else:
                canvas.put(page, area, value, text)
