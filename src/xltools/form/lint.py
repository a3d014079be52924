"""What is wrong with a form that is well formed: names that mean nothing, totals that forget a part, clashes.

Every fault is found in one run; each names its place and how to mend it (the words are in the catalogue).
"""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Iterable, Iterator

from xltools.errors import Problem
from xltools.form.linear import Equation, Linear
from xltools.form.model import Block, Form, Line, Rule, Section, leaves

_KEY = re.compile(r"[a-z][a-z0-9_]*")
_SHEET = re.compile(r"(?!')[^\[\]:*?/\\]{1,31}(?<!')")
RESERVED_SHEETS = ("封面", "各单位数据", "来源清单", "豁免清单")


def lint(form: Form) -> list[Problem]:
    """Everything that makes *form* unusable; an empty list when it is sound.

    Each stage asks what only makes sense once the one before it has found nothing.
    """
    return list(_structure(form)) or list(_meaning(form)) or list(_units(form))


def _structure(form: Form) -> Iterator[Problem]:
    """Faults that would make the cells themselves ambiguous."""
    if not form.sections:
        yield Problem("no-sections", "section")
    yield from _repeated((s.key for s in form.sections), "section", "repeated-key")
    yield from _repeated((s.sheet.casefold() for s in form.sections), "section", "repeated-sheet")
    yield from _keys("cover", (p.key for p in form.cover.parts))
    for section in form.sections:
        place = f"section “{section.key}”"
        yield from _keys(place, (section.key, *(p.key for p in section.parts)))
        yield from _repeated((p.key for p in section.parts), place, "repeated-key")
        if not _SHEET.fullmatch(section.sheet) or section.sheet in RESERVED_SHEETS:
            yield Problem(
                "bad-sheet-name", place, {"sheet": section.sheet, "reserved": "、".join(RESERVED_SHEETS)}
            )
        if bool(section.parts) == bool(section.blocks):
            yield Problem("parts-or-blocks", place)
        for index, block in enumerate(section.blocks, 1):
            yield from _axes(block, f"{place} › block {index}")
        yield from _names(section, place)
        yield from _shape(section, place)


def _axes(block: Block, place: str) -> Iterator[Problem]:
    for axis, lines in (("rows", block.rows), ("columns", block.columns)):
        here = f"{place} › {axis}"
        if not lines:
            yield Problem("empty-axis", here)
        for line in _walk(lines):
            if line.lines and (line.key or line.is_ or line.omits):
                yield Problem("group-with-cells", f"{here} › “{line.label}”")
            elif not line.lines:
                yield from _keys(f"{here} › “{line.label}”", (line.key,))
        yield from _repeated((line.key for line in leaves(lines)), here, "repeated-key")


def _names(section: Section, place: str) -> Iterator[Problem]:
    """Two cells under one name would be two cells on one address of the dictionary."""
    names = (
        (f"{row.key}.{column.key}")
        for b in section.blocks
        for row in leaves(b.rows)
        for column in leaves(b.columns)
    )
    yield from _repeated(names, place, "repeated-cell")


def _shape(section: Section, place: str) -> Iterator[Problem]:
    """The blocks of a section stand on one grid: as many label columns and as many columns each."""
    depths = {block.label_columns for block in section.blocks}
    widths = {block.width for block in section.blocks}
    for what, sizes in (("label", depths), ("column", widths)):
        if len(sizes) > 1:
            yield Problem("ragged", place, {"what": what, "sizes": ", ".join(map(str, sorted(sizes)))})
    if section.label_widths and {len(section.label_widths)} != depths:
        yield Problem(
            "label-widths", place, {"given": len(section.label_widths), "needed": max(depths, default=0)}
        )


def _meaning(form: Form) -> Iterator[Problem]:
    """Faults of the identities. Only asked once the cells are unambiguous."""
    for section in form.sections:
        for index, block in enumerate(section.blocks, 1):
            place = f"section “{section.key}” › block {index}"
            for axis, lines in (("rows", block.rows), ("columns", block.columns)):
                yield from _definitions(lines, f"{place} › {axis}")
            for rule in block.rules:
                yield from _block_rule(rule, block, f"{place} › rule “{rule.key}”")
    yield from _rules(form)
    yield from _unknown((h.cell for h in form.headline), form.cells, "headline")


def _definitions(lines: tuple[Line, ...], place: str) -> Iterator[Problem]:
    axis = {leaf.key: leaf for leaf in leaves(lines)}
    for line, siblings in _totals(lines):
        here = f"{place} › “{line.key}” › is"
        assert line.is_ is not None  # noqa: S101  _totals yields lines with one
        unknown = list(_unknown(line.is_.names, axis, here)) + list(_unknown(line.omits, axis, here))
        yield from unknown
        if unknown:
            continue
        weights = _weights(line, axis, ())
        if weights is None:
            yield Problem("circular", here, {"name": line.key})
            continue
        yield from _coverage(line, siblings, weights, axis, here)


def _coverage(
    line: Line, siblings: list[str], weights: Counter[str], axis: dict[str, Line], place: str
) -> Iterator[Problem]:
    """A total mentions every sibling once, or says why not."""
    for name, weight in sorted(weights.items()):
        if abs(weight) != 1:
            yield Problem("counted-twice", place, {"name": name, "times": weight})
        if line.additive and not axis[name].additive:
            yield Problem("not-additive", place, {"name": name})
        if name in line.omits:
            yield Problem("omitted-and-added", place, {"name": name})
    for name in siblings:
        if name not in weights and not line.omits.get(name) and axis[name].additive:
            yield Problem("forgotten", place, {"name": name, "label": axis[name].label, "total": line.key})


def _totals(lines: tuple[Line, ...]) -> Iterator[tuple[Line, list[str]]]:
    """Each total with its siblings: the typed lines under the same label, at any depth."""
    typed = [leaf.key for leaf in leaves(lines) if leaf.is_ is None]
    for line in lines:
        if line.lines:
            yield from _totals(line.lines)
        elif line.is_ is not None:
            yield line, typed


def _weights(line: Line, axis: dict[str, Line], above: tuple[str, ...]) -> Counter[str] | None:
    """How often each typed line enters the total; ``None`` when the definition goes in a circle."""
    if line.key in above:
        return None
    if line.is_ is None:
        return Counter({line.key: 1})
    found: Counter[str] = Counter()
    for sign, name in line.is_.terms:
        part = _weights(axis[name], axis, (*above, line.key))
        if part is None:
            return None
        for key, weight in part.items():
            found[key] += sign * weight
    return found


def _block_rule(rule: Rule, block: Block, place: str) -> Iterator[Problem]:
    if rule.cells or bool(rule.rows) == bool(rule.columns):
        yield Problem("rule-axis", place)
        return
    lines = block.rows if rule.rows else block.columns
    yield from _equation(rule.rows or rule.columns, {leaf.key: leaf for leaf in leaves(lines)}, place)


def _rules(form: Form) -> Iterator[Problem]:
    keys = [rule.key for s in form.sections for b in s.blocks for rule in b.rules] + [
        rule.key for rule in form.rules
    ]
    yield from _repeated(keys, "rule", "repeated-key")
    yield from _keys("rule", keys)
    for rule in form.rules:
        place = f"rule “{rule.key}”"
        if rule.cells is None or rule.rows or rule.columns:
            yield Problem("rule-cells", place)
        else:
            yield from _equation(rule.cells, form.cells, place)


def _equation(equation: Equation | None, known: Iterable[str], place: str) -> Iterator[Problem]:
    names = equation.names if equation else ()
    yield from _unknown(names, list(known), place)
    yield from _repeated(names, place, "repeated-in-rule")


def _units(form: Form) -> Iterator[Problem]:
    """Pieces and money do not add up to anything. Only asked once every name is known."""
    sums = [(f"“{cell.name}”", cell.name, cell.definition) for cell in form.totals]
    sums += [
        (f"rule “{i.rule.key}”", i.equation.left.names[0], side)
        for i in form.identities
        for side in (i.equation.left, i.equation.right)
    ]
    for place, first, linear in sums:
        units = {form.cells[name].unit for name in (first, *_names_of(linear))}
        if len(units) > 1:
            yield Problem("mixed-units", place, {"units": "、".join(sorted(units))})


def _names_of(linear: Linear | None) -> tuple[str, ...]:
    return linear.names if linear else ()


def _unknown(names: Iterable[str], known: Iterable[str], place: str) -> Iterator[Problem]:
    known = list(known)
    for name in names:
        if name not in known:
            yield Problem("unknown-name", place, {"name": name, "nearest": nearest(name, known)})


def nearest(word: str, known: Iterable[str]) -> str:
    """The likeliest intended word, or a dash."""
    return next(iter(difflib.get_close_matches(word, list(known), 1)), "—")


def _keys(place: str, keys: Iterable[str]) -> Iterator[Problem]:
    for key in keys:
        if not _KEY.fullmatch(key):
            yield Problem("bad-key", place, {"key": key})


def _repeated(names: Iterable[str], place: str, code: str) -> Iterator[Problem]:
    for name, times in Counter(names).items():
        if times > 1:
            yield Problem(code, place, {"name": name})


def _walk(lines: tuple[Line, ...]) -> Iterator[Line]:
    for line in lines:
        yield line
        yield from _walk(line.lines)
