"""LibreOffice recalculates what xltools writes and agrees with every stored result; and its files are read again."""

from __future__ import annotations

import io
import random
import re
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest

import office
import test_days
import test_products
from conftest import HERE, ROOT, sound_values
from xltools.checking.checks import verify
from xltools.collection.merging import merge
from xltools.data.filing import Stamp
from xltools.data.number import close
from xltools.data.period import Period
from xltools.data.prior import past_of
from xltools.data.record import Agency
from xltools.data.roster import Entry, Roster
from xltools.excel.package import patched
from xltools.excel.reader import read_package
from xltools.excel.writer import write_return, write_rollup
from xltools.form.address import a1
from xltools.form.layout import layout
from xltools.form.library import find
from xltools.form.places import MATRIX, Matrix

OFFICIAL = find("xxgk-2021")
OTHER = find(str(HERE / "forms" / "fwzx-2025.toml"))
RELATIONS = find(str(HERE / "forms" / "xcjc-2026.toml"))
SOME_ONLY = find(str(HERE / "forms" / "zfnb-2025.toml"))
RATIOS = find(str(HERE / "forms" / "blsx-2026.toml"))
pytestmark = pytest.mark.office


def filled(form, code, *, sound=True):
    """A return with figures of every kind; unsound ones break rules, and the checks must say by how much."""
    chance = random.Random(f"{form.name} {code} {sound}")
    values = {}
    for cell in form.inputs:
        low = -50 if cell.signed else 0
        exact = Decimal(chance.randint(low * 10_000, 90_000_000)) / 10_000
        if cell.decimals is not None:
            exact = round(exact, cell.decimals)
        values[cell.name] = exact if cell.number == "decimal" else Decimal(chance.randint(low, 500))
    if sound and form is OFFICIAL:
        values = sound_values() | {"disclosure.penalty.decisions": Decimal(int(code))}
    stamp = Stamp(form.key, form.edition, Period(2024), Agency("青禾区", code, f"单位{code}"))
    return write_return(form, stamp, values)


@pytest.fixture(scope="module")
def written():
    """Everything that xltools can write: blank, filled, out of balance, rolled up, rolled up twice, incomplete."""
    files = {
        "blank": write_return(OFFICIAL, Stamp("xxgk", "2021", Period(2024), Agency("青禾区", "1", "某局")))
    }
    for form in (OFFICIAL, OTHER, RELATIONS, RATIOS):
        blank = Stamp(form.key, form.edition, Period(2024), Agency("青禾区", "1", "某局"))
        files[f"{form.key} unsound"] = filled(form, "7", sound=False)
        last = form.complete({cell.name: Decimal(i % 50) for i, cell in enumerate(form.inputs)})
        files[f"{form.key} with last year"] = write_return(form, blank, last=last, show_last=True)
    parts = [filled(OFFICIAL, code) for code in ("001", "002", "003")]
    files["official filled"] = parts[0]
    filings = [read_package(part, f"{i}.xlsx") for i, part in enumerate(parts)]
    district = merge(filings, OFFICIAL, Period(2024), "青禾区").rollup
    kinds = ["部门*", "", "街道"]
    members = tuple(m._replace(kind=kind) for m, kind in zip(district.members, kinds, strict=True))
    district = replace(district, members=members)
    files["district"] = write_rollup(district, home=Path("out"), by_kind=True)
    inside = read_package(files["district"], "青禾区.xlsx")
    files["city"] = write_rollup(merge([inside], OFFICIAL, Period(2024), "某市").rollup)
    roster = Roster((Entry("001", "单位001", {}), Entry("009", "没报的", {})))
    files["incomplete"] = write_rollup(
        merge(filings[:1], OFFICIAL, Period(2024), "青禾区", roster=roster, incomplete=True).rollup
    )
    files["other rollup"] = other_rollup()
    files["xcjc rollup"] = relations_rollup()
    files["blsx rollup"] = ratios_rollup()
    files |= of_some_only() | test_days.files() | test_products.files()
    for form in (OFFICIAL, OTHER):
        files[f"{form.key} years"] = with_years(form)
    return files


def ratios_rollup():
    """A roll-up with subtotals and last year's figures, of agencies some of whose ratios have no value."""
    years = []
    for year in (2023, 2024):
        filings = []
        for code in ("001", "002", "003"):
            chance, values = random.Random(f"{year} {code}"), {}
            for cell in (cell for cell in RATIOS.inputs if not cell.weight):
                small = chance.randint(0, 60 if chance.random() < 0.7 else 0)
                values[cell.name] = Decimal(small) if cell.number == "count" else Decimal(small) / 4
            for row in ("permits", "grants", "others"):
                values[f"work.{row}.done"] = min(values[f"work.{row}.done"], values[f"work.{row}.taken"])
            complete = RATIOS.complete(values)
            for cell in (cell for cell in RATIOS.inputs if cell.weight and complete[cell.weight]):
                values[cell.name] = Decimal(chance.randint(0, 400)) / 10
            stamp = Stamp(RATIOS.key, RATIOS.edition, Period(year), Agency("青禾区", code, f"单位{code}"))
            filings.append(read_package(write_return(RATIOS, stamp, values), f"{code}.xlsx", RATIOS))
        years.append(filings)
    past = past_of(
        [
            read_package(
                write_rollup(merge(years[0], RATIOS, Period(2023), "青禾区").rollup), "去年.xlsx", RATIOS
            )
        ],
        RATIOS,
    )
    return write_rollup(merge(years[1], RATIOS, Period(2024), "青禾区", past=past).rollup, by_kind=True)


def of_some_only():
    """Workbooks of agencies of whom not the same is asked, and their roll-up."""
    from test_whose import ALL, returns, workbook

    files = {f"zfnb {n}": workbook(flags, f"{n:03}") for n, flags in enumerate(ALL)}
    rollup = merge(returns(*ALL), SOME_ONLY, Period(2026), "青禾区").rollup
    return files | {"zfnb rollup": write_rollup(rollup)}


def with_years(form):
    """A roll-up that knows three years, of agencies whose codes some functions take for one another."""
    from test_account import member, rollup

    codes = ("1", "001", "110101000000000001", "110101000000000002", "1*", "a", "A")
    figures = [
        {
            cell.name: Decimal((n * i + k) % 97)
            for i, cell in enumerate(form.inputs)
            for k in (len(codes) - n,)
        }
        for n in range(len(codes))
    ]
    members = tuple(member(code, values) for code, values in zip(codes, figures, strict=True))
    earlier = {
        Period(2024 - back): {
            name: value + Decimal("0.1") if form.cells[name].number == "decimal" else value
            for name, value in form.complete(figures[back]).items()
            if form.cells[name].additive
        }
        for back in (1, 2, 4)
    }
    return write_rollup(rollup(members, form, earlier=earlier))


def other_rollup():
    from test_merge import filing

    filings = [filing(code, OTHER) for code in ("001", "002")]
    return write_rollup(merge(filings, OTHER, Period(2024), "区").rollup)


def relations_rollup():
    """Two agencies that are each off by the tolerance, and one that was accepted with more faults than inspections."""
    from test_relations import BROKEN, ROUNDED, accepted, rolled, written, zeros

    sound = [written(zeros(**ROUNDED), code) for code in ("001", "002")]
    return write_rollup(rolled([*sound, written(zeros(**BROKEN), "003")], policy=accepted("003")))


@pytest.fixture(scope="module")
def recalculated(written):
    """The same with every stored result replaced by 999 beforehand, so that what comes back was computed."""
    return office.resaved({name: forgotten(package) for name, package in written.items()})


def forgotten(package):
    def forget(part):
        text = re.sub(r"(<f>[^<]*</f>)<v>[^<]*</v>", r"\1<v>999</v>", part.decode())
        return re.sub(r'(<c r="[A-Z]+\d+"(?: s="\d+")?) t="str">(<f>)', r"\1>\2", text).encode()

    return patched(package, {f"xl/worksheets/sheet{n}.xml": forget for n in range(1, 20)})


def results(package):
    return openpyxl.load_workbook(io.BytesIO(package), data_only=True)


def test_it_agrees_with_every_stored_result(written, recalculated):
    compared = 0
    for name, package in written.items():
        formulas, stored, computed = (
            openpyxl.load_workbook(io.BytesIO(package)),
            results(package),
            results(recalculated[name]),
        )
        for sheet in formulas:
            for cell in (cell for row in sheet.iter_rows() for cell in row if cell.data_type == "f"):
                ours, theirs = (
                    stored[sheet.title][cell.coordinate].value,
                    computed[sheet.title][cell.coordinate].value,
                )
                assert same(ours, theirs), (name, sheet.title, cell.coordinate, cell.value, ours, theirs)
                compared += 1
    assert compared > 1500


def same(ours, theirs):
    if isinstance(ours, str) and (found := re.fullmatch("([×？！](?:[A-Z]+[0-9]+)?[差多少])(.+)", ours)):
        is_alike = isinstance(theirs, str) and theirs.startswith(found[1])
        return is_alike and close(Decimal(found[2]), Decimal(theirs.removeprefix(found[1])))
    if isinstance(ours, int | float) and isinstance(theirs, int | float):
        return close(Decimal(repr(ours)), Decimal(repr(theirs)))
    return ours == theirs


def test_the_file_it_saves_reads_the_same(written, recalculated):
    """A plain re-save loses nothing and raises nothing."""
    for name, package in written.items():
        keys = {"xcjc": RELATIONS, "blsx": RATIOS, "zfnb": SOME_ONLY, "fwzx": OTHER, "other": OTHER}
        keys |= {"works": test_days.FORM, "risks": test_products.FORM}
        form = next((form for key, form in keys.items() if key in name), OFFICIAL)
        before, after = (
            read_package(package, "x.xlsx", form),
            read_package(recalculated[name], "x.xlsx", form),
        )
        assert after.stamp == before.stamp, name
        assert after.record == before.record, name
        assert after.prose == before.prose, name
        assert (after.earlier, after.waived) == (before.earlier, before.waived), name
        assert [f.code for f in verify(after)] == [f.code for f in verify(before)], name


def test_a_second_program_agrees_and_its_file_reads_the_same(written):
    """gnumeric drops the lock of the structure and much of the look; figures, names and stamp survive."""
    for name in ("official filled", "district", "xxgk unsound"):
        package = written[name]
        after = read_package(office.resaved_by_gnumeric(package), "x.xlsx", OFFICIAL)
        before = read_package(package, "x.xlsx", OFFICIAL)
        assert (after.stamp, after.record, after.prose) == (before.stamp, before.record, before.prose), name
        assert [f.code for f in verify(after)] == [f.code for f in verify(before)], name
        for cell, shown in before.shown.items():
            assert close(after.shown[cell].value, shown.value), (name, cell)


@pytest.mark.prove
@pytest.mark.parametrize("kind", ["xlsx", "xls"])
def test_what_gnumeric_saves_reads_as_before(kind):
    """Of the samples with problems too. New is only what truly differs.

    A cell with spaces makes a sum an error when it is calculated again. In an old format a wrong total is just wrong.
    """
    new = {"xlsx": {"total-stale"}, "xls": {"old-format-read", "total-wrong"}}[kind]
    for path in sorted(ROOT.glob("samples/*/0*.xlsx")):
        before = read_package(path.read_bytes(), path.name)
        if before.form is None:  # it was refused
            continue
        after = read_package(office.resaved_by_gnumeric(path.read_bytes(), kind), path.name)
        assert after.record.values == before.record.values, path
        assert {f.code for f in verify(after)} <= {f.code for f in verify(before)} | new, path


def test_links_on_formulas_stay_and_so_do_those_to_files(written, recalculated):
    """LibreOffice keeps each link beside the formula of its cell, and names the same files."""
    for before, after in zip(
        openpyxl.load_workbook(io.BytesIO(written["district"])),
        openpyxl.load_workbook(io.BytesIO(recalculated["district"])),
        strict=True,
    ):
        assert _links(after) == _links(before), before.title
    traced = _links(openpyxl.load_workbook(io.BytesIO(recalculated["district"]))["二、主动公开"])
    assert traced["B16"][1].startswith("=SUM(")


def _links(sheet):
    cells = [cell for row in sheet.iter_rows() for cell in row if cell.hyperlink]
    links = {c.coordinate: c.hyperlink.target or c.hyperlink.location for c in cells}
    return {c.coordinate: (links[c.coordinate], str(c.value).replace("'", "")) for c in cells}


@pytest.mark.prove
def test_protected_rows_can_be_sorted_and_what_is_typed_there_is_noticed(written):
    matrix = Matrix.issued(OFFICIAL, 3)
    area = f"A7:{a1(matrix.last, len(matrix.columns) - 1)}"
    done = office.typed(written["district"], [["protected"], ["sort", MATRIX, area, "2"]])
    assert MATRIX in done.answers[0]
    again = read_package(done.workbook, "x.xlsx")
    assert [member.agency.code for member in again.members] == ["003", "002", "001"]
    assert verify(again) == ()
    assert again.record == read_package(written["district"], "x.xlsx").record
    done = office.typed(written["district"], [["type", MATRIX, "N8", "4711"], ["type", MATRIX, "N6", "4711"]])
    assert done.answers[1][0] == done.answers[1][1]  # the head is locked
    (altered,) = [f for f in verify(read_package(done.workbook, "x.xlsx")) if f.code == "row-altered"]
    assert altered.member == "单位002（002）"


def test_live_checks_say_what_verification_says():
    """Text, minus and fraction in inputs, a broken rule: the workbook itself turns red where verify finds an error."""
    import clerk

    from xltools.form.layout import layout

    place = layout(OFFICIAL)
    good = filled(OFFICIAL, "001")
    spoils = {
        "applications.partial.research": ("无", "三、依申请公开", "L9", "×非数字"),
        "disclosure.penalty.decisions": (Decimal(-3), "二、主动公开", "F12", "×有负数"),
        "disclosure.licensing.decisions": (Decimal("10.5"), "二、主动公开", "F9", "×有小数"),
        "applications.new.natural": (Decimal(9999), "三、依申请公开", "D33", "×差"),
    }
    files = {}
    for name, (content, *_) in spoils.items():
        sheet, address = place.address(name)
        files[name] = clerk.edited(good, sheet, {address: content})
    for name, package in office.resaved(files).items():
        _, sheet, address, start = spoils[name]
        book = results(package)
        assert str(book[sheet][address].value).startswith(start), (name, book[sheet][address].value)
        status = book["封面"].cell(place.cover.status.row + 1, 1).value
        assert status.startswith("不能报送"), status
        assert any(f.severity.value == "error" for f in verify(read_package(package, "x.xlsx")))


PROOFS = "合计核对（表内各填报数之和）"


def proved(package):
    """The verdict, and what the line of 三 says: both live sums, the sum as issued, the difference, the tick."""
    cover = results(package)["封面"]
    rows = {cover.cell(row, 1).value: row for row in range(1, cover.max_row + 1)}
    line = [cover.cell(row, 2).value for row in range(rows[PROOFS] + 1, rows[PROOFS] + 4)]
    row = rows[PROOFS] + 2
    assert len(line) == 3
    status = cover.cell(layout(OFFICIAL).cover.status.row + 1, 1).value
    return status, [cover.cell(row, column).value for column in range(2, 7)]


@pytest.mark.prove
def test_a_sum_that_no_longer_closes_is_seen_on_the_cover(written):
    """A figure of one agency changed, a figure of the district typed over, a text typed: × and 不能报送. Sorted rows: √."""
    import clerk

    from xltools.form.places import MATRIX, Matrix

    whole = written["district"]
    name = "applications.new.natural"
    place = a1(Matrix.FIRST_ROW, Matrix.issued(OFFICIAL, 3).columns[name])
    sheet, address = layout(OFFICIAL).address(name)
    own = results(whole)
    issued = proved(whole)[1][2]
    figure, total = own[MATRIX][place].value, own[sheet][address].value
    files = office.resaved(
        {
            "as written": forgotten(whole),
            "in the rows": clerk.edited(whole, MATRIX, {place: figure + 3}),
            "on the sheet": clerk.edited(whole, sheet, {address: total - 1}),
            "a text": clerk.edited(whole, MATRIX, {place: f"{figure}件"}),
            "an error": clerk.edited(whole, MATRIX, {place: clerk.Error("#REF!")}),
            "sorted": clerk.edited(whole, MATRIX, swapped(own[MATRIX], Matrix.FIRST_ROW + 1)),
        }
    )
    told = {key: proved(package) for key, package in files.items()}
    assert told["as written"] == ("可以报送", [issued, issued, issued, 0, "√"])
    assert told["sorted"] == told["as written"]
    assert told["in the rows"][1] == [issued + 3, issued + 3, issued, 3, "×"]
    assert told["on the sheet"][1] == [issued, issued - 1, issued, 1, "×"]
    assert told["a text"][1] == [issued - figure, issued - figure, issued, figure, "×"]
    assert told["an error"][1][4] == "×"
    for key in ("in the rows", "on the sheet", "a text", "an error"):
        assert str(told[key][0]).startswith("不能报送"), (key, told[key])


def swapped(sheet, row):
    """The texts and figures of two rows, one in the other's place; their formulas go by their own row."""
    changes = {}
    for here, there in ((row, row + 1), (row + 1, row)):
        for cell in sheet[there]:
            target = sheet.cell(here, cell.column)
            if cell.column <= 5 or not is_total(sheet, cell.column):
                changes[target.coordinate] = (
                    Decimal(str(cell.value)) if isinstance(cell.value, int | float) else cell.value
                )
    return changes


def is_total(sheet, column):
    name = sheet.cell(5, column).value
    return name in OFFICIAL.cells and OFFICIAL.cells[name].is_total


@pytest.mark.prove
def test_the_charts_follow_the_rows_wherever_they_are_sorted(written):
    """The numbers of the picture are found by the agency, not by the place of its row."""
    import clerk

    from xltools.form.places import CHARTS, MATRIX, Matrix

    whole = written["xxgk years"]
    own = results(whole)
    name = "applications.new.natural"
    first = own[MATRIX].cell(Matrix.FIRST_ROW + 1, 1).row
    changes = swapped(own[MATRIX], first)
    place = a1(Matrix.FIRST_ROW + 2, Matrix.issued(OFFICIAL, 3).columns[name])
    more = Decimal(str(own[MATRIX][place].value)) + 1000
    code = own[MATRIX].cell(Matrix.FIRST_ROW + 3, 2).value
    package = clerk.edited(whole, MATRIX, changes | {place: more})
    before, after = own[CHARTS], results(office.resaved({"sorted": package})["sorted"])[CHARTS]
    for row in range(3, 10):
        expected = before.cell(row, 20).value + (1000 if before.cell(row, 18).value == code else 0)
        assert after.cell(row, 20).value == expected, row
    assert code in {before.cell(row, 18).value for row in range(3, 10)}


def test_the_samples_open_and_agree():
    """The clean samples, as committed."""
    paths = sorted((ROOT / "samples" / "clean").glob("*.xlsx"))[:6]
    status = a1(*layout(OFFICIAL).cover.status.anchor)
    for name, package in office.resaved({path.name: path.read_bytes() for path in paths}).items():
        filing = read_package(package, name)
        assert verify(filing) == ()
        assert results(package)["封面"][status].value == "可以报送"
