"""Which of several files of one agency counts: scenarios of an office, and a law over random sets of versions."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import clerk
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casefile import package, typed_into
from conftest import examples, sound_values
from xltools.checking.collection import examine
from xltools.collection.merging import merge
from xltools.data.filing import Origin, RefusedFile, Return, Source
from xltools.data.period import Period
from xltools.data.roster import Entry, Roster
from xltools.excel.reader import read_package
from xltools.form.library import find
from xltools.form.places import SLIP
from xltools.report.slip import returned

FORM = find("xxgk-2021")
ROSTER = Roster((Entry("001", "青禾区教育局", {}), Entry("002", "青禾区科技局", {})))
CELL, OTHER = "disclosure.licensing.decisions", "disclosure.regulations.made"
CLEAR = {"clear": True}
WRONG = {"type": {CELL: "若干"}}


def original(**file):
    return package(WRONG | file)


def sent_back(content, name="001_青禾区教育局_2024.xlsx"):
    """The marked workbook of a file with findings."""
    return returned(examine([read_package(content, name)]).examined[0]).workbook(content)


def answer(content, typed):
    return typed_into(content, {"type": typed}, {})


def outcome(*files, roster=ROSTER):
    """Examine files, given as name and content, in this order and in the reverse one: the result is the same."""
    filings = [read_package(content, name) for name, content in files]
    found, again = (_summary(one, roster) for one in (filings, filings[::-1]))
    assert found == again
    return found


def _summary(filings, roster):
    collection = examine(filings, roster, Period(2024))
    return {
        one.filing.source.path: (
            one.replacement.by.source.path
            if one.replacement
            else sorted(
                {f.code for f in one.findings if f.is_error or "version" in f.code or "same" in f.code}
            )
        )
        for one in collection.examined
    }


def test_a_corrected_return_replaces_the_one_it_was_made_from():
    first = original()
    second = answer(sent_back(first), {CELL: 7})
    assert outcome(("001.xlsx", first), ("b/001.xlsx", second)) == {
        "001.xlsx": "b/001.xlsx",
        "b/001.xlsx": ["newer-version"],
    }
    filings = [read_package(first, "001.xlsx"), read_package(second, "b/001.xlsx")]
    rollup = merge(filings, FORM, Period(2024), "青禾区").rollup
    assert rollup.record.values[CELL] == 7
    assert [(a.source.path, a.status, a.note) for a in rollup.accounts] == [
        ("b/001.xlsx", "included", ""),
        ("001.xlsx", "replaced", "由 b/001.xlsx 替换，1 处不同"),
    ]


def test_a_third_version_replaces_both_even_without_the_second():
    first = original()
    second = answer(sent_back(first), {CELL: "很多"})
    third = answer(sent_back(second), {CELL: 7})
    assert outcome(("1.xlsx", first), ("2.xlsx", second), ("3.xlsx", third)) == {
        "1.xlsx": "3.xlsx",
        "2.xlsx": "3.xlsx",
        "3.xlsx": ["newer-version"],
    }
    assert outcome(("1.xlsx", first), ("3.xlsx", third))["1.xlsx"] == "3.xlsx"


def test_a_marked_file_without_a_change_is_no_answer():
    first = original()
    back = sent_back(first)
    assert outcome(("1.xlsx", first), ("退回/1.xlsx", back)) == {
        "1.xlsx": ["not-a-number", "same-return"],
        "退回/1.xlsx": "1.xlsx",
    }
    second = answer(back, {CELL: 7})
    files = (("1.xlsx", first), ("2.xlsx", second), ("退回/1.xlsx", back))
    assert outcome(*files)["2.xlsx"] == ["newer-version"]
    assert outcome(*files[1:]) == {"2.xlsx": ["newer-version"], "退回/1.xlsx": "2.xlsx"}


def test_an_explanation_is_an_answer():
    """It says that the text is meant; the file is no copy any more, and it is not read wholly."""
    back = sent_back(original())
    explained = clerk.edited(back, SLIP, {"H4": "台账遗失"})
    assert read_package(explained, "2.xlsx").explanations
    assert outcome(("1.xlsx", original()), ("2.xlsx", explained))["2.xlsx"] == [
        "not-a-number",
        "two-versions",
    ]


def test_equal_copies_count_once_whatever_their_bytes():
    first = package({})
    again = answer(first, {CELL: sound_values()[CELL]})
    assert outcome(("a.xlsx", first), ("b.xlsx", again)) == {"a.xlsx": ["same-return"], "b.xlsx": "a.xlsx"}


def printed(filing, prose):
    """The same as read from a print of it: totals are printed, nothing is known of the cover."""
    shown = {name: one._replace(origin=Origin.PRINTED) for name, one in filing.shown.items()}
    source = Source("001_盖章.pdf", "f" * 64)
    return replace(filing, source=source, shown=shown, prose=prose, findings=(), modified="")


@pytest.mark.parametrize(
    ("values", "text", "is_copy"),
    [
        ({}, "按时\n公开 。", True),
        ({}, "按时公开。并有补充。", False),
        ({CELL: 8}, "按时公开。", False),
    ],
)
def test_a_print_of_a_workbook_counts_once_with_it(values, text, is_copy):
    book = read_package(package({"type": {"overview.proactive": "按时公开。"}}), "001.xlsx")
    found = printed(replace(book, record=replace(book.record, values=book.record.values | values)), {})
    found = replace(found, prose={"overview.proactive": text})
    expected = "001.xlsx" if is_copy else TWO
    assert _summary([book, found], ROSTER)["001_盖章.pdf"] == expected
    assert _summary([found, book], ROSTER)["001_盖章.pdf"] == expected


TWO = ["two-versions"]


def test_two_departments_send_a_half_each():
    back = sent_back(original())
    one, other = (
        answer(back, {CELL: 7, OTHER: CLEAR}),
        answer(back, {CELL: 7, "disclosure.fees.amount": CLEAR}),
    )
    assert set(map(str, outcome(("a.xlsx", one), ("b.xlsx", other)).values())) == {str(TWO)}
    assert outcome(("1.xlsx", original()), ("a.xlsx", one))["a.xlsx"] == TWO


def test_two_answers_to_one_file_have_no_order():
    first = original()
    back = sent_back(first)
    found = outcome(
        ("1.xlsx", first), ("a.xlsx", answer(back, {CELL: 7})), ("b.xlsx", answer(back, {CELL: 8}))
    )
    assert all("two-versions" in codes for codes in found.values())


def test_a_correction_in_the_unmarked_original_has_no_order():
    assert outcome(("1.xlsx", original()), ("b.xlsx", package({})))["b.xlsx"] == TWO


@pytest.mark.parametrize(
    "later",
    [
        lambda back: answer(back, {CELL: "还是不清楚"}),  # not read wholly
        lambda back: answer(back, {CELL: 7, OTHER: CLEAR}),  # blank where there was a figure
        lambda back: back[:2000],  # half a file
        lambda _: package({"encrypt": "geheim"}),
        lambda _: package({"year": 2023}),
    ],
)
def test_a_bad_file_after_a_good_one_loses_nothing(later):
    first = original()
    found = outcome(("1.xlsx", first), ("b/001_x.xlsx", later(sent_back(first))))
    assert found["1.xlsx"] != "b/001_x.xlsx"
    assert found["b/001_x.xlsx"]  # it has an error of its own, or neither counts


def test_another_agencys_answer_never_replaces():
    """The clerk of 002 filled in the marked workbook of 001, which was passed on."""
    first = original()
    second = answer(sent_back(first), {CELL: 9})
    third = package({"code": "002", "name": "青禾区科技局"})
    for roster in (ROSTER, None):
        files = (("1.xlsx", first), ("002_科技局_2024.xlsx", second), ("c.xlsx", third))
        found = outcome(*files, roster=roster)
        assert "two-versions" in found["1.xlsx"]
        assert "two-versions" in found["002_科技局_2024.xlsx"]


def test_a_return_and_a_rollup_never_replace_each_other():
    rollup = package({"rollup": {"sent": ["001"], "expected": ["001"]}})
    alone = package({"code": "001", "name": "单位001"})
    found = outcome(("r.xlsx", rollup), ("a.xlsx", alone), roster=None)
    assert found == {"r.xlsx": ["duplicate-return"], "a.xlsx": ["duplicate-return"]}


def test_slips_of_earlier_programs_are_matched_by_what_they_list():
    """They carry no sums: the one unmarked version that holds all that the list names is the older one."""
    first = read_package(original(), "1.xlsx")
    second = read_package(answer(sent_back(original()), {CELL: 7}), "2.xlsx")
    old = replace(second, lineage=second.lineage._replace(sources=(), reading=""))
    assert _summary([first, old], ROSTER) == {"1.xlsx": "2.xlsx", "2.xlsx": ["newer-version"]}
    other = read_package(package({}), "3.xlsx")
    assert _summary([other, old], ROSTER)["2.xlsx"] == TWO
    assert "two-versions" in _summary([first, old, other], ROSTER)["2.xlsx"]


def test_what_is_no_number_differs_too():
    """The figure is unread in both."""
    filings = [read_package(original(type={CELL: text}), f"{text}.xlsx") for text in ("若干", "约20")]
    found = [f for one in examine(filings).examined for f in one.findings if f.code == "two-versions"]
    assert {f.facts["cells"] for f in found} == {f"{FORM.cells[CELL].label} 约20 / 若干"}


# -- the law


@cache
def pool():
    """Versions of one return: originals, marked files, answers and answers to answers, some of them bad."""
    originals = [original(), package({}), original(values={OTHER: 5})]
    backs = [sent_back(content) for content in (originals[0], originals[2])]
    typed = ({CELL: 7}, {CELL: 8}, {CELL: "很多"}, {CELL: 7, OTHER: CLEAR})
    answers = [answer(back, what) for back in backs for what in typed]
    backs += [sent_back(content) for content in (answers[2], answers[3])]
    answers += [answer(back, {CELL: 9}) for back in backs[2:]]
    other = package({"code": "002", "name": "青禾区科技局"})
    files = [*originals, *backs, *answers, other]
    return [read_package(content, f"{index}.xlsx") for index, content in enumerate(files)]


def made_from(filing):
    return set(filing.lineage.sources) if filing.lineage else set()


@settings(max_examples=examples(80), deadline=None)
@given(st.lists(st.integers(0, 17), min_size=1, max_size=6), st.randoms())
def test_no_figure_is_lost_unless_a_newer_file_brings_one(indexes, chance):
    filings = [
        replace(
            pool()[index % len(pool())], source=pool()[index % len(pool())].source._replace(path=f"{n}.xlsx")
        )
        for n, index in enumerate(indexes)
    ]
    collection = examine(filings, None, Period(2024))
    for one in collection.examined:
        if one.replacement is None:
            continue
        older, by = one.filing, one.replacement.by
        assert isinstance(by, Return)
        if one.replacement.is_copy:
            assert older.record.values == by.record.values
            continue
        assert not by.unread
        assert older.record.values.keys() <= by.record.values.keys()
        shown = {
            sha
            for filing in filings
            if filing.record.values == by.record.values and filing.agency == by.agency
            for sha in made_from(filing)
        }
        copies = [f for f in filings if (f.record.values, f.agency) == (older.record.values, older.agency)]
        assert any(copy.source.sha256 in shown or made_from(copy) & shown for copy in copies)
    counting = [one for one in collection.examined if one.replacement is None]
    undecided = [one for one in counting if any(f.code == "two-versions" for f in one.findings)]
    for agency in {one.filing.agency for one in counting}:
        own = [one for one in counting if one.filing.agency == agency]
        assert len(own) == 1 or all(one in undecided for one in own)
    chance.shuffle(filings)
    again = examine(filings, None, Period(2024))
    assert {path_of(one) for one in again.examined} == {path_of(one) for one in collection.examined}


def path_of(one):
    return one.filing.source.path, one.replacement and one.replacement.by.source.path


def test_a_refused_file_is_a_version_without_figures():
    first = read_package(original(), "1.xlsx")
    refused = RefusedFile(first.source, (), first.stamp)
    second = read_package(answer(sent_back(original()), {CELL: 7}), "2.xlsx")
    assert _summary([refused, second], None)["1.xlsx"] == "2.xlsx"
    assert "two-versions" in _summary([first, RefusedFile(second.source, (), first.stamp)], None)["1.xlsx"]
