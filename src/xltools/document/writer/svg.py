"""A chart as SVG for an HTML page, without script or style, with its title and figures as alternative text."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

from xltools.data.document import ChartBlock
from xltools.document.charting import INK, LINE, colour
from xltools.document.markup import Markup, tag

_WIDTH, _PLOT, _BAR = 720, 260, 20  # pixels: the image, the height of the plot, one horizontal bar
_LEFT, _RIGHT, _TOP, _BOTTOM = 60, 40, 34, 30
_LETTER = 12  # pixels per character of a label
_LONGEST = 15  # characters of a label beside a horizontal bar
_FILLED = 0.7  # share of a category's width that its bars take


class _ValueAxis(NamedTuple):
    """The value axis: the pixels of the lowest and the highest value, and these values."""

    start: float
    end: float
    least: Decimal
    most: Decimal

    def pixel(self, value: Decimal) -> float:
        share = float((value - self.least) / (self.most - self.least))
        return round(self.start + (self.end - self.start) * share, 1)


def picture(chart: ChartBlock, alternative_text: str, name: str) -> Markup:
    """Return the chart; *alternative_text* is its alternative text, *name* the prefix of its element IDs."""
    is_horizontal = chart.kind == "bar"
    bars = len(chart.categories) * max(1, len(chart.series))
    plot = bars * _BAR / _FILLED if is_horizontal else _PLOT
    has_legend = len(chart.series) > 1
    height = round(_TOP + plot + _BOTTOM + (_LETTER * 2 if has_legend else 0))
    drawn = list(_horizontal(chart, plot) if is_horizontal else _vertical(chart))
    x, y = float(_LEFT), height - 8
    for index, series in enumerate(chart.series if has_legend else ()):
        drawn += [_box(x, y - 10, 10, 10, index), _label(series.name, x + 14, y, anchor="start")]
        x += 14 + _LETTER * (len(series.name) + 2)
    return tag(
        "svg",
        tag("title", chart.title, id=f"{name}-title"),
        tag("desc", alternative_text, id=f"{name}-desc"),
        _label(chart.title, _WIDTH / 2, 18, size=16),
        drawn,
        role="img",
        viewBox=f"0 0 {_WIDTH} {height}",
        xmlns="http://www.w3.org/2000/svg",
        **{
            "aria-labelledby": f"{name}-title {name}-desc",
            "font-family": "sans-serif",
            "font-size": str(_LETTER),
        },
    )


def _vertical(chart: ChartBlock) -> Iterator[Markup]:
    axis = _value_axis(chart, _TOP + _PLOT, _TOP + _LETTER)
    step = (_WIDTH - _LEFT - _RIGHT) / len(chart.categories)
    zero = axis.pixel(Decimal(0))
    yield _line(_LEFT, zero, _WIDTH - _RIGHT, zero)
    for index, category in enumerate(chart.categories):
        yield _label(category, _LEFT + step * (index + 0.5), _TOP + _PLOT + 16)
    width = step * _FILLED / len(chart.series)
    for index, series in enumerate(chart.series):
        for number, value in enumerate(series.values):
            if value is not None:
                left, top = _LEFT + step * (number + (1 - _FILLED) / 2) + width * index, axis.pixel(value)
                yield _box(left, min(top, zero), width, abs(zero - top), index)
                yield _label(f"{value:f}", left + width / 2, top - 4 if value >= 0 else top + _LETTER)


def _horizontal(chart: ChartBlock, plot: float) -> Iterator[Markup]:
    longest = min(_LONGEST, max(map(len, chart.categories), default=0))
    left = longest * _LETTER + 10
    axis = _value_axis(chart, left, _WIDTH - _RIGHT - _LETTER * 2)
    zero, step = axis.pixel(Decimal(0)), plot / max(1, len(chart.categories))
    yield _line(zero, _TOP, zero, _TOP + plot)
    thick = step * _FILLED / len(chart.series)
    for number, category in enumerate(chart.categories):
        top = _TOP + step * (number + (1 - _FILLED) / 2)
        short = category if len(category) <= _LONGEST else f"{category[: _LONGEST - 1]}…"
        yield _label(short, left - 6, _TOP + step * (number + 0.5) + 4, anchor="end")
        for index, series in enumerate(chart.series):
            if (value := series.values[number]) is not None:
                reached, y = axis.pixel(value), top + thick * index
                yield _box(min(reached, zero), y, abs(reached - zero), thick, index)
                beyond = (reached + 4, "start") if value >= 0 else (reached - 4, "end")
                yield _label(f"{value:f}", beyond[0], y + thick / 2 + 4, anchor=beyond[1])


def _value_axis(chart: ChartBlock, start: float, end: float) -> _ValueAxis:
    values = [Decimal(0), *(value for series in chart.series for value in series.values if value is not None)]
    least, most = min(values), max(values)
    return _ValueAxis(start, end, least, most if most > least else least + 1)


def _box(x: float, y: float, width: float, height: float, index: int) -> Markup:
    sizes = {"x": x, "y": y, "width": width, "height": height}
    return tag("rect", **{key: f"{size:.1f}" for key, size in sizes.items()}, fill=f"#{colour(index)}")


def _line(x: float, y: float, x_end: float, y_end: float) -> Markup:
    return tag("line", x1=f"{x:.1f}", y1=f"{y:.1f}", x2=f"{x_end:.1f}", y2=f"{y_end:.1f}", stroke=f"#{LINE}")


def _label(text: str, x: float, y: float, anchor: str = "middle", size: int = _LETTER) -> Markup:
    about = {"text-anchor": anchor, "font-size": str(size)} if size != _LETTER else {"text-anchor": anchor}
    return tag("text", text, x=f"{x:.1f}", y=f"{y:.1f}", fill=f"#{INK}", **about)
