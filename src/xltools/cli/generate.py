"""``xltools generate``: a workbook for each agency."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from xltools.cli.shared import emit, file, find_form, find_roster, option, progress, read_key
from xltools.text import Lang, catalog

if TYPE_CHECKING:
    from xltools.data.roster import Entry


def command(lang: Lang) -> click.Command:
    """The command in *lang*."""
    t = catalog(lang)

    @click.command("generate", help=t("help.generate"))
    @option(lang, "--year", type=int, required=True, text="year")
    @option(lang, "--district", required=True, text="district")
    @option(lang, "--roster", type=file, text="roster")
    @option(lang, "--agency", text="agency")
    @option(lang, "--code", text="code")
    @option(
        lang,
        "-o",
        "--output",
        "folder",
        type=click.Path(path_type=Path, file_okay=False),
        required=True,
        text="folder",
    )
    @option(lang, "--form", text="form")
    @option(lang, "--password", default="", text="password")
    @option(lang, "--key", type=file, text="key-write")
    @option(lang, "--force", is_flag=True, text="force")
    def run(
        year: int,
        district: str,
        roster: Path | None,
        agency: str | None,
        code: str | None,
        folder: Path,
        form: str | None,
        password: str,
        key: Path | None,
        force: bool,
    ) -> None:
        from xltools import issue  # noqa: PLC0415
        from xltools.files import holds, refuse_existing, write_atomically  # noqa: PLC0415

        issue.check_inputs(year, district, password)
        definition, secret = find_form(form), read_key(key)
        entries = issue.chosen(find_roster(roster), agency, code)
        outputs = [(entry, folder / issue.file_name(entry, year)) for entry in entries]
        there = [] if force else [(entry, path) for entry, path in outputs if path.exists()]

        def workbook(entry: Entry) -> bytes:
            return issue.workbook_for(definition, year, district, entry, password, secret)

        comparing = progress(there, t("report.comparing"))
        refuse_existing(path for entry, path in comparing if not holds(path, workbook(entry)))
        done = {path for _, path in there}
        new = [(entry, path) for entry, path in outputs if path not in done]
        for entry, path in progress(new, t("report.generating")):
            write_atomically(path, workbook(entry))
        emit(t("report.written", count=len(new), folder=folder), None)
        if there:
            emit(t("report.written-before", count=len(there)), None)

    return run
