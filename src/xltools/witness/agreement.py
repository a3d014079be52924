"""Reads the returns again, adds them up, and compares a roll-up or a published document with the sums."""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from xltools.witness.containers import contents
from xltools.witness.document import printed_values
from xltools.witness.form import WEIGHED, FormFigures
from xltools.witness.given import UNCHECKED, GivenTexts, given_value, stamped
from xltools.witness.labels import GridPlace
from xltools.witness.value import NOTHING, Unknown, Value, is_same, shown, value_of
from xltools.witness.workbook import LabelledWorkbook, figure_values

MOST = 2000  # files that are read; of larger collections, a sample of this size
_ROWS = "各单位数据"
_PREFIX = "xltools."
_HASH = re.compile(r"[0-9a-f]{64}")


class AddedFile(NamedTuple):
    """A file that the roll-up includes, with the district and the code of its agency.

    ``path`` is the file or the archive that contains it; ``shown_path`` is the path to print in messages. ``given`` are
    the figures of the issuer that count whatever the file holds, as the program has them, and ``left`` are figures over
    lists of which it took other lines.
    """

    path: Path
    sha256: str
    district: str
    code: str
    shown_path: str
    given: tuple[tuple[str, Decimal | None], ...] = ()
    left: tuple[str, ...] = ()
    agency: str = ""
    period: str = ""

    @property
    def key(self) -> tuple[str, str, str]:
        """The contents that identify the row of the file in a roll-up."""
        return self.sha256, self.district, self.code


class FigureDifference(NamedTuple):
    """A figure on which the readers disagree: ``found`` is in the file, ``expected`` is from the second reader."""

    file: str
    sheet: str
    address: str
    figure: str
    found: str
    expected: str


class Undecided(NamedTuple):
    """A figure that could not be read a second time; if ``figure`` is empty, the whole file."""

    file: str
    figure: str
    reason: str


class Verdict(NamedTuple):
    """The result: how many of the ``figures`` agree, and how many of the ``files`` were read completely.

    ``of`` is the number of files in the roll-up; if it is larger than ``files``, only a sample was read.
    """

    agreed: int
    figures: int
    read: int
    files: int
    of: int
    undecided: tuple[Undecided, ...] = ()
    differences: tuple[FigureDifference, ...] = ()


class Returns:
    """The figures of every return in a roll-up, as the second reader found them."""

    def __init__(
        self,
        form: str,
        added: Sequence[AddedFile],
        *,
        is_single: bool = False,
        given: GivenTexts | None = None,
    ) -> None:
        """Read the files *added*, or the 2,000 with the lowest hashes. *form* is the TOML text of the form.

        With *is_single*, the one file is a return that is published itself, with figures that cannot be added. *given* is
        what the file of the issuer says; without it, what the workbooks were issued with is compared with the program.
        """
        self._given = given
        self._stamped: dict[AddedFile, Mapping[str, str]] = {}
        self.form, self.added, self.is_single = FormFigures(form), added, is_single
        self.sample = sorted(added, key=lambda one: one.sha256)[:MOST]
        self.values: dict[AddedFile, Mapping[str, Value]] = {}
        self.undecided: list[Undecided] = []
        self._members: dict[Path, dict[str, bytes]] = {}
        for one in self.sample:
            self._read(one)

    def _read(self, one: AddedFile) -> None:
        try:
            values = self._values_of(one)
            if (one.given or one.left) and not isinstance(values, Unknown):
                own = {name: value for name, value in values.items() if not name.endswith(WEIGHED)}
                own |= {name: self._given_value(one, name, value) for name, value in one.given}
                values = self.form.with_products(own | dict.fromkeys(one.left, UNCHECKED))
        except OSError:
            values = Unknown("changed")
        except Exception:  # noqa: BLE001  openpyxl and zipfile raise many kinds; one file stops no other
            values = Unknown("not-opened")
        if isinstance(values, Unknown):
            self.undecided.append(Undecided(one.shown_path, "", values.reason))
            return
        self.values[one] = values
        self.undecided += [
            Undecided(one.shown_path, name, value.reason)
            for name, value in values.items()
            if isinstance(value, Unknown) and not name.endswith(WEIGHED)
        ]

    def _values_of(self, one: AddedFile) -> Mapping[str, Value] | Unknown:
        """Return the figures of a return, or the reason why it cannot be read."""
        content = self._content_of(one)
        if isinstance(content, Unknown):
            return content
        if not zipfile.is_zipfile(io.BytesIO(content)) or _is_word(content):
            values = printed_values(content, self.form)
            return values if isinstance(values, Unknown) else self.form.with_products(values)
        book = LabelledWorkbook(io.BytesIO(content))
        place = book.named.get("xltools.given")
        self._stamped[one] = stamped(str(book.content(*place) or ""), self.form) if place else {}
        return figure_values(book, self.form)

    def _given_value(self, one: AddedFile, name: str, known: Decimal | None) -> Value:
        """Return a figure of the issuer from its file, or as the workbook was issued; unknown if neither tells it."""
        key = self.form.fields[name].field if name in self.form.fields else name
        keys = ((one.period, who, key) for who in (one.code, one.agency))
        found = next((self._given[key] for key in keys if key in self._given), None) if self._given else None
        value = given_value(self.form, name, self._stamped.get(one, {}).get(key) if found is None else found)
        is_known = found is not None or value == (None if known is None else Fraction(known))
        return value if is_known else UNCHECKED

    def _content_of(self, one: AddedFile) -> bytes | Unknown:
        """Return the content with the recorded hash: that of the file, or of a member of the archive or the mail."""
        if one.path not in self._members:
            content = one.path.read_bytes()
            if hashlib.sha256(content).hexdigest() == one.sha256:
                return content
            wanted = {added.sha256 for added in self.sample if added.path == one.path}
            self._members[one.path] = contents(content, wanted)
        return self._members[one.path].get(one.sha256, Unknown("changed"))

    def verdict(
        self, differences: Iterable[FigureDifference] = (), more: Iterable[Undecided] = ()
    ) -> Verdict:
        """Return how far the readers agree, given the *differences* and *more* undecided figures."""
        differences, undecided = tuple(differences), (*self.undecided, *more)
        wrong = {difference.figure for difference in differences}
        figures = self.figures
        # A difference without a figure is about a file or a row as a whole: then no figure is known to agree.
        is_whole = len(self.values) == len(self.added) and "" not in wrong | {one.figure for one in undecided}
        unknown = {one.figure for one in undecided}
        decided = [name for name in figures if is_whole and not unknown & {name, *self.form.reach(name)}]
        agreed = sum(name not in wrong for name in decided)
        read = len(self.values) - len({one.file for one in self.undecided if one.figure})
        return Verdict(agreed, len(figures), read, len(self.sample), len(self.added), undecided, differences)

    @property
    def figures(self) -> Sequence[str]:
        """The figures that are compared: for one return all, for several only those that can be added."""
        return tuple(self.form.figures) if self.is_single else self.form.added

    def rollup_differences(self, content: bytes, file: str) -> Iterator[FigureDifference]:
        """Yield the differences between the roll-up in *content*, a file called *file*, and the sums.

        Each row is compared with its file. Each figure of the report's tables is compared twice: the value of its
        formula, evaluated from the rows, and the result that is stored with it.
        """
        book, results = (
            LabelledWorkbook(io.BytesIO(content)),
            LabelledWorkbook(io.BytesIO(content), results=True),
        )
        rows = _RollupRows(book)
        yield from self._row_differences(rows, file)
        yield from self._total_differences(book, results, self._sums(rows), file)

    def result_differences(self, content: bytes, file: str) -> Iterator[FigureDifference]:
        """Yield differences between the stored results of a recalculated roll-up and the sums of its rows."""
        results = LabelledWorkbook(io.BytesIO(content), results=True)
        yield from self._total_differences(None, results, self._sums(_RollupRows(results)), file)

    def document_differences(
        self,
        content: bytes,
        file: str,
        rollup: bytes | None = None,
        scales: Mapping[str, tuple[Fraction, Fraction]] = MappingProxyType({}),
    ) -> Iterator[FigureDifference | Undecided]:
        """Yield the differences between a published document, which must print every figure, and the sums.

        For a return that cannot be read, its row in *rollup* is used. A document of a kind that cannot be read gives one
        :class:`Undecided`. A figure of *scales* is printed in another unit, of which each is so much, and rounded: it may
        be off by less than the second number.
        """
        found = printed_values(content, self.form)
        if isinstance(found, Unknown):
            yield Undecided(file, "", found.reason)
            return
        sums = self._sums(_RollupRows(LabelledWorkbook(io.BytesIO(rollup))) if rollup else None)
        for name in self.figures:
            value, expected = found[name], sums[name]
            if name in scales and isinstance(value, Fraction) and isinstance(expected, Fraction | None):
                one, step = scales[name]
                if abs(value * one - (expected or NOTHING)) < step:
                    continue
            if isinstance(expected, Unknown):
                continue
            if self._is_left_out(name, value) or not self.form.is_right(name, value, expected):
                yield _difference(file, "", "", name, value, expected)

    def _is_left_out(self, name: str, printed: Value) -> bool:
        """Return whether a document prints nothing, or a dash, where a figure belongs, which may be 0.

        Only ratios have no value, and agencies of which not everything is asked.
        """
        may_be_blank = self.form.figures[name].division or (
            self.is_single and self.form.elsewhere(frozenset())
        )
        return printed is None and not may_be_blank

    def _sums(self, rows: _RollupRows | None) -> dict[str, Value]:
        """Return the sum of each figure; for a file that cannot be read, its row in the roll-up is used."""
        inputs: dict[str, Value] = {}
        for name in (*self.form.inputs, *(mean + WEIGHED for mean in self.form.means)):
            parts = [self._part(one, name, rows) for one in self.added]
            unknown = next((part for part in parts if isinstance(part, Unknown)), None)
            total = sum((part for part in parts if part and not isinstance(part, Unknown)), NOTHING)
            inputs[name] = unknown or total
        return {name: self.form.value(inputs, name) for name in self.figures}

    def _part(self, one: AddedFile, name: str, rows: _RollupRows | None) -> Value:
        value = self.values[one][name] if one in self.values else Unknown("file")
        if isinstance(value, Unknown) and rows is not None:
            return rows.value(one, name)
        return value

    def _row_differences(self, rows: _RollupRows, file: str) -> Iterator[FigureDifference]:
        yield from (
            FigureDifference(file, _ROWS, "", "", "", one.shown_path) for one in self.added if one not in rows
        )
        for row in (*rows.unexpected(self.added), *rows.stray):
            yield FigureDifference(file, _ROWS, "", "", row, "")
        for one, values in self.values.items():
            if one not in rows:
                continue
            for name in (*self.form.inputs, *(mean + WEIGHED for mean in self.form.means)):
                expected = values[name]
                found = rows.value(one, name)
                if isinstance(expected, Unknown) or (found is None and expected is None):
                    continue
                if not _is_stored(name, found, expected):
                    yield _difference(one.shown_path, _ROWS, rows.address(one, name), name, found, expected)

    def _total_differences(
        self, book: LabelledWorkbook | None, results: LabelledWorkbook, sums: Mapping[str, Value], file: str
    ) -> Iterator[FigureDifference]:
        places = (book or results).places(self.form)
        for name in self.form.added:
            place, expected = places[name], sums[name]
            if isinstance(place, Unknown):
                yield _difference(file, "", "", name, place, expected)
                continue
            address = results.address(*place)
            found = [value_of(results.content(*place))] + ([book.value(*place)] if book else [])
            wrong = [value for value in found if not self.form.is_right(name, value, expected)]
            if wrong:
                yield _difference(file, place[0], address, name, wrong[0], expected)


def _difference(
    file: str, sheet: str, address: str, name: str, found: Value, expected: Value
) -> FigureDifference:
    return FigureDifference(file, sheet, address, name, shown(found), shown(expected))


def _is_stored(name: str, found: Value, expected: Value) -> bool:
    """Return whether a row has the figure of its file; a product has more digits than a workbook stores."""
    if not isinstance(found, Fraction) or not isinstance(expected, Fraction):
        return False
    return is_same(found, expected) if name.endswith(WEIGHED) else found == expected


def _is_word(content: bytes) -> bool:
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        return "word/document.xml" in package.namelist()


def _is_counted(content: Any) -> bool:
    """Return whether a cell has what a sum counts: a number or a formula."""
    return isinstance(content, int | float) or str(content).startswith("=")


class _RollupRows:
    """The rows of a roll-up: one row for each file, one column for each figure."""

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
        self._rows: dict[tuple[str, str, str], int] = {}
        self.stray: list[str] = []  # rows of a file that has one already, and rows without a file
        figures = {column for name, column in self._columns.items() if not name.startswith(_PREFIX)}
        for row in sorted({row for row, _ in cells if row > head}):
            key = self._key(cells, row)
            if not _HASH.fullmatch(key[0]) and not any(
                _is_counted(cells.get((row, column))) for column in figures
            ):
                continue  # title and heads are below the names
            if key in self._rows or not key[2]:
                self.stray.append(f"{key[2]} {key[0][:12]} ({_ROWS}!{row})")
            else:
                self._rows[key] = row

    def _key(self, cells: Mapping[GridPlace, Any], row: int) -> tuple[str, str, str]:
        sha256, district, code = (
            str(cells.get((row, self._columns[f"{_PREFIX}{key}"]), ""))
            for key in ("sha256", "district", "code")
        )
        return sha256, district, code

    def __contains__(self, one: AddedFile) -> bool:
        return one.key in self._rows

    def unexpected(self, added: Iterable[AddedFile]) -> list[str]:
        """Return code and hash of the rows that belong to none of the files *added*."""
        known = {one.key for one in added}
        return [
            f"{code} {sha256[:12]}"
            for sha256, district, code in self._rows
            if (sha256, district, code) not in known
        ]

    def value(self, one: AddedFile, name: str) -> Value:
        """Return the figure *name* in the row of a file."""
        if one not in self:
            return Unknown("not-found")
        return self._book.value(_ROWS, self._place(one, name))

    def address(self, one: AddedFile, name: str) -> str:
        """Return the address of the figure *name* in the row of a file."""
        return self._book.address(_ROWS, self._place(one, name))

    def _place(self, one: AddedFile, name: str) -> GridPlace:
        return self._rows[one.key], self._columns[name]
