"""``xltools receive``: take files into the collection's inbox, and say what is next."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import click

from xltools.cli.help import Command
from xltools.cli.options import (
    ReadingOptions,
    collection_folder,
    option,
    place,
    reading,
)
from xltools.cli.output import emit, emit_block
from xltools.cli.recording import record
from xltools.cli.returns import inspected, read_all
from xltools.cli.situation import situation_now
from xltools.collection import recording
from xltools.collection.receiving import keep, receive
from xltools.collection.roster_files import load_roster
from xltools.data.reception import Reception
from xltools.data.roster_lines import sender
from xltools.form.library import find
from xltools.report import text
from xltools.report.reception import received_line
from xltools.text import Lang, catalog, message


def command(lang: Lang) -> click.Command:
    """Return the command in *lang*."""

    @click.command("receive", cls=Command, help=catalog(lang)("help.receive"))
    @click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=place())
    @option(lang, "--keep", "is_kept", is_flag=True, text="keep")
    @reading(lang)
    def run(paths: tuple[Path, ...], is_kept: bool, reading: ReadingOptions) -> int:
        folder = collection_folder()
        form, roster = find(folder.form), load_roster(folder.roster)
        read = partial(
            read_all, form=form, lang=lang, reading=reading, roster=roster, district=folder.district
        )
        taken, there = read(paths), read([folder.inbox], allow_none=True)
        limits = reading.for_form(form).limits
        received = (keep if is_kept else receive)(folder, taken, there, roster, limits)
        record(lambda folder: recording.received(folder, received), lang)
        for one in received:
            emit(received_line(one, lang, message))
        emit("")
        now = inspected(folder, lang, reading)
        collection = now.collection
        record(lambda _: recording.found(collection), lang)
        concerned = [one.entry for one in received if one.entry]
        shown = [found for found in collection.counting if sender(found.filing, roster) in concerned]
        for found in shown:
            emit_block(text.file_text(found, lang))
        for finding in collection.of_roster:
            emit(message(finding, lang))
        emit(catalog(lang)(f"situation.{situation_now(now, limits).step.value}"))
        is_left = any(one.reception in {Reception.UNKNOWN, Reception.UNREADABLE} for one in received)
        return int(is_left or any(found.has_errors for found in shown))

    return run
