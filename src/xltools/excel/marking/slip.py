"""Write the slip: the sheet that lists what to correct, where and how, with a column for explanations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from xltools.data.finding import Place
from xltools.excel.formula import quoted
from xltools.excel.marking.marks import Slip, SlipRow
from xltools.excel.marking.parts import HEAD
from xltools.excel.marking.styles import StyleIndexes
from xltools.excel.marking.unchanged import all_right, content_place, same_sums, unchanged, watched
from xltools.excel.marking.workbook_part import FILTER
from xltools.excel.marking.xml_editor import escaped, xml_element
from xltools.excel.marking_signs import CELL_MARKER, LINEAGE_MARKER, MARKER, NO_READING
from xltools.excel.scan import Fact, Facts
from xltools.excel.text_height import lines, wrapped_parts
from xltools.form.address import a1, column_name
from xltools.text import clerk

# Width and cell style of each column. The last three are hidden: two identify the finding that an explanation answers, and
# the head of the last one holds the SHA-256 sums of the files that this one was made from.
_COLUMNS = (
    (6.0, "centre"), (24.0, "link"), (22.0, "text"), (16.0, "centre"), (44.0, "text"), (44.0, "text"), (9.0, "status"),
    (30.0, "open"), (12.0, "text"), (12.0, "text"), (12.0, "text"),
)  # fmt: skip
_LAST = len(_COLUMNS) - 1
_PLACE, _STATUS, _EXPLANATION, _CODE, _CELL = 1, 6, 7, 8, 9
_LINE, _PADDING, _LEAST, _MOST = 14.5, 8.0, 24.0, 400.0  # points; Excel's limit is 409
_MOST_LINES = int((_MOST - _PADDING) / _LINE)  # of a row; a longer text goes on in the next row
_STATES = ("pending", "changed", "settled")  # what the status says
_INDENT = 2.0  # narrow characters
_TITLE_HEIGHT = 34.0
_LONGEST = 32_000  # characters in a cell; Excel takes 32,767


@dataclass(frozen=True, slots=True)
class SlipPart:
    """The XML of the slip's part, and the defined names that belong to it."""

    xml: str
    names: Mapping[str, str]


class _Rows:
    """The rows of the slip, counted from 0: the head, the first row of each finding, and the last row."""

    def __init__(self, slip: Slip) -> None:
        self.head = len(slip.titles)
        self.first = self.head + 1
        self.texts = [_in_rows(row) for row in slip.rows]
        self.starts = [self.first + sum(map(len, self.texts[:n])) for n in range(len(self.texts))]
        self.last = self.head + sum(map(len, self.texts))

    def area(self, top: int, left: int, right: int, *, absolute: bool = False) -> str:
        """Return the range of these columns from the row *top* to the last row."""
        d = "$" if absolute else ""
        return f"{d}{column_name(left)}{d}{top + 1}:{d}{column_name(right)}{d}{self.last + 1}"


def slip_part(
    slip: Slip, name: str, facts: Facts, styles: StyleIndexes, space: str, credentials: Mapping[str, str]
) -> SlipPart:
    """Return the part of a sheet called *name* for the workbook with these facts.

    *space* is the main namespace of the workbook, *credentials* are attributes with the hashed password of the sheet.
    """
    rows, cells = _Rows(slip), styles.cells
    lineage = " ".join((LINEAGE_MARKER, slip.reading or NO_READING, *slip.sources))
    heads = [_text_xml(text) for text in (*slip.heads, MARKER, CELL_MARKER, lineage)]
    data = [*_title_rows(slip, cells), _row_xml(rows.head, heads, [cells["head"]] * len(_COLUMNS), _LEAST)]
    for number, (start, row, texts) in enumerate(zip(rows.starts, slip.rows, rows.texts, strict=True), 1):
        data += _finding_rows(start, number, row, texts, facts, cells)
    colour = xml_element("tabColor", {"rgb": "FFFFC000"})
    content = [
        xml_element("sheetPr", None, colour + xml_element("pageSetUpPr", {"fitToPage": "1"})),
        xml_element("dimension", {"ref": f"A1:{a1(rows.last, _LAST)}"}),
        _view_xml(rows),
        xml_element("sheetFormatPr", {"defaultRowHeight": "15"}),
        xml_element("cols", None, "".join(_column_elements())),
        xml_element("sheetData", None, "".join(data)),
        xml_element("sheetProtection", _PROTECTION | dict(credentials)),
        xml_element("autoFilter", {"ref": rows.area(rows.head, 0, _CELL)}),
        _merged_titles(slip),
        *_status_colors(rows, slip, styles),
        _links(rows, slip, facts),
        xml_element("printOptions", {"horizontalCentered": "1"}),
        xml_element("pageMargins", _MARGINS),
        xml_element("pageSetup", {"paperSize": "9", "fitToHeight": "0", "orientation": "landscape"}),
        xml_element("headerFooter", None, xml_element("oddFooter", None, escaped(clerk()("sheet.footer")))),
    ]
    sheet = quoted(name)
    names = {
        FILTER: f"{sheet}!{rows.area(rows.head, 0, _CELL, absolute=True)}",
        "_xlnm.Print_Area": f"{sheet}!{rows.area(0, 0, _EXPLANATION, absolute=True)}",
        "_xlnm.Print_Titles": f"{sheet}!${rows.head + 1}:${rows.head + 1}",
        MARKER: f"{sheet}!${column_name(_CODE)}${rows.head + 1}",
    }
    return SlipPart(f"{HEAD}{xml_element('worksheet', {'xmlns': space}, ''.join(content))}", names)


# As on the other sheets, columns can be widened and the table can be filtered.
_PROTECTION = {"sheet": "1", "formatColumns": "0", "formatRows": "0", "sort": "0", "autoFilter": "0"}
_MARGINS = {"left": "0.5", "right": "0.5", "top": "0.6", "bottom": "0.6", "header": "0.3", "footer": "0.3"}


def _view_xml(rows: _Rows) -> str:
    corner, start = a1(rows.first, 0), a1(rows.first, _EXPLANATION)
    pane = {"ySplit": str(rows.first), "topLeftCell": corner, "activePane": "bottomLeft", "state": "frozen"}
    selection = {"pane": "bottomLeft", "activeCell": start, "sqref": start}
    view = {"showGridLines": "0", "tabSelected": "1", "workbookViewId": "0"}
    content = xml_element("pane", pane) + xml_element("selection", selection)
    return xml_element("sheetViews", None, xml_element("sheetView", view, content))


def _column_elements() -> Iterator[str]:
    for number, (width, _) in enumerate(_COLUMNS, 1):
        hidden = {"hidden": "1"} if number > _CODE else {}
        size = {"min": str(number), "max": str(number), "width": f"{width:g}"}
        yield xml_element("col", size | hidden | {"customWidth": "1"})


# -- rows


def _title_rows(slip: Slip, styles: Mapping[str, int]) -> Iterator[str]:
    width = sum(width for width, _ in _COLUMNS[:_CODE])
    for row, text in enumerate(slip.titles):
        style = styles["guide" if row else "title"]
        height = lines(text, width) * _LINE + _PADDING if row else _TITLE_HEIGHT
        yield _row_xml(row, [_text_xml(text)] + [""] * _EXPLANATION, [style] * _CODE, height)


def _in_rows(item: SlipRow) -> list[tuple[str, ...]]:
    """Return the texts of a finding, in the order of the columns from the place on, for each row that it takes."""
    widths = [width - _INDENT for width, _ in _COLUMNS[_PLACE:]]
    texts = (item.place, item.label, item.found, item.expected, item.steps, "", item.explanation)
    parts = [
        wrapped_parts(text[:_LONGEST], width, _MOST_LINES) for text, width in zip(texts, widths, strict=False)
    ]
    parts[-1] = [item.explanation]  # which is read again and has to be in one cell
    return list(zip_longest(*parts, fillvalue=""))


def _finding_rows(
    row: int,
    number: int,
    item: SlipRow,
    texts: Sequence[tuple[str, ...]],
    facts: Facts,
    styles: Mapping[str, int],
) -> Iterator[str]:
    """Yield the row of a finding; if its texts are too long for one row, others with their rest but without its keys."""
    for place, (*before, _, explanation) in enumerate(texts):
        after = ["", "", "", ""] if place else [_status(item, facts), explanation, item.code, item.cell]
        status, *keys = after
        is_link = not place and any(facts.sheet(one.sheet) for one in item.places[:1])
        contents = [
            xml_element("v", None, str(number)),
            _link_text(before[0]) if is_link else _text_xml(before[0]),
            *map(_text_xml, before[1:]),
            status,
            *map(_text_xml, [*keys, ""]),
        ]
        indexes = [styles[name] for _, name in _COLUMNS]
        if not is_link:
            indexes[_PLACE] = styles["text"]
        if place:
            indexes[_EXPLANATION] = styles["text"]
        sized = zip([*before, "", explanation], _COLUMNS[_PLACE:], strict=False)
        height = max(lines(text, width - _INDENT) for text, (width, _) in sized) * _LINE + _PADDING
        yield _row_xml(row + place, contents, indexes, min(_MOST, max(_LEAST, height)))


def _row_xml(row: int, contents: Sequence[str], styles: Sequence[int], height: float) -> str:
    """Return a row of cells; the type of a cell follows from the first element of its content."""
    cells = ""
    for column, (content, style) in enumerate(zip(contents, styles, strict=True)):
        attributes = {"r": a1(row, column), "s": str(style)}
        if kind := next((kind for start, kind in _CELL_TYPES if content.startswith(start)), ""):
            attributes["t"] = kind
        cells += xml_element("c", attributes, content)
    return xml_element("row", {"r": str(row + 1), "ht": f"{height:g}", "customHeight": "1"}, cells)


_CELL_TYPES = (("<is>", "inlineStr"), ("<f>", "str"))


def _text_xml(text: str) -> str:
    if not text:
        return ""
    return xml_element("is", None, xml_element("t", {"xml:space": "preserve"}, escaped(text)))


_LONGEST_LITERAL = 250  # characters of a text in a formula; Excel takes 255
_LONGEST_FORMULA = 8000


def _link_text(text: str) -> str:
    """Return the text of a link; as a formula if it has several lines, because LibreOffice wraps no text that is a link."""
    if lines(text, _COLUMNS[_PLACE][0] - _INDENT) == 1:
        return _text_xml(text)
    pieces = [text[start : start + _LONGEST_LITERAL] for start in range(0, len(text), _LONGEST_LITERAL)]
    formula = "&".join('"' + piece.replace('"', '""') + '"' for piece in pieces)
    if len(formula) > _LONGEST_FORMULA:
        return _text_xml(text)
    return xml_element("f", None, escaped(formula)) + xml_element("v", None, escaped(text))


def _status(item: SlipRow, facts: Facts) -> str:
    """Return the formula that shows whether the cells have changed or are right, with its result in the marked file."""
    formula = unchanged(_watched_cells(item.places, facts), same_sums(item.sums, facts))
    if not formula:
        return ""
    pending, changed, settled = (clerk()(f"slip.{key}") for key in _STATES)
    right = all_right(item.right)
    before = f'IF({right},"{settled}","{pending}")' if right else f'"{pending}"'
    status = f'IF(IFERROR({formula},FALSE),{before},"{changed}")'
    return xml_element("f", None, escaped(status)) + xml_element("v", None, escaped(pending))


def _watched_cells(places: Sequence[Place], facts: Facts) -> Iterator[tuple[str, Fact | None]]:
    for place in places:
        if sheet := facts.sheet(place.sheet):
            yield watched(sheet, content_place(sheet, place.address), f"{quoted(place.sheet)}!")


# -- merged cells, colours, links


def _merged_titles(slip: Slip) -> str:
    last = column_name(_EXPLANATION)
    merges = [
        xml_element("mergeCell", {"ref": f"A{row}:{last}{row}"}) for row in range(1, len(slip.titles) + 1)
    ]
    return xml_element("mergeCells", {"count": str(len(merges))}, "".join(merges)) if merges else ""


def _status_colors(rows: _Rows, slip: Slip, styles: StyleIndexes) -> Iterator[str]:
    if not slip.rows:
        return
    area = rows.area(rows.first, _STATUS, _STATUS)
    for priority, key in enumerate(_STATES, 1):
        formula = f'${column_name(_STATUS)}{rows.first + 1}="{clerk()(f"slip.{key}")}"'
        rule = {
            "type": "expression",
            "dxfId": str(styles.conditional["pending" if key == "pending" else "changed"]),
            "priority": str(priority),
        }
        content = xml_element("cfRule", rule, xml_element("formula", None, escaped(formula)))
        yield xml_element("conditionalFormatting", {"sqref": area}, content)


def _links(rows: _Rows, slip: Slip, facts: Facts) -> str:
    links = ""
    for row, item in zip(rows.starts, slip.rows, strict=True):
        target = item.places[0] if item.places else None
        if target and facts.sheet(target.sheet):
            location = f"{quoted(target.sheet)}!{target.address}"
            link = {"ref": a1(row, _PLACE), "location": location, "display": item.place}
            links += xml_element("hyperlink", link)
    return xml_element("hyperlinks", None, links) if links else ""
