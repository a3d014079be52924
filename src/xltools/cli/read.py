"""``xltools read``: the content of workbooks as JSON or CSV."""

from __future__ import annotations

from pathlib import Path

import click

from xltools.cli.help import Command
from xltools.cli.options import ReadingOptions, collection_defaults, option, paths, reading
from xltools.cli.output import emit, encoding
from xltools.cli.output_files import output_file
from xltools.cli.returns import read_all
from xltools.data.finding import has_errors
from xltools.report import data
from xltools.text import Lang, catalog


def command(lang: Lang) -> click.Command:
    """Return the command in *lang*."""

    @click.command("read", cls=Command, help=catalog(lang)("help.read"))
    @paths()
    @output_file(lang, "json", "csv")
    @option(lang, "--form", text="forms")
    @reading(lang)
    def run(
        paths: tuple[Path, ...],
        how: str,
        form: str | None,
        output: Path | None,
        is_new: bool,
        reading: ReadingOptions,
    ) -> int:
        own = collection_defaults()
        how_read = reading._replace(verifying=False)
        filings = read_all(own.inbox_of(paths), own.named_form(form), lang, how_read).filings
        if how == "csv":
            emit(data.csv_text(filings), output, bom=True, is_new=is_new)
        else:
            objects = (data.filing_object(filing, filing.findings, lang) for filing in filings)
            emit("\n".join(data.json_text(one, encoding(output)) for one in objects), output, is_new=is_new)
        return int(any(has_errors(filing.findings) for filing in filings))

    return run
