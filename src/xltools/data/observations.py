"""Observations: each figure that a file reports, with its agency, its value, and the reason if it has none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum

from xltools.data.filing import Filing, RefusedFile, Return, Source
from xltools.data.record import Agency, Lists
from xltools.form.layout import layout
from xltools.form.model import Cell, Form


class Level(Enum):
    """Whether figures are those of one agency or the sum over a district."""

    AGENCY = "agency"
    DISTRICT = "district"


class FigureState(Enum):
    """The state of a figure. Only given and derived figures have a value."""

    GIVEN = "given"  # filled in
    DERIVED = "derived"  # computed from what was filled in, never taken from what a cell showed
    BLANK = "blank"  # not filled in, which differs from 0
    UNREAD = "unread"  # the cell, or a cell that it is derived from, contains something that is not a figure
    NO_VALUE = "no-value"  # a ratio whose bottom is 0
    NOT_ADDITIVE = "not-additive"  # a district has none: averages and the like are not added


@dataclass(frozen=True, slots=True)
class Observation:
    """One figure of a return, with its sheet and address in the return's own file."""

    cell: Cell
    value: Decimal | None
    state: FigureState
    sheet: str
    address: str


@dataclass(frozen=True, slots=True)
class ReturnFigures:
    """The figures of one agency or district. ``source`` is the file of the return, ``via`` the roll-up it is in."""

    filing: Return
    form: Form
    agency: Agency
    source: Source
    level: Level
    values: Mapping[str, Decimal]
    via: str = ""
    texts: Mapping[str, str] = field(default_factory=dict)  # of its fields, in canonical form
    lists: Lists = field(default_factory=dict)  # of an agency inside a roll-up only its own lines

    def observations(self) -> Iterator[Observation]:
        """Yield one observation for each cell of the form, in its order."""
        values = self.form.complete(self.values)
        # A roll-up does not say which of its rows could not be read; those without the figure may be the ones.
        unread = self.filing.unread - self.values.keys() if self.via else self.filing.unread
        for name, cell in self.form.cells.items():
            state = self._state(cell, is_unread=bool(self.form.reach[name] & unread))
            if state is FigureState.DERIVED and cell.ratio and name not in values:
                state = FigureState.NO_VALUE
            is_known = state in {FigureState.GIVEN, FigureState.DERIVED}
            place = layout(self.form).address(name) if self.via else self.filing.address(name)
            yield Observation(cell, values[name] if is_known else None, state, *place)

    def _state(self, cell: Cell, *, is_unread: bool) -> FigureState:
        if self.level is Level.DISTRICT and not cell.is_summed:
            return FigureState.NOT_ADDITIVE
        if is_unread:
            return FigureState.UNREAD
        if cell.is_total or (cell.ratio and self.level is Level.DISTRICT):
            return FigureState.DERIVED
        if cell.name not in self.values:
            return FigureState.BLANK
        return FigureState.GIVEN if self.level is Level.AGENCY else FigureState.DERIVED


def returns_of(filing: Filing) -> Iterator[ReturnFigures]:
    """Yield the figures of a return; for a roll-up those of its members, then those of the district.

    Yields nothing if no figures were read.
    """
    if isinstance(filing, RefusedFile):
        return
    form, agency = filing.form, filing.agency
    rollups = {account.source.sha256 for account in filing.accounts if account.status == "member"}
    for member in filing.members:
        level = Level.DISTRICT if member.source.sha256 in rollups else Level.AGENCY
        texts = dict(member.texts) | (form.chosen(member.values) if level is Level.AGENCY else {})
        lists = {
            key: tuple(line for line in lines if line.agency == member.agency)
            for key, lines in (filing.record.lists if level is Level.AGENCY else {}).items()
        }
        yield ReturnFigures(
            filing, form, member.agency, member.source, level, member.values, filing.source.path, texts, lists
        )
    level = Level.DISTRICT if filing.is_rollup else Level.AGENCY
    yield ReturnFigures(
        filing,
        form,
        agency,
        filing.source,
        level,
        filing.record.values,
        texts=filing.prose,
        lists=filing.record.lists,
    )
