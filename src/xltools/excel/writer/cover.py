"""Draw the cover: the form, the agency, who filled it in, the list of checks, and whether it may be sent."""

from __future__ import annotations

from collections.abc import Sequence

from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from xltools.excel import live_checks
from xltools.excel.formula import area_a1, quoted, rectangles
from xltools.excel.text_height import lines
from xltools.excel.writer.account import write_account
from xltools.excel.writer.canvas import (
    AMBER,
    HEI,
    LINK,
    LOCKED,
    QUIET,
    RED,
    XIAOBIAO,
    Canvas,
    ensure,
    set_widths,
)
from xltools.excel.writer.content import Content, finish, stamp_texts
from xltools.excel.writer.fields import write_field
from xltools.form.address import a1, column_name
from xltools.form.layout import field_labels
from xltools.form.model import COVER as COVER_KEY
from xltools.form.places import (
    COUNT_COLUMN,
    COVER,
    FIRST_COLUMN,
    SHOWN_STAMP,
    STAMP_LABELS,
    Area,
    Check,
    CheckGroup,
    Sheet,
)
from xltools.form.sections import Nil, Rule
from xltools.text import clerk

_WIDTHS = (44.0, 12.0, 12.0, 22.0)
_WIDTHS_ROLLUP = (40.0, 13.0, 13.0, 13.0, 12.0, 9.0)  # its account has more columns
_ROW, _LIST_ROW = 22.0, 18.0  # points
_SHRUNK_LINES = 2
_INDENT = 4.0  # characters, of a name in bold letters
_FAINT = "#A6A6A6"  # what is for programs


def is_one_line(text: str) -> bool:
    """Return whether the name or the code of an agency takes one line on the cover of its return."""
    return _stamp_lines(text, _WIDTHS) == 1


def _stamp_lines(text: str, widths: Sequence[float]) -> int:
    return lines(text, sum(widths[1:]) - _INDENT)


class CoverWriter:
    """Draws the first sheet: created first, because sheets keep their order, and filled last."""

    def __init__(self, canvas: Canvas, content: Content) -> None:
        self._canvas, self._content, self._place = canvas, content, content.layout.cover
        self._page: Worksheet = canvas.page(COVER)
        self._widths = _WIDTHS_ROLLUP if content.rollup else _WIDTHS
        self._failing = self._blanks = 0  # failing checks and blank inputs, counted as their lines are drawn

    def write(self) -> None:
        """Fill the sheet."""
        canvas, content, page, t = self._canvas, self._content, self._page, clerk()
        set_widths(page, self._widths)
        page.set_row(0, 42)
        title = canvas.format(font_name=XIAOBIAO, font_size=22, align="center")
        canvas.put(page, self._across(0), content.layout.form.title, title)
        period = t(
            "cover.fiscal" if content.stamp.period.is_fiscal else "cover.year", period=content.stamp.period
        )
        canvas.put(page, self._across(1), period, canvas.format(font_size=14, align="center"))
        page.set_row(1, _ROW)
        source = t("cover.source", authority=content.layout.form.authority)
        canvas.put(page, self._across(2), source, canvas.format(font_size=9, align="right"))
        self._write_about()
        self._write_guide()
        last = self._write_checks()
        proofs = None
        if content.rollup:
            last, proofs = write_account(canvas, content, content.rollup, page, last + 2, self._widths)
        self._write_verdict(proofs)
        self._write_foot(last)
        finish(canvas, content, page, Area.at(0, 0, last + 4, len(self._widths)))
        page.activate()
        start = next(iter(self._place.fields.values()), self._place.status).anchor
        page.set_selection(*start, *start)

    def _across(self, row: int) -> Area:
        return self._wide(Area.at(row, 0))

    def _wide(self, area: Area) -> Area:
        """Return the row from the first cell of *area* to the right edge."""
        return Area(area.row, area.column, area.row, len(self._widths) - 1)

    def _write_about(self) -> None:
        canvas, content, page, t = self._canvas, self._content, self._page, clerk()
        head = canvas.boxed(bg_color=LOCKED)
        texts = stamp_texts(content.stamp, content.layout.form) | {
            "kind": t(f"cover.kind-{content.stamp.kind}")
        }
        quiet = canvas.format(font_size=8, font_color=_FAINT, text_wrap=False, align="left")
        for key, area in self._place.stamp.items():
            words = t.about(content.layout.form.period, f"cover.{STAMP_LABELS.get(key, key)}")
            if key in SHOWN_STAMP:
                canvas.put(page, Area.at(area.row, 0), words, head)
                style = canvas.boxed(align="left", indent=1, bold=key == "name")
                canvas.put(page, self._wide(area), texts[key], style)
                page.set_row(area.row, max(_ROW, _stamp_lines(texts[key], self._widths) * 15 + 4))
            else:
                canvas.put(page, Area.at(area.row, area.column - 1), words, quiet)
                canvas.put(page, area, texts[key], quiet)
        form = content.layout.form
        for name in (name for name in form.texts if name.startswith(f"{COVER_KEY}.")):
            for cell, label in field_labels(form, name).items():
                area = self._wide(self._place.fields[cell])
                canvas.put(page, Area.at(area.row, 0), label, head)
                page.set_row(area.row, max(_ROW, lines(label, self._widths[0]) * 15 + 4))
                write_field(canvas, content, page, cell, area, sum(self._widths[1:]))
        if nil := form.cover.nil:
            self._write_nil(nil, self._place.fields[f"{COVER_KEY}.{nil.key}"])

    def _write_guide(self) -> None:
        """Draw what to do, in the middle of the page, where it is read first."""
        content, area = self._content, self._place.guide
        guide = clerk()("cover.guide" if content.rollup is None else "cover.guide-rollup")
        style = self._canvas.boxed(align="left", indent=1)
        self._canvas.put(self._page, area._replace(last_column=len(self._widths) - 1), guide, style)
        height = lines(guide, sum(self._widths)) * 15 + 10
        for row in range(area.row, area.last_row + 1):
            self._page.set_row(row, height / area.rows)

    def _write_nil(self, nil: Nil, area: Area) -> None:
        """Let the declaration be chosen from a list; a roll-up has none."""
        if self._content.rollup:
            self._page.write_blank(area.row, area.column, None, self._canvas.boxed(bg_color=LOCKED))
            return
        t = clerk()
        options = {
            "validate": "list",
            "source": [nil.yes],
            "input_title": nil.label,
            "input_message": nil.hint,
            "error_title": t("input.error-title"),
            "error_message": t("input.error-nil", yes=nil.yes),
        }
        ensure(self._page.data_validation(area.row, area.column, area.row, area.column, options))

    def _write_checks(self) -> int:
        """Draw the list of checks; return its last row."""
        canvas, page, t, layout, place = self._canvas, self._page, clerk(), self._content.layout, self._place
        row = place.checks_row
        head = canvas.boxed(bg_color=LOCKED, bold=True)
        page.set_row(row - 1, _ROW)
        heads = {
            "check": Area.at(row - 1, 0),
            "failing": _count_area(row - 1),
            "first": self._first_failing_area(row - 1),
        }
        for key, area in heads.items():
            canvas.put(page, area, t(f"cover.{key}"), head)
        for name, group in layout.groups:
            self._write_group(row, name, group)
            row += 1
        if place.field_checks and not self._content.rollup:
            self._write_field_checks(place.field_checks)
        for rule in layout.form.rules:
            self._write_rule(row, rule)
            row += 1
        for sheet in layout.sheets:
            if sheet.cells:
                self._write_blank_count(row, sheet)
                row += 1
        return row - 1

    def _write_field_checks(self, group: CheckGroup) -> None:
        """Draw the checks right of the fields of the cover, outside of the printed page."""
        style = self._canvas.boxed(font_size=9, font_color="#2E7D32", border=4)
        for check in group.checks:
            if checked := self._content.checked(check, COVER):
                formula, result = checked
                self._canvas.formula(self._page, check.area, formula, style, result)
        self._canvas.when_begins(self._page, group.area, live_checks.FAILED, **RED)
        self._page.set_column(group.area.column, group.area.column, 10)

    def _write_group(self, row: int, sheet: str, group: CheckGroup) -> None:
        """Draw a line about the checks beside a table or fields: how many fail, and a link to the first of these."""
        canvas, page = self._canvas, self._page
        failing = [a1(*check.area.anchor) for check in group.checks if self._fails(check, sheet)]
        failing += self._failing_lines(sheet, group)
        self._failing += len(failing)
        words = clerk()(f"cover.group-{group.key}", section=sheet, label=group.label)
        self._write_link(row, words, sheet, group.area)
        if group.key == "lines" and self._content.rollup:
            for area in (_count_area(row), self._first_failing_area(row)):
                canvas.put(page, area, None, self._list_format())
            return
        count = live_checks.failing_formula(group.area, sheet)
        canvas.formula(page, _count_area(row), count, self._list_format(), len(failing))
        first = live_checks.first_formula(group.area, sheet)
        result = failing[0] if failing else live_checks.NONE
        canvas.formula(page, self._first_failing_area(row), first, self._list_format(font_color=LINK), result)

    def _failing_lines(self, sheet: str, group: CheckGroup) -> list[str]:
        """Return the addresses of the failing checks of the list on a sheet."""
        keys = [
            one.list.key for one in self._content.layout.lists if one.name == sheet and group.key == "lines"
        ]
        results = [result for key in keys for result in self._content.line_results.get(key, ())]
        rows = (
            n for n, result in enumerate(results, group.area.row) if result.startswith(live_checks.FAILED)
        )
        return [a1(row, group.area.column) for row in rows]

    def _write_rule(self, row: int, rule: Rule) -> None:
        """Draw a line with the check of a rule across tables, which stands on the cover."""
        assert rule.cells is not None  # noqa: S101  the linter of forms requires them
        canvas, page, content = self._canvas, self._page, self._content
        area = self._place.rules[rule.key]
        if rule in content.layout.form.day_rules:
            checked = content.days_checked(rule, COVER)
        else:
            check = Check(area, (), (rule.constraint,))
            checked = None if rule.looks_back else content.checked(check, COVER)
        words = clerk()("cover.group-form", label=rule.label)
        canvas.put(page, Area.at(row, 0), words, self._list_format(align="left"))
        if checked:
            formula, result = checked
            canvas.formula(page, area, formula, self._list_format(), result)
            fails = int(result.startswith(live_checks.FAILED))
            self._failing += fails
            count = live_checks.failing_formula(area, COVER)
            canvas.formula(page, _count_area(row), count, self._list_format(), fails)
        page.set_row(row, self._list_height(words))

    def _fails(self, check: Check, sheet: str) -> bool:
        checked = self._content.checked(check, sheet)
        return checked is not None and checked[1].startswith(live_checks.FAILED)

    def _write_blank_count(self, row: int, sheet: Sheet) -> None:
        """Draw a line about how many inputs of a table are blank; whether a mean must be there, the checks say."""
        canvas, page, content = self._canvas, self._page, self._content
        inputs = [
            cell.name
            for cell in content.layout.form.inputs
            if cell.name in sheet.cells.keys() - content.locked
            and not cell.weight
            and not content.is_left_blank(cell)
        ]
        blanks = 0 if content.rollup else sum(name not in content.values for name in inputs)
        self._blanks += blanks
        areas = rectangles(sheet.cells[name].anchor for name in inputs)
        words = clerk()("cover.group-blank", section=sheet.name)
        self._write_link(row, words, sheet.name, areas[0] if areas else sheet.page)
        formula = "+".join(f"COUNTBLANK({quoted(sheet.name)}!{area_a1(area)})" for area in areas) or "0"
        canvas.formula(page, _count_area(row), formula, self._list_format(), blanks)
        canvas.put(page, self._first_failing_area(row), None, self._list_format())

    def _first_failing_area(self, row: int) -> Area:
        return self._wide(Area.at(row, FIRST_COLUMN))

    def _write_link(self, row: int, words: str, sheet: str, area: Area) -> None:
        # Not every program wraps a link, so one that is a little too long is drawn smaller.
        is_long = lines(words, self._widths[0]) > _SHRUNK_LINES
        style = self._list_format(align="left", font_color=LINK, text_wrap=is_long, shrink=not is_long)
        ensure(self._page.write_url(row, 0, f"internal:{quoted(sheet)}!{a1(*area.anchor)}", style, words))
        self._page.set_row(row, self._list_height(words) if is_long else _LIST_ROW)

    def _list_height(self, words: str) -> float:
        return max(_LIST_ROW, lines(words, self._widths[0] + 2) * 13 + 4)

    def _list_format(self, **look: object) -> Format:
        return self._canvas.boxed(**({"font_size": 9.5} | look))

    def _write_verdict(self, proofs: Area | None) -> None:
        """Draw the sentence that says whether the workbook may be sent."""
        t, place, content, area = clerk(), self._place, self._content, self._wide(self._place.status)
        is_incomplete = content.rollup is not None and content.rollup.coverage == "incomplete"
        ready = t("cover.incomplete" if is_incomplete else "cover.ready")
        failed, unfilled = t("cover.failed", count="\0"), t("cover.unfilled", count="\0")
        tables = sum(bool(sheet.cells) for sheet in content.layout.sheets)
        fails = _column_sum(place.checks_row, place.blanks_row - 1)
        if proofs:
            fails += f'+COUNTIF({area_a1(proofs)},"{live_checks.FAILED}*")'
        empty = _column_sum(place.blanks_row, place.blanks_row + tables - 1)
        formula = f'IF({empty}>0,{_sentence_formula(unfilled, empty)},"{ready}")'
        if declared := self._nil_condition():
            any_figure = "+".join(f"SUM({area})" for area in self._input_ranges())
            formula = (
                f'IF({declared},IF({any_figure}<>0,"{t("cover.not-nil")}","{t("cover.nil")}"),{formula})'
            )
        formula = f"IF({fails}>0,{_sentence_formula(failed, fails)},{formula})"
        result = ready
        if self._failing or self._blanks:
            result = (failed if self._failing else unfilled).replace("\0", str(self._failing or self._blanks))
        style = self._canvas.format(font_name=HEI, font_size=14, align="center", border=2)
        self._canvas.formula(self._page, area, formula, style, result)
        self._page.set_row(area.row, 34)
        self._colour_verdict(area)

    def _colour_verdict(self, status: Area) -> None:
        """Colour the sentence: green if it may be sent, amber if inputs are blank, red if something is wrong."""
        canvas, page, t, place = self._canvas, self._page, clerk(), self._place
        green: dict[str, object] = {"bg_color": "#C8E6C9", "font_color": "#1B5E20"}
        looks: dict[str, dict[str, object]] = {
            "ready": green,
            "unfilled": AMBER,
            "nil": green,
            "failed": RED,
            "incomplete": RED,
            "not-nil": RED,
        }
        for key, look in looks.items():
            start = t(f"cover.{key}", count="\0").partition("\0")[0]
            canvas.when_begins(page, status, start, **look)
        if place.blanks_row > place.checks_row:
            canvas.when_above_zero(
                page, Area(place.checks_row, COUNT_COLUMN, place.blanks_row - 1, COUNT_COLUMN), **RED
            )

    def _nil_condition(self) -> str:
        """Return the condition that the agency declares a nil return, or nothing if the form has no such declaration."""
        nil = self._content.layout.form.cover.nil
        if nil is None or self._content.rollup:
            return ""
        return f'{a1(*self._place.fields[f"{COVER_KEY}.{nil.key}"].anchor)}="{nil.yes}"'

    def _input_ranges(self) -> list[str]:
        """Return the ranges of all that is filled in, as the cover refers to them."""
        layout = self._content.layout
        found = []
        for sheet in layout.sheets:
            names = (name for name in sheet.cells if self._content.is_open(layout.form.cells[name]))
            inputs = (sheet.cells[name].anchor for name in names)
            found += [f"{quoted(sheet.name)}!{area_a1(area)}" for area in rectangles(inputs)]
        return found

    def _write_foot(self, last: int) -> None:
        """Draw the place of the seal and of the date below it."""
        canvas, page, t = self._canvas, self._page, clerk()
        style = canvas.format(align="center", font_color=QUIET)
        place = self._wide(Area.at(last + 2, FIRST_COLUMN))
        for row, key in enumerate(("stamp-place", "stamp-date"), last + 2):
            canvas.put(page, place._replace(row=row, last_row=row), t(f"cover.{key}"), style)
            page.set_row(row, _ROW)


def _count_area(row: int) -> Area:
    return Area.at(row, COUNT_COLUMN)


def _column_sum(first: int, last: int) -> str:
    column = column_name(COUNT_COLUMN)
    return f"SUM({column}{first + 1}:{column}{last + 1})" if last >= first else "0"


def _sentence_formula(sentence: str, value: str) -> str:
    """Return a formula for the sentence with the formula *value* in place of its NUL character."""
    before, _, after = sentence.partition("\0")
    return f'"{before}"&{value}&"{after}"'
