"""``xltools explain``: what the code of a finding means and how to correct it."""

from __future__ import annotations

from pathlib import Path

import click

from xltools.cli.help import Command
from xltools.cli.output import emit
from xltools.cli.output_files import output_file
from xltools.data.finding import SEVERITY
from xltools.errors import InputError, Problem
from xltools.report import explain
from xltools.report.explain import nearest_codes
from xltools.text import Lang, catalog


def command(lang: Lang) -> click.Command:
    """Return the command in *lang*."""

    @click.command("explain", cls=Command, help=catalog(lang)("help.explain"))
    @click.argument("code", required=False)
    @output_file(lang, "text", "md")
    def run(code: str | None, how: str, output: Path | None, is_new: bool) -> None:
        if code is None:
            emit(
                explain.listing(lang) if how == "text" else explain.book_markdown(lang), output, is_new=is_new
            )
        else:
            if code not in SEVERITY:
                near = ", ".join(nearest_codes(code)) or "—"
                raise InputError(Problem("unknown-code", facts={"code": code, "nearest": near}))
            emit(
                (explain.page_text if how == "text" else explain.page_markdown)(code, lang),
                output,
                is_new=is_new,
            )

    return run
