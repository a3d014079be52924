"""Draw the comparison of a district's figures with those of earlier years."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from xlsxwriter.worksheet import Worksheet

from xltools.data.number import kept
from xltools.data.period import Period
from xltools.data.rollup import Rollup
from xltools.data.year_on_year import change as change_of
from xltools.data.year_on_year import change_in
from xltools.excel import live_checks
from xltools.excel.formula import area_a1, rounded
from xltools.excel.text_height import lines
from xltools.excel.writer.canvas import (
    HEI,
    LOCKED,
    QUIET,
    Canvas,
    cell_number,
    formula_result,
    set_widths,
)
from xltools.excel.writer.content import Content, finish
from xltools.form.model import COVER as COVER_KEY
from xltools.form.model import Cell
from xltools.form.places import YEARS, Area, Years
from xltools.text import clerk

_WIDTHS = (70.0, 28.0, 9.0, 13.0, 13.0, 13.0, 10.0, *(13.0,) * (Years.MOST - 1), 30.0)
_ROWS_ON_PAGE = 100  # of A3


def write_years(canvas: Canvas, content: Content, rollup: Rollup) -> None:
    """Draw 历年对比: this year as references to the district's cells, earlier years as numbers."""
    page, t = canvas.page(YEARS), clerk()
    title = canvas.format(font_name=HEI, font_size=15, align="center")
    columns = dict(year_columns(rollup))
    shown = 1 + max(Years.RATE, *columns.values())  # columns; on the screen there is more
    canvas.put(
        page,
        Area.at(0, 0, 1, shown),
        t.about(rollup.form.period, "years.title", district=rollup.district),
        title,
    )
    page.set_row(0, 30)
    canvas.put(
        page,
        Area.at(1, 0, 1, shown),
        t.about(rollup.form.period, "years.hint"),
        canvas.format(font_size=9, font_color=QUIET),
    )
    _write_heads(canvas, page, rollup, columns)
    last = Years.FIRST_ROW - 1
    for last, line in enumerate(_titles_and_cells(content), Years.FIRST_ROW):
        if isinstance(line, Cell):
            _write_figure(canvas, content, rollup, page, last, line, columns)
        else:
            style = canvas.boxed(align="left", bold=True, bg_color=LOCKED)
            canvas.put(page, Area.at(last, 0, 1, shown), line, style)
    set_widths(page, tuple(_widths(content, rollup)))
    page.freeze_panes(Years.FIRST_ROW, Years.COLUMN + 1)
    page.repeat_rows(Years.HEAD_ROW)
    finish(canvas, content, page, Area.at(0, 0, last + 1, shown), is_large=True)
    page.fit_to_pages(1, max(1, round(last / _ROWS_ON_PAGE)))


def _widths(content: Content, rollup: Rollup) -> Iterator[float]:
    """Yield the widths of the columns; those of figures hold the longest one, which would be shown rounded."""
    figures = [content.values, *rollup.earlier.values()]
    longest = max((len(kept(value)) + 1.0 for values in figures for value in values.values()), default=0.0)
    for column, width in enumerate(_WIDTHS):
        is_figure = Years.NOW <= column < Years.NAME and column != Years.RATE
        yield max(width, longest) if is_figure else width


def year_columns(rollup: Rollup) -> Iterator[tuple[Period, int]]:
    """Yield each earlier year with its column, as many as fit; last year has a column even if it is unknown."""
    yield rollup.period.previous, Years.LAST
    known = [period for period in rollup.period.compared(Years.MOST)[1:] if rollup.earlier.get(period)]
    for column, period in enumerate(known, Years.BEFORE):
        yield period, column


def _titles_and_cells(content: Content) -> Iterator[str | Cell]:
    """Yield the title of each section, then its figures that a sum of agencies has; before them those of the cover."""
    form = content.layout.form
    for key in dict.fromkeys((COVER_KEY, *(section.key for section in form.sections))):
        if summed := [cell for cell in form.cells.values() if cell.section.key == key and cell.is_summed]:
            yield summed[0].section.title
            yield from summed


def rows_of(content: Content) -> dict[str, int]:
    """Return the row of each figure by name."""
    lines = enumerate(_titles_and_cells(content), Years.FIRST_ROW)
    return {line.name: row for row, line in lines if isinstance(line, Cell)}


def _write_heads(canvas: Canvas, page: Worksheet, rollup: Rollup, columns: dict[Period, int]) -> None:
    t = clerk()
    heads = {
        Years.ROW: t("years.row"),
        Years.COLUMN: t("years.column"),
        Years.UNIT: t("years.unit"),
        Years.NOW: f"{rollup.period:spaced}",
        Years.CHANGE: t.about(rollup.form.period, "years.change"),
        Years.RATE: t("years.rate"),
        Years.NAME: t("years.name"),
    }
    heads |= {column: f"{period:spaced}" for period, column in columns.items()}
    style = canvas.boxed(bg_color=LOCKED, bold=True)
    for column in range(Years.NAME + 1):
        canvas.put(page, Area.at(Years.HEAD_ROW, column), heads.get(column), style)
    page.set_row(Years.HEAD_ROW, 22)


def _write_figure(
    canvas: Canvas,
    content: Content,
    rollup: Rollup,
    page: Worksheet,
    row: int,
    cell: Cell,
    columns: dict[Period, int],
) -> None:
    labels = ("/".join(cell.row_path), "/".join(cell.column_path))
    text = canvas.boxed(font_size=9.5, align="left", bold=cell.is_total)
    style = canvas.boxed(num_format="General", bold=cell.is_total)
    for column, label in zip((Years.ROW, Years.COLUMN), labels, strict=True):
        canvas.put(page, Area.at(row, column), label, text)
    canvas.put(page, Area.at(row, Years.UNIT), cell.unit, canvas.boxed(font_size=9.5))
    canvas.put(page, Area.at(row, Years.NAME), cell.name, canvas.format(font_size=8, font_color=QUIET))
    link, now = content.figure(cell.name, YEARS), content.values.get(cell.name)
    canvas.formula(page, Area.at(row, Years.NOW), link, style, formula_result(cell, now))
    for column in range(Years.BEFORE, Years.NAME):
        canvas.put(page, Area.at(row, column), None, style)
    for period, column in columns.items():
        canvas.put(page, Area.at(row, column), rollup.earlier.get(period, {}).get(cell.name), style)
    if cell.ratio:
        _write_difference(canvas, content, rollup, page, row, cell)
    else:
        last = rollup.earlier.get(rollup.period.previous, {}).get(cell.name)
        _write_change(canvas, page, row, now or Decimal(0), last)
    height = max(
        lines(label, width * 1.1) for label, width in zip(labels, _WIDTHS[: len(labels)], strict=True)
    )
    page.set_row(row, height * 13.5 + 5)


def _write_difference(
    canvas: Canvas, content: Content, rollup: Rollup, page: Worksheet, row: int, cell: Cell
) -> None:
    """Draw the difference of a ratio, from the parts of both years and not from what is rounded; it has no rate."""
    style, form = canvas.boxed(num_format="General"), content.layout.form
    found = change_in(cell, form, content.values, rollup.earlier.get(rollup.period.previous, {}))
    rows = rows_of(content)

    def exact(column: int) -> str:
        if cell.is_mean:  # the products of former years are not known
            return area_a1(Area.at(row, column))
        return (
            cell.ratio.print_parts(lambda name: area_a1(Area.at(rows[name], column)))[1] if cell.ratio else ""
        )

    before, after = (area_a1(Area.at(row, column)) for column in (Years.LAST, Years.NOW))
    difference = rounded(f"{exact(Years.NOW)}-{exact(Years.LAST)}", cell.places)
    formula = f'IF(OR({before}="",{after}=""),"",{difference})'
    result = cell_number(found.difference) if found else ""
    canvas.formula(page, Area.at(row, Years.CHANGE), formula, style, result)
    canvas.put(page, Area.at(row, Years.RATE), None, style)


def _write_change(canvas: Canvas, page: Worksheet, row: int, now: Decimal, last: Decimal | None) -> None:
    """Draw the difference and the rate; both are blank if last year is unknown, the rate also if last year is zero."""
    change, rate = Area.at(row, Years.CHANGE), Area.at(row, Years.RATE)
    style, share = canvas.boxed(num_format="General"), canvas.boxed(num_format="0.0%")
    before, after = (area_a1(Area.at(row, column)) for column in (Years.LAST, Years.NOW))
    found = change_of(now, last)
    if found is None:
        canvas.put(page, change, None, style)
    else:
        result = cell_number(live_checks.as_rounded(found.difference))
        canvas.formula(page, change, rounded(f"{after}-{before}"), style, result)
    if found is None or found.rate is None:
        canvas.put(page, rate, None, share)
    else:
        formula = f'IF({before}=0,"",{area_a1(change)}/ABS({before}))'
        canvas.formula(page, rate, formula, share, float(found.rate))
