"""``xltools diff``: compare two returns cell by cell."""

from __future__ import annotations

from pathlib import Path

import click

from xltools.checking.differences import differences
from xltools.cli.help import Command
from xltools.cli.options import (
    ReadingOptions,
    collection_defaults,
    option,
    place,
    reading,
)
from xltools.cli.output import emit, encoding
from xltools.cli.output_files import output_file
from xltools.cli.returns import read_all
from xltools.errors import InputError, Problem
from xltools.report import board, data
from xltools.report.delimited import rows_text
from xltools.text import Lang, catalog


def command(lang: Lang) -> click.Command:
    """Return the command in *lang*."""
    t = catalog(lang)

    @click.command("diff", cls=Command, help=t("help.diff"))
    @click.argument("one", metavar="A", type=place())
    @click.argument("other", metavar="B", type=place())
    @option(lang, "--figures", is_flag=True, text="figures")
    @option(lang, "--form", text="forms")
    @output_file(lang, "text", "json", "csv")
    @reading(lang)
    def run(
        one: Path,
        other: Path,
        figures: bool,
        form: str | None,
        how: str,
        output: Path | None,
        is_new: bool,
        reading: ReadingOptions,
    ) -> int:
        definition = collection_defaults().named_form(form)
        filings = []
        for path in (one, other):
            read = read_all((path,), definition, lang, reading).filings
            if len(read) != 1:
                raise InputError(Problem("not-a-return", str(path)))
            filings += list(read)
        found = differences(*filings, texts=not figures)
        objects = [board.difference_object(difference) for difference in found]
        if how == "json":
            emit(data.json_text(objects, encoding(output), indent=1), output, is_new=is_new)
        elif how == "csv":
            heads = ["cell", "label", "sheet", "address", "one", "other", "change"]
            emit(
                rows_text([heads, *(list(one.values()) for one in objects)]), output, bom=True, is_new=is_new
            )
        else:
            lines = [t("board.compared", one=one, other=other, count=len(found))]
            emit(
                "\n".join([*lines, *(f"  {board.difference_line(d)}" for d in found)]), output, is_new=is_new
            )
        return int(bool(found))

    return run
