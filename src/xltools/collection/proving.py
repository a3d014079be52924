"""Proving a roll-up: whether a workbook is the roll-up of the given files, and in which places it differs.

A workbook is proved if it has the parts of the roll-up of the files: the same names in the same order, each with the
same content, byte for byte after unpacking. Any other workbook is read and compared with that roll-up, row by row and
figure by figure, and part by part if no figure differs. Its totals are checked when it is verified.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from xltools.checking.checks import verified
from xltools.collection.inbox import InboxItem
from xltools.collection.manifest import Manifest, Settings, path_of, read
from xltools.collection.reading import reading
from xltools.collection.rollup_file import MergedFiles
from xltools.data.filing import FILE_STATUSES, Filing, Member, RefusedFile, Source
from xltools.data.finding import Finding, Severity
from xltools.data.rollup import Rollup
from xltools.excel.reader import read_package
from xltools.excel.refusing import refused
from xltools.files import read_bytes
from xltools.form.model import Form
from xltools.office.guard import Budget, Limits, ScanError
from xltools.office.parts import PartHashes, read_parts, written_parts
from xltools.text import Word


class Mismatch(NamedTuple):
    """A difference between a workbook and the roll-up of the files: a code with its facts, or a finding."""

    code: str
    facts: Mapping[str, object] = {}
    finding: Finding | None = None


class ProofResult(NamedTuple):
    """Whether a workbook has the parts of the roll-up; if not, every mismatch. ``sha256`` is that of the parts."""

    sha256: str
    mismatches: tuple[Mismatch, ...] = ()


def prove(workbook: Path, merged: MergedFiles, rollup: Rollup, limits: Limits) -> ProofResult:
    """Compare *workbook* with the *rollup* of the files. Raises :class:`InputError` if it cannot be read."""
    there = read_bytes(workbook)
    made = written_parts(merged.workbook(rollup, workbook.parent))
    differing = tuple(_part_mismatches(there, workbook, made, limits))
    if not differing:
        return ProofResult(made.sha256)
    known = read(path_of(workbook))
    if known is None:
        found = [Mismatch("no-manifest", {"file": path_of(workbook).name})]
    else:
        settings = merged.options.settings()
        found = [*_setting_mismatches(known.settings, settings), *_input_mismatches(known, rollup)]
    found += _figure_mismatches(there, workbook, rollup, limits)
    return ProofResult(made.sha256, tuple(found) or (Mismatch("only-parts"), *differing))


def _setting_mismatches(then: Settings, now: Settings) -> Iterator[Mismatch]:
    for key, value in now._asdict().items():
        former = getattr(then, key)
        if key == "others":
            for what in sorted({*former, *value}):
                if former.get(what) != value.get(what):
                    yield Mismatch(f"other-{what}")
        elif former != value:
            yield Mismatch("setting", {"key": key, "then": former, "now": value})


def _input_mismatches(known: Manifest, rollup: Rollup) -> Iterator[Mismatch]:
    """Yield the files of the manifest that are missing or changed, and the new ones."""
    then = {one.source.path: one.source.sha256 for one in known.inputs}
    now = {a.source.path: a.source.sha256 for a in rollup.accounts if a.status in FILE_STATUSES}
    for path in sorted({*then, *now}):
        if path not in now:
            yield Mismatch("input-gone", {"file": path})
        elif path not in then:
            yield Mismatch("input-new", {"file": path})
        elif now[path] != then[path]:
            yield Mismatch("input-changed", {"file": path})


def _part_mismatches(there: bytes, workbook: Path, made: PartHashes, limits: Limits) -> Iterator[Mismatch]:
    try:
        found = read_parts(there, limits)
    except ScanError as error:
        yield Mismatch(error.code, finding=refused(Source(str(workbook)), error, there).findings[0])
        return
    for name, sha256 in made.each.items():
        if name not in found.each:
            yield Mismatch("part-missing", {"name": name})
        elif found.each[name] != sha256:
            yield Mismatch("part-changed", {"name": name})
    for name in found.each:
        if name not in made.each:
            yield Mismatch("part-extra", {"name": name})
    if found.each == made.each and list(found.each) != list(made.each):
        yield Mismatch("part-order")
    if found.has_more:
        yield Mismatch("part-none")


def _figure_mismatches(there: bytes, workbook: Path, rollup: Rollup, limits: Limits) -> Iterator[Mismatch]:
    """Yield the figures that differ, and the findings on the workbook itself."""
    item = InboxItem(str(workbook), there, size=len(there))
    filing = reading(
        item, lambda one: verified(read_package(one.data, one.name, rollup.form, Budget(limits)))
    )
    yield from _discrepancies(filing, rollup)
    for finding in filing.findings:
        if finding.severity is not Severity.NOTE and finding.code != "rollup-incomplete":
            yield Mismatch(finding.code, finding=finding)


def _discrepancies(filing: Filing, rollup: Rollup) -> Iterator[Mismatch]:
    """Yield the differences between the roll-up in a workbook, read as *filing*, and the *rollup* of the files."""
    if isinstance(filing, RefusedFile) or not filing.is_rollup:
        yield Mismatch("unreadable")
        return
    if filing.stamp != rollup.stamp:
        found, expected = (f"{stamp.agency} {stamp.period}" for stamp in (filing.stamp, rollup.stamp))
        yield Mismatch("stamp", {"found": found, "expected": expected})
    if filing.is_complete != (rollup.coverage == "complete"):
        yield Mismatch("coverage")
    left = {member.agency: member for member in filing.members}
    for member in rollup.members:
        there = left.pop(member.agency, None)
        if there is None:
            yield Mismatch("row-missing", {"agency": str(member.agency)})
        else:
            yield from _member_discrepancies(there, member, rollup.form)
    for agency in left:
        yield Mismatch("row-extra", {"agency": str(agency)})


def _member_discrepancies(there: Member, member: Member, form: Form) -> Iterator[Mismatch]:
    agency = str(member.agency)
    if there.source.sha256 != member.source.sha256:
        one, other = (f"{source.name} {source.sha256[:12]}" for source in (there.source, member.source))
        yield Mismatch("source", {"agency": agency, "found": one, "expected": other})
    for cell in form.inputs:
        found, expected = (one.values.get(cell.name, Word("empty")) for one in (there, member))
        if found != expected:
            facts = {"agency": agency, "label": cell.label, "found": found, "expected": expected}
            yield Mismatch("figure", facts)
    for name in form.gathered:
        texts = [one.texts.get(name) or Word("empty") for one in (there, member)]
        if texts[0] != texts[1]:
            label = form.fields[name].label
            yield Mismatch(
                "figure", {"agency": agency, "label": label, "found": texts[0], "expected": texts[1]}
            )
