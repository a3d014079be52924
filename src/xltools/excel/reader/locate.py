"""Where the cells of a section stand in a workbook that people have worked on.

Three witnesses are heard: the cells' defined names, which follow a cell through insertions and moves; the labels
around the table, which a person reads; and the address where the form was issued. A figure is read where names
and labels agree, or by the labels alone where the names are gone. Where they contradict one another, or a label
is missing or there twice, the sheet is refused with the place: nothing is ever read from a wrong cell.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from xltools.excel.reader.reading import Reading
from xltools.excel.reader.stamp import named_place
from xltools.excel.scan import SheetFacts
from xltools.form.address import a1
from xltools.form.labels import LONGEST_LABEL, former_word, plain
from xltools.form.model import Form
from xltools.form.places import Area, Label, Sheet

_MEASURED = {"caption", "head", "stub"}  # labels that tell a row or a column; titles and hints vary
_MOST_TEXTS = 5000  # in a sheet with labels: folding has its price


class Located(NamedTuple):
    """A section's sheet as found, with the row and column that each row and column of the layout has there."""

    facts: SheetFacts
    rows: Mapping[int, int]
    columns: Mapping[int, int]
    cells: Mapping[str, tuple[int, int]]  # where each cell of the tables stands
    is_moved: bool  # whether any line stands elsewhere than it was issued

    @classmethod
    def of(cls, sheet: Sheet, facts: SheetFacts, rows: dict[int, int], columns: dict[int, int]) -> Located:
        """The sheet with its lines there."""
        cells = {name: (rows[area.row], columns[area.column]) for name, area in sheet.cells.items()}
        is_moved = any(old != new for lines in (rows, columns) for old, new in lines.items())
        return cls(facts, rows, columns, cells, is_moved)

    def place(self, area: Area) -> tuple[int, int]:
        """Where the cell of that area stands."""
        return self.rows[area.row], self.columns[area.column]


def _texts(facts: SheetFacts) -> dict[tuple[int, int], str]:
    """What may be a label in a sheet. In one with thousands of texts none is looked for: it is not a form's."""
    short = {
        place: fact.text
        for place, fact in facts.cells.items()
        if fact.type == "s" and fact.text and len(fact.text) <= LONGEST_LABEL
    }
    return {place: plain(text) for place, text in short.items()} if len(short) <= _MOST_TEXTS else {}


def locate(reading: Reading, sheet: Sheet) -> Located | None:
    """Find the sheet and the places of its cells; ``None`` when it cannot be read, with the reason noted."""
    facts = _sheet(reading, sheet)
    if facts is None:
        reading.note("missing-sheet", sheet.name, None, expected=sheet.name)
        return None
    if not sheet.cells:
        return _prose_places(sheet, facts)
    located = _by_labels(reading, sheet, facts)
    if located is None or not _names_agree(reading, located):
        return None
    _note_moves(reading, sheet, located)
    return located


# -- which sheet


def _sheet(reading: Reading, sheet: Sheet) -> SheetFacts | None:
    """The sheet of that name; else the one that the cells' names point to; else the one that has its labels."""
    facts = reading.facts.sheet(sheet.name)
    if facts is not None:
        return facts
    for candidate in (_sheet_by_names(reading, sheet), _sheet_by_labels(reading, sheet)):
        if candidate is not None:
            reading.note("sheet-renamed", candidate.name, None, found=candidate.name, expected=sheet.name)
            return candidate
    return None


def _sheet_by_names(reading: Reading, sheet: Sheet) -> SheetFacts | None:
    places = (named_place(reading.facts, name) for name in (sheet.cells or sheet.texts))
    homes = Counter(place[0] for place in places if place)
    return reading.facts.sheet(homes.most_common(1)[0][0]) if homes else None


def _sheet_by_labels(reading: Reading, sheet: Sheet) -> SheetFacts | None:
    """The only sheet that is not another section's and has nearly all labels of this one."""
    taken = {other.name for other in reading.layout.sheets}
    wanted = {plain(label.text) for label in sheet.labels if label.role in _MEASURED}
    if not wanted:
        return None
    found = []
    for facts in reading.facts.sheets:
        texts = set(_texts(facts).values())
        if facts.name not in taken and len(wanted & texts) * 10 >= len(wanted) * 9:
            found.append(facts)
    return found[0] if len(found) == 1 else None


def _prose_places(sheet: Sheet, facts: SheetFacts) -> Located:
    """Prose stands under its heading; a heading that was moved or rewritten leaves it at its address."""
    rows = {area.row: area.row for area in sheet.texts.values()}
    headings = [label for label in sheet.labels if label.role == "heading"]
    there = _texts(facts) if headings else {}
    texts = {text: row for (row, _), text in sorted(there.items(), reverse=True)}
    for label in headings:
        if plain(label.text) in texts:
            offset = texts[plain(label.text)] - label.area.row
            below = min((row for row in rows if row > label.area.row), default=None)
            if below is not None:
                rows[below] = below + offset
    return Located.of(sheet, facts, rows, {0: 0})


# -- where in it


def _by_labels(reading: Reading, sheet: Sheet, facts: SheetFacts) -> Located | None:
    """Match the lines of labels in the layout, in order, with those in the sheet."""
    labels = [label for label in sheet.labels if label.role in _MEASURED]
    known = {plain(label.text) for label in labels}
    texts = {place: text for place, text in _texts(facts).items() if text in known}
    rows = _axis(reading, sheet, facts, labels, texts, None)
    if rows is None:
        return None
    columns = _axis(reading, sheet, facts, labels, texts, rows)
    if columns is None:
        return None
    areas = sheet.cells.values()
    rows, columns = _filled(rows, (a.row for a in areas)), _filled(columns, (a.column for a in areas))
    return Located.of(sheet, facts, rows, columns)


def _axis(
    reading: Reading,
    sheet: Sheet,
    facts: SheetFacts,
    labels: list[Label],
    texts: dict[tuple[int, int], str],
    rows: dict[int, int] | None,
) -> dict[int, int] | None:
    """Where each labelled row stands, or, once the *rows* are known, each labelled column; ``None`` with the reason noted."""
    match = _match(labels, texts, rows)
    if match.is_clear:
        return match.matched
    if match.is_complete:
        reading.note("table-twice", facts.name, None, expected=labels[0].text)
        return None
    across = rows is not None
    lost = [label for label in labels if label.area.anchor[across] not in match.matched]
    _explain(reading, sheet, facts, lost, match.matched if rows is None else rows)
    return None


_Lines = dict[int, tuple[str, ...]]


class _Match(NamedTuple):
    """The lines of labels that are wanted, those found, and which is which."""

    wanted: _Lines
    found: _Lines
    matched: dict[int, int]

    @property
    def is_complete(self) -> bool:
        """Whether every line was found."""
        return len(self.matched) == len(self.wanted)

    @property
    def is_clear(self) -> bool:
        """Whether every line was found, and not most of them twice."""
        return self.is_complete and not _is_twice(self.wanted, self.found)


def _match(labels: list[Label], texts: dict[tuple[int, int], str], rows: dict[int, int] | None) -> _Match:
    """Which labelled row stands where, or, once the *rows* are known, which labelled column."""

    def line(row: int, column: int) -> tuple[int, int]:
        return (row, column) if rows is None else (column, row)

    there = texts if rows is None else {p: text for p, text in texts.items() if p[0] in set(rows.values())}
    wanted = _lines((*line(*label.area.anchor), plain(label.text)) for label in labels)
    found = _lines((*line(*place), text) for place, text in there.items())
    return _Match(wanted, found, _matched(wanted, found))


def _lines(triples: Iterable[tuple[int, int, str]]) -> _Lines:
    """The texts of each row (or column), in order along it, by the number of the row."""
    lines: dict[int, list[tuple[int, str]]] = {}
    for line, position, text in triples:
        lines.setdefault(line, []).append((position, text))
    return {line: tuple(text for _, text in sorted(texts)) for line, texts in sorted(lines.items())}


def _matched(wanted: _Lines, found: _Lines) -> dict[int, int]:
    """For each wanted line, the first line found after the one before it that has its texts, in order."""
    matched: dict[int, int] = {}
    after = -1
    for line, texts in wanted.items():
        place = next((n for n, there in found.items() if n > after and _within(texts, there)), None)
        if place is not None:
            matched[line] = after = place
    return matched


def _within(texts: tuple[str, ...], there: tuple[str, ...]) -> bool:
    rest = iter(there)
    return all(text in rest for text in texts)


def _is_twice(wanted: _Lines, found: _Lines) -> bool:
    """Whether most lines are there at least twice as often as in the form: a copy of the table, not a stray word."""
    if sum(map(len, found.values())) * 2 < sum(map(len, wanted.values())) * 3:
        return False  # not enough labels for a copy
    distinct = set(wanted.values())
    doubled = sum(_times(texts, found) >= 2 * _times(texts, wanted) for texts in distinct)
    return doubled * 2 > len(distinct)


def _times(texts: tuple[str, ...], lines: _Lines) -> int:
    return sum(_within(texts, line) for line in lines.values())


def _filled(known: dict[int, int], needed: Iterable[int]) -> dict[int, int]:
    """Lines without a label of their own stand as far behind the last labelled one as they were issued."""
    filled = dict(known)
    for line in sorted(set(needed)):
        if line not in filled:
            before = max((other for other in known if other < line), default=None)
            filled[line] = line if before is None else known[before] + line - before
    return filled


def _explain(
    reading: Reading, sheet: Sheet, facts: SheetFacts, labels: list[Label], rows: dict[int, int]
) -> None:
    """Say of each label that was not found whether another text stands in its place, or nothing of it is left."""
    if word := superseded_word(reading.layout.form, facts):
        reading.note("old-layout", facts.name, None, found=word, expected=reading.layout.form.name)
        return
    for label in labels:
        row = _filled(rows, (label.area.row,))[label.area.row]
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
    """A word in the sheet that only a superseded edition has."""
    return former_word(form, _texts(facts).values()) if form.superseded else ""


# -- what the names say


def _names_agree(reading: Reading, located: Located) -> bool:
    home = located.facts.name
    for name, by_labels in located.cells.items():
        by_name = named_place(reading.facts, name)
        if by_name is not None and by_name != (home, *by_labels):
            found = (
                a1(*by_name[1:]) if by_name[0] == located.facts.name else f"{by_name[0]}!{a1(*by_name[1:])}"
            )
            cell = reading.layout.form.cells[name]
            reading.note(
                "places-differ", located.facts.name, by_labels, cell, found=found, expected=a1(*by_labels)
            )
            return False
    return True


def _note_moves(reading: Reading, sheet: Sheet, located: Located) -> None:
    for name, area in sheet.cells.items() if located.is_moved else ():
        place = located.cells[name]
        if place != area.anchor:
            cell = reading.layout.form.cells[name]
            reading.note(
                "table-moved", located.facts.name, place, cell, found=a1(*place), expected=a1(*area.anchor)
            )
            return
