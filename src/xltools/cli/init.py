"""``xltools init``: create the folder of a collection."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import NoReturn

import click

from xltools.cli.help import Command
from xltools.cli.options import file, folder, option, period
from xltools.cli.output import emit
from xltools.collection import location, settings
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
    @option(lang, "--district", text="district")
    @option(lang, "--roster", type=file(), text="roster")
    @option(lang, "--form", text="form")
    @option(lang, "--due", type=click.DateTime(["%Y-%m-%d"]), text="due")
    @option(lang, "--prior", default="", text="prior")
    def run(
        folder: Path,
        period: Period,
        district: str | None,
        roster: Path | None,
        form: str | None,
        due: dt.datetime | None,
        prior: str,
    ) -> None:
        day = due.date() if due else None
        if not (period.is_year or district or roster) and (folder / location.FILE).is_file():
            begun = settings.begin(folder, period, day)
            emit(t("report.begun", period=begun.period, due=begun.due, folder=begun.inbox))
            return
        agencies, named = roster or _missing("roster"), district or _missing("district")
        made = settings.create(folder, period, named, agencies, form or library.DEFAULT, day, prior, lang)
        emit(t("report.initialised", folder=folder, count=len(load_roster(made.roster).entries)))

    return run


def _missing(name: str) -> NoReturn:
    """Refuse the command as click does without a required option; the next period of a collection needs none."""
    context = click.get_current_context()
    (option,) = (one for one in context.command.params if one.name == name)
    raise click.MissingParameter(ctx=context, param=option)
