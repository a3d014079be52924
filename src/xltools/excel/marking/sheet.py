"""A worksheet's own part: colours that last as long as the cells do not change, and the reference to its comments.

ECMA-376 part 1, 18.3.1.99 (CT_Worksheet) gives the order of a worksheet's elements.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from xltools.excel.marking.markup import Attributes, Element, Markup, escaped
from xltools.excel.marking.parts import Parts
from xltools.excel.marking_signs import RULE
from xltools.form.address import COLUMNS, ROWS

ORDER = (
    "sheetPr", "dimension", "sheetViews", "sheetFormatPr", "cols", "sheetData", "sheetCalcPr", "sheetProtection",
    "protectedRanges", "scenarios", "autoFilter", "sortState", "dataConsolidate", "customSheetViews", "mergeCells",
    "phoneticPr", "conditionalFormatting", "dataValidations", "hyperlinks", "printOptions", "pageMargins",
    "pageSetup", "headerFooter", "rowBreaks", "colBreaks", "customProperties", "cellWatches", "ignoredErrors",
    "smartTags", "drawing", "legacyDrawing", "legacyDrawingHF", "drawingHF", "picture", "oleObjects", "controls",
    "webPublishItems", "tableParts", "extLst",
)  # fmt: skip
_MOST_PRIORITY = (1 << 31) - 1


def but_cells(name: str, attributes: Attributes) -> bool:
    """What of a worksheet's part need not be indexed: its cells, and rows that say nothing of their height."""
    return name == "c" or (name == "row" and attributes.keys().isdisjoint({"ht", "hidden"}))


class Colored(NamedTuple):
    """Cells that are coloured as long as a formula holds."""

    addresses: tuple[str, ...]
    formula: str


def color(markup: Markup, areas: Sequence[Colored], look: int) -> None:
    """Give the cells that conditional look, behind all rules there are."""
    priority = 1 + max((p for p in _priorities(markup.root) if p < _MOST_PRIORITY), default=0)
    for number, (addresses, formula) in enumerate(areas):
        attributes = {"type": "expression", "dxfId": str(look), "priority": str(priority + number)}
        rule = markup.make("cfRule", attributes, markup.make("formula", None, escaped(formula)))
        xml = markup.make("conditionalFormatting", {"sqref": " ".join(addresses)}, rule)
        markup.place("conditionalFormatting", ORDER, xml)


def _priorities(root: Element) -> Iterator[int]:
    """The priorities of all rules, those in the extensions of later Excels included."""
    for rule in root.within("cfRule"):
        if (text := rule.attributes.get("priority", "")).isdecimal():
            yield int(text)


def uncolor(markup: Markup) -> None:
    """Take our rules away, and the element around them where it held nothing else."""
    for group in markup.root.all("conditionalFormatting"):
        rules = group.all("cfRule")
        ours = [rule for rule in rules if any(RULE in formula.text for formula in rule.all("formula"))]
        for element in [group] if len(ours) == len(rules) else ours:
            markup.remove(element)


def deselect(markup: Markup) -> None:
    """The sheet is not the one that is shown: two that are selected would be edited together."""
    for views in markup.root.all("sheetViews"):
        for view in views.all("sheetView"):
            if view.attributes.get("tabSelected") in {"1", "true"}:
                markup.set(view, "tabSelected", "0")


def refer_to_drawing(markup: Markup, identity: str, base: str) -> None:
    """Refer to the part with the shapes of comments by its relation."""
    prefix = next((p for p, space in markup.spaces.items() if space == base and p), "")
    attributes = {f"{prefix or 'r'}:id": identity} | ({} if prefix else {"xmlns:r": base})
    markup.place("legacyDrawing", ORDER, markup.make("legacyDrawing", attributes))


def forget_drawing(markup: Markup, identity: str) -> None:
    """Take that reference away."""
    for element in markup.root.all("legacyDrawing"):
        if element.reference() == identity:
            markup.remove(element)


_OPENED_WITH = {"password", "algorithmName", "hashValue", "saltValue", "spinCount"}


def credentials(parts: Parts, sheets: Iterable[str]) -> dict[str, str]:
    """What the protection of the first protected sheet is opened with; empty when it needs no password."""
    for part in sheets:
        protection = parts.root(part, but_cells).first("sheetProtection")
        if protection is not None:
            return {key: value for key, value in protection.attributes.items() if key in _OPENED_WITH}
    return {}


# -- how large its columns and rows are, to find room for a comment

_WIDTH, _HEIGHT = 64, 20  # pixels of a column and a row of which nothing is said
_LAST_COLUMN, _LAST_ROW = COLUMNS - 1, ROWS - 1


class Grid:
    """Where columns and rows stand, in pixels."""

    def __init__(self, root: Element) -> None:
        form = root.first("sheetFormatPr")
        said: Mapping[str, str] = form.attributes if form else {}
        self._width = _wide(said["defaultColWidth"]) if "defaultColWidth" in said else _WIDTH
        self._height = _high(said["defaultRowHeight"]) if "defaultRowHeight" in said else _HEIGHT
        self._columns = [c for group in root.all("cols") for c in group.all("col")]
        rows = (row for data in root.all("sheetData") for row in data.all("row"))
        self._rows = {int(row.attributes["r"]) - 1: row.attributes for row in rows if "r" in row.attributes}

    def _column(self, column: int) -> int:
        for element in self._columns:
            said = element.attributes
            if int(said["min"]) <= column + 1 <= int(said["max"]):
                hidden = said.get("hidden") in {"1", "true"}
                return 0 if hidden else _wide(said["width"]) if "width" in said else self._width
        return self._width

    def _row(self, row: int) -> int:
        said = self._rows.get(row, {})
        if said.get("hidden") in {"1", "true"}:
            return 0
        return _high(said["ht"]) if "ht" in said else self._height

    def anchor(self, row: int, column: int, width: int, height: int) -> str:
        """A box of that size beside a cell, as a drawing says it: column, offset, row, offset of two corners."""
        left = min(column + 1, _LAST_COLUMN - 1)
        top = max(0, row - 1)
        right, x = self._reached(self._column, left, _MARGIN + width, _LAST_COLUMN)
        bottom, y = self._reached(self._row, top, _MARGIN + height, _LAST_ROW)
        return f"{left}, {_MARGIN}, {top}, {_MARGIN}, {right}, {x}, {bottom}, {y}"

    @staticmethod
    def _reached(size: Callable[[int], int], start: int, distance: int, last: int) -> tuple[int, int]:
        while start < last and distance >= size(start):
            distance -= size(start)
            start += 1
        return start, distance


_MARGIN = 8


def _wide(characters: str) -> int:
    return int(float(characters) * 7 + 5)


def _high(points: str) -> int:
    return int(float(points) * 4 / 3)
