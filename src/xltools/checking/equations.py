"""The equations of a form over its typed cells, and what each cell does to them.

An equation is a total that equals its parts, or a rule. A total that a program computes is replaced by what it adds up, so
documents, whose totals are typed, and workbooks, whose totals are computed, differ only in which cells are typed. Of a cell
its *trace* matters: the equations that it stands in, each with its factor. Cells with proportional traces cannot be told
apart by the equations.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import cached_property, lru_cache
from itertools import combinations, pairwise
from math import gcd
from typing import Literal, NamedTuple, TypeVar

from xltools.form.linear import Factor, Linear, Term, in_whole, plus
from xltools.form.model import Cell, Form, Identity, along_column
from xltools.form.relation import Condition, Constraint, Relation

Trace = tuple[tuple[int, int], ...]  # equation and factor, by equation
Act = tuple[tuple[str, int], ...]  # cell and change
Figure = TypeVar("Figure", int, Decimal)
_SHIFTABLE = 3  # the least number of cells in a line that may have been shifted


class Sign(NamedTuple):
    """What an equation is, for the words about it: the total in a row, in a column, in both; or a rule with its label."""

    kind: Literal["row", "column", "both", "rule"]
    total: str = ""
    rule: str = ""


class Lines(NamedTuple):
    """Two neighbouring lines of inputs that may have been exchanged; or one, without ``other``, that may have been shifted."""

    one: tuple[str, ...]
    other: tuple[str, ...]
    equations: frozenset[int]  # those that notice it


class Equations:
    """What follows from a form, from which of its totals are typed, and from the inputs not known and not asked.

    ``component`` numbers the equations: those that share cells, directly or through others, have one number, which is also
    the ``home`` of their cells.
    """

    def __init__(
        self,
        form: Form,
        typed: frozenset[str],
        unknown: frozenset[str],
        elsewhere: frozenset[str],
        period_number: int,
    ) -> None:
        self._period_number = period_number
        self.form, self.typed, self.unknown = form, typed | frozenset(form.input_names), unknown
        self._elsewhere, self.fixed = (
            elsewhere,
            elsewhere.union(form.given),
        )  # fixed: of these nobody types any
        self._spreads: dict[tuple[Term, ...], Mapping[str, Factor]] = {}
        self.decimals = 0  # how many more than those of the others the figure has that an equation gives
        found: dict[tuple[tuple[str, int], ...], Sign] = {}
        for terms, sign in (*self._rules(), *self._sums()):  # a sum that is also a rule is a sum
            factors, by = in_whole((factor, name) for name, factor in self.spread(terms).items())
            flat = tuple(sorted(factors.items()))
            while 10**self.decimals % by:
                self.decimals += 1
            if flat and unknown.isdisjoint(name for name, _ in flat):
                found[flat if flat[0][1] > 0 else tuple((name, -factor) for name, factor in flat)] = sign
        self.terms, self.signs = tuple(found), tuple(found.values())
        traces: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for equation, own in enumerate(self.terms):
            for name, factor in own:
                traces[name].append((equation, factor))
        self.trace: dict[str, Trace] = {name: tuple(trace) for name, trace in traces.items()}
        self.component = list(range(len(self.terms)))
        self.alike: dict[Trace, list[str]] = defaultdict(list)  # by direction
        self.direction: dict[str, tuple[Trace, int]] = {}
        for name, trace in self.trace.items():
            self.direction[name] = direction(trace)
            self.alike[self.direction[name][0]].append(name)
            joined = {self.component[equation] for equation, _ in trace}
            self.component = [min(joined) if one in joined else one for one in self.component]
        self.home = {name: self.component[trace[0][0]] for name, trace in self.trace.items()}
        spanned: dict[tuple[int, ...], list[Trace]] = defaultdict(list)
        for trace in self.alike:
            spanned[tuple(equation for equation, _ in trace)].append(trace)
        # By the equations in which both stand, the pairs of directions that differ there all the same; hardly any form has one.
        self.askew = {
            span: tuple(combinations(traces, 2)) for span, traces in spanned.items() if len(traces) > 1
        }
        self.widest = max(map(len, self.trace.values()), default=0)

    @cached_property
    def computed(self) -> Equations:
        """The same form with every total computed."""
        return equations_of(self.form, frozenset(), self.unknown, self._elsewhere, self._period_number)

    def spread(self, terms: Sequence[Term]) -> Mapping[str, Factor]:
        """Return a sum over typed cells: a computed total is replaced by what it adds up."""
        key = tuple(terms)  # sentences and last year's figures speak of the same sums in every return
        if key not in self._spreads:
            self._spreads[key] = self._spread(key)
        return self._spreads[key]

    def _spread(self, terms: Iterable[Term]) -> dict[str, Factor]:
        found: dict[str, Factor] = defaultdict(int)
        stack = list(terms)
        while stack:
            factor, name = stack.pop()
            definition = self.form.cells[name].definition
            if name in self.typed or definition is None:
                found[name] = plus(found[name], factor)
            else:
                stack += definition.times(factor).terms
        return {name: factor for name, factor in found.items() if factor}

    def cells_of(self, component: int) -> frozenset[str]:
        """Return the cells of the equations in a component."""
        return frozenset(name for name, home in self.home.items() if home == component)

    def effect(self, act: Iterable[tuple[str, Figure]]) -> dict[int, Figure]:
        """Return by how much changes of cells change each equation."""
        total: dict[int, Figure] = {}
        for name, change in act:
            for equation, factor in self.trace.get(name, ()):
                by = factor * change
                total[equation] = total[equation] + by if equation in total else by
        return {equation: change for equation, change in total.items() if change}

    @property
    def _identities(self) -> Iterator[Identity]:
        """The rules of the period that are judged."""
        return (
            one
            for one in self.form.identities
            if not one.rule.looks_back and one.relation.is_judged(self._elsewhere)
        )

    @cached_property
    def bounds(self) -> Mapping[str, list[Constraint]]:
        """The other constraints that figures must satisfy, over typed cells, by cell: what breaks one corrects nothing."""
        found: dict[str, list[Constraint]] = defaultdict(list)
        for identity in self._identities:
            one = identity.constraint.at(self._period_number)
            if one is None or identity.constraint.is_exact or one.level != "error":
                continue
            when = Condition(tuple(map(self._over_typed, one.when.relations)))
            one = one._replace(relation=self._over_typed(one.relation), when=when)
            if self.unknown.isdisjoint(one.names):
                for name in one.names:
                    found[name].append(one)
        return found

    def _over_typed(self, relation: Relation) -> Relation:
        def over_typed(linear: Linear) -> Linear:
            terms = self.spread(linear.terms).items()
            return linear._replace(terms=tuple((factor, name) for name, factor in terms))

        return Relation(over_typed(relation.left), relation.sign, over_typed(relation.right))

    @cached_property
    def headline(self) -> Mapping[str, list[tuple[str, Factor]]]:
        """The :func:`published_cells` that each input adds to, with its factor."""
        found: dict[str, list[tuple[str, Factor]]] = defaultdict(list)
        for cell in published_cells(self.form):
            for name, factor in self.computed.spread([(1, cell)]).items():
                found[name].append((cell, factor))
        return found

    def _rules(self) -> Iterator[tuple[Sequence[Term], Sign]]:
        for identity in self._identities:
            if not identity.constraint.is_exact:
                continue
            left, _, right = identity.relation
            yield (*left.terms, *right.times(-1).terms), Sign("rule", rule=identity.rule.label)

    def _sums(self) -> Iterator[tuple[Sequence[Term], Sign]]:
        """Yield the definition of each total, and a second one where a total row meets a total column."""
        for name, definition in self.form.definitions.items():
            cell = self.form.cells[name]
            across, down = cell.row.additive and cell.column.total, cell.column.additive and cell.row.total
            if across and down:
                other = down.renamed(along_column(cell.section.key, cell.column)).without(self.form.void)
                yield ((1, cell.name), *other.times(-1).terms), Sign("both", cell.name)
            own = ((1, cell.name), *definition.times(-1).terms)
            yield own, Sign("both" if across and down else "row" if across else "column", cell.name)

    @cached_property
    def _grids(self) -> list[list[list[Cell]]]:
        """The rows of each table, with the cells that are not there."""
        blocks: dict[int, dict[str, list[Cell]]] = defaultdict(lambda: defaultdict(list))
        for cell in self.form.crossings.values():
            blocks[id(cell.block)][cell.row.key].append(cell)
        return [list(rows.values()) for rows in blocks.values()]

    @cached_property
    def beside(self) -> Mapping[str, set[str]]:
        """The typed neighbours of each typed cell in print."""
        found: dict[str, set[str]] = defaultdict(set)
        for grid in self._grids:
            is_wide = grid[0][0].block.arrange == "wide"
            lines = [[cell for row in grid for cell in row]] if is_wide else [*grid, *_columns(grid)]
            for line in lines:
                for one, other in pairwise(line):
                    if {one.name, other.name} <= self.typed - self.unknown:
                        found[one.name].add(other.name)
                        found[other.name].add(one.name)
        return found

    @cached_property
    def opposite(self) -> Mapping[str, list[str]]:
        """The cells of the same line with the opposite trace, such as the two sides of a rule: an exchange is noticed."""
        found: dict[str, list[str]] = defaultdict(list)
        for name in self.trace:
            cell, (trace, factor) = self.form.cells[name], self.direction[name]
            for other in self.alike[trace]:
                is_opposite = self.direction[other][1] == -factor
                if is_opposite and is_in_line(cell, self.form.cells[other]):
                    found[name].append(other)
        return found

    @cached_property
    def lines(self) -> tuple[Lines, ...]:
        """The lines that may have been exchanged or shifted; an exchange nobody notices is left out by ``equations``."""
        found: list[Lines] = []
        for way in (way for grid in self._grids for way in (grid, _columns(grid))):
            there = [[cell for cell in line if cell.name not in self.form.void] for line in way]
            names = [tuple(cell.name for cell in line if not cell.is_total) for line in there]
            for one, other in zip(names, [*names[1:], ()], strict=True):
                if not self.unknown.isdisjoint((*one, *other)):
                    continue
                pairs = [*zip(one, other, strict=True)] if len(one) == len(other) else []
                if pairs and all(is_in_line(self.form.cells[m], self.form.cells[n]) for m, n in pairs):
                    differ = [set(self.trace.get(m, ())) ^ set(self.trace.get(n, ())) for m, n in pairs]
                    found.append(Lines(one, other, frozenset(e for trace in differ for e, _ in trace)))
                if len(one) >= _SHIFTABLE:
                    own = (e for name in one for e, _ in self.trace.get(name, ()))
                    found.append(Lines(one, (), frozenset(own)))
        return tuple(found)


@lru_cache(maxsize=64)  # 4 ms each; one for each way in which the returns of a collection have typed totals
def equations_of(
    form: Form,
    typed: frozenset[str],
    unknown: frozenset[str],
    elsewhere: frozenset[str] = frozenset(),
    period_number: int = 1,
) -> Equations:
    """Return the equations of *form* with these totals *typed*, these inputs *unknown* and these *elsewhere*, not asked.

    They are those of the period of that number in its year.
    """
    return Equations(form, typed, unknown, elsewhere, period_number)


def published_cells(form: Form) -> tuple[str, ...]:
    """Return the headline figures that are sums, and those of which a headline ratio is made."""
    found: dict[str, None] = {}
    for line in form.headline:
        ratio = form.cells[line.cell].ratio
        found |= dict.fromkeys(
            ratio.names if ratio and is_ratio_of_sums(form, line.cell) else () if ratio else (line.cell,)
        )
    return tuple(found)


def is_ratio_of_sums(form: Form, name: str) -> bool:
    """Return whether a cell is a ratio of figures of the same period that are sums themselves, and no mean."""
    ratio = form.cells[name].ratio
    return ratio is not None and all(part in form.cells and form.cells[part].additive for part in ratio.names)


def direction(trace: Sequence[tuple[int, int]]) -> tuple[Trace, int]:
    """Return a trace divided by the factor beside it, which has the sign of the first entry."""
    factor = gcd(*(c for _, c in trace))
    factor = -factor if trace[0][1] < 0 else factor
    return tuple((equation, c // factor) for equation, c in trace), factor


def is_in_line(one: Cell, other: Cell) -> bool:
    """Return whether two cells are in one row or column of a block."""
    return one.block is other.block and (one.row is other.row or one.column is other.column)


def _columns(grid: list[list[Cell]]) -> list[list[Cell]]:
    return [list(column) for column in zip(*grid, strict=True)]
