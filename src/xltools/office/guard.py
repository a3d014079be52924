"""Checks a file before it is parsed: its kind, whether it is safe to open, and its size against limits.

The bytes are checked first, then the directory of the zip; a file that must not be opened is refused with the code of
a finding. A :class:`Budget` adds up what reading a file costs, and what all files in one archive cost together.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, fields
from typing import IO, NamedTuple
from urllib.parse import unquote
from xml.parsers import expat

from xltools.errors import InputError, Problem
from xltools.files import ZIP
from xltools.office.kinds import OTHER, entries_kind, is_package, kind_of, mime_kind

PLAIN_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}  # the only ones in Office documents
HEADER = 30  # bytes in front of the name in an entry's header

_DIRECTORY_ENTRY = b"PK\x01\x02"
_ENCRYPTED_FLAG = 0x1
_LONGEST_MIME = 4096
_UNSAFE = re.compile(r"(?:^|[/\\])\.\.(?:[/\\]|$)|^[/\\]|^[A-Za-z]:|\0", re.MULTILINE)
_GRACE = (
    10 << 20
)  # bytes; up to this size any ratio is allowed, because empty formatted rows compress a hundredfold
_NESTED = 20  # workbooks stored in an archive uncompressed show their own directories

# The exceptions that zipfile, zlib and expat raise for damaged files.
DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    expat.ExpatError,
    struct.error,
    EOFError,
    LookupError,
    ValueError,
    OverflowError,
    RuntimeError,
    OSError,
    MemoryError,
)


_CUT = "File is not a zip file"  # the list of parts is at the end of a zip


class ScanError(Exception):
    """A file cannot be read. ``code`` is the code of the finding to report, ``reason`` a detail for it.

    ``kind`` is the name of the :class:`~xltools.office.kinds.Kind` of file, where that is known.
    """

    def __init__(self, code: str, reason: str = "", kind: str = OTHER.name) -> None:
        self.code, self.reason, self.kind = code, reason, kind
        super().__init__(f"{code}: {reason or kind}")


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits beyond which a file is refused, with the names that ``--limit`` accepts. Sizes are in bytes.

    ``xml`` is the total size of the parts that are parsed, ``elements`` the number of elements in them (a cell has one
    to four). ``seconds`` and ``memory`` apply to the child process that opens old formats and passwords. What a
    :class:`Budget` adds up may cost all files in an archive ``archive`` times as much as one file.
    """

    file: int = 50 << 20
    entries: int = 5000
    unpacked: int = 200 << 20
    ratio: int = 200
    xml: int = 40 << 20
    elements: int = 2_500_000
    cells: int = 900_000
    styles: int = 65_490  # the limit of Excel
    ranges: int = 20_000  # on one sheet: with a validation, merged, or arrays
    formulas: int = 2_000_000  # characters that shared formulas become when they are written out
    text: int = 4 << 20  # of a web page or a plain text
    tags: int = 150_000  # in a web page
    lines: int = 20_000  # of a document
    rows: int = 4000  # of the tables of a document
    seconds: int = 4
    memory: int = 200 << 20
    archive: int = 10


_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}


def limits_from(settings: Iterable[str]) -> Limits:
    """Return the default limits changed by *settings* (NAME=VALUE); raises :class:`InputError` for an invalid one."""
    known = [field.name for field in fields(Limits)]
    found: dict[str, int] = {}
    for setting in settings:
        match = re.fullmatch(r"\s*([a-z]+)\s*=\s*([0-9]{1,15})\s*([KMG]?)B?\s*", setting, re.IGNORECASE)
        if match is None or match[1].lower() not in known:
            raise InputError(Problem("bad-limit", facts={"text": setting, "known": ", ".join(known)}))
        found[match[1].lower()] = int(match[2]) * _UNITS[match[3].upper()]
    return Limits(**found)


def damaged(cause: Exception | str) -> ScanError:
    """Return the error for a damaged file: the kind says in plain words what is wrong, the reason is that of *cause*."""
    if isinstance(cause, str):
        return ScanError("damaged", cause, "damaged-content")
    reason = f"{type(cause).__name__}: {cause}"
    if isinstance(cause, EOFError | struct.error) or _CUT in reason:
        kind = "damaged-end"
    elif isinstance(cause, zlib.error | zipfile.BadZipFile):
        kind = "damaged-bytes"
    else:
        kind = "damaged-part" if isinstance(cause, LookupError) else "damaged-content"
    return ScanError("damaged", reason, kind)


def beyond(name: str, limits: Limits) -> ScanError:
    """Return the error for a file that exceeds the limit *name*; its reason has the name and the value of the limit."""
    return ScanError("too-large", f"{name} > {getattr(limits, name):,}")


def beyond_together(name: str, limits: Limits) -> ScanError:
    """Return the error for a file in an archive whose files together exceed the limit *name*."""
    return ScanError("too-large", f"archive > {limits.archive:,} × {name}")


@dataclass(slots=True)
class Budget:
    """What reading one file has cost, by the names of limits, and what all files in the same archive have cost.

    All costs that limits apply to are added up here, and those of an archive in an archive are shared, too.
    """

    limits: Limits = field(default_factory=Limits)
    own: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    shared: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))

    def for_file(self) -> Budget:
        """Return the budget of another file in the same archive, or of another reading of the same file."""
        return Budget(self.limits, shared=self.shared)

    def reserve(self, name: str, amount: int) -> None:
        """Add *amount*, which the file declares; raises :class:`ScanError`, adding nothing, if that exceeds a limit."""
        self._check(name, amount)
        self.add(name, amount)

    def spend(self, name: str, amount: int = 1) -> None:
        """Add *amount*, which was spent; raises :class:`ScanError` if that exceeds a limit."""
        self.add(name, amount)
        self._check(name)

    def part(self, package: zipfile.ZipFile, entry: zipfile.ZipInfo) -> XmlPart:
        """Return the part in *entry*; raises :class:`ScanError` if that exceeds a limit."""
        self.reserve("xml", entry.file_size)
        if self.own["xml"] > _SMALL:
            return XmlPart(package.open(entry), self)
        content = unpacked(package, entry)
        self.spend("elements", _elements_in(content))
        return XmlPart(content)

    def left(self, name: str) -> float:
        """Return how much may still be spent."""
        most: int = getattr(self.limits, name)
        return max(0, min(most - self.own[name], self.limits.archive * most - self.shared[name]))

    def add(self, name: str, amount: float) -> None:
        """Add *amount*, which was spent; the next amount raises if this one exceeds a limit."""
        self.own[name] += amount
        self.shared[name] += amount

    def _check(self, name: str, more: int = 0) -> None:
        most = getattr(self.limits, name)
        if self.own[name] + more > most:
            raise beyond(name, self.limits)
        if self.shared[name] + more > self.limits.archive * most:
            raise beyond_together(name, self.limits)


# -- the bytes


def check_bytes(data: bytes, limits: Limits) -> None:
    """Check the first bytes and the size; raises :class:`ScanError` unless *data* is a zip within the limit ``file``."""
    if not data:
        raise ScanError("empty-file")
    if len(data) > limits.file:
        raise beyond("file", limits)
    if not data.startswith(ZIP):
        kind = kind_of(data)
        raise ScanError(kind.code, kind=kind.name)


# -- the directory of the zip


def open_zip(data: bytes, limits: Limits) -> zipfile.ZipFile:
    """Open the zip in *data*; raises :class:`ScanError` if its directory has far more entries than allowed."""
    most = limits.entries * _NESTED
    if len(data) > most * len(_DIRECTORY_ENTRY) and data.count(_DIRECTORY_ENTRY) > most:
        raise beyond("entries", limits)
    return zipfile.ZipFile(io.BytesIO(data))


def unpacked(package: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """Return the content of an entry, inflated to at most the size that it declares.

    Raises what zipfile raises. ``ZipFile.read`` inflates the whole entry before it looks at the declared size.
    """
    with package.open(entry) as file:
        return file.read(entry.file_size + 1)


def check_entries(package: zipfile.ZipFile, size: int, budget: Budget) -> dict[str, zipfile.ZipInfo]:
    """Return the entries of a zip of *size* bytes by their folded names.

    Raises :class:`ScanError` if the directory exceeds a limit, or has unsafe, duplicate or overlapping entries. The
    declared sizes are sufficient for this, because :func:`unpacked` returns no more of an entry than it declares.
    """
    entries = package.infolist()
    budget.spend("entries", len(entries))
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > max(_GRACE, budget.limits.ratio * size):
        raise ScanError("bomb", f"{unpacked // size:,} : 1")
    budget.reserve("unpacked", unpacked)
    if unsafe := _UNSAFE.search("\n".join(entry.orig_filename for entry in entries)):
        raise ScanError("unsafe-path", printable(unsafe.string[unsafe.start() :].partition("\n")[0]))
    parts = {folded(entry.filename): entry for entry in entries}
    if len(parts) != len(entries):
        raise ScanError("duplicate-part", printable(_repeated_name(entries)))
    _check_overlap(entries)
    return parts


def _repeated_name(entries: list[zipfile.ZipInfo]) -> str:
    return Counter(folded(entry.filename) for entry in entries).most_common(1)[0][0]


def _check_overlap(entries: list[zipfile.ZipInfo]) -> None:
    """Raise :class:`ScanError` for entries that share bytes: the file is damaged or a bomb."""
    end = 0
    for entry in sorted(entries, key=lambda entry: entry.header_offset):
        if entry.header_offset < end:
            raise damaged(printable(entry.filename))
        end = entry.header_offset + HEADER + entry.compress_size


def folded(name: str) -> str:
    """Return the name of an entry as spreadsheet programs compare it: with slashes, ignoring case and escapes (%20)."""
    return (unquote(name) if "%" in name else name).replace("\\", "/").casefold()


def printable(text: str) -> str:
    """Return the first 200 characters of *text*, with U+FFFD for those that could control a terminal."""
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in text[:200])


_RETURN_NAMES = (
    r"[^/]\.(xl[st][xmb]?|ett?|ods|docx?|wps|rtf|csv|pdf|ofd|html?|eml|msg|mht|zip|rar|7z|tar|tgz|gz|bz2|xz|bak|tmp"
    r"|crdownload|download|part|partial|opdownload|xltd|downloading)$|(^|/)[^./]+$"
)
_MACROS = re.compile(r"(^|/)(vbaproject\.bin|jdedata\.bin|macrosheets/[^/]*)$")


def check_kind(package: zipfile.ZipFile, parts: dict[str, zipfile.ZipInfo]) -> None:
    """Raise :class:`ScanError` unless the entries have the names and compression of a workbook without macros."""
    if not is_package(parts):
        raise _no_package(package, parts)
    if any(map(is_encrypted, parts.values())):
        raise ScanError("encrypted-archive")
    folders = {name.partition("/")[0] for name in parts}
    if "xl" not in folders and folders & {"word", "ppt", "visio"}:
        other = "slides" if "ppt" in folders else "drawing"
        raise ScanError("word-document") if "word" in folders else ScanError("not-a-workbook", kind=other)
    if "xl/workbook.bin" in parts and "xl/workbook.xml" not in parts:
        raise ScanError("old-format")
    if macros := next((name for name in parts if _MACROS.search(name)), None):
        raise ScanError("macros", printable(macros))
    if strange := next((e for e in parts.values() if e.compress_type not in PLAIN_METHODS), None):
        raise damaged(f"compression {strange.compress_type}")


def holds_returns(names: Iterable[str]) -> bool:
    """Return whether any of these folded names can be that of a workbook, a document, a mail or an archive."""
    return any(re.search(_RETURN_NAMES, name) for name in names)


def is_encrypted(entry: zipfile.ZipInfo) -> bool:
    """Return whether the entry is encrypted."""
    return bool(entry.flag_bits & _ENCRYPTED_FLAG)


_MOST_NAMED = 5


def _no_package(package: zipfile.ZipFile, parts: dict[str, zipfile.ZipInfo]) -> ScanError:
    """Return the error for a zip that is not an Office document."""
    mime = parts.get("mimetype")
    if mime is not None and mime.file_size < _LONGEST_MIME and mime.compress_type in PLAIN_METHODS:
        kind = mime_kind(unpacked(package, mime))
        return ScanError(kind.code, kind=kind.name)
    kind = entries_kind(parts)
    if not kind.container:
        return ScanError(kind.code, kind=kind.name)
    if not holds_returns(parts):
        names = [printable(name) for name in list(parts)[:_MOST_NAMED]]
        return ScanError("not-a-workbook", "、".join(names), kind=kind.name)
    return ScanError(
        "encrypted-archive" if any(map(is_encrypted, parts.values())) else kind.code, kind=kind.name
    )


# -- large parts

_SMALL = 1 << 20  # parts up to this total size are parsed as a whole; returns are smaller
_CHUNK = 1 << 20
_DEEPEST = 256
_MOST_ATTRIBUTES = 256
_MOST_NAMES = 5000

Start = Callable[[str, dict[str, str]], None]
End = Callable[[str], None]


def watched(start: Start, end: End | None) -> tuple[Start, End]:
    """Return handlers that limit depth and attributes of a large part and then call *start* and *end*."""
    depth = 0

    def on_start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > _DEEPEST or len(attributes) > _MOST_ATTRIBUTES:
            raise damaged(f"<{printable(tag)}> at depth {depth}")
        start(tag, attributes)

    def on_end(tag: str) -> None:
        nonlocal depth
        depth -= 1
        if end is not None:
            end(tag)

    return on_start, on_end


def _elements_in(xml: bytes) -> int:
    """Return how many elements begin in *xml*; a comment or an instruction counts as one."""
    return xml.count(b"<") - xml.count(b"</")


class XmlPart(NamedTuple):
    """A part to be parsed: bytes if it is small; a file, parsed in chunks and with limits, if it is large."""

    content: bytes | IO[bytes]
    budget: Budget | None = None  # of a large part

    def feed(self, parser: expat.XMLParserType) -> None:
        """Parse the content; raises :class:`ScanError` for a large part that would take too long."""
        if isinstance(self.content, bytes):
            parser.Parse(self.content, True)
            return
        first = True
        while chunk := self.content.read(_CHUNK):
            self._check(chunk, first)
            parser.Parse(chunk, False)  # expat parses a long text again for each chunk, so chunks are large
            if len(parser.intern) > _MOST_NAMES:
                raise damaged(f"{len(parser.intern):,} names of elements and attributes")
            first = False
        parser.Parse(b"", True)

    def _check(self, chunk: bytes, first: bool) -> None:
        """Raise :class:`ScanError` for too many elements, a tag or text of a megabyte, and a large part in UTF-16."""
        if self.budget is not None:
            self.budget.spend("elements", _elements_in(chunk))
        if b"<" not in chunk and len(chunk) == _CHUNK:
            raise damaged("a text without end")
        if first and (b"\0" in chunk[:4] or chunk[:2] in {b"\xff\xfe", b"\xfe\xff"}):
            raise damaged("a large part in UTF-16")
