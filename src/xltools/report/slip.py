"""What goes back to an agency: its own file, marked, and the same as plain text to paste. Always in Chinese."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from xltools.checking.collection import Examined
from xltools.checking.grouping import Group, grouped
from xltools.data.finding import Finding, Place
from xltools.excel.marking import CellMark, Slip, SlipRow, marked
from xltools.form.address import ranges
from xltools.form.model import Form
from xltools.text import cause_text, clerk, finding_text, group_text, message, number


@dataclass(frozen=True, slots=True)
class Returned:
    """One file on its way back: what is wrong with it, in groups, worst first."""

    one: Examined
    groups: tuple[Group, ...]

    @property
    def stem(self) -> str:
        """What the files are called that go back, without their ending."""
        return clerk()("returned.file", name=self.one.filing.source.name.rpartition(".")[0])

    def workbook(self, package: bytes) -> bytes:
        """The filler's own file with marks and slip; raises :class:`~xltools.errors.MarkingError` when it bears none."""
        marks = [mark for group in self.groups for mark in _marks(group)]
        return marked(package, marks, Slip(tuple(map(_row, self.groups))))

    def text(self) -> str:
        """The same in words."""
        t, filing = clerk(), self.one.filing
        agency = str(filing.agency) if filing.agency else filing.source.name
        head = t("returned.head", agency=agency, file=filing.source.name, count=len(self.groups))
        items = [f"{place}. {_told(group)}" for place, group in enumerate(self.groups, 1)]
        return "\n".join([head, *items, t("returned.foot")]) + "\n"


def returned(one: Examined) -> Returned | None:
    """What of the findings about a file the agency has to do something about; ``None`` when there is nothing."""
    findings = [
        f for f in one.findings if f.code != "reader-failed"
    ]  # a defect of the program, not of the file
    if not any(finding.is_open for finding in findings):
        return None
    # What was answered stays on the slip, so that the answer travels on with the file.
    told = [f for f in findings if f.is_open or (f.explanation and f.waiver is None)]
    return Returned(one, grouped([_with_short_label(f, one.filing.form) for f in told]))


def _with_short_label(finding: Finding, form: Form | None) -> Finding:
    """Return *finding* with the label of its row alone, if no other cell of the section has a row with that label."""
    cell = form.cells.get(finding.cell) if form else None
    if form is None or cell is None or finding.facts.get("label") != cell.label:
        return finding
    row = cell.row_path[-1]
    is_unique = [c.row_path[-1] for c in form.cells.values() if c.section is cell.section].count(row) == 1
    return replace(finding, facts=finding.facts | {"label": row}) if is_unique else finding


def _marks(group: Group) -> list[CellMark]:
    """A mark on each sheet that the group has cells of."""
    text = _sentence(group)
    by_sheet: dict[str, list[str]] = {}
    for place in group.places:
        if not place.address:
            continue  # a document cannot be marked
        by_sheet.setdefault(place.sheet, []).append(place.address)
    return [CellMark(sheet, tuple(addresses), text) for sheet, addresses in by_sheet.items()]


def _row(group: Group) -> SlipRow:
    lead = group.lead
    cells = dict.fromkeys(finding.cell for finding in group.findings)
    return SlipRow(
        place=_place(group),
        label=str(lead.facts.get("label", "")) if not group.is_many else "",
        found=_shown(lead.found) if group.places and not group.is_many else "",
        expected=_expected(group),
        steps=_steps(lead),
        places=group.places,
        code=lead.code,
        cell=" ".join(cells),
        explanation=lead.explanation,
    )


def _place(group: Group) -> str:
    lead = group.lead
    if not group.places:
        return lead.sheet or clerk()("returned.whole")
    own = [place.address for place in group.places if place.sheet == lead.sheet]
    if not own:
        return _far(group.places[0])
    return "!".join(filter(None, (lead.sheet, "、".join(ranges(filter(None, own))))))


def _far(place: Place) -> str:
    return "!".join(filter(None, (place.sheet, place.address)))


def _shown(value: Decimal | str) -> str:
    return number(value) if isinstance(value, Decimal) else value


def _expected(group: Group) -> str:
    lead = group.lead
    expected = "" if group.is_many or not isinstance(lead.expected, Decimal) else number(lead.expected)
    return "\n".join(filter(None, (expected, _sentence(group))))


def _sentence(group: Group) -> str:
    """What is wrong and what may lie behind it."""
    if group.is_many:
        parts = [group_text(group.lead.code, len(group.findings), "zh")]
    else:
        parts = [message(finding, "zh") for finding in (group.lead, *group.apart)]
    causes = dict.fromkeys(
        clerk()("returned.perhaps", cause=cause_text(cause, "zh"))
        for finding in group.findings
        for cause in finding.causes
    )
    return "\n".join([*parts, *causes])


def _steps(finding: Finding) -> str:
    steps = finding_text(finding.code, "zh").mend
    return (
        "\n".join(f"{place}. {step}" for place, step in enumerate(steps, 1)) if len(steps) > 1 else steps[0]
    )


def _told(group: Group) -> str:
    mend = clerk()("returned.mend", steps=_steps(group.lead).replace("\n", " "))
    lines = [f"{_place(group)}：{_sentence(group)}", mend]
    return "\n   ".join("\n".join(lines).split("\n"))
