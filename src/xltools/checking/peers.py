"""The checks of agencies against one another: figures far from those of one's kind, two returns with the same figures.

How far is far: the modified z-score of B. Iglewicz and D. C. Hoaglin, How to Detect and Handle Outliers (1993),
0.6745 (x - median) / MAD, over x = ln(1 + figure), since figures of agencies differ by factors and not by amounts;
and over the figures themselves, whichever is less.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from decimal import Context, Decimal
from functools import lru_cache
from hashlib import blake2b
from itertools import accumulate
from typing import NamedTuple

import attrs

from xltools.checking.notable import Notable, most_notable, watched
from xltools.data.filing import Filing
from xltools.data.finding import Finding, Place
from xltools.data.policy import Policy, Thresholds
from xltools.data.record import Agency, Figures, Record
from xltools.data.recurrent import Recurrent
from xltools.data.roster import Entry
from xltools.form.linear import ZERO
from xltools.form.model import Form

_NORMAL = Decimal("0.6745")  # the MAD of a normal distribution with a standard deviation of 1
_DUST = Decimal("1e-6")  # no width is 0, whatever the thresholds
_DIGITS = Context(prec=12)  # for logarithms; beyond any use that is made of them
_UNIT = 10  # decimals of a logarithm that is kept; so many it has for certain
_MOST_SCORES = 1024  # of one cell
_COMPANY = 10  # one in so many peers makes a figure a habit of some, and not a slip of one
_NON_TRIVIAL = 6  # figures that two agencies hardly share by chance, all others being 0 in both


class Peer(NamedTuple):
    """A return among those of its kind: whose figures they are."""

    filing: Filing
    form: Form
    agency: Agency
    kind: str
    now: Figures


def peer_of(filing: Filing, entry: Entry | None) -> Peer | None:
    """The filing as a peer, with its line of the roster.

    Nobody's peer is a roll-up, whose size is that of its district, and a return without figures.
    """
    form, record, agency = filing.form, filing.record, filing.agency
    if form is None or record is None or agency is None or filing.is_rollup or filing.is_untouched:
        return None
    kind = f"{form.name} {record.year} {entry.kind if entry else ''}"
    return Peer(filing, form, agency, kind, _now(form, record, filing.unread))


def _now(form: Form, record: Record, unread: frozenset[str]) -> dict[str, Decimal]:
    """What is typed, a blank as 0, and the totals that are watched; without what could not be read."""
    typed = record.values
    now = {cell.name: typed.get(cell.name, ZERO) for cell in form.inputs}
    for cell in watched(form):
        if cell.definition is not None:
            now[cell.name] = form.value(cell.definition, typed)
    return {n: v for n, v in now.items() if not form.reach[n] & unread} if unread else now


class Company:
    """What many peers have in common: how often each figure occurs among those of a kind, and who has the same ones.

    It is gathered return by return, and remembers of none of them whose it was. A second file of an agency is to be
    taken out again, so that each counts once.
    """

    def __init__(self, thresholds: Thresholds) -> None:
        self._thresholds = thresholds
        self._counts: dict[str, defaultdict[str, Counter[Decimal]]] = {}
        self._sets = Recurrent()  # of figures
        self._alike: dict[bytes, dict[Agency, str]] = {}
        self._spreads: dict[str, dict[str, Spread]] = {}
        self._scores: dict[tuple[str, str], dict[Decimal, Decimal | None]] = {}

    def add(self, place: int, peer: Peer) -> None:
        """One more return, and where it is found again."""
        if key := _figures(peer):
            self._sets.add(place, key)
        self._count(peer, 1)

    def take_out(self, peer: Peer) -> None:
        """Count a return no longer."""
        self._count(peer, -1)

    def _count(self, peer: Peer, times: int) -> None:
        counts = self._counts.setdefault(peer.kind, defaultdict(Counter))
        for cell in watched(peer.form):
            value = peer.now.get(cell.name)
            if value is not None and value >= 0:
                counts[cell.name][value] += times

    @property
    def perhaps_alike(self) -> Iterator[int]:
        """The places of the returns among which are all that have the same figures as another."""
        return self._sets.places()

    def compare(self, peers: Iterable[Peer]) -> None:
        """Find out who of *peers* has the same figures, once all are known."""
        for peer in peers:
            names = self._alike.setdefault(_figures(peer), {})
            # Of several names that its files give an agency the same one is told, whichever came first.
            names[peer.agency] = min(names.get(peer.agency, peer.agency.name), peer.agency.name)

    def about(self, peer: Peer, last: Figures) -> Iterator[Finding]:
        """What to say of a return in the light of all the others; *last* are its own figures of last year."""
        yield from self._outliers(peer, last)
        if self._alike:
            yield from _twin(peer, self._alike.get(_figures(peer), {}))

    def _outliers(self, peer: Peer, last: Figures) -> Iterator[Finding]:
        """The figures farthest from those of the agency's kind.

        An agency is its own best measure: a figure that last year is known for is the jump's business.
        """
        found, spreads = [], self._spread_of(peer.kind)
        for cell in watched(peer.form):
            spread, value = spreads.get(cell.name), peer.now.get(cell.name)
            if spread is None or value is None or value < 0 or cell.name in last:
                continue
            if (score := self._score((peer.kind, cell.name), spread, value)) is not None:
                found.append(Notable(cell, score))
        for notable in most_notable(found, peer.form):
            yield _outlier(peer, notable, spreads[notable.cell.name])

    def _score(self, where: tuple[str, str], spread: Spread, value: Decimal) -> Decimal | None:
        """How far out a figure is, where it is out at all; the same few figures are asked for again and again."""
        known = self._scores.setdefault(where, {})
        if value not in known:
            if len(known) == _MOST_SCORES:
                known.clear()
            score = spread.score(value)
            is_out = score > self._thresholds.outlier and spread.is_alone(value, self._thresholds.factor)
            known[value] = score if is_out else None
        return known[value]

    def _spread_of(self, kind: str) -> dict[str, Spread]:
        """For each watched cell that enough peers have; fewer are no measure. What was counted is not kept then."""
        if kind not in self._spreads:
            counted = self._counts.pop(kind, defaultdict(Counter))
            spreads = self._spreads[kind] = {}
            for name in list(counted):
                counts = +counted.pop(name)  # without what was taken out
                if counts.total() >= self._thresholds.peers:
                    spreads[name] = _spread(counts, self._thresholds)
        return self._spreads[kind]


# -- far from the others


class Scale(NamedTuple):
    """Middle and width of many numbers."""

    middle: Decimal
    width: Decimal

    def score(self, number: Decimal) -> Decimal:
        """How many robust standard deviations a number is away, above or below."""
        return abs(number - self.middle) / self.width


class Spread(NamedTuple):
    """What is usual for a cell among agencies of a kind: as figures, and as their logarithms."""

    logs: array[int]  # in order, each once, in units of _UNIT
    before: array[int]  # how many figures lie below each of them, and last how many there are
    linear: Scale
    logarithmic: Scale

    @property
    def size(self) -> int:
        """How many figures there are."""
        return self.before[-1]

    def score(self, value: Decimal) -> Decimal:
        """How far a figure is away, on the scale where it is nearer.

        Above the median that is the logarithmic one. Below it 1 is far from 79 by factors and an everyday figure by
        amounts.
        """
        return min(self.linear.score(value), self.logarithmic.score(_log(value)))

    def is_alone(self, value: Decimal, factor: Decimal) -> bool:
        """Whether hardly any peer has such a figure: where a tenth do, they are a kind of agency and no mistake."""
        log, apart = _in_units(_log(value)), _in_units(_apart(factor))
        first, after = bisect_right(self.logs, log - apart), bisect_left(self.logs, log + apart)
        near = self.before[max(first, after)] - self.before[first]
        return near - 1 <= self.size // _COMPANY  # one of those near is the agency itself


def _spread(counts: Counter[Decimal], thresholds: Thresholds) -> Spread:
    """By the median and the MAD. Where most peers agree the MAD is next to 0 and measures nothing.

    So no width is so narrow that a figure would be far which differs by less than ``least``, or is less than
    ``factor`` times the usual one.
    """
    logs: Counter[Decimal] = Counter()
    for value, times in counts.items():
        logs[_log(value)] += times
    ordered = sorted(logs)
    before = array("Q", (0, *accumulate(logs[log] for log in ordered)))
    linear = _scale(counts, thresholds.least / thresholds.outlier)
    logarithmic = _scale(logs, _apart(thresholds.factor) / thresholds.outlier)
    return Spread(array("q", map(_in_units, ordered)), before, linear, logarithmic)


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
    cell, value = notable.cell, peer.now[notable.cell.name]
    facts: dict[str, object] = {
        "label": cell.label,
        "count": spread.size,
        "score": round(notable.score, 1),
    }
    about = _about(peer, "outlier", value, spread.linear.middle, facts)
    sheet, address = peer.filing.address(cell.name)
    return attrs.evolve(about, sheet=sheet, address=address, cell=cell.name)


def _about(
    peer: Peer, code: str, found: Decimal | str, expected: Decimal | str, facts: dict[str, object]
) -> Finding:
    return Finding(
        code, peer.filing.source.path, str(peer.agency), found=found, expected=expected, facts=facts
    )


# -- the same as another


def _figures(peer: Peer) -> bytes:
    """What must be the same, as a hash; nothing where too little is told or something is not known."""
    figures = tuple(peer.now.get(cell.name) for cell in peer.form.inputs)
    if None in figures or sum(map(bool, figures)) < _NON_TRIVIAL:
        return b""
    year = peer.filing.stamp.year if peer.filing.stamp else 0
    told = "\n".join(map(str, (peer.form.name, year, *figures)))
    return blake2b(told.encode(), digest_size=16).digest()


def _twin(peer: Peer, alike: Mapping[Agency, str]) -> Iterator[Finding]:
    """Two files of one agency are another matter, under whichever name or district they were issued."""
    own = peer.agency
    others = [
        attrs.evolve(agency, name=name)
        for agency, name in alike.items()
        if agency != own and (agency.code, name) != (own.code, own.name)
    ]
    if others:
        names = "、".join(str(agency) for agency in sorted(others))
        count = sum(bool(peer.now.get(cell.name)) for cell in peer.form.inputs)
        yield _about(peer, "twins", "", "", {"others": names, "count": count})


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
    cells = [c for c in filing.form.inputs if c.only == "rule_makers" and values.get(c.name)]
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
