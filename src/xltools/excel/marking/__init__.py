"""Marking a filler's own workbook: what is wrong is coloured, commented and listed, and everything else stays as it is.

The parts of the file are edited in place, since a library that reads a workbook and writes it again loses what it does
not know: drawings, comments of the clerk, extensions of the program that made it. The colour is a conditional format
that holds as long as the cells hold what they held, so it goes when a cell is corrected.
"""

from __future__ import annotations

import contextlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from xltools.errors import MarkingError, Problem
from xltools.excel.marking.book import Book, forget_names, insert_sheet, read_book, remove_sheet, slip_name
from xltools.excel.marking.comments import Address, Sheet, comment, sign, uncomment
from xltools.excel.marking.marks import Mark, Row, Slip
from xltools.excel.marking.parts import Parts
from xltools.excel.marking.sheet import Colored, but_cells, color, credentials, deselect, uncolor
from xltools.excel.marking.slip import slip_page
from xltools.excel.marking.styles import has_styles, highest_style, with_looks, without_looks
from xltools.excel.marking.unchanged import content_place, unchanged, watched
from xltools.excel.marking_signs import MARKER, RULE, slip_of, spans
from xltools.excel.scan import Facts, SheetFacts, scan
from xltools.form.address import a1
from xltools.form.places import SLIP
from xltools.office.guard import DAMAGE, Limits, ScanError

__all__ = ["Mark", "Row", "Slip", "marked", "unmarked"]

_SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"


def marked(package: bytes, marks: Sequence[Mark], slip: Slip, limits: Limits | None = None) -> bytes:
    """The workbook with these marks and this slip, and without those it may have had.

    Raises :class:`~xltools.errors.MarkingError` for a file that the scanner does not read, or whose parts cannot be
    edited, and for a mark at a cell that there is not.
    """
    limits = limits or Limits()
    with _refusals():
        facts, parts = scan(package, limits), Parts(package, limits)
        _unmark(parts, facts)
        if parts.is_changed:
            package = parts.package()
            facts, parts = scan(package, limits), Parts(package, limits)
        _mark(parts, facts, _grouped(marks, facts), slip)
        return parts.package()


def unmarked(package: bytes, limits: Limits | None = None) -> bytes:
    """The workbook without slip and marks, whoever has saved it since; the same bytes when there are none.

    Looks that another program has taken over into the workbook stay there, unused. Raises as :func:`marked` does.
    """
    limits = limits or Limits()
    with _refusals():
        facts, parts = scan(package, limits), Parts(package, limits)
        _unmark(parts, facts)
        return parts.package()


@contextlib.contextmanager
def _refusals() -> Iterator[None]:
    """Whatever is wrong with a file ends in one exception."""
    try:
        yield
    except ScanError as error:
        raise MarkingError(Problem("cannot-mark", facts={"reason": str(error)})) from error
    except DAMAGE as error:
        raise MarkingError(
            Problem("cannot-mark", facts={"reason": f"{type(error).__name__}: {error}"})
        ) from error


@dataclass(frozen=True, slots=True)
class _Group:
    """The marks of one sheet: what is coloured, and the text at each cell that gets a comment."""

    colored: list[Colored]
    texts: dict[Address, str]


def _mark(parts: Parts, facts: Facts, groups: Mapping[str, _Group], slip: Slip) -> None:
    book = read_book(parts)
    highest = 0 if has_styles(parts, book.main) else highest_style(parts, book.parts)
    styles = with_looks(parts, book.main, book.base, book.space, highest)
    for name, part in book.sheets.items():
        _mark_sheet(parts, Sheet(part, book.space, book.base), groups.get(name), styles.conditional["mark"])
    for part in book.parts:
        if _mentions(parts.read(part), "tabSelected"):
            markup = parts.open(part, but_cells)
            deselect(markup)
            parts.put(part, markup)
    name = slip_name(book, SLIP)
    page = slip_page(slip, name, facts, styles, book.space, credentials(parts, book.sheets.values()))
    part = parts.new("xl/worksheets/sheet#.xml")
    parts.add(part, page.xml, _SHEET_TYPE)
    identity = parts.free_identity(book.main, "xltoolsSlip")
    parts.relate(book.main, book.base, "worksheet", part, identity)
    insert_sheet(parts, book, name, identity, page.names)


def _grouped(marks: Sequence[Mark], facts: Facts) -> dict[str, _Group]:
    """The marks by sheet; those that have their first cell in common share a comment."""
    groups: dict[str, _Group] = defaultdict(lambda: _Group([], {}))
    for mark in marks:
        sheet, group = facts.sheet(mark.sheet), groups[mark.sheet]
        if sheet is None or not mark.addresses:
            raise MarkingError(_no_cell(mark.sheet, "、".join(mark.addresses)))
        places = [_place(sheet, address) for address in mark.addresses]
        formula = unchanged((watched(sheet, place) for place in places), RULE)
        group.colored.append(Colored(tuple(dict.fromkeys(a1(*place) for place in places)), formula))
        before = group.texts.get(places[0])
        group.texts[places[0]] = mark.text if before is None else f"{before}\n{mark.text}"
    return groups


def _place(sheet: SheetFacts, address: str) -> Address:
    try:
        return content_place(sheet, address)
    except ValueError as error:
        raise MarkingError(_no_cell(sheet.name, address)) from error


def _no_cell(sheet: str, address: str) -> Problem:
    return Problem("no-such-cell", facts={"sheet": sheet, "address": address})


def _mark_sheet(parts: Parts, sheet: Sheet, group: _Group | None, look: int) -> None:
    if group is None:
        return
    markup = parts.open(sheet.part, but_cells)
    color(markup, group.colored, look)
    comment(parts, sheet, markup, {place: sign(text) for place, text in group.texts.items()})
    parts.put(sheet.part, markup)


def _mentions(content: bytes, word: str) -> bool:
    return any(word.encode(encoding) in content for encoding in ("utf-8", "utf-16-le", "utf-16-be"))


# -- taking off


def _unmark(parts: Parts, facts: Facts) -> None:
    book = read_book(parts)
    if own := slip_of(facts):
        remove_sheet(parts, book, own.sheet.name)
        without_looks(parts, book.main)
    if MARKER in facts.names:  # and it stays behind where somebody deletes the slip
        forget_names(parts, book)
    for sheet in facts.sheets:
        if own is None or sheet is not own.sheet:
            has_comments = any(spans(comment.text) for comment in sheet.comments.values())
            _unmark_sheet(parts, book, book.sheets[sheet.name], has_comments=has_comments)


def _unmark_sheet(parts: Parts, book: Book, part: str, *, has_comments: bool) -> None:
    if has_comments:
        uncomment(parts, Sheet(part, book.space, book.base))
    if _mentions(parts.read(part), "xltools"):
        markup = parts.open(part, but_cells)
        uncolor(markup)
        parts.put(part, markup)
