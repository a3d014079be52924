"""Numbers before names in sums: what is converted into another unit, in totals, rules, conditions and ratios."""

from __future__ import annotations

import io
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import openpyxl
import pytest

from conftest import HERE, form_problems, resaved
from office import results_compared
from xltools.checking.checks import verified, verify
from xltools.checking.guilty import guilty
from xltools.collection.merging import merge
from xltools.data.balanced import balanced
from xltools.data.filing import Origin, Return, Shown, Stamp
from xltools.data.period import Period
from xltools.data.record import Agency, ListLine
from xltools.document.publishing import compose, report_of
from xltools.document.reader import ReportIdentity, read_document
from xltools.document.writer import render
from xltools.excel.formula import is_same
from xltools.excel.reader import read_package
from xltools.excel.writer import write_return, write_rollup
from xltools.form.load import load, parse
from xltools.libreoffice import is_installed, recalculated
from xltools.text import LANGS, message, problem_text
from xltools.witness.form import FormFigures
from xltools.witness.issued import faults, recalculation_faults
from xltools.witness.workbook import LabelledWorkbook, figure_values

PATH = HERE / "forms" / "nyxf-2026.toml"
FORM = load(PATH)
PERIOD = Period(2026)
SOUND = {
    "energy.coal.used": "120.5",
    "energy.coal.process": "100.25",
    "energy.petrol.used": "3.33",
    "energy.gas.used": "0.5",
    "energy.power.used": "41.07",
    "output.now.output": "100",
    "output.now.sales": "80",
    "output.now.staff": "10",
    "output.now.part": "5",
    "rooms.double.n": "4",
    "rooms.single.n": "3",
    "rooms.lent.n": "11",
}
BOUGHT = [
    ("B1", "coal", "100.5", "812.33", "0"),  # 81639.165 is rounded
    ("B2", "coal", "20", "799.99", "99.99"),
    ("B3", "power", "41.07", "6150", ""),
    ("B4", "gas", "0.5", "", ""),  # without a price there is no amount
]
COVER = {"cover.preparer": "张三", "cover.canteen": "yes"}


def stamp(code="001"):
    return Stamp(FORM.key, FORM.edition, PERIOD, Agency("青禾区", code, f"单位{code}"))


def figures(**changes):
    return {
        name: Decimal(text)
        for name, text in (SOUND | {key.replace("__", "."): text for key, text in changes.items()}).items()
    }


def lines_of(rows):
    for number, (bill, fuel, *others) in enumerate(rows, 1):
        quantity, price, free = (Decimal(text) if text else "" for text in others)
        yield ListLine(number, (bill, fuel, quantity, price, "", free))


def workbook(code="001", bought=BOUGHT, **changes):
    lists = {"purchases": tuple(lines_of([(f"{code}{bill}", *rest) for bill, *rest in bought]))}
    return write_return(FORM, stamp(code), figures(**changes), COVER, lists=lists)


def filing(content, name="001.xlsx") -> Return:
    found = read_package(content, name, FORM)
    assert isinstance(found, Return)
    return found


def told(one):
    return [(f.code, f.cell) for f in verify(one) if f.severity.value != "note" and f.code != "blank"]


def test_a_sound_return_has_exact_totals():
    one = filing(workbook())
    assert told(one) == []
    complete = one.record.complete()
    assert complete["energy.standard.used"] == Decimal("148.097942")  # with all its decimals
    assert complete["energy.standard.process"] == Decimal("71.608575")
    assert complete["output.now.people"] == Decimal("12.5")
    assert complete["output.now.pay"] == 80_000
    assert complete["rooms.beds.n"] == 11
    assert complete["rooms.meals.n"] == 30
    amounts = [Decimal("81639.17"), Decimal("15999.80"), Decimal("252580.50")]
    assert complete["bought.coal.paid"] == sum(amounts[:2])  # of what the lines show
    assert complete["bought.total.paid"] == complete["sum(purchases.amount)"] == sum(amounts)
    assert complete["bought.total.tax"] == Decimal("0.13") * (sum(amounts) - Decimal("99.99"))


@pytest.mark.parametrize(
    ("changes", "expected", "said"),
    [
        ({"output__now__sales": "79.99"}, ("rule-broken", "output.now.output"), "8 × 工业总产值 100 = 800 ＞ 10 × 工业销售产值 79.99 = 799.9"),
        ({"rooms__lent__n": "12"}, ("rule-broken", "rooms.lent.n"), "床位 11"),
        (
            {"bought": [("B1", "coal", "1", "800", "0"), ("B2", "gas", "", "", "800.01")]},
            ("rule-broken", "purchases.free[001B2]"),
            "金额合计 800",
        ),
        ({"bought": [("B1", "coal", "1000", "1000.01", "0")]}, ("rule-broken", "bought.total.paid"), "10000 × "),
        (
            {"output__now__part": "21", "output__now__sales": "149", "output__now__output": "100"},
            ("rule-question", "output.now.part"),
            "0.5×工业总产值＞工业销售产值-100",
        ),
        (
            {"output__now__staff": "1", "output__now__part": "2", "rooms__double__n": "40", "rooms__lent__n": "5"},
            ("rule-warning", "output.now.people"),
            "0.5 × 其中：已安排 · 数量",
        ),
    ],
)  # fmt: skip
def test_one_broken_rule_is_one_finding_and_its_check_says_so(changes, expected, said):
    content = workbook(**changes)
    one = filing(content)
    assert told(one) == [expected]
    (finding,) = (f for f in verify(one) if f.code == expected[0])
    assert said in message(finding, "zh")
    shown = openpyxl.load_workbook(io.BytesIO(content), data_only=True)
    results = [str(c.value or "") for page in shown for row in page.iter_rows() for c in row]
    assert any(text.startswith(("×", "？", "！")) for text in results)


def test_an_amount_that_was_typed_over_counts_as_what_it_is_derived_from_and_is_told_once():
    def edit(book):
        book["购进金额清单"]["F4"] = 80000

    one = filing(resaved(workbook(), edit))
    assert [f for f in told(one) if f[0] != "not-calculated"] == [("ratio-wrong", "purchases.amount[001B1]")]
    assert one.record.complete()["bought.coal.paid"] == Decimal("97638.97")


def test_what_could_not_be_read_leaves_the_sum_of_products_undecided():
    def edit(book):
        book["购进金额清单"]["D4"] = "约100"

    one = filing(resaved(workbook(), edit))
    assert [f for f in told(one) if f[0] != "not-calculated"] == [("text-vague", "purchases.quantity[001B1]")]
    assert "sum(purchases.amount, fuel = coal)" in one.unread


def test_another_program_may_write_a_number_in_its_own_way():
    assert is_same("=1E-07*C4+0.50*C5", "=0.0000001*C4+0.5*C5")
    assert not is_same("=1E-07*C4+0.05*C5", "=0.0000001*C4+0.5*C5")


def test_what_follows_from_the_period_before_may_be_a_multiple():
    carry = '[[section.block.carry]]\nkey = "built"\nrows = "single = {} * last.double + last.single"\nlabel = "改造"\nauthority = "inferred"\n'
    text = FORM.text.replace("[[rule]]", carry.format(2) + "[[rule]]", 1)
    last = {"rooms.double.n": Decimal(4), "rooms.single.n": Decimal(3)}
    assert parse(text, "x.toml").carried(last) == {"rooms.single.n": 11}
    half = form_problems(text.replace("single = 2 *", "single = 0.5 *"))
    assert {problem.code for problem in half} == {"multiple-not-whole"}


def test_totals_and_checks_are_live_formulas():
    book = openpyxl.load_workbook(io.BytesIO(workbook()))
    assert book["能源消费"]["C8"].value == "=0.7143*C4+1.4714*C5+13.3*C6+1.229*C7"
    assert book["床位"]["B7"].value == "=2*B4+B5"
    assert book["产销"]["H4"].value == '=IF(ROUND(E4+0.5*F4,6)=0,"",ROUND((10000*B4)/(E4+0.5*F4),0))'
    assert book["购进金额"]["C4"].value == '=SUMIFS(purchases.amount,purchases.fuel,"=原煤")'
    assert book["购进金额"]["D4"].value == (
        '=0.13*SUMIFS(purchases.amount,purchases.fuel,"=原煤")-0.13*SUMIFS(purchases.free,purchases.fuel,"=原煤")'
    )
    checks = " ".join(str(cell.value) for cell in book["产销"][4])
    assert "ROUND(8*B4-(10*C4),6)>0" in checks
    assert "=30*N('封面'!B12=" in book["床位"]["B9"].value


@pytest.mark.parametrize("name", ["sound", "broken", "roll-up"])
@pytest.mark.skipif(not is_installed(), reason="LibreOffice is not installed")
@pytest.mark.prove
def test_another_program_computes_the_same(name):
    if name == "roll-up":
        content = write_rollup(
            merge([filing(workbook()), filing(workbook("002"))], FORM, PERIOD, "青禾区").rollup
        )
    else:
        content = workbook(
            **({} if name == "sound" else {"output__now__sales": "79.99", "rooms__lent__n": "12"})
        )
    again = recalculated(content)
    assert results_compared(content, again) > 20
    assert told(filing(again)) == told(filing(content))
    if name != "roll-up":
        assert not list(recalculation_faults(content, again, FormFigures(FORM.text)))


def test_a_roll_up_of_sound_returns_is_sound_and_the_sum_of_all():
    codes = ("001", "002", "003")
    parts = [
        filing(workbook(code, energy__coal__used=f"{n}00.01"), f"{code}.xlsx")
        for n, code in enumerate(codes, 2)
    ]
    flat = merge(parts, FORM, PERIOD, "青禾区").rollup
    inner = filing(write_rollup(merge(parts[:2], FORM, PERIOD, "甲片").rollup), "a.xlsx")
    tree = merge([inner, parts[2]], FORM, PERIOD, "青禾区").rollup
    one = filing(write_rollup(flat), "d.xlsx")
    assert told(one) == []
    complete = one.record.complete()
    assert complete == filing(write_rollup(tree), "t.xlsx").record.complete()
    coal = Decimal("0.7143") * Decimal("900.03")
    others = 3 * (Decimal("148.097942") - Decimal("0.7143") * Decimal("120.5"))
    assert complete["energy.standard.used"] == coal + others
    assert complete["output.now.pay"] == 80_000  # of the added parts


@pytest.mark.parametrize("how", ["docx", "html", "md"])
def test_a_published_report_is_read_back(how):
    one = filing(workbook())
    given = ReportIdentity(PERIOD, "青禾区", stamp().agency.name)
    back = read_document(render(compose(report_of(one)), how), f"001_单位001_2026.{how}", FORM, given=given)
    for name, value in one.record.complete().items():
        assert not FORM.on_cover.isdisjoint(FORM.reach[name]) or back.record.complete()[name] == value, name
    assert not {f.code for f in verify(back)} & {"total-wrong", "ratio-wrong", "rule-broken"}


def printed(wrong):
    """A report whose totals were printed with the right figures, with other inputs now."""
    one = filing(workbook())
    shown = {
        name: Shown(value, str(value), Origin.PRINTED)
        for name, value in FORM.complete(one.record.values).items()
        if FORM.cells[name].definition
    }
    record = replace(one.record, values=one.record.values | wrong)
    return replace(one, record=record, shown=shown)


def test_a_slip_behind_a_total_of_multiples_is_found_to_the_last_digit():
    """Of four figures only one can be changed to what the total needs and keep two decimals."""
    (verdict,) = guilty(verified(printed({"energy.coal.used": Decimal(125)})), {})
    possible = {(s.changes[0].cell, s.changes[0].right) for s in (*verdict.suspects, *verdict.possible)}
    total = Decimal("148.097942") + Decimal("0.7143") * Decimal("4.5")
    assert possible == {("energy.coal.used", Decimal("120.5")), ("energy.standard.used", total)}


def test_a_wrong_total_says_what_it_adds():
    findings = verify(printed({"energy.coal.used": Decimal(125)}))
    finding = next(f for f in findings if f.cell == "energy.standard.used" and f.code == "total-wrong")
    assert "0.7143 × 125 + 1.4714 × 3.33 + 13.3 × 0.5 + 1.229 × 41.07" in message(finding, "en")


def test_the_second_reader_has_the_same_figures_and_finds_other_factors():
    figures_of = FormFigures(FORM.text)
    blank = write_return(FORM, stamp(), {}, {})
    assert not list(faults(blank, figures_of, {}, {}))
    read = figure_values(LabelledWorkbook(io.BytesIO(workbook())), figures_of)
    for name, value in filing(workbook()).record.complete().items():
        if name in figures_of.figures:
            assert figures_of.is_right(name, Fraction(value), figures_of.value(read, name)), name

    def change(book):
        book["能源消费"]["C8"] = "=0.7143*C4+1.4714*C5+13.3*C6+1.129*C7"

    found = [f for f in faults(resaved(blank, change), figures_of, {}, {}) if f.what == "formula"]
    assert [(f.address, f.expected) for f in found] == [
        (
            "C8",
            "+0.7143*energy.coal.used+1.4714*energy.petrol.used+13.3*energy.gas.used+1.229*energy.power.used",
        )
    ]


def test_in_another_unit_a_total_of_multiples_is_rounded_by_itself():
    """And what it says of other sums stays: 0.5 + 0.5 is 1."""
    names = ("energy.coal.used", "energy.standard.used", "energy.power.used")
    values = {name: FORM.complete(figures())[name] for name in names}
    found = balanced(FORM, values, 1, 0)
    assert found.values == {names[0]: 12, names[1]: 15, names[2]: 4}
    assert not found.apart


NOT_HERE = "multiple-not-here"
FAULTS = {
    "no factor": ("2 * double + single", "0 * double + single", "bad-factor"),
    "a factor of too many digits": ("0.7143 * coal", "0.1234567890123456 * coal", "bad-factor"),
    "a factor without a name": ("2 * double + single", "2 * 3 + double + single", "factor-without-name"),
    "a factor alone": ("2 * double + single", "double + single + 2 *", "factor-without-name"),
    "two figures": ("2 * double + single", "double * single", "names-multiplied"),
    "a factor behind": ("2 * double + single", "double * 2 + single", "names-multiplied"),
    "two figures in a rule": ("8 * output <= 10 * sales", "staff * output <= sales", "names-multiplied"),
    "two figures in a condition": ("0.5 * output > sales - 100", "part * output > sales", "names-multiplied"),
    "two figures in a ratio": ("10000 * output per", "output * part per", "names-multiplied"),
    "no unit": (', unit = "张" },\n  { key = "lent"', ' },\n  { key = "lent"', "multiple-without-unit"),
    "half of a whole": ("2 * double + single", "1.5 * double + single", "multiple-not-whole"),
    "a line left out": ("1.4714 * petrol + ", "", "forgotten"),
    "a line counted twice": (
        'is = "staff + 0.5 * part"',
        'is = "staff + 0.5 * part + staff"',
        "counted-twice",
    ),
    "a ratio in it": ('is = "staff + 0.5 * part"', 'is = "staff + 0.5 * rate + part"', "ratio-in-sum"),
    "a condition that nothing meets": ("0.5 * output > sales - 100", "2 * part > 4, part < 2", "never-holds"),
    "the first version": ("schema = 2", "schema = 1", "needs-schema"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_found(name):
    old, new, code = FAULTS[name]
    assert FORM.text.count(old) == 1
    problems = form_problems(FORM.text.replace(old, new))
    assert code in {problem.code for problem in problems}
    assert all("{" not in problem_text(x, lang) for x in problems for lang in LANGS)


@pytest.mark.parametrize(
    "more",
    [
        '[[prose.meaning]]\nkey = "m"\nlabel = "床"\nis = "2 * rooms.double.n"\n',
        '[[chart]]\nkey = "c"\nkind = "agencies"\ntitle = "床"\nshows = [{ label = "床", is = "2 * rooms.double.n" }]\n',
        '[publication]\nopening = [{ text = "床位{2 * rooms.double.n}张。" }]\n',
    ],
)
def test_sums_without_a_unit_of_their_own_have_no_multiples(more):
    problems = form_problems(FORM.text + "\n" + more)
    assert {problem.code for problem in problems} == {NOT_HERE}


LIST = """
schema = 2
key = "gl"
edition = "2026"
title = "锅炉台账（仿）"
authority = "自拟"
[[section]]
key = "boilers"
title = "一、锅炉"
sheet = "锅炉"
number = "decimal"
[[section.block]]
rows = [{ key = "n", label = "合计" }]
columns = [{ key = "seats", label = "应配司炉工", is = "3 * count(register)", unit = "人" }, { key = "heat", label = "折标准煤", is = "0.7143 * sum(register.coal)", unit = "吨标准煤" }]
[[section.list]]
key = "register"
columns = [
  { key = "coal", label = "耗煤", unit = "吨" },
  { key = "oil", label = "耗油", unit = "升" },
  { key = "steam", label = "产汽", unit = "吨" },
  { key = "heat", label = "折标准煤", unit = "吨标准煤", is = "0.7143 * coal + 0.00105 * oil" },
  { key = "rate", label = "单耗", unit = "千克/吨", is = "1000 * coal per 2 * steam", decimals = 1 },
]
[[section.list.rule]]
key = "steam"
columns = "steam <= 8 * coal + 0.01 * oil"
when = "2 * coal > 1"
label = "产汽量不超过理论产汽量"
authority = "inferred"
"""


@pytest.fixture(scope="module")
def boilers():
    return parse(LIST, "gl.toml")


def listed(form, *rows):
    lines = tuple(ListLine(n, (*map(Decimal, row), "", "")) for n, row in enumerate(rows, 1))
    about = Stamp(form.key, form.edition, PERIOD, Agency("青禾区", "001", "单位001"))
    content = write_return(form, about, {}, lists={"register": lines})
    return content, read_package(content, "001.xlsx", form)


def test_a_list_has_multiples_in_its_lines_and_in_sums_over_them(boilers):
    content, one = listed(boilers, ("10", "200", "82"), ("0.5", "0", "9"))
    assert told(one) == []
    complete = one.record.complete()
    assert (complete["boilers.n.seats"], complete["boilers.n.heat"]) == (6, Decimal("7.50015"))
    shown = openpyxl.load_workbook(io.BytesIO(content), data_only=True)["锅炉清单"]
    assert [cell.value for cell in shown[4]][4:6] == [7.353, 61.0]
    sums = openpyxl.load_workbook(io.BytesIO(content))
    assert sums["锅炉清单"]["F4"].value.endswith(
        ',IF(ROUND(2*N(D4),6)=0,"",ROUND((1000*N(B4))/(2*N(D4)),1)))'
    )
    assert not list(faults(content, FormFigures(boilers.text), {}, {}))
    _, broken = listed(boilers, ("10", "200", "82.01"))
    assert told(broken) == [("rule-broken", "register.steam[#1]")]
    assert "8 × 耗煤 10 + 0.01 × 耗油 200" in next(
        message(f, "zh") for f in verify(broken) if f.code == "rule-broken"
    )


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (', unit = "吨标准煤", is = "0.7143 * coal', ', is = "0.7143 * coal', "multiple-without-unit"),
        ("0.7143 * coal + 0.00105 * oil", "coal + oil", "mixed-units"),
        ("steam <= 8 * coal + 0.01 * oil", "steam <= coal + oil", "mixed-units"),
        ('sheet = "锅炉"\nnumber = "decimal"', 'sheet = "锅炉"', "multiple-not-whole"),
    ],
)
def test_a_fault_of_a_list_is_found(old, new, code):
    assert LIST.count(old) == 1
    assert code in {problem.code for problem in form_problems(LIST.replace(old, new))}
