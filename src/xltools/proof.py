"""Proving a roll-up: whether a workbook is what the files at hand give, and if not, what is different in it.

A workbook is proved if its parts are those of the roll-up that the files give: the same names in the same order, each
with the same content, byte for byte after unpacking. Any other is read and compared with that roll-up, row by row and
figure by figure, and part by part where no figure differs. Whether its cells show what its rows add up to is checked
where it is verified.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Literal, NamedTuple

from xltools.data.filing import Filing, Member
from xltools.data.rollup import Rollup
from xltools.office.parts import Parts

What = Literal["unreadable", "row-missing", "row-extra", "source", "figure", "stamp", "coverage"]


class Discrepancy(NamedTuple):
    """One thing in which a workbook is not what the files give: what it holds, and what they give."""

    what: What
    agency: str = ""
    label: str = ""
    found: Decimal | str | None = ""
    expected: Decimal | str | None = ""


PartWhat = Literal["part-changed", "part-missing", "part-extra", "part-order", "part-none"]


def part_differences(found: Parts, expected: Parts) -> Iterator[tuple[PartWhat, str]]:
    """Yield how the parts of a workbook differ from those expected, and the names of these parts."""
    for name, sha256 in expected.each.items():
        if name not in found.each:
            yield "part-missing", name
        elif found.each[name] != sha256:
            yield "part-changed", name
    for name in found.each:
        if name not in expected.each:
            yield "part-extra", name
    if found.each == expected.each and list(found.each) != list(expected.each):
        yield "part-order", ""
    if found.has_more:
        yield "part-none", ""


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
