"""Draw charts with XlsxWriter, for the sheets of a roll-up and for Word documents."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from typing import NamedTuple

from xlsxwriter import chart as xlsx

from xltools.data.document import ChartBlock, Series
from xltools.data.number import normal
from xltools.excel.writer.canvas import HEI, LINE, SONG, Canvas, ensure

_INK = "#262626"
_GRID = {"visible": True, "line": {"color": "#D9D9D9", "width": 0.5}}


class ChartCells(NamedTuple):
    """Where the figures of a chart stand: a row of heads, and below it one row per category.

    *column* holds the categories, each column to the right of it one series.
    """

    sheet: str
    row: int
    column: int


@dataclass(frozen=True, slots=True)
class ChartStyle:
    """The look of a chart. Sizes are in points, ``gap`` is in percent of the width of a bar.

    ``has_scale`` adds numbers and grid lines to the axis of values; ``upright_labels`` turns the labels of bars by 90°.
    """

    colours: tuple[str, ...]
    frame: str  # the colour of the border, or ""
    title_size: int
    text_size: int
    label_size: int
    gap: int = 60
    bold_title: bool = False
    outlined: bool = False
    has_legend: bool = True
    has_scale: bool = False
    upright_labels: bool = False
    number_format: str = "General"
    category_title: str = ""
    value_title: str = ""


def chart_part(chart: ChartBlock, style: ChartStyle, sheet: str) -> bytes:
    """Return the XML part of *chart*; its references point to *sheet*, with the categories in column A."""
    with Canvas("") as canvas:
        drawn = draw_chart(canvas, chart, style, ChartCells(sheet, 0, 0))
        ensure(canvas.page(sheet).insert_chart(0, 0, drawn))
        package = canvas.close(locked=False)
    with zipfile.ZipFile(io.BytesIO(package)) as parts:
        return parts.read("xl/charts/chart1.xml")


def draw_chart(canvas: Canvas, chart: ChartBlock, style: ChartStyle, cells: ChartCells) -> xlsx.Chart:
    """Return the chart, ready to be inserted on a page; it refers to *cells* and also stores their values."""
    drawn = canvas.chart(chart.kind)
    for index, series in enumerate(chart.series):
        drawn.add_series(_series_options(chart, style, cells, index, series))
    title = _font_options(HEI, style.title_size, bold=style.bold_title)
    drawn.set_title({"name": chart.title, "overlay": False, "name_font": title})
    text = _font_options(SONG, style.text_size)
    axis = {"name_font": text, "num_font": text, "line": {"color": LINE}, "major_tick_mark": "none"}
    categories = axis | {
        "name": style.category_title,
        "label_position": "low",  # clear of bars below zero
        "major_gridlines": {"visible": False},
    }
    known = [value for series in chart.series for value in series.values if value is not None]
    values = axis | {
        "name": style.value_title,
        "label_position": "next_to" if style.has_scale else "none",
        "major_gridlines": _GRID if style.has_scale else {"visible": False},
        "min": 0 if all(value >= 0 for value in known) else None,
    }
    if chart.kind == "bar":
        # Horizontal bars run from the bottom up. Reversing them puts the first on top, and "max" the other axis below.
        drawn.set_x_axis(values)
        drawn.set_y_axis(categories | {"reverse": True, "crossing": "max"})
    else:
        drawn.set_x_axis(categories)
        drawn.set_y_axis(values)
    drawn.set_legend({"position": "bottom", "font": text} if style.has_legend else {"none": True})
    drawn.set_chartarea({"border": {"color": style.frame} if style.frame else {"none": True}})
    return drawn


def _series_options(
    chart: ChartBlock, style: ChartStyle, cells: ChartCells, index: int, series: Series
) -> dict[str, object]:
    """Return the options of one series with its values, so that programs that do not calculate draw it too."""
    sheet, head, first = cells
    column, top, bottom = first + 1 + index, head + 1, head + len(chart.categories)
    turned = {"rotation": -90} if style.upright_labels else {}
    options: dict[str, object] = {
        "name": [sheet, head, column],
        "name_data": [series.name],
        "categories": [sheet, top, first, bottom, first],
        "categories_data": list(chart.categories),
        "values": [sheet, top, column, bottom, column],
        "values_data": [None if value is None else f"{normal(value):f}" for value in series.values],
        "data_labels": {
            "value": True,
            "position": "outside_end",
            "num_format": style.number_format,
            "font": _font_options(SONG, style.label_size) | turned,
        },
    }
    fill = {"color": style.colours[index % len(style.colours)]}
    border = {"border": {"color": _INK, "width": 0.5}} if style.outlined else {}
    return options | {"fill": fill, "gap": style.gap} | border


def _font_options(name: str, size: float, *, bold: bool = False) -> dict[str, object]:
    return {"name": name, "size": size, "bold": bold, "color": _INK}
