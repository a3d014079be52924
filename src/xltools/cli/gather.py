"""``xltools gather``: what the agencies wrote, for whoever writes the district's own text."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

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
from xltools.document.gathering import gathered
from xltools.files import refuse_input
from xltools.text import Lang, catalog, clerk

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xltools.cli.options import CollectionDefaults
    from xltools.data.filing import Filing
    from xltools.document.writer import DocumentFormat
    from xltools.form.model import Form


def command(lang: Lang) -> click.Command:
    """The command in *lang*."""

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
        found = gathered(inputs.filings, definition, agencies, _title(inputs.filings, own, definition))
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


def _title(filings: Sequence[Filing], own: CollectionDefaults, form: Form) -> str:
    """Whose, of which year and what: as the collection says, else as the files do where they agree."""
    stamps = [filing.stamp for filing in filings if filing.stamp]
    years = {own.year} if own.year else {stamp.year for stamp in stamps}
    districts = {own.district} if own.district else {stamp.agency.district for stamp in stamps}
    year = "、".join(map(str, sorted(years)))
    name = districts.pop() if len(districts) == 1 else ""
    return clerk()("gathered.title", name=name, year=year, form=form.title)
