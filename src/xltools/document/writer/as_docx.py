"""Write a document as .docx, in the layout of GB/T 9704, with editable tables and charts.

The same document gives the same bytes: the file contains no time and nothing about the machine.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import pairwise

import docx
from docx.document import Document as WordDocument
from docx.opc.constants import CONTENT_TYPE, RELATIONSHIP_TYPE
from docx.opc.oxml import serialize_part_xml
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.shared import Mm

from xltools.data.document import ChartBlock, Document, Heading, PageBreak, Paragraph, Table
from xltools.document.writer.word import look
from xltools.document.writer.word.chart import chart_xml, data_workbook, drawing
from xltools.document.writer.word.elements import Element, field, paragraph, run, runs, w
from xltools.document.writer.word.table import table
from xltools.document.writer.word.watermark import watermark
from xltools.excel.package import with_parts
from xltools.text import clerk, harmless

_CREATED = datetime(2000, 1, 1, tzinfo=UTC).replace(tzinfo=None)  # the same in every file
_ROLES = {"body": look.BODY, "note": look.NOTE, "centre": look.CENTRE, "right": look.RIGHT}
# The parts of python-docx's template that are kept; the others hold its styles and a thumbnail.
_KEPT = {RELATIONSHIP_TYPE.STYLES, RELATIONSHIP_TYPE.SETTINGS}
_PROPERTIES = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<Properties xmlns='
    '"http://schemas.openxmlformats.org/officeDocument/2006/extended-properties"><Application>xltools</Application></Properties>'
)


def render(document: Document) -> bytes:
    """Return the document as the content of a .docx file."""
    book = docx.Document()
    package = book.part.package
    kept_of_package = {RELATIONSHIP_TYPE.OFFICE_DOCUMENT, RELATIONSHIP_TYPE.CORE_PROPERTIES}
    for part, kept in ((book.part, _KEPT), (package, kept_of_package)):
        for name, relation in list(part.rels.items()):
            if relation.reltype not in kept:
                part.rels.pop(name)
    _set_styles(book)
    properties = book.core_properties
    properties.title, properties.language, properties.author = harmless(document.title)[:255], "zh-CN", ""
    properties.comments = properties.last_modified_by = ""
    properties.created = properties.modified = _CREATED
    properties.revision = 1
    _set_page(book, document)
    body = book.element.body
    for element in _body(book, document):
        body.insert(len(body) - 1, element)  # the section's properties stay last
    out = io.BytesIO()
    book.save(out)
    return with_parts(out.getvalue(), {})


def _set_styles(book: WordDocument) -> None:
    _replace_content(book.styles.element, (look.defaults(), *look.styles()))
    _replace_content(book.settings.element, look.settings())
    package = book.part.package
    uri, kind = PackURI("/word/fontTable.xml"), CONTENT_TYPE.WML_FONT_TABLE
    fonts = Part(uri, kind, serialize_part_xml(look.font_table()), package)
    book.part.relate_to(fonts, RELATIONSHIP_TYPE.FONT_TABLE)
    uri, kind = PackURI("/docProps/app.xml"), CONTENT_TYPE.OFC_EXTENDED_PROPERTIES
    package.relate_to(Part(uri, kind, _PROPERTIES.encode(), package), RELATIONSHIP_TYPE.EXTENDED_PROPERTIES)


def _set_page(book: WordDocument, document: Document) -> None:
    """Set the margins, the page numbers and, for a draft, the header with the watermark."""
    t, (section,) = clerk(), book.sections
    section.page_width, section.page_height = Mm(look.PAGE_WIDTH), Mm(look.PAGE_HEIGHT)
    section.top_margin, section.bottom_margin = Mm(look.MARGIN_TOP), Mm(look.MARGIN_BOTTOM)
    section.left_margin, section.right_margin = Mm(look.MARGIN_LEFT), Mm(look.MARGIN_RIGHT)
    section.header_distance, section.footer_distance = Mm(look.HEADER), Mm(look.FOOTER)
    # Page numbers are at the outer edge, right on odd pages and left on even ones, indented by one character.
    for footer, align in ((section.footer, "right"), (section.even_page_footer, "left")):
        indent = {f"{align}Chars": 100, align: 280}
        line = paragraph("", look.FOOT, w("ind", **indent), w("jc", val=align))
        line.extend((*runs(t("document.page-before")), field("PAGE", "1"), *runs(t("document.page-after"))))
        footer.is_linked_to_previous = False
        _replace_content(footer.part.element, [line])
    headers = (section.header, section.even_page_header) if document.draft else ()
    for number, header in enumerate(headers, 1):
        line = paragraph(t("document.draft"), look.DRAFT)
        line.append(watermark(t("document.draft"), number))
        header.is_linked_to_previous = False
        _replace_content(header.part.element, [line])


def _replace_content(element: Element, content: Iterable[Element]) -> None:
    """Replace the children of an element."""
    for child in list(element):
        element.remove(child)
    element.extend(content)


def _body(book: WordDocument, document: Document) -> Iterator[Element]:
    yield paragraph(document.title, look.TITLE)
    number = 0
    for block, following in pairwise((*document.blocks, None)):
        match block:
            case Heading():
                yield paragraph(block.text, f"Heading{min(max(block.level, 1), look.LEVELS)}")
            case Paragraph():
                yield paragraph(block.text, _ROLES[block.role])
            case Table():
                yield table(block)
                if following is None or isinstance(following, Table):
                    # Adjacent tables would become one, and the last table must be followed by a paragraph.
                    yield paragraph("", look.SPACE)
            case ChartBlock():
                number += 1
                yield _chart(book, block, number)
            case PageBreak():
                yield w("p", w("pPr", w("pStyle", val=look.SPACE)), run(w("br", type="page")))


def _chart(book: WordDocument, chart: ChartBlock, number: int) -> Element:
    package = book.part.package
    uri, kind = PackURI(f"/word/embeddings/chart{number}.xlsx"), CONTENT_TYPE.SML_SHEET
    figures = Part(uri, kind, data_workbook(chart), package)
    part = Part(PackURI(f"/word/charts/chart{number}.xml"), CONTENT_TYPE.DML_CHART, None, package)
    part._blob = chart_xml(chart, part.relate_to(figures, RELATIONSHIP_TYPE.PACKAGE))  # noqa: SLF001  it contains its own relation
    return drawing(chart, book.part.relate_to(part, RELATIONSHIP_TYPE.CHART), number)
