"""Faults of lists: columns and keys that cannot be read back, rules without a place, figures that cannot be added."""

from __future__ import annotations

from collections.abc import Iterator

from xltools.errors import Problem
from xltools.form import lint_fields
from xltools.form.days import as_written, compares_days
from xltools.form.kinds import Choice, Choices, Text
from xltools.form.labels import core, plain
from xltools.form.linear import ROW_CODE, ZERO, Linear, OverList
from xltools.form.lint_names import (
    LONGEST_SENTENCE,
    clipped,
    day_faults,
    given,
    repeated_faults,
    text_faults,
    unique_key_faults,
    unknown_faults,
)
from xltools.form.lint_rules import carry_faults
from xltools.form.lint_sums import alike_in
from xltools.form.lists import LARGEST, SHOWN, Column, Derivation, counted, words_of
from xltools.form.model import COVER, Form
from xltools.form.ratio import Product
from xltools.form.relation import Condition, Relation
from xltools.form.sections import Line, List, Rule, leaves
from xltools.form.shapes import shape_of
from xltools.form.wording import own_name, time_of
from xltools.toml_tables import nearest

_PLAIN = Column(key="", label="")


def list_faults(form: Form) -> Iterator[Problem]:
    """Yield the faults of all lists."""
    every = [(section, one) for section in form.sections for one in section.lists]
    if form.schema == 1:
        for section, _ in every[:1]:
            yield Problem("needs-schema", f"section “{section.key}”", {"words": "[[section.list]]"})
        return
    keys = [one.key for _, one in every]
    yield from unique_key_faults("list", keys)
    yield from lint_fields.reserved_faults(keys, "list")
    taken = [*form.columns, *form.texts, *(COVER for key in keys if key == COVER)]
    yield from repeated_faults(taken, "list", "repeated-key")
    for section, one in every:
        place = f"section “{section.key}” › list “{one.key}”"
        yield from _columns(one, form, place)
        yield from _shape(one, place)
        for rule in one.rules:
            yield from _rule(rule, one, form, f"{place} › rule “{rule.key}”")
        for rule in one.carries:
            yield from _carry(rule, one, f"{place} › carry “{rule.key}”")
    yield from _rows(form)


def _columns(one: List, form: Form, place: str) -> Iterator[Problem]:
    codes = {codes.key: codes for codes in form.codes}
    yield from unique_key_faults(place, list(one.keys))
    yield from lint_fields.reserved_faults(one.keys, place)
    yield from repeated_faults((plain(column.label) for column in one.columns), place, "repeated-label")
    times = [core(text) for column in one.columns for text in (column.label, *column.also)]
    for column in one.columns:
        here = f"{place} › “{column.key}”"
        yield from lint_fields.valued_faults(column, codes, here)
        yield from lint_fields.under_faults(column, {other.key: other for other in one.columns}, codes, here)
        yield from text_faults(here, ("label", column.label), *(("also", text) for text in column.also))
        yield from text_faults(here, *given(hint=column.hint), limit=LONGEST_SENTENCE)
        for text in column.also:
            if times.count(core(text)) > 1:
                yield Problem("also-alike", here, {"text": clipped(text)})
        yield from _derived(column, one, form, here)
        yield from _shapes(column, one, form, here)
        options = {item.name for item in codes[column.from_].items} if column.from_ in codes else set()
        for clash in sorted(options & {*one.keys}):
            yield Problem("code-is-key", here, {"name": clash})
        yield from _condition(column.when, one, form, f"{here} › when")
        yield from _condition(column.required_when, one, form, f"{here} › required_when")
        if column.required_when.relations and (column.required or column.when.relations):
            yield Problem("required-twice", here)
        if any(name.partition("[")[0] == column.key for name in column.condition_names):
            yield Problem("circular", here, {"name": column.key})
        if column.of and not column.is_derived:
            yield from _part(column, one, here)


def _derived(column: Column, one: List, form: Form, place: str) -> Iterator[Problem]:
    if column.is_:
        yield from _calculation(column, column.is_, one, form, place)
    if column.shows:
        yield from _shows(column, one, place)
    vain = ("required", "required_when", "of", *(() if column.is_ else ("when",)))
    for key in vain if column.is_derived else ():
        if getattr(column, key) != getattr(_PLAIN, key):
            yield Problem("derived-no-effect", place, {"key": key})


def _calculation(column: Column, is_: Derivation, one: List, form: Form, place: str) -> Iterator[Problem]:
    """Yield operands of a sum, a ratio or a product that are no numbers of the line, and sums of several units."""
    if column.kind != "number":
        yield Problem("no-effect", place, {"key": "is", "kind": column.kind})
    if any(compares_days(asked, one.days) for asked in column.when.relations):  # a formula of every period
        yield Problem("derived-days", f"{place} › when")
    for name, _, word in (name.removesuffix("]").partition("[") for name in column.when.names):
        if word and (kind := form.column_kinds.get(f"{one.key}.{name}")):  # it stands in the formula
            yield from lint_fields.criterion_faults(kind, f"{one.key}.{name}", word, f"{place} › when")
    if isinstance(is_, Linear):
        yield from _operands(is_, one, form, f"{place} › is", column.unit)
        if is_.has_multiples and not column.unit:
            yield Problem("multiple-without-unit", f"{place} › is", {"name": column.key})
        if column.number == "count" and not is_.is_whole:
            yield Problem("multiple-not-whole", f"{place} › is", {"name": column.key, "text": str(is_)})
        yield from repeated_faults(is_.names, f"{place} › is", "repeated-in-rule")
        return
    if isinstance(is_, Product):
        yield from _factors(column, is_, one, form, f"{place} › is")
        return
    for side in (is_.top, is_.bottom):
        yield from _operands(side, one, form, f"{place} › is")


def _factors(column: Column, product: Product, one: List, form: Form, place: str) -> Iterator[Problem]:
    """Yield factors that are no numbers of the line, or too fine for a whole product, and products of lines that are added."""
    known = {other.key: other for other in one.columns}
    yield from unknown_faults(product.names, known, place)
    for factor in (known[name] for name in product.names if name in known):
        if factor.kind == "choice":
            items = next((codes.items for codes in form.codes if codes.key == factor.from_), ())
            without = [item.label for item in items if item.name not in product.codes[factor.key]]
            yield from (
                Problem("product-choice", place, {"name": factor.key, "text": t}) for t in without[:1]
            )
            continue
        yield from lint_fields.added_faults(factor, place)
        if (factor.kind, factor.number, column.number) == ("number", "decimal", "count"):
            yield Problem("product-whole", place, {"name": factor.key})
    if one.merge == "code":
        yield Problem("product-by-code", place)


def _shapes(column: Column, one: List, form: Form, place: str) -> Iterator[Problem]:
    """Yield shapes with keys that mean something else, and options whose code has none of them."""
    kind, here = form.column_kinds[f"{one.key}.{column.key}"], f"{place} › shapes"
    if not column.shapes:
        return
    if (
        not isinstance(kind, Text | Choice)
        or isinstance(kind, Choices)
        or column.kind not in {"text", "choice"}
    ):
        yield Problem("no-effect", place, {"key": "shapes", "kind": column.kind})
        return
    keys = [shape.key for shape in column.shapes]
    yield from unique_key_faults(here, keys)
    yield from lint_fields.reserved_faults(keys, here)
    yield from repeated_faults(
        (*keys, *(kind.by_name if isinstance(kind, Choice) else ()), *one.keys), here, "repeated-key"
    )
    for shape in column.shapes:
        yield from text_faults(f"{here} › “{shape.key}”", ("label", shape.label), ("pattern", shape.pattern))
    faults = [fault for shape in column.shapes for fault in lint_fields.pattern_faults(shape.pattern, here)]
    yield from faults
    for option in kind.options if isinstance(kind, Choice) and not faults else ():
        if " " in option.code or not shape_of(column.shapes, option.code):
            yield Problem("option-shapeless", here, {"text": clipped(option.shown)})


def _shows(column: Column, one: List, place: str) -> Iterator[Problem]:
    """Yield what is wrong with a column that shows something of the item in another one."""
    source, what = column.shown_of
    known = {other.key: other for other in one.columns}
    if column.kind != "text" or column.is_:
        yield Problem("no-effect", place, {"key": "shows", "kind": column.kind})
    yield from unknown_faults((source,), known, f"{place} › shows")
    yield from unknown_faults((what,), SHOWN, f"{place} › shows")
    if source in known and known[source].kind != "choice":
        yield Problem("shows-no-item", f"{place} › shows", {"name": source, "kind": known[source].kind})


def _operands(
    linear: Linear, one: List, form: Form, place: str, unit: str | None = None
) -> Iterator[Problem]:
    """Yield what cannot be added of the columns of a line and of figures over lists, and sums over several units.

    The sum itself has a *unit*.
    """
    known = {column.key: column for column in one.columns}
    units = set() if unit is None else {unit}
    for name in linear.names:
        if over := OverList.of(name):
            yield from lint_fields.over_faults(name, form, place, line_of=one.key)
            if (own := _unit_over(name, over, form)) is not None:
                units.add(own)
        elif name not in known:
            yield from unknown_faults((name,), known, place)
        else:
            yield from lint_fields.added_faults(known[name], place)
            units.add(known[name].unit)
    if len(units) > 1 and not linear.has_multiples:
        yield Problem("mixed-units", place, {"units": "、".join(sorted(units))})


def _unit_over(name: str, over: OverList, form: Form) -> str | None:
    """Return the unit of a figure over a list; ``None`` for a number of lines, which goes with any unit."""
    if name in form.list_figures:
        return None if form.is_count(name) else form.cells[name].unit
    column = form.columns.get(f"{over.list}.{over.column}")
    return column.unit if column else None


def _part(column: Column, one: List, place: str) -> Iterator[Problem]:
    known = {other.key: other for other in one.columns}
    yield from unknown_faults((column.of,), known, f"{place} › of")
    whole = known.get(column.of)
    if whole and whole.is_derived:
        yield Problem("ratio-in-sum", f"{place} › of", {"name": column.of})
    elif column.of == column.key:
        yield Problem("circular", f"{place} › of", {"name": column.key})
    elif whole is None:
        return
    elif (column.kind, whole.kind) != ("number", "number"):
        name = column.key if column.kind != "number" else whole.key
        yield Problem("not-compared", f"{place} › of", {"name": name, "kind": known[name].kind})
    elif column.signed or whole.signed:
        yield Problem("part-signed", f"{place} › of", {"label": column.label})
    elif column.unit != whole.unit:
        yield Problem("mixed-units", f"{place} › of", {"units": "、".join(sorted({column.unit, whole.unit}))})


def _shape(one: List, place: str) -> Iterator[Problem]:
    """Yield faults of the lines of a list: how many there are, by what they are known, and how they are merged."""
    if not one.columns:
        yield Problem("empty-axis", f"{place} › columns")
    yield from text_faults(place, *given(title=one.title, sheet=one.sheet))
    if not 1 <= one.print_ <= one.most <= LARGEST:
        yield Problem("list-size", place, {"print": one.print_, "most": one.most, "limit": LARGEST})
    yield from unknown_faults(one.unique, one.keys, f"{place} › unique")
    yield from repeated_faults(one.unique, f"{place} › unique", "repeated-key")
    derived = (column.key for column in one.columns if column.is_derived and column.key in one.unique)
    yield from (Problem("ratio-in-sum", f"{place} › unique", {"name": key}) for key in derived)
    if one.unique_in == "agency" and (not one.unique or one.merge == "code"):
        yield Problem("unique-in-vain", place)
    if one.merge == "code":
        if not one.unique:
            yield Problem("list-without-key", place)
        for column in one.columns:
            if column.kind != "number" and column.key not in one.unique and not column.is_derived:
                yield Problem("list-not-added", f"{place} › “{column.key}”", {"kind": column.kind})
            if column.kind == "number" and column.key in one.unique:
                yield Problem("list-number-key", f"{place} › “{column.key}”")


def _rule(rule: Rule, one: List, form: Form, place: str) -> Iterator[Problem]:
    if rule.columns is None or rule.rows or rule.cells or rule.on:
        yield Problem("list-rule", place)
        return
    if compares_days(rule.columns, one.days):
        kinds = {column.key: column.kind for column in one.columns}
        kinds |= {name: "number" for name in rule.columns.names if OverList.of(name)}
        yield from day_faults(rule.columns, kinds, place, rule.within)
        yield from _condition(rule.when, one, form, f"{place} › when")
        return
    left = rule.columns.left
    if not left.names or OverList.of(left.names[0]) or time_of(left.names[0]):
        yield Problem("rule-left", place, {"text": str(left)})
    if rule.within and rule.columns.sign != "=":
        yield Problem("within-inequality", place, {"text": str(rule.columns)})
    problems = [
        *_relation(rule.columns, one, form, place),
        *_condition(rule.when, one, form, f"{place} › when"),
    ]
    yield from problems
    yield from repeated_faults(rule.columns.names, place, "repeated-in-rule")
    if not problems and not Condition((rule.columns,)).can_hold(lambda name: _is_signed(name, one, form)):
        yield Problem("never-holds", place, {"text": str(rule.columns)})


def _carry(rule: Rule, one: List, place: str) -> Iterator[Problem]:
    """Yield faults of a carry: it derives a column from others, of this period and others, in the line of the same key."""
    if rule.columns is None or rule.rows or rule.cells or rule.on:
        yield Problem("list-rule", place)
        return
    if not one.unique:
        yield Problem("list-carry-without-key", place)
    known = {column.key: column for column in one.columns}
    names = [own_name(name) for name in rule.columns.names]
    unknown = [*unknown_faults(names, known, place)]
    yield from unknown
    for name in () if unknown else dict.fromkeys(names):
        yield from lint_fields.added_faults(known[name], place)
    units = {known[name].unit for name in names if name in known}
    if len(units) > 1 and not rule.columns.has_multiples:
        yield Problem("mixed-units", place, {"units": "、".join(sorted(units))})
    yield from carry_faults(rule, frozenset(), place)
    yield from repeated_faults(rule.columns.names, place, "repeated-in-rule")


def _is_signed(name: str, one: List, form: Form) -> bool:
    if name in form.list_figures:
        return form.cells[name].signed
    column = next((column for column in one.columns if column.key == name), None)
    return column is not None and column.signed


def _condition(condition: Condition, one: List, form: Form, place: str) -> Iterator[Problem]:
    kinds = {column.key: column.kind for column in one.columns}
    problems: list[Problem] = []
    for relation in as_written(condition, one.days).relations:
        of_days = compares_days(relation, one.days)
        problems += (
            day_faults(relation, kinds, place)
            if of_days
            else _relation(relation, one, form, place, asks=True)
        )
    yield from problems
    wanted: dict[str, set[str]] = {}
    for relation in condition.relations:
        if relation.right.constant != ZERO and "[" in (relation.left.names or ("",))[0]:
            column, _, option = relation.left.names[0].partition("[")
            wanted.setdefault(column, set()).add(option)
    is_split = any(len(options) > 1 for options in wanted.values())
    if not problems and (is_split or not condition.can_hold(lambda name: _is_signed(name, one, form))):
        yield Problem("never-holds", place, {"text": str(as_written(condition, one.days))})


def _relation(
    relation: Relation, one: List, form: Form, place: str, *, asks: bool = False
) -> Iterator[Problem]:
    """Yield unknown names of a relation in a line, columns that are no numbers, and sums over several units.

    One of a condition, which *asks*, may ask for an option.
    """
    known = {column.key: column for column in one.columns}
    units: dict[str, str] = {}
    for name in relation.names:
        column, _, option = name.partition("[")
        if over := OverList.of(name):
            yield from lint_fields.over_faults(name, form, place, line_of=one.key)
            if (unit := _unit_over(name, over, form)) is not None:
                units[name] = unit
        elif column not in known:
            yield from unknown_faults((column,), known, place)
        elif option:
            is_asked = asks and relation in (counted(name, 0), counted(name, 1))
            apart = Problem("not-compared", place, {"name": column, "kind": known[column].kind})
            yield from _option(column, option.removesuffix("]"), one, form, place) if is_asked else (apart,)
        elif known[column].is_derived:
            yield Problem("ratio-in-sum", place, {"name": name})
            return
        elif known[column].kind != "number":
            yield from _no_number(name, [n for n in relation.names if n != name], one, form, place)
            return
        else:
            units[name] = known[column].unit
    for names in alike_in(relation, apart=relation.sign != "="):
        found = {units[name] for name in names if name in units}
        if len(found) > 1:
            yield Problem("mixed-units", place, {"units": "、".join(sorted(found))})


def _option(column: str, option: str, one: List, form: Form, place: str) -> Iterator[Problem]:
    kind = form.column_kinds[f"{one.key}.{column}"]
    if option not in (words := words_of(kind)):
        likely = nearest(option, words)
        yield Problem("unknown-option", place, {"name": option, "field": column, "nearest": likely})


def _no_number(column: str, others: list[str], one: List, form: Form, place: str) -> Iterator[Problem]:
    """Yield what is wrong with a column that is no number: it is compared with something else than one option."""
    kind = form.column_kinds[f"{one.key}.{column}"]
    if isinstance(kind, Choice) and len(others) == 1:
        yield from _option(column, others[0], one, form, place)
    else:
        yield Problem("not-compared", place, {"name": column, "kind": kind.name})


def _rows(form: Form) -> Iterator[Problem]:
    """Yield tables whose columns ask for the code of a row that is none of the codes and has no sum of its own."""
    for section in form.sections:
        for index, block in enumerate(section.blocks, 1):
            for line in leaves(block.columns):
                for name in line.total.names if line.total else ():
                    over = OverList.of(name)
                    if over and over.says_row and not any(lint_fields.over_faults(name, form, "")):
                        place = f"section “{section.key}” › block {index} › “{line.key}” › is"
                        yield from _row_codes(over, leaves(block.rows), form, place)


def _row_codes(over: OverList, rows: tuple[Line, ...], form: Form, place: str) -> Iterator[Problem]:
    for key, code in over.where:
        kind = form.column_kinds[f"{over.list}.{key}"]
        if code == ROW_CODE and isinstance(kind, Choice):
            for row in rows:
                if row.is_ is None and row.key not in kind.by_name:
                    field, likely = f"{over.list}.{key}", nearest(row.key, kind.by_name)
                    yield Problem(
                        "unknown-option", place, {"name": row.key, "field": field, "nearest": likely}
                    )
