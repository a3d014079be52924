"""``xltools generate``: one workbook per agency."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import click

from xltools.checking.collection import roster_codes
from xltools.cli.help import Command
from xltools.cli.options import (
    ReadingOptions,
    collection_defaults,
    collection_folder,
    file,
    folder,
    given,
    option,
    period,
    prior,
    read_key,
)
from xltools.cli.output import emit, emit_block, inform, progress
from xltools.cli.output_files import write_drafts
from xltools.cli.recording import record
from xltools.cli.returns import find_past
from xltools.collection import issuing, recording
from xltools.collection.given_file import load_given
from xltools.collection.outgoing import outgoing
from xltools.data.finding import Finding
from xltools.data.period import Period
from xltools.data.prior import Past
from xltools.data.roster import Entry, Roster
from xltools.desk.standalone import agency_pages
from xltools.errors import InputError, Problem
from xltools.files import read_bytes, refuse_within, write_atomically, write_each
from xltools.report.drafts import Attachment, Letters, MailDraft
from xltools.report.text import findings_text
from xltools.text import Lang, catalog, clerk, message


def command(lang: Lang) -> click.Command:
    """Return the command in *lang*."""
    t = catalog(lang)

    @click.command("generate", cls=Command, help=t("help.generate"))
    @period(lang)
    @option(lang, "--district", text="district")
    @option(lang, "--roster", type=file(), text="roster")
    @option(lang, "--agency", text="agency")
    @option(lang, "--code", text="code")
    @option(lang, "-o", "--output", "folder", type=folder(), text="folder")
    @option(lang, "--form", text="form")
    @option(lang, "--password", default="", text="password")
    @option(lang, "--key", type=file(), text="key-write")
    @prior(lang, "prefill")
    @option(lang, "--given", "given_file", type=file(), text="given")
    @option(lang, "--show-prior", "show_last", is_flag=True, text="show-prior")
    @option(lang, "--check", "is_checked", is_flag=True, text="check-issued")
    @option(lang, "--mail", type=folder(), text="mail-issued")
    @option(lang, "--with-page", is_flag=True, text="with-page")
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
        given_file: Path | None,
        show_last: bool,
        is_checked: bool,
        mail: Path | None,
        with_page: bool,
        force: bool,
    ) -> int:
        own = collection_defaults()
        definition, secret = own.form_of(form), read_key(key, lang)
        period = own.period_of(period, definition)
        district = given(district, own.district or None, "--district")
        folder = given(folder, own.outbox, "-o")
        issuing.check_inputs(period, district, password)
        inboxes = [own.inbox] if own.inbox else []
        if mail:
            refuse_within(mail, inboxes)  # before anything is written
        past = find_past(prior, own, definition, period, lang, ReadingOptions())
        places = dict.fromkeys([folder, own.outbox or folder])
        agencies = _with_issued_codes(own.roster_of(roster, definition), places, past, lang)
        entries = issuing.chosen(agencies, agency, code, definition)
        if show_last and past is None:
            raise InputError(Problem("show-without-prior"))
        last = issuing.last_figures(past, agencies or Roster(entries), district) if past else {}
        makers = own.policy.rule_makers
        path = given_file or own.given_file
        figures = load_given(path, definition, period, agencies) if path and definition.given else None
        issue = issuing.Issue(
            definition,
            period,
            district,
            password,
            secret,
            last=last,
            show_last=show_last,
            makers=makers,
            given=figures,
        )
        issue.check_given(entries)

        def compared(files: Sequence[Path]) -> Iterator[Path]:
            return progress(files, t("report.comparing"))

        new = issuing.missing_outputs(issue, entries, folder, force=force, watch=compared)
        made = ((path, issue.workbook(entry)) for entry, path in new)
        contents: Iterable[tuple[Path, bytes]] = progress(made, t("report.generating"), len(new))
        if is_checked:
            contents = list(contents)
            if not _are_sound(issue, entries, folder, dict(contents), lang):
                return 1
        write_each(contents, are_new=not force)
        record(lambda folder: recording.issued(folder, new), lang)
        if past and (strangers := sum(entry.code not in last for entry in entries)):
            inform(t.about(period.kind, "report.prior-unmatched", count=strangers))
        _say_written(len(new), len(entries) - len(new), folder, lang)
        if with_page:
            _write_pages(folder, entries, period, lang)
        if mail:
            letters = Letters(definition.title, period, district, own.due)
            # The drafts for the other agencies are as good as before.
            with outgoing(mail, "issued", inboxes, keeping=agency is not None) as files:
                write_drafts(files, _drafts(letters, entries, folder), lang)
        return 0

    return run


def _say_written(new: int, before: int, folder: Path, lang: Lang) -> None:
    emit(catalog(lang)("report.written", count=new, folder=folder))
    if before:
        emit(catalog(lang)("report.written-before", count=before))


def _write_pages(folder: Path, entries: Sequence[Entry], period: Period, lang: Lang) -> None:
    """Write beside each workbook of a collection the page in which its agency checks it before sending."""
    pages = progress(
        agency_pages(collection_folder(), entries), catalog(lang)("report.generating"), len(entries)
    )
    for entry, content in pages:
        stem = issuing.file_name(entry, period, "")
        write_atomically(folder / clerk()("issued.page", stem=stem), content)
    emit(catalog(lang)("report.pages-written", count=len(entries), folder=folder))


def _with_issued_codes(
    listed: Roster | None, places: Iterable[Path], past: Past | None, lang: Lang
) -> Roster | None:
    """Return the roster with the codes under which its agencies were issued; say which of those listed differ.

    *places* are the folders with workbooks that were issued.
    """
    issued = issuing.as_issued(listed, places, past) if listed else None
    pairs = zip(listed or (), issued or (), strict=True)
    if codes := {one.code: other.code for one, other in pairs if one.code != other.code}:
        inform(message(roster_codes(codes), lang))
    return issued


def _drafts(letters: Letters, entries: Sequence[Entry], folder: Path) -> Iterator[MailDraft]:
    for entry in entries:
        name = issuing.file_name(entry, letters.period)
        yield letters.issued(entry, Attachment(name, read_bytes(folder / name)))


def _are_sound(
    issue: issuing.Issue, entries: Sequence[Entry], folder: Path, new: Mapping[Path, bytes], lang: Lang
) -> bool:
    """Return whether each workbook, new or in *folder*, is as the form says; print the findings if not."""
    from xltools.collection.second_reader import issued_findings  # noqa: PLC0415  openpyxl is slow to load

    t, found = catalog(lang), list[Finding]()
    for entry in progress(entries, t("report.checking")):
        name = issuing.file_name(entry, issue.period)
        workbook = new.get(folder / name) or read_bytes(folder / name)
        stamp, filled, is_first = issue.stamp(entry), issue.filled(entry), entry is entries[0]
        found += issued_findings(issue.form, workbook, stamp, filled, name, recalculate=is_first)
    if found:
        emit_block(findings_text(found, lang))
        inform(t("report.not-issued"))
    else:
        emit(t("report.issued-checked", count=len(entries)))
    return not found
