"""A verification as a workbook: every finding in a row, and every file and missing agency in another list."""

from __future__ import annotations

from dataclasses import asdict
from decimal import Decimal

from xltools.checking.board import Board
from xltools.checking.collection import Collection
from xltools.checking.standing import Standing, State, standings
from xltools.data.finding import Finding, Severity
from xltools.excel.writer.listings import ListColumn, ListSheet, write_listings
from xltools.report import board as report
from xltools.text import Lang, catalog, cause_text, harmless, message

_DIGITS = 15  # what a spreadsheet holds of a figure
_FINDINGS = {
    "finding": 8,
    "code": 17,
    "agency": 20,
    "file": 24,
    "sheet": 14,
    "cell": 8,
    "others": 12,
    "found": 12,
    "expected": 12,
    "message": 52,
    "causes": 26,
    "answer": 20,
    "waiver": 20,
}
_TONES = {
    Severity.ERROR: "#FDECEB",
    Severity.QUESTION: "#F2EDFC",
    Severity.WARNING: "#FFF3D6",
    Severity.NOTE: "#E8F1FA",
}
_STATES = {
    State.MISSING: "#FDECEB",
    State.CORRECT: "#FDECEB",
    State.EXPLAIN: "#F2EDFC",
    State.LOOK: "#FFF3D6",
    State.SOUND: "#E6F4EA",
}


def findings_workbook(collection: Collection, lang: Lang) -> bytes:
    """The workbook, the most urgent first in both lists; the same collection gives the same bytes."""
    told = standings(collection)
    return write_listings(catalog(lang)("page.title"), [_findings(told, lang), _agencies(told, lang)])


def _findings(told: tuple[Standing, ...], lang: Lang) -> ListSheet:
    t = catalog(lang)
    columns = tuple(ListColumn(t(f"listing.{key}"), width) for key, width in _FINDINGS.items())
    order = list(Severity)
    rows = tuple(
        _row(finding, standing, lang)
        for standing in told
        for finding in sorted(standing.findings, key=lambda f: order.index(f.severity))
    )
    return ListSheet(
        t("page.findings"), columns, rows, {t(f"severity.{s.value}"): c for s, c in _TONES.items()}
    )


def _row(finding: Finding, standing: Standing, lang: Lang) -> tuple[Decimal | str, ...]:
    t = catalog(lang)
    others = ("!".join(filter(None, (p.sheet, p.address))) for p in finding.others)
    causes = (cause_text(cause, lang) for cause in finding.causes)
    waiver = t("report.waived", **asdict(finding.waiver)) if finding.waiver else ""
    values = (
        t(f"severity.{finding.severity.value}"),
        finding.code,
        standing.agency or t("report.no-agency"),
        standing.path,
        finding.sheet,
        finding.address,
        "\n".join(others),
        finding.found,
        finding.expected,
        message(finding, lang),
        "\n".join(causes),
        finding.explanation,
        waiver,
    )
    return tuple(map(_value, values))


def _agencies(told: tuple[Standing, ...], lang: Lang) -> ListSheet:
    t = catalog(lang)
    heads = [(t("listing.state"), 14), (t("listing.agency"), 34), (t("listing.file"), 50)]
    heads += [(t(f"page.count-{severity.value}"), 9) for severity in Severity]
    columns = tuple(ListColumn(head, width) for head, width in [*heads, (t("page.waived"), 9)])
    rows = tuple(_line(one, lang) for one in told)
    tones = {t(f"page.state-{state.value}"): colour for state, colour in _STATES.items()}
    return ListSheet(t("listing.agencies"), columns, rows, tones)


def _line(one: Standing, lang: Lang) -> tuple[Decimal | str, ...]:
    t = catalog(lang)
    texts = (t(f"page.state-{one.state.value}"), one.agency or t("report.no-agency"), one.path)
    return (*map(harmless, texts), *map(Decimal, one.counts.values()), Decimal(one.waived))


def _value(value: Decimal | str) -> Decimal | str:
    """What a cell can hold of it: a figure of more digits than a spreadsheet keeps is written as text."""
    if isinstance(value, str):
        return harmless(value)
    return value if len(value.as_tuple().digits) <= _DIGITS else f"{value:f}"


_BOARD_WIDTHS = (10.0, 28.0, 26.0, 9.0, 9.0, 9.0, 46.0)


def board_workbook(board: Board, title: str, lang: Lang) -> bytes:
    """The board, a row an agency; the same board gives the same bytes."""
    columns = tuple(
        ListColumn(head, width) for head, width in zip(report.head(lang), _BOARD_WIDTHS, strict=True)
    )
    rows = tuple(
        (*row[:3], *(Decimal(count) if count else "" for count in row[3:6]), row[6])
        for row in report.rows(board, lang)
    )
    t = catalog(lang)
    tones = {report.states(line, lang): _STATES[line.to_do] for line in board.lines}
    return write_listings(title, [ListSheet(t("board.sheet"), columns, rows, tones)])
