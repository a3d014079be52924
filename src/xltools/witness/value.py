"""The value of a cell: an exact number, nothing, or unknown."""

from __future__ import annotations

import math
import re
import unicodedata
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple


class Unknown(NamedTuple):
    """An unknown value.

    ``reason`` is text, date, truth, formula, merged, not-found or places (name and labels disagree), and for a whole
    file not-opened or changed.
    """

    reason: str


Value = Fraction | None | Unknown
NOTHING = Fraction(0)


def value_of(content: object) -> Value:
    """Return the value of a cell with this *content* from openpyxl, which is not a formula; or of what one gives.

    Spreadsheets store binary doubles and show 15 significant digits, so the value is rounded to these.
    """
    if content is None or (isinstance(content, str) and not content.strip()):
        return None
    if isinstance(content, bool):
        return Unknown("truth")
    if isinstance(content, int | Fraction):
        return Fraction(content)
    if isinstance(content, float) and math.isfinite(content):
        return Fraction(format(content, ".15g"))
    return Unknown("text" if isinstance(content, str | float) else "date")


def printed(text: str) -> Value:
    """Return the value of a cell of a document with this *text*."""
    plain = unicodedata.normalize("NFKC", text).strip()
    if plain in {"", "—"}:  # a ratio without a value is printed as a dash
        return None
    return Fraction(plain) if re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", plain) else Unknown("text")


def shown(value: Value) -> str:
    """Return the value as text: the digits, an empty text, or the reason why it is unknown."""
    if isinstance(value, Unknown):
        return value.reason
    if value is None:
        return ""
    if value.denominator == 1:
        return str(value.numerator)
    return f"{(Decimal(value.numerator) / Decimal(value.denominator)).normalize():f}"


def rounded(value: Fraction, places: int) -> Fraction:
    """Return *value* rounded half away from zero."""
    units = math.floor(abs(value) * 10**places + Fraction(1, 2))
    return Fraction(units if value >= 0 else -units, 10**places)


def is_rounded(found: Value, exact: Fraction | None, places: int) -> bool:
    """Return whether *found* is *exact* rounded; programs round ties differently."""
    if isinstance(found, Unknown) or found is None or exact is None:
        return found is exact
    return abs(found - exact) <= Fraction(1, 2 * 10**places) + Fraction(1, 10**9)


def is_same(one: Fraction, other: Fraction) -> bool:
    """Return whether two figures are equal in the 15 significant digits that a workbook stores."""
    return one == other or format(float(one), ".15g") == format(float(other), ".15g")
