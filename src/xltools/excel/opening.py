"""Any file into facts: an .xlsx by the scanner, what has a password once it is taken off, old formats by their values."""

from __future__ import annotations

import time
from collections.abc import Sequence

import attrs

from xltools.excel.decrypt import decrypted
from xltools.excel.legacy import old_format, read_old
from xltools.excel.scan import Facts, Limits, ScanError, scan


def facts_of(data: bytes, limits: Limits | None = None, passwords: Sequence[str] = ()) -> Facts:
    """The facts of the workbook in *data*; raises :class:`ScanError` and nothing else."""
    limits, started = limits or Limits(), time.monotonic()
    try:
        return _plain(data, limits)
    except ScanError as error:
        if error.code != "encrypted":
            raise
    opened = decrypted(data, passwords, limits)
    left = max(1, int(limits.seconds - (time.monotonic() - started)))
    return _plain(opened, attrs.evolve(limits, seconds=left))


def _plain(data: bytes, limits: Limits) -> Facts:
    try:
        return scan(data, limits)
    except ScanError as error:
        if error.code == "old-format" and (kind := old_format(data, limits)):
            return read_old(data, kind, limits)
        raise
