"""Reads what files are packed in: zips, mails, tars and compressed files, all within the same limits.

A zip is read here. Every other container is opened in the sandbox, which returns its members as a zip.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from xltools.files import ZIP, readable
from xltools.office.guard import (
    DAMAGE,
    HEADER,
    PLAIN_METHODS,
    Budget,
    Limits,
    ScanError,
    beyond,
    check_bytes,
    check_entries,
    damaged,
    holds_returns,
    is_encrypted,
    open_zip,
    printable,
    unpacked,
)
from xltools.office.kinds import Kind, entries_kind, is_package, kind_of

_NAME_PLACE = slice(26, 28)  # where an entry's local header has the length of its name
_PACKAGE_STARTS = (b"[content_types].xml", b"_rels/", b"docprops/", b"xl/", b"word/", b"ppt/", b"mimetype")
_UTF8_FLAG = 0x800
_NO_YEAR = 1980  # of an entry without a date
_COPIES = 4  # of a container, which the sandbox holds in memory besides what the limit allows


class PackedFile(NamedTuple):
    """A file in a container, or the error in place of its content.

    ``skipped`` is the reason why it is not read, as :func:`~xltools.files.why_ignored` gives them. ``sent`` is when the
    mail was sent to which it is attached, in ISO 8601; empty in any other container.
    """

    name: str
    content: bytes | ScanError
    skipped: str = ""
    sent: str = ""


def container_kind(data: bytes) -> Kind | None:
    """Return the kind of the container that *data* is; ``None`` for any other file. Most files need only the first bytes."""
    if not data.startswith(ZIP):
        kind = kind_of(data)
        return kind if kind.container else None
    length = int.from_bytes(data[_NAME_PLACE], "little")
    if data[HEADER : HEADER + length].replace(b"\\", b"/").lower().startswith(_PACKAGE_STARTS):
        return None
    try:
        with open_zip(data, Limits()) as package:
            names = [name.casefold() for name in package.namelist()]
    except (ScanError, *DAMAGE):
        return None
    kind = entries_kind(names)
    return kind if kind.container and not is_package(names) and holds_returns(names) else None


def members(data: bytes, name: str, kind: Kind, budget: Budget) -> Iterator[PackedFile]:
    """Yield each member of the container *data*, a file called *name*, within the container's own *budget*.

    Raises :class:`ScanError` when the container as a whole is refused.
    """
    if kind.container == "zip":
        yield from (PackedFile(name, content) for name, content, _, _ in _zipped(data, budget))
        return
    data = _as_zip(data, name, kind, budget)
    for inner, content, remark, date in _zipped(data, budget) if data else ():
        fault = _faults(budget.limits).get(remark)
        yield PackedFile(inner, fault or content, "" if fault else remark, date)


def _faults(limits: Limits) -> dict[str, ScanError]:
    """Return the errors for members that are in a zip without their content, by the remarks on them."""
    return {
        "link": ScanError("unreadable-file", "link", "link"),
        "message": ScanError("mail", kind="outlook"),
        "large": beyond("file", limits),
    }


def _as_zip(data: bytes, name: str, kind: Kind, budget: Budget) -> bytes:
    """Return the members of a container as a zip, or nothing if it has none."""
    from xltools.office.sandbox import SandboxError, run_sandboxed  # noqa: PLC0415  zips need no child process

    limits = budget.limits
    try:
        roomy = replace(limits, memory=limits.memory + _COPIES * len(data))
        return run_sandboxed(kind.container, data, replace(budget, limits=roomy), [name])
    except SandboxError as error:
        exceeded = {"too-large": "file", "late": "seconds", "memory": "memory"}
        if error.code in exceeded:
            raise beyond(exceeded[error.code], limits) from error
        code = kind.code if error.code == "missing" else "damaged"
        raise ScanError(code, error.reason or error.code, kind.name) from error


def _zipped(data: bytes, budget: Budget) -> Iterator[tuple[str, bytes | ScanError, str, str]]:
    """Yield the name and the content of each entry of a zip, its comment, and its date; empty if it has none."""
    limits = budget.limits
    check_bytes(data, limits)
    try:
        with open_zip(data, limits) as package:
            entries = [e for e in check_entries(package, len(data), budget).values() if not e.is_dir()]
            if any(map(is_encrypted, entries)):
                raise ScanError("encrypted-archive")
            for name, entry in sorted(((meant_name(e), e) for e in entries), key=lambda pair: pair[0]):
                yield (
                    printable(name),
                    _content(package, entry, limits),
                    entry.comment.decode("ascii", "replace"),
                    _date(entry),
                )
    except DAMAGE as error:
        raise damaged(error) from error


def _date(entry: zipfile.ZipInfo) -> str:
    year, month, day, hour, minute, second = entry.date_time
    return "" if year == _NO_YEAR else f"{year}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z"


def _content(package: zipfile.ZipFile, entry: zipfile.ZipInfo, limits: Limits) -> bytes | ScanError:
    if entry.file_size > limits.file:
        return beyond("file", limits)
    if entry.compress_type not in PLAIN_METHODS:
        return ScanError("archive", f"compression {entry.compress_type}", "method")
    try:
        return unpacked(package, entry)
    except DAMAGE as error:
        return damaged(error)


def meant_name(entry: zipfile.ZipInfo) -> str:
    """Return the original name. Without the flag for UTF-8 it is in the encoding of the system, in China GBK."""
    name = entry.orig_filename
    if not entry.flag_bits & _UTF8_FLAG and not name.isascii():
        name = readable(name.encode("cp437"))
    return name.replace("\\", "/")
