"""The sections' sheets: is the layout what the form says, which figures were typed, what do the totals show."""

from __future__ import annotations

import unicodedata
from decimal import Decimal
from typing import Any

from attrs import define, field

from xltools.data.filing import Origin, Shown
from xltools.data.finding import Finding
from xltools.data.number import is_blank, is_whole, stored
from xltools.excel.reader.stamp import named_place
from xltools.excel.scan import Fact, Facts, SheetFacts
from xltools.form.address import a1
from xltools.form.model import Cell
from xltools.form.places import COVER, Area, Label, Layout, Sheet

_UNCHECKED_LABELS = {"heading", "hint"}  # words around prose, which misplace no figure


@define
class Reading:
    """What reading one workbook has turned up so far."""

    facts: Facts
    layout: Layout
    is_rollup: bool
    findings: list[Finding] = field(factory=list)
    values: dict[str, Decimal] = field(factory=dict)
    shown: dict[str, Shown] = field(factory=dict)
    prose: dict[str, str] = field(factory=dict)
    unread: set[str] = field(factory=set)

    def note(
        self, code: str, sheet: str, place: tuple[int, int] | None, cell: Cell | None = None, **facts: Any
    ) -> None:
        """Add a finding about a place of a sheet; *facts* may hold what was found and expected."""
        found, expected = facts.pop("found", ""), facts.pop("expected", "")
        label = {"label": cell.label} if cell else {}
        address, name = a1(*place) if place else "", cell.name if cell else ""
        self.findings.append(Finding(code, "", "", sheet, address, name, found, expected, label | facts))

    def refuse(self, code: str, sheet: str, place: tuple[int, int], cell: Cell, found: str | Decimal) -> None:
        """A figure that cannot be had: say so, and let nothing that is built on it be judged."""
        self.unread.add(cell.name)
        self.note(code, sheet, place, cell, found=found)


def read_sheets(reading: Reading) -> None:
    """Read every section's sheet and the open fields of the cover."""
    for sheet in reading.layout.sheets:
        _read_sheet(reading, sheet)
    if cover := reading.facts.sheet(COVER):
        for key, area in reading.layout.cover.fields.items():
            _read_text(reading, f"cover.{key}", cover, area)


def _read_sheet(reading: Reading, sheet: Sheet) -> None:
    facts, cells = reading.facts.sheet(sheet.name), reading.layout.form.cells
    if facts is None:
        reading.note("missing-sheet", sheet.name, None, expected=sheet.name)
    elif _layout_holds(reading, sheet, facts):
        for name, area in sheet.cells.items():
            _read_cell(reading, cells[name], facts, area)
        for name, area in sheet.texts.items():
            _read_text(reading, name, facts, area)
        return
    reading.unread |= {name for name in sheet.cells if not cells[name].is_total}


def _layout_holds(reading: Reading, sheet: Sheet, facts: SheetFacts) -> bool:
    """Whether every cell and label stands where the form puts it; says what does not.

    The names tell of a shift of the whole table in one finding; where they are in place, or gone, each label
    speaks for itself.
    """
    for name, area in sheet.cells.items():
        place = named_place(reading.facts, name)
        if place is not None and place != (sheet.name, *area.anchor):
            found = a1(*place[1:]) if place[0] == sheet.name else f"{place[0]}!{a1(*place[1:])}"
            cell, expected = reading.layout.form.cells[name], a1(*area.anchor)
            reading.note("cell-moved", sheet.name, area.anchor, cell, found=found, expected=expected)
            return False
    changed = [
        label for label in sheet.labels if label.role not in _UNCHECKED_LABELS and not _same(label, facts)
    ]
    for label in changed:
        found = _text_of(facts, label.area)
        reading.note("label-changed", sheet.name, label.area.anchor, found=found, expected=label.text)
    return not changed


def _same(label: Label, facts: SheetFacts) -> bool:
    """Whether a label reads as the form prints it: width of characters and spaces do not matter."""
    return _plain(label.text) == _plain(_text_of(facts, label.area))


def _plain(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split())


def _text_of(facts: SheetFacts, area: Area) -> str:
    fact = facts.cells.get(area.anchor)
    return (fact.text or "") if fact else ""


def _read_text(reading: Reading, name: str, facts: SheetFacts, area: Area) -> None:
    text = _text_of(facts, area)
    if not is_blank(text):
        reading.prose[name] = text


def _read_cell(reading: Reading, cell: Cell, facts: SheetFacts, area: Area) -> None:
    fact = facts.cells.get(area.anchor)
    if reading.is_rollup and not cell.additive:
        return
    if cell.is_total or reading.is_rollup:
        reading.shown[cell.name] = _shown(fact)
    else:
        _read_input(reading, cell, facts.name, area.anchor, fact)


def _read_input(reading: Reading, cell: Cell, sheet: str, place: tuple[int, int], fact: Fact | None) -> None:
    """A typed figure: a number of its kind, or a finding and no figure."""
    if fact is None or is_empty(fact):
        reading.note("blank", sheet, place, cell)
        return
    value = number_of(fact)
    if value is None:
        reading.refuse("not-a-number", sheet, place, cell, (fact.text or f"={fact.formula}").strip())
    elif value < 0 and not cell.signed:
        reading.refuse("negative", sheet, place, cell, value)
    elif cell.number == "count" and not is_whole(value):
        reading.refuse("not-whole", sheet, place, cell, value)
    else:
        reading.values[cell.name] = value
        if fact.formula is not None:
            reading.note("input-formula", sheet, place, cell, found=value, formula=f"={fact.formula}")


def number_of(fact: Fact) -> Decimal | None:
    """The figure in a cell that holds a number; never one for a text, a date word, a truth value or an error."""
    return stored(fact.text) if fact.type == "n" and fact.text is not None else None


def is_empty(fact: Fact) -> bool:
    """Whether nothing, or only spaces, stand in the cell."""
    return fact.formula is None and (fact.text is None or is_blank(fact.text))


def _shown(fact: Fact | None) -> Shown:
    if fact is None or is_empty(fact):
        return Shown(None, "", Origin.EMPTY)
    origin = Origin.FORMULA if fact.text is not None else Origin.UNCALCULATED
    return Shown(number_of(fact), fact.text or "", Origin.TYPED if fact.formula is None else origin)
