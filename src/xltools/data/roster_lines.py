"""The line of the roster of a filing."""

from __future__ import annotations

from xltools.data.filing import Filing
from xltools.data.roster import Entry, Roster


def entry_of(filing: Filing, roster: Roster | None) -> Entry | None:
    """Return the line of the roster of a filing; ``None`` without one.

    It is found by the code, even if one of both has lost its leading zeros, or, for a roll-up, by the name.
    """
    if roster is None or filing.agency is None:
        return None
    entry = roster.get(filing.agency.code) or roster.alike(filing.agency)
    if entry is None and filing.is_rollup:
        entry = roster.find(filing.agency.name)
    return entry


def named_for(filing: Filing, roster: Roster) -> Entry | None:
    """Return the line of the roster whose code is the beginning of the file name, as in issued names."""
    return roster.get(filing.source.name.partition("_")[0])
