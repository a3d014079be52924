"""The looks that marks need, put behind those that the workbook has: no look of a cell is changed.

What is added is written with a space before the end of its start tag, as no program writes it. So it is known again
as long as nobody has saved the workbook, and nobody else can use it by then; afterwards it belongs to the workbook.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from xltools.excel.marking.markup import Element, Markup
from xltools.excel.marking.parts import HEAD, Parts

_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"
_ORDER = (
    "numFmts", "fonts", "fills", "borders", "cellStyleXfs", "cellXfs", "cellStyles", "dxfs", "tableStyles", "colors",
    "extLst",
)  # fmt: skip
_SONG, _HEI = "宋体", "黑体"  # on every Windows and in WPS
_TEXT_FORMAT = "49"
_MOST_STYLES = 65_490  # of cells, in Excel


class Look(NamedTuple):
    """A look of cells of the slip: which font, fill and border of those below, how aligned, and what else."""

    font: int
    fill: int
    border: int
    horizontal: str
    vertical: str = "center"
    is_open: bool = False


# Fonts: name, size, colour, and what it is besides.
_FONTS = (
    (_HEI, 16, "FF1F1F1F", ""),
    (_SONG, 10.5, "FF404040", ""),
    (_SONG, 10.5, "FF000000", "b"),
    (_SONG, 10.5, "FF000000", ""),
    (_SONG, 10.5, "FF0563C1", "u"),
)
_FILLS = ("FFF2F2F2", "FFFFFBE6")
_LINE = "FF7F7F7F"
_NONE = -1  # no fill, no border: the workbook's first ones

LOOKS = {
    "title": Look(0, _NONE, _NONE, "left"),
    "guide": Look(1, _NONE, _NONE, "left"),
    "head": Look(2, 0, 0, "center"),
    "centre": Look(3, _NONE, 0, "center"),
    "text": Look(3, _NONE, 0, "left"),
    "link": Look(4, _NONE, 0, "left"),
    "status": Look(2, _NONE, 0, "center"),
    "open": Look(3, 1, 0, "left", "top", is_open=True),
}
# Looks that depend on a condition: the colour of the fill and of the text.
_CONDITIONAL = {"mark": ("FFFFD966", ""), "pending": ("FFFFD966", ""), "changed": ("FFC8E6C9", "FF1B5E20")}


class Styles(NamedTuple):
    """The numbers that the looks have in a workbook, by their names."""

    cells: dict[str, int]
    conditional: dict[str, int]


def with_looks(parts: Parts, main: str, base: str, space: str, highest: int) -> Styles:
    """Put the looks into the workbook's styles. Where there are none, cells may bear numbers up to *highest* all the same."""
    name = parts.related(main, "styles") or _without_styles(parts, main, base, space)
    markup = parts.open(name)
    plain = _font(markup, _SONG, 11, "", "")
    fonts = _added(markup, "fonts", [_font(markup, *font) for font in _FONTS], [plain])
    empty = [
        markup.make("fill", None, markup.make("patternFill", {"patternType": p})) for p in ("none", "gray125")
    ]
    fills = _added(markup, "fills", [_fill(markup, color) for color in _FILLS], empty)
    borders = _added(markup, "borders", [_border(markup)], [markup.make("border")])
    has_parents = markup.root.first("cellStyleXfs") is not None
    looks = [_xf(markup, look, fonts, fills, borders, has_parents=has_parents) for look in LOOKS.values()]
    if highest > _MOST_STYLES:
        raise ValueError(f"style {highest}")
    xf = markup.make("xf", {"numFmtId": "0", "fontId": "0", "fillId": "0", "borderId": "0"})
    cells = _added(markup, "cellXfs", looks, [xf] * (highest + 1))
    dxfs = _added(markup, "dxfs", [_dxf(markup, *colors) for colors in _CONDITIONAL.values()], [])
    parts.put(name, markup)
    return Styles(_numbered(LOOKS, cells), _numbered(_CONDITIONAL, dxfs))


def has_styles(parts: Parts, main: str) -> bool:
    """Whether the workbook says which looks there are."""
    name = parts.related(main, "styles")
    return bool(name) and parts.root(name).first("cellXfs") is not None


def highest_style(parts: Parts, sheets: Iterable[str]) -> int:
    """The highest number of a look that any cell, row or column bears."""
    found = [0]
    for part in sheets:
        root = parts.root(part)
        found += [int(e.attributes.get("s", "0")) for name in ("c", "row") for e in root.within(name)]
        found += [int(e.attributes.get("style", "0")) for e in root.within("col")]
    return max(found)


def without_looks(parts: Parts, main: str) -> None:
    """Take off what :func:`with_looks` put there, if nobody has saved the workbook since."""
    own = [r for r in parts.relations(main) if r.kind == "styles" and r.identity == _IDENTITY]
    if own:
        parts.unrelate(main, own[0].target)
        parts.drop(own[0].target)
        return
    name = parts.related(main, "styles")
    if not name:
        return
    markup = parts.open(name)
    for group in markup.root.children:
        if markup.raw(group).endswith(b" >"):
            markup.remove(group)
        else:
            _trim(markup, group)
    parts.put(name, markup)


_IDENTITY = "xltoolsStyles"


def _trim(markup: Markup, group: Element) -> None:
    kept = list(group.children)
    while kept and markup.raw(kept[-1]).endswith(b" >"):
        markup.remove(kept.pop())
    if len(kept) < len(group.children) and "count" in group.attributes:
        markup.set(group, "count", str(len(kept)))


def _without_styles(parts: Parts, main: str, base: str, space: str) -> str:
    name = parts.new(f"{main.rpartition('/')[0]}/styles#.xml".lstrip("/"))
    parts.add(name, f'{HEAD}<styleSheet xmlns="{space}"/>', _TYPE)
    parts.relate(main, base, "styles", name, parts.free_identity(main, _IDENTITY))
    return name


def _numbered(names: Iterable[str], first: int) -> dict[str, int]:
    return {name: first + index for index, name in enumerate(names)}


def _added(markup: Markup, group: str, elements: list[str], needed: list[str]) -> int:
    """Append elements to a group and return the number of the first; a group that is not there begins with those *needed*."""
    found = markup.root.first(group)
    marked = "".join(_spaced(element) for element in elements)
    if found is None:
        xml = markup.make(group, {"count": str(len(needed) + len(elements))}, "".join(needed) + marked)
        markup.place(group, _ORDER, _spaced(xml))
        return len(needed)
    markup.append(found, marked)
    if "count" in found.attributes:
        markup.set(found, "count", str(len(found.children) + len(elements)))
    return len(found.children)


def _spaced(xml: str) -> str:
    return xml.replace(">", " >", 1)


def _font(markup: Markup, name: str, size: float, color: str, more: str) -> str:
    inner = markup.make(more) if more else ""
    inner += markup.make("sz", {"val": f"{size:g}"})
    if color:
        inner += markup.make("color", {"rgb": color})
    return markup.make(
        "font", None, inner + markup.make("name", {"val": name}) + markup.make("family", {"val": "3"})
    )


def _fill(markup: Markup, color: str) -> str:
    inner = markup.make("fgColor", {"rgb": color}) + markup.make("bgColor", {"indexed": "64"})
    return markup.make("fill", None, markup.make("patternFill", {"patternType": "solid"}, inner))


def _border(markup: Markup) -> str:
    color = markup.make("color", {"rgb": _LINE})
    sides = [markup.make(side, {"style": "thin"}, color) for side in ("left", "right", "top", "bottom")]
    return markup.make("border", None, "".join(sides) + markup.make("diagonal"))


def _xf(markup: Markup, look: Look, fonts: int, fills: int, borders: int, *, has_parents: bool) -> str:
    attributes = {
        "numFmtId": _TEXT_FORMAT if look.is_open else "0",
        "fontId": str(fonts + look.font),
        "fillId": str(fills + look.fill if look.fill >= 0 else 0),
        "borderId": str(borders + look.border if look.border >= 0 else 0),
        **({"xfId": "0"} if has_parents else {}),
        **{
            f"apply{what}": "1"
            for what in ("NumberFormat", "Font", "Fill", "Border", "Alignment", "Protection")
        },
    }
    alignment = {"horizontal": look.horizontal, "vertical": look.vertical, "wrapText": "1"}
    if look.horizontal == "left" and look.border >= 0:
        alignment["indent"] = "1"
    inner = markup.make("alignment", alignment) + markup.make(
        "protection", {"locked": "0" if look.is_open else "1"}
    )
    return markup.make("xf", attributes, inner)


def _dxf(markup: Markup, fill: str, text: str) -> str:
    font = markup.make("font", None, markup.make("color", {"rgb": text})) if text else ""
    colors = markup.make("fgColor", {"rgb": fill}) + markup.make("bgColor", {"rgb": fill})
    pattern = markup.make("patternFill", {"patternType": "solid"}, colors)
    return markup.make("dxf", None, font + markup.make("fill", None, pattern))
