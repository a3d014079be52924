"""Reads the facts of a workbook in any format: .xlsx, encrypted .xlsx, or an old format, which gives only values."""

from __future__ import annotations

from collections.abc import Sequence

from xltools.excel.scan import Facts, ScanError, scan
from xltools.office.guard import Budget


def facts_of(data: bytes, budget: Budget | None = None, passwords: Sequence[str] = ()) -> Facts:
    """Return the facts of the workbook in *data*; raises :class:`ScanError` and nothing else."""
    budget = budget or Budget()
    try:
        return _plain(data, budget)
    except ScanError as error:
        if error.code != "encrypted":
            raise
    from xltools.excel.decrypt import decrypted  # noqa: PLC0415  only encrypted workbooks need it

    return _plain(decrypted(data, passwords, budget), budget)


def is_workbook(data: bytes, budget: Budget) -> bool:
    """Return whether *data* is a workbook of any format, even one that cannot be read."""
    try:
        scan(data, budget)
    except ScanError as error:
        return error.code in _WORKBOOKS
    return True


_WORKBOOKS = {"old-format", "encrypted", "macros"}


def _plain(data: bytes, budget: Budget) -> Facts:
    try:
        return scan(data, budget)
    except ScanError as error:
        if error.code != "old-format":
            raise
        from xltools.excel.old_formats import old_format, read_old  # noqa: PLC0415  only old formats need it

        kind = old_format(data, budget.limits)
        if not kind:
            raise
        return read_old(data, kind, budget)
