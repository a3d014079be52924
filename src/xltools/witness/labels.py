"""Finds figures in a grid of cells by the labels beside and above them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from xltools.witness.form import FormFigure

GridPlace = tuple[int, int]  # row and column, counted from 0 or 1


class LabelGrid(NamedTuple):
    """The texts of a sheet or table. Every place in a merged area has the text of the area.

    ``anchors`` maps each place of a merged area to the place that holds its content.
    """

    texts: Mapping[GridPlace, str]
    anchors: Mapping[GridPlace, GridPlace]


def found_in(grid: LabelGrid, figures: Iterable[FormFigure]) -> dict[str, list[GridPlace]]:
    """Return the places that have the labels of each figure; an empty list if there are none."""
    figures = tuple(figures)
    known = {plain(text) for f in figures for text in (f.caption, *f.row, *f.column) if text}
    labels = _LabelSearch({place: text for place, text in grid.texts.items() if plain(text) in known})
    found: dict[str, list[GridPlace]] = {}
    for figure in figures:
        if figure.twin:
            found[figure.name] = _of_twin(labels.crossing_beside(figure), figure.twin, grid)
            continue
        places = labels.below(figure) if figure.is_wide else labels.crossing(figure)
        found[figure.name] = list(dict.fromkeys(grid.anchors.get(place, place) for place in places))
    return found


def _of_twin(places: Iterable[GridPlace], twin: tuple[int, int], grid: LabelGrid) -> list[GridPlace]:
    """Return the place of one of the figures with the same labels in tables side by side, counted from the left."""
    found = sorted({grid.anchors.get(place, place) for place in places}, key=lambda place: place[1])
    index, count = twin
    return [found[index]] if len(found) == count else found


@lru_cache(maxsize=1024)
def plain(text: str) -> str:
    """Return a label with normalized width and without white space and invisible characters."""
    normal = unicodedata.normalize("NFKC", text)
    return "".join(c for c in normal if not c.isspace() and unicodedata.category(c) != "Cf")


class _LabelSearch:
    """The labels of a grid: of each row from left to right, and above each place from bottom to top."""

    def __init__(self, texts: Mapping[GridPlace, str]) -> None:
        self._down: dict[int, list[tuple[int, str]]] = {}
        across: dict[int, list[str]] = {}
        places: dict[int, list[int]] = {}
        for row, column in sorted(texts):
            label = plain(texts[row, column])
            across.setdefault(row, []).append(label)
            places.setdefault(row, []).append(column)
            self._down.setdefault(column, []).append((row, label))
        self._rows: dict[tuple[str, ...], list[int]] = {}  # by the labels at their beginning
        self._label_groups = {row: _label_groups(texts, row, columns) for row, columns in places.items()}
        for row, labels in across.items():
            distinct = _distinct(labels)
            for count in range(1, len(distinct) + 1):
                self._rows.setdefault(tuple(distinct[:count]), []).append(row)
        self._above = {
            (row, column): _distinct([label for at, label in reversed(labels) if at < row])
            for column, labels in self._down.items()
            for row in {*across, *(at + 1 for at, _ in labels)}
        }

    def crossing(self, figure: FormFigure) -> Iterator[GridPlace]:
        """Yield the places in rows that begin with the row labels, below the column labels and the caption."""
        row_labels, column_labels = tuple(map(plain, figure.row)), [plain(x) for x in reversed(figure.column)]
        caption = plain(figure.caption)
        for row in self._rows.get(row_labels, ()):
            for column in self._down:
                above = self._above[row, column]
                if above[: len(column_labels)] == column_labels and (not caption or caption in above):
                    yield row, column

    def crossing_beside(self, figure: FormFigure) -> Iterator[GridPlace]:
        """Yield the same of a table beside another: right of labels beside each other, and left of the next ones."""
        wanted, above = [plain(x) for x in figure.row], [plain(x) for x in reversed(figure.column)]
        caption = plain(figure.caption)
        for row, runs in self._label_groups.items():
            ends = [run.first for run in runs[1:]] + [max(self._down) + 1]
            for run, end in zip(runs, ends, strict=True):
                for column in self._down if run.labels[: len(wanted)] == wanted else ():
                    found = self._above[row, column]
                    is_below = found[: len(above)] == above and (not caption or caption in found)
                    if is_below and run.last < column < end:
                        yield row, column

    def below(self, figure: FormFigure) -> Iterator[GridPlace]:
        """Yield the places directly below the column labels, which are below the row labels."""
        wanted = [plain(label) for label in reversed((*figure.row, *figure.column))]
        for column, labels in self._down.items():
            taken = {row for row, _ in labels}
            for row in taken:
                if row + 1 not in taken and self._above[row + 1, column][: len(wanted)] == wanted:
                    yield row + 1, column


class _LabelGroup(NamedTuple):
    """Labels in cells beside each other: the first and the last column."""

    labels: list[str]
    first: int
    last: int


def _label_groups(texts: Mapping[GridPlace, str], row: int, columns: Sequence[int]) -> list[_LabelGroup]:
    """Return the labels of a row, those together that no other cell is between."""
    groups: list[list[int]] = []
    for column in columns:
        if groups and groups[-1][-1] == column - 1:
            groups[-1].append(column)
        else:
            groups.append([column])
    return [
        _LabelGroup(_distinct([plain(texts[row, column]) for column in group]), group[0], group[-1])
        for group in groups
    ]


def _distinct(labels: Sequence[str]) -> list[str]:
    """Return the labels without direct repetitions, which come from merged areas."""
    return [label for before, label in zip(("", *labels), labels, strict=False) if label != before]
