"""What people look at: the cover, the tables and the notes of a return, and the roll-up on paper."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from decimal import Decimal

import clerk
import openpyxl
import pytest

import office
from conftest import ROOT, sound_values
from test_account import member, rollup
from xltools.collection.merging import merge
from xltools.data.document import Paragraph, Table
from xltools.data.filing import Stamp
from xltools.data.notes import filling_notes
from xltools.data.period import Period
from xltools.data.record import Agency
from xltools.excel.reader import read, read_package
from xltools.excel.writer import write_return, write_rollup
from xltools.form.layout import layout
from xltools.form.library import find
from xltools.form.places import COVER, MATRIX, NOTES, OVERVIEW, SOURCES, Matrix

OFFICIAL = find("xxgk-2021")
STAMP = Stamp(OFFICIAL.key, OFFICIAL.edition, Period(2024), Agency("青禾区", "005", "青禾区民政局"))


@pytest.fixture(scope="module")
def issued():
    return write_return(OFFICIAL, STAMP)


@pytest.fixture(scope="module")
def filled():
    return write_return(OFFICIAL, STAMP, sound_values())


@pytest.fixture(scope="module")
def district():
    return write_rollup(rollup(tuple(member(f"{number:03}") for number in (3, 1, 2))))


def book(package):
    return openpyxl.load_workbook(io.BytesIO(package))


def printed(sheet):
    """The cells in the printed area."""
    return [cell for row in sheet[sheet.print_area.rpartition("!")[2]] for cell in row]


def text(cells):
    return "\n".join(str(cell.value) for cell in cells if cell.value is not None)


# -- the return


def test_the_cover_prints_what_a_clerk_reads_and_nothing_for_programs(issued, district):
    for package in (issued, district):
        cover = book(package)[COVER]
        shown = text(printed(cover))
        assert not re.search(r"xxgk|表式代号|版本|类别|xltools", shown)
        for word in (
            "填报单位",
            "表式依据",
            "单位负责人",
            "填报人",
            "填报日期",
            "（单位盖章）",
            "年　　月　　日",
        ):
            assert word in shown
        edge = [cover.cell(*place) for place in ((4, 9), (5, 9), (6, 9))]
        assert [cell.value for cell in edge[:2]] == ["xxgk", "2021"]
        assert {cell.font.sz for cell in edge} == {8}
    guide = book(issued)[COVER].cell(8, 1).value
    assert [line[:2] for line in guide.splitlines()] == ["1.", "2.", "3.", "4.", "5."]


@pytest.mark.parametrize(
    "lost", [clerk.without_properties, lambda data: clerk.without_properties(clerk.without_names(data))]
)
def test_the_reader_takes_the_stamp_from_the_edge(filled, lost):
    assert read_package(lost(filled), "x.xlsx").stamp == STAMP


def test_the_notes_are_the_last_sheet_and_disturb_nothing(filled):
    workbook = book(filled)
    sheet = workbook[NOTES]
    assert workbook.sheetnames[-1] == NOTES
    assert sheet.protection.sheet
    assert all(cell.protection.locked for row in sheet.iter_rows() for cell in row)
    shown = text(cell for row in sheet.iter_rows() for cell in row)
    for block in filling_notes(OFFICIAL).blocks:
        texts = [box.text for box in block.boxes] if isinstance(block, Table) else [block.text]
        assert all(one in shown for one in texts)
    assert any(isinstance(block, Paragraph) for block in filling_notes(OFFICIAL).blocks)
    out = io.BytesIO()
    workbook.save(out)  # without any stored result
    again, before = read_package(out.getvalue(), "x.xlsx"), read_package(filled, "x.xlsx")
    assert again.record == before.record
    assert before.findings == ()


def test_a_table_whose_sheet_is_gone_is_not_looked_for_in_the_notes(filled):
    workbook = book(filled)
    del workbook["三、依申请公开"]
    for name in [name for name in workbook.defined_names if name.startswith("applications.")]:
        del workbook.defined_names[name]
    out = io.BytesIO()
    workbook.save(out)
    assert "missing-sheet" in {finding.code for finding in read_package(out.getvalue(), "x.xlsx").findings}


def test_a_long_name_is_legible_in_the_overview():
    name = "青禾区城市管理和综合行政执法局（城市更新局、数字化城市管理指挥中心）"
    one = member("003")
    long = one._replace(agency=Agency("青禾区", "027", name))
    overview = book(write_rollup(rollup((one, long))))[OVERVIEW]
    assert overview.column_dimensions["B"].width >= 60


def test_no_figure_is_shown_as_hashes(issued, district):
    for package in (issued, district):
        workbook = book(package)
        for name in OFFICIAL.cells:
            sheet, address = layout(OFFICIAL).address(name)
            alignment = workbook[sheet][address].alignment
            assert alignment.shrink_to_fit
            assert not alignment.wrap_text


def test_rows_of_a_table_are_equally_tall(issued):
    workbook = book(issued)
    for sheet in layout(OFFICIAL).sheets:
        rows = {area.row for area in sheet.cells.values()}
        heights = {workbook[sheet.name].row_dimensions[row + 1].height for row in rows}
        assert len(heights) <= 3, sheet.name  # labels of one, two and three lines


# -- the roll-up


def test_the_overview_has_every_agency_on_one_page_and_the_sums_above_the_heads(district):
    workbook, results = book(district), openpyxl.load_workbook(io.BytesIO(district), data_only=True)
    assert workbook.sheetnames[1] == OVERVIEW
    sheet, shown = workbook[OVERVIEW], results[OVERVIEW]
    labels = [item.label for item in OFFICIAL.headline]
    head = next(row for row in shown.iter_rows(values_only=True) if labels[0] in row)
    assert list(head[2:]) == labels
    rows = list(shown.iter_rows(values_only=True))
    at = rows.index(head)
    assert rows[at - 1][0] == "合计"
    assert [row[1] for row in rows[at + 1 :]] == ["单位003", "单位001", "单位002"]
    for column in range(2, len(head)):
        assert rows[at - 1][column] == pytest.approx(sum(row[column] for row in rows[at + 1 :]))
        assert all(f"'{MATRIX}'!" in sheet.cell(row, column + 1).value for row in (at, at + 2, at + 4))
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    assert sheet.page_setup.fitToHeight in {None, 1}  # one page, as the schema has it without the attribute
    assert sheet.page_setup.orientation == "landscape"


def test_hashes_and_keys_are_not_printed(district):
    matrix = book(district)[MATRIX]
    columns = Matrix.issued(OFFICIAL, 3).columns
    assert matrix.row_dimensions[Matrix.NAME_ROW + 1].hidden
    assert matrix.print_title_rows == "$3:$6"
    assert matrix.print_title_cols == "$B:$C"
    assert max(columns[name] for name in OFFICIAL.cells) < min(
        columns[f"xltools.{key}"] for key in Matrix.ABOUT[3:]
    )
    shown = text(printed(matrix))
    assert not re.search(r"xltools|disclosure\.|SHA-256|校验码", shown)
    assert "单位001" in shown
    assert not re.search(r"标记|校验码", text(printed(book(district)[SOURCES])))


@pytest.mark.office
def test_nineteen_agencies_take_at_most_fifteen_pages_also_with_last_year():
    filings = [read(path) for path in sorted((ROOT / "samples" / "clean").iterdir())]
    assert len(filings) == 19
    last = {name: value + Decimal(1) for name, value in OFFICIAL.complete(filings[0].record.values).items()}
    whole = merge(filings, OFFICIAL, Period(2024), "青禾区").rollup
    with_last_year = write_rollup(replace(whole, earlier={Period(2023): last}))
    (pages,) = office.saved_as({"": with_last_year}, "pdf").values()
    assert 10 < len(re.findall(rb"/Type\s*/Page[^s]", pages)) <= 15
