"""A filled form with the messages about it, as the template ``form.html`` shows it."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import NamedTuple

from xltools.checking.grouping import FindingGroup
from xltools.data.document import Box, Table
from xltools.data.filing import Origin, Return
from xltools.data.finding import Finding, Place
from xltools.data.list_lines import line_keys
from xltools.data.number import NO_VALUE, close
from xltools.document.official import list_table, official_table, printed_labels, top_row
from xltools.form.address import a1
from xltools.form.layout import layout
from xltools.form.lists import cell_name, parts_of_cell
from xltools.form.places import ListSheet, Sheet
from xltools.form.ratio import is_shown_right
from xltools.text import number

_MOST_PLACES = 12  # the number of places listed beside a message; the list below it has all
_MOST_LINES = 200  # the number of lines of a list that are shown, besides those with messages


class NumberedMessage(NamedTuple):
    """A numbered message: one group of findings, and the anchor at which the page has it."""

    number: int
    anchor: str
    group: FindingGroup

    @property
    def severity(self) -> str:
        """The severity of the worst finding."""
        return self.group.severity.value

    @property
    def sheets(self) -> dict[Place, list[Place]]:
        """The first 12 places by sheet; a sheet is a place without an address."""
        found: dict[Place, list[Place]] = {}
        for place in self._places[:_MOST_PLACES]:
            found.setdefault(Place(place.sheet, ""), []).append(place)
        return found

    @property
    def more(self) -> int:
        """How many places :attr:`sheets` leaves out."""
        return max(0, len(self._places) - _MOST_PLACES)

    @property
    def _places(self) -> tuple[Place, ...]:
        sheet = self.group.lead.sheet
        return self.group.places or ((Place(sheet, ""),) if sheet else ())

    @property
    def found(self) -> str:
        """What was entered, if it is the same for all findings; else an empty text."""
        return _common_text({finding.entered for finding in self.group.findings})

    @property
    def expected(self) -> str:
        """What the findings expected, if all expected the same; else an empty text."""
        return _common_text({finding.expected for finding in self.group.findings})


def _common_text(figures: set[Decimal | str]) -> str:
    if len(figures) > 1:
        return ""
    (figure,) = figures
    return number(figure) if isinstance(figure, Decimal) else figure


class RenderedFigure(NamedTuple):
    """The content of a cell of the form.

    ``value`` is the figure that counts, ``shown`` the one that the file displays if it differs, and ``typed`` a text that
    is not a figure. ``is_unknown`` is true if the figure depends on a cell that could not be read.
    """

    value: str = ""
    shown: str | None = None
    typed: str = ""
    is_unknown: bool = False


class RenderedField(NamedTuple):
    """A field: its anchor, its label, and what it holds."""

    anchor: str
    label: str
    text: str


def entry(box: Box) -> str:
    """Return what a cell of a list shows: of a figure with separators, as those of the tables."""
    is_figure = box.role == "figure" and box.text not in {"", NO_VALUE}
    return number(Decimal(box.text)) if is_figure else box.text


class RenderedSheet(NamedTuple):
    """A sheet of the form. One with a table has the anchor of each cell and label, and the name of each cell, by place.

    ``left_out`` is the number of lines of a list that are not shown.
    """

    sheet: Sheet | ListSheet
    anchor: str
    table: Table | None = None
    anchors: Mapping[tuple[int, int], str] = {}
    names: Mapping[tuple[int, int], str] = {}
    left_out: int = 0

    @property
    def is_list(self) -> bool:
        """Whether it is that of a list."""
        return isinstance(self.sheet, ListSheet)

    @property
    def title(self) -> str:
        """The title of the section or list."""
        return self.sheet.title if isinstance(self.sheet, ListSheet) else self.sheet.section.title

    @property
    def texts(self) -> tuple[str, ...]:
        """The names of the texts, if it has no table."""
        return () if isinstance(self.sheet, ListSheet) or self.table else tuple(self.sheet.texts)


@dataclass(frozen=True)
class RenderedForm:
    """The form of one file with its figures; every anchor in it begins with ``prefix``."""

    filing: Return
    prefix: str
    marks: tuple[NumberedMessage, ...]

    def anchor(self, place: Place | Finding) -> str:
        """Return the anchor of the cell or label at *place*, else that of its sheet, else an empty text."""
        form = self.filing.form
        if place.cell in self._lines:
            return self._lines[place.cell]
        name, _ = form.counted.get(place.cell, (place.cell, ""))
        if name in form.cells or name in form.texts or name in form.void:
            return f"{self.prefix}-{name}"
        sheet = self._anchors.get((place.sheet, ""), "")
        return self._anchors.get((place.sheet, place.address), sheet)

    def marked(self, anchor: str) -> list[NumberedMessage]:
        """Return the messages about the cell, label or sheet at *anchor*, the worst first."""
        return self._marked.get(anchor, [])

    def figure(self, name: str) -> RenderedFigure:
        """Return the content of the cell *name*."""
        is_unknown = bool(self.filing.form.reach[name] & self.filing.unread)
        if not is_unknown and self.filing.form.is_without_value(name, self._values):
            shown = self.filing.shown.get(name)
            return RenderedFigure(NO_VALUE, shown.text if shown and shown.value is not None else None)
        if name in self.filing.elsewhere and not self._values.get(name):
            return RenderedFigure(NO_VALUE)
        if is_unknown or name not in self._values:
            return RenderedFigure(typed=self._typed.get(name, ""), is_unknown=is_unknown)
        value, shown = self._values[name], self.filing.shown.get(name)
        if shown is None or shown.origin is Origin.UNCALCULATED:
            return RenderedFigure(number(value))
        if shown.value is None:
            return RenderedFigure(number(value), shown.text)
        cell = self.filing.form.cells[name]
        is_right = (
            is_shown_right(shown.value, Fraction(value), cell.places)
            if cell.ratio
            else close(shown.value, value)
        )
        return RenderedFigure(number(value), None if is_right else number(shown.value))

    def fields(self, section: str) -> list[RenderedField]:
        """Return the fields of a section or of the cover."""
        form = self.filing.form
        own = [name for name in form.fields if name.rpartition(".")[0] == section]
        return [
            RenderedField(f"{self.prefix}-{name}", form.fields[name].label, self._field(name)) for name in own
        ]

    def _field(self, name: str) -> str:
        if name in self._values:
            return number(self._values[name])
        return self.filing.form.shown(name, self.filing.prose.get(name)) or self._faulty.get(name, "")

    def entry(self, name: str, box: Box) -> RenderedFigure:
        """Return the content of the cell *name* of a list, which is printed as *box*."""
        return RenderedFigure(entry(box)) if box.text else RenderedFigure(typed=self._typed.get(name, ""))

    @cached_property
    def sheets(self) -> tuple[RenderedSheet, ...]:
        """The sheets of the form in order."""
        return tuple(
            self._sheet(f"{self.prefix}-{index}", sheet)
            for index, sheet in enumerate(layout(self.filing.form, self.filing.lacking).in_order, 1)
        )

    def _sheet(self, anchor: str, sheet: Sheet | ListSheet) -> RenderedSheet:
        if isinstance(sheet, ListSheet):
            return self._list(anchor, sheet)
        if not sheet.cells:
            return RenderedSheet(sheet, anchor)
        top = top_row(sheet)
        names = {(row - top, column): name for name, (row, column) in sheet.anchors.items()}
        anchors = {place: f"{self.prefix}-{name}" for place, name in names.items()}
        for name, area in sheet.void.items():
            anchors[area.row - top, area.column] = f"{self.prefix}-{name}"
        for label in printed_labels(sheet):
            row, column = label.area.anchor
            anchors[row - top, column] = f"{anchor}-{a1(row, column)}"
        return RenderedSheet(
            sheet, anchor, official_table(self.filing.form, sheet.section, None), anchors, names
        )

    def _list(self, anchor: str, sheet: ListSheet) -> RenderedSheet:
        """Return the first lines of a list, and all with messages; an anchor has no key of a line, which may be any text."""
        form, one, record = self.filing.form, sheet.list, self.filing.record
        lines = record.lists.get(one.key, ())
        shown = [
            (number, key)
            for number, key in enumerate(line_keys(one, lines), 1)
            if number <= _MOST_LINES or key in self._marked_lines.get(one.key, ())
        ]
        table = list_table(
            form, one, record, is_sum=self.filing.is_rollup, only={number for number, _ in shown}
        )
        first = len(table.widths) - len(one.columns)
        names = {
            (row, first + column): cell_name(one.key, key, line)
            for row, (_, line) in enumerate(shown, 1)
            for column, key in enumerate(one.keys)
        }
        anchors = {(row, column): f"{anchor}-{row}-{column}" for row, column in names}
        return RenderedSheet(sheet, anchor, table, anchors, names, len(lines) - len(shown))

    @cached_property
    def _marked_lines(self) -> Mapping[str, AbstractSet[str]]:
        """The keys of the lines with messages, by list."""
        found: dict[str, set[str]] = {}
        for mark in self.marks:
            for place in mark.group.places:
                if cell := parts_of_cell(place.cell):
                    found.setdefault(cell[0], set()).add(cell[2])
        return found

    @cached_property
    def _lines(self) -> Mapping[str, str]:
        """The anchors of the cells of lists, by name, and of each list, by key."""
        found: dict[str, str] = {}
        for one in self.sheets:
            if isinstance(one.sheet, ListSheet):
                found[one.sheet.list.key] = one.anchor
                for place, name in one.names.items():
                    found.setdefault(name, one.anchors[place])
        return found

    @cached_property
    def _anchors(self) -> dict[tuple[str, str], str]:
        """The anchors of sheets and labels by sheet and address; in a document the sheet is the title of its section."""
        found = {(one.title, ""): one.anchor for one in reversed(self.sheets)}
        for one in self.sheets:
            found[one.sheet.name, ""] = one.anchor
            for label in () if isinstance(one.sheet, ListSheet) else printed_labels(one.sheet):
                address = a1(*label.area.anchor)
                found[one.sheet.name, address] = f"{one.anchor}-{address}"
        return found

    @cached_property
    def _marked(self) -> dict[str, list[NumberedMessage]]:
        found: dict[str, list[NumberedMessage]] = {}
        for mark in self.marks:
            for anchor in dict.fromkeys(map(self.anchor, mark.group.places)):
                found.setdefault(anchor, []).append(mark)
        return found

    @cached_property
    def _values(self) -> Mapping[str, Decimal]:
        return self.filing.record.complete()

    @cached_property
    def _faulty(self) -> dict[str, str]:
        """The contents of the fields that gave no value, if a finding has them."""
        findings = (finding for mark in self.marks for finding in mark.group.findings)
        fields = self.filing.form.fields
        return {finding.cell: str(finding.found) for finding in findings if finding.cell in fields}

    @cached_property
    def _typed(self) -> dict[str, str]:
        """The contents of the inputs that gave no figure, if a finding has them."""
        findings = (finding for mark in self.marks for finding in mark.group.findings)
        inputs = {*self.filing.form.input_names, *self._lines}
        return {finding.cell: str(finding.found) for finding in findings if finding.cell in inputs}
