"""Write a document as one HTML page, to publish as it is or to paste into a content management system."""

from __future__ import annotations

from xltools.data.document import Document
from xltools.document.charting import alternative_text, as_table
from xltools.document.pages import page
from xltools.document.writer.svg import picture
from xltools.text import clerk


def render(document: Document) -> bytes:
    """Return the document as an HTML page, encoded as UTF-8."""
    text = page(
        "document/writer/page.html",
        document=document,
        blocks=[(type(block).__name__, block) for block in document.blocks],
        picture=picture,
        alternative_text=alternative_text,
        as_table=as_table,
        t=clerk(),
    )
    return text.encode()
