"""What the checks beside the tables and the list of them on the cover show: computed once, for whoever writes them."""

from __future__ import annotations

from xltools.excel import live
from xltools.excel.writer.content import Content, Place
from xltools.form.address import a1
from xltools.form.model import Rule
from xltools.form.places import COUNT_COLUMN, COVER, FIRST_COLUMN, Check, CheckGroup, Sheet
from xltools.text import clerk

_NONE = "—"  # where the first failing check would be named


def results(content: Content) -> dict[Place, int | str]:
    """The result of every live formula but the totals, which are figures, by its place."""
    cover = content.layout.cover
    found: dict[Place, int | str] = {}
    row = cover.checks_row
    for sheet, group in content.layout.groups:
        found |= _group(content, row, sheet, group)
        row += 1
    for rule in content.layout.form.rules:
        found |= _rule(content, row, rule)
        row += 1
    for sheet in content.layout.sheets:
        if sheet.cells:
            found[COVER, row, COUNT_COLUMN] = content.blanks(open_inputs(content, sheet))
            row += 1
    found[COVER, *cover.status.anchor] = _verdict(content, found, cover.checks_row, cover.blanks_row, row)
    return found


def open_inputs(content: Content, sheet: Sheet) -> list[str]:
    """The inputs of a sheet that could be blank, in the form's order."""
    form = content.layout.form
    return [cell.name for cell in form.inputs if cell.name in sheet.cells and not content.is_left_blank(cell)]


def verdicts(content: Content, count: str) -> tuple[str, str, str]:
    """What the cover says when so many checks fail, when so many cells are blank, and when neither is so."""
    t = clerk()
    lacking = content.rollup is not None and content.rollup.coverage == "incomplete"
    ready = t("cover.incomplete" if lacking else "cover.ready")
    return t("cover.failed", count=count), t("cover.unfilled", count=count), ready


def _group(content: Content, row: int, sheet: Sheet, group: CheckGroup) -> dict[Place, int | str]:
    found: dict[Place, int | str] = {
        (sheet.name, *check.area.anchor): live.check_result(check, content.values)
        for check in group.checks
        if content.is_live(check)
    }
    failing = [a1(*place) for (_, *place), text in found.items() if _fails(text)]
    found[COVER, row, COUNT_COLUMN] = len(failing)
    found[COVER, row, FIRST_COLUMN] = failing[0] if failing else _NONE
    return found


def _rule(content: Content, row: int, rule: Rule) -> dict[Place, int | str]:
    """A rule across tables is checked on the cover itself."""
    check = rule_check(content, rule)
    if not content.is_live(check):
        return {}
    result = live.check_result(check, content.values)
    return {(COVER, *check.area.anchor): result, (COVER, row, COUNT_COLUMN): int(_fails(result))}


def rule_check(content: Content, rule: Rule) -> Check:
    """The check of a rule across tables."""
    assert rule.cells is not None  # noqa: S101  the lint saw to it
    return Check(content.layout.cover.rules[rule.key], (), (rule.cells,))


def _fails(result: int | str) -> bool:
    return isinstance(result, str) and result.startswith(live.FAILED)


def _verdict(content: Content, found: dict[Place, int | str], first: int, blanks_row: int, end: int) -> str:
    def counted(rows: range) -> int:
        return sum(int(found.get((COVER, row, COUNT_COLUMN), 0)) for row in rows)

    failing, blanks = counted(range(first, blanks_row)), counted(range(blanks_row, end))
    failed, unfilled, ready = verdicts(content, str(failing or blanks))
    return failed if failing else unfilled if blanks else ready
