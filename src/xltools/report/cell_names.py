"""What the people who fill in a form call its cells: the shortest of the printed labels that no other cell has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import cache

from xltools.form.model import Cell, Form
from xltools.form.sections import Section
from xltools.text import clerk


def with_short_names(text: str, form: Form, section: Section | None) -> str:
    """Return a sentence with the labels of cells as people call them; those of *section* come first."""
    for full, short in _names(form, section.key if section else "").items():
        if full in text:
            text = text.replace(full, short)
    return text


@cache
def _names(form: Form, first: str) -> Mapping[str, str]:
    """Return the name of each cell by its full label, the longest label first; the section *first* decides if two differ."""
    found: dict[str, str] = {}
    for section in sorted(form.sections, key=lambda section: section.key != first):
        cells = [cell for cell in form.cells.values() if cell.section is section]
        for cell, name in zip(cells, _shortest(cells), strict=True):
            found.setdefault(cell.label, name)
    return dict(sorted(found.items(), key=lambda item: -len(item[0])))


def _shortest(cells: Iterable[Cell]) -> Iterator[str]:
    """Yield for each cell of a section the first of its possible names that is its alone."""
    choices = [list(_choices(cell)) for cell in cells]
    counts = Counter(name for names in choices for name in dict.fromkeys(names))
    for names in choices:
        yield next((name for name in names if counts[name] == 1), names[-1])


def _choices(cell: Cell) -> Iterator[str]:
    """Yield possible names, the shortest first: 行政许可, 规章（本年制发件数）, 行政诉讼复议后起诉（总计）."""
    t, row, column = clerk(), cell.row_path, cell.column_path
    if not row or not column:
        yield "".join((*row[-1:], *column[-1:]))
    else:
        yield row[-1]
        yield t("returned.label", row=row[-1], column=column[-1])
        yield t("returned.label", row=row[-1], column="".join(column))
        yield t("returned.label", row="".join(row), column="".join(column))
    yield cell.label
