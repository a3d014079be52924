"""Faults of rules: unknown names, relations without a place, conditions that never hold, words of a later version."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet

from xltools.errors import Problem
from xltools.form.days import compares_days
from xltools.form.lint_fields import (
    can_hold,
    condition_faults,
    condition_period_faults,
    name_faults,
    reserved_faults,
)
from xltools.form.lint_names import (
    LONGEST_SENTENCE,
    day_faults,
    judged,
    key_faults,
    ratio_in_sum_faults,
    repeated_faults,
    text_faults,
    unknown_faults,
)
from xltools.form.model import PARTS, Form
from xltools.form.ratio import Ratio
from xltools.form.relation import PERIOD, Condition
from xltools.form.sections import Block, Line, List, Rule, is_whole_name, leaves
from xltools.form.wording import AGO, LAST, own_name, time_of
from xltools.toml_tables import newer


def block_rule_faults(rule: Rule, block: Block, place: str, form: Form) -> Iterator[Problem]:
    """Yield faults of a rule of a block, or of a carry: it derives one typed line from at least one of another period."""
    if (rule.rows or rule.columns) is None or rule.cells or (rule.rows and rule.columns):
        yield Problem("rule-axis", place)
        return
    lines, others = (block.rows, block.columns) if rule.rows else (block.columns, block.rows)
    known = {leaf.key: leaf for leaf in leaves(lines)}
    is_carry = rule in block.carries
    names = [own_name(n) if is_carry or form.schema > 1 else n for n in rule.constraint.names]
    of_fields = [name for name in names if is_whole_name(name) and not is_carry]
    unknown = [
        *unknown_faults((name for name in names if name not in of_fields), known, place),
        *name_faults(of_fields, form, place, form.cells, in_row=rule.columns is not None),
    ]
    yield from unknown
    asked = {leaf.key: leaf for leaf in leaves(others)}
    yield from unknown_faults(rule.on, asked, f"{place} › on")
    for where, axis, used in (("", known, names), (" › on", asked, rule.on)):
        for name in dict.fromkeys(own for own in (own_name(n) for n in used) if own in axis):
            if axis[name].is_quotient:
                yield Problem("ratio-in-sum", f"{place}{where}", {"name": name})
    if not is_carry:
        yield from _relation(rule, place)
    elif not unknown:
        derived = {key for key, line in known.items() if line.is_ is not None}
        yield from carry_faults(rule, derived, place)
    yield from repeated_faults(rule.constraint.relation.names, place, "repeated-in-rule")
    if rule.constraint.relation.names and all(map(is_whole_name, rule.constraint.relation.names)):
        yield Problem("rule-without-line", place)


def _relation(rule: Rule, place: str) -> Iterator[Problem]:
    """Yield relations whose findings would have no cell, and tolerances of inequalities."""
    relation = rule.constraint.relation
    if not relation.left.names or time_of(relation.left.names[0]):
        yield Problem("rule-left", place, {"text": str(relation.left)})
    if rule.within and relation.sign != "=":
        yield Problem("within-inequality", place, {"text": str(relation)})


def carry_faults(rule: Rule, derived: AbstractSet[str], place: str) -> Iterator[Problem]:
    """Yield what no carry has: it is an equation with one line on its left that is not *derived* already."""
    left, sign, right = rule.constraint.relation
    if sign != "=" or rule.when.relations or rule.within or rule.level != "error":
        yield Problem("carry-equation", place)
    if not left.single or time_of(left.single) or left.single in derived:
        yield Problem("carry-left", place, {"text": str(left)})
    if not any(map(time_of, right.names)):
        yield Problem("carry-right", place, {"text": str(right), "mark": LAST})


def rule_faults(form: Form, sure: frozenset[str]) -> Iterator[Problem]:
    """Yield faults of the keys and labels of all rules, and of those across tables."""
    blocks = (block for section in form.sections for block in section.blocks)
    groups: tuple[Block | List, ...] = (*blocks, *form.lists.values())
    rules = [*(rule for one in groups for rule in (*one.rules, *one.carries)), *form.rules]
    keys = [rule.key for rule in rules]
    yield from repeated_faults(keys, "rule", "repeated-key")
    yield from key_faults("rule", keys)
    for rule in rules:
        yield from text_faults(f"rule “{rule.key}”", ("label", rule.label), limit=LONGEST_SENTENCE)
    for rule in form.rules:
        place = f"rule “{rule.key}”"
        if rule.cells is None or rule.rows or rule.columns or rule.on:
            yield Problem("rule-cells", place)
            continue
        if rule in form.day_rules:
            kinds = dict.fromkeys(form.cells, "number") | {
                name: one.kind for name, one in form.fields.items()
            }
            yield from day_faults(rule.cells, kinds, place, rule.within)
            of_figures = (one for one in rule.when.relations if PERIOD not in one.names)
            yield from condition_faults(Condition(tuple(of_figures)), form, place)
            continue
        names = (own_name(name) if form.schema > 1 else name for name in rule.constraint.names)
        named = list(dict.fromkeys(judged(names, form, sure)))
        yield from name_faults(named, form, place, form.cells)
        yield from ratio_in_sum_faults(named, form, place)
        yield from _relation(rule, place)
        yield from repeated_faults(rule.cells.names, place, "repeated-in-rule")


def sign_faults(form: Form, sure: frozenset[str]) -> Iterator[Problem]:
    """Yield parts (其中) that may be below 0, and relations and conditions that never hold."""
    known = {name: cell for name, cell in form.cells.items() if cell.section.key in sure}

    def may_be_below_zero(name: str) -> bool:
        own = own_name(name)
        return own not in known or known[own].signed

    for identity in form.identities:
        place, constraint = f"rule “{identity.rule.key}”", identity.constraint
        if identity.is_part and any(map(may_be_below_zero, identity.cells)):
            yield Problem("part-signed", place, {"label": identity.rule.label})
        written = identity.rule.constraint
        for one, text in (
            (
                Condition(tuple(part for part in constraint.when.relations if PERIOD not in part.names)),
                written.when,
            ),
            (Condition((constraint.relation,)), written.relation),
        ):
            if not can_hold(one, form, may_be_below_zero):
                yield Problem("never-holds", place, {"text": str(text)})


def period_faults(form: Form) -> Iterator[Problem]:
    """Yield faults of what is said about periods: of the year, and in rules of those that there are not."""
    if not 1 <= form.starts <= PARTS["month"]:
        yield Problem("bad-starts", "starts", {"starts": form.starts})
    if form.named != "end" and form.starts == 1:
        yield Problem("named-in-vain", "named")
    carries = [rule for section in form.sections for block in section.blocks for rule in block.carries]
    rules = [
        *(rule for section in form.sections for block in section.blocks for rule in block.rules),
        *form.rules,
    ]
    for rule in (*carries, *rules):
        if rule.rows or rule.columns or rule.cells:
            yield from _rule_period_faults(
                rule, form, f"{'carry' if rule in carries else 'rule'} “{rule.key}”"
            )


def _rule_period_faults(rule: Rule, form: Form, place: str) -> Iterator[Problem]:
    parts, times = PARTS[form.period], set(map(time_of, rule.constraint.names))
    is_carry = place.startswith("carry")
    if AGO in times and parts == 1:
        yield Problem("ago-of-year", place)
    if rule.resets and (parts == 1 or LAST not in times or not is_carry):
        yield Problem("resets-in-vain", place)
    yield from condition_period_faults(rule.when, form, place)


def schema_faults(form: Form) -> Iterator[Problem]:
    """Yield what needs a later version of the language than the form names, and keys that the later one reserves."""
    yield from _newer_faults("form", newer(form, form.schema))
    for one in form.cover.fields:
        yield from _newer_faults(f"cover › “{one.key}”", newer(one, form.schema))
    for section in form.sections:
        yield from _newer_faults(f"section “{section.key}”", newer(section, form.schema))
        for index, block in enumerate(section.blocks, 1):
            place = f"section “{section.key}” › block {index}"
            lines = [line for axis in (block.rows, block.columns) for line in leaves(axis)]
            if form.schema > 1:
                yield from reserved_faults((section.key, *(line.key for line in lines)), place)
            in_lines = (word for line in lines for word in _newer_words(line, form.schema))
            yield from _newer_faults(place, (*newer(block, form.schema), *in_lines))
    for rule in (*(r for s in form.sections for b in s.blocks for r in (*b.rules, *b.carries)), *form.rules):
        yield from _newer_faults(f"rule “{rule.key}”", _newer_words(rule, form.schema))


def _newer_faults(place: str, words: Iterable[str]) -> Iterator[Problem]:
    if used := sorted(set(words)):
        yield Problem("needs-schema", place, {"words": ", ".join(used)})


def _newer_words(one: Line | Rule, version: int) -> Iterator[str]:
    """Yield the keys of a line or a rule that came after a *version* of the language, and what else in it did."""
    yield from newer(one, version)
    if version > 1:
        return
    if isinstance(one, Line):
        yield from ("per",) if isinstance(one.is_, Ratio) else ()
        yield from ("*",) if one.total and one.total.has_multiples else ()
    elif relation := one.rows or one.columns or one.cells:
        yield from (AGO for name in one.constraint.names if time_of(name) == AGO)
        has_number = relation.left.constant or relation.right.constant
        if relation.sign != "=" or has_number or relation.has_multiples or compares_days(relation, ()):
            yield str(relation)
