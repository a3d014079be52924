"""FindingGroup the findings of one file so that each cause gets one message with all its cells.

Findings are grouped by the first of these that applies:

* they share a cause (:class:`~xltools.data.finding.Cause` with the same code and the same facts);
* one follows from the other: in a workbook in which nothing was filled in, all cells are blank;
* many findings of one code on one sheet, if the code has a ``message_for_many``.

Waived and open findings are never grouped, and neither are answered and unanswered questions.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from decimal import Decimal
from typing import NamedTuple

from xltools.data.finding import GUILTY, Cause, Finding, Place, Severity
from xltools.form.address import ranges
from xltools.text.findings import finding_code

_SHORTEST = 3  # the least number of findings of one code that share one message
_FOLLOWS = {"blank": "all-blank", "text-nothing": "all-blank"}  # code -> the code from which it follows
_WORST = {severity: index for index, severity in enumerate(Severity)}


class FindingGroup(NamedTuple):
    """One or more findings with one message, the worst first."""

    findings: tuple[Finding, ...]
    cause: Cause | None = None  # the one that they share
    follow: bool = False  # whether the others follow from the first

    @property
    def lead(self) -> Finding:
        """The worst finding."""
        return self.findings[0]

    @property
    def severity(self) -> Severity:
        """The severity of the worst finding."""
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
    def rank(self) -> tuple[int, Decimal]:
        """That of the finding that matters most."""
        return min(finding.rank for finding in self.findings)

    @property
    def guilty(self) -> Cause | None:
        """The guilty cell that explains all findings, which are reported under it."""
        found = (cause for cause in self.lead.causes if cause.code == GUILTY)
        return next((c for c in found if all(c in finding.causes for finding in self.findings)), None)

    @property
    def other_causes(self) -> list[Cause]:
        """The causes of all findings without the guilty cell, without duplicates."""
        found: list[Cause] = []
        for cause in (cause for finding in self.findings for cause in finding.causes):
            if cause != self.guilty and cause not in found:
                found.append(cause)
        return found

    @property
    def separate(self) -> tuple[Finding, ...]:
        """The findings after the first that need a message of their own."""
        return () if self.follow or self.is_many else self.findings[1:]

    @property
    def places(self) -> tuple[Place, ...]:
        """The cells of all findings, without duplicates."""
        return tuple(dict.fromkeys(place for finding in self.findings for place in finding.places))

    @property
    def spans(self) -> tuple[str, ...]:
        """The first cell of each finding, as few ranges: ``D6:D9``, ``F4``; with the sheet if there are several."""
        sheets: dict[str, list[str]] = {}
        for finding in self.findings:
            if finding.address:
                sheets.setdefault(finding.sheet, []).append(finding.address)
        if len(sheets) <= 1:
            return ranges(address for addresses in sheets.values() for address in addresses)
        return tuple(f"{sheet}!{area}" for sheet, addresses in sheets.items() for area in ranges(addresses))


def grouped(findings: Sequence[Finding]) -> tuple[FindingGroup, ...]:
    """Return the findings of one file in groups, each finding in exactly one.

    What matters first comes first: an unknown effect on the published figures, then the largest; then the worst.
    """
    ordered = sorted(findings, key=lambda finding: _WORST[finding.severity])
    groups: list[FindingGroup] = []
    rest = _group_by_cause(ordered, groups)
    rest = _group_followers(rest, groups)
    groups += _group_by_code(rest)
    first = {id(finding): index for index, finding in enumerate(ordered)}
    return tuple(sorted(groups, key=lambda group: (group.rank, first[id(group.lead)])))


def _group_by_cause(findings: list[Finding], groups: list[FindingGroup]) -> list[Finding]:
    """Append the groups of findings that share a cause to *groups* and return the other findings."""
    shared: list[tuple[Cause, Hashable, list[Finding]]] = []
    for finding in findings:
        for cause in finding.causes:
            known = next((s for s in shared if s[:2] == (cause, _decision(finding))), None)
            if known is None:
                shared.append((cause, _decision(finding), [finding]))
            elif known[2][-1] is not finding:
                known[2].append(finding)
    taken: set[int] = set()
    for cause, _, holders in shared:
        mine = [finding for finding in holders if id(finding) not in taken]
        if len(mine) > 1:
            groups.append(FindingGroup(tuple(mine), cause))
            taken |= {id(finding) for finding in mine}
    return [finding for finding in findings if id(finding) not in taken]


def _group_followers(findings: list[Finding], groups: list[FindingGroup]) -> list[Finding]:
    """Append the groups of a finding and those that follow from it to *groups* and return the other findings."""
    rest = list(findings)
    for code in dict.fromkeys(_FOLLOWS.values()):
        for lead in [finding for finding in rest if finding.code == code]:
            decision = lead.waiver is None, lead.explanation
            behind = [
                f
                for f in rest
                if _FOLLOWS.get(f.code) == code and (f.waiver is None, f.explanation) == decision
            ]
            if behind:
                groups.append(FindingGroup((lead, *behind), follow=True))
                gone = {id(lead), *map(id, behind)}
                rest = [finding for finding in rest if id(finding) not in gone]
    return rest


def _group_by_code(findings: Iterable[Finding]) -> Iterator[FindingGroup]:
    """Yield one group for many findings of one code on one sheet without causes, and one for each other finding."""
    alike: dict[Hashable, list[Finding]] = {}
    for finding in findings:
        own = id(finding) if finding.causes else None
        alike.setdefault((finding.code, finding.sheet, _decision(finding), own), []).append(finding)
    for group in map(tuple, alike.values()):
        together = FindingGroup(group)
        if together.is_many:
            yield together
        else:
            yield from (FindingGroup((finding,)) for finding in group)


def _decision(finding: Finding) -> Hashable:
    """Return the waiver and the answer to a finding; only findings with the same ones are grouped."""
    return finding.waiver, finding.explanation
