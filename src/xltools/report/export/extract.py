"""What is exported: file by file with what was found in it, figure by figure, and an account of what is not there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from xltools.checking.collection import Examined, examine
from xltools.data.filing import Filing
from xltools.data.observations import FigureState, Level, Observation, ReturnFigures, returns_of
from xltools.data.policy import Policy
from xltools.data.record import Agency
from xltools.errors import OutputError, Problem
from xltools.form.model import Form

DIGITS, PLACES = (
    38,
    18,
)  # the widest decimal that Parquet has, and how many of its digits are behind the point


@dataclass(frozen=True, slots=True)
class Report:
    """One file as examined, and the returns in it; none where it holds no figures or was left out."""

    examined: Examined
    returns: tuple[ReturnFigures, ...]

    @property
    def state(self) -> str:
        """Whether its figures are there: all of them, in part, or not at all."""
        if not self.returns:
            return "none"
        return "partial" if self.examined.filing.unread else "whole"


@dataclass(slots=True)
class Extract:
    """Many files gone through once; no figure is kept.

    With *strict* a file with errors is left out. *wide* names the form when a row is to hold a whole return, and
    *fixed* says that figures must fit :data:`DIGITS`. What is counted is known when everything was gone through.
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
    empty: int = 0  # files of which no figure is there
    unread: int = 0  # inputs that are not there in files of which others are
    twice: int = 0  # returns of an agency that was there before
    _seen: set[tuple[str, int, Agency]] = field(default_factory=set)

    @property
    def is_lacking(self) -> bool:
        """Whether figures are not there because of errors."""
        return bool(self.empty or self.unread)

    def reports(self) -> Iterator[Report]:
        """Each file; its returns are to be gone through before the next."""
        for filing in self.filings:
            one = examine((filing,), policy=self.policy).examined[0]
            is_left_out = self.strict and one.has_errors
            report = Report(one, () if is_left_out else tuple(returns_of(one.filing)))
            self._count(report)
            yield report

    def returns(self) -> Iterator[ReturnFigures]:
        """Each return of each file."""
        for report in self.reports():
            yield from report.returns

    def figures(self, one: ReturnFigures) -> Iterator[Observation]:
        """The figures of a return; raises :class:`OutputError` for one that the format cannot hold exactly."""
        for figure in one.observations():
            if self.fixed and figure.value is not None and not _fits(figure.value):
                facts: dict[str, object] = {"cell": figure.cell.name, "value": f"{figure.value:f}"}
                raise OutputError(Problem("too-many-digits", one.source.path, facts))
            self.unread += figure.state is FigureState.UNREAD and not figure.cell.is_total
            yield figure

    def _count(self, report: Report) -> None:
        self.files += 1
        self.faulty += report.examined.has_errors
        self.empty += not report.returns
        form = report.examined.filing.form
        if form is None or not report.returns:
            return
        self.forms.setdefault(form.name, form)
        self.count += len(report.returns)
        for one in report.returns:
            assert one.filing.record is not None  # noqa: S101  a filing without one has no returns
            whose = form.name, one.filing.record.year, one.agency
            self.twice += one.level is Level.AGENCY and whose in self._seen
            self._seen.add(whose)


def _fits(value: Decimal) -> bool:
    exponent = value.as_tuple().exponent
    return value.adjusted() < DIGITS - PLACES and isinstance(exponent, int) and exponent >= -PLACES
