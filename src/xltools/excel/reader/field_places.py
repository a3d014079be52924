"""Finds the cells of fields by the labels beside them, and what would not be read: copies, and figures around the cells."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from xltools.data.finding import Place, quoted
from xltools.excel.reader.figures import figure_in
from xltools.excel.reader.reading import WorkbookReading, is_empty
from xltools.excel.reader.stamp import named_places
from xltools.excel.scan import SheetFacts
from xltools.form.address import a1
from xltools.form.fields import label_with_unit
from xltools.form.labels import plain
from xltools.form.layout import field_labels, layout
from xltools.form.model import Form
from xltools.form.places import COVER, RESERVED_SHEETS, Area, Sheet
from xltools.white_space import is_blank, trimmed

_Place = tuple[int, int]
_LabelTexts = Mapping[_Place, str]


class IssuedField(NamedTuple):
    """A cell of a field as it is issued: its name, its label, and the places of both. It may be that of one option."""

    name: str
    field: str
    label: str
    labels: frozenset[str]  # as plain text; before units were printed behind them too
    at: _Place
    value: _Place


class FoundFields(NamedTuple):
    """The fields of one sheet in the workbook."""

    facts: SheetFacts
    cells: Sequence[IssuedField]
    places: Mapping[str, _Place]
    noted: frozenset[_Place] = frozenset()  # where the values are of those left out

    @classmethod
    def of(
        cls, facts: SheetFacts, cells: Iterable[IssuedField], places: Mapping[str, _Place], *noted: _Place
    ) -> FoundFields:
        """Return those of *cells* that have a place."""
        kept = tuple(one for one in cells if one.name in places)
        return cls(facts, kept, {one.name: places[one.name] for one in kept}, frozenset(noted))

    def without(self, fields: Collection[str]) -> FoundFields:
        """Return it without these *fields*."""
        left_out = {one.name: self.places[one.name] for one in self.cells if one.field in fields}
        places = {name: place for name, place in self.places.items() if name not in left_out}
        return self.of(self.facts, self.cells, places, *self.noted, *left_out.values())


@cache
def cells_of_fields(form: Form, sheet: Sheet) -> tuple[IssuedField, ...]:
    """Return the cells of the fields on a sheet, computed once for each sheet of a form."""
    labels = (label for label in sheet.labels if label.role == "field")
    pairs = zip(sheet.fields.items(), labels, strict=True)
    return tuple(_issued(form, name, label.text, label.area, area) for (name, area), label in pairs)


@cache
def cells_of_cover(form: Form) -> tuple[IssuedField, ...]:
    """Return the cells of the fields on the cover, computed once for each form."""
    words = {cell: text for name in form.fields for cell, text in field_labels(form, name).items()}
    areas = {name: area for name, area in layout(form).cover.fields.items() if name in words}
    return tuple(
        _issued(form, name, words[name], area._replace(column=0), area) for name, area in areas.items()
    )


def _issued(form: Form, name: str, label: str, at: Area, value: Area) -> IssuedField:
    field = form.counted.get(name, (name, ""))[0]
    own = form.fields[field]
    former = {plain(own.label)} if label == label_with_unit(own) else set()
    return IssuedField(name, field, label, frozenset({plain(label)} | former), at.anchor, value.anchor)


def find_fields(
    reading: WorkbookReading, facts: SheetFacts, cells: Sequence[IssuedField], texts: _LabelTexts
) -> FoundFields:
    """Return the places of fields beside their labels on a sheet with these *texts*.

    A field whose label is not there, or there twice with different values, is left out and noted.
    """
    named = named_places(reading.facts, (one.name for one in cells))
    typed = {place[1:] for _, place in named if place[0] == facts.name}
    rows = _rows(texts, typed)
    shared = Counter(label for one in cells for label in one.labels)
    places: dict[str, _Place] = {}
    lost: set[str] = set()
    noted: set[_Place] = set()
    shift = 0
    for one in cells:
        found = sorted(row for label in one.labels for row in rows.get((one.at[1], label), ()))
        if found and max(shared[label] for label in one.labels) > 1:
            found = [one.at[0] + shift]
        if not found and not reading.is_rollup:
            _note_lost(reading, facts, one, shift, shared)
            lost.add(one.field)
            noted.add(_value_of(one, one.at[0] + shift))
            continue
        moved = [_value_of(one, row) for row in found or [one.at[0]]]
        filled = {content: place for place in reversed(moved) if (content := _content(facts, place))}
        if len(filled) > 1:
            _note_twice(reading, (facts, facts), one, list(filled.values())[1::-1])
            lost.add(one.field)
            noted.update(moved)
        shift = (found or [one.at[0]])[0] - one.at[0]
        places[one.name] = next(iter(filled.values()), moved[0])
    mark_unread(reading, lost)
    return FoundFields.of(facts, cells, places, *noted).without(lost)


def _rows(texts: _LabelTexts, ignored: Collection[_Place] = ()) -> dict[tuple[int, str], list[int]]:
    """Return the rows of each text in each column."""
    rows: dict[tuple[int, str], list[int]] = {}
    for (row, column), text in texts.items():
        if (row, column) not in ignored:
            rows.setdefault((column, text), []).append(row)
    return rows


def _value_of(one: IssuedField, row: int) -> _Place:
    """Return the place of the value of a field whose label is in that *row*."""
    return row + one.value[0] - one.at[0], one.value[1]


def _content(facts: SheetFacts, place: _Place) -> str:
    fact = facts.cells.get(place)
    return "" if fact is None or is_empty(fact) else trimmed(fact.text or f"={fact.formula}")


def _note_lost(
    reading: WorkbookReading, facts: SheetFacts, one: IssuedField, shift: int, labels: Collection[str]
) -> None:
    place = one.at[0] + shift, one.at[1]
    found = facts.text(*place)
    code = "label-missing" if is_blank(found) or plain(found) in labels else "label-changed"
    found = "" if code == "label-missing" else found.strip()
    reading.note(code, facts.name, place, found=found, expected=one.label, name=one.field, label=one.label)


def _note_twice(
    reading: WorkbookReading,
    sheets: tuple[SheetFacts, SheetFacts],
    one: IssuedField,
    places: Sequence[_Place],
) -> None:
    both = list(zip(sheets, places, strict=True))
    found = " / ".join(f"{facts.name}!{a1(*at)} = {_content(facts, at) or '—'}" for facts, at in both)
    (home, at), (other, there) = both
    about: dict[str, Any] = {"expected": one.label, "others": (Place(other.name, a1(*there)),)}
    reading.note("table-twice", home.name, at, name=one.field, label=one.label, found=found, **about)


def mark_unread(reading: WorkbookReading, fields: Collection[str]) -> None:
    """Let no sum with the figures or the options of *fields* be checked."""
    form = reading.layout.form
    reading.unread |= {name for name in fields if name in form.cells}
    reading.unread |= {count for count, (field, _) in form.counted.items() if field in fields}


def without_copied(
    reading: WorkbookReading,
    groups: Mapping[str, FoundFields],
    others: Iterable[tuple[SheetFacts, _LabelTexts]],
) -> dict[str, FoundFields]:
    """Note the sheets that have all fields of another one too; return *groups* without the fields that differ there.

    A copy that is blank says nothing. *others* are the sheets from which nothing is read, with their texts.
    """
    lost: set[str] = set()
    for other, texts in others:
        rows, name = _rows(texts), other.name
        for group in groups.values():
            found = {
                one: _value_of(one, min(row))
                for one in group.cells
                if (row := [n for label in one.labels for n in rows.get((one.at[1], label), ())])
            }
            filled = {one: place for one, place in found.items() if _content(other, place)}
            if len(found) < len(group.cells) or not filled:
                continue
            own = {one: _content(group.facts, group.places[one.name]) for one in filled}
            differing = [one for one, place in filled.items() if _content(other, place) != own[one]]
            if differing:
                first = differing[0]
                _note_twice(reading, (group.facts, other), first, (group.places[first.name], filled[first]))
            elif not any(one.code == "table-copied" and one.sheet == name for one in reading.findings):
                at = min(filled.values())
                reading.note("table-copied", name, at, found=name, expected=group.facts.name)
            lost |= {one.field for one in differing}
    mark_unread(reading, lost)
    return {name: group.without(lost) for name, group in groups.items()}


def find_cover(reading: WorkbookReading) -> SheetFacts | None:
    """Return the cover, by its name or else by the defined names of its cells."""
    facts, fields = reading.facts.sheet(COVER), reading.layout.cover.fields
    if facts is None and (named := Counter(place[0] for _, place in named_places(reading.facts, fields))):
        name = named.most_common(1)[0][0]
        reading.note("sheet-renamed", name, None, found=name, expected=COVER)
        return reading.facts.sheet(name)
    return facts


def unread_sheets(reading: WorkbookReading, located: Collection[str]) -> list[SheetFacts]:
    """Return the sheets from which nothing is read; *located* are the names of some that are."""
    homes = {sheet.name for sheet in reading.layout.in_order} | {*located, COVER, *RESERVED_SHEETS}
    homes |= reading.copied_lists | {one.sheet for one in reading.listed.values()}
    return [facts for facts in reading.facts.sheets if facts.name not in homes]


def note_beside(reading: WorkbookReading, found: FoundFields, others: Collection[_Place]) -> None:
    """Note the figures in the rows of fields, and in the row below them, that are neither fields nor *others*."""
    if reading.is_rollup or not found.places:
        return
    facts, own = found.facts, {*found.places.values(), *found.noted, *others}
    first, last = min(own)[0], max(own)[0] + 1
    units = reading.layout.form.units | {""}
    for place, fact in sorted(facts.cells.items()):
        if place in own or fact.formula is not None or not first <= place[0] <= last or reading.is_date(fact):
            continue
        if (figure := figure_in(fact, units, is_result=bool(reading.facts.old_format))) is not None:
            label = quoted(facts.text(place[0], 0).strip())
            reading.note("figure-unread", facts.name, place, found=figure, label=label, row=place[0] + 1)
