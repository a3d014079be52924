"""Process an untrusted file in a child process with limits on time and memory.

The child runs :mod:`xltools.office.sandbox_child` by its path. A library that hangs, crashes or uses too much memory
ends only the child.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Literal

from xltools.office.guard import Budget, beyond_together
from xltools.office.kinds import Container

_CHILD = Path(__file__).with_name("sandbox_child.py")
_LIBRARIES = {"cells": "python_calamine", "decrypt": "msoffcrypto", "outlook": "olefile", "pdf": "pdfplumber"}
_NO_WINDOW: int = getattr(subprocess, "CREATE_NO_WINDOW", 0)  # without it, Windows shows a console window

Job = Literal["cells", "decrypt", "pdf"] | Container  # of a container, the members are returned as a zip


class SandboxError(Exception):
    """The child gave no result.

    ``code`` is one of missing (the library is not installed), late, memory, died, unreadable, too-large, wrong-password,
    spins, encrypted, scan, no-text.
    """

    def __init__(self, code: str, reason: str = "") -> None:
        self.code, self.reason = code, reason
        super().__init__(f"{code}: {reason}")


def run_sandboxed(job: Job, data: bytes, budget: Budget, words: Sequence[str] = ()) -> bytes:
    """Return the result of *job* on *data*.

    *words* are the passwords to try, or the name of the file. They are sent through the pipe, because other users of
    the machine can read the command line. Raises :class:`SandboxError`, and :class:`ScanError` if the files of an archive
    have together used up the time.
    """
    if job in _LIBRARIES and find_spec(_LIBRARIES[job]) is None:
        raise SandboxError("missing")
    encoded = " ".join(word.encode("utf-8", "replace").hex() for word in words).encode()
    budget.reserve("seconds", 0)
    limits, seconds, started = budget.limits, budget.left("seconds"), time.monotonic()
    is_cut = seconds < limits.seconds - budget.own["seconds"]  # by what other files of the archive have used
    limited = map(str, (limits.memory, seconds, limits.cells, limits.file))
    command = [sys.executable, "-P", str(_CHILD), job, *limited]
    try:
        output = _output_of(command, encoded + b"\n" + data, seconds, limits.file)
    except SandboxError as error:
        if error.code == "late" and is_cut:
            raise beyond_together("seconds", limits) from error
        raise
    finally:
        budget.add("seconds", time.monotonic() - started)
    outcome, line_feed, result = output.partition(b"\n")
    if not line_feed:
        raise SandboxError("died")
    if outcome != b"ok":
        raise SandboxError(outcome.decode("ascii", "replace"), result.decode("utf-8", "replace"))
    return result


def _output_of(command: list[str], data: bytes, seconds: float, most: int) -> bytes:
    """Return what the child writes to standard output when it gets *data* on standard input.

    Raises :class:`SandboxError` if the child does not start, runs longer than *seconds*, or writes more than *most*
    bytes.
    """
    is_late, started = threading.Event(), time.monotonic()
    try:
        process = subprocess.Popen(  # noqa: S603  our own script by our own interpreter
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            creationflags=_NO_WINDOW,
        )
    except OSError as error:
        raise SandboxError("died", str(error)) from error
    with process:
        timer = threading.Timer(seconds, _kill, (process, is_late))
        feeder = threading.Thread(target=_feed, args=(process.stdin, data), daemon=True)
        try:
            timer.start()
            feeder.start()
            output = process.stdout.read(most + 1) if process.stdout else b""
        finally:
            timer.cancel()
            process.kill()
            feeder.join()
    has_ended_itself = not output and time.monotonic() - started >= seconds  # as it does after that time
    if is_late.is_set() or has_ended_itself:
        raise SandboxError("late", f"{seconds:.3g} s")
    if len(output) > most:
        raise SandboxError("too-large", "file")
    return output


def _kill(process: subprocess.Popen[bytes], is_late: threading.Event) -> None:
    is_late.set()
    process.kill()


def _feed(pipe: IO[bytes] | None, data: bytes) -> None:
    """Write *data* to the child; a child that ended earlier closes the pipe."""
    if pipe is not None:
        with contextlib.suppress(OSError):
            pipe.write(data)
            pipe.close()
