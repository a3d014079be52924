"""Reading every return again, adding up, and comparing a roll-up and a published document with the sum."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from xltools.witness.document import printed_values
from xltools.witness.form import FormFigures
from xltools.witness.labels import GridPlace
from xltools.witness.value import NOTHING, Unknown, Value, is_same, shown, value_of
from xltools.witness.workbook import LabelledWorkbook, input_values

MOST = 2000  # files; of more a sample is read
_ROWS = "各单位数据"
_PREFIX = "xltools."
_LARGEST = 64 << 20  # bytes of a member of an archive


class AddedFile(NamedTuple):
    """A file that was added up: where it lies, its SHA-256, and whose it is.

    ``path`` opens it, or the archive it came in; ``told`` is the path that messages name.
    """

    path: Path
    sha256: str
    district: str
    code: str
    told: str


class FigureDifference(NamedTuple):
    """One figure on which the two readers disagree: what the file holds, and what the second reader has."""

    file: str
    sheet: str
    address: str
    figure: str
    found: str
    expected: str


class Undecided(NamedTuple):
    """What has no second reader: a figure of a file, or with ``figure`` empty the file as a whole; and why."""

    file: str
    figure: str
    reason: str


class Verdict(NamedTuple):
    """How many of the ``figures`` agree and how many of the ``files`` were read again; and all that stands against it.

    ``of`` is the number of files that were added; where it is larger than ``files`` only a sample was read.
    """

    agreed: int
    figures: int
    read: int
    files: int
    of: int
    undecided: tuple[Undecided, ...] = ()
    differences: tuple[FigureDifference, ...] = ()


class Returns:
    """The figures of every return that was added, as the second reader found them."""

    def __init__(self, form: str, added: Sequence[AddedFile]) -> None:
        """Read the files *added*, of more than 2,000 those 2,000 whose hashes come first. *form* is the form's TOML."""
        self.form, self.added = FormFigures(form), added
        self.sample = sorted(added, key=lambda one: one.sha256)[:MOST]
        self.values: dict[AddedFile, Mapping[str, Value]] = {}
        self.undecided: list[Undecided] = []
        for one in self.sample:
            self._read(one)

    def _read(self, one: AddedFile) -> None:
        values = _values_of(one, self.form)
        if isinstance(values, Unknown):
            self.undecided.append(Undecided(one.told, "", values.reason))
            return
        self.values[one] = values
        doubts = ((name, value.reason) for name, value in values.items() if isinstance(value, Unknown))
        self.undecided += [Undecided(one.told, name, reason) for name, reason in doubts]

    def verdict(
        self, differences: Iterable[FigureDifference] = (), more: Iterable[Undecided] = ()
    ) -> Verdict:
        """How far the readers agree, given these *differences* and what *more* is undecided; by default none."""
        differences, undecided = tuple(differences), (*self.undecided, *more)
        wrong = {difference.figure for difference in differences}
        figures = self.form.added
        is_whole = len(self.values) == len(self.added)
        doubted = {one.figure for one in undecided}
        is_whole = is_whole and all(one.figure for one in undecided)
        decided = [name for name in figures if is_whole and not doubted & {name, *self.form.parts(name)}]
        agreed = sum(name not in wrong for name in decided)
        read = len(self.values) - len({one.file for one in self.undecided if one.figure})
        return Verdict(
            agreed,
            len(figures),
            read,
            len(self.sample),
            len(self.added),
            undecided,
            differences,
        )

    def rollup_differences(self, content: bytes, told: str) -> Iterator[FigureDifference]:
        """Where a roll-up, which people know as *told*, differs from the sum.

        Each row is compared with its file. Each figure of the report's own tables is compared twice: what its formula
        gives, evaluated from the rows, and the result that is stored with it.
        """
        book, results = (
            LabelledWorkbook(io.BytesIO(content)),
            LabelledWorkbook(io.BytesIO(content), results=True),
        )
        rows = _RollupRows(book)
        yield from self._row_differences(rows, told)
        yield from self._total_differences(book, results, self._sums(rows), told)

    def result_differences(self, content: bytes, told: str) -> Iterator[FigureDifference]:
        """Where the stored results of a roll-up that another program recalculated differ from the sum of its rows."""
        results = LabelledWorkbook(io.BytesIO(content), results=True)
        yield from self._total_differences(None, results, self._sums(_RollupRows(results)), told)

    def document_differences(
        self, content: bytes, told: str, rollup: bytes | None = None
    ) -> Iterator[FigureDifference | Undecided]:
        """Where a published document differs from the sum: it must print every figure, each once.

        Where a return has no second reader, its row in the *rollup* stands in. Undecided is a document of a kind that
        is not read here.
        """
        found = printed_values(content, self.form)
        if isinstance(found, Unknown):
            yield Undecided(told, "", found.reason)
            return
        sums = self._sums(_RollupRows(LabelledWorkbook(io.BytesIO(rollup))) if rollup else None)
        for name in self.form.added:
            value, expected = found[name], sums[name]
            if not isinstance(expected, Unknown) and not _is_equal(value, expected):
                yield self._difference(told, "", "", name, value, expected)

    def _sums(self, rows: _RollupRows | None) -> dict[str, Value]:
        """Every figure as a sum; where a file has no second reader, its row in the roll-up stands in."""
        inputs: dict[str, Value] = {}
        for name in self.form.inputs:
            parts = [self._part(one, name, rows) for one in self.added]
            doubt = next((part for part in parts if isinstance(part, Unknown)), None)
            total = sum((part for part in parts if part and not isinstance(part, Unknown)), NOTHING)
            inputs[name] = doubt or total
        return {name: _sum_of(inputs, self.form.parts(name)) for name in self.form.added}

    def _part(self, one: AddedFile, name: str, rows: _RollupRows | None) -> Value:
        value = self.values[one][name] if one in self.values else Unknown("file")
        if isinstance(value, Unknown) and rows is not None:
            return rows.value(one, name)
        return value

    def _row_differences(self, rows: _RollupRows, told: str) -> Iterator[FigureDifference]:
        yield from (
            FigureDifference(told, _ROWS, "", "", "", one.told) for one in self.added if one not in rows
        )
        for file in rows.strangers(self.added):
            yield FigureDifference(told, _ROWS, "", "", file, "")
        for one, values in self.values.items():
            if one not in rows:
                continue
            for name, expected in values.items():
                found = rows.value(one, name)
                if isinstance(expected, Unknown) or (found is None and expected is None):
                    continue
                if isinstance(found, Unknown) or found is None or expected is None or found != expected:
                    yield self._difference(one.told, _ROWS, rows.address(one, name), name, found, expected)

    def _total_differences(
        self, book: LabelledWorkbook | None, results: LabelledWorkbook, sums: Mapping[str, Value], told: str
    ) -> Iterator[FigureDifference]:
        places = (book or results).places(self.form)
        for name in self.form.added:
            place, expected = places[name], sums[name]
            if isinstance(place, Unknown):
                yield self._difference(told, "", "", name, place, expected)
                continue
            address = results.address(*place)
            found = [value_of(results.content(*place))] + ([book.value(*place)] if book else [])
            wrong = [value for value in found if not _is_equal(value, expected)]
            if wrong:
                yield self._difference(told, place[0], address, name, wrong[0], expected)

    def _difference(
        self, file: str, sheet: str, address: str, name: str, found: Value, expected: Value
    ) -> FigureDifference:
        return FigureDifference(file, sheet, address, name, shown(found), shown(expected))


def _is_equal(found: Value, expected: Value) -> bool:
    if isinstance(found, Unknown) or isinstance(expected, Unknown):
        return False
    return is_same(found or NOTHING, expected or NOTHING)


def _sum_of(inputs: Mapping[str, Value], parts: Mapping[str, int]) -> Value:
    total = NOTHING
    for name, times in parts.items():
        value = inputs[name]
        if isinstance(value, Unknown):
            return value
        total += times * (value or NOTHING)
    return total


def _values_of(one: AddedFile, form: FormFigures) -> dict[str, Value] | Unknown:
    """The inputs of a return, or why there is no second reader for it."""
    content = _content_of(one)
    if isinstance(content, Unknown):
        return content
    if not zipfile.is_zipfile(io.BytesIO(content)) or _is_word(content):
        found = printed_values(content, form)
        return found if isinstance(found, Unknown) else {name: found[name] for name in form.inputs}
    try:
        book = LabelledWorkbook(io.BytesIO(content))
    except Exception:  # noqa: BLE001  openpyxl raises many kinds for what it cannot open
        return Unknown("not-opened")
    return input_values(book, form)


def _is_word(content: bytes) -> bool:
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        return "word/document.xml" in package.namelist()


def _content_of(one: AddedFile) -> bytes | Unknown:
    """The bytes of the file with that hash: the file itself, or the member of an archive."""
    content = one.path.read_bytes()
    if hashlib.sha256(content).hexdigest() == one.sha256:
        return content
    if zipfile.is_zipfile(io.BytesIO(content)):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for member in archive.infolist():
                if member.file_size <= _LARGEST and not member.flag_bits & 1:
                    inner = archive.read(member)
                    if hashlib.sha256(inner).hexdigest() == one.sha256:
                        return inner
    return Unknown("changed")


class _RollupRows:
    """The rows of a roll-up: one for each file that was added, one column for each figure."""

    def __init__(self, book: LabelledWorkbook) -> None:
        self._book = book
        cells = {
            (cell.row, cell.column): cell.value
            for row in book.book[_ROWS].iter_rows()
            for cell in row
            if cell.value is not None
        }
        head = next(row for (row, _), content in sorted(cells.items()) if content == f"{_PREFIX}code")
        self._columns = {str(content): column for (row, column), content in cells.items() if row == head}
        self._rows = {
            self._key(cells, row): row
            for row in sorted({row for row, _ in cells if row > head})
            if (row, self._columns[f"{_PREFIX}code"]) in cells
        }

    def _key(self, cells: Mapping[GridPlace, Any], row: int) -> tuple[str, str, str]:
        sha256, district, code = (
            str(cells.get((row, self._columns[f"{_PREFIX}{key}"]), ""))
            for key in ("sha256", "district", "code")
        )
        return sha256, district, code

    def __contains__(self, one: AddedFile) -> bool:
        return (one.sha256, one.district, one.code) in self._rows

    def strangers(self, added: Iterable[AddedFile]) -> list[str]:
        """The hashes of rows that belong to no file that was added."""
        known = {(one.sha256, one.district, one.code) for one in added}
        return [
            f"{code} {sha256[:12]}"
            for sha256, district, code in self._rows
            if (sha256, district, code) not in known
        ]

    def value(self, one: AddedFile, name: str) -> Value:
        """The figure in the row of that file."""
        if one not in self:
            return Unknown("not-found")
        return self._book.value(_ROWS, self._place(one, name))

    def address(self, one: AddedFile, name: str) -> str:
        """Where it stands."""
        return self._book.address(_ROWS, self._place(one, name))

    def _place(self, one: AddedFile, name: str) -> GridPlace:
        return self._rows[one.sha256, one.district, one.code], self._columns[name]
