"""Units of one thing that differ by a power of ten, such as 元 and 万元."""

from __future__ import annotations

_POWERS = {"": 0, "百": 2, "千": 3, "万": 4, "十万": 5, "百万": 6, "千万": 7, "亿": 8}


_OFFERED = ("千", "万", "百万", "亿")


def larger_units(unit: str) -> list[str]:
    """Return the usual units of the same thing that are larger: 千元 and so on for 元."""
    thing = min((unit.removeprefix(prefix) for prefix in _POWERS), key=len)
    if not thing or "百分" in unit:  # 百分点 is not a hundred of anything
        return []
    return [prefix + thing for prefix in _OFFERED if (powers_between(prefix + thing, unit) or 0) > 0]


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
