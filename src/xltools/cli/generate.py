"""``xltools generate``: one workbook per agency."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from xltools.cli.options import (
    ReadingOptions,
    collection_defaults,
    file,
    find_form,
    find_roster,
    given,
    option,
    period,
    prior,
    read_key,
)
from xltools.cli.output import emit, emit_block, inform, progress
from xltools.cli.returns import find_past
from xltools.collection import issuing
from xltools.data.period import Period
from xltools.errors import InputError, Problem
from xltools.files import read_bytes, write_each
from xltools.report.text import findings_text
from xltools.text import Lang, catalog

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from decimal import Decimal

    from xltools.data.roster import Entry


def command(lang: Lang) -> click.Command:
    """Return the command in *lang*."""
    t = catalog(lang)

    @click.command("generate", help=t("help.generate"))
    @period(lang)
    @option(lang, "--district", text="district")
    @option(lang, "--roster", type=file(), text="roster")
    @option(lang, "--agency", text="agency")
    @option(lang, "--code", text="code")
    @option(
        lang,
        "-o",
        "--output",
        "folder",
        type=click.Path(path_type=Path, file_okay=False),
        text="folder",
    )
    @option(lang, "--form", text="form")
    @option(lang, "--password", default="", text="password")
    @option(lang, "--key", type=file(), text="key-write")
    @prior(lang, "prefill")
    @option(lang, "--show-prior", "show_last", is_flag=True, text="show-prior")
    @option(lang, "--check", "is_checked", is_flag=True, text="check-issued")
    @option(lang, "--force", is_flag=True, text="force")
    def run(
        period: Period | None,
        district: str | None,
        roster: Path | None,
        agency: str | None,
        code: str | None,
        folder: Path | None,
        form: str | None,
        password: str,
        key: Path | None,
        prior: tuple[Path, ...],
        show_last: bool,
        is_checked: bool,
        force: bool,
    ) -> int:
        own = collection_defaults()
        period = given(period, own.period, "--year")
        district = given(district, own.district, "--district")
        folder = given(folder, own.outbox, "-o")
        roster, form = roster or own.roster, form or own.form
        issuing.check_inputs(period, district, password)
        definition, secret = find_form(form), read_key(key)
        agencies = find_roster(roster)
        entries = issuing.chosen(agencies, agency, code)
        past = find_past(prior, own, definition, period, lang, ReadingOptions())
        if show_last and past is None:
            raise InputError(Problem("show-without-prior"))
        last = issuing.last_figures(past, agencies or entries, district) if past else {}
        blank = issuing.Issue(definition, period, district, password, secret, show_last=show_last)
        new = issuing.missing_outputs(
            blank,
            entries,
            folder,
            last,
            force=force,
            watch=lambda files: progress(files, t("report.comparing")),
        )
        made = ((path, blank.workbook(entry, last.get(entry.code))) for entry, path in new)
        if is_checked:
            contents = list(progress(made, t("report.generating"), len(new)))
            there = [folder / issuing.file_name(entry, period) for entry in entries]
            written = dict(contents)
            checked = {path: written.get(path) or read_bytes(path) for path in there}
            if not _are_sound(blank, list(zip(entries, checked.values(), strict=True)), last, lang):
                return 1
            write_each(contents)
        else:
            write_each(progress(made, t("report.generating"), len(new)))
        if past and (strangers := sum(entry.code not in last for entry in entries)):
            inform(t("report.prior-unmatched", count=strangers))
        emit(t("report.written", count=len(new), folder=folder))
        if count := len(entries) - len(new):
            emit(t("report.written-before", count=count))
        return 0

    return run


def _are_sound(
    issue: issuing.Issue,
    workbooks: Sequence[tuple[Entry, bytes]],
    last: Mapping[str, Mapping[str, Decimal]],
    lang: Lang,
) -> bool:
    """Return whether each workbook is as the form says; print the findings if not."""
    from xltools.collection.second_reader import issued_findings  # noqa: PLC0415  openpyxl is slow to load

    t = catalog(lang)
    found = [
        finding
        for place, (entry, workbook) in enumerate(progress(workbooks, t("report.checking")))
        for finding in issued_findings(
            issue.form,
            workbook,
            issue.stamp(entry),
            issue.filled(last.get(entry.code)),
            issuing.file_name(entry, issue.period),
            recalculate=place == 0,
        )
    ]
    if found:
        emit_block(findings_text(found, lang))
        inform(t("report.not-issued"))
    else:
        emit(t("report.issued-checked", count=len(workbooks)))
    return not found
