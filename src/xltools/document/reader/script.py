"""Plain text into its flow: as written, as Markdown, or as it was copied from a page with its tables."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import groupby

from xltools.document.reader.flow import Flow, Item, Loose, Paragraph, Weaver

_RULE = re.compile(r"\s*\|?\s*:?-{3,}:?\s*(?:\|\s*:?-{3,}:?\s*)*\|?\s*")
_BETWEEN = re.compile(r"(?<!\\)\|")
_SPACES = " \u00a0\u3000\r\n"
_APART = r"[ \u00a0\u3000]{2,}"
_NUMBER = r"[0-9０-９][0-9０-９,，.．]*"
_BEHIND = rf"(.*?\S)[ \u00a0\u3000]((?:{_NUMBER}|[/—-])(?:[ \u00a0\u3000](?:{_NUMBER}|[/—-]))*)"
_STRESS = re.compile(r"(\*\*|__)(.+?)\1")
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)


def read_text(text: str) -> Flow:
    """What the text says, line by line.

    A table in Markdown has columns, and so has one with tabs of which every row has as many cells. Of any other only
    the order in its rows is known.
    """
    return tuple(item for kind, lines in _runs(text) for item in _READ[kind](lines))


def _runs(text: str) -> Iterator[tuple[str, list[str]]]:
    """The lines that belong together: strokes, tabs, or neither."""
    for kind, lines in groupby(filter(str.strip, text.splitlines()), _kind):
        yield kind, list(lines)


_LONGEST_ROW = 2000  # characters; a longer line is a paragraph


def _kind(line: str) -> str:
    if len(line) > _LONGEST_ROW:
        return "paragraphs"
    return "strokes" if _is_piped(line) else "tabs" if "\t" in line.strip(" \u3000\u00a0") else "lines"


def _is_piped(line: str) -> bool:
    return line.count("|") > 0 and (
        line.lstrip().startswith("|") or line.rstrip().endswith("|") or " | " in line
    )


def _strokes(lines: list[str]) -> list[Item]:
    """With a line of strokes below its head it is a table in Markdown; without, only its rows are known."""
    rows = [[_inside(cell) for cell in _cells(line)] for line in lines if not _RULE.fullmatch(line)]
    if len(rows) == len(lines):
        return [Loose(tuple(row)) for row in rows]
    width = max(map(len, rows), default=0)
    return _grid([[*row, *[""] * (width - len(row))] for row in rows])


def _tabs(lines: list[str]) -> list[Item]:
    rows = [[cell.strip(_SPACES) for cell in line.strip(" \r\n").split("\t")] for line in lines]
    if len(rows) > 1 and len({len(row) for row in rows}) == 1:
        return _grid(rows)
    return [Loose(tuple(row)) for row in rows]


def _grid(rows: list[list[str]]) -> list[Item]:
    weaver = Weaver()
    for row in rows:
        weaver.row()
        for cell in row:
            weaver.cell(1, 1).append(Paragraph(cell))
    return list(weaver.items())


def _cells(line: str) -> list[str]:
    """The cells of a row; the strokes at its two ends are its frame."""
    return _BETWEEN.split(line.strip().removeprefix("|").removesuffix("|"))


def _inside(cell: str) -> str:
    text = _BREAK.sub("\n", cell.strip().replace("\\|", "|"))
    return re.sub(r"\\([\\`*_{}\[\]()#+.!-])", r"\1", _STRESS.sub(r"\2", text))


def _line(line: str) -> Item:
    text = line.strip()
    is_title = text.startswith("# ")
    text = _inside(text.lstrip("#")) if text.startswith("#") else _STRESS.sub(r"\2", text)
    cells = re.split(_APART, text.strip(_SPACES))
    if len(cells) > 1:
        return Loose(tuple(cells))
    if found := re.fullmatch(_BEHIND, text):
        return Loose((found[1], *re.split("[ \u00a0\u3000]", found[2])))
    return Paragraph(text.strip(_SPACES), is_title)


_READ: dict[str, Callable[[list[str]], list[Item]]] = {
    "strokes": _strokes,
    "tabs": _tabs,
    "paragraphs": lambda lines: [Paragraph(line.strip()) for line in lines],
    "lines": lambda lines: list(map(_line, lines)),
}
