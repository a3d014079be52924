"""Parses a part with expat, refuses document types, and resolves escapes in texts."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable
from xml.parsers import expat

from xltools.office.guard import End, ScanError, Start, XmlPart, damaged, watched

_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
_Text = Callable[[str], None]


def parse(part: XmlPart, start: Start, end: End | None = None, text: _Text | None = None) -> None:
    """Parse *part* with expat; raises :class:`ScanError` for a document type, which can define entities.

    The prefix of the root element is removed from the names that the handlers get. Elements of other namespaces keep
    their prefixes, so the handlers ignore them.
    """
    parser = expat.ParserCreate()
    parser.buffer_text = True
    if part.budget is not None:
        start, end = watched(start, end)

    def root(tag: str, attributes: dict[str, str]) -> None:
        prefix, colon, _ = tag.rpartition(":")
        if colon:
            _install(parser, *_stripping(prefix + colon, start, end))
            start(tag[len(prefix) + 1 :], attributes)
        else:
            _install(parser, start, end)
            start(tag, attributes)

    parser.StartElementHandler = root
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.XmlDeclHandler = _refuse_encoding
    parser.CharacterDataHandler = text
    with contextlib.suppress(EnoughError):
        part.feed(parser)


class EnoughError(Exception):
    """Raised by a handler that does not need the rest of the part."""


def _install(parser: expat.XMLParserType, start: Start, end: End | None) -> None:
    parser.StartElementHandler = start
    parser.EndElementHandler = end


def _stripping(prefix: str, start: Start, end: End | None) -> tuple[Start, End | None]:
    """Return handlers that remove *prefix* from names and then call *start* and *end*."""

    def on_start(tag: str, attributes: dict[str, str]) -> None:
        start(tag.removeprefix(prefix), attributes)

    def on_end(tag: str) -> None:
        if end is not None:
            end(tag.removeprefix(prefix))

    return on_start, on_end


def _refuse_doctype(*_: object) -> None:
    raise ScanError("doctype")


_ENCODINGS = {"utf-8", "utf8", "utf-16", "utf-16le", "utf-16be", "us-ascii", "ascii", "iso-8859-1"}


def _refuse_encoding(_: str, encoding: str | None, __: int) -> None:
    """Raise :class:`ScanError` for an encoding that expat does not decode itself."""
    if encoding and encoding.casefold() not in _ENCODINGS:
        raise damaged(encoding)


def is_alternative(tag: str) -> bool:
    """Return whether an element has several versions of its content, of which each program reads the one it knows."""
    return tag.endswith("AlternateContent")


def true(value: str | None) -> bool:
    """Return whether the value of an attribute is true."""
    return value is not None and value.strip().casefold() in {"1", "true", "on"}


def unescaped(text: str) -> str:
    """Return *text* with the escapes of Excel (``_x000A_``) resolved; U+FFFD stands for invalid characters."""
    if "_x" not in text:
        return text
    resolved = _ESCAPE.sub(_character, text)
    return resolved.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _character(escape: re.Match[str]) -> str:
    """Return the character of an escape, which may be half of a surrogate pair; U+FFFD for one that XML forbids."""
    character = chr(int(escape[1], 16))
    is_allowed = character in "\t\n\r" or " " <= character < "\ufffe"
    return character if is_allowed else "\ufffd"
