"""Which findings a verdict on the guilty cell explains, and the verdict as the cause of these."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from xltools.checking.explanations import CellChange, Witness
from xltools.checking.failing_equations import FailingEquation
from xltools.checking.guilty import GuiltVerdict, Suspect
from xltools.data.filing import Return
from xltools.data.finding import GUILTY, Cause, Finding
from xltools.text import Phrases

_EQUATIONS = {"total-wrong", "rule-broken"}
_SAID, _CARRIED = {"prose-figure", "prose-nothing"}, {"carry-over", "stock"}


def explained(
    verdicts: Sequence[GuiltVerdict], findings: Sequence[Finding], equations: Mapping[int, FailingEquation]
) -> dict[int, GuiltVerdict]:
    """Return the verdict on each finding that has one, by its index.

    A verdict is about the equations that fail; one that names a cell, also about what witnesses say who then agree.
    """
    found: dict[int, GuiltVerdict] = {}
    for index, finding in enumerate(findings):
        equation = equations.get(index)
        for verdict in verdicts:
            if equation is not None and finding.code in _EQUATIONS:
                is_about = verdict.is_about((name for _, name in equation.terms), equation.form)
            else:
                witnesses = verdict.named.witnesses if verdict.named else ()
                is_about = any(_is_denied(finding, witness) for witness in witnesses)
            if is_about:
                found.setdefault(index, verdict)
    return found


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
            "supports": Phrases(tuple(_supports(named))),
        }
        what = ("guilty-named", facts)
    elif verdict.listed:
        choices = tuple(
            ("guilty-choice", {"changes": _changes(one.changes, filing)}) for one in verdict.listed
        )
        what = ("guilty-listed", {"choices": Phrases(choices, "guilty-or")})
    elif not is_shared:
        return None
    elif verdict.line:
        what = ("guilty-line", {"line": verdict.line, "difference": verdict.difference})
    else:
        what = ("guilty-together", {})
    suspects = (named,) if named else verdict.listed
    places = {change.cell: filing.address(change.cell) for one in suspects for change in one.changes}
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
    return Phrases(tuple(parts))


def _supports(named: Suspect) -> Iterator[tuple[str, Mapping[str, object]]]:
    """Yield what agrees on the right figures: the equations of the cells and the witnesses."""
    changed = {change.cell for change in named.changes}
    kinds = dict.fromkeys("parts" if sign.total in changed else sign.kind for sign in named.supports)
    yield from ((f"guilty-support-{kind}", {}) for kind in kinds)
    if count := sum(bool(witness.quote) for witness in named.witnesses):
        yield "guilty-support-prose", {"count": count}
    if count < len(named.witnesses):
        yield "guilty-support-last", {}
