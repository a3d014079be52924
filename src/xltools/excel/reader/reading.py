"""The state of reading one workbook: findings, figures and texts."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache, cached_property
from typing import Any

from xltools.data.filing import ListPlaces, Shown
from xltools.data.finding import Finding, quoted
from xltools.data.number import TOO_FINE, misfit, stored
from xltools.data.record import Agency, ListLine
from xltools.excel.number_format import GENERAL, NumberFormat, ShownValue, number_format
from xltools.excel.reader.formulas import FormulaTracer
from xltools.excel.scan import Fact, Facts
from xltools.form.address import a1
from xltools.form.model import Cell, Form
from xltools.form.places import Layout, Matrix, Sheet
from xltools.white_space import is_blank


@dataclass
class WorkbookReading:
    """Collects what is read from one workbook. ``by_labels`` is true for a workbook that was not issued."""

    facts: Facts
    layout: Layout
    is_rollup: bool
    by_labels: bool = False
    matrix: Matrix | None = None  # of a roll-up
    member: str = ""  # the agency whose row of a roll-up is being read
    findings: list[Finding] = field(default_factory=list)
    values: dict[str, Decimal] = field(default_factory=dict)
    shown: dict[str, Shown] = field(default_factory=dict)
    prose: dict[str, str] = field(default_factory=dict)
    lists: dict[str, tuple[ListLine, ...]] = field(default_factory=dict)
    listed: dict[str, ListPlaces] = field(default_factory=dict)
    copied_lists: set[str] = field(default_factory=set)  # the names of further sheets with a list
    shown_in_lists: dict[str, Shown] = field(default_factory=dict)
    unread: set[str] = field(default_factory=set)
    moved: dict[str, tuple[str, str]] = field(default_factory=dict)
    clouded: set[str] = field(default_factory=set)  # inputs with a text: results from them vary by program

    @cached_property
    def tracer(self) -> FormulaTracer:
        """Follows the formulas of the workbook."""
        return FormulaTracer(self.facts)

    @property
    def elsewhere(self) -> frozenset[str]:
        """The names of what is not asked of the agency."""
        return self.layout.elsewhere

    @property
    def is_nil(self) -> bool:
        """Whether the cover declares that there is nothing to report, so cells may be blank."""
        return self.layout.form.cover.declares_nil(self.prose)

    def is_date(self, fact: Fact) -> bool:
        """Return whether the format of the cell shows its number as a date."""
        how, value = self.format_of(fact), number_of(fact)
        return value is not None and how.decimals < 0 and self.show(how, value).is_date

    def format_of(self, fact: Fact) -> NumberFormat:
        """Return the number format of a cell."""
        formats = self.facts.formats
        return number_format(formats[fact.style] if fact.style < len(formats) else GENERAL)

    @cached_property
    def plain(self) -> frozenset[int]:
        """The styles in which a text is shown as it is."""
        formats = enumerate(map(number_format, self.facts.formats))
        return frozenset(style for style, how in formats if how.show_text(" ") == " ") - self.facts.struck

    def is_struck_out(self, fact: Fact) -> bool:
        """Return whether the style of the cell strikes its content out."""
        return fact.style in self.facts.struck

    def show(self, how: NumberFormat, value: Decimal) -> ShownValue:
        """Return what a cell with this format shows for *value*."""
        return how.show(value, epoch_1904=self.facts.epoch_1904)

    def note(
        self, code: str, sheet: str, place: tuple[int, int] | None, cell: Cell | None = None, **facts: Any
    ) -> None:
        """Add a finding about a place of a sheet.

        *facts* may have the keys ``found``, ``expected`` and ``others``, and ``name``, that of the cell without a figure.
        """
        found, expected, others = facts.pop("found", ""), facts.pop("expected", ""), facts.pop("others", ())
        found = quoted(found) if isinstance(found, str) else found
        label = {"label": cell.label} if cell else {}
        address, name = a1(*place) if place else "", cell.name if cell else facts.pop("name", "")
        self.findings.append(
            Finding(code, "", "", sheet, address, name, found, expected, label | facts, others, self.member)
        )

    @contextlib.contextmanager
    def about(self, agency: Agency | None) -> Iterator[None]:
        """Return a context in which findings are about the member *agency* of a roll-up."""
        self.member = str(agency or "")
        try:
            yield
        finally:
            self.member = ""

    def refuse(
        self, code: str, sheet: str, place: tuple[int, int], cell: Cell, found: str | Decimal, **facts: Any
    ) -> None:
        """Note a figure that cannot be read, so that no sum with it is checked."""
        self.unread.add(cell.name)
        self.note(code, sheet, place, cell, found=found, **facts)

    def fits(self, sheet: str, place: tuple[int, int], cell: Cell, value: Decimal) -> bool:
        """Return whether the cell may hold *value*; refuses it otherwise."""
        fault = misfit(value, cell)
        if fault:
            limit = {"places": cell.decimals} if fault == TOO_FINE else {}
            self.refuse(fault, sheet, place, cell, value, **limit)
        return not fault


@cache
def typed_names(form: Form, sheet: Sheet) -> tuple[str, ...]:
    """Return the names of the cells of *sheet* that an agency fills in, computed once for each sheet of a form."""
    return tuple(name for name in sheet.cells if not form.cells[name].is_total)


def number_of(fact: Fact) -> Decimal | None:
    """Return the number in a cell; ``None`` for a text, a truth value or an error."""
    return stored(fact.text) if fact.type == "n" and fact.text is not None else None


def is_empty(fact: Fact) -> bool:
    """Return whether the cell holds at most spaces."""
    return fact.formula is None and (fact.text is None or is_blank(fact.text))
