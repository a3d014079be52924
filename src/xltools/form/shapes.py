"""Shapes of texts and codes: named patterns, one of which a value matches. Conditions and sums ask for a shape by its key.

The shapes of a code whose lengths increase are its levels: 208 is above 20805, and that above 2080505. What a program for
spreadsheets can test of a pattern is a sequence of characters from known sets (:func:`sequences`).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise

_ONE = r"(?P<one>[^\W_]|[ _/-])|\\(?P<sign>[^\w\s])"  # a character that stands for itself in a pattern, or a sign after \\
_SET = r"\[(?P<set>(?:[A-Za-z0-9](?:-[A-Za-z0-9])?|[. /])+)\]"
_PART = re.compile(rf"(?:{_SET}|{_ONE})(?:\{{(?P<times>[0-9]{{1,2}})\}})?")


@dataclass(frozen=True, slots=True)
class Shape:
    """One of the patterns of a text or a code, under a name."""

    key: str
    """The name by which conditions and sums refer to it."""
    label: str
    """What people call it: 类."""
    pattern: str
    """A regular expression that the text, or the code of the option, must match as a whole."""


def shape_of(shapes: Collection[Shape], text: str) -> str:
    """Return the key of the first shape that a text has, or an empty text."""
    return next((one.key for one in shapes if re.fullmatch(one.pattern, text)), "")


def levels_of(shapes: Sequence[Shape]) -> tuple[int, ...]:
    """Return the lengths of the codes of each level, from the highest on; nothing if the shapes are not levels."""
    lengths = [{len(one) for one in sequences(shape.pattern)} for shape in shapes]
    fixed = [min(one) for one in lengths if len(one) == 1]
    is_tree = len(fixed) == len(shapes) > 1 and all(one < other for one, other in pairwise(fixed))
    return tuple(fixed) if is_tree else ()


def code_above(levels: Sequence[int], code: str) -> str:
    """Return the code directly above another one, with which it begins; nothing for one of the highest level, or of none."""
    place = levels.index(len(code)) if len(code) in levels else 0
    return code[: levels[place - 1]] if place else ""


def sequences(pattern: str) -> list[tuple[str, ...]]:
    """Return the alternatives of a pattern, each with the characters that may stand at each place.

    Nothing for a pattern that has anything else than characters, sets of letters and digits, fixed numbers and ``|``.
    """
    found: list[tuple[str, ...]] = []
    for alternative in pattern.split("|"):
        places: list[str] = []
        position = 0
        while position < len(alternative):
            part = _PART.match(alternative, position)
            if part is None:
                return []
            characters = _characters(part["set"]) if part["set"] else part["one"] or part["sign"]
            places += [characters] * int(part["times"] or 1)
            position = part.end()
        found.append(tuple(places))
    return found if all(found) else []


def _characters(text: str) -> str:
    """Return the characters of a set: of ``A-C7`` A, B, C and 7."""
    ranges = re.findall(r"(.)-(.)|(.)", text)
    return "".join(
        "".join(map(chr, range(ord(first), ord(last) + 1))) if first else one for first, last, one in ranges
    )
