"""Tables side by side on a sheet: cells and checks, the ways back from workbooks and reports, the second reader."""

from __future__ import annotations

import io
from decimal import Decimal
from functools import cache

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import HERE, examples, form_problems, resaved
from xltools.checking.checks import verify
from xltools.collection.merging import merge
from xltools.data.filing import Return, Stamp
from xltools.data.period import Period
from xltools.data.record import Agency
from xltools.document.official import official_table
from xltools.document.publishing import compose, report_of
from xltools.document.reader import ReportIdentity, read_document
from xltools.document.writer import render
from xltools.excel.reader import read_package
from xltools.excel.writer import write_return, write_rollup
from xltools.form.address import a1
from xltools.form.layout import layout
from xltools.form.load import load
from xltools.libreoffice import is_installed, recalculated
from xltools.witness.document import printed_values
from xltools.witness.form import FormFigures
from xltools.witness.issued import faults
from xltools.witness.workbook import LabelledWorkbook, figure_values

FORM = load(HERE / "forms" / "jsgk-2026.toml")
TEXT = FORM.text
PERIOD = Period(2026)
D = Decimal
amounts = st.decimals(1, 9999, places=2)
NAMES = [cell.name for cell in FORM.inputs]


@st.composite
def figures(draw):
    """Sound figures: both sides have one total."""
    grant, other, people, public = sorted(draw(st.tuples(*[amounts] * 4)), reverse=True)
    carried_in, misc = draw(st.tuples(amounts, amounts))
    values = {
        "grant": grant + carried_in,
        "other": other,
        "carried_in": carried_in,
        "people": people,
        "public": public,
        "misc": misc,
    }
    left, right = sum(list(values.values())[:3]), people + public + misc
    values |= {"carried_out": max(D(0), left - right)}
    values["other"] += max(D(0), right - left)
    return {f"main.{key}.amount": value for key, value in values.items()}


SOUND = {
    f"main.{key}.amount": D(value)
    for key, value in {"grant": "80.5", "other": "3", "carried_in": "10", "people": "60", "public": "20.25", "misc": "1", "carried_out": "12.25"}.items()
}  # fmt: skip


def stamp(code="001"):
    return Stamp(FORM.key, FORM.edition, PERIOD, Agency("青禾区", code, f"单位{code}"))


def issued(values, code="001", **more):
    return write_return(
        FORM, stamp(code), values, {"cover.preparer": "张三", "main.when": "2026-03-01"}, **more
    )


@cache
def sound():
    return issued(SOUND)


def filing(content, name="001.xlsx") -> Return:
    found = read_package(content, name, FORM)
    assert isinstance(found, Return)
    return found


def codes(content):
    return {finding.code for finding in verify(filing(content))}


def edited(edit, content=None):
    return resaved(content or sound(), edit)


@settings(max_examples=examples(12), deadline=None)
@given(figures())
def test_what_is_filled_in_is_read_back_by_both_readers(values):
    content = issued(values)
    assert not verify(filing(content))
    assert filing(content).record.values == values
    form = FormFigures(TEXT)
    read = figure_values(LabelledWorkbook(io.BytesIO(content)), form)
    assert {name: read[name] for name in values} == values


def test_both_tables_begin_in_one_row_and_share_the_checks_beside_them():
    (sheet,) = layout(FORM).sheets
    assert layout(FORM).address("main.grant.amount")[1] == "D7"
    assert layout(FORM).address("main.people.amount")[1] == "G7"
    assert layout(FORM).address("main.spending_total.amount")[1] == "G12"
    beside = next(group for group in sheet.groups if group.key == "figures")
    assert [check.inputs for check in beside.checks][:2] == [
        ("main.grant.amount", "main.people.amount"),
        ("main.other.amount", "main.public.amount"),
    ]
    heads = {label.text: label.area for label in sheet.labels if label.role == "head"}
    assert heads["收入"].last_column == heads["收入"].column == 3
    assert heads["决算数"].rows == 2  # the second table has no heading, so its heads take that row too


def test_a_table_that_is_shorter_than_the_other_is_framed_to_the_same_end():
    """Its bottom total stands higher, and an empty frame is below it; labels stand alike in both tables."""
    (sheet,) = layout(FORM).sheets
    (gap,) = sheet.gaps
    rows = [sheet.cells[f"main.{key}.amount"].row for key in ("income_total", "spending_total")]
    assert (gap.row, gap.last_row, gap.column) == (rows[0] + 1, rows[1], 0)
    page = openpyxl.load_workbook(io.BytesIO(sound()))[sheet.name]
    corner = page.cell(gap.row + 1, gap.column + 1)
    assert (corner.value, corner.border.left.style, corner.border.top.style) == (None, "thin", "thin")
    stubs = [label for label in sheet.labels if label.role == "stub"]
    found = {label.text: page[a1(*label.area.anchor)].alignment.horizontal for label in stubs}
    assert found["本年收入"] == found["本年支出"] == "center"
    assert found["财政拨款"] == found["人员经费"] == "left"


def test_one_broken_rule_and_one_typed_total_are_found_where_they_are():
    assert codes(issued(SOUND | {"main.misc.amount": D(2)})) == {"rule-broken"}

    def type_over(book):
        book["总表"]["G12"] = 5

    found = [f for f in verify(filing(edited(type_over))) if f.cell == "main.spending_total.amount"]
    assert [(f.code, f.address) for f in found] == [("total-wrong", "G12")]


def test_the_tables_may_be_moved_and_names_may_be_gone():
    def unname(book):
        for name in list(book.defined_names):
            del book.defined_names[name]

    def move(book):
        unname(book)
        page = book["总表"]
        for area in list(page.merged_cells.ranges):
            page.unmerge_cells(str(area))
        page.move_range("A3:G12", rows=30, cols=1, translate=True)

    for edit in (unname, move):
        one = read_package(edited(edit), "001.xlsx", FORM)
        assert isinstance(one, Return)
        assert {name: one.record.values.get(name) for name in SOUND} == SOUND


def test_a_label_of_the_right_table_that_was_changed_is_found():
    def change(book):
        book["总表"]["F8"] = "公用支出"

    (found,) = [f for f in verify(filing(edited(change))) if f.severity.value == "error"]
    assert (found.code, found.address) == ("label-changed", "F8")


def test_a_roll_up_of_roll_ups_is_that_of_all():
    returns = [
        filing(issued({k: v * n for k, v in SOUND.items()}, code), f"{code}.xlsx")
        for n, code in ((1, "001"), (2, "002"), (3, "003"))
    ]

    def rolled(*some, name="d"):
        return filing(write_rollup(merge(some, FORM, PERIOD, name).rollup), f"{name}.xlsx")

    flat = rolled(*returns)
    tree = rolled(rolled(*returns[:2], name="东片"), returns[2])
    assert flat.record.complete() == tree.record.complete()
    assert flat.record.complete()["main.spending_total.amount"] == 6 * D("93.5")
    assert not [f for f in verify(tree) if f.severity.value == "error"]


@pytest.mark.parametrize("how", ["html", "docx", "md"])
def test_a_published_report_is_read_back_by_both_readers(how):
    one = filing(sound())
    content = render(compose(report_of(one)), how)
    read = read_document(content, f"001_单位001_2026.{how}", FORM, given=ReportIdentity(PERIOD, "单位001"))
    assert isinstance(read, Return)
    assert read.record.values == one.record.values
    assert not [f for f in verify(read) if f.severity.value == "error"]
    printed = printed_values(content, FormFigures(TEXT))
    assert {name: printed[name] for name in SOUND} == SOUND


def test_a_figure_has_the_heads_of_its_own_table():
    table = official_table(FORM, FORM.sections[0], {name: D(n) for n, name in enumerate(NAMES)})
    box = next(box for box in table.boxes if box.role == "figure" and box.area.column == 6)
    assert [head.text for head in table.heads(box)] == ["本年支出", "人员经费", "决算数"]
    assert [part.widths for part in table.parts] == [(8, 20, 6, 10), (8, 20, 10)]


def test_the_second_reader_finds_the_blank_workbook_as_it_should_be():
    assert not list(faults(write_return(FORM, stamp(), {}), FormFigures(TEXT), {}, {}))


def test_figures_of_the_year_before_stand_with_their_labels():
    page = openpyxl.load_workbook(io.BytesIO(issued(SOUND, last=SOUND, show_last=True)))["总表"]
    texts = [cell.value for row in page.iter_rows(min_col=10) for cell in row if isinstance(cell.value, str)]
    assert any("人员经费" in text and "2025" in text for text in texts)
    content = issued(SOUND, last=SOUND, show_last=True)
    assert {f.code for f in verify(filing(content)) if f.severity.value == "error"} == set()


@pytest.mark.office
@pytest.mark.skipif(not is_installed(), reason="LibreOffice is not installed")
def test_another_program_computes_the_same():
    again = recalculated(sound())
    assert not [f for f in verify(filing(again)) if f.severity.value != "note"]
    shown, own = (openpyxl.load_workbook(io.BytesIO(one), data_only=True)["总表"] for one in (again, sound()))
    for row in own.iter_rows():
        for cell in row:
            assert shown[cell.coordinate].value == cell.value, cell.coordinate


FAULTS = [
    ("beside = true\n", "", "ragged"),
    ('corner = "项目"\n', 'beside = true\ncorner = "项目"\n', "beside-nothing"),
    ("beside = true\n", 'beside = true\narrange = "wide"\n', "beside-wide"),
    ("label_widths = [8, 20, 6, 8, 20]", "label_widths = [8, 20, 6]", "label-widths"),
    ("schema = 2", "schema = 1", "needs-schema"),
]


@pytest.mark.parametrize(("old", "new", "code"), FAULTS)
def test_what_cannot_stand_side_by_side_is_refused(old, new, code):
    problems = form_problems(TEXT.replace(old, new, 1))
    assert code in {problem.code for problem in problems}
