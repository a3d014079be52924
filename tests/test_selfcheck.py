"""The page of one agency: every finding that its own file and last year give, and nothing of any other agency."""

from __future__ import annotations

import contextlib
import io
import zipfile
from decimal import Decimal

import fill
import pytest

from commands import xltools
from conftest import ROOT, by_day
from test_page import Page
from xltools.collection import settings
from xltools.data.filing import Return, Stamp
from xltools.data.period import Period
from xltools.data.record import Agency, ListLine
from xltools.data.roster_lines import sender
from xltools.desk import selfcheck, work
from xltools.desk.answering import Request, answer
from xltools.desk.standalone import Before, agency_files, last_year_by_agency
from xltools.excel.writer import write_return
from xltools.form.library import find

SAMPLES = ROOT / "samples"
# What is found by comparing an agency with others, or with the key.
OF_OTHERS = {
    "duplicate-return",
    "two-versions",
    "newer-version",
    "same-return",
    "outlier",
    "roster-codes",
    "seal-missing",
    "seal-broken",
}


@pytest.fixture(scope="session")
def year(tmp_path_factory):
    """The collection of the example year in January, with last year's roll-up, and what was found in its inbox."""
    home = tmp_path_factory.mktemp("year")
    about = ("--district", "青禾区", "--roster", SAMPLES / "roster.csv")
    assert xltools(home, "init", "2023", "--year", 2023, *about).status == 0
    assert xltools(home / "2023", "generate").status == 0
    with contextlib.chdir(home / "2023"):
        fill.last_year()
    assert xltools(home / "2023", "merge").status == 0
    assert xltools(home, "init", "2024", "--year", 2024, *about, "--prior", "2023").status == 0
    assert xltools(home / "2024", "generate").status == 0
    with contextlib.chdir(home / "2024"):
        fill.january()
        seen = work.look(work.Desk("zh")).seen
    return seen._replace(folder=settings.load(home / "2024"))


def checked(folder, entry, path, tmp_path):
    """What the page of *entry* finds in a file."""
    for name, content in agency_files(
        folder, entry, last_year_by_agency(folder).get(entry.code, Before())
    ).items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    content = path.read_bytes()
    with contextlib.chdir(tmp_path), work.arrivals() as arrived:
        with arrived.file(path.name) as add:
            add(content)
        desk = work.Desk("zh", is_page=True, is_check=True)
        found = selfcheck.check(desk, arrived)
        shown = answer(desk, Request("POST", "/receive", {"token": ""}, arrived))
        assert shown.status == 200
        Page(shown.body.decode())
        return found, shown.body.decode(), desk


def places(findings):
    return sorted((f.code, f.cell, f.sheet, f.address) for f in findings if f.code not in OF_OTHERS)


def test_the_page_finds_what_the_coordinator_finds(year, tmp_path):
    count = 0
    roster, folder = year.roster, year.folder
    for number, one in enumerate(year.collection.counting):
        entry = sender(one.filing, roster)
        path = folder.path / one.filing.source.path
        if (
            entry is None
            or not isinstance(one.filing, Return)
            or not path.is_file()
            or path.suffix != ".xlsx"
        ):
            continue
        (found,), shown, desk = checked(folder, entry, path, tmp_path / str(number))
        assert places(found.examined.findings) == places(one.findings), one.filing.source.path
        assert (found.verdict == "check-clean") == (not found.marks)
        assert "xltools" not in shown
        assert not any(f">{finding.code}<" in shown for finding in one.findings)
        if found.marked:
            assert desk.marked[found.sha256][1] == found.marked
        count += bool(found.marks)
    assert count > 3


def test_nothing_of_other_agencies_is_in_a_page(year):
    roster, folder = year.roster, year.folder
    (folder.path / "waivers.csv").write_text(
        "\ufeff" + "单位代码,问题代码,单元格,理由,批准人,日期\n005,jump,,机密,某人,2025-01-01\n",
        encoding="utf-8",
    )
    loaded = settings.load(folder.path)
    entry = roster.get("003")
    files = agency_files(loaded, entry, last_year_by_agency(loaded)[entry.code])
    assert set(files) == {"collection.toml", "roster.csv", "prior/last.xlsx"}
    texts = [files["collection.toml"].decode(), files["roster.csv"].decode()]
    with zipfile.ZipFile(io.BytesIO(files["prior/last.xlsx"])) as book:
        parts = [book.read(name).decode(errors="replace") for name in book.namelist()]
    assert any(entry.name in text for text in parts)
    for other in roster:
        if other.code != entry.code:
            assert not any(other.name in text for text in (*texts, *parts)), other
            assert not any(other.code in text for text in texts), other
    assert not any("机密" in text or "某人" in text for text in (*texts, *parts))


@pytest.mark.parametrize("name", by_day(["空.xlsx", "名单.csv", "别的.txt"], 1))
def test_what_is_no_return_is_never_called_sound(year, tmp_path, name):
    path = tmp_path / name
    path.write_bytes(b"" if name.endswith("xlsx") else "单位,数\n甲,1\n".encode())
    (found,), shown, _ = checked(year.folder, year.roster.get("003"), path, tmp_path / "page")
    assert found.verdict == "check-unread"
    assert found.marks
    assert "没有发现问题" not in shown


def test_the_return_of_another_agency_is_named(year, tmp_path):
    path = next(path for path in (SAMPLES / "clean").iterdir() if path.name.startswith("004"))
    (found,), shown, _ = checked(year.folder, year.roster.get("003"), path, tmp_path)
    assert found.verdict == "check-other"
    assert "名单" not in shown, "the page has one line of the roster, and cannot tell who is on it"


LISTED = """
schema = 2
key = "made"
edition = "1"
title = "A list and what follows from it"
authority = "made"
[cover]
fields = [
  { key = "staff", label = "Staff", kind = "number" },
  { key = "sort", label = "Sort", kind = "choice", from = "sorts" },
]
[[codes]]
key = "sorts"
items = [{ key = "a", label = "A" }, { key = "b", label = "B" }]
[[section]]
key = "register"
title = "Register"
sheet = "Register"
[[section.list]]
key = "loans"
unique = ["name"]
columns = [
  { key = "name", label = "Name", kind = "text", required = true },
  { key = "before", label = "Before" },
  { key = "money", label = "Money" },
]
[[section.list.carry]]
key = "kept"
columns = "before = last.money"
label = "What was left"
authority = "made"
[[section]]
key = "sums"
title = "Sums"
sheet = "Sums"
[[section.block]]
rows = [{ key = "all", label = "All" }]
columns = [{ key = "money", label = "Money", is = "sum(loans.money)" }]
"""


def test_the_lists_and_fields_of_last_year_are_in_the_page_of_a_form_with_lists(tmp_path):
    form_file, roster = tmp_path / "form.toml", tmp_path / "roster.csv"
    form_file.write_text(LISTED, encoding="utf-8")
    roster.write_text("code,name\n001,One\n002,Two\n", encoding="utf-8")
    about = ("--district", "D", "--roster", roster, "--form", form_file)
    form = find(str(form_file))

    def write(home, year, name, before, money):
        stamp = Stamp("made", "1", Period(year), Agency("D", *name))
        lines = {
            "loans": tuple(
                ListLine(i, (who + name[0], before, Decimal(money))) for i, who in enumerate("xy", 1)
            )
        }
        content = write_return(form, stamp, {"cover.staff": Decimal(money)}, {"cover.sort": "b"}, lists=lines)
        (home / "inbox" / f"{name[0]}_{name[1]}_{year}.xlsx").write_bytes(content)

    assert xltools(tmp_path, "init", "2023", "--year", 2023, *about).status == 0
    assert xltools(tmp_path, "init", "2024", "--year", 2024, *about, "--prior", "2023").status == 0
    for name, money in (("001", "One"), 700), (("002", "Two"), 31):
        write(tmp_path / "2023", 2023, name, Decimal(0), money)
        write(tmp_path / "2024", 2024, name, Decimal(money + 1), 10 * money)
    for source in ("returns", "roll-up"):
        if source == "roll-up":
            assert xltools(tmp_path / "2023", "merge").status == 0
        with contextlib.chdir(tmp_path / "2024"):
            seen = work.look(work.Desk("zh")).seen
        folder = settings.load(tmp_path / "2024")
        (entry, _), (one, _) = seen.roster, seen.collection.counting
        (found,), _, _ = checked(folder, entry, tmp_path / "2024" / one.filing.source.path, tmp_path / source)
        assert places(found.examined.findings) == places(one.findings)
        assert {"carry-over"} <= {finding.code for finding in one.findings}
        with zipfile.ZipFile(tmp_path / source / "prior" / "last.xlsx") as book:
            assert not any(b"Two" in book.read(part) for part in book.namelist())
