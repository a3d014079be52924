"""Importing published reports: each becomes a return, a workbook as it would have been filled in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

from xltools.collection.inbox import InboxItem, gather
from xltools.collection.issuing import check_inputs, file_name
from xltools.collection.reading import on_roster, readings
from xltools.data.filing import Filing, Return, Skipped
from xltools.data.list_lines import unread_cells
from xltools.data.roster import Entry, Roster, name_faults
from xltools.data.roster_lines import entry_of, flags_of
from xltools.document.reader import ReportIdentity, document_in
from xltools.document.reader.title import district_of
from xltools.errors import InputError, OutputError, Problem, RosterError
from xltools.excel.opening import is_workbook
from xltools.excel.writer import write_return
from xltools.files import refuse_existing, refuse_input
from xltools.form.model import Form
from xltools.office.guard import Budget, Limits


@dataclass(frozen=True)
class ImportOptions:
    """How reports are read.

    ``given`` is the identity of a report as far as it is known, ``roster`` has the codes of the agencies, and
    ``district`` is used for an agency if neither its report nor its name contains a district.
    """

    form: Form | None = None
    limits: Limits = field(default_factory=Limits)
    given: ReportIdentity = field(default_factory=ReportIdentity)
    roster: Roster | None = None
    district: str = ""


class ImportedReports(NamedTuple):
    """The filings of all reports, those that become returns with their paths, and the content of each path."""

    filings: list[Filing]
    outputs: list[tuple[Path, Return]]
    contents: list[tuple[Path, bytes]]

    @property
    def left_out(self) -> list[Filing]:
        """The filings that do not become returns."""
        written = {id(filing) for _, filing in self.outputs}
        return [filing for filing in self.filings if id(filing) not in written]


def import_reports(
    places: Sequence[Path], output: Path | None, options: ImportOptions, *, force: bool = False
) -> ImportedReports:
    """Read the reports in *places* and return a workbook for each that could be read completely; write nothing.

    *output* is the path of the one return or the folder of all, by default the current one. Raises
    :class:`XltoolsError` for what no return can be stamped with, a workbook among the reports, two returns with one
    path, and an existing file, unless *force*.
    """
    inbox, given = gather(places), options.given
    if len(inbox.files) > 1 and (given.agency or given.code):
        raise InputError(Problem("one-report", facts={"count": len(inbox.files)}))
    if faults := tuple(name_faults(given.code or "-", given.agency or "-")):
        raise RosterError(*faults)
    check_inputs(given.period, given.district or "-")
    filings = [filing for file in inbox.files for filing in _read(file, options)]
    returns = [one for one in filings if isinstance(one, Return) and _is_whole(one)]
    outputs = _outputs(returns, output)
    if not force:
        refuse_existing(path for path, _ in outputs)
    for path, _ in outputs:
        refuse_input(path, inbox.paths)
    contents = [(path, _workbook(filing, options)) for path, filing in outputs]
    return ImportedReports(filings, outputs, contents)


def _read(file: str, options: ImportOptions) -> Iterator[Filing]:
    """Yield the reports in a file, which may be an archive. Raises :class:`InputError` for a workbook and the report on a roll-up."""

    def report(item: InboxItem) -> Filing:
        budget = item.budget or Budget(options.limits)
        if is_workbook(item.data, budget.for_file()):
            raise InputError(Problem("is-workbook", item.name))
        found = document_in(item.data, item.name, options.form, budget.for_file(), options.given)
        if isinstance(found, Return) and found.is_rollup:
            raise InputError(Problem("is-rollup-report", item.name))
        return on_roster(found, options.roster) if options.roster else found

    found = readings(file, options.limits, report)
    return (filing for filing in found if not isinstance(filing, Skipped))


def _is_whole(filing: Return) -> bool:
    """Return whether every figure and line that is published was read; the figures of the cover are not."""
    return filing.unread <= filing.form.on_cover and not unread_cells(filing)


def _outputs(returns: list[Return], output: Path | None) -> list[tuple[Path, Return]]:
    if output and output.suffix.lower() == ".xlsx":
        paths = [output for _ in returns]
    else:
        paths = [(output or Path()) / _return_name(filing) for filing in returns]
    if twice := {path for path in paths if paths.count(path) > 1}:
        raise OutputError(*(Problem("output-twice", str(path)) for path in sorted(twice)))
    return list(zip(paths, returns, strict=True))


def _return_name(filing: Return) -> str:
    """Return the name of an issued workbook; without a code, ``NAME_PERIOD.xlsx``."""
    agency, period = filing.stamp.agency, filing.stamp.period
    if faults := tuple(name_faults(agency.code, agency.name)):
        raise RosterError(*faults)
    if agency.is_named_only:
        return f"{agency.name}_{period}.xlsx"
    return file_name(Entry(agency.code, agency.name, {}), period)


def _workbook(filing: Return, options: ImportOptions) -> bytes:
    """Return a return as a workbook, with formulas for its totals. Raises :class:`InputError` if the agency's district is not known."""
    agency = filing.stamp.agency
    home = agency.district or options.district or district_of(agency.name)
    if not home:
        raise InputError(Problem("option-missing", filing.source.path, {"option": "--district"}))
    entry = entry_of(filing, options.roster)
    flags = filing.flags | (
        flags_of(entry, filing.form) if entry else frozenset()
    )  # nothing read is left out
    stamp = replace(filing.stamp, agency=replace(agency, district=home), flags=flags)
    return write_return(filing.form, stamp, filing.record.values, filing.prose, lists=filing.record.lists)
