"""Hashes the parts of a zip.

Two workbooks are equal if they have the same names of parts in the same order with the same contents. Compression is
ignored, because builds of zlib compress differently.
"""

from __future__ import annotations

import hashlib
import io
import struct
import zipfile
from itertools import pairwise
from typing import NamedTuple

from xltools.office.guard import (
    DAMAGE,
    HEADER,
    Budget,
    Limits,
    check_bytes,
    check_entries,
    damaged,
    open_zip,
)

_CHUNK = 1 << 20
# In the header of an entry: the lengths of its name and of its extra field.
_LENGTHS = struct.Struct("<26xHH")
# At the end of the zip: a mark, the size and the offset of the directory, the length of the comment.
_END = struct.Struct("<4s8xIIH")
_END_MARK = b"PK\x05\x06"
_DESCRIBED = 0x8  # the flag of an entry that is followed by its sizes
_DESCRIPTORS = {12, 16, 20, 24}  # the possible lengths of these sizes


class PartHashes(NamedTuple):
    """The SHA-256 of each part, by its name and in order, and the SHA-256 of all parts together.

    With *has_more* the zip also holds bytes that belong to none of them.
    """

    each: dict[str, str]
    sha256: str
    has_more: bool = False


def written_parts(workbook: bytes) -> PartHashes:
    """Return the hashes of the parts of a workbook that this program wrote."""
    with zipfile.ZipFile(io.BytesIO(workbook)) as package:
        return _hashes(package)


def read_parts(data: bytes, limits: Limits) -> PartHashes:
    """Return the hashes of the parts of a workbook that may be damaged or malicious.

    Raises :class:`ScanError` if it exceeds the limits, is damaged or has an entry twice.
    """
    check_bytes(data, limits)
    try:
        with open_zip(data, limits) as package:
            check_entries(package, len(data), Budget(limits))
            return _hashes(package)._replace(has_more=_has_more(data, package))
    except DAMAGE as error:
        raise damaged(error) from error


def _hashes(package: zipfile.ZipFile) -> PartHashes:
    """Hash the parts, in the order of the zip's directory.

    The hash of all is over these bytes of each part: its name in UTF-8, a zero byte, the length of its content in
    decimal digits, a zero byte, its content.
    """
    each: dict[str, str] = {}
    whole = hashlib.sha256()
    for entry in package.infolist():
        part = hashlib.sha256()
        whole.update(b"%b\0%d\0" % (entry.filename.encode(), entry.file_size))
        with package.open(entry) as content:
            while chunk := content.read(_CHUNK):
                part.update(chunk)
                whole.update(chunk)
        each[entry.filename] = part.hexdigest()
    return PartHashes(each, whole.hexdigest())


def _has_more(data: bytes, package: zipfile.ZipFile) -> bool:
    """Return whether there are bytes in front of the entries, between them, or behind the directory."""
    mark, size, start, comment = _END.unpack_from(data, len(data) - _END.size)
    if mark != _END_MARK or comment or start != package.start_dir or start + size != len(data) - _END.size:
        return True
    entries = sorted(package.infolist(), key=lambda entry: entry.header_offset)
    offsets = [*(entry.header_offset for entry in entries), package.start_dir]
    if offsets[0]:
        return True
    for entry, (begin, end) in zip(entries, pairwise(offsets), strict=True):
        rest = end - begin - HEADER - sum(_LENGTHS.unpack_from(data, begin)) - entry.compress_size
        if rest and not (entry.flag_bits & _DESCRIBED and rest in _DESCRIPTORS):
            return True
    return False
