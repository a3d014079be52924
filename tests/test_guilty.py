"""The guilty cell: every explanation is found, the right cell is named, and a wrong one is not."""

from __future__ import annotations

import itertools
import json
import random
from dataclasses import replace
from decimal import Decimal

import pytest

from conftest import ROOT, prose_for, sound_values
from test_causes import FORM, drawn, filing, typed
from xltools.checking.causes import with_causes
from xltools.checking.checks import verify
from xltools.checking.collection import examine
from xltools.checking.equations import equations_of
from xltools.checking.explanations import Search
from xltools.checking.grouping import grouped
from xltools.checking.guilty import guilty, judged
from xltools.data.filing import Origin, Shown
from xltools.data.finding import GUILTY
from xltools.excel.reader import read
from xltools.form.load import load
from xltools.report.data import finding_object
from xltools.report.slip import returned
from xltools.report.text import file_text
from xltools.text import LANGS

SMALL = """
schema = 1
key = "small"
edition = "1"
title = "小表"
authority = "测试"
headline = [{ cell = "s.total.sum", label = "总计" }]
[[section]]
key = "s"
title = "一、表"
sheet = "表"
[[section.block]]
corner = "项"
columns = [{ key = "a", label = "甲" }, { key = "b", label = "乙" }, { key = "sum", label = "合计", is = "a + b" }]
rows = [
  { key = "came", label = "来" }, { key = "done", label = "办" }, { key = "left", label = "余" },
  { key = "total", label = "总计", is = "done + left", omits = { came = "它是来源" } },
]
[[section.block.rule]]
key = "flow"
rows = "came = total"
label = "来等于总计"
authority = "inferred"
"""


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    path = tmp_path_factory.mktemp("form") / "small.toml"
    path.write_text(SMALL, encoding="utf-8")
    return load(path)


@pytest.mark.parametrize("is_typed", [True, False])
def test_every_change_of_at_most_two_cells_is_found(small, is_typed):
    """Against brute force: all cells and pairs with all changes; pairs of one trace have no single solution."""
    rng, reach, found = random.Random(3), range(-8, 9), 0
    equations = equations_of(small, frozenset(small.cells if is_typed else ()), frozenset())
    cells = sorted(equations.typed)
    for _ in range(15):
        inputs = {name: Decimal(rng.randint(0, 3)) for name in small.input_names if ".came." not in name}
        inputs |= {f"s.came.{c}": inputs[f"s.done.{c}"] + inputs[f"s.left.{c}"] for c in "ab"}
        figures = {name: value for name, value in small.complete(inputs).items() if name in equations.typed}
        for name in rng.sample(cells, 2):
            figures[name] += rng.randint(1, 4)
        search = Search(equations, figures, {})
        if len(search.rests) != 1:
            continue
        (rest,) = search.rests.values()
        mine = {
            frozenset(one.act)
            for one in search.ranked(rest)
            if len(one.act) == 1 or (len(one.act) == 2 and _differ(equations, one.act))
        }

        def mends(act, figures=figures):
            changed = figures | {name: figures[name] + change for name, change in act}
            return all(changed[name] >= 0 for name, _ in act) and not any(
                sum(factor * changed[name] for name, factor in terms) for terms in equations.terms
            )

        acts = [((name, change),) for name in cells for change in reach if change]
        acts += [
            ((one, x), (other, y))
            for one, other in itertools.combinations(cells, 2)
            if _differ(equations, ((one, 0), (other, 0)))
            for x in reach
            for y in reach
            if x and y
        ]
        assert mine == {frozenset(act) for act in acts if mends(act)}
        found += len(mine)
    assert found > (10 if is_typed else 3)


def _differ(equations, act):
    return len({equations.direction[name][0] for name, _ in act}) == 2


def printed(values, wrong=(), **more):
    """A document: every total is printed."""
    wrong = dict(wrong)
    shown = {
        cell.name: Shown(v, str(v), Origin.PRINTED)
        for cell in FORM.totals
        for v in (Decimal(wrong.pop(cell.name, FORM.complete(values)[cell.name])),)
    }
    return filing({**values, **{name: Decimal(v) for name, v in wrong.items()}}, shown, **more)


def told(one, past=None):
    return with_causes(one, verify(one), past)


def verdict_of(findings):
    return next(c.facts["verdict"] for f in findings for c in f.causes if c.code == GUILTY)


def changes_of(findings):
    named = verdict_of(findings).named
    return named and {change.cell: change.right for change in named.changes}


def test_one_wrong_figure_of_a_report_is_one_message_that_names_it():
    sound = sound_values()
    right = sound["applications.granted.natural"]
    findings = told(printed(sound, {"applications.granted.natural": right + 7}))
    assert len(findings) > 2
    assert changes_of(findings) == {"applications.granted.natural": right}
    (group,) = grouped(findings)
    assert group.guilty


def test_two_slips_in_two_places():
    sound = FORM.complete(sound_values())
    wrong = {"applications.new.total": 52, "applications.granted.commercial": 30}
    findings = told(printed(sound_values(), wrong))
    assert changes_of(findings) == {name: sound[name] for name in wrong}
    assert len(grouped(findings)) == 1


def test_a_thousand_slips_and_no_wrong_cell():
    """One digit or one zero too many in one cell of a document; each is named rightly or not at all."""
    rng, right, count = random.Random(5), 0, 0
    equations = equations_of(FORM, frozenset(FORM.definitions), frozenset())
    for _ in range(1000):
        if not count % 20:
            sound = FORM.complete(drawn(rng))
        name = rng.choice([n for n in equations.trace if sound[n]])
        digits = str(sound[name])
        place = rng.randrange(len(digits))
        slip = rng.choice(
            [digits + "0", digits[:place] + rng.choice("0123456789") + digits[place + 1 :], "0"]
        )
        if Decimal(slip) == sound[name]:
            continue
        count += 1
        figures = sound | {name: Decimal(slip)}
        verdicts = judged(Search(equations, figures, {}), figures, {}, ())
        named = [{c.cell: c.right for c in v.named.changes} for v in verdicts if v.named]
        assert named in ([], [{name: sound[name]}])
        right += bool(named)
    assert right / count > 0.85


def test_the_two_sums_of_hongze_2023():
    one = read(ROOT / "samples" / "published" / "HZ01_洪泽区人民政府_2023.xlsx")
    findings = [f for f in examine([one]).findings if f.code == "total-wrong"]
    review, after = (next(c.facts["verdict"] for c in f.causes if c.code == GUILTY) for f in findings)
    assert {c.cell: (c.found, c.right) for c in review.named.changes} == {"disputes.review.total": (0, 11)}
    assert after.named is None
    listed = [[(c.cell, c.right) for c in suspect.changes] for suspect in after.listed]
    assert listed[0] == [("disputes.after_review.total", 5)]
    assert [("disputes.after_review.upheld", 0)] in listed


def workbook(values, **more):
    shown = {n: Shown(FORM.complete(values)[n], "", Origin.FORMULA) for n in FORM.definitions}
    return filing(values, shown, **more)


def test_a_workbook_that_computes_its_totals_names_only_by_a_witness():
    sound = {"applications.new.natural": 25, "applications.granted.natural": 25}
    sound = {cell.name: Decimal(sound.get(cell.name, 0)) for cell in FORM.inputs}
    wrong = sound | {"applications.granted.natural": Decimal(250)}
    assert verdict_of(told(workbook(wrong))).named is None
    prose = prose_for(FORM) | {"overview.on_request": "全年予以公开25件。"}
    one = replace(workbook(wrong), prose=prose)
    findings = told(one)
    assert changes_of(findings) == {"applications.granted.natural": 25}
    assert {f.code for f in findings if any(c.code == GUILTY for c in f.causes)} == {
        "rule-broken",
        "prose-figure",
    }
    assert len([g for g in grouped(findings) if g.guilty]) == 1


def test_without_a_witness_it_never_does():
    rng = random.Random(8)
    for _ in range(150):
        values = drawn(rng)
        name = rng.choice([n for n in values if n.startswith("applications.") and values[n]])
        one = workbook(values | {name: values[name] * rng.choice((2, 10)) + 1})
        assert not any(verdict.named for verdict in guilty(one, {}))


def test_an_old_format_names_what_is_named_whether_its_totals_were_typed_or_computed():
    values = {"disputes.review.upheld": Decimal(10), "disputes.review.corrected": Decimal(1)}
    (as_typed,) = guilty(filing(values, typed("disputes.review.total", 0)), {})
    assert as_typed.named
    (unknown,) = guilty(filing(values, typed("disputes.review.total", 0, Origin.UNKNOWN)), {})
    assert not unknown.named
    assert unknown.listed == (as_typed.named,)


def test_what_could_not_be_read_takes_no_part():
    values = {"disputes.review.upheld": Decimal(10), "disputes.review.corrected": Decimal(1)}
    shown = typed("disputes.review.total", 0) | typed("disputes.direct.total", 4)
    verdicts = guilty(filing(values, shown, unread=frozenset({"disputes.review.other"})), {})
    assert [min(verdict.cells).split(".")[1] for verdict in verdicts] == ["direct"]


def test_it_is_said_in_text_json_and_on_the_slip_and_is_no_correction():
    one = printed(sound_values(), {"applications.granted.natural": 99})
    examined = examine([one]).examined[0]
    for lang in LANGS:
        text = file_text(examined, lang)
        assert text.count(GUILTY) == 1
        assert "99" in text.splitlines()[1]
    cause = finding_object(examined.findings[0], "en")["causes"][0]
    assert json.dumps(cause)
    assert cause["named"]["cells"][0]["cell"] == "applications.granted.natural"
    assert cause["named"]["cells"][0]["found"] == "99"
    assert cause["largest_effect"]["applications.total.total"]
    back = returned(examined)
    assert len(back.groups) == 1
    assert "可能填错了" in back.text()
    assert "应为 2" not in back.text()
