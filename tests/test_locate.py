"""A figure is read from its own cell or not at all, whatever was done to the sheet around it."""

from __future__ import annotations

import re
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
from xltools.excel.writer import write_return
from xltools.form.labels import plain
from xltools.form.library import find

FORM = find("xxgk-2021")
TABLES = ["二、主动公开", "三、依申请公开", "四、复议诉讼"]
TRUTH = {cell.name: Decimal(1000 + index) for index, cell in enumerate(FORM.inputs)}
ISSUED = write_return(
    FORM,
    Stamp(FORM.key, FORM.edition, Period(2024), Agency("青禾区", "001", "青禾区教育局")),
    TRUTH,
    sound_prose(),
)


SECTIONS = {section.sheet: section for section in FORM.sections}


def reads_truly(package, *, complete=False):
    """Every figure that is read is the one that was typed there; or its sheet is refused by an error."""
    filing = read_package(package, "x.xlsx")
    assert filing.record is not None
    for name, value in filing.record.values.items():
        assert value == TRUTH[name], name
    missing = set(TRUTH) - set(filing.record.values)
    assert missing <= filing.unread | {f.cell for f in filing.findings if f.code == "blank"}
    if missing:
        assert not complete, [f.code for f in filing.findings]
        assert any(f.severity.value == "error" for f in verify(filing))
    return filing


@settings(max_examples=examples(40))
@given(st.sampled_from(TABLES), st.integers(1, 34), st.integers(1, 34), st.booleans())
def test_inserted_rows_are_found_or_refused(sheet, first, second, named):
    package = ISSUED
    for row in (first, second):
        package = clerk.with_row_inserted(package, sheet, row)
    # The only row of a wide table has no label of its own: moved away from its heads it is refused, names or no names.
    has_labels = all(block.arrange == "grid" for block in SECTIONS[sheet].blocks)
    reads_truly(package if named else clerk.without_names(package), complete=named and has_labels)


@settings(max_examples=examples(25))
@given(st.sampled_from(TABLES), st.integers(3, 31), st.booleans())
def test_a_deleted_row_is_never_read_as_its_neighbour(sheet, row, named):
    package = with_row_deleted(ISSUED, sheet, row)
    reads_truly(package if named else clerk.without_names(package))


def with_row_deleted(package, sheet, row):
    """The row goes, those below move up; names that pointed there break, as programs break them."""

    def up(number):
        return str(int(number) - (int(number) > row))

    def shift(text):
        text = re.sub(rf'<row r="{row}".*?(?:</row>|/>(?=<row|</sheetData>))', "", text, count=1)
        text = re.sub(r'(<row r=")(\d+)', lambda m: m[1] + up(m[2]), text)
        text = re.sub(r'(<c r="[A-Z]+)(\d+)', lambda m: m[1] + up(m[2]), text)
        return re.sub(r"<mergeCells.*</mergeCells>", "", text)

    def names(text):
        prefix = re.escape(f"'{sheet}'!")
        text = re.sub(rf">{prefix}\$[A-Z]+\${row}<", ">#REF!<", text)
        return re.sub(rf"({prefix}\$[A-Z]+\$)(\d+)(?=<)", lambda m: m[1] + up(m[2]), text)

    from xltools.excel.package import patched

    return patched(
        package,
        {
            clerk.part_of(package, sheet): lambda part: shift(part.decode()).encode(),
            "xl/workbook.xml": lambda part: names(part.decode()).encode(),
        },
    )


@settings(max_examples=examples(25))
@given(st.integers(6, 30), st.integers(6, 30), st.booleans())
def test_exchanged_rows_are_refused(first, second, named):
    """The cells of two rows change places with their labels staying: what the rows hold is no longer what they say."""
    if first == second:
        return
    package = exchanged(ISSUED, "三、依申请公开", first, second)
    filing = read_package(package if named else clerk.without_names(package), "x.xlsx")
    # Figures typed into the wrong rows cannot be told from right ones by anybody; but they are read where they stand.
    for name, value in filing.record.values.items():
        if not name.startswith("applications."):
            assert value == TRUTH[name]


def exchanged(package, sheet, first, second):
    def swap(text):
        text = re.sub(rf'(<c r="[D-I]){first}"', r'\1#"', text)
        text = re.sub(rf'(<c r="[D-I]){second}"', rf'\g<1>{first}"', text)
        return text.replace('#"', f'{second}"')

    from xltools.excel.package import patched

    return patched(package, {clerk.part_of(package, sheet): lambda part: swap(part.decode()).encode()})


VARIANTS = [
    ("规章", "规 章"),
    ("第二十条第（一）项", "第二十条 第(一)项"),
    ("1.属于国家秘密", "1、属于国家秘密"),
    ("1.属于国家秘密", "1. 属于国家秘密"),
    ("1.属于国家秘密", "１．属于国家秘密"),
    ("3.危及“三安全一稳定”", '3.危及"三安全一稳定"'),
    ("（七）总计", "(七)总计"),
    ("3.其他", "3.其它"),
    ("一、本年新收政府信息公开申请数量", "一，本年新收政府信息公开申请数量"),
    ("本年收费金额（单位：万元）", "本年收费金额(单位:万元)"),
]


@pytest.mark.parametrize(("official", "variant"), VARIANTS)
def test_spellings_of_a_label_are_one_label(official, variant):
    assert plain(official) == plain(variant)


def test_labels_that_differ_stay_different():
    texts = {
        label.text
        for sheet in __import__("xltools.form.layout", fromlist=["layout"]).layout(FORM).sheets
        for label in sheet.labels
    }
    assert len({plain(text) for text in texts}) == len(texts)


def test_a_moved_sheet_and_foreign_names_mean_nothing():
    """Another order of sheets, a sheet more, names of others broken: all the same to us."""

    def change(part):
        text = part.decode()
        sheets = re.findall(r"<sheet [^>]*/>", text)
        text = text.replace("".join(sheets), "".join(reversed(sheets)))
        foreign = '<definedName name="_xlnm.Database">#REF!</definedName><definedName name="别人的">#REF!</definedName>'
        return text.replace("<definedNames>", f"<definedNames>{foreign}").encode()

    from xltools.excel.package import patched

    filing = reads_truly(patched(ISSUED, {"xl/workbook.xml": change}), complete=True)
    assert {f.code for f in verify(filing)} <= {"rule-broken"}


def test_both_names_and_labels_survive_a_renamed_sheet_with_rows_inserted():
    package = clerk.with_sheet_renamed(clerk.with_row_inserted(ISSUED, TABLES[1], 9), TABLES[1], "申请")
    filing = reads_truly(package, complete=True)
    assert {f.code for f in filing.findings} >= {"sheet-renamed", "table-moved"}
    assert filing.moved["applications.new.natural"] == ("申请", "D6")
    reads_truly(clerk.without_names(package), complete=True)


def test_findings_name_the_place_where_the_cell_is_now():
    package = clerk.with_row_inserted(ISSUED, TABLES[2], 1)
    package = clerk.edited(package, TABLES[2], {"E7": Decimal(0)})
    found = [f for f in verify(read_package(package, "x.xlsx")) if f.code == "total-wrong"]
    assert [(f.sheet, f.address) for f in found] == [(TABLES[2], "E7")]
