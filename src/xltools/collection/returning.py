"""Returning files to agencies: each file that needs a correction is written with marks, and its findings as a text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

from xltools.checking.collection import Examined
from xltools.collection.inbox import content_of, items, name_of
from xltools.collection.reading import Inputs
from xltools.errors import InputError, MarkingError, Problem
from xltools.files import refuse_within, write_atomically
from xltools.office.guard import Limits


class Returnable(Protocol):
    """A file that goes back to its agency, such as :class:`xltools.report.slip.Returned`."""

    @property
    def one(self) -> Examined:
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
        source = one.one.filing.source
        # Files of one name, from two folders, also get the beginning of their hashes.
        stem = one.stem if stems[one.stem] == 1 else f"{one.stem}_{source.sha256[:8]}"
        write_atomically(folder / f"{stem}.txt", one.text().encode("utf-8-sig"))
        left[source.path, source.sha256] = (one, stem)
    # The mark ! parts a member from its archive, but it may also be a character of a name.
    parts = [name.split("!") for name, _ in left]
    homes = {"!".join(part[:count]) for part in parts for count in range(1, len(part) + 1)}
    unmarked = 0
    for file in watch([file for file in inputs.inbox.files if name_of(file) in homes]):
        for item in filter(None, items(file, content_of(file, limits), limits)):
            found, stem = left.pop((item.name, item.sha256), (None, ""))
            try:
                if found:
                    write_atomically(folder / f"{stem}.xlsx", found.workbook(item.data))
            except MarkingError:
                unmarked += 1
    if left:
        raise InputError(*(Problem("changed-meanwhile", name) for name, _ in left))
    return ReturnedFiles(len(returnables), unmarked)
