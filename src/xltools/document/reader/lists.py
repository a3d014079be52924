"""Finds the lists of a form in a document: tables with a number in front of each line and the heads of all columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from xltools.document.reader.flow import MOST_ROWS, CellGrid, Flow, TextLine
from xltools.form.labels import core
from xltools.form.model import Form
from xltools.form.sections import List, Section
from xltools.text import clerk
from xltools.white_space import is_blank

PrintedLine = Mapping[str, str]  # the texts of a line by column, and in a roll-up its agency
AGENCY = ""  # as if it were the key of a column


def lists_in(flow: Flow, form: Form) -> Iterator[tuple[str, list[PrintedLine]]]:
    """Yield the key and the lines of each list that is printed below the title of its section.

    A table as long as the longest that is read may have had more lines, so it is not read.
    """
    sections = {core(t): section for section in form.sections for t in (section.title, *section.also)}
    section: Section | None = None
    for item in flow:
        if isinstance(item, TextLine):
            section = sections.get(core(item.text), section)
        elif isinstance(item, CellGrid) and section and item.height < MOST_ROWS:
            yield from _in_grid(item, section)


def _in_grid(grid: CellGrid, section: Section) -> Iterator[tuple[str, list[PrintedLine]]]:
    """Yield the lists in a grid, which may have several tables, as those of Markdown that follow one another."""
    heads = [
        (row, one.key, columns)
        for row in range(grid.height)
        for one in section.lists
        if (columns := _columns(grid, row, one))
    ]
    ends = [*(row for row, _, _ in heads[1:]), grid.height]
    for (row, key, columns), end in zip(heads, ends, strict=False):
        yield key, list(_lines(grid, range(row + 1, end), columns))


def _columns(grid: CellGrid, row: int, one: List) -> dict[str, int]:
    """Return the place of each column if a row has the heads of the list, in their order; otherwise nothing."""
    heads = [core(grid.at[row, place].text) if (row, place) in grid.at else "" for place in range(grid.width)]
    if heads[:1] != [core(clerk()("list.number"))]:
        return {}
    found: dict[str, int] = {}
    end = len(heads)
    for column in reversed(one.columns):  # what is in front of them may have the head of one of them
        end = _last(heads[:end], {core(text) for text in (column.label, *column.also)})
        if end < 0:
            return {}
        found[column.key] = end
    agency = _last(heads[:end], {core(clerk()("list.agency"))}) if one.merge == "stack" else -1
    return found if agency < 0 else found | {AGENCY: agency}


def _last(heads: Sequence[str], wanted: set[str]) -> int:
    return max((place for place, head in enumerate(heads) if head in wanted), default=-1)


def _lines(grid: CellGrid, rows: Iterable[int], columns: Mapping[str, int]) -> Iterator[PrintedLine]:
    for row in rows:
        line = {key: grid.at[row, at].text.strip() for key, at in columns.items() if (row, at) in grid.at}
        if not all(map(is_blank, line.values())):
            yield line
