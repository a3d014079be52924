"""Relations between sums, conditions on figures, and the two together: what figures must satisfy.

A relation is written ``closed <= received``, with one of the signs ``= <= >= < > !=`` between two sums, which may contain
numbers. A condition is one or more relations: ``fine > 0, taken = 0``. It may ask for an option of a field:
``cover.kind = portal`` stands for ``count(cover.kind = portal) = 1``.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Container, Mapping
from collections.abc import Set as AbstractSet
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Literal, NamedTuple

from xltools.errors import InvalidValueError
from xltools.form.linear import EXACT, ZERO, Linear, LinearSyntaxError, count_of

PERIOD = "period"  # in a condition: the number of the period in its year
Level = Literal["error", "question", "warning"]
LEVELS: tuple[Level, ...] = ("error", "question", "warning")

_SIGN = re.compile(r"(?:<=|>=|!=|=|<|>)(?![^()]*\))")  # none of those in brackets
_COMMA = r",(?![^()]*\))"  # none of those in brackets
_CHOSEN = re.compile(
    r"\s*(?!(?:last|ago)\.)([a-z][a-z0-9_]*\.[a-z][a-z0-9_]*)\s*(!?=)\s*([a-z][a-z0-9_]*)\s*"
)
_COMPARED: dict[str, Callable[[Decimal | Fraction, Decimal | Fraction], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
}
PRINTED = {"=": "＝", "!=": "≠", "<=": "≤", ">=": "≥", "<": "＜", ">": "＞"}
_IN_SUMS = {"=", "<=", ">="}  # what holds of several returns with these signs holds of their sum


class ConditionError(InvalidValueError):
    """The text is not a condition."""


class Relation(NamedTuple):
    """Two sums with a sign between them: ``new + carried_in = total + carried_out``."""

    left: Linear
    sign: str
    right: Linear

    @classmethod
    def parse(cls, text: str) -> Relation:
        """Read *text*; raises :class:`LinearSyntaxError`."""
        signs = list(_SIGN.finditer(text))
        if len(signs) != 1:
            raise LinearSyntaxError(text, text[signs[1].start() :] if signs else text)
        (sign,) = signs
        sides = text[: sign.start()], text[sign.end() :]
        left, right = (Linear.parse(side, numbers=True) for side in sides)
        return cls(left, sign[0], right)

    @property
    def names(self) -> tuple[str, ...]:
        """The names on both sides."""
        return self.left.names + self.right.names

    @property
    def has_multiples(self) -> bool:
        """Whether a number stands before one of the names."""
        return self.left.has_multiples or self.right.has_multiples

    @property
    def is_linear(self) -> bool:
        """Whether it holds of a sum of returns if it holds of each: it has no number and no strict sign."""
        return self.sign in _IN_SUMS and not self.left.constant and not self.right.constant

    def at(self, number: int) -> Relation:
        """Return the relation in the period of that number in its year."""
        return Relation(
            self.left.with_value(PERIOD, number), self.sign, self.right.with_value(PERIOD, number)
        )

    def renamed(self, rename: Callable[[str], str]) -> Relation:
        """Return the relation over other names."""
        return Relation(self.left.renamed(rename), self.sign, self.right.renamed(rename))

    def without(self, names: Container[str]) -> Relation:
        """Return the relation without these *names*."""
        return Relation(self.left.without(names), self.sign, self.right.without(names))

    def is_judged(self, elsewhere: AbstractSet[str]) -> bool:
        """Return whether it is judged where the figures *elsewhere* are not asked: they are not the whole of a side."""
        sides = (self.left.names, self.right.names) if elsewhere else ()
        return not any(names and elsewhere >= {*names} for names in sides)

    def difference(self, values: Mapping[str, Decimal]) -> Decimal:
        """Return left minus right, exactly."""
        return EXACT.subtract(self.left.value(values), self.right.value(values))

    def holds(self, values: Mapping[str, Decimal], within: Decimal = ZERO) -> bool:
        """Return whether it holds; two sides of an equation may differ by *within*."""
        if within:
            return abs(self.difference(values)) <= within
        return _COMPARED[self.sign](self.left.value(values), self.right.value(values))

    def __str__(self) -> str:
        return f"{self.left} {self.sign} {self.right}"


class Condition(NamedTuple):
    """Relations that must all hold, such as ``new > 0, carried_in = 0``. An empty condition always holds."""

    relations: tuple[Relation, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Condition:
        """Read *text*; raises :class:`ConditionError`."""
        relations = []
        for part in re.split(_COMMA, text):
            try:
                relations.append(_chosen(part) or Relation.parse(part))
            except LinearSyntaxError as error:
                code = "not-a-condition" if error.code == "not-a-sum" else error.code
                raise ConditionError(code, **error.facts | {"text": part.strip()}) from error
        return cls(tuple(relations))

    @property
    def names(self) -> tuple[str, ...]:
        """The names in all relations."""
        return tuple(name for one in self.relations for name in one.names)

    def renamed(self, rename: Callable[[str], str]) -> Condition:
        """Return the condition on other names; that of the period stays what it is."""
        return Condition(
            tuple(
                one.renamed(lambda name: name if name == PERIOD else rename(name)) for one in self.relations
            )
        )

    def at(self, number: int) -> Condition:
        """Return the condition in the period of that number in its year."""
        return Condition(tuple(one.at(number) for one in self.relations))

    def holds(self, values: Mapping[str, Decimal]) -> bool:
        """Return whether all relations hold."""
        return all(one.holds(values) for one in self.relations)

    def can_hold(self, may_be_below_zero: Callable[[str], bool]) -> bool:
        """Return whether it holds for some figures, as far as its comparisons of one sum with a number tell."""
        asked: dict[frozenset[tuple[str, Fraction]], list[tuple[str, Fraction]]] = {}
        for one in self.relations:
            counts: dict[str, Fraction] = {}
            for factor, name in (*one.left.terms, *one.right.times(-1).terms):
                counts[name] = counts.get(name, Fraction(0)) + Fraction(factor)
            # 2 * a > 4 says the same as a > 2.
            unit = abs(next((counts[name] for name in sorted(counts) if counts[name]), Fraction(1)))
            terms = frozenset((name, times / unit) for name, times in counts.items() if times)
            number = Fraction(EXACT.subtract(one.right.constant, one.left.constant)) / unit
            opposite = frozenset((name, -times) for name, times in terms)
            if opposite in asked and opposite != terms:
                asked[opposite].append((_TURNED.get(one.sign, one.sign), -number))
            else:
                asked.setdefault(terms, []).append((one.sign, number))
        for terms, bounds in asked.items():
            signs = {times > 0 for _, times in terms}
            if len(signs) <= 1 and not any(may_be_below_zero(name) for name, _ in terms):
                bounds.append(("=" if not signs else ">=" if signs == {True} else "<=", Fraction(0)))
        return all(map(_can_be, asked.values()))

    def __str__(self) -> str:
        return ", ".join(map(str, self.relations))


def _chosen(text: str) -> Relation | None:
    """Return the relation for an option of a field, which a name of two parts on the left means."""
    if (found := _CHOSEN.fullmatch(text)) is None:
        return None
    field, sign, option = found.groups()
    number = Decimal(1 if sign == "=" else 0)
    return Relation(Linear(((1, count_of(field, option)),)), "=", Linear((), number))


ALWAYS = Condition()
_TURNED = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}


def _can_be(bounds: list[tuple[str, Fraction]]) -> bool:
    """Return whether a number can be as all *bounds* say: if any can, one of them, or one between or beyond them."""
    ends = sorted({number for _, number in bounds})
    between = [(one + other) / 2 for one, other in pairwise(ends)]
    tried = [ends[0] - 1, *ends, *between, ends[-1] + 1]
    return any(all(_COMPARED[sign](number, end) for sign, end in bounds) for number in tried)


class Constraint(NamedTuple):
    """A relation that must hold while its condition holds. ``within`` is the tolerance of an equation of rounded figures."""

    relation: Relation
    when: Condition = ALWAYS
    within: Decimal = ZERO
    level: Level = "error"

    @property
    def names(self) -> tuple[str, ...]:
        """The names of figures in the relation and its condition, each once."""
        asked = (name for name in self.when.names if name != PERIOD)
        return tuple(dict.fromkeys((*self.relation.names, *asked)))

    @property
    def is_additive(self) -> bool:
        """Whether it may be asked of a sum of returns. All others are asked of single returns only."""
        return self.relation.is_linear and not self.when.relations and self.level == "error"

    @property
    def is_exact(self) -> bool:
        """Whether it is an equation of names that always holds exactly, as those that define totals."""
        return self.is_additive and self.relation.sign == "=" and not self.within

    def without(self, names: Container[str]) -> Constraint:
        """Return the constraint without these *names*."""
        when = Condition(tuple(one.without(names) for one in self.when.relations))
        return self._replace(relation=self.relation.without(names), when=when)

    def at(self, number: int) -> Constraint | None:
        """Return the constraint in the period of that number in its year; ``None`` if it is not asked then."""
        if PERIOD not in self.when.names:
            return self
        when = self.when.at(number).relations
        is_asked = all(one.holds({}) for one in when if not one.names)
        return self._replace(when=Condition(tuple(one for one in when if one.names))) if is_asked else None

    def of_sum(self, agencies: int) -> Constraint:
        """Return the constraint on the sum of so many agencies: each may be off by the tolerance."""
        return self._replace(within=self.within * agencies) if self.within else self

    def renamed(self, rename: Callable[[str], str]) -> Constraint:
        """Return the constraint on other names."""
        return self._replace(relation=self.relation.renamed(rename), when=self.when.renamed(rename))

    def holds(self, values: Mapping[str, Decimal]) -> bool:
        """Return whether *values* satisfy it; it holds where its condition does not."""
        return not self.when.holds(values) or self.relation.holds(values, self.within)
