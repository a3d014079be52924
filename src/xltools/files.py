"""Files and folders: what was handed in, names every system accepts, and output that is whole or not there."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from xltools.errors import InputError, OutputError, Problem


def workbooks(paths: Iterable[Path]) -> list[Path]:
    """Every file named, and every file in every folder named, in a fixed order; hidden and lock files are passed over.

    Raises :class:`InputError` for a path that is not there.
    """
    found: dict[Path, None] = {}
    for path in paths:
        if not path.exists():
            raise InputError(Problem("no-such-path", str(path)))
        for file in _below(path) if path.is_dir() else (path,):
            found.setdefault(file)
    return list(found)


def _below(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir(), key=lambda p: p.name):
        if path.name.startswith((".", "~$")):
            continue
        if path.is_dir():
            yield from _below(path)
        elif path.is_file():
            yield path


def read_bytes(path: Path) -> bytes:
    """The content of a file; raises :class:`InputError` when the system refuses it."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(
            Problem("unreadable-file", str(path), {"reason": error.strerror or str(error)})
        ) from error


def write_atomically(path: Path, content: bytes) -> None:
    """Put *content* at *path* whole: an interruption leaves what was there before. Raises :class:`OutputError`."""
    temporary = ""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name[:40]}.", suffix=".tmp", dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except OSError as error:
        if temporary:
            Path(temporary).unlink(missing_ok=True)
        raise OutputError(
            Problem("cannot-write", str(path), {"reason": error.strerror or str(error)})
        ) from error


def refuse_existing(paths: Iterable[Path]) -> None:
    """Raise :class:`OutputError` naming every one of *paths* that is there already."""
    problems = [Problem("exists", str(path)) for path in paths if path.exists()]
    if problems:
        raise OutputError(*problems)
