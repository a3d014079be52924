"""The files of an inbox: files, files in folders, and members of archives and mails."""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from xltools.data.failure import raise_if_intended
from xltools.data.filing import RefusedFile, Skipped, Source
from xltools.errors import InputError, Problem
from xltools.excel.archive import container_kind, members
from xltools.excel.refusing import refused
from xltools.files import read_regular, shown, walk, why_ignored
from xltools.office.guard import Budget, Limits, ScanError, beyond
from xltools.text import harmless_line

_DEEPEST = 4  # containers in one another, such as a zip in a mail in a mail


@dataclass(frozen=True)
class InboxItem:
    """A file or a member of an archive, which is named ``archive.zip!member.xlsx``.

    Each reading takes a budget of its own from ``budget``, which all members of an archive share. ``sent`` is when the
    mail was sent that it came with; of a forwarded mail, the earliest. ``mail`` is that mail, the outermost one.
    """

    name: str
    data: bytes = b""
    fault: ScanError | None = None  # why its content could not be read
    size: int = 0
    budget: Budget | None = None
    sent: str = ""
    mail: bytes = b""

    @cached_property
    def sha256(self) -> str:
        """The SHA-256 of its content; empty if nothing could be read."""
        return hashlib.sha256(self.data).hexdigest() if self.data or self.fault is None else ""

    @property
    def source(self) -> Source:
        """The source of its filing."""
        return Source(self.name, self.sha256, self.size)

    def refusal(self) -> RefusedFile | None:
        """Return the filing of a file that could not be opened; ``None`` if it was."""
        return refused(self.source, self.fault, self.data) if self.fault else None


class Inbox(NamedTuple):
    """The paths of the files to read, as text; what was skipped; and the links to files outside of the folders.

    ``places`` are the files and folders that were named.
    """

    files: tuple[str, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    outside: tuple[str, ...] = ()
    places: tuple[Path, ...] = ()

    @property
    def paths(self) -> Iterator[Path]:
        """The files as paths."""
        return map(Path, self.files)

    def refusals(self) -> Iterator[RefusedFile]:
        """Yield the filings of the files that must not be read."""
        for file in self.outside:
            target = harmless_line(os.path.realpath(file))
            yield refused(Source(name_of(file)), ScanError("unreadable-file", target, "outside"))


def content_of(file: str, limits: Limits, home: str = "") -> tuple[bytes, int]:
    """Return the bytes of a file, at most one more than ``limits.file``, and its size.

    *home* is the folder from which the path is relative, by default the current one. Raises :class:`ScanError` if the
    system refuses to read it.
    """
    path = Path(home, file)
    try:
        return read_regular(path, limits.file)
    except OSError as error:
        if getattr(error, "winerror", None) in _CLOUD_ERRORS:
            raise ScanError("not-downloaded", kind="cloud") from error
        reason = error.strerror or str(error)
        raise ScanError("unreadable-file", reason, _why_unreadable(path, error)) from error


_CLOUD_ERRORS = range(358, 405)  # of Windows, for the placeholders of OneDrive and the like
_HELD_ERRORS = {32, 33}  # of Windows: sharing violation, lock violation


def _why_unreadable(path: Path, error: OSError) -> str:
    if getattr(error, "winerror", None) in _HELD_ERRORS:
        return "held"
    if error.errno == errno.ELOOP or (path.is_symlink() and isinstance(error, FileNotFoundError)):
        return "broken-link"
    kinds = {errno.ENXIO: "special", errno.ENOENT: "vanished", errno.EACCES: "denied", errno.EPERM: "denied"}
    return kinds.get(error.errno or 0, "failed")


def items(file: str, limits: Limits, home: str = "") -> Iterator[InboxItem | Skipped]:
    """Yield a file, or the members of the archive or the mail that it is."""
    name = name_of(file)
    try:
        data, size = content_of(file, limits, home)
    except ScanError as error:
        yield InboxItem(name, fault=error)
        return
    if len(data) > limits.file:
        yield InboxItem(name, fault=beyond("file", limits), size=size)
    else:
        yield from _opened(name, data, Budget(limits), _DEEPEST)


def name_of(file: str) -> str:
    """Return the path as it is shown in messages."""
    return shown(Path(file))


def contents(
    files: Iterable[str],
    sources: Iterable[Source],
    limits: Limits,
    watch: Callable[[Sequence[str]], Iterable[str]] = iter,
) -> Iterator[InboxItem]:
    """Yield again each of *sources*, which were read from *files*, with its content, in the order of the files.

    Only the files that hold one are opened; *watch* gets their paths and yields them. Raises :class:`InputError` at the
    end for those that have changed since or are gone.
    """
    left = {(source.path, source.sha256) for source in sources}
    # An exclamation mark separates a member from its archive, but it may also be a character of a name.
    parts = [path.split("!") for path, _ in left]
    homes = {"!".join(part[:count]) for part in parts for count in range(1, len(part) + 1)}
    for file in watch([file for file in files if name_of(file) in homes]):
        try:
            for item in items(file, limits):
                if isinstance(item, InboxItem) and (key := (item.name, item.sha256)) in left:
                    left.remove(key)
                    yield item
        except Exception as error:  # noqa: BLE001  an archive on which the program fails stops no other file
            raise_if_intended(error)
    if left:
        raise InputError(*(Problem("changed-meanwhile", path) for path, _ in sorted(left)))


def _opened(
    name: str, data: bytes, budget: Budget, depth: int, sent: str = "", mail: bytes = b""
) -> Iterator[InboxItem | Skipped]:
    """Yield a file, or the members of a container with those of the containers inside, *depth* deep."""
    kind = container_kind(data)
    if kind is None:
        yield InboxItem(name, data, size=len(data), budget=budget, sent=sent, mail=mail)
        return
    if kind.code == "mail":
        mail = mail or data
    if depth == 0:
        yield InboxItem(name, data, ScanError("archive", kind="nested"), len(data))
        return
    is_empty = True
    try:
        for member in members(data, name, kind, budget.for_file()):
            whole, content = f"{name}!{member.name}", member.content
            head = content[:8] if isinstance(content, bytes) else b""
            ignored = (why_ignored(part, head) for part in member.name.split("/"))
            if why := member.skipped or next(filter(None, ignored), ""):
                yield Skipped(whole, why)
                continue
            is_empty = False
            if isinstance(content, bytes):
                first = min(filter(None, (sent, member.sent)), default="")
                yield from _opened(whole, content, budget, depth - 1, first, mail)
            else:
                yield InboxItem(whole, fault=content)
    except ScanError as error:
        yield InboxItem(name, data, error, len(data))
        return
    if is_empty:
        code = kind.code if kind.code == "mail" else "not-a-workbook"
        yield InboxItem(name, data, ScanError(code, kind=f"empty-{kind.code}"), len(data))


def gather(places: Iterable[Path | str]) -> Inbox:
    """Return every file named, and every file in every folder named, in a fixed order.

    Raises :class:`InputError` for a path that is not there or a folder that cannot be listed.
    """
    found: dict[str, str] = {}
    named = tuple(map(Path, places))
    for place in named:
        for file, why in walk(place):
            found.setdefault(file, why)
    return Inbox(
        tuple(file for file, why in found.items() if not why),
        tuple(Skipped(name_of(file), why) for file, why in found.items() if why not in {"", "outside"}),
        tuple(file for file, why in found.items() if why == "outside"),
        named,
    )
