"""Rosters as Excel in China saves them, and everything that is wrong with one named at once."""

from __future__ import annotations

import io

import openpyxl
import pytest

from xltools.errors import RosterError
from xltools.rosters import load_roster

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


@pytest.mark.parametrize("code", ["A_B", ".01", "~$2", "a/b"])
def test_a_code_that_would_blur_or_hide_a_file_name_is_refused(tmp_path, code):
    assert problems(tmp_path, f"code,name\n{code},甲\n") == [("roster-character", "2")]
