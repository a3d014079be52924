"""Accepting findings: which ones may be, the lines in ``waivers.csv``, and the versions that they are for."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from xltools.checking.collection import Collection, Examined
from xltools.checking.versions import reading_digest
from xltools.collection.locking import locked
from xltools.collection.reading import ReadOptions, read_inputs
from xltools.collection.settings import MAY_LACK, WAIVER_HEADS, WAIVERS, WAIVERS_WORKBOOK, Folder
from xltools.data.filing import Filing, Return
from xltools.data.finding import SEVERITY, Finding, Severity, Waiver, can_be_accepted, spot
from xltools.data.policy import Policy
from xltools.data.roster import Entry, Roster
from xltools.data.roster_lines import entry_of
from xltools.errors import InputError, Problem
from xltools.files import encoding_of, read_bytes, write_atomically
from xltools.text import Lang, catalog
from xltools.toml_tables import nearest

_DIGITS = 12  # of the digest of a version, in a waiver
_DELIMITERS = ",\t;，"


class Decision(NamedTuple):
    """Who accepts something, why, and on which day (ISO 8601)."""

    reason: str
    who: str
    date: str


class Acceptance(NamedTuple):
    """A new waiver, and the filing and the finding that it is about."""

    waiver: Waiver
    filing: Return
    finding: Finding


def acceptances(
    collection: Collection, roster: Roster, entry: Entry, decision: Decision, code: str = "", cell: str = ""
) -> list[Acceptance]:
    """Return the waivers that accept what is open about an agency, or only findings with that *code* in that *cell*.

    Only questions and warnings about the figures that count can be accepted. Raises :class:`InputError` if there are none,
    or if the code is unknown or that of an error.
    """
    if code and code not in SEVERITY:
        raise InputError(
            Problem("unknown-code", facts={"code": code, "nearest": nearest(code, list(SEVERITY))})
        )
    own = [
        one
        for one in collection.counting
        if isinstance(one.filing, Return) and entry_of(one.filing, roster) == entry
    ]
    found: dict[Waiver, Acceptance] = {}
    for one in own:
        for accepted in _acceptances_of(one, decision, code, cell):
            found.setdefault(accepted.waiver, accepted)
    if not found:
        what = " ".join(filter(None, (code, cell)))
        raise InputError(Problem("nothing-to-accept", what, {"agency": entry.name}))
    return list(found.values())


def _acceptances_of(one: Examined, decision: Decision, code: str, cell: str) -> Iterator[Acceptance]:
    filing = one.filing
    if not isinstance(filing, Return):
        return
    version = reading_digest(filing)[:_DIGITS]
    period = "" if filing.record.period.is_year else str(filing.record.period)
    for finding in one.findings:
        wanted = Waiver(filing.agency.code, code or finding.code, cell, *decision, version, period)
        if (
            not wanted.covers(finding, filing.agency.code)
            or finding.waiver
            or finding.code == "waiver-lapsed"
        ):
            continue
        if code and (finding.severity is Severity.ERROR or not can_be_accepted(code)):
            raise InputError(Problem("accept-error", filing.source.path, {"code": code}))
        if finding.severity not in {Severity.QUESTION, Severity.WARNING} or not can_be_accepted(finding.code):
            continue
        if not code and not finding.is_open:
            continue
        place = finding.cell or spot(finding.sheet, finding.address)
        waiver = Waiver(filing.agency.code, finding.code, place, *decision, version, period)
        yield Acceptance(waiver, filing, finding)


def add_waivers(folder: Folder, waivers: Iterable[Waiver], lang: Lang) -> Path:
    """Add a line for each waiver to ``waivers.csv`` and return its path; everything else in the file stays as it is.

    A file without a column for versions gets one. Raises :class:`InputError` if the collection has a workbook of waivers, and
    :class:`OutputError` if the file cannot be written, or if another program writes it for too long.
    """
    path, workbook = folder.path / WAIVERS, folder.path / WAIVERS_WORKBOOK
    if workbook.exists():
        raise InputError(Problem("accept-workbook", str(workbook)))
    new = ("\ufeff" + catalog(lang).about(folder.period.kind, "folder.waivers")).encode()
    with locked(path):  # another window or a command may accept at the same time
        content = read_bytes(path) if path.exists() else new
        write_atomically(path, with_waivers(content, waivers, str(path)))
    return path


def with_waivers(content: bytes, waivers: Iterable[Waiver], name: str) -> bytes:
    """Return the *content* of a table of waivers with a line for each waiver at its end, in its encoding."""
    encoding = encoding_of(content)
    if encoding is None:
        raise InputError(Problem("roster-encoding", name))
    text = content[len(encoding.mark) :].decode(encoding.name)
    delimiter, last, head = _head_of(text, name)
    lines = list(io.StringIO(text, newline=""))
    ending = lines[last - 1][len(lines[last - 1].rstrip("\r\n")) :] or "\n"
    waivers = list(waivers)
    places = {key: _place(head, key) for key in WAIVER_HEADS}
    for key in ("version", "period"):
        if places[key] is None and any(getattr(waiver, key) for waiver in waivers):
            language = 0 if head[places["agency"] or 0].isascii() else -1
            title = lines[last - 1].rstrip("\r\n") + delimiter + WAIVER_HEADS[key][language]
            lines[last - 1] = title + ending
            places[key] = len(head)
            head = [*head, ""]
    if not lines[-1].endswith(("\r", "\n")):
        lines[-1] += ending
    added = io.StringIO(newline="")
    table = csv.writer(added, delimiter=delimiter, lineterminator=ending)
    for waiver in waivers:
        cells = [""] * len(head)
        for key, place in places.items():
            if place is not None:
                cells[place] = str(getattr(waiver, key))
        table.writerow(cells)
    whole = "".join(lines) + added.getvalue()
    return encoding.mark + whole.encode(encoding.name)


def _head_of(text: str, name: str) -> tuple[str, int, list[str]]:
    """Return the delimiter of a table, the last line of its heads, counted from 1, and the heads."""
    for delimiter in _DELIMITERS:
        rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        for row in rows:
            head = [cell.strip().casefold() for cell in row]
            if all(_place(head, key) is not None for key in WAIVER_HEADS if key not in MAY_LACK):
                return delimiter, rows.line_num, head
    raise InputError(
        Problem("waiver-head", name, {"missing": "、".join(n[-1] for n in WAIVER_HEADS.values())})
    )


def _place(head: Sequence[str], key: str) -> int | None:
    return next((head.index(name) for name in WAIVER_HEADS[key] if name in head), None)


def accepted_versions(
    versions: Path | None,
    policy: Policy,
    filings: Sequence[Filing],
    options: ReadOptions,
    roster: Roster | None = None,
    district: str = "",
) -> Sequence[Filing]:
    """Return the returns in the folder *versions* of the agencies with a waiver that is for none of the *filings*.

    They are read so that it can be said what has changed since.
    """
    if versions is None or not versions.is_dir():
        return ()
    left = [one for one in policy.waivers if one.version]
    codes = {one.agency for one in left}
    for filing in filings:
        if isinstance(filing, Return) and filing.agency.code in codes:
            reading = reading_digest(filing)
            left = [one for one in left if one.agency != filing.agency.code or not one.holds_for(reading)]
    codes = {one.agency for one in left}
    paths = [path for path in sorted(versions.iterdir()) if path.name.partition("_")[0] in codes]
    if not paths:
        return ()
    return read_inputs(paths, options, roster=roster, district=district, allow_none=True).filings
