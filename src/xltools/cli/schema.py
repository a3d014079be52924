"""``xltools schema``: the JSON schema of the output of other commands."""

from __future__ import annotations

import click

from xltools.cli.help import Command
from xltools.cli.output import emit
from xltools.report.schema import schema_text
from xltools.text import Lang, catalog


def command(lang: Lang) -> click.Command:
    """Return the command in *lang*."""

    @click.command("schema", cls=Command, help=catalog(lang)("help.schema"))
    @click.argument("which", type=click.Choice(("verify", "read")), metavar="WHICH")
    def run(which: str) -> None:
        emit(schema_text(which))

    return run
