"""Reading returns for a command: with progress, by several processes or a cluster, and with what is to be said of it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from xltools.cli.options import CollectionDefaults, ReadingOptions, prior_paths
from xltools.cli.output import inform, progress
from xltools.collection.last_year import LastYear, read_last_year
from xltools.collection.reading import Filings, Inputs, Watch, Workers, read_inputs
from xltools.data.period import Period
from xltools.data.prior import Past
from xltools.data.roster import Roster
from xltools.form.model import Form
from xltools.text import Lang, catalog


@contextlib.contextmanager
def cluster_workers(reading: ReadingOptions) -> Iterator[Workers | None]:
    """Yield the workers of the Dask cluster that ``--dask`` names; ``None`` without the option."""
    if reading.dask is None:
        yield None
        return
    from xltools.cli.cluster import cluster  # noqa: PLC0415  distributed is slow to import

    with cluster(reading.dask, reading.processes) as found:
        yield found


def watching(lang: Lang) -> Watch:
    """Return what shows the progress of reading on a terminal."""

    def watch(found: Iterator[Filings], count: int) -> Iterator[Filings]:
        return progress(found, catalog(lang)("report.reading"), count)

    return watch


def read_all(
    paths: Sequence[Path],
    form: Form | None,
    lang: Lang,
    reading: ReadingOptions,
    *,
    allow_none: bool = False,
    roster: Roster | None = None,
    district: str = "",
) -> Inputs:
    """Read every file in *paths* and say how many were skipped; see :func:`~xltools.collection.reading.read_inputs`."""
    with cluster_workers(reading) as workers:
        inputs = read_inputs(
            paths,
            reading.for_form(form),
            roster=roster,
            district=district,
            allow_none=allow_none,
            processes=reading.processes,
            workers=workers,
            watch=watching(lang),
        )
    say_skipped(inputs, lang)
    return inputs


def say_skipped(inputs: Inputs, lang: Lang) -> None:
    """Say on stderr how many files were skipped, if any."""
    if inputs.skipped:
        inform(catalog(lang)("report.passed-over", count=inputs.skipped))


def find_past(
    paths: Sequence[Path],
    own: CollectionDefaults,
    form: Form,
    period: Period | None,
    lang: Lang,
    reading: ReadingOptions,
) -> Past | None:
    """Read last year's figures, by default from what the collection names, and say which files were not usable."""
    found = read_last_year(
        prior_paths(paths, own),
        form,
        period,
        reading.for_form(form),
        processes=reading.processes,
        watch=watching(lang),
    )
    if found is None:
        return None
    say_faults(found, lang)
    return found.past


def say_faults(found: LastYear, lang: Lang) -> None:
    """Say on stderr how many of last year's files have errors or could not be read, if any."""
    if found.faulty or found.unusable:
        facts = {"files": found.files, "faulty": found.faulty, "unusable": found.unusable}
        inform(catalog(lang)("report.prior-faults", **facts))
