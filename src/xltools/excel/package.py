"""An .xlsx as what it is, a zip of parts: changing some of them and leaving the others as they are."""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from collections.abc import Callable, Iterable, Mapping
from typing import BinaryIO

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


def save_changed(package: bytes, out: BinaryIO, changes: Mapping[str, Change]) -> None:
    """Write the package to *out*, each named part as the pieces that its function makes of it, in the package's order.

    A piece is asked for when the one before is written, so that a part may be far larger than what is held of it.
    """
    with zipfile.ZipFile(io.BytesIO(package)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            content = old.read(entry)
            change = changes.get(entry.filename)
            with new.open(_entry(entry.filename, entry.external_attr), "w") as part:
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
                    _entry(entry.filename, entry.external_attr), old.read(entry) if kept else content
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


def target_of(part: str, target: str) -> str:
    """The part that a relation of *part* points to; "" is the package itself."""
    target = target.replace("\\", "/")
    if target.startswith("/"):
        return target.lstrip("/")
    return posixpath.normpath(posixpath.join(posixpath.dirname(part), target))


def relations_of(part: str) -> str:
    """The part that holds the relations of *part*."""
    folder, file = posixpath.split(part)
    return posixpath.join(folder, "_rels", f"{file}.rels")


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
