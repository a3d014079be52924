"""A zip in memory, whose entries are had without a file object, a lock and a buffer for each.

:mod:`zipfile` reads the directory. For an entry about which nothing is unusual its bytes are then taken from where
zipfile would take them, and inflated at once. They count when the stream ends, and is as long and has the checksum that
the directory says: zipfile makes the same of them. Whatever else there is goes to zipfile; what that says is what
counts, of an entry that unpacks to more than it declares no more than was declared.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from typing import NamedTuple

from xltools.files import ZIP

PLAIN_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}  # all that a workbook may use
# The header of an entry: its mark, and how long the name and the extra field behind it are.
_HEADER = struct.Struct("<4s22xHH")
HEADER = _HEADER.size
_UNUSUAL_FLAGS = 0x61  # encrypted, patched, strongly encrypted


class Packed(NamedTuple):
    """An entry as it lies in the zip: what it unpacks to, if anything, follows from this alone."""

    method: int
    size: int
    checksum: int
    content: bytes

    def unpacked(self) -> bytes | None:
        """What it holds, if that is what it declares."""
        content = self.content
        if self.method == zipfile.ZIP_DEFLATED:
            inflating = zlib.decompressobj(-zlib.MAX_WBITS)
            try:
                content = inflating.decompress(content, self.size + 1)  # one more, so that the end is seen
            except zlib.error:
                return None
            if not inflating.eof:
                return None
        return content if len(content) == self.size and zlib.crc32(content) == self.checksum else None


class Zip(zipfile.ZipFile):
    """The zip in some bytes."""

    def __init__(self, data: bytes) -> None:
        super().__init__(io.BytesIO(data))
        self._data = data
        # How far an entry may reach, by its offset; where there are two, nowhere.
        self._ends: dict[int, int] = {}
        end = self.start_dir
        for offset in sorted((entry.header_offset for entry in self.filelist), reverse=True):
            self._ends[offset] = end
            end = min(offset, end)

    def packed(self, entry: zipfile.ZipInfo) -> Packed | None:
        """The entry as it lies there; nothing when zipfile has to say what becomes of it."""
        data, start, name = self._data, entry.header_offset, entry.orig_filename
        if entry.flag_bits & _UNUSUAL_FLAGS or entry.compress_type not in PLAIN_METHODS or not name.isascii():
            return None
        if not 0 <= start <= self._ends[start] - HEADER:
            return None
        mark, length, extra = _HEADER.unpack_from(data, start)
        begin = start + HEADER + length
        end = begin + extra + entry.compress_size
        if mark != ZIP or data[start + HEADER : begin] != name.encode() or end > self._ends[start]:
            return None
        return Packed(entry.compress_type, entry.file_size, entry.CRC, data[begin + extra : end])

    def unpacked(self, entry: zipfile.ZipInfo) -> bytes:
        """What the entry holds; raises what zipfile raises."""
        packed = self.packed(entry)
        content = packed.unpacked() if packed is not None else None
        if content is None:
            with self.open(entry) as file:
                content = file.read(entry.file_size + 1)
        return content
