"""The checks of a single filing. A check is a function that takes a filing and yields findings.

Totals are derived from the inputs and compared with those that the file shows. A consequence of an error is not reported
again: a total over an unreadable figure is skipped, and a formula that correctly adds up wrong parts is not called wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from functools import partial

from xltools.checking.derived import (
    RULE_CODES,
    code_of,
    days_facts,
    division,
    found_in,
    line_facts,
    origin_facts,
    quotient_fault,
    side_of,
    sides_facts,
)
from xltools.checking.failing_equations import ON_EQUATIONS
from xltools.checking.lists import lists
from xltools.data.accepted_rules import accepted_agencies
from xltools.data.field_words import (
    all_of,
    condition_words,
    day_label,
    fault_facts,
    figure_label,
    relation_words,
    rule_words,
    under_item,
)
from xltools.data.filing import Filing, Origin, RefusedFile, Return, Shown
from xltools.data.finding import Effect, Finding
from xltools.data.number import close, digits
from xltools.form.days import breaks, day_of, with_days
from xltools.form.kinds import NOT_A_CHOICE, Number
from xltools.form.layout import layout
from xltools.form.linear import ZERO, Linear
from xltools.form.model import Cell, Form, Identity
from xltools.form.sections import Rule
from xltools.prose.checks import prose, read_prose, said
from xltools.text import Phrases, Sum
from xltools.white_space import is_blank


def verify(filing: Filing) -> tuple[Finding, ...]:
    """Return the findings of reading *filing*, then those of the checks."""
    return verified(filing).findings


def verified(filing: Filing) -> Filing:
    """Return *filing* with the findings of :func:`verify` as its findings, and what its sentences say if equations fail."""
    if isinstance(filing, RefusedFile) or filing.is_verified:
        return filing
    about = read_prose(filing)
    found = [finding for check in CHECKS for finding in check(filing)]
    findings = (*filing.findings, *found, *prose(about))
    sentences = tuple(said(about, filing.prose)) if any(f.code in ON_EQUATIONS for f in found) else ()
    return replace(filing, findings=findings, said=sentences, is_verified=True)


def totals(filing: Return) -> Iterator[Finding]:
    """Check that each total shows the sum of its parts. Source: the word 总计 in the form, ``is`` in its definition.

    Results computed over text cells are skipped, because programs disagree; typed totals are checked.
    """
    form, values = filing.form, filing.record.complete()
    values = {**filing.record.values, **values} if form.means else values
    # What a spreadsheet would add up: the inputs, and the shown figures of the totals.
    displayed = dict(values) | {n: s.value for n, s in filing.shown.items() if s.value is not None}
    missing = {finding.cell for finding in means(filing) if finding.code == "mean-missing"}
    unread = filing.unread | missing
    for name, shown in filing.shown.items():
        skipped = unread | filing.clouded if shown.origin in _COMPUTED else unread
        if skipped.isdisjoint(form.reach[name]):
            check = _check_ratio if form.cells[name].ratio else _check_total
            yield from check(filing, form, form.cells[name], values, displayed)


def means(filing: Return) -> Iterator[Finding]:
    """Check that each mean is there where its weight is not 0, and not where it is. Source: ``mean`` in the form."""
    if filing.is_rollup or filing.is_untouched:
        return
    values = filing.record.complete()
    for cell in filing.form.means.values():
        if cell.name in filing.unread | filing.elsewhere:
            continue
        if not filing.unread.isdisjoint(filing.form.reach[cell.weight]):
            continue
        found, weight = values.get(cell.name), values.get(cell.weight, ZERO)
        if found is None if weight > 0 else not weight and found:
            code = "mean-missing" if found is None else "mean-unneeded"
            facts: dict[str, object] = {
                "label": cell.label,
                "weight": filing.form.cells[cell.weight].label,
                "amount": weight,
            }
            number = "" if found is None else found
            yield filing.finding(code, cell.name, number, "", facts, (cell.weight,))


def rules(filing: Return) -> Iterator[Finding]:
    """Check that each rule holds in each line it applies to. Source: the ``authority`` of the rule.

    Lines that consist of totals are skipped, because the rule follows there from the other lines, unless it is asked of
    them by name. Untouched returns are skipped too, and rules that need a required field that is blank: it has a
    finding already. A roll-up is asked what holds for sums.
    """
    if filing.is_untouched:
        return
    form, values = filing.form, figures_of(filing)
    blank = {finding.cell for finding in fields(filing) if finding.code == "required"}
    lost = filing.unread | blank | {count for count, (name, _) in form.counted.items() if name in blank}
    agencies = max(1, len(filing.record.agencies)) if filing.is_rollup else 0
    for identity in form.broken(values, agencies, filing.elsewhere):
        cells = [form.cells[name] for name in identity.cells]
        if agencies and not all(cell.additive for cell in cells):
            continue
        if agencies and filing.is_document and identity.constraint.within:
            continue  # how many agencies may be off by it, a published roll-up does not say
        if not identity.rule.on and all(_is_derived_line(cell, identity) for cell in cells):
            continue
        if not all(lost.isdisjoint(form.reach[cell.name]) for cell in cells):
            continue
        accepted = 0
        if agencies:
            accepted = accepted_agencies(identity.constraint, form, filing.members, filing.waived)
        finding = rule_finding(filing, identity, values)
        yield (
            replace(finding, code="rule-accepted", facts=finding.facts | {"count": accepted})
            if accepted
            else finding
        )


def figures_of(filing: Return) -> dict[str, Decimal]:
    """Return every figure of a return, totals included, and what rules may ask of its period."""
    return dict(filing.record.complete()) | filing.record.period.figures


def fields(filing: Return) -> Iterator[Finding]:
    """Check that fields are filled in where they must be, and blank where they are not asked. Source: ``required``, ``when``.

    A field that could not be read has a finding already, and a condition over such a field is not checked.
    """
    if filing.is_rollup or filing.is_untouched:
        return
    form, values = filing.form, figures_of(filing)
    faulty = {finding.cell for finding in filing.findings if finding.is_of_unread}
    for name, one in form.fields.items():
        needed = {part for other in one.when.names for part in form.reach.get(other, ())}
        if name in faulty or name in filing.elsewhere or not filing.unread.isdisjoint(needed):
            continue
        kind, value = form.kinds[name], filing.prose.get(name, "")
        if not any(filing.address(name)):  # a published report has no cover
            continue
        if code := form.field_fault(name, values, filing.prose):
            facts = fault_facts(form, name, code)
            if code == NOT_A_CHOICE:
                facts["under"] = under_item(form.shown(one.under, filing.prose[one.under]) or "")
            found = values.get(name, "") if isinstance(kind, Number) else kind.shown(value)
            yield filing.finding(code, name, found, facts=facts)


def days(filing: Return) -> Iterator[Finding]:
    """Check that the days in fields are as each rule says. Source: the ``authority`` of the rule.

    A day that could not be read has a finding already, and a rule that needs it, or one that is blank, is not checked.
    """
    if filing.is_rollup or filing.is_untouched:
        return
    form, figures = filing.form, figures_of(filing)
    for rule in form.day_rules:
        constraint, relation = rule.constraint, rule.constraint.relation
        needed = {part for name in constraint.when.names for part in form.reach.get(name, ())}
        if not filing.unread.isdisjoint(needed) or not relation.is_judged(filing.elsewhere):
            continue
        values = with_days(relation, figures, filing.prose) | form.days_in(constraint.when, filing.prose)
        if breaks(relation, values) and constraint.when.holds(values):
            yield _day_finding(filing, rule, values)


def _day_finding(filing: Return, rule: Rule, values: Mapping[str, Decimal]) -> Finding:
    form, relation = filing.form, rule.constraint.relation
    first, *others = (name for name in relation.names if name in form.days)
    facts = {
        **line_facts("", rule.label),
        "rule": rule_words(rule.label, condition_words(form, rule.when)),
        **days_facts(relation, values, partial(day_label, form)),
    }
    found, expected = (str(day_of(values[name])) for name in relation.names)
    finding = filing.finding(RULE_CODES[rule.level], first, found, expected, facts, others)
    return replace(finding, effect=Effect({}))


def coverage(filing: Return) -> Iterator[Finding]:
    """Check that a roll-up left nothing out: it would be missing one level up as well."""
    if left := filing.left_out:
        names = dict.fromkeys(str(account.agency or account.source.name) for account in left)
        facts: dict[str, object] = {"count": len(names), "left": "、".join(names)}
        yield filing.finding("rollup-incomplete", facts=facts)


def filled(filing: Return) -> Iterator[Finding]:
    """Check that a nil return is declared, and that a declared nil return is empty.

    Prefilled figures of last year do not count as filled in. Source: practice; a return with only zeros is plausible, but
    has to be declared.
    """
    if filing.is_rollup:
        return
    in_fields = filing.form.field_figures | filing.issued_figures
    figures = [name for name, value in filing.record.values.items() if value and name not in in_fields]
    finding = filing.finding("all-blank")
    filled_in = figures or sorted(filing.unread) or filing.filled_lists
    if filing.is_nil and filled_in:
        sheet, address = filing.address(filled_in[0])
        facts: dict[str, object] = {"count": len(filled_in)}
        yield replace(finding, code="nil-contradicted", sheet=sheet, address=address, facts=facts)
    elif filing.is_untouched:
        yield finding
    elif (
        not filing.is_nil
        and not figures
        and not filing.unread
        and not filing.filled_lists
        and not in_fields.issuperset(filing.record.values)
    ):
        yield replace(finding, code="all-zero")


CHECKS: tuple[Callable[[Return], Iterator[Finding]], ...] = (
    totals,
    means,
    rules,
    fields,
    days,
    lists,
    filled,
    coverage,
)

# Origins of totals that a program computed, or may have computed.
_COMPUTED = frozenset({Origin.FORMULA, Origin.UNCALCULATED, Origin.CHANGED, Origin.UNKNOWN})


def _check_total(
    filing: Return, form: Form, cell: Cell, values: Mapping[str, Decimal], displayed: Mapping[str, Decimal]
) -> Iterator[Finding]:
    shown, expected = filing.shown[cell.name], values.get(cell.name, ZERO)
    # In a roll-up an input is the sum of its column in the matrix, which is not among the displayed cells.
    computed = cell.definition.value(displayed) if cell.definition else expected
    code = _total_code(shown, expected, computed)
    if not code:
        return
    found = found_in(shown, code)
    facts: dict[str, object] = {
        "label": cell.label,
        "difference": abs((found if isinstance(found, Decimal) else ZERO) - expected),
    }
    if code != "not-calculated":
        facts["terms"] = _total_terms(filing, form, cell, values)
        facts |= origin_facts(shown)
    yield filing.finding(code, cell.name, found, expected, facts)


def _check_ratio(
    filing: Return, form: Form, cell: Cell, values: Mapping[str, Decimal], displayed: Mapping[str, Decimal]
) -> Iterator[Finding]:
    """Hold the shown ratio, or a mean of several figures, against the exact fraction."""
    shown, exact = filing.shown[cell.name], form.quotient(cell, values)
    consistent = form.quotient(cell, displayed)
    fault = quotient_fault(shown, exact, consistent, cell.places, lambda: _ratio_terms(form, cell, values))
    if fault:
        facts = {"label": cell.label, **fault.facts}
        yield filing.finding(fault.code, cell.name, fault.found, fault.expected, facts)


def _ratio_terms(form: Form, cell: Cell, values: Mapping[str, Decimal]) -> str:
    """Return the division in words: 办结 2 ÷ 受理 3 × 100."""
    assert cell.ratio is not None  # noqa: S101  only ratios are divisions

    def term(name: str) -> str:
        mean = form.means.get(name)
        if mean and name in values:  # of several agencies
            return f"∑ {mean.label}×{form.cells[mean.weight].label} {digits(values[name])}"
        factors = [mean.name, mean.weight] if mean else [name]
        return "×".join(f"{form.cells[one].label} {digits(values.get(one, ZERO))}" for one in factors)

    return division(cell.ratio, term)


def _total_code(shown: Shown, expected: Decimal, computed: Decimal) -> str:
    """Return the code of the finding on a total, or an empty text.

    *expected* is the right total, *computed* the result of the form's formula over the figures that the file shows.
    """
    right = shown.value is not None and close(shown.value, expected)
    consistent = shown.value is not None and close(shown.value, computed)
    is_nothing = shown.origin is Origin.PRINTED and not expected and is_blank(shown.text)
    return code_of(shown, right=right or is_nothing, consistent=consistent, wrong="total-wrong")


def _total_terms(filing: Return, form: Form, cell: Cell, values: Mapping[str, Decimal]) -> Sum:
    if cell.definition is None:
        members = (m for m in filing.members if cell.name in m.values)
        return Sum(tuple((1, str(member.agency), member.values[cell.name]) for member in members))
    terms = cell.definition.terms
    return Sum(tuple((factor, form.cells[name].label, values.get(name, ZERO)) for factor, name in terms))


def _is_derived_line(cell: Cell, identity: Identity) -> bool:
    if identity.rule.rows:
        return cell.column.adds_lines
    return cell.row.adds_lines if identity.rule.columns else False


def rule_finding(filing: Return, identity: Identity, values: Mapping[str, Decimal]) -> Finding:
    """Return the finding that *values*, with figures of other periods where it needs them, break the rule.

    It is at the first figure on the left that is in the workbook: an agency may not have the sheet of another one.
    """
    form, constraint = filing.form, identity.constraint
    there = layout(form, filing.lacking).places
    left, right = (
        side_of(side, values, partial(_term_label, form, identity))
        for side in (constraint.relation.left, constraint.relation.right)
    )
    left_names = constraint.relation.left.names
    first = next((name for name in left_names if name in there), left_names[0])
    name = over.list if (over := form.cells[first].over) else first
    facts: dict[str, object] = {
        **line_facts(identity.line, identity.rule.label),
        **sides_facts(constraint.relation, left, right),
        "rule": _rule_words(form, identity),
    }
    names = dict.fromkeys(name for name in constraint.names if name in there)
    others = tuple(filing.place(name) for name in names if name != first)
    source, agency, place = filing.source.path, str(filing.agency), filing.address(first)
    # How far a figure that is too small or too large is from the right one, only an equation without multiples tells.
    is_difference = constraint.relation.sign == "=" and not constraint.relation.has_multiples
    effect = None if is_difference else Effect(None)
    return Finding(
        *(RULE_CODES[constraint.level], source, agency, *place, name, left.value, right.value, facts, others),
        effect=effect,
    )


def _term_label(form: Form, identity: Identity, name: str) -> str:
    def label(own: str) -> str:
        cell = form.cells[own]
        if not cell.in_table:
            return figure_label(form, own)
        if identity.rule.rows:
            return cell.row_path[-1]
        return cell.column_path[-1] if identity.rule.columns else cell.label

    return form.in_words(name, label)


def _rule_words(form: Form, identity: Identity) -> str | Phrases:
    """Return the rule in words, with its condition."""

    def words(linear: Linear) -> str:
        return linear.words(lambda name: _term_label(form, identity, name))

    when = identity.constraint.when.relations
    return rule_words(identity.rule.label, all_of(relation_words(form, one, words) for one in when))
