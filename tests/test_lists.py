"""Lists through workbooks, checks and roll-ups: what sorting, inserting and blank lines leave as it is, and laws over sums."""

from __future__ import annotations

import io
from collections.abc import Iterable
from decimal import Decimal
from functools import cache

import clerk
import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.styles import Font

from conftest import HERE, by_day, examples, resaved
from xltools.checking.checks import verify
from xltools.checking.collection import examine
from xltools.checking.differences import differences
from xltools.checking.versions import reading_digest
from xltools.collection.merging import merge
from xltools.data.filing import Return, Source, Stamp
from xltools.data.list_lines import LineChecks, is_numbered, line_keys, list_cells, list_figures
from xltools.data.notes import filling_notes
from xltools.data.period import Period
from xltools.data.prior import past_before
from xltools.data.record import Agency, ListLine, Record, total
from xltools.document.blank import blank_form
from xltools.document.publishing import compose, report_of
from xltools.document.reader import ReportIdentity, read_document
from xltools.document.writer import render
from xltools.errors import FormError
from xltools.excel.reader import read_package
from xltools.excel.writer import write_return, write_rollup
from xltools.form.layout import layout
from xltools.form.library import find
from xltools.form.load import parse
from xltools.form.places import ListSheet
from xltools.libreoffice import is_installed, recalculated
from xltools.office.guard import Limits
from xltools.report.data import filing_object
from xltools.report.slip import returned
from xltools.text import message
from xltools.witness.form import FormFigures
from xltools.witness.issued import faults
from xltools.witness.value import Unknown
from xltools.witness.workbook import LabelledWorkbook, figure_values

FORM = find(str(HERE / "forms" / "aqyh-2024.toml"))
PERIOD = Period(2024)
D = Decimal
HAZARDS = (
    ("甲矿", "coal", "2024-07-03", D("12.5"), D(3), "yes", "2024-08-01"),
    ("乙|矿", "coal", "2024-07-04", D(1), "", "no", ""),
    ("丙厂", "r03", "", D("7.25"), D("0.5"), "", ""),
)
LISTS = {
    "register": HAZARDS,
    "units": (("一队", D(30), "", D(28), ""), ("二队", D(20), "", D(7), "")),
    "products": (("coal", D(5), ""), ("fire", D(6), "")),
}
VALUES = {
    **{f"summary.{code}.planned": D(20) for code in ("coal", "fire", "r03")},
    "cards.n.staff": D(50),
}


def lines(**lists: Iterable[tuple]):
    return {
        key: tuple(ListLine(n, tuple(values)) for n, values in enumerate(some, 1))
        for key, some in lists.items()
    }


def stamp(code="001"):
    return Stamp(FORM.key, FORM.edition, PERIOD, Agency("青禾区", code, f"单位{code}"))


def issued(lists=None, values=None, code="001"):
    own = lines(**(LISTS if lists is None else lists))
    return write_return(FORM, stamp(code), VALUES | (values or {}), {"cover.preparer": "张三"}, lists=own)


@cache
def sound():
    return issued()


def filing(content, name="001.xlsx") -> Return:
    found = read_package(content, name, FORM)
    assert isinstance(found, Return)
    return found


def told(one):
    """The findings, each with its severity and the name of its cell."""
    return {(f.code, f.severity.value, f.cell) for f in verify(one) if f.severity.value != "note"}


def edited(edit, content=None):
    """The workbook after *edit* of its openpyxl workbook."""
    return resaved(content or sound(), edit)


def test_lists_come_back_as_they_were_written():
    one = filing(sound())
    assert told(one) == set()
    assert one.record.lists == lines(**LISTS)
    complete = one.record.complete()
    assert complete["summary.coal.found"] == 2
    assert complete["summary.total.money"] == D("20.75")
    assert complete["summary.total.done"] == 1
    assert complete["cards.n.holders"] == 35


def rows_of(book):
    page = book["隐患"]
    return page, [[cell.value for cell in row] for row in page.iter_rows(4, 33, 2, 8)]


def put(page, rows, first=4):
    for number, row in enumerate(rows, first):
        for column, value in enumerate(row, 2):
            page.cell(number, column).value = value


HIDDEN = [
    (lambda page: setattr(page.column_dimensions["D"], "hidden", True), ("hidden-cells", "D4")),
    (lambda page: setattr(page, "sheet_state", "hidden"), ("hidden-cells", "B4")),
    (lambda page: setattr(page["D4"], "font", Font(color="FFFFFF")), ("hidden-cells", "D4")),
    (lambda page: page.merge_cells("B4:B5"), ("hidden-cells", "B5")),
    (lambda page: setattr(page["D4"], "value", "=[1]台账!A1"), ("external-formula", "D4")),
    (lambda page: setattr(page["B4"], "font", Font(strike=True)), ("struck-out", "B4")),
    (lambda page: setattr(page["D4"], "font", Font(strike=True)), ("struck-out", "D4")),
    (lambda page: setattr(page["E4"], "font", Font(strike=True)), ("struck-out", "E4")),
]


@pytest.mark.parametrize(("edit", "expected"), by_day(HIDDEN, 4))
def test_what_is_hidden_struck_out_or_elsewhere_is_told_in_lists_too(edit, expected):
    one = filing(edited(lambda book: edit(book["隐患"])))
    assert expected in {(finding.code, finding.address) for finding in one.findings}


def test_lines_may_be_sorted_moved_apart_and_left_blank():
    def edit(book):
        page, rows = rows_of(book)
        filled = [row for row in rows if row[0]]
        put(page, [[None] * 7, filled[2], [None] * 7, [" "] + [None] * 6, filled[0], filled[1]])

    one = filing(edited(edit))
    assert {code for code, _, _ in told(one)} <= {"not-calculated", "total-stale"}
    assert sorted(x.values for x in one.record.lists["register"]) == sorted(HAZARDS)
    assert one.record.values == filing(sound()).record.values
    assert one.address("register.money[甲矿|2024-07-03]") == ("隐患", "E8")
    unsorted = filing(sound())
    assert reading_digest(unsorted) != ""
    assert not differences(unsorted, one)


def test_a_row_inserted_in_the_sheet_is_a_line():
    def edit(book):
        page = book["隐患"]
        page.insert_rows(5)
        put(page, [["丁厂", "煤矿", "2024-03-01", 2, None, None, None]], 5)
        for _key, name in list(book.defined_names.items()):  # as programs do
            name.attr_text = name.attr_text.replace("$33", "$34")

    one = filing(edited(edit))
    assert [x.values[0] for x in one.record.lists["register"]] == ["甲矿", "丁厂", "乙|矿", "丙厂"]
    assert one.record.values["sum(register.money, trade = coal)"] == D("15.5")


CHANGES = {
    "a required cell": ((4, 3, None), ("required", "error", "register.trade[甲矿|2024-07-03]")),
    "asked when": ((4, 8, None), ("required", "error", "register.closed[甲矿|2024-07-03]")),
    "not asked": ((5, 8, "2024-09-01"), ("not-asked", "error", "register.closed[乙||矿|2024-07-04]")),
    "no choice": ((4, 3, "铁矿"), ("not-a-choice", "error", "register.trade[甲矿|2024-07-03]")),
    "no date": ((5, 4, "3/1"), ("not-a-date", "error", "register.found[#2]")),
    "a text": ((5, 5, "约一万"), ("not-a-number", "error", "register.money[乙||矿|2024-07-04]")),
    "more than the whole": ((4, 6, 13), ("rule-broken", "error", "register.spent[甲矿|2024-07-03]")),
    "a rule": ((4, 6, 0), ("rule-question", "question", "register.spent[甲矿|2024-07-03]")),
    "twice": ((5, 2, "甲矿"), None),
    "beside": ((4, 12, 5), ("beyond-list", "error", "register")),
    "below": ((34, 2, "戊矿"), ("beyond-list", "error", "register")),
    "a total": ((9, 2, "合  计"), ("total-in-list", "warning", "register")),
    "signed": ((9, 2, "填报人：张三"), None),
}


@pytest.mark.parametrize("change", by_day(CHANGES, 7))
def test_what_is_wrong_in_a_line_is_found(change):
    (row, column, value), expected = CHANGES[change]

    def edit(book):
        book["隐患"].cell(row, column).value = value

    content = edited(edit)
    one = filing(content)
    found = {one for one in told(one) if one[0] not in {"not-calculated", "total-stale"}}
    assert found == ({expected} if expected else set())
    (examined,) = examine([one]).examined
    assert "reader-failed" not in {finding.code for finding in examined.findings}
    if back := returned(examined):
        again = filing(back.workbook(content))
        assert again.record.lists == one.record.lists


def test_a_total_below_a_list_is_no_line_and_changes_nothing():
    def edit(book):
        put(book["持证清单"], [["合计", 50, 35]], 6)

    one = filing(edited(edit))
    assert len(one.record.lists["units"]) == 2
    assert {code for code, _, _ in told(one)} <= {"total-in-list", "not-calculated"}


WORDS_OF_TOTALS = [
    *("合计（万元）", "合 计：3家", "总和", "汇总", "总计2家", "共2家", "2家合计", "以上合计", "本年累计"),
    *("全部总数", "小计1", "Grand Total"),
]


@pytest.mark.parametrize("word", WORDS_OF_TOTALS)
def test_a_total_in_whatever_words_is_no_line(word):
    content = clerk.edited(sound(), "持证清单", {"B6": word, "C6": 50, "E6": 35})
    one = filing(content)
    assert one.record == filing(sound()).record
    assert [(f.code, f.address) for f in one.findings] == [("total-in-list", "B6")]
    book = LabelledWorkbook(io.BytesIO(content), results=True)
    second = figure_values(book, FormFigures(FORM.text))["sum(units.holders)"]
    assert second == Unknown("text")  # the second reader does not count it either


@pytest.mark.parametrize(
    "words", [["以下空白"], ["（以下无正文）"], ["无"], ["/", "—", "/", "／", "-", "无", "/"]]
)
def test_a_row_that_says_nothing_is_no_line(words):
    edits = {f"{column}7": word for column, word in zip("BCDEFGH", words, strict=False)}
    one = filing(clerk.edited(sound(), "隐患", edits))
    assert (one.findings, one.record) == ((), filing(sound()).record)


def test_a_dash_in_a_cell_that_may_be_blank_is_blank():
    one = filing(clerk.edited(sound(), "隐患", {"D6": "/", "G6": "—", "H6": "无"}))
    assert (one.findings, one.record) == ((), filing(sound()).record)
    (word,) = filing(clerk.edited(sound(), "隐患", {"G6": "无"})).findings  # it may be meant as no
    assert word.code == "not-a-choice"


@settings(max_examples=examples(20))
@given(
    st.sampled_from("BCDEFGHI"),
    st.dictionaries(st.integers(4, 8), st.sampled_from([7, "7", "约8", "9万元", "五件"]), min_size=1),
)
def test_a_figure_in_an_inserted_column_is_told(column, figures):
    contents = {str(row): figure for row, figure in figures.items()}
    one = filing(clerk.with_column_inserted(sound(), "隐患", column, {"3": "追加资金"} | contents))
    assert one.record == filing(sound()).record
    told = {row for row, figure in contents.items() if column < "I" or figure in {7, "7", "9万元"}}
    assert {f.address for f in one.findings if f.code == "beyond-list"} == {f"{column}{row}" for row in told}


@pytest.mark.parametrize("typed", [13, "13", "13万元", clerk.Formula("10+3", D(13))])
def test_a_rule_is_asked_however_its_figure_was_typed(typed):
    """13 used of 12.5; the note on what was typed does not hide it."""
    found = told(filing(clerk.edited(sound(), "隐患", {"F4": typed})))
    assert ("rule-broken", "error", "register.spent[甲矿|2024-07-03]") in found


def test_numbers_of_lines_and_words_beside_a_list_are_not_told():
    numbered = clerk.with_column_inserted(sound(), "隐患", "A", {"4": 1, "5": 2, "6": 3})
    remarks = clerk.with_column_inserted(numbered, "隐患", "D", {"3": "备注", "4": "见附件", "6": "已上报"})
    assert not filing(remarks).findings
    assert not filing(clerk.edited(sound(), "隐患", {"A3": "编号", "A4": 101, "A5": 107})).findings


@pytest.mark.parametrize(
    ("edits", "code"),
    [({}, "table-copied"), ({"B4": "丁厂", "E4": 9}, "table-twice"), ({"G5": "是"}, "table-twice")],
)
def test_a_list_that_is_there_twice_is_read_only_if_both_are_the_same(edits, code):
    copied = clerk.edited(clerk.with_sheet_copied(sound(), "隐患", "隐患 (2)"), "隐患 (2)", edits)
    one = filing(copied)
    assert [f.code for f in one.findings] == [code]
    assert ("register" in one.record.lists) == (code == "table-copied")
    below = filing(clerk.with_rows_copied(sound(), "隐患", 3, 6, 40))
    assert [f.code for f in below.findings] == ["table-twice"]


def test_a_filled_copy_of_a_blank_list_is_not_a_list_without_lines():
    content = issued({})
    typed = {"B4": "丁厂", "C4": "煤矿", "E4": 9}
    copied = clerk.with_sheet_copied(content, "隐患", "隐患 (2)")
    assert not filing(copied).findings
    (found,) = filing(clerk.edited(copied, "隐患 (2)", typed)).findings
    assert (found.code, found.found) == ("table-twice", "隐患!B4 / 隐患 (2)!B4")
    alone = clerk.without_sheet(clerk.edited(copied, "隐患 (2)", typed), "隐患")
    assert [f.code for f in filing(alone).findings] == ["sheet-renamed"]


def test_heads_that_were_exchanged_are_told_in_words():
    one = filing(clerk.edited(sound(), "隐患", {"E3": "其中：已用（万元）", "F3": "资金（万元）"}))
    (found,) = one.findings
    assert found.code == "places-differ"
    assert "其中：已用（万元）" in message(found, "zh")


def test_comments_on_lists_and_on_the_cover_are_told():
    for sheet, address in (("隐患", "E4"), ("封面", "B11")):
        one = filing(clerk.with_comment(sound(), sheet, address, "应为15"))
        assert [(f.code, f.address, f.found) for f in one.findings] == [("comment", address, "应为15")]


RATIOS = {  # rate in D5, share in F5 of the list: 7 of 20 are 35 %, of all 35 holders 20 %
    "another": ("D5", 36, {("ratio-wrong", "error", "units.rate[二队]")}),
    "the same": ("F5", 20, {("total-typed", "warning", "units.share[二队]")}),
    "a text": ("F5", "约两成", {("ratio-wrong", "error", "units.share[二队]")}),
    "another formula": ("D5", "=N(E5)/N(C5)*1000", {("formula-wrong", "error", "units.rate[二队]")}),
    "nothing": ("F5", None, set()),
    "beside no line": ("D9", 36, {("beyond-list", "error", "units")}),
}


@pytest.mark.parametrize("change", by_day(RATIOS, 3))
def test_a_ratio_that_is_typed_over_is_found(change):
    address, value, expected = RATIOS[change]

    def edit(book):
        book["持证清单"][address].value = value

    content = edited(edit)
    one = filing(content)
    assert {x for x in told(one) if x[0] not in {"not-calculated", "total-stale"}} == expected
    assert one.record == filing(sound()).record
    (examined,) = examine([one]).examined
    assert all(
        finding.address in {address, ""} for finding in examined.findings if finding.code == "ratio-wrong"
    )
    if back := returned(examined):
        assert filing(back.workbook(content)).record.lists == one.record.lists


def test_ratios_are_divided_anew_where_lines_are_stacked_or_added():
    rollup = rolled(*three())
    found = {
        name: shown.text for name, shown in filing(write_rollup(rollup), "r.xlsx").shown_in_lists.items()
    }
    assert [found[f"units.share[#{n}]"] for n in (1, 2, 3)] == ["70", "17.5", "12.5"]
    assert [found[f"units.rate[#{n}]"] for n in (1, 2, 3)] == ["93.33", "35", "100"]
    assert [found[f"products.share[#{n}]"] for n in (1, 2)] == ["45.5", "54.5"]

    def edit(book):
        book["持证清单"]["I4"].value = 71

    altered = filing(edited(edit, write_rollup(rollup)), "r.xlsx")
    assert ("ratio-wrong", "error", "units.share[一队]") in told(altered)


def test_a_line_that_is_there_twice_is_found_at_the_second():
    def edit(book):
        put(book["隐患"], [["甲矿", "煤矿", "2024-07-03", 1, None, None, None]], 9)

    found = told(filing(edited(edit)))
    assert ("line-doubled", "error", "register.firm[甲矿|2024-07-03#4]") in found


def rolled(*returns):
    return merge(returns, FORM, PERIOD, "青禾区").rollup


def three():
    other = LISTS | {
        "register": (("甲矿", "fire", "2024-07-03", D(2), "", "", ""),),
        "units": (("三队", D(5), "", D(5), ""),),
    }
    return [
        filing(sound()),
        filing(issued(other, {"cards.n.staff": D(5)}, "002"), "002.xlsx"),
        filing(issued({}, {"cards.n.staff": D(0)}, "003"), "003.xlsx"),
    ]


def test_a_roll_up_has_the_lines_of_all_and_is_read_back():
    returns = three()
    rollup = rolled(*returns)
    found = filing(write_rollup(rollup), "r.xlsx")
    assert found.record == rollup.record == total(FORM, PERIOD, (one.record for one in returns))
    assert [(x.agency.code, x.number) for x in found.record.lists["register"]] == [
        ("001", 1),
        ("001", 2),
        ("001", 3),
        ("002", 1),
    ]
    assert [x.values for x in found.record.lists["products"]] == [("coal", D(10), ""), ("fire", D(12), "")]
    assert told(found) == {("line-doubled", "question", "register.firm[甲矿|2024-07-03]")}
    assert found.record.complete()["cards.n.holders"] == 40


def test_agencies_with_the_same_line_are_asked_both():
    findings = examine(three()).findings
    doubled = [f for f in findings if f.code == "line-doubled"]
    assert [f.severity.value for f in doubled] == ["question"] * 2
    assert {f.cell for f in doubled} == {"register.firm[甲矿|2024-07-03]"}


def test_a_roll_up_of_roll_ups_is_that_of_all():
    one, two, three_ = three()
    below = filing(write_rollup(rolled(one, two)), "r.xlsx")
    tree = merge((below, three_), FORM, PERIOD, "市").rollup
    flat = merge((one, two, three_), FORM, PERIOD, "市").rollup
    assert tree.record == flat.record
    assert filing(write_rollup(tree), "t.xlsx").record == flat.record


@pytest.mark.parametrize("change", by_day(["a figure", "a text", "a line less"], 2))
def test_a_changed_line_of_a_roll_up_is_found(change):
    def edit(book):
        page = book["隐患"]
        if change == "a figure":
            page.cell(4, 8).value = 99
        elif change == "a text":
            page.cell(4, 5).value = "其他矿"
        else:
            page.delete_rows(5)

    content = edited(edit, write_rollup(rolled(*three())))
    assert "row-altered" in {f.code for f in verify(filing(content, "r.xlsx"))}


@pytest.mark.office
@pytest.mark.skipif(not is_installed(), reason="LibreOffice is not installed")
def test_another_program_computes_the_same():
    for content in (sound(), write_rollup(rolled(*three()))):
        before, after = filing(content), filing(recalculated(content))
        assert after.record == before.record
        assert {n: s.value for n, s in after.shown.items()} == {n: s.value for n, s in before.shown.items()}
        assert told(after) == told(before)


# -- laws

texts = st.sampled_from(["甲", "乙", "丙|丁", "#3", "", "合计局"])
numbers = st.one_of(st.just(""), st.integers(0, 10**6).map(D), st.decimals(0, 99, places=2))
hazard = st.tuples(
    texts,
    st.sampled_from(["coal", "fire", "r03", ""]),
    st.sampled_from(["2024-07-03", "2024-02-29", ""]),
    numbers,
    numbers,
    st.sampled_from(["yes", "no", ""]),
    st.sampled_from(["2024-08-01", ""]),
)
product = st.tuples(st.sampled_from(["coal", "fire", "r03"]), st.integers(0, 999).map(D), st.just(""))
some_lists = st.fixed_dictionaries(
    {
        "register": st.lists(hazard.filter(any), max_size=6),
        "products": st.lists(product, max_size=3, unique_by=lambda line: line[0]),
    }
)
few = settings(max_examples=examples(15))


def record(lists, code):
    own = {key: some for key, some in lines(**lists).items() if some}
    agency = Agency("区", code, code)
    return Record(FORM, PERIOD, frozenset((agency,)), list_figures(FORM, own), own)


@given(some_lists, some_lists, some_lists)
def test_records_with_lists_are_added_in_any_order(one, other, third):
    a, b, c = (record(lists, code) for lists, code in ((one, "1"), (other, "2"), (third, "3")))
    assert a + b == b + a
    assert (a + b) + c == a + (b + c) == total(FORM, PERIOD, (c, a, b))
    whole = a + b + c
    assert {n: v for n, v in whole.values.items() if v} == {
        n: v for n, v in list_figures(FORM, whole.lists).items() if v
    }


@few
@given(some_lists)
def test_any_lines_are_written_and_read_back(lists):
    content = write_return(FORM, stamp(), VALUES, lists=lines(**lists))
    read = filing(content).record
    assert read.lists == {key: some for key, some in lines(**lists).items() if some}


@given(st.lists(hazard.filter(any), max_size=8))
def test_no_two_lines_have_one_name_and_sorting_keeps_it(register):
    own = lines(register=register)
    keys = line_keys(FORM.lists["register"], own["register"])
    assert len(set(keys)) == len(keys)
    known = {key for key in keys if not is_numbered(key)}
    backwards = lines(register=register[::-1])["register"]
    assert {k for k in line_keys(FORM.lists["register"], backwards) if not is_numbered(k)} == known


# -- faults of forms

TEXT = (HERE / "forms" / "aqyh-2024.toml").read_text(encoding="utf-8")
UNIQUE = 'unique = ["firm", "found"]'
FAULTS = {
    "no such list": (
        ("count(register, trade = row)", "count(registers, trade = row)"),
        ("unknown-name", "“found” › is"),
    ),
    "no such column": (
        ("sum(register.money, trade", "sum(register.mony, trade"),
        ("unknown-name", "“money” › is"),
    ),
    "no such criterion": (
        ("sum(register.money, trade", "sum(register.money, trades"),
        ("unknown-name", "“money” › is"),
    ),
    "a text that is added": (("sum(units.holders)", "sum(units.unit)"), ("not-compared", "“holders” › is")),
    "no such option": (("row, done = yes", "row, done = maybe"), ("unknown-option", "“done” › is")),
    "a text as a criterion": (("row, done = yes", "row, firm = yes"), ("list-criterion", "“done” › is")),
    "a row that is no code": (
        ('key = "fire", label = "爆竹"', 'key = "other", label = "爆竹"'),
        ("unknown-option", "“amount” › is"),
    ),
    "the row of a rule across tables": (
        ("sum(products.amount, product = coal)", "sum(products.amount, product = row)"),
        ("list-row", "rule “products”"),
    ),
    "a count of added lines": (
        ("sum(products.amount, product = row)", "count(products, product = row)"),
        ("list-count-by-code", "“amount” › is"),
    ),
    "a key within agencies of added lines": (
        ('unique = ["product"]', 'unique = ["product"]\nunique_in = "agency"'),
        ("unique-in-vain", "list “products”"),
    ),
    "added without a key": (('unique = ["product"]\n', ""), ("list-without-key", "list “products”")),
    "a text that cannot be added": (
        ('label = "产量", required', 'label = "产量", kind = "text", required'),
        ("list-not-added", "“amount”"),
    ),
    "a number as a key": (
        ('unique = ["product"]', 'unique = ["product", "amount"]'),
        ("list-number-key", "“amount”"),
    ),
    "no such key": ((UNIQUE, 'unique = ["firms"]'), ("unknown-name", "list “register” › unique")),
    "more printed than there are": (("print = 8", "print = 80"), ("list-size", "list “register”")),
    "two heads alike": (('label = "整改日期"', 'label = "发现日期"'), ("repeated-label", "list “register”")),
    "a ratio of nothing known": (("holders per staff", "holders per stuff"), ("unknown-name", "“rate” › is")),
    "a ratio of a text": (("holders per staff", "holders per unit"), ("not-compared", "“rate” › is")),
    "a ratio of a ratio": (("holders per sum", "rate per sum"), ("ratio-in-sum", "“share” › is")),
    "a sum of a text": (("holders per staff", "holders - unit"), ("not-compared", "“rate” › is")),
    "a sum of another unit": (("holders per staff", "holders - staff"), ("mixed-units", "“rate” › is")),
    "a ratio that is added": (
        ('sum(units.holders)", of', 'sum(units.rate)", of'),
        ("ratio-in-sum", "“holders” › is"),
    ),
    "a ratio as a key": (('unique = ["unit"]', 'unique = ["unit", "rate"]'), ("ratio-in-sum", "› unique")),
    "a ratio that is required": (
        ('is = "holders per staff"', 'required = true, is = "holders per staff"'),
        ("derived-no-effect", "“rate”"),
    ),
    "a ratio of a kind": (
        ('is = "holders per staff"', 'kind = "text", is = "holders per staff"'),
        ("no-effect", "“rate”"),
    ),
    "a ratio over the row": (
        ("holders per sum(units.holders)", "holders per count(register, trade = row)"),
        ("list-row", "“share” › is"),
    ),
    "a part of nothing known": (('of = "money"', 'of = "mony"'), ("unknown-name", "“spent” › of")),
    "a part of another unit": (
        ('unit = "万元", of = "money"', 'unit = "元", of = "money"'),
        ("mixed-units", "“spent” › of"),
    ),
    "a rule without columns": (
        ('columns = "spent > 0"', 'rows = "spent > 0"'),
        ("list-rule", "rule “spent”"),
    ),
    "a rule of no column": (
        ('columns = "spent > 0"', 'columns = "spend > 0"'),
        ("unknown-name", "rule “spent”"),
    ),
    "a rule that never holds": (
        ('columns = "spent > 0"', 'columns = "spent < 0"'),
        ("never-holds", "rule “spent”"),
    ),
    "no such option in a condition": (
        ('when = "done = yes"\nlevel', 'when = "done = maybe"\nlevel'),
        ("unknown-option", "rule “spent”"),
    ),
    "asked when itself": (('required = true, when = "done = yes"', 'when = "money > 0"'), None),
    "a sheet that is there": (("print = 5", 'sheet = "汇总"\nprint = 5'), ("repeated-sheet", "section")),
}


def problems(text):
    try:
        parse(text, "form.toml")
    except FormError as error:
        return [(problem.code, problem.place) for problem in error.problems]
    return []


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_of_a_list_is_found_at_its_place(name):
    (old, new), fault = FAULTS[name]
    assert old in TEXT
    found = problems(TEXT.replace(old, new))
    if fault is None:
        assert not found
    else:
        assert any(code == fault[0] and fault[1] in place for code, place in found), found


def test_lists_need_the_second_schema():
    assert "needs-schema" in {code for code, _ in problems(TEXT.replace("schema = 2", "schema = 1"))}


# -- what else shows lists


def test_a_marked_list_is_marked_row_by_row_and_read_after_sorting():
    def edit(book):
        book["隐患"].cell(5, 3).value = "铁矿"

    content = edited(edit)
    (one,) = examine([filing(content)]).examined
    marked = returned(one).workbook(content)
    found = filing(marked)
    assert found.record.lists == one.filing.record.lists
    comments = openpyxl.load_workbook(io.BytesIO(marked))["隐患"]["C5"].comment
    assert comments
    assert "行业" in comments.text


def test_documents_notes_and_json_show_the_lines():
    one = filing(sound())
    document = render(compose(report_of(one)), "html").decode()
    assert "乙|矿" in document
    assert "烟花" not in document.split("隐患清单")[1].split("二、")[0]
    assert "隐患清单" in render(blank_form(FORM), "html").decode()
    assert "每行填一项" in render(filling_notes(FORM), "html").decode()
    told_as = filing_object(one, (), "zh")["lists"]
    assert told_as["units"][1] == {
        "line": 2,
        "agency": None,
        "values": {"unit": "二队", "staff": 20, "rate": 35, "holders": 7, "share": 20},
    }


def test_a_changed_line_is_compared_by_its_key():
    changed = LISTS | {"register": (HAZARDS[2], (*HAZARDS[0][:3], D(13), *HAZARDS[0][4:]), HAZARDS[1])}
    found = differences(filing(sound()), filing(issued(changed)))
    names = {one.name for one in found if one.name.startswith("register.")}
    assert "register.money[甲矿|2024-07-03]" in names
    assert not any("乙" in name for name in names)


def test_cells_of_lists_are_named_for_people_and_programs():
    own = lines(**LISTS)
    assert list_cells(FORM, own)["register.money[乙||矿|2024-07-04]"] == 1
    assert layout(FORM).address("register") == ("隐患", "A3")
    checks = LineChecks(FORM, "register", own["register"], {})
    assert not [fault for place in range(3) for fault in checks.faults(place)]
    assert Source("x").name == "x"


@pytest.mark.parametrize("how", ["html", "docx", "md"])
def test_a_published_report_is_read_back_with_its_lists(how):
    one = filing(sound())
    content = render(compose(report_of(one)), how)
    name = f"001_单位001_2024.{how}"
    read = read_document(content, name, FORM, given=ReportIdentity(PERIOD, "单位001"))
    assert isinstance(read, Return)
    assert read.record.lists == one.record.lists
    assert {code for code, severity, _ in told(read) if severity == "error"} == set()
    shown = {name: found.value for name, found in read.shown_in_lists.items()}
    assert (shown["units.rate[#2]"], shown["units.share[#2]"]) == (35, 20)
    if how == "html":
        wrong = content.decode().replace("<td>35</td>", "<td>36</td>").replace(">35<", ">36<").encode()
        read = read_document(wrong, name, FORM, given=ReportIdentity(PERIOD, "单位001"))
        assert ("ratio-wrong", "error", "units.rate[二队]") in told(read)


def test_a_report_without_its_list_is_refused():
    one = filing(sound())
    content = render(compose(report_of(one)), "html").decode().replace("序号", "号")
    read = read_document(
        content.encode(), "001_单位001_2024.html", FORM, given=ReportIdentity(PERIOD, "单位001")
    )
    assert ("list-unread", "error", "units") in told(read)


def test_a_roll_up_of_forty_thousand_lines_is_within_the_limits():
    columns = max(len(one.columns) for one in FORM.lists.values()) + len(ListSheet.BEFORE_IN_ROLLUP) + 1
    assert Limits().cells >= 40_000 * columns + 100_000
    assert Limits().elements >= 2 * 40_000 * columns + 40_000


def test_the_second_reader_finds_another_formula_in_a_derived_column():
    def change(book):
        book["持证清单"]["D5"] = "=1"
        book["持证清单"]["F6"] = str(book["持证清单"]["F6"].value).replace("100*", "")

    blank = write_return(FORM, stamp(), {}, {})
    assert not list(faults(blank, FormFigures(FORM.text), {}, {}))
    found = list(faults(edited(change, blank), FormFigures(FORM.text), {}, {}))
    assert {(one.what, one.address, one.figure) for one in found if one.figure.startswith("units.")} == {
        ("formula", "D5", "units.rate"),
        ("formula", "F6", "units.share"),
    }


# -- columns that show something of an item

GOODS = """
schema = 2
key = "cpcl"
edition = "2025"
title = "产品产量"
authority = "自拟"
headline = [{ cell = "output.coal.amount", label = "煤" }]
[[codes]]
key = "goods"
items = [
  { key = "coal", code = "01", label = "原*煤", unit = "吨" },
  { key = "more", label = "原煤", unit = "千克", under = "coal" },
  { key = "lathe", label = "机床", unit = "台" },
]
[[section]]
key = "output"
title = "一、产量"
sheet = "产量"
[[section.block]]
corner = "产品"
rows_from = "goods"
columns = [{ key = "amount", label = "产量", is = "sum(products.amount, product = row)" }]
[[section.list]]
key = "products"
most = 6
print = 3
unique = ["product"]
merge = "code"
columns = [
  { key = "unit", label = "计量单位", shows = "product.unit" },
  { key = "product", label = "产品", kind = "choice", from = "goods", required = true },
  { key = "above", label = "上级产品", shows = "product.under" },
  { key = "amount", label = "产量", required = true },
]
"""
SHOWS = {
    "no such column": (("product.unit", "goods.unit"), ("unknown-name", "“unit” › shows")),
    "no such thing": (("product.unit", "product.units"), ("unknown-name", "“unit” › shows")),
    "of a number": (("product.under", "amount.under"), ("shows-no-item", "“above” › shows")),
    "with a kind": (
        ('shows = "product.unit"', 'kind = "date", shows = "product.unit"'),
        ("no-effect", "“unit”"),
    ),
    "required": (
        ('shows = "product.unit"', 'required = true, shows = "product.unit"'),
        ("derived-no-effect", "“unit”"),
    ),
    "a sum over several units": ((", product = row", ""), ("list-unit-open", "“amount” › is")),
    "a sum that has a unit": ((', product = row)"', ')"'), ("list-unit-open", "“amount” › is")),
}


@pytest.mark.parametrize("name", SHOWS)
def test_a_fault_of_what_is_shown_is_found_at_its_place(name):
    (old, new), fault = SHOWS[name]
    assert old in GOODS
    found = problems(GOODS.replace(old, new))
    assert any(code == fault[0] and fault[1] in place for code, place in found), found


def test_what_is_shown_of_an_item_is_in_workbooks_and_reports_and_is_never_read():
    form = parse(GOODS, "form.toml")
    own = lines(products=(("", "more", "", D(3)), ("", "coal", "", D(4))))
    about = Stamp(form.key, form.edition, PERIOD, Agency("区", "001", "甲"))
    content = write_return(form, about, {}, {}, lists=own)
    one = read_package(content, "001.xlsx", form)
    assert one.record.lists == own
    assert told(one) == set()
    assert form.cells["sum(products.amount, product = lathe)"].unit == "台"
    book = openpyxl.load_workbook(io.BytesIO(content), data_only=True)
    assert [cell.value for cell in book["产量清单"][4][1:5]] == ["千克", "原煤", "01 原*煤", 3]
    assert book["产量清单"]["B4"].protection.locked

    def edit(book):
        book["产量清单"]["B4"] = "斤"

    changed = read_package(edited(edit, content), "001.xlsx", form)
    assert changed.record == one.record
    assert {code for code, _, _ in told(changed)} <= {"not-calculated"}
    assert "千克" in render(compose(report_of(one)), "html").decode()
    assert filing_object(one, (), "zh")["lists"]["products"][0]["values"]["unit"] == "千克"
    rollup = merge([one], form, PERIOD, "区").rollup
    back = read_package(write_rollup(rollup), "r.xlsx", form)
    assert back.record.lists == rollup.record.lists
    assert told(back) == set()


@pytest.mark.prove
@pytest.mark.office
@pytest.mark.skipif(not is_installed(), reason="LibreOffice is not installed")
def test_another_program_shows_the_same_of_an_item():
    form = parse(GOODS, "form.toml")
    own = lines(products=(("", "more", "", D(3)), ("", "coal", "", D(4))))
    about = Stamp(form.key, form.edition, PERIOD, Agency("区", "001", "甲"))
    content = recalculated(write_return(form, about, {}, {}, lists=own))
    page = openpyxl.load_workbook(io.BytesIO(content), data_only=True)["产量清单"]
    assert [[page[f"{column}{row}"].value or "" for column in "BD"] for row in (4, 5, 6)] == [
        ["千克", "01 原*煤"],
        ["吨", ""],
        ["", ""],
    ]


# -- carries

MONTHLY = (
    GOODS.replace('"2025"', '"2025"\nperiod = "month"').replace(
        '{ key = "amount", label = "产量", required = true },',
        """{ key = "amount", label = "本月" },
  { key = "cum", label = "累计", required = true },
  { key = "lycum", label = "上年同期累计" },""",
    )
    + """[[section.list.carry]]
key = "cumulative"
columns = "cum = last.cum + amount"
resets = true
label = "累计等于上月累计加本月"
authority = "自拟"
[[section.list.carry]]
key = "year_ago"
columns = "lycum = ago.cum"
label = "上年同期累计与上年同月所报相同"
authority = "自拟"
"""
)


def monthly(period, *products):
    form = parse(MONTHLY, "form.toml")
    about = Stamp(form.key, form.edition, period, Agency("区", "001", "甲"))
    own = lines(products=[("", name, "", *map(D, rest)) for name, *rest in products])
    one = read_package(write_return(form, about, {}, {}, lists=own), "001.xlsx", form)
    assert isinstance(one, Return)
    return one


def carried(one, *before):
    past = past_before(before, one.form, one.record.period)
    findings = examine([one], past=past).findings
    return {
        (f.code, f.cell, f.found, f.expected)
        for f in findings
        if f.code in {"stock", "carry-over", "not-compared"}
    }


def test_lines_are_carried_over_by_their_key():
    last = monthly(Period(2025, 2, 12), ("coal", 4, 9, 0), ("lathe", 1, 1, 0))
    ago = monthly(Period(2024, 3, 12), ("more", 1, 7, 0))
    march = Period(2025, 3, 12)
    right = monthly(march, ("lathe", 2, 3, 0), ("more", 6, 6, 7), ("coal", 1, 10, 0))
    assert carried(right, last, ago) == set()
    wrong = monthly(march, ("more", 6, 7, 7), ("coal", 1, 11, 2))
    assert carried(wrong, last, ago) == {
        ("stock", "products.cum[more]", 7, 6),
        ("stock", "products.cum[coal]", 11, 10),
        ("carry-over", "products.lycum[coal]", 2, 0),
    }
    assert {code for code, *_ in carried(wrong, last)} == {"stock", "not-compared"}

    def edit(book):
        book["产量清单"]["F4"] = "十来吨"

    content = write_return(  # coal of February cannot be read, so it is not judged
        last.form, last.stamp, {}, {}, lists=last.record.lists
    )
    unread = read_package(edited(edit, content), "001.xlsx", last.form)
    assert {cell for code, cell, *_ in carried(wrong, unread, ago) if code == "stock"} == {
        "products.cum[more]"
    }
    january = monthly(Period(2026, 1, 12), ("coal", 5, 5, 0))
    december = monthly(Period(2025, 12, 12), ("coal", 1, 90, 0))
    assert {code for code, *_ in carried(january, december)} <= {"not-compared"}


_EQUATION, _CARRY = "cum = last.cum + amount", "carry “cumulative”"
CARRIES = {
    "without a key": (('unique = ["product"]', ""), ("list-carry-without-key", _CARRY)),
    "of no column": ((_EQUATION, "cum = last.cun + amount"), ("unknown-name", _CARRY)),
    "of one period": ((_EQUATION, "cum = cum + amount"), ("carry-right", _CARRY)),
    "of a choice": ((_EQUATION, "cum = last.product + amount"), ("not-compared", _CARRY)),
    "no equation": ((_EQUATION, "cum >= last.cum + amount"), ("carry-equation", _CARRY)),
}


def test_what_is_wrong_with_a_carry_of_a_list_is_found():
    assert not problems(MONTHLY)
    for (old, new), (code, place) in CARRIES.values():
        found = problems(MONTHLY.replace(old, new))
        assert any(one == code and place in where for one, where in found), found
    assert "累计＝上月累计+本月" in render(filling_notes(parse(MONTHLY, "form.toml")), "html").decode()
