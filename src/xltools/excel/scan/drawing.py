"""Reads what is drawn over the cells of a worksheet: pictures, shapes, text boxes and charts."""

from __future__ import annotations

from xltools.excel.scan.facts import DrawnObject
from xltools.form.address import COLUMNS, ROWS
from xltools.office.guard import Limits, XmlPart, beyond
from xltools.office.parsing import parse, true

_COLUMN, _ROW = 609_600, 190_500  # of a cell with the usual width and height, in EMU
_MOST = 4  # such cells; of an object without a last cell, each is taken to be as large as so many
_ANCHORS = {"twoCellAnchor", "oneCellAnchor"}
_OBJECTS = {"sp", "pic", "graphicFrame", "cxnSp"}


def objects(part: XmlPart, limits: Limits) -> list[DrawnObject]:  # noqa: C901  one case for each element
    """Read the objects of a drawing that cover cells; hidden ones, and empty shapes without a filling, cover none."""
    found: list[DrawnObject] = []
    numbers: dict[str, int] = {}
    end_name, chunks = "", list[str]()
    is_hidden = has_text = is_filled = is_object = False

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal end_name, is_hidden, has_text, is_filled, is_object
        name = tag.rpartition(":")[2]
        if name in _ANCHORS:
            numbers.clear()
            is_hidden = has_text = is_object = False
            is_filled = True
        elif name in {"from", "to"}:
            end_name = name
        elif name == "ext" and "cx" in attributes and "cx" not in numbers:
            numbers.update({key: int(attributes.get(key, "0")) for key in ("cx", "cy")})
        elif name in _OBJECTS:
            is_object = True
        elif name == "cNvPr" and true(attributes.get("hidden")):
            is_hidden = True
        elif name == "noFill" and is_object:
            is_filled = False
        elif name in {"blip", "ln"}:
            is_filled = True
        chunks.clear()

    def end(tag: str) -> None:
        nonlocal has_text
        name = tag.rpartition(":")[2]
        if name in {"col", "colOff", "row", "rowOff"}:
            numbers[f"{end_name}.{name}"] = int("".join(chunks))
        elif name == "t" and "".join(chunks).strip():
            has_text = True
        elif name in _ANCHORS and is_object and not is_hidden and (is_filled or has_text):
            found.append(DrawnObject(_bounds(numbers), has_text))
            if len(found) > limits.ranges:
                raise beyond("ranges", limits)

    parse(part, start, end, chunks.append)
    return found


def _bounds(numbers: dict[str, int]) -> tuple[int, int, int, int]:
    """Return the cells of which at least a good part lies below an object."""
    top, left = (
        numbers.get(f"from.{what}", 0) + (numbers.get(f"from.{what}Off", 0) > size * 3 // 4)
        for what, size in (("row", _ROW), ("col", _COLUMN))
    )
    if "to.row" not in numbers:
        sizes = numbers.get("cy", 0) // (_ROW * _MOST), numbers.get("cx", 0) // (_COLUMN * _MOST)
        bottom, right = top + sizes[0], left + sizes[1]
    else:
        bottom, right = (
            numbers.get(f"to.{what}", 0) - (numbers.get(f"to.{what}Off", 0) < size // 4)
            for what, size in (("row", _ROW), ("col", _COLUMN))
        )
    return top, left, min(bottom, ROWS - 1), min(right, COLUMNS - 1)
