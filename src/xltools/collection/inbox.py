"""The files of an inbox: files, files in folders and members of archives."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from xltools.data.filing import RefusedFile, Source
from xltools.data.finding import Finding
from xltools.excel.archive import is_archive, members
from xltools.files import read_bytes, shown, walk
from xltools.office.guard import Limits, ScanError, beyond


class InboxItem(NamedTuple):
    """A file or a member of an archive, which is named ``archive.zip!member.xlsx``."""

    name: str
    data: bytes = b""
    fault: ScanError | None = None  # why its content could not be read
    size: int = 0

    @property
    def sha256(self) -> str:
        """The SHA-256 of its content; empty if nothing could be read."""
        return hashlib.sha256(self.data).hexdigest() if self.data or self.fault is None else ""

    @property
    def source(self) -> Source:
        """The source of its filing."""
        return Source(self.name, self.sha256, self.size)

    def refusal(self) -> RefusedFile | None:
        """Return the filing of a file that could not be opened; ``None`` if it was."""
        if self.fault is None:
            return None
        finding = Finding(self.fault.code, self.name, found=self.fault.reason)
        return RefusedFile(self.source, (finding,))


class Inbox(NamedTuple):
    """The paths of the files, as text. ``skipped`` counts hidden and temporary files."""

    files: tuple[str, ...] = ()
    skipped: int = 0

    @property
    def paths(self) -> Iterator[Path]:
        """The files as paths."""
        return map(Path, self.files)


def content_of(file: str, limits: Limits, home: str = "") -> bytes:
    """Return the bytes of a file, at most one more than ``limits.file``.

    *home* is the folder from which the path is relative, by default the current one. Raises :class:`InputError` if the
    system refuses to read it.
    """
    return read_bytes(Path(home, file), limits.file)


def items(file: str, data: bytes, limits: Limits, home: str = "") -> Iterator[InboxItem | None]:
    """Yield the file with these *data*, or the members of an archive; ``None`` for a member that is skipped."""
    name = name_of(file)
    if len(data) > limits.file:
        yield InboxItem(name, fault=beyond("file", limits), size=Path(home, file).stat().st_size)
    elif is_archive(data):
        yield from _archive_items(name, data, limits)
    else:
        yield InboxItem(name, data, size=len(data))


def name_of(file: str) -> str:
    """Return the path as it is shown in messages."""
    return shown(Path(file))


def _archive_items(archive: str, data: bytes, limits: Limits) -> Iterator[InboxItem | None]:
    try:
        for member in members(data, limits):
            if member is None:
                yield None
                continue
            name, content = f"{archive}!{member[0]}", member[1]
            if isinstance(content, bytes):
                yield InboxItem(name, content, size=len(content))
            else:
                yield InboxItem(name, fault=content)
    except ScanError as error:
        yield InboxItem(archive, data, error, len(data))


def gather(places: Iterable[Path | str]) -> Inbox:
    """Return every file named, and every file in every folder named, in a fixed order.

    Raises :class:`InputError` for a path that is not there or a folder that cannot be listed.
    """
    found: dict[str, bool] = {}
    for place in places:
        for file, is_hidden in walk(Path(place)):
            found.setdefault(file, is_hidden)
    files = tuple(file for file, is_hidden in found.items() if not is_hidden)
    return Inbox(files, len(found) - len(files))
