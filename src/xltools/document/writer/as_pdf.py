"""A document as PDF: the .docx, printed by LibreOffice."""

from __future__ import annotations

from xltools import libreoffice
from xltools.data.document import Document
from xltools.document.writer import as_docx

# Headings become bookmarks, and tables stay tables for a screen reader (ISO 14289).
_FILTER = (
    'pdf:writer_pdf_Export:{"UseTaggedPDF":{"type":"boolean","value":"true"},'
    '"ExportBookmarks":{"type":"boolean","value":"true"}}'
)


def render(document: Document) -> bytes:
    """The document as a PDF, whose bytes contain the time at which it was made.

    Raises :class:`OutputError` when LibreOffice is not installed, does not answer in time, or gives no PDF.
    """
    return libreoffice.converted(as_docx.render(document), "docx", _FILTER)
