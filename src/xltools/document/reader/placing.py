"""Assign the figures of a document to the cells of a form, by row labels, column heads, order and number.

Each section is searched for row by row. A row is a row of the form if its last label matches, if the labels before it
are labels above that line in the form, and if the rows come in the form's order. Figures are assigned by the heads of
their columns. Where only the order of cells is known, there must be one figure per column, and the heads must all be
present in printed order. One row with a damaged label is accepted if it is the only one missing between two rows that
were found. Any other table is refused, with the label that was expected and the nearest label in the document.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby
from typing import NamedTuple

from xltools.data.typed_numbers import typed
from xltools.document.reader.columns import (
    are_columns_named,
    are_numbered,
    columns_by_head,
    columns_of,
    is_aligned,
    leaf_paths,
    texts_by_head,
    texts_by_order,
    unnamed_columns,
)
from xltools.document.reader.form_labels import ALIKE, FormLabels, NearLabel, label_names, similarity
from xltools.document.reader.rows import ColumnHead, LabelledRow, is_figure, row_number
from xltools.form.labels import core
from xltools.form.sections import Block, Line, Section, leaves, unit_of
from xltools.white_space import is_blank

_MOST_FAULTS = 3  # labels reported for one table
_FEW = 3  # rows of other tables and of prose may have the labels of as many
_MOST_CANDIDATES = 8  # the largest candidates that are read


class TableFault(NamedTuple):
    """The reason why a table is refused: a finding code, the expected label, and the label found instead.

    ``rows`` and ``seen`` are the numbers of rows of the form and of those that were found, if most were not.
    """

    code: str
    expected: str
    found: str = ""
    rows: int = 0
    seen: int = 0


@dataclass(frozen=True, slots=True)
class PlacedTable:
    """The texts in the cells of a section by name; empty if the table is refused."""

    texts: Mapping[str, str] = field(default_factory=dict)
    near: tuple[NearLabel, ...] = ()
    faults: tuple[TableFault, ...] = ()


class FormRow(NamedTuple):
    """A row of the form: its block, its line, and the lines above that. A wide block has one row, without a line."""

    block: Block
    line: Line | None
    above: tuple[Line, ...]

    @property
    def label(self) -> str:
        """The label that the form prints."""
        return self.line.label if self.line else ""

    @property
    def names(self) -> tuple[str, ...]:
        """The label and its other wordings, reduced."""
        return label_names(self.line) if self.line else ()


def place(
    sections: Iterable[Section], rows: Sequence[LabelledRow], form_labels: FormLabels
) -> dict[str, PlacedTable]:
    """Return the texts in the cells of each of *sections*, by its key, or the reasons why its table is refused.

    Rows of the whole table of one section are no second table of another that has rows of the same names.
    """
    finders = {}
    for section in sections:
        is_wide = section.blocks[0].arrange == "wide"
        own = list(_with_halves_joined(rows, section.blocks[0], form_labels)) if is_wide else rows
        finders[section.key] = _TableFinder(section, own, form_labels)
    taken = {key: finder.rows_of_table for key, finder in finders.items()}
    return {
        key: finder.placed([row for other in taken if other != key for row in taken[other]])
        for key, finder in finders.items()
    }


# Rows that may be one table: index of the form's row -> index of the document's row.
_Candidate = dict[int, int]


class _MissingRows(NamedTuple):
    """Successive rows of the form that were not found."""

    missing: tuple[int, ...]
    between: tuple[int, ...]  # the document's rows in their place
    is_inside: bool  # whether the rows before and after were found


@dataclass
class _TableFinder:
    section: Section
    rows: Sequence[LabelledRow]
    form_labels: FormLabels

    @cached_property
    def form_rows(self) -> tuple[FormRow, ...]:
        found: list[FormRow] = []
        for block in self.section.blocks:
            if block.arrange == "wide":
                found.append(FormRow(block, None, ()))
            else:
                found += [FormRow(block, path[-1], path[:-1]) for path in leaf_paths(block.rows)]
        return tuple(found)

    @cached_property
    def candidates(self) -> list[_Candidate]:
        """The rows that may be one table, those with most rows first."""
        return sorted(self._candidates(), key=len, reverse=True)

    @cached_property
    def complete(self) -> tuple[_Candidate, PlacedTable] | None:
        """The first complete table and its rows."""
        tables = ((one, self._read(one)) for one in self.candidates[:_MOST_CANDIDATES])
        return next(((one, table) for one, table in tables if table.texts), None)

    @property
    def rows_of_table(self) -> list[LabelledRow]:
        """The rows of the first complete table."""
        return [self.rows[number] for number in self.complete[0].values()] if self.complete else []

    def placed(self, taken: Sequence[LabelledRow]) -> PlacedTable:
        """Return the only complete table, or the first if every other row with its labels has the same figures.

        Rows that are *taken* are those of other sections.
        """
        candidates = self.candidates
        if self.complete:
            chosen, table = self.complete
            known = {id(row) for row in taken}
            others = [
                candidate
                for candidate in candidates
                if candidate is not chosen and any(id(self.rows[n]) not in known for n in candidate.values())
            ]
            if any(self._differs(candidate, chosen, table.texts) for candidate in others):
                fault = TableFault("table-twice", self.section.title, f"×{len(candidates)}")
                return PlacedTable(faults=(fault,))
            return table
        count = len(self.form_rows)
        if candidates and len(candidates[0]) * 2 >= count:
            return self._read(candidates[0])
        seen = {index for candidate in candidates for index in candidate}
        if len(seen) < _FEW or self.form_rows[0].line is None:
            return PlacedTable(faults=(TableFault("missing-sheet", self.section.title),))
        first = next((row.label for index, row in enumerate(self.form_rows) if index not in seen), "")
        label = first or self.form_rows[min(candidates[0])].label
        return PlacedTable(faults=(TableFault("table-unread", label, rows=count, seen=len(seen)),))

    def _differs(self, candidate: _Candidate, chosen: _Candidate, texts: Mapping[str, str]) -> bool:
        """Return whether a row of *candidate* has other figures than *texts*, those of *chosen*, or is a part of a row.

        Rows without the columns of the form are another kind of table.
        """
        for index, number, texts_or_fault in self._texts(candidate):
            is_next = abs(chosen.get(index, -1) - number) == 1
            is_split = is_next and len(candidate) < len(chosen)  # one row of the form in two
            found = texts_or_fault
            if isinstance(found, TableFault) and is_split:
                found = self._texts_of(index, self.rows[number], (), is_head_known=True)
            if isinstance(found, TableFault):
                continue
            figures = {name: figure for name, text in found.items() if (figure := _figure(text))}
            if any(is_split or figure != _figure(texts[name]) for name, figure in figures.items()):
                return True
        return False

    # -- the rows of a table

    def _candidates(self) -> list[_Candidate]:
        """Return the rows with labels of this section, split where the form's order starts again."""
        if self.form_rows[0].line is None:
            return [{0: number} for number, row in enumerate(self.rows) if self._is_wide_row(row)]
        found: list[_Candidate] = []
        last = -1
        for number, row in enumerate(self.rows):
            label = self._reduced_label(row)
            places = [
                index
                for index, wanted in enumerate(self.form_rows)
                if label in wanted.names and _is_below(row, wanted, self.form_labels)
            ]
            if not row.heads and {self.form_labels.core(t) for t in row.before[-1]} & self.form_labels.heads:
                continue  # a line of heads, the last of which is also a label of a row
            if not row.figures and label in self.form_labels.captions:
                continue  # the title of a block, which is also a label of a row
            if not places:
                continue
            place = next((index for index in places if index > last), places[0])
            if not found or place <= last:
                found.append({})
            found[-1][place] = number
            last = place
        return found

    def _is_wide_row(self, row: LabelledRow) -> bool:
        """Return whether the heads or the figures of *row* match the wide block."""
        block = self.section.blocks[0]
        return bool(columns_by_head(block, row.heads, self.form_labels)) or (
            not row.heads
            and bool(texts_by_order(row, block))
            and are_columns_named(block, row.before, self.form_labels)
        )

    def _label(self, row: LabelledRow) -> str | None:
        """Return the last label before the figures; in a grid, one that begins in that row."""
        aligned = (block for block in self.section.blocks if is_aligned(row, block, self.form_labels))
        if (block := next(aligned, None)) is None:
            return row.labels[-1] if row.labels else None
        placed = columns_by_head(block, row.heads, self.form_labels)
        first = min(head.columns[0] for head in placed.values())
        before = (cell for column, cell in row.cells.items() if column < first)
        cells = [cell for cell in before if not (is_blank(cell.text) or row_number(cell.text))]
        last = max(cells, key=lambda cell: cell.column, default=None)
        return self.form_labels.path(last.text)[-1] if last and last.row == row.number else None

    def _reduced_label(self, row: LabelledRow) -> str:
        return self.form_labels.core(self._label(row) or "")

    # -- the figures of a table

    def _read(self, candidate: _Candidate) -> PlacedTable:
        near: list[NearLabel] = []
        texts: dict[str, str] = {}
        for gap in self._gaps(candidate):
            if not self._accept_merged(gap, texts, near):
                labels = [label for number in gap.between if (label := self._label(self.rows[number]))]
                missing = [self.form_rows[index].label for index in gap.missing[:_MOST_FAULTS]]
                return PlacedTable(faults=tuple(_label_fault(label, labels) for label in missing))
        if fault := self._unexpected_row(candidate):
            return PlacedTable(faults=(fault,))
        for _, _, found in self._texts(candidate):
            if isinstance(found, TableFault):
                return PlacedTable(faults=(found,))
            texts |= found
        return PlacedTable(texts, (*self._slips(candidate), *near))

    def _slips(self, candidate: _Candidate) -> tuple[NearLabel, ...]:
        """Return the damaged labels beside and above the rows of a table."""
        rows = [self.rows[number] for _, number in sorted(candidate.items())]
        texts = [text for row in rows for line in row.before for text in line]
        texts += [text for row in rows for head in row.heads for text in head.path]
        found = dict.fromkeys(core(part) for text in texts for part in self.form_labels.path(text))
        return tuple(self.form_labels.slips[name] for name in found if name in self.form_labels.slips)

    def _texts(self, candidate: _Candidate) -> Iterator[tuple[int, int, dict[str, str] | TableFault]]:
        """Yield each row of the form that the candidate has, the row in the document, and the texts of its cells or a fault.

        The rows of a block are read by their heads only if all of them stand below these.
        """
        for _, group in groupby(sorted(candidate), key=lambda index: id(self.form_rows[index].block)):
            indices = list(group)
            rows = [self.rows[candidate[index]] for index in indices]
            block = self.form_rows[indices[0]].block
            by_head = all(is_aligned(row, block, self.form_labels) for row in rows)
            if not by_head:
                asides = [self._asides_of(index) for index in indices]
                rows = _with_figures_only(rows, asides, block.label_depth)
            if not by_head and are_numbered(rows, block):
                yield indices[0], candidate[indices[0]], _number_fault(self.form_rows[indices[0]], rows[0])
                continue
            for index, row in zip(indices, rows, strict=True):
                heads = None if by_head else rows[0].before
                yield index, candidate[index], self._texts_of(index, row, heads)

    def _asides_of(self, index: int) -> tuple[str, ...]:
        """Return the code and the unit that the form prints between the label of a row and its figures."""
        block, line, _ = self.form_rows[index]
        if line is None:
            return ()
        printed = {"code": line.code, "unit": unit_of(line, block, self.section)}
        return tuple(printed[what] for what in block.stub[block.stub.index("label") + 1 :])

    def _texts_of(
        self,
        index: int,
        row: LabelledRow,
        heads: Sequence[Sequence[str]] | None,
        *,
        is_head_known: bool = False,
    ) -> dict[str, str] | TableFault:
        """Return the texts in a row by the names of their cells, or a fault.

        Without *heads*, the labels above the block, they are read by the heads of the row's columns; else by their
        order, for which *heads* must name every column.
        """
        wanted = self.form_rows[index]
        block, columns = wanted.block, columns_of(wanted.block)
        if heads is None:
            texts = texts_by_head(row, block, self.form_labels)
            if isinstance(texts, str):
                return TableFault("label-changed", texts, " ".join(filter(None, row.figures)))
        else:
            if not is_head_known and not are_columns_named(block, heads, self.form_labels):
                return _head_fault(block, heads, row.heads, self.form_labels)
            texts = dict(enumerate(texts_by_order(row, block)))
            if not texts:
                return _number_fault(wanted, row)
        line = wanted.line.key if wanted.line else ""
        return {
            f"{self.section.key}.{columns[number].row or line}.{columns[number].line.key}": text
            for number, text in texts.items()
        }

    def _gaps(self, candidate: _Candidate) -> Iterator[_MissingRows]:
        """Yield the form's rows that the candidate does not have, successive ones together."""
        missing = [index for index in range(len(self.form_rows)) if index not in candidate]
        while missing:
            first = last = missing.pop(0)
            while missing and missing[0] == last + 1:
                last = missing.pop(0)
            begin = max((number for index, number in candidate.items() if index < first), default=-1)
            end = min((number for index, number in candidate.items() if index > last), default=-1)
            begin = begin if begin >= 0 else end - 3
            end = end if end >= 0 else begin + 3
            between = range(max(0, begin + 1), min(end, len(self.rows)))
            is_inside = first - 1 in candidate and last + 1 in candidate
            yield _MissingRows(tuple(range(first, last + 1)), tuple(between), is_inside)

    def _accept_merged(self, gap: _MissingRows, texts: dict[str, str], near: list[NearLabel]) -> bool:
        """Accept one row of zeros or blanks for all lines of a group; add its figures to *texts* for each line."""
        lines = [self.form_rows[index] for index in gap.missing]
        group = lines[0].above[-1] if lines[0].above else None
        if group is None or tuple(row.line for row in lines) != group.lines:
            return False
        rows = [self.rows[n] for n in gap.between if self._reduced_label(self.rows[n]) in label_names(group)]
        if len(rows) != 1:
            return False
        by_head = is_aligned(rows[0], lines[0].block, self.form_labels)
        for index in gap.missing:
            found = self._texts_of(index, rows[0], None if by_head else (), is_head_known=True)
            if isinstance(found, TableFault) or any(
                _figure(text) not in {"", "0"} for text in found.values()
            ):
                return False
            texts |= found
        near.append(NearLabel(group.label, "、".join(line.label for line in group.lines)))
        return True

    def _unexpected_row(self, candidate: _Candidate) -> TableFault | None:
        """Return a fault for a row with figures inside the table that is not a row of the form and not ignored."""
        taken = set(candidate.values())
        last = -1
        for index, number in sorted(candidate.items()):
            for other in range(last + 1, number) if last >= 0 else ():
                row = self.rows[other]
                if other not in taken and not self._is_ignored(row):
                    found = self._label(row) or " ".join(filter(None, row.figures))
                    return TableFault("label-changed", self.form_rows[index].label, found)
            last = number
        return None

    def _is_ignored(self, row: LabelledRow) -> bool:
        """Return whether a row is ignored: it has no figures, or is a subtotal or another extra row of the form."""
        groups = {name for wanted in self.form_rows for line in wanted.above for name in label_names(line)}
        extra = {self.form_labels.core(text) for block in self.section.blocks for text in block.extra}
        return all(map(is_blank, row.figures)) or self._reduced_label(row) in groups | extra


def _is_below(row: LabelledRow, wanted: FormRow, form_labels: FormLabels) -> bool:
    """Return whether every group label before the last label of *row* is above the form's row."""
    above = {name for line in wanted.above for name in label_names(line)}
    if row.heads:
        cells = (cell.text for cell in row.cells.values() if not is_blank(cell.text))
        texts = {form_labels.core(part) for text in cells for part in form_labels.path(text)}
    else:
        texts = {form_labels.core(text) for text in row.labels[:-1]}
    return not (texts & form_labels.groups) - above


def _with_halves_joined(
    rows: Sequence[LabelledRow], block: Block, form_labels: FormLabels
) -> Iterator[LabelledRow]:
    """Yield *rows* with those joined that are parts of one row: 行政复议 and 行政诉讼 as a table each."""
    count = len(columns_of(block))
    part: list[LabelledRow] = []
    for row in rows:
        yield row
        if all(map(is_blank, row.figures)) or (row.heads and row.labels):
            continue
        part.append(row)
        for cells in ([one.figures for one in part], [_without_ends(one.figures) for one in part]):
            first = len(cells)
            while first and sum(map(len, cells[first - 1 :])) <= count:
                first -= 1
            before = tuple(line for one in part[first:] for line in one.before)
            if (
                len(cells) - first > 1
                and sum(map(len, cells[first:])) == count
                and are_columns_named(block, before, form_labels)
                and _have_own_heads(part[first:], cells[first:], block, form_labels)
            ):
                yield LabelledRow((), tuple(text for texts in cells[first:] for text in texts), before)
                part = []
                break


def _with_figures_only(
    rows: list[LabelledRow], asides: list[tuple[str, ...]], depth: int
) -> list[LabelledRow]:
    """Return the rows without the codes and units before their figures, if several rows have their own there.

    Blank cells before them are those of the label, which may span *depth* columns.
    """
    found = list(rows)
    for number, (row, own) in enumerate(zip(rows, asides, strict=True)):
        texts = tuple(text.strip() for text in row.figures)
        blanks = next((n for n, text in enumerate(texts[:depth]) if text), 0) if own and own[0] else 0
        end = blanks + len(own)
        if own and texts[blanks:end] == own and (not row.lines or row.lines[0] >= end):
            lines = (row.lines[0] - end, *row.lines[1:]) if row.lines else ()
            found[number] = row._replace(figures=row.figures[end:], lines=lines)
    return found if sum(a is not b for a, b in zip(rows, found, strict=True)) > 1 else rows


def _have_own_heads(
    parts: Sequence[LabelledRow], cells: Sequence[tuple[str, ...]], block: Block, form_labels: FormLabels
) -> bool:
    """Return whether each part of a row has the heads of its own columns above it."""
    columns, place = columns_of(block), 0
    for part, figures in zip(parts, cells, strict=True):
        there = {form_labels.core(text) for line in part.before for text in line}
        own = columns[place : place + len(figures)]
        if any(there.isdisjoint(label_names(column.line)) for column in own):
            return False
        place += len(figures)
    return True


def _without_ends(figures: tuple[str, ...]) -> tuple[str, ...]:
    """Return figures without the blank ones before and behind them."""
    filled = [place for place, figure in enumerate(figures) if not is_blank(figure)]
    return figures[filled[0] : filled[-1] + 1]


def _head_fault(
    block: Block, lines: Sequence[Sequence[str]], heads: tuple[ColumnHead, ...], labels: FormLabels
) -> TableFault:
    there = [text for line in (*lines, *(head.path for head in heads)) for text in line]
    missing = [*unnamed_columns(block, lines, labels), leaves(block.columns)[0].label][0]
    strange = [text for text in there if labels.core(text) not in labels.known and not is_figure(text)]
    return _label_fault(missing, strange)


def _number_fault(wanted: FormRow, row: LabelledRow) -> TableFault:
    """Return the fault of a row of which it is not known which figures belong to the columns."""
    label = wanted.label or columns_of(wanted.block)[0].line.label
    return TableFault("label-changed", label, " ".join((*row.labels[-1:], *row.figures)))


def _label_fault(label: str, texts: Sequence[str]) -> TableFault:
    """Return the fault of a missing label, with the most similar of *texts* if one is similar enough."""
    name = core(label)
    near = max(texts, key=lambda text: similarity(text, name), default="")
    if near and similarity(near, name) >= ALIKE / 2:
        return TableFault("label-changed", label, near)
    return TableFault("label-missing", label)


def _figure(text: str) -> str:
    """Return a figure without its formatting: 1,180 is 1180; an empty text if it is blank."""
    return "" if is_blank(text) else str(typed(text, "", signed=False).value)
