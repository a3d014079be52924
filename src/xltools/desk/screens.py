"""The screens of the desk: what was read or done, as HTML without the frame of the page."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from xltools.checking.board import ACTIONS, Action, FileStatus
from xltools.checking.collection import Collection
from xltools.collection import journal
from xltools.collection.issuing import codes_in
from xltools.collection.publishing import PreparedReport, RenderedReport
from xltools.collection.rollup_file import MergedFiles
from xltools.collection.roster_files import load_roster
from xltools.collection.settings import Folder
from xltools.data.document import Table, plain_table
from xltools.data.number import NO_VALUE
from xltools.data.reception import Received, Reception
from xltools.data.rollup import Rollup
from xltools.data.roster import Roster
from xltools.data.roster_lines import sender
from xltools.desk import work
from xltools.desk.selfcheck import Checked
from xltools.desk.work import AgencyView, Desk, View
from xltools.document.official import list_table, official_table, top_row, unvalued
from xltools.document.other_unit import other_units
from xltools.document.pages import page
from xltools.document.publishing import label_of
from xltools.document.writer import DOCUMENT_FORMATS, missing_for
from xltools.document.writer.as_html import article
from xltools.form.layout import layout
from xltools.form.library import DEFAULT, find
from xltools.form.places import ListSheet
from xltools.report import board as board_words
from xltools.report import history as history_words
from xltools.report.html import HtmlSection
from xltools.report.html.sheets import entry
from xltools.report.text import effect_text, received_line, skipped_text
from xltools.text import (
    LANGS,
    Lang,
    catalog,
    cause_text,
    clerk,
    error_text,
    finding_text,
    group_text,
    number,
    plain_message,
)

PAGES = ("board", "rollup", "report", "year")
_GAP = re.compile("(【[^【】]*】|[【】])")
_PERCENT = 100


def shell(desk: Desk, start: str) -> str:
    """Return the frame: the names of the pages and the language; *start* is the first page."""
    other = next(lang for lang in LANGS if lang != desk.lang)
    brand = catalog(desk.lang)("desk.check-name" if desk.is_check else "desk.name")
    pages = () if desk.is_check else PAGES
    return _page(
        "shell",
        desk,
        brand=brand,
        other=other,
        start=start,
        pages=pages,
        most_files=work.Arrivals.MOST_FILES,
        most_bytes=work.Arrivals.MOST_BYTES,
    )


def problem(desk: Desk, lines: Sequence[str], start: str, typed: str = "") -> str:
    """Return why something was not done, and what to do next; with the text that was *typed* and not saved."""
    return _page("problem", desk, lines=lines, start=start, typed=typed)


def board(desk: Desk, view: View, received: Sequence[Received] = (), told: Sequence[str] = ()) -> str:
    """Return the board: where files are dropped, the agencies by urgency, and what to do next."""
    t, shown, folder = catalog(desk.lang), view.board, view.seen.folder
    present = [state for state, count in shown.counts.items() if count]
    tiles = [(t("board.head-agencies"), len(shown.rows), "")]
    tiles += [
        (t.about(shown.kind, f"board.state-{s.value}"), shown.counts[s], ACTIONS[s].value) for s in present
    ]
    skipped = [skipped_text(view.seen.inputs.skipped, desk.lang)] if view.seen.inputs.skipped else []
    return _page(
        "board",
        desk,
        told=told,
        title=t("board.title", title=view.seen.form.title, period=folder.period),
        due=board_words.due(shown, desk.lang),
        received=[(one.reception.value, _received_line(one, desk.lang)) for one in received],
        step=t(f"desk.step-{view.now.step.value}"),
        tiles=tiles,
        states=[(state.value, t.about(shown.kind, f"board.state-{state.value}")) for state in present],
        head=board_words.head(desk.lang),
        rows=list(zip(shown.rows, board_words.rows(shown, desk.lang), strict=True)),
        reminder=board_words.reminder(shown, view.seen.form.title, folder.period),
        remarks=[*skipped, *(board_words.remarks(shown, desk.lang) if view.seen.inputs.filings else ())],
        goes_back=any(row.action in {Action.CORRECT, Action.EXPLAIN} for row in shown.rows),
        returned=work.RETURNED.is_dir(),
    )


def _received_line(one: Received, lang: Lang) -> str:
    """Return what became of a file, in one line; the desk says otherwise how to choose."""
    is_other = one.reception in {Reception.UNDECIDED, Reception.DOUBTED, Reception.FORMER}
    words = f"desk.received-{one.reception.value}" if is_other else ""
    return received_line(one, lang, plain_message, words)


def agency(desk: Desk, view: AgencyView, told: Sequence[str] = ()) -> str:
    """Return the page of one agency: its files with their findings on the form, what goes back, and its history."""
    row, folder = view.row, view.view.seen.folder
    files = [
        HtmlSection(FileStatus(one.findings, one.filing), str(row.entry.agency()), f"file-{place}")
        for place, one in enumerate(row.examined, 1)
    ]
    counting = [one.filing.source.path for one in row.examined if one.replacement is None]
    codes = dict.fromkeys(finding.code for one in row.examined for finding in one.findings)
    choosing = "doubted" if "other-agency" in codes else ""
    return _page(
        "agency",
        desk,
        told=told,
        entry=row.entry,
        row=row,
        states=board_words.states(row, desk.lang),
        files=files,
        candidates=counting,
        choosing="several" if len(counting) > 1 else choosing,
        version=view.version,
        back=[
            (slip, bool(work.marked(view.view.seen.inputs, slip))) for slip in work.slips(view.view, [row])
        ],
        open=view.open,
        who=folder.who or journal.user(),
        history="\n".join(history_words.agency_lines(view.history, desk.lang)),
        codes=[(code, finding_text(code, desk.lang)) for code in codes],
        group_text=partial(group_text, lang=desk.lang),
        cause_text=partial(cause_text, lang=desk.lang),
        effect_text=partial(effect_text, lang=desk.lang),
        with_codes=True,
    )


def rollup(
    desk: Desk, merged: MergedFiles | None, *, incomplete: bool, is_written: bool, told: Sequence[str] = ()
) -> str:
    """Return the tables of the district, each figure with a way to the agencies behind it, or what prevents them."""
    folder, found = desk.folder(), merged.outcome.rollup if merged else None
    form = find(folder.form)
    title = catalog(desk.lang)(
        "desk.year-about", district=folder.district, period=folder.period, title=form.title
    )
    obstacles: Iterable[_Obstacle] = ()
    if merged and found is None:
        obstacles = _obstacles(merged.outcome.collection, load_roster(folder.roster, form), desk.lang)
    return _page(
        "rollup",
        desk,
        told=told,
        title=title,
        rollup=found,
        form=form,
        obstacles=list(dict.fromkeys(obstacles)),
        tables=list(_tables(found)) if found else [],
        without=unvalued(found.form, found.values) if found else (),
        entry=entry,
        incomplete=incomplete,
        written=is_written,
    )


_MOST_LINES = 200  # of a list in a roll-up; the workbook has all


class _RollupTable(NamedTuple):
    """A table of the roll-up, the name of the figure at each place of it, and how many lines it leaves out."""

    title: str
    table: Table
    names: Mapping[tuple[int, int], str] = {}
    left_out: int = 0


def _tables(found: Rollup) -> Iterator[_RollupTable]:
    """Yield the tables of the roll-up in the order of the form: first the figures in fields; each list with its first lines."""
    form, record = found.form, found.record
    if names := [name for name, cell in form.cells.items() if cell.field]:
        rows = [(clerk()("receipt.item"), clerk()("receipt.content"))]
        rows += [(form.cells[name].label, "") for name in names]
        table = plain_table(rows, ("row", "figure"), (), clerk()("receipt.fields"))
        yield _RollupTable(table.title, table, {(row, 1): name for row, name in enumerate(names, 1)})
    for sheet in layout(form).in_order:
        if isinstance(sheet, ListSheet):
            count = len(record.lists.get(sheet.list.key, ()))
            table = list_table(form, sheet.list, record, is_sum=True, only=range(1, _MOST_LINES + 1))
            yield _RollupTable(sheet.title, table, left_out=max(0, count - _MOST_LINES))
        elif sheet.cells:
            top = top_row(sheet)
            names_at = {(row - top, column): name for name, (row, column) in sheet.anchors.items()}
            yield _RollupTable(sheet.section.title, official_table(form, sheet.section, None), names_at)


class _Obstacle(NamedTuple):
    """What prevents a roll-up: the code of an agency of the roster, its name or that of the file, and a message."""

    code: str
    name: str
    line: str


def _obstacles(collection: Collection, roster: Roster, lang: Lang) -> Iterator[_Obstacle]:
    """Yield each file that prevents a roll-up with its first error, and each agency that sent none."""
    for one in collection.examined:
        if first := next((finding for finding in one.findings if finding.is_error), None):
            entry, line = sender(one.filing, roster), plain_message(first, lang)
            name = str(entry.agency()) if entry else one.filing.source.name
            yield _Obstacle(entry.code if entry else "", name, line.removeprefix(name).lstrip())
    codes = {str(entry.agency()): entry.code for entry in roster}
    for finding in collection.of_no_file:
        if finding.is_error:
            line = plain_message(finding, lang).removeprefix(finding.agency).lstrip()
            yield _Obstacle(codes.get(finding.agency, ""), finding.agency, line)


def figure(desk: Desk, rollup: Rollup, cell: str, *, incomplete: bool) -> str:
    """Return the agencies behind one figure of the roll-up."""
    shares, total = work.behind(rollup, cell), rollup.values.get(cell)
    is_ratio = rollup.form.cells[cell].ratio is not None
    shares = [share for share in shares if (share.value is not None if is_ratio else share.value)]
    percents = [
        f"{_PERCENT * share.value / total:.1f}%" if total and share.value and not is_ratio else ""
        for share in shares
    ]
    return _page(
        "figure",
        desk,
        label=rollup.form.cells[cell].label,
        sum=NO_VALUE if total is None else number(total),
        shares=list(zip(shares, percents, strict=True)),
        incomplete=incomplete,
    )


def report(desk: Desk, prepared: PreparedReport | None, told: Sequence[str] = ()) -> str:
    """Return the report on the roll-up: its text with figures, its gaps, what was found in it, and its files."""
    folder = desk.folder()
    missing = {how: missing_for(how) for how in DOCUMENT_FORMATS}
    text = folder.template.read_text(encoding="utf-8-sig") if folder.template.is_file() else None
    return _page(
        "report",
        desk,
        told=told,
        prepared=prepared,
        formats=[how for how, lacks in missing.items() if lacks is None],
        missing=[] if desk.is_page else [how for how, lacks in missing.items() if lacks],
        units=other_units(find(folder.form)),
        written=[path.name for path in reports(folder)],
        findings=prepared.collection.findings if prepared else (),
        passages=list(_passages(prepared)) if prepared and prepared.report else [],
        text=text,
        version=work.text_version(folder),
    )


def preview(desk: Desk, rendered: RenderedReport | None) -> str:
    """Return the report as it would be published, with its gaps, before it is written."""
    return _page("preview", desk, article=article(rendered.document) if rendered else None)


def reports(folder: Folder) -> list[Path]:
    """Return the reports that were written."""
    paths = (folder.report.with_suffix(f".{how}") for how in DOCUMENT_FORMATS)
    return [path for path in paths if path.is_file()]


def _passages(prepared: PreparedReport) -> Iterator[tuple[str, list[list[tuple[str, bool]]]]]:
    """Yield each part of the text: its label, and its paragraphs as pieces that are gaps or not."""
    text = prepared.report
    if text is None:
        return
    for passage in text.passages:
        paragraphs = [
            [(piece, bool(_GAP.fullmatch(piece))) for piece in _GAP.split(paragraph) if piece]
            for paragraph in text.paragraphs(passage.box)
        ]
        if paragraphs:
            yield label_of(text.known.form, passage.box), paragraphs


def check(desk: Desk, checked: Sequence[Checked] = ()) -> str:
    """Return the page of one agency: where it drops its workbook, and what was found in it."""
    folder = desk.folder()
    (entry,) = load_roster(folder.roster)
    title = catalog(desk.lang)(
        "desk.check-title", agency=entry.name, period=folder.period, title=find(folder.form).title
    )
    unchecked = ["check-not-others", "check-not-seal", *([] if folder.before else ["check-not-prior"])]
    return _page("check", desk, title=title, checked=checked, unchecked=unchecked, with_codes=False)


def year(desk: Desk, told: Sequence[str] = ()) -> str:
    """Return the year: roster, issued workbooks, due day and last year; without a collection, how to begin one."""
    folder = desk.folder() if desk.has_collection else None
    if folder is None:
        about: dict[str, Any] = {"year": work.today().year - 1, "roster": (), "outbox": {}, "title": ""}
        about["default_form"] = find(DEFAULT).title
    else:
        there = folder.outbox.is_dir() and {
            path.name.partition("_")[0]: path.name for path in sorted(folder.outbox.glob("*_*.xlsx"))
        }
        about = {
            "roster": load_roster(folder.roster).as_issued(codes_in(folder.outbox)).entries,
            "outbox": there or {},
            "title": find(folder.form).title,
            "year": folder.period.year,
        }
    return _page("year", desk, folder=folder, told=told, **about)


def _page(name: str, desk: Desk, **about: Any) -> str:
    """Return a screen; every screen knows the language, the token of its forms, and what went wrong meanwhile."""
    common = {
        "lang": desk.lang,
        "t": catalog(desk.lang),
        "token": desk.token,
        "keeping": desk.is_page,
        "number": number,
        "message": partial(plain_message, lang=desk.lang),
        "faults": [error_text(fault, desk.lang) for fault in desk.faults],
        "told": (),
    }
    desk.faults.clear()
    return page(f"desk/{name}.html", **common | about)
