"""The two further sheets of a roll-up: its figures come from its rows, never from what its cells show."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from decimal import Decimal

from xltools.data.filing import STATUSES, Account, Member, Source
from xltools.data.number import stored
from xltools.data.record import Agency
from xltools.excel.reader.reading import Reading, is_empty, number_of
from xltools.excel.scan import SheetFacts
from xltools.form.places import MATRIX, PREFIX, SOURCES, Matrix, Sources


def read_rollup(reading: Reading) -> tuple[tuple[Member, ...], tuple[Account, ...]]:
    """The rows of the matrix and the account of files; what is wrong with them is noted."""
    matrix, sources = reading.facts.sheet(MATRIX), reading.facts.sheet(SOURCES)
    for name, facts in ((MATRIX, matrix), (SOURCES, sources)):
        if facts is None:
            reading.note("missing-sheet", name, None, expected=name)
    if matrix is None or sources is None:
        _give_up(reading)
        return (), ()
    accounts = tuple(_accounts(reading, sources))
    sizes = {(a.source.name, a.source.sha256): a.source.size for a in accounts}
    members = tuple(_members(reading, matrix, sizes))
    if differing := _differing(members, accounts):
        reading.note("rollup-rows", MATRIX, None, found="、".join(differing))
        _give_up(reading)
        return (), accounts
    return members, accounts


def _differing(members: tuple[Member, ...], accounts: tuple[Account, ...]) -> list[str]:
    """The files and agencies that stand in the rows and not in the account, in the account and not in the rows, or twice."""
    rows = Counter(_told(m.agency, m.source) for m in members)
    told = Counter(_told(a.agency, a.source) for a in accounts if a.status == "included" and a.agency)
    agencies = Counter(m.agency for m in members)
    names = {key[2] for key in (rows - told) + (told - rows)}
    names |= {agency.name for agency, times in agencies.items() if times > 1}
    return sorted(names)


def _told(agency: Agency, source: Source) -> tuple[str, ...]:
    return agency.district, agency.code, agency.name, source.name, source.sha256


def _give_up(reading: Reading) -> None:
    reading.unread |= {cell.name for cell in reading.layout.form.inputs}


def _members(reading: Reading, facts: SheetFacts, sizes: Mapping[tuple[str, str], int]) -> Iterator[Member]:
    columns = {
        fact.text: column
        for (row, column), fact in facts.cells.items()
        if row == Matrix.NAME_ROW and fact.text
    }
    needed = [*(PREFIX + key for key in Matrix.ABOUT), *(cell.name for cell in reading.layout.form.inputs)]
    if missing := [name for name in needed if name not in columns]:
        reading.note("label-changed", MATRIX, (Matrix.NAME_ROW, 0), expected=missing[0])
        _give_up(reading)
        return
    for row in sorted({row for row, _ in facts.cells if row >= Matrix.FIRST_ROW}):
        district, code, name, file, sha256 = (
            _text(facts, row, columns[PREFIX + key]) for key in Matrix.ABOUT
        )
        if code or name or file:
            source = Source(file, sha256, sizes.get((file, sha256), 0))
            yield Member(Agency(district, code, name), source, _row(reading, facts, row, columns))


def _row(reading: Reading, facts: SheetFacts, row: int, columns: Mapping[str, int]) -> dict[str, Decimal]:
    values: dict[str, Decimal] = {}
    for cell in reading.layout.form.inputs:
        place = row, columns[cell.name]
        fact = facts.cells.get(place)
        if fact is None or is_empty(fact):
            continue
        value = None if fact.formula else number_of(fact)
        if value is None:
            found = f"={fact.formula}" if fact.formula else (fact.text or "")
            reading.refuse("not-a-number", MATRIX, place, cell, found)
        elif reading.fits(MATRIX, place, cell, value):
            values[cell.name] = value
    return values


def _accounts(reading: Reading, facts: SheetFacts) -> Iterator[Account]:
    for row in sorted({row for row, _ in facts.cells if row >= Sources.FIRST_ROW}):
        texts = {key: _text(facts, row, column) for column, key in enumerate(Sources.COLUMNS)}
        status = next((status for status in STATUSES if status == texts["marker"]), None)
        if status is None:
            place = row, Sources.COLUMNS.index("marker")
            reading.note(
                "label-changed", SOURCES, place, found=texts["marker"], expected=" / ".join(STATUSES)
            )
            continue
        agency = Agency(texts["district"], texts["code"], texts["agency"]) if texts["code"] else None
        source = Source(texts["file"], texts["sha256"], int(stored(texts["size"] or "0") or 0))
        yield Account(agency, source, status, texts["note"], texts["via"])


def _text(facts: SheetFacts, row: int, column: int) -> str:
    fact = facts.cells.get((row, column))
    return (fact.text or "") if fact else ""
