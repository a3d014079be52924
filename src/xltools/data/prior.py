"""Last year's figures by agency, and the matching of this year's agencies with last year's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import reduce
from typing import NamedTuple

from xltools.data.filing import Filing, Return
from xltools.data.list_lines import numbers_by_key, unread_cells
from xltools.data.period import Period
from xltools.data.record import Agency, Figures
from xltools.data.roster import Roster
from xltools.errors import InputError, Problem
from xltools.form.linear import EXACT, ZERO
from xltools.form.model import Form
from xltools.form.places import Years
from xltools.form.ratio import rounded
from xltools.form.wording import AGO, LAST, own_name, time_of

LineNumbers = Mapping[str, Mapping[str, Decimal | None]]


class Split(NamedTuple):
    """Agencies that were split, with the codes of this year's agencies that took them over.

    They are several if they share successors. ``last`` has the sums of their figures of last year and of those of their
    successors that existed then.
    """

    agencies: tuple[Agency, ...]
    successors: tuple[str, ...]
    last: Figures


@dataclass(frozen=True, slots=True)
class Past:
    """The figures of last year.

    ``values`` has the known figures of each agency, totals included, with blanks as 0. A figure that could not be read
    and the totals over it are absent. An agency with two different returns has no figures. ``earlier`` has the figures of
    the years before, from the roll-up that ``whole`` is from. ``splits`` are the agencies that were split since.
    ``merged`` has, for those that took others over, the names of these, whose figures are among its own.
    """

    form: Form
    period: Period
    values: Mapping[Agency, Figures]
    reporting: frozenset[Agency] = frozenset()  # without districts whose roll-up stands for its members
    whole: Figures | None = None  # the sums of the roll-up, if there is exactly one
    gathered: Agency | None = None  # the district of that roll-up, if nothing is left out of it
    earlier: Mapping[Period, Figures] = field(default_factory=dict)
    stated: frozenset[Agency] = frozenset()  # those with a return or a published report rather than a roll-up

    splits: tuple[Split, ...] = ()
    merged: Mapping[Agency, tuple[str, ...]] = field(default_factory=dict)
    # What is in the lists that could be read, under last. or ago. and the key of the list; a number that was not read is None.
    # Unknown for agencies that were merged or split, and for members of a roll-up whose lines were added by code.
    lines: Mapping[Agency, LineNumbers] = field(default_factory=dict)

    def after(self, roster: Roster) -> Past:
        """Return a copy with the figures of agencies that were merged or split under those that took them over.

        It is not known which part of the figures each successor of a split took: it has none, and the sum is in
        ``splits``. Agencies that did not report last year change nothing.
        """
        if not roster.successions:
            return self
        lines = [*roster, *(entry for entry, _ in roster.successions)]
        matched = self.matches(entry.agency() for entry in lines)
        values, reporting, splits = dict(self.values), set(self.reporting), list[Split]()
        merged: dict[Agency, tuple[str, ...]] = {}
        touched: set[Agency] = set()
        for entry, successors in sorted(
            roster.successions, key=lambda pair: len(pair[1])
        ):  # merged ones first
            old = matched.get(entry.agency())
            if old is None:
                continue
            heirs = {
                heir.code: matched.get(heir.agency()) or Agency(old.district, heir.name, heir.name)
                for heir in successors
            }
            touched |= {old, *heirs.values()}
            sharing = [split for split in splits if heirs.keys() & split.successors]
            counted = {code for split in sharing for code in split.successors}
            own = [agency for code, agency in ({entry.code: old} | heirs).items() if code not in counted]
            known_before = [split.last for split in sharing]
            known_before += [values[agency] for agency in own if agency in values]
            summed = added(known_before, self.form)
            values.pop(old)
            if len(heirs) > 1:
                agencies = (*(agency for split in sharing for agency in split.agencies), old)
                codes = tuple(dict.fromkeys([*(c for split in sharing for c in split.successors), *heirs]))
                splits = [split for split in splits if split not in sharing]
                splits.append(Split(agencies, codes, summed))
            else:
                (heir,) = heirs.values()
                merged[heir] = (*merged.get(heir, ()), *merged.get(old, ()), old.name)
            values |= dict.fromkeys(heirs.values(), summed if len(heirs) == 1 else {})
            if old in reporting:
                reporting = reporting - {old} | set(heirs.values())
        kept = {agency: own for agency, own in self.lines.items() if agency not in touched}
        return replace(
            self,
            values=values,
            reporting=frozenset(reporting),
            splits=tuple(splits),
            merged=merged,
            lines=kept,
        )

    def periods_of(self, district: Agency) -> dict[Period, Figures]:
        """Return the sums of *district* by period, latest first, from its own roll-up or published report of last year.

        Returns nothing for another district's roll-up, and for an incomplete one.
        """
        own = self.matches([district]).get(district)
        if own in self.stated:
            cells, figures = self.form.cells, self.values[own]
            summed = {name: value for name, value in figures.items() if cells[name].is_summed}
            return {self.period: summed} if summed else {}
        if self.gathered is None or not self.whole or own != self.gathered:
            return {}
        compared = self.period.next.compared(Years.MOST)[1:]
        before = (period for period in compared if period in self.earlier)
        return {self.period: self.whole} | {period: self.earlier[period] for period in before}

    def matches(self, agencies: Iterable[Agency]) -> dict[Agency, Agency]:
        """Return {agency of this year: the same agency of last year} for those *agencies* that have a match.

        Agencies are matched by code and name, then by name, then by code: after a new line in a roster the codes of later
        lines often change. An ambiguous match is not a match.
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

    def has(self, period: Period) -> bool:
        """Return whether it has any figures of that period: the one before, or the same a year ago."""
        time = "" if period == self.period else AGO
        return any(time_of(name) == time for figures in self.values.values() for name in figures)

    def of_agencies(self, district: str) -> Past:
        """Return a copy without *district* in ``reporting``: its own report must not count as a missing agency."""
        kept = frozenset(agency for agency in self.reporting if agency.name != district)
        return replace(self, reporting=kept)

    def without(self, agencies: Iterable[Agency]) -> Past:
        """Return a copy without this year's *agencies* in ``reporting``."""
        left_out = set(self.matches(agencies).values())
        return replace(self, reporting=self.reporting - left_out)


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
    """Return the known figures, totals included, with blanks as 0, but no blank ratio or mean.

    If *values* are *summed*, only what a sum of agencies has.
    """
    complete = form.complete(values)
    return {
        name: complete.get(name, ZERO)
        for name, cell in form.cells.items()
        if not form.reach[name] & unread
        and (cell.is_summed or not summed)
        and (name in complete or not cell.ratio)
    }


def added(figures: Iterable[Figures], form: Form) -> Figures:
    """Return the sums of the additive figures that all *figures* have; those of one agency alone as they are.

    Ratios follow from the sums; means do not, because the products with their weights are not known.
    """
    several = list(figures)
    if len(several) == 1:
        return several[0]
    named = dict.fromkeys(name for one in several for name in one)
    names = (n for n in named if form.cells[own_name(n)].additive and all(n in one for one in several))
    found = sums(names, several)
    for cell in form.quotients:
        if cell.ratio and found.keys() >= set(cell.ratio.names):
            exact = form.quotient(cell, found)
            found |= {} if exact is None else {cell.name: rounded(exact, cell.places)}
    return found


def sums(names: Iterable[str], figures: Sequence[Figures]) -> dict[str, Decimal]:
    """Return the sum of each of the figures *names*, which are all known."""
    return {name: reduce(EXACT.add, (one[name] for one in figures), ZERO) for name in names}


def with_year_ago(past: Past, ago: Past) -> Past:
    """Return *past* with the figures of *ago*, the same period a year ago, under ``ago.`` names."""
    matched = past.matches(ago.values)
    values = {agency: dict(figures) for agency, figures in past.values.items()}
    for agency, figures in ago.values.items():
        then = {AGO + name: value for name, value in figures.items()}
        values[matched.get(agency, agency)] = {**values.get(matched.get(agency, agency), {}), **then}
    lines = {agency: dict(own) for agency, own in past.lines.items()}
    for agency, own in ago.lines.items():
        lines.setdefault(matched.get(agency, agency), {}).update(
            {AGO + own_name(key): cells for key, cells in own.items()}
        )
    sums_then = {ago.period: ago.whole} if ago.whole else {}
    return replace(past, values=values, earlier={**past.earlier, **sums_then}, lines=lines)


def past_before(filings: Sequence[Filing], form: Form, period: Period) -> Past:
    """Return the figures with which those of *period* are compared: of the period before, and of the one a year ago.

    *filings* of other periods are not used; there may be none of these two.
    """
    period = period.counted(form.begins)
    read = [one for one in filings if isinstance(one, Return) and one.form.name == form.name]
    by_period = {base: [one for one in read if one.record.period == base] for base in period.bases}
    last, ago = (by_period[base] for base in (period.previous, period.year_ago))
    past = past_of(last, form) if last else Past(form, period.previous, {})
    return with_year_ago(past, past_of(ago, form)) if ago else past


_MOST_FILES = 3  # that one message names


def past_of(filings: Iterable[Filing], form: Form) -> Past:
    """Return last year's figures from its *filings*: returns, and roll-ups with their members.

    Filings with errors are used as far as they could be read. Raises :class:`InputError` if no filing has that form, or
    if the filings are of several periods.
    """
    filings = list(filings)
    used = [filing for filing in filings if isinstance(filing, Return) and filing.form.name == form.name]
    periods = sorted({filing.record.period for filing in used})
    if not periods:
        files = [filing.source.path for filing in filings]
        place = "、".join(files[:_MOST_FILES]) + ("…" if len(files) > _MOST_FILES else "")
        raise InputError(Problem("prior-empty", place, {"form": form.name}))
    if len(periods) > 1:
        raise InputError(Problem("prior-years", facts={"periods": "、".join(map(str, periods))}))
    values: dict[Agency, Figures] = {}
    doubled = set()
    for agency, figures in (pair for filing in used for pair in _known_figures(filing, form)):
        if values.setdefault(agency, figures) != figures:
            doubled.add(agency)
    values |= {agency: {} for agency in doubled}
    stated = frozenset(filing.agency for filing in used if not filing.is_rollup)
    lines = {agency: own for filing in used for agency, own in _known_lines(filing) if agency not in doubled}
    past = Past(form, periods[0], values, _reporting(used), stated=stated, lines=lines)
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


def _known_lines(filing: Return) -> Iterator[tuple[Agency, LineNumbers]]:
    """Yield the numbers in the lists of a filing by agency; see :attr:`Past.lines`."""
    form, lists = filing.form, filing.record.lists
    if filing.is_untouched:
        return
    if not filing.is_rollup:
        unread = unread_cells(filing)
        own = {
            key: {name: None for name in unread if name.startswith(f"{key}.")}
            for key in form.lists
            if key not in unread
        }
        yield (
            filing.agency,
            {
                LAST + key: {**numbers_by_key(form.lists[key], lists.get(key, ())), **lost}
                for key, lost in own.items()
            },
        )
    for member in filing.members:
        yield (
            member.agency,
            {
                LAST + key: numbers_by_key(  # as in its own return, without its name
                    one, [x._replace(agency=None) for x in lists.get(key, ()) if x.agency == member.agency]
                )
                for key, one in form.lists.items()
                if one.merge == "stack"
            },
        )


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
