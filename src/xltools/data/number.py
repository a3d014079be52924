"""Exact decimals from cells and back, and the limits of what a spreadsheet can store."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_EVEN, Context, Decimal, InvalidOperation

from xltools.form.model import Cell

# Spreadsheets hold binary doubles and show 15 significant digits: 96171.6 is stored as 96171.600000000006.
_FIFTEEN = Context(prec=15, rounding=ROUND_HALF_EVEN, traps=[InvalidOperation])
NO_VALUE = "—"  # printed for a ratio or a mean whose bottom is 0
FIGURE_IN_VOID = "figure-in-void"  # the code of a figure where the form has no cell
TOO_FINE = "too-fine"  # the code of a number with more decimals than its cell allows
_SMALLEST = -324  # the decimal exponent of the smallest double
_TOLERANCE = Decimal("1e-13")  # relative; 100 times the error of adding 100 doubles
_WIDE = Context(prec=60)
# A double in a file; an exponent of more digits is beyond every double, and beyond what the decimal module computes.
_DOUBLE = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_LONGEST_EXPONENT = 9


def stored(text: str) -> Decimal | None:
    """Return the number that was typed, from the text of the double that a workbook stores.

    Returns ``None`` for infinity, NaN, text that is not a number, and numbers that no spreadsheet stores.
    """
    if text.isdecimal() and text.isascii() and len(text) <= _FIFTEEN.prec:
        return Decimal(int(text))
    plain = text.replace(".", "", 1)
    if plain.isdecimal() and plain.isascii() and len(plain) <= _FIFTEEN.prec:
        return normal(Decimal(text))
    if not _DOUBLE.fullmatch(text) or _exponent_length(text) > _LONGEST_EXPONENT:
        return None
    value = Decimal(text)
    if value.adjusted() >= _FIFTEEN.prec:
        return None  # with more than 15 digits before the point the typed number is lost
    if value and value.adjusted() < _SMALLEST:
        return None
    return normal(_FIFTEEN.plus(value))


def is_too_large(text: str) -> bool:
    """Return whether *text* is a number with more digits before the point than a workbook stores exactly."""
    if not _DOUBLE.fullmatch(text):
        return False
    if _exponent_length(text) > _LONGEST_EXPONENT:
        return "e-" not in text.lower()
    return Decimal(text).adjusted() >= _FIFTEEN.prec


def _exponent_length(text: str) -> int:
    return len(text.lower().partition("e")[2].lstrip("+-0"))


def kept(value: Decimal) -> str:
    """Return a figure as a workbook stores it, rounded to 15 digits, without trailing zeros: 7545, 0.5, 0."""
    text = f"{_FIFTEEN.plus(value):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def normal(value: Decimal) -> Decimal:
    """Return *value* without trailing zeros and without an exponent: 7545, 0.5, 0."""
    return Decimal(f"{value.normalize(_WIDE):f}") if value else Decimal(0)


def digits(value: Decimal | None) -> str:
    """Return *value* as documents print it: all its digits, without separators; an empty text for ``None``."""
    return "" if value is None else f"{normal(value):f}"


def is_whole(value: Decimal) -> bool:
    """Return whether *value* is a whole number."""
    return value == value.to_integral_value()


def misfit(value: Decimal, cell: Cell) -> str:
    """Return the finding code for a value that the cell must not hold, or an empty text if it may."""
    if value < 0 and not cell.signed:
        return "negative"
    if cell.number == "count":
        return "" if is_whole(value) else "not-whole"
    return TOO_FINE if cell.decimals is not None and not is_whole(value.scaleb(cell.decimals)) else ""


def close(one: Decimal, other: Decimal) -> bool:
    """Return whether two figures are equal apart from rounding errors of doubles; whole numbers must be the same."""
    if one == other:
        return True
    if is_whole(one) and is_whole(other):
        return False
    return abs(one - other) <= _TOLERANCE * max(Decimal(1), abs(one), abs(other))
