"""The cover: what the workbook is and whose, who filled it in, and whether it may be sent."""

from __future__ import annotations

from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from xltools.excel import live
from xltools.excel.formula import area_a1, quoted, rectangles
from xltools.excel.measure import lines
from xltools.excel.writer.canvas import HEI, LOCKED, RED, Canvas, header_text, sound, widths
from xltools.excel.writer.content import Content, shown_stamp
from xltools.excel.writer.results import open_inputs, rule_check, verdicts
from xltools.form.address import a1, column_name
from xltools.form.model import Nil, Rule
from xltools.form.places import COUNT_COLUMN, COVER, FIRST_COLUMN, Area, CheckGroup, Sheet
from xltools.text import clerk

_WIDTHS = (54.0, 10.0, 10.0, 16.0)
_LABELS = (
    "district",
    "name",
    "code",
    "report-year",
    "form",
    "edition",
    "kind",
)  # as the stamp's keys are ordered
_LINK = "#0563C1"


class Cover:
    """Draws the first sheet. It is made first, for its place, and filled last."""

    def __init__(self, canvas: Canvas, content: Content) -> None:
        self._canvas, self._content, self._place = canvas, content, content.layout.cover
        self._page: Worksheet = canvas.page(COVER)

    def write(self) -> None:
        """Draw everything on it."""
        canvas, content, page, t = self._canvas, self._content, self._page, clerk()
        widths(page, _WIDTHS)
        page.set_row(0, 42)
        title = canvas.format(font_name=HEI, font_size=22, align="center")
        canvas.put(page, self._across(0), content.layout.form.title, title)
        year = t("cover.year", year=content.stamp.year)
        canvas.put(page, self._across(1), year, canvas.format(font_size=14, align="center"))
        self._about()
        last = self._declaration(self._checks() + 2)
        self._foot(last)
        header = t("sheet.header", name=header_text(content.stamp.agency.name), year=content.stamp.year)
        canvas.paper(page, Area.at(0, 0, last + 4, len(_WIDTHS)), header, t("sheet.footer"))
        canvas.guard(page)
        page.activate()
        start = next(iter(self._place.fields.values()), self._place.status).anchor
        page.set_selection(*start, *start)

    def _across(self, row: int) -> Area:
        return Area.at(row, 0, 1, len(_WIDTHS))

    def _about(self) -> None:
        canvas, content, page, t = self._canvas, self._content, self._page, clerk()
        head = canvas.boxed(bg_color=LOCKED)
        texts = shown_stamp(content.stamp)
        for (key, area), label in zip(self._place.stamp.items(), _LABELS, strict=True):
            canvas.put(page, Area.at(area.row, 0), t(f"cover.{label}"), head)
            canvas.put(page, area, texts[key], canvas.boxed(align="left", indent=1, bold=key == "name"))
            page.set_row(area.row, 20)
        for part in content.layout.form.cover.parts:
            area = self._place.fields[part.key]
            canvas.put(page, Area.at(area.row, 0), part.label, head)
            canvas.put(page, area, content.prose.get(f"cover.{part.key}", ""), canvas.open_text())
            page.set_row(area.row, 20)
        if nil := content.layout.form.cover.nil:
            self._nil(nil, self._place.fields[nil.key])

    def _nil(self, nil: Nil, area: Area) -> None:
        """The declaration is chosen and not typed. A roll-up makes none."""
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
        sound(self._page.data_validation(area.row, area.column, area.row, area.column, options))

    def _checks(self) -> int:
        """The list of checks and the verdict over it; returns the last row."""
        canvas, page, t, layout = self._canvas, self._page, clerk(), self._content.layout
        row = self._place.checks_row
        head = canvas.boxed(bg_color=LOCKED, bold=True)
        page.set_row(row - 1, 20)
        for area, key in (
            (Area.at(row - 1, 0), "check"),
            (_count(row - 1), "failing"),
            (_first(row - 1), "first"),
        ):
            canvas.put(page, area, t(f"cover.{key}"), head)
        for sheet, group in layout.groups:
            self._group(row, sheet, group)
            row += 1
        for rule in layout.form.rules:
            self._rule(row, rule)
            row += 1
        for sheet in layout.sheets:
            if sheet.cells:
                self._blank_count(row, sheet)
                row += 1
        self._verdict(row - 1)
        return row - 1

    def _group(self, row: int, sheet: Sheet, group: CheckGroup) -> None:
        words = clerk()(f"cover.group-{group.key}", section=sheet.name, label=group.label)
        self._link(row, words, sheet.name, group.area)
        self._live(_count(row), live.failing_formula(group.area, sheet.name), self._list())
        self._live(_first(row), live.first_formula(group.area, sheet.name), self._list(font_color=_LINK))

    def _rule(self, row: int, rule: Rule) -> None:
        """A rule across tables is checked on the cover itself."""
        content = self._content
        check = rule_check(content, rule)
        words = clerk()("cover.group-form", label=rule.label)
        self._canvas.put(self._page, Area.at(row, 0), words, self._list(align="left"))
        if content.is_live(check):
            self._live(check.area, live.check_formula(content.layout, check, COVER), self._list())
            self._live(_count(row), live.failing_formula(check.area, COVER), self._list())

    def _blank_count(self, row: int, sheet: Sheet) -> None:
        areas = rectangles(sheet.cells[name].anchor for name in open_inputs(self._content, sheet))
        self._link(
            row,
            clerk()("cover.group-blank", section=sheet.name),
            sheet.name,
            areas[0] if areas else sheet.page,
        )
        formula = "+".join(f"COUNTBLANK({quoted(sheet.name)}!{area_a1(area)})" for area in areas) or "0"
        self._live(_count(row), formula, self._list())
        self._canvas.put(self._page, _first(row), None, self._list())

    def _live(self, area: Area, formula: str, style: Format) -> None:
        """A formula with what it shows."""
        self._canvas.formula(self._page, area, formula, style, self._content.results[COVER, *area.anchor])

    def _link(self, row: int, words: str, sheet: str, area: Area) -> None:
        style = self._list(align="left", font_color=_LINK)
        sound(self._page.write_url(row, 0, f"internal:{quoted(sheet)}!{a1(*area.anchor)}", style, words))
        self._page.set_row(row, lines(words, _WIDTHS[0] + 6) * 14.5 + 4)

    def _list(self, **look: object) -> Format:
        return self._canvas.boxed(**({"font_size": 9.5} | look))

    def _verdict(self, last: int) -> None:
        """One sentence over all: may it be sent."""
        canvas, page, t, place = self._canvas, self._page, clerk(), self._place
        failed, unfilled, ready = verdicts("\0")
        incomplete = t("cover.incomplete")
        style = canvas.format(font_name=HEI, font_size=14, align="center", border=2)
        rollup = self._content.rollup
        if rollup and rollup.coverage == "incomplete":
            canvas.put(page, place.status, incomplete, style)
        else:
            fails = _column_sum(place.checks_row, place.blanks_row - 1)
            empty = _column_sum(place.blanks_row, last)
            formula = f'IF({empty}>0,{_around(unfilled, empty)},"{ready}")'
            if declared := self._declared():
                any_figure = "+".join(f"SUM({area})" for area in self._input_areas())
                formula = (
                    f'IF({declared},IF({any_figure}<>0,"{t("cover.not-nil")}","{t("cover.nil")}"),{formula})'
                )
            formula = f"IF({fails}>0,{_around(failed, fails)},{formula})"
            self._live(place.status, formula, style)
        page.set_row(place.status.row, 34)
        canvas.when_begins(page, place.status, ready, bg_color="#C8E6C9", font_color="#1B5E20")
        canvas.when_begins(
            page, place.status, unfilled.partition("\0")[0], bg_color="#FFE0B2", font_color="#8A4B00"
        )
        canvas.when_begins(page, place.status, t("cover.nil"), bg_color="#C8E6C9", font_color="#1B5E20")
        for start in (failed.partition("\0")[0], incomplete, t("cover.not-nil")):
            canvas.when_begins(page, place.status, start, **RED)
        if place.blanks_row > place.checks_row:
            canvas.when_above_zero(
                page, Area(place.checks_row, COUNT_COLUMN, place.blanks_row - 1, COUNT_COLUMN), **RED
            )

    def _declared(self) -> str:
        """The condition that the agency declares that it has nothing to report."""
        nil = self._content.layout.form.cover.nil
        if nil is None or self._content.rollup:
            return ""
        return f'{a1(*self._place.fields[nil.key].anchor)}="{nil.yes}"'

    def _input_areas(self) -> list[str]:
        """Where figures are typed, as they read from here."""
        layout = self._content.layout
        found = []
        for sheet in layout.sheets:
            inputs = (
                area.anchor for name, area in sheet.cells.items() if not layout.form.cells[name].is_total
            )
            found += [f"{quoted(sheet.name)}!{area_a1(area)}" for area in rectangles(inputs)]
        return found

    def _declaration(self, row: int) -> int:
        """What a roll-up says of itself; returns the last row."""
        rollup, t = self._content.rollup, clerk()
        if rollup is None:
            return row - 2
        included, left = len(rollup.included), rollup.left_out
        texts = [t(f"rollup.{rollup.coverage}", included=included, left=len(left))]
        texts += [
            t("rollup.left-out", agency=a.agency or a.source.name, reason=a.note or t(f"rollup.{a.status}"))
            for a in left
        ]
        if rollup.waived:
            texts.append(t("rollup.waived", count=len(rollup.waived)))
        first = {"bold": True} | ({} if rollup.coverage == "complete" else {"font_color": "#C62828"})
        for offset, text in enumerate(texts):
            style = self._canvas.boxed(align="left", **({} if offset else first))
            self._canvas.put(self._page, self._across(row + offset), text, style)
            self._page.set_row(row + offset, lines(text, sum(_WIDTHS)) * 15 + 5)
        return row + len(texts) - 1

    def _foot(self, last: int) -> None:
        canvas, page, t = self._canvas, self._page, clerk()
        guide = t("cover.guide" if self._content.rollup is None else "cover.guide-rollup")
        canvas.put(
            page,
            self._across(last + 1),
            guide,
            canvas.format(font_size=9, font_color="#404040", align="left"),
        )
        page.set_row(last + 1, 52)
        stamp = canvas.format(align="center", font_color="#808080")
        canvas.put(page, Area.at(last + 3, FIRST_COLUMN, 1, 2), t("cover.stamp-place"), stamp)


def _count(row: int) -> Area:
    return Area.at(row, COUNT_COLUMN)


def _first(row: int) -> Area:
    return Area.at(row, FIRST_COLUMN, 1, len(_WIDTHS) - FIRST_COLUMN)


def _column_sum(first: int, last: int) -> str:
    column = column_name(COUNT_COLUMN)
    return f"SUM({column}{first + 1}:{column}{last + 1})" if last >= first else "0"


def _around(sentence: str, value: str) -> str:
    """A text formula with *value* where the sentence has its mark."""
    before, _, after = sentence.partition("\0")
    return f'"{before}"&{value}&"{after}"'
