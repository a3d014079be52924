"""Reads two optional sheets of a roll-up: the figures of earlier years, and accepted findings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

from xltools.data.filing import Accepted
from xltools.data.finding import quoted
from xltools.data.number import misfit
from xltools.data.period import Period
from xltools.data.prior import known
from xltools.excel.reader.reading import WorkbookReading, number_of
from xltools.excel.scan import SheetFacts
from xltools.form.labels import plain
from xltools.form.model import Cell
from xltools.form.places import WAIVED, YEARS, Waived, Years
from xltools.text import clerk

_LONGEST = 2000  # characters of one text


def read_earlier(reading: WorkbookReading, period: Period) -> dict[Period, dict[str, Decimal]]:
    """Return the figures of the periods before *period*, the last year first; totals are computed from the inputs.

    A figure is read if its row has its name and its labels, its column has a year, and the cell a valid number. Other
    cells are ignored without a finding.
    """
    facts = reading.facts.sheet(YEARS)
    if facts is None:
        return {}
    rows, form = dict(_figure_rows(reading, facts)), reading.layout.form
    inputs = set(form.input_names)
    earlier = {}
    for before, column in _year_columns(facts, period):
        values = {
            name: value
            for name, row in rows.items()
            if name in inputs and (value := _figure(facts, row, column, form.cells[name])) is not None
        }
        if values:
            earlier[before] = known(form, values, frozenset(inputs - values.keys()), summed=True)
    return earlier


def _year_columns(facts: SheetFacts, period: Period) -> Iterator[tuple[Period, int]]:
    """Yield each year that is the head of exactly one column, and the column."""
    heads = [(facts.text(Years.HEAD_ROW, column).strip(), column) for column in range(Years.LAST, Years.NAME)]
    for before in period.compared(Years.MOST):
        columns = [column for head, column in heads if head == f"{before:spaced}"]
        if len(columns) == 1:
            yield before, columns[0]


def _figure_rows(reading: WorkbookReading, facts: SheetFacts) -> Iterator[tuple[str, int]]:
    """Yield the row of each figure that has exactly one row, if it has the labels of the form."""
    found: dict[str, list[int]] = {}
    for row, column in sorted(facts.cells):
        if column == Years.NAME and row >= Years.FIRST_ROW:
            found.setdefault(facts.text(row, column).strip(), []).append(row)
    for name, rows in found.items():
        cell = reading.layout.form.cells.get(name)
        if cell is not None and len(rows) == 1 and _is_labelled(facts, rows[0], cell):
            yield name, rows[0]


def _is_labelled(facts: SheetFacts, row: int, cell: Cell) -> bool:
    labels = {Years.ROW: "/".join(cell.row_path), Years.COLUMN: "/".join(cell.column_path)}
    return all(plain(facts.text(row, column).strip()) == plain(label) for column, label in labels.items())


def _figure(facts: SheetFacts, row: int, column: int, cell: Cell) -> Decimal | None:
    fact = facts.cells.get((row, column))
    value = number_of(fact) if fact and fact.formula is None else None
    if value is None or misfit(value, cell):
        return None
    return value


def read_waived(reading: WorkbookReading) -> tuple[Accepted, ...]:
    """Return the accepted findings; if a head of the table was changed, note that and return none."""
    facts, t = reading.facts.sheet(WAIVED), clerk()
    if facts is None:
        return ()
    for column, key in enumerate(Waived.COLUMNS):
        head, expected = facts.text(Waived.HEAD_ROW, column).strip(), t(f"rollup.{key}")
        if plain(head) != plain(expected):
            place = Waived.HEAD_ROW, column
            reading.note("label-changed", WAIVED, place, found=head, expected=expected)
            return ()
    return tuple(_accepted(facts))


def _accepted(facts: SheetFacts) -> Iterator[Accepted]:
    for row in sorted({row for row, _ in facts.cells if row >= Waived.FIRST_ROW}):
        texts: Mapping[str, str] = {
            key: quoted(facts.text(row, column).strip(), _LONGEST)
            for column, key in enumerate(Waived.COLUMNS)
        }
        if any(texts.values()):
            yield Accepted(**texts)
