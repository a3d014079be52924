"""What the journal of a collection records of each command, made from its results after the work is done.

Nothing is decided by it: only ``history`` prints what is recorded, and recording leaves out what is recorded already.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from xltools.checking.collection import Collection, Examined
from xltools.collection import journal, manifest
from xltools.collection.accepting import Acceptance
from xltools.collection.manifest import hash_of
from xltools.collection.settings import Folder
from xltools.data.filing import Filing, Source
from xltools.data.finding import Severity, spot
from xltools.data.journal import Event
from xltools.data.reception import Received
from xltools.data.roster import Entry
from xltools.files import read_bytes, walk

_MAKING = {"received", "replaced", "merged"}  # events that report that a file has arrived
_COUNTED = (Severity.ERROR, Severity.QUESTION, Severity.WARNING)


def record(folder: Folder, events: Iterable[Event]) -> None:
    """Add *events* to the journal of the collection, without those that it has already.

    A journal that does not exist begins with what is in the folder. Raises :class:`OutputError` if it cannot be written,
    and :class:`InputError` if it or a file cannot be read.
    """
    known, new = journal.read(folder.path), list(events)
    is_first = not (folder.path / journal.FILE).exists()
    made = {event.file for event in new if event.what in _MAKING}
    begun = list(_begun(folder, made)) if is_first else []
    by_agency: dict[tuple[str, str], list[Event]] = {}
    for event in known.events:
        by_agency.setdefault((event.what, event.agency), []).append(event)
    fresh = [event for event in new if not _is_known(event, by_agency.get((event.what, event.agency), ()))]
    journal.append(folder.path, [*begun, *fresh], folder.who)


def _begun(folder: Folder, made: set[str]) -> Iterator[Event]:
    """Yield an event for each file that is there when a journal begins, older versions first, without those *made* now."""
    home = folder.path.resolve()
    yield Event("begun")
    places = [place for place in (folder.versions, folder.inbox, folder.rollup) if place.exists()]
    for path in (Path(name) for place in places for name, is_ignored in walk(place) if not is_ignored):
        if _place(home, path) not in made:
            code = path.name.partition("_")[0] if "_" in path.name else ""
            yield Event("begun", code, _place(home, path), hash_of(read_bytes(path)))


def _is_known(event: Event, same: Sequence[Event]) -> bool:
    """Return whether a finding, an explanation or a replacement is among the *same* events of its agency already."""
    if event.what == "found":
        last = next((one for one in reversed(same) if one.sha256 == event.sha256), None)
        return last is not None and last.facts == event.facts
    if event.what == "explained":
        return any(one.facts == event.facts for one in same)
    if event.what == "replaced":
        by = event.facts.get("by_sha256")
        return any((one.sha256, one.facts.get("by_sha256")) == (event.sha256, by) for one in same)
    return False


def _place(home: Path, path: Path | str) -> str:
    """Return *path* as seen from *home*, the resolved folder of the collection, if it is in it."""
    whole = Path(path)
    resolved = whole.resolve()
    return (resolved.relative_to(home) if home in resolved.parents else whole).as_posix()


# -- one function for each kind of event


def issued(folder: Folder, written: Iterable[tuple[Entry, Path]]) -> Iterator[Event]:
    """Yield an event for each workbook that was written for an agency."""
    home = folder.path.resolve()
    for entry, path in written:
        yield Event("issued", entry.code, _place(home, path), hash_of(read_bytes(path)))


def received(folder: Folder, taken: Iterable[Received]) -> Iterator[Event]:
    """Yield an event for each file that was taken in, and for each that it replaced."""
    home = folder.path.resolve()
    for one in taken:
        if one.entry is None:
            continue
        source, code = one.filing.source, one.entry.code
        path = _place(home, one.path) if one.path else ""
        if path != _place(home, source.path):  # it was not in the inbox already
            facts = {"from": source.path, "as": one.reception.value}
            yield Event("received", code, path, source.sha256, facts)
        for moved in one.moved:
            by = {"by": path, "by_sha256": source.sha256}
            yield Event("replaced", code, _place(home, moved.path), hash_of(read_bytes(moved.path)), by)


def found(collection: Collection) -> Iterator[Event]:
    """Yield what was found in each file that counts, and each explanation in it."""
    for one in collection.counting:
        code, source = _code(one.filing), one.filing.source
        counted = [finding for finding in one.findings if finding.severity in _COUNTED]
        facts: dict[str, object] = {
            f"{severity.value}s": sum(finding.severity is severity for finding in counted)
            for severity in _COUNTED
        }
        named = ((f.code, spot(f.sheet, f.address) or f.cell) for f in counted)
        facts["findings"] = sorted({" ".join(filter(None, pair)) for pair in named})
        yield Event("found", code, source.path, source.sha256, facts)
        for (about, cell), text in sorted(one.filing.explanations.items()):
            explained = {"finding": about, "cell": cell, "text": text}
            yield Event("explained", code, source.path, source.sha256, explained)


def returned(folder: Folder, files: Iterable[Examined], to: Path) -> Iterator[Event]:
    """Yield an event for each file of the inbox that was written, with marks, into the folder *to*."""
    home, inbox = folder.path.resolve(), folder.inbox.resolve()
    for one in files:
        source = one.filing.source
        if inbox in Path(source.on_disk).resolve().parents:
            yield Event("returned", _code(one.filing), source.path, source.sha256, {"to": _place(home, to)})


def accepted(acceptances: Iterable[Acceptance]) -> Iterator[Event]:
    """Yield an event for each new waiver; it was accepted by the person whom the waiver names."""
    for waiver, filing, _ in acceptances:
        facts = {"finding": waiver.code, "cell": waiver.cell, "reason": waiver.reason}
        facts["version"] = waiver.version
        source = filing.source
        yield Event("accepted", waiver.agency, source.path, source.sha256, facts, who=waiver.who)


def merged(folder: Folder, output: Path, collection: Collection) -> Iterator[Event]:
    """Yield an event for the roll-up *output*, with its files, and one for each older version in the inbox."""
    home = folder.path.resolve()
    for one in collection.examined:
        if one.replacement and not one.replacement.is_copy:
            source, by = one.filing.source, one.replacement.by.source
            facts = {"by": by.path, "by_sha256": by.sha256}
            yield Event("replaced", _code(one.filing), source.path, source.sha256, facts)
    if known := manifest.read(manifest.path_of(output)):
        included = [account.source for account in known.inputs if account.status == "included"]
        files = [{"file": source.path, "sha256": source.sha256} for source in included]
        about: dict[str, object] = {"parts_sha256": known.parts_sha256, "files": files}
        yield Event("merged", "", _place(home, output), known.sha256, about)


def published(folder: Folder, source: Source, output: Path, content: bytes) -> Iterator[Event]:
    """Yield the event that the report *output* was written, if it is that on the roll-up."""
    home = folder.path.resolve()
    if Path(source.path).resolve() == folder.rollup.resolve():
        facts = {"from": _place(home, source.path), "from_sha256": source.sha256}
        yield Event("published", "", _place(home, output), hash_of(content), facts)


def _code(filing: Filing) -> str:
    return filing.agency.code if filing.agency else ""
