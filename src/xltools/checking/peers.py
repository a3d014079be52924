"""The checks of agencies against one another: figures far from those of one's kind, two returns with the same figures.

How far is far: the modified z-score of B. Iglewicz and D. C. Hoaglin, How to Detect and Handle Outliers (1993),
0.6745 (x - median) / MAD, over x = ln(1 + figure), since figures of agencies differ by factors and not by amounts;
and over the figures themselves, whichever is less.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Context, Decimal
from functools import cached_property, lru_cache
from itertools import accumulate, chain
from typing import NamedTuple

from xltools.checking.notable import Notable, most_notable, watched
from xltools.data.filing import Filing
from xltools.data.finding import Finding, Place
from xltools.data.policy import Policy, Thresholds
from xltools.data.record import Agency, Figures
from xltools.data.recurrent import Recurrent
from xltools.data.roster import Entry
from xltools.form.linear import ZERO, Linear
from xltools.form.model import Cell, Form

_NORMAL = Decimal("0.6745")  # the MAD of a normal distribution with a standard deviation of 1
_DUST = Decimal("1e-6")  # no width is 0, whatever the thresholds
_ALMOST = Decimal("0.999999")  # of the way to where a figure is far: however a quotient is rounded, it is not
_DIGITS = Context(prec=12)  # for logarithms; beyond any use that is made of them
_UNIT = 10  # decimals of a logarithm that is kept; so many it has for certain
_MOST_SCORES = 1024  # of one cell
_COMPANY = 10  # one in so many peers makes a figure a habit of some, and not a slip of one
_NON_TRIVIAL = 6  # figures that two agencies hardly share by chance, all others being 0 in both


class Peer(NamedTuple):
    """A return among those of its kind: whose figures they are, and which of them are not 0.

    ``typed`` are inputs, ``derived`` the totals that are watched; what could not be read is ``unknown``.
    """

    filing: Filing
    form: Form
    agency: Agency
    kind: str
    typed: Figures
    derived: Figures
    unknown: frozenset[str]

    def now(self, name: str) -> Decimal:
        """A figure that is known; a blank is 0."""
        return self.typed.get(name) or self.derived.get(name, ZERO)


def peer_of(filing: Filing, entry: Entry | None) -> Peer | None:
    """The filing as a peer, with its line of the roster.

    Nobody's peer is a roll-up, whose size is that of its district, and a return without figures.
    """
    form, record, agency = filing.form, filing.record, filing.agency
    if form is None or record is None or agency is None or filing.is_rollup or filing.is_untouched:
        return None
    kind = f"{form.name} {record.year} {entry.kind if entry else ''}"
    reach, unread = form.reach, filing.unread
    unknown = frozenset(name for name in form.cells if reach[name] & unread) if unread else frozenset[str]()
    typed = {name: value for name, value in record.values.items() if value and name not in unknown}
    totals = ((name, form.value(definition, typed)) for name, definition in _watched_totals(form))
    derived = {name: value for name, value in totals if value and name not in unknown}
    return Peer(filing, form, agency, kind, typed, derived, unknown)


@lru_cache(maxsize=16)
def _watched_names(form: Form) -> frozenset[str]:
    return frozenset(cell.name for cell in watched(form))


@lru_cache(maxsize=16)
def _watched_totals(form: Form) -> tuple[tuple[str, Linear], ...]:
    return tuple((cell.name, cell.definition) for cell in watched(form) if cell.definition is not None)


class _Counts:
    """How often each figure other than 0 occurs among the returns of a kind, and how many returns there are."""

    def __init__(self, form: Form) -> None:
        self.form = form
        self._returns = 0
        self._figures: Counter[tuple[str, Decimal]] = Counter()
        self._unknown: Counter[str] = Counter()

    def add(self, peer: Peer) -> None:
        """Count a return."""
        self._returns += 1
        for figures in (peer.typed, peer.derived):
            self._figures.update(figures.items())
        self._unknown.update(peer.unknown)

    def take_out(self, peer: Peer) -> None:
        """Count a return no longer."""
        self._returns -= 1
        for figures in (peer.typed, peer.derived):
            self._figures.subtract(figures.items())
        self._unknown.subtract(peer.unknown)

    def taken(self) -> Iterator[tuple[str, Counter[Decimal]]]:
        """How often each figure of a watched cell occurs, 0 included and none below; they are forgotten here."""
        found: dict[str, Counter[Decimal]] = {name: Counter() for name in _watched_names(self.form)}
        zeros = {name: self._returns - self._unknown[name] for name in found}
        while self._figures:
            (name, value), times = self._figures.popitem()
            if name in found and times:
                zeros[name] -= times
                if value > 0:
                    found[name][value] = times
        for name, counts in found.items():
            if zeros[name]:
                counts[ZERO] = zeros[name]
            yield name, counts


class Company:
    """What many peers have in common: how often each figure occurs among those of a kind, and who has the same ones.

    It is gathered return by return, and remembers of none of them whose it was. A second file of an agency is to be
    taken out again, so that each counts once. Once it is settled nothing is added, and what was counted is not kept.
    """

    def __init__(self, thresholds: Thresholds) -> None:
        self._thresholds = thresholds
        self._counts: dict[str, _Counts] = {}
        self._sets = Recurrent()  # of figures
        self._alike: dict[Hashable, dict[Agency, str]] = {}
        self._spreads: dict[str, dict[str, Spread]] = {}
        self._odd_zeros: dict[str, list[str]] = {}

    def add(self, place: int, peer: Peer) -> None:
        """One more return, and where it is found again."""
        if (key := _figures(peer)) is not None:
            self._sets.add(place, key)
        if peer.kind not in self._counts:
            self._counts[peer.kind] = _Counts(peer.form)
        self._counts[peer.kind].add(peer)

    def take_out(self, peer: Peer) -> None:
        """Count a return no longer."""
        self._counts[peer.kind].take_out(peer)

    @property
    def perhaps_alike(self) -> Iterator[int]:
        """The places of the returns among which are all that have the same figures as another."""
        return self._sets.places()

    def settle(self, peers: Iterable[Peer]) -> None:
        """Find out what is usual, and who of *peers*, those that are perhaps alike, has the same figures."""
        for peer in peers:
            names = self._alike.setdefault(_figures(peer), {})
            # Of several names that its files give an agency the same one is told, whichever came first.
            names[peer.agency] = min(names.get(peer.agency, peer.agency.name), peer.agency.name)
        self._sets = Recurrent()
        while self._counts:
            kind, counts = self._counts.popitem()
            spreads = self._spreads[kind] = _spreads(counts, self._thresholds)
            odd = (name for name, spread in spreads.items() if spread.known(ZERO) is not None)
            self._odd_zeros[kind] = sorted(odd)

    def about(self, peer: Peer, last: Figures) -> Iterator[Finding]:
        """What to say of a return in the light of all the others; *last* are its own figures of last year."""
        yield from self._outliers(peer, last)
        if self._alike:
            yield from _twin(peer, self._alike.get(_figures(peer), {}))

    def _outliers(self, peer: Peer, last: Figures) -> Iterator[Finding]:
        """The figures farthest from those of the agency's kind.

        An agency is its own best measure: a figure that last year is known for is the jump's business.
        """
        spreads, cells, found = self._spreads[peer.kind], peer.form.cells, []
        zeros = ((name, ZERO) for name in self._odd_zeros[peer.kind] if not peer.now(name))
        for name, value in chain(peer.typed.items(), peer.derived.items(), zeros):
            spread = spreads.get(name)
            if spread is None or spread.least <= value <= spread.most:
                continue
            if value < 0 or name in last or name in peer.unknown:
                continue
            if (score := spread.known(value)) is not None:
                found.append(Notable(cells[name], score))
        for notable in most_notable(found, peer.form):
            yield _outlier(peer, notable, spreads[notable.cell.name])


# -- far from the others


class Scale(NamedTuple):
    """Middle and width of many numbers."""

    middle: Decimal
    width: Decimal

    def score(self, number: Decimal) -> Decimal:
        """How many robust standard deviations a number is away, above or below."""
        return abs(number - self.middle) / self.width


class Logs(NamedTuple):
    """What is usual for a cell among agencies of a kind, as logarithms."""

    ordered: array[int]  # each once, in units of _UNIT
    before: array[int]  # how many figures lie below each of them, and last how many there are
    scale: Scale

    @classmethod
    def of(cls, figures: Iterable[tuple[Decimal, int]], thresholds: Thresholds) -> Logs:
        """Those of some figures, of each how often it occurs."""
        times: Counter[Decimal] = Counter()
        for value, often in figures:
            times[_log(value)] += often
        ordered = sorted(times)
        before = array("Q", (0, *accumulate(times[log] for log in ordered)))
        scale = _scale(times, _apart(thresholds.factor) / thresholds.outlier)
        return cls(array("q", map(_in_units, ordered)), before, scale)

    def is_alone(self, value: Decimal, factor: Decimal) -> bool:
        """Whether hardly any peer has such a figure: where a tenth do, they are a kind of agency and no mistake."""
        log, apart = _in_units(_log(value)), _in_units(_apart(factor))
        first, after = bisect_right(self.ordered, log - apart), bisect_left(self.ordered, log + apart)
        near = self.before[max(first, after)] - self.before[first]
        return near - 1 <= self.before[-1] // _COMPANY  # one of those near is the agency itself


@dataclass(eq=False)
class Spread:
    """What is usual for a cell among agencies of a kind: as figures, and as logarithms once one is far by its amount."""

    thresholds: Thresholds
    figures: tuple[Decimal, ...]
    times: array[int]  # how often each of them occurs
    linear: Scale
    least: Decimal  # between these two no figure is far by its amount, which is to be known of each at once
    most: Decimal
    scores: dict[Decimal, Decimal | None] = field(
        default_factory=dict
    )  # of the figures that were asked for last

    @property
    def size(self) -> int:
        """How many figures there are."""
        return sum(self.times)

    @cached_property
    def logs(self) -> Logs:
        """The same as logarithms."""
        return Logs.of(zip(self.figures, self.times, strict=True), self.thresholds)

    def known(self, value: Decimal) -> Decimal | None:
        """How far out a figure is, where it is out at all; the same few figures are asked for again and again."""
        scores = self.scores
        if value not in scores:
            if len(scores) == _MOST_SCORES:
                scores.clear()
            scores[value] = self._score(value)
        return scores[value]

    def _score(self, value: Decimal) -> Decimal | None:
        """How far out a figure is, on the scale where it is nearer.

        Above the median that is the logarithmic one. Below it 1 is far from 79 by factors and an everyday figure by
        amounts.
        """
        far = self.thresholds.outlier
        score = self.linear.score(value)
        if score > far:
            score = min(score, self.logs.scale.score(_log(value)))
        return score if score > far and self.logs.is_alone(value, self.thresholds.factor) else None


def _spreads(counts: _Counts, thresholds: Thresholds) -> dict[str, Spread]:
    """For each watched cell that enough peers have; fewer are no measure."""
    return {
        name: _spread(figures, thresholds)
        for name, figures in counts.taken()
        if figures.total() >= thresholds.peers
    }


def _spread(counts: Counter[Decimal], thresholds: Thresholds) -> Spread:
    """By the median and the MAD. Where most peers agree the MAD is next to 0 and measures nothing.

    So no width is so narrow that a figure would be far which differs by less than ``least``, or is less than
    ``factor`` times the usual one.
    """
    linear = _scale(counts, thresholds.least / thresholds.outlier)
    usual = thresholds.outlier * linear.width * _ALMOST
    within = linear.middle - usual, linear.middle + usual
    return Spread(thresholds, tuple(counts), array("Q", counts.values()), linear, *within)


def _scale(counts: Counter[Decimal], narrowest: Decimal) -> Scale:
    middle = _median(counts)
    distances: Counter[Decimal] = Counter()
    for number, times in counts.items():
        distances[abs(number - middle)] += times
    return Scale(middle, max(_median(distances) / _NORMAL, narrowest, _DUST))


def _median(counts: Counter[Decimal]) -> Decimal:
    """The number in the middle, or half-way between the two there."""
    half, passed, lower = counts.total(), 0, None
    for number in sorted(counts):
        passed += counts[number]
        if lower is not None:
            return (lower + number) / 2
        if 2 * passed > half:
            return number
        if 2 * passed == half:
            lower = number
    raise ValueError("no median of nothing")


def _apart(factor: Decimal) -> Decimal:
    """How far apart, as logarithms, two figures are of which one is *factor* times the other; no factor is below 1."""
    return _log(max(factor, Decimal(1)) - 1)


@lru_cache(maxsize=4096)  # most figures are 0, and most others small
def _log(value: Decimal) -> Decimal:
    return _DIGITS.ln(value + 1)


def _in_units(log: Decimal) -> int:
    return int(log.scaleb(_UNIT).to_integral_value())


def _outlier(peer: Peer, notable: Notable, spread: Spread) -> Finding:
    cell, value = notable.cell, peer.now(notable.cell.name)
    facts: dict[str, object] = {
        "label": cell.label,
        "count": spread.size,
        "score": round(notable.score, 1),
    }
    about = _about(peer, "outlier", value, spread.linear.middle, facts)
    sheet, address = peer.filing.address(cell.name)
    return replace(about, sheet=sheet, address=address, cell=cell.name)


def _about(
    peer: Peer, code: str, found: Decimal | str, expected: Decimal | str, facts: dict[str, object]
) -> Finding:
    return Finding(
        code, peer.filing.source.path, str(peer.agency), found=found, expected=expected, facts=facts
    )


# -- the same as another


def _figures(peer: Peer) -> Hashable | None:
    """What must be the same; nothing where too little is told or something is not known."""
    if peer.unknown or len(peer.typed) < _NON_TRIVIAL:
        return None
    year = peer.filing.stamp.year if peer.filing.stamp else 0
    return peer.form.name, year, frozenset(peer.typed.items())


def _twin(peer: Peer, alike: Mapping[Agency, str]) -> Iterator[Finding]:
    """Two files of one agency are another matter, under whichever name or district they were issued."""
    own = peer.agency
    others = [
        replace(agency, name=name)
        for agency, name in alike.items()
        if agency != own and (agency.code, name) != (own.code, own.name)
    ]
    if others:
        names = "、".join(str(agency) for agency in sorted(others))
        yield _about(peer, "twins", "", "", {"others": names, "count": len(peer.typed)})


# -- what only some may fill in


def no_rule_maker(filing: Filing, entry: Entry | None, policy: Policy) -> Iterator[Finding]:
    """A figure where only rule-makers have any. Source: the form's ``only``; the maker's right is the coordinator's to say.

    A roll-up is not asked: its members were.
    """
    if filing.form is None or filing.record is None or filing.agency is None or filing.is_rollup:
        return
    if filing.agency.code in policy.rule_makers or (entry and entry.is_rule_maker):
        return
    values = filing.record.values
    cells = [cell for cell in _of_rule_makers(filing.form) if values.get(cell.name)]
    if cells:
        places = [Place(*filing.address(cell.name), cell.name) for cell in cells]
        facts: dict[str, object] = {"label": "、".join(cell.label for cell in cells)}
        yield Finding(
            "no-rule-maker",
            filing.source.path,
            str(filing.agency),
            *places[0],
            found=values[cells[0].name],
            facts=facts,
            others=tuple(places[1:]),
        )


@lru_cache(maxsize=16)
def _of_rule_makers(form: Form) -> tuple[Cell, ...]:
    return tuple(cell for cell in form.inputs if cell.only == "rule_makers")
