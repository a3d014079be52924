"""An .xlsx as what it is, a zip of parts: changing some of them and leaving the others as they are, once or often."""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Container, Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import BinaryIO

from xltools.office.guard import unpacked

_WORKBOOK = "xl/workbook.xml"
_EPOCH = (1980, 1, 1, 0, 0, 0)


def patched(package: bytes, changes: Mapping[str, Callable[[bytes], bytes]]) -> bytes:
    """The package with each named part put through its function; every other part keeps its content."""
    out = io.BytesIO()
    save_changed(package, out, {name: whole(change) for name, change in changes.items()})
    return out.getvalue()


Change = Callable[[bytes], Iterable[bytes]]


def whole(change: Callable[[bytes], bytes]) -> Change:
    """A change that gives a part in one piece."""
    return lambda part: (change(part),)


_QUICK = 4  # of nine levels: a third of the time that the usual sixth takes for rows of figures, and 7 % more bytes


def save_changed(
    package: bytes, out: BinaryIO, changes: Mapping[str, Change], quick: Container[str] = ()
) -> None:
    """Write the package to *out*, each named part as the pieces that its function makes of it, in the package's order.

    A piece is asked for when the one before is written, so that a part may be far larger than what is held of it. The
    parts that are *quick* are compressed less.
    """
    with zipfile.ZipFile(io.BytesIO(package)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            content = unpacked(old, entry)
            change = changes.get(entry.filename)
            info = _entry(entry.filename, entry.external_attr)
            if entry.filename in quick:
                # zipfile has no other way before Python 3.13, which keeps this one.
                info._compresslevel = _QUICK  # type: ignore[attr-defined]  # noqa: SLF001
            with new.open(info, "w") as part:
                for piece in change(content) if change else (content,):
                    part.write(piece)


def with_parts(package: bytes, parts: Mapping[str, bytes | None]) -> bytes:
    """The package with these parts in place of its own, without those that are ``None``, new ones at its end."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(package)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            content = parts.get(entry.filename, b"")
            if content is not None:
                kept = entry.filename not in parts
                new.writestr(
                    _entry(entry.filename, entry.external_attr), unpacked(old, entry) if kept else content
                )
        there = set(old.namelist())
        for name, content in parts.items():
            if content is not None and name not in there:
                new.writestr(_entry(name, 0), content)
    return out.getvalue()


def _entry(name: str, attributes: int) -> zipfile.ZipInfo:
    """What the directory says of a part: nothing of the time or the machine, so that equal content is equal bytes."""
    info = zipfile.ZipInfo(name, _EPOCH)
    info.compress_type, info.external_attr, info.create_system = zipfile.ZIP_DEFLATED, attributes, 0
    return info


@dataclass(frozen=True, slots=True)
class Cut:
    """A part with gaps: ``pieces`` are what stands before, between and behind them, ``gaps`` what each is to hold."""

    pieces: tuple[bytes, ...]
    gaps: tuple[Hashable, ...]

    def behind_first(self, texts: Mapping[Hashable, bytes]) -> bytes:
        """All that follows the first piece, with the gaps filled from *texts*."""
        filled = [texts[gap] + piece for gap, piece in zip(self.gaps, self.pieces[1:], strict=True)]
        return b"".join(filled)


# Where crc, compressed and full size stand in a part's own head and in the directory, and there its place: APPNOTE 4.3.
_HEAD, _LINE, _END = 30, 46, 22
_SIZES, _SIZES_IN_HEAD, _SIZES_IN_LINE = struct.Struct("<3L"), 14, 16
_NUMBER, _PLACE_IN_LINE = struct.Struct("<L"), 42
_EXTENT, _EXTENT_IN_END = struct.Struct("<2L"), 12


class Stencil:
    """A package with gaps in some parts, to be filled many times; all other parts are copied compressed as they are.

    What comes before the first gap of a part is compressed once, and its compressor copied where the text begins.
    deflate does not depend on how its input is portioned, so the bytes are those that :func:`with_parts` gives.
    """

    def __init__(self, package: bytes, cuts: Mapping[str, Cut]) -> None:
        """Take apart a package that :func:`with_parts` wrote; its end has no comment."""
        self._parts: list[_Fixed | _Open] = []
        with zipfile.ZipFile(io.BytesIO(package)) as file:
            line = file.start_dir
            for entry in file.infolist():
                long = len(entry.filename.encode())
                head = entry.header_offset
                start = head + _HEAD + long
                directory = package[line : line + _LINE + long]
                if cut := cuts.get(entry.filename):
                    self._parts.append(_Open(package[head:start], directory, cut))
                else:
                    self._parts.append(_Fixed(package[head : start + entry.compress_size], directory))
                line += _LINE + long
        self._end = package[line:]
        if len(self._end) != _END:
            raise ValueError("not a package of this room: its directory holds more than names")

    def filled(self, texts: Mapping[Hashable, bytes]) -> bytes:
        """The package with every gap filled."""
        body: list[bytes] = []
        directory: list[bytes] = []
        place = 0
        for part in self._parts:
            record, line = part.made(texts)
            _NUMBER.pack_into(line, _PLACE_IN_LINE, place)
            body.append(record)
            directory.append(bytes(line))
            place += len(record)
        end = bytearray(self._end)
        _EXTENT.pack_into(end, _EXTENT_IN_END, sum(map(len, directory)), place)
        return b"".join((*body, *directory, end))


class _Fixed:
    """A part that is the same in every copy."""

    def __init__(self, record: bytes, line: bytes) -> None:
        self._record, self._line = record, line

    def made(self, _: Mapping[Hashable, bytes]) -> tuple[bytes, bytearray]:
        """Head with content, and line of the directory."""
        return self._record, bytearray(self._line)


class _Open:
    """A part with gaps."""

    def __init__(self, head: bytes, line: bytes, cut: Cut) -> None:
        self._head, self._line, self._cut = head, line, cut
        first = cut.pieces[0]
        self._compressor = zlib.compressobj(zlib.Z_DEFAULT_COMPRESSION, zlib.DEFLATED, -zlib.MAX_WBITS)
        self._begun, self._crc, self._size = self._compressor.compress(first), zlib.crc32(first), len(first)

    def made(self, texts: Mapping[Hashable, bytes]) -> tuple[bytes, bytearray]:
        """Head with content, and line of the directory."""
        rest, compressor = self._cut.behind_first(texts), self._compressor.copy()
        content = self._begun + compressor.compress(rest) + compressor.flush()
        sizes = zlib.crc32(rest, self._crc), len(content), self._size + len(rest)
        head, line = bytearray(self._head), bytearray(self._line)
        _SIZES.pack_into(head, _SIZES_IN_HEAD, *sizes)
        _SIZES.pack_into(line, _SIZES_IN_LINE, *sizes)
        return bytes(head) + content, line


def structure_lock(password: str) -> Mapping[str, Change]:
    """The change that fixes a workbook's sheets in number, order and name: xlsxwriter has no call for it."""
    attribute = f' workbookPassword="{password_hash(password)}"' if password else ""
    element = f'<workbookProtection{attribute} lockStructure="1"/>'.encode()

    def lock(part: bytes) -> bytes:
        return re.sub(rb"(<workbookPr\b[^>]*/>)", rb"\1" + element, part, count=1)

    return {_WORKBOOK: whole(lock)}


def password_hash(password: str) -> str:
    """The 16-bit hash of ECMA-376 part 4, 3.3.1.81, which every spreadsheet program knows. No secret is safe in it."""
    value = 0
    for position, byte in enumerate(password.encode("utf-8", "ignore")[:15], 1):
        rotated = byte << position
        value ^= (rotated & 0x7FFF) | (rotated >> 15)
    return f"{value ^ len(password) ^ 0xCE4B:04X}"
