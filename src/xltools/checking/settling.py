"""What would settle a finding: other figures with which a rule holds, a sentence agrees, or a comparison shows nothing unusual."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from functools import partial
from typing import NamedTuple

from xltools.checking.prior import is_jump
from xltools.data.filing import Return, Said
from xltools.data.finding import Finding
from xltools.data.policy import Thresholds
from xltools.data.record import Figures
from xltools.form.layout import layout
from xltools.form.linear import ZERO
from xltools.form.model import Cell, Form
from xltools.form.ratio import Ratio, is_shown_right
from xltools.form.relation import Constraint

_RULES, _CARRIED = {"rule-broken", "rule-question", "rule-warning"}, {"carry-over", "stock"}
_SAID, _COMPARED = {"prose-figure", "prose-nothing"}, {"jump", "magnitude", "outlier"}


class Settling(NamedTuple):
    """What would settle a finding: a ``test`` of the figures with these ``names``, and what tells which these may be.

    These are the ``constraints`` that it is about, the ``ratio`` of other figures that is printed, or what was ``expected`` in a cell.
    """

    test: Callable[[Figures], bool]
    names: tuple[str, ...]
    constraints: tuple[Constraint, ...] = ()
    ratio: tuple[Ratio, Decimal] | None = None
    expected: tuple[str, Decimal] | None = None

    @property
    def is_firm(self) -> bool:
        """Whether a figure is wrong if the finding is right; one that is compared may be unusual."""
        return bool(self.constraints or self.ratio)


def settlings(filing: Return, findings: Sequence[Finding], thresholds: Thresholds) -> dict[int, Settling]:
    """Return what would settle each of *findings* that other figures can settle, by its index."""
    known: dict[bool, Mapping[frozenset[str], Sequence[Constraint]]] = {}
    found: dict[int, Settling] = {}
    for index, finding in enumerate(findings):
        is_carried = finding.code in _CARRIED
        if is_carried or finding.code in _RULES:
            if is_carried not in known:
                known[is_carried] = _constraints(filing, is_carried=is_carried)
            names = frozenset((finding.cell, *(place.cell for place in finding.others)))
            if constraints := tuple(known[is_carried].get(names, ())):
                about = tuple(name for one in constraints for name in one.names)
                found[index] = Settling(partial(_all_hold, constraints), about, constraints)
        elif one := _without_rule(filing, finding, thresholds):
            found[index] = one
    return found


def _constraints(filing: Return, *, is_carried: bool) -> Mapping[frozenset[str], Sequence[Constraint]]:
    """Return the constraints of rules, or of those from period to period, by the cells that a finding on them names."""
    form, number = filing.form, filing.record.period.number_in_year
    there = layout(form, filing.lacking).places
    found: dict[frozenset[str], list[Constraint]] = defaultdict(list)
    for identity in form.carries_at(number) if is_carried else form.identities:
        names = [name for name in identity.constraint.names if name in there]
        lists = {over.list for name in names[:1] for over in (form.cells[name].over,) if over}
        found[frozenset((*names[bool(lists) :], *lists))].append(identity.constraint)
    return found


def _all_hold(constraints: Iterable[Constraint], figures: Figures) -> bool:
    return all(one.holds(figures) for one in constraints)


def _without_rule(filing: Return, finding: Finding, thresholds: Thresholds) -> Settling | None:
    """Return what would settle a finding that is about no rule; ``None`` if no figures tell."""
    cell, found, expected = filing.form.cells.get(finding.cell), finding.found, finding.expected
    if finding.code in _SAID:
        said = [one for one in filing.said if _is_quoted(finding, one)]
        about = tuple(name for one in said for linear in one.sums for name in linear.names)
        return Settling(partial(_is_told, said), about) if said else None
    if cell is None:
        return None
    name, weight, ratio = cell.name, cell.weight, cell.ratio
    if finding.code in _COMPARED and isinstance(expected, Decimal):
        figure = None if cell.is_total else (name, expected)
        return Settling(
            lambda after: after[name] != found and not is_jump(after[name], expected, thresholds),
            (name,),
            expected=figure,
        )
    if finding.code == "ratio-wrong" and ratio and isinstance(found, Decimal):
        return Settling(partial(_is_shown, filing.form, cell, found), (name,), ratio=(ratio, found))
    tests: dict[str, Callable[[Figures], bool]] = {
        "blank": lambda after: after[name] != ZERO,
        "mean-missing": lambda after: not after[weight],
        "mean-unneeded": lambda after: bool(after[weight]),
    }
    return Settling(tests[finding.code], (weight or name,)) if finding.code in tests else None


def _is_shown(form: Form, cell: Cell, shown: Decimal, figures: Figures) -> bool:
    exact = form.quotient(cell, figures)
    return exact is not None and is_shown_right(shown, exact, cell.places)


def _is_quoted(finding: Finding, said: Said) -> bool:
    """Return whether the finding is that the sentence does not agree with the figures."""
    return finding.cell == said.box and said.quote.startswith(str(finding.found).removesuffix("…"))


def _is_told(said: Iterable[Said], figures: Figures) -> bool:
    return any(linear.value(figures) == one.value for one in said for linear in one.sums)
