"""The board as text, JSON and rows, and the words with which agencies are chased."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from xltools.checking.board import Board, Line, State
from xltools.checking.differences import Difference, differences
from xltools.data.finding import Severity
from xltools.errors import XltoolsError
from xltools.report.data import plain
from xltools.report.table import Block, Table
from xltools.text import Lang, catalog, clerk, number

_COUNTED = (Severity.ERROR, Severity.QUESTION, Severity.WARNING)
_MOST_DIFFERENCES = 10
_PAIR = 2
_STATE, _NUMERIC = 2, frozenset({3, 4, 5})  # columns of the board


def head(lang: Lang) -> list[str]:
    """The heads of the columns."""
    t = catalog(lang)
    counts = [t(f"board.head-{severity.value}s") for severity in _COUNTED]
    return [*(t(f"board.head-{key}") for key in ("code", "name", "state")), *counts, t("board.head-files")]


def rows(board: Board, lang: Lang) -> list[list[str]]:
    """A row an agency."""
    return [_row(line, lang) for line in board.lines]


def _row(line: Line, lang: Lang) -> list[str]:
    counts = [str(line.count(severity) or "") for severity in _COUNTED]
    return [line.entry.code, line.entry.name, states(line, lang), *counts, _files(line, lang)]


def _files(line: Line, lang: Lang) -> str:
    if len(line.filings) > _PAIR:
        return catalog(lang)("board.files", count=len(line.filings))
    return "、".join(filing.source.name for filing in line.filings)


def states(line: Line, lang: Lang) -> str:
    """The states that need words: received goes without saying when anything else is said."""
    t = catalog(lang)
    told = [state.value for state in line.states if state is not State.RECEIVED]
    return "、".join(t(f"board.state-{value}") for value in told or [State.RECEIVED.value])


def counts(board: Board, lang: Lang) -> str:
    """How many agencies stand how, and how long there is."""
    t = catalog(lang)
    told = [t("board.agencies", count=len(board.lines))]
    told += [f"{t(f'board.state-{s.value}')} {n}" for s, n in board.counts.items() if n]
    return " · ".join([*told, due(board, lang)])


def due(board: Board, lang: Lang) -> str:
    """The due day and how far it is."""
    left = board.days_left
    key = "due-left" if left > 0 else "due-today" if left == 0 else "due-past"
    return catalog(lang)(f"board.{key}", due=board.due.isoformat(), days=abs(left))


def board_blocks(board: Board, lang: Lang, *, with_files: bool = True) -> list[Block]:
    """Return the counts, the table of agencies, and the remarks; *with_files* adds the column of file names."""
    shown = slice(None) if with_files else slice(-1)
    cells = [row[shown] for row in (head(lang), *rows(board, lang))]
    states = {(row, _STATE): line.state.value for row, line in enumerate(board.lines, 1)}
    return [counts(board, lang), Table(cells, _NUMERIC, states), *remarks(board, lang)]


def remarks(board: Board, lang: Lang) -> Iterator[str]:
    """What the table cannot say: files that are nobody's, and the cells in which two files differ."""
    t = catalog(lang)
    if board.strangers:
        files = [f"  {one.filing.source.name}" for one in board.strangers]
        yield "\n".join([t("board.strangers"), *files])
    for line in board.having(State.TWO_FILES):
        yield "\n".join(_compared(line, lang))


def _compared(line: Line, lang: Lang) -> Iterator[str]:
    t, filings = catalog(lang), line.filings
    names = "、".join(filing.source.name for filing in filings)
    yield t("board.two-files", agency=line.entry.agency(), files=names)
    if len(filings) != _PAIR:
        return
    try:
        found = differences(*filings)
    except XltoolsError:
        yield f"  {t('board.not-comparable')}"
        return
    yield from (f"  {difference_line(one)}" for one in found[:_MOST_DIFFERENCES])
    if len(found) > _MOST_DIFFERENCES:
        yield f"  {t('board.more', count=len(found) - _MOST_DIFFERENCES)}"


def difference_line(difference: Difference) -> str:
    """One difference in one line."""
    place = f"{difference.sheet}!{difference.address}"
    change = difference.change
    tail = f" ({change:+,f})" if change else ""
    one, other = _shown(difference.one), _shown(difference.other)
    return f"{place} {difference.label}: {one} → {other}{tail}"


def _shown(value: object) -> str:
    return "—" if value is None else number(value) if isinstance(value, Decimal) else str(value)


def difference_object(difference: Difference) -> dict[str, object]:
    """One difference for programs."""
    sides = (difference.one, difference.other)
    one, other = (None if side is None else plain(side) for side in sides)
    change = None if difference.change is None else plain(difference.change)
    return {
        "cell": difference.name,
        "label": difference.label,
        "sheet": difference.sheet,
        "address": difference.address,
        "one": one,
        "other": other,
        "change": change,
    }


def board_object(board: Board) -> dict[str, object]:
    """The board for programs."""
    return {
        "day": board.day.isoformat(),
        "due": board.due.isoformat(),
        "counts": {state.value: count for state, count in board.counts.items()},
        "agencies": [
            {
                "code": line.entry.code,
                "name": line.entry.name,
                "state": line.state.value,
                "states": [state.value for state in line.states],
                **{f"{severity.value}s": line.count(severity) for severity in _COUNTED},
                "files": [filing.source.path for filing in line.filings],
            }
            for line in board.lines
        ],
        "strangers": [one.filing.source.path for one in board.strangers],
    }


def reminder(board: Board, title: str, year: int) -> str:
    """What to paste into the agencies' group: who has not sent, who has to correct. Always in Chinese."""
    t = clerk()
    days = t(_days(board), due=board.due.isoformat(), days=abs(board.days_left))
    parts = [t("remind.head", title=title, year=year, days=days)]
    missing = [line.entry.name for line in board.having(State.NOT_SENT)]
    wrong = [line.entry.name for line in board.lines if line.states[0] in _TO_CORRECT]
    asked = [line.entry.name for line in board.lines if line.state is State.QUESTIONS]
    for key, names in (("missing", missing), ("wrong", wrong), ("asked", asked)):
        if names:
            listed = "\n".join(f"{place}. {name}" for place, name in enumerate(names, 1))
            parts.append(f"{t(f'remind.{key}', count=len(names))}\n{listed}")
    parts.append(t("remind.foot") if len(parts) > 1 else t("remind.none"))
    return "\n".join(parts)


_TO_CORRECT = {State.TWO_FILES, State.WRONG_YEAR, State.OLD_EDITION, State.ERRORS}


def _days(board: Board) -> str:
    left = board.days_left
    return "remind.left" if left > 0 else "remind.today" if left == 0 else "remind.past"
