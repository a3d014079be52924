"""Which figure of a document is which of the form: by the labels of its row and its column, in order, and by count.

A section is looked for row by row. A row is the form's when its last label is, when what stands before that label are
labels of the form that are over it, and when the rows come in the form's order. Its figures are taken by the heads of
their columns; where only their order is known, when there are just as many as columns and the heads were all named in
the order in which the form prints them. One row whose label is damaged is taken where it alone is missing between two
rows that are there. Anything else is refused, with what was looked for and what is nearest to it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from xltools.data.number import is_blank
from xltools.data.typed_numbers import typed
from xltools.document.reader.rows import Head, Row, Words, is_figure, names, walk
from xltools.form.labels import core
from xltools.form.model import Block, Form, Line, Section, leaves

_ALIKE = 0.6  # of two labels, so much must be the same for one to be the other, damaged
_CLEAR = 0.15  # and so much less must any other label be like it
_MOST_TOLD = 3  # labels of one table
_MOST_RUNS = 8  # rows that may be the table; when so many are whole there is not one


class Near(NamedTuple):
    """A label that is not quite the form's, and was read as one."""

    found: str
    expected: str


class Lack(NamedTuple):
    """Why a table is refused: a code, what was looked for, and what is there instead."""

    code: str
    expected: str
    found: str = ""


@dataclass(frozen=True, slots=True)
class Placed:
    """What stands in the cells of a section, by their names; nothing where the section is refused."""

    texts: Mapping[str, str] = field(default_factory=dict)
    near: tuple[Near, ...] = ()
    lacks: tuple[Lack, ...] = ()


class Wanted(NamedTuple):
    """A row of the form: its line, the lines over it, and its block. A wide block has one row and no label."""

    block: Block
    line: Line | None
    above: tuple[Line, ...]

    @property
    def label(self) -> str:
        """What the form prints beside it."""
        return self.line.label if self.line else ""

    @property
    def names(self) -> tuple[str, ...]:
        """Its label, folded, and its other wordings."""
        return names(self.line) if self.line else ()


class Column(NamedTuple):
    """A column of the form: the lines from above down, and the keys of its cell."""

    path: tuple[Line, ...]
    row: str  # of a wide block, whose rows stand side by side
    column: str
    span: int


def place(section: Section, rows: Sequence[Row], form: Form) -> Placed:
    """The texts in the cells of *section*, or why its table is refused."""
    return _Placing(section, rows, Words(form)).placed()


@dataclass(slots=True)
class _Run:
    """The rows that may be one table: which row of the document is which of the form."""

    rows: dict[int, int] = field(default_factory=dict)  # place among the wanted -> place in the document


@dataclass
class _Placing:
    section: Section
    rows: Sequence[Row]
    words: Words

    @cached_property
    def wanted(self) -> tuple[Wanted, ...]:
        return tuple(w for block in self.section.blocks for w in _wanted(block))

    def placed(self) -> Placed:
        """The one table there is; of several with the same figures the first."""
        runs = sorted(self._runs(), key=lambda run: -len(run.rows))[:_MOST_RUNS]
        whole = [done for run in runs if (done := self._read(run)).texts]
        if len({tuple(sorted(_values(one.texts).items())) for one in whole}) > 1 or (
            whole and self._is_doubled(runs, len(whole))
        ):
            return Placed(lacks=(Lack("table-twice", self.section.title),))
        if whole:
            return whole[0]
        if runs and len(runs[0].rows) * 2 >= len(self.wanted):
            return self._read(runs[0])
        return Placed(lacks=(Lack("missing-sheet", self.section.title),))

    def _is_doubled(self, runs: list[_Run], whole: int) -> bool:
        """Whether there is most of a further table, which is not the same as the one that is whole."""
        most = len(self.wanted) * 3 / 4
        return len(self.wanted) > 1 and sum(len(run.rows) >= most for run in runs) > whole

    # -- which rows

    def _runs(self) -> list[_Run]:
        """The rows with labels of this section, parted where the form's order begins again."""
        if self.wanted[0].line is None:
            return [_Run({0: n}) for n, row in enumerate(self.rows) if self._is_wide(row)]
        runs: list[_Run] = []
        last = len(self.wanted)
        for number, row in enumerate(self.rows):
            place = self._known(row, last if runs else -1)
            if place is None:
                continue
            if not runs or place <= last:
                runs.append(_Run())
            runs[-1].rows[place] = number
            last = place
        return runs

    def _is_wide(self, row: Row) -> bool:
        """Whether its figures, or its heads, can be those of the block without row labels."""
        block = self.section.blocks[0]
        columns = _columns(block)
        return bool(_by_heads(columns, row.heads, block)) or (
            not row.heads and len(row.figures) == len(columns) and _are_named(block, row.before, self.words)
        )

    def _known(self, row: Row, after: int) -> int | None:
        """The wanted row that has its last label: the next one behind *after*, else the first of that label."""
        leaf = core(_leaf(row, self.section, self.words) or "")
        places = [place for place, wanted in enumerate(self.wanted) if leaf in wanted.names]
        places = [p for p in places if _fits(row, self.wanted[p], self.words)]
        return next((p for p in places if p > after), places[0] if places else None)

    # -- what is in them

    def _read(self, run: _Run) -> Placed:
        near: list[Near] = []
        zeros: dict[str, str] = {}
        for gap in self._gaps(run):
            done = self._mended(gap, run, near) or self._in_one(gap, zeros, near)
            if not done:
                return Placed(lacks=tuple(self._explained(gap)))
        if strange := self._strange(run):
            return Placed(lacks=(strange,))
        texts: dict[str, str] = {}
        heads: tuple[str, ...] = ()
        for place, wanted in enumerate(self.wanted):
            row = self.rows[run.rows[place]] if place in run.rows else None
            if row is None:
                continue
            if not place or wanted.block is not self.wanted[place - 1].block:
                heads = row.before
            found = _figures(row, wanted, heads, self.words)
            if isinstance(found, Lack):
                return Placed(lacks=(found,))
            for number, text in found.items():
                column = _columns(wanted.block)[number]
                key = column.row or (wanted.line.key if wanted.line else "")
                texts[f"{self.section.key}.{key}.{column.column}"] = text
        return Placed(zeros | texts, tuple(near))

    def _gaps(self, run: _Run) -> Iterator[_Gap]:
        """The wanted rows that are not there, those that follow one another together, and what stands there."""
        missing = [place for place in range(len(self.wanted)) if place not in run.rows]
        while missing:
            first = last = missing.pop(0)
            while missing and missing[0] == last + 1:
                last = missing.pop(0)
            begin = max((n for p, n in run.rows.items() if p < first), default=-1)
            end = min((n for p, n in run.rows.items() if p > last), default=-1)
            begin = begin if begin >= 0 else end - 3
            end = end if end >= 0 else begin + 3
            between = range(max(0, begin + 1), min(end, len(self.rows)))
            is_inside = first - 1 in run.rows and last + 1 in run.rows
            yield _Gap(tuple(range(first, last + 1)), tuple(between), is_inside)

    def _mended(self, gap: _Gap, run: _Run, near: list[Near]) -> bool:
        """Take the one row between two that are there whose label is nearly the one that is missing."""
        strange = [n for n in gap.between if not self._is_passed(self.rows[n])]
        if len(gap.missing) != 1 or not gap.is_inside or len(strange) != 1:
            return False
        wanted = self.wanted[gap.missing[0]]
        label = _leaf(self.rows[strange[0]], self.section, self.words) or ""
        if core(label) in self.words.known or not self._is_near(label, wanted):
            return False
        run.rows[gap.missing[0]] = strange[0]
        near.append(Near(label, wanted.label))
        return True

    def _is_near(self, label: str, wanted: Wanted) -> bool:
        """Whether it is much like that label, and less like every other."""
        own = max(_likeness(label, name) for name in wanted.names)
        others = (_likeness(label, n) for w in self.wanted if w is not wanted for n in w.names)
        return own >= _ALIKE and own - max(others, default=0) >= _CLEAR

    def _in_one(self, gap: _Gap, zeros: dict[str, str], near: list[Near]) -> bool:
        """Rows of one group that are printed as one: where that holds nothing but zeros, so does each of them."""
        lines = [self.wanted[place] for place in gap.missing]
        group = lines[0].above[-1] if lines[0].above else None
        if group is None or tuple(w.line for w in lines) != group.lines:
            return False
        rows = [
            self.rows[n]
            for n in gap.between
            if core(_leaf(self.rows[n], self.section, self.words) or "") in names(group)
        ]
        if len(rows) != 1:
            return False
        row = rows[0]
        figures = _figures(row, lines[0], row.before, self.words, trusted=True)
        if isinstance(figures, Lack) or any(not is_blank(t) and _value(t) != "0" for t in figures.values()):
            return False
        for wanted in lines:
            assert wanted.line is not None  # noqa: S101  a group is of a block with labels
            keys = [column.column for column in _columns(wanted.block)]
            zeros.update((f"{self.section.key}.{wanted.line.key}.{keys[n]}", t) for n, t in figures.items())
        near.append(Near(group.label, "、".join(line.label for line in group.lines)))
        return True

    def _strange(self, run: _Run) -> Lack | None:
        """A row with figures between the first and the last that is no row of the form, nor one that may be added to it."""
        taken = set(run.rows.values())
        last = -1
        for place, number in sorted(run.rows.items()):
            for other in range(last + 1, number) if last >= 0 else ():
                row = self.rows[other]
                label = _leaf(row, self.section, self.words)
                if other not in taken and label and not self._is_passed(row):
                    return Lack("label-changed", self.wanted[place].label, label)
            last = number
        return None

    def _is_passed(self, row: Row) -> bool:
        """Whether a row may stand in the table without being one of its rows: it has no figures, or is a sum of rows below it."""
        leaf = core(_leaf(row, self.section, self.words) or "")
        groups = {n for w in self.wanted for line in w.above for n in names(line)}
        extra = {core(text) for block in self.section.blocks for text in block.extra}
        return not any(not is_blank(f) for f in row.figures) or leaf in groups | extra

    def _explained(self, gap: _Gap) -> Iterator[Lack]:
        for place in gap.missing[:_MOST_TOLD]:
            wanted = self.wanted[place]
            labels = [label for n in gap.between if (label := _leaf(self.rows[n], self.section, self.words))]
            likely = max(labels, key=lambda text: _likeness(text, wanted.names[0]), default="")
            if likely and _likeness(likely, wanted.names[0]) >= _ALIKE / 2:
                yield Lack("label-changed", wanted.label, likely)
            else:
                yield Lack("label-missing", wanted.label)


class _Gap(NamedTuple):
    missing: tuple[int, ...]
    between: tuple[int, ...]  # the rows of the document that stand there
    is_inside: bool  # whether the rows before and behind it are there


def _wanted(block: Block) -> Iterator[Wanted]:
    if block.arrange == "wide":
        yield Wanted(block, None, ())
        return

    def below(lines: tuple[Line, ...], above: tuple[Line, ...]) -> Iterator[Wanted]:
        for line in lines:
            if line.lines:
                yield from below(line.lines, (*above, line))
            else:
                yield Wanted(block, line, above)

    yield from below(block.rows, ())


def _columns(block: Block) -> tuple[Column, ...]:
    def below(lines: tuple[Line, ...], above: tuple[Line, ...]) -> Iterator[tuple[Line, ...]]:
        for line in lines:
            if line.lines:
                yield from below(line.lines, (*above, line))
            else:
                yield (*above, line)

    paths = list(below(block.columns, ()))
    if block.arrange == "grid":
        return tuple(Column(path, "", path[-1].key, path[-1].span) for path in paths)
    return tuple(
        Column((*row, *path), row[-1].key, path[-1].key, path[-1].span)
        for row in below(block.rows, ())
        for path in paths
    )


# -- the label of a row


def _leaf(row: Row, section: Section, words: Words) -> str | None:
    """The last label in front of the figures: in a grid what begins in that row before the first column of figures."""
    first = _first_column(row, section)
    if first is None:
        return row.labels[-1] if row.labels else None
    slots = [s for c, s in row.slots.items() if c < first and not is_blank(s.text)]
    last = max(slots, key=lambda s: s.column, default=None)
    return words.path(last.text)[-1] if last is not None and last.row == row.number else None


def _first_column(row: Row, section: Section) -> int | None:
    for block in section.blocks:
        if placed := _by_heads(_columns(block), row.heads, block):
            return min(head.columns[0] for head in placed.values())
    return None


def _fits(row: Row, wanted: Wanted, words: Words) -> bool:
    """Whether the other labels of the row are labels over the wanted one, as far as they are labels of rows at all."""
    over = {n for line in wanted.above for n in names(line)}
    groups = {n for line in walk(wanted.block.rows) if line.lines for n in names(line)}
    if row.heads:
        texts = {
            core(part) for s in row.slots.values() if not is_blank(s.text) for part in words.path(s.text)
        }
    else:
        texts = {core(text) for text in row.labels[:-1]}
    return not (texts & groups) - over


# -- the figures of a row


def _figures(
    row: Row, wanted: Wanted, heads: tuple[str, ...], words: Words, *, trusted: bool = False
) -> dict[int, str] | Lack:
    """The text in each column of the row; or what is not certain about it. *trusted* heads were looked at before."""
    columns = _columns(wanted.block)
    if placed := _by_heads(columns, row.heads, wanted.block):
        found = {number: _one(row, head) for number, head in placed.items()}
        lost = next((number for number, text in found.items() if text is None), None)
        if lost is not None:
            return Lack("label-changed", columns[lost].path[-1].label, " ".join(f for f in row.figures if f))
        return {number: text or "" for number, text in found.items()}
    if not trusted and not _are_named(wanted.block, heads, words):
        return _lost_head(wanted.block, heads, row.heads, words)
    figures = _collapsed(row.figures, columns)
    if len(figures) != len(columns):
        return Lack(
            "label-changed",
            wanted.label or wanted.block.columns[0].label,
            " ".join((*row.labels[-1:], *row.figures)),
        )
    return dict(enumerate(figures))


def _by_heads(columns: tuple[Column, ...], heads: tuple[Head, ...], block: Block) -> dict[int, Head]:
    """The heads over *columns*, by their places; nothing unless each is there, in order, and nothing strange between."""
    extra = {core(text) for text in block.extra}
    placed: dict[int, Head] = {}
    for head in heads:
        said, number = _said(head), len(placed)
        last = columns[number - 1] if placed else None
        if (
            number < len(columns)
            and said & set(names(columns[number].path[-1]))
            and _is_under(head, columns[number], block)
        ):
            placed[number] = head
        elif last and (not said or said & set(names(last.path[-1]))):
            former = placed[number - 1]  # the same head again, or nothing: a merged one that was flattened
            placed[number - 1] = former._replace(columns=(*former.columns, *head.columns))
        elif placed and not said & extra:
            return {}
    return placed if len(placed) == len(columns) else {}


def _said(head: Head) -> set[str]:
    """What a head may be called: its lowest text, and together with the one above, as a broken one is."""
    if not head.path:
        return set()
    return {core(head.path[-1]), core("".join(head.path[-2:]))}


def _is_under(head: Head, column: Column, block: Block) -> bool:
    """Whether what stands over the head are labels over that column, as far as they are labels of columns."""
    lines = (*walk(block.columns), *(walk(block.rows) if block.arrange == "wide" else ()))
    own = {n for line in column.path for n in names(line)}
    others = {n for line in lines for n in names(line)} - own
    return not {core(text) for text in head.path} & others


def _one(row: Row, head: Head) -> str | None:
    """What stands under a head; of several cells the one that is not blank, or what all of them say."""
    slots = dict.fromkeys(row.slots[column] for column in head.columns)
    texts = list(dict.fromkeys(slot.text.strip() for slot in slots if not is_blank(slot.text)))
    return texts[0] if len(texts) == 1 else None if texts else ""


def _collapsed(figures: tuple[str, ...], columns: tuple[Column, ...]) -> tuple[str, ...]:
    """A cell over several columns that was flattened into as many, one for each column of the form."""
    excess = len(figures) - len(columns)
    if excess > 0 and len(figures) != sum(column.span for column in columns):
        before, behind = (all(map(is_blank, part)) for part in (figures[:excess], figures[-excess:]))
        if all(map(is_blank, figures)):
            return figures[excess:]
        if before != behind:  # the places of merged labels, or what is left over at the end
            return figures[excess:] if before else figures[:-excess]
    if excess <= 0 or len(figures) != sum(column.span for column in columns):
        return figures
    found, place = [], 0
    for column in columns:
        parts = figures[place : place + column.span]
        texts = list(dict.fromkeys(text for text in parts if not is_blank(text)))
        if len(texts) > 1:
            return figures
        found.append(texts[0] if texts else "")
        place += column.span
    return tuple(found)


def _are_named(block: Block, said: Sequence[str], words: Words) -> bool:
    """Whether the labels before the first row name every column in the order of print, and no column besides."""
    return not _unnamed(block, said, words) and not {core(t) for t in block.extra} & {core(t) for t in said}


def _unnamed(block: Block, said: Sequence[str], words: Words) -> list[str]:
    """The labels of columns that are not among those, in the order in which the form prints them: row by row."""
    there = [core(text) for text in said]
    strange = [text for text in there if text not in words.known]
    missing = []
    place = 0
    for line in _in_print(block):
        found = next((n for n in range(place, len(there)) if there[n] in names(line)), None)
        if found is None:
            pair = next(((a, b) for a in strange for b in strange if a + b in names(line)), None)
            if pair is None:
                missing.append(line.label)
                continue
            found = there.index(pair[0])
        place = max(place, found + 1)
    return missing


def _in_print(block: Block) -> list[Line]:
    """The lowest labels over the columns as they are printed: line by line, each on the line where it begins."""
    trees = block.columns
    if block.arrange == "wide":

        def over(line: Line) -> Line:
            return Line(line.label, lines=tuple(map(over, line.lines)) or block.columns, also=line.also)

        trees = tuple(map(over, block.rows))
    found: list[Line] = []
    level = list(trees)
    while level:
        found += [line for line in level if not line.lines]
        level = [child for line in level for child in line.lines]
    return found


def _lost_head(block: Block, said: tuple[str, ...], heads: tuple[Head, ...], words: Words) -> Lack:
    there = [*said, *(text for head in heads for text in head.path)]
    missing = _unnamed(block, said, words) or [leaves(block.columns)[0].label]
    near = max(
        (t for t in there if core(t) not in words.known and not is_figure(t)),
        key=lambda text: _likeness(text, core(missing[0])),
        default="",
    )
    if near and _likeness(near, core(missing[0])) >= _ALIKE / 2:
        return Lack("label-changed", missing[0], near)
    return Lack("label-missing", missing[0])


def _likeness(text: str, name: str) -> float:
    from difflib import SequenceMatcher  # noqa: PLC0415  only a damaged label pays for it

    return SequenceMatcher(None, core(text), name, autojunk=False).ratio()


def _value(text: str) -> str:
    return str(typed(text, "", signed=False).value)


def _values(texts: Mapping[str, str]) -> dict[str, str]:
    """The figures as such, to compare two tables: 1,180 is 1180."""
    return {name: _value(text) if not is_blank(text) else "" for name, text in texts.items()}
