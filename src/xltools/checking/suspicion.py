"""Which findings a verdict on the guilty cell explains, and the verdict as the cause of these."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from xltools.checking.checks import figures_of
from xltools.checking.explanations import CellChange
from xltools.checking.failing_equations import FailingEquation
from xltools.checking.guilty import GuiltVerdict, Suspect, equations_behind, guilty, typed_totals
from xltools.checking.settling import Settling, settlings
from xltools.checking.together import Behind, Changes, Corrected
from xltools.data.field_words import figure_label
from xltools.data.filing import Return
from xltools.data.finding import GUILTY, Cause, Finding
from xltools.data.policy import Thresholds
from xltools.data.record import Figures
from xltools.form.linear import ZERO
from xltools.form.model import Form, of_last_year
from xltools.text import Phrases

_MOST = 5  # figures named to be checked first


def explained(
    filing: Return,
    last: Figures,
    thresholds: Thresholds,
    findings: Sequence[Finding],
    equations: Mapping[int, FailingEquation],
) -> dict[int, GuiltVerdict]:
    """Return the verdict on each finding that has one, by its index.

    A verdict is about the equations that fail, and about all that would not be found with the right figures of a suspect:
    what witnesses say, ratios and means, and comparisons with last year and other agencies. Where too many cells may be the one, it is about
    what would not be found with the right figure of any of them. Of what no equation is about, it is about what one change settles.
    """
    figures = {**figures_of(filing), **of_last_year(last)}
    settling = settlings(filing, findings, thresholds)
    found = _by_equations(filing, last, findings, equations, settling, figures) if equations else {}
    clouded = filing.clouded | filing.unread
    left = {
        index: one
        for index, one in settling.items()
        if index not in found
        and index not in equations
        and clouded.isdisjoint(place.cell for place in findings[index].places)
    }
    if any(one.is_firm for one in left.values()):
        typed = equations_behind(filing, typed_totals(filing))
        for behind in Changes(filing, typed, left, figures).behind():
            found |= dict.fromkeys(behind.findings, _loose(behind, filing.form, figures))
    return found


def _by_equations(
    filing: Return,
    last: Figures,
    findings: Sequence[Finding],
    equations: Mapping[int, FailingEquation],
    settling: Mapping[int, Settling],
    figures: Figures,
) -> dict[int, GuiltVerdict]:
    found: dict[int, GuiltVerdict] = {}
    for verdict in guilty(filing, last):
        corrected = [
            Corrected(one.right, filing.form, figures) for one in verdict.suspects or verdict.possible
        ]
        for index, finding in enumerate(findings):
            equation = equations.get(index)
            if equation is not None and filing.clouded and not filing.clouded.isdisjoint(equation.inputs):
                continue  # an equation over a text was not judged
            if equation is not None and finding.code != "formula-wrong":
                is_about = verdict.is_about((name for _, name in equation.terms), equation.form)
            else:
                is_about = index in settling and any(map(settling[index].test, corrected))
            if is_about:
                found.setdefault(index, verdict)
    return found


def _loose(behind: Behind, form: Form, figures: Figures) -> GuiltVerdict:
    """Return a verdict on findings without an equation: it names nothing."""
    changes = [
        tuple(CellChange(name, figures.get(name, ZERO), value) for name, value in change.items())
        for change in behind.changes
    ]
    possible = tuple(Suspect("cell" if len(one) == 1 else "line", one) for one in changes)
    cells = frozenset(name for change in behind.changes for name in change)
    return GuiltVerdict(
        cells, possible=possible, explanations=len(possible), effect=behind.effect(form, figures)
    )


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
    elif first := _first(verdict, filing):
        what = ("guilty-first", {"cells": first})
    elif verdict.line:
        what = ("guilty-line", {"line": verdict.line, "difference": verdict.difference})
    else:
        what = ("guilty-together", {})
    places = {
        change.cell: _address(change.cell, filing) for one in verdict.suspects for change in one.changes
    }
    return Cause(GUILTY, {"what": Phrases((what,)), "verdict": verdict, "places": places})


def _first(verdict: GuiltVerdict, filing: Return) -> Phrases | None:
    """Return the few figures that may be behind findings without an equation; what is right there is not known."""
    cells = {change.cell: None for one in verdict.possible for change in one.changes}
    if verdict.equations or not 0 < len(cells) <= _MOST:
        return None
    return Phrases(tuple(_place(name, filing) for name in cells), "guilty-or")


def _changes(changes: Sequence[CellChange], filing: Return) -> Phrases:
    parts = (
        (
            "guilty-change",
            {"cell": Phrases((_place(one.cell, filing),)), "found": one.found, "right": one.right},
        )
        for one in changes
    )
    return Phrases(tuple(parts), "guilty-and")


def _place(name: str, filing: Return) -> tuple[str, dict[str, object]]:
    """Return the label of a figure, with its place if it has one."""
    sheet, address = _address(name, filing)
    facts: dict[str, object] = {"label": figure_label(filing.form, name)}
    return (
        ("guilty-cell", facts | {"place": f"{sheet}!{address}"}) if address else ("guilty-cell-here", facts)
    )


def _address(name: str, filing: Return) -> tuple[str, str]:
    """Return where a figure is; that of a list is the list."""
    over = filing.form.cells[name].over
    return filing.address(over.list if over else name)


def _supports(named: Suspect, *, is_year: bool) -> Iterator[tuple[str, Mapping[str, object]]]:
    """Yield what agrees on the right figures: the equations of the cells and the witnesses."""
    changed = {change.cell for change in named.changes}
    kinds = dict.fromkeys("parts" if sign.total in changed else sign.kind for sign in named.supports)
    yield from ((f"guilty-support-{kind}", {}) for kind in kinds)
    if count := sum(bool(witness.quote) for witness in named.witnesses):
        yield "guilty-support-prose", {"count": count}
    if count < len(named.witnesses):
        yield "guilty-support-last" if is_year else "guilty-support-before", {}
