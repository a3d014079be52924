"""What a collection remembers: the journal of its commands, the history of a return and of a figure, what was accepted."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import shutil
import zipfile
from dataclasses import replace
from decimal import Decimal

import clerk
import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import by_day, examples, run, sound_prose, sound_values
from test_slip import explain
from xltools.checking.collection import examine
from xltools.checking.versions import reading_digest
from xltools.collection import journal, locking
from xltools.collection.accepting import with_waivers
from xltools.collection.manifest import hash_of
from xltools.collection.settings import load
from xltools.data.filing import Stamp
from xltools.data.finding import Finding, Waiver
from xltools.data.period import Period
from xltools.data.policy import Policy
from xltools.data.record import Agency
from xltools.excel.reader import read_package
from xltools.excel.writer import write_return
from xltools.form.layout import layout
from xltools.form.library import find

LICENCES, FEES = "disclosure.licensing.decisions", "disclosure.fees.amount"
NAMES = {"001": "青禾区教育局", "002": "青禾区民政局", "003": "青禾区司法局"}
HEADS = "单位代码,问题代码,单元格,理由,批准人,日期"


def package(code, **values):
    """A sound return but for *values*, which are given without the dots in their names; ``None`` leaves a cell blank."""
    form = find("xxgk-2021")
    figures = sound_values(int(code)) | {
        "disclosure." + name.replace("__", "."): v for name, v in values.items()
    }
    figures = {name: Decimal(value) for name, value in figures.items() if value is not None}
    stamp = Stamp(form.key, form.edition, Period(2024), Agency("青禾区", code, NAMES[code]))
    return write_return(form, stamp, figures, sound_prose())


BLANK = {"licensing__decisions": None}  # a warning
WRONG = "若干"  # an error


@pytest.fixture(scope="module")
def packages():
    return {"001": package("001"), "002": package("002", **BLANK), "003": package("003")}


@pytest.fixture
def year(tmp_path, monkeypatch, packages):
    """A collection of three agencies, the returns of which have just come in; one has a blank."""
    lines = ["代码,名称", *(f"{code},{name}" for code, name in NAMES.items())]
    (tmp_path / "名单.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    for code, content in packages.items():
        (tmp_path / "来件").mkdir(exist_ok=True)
        (tmp_path / "来件" / f"{code}.xlsx").write_bytes(content)
    about = ("--year", "2024", "--district", "青禾区", "--roster", tmp_path / "名单.csv")
    run("init", tmp_path / "年报", *about)
    monkeypatch.chdir(tmp_path / "年报")
    settings_file = tmp_path / "年报" / "collection.toml"
    text = settings_file.read_text(encoding="utf-8").replace('who = ""', 'who = "张三"')
    settings_file.write_text(text, encoding="utf-8")
    return tmp_path / "年报"


def events(folder, *kinds):
    found = journal.read(folder)
    assert found.faults == ()
    return [event for event in found.events if event.what in kinds or not kinds]


def kinds(folder):
    return [event.what for event in events(folder)]


def inbox(folder, code):
    return folder / "inbox" / f"{code}_{NAMES[code]}_2024.xlsx"


def typed(path, name, content):
    sheet, address = layout(find("xxgk-2021")).address(name)
    path.write_bytes(clerk.edited(path.read_bytes(), sheet, {address: content}))


def resaved(path):
    openpyxl.load_workbook(path).save(path)


def sent_back(folder, code):
    (marked,) = folder.glob(f"退回/{code}*.xlsx")
    return marked


# -- what is recorded


def test_each_command_records_what_it_did(year):
    run("generate")
    assert kinds(year) == ["begun", "issued", "issued", "issued"]
    (first, *_) = events(year, "issued")
    assert first.sha256 == hash_of((year / first.file).read_bytes())
    run("generate")
    assert len(events(year)) == 4, "nothing was written"

    run("receive", "../来件")
    taken = events(year, "received")
    assert [event.agency for event in taken] == ["001", "002", "003"]
    assert {event.who for event in taken} == {"张三"}
    for event in taken:
        assert hash_of((year / event.file).read_bytes()) == event.sha256
        assert event.facts["from"].endswith(f"来件/{event.agency}.xlsx")

    assert [event.facts["warnings"] for event in events(year, "found")] == [0, 1, 0]
    (blank,) = events(year, "found")[1].facts["findings"]
    assert blank.startswith("blank 二、主动公开!")
    for command in ((), ("verify",), ("status",), ("merge",), ("receive", "../来件")):
        run(*command)
        assert len(events(year, "found")) == 3, "nothing was found that was not found before"

    (merged,) = events(year, "merged")
    assert merged.sha256 == hash_of((year / "district.xlsx").read_bytes())
    known = json.loads((year / "district.manifest.json").read_text(encoding="utf-8"))
    assert merged.facts["parts_sha256"] == known["output"]["parts_sha256"]
    assert {one["sha256"] for one in merged.facts["files"]} == {event.sha256 for event in taken}

    run("publish", "-o", "草稿.md", "--draft")
    assert events(year, "published") == [], "a draft is not the report"
    run("publish", "--starter")
    text = (year / "text.md").read_text(encoding="utf-8")
    for start, end in (("【", "】"),):
        while start in text:
            text = text.partition(start)[0] + "无" + text.partition(start)[2].partition(end)[2]
    (year / "text.md").write_text(text, encoding="utf-8")
    run("publish", "-o", "report.md")
    (published,) = events(year, "published")
    assert published.sha256 == hash_of((year / "report.md").read_bytes())
    assert published.facts["from_sha256"] == merged.sha256


@pytest.mark.parametrize(
    "command",
    [
        ("verify",),
        ("merge",),
        *(
            pytest.param(c, marks=pytest.mark.prove)
            for c in ((), ("status",), ("accept", "002", "--reason", "x"))
        ),
    ],
)
def test_whatever_command_looks_at_the_inbox_records_the_same_findings(command, year, tmp_path):
    for path in (tmp_path / "来件").iterdir():
        shutil.copy(path, inbox(year, path.stem))
    run(*command)
    found = events(year, "found")
    (year / journal.FILE).unlink()
    (year / "waivers.csv").unlink()
    run("verify")
    assert [replace(one, when="") for one in found] == [
        replace(one, when="") for one in events(year, "found")
    ]
    assert [one.facts["warnings"] for one in found] == [0, 1, 0]


def test_a_correction_is_recorded_from_the_return_to_the_replacement(year, tmp_path):
    typed(tmp_path / "来件" / "003.xlsx", LICENCES, WRONG)
    run("receive", "../来件", expect=1)
    run("verify", "--return-to", "退回", expect=1)
    assert [event.agency for event in events(year, "returned")] == ["002", "003"]
    answer = sent_back(year, "003")
    typed(answer, LICENCES, 4)
    shutil.move(answer, tmp_path / "again.xlsx")
    run("receive", "../again.xlsx")
    (replaced,) = events(year, "replaced")
    assert replaced.agency == "003"
    assert replaced.file.startswith("versions/")
    assert (
        replaced.sha256 == hash_of((year / replaced.file).read_bytes()) == events(year, "received")[2].sha256
    )
    assert replaced.facts["by_sha256"] == hash_of(inbox(year, "003").read_bytes())


def test_an_explanation_is_recorded_once_and_is_a_reason_of_its_figure(year, tmp_path):
    settings_file = year / "collection.toml"
    text = settings_file.read_text(encoding="utf-8").replace("[levels]", '[levels]\nblank = "question"')
    settings_file.write_text(text, encoding="utf-8")
    run("receive", "../来件")
    run("verify", "--return-to", "退回")
    answered = explain(sent_back(year, "002").read_bytes(), "blank", "本单位没有这类事项")
    (tmp_path / "答复.xlsx").write_bytes(answered)
    run("receive", "../答复.xlsx")
    for _ in range(2):
        run("verify")
    (explained,) = events(year, "explained")
    assert explained.agency == "002"
    assert explained.sha256 == hash_of(answered)
    assert explained.facts == {"finding": "blank", "cell": LICENCES, "text": "本单位没有这类事项"}
    resaved(inbox(year, "002"))
    run("verify")
    assert len(events(year, "explained")) == 1
    assert "本单位没有这类事项" in run("history", "002")
    found = json.loads(run("history", LICENCES, "--format", "json"))
    assert found["agencies"][1]["reasons"] == [
        {
            "kind": "explanation",
            "finding": "blank",
            "text": "本单位没有这类事项",
            "who": "",
            "date": "",
        }
    ]
    assert "nothing-to-accept" in run("accept", "002", "--reason", "x", expect=2), "it is answered"
    run("accept", "002", "blank", "--reason", "x")


@pytest.mark.prove
def test_a_version_that_a_slip_replaces_in_the_inbox_is_recorded_once(year, tmp_path):
    typed(tmp_path / "来件" / "003.xlsx", LICENCES, WRONG)
    run("receive", "../来件", expect=1)
    run("verify", "--return-to", "退回", expect=1)
    answer = sent_back(year, "003")
    typed(answer, LICENCES, 4)
    shutil.move(answer, year / "inbox" / "更正.xlsx")
    run("merge")
    run("merge")
    (replaced,) = events(year, "replaced")
    assert replaced.file == f"inbox/003_{NAMES['003']}_2024.xlsx"
    assert replaced.facts["by"] == "inbox/更正.xlsx"
    assert len(events(year, "merged")) == 2


def test_a_roll_up_that_was_only_packed_anew_is_still_that_of_the_files(year):
    run("receive", "../来件")
    run("merge")
    assert "was made from the files that are there" in run()
    content = (year / "district.xlsx").read_bytes()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(year / "district.xlsx", "w") as new:
        for part in old.infolist():
            new.writestr(part.filename, old.read(part))
    assert (year / "district.xlsx").read_bytes() != content
    assert "was made from the files that are there" in run()
    typed(year / "district.xlsx", LICENCES, 99)
    assert "was not made from the files" in run()


@pytest.mark.prove
def test_only_the_inbox_of_the_collection_is_recorded(year, tmp_path):
    run("verify", "../来件/001.xlsx")
    run("verify", "../来件")
    run("merge", "../来件", "-o", "../d.xlsx")
    assert not (year / journal.FILE).exists()
    run("receive", "../来件")
    known = events(year)
    run("verify", "--year", "2023", expect=1)
    run("merge", "--exclude", "003", "--reason", "x", expect=0)
    assert events(year, "found") == [e for e in known if e.what == "found"], "another year, and other files"
    (year / journal.FILE).unlink()
    os.chdir(tmp_path)
    run("verify", "来件")
    assert list(tmp_path.rglob("journal*")) == []


def test_a_journal_begins_with_what_is_there(year):
    run("receive", "../来件")
    run("merge")
    (year / "versions").mkdir()
    shutil.copy(inbox(year, "001"), year / "versions" / "001_x_2024.xlsx")
    (year / journal.FILE).unlink()
    run("verify")
    begun = events(year, "begun")
    assert [event.file for event in begun[:2]] == ["", "versions/001_x_2024.xlsx"]
    assert {event.file for event in begun[2:]} == {
        *(f"inbox/{inbox(year, code).name}" for code in NAMES),
        "district.xlsx",
    }
    assert all(event.sha256 == hash_of((year / event.file).read_bytes()) for event in begun[1:])
    run("receive", "../来件/001.xlsx")
    assert len(events(year, "begun")) == len(begun)


# -- what the journal does not do


def _outputs(folder, target, *, with_journal):
    """What the commands print and write in a copy of the collection."""
    shutil.copytree(folder, target)
    said = []
    with contextlib.chdir(target):
        for command in (
            ("verify", "--return-to", "退回"),
            ("verify", "--format", "json"),
            ("status", "--on", "2025-01-20"),
            ("accept", "002", "--reason", "核实"),
            ("merge",),
            ("publish", "-o", "草稿.md", "--draft"),
            ("receive", "../来件/002.xlsx"),
            (),
        ):
            if not with_journal:
                (target / journal.FILE).unlink(missing_ok=True)
            said.append(run(*command))
    written = {
        path.relative_to(target).as_posix(): path.read_bytes()
        for path in target.rglob("*")
        if path.is_file() and path.name != journal.FILE
    }
    return said, written


@pytest.mark.prove
def test_deleting_the_journal_changes_no_output(year, tmp_path):
    run("generate")
    run("receive", "../来件")
    one = _outputs(year, tmp_path / "甲", with_journal=True)
    other = _outputs(year, tmp_path / "乙", with_journal=False)
    assert one == other
    assert "002" in (tmp_path / "乙" / "waivers.csv").read_text(encoding="utf-8-sig")


@pytest.mark.parametrize("obstacle", by_day([journal.FILE, "journal.lock"], 1))
def test_a_journal_that_cannot_be_written_is_said_and_stops_nothing(year, obstacle, monkeypatch):
    monkeypatch.setattr(locking, "_PATIENCE", 0)
    (year / obstacle).mkdir()
    assert run("generate").count("journal.jsonl") == 1
    assert len(list((year / "outbox").iterdir())) == 3
    assert run("receive", "../来件").count("journal.jsonl") == 1
    assert run("merge").count("journal.jsonl") == 1


def test_a_journal_that_cannot_be_read_is_said(year):
    (year / journal.FILE).mkdir()
    assert "journal.jsonl" in run("history", expect=2)


def test_what_is_wrong_with_the_journal_is_said_and_the_rest_is_read(year):
    run("generate")
    lines = (year / journal.FILE).read_bytes().splitlines(keepends=True)
    (year / journal.FILE).write_bytes(b"".join([lines[0], *lines[2:]]) + b'{"what"')
    (year / "journal (副本).jsonl").write_bytes(b"")
    said = run("history")
    assert said.count("issued") == 2
    assert "Line 2" in said
    assert "Line 4" in said
    assert "副本" in said
    run("receive", "../来件")
    assert [event.what for event in journal.read(year).events[3:]] == ["received"] * 3 + ["found"] * 3
    assert json.loads(run("history", "--format", "json"))["last"] == journal.read(year).last


# -- history


def test_the_history_of_an_agency_shows_its_versions_in_order_and_what_changed(year, tmp_path):
    typed(tmp_path / "来件" / "003.xlsx", LICENCES, WRONG)
    run("receive", "../来件", expect=1)
    run("verify", "--return-to", "退回", expect=1)
    answer = sent_back(year, "003")
    typed(answer, LICENCES, 4)
    shutil.move(answer, tmp_path / "again.xlsx")
    run("receive", "../again.xlsx")
    for wanted in ("003", NAMES["003"], "司法局"):
        found = json.loads(run("history", wanted, "--format", "json"))
        assert [one["file"].partition("/")[0] for one in found["versions"]] == ["versions", "inbox"]
        (change,) = [one for one in found["versions"][1]["changes"] if one["cell"] == LICENCES]
        assert (change["one"], change["other"]) == (WRONG, 4)
        happened = [event["what"] for event in found["versions"][0]["events"]]
        assert happened == ["received", "found", "returned", "replaced"]
    said = run("history", "003")
    assert f"{WRONG} → 4" in said
    assert "not-a-number" in said
    assert found["versions"][1]["sha256"][:12] in said


def test_the_slips_give_the_order_where_the_journal_is_gone(year, tmp_path):
    typed(tmp_path / "来件" / "003.xlsx", LICENCES, WRONG)
    run("receive", "../来件", expect=1)
    run("verify", "--return-to", "退回", expect=1)
    answer = sent_back(year, "003")
    typed(answer, LICENCES, 4)
    (year / "versions").mkdir()
    # The newer one lies where older ones do.
    shutil.move(answer, year / "versions" / "003_x_2024.xlsx")
    (year / journal.FILE).unlink()
    found = json.loads(run("history", "003", "--format", "json"))
    assert [one["file"].partition("/")[0] for one in found["versions"]] == ["inbox", "versions"]
    assert found["last"] is None


def test_a_file_that_was_put_there_by_hand_is_older_than_the_one_that_took_its_place(year, tmp_path):
    run("receive", "../来件")
    (there,) = (year / "inbox").glob("001*")
    there.write_bytes(package("001", fees__amount=5))
    (tmp_path / "新.xlsx").write_bytes(package("001", fees__amount=6))
    run("receive", "../新.xlsx")
    found = json.loads(run("history", "001", "--format", "json"))
    assert [one["file"].partition("/")[0] for one in found["versions"]] == ["versions", "inbox"]


def test_the_history_of_a_figure_shows_agencies_changes_reasons_and_persons(year, tmp_path):
    run("receive", "../来件")
    run("accept", "002", "blank", "--reason", "确实没有数")
    (tmp_path / "新.xlsx").write_bytes(package("001", fees__amount=77))
    run("receive", "../新.xlsx")
    run("merge")
    found = json.loads(run("history", FEES, "--format", "json"))
    assert found["total"] == found["rolled_up"] == 77 + 2 * 96171.6
    assert [one["figure"] for one in found["agencies"]] == [77, 96171.6, 96171.6]
    (change,) = found["agencies"][0]["changes"]
    assert (change["one"], change["other"], change["who"]) == (96171.6, 77, "张三")
    assert [one["changes"] for one in found["agencies"][1:]] == [[], []]
    sheet, address = layout(find("xxgk-2021")).address(LICENCES)
    label = find("xxgk-2021").cells[LICENCES].label
    for wanted in (LICENCES, f"{sheet}!{address}", label):
        about = json.loads(run("history", wanted, "--format", "json"))
        (reason,) = about["agencies"][1]["reasons"]
        assert (reason["kind"], reason["text"], reason["who"]) == ("waiver", "确实没有数", "张三")
        assert about["agencies"][1]["figure"] is None
    assert "确实没有数" in run("history", LICENCES)
    assert "history-several" in run("history", "总计", expect=2)
    assert "history-unknown" in run("history", "没有的局", expect=2)


def test_the_sum_of_a_figure_leaves_out_what_has_errors(year, tmp_path):
    typed(tmp_path / "来件" / "003.xlsx", LICENCES, WRONG)
    run("receive", "../来件", expect=1)
    found = json.loads(run("history", FEES, "--format", "json"))
    assert found["total"] == 2 * 96171.6
    assert found["rolled_up"] is None
    assert [one["added"] for one in found["agencies"]] == [True, True, False]


# -- accepting


def waived(folder, expect=0):
    """The codes of the findings on 002 that are accepted, and those that are not; notes are never open."""
    found = json.loads(run("verify", "--format", "json", expect=expect))["findings"]
    own = [one for one in found if one["agency"].startswith(NAMES["002"]) and one["severity"] != "note"]
    return {one["code"] for one in own if one["waiver"]}, {one["code"] for one in own if not one["waiver"]}


def test_what_is_open_is_accepted_until_the_return_changes(year):
    run("receive", "../来件")
    assert waived(year) == (set(), {"blank"})
    run("accept", "002", "--reason", "电话核实")
    (waiver,) = load(year).policy.waivers
    assert (waiver.agency, waiver.code, waiver.cell, waiver.who) == ("002", "blank", LICENCES, "张三")
    (event,) = events(year, "accepted")
    assert (event.who, event.facts["reason"]) == ("张三", "电话核实")
    assert waived(year) == ({"blank"}, set())

    before = inbox(year, "002").read_bytes()
    resaved(inbox(year, "002"))
    assert inbox(year, "002").read_bytes() != before
    assert waived(year) == ({"blank"}, set()), "saving it with another program is no change"

    (year / "versions").mkdir()
    shutil.copy(inbox(year, "002"), year / "versions" / inbox(year, "002").name)
    inbox(year, "002").write_bytes(package("002", fees__amount=5, **BLANK))
    assert waived(year) == (set(), {"blank", "waiver-lapsed"})
    assert "figures and texts: 1)" in run("verify")
    assert "waiver-lapsed" in run("merge")
    shutil.rmtree(year / "versions")
    assert "figures and texts: not known)" in run("verify")

    inbox(year, "002").write_bytes(before)
    assert waived(year) == ({"blank"}, set()), "the version that was accepted is back"


def test_a_correction_of_what_was_accepted_is_no_lapse(year):
    run("receive", "../来件")
    run("accept", "002", "--reason", "核实")
    typed(inbox(year, "002"), LICENCES, 3)
    assert waived(year) == (set(), set())


def test_a_lapse_is_no_matter_for_the_agency(year):
    run("receive", "../来件")
    run("accept", "002", "--reason", "核实")
    typed(inbox(year, "002"), FEES, 5)
    run("verify", "--return-to", "退回")
    (text,) = (year / "退回").glob("002*.txt")
    assert "接受" not in text.read_text(encoding="utf-8-sig")


def test_a_line_without_a_version_holds_for_all(year):
    run("receive", "../来件")
    line = "002,blank,,核实,王主任,2025-02-03"
    (year / "waivers.csv").write_text(f"{HEADS}\n{line}\n", encoding="utf-8-sig")
    typed(inbox(year, "002"), FEES, 5)
    assert waived(year) == ({"blank"}, set())


def test_a_line_that_matches_nothing_is_named_where_all_is_verified(year):
    run("receive", "../来件")
    lines = [f"002,blank,{cell},核实,王主任,2025-02-03" for cell in ("B9", "B99")]
    lines += ["002,jump,,核实,王主任,2025-02-03,", "001,jump,,核实,王主任,2025-02-03,0123456789ab"]
    heads = f"{HEADS},版本"
    (year / "waivers.csv").write_text("\n".join([heads, *lines]) + "\n", encoding="utf-8-sig")
    said = run("verify")
    assert said.count("matches no finding") == 2
    assert "blank B99 of 002" in said
    assert "jump of 002" in said
    assert "matches no finding" not in run("verify", inbox(year, "001"))
    (year / "waivers.csv").write_text(
        f"{HEADS}\n{NAMES['002']},jump,,核实,王主任,2025-02-03\n", encoding="utf-8"
    )
    assert run("verify").count("matches no finding") == 1, "the agency is named in words"


LABEL = "第二十条第（五）项/行政许可 · 本年处理决定数量"


@pytest.mark.parametrize("cell", ["$b$9", "'二、主动公开'！Ｂ９", LABEL])
def test_a_cell_is_named_as_people_write_it(cell):
    finding = Finding("jump", sheet="二、主动公开", address="B9", cell=LICENCES, facts={"label": LABEL})
    assert Waiver("002", "jump", cell, "核实", "张三", "").covers(finding, "002")
    assert not Waiver("002", "jump", cell + "9", "核实", "张三", "").covers(finding, "002")


@pytest.mark.parametrize("whose", by_day(["330100", "青禾区"], 1))
def test_a_waiver_may_be_for_the_districts_own_roll_up(whose, year):
    """By its own code or by its name; it is not among those that match nothing, and it holds."""
    settings_file = year / "collection.toml"
    text = settings_file.read_text(encoding="utf-8").replace('code = ""', 'code = "330100"')
    settings_file.write_text(text, encoding="utf-8")
    run("receive", "../来件")
    run("merge")
    typed(year / "district.xlsx", "overview.management", "2023年，加强管理。")
    code = "prose-year"
    (year / "waivers.csv").write_text(f"{HEADS}\n{whose},{code},,核实,张三,2025-02-03\n", encoding="utf-8")
    assert "list of waivers" not in run("verify")
    assert "list of waivers" not in run("merge")
    found = json.loads(run("verify", "district.xlsx", "--format", "json"))["findings"]
    (waiver,) = [one["waiver"] for one in found if one["code"] == code]
    assert waiver["reason"] == "核实"


def test_what_cannot_be_accepted_is_refused(year, tmp_path):
    typed(tmp_path / "来件" / "003.xlsx", LICENCES, WRONG)
    run("receive", "../来件", expect=1)
    before = (year / "waivers.csv").read_bytes()
    assert "accept-error" in run("accept", "003", "not-a-number", "--reason", "x", expect=2)
    assert "nothing-to-accept" in run("accept", "001", "--reason", "x", expect=2)
    assert "nothing-to-accept" in run("accept", "002", "jump", "--reason", "x", expect=2)
    assert "nothing-to-accept" in run("accept", "002", "blank", FEES, "--reason", "x", expect=2)
    assert "unknown-code" in run("accept", "002", "blanc", "--reason", "x", expect=2)
    assert "no-such-agency" in run("accept", "009", "--reason", "x", expect=2)
    assert "accept-blank" in run("accept", "002", "--reason", " ", expect=2)
    assert (year / "waivers.csv").read_bytes() == before
    book = openpyxl.Workbook()
    book.active.append(HEADS.split(","))
    book.save(year / "waivers.xlsx")
    (year / "waivers.csv").unlink()
    assert "accept-workbook" in run("accept", "002", "--reason", "x", expect=2)
    assert not (year / "waivers.csv").exists()
    (year / "waivers.xlsx").unlink()
    run("accept", "002", "blank", LICENCES, "--reason", "x")
    assert waived(year, expect=1) == ({"blank"}, set())


# -- the table of waivers

NEW = Waiver("002", "blank", "B9", '核实，"无"', "张三", "2025-02-03", "0123456789ab")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_a_line_is_added_and_the_others_stay(encoding, ending, delimiter, tmp_path):
    lines = [HEADS, "001,jump,,核实,王主任,2025-01-05", '003,blank,,"两行\n理由",王主任,2025-01-05']
    for last in ("", ending):
        text = ending.join(lines).replace(",", delimiter) + last
        content = text.encode(encoding)
        done = with_waivers(with_waivers(content, [NEW], "x"), [NEW], "x").decode(encoding)
        head = f"{HEADS},版本".replace(",", delimiter)
        assert done.startswith(text.replace(HEADS.replace(",", delimiter), head))
        cells = {"agency": 0, "code": 1, "cell": 2, "reason": 3, "who": 4, "date": 5, "version": 6}
        rows = list(csv.reader(io.StringIO(done, newline=""), delimiter=delimiter))
        assert len(rows) == 5
        for row in rows[3:]:
            assert {key: row[place] for key, place in cells.items()} == {
                key: getattr(NEW, key) for key in cells
            }


def test_columns_in_another_order_and_of_another_kind_stay_where_they_are():
    text = "version,date,remark,who,reason,cell,finding,agency\n"
    done = with_waivers(text.encode(), [NEW], "x").decode()
    assert done.startswith(text)
    assert done.splitlines()[1] == '0123456789ab,2025-02-03,,张三,"核实，""无""",B9,blank,002'


@settings(max_examples=examples(25))
@given(st.sampled_from(["blank", "jump"]), st.text("0123456789abcdef", max_size=12))
def test_a_waiver_holds_exactly_for_the_digests_that_its_version_begins(code, version):
    filing = _filing()
    waiver = Waiver("002", code, "", "核实", "张三", "2025-02-03", version)
    (one,) = examine([filing], policy=Policy(waivers=(waiver,))).examined
    holds = code == "blank" and reading_digest(filing).startswith(version)
    assert any(finding.waiver for finding in one.findings) == holds
    lapsed = code == "blank" and not holds
    assert any(finding.code == "waiver-lapsed" for finding in one.findings) == lapsed


_read = []


def _filing():
    if not _read:
        _read.append(read_package(package("002", **BLANK), "002.xlsx"))
    return _read[0]


def test_without_a_journal_the_file_in_the_inbox_is_the_latest(year):
    run("receive", "../来件")
    there = inbox(year, "001")
    (year / "versions").mkdir()
    shutil.copy(there, year / "versions" / there.name)
    there.write_bytes(package("001", fees__amount=5))
    (year / journal.FILE).unlink()
    found = json.loads(run("history", "001", "--format", "json"))
    assert [one["file"].partition("/")[0] for one in found["versions"]] == ["versions", "inbox"]
