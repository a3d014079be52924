"""What number formats show: by laws, by cases of Excel, and as LibreOffice shows it."""

from __future__ import annotations

import csv
import subprocess
from decimal import Decimal

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

import office
from xltools.excel.number_format import BUILT_IN, number_format
from xltools.excel.reader.shown import DIFFERS, ROUNDED, shown_fault

VALUES = st.decimals(0, 10**9, allow_nan=False, places=4).map(lambda value: Decimal(f"{value.normalize():f}"))
ACCOUNTING = BUILT_IN["43"]


def shown(code, value):
    return number_format(code).show(Decimal(value)).text


EXCEL = {
    ("0%", "0.37"): "37%",
    ("0.00,", "370043"): "370.04",
    ("0!.0000", "370043"): "37.0043",
    (r"0\.0000", "148"): "0.0148",
    ('0"."0000', "370043"): "37.0043",
    ("0!.0,", "370043"): "37.0",
    ('[>=10000]0!.0,"万";0', "45296"): "4.5万",
    ('[>=10000]0!.0,"万";0', "148"): "148",
    ('[=1]"是";[=0]"否";0', "1"): "是",
    (";;;", "5"): "",
    ('"已报"', "5"): "已报",
    ("0;0", "-5"): "5",
    ("0_);(0)", "-5"): "(5)",
    ("0", "-0.3"): "0",
    (ACCOUNTING, "0"): "  -   ",
    ("#,##0.00", "-1204.5"): "-1,204.50",
    ("# ?/?", "37.5"): "37 1/2",
    ("# ?/8", "0.25"): "2/8",
    ("0.00E+00", "370043"): "3.70E+05",
    ("##0.0E+0", "0.00002"): "20.0E-6",
    ("0.0E+0", "9.99"): "1.0E+1",
    ("[DBNum1][$-804]G/通用格式", "148"): "148",
    ('General"件"', "12.5"): "12.5件",
    ('[红色]0"件"', "12"): "12件",
    ("[$¥-804]#,##0.00", "5"): "¥5.00",
    ("0.0%;-0.0%", "-0.5"): "-50.0%",
    ('yyyy"年"m"月"d"日"', "45296"): "2024年1月5日",
    ("yyyy-mm-dd aaaa", "45296"): "2024-01-05 星期五",
    ("h:mm:ss AM/PM", "0.75"): "6:00:00 PM",
    ("[h]:mm", "1.5"): "36:00",
    ("yyyy-mm-dd", "-1"): "#####",
    ("yyyy-mm-dd", "99999999"): "#####",
    ("General", "0.1"): "0.1",
    ("@", "148"): "148",
    ("", "148"): "148",
}


@pytest.mark.parametrize(("code", "value"), EXCEL)
def test_what_excel_shows(code, value):
    assert shown(code, value) == EXCEL[code, value]


def test_a_date_counts_from_the_first_day_of_the_workbook():
    assert number_format("yyyy-m-d").show(Decimal(1462), epoch_1904=True).text == "1908-1-2"
    assert number_format("yyyy-m-d").show(Decimal(1)).is_date
    assert not number_format('0"日"').show(Decimal(1)).is_date


@pytest.mark.parametrize(
    ("code", "text", "seen"),
    [
        ("0", "12", "12"),
        ("@", "12", "12"),
        ("0;0;0;", "12", ""),
        ('0;0;0;"无"', "12", "无"),
        ('0;@"件"', "12", "12件"),
    ],
)
def test_what_is_shown_of_a_text(code, text, seen):
    assert number_format(code).show_text(text) == seen


DECORATING = (
    *("0.0000", "#,##0.0000", "General", "@", '0.0000"件"', "0.0000 件", "[Red]0.0000", "[>5]0.0000;0.00000"),
    *(
        "_ * #,##0.0000_ ;_ * -#,##0.0000_ ",
        "+0.0000;-0.0000;0",
        "0.####",
        "???0.0000",
        '0.0000（"件"）',
        "# ##0.0000",
    ),
)
SCALING = ("0%", "0.00%", "0.0000,", "0.0,,", "0!.00000000", r"#\.0000", '0"."0', "#!.0,")


@given(VALUES, st.sampled_from(DECORATING))
def test_what_only_decorates_is_no_fault(value, code):
    assert shown_fault(shown(code, value), value, "件") == ""


@given(VALUES.filter(bool), st.sampled_from(SCALING))
def test_what_scales_is_never_taken_for_the_value(value, code):
    how = number_format(code)
    assert how.decimals < 0
    assert shown_fault(how.show(value).text, value, "万元") in (
        {DIFFERS} if value >= 1 else {DIFFERS, ROUNDED}
    )


@given(VALUES, st.integers(0, 3))
def test_hidden_decimals_are_a_rounding(value, places):
    code = f"0.{'0' * places}".rstrip(".")
    fault = shown_fault(shown(code, value), value, "万元")
    is_exact = value == round(value, places)
    assert fault == ("" if is_exact else ROUNDED)


@given(
    VALUES,
    st.sampled_from(["General", "0", "#,##0", "0.00", "#,##0.0000", "000.0", "0.##", "@", "?0.0", " 0 "]),
)
def test_a_format_that_is_known_to_show_a_number_does_so(value, code):
    how = number_format(code)
    assert how.decimals >= 0
    if -value.as_tuple().exponent <= how.decimals:
        assert shown_fault(how.show(value).text, value, "万元") == ""


@pytest.mark.parametrize(
    ("code", "value", "unit", "fault"),
    [
        ("0%", "0", "件", ""),
        ('0.0"亿元"', "0", "万元", ""),
        ('"已报"', "0", "件", DIFFERS),
        ("#", "0", "件", ""),
        ('0;-0;"无"', "0", "件", ""),
        (ACCOUNTING, "0", "件", ""),
        (BUILT_IN["44"], "37.5", "万元", ""),
        (BUILT_IN["44"], "37", "件", DIFFERS),
        ('0"人"', "5", "件", DIFFERS),
        ('0"万元"', "5", "万元", ""),
        ('0"元"', "5", "万元", DIFFERS),
        ("0;0", "-5", "万元", DIFFERS),
        ("0;(0)", "-5", "万元", ""),
        ("0;(0)", "5", "万元", ""),
        ("(0)", "5", "万元", ""),
        ("# ?/?", "5", "万元", ""),
        ("# ?/?", "0.5", "万元", DIFFERS),
        ("0.00E+00", "148", "件", ""),
        ("0.00E+00", "370043", "万元", ROUNDED),
        ("0000-00-00", "20240105", "件", DIFFERS),
    ],
)
def test_faults(code, value, unit, fault):
    assert shown_fault(shown(code, value), Decimal(value), unit) == fault


@given(st.text(st.sampled_from('0#?.,%E+-/@;[]"\\!_* ymdhsaeg年万件>=<1Rd$¥G'), max_size=30), VALUES)
def test_any_text_can_be_a_format(code, value):
    for number in (value, -value):
        assert isinstance(number_format(code).show(number).text, str)
    assert isinstance(number_format(code).show_text("12"), str)


@pytest.mark.parametrize(
    "code",
    [
        "0." + "0" * 253,
        "%" * 254 + "0",
        "0" * 255,
        "#," * 127,
        "0" * 100 + "." + "0" * 50 + "E+" + "0" * 99,
        "?" * 120 + "/" + "?" * 120,
        '"' * 255,
        "[" * 255,
    ],
)
def test_long_formats(code):
    for value in ("0", "0.37", "123456789012345", "5E-324"):
        assert isinstance(number_format(code).show(Decimal(value)).text, str)


# LibreOffice takes ! for a literal sign, shows no point without decimals, and cuts seconds off; with conditions it
# shows negative numbers without a sign.
WITNESSED = (
    *("General", "0", "0.00", "#,##0", "#,##0.00", "0%", "0.00%", "0.00E+00", "##0.0E+0", "0.0E-0"),
    *(
        "0.0,",
        "0.00,",
        "0,",
        "#,##0,",
        "#,##0.00,,",
        r"0\.0000",
        '0"."0000',
        r"0\,0",
        '0"亿元"',
        '0"人"',
        "0 件",
    ),
    *(
        ";;;",
        "0;0",
        "0;-0",
        "0;(0)",
        "0.00;[Red]0.00",
        "+0;-0;0",
        '0;-0;"无"',
        "0;;",
        "0.0;;0",
        "0.00_);(0.00)",
    ),
    *(
        ACCOUNTING,
        'General"件"',
        '"共"General"件"',
        "@",
        "0000-00-00",
        "???0.0?",
        "#",
        "0 000",
        "000",
        "0,000.0",
    ),
    *(
        "00,00",
        "#,#.0",
        "0.0%;-0.0%",
        "[Red]0",
        "$#,##0",
        "¥#,##0.00",
        "[$¥-804]#,##0.00",
        "(0)",
        "0_)",
        "0 %",
        "#,",
    ),
)
DATES = ("yyyy-mm-dd", 'yyyy"年"m"月"d"日"', "h:mm", "d/m/yy", "yyyy/m/d h:mm", "[h]:mm")
NUMBERS = (
    *(
        "0",
        "1",
        "5",
        "-5",
        "148",
        "-148",
        "37.0043",
        "370043",
        "0.37",
        "-0.37",
        "1204567.891",
        "9999.996",
        "0.004",
    ),
    *("12.5", "100", "0.5", "123456"),
)


@pytest.mark.office
def test_libreoffice_shows_the_same(tmp_path):
    office.require()
    book = xlsxwriter.Workbook(tmp_path / "formats.xlsx")
    page = book.add_worksheet()
    page.set_column(0, len(NUMBERS), 40)
    wanted = [(code, NUMBERS) for code in WITNESSED] + [(code, ("1", "45296", "45296.5")) for code in DATES]
    for row, (code, numbers) in enumerate(wanted):
        style = book.add_format({"num_format": code})
        for column, number in enumerate(numbers):
            page.write_number(row, column, float(number), style)
    book.close()
    as_shown = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,true"
    command = [office.SOFFICE, office.profile(tmp_path / "profile"), "--headless", "--convert-to", as_shown]
    subprocess.run(
        [*command, "--outdir", str(tmp_path), str(tmp_path / "formats.xlsx")], check=True, capture_output=True
    )
    with (tmp_path / "formats.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert len(rows) == len(wanted)
    for (code, numbers), row in zip(wanted, rows, strict=True):
        for number, text in zip(numbers, row, strict=False):
            assert shown(code, number).strip() == text.strip(), (code, number)
