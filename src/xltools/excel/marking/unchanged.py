"""Formulas that are true while cells have the same content as when the file was marked.

Excel, WPS and LibreOffice must give the same result. The formula therefore tests the type of the content first: a text
that looks like a number differs from the number, and a blank cell from 0. Numbers are compared with the precision of a
double. Programs with ISFORMULA (Excel from 2013 on) also test whether the cell has a formula, because a total that was
typed over is corrected by restoring its formula, which may give the same number.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation

from xltools.excel.scan import Fact, SheetFacts
from xltools.form.address import column_name, parsed

_LONGEST = 7000  # characters of a formula; Excel takes 8,192
_MOST_CELLS = 60  # three conditions each; Excel takes 255 in one AND
_LONGEST_TEXT = 100  # characters that are compared; Excel takes 255 in a formula
_EXACT = 15  # significant digits that every program reads exactly
_LAST_PLAIN = "\ud7ff"  # programs count characters after this one differently


def content_place(sheet: SheetFacts, address: str) -> tuple[int, int]:
    """Return row and column of the cell with the content of *address*: of merged cells, the first.

    Raises ``ValueError`` for an invalid address.
    """
    row, column = parsed(address)
    for area in sheet.merges:
        first, _, last = area.replace("$", "").partition(":")
        (top, left), (bottom, right) = parsed(first), parsed(last or first)
        if top <= row <= bottom and left <= column <= right:
            return top, left
    return row, column


def watched(sheet: SheetFacts, place: tuple[int, int], prefix: str = "") -> tuple[str, Fact | None]:
    """Return the absolute reference to a cell, after *prefix*, and the fact about the cell."""
    return f"{prefix}${column_name(place[1])}${place[0] + 1}", sheet.cells.get(place)


def unchanged(cells: Iterable[tuple[str, Fact | None]], first: str = "") -> str:
    """Return the formula over references and facts, "" without cells; *first* is a further condition.

    If there are too many cells for a formula, the last ones are left out.
    """
    conditions: list[str] = [first] if first else []
    count = 0
    for count, (reference, fact) in enumerate(cells, 1):
        more = _conditions(reference, fact)
        if count > _MOST_CELLS or sum(map(len, conditions)) + sum(map(len, more)) > _LONGEST:
            break
        conditions += more
    return f"AND({','.join(conditions)})" if count else ""


def is_true_initially(cells: Iterable[Fact | None]) -> bool:
    """Return whether the formula is true in the marked file. A cell formula without a stored result makes it false."""
    return all(fact is None or fact.text is not None or fact.formula is None for fact in cells)


def _conditions(reference: str, fact: Fact | None) -> list[str]:
    if fact is None or fact.text is None:
        return [f"ISBLANK({reference})"]
    if fact.type == "e":  # LibreOffice reports a formula for an error or a boolean even if there is none
        return [f"ISERROR({reference})"]
    if fact.type == "b":  # LibreOffice has no type for booleans, so the type is not tested
        boolean = "TRUE" if fact.text in {"1", "true"} else "FALSE"
        return [f"NOT(ISBLANK({reference}))", f"{reference}={boolean}"]
    kind = f"_xlfn.ISFORMULA({reference})"  # an error in older programs: then only the result is compared
    has_formula = f"IFERROR({kind},TRUE)" if fact.formula else f"NOT(IFERROR({kind},FALSE))"
    if fact.type == "s":
        content = [f"ISTEXT({reference})", *_text_conditions(reference, fact.text)]
    else:
        content = [f"ISNUMBER({reference})", *_number_conditions(reference, fact.text)]
    return [*content, has_formula]


def _text_conditions(reference: str, text: str) -> list[str]:
    """Return conditions for the text, or for the part of it before the first character that programs treat differently."""
    plain = text[:_LONGEST_TEXT]
    stops = [i for i, c in enumerate(plain) if not " " <= c <= _LAST_PLAIN or plain.startswith("_x", i)]
    plain = plain[: stops[0]] if stops else plain
    literal = '"' + plain.replace('"', '""') + '"'
    if plain == text:
        return [f"EXACT({reference},{literal})"]
    return [f"EXACT(LEFT({reference},{len(plain)}),{literal})"] if plain else []


def _number_conditions(reference: str, text: str) -> list[str]:
    """Return conditions for the number as a double; none if *text* is not a finite number."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        return []
    value = float(number)
    if not math.isfinite(value):
        return []
    if number == number.to_integral_value() and abs(number) < Decimal(10) ** _EXACT:
        return [f"{reference}={int(number)}"]
    tolerance = max(5e-7, abs(value) * 1e-12)
    return [f"ABS({reference}-{_literal(value)})<{_literal(tolerance)}"]


def _literal(value: float) -> str:
    """Return a number for a formula with 15 significant digits; a negative one is in brackets."""
    text = f"{value:.{_EXACT}G}"
    return f"({text})" if value < 0 else text
