"""Returning files to agencies: each file that needs a correction is written with marks, and its findings as a text."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from xltools.collection.inbox import contents
from xltools.collection.outgoing import OutgoingFiles, distinct_stems
from xltools.collection.reading import Inputs
from xltools.data.failure import raise_if_intended
from xltools.data.filing import Source
from xltools.errors import MarkingError
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


class ReturnedFile(NamedTuple):
    """A file that was returned: its findings as a text and, if it could be marked, the name of the marked workbook."""

    source: Source
    text: str
    workbook: str = ""


def return_files(
    folder: OutgoingFiles,
    files: Sequence[FileToReturn],
    inputs: Inputs,
    limits: Limits,
    watch: Callable[[Sequence[str]], Iterable[str]] = iter,
) -> list[ReturnedFile]:
    """Write a text and, if it can be marked, a workbook for each file into *folder*, and return what was written.

    *watch* gets the paths of the files to mark and yields them. Raises :class:`InputError` if a file has changed since it
    was read.
    """
    stems = distinct_stems([one.stem for one in files], [one.source.sha256 for one in files])
    named = {
        (one.source.path, one.source.sha256): (one, stem) for one, stem in zip(files, stems, strict=True)
    }
    done = []
    for item in contents(inputs.inbox.files, [one.source for one in files], limits, watch):
        found, stem = named[item.name, item.sha256]
        if workbook := _marked(found, item.data):
            folder.write(f"{stem}.xlsx", workbook)
        text = found.text(workbook is not None)
        folder.write(f"{stem}.txt", text.encode("utf-8-sig"))
        done.append(ReturnedFile(found.source, text, f"{stem}.xlsx" if workbook else ""))
    return done


def _marked(found: FileToReturn, package: bytes) -> bytes | None:
    """Return the marked file, or None if it cannot be marked or the program fails on it."""
    try:
        return found.mark(package)
    except MarkingError:
        return None
    except Exception as error:  # noqa: BLE001  one file stops no other
        raise_if_intended(error)
        return None
