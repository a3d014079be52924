"""A workbook into a filing, doubting everything: facts are given a meaning only where they stand where they should.

Nothing is taken from a sheet whose layout was changed, no text becomes a number, and no stored result of a
formula is used as a figure.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs

from xltools.data.filing import Account, Filing, Kind, Member, Origin, Shown, Source, Stamp
from xltools.data.finding import Finding, Word
from xltools.data.number import is_blank, is_whole, stored
from xltools.data.record import Agency, Record
from xltools.data.rollup import rolled_up
from xltools.excel.scan import Fact, Facts, Limits, ScanError, SheetFacts, scan
from xltools.files import read_bytes
from xltools.form import library
from xltools.form.address import a1, column_index
from xltools.form.layout import COVER, MATRIX, SOURCES, STAMP, Area, Label, Layout, Matrix, Sheet, Sources, layout
from xltools.form.model import Cell, Form
from xltools.text import clerk

_PREFIX = "xltools."
_REFERENCE = re.compile(r"=?(?:'((?:[^']|'')+)'|([^'!]+))!\$?([A-Za-z]{1,3})\$?([0-9]{1,7})(?::.*)?")
_YEAR = re.compile(r"[0-9]{4}")
_STATUS = ("included", "excluded", "missing", "member")


def read(path: Path, form: Form | None = None, limits: Limits | None = None) -> Filing:
    """The filing in the file *path*; with *form*, nothing else is accepted, otherwise a built-in form is looked up.

    Raises :class:`~xltools.errors.InputError` when the system does not let the file be read. Everything that is
    wrong with the file itself is a finding.
    """
    data = read_bytes(path)
    source = Source(str(path), hashlib.sha256(data).hexdigest(), len(data))
    try:
        facts = scan(data, limits)
    except ScanError as error:
        return Filing(source, (Finding(error.code, source.path, found=error.reason),))
    return _filing(facts, source, form)


def _filing(facts: Facts, source: Source, form: Form | None) -> Filing:
    stamp, doubts = _stamp(facts)
    if stamp is None:
        return Filing(source, (Finding("no-stamp", source.path),))
    found, fault = _form(stamp, form)
    sign = _Signer(source, stamp)
    if found is None:
        assert fault is not None  # noqa: S101  one of the two is always there
        return Filing(source, (sign(fault),), stamp=stamp)
    reader = _Reader(facts, layout(found), stamp, sign)
    reader.findings += [sign(doubt) for doubt in doubts]
    return reader.filing(source)


class _Signer:
    """Writes into a finding whose file it is about."""

    def __init__(self, source: Source, stamp: Stamp) -> None:
        self._file, self._agency = source.path, str(stamp.agency)

    def __call__(self, finding: Finding) -> Finding:
        return attrs.evolve(finding, file=self._file, agency=self._agency)


# -- whose it is


def _stamp(facts: Facts) -> tuple[Stamp | None, list[Finding]]:
    """The stamp from the file's properties; from the cover when a program dropped those; and where the two differ."""
    cover = {key: text for key in STAMP if (text := _named_text(facts, _PREFIX + key))}
    kinds = {clerk()(f"cover.kind-{kind}"): kind for kind in ("return", "rollup")}
    if "kind" in cover:
        cover["kind"] = kinds.get(cover["kind"], cover["kind"])
    written = {key: facts.properties[_PREFIX + key] for key in STAMP if facts.properties.get(_PREFIX + key)}
    texts = written if len(written) == len(STAMP) else cover
    if len(texts) < len(STAMP) or not _YEAR.fullmatch(texts["year"]) or texts["kind"] not in kinds.values():
        return None, []
    differing = [key for key in STAMP if key in cover and cover[key] != texts[key]]
    doubts = [Finding("stamp-edited", sheet=COVER, address=_named_address(facts, _PREFIX + key), found=cover[key], expected=texts[key], facts={"item": Word(f"item-{key}")}) for key in differing]
    kind: Kind = "rollup" if texts["kind"] == "rollup" else "return"
    agency = Agency(texts["district"], texts["code"], texts["name"])
    return Stamp(texts["form"], texts["edition"], int(texts["year"]), agency, kind), doubts


def _named_place(facts: Facts, name: str) -> tuple[str, int, int] | None:
    match = _REFERENCE.fullmatch(facts.names.get(name.casefold(), ""))
    if match is None:
        return None
    sheet = (match[1] or match[2]).replace("''", "'")
    return sheet, int(match[4]) - 1, column_index(match[3])


def _named_text(facts: Facts, name: str) -> str:
    place = _named_place(facts, name)
    sheet = facts.sheet(place[0]) if place else None
    fact = sheet.cells.get((place[1], place[2])) if sheet and place else None
    return (fact.text or "").strip() if fact else ""


def _named_address(facts: Facts, name: str) -> str:
    place = _named_place(facts, name)
    return a1(place[1], place[2]) if place else ""


def _form(stamp: Stamp, wanted: Form | None) -> tuple[Form | None, Finding | None]:
    """The form to read by, or why there is none."""
    name = f"{stamp.form}-{stamp.edition}"
    if wanted is None:
        if name in library.names():
            return library.find(name), None
        editions = [n for n in library.names() if n.rpartition("-")[0] == stamp.form]
        code, expected = ("wrong-edition", editions[-1]) if editions else ("wrong-form", "、".join(library.names()))
        return None, Finding(code, found=name, expected=expected)
    if (wanted.key, wanted.edition) == (stamp.form, stamp.edition):
        return wanted, None
    code = "wrong-edition" if wanted.key == stamp.form else "wrong-form"
    return None, Finding(code, found=name, expected=wanted.name)


# -- what it says


class _Reader:
    """Collects values and findings of one workbook of a known form."""

    def __init__(self, facts: Facts, place: Layout, stamp: Stamp, sign: _Signer) -> None:
        self._facts, self._layout, self._form, self._stamp, self._sign = facts, place, place.form, stamp, sign
        self.findings: list[Finding] = []
        self._values: dict[str, Decimal] = {}
        self._shown: dict[str, Shown] = {}
        self._prose: dict[str, str] = {}
        self._unread: set[str] = set()

    def filing(self, source: Source) -> Filing:
        members, accounts = self._members() if self._stamp.kind == "rollup" else ((), ())
        for sheet in self._layout.sheets:
            self._sheet(sheet)
        cover = self._facts.sheet(COVER)
        for key, area in self._layout.cover.fields.items() if cover else ():
            self._text(f"cover.{key}", cover, area)
        return Filing(
            source,
            tuple(self.findings),
            self._form,
            self._stamp,
            self._record(members, accounts),
            self._shown,
            self._prose,
            members,
            frozenset(self._unread),
        )

    def _record(self, members: tuple[Member, ...], accounts: tuple[Account, ...]) -> Record:
        if self._stamp.kind == "rollup":
            return rolled_up(self._form, self._stamp.year, members, accounts)
        return Record(self._form, self._stamp.year, frozenset((self._stamp.agency,)), self._values)

    def _note(self, code: str, sheet: str, place: tuple[int, int] | None, cell: Cell | None = None, **facts: Any) -> None:
        found, expected = facts.pop("found", ""), facts.pop("expected", "")
        label = {"label": cell.label} if cell else {}
        finding = Finding(code, "", "", sheet, a1(*place) if place else "", cell.name if cell else "", found, expected, label | facts)
        self.findings.append(self._sign(finding))

    def _sheet(self, sheet: Sheet) -> None:
        facts = self._facts.sheet(sheet.name)
        if facts is None:
            self._note("missing-sheet", sheet.name, None, expected=sheet.name)
        elif self._layout_holds(sheet, facts):
            for name, area in sheet.cells.items():
                self._cell(self._form.cells[name], facts, area)
            for name, area in sheet.texts.items():
                self._text(name, facts, area)
            return
        self._unread |= {name for name in sheet.cells if not self._form.cells[name].is_total}

    def _layout_holds(self, sheet: Sheet, facts: SheetFacts) -> bool:
        """Whether every cell and label stands where the form puts it; says what does not.

        The names tell of a shift of the whole table in one finding; where they are in place, or gone, each label
        speaks for itself.
        """
        for name, area in sheet.cells.items():
            place = _named_place(self._facts, name)
            if place is not None and place != (sheet.name, *area.anchor):
                found = f"{place[0]}!{a1(*place[1:])}" if place[0] != sheet.name else a1(*place[1:])
                self._note("cell-moved", sheet.name, area.anchor, self._form.cells[name], found=found, expected=a1(*area.anchor))
                return False
        changed = [label for label in sheet.labels if label.role not in {"heading", "hint"} and not _same(label, facts)]
        for label in changed:
            fact = facts.cells.get(label.area.anchor)
            self._note("label-changed", sheet.name, label.area.anchor, found=(fact and fact.text) or "", expected=label.text)
        return not changed

    def _text(self, name: str, facts: SheetFacts | None, area: Area) -> None:
        fact = facts.cells.get(area.anchor) if facts else None
        if fact and fact.text and not is_blank(fact.text):
            self._prose[name] = fact.text

    def _cell(self, cell: Cell, facts: SheetFacts, area: Area) -> None:
        fact = facts.cells.get(area.anchor)
        rollup = self._stamp.kind == "rollup"
        if rollup and not cell.additive:
            return
        if cell.is_total or rollup:
            self._shown[cell.name] = _shown(fact)
        else:
            self._input(cell, facts.name, area.anchor, fact)

    def _input(self, cell: Cell, sheet: str, place: tuple[int, int], fact: Fact | None) -> None:
        """A typed figure: a number of its kind, or a finding and no figure."""
        if fact is None or (fact.formula is None and (fact.text is None or is_blank(fact.text))):
            self._note("blank", sheet, place, cell)
            return
        value = stored(fact.text) if fact.type == "n" and fact.text is not None else None
        if value is None:
            self._refuse("not-a-number", sheet, place, cell, (fact.text or f"={fact.formula}").strip())
        elif value < 0 and not cell.signed:
            self._refuse("negative", sheet, place, cell, value)
        elif cell.number == "count" and not is_whole(value):
            self._refuse("not-whole", sheet, place, cell, value)
        else:
            self._values[cell.name] = value
            if fact.formula is not None:
                self._note("input-formula", sheet, place, cell, found=value, formula=f"={fact.formula}")

    def _refuse(self, code: str, sheet: str, place: tuple[int, int], cell: Cell, found: str | Decimal) -> None:
        self._unread.add(cell.name)
        self._note(code, sheet, place, cell, found=found)

    # -- roll-ups

    def _members(self) -> tuple[tuple[Member, ...], tuple[Account, ...]]:
        """The rows of the matrix and the account of files, as far as they are there."""
        for name in (MATRIX, SOURCES):
            if self._facts.sheet(name) is None:
                self._note("missing-sheet", name, None, expected=name)
                return (), ()
        accounts = tuple(self._accounts())
        sizes = {(a.source.name, a.source.sha256): a.source.size for a in accounts}
        return tuple(self._rows(lambda name, sha: sizes.get((name, sha), 0))), accounts

    def _rows(self, size: Callable[[str, str], int]) -> Iterator[Member]:
        facts = self._facts.sheet(MATRIX)
        assert facts is not None  # noqa: S101  _members looked
        columns = {f.text: c for (r, c), f in facts.cells.items() if r == Matrix.NAME_ROW and f.text}
        for name in [*(_PREFIX + key for key in Matrix.ABOUT), *(cell.name for cell in self._form.inputs)]:
            if name not in columns:
                self._note("label-changed", MATRIX, (Matrix.NAME_ROW, 0), found="", expected=name)
                self._unread |= {cell.name for cell in self._form.inputs}
                return
        for row in sorted({r for r, _ in facts.cells if r >= Matrix.FIRST_ROW}):
            about = [_text_at(facts, row, columns[_PREFIX + key]) for key in Matrix.ABOUT]
            if any(about):
                district, code, name, file, sha256 = about
                values = self._row(facts, row, columns)
                yield Member(Agency(district, code, name), Source(file, sha256, size(file, sha256)), values)

    def _row(self, facts: SheetFacts, row: int, columns: dict[str, int]) -> dict[str, Decimal]:
        values: dict[str, Decimal] = {}
        for cell in self._form.inputs:
            place = row, columns[cell.name]
            fact = facts.cells.get(place)
            if fact is None or fact.text is None or (fact.type == "s" and is_blank(fact.text)):
                continue
            value = stored(fact.text) if fact.type == "n" and fact.formula is None else None
            if value is None:
                self._refuse("not-a-number", MATRIX, place, cell, fact.text.strip())
            else:
                values[cell.name] = value
        return values

    def _accounts(self) -> Iterator[Account]:
        facts = self._facts.sheet(SOURCES)
        assert facts is not None  # noqa: S101  _members looked
        for row in sorted({r for r, _ in facts.cells if r >= Sources.FIRST_ROW}):
            texts = {key: _text_at(facts, row, column) for column, key in enumerate(Sources.COLUMNS)}
            status = next((s for s in _STATUS if s == texts["marker"]), None)
            if status is None:
                self._note("label-changed", SOURCES, (row, len(Sources.COLUMNS) - 1), found=texts["marker"], expected=" / ".join(_STATUS))
                continue
            agency = Agency(texts["district"], texts["code"], texts["agency"]) if texts["code"] else None
            size = stored(texts["size"]) if texts["size"] else None
            yield Account(agency, Source(texts["file"], texts["sha256"], int(size or 0)), status, texts["note"], texts["via"])  # type: ignore[arg-type]


def _text_at(facts: SheetFacts, row: int, column: int) -> str:
    fact = facts.cells.get((row, column))
    return fact.text or "" if fact else ""


def _shown(fact: Fact | None) -> Shown:
    if fact is None or (fact.formula is None and (fact.text is None or is_blank(fact.text))):
        return Shown(None, "", Origin.EMPTY)
    value = stored(fact.text) if fact.type == "n" and fact.text is not None else None
    if fact.formula is None:
        return Shown(value, fact.text or "", Origin.TYPED)
    return Shown(value, fact.text or "", Origin.FORMULA if fact.text is not None else Origin.UNCALCULATED)


def _same(label: Label, facts: SheetFacts) -> bool:
    """Whether a label reads as the form prints it: width of characters and spaces do not matter."""
    fact = facts.cells.get(label.area.anchor)
    return _plain(label.text) == _plain(fact.text if fact and fact.text else "")


def _plain(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split())

