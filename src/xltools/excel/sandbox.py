"""Work on a doubtful file in a child process with limits, so that no library can take this one down.

The child is :mod:`xltools.excel.sandbox_child`, run by its path. Whatever becomes of it, the caller gets an answer or
:class:`ApartError`, in time, and nothing of the child stays behind.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Literal

from xltools.excel.scan import Limits

_CHILD = Path(__file__).with_name("child.py")
_LIBRARIES = {"cells": "python_calamine", "decrypt": "msoffcrypto"}
_NO_WINDOW: int = getattr(subprocess, "CREATE_NO_WINDOW", 0)  # Windows would flash one

Job = Literal["cells", "decrypt"]


class ApartError(Exception):
    """No answer; ``word`` says why: missing, late, died, unreadable, too-large, wrong-password, spins."""

    def __init__(self, word: str, reason: str = "") -> None:
        self.word, self.reason = word, reason
        super().__init__(f"{word}: {reason}")


def is_possible(job: Job) -> bool:
    """Whether the library for a job is installed."""
    return find_spec(_LIBRARIES[job]) is not None


def apart(job: Job, data: bytes, limits: Limits, secrets: Sequence[str] = ()) -> bytes:
    """The answer of a child to *data*; raises :class:`ApartError` and nothing else.

    Secrets go through the pipe: a command line can be read by others on the machine.
    """
    if not is_possible(job):
        raise ApartError("missing")
    head = " ".join(secret.encode("utf-8", "replace").hex() for secret in secrets).encode() + b"\n"
    arguments = [job, str(limits.memory), str(limits.seconds), str(limits.cells)]
    answer = _asked([sys.executable, "-P", str(_CHILD), *arguments], head, data, limits)
    word, line_feed, rest = answer.partition(b"\n")
    if not line_feed:
        raise ApartError("died")
    if word != b"ok":
        raise ApartError(word.decode("ascii", "replace"), rest.decode("utf-8", "replace"))
    return rest


def _asked(command: list[str], head: bytes, data: bytes, limits: Limits) -> bytes:
    """Everything the child says, up to the size that a file may have, until the time is over."""
    is_late = threading.Event()
    try:
        process = subprocess.Popen(  # noqa: S603  our own script by our own interpreter
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            creationflags=_NO_WINDOW,
        )
    except OSError as error:
        raise ApartError("died", str(error)) from error
    with process:
        timer = threading.Timer(limits.seconds, _end, (process, is_late))
        feeder = threading.Thread(target=_feed, args=(process.stdin, head, data), daemon=True)
        try:
            timer.start()
            feeder.start()
            answer = process.stdout.read(limits.file + 1) if process.stdout else b""
        finally:
            timer.cancel()
            process.kill()
            feeder.join()
    if is_late.is_set():
        raise ApartError("late", f"{limits.seconds:g} s")
    if len(answer) > limits.file:
        raise ApartError("too-large")
    return answer


def _end(process: subprocess.Popen[bytes], is_late: threading.Event) -> None:
    is_late.set()
    process.kill()


def _feed(pipe: IO[bytes] | None, head: bytes, data: bytes) -> None:
    """Hand over the file; a child that has ended takes no more of it."""
    if pipe is not None:
        with contextlib.suppress(OSError):
            pipe.write(head)
            pipe.write(data)
            pipe.close()
