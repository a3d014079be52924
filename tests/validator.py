"""The validator of Open XML as an outside witness: Microsoft's Open XML SDK, as a program that npm installs."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

_INSTALLED = (
    Path(__file__).parents[1] / "build/npm/node_modules/.bin/ooxml-validator"
)  # by ``make validator``
_AT_ONCE = 2  # the program takes one file at a time, and most of its time is its start


def require() -> str:
    """Return the program; skip where it is missing, which in CI is a failure."""
    program = shutil.which(_INSTALLED) or shutil.which("ooxml-validator")
    if program is None or shutil.which("node") is None:
        if os.environ.get("CI"):
            pytest.fail("the validator is missing, and CI must have it: make validator")
        pytest.skip("the validator of Open XML is not installed (Node.js; make validator)")
    return program


def complaints(paths: Iterable[Path]) -> dict[str, list[str]]:
    """Return what the validator finds in files, by their names; nothing for those that are valid."""
    program = require()

    def found(path: Path) -> list[str]:
        done = subprocess.run([program, path], check=False, capture_output=True, text=True, timeout=120)
        errors = json.loads(done.stdout)["errors"]
        assert (done.returncode, bool(errors)) in {(0, False), (1, True)}, done.stderr
        return [f"{error.get('path')} {error.get('xPath')}: {error['description']}" for error in errors]

    paths = list(paths)
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        results = threads.map(found, paths)
        return {path.name: errors for path, errors in zip(paths, results, strict=True) if errors}
