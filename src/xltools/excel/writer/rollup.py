"""The further sheets of a roll-up: one row per agency, the list of all files, and the list of accepted findings."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from xltools.data.filing import Account, Member, Source
from xltools.data.number import kept
from xltools.data.rollup import Rollup
from xltools.data.row_checksum import checksum, figures_of, member_check
from xltools.excel import live_checks
from xltools.excel.formula import quoted
from xltools.excel.writer.canvas import HEI, LINK, LOCKED, QUIET, Canvas, cell_number, header_text, set_widths
from xltools.excel.writer.content import Content
from xltools.files import Home
from xltools.form.model import Cell, Form
from xltools.form.places import MATRIX, PREFIX, SOURCES, WAIVED, Area, Matrix, Sources, Waived
from xltools.text import clerk

MOST_LINKS = 65_530  # on one sheet; Excel reports a file with more as damaged
_MATRIX_WIDTHS = (12.0, 14.0, 26.0, 12.0, 32.0, 14.0, 18.0)
_SOURCES_WIDTHS = (12.0, 14.0, 26.0, 34.0, 66.0, 9.0, 12.0, 40.0, 18.0, 10.0, 18.0)
_HEIGHTS = {Matrix.SECTION_ROW: 30, Matrix.ROW_ROW: 56, Matrix.COLUMN_ROW: 30, Matrix.NAME_ROW: 30}


def write_matrix(canvas: Canvas, content: Content, rollup: Rollup) -> None:
    """Draw 各单位数据: one row per agency, one column per cell of the form, totals as formulas over their row."""
    page, form, matrix = canvas.page(MATRIX), content.layout.form, content.rows
    most = MOST_LINKS - len(form.cells)  # the heads are links as well
    home = _write_title(canvas, content, page, "rollup.matrix-title", len(rollup.members), most)
    write_heads(canvas, page, Matrix.ABOUT)
    first_figure = len(Matrix.ABOUT)
    write_names(canvas, content, page, form.cells.values(), first_figure)
    text = _sortable_format(canvas, text_wrap=False, align="left")
    quiet = _sortable_format(canvas, text_wrap=False, align="left", font_color=QUIET)
    special = {"file": text if home is None else _link_format(canvas), "sha256": quiet, "check": quiet}
    looks = [special.get(key, text) for key in Matrix.ABOUT]
    input_look, total_look = (
        _sortable_format(canvas, bg_color="#FFFFFF"),
        _sortable_format(canvas, bg_color=LOCKED),
    )
    formulas = live_checks.row_formulas(form, matrix)
    for row, member in enumerate(rollup.members, matrix.first):
        _link_to_file(canvas, page, (row, Matrix.ABOUT.index("file")), home, member.source)
        for column, (words, look) in enumerate(zip(_about_texts(form, member), looks, strict=True)):
            canvas.put(page, Area.at(row, column), words, look)
        values = form.complete(member.values)
        for column, (name, cell) in enumerate(form.cells.items(), first_figure):
            area, look = Area.at(row, column), total_look if cell.is_total else input_look
            value = Decimal(kept(values[name])) if name in values else None
            if value is None or name not in formulas:
                canvas.put(page, area, value, look)
            else:
                canvas.formula(page, area, live_checks.in_row(formulas[name], row), look, cell_number(value))
    width = first_figure + len(form.cells)
    _refuse_typing(canvas, page, Area(Matrix.NAME_ROW, 0, matrix.last, width - 1))
    set_widths(page, (*_MATRIX_WIDTHS, *(13.0,) * len(form.cells)))
    page.freeze_panes(matrix.first, Matrix.ABOUT.index("name") + 1)
    finish(canvas, content, page, Area.at(0, 0, matrix.last + 1, width))
    page.fit_to_pages(0, 0)


def _about_texts(form: Form, member: Member) -> tuple[str, ...]:
    """Return the texts in front of the figures, in the order of ``Matrix.ABOUT``."""
    agency, source = member.agency, member.source
    check = member_check(member, figures_of(member, form.input_names))
    return (agency.district, agency.code, agency.name, member.kind, source.name, source.sha256, check)


def write_heads(canvas: Canvas, page: Worksheet, keys: Iterable[str]) -> None:
    """Draw the heads of the columns in front of the figures, each with the name by which the reader finds it."""
    head, t = canvas.boxed(bg_color=LOCKED, font_size=9), clerk()
    for column, key in enumerate(keys):
        label = t("rollup.agency" if key == "name" else f"rollup.{key}")
        area = Area.at(Matrix.SECTION_ROW, column, Matrix.NAME_ROW - Matrix.SECTION_ROW)
        canvas.put(page, area, label, head)
        canvas.put(page, Area.at(Matrix.NAME_ROW, column), PREFIX + key, head)


def write_names(canvas: Canvas, content: Content, page: Worksheet, cells: Iterable[Cell], first: int) -> None:
    """Draw the heads of the figures: labels, a link to the district's figure, and the name of the cell."""
    head = canvas.boxed(bg_color=LOCKED, font_size=9)
    linked = canvas.boxed(bg_color=LOCKED, font_size=9, font_color=LINK)
    for column, cell in enumerate(cells, first):
        sheet, address = content.layout.address(cell.name)
        labels = (cell.section.title, "/".join(cell.row_path), "/".join(cell.column_path))
        for row, text in enumerate(labels, Matrix.SECTION_ROW):
            canvas.put(page, Area.at(row, column), text, head)
        canvas.link(page, (Matrix.ADDRESS_ROW, column), f"internal:{quoted(sheet)}!{address}")
        canvas.put(page, Area.at(Matrix.ADDRESS_ROW, column), f"{sheet}!{address}", linked)
        canvas.put(page, Area.at(Matrix.NAME_ROW, column), cell.name, head)
    for row, height in _HEIGHTS.items():
        page.set_row(row, height)


def write_sources(canvas: Canvas, content: Content, rollup: Rollup) -> None:
    """Draw 来源清单: every file and every agency, and whether its figures are in the sum."""
    page, t = canvas.page(SOURCES), clerk()
    files = sum(bool(account.source.path) for account in rollup.accounts)
    home = _write_title(canvas, content, page, "rollup.sources-title", files, MOST_LINKS)
    head = canvas.boxed(bg_color=LOCKED, bold=True)
    for column, key in enumerate(Sources.COLUMNS):
        canvas.put(page, Area.at(Sources.HEAD_ROW, column), t(f"rollup.{key}"), head)
    text = _sortable_format(canvas, align="left")
    file = text if home is None else _link_format(canvas)
    for row, account in enumerate(rollup.accounts, Sources.FIRST_ROW):
        _link_to_file(canvas, page, (row, Sources.COLUMNS.index("file")), home, account.source)
        for column, (key, words) in enumerate(zip(Sources.COLUMNS, _account_texts(account), strict=True)):
            value = Decimal(words) if key == "size" and words else words
            canvas.put(page, Area.at(row, column), value, file if key == "file" else text)
    last = Sources.HEAD_ROW + max(1, len(rollup.accounts))
    _refuse_typing(canvas, page, Area(Sources.HEAD_ROW, 0, last, len(Sources.COLUMNS) - 1))
    set_widths(page, _SOURCES_WIDTHS)
    page.freeze_panes(Sources.FIRST_ROW, 0)
    finish(canvas, content, page, Area.at(0, 0, last + 1, len(Sources.COLUMNS)))


def _account_texts(account: Account) -> tuple[str, ...]:
    """Return the texts of a row, in the order of ``Sources.COLUMNS``."""
    agency, source = account.agency, account.source
    who = (agency.district, agency.code, agency.name) if agency else ("", "", "")
    size = kept(Decimal(source.size)) if source.sha256 else ""
    status = clerk()(f"rollup.{account.status}")
    texts = (*who, source.name, source.sha256, size, status, account.note, account.via, account.status)
    return (*texts, checksum(texts))


def _write_title(
    canvas: Canvas, content: Content, page: Worksheet, title: str, files: int, most: int
) -> Home | None:
    """Draw the title of a sheet of rows, and return the place that its rows link from, or ``None`` if none links.

    Either all rows link to their files or none: there are no links to more than *most* files, and the title says so.
    """
    t, home = clerk(), content.home
    text = t(title) + (t("rollup.no-links", most=MOST_LINKS) if home is not None and files > most else "")
    canvas.put(page, Area.at(0, 0), text, canvas.format(font_name=HEI, font_size=13, text_wrap=False))
    return home if 0 < files <= most else None


def _link_to_file(
    canvas: Canvas, page: Worksheet, cell: tuple[int, int], home: Home | None, source: Source
) -> None:
    if home is not None and source.path and (address := home.link(source.on_disk)):
        canvas.link_file(page, cell, address)


def _sortable_format(canvas: Canvas, **look: object) -> Format:
    """Return the look of a cell that is not locked: Excel sorts no rows with locked cells."""
    return canvas.boxed(**({"font_size": 9, "locked": False} | look))


def _link_format(canvas: Canvas) -> Format:
    return _sortable_format(canvas, text_wrap=False, align="left", font_color=LINK, underline=1)


def _refuse_typing(canvas: Canvas, page: Worksheet, table: Area) -> None:
    """Let rows be filtered and sorted, but not typed into; the first row of *table* is the head."""
    t = clerk()
    rows = table._replace(row=table.row + 1)
    canvas.refuse_typing(page, rows, t("input.error-title"), t("rollup.no-typing"))
    page.autofilter(*table)


_WAIVED_WIDTHS = (26.0, 18.0, 20.0, 60.0, 34.0, 12.0, 12.0)


def write_waived(canvas: Canvas, content: Content, rollup: Rollup) -> None:
    """Draw 豁免清单: the findings that the coordinator accepted."""
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
    set_widths(page, _WAIVED_WIDTHS)
    last = Waived.FIRST_ROW + len(rollup.waived) - 1
    page.freeze_panes(Waived.FIRST_ROW, 0)
    page.autofilter(Waived.HEAD_ROW, 0, last, len(Waived.COLUMNS) - 1)
    finish(canvas, content, page, Area.at(0, 0, last + 1, len(Waived.COLUMNS)))


def finish(canvas: Canvas, content: Content, page: Worksheet, printed: Area) -> None:
    """Set up paper and protection of a sheet of rows."""
    t = clerk()
    header = t("sheet.header", name=header_text(content.stamp.agency.name), period=content.stamp.period)
    canvas.paper(page, printed, header, t("sheet.footer"), landscape=True)
    canvas.protect(page, table=True)
