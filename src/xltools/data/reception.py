"""What became of the files that were taken in."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import NamedTuple

from xltools.data.filing import Filing
from xltools.data.roster import Entry


class Reception(Enum):
    """What became of a file that was taken in."""

    NEW = "new"  # the agency's first file
    NEWER = "newer"  # it replaces the file of the agency that was in the inbox
    CHOSEN = "chosen"  # the coordinator lets it count
    SAME = "same"  # the inbox has a file with the same content
    OLDER = "older"  # the inbox has a newer version
    FORMER = "former"  # it was replaced before; it was not taken in again
    BESIDE = "beside"  # of an agency with other files, of which none is a version of the same return
    UNPACKED = "unpacked"  # it was in an archive of the inbox, from which another member was moved away
    UNDECIDED = "undecided"  # the files do not show which one counts
    DOUBTED = "doubted"  # its name is another agency's; it keeps it until somebody has asked whose it is
    STRANGER = "stranger"  # its agency is not on the roster; it was not taken in
    UNKNOWN = "unknown"  # it is not known whose it is; it was not taken in
    UNREADABLE = (
        "unreadable"  # no return could be read from it, and it is not known whose it is; it was not taken in
    )


class Moved(NamedTuple):
    """A file that was replaced: where it is now, and how many figures and texts of the new one are not the same.

    ``changes`` is ``None`` for a file from which nothing was read.
    """

    path: Path
    changes: int | None


@dataclass(frozen=True, slots=True)
class Received:
    """A file that was taken in.

    ``path`` is where it is now, ``None`` if it was not copied. ``moved`` are the files that it replaced.
    """

    filing: Filing
    entry: Entry | None
    reception: Reception
    path: Path | None = None
    moved: tuple[Moved, ...] = ()
