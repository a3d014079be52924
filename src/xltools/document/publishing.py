"""The published report on a roll-up or a single return: title, sections with tables and prose, an annex.

The prose of each part comes from the template, else from the workbook, else from the sentences of the form. Figures are
inserted for their braces before the checks, so the checks compare tables with the prose that is published. A required
part without a text gets a gap, marked with 【】. Prose of the agencies of a roll-up is never used.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from xltools.data.document import Document, DocumentBlock, Heading, PageBreak, Paragraph
from xltools.data.filing import Return
from xltools.data.period import Period
from xltools.data.prior import known
from xltools.data.record import Figures
from xltools.document.annex import annex_blocks
from xltools.document.manuscript import OPENING, Manuscript, ManuscriptParagraph, paragraphs_in
from xltools.document.official import PrintedFigures, field_table, list_table, official_table, unknown_note
from xltools.document.other_unit import ConvertedTable, OtherUnit, converted
from xltools.errors import InputError, Problem
from xltools.form.model import Form
from xltools.form.sections import Section
from xltools.form.wording import Brace, Conditional, Wording, WordingError
from xltools.prose.filling import TextValues
from xltools.text import clerk

PassageOrigin = Literal["template", "workbook", "form", "nobody"]
_GAP = re.compile(r"【[^【】]*】|[【】]")  # a bracket may be left behind


@dataclass(frozen=True, slots=True)
class Passage:
    """The paragraphs of one part of the report, with figures in braces, and their origin.

    ``overrides_workbook`` is true if the workbook has a different text, which is not used.
    """

    box: str
    wordings: tuple[Wording, ...]
    origin: PassageOrigin
    overrides_workbook: bool = False


class UnfilledGap(NamedTuple):
    """A gap that a person must fill in, and the part of the report that contains it."""

    box: str
    text: str


@dataclass(frozen=True, slots=True)
class ReportText:
    """The prose of a report; ``filing`` is the filing that it reports on, with the prose as published."""

    filing: Return
    passages: tuple[Passage, ...]
    known: TextValues

    @property
    def gaps(self) -> tuple[UnfilledGap, ...]:
        """The gaps in the order of the report."""
        return tuple(
            UnfilledGap(passage.box, gap)
            for passage in self.passages
            for paragraph in self.paragraphs(passage.box)
            for gap in _GAP.findall(paragraph)
        )

    def paragraphs(self, box: str) -> list[str]:
        """Return the paragraphs of a part, with their figures, without those of which no condition holds."""
        found = next(passage for passage in self.passages if passage.box == box)
        return list(filter(None, map(self.known.filled, found.wordings)))


def report_of(
    filing: Return, manuscript: Manuscript | None = None, last: Figures | None = None
) -> ReportText:
    """Return the prose of the report on *filing*; *last* are the figures of the year before.

    Raises :class:`InputError` with the place and name of every brace that cannot be filled in, and the nearest name.
    """
    about, form = TextValues.of(filing, last), filing.form
    passages, problems = [], []
    parts = (
        f"{section.key}.{part.key}"
        for section in form.sections
        if section.only not in filing.lacking
        for part in section.parts
    )
    for box in (OPENING, *parts):
        passage, faults = _passage(box, filing, manuscript, about)
        passages.append(passage)
        problems += faults
    if problems:
        raise InputError(*problems)
    report = ReportText(filing, tuple(passages), about)
    texts = {p.box: "\n".join(report.paragraphs(p.box)) for p in passages if p.box != OPENING}
    prose = {box: text for box, text in filing.prose.items() if box not in texts}
    prose |= {box: text for box, text in texts.items() if text}
    return replace(report, filing=replace(filing, prose=prose))


def _passage(
    box: str, filing: Return, manuscript: Manuscript | None, about: TextValues
) -> tuple[Passage, list[Problem]]:
    """Return the text of a part of the report, and the problems of inserting its figures."""
    own = paragraphs_in(filing.prose.get(box, ""))
    place = "!".join((filing.source.path, *filing.address(box))) if own else ""
    if manuscript and (box in manuscript.passages or box == OPENING):
        paragraphs, place = manuscript.passages.get(box, ()), manuscript.path
        origin: PassageOrigin = "template"
    elif own:
        paragraphs, origin = own, "workbook"
    else:
        return _passage_of_form(box, about), []
    wordings: list[Wording] = []
    problems: list[Problem] = []
    for paragraph in paragraphs:
        parts: list[str | Brace | Conditional] = []
        for text, number in paragraph:
            here = f"{place}:{number}" if origin == "template" else place
            try:
                line = Wording.parse(text)
            except WordingError as error:
                problems.append(Problem(error.code, here, error.facts))
            else:
                problems += about.problems(line, here)
                parts += line.parts
        wordings.append(Wording(tuple(parts)))
    differs = origin == "template" and bool(own) and _texts(own) != _texts(paragraphs)
    return Passage(box, tuple(wordings), origin, differs), problems


def _texts(paragraphs: Sequence[ManuscriptParagraph]) -> list[list[str]]:
    return [[line.text for line in paragraph] for paragraph in paragraphs]


def _passage_of_form(box: str, about: TextValues) -> Passage:
    """Return the form's sentences as one paragraph, and a gap for a required part of which none is said."""
    form = about.form
    if box == OPENING:
        return Passage(box, tuple(about.known(form.publication.opening)), "form")
    draft = form.publication.by_box.get(box)
    parts = tuple(part for wording in about.known(draft.say) for part in wording.parts) if draft else ()
    own = (Wording(parts),) if parts else ()
    if any(map(about.filled, own)):
        return Passage(box, own, "form")
    if box in form.prose.required:
        gap = Wording((clerk()("published.gap", label=label_of(form, box)),))
        return Passage(box, (*own, gap), "nobody")
    return Passage(box, own, "nobody")


def label_of(form: Form, box: str) -> str:
    """Return the label of a part of the report, or the title of its section if it has no label."""
    if box == OPENING:
        return clerk()("published.opening")
    section = next(s for s in form.sections if s.key == box.partition(".")[0])
    return form.texts[box].label or section.title


# -- the document


def _table_blocks(
    form: Form,
    section: Section,
    values: PrintedFigures,
    elsewhere: AbstractSet[str],
    other: ConvertedTable | None,
) -> Iterator[DocumentBlock]:
    """Yield the table of a section, with its unit if it is another one, and the notes on it."""
    if other:
        yield other.above
    yield official_table(form, section, values, elsewhere, *(other[:2] if other else ()))
    notes = (other.below if other else None, unknown_note(form, section, values, elsewhere))
    yield from filter(None, notes)


def compose(
    report: ReportText,
    *,
    years: Mapping[Period, Figures] | None = None,
    draft: bool = False,
    unit: OtherUnit | None = None,
) -> Document:
    """Return the report as a document, with an annex if *years* has the figures of earlier years.

    Its tables may be printed in another *unit*.

    Raises :class:`InputError` if *years* does not include last year.
    """
    filing, form = report.filing, report.known.form
    values = known(form, filing.record.values, filing.unread, summed=filing.is_rollup)
    others = converted(form, values, unit) if unit else {}
    blocks: list[DocumentBlock] = [Paragraph(text) for text in report.paragraphs(OPENING)]
    lacking = filing.lacking
    for section in (one for one in form.sections if one.only not in lacking):
        blocks.append(Heading(section.title))
        blocks += filter(None, [field_table(form, section, filing)])
        if section.blocks:
            blocks += _table_blocks(form, section, values, filing.elsewhere, others.get(section.key))
        for one in (one for one in section.lists if lacking.isdisjoint(form.flags_of_list(one.key))):
            blocks += [Heading(one.title, 2)] if one.title else []
            blocks.append(list_table(form, one, filing.record, is_sum=filing.is_rollup))
        for part in section.parts:
            blocks += [Heading(part.label, 2)] if part.label else []
            blocks += map(Paragraph, report.paragraphs(f"{section.key}.{part.key}"))
    if years is not None:
        blocks += [PageBreak(), *annex_blocks(filing, values, years)]
    title = clerk()("published.title", name=filing.agency.name, period=filing.record.period, title=form.title)
    return Document(title, tuple(blocks), draft)
