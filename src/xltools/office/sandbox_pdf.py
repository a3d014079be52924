"""Run by :mod:`xltools.office.sandbox_child` as a script: the lines and the tables of a PDF, with pdfplumber.

It imports nothing of xltools. The result is JSON: a list of items in reading order, each a text (a line of prose, with
those that continue a paragraph joined) or a table: its cells as ``[row, column, rows, columns, text]`` and, if its columns were found by
the places of its words, its texts as if it were none.
"""

from __future__ import annotations

import io
import json
import logging
import re
import statistics
from collections.abc import Iterator, Sequence
from itertools import pairwise, product
from operator import itemgetter
from typing import Any, NamedTuple

import pdfplumber
from pdfminer.pdfdocument import PDFPasswordIncorrect
from pdfplumber.utils.exceptions import PdfminerException

_NEAR = 3.0  # points between edges that are one
_SAME = 0.5  # points between pieces of one line
_THICK = 4.5  # points: what is drawn narrower is a line, and what is shorter too a dot of one
_LEAST = 7.0  # points, as the smallest letters: no line of a table is shorter
_DASH = 9.0  # points, less than a row is high: shorter pieces in line may be dashes
_LINE = 0.6  # of the size of the letters: characters less far apart in height stand on one line
_INDENT = 1.2  # of the size of the letters: a line that begins further right begins a paragraph
_SHORT = 2.5  # of the size of the letters: a line that ends further left ends one
_SMALLER = 0.8  # of the size of other letters: a digit set apart
_STEP = 0.12  # of the size of the letters: how much higher or lower it stands
_APART = 0.15  # of the size of the letters: characters further apart belong to two words
_FAR = 3.0  # of the size of the letters: lines further apart belong to two paragraphs
_ENDS = ("。", "！", "？", "；", "：")
_NUMBERED = re.compile(
    r"[一二三四五六七八九十]{1,3}、|[（(][一二三四五六七八九十]{1,3}[）)]|[0-9]{1,2}[.．、]"
)
# The twin of that in document/reader/opening.py: this script imports nothing of xltools, and joins lines before that sees them.
_PAGE_NUMBER = re.compile(r"[-—–―－─·~～\s]*\d{1,4}[-—–―－─·~～\s]*|第\s*\d{1,4}\s*页.*")
_UNKNOWN = "(cid:"  # a sign of a font that does not say which character it is
_FIGURE = r"\d[\d,.，．]*|[-—/]"
_HANGING = 3  # lines of text below the lines of a table that the page's end cuts
_HIGHEST = 16  # lines of text in a row of a table
_GAP = 1.5  # points: the least space between two columns
_Box = tuple[float, float, float, float]  # left, top, right, bottom


def items_of(data: bytes, most: int, refusal: type[Exception]) -> bytes:
    """Return the content of a PDF as JSON; raises *refusal* with an outcome, also beyond *most* characters."""
    logging.disable()
    try:
        opened = pdfplumber.open(io.BytesIO(data))
    except PdfminerException as error:
        is_encrypted = isinstance(error.args[0] if error.args else None, PDFPasswordIncorrect)
        raise refusal("encrypted" if is_encrypted else "unreadable") from error
    found: list[str | _PageTable] = []
    pages: list[_PdfPage] = []
    count, unknown, has_pictures = 0, 0, False
    with opened as document:
        for page in document.pages:
            count += len(page.chars)
            if count > most:
                raise refusal("too-large")
            unknown += sum(char["text"].startswith(_UNKNOWN) for char in page.chars)
            has_pictures = has_pictures or bool(page.images)
            pages.append(_PdfPage(page))
            page.close()  # before the next is opened: a dotted line has thousands of objects
        _share_rows(pages)
        for one in pages:
            items = list(one.items())
            _share_columns(found, items)
            found += items
    if not found or 4 * unknown > count:
        raise refusal("scan" if has_pictures else "no-text")
    content = [
        {"cells": item.cells(), "lines": item.lines} if isinstance(item, _PageTable) else item
        for item in found
    ]
    return json.dumps(content, ensure_ascii=False).encode("utf-8", "replace")


def _is_seen(drawn: Any) -> bool:
    """Return whether something drawn is more than a white ground, as WPS puts behind lines of text: its edges are not lines."""
    is_ground = drawn["object_type"] == "rect" and drawn["fill"] and not drawn["stroke"]
    return not (is_ground and _is_white(drawn))


def _white_cells(rects: Sequence[Any]) -> Iterator[Any]:
    """Yield the white grounds on a dark one: a table whose lines are what is seen of the dark ground between its cells."""
    grounds = [r for r in rects if _is_seen(r) and r["fill"] and min(r["width"], r["height"]) > _LEAST]
    for one in rects if grounds else ():
        if not _is_seen(one) and any(
            ground["x0"] <= one["x0"]
            and one["x1"] <= ground["x1"]
            and ground["top"] <= one["top"]
            and one["bottom"] <= ground["bottom"]
            for ground in grounds
        ):
            yield one


def _share_columns(before: list[str | _PageTable], items: list[str | _PageTable]) -> None:
    """Give the last table so far and the first one of the next page the same columns, if it goes on there."""
    above = next((item for item in reversed(before) if isinstance(item, _PageTable)), None)
    below = next((item for item in items if isinstance(item, _PageTable)), None)
    if above and below and above.goes_on_in(below):
        # One list for all parts: a table may go on over several pages.
        above.columns[:] = _edges([*above.columns, *below.columns])
        below.columns = above.columns


def _share_rows(pages: Sequence[_PdfPage]) -> None:
    """Let the parts of a table without lines between its columns, which goes on over pages, tell each other's columns."""
    for above, below in pairwise(pages):
        if not (above.unruled and below.unruled and above.unruled[-1].goes_on_in(below.unruled[0])):
            continue
        first = below.unruled[0].rows[0].top
        before = _lines([char for char in below.chars if char["bottom"] < first])
        if not any(_NUMBERED.match(line.text) for line in before):  # a title begins another table
            above.unruled[-1].all_rows += below.unruled[0].rows
            below.unruled[0].all_rows = above.unruled[-1].all_rows


class _PdfPage:
    """A page with its characters and lines; ``unruled`` are the tables that have lines between their rows only."""

    def __init__(self, page: Any) -> None:
        self.page = page
        seen = page.filter(_is_seen)
        chars = (char for char in seen.dedupe_chars().chars if char.get("upright", True))
        self.chars = [char for char in chars if char["text"].strip()]
        drawn = [*seen.lines, *seen.rects, *seen.curves, *_white_cells(page.rects)]
        pieces = list(_pieces(drawn))
        runs = {way: _runs([piece for one, piece in pieces if one == way]) for way in "hv"}
        _mark_struck(self.chars, runs["h"])
        long = {way: [run for run in runs[way] if run[2] - run[1] > _LEAST] for way in "hv"}
        self.edges = {way: [_edge(way, run) for run in long[way]] for way in "hv"}
        self.across, self.down = _segments(long["h"]), _segments(long["v"])
        self.open = [one for one in self.across if not any(_touches(one, other) for other in self.down)]
        sides = (
            min((one[1] for one in self.across), default=0),
            max((one[2] for one in self.across), default=0),
        )
        self.unruled = [_Unruled(rows) for rows in _unruled_rows(self.open, sides, self.down, self.chars)]

    def items(self) -> Iterator[str | _PageTable]:
        """Yield the paragraphs and tables from top to bottom."""
        edges = [edge for table in self.unruled for edge in table.between_columns()]
        ruled = [one for one in self.across if one not in self.open]
        closing = _missing(self.down, self.across, "v")
        across = [*self.edges["h"], *closing]
        down = [*self.edges["v"], *_missing(ruled, self.down, "h"), *edges]
        boxes = [self._with_end(cells, closing) for cells in self._boxes(across, down)]
        tables = [_PageTable(cells, self.chars, edges) for cells in boxes]
        tables = [table for table in tables if table.is_table]
        inside = {id(char) for table in tables for chars in table.within.values() for char in chars}
        lines = _lines([char for char in self.chars if id(char) not in inside])
        placed: list[tuple[float, str | _PageTable]] = [(table.top, table) for table in tables]
        for _, item in sorted([*placed, *_paragraphs(lines)], key=lambda one: one[0]):
            yield item

    def _boxes(self, across: list[_Edge], down: list[_Edge]) -> list[list[_Box]]:
        """Return the cells of each table between lines."""
        if min(len(across), len(down)) < 2:  # noqa: PLR2004  the library refuses fewer
            return []
        lines = {"explicit_horizontal_lines": across, "explicit_vertical_lines": down}
        ways = {"horizontal_strategy": "explicit", "vertical_strategy": "explicit"}
        return [table.cells for table in self.page.find_tables(lines | ways)]

    def _with_end(self, boxes: list[_Box], closing: Sequence[_Edge]) -> list[_Box]:
        """Return the cells of a table; of one that the page's end cuts, with the lines of text below the lines drawn."""
        left, right = min(box[0] for box in boxes), max(box[2] for box in boxes)
        bottom = max(box[3] for box in boxes)
        below = _lines([char for char in self.chars if (char["top"] + char["bottom"]) / 2 > bottom])
        below = [line for line in below if not _PAGE_NUMBER.fullmatch(line.text)]
        is_cut = any(abs(edge["top"] - bottom) <= _NEAR for edge in closing)
        if not (
            is_cut and 0 < len(below) <= _HANGING and all(left < x.left and x.right < right for x in below)
        ):
            return boxes
        end = max(char["bottom"] for line in below for char in line.chars)
        if end - bottom > _HANGING * _FAR / 2 * below[-1].size:
            return boxes
        return [(*box[:3], end) if abs(box[3] - bottom) <= _NEAR else box for box in boxes]


def _mark_struck(chars: Sequence[Any], lines: Sequence[_Segment]) -> None:
    """Mark the digits through whose middle a line is drawn."""
    by_height: dict[int, list[_Segment]] = {}
    for line in lines:
        by_height.setdefault(int(line[0]), []).append(line)
    for char in chars:
        if char["text"].isdigit():
            quarter, middle = (char["bottom"] - char["top"]) / 4, (char["x0"] + char["x1"]) / 2
            first, last = char["top"] + quarter, char["bottom"] - quarter
            char["is_struck"] = any(
                first <= top <= last and left <= middle <= right
                for height in range(int(first), int(last) + 1)
                for top, left, right in by_height.get(height, ())
            )


_Segment = tuple[float, float, float]  # the place of a line, and where it begins and ends
_Edge = dict[str, Any]  # the same as pdfplumber takes it


def _edge(way: str, line: _Segment) -> _Edge:
    place, first, last = line
    (x0, x1), (top, bottom) = (
        ((first, last), (place, place)) if way == "h" else ((place, place), (first, last))
    )
    box = {"x0": x0, "x1": x1, "top": top, "bottom": bottom, "width": x1 - x0, "height": bottom - top}
    return {"object_type": "line", **box}


def _pieces(drawn: Sequence[Any]) -> Iterator[tuple[str, _Segment]]:
    """Yield the lines across, ``h``, and down, ``v``, that objects are or have at their sides.

    A dot is a piece of either.
    """
    for one in drawn:
        left, top, right, bottom = (one[side] for side in ("x0", "top", "x1", "bottom"))
        is_low, is_narrow = bottom - top < _THICK, right - left < _THICK
        if is_low:
            yield "h", ((top + bottom) / 2, left, right)
        if is_narrow:
            yield "v", ((left + right) / 2, top, bottom)
        if is_low or is_narrow:
            continue
        is_closed = one["fill"] or one["object_type"] == "rect"
        for (x, y), (next_x, next_y) in pairwise([*one["pts"], *one["pts"][:is_closed]]):
            if abs(y - next_y) < _SAME < abs(x - next_x):
                yield "h", (y, *_to_corners(x, next_x, left, right))
            elif abs(x - next_x) < _SAME < abs(y - next_y):
                yield "v", (x, *_to_corners(y, next_y, top, bottom))


def _to_corners(begin: float, end: float, first: float, last: float) -> tuple[float, float]:
    """Return the ends of a part of a side from *first* to *last*: these themselves if only the corners, rounded, are missing."""
    begin, end = sorted((begin, end))
    return (first, last) if begin - first < _LEAST and last - end < _LEAST else (begin, end)


def _runs(pieces: list[_Segment]) -> list[_Segment]:
    """Return the lines that pieces in line make: those that touch, and dots and dashes."""
    rows: list[list[_Segment]] = []
    for piece in sorted(pieces):
        if rows and piece[0] - rows[-1][0][0] <= _SAME:
            rows[-1].append(piece)
        else:
            rows.append([piece])
    found: list[_Segment] = []
    for row in rows:
        place = statistics.fmean(piece[0] for piece in row)
        row.sort(key=itemgetter(1))
        _, begin, end = row[0]
        size = end - begin
        for _, first, last in row:
            shorter, longer = sorted((size, last - first))
            if first - end > (max(_NEAR, shorter) if longer < _DASH else _NEAR):
                found.append((place, begin, end))
                begin, end = first, last
            end, size = max(end, last), last - first
        found.append((place, begin, end))
    return found


def _segments(lines: Sequence[_Segment]) -> list[_Segment]:
    """Return lines of one way with those joined that touch or lie beside each other."""
    places = _edges([line[0] for line in lines])
    found: list[_Segment] = []
    for place, first, last in sorted((places[_place(places, at)], first, last) for at, first, last in lines):
        if found and found[-1][0] == place and first <= found[-1][2] + _NEAR:
            found[-1] = place, found[-1][1], max(found[-1][2], last)
        else:
            found.append((place, first, last))
    return found


def _missing(lines: list[_Segment], others: list[_Segment], way: str) -> list[_Edge]:
    """Return the edges that would close tables where several of *lines*, of that way, end and none of *others* touches them.

    Tables are open at the end of a page, and some have no lines at their sides.
    """
    found = []
    for end in (1, 2):
        for place in _edges([line[end] for line in lines]):
            touching = [other for other in others if abs(other[0] - place) <= _NEAR]
            ends = [line[0] for line in lines if 0 <= line[end] - place <= _NEAR]
            open_ends = [
                at
                for at in ends
                if not any(begin - _NEAR <= at <= stop + _NEAR for _, begin, stop in touching)
            ]
            if len(open_ends) > 1:
                found.append(_edge("h" if way == "v" else "v", (place, min(open_ends), max(open_ends))))
    return found


class _Row(NamedTuple):
    """What stands between two lines of a table; ``ends`` is where these begin and end."""

    top: float
    bottom: float
    words: list[_PageWord]
    ends: list[float]


def _touches(across: _Segment, down: _Segment) -> bool:
    """Return whether a line down meets a line across between its ends."""
    return across[1] + _NEAR < down[0] < across[2] - _NEAR and down[1] - _NEAR <= across[0] <= down[2] + _NEAR


def _unruled_rows(
    lines: list[_Segment], sides: tuple[float, float], down: list[_Segment], chars: Sequence[Any]
) -> Iterator[list[_Row]]:
    """Yield the rows of each table between *lines*, where no line down is between the *sides* of what is drawn on the page.

    A text alone between two lines of full width is a title and belongs to no table; nor does what is higher than a row. What
    touches a table with all lines is not a table: the head of the page, and the text between.
    """
    left, right = sides
    full = {one[0] for one in lines if one[1] < left + _NEAR and one[2] > right - _NEAR}
    table: list[_Row] = []
    is_beside = False  # a table with all lines
    for top, bottom in pairwise(sorted({one[0] for one in lines})):
        if any(left < x < right and begin < bottom and top < end for x, begin, end in down):
            table, is_beside = [], True
            continue
        inside = _lines([c for c in chars if top < (c["top"] + c["bottom"]) / 2 < bottom])
        words = [word for line in inside for word in line.words()]
        if len(inside) > _HIGHEST or (len(words) <= 1 and {top, bottom} <= full):
            if table:
                yield table
            table, is_beside = [], False
        elif not is_beside:
            ends = [end for one in lines if one[0] in (top, bottom) for end in one[1:]]
            table.append(_Row(top, bottom, words, ends))
    if table:
        yield table


class _Unruled:
    """A table that has lines between its rows only, or a part of it; ``all_rows`` are those of all its parts."""

    def __init__(self, rows: list[_Row]) -> None:
        self.rows, self.all_rows = rows, list(rows)
        ends = [end for row in rows for end in row.ends]
        self.left, self.right = min(ends), max(ends)

    def goes_on_in(self, other: _Unruled) -> bool:
        """Return whether *other*, the first such table of the next page, has the same sides."""
        return abs(self.left - other.left) <= _NEAR and abs(self.right - other.right) <= _NEAR

    def between_columns(self) -> Iterator[_Edge]:
        """Yield the missing lines between the columns, which are found by the gaps between the words.

        A gap counts if no word in a row with figures reaches over it; the ends of the lines, which leave out cells over several
        rows, count as well. In each row the line between two columns is left out where a word reaches over it. A row alone is
        no table: the head of a page stands between two lines.
        """
        if len(self.all_rows) == 1:
            return
        ends = _edges([end for row in self.all_rows for end in row.ends])
        counted = [row for row in self.all_rows if any(word.is_figure for word in row.words[1:])]
        gaps = _gaps([word for row in counted for word in row.words])
        places = _edges([*ends, *(_within(a, b, ends, self.all_rows) for a, b in gaps)]) if counted else []
        for x, row in product(places, self.rows):
            if not any(word.left < x < word.right for word in row.words):
                yield _edge("v", (x, row.top, row.bottom))


class _PageWord(NamedTuple):
    """Characters side by side, and where they begin and end."""

    text: str
    left: float
    right: float

    @property
    def is_figure(self) -> bool:
        return bool(re.fullmatch(_FIGURE, self.text))


def _gaps(words: Sequence[_PageWord]) -> Iterator[tuple[float, float]]:
    """Yield where none of *words* is, from left to right."""
    end: float | None = None
    for word in sorted(words, key=lambda word: word.left):
        if end is not None and word.left > end + _GAP:
            yield end, word.left
        end = max(end or 0, word.right)


def _within(left: float, right: float, ends: Sequence[float], rows: Sequence[_Row]) -> float:
    """Return the place of a line in a gap: where another line ends, else in the widest part that the fewest words reach into.

    The heads of single columns are in the rows of more words, and count for more than heads over several columns.
    """
    if inside := [end for end in ends if left - _GAP <= end <= right + _GAP]:
        return inside[0]
    near = [(len(row.words), w) for row in rows for w in row.words if left < w.right and w.left < right]
    sides = {side for _, word in near for side in (word.left, word.right) if left < side < right}
    parts = [
        (sum(weight for weight, w in near if w.left < b and a < w.right), a - b, (a + b) / 2)
        for a, b in pairwise(sorted({left, right, *sides}))
    ]
    return min(parts)[2]


class _PageTable:
    """The cells of a table with their characters; a frame around prose is none."""

    def __init__(self, boxes: Sequence[_Box], chars: Sequence[Any], guessed: Sequence[_Edge]) -> None:
        self.boxes = boxes
        self.columns = _edges([edge for box in boxes for edge in (box[0], box[2])])
        self.top = min(box[1] for box in boxes)
        self.is_table = len(self.columns) > 2  # noqa: PLR2004  the edges of two columns
        self.within: dict[int, list[Any]] = {}
        for char in chars:
            x, y = (char["x0"] + char["x1"]) / 2, (char["top"] + char["bottom"]) / 2
            inside = (
                n
                for n, (left, top, right, bottom) in enumerate(boxes)
                if left <= x <= right and top <= y <= bottom
            )
            if (number := next(inside, None)) is not None:
                self.within.setdefault(number, []).append(char)
        bottom = max(box[3] for box in boxes)
        is_guessed = any(self.top <= edge["top"] < bottom for edge in guessed)
        own = [char for chars in self.within.values() for char in chars] if is_guessed else []
        self.lines = [text for _, text in _paragraphs(_lines(own))]

    def goes_on_in(self, other: _PageTable) -> bool:
        """Return whether *other*, the first table of the next page, has the same sides."""
        return all(abs(self.columns[end] - other.columns[end]) <= _NEAR for end in (0, -1))

    def cells(self) -> list[list[Any]]:
        """Return the cells by rows and columns."""
        rows = _edges([edge for box in self.boxes for edge in (box[1], box[3])])
        found: list[list[Any]] = []
        for number, (left, top, right, bottom) in enumerate(self.boxes):
            row, column = _place(rows, top), _place(self.columns, left)
            size = max(1, _place(rows, bottom) - row), max(1, _place(self.columns, right) - column)
            found.append(
                [row, column, *size, "\n".join(line.text for line in _lines(self.within.get(number, [])))]
            )
        return sorted(found)


def _edges(values: Sequence[float]) -> list[float]:
    """Return the edges that *values* are, each once."""
    found: list[float] = []
    for value in sorted(values):
        if not found or value - found[-1] > _NEAR:
            found.append(value)
    return found


def _place(edges: Sequence[float], value: float) -> int:
    return min(range(len(edges)), key=lambda number: abs(edges[number] - value))


class _PageLine:
    """Characters on one line, from left to right."""

    def __init__(self, chars: list[Any]) -> None:
        chars = sorted(chars, key=lambda char: char["x0"])
        self.left, self.right = chars[0]["x0"], chars[-1]["x1"]
        self.top = min(char["top"] for char in chars)
        self.size = statistics.median(char["size"] for char in chars)
        chars = [char for n, char in enumerate(chars) if not (n and _is_note(chars[n - 1], char, self.size))]
        self.chars = chars
        text = chars[0]["text"]
        for before, char in pairwise(chars):
            # Texts side by side stay apart, as cells of a table without lines.
            gap = char["x0"] - before["x1"]
            if gap > self.size or _are_apart(before, char):
                text += "   "
            elif gap > self.size / 4 and _is_latin(before, char):
                text += " "
            text += char["text"]
        self.text = text

    def words(self) -> Iterator[_PageWord]:
        """Yield the characters that stand together."""
        apart = [
            n
            for n, (before, char) in enumerate(pairwise(self.chars), 1)
            if char["x0"] - before["x1"] > _APART * self.size
        ]
        for first, end in pairwise([0, *apart, len(self.chars)]):
            run = self.chars[first:end]
            yield _PageWord("".join(char["text"] for char in run), run[0]["x0"], run[-1]["x1"])


def _is_note(before: Any, char: Any, size: float) -> bool:
    """Return whether a digit behind another one is the mark of a note: smaller and higher than the line."""
    is_raised = char["size"] < _SMALLER * size and char["bottom"] < before["bottom"] - _STEP * size
    return bool(is_raised and before["text"].isdigit() and char["text"].isdigit())


def _are_apart(before: Any, char: Any) -> bool:
    """Return whether two digits side by side are not of one number: one of them is smaller, lower, struck out or white."""
    if not (before["text"].isdigit() and char["text"].isdigit()):
        return False
    sizes = sorted((before["size"], char["size"]))
    return (
        sizes[0] < _SMALLER * sizes[1]
        or abs(before["bottom"] - char["bottom"]) > _STEP * sizes[1]
        or before["is_struck"] != char["is_struck"]
        or _is_white(before) != _is_white(char)
    )


def _is_white(char: Any) -> bool:
    colour = char.get("non_stroking_color")
    parts = colour if isinstance(colour, (tuple, list)) else (colour,)
    return tuple(parts) in {(1,), (1, 1, 1), (0, 0, 0, 0)}


def _is_latin(*chars: Any) -> bool:
    return all(ord(char["text"][0]) < 0x2E80 for char in chars)  # noqa: PLR2004  the first ideograph


def _lines(chars: list[Any]) -> list[_PageLine]:
    """Return the lines of text, from top to bottom."""
    lines: list[list[Any]] = []
    for char in sorted(chars, key=lambda char: (char["bottom"], char["x0"])):
        first = lines[-1][0] if lines else char
        if lines and abs(char["bottom"] - first["bottom"]) < _LINE * max(char["size"], first["size"]):
            lines[-1].append(char)
        else:
            lines.append([char])
    return [_PageLine(line) for line in lines]


def _paragraphs(lines: list[_PageLine]) -> Iterator[tuple[float, str]]:
    """Yield the height and the text of each paragraph: lines are joined that fill the width and do not begin one.

    The number of a page belongs to no paragraph.
    """
    left = min((line.left for line in lines), default=0)
    right = max((line.right for line in lines), default=0)
    text, top, before = "", 0.0, None
    for line in lines:
        is_next = (
            before is not None
            and before.right > right - _SHORT * before.size
            and line.left < left + _INDENT * line.size
            and line.top - before.top < _FAR * before.size
            and not (before.text.endswith(_ENDS) and _NUMBERED.match(line.text))
            and not _PAGE_NUMBER.fullmatch(line.text)
        )
        if is_next:
            text += line.text
        else:
            if text:
                yield top, text
            text, top = line.text, line.top
        before = line
    if text:
        yield top, text
