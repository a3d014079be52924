"""A roll-up's account of itself: its cover, the years before it, its charts, and what was accepted in it."""

from __future__ import annotations

import html
import io
import random
import re
import zipfile
from dataclasses import replace
from decimal import Decimal

import clerk
import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import strategies
from conftest import HERE, by_day, examples, sound_values
from test_golden import check, told
from test_merge import filing, reread, rolled
from xltools.checking.checks import verify
from xltools.data.filing import Accepted, Account, Member, Source
from xltools.data.finding import Severity, Waiver
from xltools.data.period import Period
from xltools.data.policy import Policy
from xltools.data.prior import known, past_of
from xltools.data.record import Agency
from xltools.data.rollup import Rollup
from xltools.data.roster import Entry, Roster
from xltools.excel import live_checks
from xltools.excel.reader import read_package
from xltools.excel.text_height import lines
from xltools.excel.writer import write_rollup
from xltools.excel.writer.account import proofs
from xltools.excel.writer.years import rows_of
from xltools.form.address import a1
from xltools.form.layout import layout
from xltools.form.library import find
from xltools.form.places import CHARTS, COVER, WAIVED, YEARS, Matrix, Years

OFFICIAL = find("xxgk-2021")
OTHER = find(str(HERE / "forms" / "fwzx-2025.toml"))
NEW = "applications.new.natural"


def member(code, values=None, name=None, district="青禾区"):
    about = Source(f"{district}{code}.xlsx", f"{district} {code}", 1)
    return Member(Agency(district, code, name or f"单位{code}"), about, values or sound_values())


def rollup(members, form=OFFICIAL, **more):
    accounts = tuple(Account(one.agency, one.source, "included") for one in members)
    accounts += more.pop("left", ())
    coverage = more.pop("coverage", "complete")
    return Rollup(form, Period(2024), "青禾区", "青禾区", members, accounts, coverage, **more)


def book(package, *, results=True):
    return openpyxl.load_workbook(io.BytesIO(package), data_only=results)


def texts(package, sheet=COVER):
    return [str(c.value) for row in book(package)[sheet].iter_rows() for c in row if c.value is not None]


# -- the years before


def all_known(form, values):
    return known(
        form, values, frozenset(cell.name for cell in form.inputs if cell.name not in values), summed=True
    )


def some_years(form):
    figures = strategies.values(form).map(lambda values: all_known(form, values)).filter(bool)
    return st.tuples(st.just(form), st.dictionaries(st.integers(2020, 2023).map(Period), figures, max_size=4))


@settings(max_examples=examples(20))
@given(st.sampled_from([OFFICIAL, OTHER]).flatmap(some_years))
def test_the_years_before_are_read_as_they_were_written(case):
    """The law of the sheet: whatever is known comes back exactly, and nothing else."""
    form, earlier = case
    own = {cell.name: Decimal(1) for cell in form.inputs}
    again = reread(rollup((member("001", own),), form, earlier=earlier), form)
    assert again.earlier == earlier
    assert [f.code for f in again.findings if f.code != "rule-broken"] == []


@pytest.fixture(scope="module")
def with_years():
    earlier = {Period(year): OFFICIAL.complete(sound_values(year % 7)) for year in (2023, 2022, 2020)}
    return write_rollup(rollup((member("001"), member("002")), earlier=earlier))


def at(name, column):
    from xltools.data.filing import Stamp
    from xltools.excel.writer.content import Content

    stamp = Stamp("xxgk", "2021", Period(2024), Agency("区", "区", "区"))
    return a1(rows_of(Content(layout(OFFICIAL), stamp, {}, {}))[name], column)


SPOILED = {
    "a text": {at(NEW, Years.LAST): "12"},
    "a formula": {at(NEW, Years.LAST): clerk.Formula("5+7", 12)},
    "below zero": {at(NEW, Years.LAST): -3},
    "a fraction": {at(NEW, Years.LAST): Decimal("1.5")},
    "an error": {at(NEW, Years.LAST): clerk.Error("#REF!")},
    "another row's label": {at(NEW, Years.ROW): "二、上年结转政府信息公开申请数量"},
    "another column's label": {at(NEW, Years.COLUMN): "总计"},
    "a name twice": {at("applications.granted.natural", Years.NAME): NEW},
    "no name": {at(NEW, Years.NAME): None},
}


@pytest.mark.parametrize("change", by_day(SPOILED.values(), 4), ids=SPOILED)
def test_what_was_changed_is_not_known_nor_any_total_over_it(with_years, change):
    before = read_package(with_years, "x.xlsx")
    after = read_package(clerk.edited(with_years, YEARS, change), "x.xlsx")
    lost = before.earlier[Period(2023)].keys() - after.earlier[Period(2023)].keys()
    assert {NEW, "applications.new.total"} <= lost
    assert "applications.carried_in.total" not in lost
    assert after.findings == before.findings, "a comparison that cannot be read is no fault of the return"
    assert after.record == before.record


def test_a_year_over_two_columns_is_nobodys_and_a_typed_total_is_not_believed(with_years):
    doubled = clerk.edited(with_years, YEARS, {a1(Years.HEAD_ROW, Years.BEFORE): "2023 年"})
    assert list(read_package(doubled, "x.xlsx").earlier) == [Period(2020)]
    total = clerk.edited(with_years, YEARS, {at("applications.new.total", Years.LAST): 999999})
    assert read_package(total, "x.xlsx").earlier == read_package(with_years, "x.xlsx").earlier


def test_each_year_hands_on_what_it_knows():
    """Three merges, each with the roll-up of the year before: the last knows all of them."""
    package, seeds = None, {2022: 3, 2023: 0, 2024: 7, 2025: 2}
    for year, seed in seeds.items():
        from xltools.collection.merging import merge

        past = past_of([read_package(package, "d.xlsx")], OFFICIAL) if package else None
        sent = [filing(code, year=year, seed=seed + int(code)) for code in ("001", "002")]
        outcome = merge(sent, OFFICIAL, Period(year), "青禾区", past=past)
        package = write_rollup(outcome.rollup)
    last = read_package(package, "d.xlsx")
    assert {str(period): figures[NEW] for period, figures in last.earlier.items()} == {
        "2024": 17,
        "2023": 3,
        "2022": 9,
    }
    assert verify(last) == ()
    shown = book(package)[YEARS]
    row = int(at(NEW, 0)[1:])
    assert [shown.cell(row, c + 1).value for c in range(Years.NOW, Years.BEFORE + 3)] == [
        *(7, 17, -10, pytest.approx(-10 / 17), 3, 9, None)
    ]


def test_no_more_years_than_there_is_room_for():
    figures = OFFICIAL.complete(sound_values())
    packed = write_rollup(
        rollup((member("001"),), earlier=dict.fromkeys(map(Period, range(2018, 2024)), figures))
    )
    assert list(read_package(packed, "d.xlsx").earlier) == [*map(Period, (2023, 2022, 2021, 2020))]
    past = past_of([replace(read_package(packed, "d.xlsx"))], OFFICIAL)
    assert list(past.periods_of(Agency("青禾区", "青禾区", "青禾区"))) == [
        *map(Period, (2024, 2023, 2022, 2021))
    ]


@pytest.mark.prove
def test_another_districts_year_and_an_incomplete_one_stand_beside_nothing():
    district = Agency("青禾区", "青禾区", "青禾区")
    whole = reread(rolled([filing("001"), filing("002")], "青禾区"))
    assert past_of([whole], OFFICIAL).periods_of(district).keys() == {Period(2024)}
    assert past_of([whole], OFFICIAL).periods_of(Agency("川汇区", "川汇区", "川汇区")) == {}
    assert past_of([filing("001"), filing("002")], OFFICIAL).periods_of(district) == {}, (
        "members are no whole"
    )
    roster = Roster((Entry("001", "单位001", {}), Entry("009", "没报的", {})))
    part = reread(rolled([filing("001")], "青禾区", roster=roster, incomplete=True))
    assert past_of([part], OFFICIAL).periods_of(district) == {}


def test_nothing_is_compared_with_nothing():
    """Last year unknown: no change. Last year 0: a change and no rate. Never an error."""
    last = all_known(OFFICIAL, {NEW: Decimal(0), "disclosure.fees.amount": Decimal("0.3")})
    now = {NEW: Decimal(4), "disclosure.fees.amount": Decimal("0.1")}
    package = write_rollup(rollup((member("001", now),), earlier={Period(2023): last}))
    shown, formulas = book(package)[YEARS], book(package, results=False)[YEARS]

    def told_of(name):
        row = int(at(name, 0)[1:])
        return [page.cell(row, c + 1).value for page in (shown, formulas) for c in (Years.CHANGE, Years.RATE)]

    assert told_of(NEW)[:2] == [4, None]
    assert told_of(NEW)[3] is None
    assert told_of("disclosure.penalty.decisions") == [None] * 4
    change, rate, formula, _ = told_of("disclosure.fees.amount")
    assert (change, rate) == (-0.2, pytest.approx(-2 / 3))
    assert formula.startswith("=ROUND(")


# -- the cover


def test_the_cover_tells_who_is_in_what_was_found_and_who_is_not():
    left = tuple(
        Account(Agency("青禾区", f"9{n:02}", f"下属单位{n}"), Source(""), "missing", "" if n else "撤" * 300)
        for n in range(40)
    )
    counts = dict(zip(Severity, (41, 2, 3, 4), strict=True))
    package = write_rollup(
        rollup((member("001"),), left=left, coverage="incomplete", counts=counts, expected=41)
    )
    page = book(package)[COVER]
    rows = {
        page.cell(row, 1).value: [page.cell(row, c).value for c in range(2, 7)]
        for row in range(1, page.max_row + 1)
    }
    assert rows["单位和文件（个）"][:4] == [41, 1, 0, 40]
    assert rows["问题（个）"] == [41, 2, 3, 4, 0]
    assert rows["未汇总的单位和文件（40 个）"][0] == "原因"
    assert rows["下属单位39（939）"][0] == "未报送"
    assert page.cell(layout(OFFICIAL).cover.status.row + 1, 1).value == "汇总不完整，不能作为正式数据报送"


@pytest.mark.parametrize("length", by_day([10, 500, 5000], 1))
def test_no_text_of_the_cover_is_cut_off(length):
    """A row is as tall as what stands in it; what no row can hold says where it goes on."""
    left = (
        Account(Agency("青禾区", "9", "某局"), Source("9.xlsx", "9"), "excluded", "说明" * (length // 2)),
    )
    page = book(write_rollup(rollup((member("001"),), left=left, coverage="incomplete")))[COVER]
    row = next(r for r in range(1, page.max_row + 1) if page.cell(r, 1).value == "某局（9）")
    text, height = page.cell(row, 2).value, page.row_dimensions[row].height
    width = sum(page.column_dimensions[c].width for c in "BCDEF")
    assert lines(text, width) * 15 <= height <= 409
    assert text == "说明" * (length // 2) or text.endswith("……（全文见“来源清单”）")
    assert (text == "说明" * (length // 2)) is (length < 5000)


def test_a_proof_covers_every_input_that_can_be_added_once():
    for form in (OFFICIAL, OTHER):
        named = [name for proof in proofs(layout(form), Matrix.issued(form, 2)) for name in proof.names]
        assert sorted(named) == sorted(cell.name for cell in form.inputs if cell.additive)


@pytest.mark.parametrize(("rows", "most"), [(80, 9_999_999), (3000, 999_999), (20_000, 50_000), (80, 9)])
def test_the_order_of_the_rows_makes_no_difference(rows, most):
    """Doubles added in another order give another sum; rounded as the cover does, they do not."""
    chance = random.Random(rows)
    figures = [Decimal(chance.randint(0, most * 10_000)) / 10_000 for _ in range(rows)]
    places = live_checks.places_of(sum(figures), rows)
    doubles, sums = [float(figure) for figure in figures], [float(sum(figures))]
    for _ in range(20):
        chance.shuffle(doubles)
        total = 0.0
        for one in doubles:
            total += one
        sums.append(total)
    assert round(max(sums) - min(sums), places) == 0
    assert places >= 3, "and a change of a few yuan is still one"
    assert live_checks.places_of(Decimal(0), rows) == 6


def test_a_table_too_scattered_for_one_formula_has_several_proofs():
    from xltools.form.load import parse

    rows = ",".join(f'{{ key = "r{n}", label = "行{n}" }}' for n in range(450))
    text = f"""
schema = 1
key = "wide"
edition = "1"
title = "宽表"
authority = "本测试"
[[section]]
key = "s"
title = "一"
sheet = "一"
[[section.block]]
columns = [
  {{ key = "a", label = "甲" }}, {{ key = "b", label = "乙" }}, {{ key = "t", label = "计", is = "a + b" }}
]
rows = [{rows}]
"""
    form = parse(text, "wide.toml")
    told_apart = list(proofs(layout(form), Matrix.issued(form, 2)))
    assert len(told_apart) == 3
    for proof in told_apart:
        formula = live_checks.matrix_sum(Matrix.issued(form, 20_000), proof.groups)
        assert len(formula) < 8192
        assert formula.count(",") < 255
    assert live_checks.sheet_sum(told_apart[0].sheet, told_apart[0].names).count(",") == 0


# -- the charts


def charts(package):
    """Each chart as text: its words, its references with what they showed when it was written."""
    found = []
    with zipfile.ZipFile(io.BytesIO(package)) as file:
        names = [name for name in file.namelist() if name.startswith("xl/charts/chart")]
        for name in sorted(names, key=lambda name: int(re.sub(r"\D", "", name))):
            part = file.read(name).decode()
            kind = re.search(r'<c:barDir val="(\w+)"', part)[1]
            pieces = re.findall(r"<(c:f|c:v|a:t)>([^<]*)<", part)
            found.append([kind, *(f"{tag[2:]} {html.unescape(text)}" for tag, text in pieces)])
    return found


def agencies(count, amount):
    return tuple(member(f"{n:03}", {NEW: Decimal(amount(n))}) for n in range(count))


@pytest.mark.prove
def test_the_charts_of_many_few_and_none():
    many, few, none = (
        charts(write_rollup(rollup(agencies(count, amount))))
        for count, amount in ((80, lambda n: n * 37 % 80), (3, lambda n: n), (6, lambda _: 0))
    )
    assert [len(made) for made in (many, few, none)] == [2, 2, 2], "one year is no trend"
    assert "t 各单位新收政府信息公开申请（前 15 名）" in many[0]
    assert "t 各单位新收政府信息公开申请" in few[0]
    values = [text for text in many[0] if re.fullmatch(r"v \d+", text)]
    assert values == [f"v {n}" for n in range(79, 64, -1)]
    assert [text for text in few[0] if re.fullmatch(r"v \d+", text)] == ["v 2", "v 1", "v 0"]
    assert [text for text in none[0] if re.fullmatch(r"v \d+", text)] == ["v 0"] * 6


def test_a_trend_needs_two_years_and_leaves_out_what_it_does_not_know():
    earlier = {
        Period(2023): OFFICIAL.complete(sound_values()),
        Period(2021): all_known(OFFICIAL, {NEW: Decimal(5)}),
    }
    made = charts(write_rollup(rollup((member("001"),), earlier=earlier)))
    assert len(made) == 3
    assert made[2][0] == "col"
    assert {"v 2023 年", "v 2024 年"} <= set(made[2])
    assert "v 2021 年" not in made[2], "of 2021 no measure is known as a whole"
    assert (
        charts(write_rollup(rollup((member("001"),), earlier={Period(2021): earlier[Period(2021)]})))
        == made[:2]
    )


def test_a_form_without_charts_has_no_sheet_for_them():
    form = replace(OTHER, charts=())
    own = {cell.name: Decimal(1) for cell in form.inputs}
    assert CHARTS not in book(write_rollup(rollup((member("001", own),), form))).sheetnames
    assert CHARTS in book(write_rollup(rollup((member("001", own),), OTHER))).sheetnames


def test_what_stands_on_the_new_sheets(with_years):
    """As text: the comparison, the charts with their numbers, and the cover."""
    parts = re.split(r"\n\n(?=== )", "\n" + told(with_years))
    kept = [p for p in parts if re.match(rf"\n?== ({COVER}|{CHARTS}|{YEARS}) ", p)]
    assert len(kept) == 3
    drawn = ["\n".join((f"== chart {n}", *one)) for n, one in enumerate(charts(with_years), 1)]
    check("rollup-years.txt", "\n\n".join([*kept, *drawn]).lstrip() + "\n")


# -- what was accepted


def district_with_waiver():
    policy = Policy(waivers=(Waiver("001", "no-rule-maker", "", "确有规章", "李明", "2025-01-12"),))
    one = filing("001")
    values = one.record.values | {"disclosure.regulations.made": Decimal(1)}
    one = replace(one, record=replace(one.record, values=values))
    return rolled([one, filing("002")], "青禾区", policy=policy)


@pytest.mark.prove
def test_what_was_accepted_travels_up_with_the_name_of_the_district():
    district = district_with_waiver()
    (own,) = district.waived
    assert (own.agency, own.finding, own.via) == ("单位001（001）", "no-rule-maker", "")
    below = reread(district)
    assert below.waived == district.waived
    city = rolled([below, filing("001", district="川汇区")], "某市")
    assert city.waived == (own._replace(via="青禾区"),)
    assert any("豁免的 1 个问题" in t and "其中 1 个在下级汇总表中" in t for t in texts(write_rollup(city)))
    assert any("豁免的 1 个问题" in t and "下级" not in t for t in texts(write_rollup(district)))
    again = reread(city)
    assert again.waived == (own._replace(agency="青禾区 › 单位001（001）"),)
    province = rolled([again], "某省")
    assert "某市 › 青禾区 › 单位001（001）" in texts(write_rollup(province), WAIVED)


def test_a_list_of_what_was_accepted_with_another_head_is_a_fault():
    package = write_rollup(district_with_waiver())
    spoiled = read_package(clerk.edited(package, WAIVED, {"E2": "备注"}), "x.xlsx")
    assert [(f.code, f.sheet, f.address) for f in spoiled.findings] == [("label-changed", WAIVED, "E2")]
    assert spoiled.waived == ()


def test_a_text_out_of_another_file_is_kept_short_and_harmless():
    package = write_rollup(district_with_waiver())
    long = clerk.edited(package, WAIVED, {"E3": "\u202e" + "长" * 5000})
    (one,) = read_package(long, "x.xlsx").waived
    assert isinstance(one, Accepted)
    assert len(one.reason) == 2001
    assert one.reason[0] == "\ufffd"
