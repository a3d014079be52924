"""The checks on the figures of one filing. A check is a function of a filing that yields findings.

Totals are derived from the inputs; what a workbook shows in them is only compared. What follows from a fault
that is reported already is not reported again: a total over a figure that could not be read is not judged, and
a formula that correctly adds up wrong parts is not called wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal

from xltools.data.filing import Filing, Origin, Shown
from xltools.data.finding import Finding, Place
from xltools.data.number import close, is_blank
from xltools.form.linear import ZERO, Linear
from xltools.form.model import Cell, Form, Identity
from xltools.prose.checks import prose
from xltools.text import Sum, Word


def verify(filing: Filing) -> tuple[Finding, ...]:
    """Everything there is to say of *filing*: what reading turned up, then what the checks find."""
    if filing.is_verified or filing.form is None or filing.record is None:
        return filing.findings
    return (*filing.findings, *(finding for check in CHECKS for finding in check(filing)))


def verified(filing: Filing) -> Filing:
    """The filing with everything there is to say of it among its findings, so that nobody need ask again."""
    return filing if filing.is_verified else replace(filing, findings=verify(filing), is_verified=True)


def totals(filing: Filing) -> Iterator[Finding]:
    """Each total shows the sum of its parts. Source: the word 总计 in the form, stated as ``is`` in its definition.

    What a program may have computed over a text is not judged, since programs differ; what a person typed is.
    """
    form, record = filing.form, filing.record
    assert form is not None  # noqa: S101  verify asked
    assert record is not None  # noqa: S101  verify asked
    values = record.complete()
    if _shows_sums(filing, values):
        return
    displayed = _displayed(filing, values)
    readable, sound = filing.unread.isdisjoint, (filing.unread | filing.clouded).isdisjoint
    for name, shown in filing.shown.items():
        cell = form.cells[name]
        if not (sound if shown.origin in _COMPUTED else readable)(form.reach[name]):
            continue
        if finding := _total(filing, cell, shown, values, displayed):
            yield finding


def rules(filing: Filing) -> Iterator[Finding]:
    """Each rule holds wherever it is at work. Source: the ``authority`` of the rule.

    In a line whose cells are all totals a rule follows from the other lines: it is not judged again there. Of a
    return that nobody filled in there is nothing to judge.
    """
    if filing.is_untouched:
        return
    form, record = filing.form, filing.record
    assert form is not None  # noqa: S101  verify asked
    assert record is not None  # noqa: S101  verify asked
    values = record.complete()
    for identity in form.broken(values):
        cells = [form.cells[name] for name in identity.equation.names]
        if filing.is_rollup and not all(cell.additive for cell in cells):
            continue
        if all(_is_derived_line(cell, identity) for cell in cells):
            continue
        if all(filing.unread.isdisjoint(form.reach[cell.name]) for cell in cells):
            yield _broken(filing, form, identity, values)


def coverage(filing: Filing) -> Iterator[Finding]:
    """A roll-up holds everything that it should: what it left out is missing one level up as well."""
    if left := filing.left_out:
        names = "、".join(str(account.agency or account.source.name) for account in left)
        facts: dict[str, object] = {"count": len(left), "left": names}
        yield Finding("rollup-incomplete", filing.source.path, str(filing.agency), facts=facts)


def filled(filing: Filing) -> Iterator[Finding]:
    """What is there agrees with what is declared: nothing filled in is no report that nothing happened.

    What last year's figures give by themselves may have been in it when it was issued, and does not count. Source:
    practice; nothing but zeros is likely, and asks for the declaration.
    """
    record = filing.record
    if record is None or filing.is_rollup:
        return
    figures = [name for name, value in record.values.items() if value]
    about = Finding("all-blank", filing.source.path, str(filing.agency))
    if filing.is_nil and (figures or filing.unread):
        place = filing.address(figures[0] if figures else min(filing.unread))
        yield replace(
            about,
            code="nil-contradicted",
            sheet=place[0],
            address=place[1],
            facts={"count": len(figures) or len(filing.unread)},
        )
    elif filing.is_untouched:
        yield about
    elif not filing.is_nil and not figures and not filing.unread:
        yield replace(about, code="all-zero")


CHECKS: tuple[Callable[[Filing], Iterator[Finding]], ...] = (totals, rules, filled, coverage, prose)


# How a total came about when a program, or nobody knows who, added it up.
_COMPUTED = frozenset({Origin.FORMULA, Origin.UNCALCULATED, Origin.CHANGED, Origin.UNKNOWN})


_CAUSES = {Origin.UNKNOWN: "cause-unknown", Origin.PRINTED: "cause-printed"}


def _is_derived_line(cell: Cell, identity: Identity) -> bool:
    if identity.rule.rows:
        return cell.column.is_ is not None
    return cell.row.is_ is not None if identity.rule.columns else False


def _shows_sums(filing: Filing, values: Mapping[str, Decimal]) -> bool:
    """Whether a program added up every total and each shows its sum: then none of them has anything wrong among its parts."""
    return all(
        shown.origin is Origin.FORMULA and shown.value == values.get(name, ZERO)
        for name, shown in filing.shown.items()
    )


def _displayed(filing: Filing, values: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """What a spreadsheet would add up: the inputs, and of each total what it shows."""
    shown = {name: s.value for name, s in filing.shown.items() if s.value is not None}
    return dict(values) | shown


def _total(
    filing: Filing, cell: Cell, shown: Shown, values: Mapping[str, Decimal], displayed: Mapping[str, Decimal]
) -> Finding | None:
    expected = values.get(cell.name, ZERO)
    if shown.origin is Origin.UNCALCULATED:
        return _about(filing, "not-calculated", cell, "", expected, {})
    right = shown.value is not None and close(shown.value, expected)
    if shown.origin is Origin.FORMULA:
        # In a roll-up an input is the sum of its column in the matrix, which is not among the displayed cells.
        parts = cell.definition.value(displayed) if cell.definition else expected
        if shown.value is not None and close(shown.value, parts):
            return None
        code = "total-stale"
    elif shown.origin is Origin.CHANGED:
        code = "formula-changed" if right else "formula-wrong"
    elif shown.origin is Origin.UNKNOWN:
        if _may_be_sum(cell, shown, expected, displayed):
            return None
        code = "total-wrong"
    elif shown.origin is Origin.PRINTED:
        if right or (not expected and is_blank(shown.text)):
            return None
        code = "total-wrong"
    else:
        code = "total-typed" if right else "total-wrong"
    cause = Word(_CAUSES.get(shown.origin, "cause-overwritten"))
    found = shown.text if shown.value is None else shown.value
    words = {"formula": shown.formula, "original": shown.issued, "cause": cause}
    return _about(filing, code, cell, found, expected, {"terms": _parts(filing, cell, values), **words})


def _may_be_sum(cell: Cell, shown: Shown, expected: Decimal, displayed: Mapping[str, Decimal]) -> bool:
    """Whether a total of unknown origin shows what is right, or what a formula over the figures shown would give."""
    sums = (expected, cell.definition.value(displayed) if cell.definition else expected)
    return shown.value is not None and any(close(shown.value, right) for right in sums)


def _parts(filing: Filing, cell: Cell, values: Mapping[str, Decimal]) -> Sum:
    if cell.definition is None:
        return Sum(
            tuple((1, str(m.agency), m.values[cell.name]) for m in filing.members if cell.name in m.values)
        )
    return _sum(filing, cell.definition, values)


def _sum(filing: Filing, linear: Linear, values: Mapping[str, Decimal]) -> Sum:
    assert filing.form is not None  # noqa: S101  verify asked
    cells = filing.form.cells
    return Sum(tuple((sign, cells[name].label, values.get(name, ZERO)) for sign, name in linear.terms))


def _about(
    filing: Filing, code: str, cell: Cell, found: Decimal | str, expected: Decimal, facts: dict[str, object]
) -> Finding:
    assert filing.form is not None  # noqa: S101  verify asked
    sheet, place = filing.address(cell.name)
    shown = found if isinstance(found, Decimal) else ZERO
    facts = {"label": cell.label, "difference": abs(shown - expected), **facts}
    return Finding(
        code, filing.source.path, str(filing.agency), sheet, place, cell.name, found, expected, facts
    )


def _broken(filing: Filing, form: Form, identity: Identity, values: Mapping[str, Decimal]) -> Finding:
    left, right = identity.equation.left, identity.equation.right
    one, other = left.value(values), right.value(values)
    first = form.cells[left.names[0]]
    sheet, place = filing.address(first.name)
    facts: dict[str, object] = {
        "line": identity.line or identity.rule.label,
        "left": _side(form, identity, left, values),
        "right": _side(form, identity, right, values),
        "left_value": one,
        "right_value": other,
        "difference": abs(one - other),
        "rule": identity.rule.label,
    }
    others = tuple(Place(*filing.address(name), name) for name in identity.equation.names[1:])
    return Finding(
        "rule-broken",
        filing.source.path,
        str(filing.agency),
        sheet,
        place,
        first.name,
        one,
        other,
        facts,
        others,
    )


def _side(form: Form, identity: Identity, linear: Linear, values: Mapping[str, Decimal]) -> Sum:
    """The parts of one side, each under the name that tells it from the others there."""

    def name(cell: Cell) -> str:
        if identity.rule.rows:
            return cell.row_path[-1]
        return cell.column_path[-1] if identity.rule.columns else cell.label

    return Sum(tuple((sign, name(form.cells[n]), values.get(n, ZERO)) for sign, n in linear.terms))
