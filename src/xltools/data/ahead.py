"""Work that is begun before its result is asked for."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from concurrent.futures import Executor

_Item = TypeVar("_Item")
_FEW = 4  # workers, where nobody knows how many there are: those of a cluster come and go


def ahead(items: Iterable[_Item], most: int) -> Iterator[_Item]:
    """The *items* in their order, each once *most* behind it are there as well: what they began goes on meanwhile."""
    waiting: deque[_Item] = deque()
    for item in items:
        waiting.append(item)
        if len(waiting) > most:
            yield waiting.popleft()
    yield from waiting


def for_each_worker(executor: Executor, tasks: int) -> int:
    """How many tasks are so many for each worker."""
    return tasks * getattr(executor, "_max_workers", _FEW)
