"""The history of a collection, a return or a figure, as lines of text and as JSON objects."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from decimal import Decimal

from xltools.checking.history import AgencyFigure, AgencyHistory, CellHistory, Version
from xltools.data.journal import KINDS, Event, Journal
from xltools.data.roster import Roster
from xltools.report.board import difference_line, difference_object
from xltools.report.data import plain
from xltools.text import Lang, catalog, number

_HEAD = 12  # digits of a SHA-256 sum that are shown

# -- the journal


def event_line(event: Event, roster: Roster | None, lang: Lang) -> str:
    """Return date, person, what was done, agency and file, and what else the journal says; without *roster* no agency."""
    entry = roster.get(event.agency) if roster else None
    agency = (str(entry.agency()) if entry else event.agency) if roster else ""
    parts = (_when(event), event.who, _what(event, lang), agency, event.file, _more(event, lang))
    return "  ".join(filter(None, parts))


def _when(event: Event) -> str:
    return event.when[:16].replace("T", " ")


def _what(event: Event, lang: Lang) -> str:
    return catalog(lang)(f"history.{event.what}") if event.what in KINDS else event.what


def _more(event: Event, lang: Lang) -> str:
    """Return in words what the journal says about an event besides agency and file."""
    t = catalog(lang)
    facts: dict[str, object] = {name: str(value) for name, value in event.facts.items()}
    listed, files = event.facts.get("findings"), event.facts.get("files")
    facts["findings"] = "、".join(map(str, listed)) if isinstance(listed, list) else ""
    facts["about"] = " ".join(str(facts[name]) for name in ("finding", "cell") if facts.get(name))
    facts["count"] = len(files) if isinstance(files, list) else 0
    names = {
        "received": ("from",),
        "replaced": ("by",),
        "found": ("errors", "questions", "warnings", "findings"),
        "returned": ("to",),
        "explained": ("about", "text"),
        "accepted": ("about", "reason"),
        "merged": ("count",),
        "published": ("from",),
    }.get(event.what)
    if names is None:
        return ""
    if event.what == "found" and not facts["findings"]:
        return t("history.more-nothing")
    return t(f"history.more-{event.what}", **{name: facts.get(name, "") for name in names}).strip()


def event_object(event: Event) -> dict[str, object]:
    """Return an event as a JSON object."""
    return asdict(event)


def chain_lines(known: Journal, lang: Lang) -> Iterator[str]:
    """Yield the faults of the chain, the copies of the journal, and the hash of the last line."""
    t = catalog(lang)
    for fault in known.faults:
        yield t(f"history.fault-{fault.code}", line=fault.line)
    for copy in known.copies:
        yield t("history.copy", path=copy)
    yield t("history.last", last=known.last, count=len(known.events)) if known.events else t("history.none")


def chain_object(known: Journal) -> dict[str, object]:
    """Return the same as a JSON object."""
    return {
        "last": known.last if known.events else None,
        "faults": [asdict(fault) for fault in known.faults],
        "copies": [str(copy) for copy in known.copies],
    }


# -- an agency


def agency_lines(found: AgencyHistory, lang: Lang) -> Iterator[str]:
    """Yield each version of a return and what was done with it, the other events, and the waivers."""
    t = catalog(lang)
    yield t("history.agency", agency=found.entry.agency(), count=len(found.versions))
    issued = [event for event in found.others if event.what == "issued"]  # before any version
    yield from (event_line(event, None, lang) for event in issued)
    for place, version in enumerate(found.versions, 1):
        yield f"{place}. {_version_line(version, lang)}"
        yield from (f"   {line}" for line in _version_lines(version, place, lang))
    yield from (event_line(event, None, lang) for event in found.others if event not in issued)
    for waiver in found.waivers:
        yield t("history.waiver", about=f"{waiver.code} {waiver.cell}".strip(), **asdict(waiver)).rstrip()


def _version_line(version: Version, lang: Lang) -> str:
    t, source, arrival = catalog(lang), version.filing.source, version.arrival
    parts = ["、".join([source.path, *version.copies]), source.sha256[:_HEAD]]
    if saved := version.filing.modified:
        parts.append(t("history.saved", date=saved[:16].replace("T", " ")))
    if arrival:
        parts.append(t(f"history.arrived-{arrival.what}", date=_when(arrival), who=arrival.who))
    return "  ".join(parts)


def _version_lines(version: Version, place: int, lang: Lang) -> Iterator[str]:
    """Yield what changed since the version before, what the agency explained, and what was done with the version."""
    t = catalog(lang)
    if version.changes is None:
        yield t("board.not-comparable")
    elif place > 1:
        yield t("history.changes", count=len(version.changes))
        yield from (f"  {difference_line(one)}" for one in version.changes)
    for (code, cell), text in version.filing.explanations.items():
        yield t("history.explanation", about=f"{code} {cell}".strip(), text=text)
    for event in version.events:
        if event is not version.arrival and event.what != "explained":
            yield event_line(event, None, lang)


def agency_object(found: AgencyHistory) -> dict[str, object]:
    """Return the history of a return as a JSON object."""
    return {
        "agency": {"code": found.entry.code, "name": found.entry.name},
        "versions": list(map(_version_object, found.versions)),
        "events": list(map(event_object, found.others)),
        "waivers": [asdict(waiver) for waiver in found.waivers],
    }


def _version_object(version: Version) -> dict[str, object]:
    source, changes = version.filing.source, version.changes
    return {
        "file": source.path,
        "copies": list(version.copies),
        "sha256": source.sha256,
        "saved": version.filing.modified,
        "changes": None if changes is None else list(map(difference_object, changes)),
        "explanations": [
            {"finding": code, "cell": cell, "text": text}
            for (code, cell), text in version.filing.explanations.items()
        ],
        "events": list(map(event_object, version.events)),
    }


# -- a figure


def cell_lines(found: CellHistory, lang: Lang) -> Iterator[str]:
    """Yield a figure of the district, then that of each agency with its changes and reasons."""
    t = catalog(lang)
    place = f"{found.sheet}!{found.address}"
    yield t("history.cell", label=found.cell.label, place=place, name=found.cell.name)
    yield t("history.total", figure=_figure(found.total), rolled_up=_figure(found.rolled_up))
    for one in found.agencies:
        key = "history.figure" if one.is_added else "history.figure-left-out"
        filing = one.examined.filing
        yield t(key, agency=filing.agency or "", figure=_figure(one.figure), file=filing.source.path)
        for change in one.changes:
            sides = {"one": _figure(change.one), "other": _figure(change.other)}
            arrival = change.version.arrival
            by = {"date": _when(arrival), "who": arrival.who} if arrival else {"date": "", "who": ""}
            yield "  " + t("history.change", file=change.version.filing.source.path, **sides, **by).rstrip()
        for reason in one.reasons:
            yield "  " + t(f"history.reason-{reason.kind}", **reason._asdict())


def _figure(value: Decimal | None) -> str:
    return "—" if value is None else number(value)


def cell_object(found: CellHistory) -> dict[str, object]:
    """Return the history of a figure as a JSON object."""
    return {
        "cell": found.cell.name,
        "label": found.cell.label,
        "sheet": found.sheet,
        "address": found.address,
        "total": _plain(found.total),
        "rolled_up": _plain(found.rolled_up),
        "agencies": [_figure_object(one) for one in found.agencies],
    }


def _figure_object(one: AgencyFigure) -> dict[str, object]:
    agency, source = one.examined.filing.agency, one.examined.filing.source
    return {
        "code": agency.code if agency else "",
        "name": agency.name if agency else "",
        "file": source.path,
        "sha256": source.sha256,
        "figure": _plain(one.figure),
        "added": one.is_added,
        "changes": [
            {
                "file": change.version.filing.source.path,
                "sha256": change.version.filing.source.sha256,
                "when": change.version.arrival.when if change.version.arrival else "",
                "who": change.version.arrival.who if change.version.arrival else "",
                "one": _plain(change.one),
                "other": _plain(change.other),
            }
            for change in one.changes
        ],
        "reasons": [reason._asdict() for reason in one.reasons],
    }


def _plain(value: Decimal | None) -> object:
    return None if value is None else plain(value)
