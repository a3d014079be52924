"""Comparing agencies: figures far from those of the same kind, and returns of two agencies with the same figures.

The distance is the modified z-score of B. Iglewicz and D. C. Hoaglin, How to Detect and Handle Outliers (1993),
0.6745 (x - median) / MAD, with x = ln(1 + figure), because agencies differ by factors, or with x = figure, whichever
score is less.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Context, Decimal
from functools import cached_property, lru_cache
from typing import NamedTuple

from xltools.checking.materiality import Deviation, largest_deviations, material_cells
from xltools.data.filing import Filing, RefusedFile, Return
from xltools.data.finding import Finding
from xltools.data.period import Period
from xltools.data.policy import Thresholds
from xltools.data.record import Agency, Figures
from xltools.data.roster import Entry
from xltools.form.linear import ZERO
from xltools.form.model import Cell, Form
from xltools.text import Word

_NORMAL = Decimal("0.6745")  # the MAD of a normal distribution with a standard deviation of 1
_LEAST_WIDTH = Decimal("1e-6")  # no width is 0, whatever the thresholds
_ALMOST = Decimal("0.999999")  # a share of the width that is not far, however a quotient is rounded
_DIGITS = Context(prec=12)  # for logarithms; more than any comparison needs
_MOST_SIMILAR = 10  # if one in so many peers has such a figure, it is usual for some agencies
_FAR_APART = 1000  # times nearly all other agencies, whatever their kind; 元 for 万元 is 10,000 times
_ABSURD = Decimal(10**8)  # more than any figure of an agency, if there are no others to compare it with
_LEAST_FIGURES = 6  # figures other than 0 that two agencies hardly share by chance


class Peer(NamedTuple):
    """A return that is compared with those of its kind, and its figures other than 0.

    ``typed`` are inputs and ``derived`` the totals that are compared; ``unknown`` figures could not be read.
    """

    filing: Return
    form: Form
    agency: Agency
    kind: str
    typed: Figures
    derived: Figures
    unknown: frozenset[str]

    @property
    def others(self) -> tuple[str, Period]:
        """The form and the period, which all agencies that it may be compared with have in common."""
        return self.form.name, self.filing.stamp.period

    def figure(self, name: str) -> Decimal:
        """Return a figure that is known; a blank is 0."""
        return self.typed.get(name) or self.derived.get(name, ZERO)


def peer_of(filing: Filing, entry: Entry | None) -> Peer | None:
    """Return the filing as a peer, with its line of the roster; ``None`` for a roll-up and a return without figures."""
    if isinstance(filing, RefusedFile) or filing.is_rollup or filing.is_untouched:
        return None
    form, record = filing.form, filing.record
    kind = f"{form.name} {record.period} {entry.kind if entry else ''}"
    reach, unread = form.reach, filing.unread
    unknown = frozenset(name for name in form.cells if reach[name] & unread) if unread else frozenset[str]()
    left_out = unknown | form.counted.keys()  # what was chosen is not a figure to compare
    typed = {name: value for name, value in record.values.items() if value and name not in left_out}
    totals = {
        c.name: form.value(c.definition, typed) for c in material_cells(form) if c.definition is not None
    }
    derived = {name: value for name, value in totals.items() if value and name not in unknown}
    return Peer(filing, form, filing.agency, kind, typed, derived, unknown)


class PeerGroups:
    """The usual figures of *peers* of each kind, and the peers with the same figures.

    If an agency has several files, one of them counts, chosen by its hash, so that the order of *peers* makes no difference.
    """

    def __init__(self, peers: Sequence[Peer], thresholds: Thresholds) -> None:
        counted: dict[tuple[str, Agency], Peer] = {}
        for peer in sorted(peers, key=lambda one: one.filing.source.sha256):
            counted.setdefault((peer.kind, peer.agency), peer)
        kinds: dict[str, list[Peer]] = {}
        for peer in counted.values():
            kinds.setdefault(peer.kind, []).append(peer)
        self._spreads = {kind: _spreads(some, thresholds) for kind, some in kinds.items()}
        # A kind with few members shows nothing: how large a figure can be, all agencies show.
        of_few = {some[0].others for some in kinds.values() if len(some) < thresholds.peers}
        self._bounds = {
            key: _bounds([peer for peer in counted.values() if peer.others == key], thresholds)
            for key in of_few
        }
        alike: dict[Hashable, dict[Agency, str]] = {}
        for peer in peers:
            if (key := _figures_key(peer)) is not None:
                names = alike.setdefault(key, {})
                # Files may give an agency several names; the smallest one is reported, whichever file came first.
                names[peer.agency] = min(names.get(peer.agency, peer.agency.name), peer.agency.name)
        self._alike = {key: names for key, names in alike.items() if len(names) > 1}

    def findings(self, peer: Peer, last: Figures) -> Iterator[Finding]:
        """Yield the findings on a return compared with all others; *last* are its own figures of last year."""
        yield from self._outliers(peer, last)
        if self._alike:
            yield from _twin_findings(peer, self._alike.get(_figures_key(peer), {}))

    def _outliers(self, peer: Peer, last: Figures) -> Iterator[Finding]:
        """Yield a finding for the figures farthest from those of the agency's kind.

        A figure that is known for last year is left to the check ``jump``, which compares the agency with itself.
        """
        spreads, bounds = self._spreads[peer.kind], self._bounds.get(peer.others, {})
        found, large = list[Deviation](), list[Deviation]()
        for cell in material_cells(peer.form):
            name, value, spread = cell.name, peer.figure(cell.name), spreads.get(cell.name)
            if value < 0 or name in last or name in peer.unknown:
                continue
            if spread is None:
                if value > (limit := bounds.get(name, _ALONE).limit):
                    large.append(Deviation(cell, value / limit))
            elif not spread.least <= value <= spread.most and (score := spread.score(value)) is not None:
                found.append(Deviation(cell, score))
        for notable in largest_deviations(found, peer.form):
            cell, spread = notable.cell, spreads[notable.cell.name]
            facts = {"count": len(spread.figures), "score": round(notable.score, 1)}
            yield _of_figure("outlier", peer, cell, spread.linear.middle, facts)
        for notable in largest_deviations(large, peer.form):
            bound = bounds.get(notable.cell.name, _ALONE)
            yield _of_figure("magnitude", peer, notable.cell, bound.usual or "", bound.facts)


def _of_figure(
    code: str, peer: Peer, cell: Cell, expected: Decimal | str, facts: Mapping[str, object]
) -> Finding:
    """Return the finding on one figure of a return, whose message has the label of the cell besides *facts*."""
    where, figure = (*peer.filing.address(cell.name), cell.name), peer.figure(cell.name)
    about = {"label": cell.label, **facts}
    return Finding(code, peer.filing.source.path, str(peer.agency), *where, figure, expected, about)


# -- outliers


class Bound(NamedTuple):
    """How large a figure may be: above ``limit`` it is reported. ``usual`` is what nearly all other agencies do not exceed."""

    limit: Decimal
    usual: Decimal | None = None

    @property
    def facts(self) -> dict[str, object]:
        """What the message says that a figure above the limit exceeds."""
        if self.usual is None:
            return {"than": Word("than-any"), "usual": self.limit}
        return {"than": Word("than-others"), "usual": self.usual}


_ALONE = Bound(_ABSURD)


class Scale(NamedTuple):
    """Middle and width of numbers: the median, and a standard deviation estimated from the MAD."""

    middle: Decimal
    width: Decimal

    def score(self, number: Decimal) -> Decimal:
        """Return how many robust standard deviations a number is from the middle."""
        return abs(number - self.middle) / self.width


@dataclass(frozen=True)
class Spread:
    """The figures of a cell among agencies of one kind, in ascending order.

    No figure between ``least`` and ``most`` is far from the others on the linear scale.
    """

    figures: Sequence[Decimal]
    thresholds: Thresholds
    linear: Scale
    least: Decimal
    most: Decimal

    @cached_property
    def apart(self) -> Decimal:
        """The difference of the logarithms of figures that are not near."""
        return _log_distance(self.thresholds.factor)

    @cached_property
    def logarithmic(self) -> Scale:
        """The scale of the logarithms."""
        return _scale(list(map(_log, self.figures)), self.apart / self.thresholds.outlier)

    @cached_property
    def units(self) -> list[int]:
        """The logarithms in units of :func:`_in_units`, in ascending order."""
        known = {figure: _in_units(_log(figure)) for figure in dict.fromkeys(self.figures)}
        return [known[figure] for figure in self.figures]

    def score(self, value: Decimal) -> Decimal | None:
        """Return the score of a figure, the lesser of both scales; ``None`` if it is not an outlier.

        Above the median the logarithmic score is less. Below it the linear one is: 1 is far from 79 by factors, and not
        by amounts.
        """
        far = self.thresholds.outlier
        score = self.linear.score(value)
        if score > far:
            score = min(score, self.logarithmic.score(_log(value)))
        return score if score > far and self._is_rare(value) else None

    def _is_rare(self, value: Decimal) -> bool:
        """Return whether less than a tenth of the peers have such a figure; otherwise they are a kind of agency of their own."""
        log, apart = _in_units(_log(value)), _in_units(self.apart)
        near = max(0, bisect_left(self.units, log + apart) - bisect_right(self.units, log - apart))
        return near - 1 <= len(self.figures) // _MOST_SIMILAR  # one of them is the agency itself


def _spreads(peers: Sequence[Peer], thresholds: Thresholds) -> dict[str, Spread]:
    """Return the spread of each compared cell for which at least ``thresholds.peers`` *peers* have a figure."""
    found: dict[str, Spread] = {}
    for cell in material_cells(peers[0].form):
        values = (peer.figure(cell.name) for peer in peers if cell.name not in peer.unknown)
        figures = sorted(value for value in values if value >= 0)
        if len(figures) >= thresholds.peers:
            found[cell.name] = _spread(figures, thresholds)
    return found


def _bounds(peers: Sequence[Peer], thresholds: Thresholds) -> dict[str, Bound]:
    """Return the bound of each compared cell for which at least ``thresholds.peers`` *peers* of any kind have a figure.

    Besides the figure itself, a tenth of the others may be as wrong as it is.
    """
    found: dict[str, Bound] = {}
    for cell in material_cells(peers[0].form):
        figures = sorted(peer.figure(cell.name) for peer in peers if cell.name not in peer.unknown)
        if len(figures) >= max(thresholds.peers, 2):
            usual = figures[-2 - len(figures) // _MOST_SIMILAR]
            found[cell.name] = Bound(_FAR_APART * max(usual, thresholds.least), usual)
    return found


def _spread(figures: Sequence[Decimal], thresholds: Thresholds) -> Spread:
    """Return the spread by the median and the MAD.

    The MAD is nearly 0 if most peers agree. The width is therefore at least so large that a figure is not far which
    differs by less than ``least``, or is less than ``factor`` times the usual one.
    """
    linear = _scale(figures, thresholds.least / thresholds.outlier)
    usual = thresholds.outlier * linear.width * _ALMOST
    return Spread(figures, thresholds, linear, linear.middle - usual, linear.middle + usual)


def _scale(ordered: Sequence[Decimal], narrowest: Decimal) -> Scale:
    middle = _median(ordered)
    distances = sorted(abs(number - middle) for number in ordered)
    return Scale(middle, max(_median(distances) / _NORMAL, narrowest, _LEAST_WIDTH))


def _median(ordered: Sequence[Decimal]) -> Decimal:
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


def _log_distance(factor: Decimal) -> Decimal:
    """Return the difference of the logarithms of two figures, one *factor* times the other; the factor is at least 1."""
    return _log(max(factor, Decimal(1)) - 1)


@lru_cache(maxsize=1 << 12)  # most figures are small, and many are equal
def _log(value: Decimal) -> Decimal:
    return _DIGITS.ln(value + 1)


def _in_units(log: Decimal) -> int:
    """Return a logarithm in units of 1e-10, so that rounding does not make equal distances differ."""
    return int(log.scaleb(10).to_integral_value())


# -- same figures


def _figures_key(peer: Peer) -> Hashable | None:
    """Return the key of a peer's figures; ``None`` if too few are other than 0 or one is unknown."""
    if peer.unknown or len(peer.typed) < _LEAST_FIGURES:
        return None
    return peer.form.name, peer.filing.stamp.period, frozenset(peer.typed.items())


def _twin_findings(peer: Peer, alike: Mapping[Agency, str]) -> Iterator[Finding]:
    """Yield the finding on a return with the figures of another agency.

    Files of one code and name are of one agency, in whichever district they were issued.
    """
    own = peer.agency
    others = [
        replace(agency, name=name)
        for agency, name in alike.items()
        if agency != own and (agency.code, name) != (own.code, own.name)
    ]
    if others:
        names = "、".join(str(agency) for agency in sorted(others))
        facts: dict[str, object] = {"others": names, "count": len(peer.typed)}
        yield Finding("twins", peer.filing.source.path, str(own), facts=facts)
