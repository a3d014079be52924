"""Finding figures in a grid of cells by the labels printed beside and above them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from xltools.witness.form import FormFigure

GridPlace = tuple[int, int]  # row and column; from which number they count does not matter


class LabelGrid(NamedTuple):
    """The texts of a sheet or of a printed table. Every place of a merged area has the text of the area.

    ``anchors`` maps each place of a merged area to the place that holds its content.
    """

    texts: Mapping[GridPlace, str]
    anchors: Mapping[GridPlace, GridPlace]


def found_in(grid: LabelGrid, figures: Iterable[FormFigure]) -> dict[str, list[GridPlace]]:
    """The places at which the labels of each figure meet; a figure whose labels do not has none."""
    figures = tuple(figures)
    known = {plain(text) for f in figures for text in (f.caption, *f.row, *f.column) if text}
    labels = _Labels({place: text for place, text in grid.texts.items() if plain(text) in known})
    found: dict[str, list[GridPlace]] = {}
    for figure in figures:
        places = labels.below(figure) if figure.is_wide else labels.crossing(figure)
        found[figure.name] = list(dict.fromkeys(grid.anchors.get(place, place) for place in places))
    return found


@lru_cache(maxsize=1024)
def plain(text: str) -> str:
    """A label without what differs between two printings of it: width, white space, invisible characters."""
    normal = unicodedata.normalize("NFKC", text)
    return "".join(c for c in normal if not c.isspace() and unicodedata.category(c) != "Cf")


class _Labels:
    """The labels of a grid: those of each row from the left, and those above each place from below."""

    def __init__(self, texts: Mapping[GridPlace, str]) -> None:
        self._down: dict[int, list[tuple[int, str]]] = {}
        across: dict[int, list[str]] = {}
        for row, column in sorted(texts):
            label = plain(texts[row, column])
            across.setdefault(row, []).append(label)
            self._down.setdefault(column, []).append((row, label))
        self._rows: dict[tuple[str, ...], list[int]] = {}  # the rows that begin with these labels
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
        """The places in a row that begins with the figure's row labels, below its column labels and its caption."""
        row_labels, column_labels = tuple(map(plain, figure.row)), [plain(x) for x in reversed(figure.column)]
        caption = plain(figure.caption)
        for row in self._rows.get(row_labels, ()):
            for column in self._down:
                above = self._above[row, column]
                if above[: len(column_labels)] == column_labels and (not caption or caption in above):
                    yield row, column

    def below(self, figure: FormFigure) -> Iterator[GridPlace]:
        """The places directly below the figure's labels, where those of its row stand above those of its column."""
        wanted = [plain(label) for label in reversed((*figure.row, *figure.column))]
        for column, labels in self._down.items():
            taken = {row for row, _ in labels}
            for row in taken:
                if row + 1 not in taken and self._above[row + 1, column][: len(wanted)] == wanted:
                    yield row + 1, column


def _distinct(labels: Sequence[str]) -> list[str]:
    """The labels without repetitions of one that spans several places."""
    return [label for before, label in zip(("", *labels), labels, strict=False) if label != before]
