"""Write the tables of all keys of forms into ``docs/forms.md``, from the classes of :mod:`xltools.form`: ``make reference``.

Of a class its docstring is taken, of a field its key, its type, its default, the version with which it came, and the text
below it. A field without such a text is a fault.
"""
# ruff: noqa: INP001, T201  a script beside the documents, which reports on the terminal

from __future__ import annotations

import ast
import inspect
import json
import re
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

from xltools.form.linear import Linear
from xltools.form.model import Form
from xltools.form.ratio import Product, Ratio
from xltools.form.relation import Condition, Relation
from xltools.form.wording import Wording
from xltools.toml_tables import keys_of

PAGE = Path(__file__).resolve().with_name("forms.md")
BEGIN, END = "<!-- made by docs/form_keys.py -->", "<!-- end -->"
_MARKS = {1: "", 2: " ²"}  # of what a version of the language brought
_WORDS: dict[Any, str] = {
    str: "text",
    bool: "`true` or `false`",
    int: "whole number",
    float: "number",
    Decimal: "number in quotes",
    Linear: "[sum](#sums)",
    Ratio: "[ratio](#ratios-and-means)",
    Product: "[product](#lists)",
    Relation: "[relation](#sums)",
    Condition: "[condition](#relations-and-conditions)",
    Wording: "[text with figures](reports.md#figures-in-the-text)",
}


def reference() -> str:
    """Return the tables, one for each class."""
    found: dict[Any, dict[str, int]] = {}
    _enter(Form, "", 1, found)
    return "\n".join(line for model, places in found.items() for line in _table(model, places))


def written(page: str) -> str:
    """Return the text of the page with the tables between the two marks."""
    before, _, rest = page.partition(BEGIN)
    return f"{before}{BEGIN}\n\n{reference()}\n{END}{rest.partition(END)[2]}"


def _enter(model: Any, place: str, version: int, found: dict[Any, dict[str, int]]) -> None:
    """Put a class and those in it into *found*, each with its places in a file and the version that brought them."""
    is_known = model in found
    found.setdefault(model, {})[place] = version
    if is_known:
        return
    kinds = get_type_hints(model)
    for one, key in _keys(model):
        for inner in _classes(kinds[one.name]):
            _enter(inner, f"{place}.{key}".lstrip("."), max(version, _since(one)), found)


def _keys(model: Any) -> Iterator[tuple[Field[Any], str]]:
    """Yield the fields of a class that a file may have, each with its key."""
    keys = keys_of(model)
    return ((one, keys[one.name]) for one in fields(model) if one.name in keys)


def _since(one: Field[Any]) -> int:
    return int(one.metadata.get("since", 1))


def _classes(kind: Any) -> Iterator[Any]:
    """Yield the classes in the type of a field."""
    if is_dataclass(kind):
        yield kind
    for part in get_args(kind):
        yield from _classes(part)


def _table(model: Any, places: Mapping[str, int]) -> Iterator[str]:
    yield f"### {_name(model)}\n"
    about = inspect.cleandoc(model.__doc__).replace("``", "`")
    yield f"{about}\n"
    if model is not Form:
        yield "In " + ", ".join(f"`{place}`{_MARKS[version]}" for place, version in places.items()) + ".\n"
    yield "| key | what it is | values | default |"
    yield "|---|---|---|---|"
    said, kinds, known = _sentences(model), get_type_hints(model), min(places.values())
    for one, key in _keys(model):
        shown = f"**`{key}`**" if _is_required(one) else f"`{key}`"
        mark = _MARKS[_since(one)] if _since(one) > known else ""
        yield f"| {shown}{mark} | {said[one.name]} | {_values(kinds[one.name])} | {_default(one)} |"
    yield ""


def _name(model: Any) -> str:
    """Return the name of a class in words: rule makers."""
    return re.sub("(?<=[a-z])([A-Z])", lambda found: f" {found[1].lower()}", model.__name__)


def _sentences(model: Any) -> Mapping[str, str]:
    """Return the text below each field of a class, its own or an inherited one."""
    said: dict[str, str] = {}
    for one in filter(is_dataclass, reversed(model.__mro__)):
        body = ast.parse(textwrap.dedent(inspect.getsource(one))).body[0].body  # type: ignore[attr-defined]
        for field, text in pairwise(body):
            if isinstance(field, ast.AnnAssign) and isinstance(text, ast.Expr):
                said[ast.unparse(field.target)] = " ".join(ast.literal_eval(text.value).split())
    return said


def _values(kind: Any) -> str:
    """Return a type in words."""
    parts = [part for part in get_args(kind) if part not in {type(None), ...}]
    origin = get_origin(kind)
    if origin is Literal:
        return ", ".join(f"`{json.dumps(part)}`" for part in parts)
    if origin is tuple:
        return f"list of {_several(parts[0])}"
    if origin is Mapping:
        return f"table of {_several(parts[1])}"
    if is_dataclass(kind):
        return f"[{_name(kind)}](#{_name(kind).lower().replace(' ', '-')})"
    return " or ".join(map(_values, parts)) or _WORDS[kind]


def _several(kind: Any) -> str:
    """Return a type in words, in the plural; classes have none."""
    one = _values(kind)
    if is_dataclass(kind) or get_origin(kind) is Literal:
        return one
    if get_origin(kind) is tuple:
        return one.replace("list", "lists", 1)
    return one.replace("]", "s]") if "]" in one else f"{one}s"


def _is_required(one: Field[Any]) -> bool:
    return one.default is MISSING and one.default_factory is MISSING


def _default(one: Field[Any]) -> str:
    """Return the default of a field as it would be written; nothing for what is blank."""
    if _is_required(one):
        return "required"
    is_written = one.default is False or (one.default and type(one.default) in {bool, int, float, str, tuple})
    return f"`{json.dumps(one.default)}`" if is_written else ""


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    print(PAGE)
