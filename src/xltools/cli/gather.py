"""``xltools gather``: the texts of all agencies in one document, as material for the district's own text."""

from __future__ import annotations

from pathlib import Path

import click

from xltools.cli.documents import document_format, documents, emit_document
from xltools.cli.options import (
    ReadingOptions,
    collection_defaults,
    file,
    find_form,
    find_roster,
    inbox_of,
    option,
    paths,
    reading,
)
from xltools.cli.output import emit, inform
from xltools.cli.returns import read_all
from xltools.collection.gathering import gather_texts
from xltools.document.writer import DocumentFormat
from xltools.files import refuse_input
from xltools.text import Lang, catalog


def command(lang: Lang) -> click.Command:
    """Return the command in *lang*."""

    @click.command("gather", help=catalog(lang)("help.gather"))
    @paths()
    @documents(lang)
    @option(lang, "--roster", type=file(), text="roster")
    @option(lang, "--form", text="form")
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
        how = document_format(output, how, force=force)
        definition = find_form(form or own.form)
        agencies = find_roster(roster or own.roster)
        inbox, how_read = inbox_of(paths, own), reading._replace(verifying=False)
        inputs = read_all(inbox, definition, lang, how_read, roster=agencies, district=own.district or "")
        found = gather_texts(inputs.filings, definition, agencies, own.period, own.district or "")
        if output:
            refuse_input(output, inputs.inbox.paths)
        emit_document(found.document, output, how)
        if output:
            emit(t("publish.gathered", files=found.files, path=output))
        if found.unread:
            names = "、".join(filing.source.name for filing in found.unread)
            inform(t("publish.gathered-unread", count=len(found.unread), names=names))
        return int(bool(found.unread))

    return run
