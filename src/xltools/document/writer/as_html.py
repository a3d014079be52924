"""Write a document as one HTML page, to publish as it is or to paste into a content management system."""

from __future__ import annotations

from xltools.data.document import Document
from xltools.document.charting import alternative_text, as_table
from xltools.document.markup import Markup
from xltools.document.pages import page
from xltools.document.writer.svg import picture
from xltools.text import clerk


def render(document: Document) -> bytes:
    """Return the document as an HTML page, encoded as UTF-8."""
    return page("document/writer/page.html", document=document, article=article(document)).encode()


def article(document: Document) -> Markup:
    """Return the document as an article, whose looks are in ``page.css``."""
    found = page(
        "document/writer/article.html",
        document=document,
        blocks=[(type(block).__name__, block) for block in document.blocks],
        picture=picture,
        alternative_text=alternative_text,
        as_table=as_table,
        t=clerk(),
    )
    return Markup(found)  # a template escapes what it prints
