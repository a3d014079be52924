"""Finds the faults of a well-formed form, such as unknown names, totals that omit a part, and repeated keys.

One run finds every fault. Each problem has its place; the text catalogue has the corrections.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from xltools.errors import Problem
from xltools.form.labels import LONGEST_LABEL, core
from xltools.form.linear import Linear
from xltools.form.model import Block, Form, Line, Part, Rule, Section, leaves, unit_of, walk
from xltools.form.places import RESERVED_SHEETS
from xltools.form.prose import PERIODS, named_in
from xltools.form.publication import DraftSentence, Listing
from xltools.form.references import units_of, unknown_figures, unknown_names
from xltools.form.relation import Condition
from xltools.form.wording import LAST, WORDS, Wording
from xltools.toml_tables import nearest

_KEY = r"[a-z][a-z0-9_]*"
_SHEET = r"(?!')[^\[\]:*?/\\\x00-\x1f\x7f]+(?<!')"
_LONGEST_SHEET = 31  # UTF-16 units, the limit of Excel
_RESERVED_BY_EXCEL = "History"
_LONGEST_SENTENCE = 500  # characters of a hint, a note or a rule, which must fit in one row of a sheet
_LONGEST_SHOWN = 40
_MOST_SPAN = 100
# The least and largest number of measures in a readable chart of each kind.
_SHOWN = {"agencies": (1, 1), "lines": (2, 12), "trend": (1, 3)}
# Keys that have no effect on a label over others.
_WITHOUT_EFFECT = ("key", "is_", "omits", "of", "number", "unit", "signed", "additive", "only")
_PLAIN = Line(label="-")
_RULE_WORDS = ("on", "when", "within", "level")
_PLAIN_RULE = Rule("-", "-", "-")


def lint(form: Form) -> list[Problem]:
    """Return everything that makes *form* unusable; an empty list when it is sound.

    Sums are not checked in a section whose cells are ambiguous, because a fault found there may be just a consequence.
    """
    problems = list(_whole(form))
    ambiguous_keys = {p.facts["name"] for p in problems if (p.code, p.place) == ("repeated-key", "section")}
    for section in form.sections:
        place = f"section “{section.key}”"
        ambiguous = list(_cell_keys(section, place))
        problems += [*ambiguous, *_section(section, place)]
        if ambiguous:
            ambiguous_keys.add(section.key)
    sure = frozenset(section.key for section in form.sections) - ambiguous_keys
    problems += _meaning(form, sure)
    is_understood = not {"circular", "unknown-name"} & {problem.code for problem in problems}
    in_lines = [*_units(form, sure), *(_signs(form, sure) if is_understood else ())]
    # Of a rule the same is wrong in each of its lines.
    return [*problems, *{(p.code, p.place, str(p.facts)): p for p in in_lines}.values()]


def _whole(form: Form) -> Iterator[Problem]:
    """Yield faults of the form as a whole."""
    if not form.sections:
        yield Problem("no-sections", "section")
    yield from _keys("key", (form.key,))
    yield from _schema(form)
    yield from _texts("form", ("edition", form.edition), ("title", form.title))
    yield from _repeated((s.key for s in form.sections), "section", "repeated-key")
    yield from _repeated((s.sheet.casefold() for s in form.sections), "section", "repeated-sheet")
    yield from _texts("form", *(("notes", note) for note in form.notes), limit=_LONGEST_SENTENCE)
    yield from _parts(form.cover.parts, "cover")
    yield from _texts("form", *(("also", text) for text in form.also))
    yield from _alike("section", [(s.title, s.also) for s in form.sections])
    for headline in form.headline:
        yield from _texts("headline", ("label", headline.label))
    for old in form.superseded:
        yield from _texts("superseded", ("edition", old.edition), *(("words", word) for word in old.words))


def _cell_keys(section: Section, place: str) -> Iterator[Problem]:
    """Yield faults that make the cells of a section ambiguous."""
    yield from _keys(place, (section.key,))
    for index, block in enumerate(section.blocks, 1):
        for axis, lines in (("rows", block.rows), ("columns", block.columns)):
            here = f"{place} › block {index} › {axis}"
            if not lines:
                yield Problem("empty-axis", here)
            for line in leaves(lines):
                yield from _keys(f"{here} › “{line.label}”", (line.key,))
            yield from _repeated((line.key for line in leaves(lines)), here, "repeated-key")
    names = (f"{r.key}.{c.key}" for b in section.blocks for r in leaves(b.rows) for c in leaves(b.columns))
    yield from _repeated(names, place, "repeated-cell")


def _section(section: Section, place: str) -> Iterator[Problem]:
    """Yield faults in what a section prints and in its arrangement on its sheet."""
    yield from _texts(place, ("title", section.title), *_given(unit=section.unit))
    yield from _texts(place, *(("also", text) for text in section.also))
    yield from _texts(place, *_given(note=section.note), limit=_LONGEST_SENTENCE)
    reserved = (*RESERVED_SHEETS, _RESERVED_BY_EXCEL)
    units = len(section.sheet.encode("utf-16-le", "surrogatepass")) // 2
    is_taken = section.sheet.casefold() in map(str.casefold, reserved)
    if units > _LONGEST_SHEET or not re.fullmatch(_SHEET, section.sheet) or is_taken:
        facts = {"sheet": section.sheet, "reserved": "、".join(reserved)}
        yield Problem("bad-sheet-name", place, facts)
    if bool(section.parts) == bool(section.blocks):
        yield Problem("parts-or-blocks", place)
    yield from _parts(section.parts, place)
    for index, block in enumerate(section.blocks, 1):
        here = f"{place} › block {index}"
        yield from _texts(
            here,
            *_given(caption=block.caption, corner=block.corner, heading=block.heading, unit=block.unit),
        )
        yield from _texts(here, *(("extra", text) for text in block.extra))
        for axis, lines in (("rows", block.rows), ("columns", block.columns)):
            named = [(line.label, line.also) for line, _ in walk(lines)]
            yield from _alike(f"{here} › {axis}", [*named, *(("", (text,)) for text in block.extra)])
            for line, _ in walk(lines):
                yield from _line(line, axis, f"{here} › {axis} › “{_clipped(line.label)}”")
    yield from _shape(section, place)


def _alike(place: str, named: list[tuple[str, tuple[str, ...]]]) -> Iterator[Problem]:
    """Yield other wordings that are read as the label itself or as a label beside it."""
    times = Counter(core(text) for label, also in named for text in filter(None, (label, *also)))
    for _, also in named:
        for text in also:
            if times[core(text)] > 1:
                yield Problem("also-alike", place, {"text": _clipped(text)})


def _line(line: Line, axis: str, place: str) -> Iterator[Problem]:
    yield from _texts(place, ("label", line.label), *_given(unit=line.unit))
    yield from _texts(place, *(("also", text) for text in line.also))
    yield from _texts(place, *_given(note=line.note), limit=_LONGEST_SENTENCE)
    vain = [name for name in _WITHOUT_EFFECT if getattr(line, name) != getattr(_PLAIN, name)]
    if line.lines and vain:
        yield Problem("group-with-cells", place, {"keys": ", ".join(name.rstrip("_") for name in vain)})
    if line.span != 1 and (axis == "rows" or line.lines or not 1 <= line.span <= _MOST_SPAN):
        yield Problem("bad-span", place, {"span": line.span, "most": _MOST_SPAN})


def _parts(parts: tuple[Part, ...], place: str) -> Iterator[Problem]:
    """Yield faults of prose cells, in a section or on the cover; in a section the label may be missing."""
    yield from _unique_keys(place, [part.key for part in parts])
    yield from _alike(place, [(part.label, part.also) for part in parts])
    for part in parts:
        label = [("label", part.label)] if place == "cover" else _given(label=part.label)
        yield from _texts(f"{place} › “{part.key}”", *label, *(("also", text) for text in part.also))
        yield from _texts(f"{place} › “{part.key}”", *_given(hint=part.hint), limit=_LONGEST_SENTENCE)


def _given(**texts: str | None) -> list[tuple[str, str]]:
    """Return the optional *texts* that are given."""
    return [(what, text) for what, text in texts.items() if text]


def _texts(place: str, *texts: tuple[str, str], limit: int = LONGEST_LABEL) -> Iterator[Problem]:
    """Yield texts that are blank, too long, or that no workbook returns as they were written."""
    for what, text in texts:
        if not text.strip() or len(text) > limit or not all(c.isprintable() or c.isspace() for c in text):
            yield Problem("bad-label", place, {"text": _clipped(text), "what": what, "limit": limit})


def _clipped(text: str) -> str:
    """Return *text* short and printable enough for a message."""
    shown = text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"
    return "".join(c if c.isprintable() else "\ufffd" for c in shown)


def _shape(section: Section, place: str) -> Iterator[Problem]:
    """Yield blocks of a section that differ in the number of columns, because they share one grid."""
    depths = {block.label_columns for block in section.blocks}
    widths = {block.width for block in section.blocks}
    for what, sizes in (("label", depths), ("column", widths)):
        if len(sizes) > 1:
            yield Problem("ragged", place, {"what": what, "sizes": ", ".join(map(str, sorted(sizes)))})
    if section.label_widths and {len(section.label_widths)} != depths:
        yield Problem(
            "label-widths", place, {"given": len(section.label_widths), "needed": max(depths, default=0)}
        )


def _meaning(form: Form, sure: frozenset[str]) -> Iterator[Problem]:
    """Yield faults of definitions, rules and texts, in the sections *sure* whose cells are unambiguous."""
    for section in form.sections:
        if section.key not in sure:
            continue
        for index, block in enumerate(section.blocks, 1):
            place = f"section “{section.key}” › block {index}"
            for axis, lines in (("rows", block.rows), ("columns", block.columns)):
                units = {line.key: unit_of(line, block, section) for line in leaves(lines)}
                yield from _definitions(lines, units, f"{place} › {axis}")
                yield from _wholes(lines, f"{place} › {axis}")
            for rule in block.rules:
                yield from _block_rule(rule, block, f"{place} › rule “{rule.key}”", form.schema)
            for rule in block.carries:
                yield from _block_rule(rule, block, f"{place} › carry “{rule.key}”", form.schema)
    yield from _rules(form, sure)
    named = _judged((h.cell for h in form.headline), form, sure)
    yield from _unknown(named, form.cells, "headline")
    yield from _charts(form, sure)
    yield from _prose(form, sure)
    if sure.issuperset(section.key for section in form.sections):
        yield from _publication(form)


def _judged(names: Iterable[str], form: Form, sure: frozenset[str]) -> Iterator[str]:
    """Return the names of cells that lie in a section of *sure*, or in none."""
    others = {section.key for section in form.sections} - sure
    return (name for name in names if name.partition(".")[0] not in others)


def _charts(form: Form, sure: frozenset[str]) -> Iterator[Problem]:
    """Yield charts of unknown cells, of cells that cannot be added, and of too many or too few measures."""
    yield from _unique_keys("chart", [chart.key for chart in form.charts])
    for chart in form.charts:
        place = f"chart “{chart.key}”"
        yield from _texts(place, ("title", chart.title), *(("label", m.label) for m in chart.shows))
        least, most = _SHOWN[chart.kind]
        if not least <= len(chart.shows) <= most:
            limits = {"least": least, "most": most, "given": len(chart.shows)}
            yield Problem("chart-shows", place, {"kind": chart.kind, **limits})
        names = list(_judged(chart.names, form, sure))
        yield from _unknown(names, form.cells, place)
        for name in dict.fromkeys(names):
            if name in form.cells and not form.cells[name].additive:
                yield Problem("chart-not-additive", place, {"name": name})


def _prose(form: Form, sure: frozenset[str]) -> Iterator[Problem]:
    """Yield unknown cells, prose cells and meanings in the ``[prose]`` table."""
    prose = form.prose
    yield from _unique_keys("prose › meaning", [meaning.key for meaning in prose.meanings])
    for meaning in prose.meanings:
        names = _judged(meaning.is_.names, form, sure)
        yield from _unknown(names, form.cells, f"prose › meaning “{meaning.key}”")
    for index, claim in enumerate(prose.claims, 1):
        place = f"prose › claim {index} “{'、'.join(claim.words[:1])}”"
        sums = [*claim.means, *claim.every, *(s for one in claim.under for s in (*one.means, *one.every))]
        yield from _unknown((n for reading in sums for n in reading.names), prose.by_key, place)
        yield from _unknown(claim.boxes, form.texts, place)
        yield from _unknown(named_in(claim.words), (*PERIODS, *prose.terms), place)
    for key, words in prose.terms.items():
        yield from _unknown(named_in(words), PERIODS, f"prose › terms “{key}”")
    one = prose.settled
    settled = (one.leaves, one.handled, *filter(None, [one.earlier])) if one else ()
    yield from _unknown((*prose.nil.values(), *settled), prose.by_key, "prose")
    yield from _unknown((*prose.required, *prose.substantial, *prose.nil), form.texts, "prose")


def _publication(form: Form) -> Iterator[Problem]:
    """Yield unknown figures, lists and prose cells in the ``[publication]`` table."""
    publication, place = form.publication, "publication"
    keys = [one.key for one in publication.lists]
    boxes = [draft.box for draft in publication.drafts]
    yield from _keys(f"{place} › list", keys)
    yield from _repeated((*WORDS, *form.prose.by_key, *keys), place, "repeated-key")
    yield from _repeated(boxes, f"{place} › draft", "repeated-key")
    yield from _unknown(boxes, form.texts, f"{place} › draft")
    yield from _sentences(publication.opening, form, f"{place} › opening")
    for draft in publication.drafts:
        yield from _sentences(draft.say, form, f"{place} › draft “{draft.box}”")
    below = set(keys)
    for one in publication.lists:
        yield from _list(one, below, form, f"{place} › list “{one.key}”")
        below.discard(one.key)


def _list(one: Listing, below: set[str], form: Form, place: str) -> Iterator[Problem]:
    """Yield parts without a figure, and lists used above their definition, which could form a circle."""
    for index, item in enumerate(one.items, 1):
        here = f"{place} › #{index}"
        for text in filter(None, (item.text, item.alone)):
            yield from wording_faults(text, form, here)
            for name in {brace.word for brace in text.braces} & below:
                yield Problem("circular", here, {"name": name})
        if all(b.word in WORDS or b.word in form.publication.by_key for b in item.text.braces):
            yield Problem("item-without-figure", here)


def _sentences(say: tuple[DraftSentence, ...], form: Form, place: str) -> Iterator[Problem]:
    for index, said in enumerate(say, 1):
        here = f"{place} › #{index}"
        yield from wording_faults(said.wording, form, here)


def wording_faults(text: Wording, form: Form, place: str) -> Iterator[Problem]:
    """Yield what makes it impossible to fill in a text: unknown names, sums over several units."""
    unknown = list(unknown_names(text, form))
    yield from _figures(unknown, form, place)
    for one in (one for condition in text.conditions for one in condition.relations):
        for side in (one.left, one.right):
            yield from _figures(unknown_figures(side, form), form, place)
    for brace in text.braces if not unknown else ():
        if brace.word in WORDS or brace.word in form.publication.by_key:
            continue
        if len(units := units_of(brace.sum, form)) > 1:
            yield Problem("mixed-units", place, {"units": "、".join(units)})
        if brace.manner and any(name.startswith(LAST) for name in brace.sum.names):
            yield Problem("change-of-last", place, {"text": str(brace.sum)})


def _figures(unknown: Iterable[str], form: Form, place: str) -> Iterator[Problem]:
    """Yield a problem for each unknown name, with the nearest known one."""
    for name in unknown:
        own = name.removeprefix(LAST)
        mark = name[: len(name) - len(own)]
        known = form.figures if mark else (*form.figures, *WORDS, *form.publication.by_key)
        near = nearest(own, known)
        yield Problem("unknown-name", place, {"name": name, "nearest": near if near == "—" else mark + near})


def _definitions(lines: tuple[Line, ...], units: Mapping[str, str], place: str) -> Iterator[Problem]:
    """Yield totals of unknown lines, circles, and lines that a total does not add exactly once without a reason."""
    axis = {leaf.key: leaf for leaf in leaves(lines)}
    held = {name for line in axis.values() if line.is_ for name in line.is_.names}
    for line, definition, siblings in _totals(lines):
        here = f"{place} › “{line.key}” › is"
        if not definition.terms:
            yield Problem("nothing-to-add", here)
            continue
        yield from _unknown(definition.names, axis, here)
        yield from _unknown(line.omits, axis, here)
        if not axis.keys() >= {*line.omits, *_reached(line, axis)}:
            continue  # its coverage depends on an unknown name
        weights = _weights(line, axis, ())
        if weights is None:
            yield Problem("circular", here, {"name": line.key})
            continue
        for name, weight in sorted(weights.items()):
            if abs(weight) > 1:
                yield Problem("counted-twice", here, {"name": name, "times": weight})
            if line.additive and not axis[name].additive:
                yield Problem("not-additive", here, {"name": name})
            if name in line.omits:
                yield Problem("omitted-and-added", here, {"name": name})
        if line.key not in held and not line.of:  # a subtotal or a part answers for nothing
            yield from _forgotten(line, weights, axis, siblings, units, here)


def _forgotten(
    total: Line,
    weights: Mapping[str, int],
    axis: Mapping[str, Line],
    siblings: Iterable[str],
    units: Mapping[str, str],
    place: str,
) -> Iterator[Problem]:
    """Yield the lines of its unit that a total does not add: those of its label, or its own parts if it adds only these."""
    parts = total.is_.names if total.is_ else ()
    is_divided_anew = all(axis[name].of == total.key for name in parts)
    whole = total.key if is_divided_anew else ""
    for name in axis if is_divided_anew else siblings:
        one = axis[name]
        is_own = one.of == whole and one.additive and units[name] == units[total.key]
        if is_own and name not in weights and not total.omits.get(name):
            yield Problem("forgotten", place, {"name": name, "label": one.label, "total": total.key})


def _wholes(lines: tuple[Line, ...], place: str) -> Iterator[Problem]:
    """Yield parts (其中) of unknown lines or of themselves, and those that may be below 0."""
    axis = {leaf.key: leaf for leaf in leaves(lines)}
    for line in axis.values():
        here = f"{place} › “{line.key}” › of"
        if line.of:
            yield from _unknown((line.of,), axis, here)
        above, whole = [line.key], line.of
        while whole in axis and whole not in above:
            above.append(whole)
            whole = axis[whole].of
        if whole == line.key:
            yield Problem("circular", here, {"name": line.key})


def _totals(lines: tuple[Line, ...]) -> Iterator[tuple[Line, Linear, list[str]]]:
    """Yield each total with its definition and the keys of its siblings: the typed lines under the same label, at any depth."""
    for siblings in (lines, *(line.lines for line, _ in walk(lines) if line.lines)):
        typed = [leaf.key for leaf in leaves(siblings) if leaf.is_ is None]
        yield from ((line, line.is_, typed) for line in siblings if line.is_ is not None and not line.lines)


def _reached(line: Line, axis: dict[str, Line]) -> set[str]:
    """Return every name from which a total is derived, also through other totals, known or not."""
    reached: set[str] = set()
    left = [line.key]
    while left:
        key = left.pop()
        if key not in reached:
            reached.add(key)
            total = axis[key].is_ if key in axis else None
            left += total.names if total else ()
    return reached


def _weights(line: Line, axis: dict[str, Line], above: tuple[str, ...]) -> Counter[str] | None:
    """Return how often each typed line enters the total; ``None`` when the definition is circular."""
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


def _block_rule(rule: Rule, block: Block, place: str, schema: int) -> Iterator[Problem]:
    """Yield faults of a rule of a block, or of a rule that derives one typed line from at least one of last year."""
    if (rule.rows or rule.columns) is None or rule.cells or (rule.rows and rule.columns):
        yield Problem("rule-axis", place)
        return
    lines, others = (block.rows, block.columns) if rule.rows else (block.columns, block.rows)
    known = {leaf.key: leaf for leaf in leaves(lines)}
    is_carry = rule in block.carries
    names = rule.constraint.names
    unknown = list(
        _unknown((n.removeprefix(LAST) if is_carry or schema > 1 else n for n in names), known, place)
    )
    yield from unknown
    asked = {leaf.key: leaf for leaf in leaves(others)}
    yield from _unknown(rule.on, asked, f"{place} › on")
    for name in rule.on:
        if name in asked and not asked[name].additive:
            yield Problem("not-additive", f"{place} › on", {"name": name})
    if not is_carry:
        yield from _relation(rule, place)
    elif not unknown:
        yield from _carry(rule, known, place)
    yield from _repeated(rule.constraint.relation.names, place, "repeated-in-rule")


def _relation(rule: Rule, place: str) -> Iterator[Problem]:
    """Yield relations whose findings would have no cell, and tolerances of inequalities."""
    relation = rule.constraint.relation
    if not relation.left.names or relation.left.names[0].startswith(LAST):
        yield Problem("rule-left", place, {"text": str(relation.left)})
    if rule.within and relation.sign != "=":
        yield Problem("within-inequality", place, {"text": str(relation)})


def _carry(rule: Rule, lines: Mapping[str, Line], place: str) -> Iterator[Problem]:
    left, sign, right = rule.constraint.relation
    if sign != "=" or rule.when.relations or rule.within or rule.level != "error":
        yield Problem("carry-equation", place)
    is_single = len(left.terms) == 1 and left.terms[0][0] > 0 and not left.constant
    if not is_single or left.names[0].startswith(LAST) or lines[left.names[0]].is_ is not None:
        yield Problem("carry-left", place, {"text": str(left)})
    if not any(name.startswith(LAST) for name in right.names):
        yield Problem("carry-right", place, {"text": str(right), "mark": LAST})


def _rules(form: Form, sure: frozenset[str]) -> Iterator[Problem]:
    rules = [*(rule for s in form.sections for b in s.blocks for rule in (*b.rules, *b.carries)), *form.rules]
    keys = [rule.key for rule in rules]
    yield from _repeated(keys, "rule", "repeated-key")
    yield from _keys("rule", keys)
    for rule in rules:
        yield from _texts(f"rule “{rule.key}”", ("label", rule.label), limit=_LONGEST_SENTENCE)
    for rule in form.rules:
        place = f"rule “{rule.key}”"
        if rule.cells is None or rule.rows or rule.columns or rule.on:
            yield Problem("rule-cells", place)
            continue
        names = (name.removeprefix(LAST) if form.schema > 1 else name for name in rule.constraint.names)
        yield from _unknown(_judged(names, form, sure), form.cells, place)
        yield from _relation(rule, place)
        yield from _repeated(rule.cells.names, place, "repeated-in-rule")


def _signs(form: Form, sure: frozenset[str]) -> Iterator[Problem]:
    """Yield parts (其中) that may be below 0, and relations and conditions that never hold."""
    known = {name: cell for name, cell in form.cells.items() if cell.section.key in sure}

    def may_be_below_zero(name: str) -> bool:
        own = name.removeprefix(LAST)
        return own not in known or known[own].signed

    for identity in form.identities:
        place, constraint = f"rule “{identity.rule.key}”", identity.constraint
        if identity.is_part and any(map(may_be_below_zero, identity.cells)):
            yield Problem("part-signed", place, {"label": identity.rule.label})
        written = identity.rule.constraint
        for one, text in (
            (constraint.when, written.when),
            (Condition((constraint.relation,)), written.relation),
        ):
            if not one.can_hold(may_be_below_zero):
                yield Problem("never-holds", place, {"text": str(text)})


def _units(form: Form, sure: frozenset[str]) -> Iterator[Problem]:
    """Yield sums over cells of several units, such as pieces and money; unknown names are ignored.

    Two whole numbers of different units can be compared, such as users and visits.
    """
    known = {name: cell for name, cell in form.cells.items() if cell.section.key in sure}
    groups = [(f"“{c.name}”", (c.name, *c.definition.names)) for c in form.cells.values() if c.definition]
    for identity in (*form.identities, *form.carries):
        for relation in (identity.relation, *identity.constraint.when.relations):
            sides = [relation.left.names, relation.right.names]
            cells = (known.get(name.removeprefix(LAST)) for name in relation.names)
            is_order = relation.sign != "=" and not identity.is_part
            if not is_order or any(cell and cell.number != "count" for cell in cells):
                sides = [relation.names]
            groups += [(f"rule “{identity.rule.key}”", names) for names in sides]
    groups += [(f"prose › meaning “{m.key}”", m.is_.names) for m in form.prose.meanings]
    groups += [(f"chart “{chart.key}”", chart.names) for chart in form.charts]  # they share an axis
    for place, names in groups:
        named = (name.removeprefix(LAST) for name in names)
        units = {known[name].unit for name in named if name in known}
        if len(units) > 1:
            yield Problem("mixed-units", place, {"units": "、".join(sorted(units))})


# Words that sums may use in the second version of the language.
_RESERVED_KEYS = {"per", "sum", "count", "row", "last", "ago", "period", "yes", "no"}


def _schema(form: Form) -> Iterator[Problem]:
    """Yield words that need the second version of the language in a form of the first, and keys that it reserves."""
    for section in form.sections:
        for index, block in enumerate(section.blocks, 1):
            place = f"section “{section.key}” › block {index}"
            lines = [line for axis in (block.rows, block.columns) for line in leaves(axis)]
            if form.schema > 1:
                for key in sorted({section.key, *(line.key for line in lines)} & _RESERVED_KEYS):
                    yield Problem("reserved-key", place, {"key": key})
            elif any(line.of for line in lines):
                yield Problem("needs-schema", place, {"words": "of"})
    for rule in (*(r for s in form.sections for b in s.blocks for r in (*b.rules, *b.carries)), *form.rules):
        relation = rule.rows or rule.columns or rule.cells
        used = [key for key in _RULE_WORDS if getattr(rule, key) != getattr(_PLAIN_RULE, key)]
        if relation and (relation.sign != "=" or relation.left.constant or relation.right.constant):
            used.append(str(relation))
        if form.schema == 1 and used:
            yield Problem("needs-schema", f"rule “{rule.key}”", {"words": ", ".join(used)})


def _unknown(names: Iterable[str], known: Iterable[str], place: str) -> Iterator[Problem]:
    known = list(known)
    for name in names:
        if name not in known:
            yield Problem("unknown-name", place, {"name": name, "nearest": nearest(name, known)})


def _keys(place: str, keys: Iterable[str]) -> Iterator[Problem]:
    for key in keys:
        if not re.fullmatch(_KEY, key):
            yield Problem("bad-key", place, {"key": key})


def _unique_keys(place: str, keys: list[str]) -> Iterator[Problem]:
    yield from _keys(place, keys)
    yield from _repeated(keys, place, "repeated-key")


def _repeated(names: Iterable[str], place: str, code: str) -> Iterator[Problem]:
    for name, times in Counter(names).items():
        if times > 1:
            yield Problem(code, place, {"name": name})
