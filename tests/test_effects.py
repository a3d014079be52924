"""What matters first: the largest effect of each finding, the order by it, and what all that is left can change."""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import replace
from decimal import Decimal

import pytest

from conftest import ROOT, sound_values
from test_causes import AGENCY, FORM, drawn, filing
from test_guilty import printed
from xltools.checking.board import board, file_statuses
from xltools.checking.collection import examine
from xltools.checking.effects import remaining, with_effects
from xltools.checking.equations import published_cells
from xltools.checking.grouping import grouped
from xltools.data.filing import Origin, Shown, Source
from xltools.data.finding import Effect, Finding
from xltools.data.period import Period
from xltools.data.prior import Past
from xltools.data.record import Agency, Record
from xltools.data.roster import Entry, divided
from xltools.form.load import load
from xltools.form.ratio import rounded
from xltools.report.board import board_blocks, board_object
from xltools.report.data import finding_object
from xltools.report.text import collection_text, effect_text
from xltools.text import LANGS, Phrases

TOTAL = "applications.total.total"


def test_the_effect_of_one_wrong_cell_is_never_larger_than_said():
    rng, count = random.Random(2), 0
    while count < 40:
        sound = drawn(rng)
        name = rng.choice([n for n in sound if n.startswith("applications.") and sound[n]])
        wrong = sound | {name: sound[name] * 10}
        findings = examine([printed(sound, {name: wrong[name]})]).examined[0].findings
        effects = [f.effect for f in findings if f.code in {"total-wrong", "rule-broken"}]
        count += 1
        assert effects
        before, after = FORM.complete(sound), FORM.complete(wrong)
        for line in FORM.headline:
            change = abs(after[line.cell] - before[line.cell])
            assert all(effect.figures.get(line.cell, 0) >= change for effect in effects)


def test_a_wrong_total_changes_nothing():
    one = printed(sound_values(), {"disputes.review.total": 99})
    (finding,) = (f for f in examine([one]).findings if f.code == "total-wrong")
    assert finding.effect.figures is not None
    assert TOTAL not in finding.effect.figures


def test_what_was_not_read_comes_first_and_what_is_accepted_last():
    def with_effect(code, figures, **more):
        return Finding(code, effect=Effect(figures, TOTAL, "x", Decimal(figures[TOTAL]) / 100), **more)

    small, large = (
        with_effect("jump", {TOTAL: Decimal(1)}),
        with_effect("jump", {TOTAL: Decimal(50)}, cell="b"),
    )
    unread = Finding("blank", effect=Effect(None))
    answered = Finding("jump", explanation="because", cell="c")
    assert [g.lead for g in grouped([answered, small, large, unread])] == [unread, large, small, answered]


def of(code, values, *findings):
    """A return of another agency."""
    made, agency = filing(values, findings=findings), Agency("青禾区", code, f"单位{code}")
    record = replace(made.record, agencies=frozenset((agency,)))
    return replace(made, source=Source(code, code), stamp=replace(made.stamp, agency=agency), record=record)


def test_an_effect_is_a_number_and_a_share_of_the_districts_figure():
    facts = {"label": "x", "period": Period(2023), "merged": Phrases(())}
    finding = Finding(
        "jump", cell="applications.new.natural", found=Decimal(62), expected=Decimal(2), facts=facts
    )
    others = [of("001", sound_values(), finding), of("002", sound_values(1)), of("003", sound_values(2))]
    (told,) = (f for f in examine(others).findings if f.code == "jump")
    whole = sum(FORM.complete(one.record.values)["applications.new.total"] for one in others)
    assert (told.effect.cell, told.effect.amount) == ("applications.new.total", 60)
    assert told.effect.share == 60 / whole
    effect = finding_object(told, "zh")["largest_effect"]
    assert (effect["known"], effect["amount"]) == (True, "60")
    assert all("60" in effect_text(told.effect, lang) for lang in LANGS)


ENTRIES = divided((Entry("001", "青禾区教育局", {}),))
DAY = dt.date(2025, 1, 10)
SENTENCE = {"zh": "至多有两个数填错", "en": "at most two cells"}


@pytest.mark.parametrize("lang", LANGS)
def test_status_says_that_what_is_left_is_small_only_if_it_is(lang):
    values = {n: v * 1000 for n, v in sound_values().items()}
    jump = Finding(
        "outlier", cell="applications.new.natural", found=Decimal(62_000), expected=Decimal(61_900)
    )
    one = filing(values, findings=(jump,))

    def said(*findings):
        found = board(examine([replace(one, findings=findings)], ENTRIES), ENTRIES, DAY, DAY)
        return found, "\n".join(str(block) for block in board_blocks(found, lang))

    found, text = said(jump)
    assert SENTENCE[lang] in text
    assert 0 < board_object(found, lang, 0)["remaining_effect"] <= 0.001
    assert SENTENCE[lang] not in said()[1]  # nothing is left
    for other in (replace(jump, expected=Decimal(2)), Finding("blank", cell="applications.new.natural")):
        assert SENTENCE[lang] not in said(jump, other)[1]
    missing = divided((*ENTRIES, Entry("002", "青禾区司法局", {})))
    found = board(examine([one], missing), missing, DAY, DAY)
    assert board_object(found, lang, 0)["remaining_effect"] is None
    assert SENTENCE[lang] not in "\n".join(str(block) for block in board_blocks(found, lang))


def test_what_is_left_changes_no_published_ratio_by_more_than_is_said():
    """A ratio of sums moves with its parts and by its rounding; of a mean nothing is known, so nothing is said."""
    form = load(ROOT / "tests" / "forms" / "blsx-2026.toml")
    done, taken, rate = (f"work.total.{key}" for key in ("done", "taken", "rate"))
    sums, mean = replace(form, headline=form.headline[:2]), replace(form, headline=form.headline[2:])
    assert published_cells(sums) == (done, taken)
    rng = random.Random(4)
    for _ in range(200):
        figures = {taken: Decimal(rng.randint(500, 90_000)), done: Decimal(rng.randint(400, 500))}
        change = {name: Decimal(rng.randint(0, 3)) for name in figures}
        left = remaining([Finding("jump", effect=Effect(change))], figures, sums)
        was, now = (
            rounded(form.quotient(form.cells[rate], one), 2)
            for one in (figures, {n: v + rng.choice((-1, 1)) * change[n] for n, v in figures.items()})
        )
        assert abs(now - was) <= left * was
        assert left > 0 or not any(change.values())
    one = [Finding("jump", effect=Effect({taken: Decimal(1)}))]
    assert remaining(one, figures, mean) is None
    assert remaining([], figures, mean) == 0


def test_of_a_rule_that_is_no_equation_the_effect_is_not_known():
    form = load(ROOT / "tests" / "forms" / "xcjc-2026.toml")
    values = dict.fromkeys(form.input_names, Decimal(0)) | {
        f"visits.special.{key}": Decimal(v) for key, v in (("sites", 500), ("people", 1000))
    }
    values |= {f"staff.{key}.n": Decimal(1) for key in ("officers", "young")}
    one = replace(filing({}), form=form, record=Record(form, Period(2026), frozenset((AGENCY,)), values))
    warned = [f for f in examine([one]).findings if f.code == "rule-warning"]
    assert [f.cell for f in warned] == ["visits.total.people"]
    assert all(f.effect.figures is None for f in warned)


def test_findings_of_one_verdict_count_once():
    figures = {TOTAL: Decimal(5)}
    twice = [Finding("rule-broken", effect=Effect(figures)), Finding("total-wrong", effect=Effect(figures))]
    assert remaining(twice, {TOTAL: Decimal(100)}, FORM) == Decimal("0.05")
    assert remaining(
        [*twice, Finding("jump", effect=Effect(dict(figures)))], {TOTAL: Decimal(100)}, FORM
    ) == Decimal("0.1")
    assert remaining([], {}, FORM) == 0


def test_what_is_missing_or_blank_comes_before_every_known_effect():
    about = {"cell": "applications.new.natural", "facts": {"label": "x", "count": 9, "score": 5}}
    known = Finding("outlier", found=Decimal(900), expected=Decimal(1), **about)
    roster = divided(tuple(Entry(f"00{n}", f"单位00{n}", {}) for n in range(1, 5)))
    sent = [
        of("001", sound_values(1)),
        of("002", sound_values(2), known),
        of("003", sound_values(3), Finding("blank", **about)),
    ]
    found = examine(sent, roster)
    assert [status.code for status in file_statuses(found)] == ["004", "003", "002", "001"]
    rows = board(found, roster, DAY, DAY).rows
    assert [row.entry.code for row in rows] == ["004", "003", "002", "001"]
    text = collection_text(found, "en")
    assert text.index("missing-return") > text.index("blank  ")
    assert text.index("outlier") > text.index("missing-return")


def test_files_are_in_the_order_of_what_they_can_change():
    def one(code, amount):
        cell = "applications.new.natural"
        finding = Finding("outlier", cell=cell, found=Decimal(100 + amount), expected=Decimal(100))
        return of(code, sound_values(int(code)), finding)

    statuses = file_statuses(examine([one("001", 1), one("002", 40), one("003", 9)]))
    assert [status.code for status in statuses] == ["002", "003", "001"]


def printed_at(form, values, wrong):
    """A document of a form without equations between its inputs, whose totals and ratios are right and one figure is not."""
    whole = form.complete(values)
    shown = {
        n: Shown(v, str(v), Origin.PRINTED)
        for n, v in whole.items()
        if form.cells[n].is_total or form.cells[n].ratio
    }
    return filing({**values, **wrong}, shown, form=form)


def test_a_printed_ratio_that_is_wrong_tells_what_a_figure_behind_it_can_change():
    form = load(ROOT / "tests" / "forms" / "b201-2005.toml")
    cell = "output.r01.cum"
    assert cell in published_cells(form)
    values = {f"output.r0{n}.{c}": Decimal(900 - 100 * n) for n in (1, 2, 3) for c in ("month", "cum", "r3")}
    values = {name: value for name, value in values.items() if name in form.input_names}
    for by in (-40, 7, 500):
        found = examine([printed_at(form, values, {cell: values[cell] + by})]).findings
        ratios = [f for f in found if f.code == "ratio-wrong"]
        assert len(ratios) == 2
        assert all(f.effect.figures[cell] >= abs(by) for f in ratios)


def test_a_carry_that_was_exchanged_with_a_published_figure_can_change_it():
    """In the column everything still adds up; only last year's figure tells."""
    new, carried = "applications.new.natural", "applications.carried_in.natural"
    values = {n: Decimal(0) for n in FORM.input_names}
    values |= {new: Decimal(282), carried: Decimal(3), "applications.granted.natural": Decimal(285)}
    wrong = filing(values | {new: values[carried], carried: values[new]})
    past = {name: Decimal(0) for name in FORM.cells} | {"applications.carried_out.natural": Decimal(3)}
    before = Past(FORM, Period(2023), {AGENCY: past}, frozenset((AGENCY,)))
    (carry,) = (f for f in examine([wrong], past=before).findings if f.code == "carry-over")
    assert carry.effect.figures["applications.new.total"] >= 279


@pytest.mark.parametrize(("headline", "is_known"), [("summary.total.money", False), ("cards.n.staff", True)])
def test_of_a_line_of_a_list_the_effect_is_unknown_if_a_published_figure_is_made_of_it(headline, is_known):
    form = load(ROOT / "tests" / "forms" / "aqyh-2024.toml")
    form = replace(form, headline=(replace(form.headline[0], cell=headline),))
    spent = "register.spent[煤矿一|2024-05-01]"
    found = [
        Finding(
            "rule-question", cell="register.money[煤矿一|2024-05-01]", found=Decimal(0), expected=Decimal(9)
        ),
        Finding("required", cell="register.trade[煤矿一|2024-05-01]"),
        Finding("line-doubled", cell="register.firm[煤矿一|2024-05-01#2]"),
        Finding("required", cell="cover.preparer"),
        Finding("rule-question", cell=spent, found=Decimal(0), expected=Decimal(0)),
    ]
    *of_lines, text, part = with_effects(found, form)
    assert all(({} if is_known else None) == f.effect.figures for f in of_lines)
    assert text.effect.figures == part.effect.figures == {}  # no published figure is made of them


def test_a_mean_without_its_weight_may_be_one_of_a_figure_that_was_left_out():
    form = load(ROOT / "tests" / "forms" / "blsx-2026.toml")
    values = {
        "work.permits.days": Decimal("3.5"),
        "work.permits.done": Decimal(0),
        "work.grants.taken": Decimal(1),
    }
    (found,) = (f for f in examine([filing(values, form=form)]).findings if f.code == "mean-unneeded")
    assert found.effect.figures is None


def test_what_two_wrong_cells_can_change_is_said():
    """Random figures of workbooks and documents; each of the cells is behind a finding, or both are behind one."""
    rng, count = random.Random(12), 0
    cells = [n for n in FORM.input_names if n.startswith("applications.")]
    lines = [line.cell for line in FORM.headline if line.cell.startswith("applications.")]
    while count < 40:
        sound, is_document = drawn(rng), count % 2
        names = rng.sample([name for name in cells if sound[name]], 2)
        if names[0].rpartition(".")[2] == names[1].rpartition(".")[2]:
            continue  # of two cells in the same equations only their sum is known
        wrong = sound | {name: sound[name] * rng.choice((0, 2, 10)) for name in names}
        one = printed(sound, {name: wrong[name] for name in names}) if is_document else filing(wrong)
        findings = [f for f in examine([one]).findings if f.effect and f.effect.figures is not None]
        count += 1
        together = {line: Decimal(0) for line in lines}
        for effect in {id(f.effect.figures): f.effect.figures for f in findings}.values():
            together |= {line: together[line] + effect.get(line, 0) for line in lines}
        before, after = FORM.complete(sound), FORM.complete(wrong)
        assert all(abs(after[line] - before[line]) <= together[line] for line in lines), names
