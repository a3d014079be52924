"""What a cell's content is as a number, exactly, or why it is none."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Context, Decimal, InvalidOperation
from functools import lru_cache

# Spreadsheets hold binary doubles and show 15 significant digits: 96171.6 is stored as 96171.600000000006.
_FIFTEEN = Context(prec=15, rounding=ROUND_HALF_EVEN, traps=[InvalidOperation])
_SMALLEST = -324  # the exponent of ten of the smallest double
_DUST = Decimal("1e-13")  # of the figure: a hundred times what adding a hundred doubles can lose
_WIDE = Context(prec=60)
_BLANK = " \t\r\n\u00a0\u3000\u200b\ufeff\u2002\u2003\u2009"


def stored(text: str) -> Decimal | None:
    """The decimal that was typed, from the double a workbook stores; ``None`` for NaN, infinity and nonsense."""
    return _met(text) if len(text) <= _SHORT else _stored(text)


_SHORT = 24  # characters of a double, written out


def _stored(text: str) -> Decimal | None:
    try:
        value = _FIFTEEN.create_decimal(text)
    except InvalidOperation:
        return None
    if not value.is_finite() or value.adjusted() >= _FIFTEEN.prec:
        return None  # beyond 15 digits before the point a spreadsheet no longer holds what was typed
    if value and value.adjusted() < _SMALLEST:
        return None  # no spreadsheet stored that: its doubles end before
    return normal(value)


@lru_cache(maxsize=4096)
def kept(value: Decimal) -> str:
    """What a workbook keeps of a figure, which is 15 digits, in one way of writing it: 7545, 0.5, 0."""
    text = f"{_FIFTEEN.plus(value):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


_met = lru_cache(maxsize=4096)(_stored)  # most figures are small, and stand in every file


def normal(value: Decimal) -> Decimal:
    """Without trailing zeros and without an exponent: 7545, 0.5, 0."""
    return Decimal(f"{value.normalize(_WIDE):f}") if value else Decimal(0)


def is_blank(text: str) -> bool:
    """Whether a text is nothing but spaces of any kind; the blank official form has ideographic ones."""
    return not trimmed(text)


def trimmed(text: str) -> str:
    """The text without the spaces, of any kind, around it."""
    return text.strip(_BLANK)


def is_whole(value: Decimal) -> bool:
    """Whether it is a whole number."""
    return value == value.to_integral_value()


def misfit(value: Decimal, *, signed: bool, whole: bool) -> str:
    """The code of the finding that says why a cell cannot hold *value*; nothing where it can."""
    if value < 0 and not signed:
        return "negative"
    return "not-whole" if whole and not is_whole(value) else ""


def close(one: Decimal, other: Decimal) -> bool:
    """Equal but for the dust of a spreadsheet's binary arithmetic; whole numbers have none and must be the same."""
    if one == other:
        return True
    if is_whole(one) and is_whole(other):
        return False
    return abs(one - other) <= _DUST * max(Decimal(1), abs(one), abs(other))
