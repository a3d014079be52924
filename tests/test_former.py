"""Merging again: what people typed into the roll-up is taken over, and what a new one does not have is kept."""

from __future__ import annotations

import json
import os

import openpyxl
from openpyxl.comments import Comment

from conftest import ROOT, run
from test_publishing import collection  # noqa: F401  a fixture
from xltools.excel.reader import read
from xltools.form.layout import layout
from xltools.form.library import find

SAMPLES = ROOT / "samples"
FORM = find("xxgk-2021")
TABLE = "二、主动公开"


def edited(path, change):
    """Save the workbook as an office program does after *change*."""
    book = openpyxl.load_workbook(path)
    change(book)
    book.save(path)


def typed(book, **texts):
    for box, text in texts.items():
        sheet, address = layout(FORM).address(box.replace("__", "."))
        book[sheet][address] = text


def test_texts_are_taken_over_and_named_in_the_manifest(collection):  # noqa: F811
    before = json.loads((collection / "district.manifest.json").read_bytes())
    assert "texts" not in before["settings"]["others"]
    texts = {"cover__head": "张三", "overview__proactive": "全区主动公开政府信息若干条。\n另一段。"}
    edited(collection / "district.xlsx", lambda book: typed(book, **texts))
    said = run("merge")
    assert "taken over: 封面!B11、一、总体情况!A5" in said
    assert not (collection / "former").exists()
    prose = read(collection / "district.xlsx").prose
    assert {box: prose[box.replace("__", ".")] for box in texts} == texts
    again = json.loads((collection / "district.manifest.json").read_bytes())
    assert len(again["settings"]["others"]["texts"]) == 64
    written = (collection / "district.xlsx").read_bytes()
    run("merge")  # an unchanged roll-up still hands its texts on
    assert (collection / "district.xlsx").read_bytes() == written
    assert again == json.loads((collection / "district.manifest.json").read_bytes())


def test_check_proves_a_roll_up_with_texts_and_finds_a_text_typed_later(collection):  # noqa: F811
    edited(collection / "district.xlsx", lambda book: typed(book, cover__head="张三"))
    run("merge")
    run("merge", "--check", "district.xlsx")
    edited(collection / "district.xlsx", lambda book: typed(book, cover__head="李四"))
    assert "the texts on the cover" in run("merge", "--check", "district.xlsx", expect=1)


def added(book):
    book.create_sheet("领导批示")["A1"] = "同意"
    book[TABLE]["H20"] = "见会议纪要"
    book[TABLE]["C6"].comment = Comment("核对过", "我")


def test_what_else_people_added_is_kept_and_named(collection):  # noqa: F811
    rollup = collection / "district.xlsx"
    edited(rollup, added)
    kept = rollup.read_bytes()
    date = openpyxl.load_workbook(rollup).properties.modified.date().isoformat()
    said = run("merge")
    for place in ("领导批示", f"{TABLE}!H20", f"a comment at {TABLE}!C6"):
        assert place in said
    assert (collection / "former" / f"district-{date}.xlsx").read_bytes() == kept
    edited(rollup, lambda book: book.create_sheet("又一张"))
    assert f"district-{date}-2.xlsx" in run("merge")
    assert "saved as" not in run("merge")


def test_a_roll_up_that_was_only_saved_again_is_not_kept(collection):  # noqa: F811
    edited(collection / "district.xlsx", lambda _: None)
    run("merge")
    assert not (collection / "former").exists()


def test_a_figure_typed_over_a_sum_is_kept(collection):  # noqa: F811
    edited(collection / "district.xlsx", lambda book: book[TABLE].__setitem__("C6", 7))
    assert f"{TABLE}!C6" in run("merge")


def test_a_file_that_is_no_roll_up_is_kept_whole(collection):  # noqa: F811
    rollup = collection / "district.xlsx"
    rollup.write_bytes(b"typed")
    os.utime(rollup, (0, 86_400 * 365))
    assert "could not be compared" in run("merge")
    assert (collection / "former" / "district-1971-01-01.xlsx").read_bytes() == b"typed"


def test_a_merge_that_is_held_up_names_the_file_and_its_first_error(collection):  # noqa: F811
    (collection / "inbox" / "名单.xlsx").write_bytes(b"")
    lines = run("merge", expect=1).splitlines()
    assert "Cannot be merged: inbox/名单.xlsx: " in lines[-2]


def test_one_file_of_a_collection_says_nothing_of_the_others(collection):  # noqa: F811
    (one,) = (collection / "inbox").glob("002*")
    one.rename(collection / one.name)
    assert "missing-return" in run("verify", expect=1)
    assert "missing-return" in run("verify", "inbox", expect=1)
    (other,) = (collection / "inbox").glob("003*")
    assert "missing-return" not in run("verify", other)


def test_a_file_that_cannot_be_read_is_not_missing_as_well(collection):  # noqa: F811
    (one,) = (collection / "inbox").glob("002*")
    one.write_bytes(b"")
    said = run("verify", expect=1)
    assert "empty-file" in said
    assert "missing-return" not in said
    assert "errors" in run("status", expect=1)
    run("merge", "--incomplete", expect=1)
    (account,) = read(collection / "district.xlsx").left_out
    assert account.agency.code == "002"


def test_a_file_that_cannot_be_opened_is_a_finding_and_the_others_go_on(collection):  # noqa: F811
    (one,) = (collection / "inbox").glob("002*")
    one.unlink()
    one.symlink_to("nowhere.xlsx")
    said = run("verify", expect=1)
    assert "unreadable-file" in said
    assert "3 files checked" in said
    assert "errors" in run("status", expect=1)
    assert f"Cannot be merged: inbox/{one.name}: " in run("merge", expect=1)
