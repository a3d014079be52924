"""``xltools`` alone, in a collection: where the year stands and what is next, in three lines."""

from __future__ import annotations

import datetime as dt

from xltools.checking.board import Action, board
from xltools.checking.collection import Collection, examine
from xltools.cli.options import ReadingOptions, collection_defaults, collection_folder
from xltools.cli.output import emit
from xltools.cli.returns import find_past, read_all
from xltools.collection.accepting import accepted_versions
from xltools.collection.reading import Inputs
from xltools.collection.roster_files import load_roster
from xltools.collection.settings import Folder
from xltools.collection.situation import Situation, situation
from xltools.data.roster import Roster
from xltools.form.library import find
from xltools.form.model import Form
from xltools.text import Lang, catalog


def say_situation(lang: Lang) -> None:
    """Print where the collection in the current folder stands, and what is next."""
    folder, t = collection_folder(), catalog(lang)
    roster, form = load_roster(folder.roster), find(folder.form)
    inputs = read_all(
        [folder.inbox],
        form,
        lang,
        ReadingOptions(),
        allow_none=True,
        roster=roster,
        district=folder.district,
    )
    collection = examined_inbox(folder, inputs, roster, form, lang, ReadingOptions())
    found = situation_now(folder, collection, inputs, roster)
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


def examined_inbox(
    folder: Folder, inputs: Inputs, roster: Roster, form: Form, lang: Lang, reading: ReadingOptions
) -> Collection:
    """Return the files of the inbox examined as ``verify`` does: with last year, and with what was accepted."""
    return examine(
        inputs.filings,
        roster,
        folder.period,
        folder.district,
        policy=folder.policy,
        past=find_past((), collection_defaults(), form, folder.period, lang, reading),
        former=accepted_versions(
            folder.versions, folder.policy, inputs.filings, reading.for_form(form), roster, folder.district
        ),
    )


def situation_now(folder: Folder, collection: Collection, inputs: Inputs, roster: Roster) -> Situation:
    """Return where the collection in *folder* stands today; *inputs* are the files of its inbox."""
    today = dt.datetime.now().astimezone().date()
    return situation(folder, board(collection, roster, folder.due, today), inputs)
