"""Running expat over a part, with what no part may hold refused, and the texts of parts as they are meant."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable
from xml.parsers import expat

from xltools.office.guard import End, Part, ScanError, Start

_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
_Text = Callable[[str], None]


def parse(part: Part, start: Start, end: End | None = None, text: _Text | None = None) -> None:
    """Run expat over a part; a document type is refused, for what it can smuggle in.

    Handlers get names as they stand in the main namespace. What another program put under a namespace of its own
    keeps its prefix, and so matches nothing.
    """
    parser = expat.ParserCreate()
    parser.buffer_text = True
    if part.watch is not None:
        start, end = part.watch.over(start, end)

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
    """A handler has what it wants; the rest of the part need not be parsed."""


def _install(parser: expat.XMLParserType, start: Start, end: End | None) -> None:
    parser.StartElementHandler = start
    parser.EndElementHandler = end


def _stripping(prefix: str, start: Start, end: End | None) -> tuple[Start, End | None]:
    """The handlers for a part whose main namespace has a prefix."""

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
    """Only what expat itself decodes: the standard asks for UTF-8 or UTF-16."""
    if encoding and encoding.casefold() not in _ENCODINGS:
        raise ScanError("damaged", encoding)


def true(value: str | None) -> bool:
    """Whether an attribute says yes, in any of the ways there are."""
    return value in {"1", "true", "on"}


def unescaped(text: str) -> str:
    """The text with Excel's escapes resolved; what no text may hold comes out as the sign for that."""
    if "_x" not in text:
        return text
    resolved = _ESCAPE.sub(_character, text)
    return resolved.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _character(escape: re.Match[str]) -> str:
    """The character of an escape; U+FFFD for one that XML allows nowhere, except surrogates, which may form a pair."""
    character = chr(int(escape[1], 16))
    is_allowed = character in "\t\n\r" or " " <= character < "\ufffe"
    return character if is_allowed else "\ufffd"
