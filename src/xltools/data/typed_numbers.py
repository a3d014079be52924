"""What a person typed where a figure belongs: a number under its disguises, or the reason why it is none.

Nothing is guessed. What can only mean one number is that number; what could mean two things, or says that it is
not exact, is refused with a code of its own. Source of the cases: returns that were really sent and published.
"""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal
from typing import NamedTuple

from xltools.data.number import normal, trimmed

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
}
# Patterns are compiled by the first text that stands where a figure belongs: most returns have none.
_DIGITS = r"[0-9]+(?:\.[0-9]+)?"
_GROUPED = r"[0-9]{1,3}(?:[, '][0-9]{3})+(?:\.[0-9]+)?"
_PLAIN = rf"[+-]?\s*(?:{_DIGITS}|\.[0-9]+)"
_SCIENTIFIC = rf"[+-]?{_DIGITS}[eE][+-]?[0-9]+"
_BRACKETED = r"\((.+)\)"
_DATE = r"[0-9]{4}\s*(?:年|[-/.]\s*[0-9]{1,2}\s*[-/.]|[-/]\s*[0-9]{1,2}$).*|[0-9]{1,2}\s*月.*"
_CHANGE = rf"(?:[+增减升降]|增加|减少|上升|下降|净增|净减)\s*{_DIGITS}.*"
_VAGUE = rf"(?:约|大约|近|将近|超|超过|逾|不足|不到|至少)\s*{_DIGITS}.*|{_DIGITS}\s*[余多来几]\D*|{_DIGITS}\D*(?:左右|上下|以上|以下)"
_REMARK = rf"{_DIGITS}\D*[(,;:、]\s*[^\d\s].*"
_OTHER_UNIT = r"[+-]?\s*[0-9][0-9,. ]*\s*[^\d\s(),.;:、+-]+"
_LONGEST = 200  # longer than any figure with any remark
_MOST_DIGITS = 15  # what a spreadsheet holds exactly


class Typed(NamedTuple):
    """The number a text means, or the code of the finding that says why it means none.

    ``is_blank`` tells that it stands for a cell left empty, such as 无 or a stroke.
    """

    value: Decimal | None = None
    fault: str = ""
    is_blank: bool = False


def typed(text: str, unit: str, *, signed: bool) -> Typed:
    """What *text* means in a cell of that *unit*; *signed* cells may hold less than zero."""
    if len(text) > _LONGEST:
        return Typed(fault="not-a-number")
    if not text.isascii() and any(map(_is_mark, text)):
        return Typed(fault="text-remark")
    plain = _folded(text)
    if plain.casefold() in _NOTHING:
        return Typed(fault="text-nothing", is_blank=True)
    core = _without_unit(plain, _folded(unit))
    if signed:
        core = core.removeprefix("+").strip()
    if (value := _number(core, signed=signed)) is not None:
        digits = len(value.as_tuple().digits)
        return Typed(value) if digits <= _MOST_DIGITS else Typed(fault="number-too-large")
    return Typed(fault=_fault(core, plain))


def _is_mark(letter: str) -> bool:
    """Whether it is a digit in a circle or a raised one: folded to a digit, 12① would be 121."""
    return (
        letter.isnumeric()
        and not letter.isdecimal()
        and any(map(str.isdecimal, unicodedata.normalize("NFKC", letter)))
    )


def _folded(text: str) -> str:
    """One width for every character, one minus, and no space at the ends or next to one another."""
    folded = unicodedata.normalize("NFKC", trimmed(text))
    return " ".join(folded.replace("\u2212", "-").replace("\u200b", "").split())


def _without_unit(text: str, unit: str) -> str:
    return text.removesuffix(unit).strip() if unit and text != unit else text


def _number(text: str, *, signed: bool) -> Decimal | None:
    if bracketed := re.fullmatch(_BRACKETED, text):
        inner = _number(bracketed[1].strip(), signed=False)
        return None if inner is None else -inner if signed else inner  # brackets are an accountant's minus
    if re.fullmatch(_GROUPED, text):
        return normal(Decimal(re.sub("[, ']", "", text)))
    if re.fullmatch(_PLAIN, text) and not text.startswith("+"):
        return normal(Decimal(text.replace(" ", "")))
    return None


def _fault(core: str, plain: str) -> str:
    """The first description that fits, from the most particular on."""
    if re.fullmatch(_SCIENTIFIC, core):
        return "number-too-large"
    for code, pattern in _FAULTS:
        if re.fullmatch(pattern, core) or re.fullmatch(pattern, plain):
            return code
    return "not-a-number"


_FAULTS = (
    ("text-date", _DATE),
    ("text-change", _CHANGE),
    ("text-vague", _VAGUE),
    ("text-remark", _REMARK),
    ("text-unit", _OTHER_UNIT),
)
