"""Faults of ratios, means and decimals: operands that are no sums, weights that cannot weight, digits that nobody types."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from xltools.errors import Problem
from xltools.form.lint_fields import name_faults
from xltools.form.lint_names import range_faults, unknown_faults
from xltools.form.model import Cell, Form
from xltools.form.ratio import Ratio
from xltools.form.sections import Block, Line, is_whole_name, leaves


def quotient_faults(lines: tuple[Line, ...], form: Form, place: str) -> Iterator[Problem]:
    """Yield ratios and means of unknown lines, of other ratios and means, and of lines that cannot be added."""
    axis = {leaf.key: leaf for leaf in leaves(lines)}
    for line in axis.values():
        here = f"{place} › “{line.key}”"
        if isinstance(line.is_, Ratio):
            own = [name for name in line.is_.names if not is_whole_name(name)]
            others = [name for name in line.is_.names if name not in own]
            yield from name_faults(others, form, f"{here} › is", form.cells, in_row=place.endswith("columns"))
            yield from _operand_faults(line, own, axis, f"{here} › is")
        if line.mean:
            yield from _operand_faults(line, (line.mean,), axis, f"{here} › mean")
            if line.is_ is not None:
                yield Problem("mean-defined", here)
        if line.of and (line.is_quotient or (line.of in axis and axis[line.of].is_quotient)):
            yield Problem("ratio-in-sum", f"{here} › of", {"name": line.key if line.is_quotient else line.of})


def _operand_faults(line: Line, names: Iterable[str], axis: dict[str, Line], place: str) -> Iterator[Problem]:
    yield from unknown_faults(names, axis, place)
    for name in dict.fromkeys(names):
        if name in axis and axis[name].is_quotient:
            yield Problem("ratio-in-sum", place, {"name": name})
        elif name in axis and line.additive and not axis[name].additive:
            yield Problem("not-additive", place, {"name": name})


def meeting_faults(block: Block, place: str) -> Iterator[Problem]:
    """Yield rows of ratios or means that meet columns of them: which one the cell holds would not be said."""
    for row in (line for line in leaves(block.rows) if line.is_quotient):
        for column in (line for line in leaves(block.columns) if line.is_quotient):
            if (row.key, column.key) not in block.void:
                yield Problem("ratios-meet", place, {"row": row.key, "column": column.key})


def decimal_faults(form: Form, sure: frozenset[str]) -> Iterator[Problem]:
    """Yield impossible numbers of decimals, decimals of whole numbers, and weights that may be below 0."""
    for section in form.sections:
        place = f"section “{section.key}”"
        yield from range_faults(section.decimals, place)
        for index, block in enumerate(section.blocks, 1):
            here = f"{place} › block {index}"
            yield from range_faults(block.decimals, here)
            for axis, lines in (("rows", block.rows), ("columns", block.columns)):
                for line in leaves(lines):
                    yield from range_faults(line.decimals, f"{here} › {axis} › “{line.key}”")
    cells = [cell for cell in form.cells.values() if cell.section.key in sure]
    yield from _whole_faults(cells)
    for cell in cells:
        if cell.weight in form.cells and form.cells[cell.weight].signed:
            yield Problem("weight-signed", f"“{cell.name}”", {"name": cell.weight})


def _whole_faults(cells: Iterable[Cell]) -> Iterator[Problem]:
    """Yield lines with decimals all of whose cells hold whole numbers."""
    numbers: dict[tuple[str, str], set[str]] = {}
    for cell in cells:
        for line in (cell.row, cell.column):
            if line.decimals is not None:
                numbers.setdefault((cell.section.key, line.key), set()).add(cell.number)
    for (section, name), found in numbers.items():
        if found == {"count"}:
            yield Problem("decimals-whole", f"section “{section}” › “{name}” › decimals", {"name": name})
