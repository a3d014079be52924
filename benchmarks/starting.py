"""The cost of short commands: help, version, completion, and the verification of one file.

``make bench``. The unit is the time of ``import click``, which every command line made with it needs. Each round runs all
commands once, and ratios are taken within a round. All modules are compiled before the first measured round. No ratio is
promised.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FILE = min((ROOT / "samples" / "clean").glob("*.xlsx"))
RUN = "from xltools.cli import main; main()"
FLOOR = "import click"
# The arguments of the interpreter and additional environment variables.
COMMANDS: dict[str, tuple[list[str], dict[str, str]]] = {
    "xltools --version": ([RUN, "--version"], {}),
    "xltools --help": ([RUN, "--help"], {}),
    "completion of `xltools ver`": (
        [RUN],
        {"_XLTOOLS_COMPLETE": "bash_complete", "COMP_WORDS": "xltools ver", "COMP_CWORD": "1"},
    ),
    "xltools verify --help": ([RUN, "verify", "--help"], {}),
    "xltools verify, one file": ([RUN, "verify", str(FILE)], {}),
}


def seconds(code: list[str], environment: dict[str, str], folder: str) -> float:
    """Return the processor time of a new interpreter that runs the command."""
    process = subprocess.Popen(  # noqa: S603  our own code by our own interpreter
        [sys.executable, "-c", *code], env=environment, cwd=folder, stdout=subprocess.DEVNULL
    )
    _, process.returncode, used = os.wait4(process.pid, 0)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, code)
    return used.ru_utime + used.ru_stime


def measured(rounds: int) -> tuple[list[float], dict[str, list[float]]]:
    """Return the floor in seconds and each command as a multiple of it, for each round."""
    floors: list[float] = []
    ratios: dict[str, list[float]] = {name: [] for name in COMMANDS}
    with tempfile.TemporaryDirectory() as folder:
        clean = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
        base = clean | {"PYTHONPATH": str(ROOT / "src"), "PYTHONPYCACHEPREFIX": f"{folder}/compiled"}
        for turn in range(rounds + 1):
            floor = seconds([FLOOR], base, folder)
            found = {name: seconds(code, base | more, folder) for name, (code, more) in COMMANDS.items()}
            if turn:  # the first round compiles
                floors.append(floor)
                for name, took in found.items():
                    ratios[name].append(took / floor)
    return floors, ratios


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=21)
    floors, ratios = measured(parser.parse_args().rounds)
    print("| command | × `import click` (quartiles) |\n|---|---|")
    for name in COMMANDS:
        low, middle, high = statistics.quantiles(ratios[name], n=4)
        print(f"| {name} | {middle:.2f} ({low:.2f}–{high:.2f}) |")
    print(f"\n{len(floors)} rounds, `import click` {statistics.median(floors) * 1000:.0f} ms.")


if __name__ == "__main__":
    main()
