"""A collection as a folder: made once, and the commands in it need no options."""

from __future__ import annotations

import datetime as dt
import json
import re
import shutil
from decimal import Decimal

import pytest

from conftest import HERE, ROOT, by_day, run
from xltools.collection.settings import load
from xltools.data.finding import Severity
from xltools.data.period import Period
from xltools.errors import XltoolsError

SAMPLES = ROOT / "samples"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    run(
        "init",
        tmp_path / "年报",
        "--year",
        "2024",
        "--district",
        "青禾区",
        "--roster",
        SAMPLES / "roster.csv",
    )
    monkeypatch.chdir(tmp_path / "年报")
    return tmp_path / "年报"


def fill(folder, *names):
    for name in names:
        (path,) = SAMPLES.glob(f"{name}*.xlsx")
        shutil.copy(path, folder / "inbox" / path.name)


def test_a_new_collection_says_what_was_asked(folder):
    made = load(folder)
    assert (made.period, made.district, made.form) == (Period(2024), "青禾区", "xxgk-2021")
    assert made.due == dt.date(2025, 1, 31)
    assert sorted(path.name for path in folder.iterdir()) == [
        "collection.toml", "inbox", "outbox", "roster.csv", "waivers.csv",
    ]  # fmt: skip


def test_a_collection_is_not_made_over_another(folder):
    roster = SAMPLES / "roster.csv"
    found = run("init", folder, "--year", "2024", "--district", "青禾区", "--roster", roster, expect=2)
    assert found.count("exists") == 3


def test_in_it_the_commands_need_no_options(folder):
    run("generate")
    assert len(list((folder / "outbox").iterdir())) == 19
    fill(folder, "clean/001", "clean/002")
    assert "17" in run("merge", expect=1) or not (folder / "district.xlsx").exists()
    run("merge", "--incomplete", expect=1)
    before = (folder / "district.xlsx").read_bytes()
    fill(folder, "clean/003")
    run("merge", "--incomplete", expect=1)
    assert (folder / "district.xlsx").read_bytes() != before
    fill(folder, "problems/005")
    assert "inbox/005" in run("verify", expect=1).replace("\\", "/")
    assert run("read").count("\n") == 4


def test_outside_of_one_what_is_missing_is_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert "option-missing" in run("merge", "x", expect=2)
    assert "paths" in run("verify", expect=2)


def told(folder, old, new):
    file = folder / "collection.toml"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("year = 2024", "yaer = 2024", "unknown-key"),
        ("year = 2024", "", "missing-key"),
        ("year = 2024", 'year = "2024"', "wrong-type"),
        ("[levels]", "[levels]\nblnk = 'error'", "unknown-key"),
        ("[levels]", "[levels]\nblank = 'bad'", "unknown-level"),
        ("[levels]", "[levels]\nnot-a-number = 'note'", "fixed-level"),
        ("[thresholds]", "[thresholds]\nfactor = 0", "not-above-zero"),
        ("[thresholds]", "[thresholds]\nfaktor = 2", "unknown-key"),
        ("[levels]", "[levels", "form-not-toml"),
    ],
)
def test_every_mistake_in_its_settings_is_named(folder, old, new, code):
    told(folder, old, new)
    with pytest.raises(XltoolsError) as caught:
        load(folder)
    assert code in {problem.code for problem in caught.value.problems}


def test_levels_and_thresholds_are_taken(folder):
    told(folder, "[levels]", '[levels]\nblank = "error"\nrule-broken = "question"')
    told(folder, "[thresholds]", "[thresholds]\nfactor = 2.5\npeers = 4")
    policy = load(folder).policy
    assert policy.levels == {"blank": Severity.ERROR, "rule-broken": Severity.QUESTION}
    assert (policy.thresholds.factor, policy.thresholds.peers) == (Decimal("2.5"), 4)


def test_a_level_changes_what_is_added_up(folder):
    fill(folder, "clean/001", "problems/005")
    assert "1 agency merged into" in run("merge", "--incomplete", expect=1)
    told(folder, "[levels]", '[levels]\nrule-broken = "question"')
    assert "2 agencies merged into" in run("merge", "--incomplete", expect=1)


def waive(folder, *lines):
    with (folder / "waivers.csv").open("a", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in lines)


def test_a_waiver_accepts_a_finding_without_hiding_it(folder):
    fill(folder, "clean/001", "problems/005")
    assert "rule-broken" in run("verify", expect=1)
    waive(folder, "005,rule-broken,,已电话核实,王主任,2025-02-03")
    shown = run("verify", expect=1)
    assert "waived (王主任, 2025-02-03): 已电话核实" in shown
    assert "rule-broken" in shown
    assert "2 agencies merged into" in run("merge", "--incomplete", expect=1)


def waivers_workbook(folder, *rows):
    import openpyxl

    book = openpyxl.Workbook()
    for row in (["单位代码", "问题代码", "单元格", "理由", "批准人", "日期"], *rows):
        book.active.append(row)
    book.active["A2"].number_format = "000"
    book.save(folder / "waivers.xlsx")


def test_waivers_may_be_a_workbook(folder):
    (folder / "waivers.csv").unlink()
    waivers_workbook(folder, [5, "rule-broken", None, "已电话核实", "王主任", dt.date(2025, 2, 3)])
    (waiver,) = load(folder).policy.waivers
    assert (waiver.agency, waiver.cell, waiver.date) == ("005", "", "2025-02-03")
    fill(folder, "clean/001", "problems/005")
    assert "waived (王主任, 2025-02-03): 已电话核实" in run("verify", expect=1)


def test_faults_in_a_workbook_of_waivers_are_named_with_their_row(folder):
    (folder / "waivers.csv").unlink()
    waivers_workbook(folder, [5, "rule-broken", None, None, "王主任", dt.date(2025, 2, 3)])
    with pytest.raises(XltoolsError) as caught:
        load(folder)
    assert [(p.code, p.place) for p in caught.value.problems] == [
        ("waiver-blank", f"{folder / 'waivers.xlsx'}:2")
    ]
    (folder / "waivers.xlsx").write_bytes(b"PK")
    with pytest.raises(XltoolsError) as caught:
        load(folder)
    assert [(p.code, p.place) for p in caught.value.problems] == [
        ("roster-unreadable", str(folder / "waivers.xlsx"))
    ]


def test_waivers_in_two_files_are_refused(folder):
    waivers_workbook(folder)
    with pytest.raises(XltoolsError) as caught:
        load(folder)
    (problem,) = caught.value.problems
    assert (problem.code, problem.place) == ("waivers-twice", str(folder / "waivers.csv"))
    assert problem.facts["other"] == "waivers.xlsx"


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("009,rule-broken,,,王,2025-02-03", "waiver-blank"),
        ("009,rule-brokn,,x,王,2025-02-03", "unknown-code"),
        ("009,not-a-number,,x,王,2025-02-03", "fixed-waiver"),
    ],
)
def test_a_waiver_that_says_too_little_or_too_much_is_refused(folder, line, code):
    waive(folder, line)
    with pytest.raises(XltoolsError) as caught:
        load(folder)
    assert [problem.code for problem in caught.value.problems] == [code]


def test_a_roster_in_a_workbook_becomes_text(tmp_path):
    import openpyxl

    book = openpyxl.Workbook()
    for row in (["代码", "名称", "类别"], ["001", "甲局", "部门"]):
        book.active.append(row)
    book.save(tmp_path / "名单.xlsx")
    run("init", tmp_path / "c", "--year", "2025", "--district", "区", "--roster", tmp_path / "名单.xlsx")
    assert (tmp_path / "c" / "roster.csv").read_text(
        encoding="utf-8-sig"
    ) == "代码,名称,类别\n001,甲局,部门\n"


@pytest.mark.parametrize(
    ("cell", "accepted"),
    [("", 2), ("D6", 1), ("三、依申请公开!I6", 1), ("applications.new.natural", 1), ("四、复议诉讼!D6", 0)],
)
def test_a_waiver_covers_the_cells_it_names(folder, cell, accepted):
    fill(folder, "problems/005")
    waive(folder, f"005,rule-broken,{cell},核实,王,2025-02-03")
    out = run("verify", "--format", "json", expect=1)
    assert ("matches no finding" in out) is (accepted == 0)
    found = json.loads(out[out.index("{") :])["findings"]
    assert sum(finding["waiver"] is not None for finding in found) == accepted


def test_the_rollup_lists_what_was_waived_and_stays_a_valid_return(folder):
    import openpyxl

    fill(folder, "clean/001", "problems/005")
    waive(folder, "005,rule-broken,,已电话核实,王主任,2025-02-03")
    run("merge", "--incomplete", expect=1)
    book = openpyxl.load_workbook(folder / "district.xlsx")
    rows = list(book["豁免清单"].iter_rows(min_row=3, values_only=True))
    assert [(row[1], *row[4:]) for row in rows] == [("rule-broken", "已电话核实", "王主任", "2025-02-03")] * 2
    assert "青禾区民政局（005）" in rows[0][0]
    shown = [cell.value for row in book["封面"].iter_rows() for cell in row if cell.value]
    assert any("豁免清单" in str(text) for text in shown)
    found = run("verify", folder / "district.xlsx", "--roster", folder / "roster.csv", expect=1)
    assert "rollup-rows" not in found


# -- a roster that Excel saved, and whom the coordinator means


@pytest.mark.parametrize("encoding", by_day(["utf-8-sig", "gb18030"], 1))
def test_a_roster_that_lost_its_zeros_is_said_once_and_understood(folder, encoding):
    roster = folder / "roster.csv"
    text = re.sub(r"(?m)^0+(\d+),", r"\1,", roster.read_text(encoding="utf-8-sig"))
    roster.write_bytes(text.encode(encoding))
    for path in (SAMPLES / "clean").glob("*.xlsx"):
        shutil.copy(path, folder / "inbox" / path.name)
    found = json.loads(run("verify", "--format", "json"))["findings"]
    assert [f["code"] for f in found] == ["roster-codes"]
    rows = json.loads(run("status", "--format", "json"))["agencies"]
    assert {row["state"] for row in rows} <= {"accepted", "nil"}
    assert run("status").count("roster-codes") == 1
    waive(folder, "1,blank,,核实,王,2025-02-03", "019,blank,,核实,王,2025-02-03")
    out = run("merge", "--exclude", "003", "--reason", "撤销")
    assert "18 agencies merged into" in out
    assert "list of waivers" not in out
    assert out.count("roster-codes") == 1


@pytest.mark.parametrize("wanted", ["005", "5", "青禾区民政局", "民政局"])
def test_a_waiver_names_an_agency_by_code_or_by_name(folder, wanted):
    fill(folder, "problems/005")
    waive(folder, f"{wanted},rule-broken,,已电话核实,王主任,2025-02-03")
    found = run("verify", expect=1)
    assert "waived (王主任, 2025-02-03): 已电话核实" in found
    assert "list of waivers" not in found


@pytest.mark.parametrize("wanted", ["999", "青禾区没有局", "局"])
def test_a_waiver_for_nobody_is_told(folder, wanted):
    fill(folder, "problems/005")
    waive(folder, f"{wanted},rule-broken,,已电话核实,王主任,2025-02-03")
    for command in (["verify"], ["status"], ["merge", "--incomplete"]):
        assert f"no effect: {wanted}." in run(*command, expect=1)


def test_a_waiver_for_an_agency_that_is_left_out_is_not_told(folder):
    fill(folder, "clean/001")
    waive(folder, "002,blank,,核实,王,2025-02-03")
    assert "list of waivers" not in run(
        "merge", "--incomplete", "--exclude", "002", "--reason", "撤销", expect=1
    )


@pytest.mark.parametrize("wanted", by_day(["青禾区财政局", "财政局", "003", "3"], 2))
def test_agencies_are_excluded_by_code_or_by_name(folder, wanted):
    """003 is the 财政局 of the samples."""
    fill(folder, "clean/001", "clean/003")
    names = [line.split(",") for line in (folder / "roster.csv").read_text(encoding="utf-8-sig").splitlines()]
    (code,) = [code for code, name in names if name == "青禾区财政局"]
    wanted = {"003": code, "3": code.lstrip("0")}.get(wanted, wanted)
    out = run("merge", "--incomplete", "--exclude", wanted, "--reason", "撤销", expect=1)
    assert f"青禾区财政局（{code}）：" in out
    assert "撤销" in out


def test_an_exclusion_of_nobody_or_of_several_is_refused(folder):
    fill(folder, "clean/001")
    for wanted, code in (("没有局", "no-such-exclude"), ("青禾区", "several-agencies"), ("青禾区民", None)):
        out = run("merge", "--incomplete", "--exclude", wanted, "--reason", "x", expect=2 if code else 1)
        assert code is None or code in out


def test_of_two_files_of_one_name_the_path_says_which(folder):
    fill(folder, "clean/001")
    (path,) = (folder / "inbox").iterdir()
    (folder / "inbox" / "第二轮").mkdir()
    shutil.copy(path, folder / "inbox" / "第二轮" / path.name)
    out = run("merge", "--incomplete", "--exclude", path.name, "--reason", "旧的", expect=2)
    assert "exclude-several" in out
    assert "第二轮" in out
    for place in (f"第二轮/{path.name}", f"inbox/第二轮/{path.name}"):
        out = run("merge", "--incomplete", "--exclude", place, "--reason", "旧的", "--force", expect=1)
        assert "1 agency merged into" in out
    (folder / "inbox" / "旧" / "inbox").mkdir(parents=True)
    shutil.copy(path, folder / "inbox" / "旧" / "inbox" / path.name)
    again = ("--exclude", f"第二轮/{path.name}", "--reason", "旧的")
    whole = run(
        "merge", "--incomplete", "--exclude", f"inbox/{path.name}", "--reason", "旧的", *again, expect=1
    )
    assert "1 agency merged into" in whole, "a whole path is that file, and not one whose path ends like it"


def test_generate_takes_a_part_of_a_name(folder):
    assert "1" in run("generate", "--agency", "民政局")
    assert [path.name for path in (folder / "outbox").iterdir()] == ["005_青禾区民政局_2024.xlsx"]
    assert "several-agencies" in run("generate", "--agency", "青禾区", expect=2)
    assert "no-such-agency" in run("generate", "--agency", "没有局", expect=2)


def test_last_year_is_named_from_where_one_stands(folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    arguments = ("--year", "2025", "--district", "青禾区", "--roster", SAMPLES / "roster.csv", "--prior")
    for place, named in (("2025", "年报"), ("下/2025", "年报"), ("绝对", tmp_path / "年报")):
        run("init", place, *arguments, named)
        found = load(tmp_path / place)
        assert found.prior.resolve() == tmp_path / "年报"
        text = (tmp_path / place / "collection.toml").read_text(encoding="utf-8")
        assert f'prior = "{"../" * (place.count("/") + 1)}年报"' in text
    assert "no-such-path" in run("init", "2026", *arguments, "没有这个", expect=2)
    assert not (tmp_path / "2026").exists()
    shutil.move("年报", "搬走")
    monkeypatch.chdir("2025")
    assert "prior-gone ../年报" in run("generate", expect=2)


def test_a_roster_without_codes_and_with_a_title_becomes_one_with_codes(tmp_path):
    import openpyxl

    book = openpyxl.Workbook()
    book.active.append(["说明"])
    sheet = book.create_sheet("名单")
    for row in (["报送单位名单"], ["序号", "单位名称"], [1, "甲局"], [2, "乙局"]):
        sheet.append(row)
    book.save(tmp_path / "名单.xlsx")
    run("init", tmp_path / "c", "--year", "2025", "--district", "区", "--roster", tmp_path / "名单.xlsx")
    text = (tmp_path / "c" / "roster.csv").read_text(encoding="utf-8-sig")
    assert text == "单位代码,序号,单位名称\n001,1,甲局\n002,2,乙局\n"
    sheet.insert_rows(3)
    sheet["B3"] = "丙局"
    book.save(tmp_path / "名单.xlsx")
    arguments = ("--district", "区", "--roster", tmp_path / "名单.xlsx", "--prior", tmp_path / "c")
    run("init", tmp_path / "d", "--year", "2026", *arguments)
    text = (tmp_path / "d" / "roster.csv").read_text(encoding="utf-8-sig")
    assert text == "单位代码,序号,单位名称\n003,,丙局\n001,1,甲局\n002,2,乙局\n"


def test_a_form_of_ones_own_is_found_from_inside_the_collection(tmp_path, monkeypatch):
    """Its path is kept relative to the folder of the collection, wherever ``init`` ran."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.toml").write_bytes((HERE / "forms" / "fwzx-2025.toml").read_bytes())
    (tmp_path / "names.csv").write_text("代码,单位\n001,甲局\n", encoding="utf-8")
    run("init", "2026", "--year", 2026, "--district", "青禾区", "--roster", "names.csv", "--form", "own.toml")
    assert 'form = "../own.toml"' in (tmp_path / "2026" / "collection.toml").read_text(encoding="utf-8")
    assert "001" in run("status", "2026", expect=1)
    monkeypatch.chdir(tmp_path / "2026" / "outbox")
    run("generate")
    assert list((tmp_path / "2026" / "outbox").glob("001_*.xlsx"))
