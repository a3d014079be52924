"""The journal of a collection: what was done with each file, when, and by whom.

``journal.jsonl`` has one JSON object per line, and each line holds the SHA-256 of the line before it, so that a line which
was changed, moved or removed between others is noticed. There is no key: whoever rewrites the whole file, or cuts off its
end, leaves no trace. The journal records and decides nothing.
"""

from __future__ import annotations

import codecs
import contextlib
import datetime as dt
import getpass
import hashlib
import json
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from xltools.collection.locking import locked
from xltools.data.journal import START, Event, Fault, Journal
from xltools.errors import OutputError, Problem
from xltools.files import read_bytes

FILE = "journal.jsonl"


def read(folder: Path) -> Journal:
    """Return the journal of the collection in *folder*; empty without one, and whatever can be read of a damaged one.

    Raises :class:`InputError` if the file exists and cannot be read.
    """
    path = folder / FILE
    copies = tuple(sorted(other for other in folder.glob("journal*.jsonl") if other.name != FILE))
    if not path.exists():
        return Journal(copies=copies)
    content = read_bytes(path)
    lines = content.split(b"\n")
    events, faults = list[Event](), list[Fault]()
    if lines.pop():
        faults.append(Fault("torn", len(lines) + 1))
    sums = [_hash_of(line) for line in lines]
    last, parents = START, set[str]()
    for number, line in enumerate(lines, 1):
        event, before = _event(line)
        if event is None:
            faults.append(Fault("unreadable", number))
        else:
            if before != last:
                faults.append(Fault("forked" if before in parents else "broken", number))
            events.append(event)
        parents.add(last)
        last = sums[number - 1]
    return Journal(tuple(events), tuple(faults), last, copies)


def append(folder: Path, events: Iterable[Event], who: str = "", now: dt.datetime | None = None) -> None:
    """Add *events* to the journal; *who* did it, by default the user of the system, and *now* is the time.

    Raises :class:`OutputError` if the journal cannot be written, or if another program writes it for too long.
    """
    added = list(events)
    if not added:
        return
    when = (now or dt.datetime.now().astimezone()).isoformat(timespec="seconds")
    try:
        with locked(folder / FILE):
            _write(folder, [_line_fields(event, when, who or user()) for event in added])
    except OSError as error:
        reason = error.strerror or str(error)
        raise OutputError(Problem("journal-not-written", str(folder / FILE), {"reason": reason})) from error


def _write(folder: Path, lines: Sequence[dict[str, object]]) -> None:
    path = folder / FILE
    content = path.read_bytes() if path.exists() else b""
    start = (
        b"" if not content or content.endswith(b"\n") else b"\n"
    )  # ends a torn line, which stays readable as such
    whole = content.split(b"\n")
    before = _hash_of(whole[-2 if not start else -1]) if content else START
    added = b""
    for fields in lines:
        text = json.dumps(fields | {"before": before}, ensure_ascii=False, sort_keys=True)
        line = text.encode("utf-8", "surrogatepass")  # a file name need not be Unicode
        before = _hash_of(line)
        added += line + b"\n"
    with path.open("ab") as file:
        file.write(start + added)
        file.flush()
        os.fsync(file.fileno())


def _line_fields(event: Event, when: str, who: str) -> dict[str, object]:
    fields = {"agency": event.agency, "file": event.file, "sha256": event.sha256}
    known = {name: value for name, value in fields.items() if value}
    return (
        {"when": event.when or when, "who": event.who or who, "what": event.what} | known | dict(event.facts)
    )


def _event(line: bytes) -> tuple[Event | None, str]:
    """Return the event in a line and the hash that it holds; ``None`` if it cannot be read."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None, ""
    if not isinstance(found, dict) or not isinstance(found.get("what"), str):
        return None, ""
    before = str(found.pop("before", ""))
    known = {name: str(found.pop(name, "")) for name in ("what", "agency", "file", "sha256", "when", "who")}
    return Event(**known, facts=found), before


def _hash_of(line: bytes) -> str:
    bare = line.removeprefix(codecs.BOM_UTF8).removesuffix(b"\r")  # as an editor of Windows saves it
    return hashlib.sha256(bare).hexdigest()


def user() -> str:
    """Return the name of the system's user; empty if it is unknown. It proves nothing about who it is."""
    with contextlib.suppress(OSError, KeyError, ImportError):
        return getpass.getuser()
    return ""
