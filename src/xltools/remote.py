"""Files that lie elsewhere: addresses such as ``s3://bucket/inbox``, listed and read through fsspec, which is an extra."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from xltools.errors import InputError, Problem
from xltools.files import is_passed_over

_LOCAL = r"(?i)(?:^|::)(?:file|local)://(.*?)(?=::|$)"


def local_paths(address: str) -> list[Path]:
    """The files of this machine's file system that are read by that address: ``zip://a.xlsx::file:///in.zip`` names one."""
    return [Path(found) for found in re.findall(_LOCAL, address)]


def walk_remote(address: str) -> Iterator[tuple[str, bool]]:
    """The file named, or every file below it, in a fixed order, and whether it is passed over.

    Each is addressed as what was named, with its name behind. Raises :class:`InputError` when nothing is there, or the
    store does not answer.
    """
    store, path = _store(address)
    with _Told(address):
        found = sorted(store.find(path))
    if not found:
        raise InputError(Problem("no-such-path", address))
    for file in found:
        inside = file.removeprefix(path).strip("/")
        yield _below(address, inside), any(map(is_passed_over, inside.split("/")))


def _below(address: str, inside: str) -> str:
    """The address of a file in a folder: in a chain such as ``zip://::s3://in.zip`` the first link that has a path goes on."""
    if not inside:
        return address
    links = address.split("::")
    place = next(place for place, link in enumerate(links) if "://" in link)
    links[place] += inside if links[place].endswith("/") else f"/{inside}"
    return "::".join(links)


def read_remote(address: str, most: int) -> bytes:
    """The content, of a large file no more than shows that it has over *most* bytes; raises :class:`InputError`."""
    store, path = _store(address)
    with _Told(address), store.open(path, "rb") as file:
        content: bytes = file.read(most + 1)
        return content


def remote_size(address: str) -> int:
    """How large it is, 0 where the store does not say."""
    store, path = _store(address)
    with _Told(address):
        return int(store.size(path) or 0)


def _store(address: str) -> tuple[Any, str]:
    try:
        import fsspec.core  # noqa: PLC0415  an extra
    except ImportError as error:
        raise InputError(Problem("missing-extra", address, {"how": "remote"})) from error
    with _Told(address):
        store, path = fsspec.core.url_to_fs(address)
        return store, path


class _Told:
    """What a store's own library raises, in one kind of error."""

    def __init__(self, address: str) -> None:
        self._address = address

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, Exception) and not isinstance(error, InputError):
            reason = f"{type(error).__name__}: {error}"
            raise InputError(Problem("unreadable-file", self._address, {"reason": reason})) from error
