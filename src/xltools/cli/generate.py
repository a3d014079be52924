"""``xltools generate``: a workbook for each agency."""

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
    prior,
    read_key,
)
from xltools.cli.output import emit, emit_block, inform, progress
from xltools.cli.returns import find_past
from xltools.collection import issuing
from xltools.errors import InputError, Problem
from xltools.files import holds, refuse_existing, write_each
from xltools.report.text import findings_text
from xltools.text import Lang, catalog

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from decimal import Decimal

    from xltools.collection.issuing import Issue
    from xltools.data.roster import Entry


def command(lang: Lang) -> click.Command:
    """The command in *lang*."""
    t = catalog(lang)

    @click.command("generate", help=t("help.generate"))
    @option(lang, "--year", type=int, text="year")
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
        year: int | None,
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
        year = given(year, own.year, "--year")
        district = given(district, own.district, "--district")
        folder = given(folder, own.outbox, "-o")
        roster, form = roster or own.roster, form or own.form
        issuing.check_inputs(year, district, password)
        definition, secret = find_form(form), read_key(key)
        agencies = find_roster(roster)
        entries = issuing.chosen(agencies, agency, code)
        past = find_past(prior, own, definition, year, lang, ReadingOptions())
        if show_last and past is None:
            raise InputError(Problem("show-without-prior"))
        last = issuing.last_figures(past, agencies or entries, district) if past else {}
        outputs = [(entry, folder / issuing.file_name(entry, year)) for entry in entries]
        there = [] if force else [(entry, path) for entry, path in outputs if path.exists()]

        blank = issuing.Issue(definition, year, district, password, secret, show_last=show_last)

        def workbook(entry: Entry) -> bytes:
            return blank.workbook(entry, last.get(entry.code))

        comparing = progress(there, t("report.comparing"))
        refuse_existing(path for entry, path in comparing if not holds(path, workbook(entry)))
        if is_checked and not _are_sound(blank, entries, last, lang):
            return 1
        done = {path for _, path in there}
        new = [(entry, path) for entry, path in outputs if path not in done]
        generating = progress(new, t("report.generating"))
        write_each((path, workbook(entry)) for entry, path in generating)
        if past and (strangers := sum(entry.code not in last for entry in entries)):
            inform(t("report.prior-unmatched", count=strangers))
        emit(t("report.written", count=len(new), folder=folder))
        if there:
            emit(t("report.written-before", count=len(there)))
        return 0

    return run


def _are_sound(
    issue: Issue, entries: Sequence[Entry], last: Mapping[str, Mapping[str, Decimal]], lang: Lang
) -> bool:
    """Check each workbook before it is written, and print what is not as the form says."""
    from xltools.collection.issuing import file_name  # noqa: PLC0415
    from xltools.collection.second_reader import issued_findings  # noqa: PLC0415  openpyxl is slow to load

    t = catalog(lang)
    found = [
        finding
        for place, entry in enumerate(progress(entries, t("report.checking")))
        for finding in issued_findings(
            issue.form,
            issue.workbook(entry, last.get(entry.code)),
            issue.stamp(entry),
            issue.filled(last.get(entry.code)),
            file_name(entry, issue.stamp(entry).year),
            recalculate=place == 0,
        )
    ]
    if found:
        emit_block(findings_text(found, lang))
        inform(t("report.not-issued"))
    else:
        emit(t("report.issued-checked", count=len(entries)))
    return not found
