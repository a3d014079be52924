"""Output files of reports: which paths are refused, and the reference to the explanations of findings."""

from __future__ import annotations

import sys
from pathlib import Path

from xltools.checking.collection import Collection
from xltools.cli.output import inform, is_terminal
from xltools.collection.reading import Inputs
from xltools.errors import InputError, Problem
from xltools.files import refuse_existing, refuse_input, refuse_workbook, write_atomically
from xltools.report.explain import pointer
from xltools.text import Lang

FILES = {"html", "xlsx"}  # formats that cannot be printed


def refuse_output(how: str, output: Path | None, *, force: bool) -> None:
    """Raise if a format needs a file and *output* is missing or, unless *force*, would be replaced."""
    if how not in FILES:
        return
    if output is None:
        raise InputError(Problem("needs-output", facts={"how": how}))
    if how == "html":
        refuse_workbook(output)
    elif not force:
        refuse_existing([output])


def write_file(output: Path, content: bytes, inputs: Inputs, *, is_new: bool) -> None:
    """Write a page or a workbook; raise :class:`OutputError` if *output* is one of the files that were read."""
    refuse_input(output, inputs.inbox.paths)
    write_atomically(output, content, is_new=is_new)


def point_to_explanations(collection: Collection, lang: Lang) -> None:
    """Print to stderr, if it is a terminal, which command explains the codes."""
    if is_terminal(sys.stderr) and (findings := collection.findings):
        inform(pointer(findings, lang))
