"""``xltools verify``: the findings on returns, and the marked files to send back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

import click

from xltools.checking.collection import Collection
from xltools.cli.help import Command
from xltools.cli.options import (
    ReadingOptions,
    collection_defaults,
    file,
    folder,
    given,
    issuers_figures,
    option,
    paths,
    period,
    prior,
    reading,
)
from xltools.cli.output import emit, encoding, inform, progress
from xltools.cli.output_files import FILES, output_file, point_to_explanations, write_drafts, write_file
from xltools.cli.recording import record
from xltools.cli.returns import find_past, read_all, say_unmatched
from xltools.collection import recording
from xltools.collection.accepting import accepted_versions
from xltools.collection.outgoing import outgoing
from xltools.collection.reading import Inputs
from xltools.collection.returning import FileToReturn, ReturnedFile, return_files
from xltools.collection.verifying import latest_period, verify_inputs
from xltools.data.period import Period
from xltools.data.roster import Roster
from xltools.data.roster_lines import sender
from xltools.errors import InputError, Problem
from xltools.files import read_bytes
from xltools.office.guard import Limits, limits_from
from xltools.report import data, text
from xltools.report.drafts import Attachment, Letters, MailDraft
from xltools.report.explain import page_text
from xltools.report.html import page_html
from xltools.report.slip import Returned, returned
from xltools.text import Lang, catalog, harmless


def command(lang: Lang) -> click.Command:
    """Return the command in *lang*."""

    @click.command("verify", cls=Command, help=catalog(lang)("help.verify"))
    @paths()
    @option(lang, "--roster", type=file(), text="roster")
    @period(lang)
    @option(lang, "--form", text="forms")
    @prior(lang)
    @issuers_figures(lang)
    @output_file(lang, "text", "json", "html", "xlsx")
    @option(lang, "--return-to", "back", type=folder(), text="return-to")
    @option(lang, "--mail", "is_mailed", is_flag=True, text="mail-returned")
    @reading(lang)
    def run(
        paths: tuple[Path, ...],
        roster: Path | None,
        period: Period | None,
        form: str | None,
        prior: tuple[Path, ...],
        how: str,
        output: Path | None,
        is_new: bool,
        back: Path | None,
        is_mailed: bool,
        reading: ReadingOptions,
    ) -> int:
        if is_mailed and back is None:
            raise InputError(Problem("needs-option", facts={"option": "--mail", "needed": "--return-to"}))
        own = collection_defaults()
        is_as_usual = roster is None and not (period and period.is_year) and form is None and not prior
        inbox, definition = own.inbox_of(paths), own.named_form(form)
        agencies, district = own.roster_of(roster, definition), own.district
        if is_mailed:
            given(agencies, None, "--roster")
        inputs = read_all(
            inbox, definition, lang, reading, roster=agencies, district=district, is_silent=how == "text"
        )
        period = period or own.period
        if period and definition:
            period = own.period_of(period, definition)
        latest = period or latest_period(inputs.filings)
        past = find_past(prior, own, own.form_of(form), latest, lang, reading)
        is_chosen = bool(paths) and roster is None  # files that are named, rather than what a roster asks for
        collection = verify_inputs(
            inputs.filings,
            agencies,
            period,
            district,
            code=own.code,
            policy=own.policy,
            past=past,
            may_be_own=is_chosen,
            is_part=is_chosen and all(path.is_file() for path in paths),
            former=accepted_versions(
                own.versions,
                own.policy,
                inputs.filings,
                reading.for_form(definition, agencies),
                agencies,
                district,
            ),
        )
        if is_as_usual and inbox == (own.inbox,):
            record(lambda _: recording.found(collection), lang)
            _say_unused(collection, lang)
        say_unmatched(collection, lang)
        _report(collection, how, output, lang, inputs, is_new=is_new)
        if back:
            letters = None
            if is_mailed:
                letters = Letters(own.form_of(form).title, given(latest, None, "--year"), district)
            limits = limits_from(reading.limits)
            _return_files(back, collection, inputs, agencies, letters, limits, lang)
        return int(collection.has_errors)

    return run


def _say_unused(collection: Collection, lang: Lang) -> None:
    """Print to stderr which waivers are about no finding."""
    for waiver in collection.unused:
        about = f"{waiver.code} {waiver.cell}".strip()
        inform(harmless(catalog(lang)("report.waiver-unused", about=about, **asdict(waiver))))


def _report(
    collection: Collection, how: str, output: Path | None, lang: Lang, inputs: Inputs, *, is_new: bool
) -> None:
    if output and how in FILES:
        write_file(output, _content(collection, how, lang), inputs, is_new=is_new)
        emit(text.summary(collection, lang))
    elif how == "json":
        whole = data.collection_object(collection, lang, inputs.skipped)
        emit(data.json_text(whole, encoding(output), indent=1), output, is_new=is_new)
    else:
        emit(text.collection_text(collection, lang, inputs.skipped), output, is_new=is_new)
        point_to_explanations(collection, lang)


def _content(collection: Collection, how: str, lang: Lang) -> bytes:
    if how == "html":
        return page_html(collection, lang, lambda code: page_text(code, lang)).encode()
    from xltools.report.workbook import findings_workbook  # noqa: PLC0415

    return findings_workbook(collection, lang)


def _return_files(
    folder: Path,
    collection: Collection,
    inputs: Inputs,
    roster: Roster | None,
    letters: Letters | None,
    limits: Limits,
    lang: Lang,
) -> None:
    """Write the files to return into *folder* and, with *letters*, a draft for each agency of the roster that gets any."""
    t = catalog(lang)
    slips = [slip for one in collection.examined if (slip := returned(one, roster))]
    back = [FileToReturn(one.examined.filing.source, one.stem, one.text, one.workbook) for one in slips]
    with outgoing(folder, "returned", inputs.inbox.places) as files:
        done = return_files(files, back, inputs, limits, lambda files: progress(files, t("report.returning")))
        if letters and roster:
            write_drafts(files, _drafts(letters, roster, slips, done, folder), lang)
            strangers = [one.examined.filing for one in slips if sender(one.examined.filing, roster) is None]
            if strangers:
                inform(t("mail.no-agency", files="、".join(filing.source.name for filing in strangers)))
    record(lambda own: recording.returned(own, (one.examined for one in slips), folder), lang)
    unmarked = sum(not one.workbook for one in done)
    inform(t("report.returned", count=len(done), folder=folder, unmarked=unmarked))


def _drafts(
    letters: Letters, roster: Roster, slips: Sequence[Returned], done: Sequence[ReturnedFile], folder: Path
) -> Iterator[MailDraft]:
    """Yield a draft for each agency with all of its files, in the order of the roster."""
    senders = {one.examined.filing.source: sender(one.examined.filing, roster) for one in slips}
    for entry in roster:
        own = [one for one in done if senders[one.source] == entry]
        names = [one.workbook for one in own if one.workbook]
        books = [Attachment(name, read_bytes(folder / name)) for name in names]
        if own:
            yield letters.returned(entry, [one.text for one in own], books)
