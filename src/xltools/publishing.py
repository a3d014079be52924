"""From a roll-up, or a single return, to the report that is published: title, six sections, tables, prose, an annex.

The prose of each part is the template's, else the workbook's, else the form's own sentences; figures in braces are put
in before anything is checked, so that prose and tables are held against one another as they will stand side by side.
Where nobody knows what to say there is a gap in 【】. Nothing of the agencies' prose gets in.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from xltools.data.document import Block, Document, Heading, PageBreak, Paragraph
from xltools.data.filing import Filing
from xltools.data.prior import known
from xltools.data.record import Figures
from xltools.document.annex import annex_blocks
from xltools.document.official import official_table, unknown_note
from xltools.errors import InputError, Problem
from xltools.filling import Known
from xltools.form.model import Form, Part, Section
from xltools.form.publication import DraftSentence
from xltools.form.wording import Wording, WordingError
from xltools.manuscript import OPENING, Manuscript
from xltools.text import clerk

Origin = Literal["template", "workbook", "form", "nobody"]
_GAP = re.compile(r"【[^【】]*】")


@dataclass(frozen=True, slots=True)
class Passage:
    """What one part of the report says, by paragraphs, with figures still in braces; and whose words they are.

    ``passed_over`` tells that the workbook has another text, which is not used.
    """

    box: str
    wordings: tuple[Wording, ...]
    origin: Origin
    passed_over: bool = False


class Gap(NamedTuple):
    """Something that only a person can fill in, and where it is missing."""

    box: str
    text: str


@dataclass(frozen=True, slots=True)
class Report:
    """The words of a report beside the figures that it tells: ``filing`` has the prose as it will be published."""

    filing: Filing
    passages: tuple[Passage, ...]
    known: Known

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """What is still to be filled in, in the order of the report."""
        return tuple(
            Gap(passage.box, gap)
            for passage in self.passages
            for paragraph in self.paragraphs(passage.box)
            for gap in _GAP.findall(paragraph)
        )

    def paragraphs(self, box: str) -> list[str]:
        """What stands in a part, paragraph by paragraph."""
        found = next(passage for passage in self.passages if passage.box == box)
        return [self.known.filled(wording) for wording in found.wordings]


def report_of(filing: Filing, manuscript: Manuscript | None = None, last: Figures | None = None) -> Report:
    """The words of the report on *filing*, which has a record; *last* are the figures of the year before.

    Raises :class:`InputError` with every brace that cannot be filled in: the place of its text, its name, the nearest
    right one.
    """
    about, form = Known.of(filing, last), filing.form
    assert form is not None  # noqa: S101  Known.of asked
    passages, problems = [], []
    for box in (OPENING, *_boxes(form)):
        passage, faults = _passage(box, filing, manuscript, about)
        passages.append(passage)
        problems += faults
    if problems:
        raise InputError(*problems)
    report = Report(filing, tuple(passages), about)
    told = {p.box: "\n".join(report.paragraphs(p.box)) for p in passages if p.box != OPENING}
    prose = {box: text for box, text in filing.prose.items() if box not in told}
    prose |= {box: text for box, text in told.items() if text}
    return replace(report, filing=replace(filing, prose=prose))


def _boxes(form: Form) -> Iterator[str]:
    """Every prose cell of the report, in order."""
    yield from (f"{section.key}.{part.key}" for section in form.sections for part in section.parts)


def _passage(
    box: str, filing: Filing, manuscript: Manuscript | None, about: Known
) -> tuple[Passage, list[Problem]]:
    """The text that counts for a prose cell, and what stands against filling it in."""
    own = [line.strip() for line in filing.prose.get(box, "").splitlines() if line.strip()]
    if manuscript and (box in manuscript.passages or box == OPENING):
        lines = manuscript.passages.get(box, ())
        texts = [(line.text, f"{manuscript.path}:{line.line}") for line in lines]
        origin: Origin = "template"
    elif own:
        place = "!".join((filing.source.path, *filing.address(box)))
        texts, origin = [(line, place) for line in own], "workbook"
    else:
        return _of_the_form(box, about), []
    wordings: list[Wording] = []
    problems: list[Problem] = []
    for text, place in texts:
        try:
            wordings.append(Wording.parse(text))
            problems += about.problems(wordings[-1], place)
        except WordingError as error:
            problems.append(Problem(error.code, place, error.facts))
    differs = origin == "template" and bool(own) and own != [text for text, _ in texts]
    return Passage(box, tuple(wordings), origin, differs), problems


def _of_the_form(box: str, about: Known) -> Passage:
    """The form's own sentences in one paragraph, or where it has none a gap where something has to be said."""
    form = about.form
    if box == OPENING:
        return Passage(box, tuple(about.said(form.publication.opening)), "form")
    draft = form.publication.by_box.get(box)
    if draft and (said := sentences(draft.say, about)):
        return Passage(box, (said,), "form")
    if box in form.prose.required:
        return Passage(box, (Wording((clerk()("published.gap", label=label_of(form, box)),)),), "nobody")
    return Passage(box, (), "nobody")


def sentences(say: Iterable[DraftSentence], about: Known) -> Wording:
    """Sentences one behind the other, as one text."""
    return Wording(tuple(part for wording in about.said(say) for part in wording.parts))


def label_of(form: Form, box: str) -> str:
    """What a person calls a part of the report."""
    if box == OPENING:
        return clerk()("published.opening")
    section = next(s for s in form.sections if s.key == box.partition(".")[0])
    return form.texts[box].label or section.title


# -- the document


def compose(report: Report, *, years: Mapping[int, Figures] | None = None, draft: bool = False) -> Document:
    """The report as a document; with *years* the figures of the years before, an annex that compares.

    Raises :class:`InputError` when last year is not among them.
    """
    filing, form = report.filing, report.known.form
    assert filing.record is not None  # noqa: S101  a report has one
    values = known(form, filing.record.values, filing.unread, summed=filing.is_rollup)
    name = filing.agency.name if filing.agency else ""
    blocks: list[Block] = [Paragraph(text) for text in report.paragraphs(OPENING)]
    for section in form.sections:
        blocks.append(Heading(section.title))
        if section.blocks:
            blocks.append(official_table(form, section, values))
            blocks += filter(None, [unknown_note(form, section, values)])
        for part in section.parts:
            blocks += _part(report, section, part)
    if years is not None:
        blocks += [PageBreak(), *annex_blocks(filing, values, years)]
    title = clerk()("published.title", name=name, year=filing.record.year, title=form.title)
    return Document(title, tuple(blocks), draft)


def _part(report: Report, section: Section, part: Part) -> Iterator[Block]:
    if part.label:
        yield Heading(part.label, 2)
    yield from map(Paragraph, report.paragraphs(f"{section.key}.{part.key}"))
