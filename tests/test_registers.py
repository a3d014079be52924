"""A register of projects as offices keep it: numbers of each agency, conditions on days, totals that subtract, texts of each."""

from __future__ import annotations

import io
import operator
from decimal import Decimal

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import examples, form_problems
from xltools.checking.checks import verify
from xltools.checking.collection import examine
from xltools.checking.differences import differences
from xltools.collection.merging import merge
from xltools.collection.verifying import verify_inputs
from xltools.data.filing import Return, Stamp
from xltools.data.notes import filling_notes
from xltools.data.period import Period
from xltools.data.prior import past_before
from xltools.data.record import Agency, ListLine
from xltools.document.publishing import compose, report_of
from xltools.document.reader import ReportIdentity, read_document
from xltools.document.writer import render
from xltools.excel.reader import read_package
from xltools.excel.writer import write_return, write_rollup
from xltools.form.load import parse
from xltools.text import message

D = Decimal
TEXT = """
schema = 2
key = "projects"
edition = "2026"
title = "项目季报"
authority = "自拟"
period = "quarter"
[cover]
fields = [
  { key = "signed", label = "填报日期", kind = "date" },
  { key = "late", label = "迟报原因", required = true, when = "cover.signed > 2026-07-10, cover.signed > period.end" },
]
[[rule]]
key = "soon"
cells = "cover.signed <= 2026-12-31"
when = "cover.signed > period.end"
label = "当年填报"
authority = "inferred"
[[section]]
key = "money"
title = "一、资金"
sheet = "资金"
unit = "万元"
fields = [{ key = "story", label = "主要做法", required = true }]
[[section.block]]
rows = [{ key = "a", label = "中央" }, { key = "b", label = "省级" }, { key = "all", label = "合计", is = "all" }]
columns = [
  { key = "given", label = "下达" },
  { key = "used", label = "使用" },
  { key = "left", label = "结余", is = "given - used" },
  { key = "most", label = "下达加结余减结余", is = "given + left - left" },
]
[[section]]
key = "register"
title = "二、项目"
sheet = "项目"
unit = "万元"
[[section.list]]
key = "items"
print = 5
most = 20
unique = ["number"]
unique_in = "agency"
columns = [
  { key = "number", label = "序号", kind = "text", required = true },
  { key = "planned", label = "计划开工", kind = "date" },
  { key = "begun", label = "实际开工", kind = "date" },
  { key = "open", label = "未开工", kind = "yes" },
  { key = "why", label = "原因", kind = "text", required_when = "planned <= period.end, open = yes" },
  { key = "cum", label = "累计" },
  { key = "now", label = "本季" },
  { key = "before", label = "以前", is = "cum - now" },
]
[[section.list.rule]]
key = "paid"
columns = "now > 0"
when = "begun < planned"
level = "question"
label = "提前开工的一般有支付"
authority = "inferred"
[[section.list.carry]]
key = "cum"
columns = "cum = last.cum + now"
label = "累计等于上季累计加本季"
authority = "inferred"
"""
FORM = parse(TEXT, "form.toml")
QUARTER = Period(2026, 2, 4)
LINES = (
    ("1", "2026-05-01", "2026-04-30", "no", "", D(5), D(5)),
    ("2", "2026-06-30", "", "yes", "征地", D(0), D(0)),
    ("3", "2026-07-01", "", "yes", "", D(0), D(0)),
)
SOUND = {"cover.signed": "2026-07-10", "money.story": "分类办理"}
FIGURES = {"money.a.given": D(5), "money.a.used": D(3), "money.b.given": D(0), "money.b.used": D(0)}


def content(texts=(), lines=LINES, code="001", period=QUARTER, figures=()):
    own = tuple(ListLine(number, (*line, "")) for number, line in enumerate(lines, 1))
    about = Stamp(FORM.key, FORM.edition, period, Agency("甲区", code, f"单位{code}"))
    return write_return(FORM, about, FIGURES | dict(figures), SOUND | dict(texts), lists={"items": own})


def read(package, name="001.xlsx") -> Return:
    one = read_package(package, name, FORM)
    assert isinstance(one, Return)
    return one


def filing(*args, **about) -> Return:
    return read(content(*args, **about))


def found(one):
    return {(f.code, f.cell) for f in verify(one)}


def with_line(number, **values):
    keys = FORM.lists["items"].keys
    return [
        tuple(values.get(key, value) for key, value in zip(keys, line, strict=False)) if n == number else line
        for n, line in enumerate(LINES, 1)
    ]


BROKEN = {
    "signed late": ({"texts": {"cover.signed": "2026-07-11"}}, ("required", "cover.late")),
    "a reason in time": ({"texts": {"cover.late": "忘了"}}, ("not-asked", "cover.late")),
    "unsigned": ({"texts": {"cover.signed": "", "cover.late": "忘了"}}, ("not-asked", "cover.late")),
    "the year after": (
        {"texts": {"cover.signed": "2027-01-01", "cover.late": "忘了"}},
        ("rule-broken", "cover.signed"),
    ),
    "no reason": ({"lines": with_line(2, why="")}, ("required", "items.why[2]")),
    "nothing paid": ({"lines": with_line(1, now=D(0))}, ("rule-question", "items.now[1]")),
    "more now than ever": ({"lines": with_line(1, cum=D(4))}, ("rule-broken", "items.cum[1]")),
    "more used than given": (
        {"figures": {"money.a.used": D(6)}},
        ("rule-broken", "money.a.left"),
    ),
}


def test_what_is_sound_has_no_finding():
    assert found(filing()) == set()


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_broken_is_one_finding_and_stands_beside_it(name):
    change, expected = BROKEN[name]
    package = content(**change)
    one = read(package)
    assert found(one) == {expected}
    (finding,) = verify(one)
    assert "> 0" not in message(finding, "zh")  # that a day is known
    book = openpyxl.load_workbook(io.BytesIO(package), data_only=True)
    texts = {cell.value for page in book for row in page.iter_rows() for cell in row}
    assert any(isinstance(text, str) and text[:1] in {"×", "？"} for text in texts)


SIGNS = {
    "<=": operator.le, ">=": operator.ge, "<": operator.lt,
    ">": operator.gt, "=": operator.eq, "!=": operator.ne,
}  # fmt: skip
some_day = st.sampled_from(["", "2026-06-29", "2026-06-30", "2026-07-01"])


@settings(max_examples=examples(40), deadline=None)
@given(
    st.sampled_from(sorted(SIGNS)), st.sampled_from(["begun", "period.end", "2026-06-30"]), some_day, some_day
)
def test_a_condition_holds_where_both_days_are_known_and_compare(sign, other, planned, begun):
    form = parse(TEXT.replace("planned <= period.end, open = yes", f"planned {sign} {other}"), "form.toml")
    line = ListLine(1, ("1", planned, begun, "yes", "", D(0), D(1), ""))
    about = Stamp(form.key, form.edition, QUARTER, Agency("甲区", "001", "甲"))
    one = read_package(write_return(form, about, FIGURES, SOUND, lists={"items": (line,)}), "001.xlsx", form)
    right = begun if other == "begun" else "2026-06-30"
    holds = bool(planned and right) and SIGNS[sign](planned, right)
    assert (("required", "items.why[1]") in found(one)) == holds


def test_the_notes_say_conditions_on_days():
    assert "计划开工不晚于本季度最后一天" in str(filling_notes(FORM))


def test_a_column_may_have_the_head_of_the_numbers_and_one_that_was_moved_is_named():
    assert [line.values[0] for line in filing().record.lists["items"]] == ["1", "2", "3"]
    book = openpyxl.load_workbook(io.BytesIO(content()))
    book["项目"].move_range("G3:G23", cols=5)  # the names stay behind
    out = io.BytesIO()
    book.save(out)
    moved = [f for f in read(out.getvalue()).findings if f.code == "places-differ"]
    assert "累计" in message(moved[0], "zh")


def three():
    other = with_line(1, cum=D(7), now=D(7))
    return [filing(), filing(lines=other, code="002"), filing(lines=LINES[:1], code="003")]


def test_numbers_of_each_agency_are_no_question_between_agencies():
    assert "line-doubled" not in {f.code for f in examine(three()).findings}
    rollup = merge(three(), FORM, QUARTER, "甲区").rollup
    summed = read(write_rollup(rollup), "r.xlsx")
    assert "line-doubled" not in {f.code for f in verify(summed)}
    names = set(summed.listed["items"].keys)
    assert {"单位001|1", "单位002|1", "单位003|1"} <= names
    twice = filing(lines=(*LINES, ("1", "2026-07-05", "", "no", "", D(0), D(0))))
    assert ("line-doubled", "items.number[1#4]") in found(twice)


@pytest.mark.parametrize("unique_in", ["agency", "district"])
def test_lines_of_two_agencies_with_one_key_are_compared_each(unique_in):
    form = parse(TEXT.replace('unique_in = "agency"', f'unique_in = "{unique_in}"'), "form.toml")

    def rolled(*cums):
        filings = []
        for code, cum in zip(["001", "002"], cums, strict=True):
            about = Stamp(form.key, form.edition, QUARTER, Agency("甲区", code, code))
            line = ListLine(1, ("1", "", "", "no", "", cum, D(0), ""))
            package = write_return(form, about, FIGURES, SOUND, lists={"items": (line,)})
            filings.append(read_package(package, f"{code}.xlsx", form))
        return read_package(write_rollup(merge(filings, form, QUARTER, "甲区").rollup), "r.xlsx", form)

    changed = differences(rolled(D(1), D(2)), rolled(D(3), D(2)))
    assert [(one.one, one.other) for one in changed if one.name.startswith("items.")] == [(1, 3)]


def test_lines_are_carried_over_from_the_roll_up_of_the_period_before():
    before = Period(2026, 1, 4)
    last = [filing(lines=with_line(1, cum=D(5)), code=code, period=before) for code in ("001", "002")]
    rollup = read(write_rollup(merge(last, FORM, before, "甲区").rollup), "r.xlsx")
    now = filing(lines=with_line(1, cum=D(9), now=D(4)), code="002")
    wrong = filing(lines=with_line(1, cum=D(9), now=D(3)), code="002")
    past = past_before([rollup], FORM, QUARTER)
    stocks = [
        {f.cell for f in examine([one], past=past).findings if f.code == "stock"} for one in (now, wrong)
    ]
    assert stocks == [set(), {"items.cum[1]"}]


def test_the_own_report_of_a_district_with_periods_is_verified():
    rollup = read(write_rollup(merge(three(), FORM, QUARTER, "甲区").rollup), "r.xlsx")
    both = verify_inputs(
        [rollup, rollup], None, QUARTER, "甲区", past=past_before([], FORM, QUARTER), may_be_own=True
    )
    assert {f.code for f in both.not_compared} == {"not-compared"}
    assert len(both.not_compared) == len(set(map(str, both.not_compared)))


TEXTS_ONLY = TEXT[: TEXT.index('[[section]]\nkey = "register"')]


@pytest.mark.parametrize("how", ["html", "docx", "md"])
def test_a_district_report_with_texts_of_each_agency_is_that_of_a_district(how):
    form = parse(TEXTS_ONLY, "form.toml")
    filings = []
    for code in ("001", "002"):
        about = Stamp(form.key, form.edition, QUARTER, Agency("甲区", code, code))
        filings.append(read_package(write_return(form, about, FIGURES, SOUND), f"{code}.xlsx", form))
    rollup = read_package(write_rollup(merge(filings, form, QUARTER, "甲区").rollup), "r.xlsx", form)
    printed = render(compose(report_of(rollup)), how)
    one = read_document(printed, f"r.{how}", form, given=ReportIdentity(QUARTER, "甲区"))
    assert one.is_rollup
    assert "required" not in {f.code for f in verify(one)}
    assert one.record.values == rollup.record.values


FAULTS = {
    "a derived column": (
        ('is = "cum - now"', 'is = "cum - now", when = "planned <= period.end"'),
        ("derived-days", "“before” › when"),
    ),
    "a day and a text": (("planned <= period.end", "planned <= number"), ("day-and-other", "“why” › required_when")),
    "no day of the calendar": (("begun < planned", "begun < 2026-02-30"), ("no-such-day", "“paid” › when")),
    "a day and a figure in a field": (
        ("cover.signed > 2026-07-10", "cover.signed > money.a.given"),
        ("day-and-other", "“late”"),
    ),
    "a sum of days": (("begun < planned", "begun + planned < 2026-02-28"), ("days-compared", "“paid” › when")),
    "a circle": (('why", label = "原因", kind = "text", required_when = "planned', 'planned2", label = "原因", kind = "date", required_when = "planned2'), ("circular", "“planned2”")),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_found_at_its_place(name):
    (old, new), (code, place) = FAULTS[name]
    assert TEXT.count(old) == 1
    problems = form_problems(TEXT.replace(old, new))
    assert any(p.code == code and place in p.place for p in problems), problems


def test_a_total_that_may_be_below_0_is_not_asked():
    form = parse(TEXT.replace('is = "given - used"', 'is = "given - used", signed = true'), "form.toml")
    about = Stamp(form.key, form.edition, QUARTER, Agency("甲区", "001", "甲"))
    package = write_return(form, about, FIGURES | {"money.a.used": D(9)}, SOUND)
    assert found(read_package(package, "001.xlsx", form)) == set()
    floors = [i.relation.left.names for i in FORM.identities if i.rule.key.endswith(">= 0")]
    assert floors == [("money.a.left",), ("money.b.left",)]  # not what subtracts what is in it
