"""The equations behind findings about totals and rules: their signed figures and by how much they fail.

A wrong total and a broken rule are treated alike, as signed figures that should add up to 0. The equations come from the
definitions and rules of the form; no cell is named here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import NamedTuple

from xltools.data.accepted_rules import BROKEN
from xltools.data.filing import Return
from xltools.data.finding import Finding
from xltools.data.number import is_whole
from xltools.form.linear import EXACT, ZERO, Factor, Linear, Term
from xltools.form.model import Form, Identity

_TOTALS = {"total-wrong", "formula-wrong"}  # a stale result does not show that a figure is wrong
ON_EQUATIONS = frozenset({BROKEN, *_TOTALS})


class EquationFamily(NamedTuple):
    """The same equation in every line of a section; ``columns`` says whether the lines are columns."""

    section: str
    key: str
    columns: bool


@dataclass(frozen=True, eq=False)
class FailingEquation:
    """An equation whose ``terms`` should add up to 0 and do not.

    ``total`` is the cell whose shown figure is the first term; it is empty for a rule. ``line`` is the label of the row
    or column in which the equation stands, and ``family`` identifies the equation in all lines.
    """

    finding: Finding
    form: Form
    terms: tuple[Term, ...]
    figures: Mapping[str, Decimal]
    total: str = ""
    family: EquationFamily | None = None
    line: str = ""

    @cached_property
    def difference(self) -> Decimal:
        """The sum of the terms. Lowering a figure of sign +, or raising one of sign -, by it makes the equation hold."""
        return Linear(self.terms).value(self.figures)

    @cached_property
    def inputs(self) -> dict[str, Factor]:
        """The inputs behind the terms, each with the change of the difference if the input grows by 1."""
        terms = tuple(term for term in self.terms if term[1] != self.total)
        return self.form.factors(Linear(terms))

    @cached_property
    def typed(self) -> dict[str, int]:
        """The inputs in which a single typing error can explain the difference, each 1 or -1; a multiple is none of them.

        For a rule these are all its inputs, for a total only its direct parts: a grand total has so many inputs that one
        of them always fits.
        """
        direct = {name for _, name in self.terms}
        return {
            name: int(factor)
            for name, factor in self.inputs.items()
            if abs(factor) == 1 and (not self.total or name in direct)
        }

    def figure(self, name: str) -> Decimal:
        """Return the figure of a cell in this equation; a blank cell counts as 0."""
        return self.figures.get(name, ZERO)

    def needed(self, name: str) -> Decimal | None:
        """Return the figure with which an input makes the equation hold; None if the cell cannot have that figure."""
        cell = self.form.cells[name]
        value = EXACT.subtract(self.figure(name), self.typed[name] * self.difference)
        is_allowed = (cell.signed or value >= 0) and (cell.number != "count" or is_whole(value))
        return value if is_allowed else None

    def holds_without(self, name: str) -> bool:
        """Return whether the equation holds without that term and still has figures on both sides.

        If one side has no other figure, the difference always equals the other side, which proves nothing.
        """
        factor = next(factor for factor, other in self.terms if other == name)
        if EXACT.multiply(factor, self.figure(name)) != self.difference:
            return False
        return {f > 0 for f, n in self.terms if n != name and self.figure(n)} == {True, False}


def failing_equations(filing: Return, findings: Iterable[Finding]) -> dict[int, FailingEquation]:
    """Return the equation behind each finding that is about one, by the index of the finding in *findings*."""
    values = filing.record.complete()
    identities = {one.constraint.names: one for one in filing.form.identities if one.constraint.is_exact}
    found: dict[int, FailingEquation] = {}
    for index, finding in enumerate(findings):
        equation = None
        if finding.code == BROKEN:
            identity = identities.get((finding.cell, *(place.cell for place in finding.others)))
            equation = _rule_equation(filing.form, identity, values, finding) if identity else None
        elif finding.code in _TOTALS:
            equation = _total_equation(filing.form, values, finding)
        if equation is not None and equation.difference:
            found[index] = equation
    return found


def _total_equation(form: Form, values: Mapping[str, Decimal], finding: Finding) -> FailingEquation | None:
    cell = form.cells.get(finding.cell)
    if cell is None or cell.definition is None or not isinstance(finding.found, Decimal):
        return None
    terms = ((1, cell.name), *cell.definition.times(-1).terms)
    figures = dict(values) | {cell.name: finding.found}
    section = cell.section.key
    if cell.column.is_ is not None and cell.row.additive:  # a total column is the same sum in every row
        family, line = EquationFamily(section, f"column {cell.column.key}", columns=False), cell.row.label
    else:
        family, line = EquationFamily(section, f"row {cell.row.key}", columns=True), cell.column.label
    return FailingEquation(finding, form, terms, figures, cell.name, family, line)


def _rule_equation(
    form: Form, identity: Identity, values: Mapping[str, Decimal], finding: Finding
) -> FailingEquation:
    terms = (*identity.relation.left.terms, *identity.relation.right.times(-1).terms)
    rule, family = identity.rule, None
    if identity.section is not None:
        family = EquationFamily(identity.section.key, f"rule {rule.key}", rule.rows is not None)
    return FailingEquation(finding, form, terms, values, family=family, line=identity.line)
