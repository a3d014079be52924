"""Loads a form from TOML; an invalid file is refused with all its faults.

:mod:`xltools.toml_tables` finds faults of syntax and type, :mod:`xltools.form.lint` faults of meaning.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from xltools.errors import FormError
from xltools.form.code_files import with_codes
from xltools.form.days import with_known_days
from xltools.form.fields import Codes, Field
from xltools.form.linear import Linear
from xltools.form.lint import lint
from xltools.form.lists import asked_in_line, column_kind, words_of
from xltools.form.model import ALL, Form
from xltools.form.ratio import Product, Ratio, scale_of
from xltools.form.relation import Condition
from xltools.form.sections import Block, Line, List, Section, leaves, unit_of
from xltools.toml_tables import read_text, structure


def load(path: Path) -> Form:
    """Return the form defined in the file *path*; raises :class:`FormError` with everything that is wrong with it."""
    return parse(with_codes(read_text(path, FormError), path.parent), str(path))


def parse(text: str, origin: str) -> Form:
    """Return the form defined by *text*; *origin* is the name of the file in messages. Raises :class:`FormError`."""
    form = _with_all_spelled_out(structure(text, Form, origin, FormError))
    object.__setattr__(form, "text", text)
    if problems := [p._replace(place=f"{origin} › {p.place}") for p in lint(form)]:
        raise FormError(*problems)
    return form


def _with_all_spelled_out(form: Form) -> Form:
    """Return *form* with the rows of codes, and each ``is = "all"`` as the sum that it stands for.

    In the first schema ``all`` names a line.
    """
    if form.schema == 1:
        return form
    codes = {one.key: one for one in form.codes}
    sections = []
    for section in form.sections:
        blocks = []
        for written in section.blocks:
            block = _with_rows(written, codes)
            rows = _spelled_axis(block.rows, block, section, is_rows=True)
            columns = _spelled_axis(block.columns, block, section, is_rows=False)
            blocks.append(replace(block, rows=rows, columns=columns))
        lists = tuple(_spelled_list(one, section, codes) for one in section.lists)
        sections.append(replace(section, blocks=tuple(blocks), lists=lists))
    return _with_known_days(replace(form, sections=tuple(sections)))


def _with_known_days(form: Form) -> Form:
    """Return *form* with conditions of fields, and of rules between days, that say that the days in them are known."""

    def known(group: tuple[Field, ...]) -> tuple[Field, ...]:
        return tuple(replace(one, when=with_known_days(one.when, form.days)) for one in group)

    return replace(
        form,
        cover=replace(form.cover, fields=known(form.cover.fields)),
        sections=tuple(replace(one, fields=known(one.fields)) for one in form.sections),
        rules=tuple(
            replace(rule, when=with_known_days(rule.when, form.days)) if rule in form.day_rules else rule
            for rule in form.rules
        ),
    )


def _spelled_list(one: List, section: Section, codes: Mapping[str, Codes]) -> List:
    """Return a list whose columns of numbers have what the section says of all, and whose conditions ask for options."""
    kinds = {column.key: column_kind(column, codes) for column in one.columns}

    def asked(condition: Condition) -> Condition:
        return with_known_days(asked_in_line(condition, options), one.days)

    options = {key: words for key, kind in kinds.items() if (words := words_of(kind))}
    columns = []
    for column in one.columns:
        changes: dict[str, Any] = {
            "when": asked(column.when),
            "required_when": asked(column.required_when),
        }
        if column.shows and column.kind == "number":  # which is what a column without a kind has
            changes["kind"] = "text"
        elif column.kind == "number":
            is_of_item = one.unit_column and not column.is_
            changes["unit"] = column.unit or ("" if is_of_item else section.unit)
            changes["signed"] = column.signed or section.signed
            changes["number"] = "decimal" if section.number == "decimal" else column.number
            if isinstance(column.is_, Ratio):
                changes["number"] = "decimal"
                changes["is_"] = column.is_._replace(scale=scale_of(changes["unit"]))
            elif column.decimals is None and changes["number"] == "decimal":
                changes["decimals"] = section.decimals
            if isinstance(column.is_, Product):
                changes["is_"] = column.is_._replace(codes=_numbers(column.is_, one, codes))
        columns.append(replace(column, **changes))
    rules = tuple(replace(rule, when=asked(rule.when)) for rule in one.rules)
    return replace(one, columns=tuple(columns), rules=rules)


def _numbers(product: Product, one: List, codes: Mapping[str, Codes]) -> dict[str, dict[str, Decimal]]:
    """Return the numbers that are the codes of options, for the factors that are chosen."""
    chosen = [column for column in one.columns if column.key in product.names and column.kind == "choice"]
    return {
        column.key: {
            item.name: Decimal(item.code) for item in codes[column.from_].items if item.code.isdecimal()
        }
        for column in chosen
        if column.from_ in codes
    }


def _with_rows(block: Block, codes: Mapping[str, Codes]) -> Block:
    """Return a block with a row for each of the codes in ``rows_from``, above its other rows."""
    if block.rows_from not in codes:
        return block
    items = codes[block.rows_from].items
    if "code" in block.stub:
        rows = [Line(one.label, one.name, one.code, unit=one.unit or None) for one in items]
    else:
        rows = [Line(one.shown, one.name, unit=one.unit or None) for one in items]
    return replace(block, rows=(*rows, *block.rows))


def _spelled_axis(
    axis: tuple[Line, ...], block: Block, section: Section, *, is_rows: bool
) -> tuple[Line, ...]:
    """Return an axis; all are the typed lines of one unit beside the total, whatever other totals add them.

    Parts (其中) and means are no such lines. Where none is under the label of the total, as under a head 合计 over totals of
    several units, those beside that label are meant. A line that counts options of fields, or of lists, is not a total of the
    axis, so it is among them.
    """
    added = [line for line in leaves(block.columns) if not line.is_quotient]
    has_units = not is_rows or any(
        line.unit is None for line in added
    )  # those of columns come before those of rows

    def unit(line: Line) -> str:
        return unit_of(line, block, section) if has_units else ""

    def typed(lines: tuple[Line, ...]) -> Iterator[Line]:
        for one in leaves(lines):
            if one.is_ != ALL and not one.adds_lines and not one.is_quotient and one.additive and not one.of:
                yield one

    def spelled(line: Line, around: tuple[tuple[Line, ...], ...]) -> Line:
        if line.lines:
            return replace(line, lines=tuple(spelled(one, (line.lines, *around)) for one in line.lines))
        if line.is_ != ALL:
            return line
        found = ([one.key for one in typed(lines) if unit(one) == unit(line)] for lines in around)
        return replace(line, is_=Linear(tuple((1, key) for key in next(filter(None, found), ()))))

    return tuple(spelled(line, (axis,)) for line in axis)
