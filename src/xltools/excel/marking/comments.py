"""Comments: one part with the texts of a sheet, and a drawing in VML with the box of each.

Excel has kept comments (its notes) in these two parts since 2007, and every program reads them. A cell that has a
comment of somebody else gets ours behind its text; the box stays as large as its owner made it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from xml.parsers.expat import ExpatError

from xltools.excel.marking.markup import Element, Markup, escaped, made
from xltools.excel.marking.parts import HEAD, Parts
from xltools.excel.marking.sheet import Grid, but_cells, forget_drawing, refer_to_drawing
from xltools.excel.marking_signs import AUTHOR, is_mark, spans
from xltools.excel.text_height import lines
from xltools.form.address import a1
from xltools.text import clerk

_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.comments+xml"
_VML_TYPE = "application/vnd.openxmlformats-officedocument.vmlDrawing"
_SPACES = {
    "v": "urn:schemas-microsoft-com:vml",
    "o": "urn:schemas-microsoft-com:office:office",
    "x": "urn:schemas-microsoft-com:office:excel",
}
_WIDTH = 300  # pixels of a box, and what a line takes of its height
_LINE, _PADDING = 17, 14
_LETTERS = 40  # narrow characters in a line of a box
_FIRST_SHAPE = 1025
_LONGEST = 8000  # characters

Address = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A worksheet's part with what comments need: its main part's namespace and the beginning of its relations' types."""

    part: str
    space: str
    base: str


def comment(parts: Parts, sheet: Sheet, markup: Markup, texts: Mapping[Address, str]) -> None:
    """Put each text at its cell; *markup* is the sheet's own part, which may get a reference to a drawing."""
    drawing = _drawing(parts, sheet, markup)
    if drawing is None:
        return  # shapes that no XML parser reads: the slip and the colour have to do
    name = parts.related(sheet.part, "comments") or _new_comments(parts, sheet)
    comments = parts.open(name)
    fresh = _write(comments, texts)
    parts.put(name, comments)
    shapes = parts.open(drawing)
    grid = Grid(markup.root)
    number = 1 + max([_FIRST_SHAPE - 1, *map(_number, shapes.root.all("shape"))])
    for offset, (row, column) in enumerate(fresh):
        shapes.append(shapes.root, _shape(shapes, number + offset, grid, (row, column), texts[row, column]))
    parts.put(drawing, shapes)


def sign(text: str) -> str:
    """The text of a mark between its two signs, which cannot stand in it a second time."""
    begin, end = clerk()("mark.begin"), clerk()("mark.end")
    plain = text.replace(end, end[1:-1]).removeprefix(begin).replace(begin, begin[1:-1])
    return f"{begin}{plain[:_LONGEST]}\n{end}"


# -- writing


def _write(comments: Markup, texts: Mapping[Address, str]) -> list[Address]:
    """Put the texts among the comments; returns the cells that had none before."""
    there = {
        element.attributes.get("ref", "").upper(): element for element in comments.root.within("comment")
    }
    fresh: list[Address] = []
    author = -1
    for place, text in sorted(texts.items()):
        if element := there.get(a1(*place)):
            _extend(comments, element, text)
            continue
        if author < 0:
            author = _author(comments)
        fresh.append(place)
        words = comments.make("t", {"xml:space": "preserve"}, escaped(text))
        run = comments.make("r", None, comments.make("rPr", None, comments.make("sz", {"val": "9"})) + words)
        attributes = {"ref": a1(*place), "authorId": str(author)}
        _append(
            comments, "commentList", comments.make("comment", attributes, comments.make("text", None, run))
        )
    return fresh


def _extend(comments: Markup, element: Element, text: str) -> None:
    """Our text behind somebody's."""
    words = [t for t in _words(element) if not t.is_empty]
    if words:
        comments.insert(words[-1].close, escaped("\n" + text))
        return
    run = comments.make("t", {"xml:space": "preserve"}, escaped("\n" + text))
    holder = element.first("text") or element
    comments.append(holder, run if holder.name == "text" else comments.make("text", None, run))


def _words(element: Element) -> list[Element]:
    """The texts of a comment, without those that tell how something is pronounced."""
    holders = [h for text in element.all("text") for h in (text, *text.all("r"))]
    return sorted((t for holder in holders for t in holder.all("t")), key=lambda t: t.start)


def _author(comments: Markup) -> int:
    """Our number among the authors."""
    authors = [author.text for author in comments.root.within("author")]
    if AUTHOR in authors:
        return authors.index(AUTHOR)
    _append(comments, "authors", comments.make("author", None, AUTHOR))
    return len(authors)


def _append(comments: Markup, group: str, xml: str) -> None:
    if found := comments.root.first(group):
        comments.append(found, xml)
    else:
        comments.place(group, ("authors", "commentList", "extLst"), comments.make(group, None, xml))


def _new_comments(parts: Parts, sheet: Sheet) -> str:
    name = parts.new("xl/comments#.xml")
    parts.add(name, f'{HEAD}<comments xmlns="{sheet.space}"><authors/><commentList/></comments>', _TYPE)
    identity = parts.free_identity(sheet.part, "xltoolsComments")
    parts.relate(sheet.part, sheet.base, "comments", name, identity)
    return name


def _drawing(parts: Parts, sheet: Sheet, markup: Markup) -> str | None:
    """The part with the boxes of the sheet's comments, a new one if need be; ``None`` where it cannot be edited."""
    if element := markup.root.first("legacyDrawing"):
        targets = {r.identity: r.target for r in parts.relations(sheet.part)}
        name = targets.get(element.reference(), "")
        if not parts.has(name):
            return None
        try:
            parts.open(name)
        except ExpatError:
            return None
        return name
    name = parts.new("xl/drawings/vmlDrawing#.vml")
    spaces = "".join(f' xmlns:{prefix}="{space}"' for prefix, space in _SPACES.items())
    parts.add(name, f"<xml{spaces}>{_BOX}</xml>", _VML_TYPE)
    identity = parts.free_identity(sheet.part, "xltoolsDrawing")
    parts.relate(sheet.part, sheet.base, "vmlDrawing", name, identity)
    refer_to_drawing(markup, identity, sheet.base)
    return name


_BOX = (
    '<o:shapelayout v:ext="edit"><o:idmap v:ext="edit" data="1"/></o:shapelayout>'
    '<v:shapetype id="_x0000_t202" coordsize="21600,21600" o:spt="202" path="m,l,21600r21600,l21600,xe">'
    '<v:stroke joinstyle="miter"/><v:path gradientshapeok="t" o:connecttype="rect"/></v:shapetype>'
)


def _number(shape: Element) -> int:
    number = shape.attributes.get("id", "").rpartition("_s")[2]
    return int(number) if number.isdecimal() and len(number) < 10 else 0  # noqa: PLR2004


def _shape(shapes: Markup, number: int, grid: Grid, place: Address, text: str) -> str:
    """The box of one comment: hidden until the mouse rests on the cell, and large enough for its text."""
    declared = {p: space for p, space in _SPACES.items() if shapes.spaces.get(p) != space}
    box = {
        "id": f"_x0000_s{number}",
        "type": "#_x0000_t202",
        "style": "position:absolute;visibility:hidden",
        "fillcolor": "#fff2cc",
        "o:insetmode": "auto",
    } | {f"xmlns:{prefix}": space for prefix, space in declared.items()}
    data = made("x:MoveWithCells") + made("x:SizeWithCells")
    height = lines(text, _LETTERS) * _LINE + _PADDING
    data += made("x:Anchor", None, grid.anchor(*place, _WIDTH, height)) + made("x:AutoFill", None, "False")
    data += made("x:Row", None, str(place[0])) + made("x:Column", None, str(place[1]))
    inner = made("v:fill", {"color2": "#fff2cc"})
    inner += made("v:shadow", {"on": "t", "color": "black", "obscured": "t"})
    inner += made("v:path", {"o:connecttype": "none"})
    inner += made("v:textbox", {"style": "mso-direction-alt:auto"}, made("div", {"style": "text-align:left"}))
    return made("v:shape", box, inner + made("x:ClientData", {"ObjectType": "Note"}, data))


# -- taking off


def uncomment(parts: Parts, sheet: Sheet) -> None:
    """Take our comments away, and our text out of those of others; parts that hold nothing any more go."""
    name = parts.related(sheet.part, "comments")
    comments = parts.open(name)
    everything = list(comments.root.within("comment"))
    ours = [c for c in everything if is_mark("".join(t.text for t in _words(c)))]
    for element in everything:
        if element in ours:
            comments.remove(element)
        else:
            _cut(comments, element)
    _forget_author(comments, [c for c in everything if c not in ours])
    if ours and len(ours) == len(everything):
        parts.unrelate(sheet.part, name)
        parts.drop(name)
    else:
        parts.put(name, comments)
    _remove_shapes(parts, sheet, {c.attributes.get("ref", "").upper() for c in ours})


def _cut(comments: Markup, element: Element) -> None:
    """What is left of a comment to which ours was added, though a program may have divided the text anew."""
    words = _words(element)
    cuts = spans("".join(t.text for t in words))
    at = 0
    for t in words:
        kept = "".join(c for i, c in enumerate(t.text, at) if not any(a <= i < b for a, b in cuts))
        if kept != t.text:
            comments.refill(t, escaped(kept))
        at += len(t.text)


def _forget_author(comments: Markup, left: list[Element]) -> None:
    """Our name goes if it is the last one and nothing is left of us; else the numbers of others would change."""
    authors = list(comments.root.within("author"))
    used = {c.attributes.get("authorId") for c in left}
    if authors and authors[-1].text == AUTHOR and str(len(authors) - 1) not in used:
        comments.remove(authors[-1])


def _remove_shapes(parts: Parts, sheet: Sheet, addresses: set[str]) -> None:
    markup = parts.open(sheet.part, but_cells)
    element = markup.root.first("legacyDrawing")
    identity = element.reference() if element else ""
    name = next((r.target for r in parts.relations(sheet.part) if r.identity == identity), "")
    if not addresses or not parts.has(name):
        return
    try:
        shapes = parts.open(name)
    except ExpatError:
        return
    everything = shapes.root.all("shape")
    ours = [shape for shape in everything if _address(shape) in addresses]
    for shape in ours:
        shapes.remove(shape)
    if ours and len(ours) == len(shapes.root.children) - len(_frame(shapes.root)):
        forget_drawing(markup, identity)
        parts.put(sheet.part, markup)
        parts.unrelate(sheet.part, name)
        parts.drop(name)
    else:
        parts.put(name, shapes)


def _frame(root: Element) -> list[Element]:
    return [child for child in root.children if child.name in {"shapelayout", "shapetype"}]


def _address(shape: Element) -> str:
    """The cell whose comment is in that box; "" for a shape of another kind."""
    for data in shape.all("ClientData"):
        row, column = data.first("Row"), data.first("Column")
        if data.attributes.get("ObjectType") == "Note" and row and column:
            return a1(int(row.text), int(column.text))
    return ""
