"""Taking files into a collection: each is recognized, put into the inbox under its standard name, and compared.

A file is written to its new place before an older one is removed, so an interruption loses nothing: both are then in the
inbox, where they are compared again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from xltools.checking.collection import candidate
from xltools.checking.versions import Versions, changed_cells, is_of_no_use, is_sure, resolve, version_key
from xltools.collection.inbox import InboxItem, contents, items
from xltools.collection.issuing import codes_in, file_name
from xltools.collection.locking import locked
from xltools.collection.manifest import hash_of
from xltools.collection.reading import Inputs
from xltools.collection.settings import Folder
from xltools.data.filing import Filing, Return
from xltools.data.period import Period
from xltools.data.reception import Moved, Received, Reception
from xltools.data.roster import Entry, Roster
from xltools.data.roster_lines import entry_of, sender
from xltools.errors import InputError, Problem
from xltools.excel.archive import container_kind
from xltools.files import holds, read_bytes, safe_stem, write_atomically
from xltools.office.guard import Limits


def receive(
    folder: Folder, taken: Inputs, there: Inputs, roster: Roster, limits: Limits
) -> tuple[Received, ...]:
    """Copy the files that were *taken* in into the inbox, or into ``versions/`` if the inbox has a newer version.

    *there* are the files in the inbox. Those that a newer one replaces are moved into ``versions/``, and so are those of
    the agency that have no figures for the period, if the new one was read completely and is certainly the agency's. A file that
    was replaced before is not taken in again. Raises :class:`InputError` if a file has changed since it was read, and
    :class:`OutputError` if one cannot be written.
    """
    inbox = _Intake.of(folder, there, taken, roster, limits).dated(_codes(taken.filings, roster))
    there = inbox.there
    former = _replaced_before(folder, taken, there, roster)
    coming = [filing for place, filing in enumerate(taken.filings) if place not in former]
    filings = [*there.filings, *coming]
    candidates = [candidate(filing, roster, folder.period, folder.district) for filing in filings]
    first = len(there.filings)
    versions = resolve(candidates, range(first, len(filings)))
    places = iter(range(first, len(filings)))
    undecided = {versions.counting[index] for group in versions.groups for index in group}
    known = _known(there.filings, roster)
    agencies = _codes(there.filings, roster)
    received = []
    for number, filing in enumerate(taken.filings):
        entry = sender(filing, roster)
        if number in former:
            received.append(Received(filing, entry, Reception.FORMER, former[number]))
            continue
        place = next(places)
        if entry is None or not filing.source.sha256:
            unread = Reception.UNKNOWN if filing.record else Reception.UNREADABLE
            why = Reception.STRANGER if filing.stamp else unread
            received.append(Received(filing, entry, why))
            continue
        replacement = versions.replaced.get(place)
        if (filing.source.sha256, entry.code) in known:
            received.append(Received(filing, entry, Reception.SAME))
        elif replacement is not None:
            reception = Reception.SAME if replacement.is_copy else Reception.OLDER
            with locked(folder.inbox):
                received.append(Received(filing, entry, reception, inbox.put_aside(filing, entry)))
        else:
            older = [
                one.filing for i, one in enumerate(candidates[:first]) if _is_replaced(versions, i, filing)
            ]
            if is_sure(candidates[place]) and place not in undecided:
                useless = [one.filing for one in candidates[:first] if is_of_no_use(one)]
                older += [one for one in useless if one not in older and sender(one, roster) == entry]
            is_doubted = any(found.code == "other-agency" for found in candidates[place].findings)
            with locked(folder.inbox):
                path, moved = inbox.take_in(filing, entry, older, own_name=is_doubted)
            others = {
                Reception.DOUBTED: is_doubted,
                Reception.NEWER: bool(older),
                Reception.UNDECIDED: place in undecided,
                Reception.BESIDE: entry.code in agencies,
            }
            reception = next((one for one, is_so in others.items() if is_so), Reception.NEW)
            received.append(Received(filing, entry, reception, path, moved))
        known.add((filing.source.sha256, entry.code))
        agencies.add(entry.code)
    with locked(folder.inbox):
        return (*received, *inbox.unpacked())


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

    A file may be in the inbox already; it gets its standard name. Raises :class:`InputError` if the agency of a file is
    unknown, if it is a return for another period or if two of them are of one agency, and otherwise as :func:`receive`
    does.
    """
    inbox = _Intake.of(folder, there, taken, roster, limits)
    chosen: dict[object, tuple[Filing, Entry]] = {}
    for filing in taken.filings:
        entry = entry_of(filing, roster)
        if filing.stamp is None or entry is None:
            raise InputError(Problem("keep-unknown", filing.source.path))
        if filing.stamp.period != folder.period:
            raise InputError(Problem("keep-other-year", filing.source.path, {"period": filing.stamp.period}))
        of_rollup = entry.code, filing.stamp.form  # it is no version of a return
        key = version_key(filing) or of_rollup
        if chosen.setdefault(key, (filing, entry))[0] is not filing:
            raise InputError(Problem("keep-twice", filing.source.path, {"agency": str(filing.agency)}))
    received = []
    for key, (filing, entry) in chosen.items():
        others = [
            one
            for one in there.filings
            if version_key(one) == key
            or (sender(one, roster) == entry and (one.record is None or one.is_rollup == filing.is_rollup))
        ]
        own = next((one for one in others if one.source.sha256 == filing.source.sha256), None)
        others = [one for one in others if one is not own]
        with locked(folder.inbox):
            if own is not None:
                moved = inbox.move_away(filing, others)
                path = inbox.with_standard_name(own, entry)
            else:
                path, moved = inbox.take_in(filing, entry, others)
        received.append(Received(filing, entry, Reception.CHOSEN, path, moved))
    with locked(folder.inbox):
        return (*received, *inbox.unpacked())


def _replaced_before(folder: Folder, taken: Inputs, there: Inputs, roster: Roster) -> dict[int, Path]:
    """Return the path in ``versions/`` of each file, by its index, that was replaced by one that the inbox has.

    A decision holds for the same bytes, which may come again with a mail or in a folder. A file without a
    stamp, such as an empty one, is that of its agency only if it was put there with its code.
    """
    known, codes = _known(there.filings, roster), _codes(there.filings, roster)
    paths = [path for path in sorted(folder.versions.glob("*")) if path.is_file()] if codes else []
    sums = {path: hash_of(read_bytes(path)) for path in paths}
    found = {}
    for place, filing in enumerate(taken.filings):
        entry = sender(filing, roster)
        if entry is None or entry.code not in codes or (filing.source.sha256, entry.code) in known:
            continue
        for path, digest in sums.items():
            is_of_agency = filing.stamp or roster.get(path.name.partition("_")[0]) == entry
            if digest == filing.source.sha256 and is_of_agency:
                found[place] = path
                break
    return found


def _known(filings: Iterable[Filing], roster: Roster) -> set[tuple[str, str]]:
    """Return the SHA-256 sums of the *filings*, each with the code of its agency on the *roster*."""
    pairs = ((one.source.sha256, sender(one, roster)) for one in filings)
    return {(digest, entry.code) for digest, entry in pairs if entry}


def _codes(filings: Iterable[Filing], roster: Roster) -> set[str]:
    """Return the codes of the agencies of the *roster* that the *filings* are from."""
    return {entry.code for filing in filings if (entry := sender(filing, roster))}


def _is_replaced(versions: Versions, index: int, by: Filing) -> bool:
    replacement = versions.replaced.get(index)
    return replacement is not None and replacement.by is by


@dataclass(frozen=True)
class _Intake:
    """The inbox of a collection while files are taken in; whoever changes it holds its lock.

    ``names`` are the lines of the roster, by code, with the codes by which files are named. ``contents`` are those of
    the files that are taken in, by name and SHA-256. ``out`` are the members of archives that were moved away.
    """

    folder: Folder
    there: Inputs
    roster: Roster
    limits: Limits
    names: Mapping[str, Entry]
    contents: Mapping[tuple[str, str], InboxItem]
    out: list[Filing]

    @classmethod
    def of(cls, folder: Folder, there: Inputs, taken: Inputs, roster: Roster, limits: Limits) -> _Intake:
        """Return the inbox with the files *there*, and the contents of those that are *taken* in."""
        names = _as_issued(roster, folder, [*there.filings, *taken.filings])
        return cls(folder, there, roster, limits, names, _contents(taken, taken.filings, limits), [])

    def _name(self, filing: Filing, entry: Entry) -> str:
        """Return the standard name of a file, with its ending."""
        return file_name(self.names[entry.code], self.folder.period, _ending(filing))

    def put_aside(self, filing: Filing, entry: Entry) -> Path:
        """Write a file that is taken in into ``versions/`` and return its path."""
        item = self.contents[filing.source.path, filing.source.sha256]
        return _put(self.folder.versions, self._name(filing, entry), item.data)

    def take_in(
        self, filing: Filing, entry: Entry, older: Sequence[Filing], *, own_name: bool = False
    ) -> tuple[Path, tuple[Moved, ...]]:
        """Write a file into the inbox in place of *older* ones; return its path and these.

        It gets the standard name, unless it keeps its *own_name* because that is another agency's.
        Another program may take in files of the same agency meanwhile: none of them replaces what it has not read.
        """
        item = self.contents[filing.source.path, filing.source.sha256]
        own = f"{safe_stem(Path(filing.source.name).stem)}{_ending(filing)}"
        name = own if own_name else self._name(filing, entry)
        standard = self.folder.inbox / name
        in_its_place = [one for one in older if Path(one.source.path).resolve() == standard.resolve()]
        moved = [self._moved(filing, one, read_bytes(standard)) for one in in_its_place]
        if in_its_place:
            write_atomically(standard, item.data)
        path = standard if in_its_place else _put(self.folder.inbox, name, item.data)
        self._keep_mail(item, name)
        return path, (*moved, *self.move_away(filing, [one for one in older if one not in in_its_place]))

    def _keep_mail(self, item: InboxItem, name: str) -> None:
        """Write the mail that a file came with into ``mails/``: its date is not in the file."""
        if item.sent and (kind := container_kind(item.mail)):
            ending = {"outlook": ".msg"}.get(kind.container, ".eml")
            _put(self.folder.mails, f"{Path(name).stem}{ending}", item.mail)

    def dated(self, codes: set[str]) -> _Intake:
        """Return the same inbox, with the dates of the mails that are kept of the agencies with these *codes*."""
        filings = self.there.filings
        starts = tuple(f"{self.names[code].code}_" for code in codes & _codes(filings, self.roster))
        sent: dict[str, str] = {}
        for path in sorted(path for path in self.folder.mails.glob("*") if path.name.startswith(starts)):
            for item in items(str(path), self.limits):
                if isinstance(item, InboxItem) and item.sent:
                    sent[item.sha256] = max(item.sent, sent.get(item.sha256, ""))
        found = [replace(one, sent=one.sent or sent.get(one.source.sha256, "")) for one in filings]
        return replace(self, there=self.there._replace(filings=found)) if sent else self

    def move_away(self, filing: Filing, older: Sequence[Filing]) -> tuple[Moved, ...]:
        """Move files that *filing* replaces into ``versions/`` and return them; see :meth:`unpacked` for archives."""
        moved = []
        packed = [one for one in older if one.source.on_disk != one.source.path and one.source.sha256]
        contents = _contents(self.there, packed, self.limits) if packed else {}
        for one in older:
            if item := contents.get((one.source.path, one.source.sha256)):
                moved.append(self._moved(filing, one, item.data))
                self.out.append(one)
            elif (path := Path(one.source.path)).is_file():
                moved.append(self._moved(filing, one, read_bytes(path)))
                path.unlink()
        return tuple(moved)

    def _moved(self, filing: Filing, older: Filing, content: bytes) -> Moved:
        """Write a file that *filing* replaces into ``versions/``."""
        if older.source.sha256 not in {"", hash_of(content)}:
            raise InputError(Problem("changed-meanwhile", older.source.path))
        are_read = isinstance(filing, Return) and isinstance(older, Return)
        changes = len(tuple(changed_cells([older, filing]))) if are_read else None
        return Moved(_put(self.folder.versions, older.source.name, content), changes)

    def with_standard_name(self, filing: Filing, entry: Entry) -> Path:
        """Give a file of the inbox its standard name, if no other file has it; return its path."""
        path, standard = Path(filing.source.path), self.folder.inbox / self._name(filing, entry)
        if not path.is_file() or standard.exists():
            return path
        return path.rename(standard)

    def unpacked(self) -> Iterator[Received]:
        """Move each archive that has a member which was moved away into ``versions/``; yield the others, now files.

        One with a member that could not be read stays: nobody would see that it has one.
        """
        for archive in sorted({one.source.on_disk for one in self.out}):
            members = [one for one in self.there.filings if one.source.on_disk == archive]
            if not all(one.source.sha256 for one in members):
                continue
            left = [one for one in members if one not in self.out]
            contents = _contents(self.there, left, self.limits)
            for one in left:
                entry = sender(one, self.roster)
                name = self._name(one, entry) if entry else safe_stem(one.source.name)
                item = contents[one.source.path, one.source.sha256]
                path = _put(self.folder.inbox, name, item.data)
                self._keep_mail(item, name)
                yield Received(one, entry, Reception.UNPACKED, path)
            path = Path(archive)
            _put(self.folder.versions, path.name, read_bytes(path))
            path.unlink()


_OF_WORKBOOKS = {".xlsx", ".xlsm"}


def _ending(filing: Filing) -> str:
    """Return the ending of a file's name; that of a workbook which came as ``.xlsx.bak``, say, is ``.xlsx``."""
    _, dot, own = filing.source.name.rpartition(".")
    ending = f".{safe_stem(own)}" if dot and own else ""
    is_old = any(found.code == "old-format-read" for found in filing.findings)
    is_workbook = isinstance(filing, Return) and not filing.is_document and not is_old
    return ".xlsx" if is_workbook and ending.casefold() not in _OF_WORKBOOKS else ending


def _contents(inputs: Inputs, filings: Iterable[Filing], limits: Limits) -> dict[tuple[str, str], InboxItem]:
    """Return each of the *filings* in *inputs* with its content, by its name and its SHA-256; see :func:`contents`."""
    sources = [filing.source for filing in filings if filing.source.sha256]
    return {(item.name, item.sha256): item for item in contents(inputs.inbox.files, sources, limits)}


def _as_issued(roster: Roster, folder: Folder, filings: Iterable[Filing]) -> dict[str, Entry]:
    """Return each line of the roster, by its code, with the code of the agency's files, by which they are named."""
    stamped = [filing.agency.code for filing in filings if filing.agency and not filing.is_rollup]
    return dict(zip(roster.order, roster.as_issued([*codes_in(folder.outbox), *stamped]), strict=True))


def _put(folder: Path, name: str, content: bytes) -> Path:
    """Write *content* into *folder* under *name*, or under a name with a number if that is another file."""
    path, number = folder / name, 1
    while path.exists():
        if holds(path, content):
            return path
        number += 1
        path = folder / f"{Path(name).stem}_{number}{Path(name).suffix}"
    write_atomically(path, content)
    return path
