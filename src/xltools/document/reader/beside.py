"""Tables of a document that stand side by side in one grid, taken apart so that each is read by itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from xltools.document.reader.flow import CellGrid, Flow, FlowItem
from xltools.document.reader.form_labels import FormLabels, label_names
from xltools.form.sections import Block


def with_tables_apart(flow: Flow, labels: FormLabels) -> Iterator[FlowItem]:
    """Yield the items of a document, with a grid for each table of the form instead of one for several."""
    bands = [section.bands[0] for section in labels.form.sections if section.blocks]
    bands = [band for band in bands if len(band) > 1]
    for item in flow:
        if isinstance(item, CellGrid) and (
            starts := next(filter(None, (_starts(item, b, labels) for b in bands)), [])
        ):
            for left, end in zip((0, *starts[1:]), (*starts[1:], item.width), strict=True):
                yield item.without((), {*range(left), *range(end, item.width)})
        else:
            yield item


def _starts(grid: CellGrid, band: tuple[Block, ...], labels: FormLabels) -> list[int]:
    """Return the column with which each table begins: the one with most of its outermost labels; nothing if one is not there."""
    found: list[int] = []
    for block in band:
        names = {name for line in block.rows for name in label_names(line)}
        there = {(cell.column, labels.core(cell.text)) for cell in grid.cells}
        counts = Counter(
            column for column, name in there if name in names and column > max(found, default=-1)
        )
        column, count = max(counts.items(), key=lambda one: (one[1], -one[0]), default=(0, 0))
        if count * 2 < len(block.rows):
            return []
        found.append(column)
    return found
