"""A filled form as HTML tables in the layout of the official form, with what was found in it marked at its cells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from xltools.checking.grouping import Group
from xltools.data.filing import Filing, Origin
from xltools.data.finding import Place, Severity
from xltools.data.number import close
from xltools.document.markup import Content, Markup, markup, tag
from xltools.form.address import a1
from xltools.form.layout import layout
from xltools.form.model import Form
from xltools.form.places import Area, Label, Sheet
from xltools.text import Lang, catalog, number

_PRINTED = {"head", "stub", "caption"}  # the roles of labels inside a table


@dataclass(frozen=True, slots=True)
class Mark:
    """A numbered message about a cell, and the anchor at which it stands."""

    number: int
    anchor: str
    group: Group


@dataclass(frozen=True)
class RenderedForm:
    """The form of one file with its figures; ``prefix`` begins every anchor in it."""

    filing: Filing
    form: Form
    prefix: str
    marks: tuple[Mark, ...]
    lang: Lang

    def anchor(self, place: Place) -> str | None:
        """Where the place is to be found in the rendered form: its cell or label, else its sheet, else nowhere."""
        if place.cell in self._names:
            return f"{self.prefix}-{place.cell}"
        index = self._sheets.get(place.sheet)
        if index is None:
            return None
        within = f"-{place.address}" if (place.sheet, place.address) in self._labels else ""
        return f"{self.prefix}-{index}{within}"

    def html(self) -> Markup:
        """Every sheet of the form that has tables, or prose that was written or complained about."""
        return markup([self._sheet(index, sheet) for index, sheet in enumerate(layout(self.form).sheets, 1)])

    @cached_property
    def _sheets(self) -> dict[str, int]:
        """By their names, and by the titles of their sections, under which a document has them."""
        sheets = list(enumerate(layout(self.form).sheets, 1))
        titles = {sheet.section.title: index for index, sheet in sheets}
        return titles | {sheet.name: index for index, sheet in sheets}

    @cached_property
    def _names(self) -> frozenset[str]:
        return frozenset(name for s in layout(self.form).sheets for name in s.cells | s.texts)

    @cached_property
    def _labels(self) -> frozenset[tuple[str, str]]:
        return frozenset(
            (sheet.name, a1(*label.area.anchor))
            for sheet in layout(self.form).sheets
            for label in sheet.labels
            if label.role in _PRINTED
        )

    @cached_property
    def _marked(self) -> Mapping[str, list[Mark]]:
        found: dict[str, list[Mark]] = {}
        for mark in self.marks:
            for place in mark.group.places:
                anchor = self.anchor(place)
                if anchor and mark not in found.setdefault(anchor, []):
                    found[anchor].append(mark)
        return found

    def _sheet(self, index: int, sheet: Sheet) -> Markup:
        anchor = f"{self.prefix}-{index}"
        body = self._table(index, sheet) if sheet.cells else self._prose(sheet)
        head = tag("h5", sheet.section.title, self._numbers(self._marked.get(anchor, ())), id=anchor)
        return tag("section", head, body, class_="sheet")

    # ---- prose

    def _prose(self, sheet: Sheet) -> list[Markup]:
        parts = []
        for name in sheet.texts:
            anchor = f"{self.prefix}-{name}"
            marks = self._marked.get(anchor, ())
            text = self.filing.prose.get(name, "")
            words = text or catalog(self.lang)("page.blank-prose")
            label = self.form.texts[name].label
            body = tag("p", words, self._numbers(marks), id=anchor if marks else None, class_=_look(marks))
            parts += [tag("h6", label) if label else Markup(""), body]
        return parts

    # ---- tables

    def _table(self, index: int, sheet: Sheet) -> Markup:
        things = {area.anchor: (area, self._cell(name, area)) for name, area in sheet.cells.items()}
        things |= {
            label.area.anchor: (label.area, self._label(index, label))
            for label in sheet.labels
            if label.role in _PRINTED
        }
        first = min(row for row, _ in things)
        body = min(area.row for area in sheet.cells.values())
        captions = {label.area.row for label in sheet.labels if label.role == "caption"}
        starts = sorted(captions or {first, body})
        bands = zip(starts, [*starts[1:], sheet.page.last_row + 1], strict=True)
        rows = [
            tag(
                "thead" if not captions and start == first else "tbody",
                [_row(things, row, sheet.page.last_column) for row in range(start, end)],
            )
            for start, end in bands
        ]
        table = tag("table", tag("caption", sheet.name, class_="unseen"), *rows, class_="form")
        return tag("div", table, class_="wide")

    def _label(self, index: int, label: Label) -> Markup:
        anchor = f"{self.prefix}-{index}-{a1(*label.area.anchor)}"
        marks = self._marked.get(anchor, ())
        scope = {
            "caption": "rowgroup",
            "stub": "rowgroup" if label.area.rows > 1 else "row",
            "head": "colgroup" if label.area.columns > 1 else "col",
        }[label.role]
        return tag(
            "th",
            label.text,
            self._numbers(marks),
            scope=scope,
            id=anchor if marks else None,
            class_=f"{label.role}{_look(marks, ' ')}",
            **_spans(label.area),
        )

    def _cell(self, name: str, area: Area) -> Markup:
        anchor = f"{self.prefix}-{name}"
        marks = self._marked.get(anchor, ())
        total = " total" if self.form.cells[name].is_total else ""
        return tag(
            "td",
            self._figure(name),
            self._numbers(marks),
            id=anchor if marks else None,
            title=self.form.cells[name].label if marks else None,
            class_=f"{_look(marks)}{total}".strip() or None,
            **_spans(area),
        )

    def _figure(self, name: str) -> Content:
        """The figure; where there is none, what was typed; of a total also what the file shows, when that is another."""
        t, is_unknown = catalog(self.lang), bool(self.form.reach[name] & self.filing.unread)
        if is_unknown or name not in self._values:
            if typed := self._typed.get(name):
                return tag("q", typed)
            return tag("abbr", "?", title=t("page.unknown")) if is_unknown else ""
        value, shown = self._values[name], self.filing.shown.get(name)
        if shown is None or shown.origin is Origin.UNCALCULATED:
            return number(value)
        if shown.value is not None and close(shown.value, value):
            return number(value)
        stands = shown.text if shown.value is None else number(shown.value)
        return [tag("s", stands or t("finding-part.empty"), title=t("page.shown")), " ", number(value)]

    @cached_property
    def _values(self) -> Mapping[str, Decimal]:
        return self.filing.record.complete() if self.filing.record else {}

    @cached_property
    def _typed(self) -> dict[str, str]:
        """What stands in the inputs of which no figure came, as far as a finding tells it."""
        told = (finding for mark in self.marks for finding in mark.group.findings)
        inputs = set(self.form.input_names)
        return {f.cell: str(f.found) for f in told if f.cell in inputs}

    def _numbers(self, marks: Sequence[Mark]) -> list[Markup]:
        """The numbers of the messages about a cell, each a way to its message."""
        t = catalog(self.lang)
        return [
            tag(
                "a",
                str(mark.number),
                href=f"#{mark.anchor}",
                class_=f"mark {mark.group.lead.severity.value}",
                title=f"{t(f'severity.{mark.group.lead.severity.value}')} {mark.group.lead.code}",
            )
            for mark in marks
        ]


def _row(things: Mapping[tuple[int, int], tuple[Area, Markup]], row: int, last_column: int) -> Markup:
    """One printed row: what begins in it, and an empty cell wherever nothing reaches."""
    taken = {
        column
        for area, _ in things.values()
        if area.row <= row <= area.last_row
        for column in range(area.column, area.last_column + 1)
    }
    cells = []
    for column in range(last_column + 1):
        if (row, column) in things:
            cells.append(things[row, column][1])
        elif column not in taken:
            cells.append(tag("td", class_="void"))
    return tag("tr", cells)


def _spans(area: Area) -> dict[str, int | None]:
    rows, columns = area.rows, area.columns
    return {"rowspan": rows if rows > 1 else None, "colspan": columns if columns > 1 else None}


def _look(marks: Sequence[Mark], before: str = "") -> str:
    """The class of a place with messages: the worst of their severities."""
    if not marks:
        return ""
    worst = min((mark.group.lead.severity for mark in marks), key=list(Severity).index)
    return f"{before}hit {worst.value}"
