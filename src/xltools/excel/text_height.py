"""Estimate how many lines a text takes in a cell, because a file must state the height of its rows."""

from __future__ import annotations

import re
from collections.abc import Iterator

_FIRST_WIDE = 0x2E80  # characters from here on are twice as wide as Latin letters


def width_of(text: str) -> int:
    """Return how wide *text* is in one line, in Latin letters."""
    return sum(1 + (ord(c) >= _FIRST_WIDE) for c in text)


def lines(text: str, width: float) -> int:
    """Return how many lines *text* takes in a column *width* Latin letters wide."""
    return sum(1 for _ in wrapped(text, width))


def wrapped_parts(text: str, width: float, most: int) -> list[str]:
    """Return *text* in parts of at most *most* lines in a column of that width."""
    parts, count = [""], 0
    for line in wrapped(text, width):
        if count == most:
            parts[-1] = parts[-1].removesuffix("\n")
            parts.append("")
            count = 0
        parts[-1] += line
        count += 1
    return parts


_WORD = re.compile("\n|[!-~]+|.")  # programs break lines between any two wide characters, and after a word


def wrapped(text: str, width: float) -> Iterator[str]:
    """Yield the lines that *text* takes; a line feed ends its line. A word that is too long is broken anywhere."""
    capacity = max(2, int(width * 0.95))
    line, used = "", 0
    for word in _WORD.findall(text):
        size = width_of(word)
        if word == "\n":
            yield line + word
            line, used = "", 0
            continue
        if line and used + size > capacity:
            yield line
            line, used = "", 0
        while size > capacity:
            yield word[:capacity]
            word, size = word[capacity:], size - capacity  # noqa: PLW2901  only narrow characters are that long
        line, used = line + word, used + size
    yield line
