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
from xltools.checking.effects import remaining
from xltools.checking.equations import published_cells
from xltools.checking.grouping import grouped
from xltools.data.filing import Source
from xltools.data.finding import Effect, Finding
from xltools.data.period import Period
from xltools.data.record import Agency, Record
from xltools.data.roster import Entry, divided
from xltools.form.load import load
from xltools.form.ratio import rounded
from xltools.report.board import board_blocks, board_object
from xltools.report.data import finding_object
from xltools.report.text import collection_text, effect_text
from xltools.text import LANGS

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
    facts = {"label": "x", "period": Period(2023)}
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
