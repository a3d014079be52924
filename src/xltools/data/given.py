"""Figures that the issuer gives (``given`` in a form): agencies get them in their workbooks and do not change them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from xltools.data.filing import Filing, RefusedFile, Return
from xltools.data.finding import Finding
from xltools.data.period import Period
from xltools.data.record import Agency, Figures

CHANGED, RENEWED = "given-changed", "given-renewed"


@dataclass(frozen=True)
class Given:
    """The figures of a file ``given.csv``, by period and by code or name of the agency."""

    figures: Mapping[tuple[str, str], Figures] = field(default_factory=dict)

    def of(self, period: Period, agency: Agency) -> Figures:
        """Return the figures of an agency: those of its code, else those of its name."""
        known = (self.figures.get((str(period), who)) for who in (agency.code, agency.name))
        return next((found for found in known if found), {})


def with_given(filing: Filing, given: Given | None) -> Filing:
    """Return the filing with the issuer's figures in place of what came back, and findings on those that differ.

    The issuer's figures are those *given* now, else those with which the workbook was issued. Where neither is known,
    what is there is read like any other figure.
    """
    if isinstance(filing, RefusedFile) or filing.is_rollup or not filing.form.given:
        return filing
    issued = filing.stamp.given_of(filing.form)
    known = issued | dict(given.of(filing.stamp.period, filing.agency) if given else {})
    findings, values = list(filing.findings), dict(filing.record.values)
    differing = set[str]()
    for name in (name for name in filing.form.given if name in known.keys() - filing.elsewhere):
        there = [finding for finding in findings if finding.cell == name]
        if values.get(name) == known[name] or (name in filing.unread and not there):
            continue  # of a sheet that could not be read nothing is known
        differing.add(name)
        findings = [finding for finding in findings if finding.cell != name]
        found = values[name] if name in values else there[0].found if there else ""
        findings.append(_finding(filing, name, found, issued.get(name), known[name]))
        values[name] = known[name]
    if not differing:
        return filing
    return replace(
        filing,
        findings=tuple(findings),
        record=replace(filing.record, values=values),
        unread=filing.unread - differing,
        # What the file computed from another figure says nothing about the agency's own.
        clouded=filing.clouded | differing,
    )


def _finding(
    filing: Return, name: str, found: Decimal | str, issued: Decimal | None, known: Decimal
) -> Finding:
    code = RENEWED if found == issued else CHANGED
    facts: dict[str, object] = {"label": filing.form.cells[name].label}
    place = filing.address(name)
    return Finding(code, filing.source.path, str(filing.agency), *place, name, found, known, facts)
