"""Numbers in running Chinese text: 25件, 3,119 件, ２５份, 二十五件, 2.3万件, 约100件.

Only a number with a counter behind it is a quantity. Dates, ordinals, numbers of documents and articles have none and
are passed over. A number that says itself that it is not exact is rough.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

_DIGITS = dict(zip("零〇一二三四五六七八九", (0, *range(10)), strict=True)) | {"两": 2}
_PLACES = {"十": 10, "百": 100, "千": 1000, "万": 10_000, "亿": 100_000_000}
_COUNTERS = [
    "件次",
    "件套",
    "人次",
    "条次",
    "万元",
    "亿元",
    "件",
    "份",
    "宗",
    "起",
    "例",
    "条",
    "次",
    "人",
    "名",
    "篇",
    "个",
    "项",
    "场",
    "期",
    "元",
    "%",
]
_COUNTED_IN_CHARACTERS = [
    "件",
    "份",
    "宗",
    "起",
    "例",
    "条",
    "万元",
]  # 一次, 一个, 十分 are words more often than numbers
_NO_COUNT = r"(?!事(?!项)|实事)"  # 一件事, 十件实事 are campaigns
_ARABIC = r"(?:\d{1,3}(?:,\d{3})+|\d{1,15})(?:\.\d{1,10})?"
_QUANTITY = (
    rf"(?<![\d.,第零〇一二两三四五六七八九十百千万])(?:(?P<arabic>{_ARABIC})(?P<times>[百千万亿](?!元))?"
    rf"(?P<more>[余多几来])?(?P<unit>{'|'.join(_COUNTERS)})"
    rf"|(?P<characters>[零〇一二两三四五六七八九十百千万]{{1,12}}?)(?P<over>[余多几来])?"
    rf"(?P<counter>{'|'.join(_COUNTED_IN_CHARACTERS)})){_NO_COUNT}"
)
_ROUGH_BEFORE = r"(?:约|近|逾|超|超过|不足|不到|至少|多达|[\d一二三四五六七八九十][至到~\-—])$"
_LONGEST_ROUGH = 3  # characters, with a line end
_ROUGH_BEHIND = r"以上|以下|以内|左右|上下"
_YEAR = r"(?<!\d)(\d{4}|[〇零一二三四五六七八九]{4})年"


class Quantity(NamedTuple):
    """A number with its counter, and where it stands in its text."""

    value: Decimal
    unit: str
    start: int
    end: int
    step: Decimal  # what its last digit counts: 100 in 2.3万
    is_rough: bool

    def agrees(self, figure: Decimal) -> bool:
        """Whether it may stand for *figure*: the figure itself, or rounded to the digits that are written."""
        exact = self.step == 1 and not self.is_rough
        return self.value == figure if exact else abs(self.value - figure) < self.step


def folded(text: str) -> str:
    """One width for digits, letters and the signs that belong to numbers, and no spaces; line ends stay."""
    return _FOREIGN.sub(_fold, text)


# Whatever may change: anything but what most texts consist of, ASCII without spaces, Chinese characters and their signs.
_FOREIGN = re.compile("[^\n!-~\u4e00-\u9fff\u3001\u3002\u3008-\u3011\u201c\u201d\u2014！（），：；？]+")


def _fold(match: re.Match[str]) -> str:
    return match[0].translate(_FOLDS)


class _Folds(dict[int, str]):
    """What becomes of each character, worked out when it is first met."""

    def __missing__(self, code: int) -> str:
        folded = _folded(chr(code))
        if code <= _BASIC:
            self[code] = folded
        return folded


_BASIC = 0xFFFF  # beyond are a million more, which are not kept
_FOLDS = _Folds()


def _folded(character: str) -> str:
    if character != "\n" and (character.isspace() or character in "\u200b\ufeff"):
        return ""
    plain = unicodedata.normalize("NFKC", character)
    return (
        plain
        if plain != character and ((plain.isascii() and plain.isalnum()) or plain in "%.~")
        else character
    )


def quantities(text: str) -> Iterator[Quantity]:
    """The quantities in *text*, which is folded, in order."""
    rough_before, rough_behind = re.compile(_ROUGH_BEFORE), re.compile(_ROUGH_BEHIND)
    for match in _numbers(text):
        plain, characters = match["arabic"], match["characters"]
        unit = match["unit"] or match["counter"]
        times = _PLACES[match["times"]] if match["times"] else 1
        if plain:
            value = Decimal(plain.replace(",", "")) * times
            step = Decimal(times).scaleb(-len(plain.partition(".")[2]))
        else:
            counted = from_characters(characters)
            if counted is None:
                continue
            value, step = Decimal(counted), Decimal(1)
        rough = match["more"] or match["over"] or times > 1
        rough = (
            rough
            or rough_before.search(text[max(0, match.start() - _LONGEST_ROUGH) : match.start()])
            or rough_behind.match(text, match.end())
        )
        yield Quantity(value, unit, match.start(), match.end(), step, bool(rough))


def _numbers(text: str) -> Iterator[re.Match[str]]:
    """The matches of the whole pattern, which is tried only where digits or characters of a number begin."""
    behind, number = 0, re.compile(_QUANTITY)
    for run in _RUN.finditer(text):
        if run.start() >= behind and (match := number.match(text, run.start())):
            behind = match.end()
            yield match


_RUN = re.compile(r"[\d零〇一二两三四五六七八九十百千万]+")


def from_characters(text: str) -> int | None:
    """二十五 is 25, 一百零三 is 103, 二〇二四 is 2024; ``None`` where the characters make no number."""
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
    """The year that four digits or characters name."""
    return int(text) if text.isdecimal() else from_characters(text)


def years(text: str) -> Iterator[tuple[int, int, int]]:
    """Each year that *text* names, with where it stands, 年 included."""
    for match in re.finditer(_YEAR, text):
        if (year := year_of(match[1])) is not None:
            yield year, match.start(), match.end()
