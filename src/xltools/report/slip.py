"""Return a file to its agency: as a marked copy and as plain text that can be pasted into a message, in Chinese."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from xltools.checking.collection import Examined
from xltools.checking.grouping import FindingGroup, grouped
from xltools.checking.versions import reading_digest
from xltools.data.filing import Return
from xltools.data.finding import Finding
from xltools.excel.marking import CellMark, Slip, SlipRow, marked
from xltools.files import safe_stem
from xltools.form.address import ranges
from xltools.form.model import Form
from xltools.text import cause_text, clerk, finding_text, group_text, harmless, message, number


@dataclass(frozen=True, slots=True)
class Returned:
    """A file to return, with the findings that the agency has to act on in groups, the worst first."""

    examined: Examined
    groups: tuple[FindingGroup, ...]

    @property
    def stem(self) -> str:
        """The name, without the ending, of the files that are returned."""
        name, ending = self.examined.filing.source.name.rpartition(".")[0], clerk()("returned.file", name="")
        while name.endswith(ending):  # the file was sent back before
            name = name.removesuffix(ending)
        return clerk()("returned.file", name=safe_stem(name))

    def workbook(self, package: bytes) -> bytes:
        """Return *package*, the content of the file, with marks and slip.

        Raises :class:`~xltools.errors.MarkingError` if it cannot be marked.
        """
        marks = [mark for group in self.groups for mark in _marks(group)]
        rows, filing = tuple(map(_slip_row, self.groups)), self.examined.filing
        explanations = {
            (row.code, name): row.explanation
            for row in rows
            for name in row.cell.split() or [""]
            if row.explanation
        }
        reading = reading_digest(filing, explanations) if isinstance(filing, Return) else ""
        earlier = filing.lineage.sources if filing.lineage else ()
        return marked(package, marks, Slip(rows, (filing.source.sha256, *earlier), reading))

    def text(self) -> str:
        """Return the groups as text."""
        t, filing = clerk(), self.examined.filing
        agency = str(filing.agency) if filing.agency else filing.source.name
        head = t("returned.head", agency=agency, file=filing.source.name, count=len(self.groups))
        items = [f"{place}. {_group_text(group)}" for place, group in enumerate(self.groups, 1)]
        return harmless("\n".join([head, *items, t("returned.foot")]) + "\n")


# A defect of the program, and what is only to be done on the coordinator's computer.
_OF_THE_COORDINATOR = {"reader-failed", "unreadable-file", "not-downloaded", "waiver-lapsed"}


def returned(examined: Examined) -> Returned | None:
    """Return the file to send back, or None if the agency has nothing to do, as after a defect of the program."""
    findings = [finding for finding in examined.findings if finding.code not in _OF_THE_COORDINATOR]
    if not any(finding.is_open for finding in findings):
        return None
    # Findings with an explanation stay on the slip, so the explanation comes back with the file.
    listed = [f for f in findings if f.is_open or (f.explanation and f.waiver is None)]
    return Returned(examined, grouped([_with_short_label(f, examined.filing.form) for f in listed]))


def _with_short_label(finding: Finding, form: Form | None) -> Finding:
    """Return *finding* with the label of its row alone, if no other cell of the section has a row with that label."""
    cell = form.cells.get(finding.cell) if form else None
    if form is None or cell is None or finding.facts.get("label") != cell.label:
        return finding
    row = cell.row_path[-1]
    is_unique = [c.row_path[-1] for c in form.cells.values() if c.section is cell.section].count(row) == 1
    return replace(finding, facts=finding.facts | {"label": row}) if is_unique else finding


def _marks(group: FindingGroup) -> list[CellMark]:
    """Return one mark for each sheet with cells of the group; a place in a document has no address."""
    by_sheet: dict[str, list[str]] = {}
    for place in group.places:
        if place.address:
            by_sheet.setdefault(place.sheet, []).append(place.address)
    text = _explained(group)
    return [CellMark(sheet, tuple(addresses), text) for sheet, addresses in by_sheet.items()]


def _slip_row(group: FindingGroup) -> SlipRow:
    lead = group.lead
    found = number(lead.found) if isinstance(lead.found, Decimal) else lead.found
    expected = number(lead.expected) if isinstance(lead.expected, Decimal) and not group.is_many else ""
    return SlipRow(
        place=_place_text(group),
        label="" if group.is_many else str(lead.facts.get("label", "")),
        found=found if group.places and not group.is_many else "",
        expected="\n".join(filter(None, (expected, _explained(group)))),
        steps=_steps(lead),
        places=group.places,
        code=lead.code,
        cell=" ".join(dict.fromkeys(finding.cell for finding in group.findings)),
        explanation=lead.explanation,
    )


def _place_text(group: FindingGroup) -> str:
    """Return the sheet and the addresses that the group has on it, or the words for the whole file."""
    sheet = group.lead.sheet
    if not group.places:
        return sheet or clerk()("returned.whole")
    if any(place.sheet == sheet for place in group.places):
        addresses = "、".join(ranges(p.address for p in group.places if p.sheet == sheet and p.address))
    else:
        sheet, addresses = group.places[0].sheet, group.places[0].address
    return "!".join(filter(None, (sheet, addresses)))


def _explained(group: FindingGroup) -> str:
    """Return what is wrong and the possible causes."""
    if group.is_many:
        messages = [group_text(group.lead.code, len(group.findings), "zh")]
    else:
        messages = [message(finding, "zh") for finding in (group.lead, *group.separate)]
    causes = dict.fromkeys(
        clerk()("returned.perhaps", cause=cause_text(cause, "zh"))
        for finding in group.findings
        for cause in finding.causes
    )
    return "\n".join([*messages, *causes])


def _steps(finding: Finding) -> str:
    """Return how to correct it; several steps are numbered."""
    steps = finding_text(finding.code, "zh").mend
    if len(steps) == 1:
        return steps[0]
    return "\n".join(f"{place}. {step}" for place, step in enumerate(steps, 1))


def _group_text(group: FindingGroup) -> str:
    steps = clerk()("returned.mend", steps=_steps(group.lead).replace("\n", " "))
    return f"{_place_text(group)}：{_explained(group)}\n{steps}".replace("\n", "\n   ")
