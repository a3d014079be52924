"""The guilty cell: which cell of a return whose equations fail is probably wrong, and what it would be.

It is named only where all other explanations together are :data:`_MARGIN` bits less likely; see
:mod:`xltools.checking.explanations`. Naming is a hypothesis: it changes no figure and nothing of what counts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import combinations
from math import inf, log2
from typing import NamedTuple

from xltools.checking.equations import Act, Equations, Sign, equations_of
from xltools.checking.explanations import CellChange, Explanation, How, Search, Witness
from xltools.checking.together import Corrected
from xltools.data.filing import Origin, Return, Shown
from xltools.data.number import close
from xltools.form.linear import ZERO, Factor, Linear, multiplied, plus, size
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
    supports: tuple[Sign, ...] = ()
    witnesses: tuple[Witness, ...] = ()

    @property
    def right(self) -> dict[str, Decimal]:
        """The right figure of each of its cells."""
        return {change.cell: change.right for change in self.changes}


@dataclass(frozen=True, slots=True)
class GuiltVerdict:
    """What is behind the equations over ``cells`` that fail.

    ``possible`` are the single cells that explain it where none is named or listed, because too many do. ``line`` is the name of the one row or column that all single cells are in, and ``difference`` by how much it is off;
    empty if there is none. ``effect`` is the largest change of each headline figure over all explanations; ``None`` if
    nothing of at most two cells, or of one line, explains it.
    """

    cells: frozenset[str]
    equations: int = 0
    is_computed: bool = False  # no total among the cells was typed, or all add up: they follow the inputs
    named: Suspect | None = None
    listed: tuple[Suspect, ...] = ()
    possible: tuple[Suspect, ...] = ()
    explanations: int = 0
    line: str = ""
    difference: Decimal = ZERO
    effect: Mapping[str, Decimal] | None = None

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


def typed_totals(filing: Return, origins: frozenset[Origin] = _TYPED) -> dict[str, Shown]:
    """Return the totals of *filing* that were typed; a ratio adds nothing, so it is no part of an equation."""
    cells = filing.form.cells
    return {n: one for n, one in filing.shown.items() if one.origin in origins and not cells[n].ratio}


def equations_behind(filing: Return, shown: Mapping[str, Shown]) -> Equations:
    """Return the equations over the cells of *filing* that were typed, among them the totals *shown*."""
    garbled = {name for name, one in shown.items() if one.value is None and not is_blank(one.text)}
    unknown = filing.unread | filing.clouded | garbled
    number = filing.record.period.number_in_year
    return equations_of(filing.form, frozenset(shown), unknown, filing.elsewhere, number)


def _verdicts(filing: Return, last: Mapping[str, Decimal], origins: frozenset[Origin]) -> list[GuiltVerdict]:
    shown = typed_totals(filing, origins)
    values, figures = filing.record.complete(), dict(filing.record.values)
    for name, one in shown.items():
        if one.value is not None:
            expected = values.get(name, ZERO)
            figures[name] = expected if close(one.value, expected) else one.value
    search = Search(equations_behind(filing, shown), figures, last)
    if not search.rests:
        return []
    known = {**values, **of_last_year(last)}
    witnesses = (*_told(filing), *_carried(filing, known))
    verdicts = judged(search, figures, last, witnesses)
    return [_with_witnesses(verdict, witnesses, filing.form, known) for verdict in verdicts]


def _with_witnesses(
    verdict: GuiltVerdict, witnesses: Iterable[Witness], form: Form, figures: Mapping[str, Decimal]
) -> GuiltVerdict:
    """Return the verdict; each witness supports what is named that the derived figures contradict and the right ones do not."""
    if verdict.named is None:
        return verdict
    after, own = Corrected(verdict.named.right, form, figures), verdict.named.witnesses
    more = (one for one in witnesses if not one.agrees(figures) and one.agrees(after))
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
    """What a search found for one component, or for several that one act is behind."""

    search: Search
    components: tuple[int, ...]
    ranked: list[Explanation]
    is_computed: bool
    is_contested: bool = False  # another act is behind other components together with some of these

    @property
    def alone(self) -> list[Explanation]:
        """The explanations that change nothing in other components."""
        return [one for one in self.ranked if one.how != "line" or self.touched(one) == self.components]

    def touched(self, explanation: Explanation) -> tuple[int, ...]:
        """Return the components that an explanation changes."""
        equations = self.search.equations
        return tuple(sorted({equations.component[e] for e in equations.effect(explanation.act)}))


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
                _Found(computed, (k,), computed.ranked(computed.rests[k]), is_computed=True) for k in inner
            ]
        else:
            found.append(_Found(search, (home,), search.ranked(rest), is_computed=not has_totals))
    return [_verdict(one) for one in _joined(found)]


def _joined(found: Sequence[_Found]) -> Iterator[_Found]:
    """Yield what was found; together where one act over several components is likelier than what is behind each alone."""
    places = {(id(one.search), one.components): place for place, one in enumerate(found)}
    acts: dict[tuple[int, ...], dict[Act, Explanation]] = defaultdict(dict)
    for one in found:
        for line in (line for line in one.ranked if line.how == "line"):
            touched = [places.get((id(one.search), (part,)), -1) for part in one.touched(line)]
            if len(touched) > 1 and -1 not in touched:
                acts[tuple(touched)][line.act] = line
    for (place, one), (other_place, other) in combinations(enumerate(found), 2):
        for pair in _across(one, other) if one.search is other.search else ():
            acts[place, other_place][pair.act] = pair
    joined = [(_together([found[part] for part in parts], acts[parts]), parts) for parts in acts]
    likely = sorted(((*one, parts) for one, parts in joined if one), key=lambda one: -one[0])
    taken: set[int] = set()
    for _, one, parts in likely:
        if taken.isdisjoint(parts):
            taken.update(parts)
            is_contested = any(parts != rival and not {*parts}.isdisjoint(rival) for _, _, rival in likely)
            yield one._replace(is_contested=is_contested)
    yield from (one for place, one in enumerate(found) if place not in taken)


def _across(one: _Found, other: _Found) -> Iterator[Explanation]:
    """Yield two cells in one line, each behind one component, if they look like one act."""
    search, cells = one.search, one.search.equations.form.cells
    lines: dict[tuple[int, int], list[Explanation]] = defaultdict(list)
    for single in (single for single in other.ranked if single.how == "cell"):
        cell = cells[single.act[0][0]]
        for line in (cell.row, cell.column):
            lines[id(cell.block), id(line)].append(single)
    for single in (single for single in one.ranked if single.how == "cell"):
        cell = cells[single.act[0][0]]
        for line in (cell.row, cell.column):
            for beside in lines.get((id(cell.block), id(line)), ()):
                pair = search.pair(tuple(sorted((*single.act, *beside.act))))
                if pair.how != "two-cells":
                    yield pair


def _together(parts: Sequence[_Found], acts: Mapping[Act, Explanation]) -> tuple[float, _Found] | None:
    """Return by how many bits an act over several components is likelier than what is behind each alone, and all of these."""
    ranked = sorted(acts.values(), key=lambda one: one.rank)
    alone, gain = [part.alone for part in parts], inf
    if all(alone):
        bits = sum(-log2(sum(2**-one.bits for one in each)) for each in alone)
        first = [each[0] for each in alone]
        act = tuple(sorted(cell for one in first for cell in one.act))
        apart = replace(
            first[0], bits=bits, act=act, how="two-cells", is_usual=all(one.is_usual for one in first)
        )
        gain = bits - ranked[0].bits
        ranked = sorted([*ranked, apart], key=lambda one: one.rank)
    components = tuple(component for part in parts for component in part.components)
    return (gain, parts[0]._replace(components=components, ranked=ranked)) if gain > 0 else None


def _is_sure(found: _Found) -> bool:
    """Return whether the first explanation may be named: with it everything holds, and no other is nearly as likely."""
    if not found.ranked:
        return False
    first, *others = found.ranked
    search = found.search
    if not search.is_typed(first.act) or (found.is_computed and not first.is_witnessed):
        return False
    if found.is_contested or (
        first.how == "line" and found.touched(first) != tuple(sorted(found.components))
    ):
        return False
    if any(search.leaves_broken(first.act, component) for component in found.components):
        return False
    doubt = sum(2 ** (first.bits - other.bits) for other in others)
    tells = first.crowd == 1 or (first.is_usual and (first.crowd <= _CROWD or first.is_witnessed))
    return tells and doubt <= 2**-_MARGIN


def _near(search: Search, ranked: Sequence[Explanation]) -> list[Explanation]:
    """Return the explanations to list: as likely as the first within a factor, and few."""
    ranked = [one for one in ranked if search.is_typed(one.act)]
    if not ranked:
        return []
    first = ranked[0]
    near = [one for one in ranked if one.bits <= first.bits + _NEAR]
    tells = first.crowd <= _CROWD or first.is_usual or first.repaired
    return near if tells and len(near) <= _LISTED else []


def _verdict(found: _Found) -> GuiltVerdict:
    search, ranked = found.search, found.ranked
    equations, is_named = search.equations, _is_sure(found)
    single = [one for one in ranked if one.how == "cell"]
    line, difference = _line(search, single)
    listed = [] if is_named else _near(search, ranked)
    possible = [] if is_named or listed else single
    return GuiltVerdict(
        cells=frozenset().union(*map(equations.cells_of, found.components)),
        equations=sum(len(search.rests[component]) for component in found.components),
        is_computed=found.is_computed,
        named=_suspect(search, ranked[0]) if is_named else None,
        listed=tuple(_suspect(search, one) for one in listed),
        possible=tuple(_suspect(search, one) for one in possible),
        explanations=len(ranked),
        line=line,
        difference=difference,
        effect=_effect(found, is_named=is_named) if ranked else None,
    )


def _suspect(search: Search, explanation: Explanation) -> Suspect:
    signs = (search.equations.signs[equation] for equation in search.equations.effect(explanation.act))
    witnesses = tuple(search.witnesses[index] for index in explanation.repaired)
    changes = search.changes(explanation.act)
    return Suspect(explanation.how, changes, tuple(dict.fromkeys(signs)), witnesses)


def _effect(found: _Found, *, is_named: bool) -> dict[str, Decimal]:
    """Return the largest change of each headline figure over all explanations.

    Where none is named it may also be that of several cells of one trace, of which none alone can hold its new figure.
    """
    search = found.search
    acts = [one.act for one in found.ranked]
    if not is_named:
        rests = (search.rests[component] for component in found.components)
        acts += [(cell,) for rest in rests for cell in search.alone(rest)]
    largest: dict[str, Factor] = {}
    for act in acts:
        changes: dict[str, Factor] = defaultdict(int)
        for name, change in act:
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
