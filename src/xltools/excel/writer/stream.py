"""Rows that are written as XML while the file is saved: as many as there are, few held at a time.

xlsxwriter draws the sheet with its head and one row for the looks. Where it wrote that row, its link and the link's
relation, those of all rows are written instead. What they become may be worked out by other processes.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import islice, starmap
from typing import IO, TYPE_CHECKING, Generic, NamedTuple, TypeVar

from xltools.excel.formula import ROW
from xltools.form.address import a1, column_name

if TYPE_CHECKING:
    from concurrent.futures import Executor

_Item = TypeVar("_Item")

MOST_LINKS = 65_530  # on one sheet; Excel says the file is damaged when there are more
_LONGEST_TEXT = 32_767  # characters in a cell
_ESCAPED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)|[\x00-\x08\x0b-\x1f\ufffe\uffff]")
_XML = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"})
_CELL = re.compile(r'<c r="([A-Z]+)[0-9]+"((?: s="[0-9]+")?)')
_DIMENSION = re.compile(r'(<dimension ref="[A-Z]+[0-9]+:)([A-Z]+)[0-9]+"')
_NO_LINKS = "<hyperlinks></hyperlinks>"  # which the format does not allow
_LINK = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/hyperlink"
_HELD = 1 << 16  # bytes of links in memory; what is more waits on the disk

Content = str  # a cell as it reads behind its style, with ROW for the number of its row
NUMBER, ENDS = "><v>", "</v></c>"  # around the digits of a cell with a number


def number(text: str) -> Content:
    """A cell with a number in digits."""
    return f"{NUMBER}{text}{ENDS}"


def formula(text: str) -> str:
    """The beginning of a cell with a formula; behind it come the digits of its result, and what ends a number."""
    return f"><f>{text.translate(_XML)}</f><v>"


def words(text: str) -> Content:
    """A cell with a text; without one it is blank. Raises ``ValueError`` for one that is too long for a cell."""
    if not text:
        return "/>"
    if len(text) > _LONGEST_TEXT:
        raise ValueError(f"a text of {len(text)} characters does not fit in a cell")
    kept = ' xml:space="preserve"' if text != text.strip() else ""
    return f' t="inlineStr"><is><t{kept}>{_escaped(text)}</t></is></c>'


BLANK = words("")


def _escaped(text: str) -> str:
    """The text as XML holds it; what XML cannot hold is written as Excel writes it, _x0007_."""
    return _ESCAPED.sub(lambda found: f"_x{ord(found[0]):04X}_", text).translate(_XML)


class Row(NamedTuple):
    """The contents of one row, a cell each, and where its link points, if anywhere."""

    contents: Sequence[Content]
    link: str = ""


def _spool() -> IO[str]:
    return tempfile.SpooledTemporaryFile(_HELD, "w+", encoding="utf-8")


_FEWEST = 1000  # rows, below which others need longer to begin than they save
_AT_A_TIME = 3500  # cells that are worked out by one task: long rows, few of them


@dataclass(slots=True, eq=False)
class Stream(Generic[_Item]):
    """A row of a sheet for each of *count* items, from the row *first* on, which is there for the looks.

    *make* gives the row of an item; of many rows the processes of an *executor* do it, to whom it and the items travel,
    and this one where they are ended. Links are at the column *linked*.
    """

    first: int
    count: int
    items: Iterable[_Item]
    make: Callable[[_Item], Row]
    linked: int = 0
    executor: Executor | None = None
    _links: IO[str] = field(default_factory=_spool)

    def sheet(self, part: bytes) -> Iterator[bytes]:
        """The sheet's part with all rows in it; raises ``ValueError`` when there are not as many as was said."""
        text = part.decode()
        row = re.search(rf'<row r="{self.first + 1}".*?</row>', text, re.DOTALL)
        assert row is not None  # noqa: S101  it was drawn
        yield self._grown(text[: row.start()]).encode()
        yield from self._rows(_CELL.findall(row[0]))
        own = rf'<hyperlink ref="{a1(self.first, self.linked)}" r:id="rId1"[^>]*/>'
        column = column_name(self.linked)
        yield from self._each_link(
            text[row.end() :], own, lambda n, at, _: f'<hyperlink ref="{column}{at}" r:id="rId{n}"/>'
        )

    def relations(self, part: bytes) -> Iterator[bytes]:
        """The part of the sheet's relations with the links of all rows; asked for behind the sheet."""
        yield from self._each_link(
            part.decode(),
            r'<Relationship Id="rId1"[^>]*/>',
            lambda n, _, target: (
                f'<Relationship Id="rId{n}" Type="{_LINK}" Target="{target}" TargetMode="External"/>'
            ),
        )

    def close(self) -> None:
        """Let go of what waits on the disk."""
        self._links.close()

    def _grown(self, head: str) -> str:
        """What stands before the rows, with the place of the last cell."""
        last = self.first + self.count
        return _DIMENSION.sub(lambda found: f'{found[1]}{found[2]}{last}"', head)

    def _rows(self, styles: list[tuple[str, str]]) -> Iterator[bytes]:
        draw = partial(_drawn, self.make, [f'<c r="{letters}{ROW}"{style}' for letters, style in styles])
        portions = self._portions(max(1, _AT_A_TIME // len(styles)))
        count = 0
        for drawn in starmap(draw, portions):
            count += drawn.number
            self._links.write(drawn.links)
            yield drawn.rows
        if count != self.count:
            raise ValueError(f"{count} rows where {self.count} were said to be")

    def _portions(self, most: int) -> Iterator[tuple[int, tuple[_Item, ...]]]:
        """So many items as one task draws, and the row of the first of them."""
        items, row = iter(self.items), self.first
        while portion := tuple(islice(items, most)):
            yield row, portion
            row += len(portion)

    def _each_link(self, part: str, own: str, write: Callable[[int, str, str], str]) -> Iterator[bytes]:
        """The part with every link where it has that of the first row."""
        found = re.search(own, part)
        if found is None:
            yield part.encode()
            return
        before, after, count = part[: found.start()], part[found.end() :], 0
        self._links.seek(0)
        for count, line in enumerate(self._links, 1):
            at, _, target = line.rstrip("\n").partition(" ")
            yield (before + write(count, at, target)).encode()
            before = ""
        yield (before + after if count else (before + after).replace(_NO_LINKS, "")).encode()


class _Drawn(NamedTuple):
    """Some rows as they are written, and a line for each that links: which row it is and where the link points."""

    number: int
    rows: bytes
    links: str


def _drawn(make: Callable[[_Item], Row], heads: list[str], first: int, items: tuple[_Item, ...]) -> _Drawn:
    """The rows of these items from the row *first* on, in whichever process this runs."""
    lines: list[str] = []
    links: list[str] = []
    for at, item in enumerate(items, first + 1):
        row = make(item)
        cells = "".join([head + content for head, content in zip(heads, row.contents, strict=True)])
        lines.append(f'<row r="{at}">{cells.replace(ROW, str(at))}</row>')
        if row.link:
            links.append(f"{at} {row.link.translate(_XML)}\n")
    return _Drawn(len(lines), "".join(lines).encode(), "".join(links))
