"""The board as a page."""

from __future__ import annotations

from xltools.checking.board import TO_DO, Board
from xltools.document.markup import Markup, markup, tag
from xltools.report import board as report
from xltools.report.html.frame import framed
from xltools.text import Lang, catalog

_NUMBERS = {3, 4, 5}  # the columns of counts


def board_html(board: Board, title: str, lang: Lang) -> str:
    """The board of the collection of that title, as it stands on its day."""
    t = catalog(lang)
    tiles = [tag("div", tag("dt", t("board.head-agencies")), tag("dd", str(len(board.lines))))]
    tiles += [
        tag(
            "div",
            tag("dt", t(f"board.state-{state.value}")),
            tag("dd", str(count)),
            class_=TO_DO[state].value,
        )
        for state, count in board.counts.items()
        if count
    ]
    about = tag("p", report.due(board, lang), class_="about")
    header = tag(
        "header", tag("div", tag("h1", title), about, class_="name"), tag("dl", tiles, class_="counts")
    )
    return framed(
        title, markup([header, tag("main", _table(board, lang), _remarks(board, lang), id="main")]), lang
    )


def _table(board: Board, lang: Lang) -> Markup:
    heads = [
        tag("th", word, scope="col", class_="number" if place in _NUMBERS else None)
        for place, word in enumerate(report.head(lang))
    ]
    rows = [_row(board, index, row) for index, row in enumerate(report.rows(board, lang))]
    return tag("table", tag("thead", tag("tr", heads)), tag("tbody", rows), class_="list")


def _row(board: Board, index: int, row: list[str]) -> Markup:
    code, name, states, *counts, files = row
    badge = tag("span", states, class_=f"state {board.lines[index].to_do.value}")
    return tag(
        "tr",
        tag("td", code, class_="code"),
        tag("th", name, scope="row"),
        tag("td", badge),
        [tag("td", count, class_="number") for count in counts],
        tag("td", files, class_="path"),
    )


def _remarks(board: Board, lang: Lang) -> list[Markup]:
    """What the table cannot say, each with its lines below it."""
    found = []
    for remark in report.remarks(board, lang):
        first, *lines = remark.split("\n")
        items = tag("ul", [tag("li", line.strip()) for line in lines]) if lines else ""
        found.append(tag("section", tag("h2", first), items))
    return found
