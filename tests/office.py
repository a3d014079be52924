"""LibreOffice as an outside witness: it recalculates, re-saves and types; xltools' own code has no part in it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

import pytest

SOFFICE = shutil.which("soffice") or shutil.which("libreoffice")

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
        if os.environ.get("CI"):
            pytest.fail("LibreOffice is missing, and CI must have it")
        pytest.skip("LibreOffice is not installed")


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
        command = [str(SOFFICE), profile(root / "profile"), "--headless", "--convert-to", "xlsx:Calc MS Excel 2007 XML", "--outdir", str(outbox)]
        command += [str(path) for path in sorted(inbox.iterdir())]
        run(command, 60 + 5 * len(files))
        return {key: (outbox / f"{index}.xlsx").read_bytes() for index, key in enumerate(files)}


def run(command: list[str], seconds: float) -> str:
    """Run a command in a process group of its own, so that nothing of it stays behind."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True)
    try:
        output, _ = process.communicate(timeout=seconds)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    assert process.returncode == 0, output
    return output
