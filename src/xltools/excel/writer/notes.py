"""Draw the filling notes of a form (填报说明) as the last sheet of a return, because nobody opens a second file."""

from __future__ import annotations

from itertools import accumulate, pairwise

from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from xltools.data.document import BoxRole, Heading, Paragraph, Table
from xltools.data.notes import filling_notes
from xltools.excel.text_height import lines
from xltools.excel.writer.canvas import FANGSONG, HEI, LOCKED, XIAOBIAO, Canvas, set_widths
from xltools.excel.writer.content import Content, finish
from xltools.form.places import NOTES, Area

_LINE, _PADDING, _HEADING, _MOST = 14.0, 5.0, 12.0, 400.0  # points
_SMALL = 1.1  # more 10-point characters fit in a column than its width says, which is in 11-point characters
_INDENT = "　　"
_PLAIN = (40.0, 80.0)  # the edges of the columns where there is no table


def write_notes(canvas: Canvas, content: Content) -> None:
    """Draw the sheet. Its tables have different columns: each lies on the columns of a grid for all of them."""
    notes, page = filling_notes(content.layout.form), canvas.page(NOTES)
    tables = [block for block in notes.blocks if isinstance(block, Table)]
    bounds = sorted({bound for table in tables for bound in _bounds(table)}) or [0.0, *_PLAIN]
    widths = tuple(right - left for left, right in pairwise(bounds))
    set_widths(page, widths)
    canvas.put(
        page, _across(0, widths), notes.title, canvas.format(font_name=XIAOBIAO, font_size=18, align="center")
    )
    page.set_row(0, 36)
    row = 1
    for block in notes.blocks:
        if isinstance(block, Table):
            columns = [bounds.index(bound) for bound in _bounds(block)]
            row = _write_table(canvas, page, block, row, columns, widths)
        elif isinstance(block, Heading | Paragraph):
            _write_text(canvas, page, block, row, widths)
            row += 1
    finish(canvas, content, page, Area.at(0, 0, row, len(widths)))


def _bounds(table: Table) -> list[float]:
    """Return the distances of the edges of its columns from the left edge."""
    return [0.0, *accumulate(table.widths)]


def _across(row: int, widths: tuple[float, ...]) -> Area:
    return Area.at(row, 0, 1, len(widths))


def _write_text(
    canvas: Canvas, page: Worksheet, block: Heading | Paragraph, row: int, widths: tuple[float, ...]
) -> None:
    if isinstance(block, Heading):
        text, padding = block.text, _HEADING
        style = canvas.format(font_name=HEI, font_size=12 if block.level == 1 else 11)
    else:
        text, padding = _INDENT + block.text, _PADDING
        style = canvas.format(font_name=FANGSONG, font_size=11)
    canvas.put(page, _across(row, widths), text, style)
    page.set_row(row, _height(text, sum(widths), padding))


def _write_table(
    canvas: Canvas, page: Worksheet, table: Table, top: int, columns: list[int], widths: tuple[float, ...]
) -> int:
    """Draw a table with its edges at these columns; return the row below it."""
    heights = [0.0] * table.height
    for box in table.boxes:
        left, right = columns[box.area.column], columns[box.area.last_column + 1]
        area = Area.at(top + box.area.row, left, box.area.rows, right - left)
        canvas.put(page, area, box.text, _box_format(canvas, box.role))
        heights[box.area.row] = max(
            heights[box.area.row], _height(box.text, sum(widths[left:right]) * _SMALL)
        )
    for row, height in enumerate(heights, top):
        page.set_row(row, height)
    return top + table.height


def _box_format(canvas: Canvas, role: BoxRole) -> Format:
    if role in {"column", "caption"}:
        return canvas.boxed(bold=True, bg_color=LOCKED)
    return canvas.boxed(font_size=10, align="left")


def _height(text: str, width: float, padding: float = _PADDING) -> float:
    return min(_MOST, lines(text, width) * _LINE + padding)
