"""The charts that a form asks for: native ones over live cells, one to a page.

The numbers they show stand beside them, outside the printed page, as formulas: who sorts or corrects the rows of
agencies has the right picture all the same.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from xlsxwriter.worksheet import Worksheet

from xltools.data.measure import FOREMOST, in_year
from xltools.data.rollup import Rollup
from xltools.excel import live
from xltools.excel.formula import quoted
from xltools.excel.writer.canvas import HEI, LOCKED, QUIET, SONG, Canvas, header_text, sound, stored
from xltools.excel.writer.content import Content
from xltools.excel.writer.years import rows_of, year_columns
from xltools.form import model
from xltools.form.address import a1
from xltools.form.places import CHARTS, YEARS, Area
from xltools.text import clerk, number

# Blue and orange of Okabe and Ito's palette (https://jfly.uni-koeln.de/color/) and a light grey: they stay apart for
# eyes that see few colours, and dark, middle and light in print that has none.
_COLOURS = ("#0072B2", "#E69F00", "#D0D0D0")
_INK = "#262626"
# A page of A4 across takes 755 by 487 points within the margins: 14 columns of 48, and 30 rows of 15 with a note below
# that is just tall enough for the next chart to begin on the next page, whether or not a program heeds page breaks on a
# sheet that is as wide as the page. (Where the font is missing that columns are measured by, they are wider.)
_PAGE_COLUMNS, _CHART_ROWS, _PAGE_ROWS = 14, 30, 31
_NOTE_HEIGHT = 30.0  # points
_HEAD_ROWS = 2  # over the numbers of a chart
_GAP, _WIDE_GAP = 60, 160  # between bars, in hundredths of one
_FEW = 6  # bars that would be beams if they took all the room there is
_DIGIT, _PLOT = 7.5, 0.8  # pixels of a digit over a bar, and how much of a chart is left for bars
_WIDTH, _PIXELS = 8.43, (64, 20)  # of a column in characters, and of a column and a row
_TABLE = _PAGE_COLUMNS + 1  # the first column of the numbers
_TABLE_WIDTHS = (10.0, 14.0, 14.0, 28.0, 14.0)
_LONGEST_NAME = 16  # characters of an agency beside its bar


@dataclass(frozen=True, slots=True)
class _Value:
    """A cell of the numbers: a formula with its result, or nothing."""

    formula: str
    result: Decimal


_Row = tuple[str | Decimal | _Value | None, ...]


@dataclass(frozen=True, slots=True)
class _Data:
    """The numbers of a chart: ``labels`` columns that tell what a row is, the last of them on the axis, then measures."""

    heads: tuple[str, ...]
    labels: int
    rows: tuple[_Row, ...]
    title: str
    note: str


def write_charts(canvas: Canvas, content: Content, rollup: Rollup) -> None:
    """Draw every chart of the form for which there are numbers."""
    page, t = canvas.page(CHARTS), clerk()
    page.set_column(0, _PAGE_COLUMNS - 1, _WIDTH)  # told, since programs do not agree on what is usual
    for offset, width in enumerate(_TABLE_WIDTHS):
        page.set_column(_TABLE + offset, _TABLE + offset, width)
    row = 0
    for chart in content.layout.form.charts:
        if data := _KINDS[chart.kind](content, rollup, chart, row + _HEAD_ROWS):
            _draw(canvas, page, content.layout.form, chart, data, row)
            row += _PAGE_ROWS
    page.set_h_pagebreaks(range(_PAGE_ROWS, row, _PAGE_ROWS))
    header = t("sheet.header", name=header_text(content.stamp.agency.name), year=content.stamp.year)
    canvas.paper(page, Area.at(0, 0, max(1, row), _PAGE_COLUMNS), header, t("sheet.footer"), landscape=True)
    canvas.guard(page)


# -- the numbers, whose first row is *top*


def _agencies(content: Content, rollup: Rollup, chart: model.Chart, top: int) -> _Data | None:
    """Those that have most of it, in the order of now."""
    t, (measure,), count = clerk(), chart.shows, len(rollup.members)
    rows: list[_Row] = []
    for place, (member, amount) in enumerate(rollup.foremost(chart), top):
        district, code = (a1(place, _TABLE + column) for column in (1, 2))
        formula = live.member_value(content.rows, measure.is_, district, code)
        agency, rank = member.agency, Decimal(place - top + 1)
        value = _Value(formula, amount)
        rows.append((rank, agency.district, agency.code, _short(agency.name), value))
    if not rows:
        return None
    many = count > FOREMOST
    title = t("chart.top", title=chart.title, count=FOREMOST) if many else chart.title
    note = t("chart.note-top" if many else "chart.note-agencies", count=count, shown=FOREMOST)
    heads = (t("chart.rank"), t("rollup.district"), t("rollup.code"), t("rollup.agency"), measure.label)
    return _Data(heads, 4, tuple(rows), title, note)


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"


def _lines(content: Content, rollup: Rollup, chart: model.Chart, top: int) -> _Data | None:  # noqa: ARG001  one table of kinds
    """The measures of the district side by side."""
    t = clerk()
    rows = tuple((measure.label, _this_year(content, measure)) for measure in chart.shows)
    return _Data((t("chart.line"), t("chart.count")), 1, rows, chart.title, t("chart.note-lines"))


def _trend(content: Content, rollup: Rollup, chart: model.Chart, top: int) -> _Data | None:  # noqa: ARG001
    """The years from the first one known to this one; none where nothing but this one is known."""
    t = clerk()
    rows: list[_Row] = []
    for year, column in sorted(year_columns(rollup)):
        values = tuple(_earlier(content, rollup, measure, year, column) for measure in chart.shows)
        if any(values):
            rows.append((t("chart.year", year=year), *values))
    if not rows:
        return None
    now = (_this_year(content, measure) for measure in chart.shows)
    rows.append((t("chart.year", year=rollup.year), *now))
    heads = (t("chart.trend"), *(measure.label for measure in chart.shows))
    return _Data(heads, 1, tuple(rows), chart.title, t("chart.note-trend"))


def _this_year(content: Content, measure: model.Measure) -> _Value:
    formula = measure.is_.print(lambda name: live.reference(content.layout, name, CHARTS))
    return _Value(formula, measure.is_.value(content.values))


def _earlier(
    content: Content, rollup: Rollup, measure: model.Measure, year: int, column: int
) -> _Value | None:
    """A measure of a year before, where all that it is made of is known."""
    found = in_year(measure.is_, rollup.earlier.get(year, {}))
    if found is None:
        return None
    places = rows_of(content)
    formula = measure.is_.print(lambda name: f"{quoted(YEARS)}!{a1(places[name], column)}")
    return _Value(formula, found)


_KINDS: dict[str, Callable[[Content, Rollup, model.Chart, int], _Data | None]] = {
    "agencies": _agencies,
    "lines": _lines,
    "trend": _trend,
}


# -- the picture


def _draw(
    canvas: Canvas, page: Worksheet, form: model.Form, chart: model.Chart, data: _Data, row: int
) -> None:
    """The chart on the page, its note below, its numbers beside."""
    _table(canvas, page, data, row)
    upright = chart.kind == "trend"
    turned = upright and _are_crowded(data)
    drawn = canvas.chart("column" if upright else "bar")
    cells = [form.cells[name] for name in chart.names]
    whole = all(cell.number == "count" for cell in cells)
    for index, column in enumerate(range(data.labels, len(data.heads))):
        drawn.add_series(_series(data, row + _HEAD_ROWS, column, _COLOURS[index], whole=whole, turned=turned))
    drawn.set_title({"name": data.title, "overlay": False, "name_font": _font(HEI, 16, bold=True)})
    along = _AXIS | {"name": data.heads[data.labels - 1], "major_tick_mark": "none"}
    along |= {"label_position": "low"}  # out of the way of bars below zero
    amounts = _AXIS | {"name": clerk()("chart.axis", unit=cells[0].unit), "min": _least(data)}
    amounts |= {"label_position": "none", "major_tick_mark": "none"}  # each bar has its number
    drawn.set_x_axis(along if upright else amounts)
    # Bars are counted from the bottom up: turned round, the first is on top, and the other axis would be too.
    drawn.set_y_axis(amounts if upright else along | {"reverse": True, "crossing": "max"})
    drawn.set_legend({"position": "bottom", "font": _font(SONG, 11)} if upright else {"none": True})
    width, height = _PAGE_COLUMNS * _PIXELS[0], _CHART_ROWS * _PIXELS[1]
    drawn.set_size({"width": width - 4, "height": height - 4})
    drawn.set_chartarea({"border": {"color": "#BFBFBF"}})
    sound(page.insert_chart(row, 0, drawn, {"x_offset": 2, "y_offset": 2, "description": data.title}))
    page.set_row(row + _CHART_ROWS, _NOTE_HEIGHT)
    note = canvas.format(font_size=9, font_color=QUIET, text_wrap=False, valign="top")
    canvas.put(page, Area.at(row + _CHART_ROWS, 0), data.note, note)


def _series(
    data: _Data, first: int, column: int, colour: str, *, whole: bool, turned: bool
) -> dict[str, object]:
    """One measure, with what it shows now: whoever draws before computing draws the same."""
    last = first + len(data.rows) - 1
    labels, values = _TABLE + data.labels - 1, _TABLE + column
    few = len(data.rows) * (len(data.heads) - data.labels)
    return {
        "name": [CHARTS, first - 1, values],
        "name_data": [data.heads[column]],
        "categories": [CHARTS, first, labels, last, labels],
        "categories_data": [row[data.labels - 1] for row in data.rows],
        "values": [CHARTS, first, values, last, values],
        "values_data": [
            stored(value.result) if isinstance(value := row[column], _Value) else None for row in data.rows
        ],
        "fill": {"color": colour},
        "border": {"color": _INK, "width": 0.5},
        "gap": _GAP if few > _FEW else _WIDE_GAP,
        "data_labels": {
            "value": True,
            "position": "outside_end",
            "num_format": "#,##0" if whole else "General",
            "font": _font(SONG, 10) | ({"rotation": -90} if turned else {}),
        },
    }


def _are_crowded(data: _Data) -> bool:
    """Whether numbers side by side on top of their bars would run into each other."""
    values = [value for row in data.rows for value in row if isinstance(value, _Value)]
    widest = max(len(number(value.result)) for value in values)
    bars = len(data.rows) * (len(data.heads) - data.labels + _GAP / 100)
    return widest * _DIGIT * bars > _PAGE_COLUMNS * _PIXELS[0] * _PLOT


def _least(data: _Data) -> int | None:
    """Bars begin at zero, unless one lies below it."""
    values = (value.result for row in data.rows for value in row if isinstance(value, _Value))
    return 0 if all(value >= 0 for value in values) else None


def _font(name: str, size: int, *, bold: bool = False) -> dict[str, object]:
    return {"name": name, "size": size, "bold": bold, "color": _INK}


_AXIS: dict[str, object] = {
    "name_font": _font(SONG, 11),
    "num_font": _font(SONG, 11),
    "major_gridlines": {"visible": False},
    "line": {"color": "#7F7F7F"},
}


def _table(canvas: Canvas, page: Worksheet, data: _Data, row: int) -> None:
    canvas.put(page, Area.at(row, _TABLE), clerk()("chart.data"), canvas.format(font_size=9, text_wrap=False))
    head = canvas.boxed(bg_color=LOCKED, bold=True, font_size=9)
    text = canvas.boxed(font_size=9, align="left", text_wrap=False, shrink=True)
    figure = canvas.boxed(font_size=9, num_format="General")
    for column, label in enumerate(data.heads, _TABLE):
        canvas.put(page, Area.at(row + _HEAD_ROWS - 1, column), label, head)
    for place, values in enumerate(data.rows, row + _HEAD_ROWS):
        for column, value in enumerate(values, _TABLE):
            area = Area.at(place, column)
            if isinstance(value, _Value):
                canvas.formula(page, area, value.formula, figure, stored(value.result))
            else:
                canvas.put(page, area, value, text)
