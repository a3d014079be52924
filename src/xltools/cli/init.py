"""``xltools init``: create the folder of a collection."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import click

from xltools.cli.help import Command
from xltools.cli.options import file, folder, option, period
from xltools.cli.output import emit
from xltools.collection import settings
from xltools.collection.roster_files import load_roster
from xltools.data.period import Period
from xltools.form import library
from xltools.text import Lang, catalog


def command(lang: Lang) -> click.Command:
    """Return the command in *lang*."""
    t = catalog(lang)

    @click.command("init", cls=Command, help=t("help.init"))
    @click.argument("folder", metavar="DIR", type=folder())
    @period(lang, required=True)
    @option(lang, "--district", required=True, text="district")
    @option(lang, "--roster", type=file(), required=True, text="roster")
    @option(lang, "--form", text="form")
    @option(lang, "--due", type=click.DateTime(["%Y-%m-%d"]), text="due")
    @option(lang, "--prior", default="", text="prior")
    def run(
        folder: Path,
        period: Period,
        district: str,
        roster: Path,
        form: str | None,
        due: dt.datetime | None,
        prior: str,
    ) -> None:
        day = due.date() if due else None
        made = settings.create(folder, period, district, roster, form or library.DEFAULT, day, prior, lang)
        count = len(load_roster(made.roster).entries)
        outbox, inbox = (place.relative_to(folder) for place in (made.outbox, made.inbox))
        emit(t("report.initialised", folder=folder, count=count, outbox=outbox, inbox=inbox))

    return run
