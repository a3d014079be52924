"""Read a Word document (.docx) into a flow, within the same limits as a workbook."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from xltools.document.reader.flow import Flow, FlowItem, GridBuilder, TextLine
from xltools.office.guard import (
    DAMAGE,
    PLAIN_METHODS,
    Budget,
    ScanError,
    check_entries,
    damaged,
    folded,
    is_encrypted,
    open_zip,
    printable,
)
from xltools.office.parsing import parse, true
from xltools.office.relations import relations, relations_of
from xltools.office.runs import Run, joined_runs

# Elements whose text is deleted, duplicated, or not part of the visible text.
_LEFT_OUT = {
    *("del", "moveFrom", "mc:Fallback", "instrText", "delText", "rubyPr", "rt"),
    # Formats that a tracked change replaced.
    *("rPrChange", "pPrChange", "tblPrChange", "tblPrExChange", "tblGridChange", "trPrChange", "tcPrChange"),
}
_SIGNS = {"br": "\n", "cr": "\n", "tab": "\t", "noBreakHyphen": "-"}
# Formats that set a run apart from others, with the values that do not: struck out, raised, lowered, white, too small.
_STRUCK = {"strike": (_no := re.compile("0|false|off|none")), "dstrike": _no}
_APART = {
    **_STRUCK,
    "vertAlign": re.compile("baseline"),
    "position": re.compile("0"),
    "color": re.compile("(?!(?i:FFFFFF)$).*"),
    "sz": re.compile("(?!0*[0-4]$).*"),
    "webHidden": _no,
}
_MOST_DIGITS = 3  # of a number of columns; a longer number is ignored


def read_word(data: bytes, budget: Budget) -> Flow:
    """Return the content of the document; raises only :class:`ScanError`.

    Tracked insertions are included, tracked deletions are not. Hidden text, field instructions and superscripts in
    tables (marks of notes) are left out; a text box is read once.
    """
    try:
        with open_zip(data, budget.limits) as package:
            parts = check_entries(package, len(data), budget)
            if any(map(is_encrypted, parts.values())):
                raise ScanError("encrypted-archive")
            if strange := next((e for e in parts.values() if e.compress_type not in PLAIN_METHODS), None):
                raise damaged(f"compression {strange.compress_type}")
            if macros := next((name for name in parts if name.endswith("vbaproject.bin")), None):
                raise ScanError("macros", printable(macros))
            roots = relations(budget.part(package, parts[folded(relations_of(""))]), "")
            main = next((target for kind, target, _ in roots if kind == "officeDocument"), "")
            if folded(main) not in parts:
                raise ScanError("word-document")
            body = _BodyParser()
            parse(budget.part(package, parts[folded(main)]), body.start, body.end, body.words)
            return body.flow()
    except DAMAGE as error:
        raise damaged(error) from error


@dataclass(slots=True)
class _WordCell:
    """A cell of a row."""

    items: list[FlowItem] = field(default_factory=list)
    columns: int = 1
    is_continued: bool = False  # whether it is the lower part of the cell above


@dataclass(slots=True)
class _OpenTable:
    """A table that is being read, and its current row."""

    builder: GridBuilder = field(default_factory=GridBuilder)
    row: list[_WordCell] = field(default_factory=list)
    before: int = 0  # columns that the row skips
    is_deleted: bool = False

    def begin_row(self) -> None:
        self.row, self.before, self.is_deleted = [], 0, False

    def end_row(self) -> None:
        if self.is_deleted:
            return
        self.builder.begin_row()
        if self.before:
            self.builder.add_cell(1, self.before)
        for cell in self.row:
            if cell.is_continued:
                self.builder.extend_above(cell.columns)
            else:
                self.builder.add_cell(1, cell.columns).extend(cell.items)


@dataclass(slots=True)
class _BodyParser:
    """Collects the content from parser events. Tables nest in cells, and paragraphs in text boxes of paragraphs."""

    items: list[FlowItem] = field(default_factory=list)
    _cells: list[_WordCell] = field(default_factory=list)  # open cells, innermost last
    _tables: list[_OpenTable] = field(default_factory=list)  # open tables, innermost last
    _lines: list[list[Run]] = field(default_factory=list)  # open paragraphs, innermost last
    _skipped: int = 0  # depth inside an element that is left out
    _run: list[str] = field(default_factory=list)
    _is_shown: bool = True
    _is_apart: bool = False
    _is_note: bool = False
    _is_struck: bool = False
    _is_text: bool = False
    _root: str = ""

    def start(self, tag: str, attributes: dict[str, str]) -> None:  # noqa: C901, PLR0912  one case per element
        """Handle the start of an element."""
        self._root = self._root or tag
        if self._skipped or tag in _LEFT_OUT:
            if tag == "del" and not self._skipped and len(self._cells) < len(self._tables):
                self._tables[-1].is_deleted = True  # the row itself is marked as deleted
            self._skipped += 1
            return
        value = next((v for k, v in attributes.items() if k.rpartition(":")[2] == "val"), "")
        match tag:
            case "t" | "m:t":
                self._is_text = True
            case "r" | "m:r":
                self._run, self._is_shown = [], True
                self._is_apart = self._is_note = self._is_struck = False
            case "vanish":
                self._is_shown &= bool(value) and not true(value)
            case "vertAlign" if value == "superscript" and self._cells:
                self._is_note = True
            case _ if tag in _APART and not _APART[tag].fullmatch(value):
                self._is_apart, self._is_struck = True, self._is_struck or tag in _STRUCK
            case "p":
                self._lines.append([])
            case "tbl":
                self._tables.append(_OpenTable())
            case "tr":
                self._tables[-1].begin_row()
            case "gridBefore":
                self._tables[-1].before = _column_count(value)
            case "tc":
                self._cells.append(_WordCell())
            case "gridSpan":
                self._cells[-1].columns = _column_count(value)
            case "vMerge":
                self._cells[-1].is_continued = value != "restart"
            case _ if tag in _SIGNS:
                self._run.append(_SIGNS[tag])

    def end(self, tag: str) -> None:
        """Handle the end of an element."""
        if self._skipped:
            self._skipped -= 1
            return
        match tag:
            case "t" | "m:t":
                self._is_text = False
            case "r" | "m:r":
                if self._lines and self._is_shown:
                    text = "".join(self._run)
                    self._lines[-1].append(Run(text, self._is_apart, self._is_note, self._is_struck))
                self._run = []
            case "p":
                text = joined_runs(self._lines.pop()) if self._lines else ""
                self._target.extend(TextLine(line.strip()) for line in text.split("\n") if line.strip())
            case "tr":
                self._tables[-1].end_row()
            case "tc":
                self._tables[-1].row.append(self._cells.pop())
            case "tbl":
                self._target.extend(self._tables.pop().builder.items())

    def words(self, chunk: str) -> None:
        """Handle character data."""
        if self._is_text and not self._skipped:
            self._run.append(chunk)

    def flow(self) -> Flow:
        """Return the content; raises :class:`ScanError` if the part is not a document."""
        if self._root != "document":
            raise ScanError("word-document")
        return tuple(self.items)

    @property
    def _target(self) -> list[FlowItem]:
        return self._cells[-1].items if self._cells else self.items


def _column_count(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS else 1
