"""Writing a roll-up of many members: time compared with XlsxWriter alone, and memory: ``make bench``.

The peer writes only the two sheets of rows with XlsxWriter: the same values and formulas. Memory is the peak of a
process that holds the roll-up, and of one that also writes it.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import xlsxwriter

from xltools.data.filing import Account, Member, Source
from xltools.data.period import Period
from xltools.data.record import Agency
from xltools.data.rollup import Rollup
from xltools.excel.writer import save_rollup
from xltools.form.address import a1
from xltools.form.library import find
from xltools.form.places import Matrix, Sources

FORM = find("xxgk-2021")
NAMES = [cell.name for cell in FORM.inputs]
FEW, MANY = 500, 2_000


def member(index: int) -> Member:
    """Return one member, with figures that depend on *index*."""
    code = f"{index:06}"
    values = {name: Decimal((7 * n + 13 * index) % 500) for n, name in enumerate(NAMES)}
    values["disclosure.fees.amount"] = Decimal(index % 97) / 100
    source = Source(f"inbox/{code}_某某局.xlsx", hashlib.sha256(code.encode()).hexdigest(), 20_000)
    return Member(Agency("青禾区", code, f"单位{code}"), source, values, f"类别{index % 5}")


def rollup_of(count: int) -> Rollup:
    """Return the roll-up of *count* members, with its sums computed."""
    members = tuple(map(member, range(count)))
    accounts = tuple(Account(one.agency, one.source, "included") for one in members)
    rollup = Rollup(FORM, Period(2024), "青禾区", "青禾区", members, accounts, "unchecked")
    assert rollup.values  # noqa: S101  computed here, so that writing is measured alone
    return rollup


def with_xltools(rollup: Rollup) -> None:
    """Write the whole workbook."""
    save_rollup(rollup, io.BytesIO(), home=Path())


def with_xlsxwriter(rollup: Rollup) -> None:
    """Write the rows alone."""
    book = xlsxwriter.Workbook(io.BytesIO(), {"in_memory": True})
    look, matrix = book.add_format({"border": 1, "font_size": 9}), Matrix.issued(FORM, len(rollup.members))
    page = book.add_worksheet()
    for row, member in enumerate(rollup.members, matrix.first):
        agency, source = member.agency, member.source
        about = (agency.district, agency.code, agency.name, member.kind, source.name, source.sha256, "0" * 16)
        for column, text in enumerate(about):
            page.write_string(row, column, text, look)
        complete = FORM.complete(member.values)
        for column, (name, cell) in enumerate(FORM.cells.items(), len(about)):
            if cell.definition:
                text = cell.definition.print(lambda other, row=row: a1(row, matrix.columns[other]))  # type: ignore[misc]
                page.write_formula(row, column, f"={text}", look, float(complete[name]))
            else:
                page.write_number(row, column, float(member.values[name]), look)
    page = book.add_worksheet()
    for row, account in enumerate(rollup.accounts, Sources.FIRST_ROW):
        for column, text in enumerate((str(account.agency), account.source.name, account.source.sha256)):
            page.write_string(row, column, text, look)
    book.close()


METHODS: dict[str, Callable[[Rollup], None]] = {
    "xlsxwriter alone: the rows": with_xlsxwriter,
    "xltools: the whole workbook": with_xltools,
}


def seconds(rounds: int) -> dict[str, list[float]]:
    """Return the processor seconds of each method in each round."""
    rollup = rollup_of(FEW)
    found: dict[str, list[float]] = {name: [] for name in METHODS}
    for _ in range(rounds):
        for name, method in METHODS.items():
            started = time.process_time()
            method(rollup)
            found[name].append(time.process_time() - started)
    return found


def peak(count: int, what: str) -> int:
    """Return the peak memory, in KiB, of a process that holds or writes a roll-up of *count* members."""
    command = [sys.executable, __file__, "--child", what, str(count)]
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)  # noqa: S603  this file


def child(what: str, count: int) -> None:
    """Hold or write a roll-up, and print the peak memory in KiB."""
    rollup = rollup_of(count)
    if what == "write":
        with tempfile.TemporaryFile() as out:
            save_rollup(rollup, out, home=Path())
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


def report(rounds: int) -> str:
    """Return both tables. Memory is measured first, because a child's peak includes what its parent held at the fork."""
    peaks = {count: [peak(count, what) / 1024 for what in ("hold", "write")] for count in (FEW, MANY)}
    found = seconds(rounds)
    base, ours = found.values()
    ratios = sorted(one / other for one, other in zip(ours, base, strict=True))
    lines = ["| method | x xlsxwriter (range) |", "|---|---|"]
    lines.append(f"| save_rollup | {statistics.median(ratios):.2f} ({ratios[0]:.2f}-{ratios[-1]:.2f}) |")
    lines += ["", "| members | held, MiB | written, MiB | writing adds |", "|---|---|---|---|"]
    for count, (held, written) in peaks.items():
        lines.append(f"| {count:,} | {held:.0f} | {written:.0f} | {written - held:.1f} |")
    machine = f"{platform.machine()}, Python {platform.python_version()}, xlsxwriter {xlsxwriter.__version__}"
    lines += ["", f"{rounds} rounds of {FEW:,} members, {statistics.median(ours):.1f} s; {machine}"]
    return "\n".join(lines)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--child", nargs=2, metavar=("WHAT", "COUNT"))
    given = parser.parse_args()
    if given.child:
        child(given.child[0], int(given.child[1]))
    else:
        print(report(given.rounds))
