"""Assign the figures of a row of a document to the columns of a block of a form, by their heads or by their order."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import repeat
from typing import NamedTuple

from xltools.document.reader.form_labels import FormLabels, label_names
from xltools.document.reader.rows import ColumnHead, LabelledRow, is_figure, row_number, without_marks
from xltools.form.sections import Block, Line, walk
from xltools.white_space import is_blank


class FormColumn(NamedTuple):
    """A column of the form: its lines from top to bottom, and in a wide block, the key of the row it belongs to."""

    path: tuple[Line, ...]
    row: str = ""

    @property
    def line(self) -> Line:
        """The line that holds its cells."""
        return self.path[-1]


def columns_of(block: Block) -> tuple[FormColumn, ...]:
    """Return the columns of a block from left to right."""
    paths = leaf_paths(block.columns)
    if block.arrange == "grid":
        return tuple(map(FormColumn, paths))
    return tuple(FormColumn((*row, *path), row[-1].key) for row in leaf_paths(block.rows) for path in paths)


def leaf_paths(lines: tuple[Line, ...]) -> list[tuple[Line, ...]]:
    """Return the lines that hold cells, each as the last of the lines that span it."""
    return [(*above, line) for line, above in walk(lines) if not line.lines]


# -- by heads


def columns_by_head(block: Block, heads: tuple[ColumnHead, ...], labels: FormLabels) -> dict[int, ColumnHead]:
    """Return the head of each column by its index; empty unless all are there, in order, with no other between."""
    columns = columns_of(block)
    extra = {labels.core(text) for text in block.extra}
    known = {name for line, _ in walk(block.heads) for name in label_names(line)}
    placed: dict[int, ColumnHead] = {}
    for head in heads:
        # A label broken over two cells is compared joined, too.
        names = {labels.core(head.path[-1]), labels.core("".join(head.path[-2:]))} if head.path else set()
        number = len(placed)
        last = columns[number - 1] if placed else None
        if (
            number < len(columns)
            and names & set(label_names(columns[number].line))
            and _is_head_of(head, columns[number], known, labels)
        ):
            placed[number] = head
        elif last and (not names or names & set(label_names(last.line))):
            previous = placed[number - 1]  # repeated or empty: a merged head that was flattened
            placed[number - 1] = previous._replace(columns=(*previous.columns, *head.columns))
        elif placed and not names & extra:
            return {}
    return placed if len(placed) == len(columns) else {}


def _is_head_of(head: ColumnHead, column: FormColumn, known: set[str], labels: FormLabels) -> bool:
    """Return whether no text of the head is the label of other columns only, of those that are *known* in the block."""
    own = {name for line in column.path for name in label_names(line)}
    return not {labels.core(text) for text in head.path} & known - own


def is_aligned(row: LabelledRow, block: Block, labels: FormLabels) -> bool:
    """Return whether the cells of a row stand below heads of the block: figures below all heads, labels left of them.

    In text with tabs, rows with fewer labels often begin further left than their heads. A number in front of a row that
    has all its figures is that of the row.
    """
    placed = columns_by_head(block, row.heads, labels)
    if not placed:
        return False
    own = {column for head in placed.values() for column in head.columns}
    headed = own | {column for head in row.heads if head.path for column in head.columns if column > min(own)}
    is_whole = not any(is_blank(row.cells[column].text) for column in own)
    for column, cell in row.cells.items():
        if is_blank(cell.text) or cell.row != row.number:
            continue
        is_label = labels.core(labels.path(cell.text)[-1]) in labels.stubs
        if is_label:
            is_in_place = column not in own
        elif column < min(own) and is_whole and row_number(cell.text):
            is_in_place = True
        else:
            is_in_place = column in headed or not is_figure(cell.text)
        if not is_in_place:
            return False
    return True


def texts_by_head(row: LabelledRow, block: Block, labels: FormLabels) -> dict[int, str] | str:
    """Return the text in each column of an aligned row, or a label whose column holds several texts."""
    found: dict[int, str] = {}
    for number, head in columns_by_head(block, row.heads, labels).items():
        cells = dict.fromkeys(row.cells[column] for column in head.columns)
        texts = {cell.text.strip() for cell in cells if not is_blank(cell.text)}
        if len(texts) > 1:
            return columns_of(block)[number].line.label
        found[number] = texts.pop() if texts else ""
    return found


# -- by order


def texts_by_order(row: LabelledRow, block: Block) -> tuple[str, ...]:
    """Return the figures of a row, one for each column of the block, or () if it cannot be known which is which."""
    columns = columns_of(block)
    if _may_end_with_page(row):
        if figures := _one_per_column(row.figures[:-1], columns):
            return figures
        if set(row.lines) != {1}:
            return ()
    return _one_per_column(row.figures, columns)


def _may_end_with_page(row: LabelledRow) -> bool:
    """Return whether the last figure may be the number of a page: it is alone in the last line."""
    return len(row.lines) > 1 and row.lines[-1] == 1


def are_numbered(rows: Sequence[LabelledRow], block: Block) -> bool:
    """Return whether each row has one figure too many, so that it is the number of the row rather than of a page."""
    columns = columns_of(block)
    is_first = len(rows) > 1 or without_marks(rows[0].figures[0] if rows[0].figures else "") == "1"
    return is_first and all(
        _may_end_with_page(row) and bool(_one_per_column(row.figures[:-1], columns)) for row in rows
    )


def _one_per_column(figures: tuple[str, ...], columns: tuple[FormColumn, ...]) -> tuple[str, ...]:
    """Return one figure per column, or (); cells before and behind may be blank, and wide columns take several cells."""
    count, excess = len(columns), len(figures) - len(columns)
    filled = [place for place, figure in enumerate(figures) if not is_blank(figure)]
    if excess < 0:
        return ()
    if not excess or not filled:
        return figures[excess:]
    if filled[-1] + 1 - filled[0] == count:
        return figures[filled[0] : filled[-1] + 1]
    if len(figures) == sum(column.line.span for column in columns):
        return _one_per_span(figures, columns)
    # Blanks on one side only: in place of labels that span several columns, or behind the row.
    before, behind = filled[0] >= excess, filled[-1] + 1 + excess <= len(figures)
    if before == behind:
        return ()
    return figures[excess:] if before else figures[:-excess]


def _one_per_span(figures: tuple[str, ...], columns: tuple[FormColumn, ...]) -> tuple[str, ...]:
    """Join the texts of cells that span several columns and were flattened; () if they differ."""
    found, place = list[str](), 0
    for column in columns:
        texts = {text for text in figures[place : place + column.line.span] if not is_blank(text)}
        if len(texts) > 1:
            return ()
        found.append(texts.pop() if texts else "")
        place += column.line.span
    return tuple(found)


# -- the heads of columns whose order is known only


def are_columns_named(block: Block, lines: Sequence[Sequence[str]], labels: FormLabels) -> bool:
    """Return whether *lines*, above the first row, name every column in printed order, and no extra column."""
    there = {labels.core(text) for line in lines for text in line}
    return not unnamed_columns(block, lines, labels) and not there & set(map(labels.core, block.extra))


def unnamed_columns(block: Block, lines: Sequence[Sequence[str]], labels: FormLabels) -> list[str]:
    """Return the labels of columns that *lines* do not name in an order in which the heads can be printed.

    From left to right, the heads in each line are those of columns further and further right; a head that spans
    columns stands where the first of them is. If heads stand in lines of their own, nothing is known but the order
    of the lines, which must be that of the form: row by row, each head in the row where it begins.
    """
    found = _with_broken(block, [[labels.core(text) for text in line] for line in lines], labels)
    is_in_order = any(map(_is_several, found, repeat(block)))
    missing = Counter(column.line.label for column in columns_of(block))
    for label in _named_in_order(block, found) if is_in_order else _named_by_lines(block, found):
        missing[label] -= 1
    return [label for label, count in missing.items() if count > 0]


def _is_several(line: list[str], block: Block) -> bool:
    """Return whether a line is a head alone, or several lines of heads in one: it has a head and one below that."""
    paths = [column.path for column in columns_of(block)]
    if len(line) == 1:
        return any(line[0] in label_names(path[-1]) for path in paths)
    named = set(line)
    return any(
        named & set(label_names(path[-1]))
        and named & {name for over in path[:-1] for name in label_names(over)}
        for path in paths
    )


def _with_broken(block: Block, lines: list[list[str]], labels: FormLabels) -> list[list[str]]:
    """Return the lines with the first half of each label that is broken over two texts replaced by the label."""
    there = {text for line in lines for text in line}
    strange = [text for text in there if text not in labels.known]
    halves = dict[str, str]()
    for column in columns_of(block):
        for name in label_names(column.line):
            if name not in there:
                halves |= {a: name for a in strange for b in strange if a + b == name}
    return [[halves.get(text, text) for text in line] for line in lines]


def _named_by_lines(block: Block, lines: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield the labels of the columns that are named, up to the first head that stands left of where it belongs."""
    columns = columns_of(block)
    own, over = _places(columns)
    used = set[int]()
    for line in lines:
        last = -1
        for text in line:
            free = [place for place in own[text] if place not in used and place > last]
            again = [place for place in (*own[text], *over[text]) if place >= last]
            if free:
                last = free[0]
                used.add(last)
                yield columns[last].line.label
            elif again:
                last = min(again)  # a head that spans columns, or one that a flattened table repeats
            elif own[text] or over[text]:
                return


def _places(
    columns: tuple[FormColumn, ...],
) -> tuple[defaultdict[str, list[int]], defaultdict[str, list[int]]]:
    """Return the columns that each label names, and those with which the columns that it spans begin."""
    own, over = defaultdict[str, list[int]](list), defaultdict[str, list[int]](list)
    for number, column in enumerate(columns):
        for name in label_names(column.line):
            own[name].append(number)
        for depth, line in enumerate(column.path[:-1], 1):
            if not number or columns[number - 1].path[:depth] != column.path[:depth]:
                for name in label_names(line):
                    over[name].append(number)
    return own, over


def _named_in_order(block: Block, lines: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield the labels of the columns that are named in the order of the form, whatever the lines."""
    texts = [text for line in lines for text in line]
    place = 0
    for head in _printed_heads(block):
        found = next((n for n in range(place, len(texts)) if texts[n] in label_names(head)), None)
        if found is not None:
            place = found + 1
            yield head.label


def _printed_heads(block: Block) -> list[Line]:
    """Return the lowest head of each column in printed order: row by row, each in the row where it begins."""
    found: list[Line] = []
    level = list(block.heads)
    while level:
        found += [line for line in level if not line.lines]
        level = [child for line in level for child in line.lines]
    return found
