"""A table with merged cells in WordprocessingML, as wide as the text area."""

from __future__ import annotations

from itertools import accumulate, pairwise

from xltools.data.document import Box, Table
from xltools.document.writer.word.elements import Element, paragraph, present, runs, twips, w
from xltools.document.writer.word.look import CELL, CELL_ACROSS, LABEL, TEXT_WIDTH, WORDS_ACROSS

_SIZES = (10.5, 9.0, 8.0, 7.5, 7.0, 6.5, 6.0, 5.5, 5.0)  # points; the first in which all figures fit is used
_LEAST = 2.1  # characters per line of the narrowest column
_TOGETHER = 10  # at most so many rows under one label stay on one page
_DIGIT = 0.65  # the width of a digit as a share of the font size: 0.5 in Chinese fonts, more in substitutes
_POINT = 25.4 / 72  # mm
_ROW, _TALL_ROW = 6.2, 9.0  # mm: the least height of a row, and of one in a small table
_FEW_ROWS = 16  # of a small table


def table(content: Table) -> Element:
    """Return the ``w:tbl`` element of a table, with columns in proportion to their widths and a repeated head."""
    widths = _column_widths(content)
    points = _font_size(content, widths)
    rows = (_row_element(content, row, widths, points) for row in range(content.height))
    grid = w("tblGrid", *(w("gridCol", w=width) for width in widths))
    return w("tbl", _properties(content, sum(widths)), grid, *rows)


def _properties(content: Table, width: int) -> Element:
    sides = (w(side, w=twips(WORDS_ACROSS), type="dxa") for side in ("left", "right"))
    return w(
        "tblPr",
        w("tblStyle", val="TableGrid"),
        w("tblW", w=width, type="dxa"),
        w("jc", val="center"),
        w("tblLayout", type="fixed"),
        *([w("tblCellMar", *sides)] if _has_words(content) else []),
        w("tblLook", val="0620", firstRow=1, lastRow=0, firstColumn=0, lastColumn=0, noHBand=1, noVBand=1),
        w("tblCaption", val=content.title),
        w("tblDescription", val=content.title),
    )


def _column_widths(content: Table) -> list[int]:
    """Return the widths of the columns in twips; they add up to the width of the text area.

    Every column is wide enough for two characters, and for its figures in the largest size if all columns can be. What
    a column needs beyond its proportion is taken from the others, in proportion to what they can spare.
    """
    whole, total = twips(TEXT_WIDTH), sum(content.widths)
    least = min(whole / len(content.widths), twips(_LEAST * _SIZES[0] * _POINT + 2 * CELL_ACROSS))
    needed = [least] * len(content.widths)
    for box in content.boxes:
        if box.role == "figure" and box.area.columns == 1:
            needed[box.area.column] = max(needed[box.area.column], _figure_width(box.text, _SIZES[0]))
    if sum(needed) > whole:
        needed = [least] * len(needed)
    wanted = [max(need, whole * width / total) for need, width in zip(needed, content.widths, strict=True)]
    spare = [width - need for width, need in zip(wanted, needed, strict=True)]
    share = (sum(wanted) - whole) / sum(spare) if any(spare) else 0
    edges = accumulate(width - more * share for width, more in zip(wanted, spare, strict=True))
    return [right - left for left, right in pairwise((0, *map(round, edges)))]


def _figure_width(figure: str, points: float) -> float:
    """Return the width of a figure in twips, with the margins of its cell."""
    return len(figure) * _DIGIT * points * 20 + 2 * twips(CELL_ACROSS)


def _font_size(content: Table, widths: list[int]) -> float:
    """Return the largest font size in which every figure fits on one line; a broken figure reads as two."""

    def fits(box: Box, points: float) -> bool:
        return _figure_width(box.text, points) <= sum(widths[box.area.column : box.area.last_column + 1])

    figures = [box for box in content.boxes if box.role == "figure"]
    sizes = (size for size in _SIZES if all(fits(box, size) for box in figures))
    return next(sizes, _SIZES[-1])


def _row_element(content: Table, row: int, widths: list[int], points: float) -> Element:
    height = _TALL_ROW if content.height <= _FEW_ROWS else _ROW
    properties = present(
        w("cantSplit"),
        w("trHeight", val=twips(height), hRule="atLeast"),
        w("tblHeader") if row < content.head else None,
    )
    starts = [column for column in range(len(widths)) if content.places[row, column].area.column == column]
    cells = (_cell_element(content, content.places[row, column], row, widths, points) for column in starts)
    return w("tr", w("trPr", *properties), *cells)


def _cell_element(content: Table, box: Box, row: int, widths: list[int], points: float) -> Element:
    area = box.area
    width = sum(widths[area.column : area.last_column + 1])
    begins = row == area.row
    properties = present(
        w("tcW", w=width, type="dxa"),
        w("gridSpan", val=area.columns) if area.columns > 1 else None,
        w("vMerge", val="restart" if begins else None) if area.rows > 1 else None,
        w("vAlign", val="center"),
    )
    is_left = box.role == "text" or (box.role == "row" and _has_row_levels(content))
    stays = [w("keepNext")] if _keeps_with_next(content, row) else []
    text = paragraph("", CELL if is_left else LABEL, *stays)
    sizes = (w("sz", val=round(points * 2)), w("szCs", val=round(points * 2)))
    text.extend(runs(box.text if begins else "", *sizes))
    return w("tc", w("tcPr", *properties), text)


def _keeps_with_next(content: Table, row: int) -> bool:
    """Return whether a row stays on the page of the next one: a head, or a row of a small group under one label."""
    boxes = [content.places[row, column] for column in range(len(content.widths))]
    if all(box.role not in {"figure", "text"} for box in boxes):
        return row + 1 < content.height
    over = (box.area for box in boxes if box.role == "row" and box.area.last_row > row)
    return any(area.rows <= _TOGETHER for area in over)


def _has_row_levels(content: Table) -> bool:
    """Return whether row labels are left-aligned: they have several levels, or texts beside them."""
    return _has_words(content) or any(box.role == "row" and box.area.column > 0 for box in content.boxes)


def _has_words(content: Table) -> bool:
    return any(box.role == "text" for box in content.boxes)
