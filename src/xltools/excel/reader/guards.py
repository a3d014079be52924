"""Checks the protection of sheets and structure, data validations, and what is hidden.

All figures are checked anyway, so lost protection is only a note, and hidden cells are a warning.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from xltools.excel.colours import are_alike
from xltools.excel.number_format import NumberFormat, number_format
from xltools.excel.reader.fields import shown_as
from xltools.excel.reader.locate import LocatedSheet
from xltools.excel.reader.reading import WorkbookReading, is_empty, number_of, typed_names
from xltools.excel.reader.shown import DIFFERS, shown_fault
from xltools.excel.scan import Bounds, Fact, SheetFacts
from xltools.form.address import a1, column_name, parsed_range, ranges
from xltools.form.kinds import Number
from xltools.form.lists import parts_of_cell
from xltools.form.places import Sheet
from xltools.text import Word

# Programs that keep the protection of the structure when they save a workbook.
_KEEPERS = ("Microsoft Excel", "WPS")


def note_guards(
    reading: WorkbookReading, located: Mapping[Sheet, LocatedSheet], seen: Iterable[LocatedSheet]
) -> None:
    """Note lost protection, unless the workbook was not issued or its format is old, and cells that nobody sees.

    *seen* are the sheets on which everything must be seen: those *located*, and the cover.
    """
    if not (reading.by_labels or reading.facts.old_format):
        _note_lost_guards(reading, located)
    for place in seen:
        note_hidden(reading, place)


def _note_lost_guards(reading: WorkbookReading, located: Mapping[Sheet, LocatedSheet]) -> None:
    open_sheets = [place.facts.name for place in located.values() if not place.facts.is_protected]
    if open_sheets:
        reading.note("unprotected", "", None, found="、".join(open_sheets))
    if not reading.facts.structure_locked and reading.facts.application.startswith(_KEEPERS):
        reading.note("structure-unlocked", "", None)
    locked, counted = reading.elsewhere.union(reading.layout.form.given), reading.layout.form.counted
    for sheet, place in located.items() if not reading.is_rollup else ():
        ranges = [found for text in place.facts.validations if (found := parsed_range(text))]
        names = (name for name in typed_names(reading.layout.form, sheet) if name not in locked)
        fields = (at for name, at in place.fields.items() if counted.get(name, (name, ""))[0] not in locked)
        inputs = [*(place.cells[name] for name in names), *fields]
        lost = [
            (row, column)
            for row, column in inputs
            if not any(top <= row <= last and left <= column <= right for top, left, last, right in ranges)
        ]
        if lost:
            reading.note("validation-lost", sheet.name, lost[0], found=sheet.name, count=len(lost))


def note_hidden(reading: WorkbookReading, located: LocatedSheet) -> None:
    """Note that a sheet, or rows, columns or cells of its table or its fields, cannot be seen."""

    def note(kind: str, place: tuple[int, int], found: str) -> None:
        what, how = Word(f"hidden-{kind}"), Word(f"unhide-{kind}")
        reading.note("hidden-cells", facts.name, place, found=found, expected=a1(*place), what=what, how=how)

    facts, cells = located.facts, {*located.cells.values(), *located.fields.values()}
    first = min(cells, default=(0, 0))
    if facts.state != "visible":
        note("deep" if facts.state == "veryHidden" else "sheet", first, facts.name)
    above, left = facts.beyond_reach
    rows = sorted({row for row in located.rows.values() if row < above or row in facts.hidden_rows})
    beyond = {column for column in located.columns.values() if column < left}
    columns = sorted(beyond | facts.hidden_among(located.columns.values()))
    if rows or columns:
        names = [str(row + 1) for row in rows] + [column_name(column) for column in columns]
        note("lines", (rows[0] if rows else first[0], columns[0] if columns else first[1]), "、".join(names))
    filled = {place: fact for place in cells if (fact := facts.cells.get(place))}
    styles = {
        style  # hardly any
        for style, fact in {fact.style: fact for fact in filled.values()}.items()
        if style in reading.facts.unseen or reading.format_of(fact).has_colours
    }
    unseen = [place for place, fact in filled.items() if fact.style in styles and _is_unseen(reading, fact)]
    if unseen:
        note("font", min(unseen), "、".join(ranges(map(a1, *zip(*unseen, strict=True)))))
    otherwise = _shown_otherwise(reading, located)
    if otherwise:
        note("condition", min(otherwise), "、".join(ranges(map(a1, *zip(*otherwise, strict=True)))))
    covered = sorted(_beneath_objects(facts, filled, cells)) if facts.objects else ()
    if covered:
        note("drawing", covered[0], "、".join(ranges(map(a1, *zip(*covered, strict=True)))))
    merged = sorted(_behind_merges(facts.merges, cells))
    if merged:
        note("merge", merged[0], "、".join(a1(*place) for place in merged))


def _is_unseen(reading: WorkbookReading, fact: Fact) -> bool:
    """Return whether a cell has a figure other than 0 in a font that nobody can read."""
    if is_empty(fact) or (value := number_of(fact)) == 0:
        return False
    colour = reading.format_of(fact).colour(value) if value is not None else None
    if colour is None:
        return fact.style in reading.facts.unseen
    grounds = reading.facts.grounds
    return fact.style < len(grounds) and are_alike(colour, grounds[fact.style])


def _shown_otherwise(reading: WorkbookReading, located: LocatedSheet) -> list[tuple[int, int]]:
    """Return the cells that show something else than they hold if the condition of a format is met."""
    formats = reading.facts.conditional
    areas = [
        (area, number_format(code), one.condition)
        for one in located.facts.conditional
        if (code := one.code or formats.get(one.number))
        for text in one.ranges
        if (area := parsed_range(text))
    ]
    found = []
    for name, place in (*located.cells.items(), *located.fields.items()) if areas else ():
        row, column = place
        own = [
            (how, condition)
            for (top, left, last, right), how, condition in areas
            if top <= row <= last and left <= column <= right
        ]
        fact = located.facts.cells.get(place) if own else None
        value = number_of(fact) if fact else None
        if fact is None or is_empty(fact) or value == 0:
            continue
        seen_as = (
            how
            for how, condition in own
            if condition is None or (value is not None and condition.holds(value))
        )
        if any(_is_shown_otherwise(reading, name, fact, value, how) for how in seen_as):
            found.append(place)
    return found


def _is_shown_otherwise(
    reading: WorkbookReading, name: str, fact: Fact, value: Decimal | None, how: NumberFormat
) -> bool:
    """Return whether the cell with that *name* would show something else than it holds."""
    form = reading.layout.form
    kind, cell = form.kinds.get(form.counted.get(name, (name, ""))[0]), form.cells.get(name)
    if of_list := parts_of_cell(name):
        column = ".".join(of_list[:2])
        kind, cell = form.column_kinds[column], form.column_cell(column)
    if kind and not isinstance(kind, Number):
        return shown_as(reading, fact, kind, how).fault == DIFFERS
    if value is None or cell is None:
        return False
    shown = reading.show(how, value)
    return shown.is_date or shown_fault(shown.text, value, cell.unit) == DIFFERS


def _beneath_objects(
    facts: SheetFacts, filled: Mapping[tuple[int, int], Fact], cells: set[tuple[int, int]]
) -> set[tuple[int, int]]:
    """Return the cells over which an object with a text lies, and those over which another one lies and that are not blank."""
    shown = {place for place, fact in filled.items() if not is_empty(fact) and number_of(fact) != 0}
    with_text = [one.bounds for one in facts.objects if one.has_text]
    return _within(with_text, cells) | _within([one.bounds for one in facts.objects], shown)


def _behind_merges(merges: list[Bounds], cells: set[tuple[int, int]]) -> set[tuple[int, int]]:
    """Return the cells that a merged area covers. It shows only the content of its first cell."""
    first_row, _ = min(cells, default=(0, 0))
    first_column = min((column for _, column in cells), default=0)
    areas = [area for area in merges if area[2] >= first_row and area[3] >= first_column]
    return _within(areas, cells, but_first=True)


def _within(
    areas: Sequence[Bounds], cells: set[tuple[int, int]], *, but_first: bool = False
) -> set[tuple[int, int]]:
    """Return the cells that are in one of the *areas*, perhaps but not as its first cell."""
    rows: dict[int, list[int]] = {}  # by column, those that are in no area so far
    for row, column in sorted(cells) if areas else ():
        rows.setdefault(column, []).append(row)
    found = set()
    for top, left, bottom, right in areas:
        for column in (column for column in rows if left <= column <= right):
            first = top + (but_first and column == left)
            begin, end = bisect_left(rows[column], first), bisect_left(rows[column], bottom + 1)
            found |= {(row, column) for row in rows[column][begin:end]}
            del rows[column][begin:end]
    return found
