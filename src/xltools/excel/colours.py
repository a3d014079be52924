"""The colours of texts and backgrounds, and whether two of them look alike."""

from __future__ import annotations

import re
from collections.abc import Mapping

from xltools.office.parsing import true

Colour = tuple[int, ...] | str  # red, green and blue; or a colour of the theme, whose parts are not read
WHITE, BLACK = (255, 255, 255), (0, 0, 0)
_INDEXED = {"0": BLACK, "1": WHITE, "8": BLACK, "9": WHITE, "64": BLACK, "65": WHITE}
_THEME = {"0": WHITE, "1": BLACK}  # of a window and of its text, in every usual theme
_NEAR = 32  # in red, green and blue: colours that differ less, such as white and light yellow, look alike
# In number formats: the names in English and in Chinese, in the order of their numbers (Color1, 颜色1).
_IN_FORMATS = (
    ("black", "黑色", BLACK),
    ("white", "白色", WHITE),
    ("red", "红色", (255, 0, 0)),
    ("green", "绿色", (0, 255, 0)),
    ("blue", "蓝色", (0, 0, 255)),
    ("yellow", "黄色", (255, 255, 0)),
    ("magenta", "洋红", (255, 0, 255)),
    ("cyan", "蓝绿色", (0, 255, 255)),
)
COLOURS_IN_FORMATS: Mapping[str, Colour] = {
    name: colour
    for number, (english, chinese, colour) in enumerate(_IN_FORMATS, 1)
    for name in (english, chinese, f"color{number}", f"颜色{number}")
}


def colour_of(attributes: Mapping[str, str]) -> Colour:
    """Return the colour that the attributes of an element say."""
    known: tuple[int, ...] | None = _THEME.get(attributes.get("theme", "")) or _INDEXED.get(
        attributes.get("indexed", "")
    )
    if re.fullmatch("[0-9A-Fa-f]{6,8}", text := attributes.get("rgb", "")):
        known = tuple(bytes.fromhex(text[-6:]))
    elif true(attributes.get("auto")):
        known = BLACK
    if known is None:
        return repr(sorted(attributes.items()))
    return tuple(_tinted(part, as_number(attributes.get("tint", ""), 0)) for part in known)


def are_alike(one: Colour, other: Colour) -> bool:
    """Return whether two colours look alike."""
    if isinstance(one, str) or isinstance(other, str):
        return one == other
    return all(abs(a - b) < _NEAR for a, b in zip(one, other, strict=True))


def _tinted(part: int, tint: float) -> int:
    """Return a part of a colour made darker, for a *tint* down to -1, or lighter, for a tint up to 1."""
    return round(part * (1 + tint) if tint < 0 else part + (255 - part) * tint)


def as_number(text: str, default: float) -> float:
    """Return the number in an attribute, or *default* for another text."""
    try:
        return float(text)
    except ValueError:
        return default
