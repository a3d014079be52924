"""Read a web page, also one saved by Word, into a flow: the visible text in reading order."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import NamedTuple

from xltools.document.reader.flow import Flow, FlowItem, GridBuilder, TextLine
from xltools.document.reader.plain_text import read_text
from xltools.office.guard import Budget
from xltools.office.runs import Run, joined_runs
from xltools.white_space import is_blank

_VOID = {
    *("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track"),
    "wbr",
}
_UNSEEN = {
    *("script", "style", "noscript", "template", "head", "select", "option", "textarea", "button", "svg"),
    *("iframe", "object", "audio", "video", "nav", "footer", "aside", "del", "xml", "math", "map"),
    *("rt", "rp"),
}
_INLINE = {
    *("a", "abbr", "b", "bdi", "bdo", "big", "cite", "code", "dfn", "em", "font", "i", "ins", "kbd", "label"),
    *("mark", "q", "s", "samp", "small", "span", "strike", "strong", "sub", "sup", "time", "tt", "u", "var"),
    *("o:p", "st1:chsdate", "st1:chmetcnv", "acronym", "nobr", "ruby", "rb", "rt", "rp", "del", "wbr"),
    "input",
}
_HIDING = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|mso-hide\s*:\s*all", re.IGNORECASE
)
_RAISED = re.compile(r"vertical-align\s*:\s*(?:super|text-top)", re.IGNORECASE)
_STRIKING = re.compile("line-through", re.IGNORECASE)
# Looks that set a text apart from the text around it: lowered, white, without size, out of the page.
_APART = re.compile(
    r"vertical-align\s*:\s*(?:sub\b|text-bottom|-?[0-9.])|opacity\s*:\s*0(?!\.?0*[1-9])"
    r"|font-size\s*:\s*0(?!\.?0*[1-9])|(?:left|top|indent)\s*:\s*-[0-9]{3}"
    r"|(?<![\w-])color\s*:\s*(?:white\b|transparent|#fff\b|#ffffff\b|rgb\(\s*255\s*,\s*255\s*,\s*255\s*\))",
    re.IGNORECASE,
)
_TYPED_INTO = {"text", "number", ""}  # types of fields
_STRUCK = {"s", "strike"}
_SCOPES = {"table", "td", "th"}  # most end tags close nothing outside their cell
_DEEPEST = 400


def read_page(text: str, budget: Budget) -> Flow:
    """Return the visible content of the page. No resource is loaded, and errors in the markup are ignored.

    Raises :class:`ScanError` if it has more elements than any report.
    """
    page = _PageParser(budget)
    page.feed(_strip_invisible(text))
    page.close()
    return page.flow()


def _strip_invisible(text: str) -> str:
    """Return *text* without comments, declarations and scripts: the parser is slow on those that never end."""
    for begin, end in (
        ("<!--", "-->"),
        ("<script", "</script"),
        ("<style", "</style"),
        ("<!", ">"),
        ("<?", ">"),
    ):
        text = _remove(text, begin, end)
    return text[: text.rfind(">") + 1] + text[text.rfind(">") + 1 :].replace("<", " ")


def _remove(text: str, begin: str, end: str) -> str:
    """Return *text* without every span from *begin* to *end*, to the end of the text if *end* is missing."""
    folded, kept, place = text.lower(), [], 0
    if len(folded) != len(text):  # a letter whose lower case has two characters
        folded = text
    while (start := folded.find(begin, place)) >= 0:
        kept.append(text[place:start])
        stop = folded.find(end, start + len(begin))
        place = stop + len(end) if stop >= 0 else len(text)
        if end.startswith("</"):
            close = folded.find(">", place)
            place = close + 1 if close >= 0 else len(text)
    kept.append(text[place:])
    return "".join(kept)


class _OpenElement(NamedTuple):
    """An open element: whether it is visible, raised as marks of notes are, set apart from others, and struck out."""

    name: str
    is_seen: bool = True
    is_raised: bool = False
    is_apart: bool = False
    is_struck: bool = False


_NO_ELEMENT = _OpenElement("")


@dataclass(slots=True)
class _TextTarget:
    """A list that takes the content of the page or of a cell, and the line that is being read."""

    items: list[FlowItem]
    line: list[Run] = field(default_factory=list)


class _PageParser(HTMLParser):
    """Collects the content from parser events and keeps the elements that are open."""

    def __init__(self, budget: Budget) -> None:
        super().__init__(convert_charrefs=True)
        self._budget = budget
        self._items: list[FlowItem] = []
        self._open: list[_OpenElement] = []
        self._tables: list[GridBuilder] = []
        self._targets: list[_TextTarget] = [_TextTarget(self._items)]
        self._depths: list[int] = []  # the number of targets when each open table began
        self._titles: list[str] = []
        self._names: Counter[str] = Counter()  # of the open elements

    def flow(self) -> Flow:
        """Return the content, the title of the page first."""
        while self._tables:
            self._end_table()
        self._end_line()
        titles = [TextLine(" ".join("".join(self._titles).split()))] if self._titles else []
        return (*titles, *self._items)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Handle a start tag."""
        self._budget.spend("tags")
        given = {name: value or "" for name, value in attrs}
        if tag == "br":
            self._break_line()
            return
        if tag not in _INLINE:
            self._end_paragraph()
        if len(self._open) > _DEEPEST:
            return
        if tag in {"td", "th", "tr"}:
            self._close_implied(tag)
        style = given.get("style", "")
        is_hidden = "hidden" in given or _HIDING.search(style)
        is_seen = self._last.is_seen and tag not in _UNSEEN and not is_hidden
        if is_seen and tag == "table":
            self._tables.append(GridBuilder())
            self._depths.append(len(self._targets))
        elif is_seen and tag == "tr" and self._tables:
            self._tables[-1].begin_row()
        elif is_seen and tag in {"td", "th"} and self._tables:
            spans = (_span(given.get("rowspan", "")), _span(given.get("colspan", "")))
            self._targets.append(_TextTarget(self._tables[-1].add_cell(*spans)))
        if is_seen and tag == "input" and given.get("type", "text").lower() in _TYPED_INTO:
            self.handle_data(given.get("value", ""))
        if tag not in _VOID:
            is_raised = (
                self._last.is_raised or tag == "sup" or (tag in _INLINE and bool(_RAISED.search(style)))
            )
            is_struck = self._last.is_struck or tag in _STRUCK or bool(_STRIKING.search(style))
            is_apart = self._last.is_apart or is_struck or tag == "sub" or bool(_APART.search(style))
            self._open.append(_OpenElement(tag, is_seen or tag == "title", is_raised, is_apart, is_struck))
            self._names[tag] += 1

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Handle a tag that ends itself (``<span/>``), as only a few elements may."""
        self.handle_starttag(tag, attrs)
        if tag not in _VOID and tag in {"o:p", "span", "a"}:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        """Handle an end tag, which also closes the elements left open inside."""
        self._budget.spend("tags")
        if tag not in _INLINE:
            self._end_line()
        if not self._names[tag]:
            return
        for depth in range(len(self._open) - 1, -1, -1):
            name = self._open[depth].name
            if name == tag:
                self._close_from(depth)
                return
            if name in _SCOPES and tag not in {"table", "tr", "td", "th", "tbody", "body", "html"}:
                return
            if name == "table" and tag in {"tr", "td", "th", "tbody"}:
                return

    def handle_data(self, data: str) -> None:
        """Handle character data. In a table a superscript marks a note and is left out."""
        if self._last.name == "title":
            self._titles.append(data)
        elif self._last.is_seen:
            _, _, is_raised, is_apart, is_struck = self._last
            is_note = is_raised and len(self._targets) > 1
            self._targets[-1].line.append(Run(data, is_apart or is_raised, is_note, is_struck))

    @property
    def _last(self) -> _OpenElement:
        return self._open[-1] if self._open else _NO_ELEMENT

    def _close_implied(self, tag: str) -> None:
        """Close a cell or row whose end tag was omitted before *tag*, the next cell or row."""
        ended = {"tr"} if tag == "tr" else {"td", "th"}
        for depth in range(len(self._open) - 1, -1, -1):
            name = self._open[depth].name
            if name == "table":
                return
            if name in ended:
                self._close_from(depth)
                return

    def _close_from(self, depth: int) -> None:
        while len(self._open) > depth:
            self._close()

    def _close(self) -> None:
        tag, seen, *_ = self._open.pop()
        self._names[tag] -= 1
        if not seen or tag == "title":
            return
        if tag not in _INLINE:
            self._end_line()
        if tag in {"td", "th"} and len(self._targets) > (self._depths[-1] if self._depths else 1):
            self._targets.pop()
        elif tag == "table" and self._tables:
            self._end_table()

    def _end_table(self) -> None:
        self._end_line()
        del self._targets[self._depths.pop() :]
        self._targets[-1].items.extend(self._tables.pop().items())

    def _end_paragraph(self) -> None:
        self._end_line()
        if self._last.name == "p":
            self._close()  # its end tag is optional

    def _break_line(self) -> None:
        if self._names["pre"]:
            self.handle_data("\n")
        else:
            self._end_line()

    def _end_line(self) -> None:
        target = self._targets[-1]
        if self._names["pre"]:  # a text as it is typed, with its tabs and lines
            target.items.extend(read_text(joined_runs(target.line)))
            target.line.clear()
            return
        lines = joined_runs(run._replace(text=re.sub(r"[ \t\r\n\f]+", " ", run.text)) for run in target.line)
        target.line.clear()
        for line in lines.split("\n"):
            text = re.sub(" +", " ", line).strip()
            if not is_blank(text):
                target.items.append(TextLine(text))


def _span(text: str) -> int:
    found = re.match(r"\s*([0-9]{1,4})", text)
    return int(found[1]) if found else 1
