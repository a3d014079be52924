"""A Dask cluster that reads files, through the executor of Dask's own client."""

from __future__ import annotations

import contextlib
import logging
import warnings
from collections.abc import Iterator
from concurrent.futures import CancelledError, Executor

from xltools.collection.reading import Workers
from xltools.errors import InputError, Problem, XltoolsError, missing_extra

_CONNECTING = 10.0  # seconds to wait for the scheduler
_DESERTED = 60.0  # seconds to wait for a first worker
_NOISY = (
    "distributed",
    "distributed.client",
    "distributed.comm",
    "tornado",
    "tornado.application",
    "asyncio",
)


def cluster_workers(address: str) -> Workers:
    """Return the workers of the Dask scheduler at *address*; they read as many files at a time as they have threads.

    Dask gives a task to another worker if one dies, and gives it up after several. Starting them raises
    :class:`InputError` if no scheduler or no worker is there, the scheduler goes away, or the workers cannot do the
    work.
    """
    try:
        from distributed import KilledWorker  # noqa: PLC0415  an extra, and slow to import
    except ImportError as error:
        raise InputError(missing_extra("dask", address)) from error
    return Workers(lambda _: _connected(address), 1, (KilledWorker,))


@contextlib.contextmanager
def _connected(address: str) -> Iterator[Executor]:
    from distributed import Client, KilledWorker  # noqa: PLC0415

    for name in _NOISY:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about other versions of Dask
            client = Client(address, timeout=_CONNECTING, set_as_default=False)
    except Exception as error:
        raise InputError(Problem("no-cluster", address, {"reason": _line(error)})) from error
    try:
        client.wait_for_workers(1, timeout=_DESERTED)
        # Not pure: Dask would reuse the result of an equal pure task, although the file may have changed.
        yield client.get_executor(pure=False)
    except (XltoolsError, KilledWorker):
        raise
    except TimeoutError as error:
        raise InputError(Problem("cluster-deserted", address, {"seconds": f"{_DESERTED:g}"})) from error
    except CancelledError as error:
        raise InputError(Problem("cluster-lost", address)) from error
    except Exception as error:
        raise InputError(Problem("cluster-failed", address, {"reason": _line(error)})) from error
    finally:
        with contextlib.suppress(Exception):  # do not wait for a scheduler that is gone
            client.close(timeout=1)


def _line(error: BaseException) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())
