"""``xltools merge``: write the roll-up of a district, or prove an existing one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from xltools.cli.options import (
    ReadingOptions,
    collection_defaults,
    file,
    find_form,
    given,
    inbox_of,
    option,
    paths,
    period,
    prior,
    prior_paths,
    reading,
)
from xltools.cli.output import emit, emit_block, emit_blocks, inform
from xltools.cli.output_files import point_to_explanations
from xltools.cli.returns import cluster_workers, say_faults, say_skipped, watching
from xltools.collection.manifest import Settings, path_of, read
from xltools.collection.proving import Mismatch, prove
from xltools.collection.rollup_file import (
    MergedFiles,
    MergeOptions,
    merge_files,
    refuse_typed_texts,
    write_rollup_file,
)
from xltools.data.period import Period
from xltools.errors import InputError, Problem
from xltools.files import refuse_existing, refuse_input
from xltools.office.guard import Limits, limits_from
from xltools.report import text
from xltools.text import Lang, catalog, message


def command(lang: Lang) -> click.Command:
    """Return the command in *lang*."""
    t = catalog(lang)

    @click.command("merge", help=t("help.merge"))
    @paths()
    @option(lang, "--roster", type=file(), text="roster")
    @period(lang)
    @option(lang, "--district", text="district")
    @option(lang, "--code", default="", text="own-code")
    @option(lang, "-o", "--output", type=file(), text="merged")
    @option(lang, "--exclude", "excludes", multiple=True, text="exclude")
    @option(lang, "--reason", "reasons", multiple=True, text="reason")
    @option(lang, "--incomplete", is_flag=True, text="incomplete")
    @option(lang, "--by-kind", is_flag=True, text="by-kind")
    @option(lang, "--witness", is_flag=True, text="witness")
    @option(lang, "--check", "checked", type=file(), text="check")
    @option(lang, "--form", text="form")
    @prior(lang)
    @option(lang, "--password", default="", text="password")
    @option(lang, "--force", is_flag=True, text="force")
    @reading(lang)
    def run(
        paths: tuple[Path, ...],
        roster: Path | None,
        period: Period | None,
        district: str | None,
        code: str,
        output: Path | None,
        excludes: tuple[str, ...],
        reasons: tuple[str, ...],
        incomplete: bool,
        by_kind: bool,
        witness: bool,
        checked: Path | None,
        form: str | None,
        prior: tuple[Path, ...],
        password: str,
        force: bool,
        reading: ReadingOptions,
    ) -> int:
        if len(excludes) != len(reasons) or not all(reason.strip() for reason in reasons):
            raise InputError(
                Problem("exclude-reason", facts={"excludes": len(excludes), "reasons": len(reasons)})
            )
        own, known = collection_defaults(), _settings_beside(checked)
        options = MergeOptions(
            find_form(form or own.form or (known and known.form)),
            given(period, own.period or (known and known.period), "--year"),
            given(district, own.district or (known and known.district), "--district"),
            code or own.code or (known.code if known else ""),
            roster or own.roster,
            tuple(zip(excludes, reasons, strict=True)) or (known.exclusions if known else ()),
            incomplete or bool(known and known.incomplete),
            by_kind or bool(known and known.by_kind),
            prior_paths(prior, own),
            password,
            own.policy,
            witness or own.witness or bool(known and known.witness),
        )
        places, limits = inbox_of(paths, own), limits_from(reading.limits)
        if checked:
            return _prove(checked, _merged(places, options, reading, lang), limits, lang)
        # A collection is merged again after each correction, and its own roll-up is replaced.
        is_own, output = output is None, given(output, own.rollup, "-o")
        if is_own and not force:
            refuse_typed_texts(output, limits)
        elif not force:
            refuse_existing([output])
        merged = _merged(places, options, reading, lang)
        refuse_input(output, merged.inputs.inbox.paths)
        _say_findings(merged, lang)
        rollup = merged.outcome.rollup
        if rollup is None:
            inform(t("report.not-merged"))
            return 1
        found = write_rollup_file(merged, rollup, output)
        if found:
            emit_block(text.second_reader_text(found, rollup.form, lang))
            if found.findings:
                inform(t("report.not-put-in-place"))
                return 1
        emit_blocks(text.rollup_blocks(rollup, str(output), lang))
        return int(merged.outcome.collection.has_errors)

    return run


def _settings_beside(workbook: Path | None) -> Settings | None:
    """Return the settings in the manifest beside a workbook that is to be checked."""
    found = read(path_of(workbook)) if workbook else None
    return found.settings if found else None


def _merged(
    places: Sequence[Path], options: MergeOptions, reading: ReadingOptions, lang: Lang
) -> MergedFiles:
    with cluster_workers(reading) as workers:
        merged = merge_files(
            places,
            options,
            reading.for_form(options.form),
            processes=reading.processes,
            workers=workers,
            watch=watching(lang),
        )
    if merged.last_year:
        say_faults(merged.last_year, lang)
    say_skipped(merged.inputs, lang)
    return merged


def _say_findings(merged: MergedFiles, lang: Lang) -> None:
    """Print the findings, and why there is no sheet of earlier years where last year's files are there."""
    collection, rollup, last_year = merged.outcome.collection, merged.outcome.rollup, merged.last_year
    if collection.tally.is_any:
        for one in collection.examined:
            emit_block(text.file_text(one, lang))
        for block in text.closing_text(collection, lang):
            emit_block(block)
        point_to_explanations(collection, lang)
    if last_year and rollup and not rollup.earlier:
        past, district = last_year.past, merged.options.district
        whose = past.gathered.name if past.gathered else ""
        key = "other-years" if whose else "no-years"
        inform(catalog(lang)(f"report.{key}", period=past.period, whose=whose, district=district))


_MOST_LINES = 100  # mismatches that are printed


def _prove(workbook: Path, merged: MergedFiles, limits: Limits, lang: Lang) -> int:
    """Say whether *workbook* is what the files give; return 0 if it is, else 1."""
    t, rollup = catalog(lang), merged.outcome.rollup
    if rollup is None:
        emit(text.collection_text(merged.outcome.collection, lang) + "\n")
        inform(t("proof.no-rollup"))
        return 1
    proof = prove(workbook, merged, rollup, limits)
    if not proof.mismatches:
        emit(t("proof.same", file=workbook, count=len(rollup.members), sha256=proof.sha256))
        return 0
    lines = [_mismatch_text(one, lang) for one in proof.mismatches]
    more = [t("proof.more", count=len(lines) - _MOST_LINES)] if len(lines) > _MOST_LINES else []
    shown = [f"  {line}" for line in [*lines[:_MOST_LINES], *more]]
    emit("\n".join([t("proof.differs", file=workbook), *shown]))
    return 1


def _mismatch_text(mismatch: Mismatch, lang: Lang) -> str:
    finding = mismatch.finding
    if finding is None:
        return catalog(lang)(f"proof.{mismatch.code}", **mismatch.facts)
    place = "!".join(filter(None, (finding.sheet, finding.address)))
    return " ".join(filter(None, (finding.code, place, message(finding, lang))))
