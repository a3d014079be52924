"""What a test does to an xltools process from within: another clock, or its end at a given moment.

Python runs this when it starts, in the workers too, where the folder stands on ``PYTHONPATH``.
"""

from __future__ import annotations

import datetime as dt
import os
import signal
import sys
import time

if "SHIFT" in os.environ:  # seconds by which the clock is wrong
    _SHIFT = float(os.environ["SHIFT"])
    _time, _local, _utc = time.time, time.localtime, time.gmtime

    class _Shifted(dt.datetime):
        @classmethod
        def now(cls, tz=None):
            return super().now(tz) + dt.timedelta(seconds=_SHIFT)

        @classmethod
        def utcnow(cls):
            return cls.now(dt.UTC).replace(tzinfo=None)

    dt.datetime = _Shifted
    time.time = lambda: _time() + _SHIFT
    time.localtime = lambda seconds=None: _local(time.time() if seconds is None else seconds)
    time.gmtime = lambda seconds=None: _utc(time.time() if seconds is None else seconds)


# The process that is no worker.
_MAIN = None if "--multiprocessing-fork" in sys.argv else os.getpid()
_seen = 0


def _end(event, arguments):
    """Be killed before the n-th thing that is done to what lies at a place, by this process or by a worker."""
    global _seen  # noqa: PLW0603
    if ("KILL_WORKER" in os.environ) == (os.getpid() == _MAIN) or event.startswith(
        ("import", "compile", "exec")
    ):
        return
    if any(
        isinstance(one, str | os.PathLike) and os.environ["KILL_AT"] in os.fspath(one) for one in arguments
    ):
        _seen += 1
        if _seen == int(os.environ["KILL_ON"]):
            os.kill(os.getpid(), signal.SIGKILL)


if "KILL_AT" in os.environ:
    sys.addaudithook(_end)
