"""Join the parts of a table that goes on over pages, and the rows and labels that a page's end breaks in two."""

from __future__ import annotations

from collections.abc import Iterator

from xltools.document.reader.flow import CellGrid, Flow, FlowItem
from xltools.document.reader.form_labels import FormLabels
from xltools.document.reader.rows import begins_with_head, head_height, is_figure
from xltools.white_space import compact, is_blank


def with_parts_joined(flow: Flow, labels: FormLabels) -> Iterator[FlowItem]:
    """Yield the items of a document; a table that follows another one as wide, without heads of its own, goes on.

    So does one that repeats the heads above, and one behind heads alone.
    """
    above: FlowItem | None = None
    for item in flow:
        if (
            isinstance(above, CellGrid)
            and isinstance(item, CellGrid)
            and (below := _rest(above, item, labels))
        ):
            above, rest = _without_empty_row(above, above.height - 1), _without_empty_row(below, 0)
            if above.is_even and rest.is_even and above.width == rest.width:
                above = _joined(above, rest, labels)
                continue
        if above is not None:
            yield above
        above = item
    if above is not None:
        yield above


def _rest(above: CellGrid, below: CellGrid, labels: FormLabels) -> CellGrid | None:
    """Return what of a table can go on another one, or None if it begins a table of its own."""
    height = head_height(above, labels)
    if height == above.height or not begins_with_head(below, labels):
        return below
    heads = [
        {(c.row, c.column, c.last_column, compact(c.text)) for c in grid.cells if c.row < height}
        for grid in (above, below)
    ]
    is_repeated = heads[0] == heads[1] and height < below.height and below.is_even
    return below.without(range(height), ()) if is_repeated else None


def _without_empty_row(grid: CellGrid, number: int) -> CellGrid:
    """Return a table without an empty row at its end or beginning, such as a row of which no line is on the page."""
    if grid.height == 1 or any(not is_blank(cell.text) for cell in grid.cells if cell.row == number):
        return grid
    kept = tuple(
        cell._replace(row=cell.row - (cell.row > number), last_row=cell.last_row - (cell.last_row >= number))
        for cell in grid.cells
        if not cell.row == number == cell.last_row
    )
    return CellGrid(kept)


def _joined(above: CellGrid, below: CellGrid, labels: FormLabels) -> CellGrid:
    """Return one table of both parts; where the page's end breaks a row, its halves are one row."""
    ends = {(c.column, c.last_column): c for c in above.cells if c.last_row == above.height - 1}
    begins = {(c.column, c.last_column): c for c in below.cells if c.row == 0}
    pairs = {ends[place]: begins[place] for place in ends if place in begins}
    continued = {a for a, b in pairs.items() if _is_continued(a.text, b.text, labels)}
    stubs = [cell for cell in ends.values() if not is_blank(cell.text) and not is_figure(cell.text)]
    label = max(stubs, key=lambda cell: cell.column, default=None)
    is_broken = (
        label in continued
        and len(pairs) == len(ends) == len(begins)
        and all(a in continued or _are_halves(a.text, b.text) for a, b in pairs.items())
    )
    taken = set(pairs) if is_broken else continued
    offset = above.height - is_broken
    joined = [
        a._replace(text=_text(a.text, b.text), last_row=b.last_row + offset)
        for a, b in pairs.items()
        if a in taken
    ]
    rest = [cell for cell in above.cells if cell not in taken]
    used = {pairs[a] for a in taken}
    rest += [
        c._replace(row=c.row + offset, last_row=c.last_row + offset) for c in below.cells if c not in used
    ]
    return CellGrid((*joined, *rest))


def _is_continued(above: str, below: str, labels: FormLabels) -> bool:
    """Return whether a label goes on below: its other half, or the empty rest of its cell, is there."""
    if is_blank(above) or is_figure(above):
        return False
    return is_blank(below) or (
        labels.core(above) not in labels.known and labels.core(_text(above, below)) in labels.known
    )


def _are_halves(above: str, below: str) -> bool:
    """Return whether two texts can be of one cell; two figures are, which then is no number: 149 above 99 may be 14999."""
    return is_blank(above) or is_blank(below) or (is_figure(above) and is_figure(below))


def _text(above: str, below: str) -> str:
    return above if is_blank(below) else below if is_blank(above) else f"{above}\n{below}"
