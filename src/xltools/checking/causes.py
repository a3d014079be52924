"""What may lie behind a finding, said only where the arithmetic fits exactly.

A hypothesis for the clerk and never a verdict: nothing is corrected by it. Small differences fit many things by
chance, so each cause has its own condition, and one that fits two places equally well is not said at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal

import attrs

from xltools.data.filing import Filing
from xltools.data.finding import Cause, Finding
from xltools.data.number import close, is_whole
from xltools.form.linear import EXACT, ZERO, Linear
from xltools.form.model import Form, Identity

_MOST = 2  # causes of one finding
_LEAST = 10  # a smaller difference is met by chance too often
_POWERS = tuple(Decimal(10) ** n for n in (1, 2, 3, 4))


def explained(filing: Filing, findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """The findings about *filing*, each with what may lie behind it added to what it says already."""
    if filing.form is None or filing.record is None:
        return tuple(findings)
    values = filing.record.complete()
    found: dict[int, list[Cause]] = {}
    for index, cause in (*_misplaced(filing.form, findings), *_left_out(filing, findings, values)):
        found.setdefault(index, []).append(cause)
    for index, finding in enumerate(findings):
        if index not in found:
            found[index] = list(_single(filing.form, finding, values))
    return tuple(
        attrs.evolve(finding, causes=(*finding.causes, *found[index])[:_MOST])
        if found.get(index)
        else finding
        for index, finding in enumerate(findings)
    )


# -- several findings, one cause


def _misplaced(form: Form, findings: Sequence[Finding]) -> Iterator[tuple[int, Cause]]:
    """Two lines break one rule by opposite amounts: something of that amount stands in the wrong one of the two.

    The line of their sums is balanced then. Said only when those two are the only ones that break the rule.
    Seen in published reports: 自然人 one too many, 其他 one too few.
    """
    by_rule: dict[str, list[tuple[int, Identity, Decimal]]] = {}
    for index, finding in enumerate(findings):
        identity = _identity(form, finding)
        if identity and isinstance(finding.found, Decimal) and isinstance(finding.expected, Decimal):
            difference = EXACT.subtract(finding.found, finding.expected)
            by_rule.setdefault(identity.rule.label, []).append((index, identity, difference))
    for broken in by_rule.values():
        if len(broken) == 2 and broken[0][2] == -broken[1][2]:  # noqa: PLR2004  one too many, one too few
            more, less = sorted(broken, key=lambda one: -one[2])
            facts: dict[str, object] = {"count": more[2], "one": more[1].line, "other": less[1].line}
            yield from ((index, Cause("misplaced", facts, is_shared=True)) for index, *_ in broken)


def _left_out(
    filing: Filing, findings: Sequence[Finding], values: Mapping[str, Decimal]
) -> Iterator[tuple[int, Cause]]:
    """A total shows just that much too little which a text in one of its parts means: programs do not add texts."""
    form = filing.form
    assert form is not None  # noqa: S101  the caller asked
    for index, finding in enumerate(findings):
        if finding.code != "text-as-number" or not isinstance(finding.expected, Decimal):
            continue
        for name, shown in filing.shown.items():
            reach = form.reach[name]
            if shown.value is None or finding.cell not in reach or reach & (filing.clouded - {finding.cell}):
                continue
            short = EXACT.subtract(values.get(name, ZERO), shown.value)
            if short and close(short, finding.expected):
                total = form.cells[name].label
                facts = {"total": total, "shown": shown.value, "right": values.get(name, ZERO)}
                yield index, Cause("text-left-out", facts)
                break


# -- one finding


def _single(form: Form, finding: Finding, values: Mapping[str, Decimal]) -> Iterator[Cause]:
    if finding.code in {"total-wrong", "formula-wrong"}:
        yield from _of_total(form, finding, values)
    elif identity := _identity(form, finding):
        yield from _of_rule(form, identity, values)
    elif finding.code in {"same-as-last-year", "wrong-year"}:
        yield Cause("resent")


def _of_total(form: Form, finding: Finding, values: Mapping[str, Decimal]) -> Iterator[Cause]:
    shown, right = finding.found, finding.expected
    cell = form.cells.get(finding.cell)
    if not isinstance(shown, Decimal) or not isinstance(right, Decimal) or cell is None:
        return
    if not shown:
        yield Cause("typed-zero", {"right": right})
    elif _is_power(shown, right):
        yield Cause("ten-times", {"label": cell.label, "value": shown, "right": right})
    elif _is_transposed(shown, right):
        yield Cause("transposed", {"label": cell.label, "value": shown, "right": right})
    elif cell.definition is not None:
        difference = EXACT.subtract(shown, right)
        code = "part-twice" if difference > 0 else "part-left-out"
        if (part := _only(cell.definition.names, values, abs(difference))) is not None:
            yield Cause(code, {"label": form.cells[part].label, "value": values[part]})


def _of_rule(form: Form, identity: Identity, values: Mapping[str, Decimal]) -> Iterator[Cause]:
    """What single figure, corrected in a way in which people err, would make the rule hold."""
    difference = identity.equation.difference(values)
    weights = _weights(form, identity)
    right = {
        name: EXACT.subtract(values.get(name, ZERO), EXACT.divide(difference, Decimal(weight)))
        for name, weight in weights.items()
    }
    slips: tuple[tuple[str, Callable[[Decimal, Decimal], bool]], ...] = (
        ("ten-times", _is_power),
        ("transposed", _is_transposed),
    )
    for code, fits in slips:
        fitting = [name for name in weights if fits(values.get(name, ZERO), right[name])]
        if len(fitting) == 1:
            name = fitting[0]
            facts = {"label": form.cells[name].label, "value": values[name], "right": right[name]}
            yield Cause(code, facts)
    part = _only(tuple(weights), values, abs(difference))
    if part is not None:
        yield Cause("part", {"label": form.cells[part].label, "value": values[part]})


# -- arithmetic


def _identity(form: Form, finding: Finding) -> Identity | None:
    if finding.code != "rule-broken":
        return None
    return next(
        (
            identity
            for identity in form.identities
            if identity.equation.left.names[0] == finding.cell
            and identity.rule.label == finding.facts.get("rule")
        ),
        None,
    )


def _weights(form: Form, identity: Identity) -> dict[str, int]:
    """How often each input counts in left minus right, its totals taken apart."""
    weights: dict[str, int] = {}

    def add(linear: Linear, sign: int) -> None:
        for own, name in linear.terms:
            definition = form.cells[name].definition
            if definition is not None:
                add(definition, sign * own)
            else:
                weights[name] = weights.get(name, 0) + sign * own

    add(identity.equation.left, 1)
    add(identity.equation.right, -1)
    return {name: weight for name, weight in weights.items() if weight}


def _only(names: Sequence[str], values: Mapping[str, Decimal], amount: Decimal) -> str | None:
    """The one of the cells that holds just that amount, when it is an amount worth speaking of."""
    if amount < _LEAST:
        return None
    holding = [name for name in names if values.get(name) == amount]
    return holding[0] if len(holding) == 1 else None


def _is_power(value: Decimal, right: Decimal) -> bool:
    """Ten, a hundred, a thousand or ten thousand times too much or too little."""
    if value <= 0 or right <= 0 or abs(value - right) < _LEAST:
        return False
    return any(value == right * power or right == value * power for power in _POWERS)


def _is_transposed(value: Decimal, right: Decimal) -> bool:
    """The same digits, two neighbours exchanged."""
    if value == right or right < 0 or not (is_whole(value) and is_whole(right)):
        return False
    one, other = f"{int(value)}", f"{int(right)}"
    if len(one) != len(other):
        return False
    places = [place for place, (a, b) in enumerate(zip(one, other, strict=True)) if a != b]
    first = places[0]
    return places == [first, first + 1] and one[first] == other[first + 1] and one[first + 1] == other[first]
