"""The formula that is true as long as cells hold what they held when the slip was written.

It has to come out alike in Excel, WPS and LibreOffice, so it asks for the kind of content first and compares then: a
text that looks like a number is not that number, and a blank is not 0. Numbers are compared up to what a double can
tell apart. Whether a formula stands there is asked as well, where a program knows how to (Excel from 2013 on), since
a total typed over is mended by its formula with the same result.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation

from xltools.excel.scan import Fact, SheetFacts
from xltools.form.address import column_name, parsed

_LONGEST = 7000  # characters of a formula; Excel takes 8,192
_MOST_CELLS = 60  # three conditions each; Excel takes 255 in one AND
_LONGEST_TEXT = 100  # of which the beginning is compared; Excel takes 255 in a formula
_EXACT = 15  # digits that every program reads as they are written
_LAST_PLAIN = "\ud7ff"  # beyond it programs count characters differently


def content_place(sheet: SheetFacts, address: str) -> tuple[int, int]:
    """The cell that holds what an address shows, which of merged cells is the first; raises ``ValueError``."""
    row, column = parsed(address)
    for area in sheet.merges:
        first, _, last = area.replace("$", "").partition(":")
        (top, left), (bottom, right) = parsed(first), parsed(last or first)
        if top <= row <= bottom and left <= column <= right:
            return top, left
    return row, column


def watched(sheet: SheetFacts, place: tuple[int, int], prefix: str = "") -> tuple[str, Fact | None]:
    """The fixed reference to a cell, with *prefix* for another sheet, and what stands there."""
    return f"{prefix}${column_name(place[1])}${place[0] + 1}", sheet.cells.get(place)


def unchanged(cells: Iterable[tuple[str, Fact | None]], first: str = "") -> str:
    """The formula over references and what stands there; *first* is a condition put before. "" without cells.

    Of very many cells only the first ones are watched.
    """
    conditions: list[str] = [first] if first else []
    count = 0
    for count, (reference, fact) in enumerate(cells, 1):
        more = _conditions(reference, fact)
        if count > _MOST_CELLS or sum(map(len, conditions)) + sum(map(len, more)) > _LONGEST:
            break
        conditions += more
    return f"AND({','.join(conditions)})" if count else ""


def holds(cells: Iterable[Fact | None]) -> bool:
    """Whether that formula is true at first: a formula that was never calculated changes as soon as it is."""
    return all(fact is None or fact.text is not None or fact.formula is None for fact in cells)


def _conditions(reference: str, fact: Fact | None) -> list[str]:
    if fact is None or fact.text is None:
        return [f"ISBLANK({reference})"]
    if fact.type == "e":  # LibreOffice takes an error or a truth value without a formula for one
        return [f"ISERROR({reference})"]
    if fact.type == "b":
        truth = (
            "TRUE" if fact.text in {"1", "true"} else "FALSE"
        )  # to LibreOffice a number, so it is not asked
        return [f"NOT(ISBLANK({reference}))", f"{reference}={truth}"]
    kind = f"_xlfn.ISFORMULA({reference})"  # unknown to older programs: then the result alone decides
    has_formula = f"IFERROR({kind},TRUE)" if fact.formula else f"NOT(IFERROR({kind},FALSE))"
    return [*_content(reference, fact.type, fact.text), has_formula]


def _content(reference: str, kind: str, text: str) -> list[str]:
    if kind == "s":
        return [f"ISTEXT({reference})", *_text(reference, text)]
    return [f"ISNUMBER({reference})", *_number(reference, text)]


def _text(reference: str, text: str) -> list[str]:
    """The text as far as a formula can hold it."""
    plain = _plain(text)
    literal = '"' + plain.replace('"', '""') + '"'
    if plain == text:
        return [f"EXACT({reference},{literal})"]
    return [f"EXACT(LEFT({reference},{len(plain)}),{literal})"] if plain else []


def _plain(text: str) -> str:
    """The beginning of a text up to a sign that programs write or count in different ways."""
    text = text[:_LONGEST_TEXT]
    stops = [i for i, c in enumerate(text) if not " " <= c <= _LAST_PLAIN or text.startswith("_x", i)]
    return text[: stops[0]] if stops else text


def _number(reference: str, text: str) -> list[str]:
    """The number as a program holds it; nothing where what is stored is none."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        return []
    value = float(number)
    if not math.isfinite(value):
        return []
    if number == number.to_integral_value() and abs(number) < Decimal(10) ** _EXACT:
        return [f"{reference}={int(number)}"]
    width = max(5e-7, abs(value) * 1e-12)
    return [f"ABS({reference}-{_literal(value)})<{_literal(width)}"]


def _literal(value: float) -> str:
    """A number as a formula holds it, to the digits that count; one below zero in brackets."""
    text = f"{value:.{_EXACT}G}"
    return f"({text})" if value < 0 else text
