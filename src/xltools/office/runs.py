"""Joins the runs of a text: the pieces of a cell or a line that differ in look."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class Run(NamedTuple):
    """A piece of a text. It is apart if it is struck out, raised, lowered or not to be seen, unlike the text around it."""

    text: str
    is_apart: bool = False


def joined_runs(runs: Iterable[Run]) -> str:
    """Return the text of *runs*; a line end keeps the digits of a run that is apart from digits beside it.

    A struck 148 in front of 150 is not 148150, and 148 with a raised 1 behind it is not 1481.
    """
    pieces: list[str] = []
    last, was_apart = "", False
    for text, is_apart in runs:
        if not text:
            continue
        if is_apart != was_apart and _is_of_number(last) and _is_of_number(text[0]):
            pieces.append("\n")
        pieces.append(text)
        last, was_apart = text[-1], is_apart
    return "".join(pieces)


def _is_of_number(character: str) -> bool:
    return character.isdigit() or character in {".", ",", "．", "，"}
