"""Last year's figures by agency, and the matching of this year's agencies with last year's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from xltools.data.filing import Filing, Return
from xltools.data.period import Period
from xltools.data.record import Agency, Figures
from xltools.errors import InputError, Problem
from xltools.form.linear import ZERO
from xltools.form.model import Form
from xltools.form.places import Years


@dataclass(frozen=True, slots=True)
class Past:
    """The figures of last year.

    ``values`` has the known figures of each agency, totals included, with blanks as 0. A figure that could not be read
    and the totals over it are absent. An agency with two different returns has no figures. ``earlier`` has the figures of
    the years before, from the roll-up that ``whole`` is from.
    """

    form: Form
    period: Period
    values: Mapping[Agency, Figures]
    reporting: frozenset[Agency] = frozenset()  # without districts whose roll-up stands for its members
    whole: Figures | None = None  # the sums of the roll-up, if there is exactly one
    gathered: Agency | None = None  # the district of that roll-up, if nothing is left out of it
    earlier: Mapping[Period, Figures] = field(default_factory=dict)
    stated: frozenset[Agency] = frozenset()  # those with a return or a published report rather than a roll-up

    def periods_of(self, district: Agency) -> dict[Period, Figures]:
        """Return the sums of *district* by period, latest first, from its own roll-up or published report of last year.

        Returns nothing for another district's roll-up, and for an incomplete one.
        """
        own = self.matches([district]).get(district)
        if own in self.stated:
            cells, figures = self.form.cells, self.values[own]
            summed = {name: value for name, value in figures.items() if cells[name].additive}
            return {self.period: summed} if summed else {}
        if self.gathered is None or not self.whole or own != self.gathered:
            return {}
        before = (period for period in self.period.earlier(Years.MOST - 1) if period in self.earlier)
        return {self.period: self.whole} | {period: self.earlier[period] for period in before}

    def matches(self, agencies: Iterable[Agency]) -> dict[Agency, Agency]:
        """Return {agency of this year: the same agency of last year} for those *agencies* that have a match.

        Agencies are matched by code and name, then by name, then by code: after a new line in a roster the codes of later
        lines often change. An ambiguous match is no match.
        """
        left, todo = list(self.values), list(dict.fromkeys(agencies))
        found: dict[Agency, Agency] = {}
        for key in _KEYS:
            for agency, old in _unique_pairs(todo, left, key):
                if (
                    key in _WITHIN_DISTRICT
                    and agency.district
                    and old.district
                    and agency.district != old.district
                ):
                    continue  # the same name or code in another district is another agency
                found[agency] = old
            taken = set(found.values())
            todo = [agency for agency in todo if agency not in found]
            left = [old for old in left if old not in taken]
        return found

    def of_agencies(self, district: str) -> Past:
        """Return a copy without *district* in ``reporting``: its own report must not count as a missing agency."""
        kept = frozenset(agency for agency in self.reporting if agency.name != district)
        return replace(self, reporting=kept)

    def without(self, codes: Iterable[str]) -> Past:
        """Return a copy without the agencies with *codes* in ``reporting``."""
        left_out = frozenset(codes)
        kept = frozenset(agency for agency in self.reporting if agency.code not in left_out)
        return replace(self, reporting=kept)


_KEYS: tuple[Callable[[Agency], Hashable], ...] = (
    lambda agency: (agency.district, agency.code, agency.name),
    lambda agency: (agency.code, agency.name),
    lambda agency: (agency.district, agency.name),
    lambda agency: agency.name,
    lambda agency: (agency.district, agency.code),
    lambda agency: agency.code,
)
_WITHIN_DISTRICT = (_KEYS[3], _KEYS[5])


def _unique_pairs(
    new: list[Agency], old: list[Agency], key: Callable[[Agency], Hashable]
) -> Iterator[tuple[Agency, Agency]]:
    """Yield the pairs of agencies whose key occurs once on each side."""
    times_new, times_old = Counter(map(key, new)), Counter(map(key, old))
    by_key = {key(agency): agency for agency in old}
    for agency in new:
        if times_new[key(agency)] == times_old[key(agency)] == 1:
            yield agency, by_key[key(agency)]


def known(form: Form, values: Figures, unread: frozenset[str], *, summed: bool = False) -> dict[str, Decimal]:
    """Return the known figures, totals included, with blanks as 0; only additive ones if *values* are *summed*."""
    complete = form.complete(values)
    return {
        name: complete.get(name, ZERO)
        for name, cell in form.cells.items()
        if not form.reach[name] & unread and (cell.additive or not summed)
    }


def past_of(filings: Iterable[Filing], form: Form) -> Past:
    """Return last year's figures from its *filings*: returns, and roll-ups with their members.

    Filings with errors are used as far as they could be read. Raises :class:`InputError` if no filing has that form, or
    if the filings are of several periods.
    """
    used = [filing for filing in filings if isinstance(filing, Return) and filing.form.name == form.name]
    periods = sorted({filing.record.period for filing in used})
    if not periods:
        raise InputError(Problem("prior-empty", facts={"form": form.name}))
    if len(periods) > 1:
        raise InputError(Problem("prior-years", facts={"periods": "、".join(map(str, periods))}))
    values: dict[Agency, Figures] = {}
    doubled = set()
    for agency, figures in (pair for filing in used for pair in _known_figures(filing, form)):
        if values.setdefault(agency, figures) != figures:
            doubled.add(agency)
    values |= {agency: {} for agency in doubled}
    stated = frozenset(filing.agency for filing in used if not filing.is_rollup)
    past = Past(form, periods[0], values, _reporting(used), stated=stated)
    rollups = [filing for filing in used if filing.is_rollup]
    if len(rollups) != 1:
        return past
    district = rollups[0].agency
    gathered = None if rollups[0].left_out else district
    return replace(past, whole=values[district], gathered=gathered, earlier=rollups[0].earlier)


def _known_figures(filing: Return, form: Form) -> Iterator[tuple[Agency, Figures]]:
    """Yield the agencies in a filing with their known figures; an untouched workbook has none."""
    values = known(form, filing.record.values, filing.unread, summed=filing.is_rollup)
    yield filing.agency, {} if filing.is_untouched else values
    for member in filing.members:
        yield member.agency, known(form, member.values, filing.unread)


def _reporting(filings: list[Return]) -> frozenset[Agency]:
    """Return the agencies that reported.

    A roll-up stands for its members if it is the only filing or if other filings are of its members, else for itself.
    """
    own = {filing.agency for filing in filings}
    found: set[Agency] = set()
    for filing in filings:
        inside = {member.agency for member in filing.members}
        if inside and (len(filings) == 1 or inside & own):
            found |= inside
        else:
            found.add(filing.agency)
    return frozenset(found)
