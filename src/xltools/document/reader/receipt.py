"""Read a receipt, page or text, as people see it: the hashes and the figures that it prints.

Figures are taken by their places in the official tables, or by the addresses of their cells. A receipt in which a table, a
figure or a hash is not where :mod:`xltools.document.receipt` writes it is no receipt.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal

from xltools.data.document import Box
from xltools.data.number import NO_VALUE
from xltools.data.receipt import ReadReceipt
from xltools.document.official import official_table, top_row
from xltools.document.reader.flow import CellGrid
from xltools.document.reader.web import read_page
from xltools.document.receipt import FACTS, NUMBERED, field_figures, field_table
from xltools.files import decoded
from xltools.form.layout import layout
from xltools.form.model import Form
from xltools.form.places import Sheet
from xltools.office.guard import Budget
from xltools.text import clerk

_SHA256 = r"[0-9a-f]{64}"
_FIGURE = rf"-?[0-9]+(?:\.[0-9]+)?|{NO_VALUE}|"  # a blank one is empty
_SHEET_LINE = r"\[(.+)\]"
_FIGURE_LINE = rf"  ([A-Z]+[0-9]+)  .*：({_FIGURE})"

_Texts = Mapping[str, str]


def read_receipt(data: bytes, form: Form, budget: Budget) -> ReadReceipt | None:
    """Return the receipt in *data*, or ``None`` if it is none for a return on *form*.

    Raises :class:`ScanError` if it is larger than a document may be.
    """
    budget.reserve("text", len(data))
    text = decoded(data)
    if text is None:
        return None
    is_page = text.lstrip().startswith("<")
    facts, figures = _of_page(text, form, budget) if is_page else _of_text(text, form)
    are_sums = all(re.fullmatch(_SHA256, facts.get(key, "")) for key in ("sha256", "rollup-sha256"))
    is_whole = figures.keys() == form.cells.keys() and all(
        re.fullmatch(_FIGURE, one) for one in figures.values()
    )
    if facts.keys() != set(FACTS) or not are_sums or not is_whole:
        return None
    found = {name: Decimal(figure) for name, figure in figures.items() if figure not in {"", NO_VALUE}}
    agency, subject, sha256, rollup_sha256 = (facts[key] for key in FACTS)
    return ReadReceipt(agency, subject, sha256, rollup_sha256, found)


def _keys() -> dict[str, str]:
    """Return the key of each fact by the words that are printed for it."""
    return {clerk()(f"receipt.{key}"): key for key in FACTS}


def _of_text(text: str, form: Form) -> tuple[_Texts, _Texts]:
    keys, in_fields = _keys(), field_figures(form)
    names = {layout(form).address(name): name for name in form.cells if name not in in_fields}
    title = clerk()("receipt.fields")
    names |= {(title, f"{NUMBERED}{number}"): name for number, name in enumerate(in_fields, 1)}
    facts, figures = dict[str, str](), dict[str, str]()
    sheet = ""
    for line in text.split("\n"):
        item, _, content = line.rstrip("\r").partition("：")
        if item in keys:
            facts.setdefault(keys[item], content)
        elif found := re.fullmatch(_SHEET_LINE, line.rstrip()):
            sheet = found[1]
        elif found := re.fullmatch(_FIGURE_LINE, line.rstrip()):
            figures.setdefault(names.get((sheet, found[1]), ""), found[2])
    return facts, figures


def _of_page(text: str, form: Form, budget: Budget) -> tuple[_Texts, _Texts]:
    keys = _keys()
    grids = [item for item in read_page(text, budget) if isinstance(item, CellGrid)]
    rows = grids[0].rows if grids else ()
    facts = {keys[row[0]]: row[1] for row in rows if len(row) > 1 and row[0] in keys}
    figures: dict[str, str] = {}
    for sheet in layout(form).sheets:
        if sheet.cells and (grid := next((one for one in grids if _is_table(one, form, sheet)), None)):
            top = top_row(sheet)
            for name, area in sheet.cells.items():
                figures[name] = grid.at[area.row - top, area.column].text
    if table := field_table(form, None):
        boxes, names = table.boxes, field_figures(form)
        if grid := next((one for one in grids if _has_labels(one, boxes)), None):
            figures |= {name: grid.at[row, 1].text for row, name in enumerate(names, 1)}
    return facts, figures


def _is_table(grid: CellGrid, form: Form, sheet: Sheet) -> bool:
    """Return whether *grid* is the official table of *sheet*: every label, and a cell for every figure, is in its place."""
    return _has_labels(grid, official_table(form, sheet.section, None).boxes)


def _has_labels(grid: CellGrid, boxes: Sequence[Box]) -> bool:
    if len(grid.cells) != len(boxes):
        return False
    pairs = [(box, grid.at.get(box.area.anchor)) for box in boxes]
    return all(
        cell is not None and (box.role == "figure" or cell.text.split() == box.text.split())
        for box, cell in pairs
    )
