"""The annex of a report: each figure beside last year's, and the charts that the form defines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import ROUND_HALF_UP, Decimal

from xltools.data.chart_figures import FOREMOST, foremost, in_year
from xltools.data.document import (
    BoxRole,
    ChartBlock,
    DocumentBlock,
    Heading,
    Paragraph,
    Series,
    Table,
    plain_table,
)
from xltools.data.filing import Return
from xltools.data.number import digits
from xltools.data.period import Period
from xltools.data.record import Figures
from xltools.data.year_on_year import change_in
from xltools.errors import InputError, Problem
from xltools.form.model import Cell, Form
from xltools.form.sections import Chart, Section, leaves
from xltools.text import clerk

_HEADS = ("row", "column", "unit", "now", "last", "change", "rate")
_WIDTHS = (30.0, 22.0, 8.0, 12.0, 12.0, 12.0, 10.0)
_ROLES: tuple[BoxRole, ...] = ("row", "row", "row", "figure", "figure", "figure", "figure")
_TENTH = Decimal("0.1")


def annex_blocks(filing: Return, values: Figures, years: Mapping[Period, Figures]) -> Iterator[DocumentBlock]:
    """Yield a table for each section that has figures, then the charts; *years* holds the figures of earlier years.

    Raises :class:`InputError` if last year's figures are unknown, since the tables compare with them.
    """
    form, record = filing.form, filing.record
    last, t = years.get(record.period.previous), clerk()
    if not last:
        raise InputError(Problem("annex-without-prior", facts={"period": record.period.previous}))
    yield Heading(t.about(form.period, "annex.title"))
    yield Paragraph(t.about(form.period, "annex.note"), "note")
    for section in form.sections:
        if table := _comparison_table(form, section, record.period, values, last):
            yield Heading(section.title, 2)
            yield table
    charts = [drawn for chart in form.charts if (drawn := _chart_block(chart, filing, values, years))]
    if charts:
        yield Heading(t("annex.charts"), 2)
        yield from charts


def _comparison_table(
    form: Form, section: Section, period: Period, values: Figures, last: Figures
) -> Table | None:
    """Return the table of a section, or None if all its figures are 0 or unknown in both years.

    It has the figures that sums of agencies have; of a grid with columns of totals, only these columns.
    """
    t = clerk()
    given = {"now": f"{period:words}", "last": f"{period.previous:words}"}
    rows = [[given.get(key) or t.about(form.period, f"years.{key}") for key in _HEADS]]
    for cell in form.cells.values():
        is_shown = cell.section is section and cell.is_summed
        if is_shown and cell.block.arrange == "grid" and cell.column.is_ is None:
            is_shown = not any(line.total for line in leaves(cell.block.columns))
        if is_shown and (values.get(cell.name) or last.get(cell.name)):
            rows.append(_comparison_row(cell, form, values, last))
    return (
        plain_table(rows, _ROLES, _WIDTHS, t.about(form.period, "annex.table", section=section.title))
        if rows[1:]
        else None
    )


def _comparison_row(cell: Cell, form: Form, values: Figures, last: Figures) -> list[str]:
    found = change_in(cell, form, values, last)
    rate = found.rate if found else None
    return [
        "/".join(cell.row_path),
        "/".join(cell.column_path),
        cell.unit,
        digits(values.get(cell.name)),
        digits(last.get(cell.name)),
        digits(found.difference if found else None),
        "" if rate is None else f"{(rate * 100).quantize(_TENTH, ROUND_HALF_UP)}%",
    ]


def _chart_block(
    chart: Chart, filing: Return, values: Figures, years: Mapping[Period, Figures]
) -> ChartBlock | None:
    """Return the chart with its figures, or None for a chart of agencies if the filing has none."""
    t, period = clerk(), filing.record.period
    unit = filing.form.cells[chart.names[0]].unit  # its figures share an axis, so they share a unit
    if chart.kind == "lines":
        amounts = tuple(in_year(measure.is_, values) for measure in chart.shows)
        labels = tuple(measure.label for measure in chart.shows)
        return ChartBlock(chart.title, "bar", labels, (Series(f"{period:words}", amounts),), unit)
    if chart.kind == "trend":
        known = {earlier: years[earlier] for earlier in sorted(years)} | {period: values}
        series = tuple(
            Series(measure.label, tuple(in_year(measure.is_, figures) for figures in known.values()))
            for measure in chart.shows
        )
        return ChartBlock(chart.title, "column", tuple(f"{one:words}" for one in known), series, unit)
    (measure,) = chart.shows
    most = foremost(filing.form, measure.is_, filing.members)
    if not most:
        return None
    is_cut = len(filing.members) > FOREMOST
    title = t("chart.top", title=chart.title, count=FOREMOST) if is_cut else chart.title
    amounts = tuple(amount for _, amount in most)
    names = tuple(member.agency.name for member, _ in most)
    return ChartBlock(title, "bar", names, (Series(measure.label, amounts),), unit)
