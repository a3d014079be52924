"""A year of 临江区 with its mishaps: ``samples/mishaps.sh``, whose commands all end as they should, looked at from all sides."""

from __future__ import annotations

import json
import re
from decimal import Decimal

import mishaps
import pytest

from conftest import ROOT
from test_docs import CHECK
from xltools.collection import journal
from xltools.excel.reader import read
from xltools.form.linear import ZERO

pytestmark = pytest.mark.prove  # the script gives some sixty commands


@pytest.fixture(scope="module")
def year(script):
    """The folder of the year 2024, and what the script printed, in English."""
    out, said = script("mishaps", SAY="en", COLUMNS="200")
    return out / "2024", said


def shown_in(document):
    """What a document shows of it."""
    text = (ROOT / "docs" / document).read_text(encoding="utf-8").partition("samples/mishaps.sh")[2]
    return next(content for language, _, content in CHECK.FENCE.findall(text) if language == "text")


def test_the_document_shows_what_it_prints(year):
    assert list(CHECK.differences(shown_in("year.md"), year[1])) == []


def test_the_chinese_document_shows_what_it_prints(script):
    _, said = script("mishaps", SAY="zh", COLUMNS="200")
    assert list(CHECK.differences(shown_in("year.zh-CN.md"), said)) == []


def test_no_return_is_lost_and_every_figure_is_the_agencys(year):
    """The district's figures are what the records of the agencies add up to, with the late correction of 012."""
    folder, _ = year
    district = read(folder / "district.xlsx")
    assert [member.agency.code for member in district.members] == mishaps.NOW
    for cell in mishaps.FORM.inputs:
        values = [mishaps.truth(code).values[cell.name] for code in mishaps.NOW]
        late = Decimal(3) if cell.name == mishaps.REPEALED else ZERO
        assert district.record.values[cell.name] == sum(values, late), cell.name


def test_the_inbox_holds_one_file_for_each_agency_and_versions_the_others(year):
    folder, _ = year
    codes, replaced = (
        sorted(path.name.partition("_")[0].zfill(3) for path in (folder / name).iterdir())
        for name in ("inbox", "versions")
    )
    assert codes == mishaps.NOW
    # The unanswered file of 006, and the two halves of 018; the old mail of 003 holds the version that is there.
    twice = ["006", "018"]
    assert replaced == sorted([*twice, "003", "006", "009", "012", "017", "018", "019", "020", "021"])


def test_each_mishap_was_named_and_each_step_said_what_is_next(year):
    _, said = year
    for words in (
        "two-versions",
        "table-twice",
        "wrong-year",
        "empty-file",
        "not-a-workbook",
        "roster-codes",
    ):
        assert words in said, words
    steps = re.findall(r"(?m)^Next: xltools ([a-z]+)|^Next: (some)", said)
    assert [one or other for one, other in steps][-3:] == ["verify", "publish", "verify"]


def test_the_text_follows_the_figures(year):
    """When the text was written nothing had been repealed; the published one says that three documents were."""
    folder, _ = year
    report = (folder / "report.md").read_text(encoding="utf-8")
    assert "废止3件" in report
    assert "没有废止" not in report


def test_the_journal_tells_it_and_decides_nothing(year):
    folder, _ = year
    known = journal.read(folder)
    assert known.faults == ()
    kinds = {event.what for event in known.events}
    assert kinds >= {"issued", "received", "replaced", "found", "returned", "accepted", "merged", "published"}
    manifest = json.loads((folder / "district.manifest.json").read_text(encoding="utf-8"))
    assert {one["status"] for one in manifest["inputs"]} == {"included"}
