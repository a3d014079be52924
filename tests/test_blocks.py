"""What a block prints beside its labels (codes, units, numbers of columns), and cells that are not there.

Laws over random forms (``random_forms``), whose reader of the TOML shares nothing with the package.
"""

from __future__ import annotations

import re
import tomllib
from decimal import Decimal
from itertools import product

import clerk
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import published
from conftest import HERE, by_day, examples, form_problems
from random_forms import expected, forms, quotients, small_values
from test_ratios import shows
from test_relations import filing, stamp
from xltools.checking.checks import rules, verify
from xltools.collection.merging import merge
from xltools.collection.second_reader import issued_findings
from xltools.data.period import Period
from xltools.data.record import total
from xltools.document.reader import read_document
from xltools.excel.reader import read_package
from xltools.excel.scan import scan
from xltools.excel.writer import write_return, write_rollup
from xltools.form.address import parsed_range
from xltools.form.layout import layout
from xltools.form.library import find
from xltools.form.load import parse
from xltools.office.guard import Limits

TEXT = (HERE / "forms" / "b201-2005.toml").read_text(encoding="utf-8")
FORM = find(str(HERE / "forms" / "b201-2005.toml"))


def asides(sheet):
    return [label.text for label in layout(FORM).sheets[sheet].labels if label.role == "aside"]


def sound(form=FORM, start=9):
    """A figure for each input, each less than the one before."""
    names = [cell.name for cell in form.inputs]
    return {name: Decimal(start + len(names) - n) for n, name in enumerate(names)}


def test_codes_units_and_numbers_are_printed():
    assert asides(0) == [
        "代码",
        "计量单位",
        "栏次",
        "1",
        "2",
        "3",
        "4",
        "01",
        "千元",
        "02",
        "千元",
        "03",
        "人",
        "",
        "%",
    ]
    assert asides(1) == ["代码", "计量单位", "0601001", "吨", "3011001", "吨", "99", "吨"]
    assert [cell.name for cell in FORM.cells.values()][:3] == [
        "output.r01.month",
        "output.r01.cum",
        "output.r01.r3",
    ]
    assert FORM.cells["made.coal.cum"].label == "原煤 · 累计"


def test_successive_numbers_are_numbers_of_rows():
    text = (
        TEXT.replace('code = "01"', 'code = "7"')
        .replace('code = "02"', 'code = "8"')
        .replace('code = "03"', 'code = "9"')
        .replace('["r03"', '["r9"')
    )
    form = parse(re.sub("r0([12])", lambda found: f"r{int(found[1]) + 6}", text), "f.toml")
    assert next(label.text for label in layout(form).sheets[0].labels if label.role == "aside") == "行次"


def test_a_workbook_is_read_whatever_was_typed_beside_labels():
    """Codes that lost their zeros, and units and numbers that were deleted, are no figures and no fault."""
    assert (
        issued_findings(FORM, write_return(FORM, stamp(FORM)), stamp(FORM), {}, "1.xlsx", recalculate=False)
        == []
    )
    content = write_return(FORM, stamp(FORM), sound())
    for changes in ({}, {"A6": 1, "A7": 2, "A8": None, "D6": None, "D7": "—", "E5": None, "F5": 7}):
        read = read_package(clerk.edited(content, "产销", changes), "1.xlsx", FORM)
        assert [f.code for f in verify(read)] == []
        assert read.record.values == sound()


@pytest.mark.parametrize(
    ("edits", "added"),
    [({"D6": "万元"}, {}), ({"D7": "人"}, {}), ({}, {"H2": "（单位：亿元）"}), ({}, {"H2": "金额单位:元"})],
)
def test_another_unit_beside_a_label_or_above_a_table_is_told(edits, added):
    content = clerk.edited(write_return(FORM, stamp(FORM), sound()), "产销", edits)
    read = read_package(clerk.with_cells_added(content, "产销", added), "1.xlsx", FORM)
    ((address, words),) = (edits | added).items()
    assert [(f.code, f.address, f.found) for f in read.findings] == [("label-changed", address, words)]
    assert not read.record.values.keys() & layout(FORM).sheets[0].cells.keys()


def test_who_fills_it_in_is_no_unit():
    content = write_return(FORM, stamp(FORM), sound())
    for words in ("填报单位：青禾区统计局", "单位：青禾区统计局", "单位：千元", "计量单位：千元、人"):
        assert not read_package(
            clerk.with_cells_added(content, "产销", {"H2": words}), "1.xlsx", FORM
        ).findings


def test_a_workbook_is_read_after_rows_and_columns_were_inserted():
    content = clerk.edited(write_return(FORM, stamp(FORM), sound()), "产销", {"E8": 5})
    for changed, address in (
        (clerk.with_row_inserted(content, "产销", 6), "E9"),
        (clerk.with_row_inserted(content, "产销", 5), "E9"),
        (clerk.with_column_inserted(content, "产销", "A"), "F8"),
        (clerk.with_column_inserted(content, "产销", "B"), "F8"),
        (clerk.with_column_inserted(content, "产销", "E"), "F8"),
    ):
        read = read_package(changed, "1.xlsx", FORM)
        found = [(f.code, f.address) for f in read.findings]
        assert ("figure-in-void", address) in found
        assert not {"figure-unread", "places-differ"} & {code for code, _ in found}
        assert read.record.values == sound()


def test_a_roll_up_is_read_back():
    filings = [
        read_package(write_return(FORM, stamp(FORM, c), sound()), f"{c}.xlsx", FORM) for c in ("001", "002")
    ]
    one = merge(filings, FORM, Period(2026), "青禾区").rollup
    read = read_package(write_rollup(one), "区.xlsx", FORM)
    assert [f.code for f in verify(read)] == []
    assert read.record.values == {name: 2 * value for name, value in sound().items()}


@pytest.mark.parametrize(
    "name",
    [
        "page.html",
        "cms.html",
        "word.htm",
        "report.md",
        "padded.txt",
        "spaced.txt",
        "piped.txt",
        "report.docx",
    ],
)
def test_a_document_is_read_back(name):
    read = read_document(published.WRITERS[name](published.report(FORM, sound())), name, FORM, Limits())
    assert [f.code for f in verify(read)] == []
    assert read.record.values == sound()


@pytest.mark.parametrize("name", ["lines.txt", "stacked.txt"])
def test_in_lines_of_text_no_code_is_taken_for_a_figure(name):
    read = read_document(published.WRITERS[name](published.report(FORM, sound())), name, FORM, Limits())
    values = getattr(read, "record", None) and read.record.values
    assert not values or all(sound()[cell] == value for cell, value in values.items())
    assert values != sound()
    codes = {finding.code for finding in read.findings}
    assert codes & {"copied-text", "missing-sheet", "table-unread"}, (
        codes
    )  # and not that there is no report at all
    assert "csv-file" not in codes


BLOCK = 'stub = ["code", "label", "unit"]'
GOODS = 'columns = [{ key = "month", label = "本月" }, { key = "cum", label = "累计" }]\n'
ALL_VOID = f"void = {[[row, column] for row in ('coal', 'r3011001', 'r99') for column in ('month', 'cum')]}\n"
COLUMN_VOID = "void = [['coal', 'month'], ['r3011001', 'month']]\n"
ONE_VOID = "void = [['r99', 'month']]\n"
FAULTS = {
    "a stub without labels": ((BLOCK, 'stub = ["code", "unit"]'), "stub-without-label", "block 1 › stub"),
    "a column twice": ((BLOCK, 'stub = ["code", "label", "code"]'), "repeated-in-stub", "block 1 › stub"),
    "an unknown column": ((BLOCK, 'stub = ["code", "label", "price"]'), "wrong-value", "stub"),
    "codes that are not printed": ((BLOCK, 'stub = ["label", "unit"]'), "code-unprinted", "“r01”"),
    "no codes": (
        ('stub = ["label", "code", "unit"]\nrows_from = "goods"\n', 'stub = ["label", "code", "unit"]\n'),
        "stub-without-code",
        "block 1 › stub",
    ),
    "a code that makes no key": (('code = "03"', 'code = "03.1"'), "code-as-key", "“从业人员平均人数”"),
    "a code twice": (('code = "03"', 'code = "02"'), "repeated-key", "rows"),
    "a code over lines": (('label = "本年",', 'label = "本年", code = "9",'), "group-with-cells", "“本年”"),
    "a blank code": (('code = "03"', 'code = " "'), "bad-label", "“从业人员平均人数”"),
    "codes in a wide block": (('corner = "产品"', 'arrange = "wide"'), "code-wide", "block 1 › “r99”"),
    "a stub of a wide block": (('corner = "产品"', 'arrange = "wide"'), "stub-wide", "block 1 › stub"),
    "too few widths": (
        ("label_widths = [8, 16, 16, 8]", "label_widths = [8, 16, 16]"),
        "label-widths",
        "section “output”",
    ),
    "a void cell of one name": (('["r03", "month"]', '["r03"]'), "void-pair", "block 1 › void"),
    "a void cell of an unknown row": (
        ('["r03", "month"]', '["r3", "month"]'),
        "unknown-name",
        "block 1 › void",
    ),
    "a void cell of an unknown column": (
        ('["r03", "month"]', '["r03", "r03"]'),
        "unknown-name",
        "block 1 › void",
    ),
    "a void cell twice": (('["r03", "month"]', '["r02", "r3"]'), "void-twice", "block 1 › void"),
    "a block of void cells": ((GOODS, GOODS + ALL_VOID), "void-all", "block 1 › void"),
    "a total of void cells": ((GOODS, GOODS + COLUMN_VOID), "void-total", "“made.r99.month”"),
    "a ratio over a void cell": ((', ["share", "r3"]', ""), "void-total", "“output.share.r3”"),
    "ratios that meet": (('["share", "growth"], ', ""), "ratios-meet", "block 1"),
    "a total of other parts than its other one": (
        (
            GOODS,
            GOODS.replace("columns = [", 'columns = [{ key = "both", label = "合", is = "month + cum" }, ')
            + ONE_VOID,
        ),
        "void-uneven",
        "“made.r99.both”",
    ),
    "a headline that is void": (
        ('cell = "output.r01.cum"', 'cell = "output.r03.month"'),
        "unknown-name",
        "headline",
    ),
    "the first schema": (("schema = 2", "schema = 1"), "needs-schema", "block 1"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_faults_of_a_form(name):
    replacement, code, place = FAULTS[name]
    text = TEXT.replace('code = "99"', 'key = "every"') if name == "no codes" else TEXT
    assert replacement[0] in text
    problems = form_problems(text.replace(*replacement, 1))
    found = [(p.code, p.place) for p in problems]
    assert any(c == code and place in where for c, where in found), found


# -- cells that are not there


with_holes = st.booleans().flatmap(lambda divided: forms(holed=True, divided=divided))
with_values = with_holes.flatmap(lambda form: st.tuples(st.just(form), small_values(form)))
with_several = with_holes.flatmap(
    lambda form: st.tuples(st.just(form), st.lists(small_values(form), min_size=1, max_size=3))
)


@settings(max_examples=examples(60))
@given(with_values)
def test_what_is_not_there_is_in_no_sum_and_no_rule(pair):
    form, values = pair
    assert not form.void.keys() & form.cells.keys()
    found = {(f.code, f.cell) for f in rules(filing(form, values))}
    assert found == (expected(form, values) if values else set())
    complete = form.complete(values)
    for name, exact in quotients(form, [values]).items():
        if form.cells[name].is_total:
            assert shows(form.cells[name], complete.get(name), exact), name


def referred(content):
    """The sheet, the row and the column of every cell that a formula of a workbook names, by itself or in a range."""
    reference = re.compile(
        r"(?:'((?:[^']|'')+)'!|([A-Za-z0-9_\u4e00-\u9fff]+)!)?\$?([A-Z]{1,3}\$?[0-9]+)(?::\$?([A-Z]{1,3}\$?[0-9]+))?(?![0-9(])"
    )
    found = set()
    for sheet in scan(content).sheets:
        formulas = {
            re.sub(r'"(?:[^"]|"")*"', '""', fact.formula) for fact in sheet.cells.values() if fact.formula
        }
        for home, other, first, last in (names for one in formulas for names in reference.findall(one)):
            top, left, bottom, right = parsed_range(f"{first}:{last or first}".replace("$", ""))
            area = product(range(top, bottom + 1), range(left, right + 1))
            found |= {(home or other or sheet.name, *place) for place in area}
    return found


@settings(max_examples=examples(20))
@given(with_values)
def test_no_formula_names_a_cell_that_is_not_there(pair):
    """It holds a dash, which is no number: a sum, a rule, a condition, a ratio or a check over it would be #VALUE!."""
    form, values = pair
    places = [layout(form).places[name] for name in form.void]
    gone = {(sheet, *area.anchor) for sheet, area in places}
    content = write_return(form, stamp(form), values)
    named = referred(content)
    assert not named & gone
    assert named & {
        (sheet, *area.anchor) for name, (sheet, area) in layout(form).places.items() if name in form.cells
    }
    read = read_package(content, "1.xlsx", form)
    if rollup := merge([read], form, read.stamp.period, "区", incomplete=True).rollup:
        assert not referred(write_rollup(rollup)) & gone


@settings(max_examples=examples(10))
@given(with_values)
def test_a_workbook_with_void_cells_is_read_back(pair):
    form, values = pair
    content = write_return(form, stamp(form))
    assert issued_findings(form, content, stamp(form), {}, "1.xlsx", recalculate=False) == []
    read = read_package(write_return(form, stamp(form), values), "1.xlsx", form)
    assert read.record.values == values
    assert not {"figure-in-void", "total-wrong", "ratio-wrong", "figure-unread"} & {
        f.code for f in verify(read)
    }
    (name, cell), *_ = form.void.items()
    sheet, address = layout(form).address(name)
    typed = read_package(clerk.edited(content, sheet, {address: 3}), "1.xlsx", form)
    assert [(f.code, f.address) for f in typed.findings if f.cell == name] == [("figure-in-void", address)]
    assert cell.label in {f.facts.get("label") for f in typed.findings}


@settings(max_examples=examples(30))
@given(with_several)
def test_tree_is_flat_with_void_cells(pair):
    form, several = pair
    records = [filing(form, values, f"{n:03}").record for n, values in enumerate(several)]
    flat = total(form, records[0].period, records)
    assert flat.values == (records[0] + total(form, records[0].period, records[1:])).values
    assert not form.void.keys() & flat.complete().keys()
    for name, exact in quotients(form, several).items():
        if form.cells[name].is_summed and len(several) > 1:
            assert shows(form.cells[name], flat.complete().get(name), exact), name


# -- a form of a ministry, with cases


STAFF = find(str(HERE / "forms" / "jgry-2012.toml"))
FILE = tomllib.loads((HERE / "data" / "jgry-2012.cases.toml").read_text(encoding="utf-8"))


def played(case, code="001"):
    """The workbook of a case, issued, filled in cell by cell and read."""
    cells = (
        dict.fromkeys((cell.name for cell in STAFF.inputs), 0) | FILE["sound"]["cells"] | case.get("set", {})
    )
    figures = {name: Decimal(value) for name, value in cells.items() if value != ""}
    typed = {name: value for name, value in figures.items() if name in STAFF.input_names}
    changes = {layout(STAFF).address(name)[1]: value for name, value in figures.items() if name not in typed}
    content = clerk.edited(write_return(STAFF, stamp(STAFF, code), typed), STAFF.sections[0].sheet, changes)
    return read_package(content, f"{code}.xlsx", STAFF)


@pytest.mark.parametrize(
    "case", by_day([FILE["sound"], *FILE["case"]], 5), ids=lambda case: case.get("name", "sound")
)
def test_a_case_of_the_staff_budget(case):
    if "returns" in case:
        members = [played(one, f"{n:03}") for n, one in enumerate(case["returns"])]
        rollup = merge(members, STAFF, Period(2026), "青禾区").rollup
        read = read_package(write_rollup(rollup), "区.xlsx", STAFF)
    else:
        read = played(case)
    # Nothing computed the workbook after a total in it was typed over.
    found = {(f.code, f.severity.value, f.cell) for f in verify(read) if f.code != "total-stale"}
    assert found == {(f["code"], f["severity"], f["cell"]) for f in case.get("expect", ())}
    complete = read.record.complete()
    for name, exact in case.get("exact", {}).items():
        assert complete.get(name) == (None if exact == "" else Decimal(exact)), name
