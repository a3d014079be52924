"""Numbers of a text that break a rule of the form among themselves: 新收25件，上年结转3件，办结26件，结转下年4件.

The numbers are compared with each other and not with the tables. Each number can have several readings, as sums of the
cells of a rule; if one choice of numbers and readings keeps the rule, nothing is reported, nor if another number of the
paragraph is the difference, such as what was withdrawn.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import NamedTuple

from xltools.form.linear import ZERO, Factor
from xltools.form.model import Identity
from xltools.prose.mentions import Context, FilingProse, Interpretation, Mention

_MOST = 12  # numbers with one context; the choices grow with them


class Term(NamedTuple):
    """A number in one of its readings, and the side of the rule on which it stands: 1 for the left, -1 for the right."""

    mention: Mention
    reading: Interpretation
    side: Factor


class Imbalance(NamedTuple):
    """Numbers of one context that break a rule."""

    identity: Identity
    terms: tuple[Term, ...]

    @property
    def box(self) -> str:
        """The prose cell."""
        return self.terms[0].mention.box

    @property
    def quote(self) -> str:
        """The numbers with the words that belong to them."""
        return "，".join(dict.fromkeys(term.mention.quote for term in self.terms))

    def side(self, side: int) -> tuple[tuple[str, Decimal], ...]:
        """Return the name and the value of each number on one side."""
        return tuple((t.reading.label, t.mention.value) for t in self.terms if t.side == side)


def imbalances(about: FilingProse) -> Iterator[Imbalance]:
    """Yield each contradiction between the numbers of a paragraph."""
    groups: dict[Context, list[Mention]] = {}
    for mention in about.mentions:
        if mention.is_count and mention.context.year is not None:
            groups.setdefault(mention.context, []).append(mention)
    for mentions in groups.values():
        if len(mentions) > _MOST:
            continue
        others = _numbers(about, mentions)
        for identity in about.form.identities:
            if not identity.constraint.is_exact or identity.relation.has_multiples:
                continue
            cells = _sides(identity)
            # One that equals a figure of the tables in another reading, such as 办结 without 其他处理, is no term.
            terms = [m for m in mentions if m.matched is None or _side(m.matched, cells)]
            covers = list(_covers(terms, cells, ()))
            residuals = [sum((t.side * t.mention.value for t in cover), ZERO) for cover in covers]
            if any(not residual or abs(residual) in others for residual in residuals):
                continue
            # What was settled of the new ones alone can keep a rule, but it is too seldom meant to break one.
            plain = [c for c in covers if all(sign > 0 for term in c for sign, _ in term.reading.sum.terms)]
            if clear := next((cover for cover in plain if _is_clear(cover, plain)), None):
                yield Imbalance(identity, clear)


def _is_clear(cover: tuple[Term, ...], covers: list[tuple[Term, ...]]) -> bool:
    """Return whether each number of a choice has no likelier reading, or one that contradicts the rule as well."""
    tried = {(term.mention, term.reading) for other in covers for term in other}
    return all(
        (term.mention, reading) in tried
        for term in cover
        for reading in term.mention.interpretations[: term.mention.interpretations.index(term.reading)]
    )


def _sides(identity: Identity) -> dict[str, Factor]:
    """Return the cells of a rule, each with its sign when all stand on the left."""
    left, _, right = identity.relation
    return {name: sign for sign, name in (*left.terms, *right.times(-1).terms)}


def _covers(
    mentions: Sequence[Mention], cells: dict[str, Factor], chosen: tuple[Term, ...]
) -> Iterator[tuple[Term, ...]]:
    """Yield every choice of numbers and readings that together are the rule: each of its cells once."""
    if not cells:
        yield chosen
        return
    for index, mention in enumerate(mentions):
        for reading in mention.interpretations:
            side = _side(reading, cells)
            if side and next(iter(cells)) in reading.cells:
                rest = {name: sign for name, sign in cells.items() if name not in reading.cells}
                others = [*mentions[:index], *mentions[index + 1 :]]
                yield from _covers(others, rest, (*chosen, Term(mention, reading, side)))


def _side(reading: Interpretation, cells: dict[str, Factor]) -> Factor:
    """Return the side on which a reading is part of what is left of a rule; 0 if it is none."""
    sides = {sign * cells.get(name, 0) for sign, name in reading.sum.terms}
    return sides.pop() if len(sides) == 1 else 0


def _numbers(about: FilingProse, mentions: Sequence[Mention]) -> set[Decimal]:
    """Return the numbers of the paragraph that are none of *mentions*."""
    own = {mention.value for mention in mentions}
    first = mentions[0].context
    told = [s for s in about.boxes[first.box] if s.paragraph == first.paragraph]
    return {q.value for sentence in told for q in sentence.quantities} - own
