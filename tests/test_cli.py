"""The commands as a coordinator runs them: output, exit status, what they refuse, and what is left behind."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import openpyxl
import pytest

from commands import shown, xltools
from conftest import HERE, ROOT, by_day, unpacked
from xltools.cli import main
from xltools.data.period import Period
from xltools.errors import OutputError
from xltools.files import refuse_input

SAMPLES = ROOT / "samples"
CLEAN, PROBLEMS, ROSTER = SAMPLES / "clean", SAMPLES / "problems", SAMPLES / "roster.csv"
OTHER = HERE / "forms" / "fwzx-2025.toml"
YEAR = ["--year", "2024"]


def run(*arguments, expect=0, cwd=".", encoding="utf-8"):
    """The command in this process; a defect in it is raised."""
    done = xltools(cwd, *arguments, encoding=encoding)
    assert done.status == expect, done
    return done.out if expect < 2 else done.err


def run_apart(*arguments, expect=0, encoding="utf-8", **environment):
    """The command in a process and surroundings of its own; a traceback is never an answer."""
    surroundings = os.environ | {"PYTHONIOENCODING": encoding, "PYTHONWARNINGS": "error"} | environment
    command = [sys.executable, "-m", "xltools", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, env=surroundings, check=False)
    out, err = shown(done.stdout, encoding), shown(done.stderr, encoding)
    assert "Traceback" not in err, err
    assert done.returncode == expect, (done.returncode, out, err)
    return out


# -- help and language


def test_help_speaks_both_languages():
    for command in (
        [],
        ["generate"],
        ["read"],
        ["verify"],
        ["merge"],
        ["export"],
        ["form"],
        ["form", "cells"],
        ["schema"],
    ):
        chinese, english = (run(*command, "--lang", lang, "--help") for lang in ("zh", "en"))
        assert chinese != english
        assert "--lang" in english


@pytest.mark.parametrize(
    ("variables", "lang"),
    by_day(
        [
            ({"LANG": "zh_CN.UTF-8"}, "zh"),
            ({"LANG": "de_DE.UTF-8"}, "en"),
            ({"LANG": "C", "XLTOOLS_LANG": "zh"}, "zh"),
        ],
        1,
    ),
)
def test_the_language_follows_the_system(variables, lang):
    cleared = {"XLTOOLS_LANG": "", "LC_ALL": "", "LC_MESSAGES": ""}
    assert run_apart("--help", **(cleared | variables)) == run_apart("--lang", lang, "--help")


def test_version():
    assert run("--version").startswith("xltools 0.")


def test_an_unknown_command_or_option_is_a_usage_error():
    assert "Usage" in run("collate", expect=2)
    assert "Usage" in run("verify", "--colour", expect=2)
    assert "no-such" in run("verify", CLEAN, "--no-such", expect=2)


# -- form


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "用法"),
        (["--help"], "显示本说明。"),
        (["verify", "--help"], "[默认：text]"),
        (["init", "--help"], "[必须给出]"),
        (["init", "--year", "2024", "--district", "区", "--roster", "x"], "错误：缺少参数 '文件夹'"),
        (["init", "x", "--year", "2024"], "错误：缺少选项 '--district'"),
        (["verfy"], "没有命令 'verfy'"),
        (["verify", "--rostr", "x"], "没有选项"),
        (["verify", "x", "--year", "abc"], "'--year' 不能这样写：'abc' 不是有效的"),
        (["verify", "x", "--format", "xml"], "不在可选的"),
        (["form", "list", "a"], "多了一个参数（a）"),
        (["form", "list", "a", "b"], "多了几个参数（a b）"),
        (["verify", "x", "--year"], "'--year' 要带一个值"),
        (["verify", "x", "--by-labels=1"], "不带值"),
        (["verify", "x", "--roster", str(HERE)], "是文件夹"),
    ],
)
def test_click_itself_speaks_chinese_when_asked_to(arguments, words, capsys):
    with pytest.raises(SystemExit):
        main(["--lang", "zh", *arguments])
    out, err = capsys.readouterr()
    assert words in out + err
    assert not re.search(
        r"Usage|Error|Options:|Commands:|Show this|Try '|Missing|Invalid|No such|Got |default:", out + err
    )


def test_click_speaks_english_again_when_asked_to(capsys):
    for lang, words in (("zh", "用法:"), ("en", "Usage:"), ("zh", "用法:")):
        with pytest.raises(SystemExit):
            main(["--lang", lang, "--help"])
        assert capsys.readouterr().out.startswith(words)


def test_form_list_names_the_default():
    assert "xxgk-2021 (default)" in run("form", "list")


def test_form_cells_in_three_formats():
    rows = json.loads(run("form", "cells", "--format", "json"))
    assert len(rows) == 200
    assert rows[0] == {
        "name": "disclosure.regulations.made",
        "sheet": "二、主动公开",
        "address": "B5",
        "kind": "input",
        "unit": "件",
        "label": "第二十条第（一）项/规章 · 本年制发件数",
    }
    assert list(csv.DictReader(io.StringIO(run("form", "cells", "--format", "csv")))) == rows
    table = run("form", "cells", OTHER)
    assert "money.left.sum" in table
    assert len(table.splitlines()) == 2 + 48


def test_form_check_says_everything_that_is_wrong(tmp_path):
    assert "200 numbers" in run("form", "check")
    assert "48 numbers" in run("form", "check", OTHER)
    bad = tmp_path / "bad.toml"
    bad.write_text(
        OTHER.read_text(encoding="utf-8")
        .replace("men + women", "men")
        .replace("opening + received =", "opening + x ="),
        encoding="utf-8",
    )
    message = run("form", "check", bad, expect=2)
    assert len(message.splitlines()) == 2
    assert "bad.toml" in message


# -- generate


def test_generate_writes_a_workbook_for_each_agency(tmp_path):
    out = tmp_path / "发 件 箱"
    text = run("generate", *YEAR, "--district", "青禾区", "--roster", ROSTER, "-o", out)
    assert "19" in text
    names = sorted(path.name for path in out.iterdir())
    assert names[0] == "001_青禾区人民政府办公室_2024.xlsx"
    assert len(names) == 19


def test_generate_can_be_repeated_after_an_interruption(tmp_path):
    """What is there just as it would be written is passed over, whenever it was written."""
    arguments = ("generate", *YEAR, "--district", "青禾区", "--roster", ROSTER, "-o", tmp_path)
    run(*arguments)
    before = {path.name: (path.read_bytes(), path.stat().st_ino) for path in tmp_path.iterdir()}
    lost = [tmp_path / name for name in sorted(before)[3:5]]
    for path in lost:
        path.unlink()
    assert run(*arguments).splitlines() == [
        f"2 workbooks written to {tmp_path}",
        "17 workbooks with the same content existed already",
    ]
    after = {path.name: (path.read_bytes(), path.stat().st_ino) for path in tmp_path.iterdir()}
    assert {name: content for name, (content, _) in after.items()} == {n: c for n, (c, _) in before.items()}
    kept = set(before) - {path.name for path in lost}
    assert all(before[name][1] == after[name][1] for name in kept)  # not even written again


def test_generate_overwrites_nothing_that_differs(tmp_path):
    """One that was filled in, one of other bytes, a folder: named, and nothing is written beside them."""
    arguments = ("generate", *YEAR, "--district", "青禾区", "--roster", ROSTER, "-o", tmp_path)
    run(*arguments)
    names = sorted(path.name for path in tmp_path.iterdir())
    (tmp_path / names[0]).write_bytes((ROOT / "samples" / "clean" / names[0]).read_bytes())
    (tmp_path / names[1]).write_bytes((tmp_path / names[1]).read_bytes() + b"\0")
    (tmp_path / names[2]).unlink()
    (tmp_path / names[2]).mkdir()
    (tmp_path / names[3]).unlink()
    message = run(*arguments, expect=2)
    assert [name for name in names if name in message] == names[:3]
    assert "--force" in message
    assert len(message.splitlines()) == 3
    assert not (tmp_path / names[3]).exists()
    (tmp_path / names[2]).rmdir()
    assert "19 workbooks" in run(*arguments, "--force")
    assert sorted(path.name for path in tmp_path.iterdir()) == names
    assert run(*arguments).splitlines()[0] == f"0 workbooks written to {tmp_path}"
    other = ("generate", "--year", "2025", "--district", "川汇区", "--roster", ROSTER, "-o", tmp_path)
    assert "19 workbooks" in run(*other)  # another year has names of its own


def test_generate_for_one_agency(tmp_path):
    run(
        "generate",
        *YEAR,
        "--district",
        "青禾区",
        "--roster",
        ROSTER,
        "--agency",
        "青禾区教育局",
        "-o",
        tmp_path / "a",
    )
    run(
        "generate",
        *YEAR,
        "--district",
        "青禾区",
        "--agency",
        "青禾区教育局",
        "--code",
        "003",
        "-o",
        tmp_path / "b",
    )
    name = "003_青禾区教育局_2024.xlsx"
    one, other = (unpacked((tmp_path / folder / name).read_bytes()) for folder in "ab")
    assert one == other
    assert "no such agency" in run(
        "generate",
        *YEAR,
        "--district",
        "x",
        "--roster",
        ROSTER,
        "--agency",
        "气象局",
        "-o",
        tmp_path,
        expect=2,
    )
    assert "--code" in run(
        "generate", *YEAR, "--district", "x", "--agency", "教育局", "-o", tmp_path, expect=2
    )


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--year", "24"),
        ("--district", " "),
        ("--district", "a\nb"),
        ("--password", "密码"),
        ("--password", "x" * 16),
    ],
)
def test_generate_refuses_what_no_workbook_can_be_stamped_with(tmp_path, option, value):
    settings = {"--year": "2024", "--district": "青禾区", "--password": ""} | {option: value}
    arguments = [text for pair in settings.items() for text in pair]
    run("generate", *arguments, "--roster", ROSTER, "-o", tmp_path / "o", expect=2)
    assert not (tmp_path / "o").exists()


def test_a_password_protects_sheets_and_structure(tmp_path):
    run(
        "generate",
        *YEAR,
        "--district",
        "区",
        "--agency",
        "局",
        "--code",
        "1",
        "-o",
        tmp_path,
        "--password",
        "Secret-1",
    )
    book = openpyxl.load_workbook(tmp_path / "1_局_2024.xlsx")
    assert book.security.lockStructure
    hashes = {book.security.workbookPassword, *(sheet.protection.password for sheet in book)}
    assert len(hashes) == 1
    assert None not in hashes


# -- read


def test_read_gives_a_json_object_a_line():
    lines = [json.loads(line) for line in run("read", CLEAN).splitlines()]
    assert len(lines) == 19
    first = lines[0]
    assert set(first) == {
        "file",
        "sha256",
        "form",
        "edition",
        "year",
        "period",
        "kind",
        "agency",
        "values",
        "lists",
        "shown",
        "prose",
        "matches",
        "findings",
    }
    assert (first["form"], first["edition"], first["year"]) == ("xxgk", "2021", 2024)
    assert first["agency"] == {"code": "001", "name": "青禾区人民政府办公室", "district": "青禾区"}
    assert len(first["values"]) == 166
    assert len(first["shown"]) == 34
    assert first["findings"] == []


def test_read_writes_numbers_as_they_were_typed():
    text = run("read", SAMPLES / "published" / "HZ01_洪泽区人民政府_2023.xlsx")
    assert '"disclosure.fees.amount": 7730.28,' in text
    assert '"disclosure.penalty.decisions": 4119,' in text


def test_read_as_csv_with_a_mark_for_excel(tmp_path):
    run("read", CLEAN, "--format", "csv", "-o", tmp_path / "a.csv")
    data = (tmp_path / "a.csv").read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))
    assert len(rows) == 19
    assert rows[3]["disclosure.fees.amount"] == "6620.9411"


def test_read_of_what_cannot_be_read_is_a_finding():
    (line,) = run("read", PROBLEMS / "012_市场监管局_加密.xlsx", expect=1).splitlines()
    found = json.loads(line)
    assert found["form"] is None
    assert [finding["code"] for finding in found["findings"]] == ["encrypted"]


# -- verify


def test_verify_of_a_clean_collection():
    assert "19 files checked: no errors" in run("verify", CLEAN, "--roster", ROSTER, *YEAR)


def test_verify_finds_the_two_errors_that_were_published():
    text = run("verify", SAMPLES / "published", expect=1)
    assert text.count("total-wrong") == 2
    assert "Errors 2, warnings 0, notes 0." in text
    chinese = run("verify", SAMPLES / "published", "--lang", "zh", expect=1)
    assert "行政复议 · 总计 0，应为 11（10 + 1），差 11" in chinese


def test_verify_as_json():
    found = json.loads(run("verify", PROBLEMS, "--roster", ROSTER, *YEAR, "--format", "json", expect=1))
    assert set(found) == {"files", "findings", "passed_over", "summary"}
    assert found["summary"]["missing"] == 1  # the file of 012 is there, though it cannot be read
    assert found["summary"]["files"] == len(found["files"]) == len(list(PROBLEMS.iterdir()))
    keys = {"code", "severity", "file", "agency", "sheet", "address", "cell", "found", "expected", "message"}
    keys |= {"member", "others", "causes", "waiver", "explanation", "largest_effect"}
    assert all(set(finding) == keys for finding in found["findings"])
    wrong = next(finding for finding in found["findings"] if finding["code"] == "total-wrong")
    assert (wrong["found"], wrong["expected"], wrong["cell"], wrong["address"]) == (
        0,
        1,
        "disputes.review.total",
        "E6",
    )


def test_verify_takes_another_form_by_its_path(tmp_path):
    run(
        "generate",
        "--year",
        "2025",
        "--district",
        "区",
        "--agency",
        "中心",
        "--code",
        "1",
        "--form",
        OTHER,
        "-o",
        tmp_path,
    )
    (path,) = tmp_path.iterdir()
    assert "wrong-form" in run("verify", path, expect=1)
    assert "wrong-form" in run(
        "verify", CLEAN / "001_青禾区人民政府办公室_2024.xlsx", "--form", OTHER, expect=1
    )


def test_a_path_that_is_not_there_ends_the_work(tmp_path):
    assert "no such file" in run("verify", tmp_path / "none", expect=2)
    assert "no file to read" in run("verify", tmp_path, expect=2)


def test_lock_files_and_hidden_files_are_passed_over(tmp_path):
    (tmp_path / "~$001.xlsx").write_bytes(b"x")
    (tmp_path / ".DS_Store").write_bytes(b"x")
    (tmp_path / "sub").mkdir()
    name = "001_青禾区人民政府办公室_2024.xlsx"
    (tmp_path / "sub" / name).write_bytes((CLEAN / name).read_bytes())
    assert "1 file checked: no errors" in run("verify", tmp_path)


@pytest.mark.prove
@pytest.mark.parametrize(
    "encoding", ["gbk", *(pytest.param(one, marks=pytest.mark.prove) for one in ("ascii", "utf-8"))]
)
def test_a_console_of_another_encoding_does_not_end_the_work(tmp_path, encoding):
    for lang in ("zh", "en"):
        run("verify", PROBLEMS, "--roster", ROSTER, "--lang", lang, expect=1, encoding=encoding)
        run("form", "cells", "--lang", lang, encoding=encoding)
        run("--lang", lang, "--help", encoding=encoding)
    run("merge", CLEAN, *YEAR, "--district", "青禾区", "-o", tmp_path / "d.xlsx", encoding=encoding)
    problems = ("verify", PROBLEMS, "--roster", ROSTER, "--lang", "zh")
    apart = run_apart(*problems, expect=1, encoding=encoding)
    assert apart == run(*problems, expect=1, encoding=encoding)
    assert (
        json.loads(run_apart("verify", CLEAN, "--format", "json", encoding=encoding))["summary"]["files"]
        == 19
    )


# -- merge


def merge(*arguments, expect=0, out):
    return run("merge", *arguments, *YEAR, "--district", "青禾区", "-o", out, expect=expect)


def test_merge_writes_a_rollup_that_is_a_return(tmp_path):
    out = tmp_path / "汇 总.xlsx"
    text = merge(CLEAN, "--roster", ROSTER, out=out)
    assert "19 agencies merged into" in text
    assert "1 file checked: no errors" in run("verify", out)
    (line,) = run("read", out).splitlines()
    rolled, parts = json.loads(line), [json.loads(one) for one in run("read", CLEAN).splitlines()]
    assert rolled["kind"] == "rollup"
    for name, value in rolled["values"].items():
        assert value == pytest.approx(sum(part["values"][name] for part in parts), abs=1e-9)
    again = merge(CLEAN, "--roster", ROSTER, out=out, expect=2)
    assert "--force" in again


def test_merge_refuses_and_writes_nothing(tmp_path):
    out = tmp_path / "d.xlsx"
    text = merge(PROBLEMS, "--roster", ROSTER, out=out, expect=1)
    assert "missing-return" in text
    assert list(tmp_path.iterdir()) == []


WAYS = {
    "itself": lambda own, _: own,
    "a way around": lambda own, _: own.parent / "." / ".." / own.parent.name / own.name,
    "a link": lambda own, other: (other.symlink_to(own), other)[1],
    "another name of the file": lambda own, other: (os.link(own, other), other)[1],
}


@pytest.mark.parametrize("way", by_day(WAYS, 2))
def test_merge_writes_over_no_input_whichever_path_leads_there(tmp_path, way):
    inbox = tmp_path / "in"
    shutil.copytree(CLEAN, inbox)
    own = min(inbox.iterdir())
    before = own.read_bytes()
    output = WAYS[way](own, tmp_path / "d.xlsx")
    assert "is one of the files" in merge(inbox, "--roster", ROSTER, "--force", out=output, expect=2)
    assert own.read_bytes() == before


def test_where_files_have_no_numbers_an_input_is_known_by_its_path(tmp_path, monkeypatch):
    one, other = tmp_path / "a.xlsx", tmp_path / "b.xlsx"
    for path in (one, other):
        path.write_bytes(b"x")
    monkeypatch.setattr(Path, "stat", lambda *_, **__: SimpleNamespace(st_dev=1, st_ino=0))
    refuse_input(one, [other])
    with pytest.raises(OutputError):
        refuse_input(tmp_path / ".." / tmp_path.name / "a.xlsx", [other, one])


@pytest.mark.prove
def test_merge_says_on_the_cover_what_is_left_out(tmp_path):
    out = tmp_path / "d.xlsx"
    merge(PROBLEMS, "--roster", ROSTER, "--incomplete", out=out, expect=1)
    book = openpyxl.load_workbook(out, data_only=True)
    cover = [str(cell.value) for row in book["封面"].iter_rows() for cell in row if cell.value]
    assert any("不完整" in text for text in cover)
    rows = [[str(cell.value) for cell in row if cell.value] for row in book["封面"].iter_rows()]
    assert any("青禾区信访局" in row[0] and row[1] == "未报送" for row in rows if len(row) > 1)
    files = {row[3].value for row in book["来源清单"].iter_rows(min_row=3) if row[3].value}
    assert files == {path.name for path in PROBLEMS.iterdir()}


@pytest.mark.prove
def test_merge_with_exclusions(tmp_path):
    out = tmp_path / "d.xlsx"
    (tmp_path / "in").mkdir()
    for path in CLEAN.iterdir():
        if not path.name.startswith("005"):
            (tmp_path / "in" / path.name).write_bytes(path.read_bytes())
    assert "missing-return" in merge(tmp_path / "in", "--roster", ROSTER, out=out, expect=1)
    text = merge(tmp_path / "in", "--roster", ROSTER, "--exclude", "005", "--reason", "机构撤销", out=out)
    assert "机构撤销" in text
    assert "青禾区民政局" in "".join(str(c.value) for row in openpyxl.load_workbook(out)["封面"] for c in row)
    assert "needs a reason" in merge(tmp_path / "in", "--exclude", "005", out=out, expect=2)
    assert "matches nothing" in merge(
        tmp_path / "in", "--exclude", "777", "--reason", "x", out=tmp_path / "e.xlsx", expect=2
    )


def test_the_second_form_goes_through_all_four_verbs(tmp_path):
    import clerk

    from xltools.form.layout import layout
    from xltools.form.library import find

    roster = tmp_path / "名单.csv"
    roster.write_text("code,name\n1,甲中心\n2,乙中心\n", encoding="utf-8")
    box = tmp_path / "box"
    common = ["--year", "2025", "--form", OTHER]
    run("generate", *common, "--district", "某区", "--roster", roster, "-o", box)
    form = find(str(OTHER))
    for path in box.iterdir():
        package = path.read_bytes()
        for cell in form.inputs:
            sheet, address = layout(form).address(cell.name)
            package = clerk.edited(package, sheet, {address: 0})
        path.write_bytes(package)
    assert "2 files checked: no errors" in run("verify", box, *common, "--roster", roster)
    out = tmp_path / "某区.xlsx"
    run("merge", box, *common, "--district", "某区", "--roster", roster, "-o", out)
    (line,) = run("read", out, "--form", OTHER).splitlines()
    assert json.loads(line)["findings"] == []


def test_an_output_that_cannot_be_written_ends_the_work(tmp_path):
    (tmp_path / "file").write_text("x", encoding="utf-8")
    assert "cannot write" in merge(CLEAN, out=tmp_path / "file" / "d.xlsx", expect=2)


def test_a_closed_pipe_is_no_error():
    process = subprocess.Popen(
        [sys.executable, "-m", "xltools", "form", "cells"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    process.stdout.close()
    error = process.stderr.read()
    process.stderr.close()
    assert process.wait() in (0, 1, 2)
    assert b"Traceback" not in error


def test_an_interrupted_write_leaves_the_former_file(tmp_path, monkeypatch):
    from xltools.errors import OutputError
    from xltools.files import write_atomically

    target = tmp_path / "d.xlsx"
    target.write_bytes(b"former")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError):
        write_atomically(target, b"new")
    assert target.read_bytes() == b"former"
    assert [path.name for path in tmp_path.iterdir()] == ["d.xlsx"]


def test_each_of_many_files_is_on_disk_before_it_has_its_name(tmp_path, monkeypatch):
    from xltools.files import write_each

    flushed = set()
    fsync, replace = os.fsync, Path.replace

    def flush(handle):
        flushed.add(os.fstat(handle).st_ino)
        fsync(handle)

    def rename(path, target):
        assert path.stat().st_ino in flushed
        return replace(path, target)

    monkeypatch.setattr(os, "fsync", flush)
    monkeypatch.setattr(Path, "replace", rename)
    files = [(tmp_path / f"{n}.xlsx", b"%d" % n) for n in range(48)]
    write_each(iter(files))
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == dict(files)


def test_of_many_files_the_first_that_cannot_be_written_is_named_and_those_before_it_are_whole(tmp_path):
    from xltools.errors import OutputError
    from xltools.files import write_each

    files = [(tmp_path / f"{n:03}.xlsx", b"%d" % n) for n in range(200)]
    for n in (40, 45):
        files[n][0].mkdir()
    begun = []
    with pytest.raises(OutputError, match="040"):
        write_each((path, content) for path, content in files if begun.append(path) is None)
    assert len(begun) == 41, "it stops"
    there = {path: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}
    assert there == dict(files[:40])


def test_a_defect_is_one_sentence(monkeypatch, capsys):
    from xltools import cli
    from xltools.form import library

    monkeypatch.delenv("XLTOOLS_DEBUG")
    monkeypatch.setattr(library, "names", lambda: 1 / 0)
    with pytest.raises(SystemExit) as caught:
        cli.main(["form", "list"])
    assert caught.value.code == 2
    error = capsys.readouterr().err
    assert "defect" in error
    assert len(error.splitlines()) == 1


def test_starting_up_loads_no_spreadsheet_library():
    code = "import sys; import xltools.cli as c; c.command_line('en'); print(sorted(m for m in ('xlsxwriter', 'cattrs', 'openpyxl', 'zipfile') if m in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_text_never_takes_the_place_of_a_workbook(tmp_path):
    name = "001_青禾区人民政府办公室_2024.xlsx"
    target = tmp_path / name
    target.write_bytes((CLEAN / name).read_bytes())
    before = target.read_bytes()
    for command in (["read", target], ["verify", target], ["form", "cells", "--format", "csv"]):
        assert "--force" in run(*command, "-o", target, expect=2)
        assert "ending" in run(*command, "-o", target, "--force", expect=2) or command[0] == "verify"
    disguised = tmp_path / "return"
    disguised.write_bytes(before)
    assert "workbook" in run("read", target, "-o", disguised, "--force", expect=2)
    assert disguised.read_bytes() == before
    assert "files to read" in run(
        "merge", target, *YEAR, "--district", "区", "-o", target, "--force", expect=2
    )
    assert target.read_bytes() == before


def test_csv_leaves_out_totals_over_what_could_not_be_read():
    rows = list(
        csv.DictReader(
            io.StringIO(run("read", PROBLEMS / "003_青禾区教育局_2024.xlsx", "--format", "csv", expect=1))
        )
    )
    assert rows[0]["disclosure.penalty.decisions"] == ""
    rows = list(
        csv.DictReader(
            io.StringIO(
                run("read", PROBLEMS / "011_青禾区卫生健康委员会_2024.xlsx", "--format", "csv", expect=1)
            )
        )
    )
    assert rows[0]["disputes.review.total"] == ""
    assert rows[0]["applications.new.total"] != ""


def test_a_full_disk_behind_the_screen_is_one_sentence():
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "xltools", "form", "cells"],
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert b"Traceback" not in done.stderr


# -- last year

LAST = ["--prior", CLEAN]


def aside(*arguments):
    """What a command says beside its output, on stderr."""
    done = xltools(".", *arguments)
    assert done.status == 0, done
    return done.err


NEXT = ["--year", "2025", "--district", "青禾区", "--roster", ROSTER]


@pytest.fixture
def few(tmp_path):
    """A roster of four agencies, and a folder with their returns."""
    lines = ROSTER.read_bytes().splitlines(keepends=True)
    (tmp_path / "few.csv").write_bytes(b"".join(lines[:5]))
    (tmp_path / "few").mkdir()
    for path in sorted(CLEAN.iterdir())[:4]:
        shutil.copy(path, tmp_path / "few")
    return tmp_path / "few.csv", tmp_path / "few"


def test_last_years_returns_fill_in_what_follows_from_them(few, tmp_path):
    roster, clean = few
    issue = ("generate", *NEXT[:-1], roster)
    run(*issue, "--prior", clean, "--show-prior", "-o", tmp_path / "out")
    run(*issue, "-o", tmp_path / "plain")
    said = json.loads(run("verify", tmp_path / "out", "--roster", roster, "--format", "json", expect=1))
    assert {f["code"] for f in said["findings"]} == {"all-blank", "blank"}
    values = [json.loads(line)["values"] for line in run("read", tmp_path / "out").splitlines()]
    before = [json.loads(line)["values"] for line in run("read", clean).splitlines()]
    assert len(values) == 4
    for now, last in zip(values, before, strict=True):
        assert now == {
            f"applications.carried_in.{c}": last[f"applications.carried_out.{c}"]
            for c in ("natural", "commercial", "research", "welfare", "legal_service", "other_org")
        }
    assert not any(json.loads(line)["values"] for line in run("read", tmp_path / "plain").splitlines())


def test_a_roster_line_that_last_year_does_not_know_gets_a_blank_workbook(tmp_path):
    roster = tmp_path / "r.csv"
    roster.write_text("code,name\n001,青禾区人民政府办公室\n050,青禾区数据局\n", encoding="utf-8")
    told = aside("generate", *NEXT[:-1], roster, *LAST, "-o", tmp_path / "out")
    assert "1 agency without a return last year" in told
    read = {
        o["agency"]["code"]: o["values"] for o in map(json.loads, run("read", tmp_path / "out").splitlines())
    }
    assert read["001"]
    assert not read["050"]


def test_showing_last_year_needs_last_year(tmp_path):
    assert "--prior" in run("generate", *NEXT, "--show-prior", "-o", tmp_path / "out", expect=2)
    assert not (tmp_path / "out").exists()


def test_verify_and_merge_compare_with_last_year(tmp_path):
    before = tmp_path / "before"
    arguments = ["--year", "2024", "--district", "青禾区", "--roster", ROSTER]
    roster_before = tmp_path / "before.csv"
    roster_before.write_text("code,name\n003,青禾区教育局\n020,青禾区旅游局\n", encoding="utf-8")
    run("generate", "--year", "2023", "--district", "青禾区", "--roster", roster_before, "-o", before)
    said = json.loads(
        run("verify", CLEAN, *arguments[:2], *arguments[4:], "--prior", before, "--format", "json")
    )
    found = [f for f in said["findings"] if f["code"] in {"agency-new", "agency-gone"}]
    assert sum(f["code"] == "agency-new" for f in found) == 18
    assert [f["agency"] for f in found if f["code"] == "agency-gone"] == ["青禾区旅游局（020）"]
    told = run("merge", CLEAN, *arguments, "--prior", before, "-o", tmp_path / "d.xlsx")
    assert "agency-gone" in told
    assert (tmp_path / "d.xlsx").exists()


def test_the_year_before_is_the_year_before(few):
    roster, clean = few
    assert "2024" in run("verify", clean, *YEAR, "--prior", clean, expect=2)
    assert "2024" in run("verify", clean, "--prior", clean, expect=2)
    assert "none of last year's" in run("verify", clean, "--prior", roster, expect=2)
    assert "several years" in run("verify", clean, "--prior", SAMPLES / "published", expect=2)


def test_what_is_wrong_with_last_years_files_is_counted(tmp_path):
    """Two years of one agency, the first of them with two wrong totals, beside a file that is nothing."""
    published = {path.name[-9:-5]: path for path in (SAMPLES / "published").glob("HZ01*")}
    (tmp_path / "last").mkdir()
    (tmp_path / "last" / "HZ01_2023.xlsx").write_bytes(published["2023"].read_bytes())
    (tmp_path / "last" / "002_leer_2023.xlsx").write_bytes(b"")
    now = published["2024"]
    told = aside("verify", now, "--prior", tmp_path / "last")
    assert told.startswith(
        "Last year: 2 files. With errors, but used as far as they could be read: 1. Not usable: 1."
    )
    assert "jump" in run("verify", now, "--prior", tmp_path / "last")


def test_a_collection_takes_last_years_collection(few, tmp_path):
    """A folder with a collection.toml is read by its inbox: its outbox holds blank workbooks."""
    roster, clean = few
    run("init", tmp_path / "2024", "--year", "2024", "--district", "青禾区", "--roster", roster)
    for path in clean.iterdir():
        (tmp_path / "2024" / "inbox" / path.name).write_bytes(path.read_bytes())
    run("generate", cwd=tmp_path / "2024")
    run(
        "init",
        tmp_path / "2025",
        "--year",
        "2025",
        "--district",
        "青禾区",
        "--roster",
        roster,
        "--prior",
        tmp_path / "2024",
    )
    run("generate", cwd=tmp_path / "2025")
    filled = [
        json.loads(line)["values"] for line in run("read", "outbox", cwd=tmp_path / "2025").splitlines()
    ]
    assert len(filled) == 4
    assert all(len(values) == 6 for values in filled)
    now = tmp_path / "2025" / "inbox" / "003_青禾区教育局_2025.xlsx"
    now.write_bytes(_carried_wrongly())
    told = run("verify", cwd=tmp_path / "2025", expect=1)
    assert told.count("carry-over") == 1
    board = json.loads(run("status", "--format", "json", cwd=tmp_path / "2025", expect=1))
    assert "questions" in json.dumps(board)


def _carried_wrongly():
    """The return of 003 for the year after, as last year's but for what follows from it, in which one column does not."""
    from xltools import Agency, Stamp, find_form, read, write_return

    form = find_form("xxgk-2021")
    last = read(CLEAN / "003_青禾区教育局_2024.xlsx").record.values
    values = dict(last) | form.carried(form.complete(last))
    values["applications.carried_in.natural"] += 2
    values["disclosure.licensing.decisions"] += 1
    stock = "disclosure.normative_documents."
    values[f"{stock}in_force"] += values[f"{stock}made"] - values[f"{stock}repealed"]
    stamp = Stamp(form.key, form.edition, Period(2025), Agency("青禾区", "003", "青禾区教育局"))
    return write_return(form, stamp, values)


# -- the page and the workbook of findings


@pytest.mark.parametrize(("how", "start"), by_day([("html", b"<!DOCTYPE html>"), ("xlsx", b"PK")], 1))
def test_verify_writes_a_page_and_a_workbook(tmp_path, how, start):
    path = tmp_path / f"out.{how}"
    out = run("verify", PROBLEMS, *YEAR, "--format", how, "-o", path, expect=1)
    assert out.startswith("25 files")
    assert path.read_bytes().startswith(start)
    assert list(tmp_path.iterdir()) == [path]
    assert "give its name with -o" in run("verify", PROBLEMS, "--format", how, expect=2)


def test_neither_replaces_a_return(tmp_path):
    sent = min(CLEAN.iterdir())
    copy = tmp_path / "1.xlsx"
    copy.write_bytes(sent.read_bytes())
    for how in ("html", "xlsx"):
        assert "--force" in run("verify", sent, "--format", how, "-o", copy, expect=2)
    assert "ending" in run("verify", sent, "--format", "html", "-o", copy, "--force", expect=2)
    assert "not overwritten" in run("verify", copy, "--format", "xlsx", "-o", copy, "--force", expect=2)
    assert copy.read_bytes() == sent.read_bytes()
    run("verify", sent, "--format", "xlsx", "-o", copy, "--force")
    assert copy.read_bytes() != sent.read_bytes()


def test_schema_prints_on_a_console_of_any_encoding():
    for which in ("verify", "read"):
        assert (
            json.loads(run_apart("schema", which, encoding="gbk"))["$id"].rpartition(":")[0]
            == f"urn:xltools:schema:{which}"
        )
    assert "'verify', 'read'" in run("schema", "merge", expect=2)
