"""What lists cost: 80 returns with a list of 500 lines are verified, merged and written as a roll-up; ``make bench``.

The measure is the time that openpyxl needs to load the same files once, in the same run. Then Python looks for cycles as
seldom as in the commands.
"""

from __future__ import annotations

import argparse
import gc
import io
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import openpyxl

from xltools.checking.checks import verify
from xltools.cli import GC_THRESHOLD
from xltools.collection.merging import merge
from xltools.data.filing import Filing, Stamp
from xltools.data.period import Period
from xltools.data.record import Agency, ListLine
from xltools.excel.reader import read_package
from xltools.excel.writer import write_return, write_rollup
from xltools.form.load import parse

ROOT = Path(__file__).resolve().parent.parent
TEXT = (ROOT / "tests" / "forms" / "aqyh-2024.toml").read_text(encoding="utf-8")
FORM = parse(TEXT.replace("most = 30", "most = 500"), "aqyh-2024")
PERIOD = Period(2024)
CODES = ("coal", "fire", "r03")


def written(number: int, count: int) -> bytes:
    """Return the workbook of an agency whose list has so many lines."""
    lines = tuple(
        ListLine(
            n,
            (
                f"单位{number}-{n}",
                CODES[n % 3],
                f"2024-{n % 12 + 1:02}-{n % 28 + 1:02}",
                Decimal(n) / 4,
                Decimal(n) / 8,
                ("yes", "no")[n % 2],
                "" if n % 2 else "2024-12-01",
            ),
        )
        for n in range(1, count + 1)
    )
    stamp = Stamp(FORM.key, FORM.edition, PERIOD, Agency("青禾区", f"{number:03}", f"单位{number:03}"))
    planned = {f"summary.{code}.planned": Decimal(10**6) for code in CODES} | {"cards.n.staff": Decimal(0)}
    return write_return(FORM, stamp, planned, {"cover.preparer": "张三"}, lists={"register": lines})


def seconds(work: Callable[[], object]) -> float:
    """Return the processor time that it takes."""
    start = time.process_time()
    work()
    return time.process_time() - start


def main() -> None:
    """Print the times of a run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=80)
    parser.add_argument("--lines", type=int, default=500)
    chosen = parser.parse_args()
    files = [written(number, chosen.lines) for number in range(chosen.files)]

    def read() -> list[Filing]:
        return [read_package(content, f"{number:03}.xlsx", FORM) for number, content in enumerate(files)]

    def merged() -> bytes:
        rollup = merge(read(), FORM, PERIOD, "青禾区").rollup
        return write_rollup(rollup) if rollup else b""

    load = seconds(lambda: [openpyxl.load_workbook(io.BytesIO(content)) for content in files])
    gc.set_threshold(GC_THRESHOLD)
    verifying = seconds(lambda: [verify(filing) for filing in read()])
    merging = seconds(merged)
    rollup = merged()
    again = seconds(lambda: verify(read_package(rollup, "district.xlsx", FORM)))
    print(f"{chosen.files} returns with a list of {chosen.lines} lines, openpyxl loads them in {load:.1f} s")
    print(f"read and verify     {verifying:6.1f} s   {verifying / load:.2f} times as long")
    print(f"merge and roll-up   {merging:6.1f} s   {merging / load:.2f} times as long")
    print(f"read the roll-up    {again:6.1f} s   {again / load:.2f} times as long")


if __name__ == "__main__":
    main()
