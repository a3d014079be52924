"""Compare this year's figures with last year's. These checks ask questions; none of them refuses a return.

Figures that could not be read in either year are skipped. In a roll-up the rules from year to year are checked for each
member that is known in both years, and for the sums if no member is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import reduce
from typing import NamedTuple

from xltools.checking.checks import figures_of, rule_finding
from xltools.checking.materiality import Deviation, largest_deviations, material_cells
from xltools.data.field_words import figure_label, line_label
from xltools.data.filing import Filing, RefusedFile, Return
from xltools.data.finding import Finding
from xltools.data.list_lines import cell_label, is_numbered, line_keys, numbers_by_key, unread_cells
from xltools.data.period import Period
from xltools.data.policy import Thresholds
from xltools.data.prior import Past, Split, added, known, sums
from xltools.data.record import Agency, Figures
from xltools.form.layout import layout
from xltools.form.linear import EXACT, ZERO
from xltools.form.lists import cell_name
from xltools.form.model import Cell, Form, Identity, of_last_year
from xltools.form.sections import List
from xltools.form.wording import AGO, LAST, own_name, time_of
from xltools.text import Phrases, Sum, Word, phrase


class YearPair(NamedTuple):
    """This year's and last year's figures of one agency; ``member`` is set if the agency is a member of a roll-up.

    Last year's are also those of the agencies that were ``merged`` into it since.
    """

    filing: Return
    form: Form
    last_period: Period
    now: Figures
    last: Figures
    member: Agency | None = None
    merged: tuple[str, ...] = ()

    def finding(self, code: str, cell: Cell, found: Decimal, expected: Decimal, **facts: object) -> Finding:
        """Return a finding about this year's figure in that cell."""
        facts = {"label": cell.label, "period": self.last_period, "merged": with_merged(self.merged), **facts}
        finding = self.filing.finding(code, cell.name, found, expected, facts)
        return replace(finding, member=str(self.member or ""))


def with_merged(names: Sequence[str]) -> Phrases:
    """Return the words that say which agencies last year's figures include."""
    return phrase("with-merged", names="、".join(names)) if names else Phrases(())


def against(
    filing: Filing, past: Past, matched: Mapping[Agency, Agency], thresholds: Thresholds
) -> Iterator[Finding]:
    """Yield the findings of comparing *filing* with last year; *matched* maps agencies to those of last year."""
    if isinstance(filing, RefusedFile) or not is_comparable(filing, past):
        return
    yield from _identity(filing, past, matched)
    pairs = list(_year_pairs(filing, past, matched))
    for years in pairs:
        if repeated := list(_repeated(years)):
            yield from repeated
        else:
            yield from _carried(years)
            yield from _rules(years)
    yield from _lines(filing, past, matched)
    yield from _jumps(_whole(pairs), thresholds)


def is_comparable(filing: Return, past: Past) -> bool:
    """Return whether *filing* is of the same form and the next year, and somebody filled something in."""
    is_next = filing.form.name == past.form.name and filing.stamp.period.previous == past.period
    return is_next and not filing.is_untouched


def last_figures(filing: Filing, past: Past, matched: Mapping[Agency, Agency]) -> Figures:
    """Return last year's figures of the agency of *filing*; empty if there are none."""
    if isinstance(filing, RefusedFile) or not is_comparable(filing, past):
        return {}
    old = matched.get(filing.agency)
    return past.values[old] if old else {}


def _year_pairs(filing: Return, past: Past, matched: Mapping[Agency, Agency]) -> Iterator[YearPair]:
    """Yield the two years of each known member of a roll-up; else of the agency or the sums of the roll-up."""
    form = filing.form
    members = [member for member in filing.members if member.agency in matched]
    for member in members:
        now = known(form, member.values, filing.unread)
        old = matched[member.agency]
        yield YearPair(
            filing, form, past.period, now, past.values[old], member.agency, past.merged.get(old, ())
        )
    if members:
        return
    last = last_figures(filing, past, matched)
    if not last and filing.is_rollup:
        last = past.whole or {}
    own = matched.get(filing.agency)
    merged = past.merged.get(own, ()) if own else ()
    yield YearPair(filing, form, past.period, _known_now(filing), last, merged=merged)


def _known_now(filing: Return) -> dict[str, Decimal]:
    return known(filing.form, filing.record.values, filing.unread, summed=filing.is_rollup)


def _whole(pairs: list[YearPair]) -> YearPair:
    """Return the two years of the file; of a roll-up with known members, the sums over these members."""
    one = pairs[0]
    if one.member is None:
        return one
    names = [
        name
        for name, cell in one.form.cells.items()
        if cell.additive and all(name in years.now and name in years.last for years in pairs)
    ]
    now, last = ([getattr(pair, side) for pair in pairs] for side in ("now", "last"))
    ago = [AGO + name for name in names if all(AGO + name in figures for figures in last)]
    return YearPair(one.filing, one.form, one.last_period, sums(names, now), sums([*names, *ago], last))


# -- the agency


def _identity(filing: Return, past: Past, matched: Mapping[Agency, Agency]) -> Iterator[Finding]:
    """Yield a finding if the agency is new, has another name, or has another code.

    Roll-ups with known members are skipped, and so is everything if no agency of last year is known.
    """
    agency = filing.agency
    if not past.reporting:
        return
    if filing.is_rollup and any(member.agency in matched for member in filing.members):
        return
    old = matched.get(agency)
    facts: dict[str, object] = {"period": past.period}
    if old is None:
        if not filing.is_rollup:
            yield new(agency, past, filing.source.path)
    elif old.name != agency.name:
        facts["code"] = agency.code
        yield filing.finding("agency-renamed", "", agency.name, old.name, facts)
    elif old.code != agency.code and not (old.is_named_only or agency.is_named_only):
        facts["name"] = agency.name
        yield filing.finding("agency-recoded", "", agency.code, old.code, facts)


def new(agency: Agency, past: Past, file: str = "") -> Finding:
    """Return the finding on an agency that did not report last year."""
    return Finding("agency-new", file, str(agency), facts={"agency": str(agency), "period": past.period})


def gone(past: Past, matched: Mapping[Agency, Agency]) -> list[Agency]:
    """Return the agencies that reported last year and match no agency of this year."""
    here = set(matched.values())
    return sorted(agency for agency in past.reporting if agency not in here)


def went(agency: Agency, past: Past) -> Finding:
    """Return the finding on an agency that is gone, with how much its successor has to carry over."""
    carried = (
        past.form.carried(past.values[agency], past.period.next.number_in_year)
        if agency in past.values
        else {}
    )
    is_known = past.form.copied and carried.keys() == past.form.copied.keys()
    much = reduce(EXACT.add, carried.values(), ZERO) if is_known else Word("not-known")
    facts: dict[str, object] = {"agency": str(agency), "period": past.period, "carried": much}
    return Finding("agency-gone", agency=str(agency), facts=facts)


def not_at_hand(past: Past) -> Iterator[Finding]:
    """Yield a finding for each other period with which rules compare and of which nothing is known.

    Users must notice that these rules were not checked. A form for years has no such note: comparing is optional there.
    """
    form, period = past.form, past.period.next
    if period.is_year:
        return
    backward = (i for i in form.identities if i.rule.looks_back and i.constraint.at(period.number_in_year))
    rules = (*form.carries_at(period.number_in_year), *backward)
    of_lists = (identity for _, identity in form.line_carries_at(period.number_in_year))
    times = {time_of(name) for identity in (*rules, *of_lists) for name in identity.constraint.names}
    for time, base in ((LAST, period.previous), (AGO, period.year_ago)):
        if time in times and not past.has(base):
            yield Finding("not-compared", facts={"period": base})


# -- rules from year to year


def _carried(years: YearPair) -> Iterator[Finding]:
    """Check each rule from year to year in each line. Source: the ``authority`` of the rule.

    In a line of totals the rule follows from the other lines; it is reported only if it holds in all of these.
    """
    figures = dict(years.now) | of_last_year(years.last)
    for identities in _failing(years.form, figures, years.filing.record.period, years.filing.elsewhere):
        single = [i for i in identities if not _left(years.form, i).is_total]
        for identity in single or identities:
            yield _carry_finding(years, identity, figures)


def _rules(years: YearPair) -> Iterator[Finding]:
    """Check each rule that needs last year's figures, where these are known; roll-ups are not asked."""
    filing, form = years.filing, years.form
    values = figures_of(filing) | of_last_year(years.last)
    for identity in form.identities if not filing.is_rollup else ():
        names = identity.constraint.names
        is_known = all(name in values for name in names if time_of(name)) and all(
            filing.unread.isdisjoint(form.reach[name]) for name in names if not time_of(name)
        )
        is_judged = identity.rule.looks_back and identity.relation.is_judged(filing.elsewhere)
        if is_judged and is_known and form.is_broken(identity.constraint, values):
            yield rule_finding(filing, identity, values)


def _lines(filing: Return, past: Past, matched: Mapping[Agency, Agency]) -> Iterator[Finding]:
    """Check the carries of lists in each line that has a key, with the line of that key; one that was not there counts 0.

    Roll-ups are skipped, and so is what needs a cell or a list that could not be read.
    """
    if filing.is_rollup:
        return
    old, unread = matched.get(filing.agency), unread_cells(filing)
    before = past.lines.get(old, {}) if old else {}
    for one, identity in filing.form.line_carries_at(filing.record.period.number_in_year):
        relation = identity.relation
        if any(f"{time_of(name)}{one.key}" not in before for name in relation.names if time_of(name)):
            continue
        lines = filing.record.lists.get(one.key, ())
        numbers = numbers_by_key(one, lines)
        for key in filter(lambda key: not is_numbered(key), line_keys(one, lines)):
            figures: dict[str, Decimal | None] = {}
            for name in relation.names:
                cell = cell_name(one.key, own_name(name), key)
                known_cells = before[f"{time_of(name)}{one.key}"] if time_of(name) else numbers
                figures[name] = None if not time_of(name) and cell in unread else known_cells.get(cell, ZERO)
            values = {name: value for name, value in figures.items() if value is not None}
            if len(values) == len(figures) and relation.difference(values):
                yield _line_finding(filing, past, one, key, identity, values)


def _line_finding(
    filing: Return, past: Past, one: List, key: str, identity: Identity, figures: Figures
) -> Finding:
    left, right = identity.relation.left.names[0], identity.relation.right
    name, found, expected = cell_name(one.key, left, key), figures[left], right.value(figures)
    period = filing.record.period

    def label(term: str) -> str:
        then = {LAST: f"{past.period} ", AGO: f"{period.year_ago} "}.get(time_of(term), "")
        return then + line_label(filing.form, one.key, own_name(term))

    facts: dict[str, object] = {
        "label": cell_label(filing.form, name),
        "period": past.period,
        "difference": abs(EXACT.subtract(found, expected)),
        "terms": Sum(tuple((factor, label(term), figures[term]) for factor, term in right.terms)),
        "rule": identity.rule.label,
        "merged": with_merged(()),  # of merged agencies no lines are compared
    }
    code = "carry-over" if identity.is_copy else "stock"
    cells = (cell_name(one.key, term, key) for term in right.names if not time_of(term))
    return filing.finding(code, name, found, expected, facts, cells)


def _failing(
    form: Form, figures: Figures, period: Period, elsewhere: frozenset[str] = frozenset()
) -> Iterator[list[Identity]]:
    """Yield the lines in which each rule from period to period does not hold for the *figures* of these periods."""
    failing: dict[str, list[Identity]] = {}
    for identity in form.carries_at(period.number_in_year):
        names = identity.relation.names
        if (
            identity.relation.is_judged(elsewhere)
            and all(name in figures for name in names)
            and identity.relation.difference(figures)
        ):
            failing.setdefault(identity.rule.key, []).append(identity)
    yield from failing.values()


def _left(form: Form, identity: Identity) -> Cell:
    """Return this year's cell that a rule from year to year derives."""
    return form.cells[identity.relation.left.names[0]]


def _carry_finding(years: YearPair, identity: Identity, figures: Figures) -> Finding:
    cell, right = _left(years.form, identity), identity.relation.right
    found, expected = figures[cell.name], right.value(figures)
    finding = years.finding(
        "carry-over" if identity.is_copy else "stock",
        cell,
        found,
        expected,
        difference=abs(EXACT.subtract(found, expected)),
        terms=Sum(tuple((f, _term_label(years, identity, n), figures[n]) for f, n in right.terms)),
        rule=identity.rule.label,
    )
    if years.member:  # the cells of a member are in another file
        return finding
    names = (name for name in right.names if not time_of(name))
    return replace(finding, others=tuple(map(years.filing.place, names)))


def _term_label(years: YearPair, identity: Identity, name: str) -> str:
    """Return the label that distinguishes a term of the right side, after the period if it is of another one."""
    cell = years.form.cells[own_name(name)]
    if not cell.in_table:
        label = figure_label(years.form, cell.name)
    else:
        label = cell.row_path[-1] if identity.rule.rows else cell.column_path[-1]
    time = time_of(name)
    then = years.filing.record.period.year_ago if time == AGO else years.last_period
    return f"{then} {label}" if time else label


# -- several agencies together


def of_split(split: Split, returns: Mapping[str, Return], past: Past) -> Iterator[Finding]:
    """Yield findings on the sums of the successors of split agencies that do not follow from last year's sums.

    *returns* are those of this year by code. Without the return of a successor nothing is compared.
    """
    if not all(code in returns for code in split.successors):
        return
    filings = [returns[code] for code in split.successors]
    names = "、".join(str(filing.agency) for filing in filings)
    who = "、".join(map(str, split.agencies))
    about = {"agency": who, "agencies": names}
    for finding, _ in _sums_carried("split-carry-over", who, filings, split.last, past):
        yield replace(finding, facts=finding.facts | about)


def of_district(
    district: Agency, returns: Mapping[str, Return], past: Past, matched: Mapping[Agency, Agency]
) -> Iterator[Finding]:
    """Yield findings on the sums of *returns* that do not follow from what the *district* published last year.

    The agencies are named whose figures differ from their own of last year, or that are gone.
    """
    published = past.periods_of(district).get(past.period)
    filings = returns.values()
    for finding, identity in _sums_carried(
        "district-carry-over", str(district), filings, published or {}, past
    ):
        facts = finding.facts | {"agencies": _contributors(identity, filings, past, matched)}
        yield replace(finding, facts=facts)


def _sums_carried(
    code: str, agency: str, filings: Iterable[Return], last: Figures, past: Past
) -> Iterator[tuple[Finding, Identity]]:
    """Yield a finding for each sum that should equal one of last year's and does not; the total alone if it differs."""
    form = past.form
    now = added([_known_now(filing) for filing in filings], form)
    figures = dict(now) | of_last_year(last)
    for identities in _failing(form, figures, past.period.next):
        copies = [identity for identity in identities if identity.is_copy]
        for identity in [i for i in copies if _left(form, i).is_total] or copies:
            cell, expected = _left(form, identity), identity.relation.right.value(figures)
            facts = {"label": cell.label, "period": past.period, "rule": identity.rule.label}
            place, found = (*layout(form).address(cell.name), cell.name), figures[cell.name]
            yield Finding(code, "", agency, *place, found, expected, facts), identity


_MOST_NAMES = 10


def _contributors(
    identity: Identity, filings: Iterable[Return], past: Past, matched: Mapping[Agency, Agency]
) -> str | Word:
    """Return the agencies with another figure than their own of last year, such as 司法局（003） 5 → 9."""
    cell, right = _left(past.form, identity), identity.relation.right
    before = {agency: of_last_year(figures) for agency, figures in past.values.items()}
    pairs: list[tuple[Agency, Decimal, Decimal]] = []
    for filing in filings:
        old, now = matched.get(filing.agency), _known_now(filing)
        last = before[old] if old else dict.fromkeys(right.names, ZERO)
        if all(name in last for name in right.names) and cell.name in now:
            pairs.append((filing.agency, right.value(last), now[cell.name]))
    pairs += [
        (agency, right.value(before[agency]), ZERO) for agency in gone(past, matched) if agency in before
    ]
    differing = [f"{agency} {then:f} → {now:f}" for agency, then, now in pairs if then != now]
    more = "…" if len(differing) > _MOST_NAMES else ""
    return "、".join(differing[:_MOST_NAMES]) + more if differing else Word("not-known")


# -- repeated figures and large changes


def _repeated(years: YearPair) -> Iterator[Finding]:
    """Check that not every figure equals last year's.

    Figures that follow from last year's do not count: an agency with nothing to report keeps its stock and has zeros.
    """
    now, last, form = years.now, years.last, years.form
    # A mean may be blank in both; what was chosen stays chosen.
    inputs = [cell for cell in form.inputs if not cell.weight and cell.name not in form.counted]
    if any(
        cell.name not in now or cell.name not in last or now[cell.name] != last[cell.name] for cell in inputs
    ):
        return
    count = sum(bool(now[cell.name]) and cell.name not in form.followers for cell in inputs)
    if count:
        agency, member = str(years.filing.agency), str(years.member or "")
        facts: dict[str, object] = {"agency": member or agency, "period": years.last_period, "count": count}
        yield Finding("same-as-last-year", years.filing.source.path, agency, facts=facts, member=member)


def _jumps(years: YearPair, thresholds: Thresholds) -> Iterator[Finding]:
    """Yield findings on the figures with the largest relative changes: since a year ago, or else since the period before.

    Figures that a rule from period to period determines are left to that rule.
    """
    found = []
    for cell in material_cells(years.form):
        last = years.last.get(AGO + cell.name, years.last.get(cell.name))
        if cell.name in years.now and last is not None and cell.name not in years.form.followers:
            now = years.now[cell.name]
            if is_jump(now, last, thresholds):
                found.append(Deviation(cell, (max(now, last) + 1) / (min(now, last) + 1)))
    for deviation in largest_deviations(found, years.form):
        name = deviation.cell.name
        is_year_ago = AGO + name in years.last
        then = years.filing.record.period.year_ago if is_year_ago else years.last_period
        last = years.last[AGO + name if is_year_ago else name]
        yield years.finding("jump", deviation.cell, years.now[name], last, period=then)


def is_jump(now: Decimal, last: Decimal, thresholds: Thresholds) -> bool:
    """Return whether two figures differ by at least ``least`` and one is at least ``factor`` times the other."""
    if now < 0 or last < 0 or abs(now - last) < thresholds.least:
        return False
    return max(now, last) >= thresholds.factor * min(now, last)
