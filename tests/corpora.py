"""Compares the scanner with openpyxl and python-calamine, place by place, on a folder of workbooks of other projects.

``python tests/corpora.py FOLDER`` reads every workbook in FOLDER, whose first folders are the projects, and prints what
differed, by kind, with who is right. Nothing is fetched.

Every file must end in a reading or a finding within the limits of time and memory; of those that both read, every value
and every formula is compared. The kinds in ``KINDS`` were looked into; what belongs to none of them is printed.
"""

from __future__ import annotations

import argparse
import ast
import datetime as dt
import hashlib
import io
import multiprocessing
import signal
import sys
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "src")]

from xltools.data.finding import SEVERITY  # noqa: E402
from xltools.excel.opening import facts_of  # noqa: E402
from xltools.excel.reader import read_package  # noqa: E402
from xltools.excel.scan import Fact, Facts, ScanError, SheetFacts  # noqa: E402
from xltools.form.address import a1  # noqa: E402
from xltools.office.parsing import unescaped  # noqa: E402
from xltools.text import message  # noqa: E402

SECONDS, OTHERS_SECONDS = 5, 60
SUFFIXES = {".xlsx", ".xlsm", ".xltx", ".xltm", ".xlam", ".xls", ".xlsb", ".ods", ".et"}


class Difference(NamedTuple):
    """A place where another reader sees something else; ``aspect`` is value, formula or sheet."""

    file: str
    reader: str
    aspect: str
    place: str
    ours: str
    theirs: str
    covered: bool = False  # by a merged cell
    linked: bool = False


# Who is right about each kind of difference, and how it is recognised.
KINDS: dict[str, Callable[[Difference], bool]] = {
    "ours: openpyxl finds no sheet in strict OOXML": lambda d: d.aspect == "sheet",
    "ours: calamine returns no error values": lambda d: d.ours.startswith("e ") and d.theirs == "None",
    "ours: openpyxl drops what stands beneath a merged cell": lambda d: d.covered and d.theirs == "None",
    "ours: openpyxl shows the target of a link in an empty cell": lambda d: d.linked and d.ours == "None",
    "ours: openpyxl takes a number with a date format that is no date for an error": lambda d: (
        d.ours.startswith("n ") and d.theirs == "'#VALUE!'"
    ),
    "ours: openpyxl returns nothing of a workbook of a beta of Excel 2007": lambda d: (
        "beta2" in d.file and d.theirs == "None"
    ),
    "ours: calamine takes a number below 0 with the format of a time for 0:00": lambda d: (
        d.ours.startswith("n -") and d.theirs == "datetime.time(0, 0)"
    ),
    "ours: the other readers pass over the text of a formula as inlineStr": lambda d: (
        "52575_main" in d.file and d.theirs == "None"
    ),
    "ours: openpyxl passes over a text in an element of mc:ProcessContent": lambda d: "MCExecl" in d.file,
    "no one: a control character, which XML forbids": lambda d: "\ufffd" in d.ours,
    "ours: another reader leaves escapes, or resolves them twice": lambda d: "_x" in d.ours + d.theirs,
    "theirs: spaces at the ends of a text without xml:space, which a figure and a label ignore": lambda d: (
        d.ours.startswith("s ") and _letters(d.ours[2:]) == _letters(ast.literal_eval(d.theirs))
    ),
}


def _letters(text: str | None) -> str:
    return "".join((text or "").split())


def kind_of(difference: Difference) -> str:
    """Return the first kind that the difference is of, or ""."""
    return next((name for name, is_of in KINDS.items() if is_of(difference)), "")


class Outcome(NamedTuple):
    """What became of one file."""

    file: str
    code: str  # of the finding that refuses it, or ""
    seconds: float
    fault: str  # what must not happen
    compared: dict[str, int]  # places, by reader and aspect
    refused: dict[str, str]  # why another reader did not read it
    differences: list[Difference]


class TooLateError(Exception):
    """Another reader takes too long."""


def _ring(*_: object) -> None:
    raise TooLateError


def outcome(argument: tuple[str, str]) -> Outcome:
    """Read one file with all readers and compare them."""
    path, name = argument
    data = Path(path).read_bytes()
    compared: dict[str, int] = {}
    refused: dict[str, str] = {}
    found: list[Difference] = []
    started = time.process_time()
    try:
        filing = read_package(data, name)
        seconds = time.process_time() - started
        codes = {finding.code for finding in filing.findings}
        fault = "" if filing.record is not None or codes else "neither a reading nor a finding"
        fault = fault or ("an unknown code" if not codes <= set(SEVERITY) else "")
        for finding in filing.findings:
            message(finding, "zh").encode("utf-8")
    except Exception as error:  # noqa: BLE001  that is what is looked for
        return Outcome(name, "", time.process_time() - started, repr(error), compared, refused, found)
    if seconds > SECONDS:
        fault = f"{seconds:.1f} s"
    try:
        facts = facts_of(data)
    except ScanError as error:
        return Outcome(name, f"{error.code}: {error.reason}", seconds, fault, compared, refused, found)
    signal.signal(signal.SIGALRM, _ring)
    for reader, look in (("openpyxl", _openpyxl), ("calamine", _calamine)):
        signal.alarm(OTHERS_SECONDS)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                pairs = list(look(data, facts))
        except BaseException as error:  # noqa: BLE001  they raise whatever they like
            refused[reader] = f"{type(error).__name__}: {error}"[:120]
            continue
        finally:
            signal.alarm(0)
        for aspect, places, differing in pairs:
            compared[f"{reader} {aspect}"] = compared.get(f"{reader} {aspect}", 0) + places
            found += (Difference(name, reader, aspect, *one) for one in differing)
    return Outcome(name, "", seconds, fault, compared, refused, found)


def _openpyxl(data: bytes, facts: Facts) -> Iterator[Compared]:
    import openpyxl
    from openpyxl.worksheet.formula import ArrayFormula, DataTableFormula

    if facts.old_format:
        return
    results = openpyxl.load_workbook(io.BytesIO(data), data_only=True)
    formulas = openpyxl.load_workbook(io.BytesIO(data))
    for sheet in facts.sheets:
        if sheet.name not in results.sheetnames:
            yield "sheet", 0, [(sheet.name, "there", "missing", False, False)]
            continue
        values = results[sheet.name]
        merged = [area.bounds for area in values.merged_cells.ranges]
        cells = {(row - 1, column - 1): cell for (row, column), cell in values._cells.items()}
        about = _About(merged, {place for place, cell in cells.items() if cell.hyperlink is not None})
        theirs = {place: cell.value for place, cell in cells.items() if cell.value is not None}
        yield "value", *_values(sheet, theirs, results.epoch, about)
        written = {}
        for (row, column), cell in formulas[sheet.name]._cells.items():
            text = cell.value
            if isinstance(text, ArrayFormula):
                text = text.text
            elif isinstance(text, DataTableFormula):
                text = "=TABLE()"
            if cell.data_type == "f" and text != "=":  # an empty formula is none
                written[row - 1, column - 1] = str(text)[1:]
        ours = {place: fact.formula for place, fact in sheet.cells.items() if fact.formula}
        differing = [
            (f"{sheet.name}!{a1(*place)}", str(ours.get(place)), str(written.get(place)), *about.of(place))
            for place in sorted(ours.keys() | written.keys())
            if ours.get(place) != written.get(place) and not ours.get(place, "").startswith("TABLE(")
        ]
        yield "formula", len(ours.keys() | written.keys()), differing


class _About(NamedTuple):
    """The merged ranges of a sheet, and the places of links."""

    merged: list[tuple[int, int, int, int]]
    linked: set[tuple[int, int]]

    def of(self, place: tuple[int, int]) -> tuple[bool, bool]:
        row, column = place[0] + 1, place[1] + 1
        covered = any(
            left <= column <= right and top <= row <= bottom and (left, top) != (column, row)
            for left, top, right, bottom in self.merged
        )
        return covered, place in self.linked


def _calamine(data: bytes, facts: Facts) -> Iterator[Compared]:
    import python_calamine

    if facts.old_format:
        return  # it is read with the same library
    book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
    epoch = dt.datetime(1904, 1, 1) if facts.epoch_1904 else dt.datetime(1899, 12, 30)  # noqa: DTZ001
    for sheet in facts.sheets:
        table = book.get_sheet_by_name(sheet.name)
        first_row, first_column = table.start or (0, 0)
        theirs = {
            (row, column): value
            for row, values in enumerate(table.to_python(skip_empty_area=True), first_row)
            for column, value in enumerate(values, first_column)
            if value != ""
        }
        yield "value", *_values(sheet, theirs, epoch, _About([], set()))


Places = dict[tuple[int, int], Any]
Differing = tuple[str, str, str, bool, bool]
Compared = tuple[str, int, list[Differing]]


def _values(
    sheet: SheetFacts, theirs: Places, epoch: dt.datetime, about: _About
) -> tuple[int, list[Differing]]:
    ours = {place: fact for place, fact in sheet.cells.items() if fact.text not in {None, ""}}
    differing = []
    for place in sorted(ours.keys() | theirs.keys()):
        fact, value = ours.get(place), theirs.get(place)
        if not _same(fact, value, epoch):
            text = str(fact and f"{fact.type} {fact.text}")
            differing.append((f"{sheet.name}!{a1(*place)}", text, repr(value), *about.of(place)))
    return len(ours.keys() | theirs.keys()), differing


def _same(fact: Fact | None, value: Any, epoch: dt.datetime) -> bool:
    if fact is None or value is None:
        return fact is None and value in {None, ""}
    text = fact.text or ""
    if isinstance(value, bool):
        return fact.type == "b" and text in ({"1", "true"} if value else {"0", "false"})
    if isinstance(value, dt.date | dt.time | dt.timedelta):
        return fact.type == "d" or (fact.type == "n" and _same_day(float(text), value, epoch))
    if isinstance(value, int | float):
        return fact.type == "n" and value in {float(text), Decimal(text)}
    return fact.type in {"s", "e", "d"} and text in {value, unescaped(str(value))}


_ROUNDED = 2e-5  # days; the other readers round to seconds or milliseconds


def _same_day(serial: float, value: Any, epoch: dt.datetime) -> bool:
    if isinstance(value, dt.time):
        value, serial = dt.datetime.combine(epoch, value) - epoch, serial % 1
    elif isinstance(value, dt.date):
        value = dt.datetime.combine(value, getattr(value, "time", dt.time)()) - epoch
    days = value / dt.timedelta(days=1)
    leap = 1 if epoch.year < 1900 and serial < 60 else 0  # 29 February 1900, which Excel counts
    return min(abs(days - serial), abs(days - leap - serial)) % 1 < _ROUNDED


def files_in(folder: Path) -> list[Path]:
    """Return the workbooks in *folder*, the smallest first; of files with the same content, one."""
    found: dict[bytes, Path] = {}
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in SUFFIXES and path.is_file():
            found.setdefault(hashlib.sha256(path.read_bytes()).digest(), path)
    return sorted(found.values(), key=lambda path: path.stat().st_size)


def report(outcomes: list[Outcome]) -> Iterator[str]:
    """Yield the lines of the report."""
    projects = {outcome.file.partition("/")[0] for outcome in outcomes}
    codes = Counter(outcome.code.partition(":")[0] or "read" for outcome in outcomes)
    yield f"{len(projects)} projects, {len(outcomes)} files, the slowest {max(o.seconds for o in outcomes):.1f} s"
    yield from (f"{count:8,} {code}" for code, count in codes.most_common())
    yield from (f"FAULT {outcome.file}: {outcome.fault}" for outcome in outcomes if outcome.fault)
    places = Counter()
    for outcome in outcomes:
        places.update(outcome.compared)
    yield from (f"{count:10,} places: {name}" for name, count in places.items())
    refused = Counter(reader for outcome in outcomes for reader in outcome.refused)
    yield from (f"{count:8,} files that {reader} does not read" for reader, count in refused.items())
    kinds: dict[str, list[Difference]] = {}
    for outcome in outcomes:
        for difference in outcome.differences:
            kinds.setdefault(kind_of(difference), []).append(difference)
    for kind, found in sorted(kinds.items(), key=lambda item: -len(item[1])):
        files = {difference.file for difference in found}
        yield f"{len(found):8,} in {len(files)} files: {kind or 'not looked into'}"
        yield from (f"         {difference}" for difference in found if not kind)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--processes", type=int, default=2)
    arguments = parser.parse_args()
    files = [
        (str(path), path.relative_to(arguments.folder).as_posix()) for path in files_in(arguments.folder)
    ]
    with multiprocessing.get_context("spawn").Pool(arguments.processes) as pool:
        outcomes = list(pool.imap_unordered(outcome, files, chunksize=5))
    lines = list(report(outcomes))
    print(*lines, sep="\n")
    return any("FAULT" in line or "not looked into" in line for line in lines)


if __name__ == "__main__":
    sys.exit(main())
