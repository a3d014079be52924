"""The scanner against openpyxl on every workbook within reach: ours, made ones, and those that strangers wrote."""

from __future__ import annotations

import functools
import io
import shutil
import site
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.comments import Comment
from openpyxl.styles import Protection
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.workbook.protection import WorkbookProtection
from openpyxl.worksheet.datavalidation import DataValidation

import office
from conftest import ROOT, by_day, examples
from witness import both, differences, differences_of
from xltools.excel.scan import ScanError, scan

WORKBOOKS = [
    path
    for path in sorted(ROOT.rglob("*.xlsx"))
    if not {".venv", "build", "dist"} & set(path.relative_to(ROOT).parts)
]


@pytest.mark.parametrize("path", by_day(WORKBOOKS, 4), ids=lambda path: path.name)
def test_every_workbook_of_the_repository_reads_alike(path):
    try:
        assert differences(path.read_bytes()) == []
    except ScanError:
        with pytest.raises(zipfile.BadZipFile):
            openpyxl.load_workbook(path)


# -- made ones: each of the two writers has its own ways of saying the same

texts = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Cn")), min_size=1, max_size=30
).filter(lambda text: text.strip() and not text.startswith(("=", "{", "#", "mailto:")) and "_x" not in text)
numbers = st.one_of(
    st.integers(-(10**15), 10**15),
    st.floats(allow_nan=False, allow_infinity=False).filter(lambda x: x == 0 or abs(x) > 1e-300),
)
formulas = st.sampled_from(["=A1+B2", "=SUM($A$1:B$3)", '=IF(A1="甲 & 乙<1>",1,"")', "=第二!C3*2", "=TRUE()"])
contents = st.one_of(texts, numbers, st.booleans(), formulas)
places = st.tuples(st.integers(1, 40), st.integers(1, 30))


@st.composite
def plans(draw):
    """What is to stand in a workbook, said without any library."""
    return {
        "cells": draw(st.dictionaries(places, contents, min_size=1, max_size=40)),
        "second": draw(st.dictionaries(places, contents, max_size=10)),
        "open": draw(st.sets(places, max_size=5)),
        "merges": draw(st.sampled_from([[], [(50, 1, 52, 3)], [(50, 1, 50, 2), (60, 4, 61, 4)]])),
        "comments": draw(st.dictionaries(places, texts, max_size=4)),
        "validated": draw(st.sampled_from([[], ["A1"], ["B2:D9", "F1"]])),
        "state": draw(st.sampled_from(["visible", "hidden", "veryHidden"])),
        "protected": draw(st.booleans()),
        "hidden_rows": draw(st.sets(st.integers(1, 60), max_size=3)),
        "name": draw(st.sampled_from(["", "x.y", "合计_1"])),
        "locked": draw(st.booleans()),
    }


def by_openpyxl(plan):  # noqa: C901  a plan has so many parts
    book = openpyxl.Workbook()
    first, second = book.active, book.create_sheet("第二")
    for sheet, cells in ((first, plan["cells"]), (second, plan["second"])):
        for (row, column), content in cells.items():
            cell = sheet.cell(row, column)
            if isinstance(content, str) and not content.startswith("="):
                cell.value, cell.data_type = content, "s"
            else:
                cell.value = content
    for row, column in plan["open"]:
        first.cell(row, column).protection = Protection(locked=False)
    for area in plan["merges"]:
        first.merge_cells(start_row=area[0], start_column=area[1], end_row=area[2], end_column=area[3])
    for (row, column), text in plan["comments"].items():
        first.cell(row, column).comment = Comment(text, "王五")
    if plan["validated"]:
        rule = DataValidation(type="whole", operator="greaterThanOrEqual", formula1="0")
        for area in plan["validated"]:
            rule.add(area)
        first.add_data_validation(rule)
    second.sheet_state = plan["state"]
    first.protection.sheet = plan["protected"]
    for row in plan["hidden_rows"]:
        first.row_dimensions[row].hidden = True
    if plan["name"]:
        book.defined_names[plan["name"]] = DefinedName(plan["name"], attr_text="Sheet!$A$1")
    if plan["locked"]:
        book.security = WorkbookProtection(lockStructure=True)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def by_xlsxwriter(plan):  # noqa: C901  a plan has so many parts
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"strings_to_formulas": True, "strings_to_urls": False}) as book:
        first, second = book.add_worksheet("Sheet"), book.add_worksheet("第二")
        unlocked = book.add_format({"locked": False})
        for sheet, cells in ((first, plan["cells"]), (second, plan["second"])):
            for (row, column), content in cells.items():
                style = unlocked if sheet is first and (row, column) in plan["open"] else None
                sheet.write(row - 1, column - 1, content, style)
        for row, column, last_row, last_column in plan["merges"]:
            first.merge_range(row - 1, column - 1, last_row - 1, last_column - 1, "合并")
        for (row, column), text in plan["comments"].items():
            first.write_comment(row - 1, column - 1, text, {"author": "王五"})
        for area in plan["validated"]:
            first.data_validation(area, {"validate": "integer", "criteria": ">=", "value": 0})
        if plan["state"] == "hidden":
            second.hide()
        elif plan["state"] == "veryHidden":
            second.very_hidden()
        if plan["protected"]:
            first.protect()
        for row in plan["hidden_rows"]:
            first.set_row(row - 1, None, None, {"hidden": True})
        if plan["name"]:
            book.define_name(plan["name"], "=Sheet!$A$1")
    return out.getvalue()


@pytest.mark.parametrize("writer", by_day([by_openpyxl, by_xlsxwriter], 1))
@settings(max_examples=examples(60))
@given(plan=plans())
def test_made_workbooks_read_alike(writer, plan):
    data = writer(plan)
    assert differences(data) == []
    facts = scan(data)
    assert {(row + 1, column + 1) for row, column in facts.sheets[0].comments} == set(plan["comments"])
    assert facts.sheets[0].is_protected == plan["protected"]


# -- those of strangers: what packages ship, as it is or as other programs bring it into the format

GNUMERIC = Path("/usr/share/gnumeric")
LIBREOFFICE = Path("/usr/lib/libreoffice")


def shipped():
    """Workbooks that Python packages have brought along."""
    folders = [Path(name) for name in [*site.getsitepackages(), sys.prefix]]
    return sorted({path for folder in folders for path in folder.rglob("*.xls[xm]")})


@functools.cache
def written_by_gnumeric():
    """The templates that gnumeric ships, written by gnumeric."""
    found = {}
    with tempfile.TemporaryDirectory() as name:
        for path in sorted(GNUMERIC.rglob("*.gnumeric")):
            out = Path(name, f"{path.stem}.xlsx")
            subprocess.run(
                [office.require_gnumeric(), str(path), str(out)], check=True, capture_output=True, timeout=60
            )
            found[path.stem] = out.read_bytes()
    return found


def compared(files):
    """How many could be compared; a workbook that either reader does not read at all is no witness."""
    count = 0
    for name, data in files.items():
        try:
            read = both(data)
        except Exception:  # noqa: BLE001  openpyxl raises whatever it likes
            continue
        assert differences_of(*read) == [], name
        count += 1
    return count


def test_what_packages_ship_reads_alike():
    files = {str(path): path.read_bytes() for path in shipped()}
    assert compared(files) >= len(files) * 2 // 3


@pytest.mark.prove
@pytest.mark.office
def test_what_gnumeric_ships_and_writes_reads_alike():
    office.require_gnumeric()
    files = written_by_gnumeric()
    assert len(files) >= 3
    assert compared(files) == len(files)


@pytest.mark.prove
@pytest.mark.office
@pytest.mark.parametrize("each", [10, pytest.param(1, marks=pytest.mark.prove)])
def test_what_libreoffice_ships_and_writes_reads_alike(each):
    """One file in ten by ``make test``, every file by ``make prove``."""
    office.require()
    home = Path(shutil.which(str(office.SOFFICE)) or "").resolve().parent.parent
    sources = {path.stem: path.read_bytes() for path in sorted(home.rglob("*.o[td]s"))[::each]}
    assert sources
    files = office.resaved(sources)
    assert compared(files) == len(files)
