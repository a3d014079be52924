"""``xltools merge``: the district's roll-up, or the reasons why there is none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from xltools.cli.shared import (
    emit,
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
    @option(lang, "--by-kind", is_flag=True, text="by-kind")
    @option(lang, "--form", text="form")
    @prior(lang)
    @option(lang, "--password", default="", text="password")
    @option(lang, "--force", is_flag=True, text="force")
    @reading(lang)
    def run(
        paths: tuple[Path, ...],
        roster: Path | None,
        year: int | None,
        district: str | None,
        code: str,
        output: Path | None,
        excludes: tuple[str, ...],
        reasons: tuple[str, ...],
        incomplete: bool,
        by_kind: bool,
        form: str | None,
        prior: tuple[Path, ...],
        password: str,
        force: bool,
        reading: dict[str, Any],
    ) -> int:
        from xltools.errors import InputError, Problem  # noqa: PLC0415
        from xltools.excel.writer import save_rollup  # noqa: PLC0415
        from xltools.files import atomically, refuse_existing, refuse_input  # noqa: PLC0415
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
        refuse_input(output, handed.inbox.files)
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
        )
        if outcome.collection.findings:
            emit(text.collection_text(outcome.collection, lang) + "\n", None)
            point_to_explanations(outcome.collection.findings, lang)
        if outcome.rollup is None:
            click.echo(t("report.not-merged"), err=True)
            return 1
        with atomically(output) as out:
            save_rollup(outcome.rollup, out, password, home=output.parent, by_kind=by_kind)
        emit(text.rollup_text(outcome.rollup, str(output), lang), None)
        return int(outcome.collection.has_errors)

    return run
