"""The sheets of rows of a roll-up: read as they were written, sorted or not; every change of a row noticed."""

from __future__ import annotations

import io
import os
import re
from decimal import Decimal
from pathlib import Path
from urllib.parse import unquote

import clerk
import openpyxl
import pytest
from click.testing import CliRunner
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from conftest import HERE, ROOT, by_day, examples, unpacked
from strategies import NAMES, values
from test_merge import OFFICIAL, OTHER, filing, rolled
from witness import differences
from xltools.checking.checks import verify
from xltools.cli import command_line
from xltools.collection.merging import merge
from xltools.data.chart_figures import FOREMOST, foremost
from xltools.data.filing import Account, Member, Source
from xltools.data.number import kept, stored
from xltools.data.period import Period
from xltools.data.record import Agency
from xltools.data.rollup import Rollup, subtotals
from xltools.data.roster import Entry, Roster
from xltools.excel.formula import SharedFormula
from xltools.excel.package import patched
from xltools.excel.reader import read, read_package
from xltools.excel.scan import scan
from xltools.excel.writer import rollup as sheets
from xltools.excel.writer import save_rollup, write_rollup
from xltools.files import Home
from xltools.form.address import a1, column_name
from xltools.form.layout import layout
from xltools.form.linear import Linear
from xltools.form.places import KINDS, MATRIX, SOURCES, Matrix, Sources
from xltools.text import message

FIRST = Matrix.FIRST_ROW
FILE = column_name(Matrix.issued(OFFICIAL, 1).columns["xltools.file"])


def rollup_of(members, form=OFFICIAL):
    accounts = tuple(Account(m.agency, m.source, "included") for m in members)
    return Rollup(form, Period(2024), "青禾区", "青禾区", members, accounts, "unchecked")


@pytest.fixture(scope="module")
def three():
    return rolled([filing(code) for code in ("001", "002", "003")], "青禾区")


@pytest.fixture(scope="module")
def package(three):
    return write_rollup(three, home=Path("out"))


# -- written and read

words = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Cn")), max_size=20)


@st.composite
def some_members(draw, form):
    codes = draw(st.lists(NAMES, min_size=1, max_size=4, unique=True))
    return tuple(
        Member(
            Agency(draw(NAMES), code, draw(NAMES)),
            Source(f"inbox/{draw(NAMES)}.xlsx", f"{n:064x}", n),
            draw(values(form)),
            draw(words),
        )
        for n, code in enumerate(codes)
    )


@pytest.mark.parametrize("form", by_day([OFFICIAL, OTHER], 1), ids=["official", "other"])
@settings(max_examples=examples(8))
@given(data=st.data())
def test_any_rows_read_as_they_were_written(form, data):
    members = data.draw(some_members(form))
    again = read_package(write_rollup(rollup_of(members, form), home=Path("out")), "x.xlsx", form)
    assert [f.code for f in again.findings] == []
    for one, other in zip(members, again.members, strict=True):
        assert (one.agency, one.agency.name, one.kind) == (other.agency, other.agency.name, other.kind)
        assert (one.source.name, one.source.sha256) == (other.source.name, other.source.sha256)
        assert other.values == {name: stored(kept(value)) for name, value in one.values.items()}


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**15), max_value=10**15))
def test_a_figure_is_kept_in_one_way_of_writing_it(value):
    assume(not value or value.adjusted() > -300)
    assert kept(value) == kept(Decimal(repr(float(kept(value)))))
    assert stored(kept(value)) in {stored(str(value)), None}
    assert "E" not in kept(value)


def test_texts_that_xml_or_excel_take_amiss_come_back():
    names = ["a\x07b", "_x0041_", "<b>&\"'", " 空 格 ", "=1+1", "\ufffe", "行\n行", "x" * 32_767]
    names += ["<r>&</r>", "http://a.b/c", "mailto:a@b", "internal:A1", "00123", "1e5", "{=1}", "TRUE"]
    members = [
        Member(Agency("区", str(i), name), Source(f"{i}.xlsx", "0"), {}) for i, name in enumerate(names)
    ]
    again = read_package(write_rollup(rollup_of(members)), "x.xlsx", OFFICIAL)
    read_back = [member.agency.name for member in again.members]
    assert read_back[1:5] + read_back[6:] == names[1:5] + names[6:]
    assert read_back[0] == "a\ufffdb"  # the scanner shows no control characters


@given(st.lists(st.decimals(0, 10**9, places=6), min_size=1, max_size=9))
@settings(max_examples=examples(20))
@example([Decimal("96171.6"), Decimal("0.000001"), Decimal("123456789.012345"), Decimal("999999999.999999")])
def test_figures_of_fifteen_digits_come_back_as_typed(figures):
    name = "disclosure.fees.amount"
    members = [
        Member(Agency("区", str(i), "局"), Source(f"{i}.xlsx", "0"), {name: figure})
        for i, figure in enumerate(figures)
    ]
    written = write_rollup(rollup_of(members))
    again = read_package(written, "x.xlsx", OFFICIAL)
    assert [member.values[name] for member in again.members] == figures
    page = openpyxl.load_workbook(io.BytesIO(written), read_only=True)[MATRIX]
    column = Matrix.issued(OFFICIAL, 1).columns[name] + 1
    cells = page.iter_rows(FIRST + 1, FIRST + len(figures), column, column, values_only=True)
    assert [value for (value,) in cells] == list(map(float, figures))


def test_a_text_that_no_cell_holds_is_refused():
    member = Member(Agency("区", "1", "x" * 32_768), Source("1.xlsx", "0"), {})
    with pytest.raises(ValueError, match="32768"):
        write_rollup(rollup_of([member]))


@pytest.mark.prove
def test_openpyxl_sees_what_the_scanner_sees(package):
    assert differences(package) == []
    book = openpyxl.load_workbook(io.BytesIO(package))
    matrix, sources = book[MATRIX], book[SOURCES]
    assert matrix.dimensions == f"A1:{a1(FIRST + 2, 6 + len(OFFICIAL.cells))}"
    assert matrix.auto_filter.ref == f"A{FIRST}:{a1(FIRST + 2, 6 + len(OFFICIAL.cells))}"
    assert sources.auto_filter.ref == "A2:K5"
    assert matrix.freeze_panes == "D7"
    names = [cell.value for cell in matrix[Matrix.NAME_ROW + 1]]
    assert len(set(names)) == len(names) == 7 + len(OFFICIAL.cells)
    assert matrix.protection.sheet
    assert not matrix.protection.sort
    (refusal,) = matrix.data_validations.dataValidation
    assert (refusal.type, refusal.formula1, str(refusal.sqref)) == (
        "custom",
        "FALSE",
        matrix.auto_filter.ref.replace("A6", "A7"),
    )
    assert not any(cell.protection.locked for row in matrix.iter_rows(min_row=FIRST + 1) for cell in row)
    assert all(cell.protection.locked for row in matrix.iter_rows(max_row=FIRST) for cell in row)


@pytest.mark.parametrize("count", by_day([0, 1], 1))
def test_few_members_break_nothing(count):
    members = [
        Member(Agency("区", "1", "一"), Source("1.xlsx", "0"), {"disclosure.fees.amount": Decimal("0.5")})
    ]
    written = write_rollup(rollup_of(members[:count]), home=Path(), by_kind=True)
    again = read_package(written, "x.xlsx", OFFICIAL)
    assert verify(again) == ()
    assert len(again.members) == count
    assert differences(written) == []
    formula = scan(written).sheet("二、主动公开").cells[15, 1].formula
    assert formula.startswith("SUM('各单位数据'!")


def test_the_same_input_is_the_same_bytes_in_memory_and_in_a_file(three, package, tmp_path):
    path = tmp_path / "d.xlsx"
    with path.open("wb") as out:
        save_rollup(three, out, home=Path("out"))
    again = write_rollup(three, home=Path("out"))
    assert unpacked(path.read_bytes()) == unpacked(package) == unpacked(again)


# -- sorted


def with_rows_in_order(data, sheet, first, order):
    """The rows of a sheet in another order, as a program sorts them: what stands in a row goes along, its number does not."""

    def sort(part):
        text = part.decode()
        rows = [m[0] for m in re.finditer(r'<row r="(\d+)".*?</row>', text, re.DOTALL) if int(m[1]) > first]
        moved = [moved_to(rows[old], first + new + 1, new - old) for new, old in enumerate(order)]
        return text.replace("".join(rows), "".join(moved)).encode()

    return patched(data, {clerk.part_of(data, sheet): sort})


def moved_to(row, number, by):
    row = re.sub(r'(<row r="|<c r="[A-Z]+)\d+"', rf'\g<1>{number}"', row)
    return re.sub(r"<f>(.*?)</f>", lambda m: f"<f>{SharedFormula(m[1], 0, 0).at(by, 0)}</f>", row)


@given(st.permutations(range(3)), st.permutations(range(3)))
@settings(max_examples=examples(8))
def test_a_sorted_roll_up_reads_the_same(three, package, order, other):
    data = with_rows_in_order(package, MATRIX, FIRST, order)
    data = with_rows_in_order(data, SOURCES, Sources.FIRST_ROW, other)
    again, before = read_package(data, "x.xlsx", OFFICIAL), read_package(package, "x.xlsx", OFFICIAL)
    assert verify(again) == ()
    assert again.record == before.record
    assert [again.members.index(before.members[old]) for old in order] == [0, 1, 2]


# -- altered

changes = st.sampled_from([Decimal(77_777), "x", None, clerk.Formula("1+1", Decimal(2))])


@given(data=st.data())
@settings(max_examples=examples(25))
def test_any_cell_of_a_row_that_is_changed_is_noticed_and_says_whose(package, data):
    row = data.draw(st.integers(FIRST, FIRST + 2))
    column = data.draw(st.integers(0, 6 + len(OFFICIAL.cells)))
    before = scan(package).sheet(MATRIX).cells.get((row, column))
    content = data.draw(changes)
    assume((before is not None) or (content is not None))
    again = read_package(clerk.edited(package, MATRIX, {a1(row, column): content}), "x.xlsx", OFFICIAL)
    found = [f for f in again.findings if f.is_error and f.code in {"row-altered", "not-a-number"}]
    assert found, (row, column, content)
    name = str(again.members[row - FIRST].agency) if again.members else found[0].member
    assert all(finding.member == name and finding.sheet == MATRIX for finding in found)
    assert message(found[0], "zh").startswith(f"青禾区 → {name}：")
    assert message(found[0], "en").startswith(f"青禾区 → {name}: ")


@pytest.mark.parametrize("key", [key for key in Sources.COLUMNS if key not in {"marker", "via", "note"}])
def test_any_cell_of_the_account_that_is_changed_is_noticed(package, key):
    address = a1(Sources.FIRST_ROW, Sources.COLUMNS.index(key))
    again = read_package(clerk.edited(package, SOURCES, {address: "7"}), "x.xlsx", OFFICIAL)
    assert "row-altered" in {finding.code for finding in again.findings}


def test_rows_that_exchanged_their_figures_are_noticed(package):
    """As when a part of the columns was sorted: every figure is there, and none is where it was."""
    cells = scan(package).sheet(MATRIX).cells
    column = Matrix.issued(OFFICIAL, 3).columns["disclosure.fees.amount"]
    one, other = (Decimal(cells[FIRST + row, column].text) for row in (0, 1))
    edits = {a1(FIRST, column): other, a1(FIRST + 1, column): one}
    again = read_package(clerk.edited(package, MATRIX, edits), "x.xlsx", OFFICIAL)
    assert [f.member for f in again.findings] == ["单位001（001）", "单位002（002）"]
    assert {f.code for f in again.findings} == {"row-altered"}


def test_without_the_head_of_the_checks_nothing_is_read(package):
    column = Matrix.issued(OFFICIAL, 3).columns["xltools.check"]
    data = clerk.edited(package, MATRIX, {a1(Matrix.NAME_ROW, column): None})
    again = read_package(data, "x.xlsx", OFFICIAL)
    assert "label-changed" in {finding.code for finding in again.findings}
    assert again.members == ()


# -- traced


def links(data, sheet):
    book = openpyxl.load_workbook(io.BytesIO(data))
    cells = (cell for row in book[sheet].iter_rows() for cell in row if cell.hyperlink)
    return {cell.coordinate: cell.hyperlink.target or cell.hyperlink.location for cell in cells}


def test_a_figure_of_the_district_leads_to_its_column_and_the_column_back(package):
    place = layout(OFFICIAL)
    matrix = Matrix.issued(OFFICIAL, 3)
    there = {sheet.name: links(package, sheet.name) for sheet in place.sheets}
    back = links(package, MATRIX)
    for name in OFFICIAL.cells:
        sheet, address = place.address(name)
        column = matrix.columns[name]
        area = f"{a1(matrix.first, column)}:{a1(matrix.last, column)}"
        assert there[sheet][address] == f"'{MATRIX}'!{area}"
        assert back[a1(Matrix.ADDRESS_ROW, column)] == f"'{sheet}'!{address}"


def test_a_row_leads_to_its_file():
    paths = ["inbox/一 #1.xlsx", "inbox/包.zip!里面/乙.xlsx", "x&y.xlsx"]
    members = [Member(Agency("区", str(i), "某局"), Source(path, str(i)), {}) for i, path in enumerate(paths)]
    written = write_rollup(rollup_of(members), home=Path("out/2024"))
    targets = ["../../inbox/一%20%231.xlsx", "../../inbox/包.zip", "../../x&y.xlsx"]
    assert [links(written, MATRIX)[f"{FILE}{row}"] for row in (7, 8, 9)] == targets
    assert [links(written, SOURCES)[f"D{row}"] for row in (3, 4, 5)] == targets
    assert [member.source.name for member in read_package(written, "x.xlsx").members] == [
        "一 #1.xlsx",
        "乙.xlsx",
        "x&y.xlsx",
    ]


def test_a_link_too_long_for_excel_is_left_out():
    paths = ["a", "b:c.xlsx", f"{'长' * 2075}.xlsx", f"{'长' * 2060}.xlsx"]
    members = [Member(Agency("区", str(i), "局"), Source(path, str(i)), {}) for i, path in enumerate(paths)]
    written = write_rollup(rollup_of(members), home=Path())
    found = links(written, SOURCES)
    assert [found.get(f"D{row}") for row in range(3, 7)] == ["a", "b%3Ac.xlsx", None, paths[3]]


@pytest.mark.prove
def test_without_a_folder_there_are_no_links_to_files(three):
    written = write_rollup(three)
    assert not any(re.fullmatch(rf"{FILE}\d+", address) for address in links(written, MATRIX))
    assert links(written, SOURCES) == {}


@pytest.mark.parametrize("more", by_day([0, 1], 1))
def test_beyond_what_excel_bears_there_are_no_links_and_it_is_said(three, monkeypatch, more):
    monkeypatch.setattr(sheets, "MOST_LINKS", len(OFFICIAL.cells) + 3 - more)
    written = write_rollup(three, home=Path())
    places = {MATRIX: (Matrix.TITLE_ROW, Matrix.BEFORE), SOURCES: (0, 0)}
    titles = [scan(written).sheet(name).cells[place].text for name, place in places.items()]
    assert (f"{FILE}7" in links(written, MATRIX)) == (more == 0)
    assert ("没有做链接" in titles[0]) == (more == 1)
    assert "没有做链接" not in titles[1]
    assert verify(read_package(written, "x.xlsx")) == ()


def test_excel_bears_65_530_links():
    assert sheets.MOST_LINKS == 65_530


def test_merge_links_to_the_files_there_are_and_adds_subtotals(tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    out = tmp_path / "汇 总" / "d.xlsx"
    arguments = ["merge", "samples/clean", "--roster", "samples/roster.csv", "--year", "2024"]
    arguments += ["--district", "青禾区", "-o", str(out), "--by-kind"]
    assert CliRunner().invoke(command_line("zh"), arguments).exit_code == 0
    written = out.read_bytes()
    targets = [target for address, target in links(written, SOURCES).items() if address != "D2"]
    assert {(out.parent / unquote(target)).resolve() for target in targets} == {
        path.resolve() for path in (ROOT / "samples" / "clean").iterdir()
    }
    assert scan(written).sheet(KINDS) is not None


# -- by kind


def test_subtotals_by_kind_add_up_to_the_district():
    roster = Roster(
        tuple(
            Entry(c, f"单位{c}", {"kind": k}) for c, k in (("001", "街道"), ("002", "部门*"), ("003", "街道"))
        )
    )
    rollup = merge(
        [filing(c) for c in ("001", "002", "003")], OFFICIAL, Period(2024), "青禾区", roster=roster
    ).rollup
    parts = subtotals(rollup)
    assert [(part.kind, part.count) for part in parts] == [("街道", 2), ("部门*", 1)]
    for name, value in rollup.values.items():
        assert sum(part.values.get(name, 0) for part in parts) == value
    cells = scan(write_rollup(rollup, by_kind=True)).sheet(KINDS).cells
    assert [cells[row, 1].text for row in (6, 7)] == ["=街道", "=部门~*"]
    kind = column_name(Matrix.issued(OFFICIAL, 3).columns["xltools.kind"])
    assert cells[6, 2].formula == f"COUNTIFS('各单位数据'!{kind}7:{kind}9,$B7)"
    assert cells[6, 3].formula == f"SUMIFS('各单位数据'!D7:D9,'各单位数据'!{kind}7:{kind}9,$B7)"
    assert cells[8, 3].formula == "SUM('各单位数据'!D7:D9)"
    assert scan(write_rollup(rollup)).sheet(KINDS) is None


# -- of former versions


def test_a_roll_up_of_the_former_version_is_read():
    filings = [read(path) for path in sorted((ROOT / "samples" / "clean").iterdir())[:3]]
    again = read(HERE / "data" / "rollup-former.xlsx")
    assert verify(again) == ()
    assert again.record == merge(filings, OFFICIAL, Period(2024), "青禾区").rollup.record
    assert [member.source.path for member in again.members] == [one.source.name for one in filings]


@pytest.mark.parametrize("home", ["", "out", "in/2024", "/elsewhere/out", "../beside"])
@pytest.mark.parametrize("folder", ["", "in", "in/2024", "out", "../beside/in", "/elsewhere", "/"])
def test_a_link_is_the_way_from_the_workbook_to_the_file(home, folder):
    path = f"{folder}/C1_城管局 a#b.xlsx".removeprefix("" if folder else "/").replace("//", "/")
    way = os.path.relpath(path, home or ".").replace(os.sep, "/")
    assert unquote(Home.of(Path(home)).link(path)) == way


def test_a_link_is_from_where_the_writer_works(tmp_path, monkeypatch):
    """Wherever the process works that draws the row; and a folder that is gone keeps nobody from what lies elsewhere."""
    (tmp_path / "a").mkdir()
    ways, homes = [], []
    for place in (tmp_path, tmp_path / "a"):
        monkeypatch.chdir(place)
        homes.append(Home.of(Path("out")))
        ways.append(homes[-1].link(str(tmp_path / "in" / "x.xlsx")))
    assert ways == ["../in/x.xlsx", "../../in/x.xlsx"]
    assert [home.link("in/x.xlsx") for home in homes] == ["../in/x.xlsx", "../in/x.xlsx"]
    (tmp_path / "a").rmdir()
    assert Home.of(tmp_path / "out").link(str(tmp_path / "in" / "x.xlsx")) == "../in/x.xlsx"


@given(st.lists(st.integers(0, 9), max_size=60))
def test_foremost_are_those_that_have_most_and_of_equals_the_first(amounts):
    form, name = OFFICIAL, OFFICIAL.inputs[0].name
    measure = Linear(((1, name),))
    members = [
        Member(Agency("d", str(place), str(place)), Source(""), {name: Decimal(amount)}, "")
        for place, amount in enumerate(amounts)
    ]
    wanted = sorted(range(len(amounts)), key=lambda place: (-amounts[place], place))[:FOREMOST]
    assert foremost(form, measure, members) == [(members[place], amounts[place]) for place in wanted]
