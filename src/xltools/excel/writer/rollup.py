"""The further sheets of a roll-up: one row a file and one column a cell, and the account of every file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from xltools.data.checksum import checksum, member_check
from xltools.data.filing import Account, Member, Source
from xltools.data.number import kept
from xltools.data.rollup import Rollup
from xltools.excel import live
from xltools.excel.formula import quoted
from xltools.excel.writer.canvas import HEI, LINK, LOCKED, QUIET, Canvas, header_text, widths
from xltools.excel.writer.content import Content
from xltools.excel.writer.stream import (
    BLANK,
    ENDS,
    MOST_LINKS,
    NUMBER,
    Row,
    Stream,
    formula,
    number,
    words,
)
from xltools.files import Home
from xltools.form.model import Cell, Form
from xltools.form.places import MATRIX, PREFIX, SOURCES, WAIVED, Area, Matrix, Sources, Waived
from xltools.text import clerk

if TYPE_CHECKING:
    from concurrent.futures import Executor

_Item = TypeVar("_Item")

_MATRIX_WIDTHS = (12.0, 14.0, 26.0, 12.0, 32.0, 14.0, 18.0)
_SOURCES_WIDTHS = (12.0, 14.0, 26.0, 34.0, 66.0, 9.0, 12.0, 40.0, 18.0, 10.0, 18.0)
_HEIGHTS = {Matrix.SECTION_ROW: 30, Matrix.ROW_ROW: 56, Matrix.COLUMN_ROW: 30, Matrix.NAME_ROW: 30}


def write_matrix(canvas: Canvas, content: Content, rollup: Rollup, executor: Executor | None) -> None:
    """Where the district's figures come from; with *executor* others work out the rows."""
    page, form = canvas.page(MATRIX), content.layout.form
    matrix, count, last = Matrix.issued(form, len(rollup.members)), len(rollup.members), len(Matrix.ABOUT)
    table = _Table(Matrix.NAME_ROW, count, last + len(form.cells), Matrix.ABOUT.index("file"))
    linked = _are_linked(canvas, content, page, "rollup.matrix-title", count, MOST_LINKS - len(form.cells))
    write_heads(canvas, page, Matrix.ABOUT)
    write_names(canvas, content, page, list(form.cells.values()), last)
    text, quiet = (
        _open(canvas, text_wrap=False, align="left"),
        _open(canvas, text_wrap=False, align="left", font_color=QUIET),
    )
    looks = [quiet if key in {"sha256", "check"} else text for key in Matrix.ABOUT]
    figures = [_open(canvas, bg_color=LOCKED if cell.is_total else "#FFFFFF") for cell in form.cells.values()]
    make = _MatrixRow.of(form, matrix, content.home if linked else None)
    table.draw(canvas, page, [*looks, *figures], rollup.members, make, linked=linked, executor=executor)
    widths(page, (*_MATRIX_WIDTHS, *(13.0,) * len(form.cells)))
    page.freeze_panes(matrix.first, Matrix.ABOUT.index("name") + 1)
    finish(canvas, content, page, Area.at(0, 0, matrix.last + 1, table.width))
    page.fit_to_pages(0, 0)


def _open(canvas: Canvas, **look: object) -> Format:
    """The look of a cell in a row that can be sorted, which Excel does only with rows that are not locked."""
    return canvas.boxed(**({"font_size": 9, "locked": False} | look))


def write_heads(canvas: Canvas, page: Worksheet, keys: Iterable[str]) -> None:
    """The heads of the columns that say whose a row is, with the names they are found by."""
    head, t = canvas.boxed(bg_color=LOCKED, font_size=9), clerk()
    for column, key in enumerate(keys):
        label = t("rollup.agency" if key == "name" else f"rollup.{key}")
        area = Area.at(Matrix.SECTION_ROW, column, Matrix.NAME_ROW - Matrix.SECTION_ROW)
        canvas.put(page, area, label, head)
        canvas.put(page, Area.at(Matrix.NAME_ROW, column), PREFIX + key, head)


def write_names(canvas: Canvas, content: Content, page: Worksheet, cells: Iterable[Cell], first: int) -> None:
    """The heads of the figures' columns: labels, where the district's figure stands, to be clicked, and the name."""
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


@dataclass(frozen=True, slots=True)
class _MatrixRow:
    """What makes the row of a member; it may travel to another process."""

    form: Form
    starts: tuple[tuple[str, str], ...]  # what stands in front of a figure: of a total, its formula
    home: Home | None  # where the rows link from, if they do

    @classmethod
    def of(cls, form: Form, matrix: Matrix, home: Home | None) -> _MatrixRow:
        """For the rows of that matrix."""
        formulas = {name: formula(text) for name, text in live.row_formulas(form, matrix).items()}
        return cls(form, tuple((name, formulas.get(name, NUMBER)) for name in form.cells), home)

    def __call__(self, member: Member) -> Row:
        agency, source = member.agency, member.source
        about = (agency.district, agency.code, agency.name, member.kind, source.name, source.sha256)
        figures = {name: kept(value) for name, value in self.form.complete(member.values).items()}
        inputs = {name: figures[name] for name in self.form.input_names if name in member.values}
        contents = [words(text) for text in (*about, member_check(member, inputs))]
        contents += [
            f"{start}{figures[name]}{ENDS}" if name in figures else BLANK for name, start in self.starts
        ]
        return Row(contents, _link(self.home, source))


def _link(home: Home | None, source: Source) -> str:
    return home.link(source.on_disk) if home is not None and source.path else ""


def _are_linked(canvas: Canvas, content: Content, page: Worksheet, title: str, files: int, most: int) -> bool:
    """Whether the rows link to their files, which all do or none; the title of the sheet says when they are too many."""
    t, is_wanted = clerk(), content.home is not None
    text = t(title) + (t("rollup.no-links", most=MOST_LINKS) if is_wanted and files > most else "")
    canvas.put(page, Area.at(0, 0), text, canvas.format(font_name=HEI, font_size=13, text_wrap=False))
    return is_wanted and 0 < files <= most


@dataclass(frozen=True, slots=True)
class _Table:
    """Rows below a head that can be filtered and sorted and not typed into; some link to the file in one column."""

    head: int
    count: int
    width: int
    linked: int

    def draw(
        self,
        canvas: Canvas,
        page: Worksheet,
        looks: list[Format],
        items: Sequence[_Item],
        make: Callable[[_Item], Row],
        *,
        linked: bool,
        executor: Executor | None,
    ) -> None:
        """The rows of the items, of which the first is drawn as the pattern of the others."""
        first, t = self.head + 1, clerk()
        if linked:
            canvas.link(page, (first, self.linked), "external:first.xlsx")
            looks[self.linked] = _open(canvas, text_wrap=False, align="left", font_color=LINK, underline=1)
        for column, look in enumerate(looks):
            canvas.put(page, Area.at(first, column), None, look)
        rows_area = Area.at(first, 0, max(1, self.count), self.width)
        canvas.stream(page, Stream(first, self.count, items, make, self.linked, executor))
        canvas.refuse_typing(page, rows_area, t("input.error-title"), t("rollup.no-typing"))
        page.autofilter(self.head, 0, rows_area.last_row, rows_area.last_column)


def write_sources(canvas: Canvas, content: Content, rollup: Rollup, executor: Executor | None) -> None:
    """Every file and every agency, and what became of it."""
    page, t, accounts = canvas.page(SOURCES), clerk(), rollup.accounts
    table = _Table(Sources.HEAD_ROW, len(accounts), len(Sources.COLUMNS), Sources.COLUMNS.index("file"))
    # How many they are is asked for only where they may be too many, since each account is looked at for it.
    has_file = (bool(account.source.path) for account in accounts)
    files = sum(has_file) if len(accounts) > MOST_LINKS else int(any(has_file))
    linked = _are_linked(canvas, content, page, "rollup.sources-title", files, MOST_LINKS)
    head = canvas.boxed(bg_color=LOCKED, bold=True)
    for column, key in enumerate(Sources.COLUMNS):
        canvas.put(page, Area.at(Sources.HEAD_ROW, column), t(f"rollup.{key}"), head)
    looks = [_open(canvas, align="left")] * table.width
    make = partial(_account_row, content.home if linked else None)
    table.draw(canvas, page, looks, accounts, make, linked=linked, executor=executor)
    widths(page, _SOURCES_WIDTHS)
    page.freeze_panes(Sources.FIRST_ROW, 0)
    finish(canvas, content, page, Area.at(0, 0, Sources.HEAD_ROW + max(1, table.count) + 1, table.width))


def _account_row(home: Home | None, account: Account) -> Row:
    agency, source = account.agency, account.source
    who = (agency.district, agency.code, agency.name) if agency else ("", "", "")
    size = kept(Decimal(source.size)) if source.sha256 else ""
    what = (clerk()(f"rollup.{account.status}"), account.note, account.via, account.status)
    texts = (*who, source.name, source.sha256, size, *what)
    contents = [words(text) for text in (*texts, checksum(texts))]
    if size:
        contents[Sources.COLUMNS.index("size")] = number(size)
    return Row(contents, _link(home, source))


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
    finish(canvas, content, page, Area.at(0, 0, last + 1, len(Waived.COLUMNS)))


def finish(canvas: Canvas, content: Content, page: Worksheet, printed: Area) -> None:
    """Paper and protection of a sheet of rows."""
    t = clerk()
    header = t("sheet.header", name=header_text(content.stamp.agency.name), year=content.stamp.year)
    canvas.paper(page, printed, header, t("sheet.footer"), landscape=True)
    canvas.guard(page, table=True)
