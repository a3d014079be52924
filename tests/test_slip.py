"""What goes back to an agency: its own file marked, and the same in words; and what comes back of it."""

from __future__ import annotations

import io
import os
import re
import shutil
from dataclasses import replace

import clerk
import openpyxl
import pytest

import casefile
from conftest import ROOT, by_day
from test_folder import folder, run  # noqa: F401  a fixture
from xltools.checking.checks import verify
from xltools.checking.collection import examine
from xltools.data.finding import SEVERITY, Place, Severity
from xltools.data.period import Period
from xltools.data.policy import Policy
from xltools.data.prior import Past
from xltools.data.roster import Entry, Roster
from xltools.excel import marking
from xltools.excel.marking import SlipRow
from xltools.excel.reader import read, read_package
from xltools.form import library
from xltools.form.places import SLIP
from xltools.report.cell_names import with_short_names
from xltools.report.slip import returned
from xltools.text import catalog, finding_text
from xltools.text import clerk as words_of_clerk

PROBLEMS = ROOT / "samples" / "problems"


def one(name, policy=None):
    (path,) = PROBLEMS.glob(name)
    return path.read_bytes(), examine([read(path)], policy=policy).examined[0]


def rows(package):
    page = openpyxl.load_workbook(io.BytesIO(package))[SLIP]
    return [[cell.value for cell in row] for row in page.iter_rows()]


@pytest.mark.parametrize("name", by_day(["002*", "003*", "004*", "005*", "006*", "010*", "013*", "018*"], 2))
def test_the_marked_file_is_the_same_return_with_a_list_in_front(name):
    package, examined = one(name)
    back = returned(examined)
    marked = back.workbook(package)
    again = read_package(marked, "x.xlsx")
    assert again.record.values == examined.filing.record.values
    assert {(f.code, f.cell) for f in verify(again)} == {(f.code, f.cell) for f in examined.filing.findings}
    assert openpyxl.load_workbook(io.BytesIO(marked)).sheetnames[0] == SLIP
    told = "\n".join(str(cell) for row in rows(marked) for cell in row if cell is not None)
    for group in back.groups:
        assert group.lead.code in told  # the key that brings an explanation back
    assert back.text().count("怎样改") == len(back.groups) + 0


def test_two_findings_of_one_cause_are_one_row_and_their_cells_are_listed():
    _, examined = one("005*")
    back = returned(examined)
    assert len([f for f in examined.findings if f.code == "rule-broken"]) == 2
    assert len([g for g in back.groups if g.lead.code == "rule-broken"]) == 1
    text = back.text()
    assert "D6" in text
    assert "I6" in text
    assert "可能原因：" in text


def test_a_sound_return_goes_nowhere():
    (path,) = (ROOT / "samples" / "clean").glob("001*")
    assert returned(examine([read(path)]).examined[0]) is None


def explain(package, code, text):
    """The agency writes into the last open column of the row with that code."""
    page = openpyxl.load_workbook(io.BytesIO(package))[SLIP]
    row = next(r for r in page.iter_rows() if any(cell.value == code for cell in r))
    head = next(r for r in page.iter_rows() if any(str(cell.value).startswith("单位说明") for cell in r))
    column = next(cell.column_letter for cell in head if str(cell.value).startswith("单位说明"))
    return clerk.edited(package, SLIP, {f"{column}{row[0].row}": text})


def test_an_explanation_answers_every_cell_of_its_row():
    policy = Policy(levels={"blank": Severity.QUESTION})
    package, examined = one("004*", policy)
    answered = explain(returned(examined).workbook(package), "blank", "本单位没有这类申请")
    (after,) = examine([read_package(answered, "x.xlsx")], policy=policy).examined
    blanks = [f for f in after.findings if f.code == "blank"]
    assert len(blanks) == 68
    assert {f.explanation for f in blanks} == {"本单位没有这类申请"}
    assert not any(f.is_open for f in blanks)


def test_an_explanation_stays_when_the_file_goes_back_again():
    policy = Policy(levels={"blank": Severity.QUESTION})
    package, examined = one("004*", policy)
    answered = explain(returned(examined).workbook(package), "blank", "没有")
    spoiled = clerk.edited(answered, "二、主动公开", {"B9": "十二件左右"})
    (after,) = examine([read_package(spoiled, "x.xlsx")], policy=policy).examined
    again = returned(after).workbook(spoiled)
    assert "没有" in [cell for row in rows(again) for cell in row]
    (last,) = examine([read_package(again, "x.xlsx")], policy=policy).examined
    assert {f.explanation for f in last.findings if f.code == "blank"} == {"没有"}


# -- the command


@pytest.mark.prove
def test_each_file_with_something_to_mend_goes_back(folder):  # noqa: F811
    for path in PROBLEMS.iterdir():
        shutil.copy(path, folder / "inbox")
    run("verify", "--return-to", "returned", expect=1)
    texts = {path.stem for path in (folder / "returned").glob("*.txt")}
    books = {path.stem for path in (folder / "returned").glob("*.xlsx")}
    assert books < texts
    roster = Roster(
        tuple(Entry(p.name[:3], p.name[4:-10], {}) for p in sorted(PROBLEMS.glob("0*_2024.xlsx")))
    )
    filings = [read(path) for path in PROBLEMS.iterdir()]
    wrong = {o.filing.source.name for o in examine(filings, roster, Period(2024)).examined if returned(o)}
    assert {f"{name.rpartition('.')[0]}_需修改" for name in wrong} <= texts
    assert {
        s for s in texts - books if "012" not in s
    } == set()  # only what cannot be opened goes without its file
    before = (folder / "returned" / "005_青禾区民政局_2024_需修改.xlsx").read_bytes()
    run("verify", "--return-to", "returned", expect=1)
    assert (folder / "returned" / "005_青禾区民政局_2024_需修改.xlsx").read_bytes() == before


def test_what_goes_back_is_not_put_among_the_returns(folder):  # noqa: F811
    shutil.copy(next(PROBLEMS.glob("005*")), folder / "inbox")
    assert "returns-among-inputs" in run("verify", "--return-to", "inbox", expect=2)
    assert "returns-among-inputs" in run("verify", "--return-to", "inbox/退回", expect=2)
    assert len(list((folder / "inbox").iterdir())) == 1


def test_what_is_right_meanwhile_is_taken_away_from_what_goes_back(folder):  # noqa: F811
    """But nothing that somebody changed there, or put there."""
    for path in (*PROBLEMS.glob("005*"), *PROBLEMS.glob("006*")):
        shutil.copy(path, folder / "inbox")
    run("verify", "--return-to", "returned", expect=1)
    home = folder / "returned"
    (home / "笔记.txt").write_text("电话已打")
    (text,) = home.glob("006*.txt")
    text.write_text("改过")
    for path in (folder / "inbox").iterdir():
        path.unlink()
    shutil.copy(next(PROBLEMS.glob("005*")), folder / "inbox")
    run("verify", "--return-to", "returned", expect=1)
    left = sorted(path.name for path in home.iterdir() if not path.name.startswith("."))
    assert left == sorted(
        ["005_青禾区民政局_2024_需修改.txt", "005_青禾区民政局_2024_需修改.xlsx", text.name, "笔记.txt"]
    )


def test_a_folder_of_what_goes_back_is_not_read(folder):  # noqa: F811
    shutil.copy(next(PROBLEMS.glob("005*")), folder / "inbox")
    run("verify", "--return-to", "returned", expect=1)
    shutil.move(folder / "returned", folder / "inbox" / "退回")
    out = run("verify", expect=1)
    assert "退回" in out
    assert "需修改" not in out


def test_names_do_not_grow_with_each_round():
    _, examined = one("005*")
    again = examined.filing.source._replace(path="005_青禾区民政局_2024_需修改_需修改.xlsx")
    examined = examined._replace(filing=replace(examined.filing, source=again))
    assert returned(examined).stem == "005_青禾区民政局_2024_需修改"


def test_a_member_of_an_archive_goes_back_as_a_file(folder):  # noqa: F811
    import zipfile

    with zipfile.ZipFile(folder / "inbox" / "全部.zip", "w") as archive:
        for path in PROBLEMS.glob("005*"):
            archive.write(path, path.name)
    run("verify", "--return-to", "returned", expect=1)
    assert (folder / "returned" / "005_青禾区民政局_2024_需修改.xlsx").exists()


def test_two_files_of_one_name_keep_apart(folder):  # noqa: F811
    (path,) = PROBLEMS.glob("005*")
    for name in ("a", "b"):
        (folder / "inbox" / name).mkdir()
        shutil.copy(path, folder / "inbox" / name)
    changed = clerk.edited(path.read_bytes(), "二、主动公开", {"B9": 3})
    (folder / "inbox" / "b" / path.name).write_bytes(changed)
    run("verify", "--return-to", "returned", expect=1)
    assert len(list((folder / "returned").glob("*.xlsx"))) == 2


def test_what_could_not_even_be_opened_goes_back_in_words(folder):  # noqa: F811
    """A file beyond the limit, and one that is empty: there is nothing to mark, and the work goes on."""
    shutil.copy(next(PROBLEMS.glob("005*")), folder / "inbox")
    (folder / "inbox" / "001_大.xlsx").write_bytes(bytes(100_000))
    (folder / "inbox" / "002_空.xlsx").write_bytes(b"")
    run("verify", "--return-to", "returned", "--limit", "file=90K", expect=1)
    assert {path.name for path in (folder / "returned").iterdir()} == {
        ".xltools-returned",
        "001_大_需修改.txt",
        "002_空_需修改.txt",
        "005_青禾区民政局_2024_需修改.txt",
        "005_青禾区民政局_2024_需修改.xlsx",
    }


def test_a_defect_while_one_file_is_marked_leaves_the_others(folder, monkeypatch):  # noqa: F811
    guilty = next(PROBLEMS.glob("003*")).read_bytes()

    def failing(package, *arguments):
        if package == guilty:
            raise RuntimeError("unforeseen")
        return marking.marked(package, *arguments)

    monkeypatch.setattr("xltools.report.slip.marked", failing)
    for name in ("003", "005", "006"):
        shutil.copy(next(PROBLEMS.glob(f"{name}*")), folder / "inbox")
    with pytest.raises(AssertionError, match="unforeseen"):
        run("verify", "--return-to", "debugged")
    monkeypatch.delenv("XLTOOLS_DEBUG")
    said = run("verify", "--return-to", "returned", expect=1)
    assert "3 files to send back" in said
    assert "(1 as text only)" in said
    assert {path.name[:3] for path in (folder / "returned").glob("*.xlsx")} == {"005", "006"}
    assert {path.name[:3] for path in (folder / "returned").glob("*.txt")} == {"003", "005", "006"}


@pytest.mark.skipif(os.name == "nt", reason="Windows allows no such names")
def test_names_of_what_goes_back_are_harmless(folder):  # noqa: F811
    names = ("-rf\x1b[2J\n局.xlsx", "\u202ex:*?.xlsx", "长" * 80 + ".xlsx")
    for name, problem in zip(names, ("003*", "005*", "006*"), strict=True):
        shutil.copy(next(PROBLEMS.glob(problem)), folder / "inbox" / name)
    run("verify", "--return-to", "returned", expect=1)
    expected = {"_rf_[2J_局_需修改", "_x____需修改", "长" * 66 + "_需修改"}
    for suffix in ("txt", "xlsx"):
        assert {path.stem for path in (folder / "returned").glob(f"*.{suffix}")} == expected


# -- what is said to the agency


def slip_of(package):
    """The rows of the list below its head, as dictionaries by head."""
    table = rows(package)
    start = next(n for n, row in enumerate(table) if row[0] == "序号")
    return [dict(zip(table[start], row, strict=True)) for row in table[start + 1 :]]


def listed(package, policy=None, past=None):
    """The list of a file that goes back, and its text."""
    (examined,) = examine([read_package(package, "x.xlsx")], policy=policy, past=past).examined
    back = returned(examined)
    return slip_of(back.workbook(package)), back.text()


def test_what_the_workbook_counts_as_wrong_is_on_the_list_whatever_its_level():
    package = casefile.package(
        {"type": {"applications.new.natural": "25件", "disclosure.fees.amount": "2.5万元", "disclosure.penalty.decisions": "约3"}}
    )  # fmt: skip
    found, _ = listed(package)
    assert {"25件", "2.5万元"} <= {row["现在填的"] for row in found}
    lenient = Policy(levels=dict.fromkeys(("rule-broken", "text-nothing"), Severity.NOTE))
    typed = {
        "disclosure.penalty.decisions": "约3",
        "disclosure.coercion.decisions": "/",
        "applications.new.natural": 999,
    }
    found, _ = listed(casefile.package({"type": typed}), lenient)
    assert {row["xltools_slip"] for row in found} >= {"text-vague", "text-nothing", "rule-broken"}


def test_no_figure_is_called_right_unless_its_cell_is_known_to_be_wrong():
    for name in ("003*", "005*", "006*", "010*"):
        package, _ = one(name)
        for row in listed(package)[0]:
            is_right = str(row["核对情况"]).startswith("应为 ")
            assert is_right <= (
                row["xltools_slip"] in {"text-as-number", "total-wrong", "total-stale", "formula-wrong"}
            )
            if row["xltools_slip"] == "rule-broken":
                assert str(row["核对情况"]).startswith("两边 ")
                assert row["现在填的"] is None
                assert row["项目"]


def test_last_years_figure_is_called_last_years():
    package = casefile.package({})
    filing = read_package(package, "x.xlsx")
    before = {name: value * 20 + 60 for name, value in filing.record.values.items()}
    past = Past(
        filing.form,
        filing.stamp.period.previous,
        {filing.agency: filing.form.complete(before)},
        frozenset((filing.agency,)),
    )
    found, text = listed(package, past=past)
    about_last = [row for row in found if row["xltools_slip"] in {"jump", "carry-over", "stock"}]
    assert {row["xltools_slip"] for row in about_last} == {"jump", "carry-over", "stock"}
    for row in about_last:
        assert "应为" not in row["核对情况"]
        assert "上年" in row["核对情况"].split("\n")[0]
    assert "应为" not in text


def test_labels_are_those_that_people_use():
    package = casefile.package(
        {"type": {"disclosure.licensing.decisions": "约3", "applications.new.natural": "约4"}}
    )
    found, text = listed(package)
    assert {row["项目"] for row in found} >= {"行政许可", "一、本年新收政府信息公开申请数量（自然人）"}
    assert " · " not in text
    assert "第二十条" not in text


@pytest.mark.parametrize("form", library.names())
def test_no_two_cells_of_a_section_have_one_name(form):
    definition = library.find(form)
    for section in definition.sections:
        labels = [cell.label for cell in definition.cells.values() if cell.section is section]
        names = [with_short_names(label, definition, section) for label in labels]
        assert len(set(names)) == len(set(labels))
        assert all(len(name) <= len(label) for name, label in zip(names, labels, strict=True))


_OF_THE_PROGRAM = re.compile(r"--\w|xltools|\bpip\b|[Pp]ython|\.toml|waivers|附加包|\[\w+\]|Dask")
_ONLY_FOR_COORDINATORS = {"waiver-lapsed", "witness-differs", "issued-differs"}


@pytest.mark.parametrize("code", sorted(SEVERITY))
def test_no_word_of_the_program_in_what_agencies_read(code):
    words = finding_text(code, "zh")
    texts = [words.message, words.message_for_many, *words.mend]
    for text in texts if code not in _ONLY_FOR_COORDINATORS else ():
        assert not _OF_THE_PROGRAM.search(text), text
        plain = re.sub(r"\{[^}]*\}", "", text)
        assert not [other for other in SEVERITY if re.search(rf"(?<![a-z]){other}(?![a-z])", plain)], text
    column = words_of_clerk()("returned.on-slip")
    assert all(column in step for step in words.mend if "需要修改的地方" in step)


def test_no_word_of_the_program_in_the_other_words():
    texts = {
        f"{part}.{key}": words_of_clerk()._sections[part][key]
        for part in ("slip", "returned", "right")
        for key in words_of_clerk().keys(part)
    }
    texts |= {
        f"{part}.{key}": catalog("zh")._sections[part][key]
        for part in ("cause", "finding-part")
        for key in catalog("zh").keys(part)
    }
    of_settings = ("finding-part.type-", "finding-part.toml-", "finding-part.codes")
    assert not [
        text
        for key, text in texts.items()
        if _OF_THE_PROGRAM.search(text) and not key.startswith(of_settings)
    ]


def test_a_text_without_a_marked_file_speaks_of_none(folder):  # noqa: F811
    (folder / "inbox" / "003_青禾区教育局_2024.pdf").write_bytes(b"%PDF-1.4\n")
    run("verify", "--return-to", "returned", expect=1)
    text = (folder / "returned" / "003_青禾区教育局_2024_需修改.txt").read_text(encoding="utf-8-sig")
    assert text.startswith("【退回修改】青禾区教育局（003）：003_青禾区教育局_2024.pdf 有 1 处")
    assert "退回的" not in text
    assert "清单" not in text
    _, examined = one("010*")
    policy = Policy(levels={"blank": Severity.QUESTION})
    (examined,) = examine([examined.filing], policy=policy).examined
    assert "需要修改的地方" not in returned(examined).text(is_marked=False)


def test_a_file_of_nobody_that_is_no_return_is_not_sent_back(folder):  # noqa: F811
    book = openpyxl.Workbook()
    book.active["A1"] = "名称"
    for name in ("名单.xlsx", "003_青禾区教育局.xlsx"):
        book.save(folder / "inbox" / name)
    (folder / "inbox" / "通知.txt").write_text("请各单位尽快报送", encoding="utf-8")
    run("verify", "--return-to", "returned", expect=1)
    names = {path.name for path in (folder / "returned").glob("*.txt")}
    assert names == {"003_青禾区教育局_需修改.txt"}


def test_a_text_of_many_places_and_lines_is_whole():
    places = tuple(Place("二、主动公开", f"{column}{row}") for column in "BCDEFG" for row in range(5, 60, 2))
    long = SlipRow(
        "三、依申请公开!" + "、".join(p.address for p in places),
        "项目",
        "1",
        "甲" * 3000,
        "乙\n" * 80,
        places,
    )
    package = casefile.package({})
    page = openpyxl.load_workbook(
        io.BytesIO(marking.marked(package, [], marking.Slip((long, SlipRow("整个文件"))))), data_only=True
    )[SLIP]
    table = [row for row in page.iter_rows(min_row=4) if row[0].value == 1]
    assert len(table) > 3
    assert all(page.row_dimensions[row[0].row].height <= 409 for row in table)
    assert "".join(row[4].value or "" for row in table) == "甲" * 3000
    assert "".join(row[1].value or "" for row in table) == long.place
    assert sum((row[5].value or "").count("乙") for row in table) == 80
    assert [row[0].value for row in page.iter_rows(min_row=4)][-1] == 2
