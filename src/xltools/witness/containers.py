"""Finds returns in archives and mails by the hash of their content, with no code of the first reader."""

from __future__ import annotations

import bz2
import contextlib
import email
import gzip
import hashlib
import io
import lzma
import tarfile
import zipfile
from collections.abc import Collection, Iterator

_LARGEST = 64 << 20  # bytes; larger members are skipped
_DEEPEST = 5
_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
_COMPRESSED = {b"\x1f\x8b": gzip.GzipFile, b"BZh": bz2.BZ2File, b"\xfd7zXZ": lzma.LZMAFile}


def contents(data: bytes, wanted: Collection[str]) -> dict[str, bytes]:
    """Return the files in *data*, however deep, whose hashes are *wanted*, by these hashes."""
    hashed = ((hashlib.sha256(file).hexdigest(), file) for file in _files(data, _DEEPEST))
    return {sha256: file for sha256, file in hashed if sha256 in wanted}


def _files(data: bytes, depth: int) -> Iterator[bytes]:
    """Yield *data* and everything in it; what cannot be unpacked is not there."""
    yield data
    if depth:
        with contextlib.suppress(Exception):  # a damaged container raises exceptions of many classes
            for member in _members(data):
                yield from _files(member, depth - 1)


def _members(data: bytes) -> Iterator[bytes]:
    if zipfile.is_zipfile(io.BytesIO(data)):
        yield from _zip_members(data)
    elif data.startswith(_OLE):
        yield from _message_members(data)
    elif data.startswith(tuple(_COMPRESSED)):
        kind = next(kind for head, kind in _COMPRESSED.items() if data.startswith(head))
        with kind(io.BytesIO(data)) as file:
            yield file.read(_LARGEST)
    elif tarfile.is_tarfile(io.BytesIO(data)):
        with tarfile.open(fileobj=io.BytesIO(data)) as archive:
            for entry in archive:
                file = archive.extractfile(entry) if entry.isreg() and entry.size <= _LARGEST else None
                if file:
                    yield file.read()
    elif b":" in data[:1000] and b"content-type" in data[:100_000].lower():
        for part in email.message_from_bytes(data).walk():
            content = part.get_payload(decode=True)
            if isinstance(content, bytes):
                yield content


def _zip_members(data: bytes) -> Iterator[bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        if "[Content_Types].xml" in archive.namelist():
            return  # a workbook or a document
        for member in archive.infolist():
            if member.file_size <= _LARGEST and not member.flag_bits & 1:
                with contextlib.suppress(Exception):  # a method that zipfile does not know
                    yield archive.read(member)


def _message_members(data: bytes) -> Iterator[bytes]:
    """Yield the attachments of a message of Outlook."""
    import olefile  # noqa: PLC0415  an extra; without it the first reader read nothing either

    with olefile.OleFileIO(data) as message:
        for path in message.listdir():
            if path[-1] == "__substg1.0_37010102":
                yield message.openstream(path).read()
