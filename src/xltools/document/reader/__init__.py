"""A published report (.docx, .html, .txt, .md) into a filing, doubting as the reader of workbooks does.

Nothing tells whose such a document is but its title, and where a figure belongs but the labels around it. What these
make certain is taken; a table of which that is not so is refused, and nothing of it is read.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from xltools.data.filing import Filing, Origin, Shown, Source, Stamp, stamp_from_name
from xltools.data.finding import Finding, quoted
from xltools.data.number import is_blank, misfit
from xltools.data.record import Agency, Record
from xltools.data.typed import typed
from xltools.document.reader.flow import Flow, Grid, Loose, Paragraph
from xltools.document.reader.heading import Heading, heading_in, heading_of
from xltools.document.reader.opening import flow_of, kind_of
from xltools.document.reader.passages import passages_of
from xltools.document.reader.placing import Placed, place
from xltools.document.reader.rows import rows_of, unmarked
from xltools.form import library
from xltools.form.labels import LONGEST_LABEL, former_word, plain
from xltools.form.model import Cell, Form, Section
from xltools.office.guard import Limits, ScanError
from xltools.text import Word

__all__ = ["Given", "read_document", "report_in"]

_HARMFUL = {"bomb", "doctype", "duplicate-part", "macros", "unsafe-path"}
_PRINTED = r"[0-9]+(?:\.[0-9]+)?|[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?"


class Given(NamedTuple):
    """What is known of a report besides what it says of itself; blank or 0 where nothing is."""

    year: int = 0
    agency: str = ""
    code: str = ""
    district: str = ""


def read_document(
    data: bytes,
    name: str,
    form: Form | None = None,
    limits: Limits | None = None,
    given: Given | None = None,
) -> Filing:
    """The filing in the bytes of a document called *name*; without *form*, of the built-in form whose tables it has.

    Year and agency are those that were *given*, else those of its title, else those of the file's name. Without a code
    the agency's name stands for it. Everything that is wrong with the document is a finding.
    """
    source = Source(name, hashlib.sha256(data).hexdigest(), len(data))
    try:
        found = _filing(flow_of(data, limits or Limits()), source, form, given or Given())
    except ScanError as error:
        return Filing(source, (Finding(error.code, name, found=error.reason),))
    return found or Filing(source, (Finding(kind_of(data), name),))


def report_in(
    data: bytes, name: str, form: Form | None = None, limits: Limits | None = None
) -> Filing | None:
    """The filing in what was handed in, if it is a report at all: a letter or a list beside the returns is none."""
    source = Source(name, hashlib.sha256(data).hexdigest(), len(data))
    try:
        return _filing(flow_of(data, limits or Limits()), source, form, Given())
    except ScanError as error:
        # What may do harm is told as such; whatever else cannot be read is what the guard before called it.
        told = error.code in _HARMFUL
        return Filing(source, (Finding(error.code, name, found=error.reason),)) if told else None


def _filing(flow: Flow, source: Source, form: Form | None, given: Given) -> Filing | None:
    """The filing, unless there is nothing of any of the forms in it."""
    forms = [form] if form else [library.find(name) for name in library.names()]
    for known in forms:
        rows = rows_of(flow, known)
        placed = {s.key: place(s, rows, known) for s in known.sections if s.blocks}
        is_there = any(one.texts for one in placed.values())
        if not all(one.texts for one in placed.values()) and (word := _former(flow, known)):
            return Filing(source, (Finding("old-layout", source.path, found=word, expected=known.name),))
        if is_there or any(lack.code != "missing-sheet" for one in placed.values() for lack in one.lacks):
            return _Report(flow, source, known, given, placed).filing()
    return None


def _former(flow: Flow, form: Form) -> str:
    """A word of a superseded edition, in a table or as a line of its own; in prose it may mean anything."""
    texts = [
        text
        for item in flow
        for text in (
            [slot.text for slot in item.slots]
            if isinstance(item, Grid)
            else item.cells
            if isinstance(item, Loose)
            else ()
        )
    ]
    words = {plain(word) for old in form.superseded for word in old.words}
    lines = [item.text for item in flow if isinstance(item, Paragraph) and plain(item.text) in words]
    return former_word(form, (plain(text) for text in (*texts, *lines) if len(text) <= LONGEST_LABEL))


@dataclass(slots=True)
class _Report:
    """A report on its way into a filing."""

    flow: Flow
    source: Source
    form: Form
    given: Given
    placed: dict[str, Placed]
    findings: list[Finding] = field(default_factory=list)
    shown: dict[str, Shown] = field(default_factory=dict)
    unread: set[str] = field(default_factory=set)

    def filing(self) -> Filing:
        """Everything that could be read of it."""
        stamp = self._stamp()
        if stamp is None:
            return Filing(self.source, (Finding("no-stamp", self.source.path),))
        values = {name: value for s in self.form.sections if s.blocks for name, value in self._values(s)}
        return Filing(
            source=self.source,
            findings=tuple(one.of(self.source.path, str(stamp.agency)) for one in self.findings),
            form=self.form,
            stamp=stamp,
            record=Record(self.form, stamp.year, frozenset((stamp.agency,)), values),
            shown=self.shown,
            prose={
                name: text for name, text in passages_of(self.flow, self.form).items() if not is_blank(text)
            },
            unread=frozenset(self.unread),
            moved=dict(self._places()),
        )

    # -- whose it is

    def _stamp(self) -> Stamp | None:
        """Whose and of which year; where what says so disagrees, that is told."""
        said, file = heading_of(self.flow, self.form), stamp_from_name(self.source.name, self.form)
        named = heading_in(self.source.name, self.form)
        filed = Heading(file.agency.name, file.year) if file else named
        years = [self.given.year, said.year, said.period, filed.year]
        names = [self.given.agency, said.agency, filed.agency]
        year, name = next(filter(None, years), 0), next(filter(None, names), "")
        if not year or not name:
            return None
        self._differ("year", str(year), [str(one) for one in years if one])
        self._differ("name", name, [one for one in names if one])
        code = self.given.code or (file.agency.code if file and file.agency.name == name else "") or name
        return Stamp(self.form.key, self.form.edition, year, Agency(self.given.district, code, name))

    def _differ(self, what: str, taken: str, said: list[str]) -> None:
        for other in dict.fromkeys(one for one in said if one != taken):
            facts: dict[str, object] = {"item": Word(f"item-{what}")}
            self.findings.append(Finding("title-differs", found=quoted(other), expected=taken, facts=facts))

    # -- its figures

    def _places(self) -> Iterator[tuple[str, tuple[str, str]]]:
        """A document has no addresses: a figure is under the title of its section, and its labels are said beside."""
        for name, cell in self.form.cells.items():
            yield name, (cell.section.title, "")
        for section in self.form.sections:
            yield from ((f"{section.key}.{part.key}", (section.title, "")) for part in section.parts)

    def _values(self, section: Section) -> Iterator[tuple[str, Decimal]]:
        """The figures of a table, inputs alone; of one that is refused none, and why."""
        placed = self.placed[section.key]
        for near in placed.near:
            self._note("label-near", section, None, near.found, near.expected)
        for lack in placed.lacks:
            self._note(lack.code, section, None, lack.found, lack.expected)
        for cell in self.form.cells.values():
            if cell.section is not section:
                continue
            if not placed.texts:
                self.unread |= set() if cell.is_total else {cell.name}
            elif cell.is_total:
                self.shown[cell.name] = _shown(placed.texts[cell.name], cell)
            elif (value := self._input(cell, placed.texts[cell.name])) is not None:
                yield cell.name, value

    def _input(self, cell: Cell, text: str) -> Decimal | None:
        """A figure of its kind; else what is wrong with it."""
        if is_blank(text):
            self._note("blank", cell.section, cell)
            return None
        meant = typed(unmarked(text), cell.unit, signed=cell.signed)
        if meant.value is None:
            self._note(meant.fault, cell.section, cell, text.strip(), unit=cell.unit or "—")
            self.unread |= set() if meant.is_blank else {cell.name}
            return None
        if fault := misfit(meant.value, signed=cell.signed, whole=cell.number == "count"):
            self.unread.add(cell.name)
            self._note(fault, cell.section, cell, meant.value)
            return None
        if not re.fullmatch(_PRINTED, text.strip()):
            self._note("text-as-number", cell.section, cell, text.strip(), meant.value)
        return meant.value

    def _note(
        self,
        code: str,
        section: Section,
        cell: Cell | None,
        found: Decimal | str = "",
        expected: Decimal | str = "",
        **facts: object,
    ) -> None:
        found = quoted(found) if isinstance(found, str) else found
        label = {"label": cell.label} if cell else {}
        name = cell.name if cell else ""
        self.findings.append(Finding(code, "", "", section.title, "", name, found, expected, label | facts))


def _shown(text: str, cell: Cell) -> Shown:
    """What is printed as a total. It is evidence, like what a workbook shows."""
    meant = typed(unmarked(text), cell.unit, signed=cell.signed)
    return Shown(meant.value, "" if meant.is_blank else text.strip(), Origin.PRINTED)
