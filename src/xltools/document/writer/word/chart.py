"""Charts of a Word document: a drawing that refers to a chart part, and a workbook in which its figures are edited.

XlsxWriter draws the chart part, as Excel 2007 would. A missing flag means false in a file of Office 2007 and true in any
other, so :func:`chart_xml` adds the flags that XlsxWriter leaves out.
"""

from __future__ import annotations

import re

from docx.oxml import parse_xml

from xltools.data.document import ChartBlock
from xltools.document.charting import COLOURS, alternative_text
from xltools.document.markup import tag
from xltools.document.writer.word.elements import Element, sound
from xltools.document.writer.word.look import TEXT_WIDTH
from xltools.excel.writer.listings import ListColumn, ListedSheet, write_listings
from xltools.excel.writer.plot import ChartStyle, chart_part
from xltools.text import clerk

_EMU = 36000  # English metric units in a millimetre
_HEIGHT, _BAR_HEIGHT, _TALLEST = 85.0, 9.0, 210.0  # mm: least, per bar of a horizontal chart, most
_LABEL_WIDTH, _NUMBER_WIDTH = 24.0, 14.0  # characters, in the workbook
_SPACES = {
    "xmlns:w": "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
    "xmlns:wp": "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing",
    "xmlns:a": "http://schemas.openxmlformats.org/drawingml/2006/main",
    "xmlns:c": "http://schemas.openxmlformats.org/drawingml/2006/chart",
    "xmlns:r": "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
}
_WHITE = '<a:solidFill><a:srgbClr val="FFFFFF"/></a:solidFill>'
_LABELS = "".join(
    f'<c:show{what} val="{int(what == "Val")}"/>'
    for what in ("LegendKey", "Val", "CatName", "SerName", "Percent", "BubbleSize")
)  # what the label of a bar shows


def drawing(chart: ChartBlock, relation: str, number: int) -> Element:
    """Return the paragraph that shows the chart part with this relation; *number* is the drawing's identifier."""
    bars = len(chart.categories) * max(1, len(chart.series)) if chart.kind == "bar" else 0
    height = min(_TALLEST, max(_HEIGHT, _BAR_HEIGHT * bars))
    size = {"cx": round(TEXT_WIDTH * _EMU), "cy": round(height * _EMU)}
    frame = tag(
        "wp:inline",
        tag("wp:extent", **size),
        tag("wp:docPr", id=number, name=chart.title, descr=f"{chart.title}：{alternative_text(chart)}"),
        tag("wp:cNvGraphicFramePr"),
        tag("a:graphic", tag("a:graphicData", tag("c:chart", **{"r:id": relation}), uri=_SPACES["xmlns:c"])),
        **dict.fromkeys(("distT", "distB", "distL", "distR"), "0"),
    )
    properties = tag(
        "w:pPr",
        tag("w:pStyle", **{"w:val": "Centred"}),
        tag("w:spacing", **{"w:line": "240", "w:lineRule": "auto"}),
    )
    return parse_xml(sound(tag("w:p", properties, tag("w:r", tag("w:drawing", frame)), **_SPACES)))


def data_workbook(chart: ChartBlock) -> bytes:
    """Return the workbook in which the figures are edited: one row per category, one column per series."""
    columns = (
        ListColumn(chart.title, _LABEL_WIDTH),
        *(ListColumn(s.name, _NUMBER_WIDTH) for s in chart.series),
    )
    rows = zip(chart.categories, *(series.values for series in chart.series), strict=True)
    filled = tuple(tuple("" if value is None else value for value in row) for row in rows)
    return write_listings(chart.title, [ListedSheet(_sheet_name(), columns, filled, {})])


def chart_xml(chart: ChartBlock, workbook: str) -> bytes:
    """Return the chart part; *workbook* is its relation to the workbook with its figures."""
    style = ChartStyle(
        colours=tuple(f"#{colour}" for colour in COLOURS),
        frame="",
        title_size=14,
        text_size=9,
        label_size=9,
        has_legend=len(chart.series) > 1,
        has_scale=True,
        value_title=clerk()("document.unit", unit=chart.unit) if chart.unit else "",
    )
    xml = chart_part(chart, style, _sheet_name()).decode()
    for pattern, full in (
        ('="en-US"', '="zh-CN"'),
        ("<a:latin( typeface=[^/]*)/>", r"<a:latin\1/><a:ea\1/><a:cs\1/>"),
        ("<c:chart>", '<c:roundedCorners val="0"/><c:chart>'),
        ("<c:plotArea>", '<c:autoTitleDeleted val="0"/><c:plotArea>'),
        ("(?<!<c:plotArea>)<c:layout/>", '<c:overlay val="0"/>'),
        ("<c:grouping [^/]*/>", r'\g<0><c:varyColors val="0"/>'),
        ("<c:dLbls>", '<c:invertIfNegative val="0"/><c:dLbls>'),
        ('<c:showVal val="1"/>', '<c:dLblPos val="outEnd"/>' + _LABELS),
        ("</c:scaling>", '</c:scaling><c:delete val="0"/>'),
        ("<c:majorTickMark [^/]*/>", r'\g<0><c:minorTickMark val="none"/>'),
        ("<c:lblOffset [^/]*/>", r'\g<0><c:noMultiLvlLbl val="1"/>'),
        ("<c:plotVisOnly [^/]*/>", r'\g<0><c:dispBlanksAs val="gap"/>'),
        ("(?<=</c:chart>)<c:spPr>", f"<c:spPr>{_WHITE}"),
        (
            "<c:printSettings>.*</c:printSettings>",
            f'<c:externalData r:id="{workbook}"><c:autoUpdate val="0"/></c:externalData>',
        ),
    ):
        xml = re.sub(pattern, full, xml)
    return sound(xml).encode()


def _sheet_name() -> str:
    return clerk()("document.chart-data")
