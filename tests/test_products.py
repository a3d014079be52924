"""A column of a list that is the product of two others: derived in each line and never typed; its sum over lines."""

from __future__ import annotations

import io
from decimal import Decimal
from fractions import Fraction

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import examples, form_problems
from xltools.checking.checks import verify
from xltools.collection.merging import merge
from xltools.data.filing import Return, Stamp
from xltools.data.list_lines import LineFigures, derived_lines, derived_value
from xltools.data.period import Period
from xltools.data.record import Agency, ListLine
from xltools.document.publishing import compose, report_of
from xltools.document.reader import ReportIdentity, read_document
from xltools.document.writer import render
from xltools.excel.reader import read_package
from xltools.excel.writer import write_return, write_rollup
from xltools.form.load import parse
from xltools.text import message
from xltools.witness.form import FormFigures
from xltools.witness.issued import faults

TEXT = """
schema = 2
key = "risks"
edition = "2026"
title = "风险清单"
authority = "自拟"
[[codes]]
key = "scores"
items = [{ code = "1", label = "低" }, { code = "3", label = "中" }, { code = "5", label = "高" }]
[[section]]
key = "risks"
title = "一、风险"
sheet = "风险"
[[section.block]]
rows = [{ key = "n", label = "数量" }]
columns = [{ key = "all", label = "风险", is = "count(register)" }]
[[section.list]]
key = "register"
print = 5
most = 20
unique = ["name"]
columns = [
  { key = "name", label = "风险名称", kind = "text", required = true },
  { key = "impact", label = "影响", required = true },
  { key = "likelihood", label = "可能性", required = true },
  { key = "score", label = "得分", is = "impact times likelihood" },
  { key = "hours", label = "工时", number = "decimal", decimals = 2 },
  { key = "cost", label = "成本", number = "decimal", decimals = 1, is = "hours times impact" },
  { key = "before", label = "原等级", kind = "choice", from = "scores" },
  { key = "after", label = "现等级", kind = "choice", from = "scores" },
  { key = "grade", label = "等级分", is = "before times after" },
  { key = "mixed", label = "加权分", is = "before times impact" },
]
"""
FORM = parse(TEXT, "risks.toml")
LINES = (
    ("甲", 4, 5, "", "1.25", "", "r3", "r5", "", ""),
    ("乙", 1, 0, "", "", "", "", "r5", "", ""),
    ("丙", 3, "", "", "0.05", "", "r1", "r1", "", ""),
)


def stamp(code="001"):
    return Stamp(FORM.key, FORM.edition, Period(2026), Agency("青禾区", code, f"单位{code}"))


def lines_of(rows):
    for number, row in enumerate(rows, 1):
        values = (v if isinstance(v, str) and not v[:1].isdigit() else Decimal(v) for v in row)
        yield ListLine(number, tuple(values))


def workbook(rows=LINES, code="001"):
    return write_return(FORM, stamp(code), {}, lists={"register": tuple(lines_of(rows))})


def read(content, name="001.xlsx") -> Return:
    one = read_package(content, name, FORM)
    assert isinstance(one, Return)
    return one


def derived(one):
    record = one.record
    lines = derived_lines(FORM, "register", record.lists["register"], record.complete())
    return [tuple(line.values[place] for place in (3, 5, 8, 9)) for line in lines]


def test_it_is_derived_where_both_factors_are_there():
    one = read(workbook())
    assert derived(one) == [
        (Decimal(20), Decimal(5), Decimal(15), Decimal(12)),
        (Decimal(0), "", "", ""),
        ("", Decimal("0.2"), Decimal(1), Decimal(3)),  # 0.15 is rounded
    ]
    assert all(line.values[place] == "" for line in one.record.lists["register"] for place in (3, 5, 8, 9))
    assert {(f.code, f.cell) for f in verify(one)} == {("required", "register.likelihood[丙]")}


def test_its_cells_are_locked_with_a_live_formula():
    book = openpyxl.load_workbook(io.BytesIO(workbook()))
    sheet = next(one for one in book if one["B3"].value == "风险名称")
    assert sheet["E4"].value == '=IF(COUNTA(B4:D4,F4,H4:I4)=0,"",IF(COUNT(C4,D4)<2,"",ROUND(C4*D4,0)))'
    assert sheet["J4"].value == (
        '=IF(COUNTA(B4:D4,F4,H4:I4)=0,"",IFERROR(ROUND(VALUE(LEFT(H4,FIND(" ",H4&" ")-1))'
        '*VALUE(LEFT(I4,FIND(" ",I4&" ")-1)),0),""))'
    )
    assert sheet["E4"].protection.locked
    shown = openpyxl.load_workbook(io.BytesIO(workbook()), data_only=True)[sheet.title]
    assert [shown[f"E{row}"].value for row in (4, 5, 6)] == [20, 0, None]
    assert not list(faults(write_return(FORM, stamp()), FormFigures(TEXT), {}, {}))


@pytest.mark.parametrize(
    ("formula", "is_told"),
    [
        ('=IF(COUNTA({row})=0,"",IF(COUNT(C4,D4)<2,"",ROUND(C4*D4,0)))', False),
        ('=IF(COUNTA({row})=0,"",IF(COUNT(C4,D4)<2,"",ROUND(C4*C4,0)))', True),
        ('=IF(COUNTA({row})=0,"",IF(COUNT(C4,D4)<2,"",ROUND(C4*D4,1)))', True),
        ("=C4*D4", True),
    ],
)
def test_the_second_reader_knows_its_formula(formula, is_told):
    book = openpyxl.load_workbook(io.BytesIO(write_return(FORM, stamp())))
    sheet = next(one for one in book if one["B3"].value == "风险名称")
    sheet["E4"].value = formula.format(row="B4:D4,F4,H4:I4")
    changed = io.BytesIO()
    book.save(changed)
    told = {(one.what, one.address) for one in faults(changed.getvalue(), FormFigures(TEXT), {}, {})}
    assert (("formula", "E4") in told) is is_told


@pytest.mark.parametrize(("shown", "code"), [(21, "ratio-wrong"), (20, "total-typed"), ("", "ratio-wrong")])
def test_what_was_typed_over_it_is_found(shown, code):
    book = openpyxl.load_workbook(io.BytesIO(workbook(LINES[:2])))
    sheet = next(one for one in book if one["B3"].value == "风险名称")
    sheet["E4"].value = shown or "无"
    changed = io.BytesIO()
    book.save(changed)
    found = [f for f in verify(read(changed.getvalue())) if f.cell == "register.score[甲]"]
    assert [f.code for f in found] == [code]
    if code == "ratio-wrong":
        assert "影响 4 × 可能性 5" in message(found[0], "zh")


@settings(max_examples=examples(40))
@given(st.lists(st.tuples(*[st.none() | st.decimals(0, 999, places=2)] * 2), min_size=1, max_size=4))
def test_it_is_exact(pairs):
    for hours, impact in pairs:
        own = ["" if value is None else value for value in (impact, hours)]
        line = ListLine(1, ("甲", own[0], "", "", own[1], *[""] * 5))
        exact = derived_value(FORM.columns["register.cost"], LineFigures(FORM, "register", [line], {}).of(0))
        assert exact == (None if None in (hours, impact) else Fraction(hours) * Fraction(impact))


def test_a_roll_up_has_it_in_each_line_and_adds_none():
    members = [read(workbook(LINES[:2], code), f"{code}.xlsx") for code in ("001", "002")]
    content = write_rollup(merge(members, FORM, Period(2026), "青禾区").rollup)
    whole = read(content, "区.xlsx")
    assert derived(whole) == derived(members[0]) * 2
    assert not {f.code for f in verify(whole)} - {"line-doubled"}
    assert whole.record.complete() == {"count(register)": Decimal(4), "risks.n.all": Decimal(4)}
    shown = openpyxl.load_workbook(io.BytesIO(content), data_only=True)
    assert [cell.value for row in shown["风险清单"]["H4:H7"] for cell in row] == [20, 0, 20, 0]


def test_a_report_prints_it_and_is_read_back():
    one = read(workbook(LINES[:2]))
    content = render(compose(report_of(one, None)), "html")
    given = ReportIdentity(Period(2026), "青禾区")
    report = read_document(content, "report.html", FORM, given=given)
    assert derived(report) == derived(one)
    assert "ratio-wrong" not in {f.code for f in verify(report)}
    wrong = content.replace(b">20<", b">21<")
    assert "ratio-wrong" in {f.code for f in verify(read_document(wrong, "report.html", FORM, given=given))}


def test_what_is_chosen_is_a_factor_by_its_code():
    """The second reader, too, knows that the formula takes the code from the text."""
    book = openpyxl.load_workbook(io.BytesIO(write_return(FORM, stamp())))
    sheet = next(one for one in book if one["B3"].value == "风险名称")
    sheet["K4"].value = sheet["K4"].value.replace("COUNT(C4)", "COUNT(D4)")
    changed = io.BytesIO()
    book.save(changed)
    told = {(one.what, one.address) for one in faults(changed.getvalue(), FormFigures(TEXT), {}, {})}
    assert ("formula", "K4") in told


def files():
    """A workbook with blanks; :mod:`test_office` has LibreOffice compute it."""
    return {"risks filled": workbook(), "risks blank": write_return(FORM, stamp())}


FAULTS = {
    "of an option without a number": (
        ('{ code = "3", label = "中" }', '{ code = "B", label = "中" }'),
        "product-choice",
    ),
    "of a text": (("impact times likelihood", "impact times name"), "not-compared"),
    "of an unknown column": (("impact times likelihood", "impact times likelihod"), "unknown-name"),
    "of a product": (("hours times impact", "hours times score"), "ratio-in-sum"),
    "in the sum of a line": (
        (
            'is = "hours times impact" }',
            'is = "hours times impact" },\n  { key = "twice", label = "倍", is = "2 * score", unit = "分" }',
        ),
        "ratio-in-sum",
    ),
    "of three": (("impact times likelihood", "impact times likelihood times impact"), "not-a-sum"),
    "whole, of decimals": (("impact times likelihood", "impact times hours"), "product-whole"),
    "with decimals, whole": (
        ('is = "impact times likelihood"', 'decimals = 1, is = "impact times likelihood"'),
        "decimals-whole",
    ),
    "a text": (('label = "得分"', 'label = "得分", kind = "text"'), "no-effect"),
    "required": (('label = "得分"', 'label = "得分", required = true'), "derived-no-effect"),
    "of lines that are added": (
        ('unique = ["name"]', 'unique = ["name"]\nmerge = "code"'),
        "product-by-code",
    ),
    "in a table": (('is = "count(register)"', 'is = "a times b"'), "not-a-sum"),
}


BY_CODE = """
[[section.list]]
key = "spent"
sheet = "支出"
merge = "code"
unique = ["kind"]
columns = [
  { key = "kind", label = "类别", kind = "choice", from = "scores" },
  { key = "basic", label = "基本" },
  { key = "project", label = "项目" },
  { key = "all", label = "合计", is = "basic + 2 * project", unit = "元" },
  { key = "some", label = "有基本的", is = "basic + project", when = "basic > 1" },
]
"""


def test_a_sum_over_lines_that_are_added_by_code():
    rule = '[[rule]]\nkey = "r"\nlabel = "不超"\nauthority = "inferred"\ncells = "sum(spent.{}) <= 9"\n'
    problems = form_problems(TEXT + BY_CODE + rule.format("some"))
    assert [one.code for one in problems] == ["ratio-in-sum"]
    form = parse(TEXT + BY_CODE + rule.format("all"), "risks.toml")

    def returned(code, *rows):
        lines = tuple(
            ListLine(n, (kind, *map(Decimal, row), "", "")) for n, (kind, *row) in enumerate(rows, 1)
        )
        content = write_return(form, stamp(code), {}, lists={"spent": lines})
        return read_package(content, f"{code}.xlsx", form)

    parts = [returned("001", ("r1", 1, 1), ("r3", 2, 0)), returned("002", ("r1", 3, 0))]
    assert [one.record.complete()["sum(spent.all)"] for one in parts] == [5, 3]
    whole = read_package(write_rollup(merge(parts, form, Period(2026), "青禾区").rollup), "d.xlsx", form)
    assert whole.record.complete()["sum(spent.all)"] == 8
    assert len(whole.record.lists["spent"]) == 2


@pytest.mark.parametrize("name", FAULTS)
def test_faults_of_a_form(name):
    change, code = FAULTS[name]
    problems = form_problems(TEXT.replace(*change))
    assert code in {one.code for one in problems}, problems
