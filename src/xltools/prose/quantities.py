"""Numbers in running Chinese text: 25件, 3,119 件, ２５份, 二十五件, 2.3万件, 约100件.

Only a number followed by a counter (件, 份, 元 …) is a quantity. Dates, ordinals, document numbers and article numbers
have no counter and are skipped. A number with a word such as 约 (about) or 余 (over) beside it is rough.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

_DIGITS = dict(zip("零〇一二三四五六七八九", (0, *range(10)), strict=True)) | {"两": 2}
_PLACES = {"十": 10, "百": 100, "千": 1000, "万": 10_000, "亿": 100_000_000}
_COUNTERS = "件次(?!之)|件套|人次|条次|万元|亿元|件|份|宗|起|例|条|次|人|名|篇|个|项|场|期|元|%"
# Behind a Chinese numeral the other counters form words: 一次, 一个, 十分.
_COUNTED_IN_CHARACTERS = "件|份|宗|起|例|条|万元"
_NO_COUNT = r"(?!事(?!项)|实事)"  # 一件事, 十件实事 are names of campaigns
_ARABIC = r"(?:\d{1,3}(?:,\d{3})+|\d{1,15})(?:\.\d{1,10})?"
_QUANTITY = (
    rf"(?<!没有)(?<!无)(?<![\d.,第零〇一二两三四五六七八九十百千万])(?:(?P<arabic>{_ARABIC})(?P<times>[百千万亿](?!元))?"
    rf"(?P<more>[余多几来])?(?P<unit>{_COUNTERS})"
    rf"|(?P<characters>[零〇一二两三四五六七八九十百千万]{{1,12}}?)(?P<over>[余多几来])?"
    rf"(?P<counter>{_COUNTED_IN_CHARACTERS})){_NO_COUNT}"
)
_ROUGH_BEFORE = r"(?:约|近|逾|超|超过|不足|不到|至少|多达|[\d一二三四五六七八九十][至到~\-—])$"
_ROUGH_BEHIND = r"以上|以下|以内|左右|上下"
_OTHERS = re.compile(r"[^\n\u4e00-\u9fff0-9]")  # the characters that may have another form
_YEAR = r"(?<!\d)(\d{4}|[〇零一二三四五六七八九]{4})年"


class Quantity(NamedTuple):
    """A number with its counter, and its position in the text."""

    value: Decimal
    unit: str
    start: int
    end: int
    step: Decimal  # the value of one unit in the last written digit: 1000 in 2.3万
    is_rough: bool

    def agrees(self, figure: Decimal) -> bool:
        """Return whether the number can stand for *figure*: equal to it, or to it rounded to the digits written."""
        exact = self.step == 1 and not self.is_rough
        return self.value == figure if exact else abs(self.value - figure) < self.step


def folded(text: str) -> str:
    """Return *text* without spaces, with digits, letters, ``%``, ``.`` and ``~`` in half width; line breaks stay."""
    return _OTHERS.sub(_folded, text)


def _folded(found: re.Match[str]) -> str:
    character = found[0]
    if character.isspace() or character in "\u200b\ufeff":
        return ""
    plain = unicodedata.normalize("NFKC", character)
    return plain if (plain.isascii() and plain.isalnum()) or plain in "%.~" else character


def quantities(text: str) -> Iterator[Quantity]:
    """Yield the quantities in *text*, which must be folded, in order."""
    for match in re.finditer(_QUANTITY, text):
        times = _PLACES[match["times"]] if match["times"] else 1
        if plain := match["arabic"]:
            value = Decimal(plain.replace(",", "")) * times
            step = Decimal(times).scaleb(-len(plain.partition(".")[2]))
        elif (counted := from_characters(match["characters"])) is not None:
            value, step = Decimal(counted), Decimal(1)
        else:
            continue
        is_rough = (
            match["more"]
            or match["over"]
            or times > 1
            or re.search(_ROUGH_BEFORE, text[: match.start()])
            or re.match(_ROUGH_BEHIND, text[match.end() :])
        )
        unit = match["unit"] or match["counter"]
        yield Quantity(value, unit, match.start(), match.end(), step, bool(is_rough))


def from_characters(text: str) -> int | None:
    """Return the value of a Chinese numeral (二十五, 一百零三, 二〇二四), or ``None`` if *text* is not one."""
    if all(c in _DIGITS for c in text):
        return int("".join(str(_DIGITS[c]) for c in text)) if text else None
    total = group = digit = 0
    for c in text:
        if c in _DIGITS:
            if digit:
                return None
            digit = _DIGITS[c]
        elif (place := _PLACES[c]) < _PLACES["万"]:
            group += (digit or 1) * place
            digit = 0
        else:
            total, group, digit = total + (group + digit) * place, 0, 0
    return total + group + digit


def year_of(text: str) -> int | None:
    """Return the year written with four digits or Chinese characters."""
    return int(text) if text.isdecimal() else from_characters(text)


def years(text: str) -> Iterator[tuple[int, int, int]]:
    """Yield each year in *text* with its start and end, 年 included."""
    for match in re.finditer(_YEAR, text):
        if (year := year_of(match[1])) is not None:
            yield year, match.start(), match.end()
