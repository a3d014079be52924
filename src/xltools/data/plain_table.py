"""Tables without merged cells, apart from captions across all columns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from xltools.data.document import Box, BoxRole, Table
from xltools.form.places import Area


def plain_table(
    rows: Iterable[Sequence[str]], roles: Sequence[BoxRole], widths: tuple[float, ...], title: str
) -> Table:
    """Return a table whose first row is its head; a row of one text is a caption.

    *roles* are those of the columns below the head, *widths* are in characters. There are at least two columns.
    """
    boxes: list[Box] = []
    for row, texts in enumerate(rows):
        if len(texts) == 1:
            boxes.append(Box(texts[0], Area.at(row, 0, 1, len(widths)), "caption"))
            continue
        for column, (text, role) in enumerate(zip(texts, roles, strict=True)):
            boxes.append(Box(text, Area.at(row, column), role if row else "column"))
    return Table(tuple(boxes), widths, title, 1)
