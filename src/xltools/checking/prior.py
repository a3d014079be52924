"""The checks of this year's figures against last year's: they ask, and none of them refuses a return.

A figure that could not be read, in either year, is not judged. Of a roll-up the rules from year to year are judged
for each member that both years know, and for the sums where no member is known.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import NamedTuple

from xltools.checking.notable import Notable, most_notable, watched
from xltools.data.filing import Filing
from xltools.data.finding import Finding, Place
from xltools.data.policy import Thresholds
from xltools.data.prior import Past, known
from xltools.data.record import Agency, Figures
from xltools.form.linear import EXACT, ZERO
from xltools.form.model import Cell, Form, Identity, of_last_year
from xltools.form.wording import LAST
from xltools.text import Sum


class Years(NamedTuple):
    """The two years of one agency, in the file that is judged; ``member`` is set inside a roll-up."""

    filing: Filing
    form: Form
    last_year: int
    now: Figures
    last: Figures
    member: Agency | None = None

    def finding(self, code: str, cell: Cell, found: Decimal, expected: Decimal, **facts: object) -> Finding:
        """A finding about this year's figure in that cell."""
        sheet, address = self.filing.address(cell.name)
        about: dict[str, object] = {"label": cell.label, "year": self.last_year, **facts}
        source, agency, member = self.filing.source.path, str(self.filing.agency), str(self.member or "")
        return Finding(code, source, agency, sheet, address, cell.name, found, expected, about, member=member)


def against(
    filing: Filing, past: Past, matched: Mapping[Agency, Agency], thresholds: Thresholds
) -> Iterator[Finding]:
    """What to ask about *filing* with last year's figures at hand; *matched* says who is who of last year."""
    if not is_comparable(filing, past):
        return
    yield from _identity(filing, past, matched)
    pairs = list(_pairs(filing, past, matched))
    for years in pairs:
        if repeated := list(_repeated(years)):
            yield from repeated
        else:
            yield from _follows(years)
    if whole := _whole(pairs):
        yield from _jumps(whole, thresholds)


def is_comparable(filing: Filing, past: Past) -> bool:
    """Whether it is a return or roll-up of the same form for the year after, in which somebody filled something in."""
    if filing.form is None or filing.record is None or filing.stamp is None or filing.is_untouched:
        return False
    return filing.form.name == past.form.name and filing.stamp.year == past.year + 1


def last_figures(filing: Filing, past: Past, matched: Mapping[Agency, Agency]) -> Figures:
    """The agency's own figures of last year, or none."""
    old = matched.get(filing.agency) if filing.agency else None
    return past.values[old] if old and is_comparable(filing, past) else {}


def _pairs(filing: Filing, past: Past, matched: Mapping[Agency, Agency]) -> Iterator[Years]:
    """The two years of the agency; of a roll-up those of its members, else of its sums."""
    assert filing.form is not None  # noqa: S101  is_comparable asked
    assert filing.record is not None  # noqa: S101  is_comparable asked
    form, year = filing.form, past.year
    members = [member for member in filing.members if member.agency in matched]
    for member in members:
        now = known(form, member.values, filing.unread)
        yield Years(filing, form, year, now, past.values[matched[member.agency]], member.agency)
    if members:
        return
    last = last_figures(filing, past, matched)
    if not last and filing.is_rollup:
        last = past.whole or {}
    now = known(form, filing.record.values, filing.unread, summed=filing.is_rollup)
    yield Years(filing, form, year, now, last)


def _whole(pairs: list[Years]) -> Years | None:
    """The file's two years; of a roll-up with members the sums of those that both years know."""
    if not pairs or pairs[0].member is None:
        return pairs[0] if pairs else None
    one = pairs[0]
    names = [
        name
        for name, cell in one.form.cells.items()
        if cell.additive and all(name in years.now and name in years.last for years in pairs)
    ]
    now, last = (_sums(names, figures) for figures in ([p.now for p in pairs], [p.last for p in pairs]))
    return Years(one.filing, one.form, one.last_year, now, last)


def _sums(names: list[str], figures: list[Figures]) -> dict[str, Decimal]:
    total = dict.fromkeys(names, ZERO)
    for one in figures:
        for name in names:
            total[name] = EXACT.add(total[name], one[name])
    return total


# -- who it is


def _identity(filing: Filing, past: Past, matched: Mapping[Agency, Agency]) -> Iterator[Finding]:
    """Whether the agency is new, has another name, or another code.

    A roll-up whose members are known is not asked, and nobody is where of last year no agency is known.
    """
    agency = filing.agency
    if (
        agency is None
        or not past.reporting
        or (filing.is_rollup and any(m.agency in matched for m in filing.members))
    ):
        return
    old = matched.get(agency)
    if old is None:
        if not filing.is_rollup:
            yield new(agency, past, filing.source.path)
    elif old.name != agency.name:
        about: dict[str, object] = {"code": agency.code, "year": past.year}
        yield Finding(
            "agency-renamed",
            filing.source.path,
            str(agency),
            found=agency.name,
            expected=old.name,
            facts=about,
        )
    elif old.code != agency.code and not (old.is_named_only or agency.is_named_only):
        about = {"name": agency.name, "year": past.year}
        yield Finding(
            "agency-recoded",
            filing.source.path,
            str(agency),
            found=agency.code,
            expected=old.code,
            facts=about,
        )


def new(agency: Agency, past: Past, file: str = "") -> Finding:
    """An agency that did not report last year."""
    return Finding(
        "agency-new",
        file,
        str(agency),
        facts={"agency": str(agency), "year": past.year},
    )


def gone(past: Past, matched: Mapping[Agency, Agency]) -> list[Agency]:
    """The agencies that reported last year and are neither expected nor there this year."""
    here = set(matched.values())
    return sorted(agency for agency in past.reporting if agency not in here)


def went(agency: Agency, past: Past) -> Finding:
    """An agency that is gone."""
    about: dict[str, object] = {"agency": str(agency), "year": past.year}
    return Finding("agency-gone", agency=str(agency), facts=about)


# -- what follows from last year


def _follows(years: Years) -> Iterator[Finding]:
    """Each rule from year to year, in each place. Source: the ``authority`` of the rule.

    In a line of totals it follows from the other lines; there it is only told when none of them tells it.
    """
    figures = dict(years.now) | of_last_year(years.last)
    failing: dict[str, list[Identity]] = {}
    for identity in years.form.carries:
        names = identity.equation.names
        if all(name in figures for name in names) and identity.equation.difference(figures):
            failing.setdefault(identity.rule.key, []).append(identity)
    for identities in failing.values():
        single = [i for i in identities if not _left(years.form, i).is_total]
        for identity in single or identities:
            yield _broken(years, identity, figures)


def _left(form: Form, identity: Identity) -> Cell:
    return form.cells[identity.equation.left.names[0]]


def _broken(years: Years, identity: Identity, figures: Figures) -> Finding:
    cell, right = _left(years.form, identity), identity.equation.right
    found, expected = figures[cell.name], right.value(figures)
    parts = Sum(tuple((sign, _part(years, identity, name), figures[name]) for sign, name in right.terms))
    finding = years.finding(
        "carry-over" if identity.is_copy else "stock",
        cell,
        found,
        expected,
        difference=abs(EXACT.subtract(found, expected)),
        terms=parts,
        rule=identity.rule.label,
    )
    return _with_others(finding, years, [name for name in right.names if not name.startswith(LAST)])


def _part(years: Years, identity: Identity, name: str) -> str:
    """A part of the right side: the label that tells it from the others there, with the year where it is last year's."""
    cell = years.form.cells[name.removeprefix(LAST)]
    label = cell.row_path[-1] if identity.rule.rows else cell.column_path[-1]
    return f"{years.last_year} {label}" if name.startswith(LAST) else label


def _with_others(finding: Finding, years: Years, names: Iterable[str]) -> Finding:
    """With the further cells it speaks of; of a member of a roll-up they stand in another file."""
    places = (Place(*years.filing.address(name), name) for name in names)
    return finding if years.member else replace(finding, others=tuple(places))


# -- the same again, or something quite different


def _repeated(years: Years) -> Iterator[Finding]:
    """Every figure is last year's, and not only what follows from last year anyhow.

    An agency in which nothing happened keeps its stock and has zeros: that is no repetition.
    """
    if any(cell.name not in years.now or cell.name not in years.last for cell in years.form.inputs):
        return
    same = all(years.now[cell.name] == years.last[cell.name] for cell in years.form.inputs)
    told = [c for c in years.form.inputs if years.now[c.name] and c.name not in years.form.followers]
    if same and told:
        whose = str(years.member or years.filing.agency)
        facts: dict[str, object] = {"agency": whose, "year": years.last_year, "count": len(told)}
        source = years.filing.source.path
        member = str(years.member or "")
        yield Finding("same-as-last-year", source, str(years.filing.agency), facts=facts, member=member)


def _jumps(years: Years, thresholds: Thresholds) -> Iterator[Finding]:
    """The figures that changed most, of those many times larger or smaller than last year's.

    What a rule from year to year gives is that rule's business.
    """
    found = []
    for cell in watched(years.form):
        if cell.name in years.now and cell.name in years.last and cell.name not in years.form.followers:
            now, last = years.now[cell.name], years.last[cell.name]
            if is_jump(now, last, thresholds):
                found.append(Notable(cell, (max(now, last) + 1) / (min(now, last) + 1)))
    for notable in most_notable(found, years.form):
        now, last = years.now[notable.cell.name], years.last[notable.cell.name]
        yield years.finding("jump", notable.cell, now, last)


def is_jump(now: Decimal, last: Decimal, thresholds: Thresholds) -> bool:
    """Whether a figure changed by at least ``least`` and to at least ``factor`` times, or that part, of what it was."""
    if now < 0 or last < 0 or abs(now - last) < thresholds.least:
        return False
    return max(now, last) >= thresholds.factor * min(now, last)
