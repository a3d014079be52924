"""Checks the protection of sheets and structure, data validations, and hidden rows and columns.

All figures are checked anyway, so lost protection is only a note, and hidden cells are a warning.
"""

from __future__ import annotations

from xltools.excel.reader.locate import LocatedSheet
from xltools.excel.reader.reading import WorkbookReading, typed_names
from xltools.form.address import a1, column_name, parsed_range
from xltools.form.places import Sheet

# Programs that keep the protection of the structure when they save a workbook.
_KEEPERS = ("Microsoft Excel", "WPS")


def note_lost_guards(reading: WorkbookReading, located: list[LocatedSheet]) -> None:
    """Note lost protection, unless the workbook was not issued or its format is old."""
    if reading.by_labels or reading.facts.old_format:
        return
    open_sheets = [place.facts.name for place in located if not place.facts.is_protected]
    if open_sheets:
        reading.note("unprotected", "", None, found="、".join(open_sheets))
    if not reading.facts.structure_locked and reading.facts.application.startswith(_KEEPERS):
        reading.note("structure-unlocked", "", None)
    sheets = {sheet.name: sheet for sheet in reading.layout.sheets}
    for place in located:
        sheet = sheets.get(place.facts.name)
        if sheet is not None and sheet.cells:
            _note_table_guards(reading, sheet, place)


def _note_table_guards(reading: WorkbookReading, sheet: Sheet, located: LocatedSheet) -> None:
    inputs = [located.cells[name] for name in typed_names(reading.layout.form, sheet)]
    if not reading.is_rollup:
        ranges = [found for text in located.facts.validations if (found := parsed_range(text))]
        lost = [place for place in inputs if not any(_covers(area, place) for area in ranges)]
        if lost:
            reading.note("validation-lost", sheet.name, lost[0], found=sheet.name, count=len(lost))
    rows = sorted(located.facts.hidden_rows.intersection(located.rows.values()))
    runs = located.facts.hidden_columns
    columns = sorted({c for first, last in runs for c in located.columns.values() if first <= c <= last})
    if rows or columns:
        hidden = [str(row + 1) for row in rows] + [column_name(column) for column in columns]
        place = (rows[0] if rows else inputs[0][0], columns[0] if columns else inputs[0][1])
        reading.note("hidden-cells", sheet.name, place, found="、".join(hidden), expected=a1(*place))


def _covers(area: tuple[int, int, int, int], place: tuple[int, int]) -> bool:
    return area[0] <= place[0] <= area[2] and area[1] <= place[1] <= area[3]
