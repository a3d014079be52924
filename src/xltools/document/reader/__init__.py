"""Read a published report (.docx, .html, .txt, .md) into a filing.

Only its title identifies the agency and the year, and only labels identify the figures. A table with missing or
ambiguous labels is refused as a whole.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import product
from typing import NamedTuple

from xltools.data.field_words import fault_facts, is_of_agencies, summed_in
from xltools.data.filing import Filing, Origin, RefusedFile, Return, Shown, Source, Stamp, stamp_from_name
from xltools.data.finding import Finding, quoted
from xltools.data.list_lines import list_figures
from xltools.data.number import FIGURE_IN_VOID, TOO_FINE, misfit
from xltools.data.period import Period
from xltools.data.record import Agency, ListLine, ListValue, Record
from xltools.data.typed_numbers import typed
from xltools.document.reader.beside import with_tables_apart
from xltools.document.reader.continued import with_parts_joined
from xltools.document.reader.fields import fields_in
from xltools.document.reader.flow import CellGrid, Flow, FlowItem, LooseRow
from xltools.document.reader.form_labels import FormLabels, label_names
from xltools.document.reader.lists import AGENCY, PrintedLine, lists_in
from xltools.document.reader.opening import flow_of, is_pdf, unrelated_code
from xltools.document.reader.passages import passages_of
from xltools.document.reader.placing import PlacedTable, TableFault, place
from xltools.document.reader.rows import rows_of, without_marks
from xltools.document.reader.title import ReportTitle, title_in, title_of
from xltools.excel.refusing import refused
from xltools.form import library
from xltools.form.kinds import Choice, Held, Number, Text
from xltools.form.labels import LONGEST_LABEL, core, former_word, plain
from xltools.form.linear import ZERO
from xltools.form.lists import Column, cell_name
from xltools.form.model import Cell, Form
from xltools.form.sections import List, Section, walk
from xltools.form.units import powers_between
from xltools.office.guard import Budget, Limits, ScanError
from xltools.text import Word, clerk
from xltools.white_space import compact, is_blank

__all__ = ["ReportIdentity", "document_in", "read_document", "report_in"]

_OUTWEIGHING = {
    *("bomb", "doctype", "duplicate-part", "encrypted", "macros", "pdf-scan", "pdf-unread", "too-large"),
    "unsafe-path",
}
_PRINTED = r"[-−]?(?:[0-9]+|[0-9]{1,3}(?:,[0-9]{3})+)(?:\.[0-9]+)?"


class ReportIdentity(NamedTuple):
    """Period and agency of a report as far as the caller knows them; empty or ``None`` if unknown."""

    period: Period | None = None
    agency: str = ""
    code: str = ""
    district: str = ""


def read_document(
    data: bytes,
    name: str,
    form: Form | None = None,
    limits: Limits | None = None,
    given: ReportIdentity | None = None,
) -> Filing:
    """Return the filing in the bytes of a document called *name*; errors in the document become findings.

    Without *form*, the built-in form whose tables the document has is used. Year and agency are those *given*, else
    those of its title, else those of its file name. Without a code, the agency's name is its code.
    """
    return document_in(data, name, form, Budget(limits or Limits()), given or ReportIdentity())


def document_in(data: bytes, name: str, form: Form | None, budget: Budget, given: ReportIdentity) -> Filing:
    """Return the same as :func:`read_document`, within *budget*."""
    source = Source(name, hashlib.sha256(data).hexdigest(), len(data))
    try:
        found = _filing(flow_of(data, budget), budget.limits, source, form, given, is_pdf=is_pdf(data))
    except ScanError as error:
        return refused(source, error, data)
    kind: dict[str, object] = {"kind": Word("kind-pdf")} if is_pdf(data) else {}
    return found or RefusedFile(source, (Finding(unrelated_code(data), name, facts=kind),))


def report_in(
    data: bytes, name: str, form: Form | None = None, budget: Budget | None = None
) -> Filing | None:
    """Return the filing in a document, or None if it is not a report, such as a letter among the returns."""
    source = Source(name, hashlib.sha256(data).hexdigest(), len(data))
    budget = budget or Budget()
    try:
        flow = flow_of(data, budget)
        return _filing(flow, budget.limits, source, form, ReportIdentity(), is_pdf=is_pdf(data))
    except ScanError as error:
        # A file that may do harm or was not read whole is reported; for others, the caller already has a finding.
        outweighs = error.code in _OUTWEIGHING
        return refused(source, error, data) if outweighs else None


def _filing(
    flow: Flow, limits: Limits, source: Source, form: Form | None, given: ReportIdentity, *, is_pdf: bool
) -> Filing | None:
    """Return the filing, or None if the document contains no part of a table and no list of any form."""
    forms = [form] if form else [library.find(name) for name in library.names()]
    document = flow
    for candidate in forms:
        flow = tuple(_with_lines(document, candidate))
        placed = _placed(flow, candidate, limits)
        tables = placed.values()
        if not all(table.texts for table in tables) and (word := _superseded_word(flow, candidate)):
            return RefusedFile(
                source, (Finding("old-layout", source.path, found=word, expected=candidate.name),)
            )
        has_faults = any(fault.code != "missing-sheet" for table in tables for fault in table.faults)
        is_there = any(table.texts for table in tables) or any(lists_in(flow, candidate))
        if has_faults or is_there or _is_cut(flow, candidate):
            return _FilingBuilder(flow, source, candidate, given, placed, is_pdf).filing()
    return None


def _placed(flow: Flow, form: Form, limits: Limits) -> dict[str, PlacedTable]:
    """Return the table of each section; where labels differ from the form's, those that can be a slip are accepted."""
    labels, sections = FormLabels(form), [section for section in form.sections if section.blocks]
    if labels.asides:
        flow = tuple(_without_asides(flow, labels))
    flow = tuple(with_tables_apart(flow, labels))
    placed = place(sections, rows_of(tuple(with_parts_joined(flow, labels)), labels, limits), labels)
    for section in sections:
        if placed[section.key].texts:
            continue
        damaged = labels.with_slips(_texts(flow), section)
        if damaged.slips:
            rows = rows_of(tuple(with_parts_joined(flow, damaged)), damaged, limits)
            again = place(sections, rows, damaged)[section.key]
            placed[section.key] = again if again.texts else placed[section.key]
    return placed | dict(_in_other_units(flow, form))


_UNIT = re.compile(r"(?:金额|数量|计量)?单位[:：](?P<unit>\S+)")


def _in_other_units(flow: Flow, form: Form) -> Iterator[tuple[str, PlacedTable]]:
    """Yield the tables that a document prints in another unit, such as 万元 for 元: what is rounded is not read."""
    found = {match["unit"] for text in _texts(flow) if (match := _UNIT.fullmatch(compact(text)))}
    for section in form.sections if found else ():
        units = {cell.unit for cell in form.cells.values() if cell.section is section and cell.in_table}
        for other, unit in product(sorted(found), sorted(units)):
            if powers_between(other, unit):
                yield section.key, PlacedTable(faults=(TableFault("other-unit", unit, other),))
                break


def _without_asides(flow: Flow, labels: FormLabels) -> Iterator[FlowItem]:
    """Yield the items of a document without the columns and rows with codes and units beside the labels of the form.

    In lines of text with one cell each a code cannot be told from a figure: these are left out from the head of codes on.
    """
    number, is_lost = core(clerk()("sheet.aside-columns")), False
    for item in flow:
        if isinstance(item, CellGrid):
            is_lost = False
            found = [cell for cell in item.cells if core(cell.text) in labels.asides]
            rows = {cell.row for cell in found if core(cell.text) == number}
            columns = {cell.column for cell in found if cell.row not in rows}
            yield item.without(rows, columns) if found else item
            continue
        texts = [core(text) for text in (item.cells if isinstance(item, LooseRow) else (item.text,)) if text]
        is_lost = is_lost or (len(texts) == 1 and texts[0] in labels.asides)
        if not is_lost and texts[:1] != [number]:
            yield item


def _is_cut(flow: Flow, form: Form) -> bool:
    """Return whether a document has lines of text that are not read because of codes in them."""
    labels = FormLabels(form)
    return bool(labels.asides) and len(tuple(_without_asides(flow, labels))) < len(flow)


def _texts(flow: Flow) -> Iterator[str]:
    """Yield the texts of a document that can be labels."""
    for item in flow:
        if isinstance(item, CellGrid):
            yield from (cell.text for cell in item.cells)
        else:
            yield from item.cells if isinstance(item, LooseRow) else (item.text,)


def _superseded_word(flow: Flow, form: Form) -> str:
    """Return a word of a superseded edition that is in a table or is a whole line; in prose it proves nothing."""
    words = {plain(word) for old in form.superseded for word in old.words}
    texts, lines = list[str](), list[str]()
    for item in flow:
        if isinstance(item, CellGrid):
            texts += [cell.text for cell in item.cells]
        elif isinstance(item, LooseRow):
            texts += item.cells
        elif plain(item.text) in words:
            lines.append(item.text)
    return former_word(form, (plain(text) for text in (*texts, *lines) if len(text) <= LONGEST_LABEL))


def _number_in(text: str, cell: Cell) -> tuple[ListValue, str]:
    """Return the number in a cell of a list, or the code of the finding that it is none; neither for a blank cell."""
    if is_blank(text):
        return "", ""
    meant = typed(without_marks(text), cell.unit, signed=cell.signed)
    if meant.value is None:
        return "", "" if meant.is_blank else meant.fault
    return meant.value, misfit(meant.value, cell)


def _names_in(section: Section) -> set[str]:
    """Return the labels of the rows and columns of a section, as they are compared."""
    axes = [axis for block in section.blocks for axis in (block.rows, block.columns)]
    return {name for axis in axes for line, _ in walk(axis) for name in label_names(line)}


def _labels(grid: CellGrid, names: set[str]) -> bool:
    """Return whether a cell of a table has one of *names*."""
    return any(core(cell.text) in names for cell in grid.cells)


def _with_lines(flow: Flow, form: Form) -> Iterator[FlowItem]:
    """Yield the items of a document; what was taken for a table without lines is none if it has no label of the form.

    The part of a table on another page may have none.
    """
    names, above = set[str]().union(*map(_names_in, form.sections)), 0
    for item in flow:
        if not isinstance(item, CellGrid) or item.is_ruled:
            yield item
        elif item.width == above or _labels(item, names):
            above = item.width
            yield item
        else:
            yield from item.lines


def _is_confirmed(form: Form, texts: Mapping[str, str]) -> bool:
    """Return whether every sum and rule of a table holds for the figures in it, of which each must be a number or blank."""
    cells = {name: cell for name, cell in form.cells.items() if name in texts and not cell.ratio}
    meant = {n: typed(without_marks(texts[n]), cell.unit, signed=cell.signed) for n, cell in cells.items()}
    figures = {name: one.value for name, one in meant.items() if one.value is not None}
    if any(one.value is None and not one.is_blank for one in meant.values()):
        return False
    full = form.complete({name: value for name, value in figures.items() if not cells[name].is_total})
    sums = (name for name in cells if name in form.definitions)
    rules = (one for one in form.broken(full) if all(name in texts for name in one.cells))
    return all(figures.get(n, ZERO) == full.get(n, ZERO) for n in sums) and not any(
        one.constraint.level == "error" for one in rules
    )


@dataclass(slots=True)
class _FilingBuilder:
    """Builds the filing from the tables of a document."""

    flow: Flow
    source: Source
    form: Form
    given: ReportIdentity
    placed: dict[str, PlacedTable]
    is_pdf: bool
    findings: list[Finding] = field(default_factory=list)
    shown: dict[str, Shown] = field(default_factory=dict)
    shown_in_lists: dict[str, Shown] = field(default_factory=dict)
    unread: set[str] = field(default_factory=set)
    is_rollup: bool = False  # of what it prints

    def filing(self) -> Filing:
        """Return the filing; without an agency or a year, one with the finding ``no-stamp``."""
        stamp = self._stamp()
        if stamp is None:
            return RefusedFile(self.source, (Finding("no-stamp", self.source.path),))
        is_ruled = all(item.is_ruled for item in self.flow if isinstance(item, CellGrid))
        if not is_ruled:
            self._refuse_unconfirmed()
        own = [
            s
            for s in self.form.sections
            if s.blocks and not (s.only and not self._has_title(s.title, *s.also))
        ]
        texts, printed = tuple(fields_in(self.flow, self.form)), dict(lists_in(self.flow, self.form))
        if self._is_of_rollup(texts, printed):
            agency, self.is_rollup = replace(stamp.agency, district=stamp.agency.name), True
            stamp = replace(stamp, agency=agency, kind="rollup")
        values = {name: value for section in own for name, value in self._values(section)}
        fields = dict(self._fields(texts, values))
        self.unread |= self.form.on_cover
        lists = dict(self._lists(printed, stamp.agency))
        is_refused = not all(self.placed[section.key].texts for section in own)
        has_tables = any(isinstance(item, CellGrid) for item in self.flow)
        if is_refused and self.is_pdf and not (has_tables and is_ruled):
            self.findings.append(Finding("pdf-without-lines"))
        elif is_refused and not has_tables:
            self.findings.append(Finding("copied-text"))
        return Return(
            source=self.source,
            findings=tuple(finding.of(self.source.path, str(stamp.agency)) for finding in self.findings),
            form=self.form,
            stamp=stamp,
            record=Record(
                self.form,
                stamp.period,
                frozenset((stamp.agency,)),
                {**self.form.counts(fields), **values, **list_figures(self.form, lists)},
                lists,
            ),
            shown=self.shown,
            shown_in_lists=self.shown_in_lists,
            prose={
                name: text for name, text in passages_of(self.flow, self.form).items() if not is_blank(text)
            }
            | fields,
            unread=frozenset(self.unread),
            # A document has no addresses: the place of a figure or a text is the title of its section.
            moved={
                cell.name: (cell.section.title, "")
                for cell in (*self.form.cells.values(), *self.form.void.values())
            }
            | {name: (self._title_of(name), "") for name in self.form.texts}
            | {key: (self.form.title_of_list(key), "") for key in self.form.lists},
        )

    def _refuse_unconfirmed(self) -> None:
        """Refuse each table without lines whose sums and rules do not hold: its figures may stand in the wrong columns."""
        grids = [item for item in self.flow if isinstance(item, CellGrid) and not item.is_ruled]
        for section in (one for one in self.form.sections if one.blocks):
            read, names = self.placed[section.key].texts, _names_in(section)
            if read and any(_labels(grid, names) for grid in grids) and not _is_confirmed(self.form, read):
                self.placed[section.key] = PlacedTable(faults=(TableFault("sums-unsure", ""),))

    def _has_title(self, *titles: str) -> bool:
        """Return whether the document has one of these titles, of what may be left out in it."""
        return not {*map(core, titles)}.isdisjoint(map(core, _texts(self.flow)))

    def _title_of(self, name: str) -> str:
        """Return the title of the section of a text; none for one of the cover."""
        return next((s.title for s in self.form.sections if s.key == name.partition(".")[0]), "")

    def _is_of_rollup(
        self, texts: Iterable[tuple[str, str]], printed: Mapping[str, Sequence[PrintedLine]]
    ) -> bool:
        """Return whether the document prints a roll-up: what the fields of its agencies come to, or whose each line or text is.

        The first and the last day alone may also be typed by one agency, so it is none where an option is chosen.
        """
        sums = {name: summed_in(self.form, name, text) for name, text in texts}
        counts = [counts for name, (counts, _) in sums.items() if isinstance(self.form.kinds[name], Choice)]
        is_spanned = not counts and any(days for _, days in sums.values())
        has_agencies = any(AGENCY in line for lines in printed.values() for line in lines)
        has_texts = any(is_of_agencies(self.form, name, text) for name, text in texts)
        return any(counts) or is_spanned or has_agencies or has_texts

    def _fields(
        self, texts: Iterable[tuple[str, str]], values: dict[str, Decimal]
    ) -> Iterator[tuple[str, str]]:
        """Yield the values of fields, and put the figures among them into *values*; a fault is a finding."""
        for name, text in texts:
            counts, days = summed_in(self.form, name, text) if self.is_rollup else ({}, "")
            values |= counts
            if counts or days:
                yield from [(name, days)] if days else []
                continue
            if self.is_rollup and is_of_agencies(self.form, name, text):
                continue
            kind = self.form.kinds[name]
            if isinstance(kind, Number):
                if (value := self._input(self.form.cells[name], text)) is not None:
                    values[name] = value
                continue
            meant = kind.read(Held(text))
            if meant.fault:
                self.unread |= {count for count, (own, _) in self.form.counted.items() if own == name}
                facts = fault_facts(self.form, name, meant.fault)
                place = self._title_of(name)
                self.findings.append(
                    Finding(meant.fault, sheet=place, cell=name, found=quoted(text), facts=facts)
                )
            if value_text := meant.value or (text if isinstance(kind, Text) else ""):
                yield name, value_text

    def _lists(
        self, printed: Mapping[str, Sequence[PrintedLine]], of: Agency
    ) -> Iterator[tuple[str, tuple[ListLine, ...]]]:
        """Yield the lines of each list that is *printed*; a list that is not leaves the figures over it unread.

        An agency in the lines of a roll-up is one *of* its district, of which only the name is known.
        """
        for key, one in self.form.lists.items():
            title = self.form.title_of_list(key)
            is_own = bool(self.form.flags_of_list(key))
            if key not in printed and is_own and not (one.title and self._has_title(title)):
                continue
            if key not in printed:
                self.findings.append(Finding("list-unread", sheet=title, cell=key, found=title))
                self.unread |= {name for name, over in self.form.list_figures.items() if over.list == key}
                continue
            before = len(self.findings)
            lines = [
                ListLine(
                    n,
                    tuple(self._list_value(key, column, line.get(column.key, "")) for column in one.columns),
                    Agency(of.name, name, name) if (name := line.get(AGENCY, "")) else None,
                )
                for n, line in enumerate(printed[key], 1)
            ]
            if len(self.findings) == before:
                self._read_derived(one, printed[key])
            if lines:
                yield key, tuple(lines)

    def _read_derived(self, one: List, printed: Sequence[PrintedLine]) -> None:
        """Keep the ratios that are printed in the lines of a list."""
        for column in one.columns:
            for number, line in enumerate(printed, 1) if column.is_ else ():
                text = line.get(column.key, "")
                ratio = typed(without_marks(text), column.unit, signed=True)
                shown = Shown(ratio.value, "" if ratio.is_blank else text.strip(), Origin.PRINTED)
                self.shown_in_lists[cell_name(one.key, column.key, f"#{number}")] = shown

    def _list_value(self, key: str, column: Column, text: str) -> ListValue:
        """Return the value of a cell of a list; one that cannot be read leaves the figures over its column unread."""
        name, form = f"{key}.{column.key}", self.form
        if column.is_derived:
            return ""
        kind = form.column_kinds[name]
        if isinstance(kind, Number):
            value, fault = _number_in(text, form.column_cell(name))
        else:
            value, fault = kind.read(Held(text))
        if not fault:
            return value
        facts = {"unit": column.unit or "—", "places": column.decimals, **fault_facts(form, name, fault)}
        place = form.title_of_list(key)
        self.findings.append(Finding(fault, sheet=place, cell=key, found=quoted(text), facts=facts))
        self.unread |= {
            figure
            for figure, over in form.list_figures.items()
            if over.list == key and column.key in form.lists[key].typed_for(over)
        }
        return text if isinstance(kind, Text) else ""

    # -- agency and year

    def _stamp(self) -> Stamp | None:
        """Return agency and year, or None if unknown; add findings on sources that disagree."""
        title, file = title_of(self.flow, self.form), stamp_from_name(self.source.name, self.form)
        in_name = (
            ReportTitle(file.agency.name, file.period) if file else title_in(self.source.name, self.form)
        )
        given = self.given.period.checked(self.form) if self.given.period else None
        periods = [given, title.period, title.covered, in_name.period]
        names = [self.given.agency, title.agency, in_name.agency]
        period, name = next(filter(None, periods), None), next(filter(None, names), "")
        if not period or not name:
            return None
        self._check_title("year", str(period), map(str, filter(None, periods)))
        self._check_title("name", name, filter(None, names))
        code = self.given.code or (file.agency.code if file and file.agency.name == name else "") or name
        return Stamp(self.form.key, self.form.edition, period, Agency(self.given.district, code, name))

    def _check_title(self, item: str, used: str, found: Iterable[str]) -> None:
        for other in dict.fromkeys(text for text in found if text != used):
            facts: dict[str, object] = {"item": Word(f"item-{item}")}
            self.findings.append(Finding("title-differs", found=quoted(other), expected=used, facts=facts))

    # -- figures

    def _values(self, section: Section) -> Iterator[tuple[str, Decimal]]:
        """Yield the inputs of a table and collect its printed totals; a refused table gives findings only."""
        placed = self.placed[section.key]
        for near in placed.near:
            self._note("label-near", section, None, near.found, near.expected)
        for fault in placed.faults:
            counted = {"rows": fault.rows, "seen": fault.seen} if fault.rows else {}
            self._note(fault.code, section, None, fault.found, fault.expected, **counted)
        for cell in self.form.cells.values():
            if cell.section is not section or not cell.in_table:
                continue
            if not placed.texts:
                self.unread |= set() if cell.is_total else {cell.name}
            elif cell.is_total:
                text = placed.texts[cell.name]
                total = typed(without_marks(text), cell.unit, signed=cell.signed or cell.ratio is not None)
                printed = "" if total.is_blank else text.strip()
                self.shown[cell.name] = Shown(total.value, printed, Origin.PRINTED)
            elif (value := self._input(cell, placed.texts[cell.name])) is not None:
                yield cell.name, value
        if placed.texts:
            self._note_void(section, placed.texts)

    def _note_void(self, section: Section, texts: Mapping[str, str]) -> None:
        """Note the figures in cells that are not there."""
        for name, cell in self.form.void.items():
            if cell.section is section and not is_blank(texts[name]):
                meant = typed(without_marks(texts[name]), "", signed=True)
                if not meant.is_blank and meant.value != 0:
                    self._note(FIGURE_IN_VOID, section, cell, texts[name].strip())

    def _input(self, cell: Cell, text: str) -> Decimal | None:
        """Return the figure of an input, or None with a finding; of what is asked of some only, 0 and a dash say nothing."""
        if self.form.needed_flags.get(cell.name, frozenset()) - {cell.section.only}:
            nothing = typed(without_marks(text), cell.unit, signed=True)
            if is_blank(text) or nothing.is_blank or nothing.value == 0:
                return None
        if is_blank(text):
            is_asked = not cell.weight and not (self.is_rollup and not cell.is_summed)
            if is_asked:  # of means, the checks ask where they must be; what cannot be added is in no roll-up
                self._note("blank", cell.section, cell)
            return None
        meant = typed(without_marks(text), cell.unit, signed=cell.signed)
        if meant.is_blank and cell.weight:
            return None
        if meant.value is None:
            self._note(meant.fault, cell.section, cell, text.strip(), unit=cell.unit or "—")
            self.unread |= set() if meant.is_blank else {cell.name}
            return None
        if fault := misfit(meant.value, cell):
            self.unread.add(cell.name)
            limit = {"places": cell.decimals} if fault == TOO_FINE else {}
            self._note(fault, cell.section, cell, meant.value, "", **limit)
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
