"""The checks of the lines of lists: what must be there, what rules ask of a line, and lines that are there twice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from decimal import Decimal
from functools import partial

from xltools.checking.derived import (
    RULE_CODES,
    days_facts,
    derivation,
    line_facts,
    quotient_fault,
    side_of,
    sides_facts,
)
from xltools.data.field_words import fault_facts, line_label, line_words, rule_words, under_item
from xltools.data.filing import Filing, Return
from xltools.data.finding import Finding, Severity
from xltools.data.list_lines import (
    APART,
    NO_LINE_ABOVE,
    LineChecks,
    LineFault,
    LineFigures,
    cell_label,
    derived_value,
    is_numbered,
    line_keys,
    shown_value,
)
from xltools.data.number import digits
from xltools.data.record import ListLine
from xltools.form.days import compares_days, day_of
from xltools.form.linear import Linear
from xltools.form.lists import Column, cell_name, parts_of_cell
from xltools.form.model import Form
from xltools.form.sections import List, Rule
from xltools.text import Word, clerk

DOUBLED = "line-doubled"
_MOST_NAMES = 20  # agencies named in one finding


def lists(filing: Return) -> Iterator[Finding]:
    """Check the lines of each list. Source: ``required``, ``when``, ``of``, ``unique`` and the rules of the list.

    A cell that could not be read has a finding already, and nothing is checked that needs it. In a roll-up the lines of its
    agencies were checked when it was merged; it is only asked whether two agencies have the same line.
    """
    if filing.is_rollup:
        yield from _derived(filing, {})
        yield from _between_members(filing)
        return
    unread: dict[str, dict[str, set[str]]] = {}
    for finding in filing.findings:
        if finding.is_of_unread and (cell := parts_of_cell(finding.cell)):
            unread.setdefault(cell[0], {}).setdefault(cell[2], set()).add(cell[1])
    yield from _derived(filing, unread)
    values = {**filing.record.complete(), **filing.record.period.figures}
    for key, lines in filing.record.lists.items():
        one = filing.form.lists[key]
        keys = line_keys(one, lines)
        lost = unread.get(key, {})
        checks = LineChecks(filing.form, key, lines, values, frozenset().union(*lost.values()))
        for place, (line, name) in enumerate(zip(lines, keys, strict=True)):
            for fault in checks.faults(place, frozenset(lost.get(name, ()))):
                yield _of_line(filing, one, name, line, fault)
        yield from _doubled(filing, one, lines, keys)
        yield from _without_row(filing, one, lines, keys)


def _derived(filing: Return, unread: Mapping[str, Mapping[str, AbstractSet[str]]]) -> Iterator[Finding]:
    """Hold the sum, the ratio or the product that each line shows against the exact one; *unread* are the cells that could not be read."""
    form, figures = filing.form, filing.record.complete()
    for key, lines in filing.record.lists.items() if filing.shown_in_lists else ():
        one = form.lists[key]
        known = LineFigures(form, key, lines, figures)
        in_any = frozenset().union(*unread.get(key, {}).values())
        unsure = {str(over) for over in one.of_line if not in_any.isdisjoint(one.typed_for(over))}
        pairs = zip(lines, line_keys(one, lines), strict=True)
        for number, (line, line_key) in enumerate(pairs, 1):
            lost = filing.unread | unsure | unread.get(key, {}).get(line_key, set())
            values = known.of(number - 1)
            for column in one.columns:
                numbered = cell_name(key, column.key, f"#{number}")
                shown = filing.shown_in_lists.get(numbered)
                needed = (*column.operands, *(name.partition("[")[0] for name in column.condition_names))
                if shown is None or not lost.isdisjoint(needed):
                    continue
                exact = derived_value(column, values)
                terms = partial(_terms, form, key, column, values)
                is_sum = isinstance(column.is_, Linear)
                if fault := quotient_fault(shown, exact, exact, column.places, terms, is_sum=is_sum):
                    name = cell_name(key, column.key, line_key)
                    facts = {"label": cell_label(form, name), **fault.facts}
                    finding = filing.finding(fault.code, numbered, fault.found, fault.expected, facts)
                    yield replace(finding, cell=name, agency=str(line.agency or filing.agency))


def _terms(form: Form, key: str, column: Column, values: Mapping[str, Decimal]) -> object:
    """Return what a column adds, divides or multiplies in a line."""
    if isinstance(column.is_, Linear):
        return side_of(column.is_, values, partial(line_label, form, key)).sum
    if column.is_ is None:
        return ""
    return derivation(
        column.is_, lambda name: f"{line_label(form, key, name)} {digits(values.get(name, Decimal(0)))}"
    )


def _of_line(filing: Return, one: List, key: str, line: ListLine, fault: LineFault) -> Finding:
    """Return the finding on what is wrong in a line."""
    form, name = filing.form, f"{one.key}.{fault.column}"
    if fault.rule:
        return _broken(filing, one, key, fault.rule, fault.values)
    value, facts = line.values[one.keys.index(fault.column)], fault_facts(form, name, fault.code)
    if fault.code == NO_LINE_ABOVE:
        facts["above"] = fault.above
    if fault.code == APART:
        under = form.columns[name].under
        item = shown_value(form, f"{one.key}.{under}[]", line.values[one.keys.index(under)])
        facts["under"] = under_item(str(item))
    return _at(
        filing,
        fault.code,
        one,
        fault.column,
        key,
        found=shown_value(form, f"{name}[]", value) or "",
        facts=facts,
    )


def _at(
    filing: Return,
    code: str,
    one: List,
    column: str,
    key: str,
    *,
    found: Decimal | str = "",
    expected: Decimal | str = "",
    facts: Mapping[str, object],
    others: Iterable[str] = (),
    level: Severity | None = None,
) -> Finding:
    finding = filing.finding(code, cell_name(one.key, column, key), found, expected, facts, others)
    return replace(finding, level=level) if level else finding


def _broken(filing: Return, one: List, key: str, rule: Rule, values: Mapping[str, Decimal]) -> Finding:
    form, constraint = filing.form, rule.constraint
    relation, label = constraint.relation, partial(line_label, form, one.key)
    found: Sequence[Decimal | str]
    if compares_days(relation, one.days):
        sides, found = days_facts(relation, values, label), [str(day_of(values[n])) for n in relation.names]
    else:
        left, right = (side_of(side, values, label) for side in (relation.left, relation.right))
        sides, found = sides_facts(relation, left, right), [left.value, right.value]
    facts = {
        **line_facts(key, rule.label),
        **sides,
        "rule": rule_words(rule.label, line_words(form, one.key, rule.when)),
    }
    names = [cell_name(one.key, name, key) for name in relation.names if name in one.keys]
    return _at(
        filing, RULE_CODES[constraint.level], one, relation.left.names[0], key,
        found=found[0], expected=found[1], facts=facts, others=names[1:],
    )  # fmt: skip


# -- lines that are there twice


def _doubled(filing: Return, one: List, lines: Sequence[ListLine], keys: Sequence[str]) -> Iterator[Finding]:
    """Yield the lines with the key of an earlier one."""
    for line, key in zip(lines, keys, strict=True):
        whole = key.removesuffix(f"#{line.number}")
        if whole and is_numbered(key):
            first = cell_name(one.key, one.unique[0], whole)
            facts = {
                "line": whole,
                "columns": _labels(one),
                "where": Word("doubled-within"),
                "agencies": Word("nobody"),
            }
            yield _at(filing, DOUBLED, one, one.unique[0], key, found=whole, facts=facts, others=(first,))


def _labels(one: List) -> str:
    labels = {column.key: column.label for column in one.columns}
    return clerk()("list.joint").join(labels[key] for key in one.unique)


class DoubledLines:
    """The lines that several files of a collection have, by their keys."""

    def __init__(self, filings: Sequence[Filing]) -> None:
        """Look through the lists of all files whose lines stand below each other in a roll-up."""
        self._filings = filings
        self._doubled: dict[int, list[tuple[str, str, list[str]]]] = {}
        held: dict[tuple[str, str, str], dict[int, list[str]]] = {}
        for place, filing in enumerate(filings):
            if isinstance(filing, Return):
                for known, agency in _keys_of(filing):
                    held.setdefault(known, {}).setdefault(place, []).append(agency)
        for (_, key, line), places in held.items():
            for place in places if len(places) > 1 else ():
                others = [name for other, names in places.items() if other != place for name in names]
                self._doubled.setdefault(place, []).append((key, line, others))

    def findings(self, place: int) -> Iterator[Finding]:
        """Yield a question about each line of the file at index *place* that another file has too."""
        filing = self._filings[place]
        if isinstance(filing, Return):
            for key, line, others in self._doubled.get(place, ()):
                yield _between(filing, filing.form.lists[key], line, others)


def _keys_of(filing: Return) -> Iterator[tuple[tuple[str, str, str], str]]:
    """Yield the key of each line by which it is known, and whose it is; a line that is there twice once."""
    form = filing.form
    about = f"{form.name} {filing.record.period}"
    for key, lines in filing.record.lists.items():
        one = form.lists[key]
        if one.unique and one.merge == "stack" and one.unique_in == "district":
            pairs = zip(lines, line_keys(one, lines), strict=True)
            found = {
                (name, str(line.agency or filing.agency)) for line, name in pairs if not is_numbered(name)
            }
            yield from (((about, key, name), agency) for name, agency in sorted(found))


def _between(filing: Return, one: List, key: str, others: Iterable[str]) -> Finding:
    names = sorted(set(others))
    words = "、".join(names[:_MOST_NAMES]) + ("…" if len(names) > _MOST_NAMES else "")
    facts = {"line": key, "columns": _labels(one), "where": Word("doubled-between"), "agencies": words}
    return _at(filing, DOUBLED, one, one.unique[0], key, found=key, facts=facts, level=Severity.QUESTION)


def _between_members(filing: Return) -> Iterator[Finding]:
    held: dict[tuple[str, str], list[str]] = {}
    for (_, key, line), agency in _keys_of(filing):
        held.setdefault((key, line), []).append(agency)
    for (key, line), agencies in held.items():
        if len(agencies) > 1:
            yield _between(filing, filing.form.lists[key], line, agencies)


# -- lines that no row of a table counts


def _without_row(
    filing: Return, one: List, lines: Sequence[ListLine], keys: Sequence[str]
) -> Iterator[Finding]:
    """Yield the lines whose code has no row in a table that is made from them: they would be in none of its rows."""
    for name, tables in filing.form.row_codes.items():
        key, _, column = name.partition(".")
        if key != one.key:
            continue
        place = one.keys.index(column)
        for line, line_key in zip(lines, keys, strict=True):
            value = line.values[place]
            if missing := [title for title, codes in tables.items() if value not in codes]:
                if value == "" and filing.form.columns[name].required:
                    continue  # that it is blank is reported
                facts = {"label": filing.form.columns[name].label, "tables": "、".join(missing)}
                shown = shown_value(filing.form, f"{name}[]", value) or ""
                yield _at(filing, "line-without-row", one, column, line_key, found=shown, facts=facts)
