"""Agencies among one another: what is far from one's kind, what is the same as another, and what only some may have."""

from __future__ import annotations

import statistics
from dataclasses import replace
from decimal import Context, Decimal
from functools import lru_cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import examples, sound_values, year_before
from test_prior import OFFICIAL, codes, filing, rollup
from xltools.checking.collection import examine
from xltools.checking.outliers import _median, _spread
from xltools.collection.inbox import gather
from xltools.data.filing import Source
from xltools.data.policy import Policy, Thresholds
from xltools.data.prior import past_of
from xltools.data.record import Agency
from xltools.data.roster import Entry, Roster
from xltools.excel.reader import read

PENALTIES, FEES = "disclosure.penalty.decisions", "disclosure.fees.amount"


def agency(code):
    return Agency("青禾区", f"{code:03}", f"单位{code}")


def collection(figures, name=PENALTIES, **how):
    """What is said of agencies that differ in one figure; 23 other figures are there and of no interest."""
    filings = [
        filing(sound_values(i % 7) | {name: Decimal(str(figure))}, 2024, agency(i))
        for i, figure in enumerate(figures)
    ]
    return [f for f in examine(filings, **how).findings if f.code == "outlier"]


def test_the_modified_z_score_of_a_textbook_sample():
    """Worked by hand: median 6, deviations 4 3 2 1 0 1 2 3 94, MAD 2."""
    figures = [Decimal(n) for n in (2, 3, 4, 5, 6, 7, 8, 9, 100)]
    linear = _spread(figures, Thresholds(least=Decimal("0.001"))).linear
    assert linear.middle == 6
    assert round(linear.score(Decimal(100)), 2) == Decimal("31.70")  # 0.6745 * 94 / 2
    assert round(linear.score(Decimal(9)), 2) == Decimal("1.01")


@settings(max_examples=examples(150))
@given(
    st.lists(st.integers(0, 40) | st.sampled_from([100, 300, 5000, 10**6]), min_size=8, max_size=30),
    st.sampled_from([Thresholds(), Thresholds(Decimal(2), Decimal(1), Decimal("0.5"))]),
)
def test_what_is_out_is_out_by_the_definition(figures, at):
    """Worked out anew from the figures, on both scales for each of them, whatever is not worked out where it need not be."""
    spread = _spread(sorted(map(Decimal, figures)), at)
    log = lru_cache(lambda n: Context(prec=12).ln(Decimal(n) + 1))

    def far(numbers, number, narrowest):
        middle = statistics.median(numbers)
        width = max(statistics.median(abs(n - middle) for n in numbers) / Decimal("0.6745"), narrowest)
        return abs(number - middle) / max(width, Decimal("1e-6"))

    apart = log(max(at.factor, 1) - 1)
    for value in {*figures, 0, 17, 400}:
        score = min(
            far([Decimal(n) for n in figures], value, at.least / at.outlier),
            far([log(n) for n in figures], log(value), apart / at.outlier),
        )
        distances = [abs(log(n) - log(value)) for n in figures]
        if any(abs(distance - apart) < Decimal("1e-9") for distance in distances):
            continue  # just as far as is near, which rounding decides
        near = sum(distance < apart for distance in distances)
        is_out = score > at.outlier and near - 1 <= len(figures) // 10
        within = spread.least <= value <= spread.most
        known = None if within else spread.score(Decimal(value))
        assert (known is not None) == is_out, (value, score, near)
        assert known is None or abs(known - score) < Decimal("1e-9")
        assert not (within and spread.score(Decimal(value)))


@pytest.mark.parametrize(
    ("figures", "found"),
    [
        ([10, 12, 9, 14, 11, 13, 10, 900], [900]),
        ([10, 12, 9, 14, 11, 13, 10, 40], []),  # not factor times the usual
        ([0] * 8 + [19], []),  # MAD 0, and less than least
        ([0] * 8 + [21], [21]),  # MAD 0, and beyond factor and least
        ([1000, 1010, 990, 1005, 995, 1000, 1002, 0], [0]),
        ([79, 20, 150, 90, 60, 110, 75, 1], []),  # by factors it is far, by amounts it is not
        ([10, 12, 9, 14, 11, 13, 900], []),  # seven are no measure
        ([10, 12, 9, 14, 11, 13, 10, 12, 800, 900], [800, 900]),  # two of ten may be one mistake made twice
        ([10, 12, 9, 14, 11, 13, 10, 12, 700, 800, 900], []),  # three of eleven are a kind of agency
    ],
)
def test_what_is_far(figures, found):
    assert [f.found for f in collection(figures)] == found


def test_figures_that_are_alike_are_never_far():
    for figure in (0, 1, 20, 10**6):
        assert collection([figure] * 12) == []


def test_the_coordinator_sets_the_thresholds():
    figures = [10, 12, 9, 14, 11, 13, 10, 900]
    for policy in (Thresholds(outlier=Decimal(30)), Thresholds(peers=9), Thresholds(least=Decimal(1000))):
        assert collection(figures, policy=Policy(thresholds=policy)) == []


def test_a_factor_of_one_or_less_is_no_factor_and_no_crash():
    for factor in ("1", "0.5"):
        policy = Policy(thresholds=Thresholds(factor=Decimal(factor)))
        assert [f.found for f in collection([0] * 8 + [900], policy=policy)] == [900]


def test_an_amount_in_another_unit_is_told_as_one():
    (found,) = collection([96171, 80000, 120000, 70000, 99000, 88000, 91000, 910000000], FEES)
    assert [(cause.code, cause.facts["likely"]) for cause in found.causes] == [("times-10000", 91000)]


def test_at_most_three_and_the_farthest_first():
    names = [f"disclosure.{kind}.decisions" for kind in ("licensing", "penalty", "coercion")] + [FEES]
    filings = [filing(sound_values(i % 7), 2024, agency(i)) for i in range(9)]
    far = {name: Decimal(10) ** (i + 3) for i, name in enumerate(names)} | {FEES: Decimal(10) ** 12}
    filings[0] = filing(sound_values() | far, 2024, agency(0))
    found = [f for f in examine(filings).findings if f.code == "outlier"]
    assert len(found) == 3
    scores = [f.facts["score"] for f in found]
    assert scores == sorted(scores, reverse=True)


def test_kinds_are_compared_among_themselves():
    figures = [5] * 8 + [5000] * 8
    entries = tuple(
        Entry(agency(i).code, agency(i).name, {"类别": "执法" if i > 7 else ""}) for i in range(17)
    )
    assert collection([*figures, 5], roster=Roster(entries)) != []
    assert collection([*figures, 5000], roster=Roster(entries)) == []


def test_an_agency_is_its_own_best_measure():
    """What was so last year is no surprise, and what was not is told once: as a jump."""
    far = sound_values() | {PENALTIES: Decimal(9000)}
    filings = [
        filing(far, 2024, agency(0)),
        *(filing(sound_values(i % 7), 2024, agency(i)) for i in range(1, 9)),
    ]
    assert "outlier" in codes(examine(filings).findings)
    as_ever = past_of([filing(year_before(far), 2023, agency(0))], OFFICIAL)
    assert not {"outlier", "jump"} & set(codes(examine(filings, past=as_ever).findings))
    before = past_of([filing(year_before(sound_values()), 2023, agency(0))], OFFICIAL)
    assert codes(f for f in examine(filings, past=before).findings if f.cell == PENALTIES) == ["jump"]


def test_a_figure_that_could_not_be_read_is_nobodys_measure():
    filings = [
        filing(sound_values(i % 7) | {PENALTIES: Decimal(900 if i == 3 else 10)}, 2024, agency(i))
        for i in range(9)
    ]
    filings[3] = replace(filings[3], unread=frozenset({PENALTIES}))
    assert "outlier" not in codes(examine(filings).findings)


def test_another_year_or_a_rollup_is_no_peer():
    filings = [filing(sound_values(i % 7), 2024 - i % 2, agency(i)) for i in range(9)]
    filings[0] = filing(sound_values() | {PENALTIES: Decimal(9000)}, 2024, agency(0))
    parts = {agency(i + 50): sound_values() | {PENALTIES: Decimal(9000)} for i in range(3)}
    assert "outlier" not in codes(examine([*filings, rollup(parts, 2024)]).findings)


# -- twins


def test_twins_share_every_figure_and_enough_of_them():
    few = {
        f"applications.granted.{c}": Decimal(2)
        for c in ("natural", "commercial", "research", "welfare", "other_org")
    }
    pair = [filing(few, 2024, agency(i)) for i in (1, 2)]
    assert "twins" not in codes(examine(pair).findings), "five figures may be chance"
    few |= {"applications.new.natural": Decimal(10)}
    pair = [filing(few, 2024, agency(i)) for i in (1, 2)]
    found = [f for f in examine(pair).findings if f.code == "twins"]
    assert [(f.agency, f.facts["others"]) for f in found] == [
        ("单位1（001）", "单位2（002）"),
        ("单位2（002）", "单位1（001）"),
    ]
    pair[1] = filing(few | {FEES: Decimal("0.1")}, 2024, agency(2))
    assert "twins" not in codes(examine(pair).findings)


def test_a_blank_and_a_zero_are_the_same_to_twins_and_an_unread_figure_is_not():
    pair = [
        filing(sound_values(), 2024, agency(1)),
        filing(sound_values() | {PENALTIES: Decimal(0)}, 2024, agency(2)),
    ]
    blank = {name: value for name, value in pair[1].record.values.items() if name != PENALTIES}
    pair[0] = filing(blank, 2024, agency(1))
    assert codes(examine(pair).findings) == ["twins", "twins"]
    pair[0] = replace(pair[0], unread=frozenset({PENALTIES}))
    assert examine(pair).findings == ()
    pair = [replace(one, unread=frozenset({PENALTIES})) for one in pair]
    assert examine(pair).findings == (), "nor are two that nobody could read"


def test_two_files_of_one_agency_are_no_twins():
    pair = [filing(sound_values(), 2024, agency(1)), filing(sound_values(), 2024, agency(1))]
    assert set(codes(examine(pair).findings)) == {"same-return"}


# -- rule-makers


def test_who_may_make_rules():
    one = filing(
        sound_values()
        | {"disclosure.regulations.made": Decimal(1), "disclosure.regulations.in_force": Decimal(6)}
    )
    (found,) = examine([one]).findings
    assert (found.code, found.cell, len(found.places)) == ("no-rule-maker", "disclosure.regulations.made", 2)
    assert examine([one], policy=Policy(rule_makers=frozenset({"001"}))).findings == ()
    for word, allowed in (("是", True), ("YES", True), ("否", False), ("", False)):
        roster = Roster((Entry("001", "青禾区教育局", {"规章制定主体": word}),))
        assert (examine([one], roster).findings == ()) is allowed


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("青海省人民政府", None),
        ("内蒙古自治区人民政府", None),
        ("重庆市人民政府", None),
        ("重庆市人民政府办公厅", None),
        ("广东省人民政府办公厅", None),
        ("某市人民政府办公厅", None),
        ("某某自治州人民政府", None),
        ("某市人民政府", "note"),
        ("某市", "note"),
        ("某市人民政府办公室", "note"),
        ("某兵团", "note"),
        ("重庆市某某区人民政府", "question"),
        ("某县人民政府", "question"),
        ("某盟行政公署", "question"),
        ("某地区行政公署", "question"),
        ("某旗人民政府", "question"),
        ("某新区管理委员会", "question"),
        ("某经济技术开发区管理委员会", "question"),
        ("某镇人民政府", "question"),
        ("某乡人民政府", "question"),
        ("某街道办事处", "question"),
        ("某省教育厅", "question"),
        ("某市公安局", "question"),
    ],
)
def test_who_is_asked_about_rules_is_told_by_the_name(name, asked):
    figures = sound_values() | {"disclosure.regulations.in_force": Decimal(3)}
    one = filing(figures, 2024, Agency("青禾区", "001", name))
    found = [f for f in examine([one]).findings if f.code == "no-rule-maker"]
    assert [f.severity.value for f in found] == ([asked] if asked else [])


def test_the_clean_samples_stand_out_in_nothing():
    from conftest import ROOT

    for folder in ("clean", "published"):
        found = codes(examine([read(path) for path in gather([ROOT / "samples" / folder]).paths]).findings)
        assert not {"outlier", "twins", "no-rule-maker"} & set(found), folder


@given(st.lists(st.decimals(min_value=0, max_value=10**9, places=2), min_size=1))
def test_the_median_is_that_of_the_standard_library(numbers):
    assert _median(sorted(numbers)) == statistics.median(numbers)


# -- an agency with several files


def test_a_second_file_of_an_agency_counts_once_whichever_comes_first():
    """Seven others and two files of one agency are eight peers, and which of the two is counted is settled by its content."""
    others = [filing(sound_values(i) | {PENALTIES: Decimal(10 + i)}, 2024, agency(i)) for i in range(7)]
    twice = [
        replace(one, source=Source(f"{sha}.xlsx", sha * 64))
        for sha, figure in (("a", 900), ("b", 11))
        for one in [filing(sound_values() | {PENALTIES: Decimal(figure)}, 2024, agency(7))]
    ]
    told = []
    for filings in (others + twice, twice + others, others + twice[::-1], [twice[1], *others, twice[0]]):
        found = [f for f in examine(filings).findings if f.code == "outlier"]
        told.append(sorted((f.file, f.found, f.facts["count"], f.facts["score"]) for f in found))
    assert told[0] == told[1] == told[2] == told[3]
    assert [(file, figure, count) for file, figure, count, _ in told[0]] == [("a.xlsx", 900, 8)]


# -- magnitude


def large(figures, name=FEES, kinds=(), policy=None):
    """The figures that are called unusually large; *kinds* are those of the agencies, by number."""
    entries = tuple(
        Entry(agency(i).code, agency(i).name, {"类别": kind} if kind else {}) for i, kind in enumerate(kinds)
    )
    filings = [
        filing(sound_values(i % 7) | {name: Decimal(str(figure))}, 2024, agency(i))
        for i, figure in enumerate(figures)
    ]
    found = examine(filings, Roster(entries) if entries else None, policy=policy).findings
    return [(f.found, f.facts["usual"]) for f in found if f.code == "magnitude"]


FEW = ["街道"] * 2 + ["部门"] * 23


def test_a_kind_of_few_is_compared_with_all_agencies_for_the_magnitude():
    """498765 of 万元 by one of two township offices."""
    usual = [3, 0, 12, 7, 20] * 5
    assert large([498765, *usual[1:]], kinds=FEW) == [(498765, 20)]
    assert large([498765, 265912, *usual[2:]], kinds=FEW) == [(498765, 20), (265912, 20)]
    assert large([19000, *usual[1:]], kinds=FEW) == [], "not a thousand times"
    assert large([498765] * 4 + usual[4:], kinds=FEW) == [], "four of 25 are a kind of agency"
    assert large([*usual[:2], 498765, *usual[3:]], kinds=FEW) == [], "a kind of many is compared in itself"
    assert large([498765, *[600] * 24], kinds=FEW) == []


def test_the_fewest_that_are_a_measure_are_the_coordinators():
    assert large([498765, *[3] * 6], kinds=["街道", *[""] * 6]) == []
    assert large([498765, *[3] * 6], kinds=["街道", *[""] * 6], policy=Policy(thresholds=Thresholds(peers=7)))
    assert large([498765, *[3] * 7], kinds=["街道", *[""] * 7]) == [(498765, 3)]


def test_alone_a_figure_that_no_agency_has_is_named():
    assert large([99_999_999_999], PENALTIES) == [(99_999_999_999, 10**8)]
    assert large([10**8], PENALTIES) == []


def test_last_year_is_a_better_measure_than_the_others():
    values = sound_values() | {PENALTIES: Decimal(10**9)}
    past = past_of([filing(year_before(values), 2023, agency(0))], OFFICIAL)
    assert "magnitude" not in codes(examine([filing(values, 2024, agency(0))], past=past).findings)
    assert "magnitude" in codes(examine([filing(values, 2024, agency(0))]).findings)
