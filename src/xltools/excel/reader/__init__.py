"""A workbook into a filing, doubting everything: facts are given a meaning only where they stand where they should.

Nothing is taken from a sheet whose layout was changed, no text becomes a number, and no stored result of a
formula is used as a figure.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import attrs

from xltools.data.filing import Filing, Source, Stamp
from xltools.data.finding import Finding
from xltools.data.record import Record
from xltools.data.rollup import rolled_up
from xltools.excel.reader.rollup import read_rollup
from xltools.excel.reader.sheets import Reading, read_sheets
from xltools.excel.reader.stamp import find_form, read_stamp
from xltools.excel.scan import Facts, Limits, ScanError, scan
from xltools.files import read_bytes
from xltools.form.layout import layout
from xltools.form.model import Form

__all__ = ["read", "read_package"]


def read(path: Path, form: Form | None = None, limits: Limits | None = None) -> Filing:
    """The filing in the file *path*; with *form*, nothing else is accepted, otherwise a built-in form is looked up.

    Raises :class:`~xltools.errors.InputError` when the system does not let the file be read. Everything that is
    wrong with the file itself is a finding.
    """
    return read_package(read_bytes(path), str(path), form, limits)


def read_package(data: bytes, name: str, form: Form | None = None, limits: Limits | None = None) -> Filing:
    """The filing in the bytes of a file called *name*."""
    source = Source(name, hashlib.sha256(data).hexdigest(), len(data))
    try:
        facts = scan(data, limits)
    except ScanError as error:
        return Filing(source, (Finding(error.code, name, found=error.reason),))
    stamp, doubts = read_stamp(facts)
    if stamp is None:
        return Filing(source, (Finding("no-stamp", name),))
    found, fault = find_form(stamp, form)
    if found is None:
        return Filing(source, _signed([fault] if fault else [], source, stamp), stamp=stamp)
    return _filing(facts, source, stamp, found, doubts)


def _filing(facts: Facts, source: Source, stamp: Stamp, form: Form, doubts: list[Finding]) -> Filing:
    reading = Reading(facts, layout(form), is_rollup=stamp.kind == "rollup")
    reading.findings += doubts
    record = Record(form, stamp.year, frozenset((stamp.agency,)), reading.values)
    members, accounts = read_rollup(reading) if reading.is_rollup else ((), ())
    read_sheets(reading)
    if reading.is_rollup:
        record = rolled_up(form, stamp.year, members, accounts)
    return Filing(
        source=source,
        findings=_signed(reading.findings, source, stamp),
        form=form,
        stamp=stamp,
        record=record,
        shown=reading.shown,
        prose=reading.prose,
        members=members,
        unread=frozenset(reading.unread),
    )


def _signed(findings: list[Finding], source: Source, stamp: Stamp) -> tuple[Finding, ...]:
    """The findings with the file and the agency they are about."""
    return tuple(attrs.evolve(finding, file=source.path, agency=str(stamp.agency)) for finding in findings)
