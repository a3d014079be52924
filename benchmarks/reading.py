"""What reading costs, as ratios to a floor timed in the same round: ``make bench``.

The floor is what no reader of these files can do without: unzip the parts that hold facts and run expat over them
with no handlers. The peer is openpyxl's own best code for the same facts, which takes it two loads: one for
formulas, names, protection and validations, one for the stored results.
"""

from __future__ import annotations

import argparse
import io
import platform
import statistics
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from xml.parsers import expat

import openpyxl

from xltools.checking.checks import verify
from xltools.excel.reader import read_package
from xltools.excel.scan import scan

ROOT = Path(__file__).resolve().parent.parent
FILE = ROOT / "samples" / "clean" / "009_青禾区住房和城乡建设局_2024.xlsx"
UNREAD = ("xl/theme/", "[Content_Types]", "docProps/core")  # parts in which no reader here looks


def floor(data: bytes) -> None:
    """Unzip and parse the needed parts, and do nothing with them."""
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        for name in package.namelist():
            if not name.startswith(UNREAD):
                expat.ParserCreate().Parse(package.read(name), True)


def with_openpyxl(data: bytes) -> None:
    """Both loads that openpyxl needs for values, results, formulas, names, protection and validations."""
    openpyxl.load_workbook(io.BytesIO(data))
    openpyxl.load_workbook(io.BytesIO(data), data_only=True)


METHODS: dict[str, Callable[[bytes], object]] = {
    "floor: unzip + expat, no handlers": floor,
    "xltools: scan (all facts)": scan,
    "xltools: read + verify": lambda data: verify(read_package(data, FILE.name)),
    "openpyxl: the same facts, two loads": with_openpyxl,
}


def measure(rounds: int) -> dict[str, list[float]]:
    """The seconds of each method in each round; every method once a round, so that noise falls on all alike."""
    data = FILE.read_bytes()
    seconds: dict[str, list[float]] = {name: [] for name in METHODS}
    for method in METHODS.values():
        method(data)
    for _ in range(rounds):
        for name, method in METHODS.items():
            started = time.perf_counter()
            method(data)
            seconds[name].append(time.perf_counter() - started)
    return seconds


def report(seconds: dict[str, list[float]]) -> str:
    """A table of medians as ratios to the floor and to openpyxl, with the range over the rounds."""
    base, *_, peer = (seconds[name] for name in METHODS)
    lines = ["| method | x floor (range) | openpyxl / it |", "|---|---|---|"]
    for name, times in seconds.items():
        ratios = sorted(one / other for one, other in zip(times, base, strict=True))
        faster = statistics.median(other / one for one, other in zip(times, peer, strict=True))
        lines.append(
            f"| {name} | {statistics.median(ratios):.2f} ({ratios[0]:.2f}-{ratios[-1]:.2f}) | {faster:.1f} |"
        )
    machine = f"{platform.machine()}, Python {platform.python_version()}, openpyxl {openpyxl.__version__}"
    return "\n".join(
        [*lines, "", f"{len(base)} rounds, floor {statistics.median(base) * 1000:.2f} ms; {machine}"]
    )


def within_targets(seconds: dict[str, list[float]]) -> bool:
    """At most 4 times the floor, and at least 15 times faster than openpyxl."""
    base, scanned, _, peer = (statistics.median(times) for times in seconds.values())
    return scanned <= 4 * base and peer >= 15 * scanned


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    found = measure(parser.parse_args().rounds)
    print(report(found))
    sys.exit(0 if within_targets(found) else 1)
