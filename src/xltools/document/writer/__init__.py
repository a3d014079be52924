"""Writing a document in a format; each format has a module of its own."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Literal, NamedTuple, get_args

from xltools.data.document import Document
from xltools.document.formats import format_by_ending, load_module
from xltools.errors import Problem, missing_extra

DocumentFormat = Literal["docx", "html", "md", "pdf"]
DOCUMENT_FORMATS: tuple[DocumentFormat, ...] = get_args(DocumentFormat)


class _Writer(NamedTuple):
    """The module that writes a format, the endings of its files, and the library it needs with the extra that has it."""

    module: str
    endings: tuple[str, ...]
    library: str = ""
    extra: str = ""


_WRITERS: dict[DocumentFormat, _Writer] = {
    "docx": _Writer("as_docx", (".docx",), "docx", "word"),
    "html": _Writer("as_html", (".html", ".htm")),
    "md": _Writer("as_markdown", (".md", ".markdown")),
    "pdf": _Writer("as_pdf", (".pdf",), "docx", "word"),
}


def format_of(output: Path, given: DocumentFormat | None = None) -> DocumentFormat:
    """Return the format *given*, else that of the file's ending; raises :class:`InputError` if they differ or name none."""
    return format_by_ending(output, {name: writer.endings for name, writer in _WRITERS.items()}, given)


def missing_for(how: DocumentFormat) -> Problem | None:
    """Return what has to be installed before a document can be written in a format, if anything."""
    writer = _WRITERS[how]
    if writer.library and find_spec(writer.library) is None:
        return missing_extra(writer.extra)
    if how != "pdf":
        return None
    from xltools import libreoffice  # noqa: PLC0415  only a PDF needs other processes

    return None if libreoffice.is_installed() else Problem("missing-office")


def render(document: Document, how: DocumentFormat) -> bytes:
    """Return the document in a format; except for PDF, the same document gives the same bytes.

    Raises :class:`OutputError` if the library of the format, or LibreOffice for a PDF, is not installed.
    """
    writer = _WRITERS[how]
    module = load_module(f"xltools.document.writer.{writer.module}", writer.library, writer.extra)
    content: bytes = module.render(document)
    return content
