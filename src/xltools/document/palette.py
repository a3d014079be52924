"""The colours of charts in documents."""

from __future__ import annotations

# Of Okabe and Ito's palette (https://jfly.uni-koeln.de/color/): they stay apart for eyes that see few colours. The order
# keeps neighbours apart in print that has none.
_COLOURS = ("0072B2", "E69F00", "56B4E9", "D55E00", "009E73", "CC79A7")
INK, LINE = "262626", "7F7F7F"


def colour(index: int) -> str:
    """The colour of a series, as six hexadecimal digits."""
    return _COLOURS[index % len(_COLOURS)]
