"""Last year's figures, agency by agency, and who of this year's agencies is who of last year's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from xltools.data.filing import Filing
from xltools.data.record import Agency, Figures
from xltools.errors import InputError, Problem
from xltools.form.linear import ZERO
from xltools.form.model import Form
from xltools.form.places import Years


@dataclass(frozen=True, slots=True)
class Past:
    """The year before: of each agency every figure that is known, totals included, a blank as 0.

    A figure that could not be read is not there, and neither is any total over it. An agency with two returns that
    differ has no figures. ``reporting`` are the agencies that answered for themselves; a roll-up is one of them
    unless it only gathers the others. ``whole`` are the sums where just one roll-up is known, ``gathered`` the
    district whose sums they are, unless it lacks somebody, and ``earlier`` what that roll-up knew of the years before it.
    ``stated`` are those whose figures are a return or a published report of their own, and no sum.
    """

    form: Form
    year: int
    values: Mapping[Agency, Figures]
    reporting: frozenset[Agency] = frozenset()
    whole: Figures | None = None
    gathered: Agency | None = None
    earlier: Mapping[int, Figures] = field(default_factory=dict)
    stated: frozenset[Agency] = frozenset()

    def years_of(self, district: Agency) -> dict[int, Figures]:
        """The sums of *district* by year, the last first, where last year's roll-up was its own, or its published report.

        Another district's figures beside these would be worse than none, and so would those of a roll-up that says
        itself that some are missing.
        """
        own = self.matches([district]).get(district)
        if own in self.stated:
            cells, figures = self.form.cells, self.values[own]
            summed = {name: value for name, value in figures.items() if cells[name].additive}
            return {self.year: summed} if summed else {}
        if self.gathered is None or not self.whole or own != self.gathered:
            return {}
        first = self.year + 1 - Years.MOST  # there is no room for those before
        known_before = {
            year: self.earlier[year] for year in sorted(self.earlier, reverse=True) if year >= first
        }
        return {self.year: self.whole} | known_before

    def matches(self, agencies: Iterable[Agency]) -> dict[Agency, Agency]:
        """For each of this year's *agencies* the one of last year that it continues; those that continue none are left out.

        Code and name together tell an agency. Where they part the name is heard before the code, since a roster
        that got a new line often has new codes behind it; and what two could claim, nobody gets.
        """
        left, todo = list(self.values), list(dict.fromkeys(agencies))
        found: dict[Agency, Agency] = {}
        for key in _KEYS:
            for agency, old in _pairs(todo, left, key):
                if key in _WITHIN and agency.district and old.district and agency.district != old.district:
                    continue  # the same name or code in another district is another agency
                found[agency] = old
            taken = set(found.values())
            todo = [agency for agency in todo if agency not in found]
            left = [old for old in left if old not in taken]
        return found

    def of_agencies(self, district: str) -> Past:
        """The same without *district* among those that reported: its own report is no agency's, and it is not gone."""
        kept = frozenset(agency for agency in self.reporting if agency.name != district)
        return replace(self, reporting=kept)

    def without(self, codes: Iterable[str]) -> Past:
        """The same without the agencies of those codes among those that reported."""
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
_WITHIN = (_KEYS[3], _KEYS[5])


def _pairs(
    new: list[Agency], old: list[Agency], key: Callable[[Agency], Hashable]
) -> Iterator[tuple[Agency, Agency]]:
    """Those that are the only ones of their key on either side."""
    times = Counter(map(key, new))
    alone = {key(agency): agency for agency in old if times[key(agency)] == 1}
    again = Counter(map(key, old))
    for agency in new:
        if key(agency) in alone and again[key(agency)] == 1:
            yield agency, alone[key(agency)]


def known(form: Form, values: Figures, unread: frozenset[str], *, summed: bool = False) -> dict[str, Decimal]:
    """Every figure that is known, totals included and a blank as 0; of a sum of agencies only what can be added."""
    complete = form.complete(values)
    return {
        name: complete.get(name, ZERO)
        for name, cell in form.cells.items()
        if not form.reach[name] & unread and (cell.additive or not summed)
    }


def past_of(filings: Iterable[Filing], form: Form) -> Past:
    """Last year from its *filings*: returns, or roll-ups with the figures of their members.

    What is wrong with a filing does not keep it out: what could be read of it is known. Raises
    :class:`InputError` when none is of that form, or when they are of several years.
    """
    used = [filing for filing in filings if _is_usable(filing, form)]
    years = sorted({filing.record.year for filing in used if filing.record})
    if not years:
        raise InputError(Problem("prior-empty", facts={"form": form.name}))
    if len(years) > 1:
        raise InputError(Problem("prior-years", facts={"years": "、".join(map(str, years))}))
    values: dict[Agency, Figures] = {}
    doubled = set()
    for agency, figures in (told for filing in used for told in _told(filing, form)):
        if values.setdefault(agency, figures) != figures:
            doubled.add(agency)
    values |= {agency: {} for agency in doubled}
    rollups = [filing for filing in used if filing.is_rollup]
    only = rollups[0] if len(rollups) == 1 else None
    gathered = only.agency if only else None
    whole = values[gathered] if gathered else None
    earlier = only.earlier if only else {}
    gathered = None if only and only.left_out else gathered
    stated = frozenset(filing.agency for filing in used if filing.agency and not filing.is_rollup)
    return Past(form, years[0], values, _reporting(used), whole, gathered, earlier, stated)


def _is_usable(filing: Filing, form: Form) -> bool:
    return bool(filing.record and filing.agency and filing.form and filing.form.name == form.name)


def _told(filing: Filing, form: Form) -> Iterator[tuple[Agency, Figures]]:
    """Whose figures a file knows. A workbook that nobody filled in knows none."""
    assert filing.record is not None  # noqa: S101  only such are used
    assert filing.agency is not None  # noqa: S101  only such are used
    untouched, unread = filing.is_untouched, filing.unread
    values = {} if untouched else known(form, filing.record.values, unread, summed=filing.is_rollup)
    yield filing.agency, values
    for member in filing.members:
        yield member.agency, known(form, member.values, unread)


def _reporting(filings: list[Filing]) -> frozenset[Agency]:
    """Who answered: each for itself, but the members of a roll-up that stands alone or for others that are there."""
    own = {filing.agency for filing in filings if filing.agency}
    found: set[Agency] = set()
    for filing in filings:
        inside = {member.agency for member in filing.members}
        if inside and (len(filings) == 1 or inside & own):
            found |= inside
        elif filing.agency:
            found.add(filing.agency)
    return frozenset(found)
