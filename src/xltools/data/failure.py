"""What remains of a file on which the program itself failed."""

from __future__ import annotations

import os

from xltools.data.filing import Filing, RefusedFile
from xltools.data.finding import Finding, quoted
from xltools.errors import XltoolsError


def raise_if_intended(error: Exception) -> None:
    """Raise *error* if it stops the work on purpose: an :class:`XltoolsError`, or any if ``XLTOOLS_DEBUG`` is set.

    Any other exception is a defect of the program, which on one file does not stop the work on the others.
    """
    if isinstance(error, XltoolsError) or os.environ.get("XLTOOLS_DEBUG"):
        raise error


def failed(filing: Filing, error: Exception) -> RefusedFile:
    """Return *filing* without its figures, with the one finding ``reader-failed``, which reports *error*.

    Raises *error* itself where :func:`raise_if_intended` does.
    """
    raise_if_intended(error)
    reason = quoted(" ".join(f"{type(error).__name__}: {error}".split()))
    agency = str(filing.agency) if filing.agency else ""
    finding = Finding("reader-failed", filing.source.path, agency, found=reason)
    return RefusedFile(filing.source, (finding,), stamp=filing.stamp)
