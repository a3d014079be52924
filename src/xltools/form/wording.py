"""Texts with figures in braces: ``新收申请{applications.new.total}件``. They are parsed once and filled in with the figures of a year.

A brace holds a sum of cells or of the short names of ``[[prose.meaning]]``, with ``last.`` in front of a name for the
year before (``{new - last.new}``); ``{change: new}`` and ``{rate: new}`` compare a sum with last year's; or it holds one
word: one of :data:`WORDS`, in forms for parts of a year also of :data:`PART_WORDS`, or the key of a list of ``[publication]``. ``{{`` and ``}}`` stand for braces themselves.

``{carried_out > 0：结转{carried_out}件}`` is a conditional text: it is in the report while its condition holds.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

from xltools.errors import InvalidValueError
from xltools.form.linear import Linear, LinearSyntaxError
from xltools.form.relation import Condition, ConditionError

WORDS = ("year", "last_year", "next_year", "agency", "district")
PART_WORDS = ("period", "last_period")  # words in forms for parts of a year
LAST, AGO = (
    "last.",
    "ago.",
)  # in front of a name: the figure of the period before, and of the same period a year ago
MANNERS = ("change", "rate")
# A Chinese keyboard gives braces of full width.
_OPEN, _CLOSE = "{｛", "}｝"
_FIGURE = rf"[{_OPEN}]([^{_OPEN}{_CLOSE}]*)[{_CLOSE}]"
# A sign of comparison in front of a colon makes the text of a pair of braces conditional.
_CONDITION = rf"[{_OPEN}]([^{_OPEN}{_CLOSE}:：]*[=＝>＞<＜≠≤≥][^{_OPEN}{_CLOSE}:：]*)[:：]\s*"
_TOKEN = rf"([{_OPEN}])\1|([{_CLOSE}])\2|{_CONDITION}|{_FIGURE}|([{_OPEN}{_CLOSE}])"
_MANNER = rf"({'|'.join(MANNERS)})\s*:"
_DOTS = 2  # in the name of a cell
_AROUND = 12  # characters quoted on each side of a fault


def time_of(name: str) -> str:
    """Return :data:`LAST` or :data:`AGO` if *name* is a figure of another period, else an empty text.

    A form of the first version may have a section or a line of such a name: there the mark precedes another name.
    """
    if name.startswith(LAST):
        return LAST
    return AGO if name.startswith(AGO) and name.count(".") != _DOTS else ""


def own_name(name: str) -> str:
    """Return *name* without the mark of another period."""
    return name[len(time_of(name)) :]


def has_braces(text: str) -> bool:
    """Return whether *text* has a brace."""
    return any(brace in text for brace in _OPEN + _CLOSE)


class WordingError(InvalidValueError):
    """The braces of a text, or a condition, cannot be parsed."""


class Brace(NamedTuple):
    """The content of a pair of braces: a sum, and how it is put into words."""

    sum: Linear
    manner: str = ""  # one of MANNERS, or none

    @property
    def word(self) -> str:
        """The name, if the sum is a single name, which may be a word or a list; otherwise ""."""
        return "" if self.manner else self.sum.single

    def __str__(self) -> str:
        return f"{{{self.manner}: {self.sum}}}" if self.manner else f"{{{self.sum}}}"


class Wording(NamedTuple):
    """A text as a sequence of literal texts, braces and conditional texts."""

    parts: tuple[str | Brace | Conditional, ...]

    @classmethod
    def parse(cls, text: str) -> Wording:
        """Read *text*.

        Raises :class:`WordingError` for a lone brace, a pair that holds no sum of names, or a condition within another.
        """
        parts: list[str | Brace | Conditional] = []
        outside, condition = parts, None  # what precedes the conditional text that is read, and its condition
        position = 0
        for token in re.finditer(_TOKEN, text):
            parts.append(text[position : token.start()])
            position = token.end()
            doubled_open, doubled_close, comparisons, inside, lone = token.groups()
            if comparisons is not None and condition is None:
                condition, outside, parts = _condition(comparisons), parts, []
            elif comparisons is not None:
                raise WordingError("nested-condition", text=comparisons.strip())
            elif lone and lone in _CLOSE and condition is not None:
                outside.append(Conditional(condition, cls(tuple(filter(None, parts)))))
                condition, parts = None, outside
            elif lone:
                raise _lone_brace(text, token.start(), token.end())
            else:
                parts.append(doubled_open or doubled_close or _brace(inside))
        if condition is not None:
            raise _lone_brace(text, len(text), len(text))
        parts.append(text[position:])
        return cls(tuple(filter(None, parts)))

    def __str__(self) -> str:
        return "".join(
            re.sub(rf"([{_OPEN}{_CLOSE}])", r"\1\1", part) if isinstance(part, str) else str(part)
            for part in self.parts
        )

    @property
    def braces(self) -> tuple[Brace, ...]:
        """The braces, in order, with those of conditional texts."""
        return tuple(self._braces())

    def _braces(self) -> Iterator[Brace]:
        for part in self.parts:
            if isinstance(part, Brace):
                yield part
            elif isinstance(part, Conditional):
                yield from part.text.braces

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """The conditions of conditional texts, in order."""
        return tuple(part.condition for part in self.parts if isinstance(part, Conditional))


class Conditional(NamedTuple):
    """A part of a text that is in the report while *condition* holds."""

    condition: Condition
    text: Wording

    def __str__(self) -> str:
        return f"{{{self.condition}：{self.text}}}"


def begins_with_condition(text: str) -> bool:
    """Return whether *text* begins with a conditional text."""
    return re.match(_CONDITION, text) is not None


def _lone_brace(text: str, start: int, end: int) -> WordingError:
    near = text[max(0, start - _AROUND) : end + _AROUND]
    return WordingError("lone-brace", brace=text[start:end] or "{", near=near)


def _plain(inside: str) -> str:
    """Return the content of braces with signs of half width, as a Chinese keyboard may not give them."""
    plain = unicodedata.normalize("NFKC", inside).replace("\u2260", "!=").replace("=\u0338", "!=")
    return plain.replace("≤", "<=").replace("≥", ">=").strip()


def _condition(comparisons: str) -> Condition:
    try:
        return Condition.parse(_plain(comparisons))
    except ConditionError as error:
        raise WordingError(error.code, **error.facts) from error


def _brace(inside: str) -> Brace:
    plain = _plain(inside)
    manner = re.match(_MANNER, plain)
    try:
        return Brace(Linear.parse(plain[manner.end() :] if manner else plain), manner[1] if manner else "")
    except LinearSyntaxError as error:
        raise WordingError(error.code, **error.facts) from error
