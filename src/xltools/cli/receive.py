"""``xltools receive``: take files into the collection's inbox, and say what is next."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import click

from xltools.cli.help import Command
from xltools.cli.options import (
    ReadingOptions,
    collection_folder,
    of_period,
    option,
    place,
    reading,
)
from xltools.cli.output import emit, emit_block
from xltools.cli.recording import record
from xltools.cli.returns import inspected, read_all
from xltools.cli.situation import next_step, situation_now
from xltools.collection import recording
from xltools.collection.reading import ReadBefore
from xltools.collection.receiving import receive_by_period
from xltools.collection.roster_files import load_roster
from xltools.collection.verifying import Inspected
from xltools.data.reception import Reception
from xltools.data.roster import Entry, Roster
from xltools.data.roster_lines import sender
from xltools.form.library import find
from xltools.office.guard import limits_from
from xltools.report import text
from xltools.report.text import received_line
from xltools.text import Lang, catalog, message


def command(lang: Lang) -> click.Command:
    """Return the command in *lang*."""

    @click.command("receive", cls=Command, help=catalog(lang)("help.receive"))
    @click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=place())
    @option(lang, "--keep", "is_kept", is_flag=True, text="keep")
    @of_period(lang)
    @reading(lang)
    def run(paths: tuple[Path, ...], is_kept: bool, reading: ReadingOptions) -> int:
        folder = collection_folder()
        form = find(folder.form)
        roster, before = load_roster(folder.roster, form), ReadBefore()
        read = partial(
            read_all,
            form=form,
            lang=lang,
            reading=reading,
            roster=roster,
            district=folder.district,
            before=before,
        )
        limits = limits_from(reading.limits)
        received = receive_by_period(
            folder,
            read(paths),
            lambda inbox: read([inbox], allow_none=True, is_silent=True),  # the end of the command reports it
            roster,
            limits,
            are_kept=is_kept,
        )
        everything = [one for _, some in received for one in some]
        record(lambda folder: recording.received(folder, everything), lang)
        for one in everything:
            emit(received_line(one, lang, message))
        emit("")
        is_wrong = any(one.reception in _NOT_TAKEN_IN for one in everything)
        for at, some in received:
            now = inspected(at, lang, reading, before=before)
            is_wrong |= _report(now, [one.entry for one in some if one.entry], roster, lang)
            emit(next_step(situation_now(now, limits), at.period, lang))
        return int(is_wrong)

    return run


_NOT_TAKEN_IN = {Reception.STRANGER, Reception.UNKNOWN, Reception.UNREADABLE}


def _report(now: Inspected, concerned: Sequence[Entry], roster: Roster, lang: Lang) -> bool:
    """Record what was found in the inbox, print it for the agencies *concerned*, and return whether any has errors."""
    collection = now.collection
    record(lambda _: recording.found(collection), lang)
    shown = [found for found in collection.counting if sender(found.filing, roster) in concerned]
    for found in shown:
        emit_block(text.file_text(found, lang))
    for finding in collection.of_roster:
        emit(message(finding, lang))
    return any(found.has_errors for found in shown)
