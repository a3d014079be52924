"""Write lists as a workbook to sort and filter in Excel: frozen heads, wrapped texts, a filter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from xlsxwriter.worksheet import Worksheet

from xltools.excel.text_height import lines
from xltools.excel.writer.canvas import LOCKED, Canvas, set_widths
from xltools.form.places import Area

_FOOTER = "&C&P / &N"
_LINE, _TALLEST = 12.0, 400.0  # points: a line of 9-point text; a row may have 409
_NARROW = 1.1  # more 9-point characters fit in a column than its width says, which is in 11-point characters
_LONGEST = 32_000  # characters; a cell takes 32,767
# The same lists must give the same bytes, and they contain no date.
_CREATED = datetime(2000, 1, 1, tzinfo=UTC).replace(tzinfo=None)


@dataclass(frozen=True, slots=True)
class ListColumn:
    """The head of a column and its width in characters."""

    head: str
    width: float


@dataclass(frozen=True, slots=True)
class ListedSheet:
    """One sheet with its rows. ``tones`` maps the content of a cell to its background colour."""

    name: str
    columns: tuple[ListColumn, ...]
    rows: tuple[tuple[Decimal | str, ...], ...]
    tones: Mapping[str, str]


def write_listings(title: str, listings: Sequence[ListedSheet]) -> bytes:
    """Return the workbook of these lists as bytes. Texts are never converted to numbers, links or formulas."""
    with Canvas("") as canvas:
        canvas.properties(title, _CREATED, {})
        for listing in listings:
            _write_sheet(canvas, listing)
        return canvas.close(locked=False)


def _write_sheet(canvas: Canvas, listing: ListedSheet) -> None:
    page = canvas.page(listing.name)
    head = canvas.boxed(bg_color=LOCKED, bold=True, align="left")
    canvas.put_row(page, 0, [column.head for column in listing.columns], head)
    for row, values in enumerate(listing.rows, 1):
        _write_row(canvas, page, row, values, listing.tones)
        page.set_row(row, _row_height(listing.columns, values))
    set_widths(page, tuple(column.width for column in listing.columns))
    last_row, last_column = max(1, len(listing.rows)), len(listing.columns) - 1
    page.freeze_panes(1, 0)
    page.autofilter(0, 0, last_row, last_column)
    page.repeat_rows(0)
    canvas.paper(page, Area(0, 0, last_row, last_column), f"&C{listing.name}", _FOOTER, landscape=True)


def _write_row(
    canvas: Canvas, page: Worksheet, row: int, values: Sequence[Decimal | str], tones: Mapping[str, str]
) -> None:
    for column, value in enumerate(values):
        if isinstance(value, Decimal):
            style = canvas.boxed(font_size=9, align="right", valign="top", num_format="General")
        else:
            # With the prefix, a text that begins with = stays a text when its cell is edited.
            tone = {"bg_color": tones[value]} if value in tones else {}
            style = canvas.boxed(font_size=9, align="left", valign="top", quote_prefix=True, **tone)
        canvas.put(page, Area.at(row, column), _shortened(value), style)


def _row_height(columns: Sequence[ListColumn], values: Sequence[Decimal | str]) -> float:
    """Return the height of a row in points: not every program fits it on opening."""
    pairs = zip(columns, values, strict=True)
    most = max(lines(str(value), column.width * _NARROW) for column, value in pairs)
    return min(_TALLEST, most * _LINE + 3)


def _shortened(value: Decimal | str) -> Decimal | str:
    if isinstance(value, Decimal) or len(value) <= _LONGEST:
        return value
    return f"{value[:_LONGEST]}…"
