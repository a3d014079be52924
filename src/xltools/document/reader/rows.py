"""The rows of a document: what of each is said in front of its figures, and what figures there are.

The flow knows no forms; here the words of one form tell labels from figures. Nothing is placed yet.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from xltools.data.number import is_blank
from xltools.data.typed_numbers import typed
from xltools.document.reader.flow import Flow, Grid, Loose, Paragraph, Slot
from xltools.form.labels import LONGEST_LABEL, core
from xltools.form.model import Block, Form, Line
from xltools.office.guard import ScanError

_MOST = 4000  # rows
_MOST_LINES = 20_000
_LONGEST_FIGURE = 16  # characters; a longer text is no figure, however it was meant
_NUMBERED = re.compile(r"\W?[0-9０-９]{1,2}\W?[.、．)）]\s*[^\s0-9０-９]")
_MARK = re.compile(r"\s*(?:[\u2460-\u2473\u2776-\u277f*＊]|[\[〔［][0-9０-９]{1,2}[\]〕］])+\s*$")


class Head(NamedTuple):
    """What stands over some columns of a grid that have one cell there: the texts from above down."""

    columns: tuple[int, ...]
    path: tuple[str, ...]


class Row(NamedTuple):
    """Labels and figures. In an even grid also what stands in each column, and over it."""

    labels: tuple[str, ...]
    figures: tuple[str, ...]
    before: tuple[str, ...] = ()  # every label since the last row with figures, its own included
    heads: tuple[Head, ...] = ()
    slots: Mapping[int, Slot] = {}
    number: int = 0  # of the row in its grid


@dataclass(frozen=True)
class Words:
    """The labels of a form, folded, by what they are."""

    form: Form

    @cached_property
    def heads(self) -> frozenset[str]:
        """What stands over columns, and over no row."""
        said = {name for b in self._blocks for name in self._over(b)}
        return frozenset(said - self.stubs)

    @cached_property
    def stubs(self) -> frozenset[str]:
        """What stands beside rows."""
        return frozenset(
            name for b in self._blocks if b.arrange == "grid" for line in walk(b.rows) for name in names(line)
        )

    @cached_property
    def captions(self) -> frozenset[str]:
        """What stands over a whole table."""
        captions = {core(b.caption) for b in self._blocks if b.caption}
        return frozenset(captions | {core(t) for s in self.form.sections for t in (s.title, *s.also)})

    @cached_property
    def known(self) -> frozenset[str]:
        """Every label there is."""
        return frozenset(
            self.heads | self.stubs | self.captions | {core(t) for b in self._blocks for t in b.extra}
        )

    def path(self, text: str) -> tuple[str, ...]:
        """The labels in a text that names those over it in front: 三、本年度办理结果/（一）予以公开 are two."""
        parts = tuple(re.split("[/／]", text))
        return parts if len(parts) > 1 and all(core(part) in self.known for part in parts[:-1]) else (text,)

    @property
    def _blocks(self) -> Iterator[Block]:
        return (block for section in self.form.sections for block in section.blocks)

    @staticmethod
    def _over(block: Block) -> Iterator[str]:
        lines = (*walk(block.columns), *(walk(block.rows) if block.arrange == "wide" else ()))
        yield from (name for line in lines for name in names(line))
        yield from (core(text) for text in (block.corner, block.heading) if text)


def names(line: Line) -> tuple[str, ...]:
    """The label of a line, folded, and its other wordings."""
    return tuple(core(text) for text in (line.label, *line.also))


def walk(lines: Iterable[Line]) -> Iterator[Line]:
    """Every line, those over others included."""
    for line in lines:
        yield line
        yield from walk(line.lines)


def unmarked(text: str) -> str:
    """A figure without the marks of notes behind it: 12① is 12 with a note, and not 121."""
    return _MARK.sub("", text) if re.search(r"[0-9０-９]", _MARK.sub("", text)) else text


def is_figure(text: str) -> bool:
    """Whether it may stand where a figure belongs; blank is not asked."""
    text = unmarked(text)
    if len(text) > _LONGEST_FIGURE or _NUMBERED.match(text):
        return False
    meant = typed(text, "", signed=False)
    return meant.value is not None or meant.is_blank or bool(re.search(r"[0-9０-９]", text))


def rows_of(flow: Flow, form: Form) -> tuple[Row, ...]:
    """Every row of the document with labels and figures, in order.

    Raises :class:`ScanError` when there are more than any report has.
    """
    if len(flow) > _MOST_LINES:
        raise ScanError("too-large", f"> {_MOST_LINES:,} lines")
    gathering = _Gathering(Words(form))
    for item in flow:
        if isinstance(item, Grid) and item.is_even:
            gathering.grid(item)
        elif isinstance(item, Grid):
            for cells in item.rows:
                gathering.loose(cells)
        elif isinstance(item, Loose):
            gathering.loose(item.cells)
        elif isinstance(item, Paragraph):
            gathering.loose((item.text,))
    gathering.close()
    return tuple(gathering.rows)


@dataclass(slots=True)
class _Gathering:
    words: Words
    rows: list[Row] = field(default_factory=list)
    _labels: list[str] = field(default_factory=list)
    _figures: list[str] = field(default_factory=list)
    _before: list[str] = field(default_factory=list)

    def _add(self, row: Row) -> None:
        self.rows.append(row)
        if len(self.rows) > _MOST:
            raise ScanError("too-large", f"> {_MOST:,} rows")

    # -- rows of which the order is known

    def loose(self, cells: Sequence[str]) -> None:
        """One more line: a row, a part of one, or text that ends it."""
        if len(cells) == 1 and len(cells[0]) > LONGEST_LABEL:
            self.close()
            self._before = []
            return
        labels, figures = self._parted(cells)
        if labels:
            if self._figures:
                self.close()
            self._labels += labels
            self._figures += figures
        elif self._labels:
            self._figures += figures

    def _parted(self, cells: Sequence[str]) -> tuple[list[str], list[str]]:
        """What of a line are labels, and what the figures behind the last of them."""
        known = [n for n, cell in enumerate(cells) if core(self.words.path(cell)[-1]) in self.words.known]
        first = known[-1] + 1 if known else len(cells)
        while not known and first and (is_blank(cells[first - 1]) or is_figure(cells[first - 1])):
            first -= 1
        labels = [part for cell in cells[:first] if not is_blank(cell) for part in self.words.path(cell)]
        return labels, list(cells[first:])

    def close(self) -> None:
        """The row that is open is whole."""
        if self._labels:
            self._before += self._labels
            self._add(Row(tuple(self._labels), tuple(self._figures), tuple(self._before)))
            if any(not is_blank(figure) for figure in self._figures):
                self._before = []
        self._labels, self._figures = [], []

    # -- grids

    def grid(self, grid: Grid) -> None:
        """The rows of a grid in which a column is a column all the way down."""
        self.close()
        head: list[int] = []
        was_data = False
        for number in range(grid.height):
            slots = {column: grid.at[number, column] for column in range(grid.width)}
            texts = [
                s.text for s in dict.fromkeys(slots.values()) if s.row == number and not is_blank(s.text)
            ]
            if not self._is_data(texts, was_data=was_data or not head):
                head = [*([] if was_data else head), number]
                was_data = False
                self._before += texts
                continue
            was_data = True
            heads = tuple(_heads(grid, head, self.words))
            labels, figures = self._parted([s.text for s in dict.fromkeys(slots.values()) if s.row == number])
            self._add(Row(tuple(labels), tuple(figures), (*self._before, *labels), heads, slots, number))
            self._before = []

    def _is_data(self, texts: list[str], *, was_data: bool) -> bool:
        """Whether a row of a grid has figures, or could have: not one of the heads or captions over others."""
        found = {core(part) for text in texts for part in self.words.path(text)}
        if not found:
            return True  # nobody filled it in
        if found & self.words.heads or found <= self.words.captions:
            return False
        return was_data or bool(found & self.words.stubs) or any(map(is_figure, texts))


def _heads(grid: Grid, rows: list[int], words: Words) -> Iterator[Head]:
    """What the rows of heads say over each column; columns under one cell together."""
    lowest: Slot | None = None
    columns: list[int] = []
    path: tuple[str, ...] = ()
    for column in range(grid.width):
        over = [grid.at[row, column] for row in rows]
        texts = [
            s for s in dict.fromkeys(over) if not is_blank(s.text) and core(s.text) not in words.captions
        ]
        last = over[-1] if over else None
        if last is not None and last is lowest:
            columns.append(column)
            continue
        if columns:
            yield Head(tuple(columns), path)
        lowest, columns, path = last, [column], tuple(p for s in texts for p in words.path(s.text))
    if columns:
        yield Head(tuple(columns), path)
