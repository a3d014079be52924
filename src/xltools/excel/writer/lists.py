"""Draw the sheet of a list: open lines with a check beside each, or in a roll-up the lines of all agencies."""

from __future__ import annotations

from decimal import Decimal

from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from xltools.data.field_words import known_by_words
from xltools.data.list_lines import derived_lines
from xltools.data.record import ListLine, ListValue
from xltools.data.row_checksum import checksum, line_texts
from xltools.excel import live_checks
from xltools.excel.formula import ROW
from xltools.excel.list_formulas import LineFormula, derived_formula
from xltools.excel.text_height import lines
from xltools.excel.writer.canvas import (
    AMBER,
    HEI,
    LOCKED,
    OPEN,
    QUIET,
    RED,
    Canvas,
    cell_number,
    set_widths,
)
from xltools.excel.writer.content import Content, finish
from xltools.excel.writer.fields import add_validation, serial_of
from xltools.form.address import a1, column_name
from xltools.form.kinds import Choice, Date, Number, ValueKind
from xltools.form.linear import Linear
from xltools.form.lists import Column
from xltools.form.places import Area, ListSheet
from xltools.text import clerk

_WIDTHS = {
    "text": 24.0,
    "prose": 40.0,
    "url": 30.0,
    "choice": 18.0,
    "choices": 24.0,
    "yes": 9.0,
    "date": 12.0,
}
_NUMBER_WIDTH, _BEFORE_WIDTHS = 13.0, {"number": 6.0, "district": 10.0, "code": 9.0, "agency": 24.0}
_CHECK_WIDTH, _GAP, _LINE = 22.0, 1.5, 15.0


def write_list(canvas: Canvas, content: Content, sheet: ListSheet) -> None:
    """Draw the sheet of one list."""
    page, t, form = canvas.page(sheet.name), clerk(), content.layout.form
    is_rollup = content.rollup is not None
    filled = content.lists.get(sheet.list.key, ())
    before, columns = sheet.before(is_rollup=is_rollup), sheet.columns(is_rollup=is_rollup)
    area = sheet.lines(len(filled), is_rollup=is_rollup)
    kinds = {key: form.column_kinds[f"{sheet.list.key}.{key}"] for key in columns}
    widths = [_BEFORE_WIDTHS[key] for key in before] + [
        _WIDTHS.get(kinds[key].name, _NUMBER_WIDTH) for key in columns
    ]
    widths += [_CHECK_WIDTH] if is_rollup else [_GAP, _CHECK_WIDTH]
    set_widths(page, tuple(widths))
    across = Area.at(0, 0, 1, area.last_column + 1)
    canvas.put(page, across, sheet.title, canvas.format(font_name=HEI, font_size=15, align="center"))
    hint = across._replace(row=sheet.HINT_ROW, last_row=sheet.HINT_ROW)
    words = _hint(sheet, is_rollup=is_rollup)
    canvas.put(page, hint, words, canvas.format(font_size=9, font_color=QUIET, align="left"))
    page.set_row(0, 30)
    page.set_row(sheet.HINT_ROW, lines(words, sum(widths[: area.last_column + 1])) * _LINE + 4)
    labels = [t(f"list.{key}") for key in before] + [column.label for column in sheet.list.columns]
    head = canvas.boxed(bold=True, bg_color=LOCKED)
    canvas.put_row(page, sheet.HEAD_ROW, labels, head)
    tallest = max(lines(label, width) for label, width in zip(labels, widths, strict=False))
    page.set_row(sheet.HEAD_ROW, max(28.0, tallest * _LINE + 6))
    _ListWriter(canvas, content, page, sheet, kinds).write(filled, area)
    for key, column in columns.items():
        whole = area._replace(column=column, last_column=column)
        canvas.define(sheet.range_name(key), sheet.name, whole, is_range=True)
    page.freeze_panes(sheet.FIRST_ROW, 0)
    shown = max(len(filled), 1 if is_rollup else sheet.list.print_)
    printed = Area(0, 0, area.row + shown - 1, area.last_column)
    page.repeat_rows(sheet.HEAD_ROW)
    are_inserted = not (is_rollup or sheet.list.given)
    finish(
        canvas, content, page, printed, landscape=sheet.section.landscape, table=is_rollup, lines=are_inserted
    )


def _hint(sheet: ListSheet, *, is_rollup: bool) -> str:
    t = clerk()
    if is_rollup:
        return t("list.hint-rollup")
    if sheet.list.given:
        return t("list.hint-given")
    return t("list.hint", most=sheet.list.most) + known_by_words(sheet.list)


class _ListWriter:
    """Draws the lines of one list."""

    def __init__(
        self, canvas: Canvas, content: Content, page: Worksheet, sheet: ListSheet, kinds: dict[str, ValueKind]
    ) -> None:
        self._canvas, self._content, self._page, self._sheet, self._kinds = (
            canvas,
            content,
            page,
            sheet,
            kinds,
        )

    def write(self, filled: tuple[ListLine, ...], area: Area) -> None:
        is_rollup = self._content.rollup is not None
        given = () if is_rollup else self._sheet.list.given
        pairs = list(zip(self._sheet.list.columns, self._kinds.values(), strict=True))
        looks = [
            self._look(column, kind, is_open=not is_rollup, is_locked=column.key in given)
            for column, kind in pairs
        ]
        # Where the issuer gives the lines, there are no others.
        beyond = [self._look(*pair, is_open=False, is_locked=True) for pair in pairs] if given else looks
        formulas = self._formulas(is_rollup=is_rollup)
        form, values = self._content.layout.form, self._content.values
        whole = derived_lines(form, self._sheet.list.key, filled, values)
        blank = ListLine(0, ("",) * len(looks))
        quiet = self._canvas.boxed(font_size=9, font_color=QUIET, bg_color=LOCKED, locked=not is_rollup)
        for index, row in enumerate(range(area.row, area.last_row + 1)):
            line, shown_values = (
                (filled[index], whole[index].values) if index < len(filled) else (blank, blank.values)
            )
            if is_rollup:
                self._write_before(row, line, quiet)
            else:
                self._canvas.put(self._page, Area.at(row, 0), Decimal(index + 1), quiet)
            for column, (kind, value, look) in enumerate(
                zip(
                    self._kinds.values(), shown_values, looks if index < len(filled) else beyond, strict=True
                ),
                area.column,
            ):
                place, shown = Area.at(row, column), _shown(kind, value)
                if column in formulas:
                    result = cell_number(shown) if isinstance(shown, Decimal) else shown
                    formula = live_checks.in_row(formulas[column], row)
                    self._canvas.formula(self._page, place, formula, look, result)
                else:
                    self._canvas.put(self._page, place, shown, look)
        if is_rollup:
            self._guard(area)
        else:
            self._validate(area)
            self._check(filled)

    def _formulas(self, *, is_rollup: bool) -> dict[int, str]:
        """Return the formula of each derived column by its place, for any row."""
        form, one = self._content.layout.form, self._sheet.list
        places = self._sheet.columns(is_rollup=is_rollup)
        addresses = {key: column_name(place) + ROW for key, place in places.items()}
        return {
            places[column.key]: derived_formula(form, one, column, addresses)
            for column in one.columns
            # No line of a roll-up is typed in; what a line has of others is of those of its agency.
            if (column.is_ and not (is_rollup and one.is_of_agency(column)))
            or (column.shows and not is_rollup)
        }

    def _look(self, column: Column, kind: ValueKind, *, is_open: bool, is_locked: bool = False) -> Format:
        colour, canvas = LOCKED if is_locked else OPEN if is_open else "#FFFFFF", self._canvas
        if column.shows:
            return canvas.boxed(bg_color=LOCKED)
        if isinstance(column.is_, Linear):
            return canvas.figure(num_format="General", bg_color=LOCKED)
        if column.is_:
            decimals = f".{'0' * column.places}" if column.places else ""
            return canvas.figure(num_format=f"0{decimals}", bg_color=LOCKED)
        if isinstance(kind, Number):
            return canvas.figure(
                num_format="0" if kind.whole else "General", bg_color=colour, locked=is_locked
            )
        if isinstance(kind, Date):
            return canvas.figure(num_format="yyyy-mm-dd", bg_color=colour, locked=is_locked)
        return canvas.open_text(
            bg_color=colour,
            locked=is_locked,
            valign="vcenter",
            align="center" if kind.name == "yes" else "left",
        )

    def _write_before(self, row: int, line: ListLine, quiet: Format) -> None:
        """Draw whose line it is, and its number, which is 0 if there are no lines; behind it the check sum."""
        agency, page = line.agency, self._page
        words = (agency.district, agency.code, agency.name) if agency else ("", "", "")
        about = dict(zip(self._sheet.BEFORE_IN_ROLLUP, (*words, Decimal(line.number)), strict=True))
        for column, key in enumerate(self._sheet.before(is_rollup=True)):
            self._canvas.put(page, Area.at(row, column), about[key] if line.number else None, quiet)
        behind = max(self._sheet.columns(is_rollup=True).values()) + 1
        self._canvas.put(page, Area.at(row, behind), checksum(line_texts(line)) if line.number else "", quiet)

    def _guard(self, area: Area) -> None:
        """Let the lines of a roll-up be filtered and sorted, but not typed into."""
        t = clerk()
        whole = Area(area.row, 0, area.last_row, area.last_column + 1)
        self._canvas.refuse_typing(self._page, whole, t("input.error-title"), t("rollup.no-typing"))
        head = self._canvas.boxed(bg_color=LOCKED, font_size=9)
        self._canvas.put(self._page, Area.at(self._sheet.HEAD_ROW, whole.last_column), t("list.check"), head)
        self._page.autofilter(self._sheet.HEAD_ROW, 0, whole.last_row, whole.last_column)

    def _validate(self, area: Area) -> None:
        form, one = self._content.layout.form, self._sheet.list
        for place, column in enumerate(one.columns, area.column):
            if column.is_derived or column.given:
                continue
            cells, name = area._replace(column=place, last_column=place), f"{one.key}.{column.key}"
            above = one.keys.index(column.under) + area.column if column.under else 0
            item = f"${a1(area.row, above)}" if column.under else ""
            add_validation(self._page, cells, form, name, column, self._kinds[column.key], item)
            if column.kind == "number":
                self._canvas.when_true(self._page, cells, f"ISTEXT({a1(*cells.anchor)})", **RED)

    def _check(self, filled: tuple[ListLine, ...]) -> None:
        """Draw the check beside each line."""
        canvas, page, t, form, one = (
            self._canvas,
            self._page,
            clerk(),
            self._content.layout.form,
            self._sheet.list,
        )
        group = self._sheet.checks
        addresses = {key: column_name(place) for key, place in self._sheet.columns(is_rollup=False).items()}
        ends = self._content.stamp.period.figures
        formula = LineFormula(form, one, addresses, ROW, live_checks.MARKS, ends).text()
        results = self._content.line_results.get(one.key, [])
        style = canvas.boxed(font_size=9, font_color="#2E7D32", border=4, text_wrap=False, shrink=True)
        canvas.put(
            page, group.head, t("sheet.check"), canvas.format(font_size=9, font_color=QUIET, align="center")
        )
        for index, row in enumerate(range(group.area.row, group.area.row + max(one.most, len(filled)))):
            result = results[index] if index < len(results) else ""
            canvas.formula(
                page, Area.at(row, group.area.column), live_checks.in_row(formula, row), style, result
            )
        canvas.when_begins(page, group.area, live_checks.FAILED, **RED)
        for level in ("question", "warning"):
            canvas.when_begins(page, group.area, live_checks.MARKS[level], **AMBER)


def _shown(kind: ValueKind, value: ListValue) -> Decimal | str:
    """Return what a cell shows for a value."""
    if isinstance(value, Decimal):
        return value
    if isinstance(kind, Date):
        return serial_of(value) if value else ""
    return kind.shown(value) if isinstance(kind, Choice) else value
