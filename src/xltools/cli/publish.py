"""``xltools publish``: the report as it is published, or a text to write it from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from xltools.checking.collection import examine
from xltools.checking.prior import last_figures
from xltools.cli.documents import FORMATS, document_format, documents, emit_content
from xltools.cli.options import (
    CollectionDefaults,
    ReadingOptions,
    collection_defaults,
    file,
    find_form,
    given,
    option,
    place,
    prior,
    reading,
)
from xltools.cli.output import emit, inform
from xltools.cli.returns import find_past, read_all
from xltools.collection.manifest import sources_beside
from xltools.document.manuscript import load, written
from xltools.document.publishing import compose, label_of, report_of
from xltools.document.writer import render
from xltools.errors import InputError, Problem
from xltools.files import refuse_existing, refuse_input, refuse_workbook, write_atomically
from xltools.report import text
from xltools.report.text import second_reader_text
from xltools.text import Lang, catalog, harmless

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xltools.collection.reading import Inputs
    from xltools.data.filing import Filing
    from xltools.data.record import Figures
    from xltools.document.manuscript import Manuscript
    from xltools.document.publishing import ReportText
    from xltools.document.writer import DocumentFormat
    from xltools.form.model import Form


def command(lang: Lang) -> click.Command:
    """The command in *lang*."""

    @click.command("publish", help=catalog(lang)("help.publish"))
    @click.argument("source", metavar="[FILE]", required=False, type=place())
    @documents(lang)
    @option(lang, "--template", type=file(), text="template")
    @option(lang, "--starter", is_flag=True, text="starter")
    @option(lang, "--annex", is_flag=True, text="annex")
    @option(lang, "--draft", is_flag=True, text="draft")
    @option(lang, "--witness", is_flag=True, text="witness-document")
    @option(lang, "--form", text="forms")
    @prior(lang, "published-prior")
    @reading(lang)
    def run(
        source: Path | None,
        output: Path | None,
        how: DocumentFormat | None,
        template: Path | None,
        starter: bool,
        annex: bool,
        draft: bool,
        witness: bool,
        form: str | None,
        prior: tuple[Path, ...],
        force: bool,
        reading: ReadingOptions,
    ) -> int:
        own = collection_defaults()
        output = output or _usual(own, how, starter=starter)
        how = _settled(output, how, starter=starter, force=force)
        name = form or own.form
        definition = find_form(name) if name else None
        reading = reading._replace(verifying=False)  # its prose is looked at with its figures in it
        inputs = read_all((source or given(None, own.rollup, "FILE"),), definition, lang, reading)
        filing = _only(inputs)
        if filing.record is None or filing.form is None:
            _tell_findings(filing, own, lang, beside=output is None)
            return 1
        years = _years_before(filing, prior, own, lang, reading)
        if starter:
            return _start(filing, years, inputs, given(output, None, "-o"), lang)
        words = _manuscript(template, own, filing, filing.form)
        publishing = _Publishing(filing, words, years, own, lang, output)
        return publishing.run(inputs, how, annex=annex, draft=draft, witness=witness or own.witness)

    return run


def _usual(own: CollectionDefaults, how: DocumentFormat | None, *, starter: bool) -> Path | None:
    """Where it is written in a collection, unless another place is named."""
    if starter:
        return own.template
    return own.report.with_suffix(f".{how or FORMATS[0]}") if own.report else None


def _settled(
    output: Path | None, how: DocumentFormat | None, *, starter: bool, force: bool
) -> DocumentFormat:
    """The format; raises before anything is read when nothing can be written there. What people edit is never replaced."""
    if not starter:
        return document_format(output, how, force=force)

    if output and not force:
        refuse_existing([output])
    return "md"


def _only(inputs: Inputs) -> Filing:

    if len(inputs.filings) != 1:
        raise InputError(Problem("not-a-return", "、".join(map(str, inputs.inbox.files))))
    return inputs.filings[0]


def _manuscript(
    template: Path | None, own: CollectionDefaults, filing: Filing, form: Form
) -> Manuscript | None:
    """The words in the file named, else in the collection's where there is one: the district's, and no agency's."""
    is_own = filing.agency is not None and filing.agency.name == own.district
    if template is None and is_own and own.template and own.template.is_file():
        template = own.template
    return load(template, form) if template else None


def _years_before(
    filing: Filing, named: Sequence[Path], own: CollectionDefaults, lang: Lang, how: ReadingOptions
) -> dict[int, Figures]:
    """The figures of the years before: those that the roll-up knows, and those of the files named, which go first."""
    assert filing.record is not None  # noqa: S101  the caller asked
    assert filing.form is not None  # noqa: S101  see above
    assert filing.agency is not None  # noqa: S101  one with a record has one
    known, year = dict(filing.earlier), filing.record.year
    if not named and (year - 1 in known or own.prior is None):
        return known
    past = find_past(named, own, filing.form, year, lang, how)
    if past is None:
        return known
    if filing.is_rollup:
        return known | past.years_of(filing.agency)
    last = last_figures(filing, past, past.matches([filing.agency]))
    return known | ({past.year: last} if last else {})


def _say(text: str, *, beside: bool) -> None:
    """Print a block; *beside* the output where that is the document itself."""
    if text:
        (inform if beside else emit)(harmless(text))


def _tell_findings(filing: Filing, own: CollectionDefaults, lang: Lang, *, beside: bool) -> bool:
    """Print what verification has to say, and whether there are errors."""
    found = examine((filing,), None, own.year, own.district or "", policy=own.policy)
    for one in found.examined:
        _say(text.file_text(one, lang), beside=beside)
    return found.has_errors


def _start(filing: Filing, years: Mapping[int, Figures], inputs: Inputs, output: Path, lang: Lang) -> int:
    """Write a text to start from: what the workbook says, else the form's own sentences, figures in braces."""
    assert filing.record is not None  # noqa: S101  the caller asked
    refuse_workbook(output)
    refuse_input(output, inputs.inbox.paths)
    report = report_of(filing, None, years.get(filing.record.year - 1))
    texts = {passage.box: map(str, passage.wordings) for passage in report.passages}
    write_atomically(output, written(report.known.form, texts).encode())
    _say(catalog(lang)("publish.starter", path=output), beside=False)
    return 0


class _Publishing:
    """One report on its way: its words, what is wrong with them, the document, and what is told of it."""

    def __init__(
        self,
        filing: Filing,
        manuscript: Manuscript | None,
        years: Mapping[int, Figures],
        own: CollectionDefaults,
        lang: Lang,
        output: Path | None,
    ) -> None:

        assert filing.record is not None  # noqa: S101  the caller asked
        self.report: ReportText = report_of(filing, manuscript, years.get(filing.record.year - 1))
        self.manuscript, self.years, self.own, self.lang, self.output = manuscript, years, own, lang, output

    def run(self, inputs: Inputs, how: DocumentFormat, *, annex: bool, draft: bool, witness: bool) -> int:
        """Check, write, tell; the exit status."""
        template = [Path(self.manuscript.path)] if self.manuscript else []
        if self.output:
            refuse_input(self.output, [*inputs.inbox.paths, *template])
        has_errors = _tell_findings(self.report.filing, self.own, self.lang, beside=self.output is None)
        self._tell_words()
        if not draft and (has_errors or self.report.gaps):
            self._tell_why_not(has_errors=has_errors)
            return 1
        document = compose(self.report, years=self.years if annex else None, draft=draft)
        content = render(document, how)
        if witness and not self._is_confirmed(content):
            return 1
        emit_content(content, self.output)
        if self.output:
            self._say("written", title=document.title, path=self.output)
        if draft:
            self._say("is-draft")
        return int(has_errors)

    def _is_confirmed(self, content: bytes) -> bool:
        """Whether the second reader has the same figures; prints what it says."""
        from xltools.collection.second_reader import published_checked  # noqa: PLC0415  openpyxl is slow to load

        form, filing = self.report.known.form, self.report.filing
        reading = published_checked(
            content, str(self.output or "-"), filing, form, sources_beside(filing.source)
        )
        is_beside = self.output is None
        _say(second_reader_text(reading, form, self.lang), beside=is_beside)
        if reading.findings:
            inform(catalog(self.lang)("report.not-put-in-place"))
        return not reading.findings

    def _say(self, key: str, **facts: object) -> None:
        _say(catalog(self.lang)(f"publish.{key}", **facts), beside=self.output is None)

    def _tell_words(self) -> None:
        """Whose words each part has, which were passed over, and what is still to be written."""
        form, path = self.report.known.form, self.manuscript.path if self.manuscript else ""
        for origin in ("template", "workbook", "form", "nobody"):
            told = [
                p for p in self.report.passages if p.origin == origin and (p.wordings or origin == "nobody")
            ]
            if labels := "、".join(label_of(form, passage.box) for passage in told):
                self._say(f"from-{origin}", labels=labels, path=path)
            if labels and origin == "workbook" and self.report.filing.is_rollup:
                self._say("workbook-is-replaced")
        for passage in self.report.passages:
            if passage.overrides_workbook:
                self._say("passed-over", label=label_of(form, passage.box), path=path)
        for gap in self.report.gaps:
            self._say("gap", label=label_of(form, gap.box), gap=gap.text)

    def _tell_why_not(self, *, has_errors: bool) -> None:
        t = catalog(self.lang)
        if has_errors:
            self._say("not-written")
        if gaps := self.report.gaps:
            path = self.manuscript.path if self.manuscript else ""
            where = t("publish.where-template", path=path) if path else t("publish.where-starter")
            self._say("gaps-left", count=len(gaps), where=where)
