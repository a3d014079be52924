"""LibreOffice as a program beside this one: it converts a file and is gone afterwards."""

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
_USUAL = (  # where installers put it without entering it in PATH
    "/Applications/LibreOffice.app/Contents/MacOS/soffice",
    r"C:\Program Files\LibreOffice\program\soffice.com",
    r"C:\Program Files (x86)\LibreOffice\program\soffice.com",
)
_IS_POSIX = os.name == "posix"
# By default LibreOffice takes the stored results of a workbook and computes nothing.
_RECALCULATING = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load">
<prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item>
</oor:items>
"""


def is_installed() -> bool:
    """Whether LibreOffice is found on this machine."""
    return _program() is not None


def recalculated(workbook: bytes) -> bytes:
    """The workbook with every formula computed again. Raises :class:`OutputError` as :func:`converted` does."""
    return converted(workbook, "xlsx", "xlsx:Calc MS Excel 2007 XML")


def converted(content: bytes, ending: str, to: str) -> bytes:
    """A file of that *ending* in the format *to*, which is LibreOffice's name of an export filter.

    Raises :class:`OutputError` when LibreOffice is not installed, does not answer in time, or writes nothing.
    """
    program = _program()
    if program is None:
        raise OutputError(Problem("missing-office"))
    # On Windows a file that a dying process still holds cannot be deleted.
    with tempfile.TemporaryDirectory(prefix="xltools-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        source, out = folder / f"document.{ending}", folder / "out"
        source.write_bytes(content)
        said = _run(_command(program, folder, source, out, to), folder)
        written = next(out.glob("document.*"), None) if out.is_dir() else None
        if written is None:
            raise OutputError(Problem("office-failed", facts={"reason": said or "—"}))
        return written.read_bytes()


def _program() -> str | None:
    return next(filter(None, map(shutil.which, _NAMES)), None) or next(filter(os.path.isfile, _USUAL), None)


def _command(program: str, folder: Path, source: Path, out: Path, to: str) -> list[str]:
    """With a profile of its own: a LibreOffice that is open would take the file over, and show it."""
    user = folder / "profile" / "user"
    user.mkdir(parents=True)
    (user / "registrymodifications.xcu").write_text(_RECALCULATING, encoding="utf-8")
    profile = f"-env:UserInstallation={user.parent.as_uri()}"
    options = ["--headless", "--norestore", "--nologo", "--nodefault", "--nolockcheck"]
    return [program, profile, *options, "--convert-to", to, "--outdir", str(out), str(source)]


def _run(command: list[str], folder: Path) -> str:
    """Run it to its end and return what it prints; none of its processes stays behind."""
    log = folder / "log"
    try:
        with log.open("wb") as out:
            process = subprocess.Popen(  # noqa: S603  LibreOffice by its path, with files of ours
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
    """End it with the processes that it started: soffice is a script that starts another."""
    if sys.platform == "win32":
        subprocess.run(["taskkill", "/F", "/T", "/PID", str(process.pid)], capture_output=True, check=False)  # noqa: S603, S607
    else:
        with contextlib.suppress(ProcessLookupError):  # it is gone, with all of its group
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()
