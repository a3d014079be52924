"""What a file reports, figure by figure: whose it is, its value, and how it is known or why it is not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum

from xltools.data.filing import Filing, Source
from xltools.data.record import Agency
from xltools.form.layout import layout
from xltools.form.model import Cell


class Level(Enum):
    """Whether figures are an agency's own or the sum over those of others."""

    AGENCY = "agency"
    DISTRICT = "district"


class State(Enum):
    """How a figure is known. Only a figure that is given or derived has a value."""

    GIVEN = "given"  # it was filled in
    DERIVED = "derived"  # computed from what was filled in, never taken from what a cell showed
    BLANK = "blank"  # nobody filled anything in, which is not 0
    UNREAD = "unread"  # something stands there that is no figure, or it rests on such a cell
    NOT_ADDITIVE = "not-additive"  # of many agencies there is none: averages and the like are not added


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of a return. ``sheet`` and ``address`` say where it stands in the return's own file."""

    cell: Cell
    value: Decimal | None
    state: State
    sheet: str
    address: str


@dataclass(frozen=True, slots=True)
class Return:
    """The figures of one agency or district. ``via`` is the roll-up that brought them in; ``source`` the return itself."""

    filing: Filing
    agency: Agency
    source: Source
    level: Level
    values: Mapping[str, Decimal]
    via: str = ""

    def figures(self) -> Iterator[Figure]:
        """A figure for each cell of the form, in its order."""
        form = self.filing.form
        assert form is not None  # noqa: S101  a filing with a record has one
        values = form.complete(self.values)
        unread = self._unread()
        for name, cell in form.cells.items():
            state = self._state(cell, is_unread=bool(form.reach[name] & unread))
            known = state in {State.GIVEN, State.DERIVED}
            yield Figure(cell, values[name] if known else None, state, *self._address(name))

    def _unread(self) -> frozenset[str]:
        """The inputs whose figure is not known. A roll-up does not tell in which of its rows one could not be read.

        It is a row that has no figure there; so a row that has one is not in doubt, but their sum is.
        """
        return self.filing.unread - self.values.keys() if self.via else self.filing.unread

    def _state(self, cell: Cell, *, is_unread: bool) -> State:
        if self.level is Level.DISTRICT and not cell.additive:
            return State.NOT_ADDITIVE
        if is_unread:
            return State.UNREAD
        if cell.is_total:
            return State.DERIVED
        if cell.name not in self.values:
            return State.BLANK
        return State.GIVEN if self.level is Level.AGENCY else State.DERIVED

    def _address(self, name: str) -> tuple[str, str]:
        """Where the form puts it, unless this very file was read and had it elsewhere."""
        assert self.filing.form is not None  # noqa: S101  see above
        return layout(self.filing.form).address(name) if self.via else self.filing.address(name)


def returns_of(filing: Filing) -> Iterator[Return]:
    """The agency's own; of a roll-up those that it adds up, then the district's. None where no figures were read."""
    if filing.record is None or filing.agency is None:
        return
    sums = {account.source.sha256 for account in filing.accounts if account.status == "member"}
    for member in filing.members:
        level = Level.DISTRICT if member.source.sha256 in sums else Level.AGENCY
        yield Return(filing, member.agency, member.source, level, member.values, filing.source.path)
    level = Level.DISTRICT if filing.is_rollup else Level.AGENCY
    yield Return(filing, filing.agency, filing.source, level, filing.record.values)
