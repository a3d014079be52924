"""``xltools desk``: the whole work in a browser, on this computer only."""

from __future__ import annotations

import webbrowser
from pathlib import Path

import click

from xltools.cli.help import Command
from xltools.cli.options import option
from xltools.cli.output import inform
from xltools.document.formats import load_module
from xltools.text import Lang, catalog


def command(lang: Lang) -> click.Command:
    """Return the command in *lang*."""
    t = catalog(lang)

    @click.command("desk", cls=Command, help=t("help.desk"))
    @option(lang, "--port", type=click.IntRange(0, 65535), default=0, text="port")
    @option(lang, "--no-browser", is_flag=True, text="no-browser")
    def run(port: int, no_browser: bool) -> int:
        server = load_module("xltools.desk.server", "uvicorn", "desk")

        def opened(port: int, file: Path) -> None:
            inform(t("report.desk-open", port=port, file=file))
            if not no_browser:
                webbrowser.open(file.as_uri())

        server.serve(lang, port, opened)
        return 0

    return run
