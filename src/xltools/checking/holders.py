"""Whose a file is, and which files are for one agency."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

from xltools.data.filing import Filing, Source
from xltools.data.record import Agency
from xltools.data.recurrent import Recurrent
from xltools.data.roster import Entry, Roster
from xltools.text import Word

_ROSTER = "\0"  # no district has this name: it marks lines of the roster
_MOST_NAMES = 20  # of files, in one sentence: each of them is told of by itself

Facts = dict[str, object]


def entry_of(filing: Filing, roster: Roster | None) -> Entry | None:
    """Its line of the roster, where there is one: by code; a roll-up, whose code nobody assigned, also by name."""
    if roster is None or filing.agency is None:
        return None
    entry = roster.get(filing.agency.code)
    if entry is None and filing.is_rollup:
        entry = roster.find(filing.agency.name)
    return entry


def named_for(filing: Filing, roster: Roster) -> Entry | None:
    """The agency whose code the file's name begins with, as issued names do."""
    return roster.get(filing.source.name.partition("_")[0])


class _Shared(NamedTuple):
    """An agency, and the places of all files that are for it and one year."""

    year: int
    agency: Agency
    places: tuple[int, ...]

    @property
    def order(self) -> tuple[bool, Agency, int]:
        """First agencies, in order, then lines of the roster."""
        return self.agency.district == _ROSTER, self.agency, self.year


class Holders:
    """Which files share an agency and a year.

    An agency may stand alone or inside a roll-up; and two files that answer to one line of the roster are two
    for one agency, whatever is stamped on them. Of an agency with one file nothing is kept but a hash, and that until
    all are known.
    """

    def __init__(self) -> None:
        self._met = Recurrent()
        self._of: dict[int, list[Facts]] = {}

    def add(self, place: int, filing: Filing, entry: Entry | None) -> None:
        """One more file, with its line of the roster."""
        year = _year_of(filing)
        for agency in _told_for(filing, entry):
            self._met.add(place, (year, agency))

    def settle(self, filings: Sequence[Filing], roster: Roster | None) -> list[list[int]]:
        """Look again at the files that may share an agency, once all were added.

        Gives the places of the files that are of one agency themselves, for each that sent more than one.
        """
        held: dict[tuple[int, Agency], list[int]] = {}
        own: dict[Agency, list[int]] = {}
        for place in dict.fromkeys(self._met.places()):
            filing = filings[place]
            for agency in _told_for(filing, entry_of(filing, roster)):
                held.setdefault((_year_of(filing), agency), []).append(place)
            if filing.agency:
                own.setdefault(filing.agency, []).append(place)
        self._met = Recurrent()
        shared = [_Shared(*key, tuple(places)) for key, places in held.items() if len(places) > 1]
        self._tell(sorted(shared, key=lambda one: one.order), filings)
        return [places for places in own.values() if len(places) > 1]

    def _tell(self, shared: list[_Shared], filings: Sequence[Filing]) -> None:
        """All files of an agency are looked at for what there is to tell of it, once."""
        told: set[tuple[int, ...]] = set()
        for one in shared:
            if one.places not in told:  # a line of the roster adds nothing to what its agency told
                told.add(one.places)
                facts = _double(one.agency, map(filings.__getitem__, one.places))
                for place in one.places:
                    self._of.setdefault(place, []).append(facts)

    def of(self, place: int) -> Sequence[Facts]:
        """What there is to tell of each agency that the file at that place shares with others."""
        return self._of.get(place, ())


def _year_of(filing: Filing) -> int:
    return filing.stamp.year if filing.stamp else 0


def _told_for(filing: Filing, entry: Entry | None) -> set[Agency]:
    own = {filing.agency} if filing.agency else set[Agency]()
    inside = filing.record.agencies if filing.record else frozenset[Agency]()
    return own | inside | ({entry.agency(_ROSTER)} if entry else set())


def _double(agency: Agency, holders: Iterable[Filing]) -> Facts:
    """What to tell of these files of one agency; none is held."""
    sources: list[Source] = []
    names: set[str] = set()
    for holder in holders:
        sources.append(holder.source)
        names |= {one.name for one in _told_for(holder, None) if one == agency}
    # Files may call it by several names; which of them comes first must not matter.
    named = replace(agency, name=min(names, default=agency.name))
    told = sorted(_told_apart(sources))
    files = "、".join(told[:_MOST_NAMES]) + ("…" if len(told) > _MOST_NAMES else "")
    same = len({source.sha256 for source in sources}) == 1
    return {"agency": str(named), "files": files, "same": Word("same" if same else "different")}


def _told_apart(sources: list[Source]) -> list[str]:
    """The names of the files; their paths where two have one name."""
    names = [source.name for source in sources]
    return names if len(set(names)) == len(names) else [source.path for source in sources]
