"""``xltools verify``: what is wrong, in words that can be sent back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from xltools.cli.shared import (
    Handed,
    emit,
    encoding,
    file,
    find_form,
    find_roster,
    formats,
    here,
    inbox_of,
    option,
    paths,
    read_all,
    reading,
)
from xltools.text import Lang, catalog

if TYPE_CHECKING:
    from xltools.checking.collection import Collection

_FILES = {"html", "xlsx"}  # formats that are no text for a screen


def command(lang: Lang) -> click.Command:
    """The command in *lang*."""

    @click.command("verify", help=catalog(lang)("help.verify"))
    @paths()
    @option(lang, "--roster", type=file, text="roster")
    @option(lang, "--year", type=int, text="year")
    @option(lang, "--form", text="forms")
    @formats(lang, "text", "json", "html", "xlsx")
    @option(lang, "-o", "--output", type=file, text="output")
    @option(lang, "--force", is_flag=True, text="force")
    @reading(lang)
    def run(
        paths: tuple[Path, ...],
        roster: Path | None,
        year: int | None,
        form: str | None,
        how: str,
        output: Path | None,
        force: bool,
        reading: dict[str, Any],
    ) -> int:
        from xltools.checking.collection import examine  # noqa: PLC0415
        from xltools.report import data, text  # noqa: PLC0415

        if how in _FILES:
            check_output(how, output, force=force)
        own = here()
        agencies = find_roster(roster or own.roster)
        form = form or own.form
        handed = read_all(inbox_of(paths, own), find_form(form) if form else None, lang, reading)
        year = year or own.year
        collection = examine(handed.filings, agencies, year, own.district or "", policy=own.policy)
        if output and how in _FILES:
            write(collection, how, output, lang, handed)
            emit(text.summary(collection, lang), None)
        elif how == "json":
            whole = data.collection_object(collection, lang, handed.passed_over)
            emit(data.json_text(whole, encoding(output), indent=1), output)
        else:
            emit(text.collection_text(collection, lang), output)
        return int(collection.has_errors)

    return run


def check_output(how: str, output: Path | None, *, force: bool) -> None:
    """Raise before anything is read when there is nowhere to write, or only over a workbook that is there."""
    from xltools.errors import InputError, Problem  # noqa: PLC0415
    from xltools.files import refuse_existing, refuse_workbook  # noqa: PLC0415

    if output is None:
        raise InputError(Problem("needs-output", facts={"how": how}))
    if how == "html":
        refuse_workbook(output)
    elif not force:
        refuse_existing([output])


def write(collection: Collection, how: str, output: Path, lang: Lang, handed: Handed) -> None:
    """Write the page or the workbook; never over one of the files that were read."""
    from xltools.files import refuse_input, write_atomically  # noqa: PLC0415
    from xltools.report.html import page_html  # noqa: PLC0415
    from xltools.report.workbook import findings_workbook  # noqa: PLC0415

    refuse_input(output, handed.paths)
    if how == "html":
        emit(page_html(collection, lang), output)
    else:
        write_atomically(output, findings_workbook(collection, lang))
