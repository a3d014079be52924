"""A form as a workbook: blank for an agency to fill in, or filled from a record. The only room that knows xlsxwriter.

Labels and formulas are locked, inputs are open and visibly so, every formula carries its correct result (most
programs show the stored result and do not compute on opening), and the checks are live.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from xltools.data.filing import Source, Stamp
from xltools.data.number import is_whole
from xltools.data.record import Agency
from xltools.data.rollup import Rollup
from xltools.errors import InputError, Problem
from xltools.excel import live
from xltools.excel.formula import absolute, area_a1, quoted, rectangles
from xltools.excel.package import with_structure_locked
from xltools.form.address import a1, column_name
from xltools.form.layout import (
    COUNT_COLUMN,
    COVER,
    FIRST_COLUMN,
    MATRIX,
    SOURCES,
    STAMP,
    Area,
    Check,
    CheckGroup,
    Label,
    Layout,
    Matrix,
    Sheet,
    Sources,
    layout,
)
from xltools.form.model import Cell, Form
from xltools.text import clerk

PREFIX = "xltools."  # of the names and properties that carry the stamp
_SONG, _HEI = "宋体", "黑体"  # on every Windows and in WPS
_OPEN, _LOCKED, _LINE = "#FFFBE6", "#F2F2F2", "#7F7F7F"
_A4 = 9
_LONGEST_PASSWORD = 15


def write_return(
    form: Form,
    stamp: Stamp,
    values: Mapping[str, Decimal] | None = None,
    prose: Mapping[str, str] | None = None,
    password: str = "",
) -> bytes:
    """The workbook of one agency; *values* are inputs, totals are derived."""
    book = _Book(form, stamp, form.complete(values or {}), prose or {}, password)
    return book.finish(blanks=len(form.inputs) - len([c for c in form.inputs if c.name in (values or {})]))


def write_rollup(rollup: Rollup, password: str = "") -> bytes:
    """The workbook of a district: the form's sheets over one row an agency, and an account of every file."""
    return _Book(rollup.form, rollup.stamp, rollup.values, {}, password, rollup).finish(blanks=0)


def stamp_texts(stamp: Stamp) -> dict[str, str]:
    """The stamp as it is written into the file's properties."""
    agency = stamp.agency
    texts = (agency.district, agency.name, agency.code, str(stamp.year), stamp.form, stamp.edition, stamp.kind)
    return dict(zip(STAMP, texts, strict=True))


def shown_stamp(stamp: Stamp) -> dict[str, str]:
    """The stamp as the cover shows it."""
    return stamp_texts(stamp) | {"kind": clerk()(f"cover.kind-{stamp.kind}")}


def check_password(password: str) -> None:
    """Raise :class:`InputError` for a password that spreadsheet programs would hash differently."""
    if password and not (password.isascii() and password.isprintable() and len(password) <= _LONGEST_PASSWORD):
        raise InputError(Problem("bad-password"))


def _stored(value: Decimal) -> int | float:
    return int(value) if is_whole(value) else float(value)


class _Book:
    """One workbook being written."""

    def __init__(
        self,
        form: Form,
        stamp: Stamp,
        values: Mapping[str, Decimal],
        prose: Mapping[str, str],
        password: str,
        rollup: Rollup | None = None,
    ) -> None:
        check_password(password)
        self._layout, self._stamp, self._values, self._prose = layout(form), stamp, values, prose
        self._password, self._rollup = password, rollup
        self._out = io.BytesIO()
        self._book = xlsxwriter.Workbook(self._out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
        self._formats: dict[tuple[tuple[str, object], ...], Format] = {}

    def finish(self, blanks: int) -> bytes:
        """Write everything and return the file's bytes; a warning of the library is a defect and raises."""
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            self._properties()
            cover = self._sheet(COVER)
            sheets = [(sheet, self._sheet(sheet.name)) for sheet in self._layout.sheets]
            for sheet, page in sheets:
                self._section(sheet, page)
            if self._rollup:
                _MatrixPage(self, self._rollup).write()
                _SourcesPage(self, self._rollup).write()
            _CoverPage(self, cover, blanks).write()
            self._names()
            self._book.close()
        return with_structure_locked(self._out.getvalue(), self._password)

    # -- what every page needs

    @property
    def layout(self) -> Layout:
        return self._layout

    @property
    def values(self) -> Mapping[str, Decimal]:
        return self._values

    @property
    def prose(self) -> Mapping[str, str]:
        return self._prose

    @property
    def stamp(self) -> Stamp:
        return self._stamp

    @property
    def rollup(self) -> Rollup | None:
        return self._rollup

    def format(self, **properties: object) -> Format:
        """A cell format, made once for each set of properties."""
        full: dict[str, object] = {"font_name": _SONG, "font_size": 10.5, "valign": "vcenter", "text_wrap": True} | properties
        key = tuple(sorted(full.items()))
        if key not in self._formats:
            self._formats[key] = self._book.add_format(full)
        return self._formats[key]

    def _sheet(self, name: str) -> Worksheet:
        return self._book.add_worksheet(name)

    def add_page(self, name: str) -> Worksheet:
        """A further sheet, after those there are."""
        return self._sheet(name)

    def put(self, page: Worksheet, area: Area, value: object, style: Format, result: object = "") -> None:
        """A text, number or formula (with its *result*) into an area, merged when it is more than one cell."""
        if not area.is_single:
            _sound(page.merge_range(area.row, area.column, area.last_row, area.last_column, "", style))
        if isinstance(value, str) and value.startswith("="):
            _sound(page.write_formula(area.row, area.column, value, style, result))
        elif isinstance(value, Decimal):
            _sound(page.write_number(area.row, area.column, _stored(value), style))
        elif isinstance(value, str) and value:
            _sound(page.write_string(area.row, area.column, value, style))
        else:
            _sound(page.write_blank(area.row, area.column, None, style))

    def define(self, name: str, sheet: str, area: Area) -> None:
        _sound(self._book.define_name(name, f"={quoted(sheet)}!{absolute(Area.at(*area.anchor))}"))

    def guard(self, page: Worksheet) -> None:
        """Protect a sheet; the clerk may still make a column wider."""
        page.protect(self._password, {"format_columns": True, "format_rows": True, "objects": True, "scenarios": True})

    def paper(self, page: Worksheet, printed: Area, *, landscape: bool = False) -> None:
        """A4, as wide as the page, with the agency and the year in the head."""
        t, agency = clerk(), self._stamp.agency
        page.set_paper(_A4)
        if landscape:
            page.set_landscape()
        page.set_margins(left=0.6, right=0.6, top=0.8, bottom=0.7)
        page.center_horizontally()
        page.fit_to_pages(1, 0)
        page.print_area(printed.row, printed.column, printed.last_row, printed.last_column)
        page.set_header(t("sheet.header", name=agency.name.replace("&", "&&")[:100], year=self._stamp.year))
        page.set_footer(t("sheet.footer"))
        page.hide_gridlines(2)

    def _properties(self) -> None:
        self._book.set_properties(
            {"title": self._layout.form.title, "author": "xltools", "created": datetime(self._stamp.year + 1, 1, 1, tzinfo=UTC).replace(tzinfo=None)}
        )
        for key, text in stamp_texts(self._stamp).items():
            _sound(self._book.set_custom_property(PREFIX + key, text, "text"))

    def _names(self) -> None:
        for name, (sheet, area) in self._layout.places.items():
            self.define(name, sheet, area)
        for key, area in self._layout.cover.stamp.items():
            self.define(PREFIX + key, COVER, area)

    # -- the sections

    def _section(self, sheet: Sheet, page: Worksheet) -> None:
        _widths(page, sheet.widths)
        for label in sheet.labels:
            self.put(page, label.area, label.text, self._label_format(label))
        self._heights(sheet, page)
        if sheet.cells:
            self._table(sheet, page)
        else:
            self._prose_cells(sheet, page)
        page.freeze_panes(*sheet.frozen_at)
        self.paper(page, sheet.page, landscape=sheet.section.landscape)
        self.guard(page)

    def _label_format(self, label: Label) -> Format:
        if label.role == "title":
            return self.format(font_name=_HEI, font_size=15, align="center")
        if label.role == "heading":
            return self.format(font_name=_HEI, font_size=12)
        if label.role == "hint":
            return self.format(font_size=9, font_color="#595959")
        align = "left" if label.role == "stub" and label.area.column else "center"
        return self.format(align=align, border=1, border_color=_LINE, bold=label.role == "caption")

    def _hint_format(self) -> Format:
        return self.format(font_size=9, font_color="#595959", align="left")

    def _heights(self, sheet: Sheet, page: Worksheet) -> None:
        """Rows as tall as their longest label needs: merged cells do not grow by themselves."""
        page.set_row(0, 30)
        needed: dict[int, float] = {}
        for label in sheet.labels:
            area = label.area
            if label.role == "title" or area.row != area.last_row:
                continue
            width = sum(sheet.widths[area.column : area.last_column + 1])
            needed[area.row] = max(needed.get(area.row, 20), _lines(label.text, width) * 14.5 + 5)
        for row, height in needed.items():
            page.set_row(row, height)

    def _table(self, sheet: Sheet, page: Worksheet) -> None:
        t = clerk()
        if self._rollup:
            hint = t("sheet.hint-rollup")
        else:
            hint = t("sheet.hint", unit=sheet.section.unit) if sheet.section.unit else t("sheet.hint-plain")
        self.put(page, sheet.hint, hint, self._hint_format())
        for name, area in sheet.cells.items():
            self._cell(sheet, page, self._layout.form.cells[name], area)
        for group in sheet.groups:
            self._checks(sheet, page, group)
        self._check_colours(sheet, page)

    def _cell(self, sheet: Sheet, page: Worksheet, cell: Cell, area: Area) -> None:
        number = "0" if cell.number == "count" else "General"
        typed = not cell.is_total and self._rollup is None
        style = self.format(
            align="center",
            border=1,
            border_color=_LINE,
            num_format=number,
            bg_color=_OPEN if typed else _LOCKED,
            locked=not typed,
            bold=cell.is_total,
        )
        value = self._values.get(cell.name)
        if self._rollup and not cell.additive:
            self.put(page, area, None, self.format(border=1, border_color=_LINE, pattern=14, fg_color=_LINE, bg_color=_LOCKED))
        elif cell.definition:
            formula = cell.definition.print(lambda name: live.reference(self._layout, name, sheet.name))
            self.put(page, area, f"={formula}", style, _stored(value or Decimal(0)))
        elif self._rollup:
            self.put(page, area, rollup_formula(self._layout, cell.name, len(self._rollup.members)), style, _stored(value or Decimal(0)))
        else:
            self.put(page, area, value, style)
            _validate(page, area, cell)

    def _checks(self, sheet: Sheet, page: Worksheet, group: CheckGroup) -> None:
        t = clerk()
        label = t("sheet.check-line", label=group.label) if group.label else t("sheet.check")
        self.put(page, group.head, label, self.format(font_size=9, font_color="#595959", align="center"))
        style = self.format(font_size=9, align="center", font_color="#2E7D32", border=4, border_color=_LINE)
        for check in group.checks:
            if self._rollup and not all(self._layout.form.cells[n].additive for e in check.equations for n in e.names):
                self.put(page, check.area, None, style)
                continue
            formula = live.check_formula(self._layout, check, sheet.name)
            self.put(page, check.area, formula, style, live.check_result(check, self._values))

    def _check_colours(self, sheet: Sheet, page: Worksheet) -> None:
        for group in sheet.groups:
            area = group.area
            red = self._book.add_format({"bg_color": "#C62828", "font_color": "#FFFFFF", "bold": True})
            options = {"type": "text", "criteria": "begins with", "value": live.FAILED, "format": red}
            _sound(page.conditional_format(area.row, area.column, area.last_row, area.last_column, options))
            if area.column > sheet.page.last_column:
                page.set_column(area.column, area.column, 10)
                page.set_column(area.column - 1, area.column - 1, 1.5)

    def colour(self, page: Worksheet, area: Area, start: str, **look: object) -> None:
        """Colour a text cell while its text begins with *start*."""
        options = {"type": "text", "criteria": "begins with", "value": start, "format": self._book.add_format(look)}
        _sound(page.conditional_format(area.row, area.column, area.last_row, area.last_column, options))

    def _prose_cells(self, sheet: Sheet, page: Worksheet) -> None:
        self.put(page, sheet.hint, clerk()("sheet.hint-prose"), self._hint_format())
        tall = 130 if len(sheet.texts) > 1 else 400
        for name, area in sheet.texts.items():
            text = self._prose.get(name, "")
            self.put(page, area, text, self.open_text())
            page.set_row(area.row, min(400, max(tall, _lines(text, sum(sheet.widths)) * 16 + 10)))

    def open_text(self) -> Format:
        """Where words are typed."""
        return self.format(bg_color=_OPEN, locked=False, border=1, border_color=_LINE, valign="top", align="left", num_format="@")


def rollup_formula(place: Layout, name: str, members: int) -> str:
    """The district's figure as the live sum of its column in the matrix."""
    column = column_name(matrix_column(place, name))
    first = Matrix.FIRST_ROW + 1
    return f"=SUM({quoted(MATRIX)}!{column}{first}:{column}{max(first, first + members - 1)})"


def matrix_column(place: Layout, name: str) -> int:
    """Where the figures of a cell stand in the matrix."""
    return len(Matrix.ABOUT) + list(place.form.cells).index(name)


class _CoverPage:
    """The first sheet: what the workbook is, who filled it in, and whether it may be sent."""

    def __init__(self, book: _Book, page: Worksheet, blanks: int) -> None:
        self._book, self._page, self._blanks = book, page, blanks
        self._cover = book.layout.cover

    def write(self) -> None:
        book, page, t = self._book, self._page, clerk()
        _widths(page, (54, 10, 10, 16))
        page.set_row(0, 42)
        book.put(page, Area.at(0, 0, 1, 4), book.layout.form.title, book.format(font_name=_HEI, font_size=22, align="center"))
        book.put(page, Area.at(1, 0, 1, 4), t("cover.year", year=book.stamp.year), book.format(font_size=14, align="center"))
        self._about()
        last = self._checks()
        last = self._declaration(last + 2)
        guide = t("cover.guide" if book.rollup is None else "cover.guide-rollup")
        book.put(page, Area.at(last + 1, 0, 1, 4), guide, book.format(font_size=9, font_color="#404040", align="left"))
        page.set_row(last + 1, 52)
        book.put(page, Area.at(last + 3, 2, 1, 2), t("cover.stamp-place"), book.format(align="center", font_color="#808080"))
        book.paper(page, Area.at(0, 0, last + 4, 4))
        book.guard(page)
        page.activate()
        start = next(iter(self._cover.fields.values()), self._cover.status).anchor
        page.set_selection(*start, *start)

    def _about(self) -> None:
        book, page, t = self._book, self._page, clerk()
        head = book.format(align="center", border=1, border_color=_LINE, bg_color=_LOCKED)
        names = ("district", "name", "code", "report-year", "form", "edition", "kind")
        for (key, area), label in zip(self._cover.stamp.items(), names, strict=True):
            text = shown_stamp(book.stamp)[key]
            book.put(page, Area.at(area.row, 0), t(f"cover.{label}"), head)
            book.put(page, area, text, book.format(align="left", border=1, border_color=_LINE, indent=1, bold=key == "name"))
            page.set_row(area.row, 20)
        for part in book.layout.form.cover.fields:
            area = self._cover.fields[part.key]
            book.put(page, Area.at(area.row, 0), part.label, head)
            book.put(page, area, book.prose.get(f"cover.{part.key}", ""), book.open_text())
            page.set_row(area.row, 20)

    def _checks(self) -> int:
        """The list of checks and the verdict over it; returns the last row."""
        book, page, t, row = self._book, self._page, clerk(), self._cover.checks_row
        head = book.format(align="center", border=1, border_color=_LINE, bg_color=_LOCKED, bold=True)
        texts = (t("cover.check"), t("cover.failing"), t("cover.first"))
        for column, text in enumerate(texts):
            book.put(page, Area.at(row - 1, column), text, head)
        failing = 0
        for sheet, group in book.layout.groups:
            words = t(f"cover.group-{group.key}", section=sheet.name, label=group.label)
            failing += self._group(row, words, sheet.name, group)
            row += 1
        for rule in book.layout.form.rules:
            failing += self._rule(row, t("cover.group-form", label=rule.label), rule.key)
            row += 1
        for sheet in book.layout.sheets:
            if sheet.cells:
                self._blank_count(row, sheet)
                row += 1
        self._verdict(row - 1, failing)
        return row - 1

    def _group(self, row: int, words: str, sheet: str, group: CheckGroup) -> int:
        book, page, values = self._book, self._page, self._book.values
        failing = sum(live.check_result(c, values).startswith(live.FAILED) for c in group.checks)
        self._link(row, words, sheet, group.area)
        book.put(page, Area.at(row, COUNT_COLUMN), live.failing_formula(group.area, sheet), self._list_format(), failing)
        first = live.first_formula(group.area, sheet)
        book.put(page, Area.at(row, FIRST_COLUMN), first, self._list_format(font_color="#0563C1"), live.first_result(group.checks, values))
        return failing

    def _rule(self, row: int, words: str, key: str) -> int:
        """A rule across tables is checked on the cover itself."""
        book, page = self._book, self._page
        check = form_check(book.layout, key)
        place = area_a1(check.area)
        book.put(page, Area.at(row, 0), words, self._list_format(align="left"))
        result = live.check_result(check, book.values)
        failing = int(result.startswith(live.FAILED))
        book.put(page, Area.at(row, COUNT_COLUMN), f'=COUNTIF({place},"{live.FAILED}*")', self._list_format(), failing)
        book.put(page, check.area, live.check_formula(book.layout, check, COVER), self._list_format(), result)
        return failing

    def _blank_count(self, row: int, sheet: Sheet) -> None:
        book, page = self._book, self._page
        inputs = [c.name for c in book.layout.form.inputs if c.name in sheet.cells and (c.additive or not book.rollup)]
        areas = rectangles(sheet.cells[name].anchor for name in inputs)
        formula = "+".join(f"COUNTBLANK({quoted(sheet.name)}!{area_a1(area)})" for area in areas)
        blanks = 0 if book.rollup else sum(name not in book.values for name in inputs)
        self._link(row, clerk()("cover.group-blank", section=sheet.name), sheet.name, areas[0])
        book.put(page, Area.at(row, COUNT_COLUMN), f"={formula}", self._list_format(), blanks)

    def _link(self, row: int, words: str, sheet: str, area: Area) -> None:
        style = self._list_format(align="left", font_color="#0563C1")
        _sound(self._page.write_url(row, 0, f"internal:{quoted(sheet)}!{a1(*area.anchor)}", style, words))
        self._page.set_row(row, _lines(words, 58) * 14.5 + 4)

    def _list_format(self, **look: object) -> Format:
        return self._book.format(**({"font_size": 9.5, "align": "center", "border": 1, "border_color": _LINE} | look))

    def _verdict(self, last: int, failing: int) -> None:
        book, page, t, cover = self._book, self._page, clerk(), self._cover
        column = column_name(COUNT_COLUMN)
        fails = f"SUM({column}{cover.checks_row + 1}:{column}{cover.blanks_row})" if cover.blanks_row > cover.checks_row else "0"
        blanks = f"SUM({column}{cover.blanks_row + 1}:{column}{last + 1})" if last >= cover.blanks_row else "0"
        failed, unfilled, ready = (t("cover.failed", count="\0"), t("cover.unfilled", count="\0"), t("cover.ready"))
        formula = f'=IF({fails}>0,{_around(failed, fails)},IF({blanks}>0,{_around(unfilled, blanks)},"{ready}"))'
        count = failing or self._blanks
        result = (failed if failing else unfilled if self._blanks else ready).replace("\0", str(count))
        style = book.format(font_name=_HEI, font_size=14, align="center", border=2)
        if book.rollup and book.rollup.coverage == "incomplete":
            book.put(page, cover.status, t("cover.incomplete"), style)
        else:
            book.put(page, cover.status, formula, style, result)
        page.set_row(cover.status.row, 34)
        book.colour(page, cover.status, ready, bg_color="#C8E6C9", font_color="#1B5E20")
        book.colour(page, cover.status, t("cover.incomplete"), bg_color="#C62828", font_color="#FFFFFF")
        book.colour(page, cover.status, failed.partition("\0")[0], bg_color="#C62828", font_color="#FFFFFF")
        book.colour(page, cover.status, unfilled.partition("\0")[0], bg_color="#FFE0B2", font_color="#8A4B00")
        counts = Area(cover.checks_row, COUNT_COLUMN, max(cover.checks_row, cover.blanks_row - 1), COUNT_COLUMN)
        red = {"type": "cell", "criteria": ">", "value": 0, "format": book.format(bg_color="#C62828", font_color="#FFFFFF", bold=True)}
        _sound(page.conditional_format(counts.row, counts.column, counts.last_row, counts.last_column, red))

    def _declaration(self, row: int) -> int:
        """What a roll-up says of itself; returns the last row."""
        rollup, t, page = self._book.rollup, clerk(), self._page
        if rollup is None:
            return row - 1
        included, left = len(rollup.included), rollup.left_out
        lines = [t(f"rollup.{rollup.coverage}", included=included, left=len(left))]
        lines += [t("rollup.left-out", agency=a.agency or a.source.name, reason=a.note or t(f"rollup.{a.status}")) for a in left]
        warn = {"font_color": "#C62828", "bold": True} if rollup.coverage != "complete" else {"bold": True}
        for offset, line in enumerate(lines):
            look = warn if not offset else {}
            self._book.put(page, Area.at(row + offset, 0, 1, 4), line, self._book.format(align="left", border=1, border_color=_LINE, **look))
            page.set_row(row + offset, _lines(line, 88) * 15 + 5)
        return row + len(lines) - 1


def form_check(place: Layout, key: str) -> Check:
    """The check of a rule across tables, on the cover."""
    equation = next(rule.cells for rule in place.form.rules if rule.key == key)
    assert equation is not None  # noqa: S101  the lint saw to it
    return Check(place.cover.rules[key], (), (equation,))


class _MatrixPage:
    """One row a file, one column a cell: where the district's figures come from."""

    def __init__(self, book: _Book, rollup: Rollup) -> None:
        self._book, self._rollup = book, rollup
        self._page = book.add_page(MATRIX)

    def write(self) -> None:
        book, page, t = self._book, self._page, clerk()
        cells = list(book.layout.form.cells.values())
        about = len(Matrix.ABOUT)
        book.put(page, Area.at(0, 0), t("rollup.matrix-title"), book.format(font_name=_HEI, font_size=13, text_wrap=False))
        head = book.format(align="center", border=1, border_color=_LINE, bg_color=_LOCKED, font_size=9)
        for column, key in enumerate(Matrix.ABOUT):
            label = t("rollup.agency" if key == "name" else f"rollup.{key}")
            book.put(page, Area.at(Matrix.SECTION_ROW, column, 3), label, head)
            book.put(page, Area.at(Matrix.NAME_ROW, column), PREFIX + key, head)
        for column, cell in enumerate(cells, about):
            words = (cell.section.title, "/".join(cell.row_path), "/".join(cell.column_path), cell.name)
            for row, text in enumerate(words, Matrix.SECTION_ROW):
                book.put(page, Area.at(row, column), text, head)
        for row, member in enumerate(self._rollup.members, Matrix.FIRST_ROW):
            self._row(row, member.agency, member.source, member.values)
        _widths(page, (12, 14, 26, 32, 14, *(13,) * len(cells)))
        for row, height in ((1, 30), (2, 56), (3, 30), (4, 30)):
            page.set_row(row, height)
        last = Matrix.FIRST_ROW + max(1, len(self._rollup.members)) - 1
        page.freeze_panes(Matrix.FIRST_ROW, 3)
        page.autofilter(Matrix.NAME_ROW, 0, last, about + len(cells) - 1)
        book.paper(page, Area.at(0, 0, last + 1, about + len(cells)), landscape=True)
        page.fit_to_pages(0, 0)
        page.protect(book._password, {"autofilter": True, "sort": True, "format_columns": True, "format_rows": True})  # noqa: SLF001  one room

    def _row(self, row: int, agency: Agency, source: Source, values: Mapping[str, Decimal]) -> None:
        book, page = self._book, self._page
        text = book.format(border=1, border_color=_LINE, font_size=9, text_wrap=False)
        about = (agency.district, agency.code, agency.name, source.name, source.sha256)
        for column, value in enumerate(about):
            book.put(page, Area.at(row, column), value, text)
        complete = book.layout.form.complete(values)
        for column, cell in enumerate(book.layout.form.cells.values(), len(about)):
            style = book.format(
                border=1, border_color=_LINE, align="center", num_format="General", bg_color=_LOCKED if cell.is_total else "#FFFFFF"
            )
            place = Area.at(row, column)
            if cell.definition:
                formula = cell.definition.print(lambda name, r=row: a1(r, matrix_column(book.layout, name)))
                book.put(page, place, f"={formula}", style, _stored(complete[cell.name]))
            else:
                book.put(page, place, values.get(cell.name), style)


class _SourcesPage:
    """Every file and every agency, and what became of it."""

    def __init__(self, book: _Book, rollup: Rollup) -> None:
        self._book, self._rollup = book, rollup
        self._page = book.add_page(SOURCES)

    def write(self) -> None:
        book, page, t = self._book, self._page, clerk()
        title = book.format(font_name=_HEI, font_size=13, text_wrap=False)
        book.put(page, Area.at(0, 0), t("rollup.sources-title"), title)
        head = book.format(align="center", border=1, border_color=_LINE, bg_color=_LOCKED, bold=True)
        for column, key in enumerate(Sources.COLUMNS):
            book.put(page, Area.at(Sources.HEAD_ROW, column), t(f"rollup.{key}"), head)
        body = book.format(border=1, border_color=_LINE, font_size=9)
        for row, account in enumerate(self._rollup.accounts, Sources.FIRST_ROW):
            agency, source = account.agency, account.source
            who = (agency.district, agency.code, agency.name) if agency else ("", "", "")
            size = Decimal(source.size) if source.sha256 else None
            what = (t(f"rollup.{account.status}"), account.note, account.via, account.status)
            for column, value in enumerate((*who, source.name, source.sha256, size, *what)):
                book.put(page, Area.at(row, column), value, body)
        _widths(page, (12, 14, 26, 34, 66, 9, 12, 40, 18, 10))
        last = Sources.FIRST_ROW + max(1, len(self._rollup.accounts)) - 1
        page.freeze_panes(Sources.FIRST_ROW, 0)
        page.autofilter(Sources.HEAD_ROW, 0, last, len(Sources.COLUMNS) - 1)
        book.paper(page, Area.at(0, 0, last + 1, len(Sources.COLUMNS)), landscape=True)
        page.protect(book._password, {"autofilter": True, "sort": True, "format_columns": True, "format_rows": True})  # noqa: SLF001  one room


def _around(sentence: str, value: str) -> str:
    """A text formula with *value* where the sentence has its mark."""
    before, _, after = sentence.partition("\0")
    return f'"{before}"&{value}&"{after}"'


def _validate(page: Worksheet, area: Area, cell: Cell) -> None:
    """Refuse what cannot be a figure while it is typed, and say what can."""
    t = clerk()
    signed, whole = cell.signed, cell.number == "count"
    prompt = "signed" if signed else cell.number
    error = f"error-{'signed-count' if signed and whole else 'signed' if signed else cell.number}"
    options: dict[str, object] = {
        "validate": "integer" if whole else "decimal",
        "criteria": "between",
        "minimum": -999_999_999_999 if signed else 0,
        "maximum": 999_999_999_999,
        "input_title": t("input.title"),
        "input_message": t(f"input.{prompt}", unit=cell.unit or "—"),
        "error_title": t("input.error-title"),
        "error_message": t(f"input.{error}"),
    }
    _sound(page.data_validation(area.row, area.column, area.row, area.column, options))


def _widths(page: Worksheet, widths: tuple[float, ...]) -> None:
    for column, width in enumerate(widths):
        page.set_column(column, column, width)


def _lines(text: str, width: float) -> int:
    """How many lines *text* takes in a column *width* narrow characters wide; a Chinese one is two wide."""
    room = max(2, int(width * 0.95))
    return sum(max(1, -(-sum(1 + (ord(c) > 0x2E7F) for c in line) // room)) for line in text.split("\n"))


def _sound(code: object) -> None:
    """The library reports some faults as a negative number and goes on; here that is a defect."""
    if isinstance(code, int) and code < 0:
        raise ValueError(f"xlsxwriter refused a value with code {code}")
