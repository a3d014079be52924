"""Units of one thing that differ by a power of ten, such as 元 and 万元."""

from __future__ import annotations

_POWERS = {"": 0, "百": 2, "千": 3, "万": 4, "十万": 5, "百万": 6, "千万": 7, "亿": 8}


def powers_between(unit: str, other: str) -> int | None:
    """Return by what power of ten *unit* is larger than another one; ``None`` for units of different things."""
    for prefix, power in _POWERS.items():
        for own, lower in _POWERS.items():
            thing = unit.removeprefix(prefix)
            if (
                unit.startswith(prefix)
                and other.startswith(own)
                and thing
                and thing == other.removeprefix(own)
            ):
                return power - lower
    return None
