"""Return a file to its agency: as a marked copy and as plain text that can be pasted into a message, in Chinese."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from xltools.checking.collection import Examined
from xltools.checking.grouping import FindingGroup, grouped
from xltools.checking.guilty import GuiltVerdict
from xltools.checking.versions import reading_digest
from xltools.data.filing import Filing, Return
from xltools.data.finding import Finding, Place, spot
from xltools.data.record import Agency
from xltools.data.roster import Roster
from xltools.data.roster_lines import sender
from xltools.excel.marking import CellMark, RightResult, Slip, SlipRow, marked
from xltools.files import safe_stem
from xltools.form.address import ranges
from xltools.report.cell_names import with_short_names
from xltools.text import (
    Word,
    cause_text,
    clerk,
    clerk_message,
    finding_text,
    group_text,
    harmless,
    kind_of,
    number,
)

# A defect of the program, and what is only to be done on the coordinator's computer.
_OF_THE_COORDINATOR = {"reader-failed", "unreadable-file", "not-downloaded", "waiver-lapsed"}
# Files that are not returns, such as a list of names: from an unknown sender they are nobody's mistake.
_NO_RETURN = {
    "csv-file", "html-file", "link-file", "lock-file", "no-stamp", "not-a-workbook", "word-document",
}  # fmt: skip
_RULES = {"rule-broken", "rule-question", "rule-warning"}
# What the checks in a workbook count as wrong, whichever level the collection gives to it.
_FAILED_IN_WORKBOOK = {"formula-wrong", "negative", "not-whole", "rule-broken", "total-wrong"}


@dataclass(frozen=True, slots=True)
class Returned:
    """A file to return, with the findings that the agency has to act on in groups, the worst first.

    ``sender`` is the name of the agency, "" if it is not known. ``accepted`` are findings on which it has nothing to do
    although the workbook still counts them as wrong.
    """

    examined: Examined
    groups: tuple[FindingGroup, ...]
    sender: str = ""
    accepted: tuple[Finding, ...] = ()

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
        filing = self.examined.filing
        marks = [mark for group in self.groups for mark in _marks(group, filing)]
        rows = tuple(_slip_row(group, filing) for group in self.groups)
        explanations = {
            (row.code, name): row.explanation
            for row in rows
            for name in row.cell.split() or [""]
            if row.explanation
        }
        reading = reading_digest(filing, explanations) if isinstance(filing, Return) else ""
        earlier = filing.lineage.sources if filing.lineage else ()
        titles = tuple(self._titles())
        return marked(package, marks, Slip(rows, (filing.source.sha256, *earlier), reading, titles))

    def _titles(self) -> Iterator[str]:
        t = clerk()
        yield t("slip.title")
        yield t("slip.guide")
        if places := [place for finding in self.accepted for place in finding.places]:
            yield t("slip.accepted", places=_in_one_line(places))

    def listed(self, *, is_marked: bool = True) -> str:
        """Return the groups as text, numbered; it names the marked copy only if there is one."""
        t, filing = clerk(), self.examined.filing
        items = (f"{place}. {_group_text(group, filing)}" for place, group in enumerate(self.groups, 1))
        text = harmless("\n".join(items))
        return text if is_marked else text.replace(t("returned.on-slip"), t("returned.in-writing"))

    def text(self, is_marked: bool = True) -> str:
        """Return the text that goes back: the groups, and what to do; see :meth:`listed`."""
        t, filing = clerk(), self.examined.filing
        key = "returned.head" if self.sender else "returned.head-unnamed"
        head = t(key, agency=self.sender, file=filing.source.name, count=len(self.groups))
        has_places = any(group.places for group in self.groups)
        foot = t("returned.foot" if is_marked and has_places else "returned.foot-text")
        return f"{harmless(head)}\n{self.listed(is_marked=is_marked)}\n{foot}\n"


def returned(examined: Examined, roster: Roster | None = None) -> Returned | None:
    """Return the file to send back, or None if the agency has nothing to do, as after a defect of the program.

    A file without a stamp is from the agency of the *roster* that its name names. From nobody, it is sent back only if it
    may be a return.
    """
    filing = examined.filing
    findings = [finding for finding in examined.findings if _is_of_the_agency(finding)]
    agency = _sender(filing, roster)
    is_stray = not agency and any(finding.code in _NO_RETURN for finding in findings)
    if is_stray or not any(finding.is_open for finding in findings):
        return None
    failed = [finding for finding in findings if _fails_in_workbook(finding, filing)]
    # Findings with an explanation stay on the slip, so the explanation comes back with the file.
    listed = [f for f in findings if f.waiver is None and (f.is_open or f.explanation or f in failed)]
    accepted = tuple(finding for finding in failed if finding.waiver is not None)
    return Returned(examined, grouped(listed), agency, accepted)


def _is_of_the_agency(finding: Finding) -> bool:
    """Return whether the agency has a part in a finding; a total that shows the right sum is not wrong for being old."""
    is_right = finding.code == "total-stale" and finding.found == finding.expected
    return finding.code not in _OF_THE_COORDINATOR and not is_right


def _sender(filing: Filing, roster: Roster | None) -> str:
    """Return the agency of a filing, from its stamp or the beginning of its name; "" if neither says."""
    if filing.agency is not None:
        return str(filing.agency)
    if roster is not None:
        entry = sender(filing, roster)
        return str(entry.agency()) if entry else ""
    issued = re.match(r"([^_]+)_([^_.]+)", filing.source.name)
    return str(Agency("", issued[1], issued[2])) if issued else ""


def _fails_in_workbook(finding: Finding, filing: Filing) -> bool:
    """Return whether the workbook itself counts the finding as wrong: its checks take a text for no number."""
    is_text = isinstance(filing, Return) and finding.cell in filing.clouded | filing.unread
    return is_text or finding.code in _FAILED_IN_WORKBOOK


# -- what is wrong


def _explained(group: FindingGroup, filing: Filing) -> str:
    """Return what is wrong and the possible causes, with the labels that people use."""
    if group.is_many:
        messages = [group_text(group.lead.code, len(group.findings), "zh")]
    else:
        messages = [clerk_message(f, in_doubt=_is_in_doubt(f)) for f in (group.lead, *group.separate)]
    guilty = [cause_text(group.guilty, "zh")] if group.guilty else []
    causes = (clerk()("returned.perhaps", cause=cause_text(cause, "zh")) for cause in group.other_causes)
    return _spoken("\n".join([*guilty, *messages, *dict.fromkeys(causes)]), group.lead, filing)


def _spoken(text: str, finding: Finding, filing: Filing) -> str:
    if not isinstance(filing, Return):
        return text
    cell = filing.form.cells.get(finding.cell)
    return with_short_names(text, filing.form, cell.section if cell else None)


def _steps(finding: Finding) -> str:
    """Return how to correct it; several steps are numbered."""
    steps = finding_text(finding.code, "zh").mend
    if len(steps) == 1:
        return steps[0]
    return "\n".join(f"{place}. {step}" for place, step in enumerate(steps, 1))


def clerk_words(group: FindingGroup, filing: Filing) -> tuple[str, str, str]:
    """Return where a group of findings is, what is wrong, and the steps to correct it, as the agency reads them."""
    place = _in_one_line(group.places) or _of_no_cell(group)
    return place, _explained(group, filing), _steps(group.lead)


def _group_text(group: FindingGroup, filing: Filing) -> str:
    place, words, steps = clerk_words(group, filing)
    mend = clerk()("returned.mend", steps=steps.replace("\n", " "))
    return f"{place}：{words}\n{mend}".replace("\n", "\n   ")


def _of_no_cell(group: FindingGroup) -> str:
    return group.lead.sheet or clerk()("returned.whole")


def _in_one_line(places: Iterable[Place]) -> str:
    return clerk()("returned.sheet-separator").join(_on_sheets(places))


def _on_sheets(places: Iterable[Place]) -> list[str]:
    """Return all places, for each sheet its name and the addresses as ranges."""
    sheets: dict[str, list[str]] = {}
    for place in places:
        sheets.setdefault(place.sheet, []).append(place.address)
    return [spot(sheet, "、".join(ranges(filter(None, addresses)))) for sheet, addresses in sheets.items()]


# -- the marked copy


def _marks(group: FindingGroup, filing: Filing) -> list[CellMark]:
    """Return one mark for each sheet with cells of the group; a place in a document has no address."""
    by_sheet: dict[str, list[Place]] = {}
    for place in group.places:
        if place.address:
            by_sheet.setdefault(place.sheet, []).append(place)
    text, right = _explained(group, filing), _right_results(group)
    return [
        CellMark(
            sheet,
            tuple(place.address for place in places),
            text,
            _sums(places, filing),
            tuple(one for one in right if one.place.sheet == sheet),
        )
        for sheet, places in by_sheet.items()
    ]


def _slip_row(group: FindingGroup, filing: Filing) -> SlipRow:
    lead = group.lead
    single = () if group.is_many or not group.places else (lead, *group.separate)
    right = () if group.is_many else map(_right_words, (lead, *group.separate))
    return SlipRow(
        place="\n".join(_on_sheets(group.places)) or _of_no_cell(group),
        label="\n".join(dict.fromkeys(_label(finding, filing) for finding in single)),
        found="\n".join(dict.fromkeys(map(_found_words, single))),
        expected="\n".join(filter(None, (*dict.fromkeys(right), _explained(group, filing)))),
        steps=_steps(lead),
        places=group.places,
        sums=_sums(group.places, filing),
        right=_right_results(group),
        code=lead.code,
        cell=" ".join(dict.fromkeys(finding.cell for finding in group.findings)),
        explanation=lead.explanation,
    )


def _label(finding: Finding, filing: Filing) -> str:
    """Return the name of the cell; for a broken rule, of the line in which it does not hold."""
    label = finding.facts.get("label", finding.facts.get("line", ""))
    return _spoken(str(label), finding, filing)


def _found_words(finding: Finding) -> str:
    """Return what stands in the cell; a broken rule has two sides, and no cell holds one of them."""
    if finding.code in _RULES:
        return ""
    return number(finding.found) if isinstance(finding.found, Decimal) else finding.found


def _right_words(finding: Finding) -> str:
    """Return the figure to compare with: the right one only if it is known that this cell is wrong, otherwise both sides."""
    code = "total-in-doubt" if (in_doubt := _is_in_doubt(finding)) else finding.code
    if code not in clerk().keys("right") or (in_doubt and not isinstance(finding.found, Decimal)):
        return ""
    kind, sides = kind_of(finding.facts), {"found": finding.found, "expected": finding.expected}
    return clerk().about(kind, f"right.{code}", **sides)


def _is_in_doubt(finding: Finding) -> bool:
    """Return whether a part may be wrong and not the total.

    It is the total if its formula was overwritten and it has no figure, or if everything else agrees that it is.
    """
    is_overwritten = finding.facts.get("cause") == Word("cause-overwritten")
    if finding.code != "total-wrong" or (is_overwritten and not isinstance(finding.found, Decimal)):
        return False
    verdicts = (cause.facts.get("verdict") for cause in finding.causes)
    named = [v.named for v in verdicts if isinstance(v, GuiltVerdict) and v.named]
    rights = {change.cell: change.right for suspect in named for change in suspect.changes}
    return not is_overwritten or rights.get(finding.cell) != finding.expected


def _sums(places: Iterable[Place], filing: Filing) -> tuple[tuple[Place, ...], ...]:
    """Return for each total among *places* the inputs of which it is the sum: it changes if their sum does."""
    if not isinstance(filing, Return):
        return ()
    form = filing.form
    totals = [place.cell for place in places if place.cell in form.definitions]
    return tuple(
        tuple(Place(*filing.address(name), name) for name in form.input_names if name in form.reach[total])
        for total in totals
    )


def _right_results(group: FindingGroup) -> tuple[RightResult, ...]:
    """Return what the formulas of the group show once they are right, if that is known for all of them."""
    found = []
    for finding in group.findings:
        place = Place(finding.sheet, finding.address, finding.cell)
        if finding.code in {"formula-wrong", "total-stale"} and isinstance(finding.expected, Decimal):
            found.append(RightResult(place, finding.expected))
        elif finding.code == "formula-changed":
            found.append(RightResult(place, str(finding.facts["original"])))
        else:
            return ()
    return tuple(found)
