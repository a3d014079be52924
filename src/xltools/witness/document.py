"""Reads the figures of a published document in Word, HTML or Markdown."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

from xltools.witness.form import FormFigure, FormFigures
from xltools.witness.labels import GridPlace, LabelGrid, found_in, plain
from xltools.witness.value import Unknown, Value, printed

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_MOST = 1000  # rows or columns of one cell
_SpannedText = tuple[str, int, int]  # a cell: its text and the numbers of rows and columns that it spans


def printed_values(content: bytes, form: FormFigures) -> dict[str, Value] | Unknown:
    """Return the value of each figure in a document, or the reason why the document cannot be read.

    If two tables have the same labels, the first is read; the others belong to an annex.
    """
    if content.startswith(b"PK"):
        tables = list(_word(content))
    elif content.startswith(b"%PDF") or b"\0" in content:
        return Unknown("not-opened")
    else:
        text = content.decode("utf-8-sig", "replace")
        if "<table" not in text:
            return _markdown(text, form)
        tables = list(_page(text))
    found: dict[str, Value] = {
        name: Unknown("not-found") for name in (*form.fields, *form.lists, *form.figures)
    }
    for grid in reversed([grid for grid in tables if not _is_list(grid.texts.values(), form)]):
        for name, places in found_in(grid, form.figures.values()).items():
            if len(places) == 1:
                found[name] = printed(grid.texts.get(places[0], ""))
            elif places:
                found[name] = Unknown("places")
    return found


def _grid(rows: list[list[_SpannedText]]) -> LabelGrid:
    texts: dict[GridPlace, str] = {}
    anchors: dict[GridPlace, GridPlace] = {}
    for row, cells in enumerate(rows):
        column = 0
        for text, down, across in cells:
            while (row, column) in texts:
                column += 1
            for place in ((row + r, column + c) for r in range(down) for c in range(across)):
                texts[place], anchors[place] = text, (row, column)
            column += across
    return LabelGrid(texts, anchors)


class _TableParser(HTMLParser):
    """Collects the rows of each table of an HTML page. Nested tables are not supported; end tags may be missing."""

    def __init__(self) -> None:
        super().__init__()
        self.tables: list[list[list[_SpannedText]]] = []
        self._is_open = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        about = dict(attrs)
        if tag in {"table", "tr", "td", "th"}:
            self._is_open = False  # a cell that was not closed ends here
        if tag == "table":
            self.tables.append([])
        elif tag == "tr" and self.tables:
            self.tables[-1].append([])
        elif tag in {"td", "th"} and self.tables and self.tables[-1]:
            self.tables[-1][-1].append(("", _span(about.get("rowspan")), _span(about.get("colspan"))))
            self._is_open = True

    def handle_endtag(self, tag: str) -> None:
        if tag in {"td", "th", "tr", "table"}:
            self._is_open = False

    def handle_data(self, data: str) -> None:
        if self._is_open:
            text, down, across = self.tables[-1][-1].pop()
            self.tables[-1][-1].append((text + data, down, across))


def _span(text: str | None) -> int:
    """Return how many rows or columns a cell takes; anything but a number up to 1,000 counts as one."""
    return int(text) if text and text.isascii() and text.isdigit() and 1 <= int(text[:5]) <= _MOST else 1


def _page(text: str) -> Iterator[LabelGrid]:
    page = _TableParser()
    page.feed(text)
    yield from map(_grid, page.tables)


def _word(content: bytes) -> Iterator[LabelGrid]:
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        root = ET.fromstring(package.read("word/document.xml"))
    for table in root.iter(f"{_W}tbl"):
        yield _word_grid(table)


def _word_grid(table: ET.Element) -> LabelGrid:
    texts: dict[GridPlace, str] = {}
    anchors: dict[GridPlace, GridPlace] = {}
    for row, line in enumerate(table.iter(f"{_W}tr")):
        column = 0
        for cell in line.iter(f"{_W}tc"):
            merge, span = cell.find(f".//{_W}vMerge"), cell.find(f".//{_W}gridSpan")
            is_continued = merge is not None and merge.get(f"{_W}val") != "restart"
            anchor = anchors.get((row - 1, column), (row, column)) if is_continued else (row, column)
            own = "".join(t.text or "" for t in cell.iter(f"{_W}t"))
            text = texts.get(anchor, own) if is_continued else own
            for _ in range(int(span.get(f"{_W}val", "1")) if span is not None else 1):
                texts[row, column], anchors[row, column] = text, anchor
                column += 1
    return LabelGrid(texts, anchors)


def _markdown(text: str, form: FormFigures) -> dict[str, Value]:
    """Read the figures of a Markdown document, whose tables join the labels of a row or column by ``/``."""
    tables = [
        [re.split(r"(?<!\\)\|", line)[1:-1] for line in block.splitlines()]
        for block in re.findall(r"(?:^\|.*\|$\n?)+", text, re.MULTILINE)
    ]
    found: dict[str, Value] = {
        name: Unknown("not-found") for name in (*form.fields, *form.lists, *form.figures)
    }
    texts: dict[str, list[Value]] = {}
    for table in reversed([table for table in tables if not _is_list(map(_joined, table[0]), form)]):
        heads, rows = [_joined(cell) for cell in table[0]], table[2:]
        for name, figure in form.figures.items():
            for row in rows:
                for head, cell in zip(heads, row, strict=False):
                    if _is_at(figure, heads[0], _joined(row[0]), head):
                        texts.setdefault(name, []).append(printed(cell.replace("\\", "")))
    for name, values in texts.items():  # the first table is the last here, and so is that on the left
        index, _ = form.figures[name].twin or (0, 1)
        found[name] = values[-1 - index] if index < len(values) else Unknown("places")
    return found


def _is_list(texts: Iterable[str], form: FormFigures) -> bool:
    """Return whether a table with these texts prints a list: it has all of its heads."""
    there = set(map(plain, texts))
    return any(there.issuperset(map(plain, heads)) for heads in form.list_heads)


def _joined(cell: str) -> str:
    return plain(cell.replace("\\", ""))


def _is_at(figure: FormFigure, corner: str, row: str, head: str) -> bool:
    if figure.is_wide:
        return head == plain("/".join((*figure.row, *figure.column)))
    is_row = row == plain("/".join(figure.row)) and head == plain("/".join(figure.column))
    return is_row and corner.startswith(plain(figure.caption))
