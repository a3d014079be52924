"""Reads the sheets of the sections: typed figures, shown totals, texts."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from itertools import islice

from xltools.data.filing import Origin, Shown
from xltools.data.number import is_blank
from xltools.data.typed_numbers import typed
from xltools.excel import live_checks
from xltools.excel.formula import is_same
from xltools.excel.marking_signs import without_marks
from xltools.excel.reader.guards import note_lost_guards
from xltools.excel.reader.locate import LocatedSheet, locate
from xltools.excel.reader.reading import WorkbookReading, is_empty, number_of, typed_names
from xltools.excel.reader.unread import note_unread
from xltools.excel.scan import Fact, SheetFacts
from xltools.form.address import a1
from xltools.form.model import Cell
from xltools.form.places import COVER, Sheet


def read_sheets(reading: WorkbookReading) -> None:
    """Read every section's sheet and the open fields of the cover."""
    if cover := reading.facts.sheet(COVER):
        for key, area in reading.layout.cover.fields.items():
            _read_text(reading, f"cover.{key}", cover, area.anchor)
    found = {sheet.name: place for sheet in reading.layout.sheets if (place := locate(reading, sheet))}
    for name in note_unread(reading, found):
        del found[name]
    for sheet in reading.layout.sheets:
        if sheet.name in found:
            _read_sheet(reading, sheet, found[sheet.name])
        else:
            reading.unread.update(typed_names(reading.layout.form, sheet))
    note_lost_guards(reading, list(found.values()))


def _read_sheet(reading: WorkbookReading, sheet: Sheet, located: LocatedSheet) -> None:
    if located.is_moved or located.facts.name != sheet.name:
        _note_places(reading, sheet, located)
    if not reading.is_rollup:
        _read_inputs(reading, sheet, located)
    _read_totals(reading, located)
    for name, area in sheet.texts.items():
        _read_text(reading, name, located.facts, located.place(area))
    if located.facts.comments:
        _note_comments(reading, located)


def _note_places(reading: WorkbookReading, sheet: Sheet, located: LocatedSheet) -> None:
    """Record the places of cells that are not where they were issued, and note the first one of a moved table."""
    home = located.facts.name
    for name, area in (sheet.cells | sheet.texts).items():
        place = located.place(area)
        if (home, place) != (sheet.name, area.anchor):
            reading.moved[name] = home, a1(*place)
    moved = ((n, area.anchor) for n, area in sheet.cells.items() if located.cells[n] != area.anchor)
    for name, issued in islice(moved, 1):
        place, cell = located.cells[name], reading.layout.form.cells[name]
        reading.note("table-moved", home, place, cell, found=a1(*place), expected=a1(*issued))


_MOST_COMMENTS = 100  # reported for one sheet


def _note_comments(reading: WorkbookReading, located: LocatedSheet) -> None:
    cells = {place: reading.layout.form.cells[name] for name, place in located.cells.items()}
    foreign = {place: without_marks(comment.text) for place, comment in located.facts.comments.items()}
    for place, text in sorted(foreign.items())[:_MOST_COMMENTS]:
        if text.strip():
            reading.note("comment", located.facts.name, place, cells.get(place), found=text.strip())


def _read_text(reading: WorkbookReading, name: str, facts: SheetFacts, place: tuple[int, int]) -> None:
    fact = facts.cells.get(place)
    if fact and fact.text and not is_blank(fact.text):
        reading.prose[name] = fact.text


# -- inputs


def _read_inputs(reading: WorkbookReading, sheet: Sheet, located: LocatedSheet) -> None:
    for name in typed_names(reading.layout.form, sheet):
        place = located.cells[name]
        cell, fact = reading.layout.form.cells[name], located.facts.cells.get(place)
        _read_input(reading, cell, located.facts.name, place, fact)


def _read_input(
    reading: WorkbookReading, cell: Cell, sheet: str, place: tuple[int, int], fact: Fact | None
) -> None:
    """Read a typed figure; notes a finding unless it is a valid number."""
    if fact is None or is_empty(fact):
        if not reading.is_nil:
            reading.note("blank", sheet, place, cell)
    elif fact.formula is not None and "[" in fact.formula:
        reading.refuse("external-formula", sheet, place, cell, fact.text or "", formula=f"={fact.formula}")
    elif fact.type == "s":
        _read_typed_text(reading, cell, sheet, place, fact)
    elif fact.type == "e":
        reading.refuse("error-value", sheet, place, cell, fact.text or "")
    elif fact.type == "d":
        reading.refuse("text-date", sheet, place, cell, fact.text or "")
    elif fact.type == "n" and reading.is_date(fact):
        reading.refuse("text-date", sheet, place, cell, _iso_date(reading, fact))
    elif (value := number_of(fact)) is not None:
        _store_figure(reading, cell, sheet, place, fact, value)
    else:
        code = "number-too-large" if fact.type == "n" and fact.text else "not-a-number"
        reading.refuse(code, sheet, place, cell, (fact.text or f"={fact.formula}").strip())


def _read_typed_text(
    reading: WorkbookReading, cell: Cell, sheet: str, place: tuple[int, int], fact: Fact
) -> None:
    """Read a text in place of a number: as the one number that it can mean, with a note, or as a fault."""
    reading.clouded.add(cell.name)
    text = (fact.text or "").strip()
    meant = typed(text, cell.unit, signed=cell.signed)
    if meant.value is not None:
        if _store_figure(reading, cell, sheet, place, fact, meant.value):
            reading.note("text-as-number", sheet, place, cell, found=text, expected=meant.value)
    elif meant.is_blank:
        reading.note(meant.fault, sheet, place, cell, found=text)
    else:
        reading.refuse(meant.fault, sheet, place, cell, text, unit=cell.unit or "—")


def _store_figure(
    reading: WorkbookReading, cell: Cell, sheet: str, place: tuple[int, int], fact: Fact, value: Decimal
) -> bool:
    """Store a figure if the cell may hold it, and return whether it may."""
    if not reading.fits(sheet, place, cell, value):
        return False
    reading.values[cell.name] = value
    if fact.formula is not None:
        reading.note("input-formula", sheet, place, cell, found=value, formula=f"={fact.formula}")
    return True


def _iso_date(reading: WorkbookReading, fact: Fact) -> str:
    """Return the date that the cell shows, in ISO format."""
    number = number_of(fact)
    epoch = datetime(1904, 1, 1) if reading.facts.epoch_1904 else datetime(1899, 12, 30)  # noqa: DTZ001
    try:
        return f"{epoch + timedelta(days=float(number or 0)):%Y-%m-%d}"
    except OverflowError:
        return fact.text or ""


# -- totals


def _read_totals(reading: WorkbookReading, located: LocatedSheet) -> None:
    """Read the cells with a sum: the totals, and in a roll-up all cells that can be added up."""
    for name, place in located.cells.items():
        cell = reading.layout.form.cells[name]
        if cell.additive if reading.is_rollup else cell.is_total:
            issued = "" if reading.by_labels else _issued_formula(reading, cell, located)
            reading.shown[name] = _shown_total(
                located.facts.cells.get(place), issued, reading.facts.old_format
            )


def _shown_total(fact: Fact | None, issued: str, old_format: str) -> Shown:
    """Return what a total shows and its origin; *issued* is its original formula, "" if unknown."""
    if old_format:
        return Shown(number_of(fact) if fact else None, (fact.text or "") if fact else "", Origin.UNKNOWN)
    if fact is None or is_empty(fact):
        return Shown(None, "", Origin.EMPTY)
    value, text = number_of(fact), fact.text or ""
    if fact.formula is None:
        return Shown(value, text, Origin.TYPED)
    if issued and not is_same(fact.formula, issued):
        return Shown(value, text, Origin.CHANGED, f"={fact.formula}", f"={issued}")
    return Shown(value, text, Origin.FORMULA if fact.text is not None else Origin.UNCALCULATED)


def _issued_formula(reading: WorkbookReading, cell: Cell, located: LocatedSheet) -> str:
    """Return the original formula of a total, with the present addresses of its parts."""
    if cell.definition is None:
        return live_checks.column_sum(reading.matrix, cell.name) if reading.matrix else ""
    if not located.is_moved:
        return reading.layout.formulas[cell.name]
    return cell.definition.print(lambda name: a1(*located.place(reading.layout.places[name][1])))
