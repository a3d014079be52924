"""Generating the blank workbooks of 80 agencies, stamped and built one by one: ``make bench``.

``xltools generate`` stamps them. With last year's figures each workbook is built.
"""

from __future__ import annotations

import argparse
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from decimal import Decimal
from importlib.metadata import version
from pathlib import Path

from xltools.collection.issuing import Issue, file_name
from xltools.data.period import Period
from xltools.data.roster import Entry
from xltools.excel.writer import write_return
from xltools.files import write_each
from xltools.form.library import find

AGENCIES, YEAR, DISTRICT = 80, 2024, "青禾区"
FORM = find("xxgk-2021")
ENTRIES = [Entry(f"{n:04}", f"青禾区第{n}人民医院（{n}&{n + 1}分院）", {}) for n in range(AGENCIES)]
LAST = FORM.complete({cell.name: Decimal(index * 7 % 50) for index, cell in enumerate(FORM.inputs)})


def stamped() -> list[bytes]:
    """Return all workbooks, stamped."""
    issue = Issue(FORM, Period(YEAR), DISTRICT)
    return [issue.workbook(entry) for entry in ENTRIES]


def built() -> list[bytes]:
    """Return all workbooks, each built."""
    issue = Issue(FORM, Period(YEAR), DISTRICT)
    return [write_return(FORM, issue.stamp(entry)) for entry in ENTRIES]


def with_last_year() -> list[bytes]:
    """Return all workbooks with last year's figures filled in and shown."""
    issue = Issue(
        FORM, Period(YEAR), DISTRICT, last=dict.fromkeys((one.code for one in ENTRIES), LAST), show_last=True
    )
    return [issue.workbook(entry) for entry in ENTRIES]


def to_disk() -> None:
    """Write all workbooks as ``generate`` does."""
    issue = Issue(FORM, Period(YEAR), DISTRICT)
    with tempfile.TemporaryDirectory() as folder:
        write_each(
            (Path(folder) / file_name(entry, Period(YEAR)), issue.workbook(entry)) for entry in ENTRIES
        )


METHODS: dict[str, Callable[[], object]] = {
    "stamped": stamped,
    "stamped and written to disk": to_disk,
    "built": built,
    "built with last year's figures": with_last_year,
}


def main(rounds: int) -> None:
    """Print the seconds."""
    if stamped() != built():
        sys.exit("stamped workbooks differ from built ones")
    print(f"| {AGENCIES} workbooks | seconds (range) |\n|---|---|")
    for name, work in METHODS.items():
        found = []
        for _ in range(rounds):
            started = time.perf_counter()
            work()
            found.append(time.perf_counter() - started)
        print(f"| {name} | {statistics.median(found):.2f} ({min(found):.2f}-{max(found):.2f}) |")
    machine = f"{platform.machine()}, Python {platform.python_version()}, xlsxwriter {version('xlsxwriter')}"
    print(f"\n{rounds} rounds; {machine}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    main(parser.parse_args().rounds)
