"""Reads the cell styles of a workbook."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple, TypeVar

from xltools.excel.colours import BLACK, WHITE, Colour, are_alike, as_number, colour_of
from xltools.excel.number_format import BUILT_IN, GENERAL
from xltools.office.guard import Limits, XmlPart, beyond
from xltools.office.parsing import EnoughError, parse, true


class CellStyles(NamedTuple):
    """For each cell style, by number: whether it locks the cell, its number format, its background.

    ``unseen`` are the styles whose text cannot be read as it is: it has the colour of the background, is too small, in a font
    of symbols, or repeated over the width of the cell. ``struck`` are those that strike it out, or have a line across the cell.

    ``conditional`` are the number formats in the styles of conditional formats, by number.
    """

    locked: tuple[bool, ...]
    formats: tuple[str, ...]
    grounds: tuple[Colour, ...]
    unseen: frozenset[int]
    struck: frozenset[int]
    conditional: MappingProxyType[str, str]


_SMALLEST = 2.0  # points; nobody can read it
_SYMBOLS = re.compile(
    "wingdings|webdings|zapf ?dingbats|monotype sorts|marlett|bookshelf symbol", re.IGNORECASE
)


@dataclass(slots=True)
class _CellFont:
    colour: Colour = BLACK
    size: float = 11.0
    is_struck: bool = False
    has_symbols: bool = False

    def add(self, tag: str, attributes: Mapping[str, str]) -> None:
        """Take an element of the font."""
        if has_symbols(tag, attributes):
            self.has_symbols = True
        elif tag == "color":
            self.colour = colour_of(attributes)
        elif tag == "sz":
            self.size = as_number(attributes.get("val", ""), 11)
        elif strikes_out(tag, attributes):
            self.is_struck = True


@dataclass(slots=True)
class _Fill:
    colour: Colour = WHITE
    pattern: str = "none"

    def add(self, tag: str, attributes: Mapping[str, str]) -> None:
        """Take an element of the background."""
        if tag in {"patternFill", "gradientFill"}:
            self.pattern = attributes.get("patternType", "none" if tag == "patternFill" else tag)
        elif tag == "fgColor":
            self.colour = colour_of(attributes)

    @property
    def ground(self) -> Colour:
        """The background of a text."""
        return {"none": WHITE, "solid": self.colour}.get(self.pattern, "several colours")


HIDING_FORMAT = ";;;"


@dataclass(slots=True)
class ConditionalStyle:
    """What a conditional format changes: the number format, the colours of the text and of the background, a stroke."""

    _code: str = ""
    _colour: Colour = BLACK
    _ground: Colour = WHITE
    _part: str = ""
    _is_struck: bool = False

    def add(self, tag: str, attributes: Mapping[str, str]) -> None:
        """Take an element of the style."""
        if tag in {"font", "fill", "border"}:
            self._part = tag
        elif tag == "numFmt":
            self._code = attributes.get("formatCode", "")
        elif tag == "color" and self._part == "font":
            self._colour = colour_of(attributes)
        elif tag == "bgColor" and not true(attributes.get("auto")):
            self._ground = colour_of(attributes)
        elif strikes_out(tag, attributes):
            self._is_struck = True

    @property
    def shows(self) -> str:
        """The number format; "" for that of the cell.

        It hides the value if the text is struck out or has the colour of the background.
        """
        is_hidden = self._is_struck or are_alike(self._colour, self._ground)
        return HIDING_FORMAT if is_hidden else self._code


def styles(part: XmlPart, limits: Limits) -> CellStyles:  # noqa: C901, PLR0915  one case for each element
    """Read the cell styles; raises :class:`ScanError` if there are too many. A style locks cells by default."""
    locked: list[bool] = []
    used: list[str] = []
    grounds: list[Colour] = []
    unseen: set[int] = set()
    struck: set[int] = set()
    formats: dict[str, str] = dict(BUILT_IN)
    fonts: list[_CellFont] = []
    fills: list[_Fill] = []
    crossed: list[bool] = []  # by the number of the border
    conditional: list[ConditionalStyle] = []
    section = ""

    def start(tag: str, attributes: dict[str, str]) -> None:  # noqa: C901, PLR0912
        nonlocal section
        if tag in {"fonts", "fills", "borders", "cellStyleXfs", "cellXfs", "dxfs"}:
            section = tag
        elif section == "fonts":
            if tag == "font":
                fonts.append(_CellFont())
            elif fonts:
                fonts[-1].add(tag, attributes)
        elif section == "fills":
            if tag == "fill":
                fills.append(_Fill())
            elif fills:
                fills[-1].add(tag, attributes)
        elif section == "borders":
            if tag == "border":
                crossed.append(False)
            elif crossed and tag == "diagonal":
                crossed[-1] = attributes.get("style", "none") != "none"
        elif section == "cellXfs" and tag == "xf":
            if len(locked) == limits.styles:
                raise beyond("styles", limits)
            font = _numbered(fonts, attributes.get("fontId")) or _CellFont()
            grounds.append((_numbered(fills, attributes.get("fillId")) or _Fill()).ground)
            if are_alike(font.colour, grounds[-1]) or font.size <= _SMALLEST or font.has_symbols:
                unseen.add(len(locked))
            if font.is_struck or _numbered(crossed, attributes.get("borderId")):
                struck.add(len(locked))
            locked.append(True)
            used.append(formats.get(attributes.get("numFmtId", "0"), GENERAL))
        elif section == "cellXfs" and tag == "alignment" and attributes.get("horizontal") == "fill":
            unseen.add(len(locked) - 1)
        elif section == "cellXfs" and tag == "protection" and locked:
            locked[-1] = true(attributes.get("locked", "1"))
        elif section == "dxfs":
            if tag == "dxf":
                conditional.append(ConditionalStyle())
            elif conditional:
                conditional[-1].add(tag, attributes)
        elif tag == "numFmt":
            formats[attributes.get("numFmtId", "")] = attributes.get("formatCode", "")

    def end(tag: str) -> None:
        if tag == "dxfs":
            raise EnoughError

    parse(part, start, end)
    shows = {str(number): style.shows for number, style in enumerate(conditional) if style.shows}
    return CellStyles(
        tuple(locked),
        tuple(used),
        tuple(grounds),
        frozenset(unseen),
        frozenset(struck),
        MappingProxyType(shows),
    )


_Part = TypeVar("_Part")


def _numbered(parts: list[_Part], number: str | None) -> _Part | None:
    """Return the font or fill with this number, which is 0 where none is given."""
    index = int(number or 0) if (number or "0").isdecimal() else len(parts)
    return parts[index] if index < len(parts) else None


def strikes_out(tag: str, attributes: Mapping[str, str]) -> bool:
    """Return whether a property of a font strikes the text out."""
    return tag == "strike" and true(attributes.get("val", "1"))


def has_symbols(tag: str, attributes: Mapping[str, str]) -> bool:
    """Return whether a property of a font is a name of one that shows symbols in place of digits and letters."""
    return tag in {"name", "rFont"} and _SYMBOLS.match(attributes.get("val", "")) is not None


def sets_apart(tag: str, attributes: Mapping[str, str]) -> bool:
    """Return whether a run of text is struck out, raised or lowered, white, too small or in symbols by this property."""
    value = attributes.get("val", "")
    return (
        strikes_out(tag, attributes)
        or has_symbols(tag, attributes)
        or (tag == "vertAlign" and value != "baseline")
        or (tag == "color" and are_alike(colour_of(attributes), WHITE))
        or (tag == "sz" and as_number(value, 11) <= _SMALLEST)
    )
