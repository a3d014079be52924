"""Finds the cells of a section in a workbook that people have edited.

A cell is found by the labels of its row and column, which people read, and checked against its defined name, which
spreadsheet programs adjust when rows are inserted or cells are moved. If the name is missing, the labels alone decide.
If labels and names differ, or a label is missing, the sheet is not read and the place is reported. Of a table that occurs
twice the first is located; :mod:`xltools.excel.reader.unread` finds the figures in the other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from itertools import product
from typing import NamedTuple

from xltools.excel.reader.field_places import cells_of_fields, find_fields, note_beside
from xltools.excel.reader.reading import WorkbookReading
from xltools.excel.reader.stamp import named_places
from xltools.excel.reader.unit_words import says_other_unit
from xltools.excel.scan import SheetFacts
from xltools.form.address import a1
from xltools.form.fields import label_with_unit
from xltools.form.labels import LONGEST_LABEL, former_word, plain
from xltools.form.model import Form
from xltools.form.places import NOTES, Area, Label, Sheet

# The roles of labels that identify rows and columns; titles and hints vary.
_IDENTIFYING = {"caption", "head", "stub", "field"}
_MOST_TEXTS = 5000  # on one sheet; comparing more takes too long


class LocatedSheet(NamedTuple):
    """The sheet of a section in the workbook, and its row or column for each row and column of the layout."""

    facts: SheetFacts
    rows: Mapping[int, int]
    columns: Mapping[int, int]
    cells: Mapping[str, tuple[int, int]]  # the place of each cell of the tables
    fields: Mapping[str, tuple[int, int]]  # the place of each cell of fields
    void: Mapping[str, tuple[int, int]]  # the place of each cell that is not there
    asides: frozenset[tuple[int, int]]  # the places of codes and units beside labels
    is_moved: bool  # whether any row or column is not where it was issued
    texts: Mapping[tuple[int, int], str]  # :func:`label_texts` of the sheet

    @classmethod
    def of(
        cls,
        sheet: Sheet,
        facts: SheetFacts,
        rows: dict[int, int],
        columns: dict[int, int],
        texts: Mapping[tuple[int, int], str],
    ) -> LocatedSheet:
        """Return the result for a sheet whose rows and columns were found."""
        cells, fields, void = (
            {name: (rows[area.row], columns[area.column]) for name, area in areas.items()}
            for areas in (sheet.cells, sheet.fields, sheet.void)
        )
        is_moved = any(old != new for lines in (rows, columns) for old, new in lines.items())
        asides = frozenset(
            place
            for label in sheet.asides
            for place in product(_near(rows, label.area.row), _near(columns, label.area.column))
            if place == (rows[label.area.row], columns[label.area.column])
            or plain(facts.text(*place)) == plain(label.text)
        )
        return cls(facts, rows, columns, cells, fields, void, asides, is_moved, texts)

    @classmethod
    def of_fields(cls, facts: SheetFacts, fields: Mapping[str, tuple[int, int]]) -> LocatedSheet:
        """Return a sheet that has nothing but fields, such as the cover, or the cells of a list."""
        rows, columns = ({place[axis]: place[axis] for place in fields.values()} for axis in (0, 1))
        return cls(facts, rows, columns, {}, fields, {}, frozenset(), is_moved=False, texts={})

    def place(self, area: Area) -> tuple[int, int]:
        """Return the place of the cell that the layout has at *area*."""
        return self.rows[area.row], self.columns[area.column]


def label_texts(facts: SheetFacts) -> dict[tuple[int, int], str]:
    """Return the texts of a sheet that may be labels, as :func:`plain`; none for a sheet with thousands of texts."""
    short = {
        place: fact.text
        for place, fact in facts.cells.items()
        if fact.type == "s" and fact.text and len(fact.text) <= LONGEST_LABEL
    }
    return {place: plain(text) for place, text in short.items()} if len(short) <= _MOST_TEXTS else {}


def locate(reading: WorkbookReading, sheet: Sheet) -> LocatedSheet | None:
    """Find the sheet and the places of its cells; if it cannot be read, note the reason and return ``None``."""
    facts = _find_sheet(reading, sheet)
    if facts is None:
        reading.note("missing-sheet", sheet.name, None, expected=sheet.name)
        return None
    if not sheet.cells:
        return _prose_places(reading, sheet, facts)
    located = _by_labels(reading, sheet, facts)
    is_sure = located and _names_agree(reading, located) and _units_agree(reading, sheet, located)
    return located if is_sure else None


# -- sheets


def _find_sheet(reading: WorkbookReading, sheet: Sheet) -> SheetFacts | None:
    """Return the sheet by its name, else by the defined names of its cells, else by its labels."""
    facts = reading.facts.sheet(sheet.name)
    if facts is not None:
        return facts
    for candidate in (_sheet_by_names(reading, sheet), _sheet_by_labels(reading, sheet)):
        if candidate is not None:
            reading.note("sheet-renamed", candidate.name, None, found=candidate.name, expected=sheet.name)
            return candidate
    return None


def _sheet_by_names(reading: WorkbookReading, sheet: Sheet) -> SheetFacts | None:
    places = named_places(reading.facts, sheet.cells or sheet.texts or sheet.fields)
    sheets = Counter(place[0] for _, place in places)
    return reading.facts.sheet(sheets.most_common(1)[0][0]) if sheets else None


def _sheet_by_labels(reading: WorkbookReading, sheet: Sheet) -> SheetFacts | None:
    """Return the first sheet without the name of a section that has at least 90 % of the labels of *sheet*."""
    taken = {NOTES, *(other.name for other in reading.layout.sheets)}  # the notes name every label
    wanted = {plain(label.text) for label in sheet.labels if label.role in _IDENTIFYING}
    if not wanted:
        return None
    for facts in reading.facts.sheets:
        texts = set(label_texts(facts).values())
        if facts.name not in taken and len(wanted & texts) * 10 >= len(wanted) * 9:
            return facts
    return None


def _prose_places(reading: WorkbookReading, sheet: Sheet, facts: SheetFacts) -> LocatedSheet:
    """Find each text below its heading, or where it was issued, and each field beside its label."""
    rows = {area.row: area.row for area in sheet.texts.values()}
    headings = [label for label in sheet.labels if label.role == "heading"]
    there = label_texts(facts) if headings or sheet.fields else {}
    texts = {text: row for (row, _), text in sorted(there.items(), reverse=True)}
    for label in headings:
        if plain(label.text) in texts:
            offset = texts[plain(label.text)] - label.area.row
            below = min((row for row in rows if row >= label.area.row), default=None)
            if below is not None:
                rows[below] = below + offset
    found = find_fields(reading, facts, cells_of_fields(reading.layout.form, sheet), there)
    rows |= {sheet.fields[name].row: row for name, (row, _) in found.places.items()}
    areas = (*sheet.texts.values(), *sheet.fields.values())
    rows = {area.row: rows.get(area.row, area.row) for area in areas}
    located = LocatedSheet.of(sheet, facts, rows, {area.column: area.column for area in areas}, there)
    note_beside(reading, found, [located.place(area) for area in sheet.texts.values()])
    return located._replace(fields=found.places)


# -- rows and columns


def _by_labels(reading: WorkbookReading, sheet: Sheet, facts: SheetFacts) -> LocatedSheet | None:
    """Match the lines of labels in the layout, in order, with those in the sheet."""
    known = _labels(sheet).texts
    former = _labels_without_units(sheet)
    there = {place: former.get(text, text) for place, text in label_texts(facts).items()}
    # What people write there is no label.
    typed = {at[1:] for _, at in named_places(reading.facts, sheet.fields) if at[0] == facts.name}
    texts = {place: text for place, text in there.items() if text in known and place not in typed}
    rows = _find_lines(reading, sheet, facts, texts, None)
    if rows is None:
        return None
    columns = _find_lines(reading, sheet, facts, texts, rows)
    if columns is None:
        return None
    areas = (*sheet.table.values(), *sheet.fields.values(), *(x.area for x in sheet.asides))
    rows = _with_unlabelled(rows, (area.row for area in areas))
    columns = _with_unlabelled(columns, (area.column for area in areas))
    return LocatedSheet.of(sheet, facts, rows, columns, there)


@cache
def _labels_without_units(sheet: Sheet) -> dict[str, str]:
    """Return the labels of fields as they were printed before units stood behind them, with those of today."""
    known = _labels(sheet).texts
    pairs = ((plain(one.label), plain(label_with_unit(one))) for one in sheet.section.fields)
    return {old: new for old, new in pairs if old != new and old not in known}


def _find_lines(
    reading: WorkbookReading,
    sheet: Sheet,
    facts: SheetFacts,
    texts: dict[tuple[int, int], str],
    rows: dict[int, int] | None,
) -> dict[int, int] | None:
    """Find each labelled row or, given *rows*, each labelled column; on failure note the reason and return ``None``."""
    labels = _labels(sheet)
    if rows is None:
        wanted, across = labels.by_row, False
        found = _texts_by_line((row, column, text) for (row, column), text in texts.items())
    else:
        wanted, across, own = labels.by_column, True, set(rows.values())
        found = _texts_by_line((column, row, text) for (row, column), text in texts.items() if row in own)
    matched = _matched_lines(wanted, found)
    if len(matched) == len(wanted):
        return matched
    lost = [label for label in labels.labels if label.area.anchor[across] not in matched]
    _note_lost_labels(reading, sheet, facts, lost, matched if rows is None else rows)
    return None


_Lines = dict[int, tuple[str, ...]]


class _Labels(NamedTuple):
    """The labels that identify the rows and columns of a sheet, and their texts, as :func:`plain`."""

    labels: list[Label]
    texts: frozenset[str]
    by_row: _Lines
    by_column: _Lines


@cache
def _labels(sheet: Sheet) -> _Labels:
    """Return the labels of *sheet*, computed once for each sheet of a form."""
    labels = [label for label in sheet.labels if label.role in _IDENTIFYING]
    placed = [(*label.area.anchor, plain(label.text)) for label in labels]
    texts = frozenset(text for _, _, text in placed)
    by_column = _texts_by_line((column, row, text) for row, column, text in placed)
    return _Labels(labels, texts, _texts_by_line(placed), by_column)


def _texts_by_line(triples: Iterable[tuple[int, int, str]]) -> _Lines:
    """Return the texts of each row (or column) in order, by the number of the row."""
    lines: dict[int, list[tuple[int, str]]] = {}
    for line, position, text in triples:
        lines.setdefault(line, []).append((position, text))
    return {line: tuple(text for _, text in sorted(texts)) for line, texts in sorted(lines.items())}


def _matched_lines(wanted: _Lines, found: _Lines) -> dict[int, int]:
    """Return for each line of *wanted* the first line of *found* with its texts, behind the match of the line before."""
    matched: dict[int, int] = {}
    lines, start = list(found.items()), 0
    for line, texts in wanted.items():
        index = next((i for i in range(start, len(lines)) if _is_within(texts, lines[i][1])), None)
        if index is not None:
            matched[line], start = lines[index][0], index + 1
    return matched


def _near(known: Mapping[int, int], line: int) -> Iterator[int]:
    """Yield where a line without a label may be: at its distance to the line before, or to the one behind it."""
    yield known[line]
    if behind := min((other for other in known if other > line), default=0):
        yield known[behind] + line - behind


def _is_within(texts: tuple[str, ...], there: tuple[str, ...]) -> bool:
    rest = iter(there)
    return all(text in rest for text in texts)


def _with_unlabelled(known: dict[int, int], needed: Iterable[int]) -> dict[int, int]:
    """Return *known* with the lines that have no label: their distance to the labelled line before is kept."""
    filled = dict(known)
    for line in sorted(set(needed)):
        if line not in filled:
            before = max((other for other in known if other < line), default=None)
            filled[line] = line if before is None else known[before] + line - before
    return filled


def _note_lost_labels(
    reading: WorkbookReading, sheet: Sheet, facts: SheetFacts, labels: list[Label], rows: dict[int, int]
) -> None:
    """Note for each label that was not found whether it was changed or is missing."""
    if word := superseded_word(reading.layout.form, facts):
        reading.note("old-layout", facts.name, None, found=word, expected=reading.layout.form.name)
        return
    for label in labels:
        row = _with_unlabelled(rows, (label.area.row,))[label.area.row]
        there = facts.cells.get((row, label.area.column))
        text = there.text if there and there.type == "s" and there.text else ""
        if text and plain(text) == plain(label.text):
            continue
        if text and plain(text) not in {plain(other.text) for other in sheet.labels}:
            reading.note(
                "label-changed", facts.name, (row, label.area.column), found=text, expected=label.text
            )
        else:
            reading.note("label-missing", facts.name, None, expected=label.text)


def superseded_word(form: Form, facts: SheetFacts) -> str:
    """Return a word in the sheet that only a superseded edition of the form has, or ""."""
    return former_word(form, label_texts(facts).values()) if form.superseded else ""


# -- units


def _units_agree(reading: WorkbookReading, sheet: Sheet, located: LocatedSheet) -> bool:
    """Return whether no text on the sheet says another unit than the form."""
    units = _units(reading.layout.form, sheet)
    asides = ((located.place(one.area), one.text) for one in sheet.asides if one.text in units)
    hint = sheet.hint.anchor
    return reading.is_rollup or not says_other_unit(reading, located.facts, units, hint, asides)


@cache
def _units(form: Form, sheet: Sheet) -> frozenset[str]:
    """Return the units of the figures on a sheet."""
    return frozenset(
        {form.cells[name].unit for name in sheet.cells} | {one.unit for one in sheet.section.fields}
    )


# -- defined names


def _names_agree(reading: WorkbookReading, located: LocatedSheet) -> bool:
    """Return whether all defined names refer to the cells found by labels; notes the first one that does not."""
    home = located.facts.name
    form = reading.layout.form
    places = {**located.cells, **located.fields}
    for name, by_name in named_places(reading.facts, places):
        by_labels = places[name]
        if by_name != (home, *by_labels):
            found = a1(*by_name[1:]) if by_name[0] == home else f"{by_name[0]}!{a1(*by_name[1:])}"
            label = form.cells[name].label if name in form.cells else form.texts[name].label
            facts = {"name": name, "label": label, "found": found, "expected": a1(*by_labels)}
            reading.note("places-differ", home, by_labels, None, **facts)
            return False
    return True
