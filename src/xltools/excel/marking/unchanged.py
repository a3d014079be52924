"""Formulas that are true while cells have the same content as when the file was marked.

Excel, WPS and LibreOffice must give the same result. The formula therefore tests the type of the content first: a text
that looks like a number differs from the number, and a blank cell from 0. Numbers are compared with the precision of a
double. Programs with ISFORMULA (Excel from 2013 on) also test whether the cell has a formula, because a total that was
typed over is corrected by restoring its formula, which may give the same number.

The result that is stored with a formula is never compared: it may be missing or old, and a program that computes it again
would seem to change the cell. Instead the cells that the formula adds up are compared, by their sum.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from decimal import Decimal, InvalidOperation

from xltools.data.finding import Place
from xltools.excel.formula import area_a1, quoted, rectangles
from xltools.excel.marking.marks import RightResult
from xltools.excel.scan import Fact, Facts, SheetFacts
from xltools.form.address import column_name, parsed

_LONGEST = 7000  # characters of a formula; Excel takes 8,192
_MOST_SUMS = 20  # conditions on sums and results
_MOST_CELLS = 60  # three conditions each; Excel takes 255 in one AND
_LONGEST_TEXT = 100  # characters that are compared; Excel takes 255 in a formula
_EXACT = 15  # significant digits that every program reads exactly
_LAST_PLAIN = "\ud7ff"  # programs count characters after this one differently


def content_place(sheet: SheetFacts, address: str) -> tuple[int, int]:
    """Return row and column of the cell with the content of *address*: of merged cells, the first.

    Raises ``ValueError`` for an invalid address.
    """
    row, column = parsed(address)
    for top, left, bottom, right in sheet.merges:
        if top <= row <= bottom and left <= column <= right:
            return top, left
    return row, column


def watched(sheet: SheetFacts, place: tuple[int, int], prefix: str = "") -> tuple[str, Fact | None]:
    """Return the absolute reference to a cell, after *prefix*, and the fact about the cell."""
    return _absolute(place, prefix), sheet.cells.get(place)


def _absolute(place: tuple[int, int], prefix: str) -> str:
    return f"{prefix}${column_name(place[1])}${place[0] + 1}"


def unchanged(cells: Iterable[tuple[str, Fact | None]], first: Iterable[str] = ()) -> str:
    """Return the formula over references and facts, "" without cells; *first* are further conditions.

    If there are too many cells for a formula, the last ones are left out.
    """
    conditions: list[str] = list(first)
    count = 0
    for count, (reference, fact) in enumerate(cells, 1):
        more = _conditions(reference, fact)
        if count > _MOST_CELLS or sum(map(len, conditions)) + sum(map(len, more)) > _LONGEST:
            break
        conditions += more
    return f"AND({','.join(conditions)})" if count else ""


def same_sums(sums: Iterable[Sequence[Place]], facts: Facts, home: str = "") -> list[str]:
    """Return a condition for each of the *sums*: that its cells, which are on one sheet, still have the same sum.

    References to the sheet *home* have no name of a sheet. A sum with formulas among its cells has no condition.
    """
    found = []
    for places in sums:
        sheet = facts.sheet(places[0].sheet) if places else None
        if sheet is None:
            continue
        cells = [content_place(sheet, place.address) for place in places]
        known = [fact for cell in cells if (fact := sheet.cells.get(cell))]
        if any(fact.formula for fact in known):
            continue
        numbers = filter(None, (_decimal(fact.text) for fact in known if fact.type == "n"))
        prefix = "" if sheet.name == home else f"{quoted(sheet.name)}!"
        areas = ",".join(prefix + area_a1(area) for area in rectangles(cells))
        found += _number_conditions(f"SUM({areas})", f"{sum(numbers, Decimal()):f}")
    return found[:_MOST_SUMS]


def all_right(results: Sequence[RightResult], home: str = "") -> str:
    """Return the condition that all *results* are right, "" without any. If there are too many, the last are left out."""
    conditions: list[str] = []
    for place, result in results[:_MOST_SUMS]:
        prefix = "" if place.sheet == home else f"{quoted(place.sheet)}!"
        reference = _absolute(parsed(place.address), prefix)
        if isinstance(result, Decimal):
            conditions += [f"ISNUMBER({reference})", *_number_conditions(reference, f"{result:f}")]
        else:  # programs write formulas in different ways: then the text never is the same
            formula = '"' + f"={result.removeprefix('=')}".replace('"', '""') + '"'
            conditions.append(f"_xlfn.FORMULATEXT({reference})={formula}")
    return f"IFERROR(AND({','.join(conditions)}),FALSE)" if conditions else ""


def _conditions(reference: str, fact: Fact | None) -> list[str]:
    if fact is None:
        return [f"ISBLANK({reference})"]
    kind = (
        f"_xlfn.ISFORMULA({reference})"  # an error in older programs, to which every formula seems unchanged
    )
    if fact.formula:
        return [f"IFERROR({kind},TRUE)"]
    if fact.type == "e":  # LibreOffice reports a formula for an error or a boolean even if there is none
        return [f"ISERROR({reference})"]
    if fact.type == "b":  # LibreOffice has no type for booleans, so the type is not tested
        boolean = "TRUE" if fact.text in {"1", "true"} else "FALSE"
        return [f"NOT(ISBLANK({reference}))", f"{reference}={boolean}"]
    if fact.type == "s":
        content = [f"ISTEXT({reference})", *_text_conditions(reference, fact.text or "")]
    else:
        content = [f"ISNUMBER({reference})", *_number_conditions(reference, fact.text or "")]
    return [*content, f"NOT(IFERROR({kind},FALSE))"]


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
    number = _decimal(text)
    if number is None:
        return []
    value = float(number)
    if number == number.to_integral_value() and abs(number) < Decimal(10) ** _EXACT:
        return [f"{reference}={int(number)}"]
    tolerance = max(5e-7, abs(value) * 1e-12)
    return [f"ABS({reference}-{_literal(value)})<{_literal(tolerance)}"]


def _decimal(text: str | None) -> Decimal | None:
    """Return the finite number in *text*, or ``None``."""
    try:
        number = Decimal(text or "")
    except InvalidOperation:
        return None
    return number if math.isfinite(float(number)) else None


def _literal(value: float) -> str:
    """Return a number for a formula with 15 significant digits; a negative one is in brackets."""
    text = f"{value:.{_EXACT}G}"
    return f"({text})" if value < 0 else text
