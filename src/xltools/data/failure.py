"""What remains of a file on which the program itself failed."""

from __future__ import annotations

import os

from xltools.data.filing import Filing
from xltools.data.finding import Finding, quoted
from xltools.errors import XltoolsError


def failed(filing: Filing, error: Exception) -> Filing:
    """Return *filing* without its figures, with the one finding ``reader-failed``, which reports *error*.

    An exception that no reader and no check foresees is a defect of the program. As a finding on one file it does not
    stop the work on the others. Raises *error* itself if it stops the work on purpose, that is if it is an
    :class:`XltoolsError`, and if the environment variable ``XLTOOLS_DEBUG`` is set.
    """
    if isinstance(error, XltoolsError) or os.environ.get("XLTOOLS_DEBUG"):
        raise error
    reason = quoted(" ".join(f"{type(error).__name__}: {error}".split()))
    agency = str(filing.agency) if filing.agency else ""
    finding = Finding("reader-failed", filing.source.path, agency, found=reason)
    return Filing(filing.source, (finding,), stamp=filing.stamp)
