"""Proving a roll-up: whether a workbook is what the files at hand give, and if not, what is different in it.

A workbook that is the same to the byte is proved. Any other is read and held against the roll-up that the files give: row
by row, figure by figure. That its own cells show what its rows add up to is the business of verifying it. What another
program saved again can tell the same figures and still not be the same file.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Literal

from xltools.classes import NamedTuple
from xltools.data.filing import Filing, Member
from xltools.data.rollup import Rollup

What = Literal["unreadable", "row-missing", "row-extra", "source", "figure", "stamp", "coverage"]


class Discrepancy(NamedTuple):
    """One thing in which a workbook is not what the files give: what it holds, and what they give."""

    what: What
    agency: str = ""
    label: str = ""
    found: Decimal | str | None = ""
    expected: Decimal | str | None = ""


def discrepancies(filing: Filing, rollup: Rollup) -> Iterator[Discrepancy]:
    """What differs between the roll-up in a workbook, as it was read, and the one that the files give."""
    if filing.form is None or filing.record is None or not filing.is_rollup:
        yield Discrepancy("unreadable")
        return
    if filing.stamp != rollup.stamp:
        yield Discrepancy("stamp", found=_stamp(filing), expected=f"{rollup.stamp.agency} {rollup.year}")
    if filing.is_complete != (rollup.coverage == "complete"):
        yield Discrepancy("coverage")
    yield from _rows(filing, rollup)


def _stamp(filing: Filing) -> str:
    assert filing.stamp is not None  # noqa: S101  a roll-up has one
    return f"{filing.stamp.agency} {filing.stamp.year}"


def _rows(filing: Filing, rollup: Rollup) -> Iterator[Discrepancy]:
    left = {member.agency: member for member in filing.members}
    for member in rollup.members:
        there = left.pop(member.agency, None)
        if there is None:
            yield Discrepancy("row-missing", str(member.agency))
        else:
            yield from _row(there, member, rollup)
    for agency in left:
        yield Discrepancy("row-extra", str(agency))


def _row(there: Member, member: Member, rollup: Rollup) -> Iterator[Discrepancy]:
    agency = str(member.agency)
    if there.source.sha256 != member.source.sha256:
        one, other = (f"{source.name} {source.sha256[:12]}" for source in (there.source, member.source))
        yield Discrepancy("source", agency, "", one, other)
    for cell in rollup.form.inputs:
        found, expected = there.values.get(cell.name), member.values.get(cell.name)
        if found != expected:
            yield Discrepancy("figure", agency, cell.label, found, expected)
