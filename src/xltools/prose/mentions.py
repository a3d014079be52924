"""Which figures the prose of a filing speaks of: each number in it beside the cells it can mean.

A number is a mention when words of the form's claims stand beside it, about the right subject, with nothing between
that changes what is counted. Where it may speak of something else (a part, another time, a wider or narrower circle
of agencies) it may still be recognised, but is not doubted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property, lru_cache
from itertools import pairwise
from operator import itemgetter
from typing import NamedTuple

from xltools.data.filing import Filing
from xltools.form.linear import Linear
from xltools.form.model import Form
from xltools.form.prose import Claim, Prose
from xltools.prose.sentences import Phrase, Sentence, are_joined, is_elsewhen, is_light, sentences


class Reading(NamedTuple):
    """One thing a number can mean: the sum in words, its figure, and the cells it is made of."""

    label: str
    figure: Decimal
    cells: tuple[str, ...]


class Mention(NamedTuple):
    """A number in the prose, or a 无, with what it can mean. ``matched`` is what it equals, if anything."""

    box: str
    quote: str
    value: Decimal
    readings: tuple[Reading, ...]
    matched: Reading | None
    is_doubted: bool  # it equals nothing, and nothing excuses that
    is_denial: bool = False


class _Spot(NamedTuple):
    """A claim whose words stand in a text, and where."""

    claim: Claim
    start: int
    end: int


class Words(NamedTuple):
    """Every word of a form's claims, and those that begin with a character, longest first."""

    all: tuple[str, ...]
    by_first: Mapping[str, tuple[tuple[int, str, Claim], ...]]  # with their places among all

    def inside(self, text: str) -> Iterator[tuple[int, int, Claim]]:
        """Where each word stands in *text*, the longest first."""
        found = [
            (rank, start, start + len(word), claim)
            for start, first in enumerate(text)
            if first in self.by_first
            for rank, word, claim in self.by_first[first]
            if text.startswith(word, start)
        ]
        found.sort(key=itemgetter(0, 1))
        behind: dict[int, int] = {}
        for rank, start, end, claim in found:
            if start >= behind.get(rank, 0):  # not within itself
                behind[rank] = end
                yield start, end, claim


@lru_cache(maxsize=64)
def _words(form: Form, year: int) -> Words:
    years = {"{last}": str(year - 1), "{next}": str(year + 1)}
    found = []
    for claim in form.prose.claims:
        for word in claim.words:
            for mark, other in years.items():
                word = word.replace(mark, other)  # noqa: PLW2901  step by step
            found.append((word, claim))
    found.sort(key=lambda item: -len(item[0]))
    by_first: dict[str, list[tuple[int, str, Claim]]] = {}
    for rank, (word, claim) in enumerate(found):
        by_first.setdefault(word[:1], []).append((rank, word, claim))
    return Words(tuple(word for word, _ in found), {first: tuple(words) for first, words in by_first.items()})


@dataclass(frozen=True)
class Telling:
    """The prose of one filing and what it has to be held against."""

    filing: Filing
    prose: Prose
    values: Mapping[str, Decimal]  # with the totals
    year: int
    agency: str

    @classmethod
    def of(cls, filing: Filing) -> Telling:
        """Of a filing that was read as far as its record."""
        assert filing.form is not None  # noqa: S101  verify asked
        assert filing.record is not None  # noqa: S101  verify asked
        name = filing.agency.name if filing.agency else ""
        return cls(filing, filing.form.prose, filing.record.complete(), filing.record.year, name)

    @cached_property
    def boxes(self) -> dict[str, tuple[Sentence, ...]]:
        """The sentences of each prose cell that belongs to the report."""
        form = self.filing.form
        assert form is not None  # noqa: S101  of asked
        names = (f"{section.key}.{part.key}" for section in form.sections for part in section.parts)
        return {name: sentences(self.filing.prose[name]) for name in names if name in self.filing.prose}

    @cached_property
    def scopes(self) -> tuple[str, ...]:
        """Words for more or less than this agency: 办公室 is none where the office itself reports."""
        return tuple(word for word in self.prose.scopes if word not in self.agency)

    @cached_property
    def words(self) -> Words:
        """The words of the claims for the year reported on."""
        assert self.filing.form is not None  # noqa: S101  of asked
        return _words(self.filing.form, self.year)

    def reading(self, linear: Linear) -> Reading:
        """A sum of meanings with its figure."""
        assert self.filing.form is not None  # noqa: S101  of asked
        label, cells, figure = _meaning(self.filing.form, linear)
        return Reading(label, figure(self.values), cells)

    def is_known(self, readings: Iterable[Reading]) -> bool:
        """Whether every figure behind them could be read."""
        form = self.filing.form
        assert form is not None  # noqa: S101  of asked
        return not self.filing.unread or not any(
            form.reach[cell] & self.filing.unread for reading in readings for cell in reading.cells
        )

    def spots(self, text: str) -> tuple[_Spot, ...]:
        """Where words of claims stand in *text*."""
        assert self.filing.form is not None  # noqa: S101  of asked
        return _spots(self.filing.form, self.year, text)

    def nearest(self, text: str) -> tuple[_Spot, ...]:
        """Those of the :meth:`spots` that a number behind *text* may belong to."""
        assert self.filing.form is not None  # noqa: S101  of asked
        return _nearest(self.filing.form, self.year, text)

    def is_about(self, claim: Claim, box: str, before: str, after: str = "") -> bool:
        """Whether the claim's subject is the one that came up last; in its own boxes another must have come up."""
        if not claim.about:
            return True
        if self.prose.names_foreign(after):
            return False
        if any(word in after for word in claim.about):
            return True
        own = max((before.rfind(word) for word in claim.about), default=-1)
        if not self.prose.names_foreign(before):
            return own >= 0 or box in claim.boxes
        return own > max(map(before.rfind, self.prose.foreign))


def mentions(telling: Telling) -> Iterator[Mention]:
    """Every number of the prose that the form's words give a meaning, and every 无 that denies one."""
    for box, told in telling.boxes.items():
        for sentence in told:
            for phrase in sentence.phrases:
                yield from _numbered(telling, box, phrase)
            yield from _denied(telling, box, sentence)


def _numbered(telling: Telling, box: str, phrase: Phrase) -> Iterator[Mention]:
    spots = _in_front(telling, box, phrase) or _behind(telling, box, phrase)
    if not spots:
        return
    readings = _readings(telling, spots, phrase.segment)
    quantity = phrase.quantity
    matched = next((reading for reading in readings if quantity.agrees(reading.figure)), None)
    doubted = matched is None and not quantity.is_rough and telling.is_known(readings)
    yield Mention(
        box=box,
        quote=phrase.quote,
        value=quantity.value,
        readings=readings,
        matched=matched,
        is_doubted=doubted and not _is_excused(telling, spots, phrase),
    )


def _in_front(telling: Telling, box: str, phrase: Phrase) -> list[_Spot]:
    """The claims whose words stand before the number: those nearest, without the ones that are another's object."""
    fitting = [s for s in telling.nearest(phrase.segment) if _fits(telling, box, s.claim, phrase)]
    ends = {spot.end for spot in fitting if not spot.claim.whole}
    return [s for s in fitting if not (s.claim.whole and s.start in ends)]  # 结转下年|办理 is no 办理


# What stands right before a number, and the clauses that say 无, are alike in many reports.
@lru_cache(maxsize=4096)
def _spots(form: Form, year: int, text: str) -> tuple[_Spot, ...]:
    """Where words of claims stand in *text*: the longest wins where they overlap."""
    spots: list[_Spot] = []
    for start, end, claim in _words(form, year).inside(text):
        if not any(start < spot.end and spot.start < end for spot in spots):
            spots.append(_Spot(claim, start, end))
    return tuple(sorted(spots, key=lambda spot: spot.start))


@lru_cache(maxsize=4096)
def _nearest(form: Form, year: int, text: str) -> tuple[_Spot, ...]:
    """The claims whose words stand in *text* with nothing behind them that changes what is counted."""
    found = _spots(form, year, text)
    words = [text[spot.start : spot.end] for spot in found]
    kept = []
    for spot in found:
        gap = text[spot.end :]
        named = any(word in gap for word in spot.claim.about)
        if named or is_light(gap, (*words, *spot.claim.about)):
            kept.append(spot)
    return tuple(_without_objects(kept, text))


@lru_cache(maxsize=1024)
def _meaning(
    form: Form, linear: Linear
) -> tuple[str, tuple[str, ...], Callable[[Mapping[str, Decimal]], Decimal]]:
    """A sum of meanings in words, the cells it is made of, and how to add those up."""
    cells = form.prose.cells(linear)
    return form.prose.label(linear), cells.names, cells.value


def _without_objects(spots: list[_Spot], text: str) -> list[_Spot]:
    """Without the nouns that are what an earlier word speaks of: 新收政府信息公开申请 is no bare 政府信息公开申请."""

    def is_object(spot: _Spot) -> bool:
        word = text[spot.start : spot.end]
        earlier = (other.claim for other in spots if other.start < spot.start)
        return not spot.claim.about and any(a in word for claim in earlier for a in claim.about)

    return [spot for spot in spots if not is_object(spot)]


def _behind(telling: Telling, box: str, phrase: Phrase) -> list[_Spot]:
    """The claim whose words follow the number, as in 8件予以公开."""
    found = [spot for spot in telling.spots(phrase.behind) if spot.claim.behind]
    return [
        spot
        for spot in found[:1]
        if is_light(phrase.behind[: spot.start], spot.claim.about) and _fits(telling, box, spot.claim, phrase)
    ]


def _fits(telling: Telling, box: str, claim: Claim, phrase: Phrase) -> bool:
    return (
        phrase.quantity.unit in claim.units
        and not any(word in phrase.clause for word in claim.unless)
        and telling.is_about(claim, box, phrase.before, phrase.behind)
    )


def _readings(telling: Telling, spots: list[_Spot], text: str) -> tuple[Reading, ...]:
    """All that the claims can mean, and what joined words mean together: 予以公开和部分公开共14件."""
    single = dict.fromkeys(linear for spot in spots for linear in spot.claim.means)
    for size in range(2, len(spots) + 1):
        for run in (spots[i : i + size] for i in range(len(spots) - size + 1)):
            if all(are_joined(text[a.end : b.start]) for a, b in pairwise(run)):
                terms = tuple(term for spot in run for term in spot.claim.means[0].terms)
                single[Linear(terms)] = None
    return tuple(telling.reading(linear) for linear in single)


def _is_excused(telling: Telling, spots: list[_Spot], phrase: Phrase) -> bool:
    """Whether the number may be right all the same, though it equals nothing."""
    if phrase.is_compared or is_elsewhen(phrase.before, telling.year):
        return True
    if any(word in phrase.before for word in telling.scopes):
        return True
    if any(spot.claim.whole for spot in spots):
        around = phrase.clause
        return phrase.is_part or any(word in around for word in telling.prose.ways)
    return False


def _denied(telling: Telling, box: str, sentence: Sentence) -> Iterator[Mention]:
    """未收到政府信息公开申请, 无行政复议: the figures of those claims are said to be 0."""
    for start, clause, behind in sentence.denials():  # one 无 a clause: a second would be a double negation
        if any(start <= q.start < start + len(clause) for q in sentence.quantities):
            continue
        before = sentence.text[: start + len(clause)]
        spots = [spot for spot in telling.spots(clause) if spot.claim.denied and behind <= spot.start]
        told = [spot for spot in spots if _is_denied(telling, box, spot, before, clause, behind)]
        yield from _denial(telling, box, sentence, _without_objects(told, clause), clause, before)


def _is_denied(telling: Telling, box: str, spot: _Spot, before: str, clause: str, behind: int) -> bool:
    """Whether the 无 reaches the words, and nothing after them narrows what there is none of."""
    claim = spot.claim
    return (
        spot.start - behind <= _FARTHEST
        and not any(word in clause for word in (*telling.prose.ways, *claim.unless))
        and is_light(clause[spot.end :], (*telling.words.all, *claim.about))
        and telling.is_about(claim, box, before)
    )


_FARTHEST = 20  # characters between 无 and what there is none of


def _denial(
    telling: Telling, box: str, sentence: Sentence, spots: list[_Spot], clause: str, before: str
) -> Iterator[Mention]:
    if not spots:
        return
    zero = Decimal(0)
    excused = is_elsewhen(before, telling.year) or any(word in sentence.text for word in telling.scopes)
    for spot in spots:
        readings = _readings(telling, [spot], clause)
        matched = next((reading for reading in readings if reading.figure == zero), None)
        doubted = matched is None and telling.is_known(readings) and not excused
        yield Mention(box, clause, zero, readings, matched, doubted, is_denial=True)
