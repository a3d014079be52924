"""Turns the error for a file that cannot be read into the finding on it."""

from __future__ import annotations

from xltools.data.filing import RefusedFile, Source
from xltools.data.finding import Finding
from xltools.office.guard import ScanError
from xltools.office.kinds import named_kind
from xltools.text import Word


def refused(source: Source, error: ScanError, data: bytes = b"") -> RefusedFile:
    """Return the refusal of a file with the content *data* because of *error*; its name may say more."""
    code, kind = error.code, error.kind
    if more := named_kind(code, kind, source.name, data):
        code, kind = more.code, more.name
    facts: dict[str, object] = {"kind": Word(f"kind-{kind}")}
    return RefusedFile(source, (Finding(code, source.path, found=error.reason, facts=facts),))
