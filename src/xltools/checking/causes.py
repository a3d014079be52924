"""The cause and not only the symptom: what may lie behind a finding, said only where the figures fit exactly.

A cause is a hypothesis. It names the cell and the figures, so that the agency can look; it never changes what counts.
Because a small figure fits many things by chance, a cause is said under these conditions:

* At most two causes a finding, the most particular first (the order of :data:`STRONG` and :data:`WEAK`).
* A strong cause is one that rests on more than one witness: a text beside it, a second equation that fails by the
  opposite, last year's figures, a total of 0. Where there is one, no weak one is said.
* A weak cause rests on the difference alone. The cell must be the only one that fits in its way, the difference at
  least :data:`LEAST`, and where more than two weak causes fit, the difference tells nothing and none is said.

Roll-ups get none: the slip is in the return of a member. Source of the mistakes: published reports and the ordinary
slips of typing figures; no document lists them, so all of this is inferred.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import NamedTuple

from xltools.checking.gaps import Gap, gaps
from xltools.data.filing import Filing
from xltools.data.finding import Cause, Finding, Severity
from xltools.data.number import close
from xltools.form.linear import ZERO, Linear
from xltools.form.model import Form
from xltools.text import Sum

LEAST = 10  # of a difference, below which it alone is no witness: of one digit, some figure always fits
_MOST = 2  # causes a finding
_RESENT = 5  # figures that are not 0, below which two years may well be alike
_UNIT = Decimal(10_000)  # from 万元 to 元
_NEAR = Decimal(3)  # in the right unit, a figure is within this factor of what it is measured by


class Case(NamedTuple):
    """One filing under examination, its findings, the equations that fail, and last year's figures."""

    filing: Filing
    form: Form
    findings: tuple[Finding, ...]
    gaps: Mapping[int, Gap]
    texts: Mapping[str, Decimal]  # what the texts mean that stand where numbers belong
    past: Mapping[str, Decimal]

    def label(self, name: str) -> str:
        """What a person calls the cell."""
        return self.form.cells[name].label


Recogniser = Callable[[Case, int], Iterator[Cause]]


def with_causes(
    filing: Filing, findings: Sequence[Finding], past: Mapping[str, Decimal] | None = None
) -> tuple[Finding, ...]:
    """*findings* of that filing, in the same order, each with what may lie behind it.

    *past* are last year's figures of the agency by cell, totals included; without them, what needs them is not said.
    """
    if filing.form is None or filing.record is None or filing.is_rollup:
        return tuple(findings)
    texts = {n: v for n in sorted(filing.clouded) if (v := filing.record.values.get(n))}
    case = Case(filing, filing.form, tuple(findings), gaps(filing, findings), texts, past or {})
    return tuple(_explained(case, index, finding) for index, finding in enumerate(findings))


def _explained(case: Case, index: int, finding: Finding) -> Finding:
    causes = [cause for recogniser in STRONG for cause in recogniser(case, index)]
    if not causes:
        weak = [cause for recogniser in WEAK for cause in recogniser(case, index)]
        causes = weak if len(weak) <= _MOST else []
    return replace(finding, causes=(*finding.causes, *causes)[:_MOST]) if causes else finding


# -- strong causes: there is a second witness


def last_year_resent(case: Case, index: int) -> Iterator[Cause]:
    """Every figure typed is last year's, and at least five are not 0: last year's return was sent again.

    Said of errors and questions that set one figure against another, and of a wrong year.
    """
    finding, record = case.findings[index], case.filing.record
    compared = isinstance(finding.found, Decimal) and isinstance(finding.expected, Decimal)
    if record is None or not case.past or not (compared or finding.code == "wrong-year"):
        return
    if finding.severity not in {Severity.ERROR, Severity.QUESTION} or case.filing.unread:
        return
    names = case.form.input_names
    same = all(record.values.get(name, ZERO) == case.past.get(name, ZERO) for name in names)
    count = sum(bool(record.values.get(name)) for name in names)
    if same and count >= _RESENT:
        yield Cause("last-year-resent", {"count": count})


def text_left_out(case: Case, index: int) -> Iterator[Cause]:
    """What is missing is exactly what the texts mean that stand where numbers belong: a SUM passes over texts.

    Said of a total (typed over, or of unknown origin), of a rule that would hold without the texts, and of the text
    itself when a total that was computed or typed over it shows that much less.
    """
    finding, gap = case.findings[index], case.gaps.get(index)
    if gap is not None:
        texts = tuple((sign, n) for n, sign in gap.inputs.items() if n in case.texts)
        if texts and gap.difference == Linear(texts).value(case.texts):
            yield _texts(case, [name for _, name in texts])
    elif finding.code == "text-as-number" and finding.cell in case.texts:
        totals = [t for t in case.form.totals if finding.cell in case.form.reach[t.name]]
        for cell in sorted(totals, key=lambda total: len(case.form.reach[total.name])):
            names = [name for name in case.texts if name in case.form.reach[cell.name]]
            if _is_short(case, cell.name, names):
                yield _texts(case, names)
                return


def _is_short(case: Case, total: str, texts: Sequence[str]) -> bool:
    shown, record = case.filing.shown.get(total, None), case.filing.record
    if shown is None or shown.value is None or record is None or case.form.reach[total] & case.filing.unread:
        return False
    without = {name: value for name, value in record.values.items() if name not in texts}
    short, whole = (case.form.complete(v).get(total, ZERO) for v in (without, record.values))
    return close(shown.value, short) and not close(shown.value, whole)


def _texts(case: Case, names: Sequence[str]) -> Cause:
    terms = tuple((1, case.label(name), value) for name, value in case.texts.items() if name in names)
    return Cause("text-left-out", {"texts": Sum(terms)})


def typed_zero(case: Case, index: int) -> Iterator[Cause]:
    """A total shows 0 although its parts are not: it was taken for a line in which nothing happened.

    Seen in print: 洪泽区 2023, two totals of its table of disputes.
    """
    gap = case.gaps.get(index)
    if gap is not None and gap.total and not gap.figure(gap.total):
        yield Cause("typed-zero", {"label": case.label(gap.total), "right": gap.finding.expected})


def wrong_line(case: Case, index: int) -> Iterator[Cause]:
    """The same equation fails in two lines by opposite amounts, and over all lines it holds: a figure in the wrong line.

    In a rule on rows, and in a total row, the lines are columns (``wrong-column``); in a rule on columns, and in a
    total column, they are rows (``wrong-row``). That a figure stands in another row of one column leaves no trace
    where all rows of that column are added up, and is not looked for. Seen in print: 洋河新区 2025, 自然人 60 against 61
    and 其他 1 against 0. Said only when everything in the section could be read, all differences add up to nothing, no
    third line fails by that amount, and there are as many applications as that to have been misplaced.
    """
    gap = case.gaps.get(index)
    if gap is None or gap.family is None or _is_unread(case, gap.family.section):
        return
    kin = [other for other in case.gaps.values() if other.family == gap.family]
    pair = [other for other in kin if abs(other.difference) == abs(gap.difference)]
    if sum(other.difference for other in kin) or len(pair) != 2:  # noqa: PLR2004  a pair
        return
    over, short = sorted(pair, key=lambda other: -other.difference)
    amount = over.difference
    if any(sign > 0 and over.figure(n) >= amount for n, sign in over.inputs.items()) or any(
        sign < 0 and short.figure(n) >= amount for n, sign in short.inputs.items()
    ):
        one, other = pair[0].line, pair[1].line
        code = "wrong-column" if gap.family.columns else "wrong-row"
        yield Cause(code, {"one": one, "other": other, "difference": amount})


def _is_unread(case: Case, section: str) -> bool:
    return any(case.form.cells[name].section.key == section for name in case.filing.unread)


def forgotten_from_last_year(case: Case, index: int) -> Iterator[Cause]:
    """A line of a rule is 0, and what it would have to hold is what another line of that rule held last year.

    So a carry-over that was forgotten is found (上年结转 left at 0, last year's 结转下年度 is what is missing) without the
    form saying which line goes with which. Only one line may fit.
    """
    gap = case.gaps.get(index)
    if gap is None or gap.total:
        return
    direct = [name for _, name in gap.terms if not case.form.cells[name].is_total]
    fits = [
        (empty, was)
        for empty in direct
        if not gap.figure(empty) and empty in gap.typed and (needed := gap.needed(empty))
        for was in direct
        if case.past.get(was) == needed
    ]
    if len(fits) == 1:
        ((empty, was),) = fits
        yield Cause(
            "carried-in-forgotten",
            {"label": case.label(empty), "past": case.label(was), "missing": case.past[was]},
        )


def other_unit(case: Case, index: int) -> Iterator[Cause]:
    """A figure is 10,000 times what it is measured by, near enough: 元 where 万元 are asked for.

    What it is measured by is what the finding expected (last year's figure, the middle of the peers), else last
    year's figure of that cell. Only of figures with decimals and a unit, such as money; near enough is a factor of 3.
    The other way round, 万元 twice over, it is 10,000 times too small.
    """
    finding = case.findings[index]
    cell = case.form.cells.get(finding.cell)
    if cell is None or cell.is_total or cell.number != "decimal" or not cell.unit or index in case.gaps:
        return
    found = finding.found
    measure = finding.expected if isinstance(finding.expected, Decimal) else case.past.get(cell.name, ZERO)
    if not isinstance(found, Decimal) or found <= 0 or measure <= 0:
        return
    for likely in (found / _UNIT, found * _UNIT):
        if measure / _NEAR <= likely <= measure * _NEAR:
            facts: dict[str, object] = {"found": found, "likely": likely, "unit": cell.unit}
            yield Cause("times-10000", facts | {"label": cell.label, "measure": measure})


# -- weak causes: the difference alone speaks


def transposed(case: Case, index: int) -> Iterator[Cause]:
    """Two neighbouring digits of one figure exchanged, 61 for 16, and the equation holds.

    Such a difference is divisible by 9. A total that was typed is looked at first, then the cells behind it.
    """
    yield from _one_cell(case, index, "transposed", _are_transposed)


def times_ten(case: Case, index: int) -> Iterator[Cause]:
    """One figure is 10, 100, 1,000 or 10,000 times too large or too small: the difference is 9, 99 … times a figure."""
    yield from _one_cell(case, index, "times-10", _is_times_ten)


def _one_cell(case: Case, index: int, code: str, fits: Callable[[Decimal, Decimal], bool]) -> Iterator[Cause]:
    """The one cell in which that slip explains all."""
    gap = case.gaps.get(index)
    if gap is None or abs(gap.difference) < LEAST:
        return
    found: list[tuple[str, Decimal]] = []
    right = gap.figure(gap.total) - gap.difference if gap.total else ZERO
    if gap.total and fits(gap.figure(gap.total), right):
        found = [(gap.total, right)]
    else:
        needed = ((name, gap.needed(name)) for name in gap.typed)
        found = [(n, v) for n, v in needed if v is not None and fits(gap.figure(n), v)]
    if len(found) == 1:
        ((name, right),) = found
        facts: dict[str, object] = {"label": case.label(name), "found": gap.figure(name), "right": right}
        yield Cause(code, facts)


def _are_transposed(one: Decimal, other: Decimal) -> bool:
    exponent = min(int(v.as_tuple().exponent) for v in (one, other))
    first, second = (str(abs(v).scaleb(-exponent).to_integral_value()) for v in (one, other))
    if len(first) != len(second) or (one < 0) != (other < 0):
        return False
    differ = [i for i, (a, b) in enumerate(zip(first, second, strict=True)) if a != b]
    if len(differ) != 2 or differ[1] != differ[0] + 1:  # noqa: PLR2004  two neighbours
        return False
    i, j = differ
    return (first[i], first[j]) == (second[j], second[i])


def _is_times_ten(one: Decimal, other: Decimal) -> bool:
    if not one or not other:
        return False
    return any(one == other * 10**power or other == one * 10**power for power in range(1, 5))


def exchanged(case: Case, index: int) -> Iterator[Cause]:
    """Two typed lines on opposite sides of a rule exchanged, such as the two carry-overs, and the rule holds."""
    gap = case.gaps.get(index)
    if gap is None or gap.total or abs(gap.difference) < LEAST:
        return
    direct = [(sign, name) for sign, name in gap.terms if not case.form.cells[name].is_total]
    fits = [
        (one, other)
        for sign, one in direct
        for against, other in direct
        if sign > 0 > against and 2 * (gap.figure(one) - gap.figure(other)) == gap.difference
    ]
    if len(fits) == 1:
        ((one, other),) = fits
        yield Cause(
            "exchanged",
            {
                "one": case.label(one),
                "other": case.label(other),
                "found": gap.figure(one),
                "found_other": gap.figure(other),
            },
        )


def term_forgotten(case: Case, index: int) -> Iterator[Cause]:
    """A rule fails by exactly one of its own terms: that line was forgotten, or counted twice, on the way to another.

    So 本年新收 that already holds 上年结转, or a result counted that is still carried over. Only one term may fit, and
    figures must remain on both sides without it.
    """
    gap = case.gaps.get(index)
    if gap is None or gap.total or abs(gap.difference) < LEAST:
        return
    fits = [name for _, name in gap.terms if gap.holds_without(name)]
    if len(fits) == 1:
        yield Cause("term-forgotten", {"label": case.label(fits[0]), "found": gap.difference.copy_abs()})


def counted_twice(case: Case, index: int) -> Iterator[Cause]:
    """A total that was typed is too large by exactly one of its parts (``counted-twice``), or too small (``left-out``).

    In a rule, one part of a derived total is exactly what that total is too large by: counted there and elsewhere, or
    a subtotal typed among the rows. Only one part may fit.
    """
    gap = case.gaps.get(index)
    if gap is None or abs(gap.difference) < LEAST:
        return
    if gap.total:
        parts = [(sign, name) for sign, name in gap.terms if name != gap.total]
    else:
        direct = {name for _, name in gap.terms}
        parts = [(-sign, name) for name, sign in gap.typed.items() if name not in direct]
    yield from _part(case, gap, parts)


def _part(case: Case, gap: Gap, parts: Sequence[tuple[int, str]]) -> Iterator[Cause]:
    fits = [name for sign, name in parts if gap.figure(name) == abs(gap.difference)]
    if len(fits) != 1 or len([name for _, name in parts if gap.figure(name)]) < 2:  # noqa: PLR2004  one alone is the sum
        return
    sign = next(sign for sign, name in parts if name == fits[0])
    twice = -sign * gap.difference > 0
    if twice or gap.total:
        facts: dict[str, object] = {"label": case.label(fits[0]), "found": gap.figure(fits[0])}
        yield Cause("counted-twice" if twice else "left-out", facts)


STRONG: tuple[Recogniser, ...] = (
    last_year_resent,
    text_left_out,
    typed_zero,
    wrong_line,
    forgotten_from_last_year,
    other_unit,
)
WEAK: tuple[Recogniser, ...] = (transposed, times_ten, exchanged, term_forgotten, counted_twice)
