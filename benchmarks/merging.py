"""Verifying and merging a whole collection, end to end with the roll-up written, against others and against the floor.

``make bench``. Each method is a program of its own, started anew each time, so that start-up counts and memory is its
own. In one round every method runs once over the same files; ratios are within a round.

* *floor*: unzip the parts that hold facts and run expat over them without handlers; *output*: xlsxwriter writing the rows.
* *openpyxl*: the script a careful colleague would write, loading each file with its stored results, adding up the inputs
  and writing a workbook with the rows and sums; *read-only* is the same in its fastest mode, *two loads* what it needs to
  know formulas as well, without which no total can be trusted.
* *pandas*: ``read_excel`` of every sheet with the calamine engine, values only, checking and writing nothing.
"""

from __future__ import annotations

import argparse
import io
import math
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import NamedTuple
from xml.parsers import expat

ROOT = Path(__file__).resolve().parent.parent
YEAR, DISTRICT = "2024", "青禾区"
# Whatever the caller set, a program keeps what it compiled.
ENVIRONMENT = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
UNREAD = ("xl/theme/", "[Content_Types]", "docProps/core")


# -- what is run in a process of its own


def floor(path: Path) -> None:
    """Unzip and parse, and do nothing with it."""
    with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as package:
        for name in package.namelist():
            if not name.startswith(UNREAD):
                expat.ParserCreate().Parse(package.read(name), True)


def floor_of_all(folder: Path, output: Path, processes: int) -> None:  # noqa: ARG001  each method has the same three
    """The floor of all files, by that many processes."""
    files = sorted(folder.iterdir())
    if processes == 1:
        for path in files:
            floor(path)
        return
    with ProcessPoolExecutor(processes) as pool:
        list(pool.map(floor, files, chunksize=16))


def output_alone(folder: Path, output: Path, processes: int) -> None:  # noqa: ARG001
    """The rows of the roll-up, as xlsxwriter writes them, and the sums below."""
    import xlsxwriter  # noqa: PLC0415

    count, columns = len(list(folder.iterdir())), 200
    book = xlsxwriter.Workbook(str(output), {"constant_memory": True})
    page = book.add_worksheet()
    for row in range(count):
        page.write_row(row, 0, [f"单位{row}", "C", f"{row}.xlsx", "0" * 64, *range(columns)])
    for column in range(columns):
        page.write_formula(count, 4 + column, f"=SUM(A1:A{count})", None, 0)
    book.close()


def with_openpyxl(folder: Path, output: Path, *, read_only: bool, loads: int) -> None:
    """Load each, add up its inputs, write rows and sums."""
    import openpyxl  # noqa: PLC0415

    from xltools.form.layout import layout  # noqa: PLC0415  only for the addresses
    from xltools.form.library import find  # noqa: PLC0415

    form = find("xxgk-2021")
    places = [layout(form).address(cell.name) for cell in form.inputs]
    book = openpyxl.Workbook(write_only=True)
    page, sums = book.create_sheet(), [0.0] * len(places)
    for path in sorted(folder.iterdir()):
        for again in range(loads):
            source = openpyxl.load_workbook(path, data_only=again == 0, read_only=read_only)
            if again == 0:
                values = (
                    _read_by_rows(source, places) if read_only else [source[s][a].value for s, a in places]
                )
        figures = [value if isinstance(value, int | float) else 0 for value in values]
        page.append([path.name, *figures])
        sums = [one + other for one, other in zip(sums, figures, strict=True)]
    page.append(["", *sums])
    book.save(output)


def _read_by_rows(book: object, places: list[tuple[str, str]]) -> list[object]:
    """In its read-only mode a sheet is gone through once, row by row."""
    found: dict[tuple[str, str], object] = {}
    for name in dict.fromkeys(sheet for sheet, _ in places):
        for row in book[name].iter_rows():  # type: ignore[index]
            for cell in row:
                if cell.value is not None:
                    found[name, cell.coordinate] = cell.value
    return [found.get(place) for place in places]


def with_pandas(folder: Path, output: Path, processes: int) -> None:  # noqa: ARG001
    """Every sheet of every file as a frame."""
    import pandas as pd  # noqa: PLC0415

    for path in sorted(folder.iterdir()):
        pd.read_excel(path, sheet_name=None, header=None, engine="calamine")


METHODS: dict[str, Callable[[Path, Path, int], None]] = {
    "floor": floor_of_all,
    "output": output_alone,
    "openpyxl": lambda folder, output, _: with_openpyxl(folder, output, read_only=False, loads=1),
    "openpyxl, read-only": lambda folder, output, _: with_openpyxl(folder, output, read_only=True, loads=1),
    "openpyxl, two loads": lambda folder, output, _: with_openpyxl(folder, output, read_only=False, loads=2),
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


def timed(method: str, count: int, processes: int, python: str = sys.executable) -> Run:
    """Run a method once over so many files."""
    folder, roster = collection(count)
    with tempfile.TemporaryDirectory() as place:
        output = Path(place) / "out.xlsx"
        if method == "xltools":
            about = ["--year", YEAR, "--district", DISTRICT, "--roster", str(roster)]
            command = [python, "-m", "xltools", "merge", str(folder), *about, "-o", str(output)]
            command += ["--processes", str(processes)]
        else:
            command = [python, __file__, "--one", method, str(folder), str(output), str(processes)]
        started = time.perf_counter()
        child = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=ENVIRONMENT)  # noqa: S603
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.perf_counter() - started
        if child.returncode != 0:
            sys.exit(f"{method} ended with {child.returncode}")
        return Run(seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def collection(count: int) -> tuple[Path, Path]:
    """So many returns and their roster, made once."""
    home = ROOT / "build" / "bench" / str(count)
    if not (home / "roster.csv").exists():
        # By a process of its own: a child's peak of memory counts from what its parent had when it was started.
        subprocess.run(  # noqa: S603
            [sys.executable, str(ROOT / "benchmarks" / "making.py"), str(home), str(count)], check=True
        )
    return home / "inbox", home / "roster.csv"


def has_pandas(python: str) -> bool:
    """Whether there is a pandas to compare with; it is no dependency of the project."""
    code = "import pandas, python_calamine"
    done = subprocess.run([python, "-c", code], capture_output=True, check=False)  # noqa: S603
    return done.returncode == 0


def rounds_of(
    methods: Iterable[tuple[str, str, int]], count: int, rounds: int, pandas: str
) -> dict[str, list[Run]]:
    """Every method once a round; by the name under which it is told."""
    found: dict[str, list[Run]] = {}
    for _ in range(rounds):
        for name, method, processes in methods:
            python = pandas if method == "pandas" else sys.executable
            found.setdefault(name, []).append(timed(method, count, processes, python))
    return found


def ratio(found: dict[str, list[Run]], one: str, other: str) -> str:
    """The median over the rounds of how many times longer *one* takes than *other*, with the range."""
    ratios = sorted(a.seconds / b.seconds for a, b in zip(found[one], found[other], strict=True))
    return f"{statistics.median(ratios):.2f} ({ratios[0]:.2f}-{ratios[-1]:.2f})"


def compare(count: int, rounds: int, pandas: str) -> None:
    """Print what merging so many files costs against each of the others."""
    methods = [
        ("xltools", "xltools", 1),
        ("xltools, two processes", "xltools", 2),
        ("floor", "floor", 1),
        ("floor, two processes", "floor", 2),
        ("output", "output", 1),
        *((name, name, 1) for name in METHODS if name.startswith("openpyxl")),
    ]
    if has_pandas(pandas):
        methods.append(("pandas", "pandas", 1))
    found = rounds_of(methods, count, rounds, pandas)
    print(
        f"| {count} files | seconds (median) | ÷ xltools, one process (range) | peak MiB |\n|---|---|---|---|"
    )
    for name, runs in found.items():
        seconds = statistics.median(run.seconds for run in runs)
        peak = max(run.peak for run in runs)
        print(f"| {name} | {seconds:.1f} | {ratio(found, name, 'xltools')} | {peak:.0f} |")
    for processes in ("", ", two processes"):
        over = sorted(
            (run.seconds - out.seconds) / low.seconds
            for run, low, out in zip(
                found[f"xltools{processes}"], found[f"floor{processes}"], found["output"], strict=True
            )
        )
        print(
            f"\nxltools{processes} without the time of the output: {statistics.median(over):.2f} x the floor"
        )


def second(count: int, pairs: int) -> None:
    """Print what a second process brings, and what it brings to the floor, which is as much as there is to be had.

    Each alone and then with a second one, again and again: a shared machine is now fast and now slow, and one pair says
    little. The totals are compared.
    """
    methods = [(f"{name} {n}", name, n) for name in ("xltools", "floor") for n in (1, 2)]
    found = rounds_of(methods, count, pairs, sys.executable)
    print(
        f"\n| {count} files, {pairs} pairs | alone, s | with a second, s | × in all | × in each |\n|---|---|---|---|---|"
    )
    for name in ("xltools", "floor"):
        alone, shared = ([run.seconds for run in found[f"{name} {n}"]] for n in (1, 2))
        each = sorted(one / two for one, two in zip(alone, shared, strict=True))
        middle = f"{statistics.median(each):.2f} ({each[0]:.2f}-{each[-1]:.2f})"
        means = f"{sum(alone) / pairs:.1f} | {sum(shared) / pairs:.1f}"
        print(f"| {name} | {means} | {sum(alone) / sum(shared):.2f} | {middle} |")


def scale(counts: list[int]) -> list[tuple[int, Run]]:
    """Print processor time and memory for more and more files; on a busy machine the clock tells of others."""
    print("\n| files | processor seconds | ms a file | peak MiB |\n|---|---|---|---|")
    found = []
    for count in counts:
        run = timed("xltools", count, 1)
        found.append((count, run))
        each = run.cpu / count * 1000
        print(f"| {count:,} | {run.cpu:.1f} | {each:.2f} | {run.peak:.0f} |", flush=True)
    return found


_SQUARE, _LEFT, _TOP = 110, 70, 40  # pixels; a square is a power of ten in both directions
_BLUE = "#0072b2"


def _place(files: float, seconds: float) -> tuple[float, float]:
    return _LEFT + math.log10(files) * _SQUARE, _TOP + (4 - math.log10(seconds)) * _SQUARE


def picture(points: list[tuple[int, Run]]) -> str:
    """Processor seconds over files, both by powers of ten: what is linear is a straight line that climbs a square a square."""
    width, height = _LEFT + 5 * _SQUARE + 40, _TOP + 5 * _SQUARE + 50
    size = f'width="{width}" height="{height}"'
    drawn = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" font-size="12">',
        '<rect width="100%" height="100%" fill="white"/>',
        f'<text x="{_LEFT}" y="20">xltools merge, one process: processor seconds over files</text>',
    ]
    for power in range(6):
        x, y = _place(10**power, 0.1)
        drawn.append(f'<path d="M{x} {_TOP}V{y}" stroke="#ddd"/>')
        drawn.append(f'<text x="{x}" y="{y + 20}" text-anchor="middle">{10**power:,}</text>')
        x, y = _place(1, 10 ** (power - 1))
        drawn.append(f'<path d="M{x} {y}h{5 * _SQUARE}" stroke="#ddd"/>')
        drawn.append(f'<text x="{x - 8}" y="{y + 4}" text-anchor="end">{10.0 ** (power - 1):,g} s</text>')
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in (_place(count, run.cpu) for count, run in points))
    drawn.append(f'<polyline points="{path}" fill="none" stroke="{_BLUE}" stroke-width="2"/>')
    for count, run in points:
        x, y = _place(count, run.cpu)
        drawn.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{_BLUE}"/>')
        drawn.append(f'<text x="{x - 8:.1f}" y="{y - 8:.1f}" text-anchor="end">{run.cpu:.1f} s</text>')
    return "\n".join([*drawn, "</svg>"]) + "\n"


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        _, _, wanted, inbox, written, number = sys.argv
        METHODS[wanted](Path(inbox), Path(written), int(number))
        sys.exit()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--pairs", type=int, default=5, help="how often two processes are held against one")
    parser.add_argument("--scale", type=int, nargs="*", default=[10, 100, 1000, 10_000])
    parser.add_argument(
        "--pandas", default=sys.executable, help="a Python that has pandas and python-calamine"
    )
    parser.add_argument("--picture", type=Path, help="where to draw time over files, as SVG")
    given = parser.parse_args()
    if given.rounds:
        compare(given.files, given.rounds, given.pandas)
    if given.pairs:
        second(given.files, given.pairs)
    measured = scale(given.scale)
    if given.picture:
        given.picture.write_text(picture(measured), encoding="utf-8")
    print(
        f"\n{given.rounds} rounds; {platform.machine()}, Python {platform.python_version()}, {os.cpu_count()} cores"
    )
