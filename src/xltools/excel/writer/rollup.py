"""The two further sheets of a roll-up: one row a file and one column a cell, and the account of every file."""

from __future__ import annotations

from decimal import Decimal

from xlsxwriter.worksheet import Worksheet

from xltools.data.filing import Member
from xltools.data.rollup import Rollup
from xltools.excel import live
from xltools.excel.writer.canvas import HEI, LOCKED, Canvas, header_text, stored, widths
from xltools.excel.writer.content import Content
from xltools.form.address import a1
from xltools.form.places import MATRIX, PREFIX, SOURCES, WAIVED, Area, Matrix, Sources, Waived
from xltools.text import clerk

_MATRIX_WIDTHS = (12.0, 14.0, 26.0, 32.0, 14.0)
_SOURCES_WIDTHS = (12.0, 14.0, 26.0, 34.0, 66.0, 9.0, 12.0, 40.0, 18.0, 10.0)


def write_matrix(canvas: Canvas, content: Content, rollup: Rollup) -> None:
    """Where the district's figures come from."""
    page, t = canvas.page(MATRIX), clerk()
    cells = list(content.layout.form.cells.values())
    about = len(Matrix.ABOUT)
    title = canvas.format(font_name=HEI, font_size=13, text_wrap=False)
    canvas.put(page, Area.at(0, 0), t("rollup.matrix-title"), title)
    head = canvas.boxed(bg_color=LOCKED, font_size=9)
    for column, key in enumerate(Matrix.ABOUT):
        label = t("rollup.agency" if key == "name" else f"rollup.{key}")
        canvas.put(
            page, Area.at(Matrix.SECTION_ROW, column, Matrix.NAME_ROW - Matrix.SECTION_ROW), label, head
        )
        canvas.put(page, Area.at(Matrix.NAME_ROW, column), PREFIX + key, head)
    for column, cell in enumerate(cells, about):
        words = (cell.section.title, "/".join(cell.row_path), "/".join(cell.column_path), cell.name)
        for row, text in enumerate(words, Matrix.SECTION_ROW):
            canvas.put(page, Area.at(row, column), text, head)
    for row, member in enumerate(rollup.members, Matrix.FIRST_ROW):
        _write_member(canvas, content, page, row, member)
    widths(page, (*_MATRIX_WIDTHS, *(13.0,) * len(cells)))
    for row, height in ((1, 30), (2, 56), (3, 30), (4, 30)):
        page.set_row(row, height)
    last = Matrix.FIRST_ROW + max(1, len(rollup.members)) - 1
    page.freeze_panes(Matrix.FIRST_ROW, 3)
    page.autofilter(Matrix.NAME_ROW, 0, last, about + len(cells) - 1)
    _finish(canvas, content, page, Area.at(0, 0, last + 1, about + len(cells)))
    page.fit_to_pages(0, 0)


def _write_member(canvas: Canvas, content: Content, page: Worksheet, row: int, member: Member) -> None:
    agency, source, form = member.agency, member.source, content.layout.form
    text = canvas.boxed(font_size=9, text_wrap=False, align="left")
    for column, value in enumerate((agency.district, agency.code, agency.name, source.name, source.sha256)):
        canvas.put(page, Area.at(row, column), value, text)
    complete = form.complete(member.values)
    for name, cell in form.cells.items():
        place = Area.at(row, live.matrix_column(content.layout, name))
        style = canvas.boxed(num_format="General", bg_color=LOCKED if cell.is_total else "#FFFFFF")
        if cell.definition:
            formula = cell.definition.print(lambda other: a1(row, live.matrix_column(content.layout, other)))
            canvas.formula(page, place, formula, style, stored(complete[name]))
        else:
            canvas.put(page, place, member.values.get(name), style)


def write_sources(canvas: Canvas, content: Content, rollup: Rollup) -> None:
    """Every file and every agency, and what became of it."""
    page, t = canvas.page(SOURCES), clerk()
    canvas.put(
        page,
        Area.at(0, 0),
        t("rollup.sources-title"),
        canvas.format(font_name=HEI, font_size=13, text_wrap=False),
    )
    head, body = canvas.boxed(bg_color=LOCKED, bold=True), canvas.boxed(font_size=9, align="left")
    for column, key in enumerate(Sources.COLUMNS):
        canvas.put(page, Area.at(Sources.HEAD_ROW, column), t(f"rollup.{key}"), head)
    for row, account in enumerate(rollup.accounts, Sources.FIRST_ROW):
        agency, source = account.agency, account.source
        who = (agency.district, agency.code, agency.name) if agency else ("", "", "")
        size = Decimal(source.size) if source.sha256 else None
        what = (t(f"rollup.{account.status}"), account.note, account.via, account.status)
        for column, value in enumerate((*who, source.name, source.sha256, size, *what)):
            canvas.put(page, Area.at(row, column), value, body)
    widths(page, _SOURCES_WIDTHS)
    last = Sources.FIRST_ROW + max(1, len(rollup.accounts)) - 1
    page.freeze_panes(Sources.FIRST_ROW, 0)
    page.autofilter(Sources.HEAD_ROW, 0, last, len(Sources.COLUMNS) - 1)
    _finish(canvas, content, page, Area.at(0, 0, last + 1, len(Sources.COLUMNS)))


_WAIVED_WIDTHS = (26.0, 18.0, 20.0, 60.0, 34.0, 12.0, 12.0)


def write_waived(canvas: Canvas, content: Content, rollup: Rollup) -> None:
    """The findings that the coordinator accepted: accepting hides nothing."""
    page, t = canvas.page(WAIVED), clerk()
    title = canvas.format(font_name=HEI, font_size=13, text_wrap=False)
    canvas.put(page, Area.at(0, 0), t("rollup.waived-title"), title)
    head, body = canvas.boxed(bg_color=LOCKED, bold=True), canvas.boxed(font_size=9, align="left")
    for column, key in enumerate(Waived.COLUMNS):
        canvas.put(page, Area.at(Waived.HEAD_ROW, column), t(f"rollup.{key}"), head)
    for row, accepted in enumerate(rollup.waived, Waived.FIRST_ROW):
        for column, key in enumerate(Waived.COLUMNS):
            text = getattr(accepted, key)
            if key == "agency" and accepted.via:
                text = t("rollup.within", via=accepted.via, agency=text)
            canvas.put(page, Area.at(row, column), text, body)
    widths(page, _WAIVED_WIDTHS)
    last = Waived.FIRST_ROW + len(rollup.waived) - 1
    page.freeze_panes(Waived.FIRST_ROW, 0)
    page.autofilter(Waived.HEAD_ROW, 0, last, len(Waived.COLUMNS) - 1)
    _finish(canvas, content, page, Area.at(0, 0, last + 1, len(Waived.COLUMNS)))


def _finish(canvas: Canvas, content: Content, page: Worksheet, printed: Area) -> None:
    t = clerk()
    header = t("sheet.header", name=header_text(content.stamp.agency.name), year=content.stamp.year)
    canvas.paper(page, printed, header, t("sheet.footer"), landscape=True)
    canvas.guard(page, table=True)
