"""Edit a worksheet's part: conditional formats, the reference to its comments, and the sizes of rows and columns."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from xltools.excel.marking.parts import EditableParts
from xltools.excel.marking.xml_editor import Attributes, Element, XmlEditor, escaped
from xltools.excel.marking_signs import RULE
from xltools.form.address import COLUMNS, ROWS

# ECMA-376 part 1, 18.3.1.99 (CT_Worksheet)
ORDER = (
    "sheetPr", "dimension", "sheetViews", "sheetFormatPr", "cols", "sheetData", "sheetCalcPr", "sheetProtection",
    "protectedRanges", "scenarios", "autoFilter", "sortState", "dataConsolidate", "customSheetViews", "mergeCells",
    "phoneticPr", "conditionalFormatting", "dataValidations", "hyperlinks", "printOptions", "pageMargins",
    "pageSetup", "headerFooter", "rowBreaks", "colBreaks", "customProperties", "cellWatches", "ignoredErrors",
    "smartTags", "drawing", "legacyDrawing", "legacyDrawingHF", "drawingHF", "picture", "oleObjects", "controls",
    "webPublishItems", "tableParts", "extLst",
)  # fmt: skip
_MOST_PRIORITY = (1 << 31) - 1


def skip_cells(name: str, attributes: Attributes) -> bool:
    """Return whether an element can be skipped: a cell, or a row without a height of its own."""
    return name == "c" or (name == "row" and attributes.keys().isdisjoint({"ht", "hidden"}))


class ColoredCells(NamedTuple):
    """Cells that are coloured while a formula is true."""

    addresses: tuple[str, ...]
    formula: str


def color(sheet: XmlEditor, areas: Sequence[ColoredCells], style: int) -> None:
    """Give the cells the conditional style of that number, after all existing rules."""
    # All rules have priorities, including those in extensions of later versions of Excel.
    texts = (rule.attributes.get("priority", "") for rule in sheet.root.iter("cfRule"))
    used = [int(text) for text in texts if text.isdecimal()]
    first = 1 + max((priority for priority in used if priority < _MOST_PRIORITY), default=0)
    for priority, (addresses, formula) in enumerate(areas, first):
        attributes = {"type": "expression", "dxfId": str(style), "priority": str(priority)}
        rule = sheet.element("cfRule", attributes, sheet.element("formula", None, escaped(formula)))
        xml = sheet.element("conditionalFormatting", {"sqref": " ".join(addresses)}, rule)
        sheet.insert_ordered("conditionalFormatting", ORDER, xml)


def remove_colors(sheet: XmlEditor) -> None:
    """Remove our rules, and the elements that contain no other rules."""
    for group in sheet.root.findall("conditionalFormatting"):
        rules = group.findall("cfRule")
        ours = [rule for rule in rules if any(RULE in formula.text for formula in rule.findall("formula"))]
        for element in [group] if len(ours) == len(rules) else ours:
            sheet.remove(element)


def deselect(sheet: XmlEditor) -> None:
    """Deselect the sheet, because typing changes all selected sheets."""
    for views in sheet.root.findall("sheetViews"):
        for view in views.findall("sheetView"):
            if view.attributes.get("tabSelected") in {"1", "true"}:
                sheet.set_attribute(view, "tabSelected", "0")


def add_drawing(sheet: XmlEditor, identity: str, base: str) -> None:
    """Add the reference to the drawing with the boxes of comments, by the identity of its relation."""
    attributes = sheet.relation_attributes(base, identity)
    sheet.insert_ordered("legacyDrawing", ORDER, sheet.element("legacyDrawing", attributes))


def remove_drawing(sheet: XmlEditor, identity: str) -> None:
    """Remove the reference that :func:`add_drawing` added."""
    for element in sheet.root.findall("legacyDrawing"):
        if element.relation_id() == identity:
            sheet.remove(element)


_CREDENTIALS = {"password", "algorithmName", "hashValue", "saltValue", "spinCount"}


def credentials(parts: EditableParts, sheets: Iterable[str]) -> dict[str, str]:
    """Return the attributes with the hashed password of the first protected sheet; empty if it has none."""
    for part in sheets:
        protection = parts.root(part, skip_cells).find("sheetProtection")
        if protection is not None:
            return {key: value for key, value in protection.attributes.items() if key in _CREDENTIALS}
    return {}


# -- sizes of columns and rows

_WIDTH, _HEIGHT = 64, 20  # default pixels of a column and a row
_LAST_COLUMN, _LAST_ROW = COLUMNS - 1, ROWS - 1
_MARGIN = 8  # pixels between a cell and the box of its comment


class PixelGrid:
    """The widths of the columns and the heights of the rows of a sheet, in pixels."""

    def __init__(self, root: Element) -> None:
        element = root.find("sheetFormatPr")
        defaults: Mapping[str, str] = element.attributes if element else {}
        self._width = _width_pixels(defaults["defaultColWidth"]) if "defaultColWidth" in defaults else _WIDTH
        self._height = (
            _height_pixels(defaults["defaultRowHeight"]) if "defaultRowHeight" in defaults else _HEIGHT
        )
        self._columns = [c.attributes for group in root.findall("cols") for c in group.findall("col")]
        rows = (row.attributes for data in root.findall("sheetData") for row in data.findall("row"))
        self._rows = {int(row["r"]) - 1: row for row in rows if "r" in row}

    def _column_width(self, column: int) -> int:
        for stated in self._columns:
            if int(stated["min"]) <= column + 1 <= int(stated["max"]):
                if stated.get("hidden") in {"1", "true"}:
                    return 0
                return _width_pixels(stated["width"]) if "width" in stated else self._width
        return self._width

    def _row_height(self, row: int) -> int:
        stated = self._rows.get(row, {})
        if stated.get("hidden") in {"1", "true"}:
            return 0
        return _height_pixels(stated["ht"]) if "ht" in stated else self._height

    def anchor(self, row: int, column: int, width: int, height: int) -> str:
        """Return the anchor of a box beside a cell, *width* by *height* pixels, as VML writes it.

        It lists column, offset in pixels, row and offset of the upper left and of the lower right corner.
        """
        left = min(column + 1, _LAST_COLUMN - 1)
        top = max(0, row - 1)
        right, x = _position_after(self._column_width, left, _MARGIN + width, _LAST_COLUMN)
        bottom, y = _position_after(self._row_height, top, _MARGIN + height, _LAST_ROW)
        return f"{left}, {_MARGIN}, {top}, {_MARGIN}, {right}, {x}, {bottom}, {y}"


def _position_after(size: Callable[[int], int], start: int, distance: int, last: int) -> tuple[int, int]:
    """Return the column or row *distance* pixels after *start*, and the offset in it."""
    while start < last and distance >= size(start):
        distance -= size(start)
        start += 1
    return start, distance


def _width_pixels(characters: str) -> int:
    return int(float(characters) * 7 + 5)


def _height_pixels(points: str) -> int:
    return int(float(points) * 4 / 3)
