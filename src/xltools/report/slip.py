"""What goes back to an agency: its own file with marks, and the same messages as text. Always in Chinese."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from xltools.checking.collection import Examined
from xltools.checking.grouping import FindingGroup, grouped
from xltools.data.finding import Finding
from xltools.excel.marking import Mark, Row, Slip, marked
from xltools.form.address import ranges
from xltools.form.model import Form
from xltools.text import cause_text, clerk, finding_text, group_text, message, number


@dataclass(frozen=True, slots=True)
class ReturnedFile:
    """A file that goes back to its agency, with its findings in groups, worst first."""

    one: Examined
    groups: tuple[FindingGroup, ...]

    @property
    def stem(self) -> str:
        """The name of the files to send, without an ending."""
        return clerk()("returned.file", name=self.one.filing.source.name.rpartition(".")[0])

    def workbook(self, package: bytes) -> bytes:
        """Return the agency's file with marks and slip; raises :class:`~xltools.errors.MarkingError`."""
        marks = [mark for group in self.groups for mark in _marks(group)]
        return marked(package, marks, Slip(tuple(map(_slip_row, self.groups))))

    def text(self) -> str:
        """Return the messages as text."""
        t, filing = clerk(), self.one.filing
        agency = str(filing.agency) if filing.agency else filing.source.name
        lines = [t("returned.head", agency=agency, file=filing.source.name, count=len(self.groups))]
        for place, group in enumerate(self.groups, 1):
            steps = t("returned.mend", steps=_steps(group.lead).replace("\n", " "))
            item = f"{place}. {_group_place(group)}：{_messages(group)}\n{steps}"
            lines.append(item.replace("\n", "\n   "))
        return "\n".join([*lines, t("returned.foot")]) + "\n"


def returned(one: Examined) -> ReturnedFile | None:
    """Return what goes back to the agency; None if there is nothing for it to do."""
    # A file that could not be read because of a defect of the program is not the agency's fault.
    findings = [finding for finding in one.findings if finding.code != "reader-failed"]
    if not any(finding.is_open for finding in findings):
        return None
    # An answered question stays on the slip, so that the answer remains with the file.
    kept = [f for f in findings if f.is_open or (f.explanation and f.waiver is None)]
    return ReturnedFile(one, grouped([_with_short_label(f, one.filing.form) for f in kept]))


def _with_short_label(finding: Finding, form: Form | None) -> Finding:
    """Return *finding* with the label of its row alone, if no other cell of the section has a row with that label."""
    cell = form.cells.get(finding.cell) if form else None
    if form is None or cell is None or finding.facts.get("label") != cell.label:
        return finding
    row = cell.row_path[-1]
    is_unique = [c.row_path[-1] for c in form.cells.values() if c.section is cell.section].count(row) == 1
    return replace(finding, facts=finding.facts | {"label": row}) if is_unique else finding


def _marks(group: FindingGroup) -> list[Mark]:
    """Return one mark for each sheet with cells of the group; a document has no addresses and gets none."""
    by_sheet: dict[str, list[str]] = {}
    for place in group.places:
        if place.address:
            by_sheet.setdefault(place.sheet, []).append(place.address)
    return [Mark(sheet, tuple(addresses), _messages(group)) for sheet, addresses in by_sheet.items()]


def _slip_row(group: FindingGroup) -> Row:
    lead, single = group.lead, not group.is_many
    found = number(lead.found) if isinstance(lead.found, Decimal) else lead.found
    expected = number(lead.expected) if single and isinstance(lead.expected, Decimal) else ""
    return Row(
        place=_group_place(group),
        label=str(lead.facts.get("label", "")) if single else "",
        found=found if group.places and single else "",
        expected="\n".join(filter(None, (expected, _messages(group)))),
        mend=_steps(lead),
        places=group.places,
        code=lead.code,
        cell=" ".join(dict.fromkeys(finding.cell for finding in group.findings)),
        explanation=lead.explanation,
    )


def _group_place(group: FindingGroup) -> str:
    """Return the cells of the group on the sheet of its worst finding; if there are none, its first cell."""
    sheet = group.lead.sheet
    if not group.places:
        return sheet or clerk()("returned.whole")
    own = [place.address for place in group.places if place.sheet == sheet]
    if not own:
        sheet, own = group.places[0].sheet, [group.places[0].address]
    return "!".join(filter(None, (sheet, "、".join(ranges(filter(None, own))))))


def _messages(group: FindingGroup) -> str:
    """Return the messages of the group and its possible causes, one per line."""
    if group.is_many:
        lines = [group_text(group.lead.code, len(group.findings), "zh")]
    else:
        lines = [message(finding, "zh") for finding in (group.lead, *group.separate)]
    causes = dict.fromkeys(
        clerk()("returned.perhaps", cause=cause_text(cause, "zh"))
        for finding in group.findings
        for cause in finding.causes
    )
    return "\n".join([*lines, *causes])


def _steps(finding: Finding) -> str:
    """Return how to correct a finding; several steps are numbered."""
    steps = finding_text(finding.code, "zh").mend
    if len(steps) == 1:
        return steps[0]
    return "\n".join(f"{place}. {step}" for place, step in enumerate(steps, 1))
