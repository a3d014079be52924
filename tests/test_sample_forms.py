"""The forms of other countries in ``samples/forms``, each with its returns through every verb."""

from __future__ import annotations

import csv
import json
import re
import shutil
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import form_returns
import pytest

from commands import Done, xltools
from conftest import ROOT, by_day
from xltools import libreoffice
from xltools.checking.checks import verify
from xltools.collection.merging import merge
from xltools.data.filing import Return
from xltools.document.reader import ReportIdentity, read_document
from xltools.excel.reader import read, read_package
from xltools.excel.writer import write_rollup
from xltools.text import message

FOLDER = ROOT / "samples" / "forms"
SAMPLES = form_returns.samples()
# What is wrong in the third return of each, beside its notes.
WRONG = {
    "nutrition": [
        ("growth.weighed.boys_6_23", "rule-broken", "error"),
        ("outcome.severe_days.number", "rule-warning", "warning"),
    ],
    "performance": [
        ("cover.organization_other", "required", "error"),
        ("cover.spent", "rule-broken", "error"),
        ("cover.start", "rule-broken", "error"),
        ("data.participants.year", "rule-broken", "error"),
        ("data.poor.feb", "rule-broken", "error"),
    ],
    "pathfinders": [
        ("changes.amount[#1]", "rule-broken", "error"),
        ("funding.plan", "required", "error"),
        ("projects.delivery[Hillshire market hall]", "required", "error"),
    ],
    "federal-awards": [
        ("awards.opinion[#1]", "required", "error"),
        ("awards.passed_amount[#3]", "rule-broken", "error"),
    ],
}
# A figure of the district, added by hand.
TOTALS = {
    "nutrition": ("births.live.number", 3 + 9 + 6),
    "performance": ("cover.spent", 3 * Decimal("10000.50")),
    "pathfinders": ("capital.secured.a1", 6 * 121 + 3 * Decimal("0.11")),
    "federal-awards": ("clusters.sfa.amount", 3 * 120000 + 2 * 80000),
}


class Case(NamedTuple):
    """A form and a folder with its returns: ``in`` as they came, ``right`` after the correction, and their roll-up."""

    name: str
    home: Path
    merged: str

    @property
    def sample(self) -> form_returns.Sample:
        return SAMPLES[self.name]

    def done(self, *arguments, status=0) -> Done:
        end = xltools(self.home, *arguments, "--form", FOLDER / f"{self.name}.toml")
        assert end.status == status, end.out + end.err
        return end

    def findings(self, *arguments, status=0) -> list[tuple[str, str, str]]:
        said = json.loads(self.done("verify", *arguments, "--format", "json", status=status).out)["findings"]
        return [(one["cell"], one["code"], one["severity"]) for one in said if one["severity"] != "note"]

    def returns(self) -> list[Return]:
        return [read(path, self.sample.form) for path in sorted((self.home / "right").iterdir())]

    def rolled(self, *parts: Return) -> Return:
        rollup = merge(parts, self.sample.form, self.sample.period, "Northfield").rollup
        return read_package(write_rollup(rollup), "rollup.xlsx", self.sample.form)


@pytest.fixture(scope="module", params=by_day(SAMPLES, 1))
def case(request, tmp_path_factory) -> Iterator[Case]:
    """A form with what its agencies sent, merged after the correction; LibreOffice is tested elsewhere."""
    one = Case(request.param, tmp_path_factory.mktemp(request.param), "")
    for folder in ("in", "right"):
        shutil.copytree(FOLDER / one.name, one.home / folder)
    last = max((one.home / "right").iterdir())
    last.write_bytes(form_returns.workbook(one.sample, 3, one.sample.corrected))
    about = ("--period", one.sample.period, "--district", "Northfield")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(libreoffice, "is_installed", lambda: False)
        said = one.done("merge", "right", *about, "-o", "district.xlsx", "--witness").out
        yield one._replace(merged=said)


def test_a_form_is_sound_and_says_that_it_is_no_original(case):
    assert "no faults" in xltools(case.home, "form", "check", FOLDER / f"{case.name}.toml").out
    form = case.sample.form
    assert "not issued by" in form.notes[0]
    assert ("modelled on" in form.title) == ("Only modelled on" in form.notes[0])


def test_its_workbooks_are_issued(case):
    about = ("--period", case.sample.period, "--district", "Northfield", "--agency", "New", "--code", "009")
    case.done("generate", *about, "-o", "out", "--check")
    (path,) = (case.home / "out").glob("*.xlsx")
    assert read(path, case.sample.form).agency.name == "New"


def test_exactly_what_is_wrong_is_found_and_returned(case):
    first, second, third = sorted((case.home / "in").iterdir())
    assert case.findings(first, second) == []
    assert sorted(case.findings(third, status=1)) == sorted(WRONG[case.name])
    told = [message(finding, "en") for finding in verify(read(third, case.sample.form))]
    of_cells = re.compile("“[是否]”")  # what the cell itself shows
    assert [text for text in told if re.search("[\u4e00-\u9fff]", of_cells.sub("", text))] == []
    case.done("verify", "in", "--return-to", "back", status=1)
    assert {path.name[:3] for path in (case.home / "back").iterdir()} >= {"003"}
    assert not list((case.home / "back").glob("001*"))


def test_what_was_corrected_is_shown(case):
    told = case.done(
        "diff", *(max((case.home / f).iterdir()) for f in ("in", "right")), "--format", "json", status=1
    )
    changed = {one["cell"] for one in json.loads(told.out)}
    days = case.sample.form.days  # the other one was corrected
    figures = {cell for cell, code, _ in WRONG[case.name] if code == "rule-broken" and cell not in days}
    # Lines without a key are not compared one by one.
    assert changed >= {cell if cell in case.sample.form.cells else cell.partition(".")[0] for cell in figures}


def test_the_roll_up_is_sound_and_that_of_its_parts(case):
    assert case.findings("district.xlsx") == []
    one, two, three = case.returns()
    flat = case.rolled(one, two, three)
    tree = case.rolled(case.rolled(one, two), three)
    assert tree.record == flat.record == read(case.home / "district.xlsx", case.sample.form).record
    name, figure = TOTALS[case.name]
    assert flat.record.complete()[name] == figure


def test_the_second_reader_agrees_on_every_file(case):
    agreed = re.search(r"two readers agree: (\d+) of (\d+) figures, 3 of 3 files", case.merged)
    assert agreed, case.merged
    has_sums = any(cell.in_table and cell.additive for cell in case.sample.form.cells.values())
    assert agreed[1] == agreed[2]
    assert (agreed[1] != "0") is has_sums  # of distinct persons there are none


def test_the_report_is_read_back(case):
    """The tables and lists; the choices of a district are counted, which the document does not show."""
    case.done("publish", "district.xlsx", "-o", "report.html", "--draft")
    given = ReportIdentity(case.sample.period, "Northfield")
    content = (case.home / "report.html").read_bytes()
    report = read_document(content, "report.html", case.sample.form, given=given)
    district = read(case.home / "district.xlsx", case.sample.form).record
    tables = case.sample.form.cells.keys() - case.sample.form.field_figures
    read_back, written = report.record.complete(), district.complete()
    assert {n: read_back.get(n) for n in tables} == {n: written.get(n) for n in tables}
    assert {n: len(x) for n, x in report.record.lists.items()} == {
        n: len(x) for n, x in district.lists.items()
    }


def test_the_figures_are_exported(case):
    case.done("export", "right", "-o", "figures.csv")
    with (case.home / "figures.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    name, figure = TOTALS[case.name]
    assert sum(Decimal(row["value"]) for row in rows if row["cell"] == name) == figure
