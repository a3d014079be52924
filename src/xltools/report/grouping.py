"""Findings that are told in one message: those of one code on one sheet, once they are many."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from xltools.data.finding import Finding, Place, Severity
from xltools.text import catalog

_ORDER = list(Severity)
_SHORTEST = 3


@frozen
class Group:
    """Findings with one message. One alone is a group as well."""

    findings: tuple[Finding, ...]

    @property
    def lead(self) -> Finding:
        """The one that stands for all."""
        return self.findings[0]

    @property
    def places(self) -> tuple[Place, ...]:
        """Every cell that any of them speaks of, once."""
        return tuple(dict.fromkeys(place for finding in self.findings for place in finding.places))


def grouped(findings: Sequence[Finding]) -> tuple[Group, ...]:
    """The findings of one file, worst first, many of one kind on one sheet together. What is waived stays apart."""
    together = catalog("en").keys("group")
    groups: dict[tuple[str, str, bool], list[Finding]] = {}
    for finding in sorted(findings, key=lambda f: _ORDER.index(f.severity)):
        groups.setdefault((finding.code, finding.sheet, finding.waiver is not None), []).append(finding)
    found: list[Group] = []
    for (code, _, waived), group in groups.items():
        if len(group) >= _SHORTEST and code in together and not waived:
            found.append(Group(tuple(group)))
        else:
            found += [Group((finding,)) for finding in group]
    return tuple(found)
