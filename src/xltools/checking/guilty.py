"""The guilty cell: which cell of a return whose equations fail is probably wrong, and what it would be.

It is named only where all other explanations together are :data:`_MARGIN` bits less likely; see
:mod:`xltools.checking.explanations`. Naming is a hypothesis: it changes no figure and nothing of what counts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import NamedTuple

from xltools.checking.equations import Sign, equations_of
from xltools.checking.explanations import CellChange, Explanation, How, Search, Witness
from xltools.data.filing import Origin, Return
from xltools.data.number import close
from xltools.form.linear import EXACT, ZERO, Factor, Linear, multiplied, plus, size
from xltools.form.model import Form, of_last_year
from xltools.form.wording import time_of
from xltools.white_space import is_blank

_MARGIN = 10.0  # bits: a thousand times likelier than all others together
_NEAR, _LISTED = 10.0, 5  # what is listed: within that many bits, and so many
_CROWD = 5  # where more cells have one trace, only a repaired witness can name one
_COPIED, _DENIED = 2.0, 5.0  # against an act: a sentence and a figure of last year that then no longer hold
_TYPED = frozenset({Origin.TYPED, Origin.EMPTY, Origin.PRINTED, Origin.UNKNOWN})


@dataclass(frozen=True, slots=True)
class Suspect:
    """Cells that are probably wrong, each with its right figure; what agrees on it; the witnesses that then hold."""

    how: How
    changes: tuple[CellChange, ...]
    supports: tuple[Sign, ...]
    witnesses: tuple[Witness, ...]


@dataclass(frozen=True, slots=True)
class GuiltVerdict:
    """What is behind the equations over ``cells`` that fail.

    ``heard`` are all witnesses. ``possible`` are the single cells that explain it where none is named or listed, because too many do. ``line`` is the name of the one row or column that all single cells are in, and ``difference`` by how much it is off;
    empty if there is none. ``effect`` is the largest change of each headline figure over all explanations; ``None`` if
    nothing of at most two cells, or of one line, explains it.
    """

    cells: frozenset[str]
    equations: int
    is_computed: bool  # no total among the cells was typed, or all add up: they follow the inputs
    named: Suspect | None
    listed: tuple[Suspect, ...]
    possible: tuple[Suspect, ...]
    heard: tuple[Witness, ...]
    explanations: int
    line: str
    difference: Decimal
    effect: Mapping[str, Decimal] | None

    @property
    def suspects(self) -> tuple[Suspect, ...]:
        """What is named, or else what is listed."""
        return (self.named,) if self.named else self.listed

    def is_about(self, names: Iterable[str], form: Form) -> bool:
        """Return whether an equation over *names* is among those that fail."""
        return any(name in self.cells or not self.cells.isdisjoint(form.reach[name]) for name in names)


def guilty(filing: Return, last: Mapping[str, Decimal]) -> tuple[GuiltVerdict, ...]:
    """Return a verdict for each group of equations of *filing*, which is verified, that share cells, if one of them fails.

    *last* are last year's figures. Totals of an old format that a program may have computed count as typed, and nothing is
    named that is not named where they are computed.
    """
    verdicts = _verdicts(filing, last, _TYPED)
    if any(shown.origin is Origin.UNKNOWN for shown in filing.shown.values()):
        others = _verdicts(filing, last, _TYPED - {Origin.UNKNOWN})
        agreed = {other.named.changes for other in others if other.named}
        verdicts = [v if v.named and v.named.changes in agreed else _unsure(v) for v in verdicts]
    return tuple(verdicts)


def _unsure(verdict: GuiltVerdict) -> GuiltVerdict:
    """Return the verdict with what it names only listed."""
    listed = (verdict.named,) if verdict.named else verdict.listed
    return replace(verdict, named=None, listed=listed)


def _verdicts(filing: Return, last: Mapping[str, Decimal], origins: frozenset[Origin]) -> list[GuiltVerdict]:
    cells = filing.form.cells  # a ratio adds nothing, so it is no part of an equation
    shown = {n: one for n, one in filing.shown.items() if one.origin in origins and not cells[n].ratio}
    garbled = {name for name, one in shown.items() if one.value is None and not is_blank(one.text)}
    unknown = filing.unread | filing.clouded | garbled
    values, figures = filing.record.complete(), dict(filing.record.values)
    for name, one in shown.items():
        if one.value is not None:
            expected = values.get(name, ZERO)
            figures[name] = expected if close(one.value, expected) else one.value
    number = filing.record.period.number_in_year
    equations = equations_of(filing.form, frozenset(shown), unknown, filing.elsewhere, number)
    search = Search(equations, figures, last)
    if not search.rests:
        return []
    known = {**values, **of_last_year(last)}
    verdicts = judged(search, figures, last, (*_told(filing), *_carried(filing, known)))
    return [_with_witnesses(verdict, filing.form, known) for verdict in verdicts]


class Corrected(Mapping[str, Decimal]):
    """The derived figures of a return with the right ones of a suspect; a total that was typed wrong changes nothing."""

    def __init__(self, suspect: Suspect, form: Form, figures: Mapping[str, Decimal]) -> None:
        self._form, self._figures = form, figures
        self._changes = {c.cell: EXACT.subtract(c.right, c.found) for c in suspect.changes}
        self._spread = equations_of(form, frozenset(), frozenset()).spread

    def __getitem__(self, name: str) -> Decimal:
        figure = self._figures.get(name, ZERO)
        parts = self._spread(((1, name),)) if name in self._form.cells else {}
        for cell, change in self._changes.items():
            figure = EXACT.add(figure, EXACT.multiply(change, parts.get(cell, 0)))
        return figure

    def __contains__(self, name: object) -> bool:
        return name in self._figures or name in self._changes  # what was left blank may be wrong

    def __iter__(self) -> Iterator[str]:
        return iter({**self._figures, **self._changes})

    def __len__(self) -> int:
        return len({**self._figures, **self._changes})


def _with_witnesses(verdict: GuiltVerdict, form: Form, figures: Mapping[str, Decimal]) -> GuiltVerdict:
    """Return the verdict; each witness supports what is named that the derived figures contradict and the right ones do not."""
    if verdict.named is None:
        return verdict
    after, own = Corrected(verdict.named, form, figures), verdict.named.witnesses
    more = (one for one in verdict.heard if not one.agrees(figures) and one.agrees(after))
    return replace(verdict, named=replace(verdict.named, witnesses=tuple(dict.fromkeys((*own, *more)))))


# -- witnesses


def _told(filing: Return) -> Iterator[Witness]:
    """Yield what the sentences say."""
    for one in filing.said:
        yield Witness(tuple((linear, one.value) for linear in one.sums), _COPIED, one.box, one.quote)


def _carried(filing: Return, known: Mapping[str, Decimal]) -> Iterator[Witness]:
    """Yield what follows from the figures of other periods among those that are *known*."""
    for identity in filing.form.carries_at(filing.record.period.number_in_year):
        left, right = identity.relation.left, identity.relation.right
        if not identity.relation.is_judged(filing.elsewhere):
            continue
        if identity.constraint.is_exact and all(name in known for name in right.names if time_of(name)):
            then = Linear(tuple(term for term in right.terms if time_of(term[1])))
            now = tuple(term for term in right.times(-1).terms if not time_of(term[1]))
            yield Witness(((Linear((*left.terms, *now)), then.value(known)),), _DENIED, left.names[0])


# -- the verdicts


class _Found(NamedTuple):
    """What a search found for one component."""

    search: Search
    component: int
    ranked: list[Explanation]
    is_computed: bool


def judged(
    search: Search,
    figures: Mapping[str, Decimal],
    last: Mapping[str, Decimal],
    witnesses: Sequence[Witness],
) -> list[GuiltVerdict]:
    """Return a verdict for each component with a rest."""
    equations = search.equations
    search.hear(witnesses)
    computed = None
    found: list[_Found] = []
    for home, rest in search.rests.items():
        cells = equations.cells_of(home)
        has_totals = any(equations.form.cells[name].is_total for name in cells)
        if has_totals and all(equations.signs[equation].kind == "rule" for equation in rest):
            # All totals add up: they were computed, or typed from a program.
            if computed is None:
                computed = Search(equations.computed, figures, last)
                computed.hear(witnesses)
            inner = [k for k in computed.rests if not cells.isdisjoint(equations.computed.cells_of(k))]
            found += [
                _Found(computed, k, computed.ranked(computed.rests[k]), is_computed=True) for k in inner
            ]
        else:
            found.append(_Found(search, home, search.ranked(rest), is_computed=not has_totals))
    return list(_merged(found))


def _merged(found: Sequence[_Found]) -> Iterator[GuiltVerdict]:
    """Yield the verdicts; one for all components of an act over several, which is named in all of them or in none."""
    named: dict[tuple[object, ...], list[_Found]] = defaultdict(list)
    for one in found:
        if one.ranked and _is_sure(one):
            named[id(one.search), one.ranked[0].act].append(one)
        else:
            yield _verdict([one], is_named=False)
    for together in named.values():
        equations, first = together[0].search.equations, together[0].ranked[0]
        touched = {equations.component[equation] for equation in equations.effect(first.act)}
        if len(together) == len(touched):
            yield _verdict(together, is_named=True)
        else:
            yield from (_verdict([one], is_named=False) for one in together)


def _is_sure(found: _Found) -> bool:
    """Return whether the first explanation may be named: with it everything holds, and no other is nearly as likely."""
    first, *others = found.ranked
    if found.is_computed and not first.is_witnessed:
        return False
    if found.search.leaves_broken(first.act, found.component):
        return False
    doubt = sum(2 ** (first.bits - other.bits) for other in others)
    tells = first.crowd == 1 or (first.is_usual and (first.crowd <= _CROWD or first.is_witnessed))
    return tells and doubt <= 2**-_MARGIN


def _near(ranked: Sequence[Explanation]) -> list[Explanation]:
    """Return the explanations to list: as likely as the first within a factor, and few."""
    if not ranked:
        return []
    first = ranked[0]
    near = [one for one in ranked if one.bits <= first.bits + _NEAR]
    tells = first.crowd <= _CROWD or first.is_usual or first.repaired
    return near if tells and len(near) <= _LISTED else []


def _verdict(found: Sequence[_Found], *, is_named: bool) -> GuiltVerdict:
    search, ranked = found[0].search, found[0].ranked
    equations = search.equations
    single = [one for one in ranked if one.how == "cell"]
    line, difference = _line(search, single)
    listed = [] if is_named else _near(ranked)
    possible = [] if is_named or listed else single
    return GuiltVerdict(
        cells=frozenset().union(*(equations.cells_of(one.component) for one in found)),
        equations=sum(len(search.rests[one.component]) for one in found),
        is_computed=all(one.is_computed for one in found),
        named=_suspect(search, ranked[0]) if is_named else None,
        listed=tuple(_suspect(search, one) for one in listed),
        possible=tuple(_suspect(search, one) for one in possible),
        heard=tuple(search.witnesses),
        explanations=len(ranked),
        line=line,
        difference=difference,
        effect=_effect(search, ranked) if ranked else None,
    )


def _suspect(search: Search, explanation: Explanation) -> Suspect:
    signs = (search.equations.signs[equation] for equation in search.equations.effect(explanation.act))
    witnesses = tuple(search.witnesses[index] for index in explanation.repaired)
    changes = search.changes(explanation.act)
    return Suspect(explanation.how, changes, tuple(dict.fromkeys(signs)), witnesses)


def _effect(search: Search, ranked: Iterable[Explanation]) -> dict[str, Decimal]:
    """Return the largest change of each headline figure over all explanations."""
    largest: dict[str, Factor] = {}
    for one in ranked:
        changes: dict[str, Factor] = defaultdict(int)
        for name, change in one.act:
            for headline, factor in search.equations.headline.get(name, ()):
                changes[headline] = plus(changes[headline], multiplied(factor, change))
        for headline, total in changes.items():
            largest[headline] = max(largest.get(headline, 0), size(total))
    return {headline: Decimal(change) / search.scale for headline, change in largest.items() if change}


def _line(search: Search, single: Iterable[Explanation]) -> tuple[str, Decimal]:
    """Return the row or column that every single cell which explains the rest is in, and by how much it is off."""
    acts = [one.act[0] for one in single]
    cells = [search.equations.form.cells[name] for name, _ in acts]
    for lines in ([cell.column for cell in cells], [cell.row for cell in cells]):
        if lines and all(line is lines[0] for line in lines):
            return lines[0].label, Decimal(max(abs(change) for _, change in acts)) / search.scale
    return "", ZERO
