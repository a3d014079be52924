"""The samples: made by their script, sound where they should be, and wrong in the ways they are meant to be."""

from __future__ import annotations

import json
import zlib

import make
import pytest

from conftest import ROOT, unpacked
from xltools.checking.collection import examine
from xltools.collection.inbox import gather
from xltools.collection.roster_files import load_roster
from xltools.data.finding import SEVERITY, Severity
from xltools.data.period import Period
from xltools.excel.reader import read
from xltools.prose.checks import matches
from xltools.prose.mentions import FilingProse

SAMPLES = ROOT / "samples"
ORDINARY = [
    "empty-file",
    "old-format-unreadable",  # but a shell: old-format where what reads it is not installed
    "encrypted",
    "damaged",
    "no-stamp",
    "stamp-edited",
    "wrong-form",
    "wrong-edition",
    "wrong-year",
    "missing-sheet",
    "label-changed",
    "sheet-renamed",
    "table-moved",
    "blank",
    "text-nothing",
    "text-as-number",
    "not-a-number",
    "text-unit",
    "text-change",
    "text-remark",
    "text-vague",
    "negative",
    "not-whole",
    "input-formula",
    "total-wrong",
    "total-typed",
    "total-stale",
    "not-calculated",
    "formula-changed",
    "unprotected",
    "hidden-cells",
    "rule-broken",
    "two-versions",
    "not-on-roster",
    "missing-return",
    "name-differs",
]


def parts(content):
    """What is inside; of a zip that was cut off only how long it is."""
    found = unpacked(content)
    return len(found) if found == content and content.startswith(b"PK") else found


@pytest.fixture(scope="module")
def made():
    """Everything that the script makes, by its name."""
    return make.everything()


def test_the_script_makes_what_is_there(made):
    there = {
        p.relative_to(SAMPLES).as_posix()
        for f in ("clean", "problems", "published", "forms")
        for p in (SAMPLES / f).rglob("*")
        if p.is_file() and p.suffix != ".toml"
    }
    assert there | {"roster.csv"} == set(made)
    for name, content in made.items():
        stored = (SAMPLES / name).read_bytes()
        assert parts(stored) == parts(content), f"{name}: run make samples"
    assert zlib.ZLIB_RUNTIME_VERSION


@pytest.mark.prove
def test_the_script_gives_the_same_bytes_twice(made):
    assert make.everything() == made


def collection(folder):
    return examine(
        [read(path) for path in gather([SAMPLES / folder]).paths],
        load_roster(SAMPLES / "roster.csv"),
        Period(2024),
    )


def test_the_clean_set_is_clean():
    assert collection("clean").findings == ()


def test_the_problems_hold_every_ordinary_mistake():
    codes = {finding.code for finding in collection("problems").findings}
    assert codes >= set(ORDINARY)
    assert set(SEVERITY) >= set(ORDINARY)


def test_each_problem_is_found_where_it_was_made():
    found = {}
    for one in collection("problems").examined:
        found[one.filing.source.name[:3]] = {f.code for f in one.findings} | found.get(
            one.filing.source.name[:3], set()
        )
    assert found["001"] == set()
    assert found["002"] == {"total-wrong", "total-typed"}
    assert found["003"] == {
        *(
            "text-nothing",
            "text-as-number",
            "text-vague",
            "text-change",
            "text-unit",
            "text-remark",
            "not-a-number",
        ),
    }
    assert found["004"] == {"blank"}
    assert found["005"] == {"rule-broken"}
    assert found["008"] == {"two-versions"}
    assert found["010"] == {"total-stale", "not-calculated"}


def test_the_published_reports_have_exactly_their_published_errors():
    filings = {f.source.name: f for f in (read(path) for path in sorted((SAMPLES / "published").iterdir()))}
    errors = {}
    for name, filing in filings.items():
        errors[name] = [
            (f.cell, f.found, f.expected) for f in examine([filing]).findings if f.severity is Severity.ERROR
        ]
    assert errors == {
        "CH01_川汇区政府办公室_2024.xlsx": [],
        "HZ01_洪泽区人民政府_2023.xlsx": [
            ("disputes.review.total", 0, 11),
            ("disputes.after_review.total", 0, 5),
        ],
        "HZ01_洪泽区人民政府_2024.xlsx": [],
    }
    chuanhui = filings["CH01_川汇区政府办公室_2024.xlsx"].record.complete()
    assert chuanhui["applications.new.total"] == 25
    assert chuanhui["applications.granted.total"] == 8
    assert chuanhui["applications.unavailable_not_held.total"] == 17


def test_the_prose_agrees_with_its_own_tables():
    """Every figure in it that the form's words give a meaning, and there are some in each."""
    for path in (SAMPLES / "clean").iterdir():
        filing = read(path)
        told = FilingProse(filing).mentions
        assert len(told) >= 2, path
        assert told == matches(filing), path


def test_the_roster_is_saved_as_excel_in_china_saves_it():
    data = (SAMPLES / "roster.csv").read_bytes()
    assert data.decode("gb18030").startswith("代码,名称\r\n")
    assert json.dumps([entry.code for entry in load_roster(SAMPLES / "roster.csv")][:2]) == '["001", "002"]'
