"""Merging: what is added, what is refused, what the roll-up says of itself, and roll-ups of roll-ups."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import HERE, by_day, examples, sound_prose, sound_values, unpacked
from xltools.checking.checks import verify
from xltools.collection.merging import Exclusion, merge
from xltools.data.filing import Stamp
from xltools.data.period import Period
from xltools.data.record import Agency, Record, total
from xltools.data.roster import Entry, Roster
from xltools.errors import InputError
from xltools.excel.reader import read_package
from xltools.excel.writer import write_return, write_rollup
from xltools.form.address import a1
from xltools.form.layout import layout
from xltools.form.library import find
from xltools.form.places import Matrix

OFFICIAL = find("xxgk-2021")
OTHER = find(str(HERE / "forms" / "fwzx-2025.toml"))
ROSTER = Roster(tuple(Entry(code, f"单位{code}", {}) for code in ("001", "002", "003")))


def values_of(form, seed):
    """Figures in which every rule of either form holds, different for each *seed*."""
    if form is OTHER:
        staff = {f"staff.{r}.{c}": Decimal(seed) for r in ("permanent", "contract") for c in ("men", "women")}
        training = {
            "training.first.invited": Decimal(3 * seed),
            "training.first.came": Decimal(2 * seed),
            "training.first.absent": Decimal(seed),
            "training.second.invited": Decimal(seed),
            "training.second.came": Decimal(seed),
        }
        money = {
            "money.budget.wages": Decimal("0.1") * seed,
            "money.change.wages": Decimal("-0.3"),
            "money.spent.running": Decimal("1.0001") * seed,
        }
        return (
            {cell.name: Decimal(0) for cell in form.inputs}
            | staff
            | training
            | money
            | {"staff.total.age": Decimal("41.5")}
        )
    values = {cell.name: Decimal(0) for cell in form.inputs}
    values["applications.new.natural"] = values["applications.granted.natural"] = Decimal(seed)
    values["disclosure.fees.amount"] = Decimal(seed) / 10
    return values


def filing(code, form=OFFICIAL, year=2024, district="青禾区", seed=None, name=None, path=None, edition=None):
    stamp = Stamp(
        form.key, edition or form.edition, Period(year), Agency(district, code, name or f"单位{code}")
    )
    words = sound_prose() if form is OFFICIAL else {}
    package = write_return(form, stamp, values_of(form, seed or int(code)), words)
    return read_package(package, path or f"{district}{code}.xlsx", form)


def rolled(filings, district, form=OFFICIAL, **settings):
    outcome = merge(filings, form, Period(2024), district, **settings)
    assert outcome.rollup is not None, outcome.collection.findings
    return outcome.rollup


def reread(rollup, form=OFFICIAL):
    return read_package(write_rollup(rollup), f"{rollup.district}.xlsx", form)


@pytest.mark.parametrize("form", by_day([OFFICIAL, OTHER], 1), ids=["official", "other"])
def test_a_rollup_is_a_return_that_reads_back_without_a_finding(form):
    filings = [filing(code, form) for code in ("001", "002", "003")]
    rollup = rolled(filings, "青禾区", form, roster=ROSTER)
    again = reread(rollup, form)
    assert verify(again) == ()
    assert again.record == rollup.record == replace(total(form, Period(2024), [f.record for f in filings]))
    assert {name: shown.value for name, shown in again.shown.items()} == rollup.values
    assert [member.agency.name for member in again.members] == ["单位001", "单位002", "单位003"]


@pytest.mark.parametrize("form", by_day([OFFICIAL, OTHER], 1), ids=["official", "other"])
@settings(max_examples=examples(6))
@given(st.integers(2, 6), st.randoms())
def test_any_tree_of_merges_gives_the_flat_merge(form, count, random):
    filings = [filing(f"{n:03}", form) for n in range(1, count + 1)]
    flat = rolled(filings, "市", form).record
    level = list(filings)
    while len(level) > 1:
        random.shuffle(level)
        size = random.randint(1, min(3, len(level) - 1)) + 1 if len(level) > 2 else 2
        group, level = level[:size], level[size:]
        level.append(reread(rolled(group, f"区{len(level)}{size}{random.random()}"[:20], form), form))
    tree = level[0].record
    assert (tree.values, tree.agencies) == (flat.values, flat.agencies)


@pytest.mark.prove
def test_returns_and_rollups_can_be_mixed():
    district = reread(rolled([filing("001"), filing("002")], "青禾区"))
    city = reread(rolled([district, filing("900", district="市")], "市"))
    assert city.record.values["applications.new.natural"] == 903
    assert {str(a) for a in city.record.agencies} == {"单位001（001）", "单位002（002）", "单位900（900）"}
    assert verify(city) == ()


def test_one_agency_cannot_come_in_by_two_ways():
    district = reread(rolled([filing("001"), filing("002")], "青禾区"))
    outcome = merge([district, filing("002")], OFFICIAL, Period(2024), "市")
    assert outcome.rollup is None
    assert {finding.code for finding in outcome.collection.findings} == {"duplicate-return"}


def test_what_a_district_lacks_the_city_lacks():
    """An incomplete roll-up is added only when that is asked for, and what is missing in it stays on the account."""
    district = reread(rolled([filing("001"), filing("002")], "青禾区", roster=ROSTER, incomplete=True))
    other = reread(rolled([filing("001", district="川汇区")], "川汇区"))
    outcome = merge([district, other], OFFICIAL, Period(2024), "市")
    assert outcome.rollup is None
    assert {finding.code for finding in outcome.collection.findings} == {"rollup-incomplete"}
    city = rolled([district, other], "市", incomplete=True)
    assert city.coverage == "incomplete"
    assert city.record.values["applications.new.natural"] == 4
    assert [(str(a.agency), a.status, a.via) for a in city.left_out] == [
        ("单位003（003）", "missing", "青禾区")
    ]
    again = reread(city)
    assert [str(a.agency) for a in again.left_out] == ["单位003（003）"]


@pytest.mark.prove
def test_the_order_of_files_does_not_matter():
    filings = [filing(code) for code in ("003", "001", "002")]
    one, other = (write_rollup(rolled(order, "青禾区")) for order in (filings, filings[::-1]))
    assert unpacked(one) == unpacked(other)


REFUSED = {
    "missing-return": lambda: [filing("001"), filing("002")],
    "two-versions": lambda: [
        filing("001"),
        filing("002"),
        filing("003"),
        filing("003", seed=9, path="again.xlsx"),
    ],
    "wrong-year": lambda: [filing("001"), filing("002"), filing("003", year=2023)],
    "not-on-roster": lambda: [filing("001"), filing("002"), filing("003"), filing("099")],
    "wrong-edition": lambda: [filing("001"), filing("002"), filing("003", edition="2019")],
    "empty-file": lambda: [
        filing("001"),
        filing("002"),
        filing("003"),
        read_package(b"", "leer.xlsx", OFFICIAL),
    ],
}


@pytest.mark.parametrize("code", by_day(REFUSED, 3))
def test_it_refuses_with_the_reason(code):
    outcome = merge(REFUSED[code](), OFFICIAL, Period(2024), "青禾区", roster=ROSTER)
    assert outcome.rollup is None
    assert {finding.code for finding in outcome.collection.findings} == {code}


@pytest.mark.parametrize("code", by_day(REFUSED, 3))
def test_incomplete_leaves_out_what_is_wrong_and_says_so(code):
    filings = REFUSED[code]()
    rollup = rolled(filings, "青禾区", roster=ROSTER, incomplete=True)
    assert rollup.coverage == "incomplete"
    assert len(rollup.left_out) == (2 if code == "two-versions" else 1)
    named = [account.source.name for account in rollup.accounts if account.source.path]
    assert sorted(named) == sorted(one.source.name for one in filings)
    assert rollup.record.values["applications.new.natural"] == sum(
        a.agency and int(a.agency.code) for a in rollup.included
    )
    assert all(account.note for account in rollup.left_out if account.status == "excluded")


def test_a_doubled_return_is_never_chosen_between():
    rollup = rolled(REFUSED["two-versions"](), "青禾区", roster=ROSTER, incomplete=True)
    assert rollup.record.values["applications.new.natural"] == 3
    assert [a.status for a in rollup.accounts] == ["included", "included", "excluded", "excluded"]


def test_an_exclusion_resolves_what_it_names():
    by_file = [Exclusion("again.xlsx", "旧文件")]
    rollup = rolled(REFUSED["two-versions"](), "青禾区", roster=ROSTER, exclusions=by_file)
    assert rollup.record.values["applications.new.natural"] == 6
    assert (rollup.left_out, rollup.coverage) == ((), "complete")  # the agency is in it by its other file
    assert ("again.xlsx", "excluded", "旧文件") in [
        (a.source.name, a.status, a.note) for a in rollup.accounts
    ]
    by_code = [Exclusion("003", "机构撤销")]
    rollup = rolled(REFUSED["missing-return"](), "青禾区", roster=ROSTER, exclusions=by_code)
    assert [(a.agency.code, a.status, a.note) for a in rollup.left_out] == [("003", "missing", "机构撤销")]
    assert rollup.coverage == "incomplete"


def test_an_exclusion_that_names_nothing_is_refused():
    with pytest.raises(InputError):
        merge([filing("001")], OFFICIAL, Period(2024), "青禾区", exclusions=[Exclusion("x", "y")])


def test_without_a_roster_completeness_is_not_claimed():
    assert rolled([filing("001")], "青禾区").coverage == "unchecked"
    assert (
        rolled([filing("001"), filing("002"), filing("003")], "青禾区", roster=ROSTER).coverage == "complete"
    )


def test_nothing_to_add_is_no_rollup():
    assert (
        merge([read_package(b"", "x.xlsx")], OFFICIAL, Period(2024), "青禾区", incomplete=True).rollup is None
    )


def test_the_account_survives_the_file():
    rollup = rolled(REFUSED["missing-return"](), "青禾区", roster=ROSTER, incomplete=True)
    again = reread(rollup)
    assert again.record.agencies == rollup.record.agencies
    assert [m.source.sha256 for m in again.members] == [m.source.sha256 for m in rollup.members]


def test_what_cannot_be_added_stays_blank_in_a_rollup():
    filings = [filing(code, OTHER) for code in ("001", "002")]
    rollup = rolled(filings, "区", OTHER)
    assert "staff.total.age" not in rollup.values
    assert "staff.total.age" in rollup.members[0].values
    again = reread(rollup, OTHER)
    assert "staff.total.age" not in again.shown
    assert rollup.values["money.left.sum"] == Decimal("0.1") * 3 - Decimal("0.6") - Decimal("1.0001") * 3


def test_a_figure_typed_over_in_a_rollup_is_found():
    import clerk

    rollup = rolled([filing("001"), filing("002")], "青禾区")
    sheet, address = layout(OFFICIAL).address("disclosure.fees.amount")
    forged = clerk.edited(write_rollup(rollup), sheet, {address: Decimal(99)})
    again = read_package(forged, "x.xlsx")
    (finding,) = verify(again)
    assert (finding.code, finding.found, finding.expected) == ("total-wrong", 99, Decimal("0.3"))
    assert again.record.values["disclosure.fees.amount"] == Decimal("0.3")


def test_a_rollup_whose_rows_were_changed_counts_the_rows():
    import clerk

    package = write_rollup(rolled([filing("001"), filing("002")], "青禾区"))
    column = Matrix.issued(OFFICIAL, 2).columns["disclosure.licensing.decisions"]
    address = a1(Matrix.FIRST_ROW, column)
    again = read_package(clerk.edited(package, "各单位数据", {address: Decimal(50)}), "x.xlsx")
    assert again.record.values["disclosure.licensing.decisions"] == 50
    assert {finding.code for finding in verify(again)} == {"total-stale", "row-altered"}
    spoiled = clerk.edited(package, "各单位数据", {address: "12件"})
    assert {finding.code for finding in verify(read_package(spoiled, "x.xlsx"))} == {"not-a-number"}


def test_two_wrongs_do_not_make_a_right():
    """Returns off by +1 and -1 would give a sound sum: the parts are verified, not only the whole."""
    stamp = Stamp("xxgk", "2021", Period(2024), Agency("区", "1", "一"))
    one = values_of(OFFICIAL, 5) | {"applications.new.natural": Decimal(6)}
    other = values_of(OFFICIAL, 5) | {"applications.new.natural": Decimal(4)}
    a = read_package(write_return(OFFICIAL, stamp, one), "a.xlsx")
    b = read_package(write_return(OFFICIAL, replace(stamp, agency=Agency("区", "2", "二")), other), "b.xlsx")
    assert merge([a, b], OFFICIAL, Period(2024), "区").rollup is None
    both = Record(OFFICIAL, Period(2024), frozenset((Agency("区", "3"),)), (a.record + b.record).values)
    assert not OFFICIAL.identities[0].relation.difference(both.complete())


def test_texts_are_never_formulas():
    """A name, a reason or a code that looks like a formula is written and read as the text it is."""
    one = filing("001", name="=HYPERLINK(1)", district="=A1")
    assert one.agency.name == "=HYPERLINK(1)"
    rollup = rolled([one, filing("002")], "=1+1", exclusions=[Exclusion("002", "=cmd()")])
    again = reread(rollup)
    assert verify(again) != ()  # incomplete, as the exclusion makes it
    assert {f.code for f in verify(again)} == {"rollup-incomplete"}
    assert again.left_out[0].note == "=cmd()"
    assert again.members[0].agency.name == "=HYPERLINK(1)"


def test_money_is_exact_beyond_what_a_double_holds():
    big, small = Decimal(999999999999999), Decimal("0.000000000000001")
    name = "disclosure.fees.amount"
    records = [
        Record(OFFICIAL, Period(2024), frozenset((Agency("区", str(i)),)), {name: v})
        for i, v in enumerate((big, small))
    ]
    assert total(OFFICIAL, Period(2024), records).values[name] == Decimal("999999999999999.000000000000001")


@pytest.mark.prove
def test_what_was_not_checked_below_is_not_complete_above():
    district = reread(rolled([filing("001"), filing("002")], "青禾区"))
    above = Roster((Entry("青禾区", "青禾区", {}),))
    assert rolled([district], "市", roster=above).coverage == "unchecked"
    checked = reread(rolled([filing(code) for code in ("001", "002", "003")], "青禾区", roster=ROSTER))
    assert rolled([checked], "市", roster=above).coverage == "complete"


def test_a_file_left_out_beside_another_of_its_agency_leaves_nobody_out():
    """Twice sent, or sent broken and again: with the superfluous file excluded the roll-up is complete."""
    roster = Roster((Entry("001", "甲", {}), Entry("002", "乙", {})))
    stamp = {
        c: Stamp(OFFICIAL.key, OFFICIAL.edition, Period(2024), Agency("区", c, n))
        for c, n in (("001", "甲"), ("002", "乙"))
    }
    values = sound_values()
    files = {
        "001_甲.xlsx": write_return(OFFICIAL, stamp["001"], values),
        "001_甲（旧）.xlsx": write_return(
            OFFICIAL, stamp["001"], values | {"disclosure.penalty.decisions": Decimal(9)}
        ),
        "002_乙.xlsx": write_return(OFFICIAL, stamp["002"], values),
        "002_没传完.xlsx": b"PK",
    }
    filings = [read_package(content, name, OFFICIAL) for name, content in files.items()]
    exclusions = [Exclusion("001_甲（旧）.xlsx", "已更正"), Exclusion("002_没传完.xlsx", "已重报")]
    rollup = merge(filings, OFFICIAL, Period(2024), "区", roster=roster, exclusions=exclusions).rollup
    assert rollup.coverage == "complete"
    assert rollup.left_out == ()
    assert [a.status for a in rollup.accounts] == ["included", "included", "excluded", "excluded"]
    again = read_package(write_rollup(rollup), "d.xlsx", OFFICIAL)
    assert again.is_complete
    assert not any(f.code == "rollup-incomplete" for f in verify(again))
    alone = merge(
        filings[2:], OFFICIAL, Period(2024), "区", roster=roster, exclusions=exclusions[1:], incomplete=True
    ).rollup
    assert alone.coverage == "incomplete"
