"""A Word document (.docx) into its flow, behind the same guard as a workbook."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from xltools.document.reader.flow import Flow, Item, Paragraph, Weaver
from xltools.office.guard import (
    DAMAGE,
    PLAIN_METHODS,
    Budget,
    Limits,
    ScanError,
    check_entries,
    folded,
    is_encrypted,
    open_zip,
    printable,
)
from xltools.office.parsing import parse, true
from xltools.office.relations import relations, relations_of

# What is no longer in the text, stands there twice, or was never words of it.
_LEFT_OUT = {"del", "moveFrom", "mc:Fallback", "instrText", "delText", "rubyPr", "rt"}
_SIGNS = {"br": "\n", "cr": "\n", "tab": "\t", "noBreakHyphen": "-"}
_TITLES = {"title", "a3"}  # names of the style; in Chinese Word and in WPS it is often a3


def read_word(data: bytes, limits: Limits) -> Flow:
    """What the document says; raises :class:`ScanError` and nothing else.

    What was deleted with changes tracked is not there, what was put in is. Hidden text, fields' instructions and
    footnotes' marks are left out; a text box stands once.
    """
    try:
        with open_zip(data, limits) as package:
            parts = check_entries(package, len(data), limits)
            if any(map(is_encrypted, parts.values())):
                raise ScanError("encrypted-archive")
            if strange := next((e for e in parts.values() if e.compress_type not in PLAIN_METHODS), None):
                raise ScanError("damaged", f"compression {strange.compress_type}")
            if macros := next((name for name in parts if name.endswith("vbaproject.bin")), None):
                raise ScanError("macros", printable(macros))
            budget = Budget(limits)
            roots = relations(budget.part(package, parts[folded(relations_of(""))]), "")
            main = next((target for kind, target, _ in roots if kind == "officeDocument"), "")
            if folded(main) not in parts:
                raise ScanError("word-document")
            text = _Text()
            parse(budget.part(package, parts[folded(main)]), text.start, text.end, text.words)
            return text.flow()
    except DAMAGE as error:
        raise ScanError("damaged", f"{type(error).__name__}: {error}") from error


class _Piece(NamedTuple):
    """A cell as it stands in a row: how many columns it takes, and whether it belongs to the one above."""

    items: list[Item]
    about: dict[str, str]


@dataclass(slots=True)
class _Table:
    """A table that is open, and its row."""

    weaver: Weaver = field(default_factory=Weaver)
    row: list[_Piece] = field(default_factory=list)
    before: int = 0  # columns that the row leaves out
    is_deleted: bool = False

    def begin(self) -> None:
        self.row, self.before, self.is_deleted = [], 0, False

    def end(self) -> None:
        if self.is_deleted:
            return
        self.weaver.row()
        if self.before:
            self.weaver.cell(1, self.before)
        for items, about in self.row:
            columns = _count(about.get("gridSpan", ""))
            if about.get("vMerge", "restart") == "restart":
                self.weaver.cell(1, columns).extend(items)
            else:
                self.weaver.skip(columns)


@dataclass(slots=True)
class _Text:
    """Listens to the parser. Tables may stand in cells of tables, and paragraphs in boxes of paragraphs."""

    items: list[Item] = field(default_factory=list)
    _cells: list[_Piece] = field(default_factory=list)  # that are open, the innermost last
    _tables: list[_Table] = field(default_factory=list)
    _lines: list[list[str]] = field(default_factory=list)  # the paragraphs that are open
    _out: int = 0  # depth inside of what is left out
    _run: list[str] = field(default_factory=list)
    _is_shown: bool = True
    _is_text: bool = False
    _is_title: bool = False
    _root: str = ""

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        self._root = self._root or tag
        if self._out or tag in _LEFT_OUT:
            if tag == "del" and not self._out and len(self._cells) < len(self._tables):
                self._tables[-1].is_deleted = True  # a mark at the row itself
            self._out += 1
            return
        value = next((v for k, v in attributes.items() if k.rpartition(":")[2] == "val"), "")
        if opened := _OPENED.get(tag):
            opened(self, value)
        elif tag in _SIGNS:
            self._run.append(_SIGNS[tag])

    def end(self, tag: str) -> None:
        """An element ends."""
        if self._out:
            self._out -= 1
        elif closed := _CLOSED.get(tag):
            closed(self)

    def words(self, chunk: str) -> None:
        """A text."""
        if self._is_text and not self._out:
            self._run.append(chunk)

    def flow(self) -> Flow:
        """What was heard; raises :class:`ScanError` when it was no document."""
        if self._root != "document":
            raise ScanError("word-document")
        return tuple(self.items)

    @property
    def _home(self) -> list[Item]:
        return self._cells[-1].items if self._cells else self.items

    def _text(self, _: str) -> None:
        self._is_text = True

    def _end_text(self) -> None:
        self._is_text = False

    def _run_begins(self, _: str) -> None:
        self._run, self._is_shown = [], True

    def _hidden(self, value: str) -> None:
        self._is_shown &= bool(value) and not true(value)

    def _raised(self, value: str) -> None:
        if value == "superscript" and self._cells:
            self._is_shown = False  # beside a figure it is the mark of a note

    def _end_run(self) -> None:
        if self._lines and self._is_shown:
            self._lines[-1] += self._run
        self._run = []

    def _paragraph(self, _: str) -> None:
        self._lines.append([])
        self._is_title = False

    def _style(self, value: str) -> None:
        self._is_title = value.replace(" ", "").casefold() in _TITLES

    def _end_paragraph(self) -> None:
        text = "".join(self._lines.pop()) if self._lines else ""
        for line in text.split("\n"):
            if line.strip():
                self._home.append(Paragraph(line.strip(), self._is_title and not self._cells))

    def _table(self, _: str) -> None:
        self._tables.append(_Table())

    def _end_table(self) -> None:
        self._home.extend(self._tables.pop().weaver.items())

    def _row(self, _: str) -> None:
        self._tables[-1].begin()

    def _end_row(self) -> None:
        self._tables[-1].end()

    def _before(self, value: str) -> None:
        self._tables[-1].before = _count(value)

    def _cell(self, _: str) -> None:
        self._cells.append(_Piece([], {}))

    def _end_cell(self) -> None:
        self._tables[-1].row.append(self._cells.pop())

    def _spans(self, value: str) -> None:
        self._cells[-1].about["gridSpan"] = value

    def _merged(self, value: str) -> None:
        self._cells[-1].about["vMerge"] = value or "continue"


def _count(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < _LONG else 1


_LONG = 4  # digits of a number of columns that is none
_OPENED: dict[str, Callable[[_Text, str], None]] = {
    "t": _Text._text,  # noqa: SLF001  its own table
    "r": _Text._run_begins,  # noqa: SLF001
    "vanish": _Text._hidden,  # noqa: SLF001
    "vertAlign": _Text._raised,  # noqa: SLF001
    "p": _Text._paragraph,  # noqa: SLF001
    "pStyle": _Text._style,  # noqa: SLF001
    "tbl": _Text._table,  # noqa: SLF001
    "tr": _Text._row,  # noqa: SLF001
    "gridBefore": _Text._before,  # noqa: SLF001
    "tc": _Text._cell,  # noqa: SLF001
    "gridSpan": _Text._spans,  # noqa: SLF001
    "vMerge": _Text._merged,  # noqa: SLF001
}
_CLOSED: dict[str, Callable[[_Text], None]] = {
    "t": _Text._end_text,  # noqa: SLF001
    "r": _Text._end_run,  # noqa: SLF001
    "p": _Text._end_paragraph,  # noqa: SLF001
    "tbl": _Text._end_table,  # noqa: SLF001
    "tr": _Text._end_row,  # noqa: SLF001
    "tc": _Text._end_cell,  # noqa: SLF001
}
