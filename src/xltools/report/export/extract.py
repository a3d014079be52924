"""The extract of filings that is exported: files with their findings, returns and figures, and counts of what is missing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from xltools.checking.collection import Examined, examine
from xltools.data.filing import Filing
from xltools.data.observations import FigureState, Level, Observation, ReturnFigures, returns_of
from xltools.data.period import Period
from xltools.data.policy import Policy
from xltools.data.record import Agency
from xltools.errors import OutputError, Problem
from xltools.form.model import Form

DIGITS, PLACES = 38, 18  # of the widest decimal of Parquet: all digits, and those after the decimal point


@dataclass(frozen=True, slots=True)
class ExportedFile:
    """An examined file and its returns; there are none if it has no figures or was left out."""

    examined: Examined
    returns: tuple[ReturnFigures, ...]

    @property
    def state(self) -> str:
        """``whole`` if all its figures were read, ``partial`` if some were, ``none`` if it has no returns."""
        if not self.returns:
            return "none"
        return "partial" if self.returns[0].filing.unread else "whole"


@dataclass(slots=True)
class Extract:
    """The files, returns and figures of *filings*, which can be iterated over once; it keeps no figure.

    With *strict*, files with errors are left out. *wide* is the form if each row holds a whole return. With *fixed*,
    figures must fit into :data:`DIGITS`. The counts are complete after the iteration.
    """

    filings: Iterable[Filing]
    policy: Policy | None = None
    strict: bool = False
    wide: Form | None = None
    fixed: bool = False
    forms: dict[str, Form] = field(default_factory=dict)
    files: int = 0
    count: int = 0  # returns
    faulty: int = 0  # files with errors
    empty: int = 0  # files without any figure
    unread: int = 0  # inputs that could not be read, in files with other figures
    twice: int = 0  # returns of an agency that already had one
    listed: list[ReturnFigures] = field(default_factory=list)  # the returns with lists, after the iteration
    _seen: set[tuple[str, Period, Agency]] = field(default_factory=set)

    @property
    def is_lacking(self) -> bool:
        """Whether figures are missing because of errors."""
        return bool(self.empty or self.unread)

    @property
    def has_lists(self) -> bool:
        """Whether a form has lists, whose lines are a further table; known after the iteration."""
        return any(form.lists for form in self.forms.values())

    def files_examined(self) -> Iterator[ExportedFile]:
        """Yield each file; iterate over its returns before the next file."""
        for filing in self.filings:
            one = examine((filing,), policy=self.policy).examined[0]
            is_left_out = self.strict and one.has_errors
            file = ExportedFile(one, () if is_left_out else tuple(returns_of(one.filing)))
            self._count(file)
            yield file

    def returns(self) -> Iterator[ReturnFigures]:
        """Yield each return of each file."""
        for file in self.files_examined():
            yield from file.returns

    def figures(self, one: ReturnFigures) -> Iterator[Observation]:
        """Yield the figures of a return; raise :class:`OutputError` for one that the format cannot hold exactly."""
        for figure in one.observations():
            if self.fixed and figure.value is not None and not _fits(figure.value):
                facts: dict[str, object] = {"cell": figure.cell.name, "value": f"{figure.value:f}"}
                raise OutputError(Problem("too-many-digits", one.source.path, facts))
            self.unread += figure.state is FigureState.UNREAD and not figure.cell.is_total
            yield figure

    def _count(self, file: ExportedFile) -> None:
        self.files += 1
        self.faulty += file.examined.has_errors
        self.empty += not file.returns
        form = file.examined.filing.form
        if form is None or not file.returns:
            return
        self.forms.setdefault(form.name, form)
        self.count += len(file.returns)
        self.listed += (one for one in file.returns if form.lists)
        for one in file.returns:
            key = form.name, one.filing.record.period, one.agency
            self.twice += one.level is Level.AGENCY and key in self._seen
            self._seen.add(key)


def _fits(value: Decimal) -> bool:
    exponent = value.as_tuple().exponent
    return value.adjusted() < DIGITS - PLACES and isinstance(exponent, int) and exponent >= -PLACES
