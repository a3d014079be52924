"""A coordinator's decisions about findings: levels, waivers and thresholds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from decimal import Decimal

from xltools.data.finding import Finding, Severity, Waiver, can_have
from xltools.errors import InvalidValueError


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Limits from which a figure is reported. The defaults are the project's own; no document sets any."""

    factor: Decimal = Decimal(5)  # ratio of a figure to last year's, or the reverse
    least: Decimal = Decimal(20)  # smaller changes are not reported, whatever the factor
    outlier: Decimal = Decimal("3.5")  # modified z-score, as Iglewicz and Hoaglin (1993) propose
    peers: int | float = 8  # least number of agencies of a kind for a comparison

    def __post_init__(self) -> None:
        """Raise an exception group with one :class:`InvalidValueError` for each threshold that is not above 0."""
        names = (one.name for one in fields(self))
        if faults := [InvalidValueError("not-above-zero", key=n) for n in names if not getattr(self, n) > 0]:
            raise ExceptionGroup("thresholds", faults)


@dataclass(frozen=True, slots=True)
class Policy:
    """Levels by code, waivers and thresholds of one collection."""

    levels: Mapping[str, Severity] = field(default_factory=dict)
    waivers: tuple[Waiver, ...] = ()
    thresholds: Thresholds = Thresholds()
    rule_makers: frozenset[str] = frozenset()  # codes of agencies that may fill in what only some may

    def with_codes(self, code_of: Callable[[str], str | None]) -> Policy:
        """Return the policy with the code of each agency that it names; *code_of* returns it, if there is one."""
        waivers = tuple(replace(w, agency=code_of(w.agency) or w.agency) for w in self.waivers)
        makers = frozenset(code_of(agency) or agency for agency in self.rule_makers)
        return replace(self, waivers=waivers, rule_makers=makers)

    def applied(self, finding: Finding, agency: str, reading: str = "") -> Finding:
        """Return the finding with the level chosen for its code and the waiver that covers it, if any.

        *agency* is the code of the agency, *reading* the digest of what was read of its return. A finding because of which
        a figure is not known cannot be waived.
        """
        level = self.levels.get(finding.code)
        own = (one for one in self.waivers if one.covers(finding, agency))
        waiver = next((one for one in own if one.holds_for(reading)), None)
        if waiver and not can_have(finding.code, Severity.NOTE):
            waiver = None
        if level is None and waiver is None:
            return finding
        return replace(finding, level=level or finding.level, waiver=waiver)

    def lapsed(self, finding: Finding, agency: str, reading: str) -> Waiver | None:
        """Return the waiver that covered an open *finding* in another version of the return, if there is one."""
        if not finding.is_open:
            return None
        own = (one for one in self.waivers if one.covers(finding, agency))
        return next((one for one in own if not one.holds_for(reading)), None)

    def has_versions(self, agency: str) -> bool:
        """Return whether a waiver for that agency holds for one version of its return only."""
        return any(one.version and one.agency == agency for one in self.waivers)

    def for_publication(self) -> Policy:
        """Return the policy for a report that is published: a denial of what its tables show is an error.

        A level that the collection has chosen for the code stands.
        """
        return replace(self, levels={"prose-nothing": Severity.ERROR} | dict(self.levels))
