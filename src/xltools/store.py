"""What was read before, kept by content: a file that did not change is not read again.

A convenience and never a witness: what cannot be used is ignored, what is damaged is thrown away, a proof reads
everything anew, and nothing is kept of files that were opened with a password. Whoever may write here may write in the
inbox beside it.
"""

from __future__ import annotations

import hashlib
import sqlite3
import sys
from collections.abc import Iterable
from contextlib import suppress
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Self

from xltools.form import library

_RUNS = 20  # what no run of so many asked for is dropped
_PATIENCE = 5.0  # seconds to wait for another run that is writing
_READERS = ("python-calamine", "msoffcrypto-tool")  # extras; a file that needs one reads otherwise without it
_TOGETHER = 64  # changes that wait for one another: while they wait nobody is kept from writing
_TABLES = """
pragma synchronous = off;
create table if not exists run (number integer primary key);
create table if not exists kept (key blob primary key, sum blob not null, content blob not null, run integer not null);
"""  # a power cut may damage it, which is noticed; no disk is waited for
_MARK = "update kept set run = ? where key = ?"
_KEEP = "insert or replace into kept (run, key, sum, content) values (?, ?, ?, ?)"
# It is no such base, or another's: nothing in it will ever be of use.
_USELESS = {sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_WRONG = (sqlite3.Error, TypeError, MemoryError)  # what a damaged base makes of a question


class Store:
    """Contents by key in one file. Whatever goes wrong with it, there is just nothing kept."""

    def __init__(self, path: Path) -> None:
        self._path, self._run = path, 0
        self._base: sqlite3.Connection | None = None
        self._waiting: list[tuple[str, tuple[object, ...]]] = []
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._base = sqlite3.connect(path, timeout=_PATIENCE)
            self._base.executescript(_TABLES)
            (number,) = self._base.execute("insert into run default values returning number").fetchone()
            self._run = int(number)
            self._base.commit()
        except (OSError, *_WRONG) as error:
            self._give_up(error)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Keep what this run brought, also when it ended early: each content is right by itself."""
        self._later("delete from kept where run <= ?", self._run - _RUNS)
        self._later("delete from run where number < ?", self._run)
        self._write()
        self._give_up()

    def _give_up(self, error: Exception | None = None) -> None:
        """Ask it nothing more. What is of no use is removed, so that the next run keeps again."""
        if self._base is not None:
            self._base.close()
        self._base = None
        if isinstance(error, TypeError) or getattr(error, "sqlite_errorcode", 0) & 0xFF in _USELESS:
            with suppress(OSError):
                self._path.unlink()

    def _later(self, change: str, *values: object) -> None:
        self._waiting.append((change, values))
        if len(self._waiting) >= _TOGETHER:
            self._write()

    def _write(self) -> None:
        waiting, self._waiting = self._waiting, []
        if self._base is None:
            return
        try:
            with self._base:
                for change, values in waiting:
                    self._base.execute(change, values)
        except _WRONG as error:
            self._give_up(error)

    def get(self, key: bytes) -> bytes | None:
        """What was kept under that key, if it is still what was put there."""
        if self._base is None:
            return None
        try:
            row = self._base.execute("select content, sum, run from kept where key = ?", (key,)).fetchone()
            if row is None or _sum(key, row[0]) != row[1]:
                return None
            if row[2] <= self._run - _RUNS // 2:
                self._later(_MARK, self._run, key)
            return bytes(row[0])
        except _WRONG as error:
            self._give_up(error)
            return None

    def put(self, key: bytes, content: bytes) -> None:
        """Keep *content* under that key."""
        if self._base is not None:
            self._later(_KEEP, self._run, key, _sum(key, content), content)


def _sum(key: bytes, content: bytes) -> bytes:
    """Of both: a damaged index may lead to what was kept of another file."""
    return hashlib.sha256(key + content).digest()


def key_of(parts: Iterable[bytes]) -> bytes:
    """A key for all of these together, none of which can be told from it."""
    whole = hashlib.sha256()
    for part in parts:
        whole.update(len(part).to_bytes(8, "big"))
        whole.update(part)
    return whole.digest()


@cache
def tool() -> bytes:
    """A hash over all on which it depends how a file is read: what another tool read is read again.

    The sources, the built-in forms wherever they lie, the libraries that read old formats, and the Python.
    """
    home = Path(__file__).resolve().parent
    sources = {path.relative_to(home): path for kind in ("*.py", "*.toml") for path in home.rglob(kind)}
    forms = {Path("templates", path.name): path for path in library.files()}
    every = ((name.as_posix(), path.read_bytes()) for name, path in sorted((sources | forms).items()))
    around = (*(f"{name} {_version(name)}" for name in _READERS), f"python {sys.version_info[:2]}")
    return key_of(
        (*(part for name, data in every for part in (name.encode(), data)), *map(str.encode, around))
    )


def _version(distribution: str) -> str:
    from importlib import metadata  # noqa: PLC0415  takes long to import, and one process alone needs none

    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return ""
