"""Taking files into a collection: each is recognized, put into the inbox under its standard name, and compared.

A file is written to its new place before an older one is removed, so an interruption loses nothing: both are then in the
inbox, where they are compared again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from xltools.checking.collection import candidate
from xltools.checking.versions import Versions, changed_cells, is_of_no_use, is_sure, resolve, version_key
from xltools.collection.inbox import contents
from xltools.collection.issuing import codes_in, file_name
from xltools.collection.locking import locked
from xltools.collection.reading import Inputs
from xltools.collection.settings import Folder
from xltools.data.filing import Filing, Return
from xltools.data.period import Period
from xltools.data.reception import Moved, Received, Reception
from xltools.data.roster import Entry, Roster
from xltools.data.roster_lines import entry_of, sender
from xltools.errors import InputError, Problem
from xltools.files import holds, read_bytes, safe_stem, write_atomically
from xltools.office.guard import Limits


def receive(
    folder: Folder, taken: Inputs, there: Inputs, roster: Roster, limits: Limits
) -> tuple[Received, ...]:
    """Copy the files that were *taken* in into the inbox, or into ``versions/`` if the inbox has a newer version.

    *there* are the files in the inbox. Those that a newer one replaces are moved into ``versions/``, and so are those of
    the agency that have no figures for the period, if the new one was read wholly and is surely the agency's. Raises
    :class:`InputError` if a file has changed since it was read, and :class:`OutputError` if one cannot be written.
    """
    filings = [*there.filings, *taken.filings]
    candidates = [candidate(filing, roster, folder.period, folder.district) for filing in filings]
    first = len(there.filings)
    versions = resolve(candidates, range(first, len(filings)))
    packages = _contents(taken, limits)
    names = _as_issued(roster, folder, filings)
    undecided = {versions.counting[index] for group in versions.groups for index in group}
    received = []
    for place, filing in enumerate(taken.filings, first):
        entry = sender(filing, roster)
        if entry is None or not filing.source.sha256:
            why = Reception.UNKNOWN if filing.source.sha256 else Reception.UNREADABLE
            received.append(Received(filing, entry, why))
            continue
        name, content = (
            _name(filing, names[entry.code], folder),
            packages[filing.source.path, filing.source.sha256],
        )
        replacement = versions.replaced.get(place)
        if any(filing.source.sha256 == other.source.sha256 for other in there.filings):
            received.append(Received(filing, entry, Reception.SAME))
        elif replacement is not None:
            reception = Reception.SAME if replacement.is_copy else Reception.OLDER
            with locked(folder.inbox):
                received.append(Received(filing, entry, reception, _put(folder.versions, name, content)))
        else:
            older = [
                one.filing for i, one in enumerate(candidates[:first]) if _is_replaced(versions, i, filing)
            ]
            if is_sure(candidates[place]) and place not in undecided:
                useless = [one.filing for one in candidates[:first] if is_of_no_use(one)]
                older += [one for one in useless if one not in older and sender(one, roster) == entry]
            path, moved = _take_in(folder, name, content, filing, older)
            is_undecided = Reception.UNDECIDED if place in undecided else Reception.NEW
            received.append(Received(filing, entry, Reception.NEWER if older else is_undecided, path, moved))
    return tuple(received)


def receive_by_period(
    folder: Folder,
    taken: Inputs,
    there: Callable[[Path], Inputs],
    roster: Roster,
    limits: Limits,
    *,
    are_kept: bool = False,
) -> list[tuple[Folder, tuple[Received, ...]]]:
    """Take files in as :func:`receive` does or, if they *are_kept*, as :func:`keep`, each into the inbox of its own period.

    *there* returns the files in an inbox. Return the collection at each of these periods, with what it took in.
    """
    take = keep if are_kept else receive
    received = []
    for at, own in _by_period(folder, taken):
        at.inbox.mkdir(parents=True, exist_ok=True)
        received.append((at, take(at, own, there(at.inbox), roster, limits)))
    return received


def _by_period(folder: Folder, taken: Inputs) -> list[tuple[Folder, Inputs]]:
    """Return the files that were *taken* in by the collection at their own period.

    That of a year takes everything, and what is of no known period, or of one of another length, goes to the period at
    work, where it is found to be wrong.
    """
    found: dict[Period, list[Filing]] = {}
    for filing in taken.filings:
        own = filing.stamp.period if filing.stamp else folder.period
        is_here = folder.period.is_year or own.parts != folder.period.parts
        found.setdefault(folder.period if is_here else own, []).append(filing)
    return [(folder.at(period), taken._replace(filings=some)) for period, some in sorted(found.items())]


def keep(
    folder: Folder, taken: Inputs, there: Inputs, roster: Roster, limits: Limits
) -> tuple[Received, ...]:
    """Let the files that were *taken* in count, and move the other files of their agencies into ``versions/``.

    A file may be in the inbox already. Raises :class:`InputError` if the agency of a file is unknown or if two of them
    are of one agency, and otherwise as :func:`receive` does.
    """
    packages = _contents(taken, limits)
    names = _as_issued(roster, folder, [*there.filings, *taken.filings])
    chosen: dict[object, tuple[Filing, Entry]] = {}
    for filing in taken.filings:
        key, entry = version_key(filing), entry_of(filing, roster)
        if key is None or entry is None:
            raise InputError(Problem("keep-unknown", filing.source.path))
        if chosen.setdefault(key, (filing, entry))[0] is not filing:
            raise InputError(Problem("keep-twice", filing.source.path, {"agency": str(filing.agency)}))
    received = []
    for key, (filing, entry) in chosen.items():
        versions = [other for other in there.filings if version_key(other) == key]
        own = next((one for one in versions if one.source.sha256 == filing.source.sha256), None)
        others = [one for one in versions if one is not own]
        if own is not None:
            with locked(folder.inbox):
                path, moved = Path(own.source.path), _moved_away(folder, filing, others)
        else:
            content = packages[filing.source.path, filing.source.sha256]
            name = _name(filing, names[entry.code], folder)
            path, moved = _take_in(folder, name, content, filing, others)
        received.append(Received(filing, entry, Reception.CHOSEN, path, moved))
    return tuple(received)


def _is_replaced(versions: Versions, index: int, by: Filing) -> bool:
    replacement = versions.replaced.get(index)
    return replacement is not None and replacement.by is by


def _contents(taken: Inputs, limits: Limits) -> dict[tuple[str, str], bytes]:
    """Return the content of each file that was taken in, by its name and its SHA-256; see :func:`contents`."""
    sources = [filing.source for filing in taken.filings if filing.source.sha256]
    return {(item.name, item.sha256): item.data for item in contents(taken.inbox.files, sources, limits)}


def _as_issued(roster: Roster, folder: Folder, filings: Iterable[Filing]) -> dict[str, Entry]:
    """Return each line of the roster, by its code, with the code of the agency's files, by which they are named."""
    stamped = [filing.agency.code for filing in filings if filing.agency and not filing.is_rollup]
    return dict(zip(roster.order, roster.as_issued([*codes_in(folder.outbox), *stamped]), strict=True))


def _name(filing: Filing, entry: Entry, folder: Folder) -> str:
    """Return the standard name of a file, with its own ending."""
    source = filing.source.name
    ending = source.rpartition(".")[2] if "." in source else "xlsx"
    return file_name(entry, folder.period, f".{safe_stem(ending)}")


def _put(folder: Path, name: str, content: bytes) -> Path:
    """Write *content* into *folder* under *name*, or under a name with a number if that is another file."""
    path, number = folder / name, 1
    while path.exists() and not holds(path, content):
        number += 1
        path = folder / f"{Path(name).stem}_{number}{Path(name).suffix}"
    if not path.exists():
        write_atomically(path, content)
    return path


def _take_in(
    folder: Folder, name: str, content: bytes, filing: Filing, older: Sequence[Filing]
) -> tuple[Path, tuple[Moved, ...]]:
    """Write a file into the inbox in place of *older* ones; return its path and these.

    Another program may take in files of the same agency meanwhile: none of them replaces what it has not read.
    """
    standard = folder.inbox / name
    in_its_place = [one for one in older if Path(one.source.path).resolve() == standard.resolve()]
    with locked(folder.inbox):
        moved = [_moved(folder, filing, one) for one in in_its_place]
        if in_its_place:
            write_atomically(standard, content)
        path = standard if in_its_place else _put(folder.inbox, name, content)
        others = [one for one in older if one not in in_its_place]
        return path, (*moved, *_moved_away(folder, filing, others))


def _moved_away(folder: Folder, filing: Filing, older: Iterable[Filing]) -> tuple[Moved, ...]:
    """Move files that *filing* replaces into ``versions/`` and return them; members of archives stay where they are."""
    moved = []
    for one in older:
        if (path := Path(one.source.path)).is_file():
            moved.append(_moved(folder, filing, one))
            path.unlink()
    return tuple(moved)


def _moved(folder: Folder, filing: Filing, older: Filing) -> Moved:
    """Copy a file that *filing* replaces into ``versions/``."""
    path = Path(older.source.path)
    content = read_bytes(path)
    if older.source.sha256 not in {"", hashlib.sha256(content).hexdigest()}:
        raise InputError(Problem("changed-meanwhile", older.source.path))
    are_read = isinstance(filing, Return) and isinstance(older, Return)
    changes = len(tuple(changed_cells([older, filing]))) if are_read else None
    return Moved(_put(folder.versions, path.name, content), changes)
