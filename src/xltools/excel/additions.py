"""What people added to a workbook that this program wrote: sheets, comments, pictures, cells."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Literal, NamedTuple

from xltools.excel.opening import facts_of
from xltools.excel.scan import Fact, SheetFacts
from xltools.form.address import a1
from xltools.office.guard import Budget, Limits, ScanError
from xltools.office.parts import read_parts

Position = tuple[int, int]


class Addition(NamedTuple):
    """Something that people added, and its place: the name of a sheet, or a sheet and an address."""

    kind: Literal["sheet", "comment", "picture", "cell"]
    place: str


def additions(
    there: bytes,
    ours: bytes,
    limits: Limits,
    own: Collection[tuple[str, str]],
    varying: Collection[str] = (),
) -> Iterator[Addition]:
    """Yield what the workbook *there* has in addition to *ours*, which was written from what was read in it.

    *own* are the sheets and addresses of the cells that are not compared. Rows may have been sorted, and formulas are
    not compared, because programs write them differently. In a *varying* sheet only cells that *ours* leaves blank are.
    Raises :class:`ScanError` if a workbook cannot be read, or if *there* lacks a sheet: another version wrote it, with its
    cells at other places, or somebody deleted the sheet.
    """
    written = {sheet.name: sheet for sheet in facts_of(ours, Budget(limits)).sheets}
    sheets = facts_of(there, Budget(limits)).sheets
    if missing := written.keys() - {sheet.name for sheet in sheets}:
        raise ScanError("missing-sheet", min(missing))
    for sheet in sheets:
        if sheet.name not in written:
            yield Addition("sheet", sheet.name)
            continue
        yield from (Addition("comment", f"{sheet.name}!{a1(*cell)}") for cell in sorted(sheet.comments))
        for position in _typed(sheet, written[sheet.name], is_varying=sheet.name in varying):
            if (sheet.name, a1(*position)) not in own:
                yield Addition("cell", f"{sheet.name}!{a1(*position)}")
    pictures = (name for name in read_parts(there, limits).each if name.startswith("xl/media/"))
    yield from (Addition("picture", name.rpartition("/")[2]) for name in pictures)


def _typed(there: SheetFacts, ours: SheetFacts, *, is_varying: bool) -> Iterator[Position]:
    """Yield the positions of the constants that *ours* does not have, row by row, if no row of *ours* is the same."""
    known = _rows(ours)
    rows = {tuple(sorted(row.items())) for row in known.values()}
    for number, row in sorted(_rows(there).items()):
        if tuple(sorted(row.items())) in rows:
            continue
        own = known.get(number, {})
        for column, text in sorted(row.items()):
            if text != own.get(column) and not (is_varying and (number, column) in ours.cells):
                yield number, column


def _rows(sheet: SheetFacts) -> Mapping[int, Mapping[int, str]]:
    rows: dict[int, dict[int, str]] = {}
    for (row, column), fact in sheet.cells.items():
        if fact.formula is None and (text := _constant(fact)):
            rows.setdefault(row, {})[column] = text
    return rows


def _constant(fact: Fact) -> str:
    """Return the text of a constant; a number as programs write it differently, in one way."""
    text = (fact.text or "").strip()
    if fact.type == "n" and text:
        try:
            return f"{Decimal(repr(float(text))).normalize():f}"
        except (ValueError, InvalidOperation):
            return text
    return text.replace("\r\n", "\n")
