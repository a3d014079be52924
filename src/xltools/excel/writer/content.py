"""What a workbook is written from: a layout, a stamp, and values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property

from xltools.data.accepted_rules import accepted_agencies
from xltools.data.filing import Stamp
from xltools.data.rollup import Rollup
from xltools.files import Home
from xltools.form.model import Cell
from xltools.form.places import STAMP, Check, Layout, Matrix
from xltools.form.relation import Constraint


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
    home: Home | None = None  # the folder of a roll-up, if its rows link to the returns

    @cached_property
    def rows(self) -> Matrix:
        """The place of the agencies' rows in a roll-up."""
        assert self.rollup is not None  # noqa: S101  only roll-ups have them
        return Matrix.issued(self.layout.form, len(self.rollup.members))

    def is_open(self, cell: Cell) -> bool:
        """Return whether the cell is typed in: an input, and not the sum of others' inputs."""
        return not cell.is_total and self.rollup is None

    def is_left_blank(self, cell: Cell) -> bool:
        """Return whether the cell has no figure because the agencies' figures cannot be added."""
        return self.rollup is not None and not cell.additive

    def live(self, check: Check) -> Check | None:
        """Return what is asked of the figures in a check; ``None`` if a figure that it needs is not there.

        A roll-up is asked what holds of sums, but not what its members were allowed to break.
        """
        form, rollup = self.layout.form, self.rollup
        if rollup is not None:
            asked = [one for one in check.constraints if one.is_additive]
            accepted = {
                one: accepted_agencies(one, form, rollup.members, rollup.waived)
                for one in asked
                if form.is_broken(self._of_rollup(one), self.values)
            }
            constraints = tuple(self._of_rollup(one) for one in asked if not accepted.get(one))
            check = check._replace(constraints=constraints, accepted=max(accepted.values(), default=0))
        names = {name for one in check.constraints for name in one.names} | set(check.inputs)
        is_asked = bool(names) or check.accepted
        return check if is_asked and not any(self.is_left_blank(form.cells[name]) for name in names) else None

    def _of_rollup(self, constraint: Constraint) -> Constraint:
        assert self.rollup is not None  # noqa: S101  asked only of roll-ups
        return constraint.of_sum(max(1, len(self.rollup.record.agencies)))


def stamp_texts(stamp: Stamp) -> dict[str, str]:
    """Return the stamp as it is written into the file's properties."""
    agency = stamp.agency
    texts = (
        *(agency.district, agency.name, agency.code),
        *(str(stamp.period), stamp.form, stamp.edition, stamp.kind),
    )
    return dict(zip(STAMP, texts, strict=True))
