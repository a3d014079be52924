"""The filling notes of a form (填报说明), all from its definition: what is filled in where, and which figures go together.

Which rules are laid down and which are inferred is said of each, as the form says it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from xltools.data.document import Block, Box, BoxRole, Document, Heading, Paragraph, Table
from xltools.form import model
from xltools.form.linear import Equation, Linear
from xltools.form.model import Cell, Form, Line, Rule, Section, leaves
from xltools.form.places import Area
from xltools.form.wording import LAST
from xltools.text import clerk

_LINES = (28.0, 9.5, 9.5, 41.0)  # characters: what a line is called, its unit, who fills it in, the note
_RULES = (24.0, 44.0, 20.0)  # a rule, the same with its figures, where it stands
_STEP = "　"  # by which a line stands in from the one above it
_INFERRED = "inferred"
_CHECKS = ("blank", "prose", "year", "cover", "back")


def filling_notes(form: Form) -> Document:
    """The notes: on the whole, section by section, what must agree with what, and what to look at before sending."""
    t = clerk()
    parts: list[tuple[str, list[Block]]] = [
        ("general", [*_numbered([*form.notes, *_general(form)])]),
        ("sections", [block for section in form.sections for block in _section(section, form)]),
        ("rules", [*_relations("rules", [*_totals(form), *_rules(form)])]),
        ("carries", [*_relations("carries", [*_carries(form)])]),
        ("before", [*_numbered(t(f"notes.check-{key}") for key in _CHECKS)]),
    ]
    told = [(key, blocks) for key, blocks in parts if blocks]
    blocks: list[Block] = [Paragraph(t("notes.source", title=form.title, authority=form.authority))]
    for numeral, (key, content) in zip(t("notes.numerals"), told, strict=False):
        blocks += [Heading(t("notes.heading", numeral=numeral, title=t(f"notes.{key}"))), *content]
    return Document(t("notes.title", title=form.title), tuple(blocks))


def _numbered(sentences: Iterable[str]) -> Iterator[Paragraph]:
    return (Paragraph(f"{number}.{sentence}") for number, sentence in enumerate(sentences, 1))


def _general(form: Form) -> Iterator[str]:
    t = clerk()
    yield t("notes.count", cells=len(form.cells), inputs=len(form.inputs), totals=len(form.totals))
    yield t("notes.zero")
    if decimals := dict.fromkeys(cell.unit for cell in form.inputs if cell.number == "decimal"):
        yield t("notes.decimal", units="、".join(decimals))
    else:
        yield t("notes.whole")
    if any(cell.signed for cell in form.inputs):
        yield t("notes.signed")
    if form.cover.nil:
        yield t("notes.nil", label=form.cover.nil.label, yes=form.cover.nil.yes)


# -- section by section


def _section(section: Section, form: Form) -> Iterator[Block]:
    t = clerk()
    yield Heading(section.title, 2)
    if section.note:
        yield Paragraph(section.note)
    if section.blocks:
        yield _lines(section, form)
    for part in section.parts:
        needed = t("notes.required") if f"{section.key}.{part.key}" in form.prose.required else ""
        told = t("notes.part", label=part.label, hint=part.hint) if part.label else part.hint
        yield Paragraph(f"{told}{needed}")


class _Rows:
    """A table that grows row by row."""

    def __init__(self, head: Sequence[str]) -> None:
        self._width = len(head)
        self._boxes: list[Box] = []
        self._row = 0
        self.add(head, ["column"] * self._width)

    def add(self, texts: Sequence[str], roles: Sequence[BoxRole]) -> None:
        """One row, a box a column."""
        places = zip(texts, roles, strict=True)
        self._boxes += [Box(text, Area.at(self._row, i), role) for i, (text, role) in enumerate(places)]
        self._row += 1

    def caption(self, text: str) -> None:
        """A row that says what the next ones are."""
        self._boxes.append(Box(text, Area.at(self._row, 0, 1, self._width), "caption"))
        self._row += 1

    def table(self, widths: tuple[float, ...], title: str) -> Table:
        """What has grown."""
        return Table(tuple(self._boxes), widths, title, 1)


def _lines(section: Section, form: Form) -> Table:
    t = clerk()
    rows = _Rows([t(f"notes.{key}") for key in ("line", "unit", "who", "note")])
    cells = [cell for cell in form.cells.values() if cell.section.key == section.key]
    for block in section.blocks:
        own = [cell for cell in cells if cell.block is block]
        for key, axis in (("rows", block.rows), ("columns", block.columns)):
            rows.caption(t(f"notes.{key}-of", block=block.caption) if block.caption else t(f"notes.{key}"))
            for line, depth in _walk(axis):
                met = [cell for cell in own if line in (cell.row, cell.column)]
                units = "、".join(dict.fromkeys(cell.unit for cell in met))
                who = _who(line, signed=any(cell.signed for cell in met))
                texts = (f"{_STEP * depth}{line.label}", units, who, line.note)
                rows.add(texts, ("row", "text", "text", "text"))
    return rows.table(_LINES, t("notes.lines-of", section=section.title))


def _walk(lines: tuple[Line, ...], depth: int = 0) -> Iterator[tuple[Line, int]]:
    for line in lines:
        yield line, depth
        yield from _walk(line.lines, depth + 1)


def _who(line: Line, *, signed: bool) -> str:
    """What is to be done with a line; of a label over others nothing is said."""
    t = clerk()
    if line.lines:
        return ""
    if line.is_ is not None:
        return t("notes.computed")
    if line.only:
        return t(f"notes.only-{line.only.replace('_', '-')}")
    told = t("notes.typed") if line.additive else t("notes.not-added")
    return told + t("notes.may-be-negative") if signed else told


# -- what must agree with what


class _Relation(NamedTuple):
    """One row of the list: what must be so, the figures of it, and who says so."""

    words: str
    figures: str
    ground: str


def _relations(key: str, found: Sequence[_Relation]) -> Iterator[Block]:
    if not found:
        return
    t = clerk()
    rows = _Rows([t(f"notes.{name}") for name in ("relation", "figures", "ground")])
    for relation in found:
        rows.add(relation, ("row", "text", "text"))
    yield Paragraph(t(f"notes.{key}-about"))
    yield rows.table(_RULES, t(f"notes.{key}"))


def _totals(form: Form) -> Iterator[_Relation]:
    t = clerk()
    for section, block in _blocks(form):
        for key, axis in (("row", block.rows), ("column", block.columns)):
            for line in leaves(axis):
                if line.is_ is not None:
                    words = t(f"notes.total-{key}", section=section.title, label=line.label)
                    figures = f"{line.label}＝{_sum(line.is_, axis)}"
                    yield _Relation(words, figures, t("notes.ground-total"))


def _rules(form: Form) -> Iterator[_Relation]:
    for section, block in _blocks(form):
        for rule in block.rules:
            yield _relation(rule, block, section)
    for rule in form.rules:
        if rule.cells is not None:
            yield _Relation(rule.label, _across(rule.cells, form), _ground(rule))


def _carries(form: Form) -> Iterator[_Relation]:
    for section, block in _blocks(form):
        for rule in block.carries:
            yield _relation(rule, block, section)


def _blocks(form: Form) -> Iterator[tuple[Section, model.Block]]:
    return ((section, block) for section in form.sections for block in section.blocks)


def _relation(rule: Rule, block: model.Block, section: Section) -> _Relation:
    axis, equation = (block.rows, rule.rows) if rule.rows else (block.columns, rule.columns)
    assert equation is not None  # noqa: S101  a rule of a block has one of the two
    where = clerk()("notes.each-column" if rule.rows else "notes.each-row", section=section.title)
    figures = f"{where}{_sum(equation.left, axis)}＝{_sum(equation.right, axis)}"
    return _Relation(rule.label, figures, _ground(rule))


def _ground(rule: Rule) -> str:
    return clerk()("notes.inferred") if rule.authority == _INFERRED else rule.authority


def _across(equation: Equation, form: Form) -> str:
    def told(side: Linear) -> str:
        return _terms((sign, _named(form.cells[name])) for sign, name in side.terms)

    return f"{told(equation.left)}＝{told(equation.right)}"


def _named(cell: Cell) -> str:
    return clerk()("notes.cell", section=cell.section.title, label=cell.label)


def _sum(linear: Linear, axis: tuple[Line, ...]) -> str:
    """A sum of lines in words; all lines under one label are told as one."""
    labels = {line.key: line.label for line in leaves(axis)}
    groups = _whole_groups(linear, axis)
    told: list[tuple[int, str]] = []
    for sign, name in linear.terms:
        if name.startswith(LAST):
            told.append((sign, clerk()("notes.last", label=labels[name.removeprefix(LAST)])))
        elif (group := groups.get(name)) is None:
            told.append((sign, labels[name]))
        elif (one := (sign, clerk()("notes.all-of", label=group.label))) not in told:
            told.append(one)
    return _terms(told)


def _whole_groups(linear: Linear, axis: tuple[Line, ...]) -> dict[str, Line]:
    """For each term that stands with all its neighbours under a label, the outermost such label."""
    signs = {name: sign for sign, name in linear.terms}
    found: dict[str, Line] = {}
    for line, _ in _walk(axis):
        keys = [leaf.key for leaf in line.leaves()] if line.lines else []
        if len({signs.get(key, 0) for key in keys}) == 1 and all(key in signs for key in keys):
            for key in keys:
                found.setdefault(key, line)
    return found


def _terms(terms: Iterable[tuple[int, str]]) -> str:
    text = "".join(f"{'＋' if sign > 0 else '－'}{label}" for sign, label in terms)
    return text.removeprefix("＋")
