"""Fields through workbooks, checks, roll-ups and documents: laws over random forms, and a form with fields of every kind.

What must be filled in is decided by a reader of the TOML that shares nothing with the package.
"""

from __future__ import annotations

import io
import re
import tomllib
from dataclasses import replace
from decimal import Decimal
from functools import cache

import clerk as workbook
import openpyxl
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import office
from conftest import HERE, by_day, examples
from random_forms import filled, forms, small_values
from test_office import forgotten, results, same
from xltools.checking.checks import fields as field_findings
from xltools.checking.checks import rules, verify
from xltools.checking.collection import examine
from xltools.checking.differences import differences
from xltools.collection.importing import ImportOptions, import_reports
from xltools.collection.merging import merge
from xltools.collection.reading import on_roster
from xltools.collection.second_reader import issued_findings
from xltools.data.filing import Return, Source, Stamp
from xltools.data.notes import filling_notes
from xltools.data.period import Period
from xltools.data.prior import past_of
from xltools.data.receipt import Receipt, RollupFile
from xltools.data.record import Agency, Record
from xltools.data.roster import Entry, Roster
from xltools.document import receipt as receipts
from xltools.document.publishing import compose, report_of
from xltools.document.reader import ReportIdentity, read_document
from xltools.document.reader.receipt import read_receipt
from xltools.document.writer import render
from xltools.errors import InputError
from xltools.excel.live_checks import FAILED, check_formula, field_result
from xltools.excel.reader import read_package
from xltools.excel.writer import write_return, write_rollup
from xltools.form.layout import layout
from xltools.form.library import find
from xltools.form.load import parse
from xltools.office.guard import Budget, Limits
from xltools.text import clerk, message
from xltools.witness.form import FormFigures
from xltools.witness.value import Unknown
from xltools.witness.workbook import LabelledWorkbook

FORM = find(str(HERE / "forms" / "wzbb-2018.toml"))
some = settings(
    max_examples=examples(25), suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow]
)
few = settings(some, max_examples=examples(6))
with_fields = forms(with_fields=True, divided=True).flatmap(
    lambda form: st.tuples(st.just(form), small_values(form), filled(form))
)


def stamp(form, code="001"):
    return Stamp(form.key, form.edition, Period(2026), Agency("青禾区", code, f"单位{code}"))


def filing(form, values, texts, code="001"):
    """A return as if it had been read."""
    one = stamp(form, code)
    record = Record(form, one.period, frozenset((one.agency,)), values | form.counts(texts))
    return Return(Source(f"{code}.xlsx", code), (), form, one, record, prose=texts)


def faults(form, values, texts):
    """What fields lack, by the TOML."""
    document = tomllib.loads(form.text)
    groups = [{**document.get("cover", {}), "key": "cover"}, *document["section"]]
    figures = form.complete(values)
    found = set()
    for group in groups:
        for one in group.get("fields", ()):
            name = f"{group['key']}.{one['key']}"
            left, _, right = one.get("when", "").partition(" = " if " = " in one.get("when", "") else " > ")
            asked = not left or (
                figures.get(left, 0) > int(right)
                if right.isdecimal()
                else right in texts.get(left, "").split(",")
            )
            is_filled = name in texts or name in values
            if not asked and is_filled:
                found.add(("not-asked", name))
            if asked and one.get("required") and not is_filled:
                found.add(("required", name))
    return found


def told(one):
    return {(finding.code, finding.cell) for finding in field_findings(one)}


@some
@given(with_fields)
def test_every_fault_of_a_field_is_found_and_no_other(case):
    form, values, texts = case
    one = filing(form, values, texts)
    assume(not one.is_untouched)
    assert told(one) == faults(form, values, texts)


@some
@given(with_fields)
def test_the_checks_beside_fields_say_the_same(case):
    form, values, texts = case
    complete = form.complete(values | form.counts(texts))
    shown = {n for n in form.fields if field_result(form, n, complete, texts).startswith(FAILED)}
    assert shown == {name for _, name in faults(form, values, texts)}


def sound(form, values, texts):
    """The texts with what is missing filled in and what is not asked taken out; ``None`` if that never ends."""
    plain = {
        "text": "甲",
        "prose": "乙",
        "url": "https://a.cn",
        "yes": "no",
        "choice": "c",
        "choices": "c",
        "date": "2026-03-01",
    }
    for _ in range(12):
        found = faults(form, values, texts)
        if not found:
            return values, texts
        for code, name in found:
            if form.fields[name].kind == "number":
                values = {n: v for n, v in values.items() if n != name} | (
                    {name: Decimal(1)} if code == "required" else {}
                )
            else:
                texts = {n: t for n, t in texts.items() if n != name}
                texts |= {name: plain[form.fields[name].kind]} if code == "required" else {}
    return None


OF_FIELDS = {"required", "not-asked", "not-a-date", "not-a-choice", "not-the-pattern", "too-long"}


@few
@given(with_fields, st.data())
def test_a_sound_return_has_no_finding_and_one_fault_has_one(case, data):
    """Written, read back, and one cell spoiled. The second reader finds nothing in the workbook as it is issued."""
    form, values, texts = case
    made = sound(form, values, texts)
    assume(made is not None)
    values, texts = made
    assert (
        issued_findings(form, write_return(form, stamp(form)), stamp(form), {}, "x.xlsx", recalculate=False)
        == []
    )
    content = write_return(form, stamp(form), values, texts)
    read = read_package(content, "001.xlsx", form)
    assert {name: text for name, text in read.prose.items() if name in form.fields} == texts
    assert read.record.values == values | form.counts(texts)
    codes = [(f.code, f.cell) for f in verify(read) if f.code in OF_FIELDS]
    assert codes == []
    spoilt = [n for n in texts if form.fields[n].kind in {"date", "choice", "yes", "url"}]
    if spoilt:
        name = data.draw(st.sampled_from(spoilt))
        again = read_package(
            workbook.edited(content, layout(form).address(name)[0], {layout(form).address(name)[1]: "3/1"}),
            "1.xlsx",
            form,
        )
        found = {(f.code, f.cell) for f in verify(again) if f.code in OF_FIELDS}
        code = {"date": "not-a-date", "url": "not-the-pattern"}.get(form.fields[name].kind, "not-a-choice")
        assert found == {(code, name)}


@pytest.mark.prove
@few
@given(
    forms(with_fields=True, divided=True).flatmap(
        lambda form: st.tuples(st.just(form), st.lists(filled(form), min_size=3, max_size=4))
    )
)
def test_a_tree_of_roll_ups_is_one_roll_up(case):
    form, several = case
    zeros = {cell.name: Decimal(0) for cell in form.inputs if not cell.field}
    filings = [filing(form, zeros, texts, f"{index:03}") for index, texts in enumerate(several)]

    def rolled(parts, district="青禾区"):
        rollup = merge(parts, form, Period(2026), district, incomplete=True).rollup
        assume(rollup is not None and len(rollup.members) == len(parts))
        return rollup

    flat = rolled(filings)
    inside = read_package(write_rollup(rolled(filings[:2], "乙区")), "乙区.xlsx", form)
    tree = rolled([inside, *filings[2:]])
    assert {name: tree.values.get(name, 0) for name in form.counted} == {
        name: sum(one.record.values.get(name, 0) for one in filings) for name in form.counted
    }
    assert tree.values == flat.values
    assert tree.spans == flat.spans
    back = read_package(write_rollup(tree), "市.xlsx", form)
    assert back.record.values == tree.record.values
    assert not {f.code for f in back.findings}
    assert not {f.code for f in rules(back)}
    report = read_document(render(compose(report_of(back)), "html"), "市.html", form, given=ABOUT)
    printed = [name for name in form.counted if not name.startswith("cover.")]
    if any(name in report.record.values for name in printed):
        assert report.is_rollup
        assert not {f.code for f in verify(report)}
    assert [report.record.values.get(name, 0) for name in printed] == [
        back.record.values.get(name, 0) for name in printed
    ]


# -- one form


SOUND = {
    "cover.site": "青禾区人民政府网站",
    "cover.url": "https://www.example.gov.cn/",
    "cover.kind": "portal",
    "cover.code": "0000012345",
    "cover.signed": "2019-01-20",
    "service.catalogue": "no",
    "security.drill": "yes",
    "security.drilled": "2018-09-06",
    "innovation.marks": "r01,r02",
}
ABOUT = ReportIdentity(Period(2026), "青禾区")
ZEROS = {cell.name: Decimal(0) for cell in FORM.inputs if not cell.field} | {
    "visits.hits.n": Decimal(9),
    "cover.staff": Decimal(3),
}


@cache
def content(code="001", **changed):
    texts = SOUND | {name.replace("__", "."): text for name, text in changed.items()}
    return write_return(FORM, stamp(FORM, code), ZEROS, {name: text for name, text in texts.items() if text})


def read(data, name="001.xlsx"):
    return read_package(data, name, FORM)


def typed(where, what, data=None):
    sheet, address = layout(FORM).address(where)
    return read(workbook.edited(data or content(), sheet, {address: what}))


def test_a_sound_return():
    assert [finding.code for finding in verify(read(content()))] == []
    assert read(content()).record.complete()["visits.portals.n"] == 1


@pytest.mark.parametrize(
    "text",
    ["2019年1月20日", "2019.1.20", "2019\u201101\u201120", "2019/01/20", "二〇一九年一月二十日", "20190120"],
)
def test_dates_typed_as_text(text):
    assert typed("cover.signed", text).prose["cover.signed"] == "2019-01-20"


def test_a_number_is_a_date_only_where_the_cell_shows_one():
    sheet, address = layout(FORM).address("cover.signed")
    for epoch, number in ((False, 43485), (True, 43485 - 1462)):
        book = openpyxl.load_workbook(io.BytesIO(content()))
        book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904 if epoch else book.epoch
        book[sheet][address] = number
        for how, found in (
            ("yyyy-mm-dd", "2019-01-20"),
            ('yyyy"年"m"月"d"日"', "2019-01-20"),
            ("General", None),
        ):
            book[sheet][address].number_format = how
            out = io.BytesIO()
            book.save(out)
            filing = read(out.getvalue())
            assert filing.prose.get("cover.signed") == found, (epoch, how)
            codes = {f.code for f in filing.findings if f.cell == "cover.signed"}
            assert codes == (set() if found else {"not-a-date"})


@pytest.mark.parametrize(
    "text", ["部门网站", "department", " 部门 网站", "□政府门户网站 ☑部门网站 □专项网站"]
)
def test_choices_typed_as_text(text):
    assert typed("cover.kind", text).record.values["cover.kind[department]"] == 1


@pytest.mark.parametrize("text", ["√", "是", "✔", True, "Y"])
def test_marks(text):
    assert typed("innovation.marks[else]", text).prose["innovation.marks"] == "r01,r02,else"


def test_what_could_not_be_read_is_in_no_sum_and_no_rule():
    filing = typed("cover.kind", "县级网站")
    assert {"cover.kind[portal]", "cover.kind[special]"} <= filing.unread
    assert {(f.code, f.cell) for f in verify(filing)} == {("not-a-choice", "cover.kind")}


def test_formulas_and_errors_in_fields():
    today = workbook.Formula("TODAY()", Decimal(43485))
    assert [f.code for f in typed("cover.signed", today).findings] == ["volatile-formula"]
    other = typed("cover.site", workbook.Formula("[1]Sheet1!A1", Decimal(1)))
    assert ("external-formula", "cover.site") in {(f.code, f.cell) for f in verify(other)}
    assert [f.code for f in verify(typed("cover.kind", workbook.Error("#N/A")))] == ["error-value"]
    long = typed("cover.code", Decimal(421023199001011234))  # of which a number keeps 15 digits
    assert [f.code for f in verify(long)] == ["number-too-large"]


def looked(change):
    """The findings of a sound return to which *change* was done with a program."""
    book = openpyxl.load_workbook(io.BytesIO(content()))
    change(book)
    out = io.BytesIO()
    book.save(out)
    filing = read(out.getvalue())
    return filing, {(f.code, f.cell or f.sheet) for f in filing.findings} - {("structure-unlocked", "")}


def field_cell(book, name):
    sheet, address = layout(FORM).address(name)
    return book[sheet][address]


def white(book):
    for name in ("cover.site", "cover.signed", "service.catalogue", "innovation.marks[r01]"):
        field_cell(book, name).font = openpyxl.styles.Font(color="FFFFFBE6")


def out_of_sight(book):
    book["封面"].row_dimensions[field_cell(book, "cover.kind").row].hidden = True
    book["安全防护"].column_dimensions["B"].hidden = True
    book["创新发展"].sheet_state = "hidden"
    cell = field_cell(book, "publish.share")
    cell.parent.merged_cells.add(f"A{cell.row}:H{cell.row}")  # it keeps what it covers


def conditional(book):
    rule = openpyxl.formatting.rule.Rule(
        "expression",
        formula=["TRUE"],
        dxf=openpyxl.styles.differential.DifferentialStyle(
            numFmt=openpyxl.styles.numbers.NumberFormat(200, '"否";"否";"否";"否"')
        ),
    )
    for name in ("cover.kind", "cover.signed", "cover.staff"):
        cell = field_cell(book, name)
        cell.parent.conditional_formatting.add(cell.coordinate, rule)


@pytest.mark.parametrize(
    ("change", "sheets"),
    [
        (white, {"封面", "办事服务", "创新发展"}),
        (out_of_sight, {"封面", "安全防护", "创新发展", "信息发布"}),
        (conditional, {"封面"}),
    ],
)
def test_fields_that_nobody_sees_are_told_as_figures_are(change, sheets):
    filing, found = looked(change)
    assert found == {("hidden-cells", sheet) for sheet in sheets}
    assert {name: text for name, text in filing.prose.items() if name in FORM.fields} == SOUND
    if change is conditional:
        assert [f.facts["what"].key for f in filing.findings] == ["hidden-condition"]
        assert filing.findings[0].found == "B13、B15:B16"


@pytest.mark.parametrize(
    ("name", "value", "how", "code"),
    by_day(
        [
            ("cover.site", "某网站", ";;;", "shown-differs"),
            ("cover.site", "某网站", '@"（旧）"', "shown-differs"),
            ("cover.site", 12, ";;;", "shown-differs"),
            ("cover.site", 12, '"第"0"号"', ""),
            ("cover.code", 123456789012345, "General", "not-the-pattern"),
            ("cover.kind", "部门网站", '0;0;0;"政府门户网站"', "shown-differs"),
            ("cover.kind", "department", '0;0;0;"部门网站"', ""),
            ("innovation.marks[else]", "√", ";;;", "shown-differs"),
            ("cover.signed", 43485, 'm"月"d"日"', "shown-rounded"),
            ("cover.signed", 43485, "mmm-yy", "shown-rounded"),
            ("cover.signed", 43485, "m/d/yyyy", ""),
            ("cover.signed", 43485, "h:mm", "shown-differs"),
            ("cover.signed", 43485, ";;;", "shown-differs"),
            ("cover.staff", 3, "0%", "shown-differs"),
            ("cover.staff", 3, '"已报"', "shown-differs"),
        ],
        8,
    ),
)
def test_a_field_whose_format_shows_something_else(name, value, how, code):
    def change(book):
        field_cell(book, name).value = value
        field_cell(book, name).number_format = how

    filing, found = looked(change)
    own = FORM.counted.get(name, (name,))[0]
    assert found == ({(code, own)} if code else set())
    if code == "shown-differs":
        assert own not in filing.prose
        assert own not in filing.record.values
    elif code != "not-the-pattern" and own != "cover.site":
        assert own in filing.prose


def place_of(name):
    return layout(FORM).address(name)


LABEL_CHANGES = [
    ("cover.staff", {"A15": "兼职人员"}, ("label-changed", "A15")),
    ("cover.staff", {"A15": "专职人员（百人）"}, ("label-changed", "A15")),
    ("cover.kind", {"A13": None}, ("label-missing", "A13")),
    ("security.drilled", {"A4": "计划演练日期"}, ("label-changed", "A4")),
    ("innovation.marks", {"A4": "创新发展（可多选）：03 其他"}, ("label-changed", "A4")),
]


@pytest.mark.parametrize("data", [content(), workbook.without_names(content())], ids=["named", "nameless"])
@pytest.mark.parametrize(("name", "edits", "expected"), LABEL_CHANGES)
def test_a_field_beside_another_label_is_not_read(name, edits, expected, data):
    sheet, _ = place_of(name)
    filing = read(workbook.edited(data, sheet, edits))
    assert [(f.code, f.address, f.cell) for f in filing.findings] == [(*expected, name)]
    assert name not in filing.prose
    assert name not in filing.record.values
    assert {f.cell for f in verify(filing)} == {name}


def test_labels_that_were_moved_or_exchanged_take_their_fields_along():
    moved = workbook.with_row_inserted(workbook.with_row_inserted(content(), "封面", 12), "安全防护", 3)
    assert read(workbook.without_names(moved)).prose == read(content()).prose
    marks = {"A3": "创新发展（可多选）：其他", "A5": "创新发展（可多选）：01 搜索即服务"}
    exchanged = workbook.edited(workbook.without_names(content()), "创新发展", marks)
    assert read(exchanged).prose["innovation.marks"] == "r02,else"


def test_a_field_that_is_there_twice_is_read_only_if_both_say_the_same():
    for value, codes in ((5, ["table-twice"]), (3, []), (None, [])):
        again = workbook.with_row_inserted(content(), "封面", 16, {"A": "专职人员", "B": value})
        filing = read(again)
        found = [f.code for f in filing.findings if f.code != "figure-unread"]
        assert found == codes
        assert (filing.record.values.get("cover.staff") == 3) == (not codes)


COPIES = [
    ("封面", {}, {}, "table-copied"),
    ("封面", {"B15": None}, {}, "table-twice"),
    ("封面", {}, {"B13": "部门网站"}, "table-twice"),
    ("安全防护", {}, {"B3": "否", "B4": None}, "table-twice"),
    ("安全防护", {}, {"B3": None, "B4": None}, ""),
    ("创新发展", {"B3": None, "B4": None}, {}, "table-twice"),
    ("办事服务", {}, {"A4": "是"}, "table-twice"),
]


@pytest.mark.parametrize(("sheet", "own", "copied", "code"), COPIES)
def test_a_copy_of_fields_says_the_same_or_is_an_error(sheet, own, copied, code):
    both = workbook.with_sheet_copied(content(), sheet, f"{sheet} (2)")
    filing = read(workbook.edited(workbook.edited(both, sheet, own), f"{sheet} (2)", copied))
    found = [f for f in filing.findings if f.code != "table-copied" or code == "table-copied"]
    assert [f.code for f in found] == ([code] if code else [])
    if code == "table-twice":
        assert found[0].cell not in filing.prose.keys() | filing.record.values.keys()


@pytest.mark.parametrize(
    ("sheet", "row", "contents"),
    [
        ("封面", 16, {"A": "其中：女", "B": 5}),
        ("封面", 17, {"A": "兼职", "C": "五个"}),
        ("安全防护", 4, {"B": "2次"}),
    ],
)
def test_a_figure_in_a_row_between_fields_is_told(sheet, row, contents):
    filing = read(workbook.with_row_inserted(content(), sheet, row, contents))
    (found,) = [f for f in filing.findings if f.code == "figure-unread"]
    assert (found.sheet, found.address) == (sheet, f"{list(contents)[-1]}{row}")
    assert filing.prose == read(content()).prose


def test_a_figure_beside_the_cell_of_a_field_is_told():
    blank = workbook.edited(content(), "封面", {"B15": None})
    filing = read(workbook.with_cells_added(blank, "封面", {"F15": 5, "F13": "见附件"}))
    assert [(f.code, f.address) for f in filing.findings] == [("figure-unread", "F15")]


def test_a_cover_that_was_renamed_is_read_and_one_that_is_gone_is_missed():
    renamed = read(workbook.with_sheet_renamed(content(), "封面", "首页"))
    assert [f.code for f in renamed.findings] == ["sheet-renamed"]
    assert (renamed.prose, renamed.record) == (read(content()).prose, read(content()).record)
    gone = read(workbook.without_sheet(content(), "封面"))
    assert [(f.code, f.sheet) for f in gone.findings] == [("missing-sheet", "封面")]
    assert "cover.staff" in gone.unread


@pytest.mark.parametrize("name", ["cover.kind", "security.drill", "innovation.marks[r01]"])
def test_an_option_that_is_struck_out_is_not_chosen(name):
    sheet, address = place_of(name)
    old = rf'<c r="{address}"( s="\d+") t="s">.*?</c>'
    new = rf'<c r="{address}"\1 t="inlineStr"><is><r><rPr><strike/></rPr><t>{{}}</t></r></is></c>'
    words = {"cover.kind": "部门网站", "security.drill": "否", "innovation.marks[r01]": "√"}
    filing = read(workbook.with_part_changed(content(), sheet, (old, new.format(words[name]))))
    assert [(f.code, f.address) for f in filing.findings] == [("not-a-choice", address)]


@pytest.mark.parametrize("typed", [50, "50%", workbook.Formula("25*2", Decimal(50))])
def test_what_is_not_asked_is_told_however_it_was_typed(typed):
    filing = read(workbook.edited(content(), "信息发布", {"B3": typed}))
    assert ("not-asked", "publish.share") in {(f.code, f.cell) for f in verify(filing)}


@pytest.mark.parametrize("marks", ["r01", "else", "r02,else", "r01,r02,else"])
def test_the_second_reader_reads_each_of_several_choices_from_its_own_cell(marks):
    figures = FormFigures(FORM.text).fields.values()
    data = content(innovation__marks=marks, innovation__text="其他" if "else" in marks else "")
    for one in (data, workbook.without_names(data)):
        book = LabelledWorkbook(io.BytesIO(one), results=True)
        found = {figure.name: book.field_value(figure) for figure in figures if "[" in figure.name}
        wrong = {name: value for name, value in found.items() if value != read(one).record.values[name]}
        assert all(isinstance(value, Unknown) for value in wrong.values())
        assert not any(name.startswith("innovation") for name in wrong)


def test_a_truth_value_in_a_text_is_what_it_shows():
    cell = (r'<c r="B11"( s="\d+") t="s">.*?</c>', r'<c r="B11"\1 t="b"><v>1</v></c>')
    assert read(workbook.with_part_changed(content(), "封面", cell)).prose["cover.site"] == "TRUE"


def test_a_condition_over_a_field_is_asked():
    zero = read(write_return(FORM, stamp(FORM), ZEROS | {"visits.hits.n": Decimal(0)}, SOUND))
    assert [(f.code, f.cell) for f in rules(zero)] == [("rule-broken", "visits.hits.n")]
    assert "网站类型选“政府门户网站”的个数" in str(next(rules(zero)).facts["right"])
    asked = read(content(service__catalogue="yes"))
    (finding,) = rules(asked)
    assert (finding.code, finding.cell) == ("rule-question", "service.n.items")
    assert "（是否发布服务事项目录选“是”时）" in message(finding, "zh")
    assert "(where “是” is chosen under “是否发布服务事项目录”)" in message(finding, "en")
    (finding,) = field_findings(read(content(security__drilled="")))
    assert message(finding, "zh") == "「演练日期」没有填：是否开展应急演练选“是”时必须填写"
    assert message(finding, "en").startswith("“演练日期” is blank: it must be filled in where “是” is chosen")


def test_the_notes_say_what_to_fill_in():
    words = [getattr(block, "text", "") for block in filling_notes(FORM).blocks]
    assert any("演练日期" in text and "是否开展应急演练选“是”时必须填写" in text for text in words)
    assert any("网站类型" in text and "下拉列表" in text for text in words)


def test_each_kind_has_a_validation_with_a_prompt_in_chinese():
    book = openpyxl.load_workbook(io.BytesIO(content()))
    found = {}
    for name, (sheet, area) in layout(FORM).places.items():
        if name in FORM.fields or name in FORM.counted:
            cell = book[sheet].cell(area.row + 1, area.column + 1).coordinate
            rules_there = [one for one in book[sheet].data_validations.dataValidation if cell in one.sqref]
            assert len(rules_there) == 1, name
            found[FORM.fields[FORM.counted.get(name, (name,))[0]].kind] = rules_there[0]
    kinds = {"date": "date", "yes": "list", "choice": "list", "choices": "list", "text": "textLength"}
    assert {kind: found[kind].type for kind in kinds} == kinds
    assert found["number"].type in {"whole", "decimal"}
    for one in found.values():
        assert re.search("[一-鿿]", one.prompt)
        assert one.error


def test_a_long_list_of_codes_stands_on_a_sheet_of_its_own(tmp_path):
    items = ", ".join(f'{{ code = "{n:03}", label = "行业{n}" }}' for n in range(120))
    text = FORM.text.replace(
        '{ key = "portal", label = "政府门户网站" },',
        '{ key = "portal", label = "政府门户网站" },' + items + ",",
    )
    path = tmp_path / "form.toml"
    path.write_text(text, encoding="utf-8")
    form = find(str(path))
    data = write_return(form, stamp(form), ZEROS, SOUND | {"cover.kind": "r077"})
    book = openpyxl.load_workbook(io.BytesIO(data))
    assert [cell.value for cell in book["代码"]["A"]][:3] == ["网站类型", "政府门户网站", "000 行业0"]
    assert read_package(data, "001.xlsx", form).prose["cover.kind"] == "r077"
    rollup = merge([read_package(data, "001.xlsx", form)], form, Period(2026), "青禾区").rollup
    assert "各单位数据" in openpyxl.load_workbook(io.BytesIO(write_rollup(rollup)))["封面"]["B13"].value


@pytest.fixture(scope="module")
def of_three():
    """The roll-up of three sound returns, as a workbook."""
    two = {"cover__kind": "department", "cover__signed": "2019-02-03", "security__drill": "no"}
    filings = [
        read(content()),
        read(content("002", **two, security__drilled=""), "002.xlsx"),
        read(content("003", security__drilled="2018-10-01"), "003.xlsx"),
    ]
    return write_rollup(merge(filings, FORM, Period(2026), "青禾区").rollup)


def test_a_roll_up_counts_options_adds_numbers_and_spans_days(of_three):
    data = of_three
    cover = openpyxl.load_workbook(io.BytesIO(data), data_only=True)["封面"]
    shown = [
        cover[layout(FORM).address(name)[1]].value for name in ("cover.kind", "cover.staff", "cover.signed")
    ]
    assert shown == ["政府门户网站 2；部门网站 1；专项网站 0", 9, "2019-01-20～2019-02-03"]
    back = read(data, "区.xlsx")
    assert [f.code for f in verify(back)] == []
    assert back.record.complete()["visits.portals.n"] == 2
    assert back.members[1].texts["cover.site"] == SOUND["cover.site"]


def test_the_figures_of_fields_are_compared_with_those_of_other_years():
    last_stamp = replace(stamp(FORM), period=Period(2025))
    last = read_package(write_return(FORM, last_stamp, ZEROS, SOUND), "1.xlsx", FORM)
    rolled = write_rollup(merge([last], FORM, Period(2025), "青禾区").rollup)
    past = past_of([read(rolled, "区.xlsx")], FORM)
    now = read(content(cover__kind="department"))
    data = write_rollup(merge([now], FORM, Period(2026), "青禾区", past=past).rollup)
    rows = list(results(data)["历年对比"].iter_rows(values_only=True))
    shown = {row[-1]: row[:6] for row in rows if row[-1]}
    assert shown["cover.staff"] == ("专职人员", None, "人", 3, 3, 0)
    assert shown["cover.kind[portal]"] == ("网站类型", "政府门户网站", None, 0, 1, -1)
    assert shown["innovation.marks[r01]"][3:5] == (1, 1)
    assert "publish.share" not in shown
    titles = [row[0] for row in rows if row[0] in {"封面", "一、访问", "五、创新发展"}]
    assert titles == ["封面", "一、访问", "五、创新发展"]
    back = read(data, "区.xlsx")
    assert back.earlier[Period(2025)]["cover.kind[portal]"] == 1
    assert [f.code for f in verify(back)] == []


def test_a_changed_text_of_a_member_is_noticed():
    rollup = merge([read(content())], FORM, Period(2026), "青禾区").rollup
    book = openpyxl.load_workbook(io.BytesIO(write_rollup(rollup)))
    page = book["各单位数据"]
    (cell,) = [cell for row in page.iter_rows() for cell in row if cell.value == SOUND["cover.site"]]
    cell.value = "别的网站"
    out = io.BytesIO()
    book.save(out)
    assert "row-altered" in {f.code for f in read(out.getvalue()).findings}


def test_a_changed_field_is_one_change():
    one, other = read(content()), read(content(cover__kind="special"))
    (change,) = [change for change in differences(one, other) if change.name.startswith("cover")]
    assert (change.label, change.one, change.other) == ("网站类型", "政府门户网站", "专项网站")


@pytest.mark.office
def test_libreoffice_computes_counts_and_required_fields_the_same():
    """Counts of options, checks beside fields and the summary of a roll-up, in a sound return and one with faults."""
    wrong = content("002", security__drilled="", cover__kind="")
    rollup = write_rollup(merge([read(content())], FORM, Period(2026), "青禾区").rollup)
    files = {"1": content(), "2": wrong, "3": rollup}
    saved = office.resaved({name: forgotten(data) for name, data in files.items()})
    for name, data in files.items():
        stored, computed = results(data), results(saved[name])
        for sheet in stored.worksheets:
            for cell in (cell for row in sheet.iter_rows() for cell in row if cell.value is not None):
                other = computed[sheet.title][cell.coordinate].value
                assert same(cell.value, other), (name, sheet.title, cell.coordinate, cell.value, other)
    words = [str(cell.value) for row in results(wrong)["封面"].iter_rows() for cell in row]
    assert words.count(clerk()("field.missing", mark=FAILED)) == 1
    check = next(c for _, g in layout(FORM).groups for c in g.checks if c.field == "security.drilled")
    assert len(check_formula(layout(FORM), check, "安全防护")) < 500


@pytest.mark.parametrize("how", ["docx", "html", "md"])
def test_fields_of_a_published_report_are_read_back(how):
    """Those of sections; the cover, with the names of people, is not published and so not asked for."""
    filing = read(content())
    data = render(compose(report_of(filing)), how)
    given = ReportIdentity(Period(2026), "单位001", "001")
    back = read_document(data, f"报告.{how}", FORM, given=given)
    of_sections = {name: value for name, value in filing.prose.items() if not name.startswith("cover.")}
    assert {name: value for name, value in back.prose.items() if name in FORM.fields} == of_sections
    assert back.record.values["security.drill[yes]"] == 1
    assert [f.code for f in verify(back)] == []


@pytest.mark.parametrize("how", ["docx", "html", "md"])
def test_what_a_published_roll_up_says_of_fields_is_read_back(how, of_three):
    """Counts of options and spans of days, as figures of a roll-up; a changed one is told where a rule or a total needs it."""
    rollup = read(of_three, "区.xlsx")
    data = render(compose(report_of(rollup)), how)
    back = read_document(data, f"报告.{how}", FORM, given=ABOUT)
    assert back.is_rollup
    assert verify(back) == ()
    of_sections = {name: n for name, n in rollup.record.values.items() if not name.startswith("cover.")}
    assert {name: back.record.values.get(name) for name in of_sections} == of_sections
    assert back.prose["security.drilled"] == "2018-09-06/2018-10-01"


def test_a_changed_text_of_a_published_roll_up_is_no_sum_of_fields(of_three):
    data = render(compose(report_of(read(of_three, "区.xlsx"))), "md").decode()
    for old, new in (("是 2；否 1", "是 2；不 1"), ("2018-09-06～2018-10-01", "2018-09-06～2018-13-01")):
        assert old in data
        back = read_document(data.replace(old, new).encode(), "报告.md", FORM, given=ABOUT)
        assert [f.found for f in verify(back)] == [new]


def test_the_report_on_a_roll_up_is_that_of_its_district_on_a_roster(of_three):
    """It has the roster's code, and the agencies are its own, not those of the district above."""
    rollup = read(of_three, "区.xlsx")
    data = render(compose(report_of(rollup)), "html")
    report = read_document(data, "报告.html", FORM, given=ReportIdentity(Period(2026), "青禾区"))
    roster = Roster((Entry("330101", "青禾区", {}),))
    assert on_roster(report, roster, "某市").agency == Agency("青禾区", "330101", "青禾区")
    assert on_roster(rollup, roster, "某市") == rollup


def test_days_typed_by_one_agency_are_no_span_of_a_roll_up():
    """It chose an option, as no roll-up does."""
    data = render(compose(report_of(read(content()))), "md").decode()
    for span in ("2018-09-06～2018-10-01", "2018年9月6日～10月1日"):
        back = read_document(data.replace("2018-09-06", span).encode(), "报告.md", FORM, given=ABOUT)
        assert not back.is_rollup
        assert [(f.code, f.found) for f in verify(back)] == [("not-a-date", span)]


def test_the_report_on_a_roll_up_is_not_imported_as_a_return(of_three, tmp_path):
    path = tmp_path / "报告.html"
    path.write_bytes(render(compose(report_of(read(of_three, "区.xlsx"))), "html"))
    with pytest.raises(InputError) as caught:
        import_reports([path], tmp_path / "1.xlsx", ImportOptions(FORM, given=ABOUT))
    assert [one.code for one in caught.value.problems] == ["is-rollup-report"]


SIGNED = parse(
    """
schema = 2
key = "signed"
edition = "1"
title = "损益表"
authority = "无"
[[section]]
key = "s"
title = "一、损益"
sheet = "损益"
[[section.block]]
corner = "项目"
rows = [{ key = "a", label = "甲" }, { key = "b", label = "乙" }, { key = "all", label = "合计", is = "all" }]
columns = [{ key = "n", label = "金额", number = "decimal", signed = true }]
""",
    "signed.toml",
)


@pytest.mark.parametrize("how", ["docx", "html", "md"])
def test_a_figure_below_0_is_read_back_without_a_word(how):
    values = {"s.a.n": Decimal("-1234.5"), "s.b.n": Decimal(1)}
    filing = read_package(write_return(SIGNED, stamp(SIGNED), values), "1.xlsx", SIGNED)
    data = render(compose(report_of(filing)), how)
    for text in (data, data.replace(b"-1234.5", "−1234.5".encode())):
        back = read_document(text, f"1.{how}", SIGNED, given=ABOUT)
        assert (back.record.values, verify(back)) == (values, ())


def test_a_receipt_has_the_figures_in_fields(tmp_path):
    filing = read(content())
    rollup = RollupFile("区.xlsx", "b" * 64, "青禾区", is_incomplete=False)
    source = Source("001.xlsx", "a" * 64)
    receipt = Receipt(filing.agency, FORM, Period(2026), source, filing.record.complete(), rollup)
    for data in (receipts.text(receipt).encode(), render(receipts.document(receipt), "html")):
        back = read_receipt(data, FORM, Budget(Limits()))
        assert back.figures == filing.record.complete()


def test_last_years_choices_are_no_figures_to_compare():
    """The same numbers as last year are told of, whatever was chosen; another choice is no jump."""
    last = read_package(
        write_return(FORM, replace(stamp(FORM), period=Period(2025)), ZEROS, SOUND), "1.xlsx", FORM
    )
    now = read(content(cover__kind="department"))
    found = {f.code for f in examine([now], past=past_of([last], FORM)).findings}
    assert found == {"same-as-last-year"}


# -- beside ratios and means, by month


MONTHLY = parse(
    """
schema = 2
key = "zhyb"
edition = "2026"
title = "综合月报"
authority = "本测试"
period = "month"
[[codes]]
key = "kinds"
items = [{ key = "portal", label = "门户" }, { code = "01", label = "部门" }]
[[codes]]
key = "matters"
items = [{ code = "11", label = "许可" }, { code = "12", label = "给付" }]
[cover]
fields = [
  { key = "kind", label = "类型", kind = "choice", from = "kinds", required = true },
  { key = "staff", label = "人员", kind = "number", unit = "人" },
]
[[section]]
key = "work"
title = "一、办理"
sheet = "办理"
fields = [
  { key = "why", label = "说明", when = "cover.kind = portal", required = true, below = true },
  { key = "spring", label = "一季度情况", when = "period = 3, cover.staff > 0", required = true },
  { key = "share", label = "比例", kind = "number", number = "decimal", unit = "%", decimals = 1, additive = false },
]
[[section.block]]
rows_from = "matters"
rows = [{ key = "total", label = "合计", is = "all" }]
columns = [
  { key = "taken", label = "受理" },
  { key = "done", label = "办结", of = "taken" },
  { key = "rate", label = "办结率", is = "done per taken", unit = "%" },
  { key = "days", label = "平均天数", unit = "天", mean = "done", decimals = 1 },
]
[[section]]
key = "sites"
title = "二、网站"
sheet = "网站"
[[section.block]]
columns = [{ key = "n", label = "数量" }]
rows = [
  { key = "pages", label = "信息" },
  { key = "portals", label = "门户", is = "count(cover.kind = portal)" },
  { key = "each", label = "每个门户的信息", is = "pages per portals", unit = "条/个" },
]
""",
    "zhyb.toml",
)


def of_march(code, kind, taken, done, days, pages):
    one = Stamp(MONTHLY.key, MONTHLY.edition, Period.from_text("2026-03"), stamp(MONTHLY, code).agency)
    figures = {"work.r11.taken": taken, "work.r11.done": done, "work.r11.days": days, "sites.pages.n": pages}
    values = {cell.name: Decimal(0) for cell in MONTHLY.inputs if not cell.field and not cell.weight}
    values |= {name: Decimal(text) for name, text in figures.items()} | {"cover.staff": Decimal(4)}
    texts = {"cover.kind": kind, "work.spring": "平稳"} | ({"work.why": "全部"} if kind == "portal" else {})
    return one, read_package(write_return(MONTHLY, one, values, texts), f"{code}.xlsx", MONTHLY)


def test_fields_ratios_means_and_months_together():
    """A count of options divides, rows of codes have ratios and means; through two roll-ups without a finding."""
    one, first = of_march("001", "portal", "3", "2", "1.5", "5")
    _, second = of_march("002", "r01", "7", "5", "3.1", "2")
    assert issued_findings(MONTHLY, write_return(MONTHLY, one), one, {}, "1.xlsx", recalculate=False) == []
    assert [f.code for filing in (first, second) for f in verify(filing)] == []
    parts = [first, second]
    for district in ("青禾区", "某市"):
        made = write_rollup(merge(parts, MONTHLY, one.period, district).rollup)
        back = read_package(made, f"{district}.xlsx", MONTHLY)
        assert [f.code for f in verify(back)] == []
        figures = back.record.complete()
        names = "work.total.rate", "work.r11.days", "sites.each.n", "cover.staff"
        assert [str(figures[name]) for name in names] == ["70", "2.6", "7", "8"]
        assert figures["sites.portals.n"] == figures["cover.kind[r01]"] == 1
        parts = [back]


def test_a_field_of_one_period():
    """It is asked in March and in no other month; the check beside it says so too."""
    one, _ = of_march("001", "r01", "3", "2", "1.5", "5")
    figures = {cell.name: Decimal(0) for cell in MONTHLY.inputs if not cell.weight} | {
        "cover.staff": Decimal(1)
    }
    for month, text, code in (("03", "", "required"), ("04", "平稳", "not-asked"), ("04", "", "")):
        stamped = replace(one, period=Period.from_text(f"2026-{month}"))
        texts = {"cover.kind": "r01"} | ({"work.spring": text} if text else {})
        data = write_return(MONTHLY, stamped, figures, texts)
        found = [(f.code, f.cell) for f in verify(read_package(data, "1.xlsx", MONTHLY)) if f.cell]
        assert found == ([(code, "work.spring")] if code else [])
        shown = [str(cell.value) for row in results(data)["办理"].iter_rows() for cell in row]
        words = {"required": "field.missing", "not-asked": "field.unasked"}
        assert sum(text.startswith(FAILED) for text in shown) == bool(code)
        assert not code or clerk()(words[code], mark=FAILED) in shown
        formulas = openpyxl.load_workbook(io.BytesIO(data))["办理"]
        (formula,) = [c.value for row in formulas.iter_rows() for c in row if "-(3)" in str(c.value)]
        assert f"{int(month)}-(3)" in formula
    assert "月份＝3" in str([getattr(block, "text", "") for block in filling_notes(MONTHLY).blocks])


def test_more_decimals_than_a_field_may_have():
    one, _ = of_march("001", "r01", "3", "2", "1.5", "5")
    data = write_return(MONTHLY, one, {"work.share": Decimal("12.34")}, {})
    (finding,) = [f for f in read_package(data, "1.xlsx", MONTHLY).findings if f.cell == "work.share"]
    assert (finding.code, finding.facts["places"]) == ("too-fine", 1)
    prompts = [
        v.prompt for v in openpyxl.load_workbook(io.BytesIO(data))["办理"].data_validations.dataValidation
    ]
    assert "请填写数字（%）。至多 1 位小数。" in prompts


LIKE_LABELS = parse(
    """
schema = 2
key = "like"
edition = "1"
title = "表"
authority = "本测试"
[[section]]
key = "a"
title = "一"
sheet = "一"
fields = [{ key = "one", label = "说明一" }, { key = "two", label = "说明二", kind = "prose" }]
[[section.block]]
arrange = "wide"
rows = [{ key = "n", label = "数量" }]
columns = [{ key = "x", label = "甲" }]
""",
    "like.toml",
)


@pytest.mark.parametrize("texts", [{"a.one": "说明二"}, {"a.two": "甲"}, {"a.one": "甲", "a.two": "甲"}])
def test_what_is_typed_in_a_field_hides_no_label(texts):
    """Not even where it is the head of the table below; without the defined names such a table is not read silently."""
    values = {"a.n.x": Decimal(7)}
    data = write_return(LIKE_LABELS, stamp(LIKE_LABELS), values, texts)
    back = read_package(data, "1.xlsx", LIKE_LABELS)
    assert (back.findings, back.record.values, back.prose) == ((), values, texts)
    bare = read_package(workbook.without_names(data), "1.xlsx", LIKE_LABELS)
    assert bare.record.values == values or "not-a-number" in {f.code for f in bare.findings}


def test_a_label_without_the_unit_that_is_printed_behind_it_is_still_the_fields():
    """Workbooks were issued before the unit of a number was printed."""
    package = write_return(FORM, stamp(FORM))
    before = workbook.edited(package, "信息发布", {"A3": "原创比例"})
    read = [read_package(data, "001.xlsx", FORM) for data in (before, package)]
    assert read[0].findings == read[1].findings
    assert isinstance(read[0], Return)
    assert not read[0].unread
