"""Draw on a workbook: formats, cells, merges, paper, protection. Nothing here knows forms.

XlsxWriter reports some errors as warnings and some as negative return values. Here both raise.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Self

import xlsxwriter
from xlsxwriter.chart import Chart
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from xltools.data.number import is_whole
from xltools.excel.formula import absolute, quoted
from xltools.excel.package import patched, structure_locked
from xltools.form.model import Cell
from xltools.form.places import Area

# The fonts that the rules for official documents name. 宋体, 黑体 and 仿宋 come with every Chinese Windows and with WPS.
# 小标宋 does not: by family and character set a program takes another serif font of Chinese for it.
SONG, HEI, FANGSONG, XIAOBIAO = "宋体", "黑体", "仿宋", "方正小标宋_GBK"
_PROPERTY = (
    120  # characters of one property, of which XlsxWriter takes 255 UTF-16 units; longer texts have several
)
_FAMILIES = {SONG: 1, HEI: 2, FANGSONG: 3, XIAOBIAO: 1}  # roman, swiss, modern; ECMA-376 part 1, 18.18.94
_CHINESE = 134  # the character set GB 2312
OPEN, LOCKED, LINE, QUIET = "#FFFBE6", "#F2F2F2", "#7F7F7F", "#595959"
LINK = "#0563C1"
RED = {"bg_color": "#C62828", "font_color": "#FFFFFF", "bold": True}
AMBER: dict[str, object] = {"bg_color": "#FFE0B2", "font_color": "#8A4B00"}
_A4, _A3 = 9, 8
_LONGEST_HEADER = 100  # characters of a name
_LONGEST_LINK = 2079  # UTF-16 units
_NOT_IN_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_TOO_LONG = -2  # what XlsxWriter returns for a text of more than 32,767 UTF-16 units


def cell_number(value: Decimal) -> int | float:
    """Return a figure as XlsxWriter stores it: a double, or an int if it is whole."""
    return int(value) if is_whole(value) else float(value)


def formula_result(cell: Cell, value: Decimal | None) -> int | float | str:
    """Return the stored result of the formula of a figure; a ratio or a mean may have none."""
    return "" if value is None and cell.ratio else cell_number(value or Decimal(0))


def ensure(code: object) -> None:
    """Raise ``ValueError`` if XlsxWriter returned a negative number."""
    if isinstance(code, int) and code < 0:
        raise ValueError(f"xlsxwriter refused a value with code {code}")


class _Page(Worksheet):  # type: ignore[misc]  # XlsxWriter has no types
    """A sheet that takes formulas as they are written.

    XlsxWriter looks in each for 29 newer functions, none of which occurs here; that takes a fifth of the time of a workbook.
    """

    def _prepare_formula(self, formula: str, *_: bool) -> str:
        return formula.removeprefix("=")


class Canvas:
    """A workbook being drawn. All its pages are protected with the same password."""

    def __init__(self, password: str) -> None:
        self._password = password
        self._out = io.BytesIO()
        options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        self._book = xlsxwriter.Workbook(self._out, options)
        self._formats: dict[tuple[tuple[str, object], ...], Format] = {}
        self._warnings = warnings.catch_warnings()

    def __enter__(self) -> Self:
        self._warnings.__enter__()
        warnings.simplefilter("error")
        return self

    def __exit__(self, *error: object) -> None:
        self._warnings.__exit__(*error)  # type: ignore[arg-type]

    def close(self, *, locked: bool = True) -> bytes:
        """Return the finished file. If *locked*, its sheets are fixed in number, order and name."""
        self._book.close()
        changes: dict[str, Callable[[bytes], bytes]] = {
            f"xl/worksheets/_rels/sheet{number}.xml.rels": _with_slashes
            for number in range(1, len(self._book.worksheets()) + 1)
        }
        if locked:
            changes["xl/workbook.xml"] = partial(structure_locked, password=self._password)
        return patched(self._out.getvalue(), changes)

    def page(self, name: str) -> Worksheet:
        """Add a sheet at the end."""
        return self._book.add_worksheet(name, _Page)

    def chart(self, kind: str) -> Chart:
        """Return a new chart, to be filled and inserted in a page."""
        chart = self._book.add_chart({"type": kind})
        assert chart is not None  # noqa: S101  only for an unknown kind
        return chart

    def properties(self, title: str, created: datetime, custom: Mapping[str, str]) -> None:
        """Set the document's properties. *created* is not the time of writing: the same content must give the same bytes."""
        self._book.set_properties({"title": title, "author": "xltools", "created": created})
        for name, text in custom.items():
            for piece, start in enumerate(range(0, max(1, len(text)), _PROPERTY), 1):
                part = name if piece == 1 else f"{name}.{piece}"
                ensure(self._book.set_custom_property(part, text[start : start + _PROPERTY], "text"))

    def define(self, name: str, sheet: str, area: Area, *, is_range: bool = False) -> None:
        """Define a name for the upper left cell of an area, or for all of it."""
        meant = area if is_range else Area.at(*area.anchor)
        ensure(self._book.define_name(name, f"={quoted(sheet)}!{absolute(meant)}"))

    def format(self, **look: object) -> Format:
        """Return a cell format; equal looks share one."""
        full: dict[str, object] = {
            "font_name": SONG,
            "font_size": 10.5,
            "valign": "vcenter",
            "text_wrap": True,
        } | look
        full |= {"font_family": _FAMILIES[str(full["font_name"])], "font_charset": _CHINESE}
        key = tuple(sorted(full.items()))
        if key not in self._formats:
            self._formats[key] = self._book.add_format(full)
        return self._formats[key]

    def boxed(self, **look: object) -> Format:
        """Return a format with a thin border, centred unless *look* says otherwise."""
        return self.format(**({"align": "center", "border": 1, "border_color": LINE} | look))

    def open_text(self, **look: object) -> Format:
        """Return the format of an input for text."""
        own = {"font_name": FANGSONG, "bg_color": OPEN, "locked": False, "valign": "top", "align": "left"}
        return self.boxed(**(own | {"num_format": "@"} | look))

    def figure(self, **look: object) -> Format:
        """Return a format for a number: what is wider than its column is drawn smaller, not as ###."""
        return self.boxed(**({"text_wrap": False, "shrink": True} | look))

    def put(self, page: Worksheet, area: Area, value: object, style: Format) -> None:
        """Write a text or a number into an area, merging its cells. A text never becomes a formula, a number or a link.

        Raises ``ValueError`` for a text too long for a cell.
        """
        self._merge(page, area, style)
        if isinstance(value, Decimal):
            ensure(page.write_number(area.row, area.column, cell_number(value), style))
        elif isinstance(value, str) and value:
            self._write_text(page, area, value, style)
        else:
            ensure(page.write_blank(area.row, area.column, None, style))

    def put_row(
        self, page: Worksheet, row: int, values: Iterable[object], style: Format, *, first: int = 0
    ) -> None:
        """Write values side by side, from the column *first* on; see :meth:`put`."""
        for column, value in enumerate(values, first):
            self.put(page, Area.at(row, column), value, style)

    def _write_text(self, page: Worksheet, area: Area, text: str, style: Format) -> None:
        if text.startswith("<r>") and text.endswith("</r>"):  # write_string takes this for markup of its own
            code = page.write_rich_string(area.row, area.column, *text[:2], text[2:], style)
        else:
            code = page.write_string(area.row, area.column, text, style)
        if code == _TOO_LONG:
            raise ValueError(f"a text of {len(text)} characters does not fit in a cell")
        ensure(code)

    def formula(self, page: Worksheet, area: Area, text: str, style: Format, result: object) -> None:
        """Write a formula with its stored result, in which XlsxWriter would leave characters that XML does not have."""
        self._merge(page, area, style)
        if isinstance(result, str):
            result = _NOT_IN_XML.sub("\ufffd", result)
        ensure(page.write_formula(area.row, area.column, f"={text}", style, result))

    def link(self, page: Worksheet, cell: tuple[int, int], target: str, tip: str = "") -> None:
        """Link a cell to *target*, such as ``internal:'表'!A1``. This clears the cell, so write its content afterwards."""
        ensure(page.write_url(*cell, target, None, "", tip or None))

    def link_file(self, page: Worksheet, cell: tuple[int, int], address: str) -> None:
        """Link a cell to a file: a relative address, or a ``file:`` URI. An address too long for Excel is left out."""
        target = address if address.startswith("file:") else f"external:./{address}"
        if len(target.encode("utf-16-le")) // 2 <= _LONGEST_LINK:
            self.link(page, cell, target)

    def _merge(self, page: Worksheet, area: Area, style: Format) -> None:
        if not area.is_single:
            ensure(page.merge_range(area.row, area.column, area.last_row, area.last_column, "", style))

    def when_begins(self, page: Worksheet, area: Area, start: str, **look: object) -> None:
        """Add a conditional format for cells whose text begins with *start*."""
        self._add_condition(page, area, {"type": "text", "criteria": "begins with", "value": start}, look)

    def when_true(self, page: Worksheet, area: Area, formula: str, **look: object) -> None:
        """Add a conditional format for cells in which a formula, written for the first of them, is true."""
        self._add_condition(page, area, {"type": "formula", "criteria": f"={formula}"}, look)

    def when_above_zero(self, page: Worksheet, area: Area, **look: object) -> None:
        """Add a conditional format for numbers above zero."""
        self._add_condition(page, area, {"type": "cell", "criteria": ">", "value": 0}, look)

    def _add_condition(
        self, page: Worksheet, area: Area, rule: dict[str, object], look: dict[str, object]
    ) -> None:
        options = rule | {"format": self._book.add_format(look)}
        ensure(page.conditional_format(area.row, area.column, area.last_row, area.last_column, options))

    def refuse_typing(self, page: Worksheet, area: Area, title: str, message: str) -> None:
        """Refuse typing in cells that are not locked, because Excel sorts no rows with locked cells."""
        options = {"validate": "custom", "value": "=FALSE", "ignore_blank": False}
        options |= {"error_title": title, "error_message": message}
        ensure(page.data_validation(area.row, area.column, area.last_row, area.last_column, options))

    def protect(self, page: Worksheet, *, table: bool = False, lines: bool = False) -> None:
        """Protect a page. Columns and rows can still be resized, a *table* filtered and sorted, *lines* sorted and inserted."""
        allowed = {"format_columns": True, "format_rows": True, "objects": True, "scenarios": True}
        more = {"autofilter": table, "sort": table or lines, "insert_rows": lines}
        page.protect(self._password, allowed | more)

    def paper(
        self,
        page: Worksheet,
        printed: Area,
        header: str,
        footer: str,
        *,
        landscape: bool = False,
        is_large: bool = False,
    ) -> None:
        """Set A4, or A3 if *is_large*, with the printed area fitted to the width of a page."""
        page.set_paper(_A3 if is_large else _A4)
        if landscape:
            page.set_landscape()
        page.set_margins(left=0.6, right=0.6, top=0.8, bottom=0.7)
        page.center_horizontally()
        page.fit_to_pages(1, 0)
        page.print_area(printed.row, printed.column, printed.last_row, printed.last_column)
        page.set_header("&L")
        page.header = header  # set_header would take "&&G" for the code of a picture and refuse it
        page.set_footer(footer)
        page.hide_gridlines(2)


def _with_slashes(relations: bytes) -> bytes:
    r"""Return the targets of links with ``/``, which every program understands; XlsxWriter writes paths with ``\\``."""
    return relations.replace(b"\\", b"/")


def header_text(text: str) -> str:
    """Return a text for a header: shortened, and with ``&``, which begins a code, doubled."""
    return text[:_LONGEST_HEADER].replace("&", "&&")


def set_widths(page: Worksheet, sizes: tuple[float, ...]) -> None:
    """Set the widths of the columns, in characters, from the first column on."""
    for column, size in enumerate(sizes):
        page.set_column(column, column, size)
