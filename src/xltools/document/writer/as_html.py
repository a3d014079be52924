"""A document as one clean page of HTML, to be shown as it is or pasted into the editor of a web site.

Every figure of a table names its heads (``headers``), the outermost first, so that a screen reader says which figure it
is: the heads of these tables are merged in several levels and in bands, and no program can tell that from ``scope`` alone
(HTML, 4.9.12.2; WCAG 2.1 technique H43).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

from xltools.data.document import Block, Box, Chart, Document, Heading, PageBreak, Paragraph, Table
from xltools.document.charting import as_table, described
from xltools.document.markup import Content, Markup, markup, tag
from xltools.document.writer.svg import picture
from xltools.text import clerk

_LOWEST = 6  # level of a heading
_META = '<meta name="viewport" content="width=device-width, initial-scale=1">'
_HEADS = {"caption", "heading", "column", "row", "corner"}


def render(document: Document) -> bytes:
    """The page, as UTF-8."""
    title = tag("title", document.title)
    head = f'<meta charset="utf-8">\n{_META}\n{title}\n<style>\n{_style()}</style>'
    body = tag("article", "\n", *(markup((one, "\n")) for one in _content(document)), lang="zh-CN")
    page = (
        f'<!DOCTYPE html>\n<html lang="zh-CN">\n<head>\n{head}\n</head>\n<body>\n{body}\n</body>\n</html>\n'
    )
    return page.encode()


@cache
def _style() -> str:
    return Path(__file__).with_name("page.css").read_text(encoding="utf-8")


def _content(document: Document) -> Iterator[Markup]:
    if document.draft:
        yield tag("p", tag("strong", clerk()("document.draft")), class_="draft")
    yield tag("h1", document.title)
    for number, block in enumerate(document.blocks, 1):
        yield from _block(block, f"t{number}")


def _block(block: Block, name: str) -> Iterator[Markup]:
    if isinstance(block, Heading):
        yield tag(f"h{min(max(block.level, 1) + 1, _LOWEST)}", block.text)
    elif isinstance(block, Paragraph):
        yield tag("p", _lines(block.text), class_=None if block.role == "body" else block.role)
    elif isinstance(block, Table):
        yield _table(block, name)
    elif isinstance(block, Chart):
        yield tag(
            "figure",
            picture(block, described(block), name),
            "\n",
            _table(as_table(block), name),
            class_="chart",
        )
    else:
        assert isinstance(block, PageBreak)  # noqa: S101  there are no others
        yield tag("hr", class_="page")


def _table(table: Table, name: str) -> Markup:
    bands = _bands(table)
    body = [
        tag(kind, "\n", *(markup((_row(table, row, name), "\n")) for row in range(start, end)))
        for kind, start, end in bands
    ]
    look = "words" if any(box.role == "text" for box in table.boxes) else None
    return tag(
        "table", "\n", tag("caption", table.title), "\n", *(markup((one, "\n")) for one in body), class_=look
    )


def _bands(table: Table) -> list[tuple[str, int, int]]:
    """The rows in groups: the head, then one body for each band that has a caption."""
    captions = sorted({box.area.row for box in table.boxes if box.role == "caption"} - set(range(table.head)))
    starts = sorted({table.head, *captions})
    bodies = [("tbody", start, end) for start, end in zip(starts, [*starts[1:], table.height], strict=True)]
    return [("thead", 0, table.head), *bodies] if table.head else bodies


def _row(table: Table, row: int, name: str) -> Markup:
    starts = [table.places[row, column] for column in range(len(table.widths))]
    boxes = [box for column, box in enumerate(starts) if box.area.anchor == (row, column)]
    return tag("tr", *(_cell(table, box, name) for box in boxes))


def _cell(table: Table, box: Box, name: str) -> Markup:
    spans = {
        "rowspan": box.area.rows if box.area.rows > 1 else None,
        "colspan": box.area.columns if box.area.columns > 1 else None,
    }
    if box.role not in _HEADS:
        heads = " ".join(_anchor(head, name) for head in table.heads(box))
        look = "words" if box.role == "text" else None
        return tag("td", _lines(box.text), headers=heads or None, class_=look, **spans)
    if not box.text:
        return tag("td", **spans)  # a head that says nothing is none
    return tag("th", _lines(box.text), id=_anchor(box, name), scope=_scope(box), **spans)


def _scope(box: Box) -> str:
    if box.role == "row":
        return "rowgroup" if box.area.rows > 1 else "row"
    if box.role == "caption":
        return "rowgroup"
    return "colgroup" if box.area.columns > 1 else "col"


def _anchor(box: Box, name: str) -> str:
    return f"{name}-{box.area.row + 1}-{box.area.column + 1}"


def _lines(text: str) -> Content:
    """The text; where it has lines, with breaks between."""
    lines = text.split("\n")
    return [lines[0], *(part for line in lines[1:] for part in (Markup("<br>"), line))]
