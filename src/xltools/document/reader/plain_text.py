"""Read plain text into a flow: prose, Markdown, or text copied from a page with its tables."""

from __future__ import annotations

import csv
import html
import re
from collections import Counter
from collections.abc import Callable
from itertools import groupby

from xltools.document.reader.flow import Flow, FlowItem, GridBuilder, LooseRow, TextLine
from xltools.office.runs import Run, joined_runs

_RULE = re.compile(r"\s*\|?\s*:?-{3,}:?\s*(?:\|\s*:?-{3,}:?\s*)*\|?\s*")
# Strokes between cells: those of full width and of boxes are written as the plain one. Lines that only rule are left out.
_STROKES = str.maketrans(dict.fromkeys("｜│┃┆┇┊┋║∣", "|"))
_FRAME = re.compile(r"[\s|+=\u2500-\u257f-]*[+\u2500-\u257f][\s|+=\u2500-\u257f-]*")
_SEPARATOR = re.compile(r"[ \u00a0\u3000]*([\t|])[ \u00a0\u3000]*")
_PIPE = re.compile(r"(?<!\\)\|")
_SPACES = " \u00a0\u3000\r\n"
_GAP = r"[^\S\t\r\n]{2,}"
# Signs with which programs separate cells, besides tabs and gaps. Commas of full width belong to prose.
_AROUND_ROWS = "|｜│┃∣"
_SEPARATORS = f",;^~¦•·{_AROUND_ROWS}"
# A cell in quotation marks that holds several lines, as spreadsheet programs copy it.
_QUOTED = re.compile(r"""(?:(?<=\t)|(?<![^\n]))"(?:[^"\t]|""){1,400}"(?=[\t\r\n]|\Z)""")
_TABS = re.compile("\t+")
_LEAST_ROWS = 3  # of figures behind a label, before a sign is taken for a separator
_LONGEST_CELL, _MOST_CELLS = 60, 60  # characters of a cell, cells of a row
_NUMBER = r"[0-9０-９][0-9０-９,，.．]*"
_TRAILING_NUMBERS = rf"(.*?\S)[ \u00a0\u3000]((?:{_NUMBER}|[/—-])(?:[ \u00a0\u3000](?:{_NUMBER}|[/—-]))*)"
_STRESS = re.compile(r"(\*\*|__)(.+?)\1")
_SLANTED = re.compile(r"(?<![\w*`\\])([*`])([^*`\s][^*`]*)\1(?![\w*`])")
_STRUCK = re.compile(r"~~(.+?)~~")
_LINK = re.compile(r"(?<!\\)\[([^\[\]]*)\]\([^()]*\)")
_NOTE = re.compile(r"<sup>[^<>]*</sup>|<!--[^<>]*-->|\[\^[^\[\]]*\]", re.IGNORECASE)
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_LONGEST_ROW = 2000  # characters; a longer line is a paragraph


def read_text(text: str) -> Flow:
    """Return the lines of the text.

    A Markdown table is a grid, and so is a tab-separated table whose rows all have the same number of cells. Of other
    tables only the order of the cells in each row is known.
    """
    lines = _with_tabs(_with_single_tabs(_QUOTED.sub(_on_one_line, text)).splitlines())
    lines = [line.translate(_STROKES) if _is_stroked(line) else line for line in lines]
    lines = _with_cells_joined([line for line in lines if not _FRAME.fullmatch(line)])
    groups = groupby(filter(str.strip, lines), _line_kind)
    return tuple(item for kind, lines in groups for item in _READERS[kind](list(lines)))


def _on_one_line(quoted: re.Match[str]) -> str:
    return "".join(line.strip() for line in quoted[0].splitlines())


def _with_single_tabs(text: str) -> str:
    """Return *text* with one tab in place of each two, three or more, if nowhere fewer stand between two cells."""
    runs = Counter(map(len, _TABS.findall(text)))
    shortest = min(runs, default=1)
    is_even = shortest > 1 and runs.total() >= _LEAST_ROWS and all(count % shortest == 0 for count in runs)
    return text.replace("\t" * shortest, "\t") if is_even else text


def _with_tabs(lines: list[str]) -> list[str]:
    """Return the lines with tabs between the cells of rows, if the text separates them by another sign."""
    rows = {sign: sum(_is_row_of_figures(_cells(line, sign)) for line in lines) for sign in _SEPARATORS}
    sign = max(rows, key=rows.__getitem__)
    if rows[sign] < _LEAST_ROWS:
        return lines
    return ["\t".join(_cells(line, sign)) if _is_row(_cells(line, sign)) else line for line in lines]


def _cells(line: str, sign: str) -> list[str]:
    """Return the cells of a line that may be a row, else the line; those in quotation marks may hold the sign."""
    # Strokes around the cells, or at one end of them, are read as those of Markdown.
    is_around = sign in _AROUND_ROWS and (line.strip().startswith(sign) or line.strip().endswith(sign))
    if is_around or len(line) > _LONGEST_ROW or not 0 < line.count(sign) < _MOST_CELLS:
        return [line]
    return [cell.strip(_SPACES) for cell in next(csv.reader([line], delimiter=sign))]


def _is_row(cells: list[str]) -> bool:
    return len(cells) > 1 and not any(len(cell) > _LONGEST_CELL or "。" in cell for cell in cells)


def _is_row_of_figures(cells: list[str]) -> bool:
    """Return whether figures, each whole, are behind a label."""
    label, *figures = cells
    found = [figure for figure in figures if figure]
    return (
        len(found) > 1 and not re.fullmatch(_NUMBER, label) and all(re.fullmatch(_NUMBER, f) for f in found)
    )


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
    rows = [[_unquoted(cell.strip(_SPACES)) for cell in line.strip(" \r\n").split("\t")] for line in lines]
    if len(rows) > 1 and len({len(row) for row in rows}) == 1:
        return _grid(rows)
    return [LooseRow(tuple(row)) for row in rows]


def _unquoted(cell: str) -> str:
    """Return *cell* without the quotation marks that programs put around every cell."""
    is_quoted = len(cell) > 1 and cell.startswith('"') and cell.endswith('"')
    return cell[1:-1].replace('""', '"') if is_quoted else cell


def _grid(rows: list[list[str]]) -> list[FlowItem]:
    builder = GridBuilder()
    for row in rows:
        builder.begin_row()
        for cell in row:
            builder.add_cell(1, 1).append(TextLine(cell))
    return list(builder.items())


def _inline_text(cell: str) -> str:
    """Return *cell* without Markdown's emphasis, links, marks of notes, escapes and line breaks.

    A text that is struck out has lines of its own.
    """
    text = _BREAK.sub("\n", _NOTE.sub("", cell.strip().replace("\\|", "|")))
    pieces = _STRUCK.split(_LINK.sub(r"\1", _STRESS.sub(r"\2", text)))
    text = joined_runs(
        Run(f"\n{piece}\n", is_apart=True, is_struck=True) if n % 2 else Run(piece)
        for n, piece in enumerate(pieces)
    )
    return html.unescape(re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", _SLANTED.sub(r"\2", text))).strip()


def line_of(line: str) -> TextLine | LooseRow:
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
