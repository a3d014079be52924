"""The slip itself: the sheet that tells a clerk what is to be changed, where, and how, and asks for explanations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from xltools.data.finding import Place
from xltools.excel.formula import quoted
from xltools.excel.marking.marks import Row, Slip
from xltools.excel.marking.markup import escaped, made
from xltools.excel.marking.parts import HEAD
from xltools.excel.marking.styles import Styles
from xltools.excel.marking.unchanged import content_place, holds, unchanged, watched
from xltools.excel.marking_signs import CELL_MARKER, MARKER
from xltools.excel.scan import Fact, Facts
from xltools.excel.text_height import lines
from xltools.form.address import a1, column_name
from xltools.text import clerk

# Each column: how wide, and its look. The last two are hidden and bring an explanation back to its finding.
_COLUMNS = (
    (6.0, "centre"), (22.0, "link"), (24.0, "text"), (18.0, "centre"), (34.0, "text"), (34.0, "text"), (9.0, "status"),
    (32.0, "open"), (12.0, "text"), (12.0, "text"),
)  # fmt: skip
_PLACE, _STATUS, _EXPLANATION, _CODE = 1, 6, 7, 8
_LINE, _PADDING, _LEAST, _MOST = 14.5, 8.0, 24.0, 400.0  # points; Excel's limit is 409
_INDENT = 2.0  # narrow characters
_TITLE_HEIGHT = 34.0
_LONGEST = 32_000  # characters in a cell; Excel takes 32,767


@dataclass(frozen=True, slots=True)
class Page:
    """The slip's part as it is written, and the defined names that go with it."""

    xml: str
    names: Mapping[str, str]


class _Frame:
    """Where things stand on the slip, counted from 0."""

    def __init__(self, slip: Slip) -> None:
        self.head = len(slip.titles)
        self.first = self.head + 1
        self.last = self.head + len(slip.rows)

    def area(self, top: int, left: int, right: int, *, fixed: bool = False) -> str:
        """From there down to the last row."""
        d = "$" if fixed else ""
        return f"{d}{column_name(left)}{d}{top + 1}:{d}{column_name(right)}{d}{self.last + 1}"


def slip_page(
    slip: Slip, name: str, facts: Facts, styles: Styles, space: str, credentials: Mapping[str, str]
) -> Page:
    """The sheet called *name* over a workbook with these facts; *credentials* are what its protection is opened with."""
    frame = _Frame(slip)
    look = styles.cells
    rows = [*_titles(slip, look), _row(frame.head, _heads(slip), [look["head"]] * len(_COLUMNS), _LEAST)]
    rows += [_finding(frame.first + n, n + 1, row, facts, look) for n, row in enumerate(slip.rows)]
    inner = [
        made("sheetPr", None, made("tabColor", {"rgb": "FFFFC000"}) + made("pageSetUpPr", {"fitToPage": "1"})),
        made("dimension", {"ref": f"A1:{a1(frame.last, len(_COLUMNS) - 1)}"}),
        _view(frame),
        made("sheetFormatPr", {"defaultRowHeight": "15"}),
        made("cols", None, "".join(_columns())),
        made("sheetData", None, "".join(rows)),
        made("sheetProtection", _GUARD | dict(credentials)),
        made("autoFilter", {"ref": frame.area(frame.head, 0, len(_COLUMNS) - 1)}),
        _merges(slip),
        *_colors(frame, slip, styles),
        _links(frame, slip, facts),
        made("printOptions", {"horizontalCentered": "1"}),
        made("pageMargins", {"left": "0.5", "right": "0.5", "top": "0.6", "bottom": "0.6", "header": "0.3", "footer": "0.3"}),
        made("pageSetup", {"paperSize": "9", "fitToHeight": "0", "orientation": "landscape"}),
        made("headerFooter", None, made("oddFooter", None, escaped(clerk()("sheet.footer")))),
    ]  # fmt: skip
    own = quoted(name)
    names = {
        "_xlnm._FilterDatabase": f"{own}!{frame.area(frame.head, 0, len(_COLUMNS) - 1, fixed=True)}",
        "_xlnm.Print_Area": f"{own}!{frame.area(0, 0, _EXPLANATION, fixed=True)}",
        "_xlnm.Print_Titles": f"{own}!${frame.head + 1}:${frame.head + 1}",
        MARKER: f"{own}!${column_name(_CODE)}${frame.head + 1}",
    }
    return Page(f"{HEAD}{made('worksheet', {'xmlns': space}, ''.join(inner))}", names)


# Columns may be made wider and the table filtered, as on the other sheets.
_GUARD = {
    "sheet": "1", "formatColumns": "0", "formatRows": "0", "sort": "0", "autoFilter": "0",
}  # fmt: skip


def _view(frame: _Frame) -> str:
    corner, start = a1(frame.first, 0), a1(frame.first, _EXPLANATION)
    pane = {"ySplit": str(frame.first), "topLeftCell": corner, "activePane": "bottomLeft", "state": "frozen"}
    inner = made("pane", pane) + made(
        "selection", {"pane": "bottomLeft", "activeCell": start, "sqref": start}
    )
    view = {"showGridLines": "0", "tabSelected": "1", "workbookViewId": "0"}
    return made("sheetViews", None, made("sheetView", view, inner))


def _columns() -> Iterator[str]:
    for number, (width, _) in enumerate(_COLUMNS, 1):
        hidden = {"hidden": "1"} if number > _CODE else {}
        yield made(
            "col",
            {"min": str(number), "max": str(number), "width": f"{width:g}", **hidden, "customWidth": "1"},
        )


# -- rows


def _titles(slip: Slip, look: Mapping[str, int]) -> Iterator[str]:
    room = sum(width for width, _ in _COLUMNS[:_CODE])
    for row, text in enumerate(slip.titles):
        style = look["guide" if row else "title"]
        height = lines(text, room) * _LINE + _PADDING if row else _TITLE_HEIGHT
        yield _row(row, [_text(text)] + [""] * _EXPLANATION, [style] * _CODE, height)


def _heads(slip: Slip) -> list[str]:
    return [_text(text) for text in (*slip.heads, MARKER, CELL_MARKER)]


def _finding(row: int, number: int, item: Row, facts: Facts, look: Mapping[str, int]) -> str:
    words = [item.place, item.label, item.found, item.expected, item.mend]
    texts = [*map(_text, words), _status(item, facts), *map(_text, (item.explanation, item.code, item.cell))]
    styles = [look[name] for _, name in _COLUMNS]
    if not any(facts.sheet(place.sheet) for place in item.places[:1]):
        styles[_PLACE] = look["text"]
    shown = zip([*words, "", item.explanation], _COLUMNS[1:], strict=False)
    height = max(lines(text, width - _INDENT) for text, (width, _) in shown) * _LINE + _PADDING
    return _row(row, [made("v", None, str(number)), *texts], styles, min(_MOST, max(_LEAST, height)))


def _row(row: int, contents: Sequence[str], styles: Sequence[int], height: float) -> str:
    """A row of cells; each content is a cell's inner XML, which says by its first element of what type it is."""
    cells = ""
    for column, (content, style) in enumerate(zip(contents, styles, strict=True)):
        attributes = {"r": a1(row, column), "s": str(style)}
        if kind := next((kind for start, kind in _KINDS if content.startswith(start)), ""):
            attributes["t"] = kind
        cells += made("c", attributes, content)
    return made("row", {"r": str(row + 1), "ht": f"{height:g}", "customHeight": "1"}, cells)


_KINDS = (("<is>", "inlineStr"), ("<f>", "str"))


def _text(text: str) -> str:
    return made("is", None, made("t", {"xml:space": "preserve"}, escaped(text[:_LONGEST]))) if text else ""


def _status(item: Row, facts: Facts) -> str:
    """Whether the cells still hold what they held: computed wherever the file is opened."""
    cells = list(_watched(item.places, facts))
    formula = unchanged(cells)
    if not formula:
        return ""
    pending, changed = clerk()("slip.pending"), clerk()("slip.changed")
    result = pending if holds(fact for _, fact in cells) else changed
    status = f'IF(IFERROR({formula},FALSE),"{pending}","{changed}")'
    return made("f", None, escaped(status)) + made("v", None, escaped(result))


def _watched(places: Sequence[Place], facts: Facts) -> Iterator[tuple[str, Fact | None]]:
    for place in places:
        if sheet := facts.sheet(place.sheet):
            yield watched(sheet, content_place(sheet, place.address), f"{quoted(place.sheet)}!")


# -- around the cells


def _merges(slip: Slip) -> str:
    last = column_name(_EXPLANATION)
    merges = [made("mergeCell", {"ref": f"A{row}:{last}{row}"}) for row in range(1, len(slip.titles) + 1)]
    return made("mergeCells", {"count": str(len(merges))}, "".join(merges)) if merges else ""


def _colors(frame: _Frame, slip: Slip, styles: Styles) -> Iterator[str]:
    if not slip.rows:
        return
    area = frame.area(frame.first, _STATUS, _STATUS)
    for priority, key in enumerate(("pending", "changed"), 1):
        formula = f'${column_name(_STATUS)}{frame.first + 1}="{clerk()(f"slip.{key}")}"'
        rule = {"type": "expression", "dxfId": str(styles.conditional[key]), "priority": str(priority)}
        inner = made("cfRule", rule, made("formula", None, escaped(formula)))
        yield made("conditionalFormatting", {"sqref": area}, inner)


def _links(frame: _Frame, slip: Slip, facts: Facts) -> str:
    links = ""
    for row, item in enumerate(slip.rows, frame.first):
        target = item.places[0] if item.places else None
        if target and facts.sheet(target.sheet):
            location = f"{quoted(target.sheet)}!{target.address}"
            links += made("hyperlink", {"ref": a1(row, _PLACE), "location": location, "display": item.place})
    return made("hyperlinks", None, links) if links else ""
