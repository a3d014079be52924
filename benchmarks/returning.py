"""Verifying 80 returns with findings and writing every report, compared with loading the files once: ``make bench``.

The reports are a marked workbook and a text for each agency, and the page, the workbook and the JSON of all findings.
The peer calls openpyxl's ``load_workbook`` once for each of the 80 files.
"""

from __future__ import annotations

import argparse
import io
import platform
import statistics
import sys
import time
from decimal import Decimal
from pathlib import Path

import openpyxl

ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT / "samples"))

import clerk  # noqa: E402

from xltools.checking.collection import examine  # noqa: E402
from xltools.data.filing import Stamp  # noqa: E402
from xltools.data.period import Period  # noqa: E402
from xltools.data.record import Agency  # noqa: E402
from xltools.excel.reader import read, read_package  # noqa: E402
from xltools.excel.writer import write_return  # noqa: E402
from xltools.form.library import find  # noqa: E402
from xltools.report import data as report_data  # noqa: E402
from xltools.report.html import page_html  # noqa: E402
from xltools.report.slip import returned  # noqa: E402
from xltools.report.workbook import findings_workbook  # noqa: E402

AGENCIES = 80
# Errors of clerks, in turn: a total typed over, a text, blanks, a negative number, a note in a cell.
SPOILT: tuple[dict[str, clerk.Content], ...] = (
    {"J6": 0, "D8": "12件", "E8": None, "F8": None, "G8": None},
    {"D6": 999, "J28": 7, "E9": "约100"},
    {"D7": None, "E7": None, "F7": None, "D10": -2, "J12": 4},
    {"J28": 0, "D12": "无", "E12": "/", "F13": "22（其中修订16件）"},
)


def filled() -> list[bytes]:
    """Return 80 workbooks with errors and warnings, made from the samples under other codes."""
    form = find("xxgk-2021")
    sources = [read(path) for path in sorted((ROOT / "samples" / "clean").glob("*.xlsx"))]
    packages = []
    for index in range(AGENCIES):
        source = sources[index % len(sources)]
        assert source.record is not None  # noqa: S101  the samples are sound
        values = {name: value + Decimal(index) for name, value in source.record.values.items()}
        stamp = Stamp(
            form.key, form.edition, Period(2024), Agency("青禾区", f"{index + 1:03}", f"单位{index + 1}")
        )
        package = write_return(form, stamp, values, source.prose)
        packages.append(clerk.edited(package, "三、依申请公开", SPOILT[index % len(SPOILT)]))
    return packages


def ours(packages: list[bytes]) -> int:
    """Read, verify, mark, and write every report; return the number of returns with findings."""
    filings = [read_package(package, f"{n:03}.xlsx") for n, package in enumerate(packages, 1)]
    collection = examine(filings, None, Period(2024))
    back = 0
    for one, package in zip(collection.examined, packages, strict=True):
        if found := returned(one):
            found.workbook(package)
            found.text()
            back += 1
    page_html(collection, "zh")
    findings_workbook(collection, "zh")
    report_data.json_text(report_data.collection_object(collection, "zh"), "utf-8")
    return back


def theirs(packages: list[bytes]) -> None:
    """Load each file once."""
    for package in packages:
        openpyxl.load_workbook(io.BytesIO(package))


def main(rounds: int) -> None:
    """Print the ratio."""
    packages = filled()
    if ours(packages[:4]) != len(packages[:4]):
        sys.exit("each of them should have findings")
    ratios, seconds = [], []
    for _ in range(rounds):
        started = time.perf_counter()
        ours(packages)
        between = time.perf_counter()
        theirs(packages)
        seconds.append(between - started)
        ratios.append((between - started) / (time.perf_counter() - between))
    ratio = statistics.median(ratios)
    print("| method | ÷ openpyxl loads 80 files once (range) |\n|---|---|")
    print(
        f"| xltools: verify 80, all slips and reports | {ratio:.2f} ({min(ratios):.2f}-{max(ratios):.2f}) |"
    )
    machine = f"{platform.machine()}, Python {platform.python_version()}, openpyxl {openpyxl.__version__}"
    print(f"\n{rounds} rounds, {statistics.median(seconds):.2f} s; {machine}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    main(parser.parse_args().rounds)
