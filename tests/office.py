"""LibreOffice as an outside witness: it recalculates, re-saves and types; xltools' own code has no part in it."""

from __future__ import annotations

import contextlib
import io
import json
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import openpyxl
import pytest

SOFFICE = shutil.which("soffice") or shutil.which("libreoffice")
SYSTEM_PYTHON = "/usr/bin/python3"  # python3-uno serves this one and no virtual environment
TYPIST = Path(__file__).with_name("uno_typist.py")

# Recalculate every formula on loading: by default LibreOffice believes the stored results.
_PROFILE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema"
 xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load">
<prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item>
</oor:items>
"""


def require() -> None:
    """Skip where LibreOffice is missing; in CI that is a failure."""
    if SOFFICE is None:
        _missing("LibreOffice")


def require_typist() -> None:
    """Skip where LibreOffice or its Python bridge is missing; in CI that is a failure."""
    require()
    probe = [SYSTEM_PYTHON, "-c", "import uno"]
    if not Path(SYSTEM_PYTHON).exists() or subprocess.run(probe, check=False, capture_output=True).returncode:
        _missing(f"uno for {SYSTEM_PYTHON} (package python3-uno)")


def _missing(what: str) -> None:
    if os.environ.get("CI"):
        pytest.fail(f"{what} is missing, and CI must have it")
    pytest.skip(f"{what} is not installed")


def profile(folder: Path) -> str:
    """A fresh user profile that recalculates always, as a command-line argument."""
    user = folder / "user"
    user.mkdir(parents=True)
    (user / "registrymodifications.xcu").write_text(_PROFILE, encoding="utf-8")
    return f"-env:UserInstallation={folder.as_uri()}"


def resaved(files: dict[str, bytes]) -> dict[str, bytes]:
    """Each workbook opened, recalculated and saved again by LibreOffice, all in one process."""
    require()
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        inbox, outbox = root / "in", root / "out"
        inbox.mkdir()
        outbox.mkdir()
        for index, content in enumerate(files.values()):
            (inbox / f"{index}.xlsx").write_bytes(content)
        command = [
            str(SOFFICE),
            profile(root / "profile"),
            "--headless",
            "--convert-to",
            "xlsx:Calc MS Excel 2007 XML",
            "--outdir",
            str(outbox),
        ]
        command += [str(path) for path in sorted(inbox.iterdir())]
        run(command, 60 + 5 * len(files))
        return {key: (outbox / f"{index}.xlsx").read_bytes() for index, key in enumerate(files)}


def run(command: list[str], seconds: float) -> str:
    """Run a command in a process group of its own, so that nothing of it stays behind."""
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    )
    try:
        output, _ = process.communicate(timeout=seconds)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    assert process.returncode == 0, output
    return output


class Typed(NamedTuple):
    """The answer to each step of a plan, and the workbook as LibreOffice saved it after the last."""

    answers: list[Any]
    workbook: bytes


def typed(workbook: bytes, steps: list[list[str]], seconds: float = 120) -> Typed:
    """Have the steps done on a copy of *workbook* in a LibreOffice of its own; uno_typist.py has the verbs.

    The bridge between Python and LibreOffice crashes once in some hundred runs (a signal, not an error of a step).
    The steps are then done once more, from the beginning, on a new copy.
    """
    require_typist()
    done, after = _follow(workbook, steps, seconds)
    if done.returncode < 0:
        done, after = _follow(workbook, steps, seconds)
    assert done.returncode == 0, (done.returncode, done.stderr)
    return Typed(json.loads(done.stdout)[:-1], after)


def _follow(
    workbook: bytes, steps: list[list[str]], seconds: float
) -> tuple[subprocess.CompletedProcess[str], bytes]:
    """Follow the steps on a new copy: how the typist ended, and the workbook it saved (empty if it saved none)."""
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        before, after = root / "before.xlsx", root / "after.xlsx"
        before.write_bytes(workbook)
        # A decimal point wherever the tests run, and what a crash leaves behind goes with the folder.
        env = os.environ | {"LC_ALL": "C.UTF-8", "TMPDIR": str(root)}
        with _listening(root, env) as pipe:
            plan = {"pipe": pipe, "file": str(before), "steps": [*steps, ["save", str(after)]]}
            done = subprocess.run(
                [SYSTEM_PYTHON, str(TYPIST)],
                input=json.dumps(plan),
                capture_output=True,
                text=True,
                timeout=seconds,
                check=False,
                env=env,
            )
        return done, after.read_bytes() if after.exists() else b""


@contextlib.contextmanager
def _listening(root: Path, env: dict[str, str]) -> Iterator[str]:
    """A LibreOffice that obeys at a pipe with a name nobody else has; nothing of it stays behind."""
    pipe = f"xltools{secrets.token_hex(8)}"
    options = ["--headless", "--norestore", "--nologo", "--nodefault", f"--accept=pipe,name={pipe};urp;"]
    with (root / "office.log").open("wb") as log:
        process = subprocess.Popen(
            [str(SOFFICE), profile(root / "profile"), *options],
            stdout=log,
            stderr=log,
            env=env,
            start_new_session=True,
        )
        try:
            yield pipe
            _await(process, 10)
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _await(process: subprocess.Popen[bytes], seconds: float) -> None:
    """Give it time to end by itself. It is not reaped: its group must still be there to be killed."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            return
        time.sleep(0.05)


def require_gnumeric() -> str:
    """The path of gnumeric's converter; skip where it is missing, which in CI is a failure."""
    ssconvert = shutil.which("ssconvert")
    if ssconvert is None:
        _missing("gnumeric's ssconvert")
    return str(ssconvert)


def resaved_by_gnumeric(workbook: bytes, kind: str = "xlsx") -> bytes:
    """A workbook opened and saved again by gnumeric, a second program that nobody here wrote."""
    ssconvert = require_gnumeric()
    with tempfile.TemporaryDirectory() as name:
        before, after = Path(name, "before.xlsx"), Path(name, f"after.{kind}")
        before.write_bytes(workbook)
        run([ssconvert, "--recalc", str(before), str(after)], 60)
        return after.read_bytes()


def saved_as(files: dict[str, bytes], kind: str, source: str = "xlsx") -> dict[str, bytes]:
    """Each file of the format *source* saved by LibreOffice in another one, such as ``xls:MS Excel 97`` or ``pdf``."""
    require()
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        (root / "in").mkdir()
        for index, content in enumerate(files.values()):
            (root / "in" / f"{index}.{source}").write_bytes(content)
        command = [str(SOFFICE), profile(root / "profile"), "--headless", "--convert-to", kind]
        command += ["--outdir", str(root), *(str(path) for path in sorted((root / "in").iterdir()))]
        run(command, 60 + 5 * len(files))
        ending = kind.partition(":")[0]
        return {key: (root / f"{index}.{ending}").read_bytes() for index, key in enumerate(files)}


def results_compared(content: bytes, again: bytes) -> int:
    """How many formulas of a workbook have the same result *again*, where another program computed them: all have."""
    one, other = (openpyxl.load_workbook(io.BytesIO(x), data_only=True) for x in (content, again))
    compared = 0
    for page in openpyxl.load_workbook(io.BytesIO(content)).worksheets:
        for cell in (cell for row in page.iter_rows() for cell in row if cell.data_type == "f"):
            before, after = (book[page.title][cell.coordinate].value or "" for book in (one, other))
            same = abs(before - after) < 1e-9 if isinstance(before, float) else before == after
            assert same, (page.title, cell.coordinate, before, after)
            compared += 1
    return compared
