"""Finds the fields of a form in a document: rows of two cells, a label and what was filled in."""

from __future__ import annotations

from collections.abc import Iterator

from xltools.document.reader.flow import CellGrid, Flow, TextLine
from xltools.form.fields import label_with_unit
from xltools.form.labels import core
from xltools.form.model import Form
from xltools.form.sections import Section
from xltools.white_space import is_blank

_LABEL_AND_VALUE = 2  # columns


def fields_in(flow: Flow, form: Form) -> Iterator[tuple[str, str]]:
    """Yield the name and the text of each field that is filled in, below the title of its section."""
    sections = {core(t): section for section in form.sections for t in (section.title, *section.also)}
    section: Section | None = None
    for item in flow:
        if isinstance(item, TextLine):
            section = sections.get(core(item.text), section)
        elif isinstance(item, CellGrid) and section:
            yield from _in_grid(item, section)


def _in_grid(grid: CellGrid, section: Section) -> Iterator[tuple[str, str]]:
    labels = {
        core(label): one.key
        for one in section.fields
        for label in (label_with_unit(one), one.label, *one.also)
    }
    wider = {row for (row, at), cell in grid.at.items() if at >= _LABEL_AND_VALUE and not is_blank(cell.text)}
    for row in range(grid.height):
        if row in wider:  # of a table that follows, as in Markdown
            continue
        pair = [grid.at[row, column].text if (row, column) in grid.at else "" for column in range(2)]
        key = labels.get(core(pair[0]))
        if key and not is_blank(pair[1]):
            yield f"{section.key}.{key}", pair[1].strip()
