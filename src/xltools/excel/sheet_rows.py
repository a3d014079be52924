"""Rows of text from the sheets of a workbook with plain tables, read with openpyxl.

Rosters and waivers are such tables. openpyxl gets a copy of the workbook that holds only XML parts, each of them
checked: the limits of the guard apply, and a document type is refused.
"""

from __future__ import annotations

import datetime as dt
import io
import re
import warnings
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl

from xltools.data.number import is_whole, stored
from xltools.errors import Problem, RosterError, Word
from xltools.files import read_bytes
from xltools.form.address import column_index
from xltools.office.guard import (
    Budget,
    Limits,
    ScanError,
    beyond,
    check_bytes,
    check_entries,
    check_kind,
    damaged,
    open_zip,
    unpacked,
)
from xltools.office.parsing import parse, unescaped

Rows = list[tuple[int, list[str]]]

_XML = (".xml", ".rels")
_STRICT = {  # the namespaces of "Strict Open XML", which openpyxl does not read, and those that it reads
    b"http://purl.oclc.org/ooxml/spreadsheetml/main": b"http://schemas.openxmlformats.org/spreadsheetml/2006/main",
    b"http://purl.oclc.org/ooxml/officeDocument/relationships": (
        b"http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    ),
}
_LONGEST_FORMAT = 255  # characters of a number format, as in Excel
_LAST_ROW = 1 << 20
_LARGEST = 10**30  # a larger number is not a code, and is shown as it is stored
_MOST_SHEETS = 50  # sheets that are looked at
_AREA = re.compile(r"([A-Z]{1,3})([0-9]{1,7}):[A-Z]{1,3}([0-9]{1,7})")
# A format such as 000, optionally with a locale and a space of some width.
_PADDED = re.compile(r"(?:\[\$-[^\]]*\])?(0{2,})(?:_.)?")


def sheets(path: Path) -> Iterator[Rows]:
    """Yield the rows of each worksheet, hidden ones last: the number and the cells of each row that has cells.

    Raises :class:`RosterError` when the file is not a workbook, is damaged or exceeds the limits, and
    :class:`InputError` when the system cannot read it.
    """
    limits = Limits()
    data = read_bytes(path, limits.file)
    try:
        copy, count = _checked_copy(data, limits)
        yield from _sheets(copy, limits, count)
    except Exception as error:  # openpyxl raises exceptions of many classes for a damaged workbook
        found = error if isinstance(error, ScanError) else damaged(error)
        kinds = {"damaged": found.kind, "encrypted": "encrypted"}
        why = Word(f"kind-{kinds[found.code]}") if found.code in kinds else found.code
        facts = {"reason": found.code, "why": why}
        raise RosterError(Problem("roster-unreadable", str(path), facts)) from error


def _checked_copy(data: bytes, limits: Limits) -> tuple[io.BytesIO, _ElementCounter]:
    """Return a zip of the XML parts of the workbook in *data*, and what was counted in them.

    Raises :class:`ScanError` if a part exceeds the limits.
    """
    check_bytes(data, limits)
    copy, budget, count = io.BytesIO(), Budget(limits), _ElementCounter(limits)
    with open_zip(data, limits) as package, zipfile.ZipFile(copy, "w") as checked:
        parts = check_entries(package, len(data), budget)
        check_kind(package, parts)
        for entry in parts.values():
            if entry.filename.endswith(_XML):
                count.part = entry.filename
                parse(budget.part(package, entry), count.start)
                checked.writestr(entry.filename, _transitional(unpacked(package, entry)))
    return copy, count


def _transitional(part: bytes) -> bytes:
    for strict, transitional in _STRICT.items():
        part = part.replace(strict, transitional)
    return part


@dataclass(slots=True)
class _ElementCounter:
    """Counts what takes openpyxl time and memory: sheets, rows, cells, and ranges of cells.

    ``merged`` are the merged ranges in each part.
    """

    limits: Limits
    part: str = ""
    merged: dict[str, list[str]] = field(default_factory=dict)
    sheets: int = 0
    cells: int = 0
    formulas: int = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Count one element; raises :class:`ScanError` for too many cells and for a number format that is too long.

        All sheets may be one part, and openpyxl searches each of them for its dimension, so the cells count as often as
        there are sheets.
        """
        self.sheets += tag == "sheet"
        self.formulas += tag == "f"
        if tag == "mergeCell":
            self.merged.setdefault(self.part, []).append(attributes.get("ref", ""))
        self.cells += (tag in {"row", "c", "mergeCell"}) + len(attributes.get("sqref", "").split())
        if self.cells * max(self.sheets, 1) > 2 * self.limits.cells:
            raise beyond("cells", self.limits)
        if len(attributes.get("formatCode", "")) > _LONGEST_FORMAT:
            raise damaged("a number format that is too long")


def _sheets(workbook: io.BytesIO, limits: Limits, count: _ElementCounter) -> Iterator[Rows]:
    """Yield the rows of each worksheet, hidden ones last.

    Read-only mode neither opens drawings nor fills merged ranges with cells. The dimension that the sheet declares
    is ignored, because not every program writes it correctly. A cell whose formula has no stored result shows the
    formula.
    """
    book = _opened(workbook, data_only=True)
    if not book.worksheets:
        raise ScanError("not-a-workbook")
    width = 0
    for sheet in sorted(book.worksheets, key=lambda one: one.sheet_state != "visible")[:_MOST_SHEETS]:
        formulas = _formulas(workbook, sheet.title) if count.formulas else {}
        found: Rows = []
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for number, row in _numbered_rows(sheet):
                width += len(row)
                if width > limits.cells:
                    raise beyond("cells", limits)
                if row:
                    texts = enumerate(map(_cell_text, row))
                    found.append((number, [text or formulas.get((number, at), "") for at, text in texts]))
        part = sheet._worksheet_path.removeprefix("/")  # noqa: SLF001  nothing public says which part it is
        _fill_down(found, count.merged.get(part, ()), limits)
        yield found


def _fill_down(rows: Rows, merged: Iterable[str], limits: Limits) -> None:
    """Write the text of each merged range into the cells of its first column: a kind is often one cell beside many rows."""
    by_number, filled = dict(rows), 0
    last = max(by_number, default=0)
    for area in merged:
        if not (match := _AREA.fullmatch(area)):
            continue
        at, first, end = column_index(match[1]), int(match[2]), min(int(match[3]), last)
        text = "".join(by_number.get(first, [])[at : at + 1])
        for number in range(first + 1, end + 1) if text else ():
            filled += 1
            if filled > limits.cells:
                raise beyond("cells", limits)
            if row := by_number.get(number):
                row += [""] * (at + 1 - len(row))
                row[at] = row[at] or text


def _opened(workbook: io.BytesIO, *, data_only: bool) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return openpyxl.load_workbook(workbook, read_only=True, data_only=data_only, keep_links=False)


def _numbered_rows(sheet: Any) -> Iterator[tuple[int, Any]]:
    sheet.reset_dimensions()
    return enumerate(sheet.iter_rows(max_row=_LAST_ROW), 1)


def _formulas(workbook: io.BytesIO, title: str) -> dict[tuple[int, int], str]:
    """Return the formulas of a sheet by row, counted from 1, and place in the row; none if they cannot be read."""
    try:
        sheet = _opened(workbook, data_only=False)[title]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return {
                (number, at): unescaped(str(cell.value))
                for number, row in _numbered_rows(sheet)
                for at, cell in enumerate(row)
                if cell.data_type == "f"
            }
    except Exception:  # noqa: BLE001  openpyxl translates formulas and fails on some whose results it reads
        return {}


def _cell_text(cell: Any) -> str:
    """Return what the cell shows; a date is written as in ISO 8601."""
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, int | float):
        return _number_text(value, cell.number_format)
    if isinstance(value, dt.datetime) and value.time() == dt.time():
        return str(value.date())
    return unescaped(str(value))


def _number_text(value: float, number_format: str) -> str:
    """Return the number with the leading zeros that its format shows: a code 001 is stored as 1 with the format 000."""
    number = stored(str(value))
    if number is None:
        exact = Decimal(str(value))
        return f"{exact:f}" if exact.is_finite() and abs(exact) < _LARGEST else str(value)
    zeros = _PADDED.fullmatch(number_format.partition(";")[0])
    is_padded = is_whole(number) and number >= 0
    plain = f"{number:f}"  # not 1.1E+17
    return plain.zfill(len(zeros[1])) if zeros and is_padded else plain
