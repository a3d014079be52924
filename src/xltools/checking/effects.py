"""What an open finding can change in the figures that a district publishes, and what all that is left can change together.

A roll-up adds inputs and derives totals, so a wrong total changes nothing. What is behind a failing equation is estimated over
all its explanations, so the bound holds where at most two cells of a return are wrong. Codes say in ``text/findings`` whether
their effect is *unknown*, always or only if a headline figure is made of the *cell* or of the *list* that they are about, or the
*difference* between what was found and what was expected; the others have none, and errors whose code says nothing are unknown,
because the figures are not known then.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from xltools.checking.derived import RULE_CODES
from xltools.checking.equations import equations_of, is_ratio_of_sums, published_cells
from xltools.data.filing import Filing, Return
from xltools.data.finding import SEVERITY, Effect, Finding, Severity
from xltools.data.record import add_to
from xltools.form.linear import EXACT, ZERO
from xltools.form.lists import parts_of_cell
from xltools.form.model import Cell, Form
from xltools.form.ratio import rounded
from xltools.text.findings import finding_code

_PLACES = 6  # of a change that is no multiple
BOUND = Decimal("0.001")  # what is left is said to be small up to this share of each figure


def with_effects(findings: Iterable[Finding], form: Form | None) -> Iterator[Finding]:
    """Yield *findings*, each open one with its effect on the headline figures of *form*."""
    for finding in findings:
        if not finding.is_open:
            yield replace(finding, effect=None)
        elif finding.effect is None:
            yield replace(finding, effect=Effect(_figures(finding, form)))
        else:
            yield finding


def largest(finding: Finding, figures: Mapping[str, Decimal], form: Form) -> Mapping[str, Decimal] | None:
    """Return the effect of a finding that may also come from changes of the headline *figures* by so much; ``None`` if unknown."""
    own = _figures(finding, form)
    if own is None:
        return None
    return {name: max(own.get(name, ZERO), figures.get(name, ZERO)) for name in {**own, **figures}}


def _figures(finding: Finding, form: Form | None) -> dict[str, Decimal] | None:
    how = finding_code(finding.code).effect
    if not how:
        how = "unknown" if SEVERITY[finding.code] is Severity.ERROR else "none"
    if finding.code in RULE_CODES.values() and parts_of_cell(finding.cell):
        how = "cell"  # how far a line is from what a rule asks tells nothing of the right figure
    if how == "unknown" or form is None:
        return None if how != "none" else {}
    if how == "none":
        return {}
    names = [finding.cell, *(place.cell for place in finding.others)]
    if how in {"cell", "list"}:
        names = [name.partition(".")[0] for name in names] if how == "list" else names
        return None if _largest(form, names, Decimal(1)) else {}
    found, expected, off = finding.found, finding.expected, finding.facts.get("off")
    if not isinstance(off, Decimal):  # by how much a sentence is off
        if not (isinstance(found, Decimal) and isinstance(expected, Decimal)):
            return {}
        off = abs(EXACT.subtract(found, expected))
    return _largest(form, names, off)


def _largest(form: Form, cells: Iterable[str], change: Decimal) -> dict[str, Decimal]:
    """Return the largest change of each headline figure if one of *cells*, or what it adds up, changes by that much."""
    equations, found = equations_of(form, frozenset(), frozenset()), dict[str, Fraction]()
    for cell in cells:
        # 0.7 more of a sum may be 1 more of what it has 0.7 times.
        parts = equations.spread(((1, cell),)) if cell in form.reach else {}
        for name in _inputs(form, cell):
            for line, factor in equations.headline.get(name, ()):
                share = abs(Fraction(factor) / Fraction(parts.get(name, 1)))
                found[line] = max(found.get(line, share), share)
    return {line: _times(share, change) for line, share in found.items() if change}


def _times(share: Fraction, change: Decimal) -> Decimal:
    if share.denominator == 1:
        return EXACT.multiply(share.numerator, change)
    return rounded(share * Fraction(change), _PLACES)


def _inputs(form: Form, name: str) -> Iterable[str]:
    """Return the inputs behind a figure; those that are made of a list, of a column in it, or of the options of a field."""
    if name in form.reach:
        return form.reach[name]
    key, column, _ = parts_of_cell(name) or (name, "", "")
    of_list = (
        figure
        for figure, over in form.list_figures.items()
        if over.list == key and (not column or column in over.columns)
    )
    return (*of_list, *(count for count, (field, _) in form.counted.items() if field == name))


def published(filings: Iterable[Filing]) -> dict[str, Decimal]:
    """Return the sums of the :func:`published_cells` of *filings*."""
    forms: dict[str, Form] = {}
    inputs: dict[str, dict[str, Decimal]] = defaultdict(dict)
    for filing in filings:
        if isinstance(filing, Return):
            form = forms.setdefault(filing.form.name, filing.form)
            add_to(inputs[form.name], {**filing.record.values, **form.added(filing.record.values)})
    sums: dict[str, Decimal] = {}
    for key, form in forms.items():
        values = form.complete({**inputs[key], **form.summed(inputs[key])})
        sums |= {cell: values.get(cell, ZERO) for cell in published_cells(form)}
    return sums


def compared(
    findings: Iterable[Finding], sums: Mapping[str, Decimal], form: Form | None
) -> tuple[Finding, ...]:
    """Return *findings*, each effect with the figure of which it is the largest share of *sums*."""
    return tuple(
        replace(finding, effect=_compared(finding.effect, sums, form))
        if finding.effect and finding.effect.figures
        else finding
        for finding in findings
    )


def _compared(effect: Effect, sums: Mapping[str, Decimal], form: Form | None) -> Effect:
    shares = {cell: share(change, sums.get(cell, ZERO)) for cell, change in (effect.figures or {}).items()}
    cell = max(shares, key=shares.__getitem__)
    labels = {line.cell: line.label for line in form.headline} if form else {}
    label = labels.get(cell) or (form.cells[cell].label if form else cell)
    largest = shares[cell]
    return Effect(effect.figures, cell, label, largest if largest.is_finite() else None)


def share(change: Decimal, figure: Decimal) -> Decimal:
    """Return *change* as a share of *figure*; infinite if that is 0."""
    return abs(change / figure) if figure else Decimal("Infinity") if change else ZERO


def remaining(findings: Iterable[Finding], sums: Mapping[str, Decimal], form: Form | None) -> Decimal | None:
    """Return the largest share of a published figure that all open findings together can change; ``None`` if not known.

    Findings of one verdict have one effect, which counts once. The effect on means, and on ratios with figures of
    other periods, is unknown.
    """
    effects = {id(finding.effect.figures): finding.effect.figures for finding in findings if finding.effect}
    together: dict[str, Decimal] = defaultdict(Decimal)
    for figures in effects.values():
        if figures is None:
            return None
        for cell, change in figures.items():
            together[cell] += change
    shares = [share(change, sums.get(cell, ZERO)) for cell, change in together.items()]
    ratios = [line.cell for line in form.headline if form.cells[line.cell].ratio] if form else []
    if form and effects and not all(is_ratio_of_sums(form, name) for name in ratios):
        return None
    shares += [_share_of_ratio(form.cells[name], together, sums) for name in ratios] if form else []
    return max(shares, default=ZERO)


def _share_of_ratio(cell: Cell, together: Mapping[str, Decimal], sums: Mapping[str, Decimal]) -> Decimal:
    """Return the largest change of a ratio, as it is printed, as a share of it if its parts change by *together*."""
    ratio = cell.ratio
    if ratio is None or not any(together.get(name) for name in ratio.names):
        return ZERO
    top, bottom = (
        share(sum((together.get(name, ZERO) for name in side.names), ZERO), side.value(sums))
        for side in (ratio.top, ratio.bottom)
    )
    exact = ratio.exact(sums)
    if not exact or bottom >= 1:
        return Decimal("Infinity")
    step = Decimal(10) ** -cell.places  # it may be rounded the other way
    return (top + bottom) / (1 - bottom) + step * exact.denominator / abs(exact.numerator)
