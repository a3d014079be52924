"""The checks of agencies against one another: figures far from those of one's kind, two returns with the same figures.

How far is far: the modified z-score of B. Iglewicz and D. C. Hoaglin, How to Detect and Handle Outliers (1993),
0.6745 (x - median) / MAD, over x = ln(1 + figure), since figures of agencies differ by factors and not by amounts;
and over the figures themselves, whichever is less.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Context, Decimal
from functools import lru_cache
from typing import NamedTuple

import attrs

from xltools.checking.notable import Notable, most_notable, watched
from xltools.data.filing import Filing
from xltools.data.finding import Finding, Place
from xltools.data.policy import Policy, Thresholds
from xltools.data.prior import Figures, known
from xltools.data.record import Agency
from xltools.data.roster import Entry
from xltools.form.model import Form

_NORMAL = Decimal("0.6745")  # the MAD of a normal distribution with a standard deviation of 1
_DUST = Decimal("1e-6")  # no width is 0, whatever the thresholds
_DIGITS = Context(prec=12)  # for logarithms; beyond any use that is made of them
_COMPANY = 10  # one in so many peers makes a figure a habit of some, and not a slip of one
_NON_TRIVIAL = 6  # figures that two agencies hardly share by chance, all others being 0 in both


class Peer(NamedTuple):
    """A return among those of its kind: whose figures they are, and which of last year's are known of it."""

    filing: Filing
    form: Form
    agency: Agency
    kind: str
    now: Figures
    last: Figures


def peers_of(
    filings: Sequence[Filing], entries: Sequence[Entry | None], last: Sequence[Figures]
) -> list[Peer | None]:
    """Each filing as a peer, with its line of the roster and its figures of last year.

    Nobody's peer is a roll-up, whose size is that of its district, and a return without figures.
    """
    return [
        _peer(filing, entry, figures) for filing, entry, figures in zip(filings, entries, last, strict=True)
    ]


def _peer(filing: Filing, entry: Entry | None, last: Figures) -> Peer | None:
    form, record, agency = filing.form, filing.record, filing.agency
    if form is None or record is None or agency is None or filing.is_rollup or filing.is_untouched:
        return None
    kind = f"{form.name} {record.year} {entry.kind if entry else ''}"
    return Peer(filing, form, agency, kind, known(form, record.values, filing.unread), last)


def compared(peers: Sequence[Peer | None], thresholds: Thresholds) -> dict[int, list[Finding]]:
    """What to say of each return in the light of the others, by its place among them."""
    there = [peer for peer in peers if peer]
    groups: dict[str, dict[Agency, Peer]] = {}
    for peer in there:
        groups.setdefault(peer.kind, {}).setdefault(
            peer.agency, peer
        )  # a second file of one agency is no peer
    spreads = {kind: _spreads(list(group.values()), thresholds) for kind, group in groups.items()}
    twins = _twins(there)
    return {
        index: [*_outliers(peer, spreads[peer.kind], thresholds), *_twin(peer, twins)]
        for index, peer in enumerate(peers)
        if peer
    }


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

    logs: tuple[Decimal, ...]  # in order
    linear: Scale
    logarithmic: Scale

    def score(self, value: Decimal) -> Decimal:
        """How far a figure is away, on the scale where it is nearer.

        Above the median that is the logarithmic one. Below it 1 is far from 79 by factors and an everyday figure by
        amounts.
        """
        return min(self.linear.score(value), self.logarithmic.score(_log(value)))

    def is_alone(self, value: Decimal, factor: Decimal) -> bool:
        """Whether hardly any peer has such a figure: where a tenth do, they are a kind of agency and no mistake."""
        log, apart = _log(value), _apart(factor)
        near = bisect_left(self.logs, log + apart) - bisect_right(self.logs, log - apart)
        return near - 1 <= len(self.logs) // _COMPANY  # one of those near is the agency itself


def _spreads(group: list[Peer], thresholds: Thresholds) -> dict[str, Spread]:
    """For each watched cell that enough peers have; fewer are no measure."""
    found = {}
    for cell in watched(group[0].form):
        figures = [peer.now[cell.name] for peer in group if peer.now.get(cell.name, -1) >= 0]
        if len(figures) >= thresholds.peers:
            found[cell.name] = _spread(figures, thresholds)
    return found


def _spread(figures: list[Decimal], thresholds: Thresholds) -> Spread:
    """By the median and the MAD. Where most peers agree the MAD is next to 0 and measures nothing.

    So no width is so narrow that a figure would be far which differs by less than ``least``, or is less than
    ``factor`` times the usual one.
    """
    logs = tuple(sorted(map(_log, figures)))
    linear = _scale(figures, thresholds.least / thresholds.outlier)
    return Spread(logs, linear, _scale(logs, _apart(thresholds.factor) / thresholds.outlier))


def median(numbers: Iterable[Decimal]) -> Decimal:
    """The number in the middle, or half way between the two that are; the library's own would load random numbers."""
    ordered = sorted(numbers)
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


def _scale(numbers: Sequence[Decimal], narrowest: Decimal) -> Scale:
    middle = median(numbers)
    width = median(abs(number - middle) for number in numbers) / _NORMAL
    return Scale(middle, max(width, narrowest, _DUST))


def _apart(factor: Decimal) -> Decimal:
    """How far apart, as logarithms, two figures are of which one is *factor* times the other; no factor is below 1."""
    return _log(max(factor, Decimal(1)) - 1)


@lru_cache(maxsize=65536)  # most figures are 0, and most others small
def _log(value: Decimal) -> Decimal:
    return _DIGITS.ln(value + 1)


def _outliers(peer: Peer, spreads: Mapping[str, Spread], thresholds: Thresholds) -> Iterator[Finding]:
    """The figures farthest from those of the agency's kind.

    An agency is its own best measure: a figure that last year is known for is the jump's business.
    """
    found = []
    for cell in watched(peer.form):
        spread, value = spreads.get(cell.name), peer.now.get(cell.name)
        if spread is None or value is None or value < 0 or cell.name in peer.last:
            continue
        score = spread.score(value)
        if score > thresholds.outlier and spread.is_alone(value, thresholds.factor):
            found.append(Notable(cell, score))
    for notable in most_notable(found, peer.form):
        cell, spread = notable.cell, spreads[notable.cell.name]
        value, usual = peer.now[cell.name], spread.linear.middle
        facts: dict[str, object] = {
            "label": cell.label,
            "count": len(spread.logs),
            "score": round(notable.score, 1),
        }
        about = _about(peer, "outlier", value, usual, facts)
        sheet, address = peer.filing.address(cell.name)
        yield attrs.evolve(about, sheet=sheet, address=address, cell=cell.name)


def _about(
    peer: Peer, code: str, found: Decimal | str, expected: Decimal | str, facts: dict[str, object]
) -> Finding:
    return Finding(
        code, peer.filing.source.path, str(peer.agency), found=found, expected=expected, facts=facts
    )


# -- the same as another


def _twins(peers: list[Peer]) -> dict[tuple[object, ...], list[Peer]]:
    """The returns by their figures: where all inputs are the same and enough of them are not 0."""
    groups: dict[tuple[object, ...], list[Peer]] = {}
    for peer in peers:
        if key := _figures(peer):
            groups.setdefault(key, []).append(peer)
    return groups


def _figures(peer: Peer) -> tuple[object, ...]:
    """What must be the same, or nothing where too little is told or something is not known."""
    figures = tuple(peer.now.get(cell.name) for cell in peer.form.inputs)
    if None in figures or sum(map(bool, figures)) < _NON_TRIVIAL:
        return ()
    return (peer.form.name, peer.filing.stamp.year if peer.filing.stamp else 0, *figures)


def _twin(peer: Peer, twins: Mapping[tuple[object, ...], list[Peer]]) -> Iterator[Finding]:
    """Two files of one agency are another matter, under whichever district they were issued."""
    alike = (one.agency for one in twins.get(_figures(peer), ()))
    others = {
        agency for agency in alike if (agency.code, agency.name) != (peer.agency.code, peer.agency.name)
    }
    if others:
        names = "、".join(str(agency) for agency in sorted(others))
        yield _about(peer, "twins", "", "", {"others": names, "count": sum(map(bool, _figures(peer)[2:]))})


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
