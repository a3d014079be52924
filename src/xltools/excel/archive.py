"""Reads zip archives of workbooks: the members and their names, within the limits."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator

from xltools.files import ZIP, is_ignored, readable
from xltools.office.guard import (
    DAMAGE,
    HEADER,
    PLAIN_METHODS,
    Limits,
    ScanError,
    beyond,
    check_bytes,
    check_entries,
    holds_workbooks,
    is_encrypted,
    is_package,
    open_zip,
    printable,
    unpacked,
)

_NAME_PLACE = slice(26, 28)  # where an entry's local header has the length of its name
_PACKAGE_STARTS = (b"[content_types].xml", b"_rels/", b"docprops/", b"xl/", b"word/", b"ppt/", b"mimetype")
_UTF8_FLAG = 0x800

Member = tuple[str, bytes | ScanError]


def is_archive(data: bytes) -> bool:
    """Return whether *data* is a zip of workbooks and not itself a workbook; most files need only the first bytes."""
    if not data.startswith(ZIP):
        return False
    length = int.from_bytes(data[_NAME_PLACE], "little")
    if data[HEADER : HEADER + length].replace(b"\\", b"/").lower().startswith(_PACKAGE_STARTS):
        return False
    try:
        with open_zip(data, Limits()) as package:
            names = [name.casefold() for name in package.namelist()]
    except (ScanError, *DAMAGE):
        return False
    return not is_package(names) and holds_workbooks(names)


def members(data: bytes, limits: Limits) -> Iterator[Member | None]:
    """Yield the name and content of each member, or its error in place of the content; ``None`` for a hidden one.

    Raises :class:`ScanError` when the archive as a whole is refused.
    """
    check_bytes(data, limits)
    try:
        with open_zip(data, limits) as package:
            entries = [e for e in check_entries(package, len(data), limits).values() if not e.is_dir()]
            if any(map(is_encrypted, entries)):
                raise ScanError("encrypted-archive")
            for name, entry in sorted(((meant_name(e), e) for e in entries), key=lambda pair: pair[0]):
                hidden = any(map(is_ignored, name.split("/")))
                yield None if hidden else (printable(name), _content(package, entry, limits))
    except DAMAGE as error:
        raise ScanError("damaged", f"{type(error).__name__}: {error}") from error


def _content(package: zipfile.ZipFile, entry: zipfile.ZipInfo, limits: Limits) -> bytes | ScanError:
    if entry.file_size > limits.file:
        return beyond("file", limits)
    if entry.compress_type not in PLAIN_METHODS:
        return ScanError("archive", f"compression {entry.compress_type}")
    try:
        return unpacked(package, entry)
    except DAMAGE as error:
        return ScanError("damaged", f"{type(error).__name__}: {error}")


def meant_name(entry: zipfile.ZipInfo) -> str:
    """Return the original name. Without the flag for UTF-8 it is in the encoding of the system, in China GBK."""
    name = entry.orig_filename
    if not entry.flag_bits & _UTF8_FLAG and not name.isascii():
        name = readable(name.encode("cp437"))
    return name.replace("\\", "/")
