"""Random forms in the second version of the language, with relations, ratios and means, and what a reader of the TOML finds.

The reader shares nothing with the package: it looks names up in the TOML and compares fractions.
"""

from __future__ import annotations

import datetime as dt
import operator
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from decimal import Decimal
from fractions import Fraction
from functools import partial
from typing import Any

from hypothesis import assume
from hypothesis import strategies as st

from xltools.errors import FormError
from xltools.form.load import parse
from xltools.form.model import Form

SIGNS = ["=", "<=", ">=", "<", ">", "!="]
_HOLDS = dict(
    zip(SIGNS, [operator.eq, operator.le, operator.ge, operator.lt, operator.gt, operator.ne], strict=True)
)
FACTORS = st.sampled_from(["", "", "", "2 * ", "0.5 * "])
_CODES = {"error": "rule-broken", "question": "rule-question", "warning": "rule-warning"}


@st.composite
def forms(
    draw: st.DrawFn,
    *,
    signs: tuple[str, ...] = tuple(SIGNS),
    plain: bool = False,
    divided: bool = False,
    with_fields: bool = False,
    holed: bool = False,
) -> Form:
    """A form of one or two tables; *plain* rules have no conditions, numbers or levels, *divided* tables ratios or means.

    *holed* tables have void cells.
    """
    sections = [draw(_section(index, signs, plain, divided)) for index in range(draw(st.integers(1, 2)))]
    cells = [f"s{i}.{r}.{c}" for i, (_, rows, columns) in enumerate(sections) for r in rows for c in columns]
    rule = _rule("across", "cells", cells, [], signs, plain)
    rules = ["[[rule]]\n" + draw(rule)] if draw(st.booleans()) else []
    head = 'schema = 2\nkey = "x"\nedition = "1"\ntitle = "表"\nauthority = "试"\n'
    text = head + "".join(section for section, _, _ in sections) + "".join(rules)
    if with_fields:
        text = draw(_with_fields(text))
    if holed:
        holes = draw(st.lists(st.sampled_from(cells), min_size=1, max_size=4, unique=True))
        text = _with_holes(text, holes)
    try:
        return parse(text, "form.toml")
    except FormError as error:  # a relation that never holds, or one that leaves a total nothing to add
        assume(
            {problem.code for problem in error.problems}
            - {"never-holds", "nothing-to-add", "void-all", "unknown-name"}
        )
        raise


def _with_holes(text: str, holes: Sequence[str]) -> str:
    """The form with void cells, and with the totals void that the form check then wants to be."""
    head, *sections = re.split(r"(?=\[\[section\]\])", text)
    found = [head]
    for section in sections:
        (key,) = re.findall('key = "(s[0-9])"', section)[:1]
        pairs = [name.split(".")[1:] for name in holes if name.startswith(f"{key}.")]
        found.append(section.replace("[[section.block]]\n", f"[[section.block]]\nvoid = {pairs}\n", 1))
    try:
        parse("".join(found), "form.toml")
    except FormError as error:
        more = [p.facts["name"] for p in error.problems if p.code in {"void-total", "void-uneven"}]
        if more and len(holes) < 40:
            return _with_holes(text, [*holes, *more])
    return "".join(found)


KINDS = ["text", "prose", "url", "choice", "choices", "yes", "date", "number"]
CODES = """[[codes]]
key = "codes"
items = [{ key = "a", label = "甲" }, { code = "01", label = "乙、丙" }, { key = "c", label = "丁“戊”" }]
"""
OPTIONS = ("a", "r01", "c")
FIXED_DAYS = {"2000-01-01": "2000-01-01", "period.start": "2024-01-01", "period.end": "2024-12-31"}  # of 2024


@st.composite
def _with_fields(draw: st.DrawFn, text: str) -> str:
    """A form with fields on its cover and in its sections, some asked only under a condition, and counts in sums."""
    cover, asked = draw(_fields("cover", ""))
    text = text.replace("[[section]]", f"{CODES}[cover]\nfields = [\n{cover}]\n[[section]]", 1)
    for index in range(text.count("[[section]]")):
        fields, own = draw(_fields(f"s{index}", f"s{index}.r0.c0"))
        asked += own
        text = text.replace(f'sheet = "表{index}"\n', f'sheet = "表{index}"\nfields = [\n{fields}]\n')
    for index, one in enumerate(asked[:3]):
        field, _, option = one.partition(" = ")
        words = draw(
            st.sampled_from(
                [f'cells = "s0.r0.c0 >= count({one})"', f'cells = "s0.r0.c0 > 0"\nwhen = "{one}"']
            )
        )
        text += f'[[rule]]\nkey = "of{index}"\nlabel = "有{field}的{option}"\nauthority = "inferred"\nlevel = "question"\n{words}\n'
    return text


@st.composite
def _fields(draw: st.DrawFn, section: str, figure: str) -> tuple[str, list[str]]:
    """Fields as TOML, and the conditions that ask for one of their options."""
    lines, asked = "", []
    for index in range(draw(st.integers(0, 4))):
        kind = draw(st.sampled_from(KINDS))
        key, also = f"f{index}", ""
        if kind in {"choice", "choices"}:
            also += ', from = "codes"'
        if kind == "number" and draw(st.booleans()):
            also += ', number = "decimal", signed = true'
        if draw(st.booleans()):
            also += ", required = true"
        if draw(st.booleans()) and (conditions := [*asked, *([f"{figure} > 1"] if figure else [])]):
            also += f', when = "{draw(st.sampled_from(conditions))}"'
        if section != "cover" and draw(st.booleans()):
            also += ", below = true"
        lines += f'{{ key = "{key}", label = "栏{key}{section}", kind = "{kind}"{also} }},\n'
        options = ("yes", "no") if kind == "yes" else OPTIONS if kind.startswith("choice") else ()
        asked += [f"{section}.{key} = {draw(st.sampled_from(options))}"] if options else []
    return lines, asked


@st.composite
def _derived_columns(draw: st.DrawFn, numbers: Sequence[str]) -> list[str]:
    """Perhaps a ratio, a product and a sum of columns and of lines."""
    columns = []
    if draw(st.booleans()):
        sums = ["sum(list.n0)", "sum(list.n0, kd = a)", "sum(list.n0, kd = row)"]
        bottom = draw(st.sampled_from([*numbers, *sums]))
        columns.append(
            f'key = "share", label = "比", is = "{draw(st.sampled_from(numbers))} per {bottom}", unit = "%"'
        )
    if draw(st.booleans()):
        factor = draw(st.sampled_from(numbers))
        kind = ', number = "decimal", decimals = 1' if factor != "n0" else ""
        columns.append(f'key = "product", label = "积", is = "n0 times {factor}"{kind}')
    if draw(st.booleans()):
        is_ = f"2 * n0 + {draw(FACTORS)}{numbers[-1]}" if numbers[1:] else "2.5 * n0"
        columns.append(f'key = "double", label = "倍", is = "{is_}", number = "decimal"')
    if draw(st.booleans()):  # the sum of those like it
        columns.append(
            f'key = "own", label = "同", is = "{draw(st.sampled_from(numbers))} - sum(list.n0, kd = row)"'
            + draw(st.sampled_from(["", ', when = "kd = a"']))
        )
    return columns


@st.composite
def list_forms(draw: st.DrawFn) -> Form:
    """A form with a list of columns of some kinds, a table that counts and adds its lines, and rules of its lines.

    Rules compare numbers or days. The numbers are ``n0`` and perhaps more; a part, a ratio, a product, a sum and a dependent choice may be among the columns.
    """
    kinds = draw(
        st.lists(st.sampled_from(["text", "date", "yes", "choice", "choices", "number"]), max_size=5)
    )
    columns, numbers = ['key = "n0", label = "数0", unit = "个"'], ["n0"]
    columns.append(
        'key = "kd", label = "类", kind = "choice", from = "codes"'
        + draw(st.sampled_from(["", ", required = true"]))
    )
    for index, kind in enumerate(kinds, 1):
        also = ', from = "codes"' if kind.startswith("choice") else ""
        if kind == "number":
            also = ', number = "decimal", decimals = 1, unit = "个"'
            also += f', of = "{draw(st.sampled_from(numbers))}"' if draw(st.booleans()) else ""
            numbers.append(f"n{index}")
        also += draw(st.sampled_from(["", ", required = true"]))
        columns.append(
            f'key = "{"n" if kind == "number" else "k"}{index}", label = "栏{index}", kind = "{kind}"{also}'
        )
    if draw(st.booleans()):
        columns.append('key = "under", label = "下", kind = "choice", from = "under", under = "kd"')
    columns += draw(_derived_columns(numbers))
    order = draw(st.permutations(columns))
    rule = ""
    if draw(st.booleans()):
        one, sign = draw(st.sampled_from(numbers)), draw(st.sampled_from(SIGNS))
        when = draw(st.sampled_from(["", 'when = "kd = a"\n', 'when = "kd != a, n0 > 1"\n']))
        one = draw(FACTORS) + one
        rule = f'[[section.list.rule]]\nkey = "r"\nlabel = "规则"\nauthority = "inferred"\ncolumns = "{one} {sign} {draw(st.integers(0, 2))}"\n{when}'
    days = [f"k{index}" for index, kind in enumerate(kinds, 1) if kind == "date"]
    if days and draw(st.booleans()):
        one, other = draw(st.sampled_from(days)), draw(st.sampled_from([*days, *FIXED_DAYS]))
        sign, when = draw(st.sampled_from(SIGNS)), draw(st.sampled_from(["", 'when = "kd = a"\n']))
        if one != other:
            rule += f'[[section.list.rule]]\nkey = "d"\nlabel = "先后"\nauthority = "inferred"\ncolumns = "{one} {sign} {other}"\n{when}'
    under = """[[codes]]
key = "under"
under = "codes"
items = [{ key = "u", label = "己", under = "a" }, { key = "v", label = "庚", under = "01" }, { key = "w", label = "辛" }]
"""
    lists = "".join(f"  {{ {column} }},\n" for column in order)
    figures = ["count(list, kd = row)", "sum(list.n0, kd = row)", "0.5 * sum(list.n0, kd = row)"]
    derived = (re.match('key = "(product|double)"', column) for column in columns)
    figures += [f"sum(list.{found[1]}, kd = row)" for found in derived if found]
    counted = ", ".join(
        f'{{ key = "t{n}", label = "列{n}", is = "{draw(st.sampled_from(figures))}", number = "decimal", unit = "个" }}'
        for n in range(2)
    )
    text = f"""schema = 2
key = "x"
edition = "1"
title = "表"
authority = "试"
{CODES}{under}[[section]]
key = "s"
title = "第一部分"
sheet = "表"
unit = "个"
[[section.list]]
key = "list"
most = 12
print = 3
unique = {draw(st.sampled_from(["[]", '["kd"]', '["n0"]']))}
columns = [
{lists}]
{rule}[[section.block]]
rows_from = "codes"
rows = [{{ key = "t", label = "合计", is = "all" }}]
columns = [{counted}]
"""
    try:
        return parse(text, "form.toml")
    except FormError as error:
        assume({problem.code for problem in error.problems} - {"never-holds"})
        raise


def lines_of(form: Form) -> st.SearchStrategy[list[dict[str, Decimal | str]]]:
    """Lines of the list of a form, some cells blank, but in each something filled in."""
    parts = st.sampled_from([Decimal(0), Decimal("0.5"), Decimal(1), Decimal(2), Decimal("2.5")])
    values: dict[str, st.SearchStrategy[Decimal | str]] = {}
    for column in form.lists["list"].typed:
        if column.kind == "number":
            values[column.key] = (
                parts if column.number == "decimal" else st.sampled_from(list(map(Decimal, range(4))))
            )
        elif column.key == "under":
            values[column.key] = st.sampled_from(["u", "v", "w"])
        else:
            words = st.sampled_from(["甲", "乙|丙", "#1", "*"])
            options = {
                "yes": ["yes", "no"],
                "choice": OPTIONS,
                "choices": ["a", "a,c", "r01"],
                "date": ["2024-03-01", "1999-12-31"],
            }
            values[column.key] = st.sampled_from(options[column.kind]) if column.kind in options else words
    line = st.fixed_dictionaries({}, optional=values).filter(bool)
    return st.lists(line, max_size=6)


def expected_in_lines(form: Form, lines: Sequence[Mapping[str, Decimal | str]]) -> set[tuple[str, str, int]]:
    """What is wrong in the lines: the code of each finding, its column, and the number of the line."""
    (section,) = tomllib.loads(form.text)["section"]
    one, found = section["list"][0], set()
    under = {"u": {"a"}, "v": {"r01"}, "w": {"a", "r01", "c"}}
    columns = {column["key"]: column for column in one["columns"]}
    rules = [(f"{key} <= {column['of']}", "") for key, column in columns.items() if "of" in column]
    rules += [(rule["columns"], rule.get("when", "")) for rule in one.get("rule", ())]
    for number, line in enumerate(lines, 1):

        def value(term: str, line: Mapping[str, Decimal | str] = line) -> Decimal | str:
            return FIXED_DAYS.get(term) or (Decimal(term) if term.isdecimal() else line.get(term, Decimal(0)))

        def holds(relation: str, line: Mapping[str, Decimal | str] = line) -> bool:
            left, sign, right = re.split(r" (<=|>=|!=|=|<|>) ", relation)
            if left == "kd":
                return (line.get("kd", "") == right) is (sign == "=")
            factor, _, left = left.rpartition(" * ")
            one = value(left)
            return _HOLDS[sign](
                Decimal(factor) * one if isinstance(one, Decimal) and factor else one, value(right)
            )

        found |= {
            ("required", key, number)
            for key, column in columns.items()
            if column.get("required") and key not in line
        }
        if line.get("kd") and line.get("under") and line["kd"] not in under[str(line["under"])]:
            found.add(("not-a-choice", "under", number))
        for relation, when in rules:
            names = relation.rpartition(" * ")[2].split(" ")[::2]
            is_known = any if columns[names[0]].get("kind") != "date" else all
            if not is_known(name in line or name in FIXED_DAYS for name in names):
                continue
            if not holds(relation) and all(map(holds, filter(None, when.split(", ")))):
                found.add(("rule-broken", names[0], number))
    return found | _expected_of_keys(section, lines)


def _expected_of_keys(
    section: dict[str, Any], lines: Sequence[Mapping[str, Decimal | str]]
) -> set[tuple[str, str, int]]:
    """The lines with the key of an earlier one, and those without a row in a table made from them."""
    one, found = section["list"][0], set()
    is_needed = any(column["key"] == "kd" and not column.get("required") for column in one["columns"])
    keys = [tuple(line.get(key, "") for key in one["unique"]) for line in lines]
    for number, key in enumerate(keys):
        if key and all(part != "" for part in key) and key in keys[:number]:
            found.add(("line-doubled", one["unique"][0], number + 1))
    for number, line in enumerate(lines, 1):
        if (
            is_needed
            and "kd" not in line
            and any("row" in column["is"] for column in section["block"][0]["columns"])
        ):
            found.add(("line-without-row", "kd", number))
    return found


def filled(form: Form) -> st.SearchStrategy[dict[str, str]]:
    """Values of fields in canonical form, some of them blank; those of numbers are figures."""
    days = st.dates(dt.date(1900, 3, 1), dt.date(2199, 12, 31)).map(dt.date.isoformat)
    letters = st.characters(codec="utf-8", categories=["L", "N", "P", "S"])
    words = st.text(letters, min_size=1, max_size=12).filter(lambda text: text == text.strip())
    several = st.lists(st.sampled_from(OPTIONS), min_size=1, unique=True)
    of_kind = {
        "text": words,
        "prose": words,
        "url": st.just("https://www.example.gov.cn/"),
        "yes": st.sampled_from(["yes", "no"]),
        "choice": st.sampled_from(OPTIONS),
        "choices": several.map(lambda keys: ",".join(sorted(keys, key=OPTIONS.index))),
        "date": days,
    }
    return st.fixed_dictionaries(
        {}, optional={name: of_kind[one.kind] for name, one in form.fields.items() if one.kind != "number"}
    )


@st.composite
def _section(
    draw: st.DrawFn, index: int, signs: tuple[str, ...], plain: bool, divided: bool
) -> tuple[str, list[str], list[str]]:
    keys = {
        "rows": [f"r{i}" for i in range(draw(st.integers(1, 4)))],
        "columns": [f"c{i}" for i in range(draw(st.integers(1, 4)))],
    }
    # Only one axis has ratios and means, which must not meet.
    chosen = draw(st.sampled_from(["rows", "columns"] if divided else ["", "rows", "columns"]))
    axes = {axis: draw(_lines(axis, names, divided=axis == chosen)) for axis, names in keys.items()}
    text = f'[[section]]\nkey = "s{index}"\ntitle = "第{index}部分"\nsheet = "表{index}"\n[[section.block]]\n'
    text += draw(st.sampled_from(["", 'number = "decimal"\n', 'arrange = "wide"\n']))
    text += "".join(f"{axis} = [\n{lines}]\n" for axis, (lines, _) in axes.items())
    for number in range(draw(st.integers(0, 3))):
        axis, other = draw(st.sampled_from([("rows", "columns"), ("columns", "rows")]))
        rule = _rule(f"rule{index}{number}", axis, axes[axis][1], axes[other][1], signs, plain)
        text += "[[section.block.rule]]\n" + draw(rule)
    return text, axes["rows"][1], axes["columns"][1]


@st.composite
def _lines(draw: st.DrawFn, axis: str, names: list[str], *, divided: bool) -> tuple[str, list[str]]:
    """The lines of an axis as TOML, and the keys of those that rules may name: typed lines, some parts of others, and totals.

    A *divided* axis has ratios and means as well.
    """
    mark = "行" if axis == "rows" else "列"
    text, keys = "", list(names)
    for index, key in enumerate(names):
        whole = draw(st.sampled_from(["", *names[:index]]))
        text += (
            f'{{ key = "{key}", label = "{mark}{key[1:]}"' + (f', of = "{whole}"' if whole else "") + " },\n"
        )
    if draw(st.booleans()):
        keys.append(f"{names[0][0]}8")
        text += f'{{ key = "{keys[-1]}", label = "{mark}8", is = "all" }},\n'
        if draw(st.booleans()):
            keys.append(f"{names[0][0]}9")
            text += f'{{ key = "{keys[-1]}", label = "{mark}9", is = "{names[0][0]}8 - {names[0]}", signed = true }},\n'
    if draw(st.booleans()):  # what is converted, with a unit of its own
        wholes = re.findall(r'key = "([a-z][0-7])"(?![^\n]* of = )', text)
        factors = [draw(FACTORS) for _ in wholes]
        keys.append(f"{names[0][0]}5")
        also = ', number = "decimal"' if any("." in one for one in factors) else ""
        sum_ = " + ".join(map("".join, zip(factors, wholes, strict=True)))
        text += f'{{ key = "{keys[-1]}", label = "{mark}5", is = "{sum_}", unit = ""{also} }},\n'
    if divided:
        a, unsigned = names[0][0], [key for key in keys if key[1] != "9"]
        kinds = draw(st.sampled_from(["ratio", "mean", "ratio and mean"]))
        if "ratio" in kinds:
            bottom = draw(st.lists(st.sampled_from(keys), min_size=1, max_size=2, unique=True))
            bottom[0] = draw(FACTORS) + bottom[0]
            top = draw(st.sampled_from(["{0}", "{0} - {1}", "2 * {0}", "{0} - 0.5 * {1}"])).format(
                *(draw(st.sampled_from(keys)) for _ in "01")
            )
            unit, places = draw(st.sampled_from(["", "%", "‰"])), draw(st.integers(0, 3))
            text += f'{{ key = "{a}7", label = "{mark}7", is = "{top} per {" + ".join(bottom)}", unit = "{unit}", decimals = {places} }},\n'
        if "mean" in kinds:
            text += f'{{ key = "{a}6", label = "{mark}6", mean = "{draw(st.sampled_from(unsigned))}", decimals = 1 }},\n'
    return text, keys


@st.composite
def _rule(
    draw: st.DrawFn,
    key: str,
    axis: str,
    names: list[str],
    others: list[str],
    signs: tuple[str, ...],
    plain: bool,
) -> str:
    chosen = draw(st.lists(st.sampled_from(names), min_size=1, max_size=4, unique=True))
    middle = draw(st.integers(1, len(chosen)))
    numbers = st.just(0) if plain else st.integers(0, 2)
    sign = draw(st.sampled_from(signs))
    left, right = draw(_side(chosen[:middle], st.just(0))), draw(_side(chosen[middle:], numbers))
    if plain and right == "0":
        right = chosen[0] if sign in {"=", "<=", ">="} else right
        left = draw(st.sampled_from(names))
        assume(left != right)
    text = f'key = "{key}"\nlabel = "规则{key}"\nauthority = "inferred"\n{axis} = "{left} {sign} {right}"\n'
    if sign == "=" and draw(st.booleans()):
        text += 'within = "0.5"\n'
    if others and draw(st.booleans()):
        on = draw(st.lists(st.sampled_from(others), min_size=1, max_size=2, unique=True))
        text += f"on = {on}\n"
    if not plain:
        if draw(st.booleans()):
            one, sign = draw(st.sampled_from(names)), draw(st.sampled_from(SIGNS))
            text += f'when = "{one} {sign} {draw(st.sampled_from([*names, "0", "1"]))}"\n'
        text += f'level = "{draw(st.sampled_from(sorted(_CODES)))}"\n'
    return text


@st.composite
def _side(draw: st.DrawFn, names: list[str], numbers: st.SearchStrategy[int]) -> str:
    signs = [draw(st.sampled_from(["+", "+", "-"])) for _ in names]
    terms = [f"{sign} {draw(FACTORS)}{name}" for sign, name in zip(signs, names, strict=True)]
    number = draw(numbers)
    return " ".join(terms + ([f"+ {number}"] if number or not terms else [])).removeprefix("+ ")


def small_values(form: Form) -> st.SearchStrategy[dict[str, Decimal]]:
    """Figures that often satisfy and often break rules, some of them blank."""
    whole = st.sampled_from([Decimal(0), Decimal(0), Decimal(1), Decimal(2), Decimal(3)])
    parts = st.sampled_from([Decimal(0), Decimal("0.4"), Decimal("0.5"), Decimal(1), Decimal("2.5")])
    typed = (cell for cell in form.inputs if cell.name not in form.counted)
    kinds = {cell.name: parts if cell.number == "decimal" else whole for cell in typed}
    return st.fixed_dictionaries({}, optional=kinds)


Values = Mapping[str, Decimal]


def expected(
    form: Form,
    values: Values,
    gone: AbstractSet[str] = frozenset(),
    absent: AbstractSet[str] = frozenset(),
) -> set[tuple[str, str]]:
    """The rules that *values* break, as the code and the cell of each finding.

    *gone* cells are not asked, and *absent* sections have no sheet, so nothing is found there.
    """
    document = tomllib.loads(form.text)
    void = _void(document)
    rules = [(rule, rule["cells"], "{}") for rule in document.get("rule", ())]
    for section in document["section"]:
        (block,) = section["block"]
        axes = {axis: {line["key"]: line for line in block[axis]} for axis in ("rows", "columns")}
        for axis, other, at in (("rows", "columns", "{0}.{{}}.{1}"), ("columns", "rows", "{0}.{1}.{{}}")):
            parts = [({}, f"{line['key']} <= {line['of']}") for line in axes[axis].values() if "of" in line]
            written = [(rule, rule[axis]) for rule in block.get("rule", ()) if axis in rule]
            for rule, text in (*parts, *written):
                lines = rule.get("on") or [
                    key for key, line in axes[other].items() if not {"is", "mean"} & line.keys()
                ]
                rules += [(rule, text, at.format(section["key"], key)) for key in lines]
    found = set()
    for rule, text, at in rules:
        left, sign, right = re.split("(<=|>=|!=|=|<|>)", text)
        names = [
            [at.format(name) for name in re.findall(r"[a-z][a-z0-9_.]*", side)] for side in (left, right)
        ]
        there = [[name for name in side if name not in void] for side in names]
        if any(side and not left for side, left in zip(names, there, strict=True)):
            continue
        if any(side and gone >= {*side} for side in there):
            continue
        (one, seen), (two, also_seen) = (_sum(document, values, side, at) for side in (left, right))
        within = Fraction(rule.get("within", "0"))
        holds = abs(one - two) <= within if sign == "=" else _HOLDS[sign](one, two)
        if (seen or also_seen) and not holds and _asked(document, values, rule.get("when", ""), at):
            first = next(
                name for name in names[0] if name not in void and name.partition(".")[0] not in absent
            )
            found.add((_CODES[rule.get("level", "error")], first))
    return found


def _void(document: dict[str, Any]) -> set[str]:
    blocks = ((section["key"], section["block"][0]) for section in document["section"])
    return {".".join((key, *pair)) for key, block in blocks for pair in block.get("void", ())}


def _asked(document: dict[str, Any], values: Values, when: str, at: str) -> bool:
    for term in filter(None, when.split(",")):
        left, sign, right = re.split("(<=|>=|!=|=|<|>)", term)
        if not _HOLDS[sign](*(_sum(document, values, side, at)[0] for side in (left, right))):
            return False
    return True


def _sum(document: dict[str, Any], values: Values, text: str, at: str) -> tuple[Fraction, bool]:
    """The value of a sum, and whether any figure in it is not blank."""
    total, seen = Fraction(0), False
    for factor, term in _factors(text):
        value = Fraction(term) if term[0].isdigit() else _figure(document, values, at.format(term))
        seen = seen or (value is not None and not term[0].isdigit())
        total += factor * (value or 0)
    return total, seen


def _factors(text: str) -> Iterator[tuple[Fraction, str]]:
    """The terms of a sum, each with what stands before it."""
    for sign, times, term in re.findall(r"([+-]?)\s*(?:([0-9.]+) \* )?([a-z0-9_.]+)", text):
        yield Fraction(f"{sign}{times or 1}"), term


def _figure(document: dict[str, Any], values: Values, name: str) -> Fraction | None:
    """The figure of a cell; ``None`` if it, or everything that it adds, is blank."""
    section, row, column = name.split(".")
    (block,) = next(one for one in document["section"] if one["key"] == section)["block"]
    if [row, column] in block.get("void", ()):
        return None
    for axis, key, at in (
        ("columns", column, f"{section}.{row}.{{}}"),
        ("rows", row, f"{section}.{{}}.{column}"),
    ):
        lines = {line["key"]: line for line in block[axis]}
        if "is" in lines[key]:
            total, seen = _sum(document, values, " + ".join(_terms(lines, key)), at)
            return total if seen else None
    return Fraction(values[name]) if name in values else None


def _terms(lines: dict[str, Any], key: str) -> Iterator[str]:
    text = lines[key]["is"]
    if text == "all":
        yield from (name for name, line in lines.items() if not {"is", "of", "mean"} & line.keys())
    else:
        yield text


# -- ratios and means


def quotients(form: Form, returns: Sequence[Values]) -> dict[str, Fraction | None]:
    """The exact value of each ratio and mean of the sum of these returns; ``None`` where what is below is 0."""
    document = tomllib.loads(form.text)

    def added(name: str) -> Fraction:
        return sum((_figure(document, values, name) or Fraction(0) for values in returns), Fraction(0))

    found: dict[str, Fraction | None] = {}
    for line, key, others, at in _divided(document):
        for other in others:
            name = at(other, key)
            if "is" in line:
                top, bottom = (_added(side, at, other, added) for side in line["is"].split(" per "))
                top *= {"%": 100, "‰": 1000}.get(line["unit"], 1)
            else:
                is_known = "is" in others[other] or any(name in values for values in returns)
                bottom = added(at(other, line["mean"])) if is_known else 0
                top = sum(
                    (
                        sign * _product(document, values, at(typed, key), at(typed, line["mean"]))
                        for sign, typed in _typed(others, other)
                        for values in returns
                    ),
                    Fraction(0),
                )
            found[name] = top / bottom if bottom else None
    return {name: value for name, value in found.items() if name not in _void(document)}


def means(form: Form, values: Values) -> set[tuple[str, str]]:
    """The means that are missing and those that are not needed, as the code and the cell of each finding."""
    document = tomllib.loads(form.text)
    found = set()
    for line, key, others, at in _divided(document):
        for other in others if "mean" in line else ():
            name, weight = at(other, key), _figure(document, values, at(other, line["mean"])) or 0
            if "is" not in others[other] and name not in values and weight > 0:
                found.add(("mean-missing", name))
            if "is" not in others[other] and values.get(name) and not weight:
                found.add(("mean-unneeded", name))
    return {one for one in found if one[1] not in _void(document)}


_DividedLine = tuple[dict[str, Any], str, dict[str, Any], Callable[[str, str], str]]


def _divided(document: dict[str, Any]) -> Iterator[_DividedLine]:
    """Each line of ratios or means, its key, the lines of the other axis, and the name of a cell by its two keys."""
    for section in document["section"]:
        (block,) = section["block"]
        axes = {axis: {line["key"]: line for line in block[axis]} for axis in ("rows", "columns")}
        for axis, other, order in (("rows", "columns", "{0}.{2}.{1}"), ("columns", "rows", "{0}.{1}.{2}")):
            for key, line in axes[axis].items():
                if "mean" in line or " per " in line.get("is", ""):
                    yield line, key, axes[other], partial(order.format, section["key"])


def _added(
    side: str, at: Callable[[str, str], str], other: str, added: Callable[[str], Fraction]
) -> Fraction:
    return sum((added(at(other, name)) * factor for factor, name in _factors(side)), Fraction(0))


def _typed(lines: dict[str, Any], key: str) -> Iterator[tuple[Fraction, str]]:
    """A line as a sum of typed lines."""
    if "is" not in lines[key]:
        yield Fraction(1), key
        return
    for factor, name in _factors(" + ".join(_terms(lines, key))):
        for inner, typed in _typed(lines, name):
            yield factor * inner, typed


def _product(document: dict[str, Any], values: Values, mean: str, weight: str) -> Fraction:
    return Fraction(values.get(mean, 0)) * (_figure(document, values, weight) or 0)
