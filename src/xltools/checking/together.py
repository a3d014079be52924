"""What one hand may have done where findings are about no equation: one figure, two in a line, or a line shifted.

An equation says by how much a figure is off. A part that is more than its whole, a figure that does not follow from those of
the last period, or a ratio of a wrong figure does not: but what settles most of them at once, and breaks nothing that
holds, is likely what is behind them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from itertools import combinations
from typing import NamedTuple

from xltools.checking.equations import Equations, equations_of, is_in_line
from xltools.checking.explanations import shifts
from xltools.checking.settling import Settling
from xltools.data.filing import Return
from xltools.data.number import is_whole
from xltools.data.record import Figures
from xltools.form.linear import EXACT, ZERO, Term
from xltools.form.model import Form
from xltools.form.ratio import Ratio, rounded
from xltools.form.relation import Constraint, Relation
from xltools.form.wording import time_of

Change = Mapping[str, Decimal]  # the new figure of each cell that is changed
# A relation holds, or just no more, where its sides differ by one of these.
_STEPS = (Decimal(0), Decimal(1), Decimal(-1))
_PLACES = (0, 1, 2)  # the decimals of a figure of which only a ratio is known
_MANY = 200  # where more figures may be the one, no two are tried


class Corrected(Mapping[str, Decimal]):
    """The derived figures of a return with other ones in some inputs; a total that was typed wrong changes nothing."""

    def __init__(self, change: Change, form: Form, figures: Figures) -> None:
        self._form, self._figures = form, figures
        self._changes = {
            name: EXACT.subtract(value, figures.get(name, ZERO)) for name, value in change.items()
        }
        self._spread = equations_of(form, frozenset(), frozenset()).spread

    def __getitem__(self, name: str) -> Decimal:
        figure = self._figures.get(name, ZERO)
        parts = self._spread(((1, name),)) if name in self._form.cells else {}
        for cell, change in self._changes.items():
            if cell in parts:
                figure = EXACT.add(figure, EXACT.multiply(change, parts[cell]))
        return figure

    def __contains__(self, name: object) -> bool:
        return name in self._figures or name in self._changes  # what was left blank may be wrong

    def __iter__(self) -> Iterator[str]:
        return iter({**self._figures, **self._changes})

    def __len__(self) -> int:
        return len({**self._figures, **self._changes})


class Behind(NamedTuple):
    """Findings, by their indexes, and the changes each of which alone settles all rules and ratios among them."""

    findings: frozenset[int]
    changes: tuple[Change, ...]

    def effect(self, form: Form, figures: Figures) -> dict[str, Decimal]:
        """Return the largest change of each headline figure."""
        headline = equations_of(form, frozenset(), frozenset()).headline
        largest: dict[str, Decimal] = {}
        for change in self.changes:
            found: dict[str, Decimal] = defaultdict(Decimal)
            for name, value in change.items():
                by = EXACT.subtract(value, figures.get(name, ZERO))
                for line, factor in headline.get(name, ()):
                    found[line] = EXACT.add(found[line], EXACT.multiply(by, factor))
            largest |= {line: max(largest.get(line, ZERO), abs(by)) for line, by in found.items() if by}
        return largest


class Changes:
    """The changes of one return that settle several of its findings at once."""

    def __init__(
        self, filing: Return, equations: Equations, settlings: Mapping[int, Settling], figures: Figures
    ) -> None:
        self._filing, self._form, self._equations = filing, filing.form, equations
        self._settlings, self._figures = settlings, figures
        self._spread = equations_of(filing.form, frozenset(), frozenset()).spread
        self._inputs = {index: self._behind(one.names) for index, one in settlings.items()}
        self._fixed = equations.fixed | equations.unknown | filing.clouded | filing.form.counted.keys()

    def behind(self) -> Iterator[Behind]:
        """Yield what is behind findings: what settles most rules and ratios, then what settles most of the others.

        A comparison that one of these changes settles is told with them, but it points at no figure: it may be right and unusual.
        """
        left = frozenset(self._settlings)
        firm = frozenset(index for index, one in self._settlings.items() if one.is_firm)
        singles = list(self._singles())
        tried = self._settling(singles)
        if len(singles) <= _MANY and not any(settled == left for _, settled in tried):
            tried += self._settling(self._several(singles))
        while rest := [(change, of) for change, of in tried if of & left & firm]:
            most = max((of & left & firm for _, of in rest), key=len)
            alike = [(change, of) for change, of in rest if of & left & firm == most]
            settled = left & frozenset[int]().union(*(of for _, of in alike))
            yield Behind(settled, tuple(change for change, _ in alike))
            left -= settled

    def _settling(self, changes: Iterable[Change]) -> list[tuple[Change, frozenset[int]]]:
        """Return the *changes* that settle findings and break nothing, each with what it settles."""
        found = []
        for change in filter(self._may, changes):
            after = Corrected(change, self._form, self._figures)
            touched = (i for i, inputs in self._inputs.items() if not inputs.isdisjoint(change))
            settled = frozenset(index for index in touched if self._settlings[index].test(after))
            if settled and self._keeps(change, after):
                found.append((change, settled))
        return found

    # -- changes

    def _singles(self) -> Iterator[Change]:
        """Yield one figure with which a relation holds, or that was expected."""
        for one in self._settlings.values():
            for constraint in one.constraints:
                for relation in (constraint.relation, *constraint.when.relations):
                    yield from self._solved(relation)
            if one.ratio:
                yield from self._divided(*one.ratio)
            if one.expected:
                yield dict((one.expected,))

    def _solved(self, relation: Relation) -> Iterator[Change]:
        """Yield a figure of each input behind a relation with which its sides are equal, or differ by one."""
        right = ((-factor, name) for factor, name in relation.right.terms)
        difference = relation.difference(self._figures)
        for name, factor in self._spread(self._known((*relation.left.terms, *right))).items():
            for step in _STEPS if relation.sign != "=" else _STEPS[:1]:
                change = EXACT.divide(EXACT.subtract(step, difference), Decimal(factor))
                if change and EXACT.multiply(change, factor) == EXACT.subtract(step, difference):
                    yield {name: EXACT.add(self._figures.get(name, ZERO), change)}

    def _divided(self, ratio: Ratio, shown: Decimal) -> Iterator[Change]:
        """Yield a figure of each input behind a ratio with which it is as it is shown: whole, or with some decimals."""
        top, bottom = (Fraction(side.value(self._figures)) for side in (ratio.top, ratio.bottom))
        quotient = Fraction(shown) / ratio.scale
        above, below = (self._spread(self._known(side.terms)) for side in (ratio.top, ratio.bottom))
        for name in {**above, **below}:
            factor = Fraction(above.get(name, 0)) - quotient * Fraction(below.get(name, 0))
            if factor:
                right = Fraction(self._figures.get(name, ZERO)) + (quotient * bottom - top) / factor
                yield from ({name: value} for value in dict.fromkeys(rounded(right, n) for n in _PLACES))

    def _known(self, terms: Iterable[Term]) -> tuple[Term, ...]:
        """Return the terms of figures of the period."""
        return tuple((factor, name) for factor, name in terms if name in self._form.cells)

    def _several(self, singles: Sequence[Change]) -> Iterator[Change]:
        """Yield two neighbours exchanged, one cell of a line that has what another lacks, and lines exchanged or shifted."""
        cells = dict.fromkeys(name for change in singles for name in change)
        for one in cells:
            for other in sorted(self._equations.beside.get(one, ())):
                yield {one: self._figures.get(other, ZERO), other: self._figures.get(one, ZERO)}
        changes = [(name, value, self._by(name, value)) for one in singles for name, value in one.items()]
        for (one, value, by), (other, right, back) in combinations(changes, 2):
            if one != other and by == -back and is_in_line(self._form.cells[one], self._form.cells[other]):
                yield {one: value, other: right}
        for line, beside, _ in self._equations.lines:
            names = (*line, *beside)
            if len(cells.keys() & names) > 1:
                values = [self._figures.get(name, ZERO) for name in names]
                exchanged = [*values[len(line) :], *values[: len(line)]]
                for figures in [exchanged] if beside else shifts(values):
                    yield dict(zip(names, figures, strict=True))

    def _by(self, name: str, value: Decimal) -> Decimal:
        return EXACT.subtract(value, self._figures.get(name, ZERO))

    def _may(self, change: Change) -> bool:
        """Return whether every cell is filled in and can hold its new figure, and every equation holds as before."""
        act = [(name, by) for name, value in change.items() if (by := self._by(name, value))]
        return (
            bool(act)
            and all(name not in self._fixed and self._holds(name, change[name]) for name, _ in act)
            and not self._equations.effect(act)
        )

    def _holds(self, name: str, value: Decimal) -> bool:
        cell = self._form.cells[name]
        return (cell.signed or value >= 0) and (cell.number != "count" or is_whole(value))

    # -- what holds

    @cached_property
    def _held(self) -> Sequence[tuple[frozenset[str], Constraint]]:
        """Every constraint that holds, with the inputs behind it."""
        form, number = self._form, self._filing.record.period.number_in_year
        found = []
        for identity in (*form.identities, *form.carries_at(number)):
            one = identity.constraint
            if all(name in self._figures for name in one.names if time_of(name)) and one.holds(self._figures):
                found.append((self._behind(one.names), one))
        return found

    def _keeps(self, change: Change, after: Corrected) -> bool:
        """Return whether all that holds holds *after* a change."""
        return all(one.holds(after) for inputs, one in self._held if not inputs.isdisjoint(change))

    def _behind(self, names: Iterable[str]) -> frozenset[str]:
        """Return the inputs behind figures of the period."""
        return frozenset[str]().union(*(self._form.reach[name] for name in names if name in self._form.reach))
