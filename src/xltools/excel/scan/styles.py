"""Reads the cell styles of a workbook."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple, TypeVar

from xltools.excel.number_format import BUILT_IN, GENERAL
from xltools.office.guard import Limits, XmlPart, beyond
from xltools.office.parsing import EnoughError, parse, true


class CellStyles(NamedTuple):
    """For each cell style, by number: whether it locks the cell, and its number format; and which show no text.

    ``conditional`` are the number formats in the styles of conditional formats, by number.
    """

    locked: tuple[bool, ...]
    formats: tuple[str, ...]
    unseen: frozenset[int]
    conditional: MappingProxyType[str, str]


_Colour = tuple[int, ...] | str  # red, green and blue; or a colour of the theme, whose parts are not read
_WHITE, _BLACK = (255, 255, 255), (0, 0, 0)
_INDEXED = {"0": _BLACK, "1": _WHITE, "8": _BLACK, "9": _WHITE, "64": _BLACK, "65": _WHITE}
_THEME = {"0": _WHITE, "1": _BLACK}  # of a window and of its text, in every usual theme
_NEAR = 32  # in red, green and blue: colours that differ less, such as white and light yellow, look alike
_SMALLEST = 2.0  # points; nobody can read it


@dataclass(slots=True)
class _CellFont:
    colour: _Colour = _BLACK
    size: float = 11.0


@dataclass(slots=True)
class _Fill:
    colour: _Colour = _WHITE
    pattern: str = "none"


def styles(part: XmlPart, limits: Limits) -> CellStyles:  # noqa: C901
    """Read the cell styles; raises :class:`ScanError` if there are too many. A style locks cells by default."""
    locked: list[bool] = []
    used: list[str] = []
    unseen: set[int] = set()
    formats: dict[str, str] = dict(BUILT_IN)
    fonts: list[_CellFont] = []
    fills: list[_Fill] = []
    conditional: dict[str, str] = {}
    section, differing = "", -1

    def start(tag: str, attributes: dict[str, str]) -> None:  # noqa: C901, PLR0912
        nonlocal section, differing
        if tag in {"fonts", "fills", "borders", "cellStyleXfs", "cellXfs", "dxfs"}:
            section = tag
        elif section == "fonts":
            if tag == "font":
                fonts.append(_CellFont())
            elif tag == "color" and fonts:
                fonts[-1].colour = _colour(attributes)
            elif tag == "sz" and fonts:
                fonts[-1].size = _number(attributes.get("val", ""), 11)
        elif section == "fills":
            if tag == "fill":
                fills.append(_Fill())
            elif tag in {"patternFill", "gradientFill"} and fills:
                fills[-1].pattern = attributes.get("patternType", "none" if tag == "patternFill" else tag)
            elif tag == "fgColor" and fills:
                fills[-1].colour = _colour(attributes)
        elif section == "cellXfs" and tag == "xf":
            if len(locked) == limits.styles:
                raise beyond("styles", limits)
            if _is_unseen(
                _numbered(fonts, attributes.get("fontId")), _numbered(fills, attributes.get("fillId"))
            ):
                unseen.add(len(locked))
            locked.append(True)
            used.append(formats.get(attributes.get("numFmtId", "0"), GENERAL))
        elif section == "cellXfs" and tag == "protection" and locked:
            locked[-1] = true(attributes.get("locked", "1"))
        elif section == "dxfs":
            differing += tag == "dxf"
            if tag == "numFmt":
                conditional[str(differing)] = attributes.get("formatCode", "")
        elif tag == "numFmt":
            formats[attributes.get("numFmtId", "")] = attributes.get("formatCode", "")

    def end(tag: str) -> None:
        if tag == "dxfs":
            raise EnoughError

    parse(part, start, end)
    return CellStyles(tuple(locked), tuple(used), frozenset(unseen), MappingProxyType(conditional))


_Part = TypeVar("_Part")


def _numbered(parts: list[_Part], number: str | None) -> _Part | None:
    """Return the font or fill with this number, which is 0 where none is given."""
    index = int(number or 0) if (number or "0").isdecimal() else len(parts)
    return parts[index] if index < len(parts) else None


def _is_unseen(font: _CellFont | None, fill: _Fill | None) -> bool:
    """Return whether nobody can read a text in this font on this background."""
    font, fill = font or _CellFont(), fill or _Fill()
    background: _Colour = {"none": _WHITE, "solid": fill.colour}.get(fill.pattern, "several colours")
    return _is_near(font.colour, background) or font.size <= _SMALLEST


def _is_near(one: _Colour, other: _Colour) -> bool:
    """Return whether two colours look alike."""
    if isinstance(one, str) or isinstance(other, str):
        return one == other
    return all(abs(a - b) < _NEAR for a, b in zip(one, other, strict=True))


def sets_apart(tag: str, attributes: Mapping[str, str]) -> bool:
    """Return whether a property of a run of text strikes it out, raises or lowers it, or makes it white or too small."""
    value = attributes.get("val", "")
    if tag == "strike":
        return not value or true(value)
    if tag == "vertAlign":
        return value != "baseline"
    return (tag == "color" and _is_near(_colour(attributes), _WHITE)) or (
        tag == "sz" and _number(value, 11) <= _SMALLEST
    )


def _colour(attributes: Mapping[str, str]) -> _Colour:
    known: tuple[int, ...] | None = _THEME.get(attributes.get("theme", "")) or _INDEXED.get(
        attributes.get("indexed", "")
    )
    if re.fullmatch("[0-9A-Fa-f]{6,8}", text := attributes.get("rgb", "")):
        known = tuple(bytes.fromhex(text[-6:]))
    elif true(attributes.get("auto")):
        known = _BLACK
    if known is None:
        return repr(sorted(attributes.items()))
    return tuple(_tinted(part, _number(attributes.get("tint", ""), 0)) for part in known)


def _tinted(part: int, tint: float) -> int:
    """Return a part of a colour made darker, for a *tint* down to -1, or lighter, for a tint up to 1."""
    return round(part * (1 + tint) if tint < 0 else part + (255 - part) * tint)


def _number(text: str, default: float) -> float:
    """Return the number in an attribute, or *default* for another text."""
    try:
        return float(text)
    except ValueError:
        return default
