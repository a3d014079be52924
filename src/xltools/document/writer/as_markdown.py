"""A document as Markdown (CommonMark, with the pipe tables of GitHub): to be read as it is, compared, or given to a program.

A pipe table has one row of heads and no merged cells. Each band of a table becomes a table of its own, the labels of a
row one cell and those of a column one head, joined by ``/`` from the outside in: every figure is found by the two.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from xltools.data.document import Box, BoxRole, ChartBlock, Document, DocumentBlock, Heading, Paragraph, Table
from xltools.document.charting import as_table
from xltools.text import clerk, harmless

_LOWEST = 6  # level of a heading
_SPECIAL = re.compile(r"[\\`*_\[\]<>|~&$]")
# What begins a list, a heading or a rule where a line begins with it.
_FIRST = re.compile(r"^(\d{1,9})([.)])(?=\s|$)|^([-+=#])")


def render(document: Document) -> bytes:
    """The document as UTF-8."""
    parts = [f"**{clerk()('document.draft')}**"] if document.draft else []
    parts.append(f"# {_inline(document.title)}")
    parts += [text for block in document.blocks for text in _block(block)]
    return ("\n\n".join(parts) + "\n").encode()


def _block(block: DocumentBlock) -> Iterator[str]:
    if isinstance(block, Heading):
        yield f"{'#' * min(max(block.level, 1) + 1, _LOWEST)} {_inline(block.text)}"
    elif isinstance(block, Paragraph):
        yield "\\\n".join(map(_line, block.text.split("\n")))
    elif isinstance(block, Table):
        yield from _tables(block)
    elif isinstance(block, ChartBlock):
        table = as_table(block)
        yield f"**{_inline(table.title)}**"
        yield from _tables(table)


def _line(text: str) -> str:
    """A line of prose, which begins nothing that it is not."""
    escaped = _inline(text.strip())
    return _FIRST.sub(lambda m: f"{m[1]}\\{m[2]}" if m[1] else f"\\{m[3]}", escaped)


def _inline(text: str) -> str:
    return _SPECIAL.sub(lambda found: f"\\{found[0]}", harmless(text).replace("\n", " "))


def _tables(table: Table) -> Iterator[str]:
    for heads, rows in _bands(table):
        first = min(column for row in rows for column in _valued(table, row))
        across = [column for column in range(first, len(table.widths)) if _starts(table, rows, column)]
        labels = bool(first)
        corner = _joined(table, heads, range(first), ("caption", "corner", "column"))
        over = _joined(table, heads, range(first, len(table.widths)), ("heading",))
        titles = [_joined(table, heads, [column], ("column",)) for column in across]
        head = ["/".join(filter(None, (corner, over))), *titles] if labels else titles
        lines = [_pipes(head), _pipes(["---"] * len(head))]
        for row in rows:
            cells = [_cell(table.places[row, column].text) for column in across]
            lines.append(_pipes([_joined(table, [row], range(first), ("row",)), *cells] if labels else cells))
        yield "\n".join(lines)


def _bands(table: Table) -> Iterator[tuple[list[int], list[int]]]:
    """The rows of heads and the rows below them, band by band."""
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
    """The columns of a row that hold figures or words of their own."""
    for column in range(len(table.widths)):
        if table.places[row, column].role in {"figure", "text"}:
            yield column


def _starts(table: Table, rows: Sequence[int], column: int) -> bool:
    """Whether a figure begins in that column, and does not only reach into it."""
    return any(table.places[row, column].area.column == column for row in rows)


def _joined(table: Table, rows: Sequence[int], columns: Sequence[int], roles: tuple[BoxRole, ...]) -> str:
    found: dict[Box, None] = {}
    for row in rows:
        for column in columns:
            if (box := table.places[row, column]).role in roles:
                found[box] = None
    return "/".join(_cell(box.text) for box in found if box.text)


def _cell(text: str) -> str:
    return "<br>".join(map(_inline, text.split("\n")))


def _pipes(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
