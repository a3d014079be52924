"""``xltools publish``: write the published report, or a text to start from."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from xltools.cli.help import Command
from xltools.cli.options import (
    CollectionDefaults,
    ReadingOptions,
    collection_defaults,
    file,
    given,
    of_period,
    option,
    place,
    prior,
    reading,
)
from xltools.cli.output import emit, inform
from xltools.cli.output_files import document_format, documents, emit_content
from xltools.cli.recording import record
from xltools.cli.returns import execution, say_faults, say_skipped
from xltools.collection import recording
from xltools.collection.former import keep
from xltools.collection.publishing import (
    PreparedReport,
    PublishOptions,
    ReportSource,
    prepare_report,
    read_report_source,
    refuse_report_output,
    render_report,
    write_starter,
)
from xltools.collection.situation import is_outdated
from xltools.document.formats import format_by_ending
from xltools.document.other_unit import OtherUnit
from xltools.document.publishing import ReportText, label_of
from xltools.document.writer import DOCUMENT_FORMATS, DocumentFormat, missing_for
from xltools.errors import InputError, Problem
from xltools.files import holds, refuse_existing
from xltools.office.guard import limits_from
from xltools.report.text import file_text, second_reader_text
from xltools.text import Lang, Word, catalog, harmless, problem_text


def command(lang: Lang) -> click.Command:
    """Return the command in *lang*."""
    t = catalog(lang)

    @click.command("publish", cls=Command, help=t("help.publish"))
    @click.argument("path", metavar="[FILE]", required=False, type=place())
    @documents(lang)
    @option(lang, "--template", type=file(), text="template")
    @option(lang, "--starter", is_flag=True, text="starter")
    @option(lang, "--annex", is_flag=True, text="annex")
    @option(lang, "--draft", is_flag=True, text="draft")
    @option(lang, "--witness", is_flag=True, text="witness-document")
    @option(lang, "--unit", text="unit")
    @option(lang, "--decimals", type=int, default=2, show_default=True, text="unit-decimals")
    @option(lang, "--form", text="forms")
    @prior(lang, "published-prior")
    @of_period(lang)
    @reading(lang)
    def run(
        path: Path | None,
        output: Path | None,
        how: DocumentFormat | None,
        template: Path | None,
        starter: bool,
        annex: bool,
        draft: bool,
        witness: bool,
        unit: str | None,
        decimals: int,
        form: str | None,
        prior: tuple[Path, ...],
        force: bool,
        reading: ReadingOptions,
    ) -> int:
        own = collection_defaults()
        is_renewed = output is None and path is None and not (starter or force)  # the collection's own report
        source_path = given(path, own.rollup, Word("paths"))
        output = output or _default_output(own, how, starter=starter)
        if path is None and not source_path.is_file():
            missing = None if starter else missing_for(how or DOCUMENT_FORMATS[0])
            raise InputError(Problem("no-rollup", str(source_path)), *([missing] if missing else []))
        if path is None and own.inbox and is_outdated(source_path, own.inbox, limits_from(reading.limits)):
            inform(t("report.rollup-outdated", file=source_path))
        if starter:
            how = "md"
            if output:
                format_by_ending(output, {"md": (".md", ".markdown", ".txt")}, how)
            if output and not force:
                refuse_existing([output])
        else:
            how = document_format(output, how, force=force or is_renewed)
        options = PublishOptions(
            own.named_form(form),
            own.period,
            own.district,
            own.code,
            own.policy,
            template,
            own.template,
            prior,
            own.before,
        )
        source = _read(source_path, options, reading, lang)
        if starter and source.filing.record is not None:
            output = given(output, None, "-o")
            write_starter(source, output, is_new=not force)
            _say(t("publish.starter", path=output), output)
            return 0
        prepared, witness = prepare_report(source, options), witness or own.witness
        renewed = output if is_renewed and output and output.is_file() else None
        return _publish(
            prepared,
            output,
            how,
            lang,
            annex=annex,
            draft=draft,
            witness=witness,
            unit=OtherUnit(unit, decimals) if unit else None,
            is_new=not (force or renewed),
            renewed=renewed,
        )

    return run


def _default_output(own: CollectionDefaults, how: DocumentFormat | None, *, starter: bool) -> Path | None:
    """Return the path of a collection's report or, with *starter*, of its text; ``None`` without a collection."""
    if starter:
        return own.template
    return own.report.with_suffix(f".{how or DOCUMENT_FORMATS[0]}") if own.report else None


def _read(path: Path, options: PublishOptions, reading: ReadingOptions, lang: Lang) -> ReportSource:
    source = read_report_source(path, options, reading.for_form(options.form), execution(reading, lang))
    say_skipped(source.inputs, lang)
    say_faults(source.last_year, lang)
    return source


def _publish(
    prepared: PreparedReport,
    output: Path | None,
    how: DocumentFormat,
    lang: Lang,
    *,
    annex: bool,
    draft: bool,
    witness: bool,
    unit: OtherUnit | None,
    is_new: bool,
    renewed: Path | None,
) -> int:
    """Print the findings and write the report, unless an error or a gap prevents it; return the exit code.

    The report that is *renewed* may have been edited, so it is kept.
    """
    t, report = catalog(lang), prepared.report
    if report is not None and output:
        refuse_report_output(prepared, output)
    _say(file_text(prepared.collection.examined[0], lang), output)
    if report is None:
        return 1
    for line in _word_lines(prepared, report, draft=draft, lang=lang):
        _say(line, output)
    if not draft and not prepared.is_publishable:
        if missing := missing_for(how):
            inform(problem_text(missing, lang))
        return 1
    name = str(output or "-")
    rendered = render_report(
        prepared, report, how, name=name, annex=annex, draft=draft, witness=witness, unit=unit
    )
    if rendered.reading:
        _say(second_reader_text(rendered.reading, report.known.form, lang), output)
    if not rendered.is_confirmed:
        inform(t("report.not-put-in-place"))
        return 1
    _keep_former(renewed, rendered.content, lang)
    emit_content(rendered.content, output, is_new=is_new)
    if output and not draft:
        source = prepared.source.filing.source
        record(lambda folder: recording.published(folder, source, output, rendered.content), lang)
    _say_written(rendered.document.title, output, lang, draft=draft)
    return int(prepared.collection.has_errors)


def _say_written(title: str, output: Path | None, lang: Lang, *, draft: bool) -> None:
    t = catalog(lang)
    if output:
        emit(harmless(t("publish.written", title=title, path=output)))
    if draft:
        _say(t("publish.is-draft"), output)


def _keep_former(former: Path | None, content: bytes, lang: Lang) -> None:
    """Keep the file that is replaced, if it differs from the new *content*, and say where."""
    if former and not holds(former, content):
        emit(harmless(catalog(lang)("publish.former-kept", path=former, kept=keep(former))))


def _say(text: str, output: Path | None) -> None:
    """Print *text*, if there is any: on stderr if the document itself goes to stdout."""
    if text:
        (emit if output else inform)(harmless(text))


def _word_lines(prepared: PreparedReport, report: ReportText, *, draft: bool, lang: Lang) -> Iterator[str]:
    """Yield the source of each part of the text, the gaps that are left, and why the report is not written."""
    t, form, path = catalog(lang), report.known.form, prepared.template
    for origin in ("template", "workbook", "form", "nobody"):
        parts = [p for p in report.passages if p.origin == origin and (p.wordings or origin == "nobody")]
        if labels := "、".join(label_of(form, part.box) for part in parts):
            yield t(f"publish.from-{origin}", labels=labels, path=path)
    for passage in report.passages:
        if passage.overrides_workbook:
            yield t("publish.passed-over", label=label_of(form, passage.box), path=path)
    for gap in report.gaps:
        yield t("publish.gap", label=label_of(form, gap.box), gap=gap.text)
    if prepared.collection.has_errors and not draft:
        yield t("publish.not-written")
    if report.gaps and not draft:
        where = t("publish.where-template", path=path) if path else t("publish.where-starter")
        yield t("publish.gaps-left", count=len(report.gaps), where=where)
