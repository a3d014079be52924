"""A lock on a file or a folder of a collection, which several programs change: the commands, and the desk."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

from xltools.errors import OutputError, Problem

_PATIENCE = 5.0  # seconds to wait for another program that writes
_STALE = 60.0  # seconds after which a lock belongs to a program that was killed


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock of the file or folder *path*: a file beside it, with the ending ``.lock``.

    Creating a file that must not exist is atomic on network shares as well. Raises :class:`OutputError` if another
    program holds it for too long, or if it cannot be created.
    """
    lock, end = path.with_suffix(".lock"), time.monotonic() + _PATIENCE
    while True:
        try:
            os.close(os.open(lock, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
            break
        except FileExistsError as error:
            with contextlib.suppress(OSError):
                if time.time() - lock.stat().st_mtime > _STALE:
                    lock.unlink()
                    continue
            if time.monotonic() > end:
                raise OutputError(Problem("is-being-written", str(path))) from error
            time.sleep(0.05)
        except OSError as error:
            about = {"reason": error.strerror or str(error)}
            raise OutputError(Problem("cannot-write", str(path), about)) from error
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            lock.unlink()
