"""Findings as they are told: each once, in ranges, worst first; what was accepted stands apart from what is open."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from xltools.checking.grouping import grouped
from xltools.data.finding import Cause, Finding, Place, Severity, Waiver
from xltools.form.address import a1, parsed, ranges

WAIVER = Waiver("001", "blank", "", "x", "y", "2025-01-01")
CODES = ("blank", "text-nothing", "rule-broken", "total-wrong", "all-blank", "comment", "not-calculated")
FINDINGS = st.lists(
    st.builds(
        Finding,
        st.sampled_from(CODES),
        sheet=st.sampled_from(("一", "二")),
        address=st.sampled_from(("", "D6", "D7", "E6", "F4")),
        causes=st.lists(
            st.sampled_from([Cause("a", {"x": 1}), Cause("b"), Cause("a", {"x": 2})]), max_size=2
        ).map(tuple),
        waiver=st.sampled_from((None, WAIVER)),
        explanation=st.sampled_from(("", "because")),
    ),
    max_size=25,
)


@given(FINDINGS)
def test_each_finding_is_in_one_group_and_the_worst_come_first(findings):
    groups = grouped(findings)
    told = [id(finding) for group in groups for finding in group.findings]
    assert sorted(told) == sorted(map(id, findings))
    order = list(Severity)
    leads = [(group.rank, order.index(group.severity)) for group in groups]
    assert leads == sorted(leads)
    for group in groups:
        assert min(order.index(f.severity) for f in group.findings) == order.index(group.severity)


@given(FINDINGS)
def test_what_was_accepted_or_answered_stands_apart(findings):
    for group in grouped(findings):
        assert len({finding.waiver is None for finding in group.findings}) == 1
        assert len({finding.explanation for finding in group.findings}) == 1


@given(FINDINGS)
def test_a_group_has_a_reason(findings):
    for group in grouped(findings):
        if group.cause:
            assert all(group.cause in finding.causes for finding in group.findings)
        elif group.follow:
            assert group.lead.code == "all-blank"
        elif len(group.findings) > 1:
            assert group.is_many
            assert len({finding.sheet for finding in group.findings}) == 1
            assert not any(finding.causes for finding in group.findings)


def blanks(*addresses, sheet="三", **more):
    return [Finding("blank", sheet=sheet, address=address, **more) for address in addresses]


def test_many_of_one_code_are_one_message_with_ranges():
    findings = [*blanks("D9", "D6", "D7", "D8", "F4"), *blanks("A1", sheet="二")]
    many, one = grouped(findings)
    assert many.is_many
    assert many.spans == ("F4", "D6:D9")
    assert [place.address for place in many.places] == ["D9", "D6", "D7", "D8", "F4"]
    assert one.spans == ("A1",)


def test_blank_cells_follow_from_a_blank_workbook():
    (group,) = grouped([*blanks("D6", "D7"), *blanks("A1", sheet="二"), Finding("all-blank")])
    assert group.lead.code == "all-blank"
    assert group.follow
    assert group.separate == ()
    assert group.spans == ("三!D6:D7", "二!A1")
    assert len(grouped([*blanks("D6"), Finding("all-blank", waiver=WAIVER)])) == 2


def test_findings_of_one_cause_are_told_once():
    cause = Cause("wrong-column", {"one": "x", "other": "y", "difference": 1})
    one, other, third = (
        Finding("rule-broken", sheet="三", address=a, others=(Place("三", "D9"),), causes=(c,))
        for a, c in (("D6", cause), ("I6", cause), ("E6", cause._replace(facts={"difference": 2})))
    )
    first, second = grouped([one, third, other])
    assert (first.cause, first.findings, first.separate) == (cause, (one, other), (other,))
    assert [place.address for place in first.places] == ["D6", "D9", "I6"]
    assert second.findings == (third,)
    assert len(grouped([one, replace(other, waiver=WAIVER)])) == 2


@given(st.sets(st.tuples(st.integers(0, 9), st.integers(0, 30)), max_size=60))
def test_ranges_cover_the_cells_and_no_other(cells):
    shown = ranges(a1(*cell) for cell in cells)
    covered = []
    for area in shown:
        first, _, last = area.partition(":")
        (top, left), (bottom, right) = parsed(first), parsed(last or first)
        covered += [(row, column) for row in range(top, bottom + 1) for column in range(left, right + 1)]
    assert sorted(covered) == sorted(cells)


def test_what_is_no_address_stays_as_it_is():
    assert ranges(["B4", "?", "A1", "A2"]) == ("A1:A2", "B4", "?")
