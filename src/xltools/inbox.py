"""What was handed in: files, the files in folders and the members of archives, one by one and all accounted for."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from xltools.data.filing import Filing, Source
from xltools.data.finding import Finding
from xltools.excel.archive import is_archive, members
from xltools.files import is_address, read_bytes, shown, walk
from xltools.office.guard import Limits, ScanError, beyond
from xltools.remote import local_paths, read_remote, remote_size, walk_remote


class Item(NamedTuple):
    """One file as it is to be read. A member of an archive is named ``archive.zip!member.xlsx``."""

    name: str
    data: bytes = b""
    fault: ScanError | None = None  # why there is nothing to read
    size: int = 0

    @property
    def sha256(self) -> str:
        """The hash of what it holds; none where nothing could be had of it."""
        return hashlib.sha256(self.data).hexdigest() if self.data or self.fault is None else ""

    @property
    def source(self) -> Source:
        """The file as its filing names it."""
        return Source(self.name, self.sha256, self.size)

    def refusal(self) -> Filing | None:
        """The filing of a file that could not even be opened."""
        if self.fault is None:
            return None
        finding = Finding(self.fault.code, self.name, found=self.fault.reason)
        return Filing(self.source, (finding,))


class Inbox(NamedTuple):
    """The files there are, as text: a path, or an address of an object store. ``passed_over`` are hidden or temporary."""

    files: tuple[str, ...] = ()
    passed_over: int = 0

    @property
    def is_elsewhere(self) -> bool:
        """Whether any of them is an address."""
        return any(map(is_address, self.files))

    @property
    def paths(self) -> Iterator[Path]:
        """Those that lie in this machine's file system, and those out of which addresses read there."""
        for file in self.files:
            yield from local_paths(file) if is_address(file) else (Path(file),)


def content_of(file: str, limits: Limits, home: str = "") -> bytes:
    """The bytes of one of the files, of a large one no more than shows that it is beyond the limits.

    *home* is the folder from which paths lead to the files, by default the one this process is in. Raises
    :class:`InputError` when the system does not let it be read.
    """
    if is_address(file):
        return read_remote(file, limits.file)
    return read_bytes(Path(home, file), limits.file)


def items(file: str, data: bytes, limits: Limits, home: str = "") -> Iterator[Item | None]:
    """What is to be read in the *data* of one of the files: itself or its members; ``None`` for one that is passed over."""
    name = name_of(file)
    if len(data) > limits.file:
        yield Item(name, fault=beyond("file", limits), size=size_of(file, home))
    elif is_archive(data):
        yield from _members(name, data, limits)
    else:
        yield Item(name, data, size=len(data))


def name_of(file: str) -> str:
    """How a file is called in what is said of it."""
    return file if is_address(file) else shown(Path(file))


def _members(archive: str, data: bytes, limits: Limits) -> Iterator[Item | None]:
    try:
        for member in members(data, limits):
            if member is None:
                yield None
                continue
            name, content = f"{archive}!{member[0]}", member[1]
            if isinstance(content, bytes):
                yield Item(name, content, size=len(content))
            else:
                yield Item(name, fault=content)
    except ScanError as error:
        yield Item(archive, data, error, len(data))


def gather(places: Iterable[Path | str]) -> Inbox:
    """Every file named, and every file in every folder named, in a fixed order; addresses may name a store's folders.

    Raises :class:`InputError` for a path that is not there or a folder that cannot be listed.
    """
    found: dict[str, bool] = {}
    for place in places:
        for file, is_hidden in walk_remote(str(place)) if is_address(str(place)) else walk(Path(place)):
            found.setdefault(file, is_hidden)
    files = tuple(file for file, is_hidden in found.items() if not is_hidden)
    return Inbox(files, len(found) - len(files))


def size_of(file: str, home: str = "") -> int:
    """How large a file is that was not read to its end."""
    return remote_size(file) if is_address(file) else Path(home, file).stat().st_size
