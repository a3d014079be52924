"""A Dask cluster as an executor: others' machines run what is given to them, and may go away while they do."""

from __future__ import annotations

import contextlib
import logging
import pickle
import time
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future
from functools import partial
from typing import Any, ParamSpec, TypeVar

from xltools.errors import InputError, Problem, XltoolsError

_Given = ParamSpec("_Given")
_Found = TypeVar("_Found")

_CONNECTING = 10.0  # seconds to wait for the scheduler
_DESERTED = 60.0  # seconds for which it may be without a worker: one that was ended is started again in less
_LOOK = 5.0  # seconds between two looks at who is there
_NOISY = (
    "distributed",
    "distributed.client",
    "distributed.comm",
    "tornado",
    "tornado.application",
    "asyncio",
)


@contextlib.contextmanager
def cluster(address: str, processes: int | None = None) -> Iterator[Executor]:
    """The cluster whose scheduler has that address, which says itself how many *processes* it has.

    Raises :class:`InputError` when there is none, when it goes away, and when its workers cannot do the work.
    """
    if processes is not None:
        raise InputError(Problem("processes-and-dask"))
    client = _client(address)
    try:
        yield _Cluster(client, address)
    except BrokenExecutor as error:
        raise InputError(Problem("cluster-failed", address, {"reason": _told(error)})) from error
    finally:
        # Whatever is still under way is dropped with the client; a scheduler that is gone is not waited for.
        with contextlib.suppress(Exception):
            client.close(timeout=1)


def _client(address: str) -> Any:
    """A connection that says nothing itself: what it would log and warn about is told as a problem."""
    try:
        from distributed import Client  # noqa: PLC0415  an extra, and slow to import
    except ImportError as error:
        raise InputError(Problem("missing-extra", address, {"how": "dask"})) from error
    for name in _NOISY:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore"
            )  # of other versions of Dask; whether xltools is the same is asked by each task
            return Client(address, timeout=_CONNECTING, set_as_default=False)
    except Exception as error:
        raise InputError(Problem("no-cluster", address, {"reason": _told(error)})) from error


class _Cluster(Executor):
    """What it is given is run by some worker, again by another if that one is ended, and answered once."""

    def __init__(self, client: Any, address: str) -> None:
        self._client, self._address = client, address
        # Not pure: a pure task of equal arguments is answered with what another one found, perhaps of a file that has
        # changed since.
        self._far: Executor = client.get_executor(pure=False)
        self._threads, self._looked = 1, float("-inf")

    @property
    def _max_workers(self) -> int:
        """As other executors have it: how many tasks are run at a time, now and then counted anew."""
        if time.monotonic() - self._looked > _LOOK:
            self._threads, self._looked = max(1, self.threads()), time.monotonic()
        return self._threads

    def threads(self) -> int:
        """How many tasks the workers that are there run at a time."""
        try:
            return sum(self._client.nthreads().values())
        except Exception as error:
            raise InputError(Problem("cluster-lost", self._address)) from error

    def submit(
        self, fn: Callable[_Given, _Found], /, *args: _Given.args, **kwargs: _Given.kwargs
    ) -> Future[_Found]:
        """Have *fn* run by a worker."""
        # A call by itself is what unpickling it gives, so that a scheduler passes on what it does not know, and only
        # the worker needs xltools; there, what is missing is an error of the task.
        call = pickle.dumps(_Call(partial(fn, *args, **kwargs)))
        answer: Future[_Found] = _Answer(self)
        self._far.submit(pickle.loads, call).add_done_callback(partial(self._answered, answer))
        return answer

    def _answered(self, answer: Future[Any], far: Future[Any]) -> None:
        try:
            answer.set_result(far.result())
        except CancelledError:  # nobody here cancels: the scheduler is gone
            answer.set_exception(InputError(Problem("cluster-lost", self._address)))
        except XltoolsError as error:
            answer.set_exception(error)
        except Exception as error:  # noqa: BLE001  a worker's library may raise anything
            answer.set_exception(self._understood(error))

    def _understood(self, error: Exception) -> Exception:
        from distributed import KilledWorker  # noqa: PLC0415

        if isinstance(error, KilledWorker):
            return BrokenExecutor(str(error))
        if isinstance(error, ModuleNotFoundError) and str(error.name).partition(".")[0] == "xltools":
            return InputError(Problem("worker-without-xltools", self._address))
        return InputError(Problem("cluster-failed", self._address, {"reason": _told(error)}))

    def deserted(self) -> InputError:
        """Nobody is there to answer."""
        return InputError(Problem("cluster-deserted", self._address, {"seconds": f"{_DESERTED:g}"}))


class _Answer(Future[_Found]):
    """Who waits for it looks now and then whether there is still somebody to give it."""

    def __init__(self, cluster: _Cluster) -> None:
        super().__init__()
        self._cluster = cluster

    def result(self, timeout: float | None = None) -> _Found:
        """The result; raises :class:`InputError` when there has been no worker for a while."""
        if timeout is not None:
            return super().result(timeout)
        seen = time.monotonic()
        while True:
            with contextlib.suppress(TimeoutError):
                return super().result(_LOOK)
            if self.done():
                return super().result()
            if self._cluster.threads():
                seen = time.monotonic()
            elif time.monotonic() - seen > _DESERTED:
                raise self._cluster.deserted()


class _Call:
    """A function with its arguments, called where it is unpickled."""

    def __init__(self, run: partial[Any]) -> None:
        self._run = run

    def __reduce__(self) -> tuple[partial[Any], tuple[()]]:
        return self._run, ()


def _told(error: BaseException) -> str:
    """In one line."""
    return " ".join(f"{type(error).__name__}: {error}".split())
