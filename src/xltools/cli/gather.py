"""``xltools gather``: the texts of all agencies in one document, as material for the district's own text."""

from __future__ import annotations

from pathlib import Path

import click

from xltools.cli.help import Command
from xltools.cli.options import (
    ReadingOptions,
    collection_defaults,
    file,
    of_period,
    option,
    paths,
    reading,
)
from xltools.cli.output import emit, inform
from xltools.cli.output_files import document_format, documents, emit_content
from xltools.cli.returns import read_all
from xltools.document.gathering import gathered
from xltools.document.writer import DocumentFormat, render
from xltools.files import refuse_input
from xltools.text import Lang, catalog


def command(lang: Lang) -> click.Command:
    """Return the command in *lang*."""

    @click.command("gather", cls=Command, help=catalog(lang)("help.gather"))
    @paths()
    @documents(lang)
    @option(lang, "--roster", type=file(), text="roster")
    @option(lang, "--form", text="form")
    @of_period(lang)
    @reading(lang)
    def run(
        paths: tuple[Path, ...],
        output: Path | None,
        how: DocumentFormat | None,
        roster: Path | None,
        form: str | None,
        force: bool,
        reading: ReadingOptions,
    ) -> int:
        own, t = collection_defaults(), catalog(lang)
        inbox, how_read = own.inbox_of(paths), reading._replace(verifying=False)
        if output is None and how is None and not paths and own.gathered:  # the collection's own
            output = own.gathered
        how = document_format(output, how, force=force)
        definition = own.form_of(form)
        agencies = own.roster_of(roster, definition)
        inputs = read_all(inbox, definition, lang, how_read, roster=agencies, district=own.district)
        found = gathered(inputs.filings, definition, agencies, own.period, own.district)
        if output:
            refuse_input(output, inputs.inbox.paths)
        emit_content(render(found.document, how), output, is_new=not force)
        if output:
            emit(t("publish.gathered", files=found.files, path=output))
        if found.unread:
            names = "、".join(filing.source.name for filing in found.unread)
            inform(t("publish.gathered-unread", count=len(found.unread), names=names))
        return int(bool(found.unread))

    return run
