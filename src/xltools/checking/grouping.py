"""Findings as they are told: one cause, one message, its cells listed; what follows from another is not told again.

Three things bring findings of one file together, in this order:

* one shared cause (:class:`~xltools.data.finding.Cause` with the same code and the same facts);
* one finding from which the other follows: cells are blank in a workbook in which nothing was filled in;
* many findings of one code on one sheet, if the code has a ``message_for_many``.

What a coordinator has accepted never stands together with what is open, nor an answered question with one that
was not answered.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import NamedTuple

from xltools.data.finding import Cause, Finding, Place, Severity
from xltools.form.address import ranges
from xltools.text.findings import finding_code

_SHORTEST = 3  # fewer findings of one code are told one by one
_FOLLOWS = {"blank": "all-blank", "text-nothing": "all-blank"}  # code -> the code it says nothing new beside
_WORST = {severity: index for index, severity in enumerate(Severity)}


class Group(NamedTuple):
    """Findings with one message, the one that leads first. One alone is a group as well."""

    findings: tuple[Finding, ...]
    cause: Cause | None = None  # the one they share
    follow: bool = False  # what the others say follows from the first

    @property
    def lead(self) -> Finding:
        """The one that stands for all: the worst."""
        return self.findings[0]

    @property
    def severity(self) -> Severity:
        """That of the worst of them."""
        return self.lead.severity

    @property
    def is_many(self) -> bool:
        """Whether they share one message: at least three of a code that has a ``message_for_many``."""
        codes = {finding.code for finding in self.findings}
        return (
            len(self.findings) >= _SHORTEST
            and len(codes) == 1
            and bool(finding_code(self.lead.code).texts["en"].message_for_many)
        )

    @property
    def apart(self) -> tuple[Finding, ...]:
        """Those besides the first whose own sentences are still to be told."""
        return () if self.follow or self.is_many else self.findings[1:]

    @property
    def places(self) -> tuple[Place, ...]:
        """Every cell that any of them speaks of, once."""
        return tuple(dict.fromkeys(place for finding in self.findings for place in finding.places))

    @property
    def spans(self) -> tuple[str, ...]:
        """The cells they are filed under as few ranges: ``D6:D9``, ``F4``; with the sheet where there are several."""
        sheets: dict[str, list[str]] = {}
        for finding in self.findings:
            if finding.address:
                sheets.setdefault(finding.sheet, []).append(finding.address)
        if len(sheets) <= 1:
            return ranges(address for addresses in sheets.values() for address in addresses)
        return tuple(f"{sheet}!{area}" for sheet, addresses in sheets.items() for area in ranges(addresses))


def grouped(findings: Sequence[Finding]) -> tuple[Group, ...]:
    """The findings of one file in groups, worst first. Each finding is in exactly one group."""
    ordered = sorted(findings, key=lambda finding: _WORST[finding.severity])
    groups: list[Group] = []
    rest = _take_causes(ordered, groups)
    rest = _take_followers(rest, groups)
    groups += _of_one_code(rest)
    first = {id(finding): index for index, finding in enumerate(ordered)}
    return tuple(sorted(groups, key=lambda group: first[id(group.lead)]))


def _take_causes(findings: list[Finding], groups: list[Group]) -> list[Finding]:
    """Put those that share a cause together; the others are returned."""
    shared: list[tuple[Cause, Hashable, list[Finding]]] = []
    for finding in findings:
        for cause in finding.causes:
            known = next((s for s in shared if s[:2] == (cause, _standing(finding))), None)
            if known is None:
                shared.append((cause, _standing(finding), [finding]))
            elif known[2][-1] is not finding:
                known[2].append(finding)
    taken: set[int] = set()
    for cause, _, holders in shared:
        mine = [finding for finding in holders if id(finding) not in taken]
        if len(mine) > 1:
            groups.append(Group(tuple(mine), cause))
            taken |= {id(finding) for finding in mine}
    return [finding for finding in findings if id(finding) not in taken]


def _take_followers(findings: list[Finding], groups: list[Group]) -> list[Finding]:
    """Put what follows from another finding behind that one; the others are returned."""
    rest = list(findings)
    for code in dict.fromkeys(_FOLLOWS.values()):
        for lead in [finding for finding in rest if finding.code == code]:
            behind = [f for f in rest if _FOLLOWS.get(f.code) == code and _is_open_as(f, lead)]
            if behind:
                groups.append(Group((lead, *behind), follow=True))
                gone = {id(lead), *map(id, behind)}
                rest = [finding for finding in rest if id(finding) not in gone]
    return rest


def _of_one_code(findings: Iterable[Finding]) -> Iterator[Group]:
    """Many of one code on one sheet together, unless each has something of its own to tell."""
    alike: dict[Hashable, list[Finding]] = {}
    for finding in findings:
        own = id(finding) if finding.causes else None
        alike.setdefault((finding.code, finding.sheet, _standing(finding), own), []).append(finding)
    for group in map(tuple, alike.values()):
        together = Group(group)
        if together.is_many:
            yield together
        else:
            yield from (Group((finding,)) for finding in group)


def _standing(finding: Finding) -> Hashable:
    """What was decided about it and answered to it: only findings that stand alike are told together."""
    return finding.waiver, finding.explanation


def _is_open_as(finding: Finding, lead: Finding) -> bool:
    return (finding.waiver is None, finding.explanation) == (lead.waiver is None, lead.explanation)
