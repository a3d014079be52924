"""Every benchmark still runs, on few files; its results are not asserted."""

from __future__ import annotations

import subprocess
import sys

import pytest

from conftest import ROOT

SMALL = [
    pytest.param("merging.py --files 10 --rounds 1 --scale 10 20", marks=pytest.mark.prove),
    "reading.py --files 6 --rounds 1",
    "starting.py --rounds 2",
    "passages.py",
    "locating.py --draws 1",
    "lists.py --files 2 --lines 20",
    # These take long even with few files; --help shows at least that their imports work.
    "returning.py --help",
    "stamping.py --help",
    "rollup.py --help",
]


@pytest.mark.prove
@pytest.mark.parametrize("command", SMALL)
def test_it_can_be_measured(command):
    script, *arguments = command.split()
    done = subprocess.run(
        [sys.executable, str(ROOT / "benchmarks" / script), *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.strip()
