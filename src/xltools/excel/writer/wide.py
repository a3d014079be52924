"""Draw sheets with a column for each figure: the heads, the widths, and the columns on each printed page.

The row of names, by which the reader finds the columns, is the first one. It is hidden and not printed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import accumulate, groupby, pairwise

from xlsxwriter.worksheet import Worksheet

from xltools.data.number import kept
from xltools.excel.formula import quoted
from xltools.excel.text_height import lines
from xltools.excel.writer.canvas import HEI, LINK, LOCKED, QUIET, Canvas, set_widths
from xltools.excel.writer.content import Content, finish
from xltools.form.model import Cell
from xltools.form.places import Area, Matrix

_NARROWEST, _DIGIT, _BESIDE = (
    2.0,
    0.95,
    0.45,
)  # characters: a column, a digit of 9 points, and the space at its sides
_UPRIGHT = 6.0  # characters: in a narrower column, a label is written from top to bottom
_LINE, _SIGN, _ROW = (
    12.0,
    10.0,
    18.0,
)  # points: a line of a label, a character of one from top to bottom, a row
_TALLEST = 400.0
_SLACK = 1.38  # a program without the font in which widths are measured makes columns wider
_A4_WIDTH, _A3_WIDTH, _SCALE = 784.0, 1133.0, 0.68  # points within narrow margins, on a landscape page


@dataclass(frozen=True)
class WideColumns:
    """The figures of such a sheet, from the column *first* on, with the widths of all columns.

    ``pages`` are the first columns of the pages on which the figures are printed.
    """

    cells: Sequence[Cell]
    first: int
    widths: tuple[float, ...]
    printed: tuple[int, int]  # the first and the last column of the names that are repeated on each page
    pages: tuple[int, ...]
    is_large: bool  # whether the pages are A3

    @classmethod
    def of(
        cls,
        cells: Sequence[Cell],
        rows: Iterable[Mapping[str, Decimal]],
        left: Sequence[float],
        right: Sequence[float],
        printed: tuple[int, int],
    ) -> WideColumns:
        """Return the columns for figures in these *rows*, between columns of the widths *left* and *right*."""
        longest = {cell.name: 1 for cell in cells}
        for values in rows:
            for name in longest.keys() & values.keys():
                longest[name] = max(longest[name], len(kept(values[name])))
        figures = [max(_NARROWEST, _DIGIT * longest[cell.name] + _BESIDE) for cell in cells]
        names = sum(map(_points, left[printed[0] : printed[1] + 1]))
        ends = list(accumulate(map(_points, figures), initial=0.0))
        is_large = names + ends[-1] > _A4_WIDTH / _SCALE
        room = (_A3_WIDTH if is_large else _A4_WIDTH) / _SCALE - names
        pages, start = [len(left)], 0
        for begin, end in _runs([(cell.section, cell.row) for cell in cells]):
            if (
                ends[end] - ends[start] > room and begin > start
            ):  # a run of columns under one label stays together
                start = begin
                pages.append(len(left) + begin)
        return cls(cells, len(left), (*left, *figures, *right), printed, tuple(pages), is_large)

    @property
    def last(self) -> int:
        """The last column with figures."""
        return self.first + len(self.cells) - 1


def _points(width: float) -> float:
    """Return the width in points of a column of so many characters, each 7 pixels wide, with 5 pixels beside them."""
    return (width * 7 + 5) * 0.75 * _SLACK


def _runs(keys: Sequence[object]) -> Iterator[tuple[int, int]]:
    """Yield the first index, and the one behind the last, of each run of equal keys."""
    end = 0
    for _, run in groupby(keys):
        begin, end = end, end + sum(1 for _ in run)
        yield begin, end


def write_heads(canvas: Canvas, page: Worksheet, heads: Mapping[int, tuple[str, str]]) -> None:
    """Draw the heads of columns without figures, each a label and the name by which the reader finds it."""
    head, name_style = canvas.boxed(bg_color=LOCKED, font_size=9), canvas.format(font_size=9)
    for column, (label, name) in heads.items():
        area = Area.at(Matrix.SECTION_ROW, column, Matrix.FIRST_ROW - Matrix.SECTION_ROW)
        canvas.put(page, area, label, head)
        canvas.put(page, Area.at(Matrix.NAME_ROW, column), name, name_style)
    page.set_row(Matrix.NAME_ROW, None, None, {"hidden": True})


def write_names(canvas: Canvas, content: Content, page: Worksheet, columns: WideColumns) -> None:
    """Draw the heads of the figures: labels, a link to the district's figure, and the name of the cell.

    A label stands once over its columns, the title of a section once on each page.
    """
    name = canvas.format(font_size=9, text_wrap=False)
    for column, cell in enumerate(columns.cells, columns.first):
        sheet, address = content.layout.address(cell.name)
        canvas.link(page, (Matrix.ADDRESS_ROW, column), f"internal:{quoted(sheet)}!{address}")
        linked = canvas.boxed(bg_color=LOCKED, font_size=8, font_color=LINK, text_wrap=False, shrink=True)
        canvas.put(page, Area.at(Matrix.ADDRESS_ROW, column), address, linked)
        canvas.put(page, Area.at(Matrix.NAME_ROW, column), cell.name, name)
    pages = [
        sum(start <= column for start in columns.pages) for column in range(columns.first, columns.last + 1)
    ]
    cells = columns.cells
    sections = [(page, cell.section.title) for page, cell in zip(pages, cells, strict=True)]
    rows = [(cell.section.title, cell.row_path) for cell in cells]
    heights = [
        _write_labels(canvas, page, columns, Matrix.SECTION_ROW, sections, [c.section.title for c in cells]),
        _write_labels(canvas, page, columns, Matrix.ROW_ROW, rows, ["/".join(c.row_path) for c in cells]),
        _write_labels(
            canvas,
            page,
            columns,
            Matrix.COLUMN_ROW,
            range(len(cells)),
            ["/".join(c.column_path) for c in cells],
        ),
    ]
    for row, height in enumerate((*heights, _ROW), Matrix.SECTION_ROW):
        page.set_row(row, min(_TALLEST, height))


def _write_labels(
    canvas: Canvas,
    page: Worksheet,
    columns: WideColumns,
    row: int,
    keys: Sequence[object],
    texts: Sequence[str],
) -> float:
    """Draw a row of labels, one over each run of equal keys; return its height in points."""
    height = _ROW
    for begin, end in _runs(keys):
        area = Area.at(row, columns.first + begin, 1, end - begin)
        width = sum(columns.widths[area.column : area.last_column + 1])
        upright = width >= _UPRIGHT
        look = {} if upright else {"rotation": 270}  # characters one below the other
        canvas.put(page, area, texts[begin], canvas.boxed(bg_color=LOCKED, font_size=8, **look))
        size = lines(texts[begin], width * 1.2) * _LINE if upright else len(texts[begin]) * _SIGN
        height = max(height, size + 6)
    return height


def write_wide_title(canvas: Canvas, page: Worksheet, columns: WideColumns, title: str, about: str) -> None:
    """Draw the title where the printed names begin, and a line about the sheet beside them.

    The names stand on every page, and what they have no room for would be cut there.
    """
    style = canvas.format(font_name=HEI, font_size=13, text_wrap=False)
    canvas.put(page, Area.at(Matrix.TITLE_ROW, columns.printed[0]), title, style)
    quiet = canvas.format(font_size=9, font_color=QUIET, text_wrap=False)
    canvas.put(page, Area.at(Matrix.TITLE_ROW, columns.first), about, quiet)
    page.set_row(Matrix.TITLE_ROW, 24)


def print_wide(
    canvas: Canvas, content: Content, page: Worksheet, columns: WideColumns, last_row: int
) -> None:
    """Set the widths and the pages: names and heads on each, hashes and what else is for programs on none."""
    set_widths(page, columns.widths)
    first, last = columns.printed
    printed = Area(Matrix.TITLE_ROW, first, last_row, columns.last)
    finish(canvas, content, page, printed, landscape=True, is_large=columns.is_large, table=True)
    page.repeat_rows(Matrix.SECTION_ROW, Matrix.ADDRESS_ROW)
    page.repeat_columns(first, last)
    page.fit_page = False
    page.set_print_scale(round(_SCALE * 100))
    page.set_v_pagebreaks([start for _, start in pairwise(columns.pages)])
    page.set_margins(left=0.4, right=0.4, top=0.7, bottom=0.6)
