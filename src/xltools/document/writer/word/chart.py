"""A chart as a part of a Word document: DrawingML with the figures in it, and a workbook behind it to edit them in."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from docx.oxml import parse_xml

from xltools.data.document import Chart, Series
from xltools.document.charting import described
from xltools.document.markup import Content, Markup, markup, tag
from xltools.document.palette import INK, LINE, colour
from xltools.document.writer.word.elements import Element, sound
from xltools.document.writer.word.look import HEI, SONG, TEXT_WIDTH
from xltools.excel.formula import absolute, quoted
from xltools.excel.writer.findings import Column, Listing, write_listings
from xltools.form.places import Area
from xltools.text import clerk

_EMU = 36000  # English metric units in a millimetre
_HEIGHT, _BAR_HEIGHT, _TALLEST = 85.0, 9.0, 210.0  # mm; of a chart of many bars below one another, one bar
_GAP = 60  # between bars, in hundredths of one
_CHART = "http://schemas.openxmlformats.org/drawingml/2006/chart"
_DRAWING = "http://schemas.openxmlformats.org/drawingml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_WORD_DRAWING = "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"
_MAIN = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_ALONG, _UP = 111111111, 222222222  # the axes' names for one another
_LABEL_WIDTH, _NUMBER_WIDTH = 24.0, 14.0  # characters, in the workbook


def drawing(chart: Chart, relation: str, number: int) -> Element:
    """The paragraph that shows the chart which is found by that relation; *number* tells it from other drawings."""
    size = {"cx": round(TEXT_WIDTH * _EMU), "cy": round(_height(chart) * _EMU)}
    frame = tag(
        "wp:inline",
        tag("wp:extent", **size),
        tag("wp:docPr", id=number, name=chart.title, descr=f"{chart.title}：{described(chart)}"),
        tag("wp:cNvGraphicFramePr"),
        tag(
            "a:graphic",
            tag("a:graphicData", tag("c:chart", **{"r:id": relation}), uri=_CHART),
        ),
        **dict.fromkeys(("distT", "distB", "distL", "distR"), "0"),
    )
    properties = tag(
        "w:pPr",
        tag("w:pStyle", **{"w:val": "Centred"}),
        tag("w:spacing", **{"w:line": "240", "w:lineRule": "auto"}),
    )
    spaces = {
        "xmlns:w": _MAIN,
        "xmlns:wp": _WORD_DRAWING,
        "xmlns:a": _DRAWING,
        "xmlns:c": _CHART,
        "xmlns:r": _RELATIONS,
    }
    return parse_xml(sound(tag("w:p", properties, tag("w:r", tag("w:drawing", frame)), **spaces)))


def data_workbook(chart: Chart) -> bytes:
    """What opens when somebody edits the chart's figures: a row a category, a column a series."""
    columns = (Column(chart.title, _LABEL_WIDTH), *(Column(s.name, _NUMBER_WIDTH) for s in chart.series))
    rows = zip(chart.categories, *(series.values for series in chart.series), strict=True)
    filled = tuple(tuple("" if value is None else value for value in row) for row in rows)
    return write_listings(chart.title, [Listing(_sheet(), columns, filled, {})])


def chart_part(chart: Chart, workbook: str) -> bytes:
    """The chart itself; *workbook* is the relation by which its figures are found."""
    space = tag(
        "c:chartSpace",
        tag("c:roundedCorners", val="0"),
        tag(
            "c:chart",
            _title(chart.title, 14, HEI),
            tag("c:autoTitleDeleted", val="0"),
            tag("c:plotArea", tag("c:layout"), _plot(chart), _along(chart), _up(chart)),
            _legend(chart),
            tag("c:plotVisOnly", val="1"),
            tag("c:dispBlanksAs", val="gap"),
        ),
        tag("c:spPr", tag("a:solidFill", tag("a:srgbClr", val="FFFFFF")), tag("a:ln", tag("a:noFill"))),
        _text_properties(10.5),
        tag("c:externalData", tag("c:autoUpdate", val="0"), **{"r:id": workbook}),
        **{"xmlns:c": _CHART, "xmlns:a": _DRAWING, "xmlns:r": _RELATIONS},
    )
    return f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n{sound(space)}'.encode()


def _height(chart: Chart) -> float:
    if chart.kind != "bar":
        return _HEIGHT
    return min(_TALLEST, max(_HEIGHT, _BAR_HEIGHT * len(chart.categories) * max(1, len(chart.series))))


def _plot(chart: Chart) -> Markup:
    series = [_series(chart, one, index) for index, one in enumerate(chart.series)]
    axes = [tag("c:axId", val=_ALONG), tag("c:axId", val=_UP)]
    if chart.kind == "line":
        return tag(
            "c:lineChart",
            tag("c:grouping", val="standard"),
            tag("c:varyColors", val="0"),
            series,
            tag("c:marker", val="1"),
            axes,
        )
    return tag(
        "c:barChart",
        tag("c:barDir", val="bar" if chart.kind == "bar" else "col"),
        tag("c:grouping", val="clustered"),
        tag("c:varyColors", val="0"),
        series,
        tag("c:gapWidth", val=_GAP),
        axes,
    )


def _series(chart: Chart, series: Series, index: int) -> Markup:
    column, last = index + 1, len(chart.categories)
    fill = tag("a:solidFill", tag("a:srgbClr", val=colour(index)))
    is_line = chart.kind == "line"
    look = tag("a:ln", fill, w=28575, cap="rnd") if is_line else fill
    dot = (
        tag("c:marker", tag("c:symbol", val="circle"), tag("c:size", val="6"), tag("c:spPr", fill))
        if is_line
        else ""
    )
    return tag(
        "c:ser",
        tag("c:idx", val=index),
        tag("c:order", val=index),
        tag("c:tx", tag("c:strRef", _formula(0, column, 0, column), _texts((series.name,)))),
        tag("c:spPr", look),
        dot or tag("c:invertIfNegative", val="0"),
        _labels(is_line=is_line),
        tag("c:cat", tag("c:strRef", _formula(1, 0, last, 0), _texts(chart.categories))),
        tag("c:val", tag("c:numRef", _formula(1, column, last, column), _numbers(series.values))),
        tag("c:smooth", val="0") if is_line else Markup(""),
    )


def _formula(row: int, column: int, last_row: int, last_column: int) -> Markup:
    area = Area(row, column, last_row, last_column)
    return tag("c:f", f"{quoted(_sheet())}!{absolute(area)}")


def _sheet() -> str:
    return clerk()("document.chart-data")


def _texts(texts: Iterable[str]) -> Markup:
    points = [tag("c:pt", tag("c:v", text), idx=index) for index, text in enumerate(texts)]
    return tag("c:strCache", tag("c:ptCount", val=len(points)), points)


def _numbers(values: tuple[Decimal | None, ...]) -> Markup:
    points = [
        tag("c:pt", tag("c:v", f"{value:f}"), idx=index)
        for index, value in enumerate(values)
        if value is not None
    ]
    return tag("c:numCache", tag("c:formatCode", "General"), tag("c:ptCount", val=len(values)), points)


def _labels(*, is_line: bool) -> Markup:
    shown = ("LegendKey", "Val", "CatName", "SerName", "Percent", "BubbleSize")
    return tag(
        "c:dLbls",
        tag("c:numFmt", formatCode="General", sourceLinked="0"),
        tag("c:spPr", tag("a:noFill"), tag("a:ln", tag("a:noFill"))),
        _text_properties(9),
        tag("c:dLblPos", val="t" if is_line else "outEnd"),
        [tag(f"c:show{what}", val=int(what == "Val")) for what in shown],
    )


def _along(chart: Chart) -> Markup:
    is_bar = chart.kind == "bar"
    return tag(
        "c:catAx",
        tag("c:axId", val=_ALONG),
        tag("c:scaling", tag("c:orientation", val="maxMin" if is_bar else "minMax")),  # the first bar on top
        tag("c:delete", val="0"),
        tag("c:axPos", val="l" if is_bar else "b"),
        tag("c:numFmt", formatCode="General", sourceLinked="0"),
        tag("c:majorTickMark", val="none"),
        tag("c:minorTickMark", val="none"),
        tag("c:tickLblPos", val="low"),  # out of the way of bars below zero
        _axis_line(),
        _text_properties(9),
        tag("c:crossAx", val=_UP),
        tag("c:crosses", val="autoZero"),
        tag("c:auto", val="0"),
        tag("c:lblAlgn", val="ctr"),
        tag("c:lblOffset", val="100"),
        tag("c:noMultiLvlLbl", val="1"),
    )


def _up(chart: Chart) -> Markup:
    is_bar = chart.kind == "bar"
    values = [value for series in chart.series for value in series.values if value is not None]
    least = tag("c:min", val="0") if all(value >= 0 for value in values) else Markup("")
    grid = tag("c:spPr", tag("a:ln", tag("a:solidFill", tag("a:srgbClr", val="D9D9D9")), w=6350))
    title = _title(clerk()("document.unit", unit=chart.unit), 9, SONG) if chart.unit else Markup("")
    return tag(
        "c:valAx",
        tag("c:axId", val=_UP),
        tag("c:scaling", tag("c:orientation", val="minMax"), least),
        tag("c:delete", val="0"),
        tag("c:axPos", val="b" if is_bar else "l"),
        tag("c:majorGridlines", grid),
        title,
        tag("c:numFmt", formatCode="General", sourceLinked="0"),
        tag("c:majorTickMark", val="none"),
        tag("c:minorTickMark", val="none"),
        tag("c:tickLblPos", val="nextTo"),
        _axis_line(),
        _text_properties(9),
        tag("c:crossAx", val=_ALONG),
        tag(
            "c:crosses", val="max" if is_bar else "autoZero"
        ),  # below, although the other axis is turned round
        tag("c:crossBetween", val="between"),
    )


def _axis_line() -> Markup:
    return tag("c:spPr", tag("a:ln", tag("a:solidFill", tag("a:srgbClr", val=LINE)), w=6350))


def _legend(chart: Chart) -> Content:
    if len(chart.series) < 2:  # noqa: PLR2004  of one the title tells
        return ()
    return tag("c:legend", tag("c:legendPos", val="b"), tag("c:overlay", val="0"), _text_properties(9))


def _title(text: str, points: float, font: str) -> Markup:
    look = _font(points, font, "a:rPr")
    rich = tag("c:rich", tag("a:bodyPr"), tag("a:p", tag("a:r", look, tag("a:t", text))))
    return tag("c:title", tag("c:tx", rich), tag("c:overlay", val="0"))


def _text_properties(points: float) -> Markup:
    paragraph = tag("a:p", tag("a:pPr", _font(points, SONG, "a:defRPr")), tag("a:endParaRPr", lang="zh-CN"))
    return tag("c:txPr", tag("a:bodyPr"), paragraph)


def _font(points: float, font: str, name: str) -> Markup:
    fill = tag("a:solidFill", tag("a:srgbClr", val=INK))
    faces = [tag(f"a:{kind}", typeface=font) for kind in ("latin", "ea", "cs")]
    about = {"lang": "zh-CN"} if name == "a:rPr" else {}
    return tag(name, fill, markup(faces), sz=round(points * 100), b="0", **about)
