"""The lines of a form as prose names them: 上年结转 for 二、上年结转政府信息公开申请数量, with the cells in which two of them meet.

A name is the label without its number, its brackets and its words for counting, another wording of the label, or one of the
words that the form gives. What several lines are called, such as 其他, is the name of none.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import NamedTuple

from xltools.form.linear import Linear, Term
from xltools.form.model import Form
from xltools.form.prose import Claim
from xltools.form.sections import Block, Line, leaves, walk

_NUMBER = r"^(?:[一二三四五六七八九十]+、|（[一二三四五六七八九十]+）|\d+[.．、])"
_BRACKETS = r"（[^（）]*）"
_OPENING = r"^(?:本年度?)+"
_COUNTED = r"(?:件数|数量|金额)$"
_SHORTEST, _SHORTEST_PART = (
    2,
    6,
)  # characters of a name, and of one that is the first of two things in a label
_OTHER = "其他"  # than what was spoken of before
_OF_NO_LINE = ("其他", "总计", "合计", "小计")


class TableNames(NamedTuple):
    """The cells of a block by their row and column, and the keys of the lines that are meant where no other is named."""

    cells: dict[tuple[str, str], str]
    row: str | None
    column: str | None

    def sum(self, pairs: Iterable[tuple[str, str]]) -> Linear:
        """Return the sum of those cells that are there; without terms if none is."""
        return Linear(tuple((1, self.cells[pair]) for pair in pairs if pair in self.cells))


class NamedLine(NamedTuple):
    """A row or a column, or a group of such; ``keys`` are those of the lines that hold its cells, totals apart."""

    name: str
    names: tuple[str, ...]
    whole: frozenset[str]  # the names that need no subject beside them
    block: int
    is_row: bool
    keys: tuple[str, ...]


class LineNames(NamedTuple):
    """The tables of a form, and its lines by each of their names."""

    tables: tuple[TableNames, ...]
    by_name: dict[str, NamedLine]
    claims: dict[int, NamedLine]  # the line that a claim means, by the identity of the claim
    claim_of: dict[NamedLine, Claim]

    def line_of(self, claim: Claim) -> NamedLine | None:
        """Return the line that a claim means."""
        return self.claims.get(id(claim))

    def named_in(self, text: str) -> Iterator[tuple[int, int, NamedLine]]:
        """Yield each name in *text* with its start, its end and its line; a longer name may contain a shorter."""
        for name, line in self.by_name.items():
            if name in text:  # hardly any is
                yield from ((*match.span(), line) for match in re.finditer(re.escape(name), text))

    def meeting(self, row: NamedLine, column: NamedLine) -> Linear:
        """Return the sum of the cells in which a row and a column of one table meet."""
        return self.tables[row.block].sum((one, other) for one in row.keys for other in column.keys)

    def alone(self, line: NamedLine) -> Linear | None:
        """Return the sum of a line where no line of the other axis is named: its total, or its only cell."""
        table = self.tables[line.block]
        other = table.column if line.is_row else table.row
        if other is None:
            return None
        return table.sum((key, other) if line.is_row else (other, key) for key in line.keys)

    def table_of(self, linear: Linear) -> int | None:
        """Return the index of the table that holds the first cell of a sum."""
        name = linear.names[0]
        return next((i for i, table in enumerate(self.tables) if name in table.cells.values()), None)

    def narrowed(self, linear: Linear, line: NamedLine) -> Linear | None:
        """Return a sum of totals as the sum of one line alone: 新收 as the 新收 of 自然人."""
        table = self.tables[line.block]
        place = {name: pair for pair, name in table.cells.items()}
        usual = table.row if line.is_row else table.column
        terms: list[Term] = []
        for factor, name in linear.terms:
            row, column = place.get(name, ("", ""))
            if not row or (row if line.is_row else column) != usual:
                return None
            pairs = ((key, column) if line.is_row else (row, key) for key in line.keys)
            terms += table.sum(pairs).times(factor).terms
        return Linear(tuple(terms))


@cache
def lines_of(form: Form) -> LineNames:
    """Return the lines of *form*, once for each form."""
    blocks = [(section.key, block) for section in form.sections for block in section.blocks]
    tables: list[TableNames] = []
    found: list[NamedLine] = []
    for index, (section, block) in enumerate(blocks):
        cells = {
            (cell.row.key, cell.column.key): cell.name
            for cell in form.cells.values()
            if cell.block is block and cell.name.startswith(f"{section}.")
        }
        tables.append(TableNames(cells, _usual(block.rows), _usual(block.columns)))
        found += _named(form, index, block)
    often = Counter(name for line in found for name in line.names)
    names = {name: line for line in found for name in line.names if often[name] == 1}
    lines = LineNames(tuple(tables), names, {}, {})
    alone = {lines.alone(line): line for line in names.values()}
    for claim in form.prose.claims:
        own = (names[word] for word in claim.words if word in names)
        if line := next(own, None) or alone.get(form.prose.cells(claim.means[0])):
            lines.claims[id(claim)] = line
            lines.claim_of[line] = claim
    return lines


def _named(form: Form, index: int, block: Block) -> Iterator[NamedLine]:
    subjects = sorted({word for claim in form.prose.claims for word in claim.about}, key=len, reverse=True)
    for is_row, axis in ((True, block.rows), (False, block.columns)):
        if not is_row and len(leaves(axis)) == 1:
            continue  # its rows are named
        for line, above in walk(axis):
            held = [one for one in leaves((line,)) if not line.lines or one.is_ is None]
            total = above and not line.lines and line.is_ is not None  # （七）总计 of 三、本年度办理结果
            labels = [line.label, *line.also, *((above[-1].label,) if total else ())]
            if line.lines and any(one.is_ is not None for one in leaves((line,))):
                continue  # its total has its name
            if not all(one.additive and not one.is_quotient for one in held):
                continue
            whole = dict.fromkeys(name for label in labels for name in _names(label))
            names = whole | dict.fromkeys(brief for name in whole for brief in _without(name, subjects))
            called = [form.prose.called.get(key, ()) for key in (line.key, *names)]
            names |= dict.fromkeys(word for words in called for word in words)
            kept = tuple(name for name in names if name not in _OF_NO_LINE)
            if kept:
                own = frozenset(name for name in whole if not name.startswith(_OTHER))
                yield NamedLine(kept[0], kept, own, index, is_row, tuple(one.key for one in held))


def _names(label: str) -> Iterator[str]:
    """Yield what a label is called in prose, the fullest first."""
    plain = re.sub(_BRACKETS, "", re.sub(_NUMBER, "", label))
    if len(first := plain.partition("、")[0]) >= _SHORTEST_PART and first != plain:
        yield from (plain, first)
        return
    yield plain
    counted = re.sub(_COUNTED, "", plain)
    for text in (counted, re.sub(_OPENING, "", counted), re.sub(_OPENING, "", plain)):
        if len(text) >= _SHORTEST:
            yield text


def _without(name: str, subjects: Iterable[str]) -> Iterator[str]:
    """Yield the name of a count without its subject: 新收 for 新收政府信息公开申请数量."""
    counted = re.sub(_COUNTED, "", name)
    subject = next((one for one in subjects if counted != name and counted.endswith(one)), "")
    brief = re.sub(f"(?:政府)?{re.escape(subject)}$", "", counted)
    if subject and len(brief) >= _SHORTEST:
        yield brief


def _usual(axis: Sequence[Line]) -> str | None:
    """Return the key of the total of an axis, or of its only line."""
    held = [line for line in leaves(tuple(axis)) if not line.is_quotient]
    totals = [
        line.key
        for line in axis
        if line.total and line.adds_lines and not line.lines and not line.total.has_multiples
    ]
    return totals[0] if len(totals) == 1 else held[0].key if len(held) == 1 else None
