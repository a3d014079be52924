"""Receipts: which file an agency's figures are from, what they prove, and what becomes of them in the next merge."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import zipfile
from decimal import Decimal
from pathlib import Path

import clerk
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import strategies
from conftest import HERE, ROOT, by_day, examples, run
from xltools.data.filing import Accepted, Source
from xltools.data.period import Period
from xltools.data.receipt import Receipt, RollupFile
from xltools.data.record import Agency
from xltools.document import receipt as printed
from xltools.document.reader.receipt import read_receipt
from xltools.document.writer import render
from xltools.form.layout import layout
from xltools.form.library import find
from xltools.office.guard import Budget

OFFICIAL = find("xxgk-2021")
OTHER = find(str(HERE / "forms" / "fwzx-2025.toml"))
FILES = sorted((ROOT / "samples" / "clean").glob("00[1-4]*"))
PAGE, TEXT = "003_青禾区教育局_2024_回执.html", "003_青禾区教育局_2024_回执.txt"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A collection of four agencies whose returns are there; a finding on one of them is accepted."""
    roster = "代码,名称\n" + "".join(f"{file.name[:3]},{file.name.split('_')[1]}\n" for file in FILES)
    (tmp_path / "roster.csv").write_text(roster, encoding="utf-8")
    run("init", tmp_path / "c", "--year", 2024, "--district", "青禾区", "--roster", tmp_path / "roster.csv")
    monkeypatch.chdir(tmp_path / "c")
    for file in FILES:
        shutil.copy(file, "inbox")
    spoil("003", {"disclosure.licensing.decisions": None})
    with Path("waivers.csv").open("a", encoding="utf-8") as waivers:
        waivers.write('003,blank,,"<b>电话核实</b>\n单位：别的单位",王主任,2025-02-03,\n')
    return tmp_path / "c"


def spoil(code, figures, name=""):
    """An agency's return with other figures, under its own name or another."""
    source = next(file for file in FILES if file.name.startswith(code))
    content = source.read_bytes()
    for cell, figure in figures.items():
        sheet, address = layout(OFFICIAL).address(cell)
        content = clerk.edited(content, sheet, {address: figure})
    path = f"inbox/{name or source.name}"
    Path(path).write_bytes(content)
    return path


def sha256(path):
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def check(receipt, file, *more, expect=0):
    return run("receipt", "--check", f"receipts/{receipt}", file, *more, expect=expect)


def test_every_added_file_has_a_receipt_and_a_file_is_held_against_it(folder):
    assert "4 receipts" in run("merge", "--receipts", "receipts")
    names = {f"{file.stem}_回执.{ending}" for file in FILES for ending in ("html", "txt")}
    assert {path.name for path in (folder / "receipts").iterdir()} == names | {".xltools-returned"}
    said = (folder / "receipts" / TEXT).read_text(encoding="utf-8-sig")
    own = f"inbox/{FILES[2].name}"
    assert {sha256(own), sha256("district.xlsx")} <= set(said.replace("\n", "：").split("："))
    assert json.loads((folder / "district.manifest.json").read_text("utf-8"))["output"]["sha256"] in said
    assert "王主任" in said
    assert "xltools" not in said
    for receipt in (PAGE, TEXT):
        assert "byte for byte" in check(receipt, own)
        assert "proves neither who issued" in check(receipt, own, "--rollup", "district.xlsx")
    page = (folder / "receipts" / PAGE).read_text(encoding="utf-8")
    assert "<b>电话" not in page
    assert "&lt;b&gt;电话核实" in page


@pytest.mark.parametrize("receipt", by_day([PAGE, TEXT], 1))
def test_what_differs_is_named(folder, receipt):
    run("merge", "--receipts", "receipts")
    same = f"inbox/{FILES[2].name}"
    with zipfile.ZipFile(folder / "来件.zip", "w") as archive:
        archive.write(same, "003.xlsx")
        archive.write(f"inbox/{FILES[0].name}", "001.xlsx")
    assert "byte for byte" in check(receipt, folder / "来件.zip")
    with zipfile.ZipFile(same, "a") as package:
        package.writestr("docProps/thumbnail.txt", "saved again")
    said = check(receipt, same, expect=1)
    assert "file: not the one" in said
    assert "are the same" in said
    spoil("003", {"disclosure.licensing.decisions": Decimal(7)})
    said = check(receipt, same, expect=1)
    assert "1 figure differs" in said
    assert "— → 7" in said
    said = check(receipt, f"inbox/{FILES[0].name}", expect=1)
    assert "青禾区教育局（003）" in said
    assert "青禾区人民政府办公室（001）" in said


@pytest.mark.parametrize("receipt", by_day([PAGE, TEXT], 1))
def test_a_figure_or_a_hash_changed_on_the_receipt_is_noticed(folder, receipt):
    run("merge", "--receipts", "receipts")
    own, path = f"inbox/{FILES[2].name}", folder / "receipts" / receipt
    whole = path.read_text(encoding="utf-8")
    place = next(re.finditer(r"(?<=[：>])10\s*(\n|</td>)", whole)).start()
    for lie, expect, words in (
        (f"{whole[:place]}99{whole[place + 2 :]}", 1, "figure differs"),
        (whole.replace(sha256(own), "0" * 64), 1, "not the one"),
        (whole.replace(sha256("district.xlsx"), "0" * 64), 1, "is not the one that the receipt names"),
        (f"{whole[:place]}{whole[place + 2 :]}", 1, "figure differs"),
        (f"{whole[:place]}十{whole[place + 2 :]}", 2, "not-a-receipt"),
        (whole.replace(sha256(own), ""), 2, "not-a-receipt"),
        (whole[:place], 2, "not-a-receipt"),
        ("", 2, "not-a-receipt"),
    ):
        path.write_text(lie, encoding="utf-8")
        assert words in check(receipt, own, "--rollup", "district.xlsx", expect=expect)
    path.write_bytes(whole.encode("gb18030") if receipt == TEXT else whole.encode("utf-16"))
    assert "byte for byte" in check(receipt, own)
    assert "not-a-return" in check(receipt, "roster.csv", expect=2)


def test_what_is_not_added_has_no_receipt_and_an_old_one_goes(folder):
    run("merge", "--receipts", "receipts")
    (folder / "receipts" / "笔记.txt").write_text("电话已打")
    (folder / "receipts" / "002_青禾区发展和改革局_2024_回执.txt").write_text("改过")
    before = {path.name: path.read_bytes() for path in (folder / "receipts").iterdir()}
    (folder / "inbox" / FILES[0].name).unlink()
    run("merge", "--receipts", "receipts", expect=1)
    assert {path.name: path.read_bytes() for path in (folder / "receipts").iterdir()} == before
    run("merge", "--incomplete", "--exclude", "002", "--reason", "两份", "--receipts", "receipts", expect=1)
    left = {path.name[:3] for path in (folder / "receipts").iterdir()} - {".xl"}
    assert left == {"002", "003", "004", "笔记."}
    assert "不完整" in (folder / "receipts" / TEXT).read_text(encoding="utf-8-sig")


def test_several_commands_write_into_one_folder(folder):
    spoil("003", {"disclosure.licensing.decisions": Decimal(-7)}, "003_再报.xlsx")
    run("verify", "--return-to", "out", expect=1)
    returned = {path.name for path in (folder / "out").iterdir()}
    (folder / "inbox" / "003_再报.xlsx").unlink()
    run("merge", "--receipts", "out")
    assert returned < {path.name for path in (folder / "out").iterdir()}
    run("verify", "--return-to", "out")
    left = {path.name for path in (folder / "out").iterdir()}
    assert left & returned == {".xltools-returned"}
    assert PAGE in left


def test_receipts_are_not_put_among_the_returns(folder):
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    for place in ("inbox", "inbox/回执", "."):
        assert "returns-among-inputs" in run("merge", "--receipts", place, expect=2)
    assert "options-exclude" in run("merge", "--check", "district.xlsx", "--receipts", "receipts", expect=2)
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before


def test_other_versions_and_the_agencies_of_a_rollup_are_named(folder, tmp_path, monkeypatch):
    shutil.copy(f"inbox/{FILES[0].name}", "inbox/001_又一份.xlsx")
    run("merge", "--incomplete", "--exclude", "004", "--reason", "两份", "--receipts", "receipts")
    (path,) = (folder / "receipts").glob("001*.txt")
    said = path.read_text(encoding="utf-8-sig")
    named = re.search("报表文件：(.+)\n", said)[1], re.search("没有汇入：(.+)，", said)[1]
    assert set(named) == {"001_又一份.xlsx", FILES[0].name}
    shutil.copy("district.xlsx", tmp_path / "区.xlsx")
    monkeypatch.chdir(tmp_path)
    about = ("--year", 2024, "--district", "某市", "--incomplete", "-o", "city.xlsx")
    run("merge", "区.xlsx", *about, "--receipts", "city", expect=1)
    (path,) = (tmp_path / "city").glob("*.txt")
    said = path.read_text(encoding="utf-8-sig")
    assert "含 3 个单位：" in said
    assert "没有汇入的：青禾区公安分局（004）" in said
    assert "青禾区教育局" in said.partition("经核实")[2]
    run("receipt", "--check", path, "区.xlsx", "--rollup", "city.xlsx")


TEXTS = st.text(max_size=30)


@settings(max_examples=examples(15))
@given(st.sampled_from([OFFICIAL, OTHER]), st.data(), TEXTS, TEXTS)
def test_a_receipt_is_read_as_it_was_printed(form, data, name, reason):
    values = form.complete(data.draw(strategies.values(form)))
    sums = (hashlib.sha256(text.encode(errors="replace")).hexdigest() for text in (name, reason))
    one = Receipt(
        Agency("青禾区", "003", name),
        form,
        Period(2024),
        Source(f"{name}.xlsx", next(sums)),
        values,
        RollupFile(name, next(sums), name, is_incomplete=True),
        (Accepted(name, "jump", name, reason, reason, name, reason),),
        (Source(reason, "0" * 64),),
    )
    for content in (render(printed.document(one), "html"), printed.text(one).encode("utf-8-sig")):
        read = read_receipt(content, form, Budget())
        assert read.figures == {name: value for name, value in values.items() if value is not None}
        assert (read.sha256, read.rollup_sha256) == (one.source.sha256, one.rollup.sha256)
