"""Measures the time to read a collection, as a ratio to a floor timed in the same round: ``make bench``.

The returns are like those in ``samples``, each with its own figures, blanks and prose, some with words among the
figures. One third is as issued and filled in, one third has the identifiers that Excel writes into each file it saves
(they are imitated), one third was saved by LibreOffice, if it is installed.

The floor is to unzip the parts with facts and parse them by expat without handlers. The others are openpyxl, which needs
two loads for the same facts (one for formulas, names, protection and validations, one for stored results), and, if
installed, pandas with the calamine engine, which only reads values.
"""

from __future__ import annotations

import argparse
import importlib.util
import io
import platform
import re
import shutil
import statistics
import sys
import time
import uuid
import zipfile
from collections.abc import Callable
from pathlib import Path
from xml.parsers import expat

import openpyxl

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "samples"), str(ROOT / "tests")]

import clerk  # noqa: E402
import make  # noqa: E402

import office  # noqa: E402
from xltools.checking.checks import verify  # noqa: E402
from xltools.data.filing import Stamp  # noqa: E402
from xltools.data.period import Period  # noqa: E402
from xltools.data.record import Agency  # noqa: E402
from xltools.excel.package import patched  # noqa: E402
from xltools.excel.reader import read_package  # noqa: E402
from xltools.excel.scan import scan  # noqa: E402
from xltools.excel.writer import write_return  # noqa: E402

UNREAD = ("xl/theme/", "[Content_Types]", "docProps/core")  # parts in which no reader here looks
SLOW = 10  # a slow method is given every tenth file


# -- the collection


def collection(size: int) -> list[bytes]:
    """Return *size* different returns; the same for each run except for those that LibreOffice saved."""
    packages = [_return(number) for number in range(size)]
    excel, libreoffice = range(1, size, 3), range(2, size, 3)
    for number in excel:
        packages[number] = _with_marks_of_excel(packages[number], number)
    if office.SOFFICE:
        saved = office.resaved({str(number): packages[number] for number in libreoffice})
        for number in libreoffice:
            packages[number] = saved[str(number)]
    return packages


def _return(number: int) -> bytes:
    code, name = f"{number + 1:03}", f"青禾区第{number + 1}号单位"
    figures = make.figures(code)
    prose = make.prose(name, code, figures, make.YEAR)
    typed = {
        cell: value
        for place, (cell, value) in enumerate(figures.items())
        if value or (place * 7 + number) % 4
    }
    stamp = Stamp(make.FORM.key, make.FORM.edition, Period(make.YEAR), Agency(make.DISTRICT, code, name))
    package = write_return(make.FORM, stamp, typed, prose)
    if number % 8 == 0:
        words: dict[str, clerk.Content] = {"D8": "12件", "E12": "无", "F13": f"约{number}", "J9": number}
        package = clerk.edited(package, "三、依申请公开", words)
    return package


def _with_marks_of_excel(package: bytes, number: int) -> bytes:
    """Add the identifiers of file and sheets, the path, and the place of the cursor, as Excel does."""

    def own() -> str:
        return f"{{{uuid.uuid5(uuid.NAMESPACE_OID, str(number))}}}".upper()

    def book(part: bytes) -> bytes:
        place = f'<x15ac:absPath url="C:\\Users\\u{number}\\" xmlns:x15ac="urn:x15ac"/>'
        mark = f'<xr:revisionPtr xmlns:xr="urn:xr" revIDLastSave="0" documentId="8_{own()}"/>'
        return part.replace(b"<workbookPr", f"{place}{mark}<workbookPr".encode(), 1)

    def sheet(part: bytes) -> bytes:
        cell = f'activeCell="D{number % 20 + 3}" sqref="D{number % 20 + 3}"'.encode()
        part = re.sub(rb'<selection([^>]*?)(?: activeCell="[^>]*)?/>', rb"<selection\1 " + cell + b"/>", part)
        return part.replace(b"<worksheet ", f'<worksheet xmlns:xr="urn:xr" xr:uid="{own()}" '.encode(), 1)

    with zipfile.ZipFile(io.BytesIO(package)) as file:
        sheets = [name for name in file.namelist() if name.startswith("xl/worksheets/sheet")]
    return patched(package, {"xl/workbook.xml": book, **dict.fromkeys(sheets, sheet)})


# -- the methods


def floor(data: bytes) -> None:
    """Unzip and parse the parts with facts, without handlers."""
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        for name in package.namelist():
            if not name.startswith(UNREAD):
                expat.ParserCreate().Parse(package.read(name), True)


def with_openpyxl(data: bytes) -> None:
    """Load the workbook twice, for formulas and for stored results."""
    openpyxl.load_workbook(io.BytesIO(data))
    openpyxl.load_workbook(io.BytesIO(data), data_only=True)


def with_pandas(data: bytes) -> None:
    """Read the values of all sheets."""
    import pandas as pd  # noqa: PLC0415  it need not be there

    pd.read_excel(io.BytesIO(data), sheet_name=None, header=None, engine="calamine")


Method = Callable[[bytes], object]
FLOOR = "floor: unzip + expat, no handlers"
SCAN, READ = "xltools: scan (all facts)", "xltools: read"
VERIFY = "xltools: read + verify, prose included"
OPENPYXL = "openpyxl: the same facts, two loads"
PANDAS = "pandas with calamine: values only"
METHODS: dict[str, Method] = {
    FLOOR: floor,
    SCAN: scan,
    READ: lambda data: read_package(data, "001.xlsx"),
    VERIFY: lambda data: verify(read_package(data, "001.xlsx")),
}
if importlib.util.find_spec("pandas") and importlib.util.find_spec("python_calamine"):
    METHODS[PANDAS] = with_pandas
METHODS[OPENPYXL] = with_openpyxl


# -- measuring


def once(method: Method, packages: list[bytes]) -> float:
    """Return the seconds that *method* takes for all *packages*."""
    started = time.perf_counter()
    for data in packages:
        method(data)
    return time.perf_counter() - started


def measure(packages: list[bytes], rounds: int) -> dict[str, list[float]]:
    """Return the ratios of each method to the floor over the same files, one for each round."""
    some = packages[::SLOW]
    found: dict[str, list[float]] = {name: [] for name in METHODS}
    for _ in range(rounds):
        base, base_of_some = once(floor, packages), once(floor, some)
        for name, method in METHODS.items():
            slow = name == OPENPYXL
            found[name].append(once(method, some if slow else packages) / (base_of_some if slow else base))
    return found


def report(found: dict[str, list[float]]) -> str:
    """Return a table of medians with their ranges."""
    lines = ["| method | x floor (range) |", "|---|---|"]
    for name, ratios in found.items():
        lines.append(f"| {name} | {statistics.median(ratios):.2f} ({min(ratios):.2f}-{max(ratios):.2f}) |")
    return "\n".join(lines)


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()
    packages = collection(arguments.files)
    found = measure(packages, arguments.rounds)
    print(report(found))
    machine = f"{platform.machine()}, Python {platform.python_version()}, openpyxl {openpyxl.__version__}"
    saved = "a third saved by LibreOffice" if shutil.which("soffice") else "none saved by LibreOffice"
    print(f"\n{len(packages)} files, {saved}; {arguments.rounds} rounds; {machine}")


if __name__ == "__main__":
    main()
