"""The board as text, JSON and table rows; a reminder for the agencies; and differences between two returns."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from xltools.checking.board import AgencyState, Board, BoardRow
from xltools.checking.differences import CellDifference, differences
from xltools.checking.effects import BOUND
from xltools.data.finding import Severity
from xltools.data.period import Period
from xltools.errors import XltoolsError
from xltools.report.data import finding_object, plain, summary_object
from xltools.report.table import Block, TextTable
from xltools.report.text import general_text, summary
from xltools.text import Lang, catalog, clerk, number

_COUNTED = (Severity.ERROR, Severity.QUESTION, Severity.WARNING)
_MOST_DIFFERENCES = 10
_PAIR = 2
_STATE, _NUMERIC = 2, frozenset({3, 4, 5})  # columns of the board
TO_CORRECT = {AgencyState.TWO_FILES, AgencyState.WRONG_YEAR, AgencyState.OLD_EDITION, AgencyState.ERRORS}


def head(lang: Lang) -> list[str]:
    """Return the heads of the columns."""
    t = catalog(lang)
    counts = [t(f"board.head-{severity.value}s") for severity in _COUNTED]
    return [*(t(f"board.head-{key}") for key in ("code", "name", "state")), *counts, t("board.head-files")]


def rows(board: Board, lang: Lang) -> list[list[str]]:
    """Return one row of texts per agency."""
    t, found = catalog(lang), []
    for row in board.rows:
        counts = [str(row.count(severity) or "") for severity in _COUNTED]
        files = t("finding-part.separator").join(_files(row))
        if len(row.filings) > _PAIR:
            files = t("board.files", count=len(row.filings))
        found.append([row.entry.code, row.entry.name, states(row, lang), *counts, files])
    return found


def _files(row: BoardRow) -> list[str]:
    """Return the names of the files of an agency; their paths if several have one name."""
    sources = [filing.source for filing in row.filings]
    are_clear = len({source.name for source in sources}) == len(sources)
    return [source.name if are_clear else source.path for source in sources]


def states(row: BoardRow, lang: Lang) -> str:
    """Return the states in words; "received" is left out if there is another state."""
    t = catalog(lang)
    values = [state.value for state in row.states if state is not AgencyState.RECEIVED]
    return t("finding-part.separator").join(
        t.about(row.kind, f"board.state-{value}") for value in values or [AgencyState.RECEIVED.value]
    )


def counts(board: Board, lang: Lang) -> str:
    """Return the number of agencies in each state and the due day, as one line."""
    t = catalog(lang)
    parts = [t("board.agencies", count=len(board.rows))]
    parts += [f"{t.about(board.kind, f'board.state-{s.value}')} {n}" for s, n in board.counts.items() if n]
    return " · ".join([*parts, due(board, lang)])


def due(board: Board, lang: Lang) -> str:
    """Return the due day and the number of days until or since then."""
    key = f"board.due-{_when(board)}"
    return catalog(lang)(key, due=board.due.isoformat(), days=abs(board.days_left))


def _when(board: Board) -> str:
    return "left" if board.days_left > 0 else "today" if board.days_left == 0 else "past"


def board_blocks(board: Board, lang: Lang, *, with_files: bool = True) -> list[Block]:
    """Return the counts, the table of agencies, and the remarks; *with_files* adds the column of file names."""
    shown = slice(None) if with_files else slice(-1)
    cells = [row[shown] for row in (head(lang), *rows(board, lang))]
    marks = {(place, _STATE): row.state.value for place, row in enumerate(board.rows, 1)}
    return [counts(board, lang), TextTable(cells, _NUMERIC, marks), *remarks(board, lang)]


def remarks(board: Board, lang: Lang) -> Iterator[str]:
    """Yield the files of no agency, how two files of one agency differ, and what ``verify`` says on no single file.

    The last lines are that of ``verify`` and, if it is small, what the open findings can change.
    """
    t = catalog(lang)
    if board.strangers:
        files = [f"  {one.filing.source.name}" for one in board.strangers]
        yield "\n".join([t("board.strangers"), *files])
    for row in board.having(AgencyState.TWO_FILES):
        yield "\n".join(_compared(row, lang))
    if board.general:
        yield general_text(board.general, lang)
    yield summary(board.collection, lang)
    left = board.collection.remaining
    if left is not None and left <= BOUND and any(f.is_open for f in board.collection.findings):
        yield t("board.settled", share=f"{100 * left:.3f}")


def _compared(row: BoardRow, lang: Lang) -> Iterator[str]:
    t, filings = catalog(lang), row.filings
    yield t("board.two-files", agency=row.entry.agency(), files=t("finding-part.separator").join(_files(row)))
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


def difference_line(difference: CellDifference) -> str:
    """Return a difference as one line of text."""
    change = f" ({difference.change:+,f})" if difference.change else ""
    one, other = (
        "—" if side is None else number(side) if isinstance(side, Decimal) else side
        for side in (difference.one, difference.other)
    )
    return f"{difference.sheet}!{difference.address} {difference.label}: {one} → {other}{change}"


def difference_object(difference: CellDifference) -> dict[str, object]:
    """Return a difference as a JSON object."""
    sides = (difference.one, difference.other, difference.change)
    one, other, change = (None if side is None else plain(side) for side in sides)
    return {
        "cell": difference.name,
        "label": difference.label,
        "sheet": difference.sheet,
        "address": difference.address,
        "one": one,
        "other": other,
        "change": change,
    }


def board_object(board: Board, lang: Lang, skipped: int) -> dict[str, object]:
    """Return the board as a JSON object."""
    return {
        "day": board.day.isoformat(),
        "due": board.due.isoformat(),
        "counts": {state.value: count for state, count in board.counts.items()},
        "agencies": [
            {
                "code": row.entry.code,
                "name": row.entry.name,
                "state": row.state.value,
                "states": [state.value for state in row.states],
                **{f"{severity.value}s": row.count(severity) for severity in _COUNTED},
                "files": [filing.source.path for filing in row.filings],
            }
            for row in board.rows
        ],
        "findings": [finding_object(finding, lang) for finding in board.general],
        "summary": summary_object(board.collection, skipped),
        "remaining_effect": _share(board.collection.remaining),
        "strangers": [one.filing.source.path for one in board.strangers],
    }


def _share(share: Decimal | None) -> float | None:
    """Return a share as a JSON value; ``None`` if it is not known, or of a figure that is 0."""
    return None if share is None or not share.is_finite() else float(round(share, 6))


def reminder(board: Board, title: str, period: Period) -> str:
    """Return a message to the agencies, in Chinese: which have to send, correct or explain their return."""
    t = clerk()
    days = t(f"remind.{_when(board)}", due=board.due.isoformat(), days=abs(board.days_left))
    parts = [t("remind.head", title=title, period=period, days=days)]
    missing = [row.entry.name for row in board.having(AgencyState.NOT_SENT)]
    wrong = [row.entry.name for row in board.rows if row.state in TO_CORRECT]
    asked = [row.entry.name for row in board.rows if row.state is AgencyState.QUESTIONS]
    for key, names in (("missing", missing), ("wrong", wrong), ("asked", asked)):
        if names:
            listed = "\n".join(f"{place}. {name}" for place, name in enumerate(names, 1))
            parts.append(f"{t(f'remind.{key}', count=len(names))}\n{listed}")
    parts.append(t("remind.foot") if len(parts) > 1 else t("remind.none"))
    return "\n".join(parts)
