"""Finds the faults of a well-formed form, such as unknown names, totals that omit a part, and repeated keys.

One run finds every fault. Each problem has its place; the text catalogue has the corrections.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from xltools.errors import Problem
from xltools.form import lint_fields
from xltools.form.fields import Field
from xltools.form.labels import core
from xltools.form.linear import Linear
from xltools.form.lint_blocks import beside_faults, stub_faults, void_faults, void_total_faults
from xltools.form.lint_lists import list_faults
from xltools.form.lint_names import (
    LONGEST_SENTENCE,
    clipped,
    given,
    in_terms_of_codes,
    judged,
    key_faults,
    ratio_in_sum_faults,
    repeated_faults,
    text_faults,
    unique_key_faults,
    unknown_faults,
)
from xltools.form.lint_only import only_faults, whole_faults
from xltools.form.lint_rules import block_rule_faults, period_faults, rule_faults, schema_faults, sign_faults
from xltools.form.lint_sums import (
    decimal_faults,
    meeting_faults,
    multiple_faults,
    parts_faults,
    quotient_faults,
    totals_faults,
    unit_faults,
)
from xltools.form.model import Form
from xltools.form.places import CODES, RESERVED_SHEETS
from xltools.form.prose import PERIODS, named_in
from xltools.form.publication import DraftSentence, Listing
from xltools.form.references import units_of, unknown_figures, unknown_names
from xltools.form.sections import Line, Part, Section, leaves, unit_of, walk
from xltools.form.wording import Wording, own_name, time_of
from xltools.toml_tables import nearest

_SHEET = r"(?!')[^\[\]:*?/\\\x00-\x1f\x7f]+(?<!')"
_LONGEST_SHEET = 31  # UTF-16 units, the limit of Excel
_RESERVED_BY_EXCEL = "History"
_MOST_SPAN = 100
# The least and largest number of measures in a readable chart of each kind.
_SHOWN = {"agencies": (1, 1), "lines": (2, 12), "trend": (1, 3)}
# Keys that have no effect on a label over others.
_WITHOUT_EFFECT = (
    *("key", "code", "is_", "omits", "of", "mean", "additive", "only", "given"),
    *("number", "decimals", "unit", "signed"),
)
_PLAIN = Line(label="-")


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
    in_lines = [*unit_faults(form, sure), *multiple_faults(form, sure)]
    if is_understood:
        in_lines += [*sign_faults(form, sure), *void_total_faults(form, sure)]
    if is_understood and not (problems or in_lines):
        in_lines += whole_faults(form)
    # Of a rule the same is wrong in each of its lines.
    return [*problems, *{(p.code, p.place, str(p.facts)): p for p in in_lines}.values()]


def _whole(form: Form) -> Iterator[Problem]:
    """Yield faults of the form as a whole."""
    if not form.sections:
        yield Problem("no-sections", "section")
    yield from key_faults("key", (form.key,))
    yield from schema_faults(form)
    yield from period_faults(form)
    yield from text_faults("form", ("edition", form.edition), ("title", form.title))
    yield from repeated_faults((s.key for s in form.sections), "section", "repeated-key")
    yield from _sheets(form)
    yield from text_faults("form", *(("notes", note) for note in form.notes), limit=LONGEST_SENTENCE)
    for find in (lint_fields.code_faults, lint_fields.field_faults, list_faults, only_faults):
        yield from find(form)
    yield from _parts(form.cover.parts, "cover")
    yield from text_faults("form", *(("also", text) for text in form.also))
    yield from _alike("section", [(s.title, s.also) for s in form.sections])
    for headline in form.headline:
        yield from text_faults("headline", ("label", headline.label))
    for old in form.superseded:
        yield from text_faults(
            "superseded", ("edition", old.edition), *(("words", word) for word in old.words)
        )


def _sheets(form: Form) -> Iterator[Problem]:
    """Yield sheets with one name, and names that no program allows for a sheet or that other sheets have."""
    sheets = [(f"section “{s.key}”", s.sheet) for s in form.sections if s.has_sheet or not s.lists]
    for section in form.sections:
        place = f"section “{section.key}” › list"
        sheets += [(f"{place} “{one.key}”", section.sheet_of(one)) for one in section.lists]
    yield from repeated_faults((sheet.casefold() for _, sheet in sheets), "section", "repeated-sheet")
    reserved = (*RESERVED_SHEETS, *((CODES,) if form.schema > 1 else ()), _RESERVED_BY_EXCEL)
    taken = {*map(str.casefold, reserved)}
    for place, sheet in sheets:
        units = len(sheet.encode("utf-16-le", "surrogatepass")) // 2
        if units > _LONGEST_SHEET or not re.fullmatch(_SHEET, sheet) or sheet.casefold() in taken:
            yield Problem("bad-sheet-name", place, {"sheet": sheet, "reserved": "、".join(reserved)})


def _cell_keys(section: Section, place: str) -> Iterator[Problem]:
    """Yield faults that make the cells of a section ambiguous."""
    yield from key_faults(place, (section.key,))
    for index, block in enumerate(section.blocks, 1):
        for axis, lines in (("rows", block.rows), ("columns", block.columns)):
            here = f"{place} › block {index} › {axis}"
            if not lines:
                yield Problem("empty-axis", here)
            for line in leaves(lines):
                faults = key_faults(f"{here} › “{line.label}”", (line.key,))
                yield from in_terms_of_codes(faults, [line.code])
            yield from repeated_faults((line.key for line in leaves(lines)), here, "repeated-key")
    names = (f"{r.key}.{c.key}" for b in section.blocks for r in leaves(b.rows) for c in leaves(b.columns))
    yield from repeated_faults(names, place, "repeated-cell")


def _section(section: Section, place: str) -> Iterator[Problem]:
    """Yield faults in what a section prints and in its arrangement on its sheet."""
    yield from text_faults(place, ("title", section.title), *given(unit=section.unit))
    yield from text_faults(place, *(("also", text) for text in section.also))
    yield from text_faults(place, *given(note=section.note), limit=LONGEST_SENTENCE)
    if bool(section.parts) == bool(section.blocks) and (
        section.parts or not (section.fields or section.lists)
    ):
        yield Problem("parts-or-blocks", place)
    yield from _parts((*section.parts, *section.fields), place)
    for index, block in enumerate(section.blocks, 1):
        here = f"{place} › block {index}"
        yield from text_faults(
            here,
            *given(caption=block.caption, corner=block.corner, heading=block.heading, unit=block.unit),
        )
        yield from text_faults(here, *(("extra", text) for text in block.extra))
        yield from stub_faults(block, here)
        yield from void_faults(block, here)
        for axis, lines in (("rows", block.rows), ("columns", block.columns)):
            named = [(line.label, line.also) for line, _ in walk(lines)]
            yield from _alike(f"{here} › {axis}", [*named, *(("", (text,)) for text in block.extra)])
            for line, _ in walk(lines):
                yield from _line(line, axis, f"{here} › {axis} › “{clipped(line.label)}”")
    yield from _shape(section, place)


def _alike(place: str, named: list[tuple[str, tuple[str, ...]]]) -> Iterator[Problem]:
    """Yield other wordings that are read as the label itself or as a label beside it."""
    times = Counter(core(text) for label, also in named for text in filter(None, (label, *also)))
    for _, also in named:
        for text in also:
            if times[core(text)] > 1:
                yield Problem("also-alike", place, {"text": clipped(text)})


def _line(line: Line, axis: str, place: str) -> Iterator[Problem]:
    yield from text_faults(place, ("label", line.label), *given(code=line.code, unit=line.unit))
    yield from text_faults(place, *(("also", text) for text in line.also))
    yield from text_faults(place, *given(note=line.note), limit=LONGEST_SENTENCE)
    vain = [name for name in _WITHOUT_EFFECT if getattr(line, name) != getattr(_PLAIN, name)]
    if line.lines and vain:
        yield Problem("group-with-cells", place, {"keys": ", ".join(name.rstrip("_") for name in vain)})
    if line.span != 1 and (axis == "rows" or line.lines or not 1 <= line.span <= _MOST_SPAN):
        yield Problem("bad-span", place, {"span": line.span, "most": _MOST_SPAN})


def _parts(parts: tuple[Part | Field, ...], place: str) -> Iterator[Problem]:
    """Yield faults of cells for texts, in a section or on the cover; prose in a section may have no label."""
    yield from unique_key_faults(place, [part.key for part in parts])
    yield from _alike(place, [(part.label, part.also) for part in parts])
    for part in parts:
        is_labelled = place == "cover" or isinstance(part, Field)
        label = [("label", part.label)] if is_labelled else given(label=part.label)
        yield from text_faults(f"{place} › “{part.key}”", *label, *(("also", text) for text in part.also))
        yield from text_faults(f"{place} › “{part.key}”", *given(hint=part.hint), limit=LONGEST_SENTENCE)


def _shape(section: Section, place: str) -> Iterator[Problem]:
    """Yield blocks of a section that differ in the number of columns, because they share one grid."""
    yield from beside_faults(section, place)
    depths = {tuple(block.label_columns for block in band) for band in section.bands}
    widths = {tuple(block.width for block in band) for band in section.bands}
    for what, sizes in (("label", depths), ("column", widths)):
        if len(sizes) > 1:
            shown = ", ".join("+".join(map(str, size)) for size in sorted(sizes))
            yield Problem("ragged", place, {"what": what, "sizes": shown})
    if section.label_widths and {len(section.label_widths)} != set(map(sum, depths)):
        needed = max(map(sum, depths), default=0)
        yield Problem("label-widths", place, {"given": len(section.label_widths), "needed": needed})


def _meaning(form: Form, sure: frozenset[str]) -> Iterator[Problem]:
    """Yield faults of definitions, rules and texts, in the sections *sure* whose cells are unambiguous."""
    for section in form.sections:
        if section.key not in sure:
            continue
        for index, block in enumerate(section.blocks, 1):
            place = f"section “{section.key}” › block {index}"
            for axis, lines in (("rows", block.rows), ("columns", block.columns)):
                units = {line.key: unit_of(line, block, section) for line in leaves(lines)}
                yield from totals_faults(lines, units, form, f"{place} › {axis}")
                yield from parts_faults(lines, f"{place} › {axis}")
                yield from quotient_faults(lines, form, f"{place} › {axis}")
            yield from meeting_faults(block, place)
            for rule in block.rules:
                yield from block_rule_faults(rule, block, f"{place} › rule “{rule.key}”", form)
            for rule in block.carries:
                yield from block_rule_faults(rule, block, f"{place} › carry “{rule.key}”", form)
    yield from decimal_faults(form, sure)
    yield from rule_faults(form, sure)
    named = judged((h.cell for h in form.headline), form, sure)
    yield from unknown_faults(named, form.cells, "headline")
    yield from _charts(form, sure)
    yield from _prose(form, sure)
    if sure.issuperset(section.key for section in form.sections):
        yield from _publication(form)


def _charts(form: Form, sure: frozenset[str]) -> Iterator[Problem]:
    """Yield charts of unknown cells, of cells that cannot be added, and of too many or too few measures."""
    yield from unique_key_faults("chart", [chart.key for chart in form.charts])
    for chart in form.charts:
        place = f"chart “{chart.key}”"
        yield from text_faults(place, ("title", chart.title), *(("label", m.label) for m in chart.shows))
        least, most = _SHOWN[chart.kind]
        if not least <= len(chart.shows) <= most:
            limits = {"least": least, "most": most, "given": len(chart.shows)}
            yield Problem("chart-shows", place, {"kind": chart.kind, **limits})
        yield from _multiples((measure.is_ for measure in chart.shows), place)
        names = list(judged(chart.names, form, sure))
        yield from unknown_faults(names, form.cells, place)
        for name in dict.fromkeys(names):
            if name in form.cells and not form.cells[name].additive:
                yield Problem("chart-not-additive", place, {"name": name})


def _multiples(sums: Iterable[Linear], place: str) -> Iterator[Problem]:
    """Yield sums with a number before a name where no unit says what they are."""
    yield from (Problem("multiple-not-here", place, {"text": str(one)}) for one in sums if one.has_multiples)


def _prose(form: Form, sure: frozenset[str]) -> Iterator[Problem]:
    """Yield unknown cells, prose cells and meanings in the ``[prose]`` table."""
    prose = form.prose
    yield from unique_key_faults("prose › meaning", [meaning.key for meaning in prose.meanings])
    for meaning in prose.meanings:
        names, place = list(judged(meaning.is_.names, form, sure)), f"prose › meaning “{meaning.key}”"
        yield from _multiples((meaning.is_,), place)
        yield from unknown_faults(names, form.cells, place)
        yield from ratio_in_sum_faults(names, form, place)
    for index, claim in enumerate(prose.claims, 1):
        place = f"prose › claim {index} “{'、'.join(claim.words[:1])}”"
        sums = [*claim.means, *claim.every, *(s for one in claim.under for s in (*one.means, *one.every))]
        yield from _multiples(sums, place)
        yield from unknown_faults((n for reading in sums for n in reading.names), prose.by_key, place)
        yield from unknown_faults(claim.boxes, form.texts, place)
        yield from unknown_faults(named_in(claim.words), (*PERIODS, *prose.terms), place)
    for key, words in prose.terms.items():
        yield from unknown_faults(named_in(words), PERIODS, f"prose › terms “{key}”")
    axes = (axis for s in form.sections for block in s.blocks for axis in (block.rows, block.columns))
    lines = [line for axis in axes for line, _ in walk(axis)]
    called = [word for word in prose.called if not any(word in line.label for line in lines)]
    yield from unknown_faults(called, [line.key for line in lines if line.key], "prose › called")
    one = prose.settled
    settled = (one.leaves, one.handled, *filter(None, [one.earlier])) if one else ()
    yield from unknown_faults((*prose.nil.values(), *settled), prose.by_key, "prose")
    yield from unknown_faults((*prose.required, *prose.substantial, *prose.nil), form.texts, "prose")


def _publication(form: Form) -> Iterator[Problem]:
    """Yield unknown figures, lists and prose cells in the ``[publication]`` table."""
    publication, place = form.publication, "publication"
    keys = [one.key for one in publication.lists]
    boxes = [draft.box for draft in publication.drafts]
    yield from key_faults(f"{place} › list", keys)
    yield from repeated_faults((*form.words, *form.prose.by_key, *keys), place, "repeated-key")
    yield from repeated_faults(boxes, f"{place} › draft", "repeated-key")
    yield from unknown_faults(boxes, form.texts, f"{place} › draft")
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
        if all(b.word in form.words or b.word in form.publication.by_key for b in item.text.braces):
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
            yield from ratio_in_sum_faults((own_name(name) for name in side.names), form, place)
    for brace in text.braces if not unknown else ():
        if brace.word in form.words or brace.word in form.publication.by_key:
            continue
        yield from _multiples((brace.sum,), place)
        if len(brace.sum.terms) > 1 or brace.manner:
            yield from ratio_in_sum_faults((own_name(name) for name in brace.sum.names), form, place)
        if len(units := units_of(brace.sum, form)) > 1:
            yield Problem("mixed-units", place, {"units": "、".join(units)})
        if brace.manner and any(map(time_of, brace.sum.names)):
            yield Problem("change-of-last", place, {"text": str(brace.sum)})


def _figures(unknown: Iterable[str], form: Form, place: str) -> Iterator[Problem]:
    """Yield a problem for each unknown name, with the nearest known one."""
    for name in unknown:
        own, mark = own_name(name), time_of(name)
        known = form.figures if mark else (*form.figures, *form.words, *form.publication.by_key)
        near = nearest(own, known)
        yield Problem("unknown-name", place, {"name": name, "nearest": near if near == "—" else mark + near})
