"""A document in a format that people read: a room for each, and what says which one is meant."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from xltools.data.document import Document
from xltools.document.formats import format_by, room_of

How = Literal["docx", "html", "md", "pdf"]
HOWS: tuple[How, ...] = get_args(How)


@dataclass(frozen=True, slots=True)
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
    return format_by(output, {how: about.endings for how, about in _FORMATS.items()})


def render(document: Document, how: How) -> bytes:
    """The document in that format; the same bytes for the same document, but for a PDF.

    Raises :class:`OutputError` when the library is not installed that the format needs, or LibreOffice for a PDF.
    """
    about = _FORMATS[how]
    room = room_of(f"xltools.document.writer.{about.room}", about.library, about.extra)
    content: bytes = room.render(document)
    return content
