"""Add the cell styles and conditional styles of marks to a workbook's styles part, after the existing ones.

Each added element has a space before the ``>`` of its start tag, which no program writes. So it can be removed as long
as no program has saved the workbook; afterwards it stays, because other cells may use it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from xltools.excel.marking.parts import HEAD, EditableParts
from xltools.excel.marking.workbook_part import WorkbookPart
from xltools.excel.marking.xml_editor import XmlEditor

_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"
# ECMA-376 part 1, 18.8.39 (CT_Stylesheet)
_ORDER = (
    "numFmts", "fonts", "fills", "borders", "cellStyleXfs", "cellXfs", "cellStyles", "dxfs", "tableStyles", "colors",
    "extLst",
)  # fmt: skip
_SONG, _HEI = "宋体", "黑体"  # on every Windows and in WPS
_TEXT_FORMAT = "49"  # the number format @
_MOST_STYLES = 65_490  # cell styles that Excel allows
_IDENTITY = "xltoolsStyles"  # of the relation to a styles part that was created here


class Look(NamedTuple):
    """A cell style of the slip: indexes of font, fill and border in the lists below, alignment, whether unlocked."""

    font: int
    fill: int
    border: int
    horizontal: str
    vertical: str = "center"
    is_unlocked: bool = False


# Name, size in points, colour, and b for bold or u for underlined.
_FONTS = (
    (_HEI, 16, "FF1F1F1F", ""),
    (_SONG, 10.5, "FF404040", ""),
    (_SONG, 10.5, "FF000000", "b"),
    (_SONG, 10.5, "FF000000", ""),
    (_SONG, 10.5, "FF0563C1", "u"),
)
_FILLS = ("FFF2F2F2", "FFFFFBE6")
_LINE = "FF7F7F7F"
_NONE = -1  # no fill or border: the first one of the workbook

LOOKS = {
    "title": Look(0, _NONE, _NONE, "left"),
    "guide": Look(1, _NONE, _NONE, "left"),
    "head": Look(2, 0, 0, "center"),
    "centre": Look(3, _NONE, 0, "center"),
    "text": Look(3, _NONE, 0, "left"),
    "link": Look(4, _NONE, 0, "left"),
    "status": Look(2, _NONE, 0, "center"),
    "open": Look(3, 1, 0, "left", "top", is_unlocked=True),
}
# Conditional styles: the colour of the fill and of the text.
_CONDITIONAL = {"mark": ("FFFFD966", ""), "pending": ("FFFFD966", ""), "changed": ("FFC8E6C9", "FF1B5E20")}


class StyleIndexes(NamedTuple):
    """The indexes of the added styles in the workbook, by the names above."""

    cells: dict[str, int]
    conditional: dict[str, int]


def add_styles(parts: EditableParts, book: WorkbookPart) -> StyleIndexes:
    """Add the styles to the workbook and return their indexes."""
    # Without a list of cell styles, cells may have indexes all the same; ours must be different ones.
    highest = 0 if _has_cell_styles(parts, book) else _highest_style(parts, book.parts)
    if highest > _MOST_STYLES:
        raise ValueError(f"style {highest}")
    name = parts.related(book.main, "styles") or _new_part(parts, book)
    styles = parts.open(name)
    element = styles.element
    fonts = [_font(styles, *font) for font in _FONTS]
    fills = [_fill(styles, color) for color in _FILLS]
    empty_fills = [
        element("fill", None, element("patternFill", {"patternType": kind})) for kind in ("none", "gray125")
    ]
    first_font = _append(styles, "fonts", fonts, [_font(styles, _SONG, 11, "", "")])
    first_fill = _append(styles, "fills", fills, empty_fills)
    border = _append(styles, "borders", [_border(styles)], [element("border")])
    looks = [_xf(styles, look, first_font, first_fill, border) for look in LOOKS.values()]
    plain = element("xf", {"numFmtId": "0", "fontId": "0", "fillId": "0", "borderId": "0"})
    cells = _append(styles, "cellXfs", looks, [plain] * (highest + 1))
    conditional = [_dxf(styles, *colors) for colors in _CONDITIONAL.values()]
    dxfs = _append(styles, "dxfs", conditional, [])
    parts.put(name, styles)
    return StyleIndexes(
        {look: cells + index for index, look in enumerate(LOOKS)},
        {look: dxfs + index for index, look in enumerate(_CONDITIONAL)},
    )


def _has_cell_styles(parts: EditableParts, book: WorkbookPart) -> bool:
    name = parts.related(book.main, "styles")
    return bool(name) and parts.root(name).find("cellXfs") is not None


def _highest_style(parts: EditableParts, sheets: Iterable[str]) -> int:
    """Return the highest index of a style that any cell, row or column has."""
    found = [0]
    for part in sheets:
        root = parts.root(part)
        found += [int(e.attributes.get("s") or 0) for name in ("c", "row") for e in root.iter(name)]
        found += [int(e.attributes.get("style") or 0) for e in root.iter("col")]
    return max(found)


def _new_part(parts: EditableParts, book: WorkbookPart) -> str:
    name = parts.unused_name(f"{book.main.rpartition('/')[0]}/styles#.xml".lstrip("/"))
    parts.add(name, f'{HEAD}<styleSheet xmlns="{book.space}"/>', _TYPE)
    parts.relate(book.main, book.base, "styles", name, parts.unused_identity(book.main, _IDENTITY))
    return name


def _append(styles: XmlEditor, group: str, elements: list[str], defaults: list[str]) -> int:
    """Append elements to a group and return the index of the first; a new group begins with *defaults*."""
    found = styles.root.find(group)
    added = "".join(map(_with_space, elements))
    if found is None:
        count = {"count": str(len(defaults) + len(elements))}
        xml = styles.element(group, count, "".join(defaults) + added)
        styles.insert_ordered(group, _ORDER, _with_space(xml))
        return len(defaults)
    styles.append(found, added)
    if "count" in found.attributes:
        styles.set_attribute(found, "count", str(len(found.children) + len(elements)))
    return len(found.children)


def _with_space(xml: str) -> str:
    return xml.replace(">", " >", 1)


def remove_styles(parts: EditableParts, book: WorkbookPart) -> None:
    """Remove the styles that :func:`add_styles` added, unless another program has saved the workbook since."""
    created = [r for r in parts.relations(book.main) if r.kind == "styles" and r.identity == _IDENTITY]
    if created:
        parts.unrelate(book.main, created[0].target)
        parts.remove(created[0].target)
        return
    name = parts.related(book.main, "styles")
    if not name:
        return
    styles = parts.open(name)
    for group in styles.root.children:
        if styles.start_tag(group).endswith(b" >"):
            styles.remove(group)
            continue
        kept = list(group.children)
        while kept and styles.start_tag(kept[-1]).endswith(b" >"):
            styles.remove(kept.pop())
        if len(kept) < len(group.children) and "count" in group.attributes:
            styles.set_attribute(group, "count", str(len(kept)))
    parts.put(name, styles)


# -- single styles


def _font(styles: XmlEditor, name: str, size: float, color: str, effect: str) -> str:
    inner = styles.element(effect) if effect else ""
    inner += styles.element("sz", {"val": f"{size:g}"})
    if color:
        inner += styles.element("color", {"rgb": color})
    return styles.element(
        "font", None, inner + styles.element("name", {"val": name}) + styles.element("family", {"val": "3"})
    )


def _fill(styles: XmlEditor, color: str) -> str:
    inner = styles.element("fgColor", {"rgb": color}) + styles.element("bgColor", {"indexed": "64"})
    return styles.element("fill", None, styles.element("patternFill", {"patternType": "solid"}, inner))


def _border(styles: XmlEditor) -> str:
    color = styles.element("color", {"rgb": _LINE})
    sides = [styles.element(side, {"style": "thin"}, color) for side in ("left", "right", "top", "bottom")]
    return styles.element("border", None, "".join(sides) + styles.element("diagonal"))


def _xf(styles: XmlEditor, look: Look, font: int, fill: int, border: int) -> str:
    """Return a cell style; *font*, *fill* and *border* are the indexes of the first ones added."""
    has_parents = styles.root.find("cellStyleXfs") is not None
    attributes = {
        "numFmtId": _TEXT_FORMAT if look.is_unlocked else "0",
        "fontId": str(font + look.font),
        "fillId": str(fill + look.fill if look.fill >= 0 else 0),
        "borderId": str(border + look.border if look.border >= 0 else 0),
        **({"xfId": "0"} if has_parents else {}),
        **{
            f"apply{what}": "1"
            for what in ("NumberFormat", "Font", "Fill", "Border", "Alignment", "Protection")
        },
    }
    alignment = {"horizontal": look.horizontal, "vertical": look.vertical, "wrapText": "1"}
    if look.horizontal == "left" and look.border >= 0:
        alignment["indent"] = "1"
    inner = styles.element("alignment", alignment) + styles.element(
        "protection", {"locked": "0" if look.is_unlocked else "1"}
    )
    return styles.element("xf", attributes, inner)


def _dxf(styles: XmlEditor, fill: str, text: str) -> str:
    font = styles.element("font", None, styles.element("color", {"rgb": text})) if text else ""
    colors = styles.element("fgColor", {"rgb": fill}) + styles.element("bgColor", {"rgb": fill})
    pattern = styles.element("patternFill", {"patternType": "solid"}, colors)
    return styles.element("dxf", None, font + styles.element("fill", None, pattern))
