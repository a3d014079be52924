"""A return typed by hand at the places the printed form gives, against what xltools makes of it.

All that is expected comes from ``paper.py``, which was written from the printed form and a blank workbook as one
sees it. openpyxl fills in and looks; LibreOffice calculates. Were a number beside the wrong words, a sum short of
a part or a name on the wrong cell, one of the first tests would fail; the last ones make such faults to see it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from io import BytesIO
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.cell.cell import MergedCell
from openpyxl.utils import coordinate_to_tuple
from openpyxl.worksheet.cell_range import CellRange
from openpyxl.worksheet.worksheet import Worksheet

import office
import paper
from conftest import sound_prose
from xltools.checking.checks import verify
from xltools.data.filing import Filing, Stamp
from xltools.data.period import Period
from xltools.data.record import Agency
from xltools.excel.reader import read
from xltools.excel.writer import write_return
from xltools.form.library import find

TABLE_TOP = 3  # above it stand the sheet's title and a hint


@pytest.fixture(scope="module")
def blank() -> bytes:
    """The workbook with its prose, in which nobody has typed a figure yet. A city makes rules, so it may fill in 规章."""
    form = find("xxgk-2021")
    stamp = Stamp(form.key, form.edition, Period(2024), Agency("青禾市", "001", "青禾市人民政府"))
    return write_return(form, stamp, prose=sound_prose())


@pytest.fixture(scope="module")
def calculated(blank: bytes) -> dict[str, bytes]:
    """What LibreOffice works out: of the return, and of the same with sums that forget a part."""
    right = typed(blank, paper.ENTRIES)
    short = opened(right)
    short["三、依申请公开"]["J6"] = "=D6+E6+F6+G6+H6"
    short["三、依申请公开"]["E29"] = "=SUM(E8:E16)+SUM(E18:E28)"
    short["四、复议诉讼"]["O6"] = "=L6+M6+N6"
    return office.resaved({"right": right, "short": saved(short)})


# -- as it should be


def test_no_two_figures_are_alike() -> None:
    for what in ("name", "figure"):
        assert len({getattr(entry, what) for entry in paper.ENTRIES}) == 200
    assert len({(entry.sheet, entry.address) for entry in paper.ENTRIES}) == 200
    assert (len(paper.TYPED), len(paper.SUMS)) == (166, 34)


def test_the_words_around_each_number_are_those_of_the_form(blank: bytes) -> None:
    workbook = opened(blank)
    assert mislabelled(workbook) == []
    for sheet, address, words in paper.PRINTED:
        assert workbook[sheet][address].value == words


def test_each_name_is_on_its_number(blank: bytes) -> None:
    assert misnamed(opened(blank)) == []


def test_open_cells_are_those_to_type_into(blank: bytes) -> None:
    workbook = opened(blank)
    for sheet in {entry.sheet for entry in paper.ENTRIES}:
        cells = [cell for row in workbook[sheet] for cell in row if not isinstance(cell, MergedCell)]
        opens = {cell.coordinate for cell in cells if not cell.protection.locked}
        assert opens == {e.address for e in paper.ENTRIES if e.sheet == sheet and not e.is_sum}


def test_what_is_typed_is_read_under_its_name(blank: bytes, tmp_path: Path) -> None:
    filing = reading(typed(blank, paper.ENTRIES), tmp_path)
    assert filing.record is not None
    assert filing.record.values == paper.TYPED


def test_sums_are_those_of_the_pocket_calculator(blank: bytes, tmp_path: Path) -> None:
    filing = reading(typed(blank, paper.ENTRIES), tmp_path)
    assert filing.record is not None
    assert filing.record.complete() == {entry.name: entry.figure for entry in paper.ENTRIES}


def test_nothing_is_found_but_that_no_program_calculated(blank: bytes, tmp_path: Path) -> None:
    findings = verify(reading(typed(blank, paper.ENTRIES), tmp_path))
    assert {finding.code for finding in findings} == {"not-calculated"}


@pytest.mark.office
def test_libreoffice_comes_to_the_same_sums(calculated: dict[str, bytes], tmp_path: Path) -> None:
    filing = reading(calculated["right"], tmp_path)
    assert filing.record is not None
    assert filing.record.values == paper.TYPED
    assert {name: shown.value for name, shown in filing.shown.items()} == paper.SUMS
    assert verify(filing) == ()


# -- faults made on purpose, to see that they would be noticed


@pytest.mark.parametrize(("one", "other"), [(6, 7), (10, 11), (28, 30)])
def test_two_rows_exchanged_are_noticed(blank: bytes, tmp_path: Path, one: int, other: int) -> None:
    wrong = typed(blank, moved({one: other, other: one}))
    filing = reading(wrong, tmp_path)
    assert filing.record is not None
    assert differing(filing.record.values, paper.TYPED) == names_in(one, other, of=paper.TYPED)
    assert differing(filing.record.complete(), paper.SUMS) >= names_in(one, other, of=paper.SUMS)


def test_a_slip_by_one_row_is_noticed(blank: bytes, tmp_path: Path) -> None:
    """Rows 8 to 28 one lower, the last one first: the sums below do not change, all else does."""
    slipped = {row: row + 1 for row in range(8, 28)} | {28: 8}
    filing = reading(typed(blank, moved(slipped)), tmp_path)
    assert filing.record is not None
    assert differing(filing.record.values, paper.TYPED) == names_in(*slipped, of=paper.TYPED)
    assert differing(filing.record.complete(), paper.SUMS) == names_in(*slipped, of=paper.SUMS)


def test_words_exchanged_are_noticed(blank: bytes) -> None:
    workbook = opened(blank)
    sheet = workbook["三、依申请公开"]
    sheet["C10"].value, sheet["C11"].value = sheet["C11"].value, sheet["C10"].value
    assert set(mislabelled(workbook)) == names_in(10, 11, of=[entry.name for entry in paper.ENTRIES])


def test_names_exchanged_are_noticed(blank: bytes) -> None:
    workbook = opened(blank)
    names = workbook.defined_names
    one, other = names["disclosure.penalty.decisions"], names["disclosure.coercion.decisions"]
    one.value, other.value = other.value, one.value
    assert misnamed(workbook) == ["disclosure.penalty.decisions", "disclosure.coercion.decisions"]


@pytest.mark.office
def test_a_sum_without_one_part_is_noticed(calculated: dict[str, bytes], tmp_path: Path) -> None:
    filing = reading(calculated["short"], tmp_path)
    shown = {name: shown.value for name, shown in filing.shown.items()}
    assert differing(shown, paper.SUMS) == {
        "applications.new.total",
        "applications.total.commercial",
        "applications.total.total",  # it adds the one above
        "disputes.after_review.total",
    }
    assert verify(filing)


# -- hands and eyes


def opened(content: bytes) -> Workbook:
    return load_workbook(BytesIO(content))


def saved(workbook: Workbook) -> bytes:
    file = BytesIO()
    workbook.save(file)
    return file.getvalue()


def typed(blank: bytes, entries: Iterable[paper.Entry]) -> bytes:
    """The blank with the figures typed in; the sums are left to the workbook."""
    workbook = opened(blank)
    for entry in entries:
        if not entry.is_sum:
            whole = entry.figure == int(entry.figure)
            workbook[entry.sheet][entry.address] = int(entry.figure) if whole else float(entry.figure)
    return saved(workbook)


def moved(rows: Mapping[int, int]) -> list[paper.Entry]:
    """The entries with the figures of some rows of 三 typed in other rows."""
    return [
        entry._replace(address=f"{entry.address[0]}{rows[row]}") if (row := row_of(entry)) in rows else entry
        for entry in paper.ENTRIES
    ]


def row_of(entry: paper.Entry) -> int:
    """The row of an entry of 三; 0 elsewhere."""
    return int(entry.address[1:]) if entry.sheet == "三、依申请公开" else 0


def names_in(*rows: int, of: Iterable[str]) -> set[str]:
    """Those of some names that the paper has in some rows of 三."""
    return {entry.name for entry in paper.ENTRIES if row_of(entry) in rows} & set(of)


def reading(content: bytes, folder: Path) -> Filing:
    path = folder / "return.xlsx"
    path.write_bytes(content)
    return read(path)


def differing(found: Mapping[str, Decimal | None], expected: Mapping[str, Decimal]) -> set[str]:
    return {name for name, figure in expected.items() if found.get(name) != figure}


def mislabelled(workbook: Workbook) -> list[str]:
    """The names of the numbers around which other words are printed than on paper."""
    return [
        entry.name
        for entry in paper.ENTRIES
        if (
            words(workbook[entry.sheet], entry.address, "left"),
            words(workbook[entry.sheet], entry.address, "up"),
        )
        != (entry.left, entry.above)
    ]


def misnamed(workbook: Workbook) -> list[str]:
    """The names that lie on another cell than the paper's."""
    return [
        entry.name
        for entry in paper.ENTRIES
        if workbook.defined_names[entry.name].value.replace("$", "") != f"'{entry.sheet}'!{entry.address}"
    ]


def words(sheet: Worksheet, address: str, way: str) -> tuple[str, ...]:
    """The labels that one meets first on going left or up from a cell, as far as one adjoins the other."""
    row, column = coordinate_to_tuple(address)
    met: list[str] = []
    while True:
        block = around(sheet, row, column)
        if way == "up":
            row = block.min_row - 1
        else:
            column = block.min_col - 1
        if row < TABLE_TOP or column < 1:
            break
        text = label(sheet, row, column)
        if text:
            met.append(text)
        elif met:
            break
    return tuple(reversed(met))


def label(sheet: Worksheet, row: int, column: int) -> str:
    """The words in a cell, or in the block it was merged into; a formula is not words."""
    block = around(sheet, row, column)
    value = sheet.cell(block.min_row, block.min_col).value
    return value if isinstance(value, str) and not value.startswith("=") else ""


def around(sheet: Worksheet, row: int, column: int) -> CellRange:
    """The merged block a cell is part of, or the cell alone."""
    alone = CellRange(min_row=row, max_row=row, min_col=column, max_col=column)
    return next((block for block in sheet.merged_cells.ranges if alone.issubset(block)), alone)
