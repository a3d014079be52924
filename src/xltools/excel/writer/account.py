"""Draw the account on a roll-up's cover: coverage, counts of findings, proofs of the sums, and what is left out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from xltools.data.finding import Severity
from xltools.data.rollup import Rollup
from xltools.excel import live_checks
from xltools.excel.formula import area_a1, rounded
from xltools.excel.text_height import lines
from xltools.excel.writer.canvas import LOCKED, QUIET, RED, Canvas, cell_number
from xltools.excel.writer.content import Content
from xltools.form.linear import EXACT, ZERO
from xltools.form.places import Area, Layout, Matrix, Sheet
from xltools.text import clerk

_MOST_RUNS = 200  # ranges in one proof: SUM takes 255 arguments, and a formula 8,192 characters
_TALLEST = 400.0  # points; a row may have 409
_LINE, _LEAST = 15.0, 20.0
_PROOF = ("agencies", "sheet", "issued", "difference", "result")


@dataclass(frozen=True, slots=True)
class SumProof:
    """Inputs of one table. Their sum over the agencies, on the district's sheet and as issued must be equal."""

    sheet: Sheet
    groups: tuple[tuple[str, ...], ...]  # the names of neighbouring columns in the matrix

    @property
    def names(self) -> tuple[str, ...]:
        """The name of every cell."""
        return tuple(name for group in self.groups for name in group)


def proofs(layout: Layout, matrix: Matrix) -> Iterator[SumProof]:
    """Yield a proof for each table over all inputs that can be added; several if one formula would be too long.

    The sum of a whole table is a control total: a sum of counts and money means nothing, but it changes with every
    figure.
    """
    inputs = {cell.name for cell in layout.form.inputs if cell.additive}
    for sheet in layout.sheets:
        groups = live_checks.runs(matrix, inputs & sheet.cells.keys())
        for first in range(0, len(groups), _MOST_RUNS):
            yield SumProof(sheet, tuple(groups[first : first + _MOST_RUNS]))


def write_account(
    canvas: Canvas, content: Content, rollup: Rollup, page: Worksheet, row: int, widths: Sequence[float]
) -> tuple[int, Area | None]:
    """Draw the account from *row* on, in as many columns as *widths*; return its last row and the cells with ticks."""
    account = _AccountWriter(canvas, page, tuple(widths), row)
    _write_coverage(account, rollup)
    _write_findings(account, rollup)
    ticks = _write_proofs(account, content, len(rollup.members))
    _write_left_out(account, rollup)
    return account.row - 1, ticks


@dataclass(slots=True)
class _AccountWriter:
    """A sheet with the row of the next line."""

    canvas: Canvas
    page: Worksheet
    widths: tuple[float, ...]
    row: int

    @property
    def last(self) -> int:
        return len(self.widths) - 1

    def body(self, **look: object) -> Format:
        return self.canvas.boxed(**({"font_size": 9.5, "align": "left"} | look))

    def head(self, *texts: str) -> None:
        """Draw a line of heads; the last is merged up to the right edge."""
        style = self.canvas.boxed(bg_color=LOCKED, bold=True)
        self.line([(text, style) for text in texts])

    def line(self, cells: Sequence[tuple[Decimal | str | None, Format]]) -> None:
        """Draw a line as tall as its longest text; the last cell is merged up to the right edge."""
        height = _LEAST
        for column, (value, style) in enumerate(cells):
            end = self.last if column == len(cells) - 1 else column
            width = sum(self.widths[column : end + 1])
            shown, needed = _fitted(value, width) if isinstance(value, str) else (value, _LEAST)
            height = max(height, needed)
            self.canvas.put(self.page, Area(self.row, column, self.row, end), shown, style)
        self.page.set_row(self.row, height)
        self.row += 1


def _fitted(text: str, width: float) -> tuple[str, float]:
    """Return the text and its height in points; a text too tall for a row is cut, with a pointer to the rest."""
    height = lines(text, width) * _LINE + 5
    if height <= _TALLEST:
        return text, height
    tail = clerk()("account.more")
    length = len(text)
    while lines(text[:length] + tail, width) * _LINE + 5 > _TALLEST:
        length = length * 9 // 10
    return text[:length] + tail, _TALLEST


def _write_coverage(account: _AccountWriter, rollup: Rollup) -> None:
    t, left = clerk(), rollup.left_out
    sentence = t(f"rollup.{rollup.coverage}", included=len(rollup.members), left=len(left))
    colour = {} if rollup.coverage == "complete" else {"font_color": RED["bg_color"]}
    account.line([(sentence, account.body(font_size=10.5, bold=True, **colour))])
    if rollup.second_reader:
        account.line([(rollup.second_reader, account.body(font_size=10.5))])
    missing = sum(one.status == "missing" for one in left)
    counts = {
        "expected": rollup.expected,
        "included": len(rollup.members),
        "excluded": len(left) - missing,
        "missing": missing,
    }
    _write_counts(account, "coverage", counts)


def _write_findings(account: _AccountWriter, rollup: Rollup) -> None:
    """Draw the number of findings by severity and of accepted ones, with an explanation."""
    t = clerk()
    counts = {severity.value: rollup.counts.get(severity) for severity in Severity}
    _write_counts(account, "findings", counts | {"waived-count": len(rollup.waived)})
    words = t("account.meaning")
    if rollup.waived:
        words += t("account.waived", count=len(rollup.waived))
    if below := sum(bool(accepted.via) for accepted in rollup.waived):
        words += t("account.below", count=below)
    account.line([(words, account.body(font_size=9, font_color=QUIET))])


def _write_counts(account: _AccountWriter, what: str, counts: dict[str, int | None]) -> None:
    """Draw heads with the numbers below them; an unknown number is a dash."""
    t = clerk()
    account.head(t(f"account.{what}"), *(t(f"account.{key}") for key in counts))
    values = [t("account.unknown") if count is None else Decimal(count) for count in counts.values()]
    style = account.body(align="center")
    account.line([(t(f"account.{what}-unit"), account.body()), *((value, style) for value in values)])


def _write_proofs(account: _AccountWriter, content: Content, members: int) -> Area | None:
    """Draw a line for each proof; return the cells with ticks."""
    t, found = clerk(), list(proofs(content.layout, content.rows))
    if not found:
        return None
    account.head(t("account.proof"), *(t(f"account.{key}") for key in _PROOF))
    first = account.row
    for proof in found:
        _write_proof(account, content, proof, members)
    ticks = Area(first, account.last, account.row - 1, account.last)
    account.canvas.when_begins(account.page, ticks, live_checks.FAILED, **RED)
    account.line([(t("account.proof-meaning"), account.body(font_size=9, font_color=QUIET))])
    return ticks


def _write_proof(account: _AccountWriter, content: Content, proof: SumProof, members: int) -> None:
    """Draw both live sums, the sum as issued as a number, and the difference.

    The rows of agencies can be sorted and are therefore not locked. A figure typed over there changes both live
    sums, but not the number.
    """
    canvas, page, row, t = account.canvas, account.page, account.row, clerk()
    issued = size = ZERO
    for name in proof.names:
        value = content.values.get(name, ZERO)
        issued, size = EXACT.add(issued, value), EXACT.add(size, abs(value))
    figure = account.body(align="center", num_format="General", shrink=True, text_wrap=False)
    three = Area(row, 1, row, len(_PROOF) - 2)
    difference, tick = Area.at(row, three.last_column + 1), Area.at(row, account.last)
    between = f"MAX({area_a1(three)})-MIN({area_a1(three)})"
    sums = (
        live_checks.matrix_sum(content.rows, proof.groups),
        live_checks.sheet_sum(proof.sheet, proof.names),
    )
    canvas.put(page, Area.at(row, 0), proof.sheet.section.title, account.body())
    for column, formula in enumerate(sums, three.column):
        canvas.formula(page, Area.at(row, column), formula, figure, cell_number(issued))
    canvas.put(page, Area.at(row, three.last_column), issued, figure)
    places = live_checks.places_of(size, members * len(proof.names))
    canvas.formula(page, difference, rounded(between, places), figure, 0)
    passed = t("check.passed")
    wrong = f'IFERROR(IF({area_a1(difference)}=0,"{passed}","{live_checks.FAILED}"),"{live_checks.FAILED}")'
    canvas.formula(page, tick, wrong, account.body(align="center", bold=True), passed)
    page.set_row(row, max(_LEAST, lines(proof.sheet.section.title, account.widths[0]) * _LINE + 5))
    account.row += 1


def _write_left_out(account: _AccountWriter, rollup: Rollup) -> None:
    """Draw every file and agency that is not in the sum, with the reason."""
    t, left = clerk(), rollup.left_out
    if not left:
        return
    account.head(t("account.left-out", count=len(left)), t("account.reason"))
    for one in left:
        reason = one.note or t(f"rollup.{one.status}")
        if one.via:
            reason += t("account.via", via=one.via)
        account.line([(str(one.agency or one.source.name), account.body()), (reason, account.body())])
