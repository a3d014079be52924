"""Reading returns for a command, and the messages about files that were skipped or could not be used."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from xltools.checking.collection import Collection
from xltools.cli.options import CollectionDefaults, ReadingOptions
from xltools.cli.output import inform, progress
from xltools.collection.last_year import LastYear, read_last_year
from xltools.collection.reading import Execution, Filings, Inputs, ReadBefore, read_inputs
from xltools.collection.settings import Folder
from xltools.collection.verifying import Inspected, inspect
from xltools.data.period import Period
from xltools.data.prior import Past
from xltools.data.roster import Roster
from xltools.errors import InputError, Problem
from xltools.form.model import Form
from xltools.report.text import skipped_text
from xltools.text import Lang, catalog


def execution(reading: ReadingOptions, lang: Lang, before: ReadBefore | None = None) -> Execution:
    """Return how the command reads files: by processes or a Dask cluster, with a progress bar on a terminal.

    What was read *before* is not read again.
    """

    def watch(found: Iterator[Filings], count: int) -> Iterator[Filings]:
        return progress(found, catalog(lang)("report.reading"), count)

    if reading.dask is None:
        return Execution(processes=reading.processes, watch=watch, before=before)
    if reading.processes is not None:
        raise InputError(Problem("processes-and-dask"))
    from xltools.cli.cluster import cluster_workers  # noqa: PLC0415  only with --dask

    return Execution(cluster_workers(reading.dask), watch=watch, before=before)


def read_all(
    paths: Sequence[Path],
    form: Form | None,
    lang: Lang,
    reading: ReadingOptions,
    *,
    allow_none: bool = False,
    roster: Roster | None = None,
    district: str = "",
    is_silent: bool = False,
    before: ReadBefore | None = None,
) -> Inputs:
    """Read every file in *paths* that was not read *before* and, unless *is_silent*, print which were skipped.

    See :func:`~xltools.collection.reading.read_inputs`.
    """
    inputs = read_inputs(
        paths,
        reading.for_form(form, roster),
        execution(reading, lang, before),
        roster=roster,
        district=district,
        allow_none=allow_none,
    )
    if not is_silent:
        say_skipped(inputs, lang)
    return inputs


def inspected(
    folder: Folder,
    lang: Lang,
    reading: ReadingOptions,
    prior: Sequence[Path] = (),
    before: ReadBefore | None = None,
) -> Inspected:
    """Read and examine the inbox of a collection, and print what was skipped or could not be used.

    What was read *before* is not read again.
    """
    found = inspect(folder, reading.for_form(None), execution(reading, lang, before), prior)
    say_skipped(found.inputs, lang)
    say_faults(found.last_year, lang)
    return found


def say_unmatched(collection: Collection, lang: Lang) -> None:
    """Print to stderr the agencies of the waivers that have no effect, if any."""
    if agencies := dict.fromkeys(waiver.agency for waiver in collection.unmatched):
        inform(catalog(lang)("report.waivers-unmatched", agencies="、".join(agencies)))


def say_skipped(inputs: Inputs, lang: Lang) -> None:
    """Print to stderr which files were skipped and why, if any."""
    if inputs.skipped:
        inform(skipped_text(inputs.skipped, lang))


def find_past(
    paths: Sequence[Path],
    own: CollectionDefaults,
    form: Form,
    period: Period | None,
    lang: Lang,
    reading: ReadingOptions,
) -> Past | None:
    """Read last period's figures, by default those that the collection names, and print how many files were not usable."""
    found = read_last_year(
        own.prior_of(paths), form, period, reading.for_form(form), execution(reading, lang)
    )
    say_faults(found, lang)
    return found.past if found else None


def say_faults(found: LastYear | None, lang: Lang) -> None:
    """Print to stderr how many of last year's files have errors or could not be read, if any."""
    if found and (found.faulty or found.unusable):
        facts = {"files": found.files, "faulty": found.faulty, "unusable": found.unusable}
        inform(catalog(lang).about(found.past.period.kind, "report.prior-faults", **facts))
