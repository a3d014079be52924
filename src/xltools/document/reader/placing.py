"""Assign the figures of a document to the cells of a form, by row labels, column heads, order and number.

Each section is searched for row by row. A row is a row of the form if its last label matches, if the labels before it
are labels above that line in the form, and if the rows come in the form's order. Figures are assigned by the heads of
their columns. Where only the order of cells is known, there must be one figure per column, and the heads must all be
present in printed order. One row with a damaged label is accepted if it is the only one missing between two rows that
were found. Any other table is refused, with the label that was expected and the nearest label in the document.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from functools import cached_property
from typing import NamedTuple

from xltools.data.typed_numbers import typed
from xltools.document.reader.rows import ColumnHead, FormLabels, LabelledRow, is_figure, label_names
from xltools.form.labels import core
from xltools.form.model import Block, Form, Line, Section, leaves, walk
from xltools.white_space import is_blank

_ALIKE = 0.6  # the least similarity of a damaged label to the form's label
_CLEAR = 0.15  # by how much it must be less similar to every other label
_MOST_FAULTS = 3  # labels reported for one table
_MOST_CANDIDATES = 8  # the largest candidates that are read


class NearLabel(NamedTuple):
    """A damaged label that was accepted as a label of the form."""

    found: str
    expected: str


class TableFault(NamedTuple):
    """The reason why a table is refused: a finding code, the expected label, and the label found instead."""

    code: str
    expected: str
    found: str = ""


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


class FormColumn(NamedTuple):
    """A column of the form: its lines from top to bottom, and in a wide block, the key of the row it belongs to."""

    path: tuple[Line, ...]
    row: str = ""

    @property
    def line(self) -> Line:
        """The line that holds its cells."""
        return self.path[-1]


def place(section: Section, rows: Sequence[LabelledRow], form: Form) -> PlacedTable:
    """Return the texts in the cells of *section*, or the reasons why its table is refused."""
    return _TableFinder(section, rows, FormLabels(form)).placed()


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
                found += [FormRow(block, path[-1], path[:-1]) for path in _leaf_paths(block.rows)]
        return tuple(found)

    def placed(self) -> PlacedTable:
        """Return the only complete table, or the first if every other row with its labels has the same figures."""
        candidates = sorted(self._candidates(), key=len, reverse=True)
        tables = [(one, table) for one in candidates[:_MOST_CANDIDATES] if (table := self._read(one)).texts]
        if tables:
            chosen, table = tables[0]
            others = [candidate for candidate in candidates if candidate is not chosen]
            if any(self._differs(candidate, chosen, table.texts) for candidate in others):
                fault = TableFault("table-twice", self.section.title, f"×{len(candidates)}")
                return PlacedTable(faults=(fault,))
            return table
        if candidates and len(candidates[0]) * 2 >= len(self.form_rows):
            return self._read(candidates[0])
        return PlacedTable(faults=(TableFault("missing-sheet", self.section.title),))

    def _differs(self, candidate: _Candidate, chosen: _Candidate, texts: Mapping[str, str]) -> bool:
        """Return whether a row of *candidate* has other figures than *texts*, those of *chosen*, or is a part of a row.

        Rows without the columns of the form are another kind of table.
        """
        for index, number, heads in self._rows_with_heads(candidate):
            is_next = abs(chosen.get(index, -1) - number) == 1
            is_split = is_next and len(candidate) < len(chosen)  # one row of the form in two
            found = self._texts_of(index, number, heads, is_head_known=is_split)
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
        columns = _columns(block)
        return bool(_columns_by_head(columns, row.heads, block)) or (
            not row.heads
            and len(row.figures) == len(columns)
            and _are_columns_named(block, row.before, self.form_labels)
        )

    def _label(self, row: LabelledRow) -> str | None:
        """Return the last label before the figures; in a grid, one that begins in that row."""
        blocks = ((_columns(block), block) for block in self.section.blocks)
        placed = next(filter(None, (_columns_by_head(columns, row.heads, b) for columns, b in blocks)), None)
        if placed is None:
            return row.labels[-1] if row.labels else None
        first = min(head.columns[0] for head in placed.values())
        cells = [cell for column, cell in row.cells.items() if column < first and not is_blank(cell.text)]
        last = max(cells, key=lambda cell: cell.column, default=None)
        return self.form_labels.path(last.text)[-1] if last and last.row == row.number else None

    def _reduced_label(self, row: LabelledRow) -> str:
        return core(self._label(row) or "")

    # -- the figures of a table

    def _read(self, candidate: _Candidate) -> PlacedTable:
        near: list[NearLabel] = []
        texts: dict[str, str] = {}
        for gap in self._gaps(candidate):
            if not self._accept_damaged(gap, candidate, near) and not self._accept_merged(gap, texts, near):
                labels = [label for number in gap.between if (label := self._label(self.rows[number]))]
                missing = [self.form_rows[index].label for index in gap.missing[:_MOST_FAULTS]]
                return PlacedTable(faults=tuple(_label_fault(label, labels) for label in missing))
        if fault := self._unexpected_row(candidate):
            return PlacedTable(faults=(fault,))
        for index, number, heads in self._rows_with_heads(candidate):
            found = self._texts_of(index, number, heads)
            if isinstance(found, TableFault):
                return PlacedTable(faults=(found,))
            texts |= found
        return PlacedTable(texts, tuple(near))

    def _rows_with_heads(self, candidate: _Candidate) -> Iterator[tuple[int, int, tuple[str, ...]]]:
        """Yield each row of the form that the candidate has, the row in the document, and the labels above its block."""
        heads: tuple[str, ...] = ()
        for index, wanted in enumerate(self.form_rows):
            if index in candidate:
                if not index or wanted.block is not self.form_rows[index - 1].block:
                    heads = self.rows[candidate[index]].before
                yield index, candidate[index], heads

    def _texts_of(
        self, index: int, number: int, heads: tuple[str, ...], *, is_head_known: bool = False
    ) -> dict[str, str] | TableFault:
        """Return the texts in a row by the names of their cells, or a fault; see :func:`_row_texts`."""
        wanted = self.form_rows[index]
        found = _row_texts(self.rows[number], wanted, heads, self.form_labels, is_head_known=is_head_known)
        if isinstance(found, TableFault):
            return found
        columns, line = _columns(wanted.block), wanted.line.key if wanted.line else ""
        return {
            f"{self.section.key}.{columns[place].row or line}.{columns[place].line.key}": text
            for place, text in found.items()
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

    def _accept_damaged(self, gap: _MissingRows, candidate: _Candidate, near: list[NearLabel]) -> bool:
        """Add to the candidate the only row between two found rows, if its label is similar to the missing one."""
        strange = [number for number in gap.between if not self._is_ignored(self.rows[number])]
        if len(gap.missing) != 1 or not gap.is_inside or len(strange) != 1:
            return False
        wanted = self.form_rows[gap.missing[0]]
        label = self._label(self.rows[strange[0]]) or ""
        own = max((_similarity(label, name) for name in wanted.names), default=0)
        others = (_similarity(label, n) for row in self.form_rows if row is not wanted for n in row.names)
        is_similar = own >= _ALIKE and own - max(others, default=0) >= _CLEAR
        if core(label) in self.form_labels.known or not is_similar:
            return False
        candidate[gap.missing[0]] = strange[0]
        near.append(NearLabel(label, wanted.label))
        return True

    def _accept_merged(self, gap: _MissingRows, texts: dict[str, str], near: list[NearLabel]) -> bool:
        """Accept one row of zeros or blanks for all lines of a group; add its figures to *texts* for each line."""
        lines = [self.form_rows[index] for index in gap.missing]
        group = lines[0].above[-1] if lines[0].above else None
        if group is None or tuple(row.line for row in lines) != group.lines:
            return False
        rows = [self.rows[n] for n in gap.between if self._reduced_label(self.rows[n]) in label_names(group)]
        if len(rows) != 1:
            return False
        found = _row_texts(rows[0], lines[0], rows[0].before, self.form_labels, is_head_known=True)
        if isinstance(found, TableFault) or any(_figure(text) not in {"", "0"} for text in found.values()):
            return False
        columns = _columns(lines[0].block)
        for line in group.lines:
            for number, text in found.items():
                texts[f"{self.section.key}.{line.key}.{columns[number].line.key}"] = text
        near.append(NearLabel(group.label, "、".join(line.label for line in group.lines)))
        return True

    def _unexpected_row(self, candidate: _Candidate) -> TableFault | None:
        """Return a fault for a row with figures inside the table that is not a row of the form and not ignored."""
        taken = set(candidate.values())
        last = -1
        for index, number in sorted(candidate.items()):
            for other in range(last + 1, number) if last >= 0 else ():
                label = self._label(self.rows[other])
                if other not in taken and label and not self._is_ignored(self.rows[other]):
                    return TableFault("label-changed", self.form_rows[index].label, label)
            last = number
        return None

    def _is_ignored(self, row: LabelledRow) -> bool:
        """Return whether a row is ignored: it has no figures, or is a subtotal or another extra row of the form."""
        groups = {name for wanted in self.form_rows for line in wanted.above for name in label_names(line)}
        extra = {core(text) for block in self.section.blocks for text in block.extra}
        return all(map(is_blank, row.figures)) or self._reduced_label(row) in groups | extra


def _columns(block: Block) -> tuple[FormColumn, ...]:
    paths = _leaf_paths(block.columns)
    if block.arrange == "grid":
        return tuple(map(FormColumn, paths))
    return tuple(FormColumn((*row, *path), row[-1].key) for row in _leaf_paths(block.rows) for path in paths)


def _leaf_paths(lines: tuple[Line, ...]) -> list[tuple[Line, ...]]:
    """Return the lines that hold cells, each as the last of the lines that span it."""
    return [(*above, line) for line, above in walk(lines) if not line.lines]


def _is_below(row: LabelledRow, wanted: FormRow, form_labels: FormLabels) -> bool:
    """Return whether every group label before the last label of *row* is above the form's row."""
    above = {name for line in wanted.above for name in label_names(line)}
    groups = {name for line, _ in walk(wanted.block.rows) if line.lines for name in label_names(line)}
    if row.heads:
        cells = (cell.text for cell in row.cells.values() if not is_blank(cell.text))
        texts = {core(part) for text in cells for part in form_labels.path(text)}
    else:
        texts = {core(text) for text in row.labels[:-1]}
    return not (texts & groups) - above


# -- the figures of a row


def _row_texts(
    row: LabelledRow,
    wanted: FormRow,
    heads: tuple[str, ...],
    form_labels: FormLabels,
    *,
    is_head_known: bool = False,
) -> dict[int, str] | TableFault:
    """Return the text in each column of the row, or a fault; *heads* are not checked if *is_head_known*."""
    columns = _columns(wanted.block)
    if placed := _columns_by_head(columns, row.heads, wanted.block):
        found: dict[int, str] = {}
        for number, head in placed.items():
            cells = dict.fromkeys(row.cells[column] for column in head.columns)
            texts = {cell.text.strip() for cell in cells if not is_blank(cell.text)}
            if len(texts) > 1:
                several = " ".join(filter(None, row.figures))
                return TableFault("label-changed", columns[number].line.label, several)
            found[number] = texts.pop() if texts else ""
        return found
    if not is_head_known and not _are_columns_named(wanted.block, heads, form_labels):
        return _head_fault(wanted.block, heads, row.heads, form_labels)
    figures = _one_per_column(row.figures, columns)
    if len(figures) != len(columns):
        return TableFault(
            "label-changed",
            wanted.label or wanted.block.columns[0].label,
            " ".join((*row.labels[-1:], *row.figures)),
        )
    return dict(enumerate(figures))


def _columns_by_head(
    columns: tuple[FormColumn, ...], heads: tuple[ColumnHead, ...], block: Block
) -> dict[int, ColumnHead]:
    """Return the head of each column by its index; empty unless all are there, in order, with no other between."""
    extra = {core(text) for text in block.extra}
    placed: dict[int, ColumnHead] = {}
    for head in heads:
        # A label broken over two cells is compared joined, too.
        names = {core(head.path[-1]), core("".join(head.path[-2:]))} if head.path else set()
        number = len(placed)
        last = columns[number - 1] if placed else None
        if (
            number < len(columns)
            and names & set(label_names(columns[number].line))
            and _is_head_of(head, columns[number], block)
        ):
            placed[number] = head
        elif last and (not names or names & set(label_names(last.line))):
            previous = placed[number - 1]  # repeated or empty: a merged head that was flattened
            placed[number - 1] = previous._replace(columns=(*previous.columns, *head.columns))
        elif placed and not names & extra:
            return {}
    return placed if len(placed) == len(columns) else {}


def _is_head_of(head: ColumnHead, column: FormColumn, block: Block) -> bool:
    """Return whether no text of the head is the label of other columns only."""
    own = {name for line in column.path for name in label_names(line)}
    others = {name for line, _ in walk(block.heads) for name in label_names(line)} - own
    return not {core(text) for text in head.path} & others


def _one_per_column(figures: tuple[str, ...], columns: tuple[FormColumn, ...]) -> tuple[str, ...]:
    """Join the texts of cells that span several columns and were flattened; return one figure per column if possible."""
    excess = len(figures) - len(columns)
    printed = sum(column.line.span for column in columns)
    if excess > 0 and len(figures) != printed:
        before, behind = (all(map(is_blank, part)) for part in (figures[:excess], figures[-excess:]))
        if all(map(is_blank, figures)):
            return figures[excess:]
        if before != behind:  # blanks in place of merged labels, or trailing blanks
            return figures[excess:] if before else figures[:-excess]
    if excess <= 0 or len(figures) != printed:
        return figures
    found, place = [], 0
    for column in columns:
        texts = {text for text in figures[place : place + column.line.span] if not is_blank(text)}
        if len(texts) > 1:
            return figures
        found.append(texts.pop() if texts else "")
        place += column.line.span
    return tuple(found)


def _are_columns_named(block: Block, texts: Sequence[str], form_labels: FormLabels) -> bool:
    """Return whether *texts*, above the first row, name every column in printed order, and no extra column."""
    has_extra = {core(text) for text in block.extra} & {core(text) for text in texts}
    return not _unnamed_columns(block, texts, form_labels) and not has_extra


def _unnamed_columns(block: Block, texts: Sequence[str], form_labels: FormLabels) -> list[str]:
    """Return the labels of columns that are not among *texts* in printed order."""
    there = [core(text) for text in texts]
    strange = [text for text in there if text not in form_labels.known]
    missing = []
    place = 0
    for line in _printed_heads(block):
        names = label_names(line)
        found = next((n for n in range(place, len(there)) if there[n] in names), None)
        if found is None:
            broken = next((a for a in strange for b in strange if a + b in names), None)
            if broken is None:
                missing.append(line.label)
                continue
            found = there.index(broken)
        place = max(place, found + 1)
    return missing


def _printed_heads(block: Block) -> list[Line]:
    """Return the lowest head of each column in printed order: row by row, each in the row where it begins."""
    found: list[Line] = []
    level = list(block.heads)
    while level:
        found += [line for line in level if not line.lines]
        level = [child for line in level for child in line.lines]
    return found


def _head_fault(
    block: Block, texts: tuple[str, ...], heads: tuple[ColumnHead, ...], form_labels: FormLabels
) -> TableFault:
    there = [*texts, *(text for head in heads for text in head.path)]
    missing = [*_unnamed_columns(block, texts, form_labels), leaves(block.columns)[0].label][0]
    strange = [text for text in there if core(text) not in form_labels.known and not is_figure(text)]
    return _label_fault(missing, strange)


def _label_fault(label: str, texts: Sequence[str]) -> TableFault:
    """Return the fault of a missing label, with the most similar of *texts* if one is similar enough."""
    name = core(label)
    near = max(texts, key=lambda text: _similarity(text, name), default="")
    if near and _similarity(near, name) >= _ALIKE / 2:
        return TableFault("label-changed", label, near)
    return TableFault("label-missing", label)


def _similarity(text: str, name: str) -> float:
    return SequenceMatcher(None, core(text), name, autojunk=False).ratio()


def _figure(text: str) -> str:
    """Return a figure without its formatting: 1,180 is 1180; an empty text if it is blank."""
    return "" if is_blank(text) else str(typed(text, "", signed=False).value)
