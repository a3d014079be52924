"""Fields and their options in words: what to fill in, when, and conditions that ask for an option."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from functools import partial

from xltools.data.number import digits
from xltools.form.days import START, as_written, compares_days, is_fixed, is_written
from xltools.form.fields import Field
from xltools.form.kinds import (
    NOT_A_CHOICE,
    NOT_THE_PATTERN,
    TOO_LONG,
    Choice,
    Date,
    Held,
    Number,
    Text,
    ValueKind,
)
from xltools.form.linear import Linear, OverList
from xltools.form.lists import Column
from xltools.form.model import Form
from xltools.form.ratio import Product, is_compound
from xltools.form.relation import PRINTED, Condition, Relation
from xltools.form.sections import List
from xltools.text import Phrases, clerk, in_chinese, phrase
from xltools.white_space import compact

_MOST_OPTIONS = 40  # in print


def relation_words(form: Form, relation: Relation, words: Callable[[Linear], str]) -> Phrases:
    """Return a relation in words; *words* puts a sum into words."""
    name = relation.left.single
    if name in form.counted and relation.sign == "=" and not relation.right.terms:
        cell = form.cells[name]
        key = "rule-chosen" if relation.right.constant else "rule-not-chosen"
        return phrase(key, label=cell.row.label, option=cell.column.label)
    return _written(relation, words)


def _written(relation: Relation, words: Callable[[Linear], str]) -> Phrases:
    sides = {"left": words(relation.left), "right": words(relation.right)}
    return phrase("rule-sides", sign=PRINTED[relation.sign], **sides)


_OF_DAYS = {"<=": "not-after", ">=": "not-before", "<": "before", ">": "after", "=": "same", "!=": "other"}


def days_words(relation: Relation, label: Callable[[str], str]) -> Phrases:
    """Return a relation of days in words; a day as it is written has no *label*."""
    left, right = (_written_day(name) if is_written(name) else label(name) for name in relation.names)
    return phrase(f"rule-day-{_OF_DAYS[relation.sign]}", left=left, right=right)


def _written_day(name: str) -> str:
    year, month, day, *_ = map(str, dt.date.fromisoformat(name).timetuple())
    return clerk()("relation.day-written", year=year, month=month, day=day)


def day_label(form: Form, name: str) -> str:
    """Return the label of a day in a relation: of a field, or of an end of the period; nothing for one as it is written."""
    if not is_fixed(name):
        return form.fields[name].label
    return (
        ""
        if is_written(name)
        else clerk()(f"relation.day-{'start' if name == START else 'end'}-{form.period}")
    )


def figure_label(form: Form, name: str) -> str:
    """Return the label of a figure in a sum; of a field or a list, the number in it, or what it counts or adds."""
    t = clerk()
    if over := OverList.of(name):
        return t("list.in", list=form.title_of_list(over.list), label=form.list_words(over))
    cell = form.cells[name]
    if name not in form.counted:
        return cell.label
    return t("relation.count", label=cell.row.label, option=cell.column.label)


def condition_words(form: Form, condition: Condition) -> Phrases:
    """Return the condition of a field in words, with the figures of tables by their labels."""

    def words(linear: Linear) -> str:
        return linear.words(lambda name: form.in_words(name, lambda own: figure_label(form, own)))

    def words_of(one: Relation) -> Phrases:
        if compares_days(one, form.days):
            return days_words(one, partial(day_label, form))
        return relation_words(form, one, words)

    return all_of(map(words_of, as_written(condition, form.days).relations))


def all_of(relations: Iterable[Phrases]) -> Phrases:
    """Return the relations of a condition in words, joined; nothing if it has none."""
    return Phrases(tuple(part for one in relations for part in one.parts), "rule-and")


def rule_words(rule: str | Phrases, condition: Phrases) -> str | Phrases:
    """Return a rule in words with its condition, which says why it is asked."""
    return phrase("rule-when", rule=rule, condition=condition) if condition.parts else rule


def _valued(form: Form, name: str) -> Field | Column:
    return form.columns[name] if name in form.columns else form.fields[name]


def _whole_name(form: Form, name: str, other: str) -> str:
    """Return the name of the field or column that a field or column calls *other*."""
    return f"{name.partition('.')[0]}.{other}" if name in form.columns else other


def _kind_of(form: Form, name: str) -> ValueKind:
    return form.column_kinds[name] if name in form.columns else form.kinds[name]


def _when_words(form: Form, name: str) -> Phrases:
    """Return when a field or a column is asked, in words."""
    when = _valued(form, name).when
    return (
        line_words(form, name.partition(".")[0], when)
        if name in form.columns
        else condition_words(form, when)
    )


def line_words(form: Form, key: str, condition: Condition) -> Phrases:
    """Return a condition on the lines of a list in words."""

    def words(linear: Linear) -> str:
        return linear.words(lambda name: form.in_words(name, lambda own: line_label(form, key, own)))

    found = []
    for one in as_written(condition, form.lists[key].days).relations:
        if compares_days(one, form.lists[key].days):
            found.append(days_words(one, lambda name: line_label(form, key, name)))
            continue
        column, _, word = ("" if one.right.terms else one.left.single).removesuffix("]").partition("[")
        if word:
            whole = f"{key}.{column}"
            is_option = isinstance(kind := form.column_kinds[whole], Choice) and word in kind.by_name
            sign = ("" if one.right.constant else "not-") + ("chosen" if is_option else "shaped")
            label, option = form.columns[whole].label, form.word_shown(whole, word)
            found.append(phrase(f"rule-{sign}", label=label, option=option))
        else:
            found.append(_written(one, words))
    return all_of(found)


def line_label(form: Form, key: str, name: str) -> str:
    """Return the label of a column of a list, or of a figure over a list, in a sum; or of a day."""
    if f"{key}.{name}" in form.columns:
        return form.columns[f"{key}.{name}"].label
    if is_fixed(name):
        return day_label(form, name)
    over = OverList.of(name)
    return form.list_words(over) if over and over.says_row else figure_label(form, name)


def prompt(form: Form, name: str) -> str:
    """Return what to fill in in a field or a column: its hint, what it takes, and when it is asked."""
    t, kind = clerk(), _kind_of(form, name)
    one = _valued(form, name)
    text = one.hint + t(f"field.{_key(kind)}", **_facts(kind))
    text += in_chinese(_shapes_words(kind))
    if one.under:
        text += t("field.under", label=_valued(form, _whole_name(form, name, one.under)).label)
    rule = in_chinese(asked_words(form, name))
    return t("field.prompt", text=text, rule=rule) if rule else text


def known_by_words(one: List) -> str:
    """Return by what the lines of a list are known, and which of them hold the sum of others, in words."""
    t, columns = clerk(), {column.key: column for column in one.columns}
    text = t("list.joint").join(columns[key].label for key in one.unique)
    found = t("list.hint-unique", columns=text) if text else ""
    for key in dict.fromkeys(one.levelled.values()):
        levels = t("list.joint").join(shape.label for shape in columns[key].shapes)
        found += t("list.hint-levels", label=columns[key].label, levels=levels)
    return found


def derived_words(form: Form, key: str, column: Column) -> str:
    """Return what a column of a list is derived from, in words; nothing for what is shown of an item."""
    if column.is_ is None:
        return ""

    def words(linear: Linear) -> str:
        return linear.words(partial(line_label, form, key))

    if isinstance(column.is_, Linear):
        calculation = words(column.is_)
    elif isinstance(column.is_, Product):
        calculation = "×".join(line_label(form, key, name) for name in column.is_.names)
    else:
        sides = (column.is_.top, column.is_.bottom)
        calculation = "÷".join(f"（{words(one)}）" if is_compound(one) else words(one) for one in sides)
    found = clerk()("list.derived", label=column.label, words=calculation)
    return in_chinese(rule_words(found, line_words(form, key, column.when)))


def _shapes_words(kind: ValueKind) -> Phrases:
    """Return the shapes that a text may have, in words."""
    if not isinstance(kind, Text) or not kind.shapes:
        return Phrases(())
    return phrase("rule-shapes", shapes=clerk()("list.joint").join(one.label for one in kind.shapes))


def options_words(form: Form, name: str) -> str:
    """Return the options of a field in words, if they are not too many to print; nothing for yes or no."""
    kind = _kind_of(form, name)
    if not isinstance(kind, Choice) or kind.name == "yes" or len(kind.options) > _MOST_OPTIONS:
        return ""
    t = clerk()
    if not _valued(form, name).under:
        return t("field.options", options=t("field.joint").join(option.shown for option in kind.options))
    groups = (
        t("field.options-under", item=item.shown, options=t("list.joint").join(one.shown for one in below))
        for item in kind.above
        if (below := kind.below(item.name))
    )
    return t("field.options", options=t("field.joint").join(groups))


def asked_words(form: Form, name: str) -> Phrases:
    """Return whether a field must be filled in, and when it is asked; nothing if it is as the agency likes."""
    one = _valued(form, name)
    if one.when.relations:
        key = "rule-required-when" if one.required else "rule-asked-when"
        return phrase(key, condition=_when_words(form, name))
    if isinstance(one, Column) and one.required_when.relations:
        condition = line_words(form, name.partition(".")[0], one.required_when)
        return phrase("rule-required-when", condition=condition)
    return phrase("rule-required") if one.required else Phrases(())


def fault_facts(form: Form, name: str, code: str) -> dict[str, object]:
    """Return the facts of the finding that the value of a field is at fault: its label, and what is asked of it."""
    one, kind = _valued(form, name), _kind_of(form, name)
    facts: dict[str, object] = {"label": one.label}
    if code == "required":
        facts["rule"] = asked_words(form, name)
    if code == "not-asked":
        facts["rule"] = phrase("rule-asked-when", condition=_when_words(form, name))
    if code == NOT_A_CHOICE:
        facts["under"] = Phrases(())
    if code == NOT_THE_PATTERN:
        shapes = _shapes_words(kind)
        otherwise = (
            shapes if shapes.parts else phrase("rule-url" if one.kind == "url" else "rule-as-required")
        )
        facts["rule"] = one.hint or otherwise
    if code == TOO_LONG and isinstance(kind, Text):
        facts["longest"] = str(kind.longest)
    return facts


def under_item(item: str) -> Phrases:
    """Return the fact that an option is none of those under an *item*, as it is shown."""
    return phrase("under-item", item=item)


def summary(form: Form, name: str, values: Mapping[str, Decimal], text: str) -> str:
    """Return what a field adds up to in a roll-up: how many chose each option, the first and the last day, or whose its texts are."""
    if isinstance(form.kinds[name], Text):
        return clerk()("field.by-agencies")
    if isinstance(form.kinds[name], Choice):
        counted = (count for count, (field, _) in form.counted.items() if field == name)
        return clerk()("field.joint").join(
            count_words(form, count, digits(values.get(count)) or "0") for count in counted
        )
    return span_words(text)


def summed_in(form: Form, name: str, text: str) -> tuple[dict[str, Decimal], str]:
    """Return the counts of options, or the first and the last day, that :func:`summary` put into a *text*; neither if it did not."""
    kind, t = form.kinds[name], clerk()
    if isinstance(kind, Choice):
        counted = [count for count, (field, _) in form.counted.items() if field == name]
        parts = (f"{re.escape(compact(count_words(form, count, '')))}([0-9]+)" for count in counted)
        found = re.fullmatch(compact(t("field.joint")).join(parts), compact(text))
        return (dict(zip(counted, map(Decimal, found.groups()), strict=True)) if found else {}), ""
    if isinstance(kind, Date):
        day = "([0-9]{4}-[0-9]{2}-[0-9]{2})"
        found = re.fullmatch(t("field.between", first=day, last=day), compact(text))
        days = found.groups() if found else ()
        span = kind.span(kind.read(Held(one)).value for one in days)
        return {}, span if span == "/".join(days) else ""
    return {}, ""


def is_of_agencies(form: Form, name: str, text: str) -> bool:
    """Return whether a *text* is what :func:`summary` says of the texts of several agencies."""
    return isinstance(form.kinds[name], Text) and compact(text) == clerk()("field.by-agencies")


def count_words(form: Form, count: str, number: str) -> str:
    """Return how many chose an option; *count* is the name of that figure."""
    return clerk()("field.count", label=form.cells[count].column.label) + number


def span_words(span: str) -> str:
    """Return a day, or the first and the last of several, as a cell shows them."""
    first, _, last = span.partition("/")
    return clerk()("field.between", first=first, last=last) if last else first


def refusal(kind: ValueKind) -> str:
    """Return what a program says that refuses what was typed into a field of that kind."""
    t = clerk()
    if isinstance(kind, Number):
        limit = (
            t("input.decimals", places=kind.decimals) if kind.decimals is not None and not kind.whole else ""
        )
        return (
            t(f"input.error-{'signed-' if kind.signed else ''}{'count' if kind.whole else 'decimal'}") + limit
        )
    return t(f"field.error-{'text' if isinstance(kind, Text) else _key(kind)}", **_facts(kind))


def _key(kind: ValueKind) -> str:
    if isinstance(kind, Number):
        return "number-count" if kind.whole else "number-decimal"
    return "yes-no" if kind.name == "yes" else kind.name


def _facts(kind: ValueKind) -> dict[str, object]:
    t = clerk()
    facts: dict[str, object] = {"yes": t("field.yes"), "no": t("field.no")}
    if isinstance(kind, Text):
        facts["longest"] = kind.longest
    if isinstance(kind, Number):
        facts["unit"] = t("field.in-unit", unit=kind.unit) if kind.unit else ""
        facts["limit"] = t("input.decimals", places=kind.decimals) if kind.decimals is not None else ""
    return facts
