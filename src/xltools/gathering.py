"""What the agencies wrote, gathered for whoever writes the district's own report: section by section, agency by agency.

It is something to read and never a part of the report. Who wrote nothing, and who wrote 无, is counted and named.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from xltools.checking.duplicates import entry_of
from xltools.data.document import Block, Document, Heading, PageBreak, Paragraph
from xltools.data.filing import Filing
from xltools.data.roster import Roster
from xltools.data.sentence import says_nothing
from xltools.filling import with_figures
from xltools.form.model import Form, Part, Section
from xltools.text import clerk


@dataclass(frozen=True, slots=True)
class Gathered:
    """The document, from how many files, and the files whose prose could not be read."""

    document: Document
    files: int
    unread: tuple[Filing, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Voice:
    """What one file says, with the agency's name, its kind and its place in the roster's order."""

    prose: Mapping[str, str]
    file: str
    name: str
    kind: str
    order: tuple[object, ...]


def gathered(filings: Iterable[Filing], form: Form, roster: Roster | None, title: str) -> Gathered:
    """Every part of the report's prose, agency by agency in the roster's order; of roll-ups as of returns."""
    voices: list[_Voice] = []
    unread: list[Filing] = []
    for filing in filings:
        if filing.form is not None and filing.record is not None and filing.form.name == form.name:
            voices.append(_voice(filing, roster))
        else:
            unread.append(filing)
    voices.sort(key=lambda voice: voice.order)
    blocks: list[Block] = [Paragraph(clerk()("gathered.note"), "note"), *_left_out(unread)]
    for number, section in enumerate(section for section in form.sections if section.parts):
        blocks += [PageBreak()] if number else []
        blocks.append(Heading(section.title))
        for part in section.parts:
            blocks += _part(section, part, voices)
    return Gathered(Document(title, tuple(blocks)), len(voices), tuple(unread))


def _left_out(unread: Sequence[Filing]) -> Iterator[Block]:
    if unread:
        names = "、".join(filing.source.name for filing in unread)
        yield Paragraph(clerk()("gathered.unread", count=len(unread), names=names), "note")


def _voice(filing: Filing, roster: Roster | None) -> _Voice:
    entry = entry_of(filing, roster)
    place = roster.order[entry.code] if roster and entry else float("inf")
    agency = filing.agency
    own = (agency.district, agency.code) if agency else ("", "")
    kind = entry.kind if entry else ""
    source = filing.source
    return _Voice(with_figures(filing).prose, source.name, str(agency), kind, (place, *own, source.path))


def _part(section: Section, part: Part, voices: Sequence[_Voice]) -> Iterator[Block]:
    """What was written in one part; those who wrote nothing come in one line before it."""
    t, box = clerk(), f"{section.key}.{part.key}"
    if part.label:
        yield Heading(part.label, 2)
    written = [voice for voice in voices if voice.prose.get(box, "").strip()]
    told = [voice for voice in written if not says_nothing(voice.prose[box])]
    nothing = [voice for voice in written if voice not in told]
    blank = [voice for voice in voices if voice not in written]
    yield Paragraph(t("gathered.counts", told=len(told), nothing=len(nothing), blank=len(blank)), "note")
    for key, some in (("nothing", nothing), ("blank", blank)):
        if some:
            yield Paragraph(t(f"gathered.{key}", names="、".join(voice.name for voice in some)), "note")
    for voice in told:
        yield Heading(voice.name, 3)
        about = "，".join(filter(None, (voice.kind, voice.file)))
        yield Paragraph(t("gathered.source", about=about), "note")
        lines = voice.prose[box].splitlines()
        yield from (Paragraph(line.strip()) for line in lines if line.strip())
