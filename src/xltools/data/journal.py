"""What a journal holds: the events of a collection, and the faults of its chain of hashes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

START = "0" * 64  # stands for the hash of the line before the first one
KINDS = (
    "begun",
    "issued",
    "received",
    "replaced",
    "found",
    "returned",
    "explained",
    "accepted",
    "merged",
    "published",
)


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that was done. ``what`` is one of :data:`KINDS`.

    ``agency`` is the code of an agency, ``file`` a path from the folder of the collection, ``sha256`` that of the file's
    content. ``facts`` are other texts and numbers, by name.
    """

    what: str
    agency: str = ""
    file: str = ""
    sha256: str = ""
    facts: Mapping[str, object] = field(default_factory=dict)
    when: str = ""  # in ISO 8601, with the difference from UTC
    who: str = ""


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong with the journal, at a line counted from 1."""

    code: str  # torn, unreadable, broken, forked
    line: int


@dataclass(frozen=True, slots=True)
class Journal:
    """A journal as read: its events in order, its faults, the hash of its last line, and copies made by a synchronizer."""

    events: tuple[Event, ...] = ()
    faults: tuple[Fault, ...] = ()
    last: str = START
    copies: tuple[Path, ...] = ()
