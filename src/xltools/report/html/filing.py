"""A file, or an agency without one, as the templates ``filing.html`` and ``missing.html`` show it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from xltools.checking.board import FileStatus
from xltools.checking.grouping import grouped
from xltools.data.filing import Return
from xltools.data.finding import Finding, Place
from xltools.report.html.sheets import NumberedMessage, RenderedForm


@dataclass(frozen=True)
class HtmlSection:
    """A file or a missing agency; ``agency`` is never empty, and every anchor of the section begins with ``anchor``."""

    status: FileStatus
    agency: str
    anchor: str

    @property
    def search(self) -> str:
        """The text that the agency filter searches."""
        return f"{self.status.agency} {self.status.path}".lower()

    @cached_property
    def marks(self) -> tuple[NumberedMessage, ...]:
        """The messages, numbered, the worst first."""
        groups = enumerate(grouped(self.status.findings), 1)
        return tuple(NumberedMessage(index, f"{self.anchor}-n{index}", group) for index, group in groups)

    @cached_property
    def form(self) -> RenderedForm | None:
        """The form with its figures; None if they could not be read."""
        filing = self.status.filing
        return RenderedForm(filing, self.anchor, self.marks) if isinstance(filing, Return) else None

    def name(self, place: Place | Finding) -> str:
        """Return the address of *place*; in a document, which has no addresses, the label of its cell."""
        cell = self.form.filing.form.cells.get(place.cell) if self.form else None
        return place.address or (cell.label if cell else "")
