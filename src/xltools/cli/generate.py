"""``xltools generate``: a workbook for each agency."""

from __future__ import annotations

from pathlib import Path

import click

from xltools.cli.shared import emit, file, find_form, find_roster, given, here, option, progress, read_key
from xltools.text import Lang, catalog


def command(lang: Lang) -> click.Command:
    """The command in *lang*."""
    t = catalog(lang)

    @click.command("generate", help=t("help.generate"))
    @option(lang, "--year", type=int, text="year")
    @option(lang, "--district", text="district")
    @option(lang, "--roster", type=file, text="roster")
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
    @option(lang, "--key", type=file, text="key-write")
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
        force: bool,
    ) -> None:
        from xltools import issue  # noqa: PLC0415
        from xltools.files import refuse_existing, write_atomically  # noqa: PLC0415

        own = here()
        year = given(year, own.year, "--year")
        district = given(district, own.district, "--district")
        folder = given(folder, own.outbox, "-o")
        roster, form = roster or own.roster, form or own.form
        issue.check_inputs(year, district, password)
        definition, secret = find_form(form), read_key(key)
        entries = issue.chosen(find_roster(roster), agency, code)
        outputs = [(entry, folder / issue.file_name(entry, year)) for entry in entries]
        if not force:
            refuse_existing(path for _, path in outputs)
        for entry, path in progress(outputs, t("report.generating")):
            write_atomically(path, issue.workbook_for(definition, year, district, entry, password, secret))
        emit(t("report.written", count=len(entries), folder=folder), None)

    return run
