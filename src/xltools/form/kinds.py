"""The kinds of values that a field, or a column of a list, may hold besides figures.

For each kind one type says which values it has, as what a cell is read, and what a cell shows. A value is kept as a text in
its *canonical* form: ``2024-03-01``, the key of an option, ``yes`` or ``no``. Nothing is guessed: what can mean two things
is a fault. A number is a figure and read as such, so this module only describes it.

Nothing here knows a file format: a reader hands over what a cell holds as :class:`Held`.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Literal, NamedTuple

from xltools.form.shapes import Shape, shape_of
from xltools.white_space import compact, joined, trimmed

KindName = Literal["text", "prose", "url", "choice", "choices", "yes", "date", "number"]
NOT_A_DATE, NOT_A_CHOICE, NOT_THE_PATTERN, TOO_LONG = (
    "not-a-date",
    "not-a-choice",
    "not-the-pattern",
    "too-long",
)
LONGEST_MATCHED = 200  # characters on which a pattern is tried; longer texts do not match
YES, NO = "yes", "no"
JOINT = ","  # between the keys of several options; no key contains it
_URL = r"(?i:https?)://[^\s/;；,，、]+(?:(?![;；,，、]https?://)\S)*"  # one address, not two
_FIRST_YEAR, _LAST_YEAR = 1900, 2199


class Held(NamedTuple):
    """What a cell holds: a text, and besides it the number, the date or the truth value if it is one.

    A number is a ``date`` only if the cell shows it as one.
    """

    text: str = ""
    number: Decimal | None = None
    date: dt.date | None = None
    truth: bool | None = None


class Meant(NamedTuple):
    """The value that a cell means, in its canonical form, or the code of the finding that it causes."""

    value: str = ""
    fault: str = ""


def key_of(code: str) -> str:
    """Return the key of an option or a line that has a *code* and no key: ``01`` has the key ``r01``."""
    return f"r{code}"


@dataclass(frozen=True, slots=True)
class Option:
    """One of the values that can be chosen. It has a key, a code, or both; ``01`` without a key has the key ``r01``."""

    label: str
    """What is printed and chosen."""
    key: str = ""
    """The name by which conditions, sums and records refer to it."""
    code: str = ""
    """What is printed before the label."""
    unit: str = ""
    """In a table with `rows_from`, the unit of its row."""
    under: str = ""
    """The key or the code of the option above it."""

    @property
    def name(self) -> str:
        """The key by which expressions, records and names refer to it."""
        return self.key or key_of(self.code)

    @property
    def shown(self) -> str:
        """The text in a cell: the label, after the code if it has one."""
        return f"{self.code} {self.label}" if self.code else self.label


class Text(NamedTuple):
    """A text of limited length, which may have to match a pattern as a whole. Prose and addresses of sites are texts."""

    longest: int
    pattern: str = ""
    name: KindName = "text"
    shapes: tuple[Shape, ...] = ()  # one of which it has

    def read(self, held: Held) -> Meant:
        """Return what a cell means; an empty value for a blank one."""
        text = trimmed(held.text)
        if len(text) > self.longest:
            return Meant(fault=TOO_LONG)
        if text and (self.pattern or self.shapes) and not self._matches(text):
            return Meant(fault=NOT_THE_PATTERN)
        return Meant(text)

    def _matches(self, text: str) -> bool:
        is_whole = len(text) <= LONGEST_MATCHED and (not self.pattern or re.fullmatch(self.pattern, text))
        return bool(is_whole and (not self.shapes or shape_of(self.shapes, text)))

    def code_of(self, value: str) -> str:
        """Return the code that a canonical value is."""
        return value

    def says(self, value: str, word: str) -> bool:
        """Return whether a canonical value has the shape of that name."""
        return bool(value) and shape_of(self.shapes, value) == word

    def shown(self, value: str) -> str:
        """Return the text that a cell shows for a canonical value."""
        return value


class Date(NamedTuple):
    """A day. It is written with its year first; with the month or the day first it would be ambiguous."""

    name: KindName = "date"

    def read(self, held: Held) -> Meant:
        """Return what a cell means; an empty value for a blank one."""
        if held.date is not None:
            return Meant(held.date.isoformat())
        if held.number is not None or held.truth is not None:
            return Meant(fault=NOT_A_DATE)
        text = joined(unicodedata.normalize("NFKC", held.text)).replace("元月", "1月")
        text = re.sub("[\u2010-\u2012\u2212]", "-", text)
        day = _day_of(text)
        return Meant(day.isoformat()) if day else Meant(fault=NOT_A_DATE if text else "")

    def shown(self, value: str) -> str:
        """Return the text that a cell shows for a canonical value."""
        return value

    @staticmethod
    def span(values: Iterable[str]) -> str:
        """Return the first and the last of several days, or of such spans: ``2024-03-01/2024-05-02``; one day if it is both."""
        days = sorted({day for value in values if value for day in value.split("/")})
        return "/".join(dict.fromkeys((days[0], days[-1]))) if days else ""


_NUMERALS = {n: str(digit) for digit, n in enumerate("〇一二三四五六七八九")} | dict.fromkeys("零○Oo0", "0")
_FORMAL = str.maketrans("壹贰叁肆伍陆柒捌玖拾", "一二三四五六七八九十")  # as on cheques
_NUMERAL = "[〇零○Oo0一二三四五六七八九]"
_SMALL = r"(?:[一二三]?十[一二三四五六七八九]?|[一二三四五六七八九])"
_DAY = (
    r"(?P<year>[0-9]{4}) ?(?:年 ?(?P<month>[0-9]{1,2}) ?月 ?(?P<day>[0-9]{1,2}) ?[日号]?"
    r"|(?P<sign>[-./—–、。]) ?(?P<month_>[0-9]{1,2}) ?(?P=sign) ?(?P<day_>[0-9]{1,2}))"
)
_WEEKDAYS = "一二三四五六日天"
_WEEKDAY = rf"(?: ?[(]?(?:星期|周)(?P<weekday>[{_WEEKDAYS}])[)]?)?"
_TIME = r"(?:[ T][0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?)?"
_IN_NUMERALS = rf"(?P<year>{_NUMERAL}{{4}}) ?年 ?(?P<month>{_SMALL}) ?月 ?(?P<day>{_SMALL}) ?[日号]"


def _day_of(text: str) -> dt.date | None:
    """Return the day that a text on one line means, or ``None``; the day of the week must be right."""
    weekday = ""
    if found := re.fullmatch(_DAY + _WEEKDAY + _TIME, text):
        parts = found["year"], found["month"] or found["month_"], found["day"] or found["day_"]
        year, month, day = map(int, parts)
        weekday = (found["weekday"] or "").replace("天", "日")
    elif found := re.fullmatch(r"([0-9]{4})([0-9]{2})([0-9]{2})", text):
        year, month, day = map(int, found.groups())
    elif found := re.fullmatch(_IN_NUMERALS, text.translate(_FORMAL)):
        year = int("".join(map(_NUMERALS.__getitem__, found["year"])))
        month, day = _small_number(found["month"]), _small_number(found["day"])
    else:
        return None
    try:
        meant = dt.date(year, month, day)
    except ValueError:
        return None
    is_right = weekday in {"", _WEEKDAYS[meant.weekday()]}
    return meant if is_right and _FIRST_YEAR <= year <= _LAST_YEAR else None


def _small_number(text: str) -> int:
    """Return the number below 40 that Chinese numerals mean: 十二, 二十, 三."""
    tens, ten, ones = text.rpartition("十")
    return (int(_NUMERALS.get(tens, "1")) * 10 if ten else 0) + int(_NUMERALS.get(ones, "0"))


_YES_WORDS = ("是", "是的", "对", "有", "√", "✓", "✔", "☑", "🗸", "y", "yes", "t", "true")
_NO_WORDS = ("否", "不是", "没有", "×", "✗", "✘", "✕", "n", "no", "f", "false")
_BETWEEN = ("", ".", "、", "-", ":", "_")  # a code and its label
_EMPTY_BOXES, _TICKED_BOXES = "□☐○◯", "☑√✓✔■●"
_BOX, _NO_BOX = f"[{_EMPTY_BOXES}{_TICKED_BOXES}]", f"[^{_EMPTY_BOXES}{_TICKED_BOXES}]+"


@dataclass(frozen=True)
class Choice:
    """One of several options, read by its label, its code or both, or as the only ticked one of a row of boxes.

    What its options are ``under`` are the options ``above``: its own, or those of another list. There, an option that is
    under none goes with every one.
    """

    options: tuple[Option, ...]
    name: KindName = "choice"
    above: tuple[Option, ...] = ()
    shapes: tuple[Shape, ...] = ()  # of their codes

    def read(self, held: Held) -> Meant:
        """Return what a cell means; an empty value for a blank one."""
        if held.truth is not None:
            return self._only(self._by_word.get(str(held.truth).casefold(), set()))
        if held.number is not None:
            return self._only({one.name for one in self.options if _is_number(one.code, held.number)})
        word = _folded(held.text)
        if not word:
            return Meant()
        if word not in self._by_word and (ticked := self._ticked(word)):
            return self._only(ticked)
        return self._only(self._by_word.get(word) or self._by_word.get(word.rstrip("。.;,"), set()))

    def shown(self, value: str) -> str:
        """Return the text that a cell shows for a canonical value."""
        return self.by_name[value].shown if value in self.by_name else value

    def code_of(self, value: str) -> str:
        """Return the code of the option that a canonical value is."""
        return self.by_name[value].code if value in self.by_name else ""

    def says(self, value: str, word: str) -> bool:
        """Return whether a canonical value has the option of that name, or an option whose code has the shape of that name."""
        if word in self.by_name:
            return word in value.split(JOINT)
        return bool(value) and shape_of(self.shapes, self.code_of(value)) == word

    def figures(self, value: str) -> dict[str, Decimal]:
        """Return 1 for the options that a canonical value has, 0 for the others; nothing for a blank value."""
        chosen = value.split(JOINT)
        return {name: Decimal(name in chosen) for name in self.by_name} if value else {}

    def goes_with(self, value: str, item: str) -> bool:
        """Return whether an option can be chosen under an *item* of those above."""
        under = self.by_name[value].under if value in self.by_name else ""
        return under == item if under else not self._is_tree

    def below(self, item: str) -> list[Option]:
        """Return the options that can be chosen under an *item* of those above."""
        return [one for one in self.options if self.goes_with(one.name, item)]

    @cached_property
    def _is_tree(self) -> bool:
        return [one.name for one in self.above] == [one.name for one in self.options]

    @cached_property
    def by_name(self) -> dict[str, Option]:
        """The options by the keys by which expressions refer to them."""
        return {one.name: one for one in self.options}

    @cached_property
    def _by_word(self) -> Mapping[str, set[str]]:
        """The names of the options that each text may mean."""
        found: dict[str, set[str]] = {}
        for one in self.options:
            both = [f"{one.code}{sign}{one.label}" for sign in _BETWEEN] + [f"{one.label}({one.code})"]
            for word in filter(None, (one.key, one.code, one.label, *(both if one.code else ()))):
                found.setdefault(_folded(word), set()).add(one.name)
        return found

    def _ticked(self, word: str) -> set[str]:
        """Return the options with a ticked box in a row of boxes, before or behind them; nothing if it is no such row."""
        plain = re.sub(r"[(\[]([√✓✔]?)[)\]]", lambda found: "☑" if found[1] else "□", word)
        before = re.findall(f"({_BOX})({_NO_BOX})", plain)
        behind = [(box, label) for label, box in re.findall(f"({_NO_BOX})({_BOX})", plain)]
        for boxes, whole in ((before, f"({_BOX}{_NO_BOX})+"), (behind, f"({_NO_BOX}{_BOX})+")):
            names = [self._by_word.get(label.strip(",、;"), set()) for _, label in boxes]
            if re.fullmatch(whole, plain) and all(names):
                ticked = (own for (box, _), own in zip(boxes, names, strict=True) if box in _TICKED_BOXES)
                return set().union(*ticked)
        return set()

    @staticmethod
    def _only(names: set[str]) -> Meant:
        return Meant(*names) if len(names) == 1 else Meant(fault=NOT_A_CHOICE)


class YesNo(Choice):
    """Yes or no, in all usual writings: 是, √, Y, TRUE; 否, ×, N, FALSE."""

    def __init__(self, yes: str, no: str) -> None:
        super().__init__((Option(yes, YES), Option(no, NO)), "yes")

    @cached_property
    def _by_word(self) -> Mapping[str, set[str]]:
        words = {
            _folded(word): {key} for key, known in ((YES, _YES_WORDS), (NO, _NO_WORDS)) for word in known
        }
        return words | {_folded(one.label): {one.name} for one in self.options}


class Choices(Choice):
    """Any number of several options. On a sheet each has a cell for a tick; as one text they are joined by ；."""

    def __init__(self, options: tuple[Option, ...]) -> None:
        super().__init__(options, "choices")

    def read(self, held: Held) -> Meant:
        """Return what one cell with several options means."""
        word = _folded(held.text)
        if word not in self._by_word and (ticked := self._ticked(word)):
            return self.joined(ticked)
        names: set[str] = set()
        for part in re.split("[;；\n]", held.text):  # a label may contain the other signs
            for one in [part] if _folded(part) in self._by_word else re.split("[,，、]", part):
                meant = super().read(Held(one))
                if meant.fault:
                    return meant
                names |= {meant.value} - {""}
        return self.joined(names)

    def joined(self, names: Iterable[str]) -> Meant:
        """Return the options of these *names* as one value."""
        chosen = set(names)
        return Meant(JOINT.join(name for name in self.by_name if name in chosen))

    def shown(self, value: str) -> str:
        """Return the options of a canonical value as one text."""
        return "；".join(super(Choices, self).shown(name) for name in value.split(JOINT) if name)

    @staticmethod
    def marked(held: Held) -> bool | None:
        """Return whether the cell of one option marks it; ``None`` if it can mean both or neither."""
        word = str(held.truth).casefold() if held.truth is not None else _folded(held.text)
        if not word or word in _EMPTY_BOXES or word in map(_folded, _NO_WORDS):
            return False
        return True if word in _TICKED_BOXES or word in map(_folded, _YES_WORDS) else None


class Number(NamedTuple):
    """A figure: whole or decimal, below 0 if it is ``signed``. It is read as the figures of tables are."""

    whole: bool
    unit: str
    signed: bool
    decimals: int | None = None  # at most so many
    name: KindName = "number"


ValueKind = Text | Date | Choice | Number
LONGEST: dict[str, int] = {"prose": 2000}  # characters of a value of these kinds; of all others 200
LONGEST_TEXT = 200


def text_kind(name: KindName, longest: int | None, pattern: str) -> Text:
    """Return the kind of a text, of prose or of the address of a site."""
    return Text(longest or LONGEST.get(name, LONGEST_TEXT), pattern or (_URL if name == "url" else ""), name)


def _folded(text: str) -> str:
    return compact(unicodedata.normalize("NFKC", text)).casefold()


def _is_number(code: str, number: Decimal) -> bool:
    """Return whether a program may have made *number* of a code: 1 of 01."""
    return code.isdecimal() and Decimal(code) == number
