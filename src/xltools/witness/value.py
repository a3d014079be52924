"""What a cell holds: an exact number, nothing, or something that cannot be decided."""

from __future__ import annotations

import math
import re
import unicodedata
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple


class Unknown(NamedTuple):
    """A cell that is no plain number. ``reason`` is one of text, date, truth, formula, not-found, places, and for a whole file not-opened or changed."""

    reason: str


Value = Fraction | None | Unknown
NOTHING = Fraction(0)


def value_of(content: object) -> Value:
    """The value of a cell as openpyxl gives it; a formula is not evaluated here.

    Spreadsheets store binary doubles and show 15 significant digits, so those are what was typed.
    """
    if content is None or (isinstance(content, str) and not content.strip()):
        return None
    if isinstance(content, bool):
        return Unknown("truth")
    if isinstance(content, int):
        return Fraction(content)
    if isinstance(content, float) and math.isfinite(content):
        return Fraction(format(content, ".15g"))
    return Unknown("text" if isinstance(content, str | float) else "date")


def printed(text: str) -> Value:
    """The value of a cell of a document, in which every number is printed as text."""
    plain = unicodedata.normalize("NFKC", text).strip()
    if not plain:
        return None
    return Fraction(plain) if re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", plain) else Unknown("text")


def shown(value: Value) -> str:
    """The value as a person writes it."""
    if isinstance(value, Unknown):
        return value.reason
    if value is None:
        return ""
    if value.denominator == 1:
        return str(value.numerator)
    return f"{(Decimal(value.numerator) / Decimal(value.denominator)).normalize():f}"


def is_same(one: Fraction, other: Fraction) -> bool:
    """Whether two figures are equal in the 15 digits that a workbook can hold."""
    return one == other or format(float(one), ".15g") == format(float(other), ".15g")
