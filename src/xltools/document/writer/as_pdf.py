"""Write a document as PDF: LibreOffice converts the .docx."""

from __future__ import annotations

from xltools import libreoffice
from xltools.data.document import Document
from xltools.document.writer import as_docx

# Bookmarks for headings, and tags, by which a screen reader recognises tables (ISO 14289).
_FILTER = (
    'pdf:writer_pdf_Export:{"UseTaggedPDF":{"type":"boolean","value":"true"},'
    '"ExportBookmarks":{"type":"boolean","value":"true"}}'
)


def render(document: Document) -> bytes:
    """Return the document as the content of a PDF file, which includes the time of conversion.

    Raises :class:`OutputError` if LibreOffice is not installed, times out, or does not produce a PDF.
    """
    return libreoffice.converted(as_docx.render(document), "docx", _FILTER)
