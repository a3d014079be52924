"""Write a document as Markdown (CommonMark with GitHub's pipe tables), to read, to compare, or for other programs.

A pipe table has one row of heads and no merged cells. Each band of a table becomes a table of its own. The labels of a
row become one cell, those of a column one head, joined by ``/`` from the outermost to the innermost.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from xltools.data.document import BoxRole, ChartBlock, Document, DocumentBlock, Heading, Paragraph, Table
from xltools.document.charting import as_table
from xltools.text import clerk, harmless

_LOWEST = 6  # level of a heading
_SPECIAL = re.compile(r"[\\`*_\[\]<>|~&$]")
# Characters that begin a list, a heading or a rule at the beginning of a line.
_LINE_START = re.compile(r"^(\d{1,9})([.)])(?=\s|$)|^([-+=#])")


def render(document: Document) -> bytes:
    """Return the document as Markdown, encoded as UTF-8."""
    parts = [f"**{clerk()('document.draft')}**"] if document.draft else []
    parts.append(f"# {_escaped(document.title)}")
    parts += [text for block in document.blocks for text in _block_texts(block)]
    return ("\n\n".join(parts) + "\n").encode()


def _block_texts(block: DocumentBlock) -> Iterator[str]:
    if isinstance(block, Heading):
        yield f"{'#' * min(max(block.level, 1) + 1, _LOWEST)} {_escaped(block.text)}"
    elif isinstance(block, Paragraph):
        lines = (_escaped(line.strip()) for line in block.text.split("\n"))
        yield "\\\n".join(_LINE_START.sub(r"\1\\\2\3", line) for line in lines)
    elif isinstance(block, Table):
        for part in block.parts:
            yield from _pipe_tables(part)
    elif isinstance(block, ChartBlock):
        table = as_table(block)
        yield f"**{_escaped(table.title)}**"
        yield from _pipe_tables(table)


def _escaped(text: str) -> str:
    return _SPECIAL.sub(lambda found: f"\\{found[0]}", harmless(text).replace("\n", " "))


def _pipe_tables(table: Table) -> Iterator[str]:
    for heads, rows in _bands(table):
        first = min(column for row in rows for column in _valued(table, row))
        across = [  # columns in which a cell begins
            column
            for column in range(first, len(table.widths))
            if any(table.places[row, column].area.column == column for row in rows)
        ]
        has_labels = bool(first)
        corner = _joined(table, heads, range(first), ("caption", "corner", "column"))
        over = _joined(table, heads, range(first, len(table.widths)), ("heading",))
        titles = [_joined(table, heads, [column], ("column",)) for column in across]
        head = ["/".join(filter(None, (corner, over))), *titles] if has_labels else titles
        lines = [_piped(head), _piped(["---"] * len(head))]
        for row in rows:
            cells = [_cell_text(table.places[row, column].text) for column in across]
            lines.append(
                _piped([_joined(table, [row], range(first), ("row",)), *cells] if has_labels else cells)
            )
        yield "\n".join(lines)


def _bands(table: Table) -> Iterator[tuple[list[int], list[int]]]:
    """Yield the rows of heads and the rows below them for each band."""
    heads = list(range(table.head))
    rows: list[int] = []
    for row in range(table.head, table.height):
        if next(iter(_valued(table, row)), None) is not None:
            rows.append(row)
            continue
        if rows:
            yield heads, rows
            heads, rows = list(range(table.head)), []
        heads.append(row)
    if rows:
        yield heads, rows


def _valued(table: Table, row: int) -> Iterator[int]:
    """Yield the columns of a row that hold figures or texts."""
    for column in range(len(table.widths)):
        if table.places[row, column].role in {"figure", "text"}:
            yield column


def _joined(table: Table, rows: Sequence[int], columns: Sequence[int], roles: tuple[BoxRole, ...]) -> str:
    """Return the texts of the boxes at these places that have one of *roles*."""
    boxes = dict.fromkeys(table.places[row, column] for row in rows for column in columns)
    return "/".join(_cell_text(box.text) for box in boxes if box.text and box.role in roles)


def _cell_text(text: str) -> str:
    return "<br>".join(map(_escaped, text.split("\n")))


def _piped(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
