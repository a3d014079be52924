"""A document as PDF: the .docx, printed by a LibreOffice of its own that is gone afterwards."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from xltools.data.document import Document
from xltools.document.writer import as_docx
from xltools.errors import OutputError, Problem

_SECONDS = 180  # the first start on a slow machine takes a minute
_NAMES = ("soffice", "libreoffice")
_USUAL = (  # where installers put it without telling the system
    "/Applications/LibreOffice.app/Contents/MacOS/soffice",
    r"C:\Program Files\LibreOffice\program\soffice.com",
    r"C:\Program Files (x86)\LibreOffice\program\soffice.com",
)
# Headings become bookmarks, and tables stay tables for a screen reader (ISO 14289).
_FILTER = (
    'pdf:writer_pdf_Export:{"UseTaggedPDF":{"type":"boolean","value":"true"},'
    '"ExportBookmarks":{"type":"boolean","value":"true"}}'
)
_IS_POSIX = os.name == "posix"


def render(document: Document) -> bytes:
    """The document as a PDF, whose bytes tell when it was made.

    Raises :class:`OutputError` when LibreOffice is not installed, does not answer in time, or gives no PDF.
    """
    office = _office()
    content = as_docx.render(document)
    # On Windows a file that a dying program still holds cannot be deleted.
    with tempfile.TemporaryDirectory(prefix="xltools-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        source = folder / "document.docx"
        source.write_bytes(content)
        told = _run(_command(office, folder, source), folder)
        printed = source.with_suffix(".pdf")
        if not printed.is_file():
            raise OutputError(Problem("office-failed", facts={"reason": told or "—"}))
        return printed.read_bytes()


def _office() -> str:
    found = next(filter(None, map(shutil.which, _NAMES)), None) or next(filter(os.path.isfile, _USUAL), None)
    if found is None:
        raise OutputError(Problem("missing-office"))
    return found


def _command(office: str, folder: Path, source: Path) -> list[str]:
    """A profile of its own: a LibreOffice that is open would take the file over, and show it."""
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    options = ["--headless", "--norestore", "--nologo", "--nodefault", "--nolockcheck"]
    return [office, profile, *options, "--convert-to", _FILTER, "--outdir", str(folder), str(source)]


def _run(command: list[str], folder: Path) -> str:
    """What it says; nothing of it stays behind, whatever becomes of it."""
    log = folder / "log"
    try:
        with log.open("wb") as out:
            process = subprocess.Popen(  # noqa: S603  the office by its path, with files of ours
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
    """End it with the processes that it started: what is called soffice is a script that starts another."""
    if sys.platform == "win32":
        subprocess.run(["taskkill", "/F", "/T", "/PID", str(process.pid)], capture_output=True, check=False)  # noqa: S603, S607
    else:
        with contextlib.suppress(ProcessLookupError):  # it is gone, with all of its group
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()
