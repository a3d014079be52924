"""Interprets number formats: the text that a spreadsheet program shows for a value.

A format has up to four sections, for positive and negative numbers, zero and text, or for the numbers that meet a
condition. A section has places for digits, signs that scale the number, and literal texts. Widths are not considered:
General is taken to show every digit, and a filling character is shown at most once.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Literal, NamedTuple

from xltools.excel.colours import COLOURS_IN_FORMATS, Colour

GENERAL = "General"
# The formats that files refer to by number only, as in the Chinese edition. Other numbers are shown as General.
BUILT_IN = {
    "1": "0",
    "2": "0.00",
    "3": "#,##0",
    "4": "#,##0.00",
    "9": "0%",
    "10": "0.00%",
    "11": "0.00E+00",
    "5": '"¥"#,##0;"¥"-#,##0',
    "6": '"¥"#,##0;[Red]"¥"-#,##0',
    "7": '"¥"#,##0.00;"¥"-#,##0.00',
    "8": '"¥"#,##0.00;[Red]"¥"-#,##0.00',
    "12": "# ?/?",
    "13": "# ??/??",
    "14": "yyyy-mm-dd",
    "15": "d-mmm-yy",
    "16": "d-mmm",
    "17": "mmm-yy",
    "18": "h:mm AM/PM",
    "19": "h:mm:ss AM/PM",
    "20": "h:mm",
    "21": "h:mm:ss",
    "22": "yyyy-mm-dd h:mm",
    **dict.fromkeys(("27", "36", "50", "52", "57"), 'yyyy"年"m"月"'),
    **dict.fromkeys(("28", "29", "51", "53", "54", "58"), 'm"月"d"日"'),
    "30": "m-d-yy",
    "31": 'yyyy"年"m"月"d"日"',
    "32": 'h"时"mm"分"',
    "33": 'h"时"mm"分"ss"秒"',
    **dict.fromkeys(("34", "55"), '上午/下午h"时"mm"分"'),
    **dict.fromkeys(("35", "56"), '上午/下午h"时"mm"分"ss"秒"'),
    "37": "#,##0;-#,##0",
    "38": "#,##0;[Red]-#,##0",
    "39": "#,##0.00;-#,##0.00",
    "40": "#,##0.00;[Red]-#,##0.00",
    "41": '_ * #,##0_ ;_ * -#,##0_ ;_ * "-"_ ;_ @_ ',
    "42": '_ "¥"* #,##0_ ;_ "¥"* -#,##0_ ;_ "¥"* "-"_ ;_ @_ ',
    "43": '_ * #,##0.00_ ;_ * -#,##0.00_ ;_ * "-"??_ ;_ @_ ',
    "44": '_ "¥"* #,##0.00_ ;_ "¥"* -#,##0.00_ ;_ "¥"* "-"??_ ;_ @_ ',
    "45": "mm:ss",
    "46": "[h]:mm:ss",
    "47": "mm:ss.0",
    "48": "##0.0E+0",
    "49": "@",
}
TOO_WIDE = "#####"  # what is shown for a number that is not a date

_Kind = Literal[
    "literal", "digit", "point", "comma", "percent", "exponent", "slash", "general", "text", "date"
]
_TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"?|[\\!](?P<escaped>.)|_(?P<skipped>.)|\*(?P<filling>.)|\[(?P<bracket>[^\[\]]*)\]'
    r"|(?P<general>general|g/通用格式)|(?P<exponent>e[+-](?=[0#?]))|(?P<text>@)"
    r"|(?P<date>am/pm|a/p|上午/下午|y+|m+|d+|h+|s+(?:\.0+)?|e+|aaaa?|g+|b+)"
    r"|(?P<digit>[0#?])|(?P<point>\.)|(?P<comma>,)|(?P<percent>%)|(?P<slash>/)|(?P<literal>.)",
    re.IGNORECASE | re.DOTALL,
)
_CONDITION = re.compile(r"(<=|>=|<>|=|<|>)\s*(-?[0-9]+(?:\.[0-9]*)?)")
_COMPARISONS: dict[str, Callable[[Decimal, Decimal], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "=": operator.eq,
    "<>": operator.ne,
}
_LONGEST = 255  # characters of a format, the limit of Excel
_WIDE = Context(
    prec=1500, rounding=ROUND_HALF_UP
)  # digits of the largest number, 255 times 100, with 255 decimals


class _Token(NamedTuple):
    kind: _Kind
    text: str


class ValueCondition(NamedTuple):
    """A condition on the value of a cell."""

    comparison: str
    limit: Decimal

    def holds(self, value: Decimal) -> bool:
        """Return whether *value* meets the condition."""
        return _COMPARISONS[self.comparison](value, self.limit)


class ShownValue(NamedTuple):
    """The text that a cell shows, and whether it is a date or a time."""

    text: str
    is_date: bool = False


@dataclass(frozen=True, slots=True)
class NumberFormat:
    """A number format. ``decimals`` is the most decimals of a number above zero that it is known to show just as it is.

    It is -1 for a format of which only :meth:`show` can tell.
    """

    sections: tuple[_FormatSection, ...]
    text_section: _FormatSection | None
    decimals: int

    def show(self, value: Decimal, *, epoch_1904: bool = False) -> ShownValue:
        """Return what a cell with the number *value* shows; dates count from 1904 if *epoch_1904* is true."""
        section, is_negative = self._section(value)
        if section is None:
            return ShownValue(TOO_WIDE)
        if section.is_date:
            return ShownValue(_shown_date(section.tokens, value, epoch_1904=epoch_1904), is_date=True)
        shown = section.show(abs(value))
        has_sign = is_negative and (re.search("[1-9]", shown) or not section.has_digits)
        return ShownValue(f"-{shown}" if has_sign else shown)

    def colour(self, value: Decimal) -> Colour | None:
        """Return the colour of the text for *value*; ``None`` if the format leaves it to the font."""
        section, _ = self._section(value)
        return section.colour if section else None

    @property
    def has_colours(self) -> bool:
        """Whether it colours the text for any value."""
        return any(section.colour is not None for section in self.sections)

    def show_text(self, text: str) -> str:
        """Return what a cell with a text shows."""
        if self.text_section is None:
            return text
        return "".join(text if kind == "text" else literal for kind, literal in self.text_section.tokens)

    def parts_of_day(self, value: Decimal) -> set[str]:
        """Return what a cell shows of a date: ``y``, ``m`` and ``d``. An ``m`` alone may be minutes."""
        section, _ = self._section(value)
        parts = [text.lower() for kind, text in section.tokens if kind == "date"] if section else []
        return {"y" if part[0] == "e" else part[0] for part in parts if part not in _WEEKDAYS} & set("ymd")

    def _section(self, value: Decimal) -> tuple[_FormatSection | None, bool]:
        """Return the section for *value*, and whether it is preceded by a minus sign."""
        is_negative = value < 0
        if not any(section.condition for section in self.sections):
            if len(self.sections) > 1 and is_negative:
                return self.sections[1], False
            return self.sections[2 if len(self.sections) > 2 and not value else 0], is_negative  # noqa: PLR2004
        for index, section in enumerate(self.sections):
            condition = section.condition or _DEFAULT_CONDITIONS.get((index, len(self.sections)))
            if condition is None or condition.holds(value):
                is_for_negative = condition is not None and condition.comparison in {"<", "<="}
                is_for_negative &= condition is not None and condition.limit <= 0
                return section, is_negative and not is_for_negative
        return None, False


# By the index of a section without a condition and the number of sections, where another section has one.
_DEFAULT_CONDITIONS = {
    (0, 2): ValueCondition(">=", Decimal(0)),
    (0, 3): ValueCondition(">", Decimal(0)),
    (1, 3): ValueCondition("<", Decimal(0)),
}


@lru_cache(maxsize=256)  # most files have the same few formats
def number_format(code: str) -> NumberFormat:
    """Interpret the text of a format."""
    sections = [
        _FormatSection(tuple(tokens), condition, colour)
        for tokens, condition, colour in _split(code[:_LONGEST])
    ]
    *numeric, last = sections
    is_for_text = len(sections) == 4 or any(kind == "text" for kind, _ in last.tokens)  # noqa: PLR2004
    sections = numeric if is_for_text and numeric else sections
    decimals = sections[0].decimals if len(sections) == 1 and not sections[0].condition else -1
    return NumberFormat(tuple(sections), last if is_for_text else None, decimals)


def _split(code: str) -> Iterator[tuple[list[_Token], ValueCondition | None, Colour | None]]:
    """Yield the tokens, the condition and the colour of each section."""
    tokens: list[_Token] = []
    condition: ValueCondition | None = None
    colour: Colour | None = None
    for match in _TOKEN.finditer(code):
        kind, text = match.lastgroup, match[match.lastgroup or 0]
        if kind == "literal" and text == ";":
            yield tokens, condition, colour
            tokens, condition, colour = [], None, None
        elif kind == "bracket":
            if found := _CONDITION.fullmatch(text.strip()):
                condition = ValueCondition(found[1], Decimal(found[2]))
            elif re.fullmatch("(?i)h+|m+|s+", text):
                tokens.append(_Token("date", f"[{text}]"))
            elif text.startswith("$"):  # a currency and a language
                tokens.append(_Token("literal", text[1:].partition("-")[0]))
            else:  # a colour, or a kind of digits
                colour = COLOURS_IN_FORMATS.get("".join(text.split()).casefold(), colour)
        elif kind == "skipped":
            tokens.append(_Token("literal", " "))
        elif kind in {"quoted", "escaped", "filling"}:
            tokens.append(_Token("literal", text))
        else:
            tokens.append(_Token(kind, text))  # type: ignore[arg-type]  # the groups have the names of the kinds
    yield tokens or ([] if ";" in code else [_Token("general", "")]), condition, colour


class _FormatSection:
    """One section: its tokens, those of the digits assigned to the parts of a number, and its condition."""

    def __init__(
        self, tokens: tuple[_Token, ...], condition: ValueCondition | None, colour: Colour | None
    ) -> None:
        self.condition, self.colour = condition, colour
        self.is_date = any(kind == "date" for kind, _ in tokens)
        kinds = [kind for kind, _ in tokens]
        digits = [index for index, kind in enumerate(kinds) if kind == "digit"]
        self.has_digits = bool(digits) or "general" in kinds or "text" in kinds
        point = kinds.index("point") if "point" in kinds else len(kinds)
        power = kinds.index("exponent") if "exponent" in kinds else len(kinds)
        self._whole = [index for index in digits if index < min(point, power)]
        self._fraction = [index for index in digits if point < index < power]
        self._exponent = [index for index in digits if index > power]
        self._slash = kinds.index("slash") if "slash" in kinds and digits else -1
        last = max(self._whole + self._fraction, default=-1)
        commas = [
            index for index, kind in enumerate(kinds) if kind == "comma" and digits and index > digits[0]
        ]
        inner = [index for index in commas if self._whole and index < self._whole[-1]]
        scaling = [index for index in commas if index not in inner and _is_behind_digits(kinds, index)]
        self._is_grouped = bool(inner)
        # What is left of a comma or a slash is literal.
        self.tokens = tuple(
            _Token("literal", "" if index in {*inner, *scaling} else token.text)
            if token.kind == "comma"
            else token
            for index, token in enumerate(tokens)
        )
        self._power_of_ten = 2 * kinds.count("percent") - 3 * len(scaling)
        others = "".join(
            text for kind, text in self.tokens if kind not in {"digit", "point", "general", "text"}
        )
        is_plain = not (others.strip() or self._power_of_ten or self.is_date) and self._is_contiguous(last)
        self.decimals = (_ALL if not digits else len(self._fraction)) if is_plain and self.has_digits else -1

    def _is_contiguous(self, last: int) -> bool:
        """Return whether nothing stands between the digits."""
        first = min(self._whole + self._fraction, default=0)
        return all(kind != "literal" or not text for kind, text in self.tokens[first : last + 1])

    def show(self, value: Decimal) -> str:
        """Return what is shown for *value*, which is not negative, without a sign."""
        value = value.scaleb(self._power_of_ten, _WIDE)
        if not (self._whole or self._fraction):
            plain = f"{value:f}"
            return "".join(plain if kind in {"general", "text"} else text for kind, text in self.tokens)
        if self._slash >= 0:
            return self._show_fraction(value)
        shown = {}
        if self._exponent:
            value, exponent = self._mantissa(value)
            shown = self._placed(self._exponent, str(abs(exponent)))
            sign = next(text for kind, text in self.tokens if kind == "exponent")[1]
            shown[self._exponent[0] - 1] = "E" + ("-" if exponent < 0 else "+" if sign == "+" else "")
        whole, _, decimals = f"{self._rounded(value):f}".partition(".")
        shown |= self._placed(self._whole, whole.lstrip("0"), is_grouped=self._is_grouped)
        shown |= self._decimals(decimals)
        return "".join(shown.get(index, text) for index, (_, text) in enumerate(self.tokens))

    def _mantissa(self, value: Decimal) -> tuple[Decimal, int]:
        """Return mantissa and exponent of *value*; the exponent is a multiple of the number of places for the mantissa."""
        places = len(self._whole) or 1
        exponent = value.adjusted() // places * places if value else 0
        mantissa = value.scaleb(-exponent, _WIDE)
        if self._rounded(mantissa) >= 10**places:
            exponent += places
            mantissa = value.scaleb(-exponent, _WIDE)
        return mantissa, exponent

    def _rounded(self, value: Decimal) -> Decimal:
        return value.quantize(Decimal(1).scaleb(-len(self._fraction)), context=_WIDE)

    def _placed(self, places: Sequence[int], digits: str, *, is_grouped: bool = False) -> dict[int, str]:
        """Return *digits* at their *places*, from the right; those left over are in front of the first digit."""
        shown = {}
        count = 0
        left = len(digits)
        for index in reversed(places):
            taken = [digits[left - 1]] if left > 0 else _FILLERS[self.tokens[index].text]
            left -= 1
            while index == places[0] and left > 0:
                taken = [*taken, digits[left - 1]]
                left -= 1
            text = ""
            for digit in taken:
                text = (
                    digit + ("," if is_grouped and count and count % 3 == 0 and digit != " " else "") + text
                )
                count += 1
            shown[index] = text
        return shown

    def _decimals(self, digits: str) -> dict[int, str]:
        """Return the decimals at their places; zeros at the end are shown only at places that ask for them."""
        shown = {}
        needed = len(digits.rstrip("0"))
        for number, (index, digit) in enumerate(zip(self._fraction, digits, strict=True)):
            is_filled = number < needed or any(
                self.tokens[later].text == "0" for later in self._fraction[number:]
            )
            shown[index] = digit if is_filled else "".join(_FILLERS[self.tokens[index].text])
        return shown

    def _show_fraction(self, value: Decimal) -> str:
        """Return *value* as a fraction: with a whole part if there are places for it in front of the numerator."""
        before = [index for index in self._whole if index < self._slash]
        behind = [index for index in self._whole if index > self._slash]
        fixed = re.match("[0-9]+", "".join(text for _, text in self.tokens[self._slash + 1 :]))
        gap = next((i for i in range(self._slash - 1, -1, -1) if self.tokens[i].kind == "literal"), -1)
        whole = int(value) if any(index < gap for index in before) else 0
        exact = Fraction(value) - whole
        if fixed and int(fixed[0]):
            below = int(fixed[0])
            above = int(exact * below + Fraction(1, 2))
        else:
            near = exact.limit_denominator(10 ** max(len(behind), 1) - 1)
            above, below = near.numerator, near.denominator
        if any(index < gap for index in before):
            whole, above = whole + above // below, above % below
            return (
                f"{whole} {above}/{below}" if above and whole else f"{above}/{below}" if above else str(whole)
            )
        return f"{above}/{below}"


_ALL = 1000  # decimals
_FILLERS = {"0": ["0"], "#": [], "?": [" "]}


def _is_behind_digits(kinds: Sequence[str], comma: int) -> bool:
    """Return whether the comma, or a row of commas, directly follows a place for a digit."""
    while kinds[comma] == "comma":
        comma -= 1
    return kinds[comma] == "digit"


_FIRST_DAY, _FIRST_DAY_1904 = datetime(1899, 12, 30), datetime(1904, 1, 1)  # noqa: DTZ001
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAYS = "一二三四五六日"
_WEEKDAYS = {"ddd", "dddd"}


@lru_cache(maxsize=1 << 12)  # the same days are in many cells
def _shown_date(tokens: Sequence[_Token], value: Decimal, *, epoch_1904: bool) -> str:
    try:
        day = (_FIRST_DAY_1904 if epoch_1904 else _FIRST_DAY) + timedelta(days=float(value))
    except OverflowError:
        return TOO_WIDE
    if value < 0:
        return TOO_WIDE
    seconds = day + timedelta(milliseconds=500)
    has_seconds = any(kind == "date" and text[0] in "sS" for kind, text in tokens)
    moment = seconds.replace(microsecond=0) if has_seconds else day
    dates = [index for index, (kind, _) in enumerate(tokens) if kind == "date"]
    is_half_day = any("/" in tokens[index].text for index in dates)
    shown = []
    for index, (kind, text) in enumerate(tokens):
        if kind != "date":
            shown.append(text)
            continue
        position = dates.index(index)
        before = tokens[dates[position - 1]].text.casefold() if position else ""
        after = tokens[dates[position + 1]].text.casefold() if position + 1 < len(dates) else ""
        is_minute = before.strip("[]")[:1] == "h" or after.strip("[]")[:1] == "s"
        shown.append(_date_part(text.casefold(), moment, value, is_minute=is_minute, is_half_day=is_half_day))
    return "".join(shown)


def _date_part(  # noqa: PLR0911  one line for each kind of part
    part: str, moment: datetime, value: Decimal, *, is_minute: bool, is_half_day: bool
) -> str:
    if part.startswith("["):
        units = {"h": 24, "m": 24 * 60, "s": 24 * 60 * 60}[part[1]]
        return str(int(value * units)).zfill(len(part) - 2)
    if "/" in part:
        first, second = part.split("/") if part == "上午/下午" else part.upper().split("/")
        return first if moment.hour < 12 else second  # noqa: PLR2004
    letter, length = part[0], len(part)
    if letter in "ye":
        return f"{moment:%y}" if length <= 2 and letter == "y" else f"{moment.year}"  # noqa: PLR2004
    if letter == "h":
        hour = (moment.hour - 1) % 12 + 1 if is_half_day else moment.hour
        return str(hour).zfill(min(length, 2))
    if letter == "s":
        whole, point, decimals = part.partition(".")
        return str(moment.second).zfill(min(len(whole), 2)) + point + decimals
    if letter == "a":
        return ("星期" if length > 3 else "周") + _DAYS[moment.weekday()]  # noqa: PLR2004
    if letter == "d" and length > 2:  # noqa: PLR2004
        return f"{moment:%A}" if length > 3 else f"{moment:%a}"  # noqa: PLR2004
    if letter == "m" and length > 2 and not is_minute:  # noqa: PLR2004
        return _MONTHS[moment.month - 1]
    numbers = {"m": moment.minute if is_minute else moment.month, "d": moment.day}
    return str(numbers[letter]).zfill(min(length, 2)) if letter in numbers else ""
