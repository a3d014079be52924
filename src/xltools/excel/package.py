"""An .xlsx as what it is, a zip of parts: changing some of them and leaving the others as they are."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Mapping

_WORKBOOK = "xl/workbook.xml"
_EPOCH = (1980, 1, 1, 0, 0, 0)


def patched(package: bytes, changes: Mapping[str, Callable[[bytes], bytes]]) -> bytes:
    """The package with each named part put through its function; every other part keeps its content."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(package)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            content = old.read(entry)
            if change := changes.get(entry.filename):
                content = change(content)
            info = zipfile.ZipInfo(entry.filename, _EPOCH)
            info.compress_type, info.external_attr, info.create_system = (
                zipfile.ZIP_DEFLATED,
                entry.external_attr,
                0,
            )
            new.writestr(info, content)
    return out.getvalue()


def with_structure_locked(package: bytes, password: str) -> bytes:
    """The workbook with its sheets fixed in number, order and name: xlsxwriter has no call for it."""
    attribute = f' workbookPassword="{password_hash(password)}"' if password else ""
    element = f'<workbookProtection{attribute} lockStructure="1"/>'.encode()

    def lock(part: bytes) -> bytes:
        return re.sub(rb"(<workbookPr\b[^>]*/>)", rb"\1" + element, part, count=1)

    return patched(package, {_WORKBOOK: lock})


def password_hash(password: str) -> str:
    """The 16-bit hash of ECMA-376 part 4, 3.3.1.81, which every spreadsheet program knows. No secret is safe in it."""
    value = 0
    for position, byte in enumerate(password.encode("utf-8", "ignore")[:15], 1):
        rotated = byte << position
        value ^= (rotated & 0x7FFF) | (rotated >> 15)
    return f"{value ^ len(password) ^ 0xCE4B:04X}"
