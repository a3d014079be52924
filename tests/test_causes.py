"""What may lie behind a finding is said where a known slip explains it exactly, and hardly ever by chance."""

from __future__ import annotations

import random
from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from conftest import ROOT, sound_prose, sound_values
from xltools.checking.causes import explained
from xltools.checking.checks import verify
from xltools.checking.collection import examine
from xltools.checking.grouping import grouped, spans
from xltools.data.filing import Filing, Origin, Shown, Source, Stamp
from xltools.data.finding import Finding
from xltools.data.record import Agency, Record
from xltools.excel.reader import read
from xltools.form.library import find

FORM = find("xxgk-2021")
AGENCY = Agency("区", "001", "局")
COLUMNS = ("natural", "commercial", "research", "welfare", "legal_service", "other_org")
RESULTS = [c.name.split(".")[1] for c in FORM.inputs if c.name.endswith(".natural")][2:-1]


def filing(values, shown=None):
    stamp = Stamp(FORM.key, FORM.edition, 2024, AGENCY)
    record = Record(FORM, 2024, frozenset((AGENCY,)), values)
    return Filing(Source("x.xlsx", "0"), (), FORM, stamp, record, shown=shown or {}, prose=sound_prose())


def causes(values, shown=None):
    one = filing(values, shown)
    findings = explained(one, verify(one))
    return findings, [cause for finding in findings for cause in finding.causes]


def typed(total, value):
    return {total: Shown(value, str(value), Origin.TYPED)}


def busy(column="natural", granted=347, new=361):
    """A sound return with figures in one column."""
    values = {cell.name: Decimal(0) for cell in FORM.inputs}
    values |= {f"applications.new.{column}": Decimal(new), f"applications.granted.{column}": Decimal(granted)}
    values[f"applications.carried_out.{column}"] = Decimal(new - granted)
    return values


def test_a_sound_return_has_neither_findings_nor_causes():
    assert causes(sound_values()) == ((), [])


@given(st.sampled_from(COLUMNS), st.sampled_from(COLUMNS), st.sampled_from(RESULTS), st.integers(1, 50))
def test_one_under_the_wrong_applicant_is_recognised(right, wrong, row, count):
    """洋河新区 2025: 自然人 60 and 61, 其他 1 and 0, and the column of totals balanced."""
    assume(right != wrong)
    values = sound_values()
    values[f"applications.{row}.{right}"] -= count
    values[f"applications.{row}.{wrong}"] += count
    assume(all(value >= 0 for value in values.values()))
    findings, found = causes(values)
    assert [finding.code for finding in findings] == ["rule-broken"] * 2
    assert {cause.code for cause in found} == {"misplaced"}
    assert all(cause.facts["count"] == count for cause in found)
    (group,) = grouped(findings)
    assert group.cause == found[0]
    assert len(group.findings) == 2


@given(st.integers(1, 9999))
def test_a_total_typed_as_zero(value):
    values = busy() | {"disputes.review.upheld": Decimal(value)}
    _, found = causes(values, typed("disputes.review.total", Decimal(0)))
    assert [cause.code for cause in found] == ["typed-zero"]


def test_the_published_zeros_are_recognised():
    (path,) = (ROOT / "samples" / "published").glob("HZ01*2023*")
    collection = examine([read(path)])
    assert [[c.code for c in f.causes] for f in collection.findings] == [["typed-zero"]] * 2


@given(st.integers(100, 999_999), st.data())
def test_exchanged_digits_are_recognised(value, data):
    digits = str(value)
    place = data.draw(st.integers(0, len(digits) - 2))
    swapped = digits[:place] + digits[place + 1] + digits[place] + digits[place + 2 :]
    assume(swapped != digits and swapped[0] != "0")
    values = busy(granted=value, new=value + 3)
    values["applications.granted.natural"] = Decimal(swapped)
    _, found = causes(values)
    (cause,) = [cause for cause in found if cause.code == "transposed"] or [None]
    # Another figure of the line may explain it as well; then nothing is said of digits.
    assert cause is None or (cause.facts["value"], cause.facts["right"]) in {
        (Decimal(swapped), Decimal(value)),
        (Decimal(value + 3), Decimal(int(swapped) + 3)),
    }


def test_exchanged_digits_in_a_typed_total():
    values = busy() | {"disputes.review.upheld": Decimal(128), "disputes.review.other": Decimal(5)}
    _, (cause,) = causes(values, typed("disputes.review.total", Decimal(313)))
    assert (cause.code, cause.facts["right"]) == ("transposed", 133)


@given(st.integers(2, 900), st.sampled_from([10, 100, 1000]))
def test_a_zero_too_many_is_recognised(value, power):
    values = busy(granted=value, new=value + 7)
    values["applications.granted.natural"] *= power
    _, found = causes(values)
    assert [c.facts["right"] for c in found if c.code == "ten-times"] in (
        [Decimal(value)],
        [],  # where another figure fits as well
    )


def test_a_part_left_out_of_a_typed_total_and_one_counted_twice():
    values = busy() | {"disputes.review.upheld": Decimal(41), "disputes.review.other": Decimal(17)}
    for shown, code in ((41, "part-left-out"), (75, "part-twice")):
        _, (cause,) = causes(values, typed("disputes.review.total", Decimal(shown)))
        assert (cause.code, cause.facts["value"]) == (code, 17)


def test_a_row_forgotten_in_the_balance():
    values = busy() | {"applications.carried_in.natural": Decimal(23)}
    _, (cause,) = causes(values)
    assert (cause.code, cause.facts["value"]) == ("part", 23)


def test_two_parts_alike_explain_nothing():
    values = busy() | {"disputes.review.upheld": Decimal(17), "disputes.review.other": Decimal(17)}
    _, found = causes(values, typed("disputes.review.total", Decimal(17)))
    assert found == []


def test_a_text_that_a_sum_left_out(tmp_path):
    import clerk

    from xltools.excel.writer import write_return

    stamp = Stamp(FORM.key, FORM.edition, 2024, AGENCY)
    values = sound_values() | {"disputes.review.upheld": Decimal(12)}
    book = write_return(FORM, stamp, values)
    right = FORM.complete(values)["disputes.review.total"]
    sheet, total = "四、复议诉讼", "E6"
    book = clerk.edited(book, sheet, {"A6": "12", total: clerk.Result(right - 12)})
    (tmp_path / "001.xlsx").write_bytes(book)
    found = [f for f in examine([read(tmp_path / "001.xlsx")]).findings if f.cell == "disputes.review.upheld"]
    assert [(f.code, [c.code for c in f.causes]) for f in found] == [("text-as-number", ["text-left-out"])]
    assert found[0].causes[0].facts["shown"] == right - 12


def test_causes_are_hardly_ever_said_by_chance():
    """Random differences in random returns: at most one in twenty gets a cause that is not one."""
    chance = random.Random(7)
    said = 0
    for _ in range(400):
        values = {cell.name: Decimal(chance.choice([0, 0, 0, 1, 2, 5, 12, 40, 131])) for cell in FORM.inputs}
        for column in COLUMNS:
            done = FORM.complete(values)[f"applications.total.{column}"]
            out, carried = values[f"applications.carried_out.{column}"], f"applications.carried_in.{column}"
            values[carried] = Decimal(0)
            values[f"applications.new.{column}"] = done + out
        slip = f"applications.{chance.choice(RESULTS)}.{chance.choice(COLUMNS)}"
        values[slip] += chance.randint(1, 60)
        # Naming the very cell that was tampered with is no false alarm.
        said += any(cause.facts.get("label") != FORM.cells[slip].label for cause in causes(values)[1])
    assert said / 400 <= 0.05, said


# -- groups


@given(st.sets(st.tuples(st.integers(0, 12), st.integers(0, 8)), max_size=40))
def test_ranges_cover_just_the_cells(places):
    from xltools.form.address import a1, column_index

    def cells(span):
        first, _, last = span.partition(":")
        (r1, c1), (r2, c2) = (
            (int("".join(filter(str.isdigit, a))) - 1, column_index("".join(filter(str.isalpha, a))))
            for a in (first, last or first)
        )
        return [(r, c) for r in range(r1, r2 + 1) for c in range(c1, c2 + 1)]

    covered = [cell for span in spans(a1(*place) for place in places) for cell in cells(span)]
    assert sorted(covered) == sorted(places)


def test_a_column_of_blanks_is_one_range():
    assert list(spans(["D6", "D7", "D8", "E6", "E7", "E8", "H3"])) == ["H3", "D6:E8"]


@given(
    st.lists(
        st.builds(
            Finding,
            st.sampled_from(["blank", "negative", "rule-broken", "not-calculated"]),
            sheet=st.sampled_from(["甲", "乙"]),
            address=st.sampled_from(["A1", "A2", "B7"]),
        )
    )
)
def test_every_finding_is_in_one_group(findings):
    groups = grouped(findings)
    inside = [id(finding) for group in groups for finding in group.findings]
    assert sorted(inside) == sorted(id(finding) for finding in findings)
    for group in groups:
        if group.is_of_one_kind:
            assert len({(f.code, f.sheet) for f in group.findings}) == 1


@pytest.mark.parametrize("count", [2, 3])
def test_few_of_a_kind_are_told_one_by_one(count):
    findings = [Finding("blank", sheet="甲", address=f"A{n}") for n in range(1, count + 1)]
    assert len(grouped(findings)) == (count if count < 3 else 1)
