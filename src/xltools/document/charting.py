"""A chart without its picture: in words, and as a table."""

from __future__ import annotations

from decimal import Decimal

from xltools.data.document import Box, ChartBlock, Table
from xltools.form.places import Area
from xltools.text import clerk

_LABEL, _NUMBER = 24.0, 12.0  # characters


def alternative_text(chart: ChartBlock) -> str:
    """Return the figures of the chart in words, as the alternative text of its picture."""
    figures = (
        f"{category} {series.name} {value:f}{chart.unit}"
        for series in chart.series
        for category, value in zip(chart.categories, series.values, strict=True)
        if value is not None
    )
    return "；".join(figures)


def as_table(chart: ChartBlock) -> Table:
    """Return the figures of the chart: one row per category, one column per series."""
    boxes = [Box(clerk()("document.chart-category"), Area.at(0, 0), "corner")]
    boxes += [Box(s.name, Area.at(0, column), "column") for column, s in enumerate(chart.series, 1)]
    for row, category in enumerate(chart.categories, 1):
        boxes.append(Box(category, Area.at(row, 0), "row"))
        boxes += [
            Box(_figure(series.values[row - 1]), Area.at(row, column), "figure")
            for column, series in enumerate(chart.series, 1)
        ]
    unit = f"（{clerk()('document.unit', unit=chart.unit)}）" if chart.unit else ""
    return Table(tuple(boxes), (_LABEL, *(_NUMBER for _ in chart.series)), f"{chart.title}{unit}", 1)


def _figure(value: Decimal | None) -> str:
    return "" if value is None else f"{value:f}"
