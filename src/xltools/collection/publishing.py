"""Publishing the report on a roll-up or a return: reading its figures and text, checking and writing it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

from xltools.checking.collection import Collection, examine
from xltools.checking.prior import last_figures
from xltools.checking.second_reading import SecondReading
from xltools.collection.last_year import LastYear, read_last_year
from xltools.collection.manifest import sources_beside
from xltools.collection.reading import LOCAL, Execution, Inputs, ReadOptions, read_inputs
from xltools.collection.settings import Folder
from xltools.data.document import Document
from xltools.data.filing import Filing, RefusedFile, Return
from xltools.data.period import Period
from xltools.data.policy import Policy
from xltools.data.record import Figures
from xltools.document.manuscript import load, written
from xltools.document.other_unit import OtherUnit, check_unit, scales_of
from xltools.document.publishing import ReportText, compose, report_of
from xltools.document.writer import DocumentFormat, format_of, render
from xltools.errors import InputError, Problem
from xltools.files import refuse_existing, refuse_input, refuse_workbook, write_atomically
from xltools.form.library import find
from xltools.form.model import Form
from xltools.form.wording import AGO


@dataclass(frozen=True)
class PublishOptions:
    """The inputs of a report besides its workbook.

    ``template`` is the file with its text. ``district_template`` is that of the collection: it is used, if the file
    exists, for the report of the ``district`` itself. ``prior`` are the paths of last year's files, by default
    ``district_prior``; figures of last year that the workbook holds take precedence over the latter.
    """

    form: Form | None = None
    period: Period | None = None
    district: str = ""
    code: str = ""
    policy: Policy = field(default_factory=Policy)
    template: Path | None = None
    district_template: Path | None = None
    prior: Sequence[Path] = ()
    district_prior: Sequence[Path] = ()

    @classmethod
    def of(cls, collection: Folder) -> PublishOptions:
        """Return the options for publishing the report of a *collection*."""
        return cls(
            find(collection.form),
            collection.period,
            collection.district,
            collection.code,
            collection.policy,
            district_template=collection.template,
            district_prior=collection.before,
        )


class ReportSource(NamedTuple):
    """The workbook of a report, the figures of the years before by year, and the result of reading last year's files."""

    inputs: Inputs
    filing: Filing
    years: Mapping[Period, Figures] = {}
    last_year: LastYear | None = None

    def last(self, filing: Return) -> Figures | None:
        """Return the figures of the period before, and those of a year ago under ``ago.`` names, if any are known."""
        period = filing.record.period
        last = self.years.get(period.previous)
        ago = None if period.is_year else self.years.get(period.year_ago)
        return last if ago is None else {**(last or {}), **{AGO + name: value for name, value in ago.items()}}


@dataclass(frozen=True)
class PreparedReport:
    """A report before it is written: its text, all findings on it, and the path of its template, if any.

    ``report`` is ``None`` if the figures of the workbook could not be read.
    """

    source: ReportSource
    collection: Collection
    report: ReportText | None = None
    template: Path | None = None

    @property
    def is_publishable(self) -> bool:
        """Whether there is no error and no gap in the text."""
        return self.report is not None and not self.report.gaps and not self.collection.has_errors


class RenderedReport(NamedTuple):
    """The document of a report, its bytes, and what the second reader found in them, if there was one."""

    document: Document
    content: bytes
    reading: SecondReading | None = None

    @property
    def is_confirmed(self) -> bool:
        """Whether the second reader, if there was one, has no findings."""
        return self.reading is None or not self.reading.findings


class PublishedReport(NamedTuple):
    """A report and its document; ``rendered`` is ``None`` if an error or a gap prevents it."""

    prepared: PreparedReport
    rendered: RenderedReport | None = None

    @property
    def is_written(self) -> bool:
        """Whether the document was written."""
        return self.rendered is not None and self.rendered.is_confirmed


def read_report_source(
    path: Path,
    options: PublishOptions,
    read_options: ReadOptions,
    execution: Execution = LOCAL,
) -> ReportSource:
    """Read the workbook at *path* and the figures of the years before.

    Raises :class:`InputError` if there is not exactly one return or roll-up, or if last year's files are of another year.
    """
    # Its prose is verified with its figures in it, when the report is prepared.
    read_options = replace(read_options, form=options.form, verifying=False)
    inputs = read_inputs([path], read_options, execution)
    if len(inputs.filings) != 1:
        raise InputError(Problem("not-a-return", "、".join(map(str, inputs.inbox.files))))
    filing = inputs.filings[0]
    if isinstance(filing, RefusedFile):
        return ReportSource(inputs, filing)
    period = filing.record.period
    prior = options.prior or options.district_prior
    last_year = read_last_year(prior, filing.form, period, read_options, execution)
    if last_year is None:
        return ReportSource(inputs, filing, filing.earlier)
    past = last_year.past
    if filing.is_rollup:
        found = past.periods_of(filing.agency)
    else:
        last = last_figures(filing, past, past.matches([filing.agency]))
        found = {past.period: last} if last else {}
    years = {**filing.earlier, **found} if options.prior else {**found, **filing.earlier}
    return ReportSource(inputs, filing, years, last_year)


def prepare_report(source: ReportSource, options: PublishOptions) -> PreparedReport:
    """Return the report with the figures filled into its text, verified as the published report is.

    Raises :class:`InputError` for a text that does not fit the form or has an unknown name in braces.
    """
    filing, report, template = source.filing, None, None
    if isinstance(filing, Return):
        template = options.template or _district_template(filing, options)
        manuscript = load(template, filing.form) if template else None
        report = report_of(filing, manuscript, source.last(filing))
        # The report has the sums of a roll-up, so these are compared with last year's rather than those of each member.
        filing = replace(report.filing, members=())
    policy, past = options.policy.for_publication(), source.last_year.past if source.last_year else None
    collection = examine(
        (filing,), None, options.period, options.district, code=options.code, policy=policy, past=past
    )
    return PreparedReport(source, collection, report, template)


def _district_template(filing: Return, options: PublishOptions) -> Path | None:
    """Return the path of the collection's text, which is only used for the report of the district itself."""
    path = options.district_template
    is_own = filing.agency.name == options.district
    return path if path and is_own and path.is_file() else None


def refuse_report_output(prepared: PreparedReport, output: Path) -> None:
    """Raise :class:`OutputError` if *output* is one of the files that were read for the report."""
    template = [prepared.template] if prepared.template else []
    refuse_input(output, [*prepared.source.inputs.inbox.paths, *template])


def render_report(
    prepared: PreparedReport,
    report: ReportText,
    how: DocumentFormat,
    *,
    name: str = "-",
    annex: bool = False,
    draft: bool = False,
    witness: bool = False,
    unit: OtherUnit | None = None,
) -> RenderedReport:
    """Return the report as a document in the format *how*.

    With *annex*, it compares the years; with *draft*, each page says that it is one; with *witness*, a second reader
    checks every figure, and its findings call the document *name*; with *unit*, its tables are in that. Raises :class:`InputError` if there is to be an
    annex and last year's figures are not known, :class:`OutputError` if a library is not installed.
    """
    if unit:
        check_unit(report.known.form, unit)
    years = prepared.source.years if annex else None
    document = compose(report, years=years, draft=draft, unit=unit)
    content = render(document, how)
    if not witness:
        return RenderedReport(document, content)
    from xltools.collection.second_reader import published_checked  # noqa: PLC0415  openpyxl is slow to import

    filing = report.filing
    scales = scales_of(filing.form, unit) if unit else {}
    reading = published_checked(content, name, filing, sources_beside(filing.source), scales)
    return RenderedReport(document, content, reading)


def publish(
    path: Path,
    output: Path,
    options: PublishOptions | None = None,
    read_options: ReadOptions | None = None,
    *,
    annex: bool = False,
    draft: bool = False,
    witness: bool = False,
    unit: OtherUnit | None = None,
    force: bool = False,
) -> PublishedReport:
    """Write the report on the roll-up or return at *path* to *output*, in the format of its ending.

    Nothing is written if the report has an error or a gap, unless it is a *draft*, or if a second reader (*witness*)
    has findings. Raises :class:`OutputError` if *output* exists, unless *force*.
    """
    options, how = options or PublishOptions(), format_of(output)
    if not force:
        refuse_existing([output])
    prepared = prepare_report(read_report_source(path, options, read_options or ReadOptions()), options)
    refuse_report_output(prepared, output)
    if prepared.report is None or not (draft or prepared.is_publishable):
        return PublishedReport(prepared)
    rendered = render_report(
        prepared, prepared.report, how, name=str(output), annex=annex, draft=draft, witness=witness, unit=unit
    )
    if rendered.is_confirmed:
        write_atomically(output, rendered.content, is_new=not force)
    return PublishedReport(prepared, rendered)


def write_starter(source: ReportSource, output: Path, *, is_new: bool = False) -> None:
    """Write a text to start from: that of the workbook, else the form's own sentences, with figures in braces.

    Raises :class:`OutputError` if *output* is a workbook, and :class:`InputError` if *source* has no figures.
    """
    refuse_workbook(output)
    refuse_input(output, source.inputs.inbox.paths)
    filing = source.filing
    if isinstance(filing, RefusedFile):
        raise InputError(Problem("not-a-return", filing.source.path))
    report = report_of(filing, None, source.last(filing))
    texts = {passage.box: passage.wordings for passage in report.passages}
    write_atomically(output, written(report.known.form, texts).encode(), is_new=is_new)
