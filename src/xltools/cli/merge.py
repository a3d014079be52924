"""``xltools merge``: write the roll-up of a district, or prove an existing one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import click

from xltools.checking.collection import Collection
from xltools.cli.help import Command
from xltools.cli.options import (
    ReadingOptions,
    collection_defaults,
    file,
    find_form,
    folder,
    given,
    issuers_figures,
    option,
    paths,
    period,
    prior,
    reading,
)
from xltools.cli.output import emit, emit_block, emit_blocks, inform
from xltools.cli.output_files import point_to_explanations
from xltools.cli.recording import record
from xltools.cli.returns import execution, say_faults, say_skipped, say_unmatched
from xltools.collection import recording
from xltools.collection.former import FormerRollup, keep, read_former
from xltools.collection.manifest import Settings, path_of, read
from xltools.collection.outgoing import outgoing
from xltools.collection.proving import Mismatch, prove
from xltools.collection.receipts import receipts_of, write_receipts
from xltools.collection.rollup_file import (
    MergedFiles,
    MergeOptions,
    merge_files,
    write_rollup_file,
)
from xltools.data.finding import spot
from xltools.data.period import Period
from xltools.data.rollup import Rollup
from xltools.document.formats import format_by_ending
from xltools.errors import InputError, Problem
from xltools.files import refuse_existing, refuse_input, refuse_within
from xltools.form.layout import layout
from xltools.office.guard import Limits, limits_from
from xltools.report import text
from xltools.text import Lang, catalog, harmless, message


def command(lang: Lang) -> click.Command:
    """Return the command in *lang*."""

    @click.command("merge", cls=Command, help=catalog(lang)("help.merge"))
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
    @option(lang, "--receipts", type=folder(), text="receipts")
    @option(lang, "--form", text="form")
    @prior(lang)
    @issuers_figures(lang)
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
        receipts: Path | None,
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
        is_as_usual = not (
            roster or (period and period.is_year) or district or code or form or prior or excludes
        )
        definition = find_form(form or own.form or known.form)
        options = MergeOptions(
            definition,
            own.period_of(period or own.period or (known.period if known.form else None), definition),
            given(district, own.district or known.district or None, "--district"),
            code or own.code or known.code,
            roster or own.roster,
            tuple(zip(excludes, reasons, strict=True)) or known.exclusions,
            incomplete or known.incomplete,
            by_kind or known.by_kind,
            own.prior_of(prior),
            password,
            own.policy,
            witness or own.witness or known.witness,
            own.versions,
            given=reading.given or own.given_file,
        )
        places, limits = own.inbox_of(paths), limits_from(reading.limits)
        if receipts:
            if checked:
                raise InputError(Problem("options-exclude", facts={"one": "--receipts", "other": "--check"}))
            refuse_within(receipts, places)  # before anything is written
        if checked:
            if "texts" in known.others and (former := read_former(checked, options.form, limits)):
                options = replace(options, texts=former.texts)
            return _prove(checked, _merged(places, options, reading, lang), limits, lang)
        # A collection is merged again after each correction, and its own roll-up is replaced.
        is_own, output = output is None, given(output, own.rollup, "-o")
        format_by_ending(output, {"xlsx": (".xlsx",)}, "xlsx")
        if not (is_own or force):
            refuse_existing([output])
        former = read_former(output, options.form, limits)
        options = replace(options, texts=former.texts if former else {})
        is_new = not force and not output.exists()
        merged = _merged(places, options, reading, lang)
        if is_as_usual and places == (own.inbox,):
            record(lambda _: recording.found(merged.outcome.collection), lang)
        is_recorded = roster is None and places == (own.inbox,)
        return _write(merged, output, former, lang, receipts, is_new=is_new, is_recorded=is_recorded)

    return run


_NO_SETTINGS = Settings(Period(0), "", "", "", incomplete=False, by_kind=False, exclusions=(), others={})


def _settings_beside(workbook: Path | None) -> Settings:
    """Return the settings in the manifest beside *workbook*; empty settings without a workbook or a manifest."""
    found = read(path_of(workbook)) if workbook else None
    return found.settings if found else _NO_SETTINGS


def _merged(
    places: Sequence[Path], options: MergeOptions, reading: ReadingOptions, lang: Lang
) -> MergedFiles:
    merged = merge_files(places, options, reading.without_given(options.form), execution(reading, lang))
    say_faults(merged.last_year, lang)
    say_skipped(merged.inputs, lang)
    say_unmatched(merged.outcome.collection, lang)
    return merged


def _write(
    merged: MergedFiles,
    output: Path,
    former: FormerRollup | None,
    lang: Lang,
    receipts: Path | None,
    *,
    is_new: bool,
    is_recorded: bool,
) -> int:
    """Print the findings and write the roll-up and *receipts*, unless an error prevents it; return the exit code."""
    refuse_input(output, merged.inputs.inbox.paths)
    _say_findings(merged, lang)
    t, rollup = catalog(lang), merged.outcome.rollup
    if rollup is None:
        for line in _obstacles(merged.outcome.collection, lang):
            inform(line)
        inform(t("report.not-merged"))
        return 1
    kept = keep(former.path) if former and former.is_kept else None
    found = write_rollup_file(merged, rollup, output, is_new=is_new)
    if found:
        emit_block(text.second_reader_text(found, rollup.form, lang))
        if found.findings:
            inform(t("report.not-put-in-place"))
            return 1
    if is_recorded:
        record(lambda folder: recording.merged(folder, output, merged.outcome.collection), lang)
    emit_blocks(text.rollup_blocks(rollup, str(output), lang))
    for line in _former_lines(former, kept, lang):
        emit(line)
    if receipts:
        _write_receipts(receipts, merged, rollup, output, lang)
    return int(merged.outcome.collection.has_errors)


def _write_receipts(folder: Path, merged: MergedFiles, rollup: Rollup, output: Path, lang: Lang) -> None:
    found = list(receipts_of(merged.outcome, rollup, output))
    with outgoing(folder, "receipts", merged.inputs.inbox.places) as files:
        write_receipts(files, found)
    emit(catalog(lang)("receipt.written", count=len(found), folder=folder))


def _obstacles(collection: Collection, lang: Lang) -> Iterator[str]:
    """Yield each file that prevents the merge with its first error, and the errors on agencies without a file."""
    t = catalog(lang)
    found = [(one.filing.source.path, [f for f in one.findings if f.is_error]) for one in collection.examined]
    found += [(finding.agency, [finding]) for finding in collection.of_no_file if finding.is_error]
    found = [(name, errors) for name, errors in found if errors]
    for name, errors in found[:_MOST_OBSTACLES]:
        line = t("report.obstacle", name=name, message=message(errors[0], lang))
        more = t("report.obstacle-more", count=len(errors) - 1) if len(errors) > 1 else ""
        yield harmless(line + more)
    if len(found) > _MOST_OBSTACLES:
        yield t("report.obstacles-more", count=len(found) - _MOST_OBSTACLES)


def _former_lines(former: FormerRollup | None, kept: Path | None, lang: Lang) -> Iterator[str]:
    """Yield which texts of the former roll-up were taken over, and where the rest of what people added is kept."""
    t = catalog(lang)
    if former and former.texts:
        places = (layout(former.form).address(box) for box in former.texts)
        yield t("report.texts-kept", places="、".join(map("!".join, places)))
    if former and kept:
        found = [t(f"report.added-{one.kind}", place=one.place) for one in former.additions[:_MOST_ADDITIONS]]
        more = len(former.additions) - len(found)
        found += [t("report.added-more", count=more)] if more else []
        found = found or [t("report.added-unknown")]
        yield harmless(t("report.former-kept", path=kept, former=former.path, what="、".join(found)))


def _say_findings(merged: MergedFiles, lang: Lang) -> None:
    """Print the findings and, if last year's files gave no sheet of earlier years, the reason."""
    collection, rollup, last_year = merged.outcome.collection, merged.outcome.rollup, merged.last_year
    if collection.tally.is_any:
        for block in text.collection_blocks(collection, lang):
            emit_block(block)
        point_to_explanations(collection, lang)
    if last_year and rollup and not rollup.earlier:
        past, district = last_year.past, merged.options.district
        whose = past.gathered.name if past.gathered else ""
        key = "other-years" if whose else "no-years"
        facts = {"period": past.period, "whose": whose, "district": district}
        inform(catalog(lang).about(past.period.kind, f"report.{key}", **facts))


_MOST_OBSTACLES = 20  # that are named
_MOST_ADDITIONS = 8  # that are named in one line
_MOST_LINES = 100  # mismatches that are printed


def _prove(workbook: Path, merged: MergedFiles, limits: Limits, lang: Lang) -> int:
    """Print whether *workbook* is the roll-up of the files; return the exit code."""
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
    place = spot(finding.sheet, finding.address)
    return " ".join(filter(None, (finding.code, place, message(finding, lang))))
