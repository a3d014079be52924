"""Last year's figures: finding the files that contain them, and reading these."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from xltools.checking.checks import verify
from xltools.collection import location, settings
from xltools.collection.inbox import content_of, gather
from xltools.collection.manifest import hash_of
from xltools.collection.reading import LOCAL, Execution, ReadOptions, read_inputs
from xltools.data.finding import has_errors
from xltools.data.period import Period
from xltools.data.prior import Past, past_before, past_of
from xltools.errors import InputError, Problem
from xltools.form.model import Form
from xltools.office.guard import Limits, ScanError


class LastYear(NamedTuple):
    """Last year's figures, and the number of files: ``faulty`` have errors, ``unusable`` could not be read at all."""

    past: Past
    files: int
    faulty: int
    unusable: int


def last_year_files(
    paths: Sequence[Path], form: Form, period: Period | None = None, execution: Execution = LOCAL
) -> list[Path]:
    """Return the files that contain the figures of the *form* before *period*.

    For the folder of a collection, this is its roll-up if it exists and is complete, else the folder of its returns.
    The roll-up has the codes of the roster, the sums and the years before. One of several periods has the period before
    and that of a year ago. Raises :class:`InputError` for a path that is not there.
    """
    if gone := [Problem("prior-gone", str(path)) for path in paths if not path.exists()]:
        raise InputError(*gone)
    return [file for path in paths for file in _files_at(path, form, period, execution)]


def _files_at(path: Path, form: Form, period: Period | None, execution: Execution) -> list[Path]:
    home = path.parent.parent  # of the returns of one of several periods
    if (path / location.FILE).is_file():
        found = settings.load(path)
        if found.period.is_year or period is None:
            return [_rollup_or_returns(found, form, execution)]
        return [f for one in found.returns_before(period) for f in _files_at(one, form, period, execution)]
    if (home / location.FILE).is_file() and (own := Period.from_text(path.name)):
        found = settings.load(home)
        if not found.period.is_year and path == (there := found.at(own)).inbox:
            return [_rollup_or_returns(there, form, execution)]
    return [path]


def _rollup_or_returns(found: settings.Folder, form: Form, execution: Execution) -> Path:
    if not found.rollup.is_file():
        return found.inbox
    filing = execution.read_one(found.rollup, form)
    return found.rollup if filing.record and not filing.left_out else found.inbox


def read_last_year(
    paths: Sequence[Path],
    form: Form,
    period: Period | None,
    options: ReadOptions,
    execution: Execution = LOCAL,
) -> LastYear | None:
    """Read the figures before *period* from the files at *paths*; return ``None`` if there are no paths.

    A file with errors is used as far as it could be read. The key of this year's seals is not used. For parts of a
    year, the files may be of the period before and of the same period a year ago; others are not used. Raises
    :class:`InputError` if the files are not of the year before.
    """
    files = last_year_files(paths, form, period, execution)
    if not files:
        return None
    filings = read_inputs(files, replace(options, form=form, key=b""), execution).filings
    past = past_of(filings, form) if period is None or period.is_year else past_before(filings, form, period)
    if period is not None and past.period != period.previous:
        about: dict[str, object] = {"found": past.period, "expected": period.previous}
        raise InputError(Problem("prior-year", "、".join(map(str, files)), about))
    unusable = sum(filing.record is None for filing in filings)
    faulty = sum(has_errors(verify(filing)) for filing in filings) - unusable
    return LastYear(past, len(filings), faulty, unusable)


def last_year_hash(paths: Sequence[Path], form: Form, period: Period) -> str:
    """Return the SHA-256 of all files that hold the figures before *period*."""
    return hash_of(_contents(last_year_files(paths, form, period)))


def _contents(paths: Sequence[Path]) -> Iterator[bytes]:
    for file in gather(paths).files:
        with suppress(ScanError):  # what cannot be read holds no figures
            yield content_of(file, Limits())[0]
