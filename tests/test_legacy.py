"""Old formats: every figure, the prose and the stamp come through; what cannot be known is noted; nothing hangs.

``data/return.xls`` is :func:`filled` as LibreOffice 7.4 saves it; ``RENEW=old python -m pytest tests/test_legacy.py``
saves it again where LibreOffice is installed.
"""

from __future__ import annotations

import io
import os
import random
import struct
import subprocess
import sys
import time
import zipfile
from decimal import Decimal

import clerk
import pytest

import office
from casefile import without
from conftest import HERE, by_day, sound_prose, sound_values
from test_merge import filing as merged_filing
from xlsb import xlsb
from xltools.checking.checks import verify
from xltools.collection.merging import merge
from xltools.data.filing import Stamp
from xltools.data.number import stored
from xltools.data.period import Period
from xltools.data.record import Agency
from xltools.excel.old_formats import read_old
from xltools.excel.opening import facts_of
from xltools.excel.reader import read_package
from xltools.excel.scan import ScanError, scan
from xltools.excel.writer import write_return, write_rollup
from xltools.form.layout import layout
from xltools.form.library import find
from xltools.office.guard import Budget, Limits
from xltools.office.sandbox import SandboxError, run_sandboxed
from xltools.text import LANGS, message

OFFICIAL = find("xxgk-2021")
OTHER = find(str(HERE / "forms" / "fwzx-2025.toml"))
FIXTURE = HERE / "data" / "return.xls"
PROSE = sound_prose() | {
    "overview.on_request": "第一行\n第二行，“引号”、<&>、两个  空格和反斜杠 \\n。",
    "cover.head": "张三",
}
KINDS = {".xls": "xls:MS Excel 97", ".ods": "ods"}


def filled(form=OFFICIAL, changes=()):
    values = sound_values() if form is OFFICIAL else {c.name: Decimal(n) for n, c in enumerate(form.inputs)}
    prose = {name: text for name, text in PROSE.items() if name in layout(form).places}
    stamp = Stamp(form.key, form.edition, Period(2024), Agency("青禾区", "001", "青禾区教育局"))
    content = write_return(form, stamp, values, prose)
    for name, what in changes:
        sheet, address = layout(form).address(name)
        content = clerk.edited(content, sheet, {address: what})
    return content


def as_xlsb(package):
    """The values of an .xlsx, its formulas by their results."""
    sheets = {}
    for sheet in scan(package).sheets:
        cells = {place: fact for place, fact in sheet.cells.items() if fact.text is not None}
        sheets[sheet.name] = {
            place: float(fact.text) if fact.type == "n" else fact.text for place, fact in cells.items()
        }
    return xlsb(sheets)


def codes(filing):
    return [finding.code for finding in verify(filing)]


def assert_same(old, new, form=OFFICIAL):
    """The old file says all that the new one says, and the note."""
    assert (old.stamp, old.record, old.prose) == (new.stamp, new.record, new.prose)
    assert len(old.record.complete()) == len(form.cells)
    assert {name: shown.value for name, shown in old.shown.items()} == {
        name: shown.value for name, shown in new.shown.items()
    }
    assert codes(old) == ["old-format-read", *codes(new)]


@pytest.fixture(scope="module")
def fixture():
    if os.environ.get("RENEW") == "old":
        (content,) = office.saved_as({"": filled()}, KINDS[".xls"]).values()
        FIXTURE.parent.mkdir(exist_ok=True)
        FIXTURE.write_bytes(content)
    return FIXTURE.read_bytes()


# -- what is read


def test_the_official_form_has_166_figures_and_34_totals():
    assert (len(OFFICIAL.inputs), len(OFFICIAL.cells)) == (166, 200)


def test_an_xls_that_libreoffice_saved(fixture):
    assert_same(read_package(fixture, "报表.xls"), read_package(filled(), "报表.xlsx"))
    assert len(fixture) < 100_000


def test_an_xlsb():
    assert_same(read_package(as_xlsb(filled()), "报表.xlsb"), read_package(filled(), "报表.xlsx"))


@pytest.mark.office
@pytest.mark.parametrize("kind", by_day(KINDS, 1))
def test_what_libreoffice_saves_in_an_old_format(kind):
    """Both forms, one of them asked for by name, and a roll-up."""
    parts = [merged_filing(code) for code in ("001", "002")]
    rollup = write_rollup(merge(parts, OFFICIAL, Period(2024), "青禾区").rollup)
    files = {OFFICIAL: filled(), OTHER: filled(OTHER), None: rollup}
    for form, content in office.saved_as(files, KINDS[kind]).items():
        old = read_package(content, f"报表{kind}", form)
        new = read_package(files[form], "报表.xlsx", form)
        assert_same(old, new, form or OFFICIAL)
        assert (old.is_rollup, old.members) == (form is None, new.members)


def test_the_note_says_what_could_not_be_proved():
    (finding,) = verify(read_package(as_xlsb(filled()), "报表.xlsb"))
    assert finding.severity.value == "note"
    assert all(".xlsb" in message(finding, lang) for lang in LANGS)


def test_the_name_of_the_file_does_not_matter():
    assert codes(read_package(as_xlsb(filled()), "报表.xlsx")) == ["old-format-read"]


def test_a_form_that_was_retyped_is_read_by_its_labels():
    sheets = {s.name: s for s in scan(filled()).sheets if s.name != "封面"}
    cells = {
        name: {p: float(f.text) if f.type == "n" else f.text for p, f in sheet.cells.items() if f.text}
        for name, sheet in sheets.items()
    }
    filing = read_package(xlsb(cells), "001_青禾区教育局_2024.xlsb", by_labels=True)
    assert sorted(codes(filing)) == ["by-labels", "old-format-read"]
    assert filing.record.values == sound_values()
    assert codes(read_package(xlsb(cells), "x.xlsb")) == ["no-stamp"]


def test_a_key_is_not_satisfied():
    """The seal is among what an old format loses."""
    assert "seal-missing" in codes(read_package(as_xlsb(filled()), "报表.xlsb", key=b"secret"))


# -- what is compared


TOTAL = "applications.new.total"
PART = "applications.new.natural"


def test_a_wrong_total_is_wrong_whatever_made_it_so():
    found = verify(read_package(as_xlsb(filled(changes=[(TOTAL, Decimal(7))])), "报表.xlsb"))
    assert [f.code for f in found] == ["old-format-read", "total-wrong"]
    assert (found[1].cell, found[1].found) == (TOTAL, 7)
    assert "old format" in message(found[1], "en")
    assert "overwritten, restore" not in message(found[1], "en")


def test_a_total_that_adds_up_what_stands_there_is_not_called_wrong():
    """The total of the answers was overwritten with 99 too many; the grand total beside it follows."""
    right = OFFICIAL.complete(sound_values())
    wrong = {name: right[name] + 99 for name in ("applications.total.natural", "applications.total.total")}
    filing = read_package(as_xlsb(filled(changes=wrong.items())), "报表.xlsb")
    assert [f.cell for f in verify(filing) if f.code == "total-wrong"] == ["applications.total.natural"]


def test_a_truth_value_is_never_a_count():
    sheet, area = layout(OFFICIAL).places[PART]
    yes = read_package(package_with(as_xlsb(filled()), sheet, area.anchor, True), "x.xlsb")
    assert "not-a-number" in codes(yes)
    assert PART in yes.unread


def package_with(package, sheet, place, value):
    facts = facts_of(package)
    sheets = {
        s.name: {p: float(f.text) if f.type == "n" else f.text for p, f in s.cells.items()}
        for s in facts.sheets
    }
    sheets[sheet][place] = value
    return xlsb(sheets)


@pytest.mark.office
@pytest.mark.parametrize("kind", by_day(KINDS, 1))
def test_what_a_clerk_types_gets_the_same_words(kind):
    package = filled(changes=[("applications.new.natural", "12件"), ("applications.new.commercial", "约100")])
    sheet, address = layout(OFFICIAL).address("disclosure.licensing.decisions")
    package = clerk.with_date(package, sheet, address, 45000)
    (old,) = office.saved_as({"": package}, KINDS[kind]).values()
    found = [(f.code, f.address, f.found) for f in read_package(old, "x").findings]
    new = [(f.code, f.address, f.found) for f in read_package(package, "x").findings]
    assert found == [("old-format-read", "", kind), *new]
    assert ("text-date", address, "2023-03-15") in found


def test_an_error_value_is_a_blank():
    """It cannot be told apart, so the note says so."""
    sheet, area = layout(OFFICIAL).places[PART]
    filing = read_package(package_with(as_xlsb(filled()), sheet, area.anchor, "#REF!"), "x.xlsb")
    assert {f.code for f in filing.findings} == {"old-format-read", "blank"}
    assert PART not in filing.record.values


@pytest.mark.parametrize("number", [0.1, 0.1 + 0.2, 96171.6, 1e14 + 0.5, 123456789012345.0, -0.5, 1e300])
def test_numbers_are_exact(number):
    (sheet,) = facts_of(xlsb({"一": {(0, 0): number}})).sheets
    assert float(sheet.cells[0, 0].text) == number
    assert stored(sheet.cells[0, 0].text) == stored(repr(number))


@pytest.mark.parametrize("text", ["a\tb", "a\nb", "a\r\nb", "\\n", "\\", "'=1", " x ", "\U0001f600", "end"])
def test_texts_are_exact(text):
    (sheet,) = facts_of(xlsb({text.strip()[:1].replace("\\", "_") or "x": {(3, 5): text}})).sheets
    assert sheet.cells == {(3, 5): ("s", text, None, 0)}


# -- what is refused


def refused(data, limits=None):
    started = time.monotonic()
    with pytest.raises(ScanError) as caught:
        facts_of(data, Budget(limits or Limits()))
    assert time.monotonic() - started < 5
    return caught.value.code


def test_without_the_extra_one_sentence_says_what_to_do(fixture):
    with without(["python_calamine"]):
        for data in (fixture, as_xlsb(filled())):
            (finding,) = read_package(data, "x.xls").findings
            assert finding.code == "old-format"
            for lang in LANGS:
                assert "old-formats" in message(finding, lang)
                assert ".xlsx" in message(finding, lang)


@pytest.mark.parametrize("seed", range(8))
def test_a_damaged_xls_ends_in_a_finding(fixture, seed):
    chance = random.Random(seed)
    broken = bytearray(fixture)
    if seed % 2:
        del broken[chance.randrange(600, len(broken)) :]
    else:
        for _ in range(60):
            broken[chance.randrange(512, len(broken))] = chance.randrange(256)
    filing = read_package(bytes(broken), "x.xls")
    assert filing.findings


def test_a_changed_figure_in_a_zip_is_damage():
    """Its checksum is wrong, which the library would not notice."""
    package = as_xlsb(filled())
    with zipfile.ZipFile(io.BytesIO(package)) as file:
        parts = {entry.filename: file.read(entry) for entry in file.infolist()}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        for name, content in parts.items():
            file.writestr(name, content)
    stored_plain, figure = out.getvalue(), struct.pack("<d", 96171.6)
    assert stored_plain.count(figure) == 1
    assert refused(stored_plain.replace(figure, struct.pack("<d", 96171.7))) == "damaged"
    assert codes(read_package(stored_plain, "x.xlsb")) == ["old-format-read"]


def test_random_bytes_in_an_ole_shell():
    shell = clerk.ole("Workbook")
    assert refused(shell) == "old-format-unreadable"
    assert refused(shell + random.Random(1).randbytes(200_000)) == "old-format-unreadable"
    assert refused(as_xlsb(filled())[:-200]) != ""


@pytest.mark.parametrize(
    ("row", "column"), by_day([(1_048_575, 16_383), (1_048_575, 0), (60_000, 16_000), (20_000, 1_000)], 2)
)
def test_a_far_cell_costs_little(row, column):
    """It makes the library claim gigabytes and abort; here it is one finding, within the child's limits."""
    assert measured(xlsb({"一": {(0, 0): 1.0, (row, column): 1.0}})) == "old-format-unreadable"


def test_the_last_row_of_an_xls_is_read():
    assert measured(xlsb({"一": {(0, 0): 1.0, (65_535, 0): 2.0}})) == "read"


@pytest.mark.prove
@pytest.mark.office
@pytest.mark.parametrize("kind", by_day(KINDS, 1))
def test_a_far_cell_as_libreoffice_writes_it(kind):
    import openpyxl

    book = openpyxl.load_workbook(io.BytesIO(filled()))
    book["二、主动公开"]["IV65000" if kind == ".xls" else "AMJ20000"] = 1
    out = io.BytesIO()
    book.save(out)
    (content,) = office.saved_as({"": out.getvalue()}, KINDS[kind]).values()
    assert measured(content) == "old-format-unreadable"


_MEASURE = """
import resource, sys, time
from xltools.excel.opening import facts_of
from xltools.excel.scan import ScanError
data, started = sys.stdin.buffer.read(), time.monotonic()
try:
    facts_of(data)
    print("read")
except ScanError as error:
    print(error.code)
# A process inherits the peak of the one that started it in ru_maxrss, here all of pytest's; VmHWM is its own.
own = next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM"))
peaks = [own // 1024, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024]
print(time.monotonic() - started, *peaks)
"""


def measured(data):
    """The code, read in a process of its own that may take 5 s and, with its child, 300 MB."""
    done = subprocess.run([sys.executable, "-c", _MEASURE], input=data, capture_output=True, check=True)
    code, figures = done.stdout.decode().splitlines()
    seconds, *peaks = map(float, figures.split())
    assert seconds < 5
    assert sum(peaks) < 300
    return code


def test_too_many_cells():
    package = xlsb({"一": {(row, 0): 1.0 for row in range(200)}})
    assert refused(package, Limits(cells=100)) == "too-large"


def test_a_child_that_takes_too_long_is_ended(monkeypatch, tmp_path):
    sleeper = tmp_path / "sleeper.py"
    sleeper.write_text("import time\ntime.sleep(60)\n", encoding="utf-8")
    monkeypatch.setattr("xltools.office.sandbox._CHILD", sleeper)
    started = time.monotonic()
    with pytest.raises(SandboxError, match="late"):
        run_sandboxed("cells", b"x" * 10_000_000, Budget(Limits(seconds=1)))
    assert time.monotonic() - started < 3


@pytest.mark.parametrize(
    "script",
    [
        "import os\nos.abort()",
        "raise SystemExit(1)",
        "print('nonsense')",
        "print('ok')\nprint('sheet')\nprint('end')",
        "print('ok')\nprint('1\\t2\\tn\\t3\\nend')",
        "print('ok')\nprint('x\\ty\\nend')",
        "print('ok')\nprint('sheet\\ta\\tVisible')",
        "import os\nos.write(1, b'ok\\n\\xff\\xfe\\nend\\n')",
        "import os\nos.write(1, b'ok\\n' + b'x' * 3_000_000)",
    ],
)
def test_a_child_that_dies_or_talks_nonsense(monkeypatch, tmp_path, script):
    path = tmp_path / "child.py"
    path.write_text(script, encoding="utf-8")
    monkeypatch.setattr("xltools.office.sandbox._CHILD", path)
    with pytest.raises(ScanError) as caught:
        read_old(b"anything", ".xls", Budget(Limits(file=2_000_000)))
    assert caught.value.code in {"old-format-unreadable", "too-large"}


def test_what_lies_in_the_working_folder_is_not_run(monkeypatch, tmp_path):
    (tmp_path / "python_calamine.py").write_text("raise SystemExit('hijacked')", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert facts_of(xlsb({"一": {(0, 0): 1.0}})).old_format == ".xlsb"


def test_an_old_workbook_with_the_faults_of_any_zip_is_refused_before():
    """The guard looks at the directory of an .xlsb or .ods as at any other."""
    package = xlsb({"一": {(0, 0): 1.0}})
    out = io.BytesIO(package)
    with zipfile.ZipFile(out, "a") as file:
        file.writestr("../outside", "x")
    assert refused(out.getvalue()) == "unsafe-path"
