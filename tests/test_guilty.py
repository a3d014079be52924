"""The guilty cell: every explanation is found, the right cell is named, and a wrong one is not."""

from __future__ import annotations

import itertools
import json
import random
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

from conftest import ROOT, examples, prose_for, sound_values
from test_causes import AGENCY, COLUMNS, FORM, drawn, filing, typed
from xltools.checking.causes import with_causes
from xltools.checking.checks import verified
from xltools.checking.collection import examine
from xltools.checking.equations import equations_of
from xltools.checking.explanations import Search
from xltools.checking.grouping import grouped
from xltools.checking.guilty import guilty, judged
from xltools.checking.prior import against
from xltools.data.filing import Origin, Shown
from xltools.data.finding import GUILTY, Finding
from xltools.data.period import Period
from xltools.data.policy import Thresholds
from xltools.data.prior import Past
from xltools.errors import FormError
from xltools.excel.reader import read
from xltools.form.load import load, parse
from xltools.report.data import finding_object
from xltools.report.slip import _slip_row, returned
from xltools.report.text import file_text
from xltools.text import LANGS, cause_text

SMALL = """
schema = 1
key = "small"
edition = "1"
title = "小表"
authority = "测试"
headline = [{ cell = "s.total.both", label = "总计" }]
[[section]]
key = "s"
title = "一、表"
sheet = "表"
[[section.block]]
corner = "项"
columns = [{ key = "a", label = "甲" }, { key = "b", label = "乙" }, { key = "both", label = "合计", is = "a + b" }]
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
# Of other forms, up to the lines of the only block.
HEAD = (
    SMALL[: SMALL.index("corner")]
    .replace("schema = 1", "schema = 2")
    .replace('headline = [{ cell = "s.total.both", label = "总计" }]', "")
)

BOUNDED = f"""{SMALL.replace("schema = 1", "schema = 2")}
[[section.block.rule]]
key = "most"
rows = "left <= done"
when = "came > 1"
label = "余的不比办的多"
authority = "inferred"
"""


MULTIPLES = BOUNDED.replace('is = "a + b"', 'is = "2 * a + b", unit = ""')


@pytest.mark.parametrize("text", [SMALL, BOUNDED, MULTIPLES])
@pytest.mark.parametrize("is_typed", [True, False])
def test_every_change_of_at_most_two_cells_is_found(text, is_typed):
    """Of a form with a total in both directions and a rule."""
    small, rng, found = parse(text, "form.toml"), random.Random(3), 0
    equations = equations_of(small, frozenset(small.cells if is_typed else ()), frozenset())
    for _ in range(15):
        inputs = {name: Decimal(rng.randint(0, 3)) for name in small.input_names if ".came." not in name}
        inputs |= {f"s.came.{c}": inputs[f"s.done.{c}"] + inputs[f"s.left.{c}"] for c in "ab"}
        figures = {name: value for name, value in small.complete(inputs).items() if name in equations.typed}
        for name in rng.sample(sorted(equations.typed), 2):
            figures[name] += rng.randint(1, 2 if text is MULTIPLES else 4)
        found += found_by_brute_force(equations, figures, range(-8, 9), is_typed=is_typed)
    assert found > (10 if is_typed else 3)


def test_two_cells_in_the_same_equations_are_solved_for():
    """Both stand in the total and in a rule between them, so neither makes up for all of one."""
    small = parse(
        f"""{HEAD}
columns = [{{ key = "c", label = "列" }}]
rows = [{{ key = "a", label = "甲" }}, {{ key = "b", label = "乙" }}, {{ key = "t", label = "合计", is = "all" }}]
[[section.block.rule]]
key = "same"
rows = "a = b"
label = "两行相等"
authority = "inferred"
""",
        "form.toml",
    )
    equations = equations_of(small, frozenset(small.definitions), frozenset())
    for figures in itertools.product(range(4), repeat=3):
        typed = dict(zip(("s.a.c", "s.b.c", "s.t.c"), map(Decimal, figures), strict=True))
        found_by_brute_force(equations, typed, range(-3, 4), is_typed=True)


@st.composite
def small_forms(draw):
    """A table with totals, parts of a whole, and rules between its rows: equations, tolerances, relations and conditions."""
    rows = [f"r{n}" for n in range(draw(st.integers(2, 4)))]
    columns = [f"c{n}" for n in range(draw(st.integers(1, 3)))]
    down, across = draw(st.tuples(st.booleans(), st.booleans()))
    part = ', of = "r0"' if draw(st.booleans()) else ""
    lines = [f'{{ key = "{r}", label = "行{r}"{part if r == "r1" else ""} }}' for r in rows]
    lines += ['{ key = "t", label = "合计", is = "all" }'] if down else []
    heads = [f'{{ key = "{c}", label = "列{c}" }}' for c in columns]
    heads += ['{ key = "t", label = "合计", is = "all" }'] if across else []
    rules = ""
    for n in range(draw(st.integers(0 if down or across else 1, 2))):
        one, other, third = draw(st.permutations([*rows, "t" if down else rows[0], "1"]).map(lambda p: p[:3]))
        sign = draw(st.sampled_from(["=", "=", "<=", ">=", "!=", "<"]))
        more = draw(st.sampled_from(["", f" + {third}" if third != other else ""]))
        when = draw(st.sampled_from(["", "", f'when = "{rows[-1]} > 1"\n']))
        within = 'within = "1"\n' if sign == "=" and draw(st.integers(0, 3)) == 0 else ""
        rules += f'[[section.block.rule]]\nkey = "k{n}"\nlabel = "规则{n}"\nauthority = "inferred"\nrows = "{one} {sign} {other}{more}"\n{when}{within}'
    try:
        return parse(
            f"{HEAD}rows = [{', '.join(lines)}]\ncolumns = [{', '.join(heads)}]\n{rules}", "form.toml"
        )
    except FormError:
        reject()


@settings(max_examples=examples(800), deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(small_forms(), st.booleans(), st.integers(0, 2**32))
def test_every_change_of_at_most_two_cells_is_found_in_any_form(form, is_typed, seed):
    """With relations, conditions, tolerances and parts: what holds must hold afterwards."""
    rng = random.Random(seed)
    equations = equations_of(form, frozenset(form.definitions if is_typed else ()), frozenset())
    inputs = {name: Decimal(rng.choice((0, 0, 1, 2, 5))) for name in form.input_names}
    figures = {name: value for name, value in form.complete(inputs).items() if name in equations.typed}
    for name in rng.sample(sorted(equations.typed), 2):
        figures[name] = max(Decimal(0), figures[name] + rng.choice((-1, 1, 2)))
    found_by_brute_force(equations, figures, range(-3, 4), is_typed=is_typed)


def found_by_brute_force(equations, figures, reach, *, is_typed):
    """Compare what is found with all cells and pairs with all changes within *reach*, and return how many are.

    Pairs of one trace have no single solution. What breaks another rule that held is no explanation.
    """
    form, cells = equations.form, sorted(equations.trace)
    search = Search(equations, figures, {})
    if len(search.rests) != 1:
        return 0
    (rest,) = search.rests.values()
    mine = {
        frozenset(one.act)
        for one in search.ranked(rest)
        if all(change in reach for _, change in one.act)
        and (len(one.act) == 1 or (len(one.act) == 2 and _differ(equations, one.act)))
    }

    def all_of(typed):
        return typed if is_typed else form.complete(typed)

    bounds = [
        one.constraint
        for one in form.identities
        if not one.constraint.is_exact and one.constraint.level == "error" and not one.rule.looks_back
    ]
    held = [bound for bound in bounds if bound.holds(all_of(figures))]

    def mends(act):
        changed = figures | {name: figures[name] + change for name, change in act}
        return (
            all(changed[name] >= 0 or form.cells[name].signed for name, _ in act)
            and not any(sum(factor * changed[name] for name, factor in terms) for terms in equations.terms)
            and all(bound.holds(all_of(changed)) for bound in held)
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
    return len(mine)


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
    one = verified(one)
    return with_causes(one, one.findings, past)


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


def test_a_sentence_that_the_wrong_cell_contradicts_supports_it_and_is_told_under_it():
    """The total that the sentence speaks of is printed right; its parts add up to another figure."""
    cell, total = "applications.granted.natural", "applications.granted.total"
    sound = FORM.complete(sound_values())
    told_of = prose_for(FORM) | {"overview.on_request": f"全年予以公开{sound[total]:f}件。"}
    findings = told(replace(printed(sound_values(), {cell: sound[cell] + 7}), prose=told_of))
    assert changes_of(findings) == {cell: sound[cell]}
    assert [w.name for w in verdict_of(findings).named.witnesses] == ["overview.on_request"]
    (group,) = grouped(findings)
    assert "prose-figure" in {f.code for f in group.findings}


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


def test_a_shifted_column_of_a_workbook_names_no_wrong_cell():
    """Last year's figures speak of what was carried in, and of no other cell that the shift changed."""
    rng, column = random.Random(4), [n for n in FORM.input_names if n.endswith(".welfare")]
    count = 0
    while count < 60:
        sound = drawn(rng)
        values = [sound[name] for name in column]
        gaps = [place for place in range(2, len(values)) if not values[place]]
        if not (values[1] and gaps):
            continue
        count += 1
        shifted = [values[0], Decimal(0), *values[1 : gaps[0]], *values[gaps[0] + 1 :]]
        wrong = sound | dict(zip(column, shifted, strict=True))
        last = {f"applications.carried_out.{c}": sound[f"applications.carried_in.{c}"] for c in COLUMNS}
        for verdict in guilty(workbook(wrong), FORM.complete(last)):
            named = verdict.named.changes if verdict.named else ()
            assert all(change.right == sound[change.cell] for change in named)


def test_what_the_right_figure_settles_is_told_under_it():
    """A jump and an outlier are none with the right figure; another jump stays beside it."""
    cell, other = "applications.granted.natural", "disclosure.penalty.decisions"
    sound = sound_values() | {cell: Decimal(24), "applications.new.natural": Decimal(44)}
    sound["applications.new.natural"] += sum(
        FORM.complete(sound)[f"applications.{r}.natural"] * s
        for r, s in (("total", 1), ("carried_out", 1), ("new", -1), ("carried_in", -1))
    )
    facts = {"label": "x", "period": Period(2023), "count": 9, "score": 5}
    found = tuple(
        Finding(code, cell=name, found=Decimal(240), expected=Decimal(20), facts=facts)
        for code, name in (("jump", cell), ("outlier", cell), ("jump", other))
    )
    one = printed(sound, {cell: 240, other: 240}, findings=found)
    findings = told(one)
    assert changes_of(findings) == {cell: 24}
    (group,) = [group for group in grouped(findings) if group.guilty]
    assert {f.code for f in group.findings} >= {"jump", "outlier", "rule-broken"}
    assert [f.cell for f in findings if f not in group.findings] == [other]


def test_what_one_slip_causes_is_one_message_where_too_many_cells_may_be_it():
    """The line is said, with the sentence that the right figure of one of its cells would settle; another stays beside."""
    rng = random.Random(6)
    sound = {name: value + 1 for name, value in drawn(rng).items() if name.startswith("applications.")}
    for column in COLUMNS:
        whole = FORM.complete(sound)
        sound[f"applications.new.{column}"] += sum(
            sign * whole[f"applications.{row}.{column}"]
            for row, sign in (("total", 1), ("carried_out", 1), ("carried_in", -1), ("new", -1))
        )
    granted = FORM.complete(sound)["applications.granted.total"]
    told_of = f"全年予以公开{granted:f}件。因政府信息公开被申请行政复议7件。"
    wrong = sound | {"applications.granted.natural": Decimal(0)}
    one = replace(workbook(wrong), prose=prose_for(FORM) | {"overview.on_request": told_of})
    findings = told(one)
    verdict = verdict_of(findings)
    assert not verdict.suspects
    assert verdict.line == "自然人"
    (group,) = (group for group in grouped(findings) if group.guilty)
    assert {f.code for f in group.findings} == {"rule-broken", "prose-figure"}
    (other,) = (f for f in findings if f not in group.findings)
    assert "行政复议" in other.found


def test_a_cell_with_which_another_rule_still_fails_is_not_named():
    """A figure and its total were left out: the total alone adds up, but the figure is not the sum of its kinds."""
    form = load(ROOT / "tests" / "forms" / "xcjc-2026.toml")
    values = dict.fromkeys(form.input_names, Decimal(0))
    for row, figures in {
        "special": (9, 5, 2, 30, 346, 277, 69),
        "joint": (7, 7, 1, 20, 512, 162, 350),
    }.items():
        columns = ("sites", "faulty", "mended", "people", "fines", "paid", "owed")
        values |= {f"visits.{row}.{c}": Decimal(v) for c, v in zip(columns, figures, strict=True)}
    equations = equations_of(form, frozenset(form.definitions), frozenset())

    def named(wrong):
        figures = form.complete(values) | dict.fromkeys(wrong, Decimal(0))
        verdicts = judged(Search(equations, figures, {}), figures, {}, ())
        return [c.cell for v in verdicts if v.named for c in v.named.changes]

    assert named(["visits.total.fines"]) == ["visits.total.fines"]
    assert named(["visits.total.fines", "visits.joint.fines"]) == []


def test_one_application_in_the_wrong_column_is_one_message_whatever_else_fits_one_of_its_findings():
    """Of two columns that fail, last year's figure fits what is missing in one."""
    values = dict.fromkeys(FORM.input_names, Decimal(0)) | {
        f"applications.{name}": Decimal(value)
        for name, value in {
            "new.natural": 7,
            "granted.natural": 5,
            "unavailable_needs_creation.natural": 1,
            "unavailable_not_held.natural": 1,
            "new.research": 1,
            "granted.research": 1,
        }.items()
    }
    moved = "applications.unavailable_needs_creation"
    one = printed(values, {f"{moved}.natural": 0, f"{moved}.research": 1})
    past = FORM.complete(
        {"applications.new.research": Decimal(1), "applications.granted.research": Decimal(1)}
    )
    findings = [f for f in told(one, past) if f.code in {"rule-broken", "total-wrong"}]
    assert len(findings) == 4
    assert not verdict_of(findings).named
    (group,) = grouped(findings)
    assert group.guilty
    # Alone, the one finding is told what fits it.
    (rule,) = (f for f in findings if f.code == "rule-broken" and f.cell == "applications.new.research")
    alone = filing(values | {"applications.granted.research": Decimal(2)})
    causes = [c.code for f in told(alone, past) if f.cell == rule.cell for c in f.causes]
    assert causes == ["carried-in-forgotten"]


def test_what_sentences_say_is_kept_only_where_equations_fail():
    """They are read once, by the check on prose; what they say travels with the return."""
    cell = "applications.granted.natural"
    sound = FORM.complete(sound_values())
    prose = prose_for(FORM) | {
        "overview.on_request": f"全年予以公开{sound['applications.granted.total']:f}件。"
    }
    assert verified(replace(printed(sound_values()), prose=prose)).said == ()
    one = replace(printed(sound_values(), {cell: sound[cell] + 7}), prose=prose)
    (said,) = verified(one).said
    assert (said.box, said.value) == ("overview.on_request", sound["applications.granted.total"])
    # The figures in place of braces are those of the tables: they say nothing of them.
    filled = prose | {"overview.on_request": "全年予以公开{granted}件。"}
    assert verified(replace(one, prose=filled)).said == ()


def test_ratios_and_means_that_a_wrong_figure_spoils_are_told_under_it():
    """Of a report whose ratios were printed with the right figures; a ratio that is wrong itself stays beside it."""
    form = load(ROOT / "tests" / "forms" / "blsx-2026.toml")
    sound = {
        f"work.{row}.{column}": Decimal(value)
        for row, values in {
            "permits": ("120", "110", "3.5", "12.50"),
            "grants": ("80", "75", "4.2", "3"),
            "others": ("30", "28", "2.0", "1"),
        }.items()
        for column, value in zip(("taken", "done", "days", "fee"), values, strict=True)
    }
    whole = form.complete(sound)

    def told_of(done, **wrong):
        shown = {
            name: Shown(value, str(value), Origin.PRINTED)
            for name, value in (whole | {n.replace("__", "."): Decimal(v) for n, v in wrong.items()}).items()
            if form.cells[name].is_total or form.cells[name].ratio
        }
        one = filing(sound | {"work.permits.done": Decimal(done)}, shown, form=form)
        return [f for f in told(one) if f.code.startswith(("total", "ratio", "mean"))]

    findings = told_of(101)
    assert {f.code for f in findings} == {"total-wrong", "ratio-wrong"}
    assert changes_of(findings) == {"work.permits.done": 110}
    assert len(grouped(findings)) == 1
    left_out = told_of(0)
    assert {f.code for f in left_out} == {"total-wrong", "ratio-wrong", "mean-unneeded"}
    assert len(grouped(left_out)) == 1
    both = told_of(101, work__others__rate="39.33")
    (beside,) = (group for group in grouped(both) if not group.guilty)
    assert [f.cell for f in beside.findings] == ["work.others.rate"]


def test_a_rule_of_some_months_is_settled_only_in_these():
    """Behind 'the right figure settles it' stands the month that the return is of."""
    rule = """
[[section.block.rule]]
key = "more"
columns = "a > b"
when = "period > 1"
on = ["came"]
level = "question"
label = "甲比乙多"
authority = "inferred"
"""
    text = BOUNDED.replace('key = "small"', 'key = "small"\nperiod = "month"')
    form, march = parse(text + rule, "form.toml"), Period.from_text("2024-03")
    values = {f"s.{row}.{c}": Decimal(v) for row, v in (("came", 3), ("done", 3), ("left", 0)) for c in "ab"}
    full = form.complete(values) | {"s.total.both": Decimal(60)}
    one = filing(
        values, {n: Shown(full[n], str(full[n]), Origin.PRINTED) for n in form.definitions}, form=form
    )
    one = replace(one, stamp=replace(one.stamp, period=march), record=replace(one.record, period=march))
    findings = told(one)
    assert {f.code for f in findings} >= {"rule-question", "total-wrong"}
    assert verdict_of(findings).suspects
    assert [g.lead.code for g in grouped(findings) if g.guilty and len(g.findings) > 1] == []


def test_a_typed_total_over_a_list_is_wrong_or_the_list_is():
    """Which side, the total of the table tells; without one, both are listed."""
    form = load(ROOT / "tests" / "forms" / "aqyh-2024.toml")
    coal, fire, total = (f"summary.{row}.money" for row in ("coal", "fire", "total"))
    over = "sum(register.money, trade = coal)"
    sums = {over: Decimal("20.5"), "sum(register.money, trade = fire)": Decimal("4.2")}

    def verdict_on(lists=sums, origin=Origin.PRINTED, **wrong):
        wrong = {f"summary.{row}.money": Decimal(value) for row, value in wrong.items()}
        figures = form.complete(sums) | wrong
        shown = {
            n: Shown(v, str(v), origin if n in wrong or origin is Origin.PRINTED else Origin.FORMULA)
            for n, v in figures.items()
            if n in form.definitions
        }
        one = verified(filing(lists, shown, form=form))
        return verdict_of(with_causes(one, one.findings))

    assert verdict_on(coal="205").named.right == {coal: Decimal("20.5")}
    lost = verdict_on(sums | {over: Decimal("2.5")})
    assert lost.named.right == {over: Decimal("20.5")}
    alone = verdict_on(origin=Origin.TYPED, total="20.5")
    assert alone.named is None
    assert {total, over} < {change.cell for one in alone.listed for change in one.changes}
    assert fire not in alone.cells  # a formula adds it up


def test_a_figure_of_a_list_is_said_with_the_place_of_the_list():
    form = load(ROOT / "tests" / "forms" / "aqyh-2024.toml")
    values = {"sum(units.staff)": Decimal(30), "cards.n.staff": Decimal(31), "sum(units.holders)": Decimal(1)}
    one = verified(filing(values, form=form))
    (cause,) = (c for f in with_causes(one, one.findings) for c in f.causes)
    texts = [cause_text(cause, lang) for lang in LANGS]
    assert all("持证清单!A3" in text and "持证!B4" in text for text in texts)
    assert "“所属单位名单”人数合计" in texts[0]


def sound_visits():
    """Figures of a form whose columns have no equation in common, with every rule kept."""
    form = load(ROOT / "tests" / "forms" / "xcjc-2026.toml")
    rows = {
        "routine": (90, 40, 30, 150, 50, 30, 20),
        "random": (35, 12, 8, 60, 15, 9, 6),
        "special": (60, 23, 17, 110, 731, 19, 712),
        "joint": (22, 9, 7, 45, 13, 8, 5),
    }
    columns = ("sites", "faulty", "mended", "people", "fines", "paid", "owed")
    values = dict.fromkeys(form.input_names, Decimal(0)) | {
        f"visits.{row}.{c}": Decimal(v)
        for row, figures in rows.items()
        for c, v in zip(columns, figures, strict=True)
    }
    values |= {
        f"staff.{key}.n": Decimal(v)
        for key, v in {"officers": 40, "helpers": 9, "young": 20, "old": 29}.items()
    }
    return form, values


def documented(form, values, wrong=(), **more):
    """A document of any form with every total and ratio printed, some figures of it wrong."""
    whole = form.complete(values) | dict(wrong)
    shown = {
        name: Shown(value, str(value), Origin.PRINTED)
        for name, value in whole.items()
        if form.cells[name].is_total or form.cells[name].ratio
    }
    inputs = {name: value for name, value in whole.items() if name in form.input_names}
    return verified(filing(inputs, shown, form=form, **more))


def test_two_figures_exchanged_between_two_columns_are_one_verdict():
    form, values = sound_visits()
    one, other = "visits.special.fines", "visits.special.paid"
    findings = told(documented(form, values, {one: values[other], other: values[one]}))
    assert changes_of(findings) == {one: values[one], other: values[other]}
    (group,) = grouped(findings)
    assert group.guilty
    assert {f.cell.split(".")[2] for f in findings if f.code == "total-wrong"} == {"fines", "paid"}
    # Two slips that have nothing to do with each other are two.
    findings = told(documented(form, values, {one: Decimal(7310), "visits.joint.owed": Decimal(50)}))
    assert len([group for group in grouped(findings) if group.guilty]) == 2


def monthly_case():
    """A sound month, with the figures of the month before and of the same month a year ago."""
    form = load(ROOT / "tests" / "forms" / "monthly.toml")
    rows = {"r01": (30, 150, 28, 140), "r02": (10, 50, 9, 44), "r03": (24, 118, 21, 101)}
    columns = ("month", "cum", "lymonth", "lycum")
    values = {
        f"output.{row}.{c}": Decimal(v)
        for row, figures in rows.items()
        for c, v in zip(columns, figures, strict=True)
    }
    past = {f"output.{row}.month": values[f"output.{row}.month"] for row in rows}
    past |= {f"output.{row}.cum": values[f"output.{row}.cum"] - values[f"output.{row}.month"] for row in rows}
    past |= {f"ago.output.{row}.{c}": values[f"output.{row}.ly{c}"] for row in rows for c in columns[:2]}
    return form, values, past


def monthly_findings(wrong):
    form, values, past = monthly_case()
    period = Period.of_form("2024-05", form)
    made = filing({**values, **wrong}, form=form)
    one = replace(made, stamp=replace(made.stamp, period=period), record=replace(made.record, period=period))
    one = verified(one)
    before = Past(form, period.previous, {AGENCY: past}, frozenset((AGENCY,)))
    findings = [*one.findings, *against(one, before, {AGENCY: AGENCY}, Thresholds())]
    return with_causes(one, findings, past)


def test_one_slip_in_a_month_is_one_message():
    """It breaks what follows from the month before, a year ago, and relations; no sum tells which figure it is."""
    form, values, _ = monthly_case()
    assert not monthly_findings({})
    for name, value in values.items():
        for wrong in (value * 10, value * 10_000, Decimal(0), value + 7, value - 1):
            findings = monthly_findings({name: wrong})
            assert findings, (name, wrong)
            groups = grouped(findings)
            assert len(groups) == 1, (name, wrong, [(f.code, f.cell) for f in findings])
            if len(findings) > 1:
                verdict = verdict_of(findings)
                assert not verdict.named
                assert not verdict.listed
                assert name in {change.cell for one in verdict.possible for change in one.changes}
                assert all(
                    form.cells[name].row_path[-1] in cause_text(groups[0].guilty, lang) for lang in LANGS
                )


def test_two_figures_of_a_month_exchanged_are_one_message():
    _, values, _ = monthly_case()
    one, other = "output.r03.month", "output.r03.cum"
    findings = monthly_findings({one: values[other], other: values[one]})
    assert {f.code for f in findings} >= {"rule-broken", "stock"}
    assert len(grouped(findings)) == 1


def test_relations_and_printed_ratios_of_one_wrong_figure_are_one_message():
    """Every figure of a form without equations between its inputs, in a document and in a workbook."""
    form = load(ROOT / "tests" / "forms" / "b201-2005.toml")
    sound = {
        f"output.r0{n}.{c}": Decimal(v)
        for n in (1, 2, 3)
        for c, v in (("month", 300 - 60 * n), ("cum", 900 - 100 * n), ("r3", 700 - 90 * n))
    }
    sound = {name: value for name, value in sound.items() if name in form.input_names}
    assert not told(documented(form, sound))
    for name, value in sound.items():
        for wrong in (value * 10, value + 13, value - 11):
            for one in (documented(form, {**sound, name: wrong}), documented(form, sound, {name: wrong})):
                assert len(grouped(told(one))) <= 1, (name, wrong)


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


def slip_words(one):
    """What the slip says of each wrong total, and the text that goes back."""
    (examined,) = examine([one]).examined
    back = returned(examined)
    rows = [_slip_row(group, one) for group in back.groups]
    return [row.expected.split("\n")[0] for row in rows if row.code == "total-wrong"], back.text()


@pytest.mark.parametrize(
    ("cell", "origin", "values", "said"),
    [
        # Nothing else explains it: no part can be lowered by 11.
        ("disputes.review.total", Origin.TYPED, {"upheld": 10, "corrected": 1}, "应为 11"),
        ("disputes.review.total", Origin.EMPTY, {"upheld": 5}, "应为 5"),
        # The part may be the wrong one, here and in a document.
        ("disputes.review.total", Origin.TYPED, {"upheld": 5}, "两边 0 和 5"),
        ("disputes.review.total", Origin.PRINTED, {"upheld": 10, "corrected": 1}, "两边 0 和 11"),
    ],
)
def test_a_slip_says_what_is_right_only_of_a_cell_that_is_known_to_be_wrong(cell, origin, values, said):
    values = sound_values() | {n: Decimal(0) for n in FORM.reach[cell]} | {
        f"disputes.review.{row}": Decimal(value) for row, value in values.items()
    }  # fmt: skip
    shown = {cell: Shown(None if origin is Origin.EMPTY else Decimal(0), "", origin)}
    told_of, text = slip_words(filing(values, shown))
    assert told_of == [said]
    assert ("应为" in text) == said.startswith("应为")
