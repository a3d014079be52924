"""Random forms in the second version of the language, with relations of every kind, and what a reader of the TOML finds.

The reader shares nothing with the package: it looks names up in the TOML and compares fractions.
"""

from __future__ import annotations

import operator
import re
import tomllib
from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
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
_CODES = {"error": "rule-broken", "question": "rule-question", "warning": "rule-warning"}


@st.composite
def forms(draw: st.DrawFn, *, signs: tuple[str, ...] = tuple(SIGNS), plain: bool = False) -> Form:
    """A form of one or two tables; *plain* rules have no conditions, numbers or levels."""
    sections = [draw(_section(index, signs, plain)) for index in range(draw(st.integers(1, 2)))]
    cells = [f"s{i}.{r}.{c}" for i, (_, rows, columns) in enumerate(sections) for r in rows for c in columns]
    rule = _rule("across", "cells", cells, [], signs, plain)
    rules = ["[[rule]]\n" + draw(rule)] if draw(st.booleans()) else []
    head = 'schema = 2\nkey = "x"\nedition = "1"\ntitle = "表"\nauthority = "试"\n'
    text = head + "".join(section for section, _, _ in sections) + "".join(rules)
    try:
        return parse(text, "form.toml")
    except FormError as error:  # a relation that never holds, or one that leaves a total nothing to add
        assume({problem.code for problem in error.problems} - {"never-holds", "nothing-to-add"})
        raise


@st.composite
def _section(
    draw: st.DrawFn, index: int, signs: tuple[str, ...], plain: bool
) -> tuple[str, list[str], list[str]]:
    keys = {
        "rows": [f"r{i}" for i in range(draw(st.integers(1, 4)))],
        "columns": [f"c{i}" for i in range(draw(st.integers(1, 4)))],
    }
    axes = {axis: draw(_lines(axis, names)) for axis, names in keys.items()}
    text = f'[[section]]\nkey = "s{index}"\ntitle = "第{index}部分"\nsheet = "表{index}"\n[[section.block]]\n'
    text += draw(st.sampled_from(["", 'number = "decimal"\n', 'arrange = "wide"\n']))
    text += "".join(f"{axis} = [\n{lines}]\n" for axis, (lines, _) in axes.items())
    for number in range(draw(st.integers(0, 3))):
        axis, other = draw(st.sampled_from([("rows", "columns"), ("columns", "rows")]))
        rule = _rule(f"rule{index}{number}", axis, axes[axis][1], axes[other][1], signs, plain)
        text += "[[section.block.rule]]\n" + draw(rule)
    return text, axes["rows"][1], axes["columns"][1]


@st.composite
def _lines(draw: st.DrawFn, axis: str, names: list[str]) -> tuple[str, list[str]]:
    """The lines of an axis as TOML, and their keys: typed lines, some parts of others, and totals of various kinds."""
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
    terms = [f"{sign} {name}" for sign, name in zip(signs, names, strict=True)]
    number = draw(numbers)
    return " ".join(terms + ([f"+ {number}"] if number or not terms else [])).removeprefix("+ ")


def small_values(form: Form) -> st.SearchStrategy[dict[str, Decimal]]:
    """Figures that often satisfy and often break rules, some of them blank."""
    whole = st.sampled_from([Decimal(0), Decimal(0), Decimal(1), Decimal(2), Decimal(3)])
    parts = st.sampled_from([Decimal(0), Decimal("0.4"), Decimal("0.5"), Decimal(1), Decimal("2.5")])
    kinds = {cell.name: parts if cell.number == "decimal" else whole for cell in form.inputs}
    return st.fixed_dictionaries({}, optional=kinds)


Values = Mapping[str, Decimal]


def expected(form: Form, values: Values) -> set[tuple[str, str]]:
    """The rules that *values* break, as the code and the cell of each finding."""
    document = tomllib.loads(form.text)
    rules = [(rule, rule["cells"], "{}") for rule in document.get("rule", ())]
    for section in document["section"]:
        (block,) = section["block"]
        axes = {axis: {line["key"]: line for line in block[axis]} for axis in ("rows", "columns")}
        for axis, other, at in (("rows", "columns", "{0}.{{}}.{1}"), ("columns", "rows", "{0}.{1}.{{}}")):
            parts = [({}, f"{line['key']} <= {line['of']}") for line in axes[axis].values() if "of" in line]
            written = [(rule, rule[axis]) for rule in block.get("rule", ()) if axis in rule]
            for rule, text in (*parts, *written):
                lines = rule.get("on") or [key for key, line in axes[other].items() if "is" not in line]
                rules += [(rule, text, at.format(section["key"], key)) for key in lines]
    found = set()
    for rule, text, at in rules:
        left, sign, right = re.split("(<=|>=|!=|=|<|>)", text)
        (one, seen), (two, also_seen) = (_sum(document, values, side, at) for side in (left, right))
        within = Fraction(rule.get("within", "0"))
        holds = abs(one - two) <= within if sign == "=" else _HOLDS[sign](one, two)
        if (seen or also_seen) and not holds and _asked(document, values, rule.get("when", ""), at):
            first = re.findall(r"[a-z][a-z0-9_.]*", left)[0]
            found.add((_CODES[rule.get("level", "error")], at.format(first)))
    return found


def _asked(document: dict[str, Any], values: Values, when: str, at: str) -> bool:
    for term in filter(None, when.split(",")):
        left, sign, right = re.split("(<=|>=|!=|=|<|>)", term)
        if not _HOLDS[sign](*(_sum(document, values, side, at)[0] for side in (left, right))):
            return False
    return True


def _sum(document: dict[str, Any], values: Values, text: str, at: str) -> tuple[Fraction, bool]:
    """The value of a sum, and whether any figure in it is not blank."""
    total, seen = Fraction(0), False
    for sign, term in re.findall(r"([+-]?)\s*([a-z0-9_.]+)", text):
        value = Fraction(term) if term[0].isdigit() else _figure(document, values, at.format(term))
        seen = seen or (value is not None and not term[0].isdigit())
        total += (-1 if sign == "-" else 1) * (value or 0)
    return total, seen


def _figure(document: dict[str, Any], values: Values, name: str) -> Fraction | None:
    """The figure of a cell; ``None`` if it, or everything that it adds, is blank."""
    section, row, column = name.split(".")
    (block,) = next(one for one in document["section"] if one["key"] == section)["block"]
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
        yield from (name for name, line in lines.items() if not {"is", "of"} & line.keys())
    else:
        yield text
