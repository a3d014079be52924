"""An .xlsx file as a zip of parts: replace some parts and keep the others."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Mapping

from xltools.office.guard import unpacked

_EPOCH = (1980, 1, 1, 0, 0, 0)


def patched(package: bytes, changes: Mapping[str, Callable[[bytes], bytes]]) -> bytes:
    """Return the package with each named part replaced by what its function returns; names without a part are ignored."""
    with zipfile.ZipFile(io.BytesIO(package)) as file:
        entries = [entry for entry in file.infolist() if entry.filename in changes]
        parts = {entry.filename: changes[entry.filename](unpacked(file, entry)) for entry in entries}
    return with_parts(package, parts)


def parts_of(package: bytes) -> dict[str, bytes]:
    """Return the content of every part by name."""
    with zipfile.ZipFile(io.BytesIO(package)) as file:
        return {entry.filename: unpacked(file, entry) for entry in file.infolist()}


def with_parts(package: bytes, parts: Mapping[str, bytes | None]) -> bytes:
    """Return the package with these parts replaced, those that are ``None`` removed, and new ones added at the end.

    Dates and attributes of the machine are not kept, so equal content gives equal bytes.
    """
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(package)) as old,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for entry in old.infolist():
            content = parts[entry.filename] if entry.filename in parts else unpacked(old, entry)
            if content is not None:
                new.writestr(_zip_entry(entry.filename, entry.external_attr), content)
        there = set(old.namelist())
        for name, content in parts.items():
            if content is not None and name not in there:
                new.writestr(_zip_entry(name, 0), content)
    return out.getvalue()


def _zip_entry(name: str, attributes: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, _EPOCH)
    info.compress_type, info.external_attr, info.create_system = zipfile.ZIP_DEFLATED, attributes, 0
    return info


def structure_locked(part: bytes, password: str) -> bytes:
    """Return the part ``xl/workbook.xml`` with the sheets fixed in number, order and name.

    XlsxWriter has no call for this.
    """
    attribute = f' workbookPassword="{password_hash(password)}"' if password else ""
    element = f'<workbookProtection{attribute} lockStructure="1"/>'.encode()
    return re.sub(rb"(<workbookPr\b[^>]*/>)", rb"\1" + element, part, count=1)


def password_hash(password: str) -> str:
    """Return the 16-bit hash of ECMA-376 part 4, 3.3.1.81, which every spreadsheet program knows. It is not secure."""
    value = 0
    for position, byte in enumerate(password.encode("utf-8", "ignore")[:15], 1):
        rotated = byte << position
        value ^= (rotated & 0x7FFF) | (rotated >> 15)
    return f"{value ^ len(password) ^ 0xCE4B:04X}"
