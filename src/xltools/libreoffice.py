"""Runs LibreOffice as a separate process that converts one file."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from xltools.errors import OutputError, Problem

_SECONDS = 180  # the first start on a slow machine takes a minute
_NAMES = ("soffice", "libreoffice")
_USUAL = (  # folders of installers that do not change PATH
    "/Applications/LibreOffice.app/Contents/MacOS/soffice",
    r"C:\Program Files\LibreOffice\program\soffice.com",
    r"C:\Program Files (x86)\LibreOffice\program\soffice.com",
)
_IS_POSIX = os.name == "posix"
# By default LibreOffice keeps the stored results of a workbook and does not recalculate.
_RECALCULATING = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load">
<prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item>
</oor:items>
"""


def is_installed() -> bool:
    """Return whether LibreOffice is installed on this machine."""
    return _program() is not None


def recalculated(workbook: bytes) -> bytes:
    """Return the workbook with every formula recalculated; raises :class:`OutputError` like :func:`converted`."""
    return converted(workbook, "xlsx", "xlsx:Calc MS Excel 2007 XML")


def converted(content: bytes, ending: str, to: str) -> bytes:
    """Return the content of a file with this *ending* in the format *to*, the name of an export filter of LibreOffice.

    Raises :class:`OutputError` if LibreOffice is not installed, exceeds the time limit, or writes no file.
    """
    program = _program()
    if program is None:
        raise OutputError(Problem("missing-office"))
    # On Windows a file cannot be deleted while a process that is ending has it open.
    with tempfile.TemporaryDirectory(prefix="xltools-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        source, out = folder / f"document.{ending}", folder / "out"
        source.write_bytes(content)
        message = _run(_command(program, folder, source, out, to), folder)
        written = next(out.glob("document.*"), None) if out.is_dir() else None
        if written is None:
            raise OutputError(Problem("office-failed", facts={"reason": message or "—"}))
        return written.read_bytes()


def _program() -> str | None:
    return next(filter(None, map(shutil.which, _NAMES)), None) or next(filter(os.path.isfile, _USUAL), None)


def _command(program: str, folder: Path, source: Path, out: Path, to: str) -> list[str]:
    """Return the command, with a separate profile; otherwise an open LibreOffice would take over and show the file."""
    user = folder / "profile" / "user"
    user.mkdir(parents=True)
    (user / "registrymodifications.xcu").write_text(_RECALCULATING, encoding="utf-8")
    profile = f"-env:UserInstallation={user.parent.as_uri()}"
    options = ["--headless", "--norestore", "--nologo", "--nodefault", "--nolockcheck"]
    return [program, profile, *options, "--convert-to", to, "--outdir", str(out), str(source)]


def _run(command: list[str], folder: Path) -> str:
    """Run the command, end all of its processes, and return its output."""
    log = folder / "log"
    try:
        with log.open("wb") as out:
            process = subprocess.Popen(  # noqa: S603  the arguments are not from a user
                command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                env=os.environ | {"TMPDIR": str(folder)},
                start_new_session=_IS_POSIX,
            )
            try:
                process.wait(_SECONDS)
            finally:
                _end(process)
    except subprocess.TimeoutExpired as error:
        raise OutputError(Problem("office-late", facts={"seconds": _SECONDS})) from error
    except OSError as error:
        raise OutputError(Problem("office-failed", facts={"reason": error.strerror or str(error)})) from error
    return log.read_text(encoding="utf-8", errors="replace").strip()


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process and its children; soffice is a script that starts another process."""
    if sys.platform == "win32":
        subprocess.run(["taskkill", "/F", "/T", "/PID", str(process.pid)], capture_output=True, check=False)  # noqa: S603, S607
    else:
        with contextlib.suppress(ProcessLookupError):  # the whole group has ended
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()
