"""What was handed in: files, the files in folders and the members of archives, one by one and all accounted for."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from attrs import define, field

from xltools.data.filing import Filing, Source
from xltools.data.finding import Finding
from xltools.excel.archive import is_archive, members
from xltools.excel.guard import Limits, ScanError, beyond
from xltools.files import read_bytes, shown, walk


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

    def refusal(self) -> Filing | None:
        """The filing of a file that could not even be opened."""
        if self.fault is None:
            return None
        finding = Finding(self.fault.code, self.name, found=self.fault.reason)
        return Filing(Source(self.name, self.sha256, self.size), (finding,))


@define
class Inbox:
    """The files there are. ``passed_over`` counts what is hidden or temporary, and grows as archives are opened."""

    files: list[Path] = field(factory=list)
    passed_over: int = 0

    def items(self, path: Path, limits: Limits) -> Iterator[Item]:
        """What is to be read of one of the files; raises :class:`InputError` when the system does not let it be read."""
        data, name = read_bytes(path, limits.file), shown(path)
        if len(data) > limits.file:
            yield Item(name, fault=beyond("file", limits), size=path.stat().st_size)
        elif is_archive(data):
            yield from self._members(name, data, limits)
        else:
            yield Item(name, data, size=len(data))

    def _members(self, archive: str, data: bytes, limits: Limits) -> Iterator[Item]:
        try:
            for member in members(data, limits):
                if member is None:
                    self.passed_over += 1
                    continue
                name, content = f"{archive}!{member[0]}", member[1]
                if isinstance(content, bytes):
                    yield Item(name, content, size=len(content))
                else:
                    yield Item(name, fault=content)
        except ScanError as error:
            yield Item(archive, data, error, len(data))


def gather(paths: Iterable[Path]) -> Inbox:
    """Every file named, and every file in every folder named, in a fixed order.

    Raises :class:`InputError` for a path that is not there or a folder that cannot be listed.
    """
    files, passed_over = walk(paths)
    return Inbox(files, len(passed_over))
