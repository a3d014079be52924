"""Reads a workbook into a filing: finds the cells of a form in the facts of the scanner.

No figure is read from a sheet whose layout does not match, or from a stored result of a formula.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from xltools.data.filing import Filing, RefusedFile, Return, Source, Stamp, stamp_from_name
from xltools.data.finding import Finding
from xltools.data.given import Given, with_given
from xltools.data.record import Record
from xltools.data.rollup import rolled_up, spans
from xltools.data.seal import is_sealed
from xltools.excel.opening import facts_of
from xltools.excel.reader.account import read_earlier, read_waived
from xltools.excel.reader.lists import read_lists
from xltools.excel.reader.locate import superseded_word
from xltools.excel.reader.reading import WorkbookReading
from xltools.excel.reader.rollup import read_rollup
from xltools.excel.reader.sheets import read_sheets
from xltools.excel.reader.slip import take_slip
from xltools.excel.reader.stamp import find_form, read_stamp
from xltools.excel.refusing import refused
from xltools.excel.scan import Facts, Limits, ScanError
from xltools.files import read_bytes, shown
from xltools.form import library
from xltools.form.layout import layout
from xltools.form.model import Form
from xltools.form.places import PREFIX
from xltools.office.guard import Budget, beyond

__all__ = ["read", "read_package"]


def read(
    path: Path,
    form: Form | None = None,
    limits: Limits | None = None,
    *,
    by_labels: bool = False,
    key: bytes = b"",
    passwords: Sequence[str] = (),
) -> Filing:
    """Read the workbook *path*. With *form* only that form is accepted, otherwise any built-in form.

    With *by_labels* a workbook without a stamp is read by its labels; agency and year are taken from a file name such as
    ``CODE_NAME_YEAR``. With *key* the workbook must have the seal of its stamp. *passwords* are tried on an encrypted
    workbook. Faults of the file are findings. Raises :class:`~xltools.errors.InputError` if the file cannot be opened.
    """
    limits = limits or Limits()
    data, name = read_bytes(path, limits.file), shown(path)
    if len(data) > limits.file:
        return refused(Source(name, size=path.stat().st_size), beyond("file", limits))
    return read_package(data, name, form, Budget(limits), by_labels=by_labels, key=key, passwords=passwords)


def read_package(
    data: bytes,
    name: str,
    form: Form | None = None,
    budget: Budget | None = None,
    *,
    by_labels: bool = False,
    key: bytes = b"",
    passwords: Sequence[str] = (),
    given: Given | None = None,
) -> Filing:
    """Read the workbook in *data*, the content of a file called *name*, within *budget*; see :func:`read`.

    *given* are the issuer's figures; without them, those with which the workbook was issued count.
    """
    source = Source(name, hashlib.sha256(data).hexdigest(), len(data))
    try:
        facts = facts_of(data, budget, passwords)
    except ScanError as error:
        return refused(source, error, data)
    slip = take_slip(facts)
    filing = with_given(_read_facts(facts, source, form, by_labels=by_labels, key=key), given)
    # The issued workbook has the day after the period's end in place of a date; some programs that save it keep that.
    end = f"{filing.stamp.period.end}T00:00:00Z" if filing.stamp else ""
    saved = "" if facts.modified == end else facts.modified
    return replace(filing, explanations=slip.explanations, lineage=slip.lineage, modified=saved)


def _read_facts(facts: Facts, source: Source, form: Form | None, *, by_labels: bool, key: bytes) -> Filing:
    stamp, findings = read_stamp(facts)
    if stamp is None:
        return _unstamped(facts, source, form, by_labels=by_labels, key=key)
    found, fault = find_form(stamp, form)
    if found is None:
        return RefusedFile(source, _with_source([fault] if fault else [], source, stamp), stamp=stamp)
    if stamp.period.kind != found.period:
        return _unstamped(facts, source, found, by_labels=by_labels, key=key)
    stamp = replace(stamp, period=stamp.period.counted(found.begins))
    if key:
        findings += _seal_faults(facts, stamp, key)
    return _filing(_reading(facts, found, stamp, findings), source, stamp, found)


def _reading(
    facts: Facts, form: Form, stamp: Stamp, findings: list[Finding], *, by_labels: bool = False
) -> WorkbookReading:
    """Return the start of reading a workbook. A sheet that is not asked is read if it is there.

    Without a stamp, the sheets tell what is asked.
    """
    is_rollup = stamp.kind == "rollup"
    whole, names = layout(form), {sheet.name for sheet in facts.sheets}
    flags = stamp.flags
    if flags is None:
        flags = frozenset[str]().union(*(one.flags for one in whole.in_order if one.name in names))
    place = layout(form, frozenset() if is_rollup else form.lacking(flags))
    if form.flags and any(one.name in names for one in {*whole.in_order} - {*place.in_order}):
        own = {sheet.name for sheet in place.in_order} | names
        sheets = tuple(sheet for sheet in whole.sheets if sheet.name in own)
        lists = tuple(sheet for sheet in whole.lists if sheet.name in own)
        place = replace(place, sheets=sheets, lists=lists)
    return WorkbookReading(facts, place, is_rollup, by_labels, findings=findings)


def _unstamped(facts: Facts, source: Source, form: Form | None, *, by_labels: bool, key: bytes) -> Filing:
    """Read a workbook without a stamp: by its labels with *by_labels*, if it is not of a superseded edition."""
    forms = [form] if form else [library.find(name) for name in library.names()]
    for known in forms:
        if word := next((w for sheet in facts.sheets if (w := superseded_word(known, sheet))), ""):
            return RefusedFile(source, (Finding("old-layout", source.path, found=word, expected=known.name),))
    chosen = form or library.find(library.DEFAULT)
    stamp = stamp_from_name(source.name, chosen) if by_labels else None
    if stamp is None:
        return RefusedFile(source, (Finding("no-stamp", source.path),))
    findings = [Finding("by-labels"), *(_seal_faults(facts, stamp, key) if key else ())]
    return _filing(_reading(facts, chosen, stamp, findings, by_labels=True), source, stamp, chosen)


def _seal_faults(facts: Facts, stamp: Stamp, key: bytes) -> list[Finding]:
    found = facts.properties.get(f"{PREFIX}seal", "")
    if not found:
        return [Finding("seal-missing")]
    return (
        [] if is_sealed(stamp, key, found) else [Finding("seal-broken", facts={"agency": str(stamp.agency)})]
    )


def _filing(reading: WorkbookReading, source: Source, stamp: Stamp, form: Form) -> Return:
    fields = _rollup_fields(reading, stamp) if reading.is_rollup else {}
    if reading.facts.old_format:
        reading.note("old-format-read", "", None, found=reading.facts.old_format)
    if not reading.is_rollup:
        read_lists(reading)
    read_sheets(reading)
    values = {**reading.values, **form.counts(reading.prose)}
    record = Record(form, stamp.period, frozenset((stamp.agency,)), values, reading.lists)
    return_fields = {"record": record}
    return Return(
        source=source,
        findings=_with_source(reading.findings, source, stamp),
        form=form,
        stamp=stamp,
        shown=reading.shown,
        prose=reading.prose,
        is_complete=reading.facts.properties.get(f"{PREFIX}coverage") == "complete",
        unread=frozenset(reading.unread),
        clouded=frozenset(reading.clouded),
        moved=reading.moved,
        listed=reading.listed,
        shown_in_lists=reading.shown_in_lists,
        **(fields or return_fields),
    )


def _rollup_fields(reading: WorkbookReading, stamp: Stamp) -> dict[str, Any]:
    """Return the fields of a filing that only a roll-up has, and its record, the sum of its members."""
    members, accounts = read_rollup(reading)
    read_lists(reading, members)
    reading.prose |= spans(reading.layout.form, members)
    return {
        "record": rolled_up(reading.layout.form, stamp.period, members, accounts, reading.lists),
        "members": members,
        "accounts": accounts,
        "earlier": read_earlier(reading, stamp.period),
        "waived": read_waived(reading),
    }


def _with_source(findings: list[Finding], source: Source, stamp: Stamp) -> tuple[Finding, ...]:
    """Return the findings with the path of the file and its agency."""
    agency = str(stamp.agency)
    return tuple(finding.of(source.path, agency) for finding in findings)
