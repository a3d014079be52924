"""``xltools export``: the figures as tables for other programs, with a dictionary of their names."""

from __future__ import annotations

from pathlib import Path

import click

from xltools.cli import withdrawn
from xltools.cli.help import Command
from xltools.cli.options import (
    FormatChoice,
    ReadingOptions,
    collection_defaults,
    file,
    of_period,
    option,
    paths,
    reading,
)
from xltools.cli.output import inform
from xltools.cli.returns import read_all
from xltools.report.export import FORMATS, export, format_of, outputs, refuse_export
from xltools.report.export.extract import Extract
from xltools.text import Lang, catalog


def command(lang: Lang) -> click.Command:
    """Return the command in *lang*."""

    @click.command("export", cls=Command, help=catalog(lang)("help.export"))
    @paths()
    @option(lang, "-o", "--output", type=file(), required=True, text="exported")
    @option(lang, "--format", "how", type=FormatChoice([*FORMATS]), text="export-format")
    @option(lang, "--wide", is_flag=True, text="wide")
    @option(lang, "--strict", is_flag=True, text="strict")
    @option(lang, "--form", text="forms")
    @option(lang, "--force", is_flag=True, text="force")
    @of_period(lang)
    @reading(lang)
    def run(
        paths: tuple[Path, ...],
        output: Path,
        how: str | None,
        wide: bool,
        strict: bool,
        form: str | None,
        force: bool,
        reading: ReadingOptions,
    ) -> int:
        if how is None:
            withdrawn.refuse_format(output.suffix.removeprefix("."), "export", str(output))
        own = collection_defaults()
        how = format_of(output, how)
        refuse_export(output, how, force=force)
        definition = own.form_of(form) if wide else own.named_form(form)
        inbox, agencies = own.inbox_of(paths), own.roster_of(None, definition)
        inputs = read_all(inbox, definition, lang, reading, roster=agencies, district=own.district)
        extract = export(
            inputs.filings,
            output,
            how,
            lang,
            sources=inputs.inbox.paths,
            policy=own.policy,
            strict=strict,
            wide=definition if wide else None,
            are_new=not force,
        )
        _say_counts(extract, outputs(output, how, has_lists=extract.has_lists), lang)
        return int(extract.is_lacking)

    return run


def _say_counts(extract: Extract, paths: list[Path], lang: Lang) -> None:
    """Print to stderr how many files and returns were exported, and how many figures are missing."""
    t = catalog(lang)
    names = t("report.and").join(map(str, paths))
    lines = [t("report.exported", files=extract.files, returns=extract.count, paths=names)]
    counts = {"faulty": extract.faulty, "empty": extract.empty, "unread": extract.unread}
    if extract.faulty or extract.is_lacking:
        lines.append(t("report.exported-faults", **counts))
    if extract.twice:
        lines.append(t("report.exported-twice", count=extract.twice))
    inform("\n".join(lines))
