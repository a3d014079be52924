"""Reads the cells of fields: texts, choices, dates and numbers, each as the one value that it can mean."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import NamedTuple

from xltools.data.field_words import fault_facts
from xltools.data.finding import quoted
from xltools.data.number import is_too_large, kept
from xltools.data.typed_numbers import STRUCK_OUT, says_nothing
from xltools.excel.number_format import GENERAL, NumberFormat
from xltools.excel.reader.field_places import mark_unread
from xltools.excel.reader.formulas import PLAIN, VOLATILE
from xltools.excel.reader.inputs import read_input
from xltools.excel.reader.reading import WorkbookReading, is_empty, number_of
from xltools.excel.reader.shown import DIFFERS, ROUNDED, shown_fault
from xltools.excel.scan import Fact, SheetFacts
from xltools.form.kinds import NOT_A_CHOICE, Choice, Choices, Date, Held, Number, Text
from xltools.form.layout import field_labels
from xltools.white_space import is_blank, joined

_Place = tuple[int, int]
_DAY_0, _DAY_0_1904 = dt.date(1899, 12, 30), dt.date(1904, 1, 1)
_LEAP_DAY = 60  # 29 February 1900, which did not exist; programs count the days before it from one day later
_LAST_SERIAL = 109_574  # 31 December 2199
_PARTS_OF_DAY = 3  # year, month and day


def read_fields(reading: WorkbookReading, facts: SheetFacts, places: Mapping[str, _Place]) -> None:
    """Read the fields whose cells are at these *places*, by name; in a roll-up only its own texts."""
    form = reading.layout.form
    for name, kind in form.kinds.items():
        cells = [cell for cell in field_labels(form, name) if cell in places]
        if not cells or (reading.is_rollup and not isinstance(kind, Text)):
            continue
        if isinstance(kind, Number):
            read_input(reading, facts, places[name], form.cells[name])
        elif isinstance(kind, Choices):
            _read_marks(reading, facts, name, kind, {cell: places[cell] for cell in cells})
        else:
            _read_value(reading, facts, name, kind, places[name])


def _read_value(
    reading: WorkbookReading, facts: SheetFacts, name: str, kind: Text | Date | Choice, place: _Place
) -> None:
    fact = facts.cells.get(place)
    if fact is None or is_empty(fact) or _is_refused(reading, facts, name, place, fact, kind):
        return
    held = held_of(reading, fact)
    meant = kind.read(held)
    if meant.fault and is_dash(kind, held):
        return
    if meant.fault:
        _note_fault(reading, facts, name, place, meant.fault)
    if value := meant.value or (held.text if isinstance(kind, Text) else ""):
        reading.prose[name] = value


def _read_marks(
    reading: WorkbookReading, facts: SheetFacts, name: str, kind: Choices, places: Mapping[str, _Place]
) -> None:
    """Read the cells of several options, each of which marks one."""
    marked, is_sure = [], True
    for cell, place in places.items():
        fact = facts.cells.get(place)
        if fact is None or is_empty(fact):
            continue
        if _is_refused(reading, facts, name, place, fact, kind):
            return
        held = held_of(reading, fact)
        mark = kind.marked(held)
        if mark is None and is_dash(kind, held):
            continue
        if mark is None:
            _note_fault(reading, facts, name, place, NOT_A_CHOICE)
            is_sure = False
        elif mark:
            marked.append(reading.layout.form.counted[cell][1])
    if is_sure and marked:
        reading.prose[name] = kind.joined(marked).value


def is_dash(kind: Text | Date | Choice, held: Held) -> bool:
    """Return whether a cell whose text is no value of that *kind* holds a dash, or a word for nothing.

    A word may be meant as an option: 无 as no.
    """
    is_word = isinstance(kind, Choice) and any(map(str.isalnum, held.text))
    return says_nothing(held.text) and not is_word


def _is_refused(
    reading: WorkbookReading,
    facts: SheetFacts,
    name: str,
    place: _Place,
    fact: Fact,
    kind: Text | Date | Choice,
) -> bool:
    """Note what is not what was typed: an error value, the result of a formula over other files, a number without its end.

    So is what the cell does not show or strikes out. Return whether the cell is not read.
    """
    is_refused = note_otherwise(
        reading, facts, place, fact, kind, name, reading.layout.form.fields[name].label
    )
    if is_refused:
        mark_unread(reading, {name})
    return is_refused


def note_otherwise(
    reading: WorkbookReading,
    facts: SheetFacts,
    place: _Place,
    fact: Fact,
    kind: Text | Date | Choice,
    name: str,
    label: str,
) -> bool:
    """Note what :func:`_is_refused` says of the cell with that *name* and *label*; return whether it is not read."""
    if fact.type == "s" and fact.formula is None and not facts.arrays and fact.style in reading.plain:
        return False  # as nearly all are
    code = "error-value" if fact.type == "e" else ""
    if reading.is_struck_out(fact) and not isinstance(kind, Text):
        code = STRUCK_OUT
    if fact.type == "n" and is_too_large(fact.text or ""):
        code = "number-too-large"
    words = ""
    has_formula = fact.formula is not None or facts.arrays
    if not code and has_formula and (traced := reading.tracer.formula(facts, place)):
        formula, code = traced
        words = f"={joined(quoted(formula or ''))}"
    if code not in {"", PLAIN}:
        found = held_of(reading, fact).text
        reading.note(code, facts.name, place, None, name=name, label=label, found=found, formula=words)
    if code not in {"", PLAIN, VOLATILE}:
        return True
    shown = shown_as(reading, fact, kind, reading.format_of(fact))
    if shown.fault:
        about = {"name": name, "label": label, "found": shown.text, "expected": shown.held}
        unit = {"unit": "—"} if shown.fault == DIFFERS else {}
        reading.note(shown.fault, facts.name, place, None, **about, **unit)
    return shown.fault not in {"", ROUNDED}


class _Display(NamedTuple):
    """What a cell shows and holds, and the code of the finding that these are not the same, or ""."""

    text: str
    held: str
    fault: str


def shown_as(reading: WorkbookReading, fact: Fact, kind: Text | Date | Choice, how: NumberFormat) -> _Display:
    """Return what the cell of a field that is not empty shows with the format *how*.

    A number in place of a text is the text that the cell shows, so it can only be shown without its last digits, or not at all.
    """
    value, held = number_of(fact), fact.text or ""
    if fact.type == "s":
        shown = how.show_text(held)
        if shown == held:
            return _Display(held, held, "")
        is_same = joined(shown) == joined(held) or _means_same(kind, Held(shown), Held(held))
        return _Display(joined(shown), joined(held), "" if is_same else DIFFERS)
    if value is None:
        return _Display(held, held, "")
    shown, is_date = reading.show(how, value)
    if is_date and (day := _day(value, epoch_1904=reading.facts.epoch_1904)):
        parts = how.parts_of_day(value)
        is_told = len(parts) == _PARTS_OF_DAY or not isinstance(kind, Date)
        return _Display(shown, day.isoformat(), "" if is_told else ROUNDED if parts & {"y", "d"} else DIFFERS)
    fault = shown_fault(shown, value, "")
    if not is_blank(shown):
        is_meant = isinstance(kind, Choice) and _means_same(kind, Held(shown), Held(held, value))
        unimportant = {Text: DIFFERS, Date: ROUNDED}.get(type(kind))
        fault = "" if is_meant or fault == unimportant else fault
    return _Display(shown.strip(), kept(value), fault)


def _means_same(kind: Text | Date | Choice, one: Held, other: Held) -> bool:
    """Return whether both mean the same text, day or option."""
    meant = kind.read(one).value
    return bool(meant) and meant == kind.read(other).value


def _note_fault(reading: WorkbookReading, facts: SheetFacts, name: str, place: _Place, code: str) -> None:
    """Note a value that cannot be read."""
    form = reading.layout.form
    mark_unread(reading, {name})
    fact = facts.cells.get(place)
    text = "⏎".join((held_of(reading, fact).text if fact else "").split("\n"))
    reading.note(code, facts.name, place, None, name=name, found=text, **fault_facts(form, name, code))


def held_of(reading: WorkbookReading, fact: Fact) -> Held:
    """Return what a cell holds, for a kind of values to read."""
    text = fact.text or ""
    if fact.type == "b":
        return Held(str(text == "1").upper(), truth=text == "1")
    if fact.type == "d":
        return Held(text, date=_iso_day(text))
    value = number_of(fact)
    if value is None:
        return Held(text)
    how = reading.format_of(fact)
    one = reading.show(how, value)
    shown = one.text
    if one.is_date and how.decimals < 0:
        return Held(shown, value, _day(value, epoch_1904=reading.facts.epoch_1904))
    formats = reading.facts.formats
    is_plain = fact.style >= len(formats) or formats[fact.style] in {GENERAL, "@"}
    return Held(kept(value) if is_plain else shown, value)


def _iso_day(text: str) -> dt.date | None:
    try:
        return dt.datetime.fromisoformat(text).date()
    except ValueError:
        return None


def _day(serial: Decimal, *, epoch_1904: bool) -> dt.date | None:
    """Return the day with that number; ``None`` if there is none."""
    number = int(serial)
    if not 0 <= number <= _LAST_SERIAL:
        return None
    if epoch_1904:
        return _DAY_0_1904 + dt.timedelta(number)
    if number in {0, _LEAP_DAY}:
        return None
    return _DAY_0 + dt.timedelta(number + (number < _LEAP_DAY))
