"""``xltools generate``: a workbook for each agency."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from xltools.cli.shared import (
    How,
    emit,
    file,
    find_form,
    find_past,
    find_roster,
    given,
    here,
    option,
    prior,
    progress,
    read_key,
)
from xltools.text import Lang, catalog

if TYPE_CHECKING:
    from xltools.data.roster import Entry


def command(lang: Lang) -> click.Command:
    """The command in *lang*."""
    t = catalog(lang)

    @click.command("generate", help=t("help.generate"))
    @option(lang, "--year", type=int, text="year")
    @option(lang, "--district", text="district")
    @option(lang, "--roster", type=file(), text="roster")
    @option(lang, "--agency", text="agency")
    @option(lang, "--code", text="code")
    @option(
        lang,
        "-o",
        "--output",
        "folder",
        type=click.Path(path_type=Path, file_okay=False),
        text="folder",
    )
    @option(lang, "--form", text="form")
    @option(lang, "--password", default="", text="password")
    @option(lang, "--key", type=file(), text="key-write")
    @prior(lang, "prefill")
    @option(lang, "--show-prior", "show_last", is_flag=True, text="show-prior")
    @option(lang, "--force", is_flag=True, text="force")
    def run(
        year: int | None,
        district: str | None,
        roster: Path | None,
        agency: str | None,
        code: str | None,
        folder: Path | None,
        form: str | None,
        password: str,
        key: Path | None,
        prior: tuple[Path | str, ...],
        show_last: bool,
        force: bool,
    ) -> None:
        from xltools import issue  # noqa: PLC0415
        from xltools.errors import InputError, Problem  # noqa: PLC0415
        from xltools.files import holds, refuse_existing, write_each  # noqa: PLC0415

        own = here()
        year = given(year, own.year, "--year")
        district = given(district, own.district, "--district")
        folder = given(folder, own.outbox, "-o")
        roster, form = roster or own.roster, form or own.form
        issue.check_inputs(year, district, password)
        definition, secret = find_form(form), read_key(key)
        agencies = find_roster(roster)
        entries = issue.chosen(agencies, agency, code)
        past = find_past(prior, own, definition, year, lang, How())
        if show_last and past is None:
            raise InputError(Problem("show-without-prior"))
        last = issue.last_figures(past, agencies or entries, district) if past else {}
        outputs = [(entry, folder / issue.file_name(entry, year)) for entry in entries]
        there = [] if force else [(entry, path) for entry, path in outputs if path.exists()]

        blank = issue.Issue(definition, year, district, password, secret, show_last=show_last)

        def workbook(entry: Entry) -> bytes:
            return blank.workbook(entry, last.get(entry.code))

        comparing = progress(there, t("report.comparing"))
        refuse_existing(path for entry, path in comparing if not holds(path, workbook(entry)))
        done = {path for _, path in there}
        new = [(entry, path) for entry, path in outputs if path not in done]
        generating = progress(new, t("report.generating"))
        write_each((path, workbook(entry)) for entry, path in generating)
        if past and (strangers := sum(entry.code not in last for entry in entries)):
            click.echo(t("report.prior-unmatched", count=strangers), err=True)
        emit(t("report.written", count=len(new), folder=folder), None)
        if there:
            emit(t("report.written-before", count=len(there)), None)

    return run
