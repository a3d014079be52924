"""Recognises figures in cells from which nothing is read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from itertools import pairwise

from xltools.data.typed_numbers import STRUCK_OUT, typed
from xltools.excel.reader.reading import number_of
from xltools.excel.scan import Fact

Figure = Decimal | str  # a number; or a formula without a result, or a text with a number that is not exact
_INEXACT = {
    "text-unit",
    "text-change",
    "text-remark",
    "text-vague",
    "text-two-numbers",
    "text-scientific",
    STRUCK_OUT,
    "number-too-large",
}
_IN_WORDS = re.compile(
    r"[约近超]?[零〇一二两三四五六七八九十百千万亿壹贰叁肆伍陆柒捌玖拾佰仟]{1,12}[余多]?\s*[件个项条份次宗起户人]?"
)
_LONGEST = 30  # characters of a text that may be a figure


def figure_in(fact: Fact | None, units: Iterable[str], *, is_result: bool = False) -> Figure | None:
    """Return the figure in a cell, in one of the *units*; ``None`` if there is none, or if a formula results in 0.

    A text that is the result of a formula is a figure only if it is a number and nothing else. In old formats, each
    content may be a result: *is_result*.
    """
    if fact is None:
        return None
    if fact.type == "n":
        if fact.text is None:
            return f"={fact.formula}" if fact.formula else None
        value = number_of(fact)
        return None if (fact.formula or is_result) and value == 0 else fact.text if value is None else value
    text = (fact.text or "").strip() if fact.type == "s" else ""
    if len(text) > _LONGEST or not re.search(r"\d", text):
        return text if fact.formula is None and _IN_WORDS.fullmatch(text) else None
    meant = [typed(text, unit, signed=True) for unit in units]
    value = next((one.value for one in meant if one.value is not None), None)
    if fact.formula is not None:
        return value or None
    return text if value is None and {one.fault for one in meant} <= _INEXACT else value


def is_count(numbers: Sequence[Decimal]) -> bool:
    """Return whether rows or columns are numbered so: 1, 2, 3, and perhaps from 1 again for the next table."""
    steps = pairwise([Decimal(0), *numbers])
    return 2 in numbers and all(number in {1, before + 1} for before, number in steps)  # noqa: PLR2004
