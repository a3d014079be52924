"""The manifest of a roll-up, and the proof of one: what it is made of, whether it still is, and in what it is not."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import zipfile
from decimal import Decimal
from pathlib import Path

import clerk
import pytest

import xltools.collection.manifest
from conftest import ROOT, by_day, run, unpacked
from xltools.form.layout import layout
from xltools.form.library import find
from xltools.form.places import MATRIX, Matrix
from xltools.office.guard import Limits

FILES = sorted((ROOT / "samples" / "clean").glob("00[1-4]*"))
CODES = [file.name[:3] for file in FILES]
ROSTER = "代码,名称\n" + "".join(f"{file.name[:3]},{file.name.split('_')[1]}\n" for file in FILES)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Four returns in an inbox, and the roll-up of them."""
    (tmp_path / "roster.csv").write_text(ROSTER, encoding="utf-8")
    (tmp_path / "inbox").mkdir()
    for file in FILES:
        shutil.copy(file, tmp_path / "inbox")
    monkeypatch.chdir(tmp_path)
    merge()
    return tmp_path


def merge(*more, expect=0):
    about = ("--year", 2024, "--district", "青禾区", "--roster", "roster.csv")
    return run("merge", "inbox", *about, "-o", "d.xlsx", "--force", *more, expect=expect)


def check(*more, expect=1, file="d.xlsx"):
    return run("merge", "--check", file, "inbox", "--roster", "roster.csv", *more, expect=expect)


def manifest():
    return json.loads((Path.cwd() / "d.manifest.json").read_text(encoding="utf-8"))


def spoil(path, sheet, changes):
    path.write_bytes(clerk.edited(path.read_bytes(), sheet, changes))


def correct(folder):
    """What an agency sends again with one figure put right."""
    sheet, address = layout(find("xxgk-2021")).address("disclosure.licensing.decisions")
    spoil(folder / "inbox" / FILES[1].name, sheet, {address: Decimal(7777)})


def parts_hash(package):
    """As docs/rollup.md defines it."""
    whole = hashlib.sha256()
    for name, content in unpacked(package):
        whole.update(b"%b\0%d\0%b" % (name.encode(), len(content), content))
    return whole.hexdigest()


def test_it_names_every_input_with_hash_and_size_and_what_else_there_was(folder):
    found = manifest()
    names = [f"inbox/{file.name}" for file in FILES]
    assert [one["file"] for one in found["inputs"]] == names
    for one, file in zip(found["inputs"], FILES, strict=True):
        content = file.read_bytes()
        assert (one["sha256"], one["size"]) == (hashlib.sha256(content).hexdigest(), len(content))
        assert (one["agency"]["code"], one["status"]) == (file.name[:3], "included")
    whole = (folder / "d.xlsx").read_bytes()
    assert found["output"] == {
        "file": "d.xlsx",
        "sha256": hashlib.sha256(whole).hexdigest(),
        "size": len(whole),
        "parts_sha256": parts_hash(whole),
    }
    assert found["schema"] == 3
    form = (ROOT / "templates" / "xxgk-2021.toml").read_bytes()
    assert found["form"] == {"name": "xxgk-2021", "sha256": hashlib.sha256(form).hexdigest()}
    assert found["settings"]["others"]["roster"] == hashlib.sha256(ROSTER.encode()).hexdigest()
    assert found["tool"].startswith("xltools ")


def test_a_file_that_was_left_out_is_an_input_too(folder):
    run(
        *("merge", "inbox", "--year", 2024, "--district", "青禾区", "-o", "d.xlsx", "--force"),
        *("--exclude", FILES[0].name, "--reason", "已撤回"),
    )
    assert [one["status"] for one in manifest()["inputs"]] == [*["included"] * 3, "excluded"]
    assert manifest()["settings"]["exclusions"] == [[FILES[0].name, "已撤回"]]
    assert "byte for byte" in run(
        "merge", "--check", "d.xlsx", "inbox"
    )  # the manifest knows what was excluded


def test_the_same_files_give_the_same_manifest(folder):
    before = manifest(), unpacked((folder / "d.xlsx").read_bytes())
    merge()
    assert before == (manifest(), unpacked((folder / "d.xlsx").read_bytes()))


def test_what_these_files_give_is_proved_with_the_manifest_s_settings(folder):
    told = check(expect=0)
    assert "the same parts, byte for byte; 4 files" in told
    assert manifest()["output"]["parts_sha256"] in told


def test_a_corrected_file_is_named_with_the_figure_that_changed(folder):
    correct(folder)
    told = check()
    assert f"inbox/{FILES[1].name}: the content has changed" in told
    assert "（002）: the row is from" in told
    assert (
        "“第二十条第（五）项/行政许可 · 本年处理决定数量” is 5 in the roll-up and 7,777 in the file" in told
    )
    assert "（001）" not in told


def test_a_file_that_is_gone_and_one_that_is_new(folder):
    (folder / "inbox" / FILES[3].name).rename(folder / "kept.xlsx")
    told = check("--incomplete")
    assert f"inbox/{FILES[3].name}: was merged, and is not among these files" in told
    assert "（004）: has a row, but no file here" in told
    assert "incomplete = False, now True" in told
    merge("--incomplete", expect=1)
    (folder / "kept.xlsx").rename(folder / "inbox" / FILES[3].name)
    told = check()
    assert f"inbox/{FILES[3].name}: is among these files, and was not merged" in told
    assert "（004）: has no row" in told


def test_a_workbook_that_was_changed_is_found_out(folder):
    form = find("xxgk-2021")
    sheet, address = layout(form).address("disclosure.penalty.decisions")
    spoil(folder / "d.xlsx", sheet, {address: Decimal(99)})
    told = check()
    assert f"total-wrong {sheet}!{address}" in told
    merge()
    from xltools.form.address import a1

    matrix = Matrix.issued(form, 4)
    place = a1(matrix.first + 1, matrix.columns["disclosure.penalty.decisions"])
    spoil(folder / "d.xlsx", MATRIX, {place: Decimal(99)})
    told = check()
    assert "“第二十条第（六）项/行政处罚 · 本年处理决定数量” is 99 in the roll-up and 8 in the file" in told
    assert "row-altered" in told


def zipped(parts, method=zipfile.ZIP_DEFLATED, level=None):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method, compresslevel=level) as package:
        for name, content in parts:
            package.writestr(name, content)
    return out.getvalue()


@pytest.mark.parametrize(
    ("method", "level"), by_day([(zipfile.ZIP_STORED, None), (zipfile.ZIP_DEFLATED, 9)], 1)
)
def test_the_same_parts_zipped_again_are_proved(folder, method, level):
    before = (folder / "d.xlsx").read_bytes()
    again = zipped(unpacked(before), method, level)
    assert again != before
    (folder / "d.xlsx").write_bytes(again)
    assert "the same parts, byte for byte" in check(expect=0)


class Unseekable(io.RawIOBase):
    """A pipe: a zip that is written to it has the sizes behind each entry."""

    def __init__(self):
        self.content = b""

    def writable(self):
        return True

    def write(self, data):
        self.content += bytes(data)
        return len(data)


def test_the_same_parts_zipped_into_a_pipe_are_proved(folder):
    pipe = Unseekable()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in unpacked((folder / "d.xlsx").read_bytes()):
            package.writestr(name, content)
    (folder / "d.xlsx").write_bytes(pipe.content)
    assert "the same parts, byte for byte" in check(expect=0)


THEME = "xl/theme/theme1.xml"
OTHER_PARTS = {
    "one byte": (
        lambda parts: [(n, c.replace(b"Office", b"office", 1) if n == THEME else c) for n, c in parts],
        [f"{THEME}: its content differs"],
    ),
    "one part more": (
        lambda parts: [*parts, ("xl/more.xml", b"<x/>")],
        ["xl/more.xml: is not part of it"],
    ),
    "one part less": (
        lambda parts: [part for part in parts if part[0] != "docProps/core.xml"],
        ["docProps/core.xml: is missing"],
    ),
    "another order": (lambda parts: parts[:-2] + parts[:-3:-1], ["the parts are in another order"]),
}


@pytest.mark.parametrize("name", by_day(OTHER_PARTS, 2))
def test_parts_that_differ_are_named_where_no_figure_does(folder, name):
    change, expected = OTHER_PARTS[name]
    parts = unpacked((folder / "d.xlsx").read_bytes())
    changed = list(change(parts))
    assert changed != list(parts)
    (folder / "d.xlsx").write_bytes(zipped(changed))
    told = [line.strip() for line in check().splitlines()]
    assert "all rows and figures are the same" in told[1]
    assert told[2:] == expected


@pytest.mark.parametrize(
    "change",
    by_day(
        [
            lambda data: data + b"x",
            lambda data: data[:-2] + b"\1\0x",
            lambda data: between(data, b"x"),
        ],
        1,
    ),
    ids=["behind", "as a comment", "between"],
)
def test_bytes_that_belong_to_no_part_are_not_proved(folder, change):
    (folder / "d.xlsx").write_bytes(change((folder / "d.xlsx").read_bytes()))
    told = check().splitlines()
    assert "all rows and figures are the same" in told[1]
    assert told[2].strip() == "it contains bytes that belong to none of its parts"
    assert len(told) == 3


def between(data, more):
    """The zip with *more* in front of its directory."""
    start = int.from_bytes(data[-6:-2], "little")
    end = data[start:-6] + (start + len(more)).to_bytes(4, "little") + data[-2:]
    return data[:start] + more + end


@pytest.mark.prove
def test_an_entry_that_is_there_twice_is_not_proved(folder):
    parts = unpacked((folder / "d.xlsx").read_bytes())
    with pytest.warns(UserWarning, match="Duplicate"):
        (folder / "d.xlsx").write_bytes(zipped([*parts, parts[-1]]))
    assert "duplicate-part" in check()


@pytest.mark.prove
def test_a_proof_holds_the_limits(folder):
    parts = unpacked((folder / "d.xlsx").read_bytes())
    (folder / "d.xlsx").write_bytes(zipped([*parts, ("xl/more.xml", b" " * (201 << 20))], level=1))
    assert "too-large" in check("--limit", "ratio=9999")
    assert "bomb" in check()


def test_a_manifest_of_schema_1_is_read_as_before(folder):
    old = manifest() | {"schema": 1}
    del old["output"]["parts_sha256"]
    (folder / "d.manifest.json").write_text(json.dumps(old), encoding="utf-8")
    assert "byte for byte" in check(expect=0)
    known = xltools.collection.manifest.read(folder / "d.manifest.json")
    package = (folder / "d.xlsx").read_bytes()
    assert known.is_of(package, Limits())
    assert not known.is_of(zipped(unpacked(package), zipfile.ZIP_STORED), Limits())


def test_a_manifest_knows_its_workbook_by_the_parts(folder):
    known = xltools.collection.manifest.read(folder / "d.manifest.json")
    package = (folder / "d.xlsx").read_bytes()
    assert known.is_of(zipped(unpacked(package), zipfile.ZIP_STORED), Limits())
    assert not known.is_of(package + b"x", Limits())
    assert not known.is_of(zipped(unpacked(package)[:-1]), Limits())


@pytest.mark.prove
def test_another_roster_is_named(folder):
    (folder / "roster.csv").write_text(ROSTER.replace("名称\n", "名称,类别\n"), encoding="utf-8")
    assert "byte for byte" in check(expect=0)  # it says nothing about any agency
    (folder / "roster.csv").write_text(
        ROSTER.replace("\n", ",街道\n").replace("名称,街道", "名称,类别"), "utf-8"
    )
    assert "the roster differs from that of the merge" in check()


def test_without_a_manifest_the_settings_are_asked_for(folder):
    (folder / "d.manifest.json").unlink()
    assert "option-missing" in check(expect=2)
    told = check("--year", 2024, "--district", "青禾区", expect=0)
    assert "byte for byte" in told
    correct(folder)
    assert "there is no d.manifest.json" in check("--year", 2024, "--district", "青禾区")


@pytest.mark.parametrize("text", by_day(["", "[]", "{}", '{"settings": {"year": 2024}}', "\0"], 2))
def test_what_is_no_manifest_is_refused(folder, text):
    (folder / "d.manifest.json").write_text(text, encoding="utf-8")
    assert "not-a-manifest d.manifest.json" in check(expect=2)


def test_files_that_give_no_roll_up_prove_nothing_and_say_why(folder):
    (folder / "inbox" / FILES[0].name).write_bytes(b"")
    told = check()
    assert "empty-file" in told
    assert "nothing to compare the workbook with" in told


def test_what_is_no_roll_up_is_no_roll_up(folder):
    shutil.copy(FILES[0], folder / "d.xlsx")
    assert "cannot be read as a roll-up" in check()
