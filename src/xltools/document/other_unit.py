"""Tables of a report in another unit than that of the form, such as 万元 for 元: what they print and say of it."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import NamedTuple

from xltools.data.balanced import balanced
from xltools.data.document import Paragraph
from xltools.document.official import PrintedFigures, printed_labels, sheet_of
from xltools.errors import InputError, Problem
from xltools.form.model import Form
from xltools.form.sections import Section
from xltools.form.units import larger_units, powers_between
from xltools.text import clerk

_MOST_DECIMALS = 6
_NAMED = 5  # totals that a note names; it counts the others


@dataclass(frozen=True, slots=True)
class OtherUnit:
    """The unit in which the tables of a report are printed, and the number of decimals of its figures."""

    unit: str
    decimals: int = 2


class ConvertedTable(NamedTuple):
    """What the table of a section prints in another unit: figures by name, units by their former name, and what is said.

    ``above`` is the unit, ``below`` the note on totals that do not add up.
    """

    texts: Mapping[str, str]
    units: Mapping[str, str]
    above: Paragraph
    below: Paragraph | None


def other_units(form: Form) -> list[str]:
    """Return the usual units in which the tables of reports of a form can be printed."""
    units = dict.fromkeys(cell.unit for cell in form.cells.values() if cell.in_table and not cell.ratio)
    found = []
    for unit in dict.fromkeys(larger for own in units for larger in larger_units(own)):
        with contextlib.suppress(InputError):
            check_unit(form, OtherUnit(unit))
            found.append(unit)
    return found


def check_unit(form: Form, how: OtherUnit) -> None:
    """Raise :class:`InputError` if no figure of a table can be printed in that unit, or if a label says another one."""
    problems = []
    if not 0 <= how.decimals <= _MOST_DECIMALS:
        problems.append(
            Problem("bad-decimals", "--decimals", {"decimals": how.decimals, "most": _MOST_DECIMALS})
        )
    former = {cell.unit for cell in form.cells.values() if cell.in_table and _shift(how, cell.unit)}
    if not former:
        problems.append(
            Problem(
                "unit-in-vain", "--unit", {"unit": how.unit, "units": "、".join(sorted(form.units - {""}))}
            )
        )
    for section in form.sections if former else ():
        if section.blocks:
            said = [label.text for label in printed_labels(sheet_of(form, section))]
            problems += [
                Problem("unit-in-label", f"section “{section.key}”", {"label": text, "unit": unit})
                for text in dict.fromkeys((section.title, *said))
                for unit in former
                if re.search(rf"[(（]{re.escape(unit)}[)）]|单位\s*[:：]\s*{re.escape(unit)}\s*$", text)
            ]
    if problems:
        raise InputError(*problems)


def _shift(how: OtherUnit, unit: str) -> int:
    return powers_between(how.unit, unit) or 0


def scales_of(form: Form, how: OtherUnit) -> dict[str, tuple[Fraction, Fraction]]:
    """Return what one of the other unit is in that of each figure, and by how much less what is printed may be off."""
    found = {}
    for name, cell in form.cells.items():
        if cell.in_table and (shift := _shift(how, cell.unit)):
            one = Fraction(10) ** shift
            found[name] = one, one / 10**how.decimals
    return found


class _UnitFigures(NamedTuple):
    """The figures of one unit as they are printed in the other, and the totals that do not add up, with their figures."""

    shown: Mapping[str, Decimal]
    apart: tuple[tuple[str, frozenset[str]], ...]


def converted(form: Form, values: PrintedFigures, how: OtherUnit) -> dict[str, ConvertedTable]:
    """Return what the tables print in the other unit, by the key of their section, where a figure has such a unit.

    Totals are balanced over all tables, since rules go across them. A ratio stays what it was.
    """
    units = dict.fromkeys(cell.unit for cell in form.cells.values() if cell.in_table)
    figures = {unit: _in_unit(form, unit, values, how) for unit in units if _shift(how, unit)}
    tables = ((one.key, _table(form, one, figures, how)) for one in form.sections if one.blocks)
    return {key: table for key, table in tables if table}


def _in_unit(form: Form, unit: str, values: PrintedFigures, how: OtherUnit) -> _UnitFigures:
    shift = _shift(how, unit)
    known = {
        name: value
        for name, cell in form.cells.items()
        if cell.unit == unit and cell.in_table and (value := values.get(name)) is not None
    }
    sums = {name: value for name, value in known.items() if not form.cells[name].ratio}
    found = balanced(form, sums, shift, how.decimals)
    step = Decimal(1).scaleb(-how.decimals)
    shown = {name: value.scaleb(-shift).quantize(step, ROUND_HALF_UP) for name, value in known.items()}
    return _UnitFigures(shown | dict(found.values), found.apart)


def _table(
    form: Form, section: Section, figures: Mapping[str, _UnitFigures], how: OtherUnit
) -> ConvertedTable | None:
    own = [form.cells[name] for name in sheet_of(form, section).cells]
    units = {cell.unit: how.unit for cell in own if cell.unit in figures}
    if not units:
        return None
    texts: dict[str, str] = {}
    apart: dict[str, None] = {}
    for unit in units:
        shown, without = figures[unit]
        texts |= {cell.name: f"{shown[cell.name]:.{how.decimals}f}" for cell in own if cell.name in shown}
        apart |= dict.fromkeys(label for label, names in without if not names.isdisjoint(texts))
    is_only = {cell.unit for cell in own if not cell.ratio} == set(units)
    key, base = ("unit", "") if is_only else ("unit-of", "、".join(units))
    above = Paragraph(clerk()(f"document.{key}", unit=how.unit, base=base), "right")
    named = clerk()("field.joint").join([*apart][:_NAMED])
    below = Paragraph(clerk()("document.apart", unit=how.unit, count=len(apart), labels=named), "note")
    return ConvertedTable(texts, units, above, below if apart else None)
