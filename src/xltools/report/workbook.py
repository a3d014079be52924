"""Findings, files and the board as workbooks, one row each."""

from __future__ import annotations

from dataclasses import asdict
from decimal import Decimal

from xltools.checking.board import Action, Board, FileStatus, file_statuses
from xltools.checking.collection import Collection
from xltools.data.finding import Finding, Severity, spot
from xltools.excel.writer.listings import ListColumn, ListedSheet, write_listings
from xltools.report import board as report
from xltools.report.text import effect_text
from xltools.text import Lang, catalog, cause_text, harmless, message

_DIGITS = 15  # significant digits of a number in a spreadsheet
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
    "effect": 26,
}
_TONES = {
    Severity.ERROR: "#FDECEB",
    Severity.QUESTION: "#F2EDFC",
    Severity.WARNING: "#FFF3D6",
    Severity.NOTE: "#E8F1FA",
}
_ACTION_TONES = {
    Action.MISSING: "#FDECEB",
    Action.CORRECT: "#FDECEB",
    Action.EXPLAIN: "#F2EDFC",
    Action.LOOK: "#FFF3D6",
    Action.SOUND: "#E6F4EA",
}


def findings_workbook(collection: Collection, lang: Lang) -> bytes:
    """Return a workbook with a sheet of findings and a sheet of files, the most urgent first.

    The same collection gives the same bytes.
    """
    statuses = file_statuses(collection)
    return write_listings(catalog(lang)("page.title"), [_findings(statuses, lang), _agencies(statuses, lang)])


def _findings(statuses: tuple[FileStatus, ...], lang: Lang) -> ListedSheet:
    t = catalog(lang)
    columns = tuple(ListColumn(t(f"listing.{key}"), width) for key, width in _FINDINGS.items())
    order = list(Severity)
    rows = tuple(
        _finding_row(finding, status, lang)
        for status in statuses
        for finding in sorted(status.findings, key=lambda f: (f.rank, order.index(f.severity)))
    )
    tones = {t(f"severity.{s.value}"): c for s, c in _TONES.items()}
    return ListedSheet(t("page.findings"), columns, rows, tones)


def _finding_row(finding: Finding, status: FileStatus, lang: Lang) -> tuple[Decimal | str, ...]:
    t = catalog(lang)
    others = (spot(place.sheet, place.address) for place in finding.others)
    causes = (cause_text(cause, lang) for cause in finding.causes)
    waiver = t("report.waived", **asdict(finding.waiver)) if finding.waiver else ""
    values = (
        t(f"severity.{finding.severity.value}"),
        finding.code,
        status.agency or t("report.no-agency"),
        status.path,
        finding.sheet,
        finding.address,
        "\n".join(others),
        finding.entered,
        finding.expected,
        message(finding, lang),
        "\n".join(causes),
        finding.explanation,
        waiver,
        effect_text(finding.effect, lang) if finding.effect else "",
    )
    return tuple(map(_cell_value, values))


def _agencies(statuses: tuple[FileStatus, ...], lang: Lang) -> ListedSheet:
    t = catalog(lang)
    heads = [(t("listing.state"), 14), (t("listing.agency"), 34), (t("listing.file"), 50)]
    heads += [(t(f"page.count-{severity.value}"), 9) for severity in Severity]
    columns = tuple(ListColumn(head, width) for head, width in [*heads, (t("page.waived"), 9)])
    rows: list[tuple[Decimal | str, ...]] = []
    for status in statuses:
        texts = t(f"page.state-{status.action.value}"), status.agency or t("report.no-agency"), status.path
        rows.append((*map(harmless, texts), *map(Decimal, status.counts.values()), Decimal(status.waived)))
    tones = {t(f"page.state-{action.value}"): colour for action, colour in _ACTION_TONES.items()}
    return ListedSheet(t("listing.agencies"), columns, tuple(rows), tones)


def _cell_value(value: Decimal | str) -> Decimal | str:
    """Return the value of a cell; a figure with more digits than a spreadsheet keeps becomes text."""
    if isinstance(value, str):
        return harmless(value)
    return value if len(value.as_tuple().digits) <= _DIGITS else f"{value:f}"


_BOARD_WIDTHS = (10.0, 28.0, 26.0, 9.0, 9.0, 9.0, 46.0)


def board_workbook(board: Board, title: str, lang: Lang) -> bytes:
    """Return a workbook with one row per agency; the same board gives the same bytes."""
    columns = tuple(
        ListColumn(head, width) for head, width in zip(report.head(lang), _BOARD_WIDTHS, strict=True)
    )
    rows = tuple(
        (*row[:3], *(Decimal(count) if count else "" for count in row[3:6]), row[6])
        for row in report.rows(board, lang)
    )
    t = catalog(lang)
    tones = {report.states(row, lang): _ACTION_TONES[row.action] for row in board.rows}
    return write_listings(title, [ListedSheet(t("board.sheet"), columns, rows, tones)])
