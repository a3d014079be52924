"""Equations that do not hold, as arithmetic: which figures stand in them, with which sign, and what is left over.

A total that shows another figure than its sum and a rule that is broken are the same thing here: signed figures that
should come to nothing. Everything is read off the form's definitions and rules; no cell is known by name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import NamedTuple

from xltools.data.filing import Filing
from xltools.data.finding import Finding
from xltools.data.number import is_whole
from xltools.form.linear import EXACT, ZERO, Linear
from xltools.form.model import Cell, Form, Identity

_TOTALS = {"total-wrong", "formula-wrong"}  # a stale result says nothing of the figures
Terms = tuple[tuple[int, str], ...]


class Family(NamedTuple):
    """The same equation in every line of a table: which one, and whether its lines are columns."""

    section: str
    key: str
    columns: bool


@dataclass(frozen=True, eq=False)
class Gap:
    """One equation that fails: the signed ``terms`` come to ``difference`` and should come to nothing.

    ``total`` is the cell whose shown figure is the first term, or empty for a rule. ``line`` is the label of the
    row or column in which the equation stands, ``family`` the equation in all lines.
    """

    finding: Finding
    form: Form
    terms: Terms
    figures: Mapping[str, Decimal]
    total: str = ""
    family: Family | None = None
    line: str = ""

    @cached_property
    def difference(self) -> Decimal:
        """What is left over. Lowering a figure of sign + by as much would close the gap, raising one of sign - too."""
        return Linear(self.terms).value(self.figures)

    @cached_property
    def inputs(self) -> dict[str, int]:
        """The typed cells behind the terms with what one unit in them does to the difference."""
        signs: dict[str, int] = {}
        stack = [(sign, name) for sign, name in self.terms if name != self.total]
        while stack:
            sign, name = stack.pop()
            definition = self.form.cells[name].definition
            if definition is None:
                signs[name] = signs.get(name, 0) + sign
            else:
                stack += [(sign * part, below) for part, below in definition.terms]
        return {name: sign for name, sign in signs.items() if sign}

    @cached_property
    def typed(self) -> dict[str, int]:
        """The cells in which one slip of the hand can have opened the gap.

        For a rule those are all its inputs. For a total only its own parts: behind a grand total stand so many
        cells that one of them always fits.
        """
        direct = {name for _, name in self.terms}
        return {
            n: sign for n, sign in self.inputs.items() if abs(sign) == 1 and (not self.total or n in direct)
        }

    def figure(self, name: str) -> Decimal:
        """The figure of a cell in this equation; a blank one counts as 0."""
        return self.figures.get(name, ZERO)

    def needed(self, name: str) -> Decimal | None:
        """What a typed cell would have to hold for the equation to hold; ``None`` where it cannot hold that."""
        cell, value = (
            self.form.cells[name],
            EXACT.subtract(self.figure(name), self.typed[name] * self.difference),
        )
        return value if can_hold(cell, value) else None

    def holds_without(self, name: str) -> bool:
        """Whether a term is exactly what is left over, while figures remain on both sides.

        Against a side without any figure the difference is always the other side: nothing follows from that.
        """
        sign = next(sign for sign, other in self.terms if other == name)
        if sign * self.figure(name) != self.difference:
            return False
        rest = [(s, n) for s, n in self.terms if n != name and self.figure(n)]
        return {s for s, _ in rest} == {1, -1}


def can_hold(cell: Cell, value: Decimal) -> bool:
    """Whether such a figure may stand in the cell."""
    return (cell.signed or value >= 0) and (cell.number != "count" or is_whole(value))


def gaps(filing: Filing, findings: Iterable[Finding]) -> dict[int, Gap]:
    """The equation behind each finding that speaks of one, by the finding's place among *findings*."""
    told = {index: f for index, f in enumerate(findings) if f.code == "rule-broken" or f.code in _TOTALS}
    if filing.form is None or filing.record is None or not told:
        return {}
    values = filing.record.complete()
    identities = {i.equation.names: i for i in filing.form.identities}
    found: dict[int, Gap] = {}
    for index, finding in told.items():
        gap = _gap(filing.form, identities, values, finding)
        if gap is not None and gap.difference:
            found[index] = gap
    return found


def _gap(
    form: Form,
    identities: Mapping[tuple[str, ...], Identity],
    values: Mapping[str, Decimal],
    finding: Finding,
) -> Gap | None:
    if finding.code == "rule-broken":
        identity = identities.get((finding.cell, *(place.cell for place in finding.others)))
        return _of_rule(form, identity, values, finding) if identity else None
    cell = form.cells.get(finding.cell)
    if finding.code in _TOTALS and cell and cell.definition and isinstance(finding.found, Decimal):
        terms = ((1, cell.name), *((-sign, name) for sign, name in cell.definition.terms))
        figures = dict(values) | {cell.name: finding.found}
        family, line = _family(cell)
        return Gap(finding, form, terms, figures, cell.name, family, line)
    return None


def _of_rule(form: Form, identity: Identity, values: Mapping[str, Decimal], finding: Finding) -> Gap:
    right = tuple((-sign, name) for sign, name in identity.equation.right.terms)
    family = None
    if identity.section is not None:
        family = Family(identity.section.key, f"rule {identity.rule.key}", identity.rule.rows is not None)
    return Gap(
        finding, form, (*identity.equation.left.terms, *right), values, family=family, line=identity.line
    )


def _family(cell: Cell) -> tuple[Family, str]:
    """A total column is the same sum in every row, a total row the same in every column."""
    if cell.column.is_ is not None and cell.row.additive:
        return Family(cell.section.key, f"column {cell.column.key}", columns=False), cell.row.label
    return Family(cell.section.key, f"row {cell.row.key}", columns=True), cell.column.label
