"""Rows that are written as XML while the file is saved: as many as there are, one held at a time.

xlsxwriter draws the sheet with its head and one row for the looks. Where it wrote that row, its link and the link's
relation, those of all rows are written instead.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import IO

from xltools.classes import NamedTuple, define, field
from xltools.excel.formula import ROW
from xltools.form.address import a1, column_name

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


@define(eq=False)
class Stream:
    """*count* rows of a sheet from the row *first* on, which is there for the looks; links are at the column *linked*."""

    first: int
    count: int
    rows: Iterable[Row]
    linked: int = 0
    _links: IO[str] = field(factory=_spool)

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
        heads = [f'<c r="{letters}{ROW}"{style}' for letters, style in styles]
        at = self.first
        for row in self.rows:
            at += 1
            line = "".join([head + content for head, content in zip(heads, row.contents, strict=True)])
            yield f'<row r="{at}">{line.replace(ROW, str(at))}</row>'.encode()
            if row.link:
                self._links.write(f"{at} {row.link.translate(_XML)}\n")
        if at != self.first + self.count:
            raise ValueError(f"{at - self.first} rows where {self.count} were said to be")

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
