"""The measurements can still be made: small, and whatever they come to."""

from __future__ import annotations

import subprocess
import sys

import pytest

from conftest import ROOT

SMALL = [
    "merging.py --files 10 --rounds 1 --scale 10 20",
    "reading.py --files 6 --rounds 1",
    "starting.py --rounds 2",
    # These take long however small they are; that they begin shows at least that what they import is there.
    "returning.py --help",
    "stamping.py --help",
    "rollup.py --help",
]


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
    assert done.returncode in {0, 1}  # which says whether a target was missed
    assert "Error" not in done.stderr, done.stderr[-2000:]
    assert done.stdout.strip()
