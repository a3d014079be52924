"""The findings as a workbook: every one in a row, texts that stay texts, the same bytes each time."""

from __future__ import annotations

import io
from decimal import Decimal

import openpyxl
import pytest

from conftest import ROOT, by_day
from xltools.checking.collection import Collection, Examined, examine
from xltools.collection.roster_files import load_roster
from xltools.data.filing import RefusedFile, Source
from xltools.data.finding import Finding, Place, Severity, Waiver
from xltools.data.period import Period
from xltools.excel.reader import read
from xltools.report.workbook import findings_workbook
from xltools.text import message


@pytest.fixture(scope="module")
def problems():
    filings = [read(path) for path in sorted((ROOT / "samples" / "problems").iterdir())]
    return examine(filings, load_roster(ROOT / "samples" / "roster.csv"), Period(2024))


def opened(content):
    return openpyxl.load_workbook(io.BytesIO(content))


def rows(sheet):
    return [list(row) for row in sheet.iter_rows(values_only=True)]


@pytest.mark.parametrize("lang", by_day(["zh", "en"], 1))
def test_every_finding_has_its_row_and_every_agency_its_line(problems, lang):
    findings, agencies = opened(findings_workbook(problems, lang)).worksheets
    told = rows(findings)
    column = len(told[0]) - 5
    assert sorted(row[column] for row in told[1:]) == sorted(message(f, lang) for f in problems.findings)
    lines = rows(agencies)[1:]
    assert len(lines) == len(problems.examined) + len(problems.missing)
    counts = [sum(line[3 + index] for line in lines) for index in range(len(Severity))]
    assert counts == [problems.count(severity) for severity in Severity]


def test_it_is_made_for_filtering(problems):
    for sheet in opened(findings_workbook(problems, "zh")):
        assert sheet.freeze_panes == "A2"
        assert sheet.auto_filter.ref == sheet.dimensions
        assert not sheet.protection.sheet
        assert all(cell.alignment.wrap_text for row in sheet.iter_rows() for cell in row)
        assert sheet.print_title_rows == "$1:$1"
    assert opened(findings_workbook(problems, "zh")).security is None


def test_no_text_becomes_a_formula_a_link_or_damage():
    evil = "=cmd|' /C calc'!A0\x1b\u202e\ud800"
    place = Place("s", "A1")
    waiver = Waiver("1", "blank", "", evil, evil, evil)
    findings = (
        Finding("wrong-year", evil, evil, evil, "A1", evil, evil, "http://example.org", explanation=evil),
        Finding("wrong-year", found="+1", expected="x" * 40_000, others=(place, place), waiver=waiver),
        Finding(
            "not-whole", found=Decimal("1234567890123456.5"), expected=Decimal("-3.5"), facts={"label": "x"}
        ),
    )
    filing = Examined(RefusedFile(Source(f"{evil}.xlsx")), findings)
    sheet = opened(findings_workbook(Collection((filing,)), "en")).worksheets[0]
    assert {cell.data_type for row in sheet.iter_rows() for cell in row if cell.value is not None} == {
        "s",
        "n",
    }
    assert not sheet._hyperlinks
    texts = [cell for row in sheet.iter_rows(min_row=2) for cell in row if cell.data_type == "s"]
    assert all(cell.quotePrefix for cell in texts)
    told = rows(sheet)
    assert told[1][7] == "=cmd|' /C calc'!A0\ufffd\ufffd\ufffd"
    assert told[3][6:8] == ["s!A1\ns!A1", "+1"]  # accepted: last
    assert len(told[3][8]) < 32_767
    assert told[2][7:9] == ["1234567890123456.5", -3.5]
    assert told[3][-2].startswith("waived (=cmd")


def test_a_collection_without_findings_gives_lists_without_rows():
    findings, agencies = opened(findings_workbook(Collection(()), "zh")).worksheets
    assert findings.max_row == agencies.max_row == 1


def test_the_same_collection_gives_the_same_bytes(problems):
    assert findings_workbook(problems, "zh") == findings_workbook(problems, "zh")
