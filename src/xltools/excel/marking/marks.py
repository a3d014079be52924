"""The marks to be set in a workbook, and the slip, a sheet that lists everything to correct."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from xltools.data.finding import Place
from xltools.text import clerk

_HEADS = ("number", "place", "label", "found", "expected", "mend", "status", "explanation")


class RightResult(NamedTuple):
    """A formula that is right when it shows the number ``result``, or when ``result`` is its text."""

    place: Place
    result: Decimal | str


@dataclass(frozen=True, slots=True)
class CellMark:
    """Cells of one sheet that are coloured until one of them changes; the first gets *text* as a comment.

    For ``sums`` and ``right`` see :class:`SlipRow`; they are on the same sheet.
    """

    sheet: str
    addresses: tuple[str, ...]
    text: str
    sums: tuple[tuple[Place, ...], ...] = ()
    right: tuple[RightResult, ...] = ()


@dataclass(frozen=True, slots=True)
class SlipRow:
    """One finding, or one group of findings, on the slip.

    ``places`` are cells of any sheets: the row links to the first, and its status changes when any of them changes, or the
    sum of any of the ``sums``: the cells that a formula in one of the places adds up. Without a change, the status says
    whether all results are ``right``, if there are such: a program may have computed them again.
    ``code`` and ``cell`` (names of cells separated by spaces) identify the findings that an explanation answers.
    ``explanation`` is what the agency wrote before.
    """

    place: str
    label: str = ""
    found: str = ""
    expected: str = ""
    steps: str = ""
    places: tuple[Place, ...] = ()
    code: str = ""
    cell: str = ""
    explanation: str = ""
    sums: tuple[tuple[Place, ...], ...] = ()
    right: tuple[RightResult, ...] = ()


def _heads() -> tuple[str, ...]:
    return tuple(clerk()(f"slip.{head}") for head in _HEADS)


@dataclass(frozen=True, slots=True)
class Slip:
    """The sheet 「需要修改的地方」: a title, instructions, column heads, and one row per finding.

    ``sources`` and ``reading`` are kept hidden; see :class:`xltools.data.filing.Lineage`.
    """

    rows: tuple[SlipRow, ...]
    sources: tuple[str, ...] = ()
    reading: str = ""
    titles: tuple[str, ...] = field(default_factory=lambda: (clerk()("slip.title"), clerk()("slip.guide")))
    heads: tuple[str, ...] = field(default_factory=_heads)
