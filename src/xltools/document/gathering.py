"""The prose of all agencies in one document, for the author of the district's report; sorted by section and agency.

The document is for reading and never part of the report. Agencies whose text is blank or 无 are counted and listed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from xltools.data.document import Document, DocumentBlock, Heading, PageBreak, Paragraph
from xltools.data.filing import Filing, RefusedFile, Return
from xltools.data.period import Period
from xltools.data.roster import Roster
from xltools.data.roster_lines import entry_of
from xltools.form.fields import Field
from xltools.form.model import Form
from xltools.form.sections import Part, Section
from xltools.prose.filling import with_figures
from xltools.prose.sentences import says_nothing
from xltools.text import clerk


@dataclass(frozen=True, slots=True)
class GatheredProse:
    """The document, the number of files in it, and the files whose prose could not be read."""

    document: Document
    files: int
    unread: tuple[Filing, ...]


def gathered(
    filings: Sequence[Filing], form: Form, roster: Roster | None, period: Period | None, district: str
) -> GatheredProse:
    """Return the prose of returns and roll-ups by part of the report, in the roster's order of agencies.

    Files that were refused, and those of another form, are listed as unread. Agencies that are not in the roster come
    last, by district and code. Without *period* and *district*, the title has all periods of the files, and their district
    if all have the same one.
    """

    def position(filing: Return) -> tuple[object, ...]:
        entry, agency = entry_of(filing, roster), filing.agency
        place = roster.order[entry.code] if roster and entry else float("inf")
        return place, agency.district, agency.code, filing.source.path

    read: list[Return] = []
    unread: list[Filing] = []
    for filing in filings:
        if isinstance(filing, RefusedFile) or filing.form.name != form.name:
            unread.append(filing)
        else:
            read.append(with_figures(filing))
    read.sort(key=position)
    t = clerk()
    blocks: list[DocumentBlock] = [Paragraph(t("gathered.note"), "note")]
    if unread:
        names = "、".join(filing.source.name for filing in unread)
        blocks.append(Paragraph(t("gathered.unread", count=len(unread), names=names), "note"))
    parted = [(section, _texts_of(section)) for section in form.sections]
    for number, (section, parts) in enumerate((section, parts) for section, parts in parted if parts):
        blocks += [PageBreak()] if number else []
        blocks.append(Heading(section.title))
        for part in parts:
            blocks += _part_blocks(section, part, read, roster)
    stamps = [filing.stamp for filing in filings if filing.stamp]
    periods = {period.counted(form.begins)} if period else {stamp.period for stamp in stamps}
    districts = {district} if district else {stamp.agency.district for stamp in stamps}
    name = districts.pop() if len(districts) == 1 else ""
    words = "、".join(f"{one:words}" for one in sorted(periods))
    title = t("gathered.title", name=name, periods=words, form=form.title)
    return GatheredProse(Document(title, tuple(blocks)), len(read), tuple(unread))


def _texts_of(section: Section) -> tuple[Part | Field, ...]:
    """Return the prose of a section, and its fields for texts."""
    return (*section.parts, *(one for one in section.fields if one.kind in {"prose", "text"}))


def _part_blocks(
    section: Section, part: Part | Field, read: Sequence[Return], roster: Roster | None
) -> Iterator[DocumentBlock]:
    """Yield the texts of one part; the agencies without a text are listed before them."""
    t, box = clerk(), f"{section.key}.{part.key}"
    if part.label:
        yield Heading(part.label, 2)
    texts, nothing, blank = list[Return](), list[Return](), list[Return]()
    for filing in (one for one in read if box in one.prose or box not in one.elsewhere):
        text = filing.prose.get(box, "").strip()
        kind = texts if text and not says_nothing(text) else nothing if text else blank
        kind.append(filing)
    yield Paragraph(t("gathered.counts", told=len(texts), nothing=len(nothing), blank=len(blank)), "note")
    for key, some in (("nothing", nothing), ("blank", blank)):
        if some:
            yield Paragraph(
                t(f"gathered.{key}", names="、".join(str(filing.agency) for filing in some)), "note"
            )
    for filing in texts:
        yield Heading(str(filing.agency), 3)
        entry = entry_of(filing, roster)
        about = "，".join(filter(None, (entry.kind if entry else "", filing.source.name)))
        yield Paragraph(t("gathered.source", about=about), "note")
        lines = filing.prose[box].splitlines()
        yield from (Paragraph(line.strip()) for line in lines if line.strip())
