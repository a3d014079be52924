"""``xltools import``: published reports into returns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from xltools.checking.collection import examine
from xltools.cli.options import collection_defaults, file, find_form, find_roster, option, place, read_limits
from xltools.cli.output import emit, inform
from xltools.collection.inbox import content_of, gather
from xltools.collection.reading import on_roster, readings
from xltools.data.roster import Entry, name_faults
from xltools.document.reader import ReportIdentity, read_document
from xltools.document.reader.title import district_of
from xltools.errors import InputError, OutputError, Problem, RosterError
from xltools.excel.opening import is_workbook
from xltools.files import refuse_existing, refuse_input, write_each
from xltools.report.text import collection_text
from xltools.text import Lang, catalog

if TYPE_CHECKING:
    from xltools.collection.inbox import Item
    from xltools.data.filing import Filing
    from xltools.data.roster import Roster
    from xltools.document.reader import ReportIdentity
    from xltools.form.model import Form
    from xltools.office.guard import Limits


def command(lang: Lang) -> click.Command:
    """The command in *lang*."""

    @click.command("import", help=catalog(lang)("help.import"))
    @click.argument("files", metavar="FILE...", nargs=-1, required=True, type=place())
    @option(lang, "-o", "--output", type=click.Path(path_type=Path), text="imported")
    @option(lang, "--year", type=int, text="import-year")
    @option(lang, "--agency", default="", text="import-agency")
    @option(lang, "--code", default="", text="import-code")
    @option(lang, "--district", default="", text="import-district")
    @option(lang, "--roster", type=file(), text="import-roster")
    @option(lang, "--form", text="forms")
    @option(lang, "--limit", "limits", multiple=True, metavar="NAME=VALUE", text="limit")
    @option(lang, "--force", is_flag=True, text="force")
    def run(
        files: tuple[Path, ...],
        output: Path | None,
        year: int | None,
        agency: str,
        code: str,
        district: str,
        roster: Path | None,
        form: str | None,
        limits: tuple[str, ...],
        force: bool,
    ) -> int:

        own, inbox = collection_defaults(), gather(files)
        form = form or own.form
        how = _How(
            find_form(form) if form else None,
            read_limits(limits),
            ReportIdentity(year or 0, agency.strip(), code.strip(), district.strip()),
            find_roster(roster or own.roster),
        )
        _check(how, len(inbox.files))
        filings = [filing for name in inbox.files for filing in _read(name, how)]
        returns = [filing for filing in filings if filing.record and not filing.unread]
        outputs = _outputs(returns, output)
        if not force:
            refuse_existing(path for path, _ in outputs)
        for path, _ in outputs:
            refuse_input(path, inbox.paths)
        contents = [(path, _workbook(filing, own.district or "")) for path, filing in outputs]
        collection = examine(filings)
        emit(collection_text(collection, lang))
        write_each(contents)
        _tell(filings, outputs, how.roster, lang)
        return int(collection.has_errors)

    return run


class _How(NamedTuple):
    """ReadingOptions the reports are read."""

    form: Form | None
    limits: Limits
    given: ReportIdentity
    roster: Roster | None


def _check(how: _How, files: int) -> None:
    """Raise :class:`XltoolsError` for what no return can be stamped with."""
    from xltools.collection.issuing import check_inputs  # noqa: PLC0415

    given = how.given
    if files > 1 and (given.agency or given.code):
        raise InputError(Problem("one-report", facts={"count": files}))
    if faults := tuple(name_faults(given.code or "-", given.agency or "-")):
        raise RosterError(*faults)
    check_inputs(given.year or _ANY_YEAR, given.district or "-")


_ANY_YEAR = 2024  # where none was given there is nothing to check


def _read(name: str, how: _How) -> Iterator[Filing]:
    """The reports in a file, which may be an archive. Raises :class:`InputError` for a workbook, which needs no import."""

    def report(item: Item) -> Filing:
        if is_workbook(item.data, how.limits):
            raise InputError(Problem("is-workbook", item.name))
        found = read_document(item.data, item.name, how.form, how.limits, how.given)
        return on_roster(found, how.roster) if how.roster else found

    return filter(None, readings(name, content_of(name, how.limits), how.limits, report))


def _outputs(returns: list[Filing], output: Path | None) -> list[tuple[Path, Filing]]:
    """Where each return is written: to the file named, else into the folder. Raises :class:`OutputError` where two would go."""
    if output and output.suffix.lower() == ".xlsx":
        paths = [output for _ in returns]
    else:
        paths = [(output or Path()) / _file_name(filing) for filing in returns]
    if twice := {path for path in paths if paths.count(path) > 1}:
        raise OutputError(*(Problem("output-twice", str(path)) for path in sorted(twice)))
    return list(zip(paths, returns, strict=True))


def _file_name(filing: Filing) -> str:
    """As an issued workbook is called; without a code, by the name."""
    from xltools.collection.issuing import file_name  # noqa: PLC0415

    assert filing.stamp is not None  # noqa: S101  a filing with a record has one
    agency, year = filing.stamp.agency, filing.stamp.year
    if faults := tuple(name_faults(agency.code, agency.name)):
        raise RosterError(*faults)
    return (
        f"{agency.name}_{year}.xlsx"
        if agency.is_named_only
        else file_name(Entry(agency.code, agency.name, {}), year)
    )


def _workbook(filing: Filing, district: str) -> bytes:
    """The return. Its totals are formulas again; of the document's own nothing is kept but what was said of them."""
    from xltools.excel.writer import write_return  # noqa: PLC0415

    assert filing.form is not None  # noqa: S101  see above
    assert filing.record is not None  # noqa: S101
    assert filing.stamp is not None  # noqa: S101
    agency = filing.stamp.agency
    home = agency.district or district or district_of(agency.name)
    if not home:
        raise InputError(Problem("option-missing", filing.source.path, {"option": "--district"}))
    stamp = replace(filing.stamp, agency=replace(agency, district=home))
    return write_return(filing.form, stamp, filing.record.values, filing.prose)


def _tell(
    filings: list[Filing], outputs: list[tuple[Path, Filing]], roster: Roster | None, lang: Lang
) -> None:
    """Say beside the findings what was written, and what was not."""
    t = catalog(lang)
    for path, filing in outputs:
        inform(t("report.imported", agency=filing.agency, year=filing.stamp and filing.stamp.year, path=path))
        if roster and filing.agency and filing.agency.is_named_only:
            inform(t("report.import-unmatched", agency=filing.agency))
    written = {id(filing) for _, filing in outputs}
    for filing in filings:
        if id(filing) not in written:
            inform(t("report.not-imported", file=filing.source.path))
