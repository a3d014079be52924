"""Edit one XML part of a package in place: elements are found by their byte offsets, and changes are spliced in.

Bytes that are not changed stay as they are. A part in another encoding is edited as UTF-8 and encoded back.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

from xltools.office.guard import ScanError

Attributes = dict[str, str]
Skip = Callable[[str, Attributes], bool]  # whether to leave out an element, given its name and attributes
_SEPARATOR = "\n"  # between namespace, name and prefix, none of which can contain it


@dataclass(slots=True, eq=False)
class Element:
    """An element with its byte offsets. Its content lies between ``content_start`` and ``content_end``."""

    name: str  # without prefix
    prefix: str
    space: str  # namespace
    attributes: Attributes  # the key of one with a prefix is its namespace, a space and its name
    start: int
    content_start: int
    content_end: int = 0
    end: int = 0
    text: str = ""  # without the text of its children
    children: list[Element] = field(default_factory=list)

    @property
    def is_empty_tag(self) -> bool:
        """Whether it is written as one tag: ``<a/>``."""
        return self.content_end == self.end

    def find(self, name: str) -> Element | None:
        """Return the first child of that name."""
        return next((child for child in self.children if child.name == name), None)

    def findall(self, name: str) -> list[Element]:
        """Return the children of that name."""
        return [child for child in self.children if child.name == name]

    def iter(self, name: str) -> Iterator[Element]:
        """Yield the descendants of that name in document order."""
        for child in self.children:
            if child.name == name:
                yield child
            yield from child.iter(name)

    def relation_id(self) -> str:
        """Return its attribute ``r:id``, whatever its namespace, or "". Transitional and strict files differ in it."""
        return next((value for key, value in self.attributes.items() if key.endswith(" id")), "")


def escaped(text: str) -> str:
    """Return *text* escaped for XML; characters that XML cannot contain become U+FFFD.

    Excel writes ``_x0041_`` for characters that XML cannot contain, so text of that form is escaped as well.
    """
    clean = re.sub(r"_(?=x[0-9A-Fa-f]{4}_)", "_x005F_", text.translate(_FORBIDDEN))
    return clean.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")


_FORBIDDEN = dict.fromkeys(
    [*(n for n in range(0x20) if n not in {0x9, 0xA}), *range(0xD800, 0xE000), 0xFFFE, 0xFFFF], 0xFFFD
)


def xml_element(name: str, attributes: Attributes | None = None, content: str = "") -> str:
    """Return an element as text; *content* is XML."""
    tag = name + "".join(f' {key}="{escaped(value)}"' for key, value in (attributes or {}).items())
    return f"<{tag}>{content}</{name}>" if content else f"<{tag}/>"


class XmlEditor:
    """A part with its elements and the changes made to it, which take effect in :meth:`content`."""

    def __init__(self, part: bytes, skip: Skip | None = None) -> None:
        """Parse *part*, leaving out elements for which *skip* is true. Raises ``ExpatError`` for malformed XML."""
        self._encoding, self._byte_order_mark = _encoding_of(part)
        is_utf8 = self._encoding == "utf-8"
        self._bytes = part if is_utf8 else part.decode(self._encoding).removeprefix("\ufeff").encode()
        self.spaces: dict[str, str] = {}  # the namespaces that the root declares, by prefix
        self.root = self._parsed(skip)
        self._edits: list[tuple[int, int, str]] = []
        self._appended: dict[int, tuple[Element, list[str]]] = {}

    def _parsed(self, skip: Skip | None) -> Element:
        content = self._bytes
        stack: list[Element] = []
        roots: list[Element] = []
        skipped = 0
        parser = expat.ParserCreate("utf-8", _SEPARATOR)
        parser.namespace_prefixes = True
        parser.buffer_text = True

        def start(tag: str, raw: Attributes) -> None:
            nonlocal skipped
            space, name, prefix = _split_name(tag)
            if skipped or (skip and skip(name, raw)):
                skipped += 1
                return
            at = parser.CurrentByteIndex
            attributes = {" ".join(key.split(_SEPARATOR)[:2]): value for key, value in raw.items()}
            element = Element(name, prefix, space, attributes, at, _tag_end(content, at))
            (stack[-1].children if stack else roots).append(element)
            stack.append(element)

        def end(_: str) -> None:
            nonlocal skipped
            if skipped:
                skipped -= 1
                return
            element = stack.pop()
            at = element.content_end = parser.CurrentByteIndex
            is_empty_tag = at == element.content_start and content[at - 2 : at] == b"/>"
            element.end = at if is_empty_tag else content.index(b">", at) + 1

        def text(chunk: str) -> None:
            if stack and not skipped:
                stack[-1].text += chunk

        def declare(prefix: str | None, space: str) -> None:
            if not stack:
                self.spaces.setdefault(prefix or "", space)

        parser.StartElementHandler, parser.EndElementHandler = start, end
        parser.CharacterDataHandler = text
        parser.StartNamespaceDeclHandler = declare
        parser.StartDoctypeDeclHandler = _refuse_doctype
        parser.Parse(content, True)
        return roots[0]

    # -- reading

    def start_tag(self, element: Element) -> bytes:
        """Return the start tag of an element as it is written."""
        return self._bytes[element.start : element.content_start]

    def element(self, name: str, attributes: Attributes | None = None, content: str = "") -> str:
        """Return an element with the prefix of the root as text; *content* is XML."""
        prefix = f"{self.root.prefix}:" if self.root.prefix else ""
        return xml_element(prefix + name, attributes, content)

    def relation_attributes(self, base: str, identity: str) -> Attributes:
        """Return the attributes that refer to a relation; *base* is their namespace, declared if need be."""
        prefix = next((p for p, space in self.spaces.items() if space == base and p), "")
        return {f"{prefix}:id": identity} if prefix else {"r:id": identity, "xmlns:r": base}

    # -- editing

    def insert(self, at: int, xml: str) -> None:
        """Insert *xml* at a byte offset."""
        self._edits.append((at, at, xml))

    def append(self, element: Element, xml: str) -> None:
        """Insert *xml* after the last child of an element."""
        self._appended.setdefault(element.start, (element, []))[1].append(xml)

    def insert_ordered(self, name: str, order: tuple[str, ...], xml: str) -> None:
        """Insert *xml*, an element called *name*, among the children of the root, which stand in that *order*."""
        rank = order.index(name)
        before = [c for c in self.root.children if c.name in order and order.index(c.name) <= rank]
        if before:
            self.insert(before[-1].end, xml)
        elif self.root.is_empty_tag:
            self.append(self.root, xml)
        else:
            self.insert(self.root.content_start, xml)

    def remove(self, element: Element) -> None:
        """Remove an element with its content."""
        self._edits.append((element.start, element.end, ""))

    def replace_content(self, element: Element, xml: str) -> None:
        """Replace the content of an element, which must have an end tag."""
        self._edits.append((element.content_start, element.content_end, xml))

    def set_attribute(self, element: Element, name: str, value: str) -> None:
        """Set an attribute that has no prefix."""
        ranges = _value_ranges(self._bytes, element)
        if name in ranges:
            self._edits.append((*ranges[name], escaped(value)))
        else:
            self.insert(
                element.content_start - (2 if element.is_empty_tag else 1), f' {name}="{escaped(value)}"'
            )

    @property
    def is_changed(self) -> bool:
        """Whether there is any change."""
        return bool(self._edits or self._appended)

    def content(self) -> bytes:
        """Return the part with its changes; those within a removed element are dropped."""
        edits = [*self._edits, *(_appending(element, xml) for element, xml in self._appended.values())]
        pieces: list[bytes] = []
        at = 0
        for start, stop, xml in sorted(edits, key=lambda edit: edit[:2]):
            if start < at:
                continue
            pieces += [self._bytes[at:start], xml.encode()]
            at = stop
        edited = b"".join([*pieces, self._bytes[at:]])
        if self._encoding == "utf-8":
            return edited
        return self._byte_order_mark + edited.decode().encode(self._encoding, "xmlcharrefreplace")


def _appending(element: Element, pieces: list[str]) -> tuple[int, int, str]:
    """Return the edit that appends *pieces*; an empty tag becomes a start tag and an end tag."""
    xml = "".join(pieces)
    if not element.is_empty_tag:
        return element.content_end, element.content_end, xml
    name = f"{element.prefix}:{element.name}" if element.prefix else element.name
    return element.content_start - 2, element.content_start, f">{xml}</{name}>"


def _split_name(tag: str) -> tuple[str, str, str]:
    """Return namespace, name and prefix of a name as expat reports it."""
    if _SEPARATOR not in tag:
        return "", tag, ""
    space, name, *prefix = tag.split(_SEPARATOR)
    return space, name, "".join(prefix)


def _tag_end(content: bytes, at: int) -> int:
    """Return the offset after the tag that begins at *at*; a ``>`` in an attribute's value does not end it."""
    while True:
        end = content.index(b">", at)
        tag = content[at:end]
        if b"'" not in tag and not tag.count(b'"') % 2:
            return end + 1
        opening = _first_quote(content, at)
        at = content.index(content[opening : opening + 1], opening + 1) + 1


def _first_quote(content: bytes, at: int) -> int:
    return min(q for q in (content.find(b'"', at), content.find(b"'", at)) if q >= 0)


def _value_ranges(content: bytes, element: Element) -> dict[str, tuple[int, int]]:
    """Return start and end of the value of each attribute, by the attribute's name as written."""
    found: dict[str, tuple[int, int]] = {}
    at = element.start + 1
    while (equals := content.find(b"=", at, element.content_start)) >= 0:
        name = content[at:equals].split()[-1].decode()
        opening = _first_quote(content, equals)
        at = content.index(content[opening : opening + 1], opening + 1)
        found[name] = (opening + 1, at)
        at += 1
    return found


_BYTE_ORDER_MARKS = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
_FIRST_CHARACTERS = {b"<\0": "utf-16-le", b"\0<": "utf-16-be"}
_DECLARED = {"iso-8859-1": "latin-1", "us-ascii": "ascii", "ascii": "ascii"}


def _encoding_of(part: bytes) -> tuple[str, bytes]:
    """Return the encoding of a part, and its byte order mark if it is UTF-16."""
    start = part[:2]
    if start in _BYTE_ORDER_MARKS:
        return _BYTE_ORDER_MARKS[start], start
    if start in _FIRST_CHARACTERS:
        return _FIRST_CHARACTERS[start], b""
    declared: list[str] = []
    parser = expat.ParserCreate()
    parser.XmlDeclHandler = lambda _, encoding, __: declared.append((encoding or "").casefold())
    parser.Parse(part[: part.find(b">") + 1], False)
    return _DECLARED.get(declared[0] if declared else "", "utf-8"), b""


def _refuse_doctype(*_: object) -> None:
    raise ScanError("doctype")
