"""``xltools merge``: the district's roll-up, or the reasons why there is none."""

from __future__ import annotations

from pathlib import Path

import click

from xltools.cli.shared import (
    How,
    emit,
    emit_block,
    file,
    find_form,
    find_past,
    find_roster,
    given,
    here,
    inbox_of,
    option,
    paths,
    point_to_explanations,
    prior,
    read_all,
    reading,
)
from xltools.text import Lang, catalog


def command(lang: Lang) -> click.Command:
    """The command in *lang*."""
    t = catalog(lang)

    @click.command("merge", help=t("help.merge"))
    @paths()
    @option(lang, "--roster", type=file, text="roster")
    @option(lang, "--year", type=int, text="year")
    @option(lang, "--district", text="district")
    @option(lang, "--code", default="", text="own-code")
    @option(lang, "-o", "--output", type=file, text="merged")
    @option(lang, "--exclude", "excludes", multiple=True, text="exclude")
    @option(lang, "--reason", "reasons", multiple=True, text="reason")
    @option(lang, "--incomplete", is_flag=True, text="incomplete")
    @option(lang, "--form", text="form")
    @prior(lang)
    @option(lang, "--password", default="", text="password")
    @option(lang, "--force", is_flag=True, text="force")
    @reading(lang)
    def run(
        paths: tuple[Path | str, ...],
        roster: Path | None,
        year: int | None,
        district: str | None,
        code: str,
        output: Path | None,
        excludes: tuple[str, ...],
        reasons: tuple[str, ...],
        incomplete: bool,
        form: str | None,
        prior: tuple[Path | str, ...],
        password: str,
        force: bool,
        reading: How,
    ) -> int:
        from xltools.errors import InputError, Problem  # noqa: PLC0415
        from xltools.excel.writer import write_rollup  # noqa: PLC0415
        from xltools.files import refuse_existing, refuse_input, write_atomically  # noqa: PLC0415
        from xltools.issue import check_inputs  # noqa: PLC0415
        from xltools.merging import Exclusion, merge  # noqa: PLC0415
        from xltools.report import text  # noqa: PLC0415

        own = here()
        year = given(year, own.year, "--year")
        district = given(district, own.district, "--district")
        roster, form = roster or own.roster, form or own.form
        # A collection is merged again after each correction; its own roll-up takes the place of the former one.
        force, output = force or output is None, given(output, own.rollup, "-o")
        check_inputs(year, district, password)
        if len(excludes) != len(reasons) or not all(reason.strip() for reason in reasons):
            raise InputError(
                Problem("exclude-reason", facts={"excludes": len(excludes), "reasons": len(reasons)})
            )
        if not force:
            refuse_existing([output])
        definition, agencies = find_form(form), find_roster(roster)
        handed = read_all(inbox_of(paths, own), definition, lang, reading)
        refuse_input(output, handed.inbox.paths)
        exclusions = [Exclusion(what, reason) for what, reason in zip(excludes, reasons, strict=True)]
        outcome = merge(
            handed.filings,
            definition,
            year,
            district,
            code=code or own.code,
            roster=agencies,
            exclusions=exclusions,
            incomplete=incomplete,
            policy=own.policy,
            past=find_past(prior, own, definition, year, lang, reading),
            watch=lambda one: emit_block(text.file_text(one, lang)),
        )
        if outcome.collection.tally.is_any:
            for block in text.closing_text(outcome.collection, lang):
                emit_block(block)
            point_to_explanations(outcome.collection, lang)
        if outcome.rollup is None:
            click.echo(t("report.not-merged"), err=True)
            return 1
        write_atomically(output, write_rollup(outcome.rollup, password))
        emit(text.rollup_text(outcome.rollup, str(output), lang), None)
        return int(outcome.collection.has_errors)

    return run
