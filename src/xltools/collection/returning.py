"""Returning files to agencies: each file that needs a correction is written with marks, and its findings as a text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

from xltools.checking.collection import Examined
from xltools.collection.inbox import InboxItem, content_of, items, name_of
from xltools.collection.reading import Inputs
from xltools.data.failure import raise_if_intended
from xltools.errors import InputError, MarkingError, Problem
from xltools.files import refuse_within, write_atomically
from xltools.office.guard import Limits


class Returnable(Protocol):
    """A file that goes back to its agency, such as :class:`xltools.report.slip.Returned`."""

    @property
    def examined(self) -> Examined:
        """The filing and its findings."""

    @property
    def stem(self) -> str:
        """The name of the files that go back, without the ending."""

    def text(self) -> str:
        """Return the findings as a text."""

    def workbook(self, package: bytes) -> bytes:
        """Return the file with marks; raise :class:`MarkingError` if it cannot be marked."""


class ReturnedFiles(NamedTuple):
    """How many files were returned, and how many of them only as a text, because they could not be marked."""

    files: int
    unmarked: int


def return_files(
    folder: Path,
    returnables: Sequence[Returnable],
    inputs: Inputs,
    limits: Limits,
    watch: Callable[[Sequence[str]], Iterable[str]] = iter,
) -> ReturnedFiles:
    """Write a text and, if it can be marked, a workbook for each file into *folder*.

    *watch* gets the paths of the files to mark and passes them on. Raises :class:`OutputError` if *inputs* were read
    from *folder*, because returned files would be read as returns; :class:`InputError` if a file has changed since.
    """
    refuse_within(folder, inputs.inbox.paths)
    stems = Counter(one.stem for one in returnables)
    left = {}
    for one in returnables:
        source = one.examined.filing.source
        # Files of one name, from two folders, also get the beginning of their hashes.
        stem = one.stem if stems[one.stem] == 1 else f"{one.stem}_{source.sha256[:8]}"
        write_atomically(folder / f"{stem}.txt", one.text().encode("utf-8-sig"))
        left[source.path, source.sha256] = (one, stem)
    # The mark ! parts a member from its archive, but it may also be a character of a name.
    parts = [name.split("!") for name, _ in left]
    homes = {"!".join(part[:count]) for part in parts for count in range(1, len(part) + 1)}
    marked = 0
    for file in watch([file for file in inputs.inbox.files if name_of(file) in homes]):
        for item in _items_of(file, limits):
            found, stem = left.pop((item.name, item.sha256), (None, ""))
            if found and (workbook := _marked(found, item.data)):
                write_atomically(folder / f"{stem}.xlsx", workbook)
                marked += 1
    if left:
        raise InputError(*(Problem("changed-meanwhile", name) for name, _ in left))
    return ReturnedFiles(len(returnables), len(returnables) - marked)


def _items_of(file: str, limits: Limits) -> Iterator[InboxItem]:
    """Yield the file, or the members of an archive up to one on which the program fails."""
    data = content_of(file, limits)
    try:
        yield from filter(None, items(file, data, limits))
    except Exception as error:  # noqa: BLE001  one file stops no other
        raise_if_intended(error)


def _marked(found: Returnable, package: bytes) -> bytes | None:
    """Return the marked file, or None if it cannot be marked or the program fails on it."""
    try:
        return found.workbook(package)
    except MarkingError:
        return None
    except Exception as error:  # noqa: BLE001  one file stops no other
        raise_if_intended(error)
        return None
