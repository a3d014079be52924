"""``xltools`` alone, in a collection: where the year stands and what is next, in three lines."""

from __future__ import annotations

import datetime as dt

from xltools.checking.board import Action, board
from xltools.checking.collection import Collection
from xltools.cli.options import ReadingOptions, collection_defaults, collection_folder
from xltools.cli.output import emit
from xltools.cli.recording import record
from xltools.cli.returns import examined_inbox, find_past, read_all
from xltools.collection import recording
from xltools.collection.reading import Inputs
from xltools.collection.roster_files import load_roster
from xltools.collection.settings import Folder
from xltools.collection.situation import Situation, situation
from xltools.data.roster import Roster
from xltools.form.library import find
from xltools.office.guard import Limits
from xltools.text import Lang, catalog


def say_situation(lang: Lang) -> None:
    """Print where the collection in the current folder stands, and what is next."""
    folder, own, t, reading = collection_folder(), collection_defaults(), catalog(lang), ReadingOptions()
    roster, form = load_roster(folder.roster), find(folder.form)
    inputs = read_all(
        [folder.inbox], form, lang, reading, allow_none=True, roster=roster, district=folder.district
    )
    past = find_past((), own, form, folder.period, lang, reading)
    collection = examined_inbox(own, inputs, roster, folder.period, past, reading.for_form(form))
    record(lambda _: recording.found(collection), lang)
    found = situation_now(folder, collection, inputs, roster, Limits())
    counts, days = found.counts, found.board.days_left
    facts = {
        "title": form.title,
        "period": folder.period,
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
    emit(t(f"situation.{found.step.value}"))


def situation_now(
    folder: Folder, collection: Collection, inputs: Inputs, roster: Roster, limits: Limits
) -> Situation:
    """Return where the collection in *folder* stands today; *inputs* are the files of its inbox."""
    today = dt.datetime.now().astimezone().date()
    return situation(folder, board(collection, roster, folder.due, today), inputs, limits)
