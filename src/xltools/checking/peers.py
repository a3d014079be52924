"""The checks of agencies against one another: figures far from those of one's kind, two returns with the same figures.

How far is far: the modified z-score of B. Iglewicz and D. C. Hoaglin, How to Detect and Handle Outliers (1993),
0.6745 (x - median) / MAD, over x = ln(1 + figure), since figures of agencies differ by factors and not by amounts;
and over the figures themselves, whichever is less.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping
from decimal import Context, Decimal
from functools import lru_cache
from itertools import accumulate, chain

from xltools.checking.notable import Notable, most_notable, watched
from xltools.classes import NamedTuple, evolve
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

    @property
    def watched(self) -> Iterator[tuple[str, Decimal]]:
        """The figures that are not 0 whose size says something."""
        names = _watched_names(self.form)
        return ((n, value) for n, value in chain(self.typed.items(), self.derived.items()) if n in names)


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

    def __init__(self) -> None:
        self._returns = 0
        self._figures: defaultdict[str, Counter[Decimal]] = defaultdict(Counter)
        self._without: Counter[str] = Counter()  # how many returns have no such figure, or one below 0

    def count(self, peer: Peer, times: int) -> None:
        """Count a return so often more."""
        self._returns += times
        figures = self._figures
        for name, value in peer.watched:
            if value > 0:
                figures[name][value] += times
            else:
                self._without[name] += times
        for name in peer.unknown:
            self._without[name] += times

    def take(self, name: str) -> Counter[Decimal]:
        """How often each figure of that cell occurs, 0 included; it is forgotten here."""
        found = +self._figures.pop(name, Counter())  # without what was taken out again
        if zeros := self._returns - self._without[name] - found.total():
            found[ZERO] = zeros
        return found


class Company:
    """What many peers have in common: how often each figure occurs among those of a kind, and who has the same ones.

    It is gathered return by return, and remembers of none of them whose it was. A second file of an agency is to be
    taken out again, so that each counts once.
    """

    def __init__(self, thresholds: Thresholds) -> None:
        self._thresholds = thresholds
        self._counts: defaultdict[str, _Counts] = defaultdict(_Counts)
        self._sets = Recurrent()  # of figures
        self._alike: dict[Hashable, dict[Agency, str]] = {}
        self._spreads: dict[str, dict[str, Spread]] = {}
        self._odd_zeros: dict[str, list[str]] = {}

    def add(self, place: int, peer: Peer) -> None:
        """One more return, and where it is found again."""
        if (key := _figures(peer)) is not None:
            self._sets.add(place, key)
        self._counts[peer.kind].count(peer, 1)

    def take_out(self, peer: Peer) -> None:
        """Count a return no longer."""
        self._counts[peer.kind].count(peer, -1)

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
        spreads, cells, found = self._spread_of(peer), peer.form.cells, []
        zeros = ((name, ZERO) for name in self._odd_zeros[peer.kind] if not peer.now(name))
        for name, value in chain(peer.watched, zeros):
            spread = spreads.get(name)
            if spread is None or value < 0 or name in last or name in peer.unknown:
                continue
            if (score := spread.known(value, self._thresholds)) is not None:
                found.append(Notable(cells[name], score))
        for notable in most_notable(found, peer.form):
            yield _outlier(peer, notable, spreads[notable.cell.name])

    def _spread_of(self, peer: Peer) -> dict[str, Spread]:
        """For each watched cell that enough peers have; fewer are no measure. What was counted is not kept then."""
        kind = peer.kind
        if kind not in self._spreads:
            counted, spreads = self._counts.pop(kind, _Counts()), self._spreads.setdefault(kind, {})
            for name in _watched_names(peer.form):
                counts = counted.take(name)
                if counts.total() >= self._thresholds.peers:
                    spreads[name] = _spread(counts, self._thresholds)
            odd = (
                name for name, spread in spreads.items() if spread.known(ZERO, self._thresholds) is not None
            )
            self._odd_zeros[kind] = sorted(odd)
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
    scores: dict[Decimal, Decimal | None]  # of the figures that were asked for last

    def known(self, value: Decimal, thresholds: Thresholds) -> Decimal | None:
        """How far out a figure is, where it is out at all; the same few figures are asked for again and again."""
        scores = self.scores
        if value not in scores:
            if len(scores) == _MOST_SCORES:
                scores.clear()
            score = self.score(value)
            is_out = score > thresholds.outlier and self.is_alone(value, thresholds.factor)
            scores[value] = score if is_out else None
        return scores[value]

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
    return Spread(array("q", map(_in_units, ordered)), before, linear, logarithmic, {})


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
    return evolve(about, sheet=sheet, address=address, cell=cell.name)


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
        evolve(agency, name=name)
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
