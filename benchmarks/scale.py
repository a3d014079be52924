"""What each return costs on its way into a roll-up, from which docs/scale.md computes a nation.

``.venv/bin/python benchmarks/scale.py [--rows 60 600 2400] [--rounds 5]``. Every method once a round, medians; the
floor is that of reading.py. The roll-ups are read, written and read back each in a process of its own, whose peak of
memory is the one shown.
"""
# ruff: noqa: S603  it starts itself

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import making
import reading

from xltools.checking.checks import verified
from xltools.data.packed import pack, unpack
from xltools.excel.reader import read, read_package
from xltools.excel.writer import write_rollup
from xltools.form.library import find
from xltools.inbox import gather
from xltools.intake import Manner, gathered, take_in
from xltools.merging import merge
from xltools.office.guard import Limits
from xltools.rosters import load_roster

_Found = TypeVar("_Found")
_SAMPLE = 48  # returns that are read in each round
_LARGE = Limits(file=4 << 30, unpacked=32 << 30, xml=16 << 30, elements=1 << 30, cells=1 << 30, seconds=3600)


def timed(work: Callable[[], _Found]) -> tuple[float, _Found]:
    """Seconds of a core, which others on the machine do not lengthen much, and what it gave."""
    started = time.process_time()
    found = work()
    return time.process_time() - started, found


def one_return(rounds: int) -> str:
    """The cost of one return in each step that a cluster shares out or leaves to the one who merges."""
    form = find("xxgk-2021")
    files = list(making.returns(_SAMPLE))
    manner = Manner(form)
    seconds: dict[str, list[float]] = {}
    packed: list[bytes] = []
    for _ in range(rounds):
        steps: dict[str, Callable[[], object]] = {
            "floor: unzip + expat": lambda: [reading.floor(data) for _, data in files],
            "read and verify": lambda: [verified(read_package(data, name, form)) for name, data in files],
        }
        for name, step in steps.items():
            seconds.setdefault(name, []).append(timed(step)[0])
        filings = [verified(read_package(data, name, form)) for name, data in files]
        spent, packed = timed(lambda filings=filings: [pack(one) for one in filings])  # type: ignore[misc]
        seconds.setdefault("pack", []).append(spent)
        spent, _ = timed(lambda packed=packed: [unpack(one, manner.forms) for one in packed])  # type: ignore[misc]
        seconds.setdefault("unpack", []).append(spent)
    base = seconds["floor: unzip + expat"]
    lines = ["| one return | × floor (range) | ms |", "|---|---|---|"]
    for name, times in seconds.items():
        ratios = sorted(one / other for one, other in zip(times, base, strict=True))
        milliseconds = statistics.median(times) / _SAMPLE * 1000
        lines.append(
            f"| {name} | {statistics.median(ratios):.2f} ({ratios[0]:.2f}–{ratios[-1]:.2f}) | {milliseconds:.2f} |"
        )
    size = statistics.mean(len(data) for _, data in files)
    lines += ["", f"{size / 1000:.1f} kB a file, {statistics.mean(map(len, packed)) / 1000:.1f} kB packed"]
    return "\n".join(lines)


def roll_up(folder: Path, rows: int) -> str:
    """What a roll-up of so many returns costs whoever merges: one line of the table."""
    form = find("xxgk-2021")
    inbox, roster, manner = folder / str(rows), folder / f"{rows}.csv", Manner(form)
    files = gather([inbox]).files
    taken = list(take_in(files, manner))
    spent, found = timed(
        lambda: merge(
            gathered(taken, manner, many=True),
            form,
            making.YEAR,
            making.DISTRICT,
            roster=load_roster(roster),
        )
    )
    assert found.rollup is not None, found.collection.findings  # noqa: S101  the returns are sound
    rollup = found.rollup
    writing, content = timed(lambda: write_rollup(rollup))
    (folder / f"{rows}.xlsx").write_bytes(content)
    per = 1000 / rows
    return f"{spent * per:.2f} | {writing * per:.2f} | {len(content) / rows / 1000:.2f} | {peak()}"


def again(folder: Path, rows: int) -> str:
    """What it costs whoever merges it further."""
    spent, found = timed(lambda: read(folder / f"{rows}.xlsx", find("xxgk-2021"), _LARGE))
    assert len(found.members) == rows, found.findings[:3]  # noqa: S101
    return f"{spent * 1000 / rows:.2f} | {peak()}"


def peak() -> str:
    """The most memory this process had, in MB."""
    return f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f}"


def main() -> None:
    """Print both tables, or, as a process of its own, one row's end."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, nargs="+", default=[60, 600, 2400])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--part", nargs=3, metavar=("STEP", "FOLDER", "ROWS"))
    given = parser.parse_args()
    if given.part:
        step, folder, rows = given.part
        print({"up": roll_up, "again": again}[step](Path(folder), int(rows)))
        return
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores", one_return(given.rounds), sep="\n\n")
    print(
        "\n| rows | merge, ms a row | write, ms a row | kB a row | peak, MB | read back, ms a row | peak, MB |"
    )
    print("|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        for rows in given.rows:
            making.write(Path(name, str(rows)), rows)
            Path(name, f"{rows}.csv").write_text(making.roster(rows), encoding="utf-8")
            ends = [
                subprocess.run(
                    [sys.executable, __file__, "--part", step, name, str(rows)],
                    check=True,
                    stdout=subprocess.PIPE,
                    text=True,
                ).stdout.strip()
                for step in ("up", "again")
            ]
            print("| " + " | ".join([f"{rows:,}", *ends]) + " |", flush=True)


if __name__ == "__main__":
    main()
