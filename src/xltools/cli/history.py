"""``xltools history``: the journal of a collection, the versions of one return, or where one figure comes from."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from xltools.checking.collection import examine
from xltools.checking.history import CellHistory, agency_history, cell_history, cell_named
from xltools.cli.help import Command
from xltools.cli.options import (
    ReadingOptions,
    agency_of,
    collection_defaults,
    collection_folder,
    of_period,
    prior,
    reading,
)
from xltools.cli.output import emit, encoding
from xltools.cli.output_files import output_file
from xltools.cli.returns import find_past, read_all
from xltools.collection import journal
from xltools.collection.reading import read_one
from xltools.collection.roster_files import load_roster
from xltools.collection.settings import Folder
from xltools.data.filing import Filing
from xltools.data.journal import Journal
from xltools.data.roster import Roster
from xltools.form.library import find
from xltools.report import history as report
from xltools.report.data import json_text
from xltools.text import Lang, catalog, harmless


def command(lang: Lang) -> click.Command:
    """Return the command in *lang*."""

    @click.command("history", cls=Command, help=catalog(lang)("help.history"))
    @click.argument("wanted", metavar="[AGENCY|CELL]", required=False, default="")
    @output_file(lang, "text", "json")
    @prior(lang)
    @of_period(lang)
    @reading(lang)
    def run(
        wanted: str,
        how: str,
        output: Path | None,
        is_new: bool,
        prior: tuple[Path, ...],
        reading: ReadingOptions,
    ) -> int:
        folder = collection_folder()
        known, roster = journal.read(folder.path), load_roster(folder.roster)
        entry = agency_of(roster, wanted) if wanted else None
        own_events = replace(known, events=tuple(event for event in known.events if folder.owns(event.file)))
        if not wanted:
            about: dict[str, object] = {"events": list(map(report.event_object, known.events))}
            lines = [report.event_line(event, roster, lang) for event in known.events]
        elif entry:
            older, own = _filings(folder, roster, lang, reading)
            found = agency_history(entry, older, own, own_events, roster, folder.policy.waivers)
            about, lines = report.agency_object(found), list(report.agency_lines(found, lang))
        else:
            cell = _cell_history(folder, wanted, own_events, roster, prior, reading, lang)
            about, lines = report.cell_object(cell), list(report.cell_lines(cell, lang))
        if how == "json":
            whole = about | report.chain_object(known)
            emit(json_text(whole, encoding(output), indent=1), output, is_new=is_new)
        else:
            text = harmless("\n".join([*lines, *report.chain_lines(known, lang)]))
            emit(text, output, is_new=is_new)
        return 0

    return run


def _filings(
    folder: Folder, roster: Roster, lang: Lang, reading: ReadingOptions
) -> tuple[list[Filing], list[Filing]]:
    """Return the older versions and the files in the inbox."""

    def read(place: Path) -> list[Filing]:
        form, district = find(folder.form), folder.district
        if not place.is_dir():
            return []
        return read_all(
            [place], form, lang, reading, allow_none=True, roster=roster, district=district
        ).filings

    return read(folder.versions), read(folder.inbox)


def _cell_history(
    folder: Folder,
    wanted: str,
    known: Journal,
    roster: Roster,
    prior: tuple[Path, ...],
    reading: ReadingOptions,
    lang: Lang,
) -> CellHistory:
    form = find(folder.form)
    name = cell_named(wanted, form)
    older, own = _filings(folder, roster, lang, reading)
    past = find_past(prior, collection_defaults(), form, folder.period, lang, reading)
    collection = examine(
        own,
        roster,
        folder.period,
        folder.district,
        code=folder.code,
        policy=folder.policy,
        past=past,
        former=older,
    )
    rollup = read_one(folder.rollup, form) if folder.rollup.is_file() else None
    return cell_history(form, name, folder.period, collection, older, known, roster, rollup)
