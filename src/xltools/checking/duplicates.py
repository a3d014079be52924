"""The agencies that are in several files of one year."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from xltools.data.filing import Filing
from xltools.data.record import Agency
from xltools.data.roster import Entry
from xltools.text import Word

_ROSTER = "\0"  # no district has this name: it marks lines of the roster
_MOST_NAMES = 20  # files named in one sentence; each of the files has a finding of its own

Facts = dict[str, object]


def duplicates(
    filings: Sequence[Filing], entries: Sequence[Entry | None], reported: Iterable[tuple[int, ...]] = ()
) -> Mapping[int, list[Facts]]:
    """Return the facts on each agency that is in several files of one period, by the indexes of these files.

    The agency may be that of the file or inside a roll-up. Two files with one line of the roster are of one agency,
    whatever their stamps say. *entries* are the lines of the roster, one for each filing; *reported* are the indexes of
    files, in order, that need no facts again.
    """
    held: dict[tuple[bool, Agency, str], list[int]] = {}
    for place, (filing, entry) in enumerate(zip(filings, entries, strict=True)):
        period = str(filing.stamp.period) if filing.stamp else ""
        for agency in _agencies(filing, entry):
            held.setdefault((agency.district == _ROSTER, agency, period), []).append(place)
    shared = {key: places for key, places in held.items() if len(places) > 1}
    found: dict[int, list[Facts]] = {}
    done = set(reported)
    senders = {filing.agency for filing in filings}
    # Agencies that sent one of the files first, then those inside roll-ups, in order; then lines of the roster.
    for key in sorted(shared, key=lambda key: (key[1] not in senders, key)):
        places = shared[key]
        if tuple(places) not in done:  # else its agency is reported already
            done.add(tuple(places))
            facts = _duplicate_facts(key[1], [filings[place] for place in places])
            for place in places:
                found.setdefault(place, []).append(facts)
    return found


def _agencies(filing: Filing, entry: Entry | None) -> set[Agency]:
    """Return the agency of a filing, those inside it, and its line of the roster."""
    own = {filing.agency} if filing.agency else set[Agency]()
    inside = filing.record.agencies if filing.record else frozenset[Agency]()
    return own | inside | ({entry.agency(_ROSTER)} if entry else set())


def _duplicate_facts(agency: Agency, holders: Sequence[Filing]) -> Facts:
    sources = [holder.source for holder in holders]
    names = {one.name for holder in holders for one in _agencies(holder, None) if one == agency}
    # Files may give the agency several names; the order of the files must not matter.
    named = replace(agency, name=min(names, default=agency.name))
    files = sorted({source.name for source in sources})
    if len(files) < len(sources):  # two files have one name
        files = sorted(source.path for source in sources)
    listed = "、".join(files[:_MOST_NAMES]) + ("…" if len(files) > _MOST_NAMES else "")
    same = len({source.sha256 for source in sources}) == 1
    return {"agency": str(named), "files": listed, "same": Word("same" if same else "different")}
