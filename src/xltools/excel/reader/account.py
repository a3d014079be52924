"""What a roll-up tells of other times and of findings: the years before it, and what was accepted in it.

Neither is needed to add the roll-up up. A roll-up without these sheets is older than they are, or had nothing to tell.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

from xltools.data.filing import Accepted
from xltools.data.finding import quoted
from xltools.data.number import misfit
from xltools.data.prior import known
from xltools.excel.reader.reading import Reading, number_of
from xltools.excel.scan import SheetFacts
from xltools.form.labels import plain
from xltools.form.model import Cell
from xltools.form.places import WAIVED, YEARS, Waived, Years
from xltools.text import clerk

_LONGEST = 2000  # characters of one text


def read_earlier(reading: Reading, year: int) -> dict[int, dict[str, Decimal]]:
    """The figures of the years before *year*, the last first: inputs as they stand there, totals derived from them.

    A figure is known where its row has its name and its labels, its column a year, and the cell a number of its
    kind. Whatever else stands there is not a fault of the return, and is not known.
    """
    facts = reading.facts.sheet(YEARS)
    if facts is None:
        return {}
    rows, form = dict(_rows(reading, facts)), reading.layout.form
    inputs = set(form.input_names)
    earlier = {}
    for before, column in _years(facts, year):
        values = {
            name: value
            for name, row in rows.items()
            if name in inputs and (value := _figure(facts, row, column, form.cells[name])) is not None
        }
        if values:
            earlier[before] = known(form, values, frozenset(inputs - values.keys()), summed=True)
    return earlier


def _years(facts: SheetFacts, year: int) -> Iterator[tuple[int, int]]:
    """Each year that stands over just one column."""
    heads = [(_text(facts, Years.HEAD_ROW, column), column) for column in range(Years.LAST, Years.NAME)]
    for before in range(year - 1, year - 1 - Years.MOST, -1):
        columns = [column for head, column in heads if head == clerk()("years.year", year=before)]
        if len(columns) == 1:
            yield before, columns[0]


def _rows(reading: Reading, facts: SheetFacts) -> Iterator[tuple[str, int]]:
    """The row of each figure that has just one, under the labels that are the form's."""
    found: dict[str, list[int]] = {}
    for row, column in sorted(facts.cells):
        if column == Years.NAME and row >= Years.FIRST_ROW:
            found.setdefault(_text(facts, row, column), []).append(row)
    for name, rows in found.items():
        cell = reading.layout.form.cells.get(name)
        if cell is not None and len(rows) == 1 and _is_labelled(facts, rows[0], cell):
            yield name, rows[0]


def _is_labelled(facts: SheetFacts, row: int, cell: Cell) -> bool:
    labels = {Years.ROW: "/".join(cell.row_path), Years.COLUMN: "/".join(cell.column_path)}
    return all(plain(_text(facts, row, column)) == plain(label) for column, label in labels.items())


def _figure(facts: SheetFacts, row: int, column: int, cell: Cell) -> Decimal | None:
    fact = facts.cells.get((row, column))
    value = number_of(fact) if fact and fact.formula is None else None
    if value is None or misfit(value, signed=cell.signed, whole=cell.number == "count"):
        return None
    return value


def read_waived(reading: Reading) -> tuple[Accepted, ...]:
    """The findings accepted in it, in its words; a head that was changed is noted, since accepting must hide nothing."""
    facts, t = reading.facts.sheet(WAIVED), clerk()
    if facts is None:
        return ()
    for column, key in enumerate(Waived.COLUMNS):
        head, expected = _text(facts, Waived.HEAD_ROW, column), t(f"rollup.{key}")
        if plain(head) != plain(expected):
            place = Waived.HEAD_ROW, column
            reading.note("label-changed", WAIVED, place, found=head, expected=expected)
            return ()
    return tuple(_waived(facts))


def _waived(facts: SheetFacts) -> Iterator[Accepted]:
    for row in sorted({row for row, _ in facts.cells if row >= Waived.FIRST_ROW}):
        texts: Mapping[str, str] = {
            key: quoted(_text(facts, row, column), _LONGEST) for column, key in enumerate(Waived.COLUMNS)
        }
        if any(texts.values()):
            yield Accepted(**texts)


def _text(facts: SheetFacts, row: int, column: int) -> str:
    fact = facts.cells.get((row, column))
    return (fact.text or "").strip() if fact else ""
