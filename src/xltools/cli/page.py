"""``xltools page``: one file that works by a double click, for the coordinator or for one agency."""

from __future__ import annotations

from pathlib import Path

import click

from xltools.cli.help import Command
from xltools.cli.options import agency_of, collection_folder, file, of_period, option
from xltools.cli.output import emit
from xltools.collection.issuing import as_issued
from xltools.collection.roster_files import load_roster
from xltools.desk.standalone import agency_pages, desk_page
from xltools.errors import InputError, Problem
from xltools.files import refuse_existing, write_atomically
from xltools.text import Lang, catalog


def command(lang: Lang) -> click.Command:
    """Return the command in *lang*."""
    t = catalog(lang)

    @click.command("page", cls=Command, help=t("help.page"))
    @option(lang, "--agency", text="page-agency")
    @option(lang, "-o", "--output", type=file(), required=True, text="page-output")
    @option(lang, "--force", is_flag=True, text="force")
    @of_period(lang)
    def run(agency: str | None, output: Path, force: bool) -> int:
        if not force:
            refuse_existing([output])
        if agency is None:
            content = desk_page(lang)
        else:
            folder = collection_folder()
            entry = agency_of(as_issued(load_roster(folder.roster), [folder.outbox], None), agency)
            if entry is None:
                raise InputError(Problem("no-such-agency", facts={"wanted": agency}))
            ((_, content),) = agency_pages(folder, [entry])
        write_atomically(output, content, is_new=not force)
        emit(t("report.page-written", path=output, size=f"{len(content) / 1e6:.1f}"))
        return 0

    return run
