"""A whole merge, with the roll-up written: compared with other methods, and for increasing numbers of files.

``make bench``. Each method is a program of its own, so that start-up counts and memory is its own. In one round every
method runs once over the same files; ratios are within a round.

* *openpyxl*: the script a careful colleague would write, loading each file with its stored results, adding up the inputs
  and writing a workbook with the rows and sums; *two loads* is what it needs to know formulas as well, without which no
  total can be trusted.
* *pandas*: ``read_excel`` of every sheet with the calamine engine, values only, checking and writing nothing.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
YEAR, DISTRICT = "2024", "青禾区"
# Whatever the caller set, a program keeps what it compiled.
ENVIRONMENT = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}


# -- methods, each run in its own process


def with_openpyxl(folder: Path, output: Path, loads: int) -> None:
    """Load each file, add up its inputs, and write rows and sums."""
    import openpyxl  # noqa: PLC0415

    from xltools.form.layout import layout  # noqa: PLC0415  only for the addresses
    from xltools.form.library import find  # noqa: PLC0415

    form = find("xxgk-2021")
    places = [layout(form).address(cell.name) for cell in form.inputs]
    book = openpyxl.Workbook(write_only=True)
    page, sums = book.create_sheet(), [0.0] * len(places)
    for path in sorted(folder.iterdir()):
        source = openpyxl.load_workbook(path, data_only=True)
        for _ in range(loads - 1):
            openpyxl.load_workbook(path)
        values = [source[sheet][address].value for sheet, address in places]
        figures = [value if isinstance(value, int | float) else 0 for value in values]
        page.append([path.name, *figures])
        sums = [one + other for one, other in zip(sums, figures, strict=True)]
    page.append(["", *sums])
    book.save(output)


def with_pandas(folder: Path, output: Path) -> None:  # noqa: ARG001  writes nothing
    """Read every sheet of every file as a frame."""
    import pandas as pd  # noqa: PLC0415

    for path in sorted(folder.iterdir()):
        pd.read_excel(path, sheet_name=None, header=None, engine="calamine")


METHODS: dict[str, Callable[[Path, Path], None]] = {
    "openpyxl": lambda folder, output: with_openpyxl(folder, output, 1),
    "openpyxl, two loads": lambda folder, output: with_openpyxl(folder, output, 2),
    "pandas": with_pandas,
}


# -- measuring


class Run(NamedTuple):
    """Seconds, processor time of all its processes, and the peak of memory, in MiB, of one program.

    Of several processes the peak is that of the largest.
    """

    seconds: float
    cpu: float
    peak: float


def timed(method: str, count: int, python: str = sys.executable, command: str = "merge") -> Run:
    """Run a method once over *count* files."""
    folder, roster = collection(count)
    with tempfile.TemporaryDirectory() as place:
        output = Path(place) / "out.xlsx"
        if method.startswith("xltools"):
            about = ["--year", YEAR, "--roster", str(roster)]
            merging = ["--district", DISTRICT, "-o", str(output)] if command == "merge" else []
            arguments = [python, "-m", "xltools", command, str(folder), *about, *merging]
            arguments += ["--processes", "2"] if method == "xltools, two processes" else ["--processes", "1"]
        else:
            arguments = [python, __file__, "--one", method, str(folder), str(output)]
        started = time.perf_counter()
        child = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, env=ENVIRONMENT)  # noqa: S603
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.perf_counter() - started
        if child.returncode not in {0, 1}:  # 1 says that there are findings
            sys.exit(f"{method} ended with {child.returncode}")
        return Run(seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def collection(count: int) -> tuple[Path, Path]:
    """Return the folder of *count* returns and their roster, generated once."""
    home = ROOT / "build" / "bench" / str(count)
    if not (home / "roster.csv").exists():
        # By a process of its own: a child's peak of memory counts from what its parent had when it was started.
        subprocess.run(  # noqa: S603
            [sys.executable, str(ROOT / "benchmarks" / "making.py"), str(home), str(count)], check=True
        )
    return home / "inbox", home / "roster.csv"


def has_pandas(python: str) -> bool:
    """Return whether pandas is installed; it is no dependency of the project."""
    code = "import pandas, python_calamine"
    done = subprocess.run([python, "-c", code], capture_output=True, check=False)  # noqa: S603
    return done.returncode == 0


def compare(count: int, rounds: int, pandas: str) -> None:
    """Print the time of each method for merging *count* files, compared with xltools in one process."""
    methods = ["xltools", "xltools, two processes", "openpyxl", "openpyxl, two loads"]
    methods += ["pandas"] if has_pandas(pandas) else []
    found: dict[str, list[Run]] = {}
    for _ in range(rounds):
        for name in methods:
            found.setdefault(name, []).append(
                timed(name, count, pandas if name == "pandas" else sys.executable)
            )
    print(f"| {count} files | seconds | × xltools (range) | peak MiB |\n|---|---|---|---|")
    for name, runs in found.items():
        seconds = statistics.median(run.seconds for run in runs)
        ratios = sorted(run.seconds / own.seconds for run, own in zip(runs, found["xltools"], strict=True))
        middle = f"{statistics.median(ratios):.2f} ({ratios[0]:.2f}-{ratios[-1]:.2f})"
        print(f"| {name} | {seconds:.1f} | {middle} | {max(run.peak for run in runs):.0f} |")


def district(rounds: int) -> None:
    """Print the elapsed time of verifying and merging 80 files."""
    print("\n| 80 files | seconds |\n|---|---|")
    for command in ("verify", "merge"):
        seconds = statistics.median(timed("xltools", 80, command=command).seconds for _ in range(rounds))
        print(f"| {command} | {seconds:.2f} |")


def scale(counts: list[int]) -> None:
    """Print processor time and memory for increasing numbers of files."""
    print(
        "\n| files | processor seconds | ms a file | peak MiB | KB a file above the first |\n|---|---|---|---|---|"
    )
    first: tuple[int, float] | None = None
    for count in counts:
        run = timed("xltools", count)
        first = first or (count, run.peak)
        more = (run.peak - first[1]) * 1024 / (count - first[0]) if count > first[0] else 0
        print(f"| {count:,} | {run.cpu:.1f} | {run.cpu / count * 1000:.1f} | {run.peak:.0f} | {more:.0f} |")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        _, _, wanted, inbox, written = sys.argv
        METHODS[wanted](Path(inbox), Path(written))
        sys.exit()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--scale", type=int, nargs="*", default=[80, 500, 2000, 5000])
    parser.add_argument(
        "--pandas", default=sys.executable, help="a Python that has pandas and python-calamine"
    )
    given = parser.parse_args()
    if given.rounds:
        compare(given.files, given.rounds, given.pandas)
        district(given.rounds)
    scale(given.scale)
    print(
        f"\n{given.rounds} rounds; {platform.machine()}, Python {platform.python_version()}, {os.cpu_count()} cores"
    )
