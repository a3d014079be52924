"""Numbers typed as text in cells for figures.

Nothing is guessed. A text that can mean only one number is that number; an ambiguous or inexact text is refused with a
code for the reason. The cases are taken from real returns and published reports.
"""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal
from typing import NamedTuple

from xltools.data.number import is_too_large, normal
from xltools.white_space import STROKE, joined, visible, without_strokes

_NOTHING = {
    "无",
    "没有",
    "没有发生",
    "未发生",
    "空",
    "/",
    "\\",
    "-",
    "--",
    "—",
    "——",
    "–",
    "―",
    "n/a",
    "na",
    "nil",
    "none",
    "null",
    "暂无",
    "不涉及",
    "未涉及",
    "未开展",
    "无此项",
    "无此类情况",
}
_ZERO = {"零", "〇"}  # other numbers in words are not figures
_DIGITS = r"[0-9]+(?:\.[0-9]+)?"
_GROUPED = r"[0-9]{1,3}(?:[,'][0-9]{3})+(?:\.[0-9]+)?"
# A space that can only separate thousands: a thin one, or one in front of a group that begins with 0, as no figure does.
_THOUSANDS = r"(?<=\d)(?:[\u2009\u202f](?=\d)|[ \u00a0](?=[0０]\d\d(?!\d)))"
# What looks like a minus sign in front of a digit: a hyphen, a figure dash, an en dash, the sign itself.
_MINUS = re.compile(r"\u2212|(?<![^(])[\u2010-\u2013](?=\s*[0-9.])")
_PLAIN = rf"[+-]?\s*(?:{_DIGITS}|\.[0-9]+)"
_SCIENTIFIC = rf"[+-]?{_DIGITS}\s*(?:[eE]|[x×*]\s*10\s*\^)\s*[+-]?[0-9]+"
_BRACKETED = r"\((.+)\)"
_DATE = r"[0-9]{4}\s*(?:年|[-/.]\s*[0-9]{1,2}\s*[-/.]|[-/]\s*[0-9]{1,2}$).*|[0-9]{1,2}\s*月.*"
_CHANGE = rf"(?:[+增减升降]|增加|减少|上升|下降|净增|净减)\s*{_DIGITS}.*"
_VAGUE = (
    rf"(?:约|大约|近|将近|超|超过|逾|不足|不到|至少|[大小多少高低]于|[<>≤≥≈~])\s*{_DIGITS}.*|{_DIGITS}\s*[余多来几]\D*"
    rf"|{_DIGITS}\D*(?:左右|上下|以[上下内])"
)
_TWO = rf".*[0-9][^\d\s]{{0,2}}\s*[\s、;|]\s*[+-]?[0-9].*|{_DIGITS}\s*(?:[~/:+—–-]|至|到)\s*{_DIGITS}\D*"
_REMARK = rf"{_DIGITS}\D*[(,;:、]\s*[^\d\s].*|{_DIGITS}\s*(?:[(\[【〔].*|[^\w\s.,;:、+%‰°℃$¥€£-]+)"
_OTHER_UNIT = r"[+-]?\s*[0-9][0-9,.' ]*\s*[^\d\s(),.;:、+-]+|[$¥€£]\s*[0-9].*"
CURRENCY = "(?:人民币|RMB|CNY|CN¥|[¥￥])"  # in front of an amount
STRUCK_OUT = "struck-out"  # the code of a figure that is struck out
_LONGEST = 200  # characters; longer than any figure with a remark
_MOST_DIGITS = 15  # that a spreadsheet stores exactly


class TypedNumber(NamedTuple):
    """The number that a text means, or the code of the finding that it causes."""

    value: Decimal | None = None
    fault: str = ""
    is_blank: bool = False  # a text such as 无 or a dash, which counts as a blank cell


def typed(text: str, unit: str, *, signed: bool) -> TypedNumber:
    """Return the meaning of *text* in a cell of that *unit*; *signed* cells may hold numbers below zero."""
    if len(text) > _LONGEST or any(map(_is_reference_mark, text)):
        return TypedNumber(fault="not-a-number" if len(text) > _LONGEST else "text-remark")
    if STROKE in text:
        meant = typed(without_strokes(text), unit, signed=signed)
        return meant if meant.value == 0 or meant.is_blank else TypedNumber(fault=STRUCK_OUT)
    plain, unit = _normalized(text), _normalized(unit)
    plain = re.sub(
        r"^['‘’](?=[0-9])|(?<=[^.。])[.。]$", "", plain
    )  # the mark of a text, and the end of a sentence
    core = _without_unit(plain, unit)
    if plain.casefold() in _NOTHING or core in _NOTHING:
        return TypedNumber(fault="text-nothing", is_blank=True)
    if core in _ZERO:
        return TypedNumber(Decimal(0))
    if signed:
        core = re.sub(r"^\+\s*(?=[0-9.])", "", core)  # +(5) and +-5 say two things
    if (value := _number(core, signed=signed)) is not None:
        digits = len(value.as_tuple().digits)
        return TypedNumber(value) if digits <= _MOST_DIGITS else TypedNumber(fault="number-too-large")
    return TypedNumber(fault=_fault(core, plain))


def says_nothing(text: str) -> bool:
    """Return whether *text* is a dash or a word for nothing."""
    return typed(text, "", signed=False).is_blank


def _is_reference_mark(letter: str) -> bool:
    """Return whether *letter* is a circled or raised digit; as a plain digit it would turn 12① into 121."""
    is_special = letter.isnumeric() and not letter.isdecimal()
    return is_special and any(map(str.isdecimal, unicodedata.normalize("NFKC", letter)))


def _normalized(text: str) -> str:
    """Return *text* in half width, with one kind of minus sign and of separator, and with single spaces."""
    grouped = re.sub(_THOUSANDS, "'", visible(text))
    return _MINUS.sub("-", joined(unicodedata.normalize("NFKC", grouped)))


def _without_unit(text: str, unit: str) -> str:
    """Return *text* without the *unit* behind the number, which may be in brackets."""
    own = re.escape(unit)
    found = re.fullmatch(rf"(.+?)\s*(?:{own}|[(\[【〔]\s*{own}\s*[)\]】〕])", text) if unit else None
    if found is None:
        return text
    return re.sub(rf"^{CURRENCY}\s*(?=[0-9])", "", found[1]) if "元" in unit else found[1]


def _number(text: str, *, signed: bool) -> Decimal | None:
    if bracketed := re.fullmatch(_BRACKETED, text):
        inner = _number(bracketed[1].strip(), signed=False)
        # Accountants write -5 as (5), and (-5) is no more than that.
        return -abs(inner) if inner is not None and signed else inner
    if re.fullmatch(_GROUPED, text):
        return normal(Decimal(re.sub("[,']", "", text)))
    if re.fullmatch(_PLAIN, text) and not text.startswith("+"):
        return normal(Decimal(text.replace(" ", "")))
    return None


def _fault(core: str, plain: str) -> str:
    """Return the code of the first pattern that matches; the patterns go from special to general."""
    if re.fullmatch(_SCIENTIFIC, core):
        return "number-too-large" if is_too_large(core) else "text-scientific"
    for code, pattern in _FAULTS:
        if re.fullmatch(pattern, core) or re.fullmatch(pattern, plain):
            return code
    return "not-a-number"


_FAULTS = (
    ("text-date", _DATE),
    ("text-change", _CHANGE),
    ("text-vague", _VAGUE),
    ("text-remark", _REMARK),
    ("text-two-numbers", _TWO),
    ("text-unit", _OTHER_UNIT),
)
