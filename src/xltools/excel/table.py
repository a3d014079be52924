"""A plain table in the first sheet of a workbook, as rows of text."""

from __future__ import annotations

from collections.abc import Iterator

from xltools.data.number import is_whole, stored
from xltools.errors import Problem, RosterError
from xltools.excel.scan import Fact, Facts, ScanError, scan


def first_sheet(data: bytes, origin: str) -> Iterator[tuple[int, list[str]]]:
    """Each row's number and cells; raises :class:`RosterError` when the file is no workbook."""
    try:
        facts = scan(data)
    except ScanError as error:
        raise RosterError(Problem("roster-unreadable", origin, {"reason": error.code})) from error
    if not facts.sheets:
        return
    cells = facts.sheets[0].cells
    width = 1 + max((column for _, column in cells), default=-1)
    for row in sorted({row for row, _ in cells}):
        yield row + 1, [_text(facts, cells.get((row, column))) for column in range(width)]


def _text(facts: Facts, fact: Fact | None) -> str:
    """What the cell shows. A number is shown with the zeros in front that its format asks for: a code 001 is a 1 in 000."""
    if fact is None or fact.text is None:
        return ""
    number = stored(fact.text) if fact.type == "n" else None
    if number is None:
        return fact.text
    digits = facts.digits[fact.style] if fact.style < len(facts.digits) else 0
    return str(number).zfill(digits) if is_whole(number) and number >= 0 else str(number)
