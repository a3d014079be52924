"""Reads the facts of a workbook in any format: .xlsx, encrypted .xlsx, or an old format, which gives only values."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

from xltools.excel.scan import Facts, Limits, ScanError, scan


def facts_of(data: bytes, limits: Limits | None = None, passwords: Sequence[str] = ()) -> Facts:
    """Return the facts of the workbook in *data*; raises :class:`ScanError` and nothing else."""
    limits, started = limits or Limits(), time.monotonic()
    try:
        return _plain(data, limits)
    except ScanError as error:
        if error.code != "encrypted":
            raise
    from xltools.excel.decrypt import decrypted  # noqa: PLC0415  only encrypted workbooks need it

    opened = decrypted(data, passwords, limits)
    left = max(1, int(limits.seconds - (time.monotonic() - started)))
    return _plain(opened, replace(limits, seconds=left))


def is_workbook(data: bytes, limits: Limits) -> bool:
    """Return whether *data* is a workbook of any format, even one that cannot be read."""
    try:
        scan(data, limits)
    except ScanError as error:
        return error.code in _WORKBOOKS
    return True


_WORKBOOKS = {"old-format", "encrypted", "macros"}


def _plain(data: bytes, limits: Limits) -> Facts:
    try:
        return scan(data, limits)
    except ScanError as error:
        if error.code != "old-format":
            raise
        from xltools.excel.old_formats import old_format, read_old  # noqa: PLC0415  only old formats need it

        kind = old_format(data, limits)
        if not kind:
            raise
        return read_old(data, kind, limits)
