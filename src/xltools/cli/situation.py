"""``xltools`` alone, in a collection: where the year stands and what is next, in three lines."""

from __future__ import annotations

import datetime as dt

from xltools.checking.board import Action, board
from xltools.cli.options import ReadingOptions, collection_folder
from xltools.cli.output import emit
from xltools.cli.recording import record
from xltools.cli.returns import inspected
from xltools.collection import recording
from xltools.collection.situation import Situation, situation
from xltools.collection.verifying import Inspected
from xltools.data.period import Period
from xltools.office.guard import Limits
from xltools.text import Lang, catalog


def say_situation(lang: Lang) -> None:
    """Print where the collection in the current folder stands, and what is next."""
    folder, t = collection_folder(), catalog(lang)
    seen = inspected(folder, lang, ReadingOptions())
    record(lambda _: recording.found(seen.collection), lang)
    found = situation_now(seen, Limits())
    counts, days = found.counts, found.board.days_left
    facts = {
        "title": seen.form.title,
        "period": seen.folder.period,
        "district": folder.district,
        "expected": len(found.board.rows),
        "missing": counts[Action.MISSING],
        "received": len(found.board.rows) - counts[Action.MISSING],
        "wrong": counts[Action.CORRECT] + counts[Action.EXPLAIN],
        "sound": counts[Action.SOUND] + counts[Action.LOOK],
        "due": folder.due,
        "days": abs(days),
    }
    late = "past" if days < 0 else "left"
    emit(t("situation.where", **facts, when=t(f"situation.{late}", **facts)))
    emit(t(f"situation.rollup-{found.rollup.value}", file=folder.rollup))
    emit(next_step(found, seen.folder.period, lang))


def next_step(found: Situation, period: Period, lang: Lang) -> str:
    """Return what is next in a collection at work on *period*."""
    facts = {"period": period, "next": period.next}
    return catalog(lang).about(period.kind, f"situation.{found.step.value}", **facts)


def situation_now(seen: Inspected, limits: Limits) -> Situation:
    """Return where a collection stands today."""
    today = dt.datetime.now().astimezone().date()
    return situation(
        seen.folder, board(seen.collection, seen.roster, seen.folder.due, today), seen.inputs, limits
    )
