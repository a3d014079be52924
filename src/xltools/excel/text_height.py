"""How much room a text takes, for whoever has to fix a height beforehand."""

from __future__ import annotations

_FIRST_WIDE = 0x2E80  # from here on characters are as wide as two narrow ones


def lines(text: str, width: float) -> int:
    """How many lines *text* takes in a column *width* narrow characters wide."""
    room = max(2, int(width * 0.95))
    return sum(
        max(1, -(-sum(1 + (ord(c) >= _FIRST_WIDE) for c in line) // room)) for line in text.split("\n")
    )
