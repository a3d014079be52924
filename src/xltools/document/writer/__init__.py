"""A document in a format that people read: a room for each, and what says which one is meant."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Literal, get_args

from xltools.classes import frozen
from xltools.data.document import Document
from xltools.errors import InputError, OutputError, Problem

How = Literal["docx", "html", "md", "pdf"]
HOWS: tuple[How, ...] = get_args(How)


@frozen
class _Format:
    """What is to be known of a format: its room, the endings of its files, and the library that it needs with its extra."""

    room: str
    endings: tuple[str, ...]
    library: str = ""
    extra: str = ""


_FORMATS: dict[How, _Format] = {
    "docx": _Format("as_docx", (".docx",), "docx", "word"),
    "html": _Format("as_html", (".html", ".htm")),
    "md": _Format("as_markdown", (".md", ".markdown")),
    "pdf": _Format("as_pdf", (".pdf",), "docx", "word"),
}


def format_of(output: Path) -> How:
    """The format that the name of the file asks for; raises :class:`InputError` where it asks for none."""
    ending = output.suffix.casefold()
    for how, about in _FORMATS.items():
        if ending in about.endings:
            return how
    known = ", ".join(ending for about in _FORMATS.values() for ending in about.endings)
    raise InputError(Problem("unknown-ending", str(output), {"known": known}))


def render(document: Document, how: How) -> bytes:
    """The document in that format; the same bytes for the same document, but for a PDF.

    Raises :class:`OutputError` when the library is not installed that the format needs, or LibreOffice for a PDF.
    """
    about = _FORMATS[how]
    try:
        room = import_module(f"xltools.document.writer.{about.room}")
    except ModuleNotFoundError as error:
        if error.name != about.library:
            raise
        raise OutputError(Problem("missing-extra", facts={"how": about.extra})) from error
    content: bytes = room.render(document)
    return content
