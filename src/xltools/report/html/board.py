"""The board as a page."""

from __future__ import annotations

from xltools.checking.board import ACTIONS, Board
from xltools.document.pages import page
from xltools.report import board as report
from xltools.text import Lang, catalog


def board_html(board: Board, title: str, lang: Lang) -> str:
    """Return the page of *board*; *title* is the title of the collection."""
    t = catalog(lang)
    tiles = [(t("board.head-agencies"), len(board.rows), "")]
    tiles += [
        (t.about(board.kind, f"board.state-{state.value}"), count, ACTIONS[state].value)
        for state, count in board.counts.items()
        if count
    ]
    return page(
        "report/html/board.html",
        lang=lang,
        t=t,
        title=title,
        tiles=tiles,
        due=report.due(board, lang),
        head=report.head(lang),
        rows=list(zip(board.rows, report.rows(board, lang), strict=True)),
        remarks=report.remarks(board, lang),
    )
