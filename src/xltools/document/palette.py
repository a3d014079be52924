"""The colours of charts in documents."""

from __future__ import annotations

# From Okabe and Ito's palette (https://jfly.uni-koeln.de/color/): people who are colour blind can tell them apart. In the
# order here, neighbours also differ in a black and white print.
COLOURS = ("0072B2", "E69F00", "56B4E9", "D55E00", "009E73", "CC79A7")
INK, LINE = "262626", "7F7F7F"


def colour(index: int) -> str:
    """Return the colour of a series as six hexadecimal digits."""
    return COLOURS[index % len(COLOURS)]
