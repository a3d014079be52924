"""Decrypt workbooks that need a password to open, in the sandbox, with the passwords that the user gave."""

from __future__ import annotations

from collections.abc import Sequence

from xltools.excel.scan import ScanError
from xltools.office.guard import Budget
from xltools.office.sandbox import SandboxError, run_sandboxed

# Excel encrypts read-only workbooks with this password and opens them without asking for one.
_DEFAULT_PASSWORD = "VelvetSweatshop"  # noqa: S105  public


def decrypted(data: bytes, passwords: Sequence[str], budget: Budget) -> bytes:
    """Return the decrypted workbook; raises :class:`ScanError` and nothing else."""
    try:
        return run_sandboxed("decrypt", data, budget, [*filter(None, passwords), _DEFAULT_PASSWORD])
    except SandboxError as error:
        is_wrong = error.code == "wrong-password" and any(passwords)
        raise ScanError("wrong-password" if is_wrong else "encrypted", error.reason or error.code) from error
