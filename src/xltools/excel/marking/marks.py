"""What is to be marked in a workbook: cells with a word about them, and the slip with everything there is to mend."""

from __future__ import annotations

from dataclasses import dataclass, field

from xltools.data.finding import Place
from xltools.text import clerk

_HEADS = ("number", "place", "label", "found", "expected", "mend", "status", "explanation")


@dataclass(frozen=True, slots=True)
class Mark:
    """Cells of one sheet that belong together: coloured until one of them changes, with a comment at the first."""

    sheet: str
    addresses: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Row:
    """One finding as the clerk reads it.

    ``places`` are the cells it speaks of, of any sheets: the first is linked, all are watched for a change. ``code``
    and ``cell``, names of cells parted by spaces, bring an explanation back to its findings; ``explanation`` is what the agency has written before.
    """

    place: str
    label: str = ""
    found: str = ""
    expected: str = ""
    mend: str = ""
    places: tuple[Place, ...] = ()
    code: str = ""
    cell: str = ""
    explanation: str = ""


def _heads() -> tuple[str, ...]:
    return tuple(clerk()(f"slip.{head}") for head in _HEADS)


@dataclass(frozen=True, slots=True)
class Slip:
    """The sheet 「需要修改的地方」: a title, sentences below it, and one row a finding."""

    rows: tuple[Row, ...]
    titles: tuple[str, ...] = field(default_factory=lambda: (clerk()("slip.title"), clerk()("slip.guide")))
    heads: tuple[str, ...] = field(default_factory=_heads)
