"""Compares what a cell shows with the number that it holds."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import NamedTuple

from xltools.data.typed_numbers import CURRENCY, typed
from xltools.white_space import compact

DIFFERS, ROUNDED = "shown-differs", "shown-rounded"
_SCIENTIFIC = r"[+-]?[0-9]+\.?[0-9]*E[+-]?[0-9]+"
_HALF = Decimal("0.5")


class _ShownMeaning(NamedTuple):
    """The number that people read in a cell, and the exponent of its last digit."""

    value: Decimal
    last: int


def shown_fault(shown: str, value: Decimal, unit: str) -> str:
    """Return the code of the finding for a cell of that *unit* that holds *value* and is *shown* so, or ""."""
    text = compact(shown)
    if not value and re.search("[0-9]", text) and not re.search("[1-9]", text):
        return ""  # 0% and 0万 are 0
    meant = _meaning(text, unit, is_negative=value < 0)
    if meant is None:
        return DIFFERS
    if meant.value == value:
        return ""
    return ROUNDED if abs(meant.value - value) <= _HALF.scaleb(meant.last) else DIFFERS


def _meaning(text: str, unit: str, *, is_negative: bool) -> _ShownMeaning | None:
    if re.fullmatch(_SCIENTIFIC, text):
        exponent = Decimal(text).as_tuple().exponent
        return _ShownMeaning(Decimal(text), exponent if isinstance(exponent, int) else 0)
    if "元" in unit:
        text = re.sub(CURRENCY, "", text)
    text = re.sub(r"\.(?![0-9])", "", text.removeprefix("+"))  # 0.## shows 5 as 5.
    meant = typed(text, unit, signed=is_negative)
    if meant.is_blank or not text:
        return _ShownMeaning(Decimal(0), 0)
    decimals = re.search(r"\.([0-9]+)", text)
    return None if meant.value is None else _ShownMeaning(meant.value, -len(decimals[1]) if decimals else 0)
