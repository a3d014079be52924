"""Figures in a larger unit: each moves by less than one step, and totals add up wherever that is possible."""

from __future__ import annotations

from decimal import Decimal
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import HERE, examples
from xltools.data.balanced import balanced
from xltools.data.document import Paragraph, Table
from xltools.data.filing import Return, Stamp
from xltools.data.period import Period
from xltools.data.record import Agency
from xltools.document.other_unit import OtherUnit, check_unit, converted, other_units
from xltools.document.publishing import compose, report_of
from xltools.document.reader import ReportIdentity, read_document
from xltools.document.writer import render
from xltools.errors import InputError
from xltools.excel.reader import read_package
from xltools.excel.writer import write_return
from xltools.form.load import load, parse
from xltools.form.units import larger_units, powers_between
from xltools.text import LANGS, problem_text

D = Decimal
HEAD = """
schema = 2
key = "zc"
edition = "2026"
title = "支出"
authority = "自拟"
[[section]]
key = "s"
title = "一、支出"
sheet = "支出"
unit = "元"
number = "decimal"
signed = true
[[section.block]]
"""
SIGNED = st.decimals(-99_999, 99_999, places=2)
SIDES = load(HERE / "forms" / "jsgk-2026.toml")


def lines(count, groups, letter):
    """Lines of a number of typed lines: in groups with a subtotal each, and a grand total."""
    cut = sorted({*(place % count for place in groups), count})
    found, totals, first = [], [], 0
    for end in cut:
        keys = [f"{letter}{n}" for n in range(first, end)]
        found += [f'{{ key = "{key}", label = "{key}" }}' for key in keys]
        if keys and len(cut) > 1:
            totals.append(f"{letter}t{end}")
            found.append(f'{{ key = "{totals[-1]}", label = "{totals[-1]}", is = "{" + ".join(keys)}" }}')
        first = end
    parts = totals or [f"{letter}{n}" for n in range(count)]
    return ", ".join([*found, f'{{ key = "{letter}t", label = "合计{letter}", is = "{" + ".join(parts)}" }}'])


@st.composite
def tables(draw, deep=(True, False)):
    axes = []
    for letter, may_be_deep in zip("rc", deep, strict=True):
        count = draw(st.integers(1, 4))
        groups = draw(st.lists(st.integers(1, 9), max_size=2)) if may_be_deep else []
        axes.append(lines(count, groups, letter))
    form = parse(f"{HEAD}rows = [{axes[0]}]\ncolumns = [{axes[1]}]\n", "form")
    values = {name: draw(SIGNED) for name in form.input_names}
    return form, form.complete(values)


def is_near(values, shown, shift, decimals):
    step = D(1).scaleb(-decimals)
    return all(abs(shown[name] - value.scaleb(-shift)) < step for name, value in values.items())


def adds_up(form, shown):
    return all(shown[name] == definition.value(shown) for name, definition in form.definitions.items())


@settings(max_examples=examples(60), deadline=None)
@given(tables(), st.sampled_from([(3, 0), (4, 0), (4, 2), (2, 1)]))
def test_a_table_with_subtotals_on_one_side_always_adds_up(one, how):
    form, values = one
    found = balanced(form, values, *how)
    assert found.apart == ()
    assert is_near(values, found.values, *how)
    assert adds_up(form, found.values)


@settings(max_examples=examples(40), deadline=None)
@given(tables(deep=(True, True)))
def test_what_does_not_add_up_is_named(one):
    form, values = one
    found = balanced(form, values, 4, 0)
    assert is_near(values, found.values, 4, 0)
    assert bool(found.apart) is not adds_up(form, found.values)


@settings(max_examples=examples(40), deadline=None)
@given(st.lists(st.integers(0, 29), min_size=2, max_size=4))
def test_what_is_found_exists_and_what_is_not_does_not(cents):
    """Against all ways of rounding: parts of a whole, a total, and a line that is not more than another."""
    count = len(cents)
    rows = ", ".join(
        f'{{ key = "a{n}", label = "a{n}"{", of = " + chr(34) + "a0" + chr(34) if n == 1 else ""} }}'
        for n in range(count)
    )
    keys = " + ".join(f"a{n}" for n in range(count) if n != 1)
    rule = f'[[section.block.rule]]\nkey = "r"\nrows = "a0 <= a{count - 1}"\nlabel = "不多于"\nauthority = "inferred"\n'
    text = HEAD.replace("signed = true\n", "")
    text += f'rows = [{rows}, {{ key = "t", label = "合计", is = "{keys}" }}]\ncolumns = [{{ key = "c", label = "金额" }}]\n'
    form = parse(text + (rule if count > 2 else ""), "form")
    values = form.complete({name: D(cent) for name, cent in zip(form.input_names, cents, strict=True)})
    found = balanced(form, values, 1, 0)
    asked = [i.constraint for i in form.identities if i.constraint.holds(values)]
    ways = product(
        *({value.scaleb(-1).__floor__(), value.scaleb(-1).__ceil__()} for value in values.values())
    )
    tried = ({name: D(way) for name, way in zip(values, some, strict=True)} for some in ways)
    possible = any(adds_up(form, one) and all(c.relation.holds(one) for c in asked) for one in tried)
    assert possible is not bool(found.apart)
    if possible:
        assert adds_up(form, found.values)
        assert all(c.relation.holds(found.values) for c in asked)


def test_the_largest_absorbs_the_rest():
    form = parse(
        HEAD
        + 'rows = [{ key = "a", label = "a" }, { key = "b", label = "b" }, { key = "c", label = "c" }, { key = "t", label = "t", is = "all" }]\ncolumns = [{ key = "n", label = "n" }]\n',
        "form",
    )
    values = form.complete({"s.a.n": D(14_400), "s.b.n": D(34_300), "s.c.n": D(24_400)})
    found = balanced(form, values, 4, 0)
    assert [found.values[f"s.{key}.n"] for key in "abct"] == [1, 4, 2, 7]


def test_rules_between_tables_hold_too():
    values = SIDES.complete(
        {
            f"main.{key}.amount": D(value)
            for key, value in {
                "grant": 14,
                "other": 13,
                "carried_in": 14,
                "people": 24,
                "public": 6,
                "misc": 7,
                "carried_out": 4,
            }.items()
        }
    )
    found = balanced(SIDES, values, 1, 0)
    assert not found.apart
    assert found.values["main.income_total.amount"] == found.values["main.spending_total.amount"] == 4


def test_relations_that_allow_no_solution_are_named():
    """One figure in thirds: three of a kind that have to be equal, and a total that is a whole number."""
    rows = ", ".join(f'{{ key = "{key}", label = "{key}" }}' for key in "abc")
    rules = "".join(
        f'[[section.block.rule]]\nkey = "same_{b}"\nrows = "a = {b}"\nlabel = "a等于{b}"\nauthority = "inferred"\n'
        for b in "bc"
    )
    form = parse(
        f'{HEAD}rows = [{rows}, {{ key = "t", label = "合计", is = "a + b + c" }}]\ncolumns = [{{ key = "n", label = "n" }}]\n{rules}',
        "form",
    )
    values = form.complete(dict.fromkeys(form.input_names, D("33333.2")))
    assert not balanced(form, values, 5, 0).apart  # 0.333332 and 0.999996: 0 + 0 + 0 = 0
    values = form.complete(dict.fromkeys(form.input_names, D(50_000)))
    found = balanced(form, values, 5, 0)  # 0.5 and 1.5: 0 + 0 + 0 or 1 + 1 + 1 are neither 1 nor 2
    assert found.apart
    assert is_near(values, found.values, 5, 0)


# -- reports in another unit

YUAN = parse(
    SIDES.text.replace('unit = "万元"', 'unit = "元"')
    .replace("label_widths = [8, 20, 6, 8, 20]\n", "")
    .replace('stub = ["label", "code"]', 'stub = ["label", "unit", "code"]'),
    "form",
)
AMOUNTS = {
    f"main.{key}.amount": D(value)
    for key, value in {"grant": "143333", "other": "1244444.4", "carried_in": "14666", "people": "1244443", "public": "143333.33", "misc": "666", "carried_out": "14001.07"}.items()
}  # fmt: skip
PERIOD = Period(2026)


def returned():
    stamp = Stamp(YUAN.key, YUAN.edition, PERIOD, Agency("青禾区", "001", "财政局"))
    one = read_package(write_return(YUAN, stamp, AMOUNTS, {"cover.preparer": "张三"}), "001.xlsx", YUAN)
    assert isinstance(one, Return)
    return one


def tables_beside(document):
    return [block for block in document.blocks if isinstance(block, Table) and block.beside]


def test_a_report_in_another_unit_says_so_and_adds_up():
    document = compose(report_of(returned()), unit=OtherUnit("万元", 0))
    (table,) = tables_beside(document)
    figures = [box.text for box in table.boxes if box.role == "figure"]
    assert sorted(figures, key=int) == ["0", "1", "1", "14", "14", "125", "125", "139", "139", "140", "140"]
    assert {box.text for box in table.boxes if box.role == "aside"} >= {"计量单位", "万元"}
    assert Paragraph("单位：万元", "right") in document.blocks
    assert not [block for block in document.blocks if getattr(block, "text", "").startswith("注：")]
    exact = compose(report_of(returned()))
    assert "143333" in {box.text for box in tables_beside(exact)[0].boxes}


def test_two_decimals_are_printed_as_such():
    (table,) = tables_beside(compose(report_of(returned()), unit=OtherUnit("万元")))
    assert {"14.33", "124.44", "140.24"} <= {box.text for box in table.boxes if box.role == "figure"}


def test_totals_that_cannot_add_up_are_named_under_the_table():
    rules = "".join(
        f'[[section.block.rule]]\nkey = "same_{b}"\nrows = "a = {b}"\nlabel = "a等于{b}"\nauthority = "inferred"\n'
        for b in "bc"
    )
    rows = ", ".join(f'{{ key = "{key}", label = "{key}" }}' for key in "abc")
    form = parse(
        f'{HEAD}rows = [{rows}, {{ key = "t", label = "合计", is = "a + b + c" }}]\ncolumns = [{{ key = "n", label = "金额" }}]\n{rules}',
        "form",
    )
    values = form.complete(dict.fromkeys(form.input_names, D(5000)))
    found = converted(form, values, OtherUnit("万元", 0)).get(form.sections[0].key)
    assert found is not None
    assert found.below is not None
    assert "略有出入" in found.below.text


def test_what_is_rounded_is_not_read_back():
    content = render(compose(report_of(returned()), unit=OtherUnit("万元")), "html")
    one = read_document(content, "001_财政局_2026.html", YUAN, given=ReportIdentity(PERIOD, "财政局"))
    assert isinstance(one, Return)
    assert [(f.code, f.found, f.expected) for f in one.findings if f.code == "other-unit"] == [
        ("other-unit", "万元", "元")
    ]
    assert not one.record.values


@pytest.mark.parametrize(
    ("unit", "other", "power"),
    [
        ("万元", "元", 4),
        ("元", "万元", -4),
        ("亿元", "万元", 4),
        ("千克", "克", 3),
        ("万元", "人", None),
        ("万", "元", None),
        ("元", "元", 0),
    ],
)
def test_units_of_one_thing(unit, other, power):
    assert powers_between(unit, other) == power


@pytest.mark.parametrize(
    ("unit", "larger"),
    [
        ("元", ["千元", "万元", "百万元", "亿元"]),
        ("万元", ["百万元", "亿元"]),
        ("亿元", []),
        ("百分点", []),
        ("", []),
        ("万", []),
        ("人", ["千人", "万人", "百万人", "亿人"]),
    ],
)
def test_larger_units_are_offered(unit, larger):
    assert larger_units(unit) == larger


def test_only_units_that_can_be_are_offered():
    assert other_units(YUAN) == ["千元", "万元", "百万元", "亿元"]
    assert other_units(parse(YUAN.text.replace("年末结转", "年末结转（元）"), "form")) == []


@pytest.mark.parametrize(
    ("text", "how", "code"),
    [
        (YUAN.text, OtherUnit("人"), "unit-in-vain"),
        (YUAN.text, OtherUnit("万元", 7), "bad-decimals"),
        (YUAN.text.replace("年末结转", "年末结转（元）"), OtherUnit("万元"), "unit-in-label"),
    ],
)
def test_a_unit_that_cannot_be_is_refused(text, how, code):
    with pytest.raises(InputError) as caught:
        check_unit(parse(text, "form"), how)
    assert code in {problem.code for problem in caught.value.problems}
    assert all("{" not in problem_text(problem, lang) for problem in caught.value.problems for lang in LANGS)
