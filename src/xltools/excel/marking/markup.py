"""One XML part, edited in place: elements by where they stand in the bytes, and changes spliced in.

Nothing is written anew but what is changed. Whatever the part's encoding, it is edited as UTF-8 and written back in
the encoding it had.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

from xltools.office.guard import ScanError

Attributes = dict[str, str]
Skip = Callable[[str, Attributes], bool]
_SEPARATOR = "\n"  # stands in no name of an element and in no namespace


@dataclass(slots=True, eq=False)
class Element:
    """An element and its place: its start tag ends at ``inner``, its end tag begins at ``close``."""

    name: str  # without its prefix
    prefix: str
    space: str  # its namespace
    attributes: Attributes  # those with a prefix under their namespace and name, with a space between
    start: int
    inner: int
    close: int = 0
    end: int = 0
    text: str = ""  # its own
    children: list[Element] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        """Whether it is written as one tag."""
        return self.close == self.end

    def all(self, name: str) -> list[Element]:
        """Its children of that name."""
        return [child for child in self.children if child.name == name]

    def first(self, name: str) -> Element | None:
        """Its first child of that name."""
        return next(iter(self.all(name)), None)

    def within(self, name: str) -> Iterator[Element]:
        """The elements of that name anywhere in it, in order."""
        for child in self.children:
            if child.name == name:
                yield child
            yield from child.within(name)

    def reference(self) -> str:
        """The relation it refers to by its attribute id of another namespace, which every edition of the format has."""
        return next((value for key, value in self.attributes.items() if key.endswith(" id")), "")


def escaped(text: str) -> str:
    """A text as it stands in XML of the format: without what it cannot hold, and with Excel's own escape escaped."""
    clean = text.translate(_FORBIDDEN)
    for part in set(clean.split("_x")[1:]):
        if part[4:5] == "_" and all(c in "0123456789abcdefABCDEF" for c in part[:4]):
            clean = clean.replace(f"_x{part[:5]}", f"_x005F_x{part[:5]}")
    return clean.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")


_FORBIDDEN = dict.fromkeys(
    [*(n for n in range(0x20) if n not in {0x9, 0xA}), *range(0xD800, 0xE000), 0xFFFE, 0xFFFF], 0xFFFD
)


class Index:
    """The elements of one part and where they stand; it does not change."""

    def __init__(self, part: bytes, skip: Skip | None = None) -> None:
        """Index the elements of *part* but those that *skip* names; raises ``ExpatError`` for what is no XML."""
        self.part = part
        self.encoding, self.mark = _encoding(part)
        self.content = part if self.encoding == "utf-8" else _utf8(part, self.encoding)
        self.spaces: dict[str, str] = {}  # the prefixes that the root declares
        self.root = self._read(skip)

    def _read(self, skip: Skip | None) -> Element:
        content = self.content
        stack: list[Element] = []
        roots: list[Element] = []
        skipped = 0
        parser = expat.ParserCreate("utf-8", _SEPARATOR)
        parser.namespace_prefixes = True
        parser.buffer_text = True

        def start(tag: str, raw: Attributes) -> None:
            nonlocal skipped
            if skipped:
                skipped += 1
                return
            space, name, prefix = _parted(tag)
            if skip and skip(name, raw):
                skipped = 1
                return
            at = parser.CurrentByteIndex
            attributes = {_named(key): value for key, value in raw.items()}
            element = Element(name, prefix, space, attributes, at, _tag_end(content, at))
            (stack[-1].children if stack else roots).append(element)
            stack.append(element)

        def end(_: str) -> None:
            nonlocal skipped
            if skipped:
                skipped -= 1
                return
            element = stack.pop()
            at = element.close = parser.CurrentByteIndex
            is_empty = at == element.inner and content[at - 2 : at] == b"/>"
            element.end = at if is_empty else content.index(b">", at) + 1

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


class Markup:
    """A part being edited. Its changes are collected and take effect in :meth:`content`."""

    def __init__(self, index: Index) -> None:
        self._index, self._bytes = index, index.content
        self.root, self.spaces = index.root, index.spaces
        self._edits: list[tuple[int, int, str]] = []
        self._appended: dict[int, tuple[Element, list[str]]] = {}

    # -- asking

    def raw(self, element: Element) -> bytes:
        """The element's start tag as it is written."""
        return self._bytes[element.start : element.inner]

    def make(self, name: str, attributes: Attributes | None = None, inner: str = "") -> str:
        """An element in the part's own namespace and prefix; *inner* is XML."""
        prefix = f"{self.root.prefix}:" if self.root.prefix else ""
        return made(prefix + name, attributes, inner)

    # -- changing

    def insert(self, at: int, xml: str) -> None:
        """Put *xml* at a place."""
        self._edits.append((at, at, xml))

    def append(self, element: Element, xml: str) -> None:
        """Put *xml* behind the element's last child."""
        self._appended.setdefault(element.start, (element, []))[1].append(xml)

    def place(self, name: str, order: tuple[str, ...], xml: str) -> None:
        """Put *xml*, an element called *name*, among the root's children, which stand in that *order*."""
        rank = order.index(name)
        before = [c for c in self.root.children if c.name in order and order.index(c.name) <= rank]
        if before:
            self.insert(before[-1].end, xml)
        elif self.root.is_empty:
            self.append(self.root, xml)
        else:
            self.insert(self.root.inner, xml)

    def remove(self, element: Element) -> None:
        """Take the element out."""
        self._edits.append((element.start, element.end, ""))

    def refill(self, element: Element, xml: str) -> None:
        """Replace what is inside the element, which must have a start tag and an end tag."""
        self._edits.append((element.inner, element.close, xml))

    def set(self, element: Element, name: str, value: str) -> None:
        """Give the element's attribute *name*, one without a prefix, that value."""
        ranges = _attributes(self._bytes, element)
        if name in ranges:
            self._edits.append((*ranges[name], escaped(value)))
        else:
            at = element.inner - (2 if element.is_empty else 1)
            self._edits.append((at, at, f' {name}="{escaped(value)}"'))

    @property
    def is_changed(self) -> bool:
        """Whether any change was asked for."""
        return bool(self._edits or self._appended)

    def content(self) -> bytes:
        """The part with its changes; what an element that is removed holds is removed with it."""
        edits = [*self._edits, *(_appending(element, xml) for element, xml in self._appended.values())]
        pieces: list[bytes] = []
        at = 0
        for start, stop, xml in sorted(edits, key=lambda edit: edit[:2]):
            if start < at:
                continue
            pieces += [self._bytes[at:start], xml.encode()]
            at = stop
        done = b"".join([*pieces, self._bytes[at:]])
        if self._index.encoding == "utf-8":
            return done
        return self._index.mark + done.decode().encode(self._index.encoding, "xmlcharrefreplace")


def made(name: str, attributes: Attributes | None = None, inner: str = "") -> str:
    """An element, as text."""
    head = "".join(f' {key}="{escaped(value)}"' for key, value in (attributes or {}).items())
    return f"<{name}{head}>{inner}</{name}>" if inner else f"<{name}{head}/>"


def _appending(element: Element, pieces: list[str]) -> tuple[int, int, str]:
    xml = "".join(pieces)
    if not element.is_empty:
        return element.close, element.close, xml
    name = f"{element.prefix}:{element.name}" if element.prefix else element.name
    return element.inner - 2, element.inner, f">{xml}</{name}>"


def _parted(tag: str) -> tuple[str, str, str]:
    """Namespace, name and prefix of a name as expat tells it."""
    if _SEPARATOR not in tag:
        return "", tag, ""
    parts = tag.split(_SEPARATOR)
    return parts[0], parts[1], parts[2] if len(parts) > 2 else ""  # noqa: PLR2004


def _named(key: str) -> str:
    if _SEPARATOR not in key:
        return key
    space, name, _ = _parted(key)
    return f"{space} {name}"


def _tag_end(content: bytes, at: int) -> int:
    """Where the tag that begins at *at* ends; a ``>`` between quotes ends none."""
    while True:
        end = content.index(b">", at)
        tag = content[at:end]
        if b"'" not in tag and not tag.count(b'"') % 2:
            return end + 1
        opening = min(q for q in (content.find(b'"', at, end), content.find(b"'", at, end)) if q >= 0)
        at = content.index(content[opening : opening + 1], opening + 1) + 1


def _attributes(content: bytes, element: Element) -> dict[str, tuple[int, int]]:
    """Where the values of an element's attributes stand, by their names as written."""
    found: dict[str, tuple[int, int]] = {}
    at = element.start + 1
    while (equals := content.find(b"=", at, element.inner)) >= 0:
        name = content[at:equals].split()[-1].decode()
        quotes = [q for q in (content.find(b'"', equals), content.find(b"'", equals)) if q >= 0]
        opening = min(quotes)
        closing = content.index(content[opening : opening + 1], opening + 1)
        found[name] = (opening + 1, closing)
        at = closing + 1
    return found


_BYTE_ORDER = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
_FIRST_SIGN = {b"<\0": "utf-16-le", b"\0<": "utf-16-be"}


def _encoding(part: bytes) -> tuple[str, bytes]:
    """The part's encoding, and the bytes in front of it that tell their order."""
    if part[:2] in _BYTE_ORDER:
        return _BYTE_ORDER[part[:2]], part[:2]
    if part[:2] in _FIRST_SIGN:
        return _FIRST_SIGN[part[:2]], b""
    return _declared(part), b""


def _declared(part: bytes) -> str:
    """UTF-8, or Latin-1 where that is declared; of plain ASCII there is nothing else to know."""
    declared: list[str] = []
    parser = expat.ParserCreate()
    parser.XmlDeclHandler = lambda _, encoding, __: declared.append((encoding or "").casefold())
    parser.Parse(part[: part.find(b">") + 1], False)
    return "latin-1" if declared[:1] == ["iso-8859-1"] else "ascii" if declared[:1] in _ASCII else "utf-8"


_ASCII = (["us-ascii"], ["ascii"])


def _utf8(part: bytes, encoding: str) -> bytes:
    return part.decode(encoding).removeprefix("\ufeff").encode()


def _refuse_doctype(*_: object) -> None:
    raise ScanError("doctype")
