"""What was read before, kept by content: a file that did not change is not read again.

A convenience and never a witness: what cannot be used is ignored, a proof reads everything anew, and nothing is kept of
files that were opened with a password. Whoever may write here may write in the inbox beside it.
"""

from __future__ import annotations

import hashlib
import sqlite3
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Self

from xltools.form import library

_RUNS = 20  # what no run of so many asked for is dropped
_PATIENCE = 5.0  # seconds to wait for another run that is writing
_READERS = ("python-calamine", "msoffcrypto-tool")  # extras; a file that needs one reads otherwise without it
_TABLES = """
create table if not exists run (number integer primary key);
create table if not exists kept (key blob primary key, sum blob not null, content blob not null, run integer not null);
"""


class Store:
    """Contents by key in one file. Whatever goes wrong with it, there is just nothing kept."""

    def __init__(self, path: Path) -> None:
        self._run = 0
        self._base: sqlite3.Connection | None = None
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._base = sqlite3.connect(path, timeout=_PATIENCE)
            self._base.executescript(_TABLES)
            self._run = self._base.execute("insert into run default values returning number").fetchone()[0]
        except (OSError, sqlite3.Error):
            self._give_up()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Keep what this run brought, also when it ended early: each content is right by itself."""
        if self._base is not None:
            try:
                self._base.execute("delete from kept where run <= ?", (self._run - _RUNS,))
                self._base.execute("delete from run where number < ?", (self._run,))
                self._base.commit()
            except sqlite3.Error:
                pass
            self._give_up()

    def _give_up(self) -> None:
        if self._base is not None:
            self._base.close()
        self._base = None

    def get(self, key: bytes) -> bytes | None:
        """What was kept under that key, if it is still what was put there."""
        if self._base is None:
            return None
        try:
            row = self._base.execute("select content, sum, run from kept where key = ?", (key,)).fetchone()
            if row is None or hashlib.sha256(row[0]).digest() != row[1]:
                return None
            if row[2] != self._run:
                self._base.execute("update kept set run = ? where key = ?", (self._run, key))
            return bytes(row[0])
        except (sqlite3.Error, TypeError):
            self._give_up()
            return None

    def put(self, key: bytes, content: bytes) -> None:
        """Keep *content* under that key."""
        if self._base is None:
            return
        row = (key, hashlib.sha256(content).digest(), content, self._run)
        try:
            self._base.execute("insert or replace into kept values (?, ?, ?, ?)", row)
        except sqlite3.Error:
            self._give_up()


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
