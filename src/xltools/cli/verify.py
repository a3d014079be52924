"""``xltools verify``: what is wrong, in words that can be sent back."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from xltools.cli.output import emit, encoding
from xltools.cli.returning import return_to
from xltools.cli.shared import (
    FILES,
    Handed,
    How,
    Own,
    file,
    find_form,
    find_past,
    find_roster,
    formats,
    here,
    inbox_of,
    option,
    paths,
    point_to_explanations,
    prior,
    read_all,
    reading,
    refuse_output,
    write_file,
)
from xltools.text import Lang, catalog

if TYPE_CHECKING:
    from xltools.checking.collection import Collection
    from xltools.data.filing import Filing


def command(lang: Lang) -> click.Command:
    """The command in *lang*."""

    @click.command("verify", help=catalog(lang)("help.verify"))
    @paths()
    @option(lang, "--roster", type=file(), text="roster")
    @option(lang, "--year", type=int, text="year")
    @option(lang, "--form", text="forms")
    @prior(lang)
    @formats(lang, "text", "json", "html", "xlsx")
    @option(lang, "-o", "--output", type=file(), text="output")
    @option(lang, "--force", is_flag=True, text="force")
    @option(lang, "--return-to", "back", type=click.Path(path_type=Path, file_okay=False), text="return-to")
    @reading(lang)
    def run(
        paths: tuple[Path, ...],
        roster: Path | None,
        year: int | None,
        form: str | None,
        prior: tuple[Path, ...],
        how: str,
        output: Path | None,
        force: bool,
        back: Path | None,
        reading: How,
    ) -> int:
        from xltools.checking.collection import Collection, examine  # noqa: PLC0415

        refuse_output(how, output, force=force)
        own = here()
        agencies = find_roster(roster or own.roster)
        form = form or own.form
        definition = find_form(form) if form else None
        inbox, district = inbox_of(paths, own), own.district or ""
        handed = read_all(inbox, definition, lang, reading, roster=agencies, district=district)
        year = year or own.year
        past = find_past(prior, own, find_form(form), year or _latest(handed.filings), lang, reading)
        policy = own.policy
        if paths and roster is None and all(_is_own(filing, own) for filing in handed.filings):
            # What the district says itself is no return to it: nobody is missing beside it, and it may say it twice.
            alone = [examine([f], None, year, district, policy=policy, past=past) for f in handed.filings]
            collection = Collection(tuple(one for found in alone for one in found.examined))
        else:
            collection = examine(handed.filings, agencies, year, district, policy=policy, past=past)
        _report(collection, how, output, lang, handed)
        if back:
            return_to(back, collection, handed, reading, lang)
        return int(collection.has_errors)

    return run


def _is_own(filing: Filing, own: Own) -> bool:
    """Whether it is the collection's own roll-up, or the report that was made from it."""
    return filing.agency is not None and filing.agency.name == own.district


def _latest(filings: Sequence[Filing]) -> int | None:
    """The year of the returns when it was not said: the latest there is."""
    return max((filing.stamp.year for filing in filings if filing.stamp), default=None)


def _report(collection: Collection, how: str, output: Path | None, lang: Lang, handed: Handed) -> None:
    from xltools.report import text  # noqa: PLC0415

    if output and how in FILES:
        write_file(output, _content(collection, how, lang), handed)
        emit(text.summary(collection, lang))
    elif how == "json":
        from xltools.report import data  # noqa: PLC0415

        whole = data.collection_object(collection, lang, handed.passed_over)
        emit(data.json_text(whole, encoding(output), indent=1), output)
    else:
        emit(text.collection_text(collection, lang), output)
        point_to_explanations(collection, lang)


def _content(collection: Collection, how: str, lang: Lang) -> bytes:
    if how == "html":
        from xltools.report.explain import page_text  # noqa: PLC0415
        from xltools.report.html import page_html  # noqa: PLC0415

        return page_html(collection, lang, lambda code: page_text(code, lang)).encode()
    from xltools.report.workbook import findings_workbook  # noqa: PLC0415

    return findings_workbook(collection, lang)
