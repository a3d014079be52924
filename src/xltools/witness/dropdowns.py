"""Choices that depend on another: what can be chosen under each item, and what the dropdown of a cell offers there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

_NAME = r"[A-Za-z][A-Za-z0-9_.]*"
_ESCAPED = re.compile(r'SUBSTITUTE\((?P<inner>.*),"(?P<sign>[~*?])","~(?P=sign)"\)')
_OFFERS = re.compile(
    rf'=?IF\(COUNTIF\((?P<above>{_NAME}),"="&(?P<item>.+)\)=0,(?P<all>{_NAME}),'
    rf"OFFSET\((?P<below>{_NAME}),MATCH\((?P=item),(?P=above),0\)-1,0,"
    r'COUNTIF\((?P=above),"="&(?P=item)\),1\)\)'
)


class DependentChoice(NamedTuple):
    """A field or a column of a list, the one on whose item it depends, and the texts that can be chosen under each item."""

    name: str
    above: str
    options: tuple[str, ...]
    under: Mapping[str, tuple[str, ...]]
    is_in_list: bool = False


class Dropdown(NamedTuple):
    """What a dropdown offers: the reference to the item, the signs that are escaped in it, and three ranges by name."""

    item: str
    signs: tuple[str, ...]
    above: str
    below: str
    options: str


def dependent_choices(document: Mapping[str, Any]) -> Iterator[DependentChoice]:
    """Yield the choices of a form, as its TOML has them, that depend on another."""
    codes = {one["key"]: one for one in document.get("codes", ())}
    groups = [{**document.get("cover", {}), "key": "cover"}, *document["section"]]
    for group in groups:
        for field in group.get("fields", ()):
            if "under" in field:
                yield _choice(f"{group['key']}.{field['key']}", field["under"], codes, codes[field["from"]])
        for one in group.get("list", ()):
            for column in one["columns"]:
                if "under" in column:
                    name, above = f"{one['key']}.{column['key']}", f"{one['key']}.{column['under']}"
                    yield _choice(name, above, codes, codes[column["from"]])._replace(is_in_list=True)


def _choice(
    name: str, above: str, codes: Mapping[str, Mapping[str, Any]], own: Mapping[str, Any]
) -> DependentChoice:
    """Return a choice; an item under none goes with every item of another list, and with none of its own."""
    is_tree = "under" not in own
    items = own["items"] if is_tree else codes[own["under"]]["items"]
    under = {
        _text(item): tuple(
            _text(one)
            for one in own["items"]
            if (
                one["under"] in {item.get("key"), item.get("code"), _key(item)}
                if one.get("under")
                else not is_tree
            )
        )
        for item in items
    }
    return DependentChoice(name, above, tuple(map(_text, own["items"])), under)


def _key(item: Mapping[str, Any]) -> str:
    return str(item.get("key") or f"r{item['code']}")


def _text(item: Mapping[str, Any]) -> str:
    return f"{item['code']} {item['label']}" if item.get("code") else str(item["label"])


def dropdown(formula: str) -> Dropdown | None:
    """Return what the formula of a validation offers; ``None`` for any other formula."""
    found = _OFFERS.fullmatch(formula)
    if found is None:
        return None
    item, signs = found["item"], list[str]()
    while inner := _ESCAPED.fullmatch(item):
        signs.append(inner["sign"])
        item = inner["inner"]
    return Dropdown(item, tuple(reversed(signs)), found["above"], found["below"], found["all"])


def offered(one: Dropdown, item: str, ranges: Mapping[str, Sequence[Any]]) -> list[str] | None:
    """Return what a dropdown offers where this text was chosen above; ``None`` if it has no such ranges."""
    if not {one.above, one.below, one.options} <= ranges.keys():
        return None
    word = item
    for sign in one.signs:
        word = word.replace(sign, f"~{sign}")
    pattern = re.compile(_as_regular(word), re.IGNORECASE | re.DOTALL)
    rows = [row for row, text in enumerate(ranges[one.above]) if pattern.fullmatch(str(text or ""))]
    if not rows:
        return [str(text or "") for text in ranges[one.options]]
    return [str(text or "") for text in ranges[one.below][rows[0] : rows[0] + len(rows)]]


def _as_regular(word: str) -> str:
    """Return the regular expression for a text with wildcards, as COUNTIF and MATCH understand them."""
    parts = re.findall(r"~[~*?]|.", word, re.DOTALL)
    signs = {"*": ".*", "?": "."}
    return "".join(
        re.escape(part[1]) if len(part) > 1 else signs.get(part, re.escape(part)) for part in parts
    )
