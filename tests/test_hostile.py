"""Every hostile or damaged file ends as it should, in time and in memory, and nothing but our own findings comes out."""

from __future__ import annotations

import dataclasses
import json
import re
import subprocess
import sys
import time
import tracemalloc
import zlib

import pytest
from click.testing import CliRunner

import hostile
from conftest import HERE, by_day
from hostile import ANY, FILES, issued
from xltools.cli import command_line
from xltools.collection.reading import ReadOptions, read_file
from xltools.data.finding import SEVERITY
from xltools.excel.marking.parts import EditableParts
from xltools.excel.package import patched, with_parts
from xltools.excel.reader import read_package
from xltools.excel.scan import ScanError, scan
from xltools.office.guard import Budget, Limits, limits_from
from xltools.office.sandbox import SandboxError, run_sandboxed
from xltools.text import LANGS, catalog, message

SECONDS, MEGABYTES = 5, 300
LIGHT = [name for name, one in FILES.items() if not one.is_heavy]
HEAVY = [name for name, one in FILES.items() if one.is_heavy]
# These take longest, as they come close to a limit; others like them stay in every run.
LONGEST = {
    "a_label_half_a_million_times",
    "a_stranger_of_half_a_million_texts",
    "comments_by_the_hundred_thousand",
    "many_short_texts_under_strange_names",
    "millions_of_attributes",
    "millions_of_cells",
    "millions_of_empty_cells",
    "text_in_millions_of_pieces",
    "texts_that_grow_when_folded",
    "wide_characters_in_many_cells",
}


def test_there_are_enough():
    assert len(FILES) >= 60
    assert len({code for one in FILES.values() for code in one.code.split("|")}) >= 15


def check(name, codes):
    wanted = FILES[name].code
    assert codes <= set(SEVERITY)
    if wanted == ANY:
        return
    if wanted:
        assert codes
        assert codes <= set(wanted.split("|"))
    else:
        assert not codes


@pytest.mark.parametrize("name", LIGHT)
def test_it_ends_as_it_should(name):
    data = FILES[name].make()
    started = time.process_time()
    filing = read_package(data, f"{name}.xlsx")
    assert time.process_time() - started < SECONDS
    check(name, {finding.code for finding in filing.findings})
    for finding in filing.findings:
        for lang in LANGS:
            message(finding, lang).encode("utf-8")  # no half characters


@pytest.mark.parametrize(
    "name",
    [
        *by_day((name for name in HEAVY if name not in LONGEST), 1),
        *(pytest.param(name, marks=pytest.mark.prove) for name in sorted(LONGEST)),
    ],
)
def test_it_takes_neither_time_nor_memory(name, tmp_path):
    """In a process of its own, so that the memory is its own."""
    path = tmp_path / f"{name}.xlsx"
    path.write_bytes(FILES[name].make())
    command = [sys.executable, str(HERE / "hostile.py"), "--measure", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    took = json.loads(done.stdout)
    assert took["seconds"] < SECONDS * took["slowness"], took
    assert took["megabytes"] < MEGABYTES, took
    check(name, set(took["codes"]))


@pytest.mark.prove
def test_the_command_line_accounts_for_every_one(tmp_path):
    """In one folder, the sound return among them."""
    names = [name for name in LIGHT if name != "picture_of_forty_megabytes"]
    for name in names:
        (tmp_path / f"{name}.xlsx").write_bytes(FILES[name].make())
    (tmp_path / "sound.xlsx").write_bytes(issued())
    for lang in LANGS:
        result = CliRunner().invoke(
            command_line(lang),
            ["verify", str(tmp_path), "--format", "json"],
            "xltools",
            standalone_mode=False,
        )
        assert result.exception is None, result.exception
        assert result.return_value == 1
        found = json.loads(result.stdout)
        seen = {file["file"].rpartition("/")[2].partition("!")[0] for file in found["files"]}
        assert seen == {f"{name}.xlsx" for name in [*names, "sound"]}


def test_text_output_of_hostile_files_holds_no_control_characters(tmp_path):
    for name in ("text_that_commands_a_terminal", "path_upwards", "text_of_half_characters"):
        (tmp_path / f"{name}.xlsx").write_bytes(FILES[name].make())
    result = CliRunner().invoke(
        command_line("zh"), ["verify", str(tmp_path)], "xltools", standalone_mode=False
    )
    assert not set(map(chr, range(32))) - {"\n"} & set(result.stdout)


def test_a_terminal_gets_no_commands_out_of_names():
    from xltools.text import harmless

    assert harmless("局\x1b[2J\x9b2J\r\u202e1") == "局\ufffd[2J\ufffd2J\ufffd\ufffd1"
    assert harmless("一\n二\t三") == "一\n二\t三"


# -- limits


def test_limits_are_set_by_name():
    limits = limits_from(["cells=5", "FILE = 3m", "xml=2GB"])
    assert (limits.cells, limits.file, limits.xml) == (5, 3 << 20, 2 << 30)
    assert limits.entries == Limits().entries


@pytest.mark.parametrize("text", ["cells", "cell=5", "cells=-1", "cells=five", "cells=5T", "cells=1.5", ""])
def test_what_is_no_limit_is_refused(text):
    from xltools.errors import InputError

    with pytest.raises(InputError):
        limits_from([text])


@pytest.mark.parametrize(
    ("setting", "code"),
    [
        ("file=1K", "too-large"),
        ("entries=3", "too-large"),
        ("unpacked=10K", "too-large"),
        ("xml=10K", "too-large"),
        ("cells=10", "too-large"),
    ],
)
def test_each_limit_holds_and_is_named(setting, code):
    (finding,) = read_package(issued(), "x.xlsx", None, Budget(limits_from([setting]))).findings
    assert finding.code == code
    assert setting.partition("=")[0] in message(finding, "zh")


def test_a_higher_limit_lets_a_larger_file_in():
    data = FILES["many_entries"].make()
    assert not read_package(data, "x.xlsx", None, Budget(Limits(entries=10_000))).findings


def test_the_command_line_takes_limits(tmp_path):
    (tmp_path / "a.xlsx").write_bytes(issued())
    for command in (["read"], ["verify"]):
        result = CliRunner().invoke(
            command_line("en"), [*command, str(tmp_path), "--limit", "cells=5"], standalone_mode=False
        )
        assert result.return_value == 1
        assert "cells > 5" in result.stdout


# -- limits of an archive


def in_sheet(rows):
    return hostile.in_rows(f"<row r='1000'/>{rows}")


def with_picture(size):
    return hostile.packed([*hostile.entries(issued()).items(), ("xl/media/a.jpg", bytes(size))])


# A kind of member that is costly, the limit that stops it, the limits, and what becomes of one of them alone.
COSTLY = {
    "cells": (lambda: in_sheet("<row>" + "<c><v>1</v></c>" * 4000 + "</row>"), Limits(cells=5000), ""),
    "elements": (lambda: in_sheet("<row/>" * 4000), Limits(elements=10_000), ""),
    "elements of a damaged sheet": (
        lambda: in_sheet("<row/>" * 4000 + "<row r='0'/>"),
        Limits(elements=8000),
        "damaged",
    ),
    "xml": (lambda: in_sheet(" " * 300_000), Limits(xml=900_000), ""),
    "formulas": (
        lambda: in_sheet(
            "<row><c><f t='shared' si='0'>A1+A2</f></c>" + "<c><f t='shared' si='0'/></c>" * 100 + "</row>"
        ),
        Limits(formulas=600),
        "",
    ),
    "unpacked": (lambda: with_picture(1 << 20), Limits(unpacked=2_000_000), ""),
    "entries": (issued, Limits(entries=40), ""),
    "text": (lambda: b"<html>" + b" " * 3000, Limits(text=4000), "html-file"),
    "tags": (lambda: b"<html>" + b"<p>" * 3000, Limits(tags=4000), "html-file"),
}


@pytest.mark.parametrize("kind", COSTLY)
def test_an_archive_costs_no_more_than_its_limit_whatever_its_members_are(kind, tmp_path):
    make, limits, alone = COSTLY[kind]
    name, member = kind.partition(" ")[0], make()
    limits = dataclasses.replace(limits, archive=3)
    archive = hostile.packed([(f"{number}.xlsx", member) for number in range(12)], 0)
    options = ReadOptions(limits=limits)
    (tmp_path / "a.xlsx").write_bytes(member)
    (tmp_path / "a.zip").write_bytes(archive)
    (one,) = read_file(str(tmp_path / "a.xlsx"), options)
    assert {finding.code for finding in one.findings} == ({alone} if alone else set())
    found = [filing.findings for filing in read_file(str(tmp_path / "a.zip"), options)]
    assert len(found) == 12
    refused = [findings[0].found for findings in found if findings and findings[0].code == "too-large"]
    assert set(refused) == {f"archive > 3 × {name}"}
    assert 2 <= 12 - len(refused) <= 6
    assert [bool(findings) and findings[0].code == "too-large" for findings in found] == sorted(
        bool(findings) and findings[0].code == "too-large" for findings in found
    )


def test_a_budget_is_shared_by_archives_in_archives():
    archive = Budget(Limits(cells=10, archive=2))
    archive.for_file().spend("cells", 10)
    inner = archive.for_file()
    inner.for_file().spend("cells", 10)
    for budget in (archive.for_file(), inner.for_file(), inner):
        assert budget.left("cells") == 0
        with pytest.raises(ScanError, match="archive > 2 × cells"):
            budget.reserve("cells", 1)


def test_what_a_file_declares_in_vain_costs_the_others_nothing():
    archive = Budget(Limits(xml=10))
    for _ in range(50):
        with pytest.raises(ScanError, match="xml > 10"):
            archive.for_file().reserve("xml", 11)
    assert archive.for_file().left("xml") == 10


def test_children_for_old_formats_share_the_time_of_the_archive():
    archive = Budget()
    archive.add("seconds", 39)
    assert archive.for_file().left("seconds") == 1
    archive.add("seconds", 2)
    with pytest.raises(ScanError, match="archive > 10 × seconds"):
        run_sandboxed("cells", b"", archive.for_file())


def test_a_file_for_which_the_archive_has_too_little_time_left_is_named_for_that_limit():
    """It may be right; only a file that is late on its own cannot be read."""
    archive = Budget()
    archive.add("seconds", 39.999)
    with pytest.raises(ScanError, match="archive > 10 × seconds"):
        run_sandboxed("cells", b"", archive.for_file())
    alone = Budget()
    alone.add("seconds", 3.999)
    with pytest.raises(SandboxError, match="late"):
        run_sandboxed("cells", b"", alone)


def test_every_message_about_a_limit_names_one_that_can_be_set():
    """Limits are named in one place, and the option lists them all."""
    files = [path for path in (HERE.parent / "src").rglob("*.py") if path.name != "guard.py"]
    assert not [path for path in files if 'ScanError("too-large"' in path.read_text(encoding="utf-8")]
    names = [field.name for field in dataclasses.fields(Limits)]
    for lang in LANGS:
        assert re.findall("[a-z]+", catalog(lang)("help.opt-limit"))[-len(names) :] == names


# -- what is unpacked, and the table of styles


@pytest.mark.parametrize(
    "copied",
    [lambda data: EditableParts(data, Limits()).read(hostile.SHEET), lambda data: with_parts(data, {})],
)
def test_whoever_edits_a_workbook_unpacks_no_more_than_it_declares(copied):
    content = hostile.entries(hostile.issued())[hostile.SHEET]
    maker = zlib.compressobj(6, zlib.DEFLATED, -15)
    stream = maker.compress(content) + maker.flush(zlib.Z_FULL_FLUSH)
    data = hostile.raw_changed(content=stream + hostile.deflated(b" " * (1 << 20), 100))
    assert copied(hostile.issued()) == copied(data)
    tracemalloc.start()
    try:
        copied(data)
        assert tracemalloc.get_traced_memory()[1] < 20 << 20
    finally:
        tracemalloc.stop()


def with_styles(count):
    def change(part):
        return re.sub(rb"<cellXfs.*</cellXfs>", b"<cellXfs>" + b"<xf/>" * count + b"</cellXfs>", part)

    return patched(issued(), {"xl/styles.xml": change})


def test_more_styles_than_excel_allows_are_refused():
    assert len(scan(with_styles(Limits().styles)).locked) == Limits().styles
    (finding,) = read_package(with_styles(Limits().styles + 1), "x.xlsx").findings
    assert (finding.code, finding.found) == ("too-large", "styles > 65,490")


@pytest.mark.parametrize("name", [name for name in LIGHT if FILES[name].code == "damaged"])
def test_what_is_damaged_says_in_words_what_is_wrong(name):
    """What a library said of it is for programs only."""
    (finding,) = read_package(FILES[name].make(), "x.xlsx").findings
    assert finding.entered == ""
    for lang in ("zh", "en"):
        said = message(finding, lang)
        assert not re.search(r"[（(](?:an? unknown|无法识别)|Error|zip file", said), said
