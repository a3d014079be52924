"""The prose of all agencies in one document, for the author of the district's report; sorted by section and agency.

The document is for reading and never part of the report. Agencies whose text is blank or 无 are counted and listed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from xltools.checking.duplicates import entry_of
from xltools.data.document import Document, DocumentBlock, Heading, PageBreak, Paragraph
from xltools.data.filing import Filing, RefusedFile, Return
from xltools.data.roster import Roster
from xltools.form.model import Form, Part, Section
from xltools.prose.filling import with_figures
from xltools.prose.sentences import says_nothing
from xltools.text import clerk


@dataclass(frozen=True, slots=True)
class GatheredProse:
    """The document, the number of files in it, and the files whose prose could not be read."""

    document: Document
    files: int
    unread: tuple[Filing, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _AgencyTexts:
    """The texts of one file, with the agency's name, its kind and its sort key in the roster's order."""

    prose: Mapping[str, str]
    file: str
    name: str
    kind: str
    order: tuple[object, ...]


def gathered(filings: Iterable[Filing], form: Form, roster: Roster | None, title: str) -> GatheredProse:
    """Return the prose of returns and roll-ups by part of the report, in the roster's order of agencies."""
    agencies: list[_AgencyTexts] = []
    unread: list[Filing] = []
    for filing in filings:
        if isinstance(filing, RefusedFile) or filing.form.name != form.name:
            unread.append(filing)
        else:
            agencies.append(_agency_texts(filing, roster))
    agencies.sort(key=lambda agency: agency.order)
    t = clerk()
    blocks: list[DocumentBlock] = [Paragraph(t("gathered.note"), "note")]
    if unread:
        names = "、".join(filing.source.name for filing in unread)
        blocks.append(Paragraph(t("gathered.unread", count=len(unread), names=names), "note"))
    for number, section in enumerate(section for section in form.sections if section.parts):
        blocks += [PageBreak()] if number else []
        blocks.append(Heading(section.title))
        for part in section.parts:
            blocks += _part_blocks(section, part, agencies)
    return GatheredProse(Document(title, tuple(blocks)), len(agencies), tuple(unread))


def _agency_texts(filing: Return, roster: Roster | None) -> _AgencyTexts:
    entry = entry_of(filing, roster)
    place = roster.order[entry.code] if roster and entry else float("inf")
    agency, source = filing.agency, filing.source
    order = (place, agency.district, agency.code, source.path)
    kind = entry.kind if entry else ""
    return _AgencyTexts(with_figures(filing).prose, source.name, str(agency), kind, order)


def _part_blocks(section: Section, part: Part, agencies: Sequence[_AgencyTexts]) -> Iterator[DocumentBlock]:
    """Yield the texts of one part; the agencies without a text are listed before them."""
    t, box = clerk(), f"{section.key}.{part.key}"
    if part.label:
        yield Heading(part.label, 2)
    written = [agency for agency in agencies if agency.prose.get(box, "").strip()]
    texts = [agency for agency in written if not says_nothing(agency.prose[box])]
    nothing = [agency for agency in written if agency not in texts]
    blank = [agency for agency in agencies if agency not in written]
    yield Paragraph(t("gathered.counts", told=len(texts), nothing=len(nothing), blank=len(blank)), "note")
    for key, some in (("nothing", nothing), ("blank", blank)):
        if some:
            yield Paragraph(t(f"gathered.{key}", names="、".join(agency.name for agency in some)), "note")
    for agency in texts:
        yield Heading(agency.name, 3)
        about = "，".join(filter(None, (agency.kind, agency.file)))
        yield Paragraph(t("gathered.source", about=about), "note")
        lines = agency.prose[box].splitlines()
        yield from (Paragraph(line.strip()) for line in lines if line.strip())
