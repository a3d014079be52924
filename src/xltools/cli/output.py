"""Everything that the commands print: plain text to files and pipes, rich on a terminal.

Text from workbooks and names of files are data: rich receives them as ``Text``, never as markup, and without the
characters that command a terminal. What goes to a pipe is not changed at all: no colour, no wrapping.
"""

from __future__ import annotations

import contextlib
import re
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TextIO, TypeVar

import click

from xltools.files import write_atomically
from xltools.text import LANGS, catalog, harmless

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress
    from rich.table import Table as Grid
    from rich.text import Text

    from xltools.report.table import Block, TextTable

_Item = TypeVar("_Item")
_PATIENCE = 1.0  # seconds of work before a progress bar appears
_REDRAW = 0.1  # seconds between two drawings of it
_SEVERITIES = {"error": "red", "question": "yellow", "warning": "yellow", "note": "dim"}
_STATES = {
    "two-files": "red",
    "wrong-year": "red",
    "old-edition": "red",
    "errors": "red",
    "not-sent": "magenta",
    "questions": "yellow",
    "warnings": "yellow",
    "accepted": "green",
    "nil": "green",
}


def emit(content: Block, output: Path | None = None, *, bom: bool = False, is_new: bool = False) -> None:
    """Print *content*, or write it to a file as UTF-8, with *bom* so that Excel recognises the encoding of CSV.

    Raises :class:`OutputError` if the file *is_new* and exists.
    """
    if output is None:
        _print(content.rstrip("\n") if isinstance(content, str) else content, err=False)
        return
    encoded = (str(content).rstrip("\n") + "\n").encode("utf-8-sig" if bom else "utf-8")
    write_atomically(output, encoded, is_new=is_new)


def emit_block(content: Block) -> None:
    """Print *content* and a blank line; print nothing if it is empty."""
    if content:
        emit(content)
        emit("")


def emit_blocks(blocks: Sequence[Block], output: Path | None = None, *, is_new: bool = False) -> None:
    """Print *blocks*, or write them to a file, with a blank line between two of them; see :func:`emit`."""
    if output is not None:
        emit("\n\n".join(map(str, blocks)), output, is_new=is_new)
        return
    for block in blocks[:-1]:
        emit_block(block)
    emit(blocks[-1])


def inform(text: str) -> None:
    """Print *text* to stderr, beside the output."""
    _print(text, err=True)


def progress(items: Iterable[_Item], label: str, count: int | None = None) -> Iterator[_Item]:
    """Yield the items; on a terminal a progress bar appears when the work has taken longer than a second.

    *count* is the number of items, by default the length of *items* where it has one.
    """
    count = len(items) if count is None and isinstance(items, Sequence) else count
    is_watched, due, done = is_terminal(sys.stderr), time.monotonic() + _PATIENCE, 0
    with contextlib.ExitStack() as shown:
        bar: Progress | None = None
        for done, item in enumerate(items):
            if is_watched and time.monotonic() > due:
                bar = bar or shown.enter_context(_bar(label, count, done))
                bar.update(bar.task_ids[0], completed=done, refresh=True)
                due = time.monotonic() + _REDRAW
            yield item
        if bar is not None:
            bar.update(bar.task_ids[0], completed=done + 1)


def is_terminal(stream: TextIO | None) -> bool:
    """Return True if *stream* is a terminal; a program without a console has no streams."""
    return stream is not None and stream.isatty()


def encoding(output: Path | None) -> str:
    """Return the encoding in which the text is printed or written."""
    return "utf-8" if output else (getattr(sys.stdout, "encoding", None) or "ascii")


def _print(content: Block, *, err: bool) -> None:
    stream = sys.stderr if err else sys.stdout
    if not is_terminal(stream):
        click.echo(str(content), err=err)
        return
    console = _console(stream)
    drawn = _coloured(content) if isinstance(content, str) else _grid(content, console.width)
    console.print(drawn, soft_wrap=True)  # the terminal wraps long lines, so that copies are whole


def _console(stream: TextIO) -> Console:
    from rich.console import Console  # noqa: PLC0415  only a terminal needs rich, which takes 0.1 s to import

    return Console(file=stream, markup=False, highlight=False, emoji=False)


def _coloured(text: str) -> Text:
    """Colour the severity in lines such as ``  error blank  Sheet!B2 …``, whatever their language."""
    from rich.text import Text  # noqa: PLC0415

    found = Text(harmless(text))
    for lang in LANGS:
        for severity, style in _SEVERITIES.items():
            word = catalog(lang)(f"severity.{severity}")
            found.highlight_regex(rf"(?m)(?<=^  ){word}(?= [a-z-]+  )", style)
    return found


def _grid(table: TextTable, window: int) -> Grid | Text:
    """Draw a table that fits into a *window* of that many columns by folding texts.

    Numbers, codes and names in ASCII are never broken. Where they alone are too wide, the result is the plain text.
    """
    from rich.table import Table as Grid  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    rows = [
        [
            Text(harmless(cell), (_SEVERITIES | _STATES).get(table.marks.get((row, column), ""), ""))
            for column, cell in enumerate(cells)
        ]
        for row, cells in enumerate(table.rows)
    ]
    least = [max(map(_least_width, cells)) for cells in zip(*rows, strict=True)]
    if sum(least) + 2 * len(least) - 2 > window:
        return Text(harmless(str(table)))
    grid = Grid(box=None, pad_edge=False, header_style="bold")
    for column, (head, width) in enumerate(zip(rows[0], least, strict=True)):
        side: Literal["left", "right"] = "right" if column in table.numeric else "left"
        grid.add_column(head, justify=side, overflow="fold", min_width=width)
    for cells in rows[1:]:
        grid.add_row(*cells)
    return grid


_NARROW = 8  # columns that a text needs at least


def _least_width(cell: Text) -> int:
    return max(min(cell.cell_len, _NARROW), *map(len, re.findall("[!-~]+", cell.plain)), 0)


def _bar(label: str, count: int | None, done: int) -> Progress:
    """Return a progress bar on stderr that redraws only when asked to.

    It has no thread, because processes may be forked meanwhile, and it redirects nothing, because rich would move to
    stderr what is printed to stdout.
    """
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415

    bar = Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=_console(sys.stderr),
        auto_refresh=False,
        redirect_stdout=False,
        redirect_stderr=False,
    )
    bar.add_task(label, total=count, completed=done)
    return bar
