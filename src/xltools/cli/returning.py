"""``xltools verify --return-to``: write a marked copy and a text for each file that has to be corrected."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from xltools.cli.options import ReadingOptions, read_limits
from xltools.cli.output import inform, progress
from xltools.collection.inbox import Item, content_of, items, name_of
from xltools.collection.reading import Inputs
from xltools.data.failure import raise_if_intended
from xltools.errors import InputError, MarkingError, Problem
from xltools.files import refuse_within, write_atomically
from xltools.office.guard import Limits
from xltools.report.slip import returned
from xltools.text import Lang, catalog

if TYPE_CHECKING:
    from xltools.checking.collection import Collection
    from xltools.report.slip import Returned


def return_to(folder: Path, collection: Collection, inputs: Inputs, how: ReadingOptions, lang: Lang) -> None:
    """Write the files to *folder*; one that cannot be marked is returned as text only, and the summary counts it.

    Raises :class:`OutputError` if an input lies in *folder*, where what is returned would be taken for a return, and
    :class:`InputError` if a file has changed since it was read.
    """
    refuse_within(folder, inputs.inbox.paths)
    limits = read_limits(how.limits)
    stems = _stems([found for examined in collection.examined if (found := returned(examined))])
    for found, stem in stems:
        write_atomically(folder / f"{stem}.txt", found.text().encode("utf-8-sig"))
    left = {_key(found): (found, stem) for found, stem in stems}
    candidates = {file for path, _ in left for file in _possible_files(path)}
    marked = 0
    files = [file for file in inputs.inbox.files if name_of(file) in candidates]
    for file in progress(files, catalog(lang)("report.returning")):
        for item in _items_of(file, limits):
            found, stem = left.pop((item.name, item.sha256), (None, ""))
            if found and (workbook := _marked(found, item.data)):
                write_atomically(folder / f"{stem}.xlsx", workbook)
                marked += 1
    if left:
        raise InputError(*(Problem("changed-meanwhile", path) for path, _ in left))
    inform(catalog(lang)("report.returned", count=len(stems), folder=folder, unmarked=len(stems) - marked))


def _items_of(file: str, limits: Limits) -> Iterator[Item]:
    """Yield the file, or the members of an archive up to one on which the program fails."""
    data = content_of(file, limits)
    try:
        yield from filter(None, items(file, data, limits))
    except Exception as error:  # noqa: BLE001  one file stops no other
        raise_if_intended(error)


def _marked(found: Returned, package: bytes) -> bytes | None:
    """Return the marked file, or None if it cannot be marked or the program fails on it."""
    try:
        return found.workbook(package)
    except MarkingError:
        return None
    except Exception as error:  # noqa: BLE001  one file stops no other
        raise_if_intended(error)
        return None


def _possible_files(path: str) -> Iterator[str]:
    """Yield the files that *path* may come from: itself, or an archive before any ``!`` in it."""
    parts = path.split("!")
    return ("!".join(parts[:count]) for count in range(1, len(parts) + 1))


def _key(found: Returned) -> tuple[str, str]:
    """Return path and hash, which identify a file when it is opened again to be marked."""
    source = found.examined.filing.source
    return source.path, source.sha256


def _stems(back: Sequence[Returned]) -> list[tuple[Returned, str]]:
    """Return each file with its stem; equal stems are followed by the beginning of the file's hash."""
    stems = Counter(found.stem for found in back)
    return [
        (found, found.stem if stems[found.stem] == 1 else f"{found.stem}_{_key(found)[1][:8]}")
        for found in back
    ]
