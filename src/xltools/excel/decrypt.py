"""Workbooks with a password to open: taken off in a child process, by the passwords the user gave.

Excel's own default password, which marks a workbook as read-only and keeps nobody out, is tried as well.
"""

from __future__ import annotations

from collections.abc import Sequence

from xltools.excel.sandbox import ApartError, apart
from xltools.excel.scan import Limits, ScanError

_DEFAULT = "VelvetSweatshop"  # nobody is asked for it: Excel opens such files by itself


def decrypted(data: bytes, passwords: Sequence[str], limits: Limits) -> bytes:
    """The workbook inside; raises :class:`ScanError` and nothing else."""
    try:
        return apart("decrypt", data, limits, secrets=[*filter(None, passwords), _DEFAULT])
    except ApartError as error:
        is_wrong = error.word == "wrong-password" and any(passwords)
        raise ScanError("wrong-password" if is_wrong else "encrypted", error.reason or error.word) from error
