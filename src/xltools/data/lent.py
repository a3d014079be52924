"""Work that takes much with it to the other processes of this machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import lru_cache, partial
from typing import Any, TypeVar

from xltools.errors import no_room

_Result = TypeVar("_Result")


@contextmanager
def lent(work: Callable[..., _Result]) -> Iterator[Callable[..., _Result]]:
    """The same *work*, only that it travels light, and is not to be asked for behind this.

    What it takes with it is written to the disk once, and read once by each process that is asked to do it. Raises
    :class:`OutputError` when there is no room for it.
    """
    import pickle  # noqa: PLC0415  one process alone needs none
    import tempfile  # noqa: PLC0415

    with ExitStack() as held:
        try:
            folder = held.enter_context(
                tempfile.TemporaryDirectory(prefix="xltools-", ignore_cleanup_errors=True)
            )
            path = f"{folder}/work"
            with open(path, "wb") as file:  # noqa: PTH123
                pickle.dump(work, file, pickle.HIGHEST_PROTOCOL)
        except OSError as error:
            raise no_room(error) from error
        yield partial(_done, path)


def _done(path: str, *given: Any) -> Any:
    """What the work that lies there gives."""
    return _fetched(path)(*given)


@lru_cache(maxsize=1)  # what was done before is not done again
def _fetched(path: str) -> Callable[..., Any]:
    import pickle  # noqa: PLC0415

    with open(path, "rb") as file:  # noqa: PTH123
        found: Callable[..., Any] = pickle.load(file)  # noqa: S301  this user's own process wrote it, where no other can
    return found
