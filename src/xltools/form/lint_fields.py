"""Faults of fields and lists of codes: what cannot be chosen, read back or compared."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

from xltools.errors import Problem
from xltools.form.days import as_written, compares_days
from xltools.form.fields import Codes, Field, Valued, kind_of
from xltools.form.kinds import Choice, Choices, Date, Held, Text, ValueKind
from xltools.form.linear import ROW_CODE, UNDER_ROW, ZERO, OverList
from xltools.form.lint_names import (
    RESERVED_KEYS,
    clipped,
    day_faults,
    given,
    in_terms_of_codes,
    range_faults,
    repeated_faults,
    text_faults,
    unique_key_faults,
    unknown_faults,
)
from xltools.form.lists import Column, words_of
from xltools.form.model import COVER, PARTS, Form
from xltools.form.relation import PERIOD, Condition
from xltools.form.sections import Block, List, is_whole_name, leaves
from xltools.form.shapes import levels_of, sequences
from xltools.form.wording import own_name, time_of
from xltools.toml_tables import nearest

# The keys that have an effect only on values of some kinds.
_EFFECTIVE = {
    "from_": {"choice", "choices"},
    "under": {"choice"},
    "pattern": {"text", "url"},
    "longest": {"text", "url", "prose"},
    "number": {"number"},
    "unit": {"number"},
    "signed": {"number"},
    "decimals": {"number"},
    "additive": {"number"},
}
_PLAIN = Field(key="-", label="-")
_MOST_CHARACTERS = 32_767  # in a cell
_MOST_COLUMNS = 16_000  # of figures, options and texts in a sheet, which has 16,384
_COUNT = re.compile(r"(?P<field>.+)\[(?P<option>.+)\]")
# What programs take for a number, a day, a time or a truth value as it is typed.
_OTHERWISE = (
    r"[(+-]?[¥$]?[0-9.,]+(?:e[+-]?[0-9]+)?[%)]?|[0-9]{1,4}(?:[-/][0-9]{1,4}){1,2}"
    r"|[0-9]{1,2}(?::[0-9]{2}){1,2}|true|false"
)


def code_faults(form: Form) -> Iterator[Problem]:
    """Yield faults of the lists of codes."""
    yield from unique_key_faults("codes", [one.key for one in form.codes])
    for one in form.codes:
        place = f"codes “{one.key}”"
        if one.file:
            yield Problem("codes-file", place, {"file": one.file})
        elif not one.items:
            yield Problem("codes-empty", place)
        names = [item.name for item in one.items]
        codes = [item.code for item in one.items if not item.key]
        yield from in_terms_of_codes(unique_key_faults(place, names), codes)
        yield from reserved_faults(names, place)
        for item in one.items:
            here = f"{place} › “{clipped(item.label)}”"
            yield from text_faults(here, ("label", item.label), *given(label=item.shown, unit=item.unit))
            if not (item.key or item.code):
                yield Problem("missing-key", here, {"key": "key"})
            if _is_otherwise(item.label):
                yield Problem("option-as-value", here, {"text": clipped(item.label)})
        yield from _above_faults(one, form, place)
        yield from _alike(one, place)


def _above_faults(one: Codes, form: Form, place: str) -> Iterator[Problem]:
    """Yield an unknown list of codes, and unknown items of it, that the items are said to be under."""
    if one.under:
        yield from unknown_faults((one.under,), [other.key for other in form.codes], f"{place} › under")
    above = next((other for other in form.codes if other.key == one.under), one)
    known = [name for item in above.items for name in (item.name, item.code) if name]
    yield from unknown_faults(filter(None, (item.under for item in one.items)), known, place)


def under_faults(
    one: Valued, others: Mapping[str, Valued], codes: Mapping[str, Codes], place: str
) -> Iterator[Problem]:
    """Yield faults of a choice that depends on another; *others* are those beside it, by the names that it uses."""
    if not one.under or one.kind != "choice":
        return
    here = f"{place} › under"
    yield from unknown_faults((one.under,), others, here)
    above, own = others.get(one.under), codes.get(one.from_)
    if above is None or own is None:
        return
    expected = own.under or own.key
    if one in _chain(above, others):
        yield Problem("under-itself", here, {"name": one.key})
    elif above.kind != "choice":
        yield Problem("under-no-choice", here, {"name": one.under, "kind": above.kind})
    elif above.from_ != expected:
        facts = {"name": one.under, "found": above.from_, "codes": own.key, "expected": expected}
        yield Problem("under-other-codes", here, facts)
    elif (
        own.under
        and one.required
        and not one.when.relations
        and isinstance(kind := kind_of(one, codes), Choice)
    ):
        for item in kind.above:
            if not kind.below(item.name):
                yield Problem("under-nothing", here, {"codes": own.key, "text": clipped(item.label)})


def _chain(one: Valued, others: Mapping[str, Valued]) -> list[Valued]:
    """Return a choice, that on which it depends, and so on, until one is met again."""
    found: list[Valued] = []
    while one not in found:
        found.append(one)
        one = others.get(one.under, one)
    return found


def _is_otherwise(label: str) -> bool:
    """Return whether programs take a label for a number, a date or a truth value as it is typed."""
    return bool(re.fullmatch(_OTHERWISE, label.strip().casefold()) or Date().read(Held(label)).value)


def _alike(codes: Codes, place: str) -> Iterator[Problem]:
    """Yield the options that what they show does not tell from others."""
    choice = Choice(codes.items)
    for item in codes.items:
        if item.label.strip() and choice.read(Held(item.shown)).value != item.name:
            yield Problem("option-alike", place, {"text": clipped(item.shown)})


def reserved_faults(keys: Iterable[str], place: str) -> Iterator[Problem]:
    """Yield the keys that are words of sums."""
    for key in sorted({*keys} & RESERVED_KEYS):
        yield Problem("reserved-key", place, {"key": key})


def field_faults(form: Form) -> Iterator[Problem]:
    """Yield faults of the fields of the cover and of sections; their names are in :attr:`Form.fields`."""
    if form.schema == 1:
        return
    codes = {one.key: one for one in form.codes}
    for key, place, group in _groups(form):
        yield from reserved_faults((one.key for one in group), place)
        names = {one.key for one in group}
        for one in group:
            here = f"{place} › “{one.key}”"
            yield from valued_faults(one, codes, here)
            yield from under_faults(one, form.fields, codes, here)
            options = {item.name for item in codes[one.from_].items} if one.from_ in codes else set()
            for clash in sorted(options & names):
                yield Problem("code-is-key", here, {"name": clash})
            yield from condition_faults(one.when, form, here)
            if any(
                name.startswith(f"{key}.{one.key}[") or name == f"{key}.{one.key}" for name in one.when.names
            ):
                yield Problem("circular", here, {"name": one.key})
    columns = len(form.cells) + len(form.gathered)  # of a roll-up
    if columns > _MOST_COLUMNS:
        yield Problem("too-many-figures", "form", {"count": columns, "most": _MOST_COLUMNS})
    yield from _section_faults(form, codes)


def _section_faults(form: Form, codes: Mapping[str, Codes]) -> Iterator[Problem]:
    """Yield sections whose fields have no place, and rows of unknown codes."""
    for section in form.sections:
        if section.key == COVER:  # its fields would have the names of those of the cover
            yield Problem("repeated-key", "section", {"name": COVER})
        if not section.blocks and any(one.below for one in section.fields):
            yield Problem("below-nothing", f"section “{section.key}”")
        for index, block in enumerate(section.blocks, 1):
            yield from _counting_faults(block, f"section “{section.key}” › block {index}")
            if block.rows_from:
                place = f"section “{section.key}” › block {index} › rows_from"
                yield from unknown_faults((block.rows_from,), codes, place)


def _counting_faults(block: Block, place: str) -> Iterator[Problem]:
    """Yield lines with figures of fields or lists that totals of the other axis would add several times.

    A figure of the lines with the code of the row is another one in each row.
    """
    axes = {"rows": leaves(block.rows), "columns": leaves(block.columns)}
    for (axis, lines), others in zip(axes.items(), (axes["columns"], axes["rows"]), strict=True):
        for line in lines:
            names = [name for name in (line.total.names if line.total else ()) if is_whole_name(name)]
            is_same = any(not ((over := OverList.of(name)) and over.says_row) for name in names)
            if is_same and any(other.is_ or other.mean for other in others):
                yield Problem(
                    "count-meets-total", f"{place} › {axis} › “{line.key}” › is", {"name": line.key}
                )


def _groups(form: Form) -> Iterator[tuple[str, str, tuple[Field, ...]]]:
    yield COVER, COVER, form.cover.fields
    yield from ((s.key, f"section “{s.key}”", s.fields) for s in form.sections)


def valued_faults(one: Valued, codes: Mapping[str, Codes], place: str) -> Iterator[Problem]:
    """Yield faults of what a field or a column of a list says about its values."""
    for key, kinds in _EFFECTIVE.items():
        if one.kind not in kinds and getattr(one, key, None) not in {None, getattr(_PLAIN, key)}:
            yield Problem("no-effect", place, {"key": key.rstrip("_"), "kind": one.kind})
    if one.kind in _EFFECTIVE["from_"]:
        if not one.from_:
            yield Problem("missing-key", place, {"key": "from"})
        else:
            yield from unknown_faults((one.from_,), codes, f"{place} › from")
    if one.longest is not None and not 1 <= one.longest <= _MOST_CHARACTERS:
        yield Problem("bad-longest", place, {"longest": one.longest, "most": _MOST_CHARACTERS})
    yield from range_faults(one.decimals, place)
    if one.decimals is not None and (one.kind, one.number) == ("number", "count"):
        yield Problem("decimals-whole", f"{place} › decimals", {"name": one.key})
    yield from pattern_faults(one.pattern, place)
    yield from text_faults(place, *given(unit=one.unit))


def pattern_faults(pattern: str, place: str) -> Iterator[Problem]:
    """Yield the fault of a pattern that is none."""
    try:
        re.compile(pattern)
    except re.error as error:
        yield Problem("bad-pattern", place, {"text": clipped(pattern), "reason": str(error)})


def condition_faults(condition: Condition, form: Form, place: str) -> Iterator[Problem]:
    """Yield unknown names in a condition of a field, which asks for figures of its own return, and what never holds."""
    yield from condition_period_faults(condition, form, place)
    written = as_written(condition, form.days).relations
    kinds = dict.fromkeys(form.cells, "number") | {name: one.kind for name, one in form.fields.items()}
    for one in written:
        if compares_days(one, form.days):
            yield from day_faults(one, kinds, place)
    of_figures = (one for one in written if not compares_days(one, form.days))
    condition = Condition(tuple(one for one in of_figures if PERIOD not in one.names))
    last = [name for name in condition.names if time_of(name)]
    problems = [
        *unknown_faults(last, form.cells, place),
        *name_faults(condition.names, form, place, form.cells),
    ]
    yield from problems
    if not problems and not can_hold(condition, form, lambda name: form.cells[own_name(name)].signed):
        yield Problem("never-holds", place, {"text": str(condition)})


def condition_period_faults(condition: Condition, form: Form, place: str) -> Iterator[Problem]:
    """Yield what a condition says of the number of a period: of years, with figures, or of one that there is not."""
    parts, about = PARTS[form.period], [one for one in condition.relations if PERIOD in one.names]
    for one in about:
        if set(one.names) != {PERIOD}:
            yield Problem("period-with-figures", place, {"text": str(one)})
    alone = Condition(tuple(one for one in about if set(one.names) == {PERIOD}))
    if about and parts == 1:
        yield Problem("period-of-year", place)
    elif not any(alone.at(number).holds({}) for number in range(1, parts + 1)):
        yield Problem("no-such-period", place, {"text": str(alone), "parts": parts})


def name_faults(
    names: Iterable[str], form: Form, place: str, known: Collection[str], *, in_row: bool = False
) -> Iterator[Problem]:
    """Yield the names that are not *known*; for the name of a field or a list it says what is wrong with it."""
    for name in names:
        own = own_name(name)
        found = _COUNT.fullmatch(own)
        field = found["field"] if found else own
        if OverList.of(own):
            yield from over_faults(name, form, place, in_row=in_row)
            continue
        if own in known:
            continue
        if found and isinstance(kind := form.kinds.get(field), Choice):
            option = found["option"]
            yield Problem(
                "unknown-option",
                place,
                {"name": option, "field": field, "nearest": nearest(option, kind.by_name)},
            )
        elif field in form.fields:
            kind_name = form.fields[field].kind
            yield Problem("not-compared", place, {"name": field, "kind": kind_name})
        elif found:
            yield from unknown_faults((field,), form.fields, place)
        else:
            yield from unknown_faults((own,), known, place)


def added_faults(column: Column, place: str) -> Iterator[Problem]:
    """Yield the fault of adding, dividing or comparing a column that has no numbers, or only ratios."""
    if column.is_derived:
        yield Problem("ratio-in-sum", place, {"name": column.key})
    elif column.kind != "number":
        yield Problem("not-compared", place, {"name": column.key, "kind": column.kind})


def _summed_faults(column: Column, one: List, over: OverList, place: str) -> Iterator[Problem]:
    """Yield why a column cannot be summed; where each line has the unit of its item, the sum is of one item.

    What is derived under a condition would have another sum in lines that are added by code.
    """
    if not column.can_be_added or (one.merge == "code" and column.when.relations):
        yield from added_faults(column, place)
    is_open = one.unit_column and one.unit_column not in dict(over.where)
    if is_open and not column.unit and not column.is_derived:
        yield Problem("list-unit-open", place, {"name": column.key, "column": one.unit_column})


def over_faults(
    name: str, form: Form, place: str, *, in_row: bool = True, line_of: str = ""
) -> Iterator[Problem]:
    """Yield what is wrong with the name of a figure of a list.

    *in_row* of a table, a code may be that of the row; in the lines of the list *line_of*, that of the line.
    """
    over = OverList.of(name)
    if over is None:
        return
    if over.says_row and (over.list != line_of if line_of else over.tree or not in_row):
        yield Problem("list-row", place, {"text": name})
    one = form.lists.get(over.list)
    if one is None:
        yield from unknown_faults((over.list,), form.lists, place)
        return
    columns: Mapping[str, Column] = {column.key: column for column in one.columns}
    yield from unknown_faults((key for key in (over.column, *dict(over.where)) if key), columns, place)
    if not over.column and one.merge == "code":
        yield Problem("list-count-by-code", place, {"list": over.list})
    if over.column in columns:
        yield from _summed_faults(columns[over.column], one, over, place)
    yield from repeated_faults((key for key, _ in over.where), place, "repeated-in-rule")
    for key, code in over.where:
        kind = form.column_kinds.get(f"{over.list}.{key}")
        if kind is not None:
            is_alike = code == ROW_CODE and bool(line_of)
            yield from criterion_faults(kind, f"{over.list}.{key}", code, place, is_alike=is_alike)
    if over.column in (twice := one.levelled) and not over.tree:
        column, shapes = twice[over.column], form.columns[f"{over.list}.{twice[over.column]}"].shapes
        if not any(key == column and code in {shape.key for shape in shapes} for key, code in over.where):
            facts = {"name": over.column, "column": column, "shapes": "、".join(one.key for one in shapes)}
            yield Problem("list-counted-twice", place, facts)


def criterion_faults(
    kind: ValueKind, column: str, code: str, place: str, *, is_alike: bool = False
) -> Iterator[Problem]:
    """Yield what is wrong with a criterion on the column of a list; *is_alike*, it picks the lines that are like one."""
    key, shapes = column.partition(".")[2], kind.shapes if isinstance(kind, Choice | Text) else ()
    shape = next((one for one in shapes if one.key == code), None)
    is_comparable = isinstance(kind, Choice) and not isinstance(kind, Choices)
    if code == UNDER_ROW:
        if not levels_of(shapes):
            yield Problem("list-no-levels", place, {"name": key})
    elif shape:
        if not sequences(shape.pattern):
            yield Problem("shape-unsaid", place, {"name": code, "text": clipped(shape.pattern)})
    elif not is_comparable and not (isinstance(kind, Text) and (is_alike if code == ROW_CODE else shapes)):
        yield Problem("list-criterion", place, {"name": key, "kind": kind.name})
    elif code != ROW_CODE and code not in (words := words_of(kind)):
        likely = nearest(code, words)
        yield Problem("unknown-option", place, {"name": code, "field": column, "nearest": likely})


def can_hold(condition: Condition, form: Form, may_be_below_zero: Callable[[str], bool]) -> bool:
    """Return whether a condition holds for some return: no more than one option of a choice, and what figures allow."""
    wanted: dict[str, set[str]] = {}
    refused: dict[str, set[str]] = {}
    for relation in condition.relations:
        name = relation.left.single
        if name in form.counted and relation.sign == "=" and not relation.right.terms:
            field, option = form.counted[name]
            (refused if relation.right.constant == ZERO else wanted).setdefault(field, set()).add(option)
    for field, options in wanted.items():
        is_single = form.fields[field].kind != "choices"
        if options & refused.get(field, set()) or (is_single and len(options) > 1):
            return False
    return condition.can_hold(may_be_below_zero)
