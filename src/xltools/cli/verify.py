"""``xltools verify``: what is wrong, in words that can be sent back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from xltools.cli.shared import (
    emit,
    encoding,
    file,
    find_form,
    find_roster,
    formats,
    option,
    paths,
    point_to_explanations,
    read_all,
    reading,
)
from xltools.text import Lang, catalog


def command(lang: Lang) -> click.Command:
    """The command in *lang*."""

    @click.command("verify", help=catalog(lang)("help.verify"))
    @paths()
    @option(lang, "--roster", type=file, text="roster")
    @option(lang, "--year", type=int, text="year")
    @option(lang, "--form", text="forms")
    @formats(lang, "text", "json")
    @option(lang, "-o", "--output", type=file, text="output")
    @reading(lang)
    def run(
        paths: tuple[Path, ...],
        roster: Path | None,
        year: int | None,
        form: str | None,
        how: str,
        output: Path | None,
        reading: dict[str, Any],
    ) -> int:
        from xltools.checking.collection import examine  # noqa: PLC0415
        from xltools.report import data, text  # noqa: PLC0415

        agencies = find_roster(roster)
        handed = read_all(paths, find_form(form) if form else None, lang, reading)
        collection = examine(handed.filings, agencies, year)
        if how == "json":
            whole = data.collection_object(collection, lang, handed.passed_over)
            emit(data.json_text(whole, encoding(output), indent=1), output)
        else:
            emit(text.collection_text(collection, lang), output)
            point_to_explanations(collection.findings, lang)
        return int(collection.has_errors)

    return run
