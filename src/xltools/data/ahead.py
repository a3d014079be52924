"""Work that is begun before its result is asked for, by others where there are any."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import islice, starmap
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from concurrent.futures import Executor, Future

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")
_FEW = 4  # workers, where nobody knows how many there are: those of a cluster come and go
_AHEAD = 2  # tasks for each worker that are under way at a time


def ahead(items: Iterable[_Item], most: int) -> Iterator[_Item]:
    """The *items* in their order, each once *most* behind it are there as well: what they began goes on meanwhile.

    The first ones are there at once, whether they are asked for or not.
    """
    upcoming = iter(items)
    return _followed(deque(islice(upcoming, most)), upcoming)


def _followed(waiting: deque[_Item], upcoming: Iterator[_Item]) -> Iterator[_Item]:
    for item in upcoming:
        waiting.append(item)
        yield waiting.popleft()
    yield from waiting


def for_each_worker(executor: Executor, tasks: int) -> int:
    """How many tasks are so many for each worker."""
    return tasks * getattr(executor, "_max_workers", _FEW)


def worked_out(
    work: Callable[..., _Result], tasks: Iterable[tuple[Any, ...]], executor: Executor | None
) -> Iterator[_Result]:
    """What *work* gives for each of the *tasks*, its arguments, in their order.

    It is done by the processes of an *executor* of this machine, to whom both travel; by this one where there are none,
    or where they are ended: that is no reason to have no result of work that may as well be done here.
    """
    if executor is None:
        yield from starmap(work, tasks)
        return
    from xltools.data.lent import lent  # noqa: PLC0415  one process alone needs none

    with lent(work) as light:
        begun = ((_begun(executor, light, task), task) for task in tasks)
        for future, task in ahead(begun, for_each_worker(executor, _AHEAD)):
            yield from _had(future) or [work(*task)]


def _begun(executor: Executor, work: Callable[..., _Result], task: tuple[Any, ...]) -> Future[_Result] | None:
    """The task under way with another process; nothing where none is there any more."""
    from concurrent.futures import BrokenExecutor  # noqa: PLC0415

    try:
        return executor.submit(work, *task)
    except BrokenExecutor:
        return None


def _had(future: Future[_Result] | None) -> list[_Result]:
    """The one result of another process; none where it was ended."""
    from concurrent.futures import BrokenExecutor  # noqa: PLC0415

    try:
        return [future.result()] if future else []
    except BrokenExecutor:
        return []
