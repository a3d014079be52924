"""The filling notes of a form (填报说明), generated from its definition: what to fill in where, and what must agree.

Each rule is printed with its source, or as inferred.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal

from xltools.data.document import BoxRole, Document, DocumentBlock, Heading, Paragraph, Table, plain_table
from xltools.data.field_words import (
    all_of,
    condition_words,
    derived_words,
    figure_label,
    known_by_words,
    line_words,
    options_words,
    prompt,
    relation_words,
)
from xltools.form.days import compares_days
from xltools.form.fields import Valued
from xltools.form.linear import Linear, Term, multiple
from xltools.form.model import COVER, RULE_MAKERS, Form
from xltools.form.ratio import PLACES, Ratio, is_compound, scale_of
from xltools.form.relation import Condition, Relation
from xltools.form.sections import (
    Block,
    Line,
    List,
    Rule,
    Section,
    is_whole_name,
    leaves,
    part_rules,
    unit_of,
    walk,
)
from xltools.text import Phrases, clerk, in_chinese

_LINE_WIDTHS = (28.0, 9.5, 9.5, 41.0)  # characters: label, unit, who fills it in, note
_RULE_WIDTHS = (24.0, 44.0, 20.0)  # characters: rule, its figures, its source
_INDENT = "　"  # of a line below another
_INFERRED = "inferred"
_CHECKS = ("blank", "prose", "year", "cover", "back")


def filling_notes(form: Form) -> Document:
    """Return the notes: in general, by section, the rules, and what to check before sending."""
    t = clerk()
    tables = [(section, block) for section in form.sections for block in section.blocks]
    totals = [row for section, block in tables for row in _totals(section, block, form)]
    rules = [
        _block_rule(rule, block, section, form)
        for section, block in tables
        for rule in (*part_rules(block), *block.rules)
    ]
    rules += [_line_rule(rule, key, form) for key, one in form.lists.items() for rule in one.constraints]
    rules += [_cell_rule(rule, form) for rule in form.rules]
    carries = [_block_rule(rule, block, section, form) for section, block in tables for rule in block.carries]
    carries += [_line_rule(rule, key, form) for key, one in form.lists.items() for rule in one.carries]
    chapters: list[tuple[str, list[DocumentBlock]]] = [
        ("general", [*_numbered([*form.notes, *_general_notes(form)])]),
        (
            "sections",
            [*_cover_notes(form), *(b for section in form.sections for b in _section_notes(section, form))],
        ),
        ("rules", _rule_blocks("rules", totals + rules, form.period)),
        ("carries", _rule_blocks("carries", carries, form.period)),
        ("before", [*_numbered(t.about(form.period, f"notes.check-{key}") for key in _CHECKS)]),
    ]
    filled = [(key, blocks) for key, blocks in chapters if blocks]
    blocks: list[DocumentBlock] = [Paragraph(t("notes.source", title=form.title, authority=form.authority))]
    for numeral, (key, content) in zip(t("notes.numerals"), filled, strict=False):
        blocks += [
            Heading(t("notes.heading", numeral=numeral, title=t.about(form.period, f"notes.{key}"))),
            *content,
        ]
    return Document(t("notes.title", title=form.title), tuple(blocks))


def _numbered(sentences: Iterable[str]) -> Iterator[Paragraph]:
    return (Paragraph(f"{number}.{sentence}") for number, sentence in enumerate(sentences, 1))


def _general_notes(form: Form) -> Iterator[str]:
    t = clerk()
    cells = [cell for cell in form.cells.values() if cell.in_table]
    yield t("notes.count", cells=len(cells), inputs=len(cells) - len(form.totals), totals=len(form.totals))
    yield t("notes.zero")
    if decimals := dict.fromkeys(cell.unit for cell in form.inputs if cell.number == "decimal"):
        yield t("notes.decimal", units="、".join(decimals))
    else:
        yield t("notes.whole")
    if form.quotients:
        yield t("notes.ratios")
    if any(cell.signed for cell in form.inputs):
        yield t("notes.signed")
    if form.cover.nil:
        yield t.about(form.period, "notes.nil", label=form.cover.nil.label, yes=form.cover.nil.yes)


# -- section by section


def _cover_notes(form: Form) -> Iterator[DocumentBlock]:
    if notes := list(_field_notes(COVER, form)):
        yield Heading(clerk()("field.cover"), 2)
        yield from notes


def _section_notes(section: Section, form: Form) -> Iterator[DocumentBlock]:
    t = clerk()
    yield Heading(section.title, 2)
    if section.note:
        yield Paragraph(section.note)
    if section.only:
        yield Paragraph(_whose(section.only))
    yield from _field_notes(section.key, form)
    if section.blocks:
        yield _line_table(section, form)
    for one in section.lists:
        yield from _list_notes(one, form)
    for part in section.parts:
        required = t("notes.required") if f"{section.key}.{part.key}" in form.prose.required else ""
        hint = t("notes.part", label=part.label, hint=part.hint) if part.label else part.hint
        yield Paragraph(f"{hint}{required}")


def _field_notes(section: str, form: Form) -> Iterator[DocumentBlock]:
    """Yield how the fields of a section or of the cover are filled in."""
    for name, one in form.fields.items():
        if name.rpartition(".")[0] == section:
            yield Paragraph(clerk()("notes.part", label=one.label, hint=_hint(form, name, one)))


def _hint(form: Form, name: str, one: Valued) -> str:
    """Return how a field or a column is filled in."""
    return clerk()("notes.given") if one.given else prompt(form, name) + options_words(form, name)


def _list_notes(one: List, form: Form) -> Iterator[DocumentBlock]:
    """Yield how the lines of a list are filled in."""
    t = clerk()
    yield Paragraph(
        t("list.note-given" if one.given else "list.note", title=form.title_of_list(one.key))
        + ("" if one.given else known_by_words(one))
        + (_whose(one.only) if one.only else "")
    )
    for column in one.columns:
        name = f"{one.key}.{column.key}"
        hint = _hint(form, name, column)
        if column.is_derived:
            words = derived_words(form, one.key, column)
            hint = t("list.computed", words=words) if words else t("notes.computed")
        yield Paragraph(t("notes.part", label=column.label, hint=hint))


def _line_table(section: Section, form: Form) -> Table:
    t = clerk()
    rows = [tuple(t(f"notes.{key}") for key in ("line", "unit", "who", "note"))]
    for block in section.blocks:
        own = [cell for cell in form.cells.values() if cell.block is block]
        if block.only:
            rows.append((_whose(block.only),))
        for key, axis in (("rows", block.rows), ("columns", block.columns)):
            rows.append((t(f"notes.{key}-of", block=block.caption) if block.caption else t(f"notes.{key}"),))
            for line, above in walk(axis):
                cells = [cell for cell in own if line is cell.row or line is cell.column]
                units = "、".join(dict.fromkeys(cell.unit for cell in cells))
                usage = _usage(line, axis, signed=any(cell.signed for cell in cells))
                if line.decimals is not None and not all(cell.is_total for cell in cells):
                    usage += t("notes.decimals", places=line.decimals)
                rows.append((f"{_INDENT * len(above)}{line.label}", units, usage, line.note))
    roles: list[BoxRole] = ["row", "text", "text", "text"]
    return plain_table(rows, roles, _LINE_WIDTHS, t("notes.lines-of", section=section.title))


def _whose(only: str) -> str:
    """Return who alone fills in a line or a section."""
    return clerk()("notes.only-rule-makers") if only == RULE_MAKERS else clerk()("notes.only", whose=only)


def _usage(line: Line, axis: tuple[Line, ...], *, signed: bool) -> str:
    """Return how a line is filled in; an empty text for a label over other lines."""
    t = clerk()
    if line.lines:
        return ""
    if line.is_ is not None:
        return t("notes.computed")
    if line.given:
        return t("notes.given")
    if line.only:
        return _whose(line.only)
    if line.mean:
        weight = next(one.label for one in leaves(axis) if one.key == line.mean)
        return t("notes.mean", weight=weight)
    typed = t("notes.typed") if line.additive else t("notes.not-added")
    return typed + t("notes.may-be-negative") if signed else typed


# -- what must agree


# A row of the table of rules: the rule in words, its figures, and its source.
_RuleRow = tuple[str, str, str]


def _rule_blocks(key: str, rules: Sequence[_RuleRow], kind: str) -> list[DocumentBlock]:
    if not rules:
        return []
    t = clerk()
    head = (t("notes.relation"), t("notes.figures"), t("notes.ground"))
    table = plain_table([head, *rules], ("row", "text", "text"), _RULE_WIDTHS, t.about(kind, f"notes.{key}"))
    return [Paragraph(t.about(kind, f"notes.{key}-about")), table]


def _totals(section: Section, block: Block, form: Form) -> Iterator[_RuleRow]:
    t = clerk()
    for key, axis in (("row", block.rows), ("column", block.columns)):
        for line in leaves(axis):
            about = {"section": section.title, "label": line.label}
            if line.total is not None:
                words = t(f"notes.total-{key}", **about)
                yield words, f"{line.label}＝{_sum_in_words(line.total, axis, form)}", t("notes.ground-total")
            elif isinstance(line.is_, Ratio):
                words = t(f"notes.ratio-{key}", **about)
                yield words, _ratio_in_words(line, line.is_, block, section, form), t("notes.ground-ratio")


def _ratio_in_words(line: Line, ratio: Ratio, block: Block, section: Section, form: Form) -> str:
    axis = block.rows if line in leaves(block.rows) else block.columns
    top, bottom = (
        f"（{words}）" if is_compound(side) else words
        for side in (ratio.top, ratio.bottom)
        for words in (_sum_in_words(side, axis, form),)
    )
    scale = scale_of(unit_of(line, block, section))
    decimals = (line.decimals, block.decimals, section.decimals)
    places = next((one for one in decimals if one is not None), PLACES)
    times = f"×{scale}" if scale > 1 else ""
    return f"{line.label}＝{top}÷{bottom}{times}" + clerk()("notes.rounded", places=places)


def _block_rule(rule: Rule, block: Block, section: Section, form: Form) -> _RuleRow:
    axis, across = (block.rows, block.columns) if rule.rows else (block.columns, block.rows)
    if rule.on:
        labels = {line.key: line.label for line in leaves(across)}
        lines = "、".join(labels[key] for key in rule.on)
        where = clerk()("notes.on-lines", section=section.title, lines=lines)
    else:
        where = clerk()("notes.each-column" if rule.rows else "notes.each-row", section=section.title)

    def relation(one: Relation) -> Phrases:
        return relation_words(form, one, lambda side: _sum_in_words(side, axis, form))

    return rule.label, where + _rule_in_words(rule, relation), _source(rule)


def _line_rule(rule: Rule, key: str, form: Form) -> _RuleRow:
    """Return a rule that is asked of each line of a list."""

    def relation(one: Relation) -> Phrases:
        return line_words(form, key, Condition((one,)))

    where = clerk()("list.each-line", title=form.title_of_list(key))
    return rule.label, where + _rule_in_words(rule, relation), _source(rule)


def _cell_rule(rule: Rule, form: Form) -> _RuleRow:
    t = clerk()

    def label(name: str) -> str:
        own = form.cells[name]
        if not own.in_table:
            return figure_label(form, name)
        return t("notes.cell", section=own.section.title, label=own.label)

    def cell_sum(linear: Linear) -> str:
        terms = [(factor, form.in_words(name, label)) for factor, name in linear.terms]
        return _joined_terms(terms, linear.constant)

    def relation(one: Relation) -> Phrases:
        if compares_days(one, form.days):
            return condition_words(form, Condition((one,)))
        return relation_words(form, one, cell_sum)

    return rule.label, _rule_in_words(rule, relation), _source(rule)


def _rule_in_words(rule: Rule, relation: Callable[[Relation], Phrases]) -> str:
    """Return a rule with its condition, tolerance and level; *relation* puts a relation into words."""
    t, constraint = clerk(), rule.constraint
    text = in_chinese(relation(constraint.relation))
    if constraint.when.relations:
        condition = in_chinese(all_of(map(relation, constraint.when.relations)))
        text = t("notes.when", condition=condition, relation=text)
    if constraint.within:
        text += t("notes.within", amount=constraint.within)
    if rule.resets:
        text += t("notes.resets")
    return text if constraint.level == "error" else text + t(f"notes.{constraint.level}")


def _source(rule: Rule) -> str:
    return clerk()("notes.inferred") if rule.authority == _INFERRED else rule.authority


def _sum_in_words(linear: Linear, axis: tuple[Line, ...], form: Form) -> str:
    """Return a sum of lines in words; a term for all lines under one label replaces their terms."""
    labels = {line.key: line.label for line in leaves(axis)}
    groups = _whole_groups(linear, axis)
    terms: list[Term] = []
    for factor, name in linear.terms:
        if is_whole_name(name):
            terms.append((factor, form.in_words(name, lambda own: figure_label(form, own))))
        elif (group := groups.get(name)) is None:
            terms.append((factor, form.in_words(name, labels.__getitem__)))
        elif (term := (factor, clerk()("notes.all-of", label=group.label))) not in terms:
            terms.append(term)
    return _joined_terms(terms, linear.constant)


def _whole_groups(linear: Linear, axis: tuple[Line, ...]) -> dict[str, Line]:
    """Return the outermost label whose lines are all in the sum with the same factor, by the key of each such line."""
    factors = {name: factor for factor, name in linear.terms}
    found: dict[str, Line] = {}
    for line, _ in walk(axis):
        keys = [leaf.key for leaf in line.leaves()] if line.lines else []
        if len({factors.get(key, 0) for key in keys}) == 1 and all(key in factors for key in keys):
            for key in keys:
                found.setdefault(key, line)
    return found


def _joined_terms(terms: list[Term], constant: Decimal) -> str:
    if constant or not terms:
        terms.append((-1 if constant < 0 else 1, f"{abs(constant):f}"))
    text = "".join(f"{'＋' if factor > 0 else '－'}{multiple(factor, '×')}{label}" for factor, label in terms)
    return text.removeprefix("＋")
