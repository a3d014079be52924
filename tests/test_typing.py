"""At LibreOffice's keyboard a clerk can fill in the whole return, and can change nothing else.

The witness is LibreOffice: text is typed through its dispatcher, which heeds protection as a keyboard does.
"""

from __future__ import annotations

import io
from decimal import Decimal

import openpyxl
import pytest
from openpyxl.cell.cell import MergedCell

import office
from conftest import sound_prose
from xltools.checking.checks import verify
from xltools.data.filing import Stamp
from xltools.data.period import Period
from xltools.data.record import Agency
from xltools.excel.reader import read
from xltools.excel.writer import write_return
from xltools.form.address import a1
from xltools.form.layout import layout

pytestmark = pytest.mark.office

COVER, NOTES = "封面", "填报说明"
READY = "可以报送"
TABLE = "三、依申请公开"
FURTHER = "附表"
NOWHERE = "AZ200"  # far from everything the form prints


@pytest.fixture(scope="module")
def stamp(form):
    return Stamp(form.key, form.edition, Period(2024), Agency("青禾区", "001", "青禾区教育局"))


@pytest.fixture(scope="module")
def blank(form, stamp):
    """The workbook an agency gets."""
    return write_return(form, stamp)


@pytest.fixture(scope="module")
def places(form):
    return layout(form)


@pytest.mark.prove
def test_a_whole_return_can_be_typed(form, places, blank, sound, tmp_path):
    assert len(sound) == len(form.inputs) == 166
    words = _words(form)
    status = ["read", COVER, a1(*places.cover.status.anchor)]
    checks = sorted(_checks(places))
    typing = [["type", *places.address(name), str(text)] for name, text in (sound | words).items()]
    reading = [["read", *check] for check in checks]

    answers, saved = office.typed(blank, [status, *typing, status, *reading])

    before, after = answers[0], answers[1 + len(typing)]
    assert READY not in before
    assert after == READY
    assert dict(zip(checks, answers[-len(checks) :], strict=True)) == dict.fromkeys(checks, "√")
    filing = _read(saved, tmp_path)
    assert filing.record.values == sound
    assert {name: shown.value for name, shown in filing.shown.items()} == _totals(form, sound)
    assert {name: filing.prose[name] for name in words} == words
    assert verify(filing) == ()


def test_a_nil_report_is_declared_and_not_contradicted(places, blank):
    status = ["read", COVER, a1(*places.cover.status.anchor)]
    declare = ["type", *places.address("cover.nil"), "是"]
    figure = ["type", *places.address("applications.new.natural"), "3"]
    balanced = ["type", *places.address("applications.granted.natural"), "3"]

    answers = office.typed(blank, [declare, status, figure, balanced, status]).answers

    assert (answers[1], answers[4]) == ("可以报送（零报告）", "不能报送：选了零报告，但表中填有数字")


@pytest.mark.prove
@pytest.mark.parametrize("each", [7, pytest.param(1, marks=pytest.mark.prove)])
def test_nothing_else_can_be_typed(form, places, blank, each):
    locked = sorted(_locked(places, blank))
    for kind in (_cells_of(places, form.totals), _labels(places), _stamped(places), _checks(places)):
        assert kind
        assert kind <= set(locked)
    locked = locked[::each]
    typing = [["type", *cell, "999"] for cell in locked]

    before, *answers, after = office.typed(blank, [["snapshot"], *typing, ["snapshot"]]).answers

    changed = [cell for cell, (was, now) in zip(locked, answers, strict=True) if was != now]
    assert changed == []
    assert after == before


@pytest.mark.prove
def test_a_protected_table_keeps_its_cells_rows_and_columns(form, places, blank):
    """The same strokes do their work once the protection is gone: it is what stops them."""
    total = next(cell for sheet, cell in map(places.address, _names(form.totals)) if sheet == TABLE)
    strokes = [["type", TABLE, total, "999"]]
    strokes += [["command", TABLE, cells, "ClearContents"] for cells in (total, "A1:J30")]
    lines = ("InsertRowsBefore", "DeleteRows", "InsertColumnsBefore", "DeleteColumns")
    strokes += [["command", TABLE, total, command] for command in lines]
    watched = [step for stroke in strokes for step in (stroke, ["snapshot"])]

    answers = office.typed(blank, [["snapshot"], *watched, ["unprotect", TABLE], *watched]).answers

    start, guarded, open_ = answers[0], answers[2 : 1 + len(watched) : 2], answers[3 + len(watched) :: 2]
    assert len(guarded) == len(open_) == len(strokes)
    assert all(snapshot == start for snapshot in guarded)
    for stroke, was, now in zip(strokes, [start, *open_], open_, strict=False):
        assert now != was, stroke


@pytest.mark.prove
def test_the_sheets_keep_their_names_and_their_number(form, places, stamp, sound, tmp_path):
    """The file locks the structure. LibreOffice 7.4 doesn't heed that, yet leaves protected sheets where they are.

    A further sheet it lets in; nothing is read from there.
    """
    filled = write_return(form, stamp, sound, sound_prose())
    assert openpyxl.load_workbook(io.BytesIO(filled)).security.lockStructure
    sheets = [COVER, *(sheet.name for sheet in places.sheets), NOTES]
    attempts = [["rename_sheet", name, FURTHER] for name in sheets]
    attempts += [["remove_sheet", name] for name in sheets]
    steps = [["protected"], *attempts, ["insert_sheet", FURTHER]]

    answers, saved = office.typed(filled, steps)

    assert answers[:-1] == [sheets] * (1 + len(attempts))
    assert [name for name in answers[-1] if name != FURTHER] == sheets
    filing = _read(saved, tmp_path)
    assert filing.record.values == sound
    assert verify(filing) == ()


def test_an_unprotected_sheet_can_be_renamed_and_removed(places, blank):
    """So the refusals above are the protection's doing."""
    last = NOTES
    steps = [["unprotect", last], ["rename_sheet", last, FURTHER], ["remove_sheet", FURTHER]]

    _, renamed, removed = office.typed(blank, steps).answers

    assert renamed == [COVER, *(sheet.name for sheet in places.sheets), FURTHER]
    assert removed == renamed[:-1]


def _words(form):
    """Something for every prose cell, with what a spreadsheet would gladly take for a number or a date."""
    words = {
        name: f"{part.label}：本年度无变化。" for name, part in form.texts.items() if name != "cover.nil"
    }
    return words | {"cover.telephone": "05710001234", "cover.date": "2025-01-15"}


def _totals(form, values: dict[str, Decimal]):
    complete = form.complete(values)
    return {cell.name: complete[cell.name] for cell in form.totals}


def _read(workbook: bytes, folder):
    path = folder / "return.xlsx"
    path.write_bytes(workbook)
    return read(path)


def _names(cells):
    return [cell.name for cell in cells]


def _cells_of(places, cells):
    return {places.address(name) for name in _names(cells)}


def _labels(places):
    return {
        (s.name, a1(*area.anchor)) for s in places.sheets for area in (s.hint, *(x.area for x in s.labels))
    }


def _stamped(places):
    cover = places.cover
    return {(COVER, a1(*area.anchor)) for area in (cover.status, *cover.stamp.values())}


def _checks(places):
    """Every cell that judges the figures."""
    return {
        (sheet.name, a1(*check.area.anchor))
        for sheet in places.sheets
        for group in sheet.groups
        for check in group.checks
    }


def _locked(places, workbook: bytes):
    """Every cell of the file but those that are to be filled in, and a cell of each sheet that isn't in the file."""
    book = openpyxl.load_workbook(io.BytesIO(workbook))
    cells = {
        (sheet.title, cell.coordinate)
        for sheet in book
        for row in sheet.iter_rows()
        for cell in row
        if not isinstance(cell, MergedCell)
    }
    to_fill = {places.address(name) for name in places.places if name in places.form.texts}
    to_fill |= _cells_of(places, places.form.inputs)
    assert to_fill < cells
    return (cells | {(sheet.title, NOWHERE) for sheet in book}) - to_fill
