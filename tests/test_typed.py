"""What clerks type where a number belongs, and what becomes of it."""

from __future__ import annotations

import sys
import unicodedata
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xltools.data.finding import SEVERITY
from xltools.data.typed_numbers import typed
from xltools.white_space import visible

INVISIBLE = [chr(c) for c in range(sys.maxunicode + 1) if unicodedata.category(chr(c)) == "Cf"]

ACCEPTED = {
    "12": "12",
    " 12 ": "12",
    "１２": "12",
    "１２．５": "12.5",
    "1,204": "1204",
    "1，204": "1204",
    "1\u2009204": "1204",
    "1\u202f204.5": "1204.5",
    "12 000": "12000",
    "12,345,678": "12345678",
    "12件": "12",
    "12 件": "12",
    "12（件）": "12",
    "12 [件]": "12",
    "12【件】": "12",
    "12\n件": "12",
    "148\u200e": "148",
    "\u200f148": "148",
    "14\u00ad8": "148",
    "148\u2060\ufe0f": "148",
    "148\u2028": "148",
    "１２　件": "12",
    "3.": "3",
    "3。": "3",
    "3件。": "3",
    "'148": "148",
    "‘148": "148",
    "零": "0",
    "〇件": "0",
    "(5)": "5",
    "（5）": "5",
    "0012": "12",
    "0": "0",
    ".5": "0.5",
    "\u00a07\u3000": "7",
    "-3": "-3",
    "－3": "-3",
    "\u22123": "-3",
}
REFUSED = {
    "2000万": "text-unit",
    "12元": "text-unit",
    "12份": "text-unit",
    "3亿": "text-unit",
    "¥12": "text-unit",
    "148%": "text-unit",
    "148*": "text-remark",
    "148※": "text-remark",
    "148'": "text-remark",
    "148（1）": "text-remark",
    "148[1]": "text-remark",
    "1\u0336": "struck-out",
    "148-150": "text-two-numbers",
    "148～150": "text-two-numbers",
    "148至150件": "text-two-numbers",
    "1/2": "text-two-numbers",
    "12:30": "text-two-numbers",
    "148+2": "text-two-numbers",
    "≥148": "text-vague",
    "大于148": "text-vague",
    "148以内": "text-vague",
    "3..": "not-a-number",
    "减4": "text-change",
    "+19": "text-change",
    "＋19": "text-change",
    "增加5件": "text-change",
    "22（其中修订16件）": "text-remark",
    "22(其中修订16件)": "text-remark",
    "3，其中重复1": "text-remark",
    "12①": "text-remark",
    "12²": "text-remark",
    "3⑴": "text-remark",
    "2024年1月5日": "text-date",
    "2024-01-05": "text-date",
    "2024/1/5": "text-date",
    "1月": "text-date",
    "约100": "text-vague",
    "100余": "text-vague",
    "100余件": "text-vague",
    "近百": "not-a-number",
    "超过20件": "text-vague",
    "20件以上": "text-vague",
    "1e400": "number-too-large",
    "1E5": "text-scientific",
    "1.2e1": "text-scientific",
    "１Ｅ＋３": "text-scientific",
    "1.2×10^3": "text-scientific",
    "1e14": "text-scientific",
    "1e15": "number-too-large",
    "148\n150": "text-two-numbers",
    "148\r\n150": "text-two-numbers",
    "148\u2028150": "text-two-numbers",
    "12\t345": "text-two-numbers",
    "148  150": "text-two-numbers",
    "148\u3000150": "text-two-numbers",
    "148\u00a0150": "text-two-numbers",
    "148 150": "text-two-numbers",
    "1 204": "text-two-numbers",
    "148件 150件": "text-two-numbers",
    "148、150": "text-two-numbers",
    "1 2": "text-two-numbers",
    "2024-01-05 10:00": "text-date",
    "12（新增）": "text-remark",
    "12（人）": "text-remark",
    "12345678901234567890": "number-too-large",
    "NaN": "not-a-number",
    "Infinity": "not-a-number",
    "1,20": "not-a-number",
    "1,2,3": "not-a-number",
    "1.2.3": "not-a-number",
    "十二": "not-a-number",
    "0x10": "not-a-number",
    "总计": "not-a-number",
    "件": "not-a-number",
    "无": "text-nothing",
    "/": "text-nothing",
    "／": "text-nothing",
    "—": "text-nothing",
    "——": "text-nothing",
    "-": "text-nothing",
    "－": "text-nothing",
    "N/A": "text-nothing",
    "没有": "text-nothing",
    "无。": "text-nothing",
    "无件": "text-nothing",
    "暂无": "text-nothing",
    "不涉及": "text-nothing",
    "NULL": "text-nothing",
}


@pytest.mark.parametrize("text", ACCEPTED)
def test_what_can_only_mean_one_number_is_that_number(text):
    assert typed(text, "件", signed=False).value == Decimal(ACCEPTED[text])


@pytest.mark.parametrize("text", REFUSED)
def test_what_cannot_is_refused_under_its_own_name(text):
    found = typed(text, "件", signed=False)
    assert (found.value, found.fault) == (None, REFUSED[text])
    assert found.is_blank == (found.fault == "text-nothing")
    assert found.fault in SEVERITY


@pytest.mark.parametrize(
    ("text", "value"), [("12万元", "12"), ("12 万元", "12"), ("59237.2449万元", "59237.2449")]
)
def test_the_cells_own_unit_may_stand_behind_the_number(text, value):
    assert typed(text, "万元", signed=False).value == Decimal(value)


@pytest.mark.parametrize(
    "text", ["37.5万元", "¥37.5万元", "人民币 37.5 万元", "RMB37.5（万元）", "￥37.5万元"]
)
def test_a_currency_may_stand_in_front_of_the_cells_own_unit(text):
    assert typed(text, "万元", signed=False).value == Decimal("37.5")


@pytest.mark.parametrize("text", ["12元", "12万", "12亿元", "12千元"])
def test_another_unit_may_not(text):
    assert typed(text, "万元", signed=False).fault == "text-unit"


SIGNS = ["-", "－", "﹣", "\u2010", "\u2011", "\u2012", "–", "\u2212", "⁻"]


@given(st.sampled_from(SIGNS), st.integers(1, 99_999))
def test_whatever_looks_like_a_minus_sign_is_one_with_and_without_brackets(sign, number):
    for text in (
        f"{sign}{number}",
        f"{sign} {number}万元",
        f"({sign}{number})",
        f"（{sign}{number}）",
        f"({number})",
    ):
        assert typed(text, "万元", signed=True).value == -number
    for text in (f"+({number})", f"+{sign}{number}", f"{sign}({number})", f"{sign}{sign}{number}"):
        assert typed(text, "万元", signed=True).value is None


@pytest.mark.parametrize(
    ("text", "value"), [("(5)", "-5"), ("+19", "19"), ("-0.5", "-0.5"), ("+1,204", "1204")]
)
def test_a_cell_that_may_be_negative_reads_signs_and_brackets(text, value):
    assert typed(text, "万元", signed=True).value == Decimal(value)


@given(st.integers(0, 10**14))
def test_separators_and_width_never_change_a_number(number):
    wide = "".join(chr(ord(digit) + 0xFEE0) for digit in str(number))
    for text in (f"{number:,}", f"{number:,}".replace(",", "，"), wide, f" {number}件", f"（{number}）"):
        assert typed(text, "件", signed=False).value == number


@given(st.text(max_size=12))
def test_no_text_becomes_zero_unless_it_says_zero(text):
    found = typed(text, "件", signed=False)
    if found.value == 0:
        import unicodedata

        assert set("0零〇") & set(unicodedata.normalize("NFKC", text))
    assert (found.value is None) == bool(found.fault)


@given(
    st.integers(1, 999),
    st.integers(100, 999),
    st.text(st.sampled_from("\n\r\t \u3000\u00a0\u2003\u2028"), min_size=1, max_size=3),
)
def test_two_figures_in_a_cell_are_never_one(one, other, gap):
    assert typed(f"{one}{gap}{other}", "件", signed=False).fault == "text-two-numbers"


@given(
    st.integers(0, 10**14), st.lists(st.tuples(st.integers(0, 15), st.sampled_from(INVISIBLE)), max_size=5)
)
def test_what_nobody_sees_changes_no_figure(number, signs):
    text = str(number)
    for place, sign in signs:
        text = text[:place] + sign + text[place:]
    assert typed(text, "件", signed=False).value == number


def test_every_format_character_of_unicode_is_invisible():
    assert not visible("".join(INVISIBLE))
