"""Reads lists: the lines below the heads, wherever they stand, sorted, with lines inserted and left blank.

What people write below a list, such as a total or who signs, is no line. A figure that would not be read, below the last
line of the form or right of the list, is an error.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any, NamedTuple

from xltools.data.field_words import fault_facts
from xltools.data.filing import ListPlaces, Member, Origin
from xltools.data.finding import Place
from xltools.data.list_lines import line_keys, list_figures
from xltools.data.record import Agency, ListLine, ListValue, add_to
from xltools.data.row_checksum import checksum, line_texts
from xltools.data.typed_numbers import STRUCK_OUT, says_nothing
from xltools.excel.list_formulas import derived_formula
from xltools.excel.reader.fields import held_of, is_dash, note_otherwise
from xltools.excel.reader.figures import Figure, figure_in, is_count
from xltools.excel.reader.guards import note_hidden
from xltools.excel.reader.inputs import read_input
from xltools.excel.reader.locate import LocatedSheet
from xltools.excel.reader.reading import WorkbookReading, is_empty
from xltools.excel.reader.sheets import note_comments, shown_total
from xltools.excel.reader.unit_words import says_other_unit
from xltools.excel.scan import Fact, SheetFacts
from xltools.form.address import ROWS, a1, parsed, parsed_range
from xltools.form.kinds import Choice, Held, Number, Text
from xltools.form.labels import LONGEST_LABEL, plain
from xltools.form.linear import ZERO
from xltools.form.lists import Column, cell_name, parts_of_cell
from xltools.form.places import RESERVED_SHEETS, ListSheet
from xltools.text import Word, clerk
from xltools.white_space import compact, trimmed, without_strokes

_SUM = "(?:合计|小计|总计|共计|累计|总和|总数|汇总)"
_COUNTED = r"\d+\D{0,2}"  # 3家
_TOTAL = re.compile(
    rf"(?:(?:[本全各]\D|以上|全部)?{_SUM}[数行]?|(?:sub|grand)?total)(?:\(.*\)|:.*|{_COUNTED})?"
    rf"|共{_COUNTED}|{_COUNTED}{_SUM}"
)
_NO_MORE = re.compile(r"\(?以下(?:为?空白?|无(?:正文|内容)?)\)?")  # below the last line
_SIGNED = r"(填报人|填表人|制表人|审核人|负责人|单位负责人|经办人|复核人|联系人|联系电话|填报日期|填报时间|单位(盖章|公章))"
_LOWEST_HEAD = 60  # rows among which the heads are looked for
_MOST = 20  # figures reported beside or below one list
_Row = dict[int, Fact]


class _Located(NamedTuple):
    """Where a list is in the workbook: its sheet, the row of its heads, the place of each column, and its last row."""

    facts: SheetFacts
    head: int
    columns: Mapping[str, int]
    before: Mapping[str, int]
    doubles: frozenset[int]  # further columns with a head of the list
    last: int


def read_lists(reading: WorkbookReading, members: Sequence[Member] = ()) -> None:
    """Read the lines of every list; those of a roll-up have to add up to the figures of its *members*.

    If a list cannot be located, the reason is noted and no figure over it is checked.
    """
    for sheet in reading.layout.lists:
        located = _locate(reading, sheet)
        if located is None or _is_uncertain(reading, sheet, located):
            _mark_unread(reading, sheet.list.key)
        else:
            _ListLines(reading, sheet, located).read()
    if reading.is_rollup:
        _compare(reading, members)
    else:
        reading.values |= list_figures(reading.layout.form, reading.lists)


def _folded(text: str) -> str:
    return without_strokes(compact(unicodedata.normalize("NFKC", text))).casefold()


def _figures_over(reading: WorkbookReading, key: str) -> set[str]:
    return {name for name, over in reading.layout.form.list_figures.items() if over.list == key}


def _mark_unread(reading: WorkbookReading, key: str) -> None:
    reading.unread |= _figures_over(reading, key)


# -- the place of a list


def _locate(reading: WorkbookReading, sheet: ListSheet) -> _Located | None:
    labels = {plain(column.label): column.key for column in sheet.list.columns}
    texts = _in_front(reading, sheet)
    facts = _find_sheet(reading, sheet, labels)
    if facts is None:
        reading.note("missing-sheet", sheet.name, None, expected=sheet.name)
        return None
    rows = _heads(facts, labels, texts)
    head, there = max(rows.items(), key=lambda one: (len(one[1]), -one[0]), default=(0, dict[str, int]()))
    if lost := [column for column in sheet.list.columns if column.key not in there]:
        reading.note("label-missing", facts.name, None, expected=lost[0].label)
        return None
    before = {
        texts[text]: column
        for (row, column), fact in facts.cells.items()
        if row == head and fact.text and (text := plain(fact.text)) in texts and column not in there.values()
    }
    last = head + sheet.list.most
    for key, column in there.items():
        named = _named_range(reading, sheet.range_name(key))
        if named is None:
            continue
        home, (_, left, bottom, _) = named
        if (home, left) != (facts.name, column):
            found = a1(head, left) if home == facts.name else f"{home}!{a1(head, left)}"
            reading.note(
                "places-differ",
                facts.name,
                (head, column),
                found=found,
                expected=a1(head, column),
                name=sheet.list.key,
                label=next(one.label for one in sheet.list.columns if one.key == key),
            )
            return None
        last = max(last, bottom)
    doubles = frozenset(
        column
        for (row, column), fact in facts.cells.items()
        if row == head and fact.type == "s" and fact.text and plain(fact.text) in labels
    )
    doubles -= {*there.values(), *before.values()}
    return _Located(facts, head, there, before, doubles, ROWS if reading.is_rollup else last)


def _in_front(reading: WorkbookReading, sheet: ListSheet) -> dict[str, str]:
    """Return the columns in front of those of the list, such as 序号, by their heads."""
    return {plain(clerk()(f"list.{key}")): key for key in sheet.before(is_rollup=reading.is_rollup)}


def _find_sheet(reading: WorkbookReading, sheet: ListSheet, labels: Mapping[str, str]) -> SheetFacts | None:
    """Return the sheet by its name, else by the defined names of its columns, else by its heads."""
    facts = reading.facts.sheet(sheet.name)
    if facts is not None:
        return facts
    named = _named_range(reading, sheet.range_name(sheet.list.keys[0]))
    found = reading.facts.sheet(named[0]) if named else None
    others: set[str] = {other.name for other in reading.layout.in_order}
    if found is None:
        rest = (candidate for candidate in reading.facts.sheets if candidate.name not in others)
        found = next((one for one in rest if _has_all(_heads(one, labels, ()), labels)), None)
    if found:
        reading.note("sheet-renamed", found.name, None, found=found.name, expected=sheet.name)
    return found


def _is_uncertain(reading: WorkbookReading, sheet: ListSheet, located: _Located) -> bool:
    """Return whether a list must not be read, because another unit is said there or a copy has other lines."""
    form, key = reading.layout.form, sheet.list.key
    units = {form.column_cell(f"{key}.{column.key}").unit for column in sheet.list.columns}
    hint = sheet.HINT_ROW, 0
    return not reading.is_rollup and (
        says_other_unit(reading, located.facts, units, hint) or _is_copied(reading, sheet, located)
    )


def _is_copied(reading: WorkbookReading, sheet: ListSheet, located: _Located) -> bool:
    """Note where the list is again, and return whether other lines are there; a blank copy says nothing."""
    labels = {plain(column.label): column.key for column in sheet.list.columns}
    typed = [located.columns[column.key] for column in sheet.list.typed]
    homes = {other.name for other in reading.layout.in_order} | {located.facts.name, *RESERVED_SHEETS}
    found = [(located.facts, row, typed) for row in _repeated_heads(located)[:1]]
    for facts in (facts for facts in reading.facts.sheets if facts.name not in homes):
        rows = _heads(facts, labels, _in_front(reading, sheet))
        head = next((row for row, there in rows.items() if len(there) == len(labels)), None)
        if head is not None:
            reading.copied_lists.add(facts.name)
            found.append((facts, head, [rows[head][column.key] for column in sheet.list.typed]))
    own = _contents(located.facts, located.head, typed) if found else {}
    for facts, head, columns in found:
        lines = _contents(facts, head, columns)
        if lines and sorted(lines.values()) == sorted(own.values()):
            home = located.facts.name
            reading.note("table-copied", facts.name, (head, 0), found=facts.name, expected=home)
        elif lines:
            first = min(own, default=located.head + 1), min(typed)
            other = min(lines), min(columns)
            places = ((located.facts.name, first), (facts.name, other))
            reading.note(
                "table-twice",
                located.facts.name,
                first,
                found=" / ".join(f"{name}!{a1(*place)}" for name, place in places),
                expected=sheet.title,
                name=sheet.list.key,
                others=(Place(facts.name, a1(*other)),),
            )
            return True
    return False


def _repeated_heads(located: _Located) -> list[int]:
    """Return the rows below the heads that have the same heads again."""
    facts, columns = located.facts, located.columns.values()
    heads = {column: facts.text(located.head, column) for column in columns}
    first = min(columns)
    rows = (row for (row, at), fact in facts.cells.items() if at == first and fact.text == heads[first])
    return [
        row for row in rows if row > located.head and all(facts.text(row, at) == heads[at] for at in heads)
    ]


def _contents(facts: SheetFacts, head: int, columns: Sequence[int]) -> dict[int, tuple[str, ...]]:
    """Return what the *columns* hold in each row below the heads in which they hold anything."""
    index = {column: place for place, column in enumerate(columns)}
    found: dict[int, list[str]] = {}
    for (row, column), fact in facts.cells.items():
        if row > head and column in index and not is_empty(fact):
            found.setdefault(row, [""] * len(index))[index[column]] = trimmed(fact.text or "")
    return {row: tuple(texts) for row, texts in found.items()}


def _has_all(rows: Mapping[int, Mapping[str, int]], labels: Mapping[str, str]) -> bool:
    return any(len(found) == len(labels) for found in rows.values())


def _heads(facts: SheetFacts, labels: Mapping[str, str], front: Container[str]) -> dict[int, dict[str, int]]:
    """Return the columns with these labels in each row that has one: of several with the same label the first.

    What is in *front* of the columns, such as 序号, may have the label of one of them, which is then the last.
    """
    rows: dict[int, dict[str, int]] = {}
    cells = ((place, fact) for place, fact in facts.cells.items() if place[0] < _LOWEST_HEAD)
    texts = ((place, fact.text) for place, fact in cells if fact.type == "s" and fact.text)
    short = ((place, plain(text)) for place, text in texts if len(text) <= LONGEST_LABEL)
    for (row, column), text in sorted((place, text) for place, text in short if text in labels):
        heads = rows.setdefault(row, {})
        if text in front or labels[text] not in heads:
            heads[labels[text]] = column
    return rows


def _named_range(reading: WorkbookReading, name: str) -> tuple[str, tuple[int, int, int, int]] | None:
    """Return the sheet and the area that a defined name refers to; ``None`` if there is none."""
    text = reading.facts.names.get(name.casefold(), "")
    sheet, mark, address = text.removeprefix("=").rpartition("!")
    area = parsed_range(address) if mark else None
    home = sheet.removeprefix("'").removesuffix("'").replace("''", "'")
    return (home, area) if area and reading.facts.sheet(home) else None


# -- its lines


class _ListLines:
    """Reads the lines of one list."""

    def __init__(self, reading: WorkbookReading, sheet: ListSheet, located: _Located) -> None:
        self._reading, self._list, self._located = reading, sheet.list, located
        form = reading.layout.form
        self._kinds = [form.column_kinds[f"{sheet.list.key}.{column.key}"] for column in sheet.list.columns]
        self._columns = sheet.list.columns
        self._cells = [form.column_cell(f"{sheet.list.key}.{column.key}") for column in self._columns]
        self._places = [located.columns[column.key] for column in sheet.list.columns]
        self._in_order = sorted(self._places)
        self._derived = {located.columns[one.key]: one for one in self._columns if one.is_derived}
        self._units = {cell.unit for cell in self._cells} | {""}
        signers = (re.escape(compact(label)) for label in form.signers)
        self._signed = re.compile(f"(?:{'|'.join((_SIGNED, *signers))})(?::|$)")
        # The dates and choices of a long list repeat, and reading them is most of the work.
        self._known: dict[tuple[int, Fact], str] = {}
        self._is_clouded = False
        self._unsure: set[str] = set()  # the columns with a cell that could not be read
        asked = (*form.list_figures.values(), *self._list.of_line)
        self._compared = {key for over in asked if over.list == self._list.key for key, _ in over.where}

    def read(self) -> None:
        reading, facts, key = self._reading, self._located.facts, self._list.key
        start, lines, rows = len(reading.findings), list[ListLine](), list[int]()
        filled, others = self._filled()
        for row, cells in sorted(filled.items()):
            if self._is_closing(row, cells):
                continue
            if row > self._located.last:
                others += [(row, column) for column in cells]
                continue
            lines.append(self._line(row, cells, len(lines) + 1))
            rows.append(row)
        if reading.is_rollup:
            self._check_sums(rows, lines)
        keys = line_keys(self._list, lines)
        self._name_cells(start, rows, keys)
        for place in sorted(others)[:_MOST]:
            shown = facts.cells[place].text or ""
            reading.note(
                "beyond-list", facts.name, place, found=shown.strip(), name=key, last=self._located.last + 1
            )
        self._read_derived(rows)
        if lines:
            reading.lists[key] = tuple(lines)
        note_comments(reading, facts, {})
        head = self._located.head, min(self._places)
        reading.listed[key] = ListPlaces(facts.name, head, self._located.columns, keys, tuple(rows))
        if self._is_clouded:
            reading.clouded |= _figures_over(reading, key)
        if self._unsure:
            self._mark_unsure()
        # Of a roll-up, which may have hundreds of thousands of cells, only rows are looked at.
        columns = list(zip(self._columns, self._places, strict=True))[: 1 if reading.is_rollup else None]
        places = {cell_name(key, one.key, f"#{row}"): (row, at) for row in rows for one, at in columns}
        note_hidden(reading, LocatedSheet.of_fields(facts, places))

    def _filled(self) -> tuple[dict[int, _Row], list[tuple[int, int]]]:
        """Return the cells of the list that are not empty, by row and column, and the places of figures beside it."""
        head = self._located.head
        own, asides = {*self._places} - self._derived.keys(), {*self._located.before.values()}
        filled: dict[int, _Row] = {}
        typed: list[tuple[int, int]] = []  # into derived columns
        beside: dict[int, list[tuple[int, int]]] = {}
        for place, fact in self._located.facts.cells.items():
            row, column = place
            if row <= head:
                continue
            if column in own:
                if not is_empty(fact):
                    filled.setdefault(row, {})[column] = fact
            elif column in self._derived:
                if fact.formula is None and self._figure(fact) is not None:
                    typed.append(place)
            elif not (column in asides or self._reading.is_rollup) and self._is_astray(column, fact):
                beside.setdefault(column, []).append(place)
        others = [place for place in typed if place[0] not in filled]
        return filled, others + [place for places in self._uncounted(beside) for place in places]

    def _is_astray(self, column: int, fact: Fact) -> bool:
        """Return whether a cell beside the list, or in a column inserted in it, has a figure; right of it a formula has none."""
        if column in self._located.doubles:
            return not is_empty(fact)
        figure = self._figure(fact)
        if column > max(self._places):
            return isinstance(figure, Decimal) and fact.formula is None
        return figure is not None

    def _figure(self, fact: Fact) -> Figure | None:
        return figure_in(fact, self._units, is_result=bool(self._reading.facts.old_format))

    def _uncounted(self, beside: Mapping[int, list[tuple[int, int]]]) -> Iterator[list[tuple[int, int]]]:
        """Yield the places in each column beside the list that does not number the lines.

        Where the form numbers them, people may number them otherwise.
        """
        facts, front = self._located.facts, len(ListSheet.BEFORE)
        for column, places in beside.items():
            figures = [self._figure(facts.cells[place]) for place in sorted(places)]
            numbers = [one for one in figures if isinstance(one, Decimal)]
            is_own = column < front == min(self._places) and len({*map(str, figures)}) == len(figures)
            is_numbering = column < min(self._places) and len(numbers) == len(figures) and is_count(numbers)
            if not (is_own or is_numbering):
                yield places

    def _read_derived(self, rows: Sequence[int]) -> None:
        """Keep what derived columns show; an empty cell, as in an inserted row, is no fault.

        Results computed over what could not be read, or over texts, are left out, because programs disagree.
        """
        reading, facts, one = self._reading, self._located.facts, self._list
        is_sure = not self._is_clouded and not self._unsure
        for place, column in self._derived.items():
            if not column.is_ or (reading.is_rollup and one.is_of_agency(column)):
                continue  # what is shown of an item is never read, and these are no formulas
            for number, row in enumerate(rows, 1):
                addresses = {key: a1(row, at) for key, at in self._located.columns.items()}
                issued = (
                    "" if reading.by_labels else derived_formula(reading.layout.form, one, column, addresses)
                )
                shown = shown_total(facts.cells.get((row, place)), issued, reading.facts.old_format)
                if shown.origin is Origin.TYPED or (is_sure and shown.origin is not Origin.EMPTY):
                    reading.shown_in_lists[cell_name(one.key, column.key, f"#{number}")] = shown
                if shown.origin in {Origin.TYPED, Origin.CHANGED}:  # what adds them shows another sum
                    figures = reading.layout.form.list_figures.items()
                    reading.clouded |= {n for n, x in figures if (x.list, x.column) == (one.key, column.key)}

    def _is_closing(self, row: int, cells: _Row) -> bool:
        """Return whether a row has a total, or says who signs; a total is noted. A roll-up has lines only."""
        column = next((at for at in self._in_order if at in cells and cells[at].type == "s"), None)
        if self._reading.is_rollup or column is None:
            return False
        if self._says_nothing(cells):
            return True
        found = cells[column].text or ""
        folded = _folded(found)
        if self._signed.match(folded):
            return all(
                fact.type == "s" and self._signed.match(_folded(fact.text or "")) for fact in cells.values()
            )
        kind = self._kinds[self._places.index(column)]
        if not _TOTAL.fullmatch(folded) or (isinstance(kind, Choice) and kind.read(Held(found)).value):
            return False
        self._is_clouded = True
        self._reading.note(
            "total-in-list", self._located.facts.name, (row, column), found=found.strip(), name=self._list.key
        )
        return True

    def _says_nothing(self, cells: _Row) -> bool:
        """Return whether a row has nothing but dashes and words for nothing, or says that the list has ended."""
        if any(fact.type != "s" or fact.formula for fact in cells.values()):
            return False
        texts = {at: fact.text or "" for at, fact in cells.items()}
        if all(_NO_MORE.fullmatch(_folded(text)) for text in texts.values()):
            return True
        kinds = dict(zip(self._places, self._kinds, strict=True))
        return all(
            says_nothing(text) and not (isinstance(kind := kinds[at], Choice) and kind.read(Held(text)).value)
            for at, text in texts.items()
        )

    def _line(self, row: int, cells: _Row, number: int) -> ListLine:
        found: list[ListValue] = [""] * len(self._places)  # nothing is read from derived columns
        for index, place in enumerate(self._places):
            if (fact := cells.get(place)) is not None:
                known = self._known.get((index, fact))
                found[index] = self._value(index, row, fact) if known is None else known
        values = tuple(found)
        if not self._reading.is_rollup or self._list.merge == "code":
            return ListLine(number, values)
        facts, before = self._located.facts, self._located.before
        district, code, name, count = (
            facts.text(row, before.get(word, -1)) for word in ListSheet.BEFORE_IN_ROLLUP
        )
        return ListLine(int(count) if count.isdecimal() else number, values, Agency(district, code, name))

    def _value(self, index: int, row: int, fact: Fact) -> ListValue:
        """Return the value of a cell, blank if it cannot be read; its name has no key for now."""
        reading, kind, column, facts = (
            self._reading,
            self._kinds[index],
            self._columns[index],
            self._located.facts,
        )
        cell, place, count = self._cells[index], (row, self._places[index]), len(self._reading.findings)
        name = cell.name
        if isinstance(kind, Number):
            read_input(reading, facts, place, cell)
            self._is_clouded |= name in reading.clouded
            if name in reading.unread:
                self._unsure.add(column.key)
            reading.clouded.discard(name)
            reading.unread.discard(name)
            return reading.values.pop(name, "")
        if note_otherwise(reading, facts, place, fact, kind, name, column.label):
            self._unsure.add(column.key)
            return ""
        held = held_of(reading, fact)
        meant = kind.read(held)
        if isinstance(kind, Text) and reading.is_struck_out(fact):
            self._note_fault(column, place, name, STRUCK_OUT, held.text)
        if meant.fault and is_dash(kind, held):
            return ""
        if meant.fault:
            self._note_fault(column, place, name, meant.fault, held.text)
            if isinstance(kind, Text):
                return held.text.strip()
        elif (isinstance(kind, Choice) or column.key in self._compared) and kind.shown(meant.value) != (
            fact.text if fact.type == "s" else None
        ):
            self._is_clouded = True  # a formula finds the text only as it was issued
        elif len(reading.findings) == count and fact.formula is None and not facts.arrays:
            self._known[index, fact] = meant.value
        return meant.value

    def _note_fault(self, column: Column, place: tuple[int, int], name: str, code: str, text: str) -> None:
        self._unsure.add(column.key)
        reading, found = self._reading, "⏎".join(text.split("\n"))
        more: dict[str, Any] = fault_facts(reading.layout.form, f"{self._list.key}.{column.key}", code)
        reading.note(code, self._located.facts.name, place, name=name, found=found, **more)

    def _mark_unsure(self) -> None:
        for name, over in self._reading.layout.form.list_figures.items():
            if over.list == self._list.key and self._unsure & self._list.typed_for(over):
                self._reading.unread.add(name)

    def _name_cells(self, start: int, rows: Sequence[int], keys: Sequence[str]) -> None:
        """Name the cells in the findings from *start* on by the keys of their lines."""
        findings, known = self._reading.findings, dict(zip(rows, keys, strict=True))
        for place, finding in enumerate(findings[start:], start):
            if cell := parts_of_cell(finding.cell):
                row, _ = parsed(finding.address)
                findings[place] = replace(finding, cell=cell_name(*cell[:2], known[row]))

    def _check_sums(self, rows: list[int], lines: list[ListLine]) -> None:
        """Note the lines of a roll-up that do not match their check sum."""
        facts, place = self._located.facts, max(self._places) + 1
        for row, line in zip(rows, lines, strict=True):
            if facts.text(row, place) != checksum(line_texts(line)):
                with self._reading.about(line.agency):
                    self._reading.note("row-altered", facts.name, (row, place), what=Word("altered-contents"))


def _compare(reading: WorkbookReading, members: Sequence[Member]) -> None:
    """Note the lists of a roll-up whose lines do not add up to the figures of its rows: a line is missing, or there twice."""
    sums: dict[str, Decimal] = {}
    for member in members:
        add_to(sums, member.values)
    figures = list_figures(reading.layout.form, reading.lists)
    for key, place in reading.listed.items():
        if any(figures.get(name, ZERO) != sums.get(name, ZERO) for name in _figures_over(reading, key)):
            reading.note("row-altered", place.sheet, place.head, name=key, what=Word("altered-lines"))
