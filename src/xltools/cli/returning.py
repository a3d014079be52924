"""What ``xltools verify --return-to`` writes: for each file with something to mend, the file marked, and a text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from xltools.cli.options import ReadingOptions, read_limits
from xltools.cli.output import inform, progress
from xltools.collection.inbox import content_of, items, name_of
from xltools.collection.reading import Inputs
from xltools.errors import InputError, MarkingError, Problem
from xltools.files import refuse_within, write_atomically
from xltools.report.slip import returned
from xltools.text import Lang, catalog

if TYPE_CHECKING:
    from xltools.checking.collection import Collection
    from xltools.report.slip import Returned


def return_to(folder: Path, collection: Collection, inputs: Inputs, how: ReadingOptions, lang: Lang) -> None:
    """Write them; a file that cannot be marked goes back as text alone, and that is said.

    Raises :class:`OutputError` when the folder is among what was read: what goes back would be taken for a return.
    """
    refuse_within(folder, inputs.inbox.paths)
    limits = read_limits(how.limits)
    back = [found for one in collection.examined if (found := returned(one))]
    for found, stem in _stems(back):
        write_atomically(folder / f"{stem}.txt", found.text().encode("utf-8-sig"))
    left = {_key(found): (found, stem) for found, stem in _stems(back)}
    homes = {home for name, _ in left for home in _homes(name)}
    unmarked = 0
    files = [file for file in inputs.inbox.files if name_of(file) in homes]
    for file in progress(files, catalog(lang)("report.returning")):
        for item in filter(None, items(file, content_of(file, limits), limits)):
            found, stem = left.pop((item.name, item.sha256), (None, ""))
            try:
                if found:
                    write_atomically(folder / f"{stem}.xlsx", found.workbook(item.data))
            except MarkingError:
                unmarked += 1
    if left:
        raise InputError(*(Problem("changed-meanwhile", name) for name, _ in left))
    inform(catalog(lang)("report.returned", count=len(back), folder=folder, unmarked=unmarked))


def _homes(name: str) -> Iterator[str]:
    """The files that it can have come out of: itself, or an archive; names may hold the mark that parts the two."""
    parts = name.split("!")
    return ("!".join(parts[:count]) for count in range(1, len(parts) + 1))


def _key(found: Returned) -> tuple[str, str]:
    """By what a file is known again when it is opened once more to be marked."""
    source = found.one.filing.source
    return source.path, source.sha256


def _stems(back: Sequence[Returned]) -> list[tuple[Returned, str]]:
    """Each with its name; two files of one name, from two folders, keep apart by the beginning of their hashes."""
    stems = Counter(found.stem for found in back)
    return [
        (found, found.stem if stems[found.stem] == 1 else f"{found.stem}_{_key(found)[1][:8]}")
        for found in back
    ]
