"""The kinds of values: what a cell may mean, and what a form says about its fields and lists of codes."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import HERE, examples, form_problems
from xltools.errors import FormError
from xltools.excel.writer.fields import number_accepted
from xltools.form.fields import label_with_unit
from xltools.form.kinds import Choice, Choices, Date, Held, Option, Text, YesNo, text_kind
from xltools.form.layout import field_labels
from xltools.form.linear import Linear
from xltools.form.load import load, parse
from xltools.form.places import Area
from xltools.form.relation import Condition

KINDS = (Option("政府门户网站", "portal"), Option("部门网站", code="01"), Option("专项、其他", code="10"))
CHOICE, CHOICES, DATE, YES = Choice(KINDS), Choices(KINDS), Date(), YesNo("是", "否")
some = settings(max_examples=examples(25))
days = st.dates(dt.date(1900, 1, 1), dt.date(2199, 12, 31))


def test_the_unit_of_a_number_is_printed_beside_it():
    form = load(HERE / "forms" / "wzbb-2018.toml")
    names = [name for name, one in form.fields.items() if one.kind == "number" and one.unit]
    for name in names:
        one = form.fields[name]
        shown = label_with_unit(one)
        assert one.unit in shown
        assert shown in field_labels(form, name).values()
    assert names


def test_a_limit_of_decimals_is_in_the_validation():
    number = number_accepted(Area.at(3, 2), 0, 2, is_whole=False)
    assert number["validate"] == "custom"
    assert "ABS(ROUND(C4,2)-C4)<1E-9" in str(number["value"])
    assert number_accepted(Area.at(3, 2), 0, None, is_whole=False)["validate"] == "decimal"


# -- each kind: what a cell shows for a value is read as that value


@some
@given(
    days,
    st.sampled_from(
        [
            "{0}年{1}月{2}日",
            "{0}.{1}.{2}",
            "{0}/{1:02}/{2:02}",
            "{0} 年 {1} 月 {2} 日",
            "{0:04}{1:02}{2:02}",
            "{0}-{1}-{2} 10:30",
        ]
    ),
)
def test_every_writing_of_a_day_means_that_day(day, writing):
    assert DATE.read(Held(writing.format(day.year, day.month, day.day))).value == day.isoformat()
    assert DATE.read(Held("45000", date=day)).value == day.isoformat()
    assert DATE.read(Held(DATE.shown(day.isoformat()))).value == day.isoformat()


@some
@given(st.sets(st.sampled_from([one.name for one in KINDS])))
def test_what_a_cell_shows_for_options_means_them(names):
    for name in names:
        assert CHOICE.read(Held(CHOICE.shown(name))).value == name
    value = CHOICES.joined(names).value
    assert CHOICES.read(Held(CHOICES.shown(value))).value == value
    assert {name for name, count in CHOICES.figures(value).items() if count} == names


@some
@given(st.text(max_size=300))
def test_a_text_means_itself_or_is_a_fault(text):
    kind = text_kind("text", None, "")
    meant = kind.read(Held(text))
    assert meant.fault == ("too-long" if len(meant.value or text.strip()) > 200 else "") or len(text) > 200
    assert meant.fault or kind.read(Held(kind.shown(meant.value))) == meant


@some
@given(st.text(max_size=12))
def test_no_kind_guesses(text):
    """What is read is what the same value is shown as, or one of its writings; a fault has no value."""
    for kind in (DATE, CHOICE, CHOICES, YES):
        meant = kind.read(Held(text))
        assert not (meant.value and meant.fault)
        assert not meant.value or kind.read(Held(kind.shown(meant.value))).value == meant.value


@pytest.mark.parametrize(
    "text",
    [
        "3/1",
        "3/1/2024",
        "24.3.1",
        "2024年3月",
        "2024年2月30日",
        "2024-3.1",
        "测试",
        "无",
        "2024",
        "45292",
        "三月一日",
        "2024年3月1日星期一",
    ],
)
def test_what_can_mean_two_days_is_no_date(text):
    assert DATE.read(Held(text)).fault == "not-a-date"


@pytest.mark.parametrize("text", ["2019年元月20日", "2019—01—20", "2019、1、20", "2019。1。20", "2019–1–20"])
def test_dates_as_they_are_typed_in_haste(text):
    assert DATE.read(Held(text)).value == "2019-01-20"


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("HTTP://A.CN", True),
        ("https://a.cn/x?to=https://b.cn/", True),
        ("https://a.cn/；https://b.cn/", False),
        ("https://a.cn,http://b.cn", False),
        ("www.a.cn", False),
    ],
)
def test_one_address_of_a_site(text, is_one):
    assert text_kind("url", None, "").read(Held(text)) == ((text, "") if is_one else ("", "not-the-pattern"))


def test_dates_in_numerals_and_numbers():
    assert DATE.read(Held("二〇二四年十二月二十五日")).value == "2024-12-25"
    assert (
        DATE.read(Held("二O二四年三月一日")).value
        == DATE.read(Held("贰零贰肆年叁月壹日")).value
        == "2024-03-01"
    )
    assert DATE.read(Held("2024年3月1日（星期五）")).value == "2024-03-01"
    assert DATE.read(Held("45352", Decimal(45352))).fault == "not-a-date"


@pytest.mark.parametrize(
    "text",
    [
        "是",
        "√",
        "✔",
        "Y",
        "yes",
        "ｙ",
        "☑是 □否",
        "√是",
        "■是□否",
        "T",
        "是。",
        "有",
        "是☑ 否□",
        "（√）是（  ）否",
        "[ ]否 [√]是",
    ],
)
def test_yes(text):
    assert YES.read(Held(text)).value == "yes"


@pytest.mark.parametrize("text", ["否", "×", "N", "□是 ☑否", "否 ", "false", "没有", "是□否☑"])
def test_no(text):
    assert YES.read(Held(text)).value == "no"


@pytest.mark.parametrize("text", ["□是□否", "☑是☑否", "是√否", "无", "1", "不清楚", "是否"])
def test_neither_yes_nor_no(text):
    assert YES.read(Held(text)).fault == "not-a-choice"


def test_truth_values_and_codes_that_became_numbers():
    assert [YES.read(Held("1", truth=True)).value, YES.read(Held("0", truth=False)).value] == ["yes", "no"]
    assert CHOICE.read(Held("1", Decimal(1))).value == "r01"
    assert CHOICE.read(Held("2", Decimal(2))).fault == "not-a-choice"


@pytest.mark.parametrize(
    "text", ["01", "部门网站", "01 部门网站", "01.部门网站", "部门网站（01）", "０１部门网站"]
)
def test_an_option_is_read_by_its_code_its_label_or_both(text):
    assert CHOICE.read(Held(text)).value == "r01"


def test_several_options_in_one_cell():
    for text in ("01；10", "部门网站、10", "专项、其他；01", "☑部门网站□政府门户网站☑专项、其他"):
        assert CHOICES.read(Held(text)).value == "r01,r10", text
    assert CHOICES.read(Held("01、别的")).fault == "not-a-choice"
    marks = {"√": True, "是": True, "": False, "否": False, "□": False, "也许": None}
    assert {text: Choices.marked(Held(text)) for text in marks} == marks


def test_patterns_and_addresses():
    code = Text(200, "[0-9]{10}")
    assert code.read(Held("0000012345")).value == "0000012345"
    assert code.read(Held("12345")).fault == code.read(Held("1" * 200)).fault == "not-the-pattern"
    assert Text(500, ".*").read(Held("1" * 201)).fault == "not-the-pattern"
    url = text_kind("url", None, "")
    assert url.read(Held("https://www.example.gov.cn/")).value
    assert url.read(Held("www.example.gov.cn")).fault == "not-the-pattern"


# -- options in sums and conditions


def test_an_option_in_a_condition_and_in_a_sum():
    condition = Condition.parse("cover.kind = portal, count(cover.marks = yes) + a > 1")
    assert condition.names == ("cover.kind[portal]", "cover.marks[yes]", "a")
    assert Condition.parse(str(condition)) == condition
    assert condition.holds({"cover.kind[portal]": Decimal(1), "a": Decimal(2)})
    assert not condition.holds({"a": Decimal(2)})
    assert Condition.parse("last.a = b").names == ("last.a", "b")
    assert Linear.parse("a - count(cover.kind = portal)").names == ("a", "cover.kind[portal]")


# -- what a form says

HEAD = """schema = 2
key = "wzbb"
edition = "2018"
title = "网站报表"
authority = "试"
"""
CODES = """[[codes]]
key = "kinds"
items = [{ key = "portal", label = "政府门户网站" }, { key = "department", label = "部门网站" }, { code = "01", label = "专项网站" }]
"""
COVER = """[cover]
fields = [
  { key = "site", label = "网站名称", required = true },
  { key = "kind", label = "网站类型", kind = "choice", from = "kinds" },
  { key = "signed", label = "填报日期", kind = "date", required = true, when = "cover.kind = portal" },
  { key = "staff", label = "人数", kind = "number", unit = "人" },
]
"""
SECTION = """[[section]]
key = "visits"
title = "一、访问"
sheet = "访问"
fields = [{ key = "open", label = "是否开放", kind = "yes" }, { key = "note", label = "说明", kind = "prose", below = true }]
[[section.block]]
rows_from = "kinds"
rows = [{ key = "all_sites", label = "合计", is = "all" }]
columns = [{ key = "n", label = "数量" }]
[[section.block.rule]]
key = "open"
rows = "all_sites >= count(visits.open = yes)"
when = "visits.open = yes"
label = "开放的有访问"
authority = "inferred"
"""
TEXT = HEAD + CODES + COVER + SECTION


def test_the_figures_of_fields():
    form = parse(TEXT, "form.toml")
    names = list(form.cells)
    assert names[:4] == ["cover.kind[portal]", "cover.kind[department]", "cover.kind[r01]", "cover.staff"]
    assert names[4:] == [
        *("visits.open[yes]", "visits.open[no]"),
        *("visits.portal.n", "visits.department.n", "visits.r01.n", "visits.all_sites.n"),
    ]
    assert form.cells["visits.r01.n"].label == "01 专项网站 · 数量"
    assert form.cells["cover.kind[portal]"].label == "网站类型 · 政府门户网站"
    assert form.counted["visits.open[yes]"] == ("visits.open", "yes")


def problems(text):
    problems = form_problems(text)
    return {(problem.code, problem.place.rpartition("› ")[2]) for problem in problems}


MANY = (
    CODES
    + '[[codes]]\nkey = "many"\nitems = ['
    + ", ".join(f'{{ code = "{n:03}", label = "第{n}项" }}' for n in range(800))
    + "]\n"
    + COVER.replace(
        "fields = [",
        "fields = ["
        + "".join(
            f'{{ key = "m{n}", label = "栏{n}", kind = "choice", from = "many" }},\n' for n in range(20)
        ),
    )
)
FAULTS = {
    "no such list": (('from = "kinds"', 'from = "kind"'), ("unknown-name", "from")),
    "no list": ((', from = "kinds"', ""), ("missing-key", "“kind”")),
    "no such option": (("cover.kind = portal", "cover.kind = portals"), ("unknown-option", "“signed”")),
    "no such field": (("cover.kind = portal", "cover.kinds = portal"), ("unknown-name", "“signed”")),
    "a text that is compared": (("cover.kind = portal", "cover.site = portal"), ("not-compared", "“signed”")),
    "a choice as a figure": (("cover.kind = portal", "cover.kind > 0"), ("not-compared", "“signed”")),
    "kinds compared with kinds": (
        ("cover.kind = portal", "cover.kind = cover.site"),
        ("not-compared", "“signed”"),
    ),
    "two options at once": (
        ('"cover.kind = portal"', '"cover.kind = portal, cover.kind = department"'),
        ("never-holds", "“signed”"),
    ),
    "itself": (("cover.kind = portal", "cover.signed = portal"), ("circular", "“signed”")),
    "a code that is a key": (('key = "site"', 'key = "portal"'), ("code-is-key", "“kind”")),
    "a reserved key": (('key = "site"', 'key = "count"'), ("reserved-key", "cover")),
    "a reserved code": (('key = "department"', 'key = "yes"'), ("reserved-key", "codes “kinds”")),
    "a key twice": (('key = "department"', 'key = "portal"'), ("repeated-key", "codes “kinds”")),
    "neither key nor code": (('code = "01", ', ""), ("missing-key", "“专项网站”")),
    "a label twice": (("部门网站", "政府门户网站"), ("option-alike", "codes “kinds”")),
    "a label as a code": (("部门网站", "01"), ("option-alike", "codes “kinds”")),
    "a label as a number": (("部门网站", "30%"), ("option-as-value", "“30%”")),
    "a label as a date": (("部门网站", "2024-3-1"), ("option-as-value", "“2024-3-1”")),
    "a label as a day without a year": (("部门网站", "3-1"), ("option-as-value", "“3-1”")),
    "no items": (
        (
            '{ key = "portal", label = "政府门户网站" }, { key = "department", label = "部门网站" }, { code = "01", label = "专项网站" }',
            "",
        ),
        ("codes-empty", "codes “kinds”"),
    ),
    "a file in a text": (("items = [", 'file = "x.txt"\nitems = ['), ("codes-file", "codes “kinds”")),
    "a pattern of a date": (('kind = "date"', 'kind = "date", pattern = "x"'), ("no-effect", "“signed”")),
    "decimals of a text": (
        ('label = "网站名称"', 'label = "网站名称", decimals = 1'),
        ("no-effect", "“site”"),
    ),
    "decimals of a whole number": (
        ('unit = "人"', 'unit = "人", decimals = 1'),
        ("decimals-whole", "decimals"),
    ),
    "too many decimals": (
        ('unit = "人"', 'unit = "人", number = "decimal", decimals = 9'),
        ("bad-decimals", "decimals"),
    ),
    "a period of a year": (("cover.kind = portal", "period = 1"), ("period-of-year", "“signed”")),
    "no pattern": (('label = "网站名称"', 'label = "网站名称", pattern = "["'), ("bad-pattern", "“site”")),
    "too long": (('label = "网站名称"', 'label = "网站名称", longest = 0'), ("bad-longest", "“site”")),
    "below nothing": (
        (
            SECTION,
            '[[section]]\nkey = "a"\ntitle = "一"\nsheet = "一"\nfields = [{ key = "b", label = "乙", below = true }]\n',
        ),
        ("below-nothing", "section “a”"),
    ),
    "a section that is the cover": (('key = "visits"', 'key = "cover"'), ("repeated-key", "section")),
    "rows from nothing": (('rows_from = "kinds"', 'rows_from = "kind"'), ("unknown-name", "rows_from")),
    "a reserved sheet": (('sheet = "访问"', 'sheet = "代码"'), ("bad-sheet-name", "section “visits”")),
    "a count in a rule": (
        ("count(visits.open = yes)", "count(visits.open = maybe)"),
        ("unknown-option", "rule “open”"),
    ),
    "more options than columns": (
        (CODES + COVER, MANY),
        ("too-many-figures", "form"),
    ),
    "a count in a total": (
        (
            'is = "all" }]\ncolumns = [{ key = "n", label = "数量" }]',
            'is = "count(cover.kind = portal)" }]\ncolumns = [{ key = "n", label = "数量" }, { key = "m", label = "共", is = "n" }]',
        ),
        ("count-meets-total", "is"),
    ),
    "a count among means": (
        (
            'is = "all" }]\ncolumns = [{ key = "n", label = "数量" }]',
            'is = "count(cover.kind = portal)" }]\ncolumns = [{ key = "n", label = "数量" }, { key = "m", label = "均", mean = "n" }]',
        ),
        ("count-meets-total", "is"),
    ),
    "a rule without a line": (
        (
            'rows = "all_sites >= count(visits.open = yes)"',
            'rows = "count(visits.open = yes) >= cover.staff"',
        ),
        ("rule-without-line", "rule “open”"),
    ),
    "both options of a condition": (
        ('when = "visits.open = yes"', 'when = "visits.open = yes, visits.open = no"'),
        ("never-holds", "rule “open”"),
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_found_at_its_place(name):
    change, fault = FAULTS[name]
    assert change[0] in TEXT
    assert fault in problems(TEXT.replace(*change))


def test_the_first_schema_has_none_of_it():
    found = problems(TEXT.replace("schema = 2", "schema = 1"))
    places = {place for code, place in found if code == "needs-schema"}
    assert places >= {"form", "section “visits”", "“kind”", "“signed”", "block 1"}


def test_codes_from_a_file(tmp_path):
    (tmp_path / "站点.csv").write_text("代码,名称,上级\n01,甲“类”,\n\n02,乙,r01\n", encoding="utf-8-sig")
    text = HEAD + '[[codes]]\nkey = "kinds"\nfile = "站点.csv"\n' + COVER.replace("portal", "r01") + SECTION
    path = tmp_path / "form.toml"
    path.write_text(text, encoding="utf-8")
    form = load(path)
    assert [(one.name, one.label, one.under) for one in form.codes[0].items] == [
        ("r01", "甲“类”", ""),
        ("r02", "乙", "r01"),
    ]
    assert parse(form.text, "elsewhere").cells.keys() == form.cells.keys()
    (tmp_path / "站点.csv").write_text("代号,名字\n", encoding="utf-8")
    with pytest.raises(FormError) as error:
        load(path)
    assert [problem.code for problem in error.value.problems] == ["codes-head"]
