"""``xltools status``: the board of a collection, and a reminder for agencies."""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path
from shutil import get_terminal_size

import click

from xltools.checking.board import Board, board
from xltools.cli.help import Command
from xltools.cli.options import (
    ReadingOptions,
    collection_defaults,
    file,
    folder,
    given,
    issuers_figures,
    option,
    paths,
    period,
    prior,
    reading,
)
from xltools.cli.output import emit, emit_blocks, encoding, is_terminal
from xltools.cli.output_files import FILES, output_file, write_drafts, write_file
from xltools.cli.recording import record
from xltools.cli.returns import find_past, read_all, say_unmatched
from xltools.collection import recording
from xltools.collection.outgoing import outgoing
from xltools.collection.roster_files import load_roster
from xltools.collection.settings import default_due
from xltools.collection.verifying import examined_inbox
from xltools.data.period import Period
from xltools.document.formats import format_by_ending
from xltools.errors import InputError, Problem
from xltools.report import board as report
from xltools.report import data
from xltools.report.drafts import Letters
from xltools.report.html.board import board_html
from xltools.text import Lang, catalog

_WIDE = 130  # columns of a window in which the names of files fit


def command(lang: Lang) -> click.Command:
    """Return the command in *lang*."""
    day = click.DateTime(["%Y-%m-%d"])

    @click.command("status", cls=Command, help=catalog(lang)("help.status"))
    @paths()
    @option(lang, "--roster", type=file(), text="roster")
    @period(lang)
    @option(lang, "--due", type=day, text="due")
    @option(lang, "--on", type=day, text="on")
    @option(lang, "--form", text="form")
    @prior(lang)
    @issuers_figures(lang)
    @option(lang, "--remind", is_flag=True, text="remind")
    @option(lang, "--mail", type=folder(), text="mail-remind")
    @output_file(lang, "text", "json", "html", "xlsx")
    @reading(lang)
    def run(
        paths: tuple[Path, ...],
        roster: Path | None,
        period: Period | None,
        due: dt.datetime | None,
        on: dt.datetime | None,
        form: str | None,
        prior: tuple[Path, ...],
        remind: bool,
        mail: Path | None,
        how: str,
        output: Path | None,
        is_new: bool,
        reading: ReadingOptions,
    ) -> int:
        if mail and not remind:
            raise InputError(Problem("needs-option", facts={"option": "--mail", "needed": "--remind"}))
        if remind and output:
            format_by_ending(output, {"text": (".txt",)}, "text")
        own = collection_defaults()
        is_as_usual = roster is None and not (period and period.is_year) and form is None and not prior
        definition = own.form_of(form)
        agencies = load_roster(given(roster, own.roster, "--roster"), definition)
        period = own.period_of(period, definition)
        last = due.date() if due else own.due or default_due(period)
        inbox, home = own.inbox_of(paths), own.district
        inputs = read_all(inbox, definition, lang, reading, allow_none=True, roster=agencies, district=home)
        past = find_past(prior, own, definition, period, lang, reading)
        collection = examined_inbox(
            own, inputs, agencies, period, past, reading.for_form(definition, agencies)
        )
        if is_as_usual and inbox == (own.inbox,):
            record(lambda _: recording.found(collection), lang)
        say_unmatched(collection, lang)
        today = on.date() if on else dt.datetime.now().astimezone().date()
        found = board(collection, agencies, last, today)
        if remind:
            emit(report.reminder(found, definition.title, period), output, is_new=is_new)
            if mail:
                letters = Letters(definition.title, period, home, due.date() if due else own.due)
                with outgoing(mail, "reminders", inputs.inbox.places) as files:
                    write_drafts(files, filter(None, map(letters.reminder, found.rows)), lang)
        elif how == "json":
            emit(
                data.json_text(
                    report.board_object(found, lang, len(inputs.skipped)), encoding(output), indent=1
                ),
                output,
                is_new=is_new,
            )
        elif output and how in FILES:
            write_file(
                output,
                _content(
                    found, catalog(lang)("board.title", title=definition.title, period=period), how, lang
                ),
                inputs,
                is_new=is_new,
            )
        else:
            is_narrow = output is None and is_terminal(sys.stdout) and get_terminal_size().columns < _WIDE
            emit_blocks(report.board_blocks(found, lang, with_files=not is_narrow), output, is_new=is_new)
        return int(collection.has_errors)

    return run


def _content(board: Board, title: str, how: str, lang: Lang) -> bytes:
    if how == "html":
        return board_html(board, title, lang).encode()
    from xltools.report.workbook import board_workbook  # noqa: PLC0415

    return board_workbook(board, title, lang)
