"""The second reader: it shares nothing with the first, agrees where both are right, and notices where one is not."""

from __future__ import annotations

import ast
import io
import json
import shutil
import zipfile
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import clerk
import openpyxl
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

import office
from conftest import HERE, ROOT, by_day, sound_values
from xltools import libreoffice
from xltools.cli import command_line
from xltools.collection.manifest import sources_beside
from xltools.collection.merging import merge
from xltools.collection.second_reader import SecondReader, issued_findings, published_checked
from xltools.data.filing import Stamp
from xltools.data.period import Period
from xltools.data.record import Agency
from xltools.excel.reader import read
from xltools.excel.writer import write_return, write_rollup
from xltools.form.library import find
from xltools.witness import agreement
from xltools.witness.form import FormFigures
from xltools.witness.value import Unknown, is_same, printed, value_of
from xltools.witness.workbook import LabelledWorkbook, terms_of

WITNESS = ROOT / "src" / "xltools" / "witness"
SOUND = sorted((ROOT / "samples" / "clean").glob("*.xlsx"))


@pytest.fixture(autouse=True)
def _without_libreoffice(request, monkeypatch):
    """Only the tests about it wait for LibreOffice."""
    if "office" not in request.keywords:
        monkeypatch.setattr(libreoffice, "is_installed", lambda: False)


@pytest.fixture
def collection(tmp_path, monkeypatch):
    """A collection of two agencies in whose folder the commands run."""
    roster = tmp_path / "roster.csv"
    names = [path.stem.split("_")[:2] for path in SOUND[:2]]
    roster.write_text("code,name\n" + "".join(f"{code},{name}\n" for code, name in names), encoding="utf-8")
    home = tmp_path / "2024"
    run("init", str(home), "--year", "2024", "--district", "青禾区", "--roster", str(roster))
    for path in SOUND[:2]:
        shutil.copy(path, home / "inbox")
    monkeypatch.chdir(home)
    return home


def run(*arguments):
    return CliRunner().invoke(command_line("en"), list(arguments), "xltools", standalone_mode=False)


def changed(path: Path, sheet: str, address: str, content) -> None:
    path.write_bytes(clerk.edited(path.read_bytes(), sheet, {address: content}))


# ------------------------------------------------------------------------------------ it shares nothing


@pytest.mark.parametrize("path", sorted(WITNESS.glob("*.py")), ids=lambda path: path.name)
def test_it_imports_nothing_else_of_the_package(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        for name in names:
            assert not name.startswith("xltools") or name.startswith("xltools.witness."), name
            assert name.partition(".")[0] not in {"xlsxwriter", "click", "rich", "python_calamine", "docx"}


@pytest.mark.parametrize("name", ["xxgk-2021", str(HERE / "forms" / "fwzx-2025.toml")])
def test_both_readers_derive_the_same_figures_from_a_form(name):
    form = find(name)
    other = FormFigures(form.text)
    assert list(other.figures) == list(form.cells)
    for figure, cell in zip(other.figures.values(), form.cells.values(), strict=True):
        assert figure.terms == (cell.definition.terms if cell.definition else ())
        assert (figure.is_additive, figure.number, figure.is_signed) == (
            cell.additive,
            cell.number,
            cell.signed,
        )
        assert figure.label.split(" · ")[1] == "/".join(cell.column_path)


@given(st.dictionaries(st.sampled_from(find("xxgk-2021").input_names), st.integers(0, 10**9), max_size=30))
def test_totals_are_the_same_by_both(values):
    form = find("xxgk-2021")
    other = FormFigures(form.text)
    figures = {name: Decimal(value) for name, value in values.items()}
    for name, total in form.complete(figures).items():
        parts = other.parts(name)
        assert sum(times * Fraction(figures.get(part, 0)) for part, times in parts.items()) == total


# ------------------------------------------------------------------------------------ values and formulas


def test_values_are_exact_or_doubtful():
    assert value_of(96171.600000000006) == Fraction("96171.6")
    assert value_of(0.1 + 0.2) == Fraction("0.3")
    assert value_of(None) is value_of("　 ") is None
    assert [type(value_of(x)) for x in ("12", True, float("nan"))] == [Unknown] * 3
    assert printed("１２.5") == Fraction("12.5")
    assert isinstance(printed("1,204"), Unknown)
    assert is_same(Fraction(1, 3), Fraction("0.333333333333333"))


@given(st.lists(st.tuples(st.sampled_from([1, -1]), st.integers(1, 40), st.integers(1, 900)), min_size=1))
def test_a_formula_is_read_as_the_cells_it_adds_up(terms):
    letters = openpyxl.utils.get_column_letter
    text = "".join(f"{'-' if s < 0 else '+'}{letters(c)}{r}" for s, c, r in terms)
    assert terms_of("=" + text.removeprefix("+"), "x") == [(s, ("x", (r, c))) for s, c, r in terms]


def test_a_sum_over_a_range_is_its_cells_and_anything_else_is_none():
    cells = [(1, ("各单位 数据", (row, 8))) for row in (7, 8)]
    assert terms_of("=SUM('各单位 数据'!H7:$H$8)", "x") == cells
    assert terms_of("=-SUM(A1,B2)+3", "x")[:2] == [(-1, ("x", (1, 1))), (-1, ("x", (2, 2)))]
    for text in ("=A1*2", "=SUM(A1:A2)*2", "=ROUND(A1,0)", "=IF(A1,1,2)", "=A1 A2", "=[1]x!A1", "=SUM(A:A)"):
        assert terms_of(text, "x") is None, text


# ------------------------------------------------------------------------------------ merging


def test_two_readers_agree_on_the_samples_and_the_roll_up_says_so(collection):
    result = run("merge", "--witness")
    assert result.return_value == 0, result.output
    assert "two readers agree: 200 of 200 figures, 2 of 2 files" in result.output
    cover = openpyxl.load_workbook("district.xlsx")["封面"]
    texts = [str(cell.value) for row in cover.iter_rows() for cell in row]
    assert "两个独立的程序核对一致：200 个数中的 200 个，2 个文件中的 2 个。" in texts
    told = json.loads(Path("district.manifest.json").read_text(encoding="utf-8"))
    assert told["witness"]["agreed"] == told["witness"]["figures"] == 200
    assert told["witness"]["recalculation"] == "not-installed"
    assert run("verify", "district.xlsx").return_value == 0
    assert run("merge", "--check", "district.xlsx").return_value == 0


@pytest.mark.prove
def test_a_collection_can_always_ask_for_it(collection):
    with Path("collection.toml").open("a", encoding="utf-8") as file:
        file.write("\n[witness]\nalways = true\n")
    assert "two readers agree" in run("merge").output
    text = Path("collection.toml").read_text(encoding="utf-8")
    Path("collection.toml").write_text(text.replace("always = true", "always = 1"), encoding="utf-8")
    assert run("merge").exception is not None


def test_where_the_readers_differ_nothing_takes_the_place_of_the_former(collection, monkeypatch):
    assert run("merge").return_value == 0
    before = Path("district.xlsx").read_bytes(), Path("district.manifest.json").read_bytes()
    import xltools.data.record as adding

    right = adding.add_to

    def wrong(sums, values):
        right(sums, {name: value for name, value in values.items() if name != "applications.new.natural"})

    monkeypatch.setattr(adding, "add_to", wrong)
    result = run("merge", "--witness")
    assert result.return_value == 1
    assert "witness-differs  三、依申请公开!D6" in result.output
    expected = sum(openpyxl.load_workbook(path)["三、依申请公开"]["D6"].value for path in SOUND[:2])
    assert f"is 0 here and {expected} by the second reader" in result.output
    assert (Path("district.xlsx").read_bytes(), Path("district.manifest.json").read_bytes()) == before


def test_a_figure_read_wrongly_is_told_with_its_file(collection, monkeypatch):
    import xltools.excel.reader.inputs as reading

    right = reading.number_of
    penalties = openpyxl.load_workbook(SOUND[0])["二、主动公开"]["B12"].value
    changed(Path("inbox", SOUND[0].name), "二、主动公开", "B12", 424242)

    def misread(fact):
        return Decimal(penalties) if right(fact) == Decimal(424242) else right(fact)

    monkeypatch.setattr(reading, "number_of", misread)
    result = run("merge", "--witness")
    assert result.return_value == 1
    assert f"is {penalties} here and 424242 by the second reader" in result.output
    assert "001_青禾区人民政府办公室_2024.xlsx" in result.output.partition("two readers disagree")[2]


def test_what_it_cannot_decide_is_never_agreement(collection):
    path = Path("inbox", SOUND[0].name)
    changed(path, "三、依申请公开", "D6", "10")
    result = run("merge", "--witness")
    assert result.return_value == 0, result.output
    assert "two readers agree on 198 of 200 figures and 1 of 2 files" in result.output
    assert "not read by a second reader: inbox/001_青禾区人民政府办公室_2024.xlsx" in result.output
    assert "text in place of a number" in result.output


@pytest.mark.prove
def test_a_formula_in_an_input_is_computed_and_not_believed(collection):
    path = Path("inbox", SOUND[0].name)
    value = openpyxl.load_workbook(path)["三、依申请公开"]["D6"].value
    changed(path, "三、依申请公开", "D6", clerk.Formula(f"{value - 3}+3", Decimal(value)))
    assert "two readers agree: 200 of 200" in run("merge", "--witness").output
    changed(path, "三、依申请公开", "D6", clerk.Formula(f"{value - 3}+4", Decimal(value)))
    result = run("merge", "--witness")
    assert result.return_value == 1
    assert f"is {value} here and {value + 1} by the second reader" in result.output


@pytest.mark.prove
def test_files_come_as_members_moved_without_names_and_as_documents(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    form = find("xxgk-2021")
    contents = [path.read_bytes() for path in SOUND[:3]]
    with zipfile.ZipFile("all.zip", "w") as archive:
        archive.writestr(SOUND[0].name, contents[0])
    Path(SOUND[1].name).write_bytes(clerk.with_row_inserted(contents[1], "三、依申请公开", 3))
    Path(SOUND[2].name).write_bytes(clerk.without_names(contents[2]))
    assert run("publish", str(SOUND[3]), "--draft", "-o", "report.docx").return_value == 0
    result = run(
        "merge", ".", "--year", "2024", "--district", "青禾区", "-o", "sum.xlsx", "--witness", "--incomplete"
    )
    assert "two readers agree: 200 of 200 figures, 4 of 4 files" in result.output, result.output
    assert read(Path("sum.xlsx")).form == form


def test_a_roll_up_is_read_from_its_rows_one_level_up(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    form = find("xxgk-2021")
    for district, paths in (("青禾区", SOUND[:2]), ("柳河区", SOUND[2:4])):
        rollup = merge([read(path) for path in paths], form, Period(2024), district).rollup
        Path(f"{district}.xlsx").write_bytes(write_rollup(rollup))
    result = run("merge", ".", "--year", "2024", "--district", "某市", "-o", "../sum.xlsx", "--witness")
    assert "two readers agree: 200 of 200 figures, 2 of 2 files" in result.output, result.output


def test_an_old_format_has_no_second_reader(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    form = find("xxgk-2021")
    filings = [read(path) for path in SOUND[:2]]
    rollup = merge(filings, form, Period(2024), "青禾区").rollup
    Path("x.xls").write_bytes(clerk.ole("Workbook"))
    import hashlib

    source = filings[0].source._replace(
        path="x.xls", sha256=hashlib.sha256(Path("x.xls").read_bytes()).hexdigest()
    )
    accounts = [rollup.accounts[0]._replace(source=source), rollup.accounts[1]]
    verdict = SecondReader(form, accounts).expected
    assert (verdict.agreed, verdict.read, verdict.files) == (0, 1, 2)
    assert verdict.undecided[0][0::2] == ("x.xls", "not-opened")


def test_a_file_that_changed_meanwhile_is_none(tmp_path):
    form = find("xxgk-2021")
    path = tmp_path / "001.xlsx"
    path.write_bytes(SOUND[0].read_bytes())
    rollup = merge([read(path)], form, Period(2024), "青禾区").rollup
    changed(path, "三、依申请公开", "D6", 4711)
    verdict = SecondReader(form, rollup.accounts).expected
    assert [one.reason for one in verdict.undecided] == ["changed"]


@pytest.mark.prove
def test_of_very_many_files_a_sample_is_read_and_that_is_said(collection, monkeypatch):
    monkeypatch.setattr(agreement, "MOST", 1)
    result = run("merge", "--witness")
    assert result.return_value == 0
    assert "two readers agree on a sample: 1 of 1 file, out of 2" in result.output
    monkeypatch.setattr(agreement, "MOST", 2)
    book = openpyxl.load_workbook("district.xlsx")
    assert any("抽查" in str(cell.value) for row in book["封面"].iter_rows() for cell in row)


def test_a_roll_up_that_cannot_be_opened_is_told(collection, monkeypatch):
    form = find("xxgk-2021")
    rollup = merge([read(path) for path in SOUND[:2]], form, Period(2024), "青禾区").rollup
    reading = SecondReader(form, rollup.accounts).checked(b"PK no zip", "district.xlsx")
    (finding,) = reading.findings
    assert (finding.code, finding.file) == ("witness-differs", "district.xlsx")
    assert "BadZipFile" in finding.found


# ------------------------------------------------------------------------------------ documents


@pytest.mark.parametrize("ending", by_day(["docx", "html", "md"], 1))
def test_a_document_is_compared_with_the_returns(collection, ending):
    assert run("merge").return_value == 0
    assert run("publish", "--draft", "--witness", "-o", f"r.{ending}").return_value == 0
    result = run("publish", "--draft", "--witness", "-o", f"r.{ending}", "--force")
    assert "two readers agree: 200 of 200 figures, 2 of 2 files" in result.output


@pytest.mark.prove
def test_a_document_with_another_figure_or_a_missing_table_is_not_written(collection, monkeypatch):
    assert run("merge").return_value == 0
    filing = read(Path("district.xlsx"))
    assert run("publish", "--draft", "-o", "r.html").return_value == 0
    page = Path("r.html").read_text(encoding="utf-8")
    total = str(filing.record.complete()["applications.new.total"])
    wrong = page.replace(f">{total}</td>", f">{total}1</td>")
    found = published_checked(wrong.encode(), "r.html", filing, sources_beside(filing.source)).findings
    assert {f.cell for f in found} >= {"applications.new.total"}
    dashes = page.replace(">0</td>", ">—</td>").encode()
    found = published_checked(dashes, "r.html", filing, sources_beside(filing.source)).findings
    assert {f.cell for f in found} == {name for name, value in filing.record.complete().items() if not value}
    found = published_checked(b"<p>no table</p>", "r.html", filing, sources_beside(filing.source))
    assert len(found.findings) == 200
    head, _, rest = page.partition("<table>")
    without = head + rest.partition("</table>")[2]
    found = published_checked(without.encode(), "r.html", filing).findings
    assert {f.cell.partition(".")[0] for f in found} == {"disclosure"}
    from xltools.collection import publishing

    monkeypatch.setattr(publishing, "render", lambda *_: wrong.encode())
    result = run("publish", "--draft", "--witness", "-o", "new.html")
    assert result.return_value == 1
    assert not Path("new.html").exists()


# ------------------------------------------------------------------------------------ before anything is sent


def blank(**given):
    form = find("xxgk-2021")
    stamp = Stamp(form.key, form.edition, Period(2024), Agency("青禾区", "001", "青禾区教育局"))
    return form, stamp, write_return(form, stamp, **given)


def faults_of(content, filled=None):
    form, stamp, _ = blank()
    found = issued_findings(form, content, stamp, filled or {}, "001.xlsx", recalculate=False)
    return {(f.facts["what"].key.removeprefix("issued-"), f.sheet, f.address) for f in found}


@pytest.mark.parametrize("name", ["xxgk-2021", str(HERE / "forms" / "fwzx-2025.toml")])
def test_a_workbook_as_issued_has_no_fault(name):
    form = find(name)
    stamp = Stamp(form.key, form.edition, Period(2024), Agency("青禾区", "001", "青禾区教育局"))
    assert not issued_findings(form, write_return(form, stamp), stamp, {}, "", recalculate=False)


@pytest.mark.prove
def test_each_kind_of_fault_is_noticed():
    _, _, content = blank()
    sheet = "三、依申请公开"
    assert faults_of(clerk.edited(content, sheet, {"D6": 5})) == {("value", sheet, "D6")}
    assert ("label", sheet, "D8") in faults_of(clerk.edited(content, sheet, {"B8": "（一）公开"}))
    assert ("formula", sheet, "J6") in faults_of(
        clerk.edited(content, sheet, {"J6": clerk.Formula("D6+E6", Decimal(0))})
    )
    assert ("name", sheet, "") in faults_of(clerk.without_names(content))

    def with_book(change):
        book = openpyxl.load_workbook(io.BytesIO(content))
        change(book)
        out = io.BytesIO()
        book.save(out)
        return faults_of(out.getvalue())

    def unlock(book):
        book[sheet]["J6"].protection = openpyxl.styles.Protection(locked=False)
        book[sheet]["D6"].protection = openpyxl.styles.Protection(locked=True)

    assert with_book(lambda book: setattr(book[sheet]["A1"], "value", "三、其他")) == {("label", sheet, "")}
    assert with_book(unlock) == {("lock", sheet, "D6"), ("lock", sheet, "J6")}
    assert with_book(lambda book: setattr(book[sheet].protection, "sheet", False)) == {("lock", sheet, "")}
    assert with_book(lambda book: setattr(book.security, "lockStructure", False)) == {("lock", "", "")}
    assert ("validation", sheet, "D6") in with_book(
        lambda book: setattr(book[sheet].data_validations, "dataValidation", [])
    )
    assert with_book(lambda book: setattr(book["封面"]["B6"], "value", "002")) == {("stamp", "封面", "B6")}


def test_what_is_filled_in_from_last_year_is_checked_too():
    form = find("xxgk-2021")
    last = form.complete(sound_values())
    filled = form.carried(last)
    _, _, content = blank(last=last)
    assert not faults_of(content, filled)
    assert {what for what, _, _ in faults_of(content)} == {"value"}


def test_generate_checks_before_anything_is_written(collection, monkeypatch):
    result = run("generate", "--check")
    assert result.return_value == 0, result.output
    assert "2 workbooks checked" in result.output
    shutil.rmtree("outbox")
    from xltools.collection import issuing as issue

    right = issue.Issue.workbook
    sheet = "三、依申请公开"
    monkeypatch.setattr(issue.Issue, "workbook", lambda *a: clerk.edited(right(*a), sheet, {"D6": 5}))
    result = run("generate", "--check")
    assert result.return_value == 1
    assert "issued-differs  三、依申请公开!D6" in result.output
    assert not Path("outbox").exists() or not list(Path("outbox").iterdir())


# ------------------------------------------------------------------------------------ LibreOffice


@pytest.mark.office
def test_libreoffice_recalculates_the_roll_up_and_a_workbook_that_is_to_be_sent(collection):
    office.require()
    result = run("merge", "--witness")
    assert "LibreOffice recalculated the roll-up: the same figures" in result.output
    told = json.loads(Path("district.manifest.json").read_text(encoding="utf-8"))
    assert told["witness"]["recalculation"] == "agrees"
    form, stamp, content = blank()
    assert not issued_findings(form, content, stamp, {}, "", recalculate=True)
    sheet = "三、依申请公开"
    wrong = clerk.edited(content, sheet, {"L6": clerk.Formula("NOSUCH(1)", Decimal(0))})
    found = issued_findings(form, wrong, stamp, {}, "", recalculate=True)
    assert {(f.sheet, f.address) for f in found} == {(sheet, "L6")}


@pytest.mark.prove
@pytest.mark.office
def test_the_workbook_does_not_depend_on_whether_libreoffice_is_installed(collection, monkeypatch):
    office.require()
    run("merge", "--witness")
    with_it = Path("district.xlsx").read_bytes()
    monkeypatch.setattr(libreoffice, "is_installed", lambda: False)
    run("merge", "--witness")
    assert Path("district.xlsx").read_bytes() == with_it


# ------------------------------------------------------------------------------------ what a review found


def witnessed(tmp_path, monkeypatch, *files, path="in"):
    """What merge --witness says of these files, by name."""
    folder = tmp_path / path
    folder.mkdir()
    for name, content in files:
        (folder / name).write_bytes(content)
    monkeypatch.chdir(tmp_path)
    return run(
        *("merge", str(folder), "--year", "2024", "--district", "青禾区", "-o", "sum.xlsx", "--witness"),
        "--incomplete",
    )


def sound_files(count=3):
    return [(path.name, path.read_bytes()) for path in SOUND[:count]]


def test_a_figure_that_cannot_be_added_is_compared_where_one_return_is_published(tmp_path):
    form = find(str(HERE / "forms" / "fwzx-2025.toml"))
    values = {cell.name: Decimal(7) for cell in form.inputs}
    stamp = Stamp(form.key, form.edition, Period(2025), Agency("区", "001", "局"))
    path = tmp_path / "001.xlsx"
    path.write_bytes(write_return(form, stamp, values))
    filing = read(path, form)
    found = published_checked(b"<table><tr><td>x</td></tr></table>", "r.html", filing)
    assert found.verdict.figures == len(form.cells)
    assert {f.cell for f in found.findings} == set(form.cells)


def test_a_row_that_is_there_twice_is_noticed(tmp_path):
    form = find("xxgk-2021")
    rollup = merge([read(path) for path in SOUND[:2]], form, Period(2024), "青禾区").rollup
    book = openpyxl.load_workbook(io.BytesIO(write_rollup(rollup)))
    page = book["各单位数据"]
    for column in range(1, page.max_column + 1):
        page.cell(520, column).value = page.cell(8, column).value
    out = io.BytesIO()
    book.save(out)
    reading = SecondReader(form, rollup.accounts).checked(out.getvalue(), "district.xlsx")
    assert any("520" in finding.found or "520" in str(finding.facts) for finding in reading.findings)
    assert reading.verdict.agreed == 0


def test_a_long_chain_of_formulas_is_left_undecided():
    book = openpyxl.Workbook()
    for row in range(1, 1200):
        book.active.cell(row, 1).value = f"=A{row + 1}+0"
    book.active.cell(1200, 1).value = 5
    out = io.BytesIO()
    book.save(out)
    read_again = LabelledWorkbook(io.BytesIO(out.getvalue()))
    assert read_again.value("Sheet", (1, 1)) == Unknown("formula")
    assert read_again.value("Sheet", (1190, 1)) == 5


def test_whatever_one_file_raises_stops_no_other(tmp_path, monkeypatch):
    really = agreement.figure_values
    monkeypatch.setattr(
        agreement, "figure_values", lambda book, form: 1 / 0 if "x" in seen else really(book, form)
    )
    seen = []
    form = find("xxgk-2021")
    rollup = merge([read(path) for path in SOUND[:2]], form, Period(2024), "青禾区").rollup
    seen.append("x")
    verdict = SecondReader(form, rollup.accounts).expected
    assert [one.reason for one in verdict.undecided] == ["not-opened"] * 2
    assert verdict.agreed == 0


@pytest.mark.prove
def test_a_range_over_a_whole_sheet_is_left_undecided_at_once(tmp_path, monkeypatch):
    value = openpyxl.load_workbook(SOUND[3])["三、依申请公开"]["D6"].value
    huge = clerk.edited(
        SOUND[3].read_bytes(),
        "三、依申请公开",
        {"D6": clerk.Formula(f"SUM(XEA1:XFD1048576)+{value}", Decimal(value))},
    )
    result = witnessed(tmp_path, monkeypatch, *sound_files(), (SOUND[3].name, huge))
    assert "3 of 4 files" in result.output


@pytest.mark.prove
def test_a_damaged_member_of_an_archive_hides_no_other(tmp_path, monkeypatch):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("000_bad.xlsx", b"x" * 500)
        for name, content in sound_files():
            archive.writestr(name, content)
    content = out.getvalue().replace(b"x" * 500, b"x" * 499 + b"y", 1)
    result = witnessed(tmp_path, monkeypatch, ("all.zip", content))
    assert result.exception is None, result.exception
    assert "3 of 3 files" in result.output


@pytest.mark.prove
def test_names_of_files_are_followed_as_they_are_on_the_disk(tmp_path, monkeypatch):
    files = [(f"00{i}.zip!x.xlsx", content) for i, (_, content) in enumerate(sound_files())]
    result = witnessed(tmp_path, monkeypatch, *files)
    assert "3 of 3 files" in result.output, result.output


@pytest.mark.parametrize(
    "page",
    [
        "<table><tr><td>a<td>b<tr><td colspan='2.5'>c<td rowspan='9999999'>d</table>",
        "<table><tr><td><table><tr><td>x</table>y</table>",
        "<table><td>x</td></table>",
    ],
)
def test_any_page_ends_without_an_exception(page):
    found = agreement.printed_values(page.encode(), FormFigures(find("xxgk-2021").text))
    assert set(found.values()) == {Unknown("not-found")}


def test_a_text_that_begins_like_a_formula_is_a_text():
    book = openpyxl.Workbook()
    book.active["A1"] = "=1+1"
    book.active["A1"].data_type = "s"
    book.active["A2"] = "=A1+1"
    out = io.BytesIO()
    book.save(out)
    read_again = LabelledWorkbook(io.BytesIO(out.getvalue()))
    assert read_again.value("Sheet", (2, 1)) == Unknown("text")


def test_a_document_made_from_changed_returns_says_that_only_the_roll_up_was_read(collection):
    assert run("merge").return_value == 0
    changed(Path("inbox", SOUND[0].name), "三、依申请公开", "D6", 4711)
    result = run("publish", "--draft", "--witness", "-o", "r.html")
    assert "compared with the roll-up alone" in result.output
    assert "1 missing or changed" in result.output


def test_a_libreoffice_that_does_not_work_does_not_stop_generating(collection, monkeypatch):
    from xltools.errors import OutputError, Problem

    def fails(*_):
        raise OutputError(Problem("office-failed", facts={"reason": "x"}))

    monkeypatch.setattr(libreoffice, "is_installed", lambda: True)
    monkeypatch.setattr(libreoffice, "converted", fails)
    assert run("generate", "--check").return_value == 0
