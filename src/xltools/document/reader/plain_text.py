"""Read plain text into a flow: prose, Markdown, or text copied from a page with its tables."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import groupby

from xltools.document.reader.flow import Flow, FlowItem, GridBuilder, LooseRow, TextLine

_RULE = re.compile(r"\s*\|?\s*:?-{3,}:?\s*(?:\|\s*:?-{3,}:?\s*)*\|?\s*")
# Strokes between cells: those of full width and of boxes are written as the plain one. Lines that only rule are left out.
_STROKES = str.maketrans(dict.fromkeys("｜│┃┆┇┊┋║∣", "|"))
_FRAME = re.compile(r"[\s|+=\u2500-\u257f-]*[+\u2500-\u257f][\s|+=\u2500-\u257f-]*")
_SEPARATOR = re.compile(r"[ \u00a0\u3000]*([\t|])[ \u00a0\u3000]*")
_PIPE = re.compile(r"(?<!\\)\|")
_SPACES = " \u00a0\u3000\r\n"
_GAP = r"[ \u00a0\u3000]{2,}"
_NUMBER = r"[0-9０-９][0-9０-９,，.．]*"
_TRAILING_NUMBERS = rf"(.*?\S)[ \u00a0\u3000]((?:{_NUMBER}|[/—-])(?:[ \u00a0\u3000](?:{_NUMBER}|[/—-]))*)"
_STRESS = re.compile(r"(\*\*|__)(.+?)\1")
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_LONGEST_ROW = 2000  # characters; a longer line is a paragraph


def read_text(text: str) -> Flow:
    """Return the lines of the text.

    A Markdown table is a grid, and so is a tab-separated table whose rows all have the same number of cells. Of other
    tables only the order of the cells in each row is known.
    """
    lines = [line.translate(_STROKES) if _is_stroked(line) else line for line in text.splitlines()]
    lines = _with_cells_joined([line for line in lines if not _FRAME.fullmatch(line)])
    groups = groupby(filter(str.strip, lines), _line_kind)
    return tuple(item for kind, lines in groups for item in _READERS[kind](list(lines)))


def _is_stroked(line: str) -> bool:
    plain = line.strip().translate(_STROKES)
    return plain.startswith("|") or plain.endswith("|")


def _with_cells_joined(lines: list[str]) -> list[str]:
    """Join the cells of a row that stand in lines of their own, with a line that is only a tab or a stroke between.

    Browsers copy cells so that hold paragraphs.
    """
    joined: list[str] = []
    is_open = False  # whether the last line ends with such a separator
    for line in lines:
        found = _SEPARATOR.fullmatch(line)
        if found and joined and (is_open or not joined[-1].rstrip(_SPACES).endswith(found[1])):
            joined[-1] += f" {found[1]} "
            is_open = True
        elif line.strip():
            if is_open:
                joined[-1] += line.strip()
            else:
                joined.append(line)
            is_open = False
    return joined


def _line_kind(line: str) -> str:
    if len(line) > _LONGEST_ROW:
        return "paragraphs"
    if "|" in line and (line.lstrip().startswith("|") or line.rstrip().endswith("|") or " | " in line):
        return "pipes"
    return "tabs" if "\t" in line.strip(" \u3000\u00a0") else "lines"


def _piped_rows(lines: list[str]) -> list[FlowItem]:
    """Read a Markdown table; without a rule below its head, read loose rows."""
    # Only spaces of the line itself are stripped: a cell of ideographic spaces before the first pipe is a cell.
    rows = [
        [_inline_text(cell) for cell in _PIPE.split(line.strip(" \t\r").removeprefix("|").removesuffix("|"))]
        for line in lines
        if not _RULE.fullmatch(line)
    ]
    if len(rows) == len(lines):
        return [LooseRow(tuple(row)) for row in rows]
    width = max(map(len, rows), default=0)
    return _grid([[*row, *[""] * (width - len(row))] for row in rows])


def _tabbed_rows(lines: list[str]) -> list[FlowItem]:
    rows = [[cell.strip(_SPACES) for cell in line.strip(" \r\n").split("\t")] for line in lines]
    if len(rows) > 1 and len({len(row) for row in rows}) == 1:
        return _grid(rows)
    return [LooseRow(tuple(row)) for row in rows]


def _grid(rows: list[list[str]]) -> list[FlowItem]:
    builder = GridBuilder()
    for row in rows:
        builder.begin_row()
        for cell in row:
            builder.add_cell(1, 1).append(TextLine(cell))
    return list(builder.items())


def _inline_text(cell: str) -> str:
    """Return *cell* without Markdown's emphasis, escapes and line breaks."""
    text = _BREAK.sub("\n", cell.strip().replace("\\|", "|"))
    return re.sub(r"\\([\\`*_{}\[\]()#+.!-])", r"\1", _STRESS.sub(r"\2", text))


def line_of(line: str) -> FlowItem:
    """Return a line of text, or a loose row if gaps or figures at its end show that it is one."""
    text = line.strip()
    text = _inline_text(text.lstrip("#")) if text.startswith("#") else _STRESS.sub(r"\2", text)
    cells = re.split(_GAP, text.strip(_SPACES))
    if len(cells) > 1:
        return LooseRow(tuple(cells))
    if found := re.fullmatch(_TRAILING_NUMBERS, text):
        return LooseRow((found[1], *re.split("[ \u00a0\u3000]", found[2])))
    return TextLine(text.strip(_SPACES))


_READERS: dict[str, Callable[[list[str]], list[FlowItem]]] = {
    "pipes": _piped_rows,
    "tabs": _tabbed_rows,
    "paragraphs": lambda lines: [TextLine(line.strip()) for line in lines],
    "lines": lambda lines: list(map(line_of, lines)),
}
