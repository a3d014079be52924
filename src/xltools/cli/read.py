"""``xltools read``: the content of workbooks as JSON or CSV."""

from __future__ import annotations

from pathlib import Path

import click

from xltools.cli.options import ReadingOptions, collection_defaults, file, formats, option, paths, reading
from xltools.cli.output import emit, encoding
from xltools.cli.returns import read_all
from xltools.data.finding import has_errors
from xltools.report import data
from xltools.text import Lang, catalog


def command(lang: Lang) -> click.Command:
    """Return the command in *lang*."""

    @click.command("read", help=catalog(lang)("help.read"))
    @paths()
    @formats(lang, "json", "csv")
    @option(lang, "--form", text="forms")
    @option(lang, "-o", "--output", type=file(), text="output")
    @reading(lang)
    def run(
        paths: tuple[Path, ...], how: str, form: str | None, output: Path | None, reading: ReadingOptions
    ) -> int:
        own = collection_defaults()
        how_read = reading._replace(verifying=False)
        filings = read_all(own.inbox_of(paths), own.named_form(form), lang, how_read).filings
        if how == "csv":
            emit(data.csv_text(filings), output, bom=True)
        else:
            objects = (data.filing_object(filing, filing.findings, lang) for filing in filings)
            emit("\n".join(data.json_text(one, encoding(output)) for one in objects), output)
        return int(any(has_errors(filing.findings) for filing in filings))

    return run
