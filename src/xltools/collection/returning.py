"""Returning files to agencies: each file that needs a correction is written with marks, and its findings as a text."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from xltools.collection.inbox import contents
from xltools.collection.reading import Inputs
from xltools.data.failure import raise_if_intended
from xltools.data.filing import Source
from xltools.errors import MarkingError
from xltools.files import RETURNED, read_bytes, refuse_within, write_atomically
from xltools.office.guard import Limits


class FileToReturn(NamedTuple):
    """A file that goes back to its agency: the name of what is written, without the ending, and what it contains.

    ``text`` returns the findings as a text, for a file that is marked or not. ``mark`` returns the content of the file with
    marks, and raises :class:`MarkingError` if it cannot be marked.
    """

    source: Source
    stem: str
    text: Callable[[bool], str]
    mark: Callable[[bytes], bytes]


class ReturnedFiles(NamedTuple):
    """How many files were returned, and how many of them only as a text, because they could not be marked.

    ``removed`` are the names of files of an earlier run that are not to be sent any more.
    """

    files: int
    unmarked: int
    removed: tuple[str, ...] = ()


def return_files(
    folder: Path,
    files: Sequence[FileToReturn],
    inputs: Inputs,
    limits: Limits,
    watch: Callable[[Sequence[str]], Iterable[str]] = iter,
) -> ReturnedFiles:
    """Write a text and, if it can be marked, a workbook for each file into *folder*.

    Files that an earlier run wrote are removed if they are not written again and nobody changed them. *watch* gets the
    paths of the files to mark and yields them. Raises :class:`OutputError` if *folder* is one of the folders that were
    read, or inside of one, because returned files would be read as returns; :class:`InputError` if a file has changed
    since it was read.
    """
    refuse_within(folder, inputs.inbox.places)
    written: dict[str, str] = {}

    def write(name: str, content: bytes) -> None:
        write_atomically(folder / name, content)
        written[name] = hashlib.sha256(content).hexdigest()

    stems = Counter(one.stem for one in files)
    named = {}
    for one in files:
        source = one.source
        # The beginning of the hash tells files with the same name from two folders apart.
        stem = one.stem if stems[one.stem] == 1 else f"{one.stem}_{source.sha256[:8]}"
        named[source.path, source.sha256] = (one, stem)
    marked = 0
    for item in contents(inputs.inbox.files, [one.source for one, _ in named.values()], limits, watch):
        found, stem = named[item.name, item.sha256]
        if workbook := _marked(found, item.data):
            write(f"{stem}.xlsx", workbook)
            marked += 1
        write(f"{stem}.txt", found.text(workbook is not None).encode("utf-8-sig"))
    return ReturnedFiles(len(files), len(files) - marked, _without_stale(folder, written))


def _without_stale(folder: Path, written: Mapping[str, str]) -> tuple[str, ...]:
    """Remove the unchanged files of the last run that were not *written* again, and return their names."""
    ledger = folder / RETURNED  # lists the files of the last run, as sha256sum does
    lines = read_bytes(ledger).decode().splitlines() if ledger.is_file() else []
    known = [line.partition("  ") for line in lines]
    stale = [
        name
        for sha256, _, name in known
        if name not in written and _has_sum(folder / Path(name).name, sha256)
    ]
    for name in stale:
        (folder / name).unlink()
    if written or known:
        text = "".join(f"{sha256}  {name}\n" for name, sha256 in sorted(written.items()))
        write_atomically(ledger, text.encode())
    return tuple(stale)


def _has_sum(path: Path, sha256: str) -> bool:
    return path.is_file() and hashlib.sha256(read_bytes(path)).hexdigest() == sha256


def _marked(found: FileToReturn, package: bytes) -> bytes | None:
    """Return the marked file, or None if it cannot be marked or the program fails on it."""
    try:
        return found.mark(package)
    except MarkingError:
        return None
    except Exception as error:  # noqa: BLE001  one file stops no other
        raise_if_intended(error)
        return None
