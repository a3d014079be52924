"""What a form defines about its prose: which words refer to which cells, and which prose cells are required.

:mod:`xltools.prose.sentences` reads numbers and sentences; :mod:`xltools.prose.checks` compares them with the tables.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from xltools.form.linear import Linear

_BRACES = re.compile(r"\{(\w+)\}")
PERIODS = ("last", "this", "next")  # the years that words of claims may name in braces


def named_in(words: Iterable[str]) -> list[str]:
    """Return the names in braces in *words*."""
    return [name for word in words for name in _BRACES.findall(word)]


@dataclass(frozen=True, slots=True)
class Meaning:
    """A figure that words may refer to, under a short name: a cell, or a sum of cells."""

    key: str
    label: str
    is_: Linear = field(metadata={"key": "is"})  # over cell names


@dataclass(frozen=True, slots=True)
class Under:
    """What the words of a claim mean where one of other words, such as 复议, was named and none of its rivals."""

    words: tuple[str, ...]
    means: tuple[Linear, ...] = ()
    every: tuple[Linear, ...] = ()


@dataclass(frozen=True, slots=True)
class Claim:
    """Words that, followed by a number, make a statement about cells.

    ``means`` lists every legitimate reading, over the keys of meanings; a number is reported only when it equals none of
    them. ``{last}``, ``{this}`` and ``{next}`` in a word are the year reported on and those beside it; other names in
    braces are lists of ``terms``.
    """

    words: tuple[str, ...]
    means: tuple[Linear, ...]
    units: tuple[str, ...]
    about: tuple[str, ...] = ()  # one of these subjects must occur before; none needed if empty
    brief: tuple[str, ...] = ()  # subjects in short: 申请, but not the 许可申请 of another matter
    rivals: tuple[str, ...] = ()  # subjects of other claims; behind them the words mean something else
    boxes: tuple[str, ...] = ()  # prose cells in which no subject is needed
    unless: tuple[str, ...] = ()  # words in the clause that change the meaning
    whole: bool = False  # a statement about the whole, not compared for parts, such as requests by post
    behind: bool = False  # the words may follow the number: 8件予以公开
    denied: bool = False  # 未 or 无 with these words says that the figure is 0
    every: tuple[Linear, ...] = ()  # what 均 or 全部 with these words gives as 0, one for each reading
    under: tuple[Under, ...] = ()  # what is meant where another word narrows it


@dataclass(frozen=True, slots=True)
class Circle:
    """Words by which an agency whose name ends with one of ``names`` speaks of the whole that it reports on."""

    names: tuple[str, ...]
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Whole:
    """Ways in which a number is divided: each part is a list of its names. ``closed``: the parts are all there is."""

    parts: tuple[tuple[str, ...], ...]
    closed: bool = False


@dataclass(frozen=True, slots=True)
class Settled:
    """How prose says that everything was settled, and the meaning that must then be 0."""

    done: tuple[str, ...]
    leaves: str
    handled: str  # the meaning that was settled; a sentence that names its figure is about this figure only
    earlier: str = ""  # the meaning of what came from the year before; it alone is not everything
    all_: tuple[str, ...] = field(default=(), metadata={"key": "all"})  # beside 均 and 全部
    unless: tuple[str, ...] = ()


@dataclass(frozen=True)
class Prose:
    """The ``[prose]`` table of a form; without one hardly any of the prose is checked."""

    required: tuple[str, ...] = ()  # prose cells that may not be blank
    substantial: tuple[str, ...] = ()  # prose cells in which 无 alone is no answer
    nil: Mapping[str, str] = field(
        default_factory=dict
    )  # prose cell -> the meaning that is 0 if it says just 无
    instructions: tuple[str, ...] = ()  # words of templates and drafts that must not remain in a report
    foreign: tuple[str, ...] = ()  # other things that are received, answered and counted in the same words
    scopes: tuple[str, ...] = ()  # words for more or less than the reporting agency
    circles: tuple[Circle, ...] = field(default=(), metadata={"key": "circle"})
    throughout: tuple[str, ...] = ()  # words that behind the own circle mean all of it: 全市各级
    terms: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # lists of words for use in claims
    called: Mapping[str, tuple[str, ...]] = field(
        default_factory=dict
    )  # other words for a line, by its key or its label without the number
    anyone: tuple[str, ...] = ()  # words for whoever it may be: 公民、法人和其他组织
    partial: tuple[str, ...] = ()  # words that make a number a part of the whole
    meanings: tuple[Meaning, ...] = field(default=(), metadata={"key": "meaning"})
    claims: tuple[Claim, ...] = field(default=(), metadata={"key": "claim"})
    wholes: tuple[Whole, ...] = field(default=(), metadata={"key": "whole"})
    settled: Settled | None = None

    @cached_property
    def by_key(self) -> dict[str, Meaning]:
        """The meanings by their keys."""
        return {meaning.key: meaning for meaning in self.meanings}

    @cached_property
    def briefly(self) -> frozenset[str]:
        """Every subject in short."""
        return frozenset(word for claim in self.claims for word in claim.brief)

    @cached_property
    def part_words(self) -> tuple[str, ...]:
        """Every word that names a part of a whole."""
        return (*self.partial, *(word for whole in self.wholes for part in whole.parts for word in part))

    @cached_property
    def plain_words(self) -> tuple[tuple[str, Claim], ...]:
        """The words of the claims that have no braces, with their claims."""
        return tuple((word, one) for one in self.claims for word in one.words if not named_in([word]))

    @cached_property
    def patterns(self) -> tuple[tuple[str, Claim], ...]:
        """A :meth:`pattern` for the words with braces of each claim that has such."""
        found = [([word for word in claim.words if named_in([word])], claim) for claim in self.claims]
        return tuple((self.pattern(words), claim) for words, claim in found if words)

    def pattern(self, words: Iterable[str]) -> str:
        """Return a pattern for any of *words*, with the lists of words filled in; the years are left in braces."""
        return self._choice(words, self._term_patterns)

    @cached_property
    def _term_patterns(self) -> dict[str, str]:
        return {name: f"(?:{self._choice(listed, {})})" for name, listed in self.terms.items()}

    @staticmethod
    def _choice(words: Iterable[str], terms: Mapping[str, str]) -> str:
        def filled(word: str) -> str:
            pieces = enumerate(_BRACES.split(word))  # text and names in turn
            return "".join(terms.get(p, f"{{{p}}}") if i % 2 else re.escape(p) for i, p in pieces)

        return "|".join(map(filled, sorted(words, key=len, reverse=True)))  # the longest are tried first

    @cached_property
    def circle_words(self) -> dict[str, str]:
        """Every word for more or less than some agency, the longest first, with its pattern."""
        found = {*self.scopes, *(word for one in self.circles for word in one.words)}
        return {word: re.escape(word) for word in sorted(found, key=lambda word: (-len(word), word))}

    def own_circle(self, name: str) -> Circle | None:
        """Return the circle of the agency of that name: the one with the longest end of the name."""
        found = [(len(end), one) for one in self.circles for end in one.names if name.endswith(end)]
        return max(found, key=lambda item: item[0], default=(0, None))[1]

    def names_foreign(self, text: str) -> bool:
        """Return whether *text* names one of ``foreign``."""
        return self._foreign.search(text) is not None

    @cached_property
    def _foreign(self) -> re.Pattern[str]:
        return re.compile("|".join(map(re.escape, self.foreign)) or "(?!)")

    def cells(self, reading: Linear) -> Linear:
        """Return a sum of meanings as a sum of cells."""
        return Linear(
            tuple((sign * s, name) for sign, key in reading.terms for s, name in self.by_key[key].is_.terms)
        )

    def label(self, reading: Linear) -> str:
        """Return a sum of meanings in words."""
        return reading.print(lambda key: self.by_key[key].label)
