"""The smallest changes of a return with which every equation of its form holds, and how likely each is.

An *act* is what one hand may have done: one cell, two cells, or one line exchanged or shifted. An act that mends every
equation it touches is an *explanation*. It costs bits: how rare the act is, how rarely the right figure becomes the printed
one, and which witnesses speak for and against it; 10 bits are one in a thousand. The bits are judgement, not statistics:
published reports contain too few errors to count. ``docs/checks.md`` has the table, ``benchmarks/`` what comes of it.

Figures are integers at a common scale, so nothing is rounded.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations, product
from math import log2
from typing import Literal, NamedTuple, TypeVar

from xltools.checking.equations import Act, Equations, Trace, direction, is_in_line
from xltools.data.number import is_whole
from xltools.form.linear import EXACT, Linear, in_whole
from xltools.form.relation import Constraint

_Value = TypeVar("_Value")
How = Literal["cell", "two-cells", "exchanged", "moved", "wrong-line", "line"]

_CELL = 10.0  # a slip in a given cell
_SWAP, _MOVE, _MISFILE, _LINE = 11.0, 12.0, 12.0, 13.0  # acts over several cells
_FAR = 3.0  # an exchange of cells that are no neighbours is rarer by this
_APART, _LESS = 9.0, 3.6  # a witness that is wrong, at most; of a small figure, which is easily met by chance
_PRINTED = {"blank": 1.0, "total": 1.5, "input": 2.3}  # how rarely a figure is left out: as a blank, as 0
_LAST, _NEIGHBOUR, _SHIFT, _DIGIT, _SWAPPED, _LENGTH = 4.0, 6.3, 4.3, 5.5, 3.0, 3.9  # the usual slips
_SHIFTS = {"0", "0000"}  # times 10, or 元 for 万元
_RARE, _COMMON = 4.1, 0.7  # a figure, and 0: most cells are 0
_OTHER, _SPREAD, _FROM_ZERO = 2.7, 7, 3.0  # any other change


class Witness(NamedTuple):
    """What a sentence or last year's return says about figures: one of the sums equals its value.

    ``cost`` is that of an act after which a witness fails that held: little where it may have been copied from the table.
    """

    sums: tuple[tuple[Linear, Decimal], ...]
    cost: float
    name: str  # the prose cell, or the cell that last year's figures determine
    quote: str = ""  # the words of the prose; empty for last year's figures

    def agrees(self, figures: Mapping[str, Decimal]) -> bool:
        """Return whether *figures* are as it says."""
        return any(linear.value(figures) == value for linear, value in self.sums)


class CellChange(NamedTuple):
    """A cell, the figure that it shows and the right one."""

    cell: str
    found: Decimal
    right: Decimal


@dataclass(frozen=True, slots=True)
class Explanation:
    """An act that mends every equation it touches."""

    bits: float
    how: How
    act: Act
    crowd: int  # how many cells leave exactly this trace, whatever they may hold
    is_usual: bool  # a usual slip
    repaired: tuple[int, ...]  # the witnesses that fail and would hold
    is_witnessed: bool  # one of these speaks of no other cell that leaves this trace

    @property
    def rank(self) -> tuple[float, int, Act]:
        """The order of explanations, the likeliest first."""
        return self.bits, len(self.act), self.act


class Search:
    """One return: the figures of its typed cells, those of last year, and its witnesses. Blank cells are absent.

    ``rests`` is what is left over, by component and equation.
    """

    def __init__(
        self, equations: Equations, figures: Mapping[str, Decimal], last: Mapping[str, Decimal]
    ) -> None:
        self.equations = equations
        printed = {name: value for name, value in figures.items() if name in equations.typed}
        decimals = (-int(value.as_tuple().exponent) for value in (*printed.values(), *last.values()) if value)
        # A total of multiples may have more decimals than what is typed; of an input, no finer figure is thought of.
        self._grain = 10**equations.decimals
        self.scale = 10 ** max(0, max(decimals, default=0)) * self._grain
        self._printed = printed
        self.figures, self._last = self._scaled(printed), self._scaled(last)
        self.witnesses: Sequence[Witness] = ()
        self._off: list[
            tuple[Decimal | int, ...]
        ] = []  # of each witness, by how much each of its sums is off
        self._sums: list[
            Sequence[Mapping[str, int]]
        ] = []  # of each, over typed cells; none if a figure is not known
        self._weight: list[float] = []  # the bits against its being wrong
        self._known: dict[str, list[tuple[int, int, int]]] = {}
        self._slips: dict[tuple[str, int], tuple[float, float, bool]] = {}
        self.rests: dict[int, dict[int, int]] = defaultdict(dict)
        get = self.figures.get
        for equation, terms in enumerate(equations.terms):
            if rest := sum(factor * get(name, 0) for name, factor in terms):
                self.rests[equations.component[equation]][equation] = rest

    def _scaled(self, figures: Mapping[str, Decimal]) -> dict[str, int]:
        return {name: int(EXACT.multiply(value, self.scale)) for name, value in figures.items()}

    def hear(self, witnesses: Sequence[Witness]) -> None:
        """Take evidence of *witnesses* into account, except of those who speak of figures that are not known."""
        self.witnesses = witnesses
        figures: dict[Linear, int] = {}  # many speak of the same sums
        for witness in witnesses:
            sums: list[Mapping[str, int]] = []
            off: list[Decimal | int] = []
            for linear, value in witness.sums:
                spread = self.equations.spread(linear.terms).items()
                terms, by = in_whole((factor, name) for name, factor in spread)
                sums.append(terms)
                if linear not in figures:
                    figures[linear] = sum(f * self.figures.get(name, 0) for name, f in terms.items())
                right = EXACT.multiply(value, self.scale * by)
                off.append(figures[linear] - (int(right) if is_whole(right) else right))
            self._off.append(tuple(off))
            self._sums.append(sums if all(map(self.equations.unknown.isdisjoint, sums)) else [])
            largest = max(int(abs(value)) for _, value in witness.sums)
            self._weight.append(min(_APART, _LESS + log2(1 + largest)))

    def _said(self, name: str) -> list[tuple[int, int, int]]:
        """Return the sums that speak of a cell, by the index of the witness and of the sum, each with its factor."""
        if name not in self._known:
            self._known[name] = [
                (index, place, terms[name])
                for index, sums in enumerate(self._sums)
                for place, terms in enumerate(sums)
                if name in terms
            ]
        return self._known[name]

    def ranked(self, rest: Mapping[int, int]) -> list[Explanation]:
        """Return the explanations of what is left over in one component, the likeliest first; one for each set of cells."""
        best: dict[frozenset[str], Explanation] = {}
        for one in self._explanations(rest):
            cells = frozenset(name for name, _ in one.act)
            best[cells] = min(one, best.get(cells, one), key=lambda x: x.rank)
        return sorted(best.values(), key=lambda one: one.rank)

    def changes(self, act: Act) -> tuple[CellChange, ...]:
        """Return an act with figures."""
        return tuple(
            CellChange(name, Decimal(was) / self.scale, Decimal(was + change) / self.scale)
            for name, change in act
            for was in (self.figures.get(name, 0),)
        )

    # -- acts

    def _explanations(self, rest: Mapping[int, int]) -> Iterator[Explanation]:
        equations, home = self.equations, self.equations.component[min(rest)]
        for name, change in self.alone(rest):
            if self._may(((name, change),)):
                prior, bits, is_usual = self._slip(name, change)
                yield self._found(_CELL + prior + bits, "cell", ((name, change),), is_usual=is_usual)
        pairs = self._crossed(rest) if len(rest) <= 2 * equations.widest else ()
        for act in {tuple(sorted(act)) for act in (*pairs, *self._askew(rest), *self._neighbours(rest))}:
            if self._may(act):
                yield self.pair(act)
        for act in self._shifted({equation for left in self.rests.values() for equation in left}):
            effect = equations.effect(act)
            touched = {equations.component[equation] for equation in effect}
            left = {e: -c for one in touched for e, c in self.rests.get(one, {}).items()}
            if home in touched and effect == left and self._may(act):
                yield self._found(_LINE, "line", act, is_usual=True)

    def alone(self, rest: Mapping[int, int]) -> Iterator[tuple[str, int]]:
        """Yield each cell that stands in exactly the equations of a rest, with its change that mends all of them."""
        trace, size = direction(sorted(rest.items()))
        for name in self.equations.alike.get(trace, ()):
            by = self.equations.direction[name][1]
            if size % by == 0:
                yield name, -size // by

    def _crossed(self, rest: Mapping[int, int]) -> Iterator[Act]:
        """Yield two cells with different traces: one takes all of one equation, a second exactly what is left then."""
        equations = self.equations
        for equation, left in rest.items():
            for one, factor in equations.terms[equation]:
                if left % factor:
                    continue
                after, change = dict(rest), -left // factor
                for other, c in equations.trace[one]:
                    after[other] = after.get(other, 0) + c * change
                remaining = sorted((e, c) for e, c in after.items() if c)
                if 0 < len(remaining) <= equations.widest:
                    trace, size = direction(remaining)
                    for other_name in equations.alike.get(trace, ()):
                        by = equations.direction[other_name][1]
                        if size % by == 0:
                            yield (one, change), (other_name, -size // by)

    def _askew(self, rest: Mapping[int, int]) -> Iterator[Act]:
        """Yield two cells in the same equations, of which neither takes all of one: their changes are solved for."""
        equations = self.equations
        for span, pairs in equations.askew.items():
            for first, second in pairs if rest.keys() <= {*span} else ():
                for size, other_size in _solved_together(rest, first, second):
                    for one, other in product(equations.alike[first], equations.alike[second]):
                        by, other_by = equations.direction[one][1], equations.direction[other][1]
                        if size % by == other_size % other_by == 0:
                            yield (one, size // by), (other, other_size // other_by)

    def _neighbours(self, rest: Mapping[int, int]) -> Iterator[Act]:
        """Yield cells exchanged: neighbours, or of opposite trace; and a figure moved onto a neighbour.

        The moved figure's own place then holds what the equations need.
        """
        get, traces = self.figures.get, self.equations.trace
        for one in {name for equation in rest for name, _ in self.equations.terms[equation]}:
            was, beside = get(one, 0), self.equations.beside.get(one, set())
            for other in beside.union(self.equations.opposite.get(one, ())):
                had, trace = get(other, 0), traces.get(other, ())
                if not (had and trace and ((not was and other in beside) or (was and one < other))):
                    continue
                after: dict[int, int] = defaultdict(int, rest)
                for equation, factor in traces[one]:
                    after[equation] += factor * (had - was)
                change = was - had if was else _solved(after, trace)
                for equation, factor in trace:
                    after[equation] += factor * change
                if change and not any(after.values()):
                    yield (one, had - was), (other, change)

    def _shifted(self, broken: set[int]) -> Iterator[Act]:
        """Yield two neighbouring lines exchanged back, and one line shifted back by a cell from any 0 in it on."""
        for one, other, equations in self.equations.lines:
            values = [self.figures.get(name, 0) for name in one]
            others = [self.figures.get(name, 0) for name in other]
            is_shiftable = sum(map(bool, values)) > 1
            if broken.isdisjoint(equations) or not (other or is_shiftable) or values == others:
                continue
            rights = [others + values] if other else list(shifts(values))
            for right in rights:
                printed = zip((*one, *other), values + others, right, strict=True)
                act = tuple((n, r - v) for n, v, r in printed if r != v and n in self.equations.trace)
                if len(act) > 2:  # noqa: PLR2004  two cells are found without lines
                    yield act

    def _may(self, act: Act) -> bool:
        """Return whether every cell is filled in and can hold its new figure, and no constraint is broken by it."""
        if any(name in self.equations.fixed for name, _ in act):
            return False
        for name, change in act:
            right, cell = self.figures.get(name, 0) + change, self.equations.form.cells[name]
            unit = self.scale if cell.number == "count" else 1 if cell.is_total else self._grain
            if (right < 0 and not cell.signed) or right % unit:
                return False
        bounds = self.equations.bounds
        touched = [one for name, _ in act for one in bounds.get(name, ())] if bounds else ()
        return not touched or self._keeps(act, touched)

    def _keeps(self, act: Act, bounds: Iterable[Constraint]) -> bool:
        """Return whether all *bounds* that hold also hold after an act."""
        return all(not one.holds(self._printed) for one in self._broken_after(act, bounds))

    def is_typed(self, act: Act) -> bool:
        """Return whether all of its figures are typed as such: none counts an option of a field."""
        return self.equations.form.counted.keys().isdisjoint(name for name, _ in act)

    def leaves_broken(self, act: Act, component: int) -> bool:
        """Return whether another constraint over cells of a component does not hold after an act: not all is explained."""
        bounds = self.equations.bounds
        return bool(bounds) and any(
            self._broken_after(
                act, (one for name in self.equations.cells_of(component) for one in bounds.get(name, ()))
            )
        )

    def _broken_after(self, act: Act, bounds: Iterable[Constraint]) -> Iterator[Constraint]:
        """Yield the *bounds* that do not hold after an act; one over another suspect cell cannot tell."""
        home, rights = self.equations.home, {change.cell: change.right for change in self.changes(act)}
        suspect = self.rests.keys() - {home[name] for name in rights}
        after = {**self._printed, **rights}
        for one in bounds:
            if suspect.isdisjoint(home.get(name) for name in one.names) and not one.holds(after):
                yield one

    # -- evidence

    def _found(self, bits: float, how: How, act: Act, *, is_usual: bool) -> Explanation:
        off: dict[int, list[Decimal | int]] = {}
        for name, change in act:
            for index, place, factor in self._said(name):
                if index not in off:
                    off[index] = list(self._off[index])
                off[index][place] += factor * change
        repaired = []
        for index, now in off.items():
            held, holds = 0 in self._off[index], 0 in now
            if held and not holds:
                bits += self.witnesses[index].cost
            elif holds and not held:
                bits -= self._weight[index]
                repaired.append(index)
        witnessed = [self._is_singled_out(name, repaired) for name, _ in act]
        is_witnessed = any(witnessed) if how == "line" else all(witnessed)
        crowd = max(self._crowd(name) for name, _ in act) if how in {"cell", "two-cells"} else 1
        return Explanation(bits, how, act, crowd, is_usual, tuple(repaired), is_witnessed)

    def _is_singled_out(self, name: str, witnesses: Iterable[int]) -> bool:
        """Return whether one of *witnesses* speaks of a cell and of no other that leaves its trace."""
        alike = self.equations.alike[self.equations.direction[name][0]]
        return any(
            {one for terms in self._sums[w] for one in alike if one in terms} == {name} for w in witnesses
        )

    def _crowd(self, name: str) -> int:
        return len(self.equations.alike[self.equations.direction[name][0]])

    def pair(self, act: Act) -> Explanation:
        """Return two slips; or one act over two cells, where the figures look like one."""
        (m, d), (n, f) = act
        was, had = self.figures.get(m, 0), self.figures.get(n, 0)
        one, other = self.equations.form.cells[m], self.equations.form.cells[n]
        (rare, bits, is_usual), (rarer, more, too) = self._slip(m, d), self._slip(n, f)
        prior, is_near = rare + rarer, n in self.equations.beside.get(m, ())
        found: list[tuple[float, How, bool]] = [
            (2 * _CELL + prior + bits + more, "two-cells", is_usual and too)
        ]
        in_line = is_in_line(one, other)
        if in_line and was + d == had and had + f == was:
            found.append((_SWAP + prior + (0 if is_near else _FAR), "exchanged", True))
        elif is_near and ((not was and d == had) or (not had and f == was)):
            found.append((_MOVE + prior, "moved", True))
        if in_line and d == -f and not one.is_total and not other.is_total:
            found.append((_MISFILE + prior + 2 * log2(max(1, abs(d) // self.scale)), "wrong-line", True))
        bits, how, is_usual = min(found)
        return self._found(bits, how, act, is_usual=is_usual)

    def _prior(self, name: str, change: int) -> float:
        """Return how much rarer the right figure is than the printed one; a total, or one of a list, has no choice."""
        cell = self.equations.form.cells[name]
        if cell.is_total or cell.over:
            return 0.0
        was = self.figures.get(name, 0)
        printed, right = (
            _RARE + log2(max(1, abs(v) // self.scale)) if v else _COMMON for v in (was, was + change)
        )
        return right - printed

    def _slip(self, name: str, change: int) -> tuple[float, float, bool]:
        """Return how rare the right figure is, how rarely it is typed as the printed one, and if that is a usual slip."""
        known = self._slips.get((name, change))
        if known is None:
            was, is_typed = self.figures.get(name, 0), not self.equations.form.cells[name].over
            unit = 1 if was % self._grain or change % self._grain else self._grain
            ways = [*self._copied(name), *_typing(was // unit, change // unit)] if is_typed else []
            size = max(1, abs(was) // self.scale)
            other = _OTHER + log2(_SPREAD * size) + (0 if was + change else _FROM_ZERO)
            known = self._prior(name, change), min([*ways, other]), bool(ways)
            self._slips[name, change] = known
        return known

    def _copied(self, name: str) -> Iterator[float]:
        """Yield the bits of slips that do not depend on the right figure: left out, or copied from elsewhere."""
        was = self.figures.get(name, 0)
        if not was:
            is_total = self.equations.form.cells[name].is_total
            yield _PRINTED["blank" if name not in self.figures else "total" if is_total else "input"]
        elif self._last.get(name) == was:
            yield _LAST
        elif any(self.figures.get(other) == was for other in self.equations.beside.get(name, ())):
            yield _NEIGHBOUR


def _typing(was: int, change: int) -> Iterator[float]:
    """Yield the bits of the slips of a hand that typed *was* for ``was + change``."""
    if not was or not was + change:
        return
    one, other = str(abs(was)), str(abs(was + change))
    long, short = (one, other) if len(one) > len(other) else (other, one)
    if len(one) == len(other):
        differ = [i for i in range(len(one)) if one[i] != other[i]]
        if len(differ) == 1:
            yield _DIGIT + log2(len(one))
        elif len(differ) == 2 and sorted(one) == sorted(other) and differ[1] == differ[0] + 1:  # noqa: PLR2004
            yield _SWAPPED + log2(len(one))
    if long.startswith(short) and long[len(short) :] in _SHIFTS:
        yield _SHIFT
    elif len(long) == len(short) + 1 and any(long[:i] + long[i + 1 :] == short for i in range(len(long))):
        yield _LENGTH + log2(len(long))


def shifts(values: Sequence[_Value]) -> Iterator[list[_Value]]:
    """Yield a line moved on or back by a cell, with one of its zeros left out."""
    for place, value in enumerate(values):
        if not value and (not place or values[place - 1]):  # of zeros side by side, any is as good
            rest = [*values[:place], *values[place + 1 :]]
            yield [*rest, value]
            yield [value, *rest]


def _solved_together(rest: Mapping[int, int], one: Trace, other: Trace) -> Iterator[tuple[int, int]]:
    """Yield how often each of two traces through the same equations is to be added so that nothing is left of a rest."""
    rows = [(c, d, -rest.get(equation, 0)) for (equation, c), (_, d) in zip(one, other, strict=True)]
    for (a, b, left), (c, d, right) in combinations(rows, 2):
        if by := a * d - b * c:
            x, y = left * d - right * b, a * right - c * left
            if x and y and x % by == y % by == 0:
                x, y = x // by, y // by
                if all(p * x + q * y == of for p, q, of in rows):
                    yield x, y
            return


def _solved(rest: Mapping[int, int], trace: Trace) -> int:
    """Return the change of a cell that mends the first equation of its trace; the caller checks the others."""
    equation, factor = trace[0]
    return -rest.get(equation, 0) // factor
