"""``xltools import``: convert published reports into returns."""

from __future__ import annotations

from pathlib import Path

import click

from xltools.checking.collection import examine
from xltools.cli.help import Command
from xltools.cli.options import collection_defaults, file, option, period, place
from xltools.cli.output import emit, inform
from xltools.cli.working_folder import TypedPath
from xltools.collection.importing import ImportedReports, ImportOptions, import_reports
from xltools.data.period import Period
from xltools.document.reader import ReportIdentity
from xltools.files import write_each
from xltools.office.guard import limits_from
from xltools.report.text import collection_text
from xltools.text import Lang, catalog


def command(lang: Lang) -> click.Command:
    """Return the command in *lang*."""

    @click.command("import", cls=Command, help=catalog(lang)("help.import"))
    @click.argument("files", metavar="FILE...", nargs=-1, required=True, type=place())
    @option(lang, "-o", "--output", type=TypedPath(), text="imported")
    @period(lang, "import-year")
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
        period: Period | None,
        agency: str,
        code: str,
        district: str,
        roster: Path | None,
        form: str | None,
        limits: tuple[str, ...],
        force: bool,
    ) -> int:
        own = collection_defaults()
        definition = own.named_form(form)
        options = ImportOptions(
            definition,
            limits_from(limits),
            ReportIdentity(period, agency.strip(), code.strip(), district.strip()),
            own.roster_of(roster, definition),
            own.district,
        )
        imported = import_reports(files, output, options, force=force)
        collection = examine(imported.filings)
        emit(collection_text(collection, lang))
        write_each(imported.contents, are_new=not force)
        _say_outputs(imported, lang, has_roster=options.roster is not None)
        return int(collection.has_errors)

    return run


def _say_outputs(imported: ImportedReports, lang: Lang, *, has_roster: bool) -> None:
    """Print to stderr which returns were written, and which reports did not become returns."""
    t = catalog(lang)
    for path, filing in imported.outputs:
        inform(t("report.imported", agency=filing.agency, period=filing.stamp.period, path=path))
        if has_roster and filing.agency.is_named_only:
            inform(t("report.import-unmatched", agency=filing.agency))
    for left in imported.left_out:
        inform(t("report.not-imported", file=left.source.path))
