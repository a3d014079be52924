"""Texts with figures in braces: ``新收申请{applications.new.total}件``. Parsed once, filled in from any year's figures.

A brace holds a sum of cells or of the short names of ``[[prose.meaning]]``, with ``last.`` in front of a name for the
year before (``{new - last.new}``); ``{change: new}`` and ``{rate: new}`` set a sum against last year's; or it holds one
word: one of :data:`WORDS`, or the key of a list of ``[publication]``. ``{{`` and ``}}`` stand for braces themselves.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from xltools.form.linear import Linear, LinearSyntaxError

if TYPE_CHECKING:
    from xltools.form.model import Form

WORDS = ("year", "last_year", "next_year", "agency", "district")
LAST = "last."  # in front of a name: the figure of the year before
MANNERS = ("change", "rate")
# Braces of full width are what a Chinese keyboard gives, and nobody prints them: they count as braces.
_OPEN, _CLOSE = "{｛", "}｝"
_TOKEN = rf"([{_OPEN}])\1|([{_CLOSE}])\2|[{_OPEN}]([^{_OPEN}{_CLOSE}]*)[{_CLOSE}]|([{_OPEN}{_CLOSE}])"
_MANNER = rf"({'|'.join(MANNERS)})\s*:"
_AROUND = 12  # characters of a text that tell where its fault is


def has_braces(text: str) -> bool:
    """Whether anything in it may be filled in."""
    return any(brace in text for brace in _OPEN + _CLOSE)


class WordingError(ValueError):
    """A text whose braces mean nothing: the key of the problem, and its facts."""

    def __init__(self, code: str, **facts: object) -> None:
        self.code, self.facts = code, facts
        super().__init__(f"{code} {facts}")


class Brace(NamedTuple):
    """What stands between braces: a sum, and in which manner it is told."""

    sum: Linear
    manner: str = ""  # one of MANNERS, or none

    @property
    def word(self) -> str:
        """The one name in it, where there is nothing else: it may be that of a word or of a list."""
        return self.sum.names[0] if self.sum.terms == ((1, self.sum.names[0]),) and not self.manner else ""

    def __str__(self) -> str:
        return f"{{{self.manner}: {self.sum}}}" if self.manner else f"{{{self.sum}}}"


class Wording(NamedTuple):
    """A text in pieces: words as they stand, and braces."""

    parts: tuple[str | Brace, ...]

    @classmethod
    def parse(cls, text: str) -> Wording:
        """Read *text*; raises :class:`WordingError` for a brace without its other one, or that holds no sum of names."""
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
        return "".join(_escaped(part) if isinstance(part, str) else str(part) for part in self.parts)

    @property
    def braces(self) -> tuple[Brace, ...]:
        """Its braces, in order."""
        return tuple(part for part in self.parts if isinstance(part, Brace))


def _escaped(text: str) -> str:
    return "".join(sign * 2 if sign in _OPEN + _CLOSE else sign for sign in text)


def _brace(inside: str) -> Brace:
    plain = unicodedata.normalize("NFKC", inside).strip()
    manner = re.match(_MANNER, plain)
    try:
        return Brace(Linear.parse(plain[manner.end() :] if manner else plain), manner[1] if manner else "")
    except LinearSyntaxError as error:
        raise WordingError("not-a-sum", text=error.text, rest=error.rest) from error


class Comparison(NamedTuple):
    """``new > 0``: two sums, of which one may be nothing but 0."""

    left: Linear
    sign: str  # = or != or >
    right: Linear


class Condition(NamedTuple):
    """Comparisons that must all hold: ``new > 0, carried_in = 0``."""

    comparisons: tuple[Comparison, ...]

    @classmethod
    def parse(cls, text: str) -> Condition:
        """Read *text*; raises :class:`WordingError`."""
        return cls(tuple(_comparison(part) for part in text.split(",")))

    @property
    def names(self) -> tuple[str, ...]:
        """Every name in it."""
        return tuple(name for one in self.comparisons for name in (*one.left.names, *one.right.names))


_COMPARISON = r"([^=!<>]+)(!=|=|>)([^=!<>]+)"


def _comparison(text: str) -> Comparison:
    match = re.fullmatch(_COMPARISON, text)
    if match is None:
        raise WordingError("not-a-condition", text=text.strip())
    try:
        left, right = _side(match[1]), _side(match[3])
    except LinearSyntaxError as error:
        raise WordingError("not-a-condition", text=text.strip()) from error
    return Comparison(left, match[2], right)


def _side(text: str) -> Linear:
    return Linear(()) if text.strip() == "0" else Linear.parse(text)


def spelled_out(linear: Linear, form: Form) -> Linear:
    """A sum of cells and of meanings as a sum of cells; raises :class:`KeyError` for a name that is neither."""
    return Linear(tuple(term for sign, name in linear.terms for term in _terms(sign, name, form)))


def _terms(sign: int, name: str, form: Form) -> Iterator[tuple[int, str]]:
    own = name.removeprefix(LAST)
    mark = name[: len(name) - len(own)]
    for inner, cell in form.figures[own].terms:
        yield sign * inner, mark + cell


def unknown_names(wording: Wording, form: Form) -> Iterator[str]:
    """The names in its braces that nothing has."""
    for brace in wording.braces:
        if brace.word not in WORDS and brace.word not in form.publication.by_key:
            yield from unknown_figures(brace.sum, form)


def unknown_figures(linear: Linear, form: Form) -> Iterator[str]:
    """The names in a sum that no figure has."""
    yield from (name for name in linear.names if name.removeprefix(LAST) not in form.figures)


def units_of(linear: Linear, form: Form) -> list[str]:
    """The units of the cells in a sum whose names are known; what has more than one adds up to nothing."""
    cells = {name for own in linear.names for name in form.figures[own.removeprefix(LAST)].names}
    return sorted({form.cells[name].unit for name in cells if name in form.cells})
