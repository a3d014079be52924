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


def any_of(words: Iterable[str]) -> str:
    """Return a pattern for *words*, the longest first; without any it matches nothing."""
    return "|".join(map(re.escape, sorted(words, key=len, reverse=True))) or "(?!)"


@dataclass(frozen=True, slots=True)
class Meaning:
    """A figure that words may refer to, under a short name: a cell, or a sum of cells."""

    key: str
    """Its name in claims, and in braces of texts."""
    label: str
    """What a finding calls it."""
    is_: Linear = field(metadata={"key": "is"})
    """A cell, or a sum of cells of one unit, by their full names."""


@dataclass(frozen=True, slots=True)
class Under:
    """What the words of a claim mean where one of other words, such as 复议, was named and none of its rivals."""

    words: tuple[str, ...]
    """The other words."""
    means: tuple[Linear, ...] = ()
    """The readings there, as in the claim."""
    every: tuple[Linear, ...] = ()
    """What is 0 there, as in the claim."""


@dataclass(frozen=True, slots=True)
class Claim:
    """Words that, followed by a number, make a statement about cells."""

    words: tuple[str, ...]
    """The words before the number. In them `{last}`, `{this}` and `{next}` are the year of the report and those
    beside it; other names in braces are lists of `terms`."""
    means: tuple[Linear, ...]
    """Every legitimate reading, as sums of meanings, the likeliest first; a number that equals none of them is
    a finding."""
    units: tuple[str, ...]
    """The counters that may follow the number."""
    about: tuple[str, ...] = ()
    """Subjects, one of which must be the last that was named; without any, none is needed."""
    brief: tuple[str, ...] = ()
    """Subjects in short: 申请, but not the 许可申请 of another matter."""
    rivals: tuple[str, ...] = ()
    """Subjects of other claims; behind one of them the words mean something else."""
    boxes: tuple[str, ...] = ()
    """The boxes in which no subject needs to be named."""
    unless: tuple[str, ...] = ()
    """Words in the clause that change the meaning."""
    whole: bool = False
    """It is about the whole, and does not apply inside 其中 or beside a way of dividing."""
    behind: bool = False
    """The words may also follow the number: 8件予以公开."""
    denied: bool = False
    """未, 没有, 无, 零 or 为0 with these words says that the figure is 0; the labels of lines need no claim for that."""
    every: tuple[Linear, ...] = ()
    """What 均 or 全部 with these words says is 0, one sum for each reading."""
    under: tuple[Under, ...] = ()
    """What is meant where another word narrows it."""


@dataclass(frozen=True, slots=True)
class Circle:
    """Words by which an agency whose name ends with one of ``names`` speaks of the whole that it reports on."""

    names: tuple[str, ...]
    """How the name of the agency ends."""
    words: tuple[str, ...]
    """What it calls the whole that its report is about; of any other agency, these are words for more or less
    than itself."""


@dataclass(frozen=True, slots=True)
class Whole:
    """A way in which a number is divided into parts."""

    parts: tuple[tuple[str, ...], ...]
    """The parts, each a list of its names: `[["线上", "网上"], ["线下"]]`."""
    closed: bool = False
    """There are no other parts: together they must make up the whole."""


@dataclass(frozen=True, slots=True)
class Settled:
    """How prose says that everything was settled, and the meaning that must then be 0."""

    done: tuple[str, ...]
    """Words that say so: 均已…办结."""
    leaves: str
    """The meaning that must then be 0."""
    handled: str
    """The meaning of the number that was settled; a sentence that names its figure is about this figure
    only."""
    earlier: str = ""
    """The meaning of what came from the year before, which alone is not everything."""
    all_: tuple[str, ...] = field(default=(), metadata={"key": "all"})
    """Words for everything, beside 均 and 全部."""
    unless: tuple[str, ...] = ()
    """Words in the sentence that change the meaning."""


@dataclass(frozen=True)
class Prose:
    """The ``[prose]`` table of a form; without it, hardly any of the prose is checked."""

    required: tuple[str, ...] = ()
    """Boxes that may not be blank."""
    substantial: tuple[str, ...] = ()
    """Boxes in which 无 alone is not an answer."""
    nil: Mapping[str, str] = field(default_factory=dict)
    """Each box in which 无 may stand alone, with the meaning that must then be 0."""
    instructions: tuple[str, ...] = ()
    """Words of templates and drafts that must not remain in a report; the hints of the form need not be
    named."""
    foreign: tuple[str, ...] = ()
    """Other things that are received and counted in the same words; after one of them, a claim with `about`
    does not apply."""
    scopes: tuple[str, ...] = ()
    """Words for more or less than the agency itself; numbers behind them are not compared."""
    circles: tuple[Circle, ...] = field(default=(), metadata={"key": "circle"})
    """What an agency calls the whole that its report is about."""
    throughout: tuple[str, ...] = ()
    """Words that behind the own circle mean all of it: 全市各级."""
    terms: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Lists of words for use in the words of claims: `past = ["上年", "{last}年"]`, then `"{past}结转"`."""
    called: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Other words for lines of which something is denied, each by its key or by its label without the number:
    `natural = ["公民"]`."""
    anyone: tuple[str, ...] = ()
    """Words for whoever it may be, which mean no line where something is denied: 公民、法人和其他组织."""
    partial: tuple[str, ...] = ()
    """Words that make a number a part of the whole; a claim with `whole` does not apply beside them."""
    meanings: tuple[Meaning, ...] = field(default=(), metadata={"key": "meaning"})
    """The figures that words may mean."""
    claims: tuple[Claim, ...] = field(default=(), metadata={"key": "claim"})
    """The words that, followed by a number, state a figure."""
    wholes: tuple[Whole, ...] = field(default=(), metadata={"key": "whole"})
    """Ways in which a number is divided."""
    settled: Settled | None = None
    """How the text says that everything was settled."""

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

    @cached_property
    def bodies(self) -> tuple[str, str]:
        """Patterns for the name of any agency, and for the words that say that it received or dealt with something."""
        ends = {end for one in self.circles for end in one.names}
        verbs = {word for one in self.claims if one.whole and one.about for word in one.words}
        if not ends or not verbs:
            return "(?!)", "(?!)"
        seats = {end for end in ends if len(end) == 1}
        own = {word[0] for one in self.circles for word in one.words} - seats
        seat, whose, kind, deed = (
            "|".join(map(re.escape, sorted(words, key=lambda word: (-len(word), word))))
            for words in (seats, own, ends, verbs)
        )
        return rf"(?:{seat})(?:(?!{whose})\w){{1,8}}?(?:{kind})", deed

    def own_circle(self, name: str) -> Circle | None:
        """Return the circle of the agency of that name: the one with the longest end of the name."""
        found = [(len(end), one) for one in self.circles for end in one.names if name.endswith(end)]
        return max(found, key=lambda item: item[0], default=(0, None))[1]

    def last_foreign(self, text: str) -> int:
        """Return where *text* names one of ``foreign`` last; -1 if nowhere, but in the words of a claim: 信访举报类."""
        return max((m.start() for m in self._foreign.finditer(text) if m["foreign"]), default=-1)

    @cached_property
    def _foreign(self) -> re.Pattern[str]:
        own = (w for one in self.claims for w in one.words if any(word in w for word in self.foreign))
        return re.compile(f"(?:{any_of(own)})|(?P<foreign>{any_of(self.foreign)})")

    def cells(self, reading: Linear) -> Linear:
        """Return a sum of meanings as a sum of cells."""
        return Linear(
            tuple(term for factor, key in reading.terms for term in self.by_key[key].is_.times(factor).terms)
        )

    def label(self, reading: Linear) -> str:
        """Return a sum of meanings in words."""
        return reading.words(lambda key: self.by_key[key].label)
