"""What the charts of documents share: colours, and the figures in words and as a table, for those who cannot see the picture."""

from __future__ import annotations

from xltools.data.document import BoxRole, ChartBlock, Table, plain_table
from xltools.text import clerk

# From Okabe and Ito's palette (https://jfly.uni-koeln.de/color/): people who are colour blind can tell them apart. In the
# order here, neighbours also differ in a black and white print.
COLOURS = ("0072B2", "E69F00", "56B4E9", "D55E00", "009E73", "CC79A7")
INK, LINE = "262626", "7F7F7F"
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
    rows = [(clerk()("document.chart-category"), *(series.name for series in chart.series))]
    for index, category in enumerate(chart.categories):
        values = (series.values[index] for series in chart.series)
        rows.append((category, *("" if value is None else f"{value:f}" for value in values)))
    unit = f"（{clerk()('document.unit', unit=chart.unit)}）" if chart.unit else ""
    figures: list[BoxRole] = ["figure"] * len(chart.series)
    widths = (_LABEL, *(_NUMBER for _ in chart.series))
    return plain_table(rows, ["row", *figures], widths, f"{chart.title}{unit}")


def colour(index: int) -> str:
    """Return the colour of a series as six hexadecimal digits."""
    return COLOURS[index % len(COLOURS)]
