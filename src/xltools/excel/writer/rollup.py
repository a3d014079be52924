"""The further sheets of a roll-up: one row per agency, the list of all files, and the list of accepted findings."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from xltools.data.filing import Account, Member, Source
from xltools.data.number import kept
from xltools.data.rollup import Rollup
from xltools.data.row_checksum import checksum, figures_of, member_check
from xltools.excel import live_checks
from xltools.excel.text_height import lines, width_of
from xltools.excel.writer.canvas import HEI, LINK, LOCKED, QUIET, Canvas, formula_result, set_widths
from xltools.excel.writer.content import Content, finish
from xltools.excel.writer.wide import (
    WideColumns,
    print_wide,
    write_heads,
    write_names,
    write_wide_title,
)
from xltools.files import Home
from xltools.form.model import Form
from xltools.form.places import MATRIX, PREFIX, SOURCES, WAIVED, Area, Matrix, Sources, Waived
from xltools.text import clerk

MOST_LINKS = 65_530  # on one sheet; Excel reports a file with more as damaged
_PRODUCT_WIDTH = (9.0,)
_MATRIX_WIDTHS = (10.0, 6.0, 23.0, 12.0, 32.0, 14.0, 18.0)
_WIDEST_NAME, _WIDEST_DISTRICT = 28.0, 20.0  # characters
_NARROW = 1.1  # more 9-point characters fit in a column than its width says, which is in 11-point characters
_GATHERED_WIDTH = 20.0
_ROW, _LINE, _TALLEST = 16.0, 12.0, 400.0  # points; a row may have 409
_SOURCES_WIDTHS = (10.0, 9.0, 24.0, 32.0, 10.0, 9.0, 12.0, 38.0, 16.0, 10.0, 18.0)


def write_matrix(canvas: Canvas, content: Content, rollup: Rollup) -> None:
    """Draw 各单位数据: one row per agency, one column per cell of the form, totals as formulas over their row."""
    page, form, matrix, t = canvas.page(MATRIX), content.layout.form, content.rows, clerk()
    whole = [form.complete(member.values) for member in rollup.members]
    before, right = _MATRIX_WIDTHS[: Matrix.BEFORE], _MATRIX_WIDTHS[Matrix.BEFORE :]
    longest = max((width_of(member.agency.name) / _NARROW + 1 for member in rollup.members), default=0.0)
    left = (*before[:-1], max(before[-1], min(_WIDEST_NAME, longest)))
    right = (*(_GATHERED_WIDTH,) * len(form.gathered), *right, *_PRODUCT_WIDTH * len(form.means))
    names = Matrix.ABOUT.index("code"), Matrix.ABOUT.index("name")
    columns = WideColumns.of(tuple(form.cells.values()), whole, left, right, names)
    most = MOST_LINKS - len(form.cells)  # the heads are links as well
    home = content.home if len(rollup.members) <= most else None
    about = _titled(content, "rollup.matrix-about", len(rollup.members), most)
    write_wide_title(canvas, page, columns, t("rollup.matrix-title"), about)
    places = {matrix.columns[PREFIX + key]: key for key in Matrix.ABOUT}
    heads = {
        column: (t(f"rollup.{'agency' if key == 'name' else key}"), PREFIX + key)
        for column, key in places.items()
    }
    write_heads(canvas, page, heads)
    write_names(canvas, content, page, columns)
    write_heads(canvas, page, {matrix.columns[n]: (form.fields[n].label, n) for n in form.gathered})
    text = _sortable_format(canvas, text_wrap=False, align="left")
    name = _sortable_format(canvas, text_wrap=False, shrink=True, align="left")
    quiet = _sortable_format(canvas, text_wrap=False, align="left", font_color=QUIET)
    special = {
        "file": text if home is None else _link_format(canvas),
        "sha256": quiet,
        "check": quiet,
        "name": name,
    }
    input_look, total_look = (
        _sortable_format(canvas, bg_color=colour, text_wrap=False, shrink=True)
        for colour in ("#FFFFFF", LOCKED)
    )
    for name, cell in form.means.items():
        weight = form.cells[cell.weight]
        place = Area.at(Matrix.NAME_ROW, matrix.columns[name])
        canvas.put(page, place, name, canvas.format(font_size=9, text_wrap=False))
        place = Area.at(Matrix.COLUMN_ROW, matrix.columns[name])
        canvas.put(page, place, f"{cell.label} × {weight.label}", canvas.boxed(bg_color=LOCKED, font_size=8))
    formulas = live_checks.row_formulas(form, matrix)
    for row, (member, values) in enumerate(zip(rollup.members, whole, strict=True), matrix.first):
        _link_to_file(canvas, page, (row, matrix.columns[f"{PREFIX}file"]), home, member.source)
        for (column, key), words in zip(places.items(), _about_texts(form, member), strict=True):
            canvas.put(page, Area.at(row, column), words, special.get(key, text))
        for column, cell in enumerate(columns.cells, columns.first):
            area, look = Area.at(row, column), total_look if cell.is_total else input_look
            value = Decimal(kept(values[cell.name])) if cell.name in values else None
            if cell.name not in formulas:
                canvas.put(page, area, value, look)
            else:
                formula = live_checks.in_row(formulas[cell.name], row)
                canvas.formula(page, area, formula, look, formula_result(cell, value))
        for name in form.gathered:
            canvas.put(page, Area.at(row, matrix.columns[name]), member.texts.get(name, ""), text)
        _write_products(canvas, content, page, row, form.added(member.values))
        page.set_row(row, _ROW)
    _refuse_typing(canvas, page, Area(Matrix.ADDRESS_ROW, 0, matrix.last, len(columns.widths) - 1))
    page.freeze_panes(matrix.first, columns.first)
    print_wide(canvas, content, page, columns, matrix.last)
    for name in form.means:
        page.set_column(matrix.columns[name], matrix.columns[name], None, None, {"hidden": True})


def _write_products(
    canvas: Canvas, content: Content, page: Worksheet, row: int, added: Mapping[str, Decimal]
) -> None:
    """Draw the products of means with their weights: the district's means are derived from their sums."""
    look = _sortable_format(canvas, text_wrap=False)
    for name in content.layout.form.means:
        value = Decimal(kept(added[name])) if name in added else None
        canvas.put(page, content.rows.cell(name, row - content.rows.first), value, look)


def _about_texts(form: Form, member: Member) -> tuple[str, ...]:
    """Return the texts in front of the figures, in the order of ``Matrix.ABOUT``."""
    agency, source = member.agency, member.source
    check = member_check(member, figures_of(member, form))
    return (agency.district, agency.code, agency.name, member.kind, source.name, source.sha256, check)


def write_sources(canvas: Canvas, content: Content, rollup: Rollup) -> None:
    """Draw 来源清单: every file and every agency, and whether its figures are in the sum."""
    page = canvas.page(SOURCES)
    files = sum(bool(account.source.path) for account in rollup.accounts)
    home = content.home if files <= MOST_LINKS else None
    _write_heads(canvas, page, _titled(content, "rollup.sources-title", files, MOST_LINKS), Sources)
    text = _sortable_format(canvas, align="left")
    looks = {
        "sha256": _sortable_format(canvas, align="left", text_wrap=False, font_color=QUIET),
        "size": _sortable_format(canvas, align="right"),
    }
    if home is not None:
        looks["file"] = _link_format(canvas, text_wrap=True)
    districts = (account.agency.district for account in rollup.accounts if account.agency)
    first = max((width_of(district) / _NARROW + 1 for district in districts), default=0.0)
    widths = (max(_SOURCES_WIDTHS[0], min(_WIDEST_DISTRICT, first)), *_SOURCES_WIDTHS[1:])
    for row, account in enumerate(rollup.accounts, Sources.FIRST_ROW):
        _link_to_file(canvas, page, (row, Sources.COLUMNS.index("file")), home, account.source)
        texts = dict(zip(Sources.COLUMNS, _account_texts(account), strict=True))
        for column, (key, words) in enumerate(texts.items()):
            value = Decimal(words) if key == "size" and words else words
            canvas.put(page, Area.at(row, column), value, looks.get(key, text))
        sized = zip(texts.items(), widths, strict=True)
        longest = max(lines(words, width * _NARROW) for (key, words), width in sized if key != "sha256")
        page.set_row(row, min(_TALLEST, longest * _LINE + 5))
    last = Sources.HEAD_ROW + max(1, len(rollup.accounts))
    _refuse_typing(canvas, page, Area(Sources.HEAD_ROW, 0, last, len(Sources.COLUMNS) - 1))
    set_widths(page, widths)
    finish(
        canvas,
        content,
        page,
        Area.at(0, 0, last + 1, Sources.COLUMNS.index("marker")),
        landscape=True,
        table=True,
    )


def _account_texts(account: Account) -> tuple[str, ...]:
    """Return the texts of a row, in the order of ``Sources.COLUMNS``."""
    agency, source = account.agency, account.source
    who = (agency.district, agency.code, agency.name) if agency else ("", "", "")
    size = kept(Decimal(source.size)) if source.sha256 else ""
    status = clerk()(f"rollup.{account.status}")
    texts = (*who, source.name, source.sha256, size, status, account.note, account.via, account.status)
    return (*texts, checksum(texts))


def _titled(content: Content, title: str, files: int, most: int) -> str:
    """Return the title of a sheet of rows, which says if there are too many files for links: all link, or none."""
    t, is_unlinked = clerk(), content.home is not None and files > most
    return t(title) + (t("rollup.no-links", most=MOST_LINKS) if is_unlinked else "")


def _link_to_file(
    canvas: Canvas, page: Worksheet, cell: tuple[int, int], home: Home | None, source: Source
) -> None:
    if home is not None and source.path and (address := home.link(source.on_disk)):
        canvas.link_file(page, cell, address)


def _sortable_format(canvas: Canvas, **look: object) -> Format:
    """Return the look of a cell that is not locked: Excel sorts no rows with locked cells."""
    return canvas.boxed(**({"font_size": 9, "locked": False} | look))


def _link_format(canvas: Canvas, *, text_wrap: bool = False) -> Format:
    return _sortable_format(canvas, text_wrap=text_wrap, align="left", font_color=LINK, underline=1)


def _refuse_typing(canvas: Canvas, page: Worksheet, table: Area) -> None:
    """Let rows be filtered and sorted, but not typed into; the first row of *table* is the head."""
    t = clerk()
    rows = table._replace(row=table.row + 1)
    canvas.refuse_typing(page, rows, t("input.error-title"), t("rollup.no-typing"))
    page.autofilter(*table)


def _write_heads(canvas: Canvas, page: Worksheet, title: str, sheet: type[Sources | Waived]) -> None:
    """Draw the title of a sheet of rows and the heads of its columns, which stay in sight and on every page."""
    canvas.put(page, Area.at(0, 0), title, canvas.format(font_name=HEI, font_size=13, text_wrap=False))
    heads = [clerk()(f"rollup.{key}") for key in sheet.COLUMNS]
    canvas.put_row(page, sheet.HEAD_ROW, heads, canvas.boxed(bg_color=LOCKED, bold=True))
    page.freeze_panes(sheet.FIRST_ROW, 0)
    page.repeat_rows(sheet.HEAD_ROW)


_WAIVED_WIDTHS = (26.0, 18.0, 20.0, 60.0, 34.0, 12.0, 12.0)


def write_waived(canvas: Canvas, content: Content, rollup: Rollup) -> None:
    """Draw 豁免清单: the findings that the coordinator accepted."""
    page, t = canvas.page(WAIVED), clerk()
    _write_heads(canvas, page, t("rollup.waived-title"), Waived)
    body = canvas.boxed(font_size=9, align="left")
    for row, accepted in enumerate(rollup.waived, Waived.FIRST_ROW):
        for column, key in enumerate(Waived.COLUMNS):
            text = getattr(accepted, key)
            if key == "agency" and accepted.via:
                text = t("rollup.within", via=accepted.via, agency=text)
            canvas.put(page, Area.at(row, column), text, body)
    set_widths(page, _WAIVED_WIDTHS)
    last = Waived.FIRST_ROW + len(rollup.waived) - 1
    page.autofilter(Waived.HEAD_ROW, 0, last, len(Waived.COLUMNS) - 1)
    finish(canvas, content, page, Area.at(0, 0, last + 1, len(Waived.COLUMNS)), landscape=True, table=True)
