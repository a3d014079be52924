"""One file never stops the others: whatever it holds, and whatever the program itself does wrong with it."""

from __future__ import annotations

import encodings.aliases
import functools
import json
import re
import shutil
import zipfile
from dataclasses import fields, is_dataclass

import clerk
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import published
import workers
from conftest import ROOT, by_day, run, sound_prose, sound_values
from workers import OddError
from xltools.cli import main
from xltools.collection.inbox import InboxItem
from xltools.collection.reading import ReadOptions, read_files
from xltools.data.failure import failed
from xltools.data.filing import RefusedFile, Source, Stamp
from xltools.data.finding import can_be_accepted
from xltools.data.period import Period
from xltools.data.record import Agency
from xltools.data.seal import seal
from xltools.errors import InputError, Problem
from xltools.excel.archive import PackedFile
from xltools.excel.reader import read_package
from xltools.excel.reader.sheets import read_sheets
from xltools.excel.writer import write_return
from xltools.form.library import find
from xltools.form.model import Form

FORM = find("xxgk-2021")
CLEAN = sorted((ROOT / "samples" / "clean").glob("*.xlsx"))[:5]
KEY = b"0123456789abcdef"
MERGING = ("--year", 2024, "--district", "青禾区")
NO_CHARACTER = re.compile("[\ud800-\udfff\ufffe\uffff]")


@functools.cache
def returned(code="001", name="青禾区教育局", problems="", key=b""):
    """A sound return; with *problems*, these words are its fifth section."""
    stamp = Stamp(FORM.key, FORM.edition, Period(2024), Agency("青禾区", code, name))
    prose = sound_prose() | ({"problems.text": problems} if problems else {})
    return write_return(FORM, stamp, sound_values(), prose, key=key)


def verified(out, *arguments):
    """The findings of each file, by its name."""
    run("verify", *arguments, "--format", "json", "-o", out, expect=1)
    found = json.loads(out.read_text(encoding="utf-8"))
    of = {file["file"]: [] for file in found["files"]}
    for finding in found["findings"]:
        of[finding["file"]].append(finding)
    return {path.rpartition("/")[2]: findings for path, findings in of.items()}


def codes(out, *arguments):
    """The codes of the findings of each file, by its name."""
    return {name: {f["code"] for f in found} for name, found in verified(out, *arguments).items()}


@pytest.fixture
def inbox(tmp_path):
    """Five returns of the sample district."""
    folder = tmp_path / "inbox"
    folder.mkdir()
    for path in CLEAN:
        shutil.copy(path, folder)
    return folder


@pytest.fixture
def roster(tmp_path):
    """The agencies of the five returns."""
    lines = (ROOT / "samples" / "roster.csv").read_bytes().splitlines(keepends=True)
    path = tmp_path / "roster.csv"
    path.write_bytes(b"".join(lines[: 1 + len(CLEAN)]))
    return path


# -- what a file holds


def full_width(text):
    return text.translate({ord("0") + n: chr(ord("０") + n) for n in range(10)})


@pytest.mark.parametrize("make", by_day([lambda _: "印印印", full_width, lambda _: "é", lambda _: "K"], 1))
def test_a_seal_with_letters_outside_ascii_is_broken(tmp_path, make):
    (tmp_path / "key").write_bytes(KEY)
    stamp = Stamp(FORM.key, FORM.edition, Period(2024), Agency("青禾区", "001", "青禾区教育局"))
    folder = tmp_path / "in"
    folder.mkdir()
    for n in range(1, 5):
        (folder / f"{n:03}.xlsx").write_bytes(returned(f"{n:03}", f"单位{n:03}", key=KEY))
    bad = clerk.with_property(returned(key=KEY), "xltools.seal", make(seal(stamp, KEY)))
    (folder / "001.xlsx").write_bytes(bad)
    found = codes(tmp_path / "v.json", folder, "--key", tmp_path / "key")
    assert "seal-broken" in found.pop("001.xlsx")
    assert len(found) == 3
    assert not any("seal-broken" in those for those in found.values())
    out = run("merge", folder, *MERGING, "--key", tmp_path / "key", "-o", tmp_path / "d.xlsx", expect=1)
    assert "001.xlsx" in out
    assert "seal-broken" in out


PAGES = {
    "undefined": b"<meta charset=undefined><html>\xff",
    "idna": b"<meta charset=idna><html>" + b"a" * 5000 + b"\xff",
    "punycode": b"<meta charset=punycode><html>" + b"a" * 5000 + b"-\xff",
    "hex": b"<meta charset=hex><html>\xff",
}


@pytest.mark.parametrize("page", by_day(PAGES.values(), 1), ids=PAGES)
def test_a_page_of_a_strange_encoding_stops_no_other_file(inbox, tmp_path, page):
    (inbox / "x.html").write_bytes(page)
    found = codes(tmp_path / "v.json", inbox)
    assert found.pop("x.html") == {"html-file"}
    assert len(found) == len(CLEAN)
    out = run("merge", inbox, *MERGING, "-o", tmp_path / "d.xlsx", expect=1)
    assert "x.html" in out
    run("merge", inbox, *MERGING, "-o", tmp_path / "d.xlsx", "--incomplete", expect=1)
    assert len(read_package((tmp_path / "d.xlsx").read_bytes(), "d.xlsx").members) == len(CLEAN)


@pytest.mark.parametrize("label", ["big5", "Shift_JIS", "windows-1252", "EUC-KR", "iso-8859-5", "gb2312"])
def test_a_page_is_read_in_the_encoding_that_it_declares(label):
    from xltools.document.reader.opening import flow_of
    from xltools.office.guard import Budget

    words = {
        "big5": "教育局",
        "Shift_JIS": "かな",
        "windows-1252": "é“x”",
        "EUC-KR": "한국",
        "gb2312": "青禾区",
    }
    text = words.get(label, "Привет")
    page = f"<meta charset={label}><html><p>{text} {text}</p></html>".encode(label)
    assert [item.text for item in flow_of(page, Budget())] == [f"{text} {text}"]


def test_no_encoding_is_declared_that_python_does_not_have():
    from xltools.document.reader.opening import _ENCODINGS

    for codec in _ENCODINGS.values():
        assert isinstance(b"a".decode(codec), str)


CODECS = sorted(
    {*encodings.aliases.aliases, *encodings.aliases.aliases.values(), "idna", "undefined", "mbcs"}
)


def texts(value):
    """Every text within a value, but for those of a form."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from texts(key)
            yield from texts(inner)
    elif isinstance(value, (list, tuple, set, frozenset)):
        for inner in value:
            yield from texts(inner)
    elif is_dataclass(value) and not isinstance(value, Form):
        for field in fields(value):
            yield from texts(getattr(value, field.name))


def has_characters_only(filing):
    return not any(NO_CHARACTER.search(text) for text in texts(filing))


PAGE = published.page(published.report(FORM, sound_values(), prose=sound_prose())).decode()


@given(st.sampled_from(CODECS), st.binary(max_size=300), st.booleans())
@example("unicode_escape", rb"\ud800\ufffe", True)
@example("utf_7", b"+2AA-", True)
@example("undefined", b"\xff", False)
def test_whatever_encoding_a_page_declares_reading_ends_with_a_filing(codec, noise, whole):
    start = f'<meta charset="{codec}"><html>'.encode()
    page = re.sub("<meta[^>]*>", "", PAGE).encode() if whole else b""
    filing = ReadOptions(FORM).read(InboxItem("x.html", start + noise + page))
    assert has_characters_only(filing)


NOISE = st.text(
    st.one_of(st.characters(), st.sampled_from("\ud800\udfff\ufffe\uffff")), min_size=1, max_size=8
)
ESCAPED = st.lists(
    st.sampled_from(["_xD800_", "_xDFFF_", "_xFFFE_", "_xffff_", "_x005F_", "件", "_xD83D_", "_xDE00_"])
).map("".join)


def spoiled(text, where):
    """A return that has this text in a cell of figures, in its prose, in a comment, or as the agency's name."""
    if where == "figure":
        return clerk.edited(returned(), "二、主动公开", {"B5": f"12{text}件"})
    if where == "comment":
        return clerk.with_comment(returned(), "二、主动公开", "B5", text)
    if where == "property":
        return clerk.with_property(returned(), "xltools.name", f"青禾区{text}教育局")
    package = returned(name="青禾区标记教育局", problems="标记很多")
    if where == "name":  # of a file that lost its properties
        package = clerk.patched(
            package, {"docProps/custom.xml": lambda part: part.replace(b"xltools.", b"x.")}
        )
    return clerk.patched(
        package, {"xl/sharedStrings.xml": lambda part: part.replace("标记".encode(), text.encode())}
    )


@given(ESCAPED, st.sampled_from(["figure", "prose", "name", "comment", "property"]))
@example("_xFFFE_", "name")
@example("_xD800_", "prose")
def test_no_text_of_a_workbook_holds_what_is_no_character(text, where):
    filing = ReadOptions(FORM).read(InboxItem("x.xlsx", spoiled(text, where)))
    assert filing.agency is not None
    assert has_characters_only(filing)


@given(NOISE, st.sampled_from(["x.html", "x.txt", "x.md"]), st.sampled_from(["utf-8", "utf-16", "utf-16-le"]))
def test_no_text_of_a_document_holds_what_is_no_character(noise, name, encoding):
    made = published.report(FORM, sound_values(), prose=sound_prose())
    text = published.WRITERS[next(n for n in published.WRITERS if n.endswith(name[1:]))](made).decode()
    references = "".join(f"&#{ord(c)};&#x{ord(c):x};" for c in noise)
    marked = text.replace("青禾区统计局", f"青禾区{noise}{references}统计局")
    filing = ReadOptions(FORM).read(InboxItem(name, marked.encode(encoding, "surrogatepass")))
    assert has_characters_only(filing)


@pytest.mark.parametrize("codec", ["gb18030", "utf-8", "utf-16"])
def test_noncharacters_of_every_encoding_are_replaced(codec):
    made = published.page(published.report(FORM, sound_values(), prose=sound_prose())).decode()
    data = re.sub("<meta[^>]*>", "", made).replace("栏目", "栏\ufffe\uffff目").encode(codec)
    assert has_characters_only(ReadOptions(FORM).read(InboxItem("x.html", data)))


def test_texts_of_old_formats_hold_characters_only():
    """The library in the child process resolves no escapes, and passes on what the file holds."""
    from xltools.excel.old_formats import _facts

    (sheet,) = _facts("sheet\ta\ufffe\tVisible\n0\t0\ts\tx\uffff\nend\n".encode()).sheets
    assert (sheet.name, sheet.cells[0, 0].text) == ("a\ufffd", "x\ufffd")


def test_names_of_files_and_members_are_written_with_characters_only(tmp_path):
    name = "001_青禾区\ufffe教育局_2024.xlsx"
    (tmp_path / name).write_bytes(clerk.retyped(returned()))
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(name, clerk.retyped(returned()))
    manner = ReadOptions(by_labels=True)
    for file in (tmp_path / name, tmp_path / "a.zip"):
        ((filing,),) = read_files([str(file)], manner)
        assert filing.record is not None
        assert has_characters_only(filing)
        assert "\ufffd" in filing.agency.name


WRITTEN = (
    ("verify", "--format", "json", "-o", "v.json"),
    ("verify", "--format", "html", "-o", "v.html"),
    ("verify", "--format", "xlsx", "-o", "v.xlsx"),
    ("verify", "--return-to", "back"),
    ("status", "--format", "html", "-o", "s.html"),
    ("merge", "--incomplete", "-o", "d.xlsx"),
    ("gather", "-o", "g.docx"),
    ("export", "-o", "e.csv"),
    ("export", "-o", "e.jsonl"),
    ("export", "-o", "e.sqlite"),
    ("read", "-o", "r.json"),
)


@pytest.mark.parametrize("where", by_day(["name", "prose", "figure", "comment"], 2))
def test_every_command_writes_what_a_file_with_such_characters_holds(roster, tmp_path, monkeypatch, where):
    monkeypatch.chdir(tmp_path)
    run("init", "c", *MERGING, "--roster", roster)
    monkeypatch.chdir(tmp_path / "c")
    shutil.copy(CLEAN[1], "inbox")
    (tmp_path / "c" / "inbox" / "001.xlsx").write_bytes(spoiled("_xFFFE__xD800_", where))
    for arguments in WRITTEN:
        with pytest.raises(SystemExit) as end:
            main(arguments)
        assert end.value.code in {0, 1}, arguments
    for form in ("docx", "html", "md"):
        with pytest.raises(SystemExit) as end:
            main(["publish", "inbox/001.xlsx", "--draft", "-o", f"p.{form}"])
        assert end.value.code in {0, 1}
        assert (tmp_path / "c" / f"p.{form}").exists()


def test_what_stops_the_work_names_files_harmlessly():
    from xltools.text import error_text

    error = InputError(Problem("no-such-path", "a\x1b[2J\ufffe\ud800"))
    assert error_text(error, "en").startswith("a\ufffd[2J\ufffd\ufffd: ")


# -- by labels, under a key


def test_a_key_asks_for_a_seal_by_labels_too(tmp_path):
    (tmp_path / "key").write_bytes(KEY)
    file = tmp_path / "001_青禾区教育局_2024.xlsx"
    file.write_bytes(clerk.retyped(returned()))
    by_labels = ("--by-labels", "--key", tmp_path / "key")
    found = codes(tmp_path / "v.json", file, *by_labels)
    assert found[file.name] == {"by-labels", "seal-missing"}
    run("merge", file, *MERGING, *by_labels, "-o", tmp_path / "d.xlsx", expect=1)
    assert not (tmp_path / "d.xlsx").exists()


# -- what the program does wrong


ERRORS = [
    TypeError("strings in \x1b[2J bytes"),
    RecursionError("deep"),
    MemoryError(),
    UnicodeError("label \ud800 too long"),
    AssertionError("a\nb"),
    KeyError("x" * 5000),
    OSError(5, "of no file"),
    OddError("odd"),
]


def is_guilty(stamp):
    return stamp is not None and stamp.agency.code == "003"


@pytest.fixture
def defect(monkeypatch):
    """A function that plants a defect which only the return of agency 003 meets."""
    monkeypatch.delenv("XLTOOLS_DEBUG")

    def plant(error, where="reader"):
        def reads(reading):
            if reading.facts.properties.get("xltools.code") == "003":
                raise error
            read_sheets(reading)

        def checks(filing):
            if is_guilty(filing.stamp):
                raise error
            yield from ()

        def against(filing, *_):
            if is_guilty(filing.stamp):
                raise error
            yield from ()

        if where == "reader":
            monkeypatch.setattr("xltools.excel.reader.read_sheets", reads)
        elif where == "checks":
            monkeypatch.setattr("xltools.checking.checks.CHECKS", (checks,))
        else:
            monkeypatch.setattr("xltools.checking.collection._agency_findings", against)

    return plant


def assert_one_failed(found):
    assert len(found) == len(CLEAN)
    (guilty,) = [name for name, those in found.items() if "reader-failed" in those]
    assert guilty.startswith("003_")
    assert found[guilty] == {"reader-failed"}
    assert not any(those for name, those in found.items() if name != guilty)


@pytest.mark.parametrize("error", by_day(ERRORS, 1), ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("where", ["reader", "checks", "collection"])
def test_a_defect_is_a_finding_on_its_file(inbox, tmp_path, defect, error, where):
    defect(error, where)
    found = verified(tmp_path / "v.json", inbox, "--year", 2024)
    assert_one_failed({name: {f["code"] for f in findings} for name, findings in found.items()})
    (finding,) = [finding for findings in found.values() for finding in findings]
    assert type(error).__name__ in finding["message"]
    assert finding["severity"] == "error"
    assert not re.search(r"[\x00-\x1f\ud800-\udfff]", finding["message"])
    assert len(finding["message"]) < 600


DEFECTS = {
    "reader": workers.stumbling,
    "checks": workers.stumbling_checks,
    "collection": workers.prepare_worker,
}


@pytest.mark.parametrize("where", by_day(DEFECTS, 1))
def test_a_defect_is_a_finding_in_several_processes(inbox, tmp_path, defect, monkeypatch, where):
    defect(OddError("odd"), where)
    monkeypatch.setattr("xltools.collection.reading.prepare_worker", DEFECTS[where])
    assert_one_failed(codes(tmp_path / "v.json", inbox, "--processes", 2))
    out = run("merge", inbox, *MERGING, "--processes", 2, "-o", tmp_path / "d.xlsx", expect=1)
    assert "003_" in out
    assert out.count("reader-failed") == 1
    assert not (tmp_path / "d.xlsx").exists()


def test_a_process_that_dies_is_a_finding_on_its_file(inbox, tmp_path, monkeypatch):
    monkeypatch.delenv("XLTOOLS_DEBUG")
    monkeypatch.setattr("xltools.collection.reading.prepare_worker", workers.killed)
    monkeypatch.setattr("xltools.collection.reading._BATCH", 2)
    found = verified(tmp_path / "v.json", inbox, "--processes", 2)  # in the end each by a process of its own
    assert_one_failed({name: {f["code"] for f in findings} for name, findings in found.items()})
    (finding,) = [finding for findings in found.values() for finding in findings]
    assert "BrokenProcessPool" in finding["message"]


def test_a_defect_is_a_finding_whoever_reads(inbox, defect):
    """Any executor, as a cluster's is one."""
    defect(OddError("odd"))
    files = sorted(map(str, inbox.iterdir()))
    here = list(read_files(files, ReadOptions()))
    for others in (workers.threads(), workers.hostile(7)[0]):
        assert list(read_files(files, ReadOptions(), others)) == here
    assert [len(filing.findings) for (filing,) in here].count(1) == 1


def test_merge_refuses_by_name_and_goes_on_without_the_file(inbox, tmp_path, defect):
    defect(OddError("odd"))
    (name,) = [path.name for path in inbox.iterdir() if path.name.startswith("003_")]
    merge = ("merge", inbox, *MERGING)
    assert f"{name}\n  error reader-failed" in run(*merge, "-o", tmp_path / "d.xlsx", expect=1)
    assert not (tmp_path / "d.xlsx").exists()
    run(*merge, "--incomplete", "-o", tmp_path / "i.xlsx", expect=1)
    run(*merge, "--exclude", name, "--reason", "程序出错", "-o", tmp_path / "e.xlsx")
    for made in ("i", "e"):
        filing = read_package((tmp_path / f"{made}.xlsx").read_bytes(), "d.xlsx")
        assert len(filing.members) == len(CLEAN) - 1


def test_one_member_of_an_archive_leaves_the_others(tmp_path, defect):
    defect(OddError("odd"))
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for path in CLEAN:
            archive.write(path, path.name)
    found = codes(tmp_path / "v.json", tmp_path / "a.zip")
    assert_one_failed({name.partition("!")[2]: those for name, those in found.items()})


def test_an_archive_that_cannot_be_taken_apart_stops_no_other_file(inbox, tmp_path, defect, monkeypatch):
    defect(OddError("odd"), "checks")

    def members(*_):
        yield PackedFile("001.xlsx", CLEAN[0].read_bytes())
        raise OddError("odd")

    with zipfile.ZipFile(inbox / "a.zip", "w") as archive:
        archive.write(CLEAN[0], "001.xlsx")
    monkeypatch.setattr("xltools.collection.inbox.members", members)
    found = codes(tmp_path / "v.json", inbox)
    assert found["a.zip"] == {"reader-failed"}
    assert len(found) == len(CLEAN) + 2


def test_a_defect_stops_no_command_and_nothing_is_remembered_of_it(
    inbox, roster, tmp_path, monkeypatch, defect
):
    monkeypatch.chdir(tmp_path)
    run("init", "c", *MERGING, "--roster", roster)
    monkeypatch.chdir(tmp_path / "c")
    for path in inbox.iterdir():
        shutil.copy(path, "inbox")
    with monkeypatch.context():
        defect(OddError("odd"))
        assert "reader-failed" in run("verify", expect=1)
        assert "reader-failed" in run("read", expect=1)
        assert run("status", expect=1)
        run("export", "-o", "e.csv", expect=1)
        run("gather", "-o", "g.md", expect=1)
        run("verify", "--return-to", "back", expect=1)
        assert not list((tmp_path / "c").glob("back/*"))
        (guilty,) = (tmp_path / "c" / "inbox").glob("003_*")
        assert "not-a-return" in run("diff", guilty, guilty, expect=2)
        assert "reader-failed" in run("publish", guilty, "--draft", "-o", "p.md", expect=1)
    monkeypatch.setattr("xltools.excel.reader.read_sheets", read_sheets)
    assert "reader-failed" not in run("verify")


def test_last_years_files_are_no_exception(inbox, roster, tmp_path, monkeypatch, defect, capsys):
    monkeypatch.chdir(tmp_path)
    defect(OddError("odd"))
    out = run(
        "generate", "--year", 2025, "--district", "青禾区", "--roster", roster, "--prior", inbox, "-o", "out"
    )
    assert "5 files" in out
    returns = tmp_path / "now"
    returns.mkdir()
    stamp = Stamp(FORM.key, FORM.edition, Period(2025), Agency("青禾区", "001", "青禾区人民政府办公室"))
    (returns / "001.xlsx").write_bytes(write_return(FORM, stamp, sound_values(), sound_prose()))
    run("verify", returns, "--year", 2025, "--prior", inbox, expect=0)


def test_import_names_the_report(tmp_path, monkeypatch, defect):
    defect(OddError("odd"), "checks")
    made = published.report(FORM, sound_values(), prose=sound_prose())

    def fails(*_):
        raise OddError("odd")

    monkeypatch.setattr("xltools.document.reader._filing", fails)
    (tmp_path / "report.html").write_bytes(published.page(made))
    out = run("import", tmp_path / "report.html", "--code", "015", "-o", tmp_path / "r.xlsx", expect=1)
    assert "report.html" in out
    assert "reader-failed" in out


def test_a_former_roll_up_that_the_program_cannot_read_is_not_replaced(
    inbox, roster, tmp_path, monkeypatch, defect
):
    monkeypatch.chdir(tmp_path)
    run("init", "c", *MERGING, "--roster", roster)
    monkeypatch.chdir(tmp_path / "c")
    for path in inbox.iterdir():
        shutil.copy(path, "inbox")
    run("merge")
    rollup = tmp_path / "c" / "district.xlsx"
    rollup.write_bytes(clerk.edited(rollup.read_bytes(), "封面", {"A1": "改"}))
    defect(OddError("odd"), "checks")

    def fails(_):
        raise OddError("odd")

    before = rollup.read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr("xltools.excel.reader._rollup_fields", lambda *_: fails(0))
        assert "former-unread" in run("merge", expect=2)
        assert rollup.read_bytes() == before
        assert "OddError" in run("merge", "--check", rollup, expect=1)


@pytest.mark.parametrize("where", ["reader", "collection"])
def test_with_debugging_the_exception_is_raised(inbox, tmp_path, defect, monkeypatch, where):
    defect(OddError("odd"), where)
    monkeypatch.setenv("XLTOOLS_DEBUG", "1")
    with pytest.raises(OddError, match="odd"):
        main(["verify", str(inbox)])


def test_what_stops_the_work_on_purpose_is_no_finding():
    filing = RefusedFile(Source("x.xlsx"))
    with pytest.raises(InputError):
        failed(filing, InputError(Problem("no-such-path")))
    assert not can_be_accepted("reader-failed")


@pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit])
def test_an_interruption_passes(inbox, defect, monkeypatch, stop):
    defect(stop())
    with pytest.raises(stop):
        list(read_files(sorted(map(str, inbox.iterdir())), ReadOptions()))
