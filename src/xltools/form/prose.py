"""What a form says about its prose: which words speak of which cells, and which boxes must say something.

Everything here is data of the form. How numbers and sentences are read is :mod:`xltools.data.sentence`'s business, and
what is made of a difference is :mod:`xltools.checking.prose`'s.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from xltools.form.linear import Linear


@dataclass(frozen=True, slots=True)
class Meaning:
    """A figure that words may stand for, under a short name for people: a cell, or a sum of cells."""

    key: str
    label: str
    is_: Linear = field(metadata={"key": "is"})  # over cell names


@dataclass(frozen=True, slots=True)
class Claim:
    """Words that, with a number behind them, say something about cells.

    ``means`` lists every legitimate reading, over the keys of meanings; a number is doubted only when it is none of
    them. ``{last}`` and ``{next}`` in a word are the years beside the one reported on.
    """

    words: tuple[str, ...]
    means: tuple[Linear, ...]
    units: tuple[str, ...]
    about: tuple[
        str, ...
    ] = ()  # the subject, one of which must have come up; none: the words say it themselves
    boxes: tuple[str, ...] = ()  # prose cells in which the subject goes without saying
    unless: tuple[str, ...] = ()  # words in the clause with which it means something else
    whole: bool = False  # it speaks of all there is, so it is not asked of parts, such as what came by post
    behind: bool = False  # the words may follow the number: 8件予以公开
    denied: bool = False  # 未 or 无 with these words says that the figure is 0


@dataclass(frozen=True, slots=True)
class Whole:
    """Ways in which a number is divided: each part is a list of its names. ``closed``: the parts are all there is."""

    parts: tuple[tuple[str, ...], ...]
    closed: bool = False


@dataclass(frozen=True, slots=True)
class Settled:
    """How prose says that everything was settled, and the meaning that must then be 0."""

    all_: tuple[str, ...] = field(metadata={"key": "all"})
    done: tuple[str, ...]
    leaves: str
    handled: str  # what was settled; where the sentence names that figure it speaks of no more than it
    unless: tuple[str, ...] = ()


@dataclass(frozen=True)
class Prose:
    """The ``[prose]`` table of a form; a form without one has its prose kept and hardly doubted."""

    required: tuple[str, ...] = ()  # prose cells that may not be blank
    substantial: tuple[str, ...] = ()  # prose cells in which 无 alone is no answer
    nil: Mapping[str, str] = field(
        default_factory=dict
    )  # prose cell -> the meaning that is 0 where 无 stands there alone
    instructions: tuple[str, ...] = ()  # words of templates and drafts that do not belong into a report
    foreign: tuple[str, ...] = ()  # what else is received, answered and counted alike
    scopes: tuple[str, ...] = ()  # words for more, or less, than the agency that reports
    partial: tuple[str, ...] = ()  # words that make of a number a part of the whole
    meanings: tuple[Meaning, ...] = field(default=(), metadata={"key": "meaning"})
    claims: tuple[Claim, ...] = field(default=(), metadata={"key": "claim"})
    wholes: tuple[Whole, ...] = field(default=(), metadata={"key": "whole"})
    settled: Settled | None = None

    @cached_property
    def by_key(self) -> dict[str, Meaning]:
        """The meanings by their keys."""
        return {meaning.key: meaning for meaning in self.meanings}

    @cached_property
    def ways(self) -> tuple[str, ...]:
        """Every word that names a part of a whole."""
        return (*self.partial, *(word for whole in self.wholes for part in whole.parts for word in part))

    def names_foreign(self, text: str) -> bool:
        """Whether anything is named in *text* that is received and counted alike."""
        return self._foreign.search(text) is not None

    @cached_property
    def _foreign(self) -> re.Pattern[str]:
        return re.compile("|".join(map(re.escape, self.foreign)) or "(?!)")

    def cells(self, reading: Linear) -> Linear:
        """A sum of meanings as a sum of cells."""
        return Linear(
            tuple((sign * s, name) for sign, key in reading.terms for s, name in self.by_key[key].is_.terms)
        )

    def label(self, reading: Linear) -> str:
        """A sum of meanings in words."""
        return reading.print(lambda key: self.by_key[key].label)
