"""Options and output of the commands that write a document: where, in which format, and whether files are replaced."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from xltools.cli.options import FormatChoice, file, option, together
from xltools.cli.output import emit
from xltools.document.writer import DOCUMENT_FORMATS, format_of
from xltools.errors import InputError, Problem
from xltools.files import refuse_existing, write_atomically
from xltools.text import Lang

if TYPE_CHECKING:
    from xltools.document.writer import DocumentFormat

_Command = TypeVar("_Command", bound=Callable[..., Any])
_TEXTS = {"html", "md"}  # formats that can be printed


def documents(lang: Lang) -> Callable[[_Command], _Command]:
    """Return the options ``output``, ``how`` (by default the format of the ending) and ``force``."""
    return together(
        option(lang, "-o", "--output", type=file(), text="document"),
        option(lang, "--format", "how", type=FormatChoice(DOCUMENT_FORMATS), text="document-format"),
        option(lang, "--force", is_flag=True, text="force"),
    )


def document_format(output: Path | None, how: DocumentFormat | None, *, force: bool) -> DocumentFormat:
    """Return the format *how*, by default that of the ending of *output*.

    Raises an error if the format cannot be printed and there is no *output*, if the ending is that of another format, or
    if *output* exists, unless *force*: people edit documents.
    """
    if output is None:
        how = how or DOCUMENT_FORMATS[0]
        if how not in _TEXTS:
            raise InputError(Problem("needs-output", facts={"how": how}))
        return how
    if not force:
        refuse_existing([output])
    return format_of(output, how)


def emit_content(content: bytes, output: Path | None, *, is_new: bool) -> None:
    """Write a document to *output*, by default to stdout."""
    if output is None:
        emit(content.decode())
    else:
        write_atomically(output, content, is_new=is_new)
