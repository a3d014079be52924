"""Last year: who is who, what is known of it, what follows from it, and what is asked when it does not."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import strategies
from conftest import HERE, examples, prose_for, sound_values, year_before
from xltools.checking import prior
from xltools.checking.checks import verify
from xltools.checking.collection import examine
from xltools.collection.issuing import last_figures
from xltools.collection.merging import Exclusion, merge
from xltools.data.filing import Member, RefusedFile, Return, Source, Stamp
from xltools.data.finding import Waiver
from xltools.data.period import Period
from xltools.data.policy import Policy, Thresholds
from xltools.data.prior import Past, past_of
from xltools.data.record import Agency, Record
from xltools.data.roster import Entry, Roster, divided
from xltools.errors import InputError
from xltools.excel.reader import read_package
from xltools.excel.writer import write_return, write_rollup
from xltools.form.layout import layout
from xltools.form.library import find
from xltools.form.model import of_last_year
from xltools.text import clerk_message

OFFICIAL = find("xxgk-2021")
OTHER = find(str(HERE / "forms" / "fwzx-2025.toml"))
AGENCY = Agency("青禾区", "001", "青禾区教育局")
DISTRICT = Agency("青禾区", "青禾区", "青禾区")


def filing(values, year=2024, agency=AGENCY, form=OFFICIAL, **more):
    """A return as reading gives it, without a file."""
    stamp = Stamp(form.key, form.edition, Period(year), agency, more.pop("kind", "return"))
    record = Record(form, Period(year), frozenset((agency,)), values)
    source, prose = Source(f"{agency.code}_{year}.xlsx", f"{agency}{year}"), prose_for(form)
    return Return(source, (), form, stamp, record, prose=prose, **more)


def rollup(parts, year):
    """A roll-up of these values by agency, as reading gives it."""
    members = tuple(Member(who, Source(f"{who.code}.xlsx"), values) for who, values in parts.items())
    sums = {}
    for values in parts.values():
        sums = {name: sums.get(name, 0) + values.get(name, 0) for name in {*sums, *values}}
    one = filing(sums, year, DISTRICT, kind="rollup", members=members)
    return replace(one, record=replace(one.record, agencies=frozenset(parts)))


def asked(now, *before, form=OFFICIAL, **how):
    """The findings that there are only because last year is known."""
    past = past_of(before, form)
    without = {(f.code, f.sheet, f.address) for f in examine([now], **how).findings}
    found = examine([now], past=past, **how).findings
    return [f for f in found if (f.code, f.sheet, f.address) not in without]


def codes(findings):
    return [finding.code for finding in findings]


# -- what the form says


def test_the_rules_from_year_to_year_of_the_official_form(form):
    told = [str(identity.relation) for identity in form.carries]
    assert told[0] == (
        "disclosure.regulations.in_force = last.disclosure.regulations.in_force"
        " + disclosure.regulations.made - disclosure.regulations.repealed"
    )
    assert len(told) == 2 + 7
    assert told[2] == "applications.carried_in.natural = last.applications.carried_out.natural"
    assert {identity.rule.key for identity in form.carries if identity.is_copy} == {"carried"}
    assert list(form.copied) == [
        f"applications.carried_in.{c}"
        for c in ("natural", "commercial", "research", "welfare", "legal_service", "other_org")
    ]
    assert [c.name for c in form.cells.values() if c.only] == [
        f"disclosure.regulations.{c}" for c in ("made", "repealed", "in_force")
    ]


def test_what_is_not_known_is_not_carried(form):
    known = {"applications.carried_out.natural": Decimal(4), "applications.carried_out.total": Decimal(9)}
    assert form.carried(known) == {"applications.carried_in.natural": 4}


# -- what is known of last year


def test_a_blank_is_zero_and_what_was_not_read_is_not_there():
    values = {"applications.new.natural": Decimal(3)}
    one = replace(filing(values, 2023), unread=frozenset({"applications.granted.natural"}))
    figures = past_of([one], OFFICIAL).values[AGENCY]
    assert figures["applications.new.total"] == 3
    assert figures["applications.partial.natural"] == 0
    assert not figures.keys() & {
        *("applications.granted.natural", "applications.granted.total"),
        *("applications.total.natural", "applications.total.total"),
    }


def test_a_rollup_knows_its_members_and_itself():
    parts = {Agency("青禾区", code, code): sound_values(int(code)) for code in ("1", "2")}
    past = past_of([rollup(parts, 2023)], OFFICIAL)
    assert {agency.code for agency in past.values} == {"1", "2", "青禾区"}
    assert {agency.code for agency in past.reporting} == {"1", "2"}
    name = "applications.new.natural"
    assert past.whole[name] == sum(values[name] for values in parts.values())


def test_a_rollup_beside_its_returns_reports_nothing_of_its_own():
    parts = {Agency("青禾区", code, code): sound_values(int(code)) for code in ("1", "2")}
    returns = [filing(values, 2023, agency) for agency, values in parts.items()]
    past = past_of([*returns, rollup(parts, 2023)], OFFICIAL)
    assert {agency.code for agency in past.reporting} == {"1", "2"}
    assert all(past.values.values()), "the same figures twice are no contradiction"


def test_of_several_rollups_each_reports_for_itself():
    """What is inside a district is the district's business; a city counts its districts."""
    one, other = (rollup({Agency(d, "1", "甲"): sound_values()}, 2023) for d in ("东区", "西区"))
    for_city = [
        replace(r, stamp=replace(r.stamp, agency=Agency(d, d, d)))
        for r, d in ((one, "东区"), (other, "西区"))
    ]
    assert {agency.code for agency in past_of(for_city, OFFICIAL).reporting} == {"东区", "西区"}


def test_of_two_different_returns_of_one_agency_nothing_is_believed():
    past = past_of([filing(sound_values(0), 2023), filing(sound_values(1), 2023)], OFFICIAL)
    assert past.values == {AGENCY: {}}
    assert asked(filing(sound_values()), filing(sound_values(0), 2023), filing(sound_values(1), 2023)) == []


def test_a_blank_workbook_among_last_years_files_knows_nothing():
    assert past_of([filing({}, 2023)], OFFICIAL).values == {AGENCY: {}}
    assert (
        past_of([filing({"applications.carried_in.natural": Decimal(3)}, 2023)], OFFICIAL).values[AGENCY]
        == {}
    )


@pytest.mark.parametrize(
    ("files", "code"),
    [
        ([], "prior-empty"),
        ([RefusedFile(Source("x"))], "prior-empty"),
        ([filing({}, 2023, form=OTHER)], "prior-empty"),
        ([filing({}, 2023), filing({}, 2022, Agency("青禾区", "2", "二"))], "prior-years"),
    ],
)
def test_what_is_no_year_stops_the_work(files, code):
    with pytest.raises(InputError) as caught:
        past_of(files, OFFICIAL)
    assert caught.value.problems[0].code == code


# -- who is who


def who(old, new):
    """Pairs of (district, code, name), matched."""
    past = Past(OFFICIAL, Period(2023), {Agency(*agency): {} for agency in old})
    return {a.code: b.code for a, b in past.matches(Agency(*agency) for agency in new).items()}


@pytest.mark.parametrize(
    ("old", "new", "matched"),
    [
        ([("区", "1", "甲")], [("区", "1", "甲")], {"1": "1"}),
        ([("区", "1", "甲")], [("", "1", "甲")], {"1": "1"}),  # a line of the roster, or read by its labels
        ([("县", "1", "甲")], [("区", "1", "甲")], {"1": "1"}),  # the district was renamed
        ([("区", "1", "甲")], [("区", "1", "乙")], {"1": "1"}),  # renamed
        ([("区", "1", "甲")], [("区", "2", "甲")], {"2": "1"}),  # another code
        ([("区", "1", "甲")], [("区", "2", "乙")], {}),
        ([("县", "1", "甲")], [("区", "1", "乙")], {}),
        ([("县", "1", "甲")], [("区", "2", "甲")], {}),
        # a new line in the roster: 2 is not 乙 under another name, since 乙 is there
        ([("区", "1", "甲"), ("区", "2", "乙")], [("区", "1", "甲"), ("区", "2", "新"), ("区", "3", "乙")], {"1": "1", "3": "2"}),
        # exchanged codes
        ([("区", "1", "甲"), ("区", "2", "乙")], [("区", "1", "乙"), ("区", "2", "甲")], {"1": "2", "2": "1"}),
        # two could be meant: nobody is
        ([("县", "1", "甲"), ("区", "2", "甲")], [("", "3", "甲")], {}),
    ],
)  # fmt: skip
def test_who_is_who(old, new, matched):
    assert who(old, new) == matched


# -- what is asked


@settings(max_examples=examples(40))
@given(st.sampled_from([OFFICIAL, OTHER]), st.data())
def test_a_year_made_from_last_years_raises_nothing(form, data):
    """The law of the carry rules: what they give is never asked about, nor is a small change elsewhere."""
    last = filing(data.draw(strategies.values(form)), 2023, form=form)
    figures = past_of([last], form).values[AGENCY]
    follows = {name for identity in form.carries for name in identity.relation.left.names}
    free = sorted(last.record.values.keys() - follows)
    assume(figures and free)
    now = dict(last.record.values) | form.carried(figures)
    now[data.draw(st.sampled_from(free))] += 1
    for identity in form.carries:
        if not identity.is_copy:
            (left,) = identity.relation.left.names
            now[left] = identity.relation.right.value(now | of_last_year(figures))
    found = asked(filing(now, form=form), last, form=form)
    assert found == []


@settings(max_examples=examples(30))
@given(
    st.sampled_from(sorted(OFFICIAL.copied)),
    st.integers(1, 9),
)
def test_each_column_that_does_not_carry_on_is_told_once(name, amount):
    now = sound_values()
    last = year_before(now)
    now[name] += amount
    (found,) = asked(filing(now), filing(last, 2023))
    assert (found.code, found.cell, found.found - found.expected) == ("carry-over", name, amount)


def test_the_total_column_is_told_only_when_no_other_tells_it():
    totals = {"applications.carried_out.total": Decimal(1000)}
    past = Past(OFFICIAL, Period(2023), {AGENCY: totals}, frozenset((AGENCY,)))
    found = [f for f in examine([filing(sound_values())], past=past).findings if f.code == "carry-over"]
    assert [finding.cell for finding in found] == ["applications.carried_in.total"]


def test_what_could_not_be_read_in_either_year_is_not_judged():
    now = sound_values()
    last = year_before(now) | {"applications.carried_out.natural": Decimal(9)}
    one = replace(filing(now), unread=frozenset({"applications.carried_in.natural"}))
    assert asked(one, filing(last, 2023)) == []
    before = replace(filing(last, 2023), unread=frozenset({"applications.carried_out.natural"}))
    assert asked(filing(now), before) == []


def test_another_year_or_another_form_is_not_compared():
    past = past_of([filing(sound_values(), 2022)], OFFICIAL)
    assert examine([filing(sound_values())], past=past).findings == ()
    other = filing({"cases.opening.online": Decimal(5)}, form=OTHER)
    with_past, without = (
        examine([other], past=p).findings for p in (past_of([filing(sound_values(), 2023)], OFFICIAL), None)
    )
    assert with_past == without


def test_an_agency_in_which_nothing_happened_does_not_repeat_itself():
    quiet = dict.fromkeys((c.name for c in OFFICIAL.inputs), Decimal(0))
    quiet["disclosure.normative_documents.in_force"] = Decimal(7)
    assert asked(filing(quiet), filing(quiet, 2023)) == []


def test_at_most_three_jumps_and_the_greatest_first():
    rows = ("granted", "partial", "other_rest", "declined_repeat", "refused_state_secret")
    last = {f"applications.{row}.natural": Decimal(1) for row in rows}
    now = {f"applications.{row}.natural": Decimal(30 * (i + 1)) for i, row in enumerate(rows)}
    found = [f for f in asked(filing(now), filing(last, 2023)) if f.code == "jump"]
    assert [f.cell.split(".")[1] for f in found] == ["refused_state_secret", "declined_repeat", "other_rest"]


def test_a_total_that_jumps_is_told_for_its_parts():
    columns = ("natural", "commercial", "research")
    last = {f"applications.new.{column}": Decimal(1) for column in columns}
    now = {name: Decimal(19) for name in last}
    found = [f for f in asked(filing(now), filing(last, 2023)) if f.code == "jump"]
    assert [(f.cell, f.found, f.expected) for f in found] == [("applications.new.total", 57, 3)]


@pytest.mark.parametrize(
    ("now", "last", "jumps"),
    [
        (25, 5, True),
        (24, 4, True),
        (24, 5, False),
        (19, 0, False),
        (20, 0, True),
        (0, 20, True),
        (500, 101, False),
    ],
)
def test_how_much_is_a_jump(now, last, jumps):
    assert prior.is_jump(Decimal(now), Decimal(last), Thresholds()) is jumps


def test_the_coordinator_sets_the_thresholds():
    last = {"disclosure.penalty.decisions": Decimal(10)}
    now = {"disclosure.penalty.decisions": Decimal(40)}
    assert asked(filing(now), filing(last, 2023)) == []
    lower = Policy(thresholds=Thresholds(factor=Decimal(3)))
    assert codes(asked(filing(now), filing(last, 2023), policy=lower)) == ["jump"]


def test_last_year_asks_and_never_refuses():
    now, last = sound_values(1), sound_values(3)
    found = asked(filing(now), filing(last, 2023))
    assert {"carry-over", "stock"} <= set(codes(found))
    assert not any(finding.is_error for finding in found)


# -- roll-ups and the collection


PARTS = {Agency("青禾区", code, f"单位{code}"): sound_values(int(code)) for code in ("1", "3", "4")}


def test_a_rollup_is_compared_member_by_member():
    last = {agency: year_before(values) for agency, values in PARTS.items()}
    assert asked(rollup(PARTS, 2024), rollup(last, 2023)) == []
    assert asked(rollup(PARTS, 2024), *(filing(v, 2023, a) for a, v in last.items())) == []
    first, second, _ = PARTS
    last[first]["applications.carried_out.natural"] += 1
    last[second]["applications.carried_out.natural"] -= 1
    found = asked(rollup(PARTS, 2024), rollup(last, 2023))
    assert codes(found) == ["carry-over", "carry-over"], "two wrongs do not make a right"
    assert [finding.member for finding in found] == ["单位1（1）", "单位3（3）"]


def test_a_member_more_is_no_jump_of_the_sum():
    big = {Agency("青禾区", "9", "单位9"): {"disclosure.penalty.decisions": Decimal(90_000)}}
    last = {agency: year_before(values) for agency, values in PARTS.items()}
    assert asked(rollup(PARTS | big, 2024), rollup(last, 2023)) == []


def test_a_rollup_whose_members_nobody_knows_is_compared_by_its_sums():
    one = rollup(PARTS, 2024)
    sums = rollup({agency: year_before(values) for agency, values in PARTS.items()}, 2023).record.values
    wrong = {"applications.carried_out.natural": sums["applications.carried_out.natural"] + 1}
    before = filing({**sums, **wrong}, 2023, one.agency)
    assert codes(asked(one, before)) == ["carry-over"]
    past = past_of(
        [replace(before, stamp=replace(before.stamp, kind="rollup", agency=Agency("市", "x", "别处")))],
        OFFICIAL,
    )
    assert past.whole is not None
    assert codes(f for f in examine([one], past=past).findings if f.code != "agency-gone") == ["carry-over"]


def test_who_came_and_who_went():
    roster = Roster(tuple(Entry(code, f"单位{code}", {}) for code in ("1", "3", "5")))
    last = [filing(year_before(values), 2023, agency) for agency, values in PARTS.items()]
    now = [filing(PARTS[agency], 2024, agency) for agency in list(PARTS)[:1]]
    found = examine(now, roster, Period(2024), past=past_of(last, OFFICIAL))
    assert [(f.code, f.agency) for f in found.changes] == [
        ("agency-new", "单位5（5）"),
        ("agency-gone", "单位4（4）"),
    ]
    assert "agency-gone" not in codes(examine(now, None, Period(2024), past=past_of(last, OFFICIAL)).findings)


def test_who_is_left_out_with_a_reason_is_not_gone():
    roster = Roster(tuple(Entry(agency.code, agency.name, {}) for agency in PARTS))
    last = past_of([filing(year_before(values), 2023, agency) for agency, values in PARTS.items()], OFFICIAL)
    now = [filing(values, 2024, agency) for agency, values in PARTS.items()]
    outcome = merge(
        now, OFFICIAL, Period(2024), "青禾区", roster=roster, exclusions=[Exclusion("4", "撤销")], past=last
    )
    assert outcome.collection.findings == ()
    assert outcome.rollup is not None


def test_questions_do_not_keep_a_return_out_of_the_rollup():
    last = past_of([filing(sound_values(5), 2023, agency) for agency in PARTS], OFFICIAL)
    now = [filing(values, 2024, agency) for agency, values in PARTS.items()]
    outcome = merge(now, OFFICIAL, Period(2024), "青禾区", past=last)
    assert "carry-over" in codes(outcome.collection.findings)
    assert len(outcome.rollup.members) == 3


# -- in the workbook


def last_of(form, seed=3):
    return form.complete({c.name: Decimal((i * seed) % 50) for i, c in enumerate(form.inputs)})


@pytest.mark.parametrize("form", [OFFICIAL, OTHER], ids=["official", "other"])
@pytest.mark.parametrize("show", [False, True])
def test_a_workbook_with_last_years_figures_reads_as_one_without(form, show):
    last = last_of(form)
    stamp = Stamp(form.key, form.edition, Period(2024), AGENCY)
    package = write_return(form, stamp, prose=prose_for(form), last=last, show_last=show)
    again = read_package(package, "x.xlsx", form)
    assert again.record.values == form.carried(last) != {}
    assert set(codes(verify(again))) == {"all-blank", "blank"}
    filled = {c.name: Decimal(i % 5) for i, c in enumerate(form.inputs)}
    again = read_package(
        write_return(form, stamp, filled, prose_for(form), last=last, show_last=show), "x.xlsx", form
    )
    assert again.record.values == filled, "what is typed counts, not what was filled in"
    assert set(codes(verify(again))) <= {"rule-broken"}


@pytest.mark.parametrize("form", [OFFICIAL, OTHER], ids=["official", "other"])
def test_last_years_figures_stand_beside_the_tables_and_are_locked(form):
    import io

    import openpyxl

    last = last_of(form)
    stamp = Stamp(form.key, form.edition, Period(2024), AGENCY)
    book = openpyxl.load_workbook(io.BytesIO(write_return(form, stamp, last=last, show_last=True)))
    for sheet in layout(form).sheets:
        for name, area in (sheet.beside.cells if sheet.beside else {}).items():
            cell = book[sheet.name].cell(area.row + 1, area.column + 1)
            assert Decimal(str(cell.value)) == last[name]
            assert cell.protection.locked
            assert area.row > sheet.page.last_row or area.column > sheet.page.last_column, "not on paper"


def test_a_moved_table_with_last_year_beside_it_is_still_found():
    import clerk

    form, now = OFFICIAL, sound_values()
    stamp = Stamp(form.key, form.edition, Period(2024), AGENCY)
    package = write_return(
        form, stamp, now, prose_for(form), last=form.complete(year_before(now)), show_last=True
    )
    moved = read_package(clerk.with_row_inserted(package, "三、依申请公开", 12), "x.xlsx")
    assert codes(moved.findings) == ["table-moved"]
    assert moved.record.values == now
    copied = clerk.with_rows_copied(package, "三、依申请公开", 3, 31, 40)
    assert "table-twice" in codes(read_package(copied, "x.xlsx").findings)
    nameless = read_package(clerk.without_names(package), "x.xlsx")
    assert nameless.findings == ()
    assert nameless.record.values == now


def test_a_rollup_read_back_is_last_year_for_the_next():
    returns = []
    for agency, values in PARTS.items():
        stamp = Stamp(OFFICIAL.key, OFFICIAL.edition, Period(2023), agency)
        returns.append(
            read_package(
                write_return(OFFICIAL, stamp, year_before(values), prose_for(OFFICIAL)), f"{agency.code}.xlsx"
            )
        )
    district = merge(returns, OFFICIAL, Period(2023), "青禾区").rollup
    past = past_of([read_package(write_rollup(district), "青禾区.xlsx")], OFFICIAL)
    now = [filing(values, 2024, agency) for agency, values in PARTS.items()]
    assert examine(now, past=past).findings == ()


# -- agencies that merged or split

NATURAL, CARRIED = "applications.carried_in.natural", "applications.carried_out.natural"
OTHERS = ("commercial", "research", "welfare", "legal_service", "other_org")


def named(code):
    return Agency("青禾区", code, f"单位{code}")


def roster_of(*lines):
    """A roster of (code, column, text): the names follow from the codes."""
    return divided([Entry(code, f"单位{code}", {head: text} if head else {}) for code, head, text in lines])


def carrying(row, natural, turn):
    """Figures in which only the first column has something carried over in that row."""
    none = {f"applications.{row}.{column}": Decimal(0) for column in OTHERS}
    return sound_values(turn) | none | {f"applications.{row}.natural": Decimal(natural)}


def last_of_all(figures):
    """Last year's returns, with what each agency carried out."""
    pairs = enumerate(figures.items())
    return [filing(carrying("carried_out", n, turn), 2023, named(code)) for turn, (code, n) in pairs]


def this_year(figures):
    """This year's returns, with what each agency carried in."""
    pairs = enumerate(figures.items())
    return [filing(carrying("carried_in", n, turn), 2024, named(code)) for turn, (code, n) in pairs]


def filled_in(before, roster):
    last = last_figures(past_of(before, OFFICIAL), roster, "青禾区")
    return {code: OFFICIAL.carried(figures).get(NATURAL) for code, figures in last.items()}


def about_agencies(now, before, roster, **how):
    """The findings on what is carried over and on which agencies there are."""
    past = past_of(before, OFFICIAL)
    found = examine(now, roster, Period(2024), "青禾区", past=past, **how).findings
    return [f for f in found if "carry-over" in f.code or f.code.startswith(("agency-", "missing", "not-on"))]


def test_without_the_columns_last_year_is_as_it_was():
    past = past_of(last_of_all({"1": 3, "2": 4}), OFFICIAL)
    assert past.after(roster_of(("1", "", ""), ("2", "", ""))) is past


@pytest.mark.parametrize("to", ["1", "单位1"])
def test_the_figures_of_a_merged_agency_are_added_to_those_of_its_successor(to):
    roster, before = roster_of(("1", "", ""), ("2", "并入", to)), last_of_all({"1": 3, "2": 4})
    assert filled_in(before, roster) == {"1": 7}
    assert about_agencies(this_year({"1": 7}), before, roster) == []
    (found,) = about_agencies(this_year({"1": 3}), before, roster)
    assert (found.code, found.found, found.expected) == ("carry-over", 3, 7)
    assert "2023 年度，含并入的单位2）" in clerk_message(found)


def test_agencies_that_merged_into_a_new_one_are_not_gone_and_it_is_not_new():
    roster = roster_of(("1", "并入", "3"), ("2", "并入", "3"), ("3", "", ""))
    before = last_of_all({"1": 3, "2": 4})
    assert filled_in(before, roster) == {"3": 7}
    assert about_agencies(this_year({"3": 7}), before, roster) == []


def test_a_new_agency_with_the_code_of_a_merged_one_is_not_taken_for_it():
    roster = divided([Entry("1", "新局", {}), Entry("旧1", "单位1", {"并入": "2"}), Entry("2", "单位2", {})])
    assert filled_in(last_of_all({"1": 3, "2": 4}), roster) == {"2": 7}


def test_what_is_not_known_of_a_merged_agency_is_not_known_of_the_sum():
    roster = roster_of(("1", "", ""), ("2", "并入", "1"))
    first, second = last_of_all({"1": 3, "2": 4})
    before = [first, replace(second, unread=frozenset({CARRIED}))]
    assert filled_in(before, roster) == {"1": None}
    assert about_agencies(this_year({"1": 3}), before, roster) == []
    assert about_agencies(this_year({"1": 3}), [first], roster) == [], "one that did not report had nothing"


def test_of_a_split_only_the_sum_is_compared():
    roster, before = roster_of(("1", "拆分", "单位2、3"), ("2", "", ""), ("3", "", "")), last_of_all({"1": 7})
    assert filled_in(before, roster) == {"2": None, "3": None}
    assert about_agencies(this_year({"2": 3, "3": 4}), before, roster) == []
    (found,) = about_agencies(this_year({"2": 3, "3": 3}), before, roster)
    assert (found.code, found.agency, found.found, found.expected) == ("split-carry-over", "单位1（1）", 6, 7)
    assert codes(about_agencies(this_year({"2": 3}), before, roster)) == ["missing-return"]


def test_a_successor_that_was_there_before_is_compared_with_the_others_only_together():
    """1 goes on with a part of its duties, and 2 took over the rest besides its own."""
    roster = roster_of(("1", "拆分", "1、2"), ("2", "", ""))
    before = last_of_all({"1": 7, "2": 1})
    assert about_agencies(this_year({"1": 5, "2": 3}), before, roster) == []
    (found,) = about_agencies(this_year({"1": 5, "2": 4}), before, roster)
    assert (found.code, found.found, found.expected) == ("split-carry-over", 9, 8)


@pytest.mark.parametrize(
    ("lines", "now"),
    [
        ((("1", "拆分", "3、4"), ("2", "拆分", "3、4"), ("3", "", ""), ("4", "", "")), {"3": 4, "4": 6}),
        (
            (("1", "拆分", "3、4"), ("2", "拆分", "4、5"), *((c, "", "") for c in "345")),
            {"3": 1, "4": 4, "5": 5},
        ),
        ((("1", "拆分", "1、2"), ("2", "拆分", "2、3"), ("3", "", "")), {"1": 1, "2": 2, "3": 7}),
        ((("1", "拆分", "3、4"), ("2", "并入", "3"), ("3", "", ""), ("4", "", "")), {"3": 4, "4": 6}),
    ],
)
def test_of_splits_with_a_common_successor_the_sum_of_all_is_compared(lines, now):
    roster, before = roster_of(*lines), last_of_all({"1": 7, "2": 3})
    for some in (roster, replace(roster, successions=roster.successions[::-1])):
        assert about_agencies(this_year(now), before, some) == []
        (found,) = about_agencies(this_year(now | {"3": now["3"] + 1}), before, some)
        assert (found.code, found.found, found.expected) == ("split-carry-over", 11, 10)
    several = [pair for pair in roster.successions if len(pair[1]) > 1]
    if len(several) == 2:
        assert found.agency == "单位2（2）、单位1（1）"
        waiver = Waiver("2", found.code, "", "核实", "张三", "2025-02-01")
        (found,) = about_agencies(
            this_year(now | {"3": now["3"] + 1}), before, roster, policy=Policy(waivers=(waiver,))
        )
        assert found.waiver == waiver


def test_a_roster_in_which_one_of_a_split_is_left_out_gives_the_other_nothing():
    roster, before = roster_of(("1", "拆分", "2、3"), ("2", "", ""), ("3", "", "")), last_of_all({"1": 7})
    assert filled_in(before, roster.without(["3"])) == {"2": None}


# -- the district


def published(carried):
    return filing(carrying("carried_out", carried, 5), 2023, DISTRICT)


def test_what_the_district_carries_in_is_what_it_published():
    roster = roster_of(("1", "", ""), ("2", "", ""), ("3", "", ""))
    before = last_of_all({"1": 5, "2": 2, "4": 1})
    for district in (published(8), rollup({f.agency: f.record.values for f in before}, 2023)):
        past = [*before, district]
        found = about_agencies(this_year({"1": 9, "2": 2, "3": 0}), past, roster)
        assert codes(found) == ["carry-over", "agency-new", "agency-gone", "district-carry-over"]
        about = found[-1]
        assert (about.agency, about.sheet, about.found, about.expected) == ("青禾区", "三、依申请公开", 11, 8)
        assert about.facts["agencies"] == "单位1（1） 5 → 9、单位4（4） 1 → 0"
        assert "district-carry-over" not in codes(
            about_agencies(this_year({"1": 6, "2": 2, "3": 0}), past, roster)
        )


def test_the_district_is_compared_when_all_returns_are_there():
    roster, before = roster_of(("1", "", ""), ("2", "", "")), [*last_of_all({"1": 5, "2": 2}), published(7)]
    one, two = this_year({"1": 5, "2": 3})
    for now in (
        [one],
        [one, two, replace(this_year({"1": 5, "2": 4})[1], source=Source("x.xlsx", "x"))],
        [one, RefusedFile(two.source, (), two.stamp)],
    ):
        assert "district-carry-over" not in codes(about_agencies(now, before, roster))
    assert "district-carry-over" in codes(about_agencies([one, two], before, roster))
    assert "district-carry-over" not in codes(about_agencies([one, two], before[:2], roster)), (
        "nothing published"
    )


def test_a_merged_agency_changes_nothing_for_the_district():
    roster = roster_of(("1", "", ""), ("2", "并入", "1"))
    before = [*last_of_all({"1": 5, "2": 2}), published(7)]
    assert about_agencies(this_year({"1": 7}), before, roster) == []


def test_a_merge_says_it_and_the_district_may_accept_it():
    roster, now = roster_of(("1", "", "")), sound_values(1)
    last = year_before(now)
    more = filing(last | {CARRIED: last[CARRIED] + 1}, 2023, DISTRICT)
    before = past_of([filing(last, 2023, named("1")), more], OFFICIAL)
    waiver = Waiver("青禾区", "district-carry-over", "", "已核实", "王", "2025-02-03")
    outcome = merge(
        [filing(now, 2024, named("1"))], OFFICIAL, Period(2024), "青禾区",
        roster=roster, past=before, policy=Policy(waivers=(waiver,)),
    )  # fmt: skip
    assert codes(outcome.collection.findings) == ["district-carry-over"]
    assert [one.finding for one in outcome.rollup.waived] == ["district-carry-over"]


def test_an_agency_that_is_gone_leaves_what_it_carried_over():
    (found,) = about_agencies(this_year({"1": 5}), last_of_all({"1": 5, "2": 3}), roster_of(("1", "", "")))
    assert (found.code, found.facts["carried"]) == ("agency-gone", 3)
