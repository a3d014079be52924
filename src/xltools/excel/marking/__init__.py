"""Mark an agency's own workbook: wrong cells are coloured and commented, and a first sheet, the slip, lists them.

The parts of the file are edited in place, because a library that reads and rewrites a workbook loses what it does not
know: drawings, comments, extensions. A conditional format compares each cell with its value at marking time, so a
correction removes the colour.
"""

from __future__ import annotations

import contextlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from xltools.errors import MarkingError, Problem
from xltools.excel.marking.comments import CellPosition, add_comments, enclosed, remove_comments
from xltools.excel.marking.marks import CellMark, RightResult, Slip, SlipRow
from xltools.excel.marking.parts import EditableParts
from xltools.excel.marking.sheet import ColoredCells, color, credentials, deselect, remove_colors, skip_cells
from xltools.excel.marking.slip import slip_part
from xltools.excel.marking.styles import add_styles, remove_styles
from xltools.excel.marking.unchanged import all_right, content_place, same_sums, unchanged, watched
from xltools.excel.marking.workbook_part import (
    insert_sheet,
    read_workbook,
    remove_marker_name,
    remove_sheet,
    unused_sheet_name,
)
from xltools.excel.marking_signs import MARKER, RULE, slip_of, spans
from xltools.excel.scan import Facts, SheetFacts, scan
from xltools.form.address import a1
from xltools.form.places import SLIP
from xltools.office.guard import DAMAGE, Budget, Limits, ScanError

__all__ = ["CellMark", "RightResult", "Slip", "SlipRow", "marked", "unmarked"]

_SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"


def marked(package: bytes, marks: Sequence[CellMark], slip: Slip, limits: Limits | None = None) -> bytes:
    """Return the workbook with these marks and this slip in place of any earlier ones.

    Raises :class:`~xltools.errors.MarkingError` if the file cannot be read or edited, or if a marked cell does not
    exist.
    """
    limits = limits or Limits()
    package = unmarked(package, limits)
    with _marking_errors():
        facts, parts = scan(package, Budget(limits)), EditableParts(package, limits)
        _mark(parts, facts, _marks_by_sheet(marks, facts), slip)
        return parts.package()


def unmarked(package: bytes, limits: Limits | None = None) -> bytes:
    """Return the workbook without marks and slip, whichever program saved it since; without any, the same bytes.

    Styles that another program has saved with the workbook stay, unused. Raises as :func:`marked` does.
    """
    limits = limits or Limits()
    with _marking_errors():
        facts, parts = scan(package, Budget(limits)), EditableParts(package, limits)
        _unmark(parts, facts)
        return parts.package()


@contextlib.contextmanager
def _marking_errors() -> Iterator[None]:
    """Turn exceptions about the file into :class:`MarkingError`."""
    try:
        yield
    except (ScanError, *DAMAGE) as error:
        reason = str(error) if isinstance(error, ScanError) else f"{type(error).__name__}: {error}"
        raise MarkingError(Problem("cannot-mark", facts={"reason": reason})) from error


@dataclass(frozen=True, slots=True)
class _SheetMarks:
    """The marks of one sheet: cells to colour, and the text of the comment at each cell that gets one."""

    colored: list[ColoredCells] = field(default_factory=list)
    texts: dict[CellPosition, str] = field(default_factory=dict)


def _marks_by_sheet(marks: Sequence[CellMark], facts: Facts) -> dict[str, _SheetMarks]:
    """Group the marks by sheet; marks with the same first cell share its comment."""
    groups: dict[str, _SheetMarks] = defaultdict(_SheetMarks)
    for mark in marks:
        sheet, group = facts.sheet(mark.sheet), groups[mark.sheet]
        if sheet is None or not mark.addresses:
            raise _no_such_cell(mark.sheet, "、".join(mark.addresses))
        places = [_position(sheet, address) for address in mark.addresses]
        right = all_right(mark.right, sheet.name)
        first = [RULE, *([f"NOT({right})"] if right else []), *same_sums(mark.sums, facts, sheet.name)]
        formula = unchanged((watched(sheet, place) for place in places), first)
        group.colored.append(ColoredCells(tuple(dict.fromkeys(a1(*place) for place in places)), formula))
        before = group.texts.get(places[0])
        group.texts[places[0]] = mark.text if before is None else f"{before}\n{mark.text}"
    return groups


def _position(sheet: SheetFacts, address: str) -> CellPosition:
    try:
        return content_place(sheet, address)
    except ValueError as error:
        raise _no_such_cell(sheet.name, address) from error


def _no_such_cell(sheet: str, address: str) -> MarkingError:
    return MarkingError(Problem("no-such-cell", facts={"sheet": sheet, "address": address}))


def _mark(parts: EditableParts, facts: Facts, marks: Mapping[str, _SheetMarks], slip: Slip) -> None:
    book = read_workbook(parts)
    styles = add_styles(parts, book)
    for name, part in book.sheets.items():
        if own := marks.get(name):
            sheet = parts.open(part, skip_cells)
            color(sheet, own.colored, styles.conditional["mark"])
            texts = {place: enclosed(text) for place, text in own.texts.items()}
            add_comments(parts, book, part, sheet, texts)
            parts.put(part, sheet)
    for part in book.parts:
        if _contains(parts.read(part), "tabSelected"):
            sheet = parts.open(part, skip_cells)
            deselect(sheet)
            parts.put(part, sheet)
    name = unused_sheet_name(book, SLIP)
    page = slip_part(slip, name, facts, styles, book.space, credentials(parts, book.sheets.values()))
    part = parts.unused_name("xl/worksheets/sheet#.xml")
    parts.add(part, page.xml, _SHEET_TYPE)
    identity = parts.unused_identity(book.main, "xltoolsSlip", book.identities)
    parts.relate(book.main, book.base, "worksheet", part, identity)
    insert_sheet(parts, book, name, identity, page.names)


def _contains(content: bytes, word: str) -> bool:
    """Return whether a part in any of the encodings of XML contains *word*."""
    return any(word.encode(encoding) in content for encoding in ("utf-8", "utf-16-le", "utf-16-be"))


def _unmark(parts: EditableParts, facts: Facts) -> None:
    book = read_workbook(parts)
    slip = slip_of(facts)
    if slip:
        remove_sheet(parts, book, slip.sheet.name)
        remove_styles(parts, book)
    if MARKER in facts.names:  # it is left if somebody deleted the slip
        remove_marker_name(parts, book)
    for facts_of_sheet in facts.sheets:
        if slip and facts_of_sheet is slip.sheet:
            continue
        part = book.sheets[facts_of_sheet.name]
        if any(spans(comment.text) for comment in facts_of_sheet.comments.values()):
            remove_comments(parts, part)
        if _contains(parts.read(part), "xltools"):
            sheet = parts.open(part, skip_cells)
            remove_colors(sheet)
            parts.put(part, sheet)
