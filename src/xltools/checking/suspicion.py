"""Which findings a verdict on the guilty cell explains, and the verdict as the cause of these."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from xltools.checking.checks import figures_of
from xltools.checking.explanations import CellChange, Witness
from xltools.checking.failing_equations import FailingEquation
from xltools.checking.guilty import Corrected, GuiltVerdict, Suspect
from xltools.checking.prior import is_jump
from xltools.data.filing import Return
from xltools.data.finding import GUILTY, Cause, Finding
from xltools.data.policy import Thresholds
from xltools.form.linear import ZERO
from xltools.form.model import Form, of_last_year
from xltools.form.ratio import is_shown_right
from xltools.form.wording import LAST
from xltools.text import Phrases

_RULES = {"rule-broken", "rule-question", "rule-warning"}
_SAID, _CARRIED = {"prose-figure", "prose-nothing"}, {"carry-over", "stock"}
_COMPARED = {"jump", "magnitude", "outlier"}


def explained(
    filing: Return,
    last: Mapping[str, Decimal],
    thresholds: Thresholds,
    verdicts: Sequence[GuiltVerdict],
    findings: Sequence[Finding],
    equations: Mapping[int, FailingEquation],
) -> dict[int, GuiltVerdict]:
    """Return the verdict on each finding that has one, by its index.

    A verdict is about the equations that fail, and about all that would not be found with the right figures of a suspect:
    what witnesses say, ratios and means, and comparisons with last year and other agencies. Where too many cells may be the one, it is about
    what would not be found with the right figure of any of them.
    """
    found: dict[int, GuiltVerdict] = {}
    figures = {**figures_of(filing), **of_last_year(last)}
    for verdict in verdicts:
        corrected = [Corrected(one, filing.form, figures) for one in verdict.suspects or verdict.possible]
        for index, finding in enumerate(findings):
            equation = equations.get(index)
            if equation is not None and filing.clouded and not filing.clouded.isdisjoint(equation.inputs):
                continue  # an equation over a text was not judged
            if equation is not None and finding.code != "formula-wrong":
                is_about = verdict.is_about((name for _, name in equation.terms), equation.form)
            else:
                witnesses = [one for one in verdict.heard if _is_denied(finding, one)]
                is_about = any(
                    any(one.agrees(after) for one in witnesses)
                    or _is_settled(finding, filing.form, after, thresholds)
                    for after in corrected
                )
            if is_about:
                found.setdefault(index, verdict)
    return found


def _is_settled(finding: Finding, form: Form, after: Corrected, thresholds: Thresholds) -> bool:
    """Return whether a finding on figures that a correction changes is none on those *after* it."""
    if finding.code in _COMPARED and isinstance(finding.expected, Decimal):
        now = after[finding.cell]
        return now != finding.found and not is_jump(now, finding.expected, thresholds)
    if finding.code == "blank":
        return after[finding.cell] != ZERO
    cell = form.cells.get(finding.cell)
    if finding.code == "ratio-wrong" and cell and isinstance(finding.found, Decimal):
        exact = form.quotient(cell, after)
        return exact is not None and is_shown_right(finding.found, exact, cell.places)
    if finding.code in {"mean-missing", "mean-unneeded"} and cell:
        return bool(after[cell.weight]) == (finding.code == "mean-unneeded")
    if finding.code not in _RULES:
        return False
    names = [finding.cell, *(place.cell for place in finding.others)]
    constraints = [
        one.constraint
        for one in form.identities
        if [name for name in one.constraint.names if not name.startswith(LAST)] == names
    ]
    return bool(constraints) and all(one.holds(after) for one in constraints)


def _is_denied(finding: Finding, witness: Witness) -> bool:
    """Return whether the finding is that *witness* does not agree with the figures."""
    if not witness.quote:
        return finding.code in _CARRIED and finding.cell == witness.name
    quote = str(finding.found).removesuffix("…")
    return finding.code in _SAID and finding.cell == witness.name and witness.quote.startswith(quote)


def suspicion(verdict: GuiltVerdict, filing: Return, *, is_shared: bool) -> Cause | None:
    """Return the verdict as a cause; ``None`` if it would say no more than the finding does.

    *is_shared* says whether several findings have it.
    """
    named = verdict.named
    if named:
        facts: dict[str, object] = {
            "changes": _changes(named.changes, filing),
            "supports": Phrases(tuple(_supports(named, is_year=filing.record.period.is_year))),
        }
        what = ("guilty-named", facts)
    elif verdict.listed:
        choices = tuple(
            ("guilty-choice", {"changes": _changes(one.changes, filing)}) for one in verdict.listed
        )
        key = "guilty-listed" if len(choices) > 1 else "guilty-listed-one"
        what = (key, {"choices": Phrases(choices, "guilty-or")})
    elif not is_shared:
        return None
    elif verdict.line:
        what = ("guilty-line", {"line": verdict.line, "difference": verdict.difference})
    else:
        what = ("guilty-together", {})
    places = {change.cell: filing.address(change.cell) for one in verdict.suspects for change in one.changes}
    return Cause(GUILTY, {"what": Phrases((what,)), "verdict": verdict, "places": places})


def _changes(changes: Sequence[CellChange], filing: Return) -> Phrases:
    parts: list[tuple[str, dict[str, object]]] = []
    for change in changes:
        sheet, address = filing.address(change.cell)
        facts: dict[str, object] = {"label": filing.form.cells[change.cell].label}
        facts |= {"found": change.found, "right": change.right}
        if address:
            parts.append(("guilty-change", facts | {"place": f"{sheet}!{address}"}))
        else:
            parts.append(("guilty-change-here", facts))
    return Phrases(tuple(parts), "guilty-and")


def _supports(named: Suspect, *, is_year: bool) -> Iterator[tuple[str, Mapping[str, object]]]:
    """Yield what agrees on the right figures: the equations of the cells and the witnesses."""
    changed = {change.cell for change in named.changes}
    kinds = dict.fromkeys("parts" if sign.total in changed else sign.kind for sign in named.supports)
    yield from ((f"guilty-support-{kind}", {}) for kind in kinds)
    if count := sum(bool(witness.quote) for witness in named.witnesses):
        yield "guilty-support-prose", {"count": count}
    if count < len(named.witnesses):
        yield "guilty-support-last" if is_year else "guilty-support-before", {}
