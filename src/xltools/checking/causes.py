"""Find possible causes of findings, such as a typing error that explains a difference exactly.

A cause is a hypothesis: it names a cell and its figures for the agency to check, and changes no figure and no severity.
Small figures match by chance, so these limits apply:

* A finding has at most two causes, the most specific first (the order of :data:`STRONG` and :data:`WEAK`).
* A strong cause has independent evidence: a text in an input, a second equation that fails by the opposite amount,
  last year's figures, or a total of 0. A finding with a strong cause gets no weak one.
* The guilty cell (:mod:`xltools.checking.guilty`) is reported before all others if it is named. If it is not, strong causes are
  reported instead if each finding of the verdict has one, except :data:`_BESIDE`, which say how it came about and are reported in addition.
* A weak cause rests on the difference alone. Exactly one cell must fit, and the difference must be at least
  :data:`LEAST`. A finding that more than two weak causes fit gets none; nor does one with cells that are named or listed.

Roll-ups get no causes: the error is in the return of a member. Source: published reports and ordinary typing errors; no
document lists them, so all of this is inferred.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import NamedTuple

from xltools.checking.effects import largest
from xltools.checking.failing_equations import FailingEquation, failing_equations
from xltools.checking.guilty import GuiltVerdict
from xltools.checking.suspicion import explained, suspicion
from xltools.data.filing import Filing, RefusedFile, Return
from xltools.data.finding import Cause, Effect, Finding, Severity
from xltools.data.number import close
from xltools.data.policy import Thresholds
from xltools.data.record import Record
from xltools.form.linear import ZERO, Linear, size
from xltools.form.model import Form
from xltools.text import Sum

LEAST = (
    10  # the smallest difference that counts as evidence: some figure always fits a difference of one digit
)
_MOST = 2  # causes per finding
_BESIDE = {"typed-zero", "wrong-column", "wrong-row"}
_RESENT = 5  # the least number of figures other than 0 that two years share only if a return was sent again
_UNIT = Decimal(10_000)  # from 万元 to 元
_NEAR = Decimal(3)  # in the right unit, a figure is within this factor of the figure that it is compared with


class Case(NamedTuple):
    """A filing with its findings, the equations behind them by index of the finding, and last year's figures."""

    filing: Return
    form: Form
    record: Record
    findings: tuple[Finding, ...]
    equations: Mapping[int, FailingEquation]
    texts: Mapping[str, Decimal]  # the number that each text in an input stands for
    past: Mapping[str, Decimal]
    verdicts: Mapping[int, GuiltVerdict]  # on the guilty cell, by index of the finding

    def label(self, name: str) -> str:
        """Return the label of the cell."""
        return self.form.cells[name].label


Recogniser = Callable[[Case, int], Iterator[Cause]]


def with_causes(
    filing: Filing,
    findings: Sequence[Finding],
    past: Mapping[str, Decimal] | None = None,
    thresholds: Thresholds | None = None,
) -> tuple[Finding, ...]:
    """Return *findings* of *filing*, which is verified, in the same order, each with its possible causes.

    *past* has last year's figures of the agency by cell, totals included; without it, causes that need it are not found.
    *thresholds* are those of the comparisons among *findings*.
    """
    if isinstance(filing, RefusedFile) or filing.is_rollup:
        return tuple(findings)
    form, record, past = filing.form, filing.record, past or {}
    texts = {n: v for n in sorted(filing.clouded) if (v := record.values.get(n))}
    equations = failing_equations(filing, findings)
    verdicts = explained(filing, past, thresholds or Thresholds(), findings, equations) if findings else {}
    case = Case(filing, form, record, tuple(findings), equations, texts, past, verdicts)
    strong = [[cause for one in STRONG for cause in one(case, index)] for index in range(len(findings))]
    return tuple(_with_causes(case, index, strong) for index in range(len(findings)))


def _with_causes(case: Case, index: int, all_strong: Sequence[Sequence[Cause]]) -> Finding:
    finding, verdict, strong = case.findings[index], case.verdicts.get(index), all_strong[index]
    together = [other for other, its in case.verdicts.items() if its is verdict]
    own = suspicion(verdict, case.filing, is_shared=len(together) > 1) if verdict else None
    if verdict and own and not verdict.named:
        # One that only a part of the findings has would leave the others without what is behind them all.
        common = [c for c in strong if all(c in all_strong[other] for other in together)]
        is_instead = any(c.code not in _BESIDE for c in common)
        own = None if is_instead else own
    causes = [*([own] if own else []), *strong]
    if not strong and not (verdict and own and verdict.suspects):
        weak = [cause for recogniser in WEAK for cause in recogniser(case, index)]
        causes += weak if len(weak) <= _MOST else []
    if verdict is None and not causes:
        return finding
    effect = finding.effect
    if verdict and index in case.equations:
        effect = Effect(verdict.effect)
    elif verdict and verdict.effect and not verdict.equations and effect is None:
        effect = Effect(largest(finding, verdict.effect, case.form))
    return replace(finding, causes=(*finding.causes, *causes)[:_MOST], effect=effect)


# -- strong causes: with independent evidence


def last_year_resent(case: Case, index: int) -> Iterator[Cause]:
    """Every input equals last year's and at least five are not 0: last year's return was sent again.

    Given for errors and questions that compare two figures, and for a wrong year.
    """
    finding, values = case.findings[index], case.record.values
    compared = isinstance(finding.found, Decimal) and isinstance(finding.expected, Decimal)
    if not case.past or not (compared or finding.code == "wrong-year"):
        return
    if finding.severity not in {Severity.ERROR, Severity.QUESTION} or case.filing.unread:
        return
    names = case.form.input_names
    if any(values.get(name, ZERO) != case.past.get(name, ZERO) for name in names):
        return
    count = sum(bool(values.get(name)) for name in names)
    if count >= _RESENT:
        yield Cause("last-year-resent", {"count": count, "period": case.record.period})


def text_left_out(case: Case, index: int) -> Iterator[Cause]:
    """The difference equals the numbers that were typed as texts: SUM skips texts.

    Given for a total that was typed or whose origin is unknown, for a rule that would hold without the texts, and for
    the text itself if a total over it is short by its number.
    """
    finding, equation = case.findings[index], case.equations.get(index)
    if equation is not None:
        texts = tuple((factor, n) for n, factor in equation.inputs.items() if n in case.texts)
        if texts and equation.difference == Linear(texts).value(case.texts):
            yield _text_cause(case, [name for _, name in texts])
    elif finding.code == "text-as-number" and finding.cell in case.texts:
        totals = [total for total in case.form.definitions if finding.cell in case.form.reach[total]]
        for total in sorted(totals, key=lambda name: len(case.form.reach[name])):
            names = [name for name in case.texts if name in case.form.reach[total]]
            if _is_short(case, total, names):
                yield _text_cause(case, names)
                return


def _is_short(case: Case, total: str, texts: Sequence[str]) -> bool:
    """Return whether *total* shows the sum without *texts*."""
    shown, values = case.filing.shown.get(total), case.record.values
    if shown is None or shown.value is None or case.form.reach[total] & case.filing.unread:
        return False
    without = {name: value for name, value in values.items() if name not in texts}
    short, whole = (case.form.complete(v).get(total, ZERO) for v in (without, values))
    return close(shown.value, short) and not close(shown.value, whole)


def _text_cause(case: Case, names: Sequence[str]) -> Cause:
    terms = tuple((1, case.label(name), value) for name, value in case.texts.items() if name in names)
    return Cause("text-left-out", {"texts": Sum(terms)})


def typed_zero(case: Case, index: int) -> Iterator[Cause]:
    """A total shows 0 and its parts are not 0: the filler took it for a line with nothing to report.

    Source: 洪泽区 2023, two totals of its table of disputes.
    """
    equation = case.equations.get(index)
    if equation is not None and equation.total and not equation.figure(equation.total):
        yield Cause("typed-zero", {"label": case.label(equation.total), "right": equation.finding.expected})


def wrong_line(case: Case, index: int) -> Iterator[Cause]:
    """The same equation fails in two lines by opposite amounts, and holds over all lines: a figure is in the wrong line.

    For a rule on rows and a total row the lines are columns (``wrong-column``); for a rule on columns and a total column
    they are rows (``wrong-row``). A figure in another row of one column is not looked for: the sum of the column is the
    same. Source: 洋河新区 2025, 自然人 60 instead of 61 and 其他 1 instead of 0. Given only if every cell of the section could be
    read, the differences of all lines add up to 0, no third line fails by that amount, and one of the two lines has a
    figure at least as large.
    """
    equation = case.equations.get(index)
    if equation is None or equation.family is None:
        return
    if any(case.form.cells[name].section.key == equation.family.section for name in case.filing.unread):
        return
    family = [other for other in case.equations.values() if other.family == equation.family]
    pair = [other for other in family if abs(other.difference) == abs(equation.difference)]
    if sum(other.difference for other in family) or len(pair) != 2:  # noqa: PLR2004  a pair
        return
    over, short = sorted(pair, key=lambda other: -other.difference)
    amount = over.difference
    if any(f > 0 and f * over.figure(n) >= amount for n, f in over.inputs.items()) or any(
        f < 0 and -f * short.figure(n) >= amount for n, f in short.inputs.items()
    ):
        one, other = pair[0].line, pair[1].line
        code = "wrong-column" if equation.family.columns else "wrong-row"
        yield Cause(code, {"one": one, "other": other, "difference": amount})


def forgotten_from_last_year(case: Case, index: int) -> Iterator[Cause]:
    """An input of a rule is 0, and the figure it needs is last year's figure of another input of the rule.

    This finds a forgotten carry-over (上年结转 is 0 and last year's 结转下年度 is missing) without naming lines. Only one pair
    of inputs may fit.
    """
    equation = case.equations.get(index)
    if equation is None or equation.total:
        return
    direct = [name for _, name in equation.terms if not case.form.cells[name].is_total]
    fits = [
        (empty, was)
        for empty in direct
        if not equation.figure(empty) and empty in equation.typed and (needed := equation.needed(empty))
        for was in direct
        if case.past.get(was) == needed
    ]
    if len(fits) == 1:
        ((empty, was),) = fits
        yield Cause(
            "carried-in-forgotten",
            {
                "label": case.label(empty),
                "past": case.label(was),
                "missing": case.past[was],
                "period": case.record.period,
            },
        )


def other_unit(case: Case, index: int) -> Iterator[Cause]:
    """A figure is about 10,000 times too large or too small: in 元 instead of 万元, or divided by 10,000 twice.

    It is compared with the figure that the finding expected (last year's, or the median of similar agencies), else with
    last year's figure of the cell; "about" is within a factor of 3. Given only for inputs with decimals and a unit.
    """
    finding = case.findings[index]
    cell = case.form.cells.get(finding.cell)
    if cell is None or cell.is_total or cell.number != "decimal" or not cell.unit or index in case.equations:
        return
    found = finding.found
    measure = finding.expected if isinstance(finding.expected, Decimal) else case.past.get(cell.name, ZERO)
    if not isinstance(found, Decimal) or found <= 0 or measure <= 0:
        return
    for likely in (found / _UNIT, found * _UNIT):
        if measure / _NEAR <= likely <= measure * _NEAR:
            facts: dict[str, object] = {"found": found, "likely": likely, "unit": cell.unit}
            yield Cause("times-10000", facts | {"label": cell.label, "measure": measure})


# -- weak causes: from the difference alone


def term_forgotten(case: Case, index: int) -> Iterator[Cause]:
    """A rule fails by exactly one of its own terms: that line was forgotten, or is also counted in another line.

    Examples: 本年新收 that includes 上年结转, or a result that is also carried over. Only one term may fit, and figures must
    remain on both sides without it.
    """
    equation = case.equations.get(index)
    if equation is None or equation.total or abs(equation.difference) < LEAST:
        return
    fits = [name for _, name in equation.terms if equation.holds_without(name)]
    if len(fits) == 1:
        yield Cause("term-forgotten", {"label": case.label(fits[0]), "found": equation.difference.copy_abs()})


def counted_twice(case: Case, index: int) -> Iterator[Cause]:
    """A typed total is too large by exactly one of its parts (``counted-twice``), or too small (``left-out``).

    For a rule: a derived total is too large by exactly one of its inputs, which is counted elsewhere too or is a subtotal
    typed among the rows. Only one part may fit.
    """
    equation = case.equations.get(index)
    if equation is None or abs(equation.difference) < LEAST:
        return
    if equation.total:
        parts = [(factor, name) for factor, name in equation.terms if name != equation.total]
    else:
        direct = {name for _, name in equation.terms}
        parts = [(-sign, name) for name, sign in equation.typed.items() if name not in direct]
    amounts = {name: size(factor) * equation.figure(name) for factor, name in parts}
    fits = [(sign, name) for sign, name in parts if amounts[name] == abs(equation.difference)]
    others = [name for _, name in parts if equation.figure(name)]
    if len(fits) != 1 or len(others) < 2:  # noqa: PLR2004  a single part is the sum itself
        return
    ((sign, name),) = fits
    twice = -sign * equation.difference > 0
    if twice or equation.total:
        facts: dict[str, object] = {"label": case.label(name), "found": amounts[name]}
        yield Cause("counted-twice" if twice else "left-out", facts)


STRONG: tuple[Recogniser, ...] = (
    last_year_resent,
    text_left_out,
    typed_zero,
    wrong_line,
    forgotten_from_last_year,
    other_unit,
)
WEAK: tuple[Recogniser, ...] = (term_forgotten, counted_twice)
