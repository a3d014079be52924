"""Every kind of workbook and document that is written is valid Open XML, as an outside witness sees it."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

import validator
from conftest import ROOT
from documents import report
from test_account import member, rollup
from xltools.checking.board import board
from xltools.checking.collection import examine
from xltools.data.document import Document
from xltools.data.filing import Stamp
from xltools.data.notes import filling_notes
from xltools.data.period import Period
from xltools.data.record import Agency
from xltools.data.roster import Entry, Roster
from xltools.document.annex import annex_blocks
from xltools.document.blank import blank_form
from xltools.document.gathering import gathered
from xltools.document.writer import render
from xltools.excel.package import patched
from xltools.excel.reader import read, read_package
from xltools.excel.writer import write_return, write_rollup
from xltools.report.slip import returned
from xltools.report.workbook import board_workbook, findings_workbook

pytestmark = pytest.mark.validator


def workbooks(form, sound):
    """Each kind of workbook by the name of its file."""
    stamp = Stamp(form.key, form.edition, Period(2024), Agency("青禾区", "001", "青禾区某局"))
    last = form.complete({name: value + 3 for name, value in sound.items()})
    members = (member("001"), member("002")._replace(kind="部门"))
    problems = [read(path) for path in sorted((ROOT / "samples" / "problems").glob("00[3-6]*.xlsx"))]
    examined = examine(problems)
    roster, day = Roster((Entry("003", "某局", {}), Entry("009", "没报的", {}))), dt.date(2025, 1, 31)
    back = {}
    for one in examined.examined:
        if one.filing.source.name.startswith(("003", "005")) and (found := returned(one)):
            back[f"returned-{found.stem}.xlsx"] = found.workbook(Path(one.filing.source.path).read_bytes())
    district = rollup(members, form, earlier={Period(2023): last})
    return {
        "issued.xlsx": write_return(form, stamp),
        "locked.xlsx": write_return(form, stamp, password="secret", key=b"key", last=last, show_last=True),
        "filled.xlsx": write_return(form, stamp, sound, {"problems.text": "=1 <&> 一段话"}),
        "district.xlsx": write_rollup(district, home=Path("out"), by_kind=True),
        "findings.xlsx": findings_workbook(examined, "zh"),
        "board.xlsx": board_workbook(board(examined, roster, day, day), "收报情况", "zh"),
        **back,
    }


def documents(form, sound):
    """Each kind of document by the name of its file."""
    filing = read_package(
        write_return(
            form, Stamp(form.key, form.edition, Period(2024), Agency("青禾区", "001", "某局")), sound
        ),
        "001.xlsx",
    )
    last = form.complete({name: value + 3 for name, value in sound.items()})
    annex = annex_blocks(filing, form.complete(filing.record.values), {Period(2023): last})
    found = {
        "report.docx": report(form),
        "draft.docx": report(form, draft=True),
        "annex.docx": Document("附件", tuple(annex)),
        "blank.docx": blank_form(form),
        "notes.docx": filling_notes(form),
        "gathered.docx": gathered([filing], form, None, None, "").document,
    }
    return {name: render(document, "docx") for name, document in found.items()}


def test_every_workbook_and_document_is_valid(form, sound, tmp_path):
    validator.require()
    files = workbooks(form, sound) | documents(form, sound)
    assert sum(name.startswith("returned") for name in files) == 2
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    assert validator.complaints(sorted(tmp_path.iterdir())) == {}


def test_the_validator_finds_a_fault(form, tmp_path):
    """The one that Word forgives: a pitch that the schema does not know."""
    validator.require()
    before = render(Document("题", ()), "docx")
    spoilt = patched(before, {"word/fontTable.xml": lambda part: part.replace(b'"default"', b'"auto"')})
    assert spoilt != before
    (tmp_path / "x.docx").write_bytes(spoilt)
    (found,) = validator.complaints([tmp_path / "x.docx"]).values()
    assert all("pitch" in one for one in found)
