"""Write comments to a sheet: a part with the texts, and a VML drawing with the box of each.

Every program reads these two parts, in which Excel has stored comments (now called notes) since 2007. If a cell has a
comment already, the mark is appended to its text and the box keeps its size.
"""

from __future__ import annotations

from collections.abc import Mapping
from xml.parsers.expat import ExpatError

from xltools.excel.marking.parts import HEAD, EditableParts
from xltools.excel.marking.sheet import PixelGrid, add_drawing, remove_drawing, skip_cells
from xltools.excel.marking.workbook_part import WorkbookPart
from xltools.excel.marking.xml_editor import Element, XmlEditor, escaped, xml_element
from xltools.excel.marking_signs import AUTHOR, is_mark, spans
from xltools.excel.text_height import lines
from xltools.excel.threads import is_thread
from xltools.form.address import a1
from xltools.text import clerk

_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.comments+xml"
_VML_TYPE = "application/vnd.openxmlformats-officedocument.vmlDrawing"
_SPACES = {
    "v": "urn:schemas-microsoft-com:vml",
    "o": "urn:schemas-microsoft-com:office:office",
    "x": "urn:schemas-microsoft-com:office:excel",
}
_WIDTH, _LINE, _PADDING = 300, 17, 14  # pixels: width of a box, height of a line, and of a box without lines
_LINE_LENGTH = 40  # narrow characters
_FIRST_SHAPE = 1025
_LONGEST = 8000  # characters

CellPosition = tuple[int, int]  # row and column, counted from 0


def add_comments(
    parts: EditableParts, book: WorkbookPart, part: str, sheet: XmlEditor, texts: Mapping[CellPosition, str]
) -> None:
    """Add each text at its cell to the sheet in *part*; *sheet* edits it, since it may need a reference to a drawing.

    Nothing is added to the note of a thread, because Excel removes it when the thread changes. If the existing drawing is not well-formed XML, nothing is added: the slip and the colours have to suffice.
    """
    name = parts.related(part, "comments")
    threads = _threads(parts.open(name)) if name else set()
    texts = {cell: text for cell, text in texts.items() if a1(*cell) not in threads}
    drawing = _drawing_part(parts, book, part, sheet) if texts else None
    if drawing is None:
        return
    if not name:
        name = parts.unused_name("xl/comments#.xml")
        parts.add(name, f'{HEAD}<comments xmlns="{book.space}"><authors/><commentList/></comments>', _TYPE)
        parts.relate(part, book.base, "comments", name, parts.unused_identity(part, "xltoolsComments"))
    comments = parts.open(name)
    new = _add_texts(comments, texts)
    parts.put(name, comments)
    shapes = parts.open(drawing)
    grid = PixelGrid(sheet.root)
    number = 1 + max([_FIRST_SHAPE - 1, *map(_shape_number, shapes.root.findall("shape"))])
    for shape, cell in enumerate(new, number):
        shapes.append(shapes.root, _shape_xml(shapes, shape, grid, cell, texts[cell]))
    parts.put(drawing, shapes)


def enclosed(text: str) -> str:
    """Return *text* between the two signs of a mark; signs within it are altered."""
    begin, end = clerk()("mark.begin"), clerk()("mark.end")
    plain = text.replace(end, end[1:-1]).removeprefix(begin).replace(begin, begin[1:-1])
    return f"{begin}{plain[:_LONGEST]}\n{end}"


def _threads(comments: XmlEditor) -> set[str]:
    """Return the addresses of the notes that belong to threads."""
    authors = [author.text for author in comments.root.iter("author")]
    found = set()
    for comment in comments.root.iter("comment"):
        number = comment.attributes.get("authorId", "")
        author = authors[int(number)] if number.isdecimal() and int(number) < len(authors) else ""
        if is_thread(author, "".join(t.text for t in _text_elements(comment))):
            found.add(comment.attributes.get("ref", "").upper())
    return found


def _add_texts(comments: XmlEditor, texts: Mapping[CellPosition, str]) -> list[CellPosition]:
    """Add the texts to the part; return the cells that had no comment before."""
    existing = {e.attributes.get("ref", "").upper(): e for e in comments.root.iter("comment")}
    for cell in sorted(texts):
        if comment := existing.get(a1(*cell)):
            _append_text(comments, comment, escaped("\n" + texts[cell]))
    new = [cell for cell in sorted(texts) if a1(*cell) not in existing]
    if not new:
        return []
    author = str(_author_index(comments))
    size = comments.element("rPr", None, comments.element("sz", {"val": "9"}))
    added = ""
    for cell in new:
        words = comments.element("t", {"xml:space": "preserve"}, escaped(texts[cell]))
        text = comments.element("text", None, comments.element("r", None, size + words))
        added += comments.element("comment", {"ref": a1(*cell), "authorId": author}, text)
    _append_to_group(comments, "commentList", added)
    return new


def _append_text(comments: XmlEditor, comment: Element, text: str) -> None:
    words = [t for t in _text_elements(comment) if not t.is_empty_tag]
    if words:
        comments.insert(words[-1].content_end, text)
        return
    words_xml = comments.element("t", {"xml:space": "preserve"}, text)
    if holder := comment.find("text"):
        comments.append(holder, words_xml)
    else:
        comments.append(comment, comments.element("text", None, words_xml))


def _text_elements(comment: Element) -> list[Element]:
    """Return the elements with the text of a comment, without phonetic guides."""
    holders = [h for text in comment.findall("text") for h in (text, *text.findall("r"))]
    return sorted((t for holder in holders for t in holder.findall("t")), key=lambda t: t.start)


def _author_index(comments: XmlEditor) -> int:
    """Return our index in the list of authors, which we are added to if need be."""
    authors = [author.text for author in comments.root.iter("author")]
    if AUTHOR in authors:
        return authors.index(AUTHOR)
    _append_to_group(comments, "authors", comments.element("author", None, AUTHOR))
    return len(authors)


def _append_to_group(comments: XmlEditor, group: str, xml: str) -> None:
    if found := comments.root.find(group):
        comments.append(found, xml)
    else:
        order = ("authors", "commentList", "extLst")  # ECMA-376 part 1, 18.7.6 (CT_Comments)
        comments.insert_ordered(group, order, comments.element(group, None, xml))


def _drawing_part(parts: EditableParts, book: WorkbookPart, part: str, sheet: XmlEditor) -> str | None:
    """Return the part with the boxes of the sheet's comments, created if need be, or None if it is unreadable."""
    if element := sheet.root.find("legacyDrawing"):
        return _readable_drawing(parts, part, element.relation_id())
    name = parts.unused_name("xl/drawings/vmlDrawing#.vml")
    spaces = "".join(f' xmlns:{prefix}="{space}"' for prefix, space in _SPACES.items())
    parts.add(name, f"<xml{spaces}>{_SHAPE_TYPE}</xml>", _VML_TYPE)
    identity = parts.unused_identity(part, "xltoolsDrawing")
    parts.relate(part, book.base, "vmlDrawing", name, identity)
    add_drawing(sheet, identity, book.base)
    return name


def _readable_drawing(parts: EditableParts, part: str, identity: str) -> str | None:
    """Return the part that the sheet refers to under *identity*, or None if it is missing or malformed."""
    name = next((r.target for r in parts.relations(part) if r.identity == identity), "")
    try:
        parts.open(name)
    except (KeyError, ExpatError):
        return None
    return name


_SHAPE_TYPE = (
    '<o:shapelayout v:ext="edit"><o:idmap v:ext="edit" data="1"/></o:shapelayout>'
    '<v:shapetype id="_x0000_t202" coordsize="21600,21600" o:spt="202" path="m,l,21600r21600,l21600,xe">'
    '<v:stroke joinstyle="miter"/><v:path gradientshapeok="t" o:connecttype="rect"/></v:shapetype>'
)


def _shape_number(shape: Element) -> int:
    number = shape.attributes.get("id", "").rpartition("_s")[2]
    return int(number) if number.isdecimal() and len(number) < 10 else 0  # noqa: PLR2004


def _shape_xml(shapes: XmlEditor, number: int, grid: PixelGrid, cell: CellPosition, text: str) -> str:
    """Return the box of one comment, hidden until the pointer is on the cell, and large enough for its text."""
    declared = {p: space for p, space in _SPACES.items() if shapes.spaces.get(p) != space}
    attributes = {
        "id": f"_x0000_s{number}",
        "type": "#_x0000_t202",
        "style": "position:absolute;visibility:hidden",
        "fillcolor": "#fff2cc",
        "o:insetmode": "auto",
    } | {f"xmlns:{prefix}": space for prefix, space in declared.items()}
    height = lines(text, _LINE_LENGTH) * _LINE + _PADDING
    data = (
        xml_element("x:MoveWithCells")
        + xml_element("x:SizeWithCells")
        + xml_element("x:Anchor", None, grid.anchor(*cell, _WIDTH, height))
        + xml_element("x:AutoFill", None, "False")
        + xml_element("x:Row", None, str(cell[0]))
        + xml_element("x:Column", None, str(cell[1]))
    )
    content = (
        xml_element("v:fill", {"color2": "#fff2cc"})
        + xml_element("v:shadow", {"on": "t", "color": "black", "obscured": "t"})
        + xml_element("v:path", {"o:connecttype": "none"})
        + xml_element(
            "v:textbox",
            {"style": "mso-direction-alt:auto"},
            xml_element("div", {"style": "text-align:left"}),
        )
        + xml_element("x:ClientData", {"ObjectType": "Note"}, data)
    )
    return xml_element("v:shape", attributes, content)


# -- removing


def remove_comments(parts: EditableParts, part: str) -> None:
    """Remove our comments, and our text from the comments of others; parts that become empty are removed."""
    name = parts.related(part, "comments")
    editor = parts.open(name)
    comments = list(editor.root.iter("comment"))
    ours = [c for c in comments if is_mark("".join(t.text for t in _text_elements(c)))]
    others = [c for c in comments if c not in ours]
    for comment in ours:
        editor.remove(comment)
    for comment in others:
        _remove_marks(editor, comment)
    # Only the last author can be removed, because comments refer to authors by index.
    authors = list(editor.root.iter("author"))
    used = {comment.attributes.get("authorId") for comment in others}
    if authors and authors[-1].text == AUTHOR and str(len(authors) - 1) not in used:
        editor.remove(authors[-1])
    if ours and not others:
        parts.unrelate(part, name)
        parts.remove(name)
    else:
        parts.put(name, editor)
    if ours:
        _remove_shapes(parts, part, {comment.attributes.get("ref", "").upper() for comment in ours})


def _remove_marks(editor: XmlEditor, comment: Element) -> None:
    """Remove our marks from a comment, even if a program has split its text in other places."""
    words = _text_elements(comment)
    marks = spans("".join(t.text for t in words))
    at = 0
    for t in words:
        kept = "".join(c for i, c in enumerate(t.text, at) if not any(a <= i < b for a, b in marks))
        if kept != t.text:
            editor.replace_content(t, escaped(kept))
        at += len(t.text)


def _remove_shapes(parts: EditableParts, part: str, addresses: set[str]) -> None:
    """Remove the boxes of the comments at *addresses*, and the drawing if it becomes empty."""
    sheet = parts.open(part, skip_cells)
    element = sheet.root.find("legacyDrawing")
    identity = element.relation_id() if element else ""
    name = _readable_drawing(parts, part, identity)
    if name is None:
        return
    drawing = parts.open(name)
    ours = [shape for shape in drawing.root.findall("shape") if _commented_cell(shape) in addresses]
    for shape in ours:
        drawing.remove(shape)
    shapes = [child for child in drawing.root.children if child.name not in {"shapelayout", "shapetype"}]
    if ours and len(ours) == len(shapes):
        remove_drawing(sheet, identity)
        parts.put(part, sheet)
        parts.unrelate(part, name)
        parts.remove(name)
    else:
        parts.put(name, drawing)


def _commented_cell(shape: Element) -> str:
    """Return the address of the cell whose comment is in the box, or "" for another shape."""
    for data in shape.findall("ClientData"):
        row, column = data.find("Row"), data.find("Column")
        if data.attributes.get("ObjectType") == "Note" and row and column:
            return a1(int(row.text), int(column.text))
    return ""
