"""``xltools begin``: let a collection of several periods be at work on another one, by default the next."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import click

from xltools.cli.help import Command
from xltools.cli.options import asked_period, collection_folder, of_period, option
from xltools.cli.output import emit
from xltools.collection import settings
from xltools.errors import InputError, Problem
from xltools.text import Lang, catalog


def command(lang: Lang) -> click.Command:
    """Return the command in *lang*."""
    t = catalog(lang)

    @click.command("begin", cls=Command, help=t("help.begin"))
    @of_period(lang, "begin-period")
    @option(lang, "--due", type=click.DateTime(["%Y-%m-%d"]), text="begin-due")
    def run(due: dt.datetime | None) -> None:
        now = collection_folder().period
        if now.is_year:
            raise InputError(Problem("begin-year"))
        begun = settings.begin(Path(), asked_period() or now.next, due.date() if due else None)
        emit(t("report.begun", period=begun.period, due=begun.due, folder=begun.inbox))

    return run
