"""What a workbook is written from: a layout, a stamp, and values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property

from xlsxwriter.worksheet import Worksheet

from xltools.data.accepted_rules import accepted_agencies
from xltools.data.filing import Stamp, flags_text, given_text
from xltools.data.list_lines import LineChecks
from xltools.data.number import NO_VALUE
from xltools.data.record import Lists
from xltools.data.rollup import Rollup
from xltools.excel import live_checks
from xltools.excel.writer.canvas import Canvas, header_text
from xltools.files import Home
from xltools.form.days import with_days, with_ends
from xltools.form.model import Cell, Form
from xltools.form.places import FLAGS, GIVEN, STAMP, Area, Check, Layout, Matrix, stamp_keys
from xltools.form.sections import Rule
from xltools.text import clerk


@dataclass(frozen=True)
class Content:
    """The layout, the stamp, every value with totals computed, the prose, and the roll-up if it is one."""

    layout: Layout
    stamp: Stamp
    values: Mapping[str, Decimal]
    prose: Mapping[str, str]
    rollup: Rollup | None = None
    last: Mapping[str, Decimal] = field(default_factory=dict)  # last year's figures, if they are shown
    carried: frozenset[str] = frozenset()  # inputs filled in from last year's figures
    lists: Lists = field(default_factory=dict)
    home: Home | None = None  # the folder of a roll-up, if its rows link to the returns

    @cached_property
    def rows(self) -> Matrix:
        """The place of the agencies' rows in a roll-up."""
        assert self.rollup is not None  # noqa: S101  only roll-ups have them
        return Matrix.issued(self.layout.form, len(self.rollup.members))

    def is_open(self, cell: Cell) -> bool:
        """Return whether the cell is typed in: an input that is asked, and neither given nor the sum of others' inputs."""
        return not cell.is_total and self.rollup is None and cell.name not in self.locked

    @cached_property
    def locked(self) -> frozenset[str]:
        """The names of what an agency does not fill in: what is not asked of it, and what the issuer gives."""
        return self.layout.elsewhere.union(self.layout.form.given)

    def is_left_blank(self, cell: Cell) -> bool:
        """Return whether the cell has no figure because the agencies' figures cannot be added."""
        return self.rollup is not None and not cell.is_summed

    def checked(self, check: Check, sheet: str) -> tuple[str, str] | None:
        """Return the formula of a check that stands on *sheet*, and its result; ``None`` if nothing is asked."""
        if check.field:
            if self.rollup:
                return None
            period = self.stamp.period
            figures = {**self.values, **period.figures}
            result = live_checks.field_result(self.layout.form, check.field, figures, self.prose)
            when = with_ends(check.when.at(period.number_in_year), period.figures)
            asked = check._replace(when=when)
            return live_checks.check_formula(self.layout, asked, sheet), result
        if (live := self._live(check)) is None:
            return None
        formula = live_checks.check_formula(self.layout, live, sheet, self.rows if self.rollup else None)
        return formula, live_checks.check_result(self.layout, live, sheet, self.values)

    def days_checked(self, rule: Rule, sheet: str) -> tuple[str, str] | None:
        """Return the formula of the check of a rule between days, and its result; ``None`` if it is not asked."""
        period, constraint = self.stamp.period, rule.constraint.at(self.stamp.period.number_in_year)
        is_asked = constraint and constraint.relation.is_judged(self.layout.elsewhere)
        if self.rollup or not (constraint and is_asked):
            return None
        days = self.layout.form.days_in(constraint.when, self.prose)
        values = with_days(constraint.relation, {**self.values, **period.figures, **days}, self.prose)
        formula = live_checks.days_formula(self.layout, constraint, sheet, period.figures)
        return formula, live_checks.days_result(constraint, values)

    def figure(self, name: str, sheet: str) -> str:
        """Return the formula for a figure, as it stands on *sheet*."""
        return live_checks.reference(self.layout, name, sheet, self.rows if self.rollup else None)

    @cached_property
    def line_results(self) -> dict[str, list[str]]:
        """The results of the checks of the lines of each list in a return."""
        form = self.layout.form
        found: dict[str, list[str]] = {}
        for key, lines in self.lists.items() if self.rollup is None else ():
            checks = LineChecks(form, key, lines, {**self.values, **self.stamp.period.figures})
            found[key] = [
                live_checks.line_result(form, key, next(checks.faults(place), None))
                for place in range(len(lines))
            ]
        return found

    def _live(self, check: Check) -> Check | None:
        """Return what is asked of the figures in a check; ``None`` if nothing is, or a figure that it needs is not there."""
        asked = self._of_period(check) if self.rollup is None else self._of_sum(check, self.rollup)
        is_asked = asked.constraints or asked.inputs or asked.accepted or asked.quotients
        if (check.constraints or check.quotients) and not is_asked:
            return None
        names = {name for one in asked.constraints for name in one.names}
        names |= {*asked.inputs, *asked.quotients}
        return None if any(self.is_left_blank(self.layout.form.cells[name]) for name in names) else asked

    def _of_period(self, check: Check) -> Check:
        """Return what is asked of a return in its period."""
        number, elsewhere = self.stamp.period.number_in_year, self.layout.elsewhere
        asked = (one.at(number) for one in check.constraints if one.relation.is_judged(elsewhere))
        return check._replace(constraints=tuple(filter(None, asked)))

    def _of_sum(self, check: Check, rollup: Rollup) -> Check:
        """Return what is asked of a roll-up: what holds for sums, but not what its members were allowed to break."""
        form, agencies = self.layout.form, max(1, len(rollup.record.agencies))
        constraints, accepted = [], 0
        for one in check.constraints:
            if form.holds_of_sums(one):
                whole, count = one.of_sum(agencies), 0
                if form.is_broken(whole, self.values):
                    count = accepted_agencies(one, form, rollup.members, rollup.waived)
                accepted = max(accepted, count)
                constraints += [] if count else [whole]
        # A mean of agencies follows from their rows; where they have none, it is an empty text.
        inputs, quotients = (
            tuple(name for name in names if not form.cells[name].is_mean)
            for names in (check.inputs, check.quotients)
        )
        return Check(check.area, inputs, tuple(constraints), accepted, quotients)


def finish(
    canvas: Canvas,
    content: Content,
    page: Worksheet,
    printed: Area,
    *,
    landscape: bool = False,
    is_large: bool = False,
    table: bool = False,
    lines: bool = False,
) -> None:
    """Set the paper, the header and the footer of a sheet, and protect it; see :class:`Canvas`."""
    t, stamp = clerk(), content.stamp
    header = t("sheet.header", name=header_text(stamp.agency.name), period=stamp.period)
    canvas.paper(page, printed, header, t("sheet.footer"), landscape=landscape, is_large=is_large)
    canvas.protect(page, table=table, lines=lines)


def stamp_texts(stamp: Stamp, form: Form) -> dict[str, str]:
    """Return the stamp of a workbook of *form* as it is written into the file's properties."""
    agency = stamp.agency
    texts = (
        *(agency.district, agency.name, agency.code),
        *(str(stamp.period), stamp.form, stamp.edition, stamp.kind),
    )
    own = {FLAGS: flags_text(stamp.flags), GIVEN: given_text(stamp.given) or NO_VALUE}
    found = dict(zip(STAMP, texts, strict=True)) | own
    return {key: found[key] for key in stamp_keys(form)}
