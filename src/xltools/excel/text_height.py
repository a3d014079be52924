"""Estimate how many lines a text takes in a cell, because a file must state the height of its rows."""

from __future__ import annotations

_FIRST_WIDE = 0x2E80  # characters from here on are twice as wide as Latin letters


def lines(text: str, width: float) -> int:
    """Return how many lines *text* takes in a column *width* Latin letters wide."""
    capacity = max(2, int(width * 0.95))
    widths = (sum(1 + (ord(c) >= _FIRST_WIDE) for c in line) for line in text.split("\n"))
    return sum(max(1, -(-line // capacity)) for line in widths)
