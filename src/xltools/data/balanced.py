"""Figures in a larger unit that still add up (舍位平衡).

Each figure is rounded to the nearest step. Where a total then is not the sum of its parts, or a relation no longer holds,
a few figures are rounded the other way, so that each has moved by less than one step; of several that would do, the
largest typed one is taken.

A sum with a number before a name, such as 0.5 × 半天班, is no sum that a reader can add up after rounding: its figure is
rounded by itself.

A figure is usually in two equations, such as the total of its row and that of its column. Then all equations are a
network, in which a difference is moved from one to another along a path; if there is no path there is no solution.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from typing import NamedTuple

from xltools.form.linear import EXACT, Linear, in_whole
from xltools.form.model import Cell, Form, along_column

_MOST_TRIED = 5_000  # choices, where figures are in more than two equations
_MOST_SEARCHED = 400  # figures of such equations


class Balanced(NamedTuple):
    """The rounded figures by name, and the labels of the totals and rules that do not hold of them, with their figures."""

    values: Mapping[str, Decimal]
    apart: tuple[tuple[str, frozenset[str]], ...] = ()


class _Equation(NamedTuple):
    """What has to be 0, or not above 0: figures with the factor of each."""

    label: str
    factors: Mapping[str, int]
    is_exact: bool

    def is_held(self, value: int) -> bool:
        return value == 0 if self.is_exact else value <= 0


def balanced(form: Form, values: Mapping[str, Decimal], shift: int, decimals: int) -> Balanced:
    """Return *values*, divided by ten to the power of *shift* and rounded to so many *decimals*.

    They are known, and all are to be rounded; what goes beyond them is not asked.
    """
    exact = {name: value.scaleb(decimals - shift, EXACT) for name, value in values.items()}
    equations = [one for one in _equations(form, values) if one.factors.keys() <= values.keys()]
    order = sorted(exact, key=lambda name: (form.cells[name].is_total, -abs(exact[name]), name))
    rounding = _Rounding(exact, order, equations)
    rounding.balance()
    shown = {name: Decimal(value).scaleb(-decimals, EXACT) for name, value in rounding.values.items()}
    return Balanced(shown, tuple((one.label, frozenset(one.factors)) for one in rounding.apart))


def _equations(form: Form, values: Mapping[str, Decimal]) -> Iterator[_Equation]:
    """Yield the totals, and the relations that hold of the exact values whatever these are multiplied by."""
    for name, definition in form.definitions.items():
        cell = form.cells[name]
        parts = _sum_of_row(form, cell) or definition
        if not parts.has_multiples:
            yield _Equation(cell.label, _factors(Linear(((1, name),)), parts), is_exact=True)
    for one in form.identities:
        constraint, (left, sign, right) = one.constraint, one.relation
        is_scaled = not (left.constant or right.constant or constraint.within) and sign in {"=", "<=", ">="}
        is_scaled = is_scaled and not (sign == "=" and one.relation.has_multiples)
        if not is_scaled or one.rule.looks_back or not constraint.holds(values):
            continue
        sides = (right, left) if sign == ">=" else (left, right)
        if not constraint.when.relations or constraint.when.holds(values):
            yield _Equation(one.rule.label, _factors(*sides), is_exact=sign == "=")


def _sum_of_row(form: Form, cell: Cell) -> Linear | None:
    """Return the sum of a total row for a total where it meets a total column; ``None`` for any other.

    That of the column, which defines it, follows, because each of its parts has an equation for its row.
    """
    row, column = cell.row, cell.column
    if (
        row.total is None
        or column.total is None
        or not (row.adds_lines and column.adds_lines and row.additive)
    ):
        return None
    return row.total.renamed(along_column(cell.section.key, column)).without(form.void)


def _factors(left: Linear, right: Linear) -> dict[str, int]:
    return in_whole((*left.terms, *right.times(-1).terms))[0]


class _Rounding:
    """Whole numbers beside exact ones, and the equations that they are to satisfy."""

    def __init__(
        self, exact: Mapping[str, Decimal], order: Sequence[str], equations: Sequence[_Equation]
    ) -> None:
        self.values = {name: int(value.to_integral_value(ROUND_HALF_UP)) for name, value in exact.items()}
        self._lowest = {name: int(value.to_integral_value(ROUND_FLOOR)) for name, value in exact.items()}
        self._highest = {name: int(value.to_integral_value(ROUND_CEILING)) for name, value in exact.items()}
        self._equations, self._lost = equations, set[str]()
        place = {name: index for index, name in enumerate(order)}
        self._names = [sorted(one.factors, key=place.__getitem__) for one in equations]
        self._uses: dict[str, list[int]] = {name: [] for name in order}
        for number, one in enumerate(equations):
            for name in one.factors:
                self._uses[name].append(number)

    def _value(self, number: int) -> int:
        return sum(factor * self.values[name] for name, factor in self._equations[number].factors.items())

    def _is_held(self, number: int) -> bool:
        return self._equations[number].is_held(self._value(number))

    @property
    def apart(self) -> list[_Equation]:
        """The equations that do not hold."""
        return [one for number, one in enumerate(self._equations) if not self._is_held(number)]

    def balance(self) -> None:
        """Change the values until all equations hold, or no change helps."""
        self._move()
        for number in range(len(self._equations)):
            while not self._is_held(number):
                if not self._forced(number) and not self._searched(number):
                    break

    def _move(self) -> None:
        for number in range(len(self._equations)):
            while not self._is_held(number) and self._moved(number):
                pass

    def _moved(self, start: int) -> bool:
        """Bring one equation nearer to 0 along the shortest path of changes, each of one step, that breaks no other.

        A state is an equation and the way in which its value has to change.
        """
        first = (start, -1 if self._value(start) > 0 else 1)
        came: dict[tuple[int, int], tuple[tuple[int, int], str, int] | None] = {first: None}
        states = deque([first])
        while states:
            state = states.popleft()
            number, way = state
            for name in self._names[number]:
                factor = self._equations[number].factors[name]
                step = way * factor
                if (
                    abs(factor) != 1
                    or not self._lowest[name] <= self.values[name] + step <= self._highest[name]
                ):
                    continue
                others = {
                    other: self._equations[other].factors[name] * step
                    for other in self._uses[name]
                    if other != number
                }
                broken = [other for other, change in others.items() if not self._is_bettered(other, change)]
                if not broken:
                    return self._taken(came, state, name, step)
                if len(broken) == 1 and abs(others[broken[0]]) == 1:
                    after = (broken[0], -others[broken[0]])
                    if after not in came:
                        came[after] = state, name, step
                        states.append(after)
        return False

    def _is_bettered(self, number: int, change: int) -> bool:
        """Return whether an equation holds after a change of its value, or is nearer to that."""
        before = self._value(number)
        after = before + change
        return self._equations[number].is_held(after) or (abs(after) < abs(before) and before * after > 0)

    def _taken(
        self,
        came: Mapping[tuple[int, int], tuple[tuple[int, int], str, int] | None],
        state: tuple[int, int],
        name: str,
        step: int,
    ) -> bool:
        """Make the changes of a path, unless together they are none: where figures are in more than two equations."""
        changes = [(name, step)]
        while before := came[state]:
            state, name, step = before
            changes.append((name, step))
        numbers = {number for name, _ in changes for number in self._uses[name]}
        lack = sum(map(self._lack, numbers))
        for name, step in changes:
            self.values[name] += step
        is_within = all(self._lowest[name] <= self.values[name] <= self._highest[name] for name, _ in changes)
        if is_within and sum(map(self._lack, numbers)) < lack:
            return True
        for name, step in changes:
            self.values[name] -= step
        return False

    def _lack(self, number: int) -> int:
        """Return by how much an equation does not hold."""
        value = self._value(number)
        return 0 if self._equations[number].is_held(value) else abs(value)

    # -- figures in more than two equations

    def _forced(self, number: int) -> bool:
        """Change a figure of an equation and repair the others that breaks; keep the change if less is broken then."""
        kept, lack = dict(self.values), self._lack_of_all
        way = -1 if self._value(number) > 0 else 1
        for name in self._names[number]:
            self.values[name] += way if self._equations[number].factors[name] > 0 else -way
            if self._lowest[name] <= self.values[name] <= self._highest[name]:
                self._move()
                if self._lack_of_all < lack:
                    return True
            self.values = dict(kept)
        return False

    @property
    def _lack_of_all(self) -> int:
        return sum(map(self._lack, range(len(self._equations))))

    def _searched(self, start: int) -> bool:
        """Try the ways of rounding what is tied to an equation, the nearest first, within a limit; once is enough."""
        names = self._tied(start)
        if not self._lost.isdisjoint(names):
            return False
        nearest, bounds = dict(self.values), (dict(self._lowest), dict(self._highest))
        left = _MOST_TRIED if len(names) <= _MOST_SEARCHED else 0

        def is_placed(index: int) -> bool:
            nonlocal left
            if index == len(names):
                return True
            name = names[index]
            for value in sorted({self._lowest[name], self._highest[name]}, key=lambda x: x != nearest[name]):
                left -= 1
                self._lowest[name] = self._highest[name] = self.values[name] = value
                if left >= 0 and all(map(self._can_be_held, self._uses[name])) and is_placed(index + 1):
                    return True
                self._lowest[name], self._highest[name] = (bound[name] for bound in bounds)
            return False

        is_found = is_placed(0)
        self._lowest, self._highest = bounds
        if not is_found:
            self.values = nearest
            self._lost.update(names)
        return is_found

    def _can_be_held(self, number: int) -> bool:
        """Return whether an equation holds for some values within the bounds, considered alone."""
        factors, low, high = self._equations[number].factors.items(), self._lowest, self._highest
        least = sum(factor * (low if factor > 0 else high)[name] for name, factor in factors)
        most = sum(factor * (high if factor > 0 else low)[name] for name, factor in factors)
        return least <= 0 and (most >= 0 or not self._equations[number].is_exact)

    def _tied(self, start: int) -> list[str]:
        """Return the figures of an equation, and those that are tied to them by others."""
        numbers, names = [start], dict[str, None]()
        for number in numbers:
            for name in self._equations[number].factors:
                if name not in names:
                    names[name] = None
                    numbers += [other for other in self._uses[name] if other not in numbers]
        return list(names)
