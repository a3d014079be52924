"""Reads the matrix of a roll-up, with one row of figures per agency, and its account of files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from decimal import Decimal

from xltools.data.filing import STATUSES, Account, Member, Source
from xltools.data.number import close, kept, stored
from xltools.data.record import Agency
from xltools.data.row_checksum import checksum, figures_of, member_check
from xltools.excel import live_checks
from xltools.excel.formula import is_same
from xltools.excel.reader.reading import WorkbookReading, is_empty, number_of
from xltools.excel.scan import Fact, SheetFacts
from xltools.form.linear import ZERO
from xltools.form.model import Cell
from xltools.form.places import MATRIX, PREFIX, SOURCES, Matrix, Sources
from xltools.text import Word


def read_rollup(reading: WorkbookReading) -> tuple[tuple[Member, ...], tuple[Account, ...]]:
    """Return the rows of the matrix and the account of files; faults are noted."""
    matrix, sources = reading.facts.sheet(MATRIX), reading.facts.sheet(SOURCES)
    for name, facts in ((MATRIX, matrix), (SOURCES, sources)):
        if facts is None:
            reading.note("missing-sheet", name, None, expected=name)
    if matrix is None or sources is None:
        _mark_unread(reading)
        return (), ()
    reading.matrix = _find_matrix(reading, matrix)
    accounts = tuple(_accounts(reading, sources))
    sizes = {(a.source.name, a.source.sha256): a.source.size for a in accounts}
    members = tuple(_members(reading, matrix, sizes))
    if differing := _differing_agencies(members, accounts):
        reading.note("rollup-rows", MATRIX, None, found="、".join(differing))
        _mark_unread(reading)
        return (), accounts
    return members, accounts


def _find_matrix(reading: WorkbookReading, facts: SheetFacts) -> Matrix | None:
    """Return the columns and rows, found by the row of names; roll-ups of former versions have other columns."""
    code = f"{PREFIX}code"
    head = min((row for (row, _), fact in facts.cells.items() if fact.text == code), default=Matrix.NAME_ROW)
    columns = {fact.text: column for (row, column), fact in facts.cells.items() if row == head and fact.text}
    added = {PREFIX + key for key in Matrix.ABOUT} - {PREFIX + key for key in Matrix.FORMER}
    about = Matrix.ABOUT if added & columns.keys() else Matrix.FORMER
    form = reading.layout.form
    needed = [*(PREFIX + key for key in about), *form.cells, *form.gathered, *form.means]
    if missing := [name for name in needed if name not in columns]:
        reading.note("label-changed", MATRIX, (head, 0), expected=missing[0])
        _mark_unread(reading)
        return None
    last = max((row for row, column in facts.cells if column == columns[code]), default=head)
    # In former versions the heads were above the names.
    is_former = any((head - 1, columns[cell.name]) in facts.cells for cell in form.inputs)
    first = head + (1 if is_former else Matrix.FIRST_ROW - Matrix.NAME_ROW)
    return Matrix(columns, first, max(last, first))


def _differing_agencies(members: tuple[Member, ...], accounts: tuple[Account, ...]) -> list[str]:
    """Return the agencies that are in the matrix or the account only, or in the matrix twice."""
    rows = Counter(_key_of(m.agency, m.source) for m in members)
    listed = Counter(_key_of(a.agency, a.source) for a in accounts if a.status == "included" and a.agency)
    agencies = Counter(m.agency for m in members)
    names = {key[2] for key in (rows - listed) + (listed - rows)}
    names |= {agency.name for agency, times in agencies.items() if times > 1}
    return sorted(names)


def _key_of(agency: Agency, source: Source) -> tuple[str, ...]:
    return agency.district, agency.code, agency.name, source.name, source.sha256


def _mark_unread(reading: WorkbookReading) -> None:
    reading.unread |= {cell.name for cell in reading.layout.form.inputs}


def _members(
    reading: WorkbookReading, facts: SheetFacts, sizes: Mapping[tuple[str, str], int]
) -> Iterator[Member]:
    matrix = reading.matrix
    if matrix is None:
        return
    formulas = live_checks.row_formulas(reading.layout.form, matrix)
    for row in sorted({row for row, _ in facts.cells if row >= matrix.first}):
        district, code, name, kind, file, sha256, check = (
            facts.text(row, matrix.columns.get(PREFIX + key, -1)) for key in Matrix.ABOUT
        )
        if not (code or name or file):
            continue
        agency, source = Agency(district, code, name), Source(file, sha256, sizes.get((file, sha256), 0))
        with reading.about(agency):
            values, is_whole = _row_figures(reading, facts, row, matrix)
            found = {name: facts.text(row, matrix.columns[name]) for name in reading.layout.form.gathered}
            texts = {name: text for name, text in found.items() if text}
            member = Member(agency, source, values, kind, texts)
            if is_whole:  # otherwise the row has a finding already
                _note_change(reading, matrix, facts, row, member, check, formulas)
        yield member


def _row_figures(
    reading: WorkbookReading, facts: SheetFacts, row: int, matrix: Matrix
) -> tuple[dict[str, Decimal], bool]:
    """Return the figures of a row, and whether all of its cells are valid."""
    values: dict[str, Decimal] = {}
    is_whole = True
    form = reading.layout.form
    for name, cell in (*((cell.name, cell) for cell in form.inputs), *form.means.items()):
        place = row, matrix.columns[name]
        fact = facts.cells.get(place)
        if fact is None or is_empty(fact):
            continue
        value = None if fact.formula else number_of(fact)
        if value is None:
            found = f"={fact.formula}" if fact.formula else (fact.text or "")
            reading.refuse("not-a-number", MATRIX, place, cell, found)
            is_whole = False
        elif name in form.means or reading.fits(MATRIX, place, cell, value):
            values[name] = value
        else:
            is_whole = False
    return values, is_whole


def _note_change(
    reading: WorkbookReading,
    matrix: Matrix,
    facts: SheetFacts,
    row: int,
    member: Member,
    check: str,
    formulas: Mapping[str, str],
) -> None:
    """Note at most one change of a row: of its check sum, or else of a total."""
    form = reading.layout.form
    figures = figures_of(member, form)
    if matrix.is_checked and check != member_check(member, figures):
        reading.note(
            "row-altered", MATRIX, (row, matrix.columns[f"{PREFIX}check"]), what=Word("altered-contents")
        )
        return
    complete = form.complete(member.values)
    for name, formula in formulas.items():
        place = row, matrix.columns[name]
        issued = live_checks.in_row(formula, row)
        if not _is_issued_total(
            reading, facts.cells.get(place), issued, form.cells[name], complete.get(name)
        ):
            reading.note("row-altered", MATRIX, place, what=Word("altered-total"))
            return


def _is_issued_total(
    reading: WorkbookReading, fact: Fact | None, issued: str, cell: Cell, value: Decimal | None
) -> bool:
    """Return whether a total in a row has its formula and result; in old formats only the result is known."""
    if reading.facts.old_format:
        return fact is None or fact.text is None or fact.formula is not None or _has_value(fact, cell, value)
    if fact is None or fact.formula is None or not is_same(fact.formula, issued):
        return False
    return fact.text is None or _has_value(fact, cell, value)


def _has_value(fact: Fact, cell: Cell, value: Decimal | None) -> bool:
    """Return whether a cell shows *value*; programs round the ties of ratios differently."""
    found = number_of(fact)
    if found is None or value is None:
        return found is value
    step = Decimal(1).scaleb(-cell.places) if cell.ratio else ZERO
    return close(found, value) or abs(found - value) <= step


def _accounts(reading: WorkbookReading, facts: SheetFacts) -> Iterator[Account]:
    for row in sorted({row for row, _ in facts.cells if row >= Sources.FIRST_ROW}):
        texts = {key: facts.text(row, column) for column, key in enumerate(Sources.COLUMNS)}
        status = next((status for status in STATUSES if status == texts["marker"]), None)
        if status is None:
            place = row, Sources.COLUMNS.index("marker")
            reading.note(
                "label-changed", SOURCES, place, found=texts["marker"], expected=" / ".join(STATUSES)
            )
            continue
        agency = Agency(texts["district"], texts["code"], texts["agency"]) if texts["code"] else None
        size = stored(texts["size"] or "0") or Decimal(0)
        with reading.about(agency):
            _check_account_row(reading, row, texts | {"size": kept(size) if texts["size"] else ""})
        source = Source(texts["file"], texts["sha256"], int(size))
        yield Account(agency, source, status, texts["note"], texts["via"])


def _check_account_row(reading: WorkbookReading, row: int, texts: dict[str, str]) -> None:
    check = texts.pop("check")
    if reading.matrix is not None and reading.matrix.is_checked and check != checksum(texts.values()):
        place = row, Sources.COLUMNS.index("check")
        reading.note("row-altered", SOURCES, place, what=Word("altered-contents"))
