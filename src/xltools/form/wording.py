"""Texts with figures in braces: ``新收申请{applications.new.total}件``. They are parsed once and filled in with the figures of a year.

A brace holds a sum of cells or of the short names of ``[[prose.meaning]]``, with ``last.`` in front of a name for the
year before (``{new - last.new}``); ``{change: new}`` and ``{rate: new}`` compare a sum with last year's; or it holds one
word: one of :data:`WORDS`, or the key of a list of ``[publication]``. ``{{`` and ``}}`` stand for braces themselves.
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

from xltools.errors import InvalidValueError
from xltools.form.linear import Linear, LinearSyntaxError

WORDS = ("year", "last_year", "next_year", "agency", "district")
LAST = "last."  # in front of a name: the figure of the year before
MANNERS = ("change", "rate")
# A Chinese keyboard gives braces of full width.
_OPEN, _CLOSE = "{｛", "}｝"
_TOKEN = rf"([{_OPEN}])\1|([{_CLOSE}])\2|[{_OPEN}]([^{_OPEN}{_CLOSE}]*)[{_CLOSE}]|([{_OPEN}{_CLOSE}])"
_MANNER = rf"({'|'.join(MANNERS)})\s*:"
_COMPARISON = r"([^=!<>]+)(!=|=|>)([^=!<>]+)"
_AROUND = 12  # characters quoted on each side of a fault


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
        return self.sum.names[0] if self.sum.terms == ((1, self.sum.names[0]),) and not self.manner else ""

    def __str__(self) -> str:
        return f"{{{self.manner}: {self.sum}}}" if self.manner else f"{{{self.sum}}}"


class Wording(NamedTuple):
    """A text as a sequence of literal texts and braces."""

    parts: tuple[str | Brace, ...]

    @classmethod
    def parse(cls, text: str) -> Wording:
        """Read *text*; raises :class:`WordingError` for a lone brace, or a pair that holds no sum of names."""
        parts: list[str | Brace] = []
        position = 0
        for token in re.finditer(_TOKEN, text):
            parts.append(text[position : token.start()])
            position = token.end()
            if token[4]:
                near = text[max(0, token.start() - _AROUND) : token.end() + _AROUND]
                raise WordingError("lone-brace", brace=token[4], near=near)
            parts.append(token[1] or token[2] or _brace(token[3]))
        parts.append(text[position:])
        return cls(tuple(part for part in parts if part))

    def __str__(self) -> str:
        return "".join(
            re.sub(rf"([{_OPEN}{_CLOSE}])", r"\1\1", part) if isinstance(part, str) else str(part)
            for part in self.parts
        )

    @property
    def braces(self) -> tuple[Brace, ...]:
        """The braces, in order."""
        return tuple(part for part in self.parts if isinstance(part, Brace))


def _brace(inside: str) -> Brace:
    plain = unicodedata.normalize("NFKC", inside).strip()
    manner = re.match(_MANNER, plain)
    try:
        return Brace(Linear.parse(plain[manner.end() :] if manner else plain), manner[1] if manner else "")
    except LinearSyntaxError as error:
        raise WordingError(error.code, **error.facts) from error


class Comparison(NamedTuple):
    """A comparison of two sums, such as ``new > 0``; a side may be 0."""

    left: Linear
    sign: str  # = or != or >
    right: Linear


class Condition(NamedTuple):
    """Comparisons that must all hold, such as ``new > 0, carried_in = 0``."""

    comparisons: tuple[Comparison, ...]

    @classmethod
    def parse(cls, text: str) -> Condition:
        """Read *text*; raises :class:`WordingError`."""
        comparisons = []
        for part in text.split(","):
            match = re.fullmatch(_COMPARISON, part)
            if match is None:
                raise WordingError("not-a-condition", text=part.strip())
            try:
                comparisons.append(Comparison(_side(match[1]), match[2], _side(match[3])))
            except LinearSyntaxError as error:
                raise WordingError("not-a-condition", text=part.strip()) from error
        return cls(tuple(comparisons))

    @property
    def names(self) -> tuple[str, ...]:
        """The names on both sides of every comparison."""
        return tuple(name for one in self.comparisons for name in (*one.left.names, *one.right.names))


def _side(text: str) -> Linear:
    return Linear(()) if text.strip() == "0" else Linear.parse(text)
