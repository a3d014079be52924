"""Reads the slip of a returned workbook: the explanations of the agency for findings."""

from __future__ import annotations

from collections.abc import Mapping

from xltools.excel.marking_signs import CELL_MARKER, slip_of
from xltools.excel.scan import Facts, SheetFacts
from xltools.white_space import is_blank


def take_slip(facts: Facts) -> Mapping[tuple[str, str], str]:
    """Remove the slip from *facts* and return its explanations by code and cell.

    A row is identified by its hidden keys, the code and the names of its cells separated by spaces, so the table may be
    sorted or filtered. The texts of rows with the same keys are joined by line feeds.
    """
    slip = slip_of(facts)
    if slip is None:
        return {}
    facts.sheets.remove(slip.sheet)
    return _explanations(slip.sheet, *slip.marker) if slip.marker else {}


def _explanations(sheet: SheetFacts, head: int, code: int) -> dict[tuple[str, str], str]:
    heads = {column: text for column in range(code + 1) if (text := _text(sheet, head, column))}
    answers = max((column for column in heads if column < code), default=None)
    if answers is None:
        return {}
    cell = next(
        (c for (row, c), fact in sheet.cells.items() if row == head and fact.text == CELL_MARKER), code + 1
    )
    found: dict[tuple[str, str], list[str]] = {}
    for row in sorted(row for row, column in sheet.cells if row > head and column == code):
        if answer := _text(sheet, row, answers):
            for name in _text(sheet, row, cell).split() or [""]:
                found.setdefault((_text(sheet, row, code), name), []).append(answer)
    return {key: "\n".join(dict.fromkeys(texts)) for key, texts in found.items()}


def _text(sheet: SheetFacts, row: int, column: int) -> str:
    fact = sheet.cells.get((row, column))
    return fact.text.strip() if fact and fact.text and not is_blank(fact.text) else ""
