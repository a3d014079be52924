"""The history of an agency's return and of a figure of the district, from the files, the waivers and the journal."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from xltools.checking.collection import Collection, Examined
from xltools.checking.differences import CellDifference, differences, figures
from xltools.data.filing import Filing, Return
from xltools.data.finding import Waiver
from xltools.data.journal import Event, Journal
from xltools.data.period import Period
from xltools.data.record import total
from xltools.data.roster import Entry, Roster
from xltools.data.roster_lines import code_meant, entry_of, named_for
from xltools.errors import InputError, Problem, XltoolsError
from xltools.form.layout import layout
from xltools.form.model import Cell, Form

_ARRIVALS = ("received", "begun")
_MOST = 5  # cells that a message lists


class Version(NamedTuple):
    """A version of a return: a file, and the paths of ``copies`` of it.

    ``events`` are those of the journal about a file with the same content. ``changes`` are the differences from the
    version before, empty for the first one, and ``None`` if the two cannot be compared.
    """

    filing: Filing
    events: tuple[Event, ...] = ()
    changes: tuple[CellDifference, ...] | None = ()
    copies: tuple[str, ...] = ()

    @property
    def arrival(self) -> Event | None:
        """The first event about it: that it was received, or was there when the journal began."""
        return next((event for event in self.events if event.what in _ARRIVALS), None)


class AgencyHistory(NamedTuple):
    """The versions of an agency's return, the oldest first; ``others`` are the events about the agency but no version."""

    entry: Entry
    versions: tuple[Version, ...]
    others: tuple[Event, ...]
    waivers: tuple[Waiver, ...]


class Reason(NamedTuple):
    """Why a figure is as it is: an explanation by the agency, or a waiver, of a finding with the code ``finding``."""

    kind: str  # explanation or waiver
    finding: str
    text: str
    who: str = ""
    date: str = ""


class FigureChange(NamedTuple):
    """A version in which a figure changed; ``None`` stands for a blank."""

    version: Version
    one: Decimal | None
    other: Decimal | None


class AgencyFigure(NamedTuple):
    """The figure of one agency; ``None`` if it is blank or could not be read. ``is_added`` unless its file has errors."""

    examined: Examined
    entry: Entry | None
    figure: Decimal | None
    is_added: bool
    changes: tuple[FigureChange, ...]
    reasons: tuple[Reason, ...]


class CellHistory(NamedTuple):
    """A figure of the district: the sum of the files in the inbox, that of the roll-up, and where it comes from.

    A sum is ``None`` if the figures of agencies cannot be added, and ``rolled_up`` is ``None`` without a roll-up.
    """

    cell: Cell
    sheet: str
    address: str
    total: Decimal | None
    rolled_up: Decimal | None
    agencies: tuple[AgencyFigure, ...]


def agency_history(
    entry: Entry,
    older: Iterable[Filing],
    present: Iterable[Filing],
    known: Journal,
    roster: Roster,
    waivers: Iterable[Waiver] = (),
) -> AgencyHistory:
    """Return the history of the return of an agency, from the *older* versions and the files *present* in the inbox."""
    own = [*(before := _of(entry, older, roster)), *(now := _of(entry, present, roster))]
    versions = _versions(before, now, known)
    sums = {filing.source.sha256 for filing in own}
    codes = {entry.code, *(filing.agency.code for filing in own if filing.agency)}
    others = (event for event in known.events if event.agency in codes and event.sha256 not in sums)
    accepted = tuple(one for one in waivers if code_meant(one.agency, roster) in codes)
    return AgencyHistory(entry, versions, tuple(others), accepted)


def cell_history(
    form: Form,
    name: str,
    period: Period,
    collection: Collection,
    older: Sequence[Filing],
    known: Journal,
    roster: Roster,
    rollup: Filing | None = None,
) -> CellHistory:
    """Return the history of the figure *name*; *collection* are the files in the inbox, *older* the versions before."""
    present = [one.filing for one in collection.examined]
    agencies = []
    for one in collection.counting:
        filing = one.filing
        if isinstance(filing, Return) and filing.form.name == form.name:
            entry = _entry(filing, roster)
            before, now = (_of(entry, filings, roster) for filings in (older, present))
            changes = tuple(_changes(_versions(before, now, known), name))
            reasons = tuple(dict.fromkeys(_reasons(one, name)))
            figure = figures(filing).get(name)
            agencies.append(AgencyFigure(one, entry, figure, not one.has_errors, changes, reasons))
    added = [one.examined.filing.record for one in agencies if one.is_added]
    summed = total(form, period, (record for record in added if record is not None)).complete()
    cell = form.cells[name]
    rolled_up = figures(rollup).get(name) if isinstance(rollup, Return) and rollup.is_rollup else None
    whole = summed.get(name) if cell.is_summed and added else None
    return CellHistory(cell, *layout(form).address(name), whole, rolled_up, tuple(agencies))


def cell_named(wanted: str, form: Form) -> str:
    """Return the name of the cell with that name, address or label, or the only one whose label contains *wanted*.

    Raises :class:`InputError` if there is none, or more than one.
    """
    if wanted in form.cells:
        return wanted
    place = layout(form)
    exact = [n for n, cell in form.cells.items() if wanted in {cell.label, "!".join(place.address(n))}]
    found = exact or [name for name, cell in form.cells.items() if wanted in cell.label]
    if not found:
        raise InputError(Problem("history-unknown", facts={"wanted": wanted}))
    if len(found) > 1:
        names = "、".join(found[:_MOST]) + ("…" if len(found) > _MOST else "")
        raise InputError(Problem("history-several", facts={"wanted": wanted, "names": names}))
    return found[0]


def _entry(filing: Filing, roster: Roster) -> Entry | None:
    return entry_of(filing, roster) if filing.stamp else named_for(filing, roster)


def _of(entry: Entry | None, filings: Iterable[Filing], roster: Roster) -> list[Filing]:
    own = (filing for filing in filings if entry and _entry(filing, roster) == entry)
    return sorted(own, key=lambda filing: filing.source.path)


def _versions(older: Sequence[Filing], present: Sequence[Filing], known: Journal) -> tuple[Version, ...]:
    """Return the versions in the order of their slips, else of the journal, else of their dates of saving.

    Where the journal says nothing, those in the inbox are the latest.
    """
    events: dict[str, list[Event]] = {}
    first: dict[str, int] = {}
    replaced: dict[str, set[str]] = {}  # by the sum of the file that took their place
    for number, event in enumerate(known.events):
        events.setdefault(event.sha256, []).append(event)
        if event.what == "replaced":  # the last time counts: a version may be taken back
            by = str(event.facts.get("by_sha256", ""))
            replaced.setdefault(by, set()).add(event.sha256)
            replaced.get(event.sha256, set()).discard(by)
        # What was there when the journal began came in before everything else, in an unknown order.
        first.setdefault(event.sha256, -1 if event.what == "begun" else number)
    found, files = list[Version](), dict[str, list[Filing]]()
    for filing in (*present, *older):
        files.setdefault(filing.source.sha256, []).append(filing)
    now = {filing.source.sha256 for filing in present}
    for filing in _in_order([some[0] for some in files.values()], now, first, replaced):
        changes = _differences(found[-1].filing, filing) if found else ()
        sha256 = filing.source.sha256
        copies = tuple(copy.source.path for copy in files[sha256][1:])
        found.append(Version(filing, tuple(events.get(sha256, ())), changes, copies))
    return tuple(found)


def _in_order(
    own: Iterable[Filing], now: Container[str], first: Mapping[str, int], replaced: Mapping[str, set[str]]
) -> Iterator[Filing]:
    """Yield the filings, the oldest first.

    *now* are the sums of the files in the inbox. *first* is the place of the first event about a content in the journal, *replaced* are those that one took the place of.
    """

    def key(filing: Filing) -> tuple[float, bool, str, str]:
        sha256 = filing.source.sha256
        return first.get(sha256, float("inf")), sha256 in now, filing.modified, filing.source.path

    left = sorted(own, key=key)
    while left:
        sums = {filing.source.sha256 for filing in left}
        ready = (
            filing
            for filing in left
            if not sums & (_earlier(filing) | replaced.get(filing.source.sha256, set()))
        )
        oldest = next(ready, left[0])  # slips that name each other have no order
        left.remove(oldest)
        yield oldest


def _earlier(filing: Filing) -> set[str]:
    """Return the SHA-256 sums of the files from which a file was made, as its slip says."""
    sources = filing.lineage.sources if filing.lineage else ()
    return set(sources) - {filing.source.sha256}


def _differences(one: Filing, other: Filing) -> tuple[CellDifference, ...] | None:
    try:
        return differences(one, other)
    except XltoolsError:
        return None


def _changes(versions: Sequence[Version], name: str) -> Iterator[FigureChange]:
    for version in versions:
        for change in version.changes or ():
            one, other = (None if isinstance(side, str) else side for side in (change.one, change.other))
            if change.name == name and one != other:  # a text is no figure
                yield FigureChange(version, one, other)


def _reasons(one: Examined, name: str) -> Iterator[Reason]:
    """Yield the explanations and waivers of the findings that refer to a cell."""
    for finding in one.findings:
        if name in {place.cell for place in finding.places}:
            if finding.explanation:
                yield Reason("explanation", finding.code, finding.explanation)
            if waiver := finding.waiver:
                yield Reason("waiver", finding.code, waiver.reason, waiver.who, waiver.date)
    for (code, cell), text in one.filing.explanations.items():
        if name in cell.split():
            yield Reason("explanation", code, text)
