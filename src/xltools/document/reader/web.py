"""A web page, also one that Word saved, into its flow: what a reader sees of it, in its order."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from html.parser import HTMLParser

from xltools.data.number import is_blank
from xltools.document.reader.flow import Flow, Item, Paragraph, Weaver
from xltools.office.guard import ScanError

_VOID = {
    "area",
    "base",
    "br",
    "col",
    "embed",
    "hr",
    "img",
    "input",
    "link",
    "meta",
    "param",
    "source",
    "track",
    "wbr",
}
_UNSEEN = {
    *("script", "style", "noscript", "template", "head", "select", "option", "textarea", "button", "svg"),
    *("iframe", "object", "audio", "video", "nav", "footer", "aside", "del", "xml", "math", "map"),
}
_INLINE = {
    *("a", "abbr", "b", "bdi", "bdo", "big", "cite", "code", "dfn", "em", "font", "i", "ins", "kbd", "label"),
    *("mark", "q", "s", "samp", "small", "span", "strike", "strong", "sub", "sup", "time", "tt", "u", "var"),
    *("o:p", "st1:chsdate", "st1:chmetcnv", "acronym", "nobr"),
}
_TITLES = {"h1", "title"}
_HIDING = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|mso-hide\s*:\s*all", re.IGNORECASE
)
_SCOPES = {"table", "td", "th"}  # an end tag reaches no farther than the cell it stands in
_DEEPEST = 400
_MOST = 150_000  # elements: of a report that Word saved there are some ten thousand


def read_page(text: str) -> Flow:
    """What the page shows. Nothing of it is loaded, and whatever is wrong with its markup is passed over.

    Raises :class:`ScanError` for one that has more elements than any report.
    """
    page = _Page(convert_charrefs=True)
    page.feed(_bare(text))
    page.close()
    return page.flow()


def _bare(text: str) -> str:
    """Without comments, declarations and scripts: the parser takes ever longer over such that never end."""
    for begin, end in (
        ("<!--", "-->"),
        ("<script", "</script"),
        ("<style", "</style"),
        ("<!", ">"),
        ("<?", ">"),
    ):
        text = _without(text, begin, end)
    return text[: text.rfind(">") + 1] + text[text.rfind(">") + 1 :].replace("<", " ")


def _without(text: str, begin: str, end: str) -> str:
    folded, kept, place = text.lower(), [], 0
    if len(folded) != len(text):  # a letter that has two in lower case
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


@dataclass(slots=True)
class _Cell:
    items: list[Item]
    line: list[str] = field(default_factory=list)


class _Page(HTMLParser):
    """Listens to the parser and keeps what is open."""

    def __init__(self, *, convert_charrefs: bool) -> None:
        super().__init__(convert_charrefs=convert_charrefs)
        self._items: list[Item] = []
        self._open: list[tuple[str, bool]] = []  # names of elements, and whether each is seen
        self._tables: list[Weaver] = []
        self._homes: list[_Cell] = [_Cell(self._items)]
        self._depths: list[int] = []  # how many homes there were when a table began
        self._titles: list[str] = []
        self._count = 0
        self._names: Counter[str] = Counter()  # of the elements that are open

    def flow(self) -> Flow:
        """What was heard, the title of the page first."""
        while self._tables:
            self._end_table()
        self._break()
        titles = [Paragraph(" ".join("".join(self._titles).split()), True)] if self._titles else []
        return (*titles, *self._items)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element begins."""
        self._one_more()
        given = {name: value or "" for name, value in attrs}
        if tag not in _INLINE:
            self._break()
            if self._open and self._open[-1][0] == "p" and tag != "br":
                self._close()  # its end tag may be left out
        if tag == "br" or len(self._open) > _DEEPEST:
            return
        if tag in _SCOPES or tag == "tr":
            self._imply(tag)
        seen = self._is_seen and tag not in _UNSEEN and not _is_hidden(given)
        if seen and tag == "table":
            self._tables.append(Weaver())
            self._depths.append(len(self._homes))
        elif seen and tag == "tr" and self._tables:
            self._tables[-1].row()
        elif seen and tag in {"td", "th"} and self._tables:
            spans = (_count(given.get("rowspan", "")), _count(given.get("colspan", "")))
            self._homes.append(_Cell(self._tables[-1].cell(*spans)))
        if tag not in _VOID:
            self._open.append((tag, seen or tag == "title"))
            self._names[tag] += 1

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element that ends where it begins, which only some may."""
        self.handle_starttag(tag, attrs)
        if tag not in _VOID and tag in {"o:p", "span", "a"}:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        """An element ends, and with it what was left open inside."""
        self._one_more()
        if tag not in _INLINE:
            self._break()
        if not self._names[tag]:
            return
        for depth in range(len(self._open) - 1, -1, -1):
            name = self._open[depth][0]
            if name == tag:
                while len(self._open) > depth:
                    self._close()
                return
            if name in _SCOPES and tag not in {"table", "tr", "td", "th", "tbody", "body", "html"}:
                return
            if name == "table" and tag in {"tr", "td", "th", "tbody"}:
                return

    def handle_data(self, data: str) -> None:
        """A text."""
        if any(name == "title" for name, _ in self._open[-1:]):
            self._titles.append(data)
        elif self._is_seen and not (self._in_cell and any(name == "sup" for name, _ in self._open)):
            self._homes[-1].line.append(data)

    @property
    def _is_seen(self) -> bool:
        return self._open[-1][1] if self._open else True

    @property
    def _in_cell(self) -> bool:
        return len(self._homes) > 1

    def _one_more(self) -> None:
        self._count += 1
        if self._count > _MOST:
            raise ScanError("too-large", f"> {_MOST:,} elements")

    def _imply(self, tag: str) -> None:
        """A cell ends the cell before it, and a row the row before it, where their end tags were left out."""
        if tag == "table":
            return
        ended = {"td", "th"} if tag in {"td", "th"} else {"td", "th", "tr"}
        for depth in range(len(self._open) - 1, -1, -1):
            name = self._open[depth][0]
            if name == "table":
                return
            if name in ended and (tag != "tr" or name == "tr"):
                while len(self._open) > depth:
                    self._close()
                return

    def _close(self) -> None:
        tag, seen = self._open.pop()
        self._names[tag] -= 1
        if not seen or tag == "title":
            return
        self._break(is_title=tag == "h1")
        if tag in {"td", "th"} and len(self._homes) > (self._depths[-1] if self._depths else 1):
            self._homes.pop()
        elif tag == "table" and self._tables:
            self._end_table()

    def _end_table(self) -> None:
        self._break()
        del self._homes[self._depths.pop() :]
        self._homes[-1].items.extend(self._tables.pop().items())

    def _break(self, *, is_title: bool = False) -> None:
        """A line ends."""
        home = self._homes[-1]
        text = re.sub(r"[ \t\r\n\f]+", " ", "".join(home.line)).strip()
        home.line.clear()
        if not is_blank(text):
            home.items.append(Paragraph(text, is_title))


def _is_hidden(given: dict[str, str]) -> bool:
    return "hidden" in given or bool(_HIDING.search(given.get("style", "")))


def _count(text: str) -> int:
    found = re.match(r"\s*([0-9]{1,4})", text)
    return int(found[1]) if found else 1
