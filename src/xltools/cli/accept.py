"""``xltools accept``: accept what is open about an agency, with a reason, for the version of its return that is there."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import click

from xltools.cli.help import Command
from xltools.cli.options import (
    ReadingOptions,
    agency_of,
    collection_folder,
    of_period,
    option,
    prior,
    reading,
)
from xltools.cli.output import emit
from xltools.cli.recording import record
from xltools.cli.returns import inspected
from xltools.collection import recording
from xltools.collection.accepting import Decision, acceptances, add_waivers
from xltools.collection.journal import user
from xltools.collection.roster_files import load_roster
from xltools.data.finding import spot
from xltools.errors import InputError, Problem
from xltools.text import Lang, catalog, harmless, message


def command(lang: Lang) -> click.Command:
    """Return the command in *lang*."""
    t = catalog(lang)

    @click.command("accept", cls=Command, help=t("help.accept"))
    @click.argument("agency")
    @click.argument("code", required=False, default="")
    @click.argument("cell", required=False, default="")
    @option(lang, "--reason", required=True, text="accept-reason")
    @prior(lang)
    @of_period(lang)
    @reading(lang)
    def run(
        agency: str, code: str, cell: str, reason: str, prior: tuple[Path, ...], reading: ReadingOptions
    ) -> int:
        folder = collection_folder()
        who = folder.who or user()
        if not reason.strip() or not who:
            raise InputError(Problem("accept-blank", facts={"what": "--reason" if who else "who"}))
        roster = load_roster(folder.roster)
        if (entry := agency_of(roster, agency)) is None:
            raise InputError(Problem("no-such-agency", facts={"wanted": agency}))
        collection = inspected(folder, lang, reading, prior).collection
        if not prior:
            record(lambda _: recording.found(collection), lang)
        today = dt.datetime.now().astimezone().date().isoformat()
        decision = Decision(" ".join(reason.split()), who, today)
        found = acceptances(collection, roster, entry, decision, code, cell)
        path = add_waivers(folder, [one.waiver for one in found], lang)
        record(lambda _: recording.accepted(found), lang)
        for one in found:
            finding = one.finding
            parts = (finding.code, spot(finding.sheet, finding.address), message(finding, lang))
            emit(harmless("  ".join(filter(None, parts))))
        emit(harmless(t("history.accepted-lines", count=len(found), path=path, agency=entry.name, who=who)))
        return 0

    return run
