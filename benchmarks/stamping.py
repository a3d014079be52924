"""1,000 workbooks of one issue stamped, against building each with xlsxwriter: ``make bench``.

Stamped is what ``xltools generate`` does: in memory, and through to disk; without last year's figures, and with other
figures of last year for every agency. The peer builds each with ``write_return``: in memory where stamping is in
memory, and through to disk, one file after the other, where stamping is. It builds every 40th agency and is
multiplied, for building one costs what building another costs.
"""

from __future__ import annotations

import argparse
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from decimal import Decimal
from importlib.metadata import version
from pathlib import Path

from xltools.data.filing import Stamp
from xltools.data.roster import Entry
from xltools.excel.writer import write_return
from xltools.files import write_atomically, write_each
from xltools.form.library import find
from xltools.issue import Issue, file_name

AGENCIES, SAMPLED, YEAR, DISTRICT = 1000, 40, 2024, "青禾区"
MOST = 0.05  # of building each
FORM = find("xxgk-2021")
ENTRIES = [Entry(f"{n:04}", f"青禾区第{n}人民医院（{n}&{n + 1}分院）", {}) for n in range(AGENCIES)]
LAST: list[Mapping[str, Decimal] | None] = [
    FORM.complete({cell.name: Decimal(index * 7 % (n + 11)) for index, cell in enumerate(FORM.inputs)})
    for n in range(AGENCIES)
]
NONE: list[Mapping[str, Decimal] | None] = [None] * AGENCIES


def built(last: list[Mapping[str, Decimal] | None], *, show: bool) -> list[bytes]:
    """Some of them, each built by itself."""
    return [
        write_return(
            FORM,
            Stamp(FORM.key, FORM.edition, YEAR, entry.agency(DISTRICT)),
            last=figures,
            show_last=show,
        )
        for entry, figures in list(zip(ENTRIES, last, strict=True))[::SAMPLED]
    ]


def built_to_disk() -> None:
    """Some of them, each built and written by itself."""
    with tempfile.TemporaryDirectory() as folder:
        for entry in ENTRIES[::SAMPLED]:
            stamp = Stamp(FORM.key, FORM.edition, YEAR, entry.agency(DISTRICT))
            write_atomically(Path(folder) / file_name(entry, YEAR), write_return(FORM, stamp))


def stamped(last: list[Mapping[str, Decimal] | None], *, show: bool) -> list[bytes]:
    """All of them, the stencil and what it costs included."""
    issue = Issue(FORM, YEAR, DISTRICT, show_last=show)
    return [issue.workbook(entry, figures) for entry, figures in zip(ENTRIES, last, strict=True)]


def to_disk() -> None:
    """All of them as ``generate`` leaves them: each whole, and on the disk before it has its name."""
    issue = Issue(FORM, YEAR, DISTRICT)
    with tempfile.TemporaryDirectory() as folder:
        write_each((Path(folder) / file_name(entry, YEAR), issue.workbook(entry)) for entry in ENTRIES)


def one_by_one() -> None:
    """The same, one file after the other."""
    issue = Issue(FORM, YEAR, DISTRICT)
    with tempfile.TemporaryDirectory() as folder:
        for entry in ENTRIES:
            write_atomically(Path(folder) / file_name(entry, YEAR), issue.workbook(entry))


def seconds(work: Callable[[], object]) -> float:
    """How long it takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


METHODS: dict[str, tuple[str, Callable[[], object]]] = {
    "stamped, in memory": ("blank", lambda: stamped(NONE, show=False)),
    "stamped, through to disk": ("written", to_disk),
    "the same, one file after the other": ("written", one_by_one),
    "stamped with other figures filled in for each": ("prior", lambda: stamped(LAST, show=False)),
    "stamped with those and all of last year shown": ("shown", lambda: stamped(LAST, show=True)),
}
PEERS: dict[str, Callable[[], object]] = {
    "blank": lambda: built(NONE, show=False),
    "written": built_to_disk,
    "prior": lambda: built(LAST, show=False),
    "shown": lambda: built(LAST, show=True),
}


def main(rounds: int) -> int:
    """Print the ratios; 0 when stamping takes at most :data:`MOST`. How long a disk takes is told and not judged."""
    for last, show in ((NONE, False), (LAST, False), (LAST, True)):
        if stamped(last, show=show)[::SAMPLED] != built(last, show=show):
            sys.exit("stamped ones are not what is built")
    ratios: dict[str, list[float]] = {name: [] for name in METHODS}
    peer = []
    for _ in range(rounds):
        times = {name: SAMPLED * seconds(work) for name, work in PEERS.items()}
        peer.append(times["blank"])
        for name, (kind, work) in METHODS.items():
            ratios[name].append(seconds(work) / times[kind])
    print(f"| {AGENCIES} workbooks | ÷ building each the same way with xlsxwriter (range) |\n|---|---|")
    for name, found in ratios.items():
        print(f"| {name} | {statistics.median(found):.3f} ({min(found):.3f}-{max(found):.3f}) |")
    machine = f"{platform.machine()}, Python {platform.python_version()}, xlsxwriter {version('xlsxwriter')}"
    print(f"\n{rounds} rounds, building {statistics.median(peer) / AGENCIES * 1000:.0f} ms each; {machine}")
    return 0 if statistics.median(ratios["stamped, in memory"]) <= MOST else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    sys.exit(main(parser.parse_args().rounds))
