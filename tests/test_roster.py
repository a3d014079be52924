"""Rosters as Excel in China saves them, and everything that is wrong with one named at once."""

from __future__ import annotations

import datetime as dt
import io
import re
import warnings
import zipfile

import clerk
import openpyxl
import pytest
import xlsxwriter

import hostile
import office
from conftest import by_day
from xltools.collection.roster_files import load_roster, roster_text, rows_of
from xltools.data.filing import RefusedFile, Source
from xltools.data.roster import NEEDED_HEADS, Entry, Roster, divided
from xltools.data.roster_lines import named_for
from xltools.errors import RosterError
from xltools.text import error_text

ROWS = [("代码", "名称", "电话"), ("001", "青禾区教育局", "1"), ("002", "青禾区财政局", "")]
TEXT = "".join(",".join(row) + "\r\n" for row in ROWS)


def codes(path):
    return [(entry.code, entry.name) for entry in load_roster(path)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_csv_in_every_encoding(tmp_path, encoding):
    (tmp_path / "r.csv").write_bytes(TEXT.encode(encoding))
    assert codes(tmp_path / "r.csv") == [("001", "青禾区教育局"), ("002", "青禾区财政局")]


@pytest.mark.parametrize("delimiter", ["\t", ";", "，"])
def test_other_delimiters(tmp_path, delimiter):
    (tmp_path / "r.csv").write_text(TEXT.replace(",", delimiter), encoding="utf-8")
    assert codes(tmp_path / "r.csv")[1] == ("002", "青禾区财政局")


def test_a_workbook(tmp_path):
    book = openpyxl.Workbook()
    for row in ROWS:
        book.active.append(row)
    book.active.append((3, "青禾区民政局", None))
    out = io.BytesIO()
    book.save(out)
    (tmp_path / "名单.xlsx").write_bytes(out.getvalue())
    assert codes(tmp_path / "名单.xlsx") == [
        ("001", "青禾区教育局"),
        ("002", "青禾区财政局"),
        ("3", "青禾区民政局"),
    ]


def roster_of(tmp_path, rows):
    """A roster whose codes are numbers, each shown by a format."""
    book = openpyxl.Workbook()
    book.active.append(("代码", "名称"))
    for number, (code, number_format) in enumerate(rows):
        book.active.append((code, f"单位{number}"))
        book.active.cell(number + 2, 1).number_format = number_format
    book.save(tmp_path / "名单.xlsx")
    return [code for code, _ in codes(tmp_path / "名单.xlsx")]


def test_a_number_keeps_the_zeros_that_its_format_shows(tmp_path):
    """Excel makes the number 1 of 001 and shows 001 again when the format is 000."""
    rows = [
        (1, "000"),
        (1234, "000"),
        (2, "00000"),
        (3, "[$-804]000"),
        (4, "000_ "),
        (5, "000;-000"),
        (0, "000"),
    ]
    assert roster_of(tmp_path, rows) == ["001", "1234", "00002", "003", "004", "005", "000"]


def test_other_formats_leave_a_number_as_it_is(tmp_path):
    """What a format adds to the digits, and what is no whole number, is not guessed at."""
    rows = [
        (1, "General"),
        (2, "0"),
        (3, '"A"000'),
        (4, "[>3]000"),
        (5.5, "000"),
        (6, "0.00"),
        (7, "[$¥-804]000"),
    ]
    assert roster_of(tmp_path, rows) == ["1", "2", "3", "4", "5.5", "6", "7"]


SHOWN = [
    ["代码", "名称", "类别", "日期"],
    ["001", "青禾区教育局", "", "2025-02-03"],
    ["007", "青禾区财政局", "TRUE", "2025-02-03 08:30:00"],
    ["7", "青禾区民政局", "1.5"],
]


def by_openpyxl():
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["代码", "名称", "类别", "日期"])
    sheet.append(["001", "青禾区教育局", None, dt.date(2025, 2, 3)])
    sheet.append([7, "青禾区财政局", True, dt.datetime.fromisoformat("2025-02-03 08:30")])
    sheet.append([7, "青禾区民政局", 1.5])
    sheet["A3"].number_format = "000"
    book.create_sheet("别的").append(["代码"])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def by_xlsxwriter():
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        sheet = book.add_worksheet()
        day, minute, code = (
            book.add_format({"num_format": f}) for f in ("yyyy-mm-dd", "yyyy-mm-dd hh:mm", "000")
        )
        sheet.write_row(0, 0, ["代码", "名称", "类别", "日期"])
        sheet.write_row(1, 0, ["001", "青禾区教育局"])
        sheet.write_datetime(1, 3, dt.date(2025, 2, 3), day)
        sheet.write_number(2, 0, 7, code)
        sheet.write_row(2, 1, ["青禾区财政局", True])
        sheet.write_datetime(2, 3, dt.datetime.fromisoformat("2025-02-03 08:30"), minute)
        sheet.write_row(3, 0, [7, "青禾区民政局", 1.5])
    return out.getvalue()


def changed(package, **changes):
    """The package with parts changed; *changes* are by the stem of the part."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(package)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            change = changes.get(name.rpartition("/")[2].partition(".")[0])
            new.writestr(name, change(old.read(name)) if change else old.read(name))
    return out.getvalue()


def behind_the_rows(text):
    return lambda part: part.replace(b"</sheetData>", text.encode() + b"</sheetData>")


def shown(tmp_path, package):
    (tmp_path / "r.xlsx").write_bytes(package)
    return [row for _, row in rows_of(tmp_path / "r.xlsx", NEEDED_HEADS)]


@pytest.mark.parametrize("made", [by_openpyxl, by_xlsxwriter])
def test_what_cells_show_whoever_wrote_them(tmp_path, made):
    assert shown(tmp_path, made()) == SHOWN


@pytest.mark.prove
@pytest.mark.office
def test_what_cells_show_after_libreoffice_saved_them(tmp_path):
    files = office.resaved({"one": by_openpyxl(), "other": by_xlsxwriter()})
    for package in files.values():
        found = shown(tmp_path, package)
        assert [row[: len(expected)] for row, expected in zip(found, SHOWN, strict=True)] == SHOWN


def test_the_dimension_that_a_sheet_declares_is_ignored(tmp_path):
    wrong = changed(
        by_openpyxl(), sheet1=lambda part: re.sub(rb'<dimension ref="[^"]*"', b'<dimension ref="A1"', part)
    )
    assert shown(tmp_path, wrong) == SHOWN


def test_a_workbook_that_excel_calls_strict(tmp_path):
    def strict(part):
        part = part.replace(
            b"http://schemas.openxmlformats.org/spreadsheetml/2006/main",
            b"http://purl.oclc.org/ooxml/spreadsheetml/main",
        )
        return part.replace(
            b"http://schemas.openxmlformats.org/officeDocument/2006/relationships",
            b"http://purl.oclc.org/ooxml/officeDocument/relationships",
        )

    names = ("sheet1", "workbook", "styles", "sharedStrings", "")
    assert shown(tmp_path, changed(by_openpyxl(), **dict.fromkeys(names, strict))) == SHOWN


def test_a_far_cell_and_a_large_merge_cost_nothing(tmp_path):
    far = '<row r="1048576"><c r="XFD1048576" t="str"><v>x</v></c></row>'
    merge = '<mergeCells><mergeCell ref="A9:XFD1048576"/></mergeCells>'
    package = changed(
        by_openpyxl(),
        sheet1=lambda part: behind_the_rows(far)(part).replace(
            b"</sheetData>", b"</sheetData>" + merge.encode()
        ),
    )
    assert shown(tmp_path, package)[:-1] == SHOWN


DOCTYPE = b'<!DOCTYPE x [<!ENTITY e "ha">]>'
REFUSED = {
    "no zip": (b"text", "csv-file"),
    "empty": (b"", "empty-file"),
    "cut off": (by_openpyxl()[:-30], "damaged"),
    "a document type in the sheet": (changed(by_openpyxl(), sheet1=lambda part: DOCTYPE + part), "doctype"),
    "a document type in the properties": (
        changed(by_openpyxl(), core=lambda part: DOCTYPE + part),
        "doctype",
    ),
    "a part that is not XML": (changed(by_openpyxl(), styles=lambda _: b"x"), "damaged"),
    "a number that is none": (
        changed(by_openpyxl(), sheet1=behind_the_rows("<row><c><v>x</v></c></row>")),
        "damaged",
    ),
    "a style that is not there": (
        changed(by_openpyxl(), sheet1=behind_the_rows('<row><c s="99"><v>1</v></c></row>')),
        "damaged",
    ),
    "rows far too wide": (
        changed(by_openpyxl(), sheet1=behind_the_rows('<row><c r="XFD5" t="str"><v>a</v></c></row>' * 100)),
        "too-large",
    ),
    "ranges without end": (
        changed(
            by_openpyxl(),
            sheet1=lambda part: part.replace(
                b"</sheetData>",
                b"</sheetData>" + b'<conditionalFormatting sqref="%s"/>' % (b"A1 " * 250_000) * 4,
            ),
        ),
        "too-large",
    ),
    "a number format without end": (
        changed(
            by_openpyxl(), styles=lambda part: part.replace(b'formatCode="', b'formatCode="' + b"[" * 99_999)
        ),
        "damaged",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_workbook_that_is_damaged_or_hostile_is_refused_by_its_name(tmp_path, name):
    package, reason = REFUSED[name]
    with pytest.raises(RosterError) as caught:
        shown(tmp_path, package)
    (problem,) = caught.value.problems
    assert (problem.code, problem.facts["reason"]) == ("roster-unreadable", reason)
    assert problem.place == str(tmp_path / "r.xlsx")


HEAVY = {"bomb_of_spaces", "a_hundred_thousand_sheets_of_one_part", "millions_of_cells"}
# Not read, although a return like that is.
REFUSED_HERE = {
    *("no_styles_part", "no_content_types", "format_of_brackets", "style_out_of_range", "style_of_nothing"),
    *("formulas_behind_the_cells", "number_is_a_word"),  # a sheet behind the first, which has no heads
}


@pytest.mark.parametrize(
    "name", by_day((name for name, one in hostile.FILES.items() if name in HEAVY or not one.is_heavy), 6)
)
def test_whatever_the_file_it_ends_in_rows_or_in_a_refusal(tmp_path, name):
    """Warnings of openpyxl would be errors here."""
    (tmp_path / "r.xlsx").write_bytes(hostile.FILES[name].make())
    try:
        list(rows_of(tmp_path / "r.xlsx", NEEDED_HEADS))
    except RosterError:
        assert name in REFUSED_HERE or hostile.FILES[name].code


def test_what_openpyxl_warns_of_is_not_shown(tmp_path):
    """It warns of a date that no calendar has."""
    package = changed(
        by_xlsxwriter(), sheet1=lambda part: part.replace(b"<v>45691</v>", b"<v>4569100000</v>")
    )
    with pytest.warns(UserWarning, match="outside the limits"):
        openpyxl.load_workbook(io.BytesIO(package))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert shown(tmp_path, package)[1][3] == "#VALUE!"


def test_columns_by_name_in_any_order_and_the_others_kept(tmp_path):
    (tmp_path / "r.csv").write_text("联系人,NAME,Code\n张,甲局,01\n", encoding="utf-8")
    (entry,) = load_roster(tmp_path / "r.csv")
    assert (entry.code, entry.name, entry.others) == ("01", "甲局", {"联系人": "张"})


def test_blank_lines_are_passed_over(tmp_path):
    (tmp_path / "r.csv").write_text("code,name\n\n01,甲\n,\n　,　\n02,乙\n", encoding="utf-8")
    assert codes(tmp_path / "r.csv") == [("01", "甲"), ("02", "乙")]


def problems(tmp_path, text):
    (tmp_path / "r.csv").write_text(text, encoding="utf-8")
    with pytest.raises(RosterError) as caught:
        load_roster(tmp_path / "r.csv")
    return [(p.code, p.place.rpartition(":")[2]) for p in caught.value.problems]


def test_agencies_in_two_tables_side_by_side_are_not_left_out(tmp_path):
    text = "单位代码,单位名称,,单位代码,单位名称 \n1,甲局,,3,丙局\n2,乙局,,4,丁局\n"
    assert problems(tmp_path, text) == [("roster-beside", "1")]
    assert problems(tmp_path, "代码,单位,,代码,单位：\n1,甲局,,2,乙局\n") == [("roster-beside", "1")]


def test_every_fault_is_named_with_its_line(tmp_path):
    text = "code,name\n01,甲\n01,乙\n02,甲\n,丙\n03,\n04,a/b\n05,c:d?\n06," + "长" * 70 + "\nA1,丁\na1,戊\n"
    assert problems(tmp_path, text) == [
        ("roster-repeated", "3"),
        ("roster-repeated", "4"),
        ("roster-blank", "5"),
        ("roster-blank", "6"),
        ("roster-character", "7"),
        ("roster-character", "8"),
        ("roster-long", "9"),
        ("roster-repeated", "11"),
    ]


def test_a_roster_without_its_columns_or_agencies(tmp_path):
    assert problems(tmp_path, "序号,电话\n1,2\n")[0][0] == "roster-head"
    assert problems(tmp_path, "code,name\n")[0][0] == "roster-empty"
    assert problems(tmp_path, "")[0][0] == "roster-empty"


def test_what_is_no_roster(tmp_path):
    (tmp_path / "r.csv").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "r.xlsx").write_bytes(b"text")
    for name, code in (("r.csv", "roster-encoding"), ("r.xlsx", "roster-unreadable")):
        with pytest.raises(RosterError) as caught:
            load_roster(tmp_path / name)
        assert caught.value.problems[0].code == code


@pytest.mark.parametrize("code", ["A_B", ".01", "~$2", "a/b", "nul.1"])
def test_a_code_that_would_blur_or_hide_a_file_name_is_refused(tmp_path, code):
    assert problems(tmp_path, f"code,name\n{code},甲\n") == [("roster-character", "2")]


# -- tables as offices keep them


def book_of(path, *sheets, hidden=()):
    """A workbook with these sheets, each a title and its rows."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets:
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
        sheet.sheet_state = "hidden" if title in hidden else "visible"
    book.save(path)
    return path


ABOVE = [["青禾区2024年度报送单位名单"], [], ["填报单位：政府办", None, "2025年1月"]]
TWO = [("001", "青禾区教育局"), ("002", "青禾区财政局")]


@pytest.mark.parametrize("rows", [0, 1, 3, 19])
def test_the_heads_may_stand_below_a_title(tmp_path, rows):
    above = (ABOVE + [["说明"]] * 16)[:rows]
    assert codes(book_of(tmp_path / "r.xlsx", ("名单", [*above, *ROWS]))) == TWO
    (tmp_path / "r.csv").write_text("青禾区名单,,\r\n" * rows + TEXT, encoding="gb18030")
    assert codes(tmp_path / "r.csv") == TWO


def test_the_lines_of_problems_count_the_rows_above_the_heads(tmp_path):
    assert problems(tmp_path, "名单,,\n\n代码,名称\n01,甲\n01,乙\n") == [("roster-repeated", "5")]


def test_any_sheet_may_have_the_roster(tmp_path):
    about = ("说明", [["本表由政府办维护"], ["单位", "政府办"]])
    telephone = ("电话", [["单位", "电话"], ["甲", "1"]])
    old = ("2023", [["代码", "名称", "类别"], ["009", "青禾区旧局", "部门"]])
    assert codes(book_of(tmp_path / "1.xlsx", about, telephone, ("名单", ROWS))) == TWO
    assert codes(book_of(tmp_path / "2.xlsx", ("名单", ROWS), old)) == TWO, "the first that has all it needs"
    assert codes(book_of(tmp_path / "3.xlsx", old, ("名单", ROWS), hidden=("2023",))) == TWO


def test_a_line_that_reads_like_a_head_is_none(tmp_path):
    rows = [["代码", "名称", "类别"], ["001", "青禾区教育局", "单位"], ["002", "单位", "机构"]]
    found = codes(book_of(tmp_path / "r.xlsx", ("名单", rows)))
    assert found == [("001", "青禾区教育局"), ("002", "单位")]


@pytest.mark.parametrize(
    "head", ["单 位 名 称", "单位名称（全称）", "＊单位名称", "部门", "NAME", "单位名称："]
)
def test_heads_as_people_write_them(tmp_path, head):
    (tmp_path / "r.csv").write_text(f"代 码,{head}\n001,青禾区教育局\n", encoding="utf-8")
    assert codes(tmp_path / "r.csv") == TWO[:1]


def test_merged_cells_hold_for_all_their_rows(tmp_path):
    """A kind beside many agencies, and heads in two rows."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["单位名单"])
    sheet.append(["序号", "單位類別", "单位", None, "备注"])
    sheet.append([None, None, "代码", "名称", None])
    for row in (
        [1, "部门", "001", "甲局", None],
        [2, None, "002", "乙局", None],
        [3, "街道", 3e17, "丙\n街道", None],
    ):
        sheet.append(row)
    for area in ("A1:E1", "A2:A3", "B2:B3", "C2:D2", "E2:E3", "B4:B5"):
        sheet.merge_cells(area)
    book.save(tmp_path / "r.xlsx")
    found = load_roster(tmp_path / "r.xlsx")
    assert [(e.code, e.name, e.kind) for e in found] == [
        ("001", "甲局", "部门"),
        ("002", "乙局", "部门"),
        ("300000000000000000", "丙街道", "街道"),
    ]


@pytest.mark.parametrize(
    "content",
    [
        clerk.ole("Workbook"),
        clerk.ole("EncryptedPackage"),
        b"PK\3\4" + bytes(26) + b"mimetypeapplication/vnd.oasis.opendocument.spreadsheet",
    ],
)
def test_a_table_in_an_old_format_is_called_that(tmp_path, content):
    (tmp_path / "r.csv").write_bytes(content)
    with pytest.raises(RosterError) as caught:
        load_roster(tmp_path / "r.csv")
    assert [problem.code for problem in caught.value.problems] == ["roster-old-format"]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_message_names_the_heads_as_people_write_them(tmp_path, lang):
    (tmp_path / "r.csv").write_text("序号,电话\n1,2\n", encoding="utf-8")
    with pytest.raises(RosterError) as caught:
        load_roster(tmp_path / "r.csv")
    told = error_text(caught.value, lang)
    assert "单位名称" in told
    assert "序号、电话" in told
    assert lang == "en" or not re.search("code|name", told.partition(": ")[2])


@pytest.mark.parametrize(
    "row",
    [
        ",合计,25",
        "合 计,,25",
        "总计,3,",
        ",小计：,",
        "备注：以上单位应当报送,,",
        "026,合计,",
        ",,注：略",
        "共25家,,",
        ",（以上共25家）,",
        "026,联系人：张三,",
        ",二、街道办事处,",
        "027,（二）事业单位,",
        ",其中：分局,",
        ",總計,25",
        "026,25家,",
    ],
)
def test_what_stands_below_the_table_is_no_agency(tmp_path, row):
    assert problems(tmp_path, f"代码,名称,数\n01,甲,\n{row}\n") == [("roster-closing", "3")]


def test_an_agency_whose_name_has_such_a_word_in_it_is_one(tmp_path):
    names = "统计局", "会计核算中心", "共青团区委", "注册会计师协会"
    text = "".join(f"{n},青禾区{name}\n{n}0,{name}\n" for n, name in enumerate(names, 1))
    (tmp_path / "r.csv").write_text("代码,名称\n" + text, encoding="utf-8")
    assert len(codes(tmp_path / "r.csv")) == 8


def test_a_formula_without_a_result_is_named(tmp_path):
    rows = [["代码", "名称"], ['=TEXT(ROW()-1,"000")', "甲局"], ["002", "=B2"]]
    with pytest.raises(RosterError) as caught:
        load_roster(book_of(tmp_path / "r.xlsx", ("名单", rows)))
    told = [(p.code, p.place.rpartition(":")[2], p.facts["text"]) for p in caught.value.problems]
    assert told == [
        ("roster-formula", "2", '=TEXT(ROW()-1,"000")'),
        ("roster-formula", "3", "=B2"),
    ]


@pytest.mark.parametrize("cell", ["'001", '="001"', "００１", "0\u200b01", "\ufeff001", '"001"', " 001 "])
def test_what_spreadsheets_put_around_a_code_is_taken_off(tmp_path, cell):
    assert codes(book_of(tmp_path / "r.xlsx", ("名单", [["代码", "名称"], [cell, "甲局"]]))) == [
        ("001", "甲局")
    ]


# -- codes that nobody gave


def test_agencies_without_codes_are_numbered_once(tmp_path):
    path = book_of(
        tmp_path / "r.xlsx", ("名单", [["名单"], ["序号", "单位名称"], [1, "甲局"], [], [2, "乙局"]])
    )
    with pytest.raises(RosterError) as caught:
        load_roster(path)
    assert [p.code for p in caught.value.problems] == ["roster-no-codes"]
    (tmp_path / "roster.csv").write_text(roster_text(path), encoding="utf-8")
    assert codes(tmp_path / "roster.csv") == [("001", "甲局"), ("002", "乙局")]
    assert roster_text(tmp_path / "roster.csv") == roster_text(path), "codes that are there stay"
    more = roster_text(path).replace("002,", ",,丙局\n002,")
    assert problems(tmp_path, more) == [("roster-blank", "3")], "nor is a line that came later given one"


def test_agencies_without_codes_keep_those_of_last_year(tmp_path):
    (tmp_path / "before.csv").write_text(
        "代码,名称,并入\n001,甲局,\n002,乙局,甲局\n7,丙局,\n", encoding="utf-8"
    )
    (tmp_path / "r.csv").write_text("单位名称\n丁局\n丙局\n甲局\n戊局\n", encoding="utf-8")
    text = roster_text(tmp_path / "r.csv", load_roster(tmp_path / "before.csv"))
    assert text.splitlines()[1:] == ["003,丁局", "7,丙局", "001,甲局", "004,戊局"]


def test_a_long_list_gets_longer_codes(tmp_path):
    (tmp_path / "r.csv").write_text(
        "单位名称\n" + "".join(f"单位{n}\n" for n in range(1000)), encoding="utf-8"
    )
    assert roster_text(tmp_path / "r.csv").splitlines()[1] == "0001,单位0"


# -- which line is meant


def roster_with(*lines):
    return divided([Entry(code, name, others) for code, name, others in lines])


@pytest.mark.parametrize(
    ("lines", "code", "found"),
    [
        (["1", "2", "10"], "001", "1"),
        (["1", "2", "10"], "010", "10"),
        (["1", "2", "10"], "100", None),
        (["001", "1"], "001", "001"),
        (["01", "1"], "001", None),
        (["001"], "1", "001"),
        (["a1"], "A1", "a1"),
        (["0"], "000", "0"),
        (["0"], "", None),
        (["1"], "２", None),
        (["001"], "００１", "001"),
    ],
)
def test_a_code_that_lost_its_zeros_is_that_of_the_only_line_that_fits(lines, code, found):
    entry = roster_with(*((line, f"单位{line}", {}) for line in lines)).get(code)
    assert (entry.code if entry else None) == found


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("001_x.xlsx", "1"),
        ("1_x.xlsx", "1"),
        ("2_修改.xlsx", None),
        ("003_x.xlsx", "003"),
        ("b04_x.xlsx", "B04"),
        ("B05_x.xlsx", None),
    ],
)
def test_a_file_name_has_the_codes_of_the_roster_or_lost_zeros(name, found):
    """A number at the beginning of a name often counts the files."""
    roster = roster_with(("1", "甲", {}), ("002", "乙", {}), ("003", "丙", {}), ("B04", "丁", {}))
    entry = named_for(RefusedFile(Source(name)), roster)
    assert (entry.code if entry else None) == found


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        *(
            ("002", ["002"]),
            ("2", ["002"]),
            ("临江区财政局", ["002"]),
            ("财政局", ["002"]),
            ("东门", ["003"]),
        ),
        *(("局", []), ("临江区", ["001", "002", "003", "004"]), ("西门", []), ("", []), ("教育局", ["001"])),
    ],
)
def test_who_is_meant_by_a_code_a_name_or_a_part_of_it(wanted, found):
    names = "临江区教育局", "临江区财政局", "临江区东门街道办", "临江区教育局下属中心"
    roster = roster_with(*((f"00{n}", name, {}) for n, name in enumerate(names, 1)))
    assert [entry.code for entry in roster.meant(wanted)] == found


@pytest.mark.parametrize(
    ("own", "issued", "whole"),
    [
        (("1", "2", "26"), ("001", "002"), ("001", "002", "026")),
        (("1", "2", "26"), (), ("1", "2", "26")),
        (("1", "2", "26"), ("1", "2"), ("1", "2", "26")),  # nothing is lost
        (("1", "2"), ("001", "0002"), ("001", "0002")),
        (("1", "2"), ("001", "01"), ("1", "2")),  # two fit
        (("1", "01", "2"), ("001", "002"), ("1", "01", "002")),
        (("1", "甲", "2"), ("001", "A7"), ("001", "甲", "2")),
        (("１", "2"), ("001", "002"), ("001", "002")),
        (("0011", "2"), ("011", "002"), ("011", "002")),
    ],
)
def test_codes_that_lost_their_zeros_are_those_that_were_issued(own, issued, whole):
    roster = Roster(tuple(Entry(code, f"单位{place}", {}) for place, code in enumerate(own)))
    assert tuple(entry.code for entry in roster.as_issued(issued)) == whole


# -- agencies that merge or split


def test_who_was_merged_or_split_is_not_expected(tmp_path):
    text = "代码,名称,并入,拆分\n01,甲局,,\n02,乙局,甲局,\n03,丙局,,丁局、05\n04,丁局,,\n05,戊局,,\n06,己局,,己局；丁局\n"
    (tmp_path / "r.csv").write_text(text, encoding="utf-8")
    roster = load_roster(tmp_path / "r.csv")
    assert [entry.code for entry in roster] == ["01", "04", "05", "06"]
    assert [(e.code, [heir.code for heir in heirs]) for e, heirs in roster.successions] == [
        ("02", ["01"]),
        ("03", ["04", "05"]),
        ("06", ["06", "04"]),
    ]


@pytest.mark.parametrize("to", ["没有局", "己局", "局局", "04"])
def test_a_successor_is_one_agency(tmp_path, to):
    """己局 and 庚局 took each other over; a name that two have a part of is no name."""
    text = f"代码,名称,并入\n01,甲局局,\n03,丙局,{to}\n05,丁局局,\n06,己局,庚局\n07,庚局,己局\n"
    assert ("roster-successor", "3") in problems(tmp_path, text)


def test_who_took_an_agency_over_may_have_been_taken_over_itself(tmp_path):
    text = (
        "代码,名称,并入,拆分\n01,甲局,,\n02,乙局,甲局,\n03,丙局,乙局,\n04,丁局,,甲局、05\n05,戊局,,\n06,己局,丁局,\n"
        "07,庚局,庚局,\n"
    )
    (tmp_path / "r.csv").write_text(text, encoding="utf-8")
    roster = load_roster(tmp_path / "r.csv")
    assert [entry.code for entry in roster] == ["01", "05", "07"], "one that takes itself over goes on"
    assert [(e.code, [heir.code for heir in heirs]) for e, heirs in roster.successions] == [
        ("02", ["01"]),
        ("03", ["01"]),
        ("04", ["01", "05"]),
        ("06", ["01", "05"]),
        ("07", ["07"]),
    ]


def test_a_sum_below_a_table_without_codes_is_no_agency(tmp_path):
    """The row is given a code as all are, and the number of agencies stands where their names do."""
    (tmp_path / "r.csv").write_text("序号,单位名称,类别\n1,甲局,部门\n合计,共有一个,\n", encoding="utf-8")
    with pytest.raises(RosterError, match="roster-closing"):
        roster_text(tmp_path / "r.csv")
