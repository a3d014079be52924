"""``xltools history``: the journal of a collection, the versions of one return, or where one figure comes from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from decimal import Decimal
from pathlib import Path

import click

from xltools.checking.collection import examine
from xltools.cli.options import (
    ReadingOptions,
    agency_of,
    collection_defaults,
    collection_folder,
    file,
    formats,
    option,
    prior,
    reading,
)
from xltools.cli.output import emit, encoding
from xltools.cli.returns import find_past, read_all
from xltools.collection import journal
from xltools.collection.history import (
    AgencyFigure,
    AgencyHistory,
    CellHistory,
    Version,
    agency_history,
    cell_history,
    cell_named,
)
from xltools.collection.journal import Event, Journal
from xltools.collection.reading import read_one
from xltools.collection.roster_files import load_roster
from xltools.collection.settings import Folder
from xltools.data.filing import Filing
from xltools.data.roster import Roster
from xltools.form.library import find
from xltools.report.board import difference_line, difference_object
from xltools.report.data import json_text, plain
from xltools.text import Lang, catalog, harmless, number

_HEAD = 12  # digits of a SHA-256 sum that are shown


def command(lang: Lang) -> click.Command:
    """Return the command in *lang*."""

    @click.command("history", help=catalog(lang)("help.history"))
    @click.argument("wanted", metavar="[AGENCY|CELL]", required=False, default="")
    @formats(lang, "text", "json")
    @option(lang, "-o", "--output", type=file(), text="output")
    @prior(lang)
    @reading(lang)
    def run(
        wanted: str, how: str, output: Path | None, prior: tuple[Path, ...], reading: ReadingOptions
    ) -> int:
        folder = collection_folder()
        known, roster = journal.read(folder.path), load_roster(folder.roster)
        entry = agency_of(roster, wanted) if wanted else None
        if not wanted:
            about: dict[str, object] = {"events": list(map(_event_object, known.events))}
            lines = [_event_line(event, roster, lang) for event in known.events]
        elif entry:
            older, own = _filings(folder, roster, lang, reading)
            found = agency_history(entry, [*older, *own], known, roster, folder.policy.waivers)
            about, lines = _agency_object(found), list(_agency_lines(found, lang))
        else:
            cell = _cell_history(folder, wanted, known, roster, prior, reading, lang)
            about, lines = _cell_object(cell), list(_cell_lines(cell, lang))
        if how == "json":
            whole = about | _chain_object(known)
            emit(json_text(whole, encoding(output), indent=1), output)
        else:
            emit(harmless("\n".join([*lines, *_chain_lines(known, lang)])), output)
        return 0

    return run


def _filings(
    folder: Folder, roster: Roster, lang: Lang, reading: ReadingOptions
) -> tuple[list[Filing], list[Filing]]:
    """Return the older versions and the files in the inbox."""

    def read(place: Path) -> list[Filing]:
        form, district = find(folder.form), folder.district
        if not place.is_dir():
            return []
        return read_all(
            [place], form, lang, reading, allow_none=True, roster=roster, district=district
        ).filings

    return read(folder.versions), read(folder.inbox)


def _cell_history(
    folder: Folder,
    wanted: str,
    known: Journal,
    roster: Roster,
    prior: tuple[Path, ...],
    reading: ReadingOptions,
    lang: Lang,
) -> CellHistory:
    form = find(folder.form)
    name = cell_named(wanted, form)
    older, own = _filings(folder, roster, lang, reading)
    past = find_past(prior, collection_defaults(), form, folder.period, lang, reading)
    collection = examine(
        own, roster, folder.period, folder.district, policy=folder.policy, past=past, former=older
    )
    rollup = read_one(folder.rollup) if folder.rollup.is_file() else None
    return cell_history(form, name, folder.period, collection, older, known, roster, rollup)


# -- the journal


def _event_line(event: Event, roster: Roster | None, lang: Lang) -> str:
    """Return date, person, what was done, agency and file, and what else the journal says; without *roster* no agency."""
    entry = roster.get(event.agency) if roster else None
    agency = (str(entry.agency()) if entry else event.agency) if roster else ""
    parts = (_when(event), event.who, _what(event, lang), agency, event.file, _more(event, lang))
    return "  ".join(filter(None, parts))


def _when(event: Event) -> str:
    return event.when[:16].replace("T", " ")


def _what(event: Event, lang: Lang) -> str:
    return catalog(lang)(f"history.{event.what}") if event.what in journal.KINDS else event.what


def _more(event: Event, lang: Lang) -> str:
    """Return in words what the journal says about an event besides agency and file."""
    t = catalog(lang)
    facts = {name: str(value) for name, value in event.facts.items()}
    listed, files = event.facts.get("findings"), event.facts.get("files")
    facts["findings"] = "、".join(map(str, listed)) if isinstance(listed, list) else ""
    facts["about"] = " ".join(filter(None, (facts.get("finding"), facts.get("cell"))))
    facts["count"] = str(len(files)) if isinstance(files, list) else ""
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


def _event_object(event: Event) -> dict[str, object]:
    return asdict(event)


def _chain_lines(known: Journal, lang: Lang) -> Iterator[str]:
    """Yield the faults of the chain, the copies of the journal, and the hash of the last line."""
    t = catalog(lang)
    for fault in known.faults:
        yield t(f"history.fault-{fault.code}", line=fault.line)
    for copy in known.copies:
        yield t("history.copy", path=copy)
    yield t("history.last", last=known.last, count=len(known.events)) if known.events else t("history.none")


def _chain_object(known: Journal) -> dict[str, object]:
    return {
        "last": known.last if known.events else None,
        "faults": [asdict(fault) for fault in known.faults],
        "copies": [str(copy) for copy in known.copies],
    }


# -- an agency


def _agency_lines(found: AgencyHistory, lang: Lang) -> Iterator[str]:
    t = catalog(lang)
    yield t("history.agency", agency=found.entry.agency(), count=len(found.versions))
    for place, version in enumerate(found.versions, 1):
        yield f"{place}. {_version_line(version, lang)}"
        yield from (f"   {line}" for line in _version_lines(version, place, lang))
    yield from (_event_line(event, None, lang) for event in found.others)
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
            yield _event_line(event, None, lang)


def _agency_object(found: AgencyHistory) -> dict[str, object]:
    return {
        "agency": {"code": found.entry.code, "name": found.entry.name},
        "versions": list(map(_version_object, found.versions)),
        "events": list(map(_event_object, found.others)),
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
        "events": list(map(_event_object, version.events)),
    }


# -- a figure


def _cell_lines(found: CellHistory, lang: Lang) -> Iterator[str]:
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


def _cell_object(found: CellHistory) -> dict[str, object]:
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
