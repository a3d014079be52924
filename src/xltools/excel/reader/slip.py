"""Reads the slip of a returned workbook: the explanations of the agency, and the files that the workbook was made from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from xltools.data.filing import Lineage
from xltools.excel.marking_signs import CELL_MARKER, LINEAGE_MARKER, NO_READING, slip_of
from xltools.excel.scan import Facts, SheetFacts
from xltools.text import clerk
from xltools.white_space import is_blank


class SlipReading(NamedTuple):
    """What a slip says. ``explanations`` are by code and cell; ``lineage`` is ``None`` if there is no slip."""

    explanations: Mapping[tuple[str, str], str]
    lineage: Lineage | None


def take_slip(facts: Facts) -> SlipReading:
    """Remove the slip from *facts* and return what it says.

    A row is identified by its hidden keys, the code and the names of its cells separated by spaces, so the table may be
    sorted or filtered. The explanations of rows with the same keys are joined by line feeds.
    """
    slip = slip_of(facts)
    if slip is None:
        return SlipReading({}, None)
    facts.sheets.remove(slip.sheet)
    return _reading(slip.sheet, *slip.marker) if slip.marker else SlipReading({}, Lineage())


def _reading(sheet: SheetFacts, head: int, code: int) -> SlipReading:
    heads = {column: fact.text or "" for (row, column), fact in sheet.cells.items() if row == head}
    answers = max((column for column in heads if column < code and not is_blank(heads[column])), default=None)
    cell = next((column for column, text in heads.items() if text == CELL_MARKER), code + 1)
    held = next((column for column, text in heads.items() if text == clerk()("slip.found")), None)
    made_from = next((text for text in heads.values() if text.startswith(LINEAGE_MARKER)), "").split()[1:]
    explanations: dict[tuple[str, str], list[str]] = {}
    listed: list[tuple[str, str]] = []
    for row in sorted(row for row, column in sheet.cells if row > head and column == code):
        names = _text(sheet, row, cell).split()
        if answers is not None and (answer := _text(sheet, row, answers)):
            for name in names or [""]:
                explanations.setdefault((_text(sheet, row, code), name), []).append(answer)
        if held is not None and len(names) == 1 and (text := _text(sheet, row, held)):
            listed.append((names[0], text))
    joined = {key: "\n".join(dict.fromkeys(texts)) for key, texts in explanations.items()}
    reading, *sources = made_from or [NO_READING]
    return SlipReading(
        joined, Lineage(tuple(sources), "" if reading == NO_READING else reading, tuple(listed))
    )


def _text(sheet: SheetFacts, row: int, column: int) -> str:
    text = sheet.text(row, column).strip()
    return "" if is_blank(text) else text
