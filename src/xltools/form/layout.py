"""Computes the place in a workbook of every label, cell, prose cell and check of a form.

Writer and reader both use this layout. It depends on the form only, not on figures or a spreadsheet library.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Literal, NamedTuple, TypeVar

from xltools.form.fields import Field, label_with_unit
from xltools.form.kinds import Choices
from xltools.form.linear import Linear, count_of
from xltools.form.model import COVER, Cell, Form, Identity, along_column
from xltools.form.places import (
    FIRST_COLUMN,
    SHOWN_STAMP,
    Area,
    Beside,
    Check,
    CheckGroup,
    CoverSheet,
    Label,
    Layout,
    ListSheet,
    Sheet,
    stamp_keys,
)
from xltools.form.relation import LEVELS, Constraint, Relation
from xltools.form.sections import Block, Line, Part, Section, Stub, leaves, unit_of
from xltools.text import clerk

_TITLE_ROWS = 2  # the title of the section, and a hint on which cells to fill
_PROSE_LINES = 3  # heading, hint, text
_PROSE_COLUMNS = 4  # merged, because not every program scales a single wide column to the page
_PROSE_WIDTH = 22.0
_COVER_COLUMNS = 4
_WIDE_LABEL = 2  # columns of a wide table that the label of a field takes
_NARROWEST_VALUE = 24.0  # characters: a shorter place for a text is put below its label
_WIDE_KINDS = {"text", "url", "choice"}
_EDGE_COLUMN = 8  # of what the cover keeps for programs, right of the printed page, after its label
_GUIDE_ROWS = 3
_NARROWEST_FIGURES = 6.0  # characters: a column that holds five digits
_FIRST_STAMP_ROW = 3
# Of one check: its formula has one level for each constraint and each name about twice; Excel allows 64 and 8,192 characters.
_MOST_CONSTRAINTS, _MOST_NAMES = 40, 300


@cache
def layout(form: Form, lacking: frozenset[str] = frozenset()) -> Layout:
    """Return the layout of *form*, computed once for each form; without the sheets not asked of an agency *lacking* flags."""
    if lacking:
        whole = layout(form)
        sheets = tuple(one for one in whole.sheets if lacking.isdisjoint(one.flags))
        lists = tuple(one for one in whole.lists if lacking.isdisjoint(one.flags))
    else:
        own = [section for section in form.sections if section.has_sheet]
        sheets = tuple(_table_sheet(form, s) if s.blocks else _text_sheet(form, s) for s in own)
        lists = tuple(ListSheet(s, one, s.sheet_of(one)) for s in form.sections for one in s.lists)
    cover = _cover(form, sum(len(s.groups) for s in sheets) + len(lists))
    return Layout(form, sheets, cover, lists, form.elsewhere(lacking))


def _cover(form: Form, groups: int) -> CoverSheet:
    row = _FIRST_STAMP_ROW
    stamp = {key: Area.at(row + i, 1, 1, _COVER_COLUMNS - 1) for i, key in enumerate(SHOWN_STAMP)}
    others = (key for key in stamp_keys(form) if key not in stamp)
    stamp |= {key: Area.at(row + i, _EDGE_COLUMN) for i, key in enumerate(others)}
    row += len(SHOWN_STAMP)
    guide = Area.at(row, 0, _GUIDE_ROWS, _COVER_COLUMNS)
    row += _GUIDE_ROWS
    names = [name for part in form.cover.parts for name, _ in _lines(form, f"{COVER}.{part.key}", part)]
    fields = {name: Area.at(row + i, 1, 1, _COVER_COLUMNS - 1) for i, name in enumerate(names)}
    row += len(fields) + 1
    status = Area.at(row, 0, 1, _COVER_COLUMNS)
    checks_row = row + 2  # after the head of the list
    field_checks = _field_checks(form, COVER, fields, _COVER_COLUMNS)
    groups += field_checks is not None
    rules = {rule.key: Area.at(checks_row + groups + i, FIRST_COLUMN) for i, rule in enumerate(form.rules)}
    blanks_row = checks_row + groups + len(rules)
    return CoverSheet(stamp, guide, fields, field_checks, status, checks_row, rules, blanks_row)


def _lines(form: Form, name: str, part: Part | Field) -> Iterator[tuple[str, str]]:
    """Yield the name and the label of each cell of a field: one, or of several choices one for each option."""
    kind, t = form.kinds.get(name), clerk()
    if isinstance(kind, Choices):
        yield from (
            (count_of(name, o.name), t("field.of-option", label=part.label, option=o.shown))
            for o in kind.options
        )
    else:
        yield name, label_with_unit(part)


def field_labels(form: Form, name: str) -> dict[str, str]:
    """Return the label of each cell of a field or of another cell for a text, by the name of the cell."""
    return dict(_lines(form, name, form.texts[name]))


def _field_checks(form: Form, section: str, fields: Mapping[str, Area], column: int) -> CheckGroup | None:
    """Return the checks beside fields that must be filled in, or only under a condition; ``None`` without such a field."""
    own = [
        name
        for name in form.fields
        if name.rpartition(".")[0] == section and form.fields[name].is_conditional
    ]
    rows = {name: min(fields[cell].row for cell, _ in _lines(form, name, form.fields[name])) for name in own}
    checks = tuple(
        Check(Area.at(row, column), (), (), field=name, when=form.fields[name].when)
        for name, row in rows.items()
    )
    if not checks:
        return None
    area = Area(min(rows.values()), column, max(rows.values()), column)
    return CheckGroup("fields", "", area, Area.at(area.row - 1, column), checks)


def _placed_fields(
    form: Form, section: Section, fields: Iterable[Field], row: int, stub: int, widths: Sequence[float]
) -> tuple[list[Label], dict[str, Area]]:
    """Return the labels and the places of fields from *row* on: the label left of the value, or above a long one."""
    labels: list[Label] = []
    places: dict[str, Area] = {}
    width, narrow = len(widths), sum(widths[stub:]) < _NARROWEST_VALUE
    for one in fields:
        for name, label in _lines(form, f"{section.key}.{one.key}", one):
            if one.kind == "prose" or (narrow and one.kind in _WIDE_KINDS) or stub >= width:
                labels.append(Label(label, Area.at(row, 0, 1, width), "field"))
                row += 1
                places[name] = Area.at(row, 0, 1, width)
            else:
                labels.append(Label(label, Area.at(row, 0, 1, stub), "field"))
                places[name] = Area.at(row, stub, 1, width - stub)
            row += 1
    return labels, places


def _below(places: Mapping[str, Area], row: int) -> int:
    """Return the first row below these *places*, or *row* if there are none."""
    return max((area.last_row + 1 for area in places.values()), default=row)


def _text_sheet(form: Form, section: Section) -> Sheet:
    """Return the sheet of a section without tables: its fields, then its prose."""

    def across(row: int) -> Area:
        return Area.at(row, 0, 1, _PROSE_COLUMNS)

    labels = [Label(section.title, across(0), "title")]
    texts: dict[str, Area] = {}
    widths = (_PROSE_WIDTH,) * _PROSE_COLUMNS
    of_fields, fields = _placed_fields(form, section, section.fields, _TITLE_ROWS, 1, widths)
    labels += of_fields
    row = _below(fields, _TITLE_ROWS)
    for part in section.parts:
        if part.label:
            labels.append(Label(part.label, across(row), "heading"))
        if part.hint:
            labels.append(Label(part.hint, across(row + 1), "hint"))
        texts[f"{section.key}.{part.key}"] = across(row + 2)
        row += _PROSE_LINES
    page = Area.at(0, 0, row, _PROSE_COLUMNS)
    checks = _field_checks(form, section.key, fields, _PROSE_COLUMNS + 1)
    groups = (checks,) if checks else ()
    return Sheet(
        section, tuple(labels), across(1), {}, texts, groups, widths, page, (_TITLE_ROWS, 0), {}, fields
    )


def _table_sheet(form: Form, section: Section) -> Sheet:
    areas: dict[str, Area] = {}
    stub = max(block.label_columns for block in section.blocks)
    widths = _widths(section)
    width = len(widths)
    left = stub or min(_WIDE_LABEL, width)  # the columns of the labels of fields
    above = [one for one in section.fields if not one.below]
    labels, fields = _placed_fields(form, section, above, _TITLE_ROWS, left, widths)
    row = _below(fields, _TITLE_ROWS)
    body_row = 0
    gaps: list[Area] = []
    for band in section.bands:
        first = row + max(block.head_height for block in band)
        bottom = first + max(len(leaves(block.rows)) if block.arrange == "grid" else 1 for block in band)
        column = 0
        for block in band:
            across = block.label_columns + block.width
            labels += _head(block, Area(row, column, first - 1, column + across - 1))
            areas |= _cell_areas(section, block, first, column + block.label_columns)
            if block.arrange == "grid":
                begin = column + _label_column(block)
                labels += _row_labels(block.rows, first, begin, begin + block.label_depth)
                labels += _asides(section, block, first, column)
                if (end := first + len(leaves(block.rows))) < bottom:
                    gaps.append(Area(end, column, bottom - 1, column + across - 1))
            column += across
        row = bottom
        body_row = body_row or first
    under = [one for one in section.fields if one.below]
    of_fields, below = _placed_fields(form, section, under, row, left, widths)
    labels += of_fields
    fields |= below
    row = _below(below, row)
    cells = {name: area for name, area in areas.items() if name not in form.void}
    void = {name: area for name, area in areas.items() if name in form.void}
    page = Area.at(0, 0, row, width)
    labels.insert(0, Label(section.title, Area.at(0, 0, 1, width), "title"))
    groups = _groups(form, section, cells, page, stub)
    beyond = max(page.last_column, *(group.area.last_column for group in groups))
    if checks := _field_checks(form, section.key, fields, beyond + 2):
        groups = (*groups, checks)
    is_one = len(section.bands) == 1 and stub and not above
    frozen_at = (body_row, stub if len(section.blocks) == 1 else 0) if is_one else (_TITLE_ROWS, 0)
    beside = _beside(cells, tuple(labels), groups, page, stub)
    hint = Area.at(1, 0, 1, width)
    signed = Area.at(row, 0, 1, width) if form.signers else None
    return Sheet(
        section,
        tuple(labels),
        hint,
        cells,
        {},
        groups,
        widths,
        page,
        frozen_at,
        void,
        fields,
        signed,
        beside,
        tuple(gaps),
    )


def _widths(section: Section) -> tuple[float, ...]:
    """Return the widths of the columns of a section with tables."""
    figures = max(_NARROWEST_FIGURES, section.column_width)
    labels, found = list(section.label_widths), list[float]()
    for block in section.bands[0]:
        stub = block.label_columns
        found += (labels or [14.0] * stub)[:stub] + [figures] * block.width
        labels = labels[stub:]
    return tuple(found)


def _beside(
    cells: dict[str, Area], labels: tuple[Label, ...], groups: tuple[CheckGroup, ...], page: Area, stub: int
) -> Beside:
    """Return the places of last year's figures, arranged like the table: right of its checks, or below a wide table.

    To the right, the labels of the columns are repeated; below, the columns still have their labels.
    """
    if not stub:
        down = max(group.area.last_row for group in groups) + 3 - min(area.row for area in cells.values())
        moved = {name: _moved(area, down, 0) for name, area in cells.items()}
        top = min(area.row for area in moved.values())
        return Beside(Area.at(top - 1, 0, 1, page.last_column + 1), (), moved)
    right = max(group.area.last_column for group in groups) + 2 - stub
    heads = tuple(
        Label(label.text, _moved(label.area, 0, right), label.role)
        for label in labels
        if label.role in {"head", "stub"} and label.area.column >= stub and label.text
    )
    title = Area.at(1, stub + right, 1, page.last_column + 1 - stub)
    return Beside(title, heads, {name: _moved(area, 0, right) for name, area in cells.items()})


def _moved(area: Area, down: int, right: int) -> Area:
    return Area(area.row + down, area.column + right, area.last_row + down, area.last_column + right)


def _head(block: Block, area: Area) -> list[Label]:
    """Return the labels above the cells of a block, which take the whole *area*."""
    labels = []
    row, left, _, last = area
    stub, first = block.label_columns, left + block.label_columns
    if block.caption:
        labels.append(Label(block.caption, Area(row, left, row, last), "caption"))
        row += 1
    top = row
    if block.heading:
        labels.append(Label(block.heading, Area(row, first, row, last), "head"))
        row += 1
    has_codes = any(line.code for line in leaves(block.columns))
    bottom = area.last_row - has_codes
    labels += _column_labels(block.heads, row, first, bottom + 1 - row)
    if stub:
        labels = _stub_heads(block, Area(top, left, bottom, first - 1)) + labels
    if has_codes:
        labels += _column_codes(block, area.last_row, left)
    return labels


def _label_column(block: Block) -> int:
    """Return the first of the columns with the labels of rows."""
    return block.stub.index("label")


def _are_numbers(codes: Sequence[str]) -> bool:
    """Return whether codes are the numbers of successive rows (行次), such as 2, 3, 4."""
    first = int(codes[0]) if codes and re.fullmatch("[1-9][0-9]{0,3}", codes[0]) else 0
    return bool(first) and list(codes) == [str(number) for number in range(first, first + len(codes))]


def _aside_columns(block: Block) -> dict[Stub, int]:
    """Return the columns of what is printed beside the labels of rows."""
    first, more = _label_column(block), block.label_depth - 1
    return {
        what: column + (more if column > first else 0)
        for column, what in enumerate(block.stub)
        if what != "label"
    }


def _stub_heads(block: Block, area: Area) -> list[Label]:
    """Return the labels in the corner of a table: above the labels of rows, and above what is printed beside them."""
    first = _label_column(block)
    is_numbered = _are_numbers([line.code for line in leaves(block.rows) if line.code])
    words = {"code": "number" if is_numbered else "code", "unit": "unit"}
    labels = [
        Label(
            clerk()(f"sheet.aside-{words[what]}"), area._replace(column=column, last_column=column), "aside"
        )
        for what, place in _aside_columns(block).items()
        for column in [area.column + place]
    ]
    if block.corner:
        column = area.column + first
        corner = area._replace(column=column, last_column=column + block.label_depth - 1)
        labels.insert(0, Label(block.corner, corner, "head"))
    return labels


def _column_codes(block: Block, row: int, left: int) -> Iterator[Label]:
    """Yield the codes of the columns in a row below their labels."""
    stub = block.label_columns
    yield Label(clerk()("sheet.aside-columns"), Area.at(row, left, 1, stub), "aside")
    column = left + stub
    for line in leaves(block.columns):
        yield Label(line.code, Area.at(row, column, 1, line.span), "aside")
        column += line.span


def _asides(section: Section, block: Block, row: int, left: int) -> Iterator[Label]:
    """Yield what is printed beside the labels of rows, from *row* on; the columns of the block begin at *left*."""
    columns = _aside_columns(block).items()
    for number, line in enumerate(leaves(block.rows), row):
        texts = {"code": line.code, "unit": unit_of(line, block, section)}
        yield from (Label(texts[what], Area.at(number, left + column), "aside") for what, column in columns)


def _column_labels(lines: tuple[Line, ...], row: int, column: int, height: int) -> list[Label]:
    """Return the labels of columns in *height* rows. A leaf reaches down to the cells; a group takes the rest."""
    labels: list[Label] = []
    for line in lines:
        span = sum(leaf.span for leaf in line.leaves())
        below = max((child.depth for child in line.lines), default=0)
        own = height - below
        labels.append(Label(line.label, Area.at(row, column, own, span), "head"))
        labels += _column_labels(line.lines, row + own, column, below)
        column += span
    return labels


def _row_labels(lines: tuple[Line, ...], row: int, column: int, stub: int) -> list[Label]:
    """Return the labels of rows, from *column* to the column *stub*, in which the cells begin."""
    labels: list[Label] = []
    for line in lines:
        height = len(line.leaves())
        width = 1 if line.lines else stub - column
        labels.append(Label(line.label, Area.at(row, column, height, width), "stub"))
        labels += _row_labels(line.lines, row, column + 1, stub)
        row += height
    return labels


def _cell_areas(section: Section, block: Block, row: int, stub: int) -> dict[str, Area]:
    """Return the places of the cells of a block by name; *row* is its first row below the head."""
    areas: dict[str, Area] = {}
    column = stub
    for line in leaves(block.rows):
        for across in leaves(block.columns):
            areas[f"{section.key}.{line.key}.{across.key}"] = Area.at(row, column, 1, across.span)
            column += across.span
        if block.arrange == "grid":
            row, column = row + 1, stub
    return areas


def _groups(
    form: Form, section: Section, cells: dict[str, Area], page: Area, stub: int
) -> tuple[CheckGroup, ...]:
    """Return the checks: a column right of the table, and a line below it for each total row and each rule."""
    own = [form.cells[name] for name in cells]
    below = page.last_row + 2
    groups: list[CheckGroup] = []
    lines: list[_CheckLine] = []
    if stub:
        groups += _side_groups(form, own, cells, page.last_column + 2)
        rows = (row for block in section.blocks for row in leaves(block.rows))
        lines += [_total_line(row, row.total, form, cells) for row in rows if row.total is not None]
    else:
        lines += _wide_lines(form, own, cells)
    rules: dict[str, list[Identity]] = {}
    parts: list[Constraint] = []
    for identity in form.identities:
        if identity.section is section and identity.rule.rows and not identity.rule.looks_back:
            if identity.is_part:
                parts.append(identity.constraint)
            else:
                rules.setdefault(identity.rule.key, []).append(identity)
    lines += _part_lines(parts, cells)
    for identities in rules.values():
        constraints = (identity.constraint for identity in identities)
        found = (Check(Area.at(0, _first_column(c, cells)), (), (c,)) for c in constraints)
        lines.append(("rule", identities[0].rule.label, tuple(found)))
    for number, (key, label, checks) in enumerate((line for line in lines if line[2]), below):
        moved = tuple(c._replace(area=c.area._replace(row=number, last_row=number)) for c in checks)
        area = Area(number, min(c.area.column for c in moved), number, max(c.area.last_column for c in moved))
        head = Area.at(number, 0, 1, stub) if stub else Area.at(number, page.last_column + 1, 1, 2)
        groups.append(CheckGroup(key, label, area, head, moved))
    return tuple(groups)


def _first_column(constraint: Constraint, cells: Mapping[str, Area]) -> int:
    """Return the column of the first figure of a rule that is in the table; the others are in fields."""
    return next(cells[name].column for name in constraint.names if name in cells)


# A line of checks below the table: its key, its label, and its checks, whose row is still 0.
_CheckLine = tuple[Literal["figures", "total", "rule"], str, tuple[Check, ...]]


def _part_lines(parts: list[Constraint], cells: dict[str, Area]) -> Iterator[_CheckLine]:
    """Yield lines of checks that no part is more than its whole, with as many parts in one line as fit in its formulas."""
    found: dict[int, list[Constraint]] = {}
    for constraint in parts:
        column = cells[constraint.relation.left.names[0]].column
        found.setdefault(column, []).append(constraint)
    divided = {column: _divided(constraints) for column, constraints in found.items()}
    for index in range(max(map(len, divided.values()), default=0)):
        checks = (
            Check(Area.at(0, column), (), groups[index])
            for column, groups in divided.items()
            if index < len(groups)
        )
        yield "rule", clerk()("relation.parts"), tuple(checks)


def _side_groups(form: Form, own: list[Cell], cells: dict[str, Area], side: int) -> Iterator[CheckGroup]:
    """Yield the column of checks, one per printed row, and further columns for what does not fit in it.

    Inputs are numbers, and totals equal the sums of their parts.
    """
    rows: dict[int, list[Cell]] = {}
    for cell in own:
        rows.setdefault(cells[cell.name].row, []).append(cell)
    checks: dict[int, list[Check]] = {}
    for row, members in rows.items():
        totals = [c for c in members if c.column.is_ and c.is_total]
        for index, (inputs, constraints, quotients) in enumerate(_asked_of_row(form, members, totals)):
            column = side + 2 * index
            check = Check(Area.at(row, column), inputs, constraints, quotients=quotients)
            checks.setdefault(column, []).append(check)
    for column, some in checks.items():
        first, last = some[0].area.row, some[-1].area.row
        head = Area.at(min(rows) - 1, column)
        yield CheckGroup("figures", "", Area(first, column, last, column), head, tuple(some))


def _wide_lines(form: Form, own: list[Cell], cells: dict[str, Area]) -> list[_CheckLine]:
    """Return the checks of a wide table, which has one printed row: one check below each group, and more if they are many."""
    rows: dict[str, list[Cell]] = {}
    for cell in own:
        rows.setdefault(cell.row.key, []).append(cell)
    lines: dict[int, list[Check]] = {}
    for members in rows.values():
        first, last = cells[members[0].name], cells[members[-1].name]
        area = Area(0, first.column, 0, last.last_column)
        totals = [c for c in members if c.is_total]
        for index, (inputs, constraints, quotients) in enumerate(_asked_of_row(form, members, totals)):
            lines.setdefault(index, []).append(Check(area, inputs, constraints, quotients=quotients))
    return [("figures", "", tuple(checks)) for checks in lines.values()]


def _asked_of_row(
    form: Form, members: list[Cell], totals: list[Cell]
) -> Iterator[tuple[tuple[str, ...], tuple[Constraint, ...], tuple[str, ...]]]:
    """Yield what each check of a row is about: its inputs, its totals and the rules between columns, its ratios and means."""
    inputs = tuple(cell.name for cell in members if not cell.is_total)
    names = {cell.name for cell in members}
    sums = [Constraint(_total_relation(c.name, c.definition)) for c in totals if c.definition is not None]
    rules = [
        i.constraint
        for i in form.identities
        if i.rule.columns and not i.rule.looks_back and _is_of_row(i.constraint, names, form)
    ]
    rules.sort(key=lambda rule: LEVELS.index(rule.level))
    quotients = [_Quotient(cell.name, cell.ratio.names) for cell in members if cell.ratio]
    asked: list[Constraint | _Quotient] = [*sums, *rules, *quotients]
    for index, some in enumerate(_divided(asked) or [()]):
        constraints = tuple(one for one in some if isinstance(one, Constraint))
        cells = tuple(one.cell for one in some if isinstance(one, _Quotient))
        yield () if index else inputs, constraints, cells


def _is_of_row(constraint: Constraint, row: set[str], form: Form) -> bool:
    """Return whether a rule between columns is about this row: all its figures are in it, but for those of fields."""
    in_tables = [name for name in constraint.names if form.cells[name].in_table]
    return bool(in_tables) and row.issuperset(in_tables)


class _Quotient(NamedTuple):
    """A ratio or a mean, and the names in the formula that checks it."""

    cell: str
    names: tuple[str, ...]


_Asked = TypeVar("_Asked", bound=Constraint | _Quotient)


def _divided(asked: Iterable[_Asked]) -> list[tuple[_Asked, ...]]:
    """Return what is asked in groups, each of which fits in the formula of one check."""
    groups: list[tuple[_Asked, ...]] = []
    size = 0
    for one in asked:
        size += len(one.names)
        if groups and len(groups[-1]) < _MOST_CONSTRAINTS and size <= _MOST_NAMES:
            groups[-1] += (one,)
        else:
            groups.append((one,))
            size = len(one.names)
    return groups


def _total_relation(total: str, definition: Linear) -> Relation:
    """Return the relation that a total satisfies."""
    return Relation(Linear(((1, total),)), "=", definition)


def _total_line(row: Line, definition: Linear, form: Form, cells: dict[str, Area]) -> _CheckLine:
    checks = []
    for cell in (form.cells[name] for name in cells):
        if cell.row is row and cell.column.additive and not cell.ratio:
            parts = definition.renamed(along_column(cell.section.key, cell.column)).without(form.void)
            constraint = Constraint(_total_relation(cell.name, parts))
            checks.append(Check(Area.at(0, cells[cell.name].column), (), (constraint,)))
    return "total", row.label, tuple(checks)
