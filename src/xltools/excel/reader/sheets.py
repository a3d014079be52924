"""Reads the sheets of the sections: figures, shown totals, texts."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from itertools import islice

from xltools.data.filing import Origin, Shown
from xltools.excel import live_checks
from xltools.excel.formula import is_same
from xltools.excel.marking_signs import without_marks
from xltools.excel.reader.field_places import (
    FoundFields,
    cells_of_cover,
    cells_of_fields,
    find_cover,
    find_fields,
    mark_unread,
    note_beside,
    unread_sheets,
    without_copied,
)
from xltools.excel.reader.fields import read_fields
from xltools.excel.reader.guards import note_guards
from xltools.excel.reader.inputs import note_void, read_inputs
from xltools.excel.reader.locate import LocatedSheet, label_texts, locate
from xltools.excel.reader.reading import WorkbookReading, is_empty, number_of, typed_names
from xltools.excel.reader.stamp import named_places
from xltools.excel.reader.unread import note_unread
from xltools.excel.scan import Fact, SheetFacts
from xltools.form.address import a1
from xltools.form.model import Cell, Form
from xltools.form.places import COVER, Sheet
from xltools.white_space import is_blank, joined


def read_sheets(reading: WorkbookReading) -> None:
    """Read every section's sheet and the open fields of the cover."""
    form = reading.layout.form
    found = {sheet.name: place for sheet in reading.layout.sheets if (place := locate(reading, sheet))}
    for name in note_unread(reading, found):
        del found[name]
    fields = {
        sheet.name: FoundFields.of(place.facts, cells_of_fields(form, sheet), place.fields)
        for sheet in reading.layout.sheets
        if sheet.fields and (place := found.get(sheet.name))
    }
    cover = find_cover(reading)
    cells = cells_of_cover(form)
    if cover:
        fields[COVER] = find_fields(reading, cover, cells, label_texts(cover) if cells else {})
    elif cells and not reading.is_rollup:
        reading.note("missing-sheet", COVER, None, expected=COVER)
        mark_unread(reading, {one.field for one in cells})
    if not reading.is_rollup and any(one.cells for one in fields.values()):
        homes = {one.facts.name for one in fields.values()}
        others = ((facts, label_texts(facts)) for facts in unread_sheets(reading, homes))
        fields = without_copied(reading, fields, others)
    for name in fields.keys() & found.keys():
        found[name] = found[name]._replace(fields=fields[name].places)
    guarded = [_read_cover(reading, cover, fields[COVER])] if cover else []
    for sheet in reading.layout.sheets:
        if sheet.name in found:
            _read_sheet(reading, sheet, found[sheet.name])
        else:
            reading.unread.update(typed_names(form, sheet))
    located = {sheet: found[sheet.name] for sheet in reading.layout.sheets if sheet.name in found}
    note_guards(reading, located, [*guarded, *located.values()])


def _read_cover(reading: WorkbookReading, cover: SheetFacts, found: FoundFields) -> LocatedSheet:
    """Read the fields of the cover that were *found*, and its other texts."""
    form = reading.layout.form
    texts = {
        name: area.anchor
        for name, area in reading.layout.cover.fields.items()
        if name not in form.fields and name not in form.counted
    }
    texts |= {name: place[1:] for name, place in named_places(reading.facts, texts) if place[0] == cover.name}
    for name, place in texts.items():
        _read_text(reading, name, cover, place)
    read_fields(reading, cover, found.places)
    note_beside(reading, found, texts.values())
    note_comments(reading, cover, {})
    return LocatedSheet.of_fields(cover, {**texts, **found.places})


def _read_sheet(reading: WorkbookReading, sheet: Sheet, located: LocatedSheet) -> None:
    if located.is_moved or located.facts.name != sheet.name:
        _note_places(reading, sheet, located)
    if not reading.is_rollup:
        read_inputs(reading, sheet, located)
    note_void(reading, located)
    _read_totals(reading, sheet, located)
    for name, area in sheet.texts.items():
        _read_text(reading, name, located.facts, located.place(area))
    read_fields(reading, located.facts, located.fields)
    note_comments(reading, located.facts, located.cells)


def _note_places(reading: WorkbookReading, sheet: Sheet, located: LocatedSheet) -> None:
    """Record the places of cells that are not where they were issued, and note the first one of a moved table."""
    home = located.facts.name
    for name, area in (sheet.table | sheet.texts | sheet.fields).items():
        place = located.place(area)
        if (home, place) != (sheet.name, area.anchor):
            reading.moved[name] = home, a1(*place)
    moved = ((n, area.anchor) for n, area in sheet.cells.items() if located.cells[n] != area.anchor)
    for name, issued in islice(moved, 1):
        place, cell = located.cells[name], reading.layout.form.cells[name]
        reading.note("table-moved", home, place, cell, found=a1(*place), expected=a1(*issued))


_MOST_COMMENTS = 100  # reported for one sheet


def note_comments(reading: WorkbookReading, facts: SheetFacts, places: Mapping[str, tuple[int, int]]) -> None:
    """Note the comments of people on a sheet; *places* are those of its cells for figures, by name."""
    if not facts.comments:
        return
    cells = {place: reading.layout.form.cells[name] for name, place in places.items()}
    foreign = {place: without_marks(comment.text) for place, comment in facts.comments.items()}
    for place, text in sorted(foreign.items())[:_MOST_COMMENTS]:
        if not is_blank(text):
            reading.note("comment", facts.name, place, cells.get(place), found=joined(text))


def _read_text(reading: WorkbookReading, name: str, facts: SheetFacts, place: tuple[int, int]) -> None:
    fact = facts.cells.get(place)
    if fact and fact.text and not is_blank(fact.text):
        reading.prose[name] = fact.text


# -- totals


@cache
def _shown_cells(form: Form, sheet: Sheet, *, is_rollup: bool) -> tuple[Cell, ...]:
    """Return the cells with a sum, once for each sheet of a form: the totals, and in a roll-up all cells of a sum."""
    cells = (form.cells[name] for name in sheet.cells)
    return tuple(cell for cell in cells if (cell.is_summed if is_rollup else cell.is_total))


def _read_totals(reading: WorkbookReading, sheet: Sheet, located: LocatedSheet) -> None:
    for cell in _shown_cells(reading.layout.form, sheet, is_rollup=reading.is_rollup):
        issued = "" if reading.by_labels else _issued_formula(reading, cell, located)
        fact = located.facts.cells.get(located.cells[cell.name])
        reading.shown[cell.name] = shown_total(fact, issued, reading.facts.old_format)


def shown_total(fact: Fact | None, issued: str, old_format: str) -> Shown:
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
    form = reading.layout.form

    def address(name: str) -> str:
        if name in located.cells:
            return a1(*located.cells[name])
        return live_checks.reference(reading.layout, name, located.facts.name, reading.matrix)

    if reading.is_rollup and not cell.definition:
        if reading.matrix is None:
            return ""
        return live_checks.district_formula(form, cell, reading.matrix, address)
    if not located.is_moved and cell.name in reading.layout.formulas:
        return reading.layout.formulas[cell.name]
    return cell.formula(form.in_products(address))
