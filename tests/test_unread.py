"""A figure under labels of the form is read, or named with its place, or its table is refused."""

from __future__ import annotations

from decimal import Decimal

import clerk
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import examples, sound_prose
from xltools.checking.checks import verify
from xltools.data.filing import Stamp
from xltools.data.period import Period
from xltools.data.record import Agency
from xltools.excel.reader import read_package
from xltools.excel.scan import SheetFacts, scan
from xltools.excel.writer import write_return
from xltools.form.address import a1, column_name
from xltools.form.layout import layout
from xltools.form.library import find

FORM = find("xxgk-2021")
TRUTH = {cell.name: Decimal(1000 + index) for index, cell in enumerate(FORM.inputs)}
TWO, THREE, FOUR = "二、主动公开", "三、依申请公开", "四、复议诉讼"
SHEETS = {sheet.name: sheet for sheet in layout(FORM).sheets}
FILE = "001_青禾区教育局_2024.xlsx"


def returned(values=TRUTH):
    stamp = Stamp(FORM.key, FORM.edition, Period(2024), Agency("青禾区", "001", "青禾区教育局"))
    return write_return(FORM, stamp, values, sound_prose())


ISSUED = returned()
WAYS = {
    "issued": lambda content: read_package(content, FILE),
    "nameless": lambda content: read_package(clerk.without_names(content), FILE),
    "retyped": lambda content: read_package(clerk.retyped(content), FILE, by_labels=True),
}


def told(filing, *codes):
    return [f for f in verify(filing) if f.code in codes]


def is_refused(filing, sheet):
    """Whether nothing of a sheet was read, for a reason that is an error."""
    names = {name for name in SHEETS[sheet].cells if name in TRUTH}
    errors = [f for f in filing.findings if f.severity.value == "error" and f.sheet == sheet]
    assert not errors or (names <= filing.unread and not names & filing.record.values.keys())
    return bool(errors)


def is_named_or_refused(filing, sheet, places):
    """The record is that of the return, and each of the *places* has a finding; or the sheet is refused."""
    if is_refused(filing, sheet):
        return
    assert filing.record.values == TRUTH
    found = {f.address: f.severity.value for f in told(filing, "figure-unread") if f.sheet == sheet}
    assert found == dict.fromkeys(places, "question")


LABELS = st.sampled_from(
    [None, "其中：延续许可", "行政许可", "1.属于国家秘密", "（七）总计", "自然人", "总计"]
)
NUMBERS = st.integers(0, 99_999)


@settings(max_examples=examples(60))
@given(st.data(), st.sampled_from([TWO, THREE, FOUR]), st.sampled_from(list(WAYS)), LABELS)
def test_figures_in_an_inserted_row(data, sheet, way, label):
    page = SHEETS[sheet].page
    row = data.draw(st.integers(4, page.last_row + 2))
    first = min(area.column for area in SHEETS[sheet].cells.values())
    columns = st.sampled_from([column_name(n) for n in range(first, page.last_column + 1)])
    contents = data.draw(st.dictionaries(columns, NUMBERS, min_size=1))
    texts = {column_name(first - 1): label} if label and first else {}
    filing = WAYS[way](clerk.with_row_inserted(ISSUED, sheet, row, texts | contents))
    is_named_or_refused(filing, sheet, [f"{column}{row}" for column in contents])


@pytest.mark.prove
@settings(max_examples=examples(60))
@given(st.data(), st.sampled_from([TWO, THREE, FOUR]), st.sampled_from(list(WAYS)), LABELS)
def test_figures_in_an_inserted_column(data, sheet, way, label):
    page = SHEETS[sheet].page
    column = column_name(data.draw(st.integers(1, page.last_column + 1)))
    rows = st.integers(5, page.last_row + 1).map(str)
    contents = data.draw(st.dictionaries(rows, NUMBERS, min_size=1))
    texts = {"4": label} if label else {}
    filing = WAYS[way](clerk.with_column_inserted(ISSUED, sheet, column, texts | contents))
    is_named_or_refused(filing, sheet, [f"{column}{row}" for row in contents])


@settings(max_examples=examples(40))
@given(st.data(), st.sampled_from([TWO, THREE, FOUR]), st.sampled_from(list(WAYS)))
def test_figures_in_a_copy(data, sheet, way):
    """A copy may stand anywhere, under any name, hidden or not. It says the same, or its original is not read."""
    copied = clerk.with_sheet_copied(ISSUED, sheet, "副本", data.draw(st.sampled_from(["visible", "hidden"])))
    anchors = [layout(FORM).address(name)[1] for name in SHEETS[sheet].cells if name in TRUTH]
    typed = data.draw(st.dictionaries(st.sampled_from(anchors), NUMBERS | st.none(), max_size=3))
    moved = clerk.edited(copied, "副本", typed)
    for row in data.draw(st.lists(st.integers(1, 3), max_size=2)):
        moved = clerk.with_row_inserted(moved, "副本", row)
    for column in data.draw(st.lists(st.just("A"), max_size=2)):
        moved = clerk.with_column_inserted(moved, "副本", column)
    filing = WAYS[way](moved)
    right = {
        layout(FORM).address(name)[1]: value for name, value in TRUTH.items() if name in SHEETS[sheet].cells
    }
    if all(number is None or number == right[address] for address, number in typed.items()):
        assert [f.sheet for f in told(filing, "table-copied", "table-twice")] == ["副本"]
        assert filing.record.values == TRUTH
    else:
        (found,) = told(filing, "table-twice")
        assert sheet in found.found
        assert "副本!" in found.found
        assert is_refused(filing, sheet)


@pytest.mark.parametrize("way", WAYS)
def test_a_filled_copy_of_a_blank_table_is_not_a_table_of_zeros(way):
    names = [name for name in SHEETS[TWO].cells if name in TRUTH]
    copied = clerk.with_sheet_copied(ISSUED, TWO, f"{TWO} (2)")
    filing = WAYS[way](clerk.edited(copied, TWO, {layout(FORM).address(name)[1]: None for name in names}))
    assert is_refused(filing, TWO)
    assert not told(filing, "blank")


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("sheet", [TWO, THREE, FOUR])
def test_a_copy_alone_is_read(way, sheet):
    content = clerk.without_sheet(clerk.with_sheet_copied(ISSUED, sheet, "Sheet1 (2)"), sheet)
    filing = WAYS[way](content)
    assert filing.record.values == TRUTH
    assert [f.code for f in told(filing, "sheet-renamed", "table-copied")] == ["sheet-renamed"]


def test_a_blank_copy_says_nothing():
    blank = clerk.with_sheet_copied(ISSUED, TWO, "空表")
    names = [name for name in SHEETS[TWO].cells if name in TRUTH]
    content = clerk.edited(blank, "空表", {layout(FORM).address(name)[1]: None for name in names})
    assert not told(read_package(content, FILE), "table-copied", "table-twice", "figure-unread")


@pytest.mark.parametrize("sheet", [TWO, THREE, FOUR])
def test_three_units_below_one_another_are_refused(sheet):
    content = ISSUED
    for by in (40, 80):
        content = clerk.with_rows_copied(content, sheet, 3, SHEETS[sheet].page.last_row + 1, by)
    assert is_refused(read_package(content, FILE), sheet)


def test_a_row_split_in_a_merged_label_is_refused():
    """The label stands once and covers both rows."""
    content = clerk.with_row_inserted(ISSUED, TWO, 10, {"B": 52})
    merged = clerk.with_part_changed(
        content, TWO, ("<mergeCells[^>]*>", '<mergeCells><mergeCell ref="A9:A10"/>')
    )
    (found,) = told(read_package(merged, FILE), "table-twice")
    assert "B10 = 52" in found.found


@pytest.mark.parametrize("sheet", [TWO, THREE, FOUR])
def test_figures_left_of_a_table_and_above_it_are_named_unless_they_are_its_numbers(sheet):
    left = clerk.with_column_inserted(ISSUED, sheet, "A", {"5": 17, "6": 4})
    above = clerk.with_row_inserted(ISSUED, sheet, 3, {"B": 17, "C": 4})
    far = clerk.with_column_inserted(left, sheet, "A", {"6": 9})
    for content, places in ((left, ["A5", "A6"]), (above, ["B3", "C3"]), (far, ["A6", "B5", "B6"])):
        is_named_or_refused(read_package(content, FILE), sheet, places)
    numbered = clerk.with_column_inserted(ISSUED, sheet, "A", {"4": "序号", "5": 1, "6": 2, "9": 1, "12": 2})
    numbered = clerk.with_row_inserted(numbered, sheet, 3, {"B": 1, "C": 2, "D": 3})
    filing = read_package(numbered, FILE)
    assert filing.record.values == TRUTH
    assert not told(filing, "figure-unread")


@pytest.mark.parametrize(
    ("old", "new", "places"),
    [
        ("</cols>", '<col min="16" max="16" hidden="1"/></cols>', ["P9"]),
        ('<row r="40"', '<row r="40" hidden="1"', ["D40", "E40"]),
    ],
)
def test_hidden_figures_in_line_with_a_table_are_named(old, new, places):
    contents = {"P9": 55, "D40": 44, "E40": 3, "P41": 7}
    content = clerk.with_part_changed(clerk.with_cells_added(ISSUED, THREE, contents), THREE, (old, new))
    is_named_or_refused(read_package(content, FILE), THREE, places)


@given(
    st.lists(
        st.tuples(st.integers(0, 30), st.integers(0, 9)).map(lambda run: (run[0], sum(run))), max_size=6
    ),
    st.sets(st.integers(0, 40)),
)
def test_a_column_is_hidden_if_a_run_of_hidden_ones_has_it(runs, columns):
    wanted = {column for column in columns if any(first <= column <= last for first, last in runs)}
    assert SheetFacts("", hidden_columns=runs).hidden_among(columns) == wanted


def test_a_figure_in_the_place_of_a_check_is_named():
    place = next(p for p, fact in scan(ISSUED).sheet(TWO).cells.items() if "√" in (fact.formula or ""))
    cell = (f'<c r="{a1(*place)}".*?</c>', f'<c r="{a1(*place)}"><v>152</v></c>')
    filing = read_package(clerk.with_part_changed(ISSUED, TWO, cell), FILE)
    assert [f.address for f in told(filing, "figure-unread")] == [a1(*place)]


def test_a_figure_in_words_in_an_inserted_row_is_named():
    content = clerk.with_row_inserted(ISSUED, TWO, 10, {"A": "其中：延续", "B": "五十二件"})
    assert [f.found for f in told(read_package(content, FILE), "figure-unread")] == ["五十二件"]


@pytest.mark.parametrize(
    "contents",
    [
        {"R40": 55, "D36": 44},  # sums far away
        {"M4": "合计", "N6": 7},  # a column of the agency's own, off the table
        {"A34": "填表人：张三", "D34": "2024年12月31日"},
        {"K6": "较上年增加3件"},
    ],
)
def test_what_is_no_figure_of_the_form_is_not_mentioned(contents):
    filing = read_package(clerk.with_cells_added(ISSUED, THREE, contents), FILE)
    assert filing.record.values == TRUTH
    assert not told(filing, "table-copied", "table-twice", "figure-unread")


def test_an_extra_sheet_without_the_labels_is_not_mentioned():
    extra = clerk.with_sheet_copied(ISSUED, "一、总体情况", "台账")
    rows = {f"{column}{row}": row for column in "BCD" for row in range(20, 30)}
    labels = {"A20": "行政许可", "B19": "总计", "C19": "一季度"}
    filing = read_package(clerk.with_cells_added(extra, "台账", rows | labels), FILE)
    assert not told(filing, "table-copied", "table-twice", "figure-unread")


def test_a_finding_names_label_row_and_figure():
    content = clerk.with_row_inserted(ISSUED, THREE, 9, {"C": "其中：主动公开", "D": "2件", "J": 3})
    found = [
        (f.address, f.found, f.facts["label"], f.facts["row"])
        for f in told(read_package(content, FILE), "figure-unread")
    ]
    assert found == [
        ("D9", Decimal(2), "其中：主动公开 · 自然人", 9),
        ("J9", Decimal(3), "其中：主动公开 · 总计", 9),
    ]
