"""Joins the runs of a text: the pieces of a cell or a line that differ in look."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from xltools.white_space import is_blank, struck_out

_LONGEST_STRUCK = 30  # characters: a figure with a unit or a remark, or an option


class Run(NamedTuple):
    """A piece of a text. It is apart if it is struck out, raised, lowered or not to be seen.

    A note is the mark of one: raised, in a table.
    """

    text: str
    is_apart: bool = False
    is_note: bool = False
    is_struck: bool = False


def joined_runs(runs: Iterable[Run]) -> str:
    """Return the text of *runs*; a line end keeps the digits of a run that is apart from digits beside it.

    A struck 148 in front of 150 is not 148150, and 148 with a raised 1 behind it is not 1481. Notes beside other text are
    left out. If all of a short text is struck out, or all digits of one that may be a figure, they keep their strokes.
    """
    runs = list(runs)
    if any(not (run.is_note or is_blank(run.text)) for run in runs):
        runs = [run for run in runs if not run.is_note]
    if _is_struck(runs):
        runs = [run._replace(text=struck_out(run.text)) for run in runs]
    pieces: list[str] = []
    last, was_apart = "", False
    for text, is_apart, *_ in runs:
        if not text:
            continue
        if is_apart != was_apart and _is_of_number(last) and _is_of_number(text[0]):
            pieces.append("\n")
        pieces.append(text)
        last, was_apart = text[-1], is_apart
    return "".join(pieces)


def _is_struck(runs: list[Run]) -> bool:
    with_text = [run for run in runs if not is_blank(run.text)]
    with_digits = [run for run in with_text if any(map(str.isdecimal, run.text))]
    return (
        bool(with_text)
        and all(run.is_struck for run in with_digits or with_text)
        and sum(len(run.text) for run in runs) <= _LONGEST_STRUCK
    )


def _is_of_number(character: str) -> bool:
    return character.isdigit() or character in {".", ",", "．", "，"}
