"""Laws over random forms with lists: what is wrong in a line is found and nothing else, and roll-ups of roll-ups are those of all."""

from __future__ import annotations

import io
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import examples
from random_forms import expected_in_lines, lines_of, list_forms
from xltools.checking.checks import verify
from xltools.collection.merging import merge
from xltools.data.filing import Return, Stamp
from xltools.data.period import Period
from xltools.data.record import Agency, ListLine
from xltools.excel.reader import read_package
from xltools.excel.writer import write_return, write_rollup
from xltools.form.lists import parts_of_cell
from xltools.witness.form import FormFigures
from xltools.witness.issued import faults
from xltools.witness.workbook import LabelledWorkbook, figure_values

PERIOD = Period(2024)
some = settings(max_examples=examples(40), deadline=None)


def written(form, lines, code="001"):
    own = tuple(
        ListLine(number, tuple(line.get(column.key, "") for column in form.lists["list"].columns))
        for number, line in enumerate(lines, 1)
    )
    stamp = Stamp(form.key, form.edition, PERIOD, Agency("青禾区", code, f"单位{code}"))
    return write_return(form, stamp, {}, lists={"list": own} if own else {})


def filing(form, content, name="001.xlsx") -> Return:
    one = read_package(content, name, form)
    assert isinstance(one, Return)
    return one


@some
@given(st.data())
def test_what_is_wrong_in_a_line_is_found_and_nothing_else(data):
    form = data.draw(list_forms())
    lines = data.draw(lines_of(form))
    one = filing(form, written(form, lines))
    found, addresses = set(), {}
    for finding in verify(one):
        cell = parts_of_cell(finding.cell)
        if cell:
            found.add((finding.code, cell[1], int(finding.address.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")) - 3))
            addresses[finding.code] = finding.address
    assert found == expected_in_lines(form, lines), addresses
    assert len(one.record.lists.get("list", ())) == len(lines)


@settings(max_examples=examples(16), deadline=None)
@given(st.data())
def test_both_readers_have_the_same_figures_and_formulas(data):
    form = data.draw(list_forms())
    lines = data.draw(lines_of(form))
    content, figures = written(form, lines), FormFigures(form.text)
    assert not list(faults(written(form, []), figures, {}, {}))
    read = figure_values(LabelledWorkbook(io.BytesIO(content)), figures)
    complete = filing(form, content).record.complete()
    for name in figures.figures:
        assert (figures.value(read, name) or 0) == complete.get(name, Decimal(0)), name


@settings(max_examples=examples(12), deadline=None)
@given(st.data())
def test_a_roll_up_of_roll_ups_is_that_of_all(data):
    form = data.draw(list_forms())
    returns = [
        filing(form, written(form, data.draw(lines_of(form)), code), f"{code}.xlsx")
        for code in ("001", "002", "003")
    ]

    def rolled(*parts, name="区"):
        rollup = merge(parts, form, PERIOD, name).rollup
        return filing(form, write_rollup(rollup), f"{name}.xlsx") if rollup else None

    flat = rolled(*returns)
    part = rolled(*returns[:2], name="东片")
    tree = rolled(*filter(None, (part, returns[2])))
    if flat and tree:
        assert flat.record.complete() == tree.record.complete()
        assert {line.values for line in flat.record.lists.get("list", ())} == {
            line.values for line in tree.record.lists.get("list", ())
        }
