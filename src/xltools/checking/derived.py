"""What is wrong with a result that a file shows, such as a total or a ratio, or with a relation that does not hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from xltools.data.accepted_rules import BROKEN
from xltools.data.filing import Origin, Shown
from xltools.data.number import NO_VALUE, close
from xltools.data.typed_numbers import typed
from xltools.form.days import day_of
from xltools.form.linear import ZERO, Linear
from xltools.form.ratio import Product, Ratio, is_compound, is_shown_right, rounded
from xltools.form.relation import Level, Relation
from xltools.text import Phrases, Side, Sum, Word
from xltools.white_space import is_blank

_CAUSES = {Origin.UNKNOWN: "cause-unknown", Origin.PRINTED: "cause-printed"}


def code_of(shown: Shown, *, right: bool, consistent: bool, wrong: str) -> str:
    """Return the code of the finding on a result, or an empty text; *wrong* is that of one that is not right.

    It is *consistent* if the formula of the form gives it over the figures that the file shows.
    """
    match shown.origin:
        case Origin.UNCALCULATED:
            return "not-calculated"
        case Origin.FORMULA:
            return "" if consistent else "total-stale"
        case Origin.CHANGED:
            return "formula-changed" if right else "formula-wrong"
        case Origin.UNKNOWN:
            return "" if right or consistent else wrong
        case Origin.PRINTED:
            return "" if right else wrong
        case _:
            return "total-typed" if right else wrong


def found_in(shown: Shown, code: str) -> Decimal | str:
    """Return what a finding with that *code* says that the file shows."""
    return "" if code == "not-calculated" else shown.text if shown.value is None else shown.value


def origin_facts(shown: Shown) -> dict[str, object]:
    """Return the facts on where a result comes from."""
    cause = Word(_CAUSES.get(shown.origin, "cause-overwritten"))
    return {"formula": shown.formula, "original": shown.issued, "cause": cause}


class QuotientFault(NamedTuple):
    """What is wrong with a ratio: the code of the finding, what is shown and what should be, and facts."""

    code: str
    found: Decimal | str
    expected: Decimal | str
    facts: dict[str, object]


def quotient_fault(
    shown: Shown,
    exact: Fraction | None,
    consistent: Fraction | None,
    places: int,
    terms: Callable[[], object],
    *,
    is_sum: bool = False,
) -> QuotientFault | None:
    """Hold a shown ratio, or a sum, against the *exact* one; *consistent* is that of the figures that the file shows."""
    right = _shows(shown, exact, places, is_sum=is_sum)
    if right and exact is None and shown.origin is Origin.UNCALCULATED:
        return None  # an empty result, which some programs do not store
    is_consistent, wrong = (
        _shows(shown, consistent, places, is_sum=is_sum),
        "total-wrong" if is_sum else "ratio-wrong",
    )
    code = code_of(shown, right=right, consistent=is_consistent, wrong=wrong)
    if not code:
        return None
    found = found_in(shown, code)
    expected = NO_VALUE if exact is None else rounded(exact, places)
    facts: dict[str, object] = {"places": places}
    if code != "not-calculated":
        numbers = (value if isinstance(value, Decimal) else ZERO for value in (found, expected))
        one, other = numbers
        facts |= origin_facts(shown) | {"terms": terms(), "difference": abs(one - other)}
    return QuotientFault(code, found, expected, facts)


def _shows(shown: Shown, exact: Fraction | None, places: int, *, is_sum: bool) -> bool:
    """Return whether a ratio or a sum is shown as it is; one without a value by nothing, or by a dash."""
    if exact is None or shown.value is None:
        is_nothing = is_blank(shown.text) or typed(shown.text, "", signed=True).is_blank
        return exact is None and shown.value is None and is_nothing
    return (
        close(shown.value, rounded(exact, places)) if is_sum else is_shown_right(shown.value, exact, places)
    )


def derivation(derived: Ratio | Product, term: Callable[[str], str]) -> str:
    """Return what a column of a list is derived from in words: a division, or 影响 4 × 可能性 3."""
    return division(derived, term) if isinstance(derived, Ratio) else " × ".join(map(term, derived.names))


def division(ratio: Ratio, term: Callable[[str], str]) -> str:
    """Return the division in words: 办结 2 ÷ 受理 3 × 100."""
    top, bottom = (
        f"({side.words(term)})" if is_compound(side) else side.words(term)
        for side in (ratio.top, ratio.bottom)
    )
    return f"{top} ÷ {bottom}" + (f" × {ratio.scale}" if ratio.scale > 1 else "")


RULE_CODES: dict[Level, str] = {"error": BROKEN, "question": "rule-question", "warning": "rule-warning"}


def side_of(linear: Linear, values: Mapping[str, Decimal], label: Callable[[str], str]) -> Side:
    """Return one side of a relation: its terms with their labels, and its value."""
    terms = [(factor, label(name), values.get(name, ZERO)) for factor, name in linear.terms]
    if linear.constant or not terms:
        terms.append((-1 if linear.constant < 0 else 1, "", abs(linear.constant)))
    return Side(Sum(tuple(terms)), linear.value(values))


def line_facts(line: str, rule: str) -> dict[str, object]:
    """Return the facts of the line in which a rule does not hold; a rule without a line is named itself."""
    return {"line": line or rule, "at": Phrases((("at-line", {"line": line}),) if line else ())}


def sides_facts(relation: Relation, left: Side, right: Side) -> dict[str, object]:
    """Return the facts of a finding on a relation that does not hold: its sides, what is between them, how far they are apart."""
    difference = abs(left.value - right.value)
    compared = "sides-more" if left.value > right.value else "sides-less" if difference else "sides-same"
    return {
        "left": left,
        "joint": Word("sides-apart" if relation.sign == "=" else compared),
        "right": right,
        "difference": difference,
        "gap": Phrases((("by-difference", {"difference": difference}),) if difference else ()),
    }


def days_facts(
    relation: Relation, values: Mapping[str, Decimal], label: Callable[[str], str]
) -> dict[str, object]:
    """Return the facts of a finding on days that are not as a relation says: both, which is later, how far they are apart."""
    left, right = (f"{label(name)} {day_of(values[name])}".lstrip() for name in relation.names)
    apart = int(relation.difference(values))
    return {
        "left_words": left,
        "joint": Word("day-later" if apart > 0 else "day-earlier" if apart else "sides-same"),
        "right_words": right,
        "gap": Phrases((("by-days", {"days": abs(apart)}),) if apart else ()),
    }
