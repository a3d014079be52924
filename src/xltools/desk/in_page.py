"""The desk inside of a browser: what the worker of a page calls."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias

from xltools.desk import answering, work
from xltools.desk.answering import Request, Response
from xltools.desk.work import Desk
from xltools.errors import XltoolsError
from xltools.files import read_bytes
from xltools.text import Lang

Buffer: TypeAlias = Any  # bytes, or a buffer of JavaScript
_EVERY = 20  # files between two messages about progress, each of which the page draws

Change = tuple[str, bytes | None]  # the name of a file and its content, None if it is gone
Answer = tuple[int, str, bytes]


class InPage:
    """The desk over the working folder, which is in memory; the page is told what has changed in it, and keeps that."""

    def __init__(self, lang: Lang, *, is_check: bool, told: Callable[[int, int], object]) -> None:
        self.desk = Desk(lang, is_page=True, is_check=is_check)

        def progress(done: int, count: int) -> None:
            if done % _EVERY == 0 or done == count:
                told(done, count)

        self.desk.memory.progress = progress
        self._known = dict(_files())

    def answer(
        self, target: str, form: Mapping[str, str] | None, files: Iterable[tuple[str, Buffer]] | None
    ) -> Answer:
        """Return status, name and content of the answer; without *form* it is only a question."""
        method = "GET" if form is None else "POST"
        found = self._answered(Request(method, target, form or {}), files)
        return found.status, found.name, found.body

    def _answered(self, request: Request, files: Iterable[tuple[str, Buffer]] | None) -> Response:
        if files is None:
            return answering.answer(self.desk, request)
        try:
            with work.arrivals(request.target) as arrived:
                for name, content in files:
                    with arrived.file(name) as add:
                        add(bytes(content))
                return answering.answer(self.desk, request._replace(arrived=arrived))
        except XltoolsError as error:
            return answering.refused(self.desk, error)

    def changes(self) -> Iterator[Change]:
        """Yield what is new, other or gone since the last time, one file after the other, so that few are in memory."""
        now = dict(_files())
        for name, about in now.items():
            if self._known.get(name) != about:
                yield name, read_bytes(Path(name))
        for name in self._known.keys() - now.keys():
            yield name, None
        self._known = now


def _files() -> Iterator[tuple[str, tuple[int, int, int]]]:
    """Yield each file of the folder, with what tells that it has changed."""
    for path in sorted(Path().rglob("*")):
        if path.is_file():
            about = path.stat()
            yield path.as_posix(), (about.st_size, about.st_mtime_ns, about.st_ino)
