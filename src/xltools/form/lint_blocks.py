"""Faults of blocks: what is printed in front of the rows, and cells that are not there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from xltools.errors import Problem
from xltools.form.linear import Linear
from xltools.form.lint_names import unknown_faults
from xltools.form.model import Cell, Form, along_column
from xltools.form.sections import Block, Section, leaves


def stub_faults(block: Block, place: str) -> Iterator[Problem]:
    """Yield columns in front of rows that are missing or empty, and codes that would not be printed."""
    rows, columns = ([line for line in leaves(axis) if line.code] for axis in (block.rows, block.columns))
    if len(set(block.stub)) < len(block.stub):
        yield Problem("repeated-in-stub", f"{place} › stub")
    if "label" not in block.stub:
        yield Problem("stub-without-label", f"{place} › stub")
    if "code" in block.stub and not rows:
        yield Problem("stub-without-code", f"{place} › stub")
    if block.arrange == "wide":
        if len(block.stub) > 1:
            yield Problem("stub-wide", f"{place} › stub")
        for line in (*rows, *columns):
            yield Problem("code-wide", f"{place} › “{line.key}”", {"code": line.code})
    elif "code" not in block.stub:
        for line in rows:
            yield Problem("code-unprinted", f"{place} › “{line.key}”", {"code": line.code})


def beside_faults(section: Section, place: str) -> Iterator[Problem]:
    """Yield blocks that cannot stand beside another: there is none before them, or the rows of one stand side by side."""
    for index, block in enumerate(section.blocks, 1):
        if not block.beside:
            continue
        if index == 1:
            yield Problem("beside-nothing", f"{place} › block {index} › beside")
        elif "wide" in (block.arrange, section.blocks[index - 2].arrange):
            yield Problem("beside-wide", f"{place} › block {index} › beside")


def void_faults(block: Block, place: str) -> Iterator[Problem]:
    """Yield void cells that the block does not have, or that are named twice, and a block without any other."""
    rows, columns = ([line.key for line in leaves(axis)] for axis in (block.rows, block.columns))
    here = f"{place} › void"
    for pair, times in Counter(block.void).items():
        if len(pair) != 2:  # noqa: PLR2004
            yield Problem("void-pair", here, {"names": ", ".join(pair)})
            continue
        yield from unknown_faults(pair[:1], rows, here)
        yield from unknown_faults(pair[1:], columns, here)
        if times > 1:
            yield Problem("void-twice", here, {"name": ", ".join(pair)})
    if len(set(block.void)) >= len(rows) * len(columns):
        yield Problem("void-all", here)


def void_total_faults(form: Form, sure: frozenset[str]) -> Iterator[Problem]:
    """Yield totals, ratios and means that miss too much: all of their parts, or parts that another sum still has."""
    holed = {cell.section.key for cell in form.void.values()} & sure
    for name, whole in form.crossings.items():
        if whole.section.key not in holed or name in form.void:
            continue
        cell = form.cells[name]
        if any(before.terms and not now.terms for before, now in zip(_sums(whole), _sums(cell), strict=True)):
            yield Problem("void-total", f"“{name}”", {"name": name, "label": cell.label})
        elif not _is_even(form, cell):
            yield Problem("void-uneven", f"“{name}”", {"name": name, "label": cell.label})


def _sums(cell: Cell) -> list[Linear]:
    return [cell.definition] if cell.definition else list(cell.ratio[:2]) if cell.ratio else []


def _is_even(form: Form, cell: Cell) -> bool:
    """Return whether what a cell adds is the same in both directions, or of a derived mean above and below."""
    if cell.definition and cell.row.total and cell.column.total and cell.row.additive:
        down = cell.row.total.renamed(along_column(cell.section.key, cell.column)).without(form.void)
        return form.factors(cell.definition) == form.factors(down)
    if cell.ratio and cell.is_mean and cell.is_total:
        top, bottom, _ = cell.ratio
        weights = top.renamed(lambda name: form.means[name].weight).without(form.void)
        return form.factors(weights) == form.factors(bottom)
    return True
