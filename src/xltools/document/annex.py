"""The annex of a report: each figure beside last year's, and the charts that the form defines."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

from xltools.data.document import Box, BoxRole, ChartBlock, DocumentBlock, Heading, Paragraph, Series, Table
from xltools.data.filing import Member, Return
from xltools.data.measure import FOREMOST, foremost, in_year
from xltools.data.number import normal
from xltools.data.record import Figures
from xltools.data.year_on_year import change
from xltools.errors import InputError, Problem
from xltools.form import model
from xltools.form.model import Cell, Form, Section, leaves
from xltools.form.places import Area
from xltools.text import clerk

_HEADS = ("row", "column", "unit", "now", "last", "change", "rate")
_WIDTHS = (30.0, 22.0, 8.0, 12.0, 12.0, 12.0, 10.0)
_ROLES: tuple[BoxRole, ...] = ("row", "row", "row", "figure", "figure", "figure", "figure")
_TENTH = Decimal("0.1")


def annex_blocks(filing: Return, values: Figures, years: Mapping[int, Figures]) -> Iterator[DocumentBlock]:
    """Yield a table for each section that has figures, then the charts; *years* holds the figures of earlier years.

    Raises :class:`InputError` if last year's figures are unknown, since the tables compare with them.
    """
    form, record = filing.form, filing.record
    last, t = years.get(record.year - 1), clerk()
    if not last:
        raise InputError(Problem("annex-without-prior", facts={"year": record.year - 1}))
    yield Heading(t("annex.title"))
    yield Paragraph(t("annex.note"), "note")
    for section in form.sections:
        if table := _comparison_table(form, section, record.year, values, last):
            yield Heading(section.title, 2)
            yield table
    data = _ChartData(form, filing.members, record.year, values, years)
    charts = [drawn for chart in form.charts if (drawn := _KINDS[chart.kind](data, chart))]
    if charts:
        yield Heading(t("annex.charts"), 2)
        yield from charts


def _comparison_table(
    form: Form, section: Section, year: int, values: Figures, last: Figures
) -> Table | None:
    """Return the table of a section: every figure that is shown and is not 0 in both years."""
    cells = [
        cell
        for cell in form.cells.values()
        if cell.section is section and _is_shown(cell) and (values.get(cell.name) or last.get(cell.name))
    ]
    if not cells:
        return None
    t = clerk()
    given = {"now": t("annex.year", year=year), "last": t("annex.year", year=year - 1)}
    rows = [[given.get(key) or t(f"years.{key}") for key in _HEADS]]
    rows += [_comparison_row(cell, values.get(cell.name), last.get(cell.name)) for cell in cells]
    boxes = (
        Box(text, Area.at(row, column), role if row else "column")
        for row, texts in enumerate(rows)
        for column, (text, role) in enumerate(zip(texts, _ROLES, strict=True))
    )
    return Table(tuple(boxes), _WIDTHS, t("annex.table", section=section.title), 1)


def _is_shown(cell: Cell) -> bool:
    """Return whether a figure is in the annex: it can be added, and in a grid with totals it is one of them."""
    totals = any(line.is_ for line in leaves(cell.block.columns))
    is_part = cell.block.arrange == "grid" and totals and cell.column.is_ is None
    return cell.additive and not is_part


def _comparison_row(cell: Cell, now: Decimal | None, last: Decimal | None) -> list[str]:
    found = None if now is None else change(now, last)
    rate = found.rate if found else None
    return [
        "/".join(cell.row_path),
        "/".join(cell.column_path),
        cell.unit,
        _digits(now),
        _digits(last),
        _digits(found.difference if found else None),
        "" if rate is None else f"{(rate * 100).quantize(_TENTH, ROUND_HALF_UP)}%",
    ]


def _digits(value: Decimal | None) -> str:
    return "" if value is None else f"{normal(value):f}"


class _ChartData(NamedTuple):
    """The source of the charts: the form, the agencies, and the figures of this year and of earlier years."""

    form: Form
    members: tuple[Member, ...]
    year: int
    values: Figures
    years: Mapping[int, Figures]

    def unit(self, chart: model.Chart) -> str:
        """Return the unit of the chart; its figures share an axis, so they share a unit."""
        return self.form.cells[chart.names[0]].unit

    def agencies(self, chart: model.Chart) -> ChartBlock | None:
        """Return the agencies with the largest values, or None without agencies."""
        (measure,) = chart.shows
        most = foremost(self.form, measure.is_, self.members)
        if not most:
            return None
        many = len(self.members) > FOREMOST
        title = clerk()("chart.top", title=chart.title, count=FOREMOST) if many else chart.title
        series = Series(measure.label, tuple(amount for _, amount in most))
        names = tuple(member.agency.name for member, _ in most)
        return ChartBlock(title, "bar", names, (series,), self.unit(chart))

    def lines(self, chart: model.Chart) -> ChartBlock:
        """Return the measures of this year side by side."""
        amounts = tuple(in_year(measure.is_, self.values) for measure in chart.shows)
        series = Series(clerk()("annex.year", year=self.year), amounts)
        labels = tuple(measure.label for measure in chart.shows)
        return ChartBlock(chart.title, "bar", labels, (series,), self.unit(chart))

    def trend(self, chart: model.Chart) -> ChartBlock:
        """Return the years from the first known one to this one."""
        known = {year: self.years[year] for year in sorted(self.years)} | {self.year: self.values}
        series = tuple(
            Series(measure.label, tuple(in_year(measure.is_, figures) for figures in known.values()))
            for measure in chart.shows
        )
        names = tuple(clerk()("annex.year", year=year) for year in known)
        return ChartBlock(chart.title, "column", names, series, self.unit(chart))


_KINDS: dict[str, Callable[[_ChartData, model.Chart], ChartBlock | None]] = {
    "agencies": _ChartData.agencies,
    "lines": _ChartData.lines,
    "trend": _ChartData.trend,
}
