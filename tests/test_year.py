"""The example year (``samples/year.sh``): from nothing to a published report that says what its agencies' papers say."""

from __future__ import annotations

import json
import shutil
from decimal import Decimal
from pathlib import Path

import docx
import fill
import pytest

from conftest import ROOT, run
from xltools.data.period import Period
from xltools.document.reader import read_document
from xltools.excel.reader import read
from xltools.form.linear import ZERO

JANUARY = {
    "002": {"total-wrong"},
    "003": {"text-vague", "text-nothing"},
    "005": {"rule-broken"},
    "006": {"jump"},
    "007": {"wrong-year"},
    "008": {"two-versions"},
    "010": {"prose-figure"},
    "011": {"jump"},
    "012": {"empty-file"},
    "013": {"blank"},
}
DOCUMENTS = ("report.docx", "report.html", "report.md")


def findings(path: Path) -> list[dict[str, object]]:
    """What verification said, as JSON."""
    return json.loads(path.read_text(encoding="utf-8"))["findings"]


def found(path: Path) -> dict[str, set[str]]:
    """The codes found in files, by the agency's code in front of the file's name."""
    told: dict[str, set[str]] = {}
    for finding in findings(path):
        if finding["file"]:
            told.setdefault(Path(finding["file"]).name[:3], set()).add(finding["code"])
    return told


def truth(code: str) -> dict[str, Decimal]:
    """What the agency's papers say, with what 009 found in March."""
    more = {"applications.new.natural", "applications.granted.natural"} if code == "009" else set()
    values = fill.papers(code, fill.YEAR).values
    return {name: value + (name in more) for name, value in values.items()}


@pytest.mark.prove
def test_the_year(script):
    """One run, looked at from all sides: it takes as long as all that commands take."""
    out, _ = script("year")
    year = out / "2024"
    what_january_brought(year)
    what_was_sent_back(year)
    what_each_correction_settled(year)
    what_was_published(year, out / "2023" / "report.html")


def what_january_brought(year):
    assert found(year / "january.json") == JANUARY
    of_no_file = [finding["code"] for finding in findings(year / "january.json") if not finding["file"]]
    assert of_no_file == ["missing-return"], "015 sent nothing yet; the empty file of 012 is there"
    reminder = (year / "remind.txt").read_text(encoding="utf-8")
    assert reminder.count("青禾区统计局") == 1
    assert "以下 6 个单位的报表需要修改后重报" in reminder


def what_was_sent_back(year):
    assert {path.name[:3] for path in (year / "returned").glob("*.txt")} == set(JANUARY)
    assert not list((year / "returned").glob("012*.xlsx")), "nothing can be marked in an empty file"


def what_each_correction_settled(year):
    assert found(year / "corrected.json") == {"006": {"jump"}}
    (left,) = findings(year / "corrected.json")
    assert left["explanation"] == fill.papers("006", fill.YEAR).reasons["disclosure.coercion.decisions"]
    kept = sorted(path.name for path in (year / "inbox").iterdir())
    assert len(kept) == 17, "one archive of three, and one file of each other agency"
    assert kept[-1] == "公安分局2024年年报.docx"


def what_was_published(year, last_year):
    """The documents, read again from their bytes, say what the papers of nineteen agencies add up to, to the last digit."""
    sums = {
        cell.name: sum((truth(code)[cell.name] for code in fill.AGENCIES), ZERO) for cell in fill.FORM.inputs
    }
    expected = fill.FORM.complete(sums)
    assert len(expected) == 200
    rollup = read(year / "district.xlsx")
    assert rollup.record.complete() == expected
    for name in DOCUMENTS:
        assert read_document((year / name).read_bytes(), name).record.complete() == expected, name
    before = read_document(last_year.read_bytes(), "report.html").record.complete()
    assert rollup.earlier[Period(fill.LAST_YEAR)] == before
    new, change = (
        expected["applications.new.total"],
        expected["applications.new.total"] - before["applications.new.total"],
    )
    said = "\n".join(paragraph.text for paragraph in docx.Document(year / "report.docx").paragraphs)
    assert f"新收政府信息公开申请{new}件，其中自然人申请" in said
    assert f"新收申请数量比上年减少{-change}件，下降" in said
    assert "{" not in said
    assert "【" not in said
    assert (year / "by-page.html").read_bytes() == (year / "report.html").read_bytes()


# -- what a coordinator meets between merging and publishing


@pytest.fixture(scope="module")
def merged(tmp_path_factory):
    """The collections of two years, this one's merged with last year's."""
    home = tmp_path_factory.mktemp("years")
    for number, prior in ((2023, ""), (2024, home / "2023")):
        about = ("--year", str(number), "--district", "青禾区", "--prior", prior)
        run("init", home / str(number), *about, "--roster", ROOT / "samples" / "roster.csv")
        with pytest.MonkeyPatch.context() as here:
            here.chdir(home / str(number))
            run("generate", expect=0)
            for code in fill.AGENCIES:
                told = fill.papers(code, number)
                fill.sent(code, number).write_bytes(fill.filled(fill.issued(code, number).read_bytes(), told))
            run("merge", expect=0)
    return home


@pytest.fixture
def years(merged, tmp_path, monkeypatch):
    shutil.copytree(merged, tmp_path / "years")
    monkeypatch.chdir(tmp_path / "years" / "2024")
    return tmp_path / "years"


def test_last_years_folder_gives_its_roll_up(years):
    assert read(Path("district.xlsx")).earlier.keys() == {Period(2023)}
    assert "to explain jump" in run("verify", expect=0), "and each agency's own figures"


def test_without_a_roll_up_last_year_its_returns_are_compared_and_that_is_said(years):
    (years / "2023" / "district.xlsx").unlink()
    told = run("merge", expect=0)
    assert "jump" in told
    assert "The sheet 历年对比 was left out" in told
    assert "Merge 2023 first" in told
    assert read(Path("district.xlsx")).earlier == {}


def test_an_incomplete_roll_up_does_not_stand_for_last_years_returns(years, monkeypatch):
    monkeypatch.chdir(years / "2023")
    Path("inbox/006_青禾区司法局_2023.xlsx").rename(years / "006.xlsx")
    run("merge", "--incomplete", expect=1)
    (years / "006.xlsx").rename("inbox/006_青禾区司法局_2023.xlsx")
    monkeypatch.chdir(years / "2024")
    told = run("merge", expect=0)
    assert "jump" in told
    assert "The sheet 历年对比 was left out" in told


def test_another_districts_roll_up_is_told(years, monkeypatch):
    monkeypatch.chdir(years)
    shutil.copytree("2023/inbox", "others")  # which is in no collection
    run("merge", "others", "--year", "2023", "--district", "白鹭区", "-o", "other.xlsx", expect=0)
    monkeypatch.chdir(years / "2024")
    told = run("merge", "--prior", "../other.xlsx", expect=0)
    assert "last year's roll-up is for 白鹭区, this one is for 青禾区" in told


def test_what_was_typed_into_the_roll_up_is_taken_over(years):
    former = Path("district.xlsx")
    former.write_bytes(fill.edit(former.read_bytes(), {"overview.proactive": "全区公开信息均在网站发布。"}))
    assert "一、总体情况!A5" in run("merge", expect=0)
    run("publish", "--starter")
    assert "全区公开信息均在网站发布。" in Path("text.md").read_text(encoding="utf-8")
    assert read(former).prose["overview.proactive"] == "全区公开信息均在网站发布。"


def test_a_roll_up_saved_by_another_program_is_replaced(years):
    former = Path("district.xlsx")
    former.write_bytes(fill.clerk.with_property(former.read_bytes(), "xltools.year", "2024"))
    Path("district.manifest.json").write_text("no manifest", encoding="utf-8")
    run("merge", expect=0)


def test_the_districts_own_report_is_no_return_to_it(years):
    run("publish", "--draft", "--format", "html", expect=0)
    run("publish", "--draft", "-o", "report.md", expect=0)
    told = run("verify", "report.html", "report.md", "district.xlsx", expect=0)
    assert "missing-return" not in told
    assert "3 files checked: no errors" in told
    shutil.copy("report.html", "inbox/report.html")
    assert "not-on-roster" in run("merge", expect=1), "but among the returns it would be added to itself"


def test_a_document_and_a_roll_up_are_compared_by_their_figures(years):
    run("publish", "--draft", "--format", "html", expect=0)
    run("diff", "report.html", "district.xlsx", expect=1)
    assert (
        run("diff", "--figures", "report.html", "district.xlsx", expect=0).strip().endswith("0 differences")
    )
    page = Path("report.html").read_text(encoding="utf-8")
    total = str(read(Path("district.xlsx")).record.complete()["disclosure.penalty.decisions"])
    Path("typed.html").write_text(page.replace(f">{total}<", f">{int(total) + 1}<"), encoding="utf-8")
    told = run("diff", "--figures", "district.xlsx", "typed.html", expect=1)
    assert "(+1)" in told
    assert ": 1 difference" in told


def test_an_agencys_report_does_not_take_the_districts_words(years):
    Path("text.md").write_text("# 五、存在的主要问题及改进情况\n全区的问题。\n", encoding="utf-8")
    run("publish", fill.sent("001"), "-o", "001.md", expect=0)
    assert "全区的问题" not in Path("001.md").read_text(encoding="utf-8")


def test_agencies_that_send_reports_do_not_meet_in_another_district(tmp_path, monkeypatch):
    """A report names no district; the one that collects it is its own."""
    monkeypatch.chdir(tmp_path)
    told = ROOT / "samples" / "clean" / "002_青禾区发展和改革局_2024.xlsx"
    run("publish", told, "-o", "2.html", "--format", "html", "--draft")
    for district in ("甲区", "乙区"):
        run("merge", "2.html", "--year", "2024", "--district", district, "-o", f"{district}.xlsx", expect=0)
    told = run(
        "merge", "甲区.xlsx", "乙区.xlsx", "--year", "2024", "--district", "某市", "-o", "市.xlsx", expect=0
    )
    assert "duplicate-return" not in told


def test_last_years_published_page_is_last_year_of_the_district_alone(years):
    with pytest.MonkeyPatch.context() as there:
        there.chdir(years / "2023")
        run("publish", "--draft", "--format", "html", expect=0)
    known = dict(read(Path("district.xlsx")).earlier)
    told = run("merge", "--prior", "../2023/report.html", expect=0)
    assert "agency-new" not in told, "of agencies it says nothing"
    assert "agency-gone" not in told
    assert dict(read(Path("district.xlsx")).earlier) == known
