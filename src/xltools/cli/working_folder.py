"""In which collection a command runs, and from where the paths are meant that the user types.

A command runs in the folder of its collection, wherever the user stands, so that every path that it prints or writes is
relative to that folder. The paths that were typed are converted.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from xltools.collection.location import above

_START = "xltools.start"  # the folder in which the user stands, in the meta data of the context


class TypedPath(click.Path):
    """A path, typed in the folder in which the user stands, which is converted for the one in which the command runs."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(path_type=Path, **attributes)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the path; click has it checked from where the command runs."""
        start = ctx.meta.get(_START) if ctx else None
        return super().convert(seen_from_here(value, start) if start else value, param, ctx)


def seen_from_here(path: str | os.PathLike[str], start: str) -> str:
    """Return a *path* that is meant from the folder *start*, relative to the working folder where that is possible."""
    whole = os.path.join(start, os.fsdecode(path))  # noqa: PTH118  an absolute path stays what it is
    if os.path.isabs(path):  # noqa: PTH117
        return whole
    try:
        return os.path.relpath(whole)
    except ValueError:  # on another drive
        return whole


def root_of(paths: Sequence[str]) -> Path | None:
    """Return the folder of the collection that the current folder is in, or else the one that all *paths* are in."""
    try:
        here = above(Path.cwd())
    except OSError:  # the current folder was removed
        return None
    if here or not paths:
        return here
    found = {above(Path(path).absolute()) for path in paths}
    return found.pop() if len(found) == 1 else None


@contextlib.contextmanager
def standing_in(root: Path | None, context: click.Context) -> Iterator[None]:
    """Run the block in the folder *root*; *context* then knows where the user stands."""
    if root is None or root == Path.cwd():
        yield
        return
    context.meta[_START] = os.getcwd()  # noqa: PTH109  as text
    with contextlib.chdir(root):
        yield
