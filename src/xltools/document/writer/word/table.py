"""A table with merged cells in WordprocessingML, as wide as the page."""

from __future__ import annotations

from itertools import accumulate, pairwise

from xltools.data.document import Box, Table
from xltools.document.writer.word.elements import Element, all_of, paragraph, runs, twips, w
from xltools.document.writer.word.look import CELL, CELL_ACROSS, LABEL, TEXT_WIDTH, WORDS_ACROSS

_SIZES = (10.5, 9.0, 8.0, 7.5, 7.0, 6.5, 6.0, 5.5, 5.0)  # points, the first as long as the figures fit
_LEAST = 2.1  # characters in a line of the narrowest column
_TOGETHER = 10  # rows under one label, up to which they stay on one page
_DIGIT = 0.65  # of a font's size: half of it in Chinese fonts, more in those that may stand in for them
_POINT = 25.4 / 72  # mm
_ROW, _FEW_ROWS, _TALL_ROW = 6.2, 16, 9.0  # mm: what a row has at least, and in a table of few


def table(content: Table) -> Element:
    """The table: its columns in the proportions of their widths, its head said again on each page."""
    widths = _columns(content)
    points = _points(content, widths)
    rows = (_row(content, row, widths, points) for row in range(content.height))
    grid = w("tblGrid", *(w("gridCol", w=width) for width in widths))
    return w("tbl", _properties(content, sum(widths)), grid, *rows)


def _properties(content: Table, width: int) -> Element:
    return w(
        "tblPr",
        w("tblStyle", val="TableGrid"),
        w("tblW", w=width, type="dxa"),
        w("jc", val="center"),
        w("tblLayout", type="fixed"),
        *([_wide_margins()] if _has_words(content) else []),
        w("tblLook", val="0620", firstRow=1, lastRow=0, firstColumn=0, lastColumn=0, noHBand=1, noVBand=1),
        w("tblCaption", val=content.title),
        w("tblDescription", val=content.title),
    )


def _wide_margins() -> Element:
    return w("tblCellMar", *(w(side, w=twips(WORDS_ACROSS), type="dxa") for side in ("left", "right")))


def _columns(content: Table) -> list[int]:
    """Twips that add up to the width of the page, in the proportions that are wanted.

    None is too narrow for two characters, nor for its figures if they can be had room; it is taken from the others, as
    far as each is wider than it must be.
    """
    whole, total = twips(TEXT_WIDTH), sum(content.widths)
    least = min(whole / len(content.widths), twips(_LEAST * _SIZES[0] * _POINT + 2 * CELL_ACROSS))
    needed = [max(least, width) for width in _needed(content)]
    if sum(needed) > whole:
        needed = [least] * len(needed)
    wanted = [max(need, whole * width / total) for need, width in zip(needed, content.widths, strict=True)]
    spare = [width - need for width, need in zip(wanted, needed, strict=True)]
    share = (sum(wanted) - whole) / sum(spare) if any(spare) else 0
    edges = accumulate(width - more * share for width, more in zip(wanted, spare, strict=True))
    return [right - left for left, right in pairwise((0, *map(round, edges)))]


def _needed(content: Table) -> list[float]:
    """What the widest figure of each column takes in the largest size; a figure over several columns has room."""
    found = [0.0] * len(content.widths)
    for box in content.boxes:
        if box.role == "figure" and box.area.columns == 1:
            found[box.area.column] = max(found[box.area.column], _width(box.text, _SIZES[0]))
    return found


def _width(figure: str, points: float) -> float:
    """Twips of a figure with the margins of its cell."""
    return len(figure) * _DIGIT * points * 20 + 2 * twips(CELL_ACROSS)


def _points(content: Table, widths: list[int]) -> float:
    """The size of its text: a figure that went over two lines would be read as two figures."""

    def fits(box: Box, points: float) -> bool:
        return _width(box.text, points) <= sum(widths[box.area.column : box.area.last_column + 1])

    figures = [box for box in content.boxes if box.role == "figure"]
    sizes = (size for size in _SIZES if all(fits(box, size) for box in figures))
    return next(sizes, _SIZES[-1])


def _row(content: Table, row: int, widths: list[int], points: float) -> Element:
    height = _TALL_ROW if content.height <= _FEW_ROWS else _ROW
    properties = all_of(
        (
            w("cantSplit"),
            w("trHeight", val=twips(height), hRule="atLeast"),
            w("tblHeader") if row < content.head else None,
        )
    )
    starts = [column for column in range(len(widths)) if content.places[row, column].area.column == column]
    cells = (_cell(content, content.places[row, column], row, widths, points) for column in starts)
    return w("tr", w("trPr", *properties), *cells)


def _cell(content: Table, box: Box, row: int, widths: list[int], points: float) -> Element:
    area = box.area
    width = sum(widths[area.column : area.last_column + 1])
    begins = row == area.row
    properties = all_of(
        (
            w("tcW", w=width, type="dxa"),
            w("gridSpan", val=area.columns) if area.columns > 1 else None,
            w("vMerge", val="restart" if begins else None) if area.rows > 1 else None,
            w("vAlign", val="center"),
        )
    )
    text = box.text if begins else ""
    return w("tc", w("tcPr", *properties), _text(content, box, text, row, points))


def _text(content: Table, box: Box, text: str, row: int, points: float) -> Element:
    is_left = box.role == "text" or (box.role == "row" and _is_read_down(content))
    stays = [w("keepNext")] if _stays(content, row) else []
    element = paragraph("", CELL if is_left else LABEL, *stays)
    element.extend(runs(text, w("sz", val=round(points * 2)), w("szCs", val=round(points * 2))))
    return element


def _stays(content: Table, row: int) -> bool:
    """Whether the next row stays on the same page: below a head, and under a label of a few rows."""
    boxes = [content.places[row, column] for column in range(len(content.widths))]
    if all(box.role not in {"figure", "text"} for box in boxes):
        return row + 1 < content.height
    over = (box.area for box in boxes if box.role == "row" and box.area.last_row > row)
    return any(area.rows <= _TOGETHER for area in over)


def _is_read_down(content: Table) -> bool:
    """Whether the labels of its rows are in levels or have words beside them: then they stand left, under one another."""
    return _has_words(content) or any(box.role == "row" and box.area.column > 0 for box in content.boxes)


def _has_words(content: Table) -> bool:
    return any(box.role == "text" for box in content.boxes)
